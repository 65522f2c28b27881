/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page for people: fields with a label, tables, headings; wrapped and cut to the terminal, as it
 * is when there is none. The first failure is kept; page_finish() tells it.
 */
#ifndef VULNWARD_REPORT_LOOKUP_PAGE_PRIV_H
#define VULNWARD_REPORT_LOOKUP_PAGE_PRIV_H

#include "codec/json_write.h"
#include "report/lookup.h"

#define PAGE_BOLD "\x1b[1m"
#define PAGE_RED "\x1b[31m"
#define PAGE_BOLD_RED "\x1b[1;31m"
#define PAGE_YELLOW "\x1b[33m"
#define PAGE_DIM "\x1b[2m"
#define PAGE_PLAIN "\x1b[0m"
#define PAGE_ELLIPSIS "\xe2\x80\xa6"

struct page {
    struct buf *b;
    const struct report_style *style;
    struct buf text; /* what the next field or line says: cleaned text of one line */
    struct arena arena;
    bool failed; /* no memory */
};

void page_open(struct page *p, struct buf *b, const struct report_style *style);
/* Frees the page; false when something failed. */
bool page_finish(struct page *p, struct err *err) VW_CHECKED;

void page_paint(struct page *p, const char *color);
const char *page_severity_color(enum severity s);
/* Writes what was collected in p->text, wrapped: `at` columns of the line are taken, further lines
 * start at `indent`. */
void page_end_line(struct page *p, size_t at, size_t indent);
/* The same behind a label, which is bold; an empty label: only its place. Nothing when there is no
 * text. */
void page_field(struct page *p, size_t indent, const char *label);
void page_heading(struct page *p); /* what was collected, bold, as a line */
/* What was collected, kept; p->text is empty again. */
struct str page_keep(struct page *p);
/* "… 31 more, -o json shows all" */
void page_more(struct page *p, uint64_t n, const char *where);
/* Joined by ", ", at most `max` (0: all) and then the count of the others. */
void page_list(struct page *p, const struct str *v, size_t n, size_t max);
void page_date(struct page *p, int64_t ms); /* the day; "-" when not known */
void page_score(struct page *p, unsigned tenths);
/* "12.345 %" of hundred-thousandths. */
void page_percent(struct page *p, uint32_t hundred_thousandths);

/* A table; columns that may be cut say to how little. */
struct page_column {
    const char *title;
    size_t min; /* 0: never cut */
    bool right; /* right-aligned */
};
struct page_table {
    const struct page_column *columns;
    size_t n_columns;
    size_t colored;                /* column that has the severity's color; n_columns: none */
    VEC(struct str) cells;         /* row by row */
    VEC(enum severity) severities; /* per row */
};
/* Keeps what was collected as the next cell; empty becomes "-". */
void page_cell(struct page *p, struct page_table *t);
void page_row_done(struct page *p, struct page_table *t, enum severity s);
void page_write_table(struct page *p, const struct page_table *t, size_t indent);

/* ---- parts of pages ---- */

/* What one record says is affected, as fields (show_affected.c). */
void show_affected(struct page *p, const struct vuln *v);
/* Where sources differ, and what only one has (show_differences.c). */
bool show_differences(struct page *p, const struct show_entry *e, struct err *err) VW_CHECKED;

/* JSON that several of them write (show_json.c). */
void lookup_json_head(struct json_writer *w, const char *schema);
void lookup_json_database(struct json_writer *w, const char *key, const struct database_info *d);
void lookup_json_known(struct json_writer *w, const struct lookup_cve *c);
void lookup_json_strings(struct json_writer *w, const char *key, const struct str *v, size_t n);
void lookup_json_cvss(struct json_writer *w, const char *key, const struct cvss *c);

/* The score that decides over several records; NULL when there is none. */
const struct cvss *lookup_decisive(const struct show_entry *e);

#endif
