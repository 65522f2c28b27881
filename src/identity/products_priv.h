/* SPDX-License-Identifier: Apache-2.0 */
/* The table of data/products.tsv as tools/gen_products.py compiles it. */
#ifndef VULNWARD_IDENTITY_PRODUCTS_PRIV_H
#define VULNWARD_IDENTITY_PRODUCTS_PRIV_H

#include "identity/products.h"

extern const struct product_row product_exact[]; /* sorted by pattern, bytewise */
extern const size_t product_exact_count;
extern const struct product_row product_globs[]; /* most literal characters first */
extern const size_t product_glob_count;

#endif
