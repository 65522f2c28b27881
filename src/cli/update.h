/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vulnward db update: one job per source. A job downloads what is new into a folder of its own
 * (update_sources.c says how), then everything is imported at once (update_import.c), without the
 * jobs that failed.
 */
#ifndef VULNWARD_CLI_UPDATE_H
#define VULNWARD_CLI_UPDATE_H

#include "cli/cli.h"
#include "net/fetch.h"
#include "store/store.h"

struct update;
struct update_job;

struct update_source {
    const char *name;
    const char *url;     /* the publisher's, a folder unless `download` says otherwise */
    bool single;         /* its whole feeds are one and the same, whatever their names (dates) */
    bool changes_filled; /* a feed of changes always has some */
    /* Fetches what is new: update_get, update_take, update_remember. */
    bool (*download)(struct update *u, struct update_job *job, struct err *err);
};
extern const struct update_source update_sources[]; /* ended by a NULL name */
#define UPDATE_API "nvd-api" /* a name for --mirror, besides those of the table */

struct update_job {
    const struct update_source *source;
    struct str name;                 /* "nvd", "osv:Red Hat" */
    struct str part;                 /* "Red Hat"; empty */
    struct str file;                 /* of a part: how its feed is called */
    struct str dir;                  /* what it downloads into */
    VEC(struct str) files;           /* to be imported, in this order */
    VEC(struct store_download) seen; /* remembered when the job is done */
    bool pages;                      /* the files are pieces of one feed: sizes mean nothing */
    bool failed, keep;               /* keep: what was downloaded may be of use the next time */
    struct err err;
    uint64_t records;
    struct store_counts counts;
};

struct update_mirror {
    struct str name, url;
};

struct update {
    struct run *run;
    struct fetcher *fetcher;
    struct progress progress;
    struct str downloading; /* name of the job, for the progress */
    struct str dir;         /* the work folder, FILE.update */
    int lock;               /* of it; -1: none */
    const char *api_key, *secret_header;
    bool accept_shrink;
    unsigned wait_s;
    struct store_keep keep;
    struct fetch_options options;
    VEC(struct update_mirror) mirrors;
    VEC(struct update_job) jobs;
    /* what the database has; nothing when there is none */
    bool have;
    struct database_info info;
    struct stored_feeds feeds;
    struct store_downloads downloads;
};

/* ---- for sources ---- */

/* Where a source is fetched from: the mirror of that name, else `otherwise`. Without a '/' at the
 * end. */
struct str update_base(const struct update *u, const char *name, const char *otherwise);
bool update_has_mirror(const struct update *u, const char *name);
/* Percent-encodes all but the unreserved characters of RFC 3986. */
bool update_encode(struct arena *a, struct str s, struct str *out, struct err *err) VW_CHECKED;

struct update_get {
    struct str url, name; /* name: of the file in the job's folder */
    bool always;          /* unconditionally, whatever is remembered */
    bool api;             /* with the key */
    bool (*check)(void *ctx, const char *path, struct err *err);
    void *check_ctx;
    /* results */
    struct str path;
    struct fetch_result result;
};
bool update_get(struct update *u, struct update_job *job, struct update_get *g,
                struct err *err) VW_CHECKED;
/* A file is to be imported. */
bool update_take(struct update *u, struct update_job *job, struct str path,
                 struct err *err) VW_CHECKED;
/* The publisher has just said that this is the newest. */
bool update_remember(struct update *u, struct update_job *job, struct str url, const char *etag,
                     const char *last_modified, struct err *err) VW_CHECKED;
/* What was remembered of a URL; NULL: nothing. */
const struct store_download *update_remembered(const struct update *u, struct str url);
/* Up to when the database has a source; DATE_NONE. */
int64_t update_covered(const struct update *u, const char *source);
/* Likewise of a part of one: what was taken of it, whatever the other parts have. */
int64_t update_job_covered(const struct update *u, const struct update_job *job);
/* When its publisher last said that the database has the newest; DATE_NONE. */
int64_t update_job_confirmed(const struct update *u, const struct update_job *job);
/* Records of a source in the database. */
uint64_t update_records(const struct update *u, const char *source);

bool update_nvd(struct update *u, struct update_job *job, struct err *err) VW_CHECKED;
bool update_nvd_api(struct update *u, struct update_job *job, struct err *err) VW_CHECKED;
bool update_cvelist(struct update *u, struct update_job *job, struct err *err) VW_CHECKED;

/* ---- the import (update_import.c) ---- */

/* Fewer than this many per cent of the records there were: refused. */
#define UPDATE_SHRINK_PERCENT 90
/* Sets `err`, unless --accept-shrink or there is nothing wrong. */
bool update_shrink(const struct update *u, struct str name, uint64_t had, uint64_t has,
                   struct err *err) VW_CHECKED;
/* Imports the files of all jobs that have not failed; those that fail now are marked. False when it
 * was not a source's fault. *written: there is a new database. */
bool update_import(struct update *u, bool *written, struct err *err) VW_CHECKED;

#endif
