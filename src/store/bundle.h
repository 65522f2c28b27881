/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database as one compressed file, to be carried to where there is no network. The format is in
 * docs/formats/bundle.md. Signatures are no business of this module: whoever installs a bundle has
 * it checked before (codec/sign.h).
 */
#ifndef VULNWARD_STORE_BUNDLE_H
#define VULNWARD_STORE_BUNDLE_H

#include "store/store.h"

struct bundle_info {
    uint64_t serial, records, size; /* size of the database */
    int64_t built;
    bool installed_already; /* by bundle_install: it stood there, nothing was changed */
};

/* Writes the bundle of the database at `path` into `out`; the same database gives the same bytes.
 */
bool bundle_export(const char *path, struct buf *out, struct bundle_info *info,
                   struct err *err) VW_CHECKED;

struct bundle_install {
    const char *path; /* where to */
    unsigned wait_seconds;
    bool force; /* an older one too, and another one of the same serial */
    struct store_keep keep;
};
/*
 * Reads a bundle from `fd` and puts its database in place, when it is whole and newer than what
 * stands there. On failure nothing has changed: ERR_INPUT or ERR_LIMIT when it is the bundle's
 * fault, ERR_DATABASE when it is refused.
 */
bool bundle_install(int fd, const struct bundle_install *how, struct bundle_info *info,
                    struct err *err) VW_CHECKED;

#endif
