/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql_priv.h"

#include <stdarg.h>

#include "base/banned.h"

/* nvdcve-2.0-2026.json.gz */
#define YEAR_NAME "'nvdcve-[12].[0-9]-[12][0-9][0-9][0-9].*'"

static const char *const statements[SQL_STATEMENTS] = {
    [SQL_META_GET] = "SELECT value FROM meta WHERE key = ?",
    [SQL_META_SET] = "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)",
    [SQL_MAX_PAGE] = "SELECT max(id) FROM page",
    [SQL_COUNT_PRODUCTS] = "SELECT count(*) FROM product",
    [SQL_MAX_PRODUCT] = "SELECT max(id) FROM product",
    [SQL_MAX_BLOCK] = "SELECT max(id) FROM block",
    [SQL_NAME_FIND] =
        "SELECT id, modified, hash FROM name WHERE name = ? AND source = ? AND part = ?",
    [SQL_NAME_PUT] = "INSERT OR REPLACE INTO name(name, source, part, id, modified, hash)"
                     " VALUES(?, ?, ?, ?, ?, ?)",
    [SQL_NAME_PARTS] =
        "SELECT part, id, modified, hash FROM name WHERE name = ? AND source = ? ORDER BY part",
    [SQL_NAME_DROP] = "DELETE FROM name WHERE name = ? AND source = ? AND part = ?",
    [SQL_NAMED] = "SELECT id FROM name WHERE name = ? ORDER BY source, part",
    [SQL_NAMES] = "SELECT name, source, part, id, modified, hash FROM name"
                  " ORDER BY name, source, part",
    [SQL_NAMES_FROM] = "SELECT DISTINCT name FROM name WHERE name >= ? ORDER BY name LIMIT ?",
    [SQL_ALIAS_ADD] = "INSERT OR IGNORE INTO alias(alias, id) VALUES(?, ?)",
    [SQL_ALIASED] = "SELECT id FROM alias WHERE alias = ? ORDER BY id",
    [SQL_PAGE_GET] = "SELECT data FROM page WHERE id = ?",
    [SQL_PAGE_PUT] = "INSERT OR REPLACE INTO page(id, data) VALUES(?, ?)",
    [SQL_BLOCK_ADD] = "INSERT INTO block(id, size, data) VALUES(?, ?, ?)",
    [SQL_BLOCK_GET] = "SELECT size, data FROM block WHERE id = ?",
    [SQL_PRODUCT_FIND] = "SELECT id FROM product WHERE product = ? AND package = ? AND vendor = ?",
    [SQL_PRODUCT_ADD] = "INSERT INTO product(id, product, package, vendor) VALUES(?, ?, ?, ?)",
    [SQL_PRODUCTS_NAMED] =
        "SELECT id, vendor FROM product WHERE product = ? AND package = ? ORDER BY vendor",
    [SQL_PRODUCTS_FROM] = "SELECT id, vendor, product, package FROM product WHERE product >= ?"
                          " ORDER BY product, package, vendor LIMIT ?",
    [SQL_ECOSYSTEMS] = "SELECT name, packages FROM ecosystem ORDER BY name",
    [SQL_ECOSYSTEMS_CLEAR] = "DELETE FROM ecosystem",
    [SQL_ECOSYSTEMS_FILL] =
        "INSERT INTO ecosystem(name, packages)"
        " SELECT vendor, count(*) FROM product WHERE package = 1 GROUP BY vendor",
    [SQL_SEGMENT_GET] = "SELECT data FROM segment WHERE id = ?",
    [SQL_SEGMENT_PUT] = "INSERT OR REPLACE INTO segment(id, data) VALUES(?, ?)",
    [SQL_FEED_FORGET] = "DELETE FROM feed WHERE sha256 = ?",
    [SQL_FEED_ADD] =
        "INSERT INTO feed(source, kind, name, sha256, records, rejected, unreadable, declared,"
        " published, meta_checked, imported, whole) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    /* import_prune.c */
    [SQL_FEED_PRUNE_WHOLE] =
        "DELETE FROM feed WHERE whole = 1 AND EXISTS (SELECT 1 FROM feed AS n WHERE n.whole = 1"
        " AND n.source = feed.source AND n.name = feed.name AND n.id > feed.id"
        " AND n.published >= feed.published)",
    [SQL_FEED_PRUNE_LIST] =
        "DELETE FROM feed WHERE source = 'cvelist'"
        " AND name GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]_*_CVEs_at_*.zip*'"
        " AND EXISTS (SELECT 1 FROM feed AS n WHERE n.source = 'cvelist' AND n.whole = 1"
        " AND n.name GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]_all_CVEs_at_midnight.zip*'"
        " AND n.id > feed.id AND substr(n.name, 1, 10) > substr(feed.name, 1, 10)"
        " AND n.published >= feed.published)",
    [SQL_FEED_PRUNE_DAY] =
        "DELETE FROM feed WHERE source = 'cvelist' AND whole = 0"
        " AND name GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]_delta_CVEs_at_*.zip*'"
        " AND EXISTS (SELECT 1 FROM feed AS n WHERE n.source = 'cvelist' AND n.whole = 0"
        " AND n.id > feed.id AND n.name > feed.name AND n.published >= feed.published"
        " AND substr(n.name, 1, 25) = substr(feed.name, 1, 25))",
    [SQL_FEED_CHAIN] = "SELECT id, name, published, whole FROM feed WHERE source = 'nvd'"
                       " ORDER BY published, whole DESC, id",
    [SQL_FEED_DELETE] = "DELETE FROM feed WHERE id = ?",
    [SQL_FEEDS] =
        "SELECT source, kind, name, sha256, records, rejected, unreadable, declared, published,"
        " meta_checked, imported, whole FROM feed ORDER BY id",
    [SQL_SOURCE_PUT] = "INSERT OR REPLACE INTO source(name, kind, records, published, fetched)"
                       " VALUES(?, ?, ?, ?, ?)",
    /* The last column: a feed of one year of the NVD that came more than eight days after another
     * year was looked at last. It says nothing of the other years. */
    [SQL_FEED_DATES] =
        "SELECT source, kind, published, imported, whole, name GLOB " YEAR_NAME
        " AND imported - (SELECT min(seen) FROM (SELECT max(max(f.imported, coalesce((SELECT"
        " max(d.checked) FROM download AS d WHERE d.source = 'nvd'"
        " AND instr(d.url, substr(f.name, 1, 16)) > 0), f.imported))) AS seen FROM feed AS f"
        " WHERE f.source = 'nvd' AND f.whole = 1 AND f.name GLOB " YEAR_NAME
        " GROUP BY substr(f.name, 12, 4))) > 8 * 86400000"
        " FROM feed ORDER BY source, published, whole DESC, name",
    [SQL_KEV_CLEAR] = "DELETE FROM kev WHERE record = 0",
    [SQL_KEV_FORGET] = "DELETE FROM kev WHERE id = ? AND record = ?",
    [SQL_KEV_ADD] = "INSERT OR REPLACE INTO kev(id, record, data) VALUES(?, ?, ?)",
    [SQL_KEV_ALL] = "SELECT id, record, data FROM kev ORDER BY id, record",
    [SQL_EPSS_CLEAR] = "DELETE FROM epss",
    [SQL_EPSS_ADD] = "INSERT INTO epss(id, data) VALUES(?, ?)",
    [SQL_EPSS_GET] = "SELECT data FROM epss WHERE id = ?",
    [SQL_DOWNLOAD_PUT] =
        "INSERT OR REPLACE INTO download(url, source, etag, last_modified, checked)"
        " VALUES(?, ?, ?, ?, ?)",
    [SQL_CONFIRM] = "INSERT OR REPLACE INTO confirmed(source, checked) VALUES(?, ?)",
    [SQL_DOWNLOADS] =
        "SELECT url, source, etag, last_modified, checked FROM download ORDER BY source, url",
    [SQL_UNREADABLE] = "SELECT sum(unreadable) FROM feed",
    /* A source of several parts ("osv:PyPI") is as fresh as the one looked at longest ago. */
    [SQL_SOURCES] =
        "SELECT name, kind, records, published, fetched, (SELECT min(checked) FROM confirmed AS c"
        " WHERE c.source = s.name OR c.source LIKE s.name || ':%') FROM source AS s ORDER BY name",
    /* Columns stand in the order check_priv.h hashes them in. */
    [SQL_CHECK_META] = "SELECT key, value FROM meta WHERE key <> 'check_rest'",
    [SQL_CHECK_FEED] = "SELECT * FROM feed",
    [SQL_CHECK_SOURCE] = "SELECT * FROM source",
    [SQL_CHECK_DOWNLOAD] = "SELECT * FROM download",
    [SQL_CHECK_CONFIRMED] = "SELECT * FROM confirmed",
    [SQL_CHECK_ECOSYSTEM] = "SELECT * FROM ecosystem",
    [SQL_CHECK_SCHEMA] = "SELECT type, name, tbl_name, sql FROM sqlite_master",
    [SQL_CHECK_ALIAS] = "SELECT alias, id FROM alias",
    [SQL_CHECK_PRODUCT] = "SELECT id, product, package, vendor FROM product ORDER BY id",
    [SQL_EPSS_ALL] = "SELECT id, data FROM epss ORDER BY id",
    [SQL_PAGES] = "SELECT id, data FROM page ORDER BY id",
    [SQL_BLOCKS] = "SELECT id FROM block ORDER BY id",
    [SQL_INTEGRITY] = "PRAGMA integrity_check(20)",
};

/*
 * `name` finds a record by its name; what a scan needs of it is in `page`, several records to a
 * row, because a kernel has thousands of findings and a row costs more to find than to read.
 */
static const char tables[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE feed(id INTEGER PRIMARY KEY, source TEXT NOT NULL, kind TEXT NOT NULL, name TEXT "
    "NOT NULL,"
    " sha256 TEXT NOT NULL, records INTEGER NOT NULL, rejected INTEGER NOT NULL, unreadable "
    "INTEGER NOT NULL,"
    " declared INTEGER NOT NULL, published INTEGER NOT NULL, meta_checked INTEGER NOT NULL, "
    "imported INTEGER NOT NULL, whole INTEGER NOT NULL);"
    "CREATE TABLE source(name TEXT PRIMARY KEY, kind TEXT NOT NULL, records INTEGER NOT NULL,"
    " published INTEGER NOT NULL, fetched INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE name(name TEXT NOT NULL, source TEXT NOT NULL, part TEXT NOT NULL,"
    " id INTEGER NOT NULL, modified INTEGER NOT NULL, hash INTEGER NOT NULL,"
    " PRIMARY KEY(name, source, part)) WITHOUT ROWID;"
    "CREATE TABLE alias(alias TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY(alias, id))"
    " WITHOUT ROWID;"
    "CREATE TABLE kev(id TEXT NOT NULL, record INTEGER NOT NULL, data BLOB NOT NULL,"
    " PRIMARY KEY(id, record)) WITHOUT ROWID;"
    "CREATE TABLE epss(id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
    "CREATE TABLE download(url TEXT PRIMARY KEY, source TEXT NOT NULL, etag TEXT NOT NULL,"
    " last_modified TEXT NOT NULL, checked INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE confirmed(source TEXT PRIMARY KEY, checked INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE ecosystem(name TEXT PRIMARY KEY, packages INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE page(id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
    "CREATE TABLE block(id INTEGER PRIMARY KEY, size INTEGER NOT NULL, data BLOB NOT NULL);"
    "CREATE TABLE product(id INTEGER PRIMARY KEY, product TEXT NOT NULL,"
    " package INTEGER NOT NULL, vendor TEXT NOT NULL);"
    "CREATE TABLE segment(id INTEGER PRIMARY KEY, data BLOB NOT NULL);";

static const char indices[] =
    "CREATE UNIQUE INDEX IF NOT EXISTS product_name ON product(product, package, vendor);";

bool db_fail(struct db *db, const char *what, struct err *err)
{
    int rc = db->h ? sqlite3_errcode(db->h) : SQLITE_NOMEM;
    const char *msg = db->h ? sqlite3_errmsg(db->h) : "";
    switch (rc) {
    case SQLITE_NOMEM:
        err_memory(err);
        break;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
        err_set(err, ERR_IO, "%s: %s", what, msg);
        break;
    default:
        err_set(err, ERR_DATABASE, "%s: %s", what, msg);
        break;
    }
    return err_at_input(err, db->path);
}

bool db_exec(struct db *db, const char *text, struct err *err)
{
    return sqlite3_exec(db->h, text, NULL, NULL, NULL) == SQLITE_OK ||
           db_fail(db, "cannot prepare", err);
}

bool db_create_tables(struct db *db, struct err *err)
{
    return db_exec(db, tables, err);
}

bool db_create_indices(struct db *db, struct err *err)
{
    return db_exec(db, indices, err);
}

/* Reading: the file never changes, so no locks. Writing: a new file nobody else knows, so no
 * journal. */
static const char read_setup[] = "PRAGMA query_only = 1; PRAGMA mmap_size = 1073741824;";
static const char write_setup[] =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA temp_store = FILE; PRAGMA cache_size = -16384;";

static bool number_pragma(struct db *db, const char *text, int64_t *out, struct err *err)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(db->h, text, -1, &st, NULL) != SQLITE_OK)
        return db_fail(db, "is not a vulnward database", err);
    bool ok = sqlite3_step(st) == SQLITE_ROW;
    *out = ok ? sqlite3_column_int64(st, 0) : 0;
    if (!ok)
        db_fail(db, "is not a vulnward database", err);
    (void)sqlite3_finalize(st);
    return ok;
}

static bool check_identity(struct db *db, struct err *err)
{
    int64_t app = 0, version = 0;
    if (!number_pragma(db, "PRAGMA application_id", &app, err) ||
        !number_pragma(db, "PRAGMA user_version", &version, err))
        return false;
    if (app != STORE_APPLICATION_ID)
        err_set(err, ERR_DATABASE, "is not a vulnward database");
    else if (version != STORE_SCHEMA_VERSION)
        err_set(err, ERR_DATABASE, "has layout %lld, this program reads %d: %s", (long long)version,
                STORE_SCHEMA_VERSION,
                version > STORE_SCHEMA_VERSION
                    ? "a newer vulnward made it; use that one, or import the feeds again (--fresh)"
                    : "import the feeds again (--fresh)");
    else
        return true;
    return err_at_input(err, db->path);
}

/* "file:PATH?immutable=1" with what a URI would misread percent-encoded. */
static bool make_uri(const char *path, char *out, size_t size)
{
    size_t n = 0;
    const char *const prefix = "file:", *const suffix = "?immutable=1";
    for (const char *p = prefix; *p; p++)
        out[n++] = *p;
    for (const char *p = path; *p; p++) {
        if (n + 4 + strlen(suffix) >= size)
            return false;
        if (strchr("%?#", *p))
            n += (size_t)snprintf(out + n, 4, "%%%02x", (unsigned char)*p);
        else
            out[n++] = *p;
    }
    memcpy(out + n, suffix, strlen(suffix) + 1);
    return true;
}

bool db_open(struct db *db, const char *path, const char *shown_path, enum db_mode mode,
             struct err *err)
{
    static const int flags[] = {
        [DB_READ] = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
        [DB_WRITE] = SQLITE_OPEN_READWRITE,
        [DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    char uri[4200];
    *db = (struct db){.path = shown_path};
    /* Its count of memory is under one lock for all threads, at each allocation. Refused, without
     * harm, once SQLite is in use. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (mode == DB_READ && !make_uri(path, uri, sizeof uri))
        return err_set(err, ERR_USAGE, "the database's path is too long: %.200s", path);
    if (sqlite3_open_v2(mode == DB_READ ? uri : path, &db->h, flags[mode] | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK) {
        db_fail(db, "cannot open the database", err);
        db_close(db);
        return false;
    }
    (void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    char identity[128];
    (void)snprintf(identity, sizeof identity,
                   "PRAGMA page_size = 8192; PRAGMA application_id = %d; PRAGMA user_version = %d;",
                   STORE_APPLICATION_ID, STORE_SCHEMA_VERSION);
    bool ok = mode == DB_CREATE ? db_exec(db, identity, err) : check_identity(db, err);
    ok = ok && db_exec(db, mode == DB_READ ? read_setup : write_setup, err);
    if (!ok)
        db_close(db);
    return ok;
}

void db_close(struct db *db)
{
    for (size_t i = 0; i < SQL_STATEMENTS; i++)
        (void)sqlite3_finalize(db->st[i]);
    (void)sqlite3_close(db->h);
    *db = (struct db){0};
}

static sqlite3_stmt *bind_values(struct db *db, enum sql which, struct err *err, const char *types,
                                 va_list ap)
{
    sqlite3_stmt *st = db->st[which];
    if (!st && sqlite3_prepare_v3(db->h, statements[which], -1, SQLITE_PREPARE_PERSISTENT,
                                  &db->st[which], NULL) != SQLITE_OK) {
        db_fail(db, "damaged or not a vulnward database", err);
        return NULL;
    }
    st = db->st[which];
    (void)sqlite3_reset(st); /* repeats the error of the last step, which was reported then */
    int rc = SQLITE_OK;
    for (int i = 0; types[i] && rc == SQLITE_OK; i++) {
        if (types[i] == 'i') {
            rc = sqlite3_bind_int64(st, i + 1, va_arg(ap, int64_t));
        } else {
            struct str s = va_arg(ap, struct str);
            const char *p = s.n ? s.p : "";
            rc = types[i] == 't'
                     ? sqlite3_bind_text64(st, i + 1, p, s.n, SQLITE_STATIC, SQLITE_UTF8)
                     : sqlite3_bind_blob64(st, i + 1, p, s.n, SQLITE_STATIC);
        }
    }
    if (rc == SQLITE_OK)
        return st;
    db_fail(db, "cannot bind", err);
    return NULL;
}

sqlite3_stmt *db_bind(struct db *db, enum sql which, struct err *err, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *st = bind_values(db, which, err, types, ap);
    va_end(ap);
    return st;
}

bool db_row(struct db *db, sqlite3_stmt *st, bool *row, struct err *err)
{
    int rc = sqlite3_step(st);
    /* A failure is not the end of the rows: *row stays as it is. */
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return db_fail(db, "cannot read or write the database", err);
    *row = rc == SQLITE_ROW;
    if (!*row)
        (void)sqlite3_reset(st);
    return true;
}

bool db_run(struct db *db, enum sql which, struct err *err, const char *types, ...)
{
    va_list ap;
    bool row;
    va_start(ap, types);
    sqlite3_stmt *st = bind_values(db, which, err, types, ap);
    va_end(ap);
    return st && db_row(db, st, &row, err);
}

bool db_number(struct db *db, enum sql which, int64_t *out, struct err *err)
{
    bool row = false;
    sqlite3_stmt *st = db_bind(db, which, err, "");
    if (!st || !db_row(db, st, &row, err))
        return false;
    *out = row ? sqlite3_column_int64(st, 0) : 0;
    (void)sqlite3_reset(st);
    return true;
}

struct str db_text(sqlite3_stmt *st, int column)
{
    const char *p = (const char *)sqlite3_column_text(st, column);
    return str_make(p, p ? (size_t)sqlite3_column_bytes(st, column) : 0);
}

struct str db_blob(sqlite3_stmt *st, int column)
{
    const char *p = sqlite3_column_blob(st, column);
    return str_make(p, p ? (size_t)sqlite3_column_bytes(st, column) : 0);
}
