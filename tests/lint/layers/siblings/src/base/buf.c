/* SPDX-License-Identifier: Apache-2.0 */
#include "model/vuln.h" /* expect: base may not see model */
