/* SPDX-License-Identifier: Apache-2.0 */
/* The gate: which findings fail the run. */
#include "triage/stages_priv.h"

#include "base/banned.h"

bool gate_parse(struct str text, struct gate *out, struct err *err)
{
    struct str whole, rest;
    uint64_t units, tenth = 0;
    if (str_eq(text, STR("any")) || str_eq(text, STR("none"))) {
        out->kind = str_eq(text, STR("any")) ? GATE_ANY : GATE_NONE;
        return true;
    }
    bool dot = str_split(text, '.', &whole, &rest);
    if (!str_to_u64(whole, 0, 10, &units) ||
        (dot && (rest.n != 1 || !str_to_u64(rest, 0, 9, &tenth))) || units * 10 + tenth > 100)
        return err_set(err, ERR_USAGE,
                       "--fail-on takes a CVSS score from 0 to 10 with at most one decimal, any or "
                       "none, not \"%.*s\"",
                       STR_ARG(str_first(text, 60)));
    out->kind = GATE_SCORE;
    out->tenths = (unsigned)(units * 10 + tenth);
    return true;
}

bool gate_describe(const struct gate *g, struct arena *a, struct str *out, struct err *err)
{
    if (g->kind != GATE_SCORE) {
        *out = g->kind == GATE_ANY ? STR("any") : STR("none");
        return true;
    }
    return arena_printf(a, out, err, "cvss>=%u.%u%s", g->tenths / 10, g->tenths % 10,
                        g->unscored_pass ? ", unscored pass" : "");
}

static bool fails(const struct gate *g, const struct finding *f)
{
    if (f->status != VEX_AFFECTED && f->status != VEX_UNDER_INVESTIGATION)
        return false;
    switch (g->kind) {
    case GATE_ANY:
        return true;
    case GATE_NONE:
        return false;
    case GATE_SCORE:
        break;
    }
    return f->cvss.version == CVSS_NONE ? !g->unscored_pass : f->cvss.tenths >= g->tenths;
}

static bool judge(struct report *r, struct triage_options *opt, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < r->findings.n; i++)
        r->findings.v[i].fails = fails(&opt->gate, &r->findings.v[i]);
    return gate_describe(&opt->gate, a, &r->gate, err);
}

const struct triage_stage triage_gate = {.name = "gate", .run = judge};
