/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpm-version(7): [epoch:]version[-release], compared as rpm's rpmverCmp() does: epochs, versions,
 * releases, each by the algorithm of rpmvercmp(). A text falls into numbers, words (case matters)
 * and the marks `~` and `^`, all else separates; parts compare in the order
 *
 *    ~  <  end  <  ^  <  words by bytes  <  numbers by value
 *
 * so that 1.0~rc1 < 1.0 < 1.0^git1 < 1.0a < 1.0.1. Unlike the generic order 1.0 < 1.0.0.
 *
 * A missing epoch is 0. A missing release is older than every release, even than "~1" and the empty
 * one: that is what rpm's own function says. (rpm's dependencies ignore releases when one side has
 * none, but then 1.0-1 = 1.0 = 1.0-2 while 1.0-1 < 1.0-2, which is no order; a caller that wants it
 * cuts the releases off.)
 */
#include "version/version.h"

#include "version/digits_priv.h"
#include "version/schemes_priv.h"

#include "base/banned.h"

struct rpm {
    struct str epoch; /* without leading zeros: empty is 0 */
    struct str version, release;
    bool has_epoch, has_release;
};

static struct rpm split(struct str v)
{
    struct rpm r = {.version = v};
    if (!v.n)
        return r;
    const char *p = v.p, *end = v.p + v.n;
    struct str epoch = digits_take(&p, end);
    if (p < end && *p == ':') { /* ":1.0" is epoch 0, too */
        r.epoch = epoch;
        r.has_epoch = true;
        r.version = (struct str){p + 1, (size_t)(end - p - 1)};
    }
    size_t hyphen = str_rfind(r.version, '-');
    if (hyphen != STR_NPOS) {
        r.release = str_from(r.version, hyphen + 1);
        r.version = str_first(r.version, hyphen);
        r.has_release = true;
    }
    return r;
}

enum rank { RANK_TILDE, RANK_END, RANK_CARET, RANK_WORD, RANK_NUMBER };

/* Skips what separates and tells what comes then. */
static inline enum rank next_rank(const char **p, const char *end)
{
    for (; *p < end; (*p)++) {
        char c = **p;
        if (char_is_digit(c))
            return RANK_NUMBER;
        if (char_is_alpha(c))
            return RANK_WORD;
        if (c == '~')
            return RANK_TILDE;
        if (c == '^')
            return RANK_CARET;
    }
    return RANK_END;
}

static inline struct str take_word(const char **p, const char *end)
{
    const char *from = *p;
    while (*p < end && char_is_alpha(**p))
        (*p)++;
    return (struct str){from, (size_t)(*p - from)};
}

static int compare_parts(struct str a, struct str b)
{
    const char *p = a.p, *p_end = a.n ? a.p + a.n : a.p;
    const char *q = b.p, *q_end = b.n ? b.p + b.n : b.p;
    digits_skip_common(&p, p_end, &q, q_end);
    for (;;) {
        enum rank x = next_rank(&p, p_end), y = next_rank(&q, q_end);
        if (x != y)
            return x < y ? -1 : 1;
        if (x == RANK_END)
            return 0;
        int c = 0;
        if (x == RANK_NUMBER) {
            struct str s = digits_take(&p, p_end), t = digits_take(&q, q_end);
            c = digits_compare(s, t);
        } else if (x == RANK_WORD) {
            struct str s = take_word(&p, p_end), t = take_word(&q, q_end);
            c = str_cmp(s, t);
        } else {
            p++;
            q++;
        }
        if (c)
            return c;
    }
}

static int compare(struct str a, struct str b)
{
    struct rpm x = split(a), y = split(b);
    int c = digits_compare(x.epoch, y.epoch);
    if (!c)
        c = compare_parts(x.version, y.version);
    if (!c && x.has_release != y.has_release)
        c = x.has_release ? 1 : -1;
    return c ? c : compare_parts(x.release, y.release);
}

/* What rpmbuild lets a spec file say: letters, digits and "._+~^", a letter or digit first, no
 * "..". */
static bool valid_part(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!char_is_alnum(s.p[i]) && str_find(STR("._+~^"), s.p[i]) == STR_NPOS)
            return false;
    return s.n && str_find_str(s, STR("..")) == STR_NPOS;
}

static bool valid(struct str v)
{
    struct rpm r = split(v);
    if (r.has_epoch && (v.p[0] == ':' || digits_compare(r.epoch, STR("4294967295")) > 0))
        return false; /* the EPOCH tag is an unsigned 32-bit number */
    return valid_part(r.version) && (!r.has_release || valid_part(r.release));
}

const struct version_order version_order_rpm = {
    .name = "rpm",
    .summary = "RPM packages: [epoch:]version[-release]",
    .compare = compare,
    .valid = valid,
};
