/* SPDX-License-Identifier: Apache-2.0 */
#include "store/verify.h"

#include <stdarg.h>

#include "store/batch_priv.h"
#include "store/check_priv.h"
#include "store/read_priv.h"
#include "base/banned.h"

struct source_count {
    struct str name;
    uint64_t records;
};

struct verify {
    struct store *s;
    struct store_verifier *v;
    struct arena run, record;
    struct batch *batch;
    unsigned char *seen; /* by record number: it was read */
    uint64_t max_record;
    VEC(struct source_count) sources;
};

/* ---- telling ---- */

static void damage(struct verify *v, const char *fmt, ...) VW_PRINTF(2, 3);
static void damage(struct verify *v, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    v->v->damaged++;
    v->v->damage(v->v->ctx, text);
}

/*
 * A step failed: when that is because of what the file holds it is told, and the others go on. What
 * SQLite calls an error of reading is here a file that is shorter than it says.
 */
static bool go_on(struct verify *v, const char *what, struct err *err)
{
    char text[1024];
    if (err->code != ERR_DATABASE && err->code != ERR_IO)
        return false;
    err_format(err, text, sizeof text);
    err_clear(err);
    damage(v, "%s: %s", what, text);
    return true;
}

/* ---- steps ---- */

static bool check_file(struct verify *v, struct err *err)
{
    sqlite3_stmt *st = db_bind(&v->s->db, SQL_INTEGRITY, err, "");
    bool row = true, ok = st;
    while (ok && (ok = db_row(&v->s->db, st, &row, err)) && row)
        if (!str_eq(db_text(st, 0), STR("ok")))
            damage(v, "the file itself: %.*s", STR_ARG(str_first(db_text(st, 0), 300)));
    return ok;
}

static bool check_sum(struct verify *v, const char *key, const char *table, uint64_t sum,
                      struct err *err)
{
    uint64_t stored;
    if (!check_stored(&v->s->db, key, &stored, err))
        return false;
    if (stored != sum)
        damage(v, "%s: is not what was written", table);
    return true;
}

static bool check_small(struct verify *v, struct err *err)
{
    uint64_t sum;
    return check_rest(&v->s->db, &sum, err) &&
           check_sum(v, "check_rest", "feeds, sources, dates or catalogues", sum, err);
}

/* Rows that have a checksum of their own, to say which of them it is. */
static bool check_catalogues(struct verify *v, struct err *err)
{
    bool row = true;
    struct str data;
    sqlite3_stmt *st = db_bind(&v->s->db, SQL_KEV_ALL, err, "");
    bool ok = st;
    while (ok && (ok = db_row(&v->s->db, st, &row, err)) && row)
        if (!get_checked(db_blob(st, 2), &data))
            damage(v, "KEV entry %.*s: can not be read", STR_ARG(str_first(db_text(st, 0), 60)));
    if (!ok || !(st = db_bind(&v->s->db, SQL_EPSS_ALL, err, "")))
        return false;
    while ((ok = db_row(&v->s->db, st, &row, err)) && row)
        if (!get_checked(db_blob(st, 1), &data) || data.n % 8)
            damage(v, "EPSS page %lld: can not be read", (long long)sqlite3_column_int64(st, 0));
    return ok;
}

static bool check_blocks(struct verify *v, struct err *err)
{
    sqlite3_stmt *st = db_bind(&v->s->db, SQL_BLOCKS, err, "");
    bool row = true, ok = st;
    int64_t next = 1;
    while (ok && (ok = db_row(&v->s->db, st, &row, err)) && row) {
        int64_t id = sqlite3_column_int64(st, 0);
        if (id != next)
            damage(v, "blocks of details %lld to %lld: are missing", (long long)next,
                   (long long)id - 1);
        next = id + 1;
        if (store_load_block(v->s, id, err))
            continue;
        char what[64];
        (void)snprintf(what, sizeof what, "block of details %lld", (long long)id);
        ok = go_on(v, what, err);
    }
    return ok;
}

/* ---- records ---- */

/* The hash the record had when it was imported, made again from what was read. */
static bool rehash(struct verify *v, const struct vuln *r, uint32_t *out, struct err *err)
{
    batch_clear(v->batch);
    if (!batch_add(v->batch, r, err))
        return false;
    *out = v->batch->rows.v[0].hash;
    return true;
}

static bool decode(struct verify *v, struct store_record *r, struct err *err)
{
    if (!store_load_block(v->s, r->block_, err))
        return false;
    /* Views into the block, which stays until the next record. */
    struct cursor c = cursor_of(str_from(str_make(v->s->block, v->s->block_n), r->at_));
    return get_details(&c, &v->record, &r->v, err) &&
           (r->v.nodes.n || get_structure(&c, &v->record, &r->v, err));
}

/* Does `name` know the record as what it is? */
static bool compare(struct verify *v, uint32_t number, const struct vuln *r, uint32_t hash,
                    struct err *err)
{
    bool row;
    sqlite3_stmt *st = db_bind(&v->s->db, SQL_NAME_FIND, err, "ttt", r->id, r->source, r->part);
    if (!st || !db_row(&v->s->db, st, &row, err))
        return false;
    if (!row || sqlite3_column_int64(st, 0) != number)
        damage(v, "%.*s (%.*s): can not be found by its name", STR_ARG(r->id), STR_ARG(r->source));
    else if (sqlite3_column_int64(st, 1) != r->modified ||
             (uint32_t)sqlite3_column_int64(st, 2) != hash)
        damage(v, "%.*s (%.*s): is not what was imported", STR_ARG(r->id), STR_ARG(r->source));
    (void)sqlite3_reset(st);
    return true;
}

static bool check_record(struct verify *v, uint32_t number, struct err *err)
{
    struct store_record r;
    uint32_t hash;
    char what[256];
    arena_reset(&v->record);
    if (!store_record_load(v->s, number, &v->record, &r, err))
        return go_on(v, "a record", err); /* its name follows, as one that is lost */
    v->seen[number] = 1;
    v->v->records++;
    (void)snprintf(what, sizeof what, "%.*s (%.*s)", STR_ARG(str_first(r.v.id, 100)),
                   STR_ARG(str_first(r.v.source, 60)));
    if (!decode(v, &r, err) || !rehash(v, &r.v, &hash, err))
        return go_on(v, what, err);
    return compare(v, number, &r.v, hash, err);
}

/* The records of one page that count. */
static bool check_page(struct verify *v, int64_t page, struct str data, struct err *err)
{
    struct cursor c = cursor_of(data);
    bool ok = true;
    for (uint32_t i = 0; ok && i < RECORDS_PER_PAGE && c.p < c.end; i++) {
        unsigned flags = get_byte(&c);
        struct str entry = get_str(&c);
        uint32_t number = (uint32_t)page * RECORDS_PER_PAGE + i + 1;
        if (!c.bad && entry.n && !(flags & RECORD_SUPERSEDED) && number <= v->max_record)
            ok = check_record(v, number, err);
    }
    if (ok && (c.bad || c.p != c.end))
        damage(v, "page of records %lld: can not be read", (long long)page);
    return ok;
}

static bool check_pages(struct verify *v, struct err *err)
{
    sqlite3_stmt *st = db_bind(&v->s->db, SQL_PAGES, err, "");
    bool row = true, ok = st;
    int64_t next = 0, total = (int64_t)(v->max_record / RECORDS_PER_PAGE);
    while (ok && (ok = db_row(&v->s->db, st, &row, err)) && row) {
        int64_t page = sqlite3_column_int64(st, 0);
        struct str data;
        if (page != next)
            damage(v, "pages of records %lld to %lld: are missing", (long long)next,
                   (long long)page - 1);
        next = page + 1;
        if (!get_checked(db_blob(st, 1), &data))
            damage(v, "page of records %lld: can not be read", (long long)page);
        else
            ok = check_page(v, page, data, err);
        if (v->v->tick)
            v->v->tick(v->v->ctx, (unsigned long long)page, (unsigned long long)total);
    }
    return ok;
}

static bool count_source(struct verify *v, struct str source, struct err *err)
{
    for (size_t i = 0; i < v->sources.n; i++)
        if (str_eq(v->sources.v[i].name, source)) {
            v->sources.v[i].records++;
            return true;
        }
    struct source_count *slot = VEC_PUSH(&v->run, &v->sources);
    if (!slot)
        return err_memory(err);
    slot->records = 1;
    return arena_dup(&v->run, source, &slot->name, err);
}

/* Every name leads to a record that was read; and the table is the one that was written. */
static bool check_names(struct verify *v, struct err *err)
{
    sqlite3_stmt *st = db_bind(&v->s->db, SQL_NAMES, err, "");
    bool row = true, ok = st;
    uint64_t sum = 0;
    while (ok && (ok = db_row(&v->s->db, st, &row, err)) && row) {
        int64_t number = sqlite3_column_int64(st, 3);
        sum += check_row(st);
        if (number < 1 || (uint64_t)number > v->max_record || !v->seen[number])
            damage(v, "%.*s (%.*s): is lost", STR_ARG(str_first(db_text(st, 0), 100)),
                   STR_ARG(str_first(db_text(st, 1), 60)));
        ok = count_source(v, db_text(st, 1), err);
    }
    return ok && check_sum(v, "check_name", "the table of names", sum, err);
}

static bool check_aliases(struct verify *v, struct err *err)
{
    uint64_t sum;
    return check_rows(&v->s->db, SQL_CHECK_ALIAS, &sum, err) &&
           check_sum(v, "check_alias", "the table of aliases", sum, err);
}

/* ---- products ---- */

static bool check_entry(struct verify *v, const struct store_segment *seg, struct store_entry *e,
                        struct err *err)
{
    bool more = true, ok = true;
    struct criterion c;
    struct store_list list;
    struct version_range range;
    if (!e->record || e->record > v->max_record)
        return err_set(err, ERR_DATABASE, "names a record that does not exist");
    if (!e->list)
        while (ok && more)
            ok = store_entry_next(seg, e, &c, &more, err);
    else if ((ok = store_entry_list(seg, e, &list, err)))
        while (ok && more)
            ok = store_list_range(&list, &range, &more) ||
                 err_set(err, ERR_DATABASE, "has a range that can not be read");
    return ok;
}

static bool check_segment(struct verify *v, int64_t id, struct str vendor, struct str product,
                          struct err *err)
{
    struct store_segment seg;
    struct store_entry e;
    bool more = true, ok = store_segment_open(v->s, id, vendor, product, &seg, err);
    while (ok && (ok = store_segment_next(&seg, &e, &more, err)) && more)
        ok = check_entry(v, &seg, &e, err);
    if (ok)
        return true;
    char what[512];
    (void)snprintf(what, sizeof what, "what is known of %.*s:%.*s", STR_ARG(str_first(vendor, 200)),
                   STR_ARG(str_first(product, 200)));
    return go_on(v, what, err);
}

static bool check_products(struct verify *v, struct err *err)
{
    sqlite3_stmt *st = db_bind(&v->s->db, SQL_CHECK_PRODUCT, err, "");
    bool row = true, ok = st;
    uint64_t sum = 0;
    int64_t next = 1;
    while (ok && (ok = db_row(&v->s->db, st, &row, err)) && row) {
        int64_t id = sqlite3_column_int64(st, 0);
        if (id != next)
            damage(v, "products %lld to %lld: are missing", (long long)next, (long long)id - 1);
        next = id + 1;
        sum += check_row(st);
        v->v->products++;
        ok = check_segment(v, id, db_text(st, 3), db_text(st, 1), err);
    }
    return ok && check_sum(v, "check_product", "the table of products", sum, err);
}

/* ---- all of it ---- */

/* What the database says of itself against what is in it. */
static bool check_counts(struct verify *v, struct err *err)
{
    struct database_info info;
    uint64_t all = 0;
    if (!store_info(v->s, &v->run, &info, err))
        return false;
    for (size_t i = 0; i < v->sources.n; i++) {
        const struct source_count *n = &v->sources.v[i];
        uint64_t said = 0;
        for (size_t k = 0; k < info.sources.n; k++)
            if (str_eq(info.sources.v[k].name, n->name))
                said = info.sources.v[k].records;
        all += n->records;
        if (said != n->records)
            damage(v, "source %.*s: should have %llu records, has %llu", STR_ARG(n->name),
                   (unsigned long long)said, (unsigned long long)n->records);
    }
    if (all != info.records)
        damage(v, "should have %llu records, has %llu", (unsigned long long)info.records,
               (unsigned long long)all);
    return true;
}

static bool prepare(struct verify *v, struct err *err)
{
    int64_t pages;
    v->batch = batch_new(NULL, err);
    if (!v->batch || !db_number(&v->s->db, SQL_MAX_PAGE, &pages, err))
        return false;
    if (pages < 0 || pages > UINT32_MAX / RECORDS_PER_PAGE - 1)
        return err_set(err, ERR_DATABASE, "the numbers of its records make no sense");
    /* A page that damage gave a large number is not worth the memory: what it has is then lost. */
    v->max_record = ((uint64_t)pages + 1) * RECORDS_PER_PAGE;
    v->seen = calloc(1, v->max_record + 1);
    return v->seen || err_memory(err);
}

static bool check_all(struct verify *v, struct err *err)
{
    static const struct {
        const char *what;
        bool (*step)(struct verify *v, struct err *err);
    } steps[] = {
        {"the file itself", check_file},   {"small tables", check_small},
        {"catalogues", check_catalogues},  {"blocks of details", check_blocks},
        {"pages of records", check_pages}, {"the table of names", check_names},
        {"aliases", check_aliases},        {"products", check_products},
        {"counts", check_counts},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (!steps[i].step(v, err) && !go_on(v, steps[i].what, err))
            return false;
    return true;
}

bool store_verify(const char *path, struct store_verifier *out, struct err *err)
{
    struct verify v = {.v = out};
    out->records = out->products = out->damaged = 0;
    bool ok = store_open(path, &v.s, err);
    if (ok && !prepare(&v, err))
        ok = go_on(&v, "pages of records", err);
    else if (ok)
        ok = check_all(&v, err);
    store_close(v.s);
    batch_free(v.batch);
    free(v.seen);
    arena_free(&v.run);
    arena_free(&v.record);
    return ok;
}
