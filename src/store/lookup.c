/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of one vulnerability, and what the database consists of. */
#include "store/read_priv.h"

#include "base/banned.h"

static bool has_id(const struct store_ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (ids->v[i] == id)
            return true;
    return false;
}

static bool collect_ids(struct store *s, enum sql which, struct str id, struct arena *a,
                        struct store_ids *out, struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, which, err, "t", id);
    bool row = true, ok = st;
    while (ok && (ok = db_row(&s->db, st, &row, err)) && row) {
        uint32_t record = (uint32_t)sqlite3_column_int64(st, 0);
        if (has_id(out, record))
            continue;
        uint32_t *slot = VEC_PUSH(a, out);
        if (!slot)
            return err_memory(err);
        *slot = record;
    }
    return ok;
}

bool store_records_of(struct store *s, struct str id, struct arena *a, struct store_ids *out,
                      struct err *err)
{
    struct store_ids found = {0};
    if (!collect_ids(s, SQL_NAMED, id, a, &found, err) ||
        !collect_ids(s, SQL_ALIASED, id, a, &found, err))
        return false;
    /* Aliases of replaced records stay behind. */
    for (size_t i = 0; i < found.n; i++) {
        struct store_record r;
        if (!store_record_load(s, found.v[i], a, &r, err))
            return false;
        uint32_t *slot = r.superseded ? NULL : VEC_PUSH(a, out);
        if (!slot && !r.superseded)
            return err_memory(err);
        if (slot)
            *slot = found.v[i];
    }
    return true;
}

/*
 * The entries of the catalogue, or what records repeat of it; where the catalogue has a word on a
 * CVE, nobody else is asked.
 */
static bool add_kevs(struct store *s, bool listed, struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_KEV_ALL, err, "");
    bool row = true, ok = st;
    s->kev.n = 0; /* of an attempt that failed */
    while (ok && (ok = db_row(&s->db, st, &row, err)) && row) {
        struct str data;
        uint64_t there;
        if (listed != (sqlite3_column_int64(st, 1) == 0) ||
            (!listed && map_get(&s->kevs, db_text(st, 0), &there)))
            continue;
        struct kev *k = VEC_PUSH(&s->arena, &s->kev);
        if (!k)
            return err_memory(err);
        if (!get_checked(db_blob(st, 2), &data))
            return store_damaged(s, err);
        if (!arena_dup(&s->arena, data, &data, err))
            return false;
        struct cursor c = cursor_of(data);
        get_kev(&c, k);
        if (c.bad)
            return store_damaged(s, err);
        ok = map_put(&s->kevs, k->id, s->kev.n - 1, err);
    }
    return ok;
}

/* They are few: they are read as a whole. */
static bool load_kev(struct store *s, struct err *err)
{
    if (!add_kevs(s, true, err))
        return false;
    s->kev_listed = s->kev.n;
    s->kev_loaded = add_kevs(s, false, err);
    return s->kev_loaded;
}

bool store_kev(struct store *s, struct str id, struct arena *a, const struct kev **out,
               struct err *err)
{
    uint64_t at;
    *out = NULL;
    if (!s->kev_loaded && !load_kev(s, err))
        return false;
    if (!map_get(&s->kevs, id, &at))
        return true;
    struct kev *k = arena_alloc(a, sizeof *k);
    if (!k)
        return err_memory(err);
    *k = s->kev.v[at];
    struct str *const texts[] = {&k->id,   &k->source, &k->vendor, &k->product,
                                 &k->name, &k->action, &k->notes};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!arena_dup(a, *texts[i], texts[i], err))
            return false;
    *out = k;
    return true;
}

static bool load_epss(struct store *s, int64_t page, struct err *err)
{
    bool row;
    struct str data = {0};
    s->epss_loaded = false; /* until all of it is */
    sqlite3_stmt *st = db_bind(&s->db, SQL_EPSS_GET, err, "i", page);
    if (!st || !db_row(&s->db, st, &row, err))
        return false;
    memset(s->epss, 0, sizeof s->epss);
    if (row && !get_checked(db_blob(st, 0), &data))
        return store_damaged(s, err);
    struct cursor c = cursor_of(data);
    while (c.p < c.end) {
        uint64_t packed = (uint64_t)get_i64(&c);
        s->epss[packed & ((1u << EPSS_PAGE_BITS) - 1)] = (struct epss_value_packed){
            (uint32_t)(packed >> 8) & 0xffffff, (uint32_t)(packed >> 32), true};
    }
    s->epss_page = page;
    s->epss_loaded = !c.bad;
    return s->epss_loaded || store_damaged(s, err);
}

bool store_epss(struct store *s, struct str id, const struct epss **out, struct err *err)
{
    uint64_t key = vuln_key(id);
    int64_t page = (int64_t)(key >> EPSS_PAGE_BITS);
    *out = NULL;
    if (!key)
        return true;
    if ((!s->epss_loaded || s->epss_page != page) && !load_epss(s, page, err))
        return false;
    const struct epss_value_packed *e = &s->epss[key & ((1u << EPSS_PAGE_BITS) - 1)];
    if (e->there) {
        s->epss_answer = (struct epss){id, e->score, e->percentile};
        *out = &s->epss_answer;
    }
    return true;
}

bool store_walk_first(struct store *s, struct err *err)
{
    s->walk = db_bind(&s->db, SQL_NAMES, err, "");
    return s->walk;
}

bool store_walk_next(struct store *s, struct store_walked *out, bool *more, struct err *err)
{
    if (!db_row(&s->db, s->walk, more, err))
        return false;
    if (*more)
        *out = (struct store_walked){.id = db_text(s->walk, 0),
                                     .source = db_text(s->walk, 1),
                                     .part = db_text(s->walk, 2),
                                     .record = (uint32_t)sqlite3_column_int64(s->walk, 3),
                                     .modified = sqlite3_column_int64(s->walk, 4),
                                     .hash = (uint32_t)sqlite3_column_int64(s->walk, 5)};
    return true;
}

bool store_downloads(struct store *s, struct arena *a, struct store_downloads *out, struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_DOWNLOADS, err, "");
    bool row = true, ok = st;
    while (ok && (ok = db_row(&s->db, st, &row, err)) && row) {
        struct store_download *d = VEC_PUSH(a, out);
        if (!d)
            return err_memory(err);
        ok = arena_dup(a, db_text(st, 0), &d->url, err) &&
             arena_dup(a, db_text(st, 1), &d->source, err) &&
             arena_dup(a, db_text(st, 2), &d->etag, err) &&
             arena_dup(a, db_text(st, 3), &d->last_modified, err);
        d->checked = sqlite3_column_int64(st, 4);
    }
    return ok;
}

bool store_ecosystems(struct store *s, struct arena *a, struct store_ecosystems *out,
                      struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_ECOSYSTEMS, err, "");
    bool row = true, ok = st;
    while (ok && (ok = db_row(&s->db, st, &row, err)) && row) {
        struct store_ecosystem *e = VEC_PUSH(a, out);
        if (!e)
            return err_memory(err);
        ok = arena_dup(a, db_text(st, 0), &e->name, err);
        e->packages = (uint64_t)sqlite3_column_int64(st, 1);
    }
    return ok;
}
