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
 * compares names. In `a`.
 */
bool ecosystem_normal_name(struct arena *a, const struct ecosystem *e, struct str name,
                           struct str *out, struct err *err) VW_CHECKED;

/* A package URL (ECMA-427, purl-spec): percent-decoded parts; empty where there is none. */
struct purl {
    struct str type, space, name, version, qualifiers, subpath; /* qualifiers: as written */
};
/* The error says what is wrong. */
bool purl_parse(struct arena *a, struct str text, struct purl *out, struct err *err) VW_CHECKED;
/* A decoded qualifier ("distro", "arch"); empty when it is not there. */
bool purl_qualifier(struct arena *a, const struct purl *p, struct str name, struct str *out,
                    struct err *err) VW_CHECKED;
/*
 * The ecosystem of a purl; NULL when OSV has none for its type. `*release` is the suffix its
 * namespace and `distro` qualifier tell ("12" of distro=debian-12, "v3.19" of alpine-3.19), else
 * empty. `*name` is the normal package name, with the namespace where the ecosystem's names have it
 * ("@scope/pkg", "group:artifact", "github.com/x/y").
 */
bool purl_ecosystem(struct arena *a, const struct purl *p, const struct ecosystem **out,
                    struct str *release, struct str *name, struct err *err) VW_CHECKED;

#endif
