/* SPDX-License-Identifier: Apache-2.0 */
/* A running import: what 'db import' and 'db update' do alike. */
#ifndef VULNWARD_CLI_IMPORTING_H
#define VULNWARD_CLI_IMPORTING_H

#include "cli/cli.h"
#include "feed/feed.h"
#include "store/store.h"

struct importing {
    struct run *run;
    struct store_import *store;
    struct progress progress;
    bool quiet;                 /* do not tell each feed on standard output */
    struct store_counts counts; /* of all feeds so far */
    uint64_t records;
};

/* For struct feed_taker and struct feed_progress, with a struct importing as context. */
bool importing_close_feed(void *ctx, const struct feed_info *i, struct err *err) VW_CHECKED;
void importing_left_out(void *ctx, const char *path, const char *why);
/* With the progress of it as context. */
void importing_tick(void *ctx, const char *path, unsigned long long done, unsigned long long total);

#endif
