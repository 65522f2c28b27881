/* SPDX-License-Identifier: Apache-2.0 */
#include "net/transfer_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/lazy.h"
#include "base/banned.h"

/* An answer that is refused is read so far, to keep the connection, and no further. */
#define DROP_BYTES 65536
#define REDIRECTS 10L
/* Slower than this is a stall. */
#define SLOW_BYTES_PER_SECOND 64L

bool transfer_load(struct curl_api *api, struct err *err)
{
    const struct lazy_symbol symbols[] = {
        {"curl_global_init", &api->global_init},
        {"curl_global_cleanup", &api->global_cleanup},
        {"curl_easy_init", &api->init},
        {"curl_easy_cleanup", &api->cleanup},
        {"curl_easy_reset", &api->reset},
        {"curl_easy_setopt", &api->setopt},
        {"curl_easy_getinfo", &api->getinfo},
        {"curl_easy_perform", &api->perform},
        {"curl_easy_strerror", &api->error_text},
        {"curl_slist_append", &api->slist_append},
        {"curl_slist_free_all", &api->slist_free},
        {0},
    };
    return lazy_load("libcurl.so.4", symbols, "updates", err);
}

/* ---- the head of an answer ---- */

/* A validator is kept when it fits and is plain text. */
static void keep_validator(char out[FETCH_VALIDATOR_BYTES], struct str value)
{
    out[0] = '\0';
    if (value.n >= FETCH_VALIDATOR_BYTES)
        return;
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7f)
            return;
    memcpy(out, value.p, value.n);
    out[value.n] = '\0';
}

/* "bytes 100-199/1000", RFC 9110 section 14.4; the total may be "*". */
static void take_range(struct answer *a, struct str value)
{
    struct str from, to, total;
    if (!str_starts_nocase(value, STR("bytes ")))
        return;
    value = str_trim(str_from(value, 6));
    if (!str_split(value, '/', &value, &total) || !str_split(value, '-', &from, &to))
        return;
    a->has_range = str_to_u64(from, 0, INT64_MAX, &a->range_from);
    if (!str_to_u64(total, 1, INT64_MAX, &a->total))
        a->total = 0;
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    struct answer *a = &t->a;
    struct str line = str_make(p, size * n), name, value;
    /* A new status line: of the answer behind a redirect, or behind "100 Continue". */
    if (str_starts_nocase(line, STR("HTTP/"))) {
        uint64_t status = 0;
        (void)str_split(line, ' ', &name, &value);
        if (!str_to_u64(str_first(value, 3), 100, 999, &status))
            status = 0;
        *a = (struct answer){.status = (long)status};
        return size * n;
    }
    if (!str_split(line, ':', &name, &value))
        return size * n;
    value = str_trim(value);
    if (str_eq_nocase(name, STR("etag")))
        keep_validator(a->etag, value);
    else if (str_eq_nocase(name, STR("last-modified")))
        keep_validator(a->last_modified, value);
    else if (str_eq_nocase(name, STR("content-type")))
        a->html = str_starts_nocase(value, STR("text/html"));
    else if (str_eq_nocase(name, STR("content-length")))
        a->has_length = str_to_u64(value, 0, INT64_MAX, &a->length);
    else if (str_eq_nocase(name, STR("content-range")))
        take_range(a, value);
    return size * n;
}

/* ---- the body ---- */

static bool too_large(struct transfer *t)
{
    return !err_set(&t->err, ERR_LIMIT, "larger than %llu bytes, which is the limit",
                    (unsigned long long)t->max_bytes);
}

/* The rest of the file that the part is the start of? */
static bool continues(const struct transfer *t)
{
    const struct answer *a = &t->a;
    return t->resume && a->has_range && a->range_from == t->from &&
           strcmp(a->etag, t->resume) == 0 && (!a->total || a->total > t->from);
}

/* Before the first byte of a body: what is it? False stops the transfer. */
static bool decide(struct transfer *t)
{
    const struct answer *a = &t->a;
    t->decided = true;
    if (a->status == 206) {
        t->keep = continues(t);
        t->mismatch = !t->keep;
        t->at = t->from;
        if (t->mismatch)
            return false;
    } else if (a->status == 200 && !a->html) {
        t->keep = true;
        t->at = t->from = 0;
        if (ftruncate(t->fd, 0) || lseek(t->fd, 0, SEEK_SET) < 0)
            return err_errno(&t->err, "emptying a partial download");
        if (!t->fresh(t, &t->err))
            return false;
    }
    if (t->keep && a->has_length && t->at + a->length > t->max_bytes)
        return !too_large(t);
    return true;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    size_t left = size * n;
    if (!t->decided && !decide(t))
        return 0;
    if (!t->keep) {
        t->dropped += left;
        return t->dropped > DROP_BYTES ? 0 : left;
    }
    if (t->at + left > t->max_bytes && too_large(t))
        return 0;
    while (left) {
        ssize_t k = write(t->fd, p, left);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0) {
            err_errno(&t->err, "writing");
            err_at_input(&t->err, t->part);
            return 0;
        }
        p += k;
        left -= (size_t)k;
        t->at += (uint64_t)k;
    }
    return size * n;
}

static int on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now)
{
    const struct transfer *t = ctx;
    const struct fetch_options *o = &t->f->o;
    (void)up_total;
    (void)up_now;
    (void)now;
    if (o->tick)
        o->tick(o->ctx, t->r->url, t->at,
                total > 0 && t->keep ? t->from + (uint64_t)total : t->a.total);
    return 0;
}

/* ---- the request ---- */

/* A list of request headers; the first failure is kept. */
struct headers {
    struct curl_slist *list;
    bool failed;
};

static void add_header(struct transfer *t, struct headers *h, const char *name, const char *value)
{
    char text[FETCH_VALIDATOR_BYTES + 64];
    int n = snprintf(text, sizeof text, "%s%s%s", name, value ? ": " : "", value ? value : "");
    struct curl_slist *list =
        n > 0 && n < (int)sizeof text ? t->f->api.slist_append(h->list, text) : NULL;
    h->failed |= !list;
    h->list = list ? list : h->list;
}

static bool make_headers(struct transfer *t, struct headers *h, struct err *err)
{
    const struct fetch_request *r = t->r;
    char range[40];
    if (t->etag && *t->etag)
        add_header(t, h, "If-None-Match", t->etag);
    else if (t->last_modified && *t->last_modified)
        add_header(t, h, "If-Modified-Since", t->last_modified);
    if (t->resume) {
        (void)snprintf(range, sizeof range, "bytes=%llu-", (unsigned long long)t->from);
        add_header(t, h, "Range", range);
        add_header(t, h, "If-Range", t->resume);
    }
    if (r->secret_header)
        add_header(t, h, r->secret_header, NULL);
    return !h->failed || err_memory(err);
}

struct setting {
    CURLoption option;
    long value;
};

static bool set_options(struct transfer *t, char text[CURL_ERROR_SIZE], struct curl_slist *headers)
{
    const struct curl_api *c = &t->f->api;
    const struct fetch_options *o = &t->f->o;
    CURL *e = t->f->easy;
    bool secure = str_starts_nocase(str_from_c(t->r->url), STR("https:")), bad = false;
    const struct setting numbers[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_NOPROGRESS, 0},
        {CURLOPT_TCP_KEEPALIVE, 1},
        {CURLOPT_BUFFERSIZE, 262144},
        {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
        {CURLOPT_HEADEROPT, CURLHEADER_SEPARATE}, /* proxies do not see them */
        {CURLOPT_HTTP09_ALLOWED, 0},
        {CURLOPT_HTTP_CONTENT_DECODING, 0}, /* a .gz stays one */
        {CURLOPT_FOLLOWLOCATION, !t->r->secret_header},
        {CURLOPT_MAXREDIRS, REDIRECTS},
        {CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms},
        {CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_PER_SECOND},
        {CURLOPT_LOW_SPEED_TIME, (long)o->stall_s},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        bad |= c->setopt(e, numbers[i].option, numbers[i].value) != CURLE_OK;
    bad |= c->setopt(e, CURLOPT_URL, t->r->url) != CURLE_OK;
    bad |= c->setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK;
    /* What was to be encrypted stays so. */
    bad |= c->setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https") != CURLE_OK;
    bad |= c->setopt(e, CURLOPT_USERAGENT, o->user_agent) != CURLE_OK;
    bad |= c->setopt(e, CURLOPT_HTTPHEADER, headers) != CURLE_OK;
    bad |= o->ca_cert && c->setopt(e, CURLOPT_CAINFO, o->ca_cert) != CURLE_OK;
    bad |= c->setopt(e, CURLOPT_ERRORBUFFER, text) != CURLE_OK;
    bad |= c->setopt(e, CURLOPT_HEADERFUNCTION, on_header) != CURLE_OK;
    bad |= c->setopt(e, CURLOPT_HEADERDATA, t) != CURLE_OK;
    bad |= c->setopt(e, CURLOPT_WRITEFUNCTION, on_body) != CURLE_OK;
    bad |= c->setopt(e, CURLOPT_WRITEDATA, t) != CURLE_OK;
    bad |= c->setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress) != CURLE_OK;
    bad |= c->setopt(e, CURLOPT_XFERINFODATA, t) != CURLE_OK;
    return !bad;
}

/* ---- what it means ---- */

/* A failure of the connection that may be gone the next time. */
static bool is_passing(CURLcode code)
{
    switch ((int)code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return true;
    default:
        return false;
    }
}

static enum verdict judge_status(struct transfer *t)
{
    long s = t->a.status;
    bool asked = (t->etag && *t->etag) || (t->last_modified && *t->last_modified);
    if (s == 304 && asked)
        return VERDICT_SAME;
    /* Nothing behind the part: it is another file now, or it was complete. */
    if (s == 416 && t->resume)
        return VERDICT_RESTART;
    (void)snprintf(t->why, sizeof t->why, "HTTP status %ld", s);
    return s == 403 || s == 408 || s == 429 || s >= 500 ? VERDICT_RETRY : VERDICT_FAIL;
}

static enum verdict judge_body(struct transfer *t)
{
    const struct answer *a = &t->a;
    uint64_t expected = a->status == 206 ? a->total : a->has_length ? a->length : 0;
    if (a->html) {
        (void)snprintf(t->why, sizeof t->why, "a web page came instead of the data");
        return VERDICT_FAIL;
    }
    if (!t->at)
        (void)snprintf(t->why, sizeof t->why, "nothing came: the answer is empty");
    else if (expected && t->at != expected)
        (void)snprintf(t->why, sizeof t->why, "%llu bytes came, %llu were announced",
                       (unsigned long long)t->at, (unsigned long long)expected);
    else
        return VERDICT_DONE;
    return VERDICT_RETRY;
}

/* False: `err` is set. */
static bool judge(struct transfer *t, CURLcode code, const char *text, enum verdict *verdict,
                  struct err *err)
{
    struct answer *a = &t->a;
    bool good = a->status == 200 || a->status == 206;
    if (t->err.code) {
        *err = t->err;
        return false;
    }
    if (t->mismatch) {
        *verdict = VERDICT_RESTART;
    } else if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && t->decided && !t->keep)) {
        /* a body without a byte has not been decided on */
        if (good && !t->decided && !decide(t) && t->err.code) {
            *err = t->err;
            return false;
        }
        *verdict = t->mismatch ? VERDICT_RESTART : good ? judge_body(t) : judge_status(t);
    } else if (code == CURLE_UNSUPPORTED_PROTOCOL && a->status >= 300 && a->status < 400) {
        (void)snprintf(t->why, sizeof t->why,
                       "redirected to what is neither http nor as well protected");
        *verdict = VERDICT_FAIL;
    } else {
        (void)snprintf(t->why, sizeof t->why, "%.200s",
                       text[0] ? text : t->f->api.error_text(code));
        /* Without a redirection: no answer of HTTP. What stood behind the last answer's announced
         * end may be what came; a new connection has none of it. */
        bool stray = code == CURLE_UNSUPPORTED_PROTOCOL;
        *verdict = stray || is_passing(code) ? VERDICT_RETRY : VERDICT_FAIL;
    }
    return true;
}

bool transfer_run(struct transfer *t, enum verdict *verdict, struct err *err)
{
    const struct curl_api *c = &t->f->api;
    char text[CURL_ERROR_SIZE] = "";
    struct headers h = {0};
    curl_off_t after = 0;
    t->fd = open(t->part, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (t->fd < 0) {
        err_errno(err, "cannot create");
        return err_at_input(err, t->part);
    }
    c->reset(t->f->easy);
    bool ok = make_headers(t, &h, err);
    if (ok && (t->resume ? lseek(t->fd, (off_t)t->from, SEEK_SET) : 0) < 0)
        ok = err_errno(err, "resuming a download");
    if (ok && !set_options(t, text, h.list))
        ok = err_set(err, ERR_IO, "libcurl is too old: 7.85 or newer is needed for updates");
    t->at = t->from;
    if (ok) {
        CURLcode code = c->perform(t->f->easy);
        ok = judge(t, code, text, verdict, err);
        if (c->getinfo(t->f->easy, CURLINFO_RETRY_AFTER, &after) == CURLE_OK && after > 0)
            t->retry_after_s = after < 86400 ? (unsigned)after : 86400;
    }
    c->slist_free(h.list);
    if (close(t->fd) && ok)
        ok = err_errno(err, "writing");
    return ok;
}
