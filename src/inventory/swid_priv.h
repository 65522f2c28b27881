/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting a stream of XML documents into documents, without parsing them. */
#ifndef VULNWARD_INVENTORY_SWID_PRIV_H
#define VULNWARD_INVENTORY_SWID_PRIV_H

#include "inventory/readers_priv.h"

struct swid_document {
    struct str text; /* a view into the stream, without blanks around */
    size_t line;     /* of its first byte, 1-based */
};

struct swid_stream {
    struct str rest;
    size_t line;
    /* "?>", "]]>", "]>" do not come any more. */
    bool no_instruction_end, no_cdata_end, no_subset_end;
};

struct swid_stream swid_stream_of(struct str data);
/*
 * The next document; false at the end. A document ends where its root element does, and where the
 * next begins: at "<?xml", or at the root element of a tag inside a tag, which says that the end of
 * the first is missing. Bytes between documents are handed out too, to be complained about; only
 * blanks and comments are passed over.
 */
bool swid_next(struct swid_stream *s, struct swid_document *d);
/* Starts with a UTF-16 byte order mark? Such a stream is not cut. */
bool swid_is_utf16(struct str data);

#endif
