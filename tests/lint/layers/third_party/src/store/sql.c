/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
#include <nettle/sha2.h> /* expect: only in codec/ */
