/* SPDX-License-Identifier: Apache-2.0 */
#include "match/match_priv.h" /* expect: a private header in a public one */
