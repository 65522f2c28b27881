/* SPDX-License-Identifier: Apache-2.0 */
/* Folders and archives as one thing: files with names, one after the other, as often as wanted. */
#ifndef VULNWARD_FEED_CONTAINER_PRIV_H
#define VULNWARD_FEED_CONTAINER_PRIV_H

#include "base/io.h"
#include "codec/archive.h"
#include "codec/stream.h"

/* What a file is, as far as it has been looked at; from GROUP_RECORDS on: a single record of
 * feed_formats[group - GROUP_RECORDS]. */
enum { GROUP_UNSEEN, GROUP_NOTHING, GROUP_FEEDS, GROUP_RECORDS, GROUP_MAX = 63 };

struct container {
    char *label;     /* how messages call it: "dir/x.zip", "dir/x.zip: y.zip"; owned */
    struct str name; /* how feeds call it: "x.zip", "x.zip/y.zip"; in label's memory */
    /* A folder ... */
    struct arena arena;
    struct path_list files;
    size_t prefix; /* of the paths: the folder and a slash */
    /* ... or an archive */
    struct unpack *unpack;
    int fd;
    unsigned depth; /* archives around it and itself */
    /* The current file. */
    size_t next;     /* index of the one after it */
    struct str file; /* its path within the container */
    bool regular;
    struct buf shown;    /* label and path, terminated; the stream's name */
    struct stream in;    /* open on it, after container_file_open */
    unsigned char *seen; /* a group for each file */
    size_t seen_cap;
    /* What walk.c knows of it. */
    unsigned group; /* of this pass */
    uint64_t groups_found, groups_done;
    bool ended; /* this pass */
    uint64_t feeds, foreign;
    char sha256[SHA256_HEX]; /* of the archive; empty: not made yet */
};

bool container_open_folder(struct container *c, const char *path, struct err *err) VW_CHECKED;
/* Takes `fd`, also when it fails. `outer` is NULL when it is no file of another archive. */
bool container_open_archive(struct container *c, int fd, enum unpack_kind kind,
                            const struct container *outer, const char *path,
                            struct err *err) VW_CHECKED;
void container_close(struct container *c);
/* What stands between label and path of a file in messages. */
const char *container_joint(const struct container *c);
/* Before the first file again. */
bool container_rewind(struct container *c, struct err *err) VW_CHECKED;
/* The next file; folders in it are passed over. */
bool container_next(struct container *c, bool *more, struct err *err) VW_CHECKED;
/* Opens c->in on the current file. */
bool container_file_open(struct container *c, struct err *err) VW_CHECKED;
/* The group of the current file; a place to remember it in. */
unsigned char *container_group(struct container *c);
/* For progress. */
void container_at(const struct container *c, unsigned long long *done, unsigned long long *total);

struct str path_base(struct str path);

#endif
