/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Through folders and archives. All single records of one format in a container are one feed, and
 * the sink has to get them together: a container is passed through once for each format of which it
 * has records, and once for all other feeds in it. The first pass looks at every file and starts
 * with what it meets first; nearly always that is all there is.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feed/container_priv.h"
#include "feed/engine_priv.h"
#include "base/banned.h"

#define UNKNOWN_FORMAT "not a known feed format; see 'vulnward formats'"
#define ENDINGS ".json, .json.gz, .xml, .xml.gz, .csv, .csv.gz, .zip, .tar, .tar.gz ..."
#define LEFT_OUT_TOLD 5 /* by name; more are counted */

static const struct str endings[] = {
    STR_INIT(".json"),    STR_INIT(".json.gz"), STR_INIT(".xml"),    STR_INIT(".xml.gz"),
    STR_INIT(".csv"),     STR_INIT(".csv.gz"),  STR_INIT(".zip"),    STR_INIT(".tar"),
    STR_INIT(".tar.gz"),  STR_INIT(".tgz"),     STR_INIT(".tar.xz"), STR_INIT(".tar.zst"),
    STR_INIT(".tar.bz2"),
};

struct walk {
    const struct feed_taker *taker;
    const struct feed_progress *progress;
    struct container stack[LIMIT_ARCHIVE_DEPTH + 1]; /* a folder, and archives in each other */
    size_t depth;
};

/* The file that was looked at. */
struct found {
    unsigned group;
    const struct feed_format *format; /* NULL: an archive */
    enum unpack_kind archive;
};

static bool is_candidate(struct str path)
{
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (str_ends(path, endings[i]))
            return true;
    return false;
}

/* Told by the name: the NVD's "modified" and "recent", the CVE List's deltas. */
static bool is_whole(struct str name)
{
    static const struct str words[] = {STR_INIT("modified"), STR_INIT("recent"), STR_INIT("delta")};
    for (size_t at = 0; at < name.n; at++)
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (str_starts_nocase(str_from(name, at), words[i]))
                return false;
    return true;
}

/* ---- progress ---- */

struct ticking {
    const struct walk *walk;
    const struct container *c; /* or a file of its own: */
    const char *path;
    const struct stream *in;
};

static void tick(void *ctx)
{
    const struct ticking *t = ctx;
    const struct feed_progress *p = t->walk->progress;
    unsigned long long done, total;
    if (!p || !p->tick)
        return;
    if (t->c) {
        container_at(t->c, &done, &total);
        p->tick(p->ctx, t->c->label, done, total);
    } else {
        p->tick(p->ctx, t->path, t->in->bytes_in, t->in->size);
    }
}

/* ---- what is left out ---- */

static void left_out(struct walk *w, const char *path, const char *why)
{
    if (w->taker->left_out)
        w->taker->left_out(w->taker->ctx, path, why);
}

static void foreign(struct walk *w, struct container *c, const char *why)
{
    char path[sizeof(struct err)];
    if (c->foreign++ >= LEFT_OUT_TOLD)
        return;
    (void)snprintf(path, sizeof path, "%s%s%.*s", c->label, container_joint(c), STR_ARG(c->file));
    left_out(w, path, why);
}

static void tell_foreign(struct walk *w, const struct container *c)
{
    char why[64];
    if (c->foreign <= LEFT_OUT_TOLD)
        return;
    (void)snprintf(why, sizeof why, "%llu more files that are no feed it knows",
                   (unsigned long long)(c->foreign - LEFT_OUT_TOLD));
    left_out(w, c->label, why);
}

/* ---- looking at files ---- */

/* What is in the opened stream. */
static bool look(struct stream *in, const struct feed_format *likely, struct found *f,
                 struct err *err)
{
    struct str head;
    *f = (struct found){GROUP_NOTHING, NULL, UNPACK_NOT};
    if (!stream_peek(in, &head, err))
        return false;
    if (!head.n) {
        err_set(err, ERR_INPUT, "is empty");
        return err_at_input(err, in->name);
    }
    f->archive = unpack_kind_of(stream_raw(in), head);
    if (f->archive == UNPACK_NOT)
        f->format = feed_detect(head, likely);
    if (f->archive != UNPACK_NOT || f->format)
        f->group = GROUP_FEEDS;
    for (unsigned i = 0; f->format && feed_is_record(f->format) && feed_formats[i]; i++)
        if (f->format == feed_formats[i])
            f->group = GROUP_RECORDS + i;
    return f->group <= GROUP_MAX || err_set(err, ERR_INTERNAL, "more formats than there is room");
}

/* The current file of a container. */
static bool look_at_file(struct walk *w, struct container *c, struct found *f, struct err *err)
{
    *f = (struct found){GROUP_NOTHING, NULL, UNPACK_NOT};
    if (!is_candidate(c->file)) {
        /* A .meta in an archive has nothing to add: archives have checksums of their own. */
        if (c->unpack && !str_ends(c->file, STR(".meta")))
            foreign(w, c, "not a feed it knows");
        return true;
    }
    if (!c->regular) {
        foreign(w, c, "a link or a device");
        return true;
    }
    const struct feed_format *likely =
        c->group >= GROUP_RECORDS ? feed_formats[c->group - GROUP_RECORDS] : NULL;
    if (!container_file_open(c, err) || !look(&c->in, likely, f, err))
        return false;
    if (f->group == GROUP_NOTHING)
        foreign(w, c, "not a feed it knows");
    return true;
}

/* The next file of this pass, opened; the first one decides what the pass is for. */
static bool next_file(struct walk *w, struct container *c, struct found *f, bool *more,
                      struct err *err)
{
    *more = false;
    while (!c->ended) {
        bool there = false;
        if (!container_next(c, &there, err))
            return false;
        if (!there) {
            c->ended = true;
            break;
        }
        unsigned char *group = container_group(c);
        if (*group != GROUP_UNSEEN && *group != c->group)
            continue;
        if (!look_at_file(w, c, f, err))
            return false;
        *group = (unsigned char)f->group;
        if (f->group == GROUP_NOTHING)
            continue;
        c->groups_found |= (uint64_t)1 << f->group;
        if (!c->group)
            c->group = f->group;
        if (c->group == f->group) {
            *more = true;
            return true;
        }
    }
    return true;
}

/* ---- one feed ---- */

/* Reads the feed in `in` and hands it over; `path` is a file's, for its .meta, else NULL. */
static bool import_feed(struct walk *w, struct feed_out *o, struct stream *in, const char *path,
                        struct err *err)
{
    struct arena a = {0};
    struct meta meta = {0};
    char content[SHA256_HEX];
    struct feed_info *info = o->info;
    if (!o->format)
        return err_set(err, ERR_INTERNAL, "a feed of no format");
    info->format = o->format->name;
    info->source = o->format->source;
    bool ok = (!path || meta_read(&a, path, &meta, err)) && stream_hash(in, meta.present, err) &&
              engine_read(o, in, err) &&
              stream_digests(in, info->sha256, meta.present ? content : NULL, err);
    info->bytes = in->bytes_out;
    info->meta_checked = ok && meta.present;
    if (ok && meta.present)
        ok = meta_check(&meta, content, info->bytes, err);
    arena_free(&a);
    ok = ok && w->taker->done(w->taker->ctx, info, err);
    return ok || err_at_input(err, o->path);
}

static bool import_feed_file(struct walk *w, struct container *c, const struct found *f,
                             struct err *err)
{
    struct arena a = {0};
    struct feed_info info = {.published = DATE_NONE, .name = path_base(c->file)};
    bool ok = !c->unpack ||
              arena_printf(&a, &info.name, err, "%.*s/%.*s", STR_ARG(c->name), STR_ARG(c->file));
    struct ticking t = {w, c->unpack ? c : NULL, c->in.name, &c->in};
    struct feed_out o = {.format = f->format,
                         .sink = w->taker->sink,
                         .info = &info,
                         .ticker = {&t, tick},
                         .path = c->in.name};
    info.whole = is_whole(info.name);
    ok = ok && import_feed(w, &o, &c->in, c->unpack ? NULL : c->in.name, err);
    c->feeds++;
    arena_free(&a);
    return ok;
}

/* ---- records, each in a file of its own ---- */

struct records {
    struct walk *w;
    struct container *c;
    bool held;        /* the current file was not taken yet */
    struct sha256 *h; /* of a folder's records */
    uint64_t bytes;
};

/* Name, NUL, size in 8 bytes (the lowest first), content. */
static void hash_file(struct sha256 *h, struct str name, struct str content)
{
    unsigned char size[8];
    for (size_t i = 0; i < sizeof size; i++)
        size[i] = (unsigned char)((uint64_t)content.n >> (8 * i));
    sha256_add(h, name.p, name.n);
    sha256_add(h, "", 1);
    sha256_add(h, size, sizeof size);
    sha256_add(h, content.p, content.n);
}

static bool next_records(void *ctx, struct json_batch *b, size_t want, struct err *err)
{
    struct records *r = ctx;
    struct container *c = r->c;
    while (b->n < want) {
        struct found f;
        if (!r->held && !next_file(r->w, c, &f, &r->held, err))
            return false;
        if (!r->held)
            return true;
        r->held = false;
        if (!json_batch_add(b, &c->in, c->file, err))
            return false;
        const struct json_record *last = &b->records[b->n_records - 1];
        size_t mark = (size_t)last->offset; /* a byte order mark belongs to the content */
        if (r->h)
            hash_file(r->h, c->file, str_make(b->text + last->at - mark, last->n + mark));
        r->bytes += last->n + mark;
    }
    return true;
}

static bool digest(struct container *c, struct sha256 *h, char hex[SHA256_HEX], struct err *err)
{
    if (h)
        return sha256_finish(h, hex, err);
    if (!c->sha256[0] && !unpack_digest(c->fd, c->sha256, err)) {
        c->sha256[0] = '\0';
        return err_at_input(err, c->label);
    }
    memcpy(hex, c->sha256, SHA256_HEX);
    return true;
}

/* All records of the format of `f`, whose first one is the current file. */
static bool import_records(struct walk *w, struct container *c, const struct found *f,
                           struct err *err)
{
    struct records r = {w, c, true, NULL, 0};
    struct ticking t = {w, c, NULL, NULL};
    struct feed_info info = {.format = f->format->name,
                             .source = f->format->source,
                             .name = c->name,
                             .whole = is_whole(c->name),
                             .published = DATE_NONE};
    struct feed_out o = {.format = f->format,
                         .sink = w->taker->sink,
                         .info = &info,
                         .ticker = {&t, tick},
                         .path = c->label,
                         .joint = container_joint(c),
                         .newest = DATE_NONE};
    if (!c->unpack && !(r.h = sha256_new(err)))
        return false;
    bool ok = engine_run(&o, (struct batch_source){&r, next_records}, err) &&
              digest(c, r.h, info.sha256, err);
    sha256_free(r.h);
    info.published = o.newest;
    info.bytes = r.bytes;
    info.foreign = c->groups_done ? 0 : c->foreign;
    ok = ok && w->taker->done(w->taker->ctx, &info, err);
    c->feeds++;
    return ok || err_at_input(err, c->label);
}

/* ---- archives in folders and archives ---- */

static int temporary_file(struct err *err)
{
    char path[4096];
    const char *dir = getenv("TMPDIR"); /* lint: call: POSIX names it for just this */
    int n = snprintf(path, sizeof path, "%s/vulnward-XXXXXX", dir && *dir ? dir : "/tmp");
    int fd = n > 0 && (size_t)n < sizeof path ? mkostemp(path, O_CLOEXEC) : -1;
    if (fd < 0) {
        err_errno(err, "making a temporary file");
        return -1;
    }
    (void)unlink(path);
    return fd;
}

/* A descriptor one can seek in: of the file itself, or of a copy without a name. */
static int seekable(struct stream *in, struct err *err)
{
    struct stat st;
    int fd;
    if (in->is_file && fstat(in->fd, &st) == 0 && S_ISREG(st.st_mode)) {
        fd = dup(in->fd);
        if (fd < 0)
            err_errno(err, "opening the archive");
        return fd;
    }
    fd = temporary_file(err);
    if (fd >= 0 && !stream_spool(in, fd, LIMIT_SPOOL_BYTES, err)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* The archive in `in` becomes the container that is walked through next. */
static bool enter(struct walk *w, struct stream *in, enum unpack_kind kind, const char *path,
                  struct err *err)
{
    const struct container *outer = w->depth ? &w->stack[w->depth - 1] : NULL;
    if (w->depth == LIMIT_ARCHIVE_DEPTH + 1 || (outer && outer->depth == LIMIT_ARCHIVE_DEPTH)) {
        err_set(err, ERR_LIMIT, "an archive within more than %d others", LIMIT_ARCHIVE_DEPTH - 1);
        return err_at_input(err, in->name);
    }
    int fd = seekable(in, err);
    if (fd < 0)
        return err_at_input(err, in->name);
    if (!container_open_archive(&w->stack[w->depth], fd, kind, outer, path, err))
        return false;
    w->depth++;
    return true;
}

static bool enter_file(struct walk *w, struct container *c, const struct found *f, struct err *err)
{
    struct arena a = {0};
    struct str path = c->file;
    bool ok = c->unpack ? arena_dup(&a, c->file, &path, err)
                        : arena_dup(&a, str_from_c(c->in.name), &path, err);
    ok = ok && enter(w, &c->in, f->archive, path.p, err);
    arena_free(&a);
    return ok;
}

/* ---- the walk ---- */

/* The next group there is, or back to the container around this one. */
static bool end_of_pass(struct walk *w, struct container *c, struct err *err)
{
    c->groups_done |= (uint64_t)1 << c->group;
    uint64_t left = c->groups_found & ~c->groups_done;
    if (left) {
        c->group = (unsigned)__builtin_ctzll(left);
        return container_rewind(c, err);
    }
    tell_foreign(w, c);
    uint64_t feeds = c->feeds;
    bool ok = true;
    if (w->depth == 1 && !feeds) {
        err_set(err, ERR_INPUT, "has no feed in it (%s)", ENDINGS);
        ok = err_at_input(err, c->label);
    } else if (!feeds) {
        left_out(w, c->label, "it has no feed in it");
    }
    container_close(c);
    w->depth--;
    if (w->depth)
        w->stack[w->depth - 1].feeds += feeds;
    return ok;
}

static bool walk(struct walk *w, struct err *err)
{
    bool ok = true;
    while (ok && w->depth) {
        struct container *c = &w->stack[w->depth - 1];
        struct found f;
        bool more = false;
        ok = next_file(w, c, &f, &more, err);
        if (!ok)
            break;
        if (!more)
            ok = end_of_pass(w, c, err);
        else if (c->group >= GROUP_RECORDS && f.format)
            ok = import_records(w, c, &f, err);
        else if (f.archive != UNPACK_NOT)
            ok = enter_file(w, c, &f, err);
        else
            ok = import_feed_file(w, c, &f, err);
    }
    while (w->depth)
        container_close(&w->stack[--w->depth]);
    return ok;
}

static bool import_file(struct walk *w, const char *path, struct err *err)
{
    struct stream in = {0};
    struct found f = {0};
    struct ticking t = {w, NULL, path, &in};
    struct feed_info info = {.published = DATE_NONE, .name = path_base(str_from_c(path))};
    if (!stream_open_file(&in, path, err))
        return false;
    bool ok = look(&in, NULL, &f, err);
    if (ok && f.group == GROUP_NOTHING) {
        err_set(err, ERR_INPUT, UNKNOWN_FORMAT);
        ok = err_at_input(err, path);
    }
    if (ok && f.archive != UNPACK_NOT) {
        ok = enter(w, &in, f.archive, path, err);
        stream_close(&in);
        return ok && walk(w, err);
    }
    if (ok) {
        struct feed_out o = {.format = f.format,
                             .sink = w->taker->sink,
                             .info = &info,
                             .ticker = {&t, tick},
                             .path = path};
        info.whole = !feed_is_record(f.format) && is_whole(info.name);
        ok = import_feed(w, &o, &in, path, err);
    }
    stream_close(&in);
    return ok;
}

bool feed_import(const char *path, const struct feed_taker *taker,
                 const struct feed_progress *progress, struct err *err)
{
    struct walk w = {.taker = taker, .progress = progress};
    if (!io_is_dir(path))
        return import_file(&w, path, err);
    if (!container_open_folder(&w.stack[0], path, err))
        return false;
    w.depth = 1;
    return walk(&w, err);
}
