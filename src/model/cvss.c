/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CVSS vector strings, and the equations of versions 2.0 (guide, section 3.2.1), 3.0 and 3.1
 * (specification, section 7.1). Version 4.0 is in cvss_v4.c.
 */
#include "model/cvss_priv.h"

#include "base/banned.h"

const char *cvss_version_name(enum cvss_version v)
{
    static const char *const names[] = {"", "2.0", "3.0", "3.1", "4.0"};
    _Static_assert(sizeof names / sizeof names[0] == CVSS_VERSIONS, "a name per version");
    return names[v];
}

/* A metric and its values, a blank between them. A value is known by its place. */
struct metric {
    const char *name, *values;
};

enum { V2_AV, V2_AC, V2_AU, V2_C, V2_I, V2_A, V2_BASE };
static const struct metric v2_metrics[] = {
    [V2_AV] = {"AV", "L A N"}, [V2_AC] = {"AC", "H M L"}, [V2_AU] = {"Au", "M S N"},
    [V2_C] = {"C", "N P C"},   [V2_I] = {"I", "N P C"},   [V2_A] = {"A", "N P C"},
    {"E", "ND U POC F H"},     {"RL", "ND OF TF W U"},    {"RC", "ND UC UR C"},
    {"CDP", "ND N L LM MH H"}, {"TD", "ND N L M H"},      {"CR", "ND L M H"},
    {"IR", "ND L M H"},        {"AR", "ND L M H"},
};

enum { V3_AV, V3_AC, V3_PR, V3_UI, V3_S, V3_C, V3_I, V3_A, V3_BASE };
static const struct metric v3_metrics[] = {
    [V3_AV] = {"AV", "N A L P"},
    [V3_AC] = {"AC", "L H"},
    [V3_PR] = {"PR", "N L H"},
    [V3_UI] = {"UI", "N R"},
    [V3_S] = {"S", "U C"},
    [V3_C] = {"C", "N L H"},
    [V3_I] = {"I", "N L H"},
    [V3_A] = {"A", "N L H"},
    {"E", "X U P F H"},
    {"RL", "X O T W U"},
    {"RC", "X U R C"},
    {"CR", "X L M H"},
    {"IR", "X L M H"},
    {"AR", "X L M H"},
    {"MAV", "X N A L P"},
    {"MAC", "X L H"},
    {"MPR", "X N L H"},
    {"MUI", "X N R"},
    {"MS", "X U C"},
    {"MC", "X N L H"},
    {"MI", "X N L H"},
    {"MA", "X N L H"},
};

/* Most severe first: cvss_v4.c counts with these places. */
static const struct metric v4_metrics[] = {
    [V4_AV] = {"AV", "N A L P"},
    [V4_AC] = {"AC", "L H"},
    [V4_AT] = {"AT", "N P"},
    [V4_PR] = {"PR", "N L H"},
    [V4_UI] = {"UI", "N P A"},
    [V4_VC] = {"VC", "H L N"},
    [V4_VI] = {"VI", "H L N"},
    [V4_VA] = {"VA", "H L N"},
    [V4_SC] = {"SC", "H L N"},
    [V4_SI] = {"SI", "H L N"},
    [V4_SA] = {"SA", "H L N"},
    [V4_E] = {"E", "X A P U"},
    [V4_CR] = {"CR", "X H M L"},
    [V4_IR] = {"IR", "X H M L"},
    [V4_AR] = {"AR", "X H M L"},
    [V4_MAV] = {"MAV", "X N A L P"},
    {"MAC", "X L H"},
    {"MAT", "X N P"},
    {"MPR", "X N L H"},
    {"MUI", "X N P A"},
    {"MVC", "X H L N"},
    {"MVI", "X H L N"},
    {"MVA", "X H L N"},
    [V4_MSC] = {"MSC", "X H L N"},
    [V4_MSI] = {"MSI", "X S H L N"},
    [V4_MSA] = {"MSA", "X S H L N"},
    [V4_S] = {"S", "X N P"},
    [V4_AU] = {"AU", "X N Y"},
    [V4_R] = {"R", "X A U I"},
    [V4_V] = {"V", "X D C"},
    [V4_RE] = {"RE", "X L M H"},
    [V4_U] = {"U", "X Clear Green Amber Red"},
};
_Static_assert(sizeof v4_metrics / sizeof v4_metrics[0] == V4_METRICS, "a row per metric");

#define METRICS_MOST 32 /* the bits of `seen` */
_Static_assert(V4_METRICS <= METRICS_MOST, "room for all metrics");

struct kind {
    const struct metric *metrics;
    size_t n, base; /* how many, how many of them are base metrics */
    bool ordered;
};
#define ROWS(t) (t), sizeof(t) / sizeof(t)[0]
static const struct kind v2 = {ROWS(v2_metrics), V2_BASE, false};
static const struct kind v3 = {ROWS(v3_metrics), V3_BASE, false};
static const struct kind v4 = {ROWS(v4_metrics), V4_BASE, true};

/* The place of `text` among the values of a metric. */
static bool value_of(const struct metric *m, struct str text, uint8_t *value)
{
    struct str rest = str_from_c(m->values), one;
    for (uint8_t i = 0; rest.n; i++) {
        (void)str_split(rest, ' ', &one, &rest);
        if (str_eq(one, text)) {
            *value = i;
            return true;
        }
    }
    return false;
}

/* "NAME:VALUE/NAME:VALUE..." without any prefix; metrics that are not there get 0. */
static bool parse(const struct kind *k, struct str text, uint8_t value[METRICS_MOST])
{
    uint32_t seen = 0;
    struct str one, name, what;
    size_t from = 0; /* the first metric that may come next */
    bool more = true;
    while (more) {
        more = str_split(text, '/', &one, &text);
        if (!str_split(one, ':', &name, &what))
            return false;
        size_t i = k->ordered ? from : 0;
        while (i < k->n && !str_eq(name, str_from_c(k->metrics[i].name)))
            i++;
        if (i == k->n || (seen >> i & 1) || !value_of(&k->metrics[i], what, &value[i]))
            return false;
        seen |= (uint32_t)1 << i;
        from = i + 1;
    }
    uint32_t base = ((uint32_t)1 << k->base) - 1;
    return (seen & base) == base;
}

/*
 * Section 3.2.1 of the guide in whole numbers, so that nothing depends on how a computer rounds.
 * Weights are in thousandths (hundredths for AC).
 */
static unsigned v2_tenths(const uint8_t value[METRICS_MOST])
{
    static const int64_t av[] = {395, 646, 1000}, ac[] = {35, 61, 71}, au[] = {450, 560, 704};
    static const int64_t impact[] = {0, 275, 660};
    int64_t lost =
        (1000 - impact[value[V2_C]]) * (1000 - impact[value[V2_I]]) * (1000 - impact[value[V2_A]]);
    if (lost == 1000000000)
        return 0; /* f(Impact) */
    /* 0.6 * Impact and 0.4 * Exploitability in 1e-12, Impact being 10.41 * (1 - lost). */
    int64_t i = 6 * 1041 * (1000000000 - lost);
    int64_t e = 4 * 20 * av[value[V2_AV]] * ac[value[V2_AC]] * au[value[V2_AU]] * 1000;
    int64_t score = (i + e - 1500000000000) * 1176; /* 1e-15 */
    int64_t tenth = 100000000000000;
    return (unsigned)((score + tenth / 2) / tenth);
}

/*
 * Roundup of version 3.1 (appendix A), which looks at five decimal places. Version 3.0 says only
 * "round up"; of its 2592 base vectors none comes out differently by that, worked out exactly.
 */
static unsigned round_up(double score)
{
    uint64_t n = (uint64_t)(score * 100000 + 0.5);
    return (unsigned)((n + 9999) / 10000);
}

static unsigned v3_tenths(const uint8_t value[METRICS_MOST])
{
    static const double av[] = {0.85, 0.62, 0.55, 0.2}, ac[] = {0.77, 0.44}, ui[] = {0.85, 0.62};
    static const double pr[2][3] = {{0.85, 0.62, 0.27}, {0.85, 0.68, 0.5}}; /* by scope */
    static const double cia[] = {0, 0.22, 0.56};
    bool changed = value[V3_S] == 1;
    double iss = 1 - (1 - cia[value[V3_C]]) * (1 - cia[value[V3_I]]) * (1 - cia[value[V3_A]]);
    double impact = 6.42 * iss;
    if (changed) {
        double power = 1;
        for (int i = 0; i < 15; i++)
            power *= iss - 0.02;
        impact = 7.52 * (iss - 0.029) - 3.25 * power;
    }
    if (impact <= 0)
        return 0;
    double exploitability =
        8.22 * av[value[V3_AV]] * ac[value[V3_AC]] * pr[changed][value[V3_PR]] * ui[value[V3_UI]];
    double score = impact + exploitability;
    if (changed)
        score *= 1.08;
    return round_up(score < 10 ? score : 10);
}

bool cvss_score(struct str vector, enum cvss_version *version, unsigned *tenths)
{
    static const struct {
        struct str prefix;
        enum cvss_version version;
        const struct kind *kind;
    } known[] = {
        {STR_INIT("CVSS:4.0/"), CVSS_4_0, &v4},
        {STR_INIT("CVSS:3.1/"), CVSS_3_1, &v3},
        {STR_INIT("CVSS:3.0/"), CVSS_3_0, &v3},
        {STR_INIT("CVSS:2.0/"), CVSS_2, &v2},
        {STR_INIT(""), CVSS_2, &v2},
    };
    uint8_t value[METRICS_MOST] = {0};
    size_t i = 0;
    if (str_starts(vector, STR("(")) && str_ends(vector, STR(")"))) {
        vector = str_first(str_from(vector, 1), vector.n - 2);
        i = sizeof known / sizeof known[0] - 1; /* only version 2 is written so */
    }
    while (!str_starts(vector, known[i].prefix))
        i++;
    if (!parse(known[i].kind, str_from(vector, known[i].prefix.n), value))
        return false;
    *version = known[i].version;
    *tenths = known[i].kind == &v2   ? v2_tenths(value)
              : known[i].kind == &v3 ? v3_tenths(value)
                                     : cvss_v4_tenths(value);
    return true;
}
