/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_write.h"

#include "base/banned.h"

struct json_writer json_writer(struct buf *b)
{
    return (struct json_writer){.b = b, .empty = true};
}

/* RFC 8259 section 7: quote, backslash and U+0000..U+001F must be escaped. */
void json_write_string(struct buf *b, struct str s)
{
    size_t from = 0, i = 0;
    buf_char(b, '"');
    while (i < s.n) {
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
    buf_add(b, s.p + from, s.n - from);
    buf_char(b, '"');
}

static void newline(struct json_writer *w)
{
    static const char blanks[] = "                                        ";
    size_t n = (size_t)w->depth * 2;
    buf_char(w->b, '\n');
    buf_add(w->b, blanks, n < sizeof blanks - 1 ? n : sizeof blanks - 1);
}

static void lead(struct json_writer *w, const char *key)
{
    if (!w->empty)
        buf_c(w->b, w->flat ? ", " : ",");
    if (w->depth && !w->flat)
        newline(w);
    w->empty = false;
    if (key) {
        json_write_string(w->b, str_from_c(key));
        buf_c(w->b, ": ");
    }
}

static void open(struct json_writer *w, const char *key, char bracket, bool flat)
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

void json_open_object(struct json_writer *w, const char *key) { open(w, key, '{', false); }
void json_open_array(struct json_writer *w, const char *key) { open(w, key, '[', false); }
void json_open_flat_object(struct json_writer *w, const char *key) { open(w, key, '{', true); }
void json_open_flat_array(struct json_writer *w, const char *key) { open(w, key, '[', true); }
void json_close_object(struct json_writer *w) { shut(w, '}'); }
void json_close_array(struct json_writer *w) { shut(w, ']'); }

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

void json_add_tenths(struct json_writer *w, const char *key, unsigned tenths)
{
    lead(w, key);
    buf_f(w->b, "%u.%u", tenths / 10, tenths % 10);
}
