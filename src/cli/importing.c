/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/importing.h"

#include "cli/db_actions.h"
#include "store/store.h"
#include "base/banned.h"

void tell_writer(const struct run *run)
{
    char who[STORE_WRITER_BYTES];
    if (store_writer(run->database.p, who))
        note("waiting for %s, which is writing the database", who);
}

void importing_tick(void *ctx, const char *path, unsigned long long done, unsigned long long total)
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

static void tell_line(const struct feed_info *i, const struct store_counts *c)
{
    const char *separator = ": ";
    printf("%.*s: %s, %llu record%s", STR_ARG(i->name), i->format, (unsigned long long)i->records,
           i->records == 1 ? "" : "s");
    tell_count(c->added, "new", &separator);
    tell_count(c->replaced, "replaced", &separator);
    tell_count(c->unchanged, "unchanged", &separator);
    tell_count(c->older, "older than what is there", &separator);
    separator = "; ";
    tell_count(i->rejected, "rejected", &separator);
    printf("%s\n", i->meta_checked ? "; .meta confirmed" : "");
}

static void tell(const struct importing *m, const struct feed_info *i, const struct store_counts *c)
{
    if (!m->quiet)
        tell_line(i, c);
    if (i->unreadable)
        note("%.*s: %llu statements could not be used (names, versions or scores that are not what "
             "they should be); 'vulnward db "
             "status' keeps the count",
             STR_ARG(i->name), (unsigned long long)i->unreadable);
    if (i->declared && i->declared != i->records)
        note("%.*s: says it has %llu records, has %llu", STR_ARG(i->name),
             (unsigned long long)i->declared, (unsigned long long)i->records);
}

bool importing_close_feed(void *ctx, const struct feed_info *i, struct err *err)
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
                                    .meta_checked = i->meta_checked,
                                    .whole = i->whole};
    if (!store_import_feed(m->store, &feed, m->run->now, &counts, err))
        return false;
    progress_end(&m->progress);
    m->records += i->records;
    m->counts.added += counts.added;
    m->counts.replaced += counts.replaced;
    m->counts.unchanged += counts.unchanged;
    m->counts.older += counts.older;
    tell(m, i, &counts);
    return true;
}

void importing_left_out(void *ctx, const char *path, const char *why)
{
    struct importing *m = ctx;
    progress_end(&m->progress);
    note("%s: left out, %s", path, why);
}
