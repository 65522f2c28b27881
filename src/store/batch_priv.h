/* SPDX-License-Identifier: Apache-2.0 */
/* Records encoded by a thread, waiting for their turn to be stored. */
#ifndef VULNWARD_STORE_BATCH_PRIV_H
#define VULNWARD_STORE_BATCH_PRIV_H

#include "codec/block.h"
#include "store/codes_priv.h"

/* A piece of batch.bytes. */
struct span {
    size_t at, n;
};

struct batch_use { /* one product a record names */
    bool package;  /* `vendor` is an ecosystem, `product` a package of it */
    struct span vendor, product, payload;
};

struct batch_row {
    struct span name, source, part, facts, structure;
    struct span others; /* aliases and upstream ids: varint count, strings */
    struct span kev; /* of a catalogue, as the record repeats it: checksum, entry; may be empty */
    int64_t modified, published;
    uint64_t key;  /* of the one CVE it is about; 0: of none or several */
    uint32_t hash; /* of all its content */
    bool rejected;
    size_t first_use, uses;
    size_t block; /* index in batch.blocks */
    size_t at;    /* in that block, uncompressed */
};

struct batch_block {
    struct span data; /* in batch.packed */
    size_t size;      /* uncompressed */
    int64_t id;       /* in the file; 0 until a row that is stored needs it */
};

struct batch {
    struct buf bytes, raw, packed, key;
    VEC(struct batch_row) rows;
    VEC(struct batch_use) uses;
    VEC(struct batch_block) blocks;
    struct arena arena; /* of the three lists */
    struct block_codec *codec;
};

void *batch_new(void *ctx, struct err *err) VW_CHECKED;
bool batch_add(void *batch, const struct vuln *v, struct err *err) VW_CHECKED;
bool batch_seal(void *batch, struct err *err) VW_CHECKED;
void batch_free(void *batch);
void batch_clear(struct batch *b);
static inline struct str span_of(const struct buf *b, struct span s)
{
    return str_make(b->p + s.at, s.n);
}

#endif
