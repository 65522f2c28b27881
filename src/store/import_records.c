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

/* Entries of `old` that still count. An entry is a varint record id, a key, a length, the payload.
 */
static bool keep_entries(const struct store_import *s, struct str old, struct buf *out,
                         struct err *err)
{
    struct cursor c = cursor_of(old);
    while (c.p < c.end && !c.bad) {
        const char *start = c.p;
        uint64_t id = get_varint(&c);
        (void)get_key(&c);
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

static bool append(struct store_import *s, size_t product, uint32_t record, uint64_t key,
                   struct str payload, struct err *err)
{
    struct pending *p = &s->pending[product];
    size_t need = (size_t)p->n + payload.n + 32;
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
    put_key(&b, key);
    put_str(&b, payload);
    p->n = (uint32_t)b.n;
    return true;
}

/* ---- records ---- */

/* Vendor and product of one CPE name, each character of it quoted at the worst. */
#define KEY_BYTES (LIMIT_CPE_BYTES * 2 + 64)

/* "a\0b\0c" in `room`, as the key of a map. */
static bool make_key(struct str a, struct str b, struct str c, char room[KEY_BYTES],
                     struct str *out, struct err *err)
{
    if (a.n + b.n + c.n + 2 > KEY_BYTES)
        return err_set(err, ERR_LIMIT, "a name of more than %zu bytes", KEY_BYTES);
    const struct str parts[] = {a, b, c};
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].n)
            memcpy(room + n, parts[i].p, parts[i].n);
        n += parts[i].n;
        room[n] = '\0';
        n += i < 2;
    }
    *out = str_make(room, n);
    return true;
}

static bool new_product(struct store_import *s, const struct batch *b, const struct batch_use *u,
                        uint64_t *id, struct err *err)
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
    s->new_packages |= u->package;
    s->check.product += check_product((int64_t)*id, span_of(&b->bytes, u->product),
                                      (int64_t)u->package, span_of(&b->bytes, u->vendor));
    return db_run(&s->db, SQL_PRODUCT_ADD, err, "itit", (int64_t)*id,
                  span_of(&b->bytes, u->product), (int64_t)u->package,
                  span_of(&b->bytes, u->vendor));
}

static bool product_id(struct store_import *s, const struct batch *b, const struct batch_use *u,
                       uint64_t *id, struct err *err)
{
    struct str vendor = span_of(&b->bytes, u->vendor), product = span_of(&b->bytes, u->product);
    char room[KEY_BYTES];
    struct str key = {0};
    bool row = false;
    if (!make_key(product, u->package ? STR("p") : STR("c"), vendor, room, &key, err))
        return false;
    if (map_get(&s->products, key, id))
        return true;
    if (!s->fresh) {
        sqlite3_stmt *st =
            db_bind(&s->db, SQL_PRODUCT_FIND, err, "tit", product, (int64_t)u->package, vendor);
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
    if (!row && !new_product(s, b, u, id, err))
        return false;
    return arena_dup(&s->arena, key, &key, err) && map_put(&s->products, key, *id, err);
}

/* What is known of a record, in this import or in the file; id 0 when nothing. */
static bool find_record(struct store_import *s, const struct batch *b, const struct batch_row *r,
                        struct str key, uint64_t *index, struct known *known, struct err *err)
{
    bool row;
    *index = UINT64_MAX;
    *known = (struct known){DATE_NONE, 0, 0};
    if (map_get(&s->records, key, index)) {
        *known = s->known.v[*index];
        return true;
    }
    if (s->fresh)
        return true;
    sqlite3_stmt *st = db_bind(&s->db, SQL_NAME_FIND, err, "ttt", span_of(&b->bytes, r->name),
                               span_of(&b->bytes, r->source), span_of(&b->bytes, r->part));
    if (!st || !db_row(&s->db, st, &row, err))
        return false;
    if (row) {
        known->id = (uint32_t)sqlite3_column_int64(st, 0);
        known->modified = sqlite3_column_int64(st, 1);
        known->hash = (uint32_t)sqlite3_column_int64(st, 2);
        (void)sqlite3_reset(st);
    }
    return true;
}

static bool remember(struct store_import *s, struct str key, uint64_t index, struct known known,
                     struct err *err)
{
    if (index == UINT64_MAX) {
        index = s->known.n;
        if (!VEC_PUSH(&s->arena, &s->known))
            return err_memory(err);
        if (!arena_dup(&s->arena, key, &key, err) || !map_put(&s->records, key, index, err))
            return false;
    }
    s->known.v[index] = known;
    return true;
}

bool import_forget(struct store_import *s, struct str name, struct str source, struct str part,
                   struct err *err)
{
    char room[KEY_BYTES];
    struct str key = {0};
    uint64_t index;
    if (!make_key(source, part, name, room, &key, err))
        return false;
    if (map_get(&s->records, key, &index))
        s->known.v[index] = (struct known){DATE_NONE, 0, 0};
    return true;
}

/* Adds the entry of the record that was numbered last. */
static bool add_entry(struct store_import *s, const struct batch *b, const struct batch_row *r,
                      int64_t block, struct err *err)
{
    buf_clear(&s->entry);
    put_str(&s->entry, span_of(&b->bytes, r->name));
    put_str(&s->entry, span_of(&b->bytes, r->source));
    put_str(&s->entry, span_of(&b->bytes, r->part));
    put_i64(&s->entry, r->published);
    put_i64(&s->entry, r->modified);
    put_varint(&s->entry, (uint64_t)block);
    put_varint(&s->entry, r->at);
    put_str(&s->entry, span_of(&b->bytes, r->structure));
    buf_str(&s->entry, span_of(&b->bytes, r->facts));
    if (!s->page.n)
        buf_add(&s->page, "\0\0\0", CHECK_BYTES);
    buf_char(&s->page, r->rejected ? RECORD_REJECTED : 0);
    put_str(&s->page, buf_view(&s->entry));
    if (s->entry.error)
        return err_memory(err);
    return s->last_record % RECORDS_PER_PAGE || import_close_page(s, err);
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

bool import_count(struct store_import *s, struct str source, uint64_t more, struct err *err)
{
    struct source_count *slot = NULL;
    for (size_t i = 0; i < s->sources.n && !slot; i++)
        if (str_eq(s->sources.v[i].name, source))
            slot = &s->sources.v[i];
    if (!slot && !(slot = VEC_PUSH(&s->arena, &s->sources)))
        return err_memory(err);
    slot->records += more;
    return slot->name.n || arena_dup(&s->arena, source, &slot->name, err);
}

/* The ids that lead to a record besides its own. Those of replaced records stay; readers see that
 * the record no longer counts. */
static bool add_aliases(struct store_import *s, struct str others, uint32_t id, struct err *err)
{
    struct cursor c = cursor_of(others);
    for (uint64_t n = get_varint(&c); n > 0; n--) {
        struct str alias = get_str(&c);
        if (!db_run(&s->db, SQL_ALIAS_ADD, err, "ti", alias, (int64_t)id))
            return false;
        if (sqlite3_changes(s->db.h)) /* not one that is named twice */
            s->check.alias += check_alias(alias, (int64_t)id);
    }
    return true;
}

/* The new record, whose number is the last one. */
static bool put_parts(struct store_import *s, struct batch *b, const struct batch_row *r,
                      struct err *err)
{
    int64_t block;
    uint64_t product;
    uint32_t id = (uint32_t)s->last_record;
    if (!need_block(s, b, r->block, &block, err) ||
        !db_run(&s->db, SQL_NAME_PUT, err, "tttiii", span_of(&b->bytes, r->name),
                span_of(&b->bytes, r->source), span_of(&b->bytes, r->part), (int64_t)id,
                r->modified, (int64_t)r->hash) ||
        (r->kev.n && !db_run(&s->db, SQL_KEV_ADD, err, "tib", span_of(&b->bytes, r->name),
                             (int64_t)id, span_of(&b->bytes, r->kev))) ||
        !add_aliases(s, span_of(&b->bytes, r->others), id, err) || !add_entry(s, b, r, block, err))
        return false;
    for (size_t i = 0; i < r->uses; i++) {
        const struct batch_use *u = &b->uses.v[r->first_use + i];
        if (!product_id(s, b, u, &product, err) ||
            !append(s, product, id, r->key, span_of(&b->bytes, u->payload), err))
            return false;
    }
    return true;
}

/* The row of `name` that belongs to it. */
static uint64_t name_check(const struct batch *b, const struct batch_row *r, const struct known *k)
{
    return check_name(span_of(&b->bytes, r->name), span_of(&b->bytes, r->source),
                      span_of(&b->bytes, r->part), k->id, k->modified, k->hash);
}

static bool put_row(struct store_import *s, struct batch *b, const struct batch_row *r,
                    struct err *err)
{
    struct str source = span_of(&b->bytes, r->source), key = {0};
    char room[KEY_BYTES];
    struct known known;
    uint64_t index;
    if (!make_key(source, span_of(&b->bytes, r->part), span_of(&b->bytes, r->name), room, &key,
                  err) ||
        !find_record(s, b, r, key, &index, &known, err))
        return false;
    /*
     * Of two of the same time any one may win, but whichever comes first: the same one. Records
     * without a date can not be told apart by time: of those the one imported last counts.
     */
    bool same = known.id && r->modified == known.modified && r->hash == known.hash;
    bool dated = r->modified != DATE_NONE;
    if (known.id && (same || r->modified < known.modified ||
                     (dated && r->modified == known.modified && r->hash < known.hash))) {
        s->counts.unchanged += same;
        s->counts.older += !same;
        return true;
    }
    bool others, outdated;
    if (!import_replace_parts(s, span_of(&b->bytes, r->name), source, span_of(&b->bytes, r->part),
                              r->modified, &others, &outdated, err))
        return false;
    if (outdated) {
        s->counts.older++;
        return true;
    }
    if (known.id && !import_supersede(s, known.id, err))
        return false;
    if (known.id &&
        !db_run(&s->db, SQL_KEV_FORGET, err, "ti", span_of(&b->bytes, r->name), (int64_t)known.id))
        return false;
    if (known.id)
        s->check.name -= name_check(b, r, &known);
    s->counts.replaced += known.id || others;
    s->counts.added += !known.id && !others;
    if (!known.id && !import_count(s, source, 1, err))
        return false;
    if (s->last_record >= UINT32_MAX)
        return err_set(err, ERR_LIMIT,
                       "the database has no record numbers left: import from nothing (--fresh)");
    known = (struct known){r->modified, (uint32_t)++s->last_record, r->hash};
    s->check.name += name_check(b, r, &known);
    return remember(s, key, index, known, err) && put_parts(s, b, r, err);
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
    return import_close_page(s, err) && import_flush_pages(s, err) && flush_segments(s, err);
}

void import_free_pending(struct store_import *s)
{
    for (size_t i = 0; s->pending && i < s->n_pending; i++)
        free(s->pending[i].p);
    free(s->pending);
}
