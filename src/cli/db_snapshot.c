/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward db snapshot: databases that were replaced, and going back to one. */
#include "base/date.h"
#include "base/io.h"
#include "cli/db_actions.h"
#include "codec/json_write.h"
#include "store/store.h"
#include "base/banned.h"

#define KEEP_DEFAULT 2
#define KEEP_MAX 10000

static void warn(void *ctx, const char *text)
{
    (void)ctx;
    note("%s", text);
}

bool db_take_keep(const struct args *args, struct store_keep *out, struct err *err)
{
    const char *text = getenv("VULNWARD_KEEP");
    uint64_t n = KEEP_DEFAULT;
    if (text && *text && !str_to_u64(str_from_c(text), 0, KEEP_MAX, &n))
        return err_set(err, ERR_USAGE, "VULNWARD_KEEP is not a number from 0 to %d: %.40s",
                       KEEP_MAX, text);
    for (size_t i = 0; i < args->options.n; i++)
        if (option_is(&args->options.v[i], "keep") &&
            !option_number(&args->options.v[i], 0, KEEP_MAX, &n, err))
            return false;
    *out = (struct store_keep){.n = (unsigned)n, .warn = warn};
    return true;
}

/* ---- list ---- */

/* A snapshot with what can only be known by opening it. */
struct row {
    struct store_snapshot s;
    uint64_t records; /* 0: it can not be read */
};

static void look_into(struct run *run, struct row *r)
{
    struct store *s = NULL;
    struct database_info info;
    struct err err = {0};
    if (store_open(r->s.path.p, &s, &err) && store_info(s, &run->arena, &info, &err)) {
        r->records = info.records;
    } else {
        char text[1024];
        err_format(&err, text, sizeof text);
        note("%s", text);
    }
    store_close(s);
}

static void print_row(const struct row *r)
{
    char date[DATE_TEXT_BYTES], records[32] = "-";
    if (r->records)
        (void)snprintf(records, sizeof records, "%llu", (unsigned long long)r->records);
    printf("%-20s  %12llu  %9s  %8.1f MB%s\n", date_format(r->s.built, date),
           (unsigned long long)r->s.serial, records, (double)r->s.size / 1e6,
           r->s.current ? "  in use" : "");
}

static bool print_json(const struct row *rows, size_t n, struct err *err)
{
    char date[DATE_TEXT_BYTES];
    struct out_file f;
    if (!out_open(&f, "-", err))
        return false;
    struct json_writer w = json_writer(&f.buf);
    json_open_object(&w, NULL);
    json_add_c(&w, "schema", "vulnward.snapshots/1");
    json_open_array(&w, "snapshots");
    for (size_t i = 0; i < n; i++) {
        json_open_object(&w, NULL);
        json_add_c(&w, "built", date_format(rows[i].s.built, date));
        json_add_u64(&w, "serial", rows[i].s.serial);
        if (rows[i].records)
            json_add_u64(&w, "records", rows[i].records);
        else
            json_add_null(&w, "records");
        json_add_u64(&w, "size", rows[i].s.size);
        json_add_bool(&w, "current", rows[i].s.current);
        json_add_str(&w, "path", rows[i].s.path);
        json_close_object(&w);
    }
    json_close_array(&w);
    json_close_object(&w);
    return out_commit(&f, err);
}

static bool list(struct run *run, bool json, struct err *err)
{
    struct store_snapshots all;
    if (!store_snapshots(run->database.p, &run->arena, &all, err))
        return false;
    struct row *rows = arena_array(&run->arena, all.n, sizeof *rows);
    if (!rows && all.n)
        return err_memory(err);
    for (size_t i = 0; i < all.n; i++) {
        rows[i].s = all.v[i];
        look_into(run, &rows[i]);
    }
    if (json)
        return print_json(rows, all.n, err);
    if (!all.n) {
        err_set(err, ERR_DATABASE, "there is no database and no snapshot of one");
        return err_at_input(err, run->database.p);
    }
    printf("%-20s  %12s  %9s  %11s\n", "BUILT", "SERIAL", "RECORDS", "SIZE");
    for (size_t i = 0; i < all.n; i++)
        print_row(&rows[i]);
    return true;
}

/* ---- use ---- */

static bool use(struct run *run, const char *wanted, unsigned wait, struct err *err)
{
    const struct store_keep keep = {.warn = warn}; /* none is removed here */
    struct store_snapshot s;
    char date[DATE_TEXT_BYTES];
    if (wait)
        tell_writer(run);
    if (!store_snapshot_use(run->database.p, str_from_c(wanted), wait, &keep, &run->arena, &s, err))
        return false;
    printf("%.*s: %s the database of %s, serial %llu\n", STR_ARG(run->database),
           s.current ? "is already" : "is now", date_format(s.built, date),
           (unsigned long long)s.serial);
    return true;
}

static int snapshot(struct run *run, const struct args *args)
{
    struct err err = {0};
    bool json = false, ok = true;
    uint64_t wait = 600;
    const char *const *words = args->operands.v;
    size_t n = args->operands.n;
    for (size_t i = 0; ok && i < args->options.n; i++) {
        const struct option *o = &args->options.v[i];
        if (option_is(o, "wait"))
            ok = option_number(o, 0, 86400, &wait, &err);
        else if (option_is(o, "output")) {
            json = strcmp(o->value, "json") == 0;
            ok = json || strcmp(o->value, "table") == 0 ||
                 err_set(&err, ERR_USAGE, "-o takes table or json, not \"%.60s\"", o->value);
        }
    }
    bool listing = n == 1 && strcmp(words[0], "list") == 0;
    if (ok && !listing && !(n == 2 && strcmp(words[0], "use") == 0))
        ok = err_set(&err, ERR_USAGE, "snapshot wants: list, or: use SERIAL|DATE");
    if (!ok)
        return usage_error(&command_db, &err);
    ok = listing ? list(run, json, &err) : use(run, words[1], (unsigned)wait, &err);
    return ok ? EXIT_PASSED : fail(&err, EXIT_DATABASE);
}

static const struct option_spec options[] = {
    DB_OPTION_FILE,
    {'o', "output", "table|json", "how the list is written (default: table)"},
    DB_OPTION_WAIT,
    {'h', "help", NULL, "this text"},
    {0},
};

const struct db_action db_snapshot = {
    .name = "snapshot",
    .summary = "list databases that were replaced, or go back to one",
    .usage = "vulnward db snapshot list [-d FILE] [-o table|json]\n"
             "       vulnward db snapshot use [-d FILE] [--wait SECONDS] SERIAL|DATE",
    .options = options,
    .main = snapshot,
};
