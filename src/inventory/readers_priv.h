/* SPDX-License-Identifier: Apache-2.0 */
/* The readers, one per file, for the table in readers.c. */
#ifndef VULNWARD_INVENTORY_READERS_PRIV_H
#define VULNWARD_INVENTORY_READERS_PRIV_H

#include "inventory/inventory.h"

extern const struct inventory_reader inventory_yocto_packages;
extern const struct inventory_reader inventory_yocto_manifest;
extern const struct inventory_reader inventory_rpm;
extern const struct inventory_reader inventory_dpkg;
extern const struct inventory_reader inventory_opkg;
extern const struct inventory_reader inventory_swid;
extern const struct inventory_reader inventory_libs;
extern const struct inventory_reader inventory_wmic;
extern const struct inventory_reader inventory_csv;

#endif
