/* SPDX-License-Identifier: Apache-2.0 */
#include "match/findings_priv.h"

#include "base/banned.h"

static bool same_cpe(const struct cpe *a, const struct cpe *b)
{
    for (int i = 0; i < CPE_ATTRS; i++)
        if (!str_eq(a->attr[i], b->attr[i]))
            return false;
    return true;
}

/* The CPE name of a criterion as text, in the arena. */
static bool name_text(struct matcher *m, const struct cpe *cpe, struct str *name, struct err *err)
{
    *name = m->last_name;
    if (name->n && same_cpe(cpe, &m->last_cpe))
        return true;
    buf_clear(&m->text);
    cpe_write(&m->text, cpe);
    if (m->text.error)
        return err_memory(err);
    if (!arena_dup(m->arena, buf_view(&m->text), name, err))
        return false;
    m->last_name = *name;
    m->last_cpe = (struct cpe){0};
    /* Attributes with a meaning of their own live as long as the segment: only plain names last. */
    for (int i = CPE_VERSION; i < CPE_ATTRS; i++)
        if (!cpe_is_any(cpe->attr[i]))
            return true;
    m->last_cpe = *cpe;
    return true;
}

/* CPE name and version condition of a criterion as texts, in the arena. */
static bool criterion_text(struct matcher *m, const struct criterion *c, struct str *name,
                           struct str *range, struct err *err)
{
    if (!name_text(m, &c->cpe, name, err))
        return false;
    buf_clear(&m->text);
    criterion_range(c, &m->text);
    if (m->text.error)
        return err_memory(err);
    return arena_dup(m->arena, buf_view(&m->text), range, err);
}

/* Lists of a finding are short and compared one by one; what comes behind the first is looked up.
 */
#define FEW 32

/* Is the text in m->text seen for the first time? `list` tells what it is of. */
static bool first_time(struct matcher *m, char list, bool *first, struct err *err)
{
    struct str key;
    uint64_t there;
    buf_char(&m->text, list);
    if (m->text.error)
        return err_memory(err);
    *first = !map_get(&m->seen, buf_view(&m->text), &there);
    return !*first ||
           (arena_dup(m->arena, buf_view(&m->text), &key, err) && map_put(&m->seen, key, 0, err));
}

/* Adds a text to a list of texts unless it is there. */
static bool add_unique(struct matcher *m, char list, void *vec, struct str s, struct err *err)
{
    const struct vec_any *v = vec;
    const struct str *texts = v->v;
    bool first = true;
    for (size_t i = 0; i < v->n && i < FEW; i++)
        if (str_eq(texts[i], s))
            return true;
    if (v->n >= FEW) {
        buf_clear(&m->text);
        buf_str(&m->text, s);
        if (!first_time(m, list, &first, err))
            return false;
    }
    struct str *slot = first ? vec_push(m->arena, vec, sizeof *slot) : NULL;
    if (!slot && first)
        return err_memory(err);
    if (slot)
        *slot = s;
    return true;
}

static bool add_fixed_in(struct matcher *m, struct finding *f, struct str version, struct err *err)
{
    return add_unique(m, 'f', &f->fixed_in, version, err);
}

/* Adds it unless the same is said already. */
static bool add_evidence(struct matcher *m, struct finding *f, const struct evidence *e,
                         struct err *err)
{
    bool first = true;
    for (size_t i = 0; i < f->evidence.n && i < FEW; i++) {
        const struct evidence *x = &f->evidence.v[i];
        if (str_eq(x->source, e->source) && str_eq(x->provider, e->provider) &&
            str_eq(x->criterion, e->criterion) && str_eq(x->range, e->range) &&
            str_eq(x->record, e->record) && x->against == e->against)
            return true;
    }
    if (f->evidence.n >= FEW) {
        const struct str texts[] = {e->source, e->provider, e->criterion, e->range, e->record};
        buf_clear(&m->text);
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            buf_str(&m->text, texts[i]);
            buf_char(&m->text, '\0');
        }
        if (!first_time(m, e->against ? 'n' : 'y', &first, err))
            return false;
    }
    struct evidence *slot = first ? VEC_PUSH(m->arena, &f->evidence) : NULL;
    if (!slot && first)
        return err_memory(err);
    if (slot)
        *slot = *e;
    return true;
}

/* What a report says of a finding that rests on something unknown. */
static const struct str unknown_attribute =
    STR_INIT("the criterion names an edition, platform or commit that the inventory does not tell; "
             "taken to apply");
static const struct str unreadable_part =
    STR_INIT("a part of the record's conditions could not be read; taken to apply");
static const struct str no_versions =
    STR_INIT("the record names the product, and no version that can be compared; taken to apply");
static const struct str weak_name =
    STR_INIT("the product is named by the text of the record, not by a CPE name");
static const struct str unknown_release =
    STR_INIT("of which release of the distribution the package is, the inventory does not tell; "
             "taken to apply");

/* What one record says, with the hits it is known from. */
struct said {
    struct store_record rec;
    const struct hit *hits;
    size_t n;
    enum truth truth;                            /* FALSE_: it does not say "affected" */
    const struct criterion *matched, *undecided; /* of its structure */
};

static bool criterion_evidence(struct matcher *m, struct finding *f, const struct said *x,
                               const struct criterion *c, struct evidence *e, struct err *err)
{
    struct str platform = {0};
    if (!criterion_text(m, c, &e->criterion, &e->range, err))
        return false;
    if (!e->against && x->undecided &&
        (!name_text(m, &x->undecided->cpe, &platform, err) ||
         !arena_printf(
             m->arena, &e->note, err,
             "applies together with %.*s, which the inventory does not decide; taken to apply",
             STR_ARG(platform))))
        return false;
    return add_evidence(m, f, e, err) &&
           (e->against || !c->end_excluding.n || is_commit(c->end_excluding) ||
            add_fixed_in(m, f, c->end_excluding, err));
}

static bool list_evidence(struct matcher *m, struct finding *f, const struct hit *h,
                          struct evidence *e, struct err *err)
{
    struct store_list list;
    struct list_answer answer;
    store_list_decode(h->raw, h->vendor, h->product, &list);
    if (!list_decides(&list, h->target, &answer))
        return err_set(err, ERR_INTERNAL, "a list that was read once can not be read again");
    e->provider = list.provider;
    buf_clear(&m->text);
    list_text(&answer, &m->text);
    if (m->text.error || !arena_dup(m->arena, buf_view(&m->text), &e->range, err))
        return err_memory(err);
    bool ok = h->package ? arena_printf(m->arena, &e->criterion, err, "%.*s/%.*s",
                                        STR_ARG(h->vendor), STR_ARG(h->product))
                         : name_text(m, &list.c.cpe, &e->criterion, err);
    if (!e->against && h->vague)
        e->note = no_versions;
    else if (!e->against && h->undecided)
        e->note = h->package ? unknown_release : unknown_attribute;
    else if (list.weak)
        e->note = weak_name;
    const struct version_range *r = &answer.range;
    bool fixed = !e->against && answer.has_range && !r->single && !r->to_including && r->to.n &&
                 !str_eq(r->to, STR("*"));
    return ok && add_evidence(m, f, e, err) && (!fixed || add_fixed_in(m, f, r->to, err));
}

static bool add_said(struct matcher *m, struct finding *f, const struct said *x, struct err *err)
{
    struct evidence base = {.source = x->rec.v.source};
    if (!str_eq(x->rec.v.id, f->id))
        base.record = x->rec.v.id;
    for (size_t i = 0; i < x->n; i++) {
        const struct hit *h = &x->hits[i];
        struct evidence e = base;
        struct criterion c;
        e.against = h->against;
        /* A record that says both has said "affected". */
        if (h->against && x->truth != FALSE_)
            continue;
        if (h->list) {
            if (!list_evidence(m, f, h, &e, err))
                return false;
            continue;
        }
        if (!h->against && !h->alone && x->truth == FALSE_)
            continue; /* its structure needs more than this product: nothing said */
        const struct criterion *shown = h->alone || h->against ? &c : x->matched;
        if (shown == &c)
            store_criterion_decode(h->raw, h->vendor, h->product, &c);
        if (!h->against && h->alone && h->undecided)
            e.note = unknown_attribute;
        if (!h->against && !h->alone && x->truth == UNKNOWN_)
            e.note = unreadable_part;
        if (!criterion_evidence(m, f, x, shown, &e, err))
            return false;
    }
    return true;
}

/*
 * A record with a structure, for every way to see the subject that hit it: one that surely applies,
 * else one that may.
 */
static bool judge_structure(struct matcher *m, struct said *x, struct err *err)
{
    const struct target *last = NULL;
    for (size_t i = 0; i < x->n && x->truth != TRUE_; i++) {
        const struct criterion *here = NULL, *open = NULL;
        const struct hit *h = &x->hits[i];
        enum truth t = FALSE_;
        if (h->against || h->alone || h->target == last)
            continue;
        last = h->target;
        if (!structure_applies(&x->rec.v, h->target, m->device, &m->scratch, &here, &open, &t, err))
            return false;
        if (t > x->truth) {
            x->truth = t;
            x->matched = here;
            x->undecided = open;
        }
    }
    arena_reset(&m->scratch);
    return true;
}

static bool judge(struct matcher *m, struct said *x, struct err *err)
{
    bool alone = false;
    for (size_t i = 0; i < x->n; i++)
        alone |= x->hits[i].alone && !x->hits[i].against;
    if (!judge_structure(m, x, err))
        return false;
    if (alone)
        x->truth = TRUE_;
    return true;
}

/* Who is asked first for what a finding shows. */
static int rank_of(struct str source)
{
    return str_eq(source, STR("nvd")) ? 0 : str_eq(source, STR("cvelist")) ? 1 : 2;
}

static int by_source(const void *a, const void *b)
{
    const struct vuln *x = &((const struct said *)a)->rec.v, *y = &((const struct said *)b)->rec.v;
    int d = rank_of(x->source) - rank_of(y->source);
    d = d ? d : str_cmp(x->source, y->source);
    d = d ? d : str_cmp(x->id, y->id);
    return d ? d : str_cmp(x->part, y->part);
}

static bool decides_over(const struct cvss *a, const struct cvss *b)
{
    return a->version > b->version || (a->version == b->version && a->primary && !b->primary) ||
           (a->version == b->version && a->primary == b->primary && a->tenths > b->tenths);
}

/* Scores, weaknesses, dates and texts: of the first record that has them. */
static void take_facts(struct finding *f, const struct vuln *v)
{
    const struct cvss *c = vuln_decisive_cvss(v);
    if (c && decides_over(c, &f->cvss))
        f->cvss = *c;
    f->published = f->published == DATE_NONE ? v->published : f->published;
    f->modified = f->modified == DATE_NONE ? v->modified : f->modified;
    if (!f->cwes.n) {
        f->cwes.v = v->cwes.v;
        f->cwes.n = f->cwes.cap = v->cwes.n;
    }
    if (f->severity == SEVERITY_UNKNOWN)
        f->severity = v->stated_severity;
    f->description = f->description.n ? f->description : v->description;
    if (!f->references.n) {
        f->references.v = v->references.v;
        f->references.n = f->references.cap = v->references.n;
    }
}

static bool take_record(struct matcher *m, struct finding *f, struct said *x, struct err *err)
{
    struct store_record *shared = x->hits[0].loaded;
    if (m->opt->details &&
        !store_record_details(m->store, m->arena, shared ? shared : &x->rec, err))
        return false;
    if (shared)
        x->rec = *shared;
    take_facts(f, &x->rec.v);
    if (!f->record)
        f->record = x->hits[0].record;
    if (!str_eq(x->rec.v.id, f->id) && !add_unique(m, 'a', &f->aliases, x->rec.v.id, err))
        return false;
    for (size_t i = 0; i < x->rec.v.aliases.n; i++) {
        struct str alias = x->rec.v.aliases.v[i];
        /* Of a record about several CVEs the others are vulnerabilities of their own. */
        if (!str_eq(alias, f->id) && !(f->key && vuln_key(alias)) &&
            !add_unique(m, 'a', &f->aliases, alias, err))
            return false;
    }
    return true;
}

/* An advisory tells no score, and no text of its CVE: the CVE's own records do. */
static bool complete(struct matcher *m, struct finding *f, struct err *err)
{
    struct store_ids ids = {0};
    if (!vuln_key(f->id) || !m->several)
        return true;
    if (!store_records_of(m->store, f->id, m->arena, &ids, err))
        return false;
    for (size_t i = 0; i < ids.n; i++) {
        struct store_record r;
        if (!store_record_load(m->store, ids.v[i], m->arena, &r, err))
            return false;
        /* What only mentions the CVE among others has its own score. */
        if (!str_eq(r.v.id, f->id))
            continue;
        if (m->opt->details && !store_record_details(m->store, m->arena, &r, err))
            return false;
        take_facts(f, &r.v);
    }
    return true;
}

static bool by_catalogues(struct matcher *m, struct finding *f, struct err *err)
{
    const struct epss *e = NULL;
    /* Without the catalogue: who repeats it (CISA's ADP container of the CVE List). */
    if (!store_kev(m->store, f->id, m->arena, &f->kev, err) ||
        (m->has_epss && !store_epss(m->store, f->id, &e, err)))
        return false;
    f->epss = e ? *e : (struct epss){0};
    return true;
}

static bool fill(struct matcher *m, struct finding *f, struct said *said, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (!add_said(m, f, &said[i], err) ||
            (said[i].truth != FALSE_ && !take_record(m, f, &said[i], err)))
            return false;
    if (f->cvss.version == CVSS_NONE && !complete(m, f, err))
        return false;
    if (f->cvss.version != CVSS_NONE)
        f->severity = severity_of(f->cvss.version, f->cvss.tenths);
    return by_catalogues(m, f, err);
}

/* The CVE as one of its records writes it. */
static struct str id_of(const struct hit *h, const struct said *said, size_t n)
{
    for (size_t i = 0; h->key && !h->id.n && i < n; i++) {
        size_t at = 0;
        struct str id;
        while (vuln_next_cve(&said[i].rec.v, &at, &id))
            if (vuln_key(id) == h->key)
                return id;
    }
    return h->id;
}

/* Loads the records of the hits; those that no longer count are left out. */
static bool load_said(struct matcher *m, const struct hit *hits, size_t n, struct said *said,
                      size_t *n_said, struct err *err)
{
    *n_said = 0;
    for (size_t i = 0, k; i < n; i += k) {
        struct said *x = &said[*n_said];
        for (k = 1; i + k < n && hits[i + k].record == hits[i].record;)
            k++;
        *x = (struct said){.hits = &hits[i], .n = k};
        if (hits[i].loaded)
            x->rec = *hits[i].loaded;
        else if (!store_record_load(m->store, hits[i].record, m->arena, &x->rec, err))
            return false;
        if (x->rec.superseded)
            continue;
        if (!judge(m, x, err))
            return false;
        ++*n_said;
    }
    if (*n_said > 1)
        qsort(said, *n_said, sizeof *said, by_source);
    return true;
}

bool make_finding(struct matcher *m, uint32_t subject, const struct hit *hits, size_t n,
                  struct err *err)
{
    struct said few[4], *said = few;
    size_t n_said;
    bool affected = false, sure = false, against = false;
    for (size_t i = 0; i < n; i++)
        affected |= !hits[i].against;
    if (!affected)
        return true;
    if (n > sizeof few / sizeof few[0] && !(said = arena_array(m->arena, n, sizeof *said)))
        return err_memory(err);
    if (!load_said(m, hits, n, said, &n_said, err))
        return false;
    affected = false;
    for (size_t i = 0; i < n_said; i++) {
        affected |= said[i].truth != FALSE_;
        for (size_t k = 0; k < said[i].n; k++) {
            sure |= said[i].truth != FALSE_ && !said[i].hits[k].against && !said[i].hits[k].vague;
            against |= said[i].hits[k].against;
        }
    }
    /* A statement without versions yields to one that has them. */
    if (!affected || (!sure && against))
        return true;
    struct finding *f = VEC_PUSH(m->arena, &m->findings);
    if (!f)
        return err_memory(err);
    *f = (struct finding){.id = id_of(hits, said, n_said),
                          .key = hits[0].key,
                          .subject = subject,
                          .status = VEX_AFFECTED,
                          .decided_by = STR("match"),
                          .published = DATE_NONE,
                          .modified = DATE_NONE};
    bool ok = fill(m, f, said, n_said, err);
    map_free(&m->seen);
    return ok;
}
