/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version orders. Each scheme is one file and one row of the table in version.c; which one applies
 * is always an argument, because one inventory mixes ecosystems.
 *
 * Comparison is a total preorder over all byte strings: any two compare, equality is transitive,
 * and nothing fails. Whether a text is a version of the scheme at all is a separate question
 * (version_valid), because "cannot be compared" must be told from "is smaller".
 */
#ifndef VULNWARD_VERSION_VERSION_H
#define VULNWARD_VERSION_VERSION_H

#include "base/str.h"

enum version_scheme {
    VERSION_GENERIC, /* upstream versions as NVD ranges use them; see generic.c for the order */
    VERSION_DEB,     /* deb-version(7): [epoch:]upstream[-revision], `~` sorts first */
    VERSION_RPM,     /* rpm: [epoch:]version[-release] by rpmvercmp, with `~` and `^` */
    VERSION_SEMVER,  /* SemVer 2.0.0 section 11; build metadata ignored */
    VERSION_KERNEL,  /* Linux releases: numbers, then -rcN before the release; vendor suffix ignored
                      */
    VERSION_SCHEMES, /* how many */
};

/* One order. */
struct version_order {
    const char *name;
    const char *summary;
    /* <0, 0, >0 as a is older than, equal to, newer than b. Never fails, allocates nothing. */
    int (*compare)(struct str a, struct str b);
    /* Is `v` a version in this scheme? Strict where the scheme has a grammar. */
    bool (*valid)(struct str v);
};

/* The row of the table; never NULL for a value below VERSION_SCHEMES. */
const struct version_order *version_order(enum version_scheme scheme);
/* By name ("deb"); false when there is none. */
bool version_scheme_by_name(struct str name, enum version_scheme *out);

static inline int version_compare(enum version_scheme scheme, struct str a, struct str b)
{
    return version_order(scheme)->compare(a, b);
}
static inline bool version_valid(enum version_scheme scheme, struct str v)
{
    return version_order(scheme)->valid(v);
}

#endif
