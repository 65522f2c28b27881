/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference of the benchmark: what inflating (libdeflate) and parsing (yyjson) the same bytes
 * costs on one core, without doing anything with them. Takes .gz, .zip (every entry), .json,
 * and files that are only counted (.csv). Prints seconds, and bytes after inflating:
 * inflate, parse, sum, bytes.
 */
#include <libdeflate.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yyjson.h>

struct bytes {
    char *p;
    size_t n;
};

struct cost {
    struct libdeflate_decompressor *d;
    double inflate, parse;
    uint64_t bytes;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool ends(const char *name, size_t n, const char *with)
{
    size_t k = strlen(with);
    return n >= k && memcmp(name + n - k, with, k) == 0;
}

/* With room for what yyjson reads behind the end. */
static bool room_for(struct bytes *b, size_t n)
{
    b->n = n;
    b->p = calloc(1, n + YYJSON_PADDING_SIZE);
    return b->p;
}

static bool read_file(const char *path, struct bytes *b)
{
    FILE *f = fopen(path, "rb");
    long size = f && !fseek(f, 0, SEEK_END) ? ftell(f) : -1;
    bool ok = size >= 0 && room_for(b, (size_t)size);
    if (ok) {
        rewind(f);
        ok = fread(b->p, 1, b->n, f) == b->n;
    }
    if (f)
        fclose(f);
    return ok;
}

/* Counts plain bytes, and parses them when their name says JSON. */
static bool plain(struct cost *c, const char *name, size_t name_n, struct bytes b)
{
    c->bytes += b.n;
    if (!ends(name, name_n, ".json") && !ends(name, name_n, ".json.gz"))
        return true;
    double t = now();
    yyjson_doc *doc = yyjson_read_opts(b.p, b.n, YYJSON_READ_INSITU, NULL, NULL);
    c->parse += now() - t;
    bool ok = doc;
    yyjson_doc_free(doc);
    return ok;
}

static uint32_t le(const char *p, int n)
{
    uint32_t v = 0;
    while (n-- > 0)
        v = v << 8 | (unsigned char)p[n];
    return v;
}

static bool gzip(struct cost *c, const char *name, struct bytes in)
{
    struct bytes out;
    size_t got = 0;
    if (in.n < 18 || !room_for(&out, le(in.p + in.n - 4, 4))) /* RFC 1952: the last four bytes */
        return false;
    double t = now();
    bool ok =
        libdeflate_gzip_decompress(c->d, in.p, in.n, out.p, out.n, &got) == LIBDEFLATE_SUCCESS;
    c->inflate += now() - t;
    ok = ok && got == out.n && plain(c, name, strlen(name), out);
    free(out.p);
    return ok;
}

/* The content of the entry whose line in the list stands at `list`; APPNOTE.TXT 4.3.7, 4.3.12. */
static bool zip_entry(struct cost *c, struct bytes in, const char *list, struct bytes *out)
{
    size_t packed = le(list + 20, 4), at = le(list + 42, 4), got = 0;
    if (at > in.n || in.n - at < 30)
        return false;
    at += 30u + le(in.p + at + 26, 2) + le(in.p + at + 28, 2);
    if (at > in.n || packed > in.n - at || !room_for(out, le(list + 24, 4)))
        return false;
    double t = now();
    bool ok = le(list + 10, 2) == 8
                  ? libdeflate_deflate_decompress(c->d, in.p + at, packed, out->p, out->n, &got) ==
                        LIBDEFLATE_SUCCESS
                  : packed == out->n && memcpy(out->p, in.p + at, packed);
    c->inflate += now() - t;
    return ok;
}

/* Zips of more than 4 GB or 65,535 files [4.3.14] are not what is measured here, and refused. */
static bool zip(struct cost *c, struct bytes in)
{
    size_t end = in.n < 22 ? 0 : in.n - 21;
    while (end && memcmp(in.p + end - 1, "PK\x05\x06", 4) != 0) /* 4.3.16, the comment follows it */
        end--;
    if (!end--)
        return false;
    uint32_t entries = le(in.p + end + 10, 2), at = le(in.p + end + 16, 4);
    bool ok = entries != 0xffff && at != UINT32_MAX;
    for (uint32_t i = 0; ok && i < entries; i++) {
        const char *list = in.p + at;
        struct bytes b = {0};
        if (at > end || end - at < 46)
            return false;
        size_t n = le(list + 28, 2), all = 46 + n + le(list + 30, 2) + le(list + 32, 2);
        ok = all <= end - at && zip_entry(c, in, list, &b) && plain(c, list + 46, n, b);
        at += (uint32_t)all;
        free(b.p);
    }
    return ok;
}

static bool one(struct cost *c, const char *path)
{
    struct bytes in = {0};
    size_t n = strlen(path);
    bool ok = read_file(path, &in);
    if (ok)
        ok = ends(path, n, ".gz")    ? gzip(c, path, in)
             : ends(path, n, ".zip") ? zip(c, in)
                                     : plain(c, path, n, in);
    free(in.p);
    return ok;
}

int main(int argc, char **argv)
{
    struct cost c = {.d = libdeflate_alloc_decompressor()};
    bool ok = c.d;
    for (int i = 1; ok && i < argc; i++)
        if (!(ok = one(&c, argv[i])))
            fprintf(stderr, "raw: %s can not be read\n", argv[i]);
    libdeflate_free_decompressor(c.d);
    if (!ok)
        return 1;
    printf("%.4f %.4f %.4f %llu\n", c.inflate, c.parse, c.inflate + c.parse,
           (unsigned long long)c.bytes);
    return 0;
}
