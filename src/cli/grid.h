/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of text for people: as wide as their widest cell. */
#ifndef VULNWARD_CLI_GRID_H
#define VULNWARD_CLI_GRID_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"

struct grid_column {
    const char *title;
    size_t min;      /* how wide it is at least */
    bool right;      /* numbers */
    bool hide_empty; /* not shown when all its cells are empty */
};

struct grid {
    struct arena *a;
    const struct grid_column *columns; /* up to one without a title */
    VEC(struct str) cells;             /* row by row */
    struct buf text;                   /* the next cell is collected here */
    bool failed;                       /* no memory; told by grid_write */
};

/* What was collected in g->text becomes the next cell. */
void grid_end_cell(struct grid *g);
/* Writes headings and rows; frees what is not in the arena. */
bool grid_write(struct grid *g, struct buf *out, struct err *err) VW_CHECKED;

#endif
