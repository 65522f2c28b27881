/* SPDX-License-Identifier: Apache-2.0 */
/* The orders, one per file, for the table in version.c. */
#ifndef VULNWARD_VERSION_SCHEMES_PRIV_H
#define VULNWARD_VERSION_SCHEMES_PRIV_H

#include "version/version.h"

extern const struct version_order version_order_generic;
extern const struct version_order version_order_deb;
extern const struct version_order version_order_rpm;
extern const struct version_order version_order_semver;
extern const struct version_order version_order_kernel;

#endif
