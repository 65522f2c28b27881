/* SPDX-License-Identifier: Apache-2.0 */
#include "report/lookup_page_priv.h"

#include "base/date.h"
#include "report/common_priv.h"
#include "base/banned.h"

#define LABEL_COLUMNS 13

void page_open(struct page *p, struct buf *b, const struct report_style *style)
{
    *p = (struct page){.b = b, .style = style};
}

bool page_finish(struct page *p, struct err *err)
{
    bool ok = !p->failed && !p->text.error;
    buf_free(&p->text);
    arena_free(&p->arena);
    return ok || err_memory(err);
}

void page_paint(struct page *p, const char *color)
{
    if (p->style->color)
        buf_c(p->b, color);
}

const char *page_severity_color(enum severity s)
{
    static const char *const colors[] = {PAGE_PLAIN,  PAGE_PLAIN, "\x1b[36m",
                                         PAGE_YELLOW, PAGE_RED,   PAGE_BOLD_RED};
    _Static_assert(sizeof colors / sizeof colors[0] == SEVERITIES, "a color per severity");
    return colors[s];
}

static void blanks(struct page *p, size_t n)
{
    for (; n; n--)
        buf_char(p->b, ' ');
}

/* A word, and what belongs to it: "< 2.0" stays on one line. False at the end. */
static bool next_piece(struct str *rest, struct str *piece)
{
    static const struct str operators[] = {STR_INIT("<"), STR_INIT("<="), STR_INIT(">"),
                                           STR_INIT(">="), STR_INIT("=")};
    struct str second;
    bool more = str_split(*rest, ' ', piece, rest);
    for (size_t i = 0; more && i < sizeof operators / sizeof operators[0]; i++)
        if (str_eq(*piece, operators[i])) {
            more = str_split(*rest, ' ', &second, rest);
            piece->n += 1 + second.n;
            break;
        }
    return more;
}

void page_end_line(struct page *p, size_t at, size_t indent)
{
    struct str rest = buf_view(&p->text), word;
    bool first = true, more = p->style->width != 0;
    if (!more)
        buf_str(p->b, rest);
    while (more) {
        more = next_piece(&rest, &word);
        size_t n = report_columns(word);
        if (!first && at + 1 + n > p->style->width) {
            buf_char(p->b, '\n');
            blanks(p, indent);
            at = indent;
        } else if (!first) {
            buf_char(p->b, ' ');
            at++;
        }
        buf_str(p->b, word);
        at += n;
        first = false;
    }
    buf_char(p->b, '\n');
    buf_clear(&p->text);
}

void page_field(struct page *p, size_t indent, const char *label)
{
    size_t n = strlen(label);
    if (!p->text.n)
        return;
    blanks(p, indent);
    page_paint(p, PAGE_BOLD);
    buf_c(p->b, label);
    page_paint(p, PAGE_PLAIN);
    blanks(p, n < LABEL_COLUMNS ? LABEL_COLUMNS - n : 1);
    n = indent + (n < LABEL_COLUMNS ? LABEL_COLUMNS : n + 1);
    page_end_line(p, n, n);
}

void page_heading(struct page *p)
{
    page_paint(p, PAGE_BOLD);
    buf_str(p->b, buf_view(&p->text));
    page_paint(p, PAGE_PLAIN);
    buf_char(p->b, '\n');
    buf_clear(&p->text);
}

struct str page_keep(struct page *p)
{
    struct err ignored = {0}; /* told by page_finish */
    struct str out = {0};
    p->failed |= p->text.error || !arena_dup(&p->arena, buf_view(&p->text), &out, &ignored);
    buf_clear(&p->text);
    return out;
}

void page_more(struct page *p, uint64_t n, const char *where)
{
    buf_c(&p->text, PAGE_ELLIPSIS " ");
    buf_u64(&p->text, n);
    buf_c(&p->text, " more, ");
    buf_c(&p->text, where);
}

void page_list(struct page *p, const struct str *v, size_t n, size_t max)
{
    for (size_t i = 0; i < n && (!max || i < max); i++) {
        buf_c(&p->text, i ? ", " : "");
        report_write_line(&p->text, v[i]);
    }
    if (max && n > max) {
        buf_c(&p->text, ", ");
        page_more(p, n - max, "-o json shows all");
    }
}

void page_date(struct page *p, int64_t ms)
{
    char text[DATE_TEXT_BYTES];
    if (ms == DATE_NONE)
        buf_char(&p->text, '-');
    else
        buf_str(&p->text, str_first(str_from_c(date_format(ms, text)), 10));
}

void page_score(struct page *p, unsigned tenths)
{
    buf_f(&p->text, "%u.%u", tenths / 10, tenths % 10);
}

void page_percent(struct page *p, uint32_t n)
{
    buf_f(&p->text, "%u.%03u %%", (unsigned)n / 1000, (unsigned)n % 1000);
}

/* ---- tables ---- */

void page_cell(struct page *p, struct page_table *t)
{
    if (!p->text.n)
        buf_char(&p->text, '-');
    struct str text = page_keep(p), *slot = VEC_PUSH(&p->arena, &t->cells);
    p->failed |= !slot;
    if (slot)
        *slot = text;
}

void page_row_done(struct page *p, struct page_table *t, enum severity s)
{
    enum severity *slot = VEC_PUSH(&p->arena, &t->severities);
    p->failed |= !slot;
    if (slot)
        *slot = s;
}

#define COLUMNS_MAX 12

/* Widths that fit the terminal where that is possible: the roomiest column gives first. */
static void fit_columns(const struct page *p, const struct page_table *t, size_t indent,
                        size_t width[COLUMNS_MAX])
{
    size_t total = indent + 2 * (t->n_columns - 1);
    for (size_t c = 0; c < t->n_columns; c++) {
        width[c] = strlen(t->columns[c].title);
        for (size_t i = c; i < t->cells.n; i += t->n_columns) {
            size_t k = report_columns(t->cells.v[i]);
            width[c] = k > width[c] ? k : width[c];
        }
        total += width[c];
    }
    while (p->style->width && total > p->style->width) {
        size_t give = t->n_columns, most = 0;
        for (size_t c = 0; c < t->n_columns; c++)
            if (t->columns[c].min && width[c] > t->columns[c].min &&
                width[c] - t->columns[c].min >= most) {
                most = width[c] - t->columns[c].min;
                give = c;
            }
        if (give == t->n_columns)
            return;
        width[give]--;
        total--;
    }
}

static void write_cell(struct page *p, struct str s, size_t width, bool right, bool last)
{
    size_t n = report_columns(s), pad = n < width ? width - n : 0;
    if (right)
        blanks(p, pad);
    if (n > width) {
        buf_str(p->b, report_first_columns(s, width - 1));
        buf_c(p->b, PAGE_ELLIPSIS);
    } else {
        buf_str(p->b, s);
    }
    if (!last)
        blanks(p, right ? 2 : pad + 2);
}

void page_write_table(struct page *p, const struct page_table *t, size_t indent)
{
    size_t width[COLUMNS_MAX];
    if (p->failed || t->cells.n != t->n_columns * t->severities.n) {
        p->failed = true;
        return;
    }
    fit_columns(p, t, indent, width);
    blanks(p, indent);
    page_paint(p, PAGE_BOLD);
    for (size_t c = 0; c < t->n_columns; c++)
        write_cell(p, str_from_c(t->columns[c].title), width[c], t->columns[c].right,
                   c + 1 == t->n_columns);
    page_paint(p, PAGE_PLAIN);
    buf_char(p->b, '\n');
    for (size_t i = 0; i < t->cells.n; i++) {
        size_t c = i % t->n_columns;
        blanks(p, c ? 0 : indent);
        if (c == t->colored)
            page_paint(p, page_severity_color(t->severities.v[i / t->n_columns]));
        write_cell(p, t->cells.v[i], width[c], t->columns[c].right, c + 1 == t->n_columns);
        if (c == t->colored)
            page_paint(p, PAGE_PLAIN);
        if (c + 1 == t->n_columns)
            buf_char(p->b, '\n');
    }
}

/* ---- what pages share ---- */

bool lookup_has_source(const struct database_info *d, struct str name)
{
    for (size_t i = 0; i < d->sources.n; i++)
        if (str_eq(d->sources.v[i].name, name))
            return true;
    return false;
}

const struct cvss *lookup_decisive(const struct show_entry *e)
{
    const struct cvss *best = NULL;
    for (size_t i = 0; i < e->records.n; i++) {
        const struct cvss *c = vuln_decisive_cvss(&e->records.v[i]);
        if (!c || (!str_eq(e->records.v[i].id, e->id) && best))
            continue;
        if (!best || c->version > best->version ||
            (c->version == best->version && c->primary && !best->primary))
            best = c;
    }
    return best;
}
