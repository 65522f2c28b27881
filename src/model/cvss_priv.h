/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parser of vectors and the arithmetic of version 4. */
#ifndef VULNWARD_MODEL_CVSS_PRIV_H
#define VULNWARD_MODEL_CVSS_PRIV_H

#include "model/cvss.h"

/* The metrics of CVSS 4.0 in the order of its vector string. */
enum v4_metric {
    /* base */
    V4_AV,
    V4_AC,
    V4_AT,
    V4_PR,
    V4_UI,
    V4_VC,
    V4_VI,
    V4_VA,
    V4_SC,
    V4_SI,
    V4_SA,
    V4_BASE, /* how many */
    /* threat, environmental */
    V4_E = V4_BASE,
    V4_CR,
    V4_IR,
    V4_AR,
    V4_MAV, /* the modified base metrics, in the order of the base metrics */
    V4_MSC = V4_MAV + (V4_SC - V4_AV),
    V4_MSI,
    V4_MSA,
    /* supplemental */
    V4_S,
    V4_AU,
    V4_R,
    V4_V,
    V4_RE,
    V4_U,
    V4_METRICS
};

/*
 * `value`: per metric its place among its values, most severe first; where "not defined" is
 * possible that is 0 and the others follow.
 */
unsigned cvss_v4_tenths(const uint8_t value[V4_METRICS]);

#endif
