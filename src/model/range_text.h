/* SPDX-License-Identifier: Apache-2.0 */
/* Version conditions in words, the same everywhere: ">= 1.0, < 1.2.3". As stated, not cleaned. */
#ifndef VULNWARD_MODEL_RANGE_TEXT_H
#define VULNWARD_MODEL_RANGE_TEXT_H

#include "base/buf.h"
#include "model/vuln.h"

/* Adds the text of a criterion's version condition; "any version" when it has none. */
void criterion_range(const struct criterion *c, struct buf *b);
/* Adds the text of an entry of a version list: "= 6.1", ">= 6.1, < 6.1.78", "any version". */
void version_range_text(const struct version_range *r, struct buf *b);
/* Has a list's range no lower bound / does this bound leave the range open? */
bool range_bound_is_open(struct str bound);
bool range_starts_at_zero(const struct version_range *r);

#endif
