/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/csv.h"

#include "base/banned.h"

struct csv csv_of(struct arena *a, struct str text)
{
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_from(text, 3);
    return (struct csv){.rest = text, .arena = a, .next_line = 1};
}

static bool ends_field(char c)
{
    return c == ',' || c == '\r' || c == '\n';
}

/* A quoted field at the start of c->rest. */
static bool quoted(struct csv *c, struct str *out, struct err *err)
{
    struct str s = str_from(c->rest, 1);
    size_t i = 0, doubled = 0;
    for (; i < s.n; i++) {
        if (s.p[i] == '\n')
            c->next_line++;
        if (s.p[i] != '"')
            continue;
        if (i + 1 < s.n && s.p[i + 1] == '"') {
            doubled++;
            i++;
            continue;
        }
        break;
    }
    if (i == s.n)
        c->fault = "a quoted field is not closed";
    *out = str_first(s, i);
    c->rest = str_from(s, i + 1);
    if (!doubled)
        return true;
    char *p = arena_alloc(c->arena, i);
    if (!p)
        return err_memory(err);
    size_t n = 0;
    for (size_t k = 0; k < i; k++) {
        p[n++] = s.p[k];
        if (s.p[k] == '"')
            k++;
    }
    *out = str_make(p, n);
    return true;
}

/* One field; c->rest then stands at the comma, the line end or the end. */
static bool field(struct csv *c, struct str *out, struct err *err)
{
    if (c->rest.n && c->rest.p[0] == '"') {
        if (!quoted(c, out, err))
            return false;
        while (c->rest.n && !ends_field(c->rest.p[0])) {
            if (c->rest.p[0] != ' ' && c->rest.p[0] != '\t')
                c->fault = "text after a closing quote";
            c->rest = str_from(c->rest, 1);
        }
        return true;
    }
    size_t i = 0;
    while (i < c->rest.n && c->rest.p[i] != ',' && c->rest.p[i] != '\n')
        i++;
    *out = str_trim(str_first(c->rest, i));
    c->rest = str_from(c->rest, i);
    return true;
}

static void end_line(struct csv *c)
{
    if (c->rest.n && c->rest.p[0] == '\r')
        c->rest = str_from(c->rest, 1);
    if (c->rest.n && c->rest.p[0] == '\n')
        c->rest = str_from(c->rest, 1);
    c->next_line++;
}

bool csv_next(struct csv *c, struct err *err)
{
    /* Blank lines are no records. */
    while (c->rest.n && (c->rest.p[0] == '\n' || c->rest.p[0] == '\r')) {
        if (c->rest.p[0] == '\n')
            c->next_line++;
        c->rest = str_from(c->rest, 1);
    }
    if (!c->rest.n)
        return false;
    const char *start = c->rest.p;
    c->line = c->next_line;
    c->n = 0;
    c->fault = NULL;
    for (;;) {
        struct str f;
        if (!field(c, &f, err))
            return false;
        if (c->n < CSV_FIELDS_MAX)
            c->field[c->n++] = f;
        else
            c->fault = "too many fields";
        if (!c->rest.n || c->rest.p[0] != ',')
            break;
        c->rest = str_from(c->rest, 1);
    }
    c->text = str_trim(str_make(start, (size_t)(c->rest.p - start)));
    end_line(c);
    return true;
}

void csv_field(struct buf *b, struct str f, bool first)
{
    bool quote = false;
    for (size_t i = 0; i < f.n; i++)
        quote |= ends_field(f.p[i]) || f.p[i] == '"';
    /* A reader would cut these off. */
    if (f.n && !str_eq(str_trim(f), f))
        quote = true;
    if (!first)
        buf_char(b, ',');
    if (!quote) {
        buf_str(b, f);
        return;
    }
    buf_char(b, '"');
    for (size_t i = 0; i < f.n; i++) {
        if (f.p[i] == '"')
            buf_char(b, '"');
        buf_char(b, f.p[i]);
    }
    buf_char(b, '"');
}
