// lint as: src/cli/cli.c
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/banned.h"

void tell(void)
{
    printf("this folder may print");
    fputs(getenv("HOME"), stderr);
    (void)strtod("7", NULL); // expect: call
    char *p = strdup("7"); /* lint: call: the library frees it */
    free(p); /* lint: call: waives nothing */ // expect: waiver
}
