/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/grid.h"

#include <errno.h>

#include "base/banned.h"

/* A longer cell moves the rest of its own line, and of no other. */
#define WIDTH_MAX 60

void grid_end_cell(struct grid *g)
{
    struct err ignored = {0};
    struct str *cell = VEC_PUSH(g->a, &g->cells);
    if (!cell || g->text.error || !arena_dup(g->a, buf_view(&g->text), cell, &ignored))
        g->failed = true;
    buf_clear(&g->text);
}

/* Columns a cleaned text takes: one per character. */
static size_t columns_of(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

static void write_blanks(struct buf *out, size_t n)
{
    while (n--)
        buf_char(out, ' ');
}

static void write_cell(struct buf *out, struct str s, size_t width, bool right, size_t *owed)
{
    size_t n = columns_of(s), pad = n < width ? width - n : 0;
    write_blanks(out, *owed + (right ? pad : 0));
    buf_str(out, s);
    *owed = 2 + (right ? 0 : pad); /* written before the next cell: none at the end of a line */
}

/* 0: not shown */
static size_t width_of(const struct grid *g, size_t column, size_t columns)
{
    const struct grid_column *c = &g->columns[column];
    size_t width = 0, title = strlen(c->title);
    for (size_t i = column; i < g->cells.n; i += columns) {
        size_t n = columns_of(g->cells.v[i]);
        width = n > width && n <= WIDTH_MAX ? n : width;
    }
    if (!width && c->hide_empty)
        return 0;
    width = width > title ? width : title;
    return width > c->min ? width : c->min;
}

bool grid_write(struct grid *g, struct buf *out, struct err *err)
{
    size_t columns = 0, owed = 0, rows;
    while (g->columns[columns].title)
        columns++;
    if (!columns)
        return err_set(err, ERR_INTERNAL, "a table without columns");
    rows = g->cells.n / columns;
    size_t *width = arena_array(g->a, columns, sizeof *width);
    bool failed = g->failed || !width;
    buf_free(&g->text);
    if (failed)
        return err_memory(err);
    for (size_t c = 0; c < columns; c++) {
        width[c] = width_of(g, c, columns);
        if (width[c])
            write_cell(out, str_from_c(g->columns[c].title), width[c], g->columns[c].right, &owed);
    }
    buf_char(out, '\n');
    for (size_t r = 0; r < rows; r++) {
        owed = 0;
        for (size_t c = 0; c < columns; c++)
            if (width[c])
                write_cell(out, g->cells.v[r * columns + c], width[c], g->columns[c].right, &owed);
        buf_char(out, '\n');
    }
    return true;
}
