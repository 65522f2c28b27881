/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux releases, as kernel.org numbers them, from a tag, a range of the kernel's CVE records or
 * what `uname -r` and a recipe say: numbers with dots, by value, missing ones 0 (6.1 = 6.1.0), then
 * a release candidate sorts before its release (6.12-rc1 = 6.12.0-rc1 < 6.12).
 *
 * Whatever follows says how it was built, not what it is, and is ignored: 6.1.38-yocto-standard and
 * 5.15.71-imx+g1234 are 6.1.38 and 5.15.71. "-rcar" (a vendor's tree) is no release candidate.
 */
#include "version/version.h"

#include "version/digits_priv.h"
#include "version/schemes_priv.h"

#include "base/banned.h"

static inline const char *skip_v(const char *p, const char *end)
{
    return end - p > 1 && char_lower(p[0]) == 'v' && char_is_digit(p[1]) ? p + 1 : p;
}

static inline bool is_release(const char *p, const char *end)
{
    return p < end && (char_is_digit(*p) || *p == '.');
}

/* The next number of the release, empty (0) behind its end, where *p then stands. */
static inline struct str next_number(const char **p, const char *end)
{
    while (*p < end && **p == '.')
        (*p)++;
    return digits_take(p, end);
}

/*
 * "-rc3" at `p`, its number into `*n`. Also "~rc3" (Debian), "_rc3" and "rc3"; without a number it
 * is candidate 0, if the word ends there.
 */
static bool is_candidate(const char *p, const char *end, struct str *n)
{
    if (p < end && (*p == '-' || *p == '~' || *p == '_'))
        p++;
    if (end - p < 2 || char_lower(p[0]) != 'r' || char_lower(p[1]) != 'c')
        return false;
    p += 2;
    if (p < end && char_is_alpha(*p))
        return false;
    *n = digits_take(&p, end);
    return true;
}

static int compare(struct str a, struct str b)
{
    const char *p_end = a.n ? a.p + a.n : a.p, *p = skip_v(a.p, p_end);
    const char *q_end = b.n ? b.p + b.n : b.p, *q = skip_v(b.p, q_end);
    digits_skip_common(&p, p_end, &q, q_end);
    while (is_release(p, p_end) || is_release(q, q_end)) {
        struct str x = next_number(&p, p_end), y = next_number(&q, q_end);
        int c = digits_compare(x, y);
        if (c)
            return c;
    }
    struct str x = {0}, y = {0};
    bool rc_p = is_candidate(p, p_end, &x), rc_q = is_candidate(q, q_end, &y);
    if (rc_p != rc_q)
        return rc_p ? -1 : 1;
    return digits_compare(x, y);
}

static bool valid(struct str v)
{
    if (!v.n)
        return false;
    const char *end = v.p + v.n, *p = skip_v(v.p, end);
    return char_is_digit(*p);
}

const struct version_order version_order_kernel = {
    .name = "kernel",
    .summary = "Linux releases: numbers, then -rcN; other suffixes ignored",
    .compare = compare,
    .valid = valid,
};
