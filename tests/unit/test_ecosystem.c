/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ecosystems and package URLs: the facts of tests/data/purl.tsv, the table against the page that
 * shows it, names, and texts nobody would write by hand.
 */
#include "failing_memory.h"
#include "test.h"

#include "base/io.h"
#include "base/map.h"
#include "identity/purl.h"
#include "version/version.h"

#include "base/banned.h"

static struct arena arena;
static struct err err;

static size_t each_row(const char *file, size_t columns, void (*row)(struct str *cols))
{
    struct arena text = {0};
    struct input in = {0};
    char path[4096];
    size_t rows = 0, line = 0;
    (void)snprintf(path, sizeof path, "%s/data/%s", test_dir(), file);
    CHECK_OK(io_read(&text, path, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
    for (struct str rest = in.data, one; rest.n;) {
        struct str cols[16];
        size_t n = 0;
        str_split(rest, '\n', &one, &rest);
        line++;
        if (!one.n || one.p[0] == '#')
            continue;
        for (bool more = true; more && n < columns;)
            more = str_split(one, '\t', &cols[n++], &one);
        int before = test_failures;
        CHECK(n == columns && !one.n);
        if (n == columns)
            row(cols);
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
static bool parse(struct str text, struct purl *out)
{
    char *p = malloc(text.n ? text.n : 1);
    if (!p)
        exit(1);
    if (text.n)
        memcpy(p, text.p, text.n);
    bool ok = purl_parse(&arena, str_make(p, text.n), out, &err);
    CHECK(ok == (err.code == ERR_NONE));
    free(p);
    return ok;
}

static bool is(struct str got, struct str want, const char *what)
{
    if (str_eq(want, STR("-")))
        want = (struct str){0};
    if (str_eq(got, want))
        return true;
    printf("# %s is \"%.*s\", not \"%.*s\"\n", what, STR_ARG(got), STR_ARG(want));
    return false;
}

/* purl, type, namespace, name, version, qualifiers, subpath; or purl, "error", part of it. */
static void purl_row(struct str *c)
{
    struct purl p;
    char text[1024];
    bool ok = parse(c[0], &p);
    if (str_eq(c[1], STR("error"))) {
        err_format(&err, text, sizeof text);
        CHECK(!ok && str_find_str(str_from_c(text), c[2]) != STR_NPOS);
        if (ok || str_find_str(str_from_c(text), c[2]) == STR_NPOS)
            printf("# got: %s\n", ok ? "success" : text);
        return;
    }
    CHECK_OK(ok, &err);
    if (!ok)
        return;
    CHECK(is(p.type, c[1], "type"));
    CHECK(is(p.space, c[2], "namespace"));
    CHECK(is(p.name, c[3], "name"));
    CHECK(is(p.version, c[4], "version"));
    CHECK(is(p.qualifiers, c[5], "qualifiers"));
    CHECK(is(p.subpath, c[6], "subpath"));
}

static void purls(void)
{
    CHECK(each_row("purl.tsv", 7, purl_row) > 60);
}

/* purl, ecosystem, release, name */
static void ecosystem_row(struct str *c)
{
    struct purl p;
    const struct ecosystem *e = NULL;
    struct str release, name;
    bool ok = parse(c[0], &p) && purl_ecosystem(&arena, &p, &e, &release, &name, &err);
    CHECK_OK(ok, &err);
    if (!ok)
        return;
    CHECK(is(e ? e->name : (struct str){0}, c[1], "ecosystem"));
    CHECK(is(release, c[2], "release"));
    CHECK(is(name, c[3], "name"));
}

static void purl_ecosystems(void)
{
    CHECK(each_row("purl_ecosystem.tsv", 4, ecosystem_row) > 50);
}

/* ecosystem, name as written, normal name */
static void name_row(struct str *c)
{
    struct str out, again;
    const struct ecosystem *e = ecosystem_find(c[0]);
    CHECK_OK(ecosystem_normal_name(&arena, e, c[1], &out, &err), &err);
    CHECK(is(out, c[2], "normal name"));
    CHECK_OK(ecosystem_normal_name(&arena, e, out, &again, &err), &err);
    CHECK(str_eq(out, again)); /* normal is normal */
}

static void names(void)
{
    CHECK(each_row("ecosystem_names.tsv", 3, name_row) > 25);
}

static void find(void)
{
    CHECK_STR(ecosystem_find(STR("Debian"))->name, "Debian");
    CHECK_STR(ecosystem_find(STR("Debian:12"))->name, "Debian");
    CHECK_STR(ecosystem_find(STR("Ubuntu:Pro:18.04:LTS"))->name, "Ubuntu");
    CHECK_STR(ecosystem_find(STR("Red Hat:rhel_aus:8.4::appstream"))->name, "Red Hat");
    CHECK_STR(ecosystem_find(STR("Maven:https://maven.google.com"))->name, "Maven");
    CHECK(!ecosystem_find(STR("debian"))); /* OSV's names have a case */
    CHECK(!ecosystem_find(STR("Debian ")));
    CHECK(!ecosystem_find(STR("Debia")));
    CHECK(!ecosystem_find(STR("")));
    CHECK(!ecosystem_find(STR(":12")));
    CHECK(!ecosystem_find((struct str){0}));
}

/* Each name once, sorted without case, with an order we have; each purl leads back. */
static void table(void)
{
    struct map seen = {0};
    const struct ecosystem *e;
    size_t n = 0, distributions = 0, ordered = 0;
    for (; (e = ecosystem_at(n)) != NULL; n++) {
        uint64_t there;
        enum version_scheme scheme;
        CHECK(e->name.n && !map_get(&seen, e->name, &there));
        CHECK_OK(map_put(&seen, e->name, n, &err), &err);
        CHECK(ecosystem_find(e->name) == e);
        CHECK(!e->order.n || version_scheme_by_name(e->order, &scheme));
        CHECK(!e->purl_space.n || e->purl_type.n);
        distributions += e->distribution;
        ordered += e->order.n > 0;
    }
    CHECK_INT(n, 52);
    CHECK_INT(distributions, 23);
    CHECK_INT(ordered, 22);
    CHECK(!ecosystem_at(n) && !ecosystem_at((size_t)-1));
    map_free(&seen);
}

/* The rows of docs/formats/osv-json.md are those of the table, in its order. */
static void documentation(void)
{
    struct arena a = {0};
    struct input in = {0};
    char path[4096];
    const struct ecosystem *e;
    (void)snprintf(path, sizeof path, "%s/../docs/formats/osv-json.md", test_dir());
    CHECK_OK(io_read(&a, path, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
    size_t at = str_find_str(in.data, STR("<!-- ecosystems:"));
    CHECK(at != STR_NPOS);
    struct str page = str_from(in.data, at), row, line, header;
    for (int i = 0; i < 3; i++)
        str_split(page, '\n', &header, &page);
    for (size_t i = 0; (e = ecosystem_at(i)) != NULL; i++) {
        bool space = e->purl_space.n > 0;
        CHECK_OK(arena_printf(&a, &row, &err, "| `%.*s` | %s%.*s%s%.*s%s | %.*s | %s |",
                              STR_ARG(e->name), e->purl_type.n ? "`" : "", STR_ARG(e->purl_type),
                              space ? "/" : "", STR_ARG(e->purl_space),
                              e->purl_type.n ? "`" : "", STR_ARG(e->order),
                              e->distribution ? "yes" : ""),
                 &err);
        str_split(page, '\n', &line, &page);
        if (!str_eq(line, row))
            printf("# wanted in the page: %.*s\n", STR_ARG(row));
        CHECK(str_eq(line, row));
    }
    CHECK(!str_starts(page, STR("|")));
    arena_free(&a);
}

static void qualifiers(void)
{
    struct purl p;
    struct str out;
    CHECK_OK(parse(STR("pkg:rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&distro=fedora%2D25&empty=&epoch=1"),
                   &p),
             &err);
    CHECK_OK(purl_qualifier(&arena, &p, STR("arch"), &out, &err), &err);
    CHECK_STR(out, "i386");
    CHECK_OK(purl_qualifier(&arena, &p, STR("distro"), &out, &err), &err);
    CHECK_STR(out, "fedora-25");
    CHECK_OK(purl_qualifier(&arena, &p, STR("empty"), &out, &err), &err);
    CHECK_INT(out.n, 0);
    CHECK_OK(purl_qualifier(&arena, &p, STR("dist"), &out, &err), &err);
    CHECK_INT(out.n, 0);
    CHECK_OK(purl_qualifier(&arena, &p, STR("epoch"), &out, &err), &err);
    CHECK_STR(out, "1");
    arena_free(&arena);
}

/* Long ones, and one byte of a good one changed at a time. */
static void hostile(void)
{
    static const char good[] = "pkg:npm/%40angular/animation@12.3.1?a=%41&b=c#x/y";
    char text[sizeof good];
    struct buf b = {0};
    struct purl p;
    for (size_t i = 0; i + 1 < sizeof good; i++)
        for (size_t c = 0; c < 256; c += i % 3 + 1) {
            memcpy(text, good, sizeof good);
            text[i] = (char)c;
            (void)parse(str_make(text, sizeof good - 1), &p);
            err_clear(&err);
            arena_reset(&arena);
        }
    for (size_t i = 0; i + 1 < sizeof good; i++) { /* cut short */
        (void)parse(str_make(good, i), &p);
        err_clear(&err);
    }
    buf_c(&b, "pkg:generic/");
    for (size_t i = 0; i < LIMIT_PURL_BYTES; i++)
        buf_c(&b, "/");
    CHECK_ERR(parse(buf_view(&b), &p), &err, "too long");
    CHECK_ERR(parse(str_first(buf_view(&b), LIMIT_PURL_BYTES), &p), &err, "no name");
    buf_clear(&b);
    buf_c(&b, "pkg:generic/x?");
    for (int i = 0; i < 100; i++)
        buf_f(&b, "k%d=v&", i);
    CHECK_ERR(parse(buf_view(&b), &p), &err, "too many qualifiers");
    buf_free(&b);
    CHECK_ERR(parse(STR("pkg:npm/a\0b"), &p), &err, "control character");
    CHECK_ERR(parse((struct str){0}, &p), &err, "pkg:");
    arena_free(&arena);
}

/* A name so long that each copy needs memory of its own: each allocation fails in turn. */
static void no_memory(void)
{
    char text[8000] = "pkg:deb/";
    size_t n = strlen(text);
    (void)snprintf(text + n, sizeof text - n, "debian/N%07000d@1:2-3?distro=debian-12&arch=%%41#a/b", 1);
    long needed = 0;
    for (bool ok = false; !ok && needed < 100; needed++) {
        struct arena a = {0};
        struct purl p;
        const struct ecosystem *e = NULL;
        struct str release = {0}, name = {0};
        /* A page is 64 KiB: nearly fill the first. */
        for (int i = 0; i < 8; i++)
            CHECK(arena_alloc(&a, 7500) != NULL);
        left = needed;
        armed = true;
        ok = purl_parse(&a, str_from_c(text), &p, &err) &&
             purl_ecosystem(&a, &p, &e, &release, &name, &err);
        armed = false;
        if (ok) {
            CHECK_STR(release, "12");
            CHECK_INT(name.n, 7001);
            CHECK(e && str_eq(e->name, STR("Debian")));
        } else {
            CHECK_INT(err.code, ERR_MEMORY);
        }
        err_clear(&err);
        arena_free(&a);
    }
    CHECK(needed > 1 && needed < 100);
}

static const struct test tests[] = {
    {"find", find},
    {"table", table},
    {"the documentation has it", documentation},
    {"names", names},
    {"package URLs", purls},
    {"ecosystems of package URLs", purl_ecosystems},
    {"qualifiers", qualifiers},
    {"hostile texts", hostile},
    {"out of memory", no_memory},
};
TEST_MAIN(tests)
