/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for people at a terminal: docs/formats/report-table.md. Per inventory what is to be
 * done, worst first, then what was decided already and what was not checked; the verdict is last,
 * where the eye is when the program has ended.
 *
 * Only the columns of the table are cut to the terminal, never an id; what is said below it is
 * wrapped.
 */
#include "report/common_priv.h"
#include "report/table_priv.h"
#include "report/writers_priv.h"

#include "base/banned.h"

/* How many names or lines are listed before "and 12 more". */
#define LISTED 10
/* With less room for it than this, the status column does not say why. */
#define WHY_MIN 24
/* A terminal narrower than this has no room for EPSS. */
#define EPSS_MIN 100

enum column {
    COL_ID,
    COL_SEVERITY,
    COL_SCORE,
    COL_KEV,  /* only when something in the table is known to be exploited */
    COL_EPSS, /* only when there are any, and room */
    COL_PACKAGE,
    COL_VERSION,
    COL_FIXED,
    COL_STATUS,
    COLUMNS
};

static const struct {
    const char *title;
    size_t min; /* columns it may be cut to; 0: never cut */
} columns[] = {
    {"ID", 0},      {"SEVERITY", 0}, {"SCORE", 0},    {"KEV", 3},     {"EPSS", 0},
    {"PACKAGE", 8}, {"VERSION", 7},  {"FIXED IN", 7}, {"STATUS", 10},
};
_Static_assert(sizeof columns / sizeof columns[0] == COLUMNS, "a title per column");

/* Which columns a table has, and how wide they are. */
struct shape {
    bool shown[COLUMNS];
    size_t width[COLUMNS];
};

struct row {
    const struct finding *f;
    size_t number; /* in the report: the last tie-break, as qsort is not stable */
    struct str cell[COLUMNS];
    uint32_t wide[COLUMNS]; /* of the cells, in columns */
    struct str brief;       /* the status without the why */
};

void table_paint(struct table *t, const char *color)
{
    if (t->style->color)
        buf_c(t->b, color);
}

const char *table_severity_color(enum severity s)
{
    static const char *const colors[] = {PLAIN, PLAIN, CYAN, YELLOW, RED, BOLD_RED};
    _Static_assert(sizeof colors / sizeof colors[0] == SEVERITIES, "a color per severity");
    return colors[s];
}

void table_write_number(struct buf *b, uint64_t n, const char *one, const char *many)
{
    buf_u64(b, n);
    buf_char(b, ' ');
    buf_c(b, n == 1 ? one : many);
}

void table_write_wrapped(struct table *t, size_t at, size_t indent)
{
    struct str rest = buf_view(&t->text), word;
    bool first = true, more = t->style->width != 0;
    if (!more)
        buf_str(t->b, rest);
    while (more) {
        more = str_split(rest, ' ', &word, &rest);
        size_t n = report_columns(word);
        if (!first && at + 1 + n > t->style->width) {
            buf_char(t->b, '\n');
            for (at = 0; at < indent; at++)
                buf_char(t->b, ' ');
        } else if (!first) {
            buf_char(t->b, ' ');
            at++;
        }
        buf_str(t->b, word);
        at += n;
        first = false;
    }
    buf_char(t->b, '\n');
    buf_clear(&t->text);
}

/* ---- the table of one inventory ---- */

/* A row in the order of the table. */
struct ranked {
    uint64_t rank; /* smaller is earlier */
    const struct row *row;
};

/* A CVE's key has 40 bits; what has none stands behind. */
#define KEY_BITS 40
#define NO_KEY (((uint64_t)1 << KEY_BITS) - 1)
_Static_assert(KEY_BITS == VULN_KEY_BITS + 6, "years and numbers fit");

/* What fails first, of that what is known to be exploited, then by score (none is lowest), severity
 * and id. */
static uint64_t rank_of(const struct finding *f)
{
    uint32_t score = f->cvss.version == CVSS_NONE ? 0 : f->cvss.tenths + 1;
    uint32_t rank = (f->fails ? 0u : 1u << 21) | (f->kev ? 0u : 1u << 20) | (0xfffu - score) << 8 |
                    (0xffu - (uint32_t)f->severity);
    return (uint64_t)rank << KEY_BITS | (f->key && f->key < NO_KEY ? f->key : NO_KEY);
}

/* Alike: by id, then as they came. */
static int compare_ranked(const void *x, const void *y)
{
    const struct ranked *a = x, *b = y;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    int c = (a->rank & NO_KEY) == NO_KEY ? str_compare_ids(a->row->f->id, b->row->f->id) : 0;
    return c ? c : (a->row->number > b->row->number) - (a->row->number < b->row->number);
}

static void set_cell(struct row *row, enum column c, struct str text, size_t wide)
{
    row->cell[c] = text;
    row->wide[c] = (uint32_t)wide;
}

/* What was collected in t->text becomes the cell. */
static bool keep_cell(struct table *t, struct row *row, enum column c)
{
    struct str text;
    bool ok = report_scratch_ok(&t->text, t->err) &&
              arena_dup(&t->arena, buf_view(&t->text), &text, t->err);
    buf_clear(&t->text);
    if (ok)
        set_cell(row, c, text, report_columns(text));
    return ok;
}

static const char *status_of(const struct report *r, const struct finding *f)
{
    if (f->status == VEX_UNDER_INVESTIGATION)
        return f->fails ? "FAILS, under investigation" : "under investigation";
    if (f->fails)
        return "FAILS";
    return str_eq(r->gate, STR("none")) ? "affected" : "below gate";
}

/* As report_write_range. */
static void write_matched(struct table *t, const struct evidence *e)
{
    if (e->criterion.n && e->criterion.p == t->criterion.p && e->criterion.n == t->criterion.n) {
        buf_str(&t->text, t->product);
    } else {
        size_t from = t->text.n;
        struct err none = {0};
        report_write_named(&t->text, e);
        t->criterion = (struct str){0};
        if (arena_dup(&t->arena, str_from(buf_view(&t->text), from), &t->product, &none))
            t->criterion = e->criterion;
    }
    if (e->range.n) {
        buf_char(&t->text, ' ');
        report_write_line(&t->text, e->range);
    }
}

/* The whole reason, for the status column. */
static void say_why(struct table *t, const struct finding *f)
{
    const struct evidence *e = report_main_evidence(f);
    if (e) {
        buf_c(&t->text, ": ");
        write_matched(t, e);
    }
    if (report_disagrees(f)) {
        buf_c(&t->text, " (not affected: ");
        report_write_disagreeing(&t->text, f, ", ");
        buf_char(&t->text, ')');
    }
}

static bool make_exploited(struct table *t, const struct finding *f, struct row *row)
{
    if (f->kev)
        set_cell(row, COL_KEV, f->kev->ransomware ? STR("ransomware") : STR("yes"),
                 f->kev->ransomware ? 10 : 3);
    if (!f->epss.id.n || (t->style->width && t->style->width < EPSS_MIN))
        return true;
    /* Percent; not rounded, as 100 % would be a promise. */
    buf_fixed(&t->text, f->epss.score / 10, 2);
    buf_char(&t->text, '%');
    return keep_cell(t, row, COL_EPSS);
}

/* A text that needs no cleaning is the cell. */
static bool line_cell(struct table *t, struct str s, struct row *row, enum column c)
{
    if (s.n && plain_run(s.p, s.n) == s.n) {
        set_cell(row, c, s, s.n);
        return true;
    }
    report_write_line(&t->text, s);
    return keep_cell(t, row, c);
}

/* Rows of one package follow each other: `last` is the row before, or NULL. */
static bool make_package(struct table *t, const struct subject *s, const struct row *last,
                         struct row *row)
{
    if (!last || last->f->subject != row->f->subject)
        return line_cell(t, s->name, row, COL_PACKAGE) &&
               line_cell(t, s->version, row, COL_VERSION);
    set_cell(row, COL_PACKAGE, last->cell[COL_PACKAGE], last->wide[COL_PACKAGE]);
    set_cell(row, COL_VERSION, last->cell[COL_VERSION], last->wide[COL_VERSION]);
    return true;
}

static bool make_fixed(struct table *t, const struct finding *f, struct row *row)
{
    if (f->fixed_in.n < 2)
        return line_cell(t, f->fixed_in.n ? f->fixed_in.v[0] : STR("-"), row, COL_FIXED);
    report_write_list(&t->text, f->fixed_in.v, f->fixed_in.n, ", ");
    return keep_cell(t, row, COL_FIXED);
}

static bool make_row(struct table *t, size_t number, const struct row *last, struct row *row)
{
    const struct finding *f = &t->r->findings.v[number];
    struct str severity = str_from_c(severity_name(f->severity));
    row->f = f;
    row->number = number;
    row->brief = str_from_c(status_of(t->r, f));
    set_cell(row, COL_SEVERITY, severity, severity.n);
    if (!line_cell(t, f->id, row, COL_ID))
        return false;
    if (f->cvss.version != CVSS_NONE)
        report_write_score(&t->text, f->cvss.tenths);
    else
        buf_char(&t->text, '-');
    if (!keep_cell(t, row, COL_SCORE) || !make_exploited(t, f, row) ||
        !make_package(t, &t->r->subjects.v[f->subject], last, row) || !make_fixed(t, f, row))
        return false;
    buf_str(&t->text, row->brief);
    say_why(t, f);
    return keep_cell(t, row, COL_STATUS);
}

/* Widths that fit the terminal where that is possible: the roomiest column gives first. */
static void fit_columns(const struct table *t, const struct row *rows, size_t n,
                        struct shape *shape)
{
    size_t total = 0;
    for (size_t c = 0; c < COLUMNS; c++) {
        size_t widest = 0, title = strlen(columns[c].title);
        for (size_t i = 0; i < n; i++) {
            size_t k = rows[i].wide[c];
            widest = k > widest ? k : widest;
        }
        shape->width[c] = widest > title ? widest : title;
        shape->shown[c] = widest || (c != COL_KEV && c != COL_EPSS);
        total += shape->shown[c] ? shape->width[c] + (c == COL_ID ? 0 : 2) : 0;
    }
    while (t->style->width && total > t->style->width) {
        size_t give = COLUMNS, most = 0;
        for (size_t c = 0; c < COLUMNS; c++) {
            size_t min = columns[c].min, width = shape->width[c];
            if (shape->shown[c] && min && width > min && width - min >= most) {
                most = width - min;
                give = c;
            }
        }
        if (give == COLUMNS)
            return;
        shape->width[give]--;
        total--;
    }
}

static bool is_number(enum column c)
{
    return c == COL_SCORE || c == COL_EPSS; /* right-aligned: 10.0 above 9.8 */
}

static void write_cell(struct table *t, struct str s, size_t n, size_t width, enum column c)
{
    static const char blanks[] = "                ";
    size_t pad = n < width ? width - n : 0;
    if (is_number(c))
        buf_add(t->b, blanks, pad < sizeof blanks - 1 ? pad : sizeof blanks - 1);
    if (n > width) {
        buf_str(t->b, report_first_columns(s, width - 1));
        buf_c(t->b, "\xe2\x80\xa6"); /* an ellipsis */
    } else {
        buf_str(t->b, s);
    }
    if (c == COL_STATUS)
        return; /* no blanks at the end of a line */
    for (pad = is_number(c) ? 2 : pad + 2; pad;) {
        size_t k = pad < sizeof blanks - 1 ? pad : sizeof blanks - 1;
        buf_add(t->b, blanks, k);
        pad -= k;
    }
}

static void write_row(struct table *t, const struct row *row, const struct shape *shape)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        if (!shape->shown[c])
            continue;
        bool red = (c == COL_STATUS && row->f->fails) || (c == COL_KEV && row->f->kev);
        if (c == COL_SEVERITY || red)
            table_paint(t, red ? RED : table_severity_color(row->f->severity));
        write_cell(t, row->cell[c], row->wide[c], shape->width[c], (enum column)c);
        if (c == COL_SEVERITY || red)
            table_paint(t, PLAIN);
    }
    buf_char(t->b, '\n');
}

static bool write_rows(struct table *t, struct row *rows, size_t n)
{
    struct shape shape;
    /* Rows are large: what decides and their addresses are sorted. */
    struct ranked *order = arena_array(&t->arena, n + 1, sizeof *order);
    if (!order)
        return err_memory(t->err);
    for (size_t i = 0; i < n; i++)
        order[i] = (struct ranked){rank_of(rows[i].f), &rows[i]};
    if (!n)
        return true;
    qsort(order, n, sizeof *order, compare_ranked);
    fit_columns(t, rows, n, &shape);
    if (t->style->width && shape.width[COL_STATUS] < WHY_MIN) {
        for (size_t i = 0; i < n; i++)
            set_cell(&rows[i], COL_STATUS, rows[i].brief, report_columns(rows[i].brief));
        fit_columns(t, rows, n, &shape);
    }
    table_paint(t, BOLD);
    for (size_t c = 0; c < COLUMNS; c++)
        if (shape.shown[c])
            write_cell(t, str_from_c(columns[c].title), strlen(columns[c].title), shape.width[c],
                       (enum column)c);
    table_paint(t, PLAIN);
    buf_char(t->b, '\n');
    for (size_t i = 0; i < n; i++)
        write_row(t, order[i].row, &shape);
    return true;
}

/* ---- what is said about one inventory below its table ---- */

/* "CVE-2021-1 busybox 1.34.1 ignored: not built in (ignored_cves.txt:12)" */
static void write_controlled(struct table *t, const struct finding *f)
{
    const struct subject *s = &t->r->subjects.v[f->subject];
    report_write_line(&t->text, f->id);
    buf_char(&t->text, ' ');
    report_write_line(&t->text, s->name);
    buf_char(&t->text, ' ');
    report_write_line(&t->text, s->version);
    buf_c(&t->text, f->status == VEX_FIXED ? " fixed" : " ignored");
    if (f->reason.n || f->justification.n) {
        buf_c(&t->text, ": ");
        report_write_line(&t->text, report_reason(f));
    }
    if (f->decided_by.n) {
        buf_c(&t->text, " (");
        report_write_line(&t->text, f->decided_by);
        buf_char(&t->text, ')');
    }
    buf_c(t->b, "  ");
    table_write_wrapped(t, 2, 4);
}

/* Why the absence of findings may say little about a component. */
enum unchecked { NOT_IDENTIFIED, NOT_COMPARABLE, NO_PRODUCT, CHECKED };

static enum unchecked unchecked_of(const struct subject *s)
{
    if (s->no_product)
        return NO_PRODUCT;
    if (s->identified_by == IDENTIFIED_NONE)
        return NOT_IDENTIFIED;
    return s->uncomparable ? NOT_COMPARABLE : CHECKED;
}

/* "Not identified, nothing was checked: 12 packages (a 1.0, b 2.0 and 10 more)" */
static void write_unchecked(struct table *t, size_t inventory, enum unchecked kind,
                            const char *label)
{
    struct buf *text = &t->text;
    size_t subjects = 0, packages = 0, n = 0, end = t->index.subjects_from[inventory + 1];
    size_t start = t->index.subjects_from[inventory];
    /* Twice: the number stands before the names. */
    for (size_t i = start; i < end; i++) {
        const struct subject *s = &t->r->subjects.v[t->index.subjects[i]];
        subjects += unchecked_of(s) == kind;
        packages += unchecked_of(s) == kind ? s->packages.n : 0;
    }
    if (!subjects)
        return;
    table_paint(t, kind == NO_PRODUCT ? PLAIN : YELLOW);
    buf_c(t->b, label);
    buf_c(t->b, ":");
    table_paint(t, PLAIN);
    buf_char(text, ' ');
    table_write_number(text, packages, "package (", "packages (");
    for (size_t i = start; i < end && n < LISTED; i++) {
        const struct subject *s = &t->r->subjects.v[t->index.subjects[i]];
        if (unchecked_of(s) != kind)
            continue;
        buf_c(text, n++ ? ", " : "");
        report_write_line(text, s->name);
        buf_c(text, s->version.n ? " " : "");
        report_write_line(text, s->version);
    }
    if (subjects > n) {
        buf_c(text, " and ");
        buf_u64(text, subjects - n);
        buf_c(text, " more");
    }
    buf_char(text, ')');
    table_write_wrapped(t, strlen(label) + 1, 2);
}

static void write_not_read(struct table *t, const struct inventory *inv)
{
    size_t shown = 0, notes = 0;
    if (inv->n_skipped) {
        table_paint(t, YELLOW);
        buf_c(t->b, "Not read: ");
        table_write_number(t->b, inv->n_skipped, "entry", "entries");
        table_paint(t, PLAIN);
        buf_char(t->b, '\n');
    }
    for (size_t i = 0; i < inv->skipped.n; i++) {
        const struct skipped *s = &inv->skipped.v[i];
        notes += s->note;
        if (s->note || shown >= LISTED)
            continue;
        shown++;
        report_write_place(&t->text, s, i);
        buf_c(&t->text, ": ");
        report_write_line(&t->text, s->why);
        buf_c(&t->text, ": ");
        report_write_line(&t->text, s->text);
        buf_c(t->b, "  ");
        table_write_wrapped(t, 2, 4);
    }
    if (inv->n_skipped > shown) {
        buf_c(t->b, "  and ");
        buf_u64(t->b, inv->n_skipped - shown);
        buf_c(t->b, " more\n");
    }
    if (notes) {
        buf_c(t->b, "Left out on purpose: ");
        table_write_number(t->b, notes, "entry\n", "entries\n");
    }
}

static void write_heading(struct table *t, const struct inventory *inv, size_t open,
                          size_t controlled)
{
    report_write_line(&t->text, inv->path);
    size_t at = report_columns(buf_view(&t->text));
    table_paint(t, BOLD);
    buf_str(t->b, buf_view(&t->text));
    table_paint(t, PLAIN);
    buf_clear(&t->text);
    buf_c(&t->text, ": ");
    report_write_line(&t->text, str_from_c(inv->format));
    buf_c(&t->text, inv->format && *inv->format ? ", " : "");
    table_write_number(&t->text, inv->components.n, "package, ", "packages, ");
    table_write_number(&t->text, open, "finding", "findings");
    if (controlled) {
        buf_c(&t->text, ", ");
        buf_u64(&t->text, controlled);
        buf_c(&t->text, " ignored or fixed");
    }
    table_write_wrapped(t, at, 2);
}

static bool write_inventory(struct table *t, size_t inventory)
{
    const struct report_index *x = &t->index;
    const struct inventory *inv = &t->r->inventories.v[inventory];
    VEC(struct row) rows = {0};
    VEC(const struct finding *) controlled = {0};
    size_t most = 0;
    for (size_t i = x->subjects_from[inventory]; i < x->subjects_from[inventory + 1]; i++)
        most += x->findings_from[x->subjects[i] + 1] - x->findings_from[x->subjects[i]];
    if (!VEC_RESERVE(&t->arena, &rows, most))
        return err_memory(t->err);
    for (size_t i = x->subjects_from[inventory]; i < x->subjects_from[inventory + 1]; i++) {
        size_t s = x->subjects[i];
        for (size_t k = x->findings_from[s]; k < x->findings_from[s + 1]; k++) {
            const struct finding *f = &t->r->findings.v[x->findings[k]];
            if (report_is_controlled(f)) {
                const struct finding **c = VEC_PUSH(&t->arena, &controlled);
                if (!c)
                    return err_memory(t->err);
                *c = f;
                continue;
            }
            struct row *row = VEC_PUSH(&t->arena, &rows);
            if (!row)
                return err_memory(t->err);
            const struct row *last = rows.n > 1 ? row - 1 : NULL;
            if (!make_row(t, x->findings[k], last, row))
                return false;
        }
    }
    write_heading(t, inv, rows.n, controlled.n);
    if (!write_rows(t, rows.v, rows.n))
        return false;
    if (controlled.n)
        buf_c(t->b, "Decided already:\n");
    for (size_t i = 0; i < controlled.n; i++)
        write_controlled(t, controlled.v[i]);
    write_unchecked(t, inventory, NOT_IDENTIFIED, "Not identified, nothing was checked");
    write_unchecked(t, inventory, NOT_COMPARABLE, "Version cannot be compared");
    write_unchecked(t, inventory, NO_PRODUCT, "Without a product in the database");
    write_not_read(t, inv);
    buf_char(t->b, '\n');
    return true;
}

static bool write_table(const struct report *r, const struct report_style *style, struct buf *b,
                        struct err *err)
{
    struct table t = {.r = r, .style = style, .b = b, .err = err};
    bool ok = report_index_make(&t.arena, r, &t.index, err);
    for (size_t i = 0; ok && i < r->inventories.n; i++)
        ok = write_inventory(&t, i);
    if (ok) {
        table_write_end(&t);
        ok = report_scratch_ok(&t.text, err);
    }
    buf_free(&t.text);
    arena_free(&t.arena);
    return ok;
}

const struct report_writer report_table = {
    .name = "table",
    .summary = "Columns, for people at a terminal",
    .needs_details = false,
    .write = write_table,
};
