/* SPDX-License-Identifier: Apache-2.0 */
/* Opening what the command line names: readers themselves never see a path. */
#ifndef VULNWARD_CLI_INPUTS_H
#define VULNWARD_CLI_INPUTS_H

#include "model/component.h"

/*
 * Reads the inventory at `path` ("-": standard input; a folder: the SWID tags in it, as one
 * inventory). `format` as for inventory_read.
 */
bool inputs_read_inventory(struct arena *a, const char *path, struct str format,
                           struct inventory *out, struct err *err) VW_CHECKED;

#endif
