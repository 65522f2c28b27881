/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/block.h"

#include <libdeflate.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/banned.h"

/* Level 1 compresses as well as DEFLATE's best in a third of the time of its fastest. */
#define LEVEL 1

struct block_codec {
    ZSTD_CCtx *pack;
    ZSTD_DCtx *unpack;
    char *room;
    size_t cap;
};

struct block_codec *block_codec_new(struct err *err)
{
    struct block_codec *c = calloc(1, sizeof *c);
    if (!c)
        err_memory(err);
    return c;
}

void block_codec_free(struct block_codec *c)
{
    if (!c)
        return;
    (void)ZSTD_freeCCtx(c->pack);
    (void)ZSTD_freeDCtx(c->unpack);
    free(c->room);
    free(c);
}

uint32_t block_checksum(struct str data)
{
    return libdeflate_crc32(0, data.n ? data.p : "", data.n);
}

/* Frames end with a checksum of their content: damage is an error, not another text. */
static bool make_packer(struct block_codec *c)
{
    c->pack = ZSTD_createCCtx();
    return c->pack &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(c->pack, ZSTD_c_compressionLevel, LEVEL)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(c->pack, ZSTD_c_checksumFlag, 1));
}

bool block_pack(struct block_codec *c, struct str raw, struct buf *out, struct err *err)
{
    if (!c->pack && !make_packer(c))
        return err_memory(err);
    size_t bound = ZSTD_compressBound(raw.n);
    if (c->cap < bound) {
        free(c->room);
        c->cap = 0;
        c->room = malloc(bound);
        if (!c->room)
            return err_memory(err);
        c->cap = bound;
    }
    size_t n = ZSTD_compress2(c->pack, c->room, c->cap, raw.n ? raw.p : "", raw.n);
    if (ZSTD_isError(n))
        return ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation
                   ? err_memory(err)
                   : err_set(err, ERR_INTERNAL, "compressing %zu bytes: %s", raw.n,
                             ZSTD_getErrorName(n));
    buf_add(out, c->room, n);
    return !out->error || err_memory(err);
}

bool block_unpack(struct block_codec *c, struct str packed, char *raw, size_t size, struct err *err)
{
    if (!c->unpack && !(c->unpack = ZSTD_createDCtx()))
        return err_memory(err);
    size_t n = ZSTD_decompressDCtx(c->unpack, raw, size, packed.p, packed.n);
    if (ZSTD_isError(n) && ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation)
        return err_memory(err);
    if (n != size || !packed.n) /* errors are sizes that no block has */
        return err_set(err, ERR_DATABASE, "a compressed block is damaged");
    return true;
}
