/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vulnward scan: the scan pipeline on one page.
 *
 *     inventories -> components --+
 *     database, read-only --------+-> match -> findings -> triage -> verdict -> reports
 */
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/freshness.h"
#include "cli/inputs.h"
#include "inventory/inventory.h"
#include "match/match.h"
#include "report/report.h"
#include "store/store.h"
#include "triage/triage.h"
#include "base/banned.h"

static const struct option_spec options[] = {
    {'f', "format", "FORMAT",
     "format of the inventories (default: detected; see 'vulnward formats')"},
    {'i', "ignore", "FILE", "ignore list: \"CVE-2016-9318 , reason\" a line; may be repeated"},
    {'o', "output", "FORMAT[=FILE]", "table, junit, json or csv; may be repeated (default: table)"},
    {0, "fail-on", "SCORE", "fail from this CVSS score on, or: any, none (default 3.0)"},
    {0, "unscored", "fail|pass", "findings without a score (default: fail)"},
    {0, "min-coverage", "PERCENT", "fail when fewer entries are read, identified and comparable"},
    {0, "strict", NULL, "fail when an entry of an inventory could not be read or compared"},
    {0, "max-age", "AGE[,...]", FRESHNESS_OPTION_HELP},
    {0, "platform", "linux|windows|any",
     "what the device runs (default: as the inventories tell, else linux)"},
    {'d', "db", "FILE", "the database (default: VULNWARD_DB, or in the user's data folder)"},
    {0, "as-of", "DATE|SERIAL", "use the snapshot that was the newest then"},
    {'h', "help", NULL, "this text"},
    {0},
};

struct output {
    const struct report_writer *writer;
    const char *path; /* "-": standard output */
};

struct scan {
    struct str format;
    VEC(const char *) ignore_files;
    VEC(struct output) outputs;
    struct triage_options triage;
    struct match_options match;
    struct freshness freshness;
    uint64_t min_coverage;
    bool strict;
    const char *database, *as_of;
    enum platform platform; /* with has_platform; unknown is "any" */
    bool has_platform;
};

/* ---- options ---- */

static bool take_output(struct arena *a, struct scan *s, const char *text, struct err *err)
{
    struct str name, path;
    bool has_path = str_split(str_from_c(text), '=', &name, &path);
    const struct report_writer *w = report_writer_by_name(name);
    if (!w)
        return err_set(err, ERR_USAGE, "no report format \"%.*s\"; see 'vulnward formats'",
                       STR_ARG(str_first(name, 60)));
    if (has_path && !path.n)
        return err_set(err, ERR_USAGE, "-o %.*s= wants a file name", STR_ARG(name));
    struct output *o = VEC_PUSH(a, &s->outputs);
    if (!o)
        return err_memory(err);
    *o = (struct output){w, has_path ? path.p : "-"};
    s->match.details |= w->needs_details;
    for (size_t i = 0; i + 1 < s->outputs.n; i++)
        if (strcmp(s->outputs.v[i].path, s->outputs.v[s->outputs.n - 1].path) == 0)
            return err_set(err, ERR_USAGE, "two reports to %s",
                           has_path ? path.p : "standard output; give one a file: -o json=FILE");
    return true;
}

/* One of two words. */
static bool take_choice(const struct option *o, const char *yes, const char *no, bool *out,
                        struct err *err)
{
    *out = strcmp(o->value, yes) == 0;
    return *out || strcmp(o->value, no) == 0 ||
           err_set(err, ERR_USAGE, "--%s takes %s or %s, not \"%.60s\"", o->spec->name, yes, no,
                   o->value);
}

static bool take_option(struct arena *a, struct scan *s, const struct option *o, struct err *err)
{
    bool yes;
    if (option_is(o, "format")) {
        s->format = str_from_c(o->value);
        return inventory_format_known(s->format) ||
               err_set(err, ERR_USAGE, "no inventory format \"%.60s\"; see 'vulnward formats'",
                       o->value);
    }
    if (option_is(o, "ignore")) {
        const char **slot = VEC_PUSH(a, &s->ignore_files);
        if (!slot)
            return err_memory(err);
        *slot = o->value;
        return true;
    }
    if (option_is(o, "output"))
        return take_output(a, s, o->value, err);
    if (option_is(o, "fail-on"))
        return gate_parse(str_from_c(o->value), &s->triage.gate, err);
    if (option_is(o, "unscored"))
        return take_choice(o, "pass", "fail", &s->triage.gate.unscored_pass, err);
    if (option_is(o, "min-coverage"))
        return option_number(o, 0, 100, &s->min_coverage, err);
    if (option_is(o, "max-age"))
        return freshness_parse(a, o->value, &s->freshness, err);
    if (option_is(o, "platform")) {
        s->has_platform = true;
        s->platform = PLATFORM_UNKNOWN;
        if (strcmp(o->value, "any") == 0)
            return true;
        if (!take_choice(o, "linux", "windows", &yes, err))
            return false;
        s->platform = yes ? PLATFORM_LINUX : PLATFORM_WINDOWS;
    }
    s->strict |= option_is(o, "strict");
    if (option_is(o, "db"))
        s->database = o->value;
    if (option_is(o, "as-of"))
        s->as_of = o->value;
    return true;
}

static bool take_options(struct arena *a, struct scan *s, const struct args *args, struct err *err)
{
    for (size_t i = 0; i < args->options.n; i++)
        if (!take_option(a, s, &args->options.v[i], err))
            return false;
    if (!args->operands.n)
        return err_set(err, ERR_USAGE, "wanted at least one inventory");
    return s->outputs.n || take_output(a, s, "table", err);
}

/* ---- steps ---- */

static bool read_ignore_lists(struct arena *a, struct scan *s, struct err *err)
{
    for (size_t i = 0; i < s->ignore_files.n; i++) {
        struct input in;
        if (!io_read(a, s->ignore_files.v[i], LIMIT_SMALL_FILE_BYTES, &in, err)) {
            /* A missing ignore list is wrong usage, not a failure of this program. */
            err->code = err->code == ERR_IO || err->code == ERR_INPUT ? ERR_USAGE : err->code;
            return false;
        }
        if (!ignore_read(a, &in, &s->triage.ignore, err))
            return false;
    }
    return true;
}

/*
 * What a list does not tell, another of the run may; devices this program is for run Linux, so that
 * is assumed otherwise, and the reports say it was.
 */
static void decide_platforms(const struct scan *s, struct report *r)
{
    enum platform common = PLATFORM_UNKNOWN;
    for (size_t i = 0; i < r->inventories.n; i++)
        if (common == PLATFORM_UNKNOWN)
            common = r->inventories.v[i].platform;
    for (size_t i = 0; i < r->inventories.n; i++) {
        struct inventory *inv = &r->inventories.v[i];
        if (s->has_platform) {
            inv->platform = s->platform;
        } else if (inv->platform == PLATFORM_UNKNOWN) {
            inv->platform = common == PLATFORM_UNKNOWN ? PLATFORM_LINUX : common;
            inv->platform_assumed = true;
        }
    }
}

static bool read_inventories(struct arena *a, const struct scan *s, const struct args *args,
                             struct report *r, struct err *err)
{
    for (size_t i = 0; i < args->operands.n; i++) {
        struct inventory *inv = VEC_PUSH(a, &r->inventories);
        if (!inv)
            return err_memory(err);
        if (!inputs_read_inventory(a, args->operands.v[i], s->format, inv, err)) {
            /* A file that can not be opened is an inventory that can not be read: status 3. */
            err->code = err->code == ERR_IO ? ERR_INPUT : err->code;
            return false;
        }
    }
    decide_platforms(s, r);
    return true;
}

static bool say_why(struct report *r, struct arena *a, int status, struct str why, struct err *err)
{
    struct str *slot = VEC_PUSH(a, &r->why);
    if (!slot)
        return err_memory(err);
    *slot = why;
    r->exit_status = status > r->exit_status ? status : r->exit_status;
    return true;
}

static bool judge_age(const struct scan *s, struct report *r, struct arena *a, struct err *err)
{
    struct freshness_result age;
    if (!freshness_judge(&s->freshness, &r->database, r->generated, false, a, &age, err))
        return false;
    for (size_t i = 0; i < age.stale.n; i++)
        if (!say_why(r, a, EXIT_DATABASE, age.stale.v[i], err))
            return false;
    for (size_t i = 0; i < age.warnings.n; i++)
        note("%.*s", STR_ARG(age.warnings.v[i]));
    return true;
}

static bool judge(const struct scan *s, struct report *r, struct arena *a, struct err *err)
{
    const struct summary *m = &r->summary;
    struct str why;
    size_t checked =
        m->identified - (m->uncomparable < m->identified ? m->uncomparable : m->identified);
    if (m->failing && (!arena_printf(a, &why, err, "%zu of %zu findings fail (gate %.*s)",
                                     m->failing, m->affected, STR_ARG(r->gate)) ||
                       !say_why(r, a, EXIT_FINDINGS, why, err)))
        return false;
    if (!m->identified &&
        !say_why(r, a, EXIT_INVENTORY, STR("not one component was identified: nothing was checked"),
                 err))
        return false;
    /* An entry that could not be read is a component nobody checked. */
    size_t entries = m->components + m->skipped;
    if (checked * 100 < s->min_coverage * entries &&
        (!arena_printf(
             a, &why, err,
             "%zu of %zu entries are read, identified and comparable; --min-coverage wants %llu %%",
             checked, entries, (unsigned long long)s->min_coverage) ||
         !say_why(r, a, EXIT_INVENTORY, why, err)))
        return false;
    if (s->strict && (m->skipped || m->uncomparable) &&
        (!arena_printf(
             a, &why, err,
             "%zu entries could not be read and %zu versions could not be compared (--strict)",
             m->skipped, m->uncomparable) ||
         !say_why(r, a, EXIT_INVENTORY, why, err)))
        return false;
    return judge_age(s, r, a, err);
}

static struct report_style style_for(const char *path)
{
    struct report_style style = {0};
    struct winsize size;
    const char *no_color = getenv("NO_COLOR");
    if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO)) {
        style.color = !no_color || !*no_color;
        style.width =
            ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
    }
    return style;
}

static bool write_reports(const struct scan *s, const struct report *r, struct err *err)
{
    for (size_t i = 0; i < s->outputs.n; i++) {
        const struct output *o = &s->outputs.v[i];
        struct report_style style = style_for(o->path);
        struct out_file f;
        if (!out_open(&f, o->path, err))
            return false;
        if (!o->writer->write(r, &style, &f.buf, err)) {
            out_abort(&f);
            return err_prefix(err, "%s", o->writer->name);
        }
        if (!out_commit(&f, err))
            return false;
    }
    return true;
}

/* When no report goes to standard output, somebody watching the build still sees the result. */
static void tell_verdict(const struct scan *s, const struct report *r)
{
    for (size_t i = 0; i < s->outputs.n; i++)
        if (strcmp(s->outputs.v[i].path, "-") == 0)
            return;
    note("%zu components, %zu not identified, %zu entries not read; %zu findings, %zu failing, %zu "
         "ignored",
         r->summary.components, r->summary.unidentified, r->summary.skipped, r->summary.affected,
         r->summary.failing, r->summary.ignored);
    for (size_t i = 0; i < r->why.n; i++)
        note("%.*s", STR_ARG(r->why.v[i]));
}

/* Another database than the newest: reports show its path. */
static bool choose_snapshot(struct run *run, const char *as_of, struct err *err)
{
    struct store_snapshot s;
    if (!as_of)
        return true;
    if (!store_snapshot_find(run->database.p, str_from_c(as_of), &run->arena, &s, err))
        return false;
    run->database = s.path;
    return true;
}

static bool scan(struct run *run, struct scan *s, const struct args *args, struct report *r,
                 struct err *err)
{
    struct arena *a = &run->arena;
    struct store *store = NULL;
    bool ok = read_ignore_lists(a, s, err) && read_inventories(a, s, args, r, err) &&
              choose_snapshot(run, s->as_of, err) && store_open(run->database.p, &store, err) &&
              store_info(store, a, &r->database, err) && match_run(store, a, &s->match, r, err) &&
              triage_run(r, &s->triage, a, err) && judge(s, r, a, err) && write_reports(s, r, err);
    store_close(store);
    return ok;
}

/*
 * The run could not be done. Reports that go to files are written all the same, with the error and
 * nothing else in them: a CI that shows the report must not show the one of the last build.
 */
static void report_failure(struct run *run, const struct scan *s, const struct err *why, int status)
{
    struct report r = {.generated = run->now, .exit_status = status};
    struct scan files = {0};
    struct err err = {0};
    char text[2048];
    struct str reason;
    err_format(why, text, sizeof text);
    bool ok = gate_describe(&s->triage.gate, &run->arena, &r.gate, &err) &&
              arena_dup(&run->arena, str_from_c(text), &reason, &err) &&
              arena_dup(&run->arena, run->database, &r.database.path, &err) &&
              say_why(&r, &run->arena, status, reason, &err);
    r.database.built = DATE_NONE;
    for (size_t i = 0; ok && i < s->outputs.n; i++) {
        struct output *o =
            strcmp(s->outputs.v[i].path, "-") ? VEC_PUSH(&run->arena, &files.outputs) : NULL;
        if (o)
            *o = s->outputs.v[i];
    }
    for (size_t i = 0; ok && i < files.outputs.n; i++) {
        /* One report that can not be written (perhaps the reason for all this) must not stop the
         * others. */
        struct scan one = {0};
        one.outputs.v = &files.outputs.v[i];
        one.outputs.n = 1;
        struct err again = {0};
        if (!write_reports(&one, &r, &again))
            (void)fail(&again, EXIT_PROGRAM);
    }
}

static int run_scan(struct run *run, int argc, char **argv)
{
    struct args args;
    struct err err = {0};
    struct scan s = {.triage.gate = GATE_DEFAULT};
    struct report r = {.generated = run->now};
    if (!args_parse(&run->arena, argc, argv, options, &args, &err) ||
        !take_options(&run->arena, &s, &args, &err) || !find_database(run, s.database, &err))
        return usage_error(&command_scan, &err);
    if (!scan(run, &s, &args, &r, &err)) {
        int status = fail(&err, EXIT_INVENTORY);
        report_failure(run, &s, &err, status);
        return status;
    }
    tell_verdict(&s, &r);
    return r.exit_status;
}

const struct command command_scan = {
    .name = "scan",
    .summary = "find known vulnerabilities in the packages of an inventory",
    .usage = "vulnward scan [-d FILE] [-f FORMAT] [-i FILE]... [-o FORMAT[=FILE]]... INVENTORY...",
    .options = options,
    .main = run_scan,
};
