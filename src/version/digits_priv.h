/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of any length, as text: every order compares them, none may overflow ("20240101123456",
 * or a hostile run of a thousand digits), so they are never converted.
 */
#ifndef VULNWARD_VERSION_DIGITS_PRIV_H
#define VULNWARD_VERSION_DIGITS_PRIV_H

#include "base/str.h"

/*
 * The run of digits at *p, which moves behind it; leading zeros are left out, so that zero (and no
 * digits at all) is the empty view.
 */
static inline struct str digits_take(const char **p, const char *end)
{
    const char *s = *p;
    while (s < end && *s == '0')
        s++;
    const char *from = s;
    while (s < end && char_is_digit(*s))
        s++;
    *p = s;
    return (struct str){from, (size_t)(s - from)};
}

/* By value: without leading zeros the longer number is the larger one. */
static inline int digits_compare(struct str a, struct str b)
{
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    /* A loop, because numbers of versions have one to three digits. */
    for (size_t i = 0; i < a.n; i++)
        if (a.p[i] != b.p[i])
            return a.p[i] < b.p[i] ? -1 : 1;
    return 0;
}

/*
 * Moves both texts over what they have in common of digits and dots, then back to the start of a
 * number they stand in: most versions that are compared begin alike, and bytes are cheaper than
 * numbers.
 */
static inline void digits_skip_common(const char **p, const char *p_end, const char **q,
                                      const char *q_end)
{
    const char *s = *p, *t = *q;
    while (s < p_end && t < q_end && *s == *t && (char_is_digit(*s) || *s == '.')) {
        s++;
        t++;
    }
    while (s > *p && char_is_digit(s[-1])) {
        s--;
        t--;
    }
    *p = s;
    *q = t;
}

#endif
