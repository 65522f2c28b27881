// lint as: src/match/logic.c
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/banned.h"

void logic(struct db *db)
{
    int rc;
    while ((rc = sqlite3_step(db->st) == SQLITE_ROW)) // expect: assigns-comparison
        rc++;
    while ((rc = sqlite3_step(db->st)) == SQLITE_ROW)
        rc++;
    if (!(rc == sqlite3_step(db->st)))
        return;
    int TODO = 1; // expect: todo
}
