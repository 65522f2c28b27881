/* SPDX-License-Identifier: Apache-2.0 */
/* CVSS: scores as sources state them, and the score that a vector string works out to. */
#ifndef VULNWARD_MODEL_CVSS_H
#define VULNWARD_MODEL_CVSS_H

#include "base/str.h"

/* CVSS versions, oldest first: a newer one wins when severity is decided. */
enum cvss_version { CVSS_NONE, CVSS_2, CVSS_3_0, CVSS_3_1, CVSS_4_0, CVSS_VERSIONS };
const char *cvss_version_name(enum cvss_version v); /* "2.0" ... "4.0", "" */

struct cvss {
    enum cvss_version version;
    unsigned tenths; /* base score times ten, 0..100 */
    struct str vector, source;
    bool primary; /* the source's own analysis, not a second opinion */
};

/*
 * The score of a vector string, times ten:
 *   2.0 "AV:N/AC:L/Au:N/C:P/I:P/A:P", in parentheses or behind "CVSS:2.0/" too, and
 *   3.0, 3.1 "CVSS:3.1/AV:N/...": the base score. Temporal and environmental metrics may be there
 *     and do not count. Metrics may stand in any order.
 *   4.0 "CVSS:4.0/AV:N/...": there is one score. Threat and environmental metrics count where they
 *     are there (CVSS-B, -BT, -BE or -BTE as section 1.3 of the specification calls it);
 *     supplemental ones never do. Metrics must stand in the order of the specification.
 * False, and nothing set, for what is not a valid vector: a base metric is missing, a metric or
 * value is not known, a metric stands there twice. Letters are compared exactly.
 */
bool cvss_score(struct str vector, enum cvss_version *version, unsigned *tenths) VW_CHECKED;

#endif
