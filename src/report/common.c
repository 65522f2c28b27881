/* SPDX-License-Identifier: Apache-2.0 */
#include "report/common_priv.h"

#include <errno.h>

#include "base/banned.h"

/*
 * Packages named in the one-line message, and in the details. A kernel has hundreds and thousands
 * of findings; GitLab takes 30 MB. JSON has them all, once.
 */
#define MESSAGE_PACKAGES 3
#define DETAIL_PACKAGES 10

bool report_check(const struct report *r, struct err *err)
{
    for (size_t i = 0; i < r->subjects.n; i++) {
        const struct subject *s = &r->subjects.v[i];
        if (s->inventory >= r->inventories.n)
            return err_set(err, ERR_INTERNAL, "report: subject %zu has no inventory", i);
        const struct inventory *inv = &r->inventories.v[s->inventory];
        for (size_t k = 0; k < s->packages.n; k++)
            if (s->packages.v[k] >= inv->components.n)
                return err_set(err, ERR_INTERNAL, "report: subject %zu has no package %zu", i, k);
    }
    for (size_t i = 0; i < r->findings.n; i++)
        if (r->findings.v[i].subject >= r->subjects.n)
            return err_set(err, ERR_INTERNAL, "report: finding %zu has no subject", i);
    return true;
}

bool report_scratch_ok(const struct buf *scratch, struct err *err)
{
    if (!scratch->error)
        return true;
    errno = scratch->error;
    return err_errno(err, "report");
}

/* Sorts 0..n-1 into `groups` groups by counting; the order within a group is kept. */
static bool group(struct arena *a, const uint32_t *group_of, size_t n, size_t groups,
                  size_t **members, size_t **from, struct err *err)
{
    size_t *at = arena_array(a, groups + 2, sizeof *at);
    size_t *out = arena_array(a, n + 1, sizeof *out);
    if (!at || !out)
        return err_memory(err);
    /* Counted two places up: filling moves each entry to the start of the next group. */
    for (size_t i = 0; i < n; i++)
        at[group_of[i] + 2]++;
    for (size_t g = 2; g < groups + 2; g++)
        at[g] += at[g - 1];
    for (size_t i = 0; i < n; i++)
        out[at[group_of[i] + 1]++] = i;
    *members = out;
    *from = at;
    return true;
}

bool report_index_make(struct arena *a, const struct report *r, struct report_index *out,
                       struct err *err)
{
    if (!report_check(r, err))
        return false;
    uint32_t *inventory_of = arena_array(a, r->subjects.n + 1, sizeof *inventory_of);
    uint32_t *subject_of = arena_array(a, r->findings.n + 1, sizeof *subject_of);
    if (!inventory_of || !subject_of)
        return err_memory(err);
    for (size_t i = 0; i < r->subjects.n; i++)
        inventory_of[i] = r->subjects.v[i].inventory;
    for (size_t i = 0; i < r->findings.n; i++)
        subject_of[i] = r->findings.v[i].subject;
    return group(a, inventory_of, r->subjects.n, r->inventories.n, &out->subjects,
                 &out->subjects_from, err) &&
           group(a, subject_of, r->findings.n, r->subjects.n, &out->findings, &out->findings_from,
                 err);
}

enum fate { KEPT, BLANK, REPLACED };

/* What becomes of the character of k bytes at p; k is 0 when it is not UTF-8. */
static enum fate fate_of(const char *p, size_t k)
{
    unsigned char c = (unsigned char)p[0], d = k > 1 ? (unsigned char)p[1] : 0;
    unsigned char e = k > 2 ? (unsigned char)p[2] : 0;
    if (k == 1) {
        if (c == '\n' || c == '\r' || c == '\t')
            return BLANK;
        return c < 0x20 || c == 0x7f ? REPLACED : KEPT;
    }
    if (k == 2) /* U+0080..U+009F (C1 controls), U+061C (Arabic letter mark) */
        return (c == 0xc2 && d < 0xa0) || (c == 0xd8 && d == 0x9c) ? REPLACED : KEPT;
    if (k == 3 && c == 0xe2 && d == 0x80) {
        if (e == 0xa8 || e == 0xa9) /* U+2028, U+2029: line and paragraph separator */
            return BLANK;
        /* U+200E, U+200F, U+202A..U+202E: direction marks, embeddings and overrides */
        return e == 0x8e || e == 0x8f || (e >= 0xaa && e <= 0xae) ? REPLACED : KEPT;
    }
    if (k == 3 && c == 0xe2 && d == 0x81) /* U+2066..U+2069: directional isolates */
        return e >= 0xa6 && e <= 0xa9 ? REPLACED : KEPT;
    return k ? KEPT : REPLACED;
}

void report_write_line(struct buf *b, struct str s)
{
    size_t from = 0, i = 0;
    while (i < s.n) {
        if (s.p[i] >= ' ' && s.p[i] < 0x7f) {
            i++;
            continue;
        }
        size_t k = utf8_sequence(s.p + i, s.n - i);
        enum fate fate = fate_of(s.p + i, k);
        k = k ? k : 1;
        if (fate != KEPT) {
            buf_add(b, s.p + from, i - from);
            buf_c(b, fate == BLANK ? " " : "\xef\xbf\xbd");
            from = i + k;
        }
        i += k;
    }
    buf_str(b, str_from(s, from));
}

void report_write_list(struct buf *b, const struct str *v, size_t n, const char *separator)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_c(b, separator);
        report_write_line(b, v[i]);
    }
}

void report_write_score(struct buf *b, unsigned tenths)
{
    buf_fixed(b, tenths, 1);
}

void report_write_day(struct buf *b, int64_t ms)
{
    char text[DATE_TEXT_BYTES];
    buf_str(b, str_first(str_from_c(date_format(ms, text)), sizeof "2024-09-23" - 1));
}

/* The next attribute of a formatted CPE name; a colon that belongs to a value has a backslash. */
static struct str next_attribute(struct str *rest)
{
    size_t i = 0;
    while (i < rest->n && rest->p[i] != ':')
        i += rest->p[i] == '\\' ? 2 : 1;
    struct str a = str_first(*rest, i);
    *rest = str_from(*rest, i + 1);
    return a;
}

static void write_unquoted(struct buf *b, struct str s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\\')
            continue;
        report_write_line(b, str_make(s.p + from, i - from));
        from = i + 1;
        i++; /* what follows is meant literally, even a backslash */
    }
    report_write_line(b, str_from(s, from));
}

void report_write_named(struct buf *b, const struct evidence *e)
{
    if (str_starts(e->criterion, STR("cpe:2.3:"))) {
        struct str rest = str_from(e->criterion, 8);
        (void)next_attribute(&rest); /* part */
        write_unquoted(b, next_attribute(&rest));
        buf_char(b, ':');
        write_unquoted(b, next_attribute(&rest));
    } else {
        report_write_line(b, e->criterion);
    }
}

void report_write_range(struct buf *b, const struct evidence *e)
{
    report_write_named(b, e);
    if (e->range.n) {
        buf_char(b, ' ');
        report_write_line(b, e->range);
    }
}

void report_write_packages(struct buf *b, const struct report *r, const struct subject *s,
                           size_t max)
{
    const struct inventory *inv = &r->inventories.v[s->inventory];
    size_t n = s->packages.n <= max ? s->packages.n : max;
    for (size_t i = 0; i < n; i++) {
        const struct component *c = &inv->components.v[s->packages.v[i]];
        if (i)
            buf_c(b, "; ");
        report_write_line(b, c->name);
        if (c->raw_version.n) {
            buf_char(b, ' ');
            report_write_line(b, c->raw_version);
        }
    }
    if (n < s->packages.n) {
        buf_c(b, n ? "; and " : "");
        buf_u64(b, s->packages.n - n);
        buf_c(b, " more");
    }
}

void report_write_place(struct buf *b, const struct skipped *s, size_t index)
{
    buf_c(b, s->line ? "line " : "entry ");
    buf_u64(b, s->line ? s->line : index + 1);
}

bool report_source_age(const struct report *r, const struct source_info *s, uint64_t *days)
{
    int64_t ms;
    if (!source_age(s, r->generated, &ms))
        return false;
    *days = (uint64_t)ms / (uint64_t)DATE_DAY_MS;
    return true;
}

bool report_database_age(const struct report *r, uint64_t *days)
{
    const struct database_info *d = &r->database;
    /* As a source of that date; its name is none that is treated apart. */
    const struct source_info whole = {.published = d->built, .confirmed = DATE_NONE};
    if (!d->sources.n)
        return report_source_age(r, &whole, days);
    uint64_t oldest = 0;
    for (size_t i = 0; i < d->sources.n; i++) {
        uint64_t age;
        if (!report_source_age(r, &d->sources.v[i], &age))
            return false;
        oldest = age > oldest ? age : oldest;
    }
    *days = oldest;
    return true;
}

bool report_is_controlled(const struct finding *f)
{
    return !f->fails && (f->status == VEX_NOT_AFFECTED || f->status == VEX_FIXED);
}

const struct evidence *report_main_evidence(const struct finding *f)
{
    for (size_t i = 0; i < f->evidence.n; i++)
        if (!f->evidence.v[i].against)
            return &f->evidence.v[i];
    return NULL;
}

bool report_disagrees(const struct finding *f)
{
    for (size_t i = 0; i < f->evidence.n; i++)
        if (f->evidence.v[i].against)
            return true;
    return false;
}

/* Does an earlier statement against it name the same source? Few do: sources are few. */
static bool named_before(const struct finding *f, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (f->evidence.v[k].against && str_eq(f->evidence.v[k].source, f->evidence.v[i].source))
            return true;
    return false;
}

void report_write_disagreeing(struct buf *b, const struct finding *f, const char *separator)
{
    bool any = false;
    for (size_t i = 0; i < f->evidence.n; i++) {
        if (!f->evidence.v[i].against || named_before(f, i))
            continue;
        buf_c(b, any ? separator : "");
        report_write_line(b, f->evidence.v[i].source);
        any = true;
    }
}

struct report_counts report_count(const struct report *r)
{
    struct report_counts c = {0};
    for (size_t i = 0; i < r->findings.n; i++) {
        const struct finding *f = &r->findings.v[i];
        if (report_is_controlled(f))
            continue;
        c.exploited += f->kev != NULL;
        c.ransomware += f->kev && f->kev->ransomware;
        c.disagreements += report_disagrees(f);
    }
    c.has_catalogue = c.exploited;
    for (size_t i = 0; i < r->database.sources.n; i++)
        c.has_catalogue |= str_eq(r->database.sources.v[i].name, STR("kev"));
    return c;
}

struct str report_reason(const struct finding *f)
{
    if (f->reason.n)
        return f->reason;
    return f->justification.n ? f->justification : str_from_c(vex_status_name(f->status));
}

const char *report_unchecked_why(const struct subject *s)
{
    if (s->no_product)
        return NULL;
    if (s->identified_by == IDENTIFIED_NONE)
        return "not identified: no product in the database for this package name; "
               "nothing was checked";
    if (s->uncomparable)
        return "version cannot be compared: it has no number; "
               "findings that depend on it may be missing";
    return NULL;
}

size_t report_unlisted(const struct inventory *inv)
{
    size_t listed = 0;
    for (size_t i = 0; i < inv->skipped.n; i++)
        listed += !inv->skipped.v[i].note;
    return inv->n_skipped > listed ? inv->n_skipped - listed : 0;
}

/* ---- a finding in words ---- */

void report_write_message(struct buf *t, const struct report *r, const struct finding *f)
{
    const struct subject *s = &r->subjects.v[f->subject];
    if (f->cvss.version != CVSS_NONE) {
        report_write_score(t, f->cvss.tenths);
        buf_char(t, ' ');
        buf_c(t, severity_name(f->severity));
    } else {
        buf_c(t, "no score");
    }
    if (f->kev)
        buf_c(t, f->kev->ransomware ? ", known to be exploited (ransomware)"
                                    : ", known to be exploited");
    buf_c(t, ": ");
    const struct evidence *e = report_main_evidence(f);
    if (e)
        report_write_range(t, e);
    else
        report_write_line(t, s->name);
    buf_c(t, "; packages: ");
    report_write_packages(t, r, s, MESSAGE_PACKAGES);
}

/* The description has line ends of its own; indented, it can not pass for our words. */
static void say_indented(struct buf *t, struct str text)
{
    struct str line;
    bool more = true;
    while (more) {
        more = str_split(text, '\n', &line, &text);
        buf_c(t, "  ");
        report_write_line(t, str_trim(line));
        buf_char(t, '\n');
    }
}

static void say_field(struct buf *t, const char *label, struct str value)
{
    if (!value.n)
        return;
    buf_c(t, label);
    report_write_line(t, value);
    buf_char(t, '\n');
}

static void say_list(struct buf *t, const char *label, const struct str *v, size_t n)
{
    if (!n)
        return;
    buf_c(t, label);
    report_write_list(t, v, n, ", ");
    buf_char(t, '\n');
}

static void say_decision(struct buf *t, const struct report *r, const struct finding *f)
{
    const struct subject *s = &r->subjects.v[f->subject];
    report_write_line(t, f->id);
    buf_c(t, " in ");
    report_write_line(t, s->name);
    buf_char(t, ' ');
    report_write_line(t, s->version);
    buf_c(t, ": ");
    buf_c(t, vex_status_name(f->status));
    buf_c(t, f->fails ? ", fails the gate " : ", does not fail the gate ");
    report_write_line(t, r->gate);
    buf_char(t, '\n');
    say_field(t, "Decided by: ", f->decided_by);
    say_field(t, "Reason: ", f->reason);
    say_field(t, "Justification: ", f->justification);
}

void report_write_source(struct buf *t, const struct evidence *e)
{
    report_write_line(t, e->source);
    if (e->provider.n) {
        buf_c(t, " (");
        report_write_line(t, e->provider);
        buf_char(t, ')');
    }
}

/* First what says that it is affected, then what says that it is not. */
static void say_evidence(struct buf *t, const struct finding *f, bool against)
{
    for (size_t i = 0; i < f->evidence.n; i++) {
        const struct evidence *e = &f->evidence.v[i];
        if (e->against != against)
            continue;
        buf_c(t, against ? "Disagrees: " : "Matched: ");
        report_write_source(t, e);
        if (e->record.n) {
            buf_c(t, ", record ");
            report_write_line(t, e->record);
        }
        buf_c(t, against ? ": not affected, by the statement " : ": ");
        report_write_line(t, e->range);
        buf_c(t, e->range.n ? " of " : "");
        report_write_line(t, e->criterion);
        buf_c(t, e->note.n ? " (" : "");
        report_write_line(t, e->note);
        buf_c(t, e->note.n ? ")\n" : "\n");
    }
}

/* "Advisories of: Debian:12 openssl 3.0.11-1" */
static void say_ecosystems(struct buf *t, const struct subject *s)
{
    for (size_t i = 0; i < s->in_ecosystem.n; i++) {
        const struct ecosystem_package *p = &s->in_ecosystem.v[i];
        buf_c(t, i ? ", " : "Advisories of: ");
        report_write_ecosystem(t, p);
        buf_char(t, ' ');
        report_write_line(t, p->name);
        buf_c(t, p->version.n ? " " : "");
        report_write_line(t, p->version);
    }
    buf_c(t, s->in_ecosystem.n ? "\n" : "");
}

void report_write_ecosystem(struct buf *t, const struct ecosystem_package *p)
{
    report_write_line(t, p->ecosystem ? p->ecosystem->name : STR("unknown"));
    buf_c(t, p->release.n ? ":" : "");
    report_write_line(t, p->release);
}

void report_write_identity(struct buf *t, const struct report *r, const struct subject *s)
{
    buf_c(t, "Identified by: ");
    buf_c(t, identified_by_name(s->identified_by));
    if (s->identified_why.n) {
        buf_c(t, " (");
        report_write_line(t, s->identified_why);
        buf_char(t, ')');
    }
    buf_char(t, '\n');
    say_list(t, "Products: ", s->products.v, s->products.n);
    say_ecosystems(t, s);
    buf_c(t, "Packages: ");
    report_write_packages(t, r, s, DETAIL_PACKAGES);
    buf_char(t, '\n');
}

/* What the catalogues of exploited vulnerabilities and FIRST's prediction say. */
static void say_exploited(struct buf *t, const struct finding *f)
{
    const struct kev *k = f->kev;
    if (k) {
        buf_c(t, "Known to be exploited: listed ");
        report_write_day(t, k->added);
        buf_c(t, k->added == DATE_NONE ? "without a date" : "");
        buf_c(t, k->due == DATE_NONE ? "" : ", to be fixed by ");
        report_write_day(t, k->due);
        buf_c(t, k->ransomware ? ", used in ransomware campaigns" : "");
        buf_c(t, k->source.n ? " (" : "");
        report_write_line(t, k->source);
        buf_c(t, k->source.n ? ")\n" : "\n");
        say_field(t, "Exploited as: ", k->name);
        say_field(t, "Required action: ", k->action);
    }
    if (f->epss.id.n) {
        buf_c(t, "EPSS: ");
        buf_fixed(t, f->epss.score, 3);
        buf_c(t, " % likely to be exploited within 30 days; percentile ");
        buf_fixed(t, f->epss.percentile, 3);
        buf_char(t, '\n');
    }
}

static void say_facts(struct buf *t, const struct finding *f)
{
    char date[DATE_TEXT_BYTES];
    if (f->cvss.version != CVSS_NONE) {
        buf_c(t, "CVSS ");
        buf_c(t, cvss_version_name(f->cvss.version));
        buf_c(t, ": ");
        report_write_score(t, f->cvss.tenths);
        buf_c(t, f->cvss.vector.n ? " " : "");
        report_write_line(t, f->cvss.vector);
        if (f->cvss.source.n) {
            buf_c(t, " (");
            report_write_line(t, f->cvss.source);
            buf_char(t, ')');
        }
        buf_char(t, '\n');
    }
    say_exploited(t, f);
    say_list(t, "Also known as: ", f->aliases.v, f->aliases.n);
    say_list(t, "Weaknesses: ", f->cwes.v, f->cwes.n);
    say_field(t, "Published: ", str_from_c(date_format(f->published, date)));
    say_field(t, "Modified: ", str_from_c(date_format(f->modified, date)));
    say_list(t, "Fixed in: ", f->fixed_in.v, f->fixed_in.n);
}

static void say_references(struct buf *t, const struct finding *f)
{
    if (f->description.n) {
        buf_c(t, "Description:\n");
        say_indented(t, f->description);
    }
    if (f->references.n)
        buf_c(t, "References:\n");
    for (size_t i = 0; i < f->references.n; i++) {
        buf_c(t, "  ");
        report_write_line(t, f->references.v[i].url);
        if (f->references.v[i].tags.n) {
            buf_c(t, " (");
            report_write_line(t, f->references.v[i].tags);
            buf_char(t, ')');
        }
        buf_char(t, '\n');
    }
}

/* Last, as Jenkins keeps head and tail of a long system-out and cuts the middle. */
static void say_how_to_act(struct buf *t, const struct report *r, const struct finding *f)
{
    buf_c(t, "How to act: ");
    if (f->fixed_in.n) {
        buf_c(t, "update ");
        report_write_line(t, r->subjects.v[f->subject].name);
        buf_c(t, f->fixed_in.n > 1 ? " to one of these or later: " : " to this or later: ");
        report_write_list(t, f->fixed_in.v, f->fixed_in.n, ", ");
    } else {
        buf_c(t, "no fixed version is known");
        buf_c(t, f->references.n ? ", see the references" : "");
    }
    buf_c(t, "; or, when it does not apply to this system, add to the ignore list:\n  ");
    report_write_line(t, f->id);
    buf_c(t, " , the reason why it does not apply\n");
}

void report_write_details(struct buf *t, const struct report *r, const struct finding *f)
{
    /* GitLab shows the text and drops the message attribute, hence once more. */
    report_write_message(t, r, f);
    buf_c(t, "\n\n");
    say_decision(t, r, f);
    say_facts(t, f);
    say_evidence(t, f, false);
    say_evidence(t, f, true);
    report_write_identity(t, r, &r->subjects.v[f->subject]);
    say_references(t, f);
    if (!report_is_controlled(f))
        say_how_to_act(t, r, f);
}

size_t report_columns(struct str s)
{
    size_t n = s.n ? plain_run(s.p, s.n) : 0;
    for (size_t i = n; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

struct str report_first_columns(struct str s, size_t n)
{
    size_t i = 0;
    while (i < s.n && (n || ((unsigned char)s.p[i] & 0xc0) == 0x80))
        n -= ((unsigned char)s.p[i++] & 0xc0) != 0x80;
    return str_first(s, i);
}
