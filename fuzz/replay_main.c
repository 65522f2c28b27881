/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target on files, and on all files of folders, given as arguments; each also cut at a
 * few places and with a few bytes changed, always the same ones. So a target is built and run
 * everywhere, with or without libFuzzer.
 */
#include "fuzz.h"

#include "base/io.h"

static uint64_t next_random(uint64_t *seed) /* splitmix64 */
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* On a copy that ends where memory ends. */
static void run(const char *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    MUST(copy != NULL);
    if (n)
        memcpy(copy, p, n);
    (void)LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

#define CUTS 16
#define CHANGES 64
#define LARGE ((size_t)1 << 20)

static size_t replay(const char *path)
{
    struct arena a = {0};
    struct err err = {0};
    struct input in;
    char text[1024];
    if (!io_read(&a, path, LIMIT_SMALL_FILE_BYTES, &in, &err)) {
        err_format(&err, text, sizeof text);
        fprintf(stderr, "%s\n", text);
        exit(2);
    }
    uint64_t seed = str_hash(in.data);
    run(in.data.p, in.data.n);
    if (in.data.n && in.data.n < LARGE && !getenv("VULNWARD_FUZZ_ONCE")) {
        char *copy = arena_alloc(&a, in.data.n);
        MUST(copy != NULL);
        for (int i = 0; i < CUTS; i++)
            run(in.data.p, (size_t)(next_random(&seed) % in.data.n));
        for (int i = 0; i < CHANGES; i++) {
            memcpy(copy, in.data.p, in.data.n);
            for (uint64_t k = 1 + next_random(&seed) % 4; k; k--)
                copy[next_random(&seed) % in.data.n] = (char)next_random(&seed);
            run(copy, in.data.n);
        }
    }
    arena_free(&a);
    return 1;
}

int main(int argc, char **argv)
{
    size_t files = 0;
    run(NULL, 0);
    for (int i = 1; i < argc; i++) {
        struct arena a = {0};
        struct err err = {0};
        struct path_list list = {0};
        if (!io_is_dir(argv[i])) {
            files += replay(argv[i]);
            continue;
        }
        MUST(io_list_dir(&a, argv[i], &list, &err));
        for (size_t k = 0; k < list.n; k++)
            files += replay(list.v[k].p);
        arena_free(&a);
    }
    printf("%zu files\n", files);
    return argc > 1 && !files; /* an empty folder is a mistake */
}
