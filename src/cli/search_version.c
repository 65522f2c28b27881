/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What applies to a version: an inventory of what was asked for is made, and matched as a scan
 * matches it. So search and scan can not differ.
 */
#include "cli/search_priv.h"
#include "match/match.h"

#include "base/banned.h"

/* Ranges that a row names. */
#define RANGES 4

static struct component *add_component(struct searcher *s, struct inventory *inv, struct str name,
                                       bool has_release, struct err *err)
{
    struct component *c = inventory_add(inv, 0, err);
    if (!c)
        return NULL;
    c->name = name;
    component_set_version(c, s->asked.version, has_release);
    return c;
}

static bool add_cpe(struct searcher *s, struct inventory *inv, const struct search_product *p,
                    const char *part, struct err *err)
{
    struct buf text = {0};
    struct cpe cpe;
    struct component *c = add_component(s, inv, p->name, false, err);
    struct str *slot = c ? VEC_PUSH(s->arena, &c->cpes) : NULL;
    if (!slot)
        return err_memory(err);
    cpe_init(&cpe);
    cpe.attr[CPE_PART] = str_from_c(part);
    cpe.attr[CPE_VENDOR] = p->vendor;
    cpe.attr[CPE_PRODUCT] = p->name;
    cpe_write(&text, &cpe);
    bool ok = text.error ? err_memory(err) : arena_dup(s->arena, buf_view(&text), slot, err);
    buf_free(&text);
    return ok;
}

/* A part of a purl, percent-encoded where that must be; a slash stays. */
static void add_encoded(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (char_is_alnum(s.p[i]) || (s.p[i] && strchr("-._~/", s.p[i])))
            buf_char(b, s.p[i]);
        else
            buf_f(b, "%%%02X", (unsigned)(unsigned char)s.p[i]);
}

/* "22.04" of "22.04:LTS", "15.5" of "Leap 15.5": as `distro` has it. */
static struct str release_number(struct str release)
{
    size_t i = 0, n = 0;
    while (i < release.n && !char_is_digit(release.p[i]))
        i++;
    while (i + n < release.n && (char_is_digit(release.p[i + n]) || release.p[i + n] == '.'))
        n++;
    return str_first(str_from(release, i), n);
}

static bool warn(struct searcher *s, struct str why, struct err *err)
{
    return vec_add_str(s->arena, &s->out->warnings, why, err);
}

/* A package of an ecosystem is identified by its purl, as in an SBOM. */
static bool add_package(struct searcher *s, struct inventory *inv, struct str ecosystem,
                        struct str release, struct str name, struct err *err)
{
    const struct ecosystem *e = ecosystem_find(ecosystem);
    struct buf text = {0};
    struct str why;
    if (!e || !e->purl_type.n)
        return arena_printf(s->arena, &why, err,
                            "packages of %.*s are not checked: they have no package URL",
                            STR_ARG(ecosystem)) &&
               warn(s, why, err);
    if (!e->order.n && (!arena_printf(s->arena, &why, err,
                                      "how versions of %.*s compare is not known: what has only "
                                      "a range can not be decided",
                                      STR_ARG(ecosystem)) ||
                        !warn(s, why, err)))
        return false;
    struct component *c = add_component(s, inv, name, e->distribution, err);
    if (!c)
        return false;
    buf_f(&text, "pkg:%.*s/", STR_ARG(e->purl_type));
    if (e->purl_space.n) {
        add_encoded(&text, e->purl_space);
        buf_char(&text, '/');
    }
    struct str group, artifact;
    if (str_eq(e->name, STR("Maven")) && str_split(name, ':', &group, &artifact)) {
        add_encoded(&text, group);
        buf_char(&text, '/');
        name = artifact;
    }
    add_encoded(&text, name);
    buf_char(&text, '@');
    add_encoded(&text, s->asked.version);
    struct str number = release_number(release);
    if (number.n && e->purl_space.n)
        buf_f(&text, "?distro=%.*s-%.*s", STR_ARG(e->purl_space), STR_ARG(number));
    bool ok = text.error ? err_memory(err) : arena_dup(s->arena, buf_view(&text), &c->purl, err);
    buf_free(&text);
    return ok;
}

/* Only criteria say whether a product is hardware, which is not mixed with the rest. */
static bool is_hardware(struct searcher *s, const struct search_product *p, bool *yes,
                        struct err *err)
{
    struct store_segment seg;
    struct store_entry e;
    struct criterion c;
    bool more, another;
    *yes = false;
    if (!store_segment_open(s->store, p->id, p->vendor, p->name, &seg, err) ||
        !store_segment_next(&seg, &e, &more, err))
        return false;
    if (!more || e.list)
        return true;
    if (!store_entry_next(&seg, &e, &c, &another, err))
        return false;
    *yes = another && str_eq(c.cpe.attr[CPE_PART], STR("h"));
    return true;
}

/* Each product, and each ecosystem's package once, whichever releases it is in. */
static bool make_inventory(struct searcher *s, struct inventory *inv, struct err *err)
{
    for (size_t i = 0; i < s->out->products.n; i++) {
        const struct search_product *p = &s->out->products.v[i];
        struct str base, rest, before = {0};
        bool hardware;
        if (p->near)
            continue;
        if (!p->package) {
            if (!is_hardware(s, p, &hardware, err) ||
                !add_cpe(s, inv, p, hardware ? "h" : "a", err))
                return false;
            continue;
        }
        (void)str_split(p->vendor, ':', &base, &rest);
        for (size_t k = 0; k < i && !str_eq(before, base); k++)
            if (s->out->products.v[k].package && str_eq(s->out->products.v[k].name, p->name))
                (void)str_split(s->out->products.v[k].vendor, ':', &before, &rest);
        if (!str_eq(before, base) && !add_package(s, inv, base, s->asked.release, p->name, err))
            return false;
    }
    return true;
}

/* ---- from findings to rows ---- */

/* A package's name may also be that of a product nobody asked for. */
static bool was_asked_for(const struct searcher *s, const struct subject *subject,
                          const struct evidence *e)
{
    bool cpe = str_starts(e->criterion, STR("cpe:"));
    return cpe == (subject->identified_by == IDENTIFIED_CPE) &&
           (s->asked.kind != ASKED_PACKAGE || !cpe);
}

static bool add_evidence(struct searcher *s, struct search_row *row, const struct evidence *e,
                         struct buf *text, size_t *n, struct err *err)
{
    if (e->against)
        return vec_add_str(s->arena, &row->against, e->source, err);
    if (e->note.n && !vec_add_str(s->arena, &row->notes, e->note, err))
        return false;
    /* Two sources mostly say the same in the same words. */
    if (str_find_str(buf_view(text), e->range) == STR_NPOS && ++*n <= RANGES) {
        buf_c(text, *n > 1 ? "; " : "");
        buf_str(text, e->range);
    }
    return vec_add_str(s->arena, &row->sources, e->source, err);
}

static bool add_finding(struct searcher *s, const struct report *r, const struct finding *f,
                        struct err *err)
{
    const struct subject *subject = &r->subjects.v[f->subject];
    struct search_row row = {.id = f->id,
                             .severity = f->severity,
                             .cvss = f->cvss,
                             .published = f->published,
                             .known = {f->id, f->kev, f->epss}};
    struct buf text = {0};
    size_t n = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < f->evidence.n; i++)
        if (was_asked_for(s, subject, &f->evidence.v[i]))
            ok = add_evidence(s, &row, &f->evidence.v[i], &text, &n, err);
    if (n > RANGES)
        buf_f(&text, "; and %zu more", n - RANGES);
    ok = ok &&
         (text.error ? err_memory(err) : arena_dup(s->arena, buf_view(&text), &row.ranges, err));
    buf_free(&text);
    for (size_t i = 0; ok && i < f->fixed_in.n; i++)
        ok = vec_add_str(s->arena, &row.fixed_in, f->fixed_in.v[i], err);
    if (!ok || !row.sources.n)
        return ok;
    if (subject->identified_by == IDENTIFIED_CPE && subject->products.n)
        row.product = subject->products.v[0];
    else if (subject->in_ecosystem.n &&
             !arena_printf(s->arena, &row.product, err, "%.*s/%.*s",
                           STR_ARG(subject->in_ecosystem.v[0].ecosystem->name),
                           STR_ARG(subject->in_ecosystem.v[0].name)))
        return false;
    struct search_row *slot = VEC_PUSH(s->arena, &s->out->rows);
    if (!slot)
        return err_memory(err);
    *slot = row;
    return true;
}

/* Exploited first, then by score and severity, then the newest. */
static int worst_first(const void *a, const void *b)
{
    const struct search_row *x = a, *y = b;
    if (!x->known.kev != !y->known.kev)
        return x->known.kev ? -1 : 1;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    if (x->cvss.tenths != y->cvss.tenths)
        return x->cvss.tenths > y->cvss.tenths ? -1 : 1;
    int c = str_compare_ids(y->id, x->id);
    return c ? c : str_cmp(x->product, y->product);
}

/* Whatever matching could not do for a subject: nothing found is then not "clean". */
static bool check_subject(struct searcher *s, const struct subject *x, struct err *err)
{
    if (x->uncomparable)
        return warn(s, STR("the version has no number: what depends on its order may be missing"),
                    err);
    return x->identified_by == IDENTIFIED_CPE || x->in_ecosystem.n ||
           warn(s, STR("a package was not looked up: its package URL leads nowhere"), err);
}

bool search_version(struct searcher *s, struct err *err)
{
    struct inventory *inv;
    struct report r = {.database = *s->out->database};
    const struct match_options options = {0};
    if (!(inv = VEC_PUSH(s->arena, &r.inventories)))
        return err_memory(err);
    /* Whatever it may run on: nobody said. */
    *inv = (struct inventory){.arena = s->arena, .format = "", .platform = PLATFORM_UNKNOWN};
    if (!make_inventory(s, inv, err) || !match_run(s->store, s->arena, &options, &r, err))
        return false;
    for (size_t i = 0; i < r.findings.n; i++)
        if (!add_finding(s, &r, &r.findings.v[i], err))
            return false;
    for (size_t i = 0; i < r.subjects.n; i++)
        if (!check_subject(s, &r.subjects.v[i], err))
            return false;
    s->out->n_rows = s->out->rows.n;
    if (s->out->rows.n)
        qsort(s->out->rows.v, s->out->rows.n, sizeof *s->out->rows.v, worst_first);
    if (s->limit && s->out->rows.n > s->limit)
        s->out->rows.n = (size_t)s->limit;
    return true;
}
