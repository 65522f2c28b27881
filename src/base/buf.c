/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/banned.h"

#define FLUSH_BYTES ((size_t)64 << 10)

void buf_init_fd(struct buf *b, int fd)
{
    *b = (struct buf){.fd = fd, .to_fd = true};
}

static void flush(struct buf *b)
{
    size_t at = 0;
    while (at < b->n && !b->error) {
        ssize_t k = write(b->fd, b->p + at, b->n - at);
        if (k >= 0)
            at += (size_t)k;
        else if (errno != EINTR)
            b->error = errno;
    }
    b->n = 0;
}

static bool reserve(struct buf *b, size_t more)
{
    if (b->error)
        return false;
    if (b->to_fd && b->n >= FLUSH_BYTES)
        flush(b);
    size_t need;
    if (__builtin_add_overflow(b->n, more, &need)) {
        b->error = ENOMEM;
        return false;
    }
    if (need <= b->cap)
        return !b->error;
    size_t cap = b->cap ? b->cap : 256;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    char *p = realloc(b->p, cap);
    if (!p) {
        b->error = ENOMEM;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return !b->error;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    char *room = n ? buf_room(b, n) : NULL;
    if (!room)
        return;
    memcpy(room, p, n);
    buf_took(b, n);
}

char *buf_room(struct buf *b, size_t n)
{
    if ((b->error || b->cap - b->n < n || (b->to_fd && b->n >= FLUSH_BYTES)) && !reserve(b, n))
        return NULL;
    return b->p + b->n;
}

void buf_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

void buf_c(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
    if (b->n < b->cap && !b->error) {
        b->p[b->n++] = c;
        b->total++;
        return;
    }
    buf_add(b, &c, 1);
}

void buf_u64(struct buf *b, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    buf_add(b, digits + at, sizeof digits - at);
}

void buf_fixed(struct buf *b, uint64_t v, unsigned decimals)
{
    uint64_t unit = 1;
    for (unsigned i = 0; i < decimals; i++)
        unit *= 10;
    buf_u64(b, v / unit);
    if (decimals)
        buf_char(b, '.');
    for (unit /= 10; unit; unit /= 10)
        buf_char(b, (char)('0' + v / unit % 10));
}

void buf_f(struct buf *b, const char *fmt, ...)
{
    char small[256];
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n < 0) {
        b->error = b->error ? b->error : EINVAL;
    } else if ((size_t)n < sizeof small) {
        buf_add(b, small, (size_t)n);
    } else if (reserve(b, (size_t)n + 1)) {
        (void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
        b->total += (size_t)n;
    }
    va_end(again);
}

void buf_clear(struct buf *b)
{
    b->n = 0;
}

bool buf_finish(struct buf *b, const char *name, struct err *err)
{
    if (b->to_fd && !b->error)
        flush(b);
    if (!b->error)
        return true;
    errno = b->error;
    return err_errno(err, name);
}

void buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){0};
}
