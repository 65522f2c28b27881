/* SPDX-License-Identifier: Apache-2.0 */
#include "match/match_priv.h"

#include "base/banned.h"

/* A record that covers a subject, before it is a finding. */
struct hit {
    uint32_t record;
    const struct target *target; /* what was compared */
    bool alone;                  /* else the structure decides */
    bool undecided;              /* covers if an unknown attribute is right */
    struct criterion criterion;  /* the first that covers; copied into the arena */
};

struct matcher {
    struct store *store;
    struct arena *arena;
    struct arena scratch;
    const struct match_options *opt;
    struct report *report;
    struct device device;
    VEC(struct hit) hits; /* of the subject at hand; in the arena */
};

static bool keep_criterion(struct arena *a, const struct criterion *c, struct criterion *out, struct err *err)
{
    *out = *c;
    /* Views of a segment or a scratch record: the finding needs its own. ANY is a literal. */
    for (size_t i = CPE_VENDOR; i < CPE_ATTRS; i++)
        if (!cpe_is_any(c->cpe.attr[i]) && !arena_dup(a, c->cpe.attr[i], &out->cpe.attr[i], err))
            return false;
    struct str *const bounds[] = {&out->start_including, &out->start_excluding, &out->end_including, &out->end_excluding};
    for (size_t i = 0; i < 4; i++)
        if (bounds[i]->n && !arena_dup(a, *bounds[i], bounds[i], err))
            return false;
    return true;
}

static bool add_hit(struct matcher *m, const struct target *t, const struct store_entry *e,
                    const struct criterion *c, enum verdict v, struct err *err)
{
    struct hit *h = VEC_PUSH(m->arena, &m->hits);
    if (!h)
        return err_memory(err);
    *h = (struct hit){.record = e->record, .target = t, .alone = e->alone, .undecided = v == YES_UNDECIDED};
    return keep_criterion(m->arena, c, &h->criterion, err);
}

/*
 * All records of one product. An entry that does not stand alone is a hit as soon as a criterion
 * covers: then its structure is looked at.
 */
static bool search_product(struct matcher *m, const struct target *t, int64_t id, struct str vendor,
                           struct str product, struct err *err)
{
    struct store_segment seg;
    struct store_entry e;
    bool more;
    if (!store_segment_open(m->store, id, vendor, product, &seg, err))
        return false;
    for (;;) {
        struct criterion c, best;
        enum verdict found = NO;
        bool another;
        if (!store_segment_next(&seg, &e, &more, err))
            return false;
        if (!more)
            return true;
        while (found != YES) {
            if (!store_entry_next(&seg, &e, &c, &another, err))
                return false;
            if (!another)
                break;
            enum verdict v = criterion_covers(&c, t);
            if (v == YES || (v == YES_UNDECIDED && found == NO)) {
                best = c;
                found = v;
            }
        }
        if (found != NO && !add_hit(m, t, &e, &best, found, err))
            return false;
    }
}

/* The CPE that the inventory stated for this product, or NULL. In the arena. */
static bool stated_cpe(struct matcher *m, const struct subject *s, struct str vendor, struct str product,
                       const struct cpe **out, struct err *err)
{
    const struct inventory *inv = &m->report->inventories.v[s->inventory];
    struct cpe *room = s->identified_by == IDENTIFIED_CPE ? arena_alloc(m->arena, sizeof *room) : NULL;
    *out = NULL;
    if (s->identified_by == IDENTIFIED_CPE && !room)
        return err_memory(err);
    for (size_t i = 0; room && i < s->packages.n; i++) {
        const struct component *c = &inv->components.v[s->packages.v[i]];
        for (size_t k = 0; k < c->cpes.n; k++) {
            struct err ignored = {0};
            if (!cpe_parse(m->arena, c->cpes.v[k], room, &ignored)) {
                if (ignored.code == ERR_MEMORY)
                    return err_memory(err);
            } else if (str_eq(room->attr[CPE_VENDOR], vendor) && str_eq(room->attr[CPE_PRODUCT], product)) {
                *out = room;
                return true;
            }
        }
    }
    return true;
}

static bool search_subject(struct matcher *m, const struct subject *s, struct err *err)
{
    for (size_t i = 0; i < s->products.n; i++) {
        struct str vendor, product;
        struct store_products found = {0};
        const struct cpe *cpe;
        struct target *t = arena_alloc(m->arena, sizeof *t);
        if (!t)
            return err_memory(err);
        (void)str_split(s->products.v[i], ':', &vendor, &product);
        if (!stated_cpe(m, s, vendor, product, &cpe, err) ||
            !store_products_named(m->store, product, m->arena, &found, err))
            return false;
        target_init(t, s, cpe);
        for (size_t k = 0; k < found.n; k++) {
            struct str v = found.v[k].vendor;
            if (!cpe_is_any(vendor) && !cpe_is_any(v) && !str_eq(v, vendor))
                continue;
            if (!search_product(m, t, found.v[k].id, v, product, err))
                return false;
        }
    }
    return true;
}

static bool add_evidence(struct matcher *m, struct finding *f, struct str source, const struct criterion *c,
                         const struct criterion *undecided, bool unknown_attribute, struct err *err)
{
    struct buf b = {0};
    struct str range, text;
    cpe_write(&b, &c->cpe);
    bool ok = !b.error && criterion_range(c, m->arena, &range, err) && arena_dup(m->arena, buf_view(&b), &text, err);
    buf_free(&b);
    if (!ok)
        return err_memory(err);
    for (size_t i = 0; i < f->evidence.n; i++)
        if (str_eq(f->evidence.v[i].criterion, text) && str_eq(f->evidence.v[i].range, range))
            return true;
    struct evidence *e = VEC_PUSH(m->arena, &f->evidence);
    if (!e)
        return err_memory(err);
    *e = (struct evidence){.source = source, .criterion = text, .range = range};
    if (unknown_attribute)
        e->note = STR("the criterion names an edition, language or platform the inventory does not tell; taken to apply");
    if (undecided) {
        cpe_write(&b, &undecided->cpe);
        ok = !b.error && arena_printf(m->arena, &e->note, err,
                                      "applies together with %.*s, which the inventory does not decide; taken to apply",
                                      STR_ARG(buf_view(&b)));
        buf_free(&b);
    }
    if (!ok)
        return err_memory(err);
    if (c->end_excluding.n) {
        for (size_t i = 0; i < f->fixed_in.n; i++)
            if (str_eq(f->fixed_in.v[i], c->end_excluding))
                return true;
        struct str *fixed = VEC_PUSH(m->arena, &f->fixed_in);
        if (!fixed)
            return err_memory(err);
        *fixed = c->end_excluding;
    }
    return true;
}

static void take_record(struct finding *f, const struct store_record *rec)
{
    const struct cvss *c = vuln_decisive_cvss(&rec->v);
    f->id = rec->id;
    f->published = rec->published;
    f->modified = rec->modified;
    f->cvss = c ? *c : (struct cvss){0};
    f->severity = severity_of(f->cvss.version, f->cvss.tenths);
    f->cwes.v = rec->v.cwes.v;
    f->cwes.n = f->cwes.cap = rec->v.cwes.n;
    f->description = rec->v.description;
    f->references.v = rec->v.references.v;
    f->references.n = f->references.cap = rec->v.references.n;
}

/* Hits of one record and one subject become one finding, unless the structure says it does not apply. */
static bool make_finding(struct matcher *m, uint32_t subject, const struct hit *hits, size_t n, struct err *err)
{
    struct store_record rec;
    const struct criterion *matched = &hits[0].criterion, *undecided = NULL;
    if (!store_record_load(m->store, hits[0].record, m->arena, &rec, err))
        return false;
    if (rec.superseded)
        return true;
    if (!hits[0].alone) {
        enum truth truth;
        if (!structure_applies(&rec.v, hits[0].target, &m->device, &m->scratch, &matched, &undecided, &truth, err))
            return false;
        arena_reset(&m->scratch);
        if (truth == FALSE_)
            return true;
    }
    if (m->opt->details && !store_record_details(m->store, m->arena, &rec, err))
        return false;
    struct finding *f = VEC_PUSH(m->arena, &m->report->findings);
    if (!f)
        return err_memory(err);
    *f = (struct finding){.subject = subject, .status = VEX_AFFECTED, .decided_by = STR("match"), .record = hits[0].record};
    take_record(f, &rec);
    if (!hits[0].alone)
        return add_evidence(m, f, rec.source, matched, undecided, false, err);
    for (size_t i = 0; i < n; i++)
        if (!add_evidence(m, f, rec.source, &hits[i].criterion, NULL, hits[i].undecided, err))
            return false;
    return true;
}

static int by_record(const void *a, const void *b)
{
    uint32_t x = ((const struct hit *)a)->record, y = ((const struct hit *)b)->record;
    return x < y ? -1 : x > y;
}

static bool match_subject(struct matcher *m, uint32_t index, struct err *err)
{
    const struct subject *s = &m->report->subjects.v[index];
    m->hits.n = 0;
    if (s->uncomparable || !search_subject(m, s, err))
        return s->uncomparable;
    if (m->hits.n)
        qsort(m->hits.v, m->hits.n, sizeof *m->hits.v, by_record);
    for (size_t i = 0, n; i < m->hits.n; i += n) {
        for (n = 1; i + n < m->hits.n && m->hits.v[i + n].record == m->hits.v[i].record;)
            n++;
        if (!make_finding(m, index, &m->hits.v[i], n, err))
            return false;
    }
    return true;
}

/* "CVE-2024-3094" before "CVE-2024-21626": by year, then by number; other ids as texts. */
static int by_id(struct str a, struct str b)
{
    return version_compare(VERSION_GENERIC, a, b) ? version_compare(VERSION_GENERIC, a, b) : str_cmp(a, b);
}

static int by_subject_and_id(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    if (x->subject != y->subject)
        return x->subject < y->subject ? -1 : 1;
    return by_id(x->id, y->id);
}

bool match_run(struct store *s, struct arena *a, const struct match_options *opt, struct report *r, struct err *err)
{
    struct matcher m = {.store = s, .arena = a, .opt = opt, .report = r};
    bool ok = subjects_make(s, a, r, err) && device_init(&m.device, a, r, opt->platform, err);
    for (size_t i = 0; ok && i < r->subjects.n; i++)
        ok = match_subject(&m, (uint32_t)i, err);
    if (ok && r->findings.n)
        qsort(r->findings.v, r->findings.n, sizeof *r->findings.v, by_subject_and_id);
    device_free(&m.device);
    arena_free(&m.scratch);
    return ok;
}
