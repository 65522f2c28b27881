/* SPDX-License-Identifier: Apache-2.0 */
/* Versions, one a line: every order is a total preorder over all bytes. */
#include "fuzz.h"

#include "version/version.h"

#define MOST 12

static int sign(int c)
{
    return (c > 0) - (c < 0);
}

static void check_order(enum version_scheme s, const struct str *v, size_t n)
{
    int m[MOST][MOST];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            m[i][k] = sign(version_compare(s, v[i], v[k]));
    for (size_t i = 0; i < n; i++) {
        MUST(m[i][i] == 0);
        (void)version_valid(s, v[i]);
        for (size_t k = 0; k < n; k++) {
            MUST(m[i][k] == -m[k][i]);
            for (size_t j = 0; j < n; j++)
                if (m[i][k] <= 0 && m[k][j] <= 0)
                    MUST(m[i][j] == (m[i][k] < 0 || m[k][j] < 0 ? -1 : 0));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str v[MOST], rest = fuzz_input(data, size);
    size_t n = 0;
    while (n < MOST && rest.n) {
        struct str line = fuzz_line(&rest);
        /* Tables of facts as seeds: "a < b". */
        for (struct str one; n < MOST && (one = str_next_word(&line)).n;)
            v[n++] = one;
    }
    for (size_t s = 0; s < VERSION_SCHEMES; s++)
        check_order((enum version_scheme)s, v, n);
    return 0;
}
