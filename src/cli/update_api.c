/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The NVD's API 2.0: pages of at most 2000 records. The first time all of them, afterwards what was
 * modified since, in ranges of at most 120 days. In any 30 seconds 50 requests are allowed with a
 * key, 5 without.
 */
#include <time.h>

#include "base/date.h"
#include "base/io.h"
#include "cli/update.h"
#include "codec/json_read.h"
#include "base/banned.h"

#define API_URL "https://services.nvd.nist.gov/rest/json/cves/2.0"
#define PAGE_RECORDS 2000
#define RANGE_MS (120 * DATE_DAY_MS)
/* Asked for again: what was modified while the last answer was made. */
#define OVERLAP_MS ((int64_t)3600 * 1000)
#define WINDOW_MS 30000
#define WITH_KEY 50
#define WITHOUT_KEY 5
/* A page is about 10 MB; one of nothing but the largest records would be 300. */
#define LIMIT_PAGE_BYTES ((size_t)512 << 20)

struct api {
    struct update *u;
    struct update_job *job;
    struct str base;
    size_t per_window;
    int64_t window_ms;
    int64_t sent[WITH_KEY]; /* when the last requests were, a ring */
    size_t n_sent;
    unsigned files;
};

struct page {
    uint64_t total, n;
};

/* Waits until a further request is within the limit. */
static void keep_pace(struct api *api)
{
    int64_t *oldest = &api->sent[api->n_sent % api->per_window];
    if (api->n_sent >= api->per_window)
        for (int64_t left; (left = *oldest + api->window_ms - monotonic_ms()) >= 0;) {
            progress_tick(&api->u->progress, "waiting for the NVD's rate limit", 0, 0);
            left = left < 1000 ? left + 1 : 1000;
            (void)nanosleep(&(struct timespec){left / 1000, left % 1000 * 1000000}, NULL);
        }
    *oldest = monotonic_ms();
    api->n_sent++;
}

static bool is_count(const struct json *v, uint64_t *out)
{
    int64_t n;
    if (!json_int(v, &n) || n < 0)
        return false;
    *out = (uint64_t)n;
    return true;
}

/* What stands around the records; they are read when the page is imported. */
static bool read_page(struct str path, uint64_t start, struct page *page, struct err *err)
{
    enum { START, TOTAL, RECORDS, N };
    const struct json_field fields[N] = {[START] = {"startIndex", JSON_NUMBER, true},
                                         [TOTAL] = {"totalResults", JSON_NUMBER, true},
                                         [RECORDS] = {"vulnerabilities", JSON_ARRAY, true}};
    const struct json *root, *v[N];
    struct arena a = {0};
    struct json_doc doc;
    struct input in;
    uint64_t at = 0;
    bool ok = io_read(&a, path.p, LIMIT_PAGE_BYTES, &in, err);
    if (ok && (ok = json_parse(&doc, in, &root, err))) {
        ok = JSON_FIELDS(root, fields, v, err);
        if (ok && (!is_count(v[START], &at) || !is_count(v[TOTAL], &page->total) || at != start))
            ok = err_set(err, ERR_INPUT, "not the page that was asked for (startIndex %llu)",
                         (unsigned long long)start);
        page->n = ok ? json_count(v[RECORDS]) : 0;
        if (ok && !page->n && page->total > start)
            ok = err_set(err, ERR_INPUT, "an empty page at %llu of %llu records",
                         (unsigned long long)start, (unsigned long long)page->total);
        json_free(&doc);
    }
    arena_free(&a);
    return ok;
}

/*
 * All pages of one query; `range` is its parameters. A range without changes is a page too, whose
 * date says that there were none. The names say nothing of changes: together with what was there
 * before, the pages make a whole.
 */
static bool get_pages(struct api *api, const char *range, uint64_t *total, struct err *err)
{
    struct arena *a = &api->u->run->arena;
    uint64_t start = 0;
    struct page page = {0};
    do {
        struct update_get g = {.always = true, .api = true};
        if (!arena_printf(a, &g.url, err, "%.*s?resultsPerPage=%d&startIndex=%llu%s",
                          STR_ARG(api->base), PAGE_RECORDS, (unsigned long long)start, range) ||
            !arena_printf(a, &g.name, err, "nvd-api-%u.json", ++api->files))
            return false;
        keep_pace(api);
        if (!update_get(api->u, api->job, &g, err))
            return false;
        /* Attempts that failed were requests too. */
        for (unsigned i = 1; i < g.result.attempts; i++)
            api->sent[api->n_sent++ % api->per_window] = monotonic_ms();
        if (!read_page(g.path, start, &page, err))
            return err_at_input(err, g.url.p);
        if (!update_take(api->u, api->job, g.path, err))
            return false;
        start += page.n;
    } while (start < page.total);
    *total = start;
    return true;
}

/* "2026-09-21T14:13:20.000+00:00", percent-encoded */
static const char *api_date(int64_t ms, char out[64])
{
    char text[DATE_TEXT_BYTES];
    (void)snprintf(out, 64, "%.19s.000%%2B00:00", date_format(ms, text));
    return out;
}

static bool get_changes(struct api *api, int64_t since, int64_t until, struct err *err)
{
    char from[64], to[64], range[256];
    uint64_t total;
    for (int64_t end; since < until; since = end) {
        end = since + RANGE_MS < until ? since + RANGE_MS : until;
        (void)snprintf(range, sizeof range, "&lastModStartDate=%s&lastModEndDate=%s",
                       api_date(since, from), api_date(end, to));
        if (!get_pages(api, range, &total, err))
            return false;
    }
    return true;
}

bool update_nvd_api(struct update *u, struct update_job *job, struct err *err)
{
    struct api api = {.u = u,
                      .job = job,
                      .base = update_base(u, UPDATE_API, API_URL),
                      .per_window = u->api_key ? WITH_KEY : WITHOUT_KEY,
                      .window_ms = WINDOW_MS};
    const char *window = getenv("VULNWARD_NVD_API_WINDOW");
    int64_t covered = update_covered(u, "nvd"), now = u->run->now, started = monotonic_ms();
    uint64_t ms, total = 0;
    if (window && str_to_u64(str_from_c(window), 0, 600000, &ms))
        api.window_ms = (int64_t)ms;
    job->pages = true;
    if (covered != DATE_NONE)
        return get_changes(&api, covered - OVERLAP_MS, now, err) &&
               update_remember(u, job, api.base, "", "", err);
    return get_pages(&api, "", &total, err) &&
           update_shrink(u, STR("the API"), update_records(u, "nvd"), total, err) &&
           /* What has changed meanwhile on pages that were read already. */
           (api.files == 1 ||
            get_changes(&api, now - OVERLAP_MS, now + monotonic_ms() - started + 1000, err)) &&
           update_remember(u, job, api.base, "", "", err);
}
