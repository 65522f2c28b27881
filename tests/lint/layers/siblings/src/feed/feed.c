/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/inventory.h" /* expect: feed may not see inventory */
#include "model/vuln.h"
