/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Product identities: which NVD products a package name stands for. The facts are in
 * data/products.tsv, compiled in.
 */
#ifndef VULNWARD_IDENTITY_PRODUCTS_H
#define VULNWARD_IDENTITY_PRODUCTS_H

#include "base/str.h"

struct product_row {
    struct str pattern;  /* lower case; may have `*` and `?` */
    struct str products; /* "vendor:product vendor:product", canonical CPE values; "-": has none of
                            its own;
                            "?": a project that has none yet */
    struct str note;     /* why, where that needs saying */
};

/*
 * The row for a package name (compared without case): an exact row, else the glob row with the most
 * literal characters; NULL when there is none. A row lives for ever.
 */
const struct product_row *products_find(struct str name);
/* Is this row's answer "no product of its own" (configuration, data, a list of other packages)? */
bool products_is_none(const struct product_row *row);
/* Is it "a project that has no product in the NVD yet"? Then only the name can find one. */
bool products_is_unlisted(const struct product_row *row);
/* The next "vendor:product" of `*list`, which moves on; false at the end. */
bool products_next(struct str *list, struct str *vendor, struct str *product);
/* How many rows there are. */
size_t products_count(void);

#endif
