/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local database: one SQLite file, made beside its place and renamed into it, never changed in
 * place; so a reader needs no lock and an interrupted import leaves the old one. The layout is in
 * docs/formats/database.md.
 *
 * Writing: store_import_open -> the sink takes records, store_import_feed closes each feed ->
 * store_import_commit or store_import_abort. Reading: store_open, then the questions matching asks.
 */
#ifndef VULNWARD_STORE_STORE_H
#define VULNWARD_STORE_STORE_H

#include "model/finding.h"
#include "model/vuln.h"
#include "store/snapshot.h"

/* ---- writing ---- */

struct store_import;

/* One feed as it is remembered. Views need to live only during the call. */
struct store_feed {
    struct str source, kind, name; /* "nvd", "nvd-json-2.0", "nvdcve-2.0-2024.json.gz" */
    struct str sha256;             /* of the file */
    uint64_t records, rejected, unreadable, declared;
    int64_t published;
    bool meta_checked;
    bool whole; /* a whole feed; else changes to one */
};

struct store_counts {
    uint64_t added, replaced, unchanged, older; /* records by what became of them */
};

/*
 * Takes the writer's lock and prepares a new file from the database at `path` (when there is one).
 * `fresh`: from nothing instead. Another writer is waited for, up to `wait_seconds`.
 */
bool store_import_open(const char *path, bool fresh, unsigned wait_seconds,
                       struct store_import **out, struct err *err) VW_CHECKED;
/* Where feeds deliver. A record replaces an older one of its source and id, by `modified`. */
struct vuln_sink store_import_sink(struct store_import *s);
/* Closes a feed: counts of what became of its records, since the last call. */
bool store_import_feed(struct store_import *s, const struct store_feed *feed, int64_t now,
                       struct store_counts *counts, struct err *err) VW_CHECKED;
/*
 * What an update remembers of a download, by url: the validators of HTTP (RFC 9110 section 8.8) to
 * ask with the next time, and when the publisher last said that this is the newest there is.
 */
struct store_download {
    struct str source, url, etag, last_modified;
    int64_t checked;
};
bool store_import_download(struct store_import *s, const struct store_download *d,
                           struct err *err) VW_CHECKED;
/* What becomes of the database that is replaced; without this call it is not kept. */
void store_import_keep(struct store_import *s, struct store_keep keep);
/*
 * The publisher of a source ("nvd", "osv:PyPI") said at `now` that what is here is the newest.
 */
bool store_import_confirm(struct store_import *s, struct str source, int64_t now,
                          struct err *err) VW_CHECKED;
/* Finishes the file, makes it durable and puts it in place. Frees `s`, also on failure. */
bool store_import_commit(struct store_import *s, int64_t now, struct err *err) VW_CHECKED;
/* Throws the new file away. NULL is fine. */
void store_import_abort(struct store_import *s);

/* Who is writing the database, for people: "process 815, since 2026-11-21T03:00:00Z". */
#define STORE_WRITER_BYTES 96
bool store_writer(const char *path, char out[STORE_WRITER_BYTES]);

/* ---- reading ---- */

struct store;

/* The error is ERR_DATABASE when it is missing, not ours, of another version, damaged or empty. */
bool store_open(const char *path, struct store **out, struct err *err) VW_CHECKED;
void store_close(struct store *s); /* NULL is fine */
/* As it was given to store_open. */
const char *store_path(const struct store *s);
bool store_info(struct store *s, struct arena *a, struct database_info *out,
                struct err *err) VW_CHECKED;

/* Feeds in the order they were imported; for `db status`. */
struct stored_feed {
    struct store_feed feed;
    int64_t imported;
};
struct stored_feeds {
    struct stored_feed *v;
    size_t n, cap;
};
bool store_feeds(struct store *s, struct arena *a, struct stored_feeds *out,
                 struct err *err) VW_CHECKED;

struct store_downloads {
    struct store_download *v;
    size_t n, cap;
};
bool store_downloads(struct store *s, struct arena *a, struct store_downloads *out,
                     struct err *err) VW_CHECKED;

/* ---- everything known of one vulnerability ---- */

struct store_ids {
    uint32_t *v;
    size_t n, cap;
};
/* Records that have this id, or name it among their aliases or upstream ids; by source and part. */
bool store_records_of(struct store *s, struct str id, struct arena *a, struct store_ids *out,
                      struct err *err) VW_CHECKED;
/* A whole record, as it was imported, in `a`. */
bool store_record_all(struct store *s, uint32_t record, struct arena *a, struct vuln *out,
                      struct err *err) VW_CHECKED;
/* What the catalogues say of a CVE (of KEV also what records repeat); NULL when they do not.
 * Predictions live until the next call. */
bool store_kev(struct store *s, struct str id, struct arena *a, const struct kev **out,
               struct err *err) VW_CHECKED;
bool store_epss(struct store *s, struct str id, const struct epss **out,
                struct err *err) VW_CHECKED;
/*
 * All records, ordered by id, source and part: to compare two databases. `hash` differs when the
 * content does (with high probability; a CRC-32).
 */
struct store_walked {
    struct str id, source, part;
    int64_t modified;
    uint32_t hash, record;
};
bool store_walk_first(struct store *s, struct err *err) VW_CHECKED;
/* *more false at the end; views are valid until the next call. */
bool store_walk_next(struct store *s, struct store_walked *out, bool *more,
                     struct err *err) VW_CHECKED;

/* ---- looking around (browse.c) ---- */

struct store_names {
    struct str *v;
    size_t n, cap;
};
/* Ids of records that start with `prefix`, at most `max`, in order. */
bool store_names_like(struct store *s, struct str prefix, size_t max, struct arena *a,
                      struct store_names *out, struct err *err) VW_CHECKED;
struct store_like {
    int64_t id;                 /* for store_segment_open */
    struct str vendor, product; /* `vendor` of a package is its ecosystem */
    bool package;
};
struct store_likes {
    struct store_like *v;
    size_t n, cap;
};
/* Products and packages whose (canonical) name starts with `prefix`, at most `max`, by name. */
bool store_products_like(struct store *s, struct str prefix, size_t max, struct arena *a,
                         struct store_likes *out, struct err *err) VW_CHECKED;
/* The whole catalogue of known exploited vulnerabilities, by id; it lives as long as `s`. */
bool store_kev_all(struct store *s, const struct kev **v, size_t *n, struct err *err) VW_CHECKED;
/* All predictions, by vuln_key of the CVE. */
struct store_epss_value {
    uint64_t key;
    uint32_t score, percentile; /* as in struct epss */
};
bool store_epss_first(struct store *s, struct err *err) VW_CHECKED;
bool store_epss_next(struct store *s, struct store_epss_value *out, bool *more,
                     struct err *err) VW_CHECKED;

/* A product that some vulnerable criterion names. */
struct store_product {
    int64_t id;
    struct str vendor; /* canonical CPE value */
};
struct store_products {
    struct store_product *v;
    size_t n, cap;
};
/* All CPE products of this (canonical) name, by vendor. `out` is appended to. */
bool store_products_named(struct store *s, struct str product, struct arena *a,
                          struct store_products *out, struct err *err) VW_CHECKED;

/* Likewise packages of this (normal) name; `vendor` is then the ecosystem ("Debian:12"). */
bool store_packages_named(struct store *s, struct str package, struct arena *a,
                          struct store_products *out, struct err *err) VW_CHECKED;
/* Ecosystems that packages of the database are in, and how many packages each has. */
struct store_ecosystem {
    struct str name;
    uint64_t packages;
};
struct store_ecosystems {
    struct store_ecosystem *v;
    size_t n, cap;
};
bool store_ecosystems(struct store *s, struct arena *a, struct store_ecosystems *out,
                      struct err *err) VW_CHECKED;

/*
 * The records that name a product, with that product's own vulnerable criteria. When `alone` is
 * set, any one of them matching makes the record apply; otherwise they stand in a structure, and
 * store_applicability() has the whole.
 */
struct store_entry {
    uint32_t record;
    uint64_t key; /* vuln_single_key of the record */
    bool alone;
    bool list;      /* a version list (store_entry_list) in place of criteria; always alone */
    struct str raw; /* the criterion store_entry_next gave last, for store_criterion_decode */
    /* private */
    const char *at_, *end_;
};
struct store_segment {
    struct str vendor, product;
    const char *path; /* of the database, for messages */
    const char *at_, *end_;
};
/* `out` is valid until the next call of store_segment_open. */
bool store_segment_open(struct store *s, int64_t product_id, struct str vendor, struct str product,
                        struct store_segment *out, struct err *err) VW_CHECKED;
/* *more false at the end. */
bool store_segment_next(struct store_segment *seg, struct store_entry *entry, bool *more,
                        struct err *err) VW_CHECKED;
/* The entry's next criterion; its views point into the segment. */
bool store_entry_next(const struct store_segment *seg, struct store_entry *entry,
                      struct criterion *c, bool *more, struct err *err) VW_CHECKED;

/*
 * The version list of an entry: views point into the segment. The ranges follow with
 * store_list_range, *more false at the end.
 */
struct store_list {
    struct str provider;
    enum affected_status fallback;
    bool weak;          /* the name is made from free text */
    bool only_commits;  /* it had ranges, but none of versions */
    bool lossy;         /* an affected version could not be read */
    struct criterion c; /* the name; a version only where the list has no ranges */
    struct str raw;     /* for store_list_decode */
    /* private */
    const char *at_, *end_;
};
bool store_entry_list(const struct store_segment *seg, const struct store_entry *entry,
                      struct store_list *out, struct err *err) VW_CHECKED;
bool store_list_range(struct store_list *list, struct version_range *out, bool *more);
/* A list from (a copy of) its raw form; its views point into `raw`. */
void store_list_decode(struct str raw, struct str vendor, struct str product,
                       struct store_list *out);

/* A criterion from (a copy of) its raw form; its views point into `raw`. */
void store_criterion_decode(struct str raw, struct str vendor, struct str product,
                            struct criterion *out);

/* What a finding needs of a record. */
struct store_record {
    /* Id, source, part, dates, rejected, cvss, cwes, aliases, upstream, stated_severity; nodes and
     * criteria where the structure is kept with the record. */
    struct vuln v;
    bool superseded; /* replaced by a newer one: nothing else is set, and it does not count */
    bool detailed;   /* store_record_details was there */
    int64_t block_;  /* where the details are */
    size_t at_;
};
/* All of it in `a`. */
bool store_record_load(struct store *s, uint32_t record, struct arena *a, struct store_record *out,
                       struct err *err) VW_CHECKED;
/* Description, references and status of a loaded record, into out->v. */
bool store_record_details(struct store *s, struct arena *a, struct store_record *out,
                          struct err *err) VW_CHECKED;

#endif
