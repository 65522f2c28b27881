/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_search.c understands what is asked and finds the products, search_records.c lists their
 * records, search_version.c those that apply to a version.
 */
#ifndef VULNWARD_CLI_SEARCH_PRIV_H
#define VULNWARD_CLI_SEARCH_PRIV_H

#include "cli/lookups.h"
#include "identity/purl.h"

struct asked {
    enum { ASKED_NAME, ASKED_PRODUCT, ASKED_PACKAGE } kind;
    struct str vendor;                 /* of a product */
    const struct ecosystem *ecosystem; /* of a package */
    struct str release;                /* of its distribution; may be empty */
    struct str name, version;
};

struct searcher {
    struct store *store;
    struct arena *arena;
    struct asked asked;
    struct search *out;
    uint64_t limit; /* of rows; 0: all */
};

/* Fills `records` of a product that was found. */
bool search_count(struct searcher *s, struct search_product *p, struct err *err) VW_CHECKED;
/* All records of the products, newest first. */
bool search_records(struct searcher *s, struct err *err) VW_CHECKED;
/* What applies to the version that was asked for, worst first. */
bool search_version(struct searcher *s, struct err *err) VW_CHECKED;

#endif
