/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Package URLs (ECMA-427, purl-spec): "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=debian-12",
 * and which ecosystem and package they mean.
 */
#ifndef VULNWARD_IDENTITY_PURL_H
#define VULNWARD_IDENTITY_PURL_H

#include "identity/ecosystem.h"

/* Percent-decoded parts; empty where there is none. Lower case where the type says so. */
struct purl {
    struct str type, space, name, version, qualifiers, subpath; /* qualifiers: as written */
};
/* All in `a`. The error says what is wrong. */
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
