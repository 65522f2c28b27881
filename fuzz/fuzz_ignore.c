/* SPDX-License-Identifier: Apache-2.0 */
/* Ignore lists: rules with all they need, or an error with its line. */
#include "fuzz.h"

#include "triage/triage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct err err = {0};
    struct ignore_list list = {0};
    struct gate gate = GATE_DEFAULT;
    struct str shown;
    struct input in = {STR_INIT("fuzz"), fuzz_input(data, size)};
    bool ok = ignore_read(&a, &in, &list, &err);
    MUST(ok == (err.code == ERR_NONE));
    MUST(ok || err.line || err.code == ERR_MEMORY);
    for (size_t i = 0; i < list.rules.n; i++) {
        const struct ignore_rule *r = &list.rules.v[i];
        MUST(r->id.n && r->reason.n && r->line && str_is_utf8(r->reason));
        MUST(!i || r->line > list.rules.v[i - 1].line);
    }
    err_clear(&err);
    ok = gate_parse(in.data, &gate, &err);
    MUST(ok == (err.code == ERR_NONE));
    if (ok) {
        MUST(gate.tenths <= 100);
        MUST(gate_describe(&gate, &a, &shown, &err) && shown.n);
    }
    arena_free(&a);
    return 0;
}
