/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives of any bytes: entries have decent names, reading them twice gives the same, and an
 * archive in an archive is an archive too. TAR: what libarchive reads; else zip only.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "codec/archive.h"
#include "codec/stream.h"

/* Of content and of entries: enough to come everywhere, and little enough to go on. */
#define MOST_BYTES ((size_t)4 << 20)
#define MOST_ENTRIES 300
#define DEPTH 2

struct walk {
    uint64_t hash;
    size_t entries, bytes;
    bool stopped; /* by us */
    enum err_code code;
};

static int file_of(struct str s)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, s.p, s.n) == (ssize_t)s.n);
    return fd;
}

static void note(struct walk *w, struct str s)
{
    w->hash = w->hash * 31 + str_hash(s);
}

static void check_name(struct str name)
{
    MUST(name.n <= LIMIT_PATH_BYTES && str_is_utf8(name));
    for (size_t i = 0; i < name.n; i++)
        MUST((unsigned char)name.p[i] >= ' ' && name.p[i] != 127);
}

/* The content of an entry: all of it, some, or nothing; a copy of its start into `inner`. */
static bool read_entry(struct unpack *u, struct walk *w, bool whole, struct buf *inner,
                       struct err *err)
{
    char p[777];
    size_t got = 1;
    size_t piece = w->entries % 3 ? sizeof p : 5 * (w->entries % 4) + 1;
    while (got && !w->stopped) {
        if (!unpack_read(u, p, piece, &got, err))
            return false;
        MUST(got <= piece);
        if (!inner->n || inner->n < MOST_BYTES)
            buf_add(inner, p, got);
        w->bytes += got;
        w->stopped = w->bytes > MOST_BYTES;
        if (!whole)
            break;
    }
    note(w, buf_view(inner));
    return true;
}

static void walk(struct unpack *u, struct walk *w, bool whole, struct str *inner_zip)
{
    struct err err = {0};
    bool more = true, ok = true;
    *w = (struct walk){0};
    while (ok && !w->stopped) {
        struct unpack_entry e = {0};
        struct buf inner = {0};
        ok = unpack_next(u, &e, &more, &err);
        if (!ok || !more)
            break;
        check_name(e.name);
        MUST(!(e.folder && e.regular));
        note(w, e.name);
        if (++w->entries > MOST_ENTRIES)
            w->stopped = true;
        if (e.regular && (whole || w->entries % 2))
            ok = read_entry(u, w, whole, &inner, &err);
        MUST(!inner.error && unpack_at(u) <= unpack_size(u));
        if (ok && whole && inner_zip && !inner_zip->n && str_starts(buf_view(&inner), STR("PK")))
            *inner_zip = buf_view(&inner);
        else
            buf_free(&inner);
    }
    MUST(ok == (err.code == ERR_NONE));
    MUST(ok || err.code == ERR_INPUT || err.code == ERR_LIMIT || err.code == ERR_MEMORY);
    w->code = err.code;
}

static bool wanted(enum unpack_kind kind)
{
#ifdef TAR
    return kind == UNPACK_TAR || kind == UNPACK_TAR_PACKED;
#else
    return kind == UNPACK_ZIP;
#endif
}

static enum unpack_kind kind_of(struct str in)
{
    struct stream s = {0};
    struct err err = {0};
    struct str head = {0};
    enum unpack_kind kind = UNPACK_NOT;
    if (stream_open_memory(&s, "fuzz", in, &err) && stream_peek(&s, &head, &err))
        kind = unpack_kind_of(stream_raw(&s), head);
    stream_close(&s);
    return kind;
}

/* An archive inside an archive, and what is inside that. */
static void open_and_walk(struct str in, unsigned depth)
{
    struct unpack *u = NULL;
    struct err err = {0};
    struct str inner = {0};
    struct walk first, second;
    char hex[SHA256_HEX];
    int fd = file_of(in);
    if (unpack_open(fd, kind_of(in), "fuzz", &u, &err)) {
        MUST(unpack_size(u) == in.n);
        walk(u, &first, true, depth < DEPTH ? &inner : NULL);
        if (unpack_rewind(u, &err)) {
            walk(u, &second, false, NULL); /* what is passed over counts as well */
            if (first.code == ERR_NONE && !first.stopped && second.code == ERR_NONE)
                MUST(first.entries == second.entries || second.stopped);
        }
        err_clear(&err);
        if (unpack_rewind(u, &err)) {
            walk(u, &second, true, NULL);
            MUST(first.code == second.code && first.hash == second.hash &&
                 first.bytes == second.bytes && first.entries == second.entries);
        }
    } else {
        MUST(err.code == ERR_INPUT || err.code == ERR_LIMIT || err.code == ERR_MEMORY);
    }
    unpack_close(u);
    err_clear(&err);
    MUST(unpack_digest(fd, hex, &err));
    (void)close(fd);
    if (inner.n && kind_of(inner) == UNPACK_ZIP)
        open_and_walk(inner, depth + 1); /* at most DEPTH */
    free((void *)(uintptr_t)inner.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = fuzz_input(data, size);
    if (size && wanted(kind_of(in)))
        open_and_walk(in, 1);
    return 0;
}
