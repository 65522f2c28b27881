/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a criterion cover a component? NISTIR 7696 decides each attribute; where the inventory does
 * not know an attribute (edition, language, hardware ...) the criterion is taken to cover it, and
 * the evidence says so, because the other way round a vulnerability would be lost.
 */
#include "match/match_priv.h"

#include "base/banned.h"

/* Words that start an update behind a version: 9.3p1, 1.0.2-beta1, 4.2.8p15, 2.0-rc.1. */
static const struct {
    struct str word;
    bool needs_digit; /* "1.0.2p" is OpenSSL's letter, "9.3p1" an update */
} update_words[] = {
    {STR_INIT("alpha"), false}, {STR_INIT("beta"), false}, {STR_INIT("rc"), false},
    {STR_INIT("pre"), false},   {STR_INIT("dev"), false},  {STR_INIT("patch"), true},
    {STR_INIT("update"), true}, {STR_INIT("sp"), true},    {STR_INIT("pl"), true},
    {STR_INIT("p"), true},
};

/* Length of an update word at `s` with what follows it, when only digits and dots do; else 0. */
static bool is_update(struct str s)
{
    for (size_t i = 0; i < sizeof update_words / sizeof update_words[0]; i++) {
        struct str rest = str_from(s, update_words[i].word.n);
        if (!str_starts_nocase(s, update_words[i].word) || (!rest.n && update_words[i].needs_digit))
            continue;
        size_t k = 0;
        while (k < rest.n && (char_is_digit(rest.p[k]) || rest.p[k] == '.' || rest.p[k] == '_'))
            k++;
        if (k == rest.n && (!rest.n || !update_words[i].needs_digit || char_is_digit(rest.p[0])))
            return true;
    }
    return false;
}

static void split_update(struct str version, struct str *base, struct str *update)
{
    *base = version;
    *update = STR("-");
    for (size_t i = 1; i < version.n; i++) {
        char before = version.p[i - 1];
        if (!char_is_alpha(version.p[i]) || char_is_alpha(before) ||
            !is_update(str_from(version, i)))
            continue;
        size_t end = i;
        while (end > 1 && strchr("-_.~+", version.p[end - 1]))
            end--;
        *base = str_first(version, end);
        *update = str_from(version, i);
        return;
    }
}

/*
 * Version and update as one text that orders right: "9.3" and "p1" are "9.3p1". False when it does
 * not fit; no real version is that long.
 */
static bool join_update(struct str version, struct str update, char *room, size_t size,
                        struct str *out)
{
    bool joined = update.n && char_is_alpha(update.p[0]) && version.n &&
                  char_is_digit(version.p[version.n - 1]);
    int n =
        snprintf(room, size, "%.*s%s%.*s", STR_ARG(version), joined ? "" : "_", STR_ARG(update));
    *out = str_make(room, n < 0 ? 0 : (size_t)n);
    return n >= 0 && (size_t)n < size;
}

void target_init(struct target *t, const struct subject *subject, const struct cpe *cpe)
{
    *t = (struct target){.version = subject->version,
                         .subject = subject,
                         .cpe = cpe,
                         .scheme = VERSION_GENERIC,
                         .platform = PLATFORM_LINUX};
    bool stated = cpe && !cpe_is_any(cpe->attr[CPE_VERSION]) && !cpe_is_na(cpe->attr[CPE_VERSION]);
    if (stated)
        t->version = cpe->attr[CPE_VERSION];
    split_update(t->version, &t->base, &t->update);
    if (cpe && !cpe_is_any(cpe->attr[CPE_UPDATE])) {
        struct str whole;
        t->base = t->version;
        t->update = cpe->attr[CPE_UPDATE];
        if (!cpe_is_na(t->update) &&
            join_update(t->base, t->update, t->room, sizeof t->room, &whole))
            t->version = whole;
    }
    for (size_t i = 0; i < subject->products.n; i++)
        if (str_ends(subject->products.v[i], STR(":linux_kernel")))
            t->scheme = VERSION_KERNEL;
}

void target_init_package(struct target *t, const struct subject *subject,
                         const struct ecosystem_package *p)
{
    *t = (struct target){.version = p->version,
                         .base = p->version,
                         .update = STR("-"),
                         .subject = subject,
                         .scheme = VERSION_GENERIC,
                         .package = true,
                         .no_epoch = p->no_epoch,
                         .platform = PLATFORM_LINUX};
    (void)version_scheme_by_name(p->ecosystem->order, &t->scheme);
}

/* The target's version with its update, as one text that orders right: "9.3" + "p1". */
static int compare(const struct target *t, struct str bound)
{
    return version_compare(t->scheme, t->version, bound);
}

/* Some records give commits as bounds; those have no order with versions. */
bool is_commit(struct str bound)
{
    bool letter = false;
    for (size_t i = 0; i < bound.n; i++) {
        if (!char_is_hex(bound.p[i]))
            return false;
        letter |= char_is_alpha(bound.p[i]);
    }
    return bound.n >= 7 && letter;
}

static bool has_order(struct str bound)
{
    return bound.n && !is_commit(bound);
}

static bool has_commit_bound(const struct criterion *c)
{
    return is_commit(c->start_including) || is_commit(c->start_excluding) ||
           is_commit(c->end_including) || is_commit(c->end_excluding);
}

static bool has_bound(const struct criterion *c)
{
    return c->start_including.n || c->start_excluding.n || c->end_including.n || c->end_excluding.n;
}

/*
 * Bounds. The whole version is compared; in addition an inclusive upper bound covers updates of its
 * version (<= 9.3 covers 9.3p1), since in CPE the update is an attribute of its own that is ANY
 * here.
 */
static bool in_range(const struct criterion *c, const struct target *t)
{
    if (has_order(c->start_including) && compare(t, c->start_including) < 0 &&
        version_compare(t->scheme, t->base, c->start_including) != 0)
        return false;
    if (has_order(c->start_excluding) && compare(t, c->start_excluding) <= 0)
        return false;
    if (has_order(c->end_including) && compare(t, c->end_including) > 0 &&
        version_compare(t->scheme, t->base, c->end_including) != 0)
        return false;
    if (has_order(c->end_excluding) && compare(t, c->end_excluding) >= 0)
        return false;
    return true;
}

/* "p1", "p1_01", "rc.1" and "rc1" are told apart as versions are, not as texts. */
static bool same_update(struct str a, struct str b)
{
    char x[512], y[512];
    struct str va, vb;
    if (str_eq(a, b) || cpe_is_na(a) || cpe_is_na(b))
        return str_eq(a, b);
    /* Behind a number: alone, "p1" and "h1" are both the version 1 with a letter in front. */
    return join_update(STR("1"), a, x, sizeof x, &va) &&
           join_update(STR("1"), b, y, sizeof y, &vb) &&
           version_compare(VERSION_GENERIC, va, vb) == 0;
}

bool version_covers(const struct criterion *c, const struct target *t)
{
    struct str v = c->cpe.attr[CPE_VERSION], update = c->cpe.attr[CPE_UPDATE];
    bool any_update = cpe_is_any(update);
    if (cpe_is_na(v))
        return false;
    /* A version without a number: only what covers every version surely covers it. */
    if (t->subject->uncomparable)
        return cpe_is_any(v) && any_update && !has_bound(c);
    if (cpe_is_any(v)) {
        if (!in_range(c, t))
            return false;
        return any_update || same_update(update, t->update);
    }
    if (cpe_has_wildcard(v)) {
        enum cpe_relation r = cpe_compare(v, t->version);
        return r == CPE_EQUAL || r == CPE_SUPERSET;
    }
    char room[512];
    struct str whole = v;
    if (!any_update && !cpe_is_na(update) && !join_update(v, update, room, sizeof room, &whole))
        return false;
    if (version_compare(t->scheme, t->version, whole) == 0)
        return true;
    if (version_compare(t->scheme, t->base, v) == 0)
        return any_update || same_update(update, t->update);
    return false;
}

/* Attributes other than product and version. */
static enum verdict attributes_cover(const struct criterion *c, const struct target *t)
{
    static const enum cpe_attr others[] = {CPE_EDITION, CPE_LANGUAGE, CPE_SW_EDITION, CPE_TARGET_HW,
                                           CPE_OTHER};
    enum verdict verdict = YES;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct str source = c->cpe.attr[others[i]],
                   target = t->cpe ? t->cpe->attr[others[i]] : STR("*");
        if (cpe_is_any(source) || (cpe_is_na(source) && cpe_is_any(target)))
            continue;
        if (cpe_is_any(target))
            verdict = YES_UNDECIDED;
        else if (cpe_compare(source, target) == CPE_DISJOINT)
            return NO;
    }
    struct str sw = c->cpe.attr[CPE_TARGET_SW],
               stated = t->cpe ? t->cpe->attr[CPE_TARGET_SW] : STR("*");
    if (cpe_is_any(sw) || (cpe_is_na(sw) && cpe_is_any(stated)))
        return verdict;
    if (!cpe_is_any(stated))
        return cpe_compare(sw, stated) == CPE_DISJOINT ? NO : verdict;
    if (t->subject->ecosystem.n && str_eq(sw, t->subject->ecosystem))
        return verdict;
    switch (target_sw_class(sw, t->platform)) {
    case TARGET_SW_THIS:
        return verdict;
    case TARGET_SW_OTHER:
        return NO;
    case TARGET_SW_UNCLEAR:
        break;
    }
    /* Not known to be elsewhere: it may be this device, unless the name alone was the link. */
    return t->subject->identified_by == IDENTIFIED_NAME ? NO : YES_UNDECIDED;
}

enum verdict name_covers(const struct criterion *c, const struct target *t)
{
    struct str part = c->cpe.attr[CPE_PART], stated = t->cpe ? t->cpe->attr[CPE_PART] : STR("a");
    /* Applications and operating systems are not told apart (the NVD itself mixes them); hardware
     * is. */
    if (str_eq(part, STR("h")) != str_eq(stated, STR("h")) && !cpe_is_any(part))
        return NO;
    if (t->subject->identified_by == IDENTIFIED_NAME && part.n == 1 && part.p[0] == 'o')
        return NO;
    return attributes_cover(c, t);
}

enum verdict criterion_covers(const struct criterion *c, const struct target *t)
{
    enum verdict v = version_covers(c, t) ? name_covers(c, t) : NO;
    return v == YES && has_commit_bound(c) ? YES_UNDECIDED : v;
}

/* ---- structures ---- */

bool device_init(struct device *d, const struct report *r, struct err *err)
{
    *d = (struct device){.report = r};
    for (size_t i = 0; i < r->subjects.n; i++)
        for (size_t k = 0; k < r->subjects.v[i].products.n; k++) {
            struct str name = r->subjects.v[i].products.v[k];
            uint64_t first;
            /* The map leads to the lowest subject; the few others are found by walking on from it.
             */
            if (!map_get(&d->products, name, &first) && !map_put(&d->products, name, i, err))
                return false;
        }
    return true;
}

void device_free(struct device *d)
{
    map_free(&d->products);
}

static enum platform platform_of(const struct device *d, const struct subject *s)
{
    return d->report->inventories.v[s->inventory].platform;
}

/*
 * Is a product that a criterion names on the device, in a version it covers? That it is there in
 * another version says "no" only within one inventory: others may be of other devices.
 */
static enum truth on_device(const struct criterion *c, uint32_t inventory, const struct device *d)
{
    char key[1024];
    uint64_t first;
    int n = snprintf(key, sizeof key, "%.*s:%.*s", STR_ARG(c->cpe.attr[CPE_VENDOR]),
                     STR_ARG(c->cpe.attr[CPE_PRODUCT]));
    if (n < 0 || (size_t)n >= sizeof key ||
        !map_get(&d->products, str_make(key, (size_t)n), &first))
        return UNKNOWN_;
    enum truth answer = UNKNOWN_;
    for (size_t i = first; i < d->report->subjects.n; i++) {
        const struct subject *s = &d->report->subjects.v[i];
        bool has = false;
        for (size_t k = 0; k < s->products.n; k++)
            has |= str_eq(s->products.v[k], str_make(key, (size_t)n));
        struct target t;
        target_init(&t, s, NULL);
        t.platform = platform_of(d, s);
        if (has && (cpe_is_na(c->cpe.attr[CPE_VERSION]) || s->uncomparable ||
                    criterion_covers(c, &t) != NO))
            return TRUE_;
        if (has && s->inventory == inventory)
            answer = FALSE_;
    }
    return answer;
}

static bool names_target(const struct criterion *c, const struct target *t)
{
    for (size_t i = 0; i < t->subject->products.n; i++) {
        struct str vendor, product;
        (void)str_split(t->subject->products.v[i], ':', &vendor, &product);
        if (str_eq(product, c->cpe.attr[CPE_PRODUCT]) &&
            (cpe_is_any(vendor) || cpe_is_any(c->cpe.attr[CPE_VENDOR]) ||
             str_eq(vendor, c->cpe.attr[CPE_VENDOR])))
            return true;
    }
    return false;
}

static enum truth criterion_truth(const struct criterion *c, const struct target *t,
                                  const struct device *d)
{
    if (names_target(c, t) && criterion_covers(c, t) != NO)
        return TRUE_;
    enum truth there = on_device(c, t->subject->inventory, d);
    if (there != UNKNOWN_)
        return there;
    if (names_target(c, t))
        return FALSE_;
    return platform_runs(platform_of(d, t->subject), c);
}

static enum truth join(bool and_, enum truth a, enum truth b)
{
    return and_ ? (a < b ? a : b) : (a > b ? a : b);
}

bool structure_applies(const struct vuln *v, const struct target *t, const struct device *d,
                       struct arena *scratch, const struct criterion **matched,
                       const struct criterion **undecided, enum truth *truth, struct err *err)
{
    enum truth *value = arena_array(scratch, v->nodes.n + 1, sizeof *value);
    /* Per node: a covering vulnerable criterion and an undecided one in it or below. */
    const struct criterion **hit = arena_array(scratch, v->nodes.n + 1, sizeof(void *));
    const struct criterion **open = arena_array(scratch, v->nodes.n + 1, sizeof(void *));
    *truth = FALSE_;
    *matched = *undecided = NULL;
    bool *inner = arena_array(scratch, v->nodes.n + 1, sizeof *inner); /* has child nodes */
    if (!value || !hit || !open || !inner)
        return err_memory(err);
    for (size_t i = 0; i < v->nodes.n; i++) {
        value[i] = v->nodes.v[i].and_ ? TRUE_ : FALSE_;
        inner[i] = false;
        if (v->nodes.v[i].parent != NODE_NO_PARENT)
            inner[v->nodes.v[i].parent] = true;
    }
    /* Children stand behind their parents: going backwards, each node is complete when it is
     * reached. */
    for (size_t i = v->nodes.n; i-- > 0;) {
        const struct node *n = &v->nodes.v[i];
        for (size_t k = n->first; k < (size_t)n->first + n->count; k++) {
            const struct criterion *c = &v->criteria.v[k];
            enum truth x = criterion_truth(c, t, d);
            value[i] = join(n->and_, value[i], x);
            if (x == UNKNOWN_ && !open[i])
                open[i] = c;
            if (c->vulnerable && names_target(c, t) && criterion_covers(c, t) != NO)
                hit[i] = c;
        }
        /* What could not be read when it was imported may say anything; so does a node without
         * content. */
        if (n->lossy)
            value[i] = join(n->and_, value[i], UNKNOWN_);
        if (!n->count && !inner[i])
            value[i] = UNKNOWN_;
        if (n->negate)
            value[i] = (enum truth)(TRUE_ - value[i]);
        if (n->parent != NODE_NO_PARENT) {
            value[n->parent] = join(v->nodes.v[n->parent].and_, value[n->parent], value[i]);
            if (value[i] == UNKNOWN_ && !open[n->parent])
                open[n->parent] = open[i];
            if (hit[i] && !n->negate)
                hit[n->parent] = hit[i];
        } else if (hit[i] && value[i] > *truth) {
            *truth = value[i];
            *matched = hit[i];
            *undecided = value[i] == UNKNOWN_ ? open[i] : NULL;
        }
    }
    return true;
}
