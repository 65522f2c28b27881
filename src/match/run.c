/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole of matching. A kernel has thousands of findings, nearly all of the work of a scan: it is
 * shared by two threads, each with its own connection to the database and its own memory, by the
 * numbers of the vulnerabilities. What comes out does not depend on it.
 */
#include "match/findings_priv.h"

#include <pthread.h>
#include <unistd.h>

#include "base/banned.h"

/* The second thread, from before the subjects are known (so that it can open the database). */
struct second {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum { WAIT, WORK, STOP } order;
    const char *path;
    struct store *store;
    struct matcher m;
    struct arena arena;
    struct err err;
    bool ok;
};

static bool match_part(struct matcher *m, struct err *err)
{
    for (size_t i = 0; i < m->report->subjects.n; i++)
        if (!match_subject(m, (uint32_t)i, err))
            return false;
    return true;
}

static void *work(void *arg)
{
    struct second *s = arg;
    s->ok = store_open(s->path, &s->store, &s->err);
    (void)pthread_mutex_lock(&s->lock);
    while (s->order == WAIT)
        (void)pthread_cond_wait(&s->changed, &s->lock);
    bool go = s->order == WORK;
    (void)pthread_mutex_unlock(&s->lock);
    if (s->ok && go) {
        s->m.store = s->store;
        s->ok = match_part(&s->m, &s->err);
    }
    store_close(s->store);
    return NULL;
}

static void give_order(struct second *s, int order)
{
    (void)pthread_mutex_lock(&s->lock);
    s->order = order;
    (void)pthread_cond_signal(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

/* False when there is no second core, or no thread to be had: then one does it all. */
static bool start(struct second *s, const struct report *r)
{
    s->path = r->database.path.p;
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2 || pthread_mutex_init(&s->lock, NULL))
        return false;
    (void)pthread_cond_init(&s->changed, NULL);
    if (!pthread_create(&s->thread, NULL, work, s))
        return true;
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->lock);
    return false;
}

static void finish(struct second *s, struct matcher *m)
{
    (void)pthread_join(s->thread, NULL);
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->lock);
    buf_free(&s->m.text);
    arena_free(&s->m.scratch);
    arena_adopt(m->arena, &s->arena);
}

static int by_subject_and_id(const struct finding *x, const struct finding *y)
{
    if (x->subject != y->subject)
        return x->subject < y->subject ? -1 : 1;
    if (x->key && y->key)
        return x->key < y->key ? -1 : x->key > y->key;
    return str_compare_ids(x->id, y->id);
}

static int by_address(const void *a, const void *b)
{
    return by_subject_and_id(*(const struct finding *const *)a, *(const struct finding *const *)b);
}

static bool in_order(const struct findings *f)
{
    for (size_t i = 1; i < f->n; i++)
        if (by_subject_and_id(&f->v[i - 1], &f->v[i]) > 0)
            return false;
    return true;
}

/* Findings are large: addresses are sorted, and only where ids are not numbers is that needed. */
static bool sort(struct arena *a, struct findings *f, struct err *err)
{
    if (in_order(f))
        return true;
    const struct finding **order = arena_array(a, f->n, sizeof *order);
    struct finding *sorted = arena_array(a, f->n, sizeof *sorted);
    if (!order || !sorted)
        return err_memory(err);
    for (size_t i = 0; i < f->n; i++)
        order[i] = &f->v[i];
    qsort(order, f->n, sizeof *order, by_address);
    for (size_t i = 0; i < f->n; i++)
        sorted[i] = *order[i];
    f->v = sorted;
    return true;
}

/* Both parts in one order. */
static bool merge(struct arena *a, struct findings *x, struct findings *y, struct report *r,
                  struct err *err)
{
    if (!sort(a, x, err) || !sort(a, y, err))
        return false;
    r->findings.v = x->v;
    r->findings.n = r->findings.cap = x->n;
    if (!y->n)
        return true;
    size_t n = x->n + y->n, i = 0, k = 0;
    struct finding *all = arena_array(a, n, sizeof *all);
    if (!all)
        return err_memory(err);
    for (size_t at = 0; at < n; at++)
        all[at] = k == y->n || (i < x->n && by_subject_and_id(&x->v[i], &y->v[k]) <= 0) ? x->v[i++]
                                                                                       : y->v[k++];
    r->findings.v = all;
    r->findings.n = r->findings.cap = n;
    return true;
}

static void look_at_sources(struct matcher *m)
{
    const struct database_info *d = &m->report->database;
    for (size_t i = 0; i < d->sources.n; i++) {
        m->has_kev |= str_eq(d->sources.v[i].name, STR("kev"));
        m->has_epss |= str_eq(d->sources.v[i].name, STR("epss"));
    }
    m->several = d->sources.n > 1u + m->has_kev + m->has_epss;
}

bool match_run(struct store *s, struct arena *a, const struct match_options *opt, struct report *r,
               struct err *err)
{
    struct device device = {0};
    struct matcher m = {
        .store = s, .arena = a, .opt = opt, .report = r, .device = &device, .parts = 1};
    struct second second = {0};
    look_at_sources(&m);
    bool two = start(&second, r);
    bool ok = subjects_make(s, a, r, err) && device_init(&device, r, err);
    if (two) {
        second.m = m;
        second.m.arena = &second.arena;
        second.m.part = 1;
        m.parts = second.m.parts = 2;
        give_order(&second, ok ? WORK : STOP);
    }
    ok = ok && match_part(&m, err);
    if (two) {
        finish(&second, &m);
        if (ok && !second.ok) {
            *err = second.err;
            ok = false;
        }
    }
    ok = ok && merge(a, &m.findings, &second.m.findings, r, err);
    buf_free(&m.text);
    device_free(&device);
    arena_free(&m.scratch);
    return ok;
}
