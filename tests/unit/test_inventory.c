/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inventory readers: what they take from the fixtures of tests/inventory, every reason to skip,
 * that each fixture is recognised among all formats, and that damaged input never vanishes. With
 * the collection of real files at hand (VULNWARD_CORPUS) counts are compared with ones made in
 * another way.
 */
#include "inventory/inventory.h"

#include "../inventory/skip_cases.h"
#include "test.h"

struct reading {
    struct arena arena;
    struct input in;
    struct inventory inv;
    struct err err;
    bool ok;
};

/* Reads bytes as `format` (empty: whatever is detected), in memory that ends where the text does.
 */
static void read_bytes(struct reading *r, const char *format, const char *name, struct str text)
{
    *r = (struct reading){0};
    char *copy = arena_alloc(&r->arena, text.n + 1);
    if (!copy)
        abort();
    if (text.n)
        memcpy(copy, text.p, text.n);
    r->in = (struct input){str_from_c(name), str_make(copy, text.n)};
    r->ok = inventory_read(&r->arena, str_from_c(format), &r->in, &r->inv, &r->err);
    CHECK(r->ok == (r->err.code == ERR_NONE));
    CHECK(!r->ok || r->inv.components.n);
}

/* Reads tests/inventory/<file>; detects the format. */
static void read_fixture(struct reading *r, struct str file)
{
    char path[4096];
    *r = (struct reading){0};
    (void)snprintf(path, sizeof path, "%s/inventory/%.*s", test_dir(), STR_ARG(file));
    r->ok = io_read(&r->arena, path, LIMIT_INVENTORY_BYTES, &r->in, &r->err) &&
            inventory_read(&r->arena, (struct str){0}, &r->in, &r->inv, &r->err);
    CHECK_OK(r->ok, &r->err);
}

static void done(struct reading *r)
{
    arena_free(&r->arena);
}

/* --- what is taken --- */

/* One row of fields.tsv: the fixture, which component, its fields, its line. */
static void check_component(struct str f[10])
{
    struct reading r;
    uint64_t index = 0, line = 0;
    int before = test_failures;
    CHECK(str_to_u64(f[1], 0, 1000, &index) && str_to_u64(f[9], 1, 1000, &line));
    read_fixture(&r, f[0]);
    CHECK(r.inv.components.n > index);
    if (r.inv.components.n > index) {
        const struct component *c = &r.inv.components.v[index];
        const struct str got[] = {c->name,     c->version, c->raw_version, c->release,
                                  c->revision, c->arch,    c->source};
        for (size_t i = 0; i < 7; i++) {
            CHECK(str_eq(got[i], f[i + 2]));
            if (!str_eq(got[i], f[i + 2]))
                printf("# got \"%.*s\", not \"%.*s\"\n", STR_ARG(got[i]), STR_ARG(f[i + 2]));
        }
        CHECK_INT(c->line, line);
    }
    if (test_failures != before)
        printf("# ... in %.*s, component %.*s\n", STR_ARG(f[0]), STR_ARG(f[1]));
    done(&r);
}

static void fields(void)
{
    char path[4096];
    struct arena a = {0};
    struct err err = {0};
    struct input in = {0};
    size_t rows = 0;
    (void)snprintf(path, sizeof path, "%s/inventory/fields.tsv", test_dir());
    CHECK_OK(io_read(&a, path, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
    for (struct str rest = in.data, line; str_split(rest, '\n', &line, &rest);) {
        struct str f[10];
        if (str_starts(line, STR("#")))
            continue;
        for (size_t i = 0; i < 10; i++)
            CHECK(str_split(line, '\t', &f[i], &line) == (i < 9));
        check_component(f);
        rows++;
    }
    CHECK(rows > 40);
    arena_free(&a);
}

static void counts(void)
{
    static const struct {
        const char *file;
        size_t components, skipped, notes;
    } all[] = {
        {"ok_yocto-packages__ipk.txt", 5, 0, 0},
        {"ok_yocto-packages__rpm.txt", 4, 0, 0},
        {"ok_yocto-packages__deb.txt", 3, 0, 0},
        {"ok_yocto-manifest__image.manifest", 8, 0, 0},
        {"ok_yocto-manifest__no_release.manifest", 3, 0, 0},
        {"ok_yocto-manifest__license.manifest", 3, 0, 0},
        {"ok_yocto-manifest__image_license.manifest", 2, 0, 0},
        {"ok_rpm__el9.txt", 8, 0, 1},
        {"ok_rpm__yocto.txt", 7, 0, 0},
        {"ok_rpm__epochs.txt", 4, 0, 1},
        {"ok_dpkg__debian.status", 5, 0, 2},
        {"ok_dpkg__yocto_status", 2, 0, 0},
        {"ok_dpkg__short.status", 2, 0, 0},
        {"ok_dpkg__list.txt", 6, 0, 2},
        {"ok_dpkg__list_cut.txt", 3, 2, 0},
        {"ok_dpkg__grep_ii.txt", 2, 0, 1},
        {"ok_opkg__yocto.status", 4, 0, 1},
        {"ok_opkg__openwrt.status", 8, 1, 0},
        {"ok_opkg__short.status", 2, 0, 0},
        {"ok_opkg__list-installed.txt", 5, 0, 0},
        {"ok_libs__find.txt", 8, 2, 5},
        {"ok_libs__ls.txt", 3, 1, 1},
        {"ok_libs__ldd.txt", 2, 2, 0},
        {"ok_wmic__utf16.csv", 4, 2, 0},
        {"ok_wmic__utf8_columns.csv", 2, 0, 0},
        {"ok_csv__full.csv", 4, 4, 0},
        {"ok_csv__minimal.csv", 2, 0, 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct reading r;
        int before = test_failures;
        read_fixture(&r, str_from_c(all[i].file));
        CHECK_INT(r.inv.components.n, all[i].components);
        CHECK_INT(r.inv.n_skipped, all[i].skipped);
        CHECK_INT(r.inv.skipped.n - r.inv.n_skipped, all[i].notes);
        if (test_failures != before)
            printf("# ... in %s\n", all[i].file);
        done(&r);
    }
}

static void other_fields(void)
{
    struct reading r;
    read_fixture(&r, STR("ok_wmic__utf16.csv"));
    CHECK_INT(r.inv.platform, PLATFORM_WINDOWS);
    CHECK_STR(r.inv.components.v[1].name, "Café Runtime \xf0\x9d\x84\x9e");
    CHECK_STR(r.inv.components.v[1].vendor, "Müller GmbH");
    done(&r);
    read_fixture(&r, STR("ok_csv__full.csv"));
    CHECK_INT(r.inv.platform, PLATFORM_UNKNOWN);
    CHECK_STR(r.inv.components.v[0].vendor, "zlib");
    CHECK_STR(r.inv.components.v[0].purl, "pkg:generic/zlib@1.2.13");
    CHECK_STR(r.inv.components.v[2].vendor, "Example, Ltd");
    CHECK_INT(r.inv.components.v[2].cpes.n, 2);
    CHECK_STR(r.inv.components.v[2].cpes.v[0], "cpe:/a:example:widget:2.0");
    CHECK_INT(r.inv.components.v[3].cpes.n, 1); /* the good one of two */
    CHECK_INT(r.inv.components.v[0].scheme, VERSION_GENERIC);
    done(&r);
    read_fixture(&r, STR("ok_rpm__el9.txt"));
    CHECK_INT(r.inv.platform, PLATFORM_LINUX);
    CHECK_INT(r.inv.components.v[0].scheme, VERSION_RPM);
    CHECK_STR(r.inv.components.v[1].epoch, "1");
    CHECK_STR(r.inv.skipped.v[0].why, "a signing key, not software");
    done(&r);
    read_fixture(&r, STR("ok_dpkg__debian.status"));
    CHECK_INT(r.inv.components.v[0].scheme, VERSION_DEB);
    done(&r);
}

/* --- what is skipped, and why --- */

static void reasons(void)
{
    for (size_t i = 0; i < sizeof skips / sizeof skips[0]; i++) {
        const struct skip_case *s = &skips[i];
        struct reading r;
        int before = test_failures;
        read_bytes(&r, s->format, "test", s->text);
        CHECK_OK(r.ok, &r.err);
        CHECK_INT(r.inv.components.n, s->components);
        CHECK_INT(r.inv.n_skipped, s->skipped);
        CHECK(r.inv.skipped.n);
        if (r.inv.skipped.n) {
            CHECK_INT(r.inv.skipped.v[0].line, s->line);
            CHECK(str_find_str(r.inv.skipped.v[0].why, str_from_c(s->why)) != STR_NPOS);
            CHECK(r.inv.skipped.v[0].text.n);
        }
        if (test_failures != before)
            printf("# ... in case %zu, %s: %s\n", i, s->format, s->why);
        done(&r);
    }
}

static void bad_surrogates(void)
{
    /* "x,A<high>B,1", then "x,<low>,1", then "x,C<pair>,1" and half a character. */
    static const char text[] =
        "\xff\xfeN\0o\0d\0e\0,\0N\0a\0m\0e\0,\0V\0e\0r\0s\0i\0o\0n\0\r\0\r\0\n\0"
        "x\0,\0A\0\x00\xd8"
        "B\0,\0"
        "1\0\n\0"
        "x\0,\0\x00\xdc,\0"
        "1\0\n\0"
        "x\0,\0"
        "C\0\x34\xd8\x1e\xdd,\0"
        "1\0\n\0"
        "x\0,\0D\0,\0"
        "1\0"
        "7";
    struct reading r;
    read_bytes(&r, "", "p.csv", str_make(text, sizeof text - 1));
    CHECK_OK(r.ok, &r.err);
    CHECK_STR(str_from_c(r.inv.format), "wmic");
    CHECK_INT(r.inv.components.n, 1);
    CHECK_STR(r.inv.components.v[0].name, "C\xf0\x9d\x84\x9e");
    CHECK_INT(r.inv.n_skipped, 3);
    CHECK_INT(r.inv.skipped.v[0].line, 2);
    CHECK_INT(r.inv.skipped.v[1].line, 3);
    CHECK_INT(r.inv.skipped.v[2].line, 5);
    done(&r);
}

static void errors(void)
{
    static const struct {
        const char *format, *text, *error;
    } all[] = {
        {"csv", "zlib,1.2.13\n", "not a header"},
        {"csv", "", "is empty"},
        {"csv", "name,version,name\na,1,a\n", "twice"},
        {"wmic", "zlib,1.2.13\n", "not a header"},
        {"wmic", "Node,Name,Version\n", "lists no package"},
        {"rpm", "\n\n", "is empty"},
        {"libs", "libfoo.so.6\n", "no package could be read"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct reading r;
        read_bytes(&r, all[i].format, "test", str_from_c(all[i].text));
        CHECK_ERR(r.ok, &r.err, all[i].error);
        done(&r);
    }
    struct reading r;
    read_bytes(&r, "", "b/installed-package-names.txt", STR("busybox\nbash\n"));
    CHECK_ERR(r.ok, &r.err, "without versions");
    done(&r);
}

/* --- all fixtures, all readers --- */

/* The files of tests/inventory whose name starts with `prefix`, read into the arena. */
static struct input *fixtures(struct arena *a, struct str prefix, size_t *n)
{
    char dir[4096];
    struct err err = {0};
    struct path_list list = {0};
    (void)snprintf(dir, sizeof dir, "%s/inventory", test_dir());
    CHECK_OK(io_list_dir(a, dir, &list, &err), &err);
    struct input *all = arena_array(a, list.n + 1, sizeof *all);
    *n = 0;
    for (size_t i = 0; all && i < list.n; i++) {
        struct str base = str_from(list.v[i], str_rfind(list.v[i], '/') + 1);
        if (!str_starts(base, prefix))
            continue;
        CHECK_OK(io_read(a, list.v[i].p, LIMIT_INVENTORY_BYTES, &all[*n], &err), &err);
        all[(*n)++].name = base;
    }
    CHECK(*n);
    return all;
}

static void detection(void)
{
    struct arena a = {0};
    size_t n;
    struct input *all = fixtures(&a, STR("ok_"), &n);
    for (size_t i = 0; i < n; i++) {
        struct err err = {0};
        struct input in = {STR("file"), all[i].data}; /* by content alone */
        struct str want = str_from(all[i].name, 3);
        want = str_first(want, str_find_str(want, STR("__")));
        CHECK(inventory_format_known(want));
        int before = test_failures;
        for (int named = 0; named < 2; named++) {
            const struct inventory_reader *r =
                inventory_detect(named ? &all[i] : &in, (struct str){0}, &err);
            CHECK_OK(r != NULL, &err);
            if (r)
                CHECK(str_eq(str_from_c(r->name), want));
        }
        for (size_t k = 0; inventory_readers[k]; k++) {
            int score = inventory_readers[k]->probe(&in);
            CHECK(score >= 0 && score <= 100);
            CHECK(str_eq(str_from_c(inventory_readers[k]->name), want) ? score >= 60 : score < 60);
        }
        if (test_failures != before)
            printf("# ... in %.*s\n", STR_ARG(all[i].name));
    }
    arena_free(&a);
}

static void bad_files(void)
{
    struct arena a = {0};
    size_t n;
    struct input *all = fixtures(&a, STR("bad_"), &n);
    for (size_t i = 0; i < n; i++) {
        struct reading r;
        read_bytes(&r, "", all[i].name.p, all[i].data);
        if (r.ok)
            printf("# ... in %.*s\n", STR_ARG(all[i].name));
        CHECK(!r.ok);
        done(&r);
        for (size_t k = 0; inventory_readers[k]; k++) { /* none may crash on it */
            read_bytes(&r, inventory_readers[k]->name, all[i].name.p, all[i].data);
            done(&r);
        }
    }
    arena_free(&a);
}

/* --- damaged input --- */

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static bool is_blank(struct str s)
{
    return !str_trim(s).n;
}

static size_t count_lines(struct str text)
{
    size_t n = 0;
    struct str line;
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_from(text, 3);
    for (bool more = true; more;) {
        more = str_split(text, '\n', &line, &text);
        n += !is_blank(line);
    }
    return n;
}

/* Reads with one reader; what it takes and what it lists must account for the input. */
static void read_damaged(const struct inventory_reader *reader, struct str text)
{
    struct reading r = {.in = {STR("x"), text}};
    r.inv.arena = &r.arena;
    (void)reader->probe(&r.in);
    bool ok = reader->read(&r.in, &r.inv, &r.err);
    size_t seen = r.inv.components.n + r.inv.skipped.n;
    CHECK(ok == (r.err.code == ERR_NONE));
    bool by_line = str_eq(str_from_c(reader->name), STR("rpm")) ||
                   str_eq(str_from_c(reader->name), STR("yocto-packages"));
    if (ok && by_line)
        CHECK_INT(seen, count_lines(text));
    done(&r);
    read_bytes(&r, reader->name, "x", text);
    if (r.ok)
        CHECK(r.inv.components.n + r.inv.n_skipped > 0);
    done(&r);
}

static void hostile(void)
{
    struct arena a = {0};
    size_t n;
    uint64_t seed = 0x9e3779b97f4a7c15u;
    struct input *all = fixtures(&a, STR("ok_"), &n);
    for (size_t i = 0; i < n; i++) {
        for (size_t round = 0; round < 300; round++) {
            size_t size = all[i].data.n;
            if (round % 3 == 0)
                size = (size_t)(random_next(&seed) % (size + 1));
            char *copy = malloc(size ? size : 1);
            if (!copy)
                abort();
            memcpy(copy, all[i].data.p, size);
            for (size_t flips = round % 8; flips && size; flips--)
                copy[random_next(&seed) % size] = (char)(random_next(&seed) & 0xff);
            for (size_t k = 0; inventory_readers[k]; k++)
                read_damaged(inventory_readers[k], str_make(copy, size));
            free(copy);
            if (test_failures) {
                printf("# ... in %.*s, round %zu\n", STR_ARG(all[i].name), round);
                break;
            }
        }
    }
    arena_free(&a);
}

/* A package, then one line of a megabyte, then another package: both are taken, the line is listed.
 */
static void long_line(void)
{
    static const struct {
        const char *format, *head, *fill, *tail;
    } all[] = {
        {"yocto-packages", "a_1-r0_all.ipk\n", "x", "\nb_1-r0_all.ipk\n"},
        {"yocto-manifest", "a all 1\n", "x", "\nb all 1\n"},
        {"rpm", "a-1-1.all\n", "1-", "\nb-1-1.all\n"},
        {"dpkg", "ii  a  1  all\n", "x", "\nii  b  1  all\n"},
        {"opkg", "a - 1\n", "- ", "\nb - 1\n"},
        {"libs", "liba.so.1.2\n", "/lib.so", "\nlibb.so.1.2\n"},
        {"wmic", "Node,Name,Version\nx,a,1\n", ",", "\nx,b,1\n"},
        {"csv", "name,version\na,1\n", ",", "\nb,1\n"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct buf b = {0};
        struct reading r;
        buf_c(&b, all[i].head);
        while (b.n < 1u << 20)
            buf_c(&b, all[i].fill);
        buf_c(&b, all[i].tail);
        read_bytes(&r, all[i].format, "x", buf_view(&b));
        CHECK_OK(r.ok, &r.err);
        CHECK_INT(r.inv.components.n, 2);
        CHECK_INT(r.inv.n_skipped, 1);
        if (r.inv.n_skipped != 1)
            printf("# ... in %s\n", all[i].format);
        done(&r);
        for (size_t k = 0; inventory_readers[k]; k++)
            read_damaged(inventory_readers[k], buf_view(&b));
        buf_free(&b);
    }
}

/* The same fixture with CRLF and a byte order mark gives the same packages. */
static void crlf_and_bom(void)
{
    struct arena a = {0};
    size_t n;
    struct input *all = fixtures(&a, STR("ok_"), &n);
    for (size_t i = 0; i < n; i++) {
        struct buf b = {0};
        struct reading plain, crlf;
        if (!str_is_utf8(all[i].data) || str_starts(all[i].data, STR("\xef\xbb\xbf")) ||
            str_starts(all[i].name, STR("ok_swid")))
            continue;
        buf_c(&b, "\xef\xbb\xbf");
        for (size_t k = 0; k < all[i].data.n; k++) {
            if (all[i].data.p[k] == '\n')
                buf_c(&b, str_starts(all[i].name, STR("ok_csv")) ? "\r" : " \r");
            buf_char(&b, all[i].data.p[k]);
        }
        read_bytes(&plain, "", all[i].name.p, all[i].data);
        read_bytes(&crlf, "", all[i].name.p, buf_view(&b));
        CHECK_OK(crlf.ok, &crlf.err);
        CHECK_INT(crlf.inv.components.n, plain.inv.components.n);
        CHECK_INT(crlf.inv.n_skipped, plain.inv.n_skipped);
        for (size_t k = 0; k < plain.inv.components.n && k < crlf.inv.components.n; k++) {
            CHECK(str_eq(crlf.inv.components.v[k].name, plain.inv.components.v[k].name));
            CHECK(str_eq(crlf.inv.components.v[k].version, plain.inv.components.v[k].version));
            CHECK_INT(crlf.inv.components.v[k].line, plain.inv.components.v[k].line);
        }
        done(&plain);
        done(&crlf);
        buf_free(&b);
    }
    arena_free(&a);
}

/* --- real files --- */

static size_t count_text(struct str text, const char *part)
{
    size_t n = 0, at;
    while ((at = str_find_str(text, str_from_c(part))) != STR_NPOS) {
        n++;
        text = str_from(text, at + strlen(part));
    }
    return n;
}

static void corpus(void)
{
    static const struct {
        const char *file, *format;
        const char *each; /* stands once for every package; NULL: a line each */
        const char *none; /* stands once for every package without a version */
    } all[] = {
        {"yocto/core-image-minimal-ipk/installed-packages.txt", "yocto-packages", NULL, NULL},
        {"yocto/core-image-sato-ipk/installed-packages.txt", "yocto-packages", NULL, NULL},
        {"yocto/initramfs-rpm/installed-packages.txt", "yocto-packages", NULL, NULL},
        {"yocto/yocto-6.0/core-image-minimal-qemux86-64.rootfs.manifest", "yocto-manifest", NULL,
         NULL},
        {"yocto/yocto-6.0/license.manifest", "yocto-manifest", "PACKAGE NAME: ", NULL},
        {"yocto/yocto-6.0/image_license.manifest", "yocto-manifest", "RECIPE NAME: ", NULL},
        {"rpm/rpm-qa.txt", "rpm", NULL, NULL},
        {"dpkg/status", "dpkg", " ok installed\n", NULL},
        {"opkg/status", "opkg", "Installed-Time: ", NULL},
        {"openwrt/status", "opkg", "Installed-Time: ", "\nVersion: -1\n"},
    };
    const char *dir = getenv("VULNWARD_CORPUS");
    char path[4096], fallback[2048];
    (void)snprintf(fallback, sizeof fallback, "%s/../../shared/corpus", test_dir());
    dir = dir ? dir : fallback;
    if (!io_is_dir(dir)) {
        printf("# SKIP no collection of real files at %s\n", dir);
        return;
    }
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct reading r = {0};
        (void)snprintf(path, sizeof path, "%s/inventory/%s", dir, all[i].file);
        CHECK_OK(io_read(&r.arena, path, LIMIT_INVENTORY_BYTES, &r.in, &r.err), &r.err);
        CHECK_OK(inventory_read(&r.arena, (struct str){0}, &r.in, &r.inv, &r.err), &r.err);
        CHECK_STR(str_from_c(r.inv.format), all[i].format);
        size_t want = all[i].each ? count_text(r.in.data, all[i].each) : count_lines(r.in.data);
        size_t none = all[i].none ? count_text(r.in.data, all[i].none) : 0;
        CHECK_INT(r.inv.components.n, want - none);
        CHECK_INT(r.inv.n_skipped, none);
        done(&r);
    }
}

static const struct test tests[] = {
    {"fields of the fixtures", fields},
    {"counts of the fixtures", counts},
    {"vendors, CPEs, platforms, schemes", other_fields},
    {"every reason to skip", reasons},
    {"broken UTF-16", bad_surrogates},
    {"inputs that are refused", errors},
    {"each format is told from the others", detection},
    {"bad files fail", bad_files},
    {"damaged files never vanish", hostile},
    {"a line of a megabyte", long_line},
    {"CRLF and byte order mark", crlf_and_bom},
    {"real files", corpus},
};
TEST_MAIN(tests)
