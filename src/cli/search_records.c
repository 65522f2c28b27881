/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/search_priv.h"
#include "model/range_text.h"

#include "base/banned.h"

/* Ranges of one record that are named in a row. */
#define RANGES 6

/* A record of a product; one of several products is of each of them. */
struct found {
    uint32_t record;
    size_t product;
    int64_t published;
    struct str id;
};
struct founds {
    struct found *v;
    size_t n, cap;
};

static int by_product_and_record(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->product != y->product)
        return x->product < y->product ? -1 : 1;
    return (x->record > y->record) - (x->record < y->record);
}

/* The records of a product that count, each once. `scratch` is for what is looked at and left. */
static bool collect(struct searcher *s, size_t product, struct founds *out, struct err *err)
{
    const struct search_product *p = &s->out->products.v[product];
    struct store_segment seg;
    struct store_entry e;
    struct arena scratch = {0};
    bool more = true;
    size_t first = out->n;
    bool ok = store_segment_open(s->store, p->id, p->vendor, p->name, &seg, err);
    while (ok && (ok = store_segment_next(&seg, &e, &more, err)) && more) {
        struct found *f = VEC_PUSH(s->arena, out);
        if (!f) {
            ok = err_memory(err);
            break;
        }
        *f = (struct found){.record = e.record, .product = product};
    }
    if (ok && out->n > first)
        qsort(out->v + first, out->n - first, sizeof *out->v, by_product_and_record);
    size_t kept = first;
    for (size_t i = first; ok && i < out->n; i++) {
        struct store_record r;
        if (kept > first && out->v[kept - 1].record == out->v[i].record)
            continue;
        arena_reset(&scratch);
        ok = store_record_load(s->store, out->v[i].record, &scratch, &r, err);
        if (!ok || r.superseded)
            continue;
        out->v[kept] = out->v[i];
        out->v[kept].published = r.v.published;
        ok = arena_dup(s->arena, r.v.id, &out->v[kept++].id, err);
    }
    out->n = ok ? kept : out->n;
    arena_free(&scratch);
    return ok;
}

bool search_count(struct searcher *s, struct search_product *p, struct err *err)
{
    struct founds found = {0};
    if (!collect(s, (size_t)(p - s->out->products.v), &found, err))
        return false;
    p->records = found.n;
    return true;
}

/* Newest first; without a date last. */
static int newest_first(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->published != y->published)
        return x->published > y->published ? -1 : 1;
    int c = str_compare_ids(y->id, x->id);
    c = c ? c : str_cmp(y->id, x->id);
    return c ? c : by_product_and_record(a, b);
}

/* ---- the ranges of the records that are shown ---- */

struct ranges {
    struct buf text;
    size_t n;
};

static void add_range(struct ranges *r, struct str range, bool structure)
{
    if (r->n++ >= RANGES)
        return;
    buf_c(&r->text, r->n > 1 ? "; " : "");
    buf_str(&r->text, range);
    buf_c(&r->text, structure ? " (under conditions)" : "");
}

static bool entry_ranges(const struct store_segment *seg, struct store_entry *e, struct ranges *r,
                         struct err *err)
{
    struct buf one = {0};
    bool more = true, ok = true;
    if (e->list) {
        struct store_list list;
        struct version_range range;
        size_t before = r->n;
        ok = store_entry_list(seg, e, &list, err);
        while (ok && store_list_range(&list, &range, &more) && more)
            if (range.status == STATUS_AFFECTED && range.order != RANGE_COMMITS) {
                buf_clear(&one);
                version_range_text(&range, &one);
                add_range(r, buf_view(&one), false);
            }
        if (ok && r->n == before)
            add_range(r,
                      list.only_commits                  ? STR("commits only")
                      : list.fallback == STATUS_AFFECTED ? STR("every version that is not listed")
                                                         : STR("no affected versions stated"),
                      false);
    }
    while (ok && !e->list) {
        struct criterion c;
        if (!(ok = store_entry_next(seg, e, &c, &more, err)) || !more)
            break;
        buf_clear(&one);
        criterion_range(&c, &one);
        add_range(r, buf_view(&one), !e->alone);
    }
    ok = ok && (!one.error || err_memory(err));
    buf_free(&one);
    return ok;
}

static struct found *find(struct founds *f, size_t from, size_t to, uint32_t record)
{
    const struct found key = {.record = record, .product = f->v[from].product};
    return bsearch(&key, f->v + from, to - from, sizeof *f->v, by_product_and_record);
}

/*
 * Rows of what is left of `shown` after cutting, whose order is `order`: by one walk through each
 * product's segment.
 */
static bool product_ranges(struct searcher *s, struct founds *f, size_t from, size_t to,
                           struct ranges *ranges, struct err *err)
{
    const struct search_product *p = &s->out->products.v[f->v[from].product];
    struct store_segment seg;
    struct store_entry e;
    bool more = true;
    bool ok = store_segment_open(s->store, p->id, p->vendor, p->name, &seg, err);
    while (ok && (ok = store_segment_next(&seg, &e, &more, err)) && more) {
        const struct found *x = find(f, from, to, e.record);
        ok = !x || entry_ranges(&seg, &e, &ranges[x - f->v], err);
    }
    return ok;
}

static bool make_row(struct searcher *s, const struct found *f, struct ranges *ranges,
                     struct search_row *row, struct err *err)
{
    const struct search_product *p = &s->out->products.v[f->product];
    struct store_record r;
    struct str *source, id;
    size_t at = 0;
    if (!store_record_load(s->store, f->record, s->arena, &r, err))
        return false;
    const struct cvss *c = vuln_decisive_cvss(&r.v);
    row->id = f->id;
    row->published = r.v.published;
    row->rejected = r.v.rejected;
    row->severity = c ? severity_of(c->version, c->tenths) : r.v.stated_severity;
    row->cvss = c ? *c : (struct cvss){0};
    /* The page the texts are in goes with the next record. */
    if (!arena_dup(s->arena, row->cvss.vector, &row->cvss.vector, err) ||
        !arena_dup(s->arena, row->cvss.source, &row->cvss.source, err))
        return false;
    if (!(source = VEC_PUSH(s->arena, &row->sources)))
        return err_memory(err);
    if (!arena_dup(s->arena, r.v.source, source, err) ||
        !arena_printf(s->arena, &row->product, err, "%.*s%c%.*s", STR_ARG(p->vendor),
                      p->package ? '/' : ':', STR_ARG(p->name)))
        return false;
    if (ranges->n > RANGES)
        buf_f(&ranges->text, "; and %zu more", ranges->n - RANGES);
    if (ranges->text.error || !arena_dup(s->arena, buf_view(&ranges->text), &row->ranges, err))
        return err_memory(err);
    /* An advisory about several burns as its worst; what is shown is the first that is known. */
    row->known.id = row->id;
    while (!row->known.kev && vuln_next_cve(&r.v, &at, &id)) {
        struct lookup_cve known;
        if (!arena_dup(s->arena, id, &id, err) ||
            !lookup_known(s->store, s->arena, id, &known, err))
            return false;
        if (known.kev || known.epss.score >= row->known.epss.score)
            row->known = known;
    }
    return true;
}

/* Rows in the order of `order`, from `f`, which is sorted by product and record. */
static bool make_rows(struct searcher *s, struct founds *f, const struct founds *order,
                      struct err *err)
{
    struct ranges *ranges = arena_array(s->arena, f->n + 1, sizeof *ranges);
    bool ok = ranges || err_memory(err);
    for (size_t i = 0, k; ok && i < f->n; i = k) {
        for (k = i; k < f->n && f->v[k].product == f->v[i].product;)
            k++;
        ok = product_ranges(s, f, i, k, ranges, err);
    }
    for (size_t i = 0; ok && i < order->n; i++) {
        const struct found *x =
            bsearch(&order->v[i], f->v, f->n, sizeof *f->v, by_product_and_record);
        struct search_row *row = VEC_PUSH(s->arena, &s->out->rows);
        ok = x && row ? make_row(s, x, &ranges[x - f->v], row, err) : err_memory(err);
    }
    for (size_t i = 0; ranges && i < f->n; i++)
        buf_free(&ranges[i].text);
    return ok;
}

bool search_records(struct searcher *s, struct err *err)
{
    struct founds all = {0}, sorted = {0};
    for (size_t i = 0; i < s->out->products.n; i++)
        if (!s->out->products.v[i].near && !collect(s, i, &all, err))
            return false;
    s->out->n_rows = all.n;
    if (!all.n)
        return true;
    qsort(all.v, all.n, sizeof *all.v, newest_first);
    if (s->limit && all.n > s->limit)
        all.n = (size_t)s->limit;
    sorted.v = arena_array(s->arena, all.n, sizeof *sorted.v);
    if (!sorted.v)
        return err_memory(err);
    memcpy(sorted.v, all.v, all.n * sizeof *all.v);
    sorted.n = sorted.cap = all.n;
    qsort(sorted.v, sorted.n, sizeof *sorted.v, by_product_and_record);
    return make_rows(s, &sorted, &all, err);
}
