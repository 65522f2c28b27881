/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feed importers through feed_import(), into a sink that writes down what it gets: records, their
 * structure, errors with their place, .meta files, threads, and damage to feeds of all formats.
 */
#include "import_one.h"
#include "test.h"

#include <libdeflate.h>
#include <pthread.h>
#include <unistd.h>

#include "base/io.h"
#include "feed/feed.h"

#include "base/banned.h"

static char dir[64];
static struct arena arena;
static struct err err;

static const char *in_dir(const char *name)
{
    static char path[4][256];
    static unsigned at;
    char *p = path[at++ % 4];
    (void)snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static void write_file(const char *path, struct str data)
{
    FILE *f = fopen(path, "wb");
    CHECK(f && (!data.n || fwrite(data.p, 1, data.n, f) == data.n) && fclose(f) == 0);
}

/* --- the sink: text --- */

struct taken {
    struct buf text;
    size_t records, commits;
    size_t fail_at; /* the batch_add that fails; 0: none */
    size_t adds;
    pthread_mutex_t lock;
};
struct taken_batch {
    struct taken *all;
    struct buf text;
    size_t records;
    bool sealed;
};

static void *take_new(void *ctx, struct err *e)
{
    struct taken_batch *b = calloc(1, sizeof *b);
    if (!b)
        err_memory(e);
    else
        b->all = ctx;
    return b;
}

static void show_criterion(struct buf *b, const struct criterion *c)
{
    buf_f(b, " %s", c->vulnerable ? "" : "on ");
    cpe_write(b, &c->cpe);
    while (b->n > 2 && memcmp(b->p + b->n - 2, ":*", 2) == 0) /* what says nothing */
        b->n -= 2;
    const struct str bounds[] = {c->start_including, c->start_excluding, c->end_including,
                                 c->end_excluding};
    for (size_t i = 0; i < 4; i++)
        if (bounds[i].n)
            buf_f(b, "%s%.*s", (const char *[]){">=", ">", "<=", "<"}[i], STR_ARG(bounds[i]));
}

static void show(struct buf *b, const struct vuln *v)
{
    char date[DATE_TEXT_BYTES];
    buf_f(b, "%.*s %.*s%s", STR_ARG(v->source), STR_ARG(v->id), v->rejected ? " rejected" : "");
    buf_f(b, " p=%s", date_format(v->published, date));
    buf_f(b, " m=%s '%.*s'", date_format(v->modified, date), STR_ARG(v->description));
    if (v->status.n)
        buf_f(b, " status=%.*s", STR_ARG(v->status));
    for (size_t i = 0; i < v->cvss.n; i++)
        buf_f(b, " cvss%s=%u%s(%.*s,%.*s)", cvss_version_name(v->cvss.v[i].version),
              v->cvss.v[i].tenths, v->cvss.v[i].primary ? "!" : "", STR_ARG(v->cvss.v[i].vector),
              STR_ARG(v->cvss.v[i].source));
    for (size_t i = 0; i < v->cwes.n; i++)
        buf_f(b, " %.*s", STR_ARG(v->cwes.v[i]));
    for (size_t i = 0; i < v->references.n; i++)
        buf_f(b, " ref=%.*s[%.*s]", STR_ARG(v->references.v[i].url),
              STR_ARG(v->references.v[i].tags));
    if (v->unreadable)
        buf_f(b, " unreadable=%u", v->unreadable);
    for (size_t i = 0; i < v->nodes.n; i++) {
        const struct node *n = &v->nodes.v[i];
        buf_f(b, " {%s%s%s", n->negate ? "not " : "", n->and_ ? "and" : "or",
              n->lossy ? " lossy" : "");
        if (n->parent != NODE_NO_PARENT)
            buf_f(b, " in %u", n->parent);
        for (size_t k = n->first; k < (size_t)n->first + n->count && k < v->criteria.n; k++)
            show_criterion(b, &v->criteria.v[k]);
        buf_c(b, "}");
    }
    buf_c(b, "\n");
}

static bool take_add(void *batch, const struct vuln *v, struct err *e)
{
    struct taken_batch *b = batch;
    CHECK(!b->sealed);
    for (size_t i = 0; i < v->nodes.n; i++) {
        CHECK((size_t)v->nodes.v[i].first + v->nodes.v[i].count <= v->criteria.n);
        CHECK(v->nodes.v[i].parent == NODE_NO_PARENT || v->nodes.v[i].parent < i);
    }
    (void)pthread_mutex_lock(&b->all->lock);
    bool fails = ++b->all->adds == b->all->fail_at;
    (void)pthread_mutex_unlock(&b->all->lock);
    if (fails)
        return err_set(e, ERR_IO, "the sink is full");
    show(&b->text, v);
    b->records++;
    return true;
}

static bool take_seal(void *batch, struct err *e)
{
    struct taken_batch *b = batch;
    (void)e;
    b->sealed = true;
    return true;
}

static bool take_commit(void *ctx, void *batch, struct err *e)
{
    struct taken *all = ctx;
    struct taken_batch *b = batch;
    (void)e;
    CHECK(b->sealed);
    b->sealed = false;
    buf_str(&all->text, buf_view(&b->text));
    all->records += b->records;
    all->commits++;
    buf_clear(&b->text);
    b->records = 0;
    return true;
}

static void take_free(void *batch)
{
    struct taken_batch *b = batch;
    if (b)
        buf_free(&b->text);
    free(b);
}

static bool take_kev(void *ctx, const struct kev *k, struct err *e)
{
    struct taken *all = ctx;
    (void)e;
    buf_f(&all->text, "kev %.*s\n", STR_ARG(k->id));
    all->records++;
    return true;
}

static bool take_epss(void *ctx, const struct epss *p, struct err *e)
{
    struct taken *all = ctx;
    (void)e;
    buf_f(&all->text, "epss %.*s %u %u\n", STR_ARG(p->id), p->score, p->percentile);
    all->records++;
    return true;
}

static struct taken taken = {.lock = PTHREAD_MUTEX_INITIALIZER};
static struct feed_info info;

static bool import(const char *path)
{
    const struct vuln_sink sink = {&taken, take_new, take_add, take_seal, take_commit, take_free,
                                   take_kev, take_epss};
    buf_clear(&taken.text);
    taken.records = taken.commits = taken.adds = 0;
    bool ok = import_one(path, &sink, NULL, &info, &err);
    CHECK(ok == (err.code == ERR_NONE));
    if (ok)
        CHECK_INT(taken.records, info.records);
    return ok;
}

static bool import_text(const char *name, struct str text)
{
    write_file(in_dir(name), text);
    return import(in_dir(name));
}

static struct str fmt(const char *f, const char *s)
{
    struct str out;
    if (!arena_printf(&arena, &out, &err, f, s)) /* NOLINT: our own formats */
        abort();
    return out;
}

/* --- NVD JSON 2.0 --- */

#define FEED2(records)                                                                             \
    "{\"resultsPerPage\":1,\"startIndex\":0,\"totalResults\":1,\"format\":\"NVD_CVE\","            \
    "\"version\":\"2.0\","                                                                         \
    "\"timestamp\":\"2026-08-21T00:00:00.000\",\"vulnerabilities\":[" records "]}"
#define CVE2(more)                                                                                 \
    "{\"cve\":{\"id\":\"CVE-2024-0001\",\"lastModified\":\"2024-02-03T04:05:06.789\"" more "}}"
#define SHOWN "nvd CVE-2024-0001 p= m=2024-02-03T04:05:06Z ''"
#define MATCH "{\"vulnerable\":true,\"criteria\":\"cpe:2.3:a:v:p:1.0:*:*:*:*:*:*:*\"}"
#define PLATFORM "{\"vulnerable\":false,\"criteria\":\"cpe:2.3:o:v:os:*:*:*:*:*:*:*:*\"}"

struct row {
    const char *feed,
        *want; /* want: what the sink is told, or "error: " and a part of the message */
};

static void check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int before = test_failures;
        bool ok = import_text("feed.json", str_from_c(rows[i].feed));
        struct str want = str_from_c(rows[i].want);
        if (str_starts(want, STR("error: "))) {
            CHECK_ERR(ok, &err, rows[i].want + 7);
        } else {
            CHECK_OK(ok, &err);
            CHECK(str_eq(buf_view(&taken.text), want));
            if (!str_eq(buf_view(&taken.text), want))
                printf("# got    %.*s# wanted %.*s", STR_ARG(buf_view(&taken.text)), STR_ARG(want));
        }
        err_clear(&err);
        if (test_failures != before)
            printf("# ... row %zu: %s\n", i, rows[i].feed);
    }
}

static void nvd2_records(void)
{
    static const struct row rows[] = {
        {FEED2(""), ""},
        {FEED2(CVE2("")), SHOWN "\n"},
        {FEED2(CVE2(","
                    "\"published\":\"2024-01-01T00:00:00.000\",\"vulnStatus\":\"Analyzed\","
                    "\"sourceIdentifier\":\"x\",\"unknown\":{\"a\":[]}")),
         "nvd CVE-2024-0001 p=2024-01-01T00:00:00Z m=2024-02-03T04:05:06Z '' status=Analyzed\n"},
        {FEED2(CVE2(",\"vulnStatus\":\"Rejected\"")),
         "nvd CVE-2024-0001 rejected p= m=2024-02-03T04:05:06Z '' status=Rejected\n"},
        {FEED2(CVE2(",\"descriptions\":[{\"lang\":\"es\",\"value\":\"uno\"},{\"lang\":\"en\","
                    "\"value\":\"one\"},{\"lang\":\"en\",\"value\":\"two\"}]")),
         "nvd CVE-2024-0001 p= m=2024-02-03T04:05:06Z 'one'\n"},
        {FEED2(CVE2(",\"descriptions\":[{\"lang\":\"es\",\"value\":\"uno\"}]")),
         "nvd CVE-2024-0001 p= m=2024-02-03T04:05:06Z 'uno'\n"},
        {FEED2(CVE2(",\"metrics\":{\"cvssMetricV31\":[{\"source\":\"nvd@nist.gov\",\"type\":"
                    "\"Primary\",\"cvssData\":{\"version\":\"3.1\","
                    "\"vectorString\":\"CVSS:3.1/"
                    "AV:N\",\"baseScore\":9.8}},{\"source\":\"x\",\"type\":\"Secondary\","
                    "\"cvssData\":{\"version\":"
                    "\"3.1\",\"baseScore\":10}}],\"cvssMetricV2\":[{\"cvssData\":{\"version\":\"2."
                    "0\",\"baseScore\":0}}],\"other\":7}")),
         SHOWN " cvss3.1=98!(CVSS:3.1/AV:N,nvd@nist.gov) cvss3.1=100(,x) cvss2.0=0(,)\n"},
        {FEED2(CVE2(",\"metrics\":{\"cvssMetricV50\":[{\"cvssData\":{\"version\":\"5.0\","
                    "\"baseScore\":9.8}}],\"cvssMetricV31\":[{\"cvssData\":{"
                    "\"version\":\"3.1\",\"baseScore\":10.1}},{\"cvssData\":{\"version\":\"3.1\","
                    "\"baseScore\":-1}}]}")),
         SHOWN " unreadable=3\n"},
        {FEED2(CVE2(",\"weaknesses\":[{\"description\":[{\"lang\":\"en\",\"value\":\"CWE-79\"},{"
                    "\"value\":\"NVD-CWE-Other\"}]},{\"description\":[{"
                    "\"value\":\"CWE-79\"},{\"value\":\"CWE-20\"}]}]")),
         SHOWN " CWE-79 CWE-20\n"},
        {FEED2(CVE2(",\"references\":[{\"url\":\"http://"
                    "a\",\"tags\":[\"Patch\",\"Exploit\"]},{\"url\":\"http://b\"}]")),
         SHOWN " ref=http://a[Patch, Exploit] ref=http://b[]\n"},
        /* Null is absent. */
        {FEED2(CVE2(",\"published\":null,\"metrics\":null,\"configurations\":null")), SHOWN "\n"},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
    CHECK_INT(info.records, 1);
    CHECK_STR(str_from_c(info.format), "nvd-json-2.0");
    CHECK_STR(str_from_c(info.source), "nvd");
    CHECK_INT(info.declared, 1);
    CHECK_INT(info.published, 1787270400000);
    CHECK(!info.meta_checked && strlen(info.sha256) == 64);
}

static void nvd2_structure(void)
{
    static const struct row rows[] = {
        /* A plain OR needs no node above it. */
        {FEED2(CVE2(",\"configurations\":[{\"nodes\":[{\"operator\":\"OR\",\"negate\":false,"
                    "\"cpeMatch\":[" MATCH "," MATCH "]}]}]")),
         SHOWN " {or cpe:2.3:a:v:p:1.0 cpe:2.3:a:v:p:1.0}\n"},
        {FEED2(CVE2(",\"configurations\":[{\"nodes\":[{\"cpeMatch\":[" MATCH
                    "]},{\"cpeMatch\":[" MATCH "]}]},{\"nodes\":[{\"operator\":\"AND\","
                    "\"cpeMatch\":[" MATCH "]}]}]")),
         SHOWN " {or cpe:2.3:a:v:p:1.0} {or cpe:2.3:a:v:p:1.0} {and cpe:2.3:a:v:p:1.0}\n"},
        {FEED2(CVE2(",\"configurations\":[{\"operator\":\"AND\",\"nodes\":[{\"operator\":\"OR\","
                    "\"cpeMatch\":[" MATCH "]},{\"operator\":\"OR\","
                    "\"cpeMatch\":[" PLATFORM "]}]}]")),
         SHOWN " {and} {or in 0 cpe:2.3:a:v:p:1.0} {or in 0 on cpe:2.3:o:v:os}\n"},
        {FEED2(CVE2(",\"configurations\":[{\"operator\":\"OR\",\"negate\":true,\"nodes\":[{"
                    "\"negate\":true,\"cpeMatch\":[" MATCH "]}]}]")),
         SHOWN " {not or} {not or in 0 cpe:2.3:a:v:p:1.0}\n"},
        {FEED2(CVE2(",\"configurations\":[{\"nodes\":[{\"cpeMatch\":[{\"vulnerable\":true,"
                    "\"criteria\":\"cpe:2.3:a:v:p:*:*:*:*:*:*:*:*\","
                    "\"versionStartIncluding\":\"1\",\"versionEndExcluding\":\"2\"},{"
                    "\"vulnerable\":true,\"criteria\":"
                    "\"cpe:2.3:a:v:p:*:*:*:*:*:*:*:*\",\"versionStartExcluding\":\"3\","
                    "\"versionEndIncluding\":\"4\",\"matchCriteriaId\":\"x\"}]}]}]")),
         SHOWN " {or cpe:2.3:a:v:p>=1<2 cpe:2.3:a:v:p>3<=4}\n"},
        /* A name that can not be read is counted, and its node remembers. */
        {FEED2(CVE2(",\"configurations\":[{\"nodes\":[{\"cpeMatch\":[{\"vulnerable\":true,"
                    "\"criteria\":\"cpe:2.3:a:v\"}," MATCH "]}]}]")),
         SHOWN " unreadable=1 {or lossy cpe:2.3:a:v:p:1.0}\n"},
        {FEED2(CVE2(",\"configurations\":[{\"operator\":\"AND\",\"nodes\":[{\"cpeMatch\":[" MATCH
                    "]},{\"cpeMatch\":[{\"vulnerable\":false,"
                    "\"criteria\":\"rubbish\"}]}]}]")),
         SHOWN " unreadable=1 {and} {or in 0 cpe:2.3:a:v:p:1.0} {or lossy in 0}\n"},
        {FEED2(CVE2(",\"configurations\":[{\"nodes\":[{\"cpeMatch\":[]}]},{\"nodes\":[]}]")),
         SHOWN " {or}\n"},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void nvd2_errors(void)
{
    static const struct row rows[] = {
        {FEED2("{}"), "error: cve: missing"},
        {FEED2("{\"cve\":[]}"), "error: cve: wanted an object, found an array"},
        {FEED2("{\"cve\":{\"id\":\"CVE-2024-0001\"}}"), "error: lastModified: missing"},
        {FEED2("{\"cve\":{\"lastModified\":\"2024-01-01\"}}"), "error: id: missing"},
        {FEED2("{\"cve\":{\"id\":\"CVE-24-1\",\"lastModified\":\"2024-01-01\"}}"),
         "error: id: not a CVE id: CVE-24-1"},
        {FEED2("{\"cve\":{\"id\":\"CVE-2024-123\",\"lastModified\":\"2024-01-01\"}}"),
         "error: not a CVE id"},
        {FEED2("{\"cve\":{\"id\":\"cve-2024-1234\",\"lastModified\":\"2024-01-01\"}}"),
         "error: not a CVE id"},
        {FEED2("{\"cve\":{\"id\":\"CVE-2024-1234x\",\"lastModified\":\"2024-01-01\"}}"),
         "error: not a CVE id"},
        {FEED2("{\"cve\":{\"id\":\"CVE-2024-0001\",\"lastModified\":\"soon\"}}"),
         "error: CVE-2024-0001.lastModified: not a date: soon"},
        {FEED2("{\"cve\":{\"id\":\"CVE-2024-0001\",\"lastModified\":\"2024-02-30\"}}"),
         "error: lastModified: not a date"},
        {FEED2("{\"cve\":{\"id\":\"CVE-2024-0001\",\"id\":\"CVE-2024-0002\",\"lastModified\":"
               "\"2024-01-01\"}}"),
         "error: id: this key is there twice"},
        {FEED2(CVE2(",\"metrics\":{\"cvssMetricV31\":{}}")),
         "error: CVE-2024-0001.metrics.cvssMetricV31: wanted an array"},
        {FEED2(CVE2(",\"metrics\":{\"cvssMetricV31\":[{\"cvssData\":{\"version\":\"3.1\"}}]}")),
         "error: CVE-2024-0001.metrics.cvssMetricV31[0].cvssData.baseScore: missing"},
        {FEED2(CVE2(",\"metrics\":{\"cvssMetricV31\":[{\"cvssData\":{\"version\":\"3.1\","
                    "\"baseScore\":\"9.8\"}}]}")),
         "error: baseScore: wanted a number, found a string"},
        {FEED2(CVE2(",\"descriptions\":[{\"lang\":\"es\",\"value\":\"x\"},{\"lang\":\"en\"}]")),
         "error: CVE-2024-0001.descriptions[1].value: missing"},
        {FEED2(CVE2(",\"references\":[{\"tags\":[]}]")),
         "error: CVE-2024-0001.references[0].url: missing"},
        {FEED2(CVE2(",\"configurations\":{}")), "error: cve.configurations: wanted an array"},
        {FEED2(CVE2(",\"configurations\":[{}]")),
         "error: CVE-2024-0001.configurations[0].nodes: missing"},
        {FEED2(CVE2(",\"configurations\":[{\"nodes\":[{}]}]")),
         "error: CVE-2024-0001.configurations[0].nodes[0].cpeMatch: missing"},
        {FEED2(CVE2(",\"configurations\":[{\"nodes\":[{\"operator\":\"XOR\",\"cpeMatch\":[]}]}]")),
         "error: operator is neither AND nor OR: XOR"},
        {FEED2(CVE2(",\"configurations\":[{\"nodes\":[{\"cpeMatch\":[" MATCH
                    ",{\"vulnerable\":true}]}]}]")),
         "error: CVE-2024-0001.configurations[0].nodes[0].cpeMatch[1]: no CPE name"},
        {FEED2(CVE2(",\"configurations\":[{\"nodes\":[{\"cpeMatch\":[{\"criteria\":\"x\"}]}]}]")),
         "error: cpeMatch[0].vulnerable: missing"},
        {FEED2(CVE2(",\"weaknesses\":[{\"description\":[7]}]")), "error: CVE-2024-0001.weaknesses"},
        {FEED2(CVE2("") ",7"), "error: wanted a record"},
        {FEED2(CVE2("") ","
                        "{\"cve\":}"),
         "error: not valid JSON"},
        {FEED2(CVE2(",\"x\":\"\xff\"")), "error: not valid JSON"},
        {"{\"format\":\"NVD_CVE\",\"version\":\"3.0\",\"vulnerabilities\":[" CVE2("") "]}",
         "error: format is NVD_CVE version 3.0"},
        {"{\"format\":\"NVD_CVE\",\"version\":\"2.0\",\"timestamp\":\"x\",\"vulnerabilities\":[]}",
         "error: timestamp: not a date"},
        {"{\"version\":\"2.0\",\"vulnerabilities\":[" CVE2("") "]}", "error: format: missing"},
        {"{\"format\":\"NVD_CVE\",\"vulnerabilities\":{}}", "error: no list of vulnerabilities"},
        {"{\"format\":\"NVD_CVE\",\"version\":\"2.0\",\"vulnerabilities\":[" CVE2(
             "") "],\"vulnerabilities\":[" CVE2("") "]}",
         "error: "},
        {"", "error: is empty"},
        {"\n", "error: not a known feed format"},
        {"[]", "error: not a known feed format"},
        {"{\"CVE_data_type\":1}", "error: not a known feed format"},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
    /* The place is the record's in the feed. */
    static const char feed[] = FEED2(CVE2("") "," CVE2("") ",{\"cve\":7}");
    CHECK(!import_text("feed.json", str_from_c(feed)));
    CHECK(err.has_offset && strncmp(feed + err.offset, "{\"cve\":7}", 9) == 0);
    CHECK_STR(str_from_c(err.input), in_dir("feed.json"));
    err_clear(&err);
    static const char broken[] = FEED2(CVE2("") ",{\"cve\" 7}");
    CHECK(!import_text("feed.json", str_from_c(broken)));
    CHECK(err.has_offset && strncmp(broken + err.offset, "7}", 2) == 0);
    err_clear(&err);
}

/* --- NVD JSON 1.1 and 1.0 --- */

#define FEED1(records)                                                                             \
    "{\"CVE_data_type\":\"CVE\",\"CVE_data_format\":\"MITRE\",\"CVE_data_version\":\"4.0\",\"CVE_" \
    "data_numberOfCVEs\":\"12\","                                                                  \
    "\"CVE_data_timestamp\":\"2022-01-25T08:00Z\",\"CVE_Items\":[" records "]}"
#define CVE1(cve, more)                                                                            \
    "{\"cve\":{\"CVE_data_meta\":{\"ID\":\"CVE-2022-0012\"}" cve                                   \
    "},\"lastModifiedDate\":\"2022-01-20T15:02Z\"" more "}"
#define SHOWN1 "nvd CVE-2022-0012 p= m=2022-01-20T15:02:00Z ''"
#define MATCH1 "{\"vulnerable\":true,\"cpe23Uri\":\"cpe:2.3:a:v:p:1.0:*:*:*:*:*:*:*\"}"

static void nvd1_records(void)
{
    static const struct row rows[] = {
        {FEED1(""), ""},
        {FEED1(CVE1("", "")), SHOWN1 "\n"},
        {FEED1(CVE1(",\"description\":{\"description_data\":[{\"lang\":\"en\",\"value\":\"** "
                    "REJECT ** no\"}]}",
                    "")),
         "nvd CVE-2022-0012 rejected p= m=2022-01-20T15:02:00Z '** REJECT ** no'\n"},
        {FEED1(CVE1(
             ",\"problemtype\":{\"problemtype_data\":[{\"description\":[{\"lang\":\"en\",\"value\":"
             "\"CWE-59\"}]}]},\"references\":{"
             "\"reference_data\":[{\"url\":\"http://a\",\"name\":\"n\",\"tags\":[\"Patch\"]}]}",
             ",\"publishedDate\":\"2022-01-12T18:15Z\",\"impact\":{\"baseMetricV3\":{\"cvssV3\":{"
             "\"version\":\"3.1\",\"vectorString\":\"V\","
             "\"baseScore\":7.1}},\"baseMetricV2\":{\"cvssV2\":{\"version\":\"2.0\","
             "\"vectorString\":\"W\",\"baseScore\":3.6}}}")),
         "nvd CVE-2022-0012 p=2022-01-12T18:15:00Z m=2022-01-20T15:02:00Z '' "
         "cvss3.1=71!(V,nvd@nist.gov) cvss2.0=36!(W,nvd@nist.gov) CWE-59 "
         "ref=http://a[Patch]\n"},
        {FEED1(CVE1("", ",\"configurations\":{\"CVE_data_version\":\"4.0\",\"nodes\":[{"
                        "\"operator\":\"OR\",\"cpe_match\":[" MATCH1 "]}]}")),
         SHOWN1 " {or cpe:2.3:a:v:p:1.0}\n"},
        {FEED1(CVE1("",
                    ",\"configurations\":{\"nodes\":[{\"operator\":\"AND\",\"children\":[{"
                    "\"operator\":\"OR\",\"cpe_match\":[" MATCH1
                    "]},{\"operator\":\"OR\",\"negate\":true,\"children\":[{\"cpe_match\":[" MATCH1
                    "]}]}]},{\"cpe_match\":[" MATCH1 "]}]}")),
         SHOWN1 " {and} {or in 0 cpe:2.3:a:v:p:1.0} {not or in 0} {or in 2 cpe:2.3:a:v:p:1.0} {or "
                "cpe:2.3:a:v:p:1.0}\n"},
        /* 1.0: "cpe" and "cpe22Uri". */
        {FEED1(CVE1("", ",\"configurations\":{\"nodes\":[{\"operator\":\"OR\",\"cpe\":[{"
                        "\"vulnerable\":true,\"cpe22Uri\":\"cpe:/a:v:p:2\"},{"
                        "\"vulnerable\":true,\"cpe22Uri\":\"cpe:/"
                        "a:x:y\",\"cpe23Uri\":\"cpe:2.3:a:v:p:3:*:*:*:*:*:*:*\","
                        "\"versionEndIncluding\":\"4\"}]}]}")),
         SHOWN1 " {or cpe:2.3:a:v:p:2 cpe:2.3:a:v:p:3<=4}\n"},
        {FEED1(CVE1("", ",\"configurations\":{\"nodes\":[{\"cpe_match\":[{\"vulnerable\":true,"
                        "\"cpe23Uri\":\"cpe:2.3:a\"}]}]}")),
         SHOWN1 " unreadable=1 {or lossy}\n"},
        {FEED1("{}"), "error: cve: missing"},
        {FEED1("{\"cve\":{},\"lastModifiedDate\":\"2022-01-20T15:02Z\"}"),
         "error: cve.CVE_data_meta: missing"},
        {FEED1(CVE1("", ",\"impact\":{\"baseMetricV3\":{\"cvssV3\":{\"version\":\"3.1\"}}}")),
         "error: CVE-2022-0012.impact.baseMetricV3.cvssV3.baseScore: missing"},
        {FEED1(CVE1("", ",\"publishedDate\":\"x\"")),
         "error: CVE-2022-0012.publishedDate: not a date"},
        {FEED1(CVE1("", ",\"configurations\":{\"nodes\":[{\"operator\":\"NOT\"}]}")),
         "error: CVE-2022-0012.configurations.nodes: operator is neither"},
        {FEED1(CVE1("", ",\"configurations\":{\"nodes\":{}}")),
         "error: CVE-2022-0012.configurations.nodes: wanted an array"},
        {"{\"CVE_data_type\":\"CVE\",\"CVE_data_version\":\"5.0\",\"CVE_Items\":[]}",
         "error: not CVE version 4.0"},
        {"{\"CVE_data_type\":\"CVE\",\"CVE_data_version\":\"4.0\",\"CVE_Items\":[],\"CVE_Items\":"
         "[" CVE1("", "") "]}",
         "error: "},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
    CHECK_OK(import_text("feed.json", str_from_c(FEED1(CVE1("", "")))), &err);
    CHECK_STR(str_from_c(info.format), "nvd-json-1.1");
    CHECK_INT(info.declared, 12);
    CHECK_INT(info.published, 1643097600000);
    /* Children as deep as JSON may be: no recursion, and the limit is the codec's. */
    for (size_t depth = 20; depth < 40; depth += 15) {
        struct buf b = {0};
        buf_c(&b, "{\"CVE_data_type\":\"CVE\",\"CVE_data_version\":\"4.0\",\"CVE_Items\":[{\"cve\":"
                  "{\"CVE_data_meta\":{\"ID\":\"CVE-2022-0012\"}},"
                  "\"lastModifiedDate\":\"2022-01-20T15:02Z\",\"configurations\":{\"nodes\":[");
        for (size_t i = 0; i < depth; i++)
            buf_c(&b, "{\"children\":[");
        for (size_t i = 0; i < depth; i++)
            buf_c(&b, "]}");
        buf_c(&b, "]}}]}");
        bool ok = import_text("feed.json", buf_view(&b));
        CHECK(ok == (depth == 20));
        CHECK(ok || err.code == ERR_LIMIT);
        err_clear(&err);
        buf_free(&b);
    }
}

/* --- many records, many threads --- */

static void many_feed(struct buf *b, size_t n, size_t bad)
{
    buf_c(b, "{\"format\":\"NVD_CVE\",\"version\":\"2.0\",\"vulnerabilities\":[");
    for (size_t i = 0; i < n; i++)
        buf_f(b,
              "%s{\"cve\":{\"id\":\"CVE-2024-%05zu\",\"lastModified\":\"%s\",\"vulnStatus\":\"%s\","
              "\"descriptions\":[{\"lang\":\"en\",\"value\":\"%0200zu\"}]}}",
              i ? "," : "", i, i == bad ? "never" : "2024-01-01", i % 10 ? "Analyzed" : "Rejected",
              i);
    buf_c(b, "]}");
}

#define MANY 20000

static void in_order(void)
{
    struct buf b = {0};
    many_feed(&b, MANY, MANY);
    CHECK_OK(import_text("feed.json", buf_view(&b)), &err);
    CHECK(info.records == MANY && info.rejected == MANY / 10 && info.bytes == b.n);
    CHECK(taken.commits > 5);
    size_t i = 0;
    struct str rest = buf_view(&taken.text), line;
    for (; str_split(rest, '\n', &line, &rest); i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "nvd CVE-2024-%05zu ", i);
        if (!str_starts(line, str_from_c(id))) {
            CHECK(false); /* out of order */
            break;
        }
    }
    CHECK_INT(i, MANY);
    buf_free(&b);
}

/* Whichever thread fails first: the earliest fault is the one told, and nothing hangs. */
static void failing_threads(void)
{
    for (int round = 0; round < 12; round++) {
        struct buf b = {0};
        size_t bad = (size_t)round * 1700 % MANY;
        many_feed(&b, MANY, bad);
        char want[32];
        (void)snprintf(want, sizeof want, "CVE-2024-%05zu.", bad);
        /* And a later one, which must not be told. */
        char *later = memmem(b.p + b.n / 20 * 19, b.n / 20, "2024-01-01", 10);
        if (later)
            memcpy(later, "never-ever", 10);
        CHECK_ERR(import_text("feed.json", buf_view(&b)), &err, want);
        buf_free(&b);
    }
    struct buf b = {0};
    many_feed(&b, MANY, MANY);
    write_file(in_dir("feed.json"), buf_view(&b));
    for (taken.fail_at = 1; taken.fail_at < MANY; taken.fail_at = taken.fail_at * 5 + 1)
        CHECK_ERR(import(in_dir("feed.json")), &err, "the sink is full");
    taken.fail_at = 0;
    write_file(in_dir("feed.json"),
               str_first(buf_view(&b), b.n - 3)); /* the document's end is missing */
    CHECK_ERR(import(in_dir("feed.json")), &err, "the document ends too early");
    buf_free(&b);
}

static void progress_tick(void *ctx, const char *path, unsigned long long done,
                          unsigned long long total)
{
    unsigned long long *last = ctx;
    CHECK(path && done >= *last && done <= total);
    *last = done;
}

static void progress(void)
{
    struct buf b = {0};
    unsigned long long last = 0;
    const struct vuln_sink sink = {&taken, take_new, take_add, take_seal, take_commit, take_free,
                                   take_kev, take_epss};
    const struct feed_progress p = {&last, progress_tick};
    many_feed(&b, MANY, MANY);
    write_file(in_dir("feed.json"), buf_view(&b));
    buf_clear(&taken.text);
    CHECK_OK(import_one(in_dir("feed.json"), &sink, &p, &info, &err), &err);
    CHECK_INT(last, b.n);
    buf_free(&b);
}

/* --- files --- */

static struct str packed(struct str raw)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
    size_t cap = c ? libdeflate_gzip_compress_bound(c, raw.n) : 0;
    char *p = arena_alloc(&arena, cap);
    if (!p)
        abort();
    struct str out = {p, libdeflate_gzip_compress(c, raw.p, raw.n, p, cap)};
    libdeflate_free_compressor(c);
    return out;
}

static void meta_files(void)
{
    static const char feed[] = FEED2(CVE2(""));
    char sha[SHA256_HEX], upper[SHA256_HEX];
    CHECK_OK(sha256_of(str_from_c(feed), sha, &err), &err);
    for (size_t i = 0; i < sizeof upper; i++)
        upper[i] = (char)(sha[i] >= 'a' ? sha[i] - 32 : sha[i]);
    struct str gz = packed(str_from_c(feed));
    write_file(in_dir("m.json.gz"), gz);
    CHECK_OK(import(in_dir("m.json.gz")), &err);
    CHECK(!info.meta_checked && info.bytes == sizeof feed - 1);
    const struct {
        struct str meta;
        const char *error;
    } rows[] = {
        {fmt("lastModifiedDate:2024-01-01T00:00:00-05:00\r\nsize:%s\r\nzipSize:5\r\ngzSize:"
             "7\r\nsha256:",
             "SIZE"),
         NULL},
        {STR_INIT("sha256:0000000000000000000000000000000000000000000000000000000000000000\n"),
         "its .meta file says"},
        {STR_INIT("size:7\nsha256:SHA\n"), "its .meta file says 7"},
        {STR_INIT("size:x\nsha256:SHA\n"), "m.meta: size is not a number"},
        {STR_INIT("size:7\n"), "m.meta: has no SHA-256"},
        {STR_INIT("sha256:abc\n"), "m.meta: has no SHA-256"},
        {STR_INIT(""), "m.meta: has no SHA-256"},
        {STR_INIT("sha256:SHA"), NULL},
        {STR_INIT(" \nsha256: UPPER \n"), NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = {0};
        struct str rest = rows[i].meta;
        if (i == 0) {
            buf_f(&b,
                  "lastModifiedDate:2024-01-01T00:00:00-05:00\r\nsize:%zu\r\nzipSize:5\r\ngzSize:"
                  "7\r\nsha256:%s\r\n",
                  sizeof feed - 1, upper);
        } else {
            size_t at = str_find_str(rest, STR("SHA")), up = str_find_str(rest, STR("UPPER"));
            size_t cut = at != STR_NPOS && (at + 3 == rest.n || rest.p[at + 3] == '\n') ? at : up;
            buf_str(&b, str_first(rest, cut == STR_NPOS ? rest.n : cut));
            if (cut != STR_NPOS)
                buf_c(&b, cut == up ? upper : sha);
        }
        write_file(in_dir("m.meta"), buf_view(&b));
        bool ok = import(in_dir("m.json.gz"));
        if (rows[i].error) {
            CHECK_ERR(ok, &err, rows[i].error);
        } else {
            CHECK_OK(ok, &err);
            CHECK(info.meta_checked);
        }
        buf_free(&b);
    }
    arena_free(&arena);
}

static void formats(void)
{
    struct str gz = packed(str_from_c(FEED2("")));
    write_file(in_dir("k.json"), str_first(gz, gz.n / 2));
    CHECK_ERR(import(in_dir("k.json")), &err, "cut short"); /* damaged is not "unknown" */
    CHECK_ERR(import(in_dir("missing.json")), &err, "cannot open");
    for (size_t i = 0; feed_formats[i]; i++) {
        CHECK(feed_formats[i]->name[0] && feed_formats[i]->summary[0] &&
              feed_formats[i]->source[0]);
        CHECK(feed_formats[i]->record || !feed_formats[i]->arrays);
        CHECK(feed_formats[i]->arrays || !feed_formats[i]->around);
        CHECK((feed_formats[i]->record == NULL) == (feed_formats[i]->read != NULL));
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(feed_formats[i]->name, feed_formats[k]->name));
        CHECK_INT(feed_formats[i]->probe((struct str){NULL, 0}), 0);
    }
    arena_free(&arena);
}

/* --- damage --- */

static uint64_t seed = 13;

static uint64_t rnd(uint64_t n) /* splitmix64 */
{
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % n;
}

/*
 * No crash, and failure exactly with an error (import() checks it). Cut, it never passes whole,
 * unless it has no end to be missed (`endless`: CSV).
 */
static void damage(struct str whole, bool endless)
{
    struct str copy;
    size_t failed = 0;
    CHECK_OK(import_text("damage", whole), &err);
    size_t records = taken.records;
    struct buf told = {0};
    buf_str(&told, buf_view(&taken.text));
    for (int round = 0; round < 500; round++) {
        if (!arena_dup(&arena, whole, &copy, &err))
            abort();
        char *p = (char *)(uintptr_t)copy.p;
        for (uint64_t n = 1 + rnd(4); n; n--) {
            size_t at = (size_t)rnd(copy.n);
            static const char special[] = "{}[]\",:\\<>/&=' 0-\0\xff\x80";
            p[at] = (char)(rnd(2) ? (unsigned char)special[rnd(sizeof special)]
                                  : (unsigned char)p[at] ^ (uint64_t)1 << rnd(8));
        }
        failed += !import_text("damage", copy);
        err_clear(&err);
        arena_reset(&arena);
    }
    CHECK(failed > 100);
    for (int round = 0; round < 100; round++) {
        size_t n = (size_t)rnd(str_trim(whole).n);
        bool ok = import_text("damage", str_first(whole, n));
        CHECK(!ok || (endless && taken.records <= records));
        if (ok && !endless)
            printf("# accepted when cut after %zu bytes, with %zu of %zu records\n", n,
                   taken.records, records);
        err_clear(&err);
    }
    struct str gz = packed(whole);
    for (int round = 0; round < 100; round++) {
        if (!arena_dup(&arena, gz, &copy, &err))
            abort();
        char *p = (char *)(uintptr_t)copy.p + 10 + rnd(gz.n - 10);
        *p = (char)((unsigned char)*p ^ (uint64_t)1 << rnd(8));
        /* The checksum sees to it; a few bits between blocks mean nothing. */
        if (import_text("damage", copy))
            CHECK(str_eq(buf_view(&taken.text), buf_view(&told)));
        err_clear(&err);
    }
    buf_free(&told);
    arena_free(&arena);
}

static void damaged_json(void)
{
    damage(str_from_c(FEED2(CVE2(
        ",\"metrics\":{\"cvssMetricV31\":[{\"cvssData\":{\"version\":\"3.1\",\"baseScore\":9.8}}]},"
        "\"weaknesses\":[{"
        "\"description\":[{\"value\":\"CWE-79\"}]}],\"references\":[{\"url\":\"u\",\"tags\":[\"a\"]"
        "}],\"configurations\":[{"
        "\"operator\":\"AND\",\"nodes\":[{\"operator\":\"OR\",\"negate\":true,\"cpeMatch\":[" MATCH
        "," PLATFORM "]}]}]") "," CVE2(""))),
           false);
    damage(str_from_c(FEED1(CVE1(
        ",\"description\":{\"description_data\":[{\"lang\":\"en\",\"value\":\"d\"}]}",
        ",\"configurations\":{\"nodes\":[{\"operator\":\"AND\",\"children\":[{\"cpe_match\":"
        "[" MATCH1 "]}]}]},\"impact\":{"
        "\"baseMetricV2\":{\"cvssV2\":{\"version\":\"2.0\",\"baseScore\":3.6}}}") "," CVE1("",
                                                                                           ""))), false);
}

static void damaged_fixtures(void)
{
    struct path_list list = {0};
    struct arena a = {0};
    char path[4096];
    size_t n = 0;
    (void)snprintf(path, sizeof path, "%s/feeds", test_dir());
    CHECK_OK(io_list_dir(&a, path, &list, &err), &err);
    for (size_t i = 0; i < list.n; i++) {
        struct input in;
        struct str name = str_from(list.v[i], str_rfind(list.v[i], '/') + 1);
        if (str_starts(name, STR("ok_")) && str_ends(name, STR(".csv")))
            continue; /* cut at the end of a line, a table is whole: test_feed_kev_epss.c */
        if (str_starts(name, STR("ok_"))) {
            CHECK_OK(io_read(&a, list.v[i].p, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
            damage(in.data, str_ends(name, STR(".csv")));
            n++;
        } else if (str_starts(name, STR("bad_"))) {
            CHECK(!import(list.v[i].p) && err.code != ERR_NONE);
            err_clear(&err);
        }
    }
    CHECK(n >= 2);
    arena_free(&a);
}

static void clean_up(void)
{
    char command[128];
    buf_free(&taken.text);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    CHECK(system(command) == 0); /* NOLINT(cert-env33-c): our own folder */
}

static const struct test tests[] = {
    {"nvd-json-2.0: records", nvd2_records},
    {"nvd-json-2.0: structure", nvd2_structure},
    {"nvd-json-2.0: errors", nvd2_errors},
    {"nvd-json-1.1: records", nvd1_records},
    {"records stay in order", in_order},
    {"the earliest fault is told", failing_threads},
    {"progress", progress},
    {".meta files", meta_files},
    {"formats", formats},
    {"damaged JSON feeds", damaged_json},
    {"damaged fixtures", damaged_fixtures},
    {"clean up", clean_up},
};

int main(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/vulnward-feed-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    return test_main(tests, sizeof tests / sizeof tests[0]);
}
