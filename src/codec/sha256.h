/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 (FIPS 180-4), on nettle, which uses the processor's instructions for it and, unlike
 * libcrypto, costs nothing when the program starts.
 */
#ifndef VULNWARD_CODEC_SHA256_H
#define VULNWARD_CODEC_SHA256_H

#include "base/err.h"
#include "base/str.h"

struct sha256;
struct sha256 *sha256_new(struct err *err) VW_CHECKED;
void sha256_add(struct sha256 *h, const void *p, size_t n);
bool sha256_finish(struct sha256 *h, char hex[SHA256_HEX], struct err *err) VW_CHECKED;
void sha256_free(struct sha256 *h); /* NULL is fine */
/* All at once. */
bool sha256_of(struct str data, char hex[SHA256_HEX], struct err *err) VW_CHECKED;

#endif
