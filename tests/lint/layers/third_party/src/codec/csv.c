/* SPDX-License-Identifier: Apache-2.0 */
#include <yyjson.h> /* expect: only in codec/json_read.c */
