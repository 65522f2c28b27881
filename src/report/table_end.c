/* SPDX-License-Identifier: Apache-2.0 */
#include "report/table_priv.h"

#include "base/banned.h"

static void write_unused_rules(struct table *t)
{
    if (!t->r->unused_rules.n)
        return;
    buf_c(t->b, "Ignore rules that matched nothing: ");
    buf_u64(t->b, t->r->unused_rules.n);
    buf_char(t->b, '\n');
    for (size_t i = 0; i < t->r->unused_rules.n; i++) {
        const struct unused_rule *u = &t->r->unused_rules.v[i];
        buf_c(t->b, "  ");
        report_write_line(t->b, u->file);
        buf_char(t->b, ':');
        buf_u64(t->b, u->line);
        buf_char(t->b, ' ');
        report_write_line(t->b, u->id);
        buf_c(t->b, u->reason.n ? ": " : "");
        report_write_line(t->b, u->reason);
        buf_char(t->b, '\n');
    }
    buf_char(t->b, '\n');
}

/* "3 known to be exploited (1 by ransomware), 12 where sources disagree" */
static void write_counts(struct table *t)
{
    struct report_counts c = report_count(t->r);
    /* Without a catalogue in the database, "0 known" would be a false comfort. */
    if (!c.has_catalogue && !c.disagreements)
        return;
    if (c.has_catalogue) {
        buf_u64(&t->text, c.exploited);
        buf_c(&t->text, " known to be exploited");
        if (c.ransomware) {
            buf_c(&t->text, " (");
            buf_u64(&t->text, c.ransomware);
            buf_c(&t->text, " by ransomware)");
        }
    }
    if (c.disagreements) {
        buf_c(&t->text, c.has_catalogue ? ", " : "");
        table_write_number(&t->text, c.disagreements, "finding", "findings");
        buf_c(&t->text, " where sources disagree");
    }
    buf_c(t->b, "           ");
    table_write_wrapped(t, 11, 11);
}

static void write_summary(struct table *t)
{
    const struct summary *s = &t->r->summary;
    struct buf *b = t->b;
    buf_c(b, "Packages:  ");
    buf_u64(b, s->components);
    buf_c(b, ": ");
    buf_u64(b, s->identified);
    buf_c(b, " identified, ");
    buf_u64(b, s->unidentified);
    buf_c(b, " not identified, ");
    buf_u64(b, s->uncomparable);
    buf_c(b, " not comparable\nNot read:  ");
    table_write_number(b, s->skipped, "entry\n", "entries\n");
    buf_c(b, "Findings:  ");
    for (int i = SEVERITIES - 1; i >= 0; i--) {
        if (s->by_severity[i])
            table_paint(t, table_severity_color((enum severity)i));
        buf_u64(b, s->by_severity[i]);
        buf_char(b, ' ');
        buf_c(b, severity_name((enum severity)i));
        if (s->by_severity[i])
            table_paint(t, PLAIN);
        buf_c(b, i ? ", " : "\n           ");
    }
    buf_u64(b, s->failing);
    buf_c(b, s->failing == 1 ? " fails the gate, " : " fail the gate, ");
    buf_u64(b, s->ignored);
    buf_c(b, " ignored or fixed\n");
    write_counts(t);
}

/* "nvd 2 days old, kev of unknown age": which one is it that is old? */
static void write_ages(struct table *t)
{
    const struct database_info *d = &t->r->database;
    for (size_t i = 0; i < d->sources.n; i++) {
        uint64_t days;
        buf_c(&t->text, i ? ", " : "");
        report_write_line(&t->text, d->sources.v[i].name);
        buf_char(&t->text, ' ');
        if (report_source_age(t->r, &d->sources.v[i], &days))
            table_write_number(&t->text, days, "day old", "days old");
        else
            buf_c(&t->text, "of unknown age");
    }
    buf_c(t->b, "           ");
    table_write_wrapped(t, 11, 11);
}

static void write_database(struct table *t)
{
    const struct database_info *d = &t->r->database;
    char date[DATE_TEXT_BYTES];
    uint64_t days;
    buf_c(t->b, "Database:  ");
    report_write_line(t->b, d->path);
    buf_c(t->b, d->path.n ? "\n           " : "");
    table_write_number(&t->text, d->records, "record", "records");
    if (d->built != DATE_NONE) {
        buf_c(&t->text, ", built ");
        buf_c(&t->text, date_format(d->built, date));
    }
    if (report_database_age(t->r, &days)) {
        buf_c(&t->text, ", data ");
        table_write_number(&t->text, days, "day old", "days old");
    } else {
        buf_c(&t->text, ", age of the data not known");
    }
    table_write_wrapped(t, 11, 11);
    if (d->sources.n > 1)
        write_ages(t);
    if (d->unreadable) {
        buf_c(t->b, "           ");
        table_write_number(t->b, d->unreadable, "statement", "statements");
        buf_c(t->b, " of the feeds could not be used, see 'vulnward db status'\n");
    }
}

static void write_verdict(struct table *t)
{
    const struct report *r = t->r;
    buf_c(t->b, "Verdict:   ");
    table_paint(t, r->exit_status ? BOLD_RED : BOLD_GREEN);
    buf_c(t->b, r->exit_status == 0 ? "passed" : r->exit_status == 1 ? "FAILED" : "ERROR");
    table_paint(t, PLAIN);
    buf_c(t->b, ", exit status ");
    buf_u64(t->b, (uint64_t)r->exit_status);
    buf_c(t->b, ", gate ");
    report_write_line(t->b, r->gate);
    buf_char(t->b, '\n');
    for (size_t i = 0; i < r->why.n; i++) {
        report_write_line(&t->text, r->why.v[i]);
        buf_c(t->b, "  - ");
        table_write_wrapped(t, 4, 4);
    }
}

void table_write_end(struct table *t)
{
    write_unused_rules(t);
    write_summary(t);
    write_database(t);
    write_verdict(t);
}
