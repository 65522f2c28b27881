/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward db status: what the database knows, and how old it is; with --check, may it be. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/date.h"
#include "cli/db_actions.h"
#include "cli/freshness.h"
#include "cli/grid.h"
#include "codec/json_write.h"
#include "identity/ecosystem.h"
#include "report/report.h"
#include "store/store.h"
#include "base/banned.h"

struct status {
    int64_t now;
    uint64_t bytes; /* of the file */
    struct database_info info;
    struct stored_feeds feeds;
    struct store_ecosystems ecosystems;
    bool json, check;
    struct freshness freshness;
    struct freshness_result verdict; /* with `check` */
};

/* Empty: how this ecosystem orders its versions is not known, so only equal ones match. */
static struct str order_of(const struct store_ecosystem *e)
{
    const struct ecosystem *known = ecosystem_find(e->name);
    return known ? known->order : STR("");
}

/* ---- for people ---- */

static void end_line_cell(struct grid *g, struct str text)
{
    report_write_line(&g->text, text);
    grid_end_cell(g);
}

static void number_cell(struct grid *g, uint64_t n)
{
    buf_u64(&g->text, n);
    grid_end_cell(g);
}

static void date_cell(struct grid *g, int64_t ms, const char *unknown)
{
    char text[DATE_TEXT_BYTES];
    buf_c(&g->text, ms == DATE_NONE ? unknown : date_format(ms, text));
    grid_end_cell(g);
}

/* "1 day ", "12 days": the numbers stand below each other. */
static void write_days(struct buf *b, int64_t ms)
{
    buf_f(b, "%lld day%s", (long long)(ms / DATE_DAY_MS), ms / DATE_DAY_MS == 1 ? " " : "s");
}

static void age_cell(struct grid *g, const struct source_info *s, int64_t now)
{
    int64_t ms;
    if (source_age(s, now, &ms))
        write_days(&g->text, ms);
    else
        buf_char(&g->text, '-');
    grid_end_cell(g);
}

static bool write_sources(const struct status *s, struct arena *a, struct buf *b, struct err *err)
{
    static const struct grid_column columns[] = {
        {"SOURCE", .min = 8},
        {"KIND", .min = 14},
        {"RECORDS", .min = 9, .right = true},
        {"PUBLISHED", .min = 20},
        {"AGE", .min = 9, .right = true},
        {"CONFIRMED", .hide_empty = true},
        {"IMPORTED", .min = 0},
        {0},
    };
    struct grid g = {.a = a, .columns = columns};
    for (size_t i = 0; i < s->info.sources.n; i++) {
        const struct source_info *x = &s->info.sources.v[i];
        end_line_cell(&g, x->name);
        end_line_cell(&g, x->kind);
        number_cell(&g, x->records);
        date_cell(&g, x->published, "-");
        age_cell(&g, x, s->now);
        date_cell(&g, x->confirmed, "");
        date_cell(&g, x->fetched, "");
    }
    buf_char(b, '\n');
    return grid_write(&g, b, err);
}

static bool write_ecosystems(const struct status *s, struct arena *a, struct buf *b,
                             struct err *err)
{
    static const struct grid_column columns[] = {
        {"ECOSYSTEM", .min = 24}, {"PACKAGES", .min = 9, .right = true}, {"ORDER", .min = 0}, {0}};
    struct grid g = {.a = a, .columns = columns};
    for (size_t i = 0; i < s->ecosystems.n; i++) {
        const struct store_ecosystem *e = &s->ecosystems.v[i];
        struct str order = order_of(e);
        end_line_cell(&g, e->name);
        number_cell(&g, e->packages);
        end_line_cell(&g, order.n ? order : STR("not known: exact versions only"));
    }
    buf_c(b, s->ecosystems.n ? "\n" : "");
    return !s->ecosystems.n || grid_write(&g, b, err);
}

static bool write_feeds(const struct status *s, struct arena *a, struct buf *b, struct err *err)
{
    static const struct grid_column columns[] = {
        {"FEED", .min = 34},
        {"RECORDS", .min = 9, .right = true},
        {"REJECTED", .min = 8, .right = true},
        {"UNREADABLE", .min = 10, .right = true},
        {"PUBLISHED", .min = 20},
        {"CHECKED", .min = 0},
        {0},
    };
    struct grid g = {.a = a, .columns = columns};
    for (size_t i = 0; i < s->feeds.n; i++) {
        const struct store_feed *f = &s->feeds.v[i].feed;
        end_line_cell(&g, f->name);
        number_cell(&g, f->records);
        number_cell(&g, f->rejected);
        number_cell(&g, f->unreadable);
        date_cell(&g, f->published, "");
        end_line_cell(&g, f->meta_checked ? STR(".meta") : STR("-"));
    }
    buf_char(b, '\n');
    return grid_write(&g, b, err);
}

static bool write_text(const struct status *s, struct arena *a, struct buf *b, struct err *err)
{
    const struct source_info whole = {.published = s->info.built, .confirmed = DATE_NONE};
    char text[DATE_TEXT_BYTES];
    int64_t ms = 0;
    (void)source_age(&whole, s->now, &ms);
    buf_c(b, "database   ");
    report_write_line(b, s->info.path);
    buf_f(b, "\nbuilt      %s, %lld days ago\n", date_format(s->info.built, text),
          (long long)(ms / DATE_DAY_MS));
    buf_f(b, "size       %.1f MB\n", (double)s->bytes / 1e6);
    buf_f(b, "records    %llu\n", (unsigned long long)s->info.records);
    buf_f(b, "sha256     %.*s  (of the feeds)\n", STR_ARG(s->info.sha256));
    if (s->info.serial)
        buf_f(b, "serial     %llu\n", (unsigned long long)s->info.serial);
    if (s->info.unreadable)
        buf_f(b, "unreadable %llu  (statements of the feeds that could not be used)\n",
              (unsigned long long)s->info.unreadable);
    return write_sources(s, a, b, err) && write_ecosystems(s, a, b, err) &&
           write_feeds(s, a, b, err);
}

/* ---- for programs: schema "vulnward.status/1", docs/FRESHNESS.md ---- */

static void add_feed(struct json_writer *w, const struct stored_feed *x)
{
    const struct store_feed *f = &x->feed;
    json_open_flat_object(w, NULL);
    json_add_str(w, "name", f->name);
    json_add_str(w, "source", f->source);
    json_add_str(w, "kind", f->kind);
    json_add_str(w, "sha256", f->sha256);
    json_add_u64(w, "records", f->records);
    json_add_u64(w, "rejected", f->rejected);
    json_add_u64(w, "unreadable", f->unreadable);
    json_add_date(w, "published", f->published);
    json_add_date(w, "imported", x->imported);
    json_add_bool(w, "whole", f->whole);
    json_add_bool(w, "meta_checked", f->meta_checked);
    json_close_object(w);
}

static void add_database(struct json_writer *w, const struct status *s)
{
    json_open_object(w, "database");
    json_add_str(w, "path", s->info.path);
    json_add_date(w, "built", s->info.built);
    json_add_u64(w, "bytes", s->bytes);
    json_add_u64(w, "serial", s->info.serial);
    json_add_str(w, "sha256", s->info.sha256);
    json_add_u64(w, "records", s->info.records);
    json_add_u64(w, "unreadable", s->info.unreadable);
    json_close_object(w);
}

/* What --check found; null when it was not asked for. */
static void add_check(struct json_writer *w, const struct status *s)
{
    if (!s->check) {
        json_add_null(w, "check");
        return;
    }
    json_open_object(w, "check");
    json_add_u64(w, "exit", s->verdict.stale.n ? EXIT_DATABASE : EXIT_PASSED);
    json_open_array(w, "why");
    for (size_t i = 0; i < s->verdict.stale.n; i++)
        json_add_str(w, NULL, s->verdict.stale.v[i]);
    json_close_array(w);
    json_close_object(w);
}

static void write_json(const struct status *s, struct buf *b)
{
    struct json_writer w = json_writer(b);
    json_open_object(&w, NULL);
    json_add_c(&w, "schema", "vulnward.status/1");
    json_open_flat_object(&w, "tool");
    json_add_c(&w, "name", "vulnward");
    json_add_c(&w, "version", VULNWARD_VERSION);
    json_close_object(&w);
    json_add_date(&w, "generated", s->now);
    add_database(&w, s);
    json_open_array(&w, "sources");
    for (size_t i = 0; i < s->info.sources.n; i++)
        report_add_source(&w, &s->info.sources.v[i], s->now);
    json_close_array(&w);
    json_open_array(&w, "ecosystems");
    for (size_t i = 0; i < s->ecosystems.n; i++) {
        json_open_flat_object(&w, NULL);
        json_add_str(&w, "name", s->ecosystems.v[i].name);
        json_add_u64(&w, "packages", s->ecosystems.v[i].packages);
        json_add_str(&w, "order", order_of(&s->ecosystems.v[i]));
        json_close_object(&w);
    }
    json_close_array(&w);
    json_open_array(&w, "feeds");
    for (size_t i = 0; i < s->feeds.n; i++)
        add_feed(&w, &s->feeds.v[i]);
    json_close_array(&w);
    add_check(&w, s);
    json_close_object(&w);
}

/* ---- the action ---- */

static bool take_options(struct status *s, struct arena *a, const struct args *args,
                         struct err *err)
{
    for (size_t i = 0; i < args->options.n; i++) {
        const struct option *o = &args->options.v[i];
        s->check |= option_is(o, "check");
        if (option_is(o, "max-age") && !freshness_parse(a, o->value, &s->freshness, err))
            return false;
        if (!option_is(o, "output"))
            continue;
        s->json = strcmp(o->value, "json") == 0;
        if (!s->json && strcmp(o->value, "table") != 0)
            return err_set(err, ERR_USAGE, "db status -o takes table or json, not \"%.60s\"",
                           o->value);
    }
    if (s->freshness.limits.n && !s->check)
        return err_set(err, ERR_USAGE, "--max-age wants --check");
    return !args->operands.n || err_set(err, ERR_USAGE, "status wants no operands");
}

static bool load(struct run *run, struct status *s, struct err *err)
{
    struct store *store = NULL;
    struct stat st;
    bool ok = store_open(run->database.p, &store, err) &&
              store_info(store, &run->arena, &s->info, err) &&
              store_feeds(store, &run->arena, &s->feeds, err) &&
              store_ecosystems(store, &run->arena, &s->ecosystems, err);
    store_close(store);
    s->bytes = stat(run->database.p, &st) == 0 ? (uint64_t)st.st_size : 0;
    return ok && (!s->check || freshness_judge(&s->freshness, &s->info, s->now, true, &run->arena,
                                               &s->verdict, err));
}

static int status(struct run *run, const struct args *args)
{
    struct status s = {.now = run->now};
    struct err err = {0};
    struct buf b;
    buf_init_fd(&b, STDOUT_FILENO);
    if (!take_options(&s, &run->arena, args, &err))
        return usage_error(&command_db, &err);
    if (!load(run, &s, &err))
        return fail(&err, EXIT_DATABASE);
    bool ok = true;
    if (s.json)
        write_json(&s, &b);
    else
        ok = write_text(&s, &run->arena, &b, &err);
    ok = ok && buf_finish(&b, "standard output", &err);
    buf_free(&b);
    if (!ok)
        return fail(&err, EXIT_PROGRAM);
    for (size_t i = 0; i < s.verdict.stale.n; i++)
        note("%.*s", STR_ARG(s.verdict.stale.v[i]));
    return s.verdict.stale.n ? EXIT_DATABASE : EXIT_PASSED;
}

static const struct option_spec options[] = {
    DB_OPTION_FILE,
    {0, "check", NULL, "fail with 4 when the data of a source are too old (7 days)"},
    {0, "max-age", "AGE[,...]", FRESHNESS_OPTION_HELP},
    {'o', "output", "FORMAT", "table or json (default: table)"},
    {'h', "help", NULL, "this text"},
    {0},
};

const struct db_action db_status = {
    .name = "status",
    .summary = "tell what is in it and how old that is",
    .usage = "vulnward db status [-d FILE] [--check [--max-age AGE[,...]]] [-o FORMAT]",
    .options = options,
    .main = status,
};
