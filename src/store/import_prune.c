/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which feeds are remembered. An hourly update would add a row an hour for ever; one that newer
 * ones have made superfluous goes: its records are in them or were replaced, and up to when a
 * source is complete stays as it was.
 */
#include "store/import_priv.h"

#include "base/banned.h"

/*
 * The NVD's feeds of changes overlap: each has the eight days before its date. One that stands
 * between two others no further apart has nothing that is not in them.
 */
#define OVERLAP_MS (8 * DATE_DAY_MS)

struct link {
    int64_t id, published;
    struct str name;
    bool whole;
};
struct links {
    struct link *v;
    size_t n, cap;
};

static bool read_chain(struct store_import *s, struct links *all, struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_FEED_CHAIN, err, "");
    bool row = true, ok = st;
    while (ok && (ok = db_row(&s->db, st, &row, err)) && row) {
        struct link *l = VEC_PUSH(&s->arena, all);
        if (!l)
            return err_memory(err);
        *l = (struct link){.id = sqlite3_column_int64(st, 0),
                           .published = sqlite3_column_int64(st, 2),
                           .whole = sqlite3_column_int64(st, 3) != 0};
        ok = arena_dup(&s->arena, db_text(st, 1), &l->name, err);
    }
    return ok;
}

/* The next feed of changes, imported later, of the same name; NULL: none. */
static const struct link *next_of(const struct links *all, size_t i)
{
    for (size_t k = i + 1; k < all->n; k++) {
        const struct link *l = &all->v[k];
        if (!l->whole && l->id > all->v[i].id && str_eq(l->name, all->v[i].name))
            return l;
    }
    return NULL;
}

static bool prune_chain(struct store_import *s, struct err *err)
{
    struct links all = {0};
    const struct link *before = NULL;
    if (!read_chain(s, &all, err))
        return false;
    for (size_t i = 0; i < all.n; i++) {
        const struct link *l = &all.v[i], *next = l->whole ? NULL : next_of(&all, i);
        /* A feed without a date is in no chain. */
        if (next && before && before->published != DATE_NONE &&
            next->published - before->published <= OVERLAP_MS) {
            if (!db_run(&s->db, SQL_FEED_DELETE, err, "i", l->id))
                return false;
            continue;
        }
        before = l;
    }
    return true;
}

bool import_prune(struct store_import *s, struct err *err)
{
    return db_run(&s->db, SQL_FEED_PRUNE_WHOLE, err, "") &&
           db_run(&s->db, SQL_FEED_PRUNE_LIST, err, "") &&
           db_run(&s->db, SQL_FEED_PRUNE_DAY, err, "") && prune_chain(s, err);
}
