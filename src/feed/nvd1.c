/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVD JSON 1.0 and 1.1 (2017-2023), kept by people as evidence.
 *
 *     {"CVE_data_type": "CVE", "CVE_data_format": "MITRE", "CVE_data_version": "4.0",
 *      "CVE_data_timestamp": "2022-01-25T08:00Z", "CVE_Items": [
 *       {"cve": {"CVE_data_meta": {"ID": "CVE-2022-0012"},
 *                "problemtype": {"problemtype_data": [{"description": [{"lang": "en", "value":
 * "CWE-59"}]}]}, "references": {"reference_data": [{"url": "...", "tags": ["Vendor Advisory"]}]},
 *                "description": {"description_data": [{"lang": "en", "value": "..."}]}},
 *        "configurations": {"nodes": [{"operator": "AND", "children": [{"operator": "OR",
 * "cpe_match": [
 *            {"vulnerable": true, "cpe23Uri": "cpe:2.3:...", "versionEndExcluding":
 * "5.0.12"}]}]}]}, "impact": {"baseMetricV3": {"cvssV3": {"version": "3.1", "vectorString": "...",
 * "baseScore": 7.1}}, "baseMetricV2": {"cvssV2": {"version": "2.0", "vectorString": "...",
 * "baseScore": 3.6}}}, "publishedDate": "2022-01-12T18:15Z", "lastModifiedDate":
 * "2022-01-20T15:02Z"}]}
 *
 * 1.0 calls the list of criteria "cpe". Top-level nodes are alternatives.
 */
#include "feed/nvd_priv.h"

#include "base/banned.h"

enum { R_CVE, R_CONFIGURATIONS, R_IMPACT, R_PUBLISHED, R_MODIFIED, R_FIELDS };
static const struct json_field record_fields[] = {
    [R_CVE] = {"cve", JSON_OBJECT, true},
    [R_CONFIGURATIONS] = {"configurations", JSON_OBJECT, false},
    [R_IMPACT] = {"impact", JSON_OBJECT, false},
    [R_PUBLISHED] = {"publishedDate", JSON_STRING, false},
    [R_MODIFIED] = {"lastModifiedDate", JSON_STRING, true},
};

/* One named member of an object, or NULL; for the chains of single-member objects of this format.
 */
static bool only(const struct json *obj, const char *name, enum json_type type,
                 const struct json **out, struct err *err)
{
    const struct json_field field = {name, type, false};
    *out = NULL;
    return !obj || json_fields(obj, &field, 1, out, err);
}

static bool take_problems(const struct json *problemtype, struct arena *a, struct vuln *v,
                          struct err *err)
{
    const struct json *data, *list, *value;
    if (!only(problemtype, "problemtype_data", JSON_ARRAY, &data, err))
        return false;
    for (struct json_iter p = json_iter(data); json_next(&p);) {
        if (!only(p.value, "description", JSON_ARRAY, &list, err))
            return false;
        for (struct json_iter d = json_iter(list); json_next(&d);)
            if (!only(d.value, "value", JSON_STRING, &value, err) ||
                !nvd_add_cwe(a, v, json_str(value), err))
                return false;
    }
    return true;
}

static bool take_references(const struct json *references, struct arena *a, struct vuln *v,
                            struct err *err)
{
    static const struct json_field fields[] = {{"url", JSON_STRING, true},
                                               {"tags", JSON_ARRAY, false}};
    const struct json *data, *f[2];
    if (!only(references, "reference_data", JSON_ARRAY, &data, err))
        return false;
    for (struct json_iter it = json_iter(data); json_next(&it);)
        if (!JSON_FIELDS(it.value, fields, f, err) ||
            !nvd_add_reference(a, v, json_str(f[0]), f[1], err))
            return false;
    return true;
}

static bool take_cve(const struct json *cve, struct arena *a, struct vuln *v, struct err *err)
{
    static const struct json_field fields[] = {{"CVE_data_meta", JSON_OBJECT, true},
                                               {"problemtype", JSON_OBJECT, false},
                                               {"references", JSON_OBJECT, false},
                                               {"description", JSON_OBJECT, false}};
    const struct json *f[4], *id, *list;
    if (!JSON_FIELDS(cve, fields, f, err) || !only(f[0], "ID", JSON_STRING, &id, err))
        return false;
    if (!nvd_take_id(json_str(id), v, err))
        return err_at_path(err, "CVE_data_meta.ID");
    if (!only(f[3], "description_data", JSON_ARRAY, &list, err) ||
        !nvd_take_description(list, v, err))
        return err_in_path(err, "description");
    v->rejected = nvd_says_rejected(v->description);
    if (!take_problems(f[1], a, v, err))
        return err_in_path(err, "problemtype");
    return take_references(f[2], a, v, err) || err_in_path(err, "references");
}

/* A list of nodes still to be walked, so that depth is memory and not stack. */
struct pending {
    struct json_iter nodes;
    uint32_t parent;
};

static bool take_nodes(const struct json *nodes, struct arena *a, struct vuln *v, struct err *err)
{
    static const struct json_field fields[] = {{"operator", JSON_STRING, false},
                                               {"negate", JSON_BOOL, false},
                                               {"cpe_match", JSON_ARRAY, false},
                                               {"cpe", JSON_ARRAY, false},
                                               {"children", JSON_ARRAY, false}};
    struct pending stack[LIMIT_DEPTH + 1];
    size_t depth = 0;
    stack[depth++] = (struct pending){json_iter(nodes), NODE_NO_PARENT};
    while (depth) {
        struct pending *top = &stack[depth - 1];
        const struct json *f[5];
        bool and_;
        uint32_t index;
        if (!json_next(&top->nodes)) {
            depth--;
            continue;
        }
        if (!JSON_FIELDS(top->nodes.value, fields, f, err) ||
            !nvd_take_operator(json_str(f[0]), &and_, err) ||
            !nvd_add_node(a, v, and_, json_bool(f[1], false), top->parent, &index, err) ||
            !nvd_take_cpe_matches(f[2] ? f[2] : f[3], a, v, err))
            return err_in_path(err, "nodes");
        if (f[4]) {
            if (depth > LIMIT_DEPTH)
                return err_set(err, ERR_LIMIT, "nested more than %d deep", LIMIT_DEPTH);
            stack[depth++] = (struct pending){json_iter(f[4]), index};
        }
    }
    return true;
}

static bool take_score(const struct json *impact, const char *metric, const char *inner,
                       struct arena *a, struct vuln *v, struct err *err)
{
    static const struct json_field fields[] = {{"version", JSON_STRING, true},
                                               {"vectorString", JSON_STRING, false},
                                               {"baseScore", JSON_NUMBER, true}};
    const struct json *m, *c, *f[3];
    if (!only(impact, metric, JSON_OBJECT, &m, err) || !only(m, inner, JSON_OBJECT, &c, err))
        return err_in_path(err, "%s", metric);
    if (!c)
        return true;
    if (!JSON_FIELDS(c, fields, f, err)) {
        err_in_path(err, "%s", inner);
        return err_in_path(err, "%s", metric);
    }
    return nvd_add_cvss(a, v, json_str(f[0]), json_number(f[2], -1), json_str(f[1]),
                        STR("nvd@nist.gov"), true, err);
}

static bool take_item(const struct json *rec, struct arena *a, struct vuln *v, struct err *err)
{
    const struct json *f[R_FIELDS], *nodes;
    if (!JSON_FIELDS(rec, record_fields, f, err))
        return false;
    if (!take_cve(f[R_CVE], a, v, err))
        return err_in_path(err, "cve");
    if (!nvd_take_date(json_str(f[R_PUBLISHED]), &v->published, err))
        return err_at_path(err, "publishedDate");
    if (!nvd_take_date(json_str(f[R_MODIFIED]), &v->modified, err))
        return err_at_path(err, "lastModifiedDate");
    if (!take_score(f[R_IMPACT], "baseMetricV3", "cvssV3", a, v, err) ||
        !take_score(f[R_IMPACT], "baseMetricV2", "cvssV2", a, v, err))
        return err_in_path(err, "impact");
    return (only(f[R_CONFIGURATIONS], "nodes", JSON_ARRAY, &nodes, err) &&
            take_nodes(nodes, a, v, err)) ||
           err_in_path(err, "configurations");
}

static bool record(const struct json *rec, struct arena *a, struct vuln *v, struct err *err)
{
    v->source = STR("nvd");
    if (take_item(rec, a, v, err))
        return true;
    return v->id.n ? err_in_path(err, "%.*s", STR_ARG(v->id)) : false;
}

static bool around(const struct json *rest, struct feed_info *info, struct err *err)
{
    static const struct json_field fields[] = {{"CVE_data_type", JSON_STRING, true},
                                               {"CVE_data_version", JSON_STRING, true},
                                               {"CVE_data_timestamp", JSON_STRING, false},
                                               {"CVE_data_numberOfCVEs", JSON_STRING, false}};
    const struct json *f[4];
    if (!JSON_FIELDS(rest, fields, f, err))
        return false;
    if (!str_eq(json_str(f[0]), STR("CVE")) || !str_eq(json_str(f[1]), STR("4.0")))
        return err_set(err, ERR_INPUT, "CVE_data_type %.*s version %.*s, not CVE version 4.0",
                       STR_ARG(str_first(json_str(f[0]), 40)),
                       STR_ARG(str_first(json_str(f[1]), 40)));
    if (f[3] && !str_to_u64(json_str(f[3]), 0, UINT32_MAX, &info->declared)) {
        err_set(err, ERR_INPUT, "not a number: %.*s", STR_ARG(str_first(json_str(f[3]), 40)));
        return err_at_path(err, "CVE_data_numberOfCVEs");
    }
    return nvd_take_date(json_str(f[2]), &info->published, err) ||
           err_at_path(err, "CVE_data_timestamp");
}

static int probe(struct str head)
{
    return str_starts(str_trim(head), STR("{")) &&
                   str_find_str(head, STR("\"CVE_data_type\"")) != STR_NPOS &&
                   str_find_str(head, STR("\"CVE_Items\"")) != STR_NPOS
               ? 90
               : 0;
}

static const char *const arrays[] = {"CVE_Items", NULL};

const struct feed_format feed_nvd1 = {
    .name = "nvd-json-1.1",
    .source = "nvd",
    .summary = "NVD JSON 1.1 and 1.0 archives (.json, .json.gz)",
    .probe = probe,
    .arrays = arrays,
    .record = record,
    .around = around,
};
