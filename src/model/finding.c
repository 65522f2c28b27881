/* SPDX-License-Identifier: Apache-2.0 */
#include "model/finding.h"

#include "base/banned.h"

const char *vex_status_name(enum vex_status s)
{
    static const char *const names[] = {"affected", "not_affected", "fixed", "under_investigation"};
    _Static_assert(sizeof names / sizeof names[0] == VEX_STATUSES, "a name per status");
    return names[s];
}

/* How long CISA's catalogue may be the same. It grows every week or two; one that rests for longer
 * is a mirror that stands still. */
#define KEV_RESTS_MS (30 * DATE_DAY_MS)

/* "osv", and "osv:PyPI" as a part of it. */
static bool is_or_is_part_of(struct str name, struct str source)
{
    return str_starts(name, source) && (name.n == source.n || name.p[source.n] == ':');
}

bool source_age(const struct source_info *s, int64_t now, int64_t *ms)
{
    int64_t then = s->published;
    /*
     * Sources that stay as they are for days when there is nothing new. The others (NVD, CVE List,
     * EPSS) have a new date every day: unchanged for long, they are broken or their mirror is.
     */
    if (str_eq(s->name, STR("kev")) && s->confirmed > then &&
        (then == DATE_NONE || (uint64_t)s->confirmed - (uint64_t)then <= KEV_RESTS_MS))
        then = s->confirmed;
    /* The date is that of the newest ecosystem, the confirmation that of the one left behind. */
    if (is_or_is_part_of(s->name, STR("osv")) && s->confirmed != DATE_NONE)
        then = s->confirmed;
    if (then == DATE_NONE || now == DATE_NONE)
        return false;
    /* Unsigned, as the distance of two int64_t may not fit in one. */
    uint64_t age = then < now ? (uint64_t)now - (uint64_t)then : 0;
    *ms = age < INT64_MAX ? (int64_t)age : INT64_MAX;
    return true;
}

const char *identified_by_name(enum identified_by i)
{
    static const char *const names[] = {"cpe", "purl", "table", "name", "none"};
    _Static_assert(sizeof names / sizeof names[0] == IDENTIFIED_KINDS, "a name per kind");
    return names[i];
}
