/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Package ecosystems as the OSV schema names them ("PyPI", "Debian:12"), the purl types that lead
 * to them, how their package names are written, and which of our version orders is theirs.
 */
#ifndef VULNWARD_IDENTITY_ECOSYSTEM_H
#define VULNWARD_IDENTITY_ECOSYSTEM_H

#include "base/arena.h"

struct ecosystem {
    struct str name;       /* without what stands behind the colon: "Debian" */
    struct str purl_type;  /* "deb"; several ecosystems may share one ... */
    struct str purl_space; /* ... and differ in the purl's namespace ("debian"); else empty */
    struct str order;      /* name of the version order (version_scheme_by_name); empty: not known
                              to us, only equal versions match */
    bool distribution;     /* of a Linux distribution: its advisories are about CVEs */
};

/* By OSV name with or without a suffix ("Debian:12", "Ubuntu:Pro:18.04:LTS"); NULL: unknown. */
const struct ecosystem *ecosystem_find(struct str name);
/* The whole table, for `db status` and the documentation; NULL at the end. */
const struct ecosystem *ecosystem_at(size_t i);
/*
 * The name under which a package is kept and looked up: PyPI by PEP 503, others as their registry
 * compares names. `e` may be NULL: as it is written. In `a`.
 */
bool ecosystem_normal_name(struct arena *a, const struct ecosystem *e, struct str name,
                           struct str *out, struct err *err) VW_CHECKED;

#endif
