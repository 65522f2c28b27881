/* SPDX-License-Identifier: Apache-2.0 */
/* Package URLs, one a line: what holds of every one that can be parsed. */
#include "fuzz.h"

#include "identity/purl.h"

static void check_ecosystem(struct arena *a, const struct purl *p)
{
    struct err err = {0};
    const struct ecosystem *e;
    struct str release, name, again;
    MUST(purl_ecosystem(a, p, &e, &release, &name, &err));
    if (!e) {
        MUST(!release.n && !name.n);
        return;
    }
    MUST(str_eq(e->purl_type, p->type));
    MUST(ecosystem_normal_name(a, e, name, &again, &err));
    MUST(str_eq(name, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    for (struct str rest = fuzz_input(data, size); rest.n;) {
        struct err err = {0};
        struct purl p;
        struct str line = fuzz_line(&rest), text, value;
        (void)str_split(line, '\t', &text, &line); /* the tables of facts are seeds */
        bool ok = purl_parse(&a, text, &p, &err);
        MUST(ok == (err.code == ERR_NONE));
        if (!ok)
            continue;
        MUST(p.type.n && p.name.n);
        MUST(str_is_utf8(p.space) && str_is_utf8(p.name) && str_is_utf8(p.version));
        MUST(!str_starts(p.space, STR("/")) && !str_ends(p.space, STR("/")));
        MUST(purl_qualifier(&a, &p, STR("distro"), &value, &err));
        check_ecosystem(&a, &p);
    }
    arena_free(&a);
    return 0;
}
