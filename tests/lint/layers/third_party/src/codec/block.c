/* SPDX-License-Identifier: Apache-2.0 */
#include <libdeflate.h>
#include <zlib.h>
#include <openssl/evp.h>
