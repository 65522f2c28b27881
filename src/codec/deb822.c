/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/deb822.h"

#include "base/banned.h"

struct deb822 deb822_of(struct str text)
{
    return (struct deb822){.lines = lines_of(text)};
}

static void take_line(struct deb822 *d, struct str line, const char *const *names, size_t n)
{
    struct str key, value;
    if (line.p[0] == ' ' || line.p[0] == '\t')
        return;
    if (!str_split(line, ':', &key, &value)) {
        if (d->n_bad < DEB822_BAD_MAX) {
            d->bad[d->n_bad].text = line;
            d->bad[d->n_bad].line = d->lines.number;
        }
        d->n_bad++;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!str_eq_nocase(str_trim(key), str_from_c(names[i])))
            continue;
        if (d->value[i].p)
            d->repeated = (int)i;
        else
            d->value[i] = str_trim(value);
    }
}

bool deb822_next(struct deb822 *d, const char *const *names, size_t n)
{
    bool any = false;
    memset(d->value, 0, sizeof d->value);
    d->first = (struct str){0};
    d->n_bad = 0;
    d->repeated = -1;
    while (lines_next(&d->lines)) {
        struct str line = d->lines.line;
        if (!line.n && any)
            return true;
        if (!line.n)
            continue;
        if (!any) {
            d->line = d->lines.number;
            d->first = line;
        }
        any = true;
        take_line(d, line, names, n);
    }
    return any;
}
