/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/xml_write.h"

#include "base/banned.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* XML 1.0 section 2.2: #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]. */
static bool is_char(const char *p, size_t k)
{
    unsigned char c = (unsigned char)*p;
    if (k == 1)
        return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
    return !(k == 3 && memcmp(p, "\xef\xbf", 2) == 0 && (unsigned char)p[2] >= 0xbe);
}

/* How a character must be written; NULL: as it is. */
static const char *escape_of(char c, bool attr)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return attr ? "&quot;" : NULL;
    case '\r':
        return "&#13;"; /* a parser would turn it into LF */
    case '\n':
        return attr ? "&#10;" : NULL; /* a parser would turn it into a blank */
    case '\t':
        return attr ? "&#9;" : NULL;
    default:
        return NULL;
    }
}

static void write_escaped(struct buf *b, struct str s, bool attr)
{
    size_t from = 0, i = 0;
    while (i < s.n) {
        i += plain_run(s.p + i, s.n - i);
        if (i == s.n)
            break;
        size_t k = utf8_sequence(s.p + i, s.n - i);
        const char *instead = NULL;
        if (!k || !is_char(s.p + i, k)) {
            instead = REPLACEMENT;
            k = k ? k : 1;
        } else {
            instead = escape_of(s.p[i], attr);
        }
        if (instead) {
            buf_add(b, s.p + from, i - from);
            buf_c(b, instead);
            from = i + k;
        }
        i += k;
    }
    buf_str(b, str_from(s, from));
}

void xml_write_text(struct buf *b, struct str s)
{
    write_escaped(b, s, false);
}

void xml_write_attr(struct buf *b, const char *name, struct str value)
{
    buf_char(b, ' ');
    buf_c(b, name);
    buf_c(b, "=\"");
    write_escaped(b, value, true);
    buf_char(b, '"');
}
