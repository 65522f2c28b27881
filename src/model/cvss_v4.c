/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The score of a CVSS 4.0 vector (specification, section 8): metrics that belong together make six
 * equivalence sets (EQ1 to EQ6, tables 24 to 29), each with two or three levels; the levels
 * together are the MacroVector, which has a score. From it is taken what the vector lies below the
 * most severe vectors of its MacroVector: per set, the way to the score of the next lower
 * MacroVector, in proportion; the mean of these counts.
 *
 * All in whole numbers. A distance between vectors is counted in steps, a step being one metric
 * that is one value less severe. The most severe vectors of one level of a set all have the same
 * number of steps below the top, so a table of these numbers stands for the vectors themselves.
 */
#include "model/cvss_priv.h"

#include "base/banned.h"

/* EQ3 and EQ6 depend on each other and count as one: (EQ3, EQ6) = 00, 01, 10, 11, 21. */
enum { EQ36_00, EQ36_01, EQ36_10, EQ36_11, EQ36_21, EQ36_LEVELS };

/* Table of section 8.3: tenths, by EQ1, EQ2, EQ3 with EQ6, EQ4, EQ5. */
static const uint8_t scores[3][2][EQ36_LEVELS][3][3] = {
    {
        {
            {{100, 98, 95}, {100, 93, 91}, {93, 89, 81}},
            {{99, 95, 92}, {96, 87, 81}, {90, 80, 68}},
            {{98, 95, 90}, {93, 89, 81}, {88, 78, 69}},
            {{95, 92, 84}, {92, 81, 65}, {80, 70, 48}},
            {{92, 82, 72}, {79, 69, 50}, {69, 55, 27}},
        },
        {
            {{99, 95, 92}, {95, 90, 84}, {92, 82, 72}},
            {{97, 92, 85}, {91, 83, 71}, {81, 71, 53}},
            {{95, 92, 85}, {92, 80, 70}, {84, 71, 50}},
            {{93, 85, 73}, {82, 72, 59}, {70, 52, 30}},
            {{86, 75, 52}, {71, 52, 29}, {63, 29, 17}},
        },
    },
    {
        {
            {{98, 94, 91}, {94, 86, 77}, {87, 74, 63}},
            {{95, 87, 81}, {89, 74, 64}, {75, 63, 49}},
            {{94, 88, 76}, {86, 74, 59}, {72, 57, 52}},
            {{89, 77, 67}, {76, 58, 50}, {57, 52, 25}},
            {{83, 70, 54}, {65, 58, 26}, {53, 21, 13}},
        },
        {
            {{95, 88, 76}, {90, 75, 61}, {77, 68, 52}},
            {{90, 76, 70}, {77, 62, 53}, {66, 59, 30}},
            {{89, 76, 62}, {74, 57, 47}, {61, 57, 24}},
            {{78, 67, 58}, {59, 57, 23}, {52, 29, 16}},
            {{71, 59, 30}, {58, 26, 15}, {23, 13, 6}},
        },
    },
    {
        {
            {{93, 86, 75}, {86, 74, 56}, {70, 52, 40}},
            {{87, 72, 58}, {74, 61, 34}, {54, 40, 22}},
            {{85, 74, 62}, {72, 55, 46}, {53, 34, 19}},
            {{75, 55, 51}, {57, 41, 19}, {36, 19, 8}},
            {{64, 51, 20}, {47, 21, 11}, {24, 9, 4}},
        },
        {
            {{88, 73, 60}, {73, 59, 41}, {54, 45, 20}},
            {{75, 53, 50}, {55, 40, 20}, {43, 22, 11}},
            {{75, 58, 40}, {61, 48, 20}, {46, 17, 8}},
            {{55, 45, 21}, {51, 18, 9}, {18, 7, 2}},
            {{53, 24, 14}, {24, 12, 5}, {10, 3, 1}},
        },
    },
};

/*
 * Per level of a set that has a lower one: how many steps its most severe vectors are below the
 * top, and how many it is deep (section 8.2), which is what a distance is measured against.
 */
struct level {
    uint8_t top, depth;
};
static const struct level eq1_levels[] = {{0, 1}, {1, 4}};
static const struct level eq2_levels[] = {{0, 1}};
static const struct level eq36_levels[] = {
    [EQ36_00] = {0, 7}, [EQ36_01] = {3, 6}, [EQ36_10] = {1, 8}, [EQ36_11] = {3, 8}};
/* SC has no value Safety: its High is one step below the top, as that of SI and SA is. */
static const struct level eq4_levels[] = {{1, 6}, {3, 5}};
#define HAS_LOWER(levels, level) ((level) < sizeof(levels) / sizeof(levels)[0])

#define PARTS 840 /* a common multiple of all depths */

/* A base metric, or what its modified one says instead. SC, SI and SA count from Safety, which only
 * modified ones can say, and MSC can not. */
static unsigned effective(const uint8_t *value, unsigned base)
{
    unsigned modified = value[V4_MAV + base];
    if (modified)
        return base == V4_SC ? modified : modified - 1;
    return base >= V4_SC ? value[base] + 1U : value[base];
}

/* A threat metric or requirement; "not defined" is the most severe. */
static unsigned assumed(const uint8_t *value, unsigned m)
{
    return value[m] ? value[m] - 1U : 0;
}

/* What counts of a vector: places of values, 0 the most severe, defaults and modifications applied.
 */
struct effective {
    unsigned base[V4_BASE];
    unsigned e, cr, ir, ar;
};

struct macro_vector {
    unsigned eq1, eq2, eq36, eq4, eq5;
};

static struct macro_vector macro_vector_of(const struct effective *v)
{
    const unsigned *m = v->base;
    bool vc = m[V4_VC] == 0, vi = m[V4_VI] == 0, va = m[V4_VA] == 0; /* High? */
    bool av = m[V4_AV] == 0, pr = m[V4_PR] == 0, ui = m[V4_UI] == 0; /* Network, None, None? */
    bool physical = m[V4_AV] == 3;
    bool safety = m[V4_SI] == 0 || m[V4_SA] == 0;
    bool subsequent = m[V4_SC] == 1 || m[V4_SI] == 1 || m[V4_SA] == 1;            /* High? */
    bool eq6 = !((vc && v->cr == 0) || (vi && v->ir == 0) || (va && v->ar == 0)); /* its level */
    return (struct macro_vector){
        .eq1 = av && pr && ui                  ? 0
               : (av || pr || ui) && !physical ? 1
                                               : 2,
        .eq2 = m[V4_AC] || m[V4_AT],
        .eq36 = vc && vi         ? (eq6 ? EQ36_01 : EQ36_00)
                : vc || vi || va ? (eq6 ? EQ36_11 : EQ36_10)
                                 : EQ36_21,
        .eq4 = safety       ? 0
               : subsequent ? 1
                            : 2,
        .eq5 = v->e,
    };
}

static unsigned score_of(struct macro_vector q)
{
    return scores[q.eq1][q.eq2][q.eq36][q.eq4][q.eq5];
}

/* What is taken off: the sets that have a lower level, and the sum over them in tenths / PARTS. */
struct below {
    unsigned n, parts;
};

/* One set: `lower` is the next lower MacroVector, `steps` how far below the top the vector is. */
static void add_below(struct below *s, struct macro_vector q, struct macro_vector lower,
                      unsigned steps, struct level l)
{
    s->n++;
    s->parts += (score_of(q) - score_of(lower)) * (steps - l.top) * (PARTS / l.depth);
}

/* The next lower level of EQ3 with EQ6: 01 and 10 lead to 11, 00 to whichever scores higher. */
static struct macro_vector lower_eq36(struct macro_vector q)
{
    static const uint8_t next[] = {EQ36_01, EQ36_11, EQ36_11, EQ36_21};
    struct macro_vector lower = q, other = q;
    lower.eq36 = next[q.eq36];
    other.eq36 = EQ36_10;
    return q.eq36 == EQ36_00 && score_of(other) > score_of(lower) ? other : lower;
}

static struct below below_all(const struct effective *v, struct macro_vector q)
{
    const unsigned *m = v->base;
    struct below sum = {0};
    struct macro_vector lower = q;
    if (HAS_LOWER(eq1_levels, q.eq1)) {
        lower.eq1++;
        add_below(&sum, q, lower, m[V4_AV] + m[V4_PR] + m[V4_UI], eq1_levels[q.eq1]);
    }
    lower = q;
    if (HAS_LOWER(eq2_levels, q.eq2)) {
        lower.eq2++;
        add_below(&sum, q, lower, m[V4_AC] + m[V4_AT], eq2_levels[q.eq2]);
    }
    if (HAS_LOWER(eq36_levels, q.eq36))
        add_below(&sum, q, lower_eq36(q), m[V4_VC] + m[V4_VI] + m[V4_VA] + v->cr + v->ir + v->ar,
                  eq36_levels[q.eq36]);
    lower = q;
    if (HAS_LOWER(eq4_levels, q.eq4)) {
        lower.eq4++;
        add_below(&sum, q, lower, m[V4_SC] + m[V4_SI] + m[V4_SA], eq4_levels[q.eq4]);
    }
    /* EQ5 is one metric: a vector is never below the most severe one of its level. */
    sum.n += q.eq5 < 2;
    return sum;
}

unsigned cvss_v4_tenths(const uint8_t value[V4_METRICS])
{
    struct effective v = {
        .e = assumed(value, V4_E),
        .cr = assumed(value, V4_CR),
        .ir = assumed(value, V4_IR),
        .ar = assumed(value, V4_AR),
    };
    for (unsigned i = 0; i < V4_BASE; i++)
        v.base[i] = effective(value, i);
    const unsigned *m = v.base;
    /* Without any impact the score is 0, whatever the rest says. None is 2, behind Safety 3. */
    if (m[V4_VC] + m[V4_VI] + m[V4_VA] == 6 && m[V4_SC] + m[V4_SI] + m[V4_SA] == 9)
        return 0;
    struct macro_vector q = macro_vector_of(&v);
    struct below b = below_all(&v, q);
    if (!b.n)
        return score_of(q);
    /* score - parts / (PARTS * n), rounded to tenths, halves up. */
    unsigned whole = PARTS * b.n;
    return (2 * (score_of(q) * whole - b.parts) + whole) / (2 * whole);
}
