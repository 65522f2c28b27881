/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the table report share: table.c has the tables, table_end.c what is below. */
#ifndef VULNWARD_REPORT_TABLE_PRIV_H
#define VULNWARD_REPORT_TABLE_PRIV_H

#include "report/common_priv.h"

#define BOLD "\x1b[1m"
#define RED "\x1b[31m"
#define BOLD_RED "\x1b[1;31m"
#define BOLD_GREEN "\x1b[1;32m"
#define YELLOW "\x1b[33m"
#define CYAN "\x1b[36m"
#define PLAIN "\x1b[0m"

struct table {
    const struct report *r;
    const struct report_style *style;
    struct buf *b;
    struct report_index index;
    struct arena arena;
    struct buf text; /* scratch */
    /* The criterion written last and what it names: of a product they are mostly the same text. */
    struct str criterion, product;
    struct err *err;
};

/* Only where colors are wanted. */
void table_paint(struct table *t, const char *color);
const char *table_severity_color(enum severity s);
/* "1 line", "2 lines" */
void table_write_number(struct buf *b, uint64_t n, const char *one, const char *many);
/*
 * Writes and empties what was collected in t->text, and ends the line. At a terminal it is wrapped
 * between words; `at` is how many columns of the line are taken, `indent` where the next lines
 * start.
 */
void table_write_wrapped(struct table *t, size_t at, size_t indent);

/* Ignore rules without use, the summary, the database and the verdict. */
void table_write_end(struct table *t);

#endif
