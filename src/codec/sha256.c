/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sha256.h"

#include <nettle/sha2.h>

#include "base/banned.h"

struct sha256 {
    struct sha256_ctx ctx;
};

struct sha256 *sha256_new(struct err *err)
{
    struct sha256 *h = calloc(1, sizeof *h);
    if (h)
        sha256_init(&h->ctx);
    else
        err_memory(err);
    return h;
}

void sha256_add(struct sha256 *h, const void *p, size_t n)
{
    if (n)
        sha256_update(&h->ctx, n, p);
}

bool sha256_finish(struct sha256 *h, char hex[SHA256_HEX], struct err *err)
{
    uint8_t d[SHA256_DIGEST_SIZE];
    (void)err; /* this library can not fail; others can */
    _Static_assert(2 * sizeof d + 1 == SHA256_HEX, "room for the digest");
    sha256_digest(&h->ctx, sizeof d, d);
    for (size_t i = 0; i < sizeof d; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", d[i]);
    return true;
}

void sha256_free(struct sha256 *h)
{
    free(h);
}

bool sha256_of(struct str data, char hex[SHA256_HEX], struct err *err)
{
    struct sha256 *h = sha256_new(err);
    if (!h)
        return false;
    sha256_add(h, data.p, data.n);
    bool ok = sha256_finish(h, hex, err);
    sha256_free(h);
    return ok;
}
