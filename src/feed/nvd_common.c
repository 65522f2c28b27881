/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/nvd_priv.h"

#include "base/banned.h"

bool nvd_take_id(struct str id, struct vuln *v, struct err *err)
{
    struct str year, number;
    uint64_t n;
    bool ok = str_starts(id, STR("CVE-")) && str_split(str_from(id, 4), '-', &year, &number) &&
              year.n == 4 && number.n >= 4 && str_to_u64(year, 1900, 9999, &n) &&
              str_to_u64(number, 0, UINT64_MAX, &n);
    if (!ok) {
        err_set(err, ERR_INPUT, "not a CVE id: %.*s", STR_ARG(str_first(id, 60)));
        return false;
    }
    v->id = id;
    return true;
}

bool nvd_take_date(struct str text, int64_t *out, struct err *err)
{
    /* Absent is no date; empty is not absent. */
    if (!text.p || date_parse(text, out))
        return true;
    return err_set(err, ERR_INPUT, "not a date: %.*s", STR_ARG(str_first(text, 60)));
}

bool nvd_says_rejected(struct str description)
{
    return str_starts(str_trim(description), STR("** REJECT **"));
}

bool nvd_add_cvss(struct arena *a, struct vuln *v, struct str version, double score,
                  struct str vector, struct str source, bool primary, struct err *err)
{
    enum cvss_version known = CVSS_NONE;
    for (size_t i = CVSS_2; i < CVSS_VERSIONS; i++)
        if (str_eq(version, str_from_c(cvss_version_name((enum cvss_version)i))))
            known = (enum cvss_version)i;
    if (known == CVSS_NONE || !(score >= 0 && score <= 10)) {
        v->unreadable++;
        return true;
    }
    struct cvss *c = VEC_PUSH(a, &v->cvss);
    if (!c)
        return err_memory(err);
    *c = (struct cvss){known, (unsigned)(score * 10 + 0.5), vector, source, primary};
    return true;
}

bool nvd_add_cwe(struct arena *a, struct vuln *v, struct str cwe, struct err *err)
{
    if (!str_starts(cwe, STR("CWE-")))
        return true;
    for (size_t i = 0; i < v->cwes.n; i++)
        if (str_eq(v->cwes.v[i], cwe))
            return true;
    struct str *slot = VEC_PUSH(a, &v->cwes);
    if (!slot)
        return err_memory(err);
    *slot = cwe;
    return true;
}

/* "Patch, Third Party Advisory" of a list of texts. */
static bool join_tags(struct arena *a, const struct json *tags, struct str *out, struct err *err)
{
    size_t n = 0, at = 0;
    for (struct json_iter it = json_iter(tags); json_next(&it);)
        n += json_str(it.value).n + 2;
    if (!n)
        return true;
    char *p = arena_alloc(a, n);
    if (!p)
        return err_memory(err);
    for (struct json_iter it = json_iter(tags); json_next(&it);) {
        struct str tag = json_str(it.value);
        if (!tag.n)
            continue;
        if (at) {
            p[at++] = ',';
            p[at++] = ' ';
        }
        memcpy(p + at, tag.p, tag.n);
        at += tag.n;
    }
    *out = str_make(p, at);
    return true;
}

bool nvd_add_reference(struct arena *a, struct vuln *v, struct str url, const struct json *tags,
                       struct err *err)
{
    struct reference *r = VEC_PUSH(a, &v->references);
    if (!r)
        return err_memory(err);
    r->url = url;
    return join_tags(a, tags, &r->tags, err);
}

bool nvd_names_a_product(const struct cpe *cpe)
{
    struct str product = cpe->attr[CPE_PRODUCT];
    return !cpe_is_any(product) && !cpe_has_wildcard(product) &&
           !cpe_has_wildcard(cpe->attr[CPE_VENDOR]);
}

static bool push_criterion(struct arena *a, struct vuln *v, const struct cpe *cpe, bool vulnerable,
                           struct criterion **out, struct err *err)
{
    struct criterion *c = VEC_PUSH(a, &v->criteria);
    if (!c)
        return err_memory(err);
    c->cpe = *cpe;
    c->vulnerable = vulnerable;
    v->nodes.v[v->nodes.n - 1].count++;
    *out = c;
    return true;
}

bool nvd_add_criterion(struct arena *a, struct vuln *v, struct str name, bool vulnerable,
                       struct criterion **out, struct err *err)
{
    struct cpe cpe;
    struct err why = {0};
    *out = NULL;
    if (v->criteria.n >= LIMIT_CRITERIA)
        return err_set(err, ERR_LIMIT, "more than %zu criteria", LIMIT_CRITERIA);
    if (!cpe_parse(a, name, &cpe, &why) || !nvd_names_a_product(&cpe)) {
        v->unreadable++;
        v->nodes.v[v->nodes.n - 1].lossy = true;
        return why.code == ERR_MEMORY ? err_memory(err) : true;
    }
    return push_criterion(a, v, &cpe, vulnerable, out, err);
}

/* One more with the name of the last. */
static bool repeat_criterion(struct arena *a, struct vuln *v, bool vulnerable,
                             struct criterion **out, struct err *err)
{
    struct cpe cpe = v->criteria.v[v->criteria.n - 1].cpe;
    if (v->criteria.n >= LIMIT_CRITERIA)
        return err_set(err, ERR_LIMIT, "more than %zu criteria", LIMIT_CRITERIA);
    return push_criterion(a, v, &cpe, vulnerable, out, err);
}

bool nvd_add_node(struct arena *a, struct vuln *v, bool and_, bool negate, uint32_t parent,
                  uint32_t *index, struct err *err)
{
    if (v->nodes.n >= LIMIT_NODES)
        return err_set(err, ERR_LIMIT, "more than %zu nodes", LIMIT_NODES);
    struct node *n = VEC_PUSH(a, &v->nodes);
    if (!n)
        return err_memory(err);
    *n = (struct node){and_, negate, false, parent, (uint32_t)v->criteria.n, 0};
    *index = (uint32_t)(v->nodes.n - 1);
    return true;
}

bool nvd_take_operator(struct str text, bool *and_, struct err *err)
{
    *and_ = str_eq(text, STR("AND"));
    if (!text.n || *and_ || str_eq(text, STR("OR")))
        return true;
    return err_set(err, ERR_INPUT, "operator is neither AND nor OR: %.*s",
                   STR_ARG(str_first(text, 40)));
}

/* "criteria" since 2.0, "cpe23Uri" in 1.1, with "cpe22Uri" beside it in 1.0. */
enum {
    M_VULNERABLE,
    M_CRITERIA,
    M_CPE23,
    M_CPE22,
    M_START_IN,
    M_START_EX,
    M_END_IN,
    M_END_EX,
    M_FIELDS
};
static const struct json_field match_fields[] = {
    [M_VULNERABLE] = {"vulnerable", JSON_BOOL, true},
    [M_CRITERIA] = {"criteria", JSON_STRING, false},
    [M_CPE23] = {"cpe23Uri", JSON_STRING, false},
    [M_CPE22] = {"cpe22Uri", JSON_STRING, false},
    [M_START_IN] = {"versionStartIncluding", JSON_STRING, false},
    [M_START_EX] = {"versionStartExcluding", JSON_STRING, false},
    [M_END_IN] = {"versionEndIncluding", JSON_STRING, false},
    [M_END_EX] = {"versionEndExcluding", JSON_STRING, false},
};

/* `last`: the name before this one. Ranges of one product stand together, so it is often the same;
 * it need not be taken apart again then. */
static bool take_cpe_match(const struct json *m, struct str *last, struct arena *a, struct vuln *v,
                           struct err *err)
{
    const struct json *f[M_FIELDS];
    struct criterion *c;
    if (!JSON_FIELDS(m, match_fields, f, err))
        return false;
    const struct json *name = f[M_CRITERIA] ? f[M_CRITERIA] : f[M_CPE23] ? f[M_CPE23] : f[M_CPE22];
    if (!name)
        return err_set(err, ERR_INPUT, "no CPE name");
    bool vulnerable = json_bool(f[M_VULNERABLE], true);
    bool same = last->n && str_eq(*last, json_str(name));
    if (same ? !repeat_criterion(a, v, vulnerable, &c, err)
             : !nvd_add_criterion(a, v, json_str(name), vulnerable, &c, err))
        return false;
    *last = c ? json_str(name) : (struct str){0};
    if (c) {
        c->start_including = json_str(f[M_START_IN]);
        c->start_excluding = json_str(f[M_START_EX]);
        c->end_including = json_str(f[M_END_IN]);
        c->end_excluding = json_str(f[M_END_EX]);
    }
    return true;
}

bool nvd_take_cpe_matches(const struct json *list, struct arena *a, struct vuln *v, struct err *err)
{
    struct str last = {0};
    size_t i = 0;
    for (struct json_iter it = json_iter(list); json_next(&it); i++)
        if (!take_cpe_match(it.value, &last, a, v, err))
            return err_in_path(err, "[%zu]", i);
    return true;
}

static bool take_node(const struct json *n, uint32_t parent, struct arena *a, struct vuln *v,
                      struct err *err)
{
    static const struct json_field fields[] = {{"operator", JSON_STRING, false},
                                               {"negate", JSON_BOOL, false},
                                               {"cpeMatch", JSON_ARRAY, true}};
    const struct json *f[3];
    bool and_;
    uint32_t index;
    if (!JSON_FIELDS(n, fields, f, err) || !nvd_take_operator(json_str(f[0]), &and_, err) ||
        !nvd_add_node(a, v, and_, json_bool(f[1], false), parent, &index, err))
        return false;
    return nvd_take_cpe_matches(f[2], a, v, err) || err_in_path(err, "cpeMatch");
}

bool nvd_take_configuration(const struct json *c, struct arena *a, struct vuln *v, struct err *err)
{
    static const struct json_field fields[] = {{"operator", JSON_STRING, false},
                                               {"negate", JSON_BOOL, false},
                                               {"nodes", JSON_ARRAY, true}};
    const struct json *f[3];
    bool and_;
    uint32_t parent = NODE_NO_PARENT;
    size_t i = 0;
    if (!JSON_FIELDS(c, fields, f, err) || !nvd_take_operator(json_str(f[0]), &and_, err))
        return false;
    bool negate = json_bool(f[1], false);
    /* A plain OR of nodes needs no node of its own: roots are alternatives anyway. */
    if ((and_ || negate) && !nvd_add_node(a, v, and_, negate, NODE_NO_PARENT, &parent, err))
        return false;
    for (struct json_iter it = json_iter(f[2]); json_next(&it); i++)
        if (!take_node(it.value, parent, a, v, err))
            return err_in_path(err, "nodes[%zu]", i);
    return true;
}

bool nvd_take_configurations(const struct json *list, struct arena *a, struct vuln *v,
                             struct err *err)
{
    size_t i = 0;
    for (struct json_iter it = json_iter(list); json_next(&it); i++)
        if (!nvd_take_configuration(it.value, a, v, err))
            return err_in_path(err, "[%zu]", i);
    return true;
}

bool nvd_take_description(const struct json *list, struct vuln *v, struct err *err)
{
    static const struct json_field fields[] = {{"lang", JSON_STRING, true},
                                               {"value", JSON_STRING, true}};
    size_t i = 0;
    for (struct json_iter it = json_iter(list); json_next(&it); i++) {
        const struct json *f[2];
        if (!JSON_FIELDS(it.value, fields, f, err))
            return err_in_path(err, "[%zu]", i);
        bool english = str_eq(json_str(f[0]), STR("en"));
        if (i == 0 || english)
            v->description = json_str(f[1]);
        if (english)
            break;
    }
    return true;
}
