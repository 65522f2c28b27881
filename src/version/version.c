/* SPDX-License-Identifier: Apache-2.0 */
#include "version/version.h"

#include "version/schemes_priv.h"

#include "base/banned.h"

static const struct version_order *const orders[] = {
    [VERSION_GENERIC] = &version_order_generic, [VERSION_DEB] = &version_order_deb,
    [VERSION_RPM] = &version_order_rpm,         [VERSION_SEMVER] = &version_order_semver,
    [VERSION_KERNEL] = &version_order_kernel,
};
_Static_assert(sizeof orders / sizeof orders[0] == VERSION_SCHEMES, "one order per scheme");

const struct version_order *version_order(enum version_scheme scheme)
{
    return orders[scheme];
}

bool version_scheme_by_name(struct str name, enum version_scheme *out)
{
    for (size_t i = 0; i < VERSION_SCHEMES; i++)
        if (str_eq(name, str_from_c(orders[i]->name))) {
            *out = (enum version_scheme)i;
            return true;
        }
    return false;
}
