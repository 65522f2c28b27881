// lint as: src/base/guard.h
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VULNWARD_BASE_GUARD_H
#define VULNWARD_BASE_GUARD_H
#endif
