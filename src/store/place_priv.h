/* SPDX-License-Identifier: Apache-2.0 */
/* Putting a finished file in the database's place, durably. The writer's lock is held. */
#ifndef VULNWARD_STORE_PLACE_PRIV_H
#define VULNWARD_STORE_PLACE_PRIV_H

#include "base/err.h"

#define PLACE_PATH 4200

/* Copies what `from` has from its position. */
bool place_copy(int from, int to, struct err *err) VW_CHECKED;
/* The content of a file (or folder, with O_DIRECTORY in `flags`) survives a power cut. */
bool place_sync(const char *path, int flags, struct err *err) VW_CHECKED;
/* Likewise the folder that `path` stands in. */
bool place_sync_folder(const char *path, struct err *err) VW_CHECKED;
/* Syncs `tmp`, renames it to `path`, syncs the folder: after a power cut there is the old file or
 * the whole new one. */
bool place_rename(const char *tmp, const char *path, struct err *err) VW_CHECKED;

#endif
