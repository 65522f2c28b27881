/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPE names: formatted strings of CPE 2.3 (NISTIR 7695 section 6.2) and URIs of CPE 2.2 (section
 * 6.1), and how their attributes compare (NISTIR 7696 section 6).
 *
 * An attribute is held in a canonical form in which equality is byte equality: lower case, without
 * the quoting backslashes, except where a character would otherwise be taken for something else:
 * `\*`, `\?`, `\\`, and `\-` for a value that is one hyphen. "*" is ANY, "-" is NA. So
 * `node\.js` and `node.js` are both "node.js", and a product reads as people write it.
 */
#ifndef VULNWARD_IDENTITY_CPE_H
#define VULNWARD_IDENTITY_CPE_H

#include "base/arena.h"
#include "base/buf.h"

enum cpe_attr {
    CPE_PART,
    CPE_VENDOR,
    CPE_PRODUCT,
    CPE_VERSION,
    CPE_UPDATE,
    CPE_EDITION,
    CPE_LANGUAGE,
    CPE_SW_EDITION,
    CPE_TARGET_SW,
    CPE_TARGET_HW,
    CPE_OTHER,
    CPE_ATTRS, /* how many */
};

struct cpe {
    struct str attr[CPE_ATTRS]; /* canonical; in the arena given to cpe_parse */
};

/*
 * Either binding. The error says what is wrong with which part of the name. A formatted string has
 * exactly eleven attributes; a URI leaves out trailing ones.
 */
bool cpe_parse(struct arena *a, struct str text, struct cpe *out, struct err *err) VW_CHECKED;
/* Is this text meant to be a CPE name (it starts with "cpe:")? */
bool cpe_looks_like(struct str text);
/* All attributes ANY. */
void cpe_init(struct cpe *c);
/* The formatted string, with the backslashes back in. */
void cpe_write(struct buf *b, const struct cpe *c);
/*
 * A plain text (a package name, a version) as a canonical value: lower case, blanks as `_`, what is
 * special quoted. Empty text gives ANY.
 */
bool cpe_value(struct arena *a, struct str text, struct str *out, struct err *err) VW_CHECKED;

static inline bool cpe_is_any(struct str v)
{
    return v.n == 1 && v.p[0] == '*';
}
static inline bool cpe_is_na(struct str v)
{
    return v.n == 1 && v.p[0] == '-';
}
/* Has an unquoted `*` or `?` and is not ANY. */
bool cpe_has_wildcard(struct str v);

/* How a source attribute (of a criterion) relates to a target attribute (of a component): NISTIR
 * 7696 table 6-2. */
enum cpe_relation { CPE_DISJOINT, CPE_EQUAL, CPE_SUBSET, CPE_SUPERSET, CPE_UNDEFINED };
enum cpe_relation cpe_compare(struct str source, struct str target);
/*
 * Does every attribute of `source` equal or contain that of `target` (NISTIR 7696 section 6.3, name
 * matching)? UNDEFINED counts as no.
 */
bool cpe_is_superset(const struct cpe *source, const struct cpe *target);

#endif
