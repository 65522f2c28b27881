/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lookups.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/banned.h"

bool lookup_take_output(const struct option *o, bool *json, struct err *err)
{
    *json = strcmp(o->value, "json") == 0;
    return *json || strcmp(o->value, "text") == 0 ||
           err_set(err, ERR_USAGE, "--output takes text or json, not \"%.60s\"", o->value);
}

struct report_style lookup_style(void)
{
    struct report_style style = {0};
    struct winsize size;
    const char *no_color = getenv("NO_COLOR");
    if (isatty(STDOUT_FILENO)) {
        style.color = !no_color || !*no_color;
        style.width =
            ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
    }
    return style;
}

bool lookup_known(struct store *s, struct arena *a, struct str id, struct lookup_cve *out,
                  struct err *err)
{
    const struct epss *e = NULL;
    *out = (struct lookup_cve){.id = id};
    if (!store_kev(s, id, a, &out->kev, err) || !store_epss(s, id, &e, err))
        return false;
    if (e)
        out->epss = *e;
    return true;
}

int lookup_write(const void *what, bool json, const struct lookup_writers *writers, struct err *err)
{
    struct out_file f;
    struct report_style style = lookup_style();
    if (!out_open(&f, "-", err))
        return fail(err, EXIT_PROGRAM);
    bool ok = json ? writers->json(what, &f.buf, err) : writers->text(what, &style, &f.buf, err);
    if (!ok)
        out_abort(&f);
    return ok && out_commit(&f, err) ? EXIT_PASSED : fail(err, EXIT_PROGRAM);
}

bool lookup_normal_id(struct arena *a, struct str text, struct str *out, struct err *err)
{
    bool cve = str_starts_nocase(text, STR("CVE-")), ghsa = str_starts_nocase(text, STR("GHSA-"));
    if (!arena_dup(a, text, out, err))
        return false;
    if (!cve && !ghsa)
        return true;
    char *p = arena_alloc(a, text.n + 1);
    if (!p)
        return err_memory(err);
    for (size_t i = 0; i < text.n; i++) {
        char c = char_lower(text.p[i]);
        bool upper = i < 4 && c >= 'a' && c <= 'z';
        p[i] = upper ? (char)(c - 32) : c;
    }
    *out = str_make(p, text.n);
    return true;
}
