/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/pieces.h"

#include <errno.h>
#include <libdeflate.h>
#include <unistd.h>

#include "base/banned.h"

#define LEVEL 6
/* What a piece that does not compress takes at the most, with room to spare: DEFLATE's stored
 * blocks cost five bytes in 65535 (RFC 1951 section 3.2.4), gzip's frame 18. */
#define PACKED_BYTES (PIECE_BYTES + PIECE_BYTES / 64)

struct pieces_writer {
    struct buf *out;
    struct libdeflate_compressor *pack;
    size_t n;
    char raw[PIECE_BYTES], packed[PACKED_BYTES];
};

struct pieces_writer *pieces_writer_new(struct buf *out, struct err *err)
{
    struct pieces_writer *w = calloc(1, sizeof *w);
    if (w)
        w->pack = libdeflate_alloc_compressor(LEVEL);
    if (!w || !w->pack) {
        pieces_writer_free(w);
        err_memory(err);
        return NULL;
    }
    w->out = out;
    return w;
}

static bool write_piece(struct pieces_writer *w, struct err *err)
{
    size_t n = libdeflate_gzip_compress(w->pack, w->raw, w->n, w->packed, sizeof w->packed);
    if (!n)
        return err_set(err, ERR_INTERNAL, "compressing %zu bytes", w->n);
    buf_add(w->out, w->packed, n);
    w->n = 0;
    return true;
}

bool pieces_write(struct pieces_writer *w, const void *p, size_t n, struct err *err)
{
    for (const char *at = p; n;) {
        size_t k = PIECE_BYTES - w->n < n ? PIECE_BYTES - w->n : n;
        memcpy(w->raw + w->n, at, k);
        w->n += k;
        at += k;
        n -= k;
        if (w->n == PIECE_BYTES && !write_piece(w, err))
            return false;
    }
    return true;
}

bool pieces_end(struct pieces_writer *w, struct err *err)
{
    return !w->n || write_piece(w, err);
}

void pieces_writer_free(struct pieces_writer *w)
{
    if (w)
        libdeflate_free_compressor(w->pack);
    free(w);
}

struct pieces_reader {
    int fd;
    bool in_end;
    struct libdeflate_decompressor *unpack;
    size_t at, n;               /* of raw: what was not taken yet */
    size_t packed_at, packed_n; /* of packed */
    unsigned long long taken;   /* of the file, for messages */
    char raw[PIECE_BYTES], packed[PACKED_BYTES];
};

struct pieces_reader *pieces_reader_new(int fd, struct err *err)
{
    struct pieces_reader *r = calloc(1, sizeof *r);
    if (r)
        r->unpack = libdeflate_alloc_decompressor();
    if (!r || !r->unpack) {
        pieces_reader_free(r);
        err_memory(err);
        return NULL;
    }
    r->fd = fd;
    return r;
}

/* Fills `packed`, so that a whole piece is in it. */
static bool read_ahead(struct pieces_reader *r, struct err *err)
{
    memmove(r->packed, r->packed + r->packed_at, r->packed_n - r->packed_at);
    r->packed_n -= r->packed_at;
    r->packed_at = 0;
    while (!r->in_end && r->packed_n < sizeof r->packed) {
        ssize_t k = read(r->fd, r->packed + r->packed_n, sizeof r->packed - r->packed_n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return err_errno(err, "reading");
        r->in_end = k == 0;
        r->packed_n += (size_t)k;
    }
    return true;
}

/* The next piece; `n` stays 0 at the end of the file. */
static bool next_piece(struct pieces_reader *r, struct err *err)
{
    size_t in = 0, out = 0;
    r->at = r->n = 0;
    if (!read_ahead(r, err))
        return false;
    if (!r->packed_n)
        return true;
    enum libdeflate_result rc = libdeflate_gzip_decompress_ex(r->unpack, r->packed, r->packed_n,
                                                              r->raw, sizeof r->raw, &in, &out);
    /* An empty piece is none of ours, and would be a way to keep us busy. */
    if (rc == LIBDEFLATE_INSUFFICIENT_SPACE || (rc == LIBDEFLATE_SUCCESS && !out))
        return err_set(err, ERR_INPUT, "is compressed in another way than this program does");
    if (rc != LIBDEFLATE_SUCCESS)
        return err_set(err, ERR_INPUT, "is damaged or cut short behind byte %llu", r->taken);
    r->packed_at = in;
    r->taken += in;
    r->n = out;
    return true;
}

bool pieces_read(struct pieces_reader *r, void *p, size_t n, struct err *err)
{
    for (char *to = p; n;) {
        if (r->at == r->n && !next_piece(r, err))
            return false;
        if (r->at == r->n)
            return err_set(err, ERR_INPUT, "is cut short");
        size_t k = r->n - r->at < n ? r->n - r->at : n;
        memcpy(to, r->raw + r->at, k);
        r->at += k;
        to += k;
        n -= k;
    }
    return true;
}

bool pieces_at_end(struct pieces_reader *r, bool *end, struct err *err)
{
    if (r->at == r->n && !next_piece(r, err))
        return false;
    *end = r->at == r->n;
    return true;
}

void pieces_reader_free(struct pieces_reader *r)
{
    if (r)
        libdeflate_free_decompressor(r->unpack);
    free(r);
}
