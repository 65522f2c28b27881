/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checksums of tables whose rows have none of their own: sums over the hashes of their rows, so
 * that they do not depend on the order and an import adds and takes off only what it changes. They
 * are against damage, not against malice, and are kept in `meta`: "check_name", "check_product",
 * "check_alias", and "check_rest" over all small tables and the schema.
 */
#ifndef VULNWARD_STORE_CHECK_PRIV_H
#define VULNWARD_STORE_CHECK_PRIV_H

#include "store/sql_priv.h"

struct checks {
    uint64_t name, product, alias;
};

/* A row's hash: start with 0 and add its columns in order. */
uint64_t check_number(uint64_t row, int64_t v);
uint64_t check_bytes(uint64_t row, struct str s);
/* The hash of the row a statement stands at. */
uint64_t check_row(sqlite3_stmt *st);
static inline uint64_t check_name(struct str name, struct str source, struct str part, int64_t id,
                                  int64_t modified, int64_t hash)
{
    uint64_t h = check_bytes(check_bytes(check_bytes(0, name), source), part);
    return check_number(check_number(check_number(h, id), modified), hash);
}
static inline uint64_t check_product(int64_t id, struct str product, int64_t package,
                                     struct str vendor)
{
    return check_bytes(check_number(check_bytes(check_number(0, id), product), package), vendor);
}
static inline uint64_t check_alias(struct str alias, int64_t id)
{
    return check_number(check_bytes(0, alias), id);
}
/* The sum over the rows of a statement. */
bool check_rows(struct db *db, enum sql which, uint64_t *sum, struct err *err) VW_CHECKED;
/* Of all small tables and the schema, as they are now. */
bool check_rest(struct db *db, uint64_t *sum, struct err *err) VW_CHECKED;

/* What `meta` says; an error when it says nothing. */
bool check_stored(struct db *db, const char *key, uint64_t *out, struct err *err) VW_CHECKED;
bool check_load(struct db *db, struct checks *out, struct err *err) VW_CHECKED;
/* The last thing an import writes. */
bool check_save(struct db *db, const struct checks *c, struct err *err) VW_CHECKED;

#endif
