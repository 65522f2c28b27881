/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How feeds are imported once their format is known: by several threads where a feed gives its
 * records one by one.
 */
#ifndef VULNWARD_FEED_ENGINE_PRIV_H
#define VULNWARD_FEED_ENGINE_PRIV_H

#include <pthread.h>

#include "codec/json_stream.h"
#include "feed/feed.h"

/* Where a run's records come from; called by one thread at a time. */
struct batch_source {
    void *ctx;
    /* The next records, about `want` bytes of them, into the empty batch; none: the end. */
    bool (*next)(void *ctx, struct json_batch *batch, size_t want, struct err *err);
};

/* Tells how far it is. */
struct ticker {
    void *ctx;
    void (*tick)(void *ctx);
};

/* A running import; also what feed_emit() works on. The first members are the caller's. */
struct feed_out {
    const struct feed_format *format;
    const struct vuln_sink *sink;
    struct feed_info *info;
    struct ticker ticker;
    const char *path;  /* of the feed, for messages */
    const char *joint; /* stands between it and the name of a document in it */
    /* Its own. */
    int64_t newest; /* of the records */
    void *batch;    /* of feed_emit */
    size_t in_batch;
    struct batch_source source;
    /* Threads: `read_lock` guards source, next_read and ended; `lock` guards the rest. */
    pthread_mutex_t read_lock, lock;
    pthread_cond_t turn;
    uint64_t next_read, next_commit;
    bool ended, failed;
    uint64_t failed_at; /* batch of the earliest failure: the one reported */
    struct err err;
};

/*
 * The format whose probe is surest; NULL when there is none. `likely` (may be NULL) is asked first:
 * of thousands of files in a row all but a few are what the first was.
 */
const struct feed_format *feed_detect(struct str head, const struct feed_format *likely);
/* One record is a file, and a file one record? */
bool feed_is_record(const struct feed_format *f);

/* All records of `source`. */
bool engine_run(struct feed_out *o, struct batch_source source, struct err *err) VW_CHECKED;
/* A feed of any format, from its start. */
bool engine_read(struct feed_out *o, struct stream *in, struct err *err) VW_CHECKED;

/* The .meta file of the NVD's feeds. */
struct meta {
    bool present;
    struct str sha256; /* as written, any case */
    uint64_t size;     /* of the content; 0 when not said */
};
bool meta_read(struct arena *a, const char *path, struct meta *m, struct err *err) VW_CHECKED;
bool meta_check(const struct meta *m, const char content[SHA256_HEX], uint64_t bytes,
                struct err *err) VW_CHECKED;

#endif
