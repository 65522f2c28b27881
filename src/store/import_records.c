/* SPDX-License-Identifier: Apache-2.0 */
#include "store/import_priv.h"

#include "base/banned.h"

/* ---- segments ---- */

static bool is_superseded(const struct store_import *s, uint32_t id)
{
    size_t lo = 0, hi = s->superseded.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->superseded.v[mid] == id)
            return true;
        if (s->superseded.v[mid] < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static bool damaged(struct store_import *s, struct err *err)
{
    err_set(err, ERR_DATABASE, "the database is damaged; make a new one (--fresh)");
    return err_at_input(err, s->path);
}

/* Entries of `old` that still count. An entry is a varint record id, a varint length, the payload.
 */
static bool keep_entries(const struct store_import *s, struct str old, struct buf *out,
                         struct err *err)
{
    struct cursor c = cursor_of(old);
    while (c.p < c.end && !c.bad) {
        const char *start = c.p;
        uint64_t id = get_varint(&c);
        (void)get_str(&c);
        if (!c.bad && !is_superseded(s, (uint32_t)id))
            buf_add(out, start, (size_t)(c.p - start));
    }
    return !c.bad ||
           err_set(err, ERR_DATABASE, "the database is damaged; make a new one (--fresh)");
}

static bool flush_one(struct store_import *s, int64_t product, struct buf *b, struct err *err)
{
    struct pending *p = &s->pending[product];
    bool row = false;
    buf_clear(b);
    buf_add(b, "\0\0\0", CHECK_BYTES); /* its place */
    if (p->in_file) {
        struct str old = {0};
        sqlite3_stmt *st = db_bind(&s->db, SQL_SEGMENT_GET, err, "i", product);
        if (!st || !db_row(&s->db, st, &row, err))
            return false;
        if (row && !get_checked(db_blob(st, 0), &old))
            return damaged(s, err);
        if (!keep_entries(s, old, b, err))
            return false;
        (void)sqlite3_reset(st);
    }
    if (!keep_entries(s, str_make(p->p, p->n), b, err))
        return false;
    if (b->error)
        return err_memory(err);
    put_check(b->p, str_from(buf_view(b), CHECK_BYTES));
    p->in_file = true;
    p->n = p->cap = 0;
    free(p->p);
    p->p = NULL;
    return db_run(&s->db, SQL_SEGMENT_PUT, err, "ib", product, buf_view(b));
}

static bool flush_segments(struct store_import *s, struct err *err)
{
    struct buf b = {0};
    bool ok = true;
    if (s->superseded.n)
        qsort(s->superseded.v, s->superseded.n, sizeof *s->superseded.v, by_id);
    for (size_t i = 0; ok && i < s->n_pending; i++)
        if (s->pending[i].n)
            ok = flush_one(s, (int64_t)i, &b, err);
    buf_free(&b);
    s->pending_bytes = 0;
    return ok;
}

static bool append(struct store_import *s, size_t product, uint32_t record, struct str payload,
                   struct err *err)
{
    struct pending *p = &s->pending[product];
    size_t need = (size_t)p->n + payload.n + 16;
    if (need > UINT32_MAX / 2)
        return err_set(err, ERR_LIMIT, "a product with more than 2 GB of criteria");
    if (need > p->cap) {
        size_t cap = need + need / 2;
        char *q = realloc(p->p, cap);
        if (!q)
            return err_memory(err);
        s->pending_bytes += cap - p->cap;
        p->p = q;
        p->cap = (uint32_t)cap;
    }
    struct buf b = {.p = p->p, .n = p->n, .cap = p->cap}; /* fits: never grows */
    put_varint(&b, record);
    put_str(&b, payload);
    p->n = (uint32_t)b.n;
    return true;
}

/* ---- records ---- */

/* Vendor and product of one CPE name, each character of it quoted at the worst. */
#define KEY_BYTES (LIMIT_CPE_BYTES * 2 + 64)

/* "a\0b" in the arena, as the key of a map. */
static bool make_key(struct store_import *s, struct str a, struct str b, struct str *out,
                     struct err *err)
{
    if (a.n + 1 + b.n > KEY_BYTES)
        return err_set(err, ERR_LIMIT, "a name of more than %zu bytes", KEY_BYTES);
    char *p = arena_alloc(&s->arena, a.n + 1 + b.n);
    if (!p)
        return err_memory(err);
    memcpy(p, a.p, a.n);
    memcpy(p + a.n + 1, b.p, b.n);
    *out = str_make(p, a.n + 1 + b.n);
    return true;
}

static bool find_in_map(const struct map *m, struct str a, struct str b, uint64_t *value)
{
    char key[KEY_BYTES];
    if (a.n + 1 + b.n > sizeof key)
        return false; /* make_key refuses these */
    memcpy(key, a.p, a.n);
    key[a.n] = '\0';
    memcpy(key + a.n + 1, b.p, b.n);
    return map_get(m, str_make(key, a.n + 1 + b.n), value);
}

static bool new_product(struct store_import *s, struct str vendor, struct str product, uint64_t *id,
                        struct err *err)
{
    *id = s->n_pending;
    /* The array's capacity is a power of two or what read_maxima made: it grows by doubling. */
    if (*id >= 1024 && (*id & (*id - 1)) == 0) {
        struct pending *p = realloc(s->pending, *id * 2 * sizeof *p);
        if (!p)
            return err_memory(err);
        memset(p + *id, 0, *id * sizeof *p);
        s->pending = p;
    }
    s->pending[*id] = (struct pending){0};
    s->n_pending++;
    return db_run(&s->db, SQL_PRODUCT_ADD, err, "itt", (int64_t)*id, product, vendor);
}

static bool product_id(struct store_import *s, struct str vendor, struct str product, uint64_t *id,
                       struct err *err)
{
    struct str key = {0};
    bool row = false;
    if (find_in_map(&s->products, product, vendor, id))
        return true;
    if (!s->fresh) {
        sqlite3_stmt *st = db_bind(&s->db, SQL_PRODUCT_FIND, err, "tt", product, vendor);
        if (!st || !db_row(&s->db, st, &row, err))
            return false;
        if (row) {
            *id = (uint64_t)sqlite3_column_int64(st, 0);
            (void)sqlite3_reset(st);
            if (*id >= s->n_pending)
                return err_set(err, ERR_DATABASE,
                               "the database is damaged: a product's number makes no sense");
        }
    }
    if (!row && !new_product(s, vendor, product, id, err))
        return false;
    return make_key(s, product, vendor, &key, err) && map_put(&s->products, key, *id, err);
}

/* What is known of a record, in this import or in the file; id 0 when nothing. */
static bool find_record(struct store_import *s, struct str source, struct str name, uint64_t *index,
                        struct known *known, struct err *err)
{
    bool row;
    *index = UINT64_MAX;
    *known = (struct known){DATE_NONE, 0};
    if (find_in_map(&s->records, source, name, index)) {
        *known = s->known.v[*index];
        return true;
    }
    if (s->fresh)
        return true;
    sqlite3_stmt *st = db_bind(&s->db, SQL_RECORD_FIND, err, "tt", name, source);
    if (!st || !db_row(&s->db, st, &row, err))
        return false;
    if (row) {
        known->id = (uint32_t)sqlite3_column_int64(st, 0);
        known->modified = sqlite3_column_int64(st, 1);
        (void)sqlite3_reset(st);
    }
    return true;
}

static bool remember(struct store_import *s, struct str source, struct str name, uint64_t index,
                     struct known known, struct err *err)
{
    struct str key = {0};
    if (index == UINT64_MAX) {
        index = s->known.n;
        if (!VEC_PUSH(&s->arena, &s->known))
            return err_memory(err);
        if (!make_key(s, source, name, &key, err) || !map_put(&s->records, key, index, err))
            return false;
    }
    s->known.v[index] = known;
    return true;
}

/* Sets the flag of the record's entry in `data`; false when it has none. */
static bool mark_entry(char *data, size_t n, uint32_t id)
{
    if (n < CHECK_BYTES)
        return false;
    struct cursor c = cursor_of(str_make(data + CHECK_BYTES, n - CHECK_BYTES));
    for (size_t i = (id - 1) % RECORDS_PER_PAGE; i > 0; i--) {
        (void)get_byte(&c);
        (void)get_str(&c);
    }
    if (c.bad || c.p >= c.end)
        return false;
    data[c.p - data] |= RECORD_SUPERSEDED;
    put_check(data, str_make(data + CHECK_BYTES, n - CHECK_BYTES));
    return true;
}

static bool supersede(struct store_import *s, uint32_t id, struct err *err)
{
    uint32_t *slot = VEC_PUSH(&s->arena, &s->superseded);
    int64_t page = (id - 1) / RECORDS_PER_PAGE;
    bool row = false, ok = false;
    if (!slot)
        return err_memory(err);
    *slot = id;
    if (page == s->last_record / RECORDS_PER_PAGE) {
        ok = mark_entry(s->page.p, s->page.n, id);
    } else {
        sqlite3_stmt *st = db_bind(&s->db, SQL_PAGE_GET, err, "i", page);
        if (!st || !db_row(&s->db, st, &row, err))
            return false;
        struct str old = {0};
        buf_clear(&s->entry);
        if (row && get_checked(db_blob(st, 0), &old))
            buf_str(&s->entry, db_blob(st, 0));
        (void)sqlite3_reset(st);
        ok = !s->entry.error && mark_entry(s->entry.p, s->entry.n, id);
        if (ok && !db_run(&s->db, SQL_PAGE_PUT, err, "ib", page, buf_view(&s->entry)))
            return false;
    }
    if (!ok)
        return s->entry.error ? err_memory(err)
                              : err_set(err, ERR_DATABASE,
                                        "the database is damaged: record %u is missing", id);
    return db_run(&s->db, SQL_RECORD_DELETE, err, "i", (int64_t)id);
}

static bool write_page(struct store_import *s, struct err *err)
{
    if (s->page.error)
        return err_memory(err);
    if (s->page.n)
        put_check(s->page.p, str_from(buf_view(&s->page), CHECK_BYTES));
    bool ok = !s->page.n || db_run(&s->db, SQL_PAGE_PUT, err, "ib",
                                   (s->last_record - 1) / RECORDS_PER_PAGE, buf_view(&s->page));
    buf_clear(&s->page);
    return ok;
}

/* Adds the entry of the record that was numbered last. */
static bool add_entry(struct store_import *s, const struct batch *b, const struct batch_row *r,
                      int64_t block, struct err *err)
{
    buf_clear(&s->entry);
    put_str(&s->entry, span_of(&b->bytes, r->name));
    put_str(&s->entry, span_of(&b->bytes, r->source));
    put_i64(&s->entry, r->published);
    put_i64(&s->entry, r->modified);
    put_varint(&s->entry, (uint64_t)block);
    put_varint(&s->entry, r->at);
    put_str(&s->entry, span_of(&b->bytes, r->structure));
    buf_str(&s->entry, span_of(&b->bytes, r->facts));
    if (!s->page.n)
        buf_add(&s->page, "\0\0\0", CHECK_BYTES);
    buf_char(&s->page, 0);
    put_str(&s->page, buf_view(&s->entry));
    if (s->entry.error)
        return err_memory(err);
    return s->last_record % RECORDS_PER_PAGE || write_page(s, err);
}

/* Stores a block of details when the first record that is kept needs it. */
static bool need_block(struct store_import *s, struct batch *b, size_t index, int64_t *id,
                       struct err *err)
{
    struct batch_block *k = &b->blocks.v[index];
    if (!k->id) {
        k->id = ++s->last_block;
        if (!db_run(&s->db, SQL_BLOCK_ADD, err, "iib", k->id, (int64_t)k->size,
                    span_of(&b->packed, k->data)))
            return false;
    }
    *id = k->id;
    return true;
}

static bool put_row(struct store_import *s, struct batch *b, const struct batch_row *r,
                    struct err *err)
{
    int64_t block;
    struct str name = span_of(&b->bytes, r->name), source = span_of(&b->bytes, r->source);
    struct known known;
    uint64_t index, product;
    if (!find_record(s, source, name, &index, &known, err))
        return false;
    if (known.id && r->modified <= known.modified) {
        s->counts.unchanged += r->modified == known.modified;
        s->counts.older += r->modified != known.modified;
        return true;
    }
    if (known.id && !supersede(s, known.id, err))
        return false;
    s->counts.replaced += known.id != 0;
    s->counts.added += known.id == 0;
    if (s->last_record >= UINT32_MAX)
        return err_set(err, ERR_LIMIT,
                       "the database has no record numbers left: import from nothing (--fresh)");
    known = (struct known){r->modified, (uint32_t)++s->last_record};
    if (!remember(s, source, name, index, known, err) || !need_block(s, b, r->block, &block, err) ||
        !db_run(&s->db, SQL_RECORD_ADD, err, "itti", (int64_t)known.id, name, source,
                r->modified) ||
        !add_entry(s, b, r, block, err))
        return false;
    for (size_t i = 0; i < r->uses; i++) {
        const struct batch_use *u = &b->uses.v[r->first_use + i];
        if (!product_id(s, span_of(&b->bytes, u->vendor), span_of(&b->bytes, u->product), &product,
                        err) ||
            !append(s, product, known.id, span_of(&b->bytes, u->payload), err))
            return false;
    }
    return true;
}

bool import_batch(void *ctx, void *batch, struct err *err)
{
    struct store_import *s = ctx;
    struct batch *b = batch;
    for (size_t i = 0; i < b->rows.n; i++)
        if (!put_row(s, b, &b->rows.v[i], err))
            return false;
    batch_clear(b);
    return s->pending_bytes < LIMIT_IMPORT_BUFFER_BYTES || flush_segments(s, err);
}

bool import_flush(struct store_import *s, struct err *err)
{
    return write_page(s, err) && flush_segments(s, err);
}

void import_free_pending(struct store_import *s)
{
    for (size_t i = 0; s->pending && i < s->n_pending; i++)
        free(s->pending[i].p);
    free(s->pending);
}
