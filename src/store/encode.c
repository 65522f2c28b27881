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
    put_varint(b, v->cwes.n);
    for (size_t i = 0; i < v->cwes.n; i++)
        put_str(b, v->cwes.v[i]);
    put_varint(b, v->unreadable);
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

void put_details(struct buf *b, const struct vuln *v, bool with_structure)
{
    put_str(b, v->description);
    put_str(b, v->status);
    put_varint(b, v->references.n);
    for (size_t i = 0; i < v->references.n; i++) {
        put_str(b, v->references.v[i].url);
        put_str(b, v->references.v[i].tags);
    }
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
