/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed blocks of memory (Zstandard frames with checksum, RFC 8878), on libzstd. */
#ifndef VULNWARD_CODEC_BLOCK_H
#define VULNWARD_CODEC_BLOCK_H

#include "base/buf.h"

struct block_codec; /* holds working memory; not for two threads at once */
struct block_codec *block_codec_new(struct err *err) VW_CHECKED;
void block_codec_free(struct block_codec *c); /* NULL is fine */
/* CRC-32 (RFC 1952 section 8): against damage, not against malice. */
uint32_t block_checksum(struct str data);
/* Appends the compressed form of `raw` to `out`. */
bool block_pack(struct block_codec *c, struct str raw, struct buf *out, struct err *err) VW_CHECKED;
/* Fills exactly `size` bytes at `raw`; an error when the block holds anything else. */
bool block_unpack(struct block_codec *c, struct str packed, char *raw, size_t size,
                  struct err *err) VW_CHECKED;

#endif
