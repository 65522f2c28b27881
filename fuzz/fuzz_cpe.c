/* SPDX-License-Identifier: Apache-2.0 */
/* CPE names, one a line: written and parsed again they are the same; the first against each other.
 */
#include "fuzz.h"

#include "identity/cpe.h"

static bool parse(struct arena *a, struct str text, struct cpe *out)
{
    struct err err = {0};
    bool ok = cpe_parse(a, text, out, &err);
    MUST(ok == (err.code == ERR_NONE));
    return ok;
}

static void check_stable(struct arena *a, const struct cpe *c)
{
    struct buf first = {0}, second = {0};
    struct cpe again;
    cpe_write(&first, c);
    /* Writing quotes, so a name of legal length may become too long to be read. */
    if (first.n <= LIMIT_CPE_BYTES) {
        MUST(parse(a, buf_view(&first), &again));
        for (size_t i = 0; i < CPE_ATTRS; i++)
            MUST(str_eq(c->attr[i], again.attr[i]));
        cpe_write(&second, &again);
        MUST(str_eq(buf_view(&first), buf_view(&second)));
    }
    buf_free(&first);
    buf_free(&second);
}

/* NISTIR 7696 table 6-2, as far as it holds for all values. */
static void check_relation(struct str s, struct str t)
{
    enum cpe_relation r = cpe_compare(s, t);
    if (cpe_has_wildcard(t))
        MUST(r == CPE_UNDEFINED);
    else if (str_eq(s, t))
        MUST(r == CPE_EQUAL);
    else if (cpe_is_any(s))
        MUST(r == CPE_SUPERSET);
    else if (cpe_is_any(t))
        MUST(r == CPE_SUBSET);
    else if (cpe_is_na(s) || cpe_is_na(t) || !cpe_has_wildcard(s))
        MUST(r == CPE_DISJOINT);
    else
        MUST(r == CPE_SUPERSET || r == CPE_DISJOINT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct cpe first, other;
    bool have = false;
    for (struct str rest = fuzz_input(data, size); rest.n;) {
        struct str line = fuzz_line(&rest), name;
        (void)str_split(line, '\t', &name, &line); /* the tables of facts are seeds */
        if (!parse(&a, name, &other))
            continue;
        check_stable(&a, &other);
        first = have ? first : other;
        have = true;
        bool all = true;
        for (size_t i = 0; i < CPE_ATTRS; i++) {
            check_relation(first.attr[i], other.attr[i]);
            check_relation(other.attr[i], first.attr[i]);
            enum cpe_relation r = cpe_compare(first.attr[i], other.attr[i]);
            all = all && (r == CPE_EQUAL || r == CPE_SUPERSET);
        }
        MUST(cpe_is_superset(&first, &other) == all);
    }
    arena_free(&a);
    return 0;
}
