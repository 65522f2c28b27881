/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How bad, as OSV says it: CVSS vectors without their score (`severity`, of the record or of a
 * package), and words, which stand wherever a database has put them.
 */
#include "feed/osv_priv.h"

#include "model/cvss.h"

#include "base/banned.h"

static const struct {
    struct str word;
    enum severity severity;
} words[] = {
    {STR_INIT("critical"), SEVERITY_CRITICAL},   {STR_INIT("high"), SEVERITY_HIGH},
    {STR_INIT("important"), SEVERITY_HIGH},      {STR_INIT("medium"), SEVERITY_MEDIUM},
    {STR_INIT("moderate"), SEVERITY_MEDIUM},     {STR_INIT("low"), SEVERITY_LOW},
    {STR_INIT("minor"), SEVERITY_LOW},           {STR_INIT("negligible"), SEVERITY_LOW},
    {STR_INIT("unimportant"), SEVERITY_LOW},     {STR_INIT("none"), SEVERITY_NONE},
    {STR_INIT("unknown"), SEVERITY_UNKNOWN},     {STR_INIT("untriaged"), SEVERITY_UNKNOWN},
    {STR_INIT("unspecified"), SEVERITY_UNKNOWN}, {STR_INIT("n/a"), SEVERITY_UNKNOWN},
};

static bool severity_of_word(struct str word, enum severity *out)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_eq_nocase(word, words[i].word)) {
            *out = words[i].severity;
            return true;
        }
    return false;
}

/* The worst word counts. */
static void take_word(struct osv *o, struct str word)
{
    enum severity s;
    if (!severity_of_word(str_trim(word), &s))
        o->v->unreadable++;
    else if (s > o->v->stated_severity)
        o->v->stated_severity = s;
}

static bool fits(struct str type, enum cvss_version version)
{
    switch (version) {
    case CVSS_2:
        return str_eq(type, STR("CVSS_V2"));
    case CVSS_3_0:
    case CVSS_3_1:
        return str_eq(type, STR("CVSS_V3"));
    case CVSS_4_0:
        return str_eq(type, STR("CVSS_V4"));
    case CVSS_NONE:
    case CVSS_VERSIONS:
        break;
    }
    return false;
}

static bool take_vector(struct osv *o, struct str type, struct str vector, struct err *err)
{
    enum cvss_version version = CVSS_NONE;
    unsigned tenths = 0;
    uint64_t there;
    if (map_get(&o->seen, vector, &there)) /* each package has it again */
        return true;
    if (!cvss_score(vector, &version, &tenths) || !fits(type, version)) {
        o->v->unreadable++;
        return true;
    }
    struct cvss *c = VEC_PUSH(o->a, &o->v->cvss);
    if (!c)
        return err_memory(err);
    *c = (struct cvss){version, tenths, vector, STR("osv"), true};
    return map_put(&o->seen, vector, 1, err);
}

bool osv_take_severity(struct osv *o, const struct json *list, struct err *err)
{
    static const struct json_field members[] = {{"type", JSON_ANY, false},
                                                {"score", JSON_ANY, false}};
    if (list && json_type(list) != JSON_ARRAY) {
        o->v->unreadable++;
        return true;
    }
    for (struct json_iter it = json_iter(list); json_next(&it);) {
        const struct json *f[2];
        if (json_type(it.value) != JSON_OBJECT) {
            o->v->unreadable++;
            continue;
        }
        if (!JSON_FIELDS(it.value, members, f, err))
            return err_in_path(err, "severity");
        struct str type = json_str(f[0]), score = json_str(f[1]);
        if (!str_starts(type, STR("CVSS_")))
            take_word(o, score); /* "Ubuntu", and who else has a scale of words */
        else if (!take_vector(o, type, score, err))
            return false;
    }
    return true;
}

static bool take_cwe(struct osv *o, const struct json *one, struct err *err)
{
    static const struct json_field members[] = {{"cweId", JSON_ANY, false}};
    const struct json *id = one;
    uint64_t there;
    if (json_type(one) == JSON_OBJECT && !JSON_FIELDS(one, members, &id, err))
        return false;
    struct str cwe = json_str(id);
    if (!str_starts(cwe, STR("CWE-")) || map_get(&o->seen, cwe, &there))
        return true;
    struct str *slot = VEC_PUSH(o->a, &o->v->cwes);
    if (!slot)
        return err_memory(err);
    *slot = cwe;
    return map_put(&o->seen, cwe, 1, err);
}

bool osv_take_specific(struct osv *o, const struct json *specific, struct err *err)
{
    static const struct json_field members[] = {
        {"severity", JSON_ANY, false}, {"cwe_ids", JSON_ANY, false}, {"cwes", JSON_ANY, false}};
    const struct json *f[3];
    /* What it is, is its database's business: other types are nothing we know, no damage. */
    if (json_type(specific) != JSON_OBJECT)
        return true;
    if (!JSON_FIELDS(specific, members, f, err))
        return err_in_path(err, "database_specific");
    if (json_str(f[0]).n)
        take_word(o, json_str(f[0]));
    for (size_t i = 1; i < 3; i++)
        if (json_type(f[i]) == JSON_ARRAY)
            for (struct json_iter it = json_iter(f[i]); json_next(&it);)
                if (!take_cwe(o, it.value, err))
                    return false;
    return true;
}

void osv_take_title_severity(struct osv *o)
{
    struct str word, rest;
    enum severity s;
    if (o->rpm && o->v->stated_severity == SEVERITY_UNKNOWN && !o->v->cvss.n &&
        str_split(o->v->title, ':', &word, &rest) && severity_of_word(word, &s))
        o->v->stated_severity = s;
}
