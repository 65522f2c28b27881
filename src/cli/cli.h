/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share. Only this folder prints, reads the environment and knows exit statuses.
 */
#ifndef VULNWARD_CLI_CLI_H
#define VULNWARD_CLI_CLI_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

/* Exit statuses; the highest that applies. */
enum {
    EXIT_PASSED = 0,
    EXIT_FINDINGS = 1, /* findings tripped the gate */
    EXIT_USAGE = 2,
    EXIT_INVENTORY = 3, /* unreadable, empty, or below the required coverage */
    EXIT_DATABASE = 4,  /* missing, corrupt, empty, older than allowed, or not updated */
    EXIT_PROGRAM = 5,
};

/* One run: everything that lives until the program ends. */
struct run {
    struct arena arena;
    struct str database; /* path, terminated */
    int64_t now;
};

/* ---- commands: one file each, listed in main.c ---- */
struct command {
    const char *name;
    const char *summary;
    const char *usage; /* lines behind "usage: vulnward NAME" */
    const struct option_spec *options;
    int (*main)(struct run *run, int argc,
                char **argv); /* argv[0] is the command's name; the exit status */
    bool own_help;            /* answers --help itself */
};
extern const struct command command_scan, command_db, command_formats, command_vercmp;

/* ---- options (args.c) ---- */
struct option_spec {
    char letter;       /* 0: none */
    const char *name;  /* without "--" */
    const char *value; /* what it takes, for help; NULL: nothing */
    const char *help;
};
struct option {
    const struct option_spec *spec;
    const char *value;
};
struct args {
    VEC(struct option) options; /* in order */
    VEC(const char *) operands;
};
/* Options and operands in any order, "--" ends options, "-" is an operand. */
bool args_parse(struct arena *a, int argc, char **argv, const struct option_spec *specs,
                struct args *out, struct err *err) VW_CHECKED;
bool option_is(const struct option *o, const char *name);
/* A whole number with an error that names the option. */
bool option_number(const struct option *o, uint64_t min, uint64_t max, uint64_t *out,
                   struct err *err) VW_CHECKED;
void args_print_help(const struct option_spec *specs);

/* ---- messages and failures (main.c) ---- */
/* "vulnward: FILE: line N: ..." on standard error; the exit status for it. */
int fail(const struct err *err, int input_status);
/* A usage error that points to --help. */
int usage_error(const struct command *c, const struct err *err);
void note(const char *fmt, ...) VW_PRINTF(1, 2);
/* Prints a command's help on standard output; EXIT_PASSED. */
int print_help(const struct command *c);
/* Sets run->database from -d, the environment or the default place. */
bool find_database(struct run *run, const char *option, struct err *err) VW_CHECKED;

/* Creates the folders the database stands in, where they are missing. */
void make_database_folder(struct run *run);

/* ---- progress on standard error, only when it is a terminal (progress.c) ---- */
struct progress {
    bool on, shown;
    int64_t started, last; /* ms, monotonic */
};
void progress_start(struct progress *p);
/* Shows after a second, then ten times a second at the most. `total` 0: not known. */
void progress_tick(struct progress *p, const char *what, unsigned long long done,
                   unsigned long long total);
void progress_end(struct progress *p);
int64_t monotonic_ms(void);

#endif
