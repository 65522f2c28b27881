/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file read from front to back in bounded memory, gunzipped when it is gzip (RFC 1952, several
 * members too; told by its first bytes, not by its name). How far it may expand is limited.
 */
#ifndef VULNWARD_CODEC_STREAM_H
#define VULNWARD_CODEC_STREAM_H

#include "base/err.h"
#include "codec/sha256.h"

struct stream {
    const char *name; /* the caller's; must outlive the stream */
    int fd;
    void *z;           /* z_stream when gzip, else NULL */
    unsigned char *in; /* compressed (or plain) bytes read ahead */
    size_t in_at, in_n;
    bool in_end;     /* the file has no more */
    bool mid_member; /* inside a gzip member */
    unsigned long long bytes_in, bytes_out;
    unsigned long long size; /* of the file, for progress; 0 when not known */
    struct sha256 *hash_in;  /* of the file as it is */
    struct sha256 *hash_out; /* of what comes out; only with want_content_hash */
};

bool stream_open(struct stream *s, const char *path, bool want_content_hash,
                 struct err *err) VW_CHECKED;
/* Up to `n` bytes; *got is 0 only at the end. */
bool stream_read(struct stream *s, void *p, size_t n, size_t *got, struct err *err) VW_CHECKED;
/* Digests so far as lower-case hex; call at the end. `content` may be NULL. */
bool stream_digests(struct stream *s, char file[SHA256_HEX], char content[SHA256_HEX],
                    struct err *err) VW_CHECKED;
void stream_close(struct stream *s);

#endif
