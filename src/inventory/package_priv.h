/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of package lists share: how names are cut, versions split, paragraphs judged. */
#ifndef VULNWARD_INVENTORY_PACKAGE_PRIV_H
#define VULNWARD_INVENTORY_PACKAGE_PRIV_H

#include "codec/deb822.h"
#include "inventory/inventory.h"

/* What follows the last slash. */
struct str package_base_name(struct str path);
/* Is one of the folders (or the file) of `path` called `folder`? */
bool package_path_has(struct str path, struct str folder);
/* The confidence of a probe that found `good` and `bad` lines: 0, or 60 with a majority. */
int package_score(size_t good, size_t bad, bool telling_name);
/* Skips (returns false only with err set); `why` as inventory_skip. Drops the last component first.
 */
bool package_drop(struct inventory *inv, size_t line, struct str text, const char *why,
                  struct err *err) VW_CHECKED;

enum package_style {
    PACKAGE_YOCTO, /* a release is `rN[.M]`; any other hyphen belongs to the upstream version */
    PACKAGE_OPKG, /* also OpenWrt: a release is a number too, commit ids stand behind the version */
};
/* component_set_version() for versions that may or may not have a release. */
void package_set_version(struct component *c, struct str raw, enum package_style style);

/* NAME-[EPOCH:]VERSION-RELEASE[.ARCH], also EPOCH:NAME-...; false when it has not that form. */
struct nevra {
    struct str name, epoch, version, release, arch;
    struct str evr; /* as it stands: "1:3.0.7-24.el9"; its epoch may be "(none)" or missing */
};
bool package_split_nevra(struct str s, struct nevra *out);
/* Is this an architecture that a package manager would name? */
bool package_is_arch(struct str s);

/*
 * Paragraphs of a status file (dpkg and opkg have the same). Adds what is on the device, notes what
 * was removed, lists what can not be understood.
 */
bool package_read_status(const struct input *in, struct inventory *inv,
                         void (*set_version)(struct component *c, struct str raw),
                         struct err *err) VW_CHECKED;
/* Lists the lines of a paragraph that are no fields. */
bool package_skip_bad_lines(const struct deb822 *d, struct inventory *inv,
                            struct err *err) VW_CHECKED;
/* How many paragraphs of a status file speak for which of the two package managers. */
struct package_votes {
    size_t dpkg, opkg, neither;
};
struct package_votes package_count_votes(const struct input *in);

#endif
