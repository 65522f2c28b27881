/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings are views: a pointer and a length, not terminated, owned by somebody else (an input, an
 * arena, a literal). Characters are bytes; classification is ASCII, whatever the locale.
 */
#ifndef VULNWARD_BASE_STR_H
#define VULNWARD_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct str {
    const char *p; /* may be NULL when n is 0 */
    size_t n;
};

#define STR(lit) ((struct str){("" lit), sizeof(lit) - 1})
#define STR_INIT(lit)                                                                              \
    {                                                                                              \
        ("" lit), sizeof(lit) - 1                                                                  \
    }
/* For printf: "%.*s", STR_ARG(s). Messages cut at INT_MAX, never beyond the view. */
#define STR_ARG(s) ((s).n > 0x7fffffff ? 0x7fffffff : (int)(s).n), ((s).p ? (s).p : "")

static inline bool char_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool char_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}
static inline bool char_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || char_is_upper(c);
}
static inline bool char_is_alnum(char c)
{
    return char_is_digit(c) || char_is_alpha(c);
}
static inline bool char_is_hex(char c)
{
    return char_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static inline bool char_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline char char_lower(char c)
{
    return char_is_upper(c) ? (char)(c + 32) : c;
}

static inline struct str str_make(const char *p, size_t n)
{
    return (struct str){p, n};
}
/* NULL gives the empty view. */
static inline struct str str_from_c(const char *s)
{
    return (struct str){s, s ? strlen(s) : 0};
}
static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
bool str_eq_nocase(struct str a, struct str b);
/* Byte order, like strcmp: <0, 0, >0. */
int str_cmp(struct str a, struct str b);
static inline bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}
bool str_starts_nocase(struct str s, struct str prefix);
static inline bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}
/* The view from byte `from` (clamped) to the end. */
static inline struct str str_from(struct str s, size_t from)
{
    from = from < s.n ? from : s.n;
    return (struct str){from ? s.p + from : s.p, s.n - from};
}
/* The first `n` bytes (clamped). */
static inline struct str str_first(struct str s, size_t n)
{
    return (struct str){s.p, n < s.n ? n : s.n};
}
#define STR_NPOS ((size_t)-1)
/* Position of the first / last `c`, or STR_NPOS. */
size_t str_find(struct str s, char c);
size_t str_rfind(struct str s, char c);
/* Position of the first occurrence of `needle`, or STR_NPOS; an empty needle is found at 0. */
size_t str_find_str(struct str s, struct str needle);
/* Without ASCII white space and NUL bytes at both ends. */
struct str str_trim(struct str s);
/*
 * Splits at the first `sep`: `*head` is what stands before it, the return value tells whether it
 * was there, `*rest` what follows (empty when it was not). `rest` may be the address of `s`'s
 * original.
 */
bool str_split(struct str s, char sep, struct str *head, struct str *rest);
/* The next run of non-blanks of `*rest`, which moves on; empty at the end. */
struct str str_next_word(struct str *rest);
/* Decimal digits only, no sign, at least one; false when out of [min, max]. `*out` only on success.
 */
bool str_to_u64(struct str s, uint64_t min, uint64_t max, uint64_t *out) VW_CHECKED;
/*
 * Shell-style pattern of `*` and `?`, nothing else special; linear time. Used for package names.
 */
bool str_glob(struct str pattern, struct str s);
/*
 * Ids as people count them: runs of digits compare as numbers, the rest as bytes, so
 * "CVE-2024-3094" is before "CVE-2024-21626". Leading zeros make a number larger: ids of one kind
 * have none.
 */
int str_compare_ids(struct str a, struct str b);
/*
 * Length of the run of plain ASCII at the start of the n bytes at p: printable, and none of the
 * characters JSON or XML escape (" & < > \\). Most of any text is such a run, so this is made fast.
 */
size_t plain_run(const char *p, size_t n);
/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms)? */
bool str_is_utf8(struct str s);
/*
 * Length of the well-formed UTF-8 sequence at the start of the n bytes at p, 0 when there is none.
 */
size_t utf8_sequence(const char *p, size_t n);
/* Room for a SHA-256 digest as text: 64 lower-case hex digits and a terminator. */
#define SHA256_HEX 65
/* FNV-1a, 64 bits: for hash tables, not for security. */
uint64_t str_hash(struct str s);

#endif
