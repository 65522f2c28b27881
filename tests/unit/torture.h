/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When memory runs out: malloc, calloc, realloc and mmap of this program fail at the Nth call, for
 * N = 0, 1, ... until all goes well; once for that call alone, once for all from it on. Each run
 * has to fail with ERR_MEMORY or give the very result of a run with memory: never less, and never
 * "clean". Needs -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=mmap. Leaks are the
 * sanitizer's business.
 */
#ifndef VULNWARD_TESTS_TORTURE_H
#define VULNWARD_TESTS_TORTURE_H

#include "test.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/buf.h"

#include "base/banned.h"

#define MOST 5000 /* allocations nobody here needs */

/* --- the allocator --- */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__real_mmap(void *p, size_t n, int protection, int flags, int fd, off_t at);
void *__wrap_mmap(void *p, size_t n, int protection, int flags, int fd, off_t at);

static atomic_bool armed;
static atomic_long left;    /* successes to come */
static atomic_long refused; /* how many were */
static bool for_good;

static bool refuse(void)
{
    if (!armed)
        return false;
    long n = atomic_fetch_sub(&left, 1);
    bool now = for_good ? n <= 0 : n == 0;
    if (now)
        atomic_fetch_add(&refused, 1);
    return now;
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

/* --- the loop --- */

/* Does the work; what came of it goes to `out` as text, which is made without failures. */
typedef bool job(void *arg, struct buf *out, struct err *err);

static size_t torture(const char *name, job *run, void *arg)
{
    struct buf want = {0}, got = {0};
    struct err err = {0};
    long n = 0;
    int before = test_failures;
    CHECK_OK(run(arg, &want, &err), &err);
    for (int mode = 0; mode < 2 && test_failures == before; mode++) {
        for_good = mode;
        for (n = 0; n < MOST; n++) {
            err_clear(&err);
            buf_clear(&got);
            left = n;
            refused = 0;
            armed = true;
            bool ok = run(arg, &got, &err);
            armed = false;
            CHECK(ok == (err.code == ERR_NONE));
            if (ok)
                CHECK(str_eq(buf_view(&got), buf_view(&want)));
            else
                CHECK_INT(err.code, ERR_MEMORY);
            CHECK(n || !ok); /* the first one is needed */
            if (test_failures != before) {
                char text[1024];
                err_format(&err, text, sizeof text);
                printf("# ... %s, allocation %ld%s: %s\n", name, n,
                       mode ? " and all behind it" : "", ok ? "success" : text);
                break;
            }
            if (ok && !refused)
                break;
        }
        CHECK(n < MOST);
    }
    buf_free(&want);
    buf_free(&got);
    return (size_t)n;
}

/* What is told of a run does not count. */
static void tell(struct buf *out, const char *fmt, ...) VW_PRINTF(2, 3);
static void tell(struct buf *out, const char *fmt, ...)
{
    bool was = armed;
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    armed = false;
    buf_c(out, text);
    armed = was;
}

#endif
