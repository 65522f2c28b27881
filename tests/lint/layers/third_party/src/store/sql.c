/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
#include <openssl/evp.h> /* expect: only in codec/ */
