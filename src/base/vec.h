/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growable arrays inside an arena. A vector is any struct { T *v; size_t n, cap; } made with
 * VEC(T); growing copies it to a larger place in the arena, so pointers into it do not survive a
 * push: keep indices.
 */
#ifndef VULNWARD_BASE_VEC_H
#define VULNWARD_BASE_VEC_H

#include "base/arena.h"

#define VEC(T)                                                                                     \
    struct {                                                                                       \
        T *v;                                                                                      \
        size_t n, cap;                                                                             \
    }

/* Appends a zeroed element; its address, or NULL when there is no memory. */
#define VEC_PUSH(arena, vec) ((__typeof__((vec)->v))vec_push((arena), (vec), sizeof *(vec)->v))

/* Makes room for `more` further elements at once; false when there is no memory. */
#define VEC_RESERVE(arena, vec, more) vec_reserve((arena), (vec), sizeof *(vec)->v, (more))

/* Any VEC has this layout; VEC_PUSH relies on it. */
struct vec_any {
    void *v;
    size_t n, cap;
};
void *vec_push(struct arena *a, void *vec, size_t elem) VW_CHECKED;
/* Adds `s` to a VEC(struct str) of few elements, unless it is there. */
bool vec_add_str(struct arena *a, void *vec, struct str s, struct err *err) VW_CHECKED;
bool vec_reserve(struct arena *a, void *vec, size_t elem, size_t more) VW_CHECKED;

#endif
