/* SPDX-License-Identifier: Apache-2.0 */
#include "match/match.h"
#include "match/match_priv.h" /* expect: private to match */
#include "str.h" /* expect: named by folder */
#include "base/../base/str.h" /* expect: named by folder */
#include "base/none.h" /* expect: no such file */
#include "match/match.c" /* expect: only headers */
