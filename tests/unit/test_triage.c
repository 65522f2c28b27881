/* SPDX-License-Identifier: Apache-2.0 */
/* Triage: ignore lists, the gate, and what both leave of a report. */
#include "test.h"

#include <time.h>

#include "triage/triage.h"

#include "base/banned.h"

static struct arena arena;
static struct err err;

#define PUSH(vec, ...)                                                                             \
    do {                                                                                           \
        __typeof__((vec)->v) slot_ = VEC_PUSH(&arena, (vec));                                      \
        if (!slot_)                                                                                \
            abort();                                                                               \
        *slot_ = (__typeof__(*(vec)->v))__VA_ARGS__;                                               \
    } while (0)

static bool read_list(struct ignore_list *list, const char *name, struct str text)
{
    struct input in = {str_from_c(name), text};
    bool ok = ignore_read(&arena, &in, list, &err);
    CHECK(ok == (err.code == ERR_NONE));
    return ok;
}

/* --- ignore lists --- */

static void lists(void)
{
    struct ignore_list list = {0};
    CHECK_OK(
        read_list(&list, "ignored.txt",
                  STR("\xef\xbb\xbf# Parsers\r\n\r\n  CVE-2016-9318 , Device shall not, ever, "
                      "allow arbitrary XML parsing \r\n"
                      "\t# indented comment, with CVE-2000-0001 , "
                      "inside\nCVE-2020-0001,x\nGHSA-abcd-1234 , y\nDLA-1:2.3_4 , caf\xc3\xa9")),
        &err);
    CHECK_INT(list.rules.n, 4);
    static const struct {
        const char *id, *reason;
        size_t line;
    } want[] = {{"CVE-2016-9318", "Device shall not, ever, allow arbitrary XML parsing", 3},
                {"CVE-2020-0001", "x", 5},
                {"GHSA-abcd-1234", "y", 6},
                {"DLA-1:2.3_4", "caf\xc3\xa9", 7}};
    for (size_t i = 0; i < list.rules.n && i < 4; i++) {
        const struct ignore_rule *r = &list.rules.v[i];
        CHECK_STR(r->id, want[i].id);
        CHECK_STR(r->reason, want[i].reason);
        CHECK_STR(r->file, "ignored.txt");
        CHECK(r->line == want[i].line && !r->used);
    }
    /* Another file may repeat an id, and adds to the list. */
    CHECK_OK(read_list(&list, "more.txt", STR("CVE-2020-0001 , again\n")), &err);
    CHECK_INT(list.rules.n, 5);
    /* An empty list is a list. */
    list = (struct ignore_list){0};
    CHECK_OK(read_list(&list, "e", (struct str){NULL, 0}), &err);
    CHECK_OK(read_list(&list, "e", STR("\n \n# nothing\n")), &err);
    CHECK_INT(list.rules.n, 0);
    arena_free(&arena);
}

static void list_errors(void)
{
    static const struct {
        struct str text;
        const char *error;
    } rows[] = {
        {STR_INIT("CVE-2016-9318"), "f.txt: line 1: CVE-2016-9318 has no reason"},
        {STR_INIT("CVE-2016-9318 ,"), "has no reason"},
        {STR_INIT("CVE-2016-9318 , \t "), "has no reason"},
        {STR_INIT("\n\nCVE-2016-9318 not , a reason"), "f.txt: line 3: not an id"},
        {STR_INIT(", reason"), "not an id"},
        {STR_INIT("CVE20169318 , reason"), "not an id"},
        {STR_INIT("2016-9318 , reason"), "not an id"},
        {STR_INIT("-CVE , reason"), "not an id"},
        {STR_INIT("A- , reason"), "not an id"},
        {STR_INIT("CVE-2016-9318; reason"), "not an id"},
        {STR_INIT("CVE-2016-9318 # , reason"), "not an id"},
        {STR_INIT("CVE-\xc3\xa9 , reason"), "not an id"},
        {STR_INIT("CVE-2016-9318-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
                  ", reason"),
         "not an id"},
        {STR_INIT("CVE-2016-9318 , bad \xff"), "is not UTF-8"},
        {STR_INIT("CVE-2016-9318 , bad \x1b[0m"), "control character"},
        {STR_INIT("CVE-2016-9318 , b\0d"), "NUL byte"},
        {STR_INIT("CVE-2016-9318 , a\nCVE-2020-1 , b\ncve-2016-9318 , c\n"),
         "f.txt: line 3: cve-2016-9318 is in line 1 already"},
        {STR_INIT("<html>"), "not an id"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ignore_list list = {0};
        CHECK_ERR(read_list(&list, "f.txt", rows[i].text), &err, rows[i].error);
        (void)read_list(&list, "f.txt", rows[i].text);
        CHECK_INT(err.code,
                  ERR_USAGE); /* ours, so it is the user's fault and not the inventory's */
        err_clear(&err);
    }
    arena_free(&arena);
}

/* A long list takes time in proportion. */
static void long_list(void)
{
    struct buf b = {0};
    struct ignore_list list = {0};
    struct timespec from, to;
    for (int i = 0; i < 8000; i++)
        buf_f(&b, "CVE-2024-%d , reason\n", 10000 + i);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    CHECK_OK(read_list(&list, "long", buf_view(&b)), &err);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    CHECK_INT(list.rules.n, 8000);
    CHECK((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000 < 700);
    buf_free(&b);
    arena_free(&arena);
}

/* --- the gate --- */

static void gates(void)
{
    static const struct {
        const char *text, *shown; /* shown NULL: an error */
    } rows[] = {
        {"7", "cvss>=7.0"},   {"7.5", "cvss>=7.5"},   {"0", "cvss>=0.0"},
        {"10", "cvss>=10.0"}, {"10.0", "cvss>=10.0"}, {"0.1", "cvss>=0.1"},
        {"any", "any"},       {"none", "none"},       {"10.1", NULL},
        {"11", NULL},         {"-1", NULL},           {"7.", NULL},
        {".5", NULL},         {"7.55", NULL},         {"7,5", NULL},
        {"", NULL},           {" 7", NULL},           {"7 ", NULL},
        {"high", NULL},       {"Any", NULL},          {"7.x", NULL},
        {"1e1", NULL},        {"0x7", NULL},          {"99999999999999999999", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gate g = {.unscored_pass = true, .tenths = 77};
        struct str shown;
        bool ok = gate_parse(str_from_c(rows[i].text), &g, &err);
        CHECK(ok == (rows[i].shown != NULL));
        CHECK(g.unscored_pass); /* another option's, whichever comes first */
        if (!ok) {
            CHECK_ERR(ok, &err, "--fail-on takes");
            continue;
        }
        g.unscored_pass = false;
        CHECK_OK(gate_describe(&g, &arena, &shown, &err), &err);
        CHECK(rows[i].shown != NULL);
        if (rows[i].shown)
            CHECK_STR(shown, rows[i].shown);
    }
    struct gate g = GATE_DEFAULT;
    struct str shown;
    CHECK_OK(gate_describe(&g, &arena, &shown, &err), &err);
    CHECK_STR(shown, "cvss>=3.0");
    g.unscored_pass = true;
    CHECK_OK(gate_describe(&g, &arena, &shown, &err), &err);
    CHECK_STR(shown, "cvss>=3.0, unscored pass");
    arena_free(&arena);
}

/* --- the stages --- */

static void make_report(struct report *r)
{
    *r = (struct report){0};
    struct inventory inv = {
        .arena = &arena, .path = STR("inv"), .format = "test", .n_skipped = 3, .n_notes = 5};
    for (int i = 0; i < 6; i++)
        PUSH(&inv.components, {.name = STR_INIT("x")});
    PUSH(&r->inventories, inv);
    static const struct {
        enum identified_by by;
        bool uncomparable, no_product;
        size_t packages;
    } subjects[] = {{IDENTIFIED_TABLE, false, false, 2},
                    {IDENTIFIED_NONE, false, false, 1},
                    {IDENTIFIED_CPE, true, false, 1},
                    {IDENTIFIED_TABLE, false, true, 2}};
    for (uint32_t i = 0, k = 0; i < 4; i++) {
        PUSH(&r->subjects, {.identified_by = subjects[i].by,
                            .uncomparable = subjects[i].uncomparable,
                            .no_product = subjects[i].no_product});
        for (size_t n = 0; n < subjects[i].packages; n++)
            PUSH(&r->subjects.v[i].packages, k++);
    }
    static const struct {
        const char *id;
        enum cvss_version v;
        unsigned tenths;
    } findings[] = {{"CVE-2024-0001", CVSS_3_1, 98}, {"CVE-2024-0002", CVSS_3_1, 29},
                    {"CVE-2024-0003", CVSS_NONE, 0}, {"CVE-2024-0004", CVSS_2, 30},
                    {"CVE-2024-0005", CVSS_3_1, 0},  {"CVE-2024-0001", CVSS_3_1, 98}};
    for (uint32_t i = 0; i < 6; i++) {
        struct finding f = {.id = str_from_c(findings[i].id),
                            .decided_by = STR("match"),
                            .subject = i == 5 ? 2 : 0};
        f.cvss.version = findings[i].v;
        f.cvss.tenths = findings[i].tenths;
        f.severity = severity_of(f.cvss.version, f.cvss.tenths);
        PUSH(&r->findings, f);
    }
}

/* Which findings fail, as a row of + and -; ignored ones as i. */
static void check_fails(const struct report *r, const char *want)
{
    char got[16] = "";
    for (size_t i = 0; i < r->findings.n && i < 15; i++)
        got[i] = (char)(r->findings.v[i].status != VEX_AFFECTED ? 'i'
                        : r->findings.v[i].fails                ? '+'
                                                                : '-');
    CHECK_STR(str_from_c(got), want);
}

static void judging(void)
{
    static const struct {
        struct gate gate;
        const char *fails;
        size_t failing;
    } rows[] = {
        {{GATE_SCORE, 30, false}, "+-++-+", 4}, {{GATE_SCORE, 30, true}, "+--+-+", 3},
        {{GATE_SCORE, 31, false}, "+-+--+", 3}, {{GATE_SCORE, 0, false}, "++++++", 6},
        {{GATE_SCORE, 100, true}, "------", 0}, {{GATE_ANY, 0, false}, "++++++", 6},
        {{GATE_ANY, 0, true}, "++++++", 6},     {{GATE_NONE, 0, false}, "------", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct report r;
        struct triage_options opt = {.gate = rows[i].gate};
        make_report(&r);
        CHECK_OK(triage_run(&r, &opt, &arena, &err), &err);
        check_fails(&r, rows[i].fails);
        CHECK_INT(r.summary.failing, rows[i].failing);
        CHECK_INT(r.summary.affected, 6);
        CHECK(r.gate.n);
    }
    arena_free(&arena);
}

static void summary(void)
{
    struct report r;
    struct triage_options opt = {.gate = GATE_DEFAULT};
    make_report(&r);
    r.findings.v[3].status = VEX_UNDER_INVESTIGATION;
    r.findings.v[4].status = VEX_FIXED;
    CHECK_OK(triage_run(&r, &opt, &arena, &err), &err);
    const struct summary *s = &r.summary;
    CHECK(s->components == 6 && s->skipped == 3);
    CHECK(s->identified == 5 && s->unidentified == 1 && s->uncomparable == 1);
    CHECK_INT(s->components, s->identified + s->unidentified);
    /* Under investigation is not settled: it counts, and it fails. */
    CHECK(r.findings.v[3].fails && !r.findings.v[4].fails);
    CHECK(s->affected == 5 && s->ignored == 1 && s->failing == 4);
    CHECK_INT(s->by_severity[SEVERITY_CRITICAL], 2);
    CHECK_INT(s->by_severity[SEVERITY_LOW], 2);
    CHECK_INT(s->by_severity[SEVERITY_UNKNOWN], 1);
    CHECK_INT(s->by_severity[SEVERITY_NONE], 0);
    size_t all = 0;
    for (size_t i = 0; i < SEVERITIES; i++)
        all += s->by_severity[i];
    CHECK_INT(all, s->affected);
    /* Of nothing. */
    r = (struct report){0};
    CHECK_OK(triage_run(&r, &opt, &arena, &err), &err);
    CHECK(!r.summary.components && !r.summary.affected && !r.summary.failing);
    arena_free(&arena);
}

static void ignoring(void)
{
    struct report r;
    struct triage_options opt = {.gate = GATE_DEFAULT};
    make_report(&r);
    CHECK_OK(read_list(&opt.ignore, "a.txt",
                       STR("# x\ncve-2024-0001 , first reason\nCVE-2024-9999 , never "
                           "seen\nCVE-2024-0003 , r3\n")),
             &err);
    CHECK_OK(read_list(&opt.ignore, "b.txt",
                       STR("CVE-2024-0001 , other reason\nCVE-2024-9999 , neither\nCVE-2024-001 , "
                           "not the same id\n")),
             &err);
    CHECK_OK(triage_run(&r, &opt, &arena, &err), &err);
    check_fails(&r, "i-i+-i");
    const struct finding *f = &r.findings.v[0];
    CHECK_INT(f->status, VEX_NOT_AFFECTED);
    CHECK_STR(f->reason, "first reason"); /* the first rule of an id decides */
    CHECK_STR(f->decided_by, "a.txt:2");
    CHECK_STR(f->justification, "inline_mitigations_already_exist");
    CHECK(!f->fails);
    CHECK_STR(r.findings.v[5].decided_by, "a.txt:2"); /* on every component */
    CHECK_STR(r.findings.v[1].decided_by, "match");
    CHECK(r.summary.ignored == 3 && r.summary.affected == 3 && r.summary.failing == 1);
    CHECK(r.summary.by_severity[SEVERITY_CRITICAL] == 0);
    /* Rules that met nothing; a repetition of one that did is no complaint. */
    CHECK_INT(r.unused_rules.n, 3);
    static const struct {
        const char *file;
        size_t line;
    } unused[] = {{"a.txt", 3}, {"b.txt", 2}, {"b.txt", 3}};
    for (size_t i = 0; i < 3 && i < r.unused_rules.n; i++) {
        CHECK_STR(r.unused_rules.v[i].file, unused[i].file);
        CHECK_INT(r.unused_rules.v[i].line, unused[i].line);
        CHECK(r.unused_rules.v[i].id.n && r.unused_rules.v[i].reason.n);
    }
    arena_free(&arena);
}

static const struct test tests[] = {
    {"ignore lists", lists},
    {"ignore lists with errors", list_errors},
    {"a long ignore list", long_list},
    {"gates", gates},
    {"judging", judging},
    {"summary", summary},
    {"ignoring", ignoring},
};
TEST_MAIN(tests)
