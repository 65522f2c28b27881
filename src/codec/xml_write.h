/* SPDX-License-Identifier: Apache-2.0 */
/* Writing XML 1.0: the two escapes. Whatever the bytes, the output is well-formed. */
#ifndef VULNWARD_CODEC_XML_WRITE_H
#define VULNWARD_CODEC_XML_WRITE_H

#include "base/buf.h"

/* Character data of an element. Characters XML can not hold come out as U+FFFD. */
void xml_write_text(struct buf *b, struct str s);
/* An attribute with its name, quotes and a blank before it: ` name="value"`. */
void xml_write_attr(struct buf *b, const char *name, struct str value);

#endif
