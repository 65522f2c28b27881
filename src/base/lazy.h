/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Libraries loaded when they are first needed. A scan takes milliseconds and needs none of what
 * downloads, archives and signatures do; linking those in would cost each scan their start-up and
 * their memory, and would put a network library into a program that must not use the network then.
 */
#ifndef VULNWARD_BASE_LAZY_H
#define VULNWARD_BASE_LAZY_H

#include "base/err.h"

struct lazy_symbol {
    const char *name;
    void *to; /* address of the function pointer to be set */
};

/*
 * Loads the shared library `soname` and sets all `symbols` (ended by a NULL name). Loading it again
 * is cheap. ERR_IO names the library and the package that `what` needs it for: "libcurl.so.4 is
 * needed for updates: ...".
 */
bool lazy_load(const char *soname, const struct lazy_symbol *symbols, const char *what,
               struct err *err) VW_CHECKED;

#endif
