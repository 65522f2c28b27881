/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table from strings to 64-bit numbers (often an index). Keys are views: what they point to
 * must outlive the map. Order of insertion is not kept; nothing iterates over it, so output can not
 * depend on hashing.
 */
#ifndef VULNWARD_BASE_MAP_H
#define VULNWARD_BASE_MAP_H

#include "base/err.h"
#include "base/str.h"

struct map_slot;
struct map {
    struct map_slot *slots; /* power of two, open addressing */
    size_t n, cap;
};

/* A map of {0} is empty and ready. */
bool map_get(const struct map *m, struct str key, uint64_t *value);
/* Adds or replaces. */
bool map_put(struct map *m, struct str key, uint64_t value, struct err *err) VW_CHECKED;
void map_free(struct map *m);

#endif
