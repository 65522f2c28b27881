/* SPDX-License-Identifier: Apache-2.0 */
/* feed_import() of a path that holds exactly one feed, whose info is wanted. */
#ifndef VULNWARD_TESTS_IMPORT_ONE_H
#define VULNWARD_TESTS_IMPORT_ONE_H

#include "feed/feed.h"

static inline bool import_one_done(void *ctx, const struct feed_info *info, struct err *err)
{
    (void)err;
    *(struct feed_info *)ctx = *info;
    ((struct feed_info *)ctx)->name = (struct str){0}; /* does not live on */
    return true;
}

static inline bool import_one(const char *path, const struct vuln_sink *sink,
                              const struct feed_progress *progress, struct feed_info *info,
                              struct err *err)
{
    const struct feed_taker taker = {.ctx = info, .sink = sink, .done = import_one_done};
    *info = (struct feed_info){.published = DATE_NONE};
    return feed_import(path, &taker, progress, err);
}

#endif
