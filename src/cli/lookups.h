/* SPDX-License-Identifier: Apache-2.0 */
/* What 'db show', 'db search' and 'db diff' share. */
#ifndef VULNWARD_CLI_LOOKUPS_H
#define VULNWARD_CLI_LOOKUPS_H

#include "cli/db_actions.h"
#include "report/lookup.h"
#include "store/store.h"

#define DB_OPTION_OUTPUT                                                                           \
    {                                                                                              \
        'o', "output", "FORMAT", "text, for people (the default), or json"                         \
    }
/* The value of -o. */
bool lookup_take_output(const struct option *o, bool *json, struct err *err) VW_CHECKED;
/* How standard output wants it. */
struct report_style lookup_style(void);
/* KEV and EPSS of a CVE; the texts live as long as the store and `id`. */
bool lookup_known(struct store *s, struct arena *a, struct str id, struct lookup_cve *out,
                  struct err *err) VW_CHECKED;
/* Writes what was found to standard output. The exit status. */
struct lookup_writers {
    bool (*text)(const void *what, const struct report_style *style, struct buf *b,
                 struct err *err);
    bool (*json)(const void *what, struct buf *b, struct err *err);
};
int lookup_write(const void *what, bool json, const struct lookup_writers *writers,
                 struct err *err);
/* The id as databases write it, where that is sure: CVE and GHSA in any case of letters. */
bool lookup_normal_id(struct arena *a, struct str text, struct str *out,
                      struct err *err) VW_CHECKED;

#endif
