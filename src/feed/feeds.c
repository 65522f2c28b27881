/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of feed formats, and how a feed of any of them is read. */
#include "feed/formats_priv.h"

#include <pthread.h>
#include <unistd.h>

#include "codec/json_stream.h"
#include "base/banned.h"

const struct feed_format *const feed_formats[] = {
    &feed_nvd2,     &feed_nvd1,    &feed_nvd_xml2, &feed_nvd_xml1,
    &feed_kev_json, &feed_kev_csv, &feed_epss,     NULL,
};

#define UNKNOWN_FORMAT "not a known feed format"
#define HEAD_BYTES ((size_t)65536)
#define BATCH_BYTES ((size_t)512 << 10)
#define BATCH_RECORDS 256 /* of a format that is read from front to back */

static const struct str endings[] = {STR_INIT(".json"), STR_INIT(".json.gz"), STR_INIT(".xml"),
                                     STR_INIT(".xml.gz")};

static bool feed_is_candidate(struct str path)
{
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (str_ends(path, endings[i]))
            return true;
    return false;
}

/* ---- the .meta file ---- */

struct meta {
    bool present;
    struct str sha256; /* as written, any case */
    uint64_t size;     /* of the content; 0 when not said */
};

/* "lastModifiedDate:...", "size:...", "zipSize:...", "gzSize:...", "sha256:..." */
static bool read_meta(struct arena *a, const char *path, struct meta *m, struct err *err)
{
    struct str stem = str_from_c(path), name, key, value, line;
    struct input in;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (str_ends(stem, endings[i])) {
            stem.n -= endings[i].n;
            break;
        }
    *m = (struct meta){0};
    if (!arena_printf(a, &name, err, "%.*s.meta", STR_ARG(stem)))
        return false;
    if (!io_exists(name.p))
        return true;
    if (!io_read(a, name.p, LIMIT_SMALL_FILE_BYTES, &in, err))
        return false;
    for (struct str rest = in.data; rest.n;) {
        (void)str_split(rest, '\n', &line, &rest);
        if (!str_split(line, ':', &key, &value))
            continue;
        if (str_eq(key, STR("sha256")))
            m->sha256 = str_trim(value);
        if (str_eq(key, STR("size")) && !str_to_u64(str_trim(value), 0, INT64_MAX, &m->size)) {
            err_set(err, ERR_INPUT, "size is not a number: %.*s", STR_ARG(str_first(value, 40)));
            return err_at_input(err, name.p);
        }
    }
    if (m->sha256.n != SHA256_HEX - 1) {
        err_set(err, ERR_INPUT, "has no SHA-256 of 64 hex digits");
        return err_at_input(err, name.p);
    }
    m->present = true;
    return true;
}

static bool check_meta(const struct meta *m, const char content[SHA256_HEX], uint64_t bytes,
                       struct err *err)
{
    if (m->size && m->size != bytes)
        return err_set(err, ERR_INPUT,
                       "has %llu bytes of content, its .meta file says %llu: damaged or not the "
                       "file it belongs to",
                       (unsigned long long)bytes, (unsigned long long)m->size);
    if (!str_eq_nocase(m->sha256, str_from_c(content)))
        return err_set(err, ERR_INPUT,
                       "SHA-256 of the content is %s, its .meta file says %.*s: damaged or not the "
                       "file it belongs to",
                       content, STR_ARG(m->sha256));
    return true;
}

/* ---- one feed ---- */

/* A running import; also what feed_emit() works on. */
struct feed_out {
    const struct feed_format *format;
    const struct vuln_sink *sink;
    const struct feed_progress *progress;
    const char *path;
    struct stream in;
    struct json_stream records;
    struct feed_info *info;
    void *batch; /* of feed_emit */
    size_t in_batch;
    /* Threads: `read_lock` guards records, next_read and ended; `lock` guards the rest. */
    pthread_mutex_t read_lock, lock;
    pthread_cond_t turn;
    uint64_t next_read, next_commit;
    bool ended, failed;
    uint64_t failed_at; /* batch of the earliest failure: the one reported */
    struct err err;
};

static void tick(struct feed_out *o)
{
    if (o->progress && o->progress->tick)
        o->progress->tick(o->progress->ctx, o->path, o->in.bytes_in, o->in.size);
}

static void count(struct feed_info *info, const struct vuln *v)
{
    info->records++;
    info->rejected += v->rejected;
    info->unreadable += v->unreadable;
}

static bool commit(struct feed_out *o, void *batch, struct err *err)
{
    return o->sink->batch_seal(batch, err) && o->sink->batch_commit(o->sink->ctx, batch, err);
}

bool feed_emit_kev(struct feed_out *o, const struct kev *k, struct err *err)
{
    o->info->records++;
    return o->sink->kev(o->sink->ctx, k, err);
}

bool feed_emit_epss(struct feed_out *o, const struct epss *e, struct err *err)
{
    o->info->records++;
    return o->sink->epss(o->sink->ctx, e, err);
}

bool feed_emit(struct feed_out *o, const struct vuln *v, struct err *err)
{
    count(o->info, v);
    if (!o->batch && !(o->batch = o->sink->batch_new(o->sink->ctx, err)))
        return false;
    if (!o->sink->batch_add(o->batch, v, err))
        return false;
    if (++o->in_batch < BATCH_RECORDS)
        return true;
    o->in_batch = 0;
    tick(o);
    return commit(o, o->batch, err);
}

static bool import_stream(struct feed_out *o, struct err *err)
{
    struct arena a = {0};
    bool ok =
        o->format->read(&o->in, &a, o, o->info, err) && (!o->batch || commit(o, o->batch, err));
    arena_free(&a);
    o->sink->batch_free(o->batch);
    return ok;
}

/* What each thread has of its own. */
struct worker {
    struct feed_out *o;
    struct json_batch batch;
    struct json_parser parser;
    struct arena arena;
    void *out;
    struct feed_info info;
};

static void fail(struct feed_out *o, uint64_t seq, const struct err *err)
{
    (void)pthread_mutex_lock(&o->lock);
    if (!o->failed || seq < o->failed_at) {
        o->err = *err;
        o->failed_at = seq;
    }
    o->failed = true;
    (void)pthread_cond_broadcast(&o->turn);
    (void)pthread_mutex_unlock(&o->lock);
}

static bool has_failed(struct feed_out *o)
{
    (void)pthread_mutex_lock(&o->lock);
    bool failed = o->failed;
    (void)pthread_mutex_unlock(&o->lock);
    return failed;
}

/* Takes the next batch and its place in the order; false when there is none. */
static bool next_batch(struct worker *w, uint64_t *seq, struct err *err)
{
    struct feed_out *o = w->o;
    bool got = false;
    if (has_failed(o))
        return false;
    (void)pthread_mutex_lock(&o->read_lock);
    *seq = o->next_read;
    if (!o->ended) {
        if (json_stream_next(&o->records, &w->batch, BATCH_BYTES, err)) {
            got = w->batch.n_records > 0;
            o->next_read += got;
        } else {
            fail(o, *seq, err);
        }
        o->ended = !got;
        tick(o);
    }
    (void)pthread_mutex_unlock(&o->read_lock);
    return got;
}

static bool parse_batch(struct worker *w, struct err *err)
{
    struct feed_out *o = w->o;
    for (size_t i = 0; i < w->batch.n_records; i++) {
        const struct json_record *r = &w->batch.records[i];
        const struct json *root;
        struct vuln v = {.published = DATE_NONE, .modified = DATE_NONE};
        bool ok = json_parse_record(&w->parser, w->batch.text + r->at, r->n, &root, err);
        if (!ok && err->has_offset)
            err->offset += (size_t)r->offset;
        if (!ok || !o->format->record(root, &w->arena, &v, err)) {
            err_at_offset(err, (size_t)r->offset);
            return err_at_input(err, o->path);
        }
        count(&w->info, &v);
        ok = o->sink->batch_add(w->out, &v, err);
        arena_reset(&w->arena);
        if (!ok)
            return false;
    }
    return o->sink->batch_seal(w->out, err);
}

/* Waits for this batch's turn and stores it. */
static bool commit_in_order(struct worker *w, uint64_t seq, struct err *err)
{
    struct feed_out *o = w->o;
    bool ok = true;
    (void)pthread_mutex_lock(&o->lock);
    while (o->next_commit != seq && !(o->failed && o->failed_at < seq))
        (void)pthread_cond_wait(&o->turn, &o->lock);
    bool mine = o->next_commit == seq;
    (void)pthread_mutex_unlock(&o->lock);
    /* It is this thread's turn until next_commit moves on, so storing needs no lock. */
    if (mine)
        ok = o->sink->batch_commit(o->sink->ctx, w->out, err);
    (void)pthread_mutex_lock(&o->lock);
    if (mine && ok)
        o->next_commit++;
    (void)pthread_cond_broadcast(&o->turn);
    (void)pthread_mutex_unlock(&o->lock);
    return ok && mine;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct err err = {0};
    uint64_t seq = 0;
    w->out = w->o->sink->batch_new(w->o->sink->ctx, &err);
    if (!w->out)
        fail(w->o, 0, &err);
    while (w->out && next_batch(w, &seq, &err)) {
        if (!parse_batch(w, &err) || !commit_in_order(w, seq, &err)) {
            if (err.code)
                fail(w->o, seq, &err);
            break;
        }
    }
    return NULL;
}

static size_t thread_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    /* One more than cores: while one waits for its turn to store, another can parse. */
    size_t n = cores > 0 ? (size_t)cores + 1 : 2;
    return n < LIMIT_THREADS ? n : LIMIT_THREADS;
}

static bool check_around(struct feed_out *o, struct err *err)
{
    struct json_doc doc;
    const struct json *root;
    struct input rest = {str_from_c(o->path), json_stream_rest(&o->records)};
    if (!o->format->around)
        return true;
    if (!json_parse(&doc, rest, &root, err))
        return false;
    bool ok = o->format->around(root, o->info, err);
    json_free(&doc);
    return ok;
}

static bool import_records(struct feed_out *o, struct err *err)
{
    struct worker w[LIMIT_THREADS] = {0};
    pthread_t threads[LIMIT_THREADS];
    size_t n = thread_count(), started = 1;
    if (!json_stream_open(&o->records, &o->in, o->format->arrays, err)) {
        json_stream_close(&o->records);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        w[i].o = o;
    /* A thread that can not be started is one less; this one always works. */
    while (started < n && pthread_create(&threads[started], NULL, work, &w[started]) == 0)
        started++;
    (void)work(&w[0]);
    for (size_t i = 0; i < started; i++) {
        if (i)
            (void)pthread_join(threads[i], NULL);
        o->info->records += w[i].info.records;
        o->info->rejected += w[i].info.rejected;
        o->info->unreadable += w[i].info.unreadable;
        json_batch_free(&w[i].batch);
        json_parser_free(&w[i].parser);
        arena_free(&w[i].arena);
        o->sink->batch_free(w[i].out);
    }
    if (o->failed)
        *err = o->err;
    bool ok = !o->failed && check_around(o, err);
    json_stream_close(&o->records);
    return ok;
}

static const struct feed_format *detect(const char *path, struct err *err)
{
    char *head = malloc(HEAD_BYTES);
    const struct feed_format *best = NULL;
    struct stream in;
    size_t n = 0, got = 1;
    int score = 0;
    if (!head) {
        err_memory(err);
        return NULL;
    }
    bool ok = stream_open(&in, path, false, err);
    bool opened = ok;
    while (ok && n < HEAD_BYTES && got) {
        ok = stream_read(&in, head + n, HEAD_BYTES - n, &got, err);
        n += got;
    }
    if (opened)
        stream_close(&in);
    for (size_t i = 0; ok && feed_formats[i]; i++) {
        int s = feed_formats[i]->probe(str_make(head, n));
        if (s > score) {
            score = s;
            best = feed_formats[i];
        }
    }
    free(head);
    if (ok && !best) {
        err_set(err, ERR_INPUT, n ? UNKNOWN_FORMAT "; see 'vulnward formats'" : "is empty");
        err_at_input(err, path);
    }
    return best;
}

static bool feed_is_known(const char *path, bool *known, struct err *err)
{
    *known = detect(path, err) != NULL;
    /* Input of an unknown format is the answer; input that can not be read is a failure. */
    if (!*known && err->code == ERR_INPUT && strstr(err->msg, UNKNOWN_FORMAT)) {
        err_clear(err);
        return true;
    }
    return *known;
}

static struct str base_name(struct str path)
{
    size_t slash = str_rfind(path, '/');
    return slash == STR_NPOS ? path : str_from(path, slash + 1);
}

static bool import_file(const char *path, const struct feed_taker *taker,
                        const struct feed_progress *progress, struct err *err)
{
    struct feed_info info = {.published = DATE_NONE, .name = base_name(str_from_c(path))};
    struct feed_out o = {.sink = taker->sink, .progress = progress, .path = path, .info = &info};
    struct arena a = {0};
    struct meta meta;
    char content[SHA256_HEX];
    o.format = detect(path, err);
    bool ok =
        o.format && read_meta(&a, path, &meta, err) && stream_open(&o.in, path, meta.present, err);
    if (ok) {
        info.format = o.format->name;
        info.source = o.format->source;
        (void)pthread_mutex_init(&o.read_lock, NULL);
        (void)pthread_mutex_init(&o.lock, NULL);
        (void)pthread_cond_init(&o.turn, NULL);
        ok = (o.format->record ? import_records(&o, err) : import_stream(&o, err)) &&
             stream_digests(&o.in, info.sha256, meta.present ? content : NULL, err);
        info.bytes = o.in.bytes_out;
        info.meta_checked = ok && meta.present;
        if (ok && meta.present)
            ok = check_meta(&meta, content, info.bytes, err);
        (void)pthread_cond_destroy(&o.turn);
        (void)pthread_mutex_destroy(&o.lock);
        (void)pthread_mutex_destroy(&o.read_lock);
        stream_close(&o.in);
    }
    arena_free(&a);
    ok = ok && taker->done(taker->ctx, &info, err);
    return ok || err_at_input(err, path);
}

static bool import_folder(const char *path, const struct feed_taker *taker,
                          const struct feed_progress *progress, struct err *err)
{
    struct arena a = {0};
    struct path_list all = {0};
    size_t feeds = 0;
    bool ok = io_list_dir(&a, path, &all, err);
    for (size_t i = 0; ok && i < all.n; i++) {
        bool known = false;
        if (!feed_is_candidate(all.v[i]))
            continue;
        ok = feed_is_known(all.v[i].p, &known, err);
        if (ok && !known && taker->left_out)
            taker->left_out(taker->ctx, all.v[i].p, "not a feed it knows");
        ok = ok && (!known || import_file(all.v[i].p, taker, progress, err));
        feeds += known;
    }
    arena_free(&a);
    if (ok && !feeds) {
        err_set(err, ERR_INPUT, "has no feed in it (.json, .json.gz, .xml, .xml.gz)");
        return err_at_input(err, path);
    }
    return ok;
}

bool feed_import(const char *path, const struct feed_taker *taker,
                 const struct feed_progress *progress, struct err *err)
{
    return io_is_dir(path) ? import_folder(path, taker, progress, err)
                           : import_file(path, taker, progress, err);
}
