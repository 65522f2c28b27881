/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table anybody can write, comma-separated (RFC 4180), the first record naming the columns:
 *
 *     name,version,vendor,cpe
 *     zlib,1.2.13,zlib,cpe:2.3:a:zlib:zlib:1.2.13:*:*:*:*:*:*:*
 *     "Widget, the",2.0,Example Ltd,
 *
 * `name` and `version` must be there, in any order and case; `vendor`, `cpe` (several parted by
 * blanks), `purl`, `source` and `arch` may; others are passed over.
 */
#include "inventory/readers_priv.h"

#include "codec/csv.h"
#include "codec/lines.h"
#include "identity/cpe.h"
#include "inventory/package_priv.h"

#include "base/banned.h"

enum column { C_NAME, C_VERSION, C_VENDOR, C_CPE, C_PURL, C_SOURCE, C_ARCH, C_COUNT };
static const struct str column_names[] = {STR_INIT("name"), STR_INIT("version"), STR_INIT("vendor"),
                                          STR_INIT("cpe"),  STR_INIT("purl"),    STR_INIT("source"),
                                          STR_INIT("arch")};
_Static_assert(sizeof column_names / sizeof column_names[0] == C_COUNT, "one name per column");

struct header {
    size_t at[C_COUNT]; /* which field, or STR_NPOS */
    size_t n;
    const char *twice; /* a column that is there two times, or NULL */
};

/* Is this record the names of the columns? */
static bool take_header(const struct str *field, size_t n, struct header *h)
{
    *h = (struct header){.n = n};
    for (size_t k = 0; k < C_COUNT; k++) {
        h->at[k] = STR_NPOS;
        for (size_t i = 0; i < n; i++) {
            if (!str_eq_nocase(str_trim(field[i]), column_names[k]))
                continue;
            if (h->at[k] != STR_NPOS)
                h->twice = column_names[k].p;
            h->at[k] = i;
        }
    }
    return h->at[C_NAME] != STR_NPOS && h->at[C_VERSION] != STR_NPOS;
}

static int probe(const struct input *in)
{
    struct str text = in->data, line, field[CSV_FIELDS_MAX];
    struct header h;
    size_t n = 0;
    /* Without an arena: the header, split at commas, quotes taken off. */
    struct lines l = lines_of(text);
    do
        if (!lines_next(&l))
            return 0;
    while (!l.line.n);
    line = l.line;
    for (bool more = true; more && n < CSV_FIELDS_MAX; n++) {
        more = str_split(line, ',', &field[n], &line);
        struct str f = str_trim(field[n]);
        if (f.n >= 2 && f.p[0] == '"' && f.p[f.n - 1] == '"')
            f = str_make(f.p + 1, f.n - 2);
        field[n] = f;
    }
    /* "Node" in front is the table of wmic, which does not quote. */
    if (line_fault(l.line) || str_eq_nocase(field[0], STR("Node")))
        return 0;
    return package_score(take_header(field, n, &h), 0, str_ends(in->name, STR(".csv")));
}

static struct str field_of(const struct csv *c, const struct header *h, enum column k)
{
    return h->at[k] == STR_NPOS ? (struct str){0} : str_trim(c->field[h->at[k]]);
}

/* Why a record can not be taken, or NULL. */
static const char *record_fault(const struct csv *c, const struct header *h)
{
    if (c->fault)
        return c->fault;
    if (c->n > h->n)
        return "more fields than the header has (is a comma not quoted?)";
    if (c->n < h->n)
        return "fewer fields than the header has";
    if (!field_of(c, h, C_NAME).n)
        return "no package name";
    for (size_t k = 0; k < C_COUNT; k++)
        if (line_fault(field_of(c, h, (enum column)k)))
            return line_fault(field_of(c, h, (enum column)k));
    return NULL;
}

/* Takes the CPE names; the first version among them is given in `*version`. */
static bool take_cpes(struct inventory *inv, struct component *comp, const struct csv *c,
                      struct str text, struct str *version, struct err *err)
{
    for (struct str word = str_next_word(&text); word.n; word = str_next_word(&text)) {
        struct cpe cpe;
        struct err fault = {0};
        if (!cpe_parse(inv->arena, word, &cpe, &fault)) {
            struct str why;
            if (fault.code == ERR_MEMORY)
                return err_memory(err);
            if (!arena_dup(inv->arena, str_from_c(fault.msg), &why, err) ||
                !inventory_skip(inv, c->line, word, why.p, err))
                return false;
            continue;
        }
        struct str *slot = VEC_PUSH(inv->arena, &comp->cpes);
        if (!slot)
            return err_memory(err);
        *slot = word;
        struct str v = cpe.attr[CPE_VERSION];
        if (!version->n && !cpe_is_any(v) && !cpe_is_na(v) && !cpe_has_wildcard(v))
            *version = v;
    }
    return true;
}

static bool take_record(struct inventory *inv, const struct header *h, const struct csv *c,
                        struct err *err)
{
    struct str version = field_of(c, h, C_VERSION), from_cpe = {0};
    struct component *comp = inventory_add(inv, c->line, err);
    if (!comp)
        return false;
    comp->name = field_of(c, h, C_NAME);
    comp->vendor = field_of(c, h, C_VENDOR);
    comp->purl = field_of(c, h, C_PURL);
    comp->source = field_of(c, h, C_SOURCE);
    comp->arch = field_of(c, h, C_ARCH);
    if (!take_cpes(inv, comp, c, field_of(c, h, C_CPE), &from_cpe, err))
        return false;
    if (str_eq(version, STR("-")) || str_eq(version, STR("*")))
        version = (struct str){0};
    package_set_version(comp, version.n ? version : from_cpe, PACKAGE_YOCTO);
    return inventory_check_last(inv, c->text, err);
}

/*
 * A record that can not be taken and spans several lines most likely has a quote too many, and the
 * lines it swallowed are records: only the first line is given up. `*budget` bounds the rereading.
 */
static bool skip_record(struct inventory *inv, struct csv *c, const char *why, size_t *budget,
                        struct err *err)
{
    size_t end = str_find(c->text, '\n');
    struct str first = str_trim(str_first(c->text, end));
    if (!inventory_skip(inv, c->line, end == STR_NPOS ? c->text : first, why, err))
        return false;
    if (end == STR_NPOS || c->text.n > *budget)
        return true;
    *budget -= c->text.n;
    const char *start = c->text.p + end + 1;
    c->rest = str_make(start, (size_t)(c->rest.p + c->rest.n - start));
    c->next_line = c->line + 1;
    return true;
}

static bool read(const struct input *in, struct inventory *inv, struct err *err)
{
    struct csv c = csv_of(inv->arena, in->data);
    struct header h;
    size_t budget = 8 * (in->data.n + 4096);
    if (!csv_next(&c, err) || !take_header(c.field, c.n, &h)) {
        err_set(
            err, ERR_INPUT,
            "the first line is not a header with the columns name and version, parted by commas");
        return err_at_line(err, 1);
    }
    if (h.twice) {
        err_set(err, ERR_INPUT, "the column \"%s\" is there twice", h.twice);
        return err_at_line(err, c.line);
    }
    while (csv_next(&c, err)) {
        const char *why = record_fault(&c, &h);
        if (!(why ? skip_record(inv, &c, why, &budget, err) : take_record(inv, &h, &c, err)))
            return false;
    }
    return err->code == ERR_NONE;
}

const struct inventory_reader inventory_csv = {
    .name = "csv",
    .summary = "table with the columns name, version[, vendor, cpe, purl, source, arch]",
    .platform = PLATFORM_UNKNOWN,
    .probe = probe,
    .read = read,
};
