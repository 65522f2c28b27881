/* SPDX-License-Identifier: Apache-2.0 */
#include "base/date.h"

#include <time.h>

#include "base/banned.h"

/* Days since 1970-01-01 of a proleptic Gregorian date; the era method, exact for all years >= 0. */
static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_from_days(int64_t z, int64_t *y, int64_t *m, int64_t *d)
{
    z += 719468;
    int64_t era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = yoe + era * 400 + (*m <= 2);
}

/* Takes exactly `digits` digits from *s. */
static bool take(struct str *s, size_t digits, uint64_t min, uint64_t max, int64_t *out)
{
    uint64_t v;
    if (s->n < digits || !str_to_u64(str_first(*s, digits), min, max, &v))
        return false;
    *s = str_from(*s, digits);
    *out = (int64_t)v;
    return true;
}

static bool take_char(struct str *s, char c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = str_from(*s, 1);
    return true;
}

/* "Z", "+hh:mm", "+hhmm" or nothing. */
static bool take_zone(struct str *s, int64_t *minutes)
{
    int64_t h, m;
    *minutes = 0;
    if (!s->n || take_char(s, 'Z') || take_char(s, 'z'))
        return true;
    bool minus = s->p[0] == '-';
    if (!take_char(s, '-') && !take_char(s, '+'))
        return false;
    if (!take(s, 2, 0, 23, &h))
        return false;
    (void)take_char(s, ':');
    if (!take(s, 2, 0, 59, &m))
        return false;
    *minutes = (minus ? -1 : 1) * (h * 60 + m);
    return true;
}

/* ".509" and longer; only milliseconds are kept. */
static bool take_fraction(struct str *s, int64_t *ms)
{
    *ms = 0;
    if (!take_char(s, '.'))
        return true;
    int64_t scale = 100;
    size_t n = 0;
    for (; s->n && char_is_digit(s->p[0]); *s = str_from(*s, 1), n++, scale /= 10)
        *ms += (s->p[0] - '0') * scale;
    return n > 0;
}

static int64_t days_in_month(int64_t y, int64_t m)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return days[m - 1] + (m == 2 && leap);
}

bool date_parse(struct str s, int64_t *out)
{
    int64_t y, mo, d, h = 0, mi = 0, sec = 0, ms = 0, zone = 0;
    s = str_trim(s);
    if (!take(&s, 4, 1, 9999, &y) || !take_char(&s, '-') || !take(&s, 2, 1, 12, &mo) ||
        !take_char(&s, '-') || !take(&s, 2, 1, 31, &d) || d > days_in_month(y, mo))
        return false;
    if (s.n) {
        if (!take_char(&s, 'T') && !take_char(&s, ' '))
            return false;
        if (!take(&s, 2, 0, 23, &h) || !take_char(&s, ':') || !take(&s, 2, 0, 59, &mi))
            return false;
        if (take_char(&s, ':') && (!take(&s, 2, 0, 60, &sec) || !take_fraction(&s, &ms)))
            return false;
        if (!take_zone(&s, &zone) || s.n)
            return false;
    }
    *out = ((days_from_civil(y, mo, d) * 24 + h) * 60 + mi - zone) * 60000 + sec * 1000 + ms;
    return true;
}

static void put_two(char *out, unsigned n)
{
    out[0] = (char)('0' + n / 10);
    out[1] = (char)('0' + n % 10);
}

/* The years 1 to 9999, all that has four digits: 0001-01-01 to 9999-12-31. */
#define DATE_MIN (-62135596800000)
#define DATE_MAX 253402300799999

const char *date_format(int64_t ms, char out[DATE_TEXT_BYTES])
{
    out[0] = '\0';
    if (ms < DATE_MIN || ms > DATE_MAX)
        return out;
    int64_t sec = ms / 1000 - (ms % 1000 < 0), day = sec / 86400 - (sec % 86400 < 0),
            rest = sec - day * 86400;
    int64_t y, m, d;
    civil_from_days(day, &y, &m, &d);
    if (y < 0 || y > 9999)
        return out; /* no date a feed can have; ISO 8601 has four digits */
    memcpy(out, "0000-00-00T00:00:00Z", sizeof "0000-00-00T00:00:00Z");
    put_two(out, (unsigned)y / 100);
    put_two(out + 2, (unsigned)y % 100);
    put_two(out + 5, (unsigned)m);
    put_two(out + 8, (unsigned)d);
    put_two(out + 11, (unsigned)rest / 3600);
    put_two(out + 14, (unsigned)rest / 60 % 60);
    put_two(out + 17, (unsigned)rest % 60);
    return out;
}

bool date_now(int64_t *out, struct err *err)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    if (epoch && *epoch) {
        uint64_t v;
        if (!str_to_u64(str_from_c(epoch), 0, 253402300799u, &v))
            return err_set(err, ERR_USAGE, "SOURCE_DATE_EPOCH is not a number of seconds: %.40s",
                           epoch);
        *out = (int64_t)v * 1000;
        return true;
    }
    struct timespec ts;
    if (clock_gettime(CLOCK_REALTIME, &ts))
        return err_errno(err, "clock_gettime");
    *out = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
    return true;
}
