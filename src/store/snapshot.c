/* SPDX-License-Identifier: Apache-2.0 */
#include "store/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/date.h"
#include "base/io.h"
#include "base/vec.h"
#include "store/lock_priv.h"
#include "store/place_priv.h"
#include "store/snapshot_priv.h"
#include "store/store.h"
#include "base/banned.h"

/* ---- names ---- */

static bool join(char out[PLACE_PATH], const char *path, const char *name, struct err *err)
{
    int n = snprintf(out, PLACE_PATH, "%s.snapshots%s%s", path, *name ? "/" : "", name);
    return (n > 0 && n < PLACE_PATH) || err_set(err, ERR_USAGE, "the database's path is too long");
}

/* What is being made, until it gets its name; there is one, as the lock is held. */
#define INCOMING "incoming"

/* "20261121T203000Z-1795296600.db" */
static void make_name(int64_t built, uint64_t serial, char out[64])
{
    char date[DATE_TEXT_BYTES];
    size_t n = 0;
    for (const char *p = date_format(built, date); *p; p++)
        if (*p != '-' && *p != ':')
            out[n++] = *p;
    (void)snprintf(out + n, 64 - n, "-%llu.db", (unsigned long long)serial);
}

static bool parse_name(struct str name, int64_t *built, uint64_t *serial)
{
    char date[DATE_TEXT_BYTES], again[64];
    struct str head, rest;
    if (!str_ends(name, STR(".db")) || !str_split(name, '-', &head, &rest) || head.n != 16 ||
        !str_to_u64(str_first(rest, rest.n - 3), 0, UINT64_MAX, serial))
        return false;
    (void)snprintf(date, sizeof date, "%.4s-%.2s-%.5s:%.2s:%.3s", head.p, head.p + 4, head.p + 6,
                   head.p + 11, head.p + 13);
    if (!date_parse(str_from_c(date), built))
        return false;
    make_name(*built, *serial, again);
    return str_eq(str_from_c(again), name);
}

/* ---- listing ---- */

static int newest_first(const void *a, const void *b)
{
    const struct store_snapshot *x = a, *y = b;
    if (x->current != y->current)
        return x->current ? -1 : 1;
    if (x->built != y->built)
        return x->built > y->built ? -1 : 1;
    return x->serial == y->serial ? 0 : x->serial > y->serial ? -1 : 1;
}

/* What the database at `path` says of itself; the date in whole seconds, as names have it. */
static bool describe(const char *path, struct arena *a, struct store_snapshot *out, struct err *err)
{
    struct store *s = NULL;
    struct database_info info;
    struct stat st;
    bool ok = store_open(path, &s, err) && store_info(s, a, &info, err);
    store_close(s);
    if (!ok)
        return false;
    *out = (struct store_snapshot){.path = info.path,
                                   .built = info.built / 1000 * 1000,
                                   .serial = info.serial,
                                   .size = stat(path, &st) ? 0 : (uint64_t)st.st_size};
    return true;
}

static bool add_named(const char *dir, const char *name, struct arena *a,
                      struct store_snapshots *out, struct err *err)
{
    struct store_snapshot s = {0};
    struct stat st;
    if (!parse_name(str_from_c(name), &s.built, &s.serial))
        return true;
    if (!arena_printf(a, &s.path, err, "%s/%s", dir, name))
        return false;
    if (lstat(s.path.p, &st) || !S_ISREG(st.st_mode))
        return true;
    s.size = (uint64_t)st.st_size;
    struct store_snapshot *slot = VEC_PUSH(a, out);
    if (!slot)
        return err_memory(err);
    *slot = s;
    return true;
}

static bool list_folder(const char *path, struct arena *a, struct store_snapshots *out,
                        struct err *err)
{
    char dir[PLACE_PATH];
    if (!join(dir, path, "", err))
        return false;
    DIR *d = opendir(dir);
    if (!d && (errno == ENOENT || errno == ENOTDIR))
        return true;
    bool ok = d ? true : err_errno(err, "cannot open the folder of snapshots");
    while (ok) {
        errno = 0;
        struct dirent *e = readdir(d);
        if (!e && errno)
            ok = err_errno(err, "reading the folder of snapshots");
        if (!e)
            break;
        ok = add_named(dir, e->d_name, a, out, err);
    }
    if (d)
        (void)closedir(d);
    if (ok && out->n)
        qsort(out->v, out->n, sizeof *out->v, newest_first);
    return ok || err_at_input(err, dir);
}

bool store_snapshots(const char *path, struct arena *a, struct store_snapshots *out,
                     struct err *err)
{
    struct store_snapshot now;
    struct err unreadable = {0};
    *out = (struct store_snapshots){0};
    if (!list_folder(path, a, out, err))
        return false;
    /* One that is damaged is what snapshots are there for. */
    if (!describe(path, a, &now, &unreadable))
        return unreadable.code != ERR_MEMORY || err_memory(err);
    now.current = true;
    /* After an interruption, or when a snapshot is in use, it is among them as well. */
    size_t kept = 0;
    for (size_t i = 0; i < out->n; i++)
        if (out->v[i].built != now.built || out->v[i].serial != now.serial)
            out->v[kept++] = out->v[i];
    out->n = kept;
    struct store_snapshot *slot = VEC_PUSH(a, out);
    if (!slot)
        return err_memory(err);
    *slot = now;
    qsort(out->v, out->n, sizeof *out->v, newest_first);
    return true;
}

bool snapshot_last_serial(const char *path, uint64_t *out, struct err *err)
{
    struct arena a = {0};
    struct store_snapshots all;
    bool ok = store_snapshots(path, &a, &all, err);
    *out = 0;
    for (size_t i = 0; ok && i < all.n; i++)
        *out = all.v[i].serial > *out ? all.v[i].serial : *out;
    arena_free(&a);
    return ok;
}

/* ---- finding ---- */

#define SHOWN 5

static bool none_fits(const struct store_snapshots *all, struct str wanted, bool by_serial,
                      struct err *err)
{
    char text[LIMIT_MESSAGE_BYTES] = "", date[DATE_TEXT_BYTES];
    size_t n = 0;
    for (size_t i = 0; i < all->n && i < SHOWN; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s (%llu)", i ? ", " : "",
                              date_format(all->v[i].built, date),
                              (unsigned long long)all->v[i].serial);
    if (all->n > SHOWN)
        (void)snprintf(text + n, sizeof text - n, " and %zu more", all->n - SHOWN);
    return err_set(err, ERR_DATABASE, "no database %s %.*s; there %s %s",
                   by_serial ? "with the serial" : "was built by", STR_ARG(str_first(wanted, 40)),
                   all->n == 1 ? "is" : "are", all->n ? text : "none");
}

/* The parsed form of what was asked for: a serial, or the last moment that is early enough. */
static bool parse_wanted(struct str wanted, bool *by_serial, uint64_t *serial, int64_t *by,
                         struct err *err)
{
    *by_serial = str_to_u64(wanted, 0, UINT64_MAX, serial);
    if (*by_serial)
        return true;
    if (!date_parse(wanted, by))
        return err_set(err, ERR_USAGE, "\"%.*s\" is neither a date (2026-11-21) nor a serial",
                       STR_ARG(str_first(wanted, 40)));
    if (wanted.n == strlen("2026-11-21"))
        *by += DATE_DAY_MS - 1;
    return true;
}

bool store_snapshot_find(const char *path, struct str wanted, struct arena *a,
                         struct store_snapshot *out, struct err *err)
{
    struct store_snapshots all;
    bool by_serial;
    uint64_t serial = 0;
    int64_t by = 0;
    const struct store_snapshot *best = NULL;
    if (!parse_wanted(wanted, &by_serial, &serial, &by, err) ||
        !store_snapshots(path, a, &all, err))
        return false;
    for (size_t i = 0; i < all.n; i++) {
        const struct store_snapshot *s = &all.v[i];
        if (by_serial ? s->serial != serial : s->built > by)
            continue;
        /* The database itself is listed first, whatever its date. */
        if (!best || s->built > best->built ||
            (s->built == best->built && s->serial > best->serial))
            best = s;
    }
    if (!best) {
        (void)none_fits(&all, wanted, by_serial, err);
        return err_at_input(err, path);
    }
    *out = *best;
    return true;
}

/* ---- keeping ---- */

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return lstat(a, &x) == 0 && lstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool copy_file(const char *from, const char *to, struct err *err)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool ok = out >= 0 ? place_copy(in, out, err) : err_errno(err, "cannot copy the database");
    if (ok && fsync(out))
        ok = err_errno(err, "making the copy durable");
    if (in >= 0)
        (void)close(in);
    if (out >= 0)
        (void)close(out);
    return ok || err_at_input(err, to);
}

/* `from` under the second name too. File systems without hard links say so in several ways. */
static bool link_or_copy(const char *from, const char *to, struct err *err)
{
    (void)unlink(to); /* left by an interruption */
    return link(from, to) == 0 || copy_file(from, to, err);
}

static bool keep_current(const char *path, struct arena *a, struct err *err)
{
    struct store_snapshot s;
    char dir[PLACE_PATH], name[64], incoming[PLACE_PATH], target[PLACE_PATH];
    if (!describe(path, a, &s, err))
        return false;
    make_name(s.built, s.serial, name);
    if (!join(dir, path, "", err) || !join(incoming, path, INCOMING, err) ||
        !join(target, path, name, err))
        return false;
    if (mkdir(dir, 0777) && errno != EEXIST) {
        err_errno(err, "cannot create the folder");
        return err_at_input(err, dir);
    }
    /* Renaming one name of a file over another does nothing: see rename(2). */
    if (same_file(path, target))
        return true;
    if (!link_or_copy(path, incoming, err))
        return false;
    if (rename(incoming, target)) {
        err_errno(err, "cannot name the snapshot");
        return err_at_input(err, target);
    }
    return place_sync(dir, O_RDONLY | O_DIRECTORY, err);
}

static bool prune(const char *path, unsigned n, struct arena *a, struct err *err)
{
    struct store_snapshots all = {0};
    char name[PLACE_PATH];
    if (!list_folder(path, a, &all, err))
        return false;
    for (size_t i = n; i < all.n; i++)
        if (unlink(all.v[i].path.p)) {
            err_errno(err, "cannot remove the old snapshot");
            return err_at_input(err, all.v[i].path.p);
        }
    if (!join(name, path, INCOMING, err))
        return false;
    (void)unlink(name);
    if (!n && join(name, path, "", err))
        (void)rmdir(name); /* only when it is empty */
    return true;
}

static void warn(const struct store_keep *keep, const char *what, const struct err *why)
{
    char text[1024], all[1100];
    err_format(why, text, sizeof text);
    (void)snprintf(all, sizeof all, "%s: %s", what, text);
    if (keep->warn)
        keep->warn(keep->ctx, all);
}

bool snapshot_replace(const char *tmp, const char *path, const struct store_keep *keep,
                      struct err *err)
{
    struct arena a = {0};
    struct err lost = {0};
    if (keep->n && io_exists(path) && !keep_current(path, &a, &lost))
        warn(keep, "the database that is replaced is not kept as a snapshot", &lost);
    bool ok = place_rename(tmp, path, err);
    err_clear(&lost);
    if (ok && !prune(path, keep->n, &a, &lost))
        warn(keep, "snapshots are left over", &lost);
    arena_free(&a);
    return ok;
}

/* ---- going back ---- */

static bool use(const char *path, const struct store_keep *keep, struct arena *a,
                const struct store_snapshot *s, struct err *err)
{
    struct store_snapshot read;
    char incoming[PLACE_PATH];
    struct err lost = {0};
    if (!describe(s->path.p, a, &read, err)) /* not a damaged one */
        return false;
    if (io_exists(path) && !keep_current(path, a, &lost))
        warn(keep, "the database that is replaced is not kept as a snapshot", &lost);
    /* Beside the database: the folder of snapshots may be on another file system. */
    if (snprintf(incoming, sizeof incoming, "%s.new-snapshot", path) >= (int)sizeof incoming)
        return err_set(err, ERR_USAGE, "the database's path is too long");
    if (!link_or_copy(s->path.p, incoming, err)) {
        (void)unlink(incoming);
        return false;
    }
    bool ok = place_rename(incoming, path, err);
    (void)unlink(incoming); /* it is there when both were one file already, or on failure */
    return ok;
}

bool store_snapshot_use(const char *path, struct str wanted, unsigned wait_seconds,
                        const struct store_keep *keep, struct arena *a, struct store_snapshot *out,
                        struct err *err)
{
    int lock = -1;
    bool ok = lock_take(path, wait_seconds, &lock, err) &&
              store_snapshot_find(path, wanted, a, out, err) &&
              (out->current || use(path, keep, a, out, err));
    lock_release(lock);
    return ok;
}
