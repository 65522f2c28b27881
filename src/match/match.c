/* SPDX-License-Identifier: Apache-2.0 */
#include "match/match_priv.h"

#include "base/banned.h"

/* A record that covers a subject, before it is a finding. */
struct hit {
    uint32_t record;
    bool alone;                  /* else the structure decides */
    bool undecided;              /* covers if an unknown attribute is right */
    const struct target *target; /* what was compared */
    struct str vendor, product;  /* of the criterion that covers ... */
    struct str raw; /* ... and the rest of it, undecoded: most hits are many and alike */
};

struct matcher {
    struct store *store;
    struct arena *arena;
    struct arena scratch;
    const struct match_options *opt;
    struct report *report;
    struct device device;
    VEC(struct hit) hits; /* of the subject at hand; in the arena */
    struct buf text;      /* for names on their way into the arena */
};

static bool add_hit(struct matcher *m, const struct target *t, const struct store_segment *seg,
                    const struct store_entry *e, struct str raw, enum verdict v, struct err *err)
{
    struct hit *h = VEC_PUSH(m->arena, &m->hits);
    if (!h)
        return err_memory(err);
    *h = (struct hit){e->record, e->alone, v == YES_UNDECIDED, t, seg->vendor, seg->product, raw};
    /* The segment's memory is reused by the next one. */
    return arena_dup(m->arena, raw, &h->raw, err);
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
        struct criterion c;
        struct str best = {0};
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
                best = e.raw;
                found = v;
            }
        }
        if (found != NO && !add_hit(m, t, &seg, &e, best, found, err))
            return false;
    }
}

/* Searches the records of a product for one way to see the subject: as the CPE `cpe`, or as itself
 * (NULL). */
static bool search_as(struct matcher *m, const struct subject *s, const struct cpe *cpe,
                      struct str vendor, struct str product, const struct store_products *found,
                      struct err *err)
{
    struct target *t = arena_alloc(m->arena, sizeof *t);
    if (!t)
        return err_memory(err);
    target_init(t, s, cpe);
    t->platform = m->report->inventories.v[s->inventory].platform;
    for (size_t k = 0; k < found->n; k++) {
        struct str v = found->v[k].vendor;
        if (!cpe_is_any(vendor) && !cpe_is_any(v) && !str_eq(v, vendor))
            continue;
        if (!search_product(m, t, found->v[k].id, v, product, err))
            return false;
    }
    return true;
}

/* Every CPE that the inventory stated for this product: they may differ in version or edition. */
static bool search_stated(struct matcher *m, const struct subject *s, struct str vendor,
                          struct str product, const struct store_products *found, struct err *err)
{
    const struct inventory *inv = &m->report->inventories.v[s->inventory];
    for (size_t i = 0; i < s->packages.n; i++) {
        const struct component *c = &inv->components.v[s->packages.v[i]];
        for (size_t k = 0; k < c->cpes.n; k++) {
            struct err ignored = {0};
            struct cpe *cpe = arena_alloc(m->arena, sizeof *cpe);
            if (!cpe)
                return err_memory(err);
            if (!cpe_parse(m->arena, c->cpes.v[k], cpe, &ignored)) {
                if (ignored.code == ERR_MEMORY)
                    return err_memory(err);
            } else if (str_eq(cpe->attr[CPE_VENDOR], vendor) &&
                       str_eq(cpe->attr[CPE_PRODUCT], product)) {
                if (!search_as(m, s, cpe, vendor, product, found, err))
                    return false;
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
        (void)str_split(s->products.v[i], ':', &vendor, &product);
        if (!store_products_named(m->store, product, m->arena, &found, err))
            return false;
        bool ok = s->identified_by == IDENTIFIED_CPE
                      ? search_stated(m, s, vendor, product, &found, err)
                      : search_as(m, s, NULL, vendor, product, &found, err);
        if (!ok)
            return false;
    }
    return true;
}

/* CPE name and version condition of a criterion as texts, in the arena; `range` may be NULL. */
static bool criterion_text(struct matcher *m, const struct criterion *c, struct str *name,
                           struct str *range, struct err *err)
{
    struct str both;
    buf_clear(&m->text);
    cpe_write(&m->text, &c->cpe);
    size_t n = m->text.n;
    if (range)
        criterion_range(c, &m->text);
    if (m->text.error || !arena_dup(m->arena, buf_view(&m->text), &both, err))
        return err_memory(err);
    *name = str_first(both, n);
    if (range)
        *range = str_from(both, n);
    return true;
}

static bool add_fixed_in(struct matcher *m, struct finding *f, struct str version, struct err *err)
{
    for (size_t i = 0; i < f->fixed_in.n; i++)
        if (str_eq(f->fixed_in.v[i], version))
            return true;
    struct str *slot = VEC_PUSH(m->arena, &f->fixed_in);
    if (!slot)
        return err_memory(err);
    *slot = version;
    return true;
}

static bool add_evidence(struct matcher *m, struct finding *f, struct str source,
                         const struct criterion *c, const struct criterion *undecided,
                         struct str note, struct err *err)
{
    struct evidence e = {.source = source, .note = note};
    struct str platform = {0};
    if (!criterion_text(m, c, &e.criterion, &e.range, err))
        return false;
    for (size_t i = 0; i < f->evidence.n; i++)
        if (str_eq(f->evidence.v[i].criterion, e.criterion) &&
            str_eq(f->evidence.v[i].range, e.range))
            return true;
    if (undecided &&
        (!criterion_text(m, undecided, &platform, NULL, err) ||
         !arena_printf(
             m->arena, &e.note, err,
             "applies together with %.*s, which the inventory does not decide; taken to apply",
             STR_ARG(platform))))
        return false;
    struct evidence *slot = VEC_PUSH(m->arena, &f->evidence);
    if (!slot)
        return err_memory(err);
    *slot = e;
    return !c->end_excluding.n || is_commit(c->end_excluding) ||
           add_fixed_in(m, f, c->end_excluding, err);
}

/* What a report says of a finding that rests on something unknown. */
static const struct str unknown_attribute =
    STR_INIT("the criterion names an edition, platform or commit that the inventory does not tell; "
             "taken to apply");
static const struct str unreadable_part =
    STR_INIT("a part of the record's conditions could not be read; taken to apply");

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

/*
 * A record with a structure, for every way to see the subject that hit it: one that surely applies,
 * else one that may.
 */
static bool judge_structure(struct matcher *m, const struct vuln *v, const struct hit *hits,
                            size_t n, const struct criterion **matched,
                            const struct criterion **undecided, enum truth *truth, struct err *err)
{
    *truth = FALSE_;
    for (size_t i = 0; i < n && *truth != TRUE_; i++) {
        const struct criterion *here = NULL, *open = NULL;
        enum truth t = FALSE_;
        if (i && hits[i].target == hits[i - 1].target)
            continue;
        if (!structure_applies(v, hits[i].target, &m->device, &m->scratch, &here, &open, &t, err))
            return false;
        if (t > *truth) {
            *truth = t;
            *matched = here;
            *undecided = open;
        }
    }
    arena_reset(&m->scratch);
    return true;
}

/* Hits of one record and one subject become one finding, unless the structure says it does not
 * apply. */
static bool make_finding(struct matcher *m, uint32_t subject, const struct hit *hits, size_t n,
                         struct err *err)
{
    struct store_record rec;
    struct criterion c;
    enum truth truth = TRUE_;
    const struct criterion *matched = &c, *undecided = NULL;
    if (!store_record_load(m->store, hits[0].record, m->arena, &rec, err))
        return false;
    if (rec.superseded)
        return true;
    if (!hits[0].alone && !judge_structure(m, &rec.v, hits, n, &matched, &undecided, &truth, err))
        return false;
    if (truth == FALSE_)
        return true;
    if (m->opt->details && !store_record_details(m->store, m->arena, &rec, err))
        return false;
    struct finding *f = VEC_PUSH(m->arena, &m->report->findings);
    if (!f)
        return err_memory(err);
    *f = (struct finding){.subject = subject,
                          .status = VEX_AFFECTED,
                          .decided_by = STR("match"),
                          .record = hits[0].record};
    take_record(f, &rec);
    if (!hits[0].alone)
        return add_evidence(m, f, rec.source, matched, undecided,
                            truth == UNKNOWN_ ? unreadable_part : (struct str){0}, err);
    for (size_t i = 0; i < n; i++) {
        store_criterion_decode(hits[i].raw, hits[i].vendor, hits[i].product, &c);
        struct str note = hits[i].undecided ? unknown_attribute : (struct str){0};
        if (!add_evidence(m, f, rec.source, &c, NULL, note, err))
            return false;
    }
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
    if (!search_subject(m, s, err))
        return false;
    bool sorted = true; /* one segment is; several are not */
    for (size_t i = 1; sorted && i < m->hits.n; i++)
        sorted = m->hits.v[i - 1].record <= m->hits.v[i].record;
    if (!sorted)
        qsort(m->hits.v, m->hits.n, sizeof *m->hits.v, by_record);
    if (!VEC_RESERVE(m->arena, &m->report->findings, m->hits.n))
        return err_memory(err);
    for (size_t i = 0, n; i < m->hits.n; i += n) {
        for (n = 1; i + n < m->hits.n && m->hits.v[i + n].record == m->hits.v[i].record;)
            n++;
        if (!make_finding(m, index, &m->hits.v[i], n, err))
            return false;
    }
    return true;
}

static int by_subject_and_id(const void *a, const void *b)
{
    const struct finding *x = *(const struct finding *const *)a,
                         *y = *(const struct finding *const *)b;
    if (x->subject != y->subject)
        return x->subject < y->subject ? -1 : 1;
    return str_compare_ids(x->id, y->id);
}

/* Findings are large and mostly in order: pointers are sorted, and only when that is needed. */
static bool sort_findings(struct arena *a, struct report *r, struct err *err)
{
    size_t n = r->findings.n, disorder = 0;
    const struct finding **order = arena_array(a, n + 1, sizeof *order);
    if (!order)
        return err_memory(err);
    for (size_t i = 0; i < n; i++) {
        order[i] = &r->findings.v[i];
        disorder += i && by_subject_and_id(&order[i - 1], &order[i]) > 0;
    }
    if (!disorder)
        return true;
    qsort(order, n, sizeof *order, by_subject_and_id);
    struct finding *sorted = arena_array(a, n, sizeof *sorted);
    if (!sorted)
        return err_memory(err);
    for (size_t i = 0; i < n; i++)
        sorted[i] = *order[i];
    r->findings.v = sorted;
    r->findings.cap = n;
    return true;
}

bool match_run(struct store *s, struct arena *a, const struct match_options *opt, struct report *r,
               struct err *err)
{
    struct matcher m = {.store = s, .arena = a, .opt = opt, .report = r};
    bool ok = subjects_make(s, a, r, err) && device_init(&m.device, r, err);
    for (size_t i = 0; ok && i < r->subjects.n; i++)
        ok = match_subject(&m, (uint32_t)i, err);
    ok = ok && sort_findings(a, r, err);
    buf_free(&m.text);
    device_free(&m.device);
    arena_free(&m.scratch);
    return ok;
}
