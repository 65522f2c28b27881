/* SPDX-License-Identifier: Apache-2.0 */
/* The read side, in two files: read.c has what a scan asks, lookup.c what people ask. */
#ifndef VULNWARD_STORE_READ_PRIV_H
#define VULNWARD_STORE_READ_PRIV_H

#include "base/map.h"
#include "codec/block.h"
#include "store/codes_priv.h"
#include "store/sql_priv.h"

struct store {
    struct db db;
    struct block_codec *codec;
    sqlite3_stmt *page;   /* holds the page of records read last ... */
    struct str page_data; /* ... its bytes ... */
    int64_t page_id;      /* ... and its number ... */
    size_t page_index;    /* ... and the entry at page_at: scans mostly go on from the last one */
    const char *page_at;
    char *block; /* the block unpacked last */
    int64_t block_id;
    size_t block_n, block_cap;
    struct arena arena; /* of the catalogue */
    struct map kevs;    /* id -> index in kev; filled when it is first asked for */
    VEC(struct kev) kev;
    size_t kev_listed; /* the first of them are the catalogue's; then what records repeat */
    bool kev_loaded;
    int64_t epss_page; /* the page of predictions read last, and its content */
    struct epss_value_packed {
        uint32_t score, percentile;
        bool there;
    } epss[1 << EPSS_PAGE_BITS];
    bool epss_loaded;
    sqlite3_stmt *walk;      /* of store_walk_next */
    sqlite3_stmt *epss_walk; /* of store_epss_next: what is left of its row, and the row's number */
    struct str epss_rest;
    uint64_t epss_at;
    struct epss epss_answer;
};

/* "The database is damaged", with its path; returns false. */
bool store_damaged(struct store *s, struct err *err);
/* Unpacks a block of details into s->block, s->block_n bytes, unless it is there already. */
bool store_load_block(struct store *s, int64_t id, struct err *err) VW_CHECKED;

#endif
