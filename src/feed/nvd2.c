/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVD JSON 2.0: yearly, "modified" and "recent" feeds, and pages of the CVE API 2.0, which have the
 * same shape (schema cve_api_json_2.0).
 *
 *     {"resultsPerPage": 2, "startIndex": 0, "totalResults": 2, "format": "NVD_CVE", "version":
 * "2.0", "timestamp": "2026-08-21T00:00:00.000", "vulnerabilities": [
 *       {"cve": {"id": "CVE-2024-3094", "published": "...", "lastModified": "...", "vulnStatus":
 * "Analyzed", "descriptions": [{"lang": "en", "value": "..."}], "metrics": {"cvssMetricV31":
 * [{"source": "...", "type": "Primary", "cvssData": {"version": "3.1", "vectorString":
 * "CVSS:3.1/...", "baseScore": 10.0}}]}, "weaknesses": [{"description": [{"lang": "en", "value":
 * "CWE-506"}]}], "configurations": [{"operator": "AND", "nodes": [{"operator": "OR", "negate":
 * false, "cpeMatch": [
 *             {"vulnerable": true, "criteria": "cpe:2.3:a:tukaani:xz:5.6.0:*:*:*:*:*:*:*"}]}]}],
 *         "references": [{"url": "...", "tags": ["Patch"]}]}}]}
 *
 * Configurations are alternatives; the nodes of one are joined by its operator (OR when absent).
 */
#include "feed/nvd_priv.h"

#include "base/banned.h"

enum {
    C_ID,
    C_STATUS,
    C_PUBLISHED,
    C_MODIFIED,
    C_DESCRIPTIONS,
    C_METRICS,
    C_WEAKNESSES,
    C_CONFIGURATIONS,
    C_REFERENCES,
    C_FIELDS
};
static const struct json_field cve_fields[] = {
    [C_ID] = {"id", JSON_STRING, true},
    [C_STATUS] = {"vulnStatus", JSON_STRING, false},
    [C_PUBLISHED] = {"published", JSON_STRING, false},
    [C_MODIFIED] = {"lastModified", JSON_STRING, true},
    [C_DESCRIPTIONS] = {"descriptions", JSON_ARRAY, false},
    [C_METRICS] = {"metrics", JSON_OBJECT, false},
    [C_WEAKNESSES] = {"weaknesses", JSON_ARRAY, false},
    [C_CONFIGURATIONS] = {"configurations", JSON_ARRAY, false},
    [C_REFERENCES] = {"references", JSON_ARRAY, false},
};

static bool take_metric(const struct json *m, struct arena *a, struct vuln *v, struct err *err)
{
    static const struct json_field outer[] = {{"source", JSON_STRING, false},
                                              {"type", JSON_STRING, false},
                                              {"cvssData", JSON_OBJECT, true}};
    static const struct json_field inner[] = {{"version", JSON_STRING, true},
                                              {"vectorString", JSON_STRING, false},
                                              {"baseScore", JSON_NUMBER, true}};
    const struct json *o[3], *d[3];
    if (!JSON_FIELDS(m, outer, o, err))
        return false;
    if (!JSON_FIELDS(o[2], inner, d, err))
        return err_in_path(err, "cvssData");
    bool primary = str_eq(json_str(o[1]), STR("Primary"));
    return nvd_add_cvss(a, v, json_str(d[0]), json_number(d[2], -1), json_str(d[1]), json_str(o[0]),
                        primary, err);
}

static bool take_metrics(const struct json *metrics, struct arena *a, struct vuln *v,
                         struct err *err)
{
    for (struct json_iter it = json_iter(metrics); json_next(&it);) {
        struct str key = json_str(it.key);
        size_t i = 0;
        /* cvssMetricV2, V30, V31, V40, and what later versions will be called: an unknown one is
         * counted. */
        if (!str_starts(key, STR("cvssMetric")))
            continue;
        if (json_type(it.value) != JSON_ARRAY) {
            err_set(err, ERR_INPUT, "wanted an array");
            return err_in_path(err, "%.*s", STR_ARG(str_first(key, 40)));
        }
        for (struct json_iter m = json_iter(it.value); json_next(&m); i++)
            if (!take_metric(m.value, a, v, err)) {
                err_in_path(err, "[%zu]", i);
                return err_in_path(err, "%.*s", STR_ARG(str_first(key, 40)));
            }
    }
    return true;
}

static bool take_weaknesses(const struct json *list, struct arena *a, struct vuln *v,
                            struct err *err)
{
    static const struct json_field outer[] = {{"description", JSON_ARRAY, false}};
    static const struct json_field inner[] = {{"value", JSON_STRING, false}};
    const struct json *d, *value;
    for (struct json_iter it = json_iter(list); json_next(&it);) {
        if (!JSON_FIELDS(it.value, outer, &d, err))
            return false;
        for (struct json_iter e = json_iter(d); json_next(&e);)
            if (!JSON_FIELDS(e.value, inner, &value, err) ||
                !nvd_add_cwe(a, v, json_str(value), err))
                return false;
    }
    return true;
}

static bool take_references(const struct json *list, struct arena *a, struct vuln *v,
                            struct err *err)
{
    static const struct json_field fields[] = {{"url", JSON_STRING, true},
                                               {"tags", JSON_ARRAY, false}};
    size_t i = 0;
    for (struct json_iter it = json_iter(list); json_next(&it); i++) {
        const struct json *f[2];
        if (!JSON_FIELDS(it.value, fields, f, err))
            return err_in_path(err, "[%zu]", i);
        if (!nvd_add_reference(a, v, json_str(f[0]), f[1], err))
            return false;
    }
    return true;
}

static bool take_cve(const struct json *cve, struct arena *a, struct vuln *v, struct err *err)
{
    const struct json *f[C_FIELDS];
    if (!JSON_FIELDS(cve, cve_fields, f, err))
        return false;
    if (!nvd_take_id(json_str(f[C_ID]), v, err))
        return err_at_path(err, "id");
    v->status = json_str(f[C_STATUS]);
    v->rejected = str_eq(v->status, STR("Rejected"));
    if (!nvd_take_date(json_str(f[C_PUBLISHED]), &v->published, err))
        return err_at_path(err, "published");
    if (!nvd_take_date(json_str(f[C_MODIFIED]), &v->modified, err))
        return err_at_path(err, "lastModified");
    if (!nvd_take_description(f[C_DESCRIPTIONS], v, err))
        return err_in_path(err, "descriptions");
    if (!take_metrics(f[C_METRICS], a, v, err))
        return err_in_path(err, "metrics");
    if (!take_weaknesses(f[C_WEAKNESSES], a, v, err))
        return err_in_path(err, "weaknesses");
    if (!take_references(f[C_REFERENCES], a, v, err))
        return err_in_path(err, "references");
    return nvd_take_configurations(f[C_CONFIGURATIONS], a, v, err) ||
           err_in_path(err, "configurations");
}

static bool record(const struct json *rec, struct arena *a, struct vuln *v, struct err *err)
{
    static const struct json_field fields[] = {{"cve", JSON_OBJECT, true}};
    const struct json *cve;
    v->source = STR("nvd");
    if (!JSON_FIELDS(rec, fields, &cve, err))
        return false;
    if (take_cve(cve, a, v, err))
        return true;
    return err_in_path(err, "%.*s", STR_ARG(v->id.n ? v->id : STR("cve")));
}

static bool around(const struct json *rest, struct feed_info *info, struct err *err)
{
    static const struct json_field fields[] = {{"format", JSON_STRING, true},
                                               {"version", JSON_STRING, true},
                                               {"timestamp", JSON_STRING, false},
                                               {"resultsPerPage", JSON_NUMBER, false}};
    const struct json *f[4];
    int64_t declared;
    if (!JSON_FIELDS(rest, fields, f, err))
        return false;
    if (!str_eq(json_str(f[0]), STR("NVD_CVE")) || !str_starts(json_str(f[1]), STR("2.")))
        return err_set(err, ERR_INPUT, "format is %.*s version %.*s, not NVD_CVE version 2.x",
                       STR_ARG(str_first(json_str(f[0]), 40)),
                       STR_ARG(str_first(json_str(f[1]), 40)));
    if (f[3] && json_int(f[3], &declared) && declared >= 0)
        info->declared = (uint64_t)declared;
    return nvd_take_date(json_str(f[2]), &info->published, err) || err_at_path(err, "timestamp");
}

static int probe(struct str head)
{
    if (!str_starts(str_trim(head), STR("{")))
        return 0;
    bool format = str_find_str(head, STR("\"NVD_CVE\"")) != STR_NPOS;
    bool list = str_find_str(head, STR("\"vulnerabilities\"")) != STR_NPOS;
    return format && list ? 90 : list && str_find_str(head, STR("\"cve\"")) != STR_NPOS ? 50 : 0;
}

static const char *const arrays[] = {"vulnerabilities", NULL};

const struct feed_format feed_nvd2 = {
    .name = "nvd-json-2.0",
    .source = "nvd",
    .summary = "NVD JSON 2.0 feeds and CVE API 2.0 pages (.json, .json.gz)",
    .probe = probe,
    .arrays = arrays,
    .record = record,
    .around = around,
};
