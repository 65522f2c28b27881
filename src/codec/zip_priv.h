/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zip files (APPNOTE.TXT 6.3), by their list of files at the end: stored and deflated entries,
 * Zip64. Only codec/archive.c uses this.
 */
#ifndef VULNWARD_CODEC_ZIP_PRIV_H
#define VULNWARD_CODEC_ZIP_PRIV_H

#include "base/err.h"
#include "base/str.h"

struct zip;

struct zip_entry {
    struct str name; /* as it is, until the next call */
    bool folder, regular;
    uint64_t size;
};

/* `fd` stays the caller's. Errors have no place: the caller knows which entry it is. */
bool zip_open(int fd, uint64_t size, struct zip **out, struct err *err) VW_CHECKED;
void zip_rewind(struct zip *z);
bool zip_next(struct zip *z, struct zip_entry *e, bool *more, struct err *err) VW_CHECKED;
/* *got is 0 only at the end, when size and checksum were right. */
bool zip_read(struct zip *z, void *p, size_t n, size_t *got, struct err *err) VW_CHECKED;
/* Where in the file the current entry is read. */
uint64_t zip_at(const struct zip *z);
void zip_close(struct zip *z); /* NULL is fine */

#endif
