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
