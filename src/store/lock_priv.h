/* SPDX-License-Identifier: Apache-2.0 */
/* One writer at a time: an advisory lock on PATH.lock, which names its holder. */
#ifndef VULNWARD_STORE_LOCK_PRIV_H
#define VULNWARD_STORE_LOCK_PRIV_H

#include "base/err.h"

/* Waits up to `wait_seconds`; the error says who holds it. *fd is what lock_release wants. */
bool lock_take(const char *path, unsigned wait_seconds, int *fd, struct err *err) VW_CHECKED;
void lock_release(int fd); /* -1 is fine. The file stays: removing it would race with a waiter. */

#endif
