/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a product, for people and as "vulnward.search/1". */
#include "base/date.h"
#include "report/lookup_page_priv.h"

#include "base/banned.h"

/* Products listed before the others are counted. */
#define PRODUCTS 25

static void write_products(struct page *p, const struct search *s, bool near)
{
    static const struct page_column columns[] = {
        {"KIND", 0, false}, {"NAME", 16, false}, {"RECORDS", 0, true}};
    struct page_table t = {.columns = columns, .n_columns = 3, .colored = 3};
    size_t n = 0;
    for (size_t i = 0; i < s->products.n; i++) {
        const struct search_product *x = &s->products.v[i];
        if (x->near != near || n++ >= PRODUCTS)
            continue;
        buf_c(&p->text, x->package ? "package" : "product");
        page_cell(p, &t);
        report_write_line(&p->text, x->vendor);
        buf_char(&p->text, x->package ? '/' : ':');
        report_write_line(&p->text, x->name);
        page_cell(p, &t);
        buf_u64(&p->text, x->records);
        page_cell(p, &t);
        page_row_done(p, &t, SEVERITY_UNKNOWN);
    }
    if (!n)
        return;
    buf_c(&p->text, near ? "Called alike" : "Known as");
    page_heading(p);
    page_write_table(p, &t, 2);
    if (n > PRODUCTS) {
        buf_c(&p->text, "  ");
        page_more(p, n - PRODUCTS, "-o json shows all");
        page_end_line(p, 0, 4);
    }
}

static void write_row(struct page *p, struct page_table *t, const struct search_row *r,
                      bool several)
{
    report_write_line(&p->text, r->id);
    page_cell(p, t);
    page_date(p, r->published);
    page_cell(p, t);
    buf_c(&p->text, r->rejected ? "rejected" : severity_name(r->severity));
    page_cell(p, t);
    if (r->cvss.version != CVSS_NONE)
        page_score(p, r->cvss.tenths);
    page_cell(p, t);
    buf_c(&p->text, r->known.kev ? "KEV" : "");
    page_cell(p, t);
    if (r->known.epss.id.n)
        buf_f(&p->text, "%u.%u %%", r->known.epss.score / 1000, r->known.epss.score % 1000 / 100);
    page_cell(p, t);
    page_list(p, r->sources.v, r->sources.n, 0);
    page_cell(p, t);
    if (several && r->product.n) {
        report_write_line(&p->text, r->product);
        buf_char(&p->text, ' ');
    }
    report_write_line(&p->text, r->ranges);
    if (r->against.n) {
        buf_c(&p->text, "  (not affected, says ");
        page_list(p, r->against.v, r->against.n, 0);
        buf_char(&p->text, ')');
    }
    page_cell(p, t);
    page_row_done(p, t, r->severity);
}

static void write_rows(struct page *p, const struct search *s)
{
    static const struct page_column columns[] = {
        {"ID", 0, false},  {"PUBLISHED", 0, false}, {"SEVERITY", 0, false}, {"SCORE", 0, true},
        {"KEV", 0, false}, {"EPSS", 0, true},       {"SOURCE", 7, false},   {"VERSIONS", 20, false},
    };
    struct page_table t = {.columns = columns, .n_columns = 8, .colored = 2};
    size_t exact = 0;
    for (size_t i = 0; i < s->products.n; i++)
        exact += !s->products.v[i].near;
    for (size_t i = 0; i < s->rows.n; i++)
        write_row(p, &t, &s->rows.v[i], exact > 1);
    if (s->version.n) {
        buf_f(&p->text, "Vulnerabilities that apply to version ");
        report_write_line(&p->text, s->version);
    } else {
        buf_c(&p->text, "Records, newest first");
    }
    buf_f(&p->text, ": %llu", (unsigned long long)s->n_rows);
    page_heading(p);
    for (size_t i = 0; i < s->warnings.n; i++) {
        page_paint(p, PAGE_YELLOW);
        buf_c(&p->text, "  ");
        report_write_line(&p->text, s->warnings.v[i]);
        page_end_line(p, 0, 4);
        page_paint(p, PAGE_PLAIN);
    }
    if (s->rows.n)
        page_write_table(p, &t, 2);
    if (s->n_rows > s->rows.n) {
        buf_c(&p->text, "  ");
        page_more(p, s->n_rows - s->rows.n, "--limit 0 shows all");
        page_end_line(p, 0, 4);
    }
}

bool search_write_text(const struct search *s, const struct report_style *style, struct buf *b,
                       struct err *err)
{
    struct page p;
    size_t exact = 0;
    page_open(&p, b, style);
    for (size_t i = 0; i < s->products.n; i++)
        exact += !s->products.v[i].near;
    write_products(&p, s, false);
    if (exact) {
        buf_char(b, '\n');
        write_rows(&p, s);
    }
    if (exact && exact < s->products.n)
        buf_char(b, '\n');
    write_products(&p, s, true);
    return page_finish(&p, err);
}

static void write_json_row(struct json_writer *w, const struct search_row *r)
{
    json_open_object(w, NULL);
    json_add_str(w, "id", r->id);
    json_add_str(w, "product", r->product);
    lookup_json_strings(w, "sources", r->sources.v, r->sources.n);
    json_add_bool(w, "rejected", r->rejected);
    json_add_date(w, "published", r->published);
    json_add_c(w, "severity", severity_name(r->severity));
    if (r->cvss.version == CVSS_NONE)
        json_add_null(w, "cvss");
    else
        lookup_json_cvss(w, "cvss", &r->cvss);
    lookup_json_known(w, &r->known);
    json_add_str(w, "ranges", r->ranges);
    lookup_json_strings(w, "fixed_in", r->fixed_in.v, r->fixed_in.n);
    lookup_json_strings(w, "against", r->against.v, r->against.n);
    lookup_json_strings(w, "notes", r->notes.v, r->notes.n);
    json_close_object(w);
}

bool search_write_json(const struct search *s, struct buf *b, struct err *err)
{
    (void)err;
    struct json_writer w = json_writer(b);
    lookup_json_head(&w, "vulnward.search/1");
    lookup_json_database(&w, "database", s->database);
    json_add_str(&w, "product", s->product);
    json_add_str(&w, "version", s->version);
    lookup_json_strings(&w, "warnings", s->warnings.v, s->warnings.n);
    json_open_array(&w, "products");
    for (size_t i = 0; i < s->products.n; i++) {
        const struct search_product *x = &s->products.v[i];
        json_open_flat_object(&w, NULL);
        json_add_c(&w, "kind", x->package ? "package" : "product");
        json_add_str(&w, x->package ? "ecosystem" : "vendor", x->vendor);
        json_add_str(&w, "name", x->name);
        json_add_bool(&w, "near", x->near);
        json_add_u64(&w, "records", x->records);
        json_close_object(&w);
    }
    json_close_array(&w);
    json_add_u64(&w, "count", s->n_rows);
    json_open_array(&w, "rows");
    for (size_t i = 0; i < s->rows.n; i++)
        write_json_row(&w, &s->rows.v[i]);
    json_close_array(&w);
    json_close_object(&w);
    return true;
}
