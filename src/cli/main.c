/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <stdarg.h>
#include <sys/stat.h>

#include "base/date.h"
#include "base/banned.h"

static const struct command *const commands[] = {
    &command_scan,
    &command_db,
    &command_formats,
    &command_vercmp,
};

int fail(const struct err *err, int input_status)
{
    char text[2048];
    err_format(err, text, sizeof text);
    fprintf(stderr, "vulnward: %s\n", text);
    switch (err->code) {
    case ERR_USAGE:
        return EXIT_USAGE;
    case ERR_INPUT:
    case ERR_LIMIT:
        return input_status;
    case ERR_DATABASE:
        return EXIT_DATABASE;
    case ERR_NONE:
    case ERR_IO:
    case ERR_MEMORY:
    case ERR_INTERNAL:
        break;
    }
    return EXIT_PROGRAM;
}

int usage_error(const struct command *c, const struct err *err)
{
    int status = fail(err, EXIT_USAGE);
    if (status == EXIT_USAGE)
        fprintf(stderr, "Try 'vulnward %s --help'.\n", c->name);
    return status;
}

void note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("vulnward: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

int print_help(const struct command *c)
{
    printf("vulnward %s: %s\n\nusage: %s\n", c->name, c->summary, c->usage);
    if (c->options && c->options->name) {
        printf("\noptions:\n");
        args_print_help(c->options);
    }
    return EXIT_PASSED;
}

/* Creates the folders a path stands in. */
static void make_folders(char *path)
{
    for (char *p = path + 1; *p; p++)
        if (*p == '/') {
            *p = '\0';
            (void)mkdir(path, 0777); /* when it fails, opening the file says why */
            *p = '/';
        }
}

bool find_database(struct run *run, const char *option, struct err *err)
{
    const char *env = getenv("VULNWARD_DB"), *data = getenv("XDG_DATA_HOME"),
               *home = getenv("HOME");
    if (option || (env && *env))
        return arena_dup(&run->arena, str_from_c(option ? option : env), &run->database, err);
    if (data && *data == '/')
        return arena_printf(&run->arena, &run->database, err, "%s/vulnward/vulnward.db", data);
    if (home && *home == '/')
        return arena_printf(&run->arena, &run->database, err,
                            "%s/.local/share/vulnward/vulnward.db", home);
    return err_set(err, ERR_USAGE,
                   "no home folder to keep the database in; name one with -d FILE or VULNWARD_DB");
}

void make_database_folder(struct run *run)
{
    char path[4096];
    if (run->database.n < sizeof path) {
        memcpy(path, run->database.p, run->database.n);
        path[run->database.n] = '\0';
        make_folders(path);
    }
}

static int help(void)
{
    printf("vulnward %s: known vulnerabilities in the packages of an embedded Linux device\n\n"
           "usage: vulnward COMMAND [OPTION...] ...\n\ncommands:\n",
           VULNWARD_VERSION);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    printf("\n'vulnward COMMAND --help' tells the options of a command.\n\n"
           "exit status, the highest that applies:\n"
           "  0  passed\n"
           "  1  findings tripped the gate\n"
           "  2  wrong usage\n"
           "  3  an inventory is unreadable, empty, or below the required coverage\n"
           "  4  the database is missing, corrupt, empty or older than allowed, or a feed was "
           "refused\n"
           "  5  the program itself failed (out of memory, disk full)\n");
    return EXIT_PASSED;
}

static bool is_any_of(const char *text, const char *a, const char *b, const char *c)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, c) == 0;
}

static int dispatch(struct run *run, int argc, char **argv)
{
    struct err err = {0};
    if (argc < 2) {
        err_set(&err, ERR_USAGE, "no command; try 'vulnward --help'");
        return fail(&err, EXIT_USAGE);
    }
    if (is_any_of(argv[1], "--help", "-h", "help"))
        return help();
    if (is_any_of(argv[1], "--version", "-V", "version")) {
        printf("vulnward %s\n", VULNWARD_VERSION);
        return EXIT_PASSED;
    }
    if (!date_now(&run->now, &err))
        return fail(&err, EXIT_PROGRAM);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i]->name) != 0)
            continue;
        for (int k = 2; !commands[i]->own_help && k < argc && strcmp(argv[k], "--") != 0; k++)
            if (strcmp(argv[k], "--help") == 0 || strcmp(argv[k], "-h") == 0)
                return print_help(commands[i]);
        return commands[i]->main(run, argc - 1, argv + 1);
    }
    err_set(&err, ERR_USAGE, "no command \"%.60s\"; try 'vulnward --help'", argv[1]);
    return fail(&err, EXIT_USAGE);
}

int main(int argc, char **argv)
{
    struct run run = {0};
    int status = dispatch(&run, argc, argv);
    arena_free(&run.arena);
    /* What stands in standard output's buffer may be a report: losing it is a failure. */
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "vulnward: writing standard output failed\n");
        status = EXIT_PROGRAM;
    }
    return status;
}
