/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the sources of one vulnerability differ. What each says is written down as facts (of which
 * kind, about what, which value, who), and sorted: values of one thing that not all who speak of it
 * share are a difference, a thing only one speaks of is what only that one has.
 *
 * Advisories that name the vulnerability among others are left out: what they state is of all of
 * them together.
 */
#include "model/range_text.h"
#include "report/lookup_page_priv.h"

#include "identity/ecosystem.h"
#include "base/banned.h"

/* Beyond these a difference is said to be large instead of being listed. */
#define FACTS_MAX 20000
#define SOURCES_MAX 32
#define VALUES 6

enum fact_kind { FACT_REJECTED, FACT_SCORE, FACT_RANGE, FACT_SSVC, FACT_CWE };

struct fact {
    enum fact_kind kind;
    struct str about, value;
    uint32_t who; /* bit of the source */
};

struct differences {
    struct page *p;
    VEC(struct str) sources;
    VEC(struct fact) facts;
    VEC(struct str) only[SOURCES_MAX]; /* what only this source has */
    bool too_many;
    bool heading;
};

static uint32_t source_bit(struct differences *d, struct str source)
{
    for (size_t i = 0; i < d->sources.n; i++)
        if (str_eq(d->sources.v[i], source))
            return 1u << i;
    if (d->sources.n >= SOURCES_MAX)
        return 0;
    struct str *slot = VEC_PUSH(&d->p->arena, &d->sources);
    d->p->failed |= !slot;
    if (!slot)
        return 0;
    *slot = source;
    return 1u << (d->sources.n - 1);
}

static void add_fact(struct differences *d, enum fact_kind kind, struct str about, struct str value,
                     uint32_t who)
{
    if (d->facts.n >= FACTS_MAX) {
        d->too_many = true;
        return;
    }
    struct fact *f = VEC_PUSH(&d->p->arena, &d->facts);
    d->p->failed |= !f;
    if (f)
        *f = (struct fact){kind, about, value, who};
}

/* The value is what was collected in the page's text. */
static void add_collected(struct differences *d, enum fact_kind kind, struct str about,
                          uint32_t who)
{
    add_fact(d, kind, about, page_keep(d->p), who);
}

static void bound(struct differences *d, struct str about, const char *op, struct str value,
                  uint32_t who)
{
    buf_c(&d->p->text, op);
    report_write_line(&d->p->text, value);
    add_collected(d, FACT_RANGE, about, who);
}

static void exact(struct differences *d, struct str about, const struct cpe *c, uint32_t who)
{
    struct str update = c->attr[CPE_UPDATE];
    buf_c(&d->p->text, "= ");
    report_write_line(&d->p->text, c->attr[CPE_VERSION]);
    if (!cpe_is_any(update) && !cpe_is_na(update)) {
        buf_char(&d->p->text, ' ');
        report_write_line(&d->p->text, update);
    }
    add_collected(d, FACT_RANGE, about, who);
}

/* Of a range its end counts: from where on it is fixed, or what was affected last. */
static void add_criteria(struct differences *d, const struct vuln *v, uint32_t who)
{
    for (size_t i = 0; i < v->criteria.n && !d->too_many; i++) {
        const struct criterion *c = &v->criteria.v[i];
        struct str about = c->cpe.attr[CPE_PRODUCT];
        if (!c->vulnerable)
            continue;
        if (c->end_excluding.n)
            bound(d, about, "< ", c->end_excluding, who);
        else if (c->end_including.n)
            bound(d, about, "<= ", c->end_including, who);
        else if (!cpe_is_any(c->cpe.attr[CPE_VERSION]) && !cpe_is_na(c->cpe.attr[CPE_VERSION]))
            exact(d, about, &c->cpe, who);
        else
            bound(d, about, "any version", STR(""), who);
    }
}

static void add_list_range(struct differences *d, struct str about, const struct version_range *r,
                           uint32_t who)
{
    if (r->order == RANGE_COMMITS)
        return;
    if (r->status == STATUS_UNAFFECTED) {
        if (!r->single && !range_starts_at_zero(r))
            bound(d, about, "< ", r->from, who);
        return;
    }
    if (r->status != STATUS_AFFECTED)
        return;
    if (r->single)
        bound(d, about, "= ", r->from, who);
    else if (!range_bound_is_open(r->to))
        bound(d, about, r->to_including ? "<= " : "< ", r->to, who);
    else
        bound(d, about, "any later version", STR(""), who);
}

/* The product as others call it; of a list that is looked up under no name as it is stated. */
static struct str about_of(struct differences *d, const struct affected *a)
{
    struct err ignored = {0}; /* told by page_finish */
    struct str out;
    if (a->names.n)
        return a->names.v[0].cpe.attr[CPE_PRODUCT];
    if (!a->product.n && !a->package.n)
        return (struct str){0};
    d->p->failed |=
        !cpe_value(&d->p->arena, a->product.n ? a->product : a->package, &out, &ignored);
    return d->p->failed ? (struct str){0} : out;
}

static void add_lists(struct differences *d, const struct vuln *v, uint32_t who)
{
    for (size_t i = 0; i < v->affected.n && !d->too_many; i++) {
        const struct affected *a = &v->affected.v[i];
        struct str ecosystem = a->names.n ? a->names.v[0].ecosystem : (struct str){0};
        struct str about = about_of(d, a);
        const struct ecosystem *eco = ecosystem.n ? ecosystem_find(ecosystem) : NULL;
        /* A distribution's versions are of its own. */
        if (!about.n || (ecosystem.n && (!eco || eco->distribution)))
            continue;
        /*
         * A list of exact versions next to the range that says the same adds nothing, and where all
         * others are affected one affected version is only where that starts.
         */
        for (size_t k = 0; k < a->ranges.n && !d->too_many; k++)
            if (!a->ranges.v[k].single || (!ecosystem.n && a->fallback != STATUS_AFFECTED))
                add_list_range(d, about, &a->ranges.v[k], who);
    }
}

static void add_record(struct differences *d, const struct vuln *v)
{
    struct page *p = d->p;
    uint32_t who = source_bit(d, v->source);
    for (size_t i = 0; i < v->cvss.n; i++) {
        struct str about;
        buf_f(&p->text, "CVSS %s", cvss_version_name(v->cvss.v[i].version));
        about = page_keep(p);
        page_score(p, v->cvss.v[i].tenths);
        add_collected(d, FACT_SCORE, about, who);
    }
    for (size_t i = 0; i < v->cwes.n; i++)
        add_fact(d, FACT_CWE, v->cwes.v[i], STR(""), who);
    add_fact(d, FACT_REJECTED, STR("Rejected"), v->rejected ? STR("yes") : STR("no"), who);
    if (v->ssvc.source.n)
        add_fact(d, FACT_SSVC, STR("SSVC"), STR(""), who);
    add_criteria(d, v, who);
    add_lists(d, v, who);
}

static int compare_facts(const void *x, const void *y)
{
    const struct fact *a = x, *b = y;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int c = str_compare_ids(a->about, b->about);
    c = c ? c : str_cmp(a->about, b->about);
    c = c ? c : str_compare_ids(a->value, b->value);
    c = c ? c : str_cmp(a->value, b->value);
    return c ? c : (a->who > b->who) - (a->who < b->who);
}

static void field(struct differences *d, const char *label)
{
    if (!d->heading) {
        struct str text = page_keep(d->p);
        buf_char(d->p->b, '\n');
        buf_c(&d->p->text, "Where the sources differ");
        page_heading(d->p);
        d->heading = true;
        buf_str(&d->p->text, text);
    }
    page_field(d->p, 2, label);
}

/* "nvd 9.8; cvelist 7.5": of each source the values not all share. */
static void say_conflict(struct differences *d, const struct fact *f, size_t n, uint32_t all)
{
    struct page *p = d->p;
    if (f->kind == FACT_RANGE) {
        report_write_line(&p->text, f->about);
        buf_c(&p->text, ": ");
    }
    for (size_t s = 0, said = 0; s < d->sources.n; s++) {
        size_t values = 0;
        for (size_t i = 0; i < n; i++) {
            uint32_t mask = 0;
            size_t k = i;
            for (; k < n && str_eq(f[k].value, f[i].value); k++)
                mask |= f[k].who;
            bool own = (mask >> s & 1) && mask != all;
            if (own && values++ < VALUES) {
                buf_c(&p->text, values > 1 ? ", " : said ? "; " : "");
                if (values == 1) {
                    buf_c(&p->text, f->kind == FACT_RANGE ? "only " : "");
                    report_write_line(&p->text, d->sources.v[s]);
                    buf_char(&p->text, ' ');
                }
                report_write_line(&p->text, f[i].value);
            }
            i = k - 1;
        }
        if (values > VALUES) {
            buf_c(&p->text, ", ");
            page_more(p, values - VALUES, "-o json shows all");
        }
        said += values != 0;
    }
    field(d, f->kind == FACT_SCORE ? "Score" : f->kind == FACT_REJECTED ? "Rejected" : "Versions");
}

/* A thing that only one source speaks of. */
static void note_only(struct differences *d, const struct fact *f, uint32_t who)
{
    for (size_t s = 0; s < d->sources.n; s++) {
        if (who != 1u << s)
            continue;
        if (f->kind == FACT_RANGE)
            buf_c(&d->p->text, "product ");
        report_write_line(&d->p->text, f->about);
        struct str text = page_keep(d->p), *slot = VEC_PUSH(&d->p->arena, &d->only[s]);
        d->p->failed |= !slot;
        if (slot)
            *slot = text;
    }
}

static void compare(struct differences *d)
{
    const struct fact *f = d->facts.v;
    for (size_t i = 0, n; i < d->facts.n; i += n) {
        uint32_t all = 0;
        bool conflict = false;
        for (n = 0; i + n < d->facts.n && f[i + n].kind == f[i].kind &&
                    str_eq(f[i + n].about, f[i].about);)
            all |= f[i + n++].who;
        if ((all & (all - 1)) == 0) {
            note_only(d, &f[i], all);
            continue;
        }
        for (size_t k = 0, m; k < n; k += m) {
            uint32_t mask = 0;
            for (m = 0; k + m < n && str_eq(f[i + k + m].value, f[i + k].value);)
                mask |= f[i + k + m++].who;
            conflict |= mask != all;
        }
        if (conflict)
            say_conflict(d, &f[i], n, all);
    }
}

static bool is_about_this_only(const struct show_entry *e, const struct vuln *v)
{
    if (str_eq(v->id, e->id))
        return true;
    for (size_t i = 0; i < v->aliases.n; i++)
        if (str_eq(v->aliases.v[i], e->id))
            return true;
    return false;
}

bool show_differences(struct page *p, const struct show_entry *e, struct err *err)
{
    struct differences d = {.p = p};
    for (size_t i = 0; i < e->records.n; i++)
        if (is_about_this_only(e, &e->records.v[i]))
            add_record(&d, &e->records.v[i]);
    if (p->failed)
        return err_memory(err);
    if (d.sources.n < 2)
        return true;
    qsort(d.facts.v, d.facts.n, sizeof *d.facts.v, compare_facts);
    compare(&d);
    for (size_t s = 0; s < d.sources.n; s++) {
        char label[64];
        if (!d.only[s].n)
            continue;
        page_list(p, d.only[s].v, d.only[s].n, 12);
        (void)snprintf(label, sizeof label, "Only %.*s", STR_ARG(str_first(d.sources.v[s], 40)));
        field(&d, label);
    }
    if (d.too_many) {
        buf_c(&p->text, "more statements than are compared here; -o json has them all");
        field(&d, "Versions");
    }
    return true;
}
