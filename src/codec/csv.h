/* SPDX-License-Identifier: Apache-2.0 */
/* Comma-separated values (RFC 4180): reading records in place, writing fields. */
#ifndef VULNWARD_CODEC_CSV_H
#define VULNWARD_CODEC_CSV_H

#include "base/arena.h"
#include "base/buf.h"

#define CSV_FIELDS_MAX 256

struct csv {
    struct str rest;
    struct arena *arena; /* where fields with doubled quotes are rewritten */
    size_t line;         /* first line of the current record, 1-based */
    size_t next_line;
    struct str text; /* the record as it stands in the input, without the line end */
    struct str field[CSV_FIELDS_MAX];
    size_t n;          /* how many fields */
    const char *fault; /* why the record is malformed, NULL when it is not */
};

struct csv csv_of(struct arena *a, struct str text);
/* The next record that is not blank; false at the end or, with err set, when out of memory. */
bool csv_next(struct csv *c, struct err *err);

/* Writes one field, quoted when it has to be; `first`: no comma before it. */
void csv_field(struct buf *b, struct str field, bool first);

#endif
