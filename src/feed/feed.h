/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Importers of vulnerability data: one file per source format, one struct, one table (feeds.c). A
 * format gives either a function per record of a JSON array (several threads then share the work)
 * or a function that reads the stream from front to back.
 */
#ifndef VULNWARD_FEED_FEED_H
#define VULNWARD_FEED_FEED_H

#include "codec/json_read.h"
#include "codec/sha256.h"
#include "codec/stream.h"
#include "model/vuln.h"

/* What became of one feed: a file, or all single records of one format in a folder or an archive.
 */
struct feed_info {
    const char *format;  /* "nvd-json-2.0" */
    const char *source;  /* "nvd" */
    struct str name;     /* base name of the file, the folder or the archive (a feed inside an
                            archive: "ARCHIVE/NAME"); lives until `done` returns */
    bool whole;          /* false: only changes ("modified", "recent", deltas, single records) */
    uint64_t records;    /* read */
    uint64_t rejected;   /* of them, rejected or withdrawn by their source */
    uint64_t declared;   /* records the feed says it has; 0 when it does not say */
    uint64_t unreadable; /* statements that could not be used; never silent */
    uint64_t foreign;    /* files of a folder or archive that are in no known format; told */
    int64_t published;   /* the feed's own time stamp, else its newest record's; DATE_NONE */
    uint64_t bytes;      /* of content, uncompressed */
    char sha256[SHA256_HEX]; /* of the file; of a folder: over sorted names and content */
    bool meta_checked;       /* a .meta file beside it confirmed the content */
};

/* Where a streaming reader hands what it reads: feed_emit*() and what they need. */
struct feed_out;
bool feed_emit(struct feed_out *out, const struct vuln *v, struct err *err) VW_CHECKED;
bool feed_emit_kev(struct feed_out *out, const struct kev *k, struct err *err) VW_CHECKED;
bool feed_emit_epss(struct feed_out *out, const struct epss *e, struct err *err) VW_CHECKED;

struct feed_format {
    const char *name, *source, *summary;
    /* As for inventories: 0..100 from the first bytes (uncompressed) of the content. */
    int (*probe)(struct str head);
    /*
     * JSON: one record into *v (zeroed, dates DATE_NONE, `part` the last folder the record's file
     * stands in within its folder or archive; everything it needs from `a`, the record arena) ...
     */
    bool (*record)(const struct json *rec, struct arena *a, struct vuln *v, struct err *err);
    /* ... of a file with one array of records: names of the array, NULL-terminated. NULL: a
     * file is one record. */
    const char *const *arrays;
    /* ... and what stands around the array: checks it, sets info->published. May be NULL. */
    bool (*around)(const struct json *rest, struct feed_info *info, struct err *err);
    /* Other formats: reads `in` to its end; `a` is a record arena to be reset after each feed_emit.
     */
    bool (*read)(struct stream *in, struct arena *a, struct feed_out *out, struct feed_info *info,
                 struct err *err);
};

extern const struct feed_format *const feed_formats[]; /* NULL-terminated */

/* Called now and then while a feed is read; `done` and `total` are bytes of the file (of a folder:
 * files), total 0 when unknown. */
struct feed_progress {
    void *ctx;
    void (*tick)(void *ctx, const char *path, unsigned long long done, unsigned long long total);
};

/* What becomes of what was read. */
struct feed_taker {
    void *ctx;
    const struct vuln_sink *sink;
    /* A feed is complete: everything the sink got since the last call is of it. */
    bool (*done)(void *ctx, const struct feed_info *info, struct err *err);
    /* A file that was left out: `why` in words. May be NULL. */
    void (*left_out)(void *ctx, const char *path, const char *why);
};

/*
 * Imports what is at `path`, detecting formats: a feed, a single record, a folder or an archive
 * (zip, tar; also a zip inside a zip) of both, walked through in the order of names. A NAME.meta
 * beside NAME.json.gz (or .json, .xml, .xml.gz) must confirm size and SHA-256 of the content. On
 * failure the sink may have taken some records: its owner must throw everything away. It is an
 * error when there was no feed at all.
 */
bool feed_import(const char *path, const struct feed_taker *taker,
                 const struct feed_progress *progress, struct err *err) VW_CHECKED;

#endif
