/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CVE List: one CVE record of the CVE Record Format 5.x (JSON), a file each.
 *
 *     {"dataType": "CVE_RECORD", "dataVersion": "5.1",
 *      "cveMetadata": {"cveId": "CVE-2024-0001", "state": "PUBLISHED", "datePublished": "...",
 *                      "dateUpdated": "..."},
 *      "containers": {
 *        "cna": {"providerMetadata": {"orgId": "...", "shortName": "acme"}, "title": "...",
 *          "descriptions": [{"lang": "en", "value": "..."}],
 *          "affected": [{"vendor": "Acme", "product": "Gadget", "defaultStatus": "unaffected",
 *            "versions": [{"version": "2.0", "lessThan": "2.5", "status": "affected",
 *                          "versionType": "semver"}]}],
 *          "cpeApplicability": [{"nodes": [{"operator": "OR", "negate": false, "cpeMatch":
 * [...]}]}], "metrics": [{"cvssV3_1": {"vectorString": "...", "baseScore": 7.5}}], "problemTypes":
 * [{"descriptions": [{"cweId": "CWE-79"}]}], "references": [{"url": "...", "tags": ["patch"]}]},
 *        "adp": [{"providerMetadata": {"shortName": "CISA-ADP"},
 *          "metrics": [{"other": {"type": "ssvc", "content": {"options": [...]}}},
 *                      {"other": {"type": "kev", "content": {"dateAdded": "..."}}}]}]}}
 *
 * The containers are filled by hundreds of organisations, so what is wrong inside one of them is
 * counted and the rest of the record kept; only what names the record must be right.
 */
#include "feed/cvelist5_priv.h"

#include "feed/nvd_priv.h"

#include "base/banned.h"

struct str cve_text(const struct json *value, struct vuln *v)
{
    if (value && json_type(value) != JSON_STRING)
        v->unreadable++;
    return json_str(value);
}

struct json_iter cve_elements(const struct json *list, struct vuln *v)
{
    bool is_list = json_type(list) == JSON_ARRAY;
    v->unreadable += list && !is_list;
    return json_iter(is_list ? list : NULL);
}

bool cve_members(const struct json *obj, const struct json_field *fields, size_t n,
                 const struct json **out, bool *ok, struct vuln *v, struct err *err)
{
    *ok = json_type(obj) == JSON_OBJECT;
    v->unreadable += !*ok;
    return !*ok || json_fields(obj, fields, n, out, err);
}

/* ---- texts ---- */

/* The first text in English ("en", "en-US"), else the first of all. */
static bool take_description(const struct json *list, struct vuln *v, struct err *err)
{
    static const struct json_field fields[] = {{"lang", JSON_ANY, false},
                                               {"value", JSON_ANY, false}};
    struct str first = {0};
    for (struct json_iter it = cve_elements(list, v); json_next(&it);) {
        const struct json *f[2];
        bool ok;
        if (!CVE_MEMBERS(it.value, fields, f, &ok, v, err))
            return false;
        struct str text = ok ? cve_text(f[1], v) : (struct str){0};
        if (text.n && str_starts_nocase(json_str(f[0]), STR("en"))) {
            v->description = text;
            return true;
        }
        first = first.n ? first : text;
    }
    v->description = first;
    return true;
}

/* "CWE-79", also at the start of a text ("CWE-79 Cross-site ..."). */
static bool take_cwe(struct str text, const struct cve_container *c, struct err *err)
{
    size_t n = 4;
    if (!str_starts(text, STR("CWE-")))
        return true;
    while (n < text.n && char_is_digit(text.p[n]))
        n++;
    struct str cwe = str_first(text, n);
    size_t first = c->v->cwes.n > CVE_LOOK_BACK ? c->v->cwes.n - CVE_LOOK_BACK : 0;
    for (size_t i = first; i < c->v->cwes.n; i++)
        if (str_eq(c->v->cwes.v[i], cwe))
            return true;
    struct str *slot = n > 4 ? VEC_PUSH(c->a, &c->v->cwes) : NULL;
    if (slot)
        *slot = cwe;
    return slot || n == 4 || err_memory(err);
}

static bool take_problem_types(const struct json *list, const struct cve_container *c,
                               struct err *err)
{
    static const struct json_field outer[] = {{"descriptions", JSON_ANY, false}};
    static const struct json_field inner[] = {{"cweId", JSON_ANY, false},
                                              {"description", JSON_ANY, false}};
    for (struct json_iter it = cve_elements(list, c->v); json_next(&it);) {
        const struct json *d = NULL, *f[2];
        bool ok;
        if (!CVE_MEMBERS(it.value, outer, &d, &ok, c->v, err))
            return false;
        for (struct json_iter e = cve_elements(ok ? d : NULL, c->v); json_next(&e);) {
            if (!CVE_MEMBERS(e.value, inner, f, &ok, c->v, err))
                return false;
            if (ok && (!take_cwe(cve_text(f[0], c->v), c, err) ||
                       !take_cwe(cve_text(f[1], c->v), c, err)))
                return false;
        }
    }
    return true;
}

/* x_: for private use; the CVE Program marks with them what it copied. */
static bool is_public(struct str tag)
{
    return tag.n && !str_starts(tag, STR("x_"));
}

/* Joined by ", ". */
static bool take_tags(const struct json *list, struct str *out, const struct cve_container *c,
                      struct err *err)
{
    size_t size = 0, n = 0;
    for (struct json_iter it = cve_elements(list, c->v); json_next(&it);) {
        struct str tag = cve_text(it.value, c->v);
        size += is_public(tag) ? tag.n + 2 : 0;
    }
    char *p = size ? arena_alloc(c->a, size) : NULL;
    if (size && !p)
        return err_memory(err);
    for (struct json_iter it = json_iter(size ? list : NULL); json_next(&it);) {
        struct str tag = json_str(it.value);
        if (!p || !is_public(tag))
            continue;
        if (n) {
            memcpy(p + n, ", ", 2);
            n += 2;
        }
        memcpy(p + n, tag.p, tag.n);
        n += tag.n;
    }
    *out = str_make(p, n);
    return true;
}

/* An ADP repeats the references of the CNA: the first one stays. */
static bool take_references(const struct json *list, const struct cve_container *c, struct err *err)
{
    static const struct json_field fields[] = {{"url", JSON_ANY, false}, {"tags", JSON_ANY, false}};
    struct vuln *v = c->v;
    for (struct json_iter it = cve_elements(list, v); json_next(&it);) {
        const struct json *f[2];
        bool ok, seen = false;
        if (!CVE_MEMBERS(it.value, fields, f, &ok, v, err))
            return false;
        struct str url = ok ? cve_text(f[0], v) : (struct str){0};
        for (size_t i = v->references.n > CVE_LOOK_BACK ? v->references.n - CVE_LOOK_BACK : 0;
             i < v->references.n && !seen; i++)
            seen = str_eq(v->references.v[i].url, url);
        if (!url.n || seen)
            continue;
        struct reference *r = VEC_PUSH(c->a, &v->references);
        if (!r)
            return err_memory(err);
        r->url = url;
        if (!take_tags(f[1], &r->tags, c, err))
            return false;
    }
    return true;
}

/* ---- metrics ---- */

static bool take_cvss(const struct json *m, struct str version, const struct cve_container *c,
                      struct err *err)
{
    static const struct json_field fields[] = {{"baseScore", JSON_ANY, false},
                                               {"vectorString", JSON_ANY, false}};
    const struct json *f[2];
    bool ok;
    if (!CVE_MEMBERS(m, fields, f, &ok, c->v, err))
        return false;
    /* A score that is no number is one out of range, which is counted. */
    return !ok || nvd_add_cvss(c->a, c->v, version, json_number(f[0], -1), cve_text(f[1], c->v),
                               c->provider, c->cna, err);
}

/* {"options": [{"Exploitation": "none"}, {"Automatable": "no"}, {"Technical Impact": "partial"}]}
 */
static bool take_ssvc(const struct json *options, const struct cve_container *c, struct err *err)
{
    static const struct json_field fields[] = {{"Exploitation", JSON_ANY, false},
                                               {"Automatable", JSON_ANY, false},
                                               {"Technical Impact", JSON_ANY, false}};
    struct ssvc *s = &c->v->ssvc;
    for (struct json_iter it = cve_elements(options, c->v); json_next(&it);) {
        const struct json *f[3];
        bool ok;
        if (!CVE_MEMBERS(it.value, fields, f, &ok, c->v, err))
            return false;
        struct str *const to[] = {&s->exploitation, &s->automatable, &s->technical_impact};
        for (size_t i = 0; ok && i < 3; i++)
            if (f[i])
                *to[i] = cve_text(f[i], c->v);
    }
    if (s->exploitation.n || s->automatable.n || s->technical_impact.n)
        s->source = c->provider;
    return true;
}

static bool take_kev(struct str added, struct str reference, const struct cve_container *c,
                     struct err *err)
{
    struct kev *k = VEC_PUSH(c->a, &c->v->kev);
    if (!k)
        return err_memory(err);
    *k = (struct kev){.id = c->v->id,
                      .source = c->provider,
                      .added = DATE_NONE,
                      .due = DATE_NONE,
                      .notes = reference};
    if (!date_parse(added, &k->added))
        c->v->unreadable++;
    return true;
}

/* What has no member of its own: told by its type. Types nobody told us of are passed over. */
static bool take_other(const struct json *other, const struct cve_container *c, struct err *err)
{
    static const struct json_field outer[] = {{"type", JSON_ANY, false},
                                              {"content", JSON_ANY, false}};
    static const struct json_field inner[] = {{"options", JSON_ANY, false},
                                              {"dateAdded", JSON_ANY, false},
                                              {"reference", JSON_ANY, false}};
    const struct json *o[2], *f[3];
    bool ok;
    if (!CVE_MEMBERS(other, outer, o, &ok, c->v, err))
        return false;
    if (!ok)
        return true;
    struct str type = json_str(o[0]);
    bool ssvc = str_eq(type, STR("ssvc")), kev = str_eq(type, STR("kev"));
    if (!ssvc && !kev)
        return true;
    if (!CVE_MEMBERS(o[1], inner, f, &ok, c->v, err))
        return false;
    if (!ok)
        return true;
    return ssvc ? take_ssvc(f[0], c, err)
                : take_kev(cve_text(f[1], c->v), cve_text(f[2], c->v), c, err);
}

static bool take_metrics(const struct json *list, const struct cve_container *c, struct err *err)
{
    static const struct json_field fields[] = {{"cvssV2_0", JSON_ANY, false},
                                               {"cvssV3_0", JSON_ANY, false},
                                               {"cvssV3_1", JSON_ANY, false},
                                               {"cvssV4_0", JSON_ANY, false},
                                               {"other", JSON_ANY, false}};
    static const enum cvss_version versions[] = {CVSS_2, CVSS_3_0, CVSS_3_1, CVSS_4_0};
    for (struct json_iter it = cve_elements(list, c->v); json_next(&it);) {
        const struct json *f[5];
        bool ok;
        if (!CVE_MEMBERS(it.value, fields, f, &ok, c->v, err))
            return false;
        for (size_t i = 0; ok && i < 4; i++)
            if (f[i] && !take_cvss(f[i], str_from_c(cvss_version_name(versions[i])), c, err))
                return false;
        if (ok && f[4] && !take_other(f[4], c, err))
            return false;
    }
    return true;
}

/* ---- cpeApplicability ---- */

/* Does a list say which versions are affected, in an order we know? One that only says which are
 * not, with the rest unknown, would let what is affected go. */
static bool decides(const struct affected *e)
{
    bool ordered = false, affected = e->fallback == STATUS_AFFECTED;
    for (size_t i = 0; i < e->ranges.n; i++) {
        const struct version_range *r = &e->ranges.v[i];
        bool counts = r->order == RANGE_ORDERED && r->status != STATUS_UNKNOWN;
        ordered = ordered || counts;
        affected = affected || (counts && r->status == STATUS_AFFECTED);
    }
    return ordered && affected;
}

/* The name under which a list of this container decides about the criterion's product; or NULL. */
static struct affected_name *decided(const struct criterion *x, const struct cve_container *c)
{
    size_t end = c->v->affected.n - c->affected_from > CVE_LOOK_BACK
                     ? c->affected_from + CVE_LOOK_BACK
                     : c->v->affected.n;
    for (size_t i = c->affected_from; i < end; i++) {
        struct affected *e = &c->v->affected.v[i];
        for (size_t k = 0; k < e->names.n && k < CVE_LOOK_BACK; k++) {
            struct affected_name *name = &e->names.v[k];
            if (!name->ecosystem.n &&
                str_eq(name->cpe.attr[CPE_PRODUCT], x->cpe.attr[CPE_PRODUCT]) &&
                str_eq(name->cpe.attr[CPE_VENDOR], x->cpe.attr[CPE_VENDOR]) && decides(e))
                return name;
        }
    }
    return NULL;
}

/*
 * A CNA that gives both lists of versions and CPE ranges means the same with both, but ranges of
 * the CPE kind can not express branches: of a fix in 6.1.83 and in 6.9 they make "before 6.9",
 * which calls 6.1.140 vulnerable. So they are left out when the lists decide about all of their
 * products. They do tell the CPE name of what the lists have as free text.
 */
static void leave_decided_out(size_t nodes, size_t criteria, const struct cve_container *c)
{
    struct vuln *v = c->v;
    for (size_t i = nodes; i < v->nodes.n; i++)
        if (v->nodes.v[i].lossy || v->nodes.v[i].negate)
            return;
    for (size_t i = criteria; i < v->criteria.n; i++)
        if (v->criteria.v[i].vulnerable && !decided(&v->criteria.v[i], c))
            return;
    for (size_t i = criteria; i < v->criteria.n; i++) {
        const struct criterion *x = &v->criteria.v[i];
        struct affected_name *name = x->vulnerable ? decided(x, c) : NULL;
        if (name && name->weak) {
            name->weak = false;
            name->cpe.attr[CPE_PART] = x->cpe.attr[CPE_PART];
        }
    }
    v->nodes.n = nodes;
    v->criteria.n = criteria;
}

static bool take_applicability(const struct json *list, const struct cve_container *c,
                               struct err *err)
{
    struct vuln *v = c->v;
    size_t all_nodes = v->nodes.n, all_criteria = v->criteria.n;
    for (struct json_iter it = cve_elements(list, v); json_next(&it);) {
        size_t nodes = v->nodes.n, criteria = v->criteria.n;
        struct err why = {0};
        if (nvd_take_configuration(it.value, c->a, v, &why))
            continue;
        if (why.code != ERR_INPUT) {
            *err = why;
            return false;
        }
        v->nodes.n = nodes;
        v->criteria.n = criteria;
        v->unreadable++;
    }
    leave_decided_out(all_nodes, all_criteria, c);
    return true;
}

/* ---- the record ---- */

enum {
    P_PROVIDER,
    P_TITLE,
    P_DESCRIPTIONS,
    P_REJECTED,
    P_AFFECTED,
    P_APPLICABILITY,
    P_PROBLEMS,
    P_METRICS,
    P_REFERENCES,
    P_FIELDS
};
static const struct json_field container_fields[] = {
    [P_PROVIDER] = {"providerMetadata", JSON_ANY, false},
    [P_TITLE] = {"title", JSON_ANY, false},
    [P_DESCRIPTIONS] = {"descriptions", JSON_ANY, false},
    [P_REJECTED] = {"rejectedReasons", JSON_ANY, false},
    [P_AFFECTED] = {"affected", JSON_ANY, false},
    [P_APPLICABILITY] = {"cpeApplicability", JSON_ANY, false},
    [P_PROBLEMS] = {"problemTypes", JSON_ANY, false},
    [P_METRICS] = {"metrics", JSON_ANY, false},
    [P_REFERENCES] = {"references", JSON_ANY, false},
};

static bool take_provider(const struct json *provider, struct cve_container *c, struct err *err)
{
    static const struct json_field fields[] = {{"shortName", JSON_ANY, false},
                                               {"orgId", JSON_ANY, false}};
    const struct json *f[2];
    bool ok = provider != NULL;
    if (ok && !CVE_MEMBERS(provider, fields, f, &ok, c->v, err))
        return false;
    if (ok) {
        struct str name = cve_text(f[0], c->v), id = cve_text(f[1], c->v);
        c->provider = name.n ? name : id;
    }
    return true;
}

static bool take_container(const struct json *j, bool cna, struct arena *a, struct vuln *v,
                           struct err *err)
{
    struct cve_container c = {.a = a, .v = v, .cna = cna, .affected_from = v->affected.n};
    const struct json *f[P_FIELDS];
    bool ok;
    if (!CVE_MEMBERS(j, container_fields, f, &ok, v, err))
        return false;
    if (!ok)
        return true;
    if (!take_provider(f[P_PROVIDER], &c, err))
        return err_in_path(err, "providerMetadata");
    /* The title of an ADP's container is that of the container ("CISA ADP Vulnrichment"). */
    if (cna)
        v->title = str_trim(cve_text(f[P_TITLE], v));
    const struct json *texts = v->rejected && f[P_REJECTED] ? f[P_REJECTED] : f[P_DESCRIPTIONS];
    if (!v->description.n && !take_description(texts, v, err))
        return err_in_path(err, "descriptions");
    if (!cve_take_affected(f[P_AFFECTED], &c, err))
        return err_in_path(err, "affected");
    if (!take_applicability(f[P_APPLICABILITY], &c, err))
        return err_in_path(err, "cpeApplicability");
    if (!take_problem_types(f[P_PROBLEMS], &c, err))
        return err_in_path(err, "problemTypes");
    if (!take_metrics(f[P_METRICS], &c, err))
        return err_in_path(err, "metrics");
    return take_references(f[P_REFERENCES], &c, err) || err_in_path(err, "references");
}

static bool take_containers(const struct json *containers, struct arena *a, struct vuln *v,
                            struct err *err)
{
    static const struct json_field fields[] = {{"cna", JSON_ANY, false}, {"adp", JSON_ANY, false}};
    const struct json *f[2];
    size_t i = 0;
    bool ok = containers != NULL;
    if (ok && !CVE_MEMBERS(containers, fields, f, &ok, v, err))
        return false;
    if (!ok)
        return true;
    if (f[0] && !take_container(f[0], true, a, v, err))
        return err_in_path(err, "cna");
    for (struct json_iter it = cve_elements(f[1], v); json_next(&it); i++)
        if (!take_container(it.value, false, a, v, err))
            return err_in_path(err, "adp[%zu]", i);
    return true;
}

static int64_t take_date(const struct json *value, struct vuln *v)
{
    int64_t date = DATE_NONE;
    struct str text = cve_text(value, v);
    if (text.p && !date_parse(text, &date)) {
        v->unreadable++;
        return DATE_NONE;
    }
    return date;
}

static bool take_metadata(const struct json *meta, struct vuln *v, struct err *err)
{
    static const struct json_field fields[] = {
        {"cveId", JSON_STRING, true},       {"state", JSON_STRING, true},
        {"datePublished", JSON_ANY, false}, {"dateUpdated", JSON_ANY, false},
        {"dateReserved", JSON_ANY, false},
    };
    const struct json *f[5];
    if (!JSON_FIELDS(meta, fields, f, err))
        return false;
    if (!nvd_take_id(json_str(f[0]), v, err))
        return err_at_path(err, "cveId");
    v->status = json_str(f[1]);
    v->rejected = str_eq(v->status, STR("REJECTED"));
    if (!v->rejected && !str_eq(v->status, STR("PUBLISHED")) &&
        !str_eq(v->status, STR("RESERVED"))) {
        err_set(err, ERR_INPUT, "neither PUBLISHED nor REJECTED: %.*s",
                STR_ARG(str_first(v->status, 40)));
        return err_at_path(err, "state");
    }
    v->published = take_date(f[2], v);
    v->modified = take_date(f[3], v);
    if (v->modified == DATE_NONE)
        v->modified = v->published;
    if (v->modified == DATE_NONE)
        v->modified = take_date(f[4], v);
    return true;
}

static bool record(const struct json *rec, struct arena *a, struct vuln *v, struct err *err)
{
    static const struct json_field fields[] = {{"dataType", JSON_STRING, true},
                                               {"dataVersion", JSON_STRING, true},
                                               {"cveMetadata", JSON_OBJECT, true},
                                               {"containers", JSON_ANY, false}};
    const struct json *f[4];
    v->source = STR("cvelist");
    /* One record per CVE, in whatever folder: "1xxx" in the whole list, "deltaCves" in changes. */
    v->part = (struct str){0};
    if (!JSON_FIELDS(rec, fields, f, err))
        return false;
    if (!str_eq(json_str(f[0]), STR("CVE_RECORD")) || !str_starts(json_str(f[1]), STR("5.")))
        return err_set(err, ERR_INPUT, "is %.*s version %.*s, not CVE_RECORD version 5.x",
                       STR_ARG(str_first(json_str(f[0]), 40)),
                       STR_ARG(str_first(json_str(f[1]), 40)));
    if (!take_metadata(f[2], v, err))
        return err_in_path(err, "cveMetadata");
    if (!take_containers(f[3], a, v, err)) {
        err_in_path(err, "containers");
        return err_in_path(err, "%.*s", STR_ARG(v->id));
    }
    return true;
}

static bool has(struct str head, struct str what)
{
    return str_find_str(head, what) != STR_NPOS;
}

/* Members may stand in any order, and in front of a large one the others are not seen. */
static int probe(struct str head)
{
    if (!str_starts(str_trim(head), STR("{")))
        return 0;
    bool containers = has(head, STR("\"containers\""));
    if (has(head, STR("\"CVE_RECORD\"")))
        return has(head, STR("\"cveMetadata\"")) ? 90 : containers ? 80 : 0;
    return containers && (has(head, STR("\"cna\"")) || has(head, STR("\"adp\""))) ? 60 : 0;
}

const struct feed_format feed_cvelist5 = {
    .name = "cvelist-json-5",
    .source = "cvelist",
    .summary = "CVE List records, CVE Record Format 5.x (.json)",
    .probe = probe,
    .record = record,
};
