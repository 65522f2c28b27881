/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward db: the database pipeline. feed file -> importer -> sink -> one file, replaced
 * atomically. */
#include <errno.h>
#include <sys/stat.h>

#include "base/date.h"
#include "base/io.h"
#include "cli/cli.h"
#include "feed/feed.h"
#include "store/store.h"
#include "base/banned.h"

static const struct option_spec options[] = {
    {'d', "db", "FILE", "the database (default: VULNWARD_DB, or in the user's data folder)"},
    {0, "fresh", NULL, "import: start from nothing instead of adding to what is there"},
    {0, "wait", "SECONDS", "import: wait for another writer so long (default 600)"},
    {'h', "help", NULL, "this text"},
    {0},
};

static struct str base_name(struct str path)
{
    size_t slash = str_rfind(path, '/');
    return slash == STR_NPOS ? path : str_from(path, slash + 1);
}

/* ---- import ---- */

/* The feeds of an operand: itself, or the feeds in a folder. Files there of other kinds are told.
 */
static bool collect(struct run *run, const char *operand, struct path_list *feeds, struct err *err)
{
    struct path_list all = {0};
    size_t before = feeds->n;
    if (!io_is_dir(operand)) {
        struct str *slot = VEC_PUSH(&run->arena, feeds);
        if (!slot)
            return err_memory(err);
        *slot = str_from_c(operand);
        return true;
    }
    if (!io_list_dir(&run->arena, operand, &all, err))
        return false;
    for (size_t i = 0; i < all.n; i++) {
        bool known = false;
        if (!feed_is_candidate(all.v[i]))
            continue;
        if (!feed_is_known(all.v[i].p, &known, err))
            return false;
        if (!known) {
            note("%s: left out, not a feed it knows", all.v[i].p);
            continue;
        }
        struct str *slot = VEC_PUSH(&run->arena, feeds);
        if (!slot)
            return err_memory(err);
        *slot = all.v[i];
    }
    if (feeds->n > before)
        return true;
    err_set(err, ERR_INPUT, "has no feed in it (.json, .json.gz, .xml, .xml.gz)");
    return err_at_input(err, operand);
}

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

static bool import_one(struct run *run, struct store_import *s, const char *path,
                       struct progress *p, struct err *err)
{
    const struct feed_progress progress = {p, tick};
    struct vuln_sink sink = store_import_sink(s);
    struct feed_info info;
    struct store_counts counts;
    if (!feed_import(path, &sink, &progress, &info, err))
        return false;
    struct str name = base_name(str_from_c(path));
    const struct store_feed feed = {str_from_c(info.source),
                                    str_from_c(info.format),
                                    name,
                                    str_from_c(info.sha256),
                                    info.records,
                                    info.rejected,
                                    info.unreadable,
                                    info.declared,
                                    info.published,
                                    info.meta_checked};
    if (!store_import_feed(s, &feed, run->now, &counts, err))
        return false;
    progress_end(p);
    tell(&info, &counts, name);
    return true;
}

struct db_options {
    bool fresh;
    uint64_t wait;
};

static int import(struct run *run, const struct args *args, const struct db_options *opt)
{
    struct path_list feeds = {0};
    struct store_import *s = NULL;
    struct progress p;
    struct err err = {0};
    int64_t start = monotonic_ms();
    bool ok = true;
    if (args->operands.n < 2) {
        err_set(&err, ERR_USAGE, "import wants at least one feed or a folder of feeds");
        return usage_error(&command_db, &err);
    }
    for (size_t i = 1; ok && i < args->operands.n; i++)
        ok = collect(run, args->operands.v[i], &feeds, &err);
    make_database_folder(run);
    progress_start(&p);
    ok = ok && store_import_open(run->database.p, opt->fresh, (unsigned)opt->wait, &s, &err);
    for (size_t i = 0; ok && i < feeds.n; i++)
        ok = import_one(run, s, feeds.v[i].p, &p, &err);
    progress_end(&p);
    if (ok)
        ok = store_import_commit(s, run->now, &err);
    else
        store_import_abort(s);
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

/* ---- status ---- */

static long long age_days(int64_t now, int64_t then)
{
    return then == DATE_NONE ? -1 : (long long)((now - then) / DATE_DAY_MS);
}

static void print_age(int64_t now, int64_t then)
{
    char text[DATE_TEXT_BYTES];
    if (then == DATE_NONE)
        printf("%-20s  %8s", "-", "-");
    else
        printf("%-20s  %4lld day%s", date_format(then, text), age_days(now, then),
               age_days(now, then) == 1 ? " " : "s");
}

static void print_status(struct run *run, const struct database_info *info,
                         const struct stored_feeds *feeds)
{
    char text[DATE_TEXT_BYTES];
    struct stat st;
    double mb = stat(run->database.p, &st) == 0 ? (double)st.st_size / 1e6 : 0;
    printf("database   %.*s\n", STR_ARG(info->path));
    printf("built      %s, %lld days ago\n", date_format(info->built, text),
           age_days(run->now, info->built));
    printf("size       %.1f MB\n", mb);
    printf("records    %llu\n", (unsigned long long)info->records);
    printf("sha256     %.*s  (of the feeds)\n", STR_ARG(info->sha256));
    printf("\n%-8s  %-14s  %9s  %-20s  %9s  %s\n", "SOURCE", "KIND", "RECORDS", "PUBLISHED", "AGE",
           "IMPORTED");
    for (size_t i = 0; i < info->sources.n; i++) {
        const struct source_info *s = &info->sources.v[i];
        printf("%-8.*s  %-14.*s  %9llu  ", STR_ARG(s->name), STR_ARG(s->kind),
               (unsigned long long)s->records);
        print_age(run->now, s->published);
        printf("  %s\n", date_format(s->fetched, text));
    }
    printf("\n%-34s  %9s  %8s  %10s  %-20s  %s\n", "FEED", "RECORDS", "REJECTED", "UNREADABLE",
           "PUBLISHED", "CHECKED");
    for (size_t i = 0; i < feeds->n; i++) {
        const struct store_feed *f = &feeds->v[i].feed;
        printf("%-34.*s  %9llu  %8llu  %10llu  %-20s  %s\n", STR_ARG(f->name),
               (unsigned long long)f->records, (unsigned long long)f->rejected,
               (unsigned long long)f->unreadable, date_format(f->published, text),
               f->meta_checked ? ".meta" : "-");
    }
}

static int status(struct run *run, const struct args *args)
{
    struct store *s = NULL;
    struct database_info info;
    struct stored_feeds feeds = {0};
    struct err err = {0};
    if (args->operands.n != 1) {
        err_set(&err, ERR_USAGE, "status wants no operands");
        return usage_error(&command_db, &err);
    }
    bool ok = store_open(run->database.p, &s, &err) && store_info(s, &run->arena, &info, &err) &&
              store_feeds(s, &run->arena, &feeds, &err);
    if (ok)
        print_status(run, &info, &feeds);
    store_close(s);
    return ok ? EXIT_PASSED : fail(&err, EXIT_DATABASE);
}

static int run_db(struct run *run, int argc, char **argv)
{
    struct args args;
    struct err err = {0};
    struct db_options opt = {.wait = 600};
    const char *path = NULL;
    bool ok = args_parse(&run->arena, argc, argv, options, &args, &err);
    for (size_t i = 0; ok && i < args.options.n; i++) {
        const struct option *o = &args.options.v[i];
        if (option_is(o, "db"))
            path = o->value;
        else if (option_is(o, "fresh"))
            opt.fresh = true;
        else if (option_is(o, "wait"))
            ok = option_number(o, 0, 86400, &opt.wait, &err);
    }
    if (ok && !args.operands.n)
        ok = err_set(&err, ERR_USAGE, "wanted import or status");
    if (!ok || !find_database(run, path, &err))
        return usage_error(&command_db, &err);
    if (strcmp(args.operands.v[0], "import") == 0)
        return import(run, &args, &opt);
    if (strcmp(args.operands.v[0], "status") == 0)
        return status(run, &args);
    err_set(&err, ERR_USAGE, "no action \"%.60s\"; there are import and status",
            args.operands.v[0]);
    return usage_error(&command_db, &err);
}

const struct command command_db = {
    .name = "db",
    .summary = "make and inspect the database",
    .usage = "vulnward db import [-d FILE] [--fresh] FEED|FOLDER...\n       vulnward db status [-d "
             "FILE]",
    .options = options,
    .main = run_db,
};
