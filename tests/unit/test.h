/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole test framework: a table of functions, CHECK macros that say what they saw, TAP output
 * that Meson counts. A failed CHECK lets the test go on, so one run shows all that is wrong.
 */
#ifndef VULNWARD_TESTS_TEST_H
#define VULNWARD_TESTS_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

struct test {
    const char *name;
    void (*run)(void);
};

static int test_failures;

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            test_failures++;                                                                       \
            printf("# %s:%d: not true: %s\n", __FILE__, __LINE__, #cond);                          \
        }                                                                                          \
    } while (0)

#define CHECK_INT(got, want)                                                                       \
    do {                                                                                           \
        long long got_ = (long long)(got), want_ = (long long)(want);                              \
        if (got_ != want_) {                                                                       \
            test_failures++;                                                                       \
            printf("# %s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, got_, want_);      \
        }                                                                                          \
    } while (0)

#define CHECK_STR(got, want)                                                                       \
    do {                                                                                           \
        struct str got_ = (got), want_ = str_from_c(want);                                         \
        if (!str_eq(got_, want_)) {                                                                \
            test_failures++;                                                                       \
            printf("# %s:%d: %s is \"%.*s\", not \"%.*s\"\n", __FILE__, __LINE__, #got,            \
                   STR_ARG(got_), STR_ARG(want_));                                                 \
        }                                                                                          \
    } while (0)

/* `call` must succeed; prints the error when it does not. */
#define CHECK_OK(call, err)                                                                        \
    do {                                                                                           \
        if (!(call)) {                                                                             \
            char text_[1024];                                                                      \
            err_format((err), text_, sizeof text_);                                                \
            test_failures++;                                                                       \
            printf("# %s:%d: %s failed: %s\n", __FILE__, __LINE__, #call, text_);                  \
        }                                                                                          \
    } while (0)

/* `call` must fail, with an error whose text contains `part`. Clears the error. */
#define CHECK_ERR(call, err, part)                                                                 \
    do {                                                                                           \
        bool ok_ = (call);                                                                         \
        char text_[1024];                                                                          \
        err_format((err), text_, sizeof text_);                                                    \
        if (ok_ || (err)->code == ERR_NONE || !strstr(text_, part)) {                              \
            test_failures++;                                                                       \
            printf("# %s:%d: %s: wanted an error with \"%s\", got %s\n", __FILE__, __LINE__,       \
                   #call, part, ok_ ? "success" : text_);                                          \
        }                                                                                          \
        err_clear(err);                                                                            \
    } while (0)

static inline int test_main(const struct test *tests, size_t n)
{
    int bad = 0;
    printf("1..%zu\n", n);
    for (size_t i = 0; i < n; i++) {
        test_failures = 0;
        tests[i].run();
        printf("%s %zu - %s\n", test_failures ? "not ok" : "ok", i + 1, tests[i].name);
        fflush(stdout);
        bad += test_failures != 0;
    }
    return bad != 0;
}

#define TEST_MAIN(tests)                                                                           \
    int main(void) { return test_main(tests, sizeof(tests) / sizeof(tests)[0]); }

/* Folder of the source tree's tests/, for data files; set by the build. */
static inline const char *test_dir(void)
{
    const char *d = getenv("VULNWARD_TESTS");
    return d ? d : "tests";
}

#endif
