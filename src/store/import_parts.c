/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of one id that are told apart by their part (OSV: "folder|ecosystems"). A later
 * edition of a record may speak of more ecosystems, or of fewer: it is still the same statement
 * when it comes from the same folder and shares an ecosystem with the earlier one, or when one of
 * them names none (what was withdrawn often loses its packages). Otherwise what it no longer says
 * would count forever.
 */
#include "store/import_priv.h"

#include "base/banned.h"

struct other {
    struct str part;
    struct known known;
};
struct others {
    struct other *v;
    size_t n, cap;
};

static void split_part(struct str part, struct str *folder, struct str *ecosystems)
{
    size_t bar = str_rfind(part, '|');
    *folder = bar == STR_NPOS ? part : str_first(part, bar);
    *ecosystems = bar == STR_NPOS ? (struct str){0} : str_from(part, bar + 1);
}

static bool overlap(struct str a, struct str b)
{
    struct str x, y, folder_a, folder_b;
    split_part(a, &folder_a, &a);
    split_part(b, &folder_b, &b);
    if (!str_eq(folder_a, folder_b))
        return false;
    if (!a.n || !b.n)
        return true;
    while (a.n) {
        (void)str_split(a, ',', &x, &a);
        for (struct str rest = b; rest.n;) {
            (void)str_split(rest, ',', &y, &rest);
            if (str_eq(x, y))
                return true;
        }
    }
    return false;
}

/* Statements of the same id and source whose part is another one and overlaps. */
static bool find_others(struct store_import *s, struct str name, struct str source, struct str part,
                        struct others *out, struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_NAME_PARTS, err, "tt", name, source);
    bool row = true, ok = st;
    while (ok && (ok = db_row(&s->db, st, &row, err)) && row) {
        struct str other = db_text(st, 0);
        if (str_eq(other, part) || !overlap(other, part))
            continue;
        struct other *slot = VEC_PUSH(&s->arena, out);
        if (!slot)
            return err_memory(err);
        slot->known = (struct known){.id = (uint32_t)sqlite3_column_int64(st, 1),
                                     .modified = sqlite3_column_int64(st, 2),
                                     .hash = (uint32_t)sqlite3_column_int64(st, 3)};
        ok = arena_dup(&s->arena, other, &slot->part, err);
    }
    return ok;
}

static bool drop(struct store_import *s, struct str name, struct str source, const struct other *o,
                 struct err *err)
{
    s->check.name -=
        check_name(name, source, o->part, o->known.id, o->known.modified, o->known.hash);
    return import_supersede(s, o->known.id, err) && import_forget(s, name, source, o->part, err) &&
           db_run(&s->db, SQL_NAME_DROP, err, "ttt", name, source, o->part) &&
           db_run(&s->db, SQL_KEV_FORGET, err, "ti", name, (int64_t)o->known.id) &&
           import_count(s, source, UINT64_MAX, err); /* one less */
}

bool import_replace_parts(struct store_import *s, struct str name, struct str source,
                          struct str part, int64_t modified, bool *replaced, bool *older,
                          struct err *err)
{
    struct others others = {0};
    *replaced = *older = false;
    if (!part.n)
        return true;
    if (!find_others(s, name, source, part, &others, err))
        return false;
    /* Also one that is itself outdated replaces what is older: the order of imports must not
     * matter. Of the same time they are two statements. */
    for (size_t i = 0; i < others.n; i++) {
        *older |= others.v[i].known.modified > modified;
        if (others.v[i].known.modified >= modified)
            continue;
        *replaced = true;
        if (!drop(s, name, source, &others.v[i], err))
            return false;
    }
    return true;
}
