/* SPDX-License-Identifier: Apache-2.0 */
/* What the NVD's formats of all years share. */
#ifndef VULNWARD_FEED_NVD_PRIV_H
#define VULNWARD_FEED_NVD_PRIV_H

#include "feed/formats_priv.h"

/* "CVE-" year "-" four or more digits; an error otherwise. */
bool nvd_take_id(struct str id, struct vuln *v, struct err *err) VW_CHECKED;
/* A date, when `text` is not empty; an error when it is none. */
bool nvd_take_date(struct str text, int64_t *out, struct err *err) VW_CHECKED;
/* "** REJECT **", as descriptions started before there was a status. */
bool nvd_says_rejected(struct str description);
/* Adds a score; one outside 0..10 or of an unknown version is counted as unreadable. */
bool nvd_add_cvss(struct arena *a, struct vuln *v, struct str version, double score,
                  struct str vector, struct str source, bool primary, struct err *err) VW_CHECKED;
/* Adds a weakness ("CWE-79"), once; anything else (NVD-CWE-Other, noinfo) says nothing and is left
 * out. */
bool nvd_add_cwe(struct arena *a, struct vuln *v, struct str cwe, struct err *err) VW_CHECKED;
bool nvd_add_reference(struct arena *a, struct vuln *v, struct str url, const struct json *tags,
                       struct err *err) VW_CHECKED;
/*
 * Does the name say which product it is about? A criterion for every product of the world can not
 * be looked up; it counts as unreadable rather than being lost.
 */
bool nvd_names_a_product(const struct cpe *cpe);
/*
 * Adds a criterion to the last node. A name that can not be parsed is counted as unreadable, and
 * the node keeps its other criteria. `*out` is NULL then, else the criterion, to add bounds to.
 */
bool nvd_add_criterion(struct arena *a, struct vuln *v, struct str name, bool vulnerable,
                       struct criterion **out, struct err *err) VW_CHECKED;
/* Appends a node in preorder; its index through `*index`. */
bool nvd_add_node(struct arena *a, struct vuln *v, bool and_, bool negate, uint32_t parent,
                  uint32_t *index, struct err *err) VW_CHECKED;
/* "AND" or "OR" (or absent: OR); an error otherwise. */
bool nvd_take_operator(struct str text, bool *and_, struct err *err) VW_CHECKED;
/* One {"vulnerable", "criteria" or "cpe23Uri" ..., version bounds} of a cpeMatch list. */
bool nvd_take_cpe_matches(const struct json *list, struct arena *a, struct vuln *v,
                          struct err *err) VW_CHECKED;
/* One configuration of version 2.0 (nodes joined by its operator), also what the CVE List calls
 * cpeApplicability; and a list of them, which are alternatives. */
bool nvd_take_configuration(const struct json *c, struct arena *a, struct vuln *v,
                            struct err *err) VW_CHECKED;
bool nvd_take_configurations(const struct json *list, struct arena *a, struct vuln *v,
                             struct err *err) VW_CHECKED;
/* A description in English, else the first, of a list of {lang, value}. */
bool nvd_take_description(const struct json *list, struct vuln *v, struct err *err) VW_CHECKED;

#endif
