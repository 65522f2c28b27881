/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward db import: feed file -> importer -> sink -> one file, replaced atomically. */
#include "base/date.h"
#include "cli/db_actions.h"
#include "cli/importing.h"
#include "base/banned.h"

static int import(struct run *run, const struct args *args)
{
    bool fresh = false;
    uint64_t wait = 600;
    struct store_keep keep;
    struct importing m = {.run = run};
    const struct feed_progress progress = {&m.progress, importing_tick};
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
    if (wait)
        tell_writer(run);
    progress_start(&m.progress);
    bool ok = store_import_open(run->database.p, fresh, (unsigned)wait, &m.store, &err);
    for (size_t i = 0; ok && i < args->operands.n; i++) {
        struct vuln_sink sink = store_import_sink(m.store);
        const struct feed_taker taker = {&m, &sink, importing_close_feed, importing_left_out};
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
