/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that is known of one vulnerability, for people: what it is and whether it burns, the sources
 * side by side, where they differ, what each says, references. docs/formats/show-json.md has the
 * form for programs, in which nothing is cut.
 */
#include "base/date.h"
#include "base/map.h"
#include "report/lookup_page_priv.h"

#include "base/banned.h"

/* How much is shown before the rest is counted. */
#define ROWS 20
#define BLOCKS 10
#define REFERENCES 15
#define IDS 12
#define DESCRIPTION_BYTES 1500
#define OTHER_DESCRIPTION_BYTES 400

static void write_cut(struct page *p, struct str text, size_t max)
{
    text = str_trim(text);
    struct str shown = str_first(text, max);
    /* Not within a character. */
    while (shown.n && shown.n < text.n && ((unsigned char)text.p[shown.n] & 0xc0) == 0x80)
        shown.n--;
    bool cut = shown.n < text.n;
    /* Line ends and indentation of the original mean nothing here. */
    for (struct str word = str_next_word(&shown); word.n; word = str_next_word(&shown)) {
        report_write_line(&p->text, word);
        buf_c(&p->text, shown.n ? " " : "");
    }
    if (cut)
        buf_c(&p->text, PAGE_ELLIPSIS " (cut; -o json shows all)");
}

static void write_cvss(struct page *p, const struct cvss *c)
{
    page_score(p, c->tenths);
    buf_f(&p->text, " %s (%s)", severity_name(severity_of(c->version, c->tenths)),
          cvss_version_name(c->version));
}

/* ---- the head: title, description, does it burn ---- */

static const struct vuln *first_with_title(const struct show_entry *e)
{
    for (size_t i = 0; i < e->records.n; i++)
        if (e->records.v[i].title.n)
            return &e->records.v[i];
    return NULL;
}

static const struct vuln *first_with_description(const struct show_entry *e)
{
    const struct vuln *any = NULL;
    for (size_t i = 0; i < e->records.n; i++) {
        const struct vuln *v = &e->records.v[i];
        if (v->description.n && str_eq(v->id, e->id))
            return v;
        any = any || !v->description.n ? any : v;
    }
    return any;
}

static void write_title(struct page *p, const struct show_entry *e)
{
    const struct cvss *c = lookup_decisive(e);
    const struct vuln *titled = first_with_title(e), *said = first_with_description(e);
    enum severity severity = c ? severity_of(c->version, c->tenths) : SEVERITY_UNKNOWN;
    size_t rejected = 0;
    for (size_t i = 0; i < e->records.n; i++) {
        rejected += e->records.v[i].rejected;
        if (!c && str_eq(e->records.v[i].id, e->id) && severity < e->records.v[i].stated_severity)
            severity = e->records.v[i].stated_severity;
    }
    page_paint(p, PAGE_BOLD);
    report_write_line(&p->text, e->id);
    buf_str(p->b, buf_view(&p->text));
    buf_clear(&p->text);
    page_paint(p, PAGE_PLAIN);
    buf_c(p->b, "  ");
    page_paint(p, page_severity_color(severity));
    if (c)
        write_cvss(p, c);
    else if (severity != SEVERITY_UNKNOWN)
        buf_f(&p->text, "%s, no score", severity_name(severity));
    else
        buf_c(&p->text, "no score");
    buf_str(p->b, buf_view(&p->text));
    buf_clear(&p->text);
    page_paint(p, PAGE_PLAIN);
    if (rejected) {
        page_paint(p, PAGE_BOLD_RED);
        buf_c(p->b, rejected == e->records.n ? "  rejected" : "  rejected by some");
        page_paint(p, PAGE_PLAIN);
    }
    buf_char(p->b, '\n');
    if (titled) {
        write_cut(p, titled->title, DESCRIPTION_BYTES);
        page_end_line(p, 0, 0);
    }
    if (said) {
        buf_c(&p->text, "  ");
        write_cut(p, said->description, DESCRIPTION_BYTES);
        page_end_line(p, 0, 2);
    }
}

static void write_kev(struct page *p, const struct kev *k)
{
    buf_c(&p->text, "known to be exploited since ");
    page_date(p, k->added);
    if (k->due != DATE_NONE) {
        buf_c(&p->text, ", due ");
        page_date(p, k->due);
    }
    if (k->ransomware)
        buf_c(&p->text, ", used in ransomware campaigns");
    if (!str_eq(k->source, STR("kev"))) {
        buf_c(&p->text, " (says ");
        report_write_line(&p->text, k->source);
        buf_char(&p->text, ')');
    }
}

/* KEV and EPSS of one CVE. What was not imported is not said to be absent. */
static void write_known(struct page *p, const struct show *s, const struct lookup_cve *c)
{
    if (c->kev) {
        page_paint(p, PAGE_RED);
        write_kev(p, c->kev);
        page_field(p, 0, "Exploited");
        page_paint(p, PAGE_PLAIN);
        report_write_line(&p->text, c->kev->action);
        page_field(p, 0, "");
    } else {
        buf_c(&p->text, lookup_has_source(s->database, STR("kev"))
                            ? "not in the catalogue of known exploited vulnerabilities"
                            : "not known: the database has no catalogue (KEV)");
        page_field(p, 0, "Exploited");
    }
    if (c->epss.id.n) {
        page_percent(p, c->epss.score);
        buf_c(&p->text, " chance of being exploited within 30 days, higher than ");
        page_percent(p, c->epss.percentile);
        buf_c(&p->text, " of all");
    } else {
        buf_c(&p->text, lookup_has_source(s->database, STR("epss"))
                            ? "no prediction"
                            : "not known: the database has no predictions");
    }
    page_field(p, 0, "EPSS");
}

/* An advisory: its CVEs, and what burns among them. */
static void write_cves(struct page *p, const struct show *s, const struct show_entry *e)
{
    if (e->cves.n == 1 && str_eq(e->cves.v[0].id, e->id)) {
        write_known(p, s, &e->cves.v[0]);
        return;
    }
    if (!e->cves.n) {
        buf_c(&p->text, "no CVE");
        page_field(p, 0, "About");
    }
    for (size_t i = 0; i < e->cves.n && i < IDS; i++) {
        const struct lookup_cve *c = &e->cves.v[i];
        report_write_line(&p->text, c->id);
        if (c->kev) {
            buf_c(&p->text, ", ");
            write_kev(p, c->kev);
        }
        if (c->epss.id.n) {
            buf_c(&p->text, ", EPSS ");
            page_percent(p, c->epss.score);
        }
        page_field(p, 0, i ? "" : "About");
    }
    if (e->cves.n > IDS) {
        page_more(p, e->cves.n - IDS, "-o json shows all");
        page_field(p, 0, "");
    }
}

struct ids {
    struct str *v;
    size_t n, cap;
};

/* Unless it is the entry's own, one of its CVEs, or there already. */
static void add_id(struct page *p, const struct show_entry *e, struct ids *ids, struct str id)
{
    bool known = str_eq(id, e->id);
    for (size_t m = 0; !known && m < e->cves.n; m++)
        known = str_eq(e->cves.v[m].id, id);
    for (size_t m = 0; !known && m < ids->n; m++)
        known = str_eq(ids->v[m], id);
    struct str *slot = known ? NULL : VEC_PUSH(&p->arena, ids);
    p->failed |= !slot && !known;
    if (slot)
        *slot = id;
}

/* Other names of the same thing, by its own records or those that name it so; what is related. */
static void write_ids(struct page *p, const struct show_entry *e)
{
    struct ids same = {0}, related = {0};
    for (size_t i = 0; i < e->records.n; i++) {
        const struct vuln *v = &e->records.v[i];
        bool is_same = str_eq(v->id, e->id);
        for (size_t k = 0; k < v->aliases.n; k++)
            is_same |= str_eq(v->aliases.v[k], e->id);
        for (size_t k = 0; is_same && k < v->aliases.n; k++)
            add_id(p, e, &same, v->aliases.v[k]);
        if (is_same)
            add_id(p, e, &same, v->id);
        for (size_t k = 0; k < v->related.n; k++)
            add_id(p, e, &related, v->related.v[k]);
    }
    page_list(p, same.v, same.n, IDS);
    page_field(p, 0, "Also known as");
    page_list(p, related.v, related.n, IDS);
    page_field(p, 0, "Related");
}

/* ---- the sources side by side ---- */

static const struct page_column overview[] = {
    {"SOURCE", 0, false}, {"RECORD", 14, false}, {"PUBLISHED", 0, false},   {"MODIFIED", 0, false},
    {"STATUS", 8, false}, {"SCORE", 0, false},   {"WEAKNESSES", 10, false},
};

static void write_record_score(struct page *p, const struct vuln *v)
{
    const struct cvss *c = vuln_decisive_cvss(v);
    if (c)
        write_cvss(p, c);
    else if (v->stated_severity != SEVERITY_UNKNOWN)
        buf_f(&p->text, "%s, no score", severity_name(v->stated_severity));
}

static void write_overview(struct page *p, const struct show_entry *e)
{
    struct page_table t = {
        .columns = overview, .n_columns = sizeof overview / sizeof overview[0], .colored = 5};
    for (size_t i = 0; i < e->records.n && i < ROWS; i++) {
        const struct vuln *v = &e->records.v[i];
        const struct cvss *c = vuln_decisive_cvss(v);
        report_write_line(&p->text, v->source);
        page_cell(p, &t);
        report_write_line(&p->text, v->id);
        page_cell(p, &t);
        page_date(p, v->published);
        page_cell(p, &t);
        page_date(p, v->modified);
        page_cell(p, &t);
        if (v->rejected)
            buf_c(&p->text, "rejected");
        else
            report_write_line(&p->text, v->status);
        page_cell(p, &t);
        write_record_score(p, v);
        page_cell(p, &t);
        page_list(p, v->cwes.v, v->cwes.n, 3);
        page_cell(p, &t);
        page_row_done(p, &t, c ? severity_of(c->version, c->tenths) : v->stated_severity);
    }
    buf_char(p->b, '\n');
    page_write_table(p, &t, 0);
    if (e->records.n > ROWS) {
        page_more(p, e->records.n - ROWS, "-o json shows all");
        page_end_line(p, 0, 0);
    }
}

/* ---- one source ---- */

static void write_scores(struct page *p, const struct vuln *v)
{
    for (size_t i = 0; i < v->cvss.n; i++) {
        const struct cvss *c = &v->cvss.v[i];
        char label[32];
        page_score(p, c->tenths);
        buf_f(&p->text, " %s", severity_name(severity_of(c->version, c->tenths)));
        buf_c(&p->text, c->vector.n ? "  " : "");
        report_write_line(&p->text, c->vector);
        if (c->source.n && !str_eq(c->source, v->source)) {
            buf_c(&p->text, "  (says ");
            report_write_line(&p->text, c->source);
            buf_char(&p->text, ')');
        }
        (void)snprintf(label, sizeof label, "CVSS %s", cvss_version_name(c->version));
        page_field(p, 2, label);
    }
    if (v->stated_severity != SEVERITY_UNKNOWN) {
        buf_f(&p->text, "%s, in words", severity_name(v->stated_severity));
        page_field(p, 2, "Severity");
    }
}

static void write_ssvc(struct page *p, const struct vuln *v)
{
    const struct {
        const char *what;
        struct str value;
    } parts[] = {{"exploitation ", v->ssvc.exploitation},
                 {"automatable ", v->ssvc.automatable},
                 {"technical impact ", v->ssvc.technical_impact}};
    for (size_t i = 0; i < 3 && v->ssvc.source.n; i++)
        if (parts[i].value.n) {
            buf_c(&p->text, p->text.n ? ", " : "");
            buf_c(&p->text, parts[i].what);
            report_write_line(&p->text, parts[i].value);
        }
    if (v->ssvc.source.n) {
        buf_c(&p->text, "  (says ");
        report_write_line(&p->text, v->ssvc.source);
        buf_char(&p->text, ')');
    }
    page_field(p, 2, "SSVC");
}

/* " (almalinux8, AlmaLinux:8)" of a folder and ecosystems, which are joined by bars. */
static void write_part(struct page *p, struct str part)
{
    struct str word;
    size_t n = 0;
    while (part.n) {
        (void)str_split(part, '|', &word, &part);
        if (!word.n)
            continue;
        buf_c(&p->text, n++ ? ", " : " (");
        report_write_line(&p->text, word);
    }
    buf_c(&p->text, n ? ")" : "");
}

/* Was this title or description shown already: at the head, or in an earlier block? */
static bool said_before(const struct show_entry *e, const struct vuln *v, bool title)
{
    const struct vuln *head = title ? first_with_title(e) : first_with_description(e);
    struct str text = str_trim(title ? v->title : v->description);
    bool said = head && str_eq(text, str_trim(title ? head->title : head->description));
    for (const struct vuln *x = e->records.v; !said && x < v; x++)
        said = str_eq(text, str_trim(title ? x->title : x->description));
    return said;
}

static void write_block(struct page *p, const struct show_entry *e, const struct vuln *v)
{
    buf_char(p->b, '\n');
    report_write_line(&p->text, v->source);
    buf_c(&p->text, ": ");
    report_write_line(&p->text, v->id);
    write_part(p, v->part);
    page_heading(p);
    if (v->rejected) {
        page_paint(p, PAGE_RED);
        buf_c(&p->text, "rejected or withdrawn: it matches nothing");
        page_field(p, 2, "Rejected");
        page_paint(p, PAGE_PLAIN);
    }
    report_write_line(&p->text, v->status);
    page_field(p, 2, "Status");
    if (v->title.n && !said_before(e, v, true)) {
        write_cut(p, v->title, OTHER_DESCRIPTION_BYTES);
        page_field(p, 2, "Title");
    }
    if (v->description.n && !said_before(e, v, false)) {
        write_cut(p, v->description, OTHER_DESCRIPTION_BYTES);
        page_field(p, 2, "Description");
    }
    write_scores(p, v);
    page_list(p, v->cwes.v, v->cwes.n, 0);
    page_field(p, 2, "Weaknesses");
    write_ssvc(p, v);
    for (size_t i = 0; i < v->kev.n; i++) {
        write_kev(p, &v->kev.v[i]);
        page_field(p, 2, "Exploited");
    }
    page_list(p, v->upstream.v, v->upstream.n, IDS);
    page_field(p, 2, "About");
    show_affected(p, v);
}

/* ---- references, over all sources ---- */

struct shown_reference {
    struct str url, tags;
    VEC(struct str) sources;
};

static void add_source(struct page *p, struct shown_reference *r, struct str source,
                       struct str tags)
{
    if (!r->tags.n)
        r->tags = tags;
    for (size_t i = 0; i < r->sources.n; i++)
        if (str_eq(r->sources.v[i], source))
            return;
    struct str *slot = VEC_PUSH(&p->arena, &r->sources);
    p->failed |= !slot;
    if (slot)
        *slot = source;
}

static void write_references(struct page *p, const struct show_entry *e)
{
    VEC(struct shown_reference) refs = {0};
    struct map seen = {0};
    struct err ignored = {0}; /* told by page_finish */
    for (size_t i = 0; i < e->records.n; i++)
        for (size_t k = 0; k < e->records.v[i].references.n; k++) {
            const struct reference *r = &e->records.v[i].references.v[k];
            uint64_t at;
            if (!map_get(&seen, r->url, &at)) {
                struct shown_reference *slot = VEC_PUSH(&p->arena, &refs);
                at = refs.n - 1;
                p->failed |= !slot || !map_put(&seen, r->url, at, &ignored);
                if (!slot)
                    break;
                slot->url = r->url;
            }
            if (at < refs.n && refs.v)
                add_source(p, &refs.v[at], e->records.v[i].source, r->tags);
        }
    map_free(&seen);
    if (!refs.n || !refs.v)
        return;
    buf_char(p->b, '\n');
    buf_c(&p->text, "References");
    page_heading(p);
    for (size_t i = 0; i < refs.n && i < REFERENCES; i++) {
        buf_c(&p->text, "  ");
        report_write_line(&p->text, refs.v[i].url);
        buf_c(&p->text, "  (");
        page_list(p, refs.v[i].sources.v, refs.v[i].sources.n, 0);
        buf_c(&p->text, refs.v[i].tags.n ? "; " : "");
        report_write_line(&p->text, refs.v[i].tags);
        buf_char(&p->text, ')');
        page_end_line(p, 0, 4);
    }
    if (refs.n > REFERENCES) {
        buf_c(&p->text, "  ");
        page_more(p, refs.n - REFERENCES, "-o json shows all");
        page_end_line(p, 0, 4);
    }
}

static bool write_entry(struct page *p, const struct show *s, const struct show_entry *e,
                        struct err *err)
{
    write_title(p, e);
    buf_char(p->b, '\n');
    write_cves(p, s, e);
    write_ids(p, e);
    if (!e->records.n) {
        buf_c(&p->text, "no record of it; only the catalogues above know it");
        page_field(p, 0, "Records");
        return true;
    }
    write_overview(p, e);
    if (!show_differences(p, e, err))
        return false;
    for (size_t i = 0; i < e->records.n && i < BLOCKS; i++)
        write_block(p, e, &e->records.v[i]);
    if (e->records.n > BLOCKS) {
        buf_char(p->b, '\n');
        page_more(p, e->records.n - BLOCKS, "-o json shows all");
        page_end_line(p, 0, 0);
    }
    write_references(p, e);
    return true;
}

bool show_write_text(const struct show *s, const struct report_style *style, struct buf *b,
                     struct err *err)
{
    struct page p;
    bool ok = true;
    page_open(&p, b, style);
    for (size_t i = 0; ok && i < s->entries.n; i++) {
        buf_c(b, i ? "\n\n" : "");
        ok = write_entry(&p, s, &s->entries.v[i], err);
    }
    return page_finish(&p, err) && ok;
}
