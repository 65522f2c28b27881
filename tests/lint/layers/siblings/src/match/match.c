/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"
# include "codec/csv.h" /* expect: match may not see codec */
