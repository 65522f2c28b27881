/* SPDX-License-Identifier: Apache-2.0 */
/* What one record says is affected, for people: structures as a tree, version lists by status. */
#include "model/range_text.h"
#include "report/lookup_page_priv.h"

#include "base/banned.h"

/* Lines of products of one record, ranges in a line, and names before the others are counted. */
#define LINES 16
#define RANGES 12
#define NAMES 6
#define FILES 10

#define INDENT 2

struct lines {
    struct page *p;
    size_t shown;
    uint64_t cut; /* lines that were left out */
    bool labelled;
};

/* A line of the field "Affected", `depth` levels in; or counted, when there were enough. */
static void end_affected(struct lines *l, size_t depth)
{
    struct page *p = l->p;
    if (l->shown >= LINES) {
        l->cut++;
        buf_clear(&p->text);
        return;
    }
    if (depth) {
        struct str text = page_keep(p);
        for (size_t i = 0; i < depth && i < 20; i++)
            buf_c(&p->text, "  ");
        buf_str(&p->text, text);
    }
    page_field(p, INDENT, l->labelled ? "" : "Affected");
    l->labelled = true;
    l->shown++;
}

/* The attributes behind the version that say something, as "sw_edition=lts". */
static void write_attributes(struct buf *b, const struct cpe *c)
{
    static const char *const names[CPE_ATTRS] = {
        [CPE_EDITION] = "edition",       [CPE_LANGUAGE] = "language",
        [CPE_SW_EDITION] = "sw_edition", [CPE_TARGET_SW] = "target_sw",
        [CPE_TARGET_HW] = "target_hw",   [CPE_OTHER] = "other"};
    for (int i = CPE_EDITION; i < CPE_ATTRS; i++)
        if (!cpe_is_any(c->attr[i]) && c->attr[i].n) {
            buf_f(b, " %s=", names[i]);
            report_write_line(b, c->attr[i]);
        }
}

static bool same_name(const struct criterion *a, const struct criterion *b)
{
    bool same = a->vulnerable == b->vulnerable;
    for (int i = 0; same && i < CPE_ATTRS; i++)
        same = i == CPE_VERSION || i == CPE_UPDATE || str_eq(a->cpe.attr[i], b->cpe.attr[i]);
    return same;
}

static void write_part(struct buf *b, struct str part)
{
    if (str_eq(part, STR("o")))
        buf_c(b, " (operating system)");
    else if (str_eq(part, STR("h")))
        buf_c(b, " (hardware)");
}

/* "openssl:openssl >= 3.0.0, < 3.0.7; = 1.0.2k" of criteria that differ in their version only. */
static void write_criteria(struct page *p, const struct criterion *c, size_t n)
{
    struct buf range = {0};
    if (!c->vulnerable)
        buf_c(&p->text, "running on ");
    report_write_line(&p->text, c->cpe.attr[CPE_VENDOR]);
    buf_char(&p->text, ':');
    report_write_line(&p->text, c->cpe.attr[CPE_PRODUCT]);
    write_part(&p->text, c->cpe.attr[CPE_PART]);
    write_attributes(&p->text, &c->cpe);
    /* "Not applicable" is how hardware is written, and says nothing. */
    if (n == 1 && cpe_is_na(c->cpe.attr[CPE_VERSION]))
        n = 0;
    for (size_t i = 0; i < n && i < RANGES; i++) {
        buf_clear(&range);
        criterion_range(&c[i], &range);
        buf_c(&p->text, i ? "; " : "  ");
        report_write_line(&p->text, buf_view(&range));
    }
    if (n > RANGES) {
        buf_c(&p->text, "; ");
        page_more(p, n - RANGES, "-o json shows all");
    }
    p->failed |= range.error != 0;
    buf_free(&range);
}

static void write_own_criteria(struct lines *l, const struct vuln *v, const struct node *node,
                               size_t depth)
{
    const struct criterion *c = v->criteria.v + node->first;
    for (size_t i = 0, n; i < node->count; i += n) {
        for (n = 1; i + n < node->count && same_name(&c[i], &c[i + n]);)
            n++;
        write_criteria(l->p, &c[i], n);
        end_affected(l, depth);
    }
}

static const char *operator_words(const struct node *n)
{
    if (n->negate)
        return n->and_ ? "not all of these together:" : "none of these:";
    return n->and_ ? "all of these together:" : "any of these:";
}

/*
 * The forest in its order. A node needs a line of its own unless it is a plain list of alternatives
 * at the top, where that goes without saying.
 */
static void show_structure(struct lines *l, const struct vuln *v)
{
    size_t *depth = arena_array(&l->p->arena, v->nodes.n + 1, sizeof *depth);
    if (!depth) {
        l->p->failed = true;
        return;
    }
    for (size_t i = 0; i < v->nodes.n; i++) {
        const struct node *n = &v->nodes.v[i];
        bool has_child = i + 1 < v->nodes.n && v->nodes.v[i + 1].parent == i;
        bool root = n->parent == NODE_NO_PARENT;
        size_t own = root ? 0 : depth[n->parent];
        bool plain = root && !has_child && !n->negate && (!n->and_ || n->count < 2);
        /* One alternative among others below an AND needs no "any of these". */
        plain |= !root && !has_child && !n->negate && n->count == 1;
        if (!plain) {
            buf_c(&l->p->text, operator_words(n));
            end_affected(l, own);
        }
        depth[i] = own + !plain;
        if (n->first + n->count <= v->criteria.n)
            write_own_criteria(l, v, n, depth[i]);
        if (n->lossy) {
            buf_c(&l->p->text, "(a condition here could not be read)");
            end_affected(l, depth[i]);
        }
    }
}

/* ---- version lists ---- */

static void write_name(struct buf *b, const struct affected_name *n)
{
    if (n->ecosystem.n) {
        report_write_line(b, n->ecosystem);
        buf_char(b, '/');
    } else {
        report_write_line(b, n->cpe.attr[CPE_VENDOR]);
        buf_char(b, ':');
    }
    report_write_line(b, n->cpe.attr[CPE_PRODUCT]);
    if (n->ecosystem.n)
        return;
    struct criterion c = {.cpe = n->cpe};
    if (!cpe_is_any(n->cpe.attr[CPE_VERSION])) {
        struct buf range = {0};
        criterion_range(&c, &range);
        buf_char(b, ' ');
        report_write_line(b, buf_view(&range));
        buf_free(&range);
    }
    write_part(b, n->cpe.attr[CPE_PART]);
    write_attributes(b, &n->cpe);
    buf_c(b, n->weak ? " (by its text)" : "");
}

/* Under which names it is known; as stated, when it is looked up under none. */
static void write_names(struct page *p, const struct affected *a, const struct vuln *v)
{
    for (size_t i = 0; i < a->names.n && i < NAMES; i++) {
        buf_c(&p->text, i ? ", " : "");
        write_name(&p->text, &a->names.v[i]);
    }
    if (a->names.n > NAMES) {
        buf_c(&p->text, ", ");
        page_more(p, a->names.n - NAMES, "-o json shows all");
    }
    if (!a->names.n) {
        const struct str stated[] = {a->vendor, a->product, a->package, a->purl, a->repo};
        for (size_t i = 0, n = 0; i < 5 && n < 2; i++)
            if (stated[i].n) {
                buf_c(&p->text, n++ ? " " : "");
                report_write_line(&p->text, stated[i]);
            }
        buf_c(&p->text, p->text.n ? "" : "something unnamed");
    }
    if (a->provider.n && !str_eq(a->provider, v->source)) {
        buf_c(&p->text, " (says ");
        report_write_line(&p->text, a->provider);
        buf_char(&p->text, ')');
    }
}

/* "affected >= 4.2, < 5.10; = 6.1" of one status. */
static void write_ranges(struct page *p, const struct affected *a, enum affected_status status,
                         const char *word)
{
    struct buf range = {0};
    size_t n = 0;
    for (size_t i = 0; i < a->ranges.n; i++) {
        const struct version_range *r = &a->ranges.v[i];
        if (r->status != status || r->order == RANGE_COMMITS || n++ >= RANGES)
            continue;
        buf_clear(&range);
        version_range_text(r, &range);
        buf_c(&p->text, n == 1 ? word : "; ");
        report_write_line(&p->text, buf_view(&range));
    }
    if (n > RANGES) {
        buf_c(&p->text, "; ");
        page_more(p, n - RANGES, "-o json shows all");
    }
    p->failed |= range.error != 0;
    buf_free(&range);
}

static void write_fallback(struct page *p, const struct affected *a, size_t ranges, size_t commits)
{
    static const char *const otherwise[] = {[STATUS_UNKNOWN] = "not known",
                                            [STATUS_AFFECTED] = "affected",
                                            [STATUS_UNAFFECTED] = "not affected"};
    _Static_assert(sizeof otherwise / sizeof otherwise[0] == AFFECTED_STATUSES, "a word each");
    if (commits) {
        buf_f(&p->text, "%s%zu range%s of commits", ranges ? "; " : "", commits,
              commits == 1 ? "" : "s");
    } else if (!ranges) {
        buf_c(&p->text, a->fallback == STATUS_AFFECTED     ? "every version is affected"
                        : a->fallback == STATUS_UNAFFECTED ? "no version is affected"
                                                           : "versions are not stated");
        return;
    }
    /* OSV lists have no "otherwise" but "not affected": saying so each time helps nobody. */
    if (a->fallback != STATUS_UNAFFECTED && ranges)
        buf_f(&p->text, "; others %s", otherwise[a->fallback]);
}

static void show_list(struct lines *l, const struct vuln *v, const struct affected *a)
{
    struct page *p = l->p;
    size_t ranges = 0, commits = 0, before;
    for (size_t i = 0; i < a->ranges.n; i++)
        *(a->ranges.v[i].order == RANGE_COMMITS ? &commits : &ranges) += 1;
    write_names(p, a, v);
    buf_c(&p->text, "  ");
    before = p->text.n;
    write_ranges(p, a, STATUS_AFFECTED, "");
    write_ranges(p, a, STATUS_UNAFFECTED, p->text.n > before ? "; not affected " : "not affected ");
    write_ranges(p, a, STATUS_UNKNOWN, p->text.n > before ? "; not known " : "not known ");
    write_fallback(p, a, ranges, commits);
    end_affected(l, 0);
}

static bool add_text(struct page *p, void *vec, struct str s)
{
    struct vec_any *any = vec;
    struct str *v = any->v;
    for (size_t i = 0; i < any->n; i++)
        if (str_eq(v[i], s))
            return true;
    struct str *slot = vec_push(&p->arena, vec, sizeof *slot);
    p->failed |= !slot;
    if (slot)
        *slot = s;
    return slot;
}

#define FIXED 24
#define FIXED_KEPT 400 /* enough to count; more are not looked at one by one */

static void show_fixed(struct page *p, const struct vuln *v)
{
    VEC(struct str) fixed = {0};
    for (size_t i = 0; i < v->criteria.n && fixed.n < FIXED_KEPT; i++)
        if (v->criteria.v[i].vulnerable && v->criteria.v[i].end_excluding.n)
            (void)add_text(p, &fixed, v->criteria.v[i].end_excluding);
    for (size_t i = 0; i < v->affected.n; i++)
        for (size_t k = 0; k < v->affected.v[i].ranges.n && fixed.n < FIXED_KEPT; k++) {
            const struct version_range *r = &v->affected.v[i].ranges.v[k];
            if (r->order == RANGE_COMMITS || r->single)
                continue;
            if (r->status == STATUS_AFFECTED && !r->to_including && !range_bound_is_open(r->to))
                (void)add_text(p, &fixed, r->to);
            else if (r->status == STATUS_UNAFFECTED && !range_starts_at_zero(r))
                (void)add_text(p, &fixed, r->from);
        }
    page_list(p, fixed.v, fixed.n, FIXED);
    page_field(p, INDENT, "Fixed in");
}

static void show_files(struct page *p, const struct vuln *v)
{
    VEC(struct str) files = {0}, modules = {0};
    for (size_t i = 0; i < v->affected.n; i++) {
        const struct affected *a = &v->affected.v[i];
        for (size_t k = 0; k < a->program_files.n && files.n < FIXED_KEPT; k++)
            (void)add_text(p, &files, a->program_files.v[k]);
        for (size_t k = 0; k < a->modules.n && modules.n < FIXED_KEPT; k++)
            (void)add_text(p, &modules, a->modules.v[k]);
    }
    page_list(p, files.v, files.n, FILES);
    page_field(p, INDENT, "Files");
    page_list(p, modules.v, modules.n, FILES);
    page_field(p, INDENT, "Modules");
}

void show_affected(struct page *p, const struct vuln *v)
{
    struct lines l = {.p = p};
    show_structure(&l, v);
    for (size_t i = 0; i < v->affected.n; i++)
        show_list(&l, v, &v->affected.v[i]);
    if (l.cut) {
        page_more(p, l.cut, "-o json shows all");
        page_field(p, INDENT, "");
    }
    if (v->unreadable) {
        buf_f(&p->text, "%u statement%s of this record could not be read", v->unreadable,
              v->unreadable == 1 ? "" : "s");
        page_field(p, INDENT, l.labelled ? "" : "Affected");
    } else if (!l.labelled && !v->rejected) {
        buf_c(&p->text, "nothing stated");
        page_field(p, INDENT, "Affected");
    }
    show_fixed(p, v);
    show_files(p, v);
}
