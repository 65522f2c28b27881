// lint as: src/base/missing.c
/* SPDX-License-Identifier: Apache-2.0 */ // expect: banned-header
#include "base/str.h"
