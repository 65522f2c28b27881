/* SPDX-License-Identifier: Apache-2.0 */
/* The NVD's XML feeds, through feed_import() into a sink that keeps everything. */
#include <unistd.h>

#include "feed/feed.h"
#include "import_one.h"
#include "test.h"

/* ---- a sink in memory ---- */

struct kept {
    struct vuln v;         /* strings and vectors copied, but for criteria */
    VEC(struct str) names; /* of the criteria, as formatted strings */
};
struct memory {
    struct arena a;
    VEC(struct kept) vulns;
};
struct sink_batch {
    struct memory *m;
};

static void *batch_new(void *ctx, struct err *err)
{
    struct sink_batch *b = calloc(1, sizeof *b);
    if (!b)
        err_memory(err);
    else
        b->m = ctx;
    return b;
}

static bool keep_str(struct memory *m, struct str *s, struct err *err)
{
    return arena_dup(&m->a, *s, s, err);
}

static void *dup_array(struct memory *m, const void *p, size_t n, size_t size)
{
    void *q = arena_array(&m->a, n + 1, size);
    return q && n ? memcpy(q, p, n * size) : q;
}

static bool keep_criteria(struct memory *m, struct kept *k, struct err *err)
{
    for (size_t i = 0; i < k->v.criteria.n; i++) {
        struct criterion *c = &k->v.criteria.v[i];
        struct str *name = VEC_PUSH(&m->a, &k->names);
        struct buf b = {0};
        if (!name)
            return err_memory(err);
        cpe_write(&b, &c->cpe);
        *name = buf_view(&b);
        bool ok = keep_str(m, name, err) && keep_str(m, &c->end_including, err);
        buf_free(&b);
        if (!ok)
            return false;
    }
    return true;
}

static bool batch_add(void *batch, const struct vuln *v, struct err *err)
{
    struct memory *m = ((struct sink_batch *)batch)->m;
    struct kept *k = VEC_PUSH(&m->a, &m->vulns);
    if (!k)
        return err_memory(err);
    k->v = *v;
    k->v.cwes.v = dup_array(m, v->cwes.v, v->cwes.n, sizeof *v->cwes.v);
    k->v.cvss.v = dup_array(m, v->cvss.v, v->cvss.n, sizeof *v->cvss.v);
    k->v.references.v = dup_array(m, v->references.v, v->references.n, sizeof *v->references.v);
    k->v.nodes.v = dup_array(m, v->nodes.v, v->nodes.n, sizeof *v->nodes.v);
    k->v.criteria.v = dup_array(m, v->criteria.v, v->criteria.n, sizeof *v->criteria.v);
    bool ok = keep_str(m, &k->v.id, err) && keep_str(m, &k->v.description, err) &&
              keep_criteria(m, k, err);
    for (size_t i = 0; ok && i < v->cwes.n; i++)
        ok = keep_str(m, &k->v.cwes.v[i], err);
    for (size_t i = 0; ok && i < v->cvss.n; i++)
        ok = keep_str(m, &k->v.cvss.v[i].vector, err) && keep_str(m, &k->v.cvss.v[i].source, err);
    for (size_t i = 0; ok && i < v->references.n; i++)
        ok = keep_str(m, &k->v.references.v[i].url, err) &&
             keep_str(m, &k->v.references.v[i].tags, err);
    return ok;
}

static bool batch_seal(void *batch, struct err *err)
{
    (void)batch, (void)err;
    return true;
}

static bool batch_commit(void *ctx, void *batch, struct err *err)
{
    (void)ctx, (void)batch, (void)err;
    return true;
}

static bool import(struct memory *m, const char *path, struct feed_info *info, struct err *err)
{
    struct vuln_sink sink = {m, batch_new, batch_add, batch_seal, batch_commit, free,
                             NULL, NULL};
    return import_one(path, &sink, NULL, info, err);
}

static bool import_file(struct memory *m, const char *name, struct feed_info *info, struct err *err)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/feeds/%s", test_dir(), name);
    return import(m, path, info, err);
}

static bool import_text(struct memory *m, struct str text, struct feed_info *info, struct err *err)
{
    char path[] = "/tmp/vulnward-test-XXXXXX";
    int fd = mkstemp(path);
    bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n;
    ok = ok ? import(m, path, info, err) : err_set(err, ERR_IO, "no temporary file");
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(path);
    }
    return ok;
}

/* ---- checks ---- */

static const struct kept none;
static const struct kept *get(const struct memory *m, const char *id)
{
    for (size_t i = 0; i < m->vulns.n; i++)
        if (str_eq(m->vulns.v[i].v.id, str_from_c(id)))
            return &m->vulns.v[i];
    printf("# no %s\n", id);
    CHECK(false);
    return &none;
}

static void check_node(const struct kept *k, size_t i, bool and_, bool negate, uint32_t parent,
                       uint32_t first, uint32_t count)
{
    CHECK(i < k->v.nodes.n);
    if (i >= k->v.nodes.n)
        return;
    const struct node *n = &k->v.nodes.v[i];
    CHECK_INT(n->and_, and_);
    CHECK_INT(n->negate, negate);
    CHECK_INT(n->parent, parent);
    CHECK_INT(n->first, first);
    CHECK_INT(n->count, count);
}

static void check_criterion(const struct kept *k, size_t i, const char *name, bool vulnerable,
                            const char *end_including)
{
    CHECK(i < k->v.criteria.n);
    if (i >= k->v.criteria.n)
        return;
    CHECK_STR(k->names.v[i], name);
    CHECK_INT(k->v.criteria.v[i].vulnerable, vulnerable);
    CHECK_STR(k->v.criteria.v[i].end_including, end_including);
    CHECK_STR(k->v.criteria.v[i].end_excluding, "");
    CHECK_STR(k->v.criteria.v[i].start_including, "");
}

static void check_cvss(const struct kept *k, unsigned tenths, const char *vector,
                       const char *source)
{
    CHECK_INT(k->v.cvss.n, 1);
    if (k->v.cvss.n != 1)
        return;
    CHECK_INT(k->v.cvss.v[0].version, CVSS_2);
    CHECK_INT(k->v.cvss.v[0].tenths, tenths);
    CHECK_STR(k->v.cvss.v[0].vector, vector);
    CHECK_STR(k->v.cvss.v[0].source, source);
    CHECK(k->v.cvss.v[0].primary);
}

static void check_date(int64_t ms, const char *want)
{
    char text[DATE_TEXT_BYTES];
    CHECK_STR(str_from_c(date_format(ms, text)), want);
}

static void test_2_0(void)
{
    struct memory m = {0};
    struct feed_info info;
    struct err err = {0};
    CHECK_OK(import_file(&m, "ok_nvd-xml-2.0__sample.xml", &info, &err), &err);
    CHECK_STR(str_from_c(info.format), "nvd-xml-2.0");
    CHECK_STR(str_from_c(info.source), "nvd");
    CHECK_INT(info.records, 4);
    CHECK_INT(info.rejected, 1);
    CHECK_INT(info.unreadable, 2);
    check_date(info.published, "2012-12-26T03:00:00Z");

    const struct kept *k = get(&m, "CVE-2012-0010");
    CHECK_STR(k->v.source, "nvd");
    CHECK(!k->v.rejected);
    check_date(k->v.published, "2012-02-14T22:55:01Z");
    check_date(k->v.modified, "2012-10-30T03:59:26Z");
    CHECK_STR(k->v.description, "Copies between browser windows are not checked & leak text.");
    check_cvss(k, 43, "AV:N/AC:M/Au:N/C:P/I:N/A:N", "nvd@nist.gov");
    CHECK_INT(k->v.cwes.n, 1);
    CHECK_STR(k->v.cwes.v[0], "CWE-200");
    CHECK_INT(k->v.references.n, 2);
    CHECK_STR(k->v.references.v[0].url, "http://example.com/ms12-010");
    CHECK_STR(k->v.references.v[0].tags, "Vendor Advisory");
    CHECK_STR(k->v.references.v[1].url, "http://example.com/?a=1&b=2");
    CHECK_STR(k->v.references.v[1].tags, "");
    CHECK_INT(k->v.nodes.n, 4);
    check_node(k, 0, true, false, NODE_NO_PARENT, 0, 0);
    check_node(k, 1, false, false, 0, 0, 1);
    check_node(k, 2, false, false, 0, 1, 2);
    check_node(k, 3, false, false, NODE_NO_PARENT, 3, 1);
    CHECK_INT(k->v.criteria.n, 4);
    check_criterion(k, 0, "cpe:2.3:a:microsoft:ie:6:*:*:*:*:*:*:*", true, "");
    check_criterion(k, 1, "cpe:2.3:o:microsoft:windows_xp:*:sp3:*:*:*:*:*:*", false, "");
    check_criterion(k, 2, "cpe:2.3:o:microsoft:windows_xp:-:sp2:x64:*:*:*:*:*", false, "");
    check_criterion(k, 3, "cpe:2.3:a:microsoft:ie:9:*:*:*:*:*:*:*", true, "");

    k = get(&m, "CVE-2012-0026");
    CHECK(k->v.rejected);
    CHECK_INT(k->v.nodes.n, 0);
    arena_free(&m.a);
}

static void test_2_0_list_and_configuration(void)
{
    struct memory m = {0};
    struct feed_info info;
    struct err err = {0};
    CHECK_OK(import_file(&m, "ok_nvd-xml-2.0__sample.xml", &info, &err), &err);
    /* The list alone. */
    const struct kept *k = get(&m, "CVE-2012-0027");
    CHECK_INT(k->v.nodes.n, 1);
    check_node(k, 0, false, false, NODE_NO_PARENT, 0, 2);
    check_criterion(k, 0, "cpe:2.3:a:openssl:openssl:1.0.0e:*:*:*:*:*:*:*", true, "");
    check_criterion(k, 1, "cpe:2.3:a:openssl:openssl:1.0.0:beta1:*:*:*:*:*:*", true, "");
    CHECK_INT(k->v.published, DATE_NONE);
    CHECK_INT(k->v.cvss.n, 0);
    /* Names between tests, a negated one, empty ones, a product no configuration has. */
    k = get(&m, "CVE-2015-4491");
    CHECK_INT(k->v.unreadable, 2);
    CHECK_INT(k->v.nodes.n, 5);
    check_node(k, 0, true, false, NODE_NO_PARENT, 0, 2);
    check_node(k, 1, false, true, 0, 2, 1);
    /* What can not be read stays as something unknown: matching may not take it for false. */
    check_node(k, 2, false, false, 0, 3, 0);
    CHECK(k->v.nodes.v[2].lossy);
    check_node(k, 3, false, false, 0, 3, 0);
    check_node(k, 4, false, false, NODE_NO_PARENT, 3, 1);
    check_criterion(k, 0, "cpe:2.3:a:mozilla:firefox:39.0.3:*:*:*:*:*:*:*", true, "");
    check_criterion(k, 1, "cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*", false, "");
    check_criterion(k, 2, "cpe:2.3:a:gnome:gdk-pixbuf:2.31.5:*:*:*:*:*:*:*", false, "");
    check_criterion(k, 3, "cpe:2.3:o:canonical:ubuntu_linux:12.04:*:*:*:lts:*:*:*", true, "");
    CHECK_INT(k->v.criteria.n, 4);
    arena_free(&m.a);
}

static void test_1_2(void)
{
    struct memory m = {0};
    struct feed_info info;
    struct err err = {0};
    CHECK_OK(import_file(&m, "ok_nvd-xml-1.2__sample.xml", &info, &err), &err);
    CHECK_STR(str_from_c(info.format), "nvd-xml-1.2");
    CHECK_INT(info.records, 4);
    CHECK_INT(info.rejected, 2);
    CHECK_INT(info.unreadable, 1);
    check_date(info.published, "2012-12-26T00:00:00Z");

    const struct kept *k = get(&m, "CVE-2012-0027");
    check_date(k->v.published, "2012-01-05T00:00:00Z");
    check_date(k->v.modified, "2012-10-23T00:00:00Z");
    CHECK_STR(k->v.description, "A peer chooses parameters the GOST engine does not check.");
    check_cvss(k, 50, "AV:N/AC:L/Au:N/C:N/I:N/A:P", "nvd@nist.gov");
    CHECK_INT(k->v.references.n, 2);
    CHECK_STR(k->v.references.v[0].tags, "Patch, Vendor Advisory");
    CHECK_STR(k->v.references.v[1].url, "http://example.com/?a=1&b=2");
    CHECK_INT(k->v.nodes.n, 1);
    check_node(k, 0, false, false, NODE_NO_PARENT, 0, 2);
    check_criterion(k, 0, "cpe:2.3:*:openssl:openssl:1.0.0:beta1:*:*:*:*:*:*", true, "");
    check_criterion(k, 1, "cpe:2.3:*:openssl:openssl:*:*:*:*:*:*:*:*", true, "1.0.0e");

    k = get(&m, "CVE-2012-0001");
    CHECK_INT(k->v.unreadable, 1);
    CHECK_INT(k->v.criteria.n, 7);
    check_node(k, 0, false, false, NODE_NO_PARENT, 0, 7);
    check_criterion(k, 0, "cpe:2.3:*:microsoft:windows_7:-:-:x32:*:*:*:*:*", true, "");
    check_criterion(k, 1, "cpe:2.3:*:microsoft:windows_7:-:sp1:*:*:*:*:*:*", true, "");
    check_criterion(k, 2, "cpe:2.3:*:microsoft:windows_server_2008:*:sp2:x64:*:*:*:*:*", true, "");
    check_criterion(k, 3, "cpe:2.3:*:microsoft:windows_server_2008:r2:*:*:*:*:*:x64:*", true, "");
    check_criterion(k, 4, "cpe:2.3:*:gnu:c\\+\\+_\\&_more:*:*:*:*:*:*:*:*", true, "");
    check_criterion(k, 5, "cpe:2.3:*:oracle:jre:*:*:*:*:*:*:*:*", true, "1.7.0");
    check_criterion(k, 6, "cpe:2.3:*:oracle:jre:*:*:*:*:*:*:*:*", true, "");

    CHECK(get(&m, "CVE-2012-0026")->v.rejected);
    k = get(&m, "CVE-2003-0001");
    CHECK(k->v.rejected);
    check_cvss(k, 33, "", "nvd@nist.gov (CVSS 1.0)");
    arena_free(&m.a);
}

#define NVD2(body) "<nvd nvd_xml_version=\"2.0\" pub_date=\"2012-12-26\">" body "</nvd>"
#define NVD1(body) "<nvd nvd_xml_version=\"1.2\" pub_date=\"2012-12-26\">" body "</nvd>"
#define ENTRY2(body) NVD2("\n<entry id=\"CVE-2012-0001\">\n" body "</entry>")
#define SCORE(s) ENTRY2("<cvss><base_metrics><score>" s "</score></base_metrics></cvss>")

static void test_faults(void)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"<feed nvd_xml_version=\"2.0\"/>", "not a known feed format"},
        {"<nvd/>", "not a known feed format"},
        {"<nvd nvd_xml_version=\"3.0\"/>", "not a known feed format"},
        {"<x><!-- <nvd nvd_xml_version=\"2.0\"> --></x>", "the root element is <x>, not <nvd>"},
        {"<nvd nvd_xml_version=\"2.0\" pub_date=\"yesterday\"/>", "not a date: yesterday"},
        {NVD2("<entries/>"), "<entries> where only <entry> can be"},
        {NVD2("<entry/>"), "an entry without an id"},
        {NVD2("<entry id=\"CVE-12-1\"/>"), "not a CVE id: CVE-12-1"},
        {NVD2("<entry id=\"CVE-2012-0001&quot;; DROP\"/>"), "not a CVE id"},
        {NVD1("<entry type=\"CVE\"/>"), "an entry without an id"},
        {NVD1("<entry name=\"CAN-2001-0001\"/>"), "not a CVE id: CAN-2001-0001"},
        {NVD1("<entry name=\"CVE-2012-0001\" published=\"2012-13-40\"/>"),
         "not a date: 2012-13-40"},
        {NVD1("<entry name=\"CVE-2012-0001\" CVSS_score=\"11\"/>"), "not a CVSS score: 11"},
        {NVD1("<entry name=\"CVE-2012-0001\" reject=\"maybe\"/>"), "neither true nor false: maybe"},
        {NVD1("<entry name=\"CVE-2012-0001\"><desc><entry name=\"CVE-2012-0002\"/></desc></entry>"),
         "<entry> where no entry can be"},
        {ENTRY2("<entry id=\"CVE-2012-0002\"/>"),
         "line 3: CVE-2012-0001: <entry> where no entry can be"},
        {ENTRY2("<cve-id>CVE-2012-0002</cve-id>"),
         "line 3: CVE-2012-0001: cve-id is not the id of the entry"},
        {ENTRY2("\n\n<published-datetime>2012-02-32</published-datetime>"),
         "line 5: CVE-2012-0001: not a date"},
        {SCORE(""), "not a CVSS score"},
        {SCORE("10.1"), "not a CVSS score: 10.1"},
        {SCORE("-1"), "not a CVSS score: -1"},
        {SCORE("5."), "not a CVSS score: 5."},
        {SCORE("5.55"), "not a CVSS score: 5.55"},
        {SCORE("1e1"), "not a CVSS score: 1e1"},
        {SCORE("nan"), "not a CVSS score: nan"},
        {SCORE("99999999999999999999999999999999"), "not a CVSS score: 9999"},
        {ENTRY2("<vulnerable-configuration><logical-test "
                "operator=\"XOR\"/></vulnerable-configuration>"),
         "neither AND nor OR: XOR"},
        {ENTRY2(
             "<vulnerable-configuration><logical-test negate=\"no\"/></vulnerable-configuration>"),
         "neither true nor false: no"},
        {NVD2("<entry id=\"CVE-2012-0001\" id=\"CVE-2012-0002\"/>"), "duplicate attribute"},
        {ENTRY2("<summary></sumary>"), "CVE-2012-0001: not valid XML: mismatched tag"},
        {ENTRY2("") "<more/>", "not valid XML: junk after document element"},
        {ENTRY2("<summary>&lol;</summary>"), "undefined entity"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct memory m = {0};
        struct feed_info info;
        struct err err = {0};
        CHECK_ERR(import_text(&m, str_from_c(cases[i].text), &info, &err), &err, cases[i].part);
        arena_free(&m.a);
    }
}

static void test_bad_files(void)
{
    static const struct {
        const char *file, *part;
    } cases[] = {
        {"bad_nvd-xml-2.0__billion_laughs.xml", "has a DOCTYPE"},
        {"bad_nvd-xml-1.2__xxe.xml", "line 2: has a DOCTYPE"},
        {"bad_nvd-xml-2.0__truncated.xml",
         "line 31: CVE-2012-0010: not valid XML: no element found"},
        {"bad_nvd-xml-1.2__truncated.xml",
         "line 21: CVE-2012-0027: not valid XML: no element found"},
        {"bad_nvd-xml-2.0__deep.xml", "line 4: CVE-2012-0001: nested more than"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct memory m = {0};
        struct feed_info info;
        struct err err = {0};
        CHECK_ERR(import_file(&m, cases[i].file, &info, &err), &err, cases[i].part);
        arena_free(&m.a);
    }
}

/* What can not be used is counted, and takes nothing else with it. */
static void test_unreadable(void)
{
    static const struct {
        const char *text;
        unsigned unreadable, nodes, criteria;
    } cases[] = {
        {ENTRY2("<vulnerable-software-list><product>x</product><product>cpe:/a:b:c:1</product></"
                "vulnerable-software-list>"),
         1, 1, 1},
        {ENTRY2("<vulnerable-software-list><product>x</product></vulnerable-software-list>"), 1, 0,
         0},
        {ENTRY2("<vulnerable-software-list><other/></vulnerable-software-list>"), 1, 0, 0},
        {ENTRY2("<vulnerable-configuration><fact-ref "
                "name=\"cpe:/a:b:c:1\"/></vulnerable-configuration>"),
         1, 0, 0},
        {ENTRY2("<vulnerable-configuration><logical-test><fact-ref/></logical-test></"
                "vulnerable-configuration>"),
         1, 1, 0},
        {ENTRY2("<vulnerable-configuration><logical-test><check-fact-ref/><fact-ref "
                "name=\"cpe:/a:b:c:1\"/></logical-test></vulnerable-configuration>"),
         1, 1, 1},
        {ENTRY2("<cvss><base_metrics><access-vector>NETWORK</access-vector></base_metrics></cvss>"),
         1, 0, 0},
        {SCORE("5"), 1, 0, 0},
        {ENTRY2("<references><reference>no address</reference></references>"), 1, 0, 0},
        {ENTRY2("<scanner><definition/></scanner><unheard-of><cvss>x</cvss></unheard-of>"), 0, 0,
         0},
        {NVD1("<entry name=\"CVE-2012-0001\"><vuln_soft><prod vendor=\"a\" name=\"b\"><vers "
              "num=\"1\" edition=\"a:b:c:d\"/><vers num=\"2\"/></prod></vuln_soft></entry>"),
         1, 1, 1},
        {NVD1("<entry name=\"CVE-2012-0001\"><vuln_soft><prod/><soft/></vuln_soft></entry>"), 2, 0,
         0},
        {NVD1("<entry name=\"CVE-2012-0001\"><vuln_soft><prod vendor=\"a\" "
              "name=\"b\"><version/></prod></vuln_soft></entry>"),
         1, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct memory m = {0};
        struct feed_info info;
        struct err err = {0};
        int before = test_failures;
        CHECK_OK(import_text(&m, str_from_c(cases[i].text), &info, &err), &err);
        CHECK_INT(info.records, 1);
        CHECK_INT(info.unreadable, cases[i].unreadable);
        const struct kept *k = get(&m, "CVE-2012-0001");
        CHECK_INT(k->v.nodes.n, cases[i].nodes);
        CHECK_INT(k->v.criteria.n, cases[i].criteria);
        for (size_t j = 0; j < k->v.criteria.n; j++)
            CHECK(k->v.criteria.v[j].vulnerable);
        if (test_failures != before)
            printf("# case %zu: %s\n", i, cases[i].text);
        arena_free(&m.a);
    }
}

/* More than a chunk of entries, and every cut of a small feed is an error. */
static void test_streaming(void)
{
    struct memory m = {0};
    struct feed_info info;
    struct err err = {0};
    struct buf b = {0};
    buf_c(&b, "<nvd nvd_xml_version=\"2.0\">");
    for (unsigned i = 0; i < 5000; i++)
        buf_f(
            &b,
            "<entry id=\"CVE-2012-%04u\"><vulnerable-software-list><product>cpe:/a:b:c:%u</product>"
            "</vulnerable-software-list><summary>Number %u of many, long enough to be cut "
            "somewhere</summary></entry>\n",
            i, i, i);
    buf_c(&b, "</nvd>");
    CHECK_OK(import_text(&m, buf_view(&b), &info, &err), &err);
    CHECK_INT(info.records, 5000);
    CHECK_INT(m.vulns.n, 5000);
    CHECK_STR(get(&m, "CVE-2012-4999")->names.v[0], "cpe:2.3:a:b:c:4999:*:*:*:*:*:*:*");
    arena_free(&m.a);
    buf_free(&b);
    const char *text = ENTRY2("<summary>x</summary>");
    for (size_t n = 1; n < strlen(text); n++) {
        m = (struct memory){0};
        CHECK(!import_text(&m, str_make(text, n), &info, &err));
        CHECK(err.code != ERR_NONE);
        err_clear(&err);
        arena_free(&m.a);
    }
}

static const struct test tests[] = {
    {"2.0: fields and configurations", test_2_0},
    {"2.0: list and configuration", test_2_0_list_and_configuration},
    {"1.2", test_1_2},
    {"faults", test_faults},
    {"bad files", test_bad_files},
    {"unreadable statements", test_unreadable},
    {"streaming", test_streaming},
};
TEST_MAIN(tests)
