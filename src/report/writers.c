/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of report formats. */
#include "report/writers_priv.h"

#include "base/banned.h"

const struct report_writer *const report_writers[] = {
    &report_table, &report_junit, &report_json, &report_csv, NULL,
};

const struct report_writer *report_writer_by_name(struct str name)
{
    for (size_t i = 0; report_writers[i]; i++)
        if (str_eq(name, str_from_c(report_writers[i]->name)))
            return report_writers[i];
    return NULL;
}
