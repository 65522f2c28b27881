/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark's look at opening: opens a database, asks what is in it and closes it, 200 times.
 * Prints the median and the minimum in milliseconds. Starting a process would cost more than this.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/store.h"

enum { TIMES = 200 };

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static bool once(const char *path, struct err *err)
{
    struct store *s = NULL;
    struct database_info info;
    struct arena a = {0};
    bool ok = store_open(path, &s, err) && store_info(s, &a, &info, err);
    store_close(s);
    arena_free(&a);
    return ok;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    double ms[TIMES];
    for (int i = 0; i < TIMES; i++) {
        struct err err = {0};
        double t = now_ms();
        if (argc != 2 || !once(argv[1], &err)) {
            fprintf(stderr, "open: %s\n", argc != 2 ? "wants one database" : err.msg);
            return 1;
        }
        ms[i] = now_ms() - t;
    }
    qsort(ms, TIMES, sizeof *ms, by_value);
    printf("%.4f %.4f\n", ms[TIMES / 2], ms[0]);
    return 0;
}
