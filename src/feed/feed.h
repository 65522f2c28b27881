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

/* What became of one file. */
struct feed_info {
    const char *format;      /* "nvd-json-2.0" */
    const char *source;      /* "nvd" */
    uint64_t records;        /* read */
    uint64_t rejected;       /* of them, rejected or withdrawn by their source */
    uint64_t declared;       /* records the feed says it has; 0 when it does not say */
    uint64_t unreadable;     /* statements that could not be used; never silent */
    int64_t published;       /* the feed's own time stamp; DATE_NONE */
    uint64_t bytes;          /* of content, uncompressed */
    char sha256[SHA256_HEX]; /* of the file */
    bool meta_checked;       /* a .meta file beside it confirmed the content */
};

/* Where a streaming reader hands its records: feed_emit() and what it needs. */
struct feed_out;
bool feed_emit(struct feed_out *out, const struct vuln *v, struct err *err) VW_CHECKED;

struct feed_format {
    const char *name, *source, *summary;
    /* As for inventories: 0..100 from the first bytes (uncompressed) of the content. */
    int (*probe)(struct str head);
    /* JSON with one array of records: names of the array, NULL-terminated ... */
    const char *const *arrays;
    /* ... one record into *v (zeroed, dates DATE_NONE; everything it needs from `a`, the record
     * arena) ... */
    bool (*record)(const struct json *rec, struct arena *a, struct vuln *v, struct err *err);
    /* ... and what stands around the array: checks it, sets info->published. May be NULL. */
    bool (*around)(const struct json *rest, struct feed_info *info, struct err *err);
    /* Other formats: reads `in` to its end; `a` is a record arena to be reset after each feed_emit.
     */
    bool (*read)(struct stream *in, struct arena *a, struct feed_out *out, struct feed_info *info,
                 struct err *err);
};

extern const struct feed_format *const feed_formats[]; /* NULL-terminated */

/* Called now and then while a feed is read; `done` and `total` are bytes of the file, total 0 when
 * unknown. */
struct feed_progress {
    void *ctx;
    void (*tick)(void *ctx, const char *path, unsigned long long done, unsigned long long total);
};

/*
 * Imports one file, detecting its format. A NAME.meta beside NAME.json.gz (or .json, .xml, .xml.gz)
 * must confirm size and SHA-256 of the content. On failure the sink may have taken some records:
 * its owner must throw everything away.
 */
bool feed_import(const char *path, const struct vuln_sink *sink,
                 const struct feed_progress *progress, struct feed_info *info,
                 struct err *err) VW_CHECKED;
/* Is its content in one of the formats? For walking folders; false with err set when it can not be
 * read. */
bool feed_is_known(const char *path, bool *known, struct err *err) VW_CHECKED;
/* Does the name look like a feed (.json, .json.gz, .xml, .xml.gz)? For walking folders. */
bool feed_is_candidate(struct str path);

#endif
