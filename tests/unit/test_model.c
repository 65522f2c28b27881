/* SPDX-License-Identifier: Apache-2.0 */
/* The model: versions taken apart, inventories filled and judged, scores and their names. */
#include "test.h"

#include "model/component.h"
#include "model/finding.h"
#include "model/vuln.h"

#include "base/banned.h"

static struct arena arena;
static struct err err;

static void versions(void)
{
    static const struct {
        const char *raw;
        bool has_release;
        const char *epoch, *version, *revision, *release;
    } rows[] = {
        {"1.2.3", false, "", "1.2.3", "", ""},
        {"1.2.3-r0", true, "", "1.2.3", "", "r0"},
        {"1.2.3-r0", false, "", "1.2.3-r0", "", ""},
        {"1:1.2.3-r0.0", true, "1", "1.2.3", "", "r0.0"},
        {"2:8.39-13", true, "2", "8.39", "", "13"},
        {"0:1.0", false, "0", "1.0", "", ""},
        {"a:1.0", false, "", "a:1.0", "", ""}, /* no epoch */
        {":1.0", false, "", ":1.0", "", ""},
        {"1:", false, "1", "", "", ""},
        {"99999999999:1", false, "", "99999999999:1", "", ""},
        {"4.18.0-477.el8", true, "", "4.18.0", "", "477.el8"},
        {"1.0-beta-r3", true, "", "1.0-beta", "", "r3"},
        {"1.0", true, "", "1.0", "", ""},
        {"2024a+git0+aca4eca103-r0", true, "", "2024a", "git0+aca4eca103", "r0"},
        {"6.1.38+gitAUTOINC+b358c237cf_17d7d2be2a-r0", true, "", "6.1.38",
         "gitAUTOINC+b358c237cf_17d7d2be2a", "r0"},
        {"1.2.11.dfsg-4", true, "", "1.2.11.dfsg", "", "4"},
        {"1.2.11+dfsg1-4", true, "", "1.2.11", "dfsg1", "4"},
        {"1.2.11+DFSG-4", true, "", "1.2.11", "DFSG", "4"},
        {"5.3+svn123", false, "", "5.3", "svn123", ""},
        {"5.3+hg1", false, "", "5.3", "hg1", ""},
        {"5.3+bzr9", false, "", "5.3", "bzr9", ""},
        {"5.3+ds-1", true, "", "5.3", "ds", "1"},
        {"5.3+github1", false, "", "5.3+github1", "", ""}, /* a word that begins alike */
        {"5.3+gitx", false, "", "5.3+gitx", "", ""},
        {"5.3+deb12u1", false, "", "5.3", "deb12u1", ""},
        {"252.17-1~deb12u1", true, "", "252.17", "", "1~deb12u1"},
        {"2.0~rc1", false, "", "2.0~rc1", "", ""}, /* before 2.0: part of the version */
        {"2.0+rc1", false, "", "2.0+rc1", "", ""},
        {"1.0+2+git3", false, "", "1.0+2", "git3", ""},
        {"2.0+really1.9-1", true, "", "1.9", "2.0+really", "1"}, /* is 1.9 */
        {"2.0+really1.9+dfsg-1", true, "", "1.9", "2.0+really", "1"},
        {"2.0+really", false, "", "2.0+really", "", ""},
        {"+git1", false, "", "+git1", "", ""}, /* nothing would be left */
        {"", true, "", "", "", ""},
        {"-r0", true, "", "", "", "r0"},
        {"-", true, "", "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct component c = {.epoch = STR("old"), .release = STR("old"), .revision = STR("old")};
        int before = test_failures;
        component_set_version(&c, str_from_c(rows[i].raw), rows[i].has_release);
        CHECK_STR(c.raw_version, rows[i].raw);
        CHECK_STR(c.epoch, rows[i].epoch);
        CHECK_STR(c.version, rows[i].version);
        CHECK_STR(c.revision, rows[i].revision);
        CHECK_STR(c.release, rows[i].release);
        if (test_failures != before)
            printf("# ... version \"%s\"\n", rows[i].raw);
    }
}

static struct component *add(struct inventory *inv, struct str name, struct str version)
{
    struct component *c = inventory_add(inv, 7, &err);
    CHECK(c != NULL);
    if (!c)
        abort();
    c->name = name;
    component_set_version(c, version, false);
    return c;
}

static void checking(void)
{
    static char longest[LIMIT_NAME_BYTES + 1];
    struct inventory inv = {.arena = &arena};
    memset(longest, 'x', sizeof longest);
    const struct {
        struct str name, version;
        const char *why; /* NULL: good */
    } rows[] = {
        {STR_INIT("bash"), STR_INIT("5.2"), NULL},
        {STR_INIT("caf\xc3\xa9"), STR_INIT("1"), NULL},
        {STR_INIT(""), STR_INIT("5.2"), "no package name"},
        {STR_INIT("bash"), STR_INIT(""), "no version"},
        {STR_INIT("ba\nsh"), STR_INIT("1"), "control characters"},
        {STR_INIT("ba\0sh"), STR_INIT("1"), "control characters"},
        {STR_INIT("bash\x7f"), STR_INIT("1"), "control characters"},
        {STR_INIT("bash"), STR_INIT("1\x1b[0m"), "control characters"},
        {STR_INIT("bash\xff"), STR_INIT("1"), "not UTF-8"},
        {STR_INIT("bash"), STR_INIT("\xc3"), "not UTF-8"},
        {{longest, LIMIT_NAME_BYTES}, STR_INIT("1"), NULL},
        {{longest, LIMIT_NAME_BYTES + 1}, STR_INIT("1"), "name is too long"},
        {STR_INIT("bash"), {longest, LIMIT_VERSION_BYTES}, NULL},
        {STR_INIT("bash"), {longest, LIMIT_VERSION_BYTES + 1}, "version is too long"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = inv.components.n, skipped = inv.n_skipped;
        (void)add(&inv, rows[i].name, rows[i].version);
        CHECK_OK(inventory_check_last(&inv, STR("the line"), &err), &err);
        CHECK(inv.components.n == n + (rows[i].why == NULL));
        CHECK(inv.n_skipped == skipped + (rows[i].why != NULL));
        if (rows[i].why && inv.skipped.n) {
            const struct skipped *s = &inv.skipped.v[inv.skipped.n - 1];
            CHECK(s->line == 7 && !s->note);
            CHECK_STR(s->text, "the line");
            CHECK(str_find_str(s->why, str_from_c(rows[i].why)) != STR_NPOS);
        }
    }
    arena_free(&arena);
}

/* What is listed is limited, what is counted is not; neither eats the other's room. */
static void skipping(void)
{
    struct inventory inv = {.arena = &arena};
    char text[300];
    memset(text, 'y', sizeof text);
    for (size_t i = 0; i < LIMIT_SKIPPED_LISTED + 5; i++)
        CHECK_OK(inventory_note(&inv, i, STR("n"), "on purpose", &err), &err);
    for (size_t i = 0; i < LIMIT_SKIPPED_LISTED + 7; i++)
        CHECK_OK(inventory_skip(&inv, i, str_make(text, sizeof text), "why", &err), &err);
    CHECK_INT(inv.n_skipped, LIMIT_SKIPPED_LISTED + 7);
    CHECK_INT(inv.n_notes, LIMIT_SKIPPED_LISTED + 5);
    CHECK_INT(inv.skipped.n, 2 * LIMIT_SKIPPED_LISTED);
    const struct skipped *last = &inv.skipped.v[inv.skipped.n - 1];
    CHECK(!last->note && last->text.n == LIMIT_SKIPPED_TEXT + 3 &&
          str_ends(last->text, STR("...")));
    text[0] = 'z'; /* it is a copy */
    CHECK(last->text.p[0] == 'y');
    /* A NUL byte in the text of a skipped entry: shown as far as can be, and no crash. */
    CHECK_OK(inventory_skip(&inv, 1, STR("a\0b"), "why", &err), &err);
    arena_free(&arena);
}

static void limits(void)
{
    struct inventory inv = {.arena = &arena};
    inv.components.n = inv.components.cap = LIMIT_COMPONENTS; /* as if */
    CHECK(inventory_add(&inv, 1, &err) == NULL);
    CHECK_INT(err.code, ERR_LIMIT);
    err_clear(&err);
}

static void scores(void)
{
    static const struct {
        enum cvss_version v;
        unsigned tenths;
        enum severity s;
    } rows[] = {
        {CVSS_NONE, 98, SEVERITY_UNKNOWN}, {CVSS_2, 0, SEVERITY_LOW},
        {CVSS_2, 39, SEVERITY_LOW},        {CVSS_2, 40, SEVERITY_MEDIUM},
        {CVSS_2, 69, SEVERITY_MEDIUM},     {CVSS_2, 70, SEVERITY_HIGH},
        {CVSS_2, 100, SEVERITY_HIGH},      {CVSS_3_0, 0, SEVERITY_NONE},
        {CVSS_3_1, 1, SEVERITY_LOW},       {CVSS_3_1, 39, SEVERITY_LOW},
        {CVSS_3_1, 40, SEVERITY_MEDIUM},   {CVSS_3_1, 69, SEVERITY_MEDIUM},
        {CVSS_3_1, 70, SEVERITY_HIGH},     {CVSS_3_1, 89, SEVERITY_HIGH},
        {CVSS_3_1, 90, SEVERITY_CRITICAL}, {CVSS_4_0, 100, SEVERITY_CRITICAL},
        {CVSS_4_0, 0, SEVERITY_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(severity_of(rows[i].v, rows[i].tenths), rows[i].s);
    CHECK_STR(str_from_c(severity_name(SEVERITY_CRITICAL)), "critical");
    CHECK_STR(str_from_c(severity_name(SEVERITY_UNKNOWN)), "unknown");
    CHECK_STR(str_from_c(cvss_version_name(CVSS_3_1)), "3.1");
    CHECK_STR(str_from_c(cvss_version_name(CVSS_NONE)), "");
    CHECK_STR(str_from_c(vex_status_name(VEX_NOT_AFFECTED)), "not_affected");
    CHECK_STR(str_from_c(vex_status_name(VEX_UNDER_INVESTIGATION)), "under_investigation");
    CHECK_STR(str_from_c(identified_by_name(IDENTIFIED_CPE)), "cpe");
    CHECK_STR(str_from_c(identified_by_name(IDENTIFIED_NONE)), "none");
}

/* Newest version, then primary, then the highest; the order in the record does not matter. */
static void decisive(void)
{
    static const struct cvss all[] = {
        {CVSS_4_0, 50, STR_INIT(""), STR_INIT("best"), true},
        {CVSS_4_0, 93, STR_INIT(""), STR_INIT(""), false},
        {CVSS_3_1, 98, STR_INIT(""), STR_INIT(""), true},
        {CVSS_4_0, 40, STR_INIT(""), STR_INIT(""), true},
        {CVSS_2, 100, STR_INIT(""), STR_INIT(""), true},
        {CVSS_3_0, 99, STR_INIT(""), STR_INIT(""), true},
    };
    const size_t n = sizeof all / sizeof all[0];
    struct vuln none = {0};
    CHECK(vuln_decisive_cvss(&none) == NULL);
    for (size_t turn = 0; turn < n; turn++) {
        struct vuln v = {0};
        for (size_t i = 0; i < n; i++) {
            struct cvss *c = VEC_PUSH(&arena, &v.cvss);
            if (!c)
                abort();
            *c = all[(i + turn) % n];
        }
        CHECK_STR(vuln_decisive_cvss(&v)->source, "best");
    }
    arena_free(&arena);
}

/* From what the age of a source is counted. */
static void ages(void)
{
    const int64_t day = DATE_DAY_MS, now = 1000 * day;
    static const struct {
        const char *name;
        int published, confirmed, age; /* days before now; -1: not known */
    } rows[] = {
        {"nvd", 9, -1, 9},       {"nvd", 9, 1, 9}, /* has a new date every day */
        {"cvelist", 9, 1, 9},    {"epss", 9, 1, 9},    {"other", 9, 1, 9},
        {"kev", 9, 1, 1},        {"kev", 1, 9, 1},     {"kev", 9, -1, 9},
        {"osv", 9, 1, 1},        {"osv:PyPI", 9, 1, 1}, {"osvx", 9, 1, 9},
        {"kev", 31, 1, 1},       {"kev", 32, 1, 32}, /* a mirror that stands still */
        {"osv", 1, 9, 9}, /* one ecosystem was left behind */
        {"osv", 9, -1, 9},
        {"kev", -1, 3, 3},       {"nvd", -1, 3, -1},   {"kev", -1, -1, -1},
        {"nvd", 0, -1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ms = -1;
        struct source_info s = {.name = str_from_c(rows[i].name)};
        s.published = rows[i].published < 0 ? DATE_NONE : now - rows[i].published * day;
        s.confirmed = rows[i].confirmed < 0 ? DATE_NONE : now - rows[i].confirmed * day;
        s.fetched = now;
        CHECK_INT(source_age(&s, now, &ms), rows[i].age >= 0);
        CHECK_INT(ms, rows[i].age < 0 ? -1 : rows[i].age * day);
    }
    int64_t ms = -1;
    struct source_info s = {.name = STR("nvd"), .published = now + 1, .confirmed = DATE_NONE};
    CHECK(source_age(&s, now, &ms) && ms == 0);
    CHECK(!source_age(&s, DATE_NONE, &ms));
    s.published = DATE_NONE + 1;
    CHECK(source_age(&s, INT64_MAX, &ms) && ms == INT64_MAX);
}

static const struct test tests[] = {
    {"versions are taken apart", versions}, {"components are checked", checking},
    {"what is skipped", skipping},          {"too many components", limits},
    {"scores and names", scores},           {"the score that decides", decisive},
    {"the age of a source", ages},
};
TEST_MAIN(tests)
