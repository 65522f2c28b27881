/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Installed programs of Windows: `wmic product list brief /format:csv > products.csv`.
 *
 *     Node,Caption,IdentifyingNumber,Name,Vendor,Version
 *     HMI01,7-Zip 19.00 (x64),{23170F69-40C1-2702-1900-000001000000},7-Zip 19.00 (x64),Igor
 * Pavlov,19.00.00.0
 *
 * wmic writes UTF-16LE with a byte order mark, ends lines with CR CR LF, starts with an empty line,
 * and quotes nothing: a comma inside a name gives a row with too many fields, which nobody can cut.
 * Columns are found by the names in the header; `wmic product get Name,Version /format:csv` will
 * do.
 */
#include "inventory/readers_priv.h"

#include "codec/lines.h"
#include "inventory/package_priv.h"

#include "base/banned.h"

#define COLUMNS_MAX 64
/* What a probe converts: the header is within. */
#define PROBE_CHARS 1024

enum column { C_NODE, C_CAPTION, C_NAME, C_VENDOR, C_VERSION, C_COUNT };
static const struct str column_names[] = {STR_INIT("Node"), STR_INIT("Caption"), STR_INIT("Name"),
                                          STR_INIT("Vendor"), STR_INIT("Version")};
_Static_assert(sizeof column_names / sizeof column_names[0] == C_COUNT, "one name per column");

struct header {
    size_t at[C_COUNT]; /* which field, or STR_NPOS */
    size_t n;           /* fields of a row; 0 before the header was seen */
};

enum coding { UTF_8, UTF_16LE, UTF_16BE };

static enum coding coding_of(struct str s)
{
    if (str_starts(s, str_make("\xff\xfe", 2)))
        return UTF_16LE;
    if (str_starts(s, str_make("\xfe\xff", 2)))
        return UTF_16BE;
    /* Without a mark: the header is ASCII, so every other byte is NUL. */
    if (s.n >= 4 && s.p[0] && !s.p[1] && s.p[2] && !s.p[3])
        return UTF_16LE;
    if (s.n >= 4 && !s.p[0] && s.p[1] && !s.p[2] && s.p[3])
        return UTF_16BE;
    return UTF_8;
}

static unsigned unit_at(struct str s, size_t i, enum coding coding)
{
    unsigned a = (unsigned char)s.p[i], b = (unsigned char)s.p[i + 1];
    return coding == UTF_16LE ? a | b << 8 : a << 8 | b;
}

static size_t put_utf8(char *out, unsigned c)
{
    size_t n = 0;
    if (c < 0x80) {
        out[n++] = (char)c;
        return n;
    }
    if (c < 0x800) {
        out[n++] = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            out[n++] = (char)(0xe0 | c >> 12);
        } else {
            out[n++] = (char)(0xf0 | c >> 18);
            out[n++] = (char)(0x80 | (c >> 12 & 0x3f));
        }
        out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
    }
    out[n++] = (char)(0x80 | (c & 0x3f));
    return n;
}

/*
 * UTF-16 to UTF-8 into `out`, which has 3 bytes for every 2 of `s` and 1 more. A surrogate without
 * its other half is written as it is and a half character at the end as 0xff; neither is UTF-8, so
 * line_fault() finds the row.
 */
static size_t to_utf8(struct str s, enum coding coding, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i + 1 < s.n; i += 2) {
        unsigned c = unit_at(s, i, coding);
        if (i == 0 && c == 0xfeff)
            continue;
        if (c >= 0xd800 && c < 0xdc00 && i + 3 < s.n) {
            unsigned low = unit_at(s, i + 2, coding);
            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                i += 2;
            }
        }
        n += put_utf8(out + n, c);
    }
    if (s.n % 2)
        out[n++] = (char)0xff;
    return n;
}

/* How many fields, of which the first COLUMNS_MAX are given. */
static size_t split_fields(struct str line, struct str field[COLUMNS_MAX])
{
    size_t n = 0;
    for (bool more = true; more; n++) {
        struct str f;
        more = str_split(line, ',', &f, &line);
        if (n < COLUMNS_MAX)
            field[n] = str_trim(f);
    }
    return n;
}

/* Is this the line with the names of the columns? */
static bool take_header(struct str line, struct header *h)
{
    struct str field[COLUMNS_MAX];
    struct header found = {.n = split_fields(line, field)};
    if (found.n > COLUMNS_MAX)
        return false;
    for (size_t k = 0; k < C_COUNT; k++) {
        found.at[k] = STR_NPOS;
        for (size_t i = 0; i < found.n; i++)
            if (found.at[k] == STR_NPOS && str_eq_nocase(field[i], column_names[k]))
                found.at[k] = i;
    }
    if (found.at[C_NODE] == STR_NPOS || found.at[C_VERSION] == STR_NPOS ||
        (found.at[C_NAME] == STR_NPOS && found.at[C_CAPTION] == STR_NPOS))
        return false;
    *h = found;
    return true;
}

static int probe(const struct input *in)
{
    char head[PROBE_CHARS * 3 + 1];
    struct header h;
    struct str text = in->data;
    enum coding coding = coding_of(text);
    if (coding != UTF_8)
        text = str_make(head, to_utf8(str_first(text, (size_t)PROBE_CHARS * 2), coding, head));
    for (struct lines l = lines_of(text); lines_next(&l);)
        if (l.line.n)
            return package_score(take_header(l.line, &h), 0,
                                 str_starts_nocase(package_base_name(in->name), STR("wmic")));
    return 0;
}

static struct str field_of(const struct str *field, const struct header *h, enum column c)
{
    return h->at[c] == STR_NPOS ? (struct str){0} : field[h->at[c]];
}

static bool take_row(struct inventory *inv, const struct header *h, size_t number, struct str line,
                     struct err *err)
{
    struct str field[COLUMNS_MAX];
    size_t n = split_fields(line, field);
    const char *why = line_fault(line);
    if (!why && n > h->n)
        why = "more fields than the header has: wmic does not quote, so a comma in a name can not "
              "be told";
    if (!why && n < h->n)
        why = "fewer fields than the header has";
    if (why)
        return inventory_skip(inv, number, line, why, err);
    struct component *c = inventory_add(inv, number, err);
    if (!c)
        return false;
    c->name = field_of(field, h, C_NAME);
    if (!c->name.n)
        c->name = field_of(field, h, C_CAPTION);
    c->vendor = field_of(field, h, C_VENDOR);
    component_set_version(c, field_of(field, h, C_VERSION), false);
    return inventory_check_last(inv, line, err);
}

static bool read(const struct input *in, struct inventory *inv, struct err *err)
{
    struct str text = in->data;
    struct header h = {0};
    enum coding coding = coding_of(text);
    if (coding != UTF_8) {
        char *out = arena_alloc(inv->arena, text.n / 2 * 3 + 1);
        if (!out)
            return err_memory(err);
        text = str_make(out, to_utf8(text, coding, out));
    }
    for (struct lines l = lines_of(text); lines_next(&l);) {
        struct str line = l.line;
        if (!line.n)
            continue;
        /* Outputs written one behind the other have a header each. */
        bool again = h.n != 0, header = take_header(line, &h);
        if (!header && !again) {
            err_set(err, ERR_INPUT,
                    "the first line is not a header with the columns Node, Name and Version");
            return err_at_line(err, l.number);
        }
        if (header ? again && !inventory_note(inv, l.number, line, "a header", err)
                   : !take_row(inv, &h, l.number, line, err))
            return false;
    }
    return true;
}

const struct inventory_reader inventory_wmic = {
    .name = "wmic",
    .summary = "Windows: `wmic product list brief /format:csv`",
    .platform = PLATFORM_WINDOWS,
    .probe = probe,
    .read = read,
};
