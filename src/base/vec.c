/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include "base/banned.h"

void *vec_push(struct arena *a, void *vec, size_t elem)
{
    /* Through memcpy: the caller's struct has another element type, and so another effective type. */
    struct vec_any any;
    memcpy(&any, vec, sizeof any);
    if (any.n == any.cap) {
        size_t cap = any.cap ? any.cap * 2 : 8;
        void *v = cap < any.cap ? NULL : arena_array(a, cap, elem);
        if (!v)
            return NULL;
        if (any.n)
            memcpy(v, any.v, any.n * elem);
        any.v = v;
        any.cap = cap;
    }
    void *slot = (char *)any.v + any.n * elem;
    any.n++;
    memcpy(vec, &any, sizeof any);
    return memset(slot, 0, elem);
}
