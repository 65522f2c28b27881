/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams: the same content and the same verdict however the bytes arrive and are asked for; and
 * what is taken for gzip is what another program for gzip makes of it.
 */
#include "fuzz.h"

#include <libdeflate.h>

#include "base/buf.h"
#include "codec/stream.h"

#define LONG ((size_t)1 << 15) /* not byte by byte */

/* Arrives in pieces of 1 to 13 bytes. */
struct arrival {
    struct str rest;
    size_t step;
};

static bool arrive(void *ctx, void *p, size_t n, size_t *got, struct err *err)
{
    struct arrival *a = ctx;
    (void)err;
    a->step = a->step % 13 + 1;
    *got = a->step < n ? a->step : n;
    if (*got > a->rest.n)
        *got = a->rest.n;
    if (*got)
        memcpy(p, a->rest.p, *got);
    a->rest = str_from(a->rest, *got);
    return true;
}

/* All of it into `out`, asking for `piece` bytes at a time. */
static bool read_all(struct stream *s, size_t piece, bool peek, struct buf *out, struct err *err)
{
    char *p = malloc(piece);
    struct str head = {0};
    size_t got = 1;
    char file[SHA256_HEX], content[SHA256_HEX];
    MUST(p != NULL);
    bool ok = (!peek || stream_peek(s, &head, err)) && stream_hash(s, true, err);
    struct buf seen = {0};
    buf_str(&seen, head);
    while (ok && got) {
        ok = stream_read(s, p, piece, &got, err);
        MUST(got <= piece);
        if (ok)
            buf_add(out, p, got);
    }
    ok = ok && stream_digests(s, file, content, err);
    MUST(!out->error && !seen.error);
    if (ok)
        MUST(strlen(file) == SHA256_HEX - 1 && strlen(content) == SHA256_HEX - 1);
    if (ok)
        MUST(str_starts(buf_view(out), buf_view(&seen)));
    MUST(ok == (err->code == ERR_NONE));
    MUST(ok || err->code == ERR_INPUT || err->code == ERR_LIMIT);
    buf_free(&seen);
    free(p);
    return ok;
}

/* RFC 1952 by libdeflate, member by member; behind each there may be zeros, as padding. */
static bool reference(struct str in, struct buf *out)
{
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    size_t room = in.n * 1100 + 4096, used, got; /* deflate packs 1032 bytes into one at most */
    char *p = malloc(room);
    MUST(d && p);
    bool ok = true;
    while (ok && in.n) {
        ok = libdeflate_gzip_decompress_ex(d, in.p, in.n, p, room, &used, &got) ==
             LIBDEFLATE_SUCCESS;
        if (ok)
            buf_add(out, p, got);
        in = str_from(in, ok ? used : 0);
        while (ok && str_starts(in, STR("\0")))
            in = str_from(in, 1);
    }
    libdeflate_free_decompressor(d);
    free(p);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {(size_t)1 << 16, 1, 7, 300};
    struct str in = fuzz_input(data, size);
    struct stream s = {0};
    struct buf first = {0}, again = {0};
    struct err err = {0}, other = {0};
    bool ok =
        stream_open_memory(&s, "fuzz", in, &err) && read_all(&s, pieces[0], false, &first, &err);
    bool gzip = str_starts(in, STR("\x1f\x8b"));
    for (size_t i = 0; i < 8; i++) {
        struct arrival a = {in, i};
        if (first.n > LONG && pieces[i / 2] < 100)
            continue;
        const struct stream_source source = {&a, arrive};
        err_clear(&other);
        buf_clear(&again);
        bool same = (i & 1 ? stream_open_source(&s, "fuzz", source, size, &other)
                           : stream_open_memory(&s, "fuzz", in, &other)) &&
                    read_all(&s, pieces[i / 2], i & 2, &again, &other);
        MUST(same == ok && other.code == err.code);
        if (ok)
            MUST(str_eq(buf_view(&first), buf_view(&again)));
    }
    if (!gzip)
        MUST(ok && str_eq(buf_view(&first), in));
    buf_clear(&again);
    if (gzip && ok)
        MUST(reference(in, &again) && str_eq(buf_view(&first), buf_view(&again)));
    stream_close(&s);
    buf_free(&first);
    buf_free(&again);
    return 0;
}
