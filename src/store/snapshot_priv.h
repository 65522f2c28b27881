/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VULNWARD_STORE_SNAPSHOT_PRIV_H
#define VULNWARD_STORE_SNAPSHOT_PRIV_H

#include "store/snapshot.h"

/*
 * The last step of everything that makes a new database: keeps the one at `path` as a snapshot,
 * puts `tmp` in its place, and removes snapshots beyond `keep->n`. The lock is held. Only the
 * middle step can fail.
 */
bool snapshot_replace(const char *tmp, const char *path, const struct store_keep *keep,
                      struct err *err) VW_CHECKED;
/* The largest serial of the database at `path` and its snapshots; 0 when there are none. */
bool snapshot_last_serial(const char *path, uint64_t *out, struct err *err) VW_CHECKED;

#endif
