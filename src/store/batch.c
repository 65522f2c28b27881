/* SPDX-License-Identifier: Apache-2.0 */
#include "store/batch_priv.h"

#include "base/map.h"
#include "base/banned.h"

/*
 * Details are compressed in blocks of about this size: small enough to unpack for one finding,
 * large enough to compress well and to fill the pages of the file.
 */
#define BLOCK_BYTES ((size_t)64 << 10)

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
    buf_free(&b->key);
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

/* The criteria of each product of a record, chained; index + 1, so that 0 is none. */
struct chains {
    uint32_t *next; /* by criterion: the next one of its product */
    uint32_t *last; /* by criterion that is the first of its product: the last one */
    uint32_t *first;
    size_t n_first;
    struct map by_name; /* index in first; only of records with many products */
};
#define MANY_PRODUCTS 32

/* The product's place in `first`, which gets a new one when needed. */
static bool find_chain(struct batch *b, struct chains *s, const struct vuln *v, size_t i,
                       uint64_t *at, struct err *err)
{
    const struct criterion *c = &v->criteria.v[i];
    struct str vendor = c->cpe.attr[CPE_VENDOR], product = c->cpe.attr[CPE_PRODUCT];
    char *key = NULL;
    /* The latest first, because the criteria of a product mostly stand together; then the first
     * few. */
    for (size_t k = 0; k < s->n_first && k <= MANY_PRODUCTS; k++) {
        size_t try = k ? k - 1 : s->n_first - 1;
        if (same_product(&v->criteria.v[s->first[try]], c)) {
            *at = try;
            return true;
        }
    }
    if (s->n_first >= MANY_PRODUCTS) {
        key = arena_alloc(&b->arena, vendor.n + 1 + product.n);
        if (!key)
            return err_memory(err);
        memcpy(key, vendor.p, vendor.n);
        memcpy(key + vendor.n + 1, product.p, product.n);
        if (map_get(&s->by_name, str_make(key, vendor.n + 1 + product.n), at))
            return true;
    }
    *at = s->n_first;
    s->first[s->n_first++] = (uint32_t)i;
    return !key || map_put(&s->by_name, str_make(key, vendor.n + 1 + product.n), *at, err);
}

/* All vulnerable criteria of one product, as the payload of its segment. */
static bool add_use(struct batch *b, const struct vuln *v, const struct chains *s, size_t first,
                    bool alone, struct err *err)
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
    for (size_t i = first + 1; i; i = s->next[i - 1])
        n++;
    put_varint(&b->bytes, n);
    for (size_t i = first + 1; i; i = s->next[i - 1])
        put_criterion(&b->bytes, &v->criteria.v[i - 1], false);
    u->payload.n = b->bytes.n - u->payload.at;
    return true;
}

static bool add_uses(struct batch *b, const struct vuln *v, bool alone, struct err *err)
{
    uint32_t *room = arena_array(&b->arena, 3 * v->criteria.n + 1, sizeof *room);
    if (!room)
        return err_memory(err);
    struct chains s = {
        .next = room, .last = room + v->criteria.n, .first = room + 2 * v->criteria.n};
    bool ok = true;
    for (size_t i = 0; ok && i < v->criteria.n; i++) {
        uint64_t at;
        if (!v->criteria.v[i].vulnerable)
            continue;
        ok = find_chain(b, &s, v, i, &at, err);
        if (ok && s.first[at] != i)
            s.next[s.last[s.first[at]]] = (uint32_t)i + 1;
        if (ok)
            s.last[s.first[at]] = (uint32_t)i;
    }
    for (size_t i = 0; ok && i < s.n_first; i++)
        ok = add_use(b, v, &s, s.first[i], alone, err);
    map_free(&s.by_name);
    return ok;
}

/* A name as the key of a map, in b->key. */
static struct str name_key(struct batch *b, const struct affected_name *name)
{
    const struct str texts[] = {name->ecosystem, name->cpe.attr[CPE_PRODUCT],
                                name->cpe.attr[CPE_VENDOR]};
    buf_clear(&b->key);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        buf_str(&b->key, texts[i]);
        buf_char(&b->key, '\0');
    }
    return buf_view(&b->key);
}

/* The names of which some list of the record speaks in versions; none when all lists do. */
static bool find_decided(struct batch *b, const struct vuln *v, struct map *decided,
                         struct err *err)
{
    bool commits = false;
    for (size_t i = 0; i < v->affected.n; i++)
        commits |= only_commits(&v->affected.v[i]);
    for (size_t i = 0; commits && i < v->affected.n; i++) {
        const struct affected *a = &v->affected.v[i];
        for (size_t k = 0; k < a->names.n && !only_commits(a); k++) {
            struct str key = name_key(b, &a->names.v[k]);
            uint64_t there;
            if (b->key.error)
                return err_memory(err);
            if (!map_get(decided, key, &there) &&
                (!arena_dup(&b->arena, key, &key, err) || !map_put(decided, key, 0, err)))
                return false;
        }
    }
    return true;
}

/* Each version list, under each of its names. */
static bool add_known_lists(struct batch *b, const struct vuln *v, const struct map *decided,
                            struct err *err)
{
    for (size_t i = 0; i < v->affected.n; i++) {
        const struct affected *a = &v->affected.v[i];
        bool commits = only_commits(a);
        for (size_t k = 0; k < a->names.n; k++) {
            const struct affected_name *name = &a->names.v[k];
            uint64_t there;
            if (commits && map_get(decided, name_key(b, name), &there))
                continue;
            struct batch_use *u = VEC_PUSH(&b->arena, &b->uses);
            if (!u)
                return err_memory(err);
            u->package = name->ecosystem.n > 0;
            u->vendor = add_bytes(b, u->package ? name->ecosystem : name->cpe.attr[CPE_VENDOR]);
            u->product = add_bytes(b, name->cpe.attr[CPE_PRODUCT]);
            u->payload.at = b->bytes.n;
            buf_char(&b->bytes, ENTRY_ALONE | ENTRY_LIST);
            put_list(&b->bytes, a, name);
            u->payload.n = b->bytes.n - u->payload.at;
        }
    }
    return true;
}

static bool add_lists(struct batch *b, const struct vuln *v, struct err *err)
{
    struct map decided = {0};
    bool ok = find_decided(b, v, &decided, err) && add_known_lists(b, v, &decided, err);
    map_free(&decided);
    return ok;
}

/* The ids other than its own that lead to the record. */
static struct span add_others(struct batch *b, const struct vuln *v)
{
    struct span at = {b->bytes.n, 0};
    put_varint(&b->bytes, v->aliases.n + v->upstream.n);
    for (size_t i = 0; i < v->aliases.n; i++)
        put_str(&b->bytes, v->aliases.v[i]);
    for (size_t i = 0; i < v->upstream.n; i++)
        put_str(&b->bytes, v->upstream.v[i]);
    at.n = b->bytes.n - at.at;
    return at;
}

/* What it repeats of a catalogue; of several the first, as a finding has one. */
static struct span add_kev(struct batch *b, const struct vuln *v)
{
    struct span at = {b->bytes.n, 0};
    if (v->rejected || !v->kev.n)
        return at;
    buf_add(&b->bytes, "\0\0\0", CHECK_BYTES);
    put_kev(&b->bytes, &v->kev.v[0]);
    if (b->bytes.error)
        return at;
    at.n = b->bytes.n - at.at;
    put_check(b->bytes.p + at.at, str_make(b->bytes.p + at.at + CHECK_BYTES, at.n - CHECK_BYTES));
    return at;
}

bool batch_add(void *batch, const struct vuln *v, struct err *err)
{
    struct batch *b = batch;
    struct batch_row row = {.modified = v->modified,
                            .published = v->published,
                            .rejected = v->rejected,
                            .key = vuln_single_key(v)};
    bool flat = is_flat(v);
    size_t start = b->bytes.n;
    row.name = add_bytes(b, v->id);
    row.source = add_bytes(b, v->source);
    row.part = add_bytes(b, v->part);
    row.others = add_others(b, v);
    row.facts.at = b->bytes.n;
    put_facts(&b->bytes, v);
    row.facts.n = b->bytes.n - row.facts.at;
    row.structure.at = b->bytes.n;
    if (!flat)
        put_structure(&b->bytes, v);
    row.structure.n = b->bytes.n - row.structure.at;
    row.first_use = b->uses.n;
    if (!v->rejected && (!add_uses(b, v, flat, err) || !add_lists(b, v, err)))
        return false;
    row.uses = b->uses.n - row.first_use;
    row.kev = add_kev(b, v);
    row.block = b->blocks.n;
    row.at = b->raw.n;
    put_details(&b->raw, v, flat);
    struct batch_row *slot = VEC_PUSH(&b->arena, &b->rows);
    if (!slot || b->bytes.error || b->raw.error)
        return err_memory(err);
    buf_char(&b->bytes, (char)v->rejected);
    put_i64(&b->bytes, v->published);
    row.hash = block_checksum(str_from(buf_view(&b->bytes), start)) ^
               block_checksum(str_from(buf_view(&b->raw), row.at));
    *slot = row;
    return b->raw.n < BLOCK_BYTES || close_block(b, err);
}

bool batch_seal(void *batch, struct err *err)
{
    return close_block(batch, err);
}
