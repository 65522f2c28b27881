/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 signatures of files, in minisign's formats (https://jedisct1.github.io/minisign/), on
 * libsodium, which is loaded when the first of these is called.
 *
 * A signature file has four lines: an untrusted comment; base64 of algorithm (2 bytes), key id (8)
 * and signature (64); a trusted comment; base64 of a second signature, over the first one and the
 * trusted comment. Algorithm "ED" signs the BLAKE2b-512 of the file, "Ed" the file itself.
 */
#ifndef VULNWARD_CODEC_SIGN_H
#define VULNWARD_CODEC_SIGN_H

#include "base/arena.h"
#include "base/buf.h"

#define SIGN_ID_BYTES 8
#define SIGN_ID_TEXT 17 /* as hex, with a terminator */
/* What minisign itself reads at the most. */
#define SIGN_COMMENT_BYTES 8192
#define SIGN_PASSWORD_BYTES 1024

struct sign_public {
    unsigned char id[SIGN_ID_BYTES], key[32];
};
struct sign_secret {
    unsigned char id[SIGN_ID_BYTES], key[64]; /* seed and public key; sign_wipe it after use */
};

/* The content of a public key file, or the line of base64 alone. */
bool sign_public_parse(struct str text, struct sign_public *out, struct err *err) VW_CHECKED;
/* Does this secret key file want a password? */
bool sign_secret_encrypted(struct str text, bool *encrypted, struct err *err) VW_CHECKED;
/* `password` is not looked at when the key is not encrypted. */
bool sign_secret_open(struct str text, struct str password, struct sign_secret *out,
                      struct err *err) VW_CHECKED;
/* The public key file that belongs to it, appended to `out`. */
bool sign_public_write(const struct sign_secret *key, struct buf *out, struct err *err) VW_CHECKED;
/*
 * Signs what `fd` has from its start, with the prehashed algorithm; the signature file's text is
 * appended to `out`. Comments are one line each.
 */
bool sign_make(int fd, const struct sign_secret *key, struct str untrusted, struct str trusted,
               struct buf *out, struct err *err) VW_CHECKED;
/*
 * Checks both signatures of `text` over what `fd` has from its start; ERR_INPUT when they are not
 * right. `trusted`, set on success only, points into `text` and has been signed too. `fd` stands
 * at its start afterwards.
 */
bool sign_verify(int fd, struct str text, const struct sign_public *key, struct str *trusted,
                 struct err *err) VW_CHECKED;
/* The key's id as minisign prints it. Returns `out`. */
const char *sign_id(const unsigned char id[SIGN_ID_BYTES], char out[SIGN_ID_TEXT]);
/* Overwrites a secret, in a way no compiler leaves out. */
void sign_wipe(void *p, size_t n);

#endif
