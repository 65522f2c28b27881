/* SPDX-License-Identifier: Apache-2.0 */
#include "store/import_priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "codec/sha256.h"
#include "store/lock_priv.h"
#include "store/place_priv.h"
#include "store/snapshot_priv.h"
#include "base/banned.h"

/* ---- opening ---- */

/* What a writer that was killed has left; we hold the lock, so nobody is writing to it. */
static void remove_stale(const char *path)
{
    struct str all = str_from_c(path), base, name;
    size_t slash = str_rfind(all, '/');
    char dir[4200], stale[4200 + 256];
    struct dirent *e;
    base = slash == STR_NPOS ? all : str_from(all, slash + 1);
    (void)snprintf(dir, sizeof dir, "%.*s",
                   STR_ARG(slash == STR_NPOS ? STR("./") : str_first(all, slash + 1)));
    DIR *d = opendir(dir);
    while (d && (e = readdir(d))) {
        name = str_from_c(e->d_name);
        if (!str_starts(name, base) || !str_starts(str_from(name, base.n), STR(".new-")))
            continue;
        (void)snprintf(stale, sizeof stale, "%s%s", dir, e->d_name);
        (void)unlink(stale);
    }
    if (d)
        (void)closedir(d);
}

/* The temporary file, filled with the database's content when there is one. */
static bool make_tmp(struct store_import *s, struct err *err)
{
    int n = snprintf(s->tmp, sizeof s->tmp, "%s.new-XXXXXX", s->path);
    if (n < 0 || (size_t)n >= sizeof s->tmp)
        return err_set(err, ERR_USAGE, "the database's path is too long");
    remove_stale(s->path);
    int to = mkstemp(s->tmp);
    if (to < 0) {
        s->tmp[0] = '\0';
        err_errno(err, "cannot create a file beside the database");
        return err_at_input(err, s->path);
    }
    bool ok = true;
    if (!s->fresh) {
        int from = open(s->path, O_RDONLY | O_CLOEXEC);
        ok = from >= 0 ? place_copy(from, to, err) : err_errno(err, "cannot open");
        if (from >= 0)
            (void)close(from);
    }
    mode_t mask = umask(0);
    (void)umask(mask);
    if (ok && fchmod(to, 0666 & ~mask))
        ok = err_errno(err, "setting permissions");
    (void)close(to);
    return ok || err_at_input(err, s->path);
}

static bool read_counts(struct store_import *s, struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_SOURCES, err, "");
    bool row = true, ok = st;
    while (ok && (ok = db_row(&s->db, st, &row, err)) && row)
        ok = import_count(s, db_text(st, 0), (uint64_t)sqlite3_column_int64(st, 2), err);
    return ok;
}

static bool read_maxima(struct store_import *s, struct err *err)
{
    int64_t products, pages, count;
    if (!db_number(&s->db, SQL_MAX_PAGE, &pages, err) ||
        !db_number(&s->db, SQL_MAX_BLOCK, &s->last_block, err) ||
        !db_number(&s->db, SQL_MAX_PRODUCT, &products, err) ||
        !db_number(&s->db, SQL_COUNT_PRODUCTS, &count, err))
        return false;
    /* Products are numbered without gaps; what is not is no work of ours, and would be a lot of
     * memory. */
    if (products != count || pages < 0 || pages > UINT32_MAX / RECORDS_PER_PAGE ||
        s->last_block < 0 || s->last_block > INT64_MAX / 2) {
        err_set(
            err, ERR_DATABASE,
            "the database is damaged: its numbers make no sense; import the feeds again (--fresh)");
        return err_at_input(err, s->path);
    }
    /* Pages count from 0 and are never reopened: new records start a new one. */
    s->last_record = s->fresh ? 0 : (pages + 1) * RECORDS_PER_PAGE;
    if (!read_counts(s, err))
        return false;
    if (!s->fresh && !check_load(&s->db, &s->check, err))
        return false;
    s->n_pending = (size_t)products + 1;
    size_t cap = s->n_pending < 1024 ? 1024 : s->n_pending * 2;
    s->pending = calloc(cap, sizeof *s->pending);
    if (!s->pending)
        return err_memory(err);
    for (size_t i = 0; i < s->n_pending; i++)
        s->pending[i].in_file = true;
    return true;
}

bool store_import_open(const char *path, bool fresh, unsigned wait_seconds,
                       struct store_import **out, struct err *err)
{
    struct store_import *s = calloc(1, sizeof *s);
    if (!s)
        return err_memory(err);
    s->path = path;
    s->lock = -1;
    bool ok = lock_take(path, wait_seconds, &s->lock, err);
    s->fresh = fresh || !io_exists(path);
    ok = ok && make_tmp(s, err) &&
         db_open(&s->db, s->tmp, path, s->fresh ? DB_CREATE : DB_WRITE, err) &&
         (!s->fresh || db_create_tables(&s->db, err)) && db_exec(&s->db, "BEGIN", err) &&
         read_maxima(s, err);
    if (ok) {
        *out = s;
        return true;
    }
    store_import_abort(s);
    return false;
}

struct vuln_sink store_import_sink(struct store_import *s)
{
    return (struct vuln_sink){.ctx = s,
                              .batch_new = batch_new,
                              .batch_add = batch_add,
                              .batch_seal = batch_seal,
                              .batch_commit = import_batch,
                              .batch_free = batch_free,
                              .kev = import_kev,
                              .epss = import_epss};
}

bool store_import_feed(struct store_import *s, const struct store_feed *f, int64_t now,
                       struct store_counts *counts, struct err *err)
{
    if (!import_catalog(s, f, err))
        return false;
    *counts = s->counts;
    s->counts = (struct store_counts){0};
    /* The same bytes again are the same feed, imported now. */
    return db_run(&s->db, SQL_FEED_FORGET, err, "t", f->sha256) &&
           db_run(&s->db, SQL_FEED_ADD, err, "ttttiiiiiiii", f->source, f->kind, f->name, f->sha256,
                  (int64_t)f->records, (int64_t)f->rejected, (int64_t)f->unreadable,
                  (int64_t)f->declared, f->published, (int64_t)f->meta_checked, now,
                  (int64_t)f->whole);
}

bool store_import_download(struct store_import *s, const struct store_download *d, struct err *err)
{
    return db_run(&s->db, SQL_DOWNLOAD_PUT, err, "tttti", d->url, d->source, d->etag,
                  d->last_modified, d->checked);
}

bool store_import_confirm(struct store_import *s, struct str source, int64_t now, struct err *err)
{
    return db_run(&s->db, SQL_CONFIRM, err, "ti", source, now);
}

/* ---- finishing ---- */

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* SHA-256 over the sorted digests of the feeds that are remembered: the same feeds give the same
 * value, in any order. */
static bool digest(struct store_import *s, char hex[SHA256_HEX], struct err *err)
{
    VEC(struct str) all = {0};
    sqlite3_stmt *st = db_bind(&s->db, SQL_FEEDS, err, "");
    bool row = true, ok = true;
    if (!st)
        return false;
    while ((ok = db_row(&s->db, st, &row, err)) && row) {
        struct str *slot = VEC_PUSH(&s->arena, &all);
        if (!slot || !arena_dup(&s->arena, db_text(st, 3), slot, err))
            return err_memory(err);
    }
    if (!ok)
        return false;
    if (all.n)
        qsort(all.v, all.n, sizeof *all.v, by_text);
    struct sha256 *h = sha256_new(err);
    if (!h)
        return false;
    for (size_t i = 0; i < all.n; i++) {
        sha256_add(h, all.v[i].p, all.v[i].n);
        sha256_add(h, "\n", 1);
    }
    ok = sha256_finish(h, hex, err);
    sha256_free(h);
    return ok;
}

/*
 * How far back changes reach, beyond which they leave a gap: the NVD's "modified" and "recent"
 * feeds have the eight days before their date, the CVE List's deltas the day. Others have none.
 */
static int64_t reach_of(struct str source)
{
    return str_eq(source, STR("nvd"))       ? 9 * DATE_DAY_MS
           : str_eq(source, STR("cvelist")) ? DATE_DAY_MS + DATE_DAY_MS / 8
                                            : 0;
}

struct source_row {
    struct str name, kind;
    int64_t covered, fetched;
};

static bool put_source(struct store_import *s, const struct source_row *r, struct err *err)
{
    for (size_t i = 0; i < s->sources.n; i++)
        if (str_eq(s->sources.v[i].name, r->name))
            return db_run(&s->db, SQL_SOURCE_PUT, err, "ttiii", r->name, r->kind,
                          (int64_t)s->sources.v[i].records, r->covered, r->fetched);
    return true; /* a feed without records made no source */
}

/*
 * Each source, and up to when it is complete: the date of its newest whole feed, moved on by
 * changes that follow without a gap. A recent feed on a base of last year leaves it a year old, and
 * so does a new feed of one of the NVD's years.
 */
static bool set_sources(struct store_import *s, struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_FEED_DATES, err, "");
    struct source_row r = {.covered = DATE_NONE, .fetched = DATE_NONE};
    bool row = true, ok = st;
    while (ok && (ok = db_row(&s->db, st, &row, err)) && row) {
        struct str name = db_text(st, 0);
        int64_t published = sqlite3_column_int64(st, 2), imported = sqlite3_column_int64(st, 3);
        if (!str_eq(name, r.name)) {
            ok = !r.name.n || put_source(s, &r, err);
            r = (struct source_row){.covered = DATE_NONE, .fetched = DATE_NONE};
            ok = ok && arena_dup(&s->arena, name, &r.name, err);
        }
        r.fetched = imported > r.fetched ? imported : r.fetched;
        bool gap = !sqlite3_column_int64(st, 4) && r.covered != DATE_NONE &&
                   published - r.covered > reach_of(r.name);
        bool one_year = sqlite3_column_int64(st, 5) != 0;
        if (published == DATE_NONE || gap || one_year) {
            ok = ok && (r.kind.n || arena_dup(&s->arena, db_text(st, 1), &r.kind, err));
            continue;
        }
        r.covered = published;
        ok = ok && arena_dup(&s->arena, db_text(st, 1), &r.kind, err);
    }
    return ok && (!r.name.n || put_source(s, &r, err));
}

static bool set_meta(struct store_import *s, const char *key, struct str value, struct err *err)
{
    return db_run(&s->db, SQL_META_SET, err, "tt", str_from_c(key), value);
}

/* Larger than that of any database at this place, and of others that were made earlier. */
static bool set_serial(struct store_import *s, int64_t now, struct err *err)
{
    char text[32];
    uint64_t last = 0, seconds = now > 0 ? (uint64_t)now / 1000 : 0;
    if (!snapshot_last_serial(s->path, &last, err))
        return false;
    (void)snprintf(text, sizeof text, "%llu",
                   (unsigned long long)(last >= seconds ? last + 1 : seconds));
    return set_meta(s, "serial", str_from_c(text), err);
}

/* Catalogues say something of vulnerabilities, they are none. */
static bool is_catalog(struct str source)
{
    return str_eq(source, STR("kev")) || str_eq(source, STR("epss"));
}

static bool finish_content(struct store_import *s, int64_t now, struct err *err)
{
    char hex[SHA256_HEX], text[32];
    uint64_t records = 0;
    if (!import_flush(s, err) || !db_create_indices(&s->db, err))
        return false;
    for (size_t i = 0; i < s->sources.n; i++)
        records += is_catalog(s->sources.v[i].name) ? 0 : s->sources.v[i].records;
    if (!records) {
        err_set(
            err, ERR_DATABASE,
            "not one vulnerability was imported; an empty database would call everything clean");
        return err_at_input(err, s->path);
    }
    if (s->new_packages && (!db_run(&s->db, SQL_ECOSYSTEMS_CLEAR, err, "") ||
                            !db_run(&s->db, SQL_ECOSYSTEMS_FILL, err, "")))
        return false;
    if (!import_prune(s, err) || !set_sources(s, err) || !digest(s, hex, err) ||
        !set_meta(s, "sha256", str_from_c(hex), err))
        return false;
    (void)snprintf(text, sizeof text, "%lld", (long long)now);
    if (!set_meta(s, "built", str_from_c(text), err) || !set_serial(s, now, err))
        return false;
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)records);
    return set_meta(s, "records", str_from_c(text), err) && check_save(&s->db, &s->check, err) &&
           db_exec(&s->db, "COMMIT", err);
}

void store_import_keep(struct store_import *s, struct store_keep keep)
{
    s->keep = keep;
}

bool store_import_commit(struct store_import *s, int64_t now, struct err *err)
{
    bool ok = finish_content(s, now, err);
    db_close(&s->db);
    if (ok && (ok = snapshot_replace(s->tmp, s->path, &s->keep, err)))
        s->tmp[0] = '\0';
    store_import_abort(s);
    return ok;
}

void store_import_abort(struct store_import *s)
{
    if (!s)
        return;
    db_close(&s->db);
    if (s->tmp[0])
        (void)unlink(s->tmp);
    lock_release(s->lock);
    import_free_pending(s);
    buf_free(&s->page);
    buf_free(&s->entry);
    map_free(&s->records);
    map_free(&s->products);
    arena_free(&s->catalog);
    arena_free(&s->waiting_arena);
    arena_free(&s->arena);
    free(s);
}
