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

/*
 * A segment's entry: varint record number, key (put_key), then as a string the payload: this byte,
 * and either a varint count and criteria, or one version list.
 */
#define ENTRY_ALONE 0x01
#define ENTRY_LIST 0x02

/*
 * A version list: provider, a byte (bits 0-1 the fallback status, and these), the CPE name as a
 * criterion, and as one string the ranges.
 */
#define LIST_WEAK 0x04    /* the name is made from free text */
#define LIST_COMMITS 0x08 /* it has ranges, but only of commits */
#define LIST_LOSSY 0x10   /* an affected version could not be read */
/* A range: this byte, a byte for the scheme, then the ends that are there. */
#define RANGE_STATUS 0x03
#define RANGE_ORDER_SHIFT 2 /* two bits */
#define RANGE_SINGLE 0x10
#define RANGE_TO_INCLUDING 0x20
#define RANGE_FROM 0x40
#define RANGE_TO 0x80

/*
 * Records stand in pages of this many, in the order of their numbers: record N (from 1) is entry
 * (N - 1) % RECORDS_PER_PAGE of page (N - 1) / RECORDS_PER_PAGE. An entry is a flag byte and a
 * string (put_str) with the rest; a number that is not used has an empty string.
 */
#define RECORDS_PER_PAGE 16
#define RECORD_SUPERSEDED 0x01 /* a newer record has taken its place */
#define RECORD_REJECTED 0x02   /* its source takes it back */

/*
 * Predictions stand in pages by the upper bits of their key: eight bytes each, the lowest eight
 * bits of the key, score (24 bits), percentile (32 bits), in ascending order.
 */
#define EPSS_PAGE_BITS 8

/*
 * Segments, pages and catalogue entries start with the CRC-32 of the rest, little-endian: a flipped
 * bit in a criterion must be an error, not another answer. Blocks have what their compression
 * notices.
 */
#define CHECK_BYTES 4
void put_check(char check[CHECK_BYTES], struct str data);
/* The rest, or false when it is damaged. */
bool get_checked(struct str blob, struct str *data);

void put_varint(struct buf *b, uint64_t v);
void put_i64(struct buf *b, int64_t v); /* eight bytes, little-endian */
void put_str(struct buf *b, struct str s);
void put_criterion(struct buf *b, const struct criterion *c, bool named);
/* A vuln_key, four bytes for most. */
void put_key(struct buf *b, uint64_t key);
/* The list as a segment has it; ranges of commits only are left out there. */
void put_list(struct buf *b, const struct affected *a, const struct affected_name *name);
/* Has it ranges, and are all of them of commits? */
bool only_commits(const struct affected *a);
/* What a scan needs beyond what stands in the entry itself. */
void put_facts(struct buf *b, const struct vuln *v);
void put_structure(struct buf *b, const struct vuln *v);
void put_details(struct buf *b, const struct vuln *v, bool with_structure);
void put_kev(struct buf *b, const struct kev *k);
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
uint64_t get_key(struct cursor *c);
bool get_range(struct cursor *c, struct version_range *out);
unsigned get_byte(struct cursor *c);
void get_criterion(struct cursor *c, struct str vendor, struct str product, struct criterion *out);
bool get_facts(struct cursor *c, struct arena *a, struct vuln *v, struct err *err) VW_CHECKED;
bool get_structure(struct cursor *c, struct arena *a, struct vuln *v, struct err *err) VW_CHECKED;
void get_kev(struct cursor *c, struct kev *k);
/* The texts a report shows: description, status, references, title; they stand first. */
bool get_texts(struct cursor *c, struct arena *a, struct vuln *v, struct err *err) VW_CHECKED;
bool get_details(struct cursor *c, struct arena *a, struct vuln *v, struct err *err) VW_CHECKED;

#endif
