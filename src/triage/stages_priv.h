/* SPDX-License-Identifier: Apache-2.0 */
/* The stages, one per file, for the table in stages.c. */
#ifndef VULNWARD_TRIAGE_STAGES_PRIV_H
#define VULNWARD_TRIAGE_STAGES_PRIV_H

#include "triage/triage.h"

struct triage_stage {
    const char *name;
    bool (*run)(struct report *r, struct triage_options *opt, struct arena *a, struct err *err);
};

extern const struct triage_stage triage_ignore;
extern const struct triage_stage triage_gate;

#endif
