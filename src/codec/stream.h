/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes read from front to back in bounded memory: of a file, of memory, or from a function (an
 * entry of an archive); gunzipped when they are gzip (RFC 1952, several members too; told by the
 * first bytes, not by a name). How far they may expand is limited.
 */
#ifndef VULNWARD_CODEC_STREAM_H
#define VULNWARD_CODEC_STREAM_H

#include "base/err.h"
#include "codec/sha256.h"

/* Up to `n` bytes; *got is 0 only at the end. */
struct stream_source {
    void *ctx;
    bool (*read)(void *ctx, void *p, size_t n, size_t *got, struct err *err);
};

/* How far the header of a gzip member was read. */
struct gzip_header {
    unsigned stage, flags, length; /* `length` of the extra field */
    size_t n;                      /* bytes of this stage */
    uint32_t crc, stated;
};

/* A stream of {0} is closed and ready to be opened. */
struct stream {
    const char *name; /* the caller's; must outlive the stream */
    int fd;           /* with is_file */
    bool is_file;
    struct stream_source source; /* else this, else memory */
    struct str memory;
    void *z; /* inflate state, kept when the stream is opened again */
    bool gzip;
    unsigned char *in; /* compressed (or plain) bytes read ahead */
    size_t in_at, in_n;
    bool in_end;     /* there are no more */
    bool mid_member; /* inside a gzip member */
    struct gzip_header header;
    bool peeking;        /* nothing read ahead may be thrown away */
    unsigned char *head; /* of gzip: what stream_peek inflated */
    size_t head_at, head_n;
    unsigned long long bytes_in, bytes_out;
    unsigned long long size; /* of the file, for progress; 0 when not known */
    struct sha256 *hash_in;  /* of the file as it is */
    struct sha256 *hash_out; /* of what comes out */
};

/* Most that stream_peek gives. */
#define STREAM_PEEK ((size_t)64 << 10)

/* A file ("-": standard input), with digests. */
bool stream_open(struct stream *s, const char *path, bool want_content_hash,
                 struct err *err) VW_CHECKED;
/*
 * These reuse the memory of a stream they are called for again, and make no digests until
 * stream_hash() is called. `size` may be 0.
 */
bool stream_open_file(struct stream *s, const char *path, struct err *err) VW_CHECKED;
bool stream_open_source(struct stream *s, const char *name, struct stream_source source,
                        unsigned long long size, struct err *err) VW_CHECKED;
bool stream_open_memory(struct stream *s, const char *name, struct str data,
                        struct err *err) VW_CHECKED;
/*
 * The first bytes of the content, at most STREAM_PEEK, without consuming them; before the first
 * stream_read. Less than that when there is no more, or when it does not come out of the first
 * 256 KiB. Valid until the next call.
 */
bool stream_peek(struct stream *s, struct str *head, struct err *err) VW_CHECKED;
/* The first bytes as they are, also those of gzip. */
struct str stream_raw(const struct stream *s);
/* Digests from the first byte on; before the first stream_read. */
bool stream_hash(struct stream *s, bool content, struct err *err) VW_CHECKED;
/* All bytes as they are (not inflated), instead of stream_read: to `fd`, at most `limit`. */
bool stream_spool(struct stream *s, int fd, unsigned long long limit, struct err *err) VW_CHECKED;
/* Up to `n` bytes; *got is 0 only at the end. */
bool stream_read(struct stream *s, void *p, size_t n, size_t *got, struct err *err) VW_CHECKED;
/* Digests so far as lower-case hex; call at the end. `content` may be NULL. */
bool stream_digests(struct stream *s, char file[SHA256_HEX], char content[SHA256_HEX],
                    struct err *err) VW_CHECKED;
void stream_close(struct stream *s);

#endif
