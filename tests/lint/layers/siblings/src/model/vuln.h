/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "codec/csv.h" /* expect: model may not see codec */
