/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include "base/banned.h"

static bool grow(struct arena *a, struct vec_any *any, size_t elem, size_t cap)
{
    void *v = cap < any->cap ? NULL : arena_array(a, cap, elem);
    if (!v)
        return false;
    if (any->n)
        memcpy(v, any->v, any->n * elem);
    any->v = v;
    any->cap = cap;
    return true;
}

/* The caller's struct has another element type, so another effective type: hence the memcpy. */
void *vec_push(struct arena *a, void *vec, size_t elem)
{
    struct vec_any any;
    memcpy(&any, vec, sizeof any);
    /* Most lists of a record hold one or two elements, and there are many records. */
    if (any.n == any.cap && !grow(a, &any, elem, any.cap ? any.cap * 2 : elem > 32 ? 2 : 4))
        return NULL;
    void *slot = (char *)any.v + any.n * elem;
    any.n++;
    memcpy(vec, &any, sizeof any);
    return memset(slot, 0, elem);
}

bool vec_reserve(struct arena *a, void *vec, size_t elem, size_t more)
{
    struct vec_any any;
    size_t need;
    memcpy(&any, vec, sizeof any);
    if (__builtin_add_overflow(any.n, more, &need))
        return false;
    if (need <= any.cap)
        return true;
    /* At least double, so that reserving little by little does not copy all the time. */
    if (!grow(a, &any, elem, need < any.cap * 2 ? any.cap * 2 : need))
        return false;
    memcpy(vec, &any, sizeof any);
    return true;
}

bool vec_add_str(struct arena *a, void *vec, struct str s, struct err *err)
{
    const struct vec_any *v = vec;
    const struct str *list = v->v;
    for (size_t i = 0; i < v->n; i++)
        if (str_eq(list[i], s))
            return true;
    struct str *slot = vec_push(a, vec, sizeof *slot);
    if (!slot)
        return err_memory(err);
    *slot = s;
    return true;
}
