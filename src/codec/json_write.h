/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON, indented by two blanks, straight into a buffer whose sticky error tells at the end
 * whether it worked. `key` is NULL inside arrays. Strings may be any bytes: what is not UTF-8 comes
 * out as U+FFFD, so the output is always valid.
 */
#ifndef VULNWARD_CODEC_JSON_WRITE_H
#define VULNWARD_CODEC_JSON_WRITE_H

#include "base/buf.h"

struct json_writer {
    struct buf *b;
    unsigned depth;
    bool empty;    /* nothing yet in the open container */
    unsigned flat; /* > 0: the open container is written on one line */
};

struct json_writer json_writer(struct buf *b);
void json_open_object(struct json_writer *w, const char *key);
void json_open_array(struct json_writer *w, const char *key);
/* As json_open_*, everything inside on one line. */
void json_open_flat_object(struct json_writer *w, const char *key);
void json_open_flat_array(struct json_writer *w, const char *key);
void json_close_object(struct json_writer *w);
void json_close_array(struct json_writer *w);
void json_add_str(struct json_writer *w, const char *key, struct str s);
void json_add_c(struct json_writer *w, const char *key, const char *s);
void json_add_u64(struct json_writer *w, const char *key, uint64_t v);
void json_add_bool(struct json_writer *w, const char *key, bool v);
/* As date_format writes it; empty text when there is none. */
void json_add_date(struct json_writer *w, const char *key, int64_t ms);
void json_add_null(struct json_writer *w, const char *key);
/* A number with one decimal, given in tenths: 98 is written 9.8. */
void json_add_tenths(struct json_writer *w, const char *key, unsigned tenths);
/* Likewise in units of 10^-decimals, exact: 97565 with 5 decimals is written 0.97565. */
void json_add_fixed(struct json_writer *w, const char *key, uint64_t v, unsigned decimals);
/* The string with its quotes, alone. */
void json_write_string(struct buf *b, struct str s);

#endif
