/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/inventory.h"
#include "test.h"

static bool read_text(struct arena *a, const char *text, struct inventory *inv, struct err *err)
{
    struct input in = {STR("tags.xml"), str_from_c(text)};
    return inventory_read(a, STR("swid"), &in, inv, err);
}

/* `format` empty: the reader must be found by itself. */
static bool read_file(struct arena *a, const char *name, struct inventory *inv, struct err *err)
{
    struct str path;
    struct input in;
    return arena_printf(a, &path, err, "%s/inventory/%s", test_dir(), name) &&
           io_read(a, path.p, LIMIT_INVENTORY_BYTES, &in, err) &&
           inventory_read(a, STR(""), &in, inv, err);
}

static void check_component(const struct inventory *inv, size_t i, const char *name,
                            const char *version, const char *raw, enum version_scheme scheme,
                            size_t line)
{
    CHECK(i < inv->components.n);
    if (i >= inv->components.n)
        return;
    const struct component *c = &inv->components.v[i];
    CHECK_STR(c->name, name);
    CHECK_STR(c->version, version);
    CHECK_STR(c->raw_version, raw);
    CHECK_INT(c->scheme, scheme);
    CHECK_INT(c->line, line);
}

static void check_skipped(const struct inventory *inv, size_t i, size_t line, const char *text,
                          const char *why, bool note)
{
    CHECK(i < inv->skipped.n);
    if (i >= inv->skipped.n)
        return;
    const struct skipped *s = &inv->skipped.v[i];
    CHECK_INT(s->line, line);
    CHECK_STR(str_first(s->text, strlen(text)), text);
    CHECK(str_find_str(s->why, str_from_c(why)) != STR_NPOS);
    if (str_find_str(s->why, str_from_c(why)) == STR_NPOS)
        printf("# why: %.*s\n", STR_ARG(s->why));
    CHECK_INT(s->note, note);
}

static void test_2009(void)
{
    struct arena a = {0};
    struct err err = {0};
    struct inventory inv;
    CHECK_OK(read_file(&a, "ok_swid__one_2009.swidtag", &inv, &err), &err);
    CHECK_INT(inv.components.n, 1);
    CHECK_INT(inv.skipped.n, 0);
    CHECK_INT(inv.platform, PLATFORM_UNKNOWN);
    check_component(&inv, 0, "Gauge Reader", "3.4.12.0", "3.4.12.0", VERSION_GENERIC, 2);
    CHECK_STR(inv.components.v[0].vendor, "Example Instruments");
    arena_free(&a);
}

static void test_2015(void)
{
    struct arena a = {0};
    struct err err = {0};
    struct inventory inv;
    CHECK_OK(read_file(&a, "ok_swid__one_2015.swidtag", &inv, &err), &err);
    CHECK_INT(inv.components.n, 1);
    CHECK_INT(inv.skipped.n, 0);
    check_component(&inv, 0, "busybox", "1.33.1", "1.33.1", VERSION_GENERIC, 3);
    CHECK_STR(inv.components.v[0].vendor, "BusyBox Project");
    CHECK_STR(inv.components.v[0].arch, "");
    arena_free(&a);
}

static void test_generator_lines(void)
{
    struct arena a = {0};
    struct err err = {0};
    struct inventory inv;
    CHECK_OK(read_file(&a, "ok_swid__generator_lines.xml", &inv, &err), &err);
    CHECK_INT(inv.components.n, 3);
    check_component(&inv, 0, "openssl", "1.1.0l", "1.1.0l-1~deb9u1", VERSION_DEB, 1);
    CHECK_STR(inv.components.v[0].release, "1~deb9u1");
    CHECK_STR(inv.components.v[0].arch, "armv7l");
    CHECK_STR(inv.components.v[0].vendor, "");
    check_component(&inv, 1, "bind9", "9.10.3.dfsg.P4", "1:9.10.3.dfsg.P4-12.3", VERSION_DEB, 2);
    CHECK_STR(inv.components.v[1].epoch, "1");
    check_component(&inv, 2, "zlib1g", "1.2.8.dfsg", "1:1.2.8.dfsg-5", VERSION_DEB, 5);
    CHECK_INT(inv.n_skipped, 2);
    check_skipped(&inv, 0, 3, "<SoftwareIdentity", "not well-formed", false);
    check_skipped(&inv, 1, 4, "busybox", "not valid XML", false);
    arena_free(&a);
}

static void test_pretty_stream(void)
{
    struct arena a = {0};
    struct err err = {0};
    struct inventory inv;
    CHECK_OK(read_file(&a, "ok_swid__pretty_stream.xml", &inv, &err), &err);
    CHECK_INT(inv.components.n, 4);
    CHECK_INT(inv.skipped.n, 0);
    check_component(&inv, 0, "docker", "1.12.6", "2:1.12.6-6.fc25", VERSION_RPM, 2);
    CHECK_STR(inv.components.v[0].release, "6.fc25");
    check_component(&inv, 1, "xz", "5.2.2", "5.2.2-1", VERSION_GENERIC, 8);
    check_component(&inv, 2, "left-pad", "1.0.0-rc.1+5", "1.0.0-rc.1+5", VERSION_SEMVER, 12);
    check_component(&inv, 3, "Labels", "7.1-b2", "7.1-b2", VERSION_GENERIC, 12);
    arena_free(&a);
}

static void test_notes(void)
{
    struct arena a = {0};
    struct err err = {0};
    struct inventory inv;
    CHECK_OK(read_file(&a, "ok_swid__notes.xml", &inv, &err), &err);
    CHECK_INT(inv.components.n, 1);
    check_component(&inv, 0, "Editor", "2.1", "2.1", VERSION_GENERIC, 9);
    CHECK_INT(inv.skipped.n, 8);
    CHECK_INT(inv.n_skipped, 5);
    check_skipped(&inv, 0, 1, "Editor", "a patch tag", true);
    check_skipped(&inv, 1, 2, "Editor", "supplemental tag: adds to another tag", true);
    check_skipped(&inv, 2, 3, "Editor", "not installed", true);
    check_skipped(&inv, 3, 4, "Editor", "no version", false);
    check_skipped(&inv, 4, 5, "Editor", "no version", false);
    check_skipped(&inv, 5, 6, "f", "no package name", false);
    check_skipped(&inv, 6, 7, "<content-unit-test", "the root element is <content-unit-test>",
                  false);
    check_skipped(&inv, 7, 8, "-----", "not valid XML", false);
    arena_free(&a);
}

static void test_bad_files(void)
{
    static const struct {
        const char *file, *part;
    } cases[] = {
        {"bad_swid__other_root.swidtag",
         "line 2: not a SWID tag: the root element is <tag-test-case>"},
        {"bad_swid__doctype.swidtag", "line 2: has a DOCTYPE"},
        {"bad_swid__billion_laughs.swidtag", "has a DOCTYPE"},
        {"bad_swid__truncated.swidtag", "not valid XML: no element found"},
        {"bad_swid__duplicate_attribute.swidtag", "duplicate attribute"},
        {"bad_swid__patch_only.swidtag", "no package could be read"},
        {"bad_swid__deep.swidtag", "nested more than"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a = {0};
        struct err err = {0};
        struct inventory inv;
        CHECK_ERR(read_file(&a, cases[i].file, &inv, &err), &err, cases[i].part);
        arena_free(&a);
    }
}

#define TAG(name) "<SoftwareIdentity name=\"" name "\" version=\"1\"/>"
#define OPEN(name) "<SoftwareIdentity name=\"" name "\" version=\"1\">"
#define CLOSE "</SoftwareIdentity>"

/* How streams are cut: components and losses, whatever stands between, before or inside. */
static void test_cutting(void)
{
    static const struct {
        const char *text;
        size_t components, lost;
    } cases[] = {
        {TAG("a"), 1, 0},
        {TAG("a") TAG("b"), 2, 0},
        {"\xef\xbb\xbf" TAG("a") "\n\xef\xbb\xbf<?xml version=\"1.0\"?>\n" TAG("b") "\n", 2, 0},
        {"\r\n\r\n<?xml version='1.0'?>\r\n" TAG("a") "\r\n", 1, 0},
        {TAG("a") "<!-- the end -->\n", 1, 0},
        {TAG("a") "<!-- between --><?pi?><?xml version=\"1.0\"?>" TAG("b"), 2, 0},
        {OPEN("a") "<Entity name='>' role=\"x>y\"/>" CLOSE TAG("b"), 2, 0},
        /* Commented out is not installed. */
        {OPEN("a") "<!-- <?xml version='1.0'?>" TAG("b") " -->" CLOSE "<!--" TAG("c") "-->", 1, 0},
        {OPEN("a") "<Meta><![CDATA[ <?xml " OPEN("b") " ]]></Meta>" CLOSE TAG("c"), 2, 0},
        /* Damage costs one document. */
        {TAG("a") OPEN("b") TAG("c"), 2, 1},
        {TAG("a") OPEN("b") "<Meta>" CLOSE TAG("c"), 2, 1},
        {TAG("a") OPEN("b") "<!-- " CLOSE "\n" TAG("c"), 2, 1},
        {TAG("a") OPEN("b") "<!-- " CLOSE "\n" OPEN("c") "<!-- -->" CLOSE, 2, 1},
        {TAG("a") OPEN("b") "<![CDATA[ " CLOSE "\n" TAG("c"), 2, 1},
        {TAG("a") "<SoftwareIdentity name=\"b version=\"1\">" CLOSE TAG("c"), 2, 1},
        {TAG("a") "<SoftwareIdentity name=\"b version=\"1\"/>" TAG("c"), 2, 1},
        {TAG("a") "<SoftwareIdentity " TAG("c"), 2, 1},
        {TAG("a") "<?xml version=\"1.0\"" TAG("c"), 2, 2},
        {TAG("a") "<?xml version=\"1.0\"?>\n<?xml version=\"1.0\"?>" TAG("c"), 2, 1},
        {TAG("a") "</Payload>" TAG("c"), 2, 1},
        {TAG("a") "</Payload></x>" TAG("c"), 2, 2},
        {TAG("a") " junk " TAG("c") "junk", 2, 2},
        {TAG("a") "< junk>" TAG("c"), 2, 2},
        {TAG("a") "<!DOCTYPE x [ <!ENTITY y \"z\"> ]>" TAG("b") TAG("c"), 2, 1},
        {TAG("a") "<!DOCTYPE x>" TAG("b") TAG("c"), 2, 1},
        {TAG("a") "<other>" TAG("b") "</other>" TAG("c"), 2, 1},
        {TAG("a") "<?xml version=\"1.0\"?>", 1, 1},
        {TAG("a") "<?pi ", 1, 2},
        {TAG("a") "<!-- ", 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a = {0};
        struct err err = {0};
        struct inventory inv;
        int before = test_failures;
        CHECK_OK(read_text(&a, cases[i].text, &inv, &err), &err);
        CHECK_INT(inv.components.n, cases[i].components);
        CHECK_INT(inv.n_skipped, cases[i].lost);
        if (test_failures != before)
            printf("# case %zu: %s\n", i, cases[i].text);
        arena_free(&a);
    }
}

/* A single damaged document is an error, never an inventory that happens to be short. */
static void test_single(void)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "is empty"},
        {"<!-- nothing -->", "lists no package"},
        {"{\"name\": \"x\"}", "not valid XML"},
        {"<SoftwareIdentity name=\"a\" version=\"1\"", "not valid XML"},
        {"\n\n<?xml version=\"1.0\"?>\n<SoftwareIdentity name=\"a\" "
         "version=\"1\"><x></SoftwareIdentity>",
         "tags.xml: line 4: not valid XML: mismatched"},
        {"\n<?xml version=\"1.0\"?>\n\n<list/>",
         "tags.xml: line 4: not a SWID tag: the root element is <list>"},
        {"<?xml version=\"1.0\"?>\n<!DOCTYPE x [\n]>\n" TAG("a"),
         "tags.xml: line 2: has a DOCTYPE"},
        {TAG("a&#0;"), "not valid XML"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a = {0};
        struct err err = {0};
        struct inventory inv;
        CHECK_ERR(read_text(&a, cases[i].text, &inv, &err), &err, cases[i].part);
        arena_free(&a);
    }
}

static void test_utf16(void)
{
    static const char tag[] = "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n" TAG("caf\xe9");
    char wide[2 + 2 * sizeof tag] = "\xff\xfe";
    struct arena a = {0};
    struct err err = {0};
    struct inventory inv;
    for (size_t i = 0; i < sizeof tag - 1; i++)
        wide[2 + 2 * i] = tag[i];
    struct input in = {STR("wide.xml"), str_make(wide, 2 + 2 * (sizeof tag - 1))};
    CHECK_OK(inventory_read(&a, STR(""), &in, &inv, &err), &err);
    CHECK_INT(inv.components.n, 1);
    check_component(&inv, 0, "caf\xc3\xa9", "1", "1", VERSION_GENERIC, 2);
    arena_free(&a);
}

/* Pieces that never end must not be searched for again and again. */
static void test_linear_time(void)
{
    static const char *const pieces[] = {"<!--", "<![CDATA[", "<?x ", "<?xml ", "<!D [", "<a",
                                         "</a",  "<a x='",    "<",    "x<",     "]>"};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct arena a = {0};
        struct err err = {0};
        struct inventory inv;
        struct buf b = {0};
        while (b.n < 100000)
            buf_c(&b, pieces[i]);
        struct input in = {STR("long.xml"), buf_view(&b)};
        CHECK(!inventory_read(&a, STR("swid"), &in, &inv, &err));
        CHECK(err.code != ERR_NONE);
        buf_free(&b);
        arena_free(&a);
    }
}

static const struct test tests[] = {
    {"a tag of 2009", test_2009},
    {"a tag of 2015", test_2015},
    {"swid_generator, a tag per line", test_generator_lines},
    {"swid_generator, pretty", test_pretty_stream},
    {"patch, supplemental and corpus tags, no version", test_notes},
    {"bad files", test_bad_files},
    {"cutting a stream", test_cutting},
    {"a single damaged document", test_single},
    {"UTF-16", test_utf16},
    {"time", test_linear_time},
};
TEST_MAIN(tests)
