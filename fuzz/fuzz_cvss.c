/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CVSS vectors, a line each (of a line with tabs the first field): a score or nothing; the order of
 * metrics means nothing where the specification says so; version 2 may say its version.
 */
#include "fuzz.h"

#include "model/cvss.h"

#define MOST 600 /* bytes of a vector */

/* The metrics the other way round, behind the same prefix. */
static struct str reversed(struct str vector, char out[MOST])
{
    size_t n = 0, slash;
    struct str rest = vector;
    if (str_starts(vector, STR("CVSS:"))) {
        n = str_find(vector, '/') + 1;
        memcpy(out, vector.p, n);
        rest = str_from(vector, n);
    }
    while ((slash = str_rfind(rest, '/')) != STR_NPOS) {
        struct str last = str_from(rest, slash + 1);
        if (last.n)
            memcpy(out + n, last.p, last.n);
        n += last.n;
        out[n++] = '/';
        rest = str_first(rest, slash);
    }
    if (rest.n)
        memcpy(out + n, rest.p, rest.n);
    return str_make(out, n + rest.n);
}

static void check_vector(struct str vector)
{
    enum cvss_version version = CVSS_NONE, other = CVSS_NONE;
    unsigned tenths = 12345, again = 12345;
    char text[MOST];
    if (!cvss_score(vector, &version, &tenths)) {
        MUST(version == CVSS_NONE && tenths == 12345);
        return;
    }
    MUST(version > CVSS_NONE && version < CVSS_VERSIONS && tenths <= 100);
    if (vector.n >= MOST - 16)
        return;
    bool parentheses = str_starts(vector, STR("("));
    if (version != CVSS_4_0 && !parentheses)
        MUST(cvss_score(reversed(vector, text), &other, &again) && other == version &&
             again == tenths);
    if (version == CVSS_2 && !parentheses && !str_starts(vector, STR("CVSS:"))) {
        memcpy(text, "CVSS:2.0/", 9);
        memcpy(text + 9, vector.p, vector.n);
        MUST(cvss_score(str_make(text, vector.n + 9), &other, &again) && other == CVSS_2 &&
             again == tenths);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = fuzz_input(data, size);
    while (rest.n) {
        struct str field, line = fuzz_line(&rest), after;
        (void)str_split(line, '\t', &field, &after);
        check_vector(field);
    }
    return 0;
}
