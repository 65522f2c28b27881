/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How records look inside the blobs of the database; encode.c writes what decode.c reads. Numbers
 * are LEB128 varints, strings a varint length and bytes. The layout is in docs/formats/database.md;
 * changing it means a new STORE_SCHEMA_VERSION.
 */
#ifndef VULNWARD_STORE_CODES_PRIV_H
#define VULNWARD_STORE_CODES_PRIV_H

#include "base/buf.h"
#include "store/store.h"

/* First byte of a criterion. */
#define CRIT_PART 0x03 /* 0 any or other, 1 a, 2 o, 3 h */
#define CRIT_VULNERABLE 0x04
#define CRIT_VERSION 0x08 /* a version follows; else it is ANY */
#define CRIT_START_IN 0x10
#define CRIT_START_EX 0x20
#define CRIT_END_IN 0x40
#define CRIT_END_EX 0x80
/* Second byte: a bit for each attribute from update to other that is not ANY, and: */
#define CRIT_NAMED 0x80 /* vendor and product follow; in segments they are the segment's */

/* Payload of a segment's entry: this byte, a varint count, criteria. */
#define ENTRY_ALONE 0x01

/*
 * Records stand in pages of this many, in the order of their numbers: record N (from 1) is entry
 * (N - 1) % RECORDS_PER_PAGE of page (N - 1) / RECORDS_PER_PAGE. An entry is a flag byte and a
 * string (put_str) with the rest; a number that is not used has an empty string.
 */
#define RECORDS_PER_PAGE 16
#define RECORD_SUPERSEDED 0x01 /* a newer record has taken its place */

/*
 * Segments and pages start with the CRC-32 of the rest, little-endian: a flipped bit in a criterion
 * must be an error, not another answer. Blocks have what their compression notices.
 */
#define CHECK_BYTES 4
void put_check(char check[CHECK_BYTES], struct str data);
/* The rest, or false when it is damaged. */
bool get_checked(struct str blob, struct str *data);

void put_varint(struct buf *b, uint64_t v);
void put_i64(struct buf *b, int64_t v); /* eight bytes, little-endian */
void put_str(struct buf *b, struct str s);
void put_criterion(struct buf *b, const struct criterion *c, bool named);
/* Everything but what stands in the record's own columns. */
void put_facts(struct buf *b, const struct vuln *v);
void put_structure(struct buf *b, const struct vuln *v);
void put_details(struct buf *b, const struct vuln *v, bool with_structure);
/*
 * Is every root a plain OR of criteria? Then any vulnerable criterion alone decides, and the
 * structure is needed for show only.
 */
bool is_flat(const struct vuln *v);

/* A reading position; `bad` is set, and stays, when something runs over the end. */
struct cursor {
    const char *p, *end;
    bool bad;
};
static inline struct cursor cursor_of(struct str s)
{
    return (struct cursor){s.p, s.n ? s.p + s.n : s.p, false};
}
uint64_t get_varint(struct cursor *c);
struct str get_str(struct cursor *c);
int64_t get_i64(struct cursor *c);
unsigned get_byte(struct cursor *c);
void get_criterion(struct cursor *c, struct str vendor, struct str product, struct criterion *out);
bool get_facts(struct cursor *c, struct arena *a, struct vuln *v, struct err *err) VW_CHECKED;
bool get_structure(struct cursor *c, struct arena *a, struct vuln *v, struct err *err) VW_CHECKED;
bool get_details(struct cursor *c, struct arena *a, struct vuln *v, struct err *err) VW_CHECKED;

#endif
