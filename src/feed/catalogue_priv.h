/* SPDX-License-Identifier: Apache-2.0 */
/* What the catalogues about CVEs (KEV, EPSS) share. */
#ifndef VULNWARD_FEED_CATALOGUE_PRIV_H
#define VULNWARD_FEED_CATALOGUE_PRIV_H

#include "feed/formats_priv.h"

/* "CVE-" year "-" four or more digits. */
static inline bool catalogue_is_cve_id(struct str id)
{
    struct str year, number;
    uint64_t n;
    return str_starts(id, STR("CVE-")) && str_split(str_from(id, 4), '-', &year, &number) &&
           year.n == 4 && number.n >= 4 && str_to_u64(year, 1900, 9999, &n) &&
           str_to_u64(number, 0, UINT64_MAX, &n);
}

/* The last line has no end and cannot be used: how much is missing behind it nobody knows. */
static inline bool catalogue_is_cut(struct err *err)
{
    return err_set(err, ERR_INPUT, "ends in the middle of a line: it is cut short");
}

/*
 * At the end of a catalogue: one without a single entry is no catalogue, or all of it is damaged;
 * taking it for one would say that nothing is exploited.
 */
static inline bool catalogue_check(const struct feed_info *info, struct err *err)
{
    if (info->records)
        return true;
    if (!info->unreadable)
        return err_set(err, ERR_INPUT, "has no entries");
    return err_set(err, ERR_INPUT, "none of its entries can be read (%llu)",
                   (unsigned long long)info->unreadable);
}

#endif
