/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include "base/banned.h"

bool str_eq_nocase(struct str a, struct str b)
{
    return a.n == b.n && str_starts_nocase(a, b);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
    if (s.n < prefix.n)
        return false;
    for (size_t i = 0; i < prefix.n; i++)
        if (char_lower(s.p[i]) != char_lower(prefix.p[i]))
            return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c)
        return c < 0 ? -1 : 1;
    return a.n < b.n ? -1 : a.n > b.n;
}

size_t str_find(struct str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : STR_NPOS;
}

size_t str_rfind(struct str s, char c)
{
    for (size_t i = s.n; i > 0; i--)
        if (s.p[i - 1] == c)
            return i - 1;
    return STR_NPOS;
}

size_t str_find_str(struct str s, struct str needle)
{
    if (!needle.n)
        return 0;
    if (s.n < needle.n)
        return STR_NPOS;
    const char *at = memmem(s.p, s.n, needle.p, needle.n);
    return at ? (size_t)(at - s.p) : STR_NPOS;
}

static bool is_trimmed(char c)
{
    return char_is_space(c) || c == '\0';
}

struct str str_trim(struct str s)
{
    while (s.n && is_trimmed(s.p[s.n - 1]))
        s.n--;
    while (s.n && is_trimmed(s.p[0])) {
        s.p++;
        s.n--;
    }
    return s;
}

bool str_split(struct str s, char sep, struct str *head, struct str *rest)
{
    size_t at = str_find(s, sep);
    if (at == STR_NPOS) {
        *head = s;
        *rest = str_from(s, s.n);
        return false;
    }
    *head = str_first(s, at);
    *rest = str_from(s, at + 1);
    return true;
}

struct str str_next_word(struct str *rest)
{
    struct str s = *rest;
    while (s.n && char_is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    size_t n = 0;
    while (n < s.n && !char_is_space(s.p[n]))
        n++;
    *rest = str_from(s, n);
    return str_first(s, n);
}

bool str_to_u64(struct str s, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    if (!s.n)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!char_is_digit(s.p[i]) || __builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
            return false;
    }
    if (v < min || v > max)
        return false;
    *out = v;
    return true;
}

/* The classic two-pointer match: on a mismatch go back to the last `*` only, so time is bounded. */
bool str_glob(struct str pattern, struct str s)
{
    size_t p = 0, i = 0, star = STR_NPOS, mark = 0;
    while (i < s.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            mark = i;
        } else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == s.p[i])) {
            p++;
            i++;
        } else if (star != STR_NPOS) {
            p = star + 1;
            i = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

static bool is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* RFC 3629 section 4: the table of well-formed byte sequences. */
size_t utf8_sequence(const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *)p;
    if (!n)
        return 0;
    if (u[0] < 0x80)
        return 1;
    if (u[0] >= 0xc2 && u[0] <= 0xdf)
        return n >= 2 && is_tail(u[1]) ? 2 : 0;
    if ((u[0] & 0xf0) == 0xe0) {
        unsigned char lo = u[0] == 0xe0 ? 0xa0 : 0x80, hi = u[0] == 0xed ? 0x9f : 0xbf;
        return n >= 3 && u[1] >= lo && u[1] <= hi && is_tail(u[2]) ? 3 : 0;
    }
    if (u[0] >= 0xf0 && u[0] <= 0xf4) {
        unsigned char lo = u[0] == 0xf0 ? 0x90 : 0x80, hi = u[0] == 0xf4 ? 0x8f : 0xbf;
        return n >= 4 && u[1] >= lo && u[1] <= hi && is_tail(u[2]) && is_tail(u[3]) ? 4 : 0;
    }
    return 0;
}

int str_compare_ids(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    while (i < a.n && k < b.n) {
        if (!char_is_digit(a.p[i]) || !char_is_digit(b.p[k])) {
            if (a.p[i] != b.p[k])
                return (unsigned char)a.p[i] < (unsigned char)b.p[k] ? -1 : 1;
            i++;
            k++;
            continue;
        }
        size_t from_a = i, from_b = k;
        while (i < a.n && char_is_digit(a.p[i]))
            i++;
        while (k < b.n && char_is_digit(b.p[k]))
            k++;
        if (i - from_a != k - from_b)
            return i - from_a < k - from_b ? -1 : 1;
        int c = memcmp(a.p + from_a, b.p + from_b, i - from_a);
        if (c)
            return c;
    }
    return (a.n - i > b.n - k) - (a.n - i < b.n - k);
}

/* In each byte of x: is it c? The high bit of the byte then, in a word of eight. */
#define BYTES(c) (0x0101010101010101u * (uint64_t)(c))
static uint64_t has_byte(uint64_t x, unsigned char c)
{
    uint64_t y = x ^ BYTES(c);
    return (y - BYTES(0x01)) & ~y & BYTES(0x80);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '&' && c != '<' && c != '>' && c != '\\';
}

/* Has any of the eight bytes a character that is not plain? */
static bool has_odd(uint64_t x)
{
    /* Bytes below 0x20 borrow; those from 0x7f on have or get the high bit. */
    uint64_t odd = ((x - BYTES(0x20)) | x | (x + BYTES(0x01))) & BYTES(0x80);
    odd |= has_byte(x, '"') | has_byte(x, '&') | has_byte(x, '\\');
    return odd | has_byte(x & BYTES(0xfd), '<'); /* < and > differ in one bit */
}

size_t plain_run(const char *p, size_t n)
{
    size_t i = 0;
    uint64_t x = BYTES(' ');
    for (; i + 8 <= n; i += 8) {
        memcpy(&x, p + i, sizeof x);
        if (has_odd(x))
            break;
    }
    /* The last few bytes at once: behind plain ones of the same text, or filled up with blanks. */
    if (i < n && i + 8 > n) {
        x = BYTES(' ');
        if (n >= 8)
            memcpy(&x, p + n - 8, sizeof x);
        else
            for (size_t k = 0; k < n; k++)
                x = x << 8 | (unsigned char)p[k];
        if (!has_odd(x))
            return n;
    }
    while (i < n && is_plain((unsigned char)p[i]))
        i++;
    return i;
}

bool str_is_utf8(struct str s)
{
    for (size_t i = 0; i < s.n;) {
        size_t k = utf8_sequence(s.p + i, s.n - i);
        if (!k)
            return false;
        i += k;
    }
    return true;
}

uint64_t str_hash(struct str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
    return h;
}
