/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every order: the facts in tests/data/version_<scheme>.tsv, and that it is a total preorder (over
 * all triples of the versions there and over random texts, versions and rubbish alike).
 */
#include "test.h"

#include "base/io.h"
#include "base/vec.h"
#include "version/version.h"

#include "base/banned.h"

static int sign(int c)
{
    return (c > 0) - (c < 0);
}

/* --- the laws --- */

/* What compare() says of each pair, and how many broken laws were shown. */
struct laws {
    const struct str *v;
    size_t n;
    signed char *m; /* n * n */
    int shown;
};

static void broken(struct laws *l, const char *law, const char *scheme, size_t i, size_t j,
                   size_t k)
{
    test_failures++;
    if (l->shown++ < 10)
        printf("# %s: %s: \"%.*s\" \"%.*s\" \"%.*s\"\n", scheme, law, STR_ARG(l->v[i]),
               STR_ARG(l->v[j]), STR_ARG(l->v[k]));
}

/* a <= b and b <= c give a <= c, and a < c when one of the two is strict. */
static void check_triples(struct laws *l, const char *scheme)
{
    for (size_t i = 0; i < l->n; i++)
        for (size_t j = 0; j < l->n; j++) {
            int ij = l->m[i * l->n + j];
            if (ij > 0)
                continue;
            for (size_t k = 0; k < l->n; k++) {
                int jk = l->m[j * l->n + k], ik = l->m[i * l->n + k];
                int want = ij < 0 || jk < 0 ? -1 : 0;
                if (jk <= 0 && ik != want)
                    broken(l, "not transitive", scheme, i, j, k);
            }
        }
}

static void check_laws(enum version_scheme scheme, const struct str *v, size_t n)
{
    const char *name = version_order(scheme)->name;
    struct laws l = {.v = v, .n = n, .m = calloc(n * n + 1, 1)};
    CHECK(l.m != NULL);
    if (!l.m)
        return;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            l.m[i * n + j] = (signed char)sign(version_compare(scheme, v[i], v[j]));
    for (size_t i = 0; i < n; i++) {
        if (l.m[i * n + i] != 0)
            broken(&l, "not reflexive", name, i, i, i);
        for (size_t j = 0; j < i; j++)
            if (l.m[i * n + j] != -l.m[j * n + i])
                broken(&l, "not antisymmetric", name, i, j, j);
    }
    check_triples(&l, name);
    free(l.m);
}

/* --- the facts --- */

struct versions {
    struct str *v;
    size_t n, cap;
};

static void add(struct arena *a, struct versions *all, struct str v)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(all->v[i], v))
            return;
    struct str *slot = VEC_PUSH(a, all);
    CHECK(slot != NULL);
    if (slot)
        *slot = v;
}

static void check_row(enum version_scheme scheme, struct str a, char op, struct str b, size_t line)
{
    int want = op == '<' ? -1 : op == '>';
    int got = sign(version_compare(scheme, a, b)), back = sign(version_compare(scheme, b, a));
    if (got == want && back == -want)
        return;
    test_failures++;
    printf("# version_%s.tsv:%zu: \"%.*s\" %c \"%.*s\": got %d, and %d the other way round\n",
           version_order(scheme)->name, line, STR_ARG(a), op, STR_ARG(b), got, back);
}

static void check_valid(enum version_scheme scheme, struct str v, bool want, size_t line)
{
    if (version_valid(scheme, v) == want)
        return;
    test_failures++;
    printf("# version_%s.tsv:%zu: \"%.*s\" should be %s\n", version_order(scheme)->name, line,
           STR_ARG(v), want ? "valid" : "invalid");
}

/* One line; adds to `all` what is compared. Returns the number of comparisons. */
static size_t check_line(struct arena *a, enum version_scheme scheme, struct str text, size_t line,
                         struct versions *all)
{
    if (!text.n || text.p[0] == '#')
        return 0;
    struct str first, second, third;
    bool more = str_split(text, '\t', &first, &text);
    bool valid = str_eq(first, STR("valid"));
    str_split(text, '\t', &second, &text);
    str_split(text, '\t', &third, &text);
    if (more && (valid || str_eq(first, STR("invalid")))) {
        check_valid(scheme, second, valid, line);
        add(a, all, second);
        return 0;
    }
    bool op = second.n == 1 && str_find(STR("<=>"), second.p[0]) != STR_NPOS;
    CHECK(op);
    if (!op) {
        printf("# version_%s.tsv:%zu: no row\n", version_order(scheme)->name, line);
        return 0;
    }
    check_row(scheme, first, second.p[0], third, line);
    add(a, all, first);
    add(a, all, third);
    return 1;
}

static void check_file(enum version_scheme scheme, size_t least)
{
    struct arena a = {0};
    struct err err = {0};
    struct input in = {0};
    struct versions all = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/data/version_%s.tsv", test_dir(), version_order(scheme)->name);
    CHECK_OK(io_read(&a, path, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
    size_t line = 0, rows = 0;
    for (struct str rest = in.data, text; rest.n;) {
        str_split(rest, '\n', &text, &rest);
        rows += check_line(&a, scheme, text, ++line, &all);
    }
    CHECK(rows >= least);
    check_laws(scheme, all.v, all.n);
    arena_free(&a);
}

static void test_generic(void)
{
    check_file(VERSION_GENERIC, 120);
}

static void test_deb(void)
{
    check_file(VERSION_DEB, 80);
}

static void test_rpm(void)
{
    check_file(VERSION_RPM, 80);
}

static void test_semver(void)
{
    check_file(VERSION_SEMVER, 60);
}

static void test_kernel(void)
{
    check_file(VERSION_KERNEL, 60);
}

/* --- random texts --- */

static uint64_t next_random(uint64_t *seed) /* splitmix64 */
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t pick(uint64_t *seed, size_t n)
{
    return (size_t)(next_random(seed) % n);
}

/* What the orders treat specially, so that random texts meet every rule. */
static const struct str pieces[] = {
    STR_INIT("0"),
    STR_INIT("1"),
    STR_INIT("2"),
    STR_INIT("00"),
    STR_INIT("01"),
    STR_INIT("10"),
    STR_INIT("1234567"),
    STR_INIT("."),
    STR_INIT("."),
    STR_INIT("."),
    STR_INIT("-"),
    STR_INIT("-"),
    STR_INIT("+"),
    STR_INIT("_"),
    STR_INIT("~"),
    STR_INIT("~"),
    STR_INIT("^"),
    STR_INIT(":"),
    STR_INIT(" "),
    STR_INIT("a"),
    STR_INIT("b"),
    STR_INIT("c"),
    STR_INIT("A"),
    STR_INIT("Za"),
    STR_INIT("g"),
    STR_INIT("m"),
    STR_INIT("p"),
    STR_INIT("r"),
    STR_INIT("u"),
    STR_INIT("v"),
    STR_INIT("V"),
    STR_INIT("rc"),
    STR_INIT("-rc"),
    STR_INIT("alpha"),
    STR_INIT("beta"),
    STR_INIT("pre"),
    STR_INIT("dev"),
    STR_INIT("patch"),
    STR_INIT("git"),
    STR_INIT("+git"),
    STR_INIT("gitr"),
    STR_INIT("hg"),
    STR_INIT("svn"),
    STR_INIT("AUTOINC"),
    STR_INIT("abc"),
    STR_INIT("abc1234"),
    STR_INIT("-g1234abc"),
    STR_INIT("+dfsg"),
    STR_INIT("~ds"),
    STR_INIT("-r"),
    STR_INIT("-r0"),
    STR_INIT("+really"),
    STR_INIT("stable"),
    STR_INIT("release"),
    STR_INIT("x"),
    STR_INIT("\0"),
    STR_INIT("\xff"),
    STR_INIT("\xc3\xa9"),
    STR_INIT("99999999999999999999"),
};

/* A text of its own size on the heap, so that the sanitizer sees a byte too far. */
static struct str random_text(uint64_t *seed)
{
    char text[256];
    size_t n = 0;
    bool rubbish = pick(seed, 8) == 0;
    for (size_t left = pick(seed, 9); left; left--) {
        struct str piece = pieces[pick(seed, sizeof pieces / sizeof pieces[0])];
        char byte = (char)pick(seed, 256);
        if (rubbish)
            piece = (struct str){&byte, 1};
        memcpy(text + n, piece.p, piece.n);
        n += piece.n;
    }
    char *p = malloc(n ? n : 1);
    CHECK(p != NULL);
    if (!p)
        return (struct str){0};
    memcpy(p, text, n);
    return (struct str){p, n};
}

#define SET 40
#define ROUNDS 400

static void test_random(void)
{
    uint64_t seed = 20240917;
    for (int round = 0; round < ROUNDS && !test_failures; round++) {
        struct str v[SET];
        for (size_t i = 0; i < SET; i++)
            v[i] = random_text(&seed);
        for (size_t s = 0; s < VERSION_SCHEMES; s++) {
            check_laws((enum version_scheme)s, v, SET);
            for (size_t i = 0; i < SET; i++)
                (void)version_valid((enum version_scheme)s, v[i]);
        }
        for (size_t i = 0; i < SET; i++)
            free((void *)(uintptr_t)v[i].p);
    }
}

/* --- the rest --- */

static void test_empty(void)
{
    const struct str nothing = {NULL, 0};
    for (size_t s = 0; s < VERSION_SCHEMES; s++) {
        enum version_scheme scheme = (enum version_scheme)s;
        CHECK_INT(version_compare(scheme, nothing, nothing), 0);
        CHECK_INT(version_compare(scheme, nothing, STR("")), 0);
        CHECK(version_compare(scheme, nothing, STR("1")) < 0);
        CHECK(version_compare(scheme, STR("1"), nothing) > 0);
        CHECK(!version_valid(scheme, nothing));
    }
}

/* Numbers have no size, and time grows with the length only: this would not end otherwise. */
static void test_long(void)
{
    static char a[1 << 20], b[1 << 20];
    memset(a, '9', sizeof a);
    memset(b, '9', sizeof b);
    b[sizeof b - 1] = '8';
    for (size_t s = 0; s < VERSION_SCHEMES; s++) {
        enum version_scheme scheme = (enum version_scheme)s;
        CHECK(version_compare(scheme, str_make(a, sizeof a), str_make(b, sizeof b)) > 0);
        CHECK(version_compare(scheme, str_make(a, sizeof a - 1), str_make(b, sizeof b)) < 0);
    }
    const struct str parts[] = {STR_INIT("~a"),       STR_INIT("-r1"), STR_INIT("+git"),
                                STR_INIT("~"),        STR_INIT("0."),  STR_INIT("+really1"),
                                STR_INIT("g1a"),      STR_INIT("-"),   STR_INIT("1.a"),
                                STR_INIT("gitabcdef")};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        for (size_t k = 0; k < sizeof a; k++)
            a[k] = b[k] = parts[i].p[k % parts[i].n];
        for (size_t s = 0; s < VERSION_SCHEMES; s++)
            CHECK_INT(version_compare((enum version_scheme)s, str_make(a, sizeof a),
                                      str_make(b, sizeof b)),
                      0);
    }
}

static void test_names(void)
{
    enum version_scheme scheme;
    for (size_t s = 0; s < VERSION_SCHEMES; s++) {
        const struct version_order *o = version_order((enum version_scheme)s);
        CHECK(version_scheme_by_name(str_from_c(o->name), &scheme));
        CHECK_INT(scheme, s);
        CHECK(o->summary[0] != '\0');
    }
    CHECK(!version_scheme_by_name(STR("nosuch"), &scheme));
    CHECK(!version_scheme_by_name(STR(""), &scheme));
}

static const struct test tests[] = {
    {"generic: facts and laws", test_generic},
    {"deb: facts and laws", test_deb},
    {"rpm: facts and laws", test_rpm},
    {"semver: facts and laws", test_semver},
    {"kernel: facts and laws", test_kernel},
    {"random texts keep the laws", test_random},
    {"nothing is the smallest of all versions", test_empty},
    {"long texts", test_long},
    {"names", test_names},
};
TEST_MAIN(tests)
