// lint as: src/base/order.c
/* SPDX-License-Identifier: Apache-2.0 */ // expect: banned-header
#include "base/banned.h"
#include "base/str.h"
