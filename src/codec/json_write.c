/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_write.h"

#include "base/date.h"

#include "base/banned.h"

struct json_writer json_writer(struct buf *b)
{
    return (struct json_writer){.b = b, .empty = true};
}

/* RFC 8259 section 7: quote, backslash and U+0000..U+001F must be escaped. */
void json_write_string(struct buf *b, struct str s)
{
    size_t from = 0, i = 0;
    i = plain_run(s.p, s.n);
    char *p = i == s.n ? buf_room(b, s.n + 2) : NULL;
    if (p) {
        p[0] = '"';
        if (s.n)
            memcpy(p + 1, s.p, s.n);
        p[s.n + 1] = '"';
        buf_took(b, s.n + 2);
        return;
    }
    buf_char(b, '"');
    while (i < s.n) {
        i += plain_run(s.p + i, s.n - i);
        if (i == s.n)
            break;
        unsigned char c = (unsigned char)s.p[i];
        size_t k = c < 0x80 ? 1 : utf8_sequence(s.p + i, s.n - i);
        if (k && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
            i += k;
            continue;
        }
        buf_add(b, s.p + from, i - from);
        if (!k)
            buf_c(b, "\\ufffd");
        else if (c == '"' || c == '\\')
            buf_f(b, "\\%c", c);
        else if (c == '\n')
            buf_c(b, "\\n");
        else
            buf_f(b, "\\u%04x", c);
        from = ++i;
    }
    buf_str(b, str_from(s, from));
    buf_char(b, '"');
}

#define INDENT_MAX 40

static void newline(struct json_writer *w)
{
    size_t n = (size_t)w->depth * 2 < INDENT_MAX ? (size_t)w->depth * 2 : INDENT_MAX;
    char *p = buf_room(w->b, n + 1);
    if (!p)
        return;
    p[0] = '\n';
    memset(p + 1, ' ', n);
    buf_took(w->b, n + 1);
}

/* What stands before a value: comma, line break, key. In one piece, because reports are mostly
 * this. */
static void lead(struct json_writer *w, const char *key)
{
    size_t n = 0, key_n = key ? strlen(key) : 0;
    char *p = buf_room(w->b, key_n + INDENT_MAX + 8);
    if (!p)
        return;
    if (!w->empty)
        p[n++] = ',';
    if (w->flat && !w->empty)
        p[n++] = ' ';
    if (w->depth && !w->flat) {
        size_t blanks = (size_t)w->depth * 2 < INDENT_MAX ? (size_t)w->depth * 2 : INDENT_MAX;
        p[n++] = '\n';
        memset(p + n, ' ', blanks);
        n += blanks;
    }
    w->empty = false;
    if (key) {
        p[n++] = '"';
        memcpy(p + n, key, key_n);
        n += key_n;
        memcpy(p + n, "\": ", 3);
        n += 3;
    }
    buf_took(w->b, n);
}

static void open_container(struct json_writer *w, const char *key, char bracket, bool flat)
{
    lead(w, key);
    buf_char(w->b, bracket);
    w->depth++;
    w->empty = true;
    if (flat || w->flat)
        w->flat++;
}

static void shut(struct json_writer *w, char bracket)
{
    w->depth--;
    if (!w->empty && !w->flat)
        newline(w);
    buf_char(w->b, bracket);
    if (w->flat)
        w->flat--;
    w->empty = false;
    if (!w->depth)
        buf_char(w->b, '\n');
}

void json_open_object(struct json_writer *w, const char *key)
{
    open_container(w, key, '{', false);
}
void json_open_array(struct json_writer *w, const char *key)
{
    open_container(w, key, '[', false);
}
void json_open_flat_object(struct json_writer *w, const char *key)
{
    open_container(w, key, '{', true);
}
void json_open_flat_array(struct json_writer *w, const char *key)
{
    open_container(w, key, '[', true);
}
void json_close_object(struct json_writer *w)
{
    shut(w, '}');
}
void json_close_array(struct json_writer *w)
{
    shut(w, ']');
}

void json_add_str(struct json_writer *w, const char *key, struct str s)
{
    lead(w, key);
    json_write_string(w->b, s);
}

void json_add_c(struct json_writer *w, const char *key, const char *s)
{
    json_add_str(w, key, str_from_c(s));
}

void json_add_u64(struct json_writer *w, const char *key, uint64_t v)
{
    lead(w, key);
    buf_u64(w->b, v);
}

void json_add_bool(struct json_writer *w, const char *key, bool v)
{
    lead(w, key);
    buf_c(w->b, v ? "true" : "false");
}

void json_add_null(struct json_writer *w, const char *key)
{
    lead(w, key);
    buf_c(w->b, "null");
}

void json_add_fixed(struct json_writer *w, const char *key, uint64_t v, unsigned decimals)
{
    lead(w, key);
    buf_fixed(w->b, v, decimals);
}

void json_add_tenths(struct json_writer *w, const char *key, unsigned tenths)
{
    json_add_fixed(w, key, tenths, 1);
}

void json_add_date(struct json_writer *w, const char *key, int64_t ms)
{
    char text[DATE_TEXT_BYTES];
    json_add_c(w, key, date_format(ms, text));
}
