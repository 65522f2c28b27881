/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FIRST's exploit prediction scores: one line per CVE, a few hundred thousand of them.
 *
 *     #model_version:v2025.03.14,score_date:2025-12-26T12:55:00Z
 *     cve,epss,percentile
 *     CVE-2021-44228,0.94358,0.99958
 *     CVE-2025-9971,7e-05,0.00428
 *
 * Files from before February 2022 have no line of comment, and so no date. Read in pieces.
 */
#include "feed/catalogue_priv.h"

#include "codec/lines.h"
#include "base/banned.h"

#define CHUNK_BYTES ((size_t)256 << 10)
#define HEADER "cve,epss,percentile"
#define SCALE_DIGITS 5 /* hundred-thousandths */

#define DIGITS_KEPT 18 /* 10^18 and half of it more fit into 64 bits */

static uint64_t power_of_ten(int64_t n)
{
    uint64_t p = 1;
    while (n-- > 0)
        p *= 10;
    return p;
}

/* A decimal number: digits / 10^places, and a little more when `inexact`. */
struct decimal {
    uint64_t digits;
    size_t kept;
    int64_t places;
    bool inexact;
};

static void take_digit(struct decimal *d, char c, bool fraction)
{
    if (d->kept < DIGITS_KEPT) {
        d->digits = d->digits * 10 + (uint64_t)(c - '0');
        d->kept += d->digits != 0;
        d->places += fraction;
    } else {
        d->inexact |= c != '0';
        d->places -= !fraction;
    }
}

/* "0.00043", "1.0", "9e-05"; no sign, no blanks, a digit on both sides of a point. */
static bool take_decimal(struct str s, struct decimal *d)
{
    size_t i = 0, start = 0;
    uint64_t exponent = 0;
    *d = (struct decimal){0};
    for (; i < s.n && char_is_digit(s.p[i]); i++)
        take_digit(d, s.p[i], false);
    if (!i)
        return false;
    if (i < s.n && s.p[i] == '.') {
        for (start = ++i; i < s.n && char_is_digit(s.p[i]); i++)
            take_digit(d, s.p[i], true);
        if (i == start)
            return false;
    }
    if (i == s.n)
        return true;
    if (s.p[i] != 'e' && s.p[i] != 'E')
        return false;
    struct str e = str_from(s, i + 1);
    bool minus = str_starts(e, STR("-"));
    if (minus || str_starts(e, STR("+")))
        e = str_from(e, 1);
    if (!str_to_u64(e, 0, INT32_MAX, &exponent))
        return false;
    d->places += minus ? (int64_t)exponent : -(int64_t)exponent;
    return true;
}

/* A number from 0 to 1 in hundred-thousandths, halves up; false for any other. */
static bool take_fraction(struct str text, uint32_t *out)
{
    struct decimal d;
    if (!take_decimal(text, &d))
        return false;
    *out = 0;
    if (!d.digits)
        return true;
    if (d.places < 0)
        return false;
    if (d.places <= DIGITS_KEPT) {
        uint64_t one = power_of_ten(d.places);
        if (d.digits > one || (d.digits == one && d.inexact))
            return false;
    }
    int64_t cut = d.places - SCALE_DIGITS;
    if (cut <= 0)
        *out = (uint32_t)(d.digits * power_of_ten(-cut));
    else if (cut <= DIGITS_KEPT)
        *out = (uint32_t)((d.digits + power_of_ten(cut) / 2) / power_of_ten(cut));
    /* else less than half of the smallest unit */
    return true;
}

struct epss_reader {
    struct feed_out *out;
    struct feed_info *info;
    size_t line; /* read so far */
    bool in_rows, more_columns;
};

/* "#model_version:...,score_date:..." */
static bool take_comment(struct epss_reader *r, struct str line, struct err *err)
{
    struct str part, key, value;
    for (struct str rest = str_from(line, 1); rest.n;) {
        (void)str_split(rest, ',', &part, &rest);
        if (!str_split(part, ':', &key, &value) || !str_eq(str_trim(key), STR("score_date")))
            continue;
        if (!date_parse(value, &r->info->published))
            return err_set(err, ERR_INPUT, "not a date: %.*s", STR_ARG(str_first(value, 60)));
    }
    return true;
}

static bool take_header(struct epss_reader *r, struct str line, struct err *err)
{
    r->in_rows = true;
    r->more_columns = str_starts(line, STR(HEADER ","));
    return r->more_columns || str_eq(line, STR(HEADER)) ||
           err_set(err, ERR_INPUT, "the columns are not " HEADER ": %.*s",
                   STR_ARG(str_first(line, 60)));
}

static bool take_row(struct epss_reader *r, struct str line, struct err *err)
{
    struct epss e;
    struct str score, percentile, rest;
    bool ok = str_split(line, ',', &e.id, &score) && str_split(score, ',', &score, &percentile) &&
              (!str_split(percentile, ',', &percentile, &rest) || r->more_columns) &&
              catalogue_is_cve_id(e.id) && take_fraction(score, &e.score) &&
              take_fraction(percentile, &e.percentile);
    if (ok)
        return feed_emit_epss(r->out, &e, err);
    r->info->unreadable++;
    return true;
}

/* Whole lines. */
static bool take_lines(struct epss_reader *r, struct str text, struct err *err)
{
    for (struct lines l = lines_of(text); lines_next(&l);) {
        r->line++;
        bool ok = !l.line.n                      ? true
                  : r->in_rows                   ? take_row(r, l.line, err)
                  : str_starts(l.line, STR("#")) ? take_comment(r, l.line, err)
                                                 : take_header(r, l.line, err);
        if (!ok)
            return err_at_line(err, r->line);
    }
    return true;
}

static bool read_lines(struct epss_reader *r, struct stream *in, char *chunk, struct err *err)
{
    size_t n = 0; /* bytes of an unfinished line at the start of the chunk */
    for (;;) {
        size_t got, end;
        if (!stream_read(in, chunk + n, CHUNK_BYTES - n, &got, err))
            return false;
        n += got;
        if (!got) {
            uint64_t unreadable = r->info->unreadable;
            return take_lines(r, str_make(chunk, n), err) &&
                   (r->info->unreadable == unreadable || catalogue_is_cut(err));
        }
        end = str_rfind(str_make(chunk, n), '\n');
        end = end == STR_NPOS ? 0 : end + 1;
        if (!take_lines(r, str_make(chunk, end), err))
            return false;
        n -= end;
        memmove(chunk, chunk + end, n);
        if (n > LIMIT_LINE_BYTES) {
            err_set(err, ERR_LIMIT, "a line of more than %zu bytes", LIMIT_LINE_BYTES);
            return err_at_line(err, r->line + 1);
        }
    }
}

static bool read(struct stream *in, struct arena *a, struct feed_out *out, struct feed_info *info,
                 struct err *err)
{
    struct epss_reader r = {.out = out, .info = info};
    char *chunk = malloc(CHUNK_BYTES);
    (void)a;
    if (!chunk)
        return err_memory(err);
    bool ok = read_lines(&r, in, chunk, err) && catalogue_check(info, err);
    free(chunk);
    return ok;
}

static int probe(struct str head)
{
    if (str_starts(head, STR("\xef\xbb\xbf")))
        head = str_from(head, 3);
    return str_starts(head, STR("#model_version:")) || str_starts(head, STR(HEADER)) ? 90 : 0;
}

const struct feed_format feed_epss = {
    .name = "first-epss-csv",
    .source = "epss",
    .summary = "FIRST's exploit prediction scores (.csv, .csv.gz)",
    .probe = probe,
    .read = read,
};
