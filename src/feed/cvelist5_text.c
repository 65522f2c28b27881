/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What CNAs write where the CVE Record Format wants a version: often a range in words. A text is
 * cut into tokens, each a letter (V a version, S a series such as 1.2.x, `b` before, prior, earlier
 * ...), and what the letters spell is looked up in a table. A text with one word too many is not
 * understood: no range is better than a wrong one. The forms and what becomes of them are
 * tests/data/cve_versions.tsv.
 */
#include "feed/cvelist5_priv.h"

#include "version/version.h"

#include "base/banned.h"

#define MAX_TOKENS 64
#define MAX_TEXT 512

/* ---- words ---- */

static const struct str nothing[] = {
    STR_INIT(""),
    STR_INIT("-"),
    STR_INIT("--"),
    STR_INIT("?"),
    STR_INIT("/"),
    STR_INIT("n/a"),
    STR_INIT("na"),
    STR_INIT("none"),
    STR_INIT("not specified"),
    STR_INIT("unspecified"),
    STR_INIT("unknown"),
    STR_INIT("various"),
    STR_INIT("various versions"),
    STR_INIT("multiple versions"),
    STR_INIT("see references"),
    STR_INIT("see reference"),
    STR_INIT("tbd"),
};
static const struct str everything[] = {
    STR_INIT("*"),
    STR_INIT("all"),
    STR_INIT("any"),
    STR_INIT("all versions"),
    STR_INIT("all version"),
    STR_INIT("any version"),
    STR_INIT("any versions"),
    STR_INIT("every version"),
    STR_INIT("all releases"),
    STR_INIT("all firmware versions"),
    STR_INIT("firmware all versions"),
    STR_INIT("vers:all/*"),
};

static bool is_in(struct str text, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(text, list[i]))
            return true;
    return false;
}
#define IS_IN(text, list) is_in((text), (list), sizeof(list) / sizeof((list)[0]))

enum cve_placeholder cve_placeholder(struct str text)
{
    text = str_trim(text);
    if (text.n && char_is_digit(text.p[0])) /* most are versions */
        return CVE_SAYS_SOMETHING;
    while (text.n > 1 && text.p[text.n - 1] == '.')
        text.n--;
    return IS_IN(text, nothing)      ? CVE_SAYS_NOTHING
           : IS_IN(text, everything) ? CVE_SAYS_EVERYTHING
                                     : CVE_SAYS_SOMETHING;
}

bool cve_is_commit(struct str text)
{
    bool letter = text.n == 40;
    for (size_t i = 0; i < text.n; i++) {
        if (!char_is_hex(text.p[i]))
            return false;
        letter = letter || char_is_alpha(text.p[i]);
    }
    return letter && text.n >= 12 && text.n <= 64;
}

/* One word: "1.2.3", "v4.1", "15.0(1)S2", "1.0.2k-fips". */
static bool is_version_word(struct str w)
{
    if (w.n && char_lower(w.p[0]) == 'v')
        w = str_from(w, 1);
    if (!w.n || w.n > LIMIT_VERSION_BYTES || !char_is_digit(w.p[0]) || cve_is_commit(w))
        return false;
    for (size_t i = 0; i < w.n; i++)
        if (!char_is_alnum(w.p[i]) && w.p[i] != '.' && !memchr("-_+~:()\\", w.p[i], 8))
            return false;
    return true;
}

/* A word that goes with the version before it: "SP1", "HF 3", "build 7354", "Update 2". */
static bool is_suffix_word(struct str w, bool *wants_number)
{
    static const struct str words[] = {
        STR_INIT("sp"),    STR_INIT("hf"),     STR_INIT("cu"),       STR_INIT("su"),
        STR_INIT("fp"),    STR_INIT("rc"),     STR_INIT("p"),        STR_INIT("u"),
        STR_INIT("patch"), STR_INIT("update"), STR_INIT("hotfix"),   STR_INIT("build"),
        STR_INIT("beta"),  STR_INIT("alpha"),  STR_INIT("sr"),       STR_INIT("msr"),
        STR_INIT("ap"),    STR_INIT("rev"),    STR_INIT("revision"),
    };
    size_t n = 0;
    while (n < w.n && char_is_alpha(w.p[n]))
        n++;
    *wants_number = n == w.n;
    for (size_t i = n; i < w.n; i++)
        if (!char_is_alnum(w.p[i]) && w.p[i] != '.' && w.p[i] != '-')
            return false;
    return IS_IN(str_first(w, n), words);
}

/* The length of the words at the start of `rest` that belong to the version before them. */
static size_t suffix_length(struct str rest)
{
    size_t used = 0;
    for (struct str left = rest;;) {
        bool wants_number;
        struct str w = str_next_word(&left);
        if (!w.n || !is_suffix_word(w, &wants_number))
            return used;
        if (wants_number) {
            struct str number = str_next_word(&left);
            if (!is_version_word(number))
                return used;
            w = number;
        }
        used = (size_t)(w.p + w.n - rest.p);
    }
}

bool cve_is_version(struct str text)
{
    struct str rest = text, w = str_next_word(&rest);
    return is_version_word(w) && str_trim(str_from(rest, suffix_length(rest))).n == 0;
}

bool cve_is_series(struct str text, struct str *base)
{
    struct str s = text;
    while (s.n > 2 && s.p[s.n - 2] == '.' &&
           (char_lower(s.p[s.n - 1]) == 'x' || s.p[s.n - 1] == '*'))
        s.n -= 2;
    if (s.n == text.n && s.n > 1 && s.p[s.n - 1] == '*' && char_is_digit(s.p[s.n - 2]))
        s.n--;
    *base = s;
    return s.n < text.n && is_version_word(s);
}

bool cve_series_end(struct arena *a, struct str base, struct str *out, struct err *err)
{
    char *p = arena_alloc(a, base.n + 3);
    if (!p)
        return err_memory(err);
    memcpy(p, base.p, base.n);
    memcpy(p + base.n, ".*", 3);
    *out = str_make(p, base.n + 2);
    return true;
}

/* "Ver.2.30", "version5", "v.23.08" -> from the number on. */
static struct str strip_version_word(struct str w)
{
    static const struct str words[] = {STR_INIT("versions"), STR_INIT("version"), STR_INIT("ver"),
                                       STR_INIT("v")};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!str_starts_nocase(w, words[i]))
            continue;
        struct str rest = str_from(w, words[i].n);
        if (rest.n && (rest.p[0] == '.' || rest.p[0] == ':'))
            rest = str_from(rest, 1);
        if (rest.n && char_is_digit(rest.p[0]) && i < 3)
            return rest;
        if (rest.n && char_is_digit(rest.p[0]) && rest.p != w.p + 1)
            return rest; /* "v.23"; a plain "v23" stays */
    }
    return w;
}

struct str cve_strip_version(struct str text)
{
    text = str_trim(text);
    if (text.n && char_is_digit(text.p[0]))
        return text;
    while (text.n && memchr("<>=", text.p[0], 3))
        text = str_trim(str_from(text, 1));
    struct str rest = text, w = str_next_word(&rest);
    if (rest.n && (str_eq_nocase(w, STR("version")) || str_eq_nocase(w, STR("ver.")) ||
                   str_eq_nocase(w, STR("ver"))))
        return str_trim(rest);
    return strip_version_word(text);
}

/* ---- tokens ---- */

/* 'V' and 'S' have a text. */
struct tokens {
    char kind[MAX_TOKENS + 1];
    struct str text[MAX_TOKENS];
    size_t n;
};

static bool add(struct tokens *t, char kind, struct str text)
{
    if (t->n == MAX_TOKENS)
        return false;
    t->kind[t->n] = kind;
    t->text[t->n++] = text;
    return true;
}

static const struct {
    struct str word;
    char kind; /* '\0': says nothing */
} words[] = {
    {STR_INIT("before"), 'b'},    {STR_INIT("prior"), 'b'},        {STR_INIT("earlier"), 'b'},
    {STR_INIT("below"), 'b'},     {STR_INIT("older"), 'b'},        {STR_INIT("lower"), 'b'},
    {STR_INIT("less"), 'b'},      {STR_INIT("previous"), 'b'},     {STR_INIT("later"), 'u'},
    {STR_INIT("newer"), 'u'},     {STR_INIT("above"), 'u'},        {STR_INIT("higher"), 'u'},
    {STR_INIT("onwards"), 'u'},   {STR_INIT("onward"), 'u'},       {STR_INIT("up"), 'p'},
    {STR_INIT("to"), 't'},        {STR_INIT("through"), 't'},      {STR_INIT("thru"), 't'},
    {STR_INIT("-"), 't'},         {STR_INIT("\xe2\x80\x93"), 't'}, {STR_INIT("from"), 'f'},
    {STR_INIT("since"), 'f'},     {STR_INIT("between"), 'f'},      {STR_INIT("and"), '&'},
    {STR_INIT("&"), '&'},         {STR_INIT("&&"), '&'},           {STR_INIT("or"), 'o'},
    {STR_INIT("||"), '|'},        {STR_INIT("including"), 'i'},    {STR_INIT("inclusive"), 'i'},
    {STR_INIT("equal"), 'q'},     {STR_INIT("than"), '\0'},        {STR_INIT("version"), '\0'},
    {STR_INIT("versions"), '\0'}, {STR_INIT("ver"), '\0'},         {STR_INIT("v"), '\0'},
    {STR_INIT("release"), '\0'},  {STR_INIT("releases"), '\0'},    {STR_INIT("all"), '\0'},
    {STR_INIT("any"), '\0'},      {STR_INIT("the"), '\0'},         {STR_INIT("firmware"), '\0'},
};

/* "12.1.1-12.1.3": two plain numbers of the same form, the lower one first. Everything else with a
 * hyphen is one version ("7.0.0-56", "2.0.18-13"). */
static bool split_range(struct str w, struct str *from, struct str *to)
{
    size_t dots[2] = {0, 0};
    if (!str_split(w, '-', from, to) || !from->n || !to->n)
        return false;
    const struct str *half[] = {from, to};
    for (size_t h = 0; h < 2; h++)
        for (size_t i = 0; i < half[h]->n; i++) {
            if (!char_is_digit(half[h]->p[i]) && half[h]->p[i] != '.')
                return false;
            dots[h] += half[h]->p[i] == '.';
        }
    return dots[0] && dots[0] == dots[1] && version_compare(VERSION_GENERIC, *from, *to) < 0;
}

/* One word; `rest` is what follows it, of which a version takes what belongs to it. */
static bool add_word(struct tokens *t, struct str w, struct str *rest)
{
    struct str from, to;
    while (w.n > 1 && (w.p[w.n - 1] == '.' || w.p[w.n - 1] == ':'))
        w.n--;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_eq_nocase(w, words[i].word))
            return !words[i].kind || add(t, words[i].kind, w);
    w = strip_version_word(w);
    if (cve_is_series(w, &from))
        return add(t, 'S', from);
    if (!is_version_word(w))
        return false;
    if (split_range(w, &from, &to))
        return add(t, 'V', from) && add(t, 't', w) && add(t, 'V', to);
    size_t more = suffix_length(*rest);
    if (more) {
        w.n = (size_t)(rest->p + more - w.p);
        *rest = str_from(*rest, more);
    }
    return add(t, 'V', w);
}

/* "<", "<=", "=<", ">=" ..., also as one character. The length, 0: none. */
static size_t sign(struct str s, char *kind)
{
    static const struct {
        struct str text;
        char kind;
    } signs[] = {
        {STR_INIT("<="), 'L'}, {STR_INIT("=<"), 'L'}, {STR_INIT("\xe2\x89\xa4"), 'L'},
        {STR_INIT(">="), 'G'}, {STR_INIT("=>"), 'G'}, {STR_INIT("\xe2\x89\xa5"), 'G'},
        {STR_INIT("=="), '='}, {STR_INIT("<"), '<'},  {STR_INIT(">"), '>'},
        {STR_INIT("="), '='},  {STR_INIT(","), ','},  {STR_INIT(";"), ','},
    };
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (str_starts(s, signs[i].text)) {
            *kind = signs[i].kind;
            return signs[i].text.n;
        }
    return 0;
}

static bool tokenize(struct str text, struct tokens *t)
{
    for (struct str rest = text; rest.n;) {
        char kind = '\0';
        size_t n = sign(rest, &kind);
        if (n && !add(t, kind, str_first(rest, n)))
            return false;
        if (n || char_is_space(rest.p[0])) {
            rest = str_from(rest, n ? n : 1);
            continue;
        }
        while (n < rest.n && !char_is_space(rest.p[n]) && !sign(str_from(rest, n), &kind))
            n++;
        struct str w = str_first(rest, n);
        rest = str_from(rest, n);
        if (!add_word(t, w, &rest))
            return false;
    }
    t->kind[t->n] = '\0';
    return true;
}

/* ---- what they spell ---- */

/*
 * `from` and `to`: which version of the form (1 the first, 2 the second, 0 none). '>' is kept as
 * from that version on, as there is no bound that excludes it.
 */
static const struct form {
    const char *spelled; /* V stands for a version or a series */
    uint8_t from, to;
    bool including, single, doubtful;
} forms[] = {
    {"V", 1, 0, false, true, false},       {"=V", 1, 0, false, true, false},
    {"<V", 0, 1, false, false, false},     {"LV", 0, 1, true, false, false},
    {">V", 1, 0, false, false, true},      {"GV", 1, 0, false, false, false},
    {"bV", 0, 1, false, false, false},     {"btV", 0, 1, false, false, false},
    {"tV", 0, 1, true, false, true},       {"ptV", 0, 1, true, false, true},
    {"pt&iV", 0, 1, true, false, false},   {"bt&iV", 0, 1, true, false, false},
    {"boqtV", 0, 1, true, false, false},   {"V&b", 0, 1, true, false, false},
    {"Vob", 0, 1, true, false, false},     {"V&u", 1, 0, false, false, false},
    {"Vou", 1, 0, false, false, false},    {"V&p", 1, 0, false, false, false},
    {"fV", 1, 0, false, false, true},      {"VtV", 1, 2, true, false, false},
    {"fVtV", 1, 2, true, false, false},    {"fV&V", 1, 2, true, false, true},
    {"VptV", 1, 2, true, false, true},     {"fVptV", 1, 2, true, false, true},
    {"VtVi", 1, 2, true, false, false},    {"Vpt&iV", 1, 2, true, false, false},
    {"fVpt&iV", 1, 2, true, false, false}, {"VbV", 1, 2, false, false, false},
    {"VbtV", 1, 2, false, false, false},   {"fVbV", 1, 2, false, false, false},
    {"fVbtV", 1, 2, false, false, false},  {"VtbV", 1, 2, false, false, false},
    {"fVtbV", 1, 2, false, false, false},  {"GV<V", 1, 2, false, false, false},
    {"GV,<V", 1, 2, false, false, false},  {"GV&<V", 1, 2, false, false, false},
    {"GVLV", 1, 2, true, false, false},    {"GV,LV", 1, 2, true, false, false},
    {"GV&LV", 1, 2, true, false, false},   {">V<V", 1, 2, false, false, true},
    {">V,<V", 1, 2, false, false, true},   {">V&<V", 1, 2, false, false, true},
    {">VLV", 1, 2, true, false, true},     {">V,LV", 1, 2, true, false, true},
    {">V&LV", 1, 2, true, false, true},    {"VL<V", 1, 2, false, false, false},
    {"VLLV", 1, 2, true, false, false},
};

static bool spells(const struct tokens *t, size_t at, const char *form, size_t *n)
{
    for (*n = 0; form[*n]; (*n)++) {
        char k = t->kind[at + *n]; /* ends with '\0', which no form has */
        if (k != form[*n] && !(k == 'S' && form[*n] == 'V'))
            return false;
    }
    return true;
}

/* The longest form at `at`. */
static const struct form *find_form(const struct tokens *t, size_t at, size_t *length)
{
    const struct form *best = NULL;
    size_t n;
    *length = 0;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (spells(t, at, forms[i].spelled, &n) && n > *length) {
            best = &forms[i];
            *length = n;
        }
    return best;
}

/* Which token is the first (1) or second (2) version of the form. */
static size_t version_at(const struct tokens *t, size_t at, size_t which)
{
    size_t i = at;
    for (; i + 1 < t->n; i++)
        if ((t->kind[i] == 'V' || t->kind[i] == 'S') && !--which)
            break;
    return i;
}

/* False, with *fits true, only for want of memory. */
static bool make_bounds(struct arena *a, const struct tokens *t, size_t at, const struct form *f,
                        struct cve_bounds *b, bool *fits, struct err *err)
{
    *b = (struct cve_bounds){
        .single = f->single, .to_including = f->including, .doubtful = f->doubtful};
    size_t from = f->from ? version_at(t, at, f->from) : 0;
    size_t to = f->to ? version_at(t, at, f->to) : 0;
    *fits = true;
    if (f->from)
        b->from = t->text[from];
    if (f->to)
        b->to = t->text[to];
    if (f->from && t->kind[from] == 'S' && f->single) { /* the series itself */
        b->single = false;
        b->to_including = true;
        return cve_series_end(a, b->from, &b->to, err);
    }
    if (!f->to || t->kind[to] != 'S')
        return true;
    /* "before 1.2.x" may mean its start or its end. */
    *fits = f->including;
    return !*fits || cve_series_end(a, b->to, &b->to, err);
}

/* "< 2.5, >= 2.0" is one range, "< 1.5, >= 2.0" two: the order of the versions tells. */
static bool is_reversed(const struct cve_bounds *x, const struct cve_bounds *y)
{
    return !x->from.n && x->to.n && y->from.n && !y->to.n && !y->single &&
           version_compare(VERSION_GENERIC, y->from, x->to) < 0;
}

/* A list is understood when all of it is, and only its last range has no end. */
static bool is_sane(struct cve_bounds *out, size_t *n)
{
    if (*n == 2 && is_reversed(&out[0], &out[1])) {
        out[0].from = out[1].from;
        out[0].doubtful = out[0].doubtful || out[1].doubtful;
        *n = 1;
    }
    for (size_t i = 0; i + 1 < *n; i++)
        if (!out[i].single && !out[i].to.n)
            return false;
    return true;
}

/*
 * "Fixed in OpenSSL 1.1.1d (Affected 1.1.1-1.1.1c)", as OpenSSL wrote for years: what stands in the
 * brackets says it all, and a hyphen in it is a range.
 */
static bool take_brackets(struct arena *a, struct str *text, struct err *err)
{
    static const struct str start = STR_INIT("fixed in "), mark = STR_INIT("(affected ");
    size_t at = 0;
    struct str from, to;
    if (!str_starts_nocase(*text, start) || !str_ends(*text, STR(")")))
        return true;
    while (at < text->n && !str_starts_nocase(str_from(*text, at), mark))
        at++;
    if (at == text->n)
        return true;
    *text = str_from(*text, at + mark.n);
    text->n--;
    return !str_split(*text, '-', &from, &to) || str_find(*text, ' ') != STR_NPOS ||
           arena_printf(a, text, err, "%.*s - %.*s", STR_ARG(from), STR_ARG(to));
}

bool cve_parse_text(struct arena *a, struct str text, struct cve_bounds out[CVE_TEXT_RANGES],
                    size_t *n, struct err *err)
{
    struct tokens t;
    size_t found = 0, length;
    *n = 0;
    t.n = 0;
    if (text.n <= MAX_TEXT && str_find(text, '-') == STR_NPOS && is_version_word(text) &&
        !cve_is_series(text, &t.text[0])) { /* what most are */
        out[(*n)++] = (struct cve_bounds){.single = true, .from = text};
        return true;
    }
    if (text.n <= MAX_TEXT && !take_brackets(a, &text, err))
        return false;
    if (text.n > MAX_TEXT || !tokenize(text, &t) || !t.n)
        return true;
    for (size_t at = 0; at < t.n;) {
        bool fits;
        const struct form *f = found < CVE_TEXT_RANGES ? find_form(&t, at, &length) : NULL;
        if (!f)
            return true;
        if (!make_bounds(a, &t, at, f, &out[found], &fits, err))
            return false;
        if (!fits)
            return true;
        found++;
        at += length;
        if (at == t.n)
            break;
        /* Between two of a list: a comma, "and", "or", or a comma with one of them. */
        size_t before = at;
        at += t.kind[at] == ',' || t.kind[at] == '|';
        at += at < t.n && (t.kind[at] == '&' || t.kind[at] == 'o');
        if (at == before)
            return true;
    }
    if (is_sane(out, &found))
        *n = found;
    return true;
}
