/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <sys/mman.h>

#include "base/banned.h"

#define PAGE_BYTES ((size_t)64 << 10)
#define ALIGN alignof(max_align_t)

struct arena_page {
    struct arena_page *next;
    size_t mapped; /* bytes, when it was mapped and not allocated */
    alignas(max_align_t) char data[];
};

#define HUGE ((size_t)2 << 20)

/*
 * A large page is mapped on its own, on a boundary at which the system can back it by huge pages: a
 * run touches megabytes once, and every small page touched costs more than filling it.
 */
static struct arena_page *map_page(size_t size)
{
    size = (size + HUGE - 1) & ~(HUGE - 1);
    char *p = mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    size_t lead = (HUGE - (uintptr_t)p % HUGE) % HUGE;
    if (lead)
        (void)munmap(p, lead);
    (void)munmap(p + lead + size, HUGE - lead);
    struct arena_page *page = (struct arena_page *)(void *)(p + lead);
    (void)madvise(page, size, MADV_HUGEPAGE); /* when it is refused: small pages */
    page->mapped = size;
    return page;
}

static void free_page(struct arena_page *page)
{
    if (page->mapped)
        (void)munmap(page, page->mapped);
    else
        free(page);
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 4)
        return NULL;
    size_t need = (size + ALIGN - 1) & ~(ALIGN - 1);
    if (!a->page || a->cap - a->used < need) {
        /* Pages grow, so that a large arena is a few pages and a reset keeps the largest. */
        size_t cap = a->cap && a->cap < ((size_t)4 << 20) ? a->cap * 2
                     : a->cap                             ? a->cap
                                                          : PAGE_BYTES;
        if (cap < need)
            cap = need;
        struct arena_page *page;
        size_t total = sizeof *page + cap;
        page = total >= HUGE ? map_page(total) : calloc(1, total);
        if (!page)
            return NULL;
        if (page->mapped)
            cap = page->mapped - sizeof *page;
        page->next = a->page;
        a->page = page;
        a->used = 0;
        a->cap = cap;
    }
    void *p = a->page->data + a->used;
    a->used += need;
    return p; /* zero: pages come zeroed and a reset zeroes again what was used */
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        return NULL;
    return arena_alloc(a, total);
}

bool arena_dup(struct arena *a, struct str s, struct str *out, struct err *err)
{
    char *p = arena_alloc(a, s.n + 1);
    if (!p)
        return err_memory(err);
    if (s.n)
        memcpy(p, s.p, s.n);
    *out = (struct str){p, s.n};
    return true;
}

bool arena_dup_lower(struct arena *a, struct str s, struct str *out, struct err *err)
{
    char *p = arena_alloc(a, s.n + 1);
    if (!p)
        return err_memory(err);
    for (size_t i = 0; i < s.n; i++)
        p[i] = char_lower(s.p[i]);
    *out = (struct str){p, s.n};
    return true;
}

bool arena_printf(struct arena *a, struct str *out, struct err *err, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (p)
        (void)vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    if (!p)
        return err_memory(err);
    *out = (struct str){p, (size_t)n};
    return true;
}

void arena_reset(struct arena *a)
{
    if (!a->page)
        return;
    for (struct arena_page *p = a->page->next; p;) {
        struct arena_page *next = p->next;
        free_page(p);
        p = next;
    }
    a->page->next = NULL;
    memset(a->page->data, 0, a->used);
    a->used = 0;
}

void arena_adopt(struct arena *a, struct arena *from)
{
    struct arena_page *last = from->page;
    while (last && last->next)
        last = last->next;
    if (!a->page) {
        *a = *from;
    } else if (last) {
        /* Behind the newest page, which is the one in use. */
        last->next = a->page->next;
        a->page->next = from->page;
    }
    *from = (struct arena){0};
}

void arena_free(struct arena *a)
{
    for (struct arena_page *p = a->page; p;) {
        struct arena_page *next = p->next;
        free_page(p);
        p = next;
    }
    *a = (struct arena){0};
}
