/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for spreadsheets: RFC 4180 with CRLF line ends and a header, one line per finding,
 * then one line for everything that was not checked. See docs/formats/report-csv.md.
 *
 * A field never contains a line end, so that grep and wc see records. A field that a spreadsheet
 * would run as a formula gets an apostrophe in front: names come from strangers.
 */
#include "codec/csv.h"
#include "report/common_priv.h"
#include "report/writers_priv.h"

#include "base/banned.h"

/* Packages named in one line; all of a kernel's, for each of its 2,000 findings, would be 100 MB.
 */
#define PACKAGES_MAX 10

static const char *const header[] = {
    "inventory", "component",    "version",         "packages", "id",         "severity",
    "score",     "cvss_version", "vector",          "status",   "decided_by", "reason",
    "fixed_in",  "evidence",     "published",       "modified", "fails",      "kev_added",
    "kev_due",   "epss_score",   "epss_percentile", "aliases",  "disagrees",
};
#define COLUMNS (sizeof header / sizeof header[0])

struct sheet {
    const struct report *r;
    struct buf *b;
    struct buf text; /* a field being put together */
    struct buf clean;
    bool first; /* at the start of a line */
};

static void put(struct sheet *s, struct str field)
{
    buf_clear(&s->clean);
    if (field.n && strchr("=+-@\t\r", field.p[0]) && field.p[0])
        buf_char(&s->clean, '\'');
    report_write_line(&s->clean, field);
    csv_field(s->b, buf_view(&s->clean), s->first);
    s->first = false;
}

static void put_c(struct sheet *s, const char *field)
{
    put(s, str_from_c(field));
}

/* What was collected in s->text. */
static void put_text(struct sheet *s)
{
    put(s, buf_view(&s->text));
    buf_clear(&s->text);
}

static void put_date(struct sheet *s, int64_t ms)
{
    char text[DATE_TEXT_BYTES];
    put_c(s, date_format(ms, text));
}

static void end_record(struct sheet *s)
{
    buf_c(s->b, "\r\n");
    s->first = true;
}

/* The first four columns. */
static void put_subject(struct sheet *s, const struct subject *subject)
{
    put(s, s->r->inventories.v[subject->inventory].path);
    put(s, subject->name);
    put(s, subject->version);
    report_write_packages(&s->text, s->r, subject, PACKAGES_MAX);
    put_text(s);
}

static void put_score(struct sheet *s, const struct cvss *c)
{
    if (c->version != CVSS_NONE)
        report_write_score(&s->text, c->tenths);
    put_text(s);
    put_c(s, cvss_version_name(c->version));
    put(s, c->vector);
}

static void put_reason(struct sheet *s, const struct finding *f)
{
    buf_str(&s->text, f->reason);
    if (f->justification.n) {
        buf_c(&s->text, f->reason.n ? " [" : "[");
        buf_str(&s->text, f->justification);
        buf_char(&s->text, ']');
    }
    put_text(s);
}

static void put_evidence(struct sheet *s, const struct finding *f)
{
    for (size_t i = 0; i < f->evidence.n; i++) {
        const struct evidence *e = &f->evidence.v[i];
        buf_c(&s->text, i ? "; " : "");
        report_write_source(&s->text, e);
        buf_c(&s->text, e->against ? ": not affected: " : ": ");
        buf_str(&s->text, e->criterion);
        buf_c(&s->text, e->range.n ? " " : "");
        buf_str(&s->text, e->range);
        if (e->note.n) {
            buf_c(&s->text, " (");
            buf_str(&s->text, e->note);
            buf_char(&s->text, ')');
        }
    }
    put_text(s);
}

/* The columns behind `fails`. */
static void put_more(struct sheet *s, const struct finding *f)
{
    /* Listed without a date must not look like not listed. */
    if (f->kev && f->kev->added == DATE_NONE)
        put_c(s, "yes");
    else
        put_date(s, f->kev ? f->kev->added : DATE_NONE);
    put_date(s, f->kev ? f->kev->due : DATE_NONE);
    if (f->epss.id.n)
        buf_fixed(&s->text, f->epss.score, 5);
    put_text(s);
    if (f->epss.id.n)
        buf_fixed(&s->text, f->epss.percentile, 5);
    put_text(s);
    report_write_list(&s->text, f->aliases.v, f->aliases.n, "; ");
    put_text(s);
    report_write_disagreeing(&s->text, f, "; ");
    put_text(s);
}

static void write_finding(struct sheet *s, const struct finding *f)
{
    put_subject(s, &s->r->subjects.v[f->subject]);
    put(s, f->id);
    put_c(s, severity_name(f->severity));
    put_score(s, &f->cvss);
    put_c(s, vex_status_name(f->status));
    put(s, f->decided_by);
    put_reason(s, f);
    report_write_list(&s->text, f->fixed_in.v, f->fixed_in.n, "; ");
    put_text(s);
    put_evidence(s, f);
    put_date(s, f->published);
    put_date(s, f->modified);
    put_c(s, f->fails ? "true" : "false");
    put_more(s, f);
    end_record(s);
}

/* The columns from `id` on of a line that is no finding. */
static void put_rest(struct sheet *s, const char *status, struct str reason, struct str evidence)
{
    for (int i = 0; i < 5; i++) /* id ... vector */
        put_c(s, "");
    put_c(s, status);
    put_c(s, ""); /* decided_by */
    put(s, reason);
    put_c(s, ""); /* fixed_in */
    put(s, evidence);
    for (int i = 0; i < 9; i++) /* published ... disagrees */
        put_c(s, "");
    end_record(s);
}

static void write_unchecked(struct sheet *s, const struct subject *subject)
{
    const char *why = report_unchecked_why(subject);
    if (!why)
        return;
    put_subject(s, subject);
    put_rest(s, subject->identified_by == IDENTIFIED_NONE ? "not_identified" : "not_comparable",
             str_from_c(why), subject->identified_why);
}

static void write_not_read(struct sheet *s, const struct inventory *inv)
{
    struct buf why = {0};
    for (size_t i = 0; i < inv->skipped.n; i++) {
        const struct skipped *k = &inv->skipped.v[i];
        put(s, inv->path);
        for (int n = 0; n < 3; n++) /* component, version, packages */
            put_c(s, "");
        buf_clear(&why);
        report_write_place(&why, k, i);
        buf_c(&why, ": ");
        buf_str(&why, k->why);
        put_rest(s, k->note ? "left_out" : "not_read", buf_view(&why), k->text);
    }
    size_t more = report_unlisted(inv);
    if (more) {
        put(s, inv->path);
        for (int n = 0; n < 3; n++)
            put_c(s, "");
        buf_clear(&why);
        buf_u64(&why, more);
        buf_c(&why, " more entries were not read and are not listed");
        put_rest(s, "not_read", buf_view(&why), STR(""));
    }
    if (why.error && !s->text.error)
        s->text.error = why.error;
    buf_free(&why);
}

static bool write_csv(const struct report *r, const struct report_style *style, struct buf *b,
                      struct err *err)
{
    (void)style;
    if (!report_check(r, err))
        return false;
    struct sheet s = {.r = r, .b = b, .first = true};
    for (size_t i = 0; i < COLUMNS; i++)
        put_c(&s, header[i]);
    end_record(&s);
    for (size_t i = 0; i < r->findings.n; i++)
        write_finding(&s, &r->findings.v[i]);
    for (size_t i = 0; i < r->subjects.n; i++)
        write_unchecked(&s, &r->subjects.v[i]);
    for (size_t i = 0; i < r->inventories.n; i++)
        write_not_read(&s, &r->inventories.v[i]);
    bool ok = report_scratch_ok(&s.text, err) && report_scratch_ok(&s.clean, err);
    buf_free(&s.text);
    buf_free(&s.clean);
    return ok;
}

const struct report_writer report_csv = {
    .name = "csv",
    .summary = "One line per finding, for spreadsheets (RFC 4180)",
    .needs_details = false,
    .write = write_csv,
};
