/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All SQL of the program is in sql.c, and every result of SQLite is looked at here: a step that
 * fails is an error, never the end of the rows.
 */
#ifndef VULNWARD_STORE_SQL_PRIV_H
#define VULNWARD_STORE_SQL_PRIV_H

#include <sqlite3.h>

#include "base/err.h"
#include "base/str.h"

/* Ours: "VwDb". */
#define STORE_APPLICATION_ID 0x56774462
#define STORE_SCHEMA_VERSION 3

enum sql {
    SQL_META_GET,
    SQL_META_SET,
    SQL_MAX_PAGE,
    SQL_MAX_PRODUCT,
    SQL_COUNT_PRODUCTS,
    SQL_MAX_BLOCK,
    SQL_NAME_FIND,
    SQL_NAME_PUT,
    SQL_NAME_PARTS,
    SQL_NAME_DROP,
    SQL_NAMED,
    SQL_NAMES,
    SQL_NAMES_FROM,
    SQL_ALIAS_ADD,
    SQL_ALIASED,
    SQL_PAGE_GET,
    SQL_PAGE_PUT,
    SQL_BLOCK_ADD,
    SQL_BLOCK_GET,
    SQL_PRODUCT_FIND,
    SQL_PRODUCT_ADD,
    SQL_PRODUCTS_NAMED,
    SQL_PRODUCTS_FROM,
    SQL_ECOSYSTEMS,
    SQL_ECOSYSTEMS_CLEAR,
    SQL_ECOSYSTEMS_FILL,
    SQL_SEGMENT_GET,
    SQL_SEGMENT_PUT,
    SQL_FEED_FORGET,
    SQL_FEED_ADD,
    SQL_FEED_PRUNE_WHOLE,
    SQL_FEED_PRUNE_LIST,
    SQL_FEED_PRUNE_DAY,
    SQL_FEED_CHAIN,
    SQL_FEED_DELETE,
    SQL_FEEDS,
    SQL_SOURCE_PUT,
    SQL_FEED_DATES,
    SQL_KEV_CLEAR,
    SQL_KEV_FORGET,
    SQL_KEV_ADD,
    SQL_KEV_ALL,
    SQL_EPSS_CLEAR,
    SQL_EPSS_ADD,
    SQL_EPSS_GET,
    SQL_DOWNLOAD_PUT,
    SQL_DOWNLOADS,
    SQL_CONFIRM,
    SQL_UNREADABLE,
    SQL_SOURCES,
    SQL_CHECK_META, /* verifying */
    SQL_CHECK_FEED,
    SQL_CHECK_SOURCE,
    SQL_CHECK_DOWNLOAD,
    SQL_CHECK_CONFIRMED,
    SQL_CHECK_ECOSYSTEM,
    SQL_CHECK_SCHEMA,
    SQL_CHECK_ALIAS,
    SQL_CHECK_PRODUCT,
    SQL_EPSS_ALL,
    SQL_PAGES,
    SQL_BLOCKS,
    SQL_INTEGRITY,
    SQL_STATEMENTS, /* how many */
};

struct db {
    sqlite3 *h;
    sqlite3_stmt *st[SQL_STATEMENTS]; /* prepared on first use */
    const char *path;                 /* for messages */
};

enum db_mode { DB_READ, DB_WRITE, DB_CREATE };
bool db_open(struct db *db, const char *path, const char *shown_path, enum db_mode mode,
             struct err *err) VW_CHECKED;
void db_close(struct db *db);
/* Creates tables / the indices that are cheaper once all is in. */
bool db_create_tables(struct db *db, struct err *err) VW_CHECKED;
bool db_create_indices(struct db *db, struct err *err) VW_CHECKED;
bool db_exec(struct db *db, const char *text, struct err *err) VW_CHECKED;
/*
 * Resets and binds a statement: `types` has a letter per value: i int64_t, t struct str as text,
 * b struct str as blob. NULL with err set on failure. Text and blobs must live until the reset.
 */
sqlite3_stmt *db_bind(struct db *db, enum sql which, struct err *err, const char *types,
                      ...) VW_CHECKED;
/* Steps: *row tells whether there is one. At the end the statement is reset. */
bool db_row(struct db *db, sqlite3_stmt *st, bool *row, struct err *err) VW_CHECKED;
/* Binds and runs a statement that gives no rows. */
bool db_run(struct db *db, enum sql which, struct err *err, const char *types, ...) VW_CHECKED;
/* One number of one row; 0 when there is no row or it is NULL. */
bool db_number(struct db *db, enum sql which, int64_t *out, struct err *err) VW_CHECKED;
/* A column as a view, valid until the next step or reset. */
struct str db_text(sqlite3_stmt *st, int column);
struct str db_blob(sqlite3_stmt *st, int column);
/* Turns SQLite's last error into ours; returns false. */
bool db_fail(struct db *db, const char *what, struct err *err);

#endif
