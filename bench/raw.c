/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference of the benchmark: what inflating (libdeflate) and parsing (yyjson) the same bytes
 * costs on one core, without doing anything with them. Prints seconds: inflate, parse, sum.
 */
#include <libdeflate.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yyjson.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END))
        return NULL;
    long size = ftell(f);
    char *p = size > 0 ? malloc((size_t)size) : NULL;
    rewind(f);
    *n = p ? fread(p, 1, (size_t)size, f) : 0;
    fclose(f);
    return p;
}

static int one(const char *path, double *inflate, double *parse, size_t *bytes)
{
    size_t n, got = 0;
    char *in = read_file(path, &n);
    uint32_t size; /* RFC 1952: the last four bytes */
    if (!in || n < 18)
        return 1;
    memcpy(&size, in + n - 4, sizeof size);
    char *out = malloc((size_t)size + YYJSON_PADDING_SIZE);
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    if (!out || !d)
        return 1;
    double t0 = now();
    int bad = libdeflate_gzip_decompress(d, in, n, out, size, &got) != LIBDEFLATE_SUCCESS;
    double t1 = now();
    memset(out + got, 0, YYJSON_PADDING_SIZE);
    yyjson_doc *doc = bad ? NULL : yyjson_read_opts(out, got, YYJSON_READ_INSITU, NULL, NULL);
    *inflate += t1 - t0;
    *parse += now() - t1;
    *bytes += got;
    bad |= !doc;
    yyjson_doc_free(doc);
    libdeflate_free_decompressor(d);
    free(out);
    free(in);
    return bad;
}

int main(int argc, char **argv)
{
    double inflate = 0, parse = 0;
    size_t bytes = 0;
    for (int i = 1; i < argc; i++)
        if (one(argv[i], &inflate, &parse, &bytes)) {
            fprintf(stderr, "raw: %s can not be read\n", argv[i]);
            return 1;
        }
    printf("%.3f %.3f %.3f %zu\n", inflate, parse, inflate + parse, bytes);
    return 0;
}
