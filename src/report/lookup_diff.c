/* SPDX-License-Identifier: Apache-2.0 */
/* What changed between two databases, for people and as "vulnward.diff/1". */
#include "base/date.h"
#include "report/lookup_page_priv.h"

#include "base/banned.h"

static const struct {
    const char *name, *heading;
} kinds[] = {
    [DIFF_NEW] = {"new", "New"},
    [DIFF_REMOVED] = {"removed", "Removed; no source takes ids back, so one of both is incomplete"},
    [DIFF_STATEMENT] = {"statement", "Known before, now to one more source"},
    [DIFF_WITHDRAWN] = {"statement-removed",
                        "One source less; no source takes ids back, so one of both is incomplete"},
    [DIFF_REJECTED] = {"rejected", "Rejected or withdrawn"},
    [DIFF_REINSTATED] = {"reinstated", "No longer rejected"},
    [DIFF_RANGE] = {"range", "What is affected changed"},
    [DIFF_SCORE] = {"score", "Score changed"},
    [DIFF_STATUS] = {"status", "Status changed"},
    [DIFF_OTHER] = {"other", "Other facts and texts changed"},
    [DIFF_KEV_ENTERED] = {"kev-entered", "Now known to be exploited (KEV)"},
    [DIFF_KEV_LEFT] = {"kev-left", "No longer in the catalogue (KEV)"},
    [DIFF_EPSS] = {"epss", "EPSS changed a lot"},
};
_Static_assert(sizeof kinds / sizeof kinds[0] == DIFF_KINDS, "a name per kind");

const char *diff_kind_name(enum diff_kind k)
{
    return kinds[k].name;
}

static void write_databases(struct page *p, const struct diff *d)
{
    const struct database_info *const both[] = {d->before, d->after};
    char date[DATE_TEXT_BYTES];
    for (int i = 0; i < 2; i++) {
        report_write_line(&p->text, both[i]->path);
        buf_f(&p->text, ", built %s, %llu record%s", date_format(both[i]->built, date),
              (unsigned long long)both[i]->records, both[i]->records == 1 ? "" : "s");
        page_field(p, 0, i ? "New" : "Old");
    }
    buf_char(p->b, '\n');
}

static void write_sources(struct page *p, const struct diff *d)
{
    static const struct page_column columns[] = {{"SOURCE", 0, false}, {"OLD", 0, true},
                                                 {"NEW", 0, true},     {"ADDED", 0, true},
                                                 {"REMOVED", 0, true}, {"CHANGED", 0, true}};
    struct page_table t = {.columns = columns, .n_columns = 6, .colored = 6};
    for (size_t i = 0; i < d->sources.n; i++) {
        const struct diff_source *s = &d->sources.v[i];
        const uint64_t numbers[] = {s->before, s->after, s->added, s->removed, s->changed};
        report_write_line(&p->text, s->name);
        page_cell(p, &t);
        for (int k = 0; k < 5; k++) {
            buf_u64(&p->text, numbers[k]);
            page_cell(p, &t);
        }
        page_row_done(p, &t, SEVERITY_UNKNOWN);
    }
    page_write_table(p, &t, 0);
}

static void write_row(struct page *p, struct page_table *t, const struct diff_change *c)
{
    report_write_line(&p->text, c->id);
    page_cell(p, t);
    report_write_line(&p->text, c->source);
    page_cell(p, t);
    if (c->cvss.version != CVSS_NONE) {
        page_score(p, c->cvss.tenths);
        buf_char(&p->text, ' ');
    }
    if (c->severity != SEVERITY_UNKNOWN)
        buf_c(&p->text, severity_name(c->severity));
    page_cell(p, t);
    if (c->before.n || c->after.n) {
        report_write_line(&p->text, c->before.n ? c->before : STR("none"));
        buf_c(&p->text, " -> ");
        report_write_line(&p->text, c->after.n ? c->after : STR("none"));
        buf_c(&p->text, c->title.n ? "  " : "");
    }
    report_write_line(&p->text, c->title);
    page_cell(p, t);
    page_row_done(p, t, c->severity);
}

static void write_kind(struct page *p, const struct diff *d, enum diff_kind kind)
{
    static const struct page_column columns[] = {
        {"ID", 0, false}, {"SOURCE", 6, false}, {"SEVERITY", 0, false}, {"WHAT", 16, false}};
    struct page_table t = {.columns = columns, .n_columns = 4, .colored = 2};
    uint64_t shown = 0;
    if (!d->counts[kind])
        return;
    for (size_t i = 0; i < d->changes.n; i++)
        if (d->changes.v[i].kind == kind && (!d->limit || shown < d->limit)) {
            write_row(p, &t, &d->changes.v[i]);
            shown++;
        }
    buf_char(p->b, '\n');
    buf_f(&p->text, "%s: %llu", kinds[kind].heading, (unsigned long long)d->counts[kind]);
    page_heading(p);
    if (shown)
        page_write_table(p, &t, 2);
    if (d->counts[kind] > shown && kind != DIFF_OTHER) {
        buf_c(&p->text, "  ");
        page_more(p, d->counts[kind] - shown, "--limit 0 or -o json shows all");
        page_end_line(p, 0, 4);
    } else if (kind == DIFF_OTHER) {
        buf_c(&p->text, "  -o json lists them");
        page_end_line(p, 0, 4);
    }
}

bool diff_write_text(const struct diff *d, const struct report_style *style, struct buf *b,
                     struct err *err)
{
    /* What has to be looked at first. */
    static const enum diff_kind order[] = {
        DIFF_REMOVED, DIFF_WITHDRAWN, DIFF_KEV_ENTERED, DIFF_KEV_LEFT, DIFF_NEW,
        DIFF_SCORE,   DIFF_RANGE,     DIFF_EPSS,        DIFF_REJECTED, DIFF_REINSTATED,
        DIFF_STATUS,  DIFF_STATEMENT, DIFF_OTHER};
    _Static_assert(sizeof order / sizeof order[0] == DIFF_KINDS, "every kind is shown");
    struct page p;
    uint64_t all = 0;
    page_open(&p, b, style);
    write_databases(&p, d);
    write_sources(&p, d);
    for (size_t i = 0; i < DIFF_KINDS; i++) {
        write_kind(&p, d, order[i]);
        all += d->counts[i];
    }
    if (!all) {
        buf_c(&p.text, "\nNothing changed.");
        page_end_line(&p, 0, 0);
    }
    if (!d->kev_compared || !d->epss_compared) {
        buf_char(b, '\n');
        buf_f(&p.text, "Not compared, because one of both does not have it: %s%s%s",
              d->kev_compared ? "" : "the KEV catalogue",
              !d->kev_compared && !d->epss_compared ? ", " : "",
              d->epss_compared ? "" : "EPSS predictions");
        page_end_line(&p, 0, 0);
    }
    return page_finish(&p, err);
}

static void write_change(struct json_writer *w, const struct diff_change *c)
{
    json_open_flat_object(w, NULL);
    json_add_c(w, "kind", kinds[c->kind].name);
    json_add_str(w, "id", c->id);
    json_add_str(w, "source", c->source);
    json_add_c(w, "severity", severity_name(c->severity));
    if (c->cvss.version == CVSS_NONE)
        json_add_null(w, "cvss");
    else
        lookup_json_cvss(w, "cvss", &c->cvss);
    json_add_str(w, "before", c->before);
    json_add_str(w, "after", c->after);
    json_close_object(w);
}

bool diff_write_json(const struct diff *d, struct buf *b, struct err *err)
{
    (void)err;
    struct json_writer w = json_writer(b);
    lookup_json_head(&w, "vulnward.diff/1");
    lookup_json_database(&w, "old", d->before);
    lookup_json_database(&w, "new", d->after);
    json_open_array(&w, "sources");
    for (size_t i = 0; i < d->sources.n; i++) {
        const struct diff_source *s = &d->sources.v[i];
        json_open_flat_object(&w, NULL);
        json_add_str(&w, "name", s->name);
        json_add_u64(&w, "old", s->before);
        json_add_u64(&w, "new", s->after);
        json_add_u64(&w, "added", s->added);
        json_add_u64(&w, "removed", s->removed);
        json_add_u64(&w, "changed", s->changed);
        json_close_object(&w);
    }
    json_close_array(&w);
    json_open_object(&w, "counts");
    for (int k = 0; k < DIFF_KINDS; k++)
        json_add_u64(&w, kinds[k].name, d->counts[k]);
    json_close_object(&w);
    json_add_bool(&w, "kev_compared", d->kev_compared);
    json_add_bool(&w, "epss_compared", d->epss_compared);
    json_add_fixed(&w, "epss_change", d->epss_change, 5);
    json_open_array(&w, "changes");
    for (size_t i = 0; i < d->changes.n; i++)
        write_change(&w, &d->changes.v[i]);
    json_close_array(&w);
    json_close_object(&w);
    return true;
}
