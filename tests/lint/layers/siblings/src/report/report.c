/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h" /* expect: report may not see store */
#include "codec/csv.h"
