/* SPDX-License-Identifier: Apache-2.0 */
#include <expat.h> /* expect: only in codec/xml_read.c */
#include <isa-l/igzip_lib.h> /* expect: only in codec/ */
#include <pthread.h>
