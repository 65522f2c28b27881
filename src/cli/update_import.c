/* SPDX-License-Identifier: Apache-2.0 */
/* All that was downloaded becomes one new database; a source whose data are refused is left out. */
#include "base/io.h"
#include "cli/db_actions.h"
#include "cli/importing.h"
#include "cli/update.h"
#include "base/banned.h"

/* ---- sources that shrink ---- */

/* What the feed of this name had the last time; 0 when there was none. */
static uint64_t records_before(const struct update *u, const struct update_job *job,
                               const struct feed_info *i)
{
    for (size_t k = u->feeds.n; k-- > 0;) {
        const struct store_feed *f = &u->feeds.v[k].feed;
        if (f->whole && str_eq(f->source, str_from_c(i->source)) &&
            (job->source->single || str_eq(f->name, i->name)))
            return f->records;
    }
    return 0;
}

bool update_shrink(const struct update *u, struct str name, uint64_t had, uint64_t has,
                   struct err *err)
{
    if (u->accept_shrink ||
        (has && has >= had / 100 * UPDATE_SHRINK_PERCENT + had % 100 * UPDATE_SHRINK_PERCENT / 100))
        return true;
    if (!has)
        return err_set(err, ERR_INPUT,
                       "%.*s has no records at all; --accept-shrink takes it all the same",
                       STR_ARG(name));
    return err_set(err, ERR_INPUT,
                   "%.*s has %llu records, it had %llu: too few to be right; --accept-shrink takes "
                   "it all the same",
                   STR_ARG(name), (unsigned long long)has, (unsigned long long)had);
}

/* ---- one job ---- */

struct taking {
    struct update *u;
    struct update_job *job;
    struct importing m;
    bool refused; /* for its size, not because it is unreadable */
};

static bool close_feed(void *ctx, const struct feed_info *i, struct err *err)
{
    struct taking *t = ctx;
    const struct update_job *job = t->job;
    if (strcmp(i->source, job->source->name) != 0)
        return err_set(err, ERR_INPUT, "%.*s is data of %s, not of %s", STR_ARG(i->name), i->source,
                       job->source->name);
    if (!job->pages && (i->whole || (job->source->changes_filled && !i->records)) &&
        !update_shrink(t->u, i->name, i->whole ? records_before(t->u, job, i) : 0, i->records,
                       err)) {
        t->refused = true;
        return false;
    }
    return importing_close_feed(&t->m, i, err);
}

static void left_out(void *ctx, const char *path, const char *why)
{
    struct taking *t = ctx;
    importing_left_out(&t->m, path, why);
}

static bool import_job(struct update *u, struct update_job *job, struct store_import *store,
                       struct err *err)
{
    struct taking t = {.u = u, .job = job, .m = {.run = u->run, .store = store, .quiet = true}};
    const struct feed_progress progress = {&t.m.progress, importing_tick};
    struct vuln_sink sink = store_import_sink(store);
    const struct feed_taker taker = {&t, &sink, close_feed, left_out};
    bool ok = true;
    progress_start(&t.m.progress);
    for (size_t i = 0; ok && i < job->files.n; i++)
        ok = feed_import(job->files.v[i].p, &taker, &progress, err);
    progress_end(&t.m.progress);
    job->counts = t.m.counts;
    job->records = t.m.records;
    job->keep = t.refused;
    return ok;
}

/* ---- all of them ---- */

/* What is not as it should be in the data is the source's fault; the rest is ours. */
static bool is_of_source(const struct err *err)
{
    return err->code == ERR_INPUT || err->code == ERR_LIMIT;
}

static bool import_all(struct update *u, struct store_import *store, bool *again, struct err *err)
{
    for (size_t i = 0; i < u->jobs.n; i++) {
        struct update_job *job = &u->jobs.v[i];
        if (job->failed || import_job(u, job, store, err))
            continue;
        if (!is_of_source(err))
            return false;
        job->failed = true;
        job->err = *err;
        err_clear(err);
        *again = true;
        return true;
    }
    for (size_t i = 0; i < u->jobs.n; i++) {
        const struct update_job *job = &u->jobs.v[i];
        for (size_t k = 0; !job->failed && k < job->seen.n; k++)
            if (!store_import_download(store, &job->seen.v[k], err))
                return false;
        if (!job->failed && !store_import_confirm(store, job->name, u->run->now, err))
            return false;
    }
    return true;
}

/* Anything to write? Checking alone is worth a note too, but not in a database that is not there.
 */
static bool anything(const struct update *u)
{
    for (size_t i = 0; i < u->jobs.n; i++) {
        const struct update_job *job = &u->jobs.v[i];
        if (!job->failed && (job->files.n || (u->have && job->seen.n)))
            return true;
    }
    return false;
}

/* A database that only notes that it was checked is no other one. */
static struct store_keep keep_of(const struct update *u)
{
    struct store_keep keep = u->keep;
    keep.same = true;
    for (size_t i = 0; i < u->jobs.n; i++)
        keep.same &= u->jobs.v[i].failed || !u->jobs.v[i].files.n;
    return keep;
}

/*
 * Is the database still the one that was asked about before the downloads? What another one has is
 * not known, and "unchanged" was said of this one. The writer's lock is held.
 */
static bool is_still_there(const struct update *u, struct err *err)
{
    struct store *s = NULL;
    struct arena a = {0};
    struct database_info now = {0};
    bool have = io_exists(u->run->database.p);
    bool ok = !have || (store_open(u->run->database.p, &s, err) && store_info(s, &a, &now, err));
    store_close(s);
    if (ok &&
        (have != u->have || (have && (now.serial != u->info.serial || now.built != u->info.built ||
                                      !str_eq(now.sha256, u->info.sha256))))) {
        err_set(err, ERR_DATABASE, "was replaced while this update was downloading; run it again");
        ok = err_at_input(err, u->run->database.p);
    }
    arena_free(&a);
    return ok;
}

bool update_import(struct update *u, bool *written, struct err *err)
{
    *written = false;
    while (anything(u)) {
        struct store_import *store = NULL;
        bool again = false;
        if (u->wait_s)
            tell_writer(u->run);
        if (!store_import_open(u->run->database.p, false, u->wait_s, &store, err))
            return false;
        bool ok = is_still_there(u, err) && import_all(u, store, &again, err);
        if (ok && !again) {
            store_import_keep(store, keep_of(u));
            *written = store_import_commit(store, u->run->now, err);
            return *written;
        }
        store_import_abort(store);
        if (!ok)
            return false;
    }
    return true;
}
