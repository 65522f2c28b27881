/* SPDX-License-Identifier: Apache-2.0 */
/* Verification: no damage goes unseen. */
#include "database.h"

#include <sqlite3.h>

#include "base/banned.h"

/* ---- verification ---- */

static bool run_sql(const char *path, const char *sql)
{
    sqlite3 *h = NULL;
    bool ok = sqlite3_open(path, &h) == SQLITE_OK && sqlite3_exec(h, sql, NULL, NULL, NULL) == SQLITE_OK;
    int changed = ok ? sqlite3_changes(h) : 0;
    if (!ok)
        printf("# %s: %s\n", sql, sqlite3_errmsg(h));
    (void)sqlite3_close(h);
    return ok && changed > 0;
}

/* The rows of a statement as text views in the arena, two columns. */
struct pair {
    struct str a, b;
};
struct pairs {
    struct pair *v;
    size_t n, cap;
};
static struct pairs query(const char *path, const char *sql)
{
    struct pairs out = {0};
    sqlite3 *h = NULL;
    sqlite3_stmt *st = NULL;
    CHECK(sqlite3_open_v2(path, &h, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(h, sql, -1, &st, NULL) == SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) {
        struct pair *p = VEC_PUSH(&arena, &out);
        CHECK(arena_dup(&arena, str_from_c((const char *)sqlite3_column_text(st, 0)), &p->a, &err));
        CHECK(arena_dup(&arena, str_from_c((const char *)sqlite3_column_text(st, 1)), &p->b, &err));
    }
    (void)sqlite3_finalize(st);
    (void)sqlite3_close(h);
    return out;
}

/* Each column of each table changed, and a row taken out of each table: all of it is found. */
static void every_column(void)
{
    char good[256], bad[256], sql[1024];
    clean();
    (void)snprintf(good, sizeof good, "%s", in_dir("a.db"));
    (void)snprintf(bad, sizeof bad, "%s", in_dir("bad.db"));
    make_database(good);
    CHECK_INT(damages(good, true), 0);
    struct str bytes = read_file(good);
    struct pairs columns =
        query(good, "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c"
                    " WHERE m.type = 'table'");
    CHECK(columns.n > 40);
    for (size_t i = 0; i < columns.n; i++) {
        static const char *const changes[] = {
            "UPDATE %s SET %s = CASE typeof(%s) WHEN 'integer' THEN %s + 1000003 WHEN 'text' THEN"
            " %s || 'x' ELSE zeroblob(length(%s)) END WHERE %s = (SELECT %s(%s) FROM %s)",
            "DELETE FROM %s WHERE %s = (SELECT %s(%s) FROM %s)",
        };
        const char *t = columns.v[i].a.p, *c = columns.v[i].b.p;
        for (unsigned k = 0; k < 4; k++) {
            const char *end = k % 2 ? "max" : "min";
            if (k < 2) /* NOLINTNEXTLINE: our own formats */
                (void)snprintf(sql, sizeof sql, changes[0], t, c, c, c, c, c, c, end, c, t);
            else
                (void)snprintf(sql, sizeof sql, changes[1], t, c, end, c, t);
            write_file(bad, bytes);
            /* Replaced records leave pages and blocks that nothing needs any more; but a row of each
             * table is always needed. */
            CHECK(run_sql(bad, sql));
            if (!damages(bad, false)) {
                printf("# not found: %s\n", sql);
                test_failures++;
            }
        }
    }
    arena_reset(&arena);
}

/* A hash of everything the tables hold, by SQLite alone; 0 when it can not be read. */
static uint64_t content(const char *path, const struct pairs *tables)
{
    uint64_t h = 1;
    sqlite3 *db = NULL;
    bool ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK;
    for (size_t i = 0; ok && i < tables->n; i++) {
        char sql[256];
        sqlite3_stmt *st = NULL;
        int rc;
        (void)snprintf(sql, sizeof sql, "SELECT * FROM %s", tables->v[i].a.p);
        ok = sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK;
        while (ok && (rc = sqlite3_step(st)) != SQLITE_DONE) {
            ok = rc == SQLITE_ROW;
            for (int k = 0; ok && k < sqlite3_column_count(st); k++) {
                const char *p = sqlite3_column_blob(st, k);
                h = h * 31 + str_hash(str_make(p, (size_t)sqlite3_column_bytes(st, k)));
            }
        }
        (void)sqlite3_finalize(st);
    }
    (void)sqlite3_close(db);
    return ok ? h : 0;
}

/* Single bits all over the file: found, or nothing that is read has changed. */
static void every_page(void)
{
    char good[256], bad[256];
    size_t found = 0, n = 0;
    clean();
    (void)snprintf(good, sizeof good, "%s", in_dir("a.db"));
    (void)snprintf(bad, sizeof bad, "%s", in_dir("bad.db"));
    make_database(good);
    struct str bytes = read_file(good);
    struct pairs tables = query(good, "SELECT name, '' FROM sqlite_master WHERE type = 'table'");
    uint64_t want = content(good, &tables);
    CHECK(want != 0);
    write_file(bad, bytes);
    int fd = open(bad, O_RDWR | O_CLOEXEC);
    for (size_t i = 0; i < bytes.n; i += bytes.p[i] ? 5 : 211, n++) {
        char c = (char)(bytes.p[i] ^ (1 << i % 8));
        CHECK(pwrite(fd, &c, 1, (off_t)i) == 1);
        if (damages(bad, false)) {
            found++;
        } else if (content(bad, &tables) != want) {
            printf("# byte %zu: not found\n", i);
            test_failures++;
        }
        CHECK(pwrite(fd, bytes.p + i, 1, (off_t)i) == 1);
    }
    (void)close(fd);
    CHECK_INT(damages(bad, true), 0);
    printf("# %zu of %zu flipped bits found; the others change nothing\n", found, n);
    CHECK(found * 2 > n);
    for (size_t i = 0; i < bytes.n; i += 4096) { /* cut short */
        write_file(bad, str_first(bytes, i));
        CHECK(damages(bad, false) > 0);
    }
    arena_reset(&arena);
}

static const struct test tests[] = {
    {"every column of every table", every_column},
    {"bits all over the file", every_page},
};

int main(void)
{
    return database_main(tests, sizeof tests / sizeof tests[0]);
}
