/* SPDX-License-Identifier: Apache-2.0 */
/* Report writers: one file per format, one struct, one table (writers.c). */
#ifndef VULNWARD_REPORT_REPORT_H
#define VULNWARD_REPORT_REPORT_H

#include "base/buf.h"
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

/*
 * Shown as it is, but on one line and harmless: line ends and tabs become blanks; other control
 * characters (an escape sequence may clear a screen), what is not UTF-8, and the controls that turn
 * the direction of writing become U+FFFD.
 */
void report_write_line(struct buf *b, struct str s);

#endif
