/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Upstream versions, as NVD's CPE ranges and recipes write them. There is no specification: this
 * order follows what the projects themselves mean, and is a total preorder by construction. A text
 * is read as a sequence of tokens, by rules that look at this text alone; the sequence is padded
 * with END for ever, and sequences compare lexicographically over this order of tokens:
 *
 *    ~                        sorts before everything, as in deb and rpm
 *    dev snapshot wip test …  pre-releases: see words[]; "1.0a1" and "1.0b2" mean alpha and beta
 *      < alpha < beta < milestone < preview < rc
 *    END = the number 0       1.0 = 1.0.0
 *    patch p1 post sp u8 …    a release and something: OpenSSH 9.3p1, BIND 9.16.1-P1
 *    git svn hg bzr r12 …     a release and then some commits: 1.2+git5
 *    any other word           by bytes, ignoring case: OpenSSL 1.0.2 < 1.0.2a < 1.0.2za < 1.0.3
 *    positive numbers         by value: 7.1.0 < 7.1.0-62 < 7.1.1
 *
 * A number is a run of digits and a word a run of ASCII letters; all other bytes separate. Words of
 * one row are equal ("1.0p1" = "1.0-patch1"). The single letters p, u and r mean what they mean in
 * this table only when a digit follows directly: OpenSSL 1.0.2p and 1.0.2r are letters among
 * others. Zeros before a pre-release or `~` count for nothing: 6.1-rc1 = 6.1.0-rc1.
 *
 * What yields no token:
 *  - one letter in front of the first number (v1.2, R2.4.1, s20190709, R_2_4_1);
 *  - words that say "this is the release": final, ga, release, stable, version;
 *  - marks of repackaging, with their number: +dfsg1, +dfsg.1, ~ds2, +repack;
 *  - `~` directly before a pre-release or such a mark: 1.0~rc1 = 1.0-rc1, 1.0~dfsg1 = 1.0;
 *  - a packager's revision at the end, "-r3" or "-r3.1" in lower case behind something with a digit
 *    (OpenEmbedded PR, Alpine pkgrel): it is not the upstream's. ISC's "4.1-ESV-R16" is;
 *  - hashes of commits, which have no order (skip_hash tells what is one): 1.2+git0+aca
 * = 1.2+git0+bbb, 1.2-5-g1234abc = 1.2-5. AUTOINC, OpenEmbedded's not yet known count, is the
 * number 0. Debian's "2.0+really1.9" is 1.9 in truth, so reading starts behind the last "+really".
 *
 * What stays approximate: 1.0p1 > 1.0.0p1 (a zero against a word), and any vendor's suffix that no
 * rule knows ("1.2-acme") is newer than the bare version.
 */
#include "version/version.h"

#include "version/digits_priv.h"
#include "version/schemes_priv.h"

#include "base/banned.h"

enum rank {
    RANK_TILDE,
    RANK_DEV,
    RANK_ALPHA,
    RANK_BETA,
    RANK_MILESTONE,
    RANK_PREVIEW,
    RANK_RC,
    RANK_ZERO, /* END too; everything above sorts before a release */
    RANK_PATCH,
    RANK_VCS,
    RANK_WORD,
    RANK_NUMBER,
    /* Results of classifying a word; never ranks of a token. */
    RANK_AUTOINC,
    RANK_NOISE,
};

struct token {
    enum rank rank;
    bool end;        /* RANK_ZERO because nothing is left */
    struct str text; /* of a word or number */
};

/* How much of what follows may be the hash of a commit. */
enum hash_state {
    HASH_NONE,         /* no git or hg so far */
    HASH_LATER,        /* somewhere behind git */
    HASH_AFTER_WORD,   /* right behind git */
    HASH_AFTER_NUMBER, /* right behind git and its count */
};

struct cursor {
    const char *begin, *p, *end;
    enum hash_state hash;
};

/* What a word is, and how many bytes of the text that is (the word may hold more than one token).
 */
struct class
{
    enum rank rank;
    size_t take;
    bool has_hash; /* the commits of this system are named by hashes */
};

static const struct word {
    struct str text;
    enum rank rank;
} words[] = {
    {STR_INIT("rc"), RANK_RC},
    {STR_INIT("beta"), RANK_BETA},
    {STR_INIT("alpha"), RANK_ALPHA},
    {STR_INIT("pre"), RANK_PREVIEW},
    {STR_INIT("dev"), RANK_DEV},
    {STR_INIT("cr"), RANK_RC},
    {STR_INIT("candidate"), RANK_RC},
    {STR_INIT("preview"), RANK_PREVIEW},
    {STR_INIT("prerelease"), RANK_PREVIEW},
    {STR_INIT("milestone"), RANK_MILESTONE}, /* Tomcat 9.0.0-M1 < 9.0.0-RC1 */
    {STR_INIT("devel"), RANK_DEV},
    {STR_INIT("develop"), RANK_DEV},
    {STR_INIT("development"), RANK_DEV},
    {STR_INIT("snapshot"), RANK_DEV},
    {STR_INIT("nightly"), RANK_DEV},
    {STR_INIT("canary"), RANK_DEV},
    {STR_INIT("wip"), RANK_DEV},  /* e2fsprogs 1.43-WIP */
    {STR_INIT("test"), RANK_DEV}, /* dnsmasq 2.86test1 < 2.86rc1 */
    {STR_INIT("patch"), RANK_PATCH},
    {STR_INIT("pl"), RANK_PATCH},
    {STR_INIT("patchlevel"), RANK_PATCH},
    {STR_INIT("post"), RANK_PATCH},
    {STR_INIT("sp"), RANK_PATCH},
    {STR_INIT("update"), RANK_PATCH},
    {STR_INIT("fix"), RANK_PATCH},
    {STR_INIT("hotfix"), RANK_PATCH},
    {STR_INIT("hf"), RANK_PATCH},
    {STR_INIT("svn"), RANK_VCS},
    {STR_INIT("bzr"), RANK_VCS},
    {STR_INIT("cvs"), RANK_VCS},
    {STR_INIT("rev"), RANK_VCS},
    {STR_INIT("revision"), RANK_VCS},
    {STR_INIT("autoinc"), RANK_AUTOINC},
    {STR_INIT("final"), RANK_NOISE},
    {STR_INIT("ga"), RANK_NOISE},
    {STR_INIT("release"), RANK_NOISE},
    {STR_INIT("stable"), RANK_NOISE}, /* libevent 2.1.12-stable */
    {STR_INIT("version"), RANK_NOISE},
};

/* The run of letters and digits at `p`: its length, whether it is hexadecimal and has a letter. */
struct run {
    size_t n;
    bool hex, letter;
};
static struct run measure_run(const char *p, const char *end)
{
    struct run r = {.hex = true};
    for (; p + r.n < end && char_is_alnum(p[r.n]); r.n++) {
        r.hex = r.hex && char_is_hex(p[r.n]);
        r.letter = r.letter || char_is_alpha(p[r.n]);
    }
    return r;
}

/*
 * Skips a hash of a commit. git abbreviates to at least 7 digits; one of 7 or more digits in
 * 10-digit form has no letter in one case of a hundred, so behind "git5" (where a hash must follow)
 * digits alone will do. What stands right behind git is a hash from 3 digits on if it has a letter.
 */
static bool skip_hash(struct cursor *c)
{
    bool starts = c->p == c->begin || !char_is_alnum(c->p[-1]);
    if (char_lower(*c->p) == 'g' && starts && c->p != c->begin) { /* git describe: 1.2-5-g1234abc */
        struct run r = measure_run(c->p + 1, c->end);
        if (r.hex && r.n >= 7) {
            c->p += 1 + r.n;
            return true;
        }
    }
    if (c->hash == HASH_NONE || (!starts && c->hash != HASH_AFTER_WORD))
        return false;
    struct run r = measure_run(c->p, c->end);
    /* "git5+a1b" has one; so has "git5a1b2c3d", but not "git5a1". */
    size_t least = starts && c->hash != HASH_LATER ? 3 : 7;
    bool hash = r.hex && (r.letter ? r.n >= least : c->hash == HASH_AFTER_NUMBER && r.n >= 7);
    if (hash) {
        c->p += r.n;
        c->hash = HASH_LATER;
    }
    return hash;
}

/* Is the word "r" at `p` the start of a packager's revision "-r3" or "-r3.1" that ends the text? */
static bool is_package_revision(const struct cursor *c, const char *p)
{
    if (*p != 'r' || p == c->begin || p[-1] != '-')
        return false;
    bool digit = false; /* "1.0.2k-r0" and "1.0-rc1-r0" are, "4.1-esv-r16" is not */
    for (const char *q = p - 1; q > c->begin && char_is_alnum(q[-1]) && !digit; q--)
        digit = char_is_digit(q[-1]);
    if (!digit)
        return false;
    for (p++; p < c->end; p++)
        if (!char_is_digit(*p) && (*p != '.' || p + 1 == c->end || !char_is_digit(p[1])))
            return false;
    return true;
}

static struct class classify_letter(const struct cursor *c, const char *p)
{
    bool before_digit = p + 1 < c->end && char_is_digit(p[1]);
    bool after_digit = p > c->begin && char_is_digit(p[-1]);
    struct class word = {.rank = RANK_WORD, .take = 1};
    if (!before_digit)
        return word; /* OpenSSL 1.0.2p, libjpeg 6b, tzdata 2024a */
    switch (char_lower(*p)) {
    case 'a':
        word.rank = after_digit ? RANK_ALPHA : RANK_WORD;
        break;
    case 'b':
        word.rank = after_digit ? RANK_BETA : RANK_WORD;
        break;
    case 'm':
        word.rank = after_digit ? RANK_WORD : RANK_MILESTONE;
        break;
    case 'p':
    case 'u':
        word.rank = RANK_PATCH;
        break;
    case 'r':
        if (is_package_revision(c, p))
            return (struct class){.rank = RANK_NOISE, .take = (size_t)(c->end - p)};
        word.rank = RANK_VCS;
        break;
    default:
        break;
    }
    return word;
}

/* Words that start with git or hg, and may go on: "gitr5", "gitAUTOINC", "git1234abc". */
static bool classify_vcs(const struct cursor *c, struct str word, struct class *out)
{
    size_t name = str_starts_nocase(word, STR("git")) ? 3 : 0;
    if (!name && str_starts_nocase(word, STR("hg")))
        name = 2;
    if (!name)
        return false;
    struct str rest = str_from(word, name);
    if (rest.n && char_lower(*rest.p) == 'r' &&
        (rest.n == 1 || str_eq_nocase(str_from(rest, 1), STR("autoinc")))) {
        name++;
        rest = str_from(rest, 1);
    }
    if (rest.n && !str_eq_nocase(rest, STR("autoinc"))) {
        struct run r = measure_run(rest.p, c->end);
        if (!r.hex || r.n < 7)
            return false; /* "gitlab" */
    }
    *out = (struct class){.rank = RANK_VCS, .take = name, .has_hash = true};
    return true;
}

/* "+dfsg1", "+dfsg.1", "+ds2": `out->take` goes to the end of the number. */
static bool classify_repack(const struct cursor *c, struct str word, struct class *out)
{
    bool behind_mark = word.p > c->begin && !char_is_alnum(word.p[-1]);
    if (!str_eq_nocase(word, STR("dfsg")) && !str_eq_nocase(word, STR("repack")) &&
        !str_eq_nocase(word, STR("repacked")) && !(behind_mark && str_eq_nocase(word, STR("ds"))))
        return false;
    const char *p = word.p + word.n;
    if (p + 1 < c->end && *p == '.' && char_is_digit(p[1]))
        p++;
    while (p < c->end && char_is_digit(*p))
        p++;
    *out = (struct class){.rank = RANK_NOISE, .take = (size_t)(p - word.p)};
    return true;
}

/* The word at `p`, where a letter stands. */
static struct class classify(const struct cursor *c, const char *p)
{
    struct str word = {p, 0};
    while (p + word.n < c->end && char_is_alpha(p[word.n]))
        word.n++;
    if (word.n == 1)
        return classify_letter(c, p);
    struct class out;
    if (classify_vcs(c, word, &out) || classify_repack(c, word, &out))
        return out;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].text.n == word.n && *words[i].text.p == char_lower(*p) &&
            str_eq_nocase(words[i].text, word))
            return (struct class){.rank = words[i].rank, .take = word.n};
    return (struct class){.rank = RANK_WORD, .take = word.n};
}

/* Does the `~` at the cursor count? Not where what follows says the same, or nothing, by itself. */
static bool tilde_counts(const struct cursor *c)
{
    const char *next = c->p + 1;
    if (next == c->end || !char_is_alpha(*next))
        return true;
    enum rank rank = classify(c, next).rank;
    return rank >= RANK_ZERO && rank != RANK_NOISE;
}

/* Reads the word at the cursor; false when it yields no token. */
static bool take_word(struct cursor *c, struct token *t)
{
    struct class w = classify(c, c->p);
    *t = (struct token){.rank = w.rank, .text = {c->p, w.take}};
    c->p += w.take;
    if (w.rank == RANK_NOISE)
        return false;
    if (w.rank == RANK_AUTOINC)
        t->rank = RANK_ZERO;
    if (w.has_hash)
        c->hash = HASH_AFTER_WORD;
    else if (c->hash != HASH_NONE)
        c->hash = w.rank == RANK_AUTOINC ? HASH_AFTER_NUMBER : HASH_LATER;
    return true;
}

static struct token take_number(struct cursor *c)
{
    if (c->hash != HASH_NONE) /* the count is only what stands directly behind the word */
        c->hash =
            c->hash == HASH_AFTER_WORD && char_is_alpha(c->p[-1]) ? HASH_AFTER_NUMBER : HASH_LATER;
    struct str text = digits_take(&c->p, c->end);
    return (struct token){.rank = text.n ? RANK_NUMBER : RANK_ZERO, .text = text};
}

static inline struct token next_token(struct cursor *c)
{
    while (c->p < c->end) {
        char ch = *c->p;
        if (char_is_digit(ch)) {
            if (c->hash == HASH_NONE || !skip_hash(c))
                return take_number(c);
        } else if (char_is_alpha(ch)) {
            struct token t;
            bool hash = (c->hash != HASH_NONE || ch == 'g' || ch == 'G') && skip_hash(c);
            if (!hash && take_word(c, &t))
                return t;
        } else {
            bool tilde = ch == '~' && tilde_counts(c);
            c->p++;
            if (tilde)
                return (struct token){.rank = RANK_TILDE};
        }
    }
    return (struct token){.rank = RANK_ZERO, .end = true};
}

static inline struct cursor start(struct str s)
{
    const char *p = s.p, *end = s.n ? s.p + s.n : s.p;
    for (const char *q = p; s.n && (q = memchr(q, '+', (size_t)(end - q))) != NULL; q++)
        if (end - q > 7 && memcmp(q, "+really", 7) == 0 && char_is_digit(q[7]))
            p = q + 7;
    while (p < end && !char_is_alnum(*p) && *p != '~')
        p++;
    if (end - p > 1 && char_is_alpha(*p)) {
        const char *q = p + 1;
        if (*q == '_' && end - q > 1)
            q++;
        if (char_is_digit(*q))
            p = q;
    }
    return (struct cursor){.begin = p, .p = p, .end = end};
}

/*
 * From a zero to what stands behind it and other zeros. Asked for when the other side has a
 * pre-release or `~`: against these all tokens from zero up are the same.
 */
static struct token skip_zeros(struct cursor *c)
{
    struct token t;
    do
        t = next_token(c);
    while (t.rank == RANK_ZERO && !t.end);
    return t;
}

static int compare_words(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; i < n; i++) {
        char x = char_lower(a.p[i]), y = char_lower(b.p[i]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

static int compare(struct str a, struct str b)
{
    struct cursor x = start(a), y = start(b);
    digits_skip_common(&x.p, x.end, &y.p, y.end);
    if (x.p < x.end && y.p < y.end && char_is_digit(*x.p) && char_is_digit(*y.p)) {
        struct str s = digits_take(&x.p, x.end), t = digits_take(&y.p, y.end);
        int c = digits_compare(s, t);
        if (c)
            return c; /* nearly always: without looking at tokens */
    }
    for (;;) {
        struct token s = next_token(&x), t = next_token(&y);
        if (s.rank < RANK_ZERO && t.rank == RANK_ZERO && !t.end)
            t = skip_zeros(&y);
        else if (t.rank < RANK_ZERO && s.rank == RANK_ZERO && !s.end)
            s = skip_zeros(&x);
        if (s.rank != t.rank)
            return s.rank < t.rank ? -1 : 1;
        int c = 0;
        if (s.rank == RANK_NUMBER)
            c = digits_compare(s.text, t.text);
        else if (s.rank == RANK_WORD)
            c = compare_words(s.text, t.text);
        if (c || (s.end && t.end))
            return c;
    }
}

static bool valid(struct str v)
{
    for (size_t i = 0; i < v.n; i++)
        if (char_is_digit(v.p[i]))
            return true;
    return false;
}

const struct version_order version_order_generic = {
    .name = "generic",
    .summary = "upstream versions as NVD ranges use them",
    .compare = compare,
    .valid = valid,
};
