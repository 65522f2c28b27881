/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward db import: feed file -> importer -> sink -> one file, replaced atomically. */
#include "base/date.h"
#include "cli/db_actions.h"
#include "feed/feed.h"
#include "store/store.h"
#include "base/banned.h"

static void tick(void *ctx, const char *path, unsigned long long done, unsigned long long total)
{
    progress_tick(ctx, path, done, total);
}

/* ", 12 new" when there are any. */
static void tell_count(uint64_t n, const char *what, const char **separator)
{
    if (!n)
        return;
    printf("%s%llu %s", *separator, (unsigned long long)n, what);
    *separator = ", ";
}

static void tell(const struct feed_info *i, const struct store_counts *c, struct str name)
{
    const char *separator = ": ";
    printf("%.*s: %s, %llu record%s", STR_ARG(name), i->format, (unsigned long long)i->records,
           i->records == 1 ? "" : "s");
    tell_count(c->added, "new", &separator);
    tell_count(c->replaced, "replaced", &separator);
    tell_count(c->unchanged, "unchanged", &separator);
    tell_count(c->older, "older than what is there", &separator);
    separator = "; ";
    tell_count(i->rejected, "rejected", &separator);
    printf("%s\n", i->meta_checked ? "; .meta confirmed" : "");
    if (i->unreadable)
        note("%.*s: %llu statements could not be used (bad CPE names or scores); 'vulnward db "
             "status' keeps the count",
             STR_ARG(name), (unsigned long long)i->unreadable);
    if (i->declared && i->declared != i->records)
        note("%.*s: says it has %llu records, has %llu", STR_ARG(name),
             (unsigned long long)i->declared, (unsigned long long)i->records);
}

/* A running import. */
struct importing {
    struct run *run;
    struct store_import *store;
    struct progress progress;
};

static bool close_feed(void *ctx, const struct feed_info *i, struct err *err)
{
    struct importing *m = ctx;
    struct store_counts counts;
    const struct store_feed feed = {.source = str_from_c(i->source),
                                    .kind = str_from_c(i->format),
                                    .name = i->name,
                                    .sha256 = str_from_c(i->sha256),
                                    .records = i->records,
                                    .rejected = i->rejected,
                                    .unreadable = i->unreadable,
                                    .declared = i->declared,
                                    .published = i->published,
                                    .meta_checked = i->meta_checked};
    if (!store_import_feed(m->store, &feed, m->run->now, &counts, err))
        return false;
    progress_end(&m->progress);
    tell(i, &counts, i->name);
    return true;
}

static void left_out(void *ctx, const char *path, const char *why)
{
    struct importing *m = ctx;
    progress_end(&m->progress);
    note("%s: left out, %s", path, why);
}

static int import(struct run *run, const struct args *args)
{
    bool fresh = false;
    uint64_t wait = 600;
    struct store_keep keep;
    struct importing m = {.run = run};
    const struct feed_progress progress = {&m.progress, tick};
    struct err err = {0};
    int64_t start = monotonic_ms();
    for (size_t i = 0; i < args->options.n; i++) {
        const struct option *o = &args->options.v[i];
        fresh |= option_is(o, "fresh");
        if (option_is(o, "wait") && !option_number(o, 0, 86400, &wait, &err))
            return usage_error(&command_db, &err);
    }
    if (!args->operands.n) {
        err_set(&err, ERR_USAGE, "import wants at least one feed or a folder of feeds");
        return usage_error(&command_db, &err);
    }
    if (!db_take_keep(args, &keep, &err))
        return usage_error(&command_db, &err);
    make_database_folder(run);
    progress_start(&m.progress);
    bool ok = store_import_open(run->database.p, fresh, (unsigned)wait, &m.store, &err);
    for (size_t i = 0; ok && i < args->operands.n; i++) {
        struct vuln_sink sink = store_import_sink(m.store);
        const struct feed_taker taker = {&m, &sink, close_feed, left_out};
        ok = feed_import(args->operands.v[i], &taker, &progress, &err);
    }
    progress_end(&m.progress);
    if (ok)
        store_import_keep(m.store, keep);
    if (ok)
        ok = store_import_commit(m.store, run->now, &err);
    else
        store_import_abort(m.store);
    if (!ok) {
        int status = fail(&err, EXIT_DATABASE);
        note("nothing was imported; the database is as it was");
        return status;
    }
    int64_t ms = monotonic_ms() - start;
    printf("%.*s: written in %lld.%lld s\n", STR_ARG(run->database), (long long)(ms / 1000),
           (long long)(ms / 100 % 10));
    return EXIT_PASSED;
}

static const struct option_spec options[] = {
    DB_OPTION_FILE,
    {0, "fresh", NULL, "start from nothing instead of adding to what is there"},
    DB_OPTION_KEEP,
    DB_OPTION_WAIT,
    {'h', "help", NULL, "this text"},
    {0},
};

const struct db_action db_import = {
    .name = "import",
    .summary = "add feeds: files, folders, archives",
    .usage = "vulnward db import [-d FILE] [--fresh] [--keep N] [--wait SECONDS] FEED|FOLDER...",
    .options = options,
    .main = import,
};
