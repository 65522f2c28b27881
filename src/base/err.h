/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One error: what went wrong and where. It is set once, at the fault; callers add context with
 * err_prefix(); only cli/ prints it and turns its code into an exit status.
 */
#ifndef VULNWARD_BASE_ERR_H
#define VULNWARD_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"

#define VW_CHECKED __attribute__((warn_unused_result))
#define VW_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum err_code {
    ERR_NONE = 0,
    ERR_USAGE,    /* the command line, or one of our own configuration files */
    ERR_INPUT,    /* the bytes of an inventory or feed are not what they should be */
    ERR_LIMIT,    /* a limit of base/limits.h was passed */
    ERR_DATABASE, /* our database is missing, corrupt, empty or too old */
    ERR_IO,       /* the operating system said no */
    ERR_MEMORY,   /* out of memory */
    ERR_INTERNAL, /* a defect of this program */
};

struct err {
    enum err_code code;
    char input[256]; /* name of the file or stream, empty when there is none */
    size_t line;     /* 1-based, 0 when unknown */
    size_t offset;   /* byte offset, used when line is 0 and has_offset */
    bool has_offset;
    char path[160]; /* place inside a document: a JSON path, an XML element, a CVE id */
    char msg[LIMIT_MESSAGE_BYTES];
};

/*
 * Sets code and message, keeps the place already recorded. An error that is set already is kept:
 * the deepest fault is the true one. Always returns false, so that a fault reads
 * `return err_set(err, ERR_INPUT, "...")`. `err` may not be NULL.
 */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...) VW_PRINTF(3, 4);
/* Out of memory; returns false. */
bool err_memory(struct err *err);
/* `what` failed with errno; returns false. */
bool err_errno(struct err *err, const char *what);
/* Adds "prefix: " before the message. Returns false. */
bool err_prefix(struct err *err, const char *fmt, ...) VW_PRINTF(2, 3);
/* Record the place, unless one is recorded already. Return false. */
bool err_at_input(struct err *err, const char *input);
bool err_at_line(struct err *err, size_t line);
bool err_at_offset(struct err *err, size_t offset);
bool err_at_path(struct err *err, const char *fmt, ...) VW_PRINTF(2, 3);
/* Puts "outer." before the path already recorded, as an error travels outwards. Returns false. */
bool err_in_path(struct err *err, const char *fmt, ...) VW_PRINTF(2, 3);
/*
 * "FILE:LINE: PATH: message" into `out` (always terminated), leaving out what is unknown. Control
 * characters, which may come from a hostile input, are replaced by '?'.
 */
void err_format(const struct err *err, char *out, size_t size);
/* Back to "no error", to reuse the struct. */
void err_clear(struct err *err);

#endif
