/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <time.h>
#include <unistd.h>

#include "base/banned.h"

int64_t monotonic_ms(void)
{
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void progress_start(struct progress *p)
{
    *p = (struct progress){.on = isatty(STDERR_FILENO), .started = monotonic_ms()};
}

void progress_tick(struct progress *p, const char *what, unsigned long long done,
                   unsigned long long total)
{
    int64_t now = p->on ? monotonic_ms() : 0;
    if (!p->on || now - p->started < 1000 || now - p->last < 100)
        return;
    p->last = now;
    p->shown = true;
    struct str name = str_from_c(what);
    size_t slash = str_rfind(name, '/');
    name = slash == STR_NPOS ? name : str_from(name, slash + 1);
    fprintf(stderr, "\r\033[K%.*s", STR_ARG(str_first(name, 60)));
    if (total)
        fprintf(stderr, " %3llu %%", done >= total ? 100 : done * 100 / total);
    else
        fprintf(stderr, " %llu MB", done / 1000000);
    (void)fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
