/* SPDX-License-Identifier: Apache-2.0 */
/* CPE names: the facts of tests/data/cpe_*.tsv, and that names survive writing and reading. */
#include "test.h"

#include "base/io.h"
#include "identity/cpe.h"

#include "base/banned.h"

static struct arena arena;
static struct err err;

/* Reads a table and calls `row` with each line that is no comment. Returns how many. */
static size_t each_row(const char *file, void (*row)(struct str *cols, size_t n, size_t line))
{
    struct arena text = {0};
    struct input in = {0};
    char path[4096];
    size_t rows = 0, line = 0;
    snprintf(path, sizeof path, "%s/data/%s", test_dir(), file);
    CHECK_OK(io_read(&text, path, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
    for (struct str rest = in.data, one; rest.n;) {
        struct str cols[CPE_ATTRS + 1];
        size_t n = 0;
        bool more = true;
        str_split(rest, '\n', &one, &rest);
        line++;
        if (str_starts(one, STR("# ")))
            continue;
        while (more && n < CPE_ATTRS + 1)
            more = str_split(one, '\t', &cols[n++], &one);
        int before = test_failures;
        row(cols, n, line);
        if (test_failures != before)
            printf("# ... %s:%zu\n", file, line);
        rows++;
        arena_reset(&arena);
        err_clear(&err);
    }
    arena_free(&text);
    arena_free(&arena);
    return rows;
}

/* Parses a copy that ends where memory ends. */
static bool parse(struct str text, struct cpe *out)
{
    char *p = malloc(text.n ? text.n : 1);
    CHECK(p != NULL);
    if (!p)
        return false;
    if (text.n)
        memcpy(p, text.p, text.n);
    bool ok = cpe_parse(&arena, str_make(p, text.n), out, &err);
    CHECK(ok == (err.code == ERR_NONE));
    free(p); /* what was parsed is in the arena */
    return ok;
}

/* Written and read again it is the same name, and written again the same text. */
static void check_round_trip(const struct cpe *c)
{
    struct buf first = {0}, second = {0};
    struct cpe again;
    cpe_write(&first, c);
    bool ok = parse(buf_view(&first), &again);
    CHECK_OK(ok, &err);
    for (size_t i = 0; ok && i < CPE_ATTRS; i++)
        CHECK(str_eq(again.attr[i], c->attr[i]));
    if (ok)
        cpe_write(&second, &again);
    CHECK(str_eq(buf_view(&first), buf_view(&second)));
    buf_free(&first);
    buf_free(&second);
}

static void parse_row(struct str *cols, size_t n, size_t line)
{
    struct cpe c;
    (void)line;
    CHECK(n >= 2);
    if (str_eq(cols[1], STR("error"))) {
        bool ok = parse(cols[0], &c);
        CHECK(!ok && err.code == ERR_INPUT);
        CHECK(n == 3 && str_find_str(str_from_c(err.msg), cols[2]) != STR_NPOS);
        if (ok || str_find_str(str_from_c(err.msg), cols[2]) == STR_NPOS)
            printf("# %s\n", ok ? "no error" : err.msg);
        return;
    }
    if (!parse(cols[0], &c)) {
        CHECK_OK(false, &err);
        return;
    }
    for (size_t i = 0; i < CPE_ATTRS; i++) {
        struct str want = i + 1 < n ? cols[i + 1] : STR("*");
        CHECK(str_eq(c.attr[i], want));
        if (!str_eq(c.attr[i], want))
            printf("# attribute %zu is \"%.*s\", not \"%.*s\"\n", i, STR_ARG(c.attr[i]),
                   STR_ARG(want));
    }
    check_round_trip(&c);
}

static void parse_table(void)
{
    CHECK(each_row("cpe_parse.tsv", parse_row) > 90);
}

static void compare_row(struct str *cols, size_t n, size_t line)
{
    static const struct str names[] = {STR_INIT("disjoint"), STR_INIT("equal"), STR_INIT("subset"),
                                       STR_INIT("superset"), STR_INIT("undefined")};
    (void)line;
    CHECK(n >= 3);
    enum cpe_relation got = cpe_compare(cols[0], cols[1]);
    CHECK(str_eq(names[got], cols[2]));
    if (!str_eq(names[got], cols[2]))
        printf("# \"%.*s\" to \"%.*s\" is %.*s, not %.*s\n", STR_ARG(cols[0]), STR_ARG(cols[1]),
               STR_ARG(names[got]), STR_ARG(cols[2]));
    /* In a name: all others are ANY. */
    struct cpe s, t;
    cpe_init(&s);
    cpe_init(&t);
    s.attr[CPE_VERSION] = cols[0];
    t.attr[CPE_VERSION] = cols[1];
    CHECK(cpe_is_superset(&s, &t) == (got == CPE_EQUAL || got == CPE_SUPERSET));
}

static void compare_table(void)
{
    CHECK(each_row("cpe_compare.tsv", compare_row) > 60);
}

static void names(void)
{
    struct cpe s, t;
    CHECK(cpe_looks_like(STR("cpe:")) && cpe_looks_like(STR("CPE:/x")) &&
          !cpe_looks_like(STR("cpe")) && !cpe_looks_like(STR("")));
    CHECK(cpe_is_any(STR("*")) && !cpe_is_any(STR("\\*")) && !cpe_is_any(STR("")) &&
          cpe_is_na(STR("-")) && !cpe_is_na(STR("\\-")));
    CHECK(!cpe_has_wildcard(STR("*")) && !cpe_has_wildcard(STR("\\*")) &&
          !cpe_has_wildcard(STR("a\\?")) && !cpe_has_wildcard(STR("")));
    CHECK(cpe_has_wildcard(STR("?")) && cpe_has_wildcard(STR("a*")) &&
          cpe_has_wildcard(STR("\\\\*")) && cpe_has_wildcard(STR("**")));
    CHECK(parse(STR("cpe:/a:openssl:openssl"), &s) &&
          parse(STR("cpe:2.3:a:openssl:openssl:3.1.4:*:*:*:*:*:*:*"), &t));
    CHECK(cpe_is_superset(&s, &t) && !cpe_is_superset(&t, &s) && cpe_is_superset(&s, &s));
    /* Control characters are none with a backslash either: they could not be written. */
    const struct str odd[] = {STR_INIT("cpe:2.3:a:x:y\\\1:*:*:*:*:*:*:*:*"),
                              STR_INIT("cpe:2.3:a:x:\\\0:*:*:*:*:*:*:*:*"),
                              STR_INIT("cpe:2.3:\\\0:x:y:*:*:*:*:*:*:*:*"),
                              STR_INIT("cpe:2.3:a:x:y\\\x7f:*:*:*:*:*:*:*:*"),
                              STR_INIT("cpe:/a:x:y%0a"), STR_INIT("cpe:/a:x:y%7f")};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        CHECK(!parse(odd[i], &s) && err.code == ERR_INPUT);
        err_clear(&err);
    }
    /* The part is an attribute like the others: an operating system is no application. */
    const char parts[] = "aoh";
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            char a[64], b[64];
            snprintf(a, sizeof a, "cpe:2.3:%c:v:p:*:*:*:*:*:*:*:*", parts[i]);
            snprintf(b, sizeof b, "cpe:2.3:%c:v:p:1:*:*:*:*:*:*:*", parts[k]);
            CHECK(parse(str_from_c(a), &s) && parse(str_from_c(b), &t));
            CHECK(cpe_is_superset(&s, &t) == (i == k));
        }
    arena_free(&arena);
}

/* Names are limited, and the error says so; the limit itself is fine. */
static void lengths(void)
{
    struct buf b = {0};
    struct cpe c;
    buf_c(&b, "cpe:2.3:a:");
    while (b.n < LIMIT_CPE_BYTES - 20)
        buf_c(&b, "x");
    buf_c(&b, ":y:1:*:*:*:*:*:*:*:*");
    b.n -= 2;
    CHECK_INT(b.n, LIMIT_CPE_BYTES - 2);
    CHECK_OK(parse(buf_view(&b), &c), &err);
    b.n = 0;
    buf_c(&b, "cpe:2.3:a:");
    while (b.n < LIMIT_CPE_BYTES)
        buf_c(&b, "\\*");
    buf_c(&b, ":y:1:*:*:*:*:*:*:*");
    CHECK(!parse(buf_view(&b), &c) && err.code == ERR_LIMIT);
    err_clear(&err);
    /* A long message is cut, not the memory behind it. */
    memset(b.p, 'z', b.n);
    CHECK_ERR(parse(buf_view(&b), &c), &err, "not a CPE name");
    buf_free(&b);
    arena_free(&arena);
}

static void values(void)
{
    static const struct {
        const char *text, *value;
    } rows[] = {{"", "*"},      {"OpenSSL", "openssl"}, {"a b", "a_b"},     {"*", "\\*"},
                {"?", "\\?"},   {"-", "\\-"},           {"--", "--"},       {"a\\b", "a\\\\b"},
                {"c++", "c++"}, {"node.js", "node.js"}, {"1.0*", "1.0\\*"}, {" ", "_"},
                {"a-b", "a-b"}, {"a:b", "a:b"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str v;
        CHECK_OK(cpe_value(&arena, str_from_c(rows[i].text), &v, &err), &err);
        CHECK_STR(v, rows[i].value);
        CHECK(!cpe_has_wildcard(v) && !cpe_is_na(v));
    }
    arena_free(&arena);
}

static uint64_t next_random(uint64_t *seed) /* splitmix64 */
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Random names from what the syntax treats specially: no crash, and what parses survives a round.
 */
static void random_names(void)
{
    static const char *const pieces[] = {
        "a",   "B",   "1",   ".",   "-",   "_",        "*",    "?", "\\",  "\\*", "\\-",
        "\\:", ":",   ":",   ":",   ":",   "~",        "~~",   "%", "%01", "%02", "%2d",
        "%3a", "%5c", "%20", "%0a", "%ff", "\xc3\xa9", "\xff", "/", "!",   "\\\\"};
    uint64_t seed = 11;
    size_t parsed = 0;
    for (int round = 0; round < 60000; round++) {
        char text[256];
        size_t n = (size_t)snprintf(text, sizeof text, "%s",
                                    round % 3 == 0   ? "cpe:/"
                                    : round % 3 == 1 ? "cpe:2.3:a:"
                                                     : "cpe:2.3:o:a:b:c:d:e:f:g:");
        for (size_t left = (size_t)(next_random(&seed) % 24); left; left--) {
            const char *piece = pieces[next_random(&seed) % (sizeof pieces / sizeof pieces[0])];
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", piece);
        }
        if (round % 3 == 1) /* often as many attributes as there have to be */
            for (size_t colons = 0, i = 0; i <= n; i++) {
                if (i < n) {
                    colons += text[i] == ':' && text[i - (i > 0)] != '\\';
                } else if (colons < 12 && n < 200) {
                    text[n++] = ':';
                    text[n++] = '*';
                    colons++;
                    i = n - 1;
                }
            }
        struct cpe c;
        if (parse(str_make(text, n), &c)) {
            parsed++;
            check_round_trip(&c);
            CHECK(cpe_is_superset(&c, &c) || cpe_has_wildcard(c.attr[CPE_VENDOR]) ||
                  cpe_has_wildcard(c.attr[CPE_PRODUCT]) || cpe_has_wildcard(c.attr[CPE_VERSION]) ||
                  cpe_has_wildcard(c.attr[CPE_UPDATE]) || cpe_has_wildcard(c.attr[CPE_EDITION]) ||
                  cpe_has_wildcard(c.attr[CPE_LANGUAGE]) ||
                  cpe_has_wildcard(c.attr[CPE_SW_EDITION]) ||
                  cpe_has_wildcard(c.attr[CPE_TARGET_SW]) ||
                  cpe_has_wildcard(c.attr[CPE_TARGET_HW]) || cpe_has_wildcard(c.attr[CPE_OTHER]));
        }
        if (test_failures) {
            printf("# ... %.*s\n", (int)n, text);
            break;
        }
        err_clear(&err);
        arena_reset(&arena);
    }
    CHECK(parsed > 5000);
    arena_free(&arena);
}

static const struct test tests[] = {
    {"names and their attributes", parse_table},
    {"how attributes relate", compare_table},
    {"names as sets", names},
    {"lengths", lengths},
    {"plain texts as values", values},
    {"random names", random_names},
};
TEST_MAIN(tests)
