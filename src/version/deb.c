/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deb-version(7): [epoch:]upstream-version[-debian-revision]. The epochs compare as numbers, then
 * the upstream versions, then the revisions, both by the algorithm of section "Sorting algorithm".
 * A missing epoch is 0 and a missing revision is empty, which equals "0": 1.0 = 1.0-0 = 0:1.0.
 *
 * A text with a syntax error still has its place: a ':' that does not end a leading number is part
 * of the upstream version, and bytes outside the allowed set sort behind the others.
 */
#include "version/version.h"

#include "version/digits_priv.h"
#include "version/schemes_priv.h"

#include "base/banned.h"

struct deb {
    struct str epoch; /* without leading zeros: empty is 0 */
    struct str upstream, revision;
    bool has_epoch, has_revision;
};

/* dpkg drops blanks around a version before it looks at it. */
static struct str trim(struct str v)
{
    while (v.n && char_is_space(v.p[v.n - 1]))
        v.n--;
    while (v.n && char_is_space(v.p[0]))
        v = str_from(v, 1);
    return v;
}

static struct deb split(struct str v)
{
    struct deb d = {.upstream = trim(v)};
    if (!d.upstream.n)
        return d;
    const char *p = d.upstream.p, *end = p + d.upstream.n;
    struct str epoch = digits_take(&p, end);
    if (p < end && *p == ':' && p > d.upstream.p) {
        d.epoch = epoch;
        d.has_epoch = true;
        d.upstream = (struct str){p + 1, (size_t)(end - p - 1)};
    }
    size_t hyphen = str_rfind(d.upstream, '-');
    if (hyphen != STR_NPOS) {
        d.revision = str_from(d.upstream, hyphen + 1);
        d.upstream = str_first(d.upstream, hyphen);
        d.has_revision = true;
    }
    return d;
}

/* The weight of a byte in a part without digits: `~`, then the end of the part, letters, others. */
static inline int weight(const char *p, const char *end)
{
    if (p == end || char_is_digit(*p))
        return 0;
    if (char_is_alpha(*p))
        return *p;
    return *p == '~' ? -1 : (unsigned char)*p + 256;
}

static int compare_parts(struct str a, struct str b)
{
    const char *p = a.p, *p_end = a.n ? a.p + a.n : a.p;
    const char *q = b.p, *q_end = b.n ? b.p + b.n : b.p;
    digits_skip_common(&p, p_end, &q, q_end);
    while (p < p_end || q < q_end) {
        for (;;) {
            int x = weight(p, p_end), y = weight(q, q_end);
            if (x != y)
                return x < y ? -1 : 1;
            if (x == 0)
                break; /* both at a number or the end, which counts as the number 0 */
            p++;
            q++;
        }
        struct str x = digits_take(&p, p_end), y = digits_take(&q, q_end);
        int c = digits_compare(x, y);
        if (c)
            return c;
    }
    return 0;
}

static int compare(struct str a, struct str b)
{
    struct deb x = split(a), y = split(b);
    int c = digits_compare(x.epoch, y.epoch);
    if (!c)
        c = compare_parts(x.upstream, y.upstream);
    return c ? c : compare_parts(x.revision, y.revision);
}

static bool only(struct str s, struct str punctuation)
{
    for (size_t i = 0; i < s.n; i++)
        if (!char_is_alnum(s.p[i]) && str_find(punctuation, s.p[i]) == STR_NPOS)
            return false;
    return true;
}

/* What `dpkg --validate-version` accepts, but an epoch with a sign ("+1:2") is not one here. */
static bool valid(struct str v)
{
    struct deb d = split(v);
    if (d.has_epoch && digits_compare(d.epoch, STR("2147483647")) > 0)
        return false;
    if (!d.upstream.n || !char_is_digit(d.upstream.p[0]) || (d.has_revision && !d.revision.n))
        return false;
    return only(d.upstream, d.has_epoch ? STR(".-+~:") : STR(".-+~")) &&
           only(d.revision, STR(".+~"));
}

const struct version_order version_order_deb = {
    .name = "deb",
    .summary = "Debian packages: [epoch:]upstream[-revision]",
    .compare = compare,
    .valid = valid,
};
