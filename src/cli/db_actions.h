/* SPDX-License-Identifier: Apache-2.0 */
/* What 'vulnward db' can do: one file per action, one struct, one table (cmd_db.c). */
#ifndef VULNWARD_CLI_DB_ACTIONS_H
#define VULNWARD_CLI_DB_ACTIONS_H

#include "cli/cli.h"
#include "store/snapshot.h"

struct db_action {
    const char *name, *summary, *usage;
    const struct option_spec *options;
    /* The exit status. run->database is set (from --db, the environment or the default place);
     * operands start behind the action's name. */
    int (*main)(struct run *run, const struct args *args);
};

extern const struct db_action db_import, db_update, db_status, db_verify, db_snapshot, db_export,
    db_install, db_show, db_search, db_diff;

/* How many replaced databases are kept: --keep, else VULNWARD_KEEP, else 2 (db_snapshot.c). */
bool db_take_keep(const struct args *args, struct store_keep *out, struct err *err) VW_CHECKED;
/* Before a wait for another writer: who that is (importing.c). */
void tell_writer(const struct run *run);

#define DB_OPTION_FILE                                                                             \
    {                                                                                              \
        'd', "db", "FILE", "the database (default: VULNWARD_DB, or in the user's data folder)"     \
    }
#define DB_OPTION_KEEP                                                                             \
    {                                                                                              \
        0, "keep", "N", "keep N replaced databases as snapshots (default: VULNWARD_KEEP, or 2)"    \
    }
#define DB_OPTION_WAIT                                                                             \
    {                                                                                              \
        0, "wait", "SECONDS", "wait for another writer so long (default 600)"                      \
    }

#endif
