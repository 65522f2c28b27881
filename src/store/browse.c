/* SPDX-License-Identifier: Apache-2.0 */
/* For people who look around: names that start alike, and catalogues as a whole. */
#include "store/read_priv.h"

#include "base/banned.h"

bool store_names_like(struct store *s, struct str prefix, size_t max, struct arena *a,
                      struct store_names *out, struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_NAMES_FROM, err, "ti", prefix, (int64_t)max);
    bool row = true, ok = st;
    while (ok && (ok = db_row(&s->db, st, &row, err)) && row) {
        struct str name = db_text(st, 0);
        if (!str_starts(name, prefix))
            break;
        struct str *slot = VEC_PUSH(a, out);
        if (!slot)
            return err_memory(err);
        ok = arena_dup(a, name, slot, err);
    }
    if (st)
        (void)sqlite3_reset(st);
    return ok;
}

bool store_products_like(struct store *s, struct str prefix, size_t max, struct arena *a,
                         struct store_likes *out, struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_PRODUCTS_FROM, err, "ti", prefix, (int64_t)max);
    bool row = true, ok = st;
    while (ok && (ok = db_row(&s->db, st, &row, err)) && row) {
        struct str name = db_text(st, 2);
        if (!str_starts(name, prefix))
            break;
        struct store_like *slot = VEC_PUSH(a, out);
        if (!slot)
            return err_memory(err);
        slot->id = sqlite3_column_int64(st, 0);
        slot->package = sqlite3_column_int64(st, 3) != 0;
        ok = arena_dup(a, name, &slot->product, err) &&
             arena_dup(a, db_text(st, 1), &slot->vendor, err);
    }
    if (st)
        (void)sqlite3_reset(st);
    return ok;
}

bool store_kev_all(struct store *s, const struct kev **v, size_t *n, struct err *err)
{
    const struct kev *any;
    if (!store_kev(s, STR(""), NULL, &any, err))
        return false;
    *v = s->kev.v;
    *n = s->kev_listed;
    return true;
}

bool store_epss_first(struct store *s, struct err *err)
{
    s->epss_walk = db_bind(&s->db, SQL_EPSS_ALL, err, "");
    s->epss_rest = (struct str){0};
    return s->epss_walk;
}

bool store_epss_next(struct store *s, struct store_epss_value *out, bool *more, struct err *err)
{
    while (!s->epss_rest.n) {
        if (!db_row(&s->db, s->epss_walk, more, err))
            return false;
        if (!*more)
            return true;
        s->epss_at = (uint64_t)sqlite3_column_int64(s->epss_walk, 0);
        if (!get_checked(db_blob(s->epss_walk, 1), &s->epss_rest))
            return store_damaged(s, err);
    }
    struct cursor c = cursor_of(s->epss_rest);
    uint64_t packed = (uint64_t)get_i64(&c);
    if (c.bad)
        return store_damaged(s, err);
    s->epss_rest = str_make(c.p, (size_t)(c.end - c.p));
    *more = true;
    *out = (struct store_epss_value){.key = s->epss_at << EPSS_PAGE_BITS |
                                            (packed & ((1u << EPSS_PAGE_BITS) - 1)),
                                     .score = (uint32_t)(packed >> 8) & 0xffffff,
                                     .percentile = (uint32_t)(packed >> 32)};
    return true;
}
