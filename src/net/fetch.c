/* SPDX-License-Identifier: Apache-2.0 */
#include "net/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "net/transfer_priv.h"
#include "base/banned.h"

#define INFO_BYTES ((size_t)16384)

/* ---- opening ---- */

static void set_defaults(struct fetch_options *o)
{
    o->attempts = o->attempts ? o->attempts : 5;
    o->backoff_ms = o->backoff_ms ? o->backoff_ms : 1000;
    o->longest_ms = o->longest_ms ? o->longest_ms : 120000;
    o->connect_ms = o->connect_ms ? o->connect_ms : 30000;
    o->stall_s = o->stall_s ? o->stall_s : 60;
    o->user_agent = o->user_agent ? o->user_agent : "vulnward";
}

bool fetcher_open(const struct fetch_options *o, struct fetcher **out, struct err *err)
{
    struct fetcher *f = calloc(1, sizeof *f);
    if (!f)
        return err_memory(err);
    f->o = *o;
    set_defaults(&f->o);
    if (getrandom(&f->random, sizeof f->random, GRND_NONBLOCK) < 0)
        f->random = (uint64_t)getpid();
    f->random |= 1;
    bool ok = transfer_load(&f->api, err);
    if (ok && f->api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        ok = err_set(err, ERR_IO, "libcurl does not start");
    if (ok && !(f->easy = f->api.init()))
        ok = err_memory(err);
    if (ok)
        *out = f;
    else
        fetcher_close(f);
    return ok;
}

void fetcher_close(struct fetcher *f)
{
    if (!f)
        return;
    if (f->easy) {
        f->api.cleanup(f->easy);
        f->api.global_cleanup();
    }
    free(f);
}

const char *fetch_url_shown(const char *url, char *out, size_t size)
{
    struct str all = str_from_c(url), scheme = {0};
    size_t colon = str_find_str(all, STR("://"));
    if (all.p && colon != STR_NPOS) {
        scheme = str_first(all, colon + 3);
        all = str_from(all, colon + 3);
        /* user and password end at the last @ of the authority (RFC 3986 section 3.2) */
        struct str authority = str_first(all, strcspn(all.p, "/?#"));
        size_t at = str_rfind(authority, '@');
        all = str_from(all, at == STR_NPOS ? 0 : at + 1);
    }
    (void)snprintf(out, size, "%.*s%.*s", STR_ARG(scheme), STR_ARG(all));
    return out;
}

/* ---- what stands beside the file ---- */

struct job {
    struct fetcher *f;
    const struct fetch_request *r;
    struct str part, info; /* paths */
    struct str url;        /* as it is written down: without a password */
    struct arena arena;
    bool kept; /* PATH is there, complete, from an earlier run */
    /* of the part, or of what was kept */
    char etag[FETCH_VALIDATOR_BYTES], last_modified[FETCH_VALIDATOR_BYTES];
    struct err last; /* why the last attempt was none */
    struct fetch_result *out;
};

static bool take_validator(char out[FETCH_VALIDATOR_BYTES], struct str s)
{
    if (s.n >= FETCH_VALIDATOR_BYTES)
        return false;
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return true;
}

/* PATH.info: the URL and its two validators, a line each. Anything else is as if it were not there.
 */
static bool read_info(struct job *j)
{
    struct input in;
    struct str url, etag, last_modified, rest;
    struct err ignored = {0};
    if (!io_exists(j->info.p) || !io_read(&j->arena, j->info.p, INFO_BYTES, &in, &ignored))
        return false;
    return str_split(in.data, '\n', &url, &rest) && str_split(rest, '\n', &etag, &rest) &&
           str_split(rest, '\n', &last_modified, &rest) && str_eq(url, j->url) &&
           take_validator(j->etag, etag) && take_validator(j->last_modified, last_modified);
}

static void forget(struct job *j)
{
    (void)unlink(j->part.p);
    (void)unlink(j->info.p);
    (void)unlink(j->r->path);
    j->kept = false;
    j->etag[0] = j->last_modified[0] = '\0';
}

static uint64_t file_size(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* A new body begins: what was kept is of the past, and PATH.info tells what is coming. */
static bool write_info(struct transfer *t, struct err *err)
{
    struct job *j = t->fresh_ctx;
    struct out_file f;
    (void)unlink(j->r->path);
    j->kept = false;
    (void)take_validator(j->etag, str_from_c(t->a.etag));
    (void)take_validator(j->last_modified, str_from_c(t->a.last_modified));
    if (!out_open(&f, j->info.p, err))
        return false;
    buf_f(&f.buf, "%.*s\n%s\n%s\n", STR_ARG(j->url), j->etag, j->last_modified);
    bool ok = out_commit(&f, err);
    out_abort(&f);
    return ok;
}

/* Weak tags and dates do not say that bytes are the same (RFC 9110 section 8.8.1). */
static bool is_strong(const char *etag)
{
    return etag[0] == '"';
}

/* ---- attempts ---- */

static bool url_is_fine(const char *url, struct err *err)
{
    struct str s = str_from_c(url);
    bool http = str_starts_nocase(s, STR("http://")) || str_starts_nocase(s, STR("https://"));
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
            return err_set(err, ERR_USAGE, "a URL has no blanks or control characters");
    return http || err_set(err, ERR_USAGE, "not a URL that starts with https:// or http://");
}

/* xorshift: waits need not be secret, only not all the same. */
static uint64_t next_random(struct fetcher *f)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return f->random;
}

/* Half to all of 1, 2, 4 ... times the first wait, or what the server asked for. */
static unsigned wait_ms(struct fetcher *f, unsigned attempt, unsigned retry_after_s)
{
    uint64_t most = f->o.longest_ms, ms = f->o.backoff_ms;
    for (unsigned i = 1; i < attempt && ms < most; i++)
        ms *= 2;
    ms = ms < most ? ms : most;
    ms = ms / 2 + next_random(f) % (ms / 2 + 1);
    uint64_t asked = (uint64_t)retry_after_s * 1000;
    ms = asked > ms ? asked : ms;
    return (unsigned)(ms < most ? ms : most);
}

static void wait_before(struct job *j, unsigned attempt, const struct transfer *t)
{
    const struct fetch_options *o = &j->f->o;
    unsigned ms = wait_ms(j->f, attempt, t->retry_after_s);
    if (o->waiting)
        o->waiting(o->ctx, j->r->url, j->last.msg, ms);
    (void)nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

/* The machine, not what came. */
static bool is_ours(const struct err *err)
{
    return err->code == ERR_IO || err->code == ERR_MEMORY || err->code == ERR_INTERNAL;
}

/* Checks what is complete; false with the reason in j->last: it was thrown away. */
static bool passes(struct job *j, const char *path)
{
    err_clear(&j->last);
    if (!j->r->check || j->r->check(j->r->check_ctx, path, &j->last))
        return true;
    forget(j);
    return false;
}

/* Another attempt is of use unless the check itself could not be made. */
static bool checked(const struct job *j, struct err *err)
{
    if (is_ours(&j->last))
        *err = j->last;
    return !is_ours(&j->last);
}

static void remember(struct job *j, const struct transfer *t, const char *path)
{
    j->out->size = file_size(path);
    j->out->received += t->at > t->from ? t->at - t->from : 0;
    memcpy(j->out->etag, j->etag, sizeof j->etag);
    memcpy(j->out->last_modified, j->last_modified, sizeof j->last_modified);
}

/* What the answer means; false: `err` is set. *again: another attempt, after a wait. */
static bool conclude(struct job *j, const struct transfer *t, enum verdict verdict, bool *again,
                     struct err *err)
{
    *again = true;
    switch (verdict) {
    case VERDICT_DONE:
        if (!passes(j, j->part.p))
            return checked(j, err);
        remember(j, t, j->part.p);
        *again = false;
        return rename(j->part.p, j->r->path) == 0 || err_errno(err, "renaming a download");
    case VERDICT_SAME:
        *again = false;
        if (!j->kept || (j->r->etag && j->etag[0] && strcmp(j->r->etag, j->etag) == 0)) {
            forget(j);
            j->out->not_modified = true;
            memcpy(j->out->etag, t->a.etag, sizeof t->a.etag);
            memcpy(j->out->last_modified, t->a.last_modified, sizeof t->a.last_modified);
            return true;
        }
        if (!passes(j, j->r->path)) {
            *again = true;
            return checked(j, err);
        }
        remember(j, t, j->r->path);
        return true;
    case VERDICT_RESTART:
        forget(j);
        err_clear(&j->last);
        err_set(&j->last, ERR_INPUT, "the file has changed since the download began");
        return true;
    case VERDICT_RETRY:
        err_clear(&j->last);
        err_set(&j->last, ERR_INPUT, "%s", t->why);
        j->out->received += t->at > t->from ? t->at - t->from : 0;
        return true;
    case VERDICT_FAIL:
        break;
    }
    return j->out->attempts == 1
               ? err_set(err, ERR_INPUT, "%s", t->why)
               : err_set(err, ERR_INPUT, "%s; tried %u times", t->why, j->out->attempts);
}

/* One request, with what is there already. */
static bool attempt(struct job *j, struct transfer *t, bool *again, bool *at_once, struct err *err)
{
    enum verdict verdict = VERDICT_FAIL;
    uint64_t size = file_size(j->part.p);
    bool resume = size && is_strong(j->etag) && !j->kept;
    *t = (struct transfer){.f = j->f,
                           .r = j->r,
                           .max_bytes = j->r->max_bytes ? j->r->max_bytes : LIMIT_DOWNLOAD_BYTES,
                           .part = j->part.p,
                           .etag = j->kept ? j->etag : j->r->etag,
                           .last_modified = j->kept ? j->last_modified : j->r->last_modified,
                           .resume = resume ? j->etag : NULL,
                           .from = resume ? size : 0,
                           .fresh = write_info,
                           .fresh_ctx = j};
    bool ok = transfer_run(t, &verdict, err);
    if (!file_size(j->part.p) && verdict != VERDICT_DONE)
        (void)unlink(j->part.p); /* nothing came */
    j->out->status = t->a.status;
    j->out->attempts++;
    *at_once = verdict == VERDICT_RESTART;
    return ok && conclude(j, t, verdict, again, err);
}

static bool run_attempts(struct job *j, struct err *err)
{
    struct transfer t;
    unsigned n = j->f->o.attempts;
    for (unsigned i = 1;; i++) {
        bool again = false, at_once = false;
        if (!attempt(j, &t, &again, &at_once, err))
            return false;
        if (!again)
            return true;
        if (i >= n)
            break;
        if (!at_once)
            wait_before(j, i, &t);
    }
    return err_set(err, ERR_INPUT, "%s; tried %u time%s", j->last.msg, n, n == 1 ? "" : "s");
}

static bool name_files(struct job *j, struct err *err)
{
    size_t size = strlen(j->r->url) + 1;
    char *url = arena_alloc(&j->arena, size);
    if (!url)
        return err_memory(err);
    j->url = str_from_c(fetch_url_shown(j->r->url, url, size));
    return arena_printf(&j->arena, &j->part, err, "%s.part", j->r->path) &&
           arena_printf(&j->arena, &j->info, err, "%s.info", j->r->path);
}

bool fetch(struct fetcher *f, const struct fetch_request *r, struct fetch_result *out,
           struct err *err)
{
    char shown[256];
    struct job j = {.f = f, .r = r, .out = out};
    *out = (struct fetch_result){0};
    bool ok = url_is_fine(r->url, err) && name_files(&j, err);
    if (ok) {
        bool known = read_info(&j);
        /* Without PATH.info nobody knows what the files are of. */
        if (!known)
            forget(&j);
        j.kept = known && (j.etag[0] || j.last_modified[0]) && io_exists(r->path);
        ok = run_attempts(&j, err);
    }
    arena_free(&j.arena);
    if (!ok)
        err_at_input(err, fetch_url_shown(r->url, shown, sizeof shown));
    return ok;
}
