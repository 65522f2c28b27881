/* SPDX-License-Identifier: Apache-2.0 */
#include "model/finding.h"

#include "base/banned.h"

const char *vex_status_name(enum vex_status s)
{
    static const char *const names[] = {"affected", "not_affected", "fixed", "under_investigation"};
    _Static_assert(sizeof names / sizeof names[0] == VEX_STATUSES, "a name per status");
    return names[s];
}

const char *identified_by_name(enum identified_by i)
{
    static const char *const names[] = {"cpe", "purl", "table", "name", "none"};
    _Static_assert(sizeof names / sizeof names[0] == IDENTIFIED_KINDS, "a name per kind");
    return names[i];
}
