/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching: which components are which products, and which vulnerabilities apply to them. The rules
 * are described in docs/MATCHING.md.
 */
#ifndef VULNWARD_MATCH_MATCH_H
#define VULNWARD_MATCH_MATCH_H

#include "model/finding.h"
#include "store/store.h"

struct match_options {
    enum platform
        platform; /* when not unknown: what the device runs, whatever the inventories say */
    bool details; /* load description and references too */
};

/*
 * Groups the components of r->inventories into r->subjects and finds what applies to them: fills
 * subjects and findings (all affected, decided by "match"), sorted. All in `a`.
 */
bool match_run(struct store *s, struct arena *a, const struct match_options *opt, struct report *r,
               struct err *err) VW_CHECKED;

#endif
