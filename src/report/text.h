/* SPDX-License-Identifier: Apache-2.0 */
/* Text of others, made safe to show. */
#ifndef VULNWARD_REPORT_TEXT_H
#define VULNWARD_REPORT_TEXT_H

#include "base/buf.h"

/*
 * Shown as it is, but on one line and harmless: line ends and tabs become blanks; other control
 * characters (an escape sequence may clear a screen), what is not UTF-8, and the controls that turn
 * the direction of writing become U+FFFD.
 */
void report_write_line(struct buf *b, struct str s);

#endif
