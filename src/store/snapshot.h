/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshots: databases that were replaced, kept in the folder FILE.snapshots as BUILT-SERIAL.db, so
 * that a scan can be repeated as of a date. A database is never changed in place, so a snapshot is
 * a hard link, or a copy where the file system has none.
 */
#ifndef VULNWARD_STORE_SNAPSHOT_H
#define VULNWARD_STORE_SNAPSHOT_H

#include "base/arena.h"

/* What becomes of a database that is replaced. */
struct store_keep {
    unsigned n; /* how many snapshots are kept, the newest; 0: none */
    void (*warn)(void *ctx, const char *text); /* keeping one failed; NULL: nobody is told */
    void *ctx;
};

struct store_snapshot {
    struct str path;
    int64_t built; /* whole seconds, as in the name */
    uint64_t serial, size;
    bool current; /* this is the database itself */
};
struct store_snapshots {
    struct store_snapshot *v;
    size_t n, cap;
};

/*
 * The database at `path`, when it can be read, and its snapshots, newest first. Nothing but their
 * names is looked at; no folder means no snapshots.
 */
bool store_snapshots(const char *path, struct arena *a, struct store_snapshots *out,
                     struct err *err) VW_CHECKED;
/*
 * The one meant by "1795296600" (its serial) or a date: the newest that was built by then. A date
 * without a time means the end of that day. The error lists what there is.
 */
bool store_snapshot_find(const char *path, struct str wanted, struct arena *a,
                         struct store_snapshot *out, struct err *err) VW_CHECKED;
/*
 * Puts a snapshot in the database's place; what stood there becomes one. None is removed.
 * `out->current` tells that it stood there already.
 */
bool store_snapshot_use(const char *path, struct str wanted, unsigned wait_seconds,
                        const struct store_keep *keep, struct arena *a, struct store_snapshot *out,
                        struct err *err) VW_CHECKED;

#endif
