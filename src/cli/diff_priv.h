/* SPDX-License-Identifier: Apache-2.0 */
/* db_diff.c walks two databases in step; diff_records.c says how two records differ. */
#ifndef VULNWARD_CLI_DIFF_PRIV_H
#define VULNWARD_CLI_DIFF_PRIV_H

#include "cli/lookups.h"

struct differ {
    struct store *before, *after;
    struct arena *arena;  /* of the result */
    struct arena scratch; /* of two records that are compared */
    struct diff *out;
    bool keep_other; /* changes of texts and other facts are listed, not only counted */
};

/* Counts a change and lists it; NULL with err set when there is no memory. Id and source are
 * copied. */
struct diff_change *differ_add(struct differ *d, enum diff_kind kind, struct str id,
                               struct str source, struct err *err) VW_CHECKED;
/* Adds a change for each way in which a record differs from what it was. */
bool differ_compare(struct differ *d, const struct vuln *before, const struct vuln *after,
                    uint32_t record, struct err *err) VW_CHECKED;
/* What a change shows of the newer record: its score and severity. */
bool differ_take_score(struct differ *d, struct diff_change *c, const struct vuln *v,
                       struct err *err) VW_CHECKED;

#endif
