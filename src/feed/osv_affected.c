/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `affected` of OSV records: events on a line of versions become ranges (schema, sections "events"
 * and "Evaluation"), `versions` become single ones.
 */
#include "feed/osv_priv.h"

#include "base/banned.h"

enum event_kind { INTRODUCED, FIXED, LAST_AFFECTED, LIMIT, EVENT_KINDS };
static const char *const event_names[] = {
    [INTRODUCED] = "introduced",
    [FIXED] = "fixed",
    [LAST_AFFECTED] = "last_affected",
    [LIMIT] = "limit",
};
_Static_assert(sizeof event_names / sizeof event_names[0] == EVENT_KINDS, "a name per kind");

struct event {
    enum event_kind kind;
    enum version_scheme scheme;
    struct str version;
    size_t index; /* as written */
};
struct events {
    struct event *v;
    size_t n, cap;
};

/* How the versions of one entry or range compare. */
struct line {
    enum range_order order;
    enum version_scheme scheme;
};

static bool is_version(struct str s)
{
    return osv_is_text(s, LIMIT_VERSION_BYTES);
}

/*
 * Has this bound a place on the line? "nightly" is before every number, so that as an end of a
 * range of semantic versions it would end it before it begins. RPM and Debian do have words.
 */
static bool has_place(struct line line, struct str v)
{
    if (line.order != RANGE_ORDERED ||
        (line.scheme != VERSION_SEMVER && line.scheme != VERSION_KERNEL))
        return true;
    if (v.n > 1 && char_lower(v.p[0]) == 'v')
        v = str_from(v, 1);
    return v.n && char_is_digit(v.p[0]);
}

static struct version_range *add_range(struct osv *o, struct affected *a, struct line line,
                                       struct err *err)
{
    struct version_range *r = VEC_PUSH(o->a, &a->ranges);
    if (!r) {
        err_memory(err);
        return NULL;
    }
    *r = (struct version_range){
        .status = STATUS_AFFECTED, .order = line.order, .scheme = line.scheme};
    return r;
}

/* ---- events ---- */

/* "0" is before everything (section "Special values"). */
static bool is_start(const struct event *e)
{
    return e->kind == INTRODUCED && (!e->version.n || str_eq(e->version, STR("0")));
}

/* At one version the last affected one ends behind what starts there; else as written. */
static int by_version(const void *x, const void *y)
{
    const struct event *a = x, *b = y;
    int c = (int)is_start(b) - (int)is_start(a);
    if (!c && !is_start(a))
        c = version_compare(a->scheme, a->version, b->version);
    if (!c)
        c = (int)(a->kind == LAST_AFFECTED) - (int)(b->kind == LAST_AFFECTED);
    return c ? c : a->index < b->index ? -1 : a->index > b->index;
}

static bool add_event(struct osv *o, struct events *out, enum event_kind kind,
                      const struct json *value, struct line line, struct err *err)
{
    struct str version = json_str(value);
    bool no_limit = kind == LIMIT && str_find(version, '*') != STR_NPOS;
    if (!is_version(version) || (!no_limit && !has_place(line, version))) {
        /* Never less affected for that: an unknown start is the beginning, an unknown end none. */
        o->v->unreadable++;
        if (kind != INTRODUCED)
            return true;
        version = STR("0");
    }
    struct event *e = VEC_PUSH(o->a, out);
    if (!e)
        return err_memory(err);
    *e = (struct event){kind, line.scheme, version, out->n};
    return true;
}

static bool take_events(struct osv *o, const struct json *list, struct line line,
                        struct events *out, struct err *err)
{
    for (struct json_iter it = json_iter(list); json_next(&it);) {
        if (json_type(it.value) != JSON_OBJECT || json_count(it.value) == 0) {
            o->v->unreadable++;
            continue;
        }
        for (struct json_iter m = json_iter(it.value); json_next(&m);) {
            size_t kind = 0;
            while (kind < EVENT_KINDS && !str_eq(json_str(m.key), str_from_c(event_names[kind])))
                kind++;
            if (kind == EVENT_KINDS)
                o->v->unreadable++;
            else if (!add_event(o, out, (enum event_kind)kind, m.value, line, err))
                return false;
        }
    }
    if (line.order == RANGE_ORDERED && out->n)
        qsort(out->v, out->n, sizeof *out->v, by_version);
    return true;
}

/*
 * Where the last `limit` of a line ends it (section "Evaluation", BeforeLimits): NULL when there is
 * none, one says "*", or the order is not known; then more is affected, not less.
 */
static const struct event *limit_of(const struct events *events, struct line line)
{
    const struct event *last = NULL;
    for (size_t i = 0; i < events->n; i++) {
        const struct event *e = &events->v[i];
        if (e->kind != LIMIT || line.order != RANGE_ORDERED)
            continue;
        if (str_find(e->version, '*') != STR_NPOS)
            return NULL;
        last = e; /* they are sorted */
    }
    return last;
}

static bool close_range(struct osv *o, struct affected *a, struct line line, struct str from,
                        const struct event *end, const struct event *limit, struct err *err)
{
    bool including = end && end->kind == LAST_AFFECTED;
    struct str to = end ? end->version : (struct str){0};
    if (limit) {
        if (from.n && !str_eq(from, STR("0")) &&
            version_compare(line.scheme, from, limit->version) >= 0)
            return true;
        if (!end || version_compare(line.scheme, to, limit->version) >= 0) {
            to = limit->version;
            including = false;
        }
    }
    /* All versions: that needs no order (malicious packages; what is not fixed). */
    if (line.order == RANGE_EXACT && !end && (!from.n || str_eq(from, STR("0"))))
        line = (struct line){RANGE_ORDERED, VERSION_GENERIC};
    struct version_range *r = add_range(o, a, line, err);
    if (!r)
        return false;
    r->from = from;
    r->to = to;
    r->to_including = including;
    return true;
}

static bool events_to_ranges(struct osv *o, struct affected *a, struct line line,
                             const struct events *events, struct err *err)
{
    const struct event *limit = limit_of(events, line);
    bool open = false, any = false;
    struct str from = {0};
    for (size_t i = 0; i < events->n; i++) {
        const struct event *e = &events->v[i];
        if (e->kind == INTRODUCED) {
            if (!open)
                from = e->version;
            open = any = true;
            continue;
        }
        if (e->kind == LIMIT && line.order != RANGE_COMMITS)
            continue;
        /* Without a start: from the beginning. Commits are fixed once per branch: all are shown. */
        if ((open || !any || line.order == RANGE_COMMITS) &&
            !close_range(o, a, line, from, e, limit, err))
            return false;
        open = false;
        any = true;
    }
    if (!any)
        o->v->unreadable++; /* it says nothing */
    return !open || close_range(o, a, line, from, NULL, limit, err);
}

static bool take_range(struct osv *o, const struct json *range, struct affected *a, struct line own,
                       struct err *err)
{
    static const struct json_field members[] = {
        {"type", JSON_ANY, false}, {"repo", JSON_ANY, false}, {"events", JSON_ANY, false}};
    const struct json *f[3];
    struct events events = {0};
    struct line line = own;
    if (json_type(range) != JSON_OBJECT) {
        o->v->unreadable++;
        return true;
    }
    if (!JSON_FIELDS(range, members, f, err))
        return false;
    struct str type = json_str(f[0]);
    if (str_eq(type, STR("GIT"))) {
        line = (struct line){RANGE_COMMITS, VERSION_GENERIC};
        if (!a->repo.n)
            a->repo = json_str(f[1]);
    } else if (str_eq(type, STR("SEMVER"))) {
        line = (struct line){RANGE_ORDERED, VERSION_SEMVER};
    } else if (!str_eq(type, STR("ECOSYSTEM"))) {
        o->v->unreadable++;
        return true;
    }
    if (json_type(f[2]) != JSON_ARRAY) {
        o->v->unreadable++;
        return true;
    }
    return take_events(o, f[2], line, &events, err) && events_to_ranges(o, a, line, &events, err);
}

/* ---- versions ---- */

/* Is it in one of the first `n` ranges? No, too, when finding out gets too long: it is kept then.
 */
static bool is_covered(struct osv *o, const struct affected *a, size_t n, struct str v)
{
    for (size_t i = 0; i < n; i++) {
        const struct version_range *r = &a->ranges.v[i];
        if (r->order != RANGE_ORDERED)
            continue;
        if (!o->compares)
            return false;
        o->compares--;
        bool open = !r->from.n || str_eq(r->from, STR("0"));
        if (!open && version_compare(r->scheme, v, r->from) < 0)
            continue;
        int c = r->to.n ? version_compare(r->scheme, v, r->to) : -1;
        if (c < 0 || (c == 0 && r->to_including))
            return true;
    }
    return false;
}

static bool take_versions(struct osv *o, const struct json *list, struct affected *a,
                          struct line line, struct err *err)
{
    size_t n = a->ranges.n;
    if (list && json_type(list) != JSON_ARRAY) {
        o->v->unreadable++;
        return true;
    }
    for (size_t i = 0; line.order != RANGE_ORDERED && i < n; i++)
        if (a->ranges.v[i].order == RANGE_ORDERED)
            line = (struct line){RANGE_ORDERED, a->ranges.v[i].scheme};
    for (struct json_iter it = json_iter(list); json_next(&it);) {
        struct str version = json_str(it.value);
        if (!is_version(version)) {
            o->v->unreadable++;
            continue;
        }
        if (is_covered(o, a, n, version))
            continue; /* a list of what the range says */
        struct version_range *r = add_range(o, a, line, err);
        if (!r)
            return false;
        r->single = true;
        r->from = version;
    }
    return true;
}

/* ---- packages ---- */

static bool add_ecosystem(struct osv *o, struct str name, struct err *err)
{
    if (o->ecosystems.n && str_eq(o->ecosystems.v[o->ecosystems.n - 1], name))
        return true;
    struct str *slot = VEC_PUSH(o->a, &o->ecosystems);
    if (!slot)
        return err_memory(err);
    *slot = name;
    o->ecosystem = ecosystem_find(name);
    o->distribution |= o->ecosystem && o->ecosystem->distribution;
    o->rpm |= o->ecosystem && str_eq(o->ecosystem->purl_type, STR("rpm"));
    return true;
}

static bool take_package(struct osv *o, const struct json *package, struct affected *a,
                         struct line *line, struct err *err)
{
    static const struct json_field members[] = {
        {"ecosystem", JSON_ANY, false}, {"name", JSON_ANY, false}, {"purl", JSON_ANY, false}};
    const struct json *f[3];
    if (!package)
        return true;
    if (json_type(package) != JSON_OBJECT) {
        o->v->unreadable++;
        return true;
    }
    if (!JSON_FIELDS(package, members, f, err))
        return err_in_path(err, "package");
    struct str ecosystem = json_str(f[0]), name = json_str(f[1]);
    a->purl = json_str(f[2]);
    a->product = name;
    if (!osv_is_text(ecosystem, LIMIT_NAME_BYTES) || !osv_is_text(name, LIMIT_NAME_BYTES)) {
        o->v->unreadable++;
        return true;
    }
    struct affected_name *n = VEC_PUSH(o->a, &a->names);
    if (!n)
        return err_memory(err);
    cpe_init(&n->cpe);
    n->ecosystem = ecosystem;
    if (!add_ecosystem(o, ecosystem, err) ||
        !ecosystem_normal_name(o->a, o->ecosystem, name, &n->cpe.attr[CPE_PRODUCT], err))
        return false;
    if (o->ecosystem && version_scheme_by_name(o->ecosystem->order, &line->scheme))
        line->order = RANGE_ORDERED;
    return true;
}

static bool take_entry(struct osv *o, const struct json *entry, struct err *err)
{
    static const struct json_field members[] = {
        {"package", JSON_ANY, false},
        {"severity", JSON_ANY, false},
        {"ranges", JSON_ANY, false},
        {"versions", JSON_ANY, false},
        {"database_specific", JSON_ANY, false},
        {"ecosystem_specific", JSON_ANY, false},
    };
    const struct json *f[6];
    struct affected a = {.fallback = STATUS_UNAFFECTED};
    struct line line = {RANGE_EXACT, VERSION_GENERIC};
    if (json_type(entry) != JSON_OBJECT) {
        o->v->unreadable++;
        return true;
    }
    if (!JSON_FIELDS(entry, members, f, err) || !take_package(o, f[0], &a, &line, err) ||
        !osv_take_severity(o, f[1], err))
        return false;
    uint32_t before = o->v->unreadable;
    if (f[2] && json_type(f[2]) != JSON_ARRAY)
        o->v->unreadable++;
    else
        for (struct json_iter it = json_iter(f[2]); json_next(&it);)
            if (!take_range(o, it.value, &a, line, err))
                return err_in_path(err, "ranges");
    if (!take_versions(o, f[3], &a, line, err) || !osv_take_specific(o, f[4], err) ||
        !osv_take_specific(o, f[5], err))
        return false;
    if (!a.ranges.n && o->v->unreadable == before)
        o->v->unreadable++; /* a package, but no version of it */
    struct affected *slot = VEC_PUSH(o->a, &o->v->affected);
    if (!slot)
        return err_memory(err);
    *slot = a;
    return true;
}

bool osv_take_affected(struct osv *o, const struct json *list, struct err *err)
{
    size_t i = 0;
    if (list && json_type(list) != JSON_ARRAY) {
        o->v->unreadable++;
        return true;
    }
    for (struct json_iter it = json_iter(list); json_next(&it); i++)
        if (!take_entry(o, it.value, err))
            return err_in_path(err, "affected[%zu]", i);
    return true;
}
