/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of triage stages, in the order they run. */
#include "triage/stages_priv.h"

#include "base/banned.h"

static const struct triage_stage *const stages[] = {
    &triage_ignore, &triage_gate, /* last: it judges what the others left */
};

static void summarise(struct report *r)
{
    struct summary s = {0};
    for (size_t i = 0; i < r->inventories.n; i++) {
        s.components += r->inventories.v[i].components.n;
        s.skipped += r->inventories.v[i].n_skipped;
    }
    for (size_t i = 0; i < r->subjects.n; i++) {
        const struct subject *x = &r->subjects.v[i];
        if (x->identified_by == IDENTIFIED_NONE)
            s.unidentified += x->packages.n;
        else
            s.identified += x->packages.n;
        if (x->uncomparable)
            s.uncomparable += x->packages.n;
    }
    for (size_t i = 0; i < r->findings.n; i++) {
        const struct finding *f = &r->findings.v[i];
        s.failing += f->fails;
        if (f->status != VEX_AFFECTED && f->status != VEX_UNDER_INVESTIGATION) {
            s.ignored++;
            continue;
        }
        s.affected++;
        s.by_severity[f->severity]++;
    }
    r->summary = s;
}

bool triage_run(struct report *r, struct triage_options *opt, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        if (!stages[i]->run(r, opt, a, err))
            return err_prefix(err, "%s", stages[i]->name);
    summarise(r);
    return true;
}
