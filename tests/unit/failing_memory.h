/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out, for small tests: while `armed`, `left` allocations succeed and all behind
 * them fail. Needs -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=mmap.
 */
#ifndef VULNWARD_TESTS_FAILING_MEMORY_H
#define VULNWARD_TESTS_FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_mmap(void *p, size_t n, int protection, int flags, int fd, off_t at);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_mmap(void *p, size_t n, int protection, int flags, int fd, off_t at);

static bool armed;
static long left;

static bool refuse(void)
{
    return armed && left-- <= 0;
}
void *__wrap_malloc(size_t n)
{
    return refuse() ? NULL : __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t size)
{
    return refuse() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t n)
{
    return refuse() ? NULL : __real_realloc(p, n);
}
void *__wrap_mmap(void *p, size_t n, int protection, int flags, int fd, off_t at)
{
    return refuse() ? MAP_FAILED : __real_mmap(p, n, protection, flags, fd, at);
}

#endif
