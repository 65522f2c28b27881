/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the writers share: a checked index over the report, text made safe to show, and the same
 * things said in the same words in every format.
 */
#ifndef VULNWARD_REPORT_COMMON_PRIV_H
#define VULNWARD_REPORT_COMMON_PRIV_H

#include "base/buf.h"
#include "model/finding.h"
#include "report/report.h"

/*
 * Subjects grouped by inventory and findings grouped by subject, each in the order of the report.
 * Made by counting, so that nothing is lost even when the report is not sorted as promised.
 */
struct report_index {
    /* Those of inventory i are subjects[subjects_from[i] .. subjects_from[i + 1]) */
    size_t *subjects, *subjects_from;
    /* Those of subject s are findings[findings_from[s] .. findings_from[s + 1]) */
    size_t *findings, *findings_from;
};
/* In `a`. Calls report_check first. */
bool report_index_make(struct arena *a, const struct report *r, struct report_index *out,
                       struct err *err) VW_CHECKED;
/* Do all numbers in the report point at something? ERR_INTERNAL when one does not. */
bool report_check(const struct report *r, struct err *err) VW_CHECKED;
/* Hands on the sticky error of a buffer a writer collected text in. */
bool report_scratch_ok(const struct buf *scratch, struct err *err) VW_CHECKED;

/* Cleaned as report_write_line() does, joined by `separator`. */
void report_write_list(struct buf *b, const struct str *v, size_t n, const char *separator);
/* "9.8". */
void report_write_score(struct buf *b, unsigned tenths);
/* "2021-12-10"; nothing for DATE_NONE. */
void report_write_day(struct buf *b, int64_t ms);
/* "vendor:product" or "ecosystem/package" of a criterion. */
void report_write_named(struct buf *b, const struct evidence *e);
/* "openssl:openssl >= 3.0.0, < 3.0.8". */
void report_write_range(struct buf *b, const struct evidence *e);
/* "libssl3 3.0.7-r0; libcrypto3 3.0.7-r0; and 3 more": at most `max`, with their raw versions. */
void report_write_packages(struct buf *b, const struct report *r, const struct subject *s,
                           size_t max);
/* "line 12", or "entry 3" (counted from 1) of a format without lines. */
void report_write_place(struct buf *b, const struct skipped *s, size_t index);

/* "9.8 critical: openssl:openssl >= 3.0.0, < 3.0.8; packages: libcrypto3 3.0.7-r0; and 3 more" */
void report_write_message(struct buf *b, const struct report *r, const struct finding *f);
/* How a subject was identified, as what, and its packages: three lines. */
void report_write_identity(struct buf *b, const struct report *r, const struct subject *s);
/*
 * All that is known about a finding, as lines of plain text: the message, the decision, the facts,
 * the evidence, and how to act. Description and references only when they were loaded.
 */
void report_write_details(struct buf *b, const struct report *r, const struct finding *f);

/* Age of one source in whole days (source_age), at the time of the report. */
bool report_source_age(const struct report *r, const struct source_info *s, uint64_t *days);
/* Age of the oldest source, of the database itself when it has none. */
bool report_database_age(const struct report *r, uint64_t *days);
/* The first statement that it is affected: why it is a finding. NULL when there is none. */
const struct evidence *report_main_evidence(const struct finding *f);
/* Does a source say that this version is not affected? */
bool report_disagrees(const struct finding *f);
/* Those sources, each once. */
void report_write_disagreeing(struct buf *b, const struct finding *f, const char *separator);
/* "cvelist (Linux)" */
void report_write_source(struct buf *b, const struct evidence *e);
/* "Debian:12" */
void report_write_ecosystem(struct buf *b, const struct ecosystem_package *p);

/* Of the findings that are not decided as not affected or fixed. */
struct report_counts {
    size_t exploited, ransomware, disagreements;
    bool has_catalogue; /* somebody could have said "known to be exploited" */
};
struct report_counts report_count(const struct report *r);

/* Somebody decided that it needs no action: not affected, or fixed. One that fails never is. */
bool report_is_controlled(const struct finding *f);
/* Somebody's reason; the justification where there is no reason, else the name of the status. */
struct str report_reason(const struct finding *f);
/* Why this subject says nothing about vulnerabilities; NULL when it was checked. */
const char *report_unchecked_why(const struct subject *s);
/* How many skipped entries are a loss but are not listed, because there are too many. */
size_t report_unlisted(const struct inventory *inv);

/* Columns a cleaned text takes: one per character. Double-width letters are not known to us. */
size_t report_columns(struct str s);
/* The first `n` characters of a cleaned text. */
struct str report_first_columns(struct str s, size_t n);

#endif
