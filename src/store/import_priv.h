/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The write side, in two files. import.c: a new file is made beside the database, from its content
 * or from nothing, and in the end replaces it. import_records.c: what happens to each record.
 *
 * Two maps keep what is known in memory, so that a full import asks SQLite nothing; segments are
 * collected in memory up to LIMIT_IMPORT_BUFFER_BYTES and then merged into the file.
 */
#ifndef VULNWARD_STORE_IMPORT_PRIV_H
#define VULNWARD_STORE_IMPORT_PRIV_H

#include "base/map.h"
#include "store/batch_priv.h"
#include "store/check_priv.h"
#include "store/sql_priv.h"

struct known { /* a record this import has seen */
    int64_t modified;
    uint32_t id, hash;
};

struct waiting_page { /* complete, not in the file yet */
    char *p;
    size_t n;
};

struct source_count { /* records of a source */
    struct str name;
    uint64_t records;
};

struct epss_value { /* one prediction, by the CVE's key */
    uint64_t key;
    uint32_t score, percentile;
};

/* Entries of one product that are not in the file yet. */
struct pending {
    char *p;
    uint32_t n, cap;
    bool in_file; /* the file may have a segment already */
};

struct store_import {
    const char *path;
    char tmp[4200];
    int lock;
    struct store_keep keep;
    struct db db;
    bool fresh;         /* made from nothing: what the maps do not know is not there */
    struct arena arena; /* keys of the maps */
    /* "source\0part\0id" -> index of known; "product\0c|p\0vendor" -> id */
    struct map records, products;
    VEC(struct source_count) sources;
    VEC(struct kev) kev; /* of the catalogue being read, all in `catalog` */
    VEC(struct epss_value) epss;
    struct arena catalog;
    VEC(struct known) known;
    struct pending *pending; /* by product id */
    size_t n_pending;        /* also the largest product id + 1 */
    size_t pending_bytes;
    VEC(uint32_t) superseded; /* ids replaced by this import, ascending from each flush on */
    int64_t last_record, last_block;
    struct buf page, entry; /* the page being filled: entries of the last records; scratch */
    VEC(struct waiting_page) waiting; /* pages that follow each other, from first_waiting on */
    int64_t first_waiting;
    size_t waiting_bytes;
    struct arena waiting_arena;
    struct store_counts counts;
    struct checks check; /* of the tables as they are */
    bool new_packages;   /* `ecosystem` has to be counted again */
};

/* Stores a sealed batch; the sink's batch_commit, `ctx` is the struct store_import. */
bool import_batch(void *ctx, void *batch, struct err *err) VW_CHECKED;
/* Writes what is still in memory: the page being filled and all segments. */
bool import_flush(struct store_import *s, struct err *err) VW_CHECKED;
/* import_pages.c: the flag of a record that was replaced; the page being filled is full, or the
 * last one; all pages to the file. */
bool import_supersede(struct store_import *s, uint32_t id, struct err *err) VW_CHECKED;
bool import_close_page(struct store_import *s, struct err *err) VW_CHECKED;
bool import_flush_pages(struct store_import *s, struct err *err) VW_CHECKED;
/* Adds to the records of a source. */
bool import_count(struct store_import *s, struct str source, uint64_t more,
                  struct err *err) VW_CHECKED;
/* The statement of this part is no longer known. */
bool import_forget(struct store_import *s, struct str name, struct str source, struct str part,
                   struct err *err) VW_CHECKED;
/*
 * Before a statement is stored: takes away earlier editions of it under another part. *older: a
 * later one is there.
 */
bool import_replace_parts(struct store_import *s, struct str name, struct str source,
                          struct str part, int64_t modified, bool *replaced, bool *older,
                          struct err *err) VW_CHECKED;
/* The sink's kev and epss, and what store_import_feed does with what they collected. */
bool import_kev(void *ctx, const struct kev *k, struct err *err) VW_CHECKED;
bool import_epss(void *ctx, const struct epss *e, struct err *err) VW_CHECKED;
bool import_catalog(struct store_import *s, const struct store_feed *f, struct err *err) VW_CHECKED;
/* import_prune.c: forgets feeds that newer ones have made superfluous. */
bool import_prune(struct store_import *s, struct err *err) VW_CHECKED;
/* Frees the segments in memory. */
void import_free_pending(struct store_import *s);

#endif
