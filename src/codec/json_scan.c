/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_scan.h"

#include "base/banned.h"

/* What a byte outside a string means: nothing, a quote, an opening or a closing bracket. */
enum { PLAIN, QUOTE, OPEN, CLOSE };
static const unsigned char class_of[256] = {
    ['"'] = QUOTE, ['{'] = OPEN, ['['] = OPEN, ['}'] = CLOSE, [']'] = CLOSE,
};

/* From inside a string to behind its closing quote, or to the end. */
static const char *skip_string(struct json_scan *s, const char *p, const char *end)
{
    if (s->escaped && p < end) {
        s->escaped = false;
        p++;
    }
    while (p < end) {
        const char *quote = memchr(p, '"', (size_t)(end - p));
        const char *stop = quote ? quote : end;
        const char *back = stop;
        while (back > p && back[-1] == '\\')
            back--;
        bool odd = (stop - back) & 1;
        if (!quote) {
            s->escaped = odd;
            return end;
        }
        p = quote + 1;
        if (!odd) {
            s->in_string = false;
            return p;
        }
    }
    return p;
}

size_t json_scan(struct json_scan *s, const char *start, size_t n, bool *done, struct err *err)
{
    const char *p = start, *end = start + n;
    *done = false;
    while (p < end) {
        if (s->in_string) {
            p = skip_string(s, p, end);
            continue;
        }
        switch (class_of[(unsigned char)*p++]) {
        case QUOTE:
            s->in_string = true;
            break;
        case OPEN:
            if (++s->depth > LIMIT_DEPTH) {
                err_set(err, ERR_LIMIT, "nested more than %d deep", LIMIT_DEPTH);
                return STR_NPOS;
            }
            break;
        case CLOSE:
            if (s->depth <= 1) {
                s->depth = 0;
                *done = true;
                return (size_t)(p - start);
            }
            s->depth--;
            break;
        default:
            break;
        }
    }
    return n;
}

bool json_check_depth(struct str text, struct err *err)
{
    struct json_scan s = {0};
    while (text.n) {
        bool done;
        size_t k = json_scan(&s, text.p, text.n, &done, err);
        if (k == STR_NPOS)
            return false;
        text = str_from(text, k);
    }
    return true;
}
