/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diff_priv.h"
#include "model/range_text.h"

#include "base/banned.h"

/* Ranges of one side that a change names. */
#define NAMED 3

static const struct cvss no_score = {0};

static bool same_score(const struct cvss *a, const struct cvss *b)
{
    return a->version == b->version && a->tenths == b->tenths;
}

bool differ_take_score(struct differ *d, struct diff_change *c, const struct vuln *v,
                       struct err *err)
{
    const struct cvss *s = vuln_decisive_cvss(v);
    c->severity = s ? severity_of(s->version, s->tenths) : v->stated_severity;
    if (!s)
        return true;
    c->cvss = *s;
    return arena_dup(d->arena, s->vector, &c->cvss.vector, err) &&
           arena_dup(d->arena, s->source, &c->cvss.source, err);
}

static bool score_text(struct arena *a, const struct vuln *v, struct str *out, struct err *err)
{
    const struct cvss *c = vuln_decisive_cvss(v);
    if (!c)
        return arena_dup(a, str_from_c(v->stated_severity ? severity_name(v->stated_severity) : ""),
                         out, err);
    return arena_printf(a, out, err, "%u.%u (%s)", c->tenths / 10, c->tenths % 10,
                        cvss_version_name(c->version));
}

static bool compare_scores(struct differ *d, const struct vuln *x, const struct vuln *y,
                           struct diff_change **out, struct err *err)
{
    const struct cvss *a = vuln_decisive_cvss(x), *b = vuln_decisive_cvss(y);
    a = a ? a : &no_score;
    b = b ? b : &no_score;
    if (same_score(a, b) && (a->version != CVSS_NONE || x->stated_severity == y->stated_severity))
        return true;
    struct diff_change *c = differ_add(d, DIFF_SCORE, y->id, y->source, err);
    if (!c || !score_text(d->arena, x, &c->before, err) || !score_text(d->arena, y, &c->after, err))
        return false;
    c->rank = a->tenths > b->tenths ? (int)(a->tenths - b->tenths) : (int)(b->tenths - a->tenths);
    *out = c;
    return true;
}

/* ---- what is affected ---- */

struct lines {
    struct str *v;
    size_t n, cap;
};

static bool add_line(struct arena *a, struct lines *l, struct buf *text, struct err *err)
{
    struct str *slot = VEC_PUSH(a, l);
    if (!slot || text->error)
        return err_memory(err);
    bool ok = arena_dup(a, buf_view(text), slot, err);
    buf_clear(text);
    return ok;
}

static bool criteria_lines(struct arena *a, const struct vuln *v, struct lines *l, struct buf *text,
                           struct err *err)
{
    for (size_t i = 0; i < v->criteria.n; i++) {
        const struct criterion *c = &v->criteria.v[i];
        /* Of the name what most names have; the rest is compared with the structure. */
        buf_c(text, c->vulnerable ? "" : "running on ");
        buf_str(text, c->cpe.attr[CPE_VENDOR]);
        buf_char(text, ':');
        buf_str(text, c->cpe.attr[CPE_PRODUCT]);
        buf_char(text, ' ');
        criterion_range(c, text);
        if (!add_line(a, l, text, err))
            return false;
    }
    return true;
}

static bool list_lines(struct arena *a, const struct affected *x, struct lines *l, struct buf *text,
                       struct err *err)
{
    struct str name = x->names.n     ? x->names.v[0].cpe.attr[CPE_PRODUCT]
                      : x->product.n ? x->product
                                     : x->package;
    for (size_t i = 0; i <= x->ranges.n; i++) {
        const struct version_range *r = i < x->ranges.n ? &x->ranges.v[i] : NULL;
        if (x->names.n && x->names.v[0].ecosystem.n) {
            buf_str(text, x->names.v[0].ecosystem);
            buf_char(text, '/');
        }
        buf_str(text, name);
        buf_char(text, ' ');
        if (r)
            version_range_text(r, text);
        else
            buf_c(text, x->ranges.n ? "others" : "every version");
        enum affected_status status = r ? r->status : x->fallback;
        if (status != STATUS_AFFECTED)
            buf_f(text, " %s", affected_status_name(status));
        if (!add_line(a, l, text, err))
            return false;
    }
    return true;
}

/* All that matching looks at and no line says: structure, attributes, orders. */
static void write_rest(struct buf *b, const struct vuln *v)
{
    for (size_t i = 0; i < v->nodes.n; i++) {
        const struct node *n = &v->nodes.v[i];
        buf_f(b, "%d%d%d %u %u %u\n", n->and_, n->negate, n->lossy, n->parent, n->first, n->count);
    }
    for (size_t i = 0; i < v->criteria.n; i++) {
        cpe_write(b, &v->criteria.v[i].cpe);
        buf_char(b, '\n');
    }
    for (size_t i = 0; i < v->affected.n; i++) {
        const struct affected *a = &v->affected.v[i];
        for (size_t k = 0; k < a->names.n; k++) {
            buf_str(b, a->names.v[k].ecosystem);
            cpe_write(b, &a->names.v[k].cpe);
            buf_f(b, "%d\n", a->names.v[k].weak);
        }
        for (size_t k = 0; k < a->ranges.n; k++)
            buf_f(b, "%d %d %d\n", (int)a->ranges.v[k].order, (int)a->ranges.v[k].scheme,
                  a->ranges.v[k].single);
    }
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool sorted_lines(struct arena *a, const struct vuln *v, struct lines *l, struct buf *text,
                         struct err *err)
{
    if (!criteria_lines(a, v, l, text, err))
        return false;
    for (size_t i = 0; i < v->affected.n; i++)
        if (!list_lines(a, &v->affected.v[i], l, text, err))
            return false;
    if (l->n)
        qsort(l->v, l->n, sizeof *l->v, by_text);
    return true;
}

/* The lines of `a` that `b` has not, the first few of them by name. */
static bool only_in(const struct lines *a, const struct lines *b, struct arena *arena,
                    struct str *out, size_t *n, struct err *err)
{
    struct buf text = {0};
    *n = 0;
    for (size_t i = 0, k = 0; i < a->n; i++) {
        while (k < b->n && str_cmp(b->v[k], a->v[i]) < 0)
            k++;
        if ((k < b->n && str_eq(b->v[k], a->v[i])) || (i && str_eq(a->v[i], a->v[i - 1])))
            continue;
        if (++*n <= NAMED) {
            buf_c(&text, *n > 1 ? "; " : "");
            buf_str(&text, a->v[i]);
        }
    }
    if (*n > NAMED)
        buf_f(&text, "; and %zu more", *n - NAMED);
    bool ok = text.error ? err_memory(err) : arena_dup(arena, buf_view(&text), out, err);
    buf_free(&text);
    return ok;
}

static bool compare_ranges(struct differ *d, const struct vuln *x, const struct vuln *y,
                           struct diff_change **out, struct err *err)
{
    struct lines a = {0}, b = {0};
    struct buf text = {0}, more = {0};
    struct str before = {0}, after = {0};
    size_t gone = 0, come = 0;
    bool ok = sorted_lines(&d->scratch, x, &a, &text, err) &&
              sorted_lines(&d->scratch, y, &b, &text, err) &&
              only_in(&a, &b, d->arena, &before, &gone, err) &&
              only_in(&b, &a, d->arena, &after, &come, err);
    bool differ = gone || come;
    if (ok && !differ) {
        write_rest(&text, x);
        write_rest(&more, y);
        ok = (!text.error && !more.error) || err_memory(err);
        differ = ok && !str_eq(buf_view(&text), buf_view(&more));
    }
    if (ok && differ) {
        *out = differ_add(d, DIFF_RANGE, y->id, y->source, err);
        ok = *out;
        if (ok && !gone && !come)
            after = STR("the same versions under other conditions");
        if (ok) {
            (*out)->before = before;
            (*out)->after = after;
        }
    }
    buf_free(&text);
    buf_free(&more);
    return ok;
}

static bool compare_words(struct differ *d, const struct vuln *x, const struct vuln *y,
                          enum diff_kind kind, struct diff_change **out, struct err *err)
{
    struct diff_change *c = differ_add(d, kind, y->id, y->source, err);
    if (!c)
        return false;
    *out = c;
    return arena_dup(d->arena, x->status, &c->before, err) &&
           arena_dup(d->arena, y->status, &c->after, err);
}

static bool finish(struct differ *d, struct diff_change *c, const struct vuln *v, uint32_t record,
                   struct err *err)
{
    if (!c)
        return true;
    c->record = record;
    return differ_take_score(d, c, v, err);
}

bool differ_compare(struct differ *d, const struct vuln *x, const struct vuln *y, uint32_t record,
                    struct err *err)
{
    struct diff_change *c = NULL;
    bool any = false;
    if (x->rejected != y->rejected) {
        if (!compare_words(d, x, y, y->rejected ? DIFF_REJECTED : DIFF_REINSTATED, &c, err) ||
            !finish(d, c, y, record, err))
            return false;
        /* Score and ranges go with it. */
        return true;
    }
    if (!compare_scores(d, x, y, &c, err) || !finish(d, c, y, record, err))
        return false;
    any |= c != NULL;
    c = NULL;
    if (!compare_ranges(d, x, y, &c, err) || !finish(d, c, y, record, err))
        return false;
    any |= c != NULL;
    c = NULL;
    if (!str_eq(x->status, y->status) &&
        (!compare_words(d, x, y, DIFF_STATUS, &c, err) || !finish(d, c, y, record, err)))
        return false;
    any |= c != NULL;
    if (any)
        return true;
    if (!d->keep_other) {
        d->out->counts[DIFF_OTHER]++;
        return true;
    }
    c = differ_add(d, DIFF_OTHER, y->id, y->source, err);
    return c && finish(d, c, y, record, err);
}
