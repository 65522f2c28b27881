/* SPDX-License-Identifier: Apache-2.0 */
#include "store/batch_priv.h"

#include "base/banned.h"

/* Details are compressed in blocks of about this size: small enough to unpack for one finding. */
#define BLOCK_BYTES ((size_t)16 << 10)

void *batch_new(void *ctx, struct err *err)
{
    (void)ctx;
    struct batch *b = calloc(1, sizeof *b);
    if (!b) {
        err_memory(err);
        return NULL;
    }
    b->codec = block_codec_new(err);
    if (b->codec)
        return b;
    free(b);
    return NULL;
}

void batch_free(void *batch)
{
    struct batch *b = batch;
    if (!b)
        return;
    buf_free(&b->bytes);
    buf_free(&b->raw);
    buf_free(&b->packed);
    arena_free(&b->arena);
    block_codec_free(b->codec);
    free(b);
}

void batch_clear(struct batch *b)
{
    buf_clear(&b->bytes);
    buf_clear(&b->raw);
    buf_clear(&b->packed);
    b->rows.v = NULL;
    b->uses.v = NULL;
    b->blocks.v = NULL;
    b->rows.n = b->rows.cap = b->uses.n = b->uses.cap = b->blocks.n = b->blocks.cap = 0;
    arena_reset(&b->arena);
}

static struct span add_bytes(struct batch *b, struct str s)
{
    struct span at = {b->bytes.n, s.n};
    buf_str(&b->bytes, s);
    return at;
}

/* Compresses what has collected in `raw` into a block. */
static bool close_block(struct batch *b, struct err *err)
{
    if (!b->raw.n)
        return true;
    struct batch_block *k = VEC_PUSH(&b->arena, &b->blocks);
    if (!k)
        return err_memory(err);
    k->size = b->raw.n;
    k->data.at = b->packed.n;
    if (!block_pack(b->codec, buf_view(&b->raw), &b->packed, err))
        return false;
    k->data.n = b->packed.n - k->data.at;
    buf_clear(&b->raw);
    return true;
}

static bool same_product(const struct criterion *a, const struct criterion *b)
{
    return str_eq(a->cpe.attr[CPE_PRODUCT], b->cpe.attr[CPE_PRODUCT]) &&
           str_eq(a->cpe.attr[CPE_VENDOR], b->cpe.attr[CPE_VENDOR]);
}

/* Is this product's turn earlier: was it named by a vulnerable criterion before `i`? */
static bool seen_before(const struct vuln *v, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (v->criteria.v[k].vulnerable && same_product(&v->criteria.v[k], &v->criteria.v[i]))
            return true;
    return false;
}

/* All vulnerable criteria of the product of criterion `first`, as the payload of its segment. */
static bool add_use(struct batch *b, const struct vuln *v, size_t first, bool alone,
                    struct err *err)
{
    const struct criterion *lead = &v->criteria.v[first];
    struct batch_use *u = VEC_PUSH(&b->arena, &b->uses);
    if (!u)
        return err_memory(err);
    u->vendor = add_bytes(b, lead->cpe.attr[CPE_VENDOR]);
    u->product = add_bytes(b, lead->cpe.attr[CPE_PRODUCT]);
    u->payload.at = b->bytes.n;
    buf_char(&b->bytes, alone ? ENTRY_ALONE : 0);
    size_t n = 0;
    for (size_t i = first; i < v->criteria.n; i++)
        n += v->criteria.v[i].vulnerable && same_product(&v->criteria.v[i], lead);
    put_varint(&b->bytes, n);
    for (size_t i = first; i < v->criteria.n; i++)
        if (v->criteria.v[i].vulnerable && same_product(&v->criteria.v[i], lead))
            put_criterion(&b->bytes, &v->criteria.v[i], false);
    u->payload.n = b->bytes.n - u->payload.at;
    return true;
}

/*
 * Criteria of one product mostly stand together, so the last product is tried first; records with
 * very many products (thousands of devices) are rare enough for the square of what remains.
 */
static bool add_uses(struct batch *b, const struct vuln *v, bool alone, struct err *err)
{
    const struct criterion *last = NULL;
    for (size_t i = 0; i < v->criteria.n; i++) {
        const struct criterion *c = &v->criteria.v[i];
        if (!c->vulnerable || (last && same_product(last, c)))
            continue;
        last = c;
        if (!seen_before(v, i) && !add_use(b, v, i, alone, err))
            return false;
    }
    return true;
}

bool batch_add(void *batch, const struct vuln *v, struct err *err)
{
    struct batch *b = batch;
    struct batch_row row = {
        .modified = v->modified, .published = v->published, .rejected = v->rejected};
    bool flat = is_flat(v);
    row.name = add_bytes(b, v->id);
    row.source = add_bytes(b, v->source);
    row.facts.at = b->bytes.n;
    put_facts(&b->bytes, v);
    row.facts.n = b->bytes.n - row.facts.at;
    row.structure.at = b->bytes.n;
    if (!flat)
        put_structure(&b->bytes, v);
    row.structure.n = b->bytes.n - row.structure.at;
    row.first_use = b->uses.n;
    if (!v->rejected && !add_uses(b, v, flat, err))
        return false;
    row.uses = b->uses.n - row.first_use;
    row.block = b->blocks.n;
    row.at = b->raw.n;
    put_details(&b->raw, v, flat);
    struct batch_row *slot = VEC_PUSH(&b->arena, &b->rows);
    if (!slot || b->bytes.error || b->raw.error)
        return err_memory(err);
    *slot = row;
    return b->raw.n < BLOCK_BYTES || close_block(b, err);
}

bool batch_seal(void *batch, struct err *err)
{
    return close_block(batch, err);
}
