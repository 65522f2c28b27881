/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/banned.h"

#define IN_BYTES ((size_t)256 << 10)

/* RFC 1952 section 2.3.1: the first two bytes. */
static bool is_gzip(const struct stream *s)
{
    return s->in && s->in_n >= 2 && s->in[0] == 0x1f && s->in[1] == 0x8b;
}

/* Reads on behind what is in the read-ahead buffer. */
static bool read_more(struct stream *s, struct err *err)
{
    for (;;) {
        ssize_t k = read(s->fd, s->in + s->in_n, IN_BYTES - s->in_n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return err_errno(err, "reading");
        s->in_end = k == 0;
        sha256_add(s->hash_in, s->in + s->in_n, (size_t)k);
        s->in_n += (size_t)k;
        s->bytes_in += (size_t)k;
        return true;
    }
}

/* Refills the empty read-ahead buffer. */
static bool refill(struct stream *s, struct err *err)
{
    s->in_at = 0;
    s->in_n = 0;
    return s->in_end || read_more(s, err);
}

bool stream_open(struct stream *s, const char *path, bool want_content_hash, struct err *err)
{
    *s = (struct stream){.name = path,
                         .fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(0)};
    struct stat st;
    bool ok = s->fd >= 0 && fstat(s->fd, &st) == 0;
    if (!ok) {
        /* What is to be read is not there: the input's fault, not the machine's. */
        char text[128];
        err_set(err, ERR_INPUT, "cannot open: %s", strerror_r(errno, text, sizeof text));
    } else if (S_ISDIR(st.st_mode)) {
        ok = err_set(err, ERR_INPUT, "is a directory");
    } else {
        s->size = st.st_size > 0 ? (unsigned long long)st.st_size : 0;
        s->in = calloc(1, IN_BYTES);
        s->hash_in = s->in ? sha256_new(err) : NULL;
        s->hash_out = want_content_hash && s->hash_in ? sha256_new(err) : NULL;
        ok = s->hash_in && (s->hash_out || !want_content_hash) ? true : err_memory(err);
    }
    /* A pipe may give its first bytes one by one. */
    while (ok && s->in_n < 2 && !s->in_end)
        ok = read_more(s, err);
    if (ok && is_gzip(s)) {
        z_stream *z = calloc(1, sizeof *z);
        s->z = z;
        /* 15 + 16: the largest window, gzip framing. */
        ok = z && inflateInit2(z, 15 + 16) == Z_OK ? true : err_memory(err);
        if (!ok && z) {
            free(z);
            s->z = NULL;
        }
        s->mid_member = true;
    }
    if (ok)
        return true;
    stream_close(s);
    return err_at_input(err, path);
}

static bool check_expansion(const struct stream *s, struct err *err)
{
    if (s->bytes_out > LIMIT_FEED_BYTES)
        return err_set(err, ERR_LIMIT, "more than %llu bytes of content", LIMIT_FEED_BYTES);
    if (s->z && s->bytes_out > LIMIT_EXPANSION_FREE &&
        s->bytes_out / LIMIT_EXPANSION_RATIO > s->bytes_in)
        return err_set(err, ERR_LIMIT, "expands more than %d times: a compression bomb?",
                       LIMIT_EXPANSION_RATIO);
    return true;
}

/* One member ended: another one, padding of zeros, or the end may follow. */
static bool next_member(struct stream *s, struct err *err)
{
    for (;;) {
        while (s->in_at < s->in_n && s->in[s->in_at] == 0)
            s->in_at++;
        if (s->in_at < s->in_n)
            break;
        if (s->in_end)
            return true;
        if (!refill(s, err))
            return false;
    }
    if (inflateReset(s->z) != Z_OK)
        return err_set(err, ERR_INTERNAL, "inflateReset");
    s->mid_member = true;
    return true;
}

static bool read_gzip(struct stream *s, void *p, size_t n, size_t *got, struct err *err)
{
    z_stream *z = s->z;
    z->next_out = p;
    z->avail_out = (uInt)n;
    while (z->avail_out) {
        if (!s->mid_member) {
            if (!next_member(s, err))
                return false;
            if (!s->mid_member)
                break;
        }
        if (s->in_at == s->in_n && !refill(s, err))
            return false;
        if (s->in_end && s->in_at == s->in_n)
            return err_set(err, ERR_INPUT, "the compressed data are cut short after %llu bytes",
                           s->bytes_in);
        z->next_in = s->in + s->in_at;
        z->avail_in = (uInt)(s->in_n - s->in_at);
        int rc = inflate(z, Z_NO_FLUSH);
        s->in_at = s->in_n - z->avail_in;
        if (rc == Z_STREAM_END)
            s->mid_member = false;
        else if (rc == Z_MEM_ERROR)
            return err_memory(err);
        else if (rc != Z_OK && rc != Z_BUF_ERROR)
            return err_set(err, ERR_INPUT, "the compressed data are damaged near byte %llu: %s",
                           s->bytes_in - (s->in_n - s->in_at), z->msg ? z->msg : "not gzip");
    }
    *got = n - z->avail_out;
    return true;
}

static bool read_plain(struct stream *s, void *p, size_t n, size_t *got, struct err *err)
{
    if (s->in_at == s->in_n && !refill(s, err))
        return false;
    size_t k = s->in_n - s->in_at < n ? s->in_n - s->in_at : n;
    if (k)
        memcpy(p, s->in + s->in_at, k);
    s->in_at += k;
    *got = k;
    return true;
}

bool stream_read(struct stream *s, void *p, size_t n, size_t *got, struct err *err)
{
    *got = 0;
    if (n > (size_t)1 << 30)
        n = (size_t)1 << 30;
    bool ok = s->z ? read_gzip(s, p, n, got, err) : read_plain(s, p, n, got, err);
    s->bytes_out += *got;
    if (ok && s->hash_out)
        sha256_add(s->hash_out, p, *got);
    ok = ok && check_expansion(s, err);
    return ok || err_at_input(err, s->name);
}

bool stream_digests(struct stream *s, char file[SHA256_HEX], char content[SHA256_HEX],
                    struct err *err)
{
    /* The end of the content need not be the end of the file as read so far. */
    while (!s->in_end)
        if (!refill(s, err))
            return err_at_input(err, s->name);
    if (!sha256_finish(s->hash_in, file, err))
        return false;
    return !content || !s->hash_out || sha256_finish(s->hash_out, content, err);
}

void stream_close(struct stream *s)
{
    if (s->z) {
        (void)inflateEnd(s->z);
        free(s->z);
    }
    if (s->fd >= 0)
        (void)close(s->fd);
    free(s->in);
    sha256_free(s->hash_in);
    sha256_free(s->hash_out);
    *s = (struct stream){.fd = -1};
}
