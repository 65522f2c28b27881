/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SemVer 2.0.0. Precedence is section 11: major, minor, patch by value; then a version with a
 * pre-release is older than the one without; pre-releases compare identifier by identifier, numbers
 * by value and before words, words by bytes, fewer identifiers first. Build metadata do not count
 * (section 10), and neither does a leading "v", which section "FAQ" says is not part of a version.
 *
 * Every other text has its place, too: the leading numbers with dots are the core, as many as there
 * are, missing ones 0 (1.2 = 1.2.0 < 1.2.0.1); a pre-release starts behind the hyphen or, as npm's
 * loose mode has it, right at the first byte that is no digit or dot (1.2.3rc1 = 1.2.3-rc1).
 */
#include "version/version.h"

#include "version/digits_priv.h"
#include "version/schemes_priv.h"

#include "base/banned.h"

struct semver {
    struct str core, pre;
    bool has_pre;
};

static struct semver split(struct str v)
{
    struct semver s = {0};
    if (v.n > 1 && char_lower(v.p[0]) == 'v' && char_is_digit(v.p[1]))
        v = str_from(v, 1);
    size_t i = 0;
    while (i < v.n && (char_is_digit(v.p[i]) || v.p[i] == '.'))
        i++;
    s.core = str_first(v, i);
    s.has_pre = i < v.n && v.p[i] != '+';
    if (s.has_pre) {
        struct str build;
        str_split(str_from(v, v.p[i] == '-' ? i + 1 : i), '+', &s.pre, &build);
    }
    return s;
}

static int compare_cores(struct str a, struct str b)
{
    const char *p = a.p, *p_end = a.n ? a.p + a.n : a.p;
    const char *q = b.p, *q_end = b.n ? b.p + b.n : b.p;
    digits_skip_common(&p, p_end, &q, q_end);
    while (p < p_end || q < q_end) {
        struct str x = digits_take(&p, p_end), y = digits_take(&q, q_end);
        int c = digits_compare(x, y);
        if (c)
            return c;
        p += p < p_end; /* the dot */
        q += q < q_end;
    }
    return 0;
}

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!char_is_digit(s.p[i]))
            return false;
    return s.n > 0;
}

static int compare_identifiers(struct str a, struct str b)
{
    bool x = is_number(a), y = is_number(b);
    if (x != y)
        return x ? -1 : 1; /* section 11.4.3 */
    if (!x)
        return str_cmp(a, b);
    const char *p = a.p, *q = b.p;
    struct str s = digits_take(&p, a.p + a.n), t = digits_take(&q, b.p + b.n);
    return digits_compare(s, t);
}

static int compare_pre(struct str a, struct str b)
{
    for (;;) {
        struct str x, y;
        bool more_a = str_split(a, '.', &x, &a), more_b = str_split(b, '.', &y, &b);
        int c = compare_identifiers(x, y);
        if (c)
            return c;
        if (!more_a || !more_b)
            return more_a - more_b; /* section 11.4.4 */
    }
}

static int compare(struct str a, struct str b)
{
    struct semver x = split(a), y = split(b);
    int c = compare_cores(x.core, y.core);
    if (c)
        return c;
    if (x.has_pre != y.has_pre)
        return x.has_pre ? -1 : 1; /* section 11.3 */
    return x.has_pre ? compare_pre(x.pre, y.pre) : 0;
}

/* Section 2 and 9: a number has no leading zero. */
static bool is_plain_number(struct str s)
{
    return is_number(s) && (s.n == 1 || s.p[0] != '0');
}

/* Dot-separated identifiers of [0-9A-Za-z-]; `pre`: numbers without leading zeros (section 9). */
static bool valid_identifiers(struct str s, bool pre)
{
    bool more;
    do {
        struct str id;
        more = str_split(s, '.', &id, &s);
        if (!id.n || (pre && is_number(id) && !is_plain_number(id)))
            return false;
        for (size_t i = 0; i < id.n; i++)
            if (!char_is_alnum(id.p[i]) && id.p[i] != '-')
                return false;
    } while (more);
    return true;
}

static bool valid(struct str v)
{
    struct str core, pre, build, part;
    if (str_split(v, '+', &v, &build) && !valid_identifiers(build, false))
        return false;
    if (str_split(v, '-', &core, &pre) && !valid_identifiers(pre, true))
        return false;
    for (int i = 0; i < 2; i++)
        if (!str_split(core, '.', &part, &core) || !is_plain_number(part))
            return false;
    return is_plain_number(core);
}

const struct version_order version_order_semver = {
    .name = "semver",
    .summary = "SemVer 2.0.0, build metadata ignored",
    .compare = compare,
    .valid = valid,
};
