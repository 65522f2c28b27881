/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in, whole files out. */
#ifndef VULNWARD_BASE_IO_H
#define VULNWARD_BASE_IO_H

#include "base/arena.h"
#include "base/buf.h"

/* Bytes and the name they are known by in messages and reports. Readers take this, never a path. */
struct input {
    struct str name;
    struct str data;
};

/*
 * Reads a whole file ("-": standard input) of at most `limit` bytes into the arena. A directory is
 * an error. The data are followed by 16 zero bytes that are not counted.
 */
bool io_read(struct arena *a, const char *path, size_t limit, struct input *out,
             struct err *err) VW_CHECKED;
bool io_is_dir(const char *path);
bool io_exists(const char *path);
/*
 * The paths of the files in `dir` and below, sorted by name, as terminated strings. Hidden files
 * are left out, symbolic links are followed only to files; a dangling one is listed. `out->n` may
 * be 0.
 */
struct path_list {
    struct str *v;
    size_t n, cap;
};
bool io_list_dir(struct arena *a, const char *dir, struct path_list *out,
                 struct err *err) VW_CHECKED;

/*
 * A file that appears under its name only when it is complete: written beside it under a temporary
 * name, then renamed. "-" writes to standard output. `path` must outlive the struct.
 */
struct out_file {
    struct buf buf; /* write here */
    const char *path;
    char tmp[4096];
    int fd;
};
bool out_open(struct out_file *f, const char *path, struct err *err) VW_CHECKED;
/* Flushes, closes and renames; on failure the temporary file is removed and nothing has changed. */
bool out_commit(struct out_file *f, struct err *err) VW_CHECKED;
/* Gives up; harmless after out_commit. */
void out_abort(struct out_file *f);

#endif
