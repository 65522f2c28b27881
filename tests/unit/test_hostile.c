/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input that means harm: each reader with every fixture of every other, rubbish, and texts that
 * would take for ever if time grew with their square. What is asked of all: an end, an error or a
 * result, never both and never neither.
 */
#include "import_one.h"
#include "test.h"

#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "feed/feed.h"
#include "inventory/inventory.h"
#include "store/store.h"
#include "triage/triage.h"

#include "base/banned.h"

static char dir[64];
static uint64_t seed = 4711;

static uint64_t rnd(uint64_t n) /* splitmix64 */
{
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % n;
}

static double seconds(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Reads as `format` (empty: detected), from memory that ends where the text does. */
static bool read_as(const char *format, const char *name, struct str text)
{
    struct arena a = {0};
    struct err err = {0};
    struct inventory inv;
    char *copy = malloc(text.n ? text.n : 1);
    if (!copy)
        abort();
    if (text.n)
        memcpy(copy, text.p, text.n);
    struct input in = {str_from_c(name), str_make(copy, text.n)};
    bool ok = inventory_read(&a, str_from_c(format), &in, &inv, &err);
    CHECK(ok == (err.code == ERR_NONE));
    CHECK(err.code != ERR_INTERNAL && err.code != ERR_MEMORY);
    if (ok) {
        CHECK(inv.components.n > 0);
        CHECK(inv.skipped.n <= inv.n_skipped + inv.n_notes);
        for (size_t i = 0; i < inv.components.n; i++) {
            const struct component *c = &inv.components.v[i];
            CHECK(c->name.n && c->version.n && c->name.n <= LIMIT_NAME_BYTES &&
                  str_is_utf8(c->name) && str_is_utf8(c->raw_version));
            CHECK(str_find(c->name, '\0') == STR_NPOS &&
                  str_find(c->raw_version, '\0') == STR_NPOS &&
                  str_find(c->name, '\n') == STR_NPOS);
            if (test_failures)
                break;
        }
    } else {
        char shown[1024];
        err_format(&err, shown, sizeof shown);
        CHECK(strlen(shown) > strlen(name));
    }
    free(copy);
    arena_free(&a);
    return ok;
}

/* --- every reader, every fixture --- */

static void all_by_all(void)
{
    struct arena a = {0};
    struct err err = {0};
    struct path_list list = {0};
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/inventory", test_dir());
    CHECK_OK(io_list_dir(&a, path, &list, &err), &err);
    for (size_t i = 0; i < list.n; i++) {
        struct input in;
        CHECK_OK(io_read(&a, list.v[i].p, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
        for (size_t k = 0; inventory_readers[k]; k++) {
            (void)read_as(inventory_readers[k]->name, "x", in.data);
            for (int cut = 0; cut < 8 && in.data.n; cut++)
                (void)read_as(inventory_readers[k]->name, "x",
                              str_first(in.data, (size_t)rnd(in.data.n)));
            if (test_failures) {
                printf("# ... %.*s as %s\n", STR_ARG(list.v[i]), inventory_readers[k]->name);
                arena_free(&a);
                return;
            }
        }
    }
    CHECK(list.n > 30);
    arena_free(&a);
}

/* --- rubbish --- */

static const char *const pieces[] = {
    "a",
    "libssl3",
    "1.0",
    "3.1.4-r0",
    "-",
    "_",
    "/",
    ".",
    ",",
    ";",
    ":",
    "\"",
    "'",
    "\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\0",
    "\xff",
    "\xc3\xa9",
    "\xef\xbb\xbf",
    "\x1b[0m",
    "=",
    "=>",
    "(",
    ")",
    "<",
    ">",
    "</",
    "/>",
    "<?xml",
    "?>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE",
    "&amp;",
    "&#0;",
    "<SoftwareIdentity",
    "</SoftwareIdentity>",
    "name=",
    "version=",
    "Package:",
    "Version:",
    "Status:",
    "install ok installed",
    "Node,Name,Version",
    "name,version",
    ".so.1",
    "lib",
    "noarch",
    "x86_64",
    "cpe:2.3:a:",
    "PACKAGE NAME:",
    "PACKAGE VERSION:",
    "ii ",
    "\xff\xfe",
    "\xfe\xff",
    "0",
    "99999999999999999999",
};

static void rubbish(void)
{
    struct buf b = {0};
    for (int round = 0; round < 3000 && !test_failures; round++) {
        buf_clear(&b);
        for (uint64_t n = rnd(200); n; n--) {
            const char *piece = pieces[rnd(sizeof pieces / sizeof pieces[0])];
            if (rnd(20) == 0)
                buf_char(&b, (char)rnd(256));
            else
                buf_add(&b, piece, *piece ? strlen(piece) : 1);
        }
        for (size_t k = 0; inventory_readers[k]; k++)
            (void)read_as(inventory_readers[k]->name, "x", buf_view(&b));
        (void)read_as("", "x", buf_view(&b));
    }
    buf_free(&b);
}

/* --- time --- */

#define LONG ((size_t)160 << 10)
#define SLOW 6.0 /* seconds of the processor; with a square it would be minutes */

static void inventories_long(void)
{
    static const char *const units[] = {
        "a",
        "-",
        ".",
        "_",
        "/",
        ",",
        ":",
        "\"",
        "\"\"",
        "\n",
        " \n",
        " ",
        "\t",
        "(",
        "=>",
        "<",
        "<a>",
        "<a/>",
        "<?xml?>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "]>",
        "&amp;",
        "a=\"b\" ",
        "0",
        "a1-",
        "lib.so.1.",
        "x-1.0-1.",
        "a,",
        "a\n",
        "a,b\n",
        "\",\"\n",
        "Package: a\n",
        "a: b\n",
        "ii ",
        "a_1_b",
        "\r",
        "\\",
        "<?",
        "?>",
        "<SoftwareIdentity ",
        "<SoftwareIdentity>",
        "</SoftwareIdentity>",
        "<!DOCTYPE ",
        "[",
        "\xef\xbb\xbf",
        "+git",
        "~",
        "1:",
        "\0",
        "\xff",
    };
    static const char *const heads[] = {"", "name,version\n",
                                        "<?xml version=\"1.0\"?><SoftwareIdentity name=\"",
                                        "Package: a\nVersion: "};
    struct buf b = {0};
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++)
        for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++) {
            if (h && (u + h) % 3) /* a sample of these is enough */
                continue;
            buf_clear(&b);
            buf_c(&b, heads[h]);
            while (b.n < LONG)
                buf_add(&b, units[u], *units[u] ? strlen(units[u]) : 1);
            for (size_t k = 0; inventory_readers[k]; k++) {
                double start = seconds();
                (void)read_as(inventory_readers[k]->name, "x", buf_view(&b));
                double took = seconds() - start;
                if (took > SLOW) {
                    test_failures++;
                    printf("# %s took %.1f s for %zu KiB of \"%s\" behind \"%s\"\n",
                           inventory_readers[k]->name, took, LONG >> 10, units[u], heads[h]);
                    buf_free(&b);
                    return;
                }
            }
        }
    buf_free(&b);
}

static bool import_text(struct str text, struct store_import *s, struct err *err)
{
    char path[128];
    struct feed_info info;
    (void)snprintf(path, sizeof path, "%s/feed.json", dir);
    FILE *f = fopen(path, "wb");
    CHECK(f && fwrite(text.p, 1, text.n, f) == text.n && fclose(f) == 0);
    struct vuln_sink sink = store_import_sink(s);
    bool ok = import_one(path, &sink, NULL, &info, err);
    CHECK(ok == (err->code == ERR_NONE));
    return ok;
}

static void timed_feed(const char *what, struct str text)
{
    struct store_import *s = NULL;
    struct err err = {0};
    char path[128];
    (void)snprintf(path, sizeof path, "%s/long.db", dir);
    CHECK_OK(store_import_open(path, true, 0, &s, &err), &err);
    double start = seconds();
    (void)import_text(text, s, &err);
    double took = seconds() - start;
    CHECK(took < SLOW);
    if (took >= SLOW)
        printf("# %s took %.1f s\n", what, took);
    store_import_abort(s);
}

#define HEAD                                                                                       \
    "{\"format\":\"NVD_CVE\",\"version\":\"2.0\",\"vulnerabilities\":[{\"cve\":{\"id\":\"CVE-"     \
    "2024-0001\",\"lastModified\":\"2024-01-01\""

static void repeat(struct buf *b, const char *head, const char *unit, size_t n, const char *tail)
{
    buf_clear(b);
    buf_c(b, head);
    for (size_t i = 0; i < n; i++) {
        buf_c(b, i ? "," : "");
        for (const char *p = unit; *p; p++) /* `#` is the number */
            if (*p == '#')
                buf_u64(b, i);
            else
                buf_char(b, *p);
    }
    buf_c(b, tail);
}

/* Records and whole feeds of one thing many times over. */
static void feeds_long(void)
{
    struct buf b = {0};
    repeat(&b, HEAD ",\"references\":[", "{\"url\":\"u#\",\"tags\":[\"a\"]}", 50000, "]}}]}");
    timed_feed("many references", buf_view(&b));
    repeat(&b, HEAD ",\"references\":[{\"url\":\"u\",\"tags\":[", "\"tag #\"", 5000, "]}]}}]}");
    timed_feed("many tags", buf_view(&b));
    repeat(&b, HEAD ",\"weaknesses\":[{\"description\":[", "{\"value\":\"CWE-#\"}", 4000,
           "]}]}}]}");
    timed_feed("many weaknesses", buf_view(&b));
    repeat(&b, HEAD ",\"descriptions\":[", "{\"lang\":\"xx\",\"value\":\"v#\"}", 50000, "]}}]}");
    timed_feed("many descriptions", buf_view(&b));
    repeat(&b, HEAD ",\"configurations\":[", "{\"nodes\":[{\"cpeMatch\":[]}]}", 50000, "]}}]}");
    timed_feed("many nodes", buf_view(&b));
    repeat(&b, HEAD ",\"configurations\":[{\"nodes\":[{\"cpeMatch\":[",
           "{\"vulnerable\":true,\"criteria\":\"cpe:2.3:a:v:p:#:*:*:*:*:*:*:*\"}", 30000,
           "]}]}]}}]}");
    timed_feed("many versions of one product", buf_view(&b));
    repeat(&b, HEAD ",\"configurations\":[{\"nodes\":[{\"cpeMatch\":[",
           "{\"vulnerable\":true,\"criteria\":\"cpe:2.3:a:v:p#:*:*:*:*:*:*:*:*\"}", 20000,
           "]}]}]}}]}");
    timed_feed("many products", buf_view(&b));
    repeat(&b, HEAD, ",\"x#\":1", 50000, "}}]}");
    timed_feed("many unknown members", buf_view(&b));
    repeat(&b, "{\"format\":\"NVD_CVE\",\"version\":\"2.0\",\"vulnerabilities\":[",
           "{\"cve\":{\"id\":\"CVE-2024-0001\",\"lastModified\":\"2024-01-01\"}}", 20000, "]}");
    timed_feed("one record many times", buf_view(&b));
    buf_clear(&b);
    buf_c(&b, HEAD ",\"x\":\"");
    for (size_t i = 0; i < 3000000; i++)
        buf_c(&b, "\\\\");
    buf_c(&b, "\"}}]}");
    timed_feed("backslashes", buf_view(&b));
    buf_clear(&b);
    buf_c(&b, "{\"x\":\"");
    for (size_t i = 0; i < 450000; i++)
        buf_c(&b, "\\\"");
    buf_c(&b, "\",\"format\":\"NVD_CVE\",\"version\":\"2.0\",\"vulnerabilities\":[]}");
    timed_feed("quotes around the records", buf_view(&b));
    buf_clear(&b);
    for (size_t i = 0; i < 2000000; i++)
        buf_c(&b, " \n");
    timed_feed("blanks", buf_view(&b));
    buf_free(&b);
}

static void xml_long(void)
{
    static const struct {
        const char *what, *head, *unit, *tail;
        size_t n;
    } rows[] = {
        {"facts",
         "<entry id='CVE-2024-0001'><vulnerable-configuration><logical-test operator='OR'>",
         "<fact-ref name='cpe:/a:v:p#'/>", "</logical-test></vulnerable-configuration></entry>",
         20000},
        {"products", "<entry id='CVE-2024-0001'><vulnerable-software-list>",
         "<product>cpe:/a:v:p#</product>", "</vulnerable-software-list></entry>", 20000},
        {"tests", "<entry id='CVE-2024-0001'><vulnerable-configuration>",
         "<logical-test operator='OR'><fact-ref name='cpe:/a:v:p'/></logical-test>",
         "</vulnerable-configuration></entry>", 20000},
        {"entries", "", "<entry id='CVE-2024-0001'/>", "", 20000},
        {"attributes", "<entry id='CVE-2024-0001'><cwe ", "a#='b' ", "/></entry>", 20000},
    };
    struct buf b = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_clear(&b);
        buf_f(&b, "<nvd nvd_xml_version=\"2.0\" pub_date=\"2012-12-26T03:00:00\">%s", rows[i].head);
        for (size_t k = 0; k < rows[i].n; k++)
            for (const char *p = rows[i].unit; *p; p++)
                if (*p == '#')
                    buf_u64(&b, k);
                else
                    buf_char(&b, *p);
        buf_f(&b, "%s</nvd>", rows[i].tail);
        timed_feed(rows[i].what, buf_view(&b));
    }
    buf_free(&b);
}

/* --- ignore lists --- */

static void ignore_rubbish(void)
{
    static const char *const words[] = {"CVE-2024-1", " , ", ",",      "reason",  "#",
                                        "\n",         "\n",  "\0",     "\xff",    "-",
                                        "\r",         "\t",  "GHSA-1", "\xc3\xa9"};
    struct buf b = {0};
    size_t good = 0;
    for (int round = 0; round < 20000; round++) {
        struct arena a = {0};
        struct err err = {0};
        struct ignore_list list = {0};
        buf_clear(&b);
        for (uint64_t n = rnd(12); n; n--) {
            const char *w = words[rnd(sizeof words / sizeof words[0])];
            buf_add(&b, w, *w ? strlen(w) : 1);
        }
        struct input in = {STR("f"), buf_view(&b)};
        bool ok = ignore_read(&a, &in, &list, &err);
        CHECK(ok == (err.code == ERR_NONE) && (ok || err.line));
        good += ok && list.rules.n;
        for (size_t i = 0; i < list.rules.n; i++)
            CHECK(list.rules.v[i].id.n && list.rules.v[i].reason.n && list.rules.v[i].line);
        arena_free(&a);
    }
    CHECK(good > 50);
    buf_free(&b);
}

static void clean_up(void)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    CHECK(system(command) == 0); /* NOLINT(cert-env33-c): our own folder */
}

static const struct test tests[] = {
    {"each reader, each fixture", all_by_all},
    {"rubbish", rubbish},
    {"long inventories", inventories_long},
    {"long JSON records", feeds_long},
    {"long XML entries", xml_long},
    {"ignore lists of rubbish", ignore_rubbish},
    {"clean up", clean_up},
};

int main(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/vulnward-hostile-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    return test_main(tests, sizeof tests / sizeof tests[0]);
}
