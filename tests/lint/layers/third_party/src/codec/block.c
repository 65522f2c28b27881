/* SPDX-License-Identifier: Apache-2.0 */
#include <libdeflate.h>
#include <isa-l/igzip_lib.h>
#include <nettle/sha2.h>
