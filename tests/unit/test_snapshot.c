/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots: a replaced database is kept, and can be put back, whatever happens meanwhile. */
#include "database.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "store/snapshot.h"

#include "base/banned.h"

/* ---- snapshots ---- */

static size_t in_folder(const char *name)
{
    size_t n = 0;
    DIR *d = opendir(name);
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        (void)closedir(d);
    return n;
}

static void kept_databases(void)
{
    struct store_snapshots all;
    clean();
    warnings = 0;
    char path[256];
    (void)snprintf(path, sizeof path, "%s", in_dir("a.db"));
    for (unsigned i = 0; i < 6; i++) {
        CHECK_OK(import(path, i, 1, 0, NOW + i * 60 * SECOND, 3), &err);
        CHECK_OK(store_snapshots(path, &arena, &all, &err), &err);
        CHECK_INT(all.n, i < 3 ? i + 1 : 4);
        CHECK(all.v[0].current);
        for (size_t k = 0; k < all.n; k++) {
            CHECK_INT(all.v[k].serial, NOW / 1000 + (i - (unsigned)k) * 60);
            CHECK_INT(serial_of(all.v[k].path.p), all.v[k].serial);
            CHECK_INT(all.v[k].built, NOW + (int64_t)(i - k) * 60 * SECOND);
        }
    }
    /* what is not ours stays, and does not count */
    write_file(in_dir("a.db.snapshots/notes.txt"), STR("x"));
    write_file(in_dir("a.db.snapshots/20261121T203000Z-01.db"), STR("x"));
    CHECK_OK(import(path, 6, 1, 0, NOW + 360 * SECOND, 1), &err);
    CHECK_INT(in_folder(in_dir("a.db.snapshots")), 3);
    CHECK_OK(import(path, 7, 1, 0, NOW + 420 * SECOND, 0), &err);
    CHECK_INT(in_folder(in_dir("a.db.snapshots")), 2);
    CHECK_INT(warnings, 0);
    arena_reset(&arena);
}

static void found_by(const char *path, const char *wanted, unsigned minute)
{
    struct store_snapshot s = {0};
    CHECK_OK(store_snapshot_find(path, str_from_c(wanted), &arena, &s, &err), &err);
    CHECK_INT(s.serial, NOW / 1000 + minute * 60);
}

static void going_back(void)
{
    const struct store_keep keep = {0, warned, NULL};
    struct store_snapshot s;
    struct store_snapshots all;
    char path[256], date[DATE_TEXT_BYTES];
    clean();
    (void)snprintf(path, sizeof path, "%s", in_dir("a.db"));
    for (unsigned i = 0; i < 3; i++)
        CHECK_OK(import(path, i, 1, 0, NOW + i * 60 * SECOND, 5), &err);
    found_by(path, "1700000060", 1);
    found_by(path, date_format(NOW + 60 * SECOND, date), 1);
    found_by(path, date_format(NOW + 119 * SECOND, date), 1);
    found_by(path, date_format(NOW + 1190000 * SECOND, date), 2);
    found_by(path, "2023-11-14", 2); /* the day it was, until its end */
    CHECK_ERR(store_snapshot_find(path, STR("2023-11-13"), &arena, &s, &err), &err,
              "no database was built by 2023-11-13; there are 2023-11-14T22:15:20Z (1700000120), "
              "2023-11-14T22:14:20Z (1700000060)");
    CHECK_ERR(store_snapshot_find(path, STR("17"), &arena, &s, &err), &err,
              "no database with the serial 17");
    CHECK_ERR(store_snapshot_find(path, STR("soon"), &arena, &s, &err), &err, "neither a date");
    CHECK_OK(store_snapshot_use(path, STR("1700000000"), 0, &keep, &arena, &s, &err), &err);
    CHECK(!s.current);
    CHECK_INT(serial_of(path), NOW / 1000);
    CHECK_OK(store_snapshots(path, &arena, &all, &err), &err);
    CHECK_INT(all.n, 3);
    CHECK(all.v[0].current && all.v[0].serial == NOW / 1000);
    CHECK_OK(store_snapshot_use(path, STR("1700000000"), 0, &keep, &arena, &s, &err), &err);
    CHECK(s.current);
    CHECK_OK(store_snapshot_use(path, STR("1700000120"), 0, &keep, &arena, &s, &err), &err);
    CHECK_INT(serial_of(path), NOW / 1000 + 120);
    CHECK(!io_exists(in_dir("a.db.new-snapshot")));
    /* a damaged one is not put in place */
    struct str before = read_file(path);
    write_file(in_dir("a.db.snapshots/20231114T221320Z-1700000000.db"), STR("no database"));
    CHECK_ERR(store_snapshot_use(path, STR("1700000000"), 0, &keep, &arena, &s, &err), &err,
              "not a database");
    CHECK(str_eq(before, read_file(path)));
    /* one is found when the database itself is damaged or gone */
    write_file(path, STR("no database"));
    CHECK_OK(store_snapshot_use(path, STR("1700000060"), 0, &keep, &arena, &s, &err), &err);
    CHECK(unlink(path) == 0);
    CHECK_OK(store_snapshot_use(path, STR("1700000120"), 0, &keep, &arena, &s, &err), &err);
    CHECK_INT(serial_of(path), NOW / 1000 + 120);
    arena_reset(&arena);
}

/* Keeping a snapshot may fail; the import does not. */
static void no_room_for_snapshots(void)
{
    clean();
    CHECK_OK(import(in_dir("a.db"), 0, 1, 0, NOW, 2), &err);
    write_file(in_dir("a.db.snapshots"), STR("a file in the way"));
    warnings = 0;
    CHECK_OK(import(in_dir("a.db"), 1, 1, 0, NOW + 60 * SECOND, 2), &err);
    CHECK_INT(warnings, 1);
    CHECK_INT(serial_of(in_dir("a.db")), NOW / 1000 + 60);
}

/* The folder is on another file system, where there is one: a copy then. */
static void copies(void)
{
    const struct store_keep keep = {0, warned, NULL};
    struct store_snapshot s;
    struct stat here, there;
    char other[] = "/dev/shm/vulnward-bundle-XXXXXX", line[128];
    if (!mkdtemp(other) || stat(dir, &here) || stat(other, &there) || here.st_dev == there.st_dev) {
        printf("# no second file system: not tested\n");
        return;
    }
    clean();
    warnings = 0;
    CHECK_OK(import(in_dir("a.db"), 0, 1, 0, NOW, 2), &err);
    CHECK(symlink(other, in_dir("a.db.snapshots")) == 0);
    CHECK_OK(import(in_dir("a.db"), 1, 1, 0, NOW + 60 * SECOND, 2), &err);
    CHECK_INT(in_folder(other), 1);
    CHECK_OK(store_snapshot_use(in_dir("a.db"), STR("1700000000"), 0, &keep, &arena, &s, &err), &err);
    CHECK_INT(serial_of(in_dir("a.db")), NOW / 1000);
    CHECK_INT(in_folder(other), 2);
    CHECK_INT(warnings, 0);
    (void)snprintf(line, sizeof line, "rm -rf %s", other);
    CHECK(system(line) == 0); /* NOLINT(cert-env33-c) */
}

/* Killed anywhere: the database and all snapshots are whole, and the next import works. */
static void killed(void)
{
    char path[256];
    struct store_snapshots all;
    const struct store_keep keep = {2, warned, NULL};
    clean();
    (void)snprintf(path, sizeof path, "%s", in_dir("a.db"));
    CHECK_OK(import(path, 0, 20, 0, NOW, 2), &err);
    for (unsigned round = 1; round <= 60; round++) {
        pid_t child = fork();
        if (child == 0) {
            for (unsigned i = 0;; i++) {
                struct store_snapshot s;
                (void)!import(path, i % 50, 5, i, NOW + (round * 1000 + i) * SECOND, 2);
                if (i % 3 == 2 && store_snapshots(path, &arena, &all, &err) && all.n > 1) {
                    char serial[32];
                    (void)snprintf(serial, sizeof serial, "%llu",
                                   (unsigned long long)all.v[1].serial);
                    (void)!store_snapshot_use(path, str_from_c(serial), 0, &keep, &arena, &s, &err);
                }
                arena_reset(&arena);
            }
        }
        CHECK(child > 0);
        (void)nanosleep(&(struct timespec){0, (long)(2 + round * 7 % 40) * 1000000}, NULL);
        CHECK(kill(child, SIGKILL) == 0);
        (void)waitpid(child, NULL, 0);
        CHECK_OK(store_snapshots(path, &arena, &all, &err), &err);
        CHECK(all.n >= 1 && all.v[0].current);
        for (size_t i = 0; i < all.n; i++)
            CHECK_INT(damages(all.v[i].path.p, true), 0);
        arena_reset(&arena);
    }
    CHECK_OK(import(path, 0, 5, 99, NOW + 1000000 * SECOND, 2), &err);
    CHECK_OK(store_snapshots(path, &arena, &all, &err), &err);
    CHECK_INT(all.n, 3);
    CHECK(!io_exists(in_dir("a.db.snapshots/incoming")));
    arena_reset(&arena);
}

static const struct test tests[] = {
    {"replaced databases are kept", kept_databases},
    {"going back to a snapshot", going_back},
    {"no room for snapshots", no_room_for_snapshots},
    {"snapshots on another file system", copies},
    {"killed at any moment", killed},
};

int main(void)
{
    return database_main(tests, sizeof tests / sizeof tests[0]);
}
