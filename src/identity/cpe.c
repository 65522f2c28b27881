/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/cpe.h"

#include "base/banned.h"

static const char *const attr_names[] = {
    "part",     "vendor",     "product",   "version",   "update", "edition",
    "language", "sw_edition", "target_sw", "target_hw", "other",
};
_Static_assert(sizeof attr_names / sizeof attr_names[0] == CPE_ATTRS, "a name per attribute");

static const struct str any = STR_INIT("*");
static const struct str formatted = STR_INIT("cpe:2.3:");
static const struct str uri = STR_INIT("cpe:/");

bool cpe_looks_like(struct str text)
{
    return str_starts_nocase(text, STR("cpe:"));
}

void cpe_init(struct cpe *c)
{
    for (size_t i = 0; i < CPE_ATTRS; i++)
        c->attr[i] = any;
}

/* Characters that keep their backslash in the canonical form. */
static bool keeps_quote(char c)
{
    return c == '*' || c == '?' || c == '\\';
}

/* Writes one literal character in canonical form. */
static char *put_literal(char *out, char c)
{
    if (keeps_quote(c))
        *out++ = '\\';
    *out++ = char_lower(c);
    return out;
}

/*
 * A finished value: an empty one is ANY in a URI and an error in a formatted string; a literal
 * hyphen alone must not read as NA.
 */
static struct str finish(char *start, char *end, bool quoted_hyphen)
{
    if (quoted_hyphen && end - start == 1 && *start == '-') {
        start[0] = '\\';
        start[1] = '-';
        end = start + 2;
    }
    return str_make(start, (size_t)(end - start));
}

static bool is_control(char c)
{
    return (unsigned char)c <= 0x20 || c == 0x7f;
}

/* One attribute of a formatted string at the front of *s (NISTIR 7695 section 6.2.3), up to ':' or
 * the end. */
static const char *take_formatted(struct str *s, char **out, struct str *value)
{
    char *start = *out, *p = start;
    size_t i = 0;
    bool quoted_hyphen = false;
    for (; i < s->n && s->p[i] != ':'; i++) {
        char c = s->p[i];
        if (is_control(c))
            return "has a blank or control character";
        if (c != '\\') {
            *p++ = char_lower(c);
        } else if (i + 1 == s->n) {
            return "ends in a backslash";
        } else if (is_control(s->p[i + 1])) {
            return "has a blank or control character";
        } else {
            quoted_hyphen = s->p[i + 1] == '-';
            p = put_literal(p, s->p[++i]);
        }
    }
    if (p == start)
        return "is empty";
    *value = finish(start, p, quoted_hyphen);
    *out = p + 2;
    *s = str_from(*s, i);
    return NULL;
}

static int hex(char c)
{
    return char_is_digit(c) ? c - '0' : char_is_hex(c) ? char_lower(c) - 'a' + 10 : -1;
}

/* One component of a URI (section 6.1.3): percent-decoded, %01 and %02 are the wildcards. */
static const char *take_uri(struct str part, char **out, struct str *value)
{
    char *start = *out, *p = start;
    bool encoded_hyphen = false; /* %2d is a hyphen, where "-" is NA */
    for (size_t i = 0; i < part.n; i++) {
        char c = part.p[i];
        if (is_control(c))
            return "has a blank or control character";
        if (c != '%') {
            p = put_literal(p, c);
            continue;
        }
        int hi = i + 1 < part.n ? hex(part.p[i + 1]) : -1,
            lo = i + 2 < part.n ? hex(part.p[i + 2]) : -1;
        int code = hi * 16 + lo;
        bool wildcard = code == 1 || code == 2;
        if (hi < 0 || lo < 0 || (!wildcard && is_control((char)code)))
            return "has a bad percent code";
        if (wildcard)
            *p++ = code == 1 ? '?' : '*';
        else
            p = put_literal(p, (char)code);
        encoded_hyphen = code == '-';
        i += 2;
    }
    *value = part.n ? finish(start, p, encoded_hyphen) : any;
    *out = p + 2;
    return NULL;
}

static bool bad(struct err *err, struct str text, size_t attr, const char *why)
{
    return err_set(err, ERR_INPUT, "not a CPE name: its %s %s: %.*s", attr_names[attr], why,
                   STR_ARG(str_first(text, 200)));
}

static bool check_part(struct err *err, struct str text, const struct cpe *c)
{
    struct str part = c->attr[CPE_PART];
    if (part.n == 1 && strchr("aoh*-", part.p[0]))
        return true;
    return bad(err, text, CPE_PART, "is none of a, o, h, * and -");
}

static bool parse_formatted(struct str text, char *mem, struct cpe *out, struct err *err)
{
    struct str s = str_from(text, formatted.n);
    for (size_t i = 0; i < CPE_ATTRS; i++) {
        const char *why = take_formatted(&s, &mem, &out->attr[i]);
        if (!why && i + 1 < CPE_ATTRS && !s.n)
            why = "is the last one; eleven are needed";
        if (!why && i + 1 == CPE_ATTRS && s.n)
            why = "is followed by more; eleven are needed";
        if (why)
            return bad(err, text, i, why);
        s = str_from(s, 1);
    }
    return check_part(err, text, out);
}

/* The packed edition of a URI: "~edition~sw_edition~target_sw~target_hw~other" (section 6.1.3.1).
 */
static const char *unpack_edition(struct str part, char **mem, struct cpe *out)
{
    static const enum cpe_attr order[] = {CPE_EDITION, CPE_SW_EDITION, CPE_TARGET_SW, CPE_TARGET_HW,
                                          CPE_OTHER};
    struct str one;
    part = str_from(part, 1);
    for (size_t i = 0; i < 5; i++) {
        (void)str_split(part, '~', &one, &part);
        const char *why = take_uri(one, mem, &out->attr[order[i]]);
        if (why)
            return why;
    }
    return part.n ? "packs more than five values" : NULL;
}

static bool parse_uri(struct str text, char *mem, struct cpe *out, struct err *err)
{
    struct str s = str_from(text, uri.n), one;
    for (size_t i = CPE_PART; s.n; i++) {
        if (i > CPE_LANGUAGE)
            return bad(err, text, CPE_LANGUAGE, "is followed by more");
        (void)str_split(s, ':', &one, &s);
        const char *why = i == CPE_EDITION && one.n && one.p[0] == '~'
                              ? unpack_edition(one, &mem, out)
                              : take_uri(one, &mem, &out->attr[i]);
        if (why)
            return bad(err, text, i, why);
    }
    return check_part(err, text, out);
}

bool cpe_parse(struct arena *a, struct str text, struct cpe *out, struct err *err)
{
    bool is_formatted = str_starts_nocase(text, formatted);
    if (!is_formatted && !str_starts_nocase(text, uri))
        return err_set(err, ERR_INPUT,
                       "not a CPE name (no \"cpe:2.3:\" or \"cpe:/\" in front): %.*s",
                       STR_ARG(str_first(text, 200)));
    if (text.n > LIMIT_CPE_BYTES)
        return err_set(err, ERR_LIMIT, "a CPE name of %zu bytes", text.n);
    /* A literal may need a backslash, and each value two bytes to spare. */
    char *mem = arena_alloc(a, text.n * 2 + (size_t)CPE_ATTRS * 2);
    if (!mem)
        return err_memory(err);
    cpe_init(out);
    return is_formatted ? parse_formatted(text, mem, out, err) : parse_uri(text, mem, out, err);
}

bool cpe_value(struct arena *a, struct str text, struct str *out, struct err *err)
{
    if (!text.n) {
        *out = any;
        return true;
    }
    char *start = arena_alloc(a, text.n * 2 + 2), *p = start;
    if (!start)
        return err_memory(err);
    for (size_t i = 0; i < text.n; i++)
        p = put_literal(p, text.p[i] == ' ' ? '_' : text.p[i]);
    *out = finish(start, p, true);
    return true;
}

/* Section 6.2.2.3: letters, digits, `_`, `-` and `.` stand as they are, all else is quoted. */
static void write_value(struct buf *b, struct str v)
{
    size_t plain = 0;
    while (plain < v.n && (char_is_alnum(v.p[plain]) || v.p[plain] == '.' || v.p[plain] == '_' ||
                           v.p[plain] == '-'))
        plain++;
    buf_add(b, v.p, plain);
    for (size_t i = plain; i < v.n; i++) {
        char c = v.p[i];
        if (c == '\\' && i + 1 < v.n) {
            buf_char(b, c);
            buf_char(b, v.p[++i]);
            continue;
        }
        if (!char_is_alnum(c) && !strchr("_-.*?", c) && (unsigned char)c < 0x80)
            buf_char(b, '\\');
        buf_char(b, c);
    }
}

void cpe_write(struct buf *b, const struct cpe *c)
{
    buf_c(b, "cpe:2.3");
    for (size_t i = 0; i < CPE_ATTRS; i++) {
        if (cpe_is_any(c->attr[i])) {
            buf_add(b, ":*", 2);
        } else {
            buf_char(b, ':');
            write_value(b, c->attr[i]);
        }
    }
}

bool cpe_has_wildcard(struct str v)
{
    if (cpe_is_any(v))
        return false;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '\\')
            i++;
        else if (v.p[i] == '*' || v.p[i] == '?')
            return true;
    }
    return false;
}

/* One character of a canonical value, with its backslash; its length. */
static size_t unit(struct str s, size_t i)
{
    return s.p[i] == '\\' && i + 1 < s.n ? 2 : 1;
}

/*
 * Does the pattern cover the value, a `?` at its end standing for one character or none? As in
 * str_glob, time is bounded.
 */
static bool pattern_match(struct str pat, struct str s)
{
    size_t p = 0, i = 0, star = STR_NPOS, mark = 0;
    while (i < s.n) {
        size_t ku = unit(s, i), kp = p < pat.n ? unit(pat, p) : 0;
        if (kp == 1 && pat.p[p] == '*') {
            star = p++;
            mark = i;
        } else if (kp == 1 && pat.p[p] == '?') {
            p++;
            i += ku;
        } else if (kp && kp == ku && memcmp(pat.p + p, s.p + i, kp) == 0) {
            p += kp;
            i += ku;
        } else if (star != STR_NPOS) {
            p = star + 1;
            mark += unit(s, mark);
            i = mark;
        } else {
            return false;
        }
    }
    while (p < pat.n && (pat.p[p] == '*' || pat.p[p] == '?'))
        p++;
    return p == pat.n;
}

/* NISTIR 7696 section 6.3: each of the `?` at either end stands for one character or none. */
static bool wildcard_match(struct str pat, struct str s)
{
    do {
        if (pattern_match(pat, s))
            return true;
        if (pat.p[0] != '?')
            return false;
        pat = str_from(pat, 1);
    } while (pat.n);
    return !s.n;
}

enum cpe_relation cpe_compare(struct str source, struct str target)
{
    if (cpe_has_wildcard(target))
        return CPE_UNDEFINED;
    if (str_eq(source, target))
        return CPE_EQUAL;
    if (cpe_is_any(source))
        return CPE_SUPERSET;
    if (cpe_is_any(target))
        return CPE_SUBSET;
    if (cpe_is_na(source) || cpe_is_na(target))
        return CPE_DISJOINT;
    if (cpe_has_wildcard(source))
        return wildcard_match(source, target) ? CPE_SUPERSET : CPE_DISJOINT;
    return CPE_DISJOINT;
}

bool cpe_is_superset(const struct cpe *source, const struct cpe *target)
{
    for (size_t i = 0; i < CPE_ATTRS; i++) {
        enum cpe_relation r = cpe_compare(source->attr[i], target->attr[i]);
        if (r != CPE_EQUAL && r != CPE_SUPERSET)
            return false;
    }
    return true;
}
