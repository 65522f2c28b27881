/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/freshness.h"

#include "base/banned.h"

#define DEFAULT_DAYS 7
#define MAX_DAYS 36500
#define HOUR_MS (DATE_DAY_MS / 24)

/* ---- what is wanted ---- */

/* "7", "7d", "48h", "2w" */
static bool parse_age(struct str text, struct age_limit *out)
{
    uint64_t max = MAX_DAYS, factor = 1;
    char unit = text.n ? text.p[text.n - 1] : '\0';
    if (unit == 'h') {
        out->hours = true;
        max = (uint64_t)MAX_DAYS * 24;
    } else if (unit == 'w') {
        factor = 7;
        max = MAX_DAYS / 7;
    }
    if (unit == 'h' || unit == 'd' || unit == 'w')
        text = str_first(text, text.n - 1);
    if (!str_to_u64(text, 0, max, &out->n))
        return false;
    out->n *= factor;
    return true;
}

static struct age_limit *find_limit(const struct freshness *f, struct str name)
{
    for (size_t i = 0; i < f->limits.n; i++)
        if (str_eq(f->limits.v[i].name, name))
            return &f->limits.v[i];
    return NULL;
}

static bool take_limit(struct arena *a, struct str item, struct freshness *f, struct err *err)
{
    struct age_limit limit = {0};
    struct str age;
    bool named = str_split(item, '=', &limit.name, &age);
    if (!named) {
        limit.name = STR("");
        age = item;
    }
    if ((named && !limit.name.n) || !parse_age(age, &limit))
        return err_set(err, ERR_USAGE,
                       "--max-age takes an age (7, 7d, 48h or 2w; at most %d days) or SOURCE=AGE, "
                       "joined by commas, not \"%.*s\"",
                       MAX_DAYS, STR_ARG(str_first(item, 60)));
    struct age_limit *slot = find_limit(f, limit.name);
    slot = slot ? slot : VEC_PUSH(a, &f->limits);
    if (!slot)
        return err_memory(err);
    *slot = limit;
    return true;
}

bool freshness_parse(struct arena *a, const char *text, struct freshness *f, struct err *err)
{
    struct str rest = str_from_c(text), item;
    bool more = true;
    while (more) {
        more = str_split(rest, ',', &item, &rest);
        if (!take_limit(a, item, f, err))
            return false;
    }
    return true;
}

/* ---- what is so ---- */

static bool say(struct arena *a, void *list, struct str text, struct err *err)
{
    struct str *slot = vec_push(a, list, sizeof *slot);
    if (!slot)
        return err_memory(err);
    *slot = text;
    return true;
}

/* "1 day", "48 hours" */
static bool write_span(struct arena *a, uint64_t n, bool hours, struct str *out, struct err *err)
{
    return arena_printf(a, out, err, "%llu %s%s", (unsigned long long)n, hours ? "hour" : "day",
                        n == 1 ? "" : "s");
}

/* "the data of nvd are 11 days old", when that is more than `limit`; else empty. */
static bool write_age(const struct source_info *s, int64_t now, const struct age_limit *limit,
                      struct arena *a, struct str *out, struct err *err)
{
    struct str span;
    int64_t ms;
    *out = STR("");
    if (!source_age(s, now, &ms))
        return arena_printf(a, out, err, "the data of %.*s are of unknown age: a feed has no date",
                            STR_ARG(s->name));
    /* In whole units of the limit: 7 days and 23 hours are 7 days. */
    uint64_t n = (uint64_t)ms / (uint64_t)(limit->hours ? HOUR_MS : DATE_DAY_MS);
    return n <= limit->n || (write_span(a, n, limit->hours, &span, err) &&
                             arena_printf(a, out, err, "the data of %.*s are %.*s old",
                                          STR_ARG(s->name), STR_ARG(span)));
}

static bool judge_source(const struct freshness *f, const struct source_info *s, int64_t now,
                         bool default_fails, struct arena *a, struct freshness_result *out,
                         struct err *err)
{
    static const struct age_limit by_default = {.n = DEFAULT_DAYS};
    const struct age_limit *own = find_limit(f, s->name);
    own = own ? own : find_limit(f, STR(""));
    const struct age_limit *limit = own ? own : &by_default;
    struct str old, span, text;
    if (!write_age(s, now, limit, a, &old, err))
        return false;
    if (!old.n)
        return true;
    if (!own && !default_fails)
        return arena_printf(a, &text, err,
                            "%.*s; what is newer is not in them (--max-age makes this fail)",
                            STR_ARG(old)) &&
               say(a, &out->warnings, text, err);
    return write_span(a, limit->n, limit->hours, &span, err) &&
           arena_printf(a, &text, err, "%.*s; %s %.*s", STR_ARG(old),
                        own ? "--max-age allows" : "allowed are", STR_ARG(span)) &&
           say(a, &out->stale, text, err);
}

/* A source that is named and not there is no source that is fresh. */
static bool judge_missing(const struct age_limit *limit, const struct database_info *d,
                          struct arena *a, struct freshness_result *out, struct err *err)
{
    struct str text, has = STR("none");
    for (size_t i = 0; i < d->sources.n; i++) {
        if (str_eq(d->sources.v[i].name, limit->name))
            return true;
        if (!arena_printf(a, &has, err, "%.*s%s%.*s", i ? (int)has.n : 0, has.p, i ? ", " : "",
                          STR_ARG(d->sources.v[i].name)))
            return false;
    }
    return arena_printf(a, &text, err,
                        "the database has no source %.*s, which --max-age names; it has %.*s",
                        STR_ARG(limit->name), STR_ARG(has)) &&
           say(a, &out->stale, text, err);
}

bool freshness_judge(const struct freshness *f, const struct database_info *d, int64_t now,
                     bool default_fails, struct arena *a, struct freshness_result *out,
                     struct err *err)
{
    *out = (struct freshness_result){0};
    for (size_t i = 0; i < d->sources.n; i++)
        if (!judge_source(f, &d->sources.v[i], now, default_fails, a, out, err))
            return false;
    for (size_t i = 0; i < f->limits.n; i++)
        if (f->limits.v[i].name.n && !judge_missing(&f->limits.v[i], d, a, out, err))
            return false;
    return true;
}
