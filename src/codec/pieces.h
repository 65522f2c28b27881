/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own compressed files: gzip (RFC 1952) in members of at most PIECE_BYTES of content, so that
 * every program for gzip reads them, each piece has its own CRC-32, and reading them takes bounded
 * memory whatever they claim to be. The same content gives the same bytes.
 */
#ifndef VULNWARD_CODEC_PIECES_H
#define VULNWARD_CODEC_PIECES_H

#include "base/buf.h"

#define PIECE_BYTES ((size_t)1 << 20)

struct pieces_writer;
/* `out` stays the caller's; its sticky error tells at the end whether it could be written. */
struct pieces_writer *pieces_writer_new(struct buf *out, struct err *err) VW_CHECKED;
bool pieces_write(struct pieces_writer *w, const void *p, size_t n, struct err *err) VW_CHECKED;
/* Writes what is left; call it once, last. */
bool pieces_end(struct pieces_writer *w, struct err *err) VW_CHECKED;
void pieces_writer_free(struct pieces_writer *w); /* NULL is fine */

struct pieces_reader;
/* Reads `fd` from where it stands; it stays the caller's. */
struct pieces_reader *pieces_reader_new(int fd, struct err *err) VW_CHECKED;
/* Exactly `n` bytes; fewer are an error, ERR_INPUT, as is damage. */
bool pieces_read(struct pieces_reader *r, void *p, size_t n, struct err *err) VW_CHECKED;
/* Is that all there is? */
bool pieces_at_end(struct pieces_reader *r, bool *end, struct err *err) VW_CHECKED;
void pieces_reader_free(struct pieces_reader *r); /* NULL is fine */

#endif
