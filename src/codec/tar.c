/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/tar.h"

#include <stdio.h>

#include "base/banned.h"

/* Where the fields are, and how long. */
#define SIZE_AT 124
#define MTIME_AT 136
#define NUMBER_BYTES 12 /* eleven octal digits and a NUL */
#define CHECKSUM_AT 148
#define CHECKSUM_BYTES 8

static void put_octal(char *out, uint64_t v)
{
    for (int i = NUMBER_BYTES - 2; i >= 0; i--, v /= 8)
        out[i] = (char)('0' + v % 8);
}

bool tar_write_header(const struct tar_entry *e, char out[TAR_BLOCK])
{
    unsigned sum = 0;
    if (!e->name.n || e->name.n >= 100 || e->size >= TAR_SIZE_MAX || e->mtime < 0 ||
        (uint64_t)e->mtime >= TAR_SIZE_MAX)
        return false;
    memset(out, 0, TAR_BLOCK);
    memcpy(out, e->name.p, e->name.n);
    memcpy(out + 100, "0000644", 8);
    memcpy(out + 108, "0000000", 8); /* owner */
    memcpy(out + 116, "0000000", 8); /* group */
    put_octal(out + SIZE_AT, e->size);
    put_octal(out + MTIME_AT, (uint64_t)e->mtime);
    memset(out + CHECKSUM_AT, ' ', CHECKSUM_BYTES);
    out[156] = '0'; /* a regular file */
    memcpy(out + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += (unsigned char)out[i];
    (void)snprintf(out + CHECKSUM_AT, CHECKSUM_BYTES, "%06o", sum);
    return true;
}

static bool get_octal(const char *p, uint64_t *out)
{
    uint64_t v = 0;
    for (int i = 0; i < NUMBER_BYTES - 1; i++) {
        if (p[i] < '0' || p[i] > '7')
            return false;
        v = v * 8 + (uint64_t)(p[i] - '0');
    }
    *out = v;
    return true;
}

bool tar_read_header(const char in[TAR_BLOCK], struct tar_entry *e)
{
    char again[TAR_BLOCK];
    uint64_t mtime;
    if (!get_octal(in + SIZE_AT, &e->size) || !get_octal(in + MTIME_AT, &mtime))
        return false;
    e->mtime = (int64_t)mtime;
    return tar_write_header(e, again) && memcmp(in, again, TAR_BLOCK) == 0;
}
