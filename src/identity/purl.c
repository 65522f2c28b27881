/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Package URLs: scheme:type/namespace/name@version?qualifiers#subpath, taken apart from right to
 * left (ECMA-427, "How to parse a PURL"). Stricter than that where it could be told wrong: a bad
 * percent code, text that is no UTF-8, control characters, a key that is there twice. More lenient
 * once: an `@` that starts a segment of the namespace belongs to it (pkg:npm/@scope/name).
 */
#include "identity/purl.h"

#include "base/banned.h"

/* What is compared without case and so written in lower case, by type (purl-spec, types). */
struct type_rule {
    struct str type;
    bool space, name, version; /* lower case */
    bool needs_space;          /* without one the name says nothing */
};
static const struct type_rule rules[] = {
    {STR_INIT("alpm"), true, true, false, false},
    {STR_INIT("apk"), true, true, false, false},
    {STR_INIT("bitbucket"), true, true, false, false},
    {STR_INIT("bitnami"), false, true, false, false},
    {STR_INIT("bsd"), true, true, false, false},
    {STR_INIT("composer"), true, true, false, false},
    {STR_INIT("deb"), true, true, false, false},
    {STR_INIT("github"), true, true, false, false},
    {STR_INIT("githubactions"), true, false, false, true},
    {STR_INIT("golang"), true, true, false, false},
    {STR_INIT("hex"), true, true, false, false},
    {STR_INIT("huggingface"), false, false, true, false},
    {STR_INIT("luarocks"), true, true, false, false},
    {STR_INIT("maven"), false, false, false, true},
    {STR_INIT("npm"), true, true, false, false},
    {STR_INIT("oci"), false, true, false, false},
    {STR_INIT("pub"), false, true, false, false},
    {STR_INIT("pypi"), false, true, false, false},
    {STR_INIT("qpkg"), true, false, false, false},
    {STR_INIT("rpm"), true, false, false, false},
    {STR_INIT("swift"), false, false, false, true},
    {STR_INIT("vscode-extension"), true, true, true, true},
};

static struct type_rule rule_of(struct str type)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (str_eq(rules[i].type, type))
            return rules[i];
    return (struct type_rule){0};
}

static bool bad(struct err *err, struct str text, const char *why)
{
    return err_set(err, ERR_INPUT, "not a package URL: %s: %.*s", why,
                   STR_ARG(str_first(text, 200)));
}

static int hex(char c)
{
    return char_is_digit(c) ? c - '0' : char_is_hex(c) ? char_lower(c) - 'a' + 10 : -1;
}

/* Decodes into `out`, which has room for s.n bytes; what is wrong, or NULL. */
static const char *decode(struct str s, char *out, struct str *decoded)
{
    char *p = out;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int hi = i + 1 < s.n ? hex(s.p[i + 1]) : -1, lo = i + 2 < s.n ? hex(s.p[i + 2]) : -1;
            if (hi < 0 || lo < 0)
                return "bad percent code";
            c = (char)(hi * 16 + lo);
            i += 2;
        }
        if ((unsigned char)c < ' ' || c == 0x7f)
            return "control character";
        *p++ = c;
    }
    *decoded = str_make(out, (size_t)(p - out));
    return str_is_utf8(*decoded) ? NULL : "not UTF-8";
}

/* A part of one segment, in `a`. */
static bool take(struct arena *a, struct str whole, struct str part, bool lower, struct str *out,
                 struct err *err)
{
    char *p = arena_alloc(a, part.n + 1);
    if (!p)
        return err_memory(err);
    const char *why = decode(part, p, out);
    if (why)
        return bad(err, whole, why);
    for (size_t i = 0; lower && i < out->n; i++)
        p[i] = char_lower(p[i]);
    return true;
}

/* Segments between slashes, decoded one by one and joined again. */
static bool take_path(struct arena *a, struct str whole, struct str path, bool lower, bool dots,
                      struct str *out, struct err *err)
{
    char *p = arena_alloc(a, path.n + 1);
    size_t n = 0;
    struct str segment, one;
    if (!p)
        return err_memory(err);
    for (bool more = path.n > 0; more;) {
        more = str_split(path, '/', &segment, &path);
        const char *why = decode(segment, p + n + (n > 0), &one);
        if (why)
            return bad(err, whole, why);
        if (str_find(one, '/') != STR_NPOS)
            return bad(err, whole, "slash inside a segment");
        if (!one.n || (dots && (str_eq(one, STR(".")) || str_eq(one, STR("..")))))
            continue;
        if (n)
            p[n++] = '/';
        n += one.n;
    }
    for (size_t i = 0; lower && i < n; i++)
        p[i] = char_lower(p[i]);
    *out = str_make(p, n);
    return true;
}

static bool is_key(struct str key)
{
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];
        bool word = char_is_alnum(c) || c == '.' || c == '-' || c == '_';
        if (!word || (i == 0 && !char_is_alpha(c)))
            return false;
    }
    return key.n > 0;
}

static bool next_qualifier(struct str *rest, struct str *key, struct str *value)
{
    struct str pair;
    while (rest->n) {
        str_split(*rest, '&', &pair, rest);
        if (!pair.n)
            continue;
        bool has_value = str_split(pair, '=', key, value);
        if (!has_value)
            *value = (struct str){0};
        return true;
    }
    return false;
}

static bool check_qualifiers(struct arena *a, struct str whole, struct str text, struct err *err)
{
    struct str keys[LIMIT_PURL_QUALIFIERS], key, value, decoded;
    size_t n = 0;
    while (next_qualifier(&text, &key, &value)) {
        if (!is_key(key))
            return bad(err, whole, "bad qualifier");
        if (n == LIMIT_PURL_QUALIFIERS)
            return bad(err, whole, "too many qualifiers");
        for (size_t i = 0; i < n; i++)
            if (str_eq_nocase(keys[i], key))
                return bad(err, whole, "qualifier there twice");
        keys[n++] = key;
        if (!take(a, whole, value, false, &decoded, err))
            return false;
    }
    return true;
}

static bool is_type(struct str type)
{
    for (size_t i = 0; i < type.n; i++)
        if (!char_is_alnum(type.p[i]) && type.p[i] != '.' && type.p[i] != '-')
            return false;
    return type.n && char_is_alpha(type.p[0]);
}

/* Splits at the last `sep`; false and `*head` all of it when there is none. */
static bool split_last(struct str s, char sep, struct str *head, struct str *tail)
{
    size_t at = str_rfind(s, sep);
    *head = str_first(s, at);
    *tail = at == STR_NPOS ? (struct str){0} : str_from(s, at + 1);
    return at != STR_NPOS;
}

/* Does the `@` start a segment with another behind it? A version has no plain slash. */
static bool is_scope(struct str rest, size_t at)
{
    return (at == 0 || rest.p[at - 1] == '/') && str_find(str_from(rest, at), '/') != STR_NPOS;
}

/* namespace/name@version, behind the type. */
static bool take_name(struct arena *a, struct str whole, struct str rest, struct purl *out,
                      struct err *err)
{
    struct type_rule rule = rule_of(out->type);
    struct str head, version = {0}, space, name;
    size_t at = str_rfind(rest, '@');
    if (at != STR_NPOS && !is_scope(rest, at)) {
        version = str_from(rest, at + 1);
        rest = str_first(rest, at);
    }
    while (str_ends(rest, STR("/")))
        rest.n--;
    if (!split_last(rest, '/', &head, &name)) {
        name = head;
        head = (struct str){0};
    }
    space = head;
    if (!take_path(a, whole, space, rule.space, false, &out->space, err) ||
        !take(a, whole, name, rule.name, &out->name, err) ||
        !take(a, whole, version, rule.version, &out->version, err))
        return false;
    if (!out->name.n)
        return bad(err, whole, "no name");
    return !rule.needs_space || out->space.n ||
           bad(err, whole, "no namespace, which its type needs");
}

bool purl_parse(struct arena *a, struct str text, struct purl *out, struct err *err)
{
    struct str rest, scheme, type, subpath;
    *out = (struct purl){0};
    if (text.n > LIMIT_PURL_BYTES)
        return bad(err, text, "too long");
    split_last(text, '#', &rest, &subpath);
    split_last(rest, '?', &rest, &out->qualifiers);
    if (!str_split(rest, ':', &scheme, &rest) || !str_eq_nocase(scheme, STR("pkg")))
        return bad(err, text, "does not start with pkg:");
    while (str_starts(rest, STR("/")))
        rest = str_from(rest, 1);
    if (!str_split(rest, '/', &type, &rest) || !is_type(type))
        return bad(err, text, "no type");
    if (!arena_dup_lower(a, type, &out->type, err) ||
        !arena_dup(a, out->qualifiers, &out->qualifiers, err))
        return false;
    return take_name(a, text, rest, out, err) && check_qualifiers(a, text, out->qualifiers, err) &&
           take_path(a, text, subpath, false, true, &out->subpath, err);
}

bool purl_qualifier(struct arena *a, const struct purl *p, struct str name, struct str *out,
                    struct err *err)
{
    struct str rest = p->qualifiers, key, value;
    *out = (struct str){0};
    while (next_qualifier(&rest, &key, &value))
        if (str_eq_nocase(key, name))
            return take(a, p->qualifiers, value, false, out, err);
    return true;
}
