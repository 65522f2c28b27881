/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Catalogues about CVEs: KEV and EPSS. A newer one replaces an older one as a whole, because what
 * is no longer in it no longer holds. They attach to a CVE by its id when somebody asks, so it does
 * not matter which comes first.
 */
#include "store/import_priv.h"

#include "base/banned.h"

bool import_kev(void *ctx, const struct kev *k, struct err *err)
{
    struct store_import *s = ctx;
    struct kev *slot = VEC_PUSH(&s->catalog, &s->kev);
    if (!slot)
        return err_memory(err);
    *slot = *k;
    struct str *const texts[] = {&slot->id,   &slot->source, &slot->vendor, &slot->product,
                                 &slot->name, &slot->action, &slot->notes};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!arena_dup(&s->catalog, *texts[i], texts[i], err))
            return false;
    return true;
}

bool import_epss(void *ctx, const struct epss *e, struct err *err)
{
    struct store_import *s = ctx;
    uint64_t key = vuln_key(e->id);
    if (!key)
        return err_set(err, ERR_INPUT, "not a CVE id: %.*s", STR_ARG(str_first(e->id, 60)));
    struct epss_value *slot = VEC_PUSH(&s->catalog, &s->epss);
    if (!slot)
        return err_memory(err);
    *slot = (struct epss_value){key, e->score, e->percentile};
    return true;
}

/* Is there a catalogue of this source that is newer? Of the same date the larger digest stays. */
static bool is_outdated(struct store_import *s, const struct store_feed *f, bool *outdated,
                        struct err *err)
{
    sqlite3_stmt *st = db_bind(&s->db, SQL_FEEDS, err, "");
    bool row = true, ok = st;
    *outdated = false;
    while (ok && (ok = db_row(&s->db, st, &row, err)) && row) {
        int64_t published = sqlite3_column_int64(st, 8);
        if (str_eq(db_text(st, 0), f->source))
            *outdated |= published > f->published ||
                         (published == f->published && str_cmp(db_text(st, 3), f->sha256) > 0);
    }
    return ok;
}

static bool put_kevs(struct store_import *s, struct err *err)
{
    struct buf b = {0};
    bool ok = db_run(&s->db, SQL_KEV_CLEAR, err, "");
    for (size_t i = 0; ok && i < s->kev.n; i++) {
        buf_clear(&b);
        buf_add(&b, "\0\0\0", CHECK_BYTES);
        put_kev(&b, &s->kev.v[i]);
        ok = !b.error || err_memory(err);
        if (ok)
            put_check(b.p, str_from(buf_view(&b), CHECK_BYTES));
        ok =
            ok && db_run(&s->db, SQL_KEV_ADD, err, "tib", s->kev.v[i].id, (int64_t)0, buf_view(&b));
    }
    buf_free(&b);
    return ok;
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = ((const struct epss_value *)a)->key, y = ((const struct epss_value *)b)->key;
    return x < y ? -1 : x > y;
}

/* Pages of predictions whose keys differ in the last eight bits only; see codes_priv.h. */
static bool put_epss(struct store_import *s, struct err *err)
{
    struct buf b = {0};
    bool ok = db_run(&s->db, SQL_EPSS_CLEAR, err, "");
    if (s->epss.n)
        qsort(s->epss.v, s->epss.n, sizeof *s->epss.v, by_key);
    for (size_t i = 0, k; ok && i < s->epss.n; i = k) {
        uint64_t page = s->epss.v[i].key >> EPSS_PAGE_BITS;
        buf_clear(&b);
        buf_add(&b, "\0\0\0", CHECK_BYTES);
        for (k = i; k < s->epss.n && s->epss.v[k].key >> EPSS_PAGE_BITS == page; k++) {
            const struct epss_value *e = &s->epss.v[k];
            uint64_t packed = (e->key & ((1u << EPSS_PAGE_BITS) - 1)) | (uint64_t)e->score << 8 |
                              (uint64_t)e->percentile << 32;
            put_i64(&b, (int64_t)packed);
        }
        ok = !b.error || err_memory(err);
        if (ok)
            put_check(b.p, str_from(buf_view(&b), CHECK_BYTES));
        ok = ok && db_run(&s->db, SQL_EPSS_ADD, err, "ib", (int64_t)page, buf_view(&b));
    }
    buf_free(&b);
    return ok;
}

static void set_count(struct store_import *s, struct str source, uint64_t records)
{
    for (size_t i = 0; i < s->sources.n; i++)
        if (str_eq(s->sources.v[i].name, source)) {
            s->counts.replaced = s->sources.v[i].records;
            s->sources.v[i].records = records;
        }
    s->counts.replaced = s->counts.replaced < records ? s->counts.replaced : records;
    s->counts.added = records - s->counts.replaced;
}

bool import_catalog(struct store_import *s, const struct store_feed *f, struct err *err)
{
    bool outdated, ok = true;
    size_t n = s->kev.n + s->epss.n;
    if (n) {
        ok = is_outdated(s, f, &outdated, err);
        if (ok && outdated)
            s->counts.older = n;
        else if (ok)
            ok = import_count(s, f->source, 0, err) && (!s->kev.n || put_kevs(s, err)) &&
                 (!s->epss.n || put_epss(s, err));
        if (ok && !outdated)
            set_count(s, f->source, n);
    }
    s->kev.v = NULL;
    s->epss.v = NULL;
    s->kev.n = s->kev.cap = s->epss.n = s->epss.cap = 0;
    arena_free(&s->catalog);
    return ok;
}
