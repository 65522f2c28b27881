// lint as: src/codec/good.c
/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing to complain about: printf("x"); strtod(); goto fail; TODO is in a comment only. */
#include "codec/good.h"

#include <stdlib.h>

#include "base/banned.h"

static const char text[] = "printf(1) strdup(2) // \" TODO";

struct ops {
    int (*time)(void);
};

bool good(struct ops *o, struct err *err)
{
    bool ok = o->time() == 0 && text[0] == '"'; /* a member called like a banned function */
    if (!ok)
        goto out;
    (void)fclose(NULL);
out:
    return ok || err_set(err, ERR_INPUT, "no");
}
