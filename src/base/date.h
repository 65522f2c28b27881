/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time: milliseconds since 1970-01-01T00:00:00Z; DATE_NONE when not known. */
#ifndef VULNWARD_BASE_DATE_H
#define VULNWARD_BASE_DATE_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define DATE_NONE INT64_MIN
#define DATE_DAY_MS ((int64_t)86400 * 1000)
#define DATE_TEXT_BYTES 32

/*
 * ISO 8601 / RFC 3339 as feeds write it: "2024-09-23", "2022-01-25T08:00Z",
 * "2024-09-23T17:25:00.509", "2012-10-29T23:59:23.987-04:00". Without a zone it is UTC.
 */
bool date_parse(struct str s, int64_t *out) VW_CHECKED;
/* "2024-09-23T17:25:00Z" (seconds; empty for DATE_NONE). Returns `out`. */
const char *date_format(int64_t ms, char out[DATE_TEXT_BYTES]);
/* Now, or SOURCE_DATE_EPOCH (seconds) when the environment has it: output is then reproducible. */
bool date_now(int64_t *out, struct err *err) VW_CHECKED;

#endif
