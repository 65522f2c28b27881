/* SPDX-License-Identifier: Apache-2.0 */
/* Is every byte of a database that means something as it was written? */
#ifndef VULNWARD_STORE_VERIFY_H
#define VULNWARD_STORE_VERIFY_H

#include <stdint.h>

#include "base/err.h"

struct store_verifier {
    void (*damage)(void *ctx, const char *text); /* each fault, in plain words */
    void (*tick)(void *ctx, unsigned long long done, unsigned long long total);
    void *ctx;
    /* the result */
    uint64_t records, products, damaged;
};

/*
 * Reads all of it. False when that could not be done; a damaged database is reported through
 * `damage` and counted, and is no error of this call unless it can not be opened at all.
 */
bool store_verify(const char *path, struct store_verifier *v, struct err *err) VW_CHECKED;

#endif
