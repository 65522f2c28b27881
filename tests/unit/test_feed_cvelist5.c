/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CVE List's importer: every member that is taken, every rule about versions and names, what
 * is counted, what is refused, and want of memory at every place. Records are shown as text.
 */
#include "test.h"

#include <time.h>

#include "base/io.h"
#include "feed/formats_priv.h"

#include "base/banned.h"

static struct arena arena;
static struct err err;
static struct buf shown;

/* --- memory that runs out --- */

void *__real_arena_alloc(struct arena *a, size_t size);
void *__real_arena_array(struct arena *a, size_t n, size_t size);
void *__wrap_arena_alloc(struct arena *a, size_t size);
void *__wrap_arena_array(struct arena *a, size_t n, size_t size);

static bool armed;
static long left; /* allocations that still succeed */

void *__wrap_arena_alloc(struct arena *a, size_t size)
{
    return armed && left-- <= 0 ? NULL : __real_arena_alloc(a, size);
}

void *__wrap_arena_array(struct arena *a, size_t n, size_t size)
{
    return armed && left-- <= 0 ? NULL : __real_arena_array(a, n, size);
}

/* --- a record as text --- */

static void show_cpe(struct buf *b, const struct cpe *c)
{
    cpe_write(b, c);
    while (b->n > 2 && memcmp(b->p + b->n - 2, ":*", 2) == 0) /* what says nothing */
        b->n -= 2;
}

static void show_range(struct buf *b, const struct version_range *r)
{
    static const char *const marks[] = {"?", "", "-"};
    buf_f(b, "%s", marks[r->status]);
    if (r->order == RANGE_EXACT)
        buf_f(b, r->single ? "\"%.*s\"" : "\"%.*s\"..\"%.*s\"", STR_ARG(r->from), STR_ARG(r->to));
    else if (r->order == RANGE_COMMITS && r->single)
        buf_f(b, "#%.*s", STR_ARG(r->from));
    else if (r->order == RANGE_COMMITS)
        buf_f(b, "#%.*s..%.*s", STR_ARG(r->from), STR_ARG(r->to));
    else if (r->single)
        buf_f(b, "=%.*s", STR_ARG(r->from));
    else
        buf_f(b, "[%.*s,%.*s%s", STR_ARG(r->from), STR_ARG(r->to),
              r->to_including || !r->to.n ? "]" : ")");
    if (r->order == RANGE_ORDERED && r->scheme != VERSION_GENERIC)
        buf_f(b, "%s", version_order(r->scheme)->name);
}

static void show_strings(struct buf *b, const char *what, const struct str *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_f(b, "%s%.*s", i ? "," : what, STR_ARG(v[i]));
}

static void show_affected(struct buf *b, const struct affected *e)
{
    static const char *const names[] = {"unknown", "affected", "unaffected"};
    buf_f(b, "%.*s %.*s/%.*s", STR_ARG(e->provider), STR_ARG(e->vendor), STR_ARG(e->product));
    if (e->package.n)
        buf_f(b, " package=%.*s", STR_ARG(e->package));
    if (e->collection.n)
        buf_f(b, " collection=%.*s", STR_ARG(e->collection));
    if (e->repo.n)
        buf_f(b, " repo=%.*s", STR_ARG(e->repo));
    show_strings(b, " files=", e->program_files.v, e->program_files.n);
    show_strings(b, " modules=", e->modules.v, e->modules.n);
    show_strings(b, " platforms=", e->platforms.v, e->platforms.n);
    for (size_t i = 0; i < e->names.n; i++) {
        const struct affected_name *name = &e->names.v[i];
        buf_c(b, " ");
        if (name->ecosystem.n)
            buf_f(b, "%.*s:%.*s", STR_ARG(name->ecosystem),
                  STR_ARG(name->cpe.attr[CPE_PRODUCT]));
        else
            show_cpe(b, &name->cpe);
        buf_c(b, name->weak ? "~" : "");
    }
    buf_f(b, " else %s:", names[e->fallback]);
    for (size_t i = 0; i < e->ranges.n; i++) {
        buf_c(b, " ");
        show_range(b, &e->ranges.v[i]);
    }
    buf_c(b, "\n");
}

static void show_scores(struct buf *b, const struct vuln *v)
{
    for (size_t i = 0; i < v->cvss.n; i++)
        buf_f(b, "cvss %s %u %.*s %.*s%s\n", cvss_version_name(v->cvss.v[i].version),
              v->cvss.v[i].tenths, STR_ARG(v->cvss.v[i].vector), STR_ARG(v->cvss.v[i].source),
              v->cvss.v[i].primary ? " primary" : "");
    if (v->ssvc.source.n)
        buf_f(b, "ssvc %.*s %.*s %.*s %.*s\n", STR_ARG(v->ssvc.source),
              STR_ARG(v->ssvc.exploitation), STR_ARG(v->ssvc.automatable),
              STR_ARG(v->ssvc.technical_impact));
    for (size_t i = 0; i < v->kev.n; i++) {
        char date[DATE_TEXT_BYTES];
        buf_f(b, "kev %.*s %.*s %s %.*s\n", STR_ARG(v->kev.v[i].id), STR_ARG(v->kev.v[i].source),
              date_format(v->kev.v[i].added, date), STR_ARG(v->kev.v[i].notes));
        CHECK(v->kev.v[i].due == DATE_NONE);
    }
}

static void show(struct buf *b, const struct vuln *v)
{
    char date[DATE_TEXT_BYTES];
    buf_f(b, "%.*s %.*s %.*s%s", STR_ARG(v->source), STR_ARG(v->id), STR_ARG(v->status),
          v->rejected ? " rejected" : "");
    buf_f(b, " %s", date_format(v->published, date));
    buf_f(b, " %s", date_format(v->modified, date));
    if (v->unreadable)
        buf_f(b, " unreadable=%u", v->unreadable);
    buf_f(b, "\n");
    if (v->title.n || v->description.n)
        buf_f(b, "%.*s: %.*s\n", STR_ARG(v->title), STR_ARG(v->description));
    for (size_t i = 0; i < v->affected.n; i++)
        show_affected(b, &v->affected.v[i]);
    for (size_t i = 0; i < v->cwes.n; i++)
        buf_f(b, "%.*s\n", STR_ARG(v->cwes.v[i]));
    show_scores(b, v);
    for (size_t i = 0; i < v->references.n; i++)
        buf_f(b, "<%.*s> %.*s\n", STR_ARG(v->references.v[i].url),
              STR_ARG(v->references.v[i].tags));
    for (size_t i = 0; i < v->nodes.n; i++) {
        const struct node *n = &v->nodes.v[i];
        buf_f(b, "node %s%s%s", n->negate ? "not " : "", n->and_ ? "and" : "or",
              n->lossy ? " lossy" : "");
        if (n->parent != NODE_NO_PARENT)
            buf_f(b, " in %u", n->parent);
        for (size_t k = n->first; k < n->first + n->count; k++) {
            const struct criterion *c = &v->criteria.v[k];
            buf_c(b, c->vulnerable ? " " : " on ");
            show_cpe(b, &c->cpe);
            if (c->end_excluding.n)
                buf_f(b, "<%.*s", STR_ARG(c->end_excluding));
            if (c->start_including.n)
                buf_f(b, ">=%.*s", STR_ARG(c->start_including));
        }
        buf_c(b, "\n");
    }
}

static bool read_text(struct str text, struct err *e)
{
    struct json_doc doc;
    const struct json *root;
    struct vuln v = {.published = DATE_NONE, .modified = DATE_NONE};
    bool was = armed;
    armed = false;
    buf_clear(&shown);
    bool ok = json_parse(&doc, (struct input){STR("record"), text}, &root, e);
    if (!ok)
        return false;
    armed = was;
    ok = feed_cvelist5.record(root, &arena, &v, e);
    armed = false;
    if (ok)
        show(&shown, &v);
    json_free(&doc);
    arena_reset(&arena);
    return ok;
}

/* The record is taken for this text, all of it. */
static void is_shown(const char *text, const char *want, int line)
{
    err_clear(&err);
    CHECK_OK(read_text(str_from_c(text), &err), &err);
    int before = test_failures;
    CHECK_STR(buf_view(&shown), want);
    if (test_failures != before)
        printf("# ... line %d\n", line);
}
#define SHOWN(text, want) is_shown(text, want, __LINE__)
#define REFUSED(text, part) CHECK_ERR(read_text(str_from_c(text), &err), &err, part)

#define META "\"cveMetadata\":{\"cveId\":\"CVE-2024-0001\",\"state\":\"PUBLISHED\",\"dateUpdated\":\"2024-02-01\"}"
#define HEAD "\"dataType\":\"CVE_RECORD\",\"dataVersion\":\"5.1\","
#define RECORD(containers) "{" HEAD META ",\"containers\":{" containers "}}"
#define CNA(members) "\"cna\":{\"providerMetadata\":{\"orgId\":\"0-1\",\"shortName\":\"acme\"}" members "}"
#define ADP(members) "\"adp\":[{\"providerMetadata\":{\"shortName\":\"CISA-ADP\"}" members "}]"
#define FIRST "cvelist CVE-2024-0001 PUBLISHED  2024-02-01T00:00:00Z"
#define AFFECTED(members) RECORD(CNA(",\"affected\":[{" members "}]"))
#define GADGET "\"vendor\":\"Acme\",\"product\":\"Gadget\""
#define NAMED "acme Acme/Gadget cpe:2.3:*:acme:gadget~ else "
#define VERSIONS(list) AFFECTED(GADGET ",\"versions\":[" list "]")
#define RANGE(from, how, to, type)                                                                 \
    "{\"version\":\"" from "\",\"" how "\":\"" to "\",\"status\":\"affected\",\"versionType\":\"" type "\"}"

/* --- the record --- */

static void metadata(void)
{
    SHOWN("{" HEAD "\"cveMetadata\":{\"cveId\":\"CVE-2024-0001\",\"state\":\"PUBLISHED\","
          "\"datePublished\":\"2024-01-02T03:04:05.000Z\",\"dateUpdated\":\"2024-02-01T00:00:00\","
          "\"dateReserved\":\"2023-12-01\"}}",
          "cvelist CVE-2024-0001 PUBLISHED 2024-01-02T03:04:05Z 2024-02-01T00:00:00Z\n");
    SHOWN("{" HEAD "\"cveMetadata\":{\"cveId\":\"CVE-2024-0001\",\"state\":\"PUBLISHED\","
          "\"datePublished\":\"2024-01-02\",\"dateReserved\":\"2023-12-01\"}}",
          "cvelist CVE-2024-0001 PUBLISHED 2024-01-02T00:00:00Z 2024-01-02T00:00:00Z\n");
    SHOWN("{" HEAD "\"cveMetadata\":{\"cveId\":\"CVE-2024-0001\",\"state\":\"REJECTED\","
          "\"dateReserved\":\"2023-12-01\"},\"containers\":{" CNA(
              ",\"rejectedReasons\":[{\"lang\":\"en\",\"value\":\"Not one.\"}]") "}}",
          "cvelist CVE-2024-0001 REJECTED rejected  2023-12-01T00:00:00Z\n: Not one.\n");
    /* Without dates, or with ones that are none. */
    SHOWN("{" HEAD "\"cveMetadata\":{\"cveId\":\"CVE-2024-0001\",\"state\":\"PUBLISHED\"}}",
          "cvelist CVE-2024-0001 PUBLISHED  \n");
    SHOWN("{" HEAD "\"cveMetadata\":{\"cveId\":\"CVE-2024-0001\",\"state\":\"PUBLISHED\","
          "\"dateUpdated\":\"soon\",\"datePublished\":7}}",
          "cvelist CVE-2024-0001 PUBLISHED   unreadable=2\n");
}

static void refused(void)
{
    REFUSED("[]", "wanted an object");
    REFUSED("{", "");
    REFUSED("{\"dataVersion\":\"5.1\"," META "}", "dataType: missing");
    REFUSED("{\"dataType\":\"CVE_RECORD\"," META "}", "dataVersion: missing");
    REFUSED("{\"dataType\":\"CVE_RECORD\",\"dataVersion\":\"4.0\"," META "}",
            "is CVE_RECORD version 4.0, not CVE_RECORD version 5.x");
    REFUSED("{\"dataType\":\"CVE\",\"dataVersion\":\"5.0\"," META "}", "is CVE version 5.0");
    REFUSED("{\"dataType\":\"CVE_RECORD\",\"dataVersion\":\"5.0\"}", "cveMetadata: missing");
    REFUSED("{" HEAD "\"cveMetadata\":{\"state\":\"PUBLISHED\"}}", "cveMetadata.cveId: missing");
    REFUSED("{" HEAD "\"cveMetadata\":{\"cveId\":\"CVE-1\",\"state\":\"PUBLISHED\"}}",
            "cveMetadata.cveId: not a CVE id: CVE-1");
    REFUSED("{" HEAD "\"cveMetadata\":{\"cveId\":\"CVE-2024-0001\"}}", "state: missing");
    REFUSED("{" HEAD "\"cveMetadata\":{\"cveId\":\"CVE-2024-0001\",\"state\":7}}", "state: wanted");
    REFUSED("{" HEAD "\"cveMetadata\":{\"cveId\":\"CVE-2024-0001\",\"state\":\"GONE\"}}",
            "neither PUBLISHED nor REJECTED: GONE");
    REFUSED("{" HEAD "\"cveMetadata\":{\"cveId\":\"CVE-2024-0001\",\"cveId\":\"CVE-2024-0002\","
            "\"state\":\"PUBLISHED\"}}",
            "there twice");
    /* A key twice where we look: nobody knows which one is meant. */
    REFUSED(VERSIONS("{\"version\":\"1\",\"version\":\"2\",\"status\":\"affected\"}"),
            "CVE-2024-0001.containers.cna.affected[0].versions[0].version: this key is there twice");
}

/* What is wrong inside the containers is counted, and the rest taken. */
static void counted(void)
{
    static const struct {
        const char *cna;
        int unreadable;
    } rows[] = {
        {",\"title\":7", 1},
        {",\"descriptions\":{}", 1},
        {",\"descriptions\":[7]", 1},
        {",\"descriptions\":[{\"lang\":\"en\",\"value\":7}]", 1},
        {",\"affected\":\"x\"", 1},
        {",\"affected\":[]", 0},
        {",\"affected\":[null]", 1},
        {",\"affected\":[{\"defaultStatus\":\"maybe\"}]", 1},
        {",\"affected\":[{\"versions\":7,\"cpes\":7,\"platforms\":7,\"vendor\":7,\"repo\":7}]", 5},
        {",\"affected\":[{\"cpes\":[\"cpe:2.3:x\",7,\"cpe:2.3:a:acme:*:*:*:*:*:*:*:*:*\"]}]", 3},
        {",\"affected\":[{\"programFiles\":[7,\"a.c\"]}]", 1},
        {",\"affected\":[{\"versions\":[7,{},{\"version\":\"1.0\"},{\"status\":\"affected\"}]}]", 4},
        {",\"affected\":[{\"versions\":[{\"version\":1,\"status\":\"affected\"}]}]", 1},
        {",\"affected\":[{\"versions\":[{\"version\":\"1\",\"lessThan\":2,\"status\":\"affected\"}]}]",
         1},
        {",\"problemTypes\":[{\"descriptions\":[7,{\"cweId\":7}]},7]", 3},
        {",\"metrics\":[{\"cvssV3_1\":{\"baseScore\":11}},{\"cvssV3_1\":{\"baseScore\":\"7\"}},"
         "{\"cvssV3_1\":{}},{\"cvssV3_1\":7}]",
         4},
        {",\"metrics\":[{\"other\":7},{\"other\":{\"type\":\"kev\",\"content\":7}}]", 2},
        {",\"metrics\":[{\"other\":{\"type\":\"ssvc\",\"content\":{\"options\":[7]}}}]", 1},
        {",\"metrics\":[{\"other\":{\"type\":\"kev\",\"content\":{\"dateAdded\":\"x\"}}}]", 1},
        {",\"references\":[7,{},{\"url\":7},{\"url\":\"u\",\"tags\":7}]", 3},
        {",\"cpeApplicability\":[7,{\"nodes\":7},{\"nodes\":[{\"operator\":\"XOR\",\"cpeMatch\":[]}]}]",
         3},
        {",\"unknown\":7,\"metrics\":[{\"cvssV9_9\":7,\"other\":{\"type\":\"else\"}}]", 0},
    };
    char text[2048];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char want[64];
        (void)snprintf(text, sizeof text, RECORD(CNA("%s")), rows[i].cna);
        CHECK_OK(read_text(str_from_c(text), &err), &err);
        (void)snprintf(want, sizeof want, rows[i].unreadable ? " unreadable=%d\n" : "00Z\n",
                       rows[i].unreadable);
        CHECK(str_find_str(buf_view(&shown), str_from_c(want)) != STR_NPOS);
        if (str_find_str(buf_view(&shown), str_from_c(want)) == STR_NPOS)
            printf("# %s\n# %.*s\n", rows[i].cna, STR_ARG(buf_view(&shown)));
    }
    SHOWN("{" HEAD META ",\"containers\":7}", FIRST " unreadable=1\n");
    SHOWN(RECORD("\"cna\":7,\"adp\":7"), FIRST " unreadable=2\n");
    SHOWN(RECORD("\"cna\":{\"providerMetadata\":7},\"adp\":[7]"), FIRST " unreadable=2\n");
}

static void texts(void)
{
    SHOWN(RECORD(CNA(",\"title\":\" T \",\"descriptions\":[{\"lang\":\"de\",\"value\":\"x\"},"
                     "{\"lang\":\"en-US\",\"value\":\"text\"},{\"lang\":\"en\",\"value\":\"more\"}]") ","
                 ADP(",\"title\":\"ADP\",\"descriptions\":[{\"lang\":\"en\",\"value\":\"adp\"}]")),
          FIRST "\nT: text\n");
    SHOWN(RECORD(CNA(",\"descriptions\":[{\"lang\":\"de\",\"value\":\"x\"},{\"lang\":\"fr\","
                     "\"value\":\"y\"}]")),
          FIRST "\n: x\n");
    SHOWN(RECORD(CNA("") "," ADP(",\"title\":\"ADP\",\"descriptions\":[{\"lang\":\"en\",\"value\":\"adp\"}]")),
          FIRST "\n: adp\n");
    /* Weaknesses from both members, once; references with their tags, once. */
    SHOWN(RECORD(CNA(",\"problemTypes\":[{\"descriptions\":[{\"cweId\":\"CWE-79\",\"description\":"
                     "\"CWE-79 Cross-site\"},{\"description\":\"CWE-89: SQL\"},{\"description\":"
                     "\"Overflow\"},{\"cweId\":\"CWE-x\"}]}],"
                     "\"references\":[{\"url\":\"u1\",\"tags\":[\"patch\",\"x_ours\",\"exploit\"]},"
                     "{\"url\":\"u2\"},{\"url\":\"u1\"}]") ","
                 ADP(",\"problemTypes\":[{\"descriptions\":[{\"cweId\":\"CWE-79\"}]}],"
                     "\"references\":[{\"url\":\"u2\",\"tags\":[\"x_transferred\"]},{\"url\":\"u3\"}]")),
          FIRST "\nCWE-79\nCWE-89\n<u1> patch, exploit\n<u2> \n<u3> \n");
}

static void metrics(void)
{
    SHOWN(RECORD(CNA(",\"metrics\":[{\"format\":\"CVSS\",\"cvssV4_0\":{\"version\":\"4.0\","
                     "\"baseScore\":9.3,\"vectorString\":\"V4\"},\"cvssV3_1\":{\"baseScore\":7,"
                     "\"vectorString\":\"V31\"}},{\"cvssV2_0\":{\"baseScore\":10.0}}]") ","
                 ADP(",\"metrics\":[{\"cvssV3_0\":{\"baseScore\":5.5,\"vectorString\":\"V30\"}},"
                     "{\"other\":{\"type\":\"ssvc\",\"content\":{\"id\":\"CVE-2024-0001\","
                     "\"options\":[{\"Exploitation\":\"active\"},{\"Automatable\":\"no\"},"
                     "{\"Technical Impact\":\"total\"}],\"role\":\"CISA Coordinator\"}}},"
                     "{\"other\":{\"type\":\"kev\",\"content\":{\"dateAdded\":\"2024-01-10\","
                     "\"reference\":\"https://example.org/kev\"}}}]")),
          FIRST "\ncvss 3.1 70 V31 acme primary\ncvss 4.0 93 V4 acme primary\n"
                "cvss 2.0 100  acme primary\ncvss 3.0 55 V30 CISA-ADP\n"
                "ssvc CISA-ADP active no total\n"
                "kev CVE-2024-0001 CISA-ADP 2024-01-10T00:00:00Z https://example.org/kev\n");
}

/* --- names --- */

static void names(void)
{
    SHOWN(AFFECTED(GADGET ",\"packageName\":\"p\",\"collectionURL\":\"https://example.org\","
                          "\"repo\":\"https://example.org/r\",\"programFiles\":[\"a.c\",\"b.c\"],"
                          "\"modules\":[\"m\"],\"platforms\":[\"Linux\",\"x86\"],"
                          "\"defaultStatus\":\"affected\""),
          FIRST "\nacme Acme/Gadget package=p collection=https://example.org "
                "repo=https://example.org/r files=a.c,b.c modules=m platforms=Linux,x86 "
                "cpe:2.3:*:acme:gadget~ else affected:\n");
    SHOWN(RECORD("\"cna\":{\"providerMetadata\":{\"orgId\":\"0-1\"},\"affected\":[{" GADGET "}]}"),
          FIRST "\n0-1 Acme/Gadget cpe:2.3:*:acme:gadget~ else unknown:\n");
    SHOWN(RECORD("\"cna\":{\"affected\":[{}]}"), FIRST "\n / else unknown:\n");
    SHOWN(AFFECTED("\"vendor\":\"The Acme Corp.\",\"product\":\"Big Gadget (Pro)*\""),
          FIRST "\nacme The Acme Corp./Big Gadget (Pro)* "
                "cpe:2.3:*:the_acme_corp.:big_gadget_\\(pro\\)\\*~ else unknown:\n");
    SHOWN(AFFECTED("\"vendor\":\"n/a\",\"product\":\"gadget\""),
          FIRST "\nacme n/a/gadget cpe:2.3:*:*:gadget~ else unknown:\n");
    SHOWN(AFFECTED("\"vendor\":\"acme\",\"product\":\"N/A\""),
          FIRST "\nacme acme/N/A else unknown:\n");
    SHOWN(AFFECTED("\"vendor\":\"Linux\",\"product\":\"Linux\""),
          FIRST "\nacme Linux/Linux cpe:2.3:o:linux:linux_kernel else unknown:\n");
    /* CPE names: the versions of the list decide; without a list, the name's own. */
    SHOWN(AFFECTED(GADGET ",\"cpes\":[\"cpe:2.3:a:acme:gadget:1.0:sp1:*:*:*:linux:*:*\","
                          "\"cpe:2.3:a:acme:gadget:2.0:*:*:*:*:linux:*:*\",\"cpe:/a:acme:widget\"],"
                          "\"versions\":[{\"version\":\"1.0\",\"status\":\"affected\"}]"),
          FIRST "\nacme Acme/Gadget cpe:2.3:a:acme:gadget:*:*:*:*:*:linux cpe:2.3:a:acme:widget "
                "else unknown: =1.0\n");
    SHOWN(AFFECTED(GADGET ",\"defaultStatus\":\"affected\",\"cpes\":[\"cpe:2.3:a:acme:gadget:1.0:"
                          "sp1:*:*:*:*:*:*\",\"cpe:2.3:a:acme:gadget:-:*:*:*:*:*:*:*\"]"),
          FIRST "\nacme Acme/Gadget cpe:2.3:a:acme:gadget:1.0:sp1 cpe:2.3:a:acme:gadget else affected:\n");
    /* None of them can be read: the words are better than nothing. */
    SHOWN(AFFECTED(GADGET ",\"cpes\":[\"cpe:2.3:a:acme\"]"),
          FIRST " unreadable=1\n" NAMED "unknown:\n");
}

static void packages(void)
{
    static const struct {
        const char *url, *package, *want;
    } rows[] = {
        {"https://npmjs.example", "@acme/Gadget", "npm:@acme/gadget"},
        {"https://www.npmjs.example/package", "left", "npm:left"},
        {"https://pypi.example.org", "Acme_Gadget..x", "PyPI:acme-gadget-x"},
        {"https://pypi.example/project", "pip", "PyPI:pip"},
        {"https://crates.example", "gadget", "crates.io:gadget"},
        {"https://repo.maven.example/maven2", "org.acme:gadget", "Maven:org.acme:gadget"},
        {"https://rubygems.example/", "gadget", "RubyGems:gadget"},
        {"https://packagist.example", "acme/gadget", "Packagist:acme/gadget"},
        {"https://www.nuget.example/packages", "gadget", "NuGet:gadget"},
        {"https://pkg.go.dev", "example.org/gadget", "Go:example.org/gadget"},
        {"https://example.org/pypi", "gadget", NULL},
        {"pypi", "gadget", NULL},
    };
    char text[2048], want[2048];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text,
                       AFFECTED(GADGET ",\"packageName\":\"%s\",\"collectionURL\":\"%s\""),
                       rows[i].package, rows[i].url);
        (void)snprintf(want, sizeof want,
                       FIRST "\nacme Acme/Gadget package=%s collection=%s%s%s "
                             "cpe:2.3:*:acme:gadget~ else unknown:\n",
                       rows[i].package, rows[i].url, rows[i].want ? " " : "",
                       rows[i].want ? rows[i].want : "");
        is_shown(text, want, __LINE__);
    }
    /* The CPE name of what the package is part of: its versions are not the package's. */
    SHOWN(AFFECTED("\"vendor\":\"Red Hat\",\"product\":\"Red Hat Enterprise Linux 9\","
                   "\"packageName\":\"gadget\",\"defaultStatus\":\"affected\","
                   "\"cpes\":[\"cpe:/o:redhat:enterprise_linux:9\"]"),
          FIRST "\nacme Red Hat/Red Hat Enterprise Linux 9 package=gadget else affected:\n");
    SHOWN(AFFECTED(GADGET ",\"packageName\":\"Gadget\",\"cpes\":[\"cpe:/a:acme:gadget\"]"),
          FIRST "\nacme Acme/Gadget package=Gadget cpe:2.3:a:acme:gadget else unknown:\n");
}

/* --- versions --- */

static void ranges(void)
{
    SHOWN(VERSIONS(RANGE("1.0", "lessThan", "2.0", "custom") "," RANGE("3.0", "lessThanOrEqual", "3.4", "custom")),
          FIRST "\n" NAMED "unknown: [1.0,2.0) [3.0,3.4]\n");
    SHOWN(VERSIONS(RANGE("1.0", "lessThanOrEqual", "*", "x") "," RANGE("0", "lessThan", "2.0", "x") ","
                   RANGE("unspecified", "lessThan", "3.0", "x") "," RANGE("4.0", "lessThan", "unspecified", "x")),
          FIRST "\n" NAMED "unknown: [1.0,] [0,2.0) [,3.0) [4.0,]\n");
    /* Infinity behind a series; signs and words that do not belong there. */
    SHOWN(VERSIONS(RANGE("1.0", "lessThan", "2.*", "x") "," RANGE("1.x", "lessThanOrEqual", "1.4.x", "x") ","
                   RANGE(">= 1.0", "lessThanOrEqual", "<=1.4", "x") "," RANGE("9.1", "lessThanOrEqual", "9.1*", "x")),
          FIRST "\n" NAMED "unknown: [1.0,2.*] [1,1.4.*] [1.0,1.4] [9.1,9.1.*]\n");
    SHOWN(VERSIONS(RANGE("n/a", "lessThan", "n/a", "x") "," RANGE("n/a", "lessThanOrEqual", "*", "x") ","
                   RANGE("earlier", "lessThan", "4.0", "x")),
          FIRST "\n" NAMED "unknown: [,] [,4.0)\n");
    /* No order: kept to be seen, and counted. */
    SHOWN(VERSIONS(RANGE("R3", "lessThan", "the next", "x") "," RANGE("1.0", "lessThan", "publication", "x") ","
                   RANGE("1.0", "lessThan", "2.0.1, 2.1.4", "x")),
          FIRST " unreadable=3\n" NAMED
                "unknown: \"R3\"..\"the next\" \"1.0\"..\"publication\" \"1.0\"..\"2.0.1, 2.1.4\"\n");
    /* Ends before it starts. */
    SHOWN(VERSIONS(RANGE("2.0", "lessThan", "1.0", "x") "," RANGE("2.0", "lessThan", "2.0", "x") ","
                   RANGE("3.0", "lessThan", "3.0", "x") "," RANGE("2.0", "lessThanOrEqual", "2.0", "x") "," RANGE("2.1", "lessThanOrEqual", "2.*", "x")),
          FIRST " unreadable=3\n" NAMED "unknown: [2.0,1.0) [2.0,2.0) [3.0,3.0) [2.0,2.0] [2.1,2.*]\n");
    /* One end alone: before it. */
    SHOWN(VERSIONS(RANGE("2.0", "lessThan", "2.0", "x")), FIRST "\n" NAMED "unknown: [0,2.0)\n");
    /* Both ends. */
    SHOWN(VERSIONS("{\"version\":\"1.0\",\"lessThan\":\"2.0\",\"lessThanOrEqual\":\"1.9\",\"status\":\"affected\"}"),
          FIRST " unreadable=1\n" NAMED "unknown: [1.0,2.0)\n");
}

static void statuses(void)
{
    SHOWN(VERSIONS("{\"version\":\"1.0\",\"status\":\"unaffected\"},{\"version\":\"2.0\",\"status\":"
                   "\"unknown\"},{\"version\":\"3.0\",\"lessThan\":\"*\",\"status\":\"unaffected\"}"),
          FIRST "\n" NAMED "unknown: -=1.0 ?=2.0 -[3.0,]\n");
    /* Every version, not affected: what holds for the rest, or it would hide what is affected. */
    SHOWN(VERSIONS("{\"version\":\"1.0\",\"status\":\"affected\"},{\"version\":\"*\",\"status\":\"unaffected\"}"),
          FIRST "\n" NAMED "unaffected: =1.0\n");
    SHOWN(VERSIONS("{\"version\":\"0\",\"lessThan\":\"*\",\"status\":\"unaffected\"}"),
          FIRST "\n" NAMED "unaffected:\n");
    /* What is affected could not be read: the others are not known to be unaffected. */
    static const char *const lost[] = {"\"version\":\"the old ones\"", "\"version\":\"n/a\"",
                                       "\"version\":7", "\"version\":\"2\",\"lessThan\":\"1\"",
                                       "\"version\":\"1\",\"lessThan\":\"publication\""};
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text,
                       AFFECTED(GADGET ",\"defaultStatus\":\"unaffected\",\"versions\":[{%s,"
                                       "\"status\":\"affected\"}]"),
                       lost[i]);
        CHECK_OK(read_text(str_from_c(text), &err), &err);
        CHECK(str_find_str(buf_view(&shown), STR("else unknown:")) != STR_NPOS);
    }
    SHOWN(AFFECTED(GADGET ",\"defaultStatus\":\"unaffected\",\"versions\":[{\"version\":\"the old "
                          "ones\",\"status\":\"unaffected\"},{\"version\":\"1\",\"status\":\"affected\"}]"),
          FIRST " unreadable=1\n" NAMED "unaffected: -\"the old ones\" =1\n");
    /* Wider than what is meant, perhaps: nothing is called safe by it. */
    SHOWN(VERSIONS("{\"version\":\"> 1.0\",\"status\":\"unaffected\"},{\"version\":\"up to 2.0\","
                   "\"status\":\"unaffected\"},{\"version\":\"1.0\",\"lessThan\":\"latest\",\"status\":\"unaffected\"}"),
          FIRST " unreadable=3\n" NAMED "unknown: -\"> 1.0\" -\"up to 2.0\" -\"1.0\"..\"latest\"\n");
}

static void types(void)
{
    SHOWN(VERSIONS(RANGE("1.0.0", "lessThan", "2.0.0", "semver") "," RANGE("1.0", "lessThan", "2.0.0", "semver") ","
                   RANGE("0", "lessThan", "1:2-3.el9", "rpm") "," RANGE("1", "lessThan", "2-1", "deb") ","
                   RANGE("1.0.0", "lessThan", "2.0.0", "maven")),
          FIRST "\n" NAMED "unknown: [1.0.0,2.0.0)semver [1.0,2.0.0) [0,1:2-3.el9)rpm [1,2-1)deb "
                           "[1.0.0,2.0.0)\n");
    SHOWN(VERSIONS(RANGE("1da177e4c3f4", "lessThan", "c4f81d9616d4", "git") "," RANGE("0", "lessThan", "abc", "git") ","
                   RANGE("1.3.0", "lessThanOrEqual", "1.4.1", "git") "," RANGE("1da177e4c3f4", "lessThan", "*", "custom") ","
                   "{\"version\":\"main\",\"status\":\"affected\",\"versionType\":\"git\"}"),
          FIRST "\n" NAMED "unknown: #1da177e4c3f4..c4f81d9616d4 #0..abc [1.3.0,1.4.1] "
                           "#1da177e4c3f4..* #main\n");
    SHOWN(AFFECTED("\"vendor\":\"Linux\",\"product\":\"Linux\",\"defaultStatus\":\"affected\","
                   "\"versions\":[{\"version\":\"5.13\",\"status\":\"affected\"},"
                   "{\"version\":\"0\",\"lessThan\":\"5.13\",\"status\":\"unaffected\",\"versionType\":\"semver\"},"
                   "{\"version\":\"6.1.83\",\"lessThanOrEqual\":\"6.1.*\",\"status\":\"unaffected\",\"versionType\":\"semver\"},"
                   "{\"version\":\"6.9\",\"lessThanOrEqual\":\"*\",\"status\":\"unaffected\",\"versionType\":\"original_commit_for_fix\"}]"),
          FIRST "\nacme Linux/Linux cpe:2.3:o:linux:linux_kernel else affected: =5.13kernel "
                "-[0,5.13)kernel -[6.1.83,6.1.*]kernel -[6.9,]kernel\n");
}

#define CHANGES(from, how, to, list)                                                               \
    VERSIONS("{\"version\":\"" from "\",\"" how "\":\"" to "\",\"status\":\"affected\",\"versionType\":\"custom\",\"changes\":[" list "]}")
#define AT(at, status) "{\"at\":\"" at "\",\"status\":\"" status "\"}"

static void changes(void)
{
    SHOWN(CHANGES("2.0.0", "lessThan", "2.*", AT("2.6.3", "unaffected") "," AT("2.5.2", "unaffected") "," AT("2.6.0", "affected")),
          FIRST "\n" NAMED "unknown: [2.0.0,2.5.2) -[2.5.2,2.6.0) [2.6.0,2.6.3) -[2.6.3,2.*]\n");
    /* At the start, at the end and behind it. */
    SHOWN(CHANGES("2.0", "lessThan", "3.0", AT("2.0", "unknown") "," AT("3.0", "unaffected")),
          FIRST "\n" NAMED "unknown: ?[2.0,3.0)\n");
    SHOWN(CHANGES("2.0", "lessThanOrEqual", "3.0", AT("3.0", "unaffected") "," AT("3.1", "affected")),
          FIRST "\n" NAMED "unknown: [2.0,3.0) -[3.0,3.0]\n");
    SHOWN(CHANGES("2.0", "lessThanOrEqual", "2.*", AT("2.10", "unaffected") "," AT("3.0", "affected")),
          FIRST "\n" NAMED "unknown: [2.0,2.10) -[2.10,2.*]\n");
    SHOWN(CHANGES("0", "lessThan", "*", AT("1.5", "unaffected")),
          FIRST "\n" NAMED "unknown: [0,1.5) -[1.5,]\n");
    SHOWN(CHANGES("n/a", "lessThan", "2.0", AT("fix.patch", "unaffected") ",7," AT("1.5", "gone")),
          FIRST " unreadable=3\n" NAMED "unknown: [,2.0)\n");
    SHOWN(VERSIONS("{\"version\":\"1.0\",\"status\":\"affected\",\"changes\":[" AT("1.5", "unaffected") "]}"),
          FIRST "\n" NAMED "unknown: [1.0,1.5) -[1.5,]\n");
}

static void free_text(void)
{
    char path[4096], text[2048];
    struct arena a = {0};
    struct input in = {0};
    size_t rows = 0, line = 0;
    (void)snprintf(path, sizeof path, "%s/data/cve_versions.tsv", test_dir());
    CHECK_OK(io_read(&a, path, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
    for (struct str rest = in.data, one, written, want; rest.n;) {
        (void)str_split(rest, '\n', &one, &rest);
        line++;
        if (str_starts(one, STR("# ")) || !one.n)
            continue;
        CHECK(str_split(one, '\t', &written, &want));
        bool counts = str_ends(want, STR("!"));
        want.n -= counts;
        (void)snprintf(text, sizeof text,
                       VERSIONS("{\"version\":\"%.*s\",\"status\":\"affected\"}"), STR_ARG(written));
        CHECK_OK(read_text(str_from_c(text), &err), &err);
        (void)snprintf(text, sizeof text, FIRST "%s\n" NAMED "unknown:%s%.*s\n",
                       counts ? " unreadable=1" : "", str_eq(want, STR("-")) ? "" : " ",
                       str_eq(want, STR("-")) ? 0 : (int)want.n, want.p);
        int before = test_failures;
        CHECK_STR(buf_view(&shown), text);
        if (test_failures != before)
            printf("# ... cve_versions.tsv:%zu\n", line);
        rows++;
    }
    CHECK(rows > 100);
    arena_free(&a);
}

/* --- cpeApplicability --- */

#define MATCH(name, more) "{\"vulnerable\":true,\"criteria\":\"cpe:2.3:" name ":*:*:*:*:*:*:*:*\"" more "}"
#define APPLICABILITY(matches) ",\"cpeApplicability\":[{\"nodes\":[{\"operator\":\"OR\",\"negate\":false,\"cpeMatch\":[" matches "]}]}]"
#define LIST(members) ",\"affected\":[{" members "}]"
#define ORDERED ",\"versions\":[" RANGE("1.0", "lessThan", "2.0", "custom") "]"
#define BEFORE2 ",\"versionEndExcluding\":\"2.0\""

static void applicability(void)
{
    /* Alone it is taken; several are alternatives, also of several containers. */
    SHOWN(RECORD(CNA(APPLICABILITY(MATCH("a:acme:gadget", BEFORE2) "," MATCH("a:acme:gadget", ",\"versionStartIncluding\":\"3.0\""))) ","
                 ADP(",\"cpeApplicability\":[{\"operator\":\"AND\",\"nodes\":[{\"cpeMatch\":[" MATCH("a:acme:widget", "") "]},"
                     "{\"cpeMatch\":[{\"vulnerable\":false,\"criteria\":\"cpe:2.3:o:acme:os:-:*:*:*:*:*:*:*\"}]}]}]")),
          FIRST "\nnode or cpe:2.3:a:acme:gadget<2.0 cpe:2.3:a:acme:gadget>=3.0\nnode and\n"
                "node or in 1 cpe:2.3:a:acme:widget\nnode or in 1 on cpe:2.3:o:acme:os:-\n");
    /* A list of the container decides about the product: left out, and the name is a CPE's. */
    SHOWN(RECORD(CNA(LIST(GADGET ORDERED) APPLICABILITY(MATCH("a:acme:gadget", BEFORE2)))),
          FIRST "\nacme Acme/Gadget cpe:2.3:a:acme:gadget else unknown: [1.0,2.0)\n");
    /* Not of this container, not of this product, not of all of them. */
    SHOWN(RECORD(CNA(LIST(GADGET ORDERED)) "," ADP(APPLICABILITY(MATCH("a:acme:gadget", BEFORE2)))),
          FIRST "\n" NAMED "unknown: [1.0,2.0)\nnode or cpe:2.3:a:acme:gadget<2.0\n");
    SHOWN(RECORD(CNA(LIST(GADGET ORDERED) APPLICABILITY(MATCH("a:acme:gadget", BEFORE2) "," MATCH("a:acme:widget", "")))),
          FIRST "\n" NAMED "unknown: [1.0,2.0)\nnode or cpe:2.3:a:acme:gadget<2.0 cpe:2.3:a:acme:widget\n");
    /* The list says nothing about who is affected: no order, only unaffected, no versions. */
    SHOWN(RECORD(CNA(LIST(GADGET ",\"versions\":[{\"version\":\"the old one\",\"status\":\"affected\"}]")
                     APPLICABILITY(MATCH("a:acme:gadget", BEFORE2)))),
          FIRST " unreadable=1\n" NAMED "unknown: \"the old one\"\nnode or cpe:2.3:a:acme:gadget<2.0\n");
    SHOWN(RECORD(CNA(LIST(GADGET ",\"versions\":[{\"version\":\"2.0\",\"status\":\"unaffected\"}]")
                     APPLICABILITY(MATCH("a:acme:gadget", BEFORE2)))),
          FIRST "\n" NAMED "unknown: -=2.0\nnode or cpe:2.3:a:acme:gadget<2.0\n");
    SHOWN(RECORD(CNA(LIST(GADGET ",\"defaultStatus\":\"affected\"") APPLICABILITY(MATCH("a:acme:gadget", BEFORE2)))),
          FIRST "\n" NAMED "affected:\nnode or cpe:2.3:a:acme:gadget<2.0\n");
    SHOWN(RECORD(CNA(LIST(GADGET ",\"defaultStatus\":\"affected\",\"versions\":[{\"version\":\"2.0\",\"status\":\"unaffected\"}]")
                     APPLICABILITY(MATCH("a:acme:gadget", BEFORE2)))),
          FIRST "\nacme Acme/Gadget cpe:2.3:a:acme:gadget else affected: -=2.0\n");
    /* What could not be read may be about anything. */
    SHOWN(RECORD(CNA(LIST(GADGET ORDERED) APPLICABILITY(MATCH("a:acme:gadget", BEFORE2) "," MATCH("a", "")))),
          FIRST " unreadable=1\n" NAMED "unknown: [1.0,2.0)\nnode or lossy cpe:2.3:a:acme:gadget<2.0\n");
    /* A bad one does not take the good ones along. */
    SHOWN(RECORD(CNA(",\"cpeApplicability\":[{\"nodes\":[{\"cpeMatch\":[" MATCH("a:acme:gadget", "") "]},{\"cpeMatch\":[{}]}]},"
                     "{\"nodes\":[{\"cpeMatch\":[" MATCH("a:acme:widget", "") "]}]}]")),
          FIRST " unreadable=1\nnode or cpe:2.3:a:acme:widget\n");
}

/* --- the rest --- */

static void probes(void)
{
    CHECK_INT(feed_cvelist5.probe(STR(RECORD(CNA("")))), 90);
    /* Large members in front of the others. */
    CHECK_INT(feed_cvelist5.probe(STR("{\"dataType\":\"CVE_RECORD\",\"containers\":{\"adp\":[")), 80);
    CHECK_INT(feed_cvelist5.probe(STR(" {\"containers\":{\"cna\":{\"affected\":[")), 60);
    CHECK_INT(feed_cvelist5.probe(STR("{\"containers\":{\"adp\":[{\"affected\":[")), 60);
    CHECK_INT(feed_cvelist5.probe(STR("{\"containers\":[]}")), 0);
    CHECK_INT(feed_cvelist5.probe(STR("[{\"dataType\":\"CVE_RECORD\",\"cveMetadata\":{}}]")), 0);
    /* delta.json of the CVE List */
    CHECK_INT(feed_cvelist5.probe(STR("{\"fetchTime\":\"2024\",\"numberOfChanges\":1,\"new\":[{"
                                      "\"cveId\":\"CVE-2024-0001\"}]}")), 0);
    CHECK_INT(feed_cvelist5.probe(STR("")), 0);
}

/* One thing many times, in a time that grows with it. */
static void long_records(void)
{
    static const struct {
        const char *head, *each, *tail;
    } rows[] = {
        {"\"references\":[", "{\"url\":\"u%zu\"},", "{}]"},
        {"\"references\":[{\"url\":\"u\",\"tags\":[", "\"t%zu\",", "\"t\"]}]"},
        {"\"problemTypes\":[{\"descriptions\":[", "{\"cweId\":\"CWE-%zu\"},", "{}]}]"},
        {"\"affected\":[{\"cpes\":[", "\"cpe:2.3:a:acme:p%zu:*:*:*:*:*:*:*:*\",", "\"\"]}]"},
        {"\"affected\":[{\"versions\":[", "{\"version\":\"%zu\",\"status\":\"affected\"},", "{}]}]"},
        {"\"affected\":[{\"versions\":[{\"version\":\"0\",\"lessThan\":\"*\",\"status\":\"affected\",\"changes\":[",
         "{\"at\":\"%zu\",\"status\":\"affected\"},", "{}]}]}]"},
        {"\"affected\":[", "{\"vendor\":\"v\",\"product\":\"p%zu\"},", "{}],\"cpeApplicability\":[]"},
        {"\"affected\":[{\"vendor\":\"a\",\"product\":\"b\",\"versions\":[{\"version\":\"1\",\"status\":\"affected\"}]}],"
         "\"cpeApplicability\":[{\"nodes\":[{\"cpeMatch\":[",
         "{\"vulnerable\":true,\"criteria\":\"cpe:2.3:a:a:b%zu:*:*:*:*:*:*:*:*\"},", "{}]}]}]"},
        {"\"affected\":[{\"versions\":[{\"version\":\"", "1.%zu, ", "1\",\"status\":\"affected\"}]}]"},
    };
    struct buf text = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_clear(&text);
        buf_c(&text, "{" HEAD META ",\"containers\":{\"cna\":{");
        buf_c(&text, rows[i].head);
        for (size_t k = 0; k < 50000; k++)
            buf_f(&text, rows[i].each, k);
        buf_c(&text, rows[i].tail);
        buf_c(&text, "}}}");
        struct timespec start, end;
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
        CHECK_OK(read_text(buf_view(&text), &err), &err);
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        CHECK(end.tv_sec - start.tv_sec < 5);
    }
    buf_free(&text);
}

/* Every allocation fails once: an error that says so, never half a record. */
static void no_memory(void)
{
    static const char text[] = RECORD(
        CNA(",\"title\":\"t\",\"affected\":[{" GADGET ",\"packageName\":\"Gadget_x\",\"collectionURL\":"
            "\"https://pypi.example\",\"programFiles\":[\"a\"],\"cpes\":[\"cpe:/a:acme:gadget\",\"bad\"],"
            "\"versions\":[{\"version\":\"1.x\",\"status\":\"affected\"},{\"version\":\"< 2\",\"status\":"
            "\"affected\"}," RANGE("1.0", "lessThan", "2.x", "custom") ",{\"version\":\"1da177e4c3f4\","
            "\"status\":\"affected\"},{\"version\":\"x y\",\"status\":\"affected\"},{\"version\":\"1\","
            "\"lessThan\":\"2\",\"status\":\"affected\",\"changes\":[" AT("1.5", "unaffected") "]}]},"
            "{\"vendor\":\"Acme Inc\",\"product\":\"Big Gadget\"}]" APPLICABILITY(MATCH("a:acme:other", BEFORE2))
            ",\"problemTypes\":[{\"descriptions\":[{\"cweId\":\"CWE-1\"}]}],"
            "\"references\":[{\"url\":\"u\",\"tags\":[\"a\",\"b\"]}],"
            "\"metrics\":[{\"cvssV3_1\":{\"baseScore\":7}},{\"other\":{\"type\":\"kev\",\"content\":"
            "{\"dateAdded\":\"2024-01-01\"}}}]"));
    struct buf want = {0};
    long n = 0;
    CHECK_OK(read_text(str_from_c(text), &err), &err);
    buf_add(&want, shown.p, shown.n);
    for (; n < 1000; n++) {
        err_clear(&err);
        left = n;
        armed = true;
        if (read_text(str_from_c(text), &err))
            break;
        CHECK_INT(err.code, ERR_MEMORY);
    }
    CHECK(n > 20 && n < 1000);
    CHECK(str_eq(buf_view(&shown), buf_view(&want)));
    armed = false;
    err_clear(&err);
    buf_free(&want);
}

static void clean_up(void)
{
    arena_free(&arena);
    buf_free(&shown);
}

static const struct test tests[] = {
    {"metadata", metadata}, {"refused", refused},
    {"counted", counted},   {"texts", texts},
    {"metrics", metrics},   {"names", names},
    {"packages", packages}, {"ranges", ranges},
    {"statuses", statuses}, {"types", types},
    {"changes", changes},   {"free text", free_text},
    {"cpeApplicability", applicability},
    {"probe", probes},      {"long records", long_records},
    {"no memory", no_memory}, {"clean up", clean_up},
};
TEST_MAIN(tests)
