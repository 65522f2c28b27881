/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward db update: fetches what is new, then imports it: the only command with a network. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "base/io.h"
#include "cli/db_actions.h"
#include "cli/update.h"
#include "base/banned.h"

/* ---- the command line ---- */

static const struct update_source *find_source(struct str name)
{
    for (size_t i = 0; update_sources[i].name; i++)
        if (str_eq(name, str_from_c(update_sources[i].name)))
            return &update_sources[i];
    return NULL;
}

static bool add_job(struct update *u, struct str name, struct err *err)
{
    struct str head, part;
    bool has_part = str_split(name, ':', &head, &part);
    const struct update_source *source = find_source(head);
    bool osv = str_eq(head, STR("osv"));
    if (!source || has_part != osv || (osv && !part.n))
        return err_set(err, ERR_USAGE,
                       "no source \"%.60s\"; there are nvd, cvelist, osv:ECOSYSTEM, kev and epss",
                       name.p);
    for (size_t i = 0; i < u->jobs.n; i++)
        if (str_eq(u->jobs.v[i].name, name))
            return true;
    struct update_job *job = VEC_PUSH(&u->run->arena, &u->jobs);
    if (!job)
        return err_memory(err);
    *job = (struct update_job){.source = source, .name = name, .part = part};
    return true;
}

static bool add_mirror(struct update *u, const char *value, struct err *err)
{
    struct str name, url;
    if (!str_split(str_from_c(value), '=', &name, &url) || !url.n ||
        !(find_source(name) || str_eq(name, STR(UPDATE_API))))
        return err_set(err, ERR_USAGE,
                       "--mirror takes NAME=URL with nvd, " UPDATE_API
                       ", cvelist, osv, kev or epss as NAME, not \"%.*s\"",
                       STR_ARG(str_first(name, 60)));
    if (!str_starts(url, STR("https://")) && !str_starts(url, STR("http://")))
        return err_set(err, ERR_USAGE,
                       "the mirror of %.*s is no URL that starts with https:// or "
                       "http://",
                       STR_ARG(name));
    struct update_mirror *m = VEC_PUSH(&u->run->arena, &u->mirrors);
    if (!m)
        return err_memory(err);
    *m = (struct update_mirror){name, url};
    return true;
}

/* A key goes into a request header, so it has only what stands there as one word. */
static bool set_key(struct update *u, struct err *err)
{
    struct str header, key = str_from_c(u->api_key);
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] <= ' ' || key.p[i] > '~')
            return err_set(err, ERR_USAGE, "the NVD's API key has characters that no key has");
    if (key.n > 200)
        return err_set(err, ERR_USAGE, "the NVD's API key is too long");
    if (!arena_printf(&u->run->arena, &header, err, "apiKey: %s", u->api_key))
        return false;
    u->secret_header = header.p;
    return true;
}

static bool take_number(const struct option *o, const char *name, uint64_t min, uint64_t max,
                        unsigned *out, struct err *err)
{
    uint64_t n;
    if (!option_is(o, name))
        return true;
    if (!option_number(o, min, max, &n, err))
        return false;
    *out = (unsigned)n;
    return true;
}

static bool take_option(struct update *u, const struct option *o, struct err *err)
{
    u->accept_shrink |= option_is(o, "accept-shrink");
    if (option_is(o, "ca-cert"))
        u->options.ca_cert = o->value;
    if (option_is(o, "nvd-api-key"))
        u->api_key = o->value;
    if (option_is(o, "source"))
        return add_job(u, str_from_c(o->value), err);
    if (option_is(o, "mirror"))
        return add_mirror(u, o->value, err);
    return take_number(o, "wait", 0, 86400, &u->wait_s, err) &&
           take_number(o, "attempts", 1, 100, &u->options.attempts, err) &&
           take_number(o, "retry-wait", 1, 600000, &u->options.backoff_ms, err) &&
           take_number(o, "stall", 1, 3600, &u->options.stall_s, err);
}

static bool take_options(struct update *u, const struct args *args, struct err *err)
{
    const char *key = getenv("VULNWARD_NVD_API_KEY");
    u->api_key = key && *key ? key : NULL;
    if (!db_take_keep(args, &u->keep, err))
        return false;
    for (size_t i = 0; i < args->options.n; i++)
        if (!take_option(u, &args->options.v[i], err))
            return false;
    if (args->operands.n)
        return err_set(err, ERR_USAGE, "update wants no operands; sources are named with --source");
    if (u->options.ca_cert && !io_exists(u->options.ca_cert))
        return err_set(err, ERR_USAGE, "--ca-cert: there is no file %s", u->options.ca_cert);
    return !u->api_key || set_key(u, err);
}

/* ---- which sources ---- */

static bool read_database(struct update *u, struct err *err)
{
    struct store *s = NULL;
    struct arena *a = &u->run->arena;
    if (!io_exists(u->run->database.p))
        return true;
    u->info = (struct database_info){0};
    u->feeds = (struct stored_feeds){0};
    u->downloads = (struct store_downloads){0};
    u->have = store_open(u->run->database.p, &s, err) && store_info(s, a, &u->info, err) &&
              store_feeds(s, a, &u->feeds, err) && store_downloads(s, a, &u->downloads, err);
    store_close(s);
    return u->have;
}

/* Sources of the database: those that have feeds, and the ecosystems that were downloaded. */
static bool add_known(struct update *u, struct err *err)
{
    bool osv = false, osv_named = false;
    for (size_t i = 0; i < u->feeds.n; i++) {
        struct str source = u->feeds.v[i].feed.source;
        bool is_osv = str_eq(source, STR("osv"));
        osv |= is_osv;
        if (!is_osv && find_source(source) && !add_job(u, source, err))
            return false;
    }
    for (size_t i = 0; i < u->downloads.n; i++)
        if (str_starts(u->downloads.v[i].source, STR("osv:"))) {
            osv_named = true;
            if (!add_job(u, u->downloads.v[i].source, err))
                return false;
        }
    if (osv && !osv_named)
        note("the database has OSV data that were not fetched by an update; name the ecosystems "
             "with --source osv:ECOSYSTEM");
    return true;
}

static bool choose_sources(struct update *u, struct err *err)
{
    char list[512] = "";
    if (u->jobs.n)
        return true;
    if (!add_known(u, err))
        return false;
    bool known = u->jobs.n > 0;
    if (!known && !(add_job(u, STR("nvd"), err) && add_job(u, STR("kev"), err) &&
                    add_job(u, STR("epss"), err)))
        return false;
    for (size_t i = 0, n = 0; i < u->jobs.n && n < sizeof list; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%.*s", i ? ", " : "",
                              STR_ARG(u->jobs.v[i].name));
    note("updating %s (%s; --source names others)", list,
         known ? "what the database has" : "the usual for a new database");
    return true;
}

/* ---- the work folder ---- */

#define HOLDER "holder" /* a file in the folder: who updates, for people */

static bool holder_path(struct update *u, struct str *out, struct err *err)
{
    return arena_printf(&u->run->arena, out, err, "%.*s/" HOLDER, STR_ARG(u->dir));
}

static bool write_holder(struct update *u, struct err *err)
{
    struct str path;
    struct out_file f;
    char date[DATE_TEXT_BYTES];
    if (!holder_path(u, &path, err) || !out_open(&f, path.p, err))
        return false;
    buf_f(&f.buf, "process %ld, since %s", (long)getpid(), date_format(u->run->now, date));
    bool ok = out_commit(&f, err);
    out_abort(&f);
    return ok;
}

/* "process 815, since 2026-11-21T03:00:00Z" */
static struct str read_holder(struct update *u)
{
    struct str path;
    struct input in = {0};
    struct err unknown = {0};
    bool ok = holder_path(u, &path, &unknown) && io_exists(path.p) &&
              io_read(&u->run->arena, path.p, LIMIT_SMALL_FILE_BYTES, &in, &unknown);
    return ok && in.data.n ? str_first(in.data, 90) : STR("another process");
}

static bool busy(struct update *u, struct err *err)
{
    err_set(err, ERR_DATABASE,
            "%.*s, is updating this database; --wait says how long to wait for it",
            STR_ARG(read_holder(u)));
    return err_at_input(err, u->run->database.p);
}

/* Opens and locks the folder; one that was removed meanwhile is made again. */
static bool lock_dir(struct update *u, struct err *err)
{
    struct stat held, named;
    for (unsigned tenths = 0;; tenths++) {
        if (mkdir(u->dir.p, 0777) && errno != EEXIST)
            break;
        u->lock = open(u->dir.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (u->lock < 0 && errno != ENOENT)
            break;
        if (u->lock >= 0 && flock(u->lock, LOCK_EX | LOCK_NB) == 0 && fstat(u->lock, &held) == 0 &&
            stat(u->dir.p, &named) == 0 && held.st_ino == named.st_ino &&
            held.st_dev == named.st_dev)
            return write_holder(u, err);
        if (u->lock >= 0)
            (void)close(u->lock);
        u->lock = -1;
        if (tenths >= u->wait_s * 10)
            return busy(u, err);
        if (tenths == 10)
            note("waiting for %.*s, which is updating this database", STR_ARG(read_holder(u)));
        (void)nanosleep(&(struct timespec){0, 100000000}, NULL);
    }
    err_errno(err, "cannot make the folder for downloads");
    return err_at_input(err, u->dir.p);
}

static bool make_dirs(struct update *u, struct err *err)
{
    struct arena *a = &u->run->arena;
    for (size_t i = 0; i < u->jobs.n; i++) {
        struct update_job *job = &u->jobs.v[i];
        struct str name;
        if (!update_encode(a, job->name, &name, err) ||
            !arena_printf(a, &job->dir, err, "%.*s/%.*s", STR_ARG(u->dir), STR_ARG(name)))
            return false;
        if (mkdir(job->dir.p, 0777) && errno != EEXIST) {
            err_errno(err, "cannot make the folder for downloads");
            return err_at_input(err, job->dir.p);
        }
    }
    return true;
}

static void remove_dir(struct run *run, struct str dir)
{
    struct path_list files = {0};
    struct err ignored = {0};
    if (io_list_dir(&run->arena, dir.p, &files, &ignored))
        for (size_t i = 0; i < files.n; i++)
            (void)unlink(files.v[i].p);
    (void)rmdir(dir.p);
}

/* Removes what is of no more use. The folder itself goes when it is empty. */
static void clean(struct update *u, bool done)
{
    for (size_t i = 0; i < u->jobs.n; i++) {
        const struct update_job *job = &u->jobs.v[i];
        if (done && !job->keep)
            remove_dir(u->run, job->dir);
        else if (job->dir.n)
            (void)rmdir(job->dir.p); /* only when nothing came */
    }
    if (u->lock >= 0) {
        struct str path;
        struct err ignored = {0};
        if (holder_path(u, &path, &ignored))
            (void)unlink(path.p);
        (void)rmdir(u->dir.p);
        (void)close(u->lock);
    }
    u->lock = -1;
}

/* ---- the run ---- */

static void on_tick(void *ctx, const char *url, uint64_t done, uint64_t total)
{
    struct update *u = ctx;
    char what[128];
    const char *slash = strrchr(url, '/');
    /* Files of many ecosystems have the same name. */
    (void)snprintf(what, sizeof what, "%.*s: %s", STR_ARG(str_first(u->downloading, 40)),
                   slash ? slash + 1 : url);
    progress_tick(&u->progress, what, done, total);
}

static void on_wait(void *ctx, const char *url, const char *why, unsigned ms)
{
    struct update *u = ctx;
    char shown[512];
    progress_end(&u->progress);
    note("%s: %s; trying again in %u.%u s", fetch_url_shown(url, shown, sizeof shown), why,
         ms / 1000, ms / 100 % 10);
}

static bool download_all(struct update *u, struct err *err)
{
    u->options.user_agent = "vulnward/" VULNWARD_VERSION;
    u->options.ctx = u;
    u->options.tick = on_tick;
    u->options.waiting = on_wait;
    if (!fetcher_open(&u->options, &u->fetcher, err))
        return false;
    for (size_t i = 0; i < u->jobs.n; i++) {
        struct update_job *job = &u->jobs.v[i];
        progress_start(&u->progress);
        u->downloading = job->name;
        job->failed = !job->source->download(u, job, &job->err);
        job->keep = job->failed;
        progress_end(&u->progress);
        /* No room, no memory: it would be the same with the others. */
        if (job->err.code == ERR_IO || job->err.code == ERR_MEMORY ||
            job->err.code == ERR_INTERNAL) {
            *err = job->err;
            job->failed = false;
            return false;
        }
    }
    return true;
}

static void print_age(const struct update *u, const struct update_job *job)
{
    const struct source_info part = {.name = job->name,
                                     .published = update_job_covered(u, job),
                                     .confirmed = update_job_confirmed(u, job)};
    char text[32];
    int64_t ms;
    if (source_age(&part, u->run->now, &ms))
        (void)snprintf(text, sizeof text, "%lld day%s", (long long)(ms / DATE_DAY_MS),
                       ms / DATE_DAY_MS == 1 ? "" : "s");
    else
        (void)snprintf(text, sizeof text, "-");
    printf("%-9s", text);
}

/* What happened, a line per source. */
static void print_summary(const struct update *u)
{
    char why[2048];
    printf("%-20s  %-9s  %s\n", "SOURCE", "AGE", "RESULT");
    for (size_t i = 0; i < u->jobs.n; i++) {
        const struct update_job *job = &u->jobs.v[i];
        printf("%-20.*s  ", STR_ARG(job->name));
        print_age(u, job);
        if (job->failed) {
            err_format(&job->err, why, sizeof why);
            printf("  FAILED: %s\n", why);
        } else if (!job->files.n) {
            printf("  unchanged\n");
        } else {
            printf("  updated, %llu record%s: %llu new, %llu replaced\n",
                   (unsigned long long)job->records, job->records == 1 ? "" : "s",
                   (unsigned long long)job->counts.added, (unsigned long long)job->counts.replaced);
        }
    }
}

/* True when there are any. */
static bool tell_failures(const struct update *u)
{
    bool any = false;
    char why[2048];
    for (size_t i = 0; i < u->jobs.n; i++) {
        const struct update_job *job = &u->jobs.v[i];
        if (!job->failed)
            continue;
        err_format(&job->err, why, sizeof why);
        note("%.*s was not updated: %s", STR_ARG(job->name), why);
        any = true;
    }
    return any;
}

static int conclude(struct update *u, bool written, struct err *err)
{
    if (written && !read_database(u, err))
        return fail(err, EXIT_DATABASE);
    print_summary(u);
    return tell_failures(u) ? EXIT_DATABASE : EXIT_PASSED;
}

static int update(struct run *run, const struct args *args)
{
    struct update u = {.run = run, .lock = -1, .wait_s = 600};
    struct err err = {0};
    bool written = false;
    if (!take_options(&u, args, &err))
        return usage_error(&command_db, &err);
    make_database_folder(run);
    bool ok = arena_printf(&run->arena, &u.dir, &err, "%.*s.update", STR_ARG(run->database)) &&
              lock_dir(&u, &err) && read_database(&u, &err) && choose_sources(&u, &err) &&
              make_dirs(&u, &err) && download_all(&u, &err) && update_import(&u, &written, &err);
    fetcher_close(u.fetcher);
    clean(&u, ok);
    if (ok)
        return conclude(&u, written, &err);
    (void)tell_failures(&u);
    int status = fail(&err, EXIT_DATABASE);
    note("nothing was updated; the database is as it was");
    return status;
}

static const struct option_spec options[] = {
    DB_OPTION_FILE,
    {0, "source", "NAME",
     "nvd, cvelist, osv:ECOSYSTEM, kev, epss; repeatable (default: what is there)"},
    {0, "mirror", "NAME=URL", "fetch a source from there; repeatable"},
    {0, "ca-cert", "FILE", "certificates (PEM) to trust"},
    {0, "nvd-api-key", "KEY", "use the NVD's API; better in VULNWARD_NVD_API_KEY"},
    {0, "accept-shrink", NULL, "take feeds that have lost more than a tenth of their records"},
    {0, "attempts", "N", "try each download so often (default 5)"},
    {0, "retry-wait", "MS", "milliseconds before the second attempt (default 1000), then doubled"},
    {0, "stall", "SECONDS", "give up an attempt when nothing comes for so long (default 60)"},
    DB_OPTION_KEEP,
    DB_OPTION_WAIT,
    {'h', "help", NULL, "this text"},
    {0},
};

const struct db_action db_update = {
    .name = "update",
    .summary = "fetch what is new from the publishers or mirrors",
    .usage = "vulnward db update [-d FILE] [--source NAME]... [--mirror NAME=URL]... [OPTION...]",
    .options = options,
    .main = update,
};
