/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward vercmp SCHEME A B: how two versions compare, as matching compares them. */
#include "base/io.h"
#include "cli/cli.h"
#include "codec/lines.h"
#include "version/version.h"
#include "base/banned.h"

static const struct option_spec options[] = {{'h', "help", NULL, "this text"}, {0}};

static const char *answer(enum version_scheme scheme, struct str a, struct str b)
{
    int c = version_compare(scheme, a, b);
    return c < 0 ? "<" : c > 0 ? ">" : "=";
}

/* "A B" a line on standard input; an answer a line. */
static bool pairs(struct run *run, enum version_scheme scheme, struct err *err)
{
    struct input in;
    if (!io_read(&run->arena, "-", LIMIT_INVENTORY_BYTES, &in, err))
        return false;
    for (struct lines l = lines_of(in.data); lines_next(&l);) {
        struct str rest = l.line, a = str_next_word(&rest), b = str_next_word(&rest);
        if (!l.line.n)
            continue;
        if (!b.n || str_next_word(&rest).n) {
            err_set(err, ERR_INPUT, "wanted two versions parted by a blank");
            err_at_line(err, l.number);
            return err_at_input(err, in.name.p);
        }
        printf("%s\n", answer(scheme, a, b));
    }
    return true;
}

static bool scheme_of(const char *name, enum version_scheme *scheme, struct err *err)
{
    char known[256] = "";
    size_t n = 0;
    if (version_scheme_by_name(str_from_c(name), scheme))
        return true;
    for (size_t i = 0; i < VERSION_SCHEMES && n < sizeof known; i++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i ? ", " : "",
                              version_order((enum version_scheme)i)->name);
    return err_set(err, ERR_USAGE, "no version scheme \"%.60s\"; there are %s", name, known);
}

static int run_vercmp(struct run *run, int argc, char **argv)
{
    struct args args;
    struct err err = {0};
    enum version_scheme scheme;
    if (!args_parse(&run->arena, argc, argv, options, &args, &err))
        return usage_error(&command_vercmp, &err);
    const char **v = args.operands.v;
    bool from_stdin = args.operands.n == 2 && strcmp(v[1], "-") == 0;
    if (args.operands.n != 3 && !from_stdin) {
        err_set(&err, ERR_USAGE, "wanted SCHEME A B, or SCHEME -");
        return usage_error(&command_vercmp, &err);
    }
    if (!scheme_of(v[0], &scheme, &err))
        return usage_error(&command_vercmp, &err);
    if (from_stdin)
        return pairs(run, scheme, &err) ? EXIT_PASSED : fail(&err, EXIT_USAGE);
    printf("%s\n", answer(scheme, str_from_c(v[1]), str_from_c(v[2])));
    return EXIT_PASSED;
}

const struct command command_vercmp = {
    .name = "vercmp",
    .summary = "compare two versions: prints <, = or >",
    .usage = "vulnward vercmp SCHEME A B\n       vulnward vercmp SCHEME -        (\"A B\" a line "
             "on standard input)\n\n"
             "schemes: generic, deb, rpm, semver, kernel",
    .options = options,
    .main = run_vercmp,
};
