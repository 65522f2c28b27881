/* SPDX-License-Identifier: Apache-2.0 */
/* Where vulnerability data are published, one struct per source. docs/UPDATING.md has the layouts.
 */
#include "base/date.h"
#include "cli/update.h"
#include "base/banned.h"

/* ---- what sources share ---- */

static struct str without_slashes(struct str s)
{
    while (s.n && s.p[s.n - 1] == '/')
        s.n--;
    return s;
}

struct str update_base(const struct update *u, const char *name, const char *otherwise)
{
    for (size_t i = u->mirrors.n; i-- > 0;) /* the last one counts */
        if (str_eq(u->mirrors.v[i].name, str_from_c(name)))
            return without_slashes(u->mirrors.v[i].url);
    return str_from_c(otherwise);
}

bool update_has_mirror(const struct update *u, const char *name)
{
    return update_base(u, name, NULL).p != NULL;
}

bool update_encode(struct arena *a, struct str s, struct str *out, struct err *err)
{
    static const char hex[] = "0123456789ABCDEF";
    char *p = arena_array(a, s.n + 1, 3);
    size_t n = 0;
    if (!p)
        return err_memory(err);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (char_is_alnum(s.p[i]) || memchr("-._~", c, 4)) {
            p[n++] = s.p[i];
        } else {
            p[n++] = '%';
            p[n++] = hex[c >> 4];
            p[n++] = hex[c & 15];
        }
    }
    *out = str_make(p, n);
    return true;
}

const struct store_download *update_remembered(const struct update *u, struct str url)
{
    char shown[2048];
    url = str_from_c(fetch_url_shown(url.p, shown, sizeof shown));
    for (size_t i = 0; i < u->downloads.n; i++)
        if (str_eq(u->downloads.v[i].url, url))
            return &u->downloads.v[i];
    return NULL;
}

static const struct source_info *find_source(const struct update *u, const char *source)
{
    for (size_t i = 0; u->have && i < u->info.sources.n; i++)
        if (str_eq(u->info.sources.v[i].name, str_from_c(source)))
            return &u->info.sources.v[i];
    return NULL;
}

int64_t update_covered(const struct update *u, const char *source)
{
    const struct source_info *s = find_source(u, source);
    return s ? s->published : DATE_NONE;
}

int64_t update_job_covered(const struct update *u, const struct update_job *job)
{
    int64_t newest = DATE_NONE;
    if (!job->part.n)
        return update_covered(u, job->source->name);
    for (size_t i = 0; i < u->feeds.n; i++) {
        const struct stored_feed *f = &u->feeds.v[i];
        if (str_eq(f->feed.name, job->file) && f->feed.published > newest)
            newest = f->feed.published;
    }
    return newest;
}

int64_t update_job_confirmed(const struct update *u, const struct update_job *job)
{
    int64_t last = DATE_NONE;
    for (size_t i = 0; i < u->downloads.n; i++)
        if (str_eq(u->downloads.v[i].source, job->name) && u->downloads.v[i].checked > last)
            last = u->downloads.v[i].checked;
    return last;
}

uint64_t update_records(const struct update *u, const char *source)
{
    const struct source_info *s = find_source(u, source);
    return s ? s->records : 0;
}

/* How a URL is remembered and shown: without a password. */
static bool shown_url(struct update *u, struct str url, struct str *out, struct err *err)
{
    char *p = arena_alloc(&u->run->arena, url.n + 1);
    if (!p)
        return err_memory(err);
    *out = str_from_c(fetch_url_shown(url.p, p, url.n + 1));
    return true;
}

bool update_take(struct update *u, struct update_job *job, struct str path, struct err *err)
{
    struct str *slot = VEC_PUSH(&u->run->arena, &job->files);
    if (!slot)
        return err_memory(err);
    *slot = path;
    return true;
}

bool update_remember(struct update *u, struct update_job *job, struct str url, const char *etag,
                     const char *last_modified, struct err *err)
{
    struct arena *a = &u->run->arena;
    struct store_download *d = VEC_PUSH(a, &job->seen);
    if (!d)
        return err_memory(err);
    *d = (struct store_download){.source = job->name, .checked = u->run->now};
    return shown_url(u, url, &d->url, err) && arena_dup(a, str_from_c(etag), &d->etag, err) &&
           arena_dup(a, str_from_c(last_modified), &d->last_modified, err);
}

bool update_get(struct update *u, struct update_job *job, struct update_get *g, struct err *err)
{
    const struct store_download *known = NULL;
    if (!arena_printf(&u->run->arena, &g->path, err, "%.*s/%.*s", STR_ARG(job->dir),
                      STR_ARG(g->name)))
        return false;
    if (!g->always)
        known = update_remembered(u, g->url);
    const struct fetch_request r = {.url = g->url.p,
                                    .path = g->path.p,
                                    .etag = known ? known->etag.p : NULL,
                                    .last_modified = known ? known->last_modified.p : NULL,
                                    .secret_header = g->api ? u->secret_header : NULL,
                                    .check = g->check,
                                    .check_ctx = g->check_ctx};
    bool ok = fetch(u->fetcher, &r, &g->result, err);
    progress_end(&u->progress);
    return ok;
}

/* ---- sources that are one file ---- */

static bool get_file(struct update *u, struct update_job *job, struct str url, struct str name,
                     struct err *err)
{
    struct update_get g = {.url = url, .name = name};
    return update_get(u, job, &g, err) &&
           update_remember(u, job, url, g.result.etag, g.result.last_modified, err) &&
           (g.result.not_modified || update_take(u, job, g.path, err));
}

/* A mirror is a folder with the publisher's file, or names the file itself. */
static bool get_one(struct update *u, struct update_job *job, const char *name, struct err *err)
{
    struct str base = update_base(u, job->source->name, job->source->url), url;
    bool is_file =
        str_ends(base, STR(".json")) || str_ends(base, STR(".csv")) || str_ends(base, STR(".gz"));
    return arena_printf(&u->run->arena, &url, err, "%.*s%s%s", STR_ARG(base), is_file ? "" : "/",
                        is_file ? "" : name) &&
           get_file(u, job, url, str_from_c(name), err);
}

static bool update_kev(struct update *u, struct update_job *job, struct err *err)
{
    return get_one(u, job, "known_exploited_vulnerabilities.json", err);
}

static bool update_epss(struct update *u, struct update_job *job, struct err *err)
{
    return get_one(u, job, "epss_scores-current.csv.gz", err);
}

/* ECOSYSTEM/all.zip; its file here is named after the ecosystem, which tells the feeds apart. */
static bool update_osv(struct update *u, struct update_job *job, struct err *err)
{
    struct str base = update_base(u, job->source->name, job->source->url);
    struct str part = {0}, url;
    return update_encode(&u->run->arena, job->part, &part, err) &&
           arena_printf(&u->run->arena, &url, err, "%.*s/%.*s/all.zip", STR_ARG(base),
                        STR_ARG(part)) &&
           arena_printf(&u->run->arena, &job->file, err, "osv-%.*s.zip", STR_ARG(part)) &&
           get_file(u, job, url, job->file, err);
}

const struct update_source update_sources[] = {
    {.name = "nvd",
     .url = "https://nvd.nist.gov/feeds/json/cve/2.0",
     .changes_filled = true,
     .download = update_nvd},
    {.name = "cvelist",
     .url = "https://api.github.com/repos/CVEProject/cvelistV5/releases?per_page=100",
     .single = true,
     .download = update_cvelist},
    {.name = "osv",
     .url = "https://osv-vulnerabilities.storage.googleapis.com",
     .download = update_osv},
    {.name = "kev",
     .url = "https://www.cisa.gov/sites/default/files/feeds",
     .single = true,
     .download = update_kev},
    {.name = "epss",
     .url = "https://epss.empiricalsecurity.com",
     .single = true,
     .download = update_epss},
    {0},
};
