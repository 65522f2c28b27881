/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a list of versions says of a component: CVE JSON 5 `affected`, OSV `affected`. Unlike a
 * criterion a list also says which versions are not affected.
 */
#include "match/match_priv.h"

#include "base/banned.h"

/* A version range compares by its own scheme, a plain one as the component's versions do. */
static int compare(const struct target *t, struct str version, const struct version_range *r,
                   struct str bound)
{
    struct str epoch, rest;
    if (t->no_epoch && str_split(bound, ':', &epoch, &rest) && rest.n)
        bound = rest;
    return version_compare(r->scheme == VERSION_GENERIC ? t->scheme : r->scheme, version, bound);
}

/* "6.1.*": everything below 6.1, 6.1 itself, and what starts with "6.1.". */
static bool below_wildcard(const struct target *t, const struct version_range *r)
{
    struct str stem = str_first(r->to, r->to.n - 2);
    if (compare(t, t->version, r, stem) <= 0)
        return true;
    return str_starts(t->version, str_first(r->to, r->to.n - 1));
}

/*
 * An affected 9.3 and one up to 9.3 include 9.3p1, as in criteria; what is said not to be affected
 * is taken by the letter, and so are packages and kernels, whose orders are exact.
 */
static bool same_base(const struct version_range *r, const struct target *t, struct str bound)
{
    return r->status == STATUS_AFFECTED && !t->package && t->scheme != VERSION_KERNEL &&
           compare(t, t->base, r, bound) == 0;
}

static bool in_list_range(const struct version_range *r, const struct target *t)
{
    if (r->order == RANGE_EXACT)
        return str_eq(t->version, r->from) && (r->single || r->from.n);
    if (r->order == RANGE_COMMITS)
        return false;
    if (r->single)
        return compare(t, t->version, r, r->from) == 0 || same_base(r, t, r->from);
    if (!range_bound_is_open(r->from) && !str_eq(r->from, STR("0")) &&
        compare(t, t->version, r, r->from) < 0 && !same_base(r, t, r->from))
        return false;
    if (range_bound_is_open(r->to))
        return true;
    if (str_ends(r->to, STR(".*")))
        return r->to_including && below_wildcard(t, r);
    int c = compare(t, t->version, r, r->to);
    if (!r->to_including)
        return c < 0;
    return c <= 0 || same_base(r, t, r->to);
}

/* Unaffected wins over affected, both over unknown: CNAs write what they know to be fixed. */
static bool outranks(enum affected_status a, enum affected_status b)
{
    static const int rank[] = {
        [STATUS_UNKNOWN] = 0, [STATUS_AFFECTED] = 1, [STATUS_UNAFFECTED] = 2};
    return rank[a] > rank[b];
}

/*
 * It names the product, but no version, only commits, versions nobody can read, or ranges in an
 * order nobody knows (where the ecosystem lists each version as well, those are enough, unless the
 * range is open: then later versions are affected as well).
 */
static bool says_too_little(const struct store_list *l, const struct list_answer *a, bool any,
                            bool unordered)
{
    if (a->status == STATUS_AFFECTED)
        return false;
    return l->lossy || unordered || (!any && (l->only_commits || a->status == STATUS_UNKNOWN));
}

bool list_decides(const struct store_list *list, const struct target *t, struct list_answer *out)
{
    struct store_list l = *list;
    struct version_range r;
    bool more, any = false, unordered = false, open = false, exact = false;
    *out = (struct list_answer){.status = l.fallback};
    for (;;) {
        if (!store_list_range(&l, &r, &more))
            return false;
        if (!more)
            break;
        any = true;
        unordered |= r.order == RANGE_EXACT && !r.single;
        open |= r.order == RANGE_EXACT && !r.single && range_bound_is_open(r.to);
        exact |= r.order == RANGE_EXACT && r.single;
        if (in_list_range(&r, t) && (!out->has_range || outranks(r.status, out->status))) {
            out->range = r;
            out->has_range = true;
            out->status = r.status;
        }
    }
    if (t->subject->uncomparable && any && !out->has_range) {
        /* No number to compare: only a list that leaves no version out surely speaks of it. */
        out->status = l.fallback == STATUS_AFFECTED ? STATUS_AFFECTED : STATUS_UNAFFECTED;
    }
    out->verdict = out->status == STATUS_AFFECTED ? YES : NO;
    /*
     * "n/a" "avahi", affected, and no versions at all, as Red Hat writes of what it ships: that is
     * no claim about every version there will be. It yields to whoever has versions.
     */
    if (!any && l.weak && out->status == STATUS_AFFECTED) {
        out->vague = true;
        out->verdict = YES_UNDECIDED;
    }
    if (!out->has_range && says_too_little(&l, out, any, unordered && (open || !exact))) {
        bool stated = !cpe_is_any(l.c.cpe.attr[CPE_VERSION]);
        out->vague = !stated;
        out->verdict = stated ? (version_covers(&l.c, t) ? YES : NO)
                       : t->subject->identified_by == IDENTIFIED_NAME ? NO
                                                                      : YES_UNDECIDED;
    }
    if (out->verdict != NO) {
        enum verdict name = name_covers(&l.c, t);
        out->verdict = name == NO ? NO : name == YES_UNDECIDED ? YES_UNDECIDED : out->verdict;
    }
    return true;
}

void list_text(const struct list_answer *a, struct buf *b)
{
    const struct version_range *r = &a->range;
    if (!a->has_range) {
        buf_c(b, a->vague ? "no version that can be compared" : "every version that is not listed");
        return;
    }
    version_range_text(r, b);
}
