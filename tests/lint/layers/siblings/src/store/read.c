/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/block.h"
#include "codec/csv.h" /* expect: store may not see codec */
#include "store/store.h"
