/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of JSON feeds, batch by batch, of which only one is in memory, however large the feed.
 * Either they are the elements of one large array in a top-level object ("vulnerabilities",
 * "CVE_Items"); then what stands around the array (format, version, counts) is kept as a small
 * document of its own, in which the array is empty. Or each is a document of its own, which has a
 * name.
 */
#ifndef VULNWARD_CODEC_JSON_STREAM_H
#define VULNWARD_CODEC_JSON_STREAM_H

#include "codec/json_scan.h"
#include "codec/stream.h"

struct json_stream {
    struct stream *in;
    char *buf; /* read ahead */
    size_t at, n, cap;
    bool in_end;
    unsigned long long consumed; /* bytes of content before buf[at] */
    char *rest;                  /* the document around the array */
    size_t rest_n, rest_cap;
    const char *const *arrays;
    int state;
};

/* One record within a batch. */
struct json_record {
    size_t at, n;              /* in batch.text */
    unsigned long long offset; /* in the content of the feed; of a document: its byte order mark */
    bool document;             /* a file of its own, not looked at yet; its name: */
    size_t name, name_n;       /* in batch.text */
};

/* Zero it before the first use; its memory is reused. Each record has 4 spare bytes behind it. */
struct json_batch {
    char *text;
    size_t n, cap;
    struct json_record *records;
    size_t n_records, cap_records;
};

/*
 * Reads up to the array: the first member of the top-level object whose name is in `arrays`
 * (NULL-terminated) and whose value is an array. `in` stays the caller's.
 */
bool json_stream_open(struct json_stream *s, struct stream *in, const char *const *arrays,
                      struct err *err) VW_CHECKED;
/*
 * The next records, about `want` bytes of them, at least one; none (n_records 0) at the end, which
 * is reached only when the document is complete.
 */
bool json_stream_next(struct json_stream *s, struct json_batch *batch, size_t want,
                      struct err *err) VW_CHECKED;
/*
 * Adds the rest of `in` as a document; batch->n and n_records are 0 in a batch to be filled anew.
 */
bool json_batch_add(struct json_batch *batch, struct stream *in, struct str name,
                    struct err *err) VW_CHECKED;
/* The document around the array; complete only after the end was reached. */
struct str json_stream_rest(const struct json_stream *s);
void json_stream_close(struct json_stream *s);
void json_batch_free(struct json_batch *b);

#endif
