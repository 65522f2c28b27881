/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/swid_priv.h"

#include "base/banned.h"

/* What a piece of the stream is, by its first bytes. */
enum piece {
    P_TEXT,
    P_DECLARATION,
    P_INSTRUCTION,
    P_COMMENT,
    P_CDATA,
    P_DOCTYPE,
    P_END,
    P_START,
    P_STRAY
};

struct cut {
    struct swid_stream *s;
    size_t at, depth;
    bool started;    /* more than comments and instructions so far */
    bool tag_inside; /* the root element is a tag's */
};

bool swid_is_utf16(struct str data)
{
    return str_starts(data, STR("\xff\xfe")) || str_starts(data, STR("\xfe\xff"));
}

struct swid_stream swid_stream_of(struct str data)
{
    return (struct swid_stream){.rest = data, .line = 1};
}

/* Colons, hyphens, dots; bytes beyond ASCII are taken for letters. */
static bool is_name_char(char c)
{
    return char_is_alnum(c) || c == '_' || c == ':' || c == '-' || c == '.' ||
           (unsigned char)c >= 0x80;
}

static enum piece piece_at(struct str s)
{
    struct str rest = str_from(s, 5);
    if (s.p[0] != '<')
        return P_TEXT;
    if (str_starts(s, STR("<?xml")) && (!rest.n || !is_name_char(rest.p[0])))
        return P_DECLARATION;
    if (str_starts(s, STR("<?")))
        return P_INSTRUCTION;
    if (str_starts(s, STR("<!--")))
        return P_COMMENT;
    if (str_starts(s, STR("<![CDATA[")))
        return P_CDATA;
    if (str_starts(s, STR("<!")))
        return P_DOCTYPE;
    if (str_starts(s, STR("</")))
        return P_END;
    return s.n > 1 && is_name_char(s.p[1]) ? P_START : P_STRAY;
}

/* To behind `end`; or `least` when it does not come: this piece is damaged, the next may not be. */
static size_t length_to(struct str s, size_t least, struct str end, bool *none)
{
    size_t at = *none ? STR_NPOS : str_find_str(str_from(s, least), end);
    /* It will not come further on either; not looking again keeps the time linear. */
    *none = at == STR_NPOS;
    return *none ? least : least + at + end.n;
}

/* XML 1.0 section 2.5: no "--" inside. One that has it was not closed; it must not swallow more. */
static size_t comment_length(struct str s)
{
    size_t at = str_find_str(str_from(s, 4), STR("--"));
    return at != STR_NPOS && str_starts(str_from(s, 4 + at), STR("-->")) ? 4 + at + 3 : 4;
}

/* Up to '>', or with an internal subset up to "]>". The document is refused when it is parsed. */
static size_t doctype_length(struct str s, bool *none)
{
    size_t i = 2;
    while (i < s.n && s.p[i] != '>' && s.p[i] != '<' && s.p[i] != '[')
        i++;
    if (i == s.n || s.p[i] != '[')
        return i < s.n && s.p[i] == '>' ? i + 1 : i;
    return length_to(s, i + 1, STR("]>"), none);
}

/* A start or end tag; XML 1.0 section 3.1: no '<' inside, so a damaged tag ends there. */
static size_t tag_length(struct str s)
{
    char quote = 0;
    for (size_t i = 1; i < s.n; i++) {
        char c = s.p[i];
        if (c == '<')
            return i;
        if (c == '>' && !quote)
            return i + 1;
        if (c == quote)
            quote = 0;
        else if (!quote && (c == '"' || c == '\''))
            quote = c;
    }
    return s.n;
}

/* Is this start or end tag that of a SWID tag's root element? */
static bool is_root_name(struct str tag)
{
    size_t i = 1 + str_starts(tag, STR("</")), n = 0;
    for (tag = str_from(tag, i); n < tag.n && is_name_char(tag.p[n]);)
        n++;
    size_t colon = str_rfind(str_first(tag, n), ':');
    struct str name = str_first(tag, n);
    if (colon != STR_NPOS)
        name = str_from(name, colon + 1);
    return str_eq(name, STR("SoftwareIdentity")) ||
           str_eq(name, STR("software_identification_tag"));
}

/* Moves over a start or end tag; true when the document ends behind it. */
static bool pass_tag(struct cut *c, struct str s, bool is_end)
{
    size_t n = tag_length(s);
    bool root = is_root_name(s), closed = n && s.p[n - 1] == '>';
    c->started = true;
    c->at += n;
    if (is_end)
        c->depth = root || !c->depth ? 0 : c->depth - 1;
    else if (!c->depth)
        c->tag_inside = root;
    if (!is_end && !(closed && n > 1 && s.p[n - 2] == '/'))
        c->depth++;
    return !c->depth;
}

/* Moves over the next piece; true when the document ends there, or before it. */
static bool pass_piece(struct cut *c, struct str s)
{
    struct swid_stream *st = c->s;
    enum piece p = piece_at(s);
    size_t next;
    switch (p) {
    case P_TEXT:
        next = str_find(s, '<');
        next = next == STR_NPOS ? s.n : next;
        if (!c->depth && str_trim(str_first(s, next)).n) {
            /* Outside of a document: handed out by itself. */
            c->started |= !c->at;
            c->at += c->at ? 0 : next;
            return true;
        }
        c->at += next;
        return false;
    case P_DECLARATION:
        if (c->at)
            return true;
        c->started = true;
        c->at += length_to(s, 5, STR("?>"), &st->no_instruction_end);
        return false;
    case P_INSTRUCTION:
        next = length_to(s, 2, STR("?>"), &st->no_instruction_end);
        c->started |= next == 2;
        c->at += next;
        return false;
    case P_COMMENT:
        next = comment_length(s);
        c->started |= next == 4;
        c->at += next;
        return false;
    case P_CDATA:
        c->started = true;
        c->at += length_to(s, 9, STR("]]>"), &st->no_cdata_end);
        return false;
    case P_DOCTYPE:
        c->started = true;
        c->at += doctype_length(s, &st->no_subset_end);
        return false;
    case P_START:
        if (c->depth && c->tag_inside && is_root_name(s))
            return true;
        return pass_tag(c, s, false);
    case P_END:
        return pass_tag(c, s, true);
    case P_STRAY:
        break;
    }
    c->started = true;
    c->at++;
    return false;
}

static size_t count_lines(struct str s)
{
    size_t n = 0;
    for (const char *p = s.p, *end = s.p + s.n; s.n && (p = memchr(p, '\n', (size_t)(end - p)));
         p++)
        n++;
    return n;
}

static void move_on(struct swid_stream *s, size_t n)
{
    s->line += count_lines(str_first(s->rest, n));
    s->rest = str_from(s->rest, n);
}

bool swid_next(struct swid_stream *s, struct swid_document *d)
{
    for (;;) {
        size_t blank = 0;
        while (blank < s->rest.n && char_is_space(s->rest.p[blank]))
            blank++;
        move_on(s, blank);
        if (str_starts(s->rest, STR("\xef\xbb\xbf"))) {
            move_on(s, 3);
            continue;
        }
        if (!s->rest.n)
            return false;
        if (swid_is_utf16(s->rest)) {
            *d = (struct swid_document){s->rest, s->line};
            move_on(s, s->rest.n);
            return true;
        }
        struct cut c = {.s = s};
        while (c.at < s->rest.n && !pass_piece(&c, str_from(s->rest, c.at)))
            ;
        *d = (struct swid_document){str_trim(str_first(s->rest, c.at)), s->line};
        move_on(s, c.at);
        if (c.started)
            return true;
    }
}
