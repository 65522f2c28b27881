/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lazy.h"

#include <dlfcn.h>
#include <string.h>

#include "base/banned.h"

bool lazy_load(const char *soname, const struct lazy_symbol *symbols, const char *what,
               struct err *err)
{
    void *lib = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (!lib) {
        const char *why = dlerror();
        return err_set(err, ERR_IO, "%s is needed for %s: %.200s", soname, what, why ? why : "?");
    }
    for (; symbols->name; symbols++) {
        void *f = dlsym(lib, symbols->name);
        if (!f)
            return err_set(err, ERR_IO, "%s is too old for %s: it has no %s", soname, what,
                           symbols->name);
        memcpy(symbols->to, &f, sizeof f);
    }
    /* Never closed: it is needed until the program ends. */
    return true;
}
