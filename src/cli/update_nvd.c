/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The NVD's feeds: one per year, and "modified" with what changed in the last eight days. Beside
 * each stands a .meta file with the SHA-256 of its content, which says whether there is anything
 * new. The yearly feeds are fetched once; afterwards "modified" is enough, unless it was not
 * fetched for a week.
 */
#include <unistd.h>

#include "base/date.h"
#include "base/io.h"
#include "cli/update.h"
#include "codec/stream.h"
#include "base/banned.h"

#define FIRST_YEAR 2002
/* "modified" has eight days; a day is kept in hand. */
#define BRIDGE_MS (7 * DATE_DAY_MS)
/* The publisher may replace a feed between our fetching its .meta and the feed itself. */
#define ROUNDS 3

struct nvd_feed {
    struct update *u;
    struct update_job *job;
    struct str meta_url, meta_name, url, name; /* of the two files */
    struct str sha256;                         /* of the content, as the .meta says */
};

static bool read_sha256(struct nvd_feed *f, struct str path, struct err *err)
{
    struct input in;
    struct str line, key, value;
    f->sha256 = (struct str){0};
    if (!io_read(&f->u->run->arena, path.p, LIMIT_SMALL_FILE_BYTES, &in, err))
        return false;
    for (struct str rest = in.data; rest.n;) {
        (void)str_split(rest, '\n', &line, &rest);
        if (str_split(line, ':', &key, &value) && str_eq(key, STR("sha256")))
            f->sha256 = str_trim(value);
    }
    if (f->sha256.n == SHA256_HEX - 1)
        return true;
    err_set(err, ERR_INPUT, "has no SHA-256 of 64 hex digits: not a .meta file");
    return err_at_input(err, f->meta_url.p);
}

static bool get_meta(struct nvd_feed *f, struct fetch_result *result, struct err *err)
{
    struct update_get g = {.url = f->meta_url, .name = f->meta_name, .always = true};
    bool ok = update_get(f->u, f->job, &g, err) && read_sha256(f, g.path, err);
    *result = g.result;
    return ok;
}

/* Inflates the whole file; what can not be inflated is not right either. */
static bool content_is(struct str path, struct str sha256, bool *right, struct err *err)
{
    struct stream s;
    char file[SHA256_HEX], content[SHA256_HEX], block[65536];
    size_t got = 1;
    *right = false;
    if (!stream_open(&s, path.p, true, err))
        return false;
    bool ok = true;
    while (ok && got)
        ok = stream_read(&s, block, sizeof block, &got, err);
    ok = ok && stream_digests(&s, file, content, err);
    stream_close(&s);
    if (!ok && (err->code == ERR_INPUT || err->code == ERR_LIMIT)) {
        err_clear(err);
        return true;
    }
    *right = ok && str_eq_nocase(sha256, str_from_c(content));
    return ok;
}

static bool get_feed(struct nvd_feed *f, struct err *err)
{
    struct fetch_result ignored;
    bool right = false;
    for (int round = 0; round < ROUNDS; round++) {
        struct update_get g = {.url = f->url, .name = f->name, .always = true};
        if ((round && !get_meta(f, &ignored, err)) || !update_get(f->u, f->job, &g, err) ||
            !content_is(g.path, f->sha256, &right, err))
            return false;
        if (right)
            return update_take(f->u, f->job, g.path, err);
        (void)unlink(g.path.p);
    }
    err_set(err, ERR_INPUT,
            "the content is not what its .meta file says (SHA-256); fetched %d times", ROUNDS);
    return err_at_input(err, f->url.p);
}

/* One feed, when its .meta says that it is not the one we had. `optional`: it need not exist. */
static bool update_feed(struct update *u, struct update_job *job, const char *which, bool optional,
                        struct err *err)
{
    struct arena *a = &u->run->arena;
    struct str base = update_base(u, "nvd", job->source->url), has;
    struct nvd_feed f = {.u = u, .job = job};
    struct fetch_result result;
    if (!arena_printf(a, &f.meta_name, err, "nvdcve-2.0-%s.meta", which) ||
        !arena_printf(a, &f.name, err, "nvdcve-2.0-%s.json.gz", which) ||
        !arena_printf(a, &f.meta_url, err, "%.*s/%s", STR_ARG(base), f.meta_name.p) ||
        !arena_printf(a, &f.url, err, "%.*s/%s", STR_ARG(base), f.name.p))
        return false;
    if (!get_meta(&f, &result, err)) {
        if (!optional || result.status != 404)
            return false;
        err_clear(err);
        note("nvd: there is no feed of the year %s yet", which);
        return true;
    }
    /* The .meta is what we ask with, so its digest is remembered as the feed's validator. */
    const struct store_download *known = update_remembered(u, f.url);
    bool same = arena_printf(a, &has, err, "sha256:%.*s", STR_ARG(f.sha256)) && known &&
                str_eq(known->etag, has);
    if (err->code || (!same && !get_feed(&f, err)))
        return false;
    return arena_printf(a, &has, err, "sha256:%.*s", STR_ARG(f.sha256)) &&
           update_remember(u, job, f.url, has.p, "", err);
}

static bool has_year(const struct update *u, const char *year)
{
    char stem[32];
    (void)snprintf(stem, sizeof stem, "nvdcve-2.0-%s.", year);
    for (size_t i = 0; i < u->feeds.n; i++)
        if (str_starts(u->feeds.v[i].feed.name, str_from_c(stem)))
            return true;
    return false;
}

bool update_nvd(struct update *u, struct update_job *job, struct err *err)
{
    char now[DATE_TEXT_BYTES], year[8];
    uint64_t this_year = 0;
    if (u->api_key || update_has_mirror(u, UPDATE_API))
        return update_nvd_api(u, job, err);
    int64_t covered = update_covered(u, "nvd");
    bool bridge = covered != DATE_NONE && u->run->now - covered <= BRIDGE_MS;
    if (!str_to_u64(str_first(str_from_c(date_format(u->run->now, now)), 4), FIRST_YEAR, 9999,
                    &this_year))
        return err_set(err, ERR_USAGE, "the clock says %s: no year of the NVD", now);
    for (uint64_t y = FIRST_YEAR; y <= this_year; y++) {
        (void)snprintf(year, sizeof year, "%u", (unsigned)y);
        if (!(bridge && has_year(u, year)) && !update_feed(u, job, year, y == this_year, err))
            return false;
    }
    return update_feed(u, job, "modified", false, err);
}
