/* SPDX-License-Identifier: Apache-2.0 */
#include "match/findings_priv.h"

#include "base/banned.h"

/* Numbers near each other mostly stand near each other in the file: they stay together. */
static bool is_mine(const struct matcher *m, uint64_t key)
{
    return (key >> 10) % m->parts == m->part;
}

static bool add_hit(struct matcher *m, const struct store_entry *e, struct hit h, struct err *err)
{
    struct hit *slot = VEC_PUSH(m->arena, &m->hits);
    if (!slot)
        return err_memory(err);
    h.key = e->key;
    h.record = e->record;
    h.alone = e->alone;
    h.list = e->list;
    *slot = h;
    /* The segment's memory is reused by the next one. */
    return arena_dup(m->arena, h.raw, &slot->raw, err);
}

/* The criteria of an entry: the first that surely covers, else one that may. */
static bool try_criteria(struct matcher *m, const struct target *t, const struct store_segment *seg,
                         struct store_entry *e, struct hit h, struct err *err)
{
    enum verdict found = NO;
    bool another;
    struct criterion c;
    while (found != YES) {
        if (!store_entry_next(seg, e, &c, &another, err))
            return false;
        if (!another)
            break;
        enum verdict v = criterion_covers(&c, t);
        if (v == YES || (v == YES_UNDECIDED && found == NO) || !h.raw.n) {
            h.raw = e->raw;
            found = v == NO ? found : v;
        }
    }
    h.undecided = found == YES_UNDECIDED;
    h.against = found == NO;
    return (found == NO && !m->several) || add_hit(m, e, h, err);
}

static bool try_list(struct matcher *m, const struct target *t, const struct store_segment *seg,
                     const struct store_entry *e, struct hit h, struct err *err)
{
    struct store_list list;
    struct list_answer answer;
    if (!store_entry_list(seg, e, &list, err))
        return false;
    if (!list_decides(&list, t, &answer)) {
        err_set(err, ERR_DATABASE, "the database is damaged: a version list can not be read");
        return err_at_input(err, seg->path);
    }
    /* A bare package name against a bare text of a CNA: two guesses are none. */
    if (list.weak && t->subject->identified_by == IDENTIFIED_NAME)
        answer.verdict = NO;
    h.raw = list.raw;
    h.vague = answer.vague;
    h.undecided = answer.verdict == YES_UNDECIDED || (answer.verdict == YES && t->any_release);
    h.against = answer.verdict == NO;
    if (h.against && !(m->several && (answer.has_range || answer.status == STATUS_UNAFFECTED)))
        return true;
    return add_hit(m, e, h, err);
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
        const struct hit h = {
            .target = t, .vendor = vendor, .product = product, .package = t->package};
        if (!store_segment_next(&seg, &e, &more, err))
            return false;
        if (!more)
            return true;
        if (e.key && !is_mine(m, e.key))
            continue;
        if (!(e.list ? try_list(m, t, &seg, &e, h, err) : try_criteria(m, t, &seg, &e, h, err)))
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

/* Is "12" the release "12", "8" the release "8.9"? As far as both go. */
static bool release_is(struct str listed, struct str own)
{
    if (str_eq(listed, own))
        return true;
    return str_starts(own, listed) && own.n > listed.n && own.p[listed.n] == '.';
}

/* Packages of ecosystems; of releases only its own, or all when it is not known. */
static bool search_packages(struct matcher *m, const struct subject *s, struct err *err)
{
    for (size_t i = 0; i < s->in_ecosystem.n; i++) {
        const struct ecosystem_package *p = &s->in_ecosystem.v[i];
        struct store_products found = {0};
        struct target *t = arena_alloc(m->arena, sizeof *t);
        if (!t)
            return err_memory(err);
        target_init_package(t, s, p);
        if (!store_packages_named(m->store, p->name, m->arena, &found, err))
            return false;
        for (size_t k = 0; k < found.n; k++) {
            struct str name, release;
            bool has = str_split(found.v[k].vendor, ':', &name, &release);
            t->any_release = has && !p->release.n;
            if (!str_eq(name, p->ecosystem->name) ||
                (has && p->release.n && !release_is(release, p->release)))
                continue;
            if (!search_product(m, t, found.v[k].id, found.v[k].vendor, p->name, err))
                return false;
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
    return search_packages(m, s, err);
}

/* One more hit of the record, of the CVE `id`; the first takes the place of the one there is. */
static bool add_copy(struct matcher *m, size_t at, struct str id, bool *first, struct err *err)
{
    struct hit copy = m->hits.v[at];
    copy.key = vuln_key(id);
    copy.id = id;
    struct hit *slot = *first ? &m->hits.v[at] : VEC_PUSH(m->arena, &m->hits);
    if (!slot)
        return err_memory(err);
    *slot = copy;
    *first = false;
    return true;
}

/* An advisory about several vulnerabilities is a hit of each; one that names none, of its twins'.
 */
static bool expand_hit(struct matcher *m, size_t at, struct err *err)
{
    struct store_record *rec = arena_alloc(m->arena, sizeof *rec);
    size_t pos = 0;
    struct str id;
    bool first = true;
    if (!rec)
        return err_memory(err);
    if (!store_record_load(m->store, m->hits.v[at].record, m->arena, rec, err))
        return false;
    m->hits.v[at].loaded = rec;
    if (rec->superseded)
        return true;
    while (vuln_next_cve(&rec->v, &pos, &id))
        if (!add_copy(m, at, id, &first, err))
            return false;
    if (!first)
        return true;
    struct twins twins;
    if (!find_twins(m, &rec->v, &twins, err))
        return false;
    m->hits.v[at].id = twins.least;
    for (size_t i = 0; i < twins.ids.n; i++)
        if (vuln_key(twins.ids.v[i]) && !add_copy(m, at, twins.ids.v[i], &first, err))
            return false;
    return true;
}

static int by_id_and_record(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    int c = x->key ? 0 : str_cmp(x->id, y->id);
    return c ? c : x->record < y->record ? -1 : x->record > y->record;
}

/* Of what was not told apart by its number: what is ours. */
static void keep_mine(struct matcher *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->hits.n; i++)
        if (is_mine(m, m->hits.v[i].key))
            m->hits.v[n++] = m->hits.v[i];
    m->hits.n = n;
}

bool match_subject(struct matcher *m, uint32_t index, struct err *err)
{
    const struct subject *s = &m->report->subjects.v[index];
    m->hits.n = 0;
    if (!search_subject(m, s, err))
        return false;
    size_t found = m->hits.n, expanded = 0;
    for (size_t i = 0; i < found; i++) {
        expanded += !m->hits.v[i].key;
        if (!m->hits.v[i].key && !expand_hit(m, i, err))
            return false;
    }
    if (expanded)
        keep_mine(m);
    bool sorted = true;
    for (size_t i = 1; sorted && i < m->hits.n; i++)
        sorted = by_id_and_record(&m->hits.v[i - 1], &m->hits.v[i]) <= 0;
    if (!sorted)
        qsort(m->hits.v, m->hits.n, sizeof *m->hits.v, by_id_and_record);
    if (!VEC_RESERVE(m->arena, &m->findings, m->hits.n))
        return err_memory(err);
    for (size_t i = 0, n; i < m->hits.n; i += n) {
        const struct hit *h = &m->hits.v[i];
        for (n = 1; i + n < m->hits.n && h[n].key == h->key && (h->key || str_eq(h[n].id, h->id));)
            n++;
        if (!make_finding(m, index, h, n, err))
            return false;
    }
    return true;
}
