/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of findings: a table of stages (stages.c), run in order over the report. No stage
 * matches again; each only decides about findings that are there.
 */
#ifndef VULNWARD_TRIAGE_TRIAGE_H
#define VULNWARD_TRIAGE_TRIAGE_H

#include "base/io.h"
#include "model/finding.h"

/* A line of an ignore list: this vulnerability has a mitigating control. */
struct ignore_rule {
    struct str id, reason, file;
    size_t line;
    bool used;
};
struct ignore_list {
    VEC(struct ignore_rule) rules;
};
/*
 * Adds the rules of a file: "ID , reason to the end of the line", `#` starts a comment line. A line
 * that is neither is an error with its number; so is an id that is there twice.
 */
bool ignore_read(struct arena *a, const struct input *in, struct ignore_list *list,
                 struct err *err) VW_CHECKED;

/* What makes a finding fail the run. */
enum gate_kind { GATE_SCORE, GATE_ANY, GATE_NONE };
struct gate {
    enum gate_kind kind;
    unsigned tenths;    /* GATE_SCORE: fails from this score on */
    bool unscored_pass; /* GATE_SCORE: without a score it passes */
};
#define GATE_DEFAULT ((struct gate){GATE_SCORE, 30, false})
/* "7", "7.5", "any" or "none". */
bool gate_parse(struct str text, struct gate *out, struct err *err) VW_CHECKED;
/* "cvss>=3.0", with ", unscored pass" when that is set. */
bool gate_describe(const struct gate *g, struct arena *a, struct str *out,
                   struct err *err) VW_CHECKED;

struct triage_options {
    struct ignore_list ignore;
    struct gate gate;
};
/* Runs all stages: fills status, fails, unused_rules, gate and summary. */
bool triage_run(struct report *r, struct triage_options *opt, struct arena *a,
                struct err *err) VW_CHECKED;

#endif
