/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer, and the sink all writers write to. A buffer may be bound to a file
 * descriptor: it then flushes itself. The first failure is kept ("sticky"): write straight through
 * and look once at the end with buf_finish().
 */
#ifndef VULNWARD_BASE_BUF_H
#define VULNWARD_BASE_BUF_H

#include "base/err.h"
#include "base/str.h"

struct buf {
    char *p;
    size_t n, cap;
    int fd; /* with `to_fd`: where full buffers go */
    bool to_fd;
    int error;      /* errno of the first failure, 0 when none */
    uint64_t total; /* bytes added since the start */
};

/* A buffer of {0} collects in memory. This one writes to `fd`, which stays the caller's. */
void buf_init_fd(struct buf *b, int fd);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_c(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_f(struct buf *b, const char *fmt, ...) VW_PRINTF(2, 3);
void buf_u64(struct buf *b, uint64_t v);
/* A decimal number given in units of its last place: 98 with one decimal is 9.8. */
void buf_fixed(struct buf *b, uint64_t v, unsigned decimals);
/*
 * For writers in a hurry: room for `n` bytes, NULL when there is none (the error is kept); then
 * buf_took() says how many of them were written.
 */
char *buf_room(struct buf *b, size_t n);
static inline void buf_took(struct buf *b, size_t n)
{
    b->n += n;
    b->total += n;
}
/* The bytes collected so far (memory buffers only); valid until the next call. */
static inline struct str buf_view(const struct buf *b)
{
    return (struct str){b->p, b->n};
}
/* Empties it, keeps memory and sticky error. */
void buf_clear(struct buf *b);
/* Flushes; false with the sticky error. `name` is what is being written, for the message. */
bool buf_finish(struct buf *b, const char *name, struct err *err) VW_CHECKED;
void buf_free(struct buf *b);

#endif
