/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advisories that name no CVE may be aliases of ones that do (a GHSA whose PYSEC twin has it): one
 * vulnerability, which must not be told twice. Aliases are followed both ways, upstream ids are
 * not: an advisory about several is none of them.
 */
#include "match/findings_priv.h"

#include "base/banned.h"

/* Real groups have two to five ids; a group without end is not followed to its end. */
#define MOST_IDS 64

static bool add_id(struct arena *a, struct twins *t, struct str id, struct err *err)
{
    for (size_t i = 0; i < t->ids.n; i++)
        if (str_eq(t->ids.v[i], id))
            return true;
    struct str *slot = t->ids.n < MOST_IDS ? VEC_PUSH(a, &t->ids) : NULL;
    if (!slot && t->ids.n < MOST_IDS)
        return err_memory(err);
    if (slot)
        *slot = id;
    return true;
}

static bool add_ids_of(struct arena *a, struct twins *t, const struct vuln *v, struct err *err)
{
    bool ok = add_id(a, t, v->id, err);
    for (size_t i = 0; ok && i < v->aliases.n && t->ids.n < MOST_IDS; i++)
        ok = add_id(a, t, v->aliases.v[i], err);
    return ok;
}

static bool is_alias(const struct vuln *v, struct str id)
{
    bool is = str_eq(v->id, id);
    for (size_t i = 0; !is && i < v->aliases.n; i++)
        is = str_eq(v->aliases.v[i], id);
    return is;
}

bool find_twins(struct matcher *m, const struct vuln *v, struct twins *t, struct err *err)
{
    *t = (struct twins){.least = v->id};
    if (!add_ids_of(m->arena, t, v, err))
        return false;
    for (size_t i = 0; i < t->ids.n; i++) {
        struct store_ids records = {0};
        t->least = str_cmp(t->ids.v[i], t->least) < 0 ? t->ids.v[i] : t->least;
        if (vuln_key(t->ids.v[i]))
            continue;
        if (!store_records_of(m->store, t->ids.v[i], m->arena, &records, err))
            return false;
        for (size_t k = 0; k < records.n && t->ids.n < MOST_IDS; k++) {
            struct store_record r;
            if (!store_record_load(m->store, records.v[k], m->arena, &r, err))
                return false;
            if (!r.v.rejected && is_alias(&r.v, t->ids.v[i]) && !add_ids_of(m->arena, t, &r.v, err))
                return false;
        }
    }
    return true;
}
