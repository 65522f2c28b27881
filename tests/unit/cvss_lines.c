/* SPDX-License-Identifier: Apache-2.0 */
/* For tests/corpus/cvss.py: a vector per line in, "VERSION SCORE" or "-" per line out. */
#include <stdio.h>

#include "model/cvss.h"

int main(void)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        struct str s = str_from_c(line);
        enum cvss_version version;
        unsigned tenths;
        if (str_ends(s, STR("\n")))
            s.n--;
        if (cvss_score(s, &version, &tenths))
            printf("%s %u.%u\n", cvss_version_name(version), tenths / 10, tenths % 10);
        else
            puts("-");
    }
    return ferror(stdin) || fflush(stdout);
}
