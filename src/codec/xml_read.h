/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading XML 1.0, on expat, as events. Names come without their namespace prefix. A DOCTYPE is
 * refused (so there are no entities to expand and nothing to fetch), depth and text are limited.
 */
#ifndef VULNWARD_CODEC_XML_READ_H
#define VULNWARD_CODEC_XML_READ_H

#include "base/err.h"
#include "base/str.h"

/* Attributes of one element: name, value, name, value ..., NULL. */
struct xml_attrs {
    const char *const *v;
};
/* By local name; empty view (p NULL) when absent. */
struct str xml_attr(struct xml_attrs attrs, const char *name);

/* What a reader does with the events. Views live until the handler returns. */
struct xml_handler {
    void *ctx;
    bool (*start)(void *ctx, struct str name, struct xml_attrs attrs, struct err *err);
    /* `text`: the character data since the latest start or end tag, not trimmed. */
    bool (*end)(void *ctx, struct str name, struct str text, struct err *err);
};

struct xml_reader;
/* `name` is for messages and must outlive the reader. NULL: no memory, err is set. */
struct xml_reader *xml_new(const struct xml_handler *h, const char *name,
                           struct err *err) VW_CHECKED;
/* Feeds the next bytes; `last` with the final ones. Errors have file and line. */
bool xml_feed(struct xml_reader *x, struct str bytes, bool last, struct err *err) VW_CHECKED;
void xml_free(struct xml_reader *x); /* NULL is fine */
/* Line of the event being handled, 1-based. */
size_t xml_line(const struct xml_reader *x);
/* A whole document at once. */
bool xml_parse(const struct xml_handler *h, const char *name, struct str text,
               struct err *err) VW_CHECKED;

#endif
