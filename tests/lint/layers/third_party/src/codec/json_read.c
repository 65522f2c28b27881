/* SPDX-License-Identifier: Apache-2.0 */
#include <yyjson.h>
#include <string.h>
