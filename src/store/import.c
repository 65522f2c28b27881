/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The write side: a new file is made beside the database, from its content or from nothing, takes
 * the records, and replaces it. Two maps keep what is known in memory, so that a full import asks
 * SQLite nothing; segments are collected in memory up to LIMIT_IMPORT_BUFFER_BYTES and then merged.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/map.h"
#include "codec/sha256.h"
#include "store/batch_priv.h"
#include "store/lock_priv.h"
#include "store/sql_priv.h"
#include "base/banned.h"

struct known { /* a record this import has seen */
    int64_t modified;
    uint32_t id;
};

/* Entries of one product that are not in the file yet. */
struct pending {
    char *p;
    uint32_t n, cap;
    bool in_file; /* the file may have a segment already */
};

struct store_import {
    const char *path;
    char tmp[4200];
    int lock;
    struct db db;
    bool fresh;                   /* made from nothing: what the maps do not know is not there */
    struct arena arena;           /* keys of the maps */
    struct map records, products; /* "source\0id" -> index of known; "product\0vendor" -> id */
    VEC(struct known) known;
    struct pending *pending; /* by product id */
    size_t n_pending;        /* also the largest product id + 1 */
    size_t pending_bytes;
    VEC(uint32_t) superseded; /* ids replaced by this import, ascending from each flush on */
    int64_t last_record, last_block;
    struct buf page, entry; /* the page being filled: entries of the last records; scratch */
    struct store_counts counts;
};

/* ---- opening ---- */

static bool copy_fd(int from, int to, struct err *err)
{
    for (;;) {
        ssize_t k = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0);
        if (k < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
            k = sendfile(to, from, NULL, (size_t)1 << 30);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return err_errno(err, "copying the database");
        if (k == 0)
            return true;
    }
}

/* The temporary file, filled with the database's content when there is one. */
static bool make_tmp(struct store_import *s, struct err *err)
{
    int n = snprintf(s->tmp, sizeof s->tmp, "%s.new-XXXXXX", s->path);
    if (n < 0 || (size_t)n >= sizeof s->tmp)
        return err_set(err, ERR_USAGE, "the database's path is too long");
    int to = mkstemp(s->tmp);
    if (to < 0) {
        s->tmp[0] = '\0';
        err_errno(err, "cannot create a file beside the database");
        return err_at_input(err, s->path);
    }
    bool ok = true;
    if (!s->fresh) {
        int from = open(s->path, O_RDONLY | O_CLOEXEC);
        ok = from >= 0 ? copy_fd(from, to, err) : err_errno(err, "cannot open");
        if (from >= 0)
            (void)close(from);
    }
    mode_t mask = umask(0);
    (void)umask(mask);
    if (ok && fchmod(to, 0666 & ~mask))
        ok = err_errno(err, "setting permissions");
    (void)close(to);
    return ok || err_at_input(err, s->path);
}

static bool read_maxima(struct store_import *s, struct err *err)
{
    int64_t products, pages;
    if (!db_number(&s->db, SQL_MAX_PAGE, &pages, err) ||
        !db_number(&s->db, SQL_MAX_BLOCK, &s->last_block, err) ||
        !db_number(&s->db, SQL_MAX_PRODUCT, &products, err))
        return false;
    /* Pages count from 0 and are never reopened: new records start a new one. */
    s->last_record = s->fresh ? 0 : (pages + 1) * RECORDS_PER_PAGE;
    s->n_pending = (size_t)products + 1;
    size_t cap = s->n_pending < 1024 ? 1024 : s->n_pending * 2;
    s->pending = calloc(cap, sizeof *s->pending);
    if (!s->pending)
        return err_memory(err);
    for (size_t i = 0; i < s->n_pending; i++)
        s->pending[i].in_file = true;
    return true;
}

bool store_import_open(const char *path, bool fresh, unsigned wait_seconds,
                       struct store_import **out, struct err *err)
{
    struct store_import *s = calloc(1, sizeof *s);
    if (!s)
        return err_memory(err);
    s->path = path;
    s->lock = -1;
    bool ok = lock_take(path, wait_seconds, &s->lock, err);
    s->fresh = fresh || !io_exists(path);
    ok = ok && make_tmp(s, err) &&
         db_open(&s->db, s->tmp, path, s->fresh ? DB_CREATE : DB_WRITE, err) &&
         (!s->fresh || db_create_tables(&s->db, err)) && db_exec(&s->db, "BEGIN", err) &&
         read_maxima(s, err);
    if (ok) {
        *out = s;
        return true;
    }
    store_import_abort(s);
    return false;
}

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
    return !c.bad || err_set(err, ERR_DATABASE, "the database is damaged; make a new one (--fresh)");
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

/* "a\0b" in the arena, as the key of a map. */
static bool make_key(struct store_import *s, struct str a, struct str b, struct str *out,
                     struct err *err)
{
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
    char key[1024];
    if (a.n + 1 + b.n > sizeof key)
        return false;
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
    struct str key;
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
    struct str key;
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
    struct cursor c = {data + CHECK_BYTES, data + n, n < CHECK_BYTES};
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

static bool commit_batch(void *ctx, void *batch, struct err *err)
{
    struct store_import *s = ctx;
    struct batch *b = batch;
    for (size_t i = 0; i < b->rows.n; i++)
        if (!put_row(s, b, &b->rows.v[i], err))
            return false;
    batch_clear(b);
    return s->pending_bytes < LIMIT_IMPORT_BUFFER_BYTES || flush_segments(s, err);
}

struct vuln_sink store_import_sink(struct store_import *s)
{
    return (struct vuln_sink){s, batch_new, batch_add, batch_seal, commit_batch, batch_free};
}

bool store_import_feed(struct store_import *s, const struct store_feed *f, int64_t now,
                       struct store_counts *counts, struct err *err)
{
    *counts = s->counts;
    s->counts = (struct store_counts){0};
    /* The same bytes again are the same feed, imported now. */
    return db_run(&s->db, SQL_FEED_FORGET, err, "t", f->sha256) &&
           db_run(&s->db, SQL_FEED_ADD, err, "ttttiiiiiii", f->source, f->kind, f->name, f->sha256,
                  (int64_t)f->records, (int64_t)f->rejected, (int64_t)f->unreadable,
                  (int64_t)f->declared, f->published, (int64_t)f->meta_checked, now);
}

/* ---- finishing ---- */

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* SHA-256 over the sorted digests of all feeds: the same feeds give the same value, in any order.
 */
static bool digest(struct store_import *s, char hex[SHA256_HEX], struct err *err)
{
    VEC(struct str) all = {0};
    sqlite3_stmt *st = db_bind(&s->db, SQL_FEEDS, err, "");
    bool row = true;
    if (!st)
        return false;
    while (db_row(&s->db, st, &row, err) && row) {
        struct str *slot = VEC_PUSH(&s->arena, &all);
        if (!slot || !arena_dup(&s->arena, db_text(st, 3), slot, err))
            return err_memory(err);
    }
    if (row)
        return false;
    if (all.n)
        qsort(all.v, all.n, sizeof *all.v, by_text);
    struct sha256 *h = sha256_new(err);
    if (!h)
        return false;
    for (size_t i = 0; i < all.n; i++) {
        sha256_add(h, all.v[i].p, all.v[i].n);
        sha256_add(h, "\n", 1);
    }
    bool ok = sha256_finish(h, hex, err);
    sha256_free(h);
    return ok;
}

/* "modified" and "recent" feeds have the changes of the eight days before their date, and no more. */
#define DELTA_REACH_MS (9 * DATE_DAY_MS)

static bool is_delta(struct str name)
{
    return str_find_str(name, STR("modified")) != STR_NPOS ||
           str_find_str(name, STR("recent")) != STR_NPOS;
}

/*
 * Up to when a source is complete: the date of its newest whole feed, moved on by changes that
 * follow without a gap. A recent feed on a base of last year leaves it a year old.
 */
static bool set_coverage(struct store_import *s, struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_FEED_DATES, err, "");
    struct str source = {0};
    int64_t covered = DATE_NONE;
    bool row = true;
    while (st && db_row(&s->db, st, &row, err) && row) {
        int64_t published = sqlite3_column_int64(st, 2);
        if (!str_eq(db_text(st, 0), source)) {
            covered = DATE_NONE;
            if (!arena_dup(&s->arena, db_text(st, 0), &source, err))
                return false;
        }
        bool gap = is_delta(db_text(st, 1)) && covered != DATE_NONE &&
                   published - covered > DELTA_REACH_MS;
        if (published == DATE_NONE || gap)
            continue;
        covered = published;
        if (!db_run(&s->db, SQL_SOURCE_COVERED, err, "it", covered, source))
            return false;
    }
    return st && !row;
}

static bool set_meta(struct store_import *s, const char *key, struct str value, struct err *err)
{
    return db_run(&s->db, SQL_META_SET, err, "tt", str_from_c(key), value);
}

static bool finish_content(struct store_import *s, int64_t now, struct err *err)
{
    char hex[SHA256_HEX], text[32];
    int64_t records;
    if (!write_page(s, err) || !flush_segments(s, err) || !db_create_indices(&s->db, err) ||
        !db_number(&s->db, SQL_COUNT_RECORDS, &records, err))
        return false;
    if (!records) {
        err_set(
            err, ERR_DATABASE,
            "not one vulnerability was imported; an empty database would call everything clean");
        return err_at_input(err, s->path);
    }
    if (!db_run(&s->db, SQL_SOURCES_CLEAR, err, "") ||
        !db_run(&s->db, SQL_SOURCES_FILL, err, "i", DATE_NONE) || !set_coverage(s, err) || !digest(s, hex, err) ||
        !set_meta(s, "sha256", str_from_c(hex), err))
        return false;
    (void)snprintf(text, sizeof text, "%lld", (long long)now);
    if (!set_meta(s, "built", str_from_c(text), err))
        return false;
    (void)snprintf(text, sizeof text, "%lld", (long long)records);
    return set_meta(s, "records", str_from_c(text), err) && db_exec(&s->db, "COMMIT", err);
}

/* Durable before it is visible: after a power cut there is the old file or the whole new one. */
static bool sync_path(const char *path, int flags, struct err *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        err_errno(err, "making the database durable");
    if (fd >= 0)
        (void)close(fd);
    return ok || err_at_input(err, path);
}

static bool put_in_place(struct store_import *s, struct err *err)
{
    char dir[4200];
    if (!sync_path(s->tmp, O_RDONLY, err))
        return false;
    if (rename(s->tmp, s->path)) {
        err_errno(err, "renaming the new database");
        return err_at_input(err, s->path);
    }
    s->tmp[0] = '\0';
    struct str path = str_from_c(s->path);
    size_t slash = str_rfind(path, '/');
    (void)snprintf(dir, sizeof dir, "%.*s",
                   STR_ARG(slash == STR_NPOS ? STR(".") : str_first(path, slash ? slash : 1)));
    return sync_path(dir, O_RDONLY | O_DIRECTORY, err);
}

bool store_import_commit(struct store_import *s, int64_t now, struct err *err)
{
    bool ok = finish_content(s, now, err);
    db_close(&s->db);
    ok = ok && put_in_place(s, err);
    store_import_abort(s);
    return ok;
}

void store_import_abort(struct store_import *s)
{
    if (!s)
        return;
    db_close(&s->db);
    if (s->tmp[0])
        (void)unlink(s->tmp);
    lock_release(s->lock);
    for (size_t i = 0; s->pending && i < s->n_pending; i++)
        free(s->pending[i].p);
    free(s->pending);
    buf_free(&s->page);
    buf_free(&s->entry);
    map_free(&s->records);
    map_free(&s->products);
    arena_free(&s->arena);
    free(s);
}
