/* SPDX-License-Identifier: Apache-2.0 */
#include "store/check_priv.h"

#include "base/banned.h"

/* The finalizer of splitmix64: every bit of the input changes about half of the output's. */
static uint64_t mix(uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t check_number(uint64_t row, int64_t v)
{
    return mix(row ^ mix((uint64_t)v));
}

uint64_t check_bytes(uint64_t row, struct str s)
{
    return mix(row + str_hash(s)) + s.n;
}

uint64_t check_row(sqlite3_stmt *st)
{
    uint64_t h = 0;
    for (int i = 0; i < sqlite3_column_count(st); i++)
        h = sqlite3_column_type(st, i) == SQLITE_INTEGER
                ? check_number(h, sqlite3_column_int64(st, i))
                : check_bytes(h, db_blob(st, i));
    return h;
}

bool check_rows(struct db *db, enum sql which, uint64_t *sum, struct err *err)
{
    sqlite3_stmt *st = db_bind(db, which, err, "");
    bool row = true, ok = st;
    *sum = 0;
    while (ok && (ok = db_row(db, st, &row, err)) && row)
        *sum += check_row(st);
    return ok;
}

bool check_rest(struct db *db, uint64_t *sum, struct err *err)
{
    static const enum sql tables[] = {SQL_CHECK_META,      SQL_CHECK_FEED,      SQL_CHECK_SOURCE,
                                      SQL_KEV_ALL,         SQL_EPSS_ALL,        SQL_CHECK_DOWNLOAD,
                                      SQL_CHECK_CONFIRMED, SQL_CHECK_ECOSYSTEM, SQL_CHECK_SCHEMA};
    *sum = 0;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        uint64_t one;
        if (!check_rows(db, tables[i], &one, err))
            return false;
        *sum = check_number(*sum, (int64_t)one); /* which table a row is in counts */
    }
    return true;
}

static const char *const keys[] = {"check_name", "check_product", "check_alias"};

bool check_stored(struct db *db, const char *key, uint64_t *out, struct err *err)
{
    bool row;
    sqlite3_stmt *st = db_bind(db, SQL_META_GET, err, "t", str_from_c(key));
    if (!st || !db_row(db, st, &row, err))
        return false;
    bool ok = row && str_to_u64(db_text(st, 0), 0, UINT64_MAX, out);
    (void)sqlite3_reset(st);
    if (ok)
        return true;
    err_set(err, ERR_DATABASE, "is incomplete: it has no \"%s\"; import the feeds again (--fresh)",
            key);
    return err_at_input(err, db->path);
}

bool check_load(struct db *db, struct checks *out, struct err *err)
{
    uint64_t *const to[] = {&out->name, &out->product, &out->alias};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (!check_stored(db, keys[i], to[i], err))
            return false;
    return true;
}

static bool put(struct db *db, const char *key, uint64_t v, struct err *err)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    return db_run(db, SQL_META_SET, err, "tt", str_from_c(key), str_from_c(text));
}

bool check_save(struct db *db, const struct checks *c, struct err *err)
{
    const uint64_t from[] = {c->name, c->product, c->alias};
    uint64_t rest;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (!put(db, keys[i], from[i], err))
            return false;
    return check_rest(db, &rest, err) && put(db, "check_rest", rest, err);
}
