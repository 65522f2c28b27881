/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the database decodes: blobs of any bytes (their checksums guard against damage, not against
 * who makes them). What is decoded points into the blob, obeys the rules the matcher relies on, and
 * comes out the same when it is encoded again.
 */
#include "fuzz.h"

#include "base/date.h"
#include "store/read_priv.h"

static void check_structure(const struct vuln *v)
{
    for (size_t i = 0; i < v->nodes.n; i++) {
        const struct node *n = &v->nodes.v[i];
        MUST((size_t)n->first + n->count <= v->criteria.n);
        MUST(n->parent == NODE_NO_PARENT || n->parent < i);
    }
    (void)is_flat(v);
}

static void check_facts(const struct vuln *v)
{
    for (size_t i = 0; i < v->cvss.n; i++)
        MUST(v->cvss.v[i].tenths <= 100 && v->cvss.v[i].version < CVSS_VERSIONS);
    MUST(v->stated_severity < SEVERITIES);
    (void)vuln_decisive_cvss(v);
    (void)vuln_single_key(v);
}

static void check_affected(const struct vuln *v)
{
    for (size_t i = 0; i < v->affected.n; i++) {
        const struct affected *f = &v->affected.v[i];
        MUST(f->fallback < AFFECTED_STATUSES);
        (void)only_commits(f);
        for (size_t k = 0; k < f->ranges.n; k++)
            MUST(f->ranges.v[k].status < AFFECTED_STATUSES && f->ranges.v[k].order < RANGE_ORDERS &&
                 f->ranges.v[k].scheme < VERSION_SCHEMES);
    }
}

/* No more than the bytes can hold, and one that is cut: counts are no reason to fill memory. */
static void check_counts(const struct vuln *v, size_t bytes)
{
    MUST(v->criteria.n <= bytes / 2 + 1 && v->references.n <= bytes / 2 + 1);
    MUST(v->nodes.n <= bytes / 4 + 1 && v->cvss.n <= bytes / 4 + 1);
    MUST(v->aliases.n + v->upstream.n + v->cwes.n + v->related.n <= bytes + 1);
    for (size_t i = 0; i < v->affected.n; i++)
        MUST(v->affected.v[i].names.n <= bytes / 4 + 1);
}

/* Decodes with `get`, encodes with `put`, decodes that: nothing may have changed. */
typedef bool get_fn(struct cursor *c, struct arena *a, struct vuln *v, struct err *err);
typedef void put_fn(struct buf *b, const struct vuln *v);

static void put_all(struct buf *b, const struct vuln *v)
{
    put_details(b, v, false);
}

static void there_and_back(struct str in, get_fn *get, put_fn *put)
{
    struct arena a = {0};
    struct err err = {0};
    struct vuln v = {0}, w = {0};
    struct buf b = {0}, again = {0};
    struct cursor c = cursor_of(in);
    bool ok = get(&c, &a, &v, &err);
    MUST(ok == (err.code == ERR_NONE) && (ok || err.code == ERR_DATABASE));
    check_counts(&v, in.n);
    if (ok) {
        MUST(!c.bad && c.p <= c.end);
        check_structure(&v);
        check_facts(&v);
        check_affected(&v);
        put(&b, &v);
        MUST(!b.error);
        c = cursor_of(buf_view(&b));
        MUST(get(&c, &a, &w, &err) && c.p == c.end);
        put(&again, &w);
        MUST(str_eq(buf_view(&b), buf_view(&again)));
    }
    buf_free(&b);
    buf_free(&again);
    arena_free(&a);
}

static void read_list(const struct store_segment *seg, const struct store_entry *e)
{
    struct store_list list, copy;
    struct version_range r, q;
    struct err err = {0};
    bool more = true, same = true;
    if (!store_entry_list(seg, e, &list, &err)) {
        MUST(err.code == ERR_DATABASE);
        return;
    }
    MUST(list.fallback < AFFECTED_STATUSES);
    store_list_decode(list.raw, seg->vendor, seg->product, &copy);
    while (store_list_range(&list, &r, &more) && more) {
        MUST(r.status < AFFECTED_STATUSES && r.order < RANGE_ORDERS && r.scheme < VERSION_SCHEMES);
        MUST(store_list_range(&copy, &q, &same) && same && str_eq(r.from, q.from));
    }
}

static void read_criteria(const struct store_segment *seg, struct store_entry *e)
{
    struct criterion c, copy;
    struct err err = {0};
    bool more = true;
    while (store_entry_next(seg, e, &c, &more, &err) && more) {
        store_criterion_decode(e->raw, seg->vendor, seg->product, &copy);
        for (size_t k = 0; k < CPE_ATTRS; k++)
            MUST(str_eq(c.cpe.attr[k], copy.cpe.attr[k]));
    }
    MUST(err.code == ERR_NONE || err.code == ERR_DATABASE);
}

static void read_segment(struct str in)
{
    struct store_segment seg = {STR("vendor"), STR("product"), "fuzz", in.p, in.p + in.n};
    struct store_entry e = {0};
    struct err err = {0};
    bool more = true;
    while (in.n && store_segment_next(&seg, &e, &more, &err) && more) {
        if (e.list)
            read_list(&seg, &e);
        else
            read_criteria(&seg, &e);
    }
    MUST(err.code == ERR_NONE || err.code == ERR_DATABASE);
}

/* A page of records, whose details stand in the same bytes. No statement of SQL is run. */
static void read_page(struct str in)
{
    static sqlite3_stmt *const none = (sqlite3_stmt *)(uintptr_t)1;
    struct store s = {.db = {.path = "fuzz"}, .page = none, .page_data = in, .page_at = in.p};
    s.block = in.n ? malloc(in.n) : NULL;
    s.block_n = in.n;
    if (s.block)
        memcpy(s.block, in.p, in.n);
    static const uint32_t order[] = {1, 2, 3, 7, 16, 5, 1, 15};
    for (size_t i = 0; s.block && i < sizeof order / sizeof order[0]; i++) {
        struct arena a = {0};
        struct store_record r;
        struct vuln v;
        struct err err = {0};
        bool ok = store_record_load(&s, order[i], &a, &r, &err);
        if (ok && !r.superseded) {
            s.block_id = r.block_;
            check_structure(&r.v);
            check_facts(&r.v);
            ok = store_record_details(&s, &a, &r, &err) &&
                 store_record_all(&s, order[i], &a, &v, &err);
            if (ok)
                check_affected(&v);
        }
        MUST(ok == (err.code == ERR_NONE) && (ok || err.code == ERR_DATABASE));
        arena_free(&a);
    }
    free(s.block);
}

static void read_kev(struct str in)
{
    struct cursor c = cursor_of(in);
    struct kev k = {0};
    struct buf b = {0};
    get_kev(&c, &k);
    if (!c.bad) {
        struct kev l = {0};
        put_kev(&b, &k);
        c = cursor_of(buf_view(&b));
        get_kev(&c, &l);
        MUST(!c.bad && c.p == c.end && str_eq(k.notes, l.notes) && k.due == l.due);
    }
    buf_free(&b);
}

/* The first byte says what the others are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = fuzz_input(data, size), rest;
    if (!size)
        return 0;
    char *copy = malloc(size); /* which starts, too, where memory starts */
    MUST(copy != NULL);
    memcpy(copy, in.p + 1, size - 1);
    rest = str_make(copy, size - 1);
    switch (data[0]) {
    case 'd':
        there_and_back(rest, get_details, put_all);
        break;
    case 'f':
        there_and_back(rest, get_facts, put_facts);
        break;
    case 's':
        there_and_back(rest, get_structure, put_structure);
        break;
    case 'k':
        read_kev(rest);
        break;
    case 'p':
        read_page(rest);
        break;
    default:
        read_segment(rest);
    }
    free(copy);
    return 0;
}
