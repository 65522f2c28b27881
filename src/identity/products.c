/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/products.h"

#include "identity/products_priv.h"
#include "base/banned.h"

static int compare_lower(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; i < n; i++) {
        unsigned char x = (unsigned char)char_lower(a.p[i]), y = (unsigned char)char_lower(b.p[i]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

const struct product_row *products_find(struct str name)
{
    size_t lo = 0, hi = product_exact_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = compare_lower(name, product_exact[mid].pattern);
        if (!c)
            return &product_exact[mid];
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    char lower[LIMIT_NAME_BYTES];
    if (!name.n || name.n > sizeof lower)
        return NULL;
    for (size_t i = 0; i < name.n; i++)
        lower[i] = char_lower(name.p[i]);
    /* Sorted by the number of literal characters, most first: the first that fits is the best. */
    for (size_t i = 0; i < product_glob_count; i++) {
        struct str pattern = product_globs[i].pattern;
        bool may = pattern.p[0] == lower[0] || pattern.p[0] == '*' || pattern.p[0] == '?';
        if (may && str_glob(pattern, str_make(lower, name.n)))
            return &product_globs[i];
    }
    return NULL;
}

bool products_is_none(const struct product_row *row)
{
    return str_eq(row->products, STR("-"));
}

bool products_is_unlisted(const struct product_row *row)
{
    return str_eq(row->products, STR("?"));
}

bool products_next(struct str *list, struct str *vendor, struct str *product)
{
    struct str one = str_next_word(list);
    return str_split(one, ':', vendor, product);
}

size_t products_count(void)
{
    return product_exact_count + product_glob_count;
}
