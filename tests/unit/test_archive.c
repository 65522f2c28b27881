/* SPDX-License-Identifier: Apache-2.0 */
/* Zip files as nobody should write them, and streams from all they can be read from. */
#include "test.h"
#include "zip_write.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "codec/archive.h"
#include "codec/stream.h"

#include "base/banned.h"

static struct err err;

/* "name=content\n" of all entries, into `out`. */
static bool unpack(struct str file, size_t piece, struct buf *out)
{
    struct unpack *u = NULL;
    struct unpack_entry e;
    bool more = true;
    char *room = malloc(piece);
    int fd = memfd_create("zip", 0);
    if (fd < 0 || !room || write(fd, file.p, file.n) != (ssize_t)file.n)
        abort();
    buf_clear(out);
    bool ok = unpack_open(fd, unpack_kind_of(file, file), "zip", &u, &err);
    for (int pass = 0; ok && pass < 2; pass++) { /* twice the same */
        buf_clear(out);
        more = true;
        while (ok && (ok = unpack_next(u, &e, &more, &err)) && more) {
            size_t got = 1;
            buf_f(out, "%.*s%s=", STR_ARG(e.name), e.regular ? "" : e.folder ? " folder" : " link");
            while (e.regular && (ok = unpack_read(u, room, piece, &got, &err)) && got)
                buf_add(out, room, got);
            buf_c(out, "\n");
            CHECK(unpack_at(u) <= unpack_size(u));
        }
        ok = ok && unpack_rewind(u, &err);
    }
    unpack_close(u);
    (void)close(fd);
    free(room);
    CHECK(ok == (err.code == ERR_NONE));
    return ok;
}

#define HELLO STR("hello, hello, hello, hello")

static bool twisted(const char *name, struct zip_twist t, struct buf *out)
{
    struct zip_out z = {0};
    zip_put(&z, "first", HELLO, NULL);
    zip_put(&z, name, HELLO, &t);
    zip_end(&z, t.zip64, "");
    bool ok = unpack(buf_view(&z.file), 7, out);
    zip_out_free(&z);
    return ok;
}

static void zips(void)
{
    struct buf out = {0};
    static const struct zip_twist good[] = {{0}, {.deflated = true}, {.zip64 = true},
                                            {.zip64 = true, .deflated = true},
                                            {.mode = 0100644}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_OK(twisted("a/b", good[i], &out), &err);
        CHECK_STR(buf_view(&out), "first=hello, hello, hello, hello\n"
                                  "a/b=hello, hello, hello, hello\n");
    }
    static const struct {
        struct zip_twist t;
        const char *error;
    } bad[] = {
        {{.crc_off = 1}, "zip: a: can not be unpacked: its checksum is another"},
        {{.crc_off = 1, .deflated = true}, "its checksum is another"},
        {{.size_off = 1}, "zip: a: can not be unpacked: the archive is damaged"},
        {{.size_off = 1, .deflated = true}, "zip: a: can not be unpacked: it is smaller"},
        {{.size_off = -1u, .deflated = true}, "zip: a: can not be unpacked: it is larger"},
        {{.flags = 1}, "zip: a: can not be unpacked: it is encrypted"},
        {{.method = 12}, "zip: a: can not be unpacked: it is packed by method 12"},
        {{.method = 8}, "zip: a: can not be unpacked: the compressed data are damaged"},
        {{.local_name = "b"}, "list of files and the file do not agree"},
        {{.local_name = "long"}, "list of files and the file do not agree"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_ERR(twisted("a", bad[i].t, &out), &err, bad[i].error);
    CHECK_OK(twisted("a/", (struct zip_twist){0}, &out), &err);
    CHECK(str_ends(buf_view(&out), STR("\na/ folder=\n")));
    CHECK_OK(twisted("a", (struct zip_twist){.mode = 0120777}, &out), &err);
    CHECK(str_ends(buf_view(&out), STR("\na link=\n")));
    CHECK_OK(twisted("a\n\xff\xc2\x85\xc3\xa9", (struct zip_twist){0}, &out), &err);
    CHECK(str_find_str(buf_view(&out), STR("\na????\xc3\xa9=")) != STR_NPOS);
    CHECK_OK(twisted("", (struct zip_twist){0}, &out), &err);
    CHECK(str_find_str(buf_view(&out), STR("\n?=")) != STR_NPOS);
    buf_free(&out);
}

/* Contents longer than is read at once, of all kinds of text. */
static void long_ones(void)
{
    struct buf text = {0}, out = {0}, want = {0};
    uint64_t seed = 7;
    for (int round = 0; round < 12; round++) {
        struct zip_out z = {0};
        buf_clear(&want);
        for (int i = 0; i < 4; i++) {
            size_t n = (size_t)(round * 97001 + i * 1013) % 900000;
            buf_clear(&text);
            while (text.n < n) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                /* from what compresses well to what does not */
                buf_char(&text, (char)(seed >> 40 & (round % 4 == 0 ? 1 : round % 4 == 1 ? 15 : 255)));
            }
            struct zip_twist t = {.deflated = i % 2 == 0, .zip64 = i == 3};
            zip_put(&z, "f", buf_view(&text), &t);
            buf_c(&want, "f=");
            buf_str(&want, buf_view(&text));
            buf_c(&want, "\n");
        }
        zip_end(&z, round % 2, round % 3 ? "" : "a comment");
        CHECK_OK(unpack(buf_view(&z.file), round % 2 ? 1000000 : 5000, &out), &err);
        CHECK(str_eq(buf_view(&out), buf_view(&want)));
        zip_out_free(&z);
    }
    buf_free(&text);
    buf_free(&out);
    buf_free(&want);
}

static void ends(void)
{
    struct buf out = {0};
    struct zip_out z = {0};
    zip_end(&z, false, "");
    CHECK_OK(unpack(buf_view(&z.file), 7, &out), &err);
    CHECK_INT(out.n, 0);
    zip_out_free(&z);
    /* A comment that looks like an end, of an archive of nothing. */
    zip_put(&z, "a", HELLO, NULL);
    zip_end(&z, false, "PK\5\6xxxxxxxxxxxxxxxxxx");
    CHECK_OK(unpack(buf_view(&z.file), 7, &out), &err);
    CHECK_STR(buf_view(&out), "a=hello, hello, hello, hello\n");
    /* More behind it. */
    buf_c(&z.file, "x");
    CHECK_ERR(unpack(buf_view(&z.file), 7, &out), &err, "it has no list of its files");
    zip_out_free(&z);
    /* Counts that are not true, either way. */
    for (int i = -1; i <= 1; i += 2)
        for (int zip64 = 0; zip64 < 2; zip64++) {
            zip_put(&z, "a", HELLO, NULL);
            zip_put(&z, "b", HELLO, NULL);
            z.n += (unsigned)i;
            zip_end(&z, zip64, "");
            CHECK_ERR(unpack(buf_view(&z.file), 7, &out), &err, "damaged or cut short");
            zip_out_free(&z);
        }
    z.n = LIMIT_ARCHIVE_ENTRIES + 1;
    zip_end(&z, true, "");
    CHECK_ERR(unpack(buf_view(&z.file), 7, &out), &err, "more than 2000000 files");
    zip_out_free(&z);
    buf_free(&out);
}

/* Any byte anything: an end without a fault of memory; what comes out has the right checksum. */
static void damage(void)
{
    struct buf out = {0};
    struct zip_out z = {0};
    size_t failed = 0;
    zip_put(&z, "a", HELLO, &(struct zip_twist){.deflated = true});
    zip_put(&z, "b", HELLO, &(struct zip_twist){.zip64 = true});
    zip_end(&z, true, "");
    for (size_t i = 0; i < z.file.n; i++)
        for (int bit = 0; bit < 8; bit++) {
            z.file.p[i] ^= (char)(1 << bit);
            if (!unpack(buf_view(&z.file), 100, &out))
                failed++;
            err_clear(&err);
            z.file.p[i] ^= (char)(1 << bit);
        }
    CHECK(failed > z.file.n * 3);
    for (size_t i = 0; i < z.file.n; i++) {
        CHECK(!unpack(str_first(buf_view(&z.file), i), 100, &out));
        err_clear(&err);
    }
    zip_out_free(&z);
    buf_free(&out);
}

static void kinds(void)
{
    char tar[600] = {0};
    memcpy(tar + 257, "ustar", 5);
    CHECK_INT(unpack_kind_of(STR("PK\3\4.."), STR("")), UNPACK_ZIP);
    CHECK_INT(unpack_kind_of(STR("PK\5\6.."), STR("")), UNPACK_ZIP);
    CHECK_INT(unpack_kind_of(STR("{}"), STR("{}")), UNPACK_NOT);
    CHECK_INT(unpack_kind_of(STR(""), STR("")), UNPACK_NOT);
    CHECK_INT(unpack_kind_of(str_make(tar, 600), str_make(tar, 600)), UNPACK_TAR);
    CHECK_INT(unpack_kind_of(str_make(tar, 500), str_make(tar, 500)), UNPACK_NOT);
    CHECK_INT(unpack_kind_of(STR("\x1f\x8b"), str_make(tar, 600)), UNPACK_TAR_PACKED);
    CHECK_INT(unpack_kind_of(STR("BZh9"), STR("")), UNPACK_TAR_PACKED);
}

/* --- streams --- */

struct piecewise {
    struct str data;
    size_t piece;
};

static bool read_piece(void *ctx, void *p, size_t n, size_t *got, struct err *e)
{
    struct piecewise *w = ctx;
    (void)e;
    *got = w->data.n < w->piece ? w->data.n : w->piece;
    *got = *got < n ? *got : n;
    if (*got)
        memcpy(p, w->data.p, *got);
    w->data = str_from(w->data, *got);
    return true;
}

static void check_stream(struct stream *s, struct str file, struct str content)
{
    struct buf out = {0};
    struct str head;
    char digest[SHA256_HEX], want[SHA256_HEX], room[5000];
    size_t got = 1;
    CHECK_OK(stream_peek(s, &head, &err), &err);
    CHECK(str_starts(content, head) && (head.n == content.n || head.n > 1000));
    CHECK_OK(stream_peek(s, &head, &err), &err); /* nothing was consumed */
    CHECK(str_starts(content, head));
    CHECK(str_starts(file, stream_raw(s)));
    CHECK_OK(stream_hash(s, false, &err), &err);
    while (got && stream_read(s, room, sizeof room, &got, &err))
        buf_add(&out, room, got);
    CHECK(str_eq(buf_view(&out), content));
    CHECK_OK(stream_digests(s, digest, NULL, &err), &err);
    CHECK_OK(sha256_of(file, want, &err), &err);
    CHECK_STR(str_from_c(digest), want);
    buf_free(&out);
}

static void streams(void)
{
    struct buf text = {0};
    struct stream s = {0};
    struct str head;
    char *gz = malloc(2000000);
    CHECK(gz != NULL);
    uint64_t seed = 11;
    for (size_t n = 0; n < 1000000; n = n * 5 + 13) {
        while (text.n < n) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            buf_char(&text, (char)('a' + (seed >> 60)));
        }
        struct libdeflate_compressor *c = libdeflate_alloc_compressor(1);
        struct str plain = buf_view(&text);
        struct str packed = {gz, libdeflate_gzip_compress(c, plain.p, plain.n, gz, 2000000)};
        libdeflate_free_compressor(c);
        const struct str files[] = {plain, packed};
        for (size_t i = 0; i < 2; i++) {
            struct piecewise w = {files[i], i ? 999 : 70000};
            CHECK_OK(stream_open_memory(&s, "memory", files[i], &err), &err);
            check_stream(&s, files[i], plain);
            CHECK_OK(stream_open_source(&s, "source", (struct stream_source){&w, read_piece}, 0,
                                        &err),
                     &err);
            check_stream(&s, files[i], plain);
            /* As it is, also after a look at it. */
            int fd = memfd_create("spool", 0);
            CHECK_OK(stream_open_memory(&s, "memory", files[i], &err), &err);
            CHECK_OK(stream_peek(&s, &head, &err), &err);
            CHECK_OK(stream_spool(&s, fd, 10000000, &err), &err);
            char *back = malloc(files[i].n + 1);
            CHECK(back && pread(fd, back, files[i].n + 1, 0) == (ssize_t)files[i].n);
            CHECK(str_eq(str_make(back, files[i].n), files[i]));
            free(back);
            (void)close(fd);
        }
    }
    /* 300 KB of empty members in front: a look gives up, reading does not. */
    struct buf many = {0};
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(1);
    struct str empty = {gz, libdeflate_gzip_compress(c, "", 0, gz, 2000000)};
    while (many.n < 300000)
        buf_str(&many, empty);
    buf_add(&many, gz, libdeflate_gzip_compress(c, "end", 3, gz, 2000000));
    libdeflate_free_compressor(c);
    char room[16];
    size_t got = 0;
    CHECK_OK(stream_open_memory(&s, "memory", buf_view(&many), &err), &err);
    CHECK_OK(stream_peek(&s, &head, &err), &err);
    CHECK_INT(head.n, 0);
    CHECK_OK(stream_read(&s, room, sizeof room, &got, &err), &err);
    CHECK_STR(str_make(room, got), "end");
    int fd = memfd_create("spool", 0);
    CHECK_OK(stream_open_memory(&s, "memory", buf_view(&many), &err), &err);
    CHECK_ERR(stream_spool(&s, fd, 300000, &err), &err, "memory: more than 300000 bytes");
    (void)close(fd);
    stream_close(&s);
    buf_free(&many);
    buf_free(&text);
    free(gz);
}

static const struct test tests[] = {
    {"zip: what is read and what not", zips},
    {"zip: long entries", long_ones},
    {"zip: the end of it", ends},
    {"zip: damage", damage},
    {"kinds", kinds},
    {"streams of memory and functions", streams},
};
TEST_MAIN(tests)
