/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/banned.h"

struct map_slot {
    const char *key; /* NULL: empty */
    uint32_t key_n;
    uint32_t hash;
    uint64_t value;
};

static struct map_slot *find(struct map_slot *slots, size_t cap, struct str key, uint32_t hash)
{
    for (size_t i = hash & (cap - 1);; i = (i + 1) & (cap - 1)) {
        struct map_slot *s = &slots[i];
        if (!s->key || (s->hash == hash && str_eq(str_make(s->key, s->key_n), key)))
            return s;
    }
}

static uint32_t hash_of(struct str key)
{
    uint64_t h = str_hash(key);
    return (uint32_t)(h ^ (h >> 32));
}

bool map_get(const struct map *m, struct str key, uint64_t *value)
{
    if (!m->n)
        return false;
    const struct map_slot *s = find(m->slots, m->cap, key, hash_of(key));
    if (!s->key)
        return false;
    *value = s->value;
    return true;
}

static bool grow(struct map *m, struct err *err)
{
    size_t cap = m->cap ? m->cap * 2 : 64;
    struct map_slot *slots = cap > m->cap ? calloc(cap, sizeof *slots) : NULL;
    if (!slots)
        return err_memory(err);
    for (size_t i = 0; i < m->cap; i++) {
        const struct map_slot *s = &m->slots[i];
        if (s->key)
            *find(slots, cap, str_make(s->key, s->key_n), s->hash) = *s;
    }
    free(m->slots);
    m->slots = slots;
    m->cap = cap;
    return true;
}

bool map_put(struct map *m, struct str key, uint64_t value, struct err *err)
{
    if (key.n > UINT32_MAX)
        return err_set(err, ERR_LIMIT, "a key of %zu bytes", key.n);
    if ((m->n + 1) * 4 > m->cap * 3 && !grow(m, err))
        return false;
    uint32_t hash = hash_of(key);
    struct map_slot *s = find(m->slots, m->cap, key, hash);
    if (!s->key) {
        *s = (struct map_slot){key.p ? key.p : "", (uint32_t)key.n, hash, 0};
        m->n++;
    }
    s->value = value;
    return true;
}

void map_free(struct map *m)
{
    free(m->slots);
    *m = (struct map){0};
}
