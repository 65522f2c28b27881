/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OSV records, one by one: JSON in, what became of it as text out. And what is no record, the
 * fixtures, damage, and memory that runs out (needs the linker's --wrap, as test_oom.c).
 */
#include "failing_memory.h"
#include "test.h"

#include "base/io.h"
#include "codec/json_read.h"
#include "feed/formats_priv.h"
#include "identity/ecosystem.h"

#include "base/banned.h"

static struct arena arena;
static struct err err;

/* --- a record as text --- */

static void show_list(struct buf *b, const char *name, const struct str *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_f(b, "%s%.*s", i ? "," : name, STR_ARG(v[i]));
}

static void show_range(struct buf *b, const struct version_range *r)
{
    const char *order = r->order == RANGE_ORDERED ? version_order(r->scheme)->name
                        : r->order == RANGE_EXACT ? "exact"
                                                  : "commits";
    CHECK(r->status == STATUS_AFFECTED);
    if (r->single)
        buf_f(b, "\n  %s =%.*s", order, STR_ARG(r->from));
    else
        buf_f(b, "\n  %s [%.*s, %.*s%c", order, STR_ARG(r->from), STR_ARG(r->to),
              r->to_including ? ']' : ')');
}

static void show_affected(struct buf *b, const struct affected *a)
{
    buf_f(b, "\n affected %.*s", STR_ARG(a->product));
    CHECK(a->fallback == STATUS_UNAFFECTED && !a->provider.n);
    for (size_t i = 0; i < a->names.n; i++) {
        const struct affected_name *n = &a->names.v[i];
        buf_f(b, " as %.*s %.*s", STR_ARG(n->ecosystem), STR_ARG(n->cpe.attr[CPE_PRODUCT]));
        CHECK(!n->weak);
        for (size_t k = 0; k < CPE_ATTRS; k++)
            CHECK(k == CPE_PRODUCT || cpe_is_any(n->cpe.attr[k]));
    }
    if (a->purl.n)
        buf_f(b, " purl %.*s", STR_ARG(a->purl));
    if (a->repo.n)
        buf_f(b, " repo %.*s", STR_ARG(a->repo));
    for (size_t i = 0; i < a->ranges.n; i++)
        show_range(b, &a->ranges.v[i]);
}

static void show(struct buf *b, const struct vuln *v)
{
    char d[DATE_TEXT_BYTES];
    buf_f(b, "%.*s %.*s (%.*s) m=%s", STR_ARG(v->source), STR_ARG(v->id), STR_ARG(v->part),
          date_format(v->modified, d));
    if (v->published != DATE_NONE)
        buf_f(b, " p=%s", date_format(v->published, d));
    CHECK(v->rejected == str_eq(v->status, STR("withdrawn")));
    if (v->rejected)
        buf_c(b, " withdrawn");
    if (v->title.n)
        buf_f(b, " t=%.*s", STR_ARG(v->title));
    if (v->description.n)
        buf_f(b, " d=%.*s", STR_ARG(v->description));
    show_list(b, " aliases=", v->aliases.v, v->aliases.n);
    show_list(b, " upstream=", v->upstream.v, v->upstream.n);
    show_list(b, " related=", v->related.v, v->related.n);
    show_list(b, " cwe=", v->cwes.v, v->cwes.n);
    if (v->stated_severity != SEVERITY_UNKNOWN)
        buf_f(b, " %s", severity_name(v->stated_severity));
    for (size_t i = 0; i < v->cvss.n; i++) {
        CHECK_STR(v->cvss.v[i].source, "osv");
        buf_f(b, " %s:%u", cvss_version_name(v->cvss.v[i].version), v->cvss.v[i].tenths);
    }
    for (size_t i = 0; i < v->references.n; i++)
        buf_f(b, " %.*s<%.*s>", STR_ARG(v->references.v[i].tags), STR_ARG(v->references.v[i].url));
    if (v->unreadable)
        buf_f(b, " unreadable=%u", v->unreadable);
    for (size_t i = 0; i < v->affected.n; i++)
        show_affected(b, &v->affected.v[i]);
}

static bool read_record(struct str text, struct str folder, struct arena *a, struct buf *out)
{
    struct json_doc doc = {0};
    const struct json *root = NULL;
    struct vuln v = {.published = DATE_NONE, .modified = DATE_NONE, .part = folder};
    bool ok = json_parse(&doc, (struct input){STR("r.json"), text}, &root, &err) &&
              feed_osv.record(root, a, &v, &err);
    bool was = armed;
    armed = false;
    if (ok)
        show(out, &v);
    json_free(&doc);
    armed = was;
    return ok;
}

static void takes(const char *json, const char *want, int line)
{
    struct buf b = {0};
    bool ok = read_record(str_from_c(json), STR("f"), &arena, &b);
    CHECK_OK(ok, &err);
    if (ok && !str_eq(buf_view(&b), str_from_c(want))) {
        test_failures++;
        printf("# line %d: got\n# %.*s\n# wanted\n# %s\n", line, STR_ARG(buf_view(&b)), want);
    }
    buf_free(&b);
    arena_reset(&arena);
    err_clear(&err);
}
#define TAKES(json, want) takes("{" json "}", "osv " want, __LINE__)

static void refuses(const char *json, const char *why)
{
    struct buf b = {0};
    CHECK_ERR(read_record(str_from_c(json), STR("f"), &arena, &b), &err, why);
    buf_free(&b);
    arena_reset(&arena);
}

#define HEAD "\"id\":\"X-1\",\"modified\":\"2026-01-02T03:04:05Z\""
#define DATED " m=2026-01-02T03:04:05Z"
#define NONE "X-1 (f|)" DATED
#define PKG(ecosystem, name) "\"package\":{\"ecosystem\":\"" ecosystem "\",\"name\":\"" name "\"}"
#define RANGE(type, events) "{\"type\":\"" type "\",\"events\":[" events "]}"
#define ENTRY(ecosystem, name, more) HEAD ",\"affected\":[{" PKG(ecosystem, name) "," more "}]"
#define EVENTS(ecosystem, events) ENTRY(ecosystem, "p", "\"ranges\":[" RANGE("ECOSYSTEM", events) "]")
#define OF(ecosystem) "X-1 (f|" ecosystem ")" DATED
#define AS(ecosystem) "\n affected p as " ecosystem " p"
#define INTRODUCED(v) "{\"introduced\":\"" v "\"}"
#define FIXED(v) "{\"fixed\":\"" v "\"}"
#define LAST(v) "{\"last_affected\":\"" v "\"}"
#define LIMIT(v) "{\"limit\":\"" v "\"}"

static void head(void)
{
    TAKES(HEAD, NONE);
    TAKES(HEAD ",\"published\":\"2025-01-01T00:00:00.123456789Z\",\"summary\":\"s\",\"details\":\"d\","
               "\"schema_version\":\"1.7.5\",\"credits\":[1],\"unknown\":{}",
          NONE " p=2025-01-01T00:00:00Z t=s d=d");
    TAKES(HEAD ",\"withdrawn\":\"2026-01-01T00:00:00Z\"", NONE " withdrawn");
    TAKES(HEAD ",\"withdrawn\":null,\"aliases\":null,\"affected\":null,\"severity\":null", NONE);
    /* rubbish does not withdraw */
    TAKES(HEAD ",\"withdrawn\":\"yes\"", NONE " unreadable=1");
    TAKES(HEAD ",\"withdrawn\":true", NONE " unreadable=1");
    TAKES(HEAD ",\"published\":7,\"summary\":[],\"details\":{}", NONE " unreadable=3");
    TAKES(HEAD ",\"references\":[{\"type\":\"WEB\",\"url\":\"u\"},{\"url\":\"w\"},{\"type\":\"FIX\"},"
               "{\"url\":1},2]",
          NONE " web<u> <w> unreadable=3");
    TAKES(HEAD ",\"references\":{}", NONE " unreadable=1");
}

static void ids(void)
{
    TAKES(HEAD ",\"aliases\":[\"CVE-1\",\"GHSA-1\",\"CVE-1\"],\"upstream\":[\"CVE-2\"],"
               "\"related\":[\"CVE-3\",\"CVE-3\"]",
          NONE " aliases=CVE-1,GHSA-1 upstream=CVE-2 related=CVE-3");
    TAKES(HEAD ",\"aliases\":[1,\"\",\"a b\",\"a\\tb\",\"a\\u0085b\",\"a\\u00a0b\"],\"upstream\":\"x\","
               "\"related\":{\"a\":\"b\"}",
          NONE " unreadable=8");
#define RELATED ",\"related\":[\"RHSA-1\",\"CVE-3\",\"CVE-4\",\"CVE-3\"]"
#define ALMA ",\"affected\":[{" PKG("AlmaLinux:9", "p") ",\"versions\":[\"1\"]}]"
#define SHOWN "\n affected p as AlmaLinux:9 p\n  rpm =1"
    TAKES(HEAD RELATED ALMA,
          "X-1 (f|AlmaLinux:9)" DATED
          " upstream=CVE-3,CVE-4 related=RHSA-1,CVE-3,CVE-4" SHOWN);
    TAKES(HEAD RELATED ALMA ",\"upstream\":[\"RHSA-1\"]",
          "X-1 (f|AlmaLinux:9)" DATED
          " upstream=RHSA-1,CVE-3,CVE-4 related=RHSA-1,CVE-3,CVE-4" SHOWN);
    /* it says what it is about: the others are only related */
    TAKES(HEAD RELATED ALMA ",\"upstream\":[\"CVE-9\"]",
          "X-1 (f|AlmaLinux:9)" DATED " upstream=CVE-9 related=RHSA-1,CVE-3,CVE-4" SHOWN);
    TAKES(HEAD RELATED ALMA ",\"aliases\":[\"CVE-9\"]",
          "X-1 (f|AlmaLinux:9)" DATED " aliases=CVE-9 related=RHSA-1,CVE-3,CVE-4" SHOWN);
    TAKES("\"id\":\"CVE-8\",\"modified\":\"2026-01-02T03:04:05Z\"" RELATED ALMA,
          "CVE-8 (f|AlmaLinux:9)" DATED " related=RHSA-1,CVE-3,CVE-4" SHOWN);
    TAKES(HEAD RELATED ",\"affected\":[{" PKG("npm", "p") ",\"versions\":[\"1\"]}]",
          "X-1 (f|npm)" DATED " related=RHSA-1,CVE-3,CVE-4\n affected p as npm p\n  semver =1");
}

static void parts(void)
{
    TAKES(HEAD ",\"affected\":[{" PKG("AlmaLinux:9", "p") ",\"versions\":[\"1\"]},{" PKG(
              "AlmaLinux:8", "p") ",\"versions\":[\"1\"]},{" PKG("AlmaLinux:9", "Q") ",\"versions\":["
                                                                                    "\"2\"]}]",
          "X-1 (f|AlmaLinux:8,AlmaLinux:9)" DATED "\n affected p as AlmaLinux:9 p\n  rpm =1"
          "\n affected p as AlmaLinux:8 p\n  rpm =1\n affected Q as AlmaLinux:9 Q\n  rpm =2");
    struct buf b = {0};
    CHECK(read_record(STR("{" HEAD "}"), (struct str){0}, &arena, &b));
    CHECK_STR(buf_view(&b), "osv X-1 (|)" DATED);
    buf_free(&b);
}

#define V31 "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
#define V2 "AV:N/AC:L/Au:N/C:N/I:N/A:C"
#define V4 "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
#define SCORE(type, score) "{\"type\":\"" type "\",\"score\":\"" score "\"}"

static void severities(void)
{
    TAKES(HEAD ",\"severity\":[" SCORE("CVSS_V3", V31) "," SCORE("CVSS_V2", V2) "," SCORE(
              "CVSS_V4", V4) "," SCORE("CVSS_V3", V31) "]",
          NONE " 3.1:98 2.0:78 4.0:93");
    /* damaged, of another version than its type, of a type to come, no text */
    TAKES(HEAD ",\"severity\":[" SCORE("CVSS_V3", "CVSS:3.1/AV:N") "," SCORE("CVSS_V4", V31) "," SCORE(
              "CVSS_V5", V31) "," SCORE("CVSS_V3", "") ",{\"type\":\"CVSS_V3\",\"score\":9.8},{},1]",
          NONE " unreadable=7");
    TAKES(HEAD ",\"severity\":\"high\"", NONE " unreadable=1");
    TAKES(HEAD ",\"severity\":[" SCORE("Ubuntu", "negligible") "]", NONE " low");
    TAKES(HEAD ",\"severity\":[" SCORE("Ubuntu", "untriaged") "]", NONE);
    TAKES(HEAD ",\"severity\":[" SCORE("Ubuntu", "dreadful") "]", NONE " unreadable=1");
    TAKES(HEAD ",\"database_specific\":{\"severity\":\"MODERATE\"}", NONE " medium");
    TAKES(HEAD ",\"database_specific\":{\"severity\":\" Important \"}", NONE " high");
    TAKES(HEAD ",\"database_specific\":{\"severity\":\"\"}", NONE);
    TAKES(HEAD ",\"database_specific\":{\"severity\":5}", NONE);
    TAKES(HEAD ",\"database_specific\":\"x\"", NONE);
    /* of a package; the worst word */
    TAKES(ENTRY("npm", "p",
                "\"versions\":[\"1\"],\"severity\":[" SCORE("CVSS_V3", V31) "],"
                "\"database_specific\":{\"severity\":\"low\"},"
                "\"ecosystem_specific\":{\"severity\":\"Critical\"}"),
          OF("npm") " critical 3.1:98" AS("npm") "\n  semver =1");
    TAKES(HEAD ",\"severity\":[" SCORE("Ubuntu", "high") "," SCORE("Ubuntu", "low") "]", NONE " high");
    TAKES(HEAD ",\"database_specific\":{\"cwe_ids\":[\"CWE-79\",\"CWE-79\",1,\"x\"],"
               "\"cwes\":[{\"cweId\":\"CWE-80\"},{\"name\":\"x\"}]}",
          NONE " cwe=CWE-79,CWE-80");
    TAKES(HEAD ",\"database_specific\":{\"cwe_ids\":\"CWE-79\"}", NONE);
    /* the word before the title: of RPMs, when there is no other */
    TAKES(HEAD ",\"summary\":\"Important: zlib\"" ALMA,
          "X-1 (f|AlmaLinux:9)" DATED " t=Important: zlib high" SHOWN);
    TAKES(HEAD ",\"summary\":\"Important: zlib\",\"database_specific\":{\"severity\":\"low\"}" ALMA,
          "X-1 (f|AlmaLinux:9)" DATED " t=Important: zlib low" SHOWN);
    TAKES(HEAD ",\"summary\":\"Important: zlib\"", NONE " t=Important: zlib");
    TAKES(HEAD ",\"summary\":\"zlib: Important\"" ALMA,
          "X-1 (f|AlmaLinux:9)" DATED " t=zlib: Important" SHOWN);
}

static void ranges(void)
{
    TAKES(EVENTS("Debian:12", INTRODUCED("0") "," FIXED("1.2-3")),
          OF("Debian:12") AS("Debian:12") "\n  deb [0, 1.2-3)");
    TAKES(EVENTS("npm", INTRODUCED("1.0.0") "," FIXED("1.0.2") "," INTRODUCED("3.0.0") "," FIXED(
              "3.2.5")),
          OF("npm") AS("npm") "\n  semver [1.0.0, 1.0.2)\n  semver [3.0.0, 3.2.5)");
    /* sorted first, by the ecosystem's order; "0" is before all */
    TAKES(EVENTS("npm", FIXED("1.10.0") "," INTRODUCED("2.0.0") "," INTRODUCED("1.9.0") "," FIXED(
              "2.0.1")),
          OF("npm") AS("npm") "\n  semver [1.9.0, 1.10.0)\n  semver [2.0.0, 2.0.1)");
    TAKES(EVENTS("Debian:12", FIXED("0~1") "," INTRODUCED("0")),
          OF("Debian:12") AS("Debian:12") "\n  deb [0, 0~1)");
    TAKES(EVENTS("Debian:12", INTRODUCED("0")), OF("Debian:12") AS("Debian:12") "\n  deb [0, )");
    TAKES(EVENTS("npm", INTRODUCED("1.0.0") "," LAST("1.5.0")),
          OF("npm") AS("npm") "\n  semver [1.0.0, 1.5.0]");
    TAKES(EVENTS("npm", LAST("1.5.0") "," INTRODUCED("1.5.0")),
          OF("npm") AS("npm") "\n  semver [1.5.0, 1.5.0]");
    TAKES(EVENTS("npm", INTRODUCED("0") "," FIXED("1.0.0") "," INTRODUCED("1.0.0")),
          OF("npm") AS("npm") "\n  semver [0, 1.0.0)\n  semver [1.0.0, )");
    TAKES(EVENTS("npm", INTRODUCED("1.0.0") "," INTRODUCED("1.1.0") "," FIXED("2.0.0") "," FIXED(
              "3.0.0")),
          OF("npm") AS("npm") "\n  semver [1.0.0, 2.0.0)");
    TAKES(EVENTS("npm", FIXED("2.0.0")), OF("npm") AS("npm") "\n  semver [, 2.0.0)");
    TAKES(EVENTS("npm", LAST("2.0.0")), OF("npm") AS("npm") "\n  semver [, 2.0.0]");
    TAKES(EVENTS("Linux", INTRODUCED("6.2") "," FIXED("6.2-rc1")),
          OF("Linux") AS("Linux") "\n  kernel [, 6.2-rc1)\n  kernel [6.2, )");
}

static void limits(void)
{
    TAKES(EVENTS("npm", INTRODUCED("1.0.0") "," LIMIT("2.0.0")),
          OF("npm") AS("npm") "\n  semver [1.0.0, 2.0.0)");
    TAKES(EVENTS("npm", INTRODUCED("1.0.0") "," LIMIT("2.0.0") "," LIMIT("3.0.0") "," FIXED("4.0.0")),
          OF("npm") AS("npm") "\n  semver [1.0.0, 3.0.0)");
    TAKES(EVENTS("npm", INTRODUCED("1.0.0") "," LIMIT("2.0.0") "," LAST("2.0.0")),
          OF("npm") AS("npm") "\n  semver [1.0.0, 2.0.0)");
    TAKES(EVENTS("npm", INTRODUCED("1.0.0") "," LIMIT("2.0.0") "," LIMIT("*")),
          OF("npm") AS("npm") "\n  semver [1.0.0, )");
    TAKES(EVENTS("npm", INTRODUCED("1.0.0") "," FIXED("1.1.0") "," INTRODUCED("3.0.0") "," LIMIT(
              "2.0.0")),
          OF("npm") AS("npm") "\n  semver [1.0.0, 1.1.0)");
    /* where the order is not known, more is affected, not less */
    TAKES(EVENTS("Maven", INTRODUCED("1") "," LIMIT("2")),
          OF("Maven") AS("Maven") "\n  exact [1, )");
}

static void orders(void)
{
    TAKES(EVENTS("Maven", INTRODUCED("2") "," FIXED("10") "," INTRODUCED("1") "," LAST("1.5")),
          OF("Maven") AS("Maven") "\n  exact [2, 10)\n  exact [1, 1.5]");
    TAKES(EVENTS("Nowhere:1", INTRODUCED("0") "," FIXED("10")),
          OF("Nowhere:1") AS("Nowhere:1") "\n  exact [0, 10)");
    TAKES(ENTRY("Maven", "p", "\"ranges\":[" RANGE("SEMVER", FIXED("1.9.0") "," INTRODUCED("1.10.0"))
                                  "],\"versions\":[\"1.8.0\",\"1.9.5\"]"),
          OF("Maven") AS("Maven") "\n  semver [, 1.9.0)\n  semver [1.10.0, )\n  semver =1.9.5");
#define GIT "{\"type\":\"GIT\",\"repo\":\"https://x/y\",\"events\":[" INTRODUCED("aa") "," FIXED("bb") \
    "," FIXED("cc") "," INTRODUCED("dd") "," LIMIT("ee") "]}"
    TAKES(HEAD ",\"affected\":[{\"ranges\":[" GIT "],\"versions\":[\"v1\"]}]",
          NONE "\n affected  repo https://x/y\n  commits [aa, bb)\n  commits [aa, cc)\n  commits [dd, "
               "ee)\n  exact =v1");
    TAKES(ENTRY("PyPI", "P.p", "\"ranges\":[" GIT "," RANGE("ECOSYSTEM", INTRODUCED("0")) "]"),
          OF("PyPI") "\n affected P.p as PyPI p-p repo https://x/y\n  commits [aa, bb)\n  commits "
                     "[aa, cc)\n  commits [dd, ee)\n  generic [0, )");
}

static void versions(void)
{
    /* all versions: no order is needed for that */
    TAKES(ENTRY("PyPI", "p",
                "\"ranges\":[" RANGE("ECOSYSTEM", INTRODUCED("0")) "],\"versions\":[\"1\",\"2\"]"),
          OF("PyPI") AS("PyPI") "\n  generic [0, )");
    TAKES(EVENTS("PyPI", INTRODUCED("1")), OF("PyPI") AS("PyPI") "\n  exact [1, )");
    /* what the range covers is left out, the rest stays */
    TAKES(ENTRY("npm", "p",
                "\"ranges\":[" RANGE("SEMVER", INTRODUCED("1.0.0") "," FIXED("1.5.0")) ","
                RANGE("SEMVER", INTRODUCED("2.0.0") "," LAST("2.5.0")) "],\"versions\":[\"0.9.0\","
                "\"1.0.0\",\"1.4.9\",\"1.5.0\",\"2.5.0\",\"2.5.1\",\"\",7]"),
          OF("npm") " unreadable=2" AS("npm") "\n  semver [1.0.0, 1.5.0)\n  semver [2.0.0, 2.5.0]\n  "
                                              "semver =0.9.0\n  semver =1.5.0\n  semver =2.5.1");
    TAKES(ENTRY("PyPI", "p",
                "\"ranges\":[" RANGE("ECOSYSTEM", INTRODUCED("1") "," FIXED("3")) "],"
                "\"versions\":[\"1\",\"2\"]"),
          OF("PyPI") AS("PyPI") "\n  exact [1, 3)\n  exact =1\n  exact =2");
    TAKES(ENTRY("Debian:12", "p", "\"versions\":[\"1.0-1\"]"),
          OF("Debian:12") AS("Debian:12") "\n  deb =1.0-1");
    TAKES(ENTRY("Debian:12", "p", "\"versions\":\"1.0-1\""),
          OF("Debian:12") " unreadable=1" AS("Debian:12"));
}

static void unreadable(void)
{
    TAKES(HEAD ",\"affected\":{}", NONE " unreadable=1");
    TAKES(HEAD ",\"affected\":[1,null]", NONE " unreadable=2");
    TAKES(HEAD ",\"affected\":[{}]", NONE " unreadable=1\n affected ");
    TAKES(ENTRY("npm", "p", "\"x\":1"), OF("npm") " unreadable=1" AS("npm"));
    TAKES(ENTRY("npm", "p", "\"ranges\":[],\"versions\":[]"), OF("npm") " unreadable=1" AS("npm"));
    TAKES(ENTRY("npm", "p", "\"ranges\":{}"), OF("npm") " unreadable=1" AS("npm"));
    TAKES(ENTRY("npm", "p", "\"ranges\":[1]"), OF("npm") " unreadable=1" AS("npm"));
    TAKES(ENTRY("npm", "p", "\"ranges\":[{\"type\":\"SEMVER\"}]"), OF("npm") " unreadable=1" AS("npm"));
    TAKES(ENTRY("npm", "p", "\"ranges\":[" RANGE("DATE", INTRODUCED("0")) "]"),
          OF("npm") " unreadable=1" AS("npm"));
    TAKES(EVENTS("npm", ""), OF("npm") " unreadable=1" AS("npm"));
    TAKES(EVENTS("npm", LIMIT("1")), OF("npm") " unreadable=1" AS("npm"));
    /* events that are none */
    TAKES(EVENTS("npm", INTRODUCED("1.0.0") ",{},2,{\"reverted\":\"1\"}," FIXED("2.0.0")),
          OF("npm") " unreadable=3" AS("npm") "\n  semver [1.0.0, 2.0.0)");
    TAKES(EVENTS("npm", "{\"introduced\":\"1.0.0\",\"fixed\":\"2.0.0\"}"),
          OF("npm") AS("npm") "\n  semver [1.0.0, 2.0.0)");
    /* never less affected for it */
    TAKES(EVENTS("npm", INTRODUCED("") "," FIXED("2.0.0")),
          OF("npm") " unreadable=1" AS("npm") "\n  semver [0, 2.0.0)");
    TAKES(EVENTS("npm", INTRODUCED("1.0.0") "," FIXED("")),
          OF("npm") " unreadable=1" AS("npm") "\n  semver [1.0.0, )");
    TAKES(EVENTS("npm", "{\"introduced\":1},{\"last_affected\":2}"),
          OF("npm") " unreadable=2" AS("npm") "\n  semver [0, )");
    /* words have no place among numbers, but in RPM's order they do */
    TAKES(EVENTS("npm", INTRODUCED("1.0.0") "," FIXED("nightly")),
          OF("npm") " unreadable=1" AS("npm") "\n  semver [1.0.0, )");
    TAKES(EVENTS("npm", INTRODUCED("nightly") "," FIXED("v2.0.0")),
          OF("npm") " unreadable=1" AS("npm") "\n  semver [0, v2.0.0)");
    TAKES(EVENTS("AlmaLinux:9", INTRODUCED("a") "," FIXED("b")),
          OF("AlmaLinux:9") AS("AlmaLinux:9") "\n  rpm [a, b)");
    TAKES(EVENTS("Maven", INTRODUCED("a") "," FIXED("b")), OF("Maven") AS("Maven") "\n  exact [a, b)");
    /* packages */
    TAKES(HEAD ",\"affected\":[{\"package\":\"npm\",\"versions\":[\"1\"]}]",
          NONE " unreadable=1\n affected \n  exact =1");
    TAKES(HEAD ",\"affected\":[{\"package\":{\"name\":\"p\"},\"versions\":[\"1\"]}]",
          NONE " unreadable=1\n affected p\n  exact =1");
    TAKES(HEAD ",\"affected\":[{\"package\":{\"ecosystem\":\"npm\"},\"versions\":[\"1\"]}]",
          NONE " unreadable=1\n affected \n  exact =1");
    TAKES(ENTRY("npm\\n", "p", "\"versions\":[\"1\"]"), NONE " unreadable=1\n affected p\n  exact =1");
    TAKES(HEAD ",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"p\",\"purl\":\"pkg:npm/"
               "p\"},\"versions\":[\"1\"]}]",
          OF("npm") AS("npm") " purl pkg:npm/p\n  semver =1");
}

static void errors(void)
{
    refuses("[]", "");
    refuses("7", "");
    refuses("{}", "id");
    refuses("{\"modified\":\"2026-01-01T00:00:00Z\"}", "id");
    refuses("{\"id\":\"X-1\"}", "modified");
    refuses("{\"id\":7,\"modified\":\"2026-01-01T00:00:00Z\"}", "id");
    refuses("{\"id\":\"\",\"modified\":\"2026-01-01T00:00:00Z\"}", "not an id");
    refuses("{\"id\":\"a b\",\"modified\":\"2026-01-01T00:00:00Z\"}", "not an id");
    refuses("{\"id\":\"a\\u0000\",\"modified\":\"2026-01-01T00:00:00Z\"}", "not an id");
    refuses("{\"id\":\"X-1\",\"modified\":\"\"}", "X-1.modified: not a date");
    refuses("{\"id\":\"X-1\",\"modified\":\"2026-13-01T00:00:00Z\"}", "not a date");
    refuses("{\"id\":\"X-1\",\"modified\":1}", "modified");
    refuses("{\"id\":\"X-1\",\"id\":\"X-2\",\"modified\":\"2026-01-01T00:00:00Z\"}", "twice");
    refuses("{" HEAD ",\"affected\":[{},{\"ranges\":[],\"ranges\":[]}]}", "affected[1]");
    refuses("{" HEAD ",", "not valid JSON");
    /* 128 bytes of id are one, 129 are not */
    char text[256];
    for (int n = 128; n <= 129; n++) {
        (void)snprintf(text, sizeof text, "{\"id\":\"%0*d\",\"modified\":\"2026-01-01\"}", n, 7);
        struct buf b = {0};
        CHECK(read_record(str_from_c(text), STR("f"), &arena, &b) == (n == 128));
        err_clear(&err);
        buf_free(&b);
    }
    arena_reset(&arena);
}

static int probe(const char *text)
{
    return feed_osv.probe(str_from_c(text));
}

static void probes(void)
{
    CHECK_INT(probe("{\"id\":\"X\",\"modified\":\"d\",\"affected\":[]}"), 70);
    CHECK_INT(probe("\xef\xbb\xbf\n {\n \"schema_version\" : \"1.4.0\", \"id\":\"X\", \"modified\" :"), 70);
    /* a list so long that the date is not in the head */
    CHECK_INT(probe("{\"id\":\"X\",\"summary\":\"\\\"\",\"affected\":[{\"package\":{"), 70);
    CHECK_INT(probe("{\"schema_version\":\"1\",\"id\":\"X\",\"affected\":[]}"), 50);
    CHECK_INT(probe("{\"id\":\"X\",\"affected\":[]}"), 0);
    CHECK_INT(probe("{\"id\":\"X\",\"modified\":\"d\"}"), 0);
    CHECK_INT(probe("{\"id\":\"X\"}"), 0);
    CHECK_INT(probe("{\"id\":\"X\",\"schema_version\":\"1\"}"), 0);
    CHECK_INT(probe("[{\"id\":\"X\",\"modified\":\"d\",\"affected\":[]}]"), 0);
    CHECK_INT(probe("{\"a\":{\"id\":\"X\",\"modified\":\"d\",\"affected\":[]}}"), 0);
    CHECK_INT(probe("{\"x\":[\"id\",\"modified\",\"affected\"]}"), 0);
    CHECK_INT(probe("{\"x\":\"\\\"id\\\":1,\\\"modified\\\":1,\\\"affected\\\":1\"}"), 0);
    /* the other formats */
    CHECK_INT(probe("{\"dataType\":\"CVE_RECORD\",\"cveMetadata\":{\"id\":1},\"containers\":{\"cna\":{"
                    "\"affected\":[]}}}"),
              0);
    CHECK_INT(probe("{\"format\":\"NVD_CVE\",\"vulnerabilities\":[{\"cve\":{\"id\":\"CVE-1\"}}]}"), 0);
    CHECK_INT(probe("{\"document\":{\"tracking\":{\"id\":\"X\"}},\"vulnerabilities\":[]}"), 0);
    CHECK_INT(probe("{\"id\":\"X\",\"modified\":\"d\",\"affected\":[],\"vulnerabilities\":[]}"), 0);
    CHECK_INT(probe("{\"catalogVersion\":\"1\",\"vulnerabilities\":[]}"), 0);
    CHECK_INT(probe("<xml/>"), 0);
    CHECK_INT(probe(""), 0);
    CHECK_INT(probe("{"), 0);
    CHECK_INT(probe("{\"id\\"), 0);
    CHECK_INT(probe("{\"id\""), 0);
    CHECK_INT(feed_osv.probe((struct str){0}), 0);
}

/* --- fixtures, damage --- */

static void fixtures(void)
{
    struct arena a = {0};
    struct path_list list = {0};
    char path[4096];
    size_t good = 0, bad = 0;
    (void)snprintf(path, sizeof path, "%s/feeds", test_dir());
    CHECK_OK(io_list_dir(&a, path, &list, &err), &err);
    for (size_t i = 0; i < list.n; i++) {
        struct input in;
        struct buf b = {0};
        bool ok = str_find_str(list.v[i], STR("/ok_osv-json-1__")) != STR_NPOS;
        if (!ok && str_find_str(list.v[i], STR("/bad_osv-json-1__")) == STR_NPOS)
            continue;
        CHECK_OK(io_read(&a, list.v[i].p, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
        CHECK(feed_osv.probe(str_first(in.data, 65536)) >= 50);
        CHECK(read_record(in.data, STR("f"), &arena, &b) == ok);
        if (ok)
            CHECK(str_find_str(buf_view(&b), STR("unreadable")) == STR_NPOS);
        err_clear(&err);
        buf_free(&b);
        arena_reset(&arena);
        *(ok ? &good : &bad) += 1;
    }
    CHECK(good >= 4 && bad >= 4);
    arena_free(&a);
}

static struct str fixture(struct arena *a, const char *name)
{
    char path[4096];
    struct input in = {0};
    (void)snprintf(path, sizeof path, "%s/feeds/%s", test_dir(), name);
    CHECK_OK(io_read(a, path, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
    return in.data;
}

/* Each byte left out, and each quote, bracket and letter replaced: an error or a record. */
static void damage(void)
{
    struct arena a = {0};
    struct str good = fixture(&a, "ok_osv-json-1__registry.json");
    char *text = malloc(good.n + 1);
    if (!text)
        exit(1);
    for (size_t i = 0; i < good.n; i++) {
        static const char by[] = "\"{}[]:,0n";
        for (size_t k = 0; k < sizeof by; k++) { /* the terminator, too */
            struct buf b = {0};
            size_t n = good.n - (k + 1 == sizeof by);
            memcpy(text, good.p, good.n);
            text[i] = by[k];
            if (k + 1 == sizeof by)
                memmove(text + i, text + i + 1, good.n - i - 1);
            bool ok = read_record(str_make(text, n), STR("f"), &arena, &b);
            CHECK(ok == (err.code == ERR_NONE));
            err_clear(&err);
            buf_free(&b);
            arena_reset(&arena);
        }
    }
    free(text);
    arena_free(&a);
}

/* Lists that would take time by their square. */
static void large(void)
{
    struct buf b = {0}, out = {0};
    buf_c(&b, "{" HEAD ",\"related\":[\"CVE-0\"");
    for (int i = 0; i < 100000; i++)
        buf_f(&b, ",\"CVE-%d\"", i);
    buf_c(&b, "],\"severity\":[" SCORE("Ubuntu", "low"));
    for (int i = 0; i < 100000; i++)
        buf_f(&b, "," SCORE("CVSS_V3", "%d"), i);
    buf_c(&b, "],\"affected\":[{" PKG("Debian:1", "p") ",\"ranges\":[" RANGE("SEMVER", INTRODUCED("0.1")));
    for (int i = 0; i < 50000; i++)
        buf_f(&b, "," RANGE("SEMVER", INTRODUCED("%d.1") "," FIXED("%d.2")), i, i);
    buf_c(&b, "],\"versions\":[\"0\"");
    for (int i = 0; i < 100000; i++)
        buf_f(&b, ",\"0.0.%d\"", i);
    buf_c(&b, "]}");
    for (int i = 0; i < 50000; i++)
        buf_f(&b, ",{" PKG("Debian:%d", "p") ",\"versions\":[\"1\"]}", 50000 - i);
    buf_c(&b, "]}");
    CHECK_OK(read_record(buf_view(&b), STR("f"), &arena, &out), &err);
    CHECK(str_find_str(buf_view(&out), STR("unreadable=100000\n")) != STR_NPOS);
    CHECK(str_find_str(buf_view(&out), STR("(f|Debian:1,Debian:10,")) != STR_NPOS);
    CHECK(str_find_str(buf_view(&out), STR("upstream=CVE-0,CVE-1,CVE-2,")) != STR_NPOS);
    buf_free(&b);
    buf_free(&out);
    arena_free(&arena);
}

/* Each allocation fails in turn, and all behind it: an error, or the very same text. */
static void no_memory(void)
{
    static const char *const names[] = {"ok_osv-json-1__registry.json",
                                        "ok_osv-json-1__distribution.json"};
    struct arena a = {0};
    struct buf big = {0};
    buf_c(&big, "{" HEAD ",\"related\":[\"CVE-0\"");
    for (int i = 0; i < 5000; i++)
        buf_f(&big, ",\"CVE-%d\"", i);
    buf_c(&big, "]" ALMA "}");
    for (size_t i = 0; i < 3; i++) {
        struct str text = i < 2 ? fixture(&a, names[i]) : buf_view(&big);
        struct buf want = {0}, got = {0};
        struct arena mine = {0};
        CHECK_OK(read_record(text, STR("f"), &mine, &want), &err);
        arena_free(&mine);
        long n = 0;
        for (bool ok = false; !ok && n < 5000; n++) {
            buf_clear(&got);
            left = n;
            armed = true;
            ok = read_record(text, STR("f"), &mine, &got);
            armed = false;
            CHECK(ok ? str_eq(buf_view(&got), buf_view(&want)) : err.code == ERR_MEMORY);
            err_clear(&err);
            arena_free(&mine);
        }
        CHECK(n > 2 && n < 5000);
        buf_free(&want);
        buf_free(&got);
    }
    buf_free(&big);
    arena_free(&a);
}

static const struct test tests[] = {
    {"the head of a record", head},
    {"ids", ids},
    {"the part: folder and ecosystems", parts},
    {"severities and weaknesses", severities},
    {"ranges", ranges},
    {"limits", limits},
    {"orders of ecosystems", orders},
    {"versions", versions},
    {"what cannot be read", unreadable},
    {"errors", errors},
    {"probe", probes},
    {"fixtures", fixtures},
    {"damage", damage},
    {"large records", large},
    {"out of memory", no_memory},
};
TEST_MAIN(tests)
