/* SPDX-License-Identifier: Apache-2.0 */
/* The read side: the questions matching and reporting ask. */
#include "store/read_priv.h"

#include "base/io.h"
#include "base/banned.h"

bool store_open(const char *path, struct store **out, struct err *err)
{
    if (!io_exists(path)) {
        err_set(err, ERR_DATABASE,
                "there is no database; make one with 'vulnward db import FEED...'");
        return err_at_input(err, path);
    }
    if (io_is_dir(path)) {
        err_set(err, ERR_DATABASE, "is a folder, not a database");
        return err_at_input(err, path);
    }
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return err_memory(err);
    s->codec = block_codec_new(err);
    if (s->codec && db_open(&s->db, path, path, DB_READ, err)) {
        *out = s;
        return true;
    }
    store_close(s);
    return false;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    db_close(&s->db);
    block_codec_free(s->codec);
    free(s->block);
    map_free(&s->kevs);
    arena_free(&s->arena);
    free(s);
}

const char *store_path(const struct store *s)
{
    return s->db.path;
}

/* A value of the meta table that has to be there. */
static bool meta(struct store *s, const char *key, struct arena *a, struct str *out,
                 struct err *err)
{
    bool row;
    sqlite3_stmt *st = db_bind(&s->db, SQL_META_GET, err, "t", str_from_c(key));
    if (!st || !db_row(&s->db, st, &row, err))
        return false;
    if (!row) {
        err_set(err, ERR_DATABASE, "is incomplete: it has no \"%s\"", key);
        return err_at_input(err, s->db.path);
    }
    bool ok = arena_dup(a, db_text(st, 0), out, err);
    (void)sqlite3_reset(st);
    return ok;
}

/* Databases made before there were serials have none. */
static bool read_serial(struct store *s, uint64_t *out, struct err *err)
{
    bool row;
    sqlite3_stmt *st = db_bind(&s->db, SQL_META_GET, err, "t", STR("serial"));
    if (!st || !db_row(&s->db, st, &row, err))
        return false;
    *out = 0;
    bool ok = !row || str_to_u64(db_text(st, 0), 1, INT64_MAX, out);
    (void)sqlite3_reset(st);
    if (ok)
        return true;
    err_set(err, ERR_DATABASE, "is damaged: its serial is no number");
    return err_at_input(err, s->db.path);
}

static bool read_sources(struct store *s, struct arena *a, struct database_info *out,
                         struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_SOURCES, err, "");
    bool row = true, ok = true;
    if (!st)
        return false;
    while ((ok = db_row(&s->db, st, &row, err)) && row) {
        struct source_info *i = VEC_PUSH(a, &out->sources);
        if (!i)
            return err_memory(err);
        if (!arena_dup(a, db_text(st, 0), &i->name, err) ||
            !arena_dup(a, db_text(st, 1), &i->kind, err))
            return false;
        i->records = (uint64_t)sqlite3_column_int64(st, 2);
        i->published = sqlite3_column_int64(st, 3);
        i->fetched = sqlite3_column_int64(st, 4);
        i->confirmed =
            sqlite3_column_type(st, 5) == SQLITE_NULL ? DATE_NONE : sqlite3_column_int64(st, 5);
    }
    return ok;
}

bool store_info(struct store *s, struct arena *a, struct database_info *out, struct err *err)
{
    struct str built = {0}, records = {0};
    uint64_t ms;
    *out = (struct database_info){0};
    if (!arena_dup(a, str_from_c(s->db.path), &out->path, err) ||
        !meta(s, "sha256", a, &out->sha256, err) || !meta(s, "built", a, &built, err) ||
        !meta(s, "records", a, &records, err) || !read_serial(s, &out->serial, err))
        return false;
    if (!str_to_u64(built, 0, INT64_MAX, &ms) ||
        !str_to_u64(records, 0, INT64_MAX, &out->records)) {
        err_set(err, ERR_DATABASE, "is damaged: its dates or counts are no numbers");
        return err_at_input(err, s->db.path);
    }
    out->built = (int64_t)ms;
    int64_t unreadable;
    if (!db_number(&s->db, SQL_UNREADABLE, &unreadable, err))
        return false;
    out->unreadable = (uint64_t)unreadable;
    if (!out->records) {
        err_set(err, ERR_DATABASE, "is empty; an empty database would call everything clean");
        return err_at_input(err, s->db.path);
    }
    return read_sources(s, a, out, err);
}

bool store_feeds(struct store *s, struct arena *a, struct stored_feeds *out, struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_FEEDS, err, "");
    bool row = true, ok = true;
    if (!st)
        return false;
    while ((ok = db_row(&s->db, st, &row, err)) && row) {
        struct stored_feed *f = VEC_PUSH(a, out);
        if (!f)
            return err_memory(err);
        struct str *const texts[] = {&f->feed.source, &f->feed.kind, &f->feed.name,
                                     &f->feed.sha256};
        for (int i = 0; i < 4; i++)
            if (!arena_dup(a, db_text(st, i), texts[i], err))
                return false;
        f->feed.records = (uint64_t)sqlite3_column_int64(st, 4);
        f->feed.rejected = (uint64_t)sqlite3_column_int64(st, 5);
        f->feed.unreadable = (uint64_t)sqlite3_column_int64(st, 6);
        f->feed.declared = (uint64_t)sqlite3_column_int64(st, 7);
        f->feed.published = sqlite3_column_int64(st, 8);
        f->feed.meta_checked = sqlite3_column_int64(st, 9) != 0;
        f->imported = sqlite3_column_int64(st, 10);
        f->feed.whole = sqlite3_column_int64(st, 11) != 0;
    }
    return ok;
}

static bool named(struct store *s, struct str product, bool package, struct arena *a,
                  struct store_products *out, struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_PRODUCTS_NAMED, err, "ti", product, (int64_t)package);
    bool row = true, ok = true;
    if (!st)
        return false;
    while ((ok = db_row(&s->db, st, &row, err)) && row) {
        struct store_product *p = VEC_PUSH(a, out);
        if (!p)
            return err_memory(err);
        p->id = sqlite3_column_int64(st, 0);
        if (!arena_dup(a, db_text(st, 1), &p->vendor, err))
            return false;
    }
    return ok;
}

bool store_products_named(struct store *s, struct str product, struct arena *a,
                          struct store_products *out, struct err *err)
{
    return named(s, product, false, a, out, err);
}

bool store_packages_named(struct store *s, struct str package, struct arena *a,
                          struct store_products *out, struct err *err)
{
    return named(s, package, true, a, out, err);
}

bool store_damaged(struct store *s, struct err *err)
{
    err_set(err, ERR_DATABASE,
            "the database is damaged: a record can not be decoded; import the feeds again");
    return err_at_input(err, s->db.path);
}

bool store_segment_open(struct store *s, int64_t product_id, struct str vendor, struct str product,
                        struct store_segment *out, struct err *err)
{
    bool row;
    sqlite3_stmt *st = db_bind(&s->db, SQL_SEGMENT_GET, err, "i", product_id);
    if (!st || !db_row(&s->db, st, &row, err))
        return false;
    if (!row)
        return store_damaged(s, err);
    struct str data;
    if (!get_checked(db_blob(st, 0), &data))
        return store_damaged(s, err);
    *out = (struct store_segment){vendor, product, s->db.path, data.p, data.p + data.n};
    return true;
}

static bool segment_damaged(const struct store_segment *seg, struct err *err)
{
    err_set(err, ERR_DATABASE,
            "the database is damaged: a segment can not be read; import the feeds again");
    return err_at_input(err, seg->path);
}

bool store_segment_next(struct store_segment *seg, struct store_entry *e, bool *more,
                        struct err *err)
{
    struct cursor c = {seg->at_, seg->end_, false};
    *more = c.p < c.end;
    if (!*more)
        return true;
    uint64_t id = get_varint(&c), key = get_key(&c);
    struct str payload = get_str(&c);
    if (c.bad || !payload.n || id > UINT32_MAX)
        return segment_damaged(seg, err);
    seg->at_ = c.p;
    e->record = (uint32_t)id;
    e->key = key;
    e->alone = payload.p[0] & ENTRY_ALONE;
    e->list = payload.p[0] & ENTRY_LIST;
    struct cursor p = {payload.p + 1, payload.p + payload.n, false};
    if (!e->list)
        (void)get_varint(&p); /* how many criteria: the length says it as well */
    e->at_ = p.p;
    e->end_ = p.end;
    return true;
}

bool store_entry_next(const struct store_segment *seg, struct store_entry *e, struct criterion *c,
                      bool *more, struct err *err)
{
    struct cursor p = {e->at_, e->end_, false};
    *more = p.p < p.end;
    if (!*more)
        return true;
    get_criterion(&p, seg->vendor, seg->product, c);
    e->raw = str_make(e->at_, (size_t)(p.p - e->at_));
    e->at_ = p.p;
    return !p.bad || segment_damaged(seg, err);
}

static bool decode_list(struct str raw, struct str vendor, struct str product,
                        struct store_list *out)
{
    struct cursor p = cursor_of(raw);
    *out = (struct store_list){.provider = get_str(&p), .raw = raw};
    unsigned flags = get_byte(&p);
    get_criterion(&p, vendor, product, &out->c);
    struct str ranges = get_str(&p);
    out->fallback = (enum affected_status)(flags & RANGE_STATUS);
    out->weak = flags & LIST_WEAK;
    out->only_commits = flags & LIST_COMMITS;
    out->lossy = flags & LIST_LOSSY;
    out->at_ = ranges.p;
    out->end_ = ranges.n ? ranges.p + ranges.n : ranges.p;
    return !p.bad && (flags & RANGE_STATUS) < AFFECTED_STATUSES;
}

bool store_entry_list(const struct store_segment *seg, const struct store_entry *e,
                      struct store_list *out, struct err *err)
{
    return decode_list(str_make(e->at_, (size_t)(e->end_ - e->at_)), seg->vendor, seg->product,
                       out) ||
           segment_damaged(seg, err);
}

bool store_list_range(struct store_list *l, struct version_range *out, bool *more)
{
    struct cursor p = {l->at_, l->end_, false};
    *more = p.p < p.end;
    bool ok = !*more || get_range(&p, out);
    l->at_ = p.p;
    return ok;
}

void store_list_decode(struct str raw, struct str vendor, struct str product,
                       struct store_list *out)
{
    (void)decode_list(raw, vendor, product, out); /* was read once without a fault */
}

void store_criterion_decode(struct str raw, struct str vendor, struct str product,
                            struct criterion *out)
{
    struct cursor c = cursor_of(raw);
    get_criterion(&c, vendor, product, out);
}

/* Makes the record's page the current one: findings of a product mostly follow each other. */
static bool load_page(struct store *s, int64_t id, struct err *err)
{
    bool row;
    if (s->page && s->page_id == id)
        return true;
    s->page = NULL;
    sqlite3_stmt *st = db_bind(&s->db, SQL_PAGE_GET, err, "i", id);
    if (!st || !db_row(&s->db, st, &row, err))
        return false;
    if (!row)
        return store_damaged(s, err);
    if (!get_checked(db_blob(st, 0), &s->page_data))
        return store_damaged(s, err);
    s->page = st; /* not reset: the blob stays */
    s->page_id = id;
    s->page_index = 0;
    s->page_at = s->page_data.p;
    return true;
}

static bool decode_record(struct str entry, struct arena *a, struct store_record *out,
                          struct err *err)
{
    struct cursor c = cursor_of(entry);
    out->v.id = get_str(&c);
    out->v.source = get_str(&c);
    out->v.part = get_str(&c);
    out->v.published = get_i64(&c);
    out->v.modified = get_i64(&c);
    out->block_ = (int64_t)get_varint(&c);
    out->at_ = (size_t)get_varint(&c);
    struct str structure = get_str(&c);
    struct cursor k = cursor_of(structure);
    return get_facts(&c, a, &out->v, err) && (!structure.n || get_structure(&k, a, &out->v, err));
}

bool store_record_load(struct store *s, uint32_t record, struct arena *a, struct store_record *out,
                       struct err *err)
{
    *out = (struct store_record){0};
    if (!record || !load_page(s, (record - 1) / RECORDS_PER_PAGE, err))
        return record ? false : store_damaged(s, err);
    size_t index = (record - 1) % RECORDS_PER_PAGE;
    struct cursor c = cursor_of(s->page_data);
    if (index < s->page_index)
        s->page_index = 0;
    else
        c.p = s->page_at;
    for (size_t i = s->page_index; i < index; i++) {
        (void)get_byte(&c);
        (void)get_str(&c);
    }
    s->page_index = index;
    s->page_at = c.p;
    unsigned flags = get_byte(&c);
    struct str entry = get_str(&c);
    if (c.bad || !entry.n)
        return store_damaged(s, err);
    out->superseded = flags & RECORD_SUPERSEDED;
    if (out->superseded)
        return true;
    out->v.rejected = flags & RECORD_REJECTED;
    /* The page is reused; all views of the record point into this one copy. */
    bool ok = arena_dup(a, entry, &entry, err) && decode_record(entry, a, out, err);
    return ok || err_at_input(err, s->db.path);
}

bool store_load_block(struct store *s, int64_t id, struct err *err)
{
    bool row;
    if (s->block && s->block_id == id)
        return true;
    sqlite3_stmt *st = db_bind(&s->db, SQL_BLOCK_GET, err, "i", id);
    if (!st || !db_row(&s->db, st, &row, err))
        return false;
    int64_t size = row ? sqlite3_column_int64(st, 0) : -1;
    if (size < 0 || size > (int64_t)LIMIT_RECORD_BYTES * 2)
        return store_damaged(s, err);
    if (s->block_cap < (size_t)size) {
        free(s->block);
        s->block_cap = 0;
        s->block = malloc((size_t)size);
        if (!s->block)
            return err_memory(err);
        s->block_cap = (size_t)size;
    }
    s->block_id = id;
    s->block_n = (size_t)size;
    bool ok = block_unpack(s->codec, db_blob(st, 1), s->block, (size_t)size, err);
    (void)sqlite3_reset(st);
    if (ok)
        return true;
    s->block_id = -1;
    return err_at_input(err, s->db.path);
}

static struct cursor details_of(const struct store *s, const struct store_record *r)
{
    return cursor_of(str_from(str_make(s->block, s->block_n), r->at_));
}

bool store_record_details(struct store *s, struct arena *a, struct store_record *r, struct err *err)
{
    if (r->detailed)
        return true;
    if (!store_load_block(s, r->block_, err))
        return false;
    struct cursor c = details_of(s, r);
    r->detailed = true;
    if (!get_texts(&c, a, &r->v, err))
        return err_at_input(err, s->db.path);
    /* The block is reused: what is kept has to move. */
    if (!arena_dup(a, r->v.description, &r->v.description, err) ||
        !arena_dup(a, r->v.status, &r->v.status, err) ||
        !arena_dup(a, r->v.title, &r->v.title, err))
        return false;
    for (size_t i = 0; i < r->v.references.n; i++) {
        struct reference *ref = &r->v.references.v[i];
        if (!arena_dup(a, ref->url, &ref->url, err) || !arena_dup(a, ref->tags, &ref->tags, err))
            return false;
    }
    return true;
}

bool store_record_all(struct store *s, uint32_t record, struct arena *a, struct vuln *out,
                      struct err *err)
{
    struct store_record r;
    struct str copy;
    if (!store_record_load(s, record, a, &r, err))
        return false;
    if (r.superseded)
        return store_damaged(s, err); /* nobody who asks for a record has this number */
    if (!store_load_block(s, r.block_, err) ||
        !arena_dup(a, str_from(str_make(s->block, s->block_n), r.at_), &copy, err))
        return false;
    struct cursor c = cursor_of(copy);
    if (!get_details(&c, a, &r.v, err) || (!r.v.nodes.n && !get_structure(&c, a, &r.v, err)))
        return err_at_input(err, s->db.path);
    *out = r.v;
    return true;
}
