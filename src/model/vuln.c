/* SPDX-License-Identifier: Apache-2.0 */
#include "model/vuln.h"

#include "base/banned.h"

static bool decides_over(const struct cvss *a, const struct cvss *b)
{
    if (a->version != b->version)
        return a->version > b->version;
    if (a->primary != b->primary)
        return a->primary;
    return a->tenths > b->tenths;
}

const struct cvss *vuln_decisive_cvss(const struct vuln *v)
{
    const struct cvss *best = NULL;
    for (size_t i = 0; i < v->cvss.n; i++)
        if (!best || decides_over(&v->cvss.v[i], best))
            best = &v->cvss.v[i];
    return best;
}

const char *severity_name(enum severity s)
{
    static const char *const names[] = {"unknown", "none", "low", "medium", "high", "critical"};
    _Static_assert(sizeof names / sizeof names[0] == SEVERITIES, "a name per severity");
    return names[s];
}

enum severity severity_of(enum cvss_version v, unsigned tenths)
{
    if (v == CVSS_NONE)
        return SEVERITY_UNKNOWN;
    if (v == CVSS_2)
        return tenths >= 70 ? SEVERITY_HIGH : tenths >= 40 ? SEVERITY_MEDIUM : SEVERITY_LOW;
    return tenths >= 90   ? SEVERITY_CRITICAL
           : tenths >= 70 ? SEVERITY_HIGH
           : tenths >= 40 ? SEVERITY_MEDIUM
           : tenths >= 1  ? SEVERITY_LOW
                          : SEVERITY_NONE;
}

const char *affected_status_name(enum affected_status s)
{
    static const char *const names[] = {"unknown", "affected", "unaffected"};
    _Static_assert(sizeof names / sizeof names[0] == AFFECTED_STATUSES, "a name per status");
    return names[s];
}

uint64_t vuln_key(struct str id)
{
    uint64_t year, number;
    if (id.n < 13 || !str_starts(id, STR("CVE-")) || id.p[8] != '-' ||
        !str_to_u64(str_make(id.p + 4, 4), 1990, 2053, &year) ||
        !str_to_u64(str_from(id, 9), 0, ((uint64_t)1 << VULN_KEY_BITS) - 1, &number))
        return 0;
    /* "CVE-2024-00012" is not how an id is written, but must not become another one's. */
    if (id.n > 13 && id.p[9] == '0')
        return 0;
    return (year - 1989) << VULN_KEY_BITS | number;
}

bool vuln_next_cve(const struct vuln *v, size_t *at, struct str *id)
{
    if (vuln_key(v->id)) {
        *id = v->id;
        return (*at)++ == 0;
    }
    /* *at counts through the aliases, then through the upstream ids: each is looked at once, or
     * twice at the border. */
    while (*at < v->aliases.n) {
        *id = v->aliases.v[(*at)++];
        if (vuln_key(*id))
            return true;
    }
    if (*at == v->aliases.n)
        for (size_t i = 0; i < v->aliases.n; i++)
            if (vuln_key(v->aliases.v[i]))
                return false;
    while (*at < v->aliases.n + v->upstream.n) {
        *id = v->upstream.v[(*at)++ - v->aliases.n];
        if (vuln_key(*id))
            return true;
    }
    return false;
}

uint64_t vuln_single_key(const struct vuln *v)
{
    struct str id, other;
    size_t at = 0;
    if (!vuln_next_cve(v, &at, &id))
        return 0;
    while (vuln_next_cve(v, &at, &other))
        if (!str_eq(id, other))
            return 0;
    return vuln_key(id);
}
