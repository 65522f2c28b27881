/* SPDX-License-Identifier: Apache-2.0 */
/* From batches of records to the sink: parsed by several threads, stored in the feed's order. */
#include "feed/engine_priv.h"

#include <unistd.h>

#include "base/banned.h"

#define BATCH_BYTES ((size_t)512 << 10)
#define BATCH_RECORDS 256 /* of a format that is read from front to back */

static void tick(const struct feed_out *o)
{
    if (o->ticker.tick)
        o->ticker.tick(o->ticker.ctx);
}

static void note_date(int64_t *newest, const struct vuln *v)
{
    if (v->modified != DATE_NONE && (*newest == DATE_NONE || v->modified > *newest))
        *newest = v->modified;
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

/* ---- formats that are read from front to back ---- */

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
    note_date(&o->newest, v);
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

static bool read_stream(struct feed_out *o, struct stream *in, struct err *err)
{
    struct arena a = {0};
    struct str head;
    char mark[3];
    size_t got = 0;
    bool ok = stream_peek(in, &head, err);
    if (ok && str_starts(head, STR("\xef\xbb\xbf")))
        ok = stream_read(in, mark, sizeof mark, &got, err);
    ok = ok && o->format->read(in, &a, o, o->info, err) && (!o->batch || commit(o, o->batch, err));
    arena_free(&a);
    o->sink->batch_free(o->batch);
    o->batch = NULL;
    return ok;
}

/* ---- threads ---- */

/* What each thread has of its own. */
struct worker {
    struct feed_out *o;
    struct json_batch batch;
    struct json_parser parser;
    struct arena arena;
    void *out;
    struct feed_info info;
    int64_t newest;
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
        w->batch.n = 0;
        w->batch.n_records = 0;
        if (o->source.next(o->source.ctx, &w->batch, BATCH_BYTES, err)) {
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

/* "kernel.zip: cves/2024/26xxx/CVE-2024-26581.json" */
static bool at_record(const struct feed_out *o, const struct json_batch *b,
                      const struct json_record *r, struct err *err)
{
    char place[sizeof err->input];
    struct str name = str_make(b->text + r->name, r->name_n);
    if (!r->document)
        err_at_offset(err, (size_t)r->offset);
    if (!name.n)
        return err_at_input(err, o->path);
    (void)snprintf(place, sizeof place, "%s%s%.*s", o->path, o->joint, STR_ARG(name));
    return err_at_input(err, place);
}

/* "cves/2024/26xxx/CVE-2024-26581.json" is in "26xxx". */
static struct str last_folder(struct str name)
{
    size_t end = str_rfind(name, '/');
    if (end == STR_NPOS)
        return (struct str){0};
    name = str_first(name, end);
    size_t start = str_rfind(name, '/');
    return start == STR_NPOS ? name : str_from(name, start + 1);
}

static bool parse_one(struct worker *w, const struct json_record *r, struct err *err)
{
    struct feed_out *o = w->o;
    char *text = w->batch.text + r->at;
    const struct json *root;
    struct vuln v = {.published = DATE_NONE, .modified = DATE_NONE};
    /* The depth of a record in an array was seen when its end was looked for. */
    bool ok = (!r->document || json_check_depth(str_make(text, r->n), err)) &&
              json_parse_record(&w->parser, text, r->n, &root, err);
    if (!ok && err->has_offset)
        err->offset += (size_t)r->offset;
    if (r->document)
        v.part = last_folder(str_make(w->batch.text + r->name, r->name_n));
    if (!ok || !o->format->record(root, &w->arena, &v, err))
        return at_record(o, &w->batch, r, err);
    count(&w->info, &v);
    note_date(&w->newest, &v);
    ok = o->sink->batch_add(w->out, &v, err);
    arena_reset(&w->arena);
    return ok;
}

static bool parse_batch(struct worker *w, struct err *err)
{
    for (size_t i = 0; i < w->batch.n_records; i++)
        if (!parse_one(w, &w->batch.records[i], err))
            return false;
    return w->o->sink->batch_seal(w->out, err);
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

/* Adds up what a thread did, and frees what it had. */
static void collect(struct feed_out *o, struct worker *w)
{
    o->info->records += w->info.records;
    o->info->rejected += w->info.rejected;
    o->info->unreadable += w->info.unreadable;
    if (w->newest != DATE_NONE && (o->newest == DATE_NONE || w->newest > o->newest))
        o->newest = w->newest;
    json_batch_free(&w->batch);
    json_parser_free(&w->parser);
    arena_free(&w->arena);
    o->sink->batch_free(w->out);
}

bool engine_run(struct feed_out *o, struct batch_source source, struct err *err)
{
    struct worker w[LIMIT_THREADS] = {0};
    pthread_t threads[LIMIT_THREADS];
    size_t n = thread_count(), started = 1;
    o->source = source;
    (void)pthread_mutex_init(&o->read_lock, NULL);
    (void)pthread_mutex_init(&o->lock, NULL);
    (void)pthread_cond_init(&o->turn, NULL);
    for (size_t i = 0; i < n; i++) {
        w[i].o = o;
        w[i].newest = DATE_NONE;
    }
    /* A thread that can not be started is one less; this one always works. */
    while (started < n && pthread_create(&threads[started], NULL, work, &w[started]) == 0)
        started++;
    (void)work(&w[0]);
    for (size_t i = 0; i < started; i++) {
        if (i)
            (void)pthread_join(threads[i], NULL);
        collect(o, &w[i]);
    }
    if (o->failed)
        *err = o->err;
    (void)pthread_cond_destroy(&o->turn);
    (void)pthread_mutex_destroy(&o->lock);
    (void)pthread_mutex_destroy(&o->read_lock);
    return !o->failed;
}

/* ---- records of an array ---- */

static bool next_of_array(void *ctx, struct json_batch *b, size_t want, struct err *err)
{
    return json_stream_next(ctx, b, want, err);
}

static bool check_around(struct feed_out *o, const struct json_stream *records, struct err *err)
{
    struct json_doc doc;
    const struct json *root;
    struct input rest = {str_from_c(o->path), json_stream_rest(records)};
    if (!o->format->around)
        return true;
    if (!json_parse(&doc, rest, &root, err))
        return false;
    bool ok = o->format->around(root, o->info, err);
    json_free(&doc);
    return ok;
}

static bool read_array(struct feed_out *o, struct stream *in, struct err *err)
{
    struct json_stream records;
    bool ok = json_stream_open(&records, in, o->format->arrays, err) &&
              engine_run(o, (struct batch_source){&records, next_of_array}, err) &&
              check_around(o, &records, err);
    json_stream_close(&records);
    return ok;
}

/* ---- one record ---- */

static bool next_of_one(void *ctx, struct json_batch *b, size_t want, struct err *err)
{
    struct stream **in = ctx;
    struct stream *s = *in;
    (void)want;
    *in = NULL;
    return !s || json_batch_add(b, s, (struct str){0}, err);
}

bool engine_read(struct feed_out *o, struct stream *in, struct err *err)
{
    o->newest = DATE_NONE;
    bool ok = o->format->read     ? read_stream(o, in, err)
              : o->format->arrays ? read_array(o, in, err)
                                  : engine_run(o, (struct batch_source){&in, next_of_one}, err);
    if (o->info->published == DATE_NONE)
        o->info->published = o->newest;
    return ok || err_at_input(err, o->path);
}
