/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share. A target is one function; it is linked either with libFuzzer (clang,
 * -Dfuzz=true) or with replay_main.c, which calls it for the files it is given.
 */
#ifndef VULNWARD_FUZZ_FUZZ_H
#define VULNWARD_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken promise, not only a crash: says which, and dies. */
#define MUST(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #cond);                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The first line of the input and the rest: targets that need more than one text. */
static inline struct str fuzz_line(struct str *rest)
{
    struct str line;
    (void)str_split(*rest, '\n', &line, rest);
    return line;
}

static inline struct str fuzz_input(const uint8_t *data, size_t size)
{
    return str_make((const char *)data, size);
}

#endif
