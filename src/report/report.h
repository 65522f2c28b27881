/* SPDX-License-Identifier: Apache-2.0 */
/* Report writers: one file per format, one struct, one table (writers.c). */
#ifndef VULNWARD_REPORT_REPORT_H
#define VULNWARD_REPORT_REPORT_H

#include "base/buf.h"
#include "codec/json_write.h"
#include "model/finding.h"

struct report_style {
    bool color;     /* a terminal that wants it */
    unsigned width; /* columns of the terminal; 0 when it is none */
};

struct report_writer {
    const char *name;
    const char *summary;
    bool needs_details; /* wants description and references of each finding */
    /* Writes to `b`, whose sticky error the caller checks. Deterministic: same report, same bytes.
     */
    bool (*write)(const struct report *r, const struct report_style *style, struct buf *b,
                  struct err *err);
};

extern const struct report_writer *const report_writers[]; /* NULL-terminated */
const struct report_writer *report_writer_by_name(struct str name);

/* One source of the database as JSON reports have it; `now` is what its age counts from. */
void report_add_source(struct json_writer *w, const struct source_info *s, int64_t now);
/*
 * Shown as it is, but on one line and harmless: line ends and tabs become blanks; other control
 * characters (an escape sequence may clear a screen), what is not UTF-8, and the controls that turn
 * the direction of writing become U+FFFD.
 */
void report_write_line(struct buf *b, struct str s);

#endif
