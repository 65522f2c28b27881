/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text formats made of lines. LF, CRLF and a last line without an end are all lines; a UTF-8 byte
 * order mark at the start is passed over; trailing blanks are cut. Nothing else is changed: NUL
 * bytes and broken UTF-8 stay in the line, for the reader to report.
 */
#ifndef VULNWARD_CODEC_LINES_H
#define VULNWARD_CODEC_LINES_H

#include "base/str.h"

struct lines {
    struct str rest;
    size_t number; /* of the current line, 1-based */
    struct str line;
};

struct lines lines_of(struct str text);
/* Moves to the next line; false at the end. */
bool lines_next(struct lines *l);
/* Why a line of a text format can not be taken as it is (NUL byte, not UTF-8, control character),
 * or NULL. */
const char *line_fault(struct str line);

#endif
