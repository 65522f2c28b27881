/* SPDX-License-Identifier: Apache-2.0 */
/* Inventory readers: one file per format, one struct, one table (readers.c). */
#ifndef VULNWARD_INVENTORY_INVENTORY_H
#define VULNWARD_INVENTORY_INVENTORY_H

#include "model/component.h"

struct inventory_reader {
    const char *name;       /* for --format */
    const char *family;     /* a shorter name for --format that siblings share; may be NULL */
    const char *summary;    /* one line for `vulnward formats` */
    enum platform platform; /* what kind of system this format is of */
    /*
     * How sure is it that `in` is in this format: 0 (no) to 100, from the first LIMIT_PROBE_BYTES
     * and the name. Never fails. 60 is a good match of content, +20 for a telling file name.
     */
    int (*probe)(const struct input *in);
    /*
     * Reads everything into `inv`. An entry that can not be taken is listed with inventory_skip and
     * the rest goes on; false with err set when the whole input can not be read. Views may point
     * into the input.
     */
    bool (*read)(const struct input *in, struct inventory *inv, struct err *err);
};

/* How much of an input a probe may look at. */
#define LIMIT_PROBE_BYTES ((size_t)65536)

/* All readers, NULL-terminated, in the order they are listed. */
extern const struct inventory_reader *const inventory_readers[];
/* Is this the name or an alias of a reader? */
bool inventory_format_known(struct str format);
/*
 * The reader that is surest, among those called `format` (a family name such as "yocto" fits
 * several; empty: all). A single one is taken whatever its probe says. NULL with err set when none
 * is sure at all or two are equally sure (the error names them).
 */
const struct inventory_reader *inventory_detect(const struct input *in, struct str format,
                                                struct err *err) VW_CHECKED;
/*
 * Reads `in` into `*inv`, which is filled completely (path, format, digest); `format` as above. An
 * inventory without a single component is an error.
 */
bool inventory_read(struct arena *a, struct str format, const struct input *in,
                    struct inventory *inv, struct err *err) VW_CHECKED;

#endif
