/* SPDX-License-Identifier: Apache-2.0 */
/* One inventory reader, named by -DREADER="..."; "" is whatever is detected. */
#include "fuzz.h"

#include "inventory/inventory.h"

static bool is_clean(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return str_is_utf8(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct err err = {0};
    struct inventory inv;
    struct input in = {STR_INIT("fuzz"), fuzz_input(data, size)};
    bool ok = inventory_read(&a, STR(READER), &in, &inv, &err);
    MUST(ok == (err.code == ERR_NONE));
    MUST(err.code != ERR_INTERNAL);
    if (ok) {
        /* An empty inventory is an error; what is taken can be matched and shown. */
        MUST(inv.components.n > 0);
        MUST(inv.skipped.n <= inv.n_skipped + inv.n_notes);
        for (size_t i = 0; i < inv.components.n; i++) {
            const struct component *c = &inv.components.v[i];
            MUST(c->name.n && c->version.n);
            MUST(c->name.n <= LIMIT_NAME_BYTES && c->raw_version.n <= LIMIT_VERSION_BYTES);
            MUST(is_clean(c->name) && is_clean(c->version) && is_clean(c->raw_version));
        }
        for (size_t i = 0; i < inv.skipped.n; i++)
            MUST(inv.skipped.v[i].why.n);
    } else {
        char text[1024];
        err_format(&err, text, sizeof text);
        MUST(is_clean(str_from_c(text)) || !str_is_utf8(in.data));
    }
    arena_free(&a);
    return 0;
}
