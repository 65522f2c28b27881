/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward db: makes, updates and inspects the database. */
#include "cli/db_actions.h"
#include "base/banned.h"

/* clang-format off */
static const struct db_action *const actions[] = {
    &db_import,
    &db_update,
    &db_status,
    &db_verify,
    &db_snapshot,
    &db_export,
    &db_install,
    &db_show,
    &db_search,
    &db_diff,
};
/* clang-format on */
#define N_ACTIONS (sizeof actions / sizeof actions[0])

static int print_actions(void)
{
    printf("vulnward db: %s\n\nusage: %s\n\nactions:\n", command_db.summary, command_db.usage);
    for (size_t i = 0; i < N_ACTIONS; i++)
        printf("  %-10s %s\n", actions[i]->name, actions[i]->summary);
    printf("\n'vulnward db ACTION --help' tells the options of an action.\n");
    return EXIT_PASSED;
}

/* The action, which may stand behind options, and is taken out of `argv`. */
static const struct db_action *take_action(int *argc, char **argv)
{
    for (int i = 1; i < *argc; i++)
        for (size_t k = 0; k < N_ACTIONS; k++)
            if (strcmp(argv[i], actions[k]->name) == 0) {
                memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof *argv);
                --*argc;
                return actions[k];
            }
    return NULL;
}

static int no_action(int argc, char **argv)
{
    struct err err = {0};
    char list[256] = "";
    for (size_t i = 0, n = 0; i < N_ACTIONS; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s",
                              !i                   ? ""
                              : i == N_ACTIONS - 1 ? " and "
                                                   : ", ",
                              actions[i]->name);
    for (int i = 1; i < argc; i++)
        if (argv[i][0] != '-') {
            err_set(&err, ERR_USAGE, "no action \"%.60s\"; there are %s", argv[i], list);
            return usage_error(&command_db, &err);
        }
    err_set(&err, ERR_USAGE, "wanted an action; there are %s", list);
    return usage_error(&command_db, &err);
}

static int run_db(struct run *run, int argc, char **argv)
{
    struct args args;
    struct err err = {0};
    const char *path = NULL;
    const struct db_action *action = take_action(&argc, argv);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            const struct command shown = {.name = action ? action->name : "",
                                          .summary = action ? action->summary : "",
                                          .usage = action ? action->usage : "",
                                          .options = action ? action->options : NULL};
            return action ? print_help(&shown) : print_actions();
        }
    if (!action)
        return no_action(argc, argv);
    bool ok = args_parse(&run->arena, argc, argv, action->options, &args, &err);
    for (size_t i = 0; ok && i < args.options.n; i++)
        if (option_is(&args.options.v[i], "db"))
            path = args.options.v[i].value;
    if (!ok || !find_database(run, path, &err))
        return usage_error(&command_db, &err);
    return action->main(run, &args);
}

const struct command command_db = {
    .name = "db",
    .summary = "make, update and inspect the database",
    .usage = "vulnward db ACTION [OPTION...] ...",
    .main = run_db,
    .own_help = true,
};
