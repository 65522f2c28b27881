/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CISA's KEV catalogue and FIRST's EPSS scores, through feed_import() into a sink that writes down
 * what it gets. Allocations can be made to fail: needs -Wl,--wrap=malloc and so on.
 */
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "feed/feed.h"
#include "import_one.h"
#include "test.h"

#include "base/banned.h"

/* --- memory that runs out --- */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_mmap(void *p, size_t n, int protection, int flags, int fd, off_t at);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_mmap(void *p, size_t n, int protection, int flags, int fd, off_t at);

static atomic_bool armed;
static atomic_long left; /* successes to come; then every one fails, or only one */
static atomic_bool for_good;

static bool refuse(void)
{
    if (!armed)
        return false;
    long n = atomic_fetch_sub(&left, 1);
    return for_good ? n <= 0 : n == 0;
}

void *__wrap_malloc(size_t n)
{
    return refuse() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return refuse() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return refuse() ? NULL : __real_realloc(p, n);
}

void *__wrap_mmap(void *p, size_t n, int protection, int flags, int fd, off_t at)
{
    return refuse() ? MAP_FAILED : __real_mmap(p, n, protection, flags, fd, at);
}

/* --- a sink that writes down --- */

static struct buf taken; /* a line per entry, '|' between its members */
static struct feed_info info;
static struct err err;
static size_t n_kev, n_epss;
static bool quiet; /* only counts */

static void *no_batch(void *ctx, struct err *e)
{
    (void)ctx;
    err_set(e, ERR_INTERNAL, "a catalogue has no records");
    return NULL;
}

static bool take_kev(void *ctx, const struct kev *k, struct err *e)
{
    char added[DATE_TEXT_BYTES], due[DATE_TEXT_BYTES];
    bool was = armed;
    (void)ctx, (void)e;
    n_kev++;
    if (quiet)
        return true;
    armed = false;
    buf_f(&taken, "%.*s|%.*s|%.10s|%.10s|%s|%.*s|%.*s|%.*s|%.*s|%.*s\n", STR_ARG(k->id),
          STR_ARG(k->source), date_format(k->added, added), date_format(k->due, due),
          k->ransomware ? "yes" : "no", STR_ARG(k->vendor), STR_ARG(k->product), STR_ARG(k->name),
          STR_ARG(k->action), STR_ARG(k->notes));
    armed = was;
    return true;
}

static bool take_epss(void *ctx, const struct epss *e, struct err *unused)
{
    bool was = armed;
    (void)ctx, (void)unused;
    n_epss++;
    if (quiet)
        return true;
    armed = false;
    buf_f(&taken, "%.*s|%u|%u\n", STR_ARG(e->id), e->score, e->percentile);
    armed = was;
    return true;
}

static bool import(const char *path)
{
    static const struct vuln_sink sink = {
        .batch_new = no_batch, .batch_free = free, .kev = take_kev, .epss = take_epss};
    buf_clear(&taken);
    n_kev = n_epss = 0;
    return import_one(path, &sink, NULL, &info, &err);
}

static bool import_text(struct str text)
{
    char path[] = "/tmp/vulnward-test-XXXXXX";
    int fd = mkstemp(path);
    bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n;
    ok = ok ? import(path) : err_set(&err, ERR_IO, "no temporary file");
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(path);
    }
    return ok;
}

static const char *in_feeds(const char *name)
{
    static char path[4096];
    (void)snprintf(path, sizeof path, "%s/feeds/%s", test_dir(), name);
    return path;
}

static int64_t date(const char *text)
{
    int64_t ms = DATE_NONE;
    CHECK(date_parse(str_from_c(text), &ms));
    return ms;
}

/* --- KEV --- */

#define SAMPLE                                                                                     \
    "CVE-2021-44228|kev|2021-12-10|2021-12-24|yes|Apache|Log4j2|Log4j lookups load code|"          \
    "Update, or take the service down.|https://example.org/a ; https://example.org/b\n"            \
    "CVE-2014-0160|kev|2022-05-04|2022-05-25|no|OpenSSL|OpenSSL|A heartbeat, too long|Update.|\n"  \
    "CVE-2024-1086|kev|2024-05-30|2024-06-20|yes|Linux|Kernel|nf_tables frees twice|Update.|"      \
    "Gr\xc3\xb6\xc3\x9f"                                                                           \
    "e\n"

static void kev_samples(void)
{
    CHECK_OK(import(in_feeds("ok_cisa-kev-json__sample.json")), &err);
    CHECK_STR(buf_view(&taken), SAMPLE);
    CHECK_STR(str_from_c(info.format), "cisa-kev-json");
    CHECK_STR(str_from_c(info.source), "kev");
    CHECK_INT(info.records, 3);
    CHECK_INT(info.declared, 3);
    CHECK_INT(info.unreadable, 0);
    CHECK_INT(info.published, date("2026-09-20T14:00:00Z"));
    CHECK_OK(import(in_feeds("ok_cisa-kev-csv__sample.csv")), &err);
    CHECK_STR(buf_view(&taken), SAMPLE);
    CHECK_STR(str_from_c(info.format), "cisa-kev-csv");
    CHECK_STR(str_from_c(info.source), "kev");
    CHECK_INT(info.records, 3);
    CHECK_INT(info.declared, 0);
    CHECK_INT(info.unreadable, 0);
    CHECK_INT(info.published, date("2024-05-30"));
}

#define JSON(entries) "{\"catalogVersion\":\"1\",\"vulnerabilities\":[" entries "]}"
#define GOOD "{\"cveID\":\"CVE-2021-44228\",\"dateAdded\":\"2021-12-10\"}"
#define GOOD_LINE "CVE-2021-44228|kev|2021-12-10||no|||||\n"

static void kev_json_damage(void)
{
    static const struct {
        const char *entry, *line; /* what becomes of it */
        unsigned unreadable;
    } rows[] = {
        {"{\"cveID\":\"CVE-2014-160\",\"dateAdded\":\"2022-05-04\"}", "", 1},
        {"{\"cveID\":\"GHSA-jfh8-c2jp-5v3q\",\"dateAdded\":\"2022-05-04\"}", "", 1},
        {"{\"cveID\":\"\",\"dateAdded\":\"2022-05-04\"}", "", 1},
        {"{\"cveID\":5,\"dateAdded\":\"2022-05-04\"}", "", 1},
        {"{\"cveID\":null,\"dateAdded\":\"2022-05-04\"}", "", 1},
        {"{\"dateAdded\":\"2022-05-04\"}", "", 1},
        {"{\"cveID\":\"CVE-2014-0160\",\"cveID\":\"CVE-2014-0161\"}", "", 1},
        {"{}", "", 1},
        {"[]", "", 1},
        {"null", "", 1},
        {"\"CVE-2014-0160\"", "", 1},
        /* With an id it is kept. */
        {"{\"cveID\":\"CVE-2014-0160\"}", "CVE-2014-0160|kev|||no|||||\n", 1},
        {"{\"cveID\":\" CVE-2014-0160 \",\"dateAdded\":\"05/04/2022\"}",
         "CVE-2014-0160|kev|||no|||||\n", 1},
        {"{\"cveID\":\"CVE-2014-0160\",\"dateAdded\":20220504}", "CVE-2014-0160|kev|||no|||||\n",
         1},
        {"{\"cveID\":\"CVE-2014-0160\",\"dateAdded\":\"2022-02-29\",\"dueDate\":\"soon\"}",
         "CVE-2014-0160|kev|||no|||||\n", 2},
        {"{\"cveID\":\"CVE-2014-0160\",\"dateAdded\":\"2022-05-04\",\"dueDate\":\"\"}",
         "CVE-2014-0160|kev|2022-05-04||no|||||\n", 0},
        {"{\"cveID\":\"CVE-2014-0160\",\"dateAdded\":\"2022-05-04\",\"dueDate\":null}",
         "CVE-2014-0160|kev|2022-05-04||no|||||\n", 0},
        {"{\"cveID\":\"CVE-2014-0160\",\"dateAdded\":\"2022-05-04\","
         "\"knownRansomwareCampaignUse\":\"Maybe\"}",
         "CVE-2014-0160|kev|2022-05-04||no|||||\n", 1},
        {"{\"cveID\":\"CVE-2014-0160\",\"dateAdded\":\"2022-05-04\",\"product\":[\"a\"],"
         "\"notes\":{}}",
         "CVE-2014-0160|kev|2022-05-04||no|||||\n", 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf text = {0}, want = {0};
        buf_f(&text, JSON("%s," GOOD), rows[i].entry);
        buf_f(&want, "%s" GOOD_LINE "%c", rows[i].line, '\0');
        CHECK_OK(import_text(buf_view(&text)), &err);
        CHECK_STR(buf_view(&taken), want.p);
        CHECK_INT(info.unreadable, rows[i].unreadable);
        CHECK_INT(info.records, 1 + (rows[i].line[0] != '\0'));
        if (test_failures)
            printf("# ... %s\n", rows[i].entry);
        buf_free(&text);
        buf_free(&want);
    }
}

static void kev_json_frame(void)
{
    /* Members in another order, no date of release: the newest entry's. */
    CHECK_OK(import_text(STR("\n {\"vulnerabilities\":[" GOOD "],\"x\":[1]}")), &err);
    CHECK_INT(info.published, date("2021-12-10"));
    CHECK_INT(info.declared, 0);
    CHECK_OK(import_text(STR("\xef\xbb\xbf{\"vulnerabilities\":[" GOOD "]}")), &err);
    CHECK_STR(buf_view(&taken), GOOD_LINE);
    CHECK_OK(import_text(STR("{\"count\":7,\"vulnerabilities\":[" GOOD "]}")), &err);
    CHECK_INT(info.declared, 7);
    CHECK_OK(import_text(STR("{\"count\":-7,\"vulnerabilities\":[" GOOD "]}")), &err);
    CHECK_INT(info.declared, 0);
    CHECK_ERR(import_text(STR("{\"count\":\"7\",\"vulnerabilities\":[" GOOD "]}")), &err, "count");
    CHECK_ERR(import_text(STR(JSON("{\"cveID\":\"x\"},{\"cveID\":\"y\"}"))), &err,
              "none of its entries can be read (2)");
    CHECK_ERR(import_text(STR("{\"dateReleased\":\"x\",\"vulnerabilities\":[" GOOD "]}")), &err,
              "dateReleased: not a date: x");
    CHECK_ERR(import_text(STR("{\"vulnerabilities\":[" GOOD "]} {}")), &err, "");
    CHECK_ERR(import_text(STR("{\"vulnerabilities\":[{\"cveID\":\"\xff\"}]}")), &err, "");
}

#define COLUMNS "cveID,vendorProject,product,dateAdded,dueDate,knownRansomwareCampaignUse\n"

static void kev_csv(void)
{
    /* Columns by name, CRLF, a byte order mark, blank lines. */
    CHECK_OK(import_text(STR("\xef\xbb\xbf"
                             "dateAdded,x,vendorProject,cveID\r\n\r\n"
                             "2021-12-10,\"a\r\nb\",,CVE-2021-44228\r\n")),
             &err);
    CHECK_STR(buf_view(&taken), GOOD_LINE);
    /* Each of the bad ones is counted, none takes its neighbours along. */
    CHECK_OK(import_text(STR(COLUMNS "CVE-2021-44228,,,2021-12-10,,\n"
                                     "cve-2021-44228,,,2021-12-10,,\n"
                                     "CVE-2014-0160,a,b,c,2022-05-04,2022-05-25,No\n"
                                     "CVE-2014-0160,a\n"
                                     "CVE-2014-0161,a,b,yesterday,2022-05-25,known\n"
                                     "CVE-2021-44228,,,2021-12-10,,\n")),
             &err);
    CHECK_STR(buf_view(&taken),
              GOOD_LINE "CVE-2014-0161|kev||2022-05-25|yes|a|b|||\n" GOOD_LINE);
    CHECK_INT(info.unreadable, 4);
    CHECK_INT(info.records, 3);
    CHECK_INT(info.published, date("2021-12-10"));
    CHECK_ERR(import_text(STR(COLUMNS "CVE-2021-44228,,,2021-12-10,,\nCVE-2014-0160,\"a,b,\n")),
              &err, "a quoted field is not closed");
    CHECK_ERR(import_text(STR(COLUMNS "CVE-2021-44228,\"a\"b,,2021-12-10,,\n")), &err, "quote");
    CHECK_ERR(import_text(STR(COLUMNS "CVE-2021-44228,\xe9,,2021-12-10,,\n")), &err, "not UTF-8");
    CHECK_ERR(import_text(STR(COLUMNS "CVE-2021-44228,,,2021-12-10,,\nCVE-2014-0160,a")), &err,
              "3: ends in the middle of a line");
    CHECK_ERR(import_text(STR(COLUMNS)), &err, "has no entries");
    CHECK_ERR(import_text(STR(COLUMNS "x\n")), &err, "none of its entries can be read (1)");
    CHECK_ERR(import_text(STR("cveID,xvendorProject,dateAddedX\nCVE-2021-44228,,2021-12-10\n")),
              &err, "has no column dateAdded");
}

static void kev_too_large(void)
{
    struct buf text = {0};
    buf_c(&text, COLUMNS "CVE-2021-44228,\"");
    while (text.n <= LIMIT_SMALL_FILE_BYTES)
        buf_f(&text, "%1000s", "");
    buf_c(&text, "\",,2021-12-10,,\n");
    CHECK_ERR(import_text(buf_view(&text)), &err, "more than 67108864 bytes");
    buf_free(&text);
}

/* --- EPSS --- */

static void epss_sample(void)
{
    CHECK_OK(import(in_feeds("ok_first-epss-csv__sample.csv")), &err);
    CHECK_STR(buf_view(&taken), "CVE-2014-0160|94464|99986\nCVE-2021-44228|94358|99958\n"
                                "CVE-2024-1086|85519|99336\nCVE-2024-3094|7|428\n"
                                "CVE-2025-0001|0|100000\n");
    CHECK_STR(str_from_c(info.format), "first-epss-csv");
    CHECK_STR(str_from_c(info.source), "epss");
    CHECK_INT(info.records, 5);
    CHECK_INT(info.unreadable, 0);
    CHECK_INT(info.published, date("2026-09-20T12:55:00Z"));
}

#define EPSS "cve,epss,percentile\n"
#define ROW "CVE-2014-0160,0.5,1\n"
#define ROW_LINE "CVE-2014-0160|50000|100000\n"

static void epss_frames(void)
{
    /* Before February 2022. */
    CHECK_OK(import_text(STR(EPSS ROW)), &err);
    CHECK_INT(info.published, DATE_NONE);
    CHECK_STR(buf_view(&taken), ROW_LINE);
    /* CRLF, a byte order mark, blank lines, no end of the last line, a zone as it was once. */
    CHECK_OK(import_text(STR("\xef\xbb\xbf#model_version:v2022.01.01,"
                             "score_date:2022-02-04T00:00:00+0000\r\n"
                             "cve,epss,percentile\r\n\r\nCVE-2014-0160,0.5,1")),
             &err);
    CHECK_INT(info.published, date("2022-02-04"));
    CHECK_STR(buf_view(&taken), ROW_LINE);
    /* More columns are no harm, as long as they are announced. */
    CHECK_OK(import_text(STR("cve,epss,percentile,date\nCVE-2014-0160,0.5,1,x\n")), &err);
    CHECK_STR(buf_view(&taken), ROW_LINE);
    CHECK_INT(info.unreadable, 0);
    CHECK_ERR(import_text(STR("#model_version:1\ncve,epss\nCVE-2014-0160,0.5\n")), &err,
              "2: the columns are not cve,epss,percentile: cve,epss");
    CHECK_ERR(import_text(STR("#model_version:1,score_date:x\n" EPSS ROW)), &err,
              "1: not a date: x");
    CHECK_ERR(import_text(STR("#model_version:1\n")), &err, "has no entries");
    CHECK_ERR(import_text(STR(EPSS)), &err, "has no entries");
    CHECK_ERR(import_text(STR(EPSS ROW "CVE-2014-0161,0.")), &err,
              "ends in the middle of a line");
    CHECK_ERR(import_text(STR(EPSS "#" ROW)), &err, "none of its entries can be read (1)");
}

static void epss_numbers(void)
{
    static const struct {
        const char *text;
        int64_t want; /* -1: none */
    } rows[] = {
        {"0", 0},
        {"0.0", 0},
        {"0e5", 0},
        {"1", 100000},
        {"1.0", 100000},
        {"1.000000000000000000000", 100000},
        {"1e0", 100000},
        {"10e-1", 100000},
        {"100000000000000000000e-20", 100000},
        {"0.00043", 43},
        {"0.97565", 97565},
        {"9e-05", 9},
        {"9.1e-05", 9},
        {"9.5E-5", 10},
        {"0.95e-4", 10},
        {"1.2e-1", 12000},
        {"0.00012e+2", 1200},
        {"0.000005", 1},
        {"0.0000049999999999999999999999", 0},
        {"0.00000499", 0},
        {"0.999994999", 99999},
        {"0.999995", 100000},
        {"00000000000000000000000000.5", 50000},
        {"0.00000000000000000000000000000000000000005", 0},
        {"0.000000000000000000000000000000000000000001e41", 10000},
        {"1e-2147483647", 0},
        {"1.000001", -1},
        {"1.00000000000000000000000001", -1},
        {"2", -1},
        {"1e1", -1},
        {"1e2147483647", -1},
        {"1e2147483648", -1},
        {"1e-99999999999999999999", -1},
        {"99999999999999999999999999", -1},
        {"-0.1", -1},
        {"-0", -1},
        {"+0.1", -1},
        {"", -1},
        {" ", -1},
        {".5", -1},
        {"5.", -1},
        {"0.5 ", -1},
        {"0x1", -1},
        {"nan", -1},
        {"inf", -1},
        {"0.1e", -1},
        {"0.1e-", -1},
        {"0.1e--5", -1},
        {"0.1.1", -1},
        {"0,5", -1},
        {"\"0.5\"", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf text = {0}, want = {0};
        /* As the score and as the percentile. */
        buf_f(&text, EPSS "CVE-2020-0001,%s,0.25\nCVE-2020-0002,0.25,%s\n" ROW, rows[i].text,
              rows[i].text);
        if (rows[i].want >= 0)
            buf_f(&want, "CVE-2020-0001|%lld|25000\nCVE-2020-0002|25000|%lld\n",
                  (long long)rows[i].want, (long long)rows[i].want);
        buf_f(&want, ROW_LINE "%c", '\0');
        /* A blank at the end of a line is no part of it. */
        if (str_ends(str_from_c(rows[i].text), STR(" ")) && rows[i].text[1]) {
            CHECK_OK(import_text(buf_view(&text)), &err);
            CHECK_INT(info.unreadable, 1);
        } else {
            CHECK_OK(import_text(buf_view(&text)), &err);
            CHECK_STR(buf_view(&taken), want.p);
            CHECK_INT(info.unreadable, rows[i].want < 0 ? 2 : 0);
        }
        if (test_failures) {
            printf("# ... %s\n", rows[i].text);
            i = sizeof rows / sizeof rows[0];
        }
        buf_free(&text);
        buf_free(&want);
    }
}

static void epss_rows(void)
{
    static const char *const bad[] = {"CVE-2020-1,0.5,0.5",      "cve-2020-0001,0.5,0.5",
                                      ",0.5,0.5",                "CVE-2020-0001",
                                      "CVE-2020-0001,0.5",       "CVE-2020-0001,0.5,0.5,0.5",
                                      " CVE-2020-0001,0.5,0.5",  "cve,epss,percentile",
                                      "CVE-2020-0001;0.5;0.5",   "CVE-2020-000111111111111111111111,0,0",
                                      "CVE-2020-\xff\xff\xff\xff,0,0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buf text = {0};
        buf_f(&text, EPSS ROW "%s\n" ROW, bad[i]);
        CHECK_OK(import_text(buf_view(&text)), &err);
        CHECK_STR(buf_view(&taken), ROW_LINE ROW_LINE);
        CHECK_INT(info.unreadable, 1);
        buf_free(&text);
    }
    CHECK_OK(import_text(STR(EPSS "CVE-2020-0001\0,0.5,0.5\n" ROW)), &err);
    CHECK_INT(info.unreadable, 1);
}

/* Lines that the pieces cut anywhere are read as they are, and one without an end is refused. */
static void epss_pieces(void)
{
    for (size_t blanks = 0; blanks < 24; blanks++) {
        struct buf text = {0};
        size_t n = 40000;
        buf_c(&text, EPSS);
        for (size_t i = 0; i < blanks; i++)
            buf_c(&text, "\n");
        for (size_t i = 0; i < n; i++)
            buf_f(&text, "CVE-2020-%05zu,0.%05zu,0.5\n", i, i);
        CHECK_OK(import_text(buf_view(&text)), &err);
        CHECK_INT(info.records, n);
        CHECK_INT(info.unreadable, 0);
        struct str last = STR("CVE-2020-39999|39999|50000\n");
        CHECK(str_ends(buf_view(&taken), last));
        buf_free(&text);
    }
    struct buf text = {0};
    buf_c(&text, EPSS ROW);
    for (size_t i = 0; i < LIMIT_LINE_BYTES; i++)
        buf_c(&text, "000000000000");
    CHECK_ERR(import_text(buf_view(&text)), &err, "3: a line of more than 65536 bytes");
    buf_free(&text);
}

static void epss_speed(void)
{
    struct buf text = {0};
    struct timespec a, b;
    buf_c(&text, "#model_version:v2025.03.14,score_date:2025-12-26T12:55:00Z\n" EPSS);
    for (unsigned i = 0; i < 300000; i++)
        buf_f(&text, "CVE-%u-%u,0.%05u,0.%05u\n", 1999 + i / 12000, 1000 + i, i * 7 % 100000,
              i * 13 % 100000);
    quiet = true;
    (void)clock_gettime(CLOCK_MONOTONIC, &a);
    CHECK_OK(import_text(buf_view(&text)), &err);
    (void)clock_gettime(CLOCK_MONOTONIC, &b);
    quiet = false;
    CHECK_INT(n_epss, 300000);
    double s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
    printf("# 300000 scores in %.3f s\n", s);
    CHECK(s < 5); /* with sanitizers, on a busy machine */
    buf_free(&text);
}

/* --- both --- */

static void fixtures(void)
{
    struct path_list list = {0};
    struct arena a = {0};
    size_t bad = 0;
    CHECK_OK(io_list_dir(&a, in_feeds(""), &list, &err), &err);
    for (size_t i = 0; i < list.n; i++) {
        struct str name = str_from(list.v[i], str_rfind(list.v[i], '/') + 1);
        if (!str_starts(name, STR("bad_cisa-kev-")) && !str_starts(name, STR("bad_first-epss-")))
            continue;
        bool ok = import(list.v[i].p);
        bool depth = str_find_str(name, STR("__deep")) != STR_NPOS;
        CHECK(!ok);
        CHECK_INT(err.code, depth ? ERR_LIMIT : ERR_INPUT);
        if (test_failures)
            printf("# ... %.*s: %s\n", STR_ARG(name), err.msg);
        err_clear(&err);
        bad++;
    }
    CHECK_INT(bad, 14);
    arena_free(&a);
}

/* Who is sure of what: exactly one format, and none of these of the NVD's. */
static void probes(void)
{
    static const struct {
        struct str head;
        const char *format;
    } rows[] = {
        {STR_INIT(JSON(GOOD)), "cisa-kev-json"},
        {STR_INIT("{\"vulnerabilities\":[" GOOD), "cisa-kev-json"},
        {STR_INIT("cveID,vendorProject,product,vulnerabilityName,dateAdded\n"), "cisa-kev-csv"},
        {STR_INIT("#model_version:v1,score_date:2025\n"), "first-epss-csv"},
        {STR_INIT(EPSS), "first-epss-csv"},
        {STR_INIT("{\"format\":\"NVD_CVE\",\"version\":\"2.0\",\"vulnerabilities\":[{\"cve\":"
                  "{\"id\":\"CVE-2021-44228\",\"cisaExploitAdd\":\"2021-12-10\","
                  "\"descriptions\":[{\"value\":\"\\\"catalogVersion\\\" \\\"cveID\\\"\"}]"),
         "nvd-json-2.0"},
        {STR_INIT("{\"bomFormat\":\"CycloneDX\",\"vulnerabilities\":[{\"id\":\"CVE-1\"}]}"), NULL},
        {STR_INIT("name,version\nopenssl,3.0\n"), NULL},
        {STR_INIT("cve,epss\n"), NULL},
        {STR_INIT("# a comment\ncve,epss,percentile\n"), NULL},
        {STR_INIT(""), NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *best = NULL;
        size_t sure = 0;
        for (size_t f = 0; feed_formats[f]; f++)
            if (feed_formats[f]->probe(rows[i].head)) {
                best = feed_formats[f]->name;
                sure++;
            }
        CHECK_STR(str_from_c(best), rows[i].format ? rows[i].format : "");
        CHECK_INT(sure, rows[i].format != NULL);
    }
}

/* Lines of a table that have begun within its first `n` bytes, less `head` lines. */
static size_t rows_begun(struct str table, size_t n, size_t head)
{
    size_t rows = 0;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        quoted ^= table.p[i] == '"';
        rows += !quoted && table.p[i] == '\n' && i + 1 < n;
    }
    return rows > head - 1 ? rows - (head - 1) : 0;
}

/*
 * Every byte of the samples changed: no crash, failure exactly with an error. Cut anywhere: an
 * error, unless it is a table cut behind a line or what looks like one; nothing before the cut is
 * lost.
 */
static void damaged(void)
{
    static const struct {
        const char *name;
        size_t head; /* lines before the first entry; 0: no table */
    } files[] = {{"ok_cisa-kev-json__sample.json", 0},
                 {"ok_cisa-kev-csv__sample.csv", 1},
                 {"ok_first-epss-csv__sample.csv", 2}};
    static const char put[] = {'\0', '"', ',', '\n', (char)0x80, '9', '{'};
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        struct arena a = {0};
        struct input in;
        CHECK_OK(io_read(&a, in_feeds(files[f].name), LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
        char *copy = malloc(in.data.n + 1);
        CHECK(copy != NULL);
        for (size_t i = 0; copy && i < in.data.n; i++) {
            memcpy(copy, in.data.p, in.data.n);
            copy[i] = put[i % sizeof put];
            if (!import_text(str_make(copy, in.data.n)))
                CHECK_INT(err.code, ERR_INPUT);
            err_clear(&err);
            bool ok = import_text(str_first(in.data, i));
            CHECK_INT(err.code, ok ? ERR_NONE : ERR_INPUT);
            err_clear(&err);
            if (ok && i + 1 < in.data.n) {
                CHECK(files[f].head);
                CHECK_INT(info.records, rows_begun(in.data, i, files[f].head));
                CHECK_INT(info.unreadable, 0);
            }
        }
        free(copy);
        arena_free(&a);
    }
}

static void out_of_memory(void)
{
    static const char *const names[] = {"ok_cisa-kev-json__sample.json",
                                        "ok_cisa-kev-csv__sample.csv",
                                        "ok_first-epss-csv__sample.csv"};
    for (size_t f = 0; f < 2 * sizeof names / sizeof names[0]; f++) {
        struct buf want = {0};
        const char *path = in_feeds(names[f / 2]);
        long n = 0;
        for_good = f % 2;
        CHECK_OK(import(path), &err);
        buf_str(&want, buf_view(&taken));
        for (bool failed = true; failed && n < 1000; n++) {
            left = n;
            armed = true;
            bool ok = import(path);
            armed = false;
            failed = left < 0;
            CHECK(failed || ok);
            if (ok)
                CHECK(str_eq(buf_view(&taken), buf_view(&want)));
            else
                CHECK_INT(err.code, ERR_MEMORY);
            err_clear(&err);
        }
        CHECK(n > 3 && n < 1000);
        buf_free(&want);
    }
}

/* The real catalogue in both formats says the same. */
static void corpus(void)
{
    const char *root = getenv("VULNWARD_CORPUS");
    char path[4096];
    struct buf json = {0};
    (void)snprintf(path, sizeof path, "%s/kev/known_exploited_vulnerabilities.json",
                   root ? root : "");
    if (!root || access(path, R_OK)) {
        printf("# no corpus\n");
        return;
    }
    CHECK_OK(import(path), &err);
    CHECK_INT(info.records, info.declared);
    CHECK_INT(info.unreadable, 0);
    CHECK(info.records > 1000);
    buf_str(&json, buf_view(&taken));
    size_t n = (size_t)info.records;
    (void)snprintf(path, sizeof path, "%s/kev/known_exploited_vulnerabilities.csv", root);
    CHECK_OK(import(path), &err);
    CHECK_INT(info.records, n);
    CHECK_INT(info.unreadable, 0);
    CHECK(str_eq(buf_view(&taken), buf_view(&json)));
    buf_free(&json);
    (void)snprintf(path, sizeof path, "%s/epss/epss_scores-excerpt.csv", root);
    CHECK_OK(import(path), &err);
    CHECK_INT(info.unreadable, 0);
    CHECK(info.records > 20);
}

static void clean_up(void)
{
    buf_free(&taken);
}

static const struct test tests[] = {
    {"KEV: the samples", kev_samples},
    {"KEV, JSON: entries", kev_json_damage},
    {"KEV, JSON: around them", kev_json_frame},
    {"KEV, CSV", kev_csv},
    {"KEV: too large", kev_too_large},
    {"EPSS: the sample", epss_sample},
    {"EPSS: around the rows", epss_frames},
    {"EPSS: numbers", epss_numbers},
    {"EPSS: rows", epss_rows},
    {"EPSS: in pieces", epss_pieces},
    {"EPSS: speed", epss_speed},
    {"fixtures that are refused", fixtures},
    {"probes", probes},
    {"damage", damaged},
    {"out of memory", out_of_memory},
    {"the real ones", corpus},
    {"clean up", clean_up},
};
TEST_MAIN(tests)
