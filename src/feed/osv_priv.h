/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the OSV importer share. */
#ifndef VULNWARD_FEED_OSV_PRIV_H
#define VULNWARD_FEED_OSV_PRIV_H

#include "base/map.h"
#include "feed/formats_priv.h"
#include "identity/ecosystem.h"

/* One record being read. */
struct osv {
    struct arena *a;
    struct vuln *v;
    struct map seen;                   /* CVSS vectors and CWE ids that are there */
    VEC(struct str) ecosystems;        /* of `affected`, as written */
    const struct ecosystem *ecosystem; /* of the last of them */
    bool distribution;                 /* one of them is a distribution's */
    bool rpm;                          /* ... of RPMs */
    size_t compares;                   /* what may still be spent on finding redundant versions */
};

/* A string that is text: not empty, at most `most` bytes, no control characters. */
bool osv_is_text(struct str s, size_t most);
/* Severity of the record or of one package. */
bool osv_take_severity(struct osv *o, const struct json *list, struct err *err) VW_CHECKED;
/* Severity in words and CWEs of `database_specific` or `ecosystem_specific`. */
bool osv_take_specific(struct osv *o, const struct json *specific, struct err *err) VW_CHECKED;
/*
 * Red Hat and its rebuilds put it before the title ("Important: zlib security update"): taken when
 * nothing else says it.
 */
void osv_take_title_severity(struct osv *o);
/* The array `affected`. */
bool osv_take_affected(struct osv *o, const struct json *list, struct err *err) VW_CHECKED;

#endif
