// lint as: src/model/calls.c
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/banned.h"

bool calls(const char *s, struct err *err)
{
    double d = strtod(s, NULL); // expect: call
    char *copy = strdup(s); // expect: call
    printf("%s %f", copy, d); // expect: call
    if (strcasecmp(s, copy)) // expect: call
        exit(1); // expect: call
    return isalnum(*s) && time(NULL); // expect: call
    (void)str_to_u64(STR("1"), 0, 1, NULL); // expect: ignored
    (void)!io_read(NULL, s, 1, NULL, err); // expect: ignored
    (void)err_set(err, ERR_INPUT, "not one that has to be looked at");
    goto failed; // expect: goto
}
