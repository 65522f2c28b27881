/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of zip files and of tar files (plain or compressed by gzip, xz, zstd, bzip2), one after
 * the other. Tar files go through libarchive, which is loaded when the first is opened. Names of
 * entries are only names: nothing is ever written or opened under them.
 */
#ifndef VULNWARD_CODEC_ARCHIVE_H
#define VULNWARD_CODEC_ARCHIVE_H

#include "base/err.h"
#include "base/str.h"
#include "codec/sha256.h"

enum unpack_kind { UNPACK_NOT, UNPACK_ZIP, UNPACK_TAR, UNPACK_TAR_PACKED };

/*
 * What kind of archive starts with the bytes `raw`, which gunzipped (when they are gzip) start with
 * `content`.
 */
enum unpack_kind unpack_kind_of(struct str raw, struct str content);

struct unpack_entry {
    struct str name; /* valid UTF-8 without control characters (what was one is `?`) until the next
                        entry */
    bool folder;
    bool regular; /* false: a link or a device, which has no content */
};

struct unpack;

/*
 * Opens an archive that is a file with a place to seek in. `name` is for messages; it and `fd` stay
 * the caller's and must outlive the struct.
 */
bool unpack_open(int fd, enum unpack_kind kind, const char *name, struct unpack **out,
                 struct err *err) VW_CHECKED;
/* From the first entry again. */
bool unpack_rewind(struct unpack *u, struct err *err) VW_CHECKED;
/*
 * The next entry; *more is false at the end, which is reached only when the archive is complete.
 * What was not read of the entry before is passed over.
 */
bool unpack_next(struct unpack *u, struct unpack_entry *e, bool *more, struct err *err) VW_CHECKED;
/* Content of the current entry; *got is 0 only at its end, when its checksum was right. */
bool unpack_read(struct unpack *u, void *p, size_t n, size_t *got, struct err *err) VW_CHECKED;
/* For progress: how far in the file it is, and the size of the file. */
unsigned long long unpack_at(const struct unpack *u);
unsigned long long unpack_size(const struct unpack *u);
void unpack_close(struct unpack *u); /* NULL is fine */

/* The digest of the whole file. */
bool unpack_digest(int fd, char hex[SHA256_HEX], struct err *err) VW_CHECKED;

#endif
