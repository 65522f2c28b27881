/* SPDX-License-Identifier: Apache-2.0 */
#include "store/codes_priv.h"

#include "codec/block.h"

#include "base/banned.h"

void put_check(char check[CHECK_BYTES], struct str data)
{
    uint32_t crc = block_checksum(data);
    for (unsigned i = 0; i < CHECK_BYTES; i++)
        check[i] = (char)(crc >> (8 * i));
}

void put_varint(struct buf *b, uint64_t v)
{
    char bytes[10];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        bytes[n++] = (char)(v | 0x80);
    bytes[n++] = (char)v;
    buf_add(b, bytes, n);
}

void put_i64(struct buf *b, int64_t v)
{
    char bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (char)((uint64_t)v >> (8 * i));
    buf_add(b, bytes, sizeof bytes);
}

void put_str(struct buf *b, struct str s)
{
    put_varint(b, s.n);
    buf_str(b, s);
}

/* The number is mostly short and the year always is: the year goes to the low bits. */
#define YEAR_BITS 6

void put_key(struct buf *b, uint64_t key)
{
    put_varint(b, (key & (((uint64_t)1 << VULN_KEY_BITS) - 1)) << YEAR_BITS | key >> VULN_KEY_BITS);
}

static unsigned part_code(struct str part)
{
    char c = part.n == 1 ? part.p[0] : '*';
    return c == 'a' ? 1 : c == 'o' ? 2 : c == 'h' ? 3 : 0;
}

void put_criterion(struct buf *b, const struct criterion *c, bool named)
{
    const struct str bounds[] = {c->start_including, c->start_excluding, c->end_including,
                                 c->end_excluding};
    unsigned first = part_code(c->cpe.attr[CPE_PART]) | (c->vulnerable ? CRIT_VULNERABLE : 0u);
    unsigned second = named ? CRIT_NAMED : 0u;
    if (!cpe_is_any(c->cpe.attr[CPE_VERSION]))
        first |= CRIT_VERSION;
    for (unsigned i = 0; i < 4; i++)
        if (bounds[i].n)
            first |= (unsigned)CRIT_START_IN << i;
    for (unsigned i = CPE_UPDATE; i <= CPE_OTHER; i++)
        if (!cpe_is_any(c->cpe.attr[i]))
            second |= 1u << (i - CPE_UPDATE);
    buf_char(b, (char)first);
    buf_char(b, (char)second);
    if (named) {
        put_str(b, c->cpe.attr[CPE_VENDOR]);
        put_str(b, c->cpe.attr[CPE_PRODUCT]);
    }
    if (first & CRIT_VERSION)
        put_str(b, c->cpe.attr[CPE_VERSION]);
    for (unsigned i = 0; i < 4; i++)
        if (bounds[i].n)
            put_str(b, bounds[i]);
    for (unsigned i = CPE_UPDATE; i <= CPE_OTHER; i++)
        if (second & 1u << (i - CPE_UPDATE))
            put_str(b, c->cpe.attr[i]);
}

static void put_range(struct buf *b, const struct version_range *r)
{
    unsigned flags = (unsigned)r->status | (unsigned)r->order << RANGE_ORDER_SHIFT;
    flags |= (r->single ? RANGE_SINGLE : 0u) | (r->to_including ? RANGE_TO_INCLUDING : 0u) |
             (r->from.n ? RANGE_FROM : 0u) | (r->to.n ? RANGE_TO : 0u);
    buf_char(b, (char)flags);
    buf_char(b, (char)r->scheme);
    if (r->from.n)
        put_str(b, r->from);
    if (r->to.n)
        put_str(b, r->to);
}

bool only_commits(const struct affected *a)
{
    for (size_t i = 0; i < a->ranges.n; i++)
        if (a->ranges.v[i].order != RANGE_COMMITS)
            return false;
    return a->ranges.n > 0;
}

/* The names and versions of package lists are short and few: one length for all is enough. */
static void put_ranges(struct buf *b, const struct affected *a, bool commits_too)
{
    struct buf ranges = {0};
    for (size_t i = 0; i < a->ranges.n; i++)
        if (commits_too || a->ranges.v[i].order != RANGE_COMMITS)
            put_range(&ranges, &a->ranges.v[i]);
    put_str(b, buf_view(&ranges));
    if (ranges.error)
        b->error = ranges.error;
    buf_free(&ranges);
}

void put_list(struct buf *b, const struct affected *a, const struct affected_name *name)
{
    const struct criterion c = {.cpe = name->cpe, .vulnerable = true};
    put_str(b, a->provider);
    buf_char(b, (char)((unsigned)a->fallback | (name->weak ? LIST_WEAK : 0u) |
                       (only_commits(a) ? LIST_COMMITS : 0u) | (a->lossy ? LIST_LOSSY : 0u)));
    put_criterion(b, &c, false);
    put_ranges(b, a, false);
}

static void put_strings(struct buf *b, const struct str *v, size_t n)
{
    put_varint(b, n);
    for (size_t i = 0; i < n; i++)
        put_str(b, v[i]);
}
#define PUT_STRINGS(b, vec) put_strings((b), (vec).v, (vec).n)

void put_facts(struct buf *b, const struct vuln *v)
{
    put_varint(b, v->cvss.n);
    for (size_t i = 0; i < v->cvss.n; i++) {
        const struct cvss *c = &v->cvss.v[i];
        buf_char(b, (char)((unsigned)c->version | (c->primary ? 0x80u : 0u)));
        buf_char(b, (char)c->tenths);
        put_str(b, c->vector);
        put_str(b, c->source);
    }
    PUT_STRINGS(b, v->cwes);
    put_varint(b, v->unreadable);
    buf_char(b, (char)v->stated_severity);
    PUT_STRINGS(b, v->aliases);
    PUT_STRINGS(b, v->upstream);
}

void put_structure(struct buf *b, const struct vuln *v)
{
    put_varint(b, v->nodes.n);
    for (size_t i = 0; i < v->nodes.n; i++) {
        const struct node *n = &v->nodes.v[i];
        buf_char(b, (char)((n->and_ ? 1u : 0u) | (n->negate ? 2u : 0u) | (n->lossy ? 4u : 0u)));
        put_varint(b, n->parent == NODE_NO_PARENT ? 0 : (uint64_t)n->parent + 1);
        put_varint(b, n->first);
        put_varint(b, n->count);
    }
    put_varint(b, v->criteria.n);
    for (size_t i = 0; i < v->criteria.n; i++)
        put_criterion(b, &v->criteria.v[i], true);
}

static void put_affected(struct buf *b, const struct affected *a)
{
    const struct str texts[] = {a->provider, a->vendor,     a->product, a->package,
                                a->purl,     a->collection, a->repo};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        put_str(b, texts[i]);
    buf_char(b, (char)((unsigned)a->fallback | (a->lossy ? LIST_LOSSY : 0u)));
    put_varint(b, a->names.n);
    for (size_t i = 0; i < a->names.n; i++) {
        const struct affected_name *n = &a->names.v[i];
        const struct criterion c = {.cpe = n->cpe, .vulnerable = true};
        put_str(b, n->ecosystem);
        buf_char(b, (char)n->weak);
        put_criterion(b, &c, true);
    }
    put_ranges(b, a, true);
    PUT_STRINGS(b, a->program_files);
    PUT_STRINGS(b, a->modules);
    PUT_STRINGS(b, a->platforms);
}

void put_kev(struct buf *b, const struct kev *k)
{
    const struct str texts[] = {k->id,   k->source, k->vendor, k->product,
                                k->name, k->action, k->notes};
    put_i64(b, k->added);
    put_i64(b, k->due);
    buf_char(b, (char)k->ransomware);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        put_str(b, texts[i]);
}

void put_details(struct buf *b, const struct vuln *v, bool with_structure)
{
    put_str(b, v->description);
    put_str(b, v->status);
    put_varint(b, v->references.n);
    for (size_t i = 0; i < v->references.n; i++) {
        put_str(b, v->references.v[i].url);
        put_str(b, v->references.v[i].tags);
    }
    put_str(b, v->title);
    PUT_STRINGS(b, v->related);
    put_str(b, v->ssvc.source);
    if (v->ssvc.source.n) {
        put_str(b, v->ssvc.exploitation);
        put_str(b, v->ssvc.automatable);
        put_str(b, v->ssvc.technical_impact);
    }
    put_varint(b, v->kev.n);
    for (size_t i = 0; i < v->kev.n; i++)
        put_kev(b, &v->kev.v[i]);
    put_varint(b, v->affected.n);
    for (size_t i = 0; i < v->affected.n; i++)
        put_affected(b, &v->affected.v[i]);
    if (with_structure)
        put_structure(b, v);
}

bool is_flat(const struct vuln *v)
{
    for (size_t i = 0; i < v->nodes.n; i++) {
        const struct node *n = &v->nodes.v[i];
        if (n->negate || n->parent != NODE_NO_PARENT || (n->and_ && n->count > 1))
            return false;
    }
    return true;
}
