/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headers of our own tar files (POSIX.1-2008 pax, "ustar Interchange Format"). Writing gives
 * one form: a regular file, mode 644, owner 0, no names of people. Reading takes that form, byte
 * for byte, and nothing else: links, folders, devices, sparse files and long names do not exist
 * here. For tar files of others there is another reader.
 */
#ifndef VULNWARD_CODEC_TAR_H
#define VULNWARD_CODEC_TAR_H

#include "base/str.h"

#define TAR_BLOCK ((size_t)512)
#define TAR_SIZE_MAX ((uint64_t)8 << 30) /* eleven octal digits; the size is less */
#define TAR_END_BLOCKS 2                 /* of zeros */

struct tar_entry {
    struct str name; /* less than 100 bytes */
    uint64_t size;
    int64_t mtime; /* seconds since 1970, not before */
};
/* False when the entry does not fit into a header. */
bool tar_write_header(const struct tar_entry *e, char out[TAR_BLOCK]) VW_CHECKED;
/* `e->name` is what it has to be called; false when it is anything else than such an entry. */
bool tar_read_header(const char in[TAR_BLOCK], struct tar_entry *e) VW_CHECKED;
/* Zeros behind the content up to the next block. */
static inline size_t tar_padding(uint64_t size)
{
    return (size_t)(-size % TAR_BLOCK);
}

#endif
