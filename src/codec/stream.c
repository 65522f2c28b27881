/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define IN_BYTES ((size_t)256 << 10)

static bool read_file(struct stream *s, void *p, size_t n, size_t *got, struct err *err)
{
    for (;;) {
        ssize_t k = read(s->fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return err_errno(err, "reading");
        *got = (size_t)k;
        return true;
    }
}

/* Reads on behind what is in the read-ahead buffer. */
static bool read_more(struct stream *s, struct err *err)
{
    unsigned char *to = s->in + s->in_n;
    size_t room = IN_BYTES - s->in_n, got = 0;
    bool ok = true;
    if (s->is_file) {
        ok = read_file(s, to, room, &got, err);
    } else if (s->source.read) {
        ok = s->source.read(s->source.ctx, to, room, &got, err);
    } else {
        got = s->memory.n < room ? s->memory.n : room;
        if (got)
            memcpy(to, s->memory.p, got);
        s->memory = str_from(s->memory, got);
    }
    if (!ok)
        return false;
    s->in_end = got == 0;
    if (s->hash_in)
        sha256_add(s->hash_in, to, got);
    s->in_n += got;
    s->bytes_in += got;
    return true;
}

/* Something to read at in_at, unless the end was reached, or peeking has filled the buffer. */
static bool fill(struct stream *s, struct err *err)
{
    if (s->in_at < s->in_n || s->in_end)
        return true;
    if (!s->peeking)
        s->in_at = s->in_n = 0;
    return s->in_n == IN_BYTES || read_more(s, err);
}

/* Everything but memory back to the start. */
static void forget(struct stream *s)
{
    if (s->is_file)
        (void)close(s->fd);
    sha256_free(s->hash_in);
    sha256_free(s->hash_out);
    *s = (struct stream){.in = s->in, .z = s->z, .head = s->head};
}

static void begin_member(struct stream *s)
{
    s->header = (struct gzip_header){0};
    s->mid_member = true;
}

/* The source is set: its first bytes. */
static bool begin(struct stream *s, struct err *err)
{
    if (!s->in && !(s->in = calloc(1, IN_BYTES)))
        return err_memory(err);
    s->peeking = true;
    /* A pipe may give its first bytes one by one. */
    while (s->in_n < 2 && !s->in_end)
        if (!read_more(s, err))
            return false;
    /* RFC 1952 section 2.3.1: the first two bytes. */
    s->gzip = s->in_n >= 2 && s->in[0] == 0x1f && s->in[1] == 0x8b;
    if (!s->gzip)
        return true;
    struct inflate_state *z = s->z ? s->z : calloc(1, sizeof *z);
    if (!z)
        return err_memory(err);
    s->z = z;
    isal_inflate_init(z);
    begin_member(s);
    return true;
}

static bool opened(struct stream *s, bool ok, struct err *err)
{
    if (ok)
        return true;
    (void)err_at_input(err, s->name);
    stream_close(s);
    return false;
}

bool stream_open_file(struct stream *s, const char *path, struct err *err)
{
    forget(s);
    s->name = path;
    s->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
    s->is_file = s->fd >= 0;
    struct stat st;
    bool ok = s->is_file && fstat(s->fd, &st) == 0;
    if (!ok) {
        /* What is to be read is not there: the input's fault, not the machine's. */
        char text[128];
        err_set(err, ERR_INPUT, "cannot open: %s", strerror_r(errno, text, sizeof text));
    } else if (S_ISDIR(st.st_mode)) {
        ok = err_set(err, ERR_INPUT, "is a directory");
    } else {
        s->size = st.st_size > 0 ? (unsigned long long)st.st_size : 0;
    }
    return opened(s, ok && begin(s, err), err);
}

bool stream_open_source(struct stream *s, const char *name, struct stream_source source,
                        unsigned long long size, struct err *err)
{
    forget(s);
    s->name = name;
    s->source = source;
    s->size = size;
    return opened(s, begin(s, err), err);
}

bool stream_open_memory(struct stream *s, const char *name, struct str data, struct err *err)
{
    forget(s);
    s->name = name;
    s->memory = data;
    s->size = data.n;
    return opened(s, begin(s, err), err);
}

bool stream_open(struct stream *s, const char *path, bool want_content_hash, struct err *err)
{
    *s = (struct stream){0};
    if (!stream_open_file(s, path, err))
        return false;
    return opened(s, stream_hash(s, want_content_hash, err), err);
}

bool stream_hash(struct stream *s, bool content, struct err *err)
{
    s->hash_in = sha256_new(err);
    s->hash_out = content && s->hash_in ? sha256_new(err) : NULL;
    if (!s->hash_in || (content && !s->hash_out))
        return err_at_input(err, s->name);
    sha256_add(s->hash_in, s->in, s->in_n);
    return true;
}

struct str stream_raw(const struct stream *s)
{
    return (struct str){(const char *)s->in, s->in_n};
}

static bool check_expansion(const struct stream *s, struct err *err)
{
    if (s->bytes_out > LIMIT_FEED_BYTES)
        return err_set(err, ERR_LIMIT, "more than %llu bytes of content", LIMIT_FEED_BYTES);
    if (s->gzip && s->bytes_out > LIMIT_EXPANSION_FREE &&
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
        if (!fill(s, err))
            return false;
        if (s->in_at == s->in_n)
            return true;
    }
    begin_member(s);
    return true;
}

/* RFC 1952 section 2.3: the parts of a header, in order. */
enum { HEAD_FIXED, HEAD_LENGTH, HEAD_EXTRA, HEAD_NAME, HEAD_COMMENT, HEAD_CRC, HEAD_DONE };

static void next_stage(struct gzip_header *h)
{
    static const unsigned char flag[HEAD_DONE] = {
        [HEAD_LENGTH] = 4, [HEAD_EXTRA] = 4, [HEAD_NAME] = 8, [HEAD_COMMENT] = 16, [HEAD_CRC] = 2};
    do
        h->stage++;
    while (h->stage < HEAD_DONE &&
           (!(h->flags & flag[h->stage]) || (h->stage == HEAD_EXTRA && !h->length)));
    h->n = 0;
}

/* Identification, method, flags; then time, extra flags and system, which say nothing here. */
static bool fixed_byte(struct gzip_header *h, unsigned char c)
{
    if (h->n == 3)
        h->flags = c;
    if (++h->n == 10)
        next_stage(h);
    switch (h->n) {
    case 1:
        return c == 0x1f;
    case 2:
        return c == 0x8b;
    case 3:
        return c == 8;
    case 4:
        return !(c & 0xe0);
    default:
        return true;
    }
}

/* NULL, or what is wrong. */
static const char *header_byte(struct gzip_header *h, unsigned char c)
{
    if (h->stage != HEAD_CRC)
        h->crc = libdeflate_crc32(h->crc, &c, 1);
    switch (h->stage) {
    case HEAD_FIXED:
        return fixed_byte(h, c) ? NULL : "not gzip";
    case HEAD_LENGTH:
        h->length |= (unsigned)c << 8 * h->n;
        if (++h->n == 2)
            next_stage(h);
        return NULL;
    case HEAD_EXTRA:
        if (++h->n == h->length)
            next_stage(h);
        return NULL;
    case HEAD_CRC:
        h->stated |= (uint32_t)c << 8 * h->n;
        if (++h->n < 2)
            return NULL;
        next_stage(h);
        return h->stated == (h->crc & 0xffff) ? NULL : "incorrect data check";
    default: /* a name or a comment */
        if (!c)
            next_stage(h);
        return NULL;
    }
}

static bool damaged(const struct stream *s, const char *why, struct err *err)
{
    return err_set(err, ERR_INPUT, "the compressed data are damaged near byte %llu: %s",
                   s->bytes_in - (s->in_n - s->in_at), why);
}

/*
 * What has arrived of a member's header. Not left to ISA-L, which finds the checksum of a header
 * wrong that comes in pieces.
 */
static bool read_header(struct stream *s, struct err *err)
{
    struct inflate_state *z = s->z;
    while (s->header.stage < HEAD_DONE && s->in_at < s->in_n) {
        const char *fault = header_byte(&s->header, s->in[s->in_at]);
        if (fault)
            return damaged(s, fault, err);
        s->in_at++;
    }
    if (s->header.stage == HEAD_DONE) {
        isal_inflate_reset(z);
        z->crc_flag = ISAL_GZIP_NO_HDR_VER;
        s->header.stage++;
    }
    return true;
}

static const char *reason(int rc)
{
    switch (rc) {
    case ISAL_INVALID_BLOCK:
        return "no such kind of block";
    case ISAL_INVALID_SYMBOL:
        return "no such code";
    case ISAL_INVALID_LOOKBACK:
        return "it refers to what is not there";
    case ISAL_INVALID_WRAPPER:
    case ISAL_UNSUPPORTED_METHOD:
        return "not gzip";
    case ISAL_INCORRECT_CHECKSUM:
        return "incorrect data check";
    default:
        return "can not be inflated";
    }
}

static bool read_gzip(struct stream *s, void *p, size_t n, size_t *got, struct err *err)
{
    struct inflate_state *z = s->z;
    z->next_out = p;
    z->avail_out = (uint32_t)n;
    while (z->avail_out) {
        if (!s->mid_member) {
            if (!next_member(s, err))
                return false;
            if (!s->mid_member)
                break;
        }
        if (!fill(s, err))
            return false;
        if (s->in_at == s->in_n && !s->in_end)
            break; /* peeking has seen enough */
        if (s->in_at == s->in_n)
            return err_set(err, ERR_INPUT, "the compressed data are cut short after %llu bytes",
                           s->bytes_in);
        if (s->header.stage <= HEAD_DONE) {
            if (!read_header(s, err))
                return false;
            continue;
        }
        z->next_in = s->in + s->in_at;
        z->avail_in = (uint32_t)(s->in_n - s->in_at);
        int rc = isal_inflate(z);
        s->in_at = s->in_n - z->avail_in;
        if (rc != ISAL_DECOMP_OK && rc != ISAL_END_INPUT && rc != ISAL_OUT_OVERFLOW)
            return damaged(s, reason(rc), err);
        s->mid_member = z->block_state != ISAL_BLOCK_FINISH;
    }
    *got = n - z->avail_out;
    return true;
}

static bool read_plain(struct stream *s, void *p, size_t n, size_t *got, struct err *err)
{
    if (!fill(s, err))
        return false;
    size_t k = s->in_n - s->in_at < n ? s->in_n - s->in_at : n;
    if (k)
        memcpy(p, s->in + s->in_at, k);
    s->in_at += k;
    *got = k;
    return true;
}

bool stream_peek(struct stream *s, struct str *head, struct err *err)
{
    if (!s->gzip) {
        while (s->in_n < STREAM_PEEK && !s->in_end)
            if (!read_more(s, err))
                return err_at_input(err, s->name);
        *head = str_first(stream_raw(s), STREAM_PEEK);
        return true;
    }
    if (!s->head && !(s->head = malloc(STREAM_PEEK)))
        return err_memory(err);
    if (!s->head_n && !read_gzip(s, s->head, STREAM_PEEK, &s->head_n, err))
        return err_at_input(err, s->name);
    *head = (struct str){(const char *)s->head, s->head_n};
    return true;
}

bool stream_spool(struct stream *s, int fd, unsigned long long limit, struct err *err)
{
    s->in_at = 0;
    for (;;) {
        while (s->in_at < s->in_n) {
            ssize_t k = write(fd, s->in + s->in_at, s->in_n - s->in_at);
            if (k < 0 && errno != EINTR)
                return err_errno(err, "writing a temporary file");
            s->in_at += k > 0 ? (size_t)k : 0;
        }
        s->peeking = false;
        if (s->bytes_in > limit) {
            err_set(err, ERR_LIMIT, "more than %llu bytes in an archive in an archive", limit);
            return err_at_input(err, s->name);
        }
        if (!fill(s, err))
            return err_at_input(err, s->name);
        if (s->in_end)
            return true;
    }
}

bool stream_read(struct stream *s, void *p, size_t n, size_t *got, struct err *err)
{
    bool ok = true;
    *got = 0;
    s->peeking = false;
    if (n > (size_t)1 << 30)
        n = (size_t)1 << 30;
    if (s->head_at < s->head_n) {
        *got = s->head_n - s->head_at < n ? s->head_n - s->head_at : n;
        memcpy(p, s->head + s->head_at, *got);
        s->head_at += *got;
    } else {
        ok = s->gzip ? read_gzip(s, p, n, got, err) : read_plain(s, p, n, got, err);
    }
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
    s->peeking = false;
    while (!s->in_end) {
        s->in_at = s->in_n;
        if (!fill(s, err))
            return err_at_input(err, s->name);
    }
    if (!sha256_finish(s->hash_in, file, err))
        return false;
    return !content || !s->hash_out || sha256_finish(s->hash_out, content, err);
}

void stream_close(struct stream *s)
{
    forget(s);
    free(s->z);
    free(s->in);
    free(s->head);
    *s = (struct stream){0};
}
