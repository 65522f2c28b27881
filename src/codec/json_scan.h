/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding where JSON values end without parsing them: depth limits for whole documents, and
 * splitting a feed of any size into its records. What it accepts is still checked by the parser.
 */
#ifndef VULNWARD_CODEC_JSON_SCAN_H
#define VULNWARD_CODEC_JSON_SCAN_H

#include "base/err.h"
#include "base/str.h"

/* Where a scan stands, so that it can go on when more bytes have come. {0} is the start. */
struct json_scan {
    bool in_string;
    bool escaped; /* the last byte was a backslash that escapes the next */
    unsigned depth;
};

/*
 * Goes on until the value that opened at depth 0 is closed. Returns the number of bytes up to and
 * with the closing bracket and sets *done; or n, with *done false, when it needs more. STR_NPOS
 * with err set when the depth passes LIMIT_DEPTH.
 */
size_t json_scan(struct json_scan *s, const char *p, size_t n, bool *done,
                 struct err *err) VW_CHECKED;
/* Is the nesting of a whole document within LIMIT_DEPTH? */
bool json_check_depth(struct str text, struct err *err) VW_CHECKED;

#endif
