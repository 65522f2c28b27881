/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward db status: what the database knows, and how old it is. */
#include <sys/stat.h>

#include "base/date.h"
#include "cli/db_actions.h"
#include "store/store.h"
#include "base/banned.h"

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
    if (args->operands.n) {
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

static const struct option_spec options[] = {
    DB_OPTION_FILE,
    {'h', "help", NULL, "this text"},
    {0},
};

const struct db_action db_status = {
    .name = "status",
    .summary = "tell what is in it and how old that is",
    .usage = "vulnward db status [-d FILE]",
    .options = options,
    .main = status,
};
