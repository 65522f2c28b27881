/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward formats: everything it reads and writes, from the tables themselves. */
#include "cli/cli.h"
#include "feed/feed.h"
#include "inventory/inventory.h"
#include "report/report.h"
#include "version/version.h"
#include "base/banned.h"

static const struct option_spec options[] = {{'h', "help", NULL, "this text"}, {0}};

static int run_formats(struct run *run, int argc, char **argv)
{
    struct args args;
    struct err err = {0};
    if (args_parse(&run->arena, argc, argv, options, &args, &err) && args.operands.n)
        err_set(&err, ERR_USAGE, "wanted no operands");
    if (err.code)
        return usage_error(&command_formats, &err);
    printf("inventories (scan --format):\n");
    for (size_t i = 0; inventory_readers[i]; i++)
        printf("  %-16s %s\n", inventory_readers[i]->name, inventory_readers[i]->summary);
    printf("\nvulnerability data (db import):\n");
    for (size_t i = 0; feed_formats[i]; i++)
        printf("  %-16s %s\n", feed_formats[i]->name, feed_formats[i]->summary);
    printf("\nreports (scan -o):\n");
    for (size_t i = 0; report_writers[i]; i++)
        printf("  %-16s %s\n", report_writers[i]->name, report_writers[i]->summary);
    printf("\nversion orders (vercmp):\n");
    for (size_t i = 0; i < VERSION_SCHEMES; i++)
        printf("  %-16s %s\n", version_order((enum version_scheme)i)->name,
               version_order((enum version_scheme)i)->summary);
    return EXIT_PASSED;
}

const struct command command_formats = {
    .name = "formats",
    .summary = "list the formats it reads and writes",
    .usage = "vulnward formats",
    .options = options,
    .main = run_formats,
};
