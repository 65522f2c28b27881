/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sha256.h"

#include <openssl/evp.h>

#include "base/banned.h"

struct sha256 {
    EVP_MD_CTX *ctx;
    bool failed;
};

struct sha256 *sha256_new(struct err *err)
{
    struct sha256 *h = calloc(1, sizeof *h);
    if (h)
        h->ctx = EVP_MD_CTX_new();
    if (!h || !h->ctx || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1) {
        sha256_free(h);
        err_memory(err);
        return NULL;
    }
    return h;
}

void sha256_add(struct sha256 *h, const void *p, size_t n)
{
    if (n && EVP_DigestUpdate(h->ctx, p, n) != 1)
        h->failed = true;
}

bool sha256_finish(struct sha256 *h, char hex[SHA256_HEX], struct err *err)
{
    unsigned char d[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (h->failed || EVP_DigestFinal_ex(h->ctx, d, &n) != 1 || n != 32)
        return err_set(err, ERR_INTERNAL, "SHA-256 failed");
    for (unsigned i = 0; i < n; i++)
        (void)snprintf(hex + 2 * (size_t)i, 3, "%02x", d[i]);
    return true;
}

void sha256_free(struct sha256 *h)
{
    if (h)
        EVP_MD_CTX_free(h->ctx);
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
