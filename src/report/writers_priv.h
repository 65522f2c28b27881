/* SPDX-License-Identifier: Apache-2.0 */
/* The writers, one per file, for the table in writers.c. */
#ifndef VULNWARD_REPORT_WRITERS_PRIV_H
#define VULNWARD_REPORT_WRITERS_PRIV_H

#include "report/report.h"

extern const struct report_writer report_table;
extern const struct report_writer report_junit;
extern const struct report_writer report_json;
extern const struct report_writer report_csv;

#endif
