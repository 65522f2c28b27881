/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How old the data of a source may be: `scan` and `db status --check` judge alike. What the age of
 * a source is, is said by source_age() of model/finding.h; the rules are in docs/FRESHNESS.md.
 */
#ifndef VULNWARD_CLI_FRESHNESS_H
#define VULNWARD_CLI_FRESHNESS_H

#include "base/err.h"
#include "base/vec.h"
#include "model/finding.h"

struct age_limit {
    struct str name; /* of the source; empty: of every source that is not named */
    uint64_t n;      /* days, or hours */
    bool hours;
};

/* What --max-age said. Views into the arguments. */
struct freshness {
    VEC(struct age_limit) limits;
};

/* "3", "nvd=7d,kev=48h": adds to what is there; the last one of a name counts. */
bool freshness_parse(struct arena *a, const char *text, struct freshness *f,
                     struct err *err) VW_CHECKED;

struct freshness_result {
    VEC(struct str) stale;    /* reasons to fail */
    VEC(struct str) warnings; /* too old for the default, which nobody set */
};
/*
 * A source without a limit may be 7 days old: what is older fails when `default_fails`, else there
 * is a warning. A source of unknown age is too old. In `a`.
 */
bool freshness_judge(const struct freshness *f, const struct database_info *d, int64_t now,
                     bool default_fails, struct arena *a, struct freshness_result *out,
                     struct err *err) VW_CHECKED;

#define FRESHNESS_OPTION_HELP                                                                      \
    "fail when data are older: 7 (days), 48h, 2w, nvd=7d,kev=2d; may be repeated"

#endif
