/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CVE List: the CVE Program publishes releases with two kinds of archives,
 * 2026-11-21_all_CVEs_at_midnight.zip.zip with everything as of the start of that day, and
 * 2026-11-21_delta_CVEs_at_1400Z.zip with what changed from then until 14:00 UTC; when the day is
 * over 2026-11-21_delta_CVEs_at_end_of_day.zip. The names are all that is needed to see how to get
 * from what we have to the newest: over deltas when they follow without a gap, else from the last
 * whole list. A delta has all changes since the start of its day, so an hour that is missing is in
 * the next one; only the end of the day must not be missing. Some deltas of the past lacked records
 * (issues 40, 112, 129 and 138 of CVEProject/cvelistV5), so the whole list is taken again after a
 * week.
 */
#include "base/date.h"
#include "base/io.h"
#include "cli/update.h"
#include "codec/json_read.h"
#include "codec/sha256.h"
#include "codec/stream.h"
#include "base/banned.h"

#define WHOLE_EVERY_MS (7 * DATE_DAY_MS)

/* An archive takes the list from `from` to `to`; a whole one from nothing. */
struct asset {
    struct str name, url, sha256; /* of a listing; sha256 may be empty */
    bool whole;
    int64_t from, to;
};
struct assets {
    struct asset *v;
    size_t n, cap;
};

/* False: not a name of an archive of the list. */
static bool read_name(struct str name, struct asset *out)
{
    struct str rest = str_from(name, 10);
    uint64_t hour, minute;
    *out = (struct asset){.name = name};
    if (!date_parse(str_first(name, 10), &out->from))
        return false;
    out->to = out->from;
    if (str_eq(rest, STR("_all_CVEs_at_midnight.zip.zip")) ||
        str_eq(rest, STR("_all_CVEs_at_midnight.zip"))) {
        out->whole = true;
        return true;
    }
    if (!str_starts(rest, STR("_delta_CVEs_at_")))
        return false;
    rest = str_from(rest, 15);
    if (str_eq(rest, STR("end_of_day.zip"))) {
        out->to += DATE_DAY_MS;
        return true;
    }
    if (rest.n != 9 || !str_ends(rest, STR("Z.zip")) ||
        !str_to_u64(str_first(rest, 2), 0, 23, &hour) ||
        !str_to_u64(str_first(str_from(rest, 2), 2), 0, 59, &minute))
        return false;
    out->to += (int64_t)(hour * 60 + minute) * 60000;
    return true;
}

/* ---- the listing ---- */

static bool add_asset(struct arena *a, const struct json *v, struct assets *all, struct err *err)
{
    enum { NAME, URL, DIGEST, N };
    const struct json_field fields[N] = {[NAME] = {"name", JSON_STRING, true},
                                         [URL] = {"browser_download_url", JSON_STRING, false},
                                         [DIGEST] = {"digest", JSON_STRING, false}};
    const struct json *f[N];
    struct asset one;
    if (!JSON_FIELDS(v, fields, f, err))
        return false;
    if (!read_name(json_str(f[NAME]), &one))
        return true; /* release notes and the like */
    struct str digest = json_str(f[DIGEST]);
    if (str_starts(digest, STR("sha256:")))
        one.sha256 = str_from(digest, 7);
    struct asset *slot = VEC_PUSH(a, all);
    if (!slot)
        return err_memory(err);
    *slot = one;
    return arena_dup(a, one.name, &slot->name, err) &&
           arena_dup(a, json_str(f[URL]), &slot->url, err) &&
           arena_dup(a, one.sha256, &slot->sha256, err);
}

static bool add_release(struct arena *a, const struct json *release, struct assets *all,
                        struct err *err)
{
    const struct json_field fields[] = {{"assets", JSON_ARRAY, false}};
    const struct json *list;
    if (!JSON_FIELDS(release, fields, &list, err))
        return false;
    for (struct json_iter it = json_iter(list); json_next(&it);)
        if (!add_asset(a, it.value, all, err))
            return false;
    return true;
}

/* GitHub's list of releases, or a single one. */
static bool read_listing(struct arena *a, struct str path, struct assets *all, struct err *err)
{
    struct json_doc doc;
    const struct json *root;
    struct input in;
    if (!io_read(a, path.p, LIMIT_SMALL_FILE_BYTES, &in, err) || !json_parse(&doc, in, &root, err))
        return false;
    bool ok = true;
    if (json_type(root) == JSON_OBJECT)
        ok = add_release(a, root, all, err);
    else
        for (struct json_iter it = json_iter(root); ok && json_next(&it);)
            ok = add_release(a, it.value, all, err);
    json_free(&doc);
    return ok || err_at_input(err, path.p);
}

/* ---- the way from here to there ---- */

/* The delta that leads furthest from `at`; NULL: none leads on. */
static const struct asset *next_delta(const struct assets *all, int64_t at)
{
    const struct asset *best = NULL;
    for (size_t i = 0; i < all->n; i++) {
        const struct asset *d = &all->v[i];
        if (!d->whole && d->from <= at && d->to > at && (!best || d->to > best->to))
            best = d;
    }
    return best;
}

/* As far as deltas lead from `at`. */
static int64_t reach(const struct assets *all, int64_t at)
{
    for (const struct asset *d; (d = next_delta(all, at));)
        at = d->to;
    return at;
}

static const struct asset *newest_whole(const struct assets *all)
{
    const struct asset *best = NULL;
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].whole && (!best || all->v[i].to > best->to))
            best = &all->v[i];
    return best;
}

/* Up to when the database has the list, and of when the last whole one was; DATE_NONE. */
static bool position(struct update *u, int64_t *at, int64_t *base, struct err *err)
{
    struct assets had = {0};
    for (size_t i = 0; i < u->feeds.n; i++) {
        const struct store_feed *f = &u->feeds.v[i].feed;
        struct asset one;
        struct str archive, inner; /* "....zip.zip/cves.zip" */
        (void)str_split(f->name, '/', &archive, &inner);
        if (!str_eq(f->source, STR("cvelist")) || !read_name(archive, &one))
            continue;
        struct asset *slot = VEC_PUSH(&u->run->arena, &had);
        if (!slot)
            return err_memory(err);
        *slot = one;
    }
    const struct asset *whole = newest_whole(&had);
    *base = whole ? whole->to : DATE_NONE;
    *at = whole ? reach(&had, whole->to) : DATE_NONE;
    return true;
}

/* ---- fetching ---- */

static bool check_digest(void *ctx, const char *path, struct err *err)
{
    const struct asset *one = ctx;
    struct stream s;
    char file[SHA256_HEX], block[65536];
    size_t got = 1;
    if (!stream_open(&s, path, false, err))
        return false;
    bool ok = true;
    while (ok && got)
        ok = stream_read(&s, block, sizeof block, &got, err);
    ok = ok && stream_digests(&s, file, NULL, err);
    stream_close(&s);
    return ok && (str_eq_nocase(one->sha256, str_from_c(file)) ||
                  err_set(err, ERR_INPUT, "its SHA-256 is %s, the publisher says %.*s", file,
                          STR_ARG(one->sha256)));
}

/* Nothing but the record that ends an archive (APPNOTE.TXT section 4.3.16). */
static bool is_empty_zip(struct arena *a, const struct update_get *g, bool *empty, struct err *err)
{
    struct input in = {0};
    *empty = false;
    if (g->result.size != 22)
        return true;
    if (!io_read(a, g->path.p, LIMIT_SMALL_FILE_BYTES, &in, err))
        return false;
    *empty = str_starts(in.data, STR("PK\005\006"));
    return true;
}

static bool get_asset(struct update *u, struct update_job *job, struct asset *one, struct err *err)
{
    struct update_get g = {.url = one->url, .name = one->name, .always = true};
    if (one->sha256.n) {
        g.check = check_digest;
        g.check_ctx = one;
    }
    if (update_has_mirror(u, "cvelist") || !one->url.n) {
        struct str base = update_base(u, "cvelist", "");
        if (!arena_printf(&u->run->arena, &g.url, err, "%.*s/%.*s", STR_ARG(base),
                          STR_ARG(one->name)))
            return false;
    } else if (!str_starts(one->url, STR("https://"))) {
        return err_set(err, ERR_INPUT, "the listing names a file that is not fetched over https");
    }
    bool empty;
    if (!update_get(u, job, &g, err) || !is_empty_zip(&u->run->arena, &g, &empty, err))
        return false;
    /* A delta of an hour in which nothing changed. It is asked for again until another follows. */
    return (empty && !one->whole) || update_take(u, job, g.path, err);
}

static bool get_way(struct update *u, struct update_job *job, const struct assets *all, int64_t at,
                    struct err *err)
{
    for (const struct asset *d; (d = next_delta(all, at)); at = d->to) {
        struct asset copy = *d;
        if (!get_asset(u, job, &copy, err))
            return false;
    }
    return true;
}

/* Is the whole list to be fetched? When it leads further than deltas do, and once a week. */
static bool wants_whole(const struct assets *all, const struct asset *whole, int64_t at,
                        int64_t base)
{
    return at == DATE_NONE || reach(all, whole->to) > reach(all, at) ||
           (whole->to - base >= WHOLE_EVERY_MS && reach(all, whole->to) >= reach(all, at));
}

static bool get_assets(struct update *u, struct update_job *job, const struct assets *all,
                       struct err *err)
{
    const struct asset *whole = newest_whole(all);
    char text[DATE_TEXT_BYTES];
    int64_t at = DATE_NONE, base = DATE_NONE, target = DATE_NONE;
    for (size_t i = 0; i < all->n; i++)
        target = all->v[i].to > target ? all->v[i].to : target;
    if (target == DATE_NONE)
        return err_set(err, ERR_INPUT, "the listing names no archive of the CVE List");
    if (!position(u, &at, &base, err))
        return false;
    if (at == DATE_NONE && !whole)
        return err_set(err, ERR_INPUT, "the listing names no archive of the whole CVE List");
    if (whole && wants_whole(all, whole, at, base)) {
        struct asset copy = *whole;
        at = whole->to;
        if (!get_asset(u, job, &copy, err))
            return false;
    }
    if (reach(all, at) < target)
        note("cvelist: the changes behind %s are not published without a gap; taken up to there",
             date_format(reach(all, at), text));
    return get_way(u, job, all, at, err);
}

bool update_cvelist(struct update *u, struct update_job *job, struct err *err)
{
    struct update_get g = {.url = str_from_c(job->source->url), .name = STR("releases.json")};
    struct assets all = {0};
    if (update_has_mirror(u, "cvelist") &&
        !arena_printf(&u->run->arena, &g.url, err, "%.*s/releases.json",
                      STR_ARG(update_base(u, "cvelist", ""))))
        return false;
    if (!update_get(u, job, &g, err))
        return false;
    if (!g.result.not_modified &&
        (!read_listing(&u->run->arena, g.path, &all, err) || !get_assets(u, job, &all, err)))
        return err_at_input(err, g.url.p);
    return update_remember(u, job, g.url, g.result.etag, g.result.last_modified, err);
}
