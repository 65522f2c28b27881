/* SPDX-License-Identifier: Apache-2.0 */
/* Zip files made by hand, also wrong ones. */
#ifndef VULNWARD_TESTS_ZIP_WRITE_H
#define VULNWARD_TESTS_ZIP_WRITE_H

#include <libdeflate.h>

#include "base/buf.h"

struct zip_out {
    struct buf file, list;
    unsigned n;
};

/* What is not as it should be; all zero: nothing. */
struct zip_twist {
    unsigned method;        /* said instead of the true one */
    unsigned flags;         /* set in both headers */
    const char *local_name; /* in front of the content */
    uint32_t crc_off, size_off;
    bool zip64;    /* sizes and place in an extra field */
    bool deflated; /* else stored */
    unsigned mode; /* of Unix */
};

static inline void zip_le(struct buf *b, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buf_char(b, (char)(v >> (8 * i) & 255));
}

/* Sections 4.3.7 and 4.3.12 of APPNOTE.TXT. */
static inline void zip_put(struct zip_out *z, const char *name, struct str data,
                           const struct zip_twist *twist)
{
    const struct zip_twist t = twist ? *twist : (struct zip_twist){0};
    const char *local = t.local_name ? t.local_name : name;
    uint32_t crc = libdeflate_crc32(0, data.p, data.n) + t.crc_off;
    uint64_t at = z->file.n, size = data.n + t.size_off;
    unsigned method = t.method ? t.method : t.deflated ? 8 : 0;
    struct str packed = data;
    char *room = NULL;
    if (t.deflated) {
        struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
        size_t cap = libdeflate_deflate_compress_bound(c, data.n);
        room = malloc(cap);
        if (!room)
            abort();
        packed = str_make(room, libdeflate_deflate_compress(c, data.p, data.n, room, cap));
        libdeflate_free_compressor(c);
    }
    buf_add(&z->file, "PK\3\4\24\0", 6);
    zip_le(&z->file, t.flags, 2);
    zip_le(&z->file, method, 2);
    zip_le(&z->file, 0, 4);
    zip_le(&z->file, crc, 4);
    zip_le(&z->file, packed.n, 4);
    zip_le(&z->file, size, 4);
    zip_le(&z->file, strlen(local), 2);
    zip_le(&z->file, 0, 2);
    buf_c(&z->file, local);
    buf_str(&z->file, packed);
    buf_add(&z->list, "PK\1\2\24\3\24\0", 8);
    zip_le(&z->list, t.flags, 2);
    zip_le(&z->list, method, 2);
    zip_le(&z->list, 0, 4);
    zip_le(&z->list, crc, 4);
    zip_le(&z->list, t.zip64 ? 0xffffffffu : packed.n, 4);
    zip_le(&z->list, t.zip64 ? 0xffffffffu : size, 4);
    zip_le(&z->list, strlen(name), 2);
    zip_le(&z->list, t.zip64 ? 4 + 4 + 28 : 0, 2);
    zip_le(&z->list, 0, 6);
    zip_le(&z->list, t.mode << 16, 4);
    zip_le(&z->list, t.zip64 ? 0xffffffffu : at, 4);
    buf_c(&z->list, name);
    if (t.zip64) { /* behind an extra field of another kind */
        zip_le(&z->list, 0x7777, 2);
        zip_le(&z->list, 0, 2);
        zip_le(&z->list, 1, 2);
        zip_le(&z->list, 28, 2);
        zip_le(&z->list, size, 8);
        zip_le(&z->list, packed.n, 8);
        zip_le(&z->list, at, 8);
        zip_le(&z->list, 0, 4);
    }
    z->n++;
    free(room);
}

/* Section 4.3.14 to 4.3.16; `comment` may be empty. The file is then z->file. */
static inline void zip_end(struct zip_out *z, bool zip64, const char *comment)
{
    uint64_t list = z->file.n, size = z->list.n;
    buf_str(&z->file, buf_view(&z->list));
    if (zip64) {
        uint64_t at = z->file.n;
        buf_add(&z->file, "PK\6\6", 4);
        zip_le(&z->file, 44, 8);
        zip_le(&z->file, 0x002d002d, 4);
        zip_le(&z->file, 0, 8);
        zip_le(&z->file, z->n, 8);
        zip_le(&z->file, z->n, 8);
        zip_le(&z->file, size, 8);
        zip_le(&z->file, list, 8);
        buf_add(&z->file, "PK\6\7\0\0\0\0", 8);
        zip_le(&z->file, at, 8);
        zip_le(&z->file, 1, 4);
    }
    buf_add(&z->file, "PK\5\6\0\0\0\0", 8);
    zip_le(&z->file, zip64 ? 0xffff : z->n, 2);
    zip_le(&z->file, zip64 ? 0xffff : z->n, 2);
    zip_le(&z->file, zip64 ? 0xffffffffu : size, 4);
    zip_le(&z->file, zip64 ? 0xffffffffu : list, 4);
    zip_le(&z->file, strlen(comment), 2);
    buf_c(&z->file, comment);
}

static inline void zip_out_free(struct zip_out *z)
{
    buf_free(&z->file);
    buf_free(&z->list);
    *z = (struct zip_out){0};
}

#endif
