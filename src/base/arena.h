/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arenas: memory freed all at once. A value lives as long as the arena it was made in; the header
 * that hands out a value says which arena that is ("run": until the program ends; "record": until
 * the next record of a feed). Not thread-safe: one arena, one thread.
 */
#ifndef VULNWARD_BASE_ARENA_H
#define VULNWARD_BASE_ARENA_H

#include "base/err.h"
#include "base/str.h"

struct arena_page;
struct arena {
    struct arena_page *page; /* newest first */
    size_t used, cap;        /* of the newest page */
};

/* Zeroed memory, aligned for any type; NULL when there is no memory. An arena of {0} is ready. */
void *arena_alloc(struct arena *a, size_t size) VW_CHECKED;
/* `n` elements of `size`, zeroed; NULL on overflow too. */
void *arena_array(struct arena *a, size_t n, size_t size) VW_CHECKED;
/* A terminated copy (the terminator is not counted). */
bool arena_dup(struct arena *a, struct str s, struct str *out, struct err *err) VW_CHECKED;
/* As arena_dup, ASCII letters lower-cased. */
bool arena_dup_lower(struct arena *a, struct str s, struct str *out, struct err *err) VW_CHECKED;
bool arena_printf(struct arena *a, struct str *out, struct err *err, const char *fmt,
                  ...) VW_CHECKED VW_PRINTF(4, 5);
/* Forgets everything but keeps the newest page, for the next record. */
void arena_reset(struct arena *a);
/* Takes over everything of `from`, which is {0} then. */
void arena_adopt(struct arena *a, struct arena *from);
/* Frees everything; the arena is {0} again. */
void arena_free(struct arena *a);

#endif
