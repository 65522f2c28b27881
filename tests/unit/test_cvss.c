/* SPDX-License-Identifier: Apache-2.0 */
/* Scores of CVSS vectors: tests/data/cvss.tsv, what must hold for all, and rubbish. */
#include "test.h"

#include "base/io.h"
#include "model/cvss.h"

#include "base/banned.h"

static void wrong(struct str vector, const char *what)
{
    test_failures++;
    printf("# %.*s: %s\n", STR_ARG(vector), what);
}

static void check_line(struct str line)
{
    struct str vector, want, score;
    enum cvss_version version = CVSS_VERSIONS;
    unsigned tenths = 999;
    char got[16];
    CHECK(str_split(line, '\t', &vector, &want));
    bool ok = cvss_score(vector, &version, &tenths);
    if (str_eq(want, STR("invalid"))) {
        if (ok || version != CVSS_VERSIONS || tenths != 999)
            wrong(vector, "is not valid, but has a score");
        return;
    }
    CHECK(str_split(want, '\t', &want, &score));
    if (!ok) {
        wrong(vector, "has no score");
        return;
    }
    (void)snprintf(got, sizeof got, "%u.%u", tenths / 10, tenths % 10);
    if (!str_eq(want, str_from_c(cvss_version_name(version))))
        wrong(vector, "another version");
    if (!str_eq(score, str_from_c(got)))
        wrong(vector, got);
}

static void table(void)
{
    struct arena a = {0};
    struct input in;
    struct err err = {0};
    char path[4096];
    size_t n = 0;
    (void)snprintf(path, sizeof path, "%s/data/cvss.tsv", test_dir());
    CHECK_OK(io_read(&a, path, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
    for (struct str rest = in.data, line; rest.n;) {
        (void)str_split(rest, '\n', &line, &rest);
        if (!line.n || line.p[0] == '#')
            continue;
        check_line(line);
        n++;
    }
    CHECK(n > 350);
    arena_free(&a);
}

/* One value of `metric` more severe never lowers the score: all base vectors of 3.1 and 4.0. */
struct choice {
    const char *name, *values; /* one letter each, most severe first */
};
static const struct choice v3[] = {{"AV", "NALP"}, {"AC", "LH"}, {"PR", "NLH"}, {"UI", "NR"},
                                   {"S", "CU"},    {"C", "HLN"}, {"I", "HLN"},  {"A", "HLN"}};
static const struct choice v4[] = {{"AV", "NALP"}, {"AC", "LH"},  {"AT", "NP"},  {"PR", "NLH"},
                                   {"UI", "NPA"},  {"VC", "HLN"}, {"VI", "HLN"}, {"VA", "HLN"},
                                   {"SC", "HLN"},  {"SI", "HLN"}, {"SA", "HLN"}, {"E", "APU"}};
#define CHOICES_MOST 12

static unsigned score_at(const char *prefix, const struct choice *c, size_t n, const size_t *at)
{
    char text[128];
    int len = snprintf(text, sizeof text, "%s", prefix);
    enum cvss_version version;
    unsigned tenths = 999;
    for (size_t i = 0; i < n; i++)
        len += snprintf(text + len, sizeof text - (size_t)len, "/%s:%c", c[i].name,
                        c[i].values[at[i]]);
    CHECK(cvss_score(str_from_c(text), &version, &tenths));
    CHECK(tenths <= 100);
    return tenths;
}

/* Every `stride`th vector and its less severe neighbours; how many vectors. */
static size_t check_order(const char *prefix, const struct choice *c, size_t n, size_t stride)
{
    size_t at[CHOICES_MOST] = {0}, seen = 0, all = 1;
    for (size_t i = 0; i < n; i++)
        all *= strlen(c[i].values);
    for (size_t k = 0; k < all && !test_failures; k += stride, seen++) {
        size_t rest = k;
        for (size_t i = 0; i < n; i++) {
            at[i] = rest % strlen(c[i].values);
            rest /= strlen(c[i].values);
        }
        unsigned here = score_at(prefix, c, n, at);
        for (size_t i = 0; i < n; i++) {
            if (at[i] + 1 == strlen(c[i].values))
                continue;
            at[i]++;
            CHECK(score_at(prefix, c, n, at) <= here);
            at[i]--;
        }
    }
    return seen;
}

static void order_of_severity(void)
{
    CHECK_INT(check_order("CVSS:3.0", v3, sizeof v3 / sizeof v3[0], 1), 2592);
    CHECK_INT(check_order("CVSS:3.1", v3, sizeof v3 / sizeof v3[0], 1), 2592);
    CHECK(check_order("CVSS:4.0", v4, sizeof v4 / sizeof v4[0], 7) > 40000);
}

/* What a metric says, a modified one says as well. */
static void modified_metrics(void)
{
    static const char *const pairs[][2] = {
        {"AV:P/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "MAV:P"},
        {"AV:N/AC:H/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "MAC:H"},
        {"AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "MAT:P"},
        {"AV:N/AC:L/AT:N/PR:H/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "MPR:H"},
        {"AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "MUI:A"},
        {"AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:H/VA:H/SC:H/SI:H/SA:H", "MVC:N"},
        {"AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:L/VA:H/SC:H/SI:H/SA:H", "MVI:L"},
        {"AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:H/SI:H/SA:H", "MVC:L/MVI:L/MVA:N"},
        {"AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:L", "MSC:N/MSI:N/MSA:L"},
        {"AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N",
         "MVC:N/MVI:N/MVA:N/MSC:N/MSI:N/MSA:N"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char plain[256], modified[256];
        enum cvss_version version;
        unsigned a = 1, b = 2;
        (void)snprintf(plain, sizeof plain, "CVSS:4.0/%s", pairs[i][0]);
        (void)snprintf(modified, sizeof modified,
                       "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/%s",
                       pairs[i][1]);
        CHECK(cvss_score(str_from_c(plain), &version, &a));
        CHECK(cvss_score(str_from_c(modified), &version, &b));
        CHECK_INT(b, a);
    }
}

/* Safety has no base metric: it is more severe than High. */
static void safety(void)
{
    enum cvss_version version;
    unsigned high = 0, safe = 0;
#define PART "CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:L/VI:L/VA:L/SC:H/SI:H/SA:H"
    CHECK(cvss_score(STR(PART), &version, &high));
    CHECK(cvss_score(STR(PART "/MSI:S"), &version, &safe));
    CHECK(safe > high);
    CHECK(cvss_score(STR(PART "/MSA:S"), &version, &safe));
    CHECK(safe > high);
    CHECK(!cvss_score(STR(PART "/MSC:S"), &version, &safe));
#undef PART
}

/* Every vector of the table, cut everywhere and with every byte changed, is answered in bounds; a
 * cut one never scores like a whole base vector that it is not. */
static void rubbish(void)
{
    static const char *const seeds[] = {
        "(AV:N/AC:L/Au:N/C:N/I:N/A:C)",
        "CVSS:2.0/AV:N/AC:L/Au:N/C:N/I:N/A:C/E:POC",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
        "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N/E:P/MSI:S/U:Clear",
    };
    for (size_t s = 0; s < sizeof seeds / sizeof seeds[0]; s++) {
        size_t n = strlen(seeds[s]);
        enum cvss_version version;
        unsigned tenths = 0, scored = 0;
        for (size_t cut = 0; cut <= n; cut++) {
            /* A copy of the very size: what reads too far is seen by the sanitizer. */
            char *copy = malloc(cut + 1);
            CHECK(copy != NULL);
            if (!copy)
                return;
            memcpy(copy, seeds[s], cut);
            char *exact = cut ? realloc(copy, cut) : copy;
            scored += cvss_score(str_make(exact ? exact : copy, cut), &version, &tenths);
            for (size_t i = 0; exact && i < cut; i++)
                for (int c = 0; c < 256; c += 5) {
                    exact[i] = (char)c;
                    if (cvss_score(str_make(exact, cut), &version, &tenths))
                        CHECK(tenths <= 100);
                    exact[i] = seeds[s][i];
                }
            free(exact ? exact : copy);
        }
        CHECK(scored >= 1 && scored <= 4); /* whole metrics may be missing at the end */
    }
    CHECK(!cvss_score((struct str){0}, &(enum cvss_version){0}, &(unsigned){0}));
}

static const struct test tests[] = {
    {"scores of tests/data/cvss.tsv", table},
    {"more severe is never less", order_of_severity},
    {"modified base metrics", modified_metrics},
    {"safety", safety},
    {"rubbish", rubbish},
};
TEST_MAIN(tests)
