/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `versions` of an entry of the CVE List (CVE Record Format, docs/versions.md of the schema):
 *
 *     {"version": "2.0", "lessThan": "2.5", "status": "affected", "versionType": "semver",
 *      "changes": [{"at": "2.3", "status": "unaffected"}]}
 *
 * without lessThan or lessThanOrEqual a single version, or whatever a CNA wrote there instead.
 */
#include "feed/cvelist5_priv.h"

#include "base/banned.h"

enum { V_VERSION, V_STATUS, V_TYPE, V_LESS, V_LESS_EQUAL, V_CHANGES, V_FIELDS };
static const struct json_field version_fields[] = {
    [V_VERSION] = {"version", JSON_ANY, false},
    [V_STATUS] = {"status", JSON_ANY, false},
    [V_TYPE] = {"versionType", JSON_ANY, false},
    [V_LESS] = {"lessThan", JSON_ANY, false},
    [V_LESS_EQUAL] = {"lessThanOrEqual", JSON_ANY, false},
    [V_CHANGES] = {"changes", JSON_ANY, false},
};

/* What goes into the ranges of one element of `versions`. */
struct reading {
    const struct cve_container *c;
    struct affected *to;
    struct str type; /* versionType */
    enum affected_status status;
    bool kernel;
    bool lost; /* something is affected, and we do not know what */
};

bool cve_status(struct str text, enum affected_status *out)
{
    static const struct str names[] = {[STATUS_UNKNOWN] = STR_INIT("unknown"),
                                       [STATUS_AFFECTED] = STR_INIT("affected"),
                                       [STATUS_UNAFFECTED] = STR_INIT("unaffected")};
    _Static_assert(sizeof names / sizeof names[0] == AFFECTED_STATUSES, "a name per status");
    for (size_t i = 0; i < AFFECTED_STATUSES; i++)
        if (str_eq(text, names[i])) {
            *out = (enum affected_status)i;
            return true;
        }
    return false;
}

/* "0" is how the format says "from the beginning". */
static bool is_bound(struct str s)
{
    return s.n && !str_eq(s, STR("0")) && !str_eq(s, STR("*"));
}

/* A git range whose bounds are releases after all is one of releases. */
static bool is_commits(struct str type, struct str from, struct str to)
{
    if (str_eq_nocase(type, STR("git")) && str_find(from, '.') == STR_NPOS &&
        str_find(to, '.') == STR_NPOS)
        return true;
    return cve_is_commit(from) || cve_is_commit(to);
}

static enum version_scheme scheme_of(const struct reading *r, struct str from, struct str to)
{
    if (r->kernel)
        return VERSION_KERNEL;
    if (str_eq_nocase(r->type, STR("rpm")))
        return VERSION_RPM;
    if (str_eq_nocase(r->type, STR("deb")) || str_eq_nocase(r->type, STR("dpkg")))
        return VERSION_DEB;
    /* "semver" is also what CNAs write for want of anything else. */
    if (str_eq_nocase(r->type, STR("semver")) &&
        (!is_bound(from) || version_valid(VERSION_SEMVER, from)) &&
        (!is_bound(to) || version_valid(VERSION_SEMVER, to)))
        return VERSION_SEMVER;
    return VERSION_GENERIC;
}

/* Is `at` behind the end of the range? Behind "6.1.*" is what is newer and not a 6.1.x. */
static bool is_behind(const struct version_range *r, struct str at)
{
    struct str end = r->to;
    if (!is_bound(end))
        return false;
    if (str_ends(end, STR(".*"))) {
        end.n -= 2;
        return version_compare(r->scheme, at, end) > 0 &&
               !(str_starts(at, end) && at.n > end.n && at.p[end.n] == '.');
    }
    int order = version_compare(r->scheme, at, end);
    return order > 0 || (order == 0 && !r->to_including);
}

static bool push(const struct reading *r, struct version_range range, struct err *err)
{
    struct version_range *slot = VEC_PUSH(r->c->a, &r->to->ranges);
    if (!slot)
        return err_memory(err);
    *slot = range;
    return true;
}

/* A statement that could not be used. */
static void lose(struct reading *r)
{
    r->c->v->unreadable++;
    r->lost = r->lost || r->status == STATUS_AFFECTED;
}

/*
 * A whole range that says nothing but "not affected" is what holds for all versions that nothing
 * else is said of; as a range it would hide the others.
 */
static bool add_range(struct reading *r, struct version_range range, struct err *err)
{
    bool whole = !range.single && range.order == RANGE_ORDERED && !is_bound(range.from) &&
                 !is_bound(range.to);
    if (whole && range.status != STATUS_AFFECTED) {
        r->to->fallback = range.status;
        return true;
    }
    /* Ends before it starts: matches nothing, so nothing is lost but what was meant. */
    if (!range.single && range.order == RANGE_ORDERED && is_bound(range.from) &&
        is_behind(&range, range.from))
        lose(r);
    return push(r, range, err);
}

/* ---- changes ---- */

struct change {
    struct str at;
    enum affected_status status;
    enum version_scheme scheme;
};

static int by_version(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    int order = version_compare(x->scheme, x->at, y->at);
    /* Equal versions: as they stand. */
    return order ? order : x < y ? -1 : x > y;
}

/* "changes": [{"at": "2.3", "status": "unaffected"}], within `range`. */
static bool split_by_changes(struct reading *r, struct version_range range, const struct json *list,
                             struct err *err)
{
    static const struct json_field fields[] = {{"at", JSON_ANY, false},
                                               {"status", JSON_ANY, false}};
    VEC(struct change) changes = {0};
    struct vuln *v = r->c->v;
    for (struct json_iter it = cve_elements(list, v); json_next(&it);) {
        const struct json *f[2];
        struct change change = {.scheme = range.scheme};
        bool ok;
        if (!CVE_MEMBERS(it.value, fields, f, &ok, v, err))
            return false;
        change.at = ok ? cve_strip_version(json_str(f[0])) : (struct str){0};
        if (!cve_is_version(change.at) || !cve_status(json_str(f[1]), &change.status)) {
            v->unreadable += ok;
            continue;
        }
        struct change *slot = VEC_PUSH(r->c->a, &changes);
        if (!slot)
            return err_memory(err);
        *slot = change;
    }
    if (changes.n)
        qsort(changes.v, changes.n, sizeof *changes.v, by_version);
    struct version_range part = range;
    for (size_t i = 0; i < changes.n && !is_behind(&range, changes.v[i].at); i++) {
        const struct change *x = &changes.v[i];
        if (!is_bound(part.from) || version_compare(range.scheme, part.from, x->at) < 0) {
            part.to = x->at;
            part.to_including = false;
            if (!push(r, part, err))
                return false;
            part.from = x->at;
        }
        part.status = x->status;
    }
    part.to = range.to;
    part.to_including = range.to_including;
    return add_range(r, part, err);
}

/* ---- ranges with an end ---- */

/* The start of a range. False: it can not be ordered. */
static bool read_start(struct str text, struct str *out)
{
    static const struct str beginnings[] = {STR_INIT("earlier"), STR_INIT("previous versions"),
                                            STR_INIT("prior")};
    struct str base;
    text = str_trim(text);
    *out = (struct str){0};
    if (cve_placeholder(text) != CVE_SAYS_SOMETHING)
        return true;
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (str_eq_nocase(text, beginnings[i]))
            return true;
    *out = cve_strip_version(text);
    if (cve_is_series(*out, &base))
        *out = base;
    return cve_is_version(*out);
}

/* The end, of which *open says that there is none. */
static bool read_end(const struct reading *r, struct str text, struct version_range *range,
                     bool *open, bool *ok, struct err *err)
{
    struct str base;
    text = str_trim(text);
    *ok = true;
    *open = cve_placeholder(text) != CVE_SAYS_SOMETHING || str_eq_nocase(text, STR("latest"));
    range->to = (struct str){0};
    if (*open) {
        /* Only "*" surely means all that is to come. */
        *ok = r->status == STATUS_AFFECTED || str_eq(text, STR("*"));
        return true;
    }
    range->to = cve_strip_version(text);
    if (cve_is_series(range->to, &base)) {
        range->to_including = true; /* "*" is infinity, not a pattern: the whole series */
        if (base.n + 2 == range->to.n && str_ends(range->to, STR(".*")))
            return true;
        return cve_series_end(r->c->a, base, &range->to, err);
    }
    *ok = cve_is_version(range->to);
    return true;
}

static bool take_range(struct reading *r, struct str version, struct str end, bool including,
                       const struct json *changes, struct err *err)
{
    struct version_range range = {
        .status = r->status, .order = RANGE_ORDERED, .to_including = including};
    bool open, ok;
    if (is_commits(r->type, str_trim(version), str_trim(end))) {
        range.order = RANGE_COMMITS;
        range.from = str_trim(version);
        range.to = str_trim(end);
        return push(r, range, err);
    }
    if (!read_end(r, end, &range, &open, &ok, err))
        return false;
    bool start_ok = read_start(version, &range.from);
    /* "n/a" to "n/a" says nothing. */
    if (open && !range.from.n && start_ok && cve_placeholder(version) == CVE_SAYS_NOTHING &&
        !str_eq(str_trim(end), STR("*")))
        return true;
    if (!ok || !start_ok) {
        range.order = RANGE_EXACT;
        range.from = str_trim(version);
        range.to = str_trim(end);
        range.to_including = including;
        lose(r);
        return push(r, range, err);
    }
    range.scheme = scheme_of(r, range.from, range.to);
    return changes ? split_by_changes(r, range, changes, err) : add_range(r, range, err);
}

/* ---- single versions, and texts in their place ---- */

static bool has_digit_and_no_blank(struct str s)
{
    bool digit = false;
    for (size_t i = 0; i < s.n; i++) {
        if (char_is_space(s.p[i]) || memchr("<>=*,;", s.p[i], 6))
            return false;
        digit = digit || char_is_digit(s.p[i]);
    }
    return digit;
}

/* A name that is no number ("WCD9380", "android-12") may be a version all the same. */
static bool take_exact(struct reading *r, struct str text, struct err *err)
{
    if (!has_digit_and_no_blank(text) || str_eq(text, STR("0")))
        lose(r);
    return push(r,
                (struct version_range){
                    .status = r->status, .order = RANGE_EXACT, .single = true, .from = text},
                err);
}

static bool take_text(struct reading *r, struct str text, struct err *err)
{
    struct cve_bounds found[CVE_TEXT_RANGES];
    size_t n;
    bool usable = true;
    if (!cve_parse_text(r->c->a, text, found, &n, err))
        return false;
    /* What may be too wide must not call anything safe. */
    for (size_t i = 0; i < n; i++)
        usable = usable && (!found[i].doubtful || r->status == STATUS_AFFECTED);
    if (!n || !usable)
        return take_exact(r, text, err);
    for (size_t i = 0; i < n; i++) {
        struct version_range range = {.status = r->status,
                                      .order = RANGE_ORDERED,
                                      .single = found[i].single,
                                      .to_including = found[i].to_including,
                                      .from = found[i].from,
                                      .to = found[i].to};
        range.scheme = scheme_of(r, range.from, range.to);
        if (!add_range(r, range, err))
            return false;
    }
    return true;
}

static bool take_single(struct reading *r, struct str text, struct err *err)
{
    text = str_trim(text);
    enum cve_placeholder says = cve_placeholder(text);
    if (says == CVE_SAYS_NOTHING) {
        r->lost = r->lost || r->status == STATUS_AFFECTED;
        return true;
    }
    if (says == CVE_SAYS_EVERYTHING) {
        struct version_range all = {.status = r->status, .order = RANGE_ORDERED};
        all.scheme = scheme_of(r, all.from, all.to);
        return add_range(r, all, err);
    }
    if (is_commits(r->type, text, (struct str){0}))
        return push(r,
                    (struct version_range){
                        .status = r->status, .order = RANGE_COMMITS, .single = true, .from = text},
                    err);
    return str_eq(text, STR("0")) ? take_exact(r, text, err) : take_text(r, text, err);
}

static bool take_version(const struct json *j, struct reading *r, struct err *err)
{
    const struct json *f[V_FIELDS];
    struct vuln *v = r->c->v;
    bool ok;
    if (!CVE_MEMBERS(j, version_fields, f, &ok, v, err))
        return false;
    if (!ok)
        return true;
    const struct json *end = f[V_LESS] ? f[V_LESS] : f[V_LESS_EQUAL];
    if (!cve_status(json_str(f[V_STATUS]), &r->status) || json_type(f[V_VERSION]) != JSON_STRING ||
        (end && json_type(end) != JSON_STRING)) {
        v->unreadable++;
        r->lost = true; /* also when its status is what can not be read */
        return true;
    }
    r->type = json_str(f[V_TYPE]);
    bool including = !f[V_LESS];
    /* Both ends at once is against the schema: the later one, which leaves nothing out. */
    if (f[V_LESS] && f[V_LESS_EQUAL]) {
        v->unreadable++;
        including = str_eq(json_str(f[V_LESS_EQUAL]), STR("*")) ||
                    (!str_eq(json_str(f[V_LESS]), STR("*")) &&
                     version_compare(VERSION_GENERIC, cve_strip_version(json_str(f[V_LESS])),
                                     cve_strip_version(json_str(f[V_LESS_EQUAL]))) <= 0);
        end = including ? f[V_LESS_EQUAL] : f[V_LESS];
    }
    if (!end && !f[V_CHANGES])
        return take_single(r, json_str(f[V_VERSION]), err);
    return take_range(r, json_str(f[V_VERSION]), end ? json_str(end) : STR("*"), including,
                      f[V_CHANGES], err);
}

bool cve_take_versions(const struct json *list, const struct cve_container *c, struct affected *to,
                       bool kernel, struct err *err)
{
    struct reading r = {.c = c, .to = to, .kernel = kernel};
    size_t i = 0;
    /* Most say one range each. */
    if (!VEC_RESERVE(c->a, &to->ranges, json_count(list)))
        return err_memory(err);
    for (struct json_iter it = cve_elements(list, c->v); json_next(&it); i++)
        if (!take_version(it.value, &r, err))
            return err_in_path(err, "versions[%zu]", i);
    /* "All others are unaffected" can not be held against a version we could not read. */
    to->lossy = r.lost;
    if (r.lost && to->fallback == STATUS_UNAFFECTED)
        to->fallback = STATUS_UNKNOWN;
    return true;
}
