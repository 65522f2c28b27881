/* SPDX-License-Identifier: Apache-2.0 */
#include "store/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/date.h"
#include "codec/json_read.h"
#include "codec/json_write.h"
#include "codec/pieces.h"
#include "codec/sha256.h"
#include "codec/tar.h"
#include "store/lock_priv.h"
#include "store/place_priv.h"
#include "store/snapshot_priv.h"
#include "store/sql_priv.h"
#include "base/banned.h"

#define SCHEMA "vulnward.bundle/1"
#define MANIFEST_NAME STR("manifest.json")
#define DATABASE_NAME STR("vulnward.db")
#define COPY_BYTES ((size_t)256 << 10)

/* ---- the manifest ---- */

static void add_date(struct json_writer *w, const char *key, int64_t ms)
{
    char text[DATE_TEXT_BYTES];
    if (ms == DATE_NONE)
        json_add_null(w, key);
    else
        json_add_c(w, key, date_format(ms, text));
}

/*
 * All of it comes from the database, so that who installs it can make it again and compare: a
 * manifest can not say anything else than its database. Another text means another SCHEMA.
 */
static bool write_manifest(const struct database_info *info, const char *sha256, uint64_t size,
                           struct buf *out, struct err *err)
{
    struct json_writer w = json_writer(out);
    json_open_object(&w, NULL);
    json_add_c(&w, "schema", SCHEMA);
    json_add_u64(&w, "serial", info->serial);
    add_date(&w, "built", info->built);
    json_open_object(&w, "database");
    json_add_c(&w, "sha256", sha256);
    json_add_u64(&w, "size", size);
    json_add_u64(&w, "layout", STORE_SCHEMA_VERSION);
    json_close_object(&w);
    json_add_str(&w, "feeds", info->sha256);
    json_add_u64(&w, "records", info->records);
    json_open_array(&w, "sources");
    for (size_t i = 0; i < info->sources.n; i++) {
        const struct source_info *s = &info->sources.v[i];
        json_open_flat_object(&w, NULL);
        json_add_str(&w, "name", s->name);
        json_add_str(&w, "kind", s->kind);
        json_add_u64(&w, "records", s->records);
        add_date(&w, "published", s->published);
        add_date(&w, "fetched", s->fetched);
        json_close_object(&w);
    }
    json_close_array(&w);
    json_close_object(&w);
    return !out->error || err_memory(err);
}

static void fill_info(const struct database_info *d, uint64_t size, struct bundle_info *out)
{
    *out = (struct bundle_info){
        .serial = d->serial, .records = d->records, .size = size, .built = d->built};
}

/* ---- writing ---- */

/* Hands the first `size` bytes of `fd` to `take`, piece by piece. */
static bool each_piece(int fd, uint64_t size,
                       bool (*take)(void *ctx, const void *p, size_t n, struct err *err), void *ctx,
                       struct err *err)
{
    char *p = malloc(COPY_BYTES);
    bool ok = p ? true : err_memory(err);
    uint64_t done = 0;
    while (ok && done < size) {
        ssize_t k = pread(fd, p, COPY_BYTES, (off_t)done);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            ok = k ? err_errno(err, "reading") : err_set(err, ERR_DATABASE, "is being changed");
        else
            ok = take(ctx, p, (size_t)k, err);
        done += k > 0 ? (uint64_t)k : 0;
    }
    free(p);
    return ok;
}

static bool hash_piece(void *ctx, const void *p, size_t n, struct err *err)
{
    (void)err;
    sha256_add(ctx, p, n);
    return true;
}

static bool write_piece(void *ctx, const void *p, size_t n, struct err *err)
{
    return pieces_write(ctx, p, n, err);
}

static bool hash_fd(int fd, uint64_t size, char hex[SHA256_HEX], struct err *err)
{
    struct sha256 *h = sha256_new(err);
    bool ok = h && each_piece(fd, size, hash_piece, h, err) && sha256_finish(h, hex, err);
    sha256_free(h);
    return ok;
}

static bool copy_in(int fd, uint64_t size, struct pieces_writer *w, struct err *err)
{
    return each_piece(fd, size, write_piece, w, err);
}

static bool write_header(struct pieces_writer *w, struct str name, uint64_t size, int64_t built,
                         struct err *err)
{
    char header[TAR_BLOCK];
    const struct tar_entry e = {name, size, built / 1000};
    if (!tar_write_header(&e, header))
        return err_set(err, ERR_LIMIT, "does not fit into a bundle: it has 8 GiB or more");
    return pieces_write(w, header, sizeof header, err);
}

static bool write_bundle(int fd, uint64_t size, int64_t built, struct str manifest, struct buf *out,
                         struct err *err)
{
    static const char zeros[TAR_BLOCK * TAR_END_BLOCKS];
    struct pieces_writer *w = pieces_writer_new(out, err);
    bool ok = w && write_header(w, MANIFEST_NAME, manifest.n, built, err) &&
              pieces_write(w, manifest.p, manifest.n, err) &&
              pieces_write(w, zeros, tar_padding(manifest.n), err) &&
              write_header(w, DATABASE_NAME, size, built, err) && copy_in(fd, size, w, err) &&
              pieces_write(w, zeros, tar_padding(size), err) &&
              pieces_write(w, zeros, sizeof zeros, err) && pieces_end(w, err);
    pieces_writer_free(w);
    return ok;
}

/* The database as `info` describes it is the file `fd`: it was not replaced in between. */
static bool still_same(const char *path, int fd, struct stat *st, struct err *err)
{
    struct stat now;
    if (fstat(fd, st) || stat(path, &now))
        return err_errno(err, "reading");
    return (st->st_dev == now.st_dev && st->st_ino == now.st_ino) ||
           err_set(err, ERR_DATABASE, "was replaced while it was read; try again");
}

bool bundle_export(const char *path, struct buf *out, struct bundle_info *info, struct err *err)
{
    struct arena a = {0};
    struct buf manifest = {0};
    struct store *s = NULL;
    struct database_info d;
    struct stat st = {0};
    char hex[SHA256_HEX];
    int fd = -1;
    bool ok = store_open(path, &s, err) && store_info(s, &a, &d, err);
    if (ok && !d.serial)
        ok = err_set(err, ERR_DATABASE, "has no serial; import once more, then export");
    if (ok) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        ok = fd >= 0 ? still_same(path, fd, &st, err) : err_errno(err, "cannot open");
    }
    store_close(s);
    ok = ok && hash_fd(fd, (uint64_t)st.st_size, hex, err) &&
         write_manifest(&d, hex, (uint64_t)st.st_size, &manifest, err) &&
         write_bundle(fd, (uint64_t)st.st_size, d.built, buf_view(&manifest), out, err);
    if (ok)
        fill_info(&d, (uint64_t)st.st_size, info);
    if (fd >= 0)
        (void)close(fd);
    buf_free(&manifest);
    arena_free(&a);
    return ok || err_at_input(err, path);
}

/* ---- reading ---- */

struct manifest {
    struct str text;
    int64_t mtime;
    uint64_t serial, size;
    struct str sha256;
};

struct installing {
    const struct bundle_install *how;
    uint64_t bundle_size;
    struct arena arena;
    struct pieces_reader *in;
    struct manifest manifest;
    char tmp[PLACE_PATH];
};

static bool read_header(struct installing *i, struct str name, struct tar_entry *e, struct err *err)
{
    char header[TAR_BLOCK];
    *e = (struct tar_entry){.name = name};
    if (!pieces_read(i->in, header, sizeof header, err))
        return false;
    return tar_read_header(header, e) ||
           err_set(err, ERR_INPUT, "is not a bundle: it does not have %.*s where it should be",
                   STR_ARG(name));
}

/* `n` zeros. */
static bool read_zeros(struct installing *i, size_t n, struct err *err)
{
    char bytes[TAR_BLOCK * TAR_END_BLOCKS];
    if (!pieces_read(i->in, bytes, n, err))
        return false;
    for (size_t k = 0; k < n; k++)
        if (bytes[k])
            return err_set(err, ERR_INPUT, "is not a bundle: it holds more than it should");
    return true;
}

static bool take_number(const struct json *v, uint64_t *out)
{
    int64_t n;
    if (!json_int(v, &n) || n < 0)
        return false;
    *out = (uint64_t)n;
    return true;
}

/* What is needed to go on; that the rest is true is seen when it is made again. */
static bool parse_manifest(struct installing *i, const struct json *root, struct err *err)
{
    static const struct json_field top[] = {{"schema", JSON_STRING, true},
                                            {"serial", JSON_NUMBER, true},
                                            {"database", JSON_OBJECT, true}};
    static const struct json_field database[] = {
        {"sha256", JSON_STRING, true}, {"size", JSON_NUMBER, true}, {"layout", JSON_NUMBER, true}};
    const struct json *t[3], *d[3];
    struct manifest *m = &i->manifest;
    uint64_t layout = 0;
    if (!JSON_FIELDS(root, top, t, err) || !JSON_FIELDS(t[2], database, d, err))
        return false;
    if (!str_eq(json_str(t[0]), STR(SCHEMA)))
        return err_set(err, ERR_INPUT, "is a bundle of another version: %.*s, not %s",
                       STR_ARG(str_first(json_str(t[0]), 40)), SCHEMA);
    if (!take_number(t[1], &m->serial) || !take_number(d[1], &m->size) ||
        !take_number(d[2], &layout) || json_str(d[0]).n != SHA256_HEX - 1)
        return err_set(err, ERR_INPUT, "its manifest makes no sense");
    if (layout != STORE_SCHEMA_VERSION)
        return err_set(err, ERR_DATABASE, "has a database of layout %llu, this program reads %d",
                       (unsigned long long)layout, STORE_SCHEMA_VERSION);
    /* Before a byte of it is written. */
    if (m->size > LIMIT_EXPANSION_FREE && m->size / LIMIT_EXPANSION_RATIO > i->bundle_size)
        return err_set(err, ERR_LIMIT, "expands more than %d times: a compression bomb?",
                       LIMIT_EXPANSION_RATIO);
    return arena_dup(&i->arena, json_str(d[0]), &m->sha256, err);
}

static bool read_manifest(struct installing *i, struct err *err)
{
    struct tar_entry e;
    struct json_doc doc = {0};
    const struct json *root = NULL;
    if (!read_header(i, MANIFEST_NAME, &e, err))
        return false;
    if (e.size > LIMIT_MANIFEST_BYTES)
        return err_set(err, ERR_LIMIT, "its manifest has more than %zu bytes",
                       LIMIT_MANIFEST_BYTES);
    char *p = arena_alloc(&i->arena, (size_t)e.size + 16);
    if (!p)
        return err_memory(err);
    if (!pieces_read(i->in, p, (size_t)e.size, err) || !read_zeros(i, tar_padding(e.size), err))
        return false;
    i->manifest.text = str_make(p, (size_t)e.size);
    i->manifest.mtime = e.mtime;
    const struct input in = {MANIFEST_NAME, i->manifest.text};
    bool ok = json_parse(&doc, in, &root, err) && parse_manifest(i, root, err);
    json_free(&doc);
    return ok;
}

static void tell_unknown(const struct installing *i, const struct err *why)
{
    char text[1024], all[1200];
    err_format(why, text, sizeof text);
    (void)snprintf(all, sizeof all,
                   "the installed database can not be read, so its serial was not compared: %s",
                   text);
    if (i->how->keep.warn)
        i->how->keep.warn(i->how->keep.ctx, all);
}

/* Is what stands there byte for byte what the bundle has? */
static bool same_content(const struct installing *i, bool *same, struct err *err)
{
    struct stat st = {0};
    char hex[SHA256_HEX] = "";
    int fd = open(i->how->path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fstat(fd, &st) == 0 ? true : err_errno(err, "cannot open");
    *same = ok && (uint64_t)st.st_size == i->manifest.size;
    if (*same)
        ok = hash_fd(fd, i->manifest.size, hex, err);
    *same = *same && str_eq(str_from_c(hex), i->manifest.sha256);
    if (fd >= 0)
        (void)close(fd);
    return ok || err_at_input(err, i->how->path);
}

/* Nothing older than what is there: an attacker's way to hide a vulnerability is an old database.
 */
static bool check_serial(struct installing *i, bool *same, struct err *err)
{
    struct store *s = NULL;
    struct database_info d;
    struct err why = {0};
    unsigned long long serial = i->manifest.serial;
    *same = false;
    if (access(i->how->path, F_OK))
        return true;
    bool ok = store_open(i->how->path, &s, &why) && store_info(s, &i->arena, &d, &why);
    store_close(s);
    if (!ok) {
        tell_unknown(i, &why);
        return why.code != ERR_MEMORY || err_memory(err);
    }
    if (d.serial == serial && !same_content(i, same, err))
        return false;
    if (*same || i->how->force || d.serial < serial)
        return true;
    if (d.serial == serial)
        return err_set(err, ERR_DATABASE,
                       "has the serial of the installed database, %llu, but another content "
                       "(--force installs it all the same)",
                       serial);
    return err_set(err, ERR_DATABASE,
                   "is older than the installed database: serial %llu, installed is %llu (--force "
                   "installs it all the same)",
                   serial, (unsigned long long)d.serial);
}

static bool unpack_to(struct installing *i, int fd, uint64_t size, char hex[SHA256_HEX],
                      struct err *err)
{
    struct sha256 *h = sha256_new(err);
    char *p = h ? malloc(COPY_BYTES) : NULL;
    bool ok = p ? true : err_memory(err);
    while (ok && size) {
        size_t n = size < COPY_BYTES ? (size_t)size : COPY_BYTES;
        ok = pieces_read(i->in, p, n, err);
        if (ok)
            sha256_add(h, p, n);
        for (size_t done = 0; ok && done < n;) {
            ssize_t k = write(fd, p + done, n - done);
            if (k < 0 && errno != EINTR) {
                err_errno(err, "writing the database");
                ok = err_at_input(err, i->tmp);
            }
            done += k > 0 ? (size_t)k : 0;
        }
        size -= n;
    }
    ok = ok && sha256_finish(h, hex, err);
    sha256_free(h);
    free(p);
    return ok;
}

/* The database into `tmp`, and that nothing follows it. */
static bool unpack(struct installing *i, struct err *err)
{
    struct tar_entry e;
    char hex[SHA256_HEX];
    bool end = false;
    if (!read_header(i, DATABASE_NAME, &e, err))
        return false;
    if (e.size != i->manifest.size || e.mtime != i->manifest.mtime)
        return err_set(err, ERR_INPUT, "its manifest is of another database");
    if (snprintf(i->tmp, sizeof i->tmp, "%s.new-bundle", i->how->path) >= (int)sizeof i->tmp) {
        i->tmp[0] = '\0';
        return err_set(err, ERR_USAGE, "the database's path is too long");
    }
    (void)unlink(i->tmp); /* left by an interruption: the lock says that it is nobody's */
    int fd = open(i->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        err_errno(err, "cannot create a file beside the database");
        return err_at_input(err, i->how->path);
    }
    bool ok = unpack_to(i, fd, e.size, hex, err);
    if (close(fd) && ok)
        ok = err_errno(err, "writing the database");
    if (!ok || !read_zeros(i, tar_padding(e.size), err) ||
        !read_zeros(i, TAR_BLOCK * TAR_END_BLOCKS, err) || !pieces_at_end(i->in, &end, err))
        return false;
    if (!end)
        return err_set(err, ERR_INPUT, "is not a bundle: it holds more than it should");
    return str_eq(str_from_c(hex), i->manifest.sha256) ||
           err_set(err, ERR_INPUT, "its database is not the one of its manifest (SHA-256)");
}

/* Is it a database this program reads, and is every word of the manifest true? */
static bool check_database(struct installing *i, struct bundle_info *info, struct err *err)
{
    struct store *s = NULL;
    struct database_info d = {0};
    struct buf again = {0};
    bool ok = store_open(i->tmp, &s, err) && store_info(s, &i->arena, &d, err);
    store_close(s);
    if (!ok)
        return err_prefix(err, "the database of the bundle");
    ok = write_manifest(&d, i->manifest.sha256.p, i->manifest.size, &again, err);
    if (ok && (!str_eq(buf_view(&again), i->manifest.text) || d.built / 1000 != i->manifest.mtime))
        ok = err_set(err, ERR_INPUT, "its manifest does not say what its database says");
    buf_free(&again);
    fill_info(&d, i->manifest.size, info);
    return ok;
}

static bool install(struct installing *i, struct bundle_info *info, struct err *err)
{
    bool same = false;
    if (!read_manifest(i, err) || !check_serial(i, &same, err))
        return false;
    /* Unpacked all the same: what is told of it has to be true. */
    if (!unpack(i, err) || !check_database(i, info, err))
        return false;
    info->installed_already = same;
    if (same)
        return true;
    if (!snapshot_replace(i->tmp, i->how->path, &i->how->keep, err))
        return false;
    i->tmp[0] = '\0';
    return true;
}

bool bundle_install(int fd, const struct bundle_install *how, struct bundle_info *info,
                    struct err *err)
{
    struct installing i = {.how = how};
    struct stat st;
    int lock = -1;
    if (fstat(fd, &st))
        return err_errno(err, "reading");
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_INPUT, "is not a file");
    i.bundle_size = (uint64_t)st.st_size;
    bool ok = lock_take(how->path, how->wait_seconds, &lock, err);
    i.in = ok ? pieces_reader_new(fd, err) : NULL;
    ok = i.in && install(&i, info, err);
    if (i.tmp[0])
        (void)unlink(i.tmp);
    lock_release(lock);
    pieces_reader_free(i.in);
    arena_free(&i.arena);
    return ok;
}
