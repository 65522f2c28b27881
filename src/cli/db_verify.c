/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward db verify: is the database as it was written? */
#include "cli/db_actions.h"
#include "store/verify.h"
#include "base/banned.h"

#define SHOWN 20

struct verifying {
    struct progress progress;
    const char *path;
    uint64_t shown;
};

static void damage(void *ctx, const char *text)
{
    struct verifying *v = ctx;
    progress_end(&v->progress);
    if (v->shown++ < SHOWN)
        note("%s: %s", v->path, text);
}

static void tick(void *ctx, unsigned long long done, unsigned long long total)
{
    struct verifying *v = ctx;
    progress_tick(&v->progress, v->path, done, total);
}

static int verify(struct run *run, const struct args *args)
{
    struct verifying v = {.path = run->database.p};
    struct store_verifier it = {.damage = damage, .tick = tick, .ctx = &v};
    struct err err = {0};
    if (args->operands.n) {
        err_set(&err, ERR_USAGE, "verify wants no operands");
        return usage_error(&command_db, &err);
    }
    progress_start(&v.progress);
    bool ok = store_verify(run->database.p, &it, &err);
    progress_end(&v.progress);
    if (!ok)
        return fail(&err, EXIT_DATABASE);
    if (!it.damaged) {
        printf("%.*s: nothing is damaged: %llu records, %llu products\n", STR_ARG(run->database),
               (unsigned long long)it.records, (unsigned long long)it.products);
        return EXIT_PASSED;
    }
    if (it.damaged > SHOWN)
        note("%s: and %llu more", v.path, (unsigned long long)(it.damaged - SHOWN));
    note(
        "%s: is damaged; go back to a snapshot ('vulnward db snapshot list'), or import again with "
        "--fresh",
        v.path);
    return EXIT_DATABASE;
}

static const struct option_spec options[] = {
    DB_OPTION_FILE,
    {'h', "help", NULL, "this text"},
    {0},
};

const struct db_action db_verify = {
    .name = "verify",
    .summary = "read all of it and report damage",
    .usage = "vulnward db verify [-d FILE]",
    .options = options,
    .main = verify,
};
