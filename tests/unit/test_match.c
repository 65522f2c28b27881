/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching: whether criteria cover components (tests/data/covers.tsv), the logic of structures,
 * which packages are one subject, and whole runs against a small database.
 */
#include "test.h"

#include <unistd.h>

#include "base/io.h"
#include "match/match_priv.h"

#include "base/banned.h"

#define NOW ((int64_t)1700000000000)

static char dir[64];
static struct arena arena;
static struct err err;

#define PUSH(vec, ...)                                                                             \
    do {                                                                                           \
        __typeof__((vec)->v) slot_ = VEC_PUSH(&arena, (vec));                                      \
        if (!slot_)                                                                                \
            abort();                                                                               \
        *slot_ = (__typeof__(*(vec)->v))__VA_ARGS__;                                               \
    } while (0)

/* "a:v:p:1.0" with what is missing as `*`. */
static struct cpe cpe_of(struct str text)
{
    struct buf b = {0};
    struct cpe c;
    size_t colons = 0;
    buf_c(&b, "cpe:2.3:");
    buf_str(&b, text);
    for (size_t i = 0; i < text.n; i++)
        colons += text.p[i] == ':';
    for (; colons < CPE_ATTRS - 1; colons++)
        buf_c(&b, ":*");
    CHECK_OK(cpe_parse(&arena, buf_view(&b), &c, &err), &err);
    buf_free(&b);
    return c;
}

/* "a:v:p" and ">=1.0 <2.0". */
static struct criterion criterion(struct str name, struct str bounds, bool vulnerable)
{
    struct criterion c = {.cpe = cpe_of(name), .vulnerable = vulnerable};
    for (struct str one; (one = str_next_word(&bounds)).n;) {
        if (str_starts(one, STR(">=")))
            c.start_including = str_from(one, 2);
        else if (str_starts(one, STR("<=")))
            c.end_including = str_from(one, 2);
        else if (str_starts(one, STR(">")))
            c.start_excluding = str_from(one, 1);
        else if (str_starts(one, STR("<")))
            c.end_excluding = str_from(one, 1);
        else
            CHECK(false); /* a bound */
    }
    return c;
}

static bool has_digit(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (char_is_digit(s.p[i]))
            return true;
    return false;
}

/* --- criteria --- */

static void check_covers(struct str cols[5], size_t line)
{
    static const struct str names[] = {
        [NO] = STR_INIT("NO"), [YES] = STR_INIT("YES"), [YES_UNDECIDED] = STR_INIT("UNDECIDED")};
    struct criterion c = criterion(cols[0], cols[1], true);
    struct subject s = {.name = STR("p"), .version = cols[2], .identified_by = IDENTIFIED_TABLE};
    struct str product, options = cols[4];
    struct cpe stated;
    bool has_cpe = false;
    CHECK_OK(arena_printf(&arena, &product, &err, "%.*s:%.*s", STR_ARG(c.cpe.attr[CPE_VENDOR]),
                          STR_ARG(c.cpe.attr[CPE_PRODUCT])),
             &err);
    PUSH(&s.products, product);
    s.uncomparable = !has_digit(s.version);
    for (struct str one; (one = str_next_word(&options)).n;) {
        if (str_starts(one, STR("cpe="))) {
            CHECK_OK(cpe_parse(&arena, str_from(one, 4), &stated, &err), &err);
            s.identified_by = IDENTIFIED_CPE;
            has_cpe = true;
        } else if (str_eq(one, STR("by=name"))) {
            s.identified_by = IDENTIFIED_NAME;
        } else {
            CHECK(str_starts(one, STR("eco=")));
            s.ecosystem = str_from(one, 4);
        }
    }
    struct target t;
    target_init(&t, &s, has_cpe ? &stated : NULL);
    enum verdict got = criterion_covers(&c, &t);
    if (!str_eq(names[got], cols[3])) {
        test_failures++;
        printf("# covers.tsv:%zu: %.*s [%.*s] and \"%.*s\" %.*s: %.*s, not %.*s\n", line,
               STR_ARG(cols[0]), STR_ARG(cols[1]), STR_ARG(cols[2]), STR_ARG(cols[4]),
               STR_ARG(names[got]), STR_ARG(cols[3]));
    }
}

static void covers(void)
{
    struct arena text = {0};
    struct input in = {0};
    char path[4096];
    size_t line = 0, rows = 0;
    (void)snprintf(path, sizeof path, "%s/data/covers.tsv", test_dir());
    CHECK_OK(io_read(&text, path, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
    for (struct str rest = in.data, one; rest.n;) {
        struct str cols[5] = {0};
        (void)str_split(rest, '\n', &one, &rest);
        line++;
        if (str_starts(one, STR("# ")))
            continue;
        size_t n = 0;
        for (bool more = true; more && n < 5;)
            more = str_split(one, '\t', &cols[n++], &one);
        CHECK(n >= 4);
        check_covers(cols, line);
        rows++;
        arena_reset(&arena);
        err_clear(&err);
    }
    CHECK(rows >= 100);
    arena_free(&text);
    arena_free(&arena);
}

static void range_texts(void)
{
    static const struct {
        const char *name, *bounds, *text;
    } rows[] = {
        {"a:v:p", "", "any version"},
        {"a:v:p:1.0", "", "= 1.0"},
        {"a:v:p:1.0:p1", "", "= 1.0 update p1"},
        {"a:v:p:-", "", "= -"},
        {"a:v:p", ">=1.0 <2.0", ">= 1.0, < 2.0"},
        {"a:v:p", ">1.0 <=2.0", "> 1.0, <= 2.0"},
        {"a:v:p", "<2.0", "< 2.0"},
        {"a:v:p:*:p1", "<2.0", "< 2.0 update p1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = {0};
        struct criterion c = criterion(str_from_c(rows[i].name), str_from_c(rows[i].bounds), true);
        buf_c(&b, "before ");
        criterion_range(&c, &b);
        CHECK(str_starts(buf_view(&b), STR("before ")));
        CHECK_STR(str_from(buf_view(&b), 7), rows[i].text);
        buf_free(&b);
    }
    arena_free(&arena);
}

static void platforms(void)
{
    const struct {
        enum platform platform;
        const char *name, *bounds;
        enum truth want;
    } rows[] = {
        {PLATFORM_LINUX, "o:linux:linux_kernel", "", TRUE_},
        {PLATFORM_LINUX, "o:linux:linux_kernel:-", "", TRUE_},
        {PLATFORM_LINUX, "o:linux:linux_kernel:6.1", "",
         UNKNOWN_}, /* in which version, nobody knows */
        {PLATFORM_LINUX, "o:linux:linux_kernel", "<6.1", UNKNOWN_},
        {PLATFORM_LINUX, "o:microsoft:windows", "", FALSE_},
        {PLATFORM_LINUX, "o:microsoft:windows_10:1607", "", FALSE_},
        {PLATFORM_LINUX, "o:apple:macos", "", FALSE_},
        {PLATFORM_LINUX, "o:google:android", "", FALSE_},
        {PLATFORM_LINUX, "o:freebsd:freebsd:13.0", "", FALSE_},
        {PLATFORM_LINUX, "o:debian:debian_linux:12.0", "", UNKNOWN_},
        {PLATFORM_LINUX, "o:some:firmware", "", UNKNOWN_},
        {PLATFORM_LINUX, "h:some:device", "",
         UNKNOWN_}, /* only operating systems are decided here */
        {PLATFORM_LINUX, "a:microsoft:windows", "", UNKNOWN_},
        {PLATFORM_WINDOWS, "o:microsoft:windows", "", TRUE_},
        {PLATFORM_WINDOWS, "o:microsoft:windows:-", "", TRUE_},
        {PLATFORM_WINDOWS, "o:microsoft:windows_10:1607", "", UNKNOWN_},
        {PLATFORM_WINDOWS, "o:linux:linux_kernel", "", FALSE_},
        {PLATFORM_WINDOWS, "o:apple:macos", "", FALSE_},
        {PLATFORM_UNKNOWN, "o:linux:linux_kernel", "", UNKNOWN_},
        {PLATFORM_UNKNOWN, "o:microsoft:windows", "", UNKNOWN_},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct criterion c = criterion(str_from_c(rows[i].name), str_from_c(rows[i].bounds), false);
        enum truth got = platform_runs(rows[i].platform, &c);
        CHECK_INT(got, rows[i].want);
        if (got != rows[i].want)
            printf("# ... %s %s on platform %d\n", rows[i].name, rows[i].bounds, rows[i].platform);
    }
    arena_free(&arena);
}

/* --- structures --- */

/*
 * A structure as text: `&(...)` and `|(...)` are nodes, `!` in front negates, `~` behind the sign
 * says that something in it could not be read. Inside stand nodes and letters:
 *   T  the vulnerable product, covered     t  the vulnerable product, not covered
 *   L  Linux (true)   W  Windows (false)   U  a device nobody knows (unknown)
 *   I  another product, installed          i  the same in another version
 */
static struct criterion letter(char c)
{
    switch (c) {
    case 'T':
        return criterion(STR("a:v:p"), STR("<2.0"), true);
    case 't':
        return criterion(STR("a:v:p"), STR("<1.0"), true);
    case 'L':
        return criterion(STR("o:linux:linux_kernel:-"), STR(""), false);
    case 'W':
        return criterion(STR("o:microsoft:windows"), STR(""), false);
    case 'I':
        return criterion(STR("a:v:other"), STR("<6"), false);
    case 'i':
        return criterion(STR("a:v:other"), STR("<5"), false);
    default:
        return criterion(STR("h:some:device"), STR(""), false);
    }
}

/* Criteria of a node stand in a row, so they come before its child nodes. */
static void parse_structure(const char **p, struct vuln *v, uint32_t parent)
{
    struct node n = {.parent = parent};
    if (**p == '!') {
        n.negate = true;
        ++*p;
    }
    n.and_ = *(*p)++ == '&';
    if (**p == '~') {
        n.lossy = true;
        ++*p;
    }
    CHECK(*(*p)++ == '(');
    n.first = (uint32_t)v->criteria.n;
    uint32_t index = (uint32_t)v->nodes.n;
    PUSH(&v->nodes, n);
    for (; char_is_alpha(**p); ++*p) {
        PUSH(&v->criteria, letter(**p));
        v->nodes.v[index].count++;
    }
    while (**p != ')')
        parse_structure(p, v, index);
    ++*p;
}

static void structures(void)
{
    static const struct {
        const char *text;
        enum truth want;
    } rows[] = {
        {"|(T)", TRUE_},
        {"|(t)", FALSE_},
        {"&(T)", TRUE_},
        {"&(t)", FALSE_},
        {"|(tT)", TRUE_},
        {"&(tT)", FALSE_},
        {"&(TL)", TRUE_},
        {"&(TW)", FALSE_},
        {"&(TU)", UNKNOWN_},
        {"&(TI)", TRUE_},
        {"&(Ti)", FALSE_},
        {"&(TLU)", UNKNOWN_},
        {"&(TWU)", FALSE_},
        {"|(TW)", TRUE_},
        {"|(TU)", TRUE_},
        {"|(L)", FALSE_}, /* nothing vulnerable of this product */
        {"|(tL)", FALSE_},
        {"|(tU)", FALSE_},
        {"&(|(T)|(L))", TRUE_},
        {"&(|(T)|(W))", FALSE_},
        {"&(|(T)|(U))", UNKNOWN_},
        {"&(|(T)|(WL))", TRUE_},
        {"&(|(T)|(WU))", UNKNOWN_},
        {"&(|(t)|(L))", FALSE_},
        {"&(|(tT)|(UL))", TRUE_},
        {"&(|(T)&(LW))", FALSE_},
        {"&(|(T)&(LU))", UNKNOWN_},
        {"&(T|(L))", TRUE_},
        {"&(L|(T))", TRUE_},
        {"|(&(TW)&(TL))", TRUE_},
        {"|(&(TW)&(TU))", UNKNOWN_},
        {"|(&(TW)&(tL))", FALSE_},
        /* Roots are alternatives. */
        {"&(TW)&(TL)", TRUE_},
        {"&(TW)&(TU)", UNKNOWN_},
        {"&(TU)&(TL)", TRUE_},
        {"&(TL)&(TU)", TRUE_},
        {"&(TW)&(tL)", FALSE_},
        {"&(TW)|(L)", FALSE_}, /* the second root is true, but of nothing vulnerable here */
        /* Negated. */
        {"!|(T)", FALSE_},
        {"&(T!|(W))", TRUE_},
        {"&(T!|(L))", FALSE_},
        {"&(T!|(U))", UNKNOWN_},
        {"&(T!&(LW))", TRUE_},
        {"&(T!&(LU))", UNKNOWN_},
        {"&(T!|(i))", TRUE_},
        {"&(T!|(I))", FALSE_},
        {"&(T!|(!|(L)))", TRUE_},
        /* Nothing that could be read: it may say anything. */
        {"&(T|())", UNKNOWN_},
        {"&(T&())", UNKNOWN_},
        {"&(T!|())", UNKNOWN_},
        {"&(|(T)|())", UNKNOWN_},
        {"&(|(t)|())", FALSE_},
        {"&(|(T)|(|()|(W)))", UNKNOWN_},
        {"&(|(T)&(|()|(W)))", FALSE_},
        {"|(T|())", TRUE_},
        {"&(T|~())", UNKNOWN_},
        {"&(T|~(W))", UNKNOWN_}, /* one of its platforms was lost: perhaps ours */
        {"&(T|~(L))", TRUE_},
        {"&(T&~(L))", UNKNOWN_},
        {"&(T&~(W))", FALSE_},
        {"&(T!|~(W))", UNKNOWN_},
        {"&~(TL)", UNKNOWN_},
        {"&~(TW)", FALSE_},
        {"|~(T)", TRUE_},
        {"&(&(&(&(&(&(&(TL)))))))", TRUE_},
        {"&(&(&(&(&(&(&(TU)))))))", UNKNOWN_},
    };
    struct report r = {0};
    struct device d;
    struct arena scratch = {0};
    PUSH(&r.inventories, {.platform = PLATFORM_LINUX});
    const char *const products[] = {"v:p", "v:other"};
    for (size_t i = 0; i < 2; i++) {
        PUSH(&r.subjects,
             {.version = i ? STR("5.0") : STR("1.5"), .identified_by = IDENTIFIED_TABLE});
        PUSH(&r.subjects.v[i].products, str_from_c(products[i]));
    }
    CHECK_OK(device_init(&d, &r, &err), &err);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vuln v = {0};
        struct target t;
        const struct criterion *matched, *undecided;
        enum truth got;
        for (const char *p = rows[i].text; *p;)
            parse_structure(&p, &v, NODE_NO_PARENT);
        target_init(&t, &r.subjects.v[0], NULL);
        CHECK_OK(structure_applies(&v, &t, &d, &scratch, &matched, &undecided, &got, &err), &err);
        CHECK_INT(got, rows[i].want);
        if (got != rows[i].want)
            printf("# ... %s\n", rows[i].text);
        CHECK((matched != NULL) == (got != FALSE_));
        CHECK(!matched ||
              (matched->vulnerable && str_eq(matched->cpe.attr[CPE_PRODUCT], STR("p")) &&
               str_eq(matched->end_excluding, STR("2.0"))));
        CHECK(got == UNKNOWN_ || !undecided);
        CHECK(!undecided || str_eq(undecided->cpe.attr[CPE_PART], STR("h")));
        arena_reset(&scratch);
    }
    device_free(&d);
    arena_free(&scratch);
    arena_free(&arena);
}

/* --- a small database --- */

static const char *db_path(void)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/match.db", dir);
    return path;
}

static struct vuln vuln(const char *id, const char *structure_or_null)
{
    struct vuln v = {.id = str_from_c(id),
                     .source = STR("nvd"),
                     .published = NOW,
                     .modified = NOW,
                     .description = STR("text")};
    for (const char *p = structure_or_null; p && *p;)
        parse_structure(&p, &v, NODE_NO_PARENT);
    return v;
}

static struct vuln one(const char *id, const char *name, const char *bounds)
{
    struct vuln v = vuln(id, NULL);
    PUSH(&v.nodes, {.parent = NODE_NO_PARENT, .count = 1});
    PUSH(&v.criteria, criterion(str_from_c(name), str_from_c(bounds), true));
    return v;
}

static struct store *make_store(struct vuln *v, size_t n)
{
    struct store_import *s = NULL;
    struct store *store = NULL;
    struct store_feed f = {.source = STR("nvd"),
                           .kind = STR("test"),
                           .name = STR("x"),
                           .sha256 = STR("aa"),
                           .records = n};
    struct store_counts counts;
    CHECK_OK(store_import_open(db_path(), true, 0, &s, &err), &err);
    if (!s)
        abort();
    struct vuln_sink sink = store_import_sink(s);
    void *batch = sink.batch_new(sink.ctx, &err);
    for (size_t i = 0; i < n; i++)
        CHECK_OK(sink.batch_add(batch, &v[i], &err), &err);
    CHECK_OK(sink.batch_seal(batch, &err) && sink.batch_commit(sink.ctx, batch, &err), &err);
    sink.batch_free(batch);
    CHECK_OK(store_import_feed(s, &f, NOW, &counts, &err) && store_import_commit(s, NOW, &err),
             &err);
    CHECK_OK(store_open(db_path(), &store, &err), &err);
    if (!store)
        abort();
    return store;
}

struct package {
    const char *name, *version, *source, *cpe;
};

static void add_inventory(struct report *r, enum platform platform, const struct package *p,
                          size_t n)
{
    struct inventory inv = {
        .arena = &arena, .path = STR("inv"), .format = "test", .platform = platform};
    for (size_t i = 0; i < n; i++) {
        struct component *c = inventory_add(&inv, i + 1, &err);
        if (!c)
            abort();
        c->name = str_from_c(p[i].name);
        c->source = str_from_c(p[i].source);
        component_set_version(c, str_from_c(p[i].version), false);
        struct str cpes = str_from_c(p[i].cpe);
        for (struct str word; (word = str_next_word(&cpes)).n;)
            PUSH(&c->cpes, word);
    }
    PUSH(&r->inventories, inv);
}

/* "ref by n, ref by n": the subjects, how each was identified and how many packages it has. */
static void check_subjects(const struct report *r, const char *want)
{
    struct buf b = {0};
    for (size_t i = 0; i < r->subjects.n; i++)
        buf_f(&b, "%s%.*s %s%s%s %zu", i ? ", " : "", STR_ARG(r->subjects.v[i].ref),
              identified_by_name(r->subjects.v[i].identified_by),
              r->subjects.v[i].no_product ? " none" : "",
              r->subjects.v[i].uncomparable ? " odd" : "", r->subjects.v[i].packages.n);
    CHECK_STR(buf_view(&b), want);
    buf_free(&b);
}

static void check_findings(const struct report *r, const char *want)
{
    struct buf b = {0};
    for (size_t i = 0; i < r->findings.n; i++)
        buf_f(&b, "%s%.*s %.*s", i ? ", " : "",
              STR_ARG(r->subjects.v[r->findings.v[i].subject].ref), STR_ARG(r->findings.v[i].id));
    CHECK_STR(buf_view(&b), want);
    buf_free(&b);
}

static const struct match_options plain = {.details = true};

static void subjects(void)
{
    struct vuln v[] = {one("CVE-2024-0001", "a:openssl:openssl", "<3.1.4"),
                       one("CVE-2024-0002", "a:acme:frobnicate", "<2"),
                       one("CVE-2024-0003", "a:acme:libgizmo", "<2"),
                       one("CVE-2024-0004", "a:acme:two_words", "<2")};
    struct store *s = make_store(v, 4);
    struct report r = {0};
    const struct package p[] = {
        {"libcrypto3", "3.1.3", "openssl", NULL},
        {"libssl3", "3.1.3", "openssl", NULL},
        {"openssl-dev", "3.1.3", "openssl", NULL},
        {"openssl", "3.1.4", "openssl", NULL}, /* another version: another subject */
        {"frobnicate", "1.0", NULL, NULL},
        {"frobnicate-locale-de", "1.0", NULL, NULL},
        {"libgizmo1", "1.0", NULL, NULL},
        {"two-words", "1.0", NULL, NULL},
        {"base-files", "3.0", NULL, NULL},
        {"nobody-knows", "1.0", NULL, NULL},
        {"nobody-knows-doc", "1.0", NULL, NULL},
        {"custom", "1.0", NULL, "cpe:2.3:a:acme:frobnicate:1.5:*:*:*:*:*:*:*"},
        {"broken", "1.0", NULL, "cpe:2.3:a:acme"},
        {"libssl3", "unknown", NULL, NULL},
    };
    add_inventory(&r, PLATFORM_LINUX, p, sizeof p / sizeof p[0]);
    CHECK_OK(match_run(s, &arena, &plain, &r, &err), &err);
    size_t packages = 0;
    for (size_t i = 0; i < r.subjects.n; i++)
        packages += r.subjects.v[i].packages.n;
    CHECK_INT(packages, sizeof p / sizeof p[0]); /* each is in exactly one */
    check_subjects(&r, "base-files@3.0 table none 1, broken@1.0 none 1, frobnicate@1.0 name 2, "
                       "frobnicate@1.0#2 cpe 1, libgizmo@1.0 name 1, "
                       "nobody-knows@1.0 none 2, openssl@unknown table odd 1, openssl@3.1.3 table "
                       "3, openssl@3.1.4 table 1, "
                       "two_words@1.0 name 1");
    check_findings(&r, "frobnicate@1.0 CVE-2024-0002, frobnicate@1.0#2 CVE-2024-0002, libgizmo@1.0 "
                       "CVE-2024-0003, openssl@3.1.3 CVE-2024-0001, "
                       "two_words@1.0 CVE-2024-0004");
    store_close(s);
    arena_free(&arena);
}

/* Whatever the order of the packages, the result is the same. */
static void order(void)
{
    struct vuln v[] = {one("CVE-2024-21626", "a:openssl:openssl", "<9"),
                       one("CVE-2024-3094", "a:openssl:openssl", "<9"),
                       one("CVE-2023-9999", "a:openssl:openssl", "<9"),
                       one("CVE-2024-0001", "a:gnu:bash", "<9")};
    struct store *s = make_store(v, 4);
    const struct package p[] = {{"bash", "5.2", NULL, NULL},
                                {"libssl3", "3.1", NULL, NULL},
                                {"libcrypto3", "3.1", NULL, NULL},
                                {"libssl1.1", "1.1.1k", NULL, NULL},
                                {"zlib", "1.3", NULL, NULL}};
    for (size_t turn = 0; turn < 5; turn++) {
        struct package q[5];
        struct report r = {0};
        for (size_t i = 0; i < 5; i++)
            q[i] = p[(i + turn) % 5];
        add_inventory(&r, PLATFORM_LINUX, q, 5);
        CHECK_OK(match_run(s, &arena, &plain, &r, &err), &err);
        check_subjects(
            &r, "bash@5.2 table 1, openssl@1.1.1k table 1, openssl@3.1 table 2, zlib@1.3 table 1");
        check_findings(
            &r, "bash@5.2 CVE-2024-0001, openssl@1.1.1k CVE-2023-9999, openssl@1.1.1k "
                "CVE-2024-3094, openssl@1.1.1k CVE-2024-21626, "
                "openssl@3.1 CVE-2023-9999, openssl@3.1 CVE-2024-3094, openssl@3.1 CVE-2024-21626");
        arena_reset(&arena);
    }
    store_close(s);
    arena_free(&arena);
}

/* What the finding says of a record: score, dates, evidence, details. */
static void finding_fields(void)
{
    struct vuln v = one("CVE-2024-0001", "a:openssl:openssl", ">=3.0 <3.1.4");
    PUSH(&v.criteria, criterion(STR("a:openssl:openssl:3.1.3"), STR(""), true));
    PUSH(&v.criteria, criterion(STR("a:openssl:openssl"), STR(">=3.0 <3.1.4"), true)); /* again */
    v.nodes.v[0].count = 3;
    PUSH(&v.cvss, {CVSS_2, 100, STR_INIT("V2"), STR_INIT("s"), true});
    PUSH(&v.cvss, {CVSS_3_1, 75, STR_INIT("V3"), STR_INIT("nvd"), true});
    PUSH(&v.cwes, STR("CWE-79"));
    PUSH(&v.references, {STR_INIT("http://a"), STR_INIT("Patch")});
    v.published = NOW - 5;
    struct store *s = make_store(&v, 1);
    const struct package p[] = {{"libssl3", "3.1.3", NULL, NULL}};
    for (int details = 0; details < 2; details++) {
        struct report r = {0};
        const struct match_options opt = {.details = details};
        add_inventory(&r, PLATFORM_LINUX, p, 1);
        CHECK_OK(match_run(s, &arena, &opt, &r, &err), &err);
        CHECK_INT(r.findings.n, 1);
        if (!r.findings.n)
            continue;
        const struct finding *f = &r.findings.v[0];
        CHECK(f->status == VEX_AFFECTED && f->severity == SEVERITY_HIGH &&
              f->cvss.version == CVSS_3_1 && f->cvss.tenths == 75);
        CHECK_STR(f->cvss.vector, "V3");
        CHECK_STR(f->decided_by, "match");
        CHECK(f->published == NOW - 5 && f->modified == NOW);
        CHECK(f->cwes.n == 1 && f->fixed_in.n == 1);
        CHECK_STR(f->fixed_in.v[0], "3.1.4");
        CHECK(f->evidence.n >= 1);
        CHECK_STR(f->evidence.v[0].range, ">= 3.0, < 3.1.4");
        CHECK_STR(f->evidence.v[0].source, "nvd");
        CHECK_STR(f->evidence.v[0].criterion, "cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*");
        CHECK(details ? str_eq(f->description, STR("text")) && f->references.n == 1
                      : !f->references.n);
    }
    store_close(s);
    arena_free(&arena);
}

/* Records that stand in a structure, with the whole device around them. */
static void whole_structures(void)
{
    struct vuln v[] = {vuln("CVE-2024-0001", "&(|(T)|(L))"), vuln("CVE-2024-0002", "&(|(T)|(W))"),
                       vuln("CVE-2024-0003", "&(|(T)|(U))"), vuln("CVE-2024-0004", "&(|(T)|(I))"),
                       vuln("CVE-2024-0005", "&(|(T)|(i))"), vuln("CVE-2024-0006", "&(|(t)|(L))"),
                       vuln("CVE-2024-0007", "&(|(T)|~())")};
    struct store *s = make_store(v, 7);
    const struct package p[] = {{"x", "1.5", NULL, "cpe:2.3:a:v:p:1.5:*:*:*:*:*:*:*"},
                                {"y", "5.0", NULL, "cpe:2.3:a:v:other:5.0:*:*:*:*:*:*:*"}};
    struct report r = {0};
    add_inventory(&r, PLATFORM_LINUX, p, 2);
    CHECK_OK(match_run(s, &arena, &plain, &r, &err), &err);
    check_findings(
        &r, "p@1.5 CVE-2024-0001, p@1.5 CVE-2024-0003, p@1.5 CVE-2024-0004, p@1.5 CVE-2024-0007");
    CHECK(r.findings.n == 4 &&
          str_find_str(r.findings.v[1].evidence.v[0].note, STR("some:device")) != STR_NPOS);
    CHECK(r.findings.n == 4 && !r.findings.v[0].evidence.v[0].note.n);
    /* Taken to apply because something could not be read: the reader must be told, too. */
    CHECK(r.findings.n == 4 && r.findings.v[3].evidence.v[0].note.n);
    /* The other product is in another inventory: then its version there decides nothing, and its
     * absence neither. */
    r = (struct report){0};
    add_inventory(&r, PLATFORM_LINUX, p, 1);
    add_inventory(&r, PLATFORM_LINUX, p + 1, 1);
    CHECK_OK(match_run(s, &arena, &plain, &r, &err), &err);
    check_findings(&r, "p@1.5 CVE-2024-0001, p@1.5 CVE-2024-0003, p@1.5 CVE-2024-0004, p@1.5 "
                       "CVE-2024-0005, p@1.5 CVE-2024-0007");
    /* On Windows, and on something nobody knows. */
    r = (struct report){0};
    add_inventory(&r, PLATFORM_WINDOWS, p, 2);
    CHECK_OK(match_run(s, &arena, &plain, &r, &err), &err);
    check_findings(
        &r, "p@1.5 CVE-2024-0002, p@1.5 CVE-2024-0003, p@1.5 CVE-2024-0004, p@1.5 CVE-2024-0007");
    r = (struct report){0};
    add_inventory(&r, PLATFORM_UNKNOWN, p, 2);
    CHECK_OK(match_run(s, &arena, &plain, &r, &err), &err);
    check_findings(&r, "p@1.5 CVE-2024-0001, p@1.5 CVE-2024-0002, p@1.5 CVE-2024-0003, p@1.5 "
                       "CVE-2024-0004, p@1.5 CVE-2024-0007");
    store_close(s);
    arena_free(&arena);
}

/* A package with two CPE names is affected when either is. */
static void two_names(void)
{
    struct vuln v[] = {one("CVE-2024-0001", "a:acme:one:1.0", ""),
                       one("CVE-2024-0002", "a:acme:one:2.0", ""),
                       one("CVE-2024-0003", "a:acme:two:7", "")};
    struct vuln both = vuln("CVE-2024-0004", NULL);
    PUSH(&both.nodes, {.and_ = true, .parent = NODE_NO_PARENT, .first = 0, .count = 2});
    PUSH(&both.criteria, criterion(STR("a:acme:one:2.0"), STR(""), true));
    PUSH(&both.criteria, criterion(STR("o:linux:linux_kernel:-"), STR(""), false));
    /* The first name stands in an alternative that does not apply, the second in one that does. */
    struct vuln either = vuln("CVE-2024-0005", NULL);
    for (uint32_t i = 0; i < 2; i++) {
        PUSH(&either.nodes, {.and_ = true, .parent = NODE_NO_PARENT, .first = 2 * i, .count = 2});
        PUSH(&either.criteria,
             criterion(i ? STR("a:acme:one:2.0") : STR("a:acme:one:1.0"), STR(""), true));
        PUSH(&either.criteria,
             criterion(i ? STR("o:linux:linux_kernel:-") : STR("o:microsoft:windows"), STR(""),
                       false));
    }
    struct vuln all[] = {v[0], v[1], v[2], both, either};
    struct store *s = make_store(all, 5);
    const struct package p[] = {
        {"x", "0", NULL,
         "cpe:2.3:a:acme:one:1.0:*:*:*:*:*:*:* cpe:2.3:a:acme:one:2.0:*:*:*:*:*:*:* "
         "cpe:2.3:a:acme:two:7:*:*:*:*:*:*:*"}};
    struct report r = {0};
    add_inventory(&r, PLATFORM_LINUX, p, 1);
    CHECK_OK(match_run(s, &arena, &plain, &r, &err), &err);
    check_findings(&r, "one@0 CVE-2024-0001, one@0 CVE-2024-0002, one@0 CVE-2024-0003, one@0 "
                       "CVE-2024-0004, one@0 CVE-2024-0005");
    store_close(s);
    arena_free(&arena);
}

static void nothing(void)
{
    struct vuln v = one("CVE-2024-0001", "a:openssl:openssl", "<3.1.4");
    struct store *s = make_store(&v, 1);
    struct report r = {0};
    CHECK_OK(match_run(s, &arena, &plain, &r, &err), &err);
    CHECK(!r.subjects.n && !r.findings.n);
    add_inventory(&r, PLATFORM_LINUX, NULL, 0);
    CHECK_OK(match_run(s, &arena, &plain, &r, &err), &err);
    CHECK(!r.subjects.n && !r.findings.n);
    store_close(s);
    arena_free(&arena);
}

static void clean_up(void)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    CHECK(system(command) == 0); /* NOLINT(cert-env33-c): our own folder */
}

static const struct test tests[] = {
    {"criteria and components", covers},
    {"ranges as texts", range_texts},
    {"platforms", platforms},
    {"structures", structures},
    {"packages and subjects", subjects},
    {"order does not matter", order},
    {"what a finding says", finding_fields},
    {"structures and the whole device", whole_structures},
    {"several CPE names", two_names},
    {"nothing to match", nothing},
    {"clean up", clean_up},
};

int main(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/vulnward-match-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    return test_main(tests, sizeof tests / sizeof tests[0]);
}
