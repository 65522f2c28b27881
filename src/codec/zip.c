/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers in brackets are sections of APPNOTE.TXT. The list at the end is what counts (4.3.12); the
 * header in front of each entry has to agree with it, for two programs that believe different ones
 * see different archives.
 */
#include "codec/zip_priv.h"

#include <errno.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <unistd.h>

#include "base/banned.h"

#define WINDOW_BYTES ((size_t)256 << 10)
#define END_BYTES 22    /* [4.3.16] without its comment */
#define END64_BYTES 56  /* [4.3.14] */
#define FIND64_BYTES 20 /* [4.3.15] */
#define LIST_BYTES 46   /* [4.3.12] one file, without names */
#define LOCAL_BYTES 30  /* [4.3.7] */
#define MOST_COMMENT 65535
#define NONE32 0xffffffffu

enum { STORED = 0, DEFLATED = 8 }; /* [4.4.5] */

/* A part of the file in memory. */
struct window {
    uint64_t at;
    size_t n;
    unsigned char bytes[WINDOW_BYTES];
};

struct zip {
    int fd;
    uint64_t size;
    uint64_t list, list_end, entries; /* the list: from, to, how many */
    uint64_t next, seen;              /* where in it, and how many were */
    struct window list_window, data_window;
    /* The current entry. */
    unsigned method, flags;
    uint32_t crc, crc_now;
    uint64_t local; /* its header */
    uint64_t at, packed_left, plain_left;
    bool opened, finished;
    char name[LIMIT_PATH_BYTES + 2];
    size_t name_n;
    struct inflate_state inflate;
};

static unsigned u16(const unsigned char *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static uint32_t u32(const unsigned char *p)
{
    return u16(p) | (uint32_t)u16(p + 2) << 16;
}

static uint64_t u64(const unsigned char *p)
{
    return u32(p) | (uint64_t)u32(p + 4) << 32;
}

static bool damaged(struct err *err, const char *what)
{
    return err_set(err, ERR_INPUT, "can not be unpacked: %s", what);
}

static bool cut_short(struct err *err)
{
    return damaged(err, "the archive is damaged or cut short");
}

/* Reads on from `at`. */
static bool load(struct zip *z, struct window *w, uint64_t at, struct err *err)
{
    ssize_t k;
    w->at = at;
    w->n = 0;
    while (w->n < sizeof w->bytes) {
        k = pread(z->fd, w->bytes + w->n, sizeof w->bytes - w->n, (off_t)(at + w->n));
        if (k < 0 && errno != EINTR)
            return err_errno(err, "reading");
        if (k == 0)
            break;
        w->n += k > 0 ? (size_t)k : 0;
    }
    return true;
}

/* `n` bytes at `at` of the file (at most WINDOW_BYTES): their place, NULL with err set. */
static const unsigned char *bytes_at(struct zip *z, struct window *w, uint64_t at, size_t n,
                                     struct err *err)
{
    if (at > z->size || n > z->size - at) {
        cut_short(err);
        return NULL;
    }
    if (at < w->at || at - w->at > w->n || w->n - (size_t)(at - w->at) < n)
        if (!load(z, w, at, err))
            return NULL;
    if (w->n - (size_t)(at - w->at) < n) { /* the file became shorter */
        cut_short(err);
        return NULL;
    }
    return w->bytes + (at - w->at);
}

/* ---- the list of files ---- */

/* Zip64 [4.3.14, 4.3.15]: in front of the ordinary end record at `end`. */
static bool read_end64(struct zip *z, uint64_t *end, struct err *err)
{
    if (*end < FIND64_BYTES)
        return cut_short(err);
    const unsigned char *p = bytes_at(z, &z->list_window, *end - FIND64_BYTES, FIND64_BYTES, err);
    if (!p)
        return false;
    if (memcmp(p, "PK\x06\x07", 4) != 0)
        return cut_short(err);
    uint64_t at = u64(p + 8);
    p = bytes_at(z, &z->list_window, at, END64_BYTES, err);
    if (!p)
        return false;
    if (memcmp(p, "PK\x06\x06", 4) != 0 || at > *end - FIND64_BYTES)
        return cut_short(err);
    *end = at;
    z->entries = u64(p + 32);
    z->list_end = u64(p + 40);
    z->list = u64(p + 48);
    return true;
}

/* The last bytes of the file, which say where the list is [4.3.16]. */
static bool read_end(struct zip *z, struct err *err)
{
    uint64_t first = z->size > END_BYTES + MOST_COMMENT ? z->size - END_BYTES - MOST_COMMENT : 0;
    const unsigned char *p = bytes_at(z, &z->list_window, first, (size_t)(z->size - first), err);
    if (!p)
        return false;
    size_t n = (size_t)(z->size - first), i = n >= END_BYTES ? n - END_BYTES + 1 : 0;
    /* Its comment reaches to the end of the file, or it is not the record but some text. */
    while (i && !(memcmp(p + i - 1, "PK\x05\x06", 4) == 0 &&
                  i - 1 + END_BYTES + u16(p + i - 1 + 20) == n))
        i--;
    if (!i)
        return damaged(err, "it has no list of its files: damaged or cut short");
    p += i - 1;
    uint64_t end = first + i - 1;
    bool is64 = u16(p + 10) == 0xffff || u32(p + 12) == NONE32 || u32(p + 16) == NONE32;
    if (u16(p + 4) != u16(p + 6) || (u16(p + 4) && u16(p + 4) != 0xffff))
        return damaged(err, "it is one of several parts");
    z->entries = u16(p + 10);
    z->list_end = u32(p + 12);
    z->list = u32(p + 16);
    if (is64 && !read_end64(z, &end, err))
        return false;
    if (z->list > end || z->list_end > end - z->list)
        return cut_short(err);
    z->list_end += z->list; /* it was the size */
    if (z->entries > LIMIT_ARCHIVE_ENTRIES)
        return err_set(err, ERR_LIMIT, "more than %zu files", LIMIT_ARCHIVE_ENTRIES);
    return true;
}

/* Sizes and places that do not fit in 32 bits stand in an extra field [4.5.3]. */
static bool read_extra(struct zip *z, const unsigned char *p, size_t n, struct err *err)
{
    uint64_t *const fields[] = {&z->plain_left, &z->packed_left, &z->local};
    bool wanted = false;
    for (size_t i = 0; i < 3; i++)
        wanted |= *fields[i] == NONE32;
    if (!wanted)
        return true;
    for (size_t at = 0, len; n - at >= 4; at += 4 + len) {
        len = u16(p + at + 2);
        if (len > n - at - 4)
            break;
        if (u16(p + at) != 1)
            continue;
        const unsigned char *q = p + at + 4;
        for (size_t i = 0; i < 3; i++) {
            if (*fields[i] != NONE32)
                continue;
            if (len - (size_t)(q - (p + at + 4)) < 8)
                return cut_short(err);
            *fields[i] = u64(q);
            q += 8;
        }
        return true;
    }
    return cut_short(err);
}

bool zip_next(struct zip *z, struct zip_entry *e, bool *more, struct err *err)
{
    *more = false;
    z->opened = false;
    z->name_n = 0;
    if (z->seen == z->entries)
        return z->next == z->list_end || cut_short(err);
    const unsigned char *p = bytes_at(z, &z->list_window, z->next, LIST_BYTES, err);
    if (!p)
        return false;
    if (memcmp(p, "PK\x01\x02", 4) != 0 || z->list_end - z->next < LIST_BYTES)
        return cut_short(err);
    size_t name_n = u16(p + 28), extra_n = u16(p + 30), comment_n = u16(p + 32);
    size_t all = LIST_BYTES + name_n + extra_n + comment_n;
    if (all > z->list_end - z->next)
        return cut_short(err);
    p = bytes_at(z, &z->list_window, z->next, all, err);
    if (!p)
        return false;
    z->flags = u16(p + 8);
    z->method = u16(p + 10);
    z->crc = u32(p + 16);
    z->packed_left = u32(p + 20);
    z->plain_left = u32(p + 24);
    z->local = u32(p + 42);
    if (!read_extra(z, p + LIST_BYTES + name_n, extra_n, err))
        return false;
    /* Too long a name is the caller's to complain about. */
    z->name_n = name_n < sizeof z->name ? name_n : sizeof z->name;
    memcpy(z->name, p + LIST_BYTES, z->name_n);
    z->next += all;
    z->seen++;
    /* [4.4.2, 4.4.15]: of a Unix the file's mode stands in the upper half. */
    unsigned mode = p[5] == 3 ? u32(p + 38) >> 16 & 0170000 : 0;
    *e = (struct zip_entry){.name = str_make(z->name, z->name_n), .size = z->plain_left};
    e->folder = str_ends(e->name, STR("/"));
    e->regular = !e->folder && (mode == 0 || mode == 0100000);
    *more = true;
    return true;
}

/* ---- content ---- */

/* To the first byte of the current entry's content. */
static bool open_entry(struct zip *z, struct err *err)
{
    const unsigned char *p = bytes_at(z, &z->data_window, z->local, LOCAL_BYTES, err);
    if (!p)
        return false;
    size_t name_n = u16(p + 26), head = LOCAL_BYTES + name_n + u16(p + 28);
    if (memcmp(p, "PK\x03\x04", 4) != 0 || z->local + head > z->list ||
        z->packed_left > z->list - z->local - head)
        return cut_short(err);
    p = bytes_at(z, &z->data_window, z->local, head, err);
    if (!p)
        return false;
    if (u16(p + 8) != z->method || (u16(p + 6) & 1) != (z->flags & 1) || name_n != z->name_n ||
        memcmp(p + LOCAL_BYTES, z->name, name_n) != 0)
        return damaged(err, "the archive's list of files and the file do not agree");
    if (z->flags & 1)
        return damaged(err, "it is encrypted");
    if (z->method != STORED && z->method != DEFLATED)
        return err_set(err, ERR_INPUT,
                       "can not be unpacked: it is packed by method %u; deflate is what is read",
                       z->method);
    if (z->method == STORED && z->packed_left != z->plain_left)
        return cut_short(err);
    z->at = z->local + head;
    z->crc_now = 0;
    z->finished = z->method == STORED && !z->plain_left;
    z->opened = true;
    isal_inflate_init(&z->inflate);
    return true;
}

static bool read_stored(struct zip *z, void *p, size_t n, size_t *got, struct err *err)
{
    size_t k = n < WINDOW_BYTES ? n : WINDOW_BYTES;
    k = z->packed_left < k ? (size_t)z->packed_left : k;
    const unsigned char *q = bytes_at(z, &z->data_window, z->at, k, err);
    if (!q)
        return false;
    memcpy(p, q, k);
    z->at += k;
    z->packed_left -= k;
    z->finished = !z->packed_left;
    *got = k;
    return true;
}

static bool read_deflated(struct zip *z, void *p, size_t n, size_t *got, struct err *err)
{
    struct inflate_state *s = &z->inflate;
    s->next_out = p;
    s->avail_out = (uint32_t)(n < WINDOW_BYTES ? n : WINDOW_BYTES);
    size_t want = s->avail_out;
    while (s->avail_out && !z->finished) {
        const struct window *w = &z->data_window;
        const unsigned char *q = bytes_at(z, &z->data_window, z->at, z->packed_left != 0, err);
        if (!q)
            return false;
        size_t have = w->n - (size_t)(z->at - w->at);
        have = z->packed_left < have ? (size_t)z->packed_left : have;
        s->next_in = z->data_window.bytes + (z->at - w->at);
        s->avail_in = (uint32_t)have;
        uint32_t room = s->avail_out;
        int rc = isal_inflate(s);
        size_t used = have - s->avail_in;
        z->at += used;
        z->packed_left -= used;
        z->finished = s->block_state == ISAL_BLOCK_FINISH;
        if ((rc != ISAL_DECOMP_OK && rc != ISAL_END_INPUT && rc != ISAL_OUT_OVERFLOW) ||
            (!z->finished && !used && s->avail_out == room))
            return damaged(err, "the compressed data are damaged or cut short");
    }
    *got = want - s->avail_out;
    return true;
}

bool zip_read(struct zip *z, void *p, size_t n, size_t *got, struct err *err)
{
    *got = 0;
    if (!z->opened && !open_entry(z, err))
        return false;
    if (!z->finished) {
        bool ok =
            z->method == STORED ? read_stored(z, p, n, got, err) : read_deflated(z, p, n, got, err);
        if (!ok)
            return false;
        z->crc_now = crc32_gzip_refl(z->crc_now, p, *got);
        if (*got > z->plain_left)
            return damaged(err, "it is larger than the archive's list of files says");
        z->plain_left -= *got;
    }
    if (*got || !n)
        return true;
    if (z->plain_left)
        return damaged(err, "it is smaller than the archive's list of files says");
    return z->crc_now == z->crc || damaged(err, "its checksum is another: damaged");
}

/* ---- opening ---- */

uint64_t zip_at(const struct zip *z)
{
    return z->opened ? z->at : z->seen ? z->local : 0;
}

void zip_rewind(struct zip *z)
{
    z->next = z->list;
    z->seen = 0;
    z->opened = false;
}

bool zip_open(int fd, uint64_t size, struct zip **out, struct err *err)
{
    struct zip *z = calloc(1, sizeof *z);
    if (!z)
        return err_memory(err);
    z->fd = fd;
    z->size = size;
    if (!read_end(z, err)) {
        free(z);
        return false;
    }
    zip_rewind(z);
    *out = z;
    return true;
}

void zip_close(struct zip *z)
{
    free(z);
}
