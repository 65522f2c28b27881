/* SPDX-License-Identifier: Apache-2.0 */
#include "store/codes_priv.h"

#include "base/banned.h"

bool get_checked(struct str blob, struct str *data)
{
    char check[CHECK_BYTES];
    *data = str_from(blob, CHECK_BYTES);
    put_check(check, *data);
    return blob.n >= CHECK_BYTES && memcmp(blob.p, check, CHECK_BYTES) == 0;
}

uint64_t get_varint(struct cursor *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (c->p >= c->end)
            break;
        unsigned char byte = (unsigned char)*c->p++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return v;
    }
    c->bad = true;
    c->p = c->end;
    return 0;
}

struct str get_str(struct cursor *c)
{
    uint64_t n = get_varint(c);
    if (n > (uint64_t)(c->end - c->p)) {
        c->bad = true;
        c->p = c->end;
        return (struct str){0};
    }
    struct str s = {c->p, (size_t)n};
    c->p += n;
    return s;
}

unsigned get_byte(struct cursor *c)
{
    if (c->p < c->end)
        return (unsigned char)*c->p++;
    c->bad = true;
    return 0;
}

int64_t get_i64(struct cursor *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 8)
        v |= (uint64_t)get_byte(c) << shift;
    return (int64_t)v;
}

uint64_t get_key(struct cursor *c)
{
    uint64_t v = get_varint(c);
    return (v & 0x3f) << VULN_KEY_BITS | v >> 6;
}

bool get_range(struct cursor *c, struct version_range *out)
{
    unsigned flags = get_byte(c), scheme = get_byte(c);
    unsigned status = flags & RANGE_STATUS, order = flags >> RANGE_ORDER_SHIFT & 3;
    *out = (struct version_range){.single = flags & RANGE_SINGLE,
                                  .to_including = flags & RANGE_TO_INCLUDING};
    if (flags & RANGE_FROM)
        out->from = get_str(c);
    if (flags & RANGE_TO)
        out->to = get_str(c);
    if (status >= AFFECTED_STATUSES || order >= RANGE_ORDERS || scheme >= VERSION_SCHEMES)
        c->bad = true;
    if (c->bad)
        return false;
    out->status = (enum affected_status)status;
    out->order = (enum range_order)order;
    out->scheme = (enum version_scheme)scheme;
    return true;
}

#define ANY STR_INIT("*")
static const struct criterion blank = {
    .cpe = {{ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY}}};

void get_criterion(struct cursor *c, struct str vendor, struct str product, struct criterion *out)
{
    static const struct str parts[] = {ANY, STR_INIT("a"), STR_INIT("o"), STR_INIT("h")};
    unsigned first = get_byte(c), second = get_byte(c);
    *out = blank;
    out->cpe.attr[CPE_PART] = parts[first & CRIT_PART];
    out->vulnerable = first & CRIT_VULNERABLE;
    out->cpe.attr[CPE_VENDOR] = second & CRIT_NAMED ? get_str(c) : vendor;
    out->cpe.attr[CPE_PRODUCT] = second & CRIT_NAMED ? get_str(c) : product;
    if (first & CRIT_VERSION)
        out->cpe.attr[CPE_VERSION] = get_str(c);
    if (first & CRIT_START_IN)
        out->start_including = get_str(c);
    if (first & CRIT_START_EX)
        out->start_excluding = get_str(c);
    if (first & CRIT_END_IN)
        out->end_including = get_str(c);
    if (first & CRIT_END_EX)
        out->end_excluding = get_str(c);
    for (unsigned i = CPE_UPDATE; i <= CPE_OTHER; i++)
        if (second & 1u << (i - CPE_UPDATE))
            out->cpe.attr[i] = get_str(c);
}

static bool damaged(struct err *err)
{
    return err_set(err, ERR_DATABASE, "the database is damaged: a record can not be decoded");
}

/* A count can not be larger than the bytes left; who uses it stops where they end. */
static bool get_count(struct cursor *c, size_t *n)
{
    uint64_t v = get_varint(c);
    if (c->bad || v > (uint64_t)(c->end - c->p))
        c->bad = true;
    *n = c->bad ? 0 : (size_t)v;
    return !c->bad;
}

static bool get_strings(struct cursor *c, struct arena *a, void *vec, struct err *err)
{
    size_t n;
    if (!get_count(c, &n))
        return damaged(err);
    for (size_t i = 0; i < n && !c->bad; i++) {
        struct str *s = vec_push(a, vec, sizeof *s);
        if (!s)
            return err_memory(err);
        *s = get_str(c);
    }
    return !c->bad || damaged(err);
}

bool get_facts(struct cursor *c, struct arena *a, struct vuln *v, struct err *err)
{
    size_t n;
    if (!get_count(c, &n))
        return damaged(err);
    for (size_t i = 0; i < n && !c->bad; i++) {
        struct cvss *s = VEC_PUSH(a, &v->cvss);
        if (!s)
            return err_memory(err);
        unsigned kind = get_byte(c);
        if ((kind & 0x7f) >= CVSS_VERSIONS)
            return damaged(err);
        s->version = (enum cvss_version)(kind & 0x7f);
        s->primary = kind & 0x80;
        s->tenths = get_byte(c);
        if (s->tenths > 100)
            return damaged(err);
        s->vector = get_str(c);
        s->source = get_str(c);
    }
    if (!get_strings(c, a, &v->cwes, err))
        return false;
    v->unreadable = (uint32_t)get_varint(c);
    unsigned severity = get_byte(c);
    if (severity >= SEVERITIES)
        return damaged(err);
    v->stated_severity = (enum severity)severity;
    return get_strings(c, a, &v->aliases, err) && get_strings(c, a, &v->upstream, err);
}

static bool get_nodes(struct cursor *c, struct arena *a, struct vuln *v, struct err *err)
{
    size_t n;
    if (!get_count(c, &n))
        return damaged(err);
    for (size_t i = 0; i < n && !c->bad; i++) {
        struct node *node = VEC_PUSH(a, &v->nodes);
        if (!node)
            return err_memory(err);
        unsigned flags = get_byte(c);
        uint64_t parent = get_varint(c);
        node->and_ = flags & 1;
        node->negate = flags & 2;
        node->lossy = flags & 4;
        node->parent = parent ? (uint32_t)(parent - 1) : NODE_NO_PARENT;
        node->first = (uint32_t)get_varint(c);
        node->count = (uint32_t)get_varint(c);
        if (c->bad || parent > i)
            return damaged(err);
    }
    return true;
}

bool get_structure(struct cursor *c, struct arena *a, struct vuln *v, struct err *err)
{
    size_t n;
    if (!get_nodes(c, a, v, err) || !get_count(c, &n))
        return damaged(err);
    for (size_t i = 0; i < n && !c->bad; i++) {
        struct criterion *k = VEC_PUSH(a, &v->criteria);
        if (!k)
            return err_memory(err);
        get_criterion(c, (struct str)ANY, (struct str)ANY, k);
    }
    for (size_t i = 0; i < v->nodes.n; i++)
        if ((uint64_t)v->nodes.v[i].first + v->nodes.v[i].count > v->criteria.n)
            return damaged(err);
    return !c->bad || damaged(err);
}

static bool get_names(struct cursor *c, struct arena *a, struct affected *f, struct err *err)
{
    size_t n;
    if (!get_count(c, &n))
        return damaged(err);
    for (size_t i = 0; i < n && !c->bad; i++) {
        struct affected_name *name = VEC_PUSH(a, &f->names);
        struct criterion k;
        if (!name)
            return err_memory(err);
        name->ecosystem = get_str(c);
        name->weak = get_byte(c);
        get_criterion(c, (struct str)ANY, (struct str)ANY, &k);
        name->cpe = k.cpe;
    }
    return !c->bad || damaged(err);
}

static bool get_affected(struct cursor *c, struct arena *a, struct affected *f, struct err *err)
{
    struct str *const texts[] = {&f->provider, &f->vendor,     &f->product, &f->package,
                                 &f->purl,     &f->collection, &f->repo};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = get_str(c);
    unsigned fallback = get_byte(c);
    f->lossy = fallback & LIST_LOSSY;
    fallback &= ~(unsigned)LIST_LOSSY;
    if (fallback >= AFFECTED_STATUSES || !get_names(c, a, f, err))
        return damaged(err);
    f->fallback = (enum affected_status)fallback;
    struct cursor ranges = cursor_of(get_str(c));
    while (ranges.p < ranges.end) {
        struct version_range *r = VEC_PUSH(a, &f->ranges);
        if (!r)
            return err_memory(err);
        if (!get_range(&ranges, r))
            return damaged(err);
    }
    return get_strings(c, a, &f->program_files, err) && get_strings(c, a, &f->modules, err) &&
           get_strings(c, a, &f->platforms, err);
}

void get_kev(struct cursor *c, struct kev *k)
{
    struct str *const texts[] = {&k->id,   &k->source, &k->vendor, &k->product,
                                 &k->name, &k->action, &k->notes};
    k->added = get_i64(c);
    k->due = get_i64(c);
    k->ransomware = get_byte(c);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = get_str(c);
}

static bool get_ssvc(struct cursor *c, struct ssvc *s)
{
    s->source = get_str(c);
    if (s->source.n) {
        s->exploitation = get_str(c);
        s->automatable = get_str(c);
        s->technical_impact = get_str(c);
    }
    return !c->bad;
}

bool get_texts(struct cursor *c, struct arena *a, struct vuln *v, struct err *err)
{
    size_t n;
    v->description = get_str(c);
    v->status = get_str(c);
    if (!get_count(c, &n))
        return damaged(err);
    for (size_t i = 0; i < n && !c->bad; i++) {
        struct reference *r = VEC_PUSH(a, &v->references);
        if (!r)
            return err_memory(err);
        r->url = get_str(c);
        r->tags = get_str(c);
    }
    v->title = get_str(c);
    return !c->bad || damaged(err);
}

bool get_details(struct cursor *c, struct arena *a, struct vuln *v, struct err *err)
{
    size_t n;
    if (!get_texts(c, a, v, err) || !get_strings(c, a, &v->related, err) ||
        !get_ssvc(c, &v->ssvc) || !get_count(c, &n))
        return damaged(err);
    for (size_t i = 0; i < n && !c->bad; i++) {
        struct kev *k = VEC_PUSH(a, &v->kev);
        if (!k)
            return err_memory(err);
        get_kev(c, k);
    }
    if (!get_count(c, &n))
        return damaged(err);
    for (size_t i = 0; i < n && !c->bad; i++) {
        struct affected *f = VEC_PUSH(a, &v->affected);
        if (!f)
            return err_memory(err);
        if (!get_affected(c, a, f, err))
            return false;
    }
    return !c->bad || damaged(err);
}
