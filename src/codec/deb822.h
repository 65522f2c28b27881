/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paragraphs of "Field: value" lines, parted by blank lines (deb822(5)): dpkg and opkg status
 * files, license.manifest. Continuation lines (starting with a blank) are passed over, because no
 * field we take may have them.
 */
#ifndef VULNWARD_CODEC_DEB822_H
#define VULNWARD_CODEC_DEB822_H

#include "codec/lines.h"

/* Most different fields a reader may ask for. */
#define DEB822_FIELDS_MAX 8

/* Lines that are no fields are kept up to this many; all are counted. */
#define DEB822_BAD_MAX 16

struct deb822 {
    struct lines lines;
    size_t line;                         /* where the paragraph starts */
    struct str value[DEB822_FIELDS_MAX]; /* by index of the names; empty when absent */
    struct str first;                    /* the paragraph's first line, for messages */
    struct {
        struct str text;
        size_t line;
    } bad[DEB822_BAD_MAX]; /* the first lines that are no fields ... */
    size_t n_bad;          /* ... and how many there are */
    int repeated;          /* index of a field that is there twice, or -1 */
};

struct deb822 deb822_of(struct str text);
/*
 * Reads the next paragraph; false at the end. `names` (n of them) are compared without case, as the
 * specification says.
 */
bool deb822_next(struct deb822 *d, const char *const *names, size_t n);

#endif
