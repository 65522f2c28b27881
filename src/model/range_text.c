/* SPDX-License-Identifier: Apache-2.0 */
#include "model/range_text.h"

#include "base/banned.h"

bool range_bound_is_open(struct str bound)
{
    return !bound.n || str_eq(bound, STR("*"));
}

bool range_starts_at_zero(const struct version_range *r)
{
    return range_bound_is_open(r->from) || str_eq(r->from, STR("0"));
}

void criterion_range(const struct criterion *c, struct buf *b)
{
    struct str v = c->cpe.attr[CPE_VERSION], update = c->cpe.attr[CPE_UPDATE];
    const struct {
        const char *op;
        struct str bound;
    } bounds[] = {{">= ", c->start_including},
                  {"> ", c->start_excluding},
                  {"<= ", c->end_including},
                  {"< ", c->end_excluding}};
    size_t start = b->n;
    if (!cpe_is_any(v)) {
        buf_c(b, "= ");
        buf_str(b, v);
    }
    for (size_t i = 0; i < 4; i++) {
        if (!bounds[i].bound.n)
            continue;
        buf_c(b, b->n > start ? ", " : "");
        buf_c(b, bounds[i].op);
        buf_str(b, bounds[i].bound);
    }
    if (b->n == start)
        buf_c(b, "any version");
    if (!cpe_is_any(update)) {
        buf_c(b, " update ");
        buf_str(b, update);
    }
}

void version_range_text(const struct version_range *r, struct buf *b)
{
    if (r->single) {
        buf_c(b, "= ");
        buf_str(b, r->from);
        return;
    }
    bool from = !range_starts_at_zero(r), to = !range_bound_is_open(r->to);
    if (from) {
        buf_c(b, ">= ");
        buf_str(b, r->from);
    }
    if (to) {
        buf_c(b, from ? ", " : "");
        buf_c(b, r->to_including ? "<= " : "< ");
        buf_str(b, r->to);
    }
    if (!from && !to)
        buf_c(b, "any version");
}
