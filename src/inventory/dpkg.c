/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What dpkg has installed: /var/lib/dpkg/status (deb822(5), dpkg(1) "package states"),
 *
 *     Package: libssl3
 *     Status: install ok installed
 *     Section: libs
 *     Architecture: arm64
 *     Source: openssl
 *     Version: 3.0.11-1~deb12u2
 *
 * or the output of `dpkg -l`:
 *
 *     Desired=Unknown/Install/Remove/Purge/Hold
 *     | Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend
 *     |/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)
 *     ||/ Name           Version       Architecture Description
 *     +++-==============-=============-============-=================================
 *     ii  libssl3:arm64  3.0.11-1      arm64        Secure Sockets Layer toolkit
 *     rc  nano           7.2-1         arm64        small, friendly text editor
 *
 * Older dpkg cuts names and versions to the width of the terminal, without a mark. The lengths of
 * the "=" tell: on a terminal they follow from its width (list_format_init of dpkg-query).
 */
#include "inventory/readers_priv.h"

#include "codec/lines.h"
#include "inventory/package_priv.h"

#include "base/banned.h"

struct row {
    char state; /* lower case */
    struct str name, version, arch;
};

struct table {
    size_t width[4]; /* name, version, architecture, description; of the "+++-===" line */
    size_t columns;  /* 0 before that line */
    bool cut;        /* to a terminal's width */
};

static bool split_row(struct str line, struct row *r)
{
    if (line.n < 4 || !memchr("uihrp", line.p[0], 5) || !memchr("nciUFHWtufhwT", line.p[1], 13))
        return false;
    struct str flags = str_next_word(&line);
    if (flags.n > 3 || (flags.n == 3 && !memchr("RX#r", flags.p[2], 4)))
        return false;
    r->state = char_lower(flags.p[1]);
    r->name = str_next_word(&line);
    r->version = str_next_word(&line);
    r->arch = str_next_word(&line);
    return r->name.n != 0;
}

/* The lines above the rows; all but the first also when they are translated. */
static bool is_header(struct str line)
{
    return str_starts(line, STR("| ")) || str_starts(line, STR("|/")) ||
           str_starts(line, STR("||/")) || str_starts(line, STR("+++-")) ||
           str_eq(line, STR("Desired=Unknown/Install/Remove/Purge/Hold"));
}

/* The first line in translation. */
static bool is_heading(struct str line)
{
    size_t slashes = 0;
    for (size_t i = 0; i < line.n; i++)
        slashes += line.p[i] == '/';
    return slashes >= 3 && str_find(line, '=') != STR_NPOS;
}

/* "+++-==============-============" */
static void take_widths(struct str line, struct table *t)
{
    size_t n = 0;
    struct str part, rest = str_from(line, 4);
    bool more = rest.n != 0;
    while (more && n < 4) {
        more = str_split(rest, '-', &part, &rest);
        t->width[n++] = part.n;
    }
    t->columns = n;
    size_t base = n == 4 ? 33 : 44; /* of the description on 80 columns; the name has 14 there */
    size_t name = t->width[0], last = n ? t->width[n - 1] : 0;
    t->cut = n >= 3 && name >= 14 &&
             (last == base + 2 * (name - 14) || last == base + 2 * (name - 14) + 1);
}

/* Is it a `dpkg -l` table rather than a status file? */
static bool is_table(struct str text)
{
    size_t rows = 0, other = 0;
    for (struct lines l = lines_of(str_first(text, LIMIT_PROBE_BYTES)); lines_next(&l);) {
        struct row r;
        if (str_starts(l.line, STR("+++-=")))
            return true;
        if (split_row(l.line, &r) && r.version.n)
            rows++;
        else if (l.line.n && !is_header(l.line))
            other++;
    }
    return rows > other;
}

static int probe(const struct input *in)
{
    int hint = 10 * package_path_has(in->name, STR("dpkg")) +
               10 * str_starts(package_base_name(in->name), STR("dpkg"));
    if (is_table(in->data))
        return 60 + hint;
    struct package_votes v = package_count_votes(in);
    int score = package_score(v.dpkg, v.opkg + v.neither, false);
    return score ? score + hint : 0;
}

static void set_version(struct component *c, struct str raw)
{
    component_set_version(c, raw, true);
}

/* Why a row can not be taken, or NULL. */
static const char *row_fault(const struct row *r, const struct table *t)
{
    if (line_fault(r->name) || line_fault(r->version) || line_fault(r->arch))
        return "name, version or architecture is not clean text";
    if (t->cut && r->name.n >= t->width[0] && str_find(r->name, ':') == STR_NPOS)
        return "the name may be cut off at the width of the terminal; write dpkg -l to a pipe or "
               "file";
    if (t->cut && r->version.n >= t->width[1])
        return "the version may be cut off at the width of the terminal; write dpkg -l to a pipe "
               "or file";
    if (str_eq(r->version, STR("<none>")))
        return "no version";
    return NULL;
}

static bool take_row(const struct row *r, const struct table *t, size_t number, struct str line,
                     struct inventory *inv, struct err *err)
{
    if (r->state == 'n')
        return inventory_note(inv, number, r->name, "not installed", err);
    if (r->state == 'c')
        return inventory_note(inv, number, r->name,
                              "removed, only its configuration files are left", err);
    const char *why = row_fault(r, t);
    if (why)
        return inventory_skip(inv, number, line, why, err);
    struct component *c = inventory_add(inv, number, err);
    if (!c)
        return false;
    (void)str_split(r->name, ':', &c->name, &c->arch);
    /* Without the header an older table, whose third column is the description, looks the same. */
    if (t->columns == 4 || (!t->columns && package_is_arch(r->arch)))
        c->arch = r->arch;
    c->scheme = VERSION_DEB;
    set_version(c, r->version);
    return inventory_check_last(inv, line, err);
}

/* A line of the table that is no row. */
static bool take_other(const struct table *t, size_t number, struct str line, struct inventory *inv,
                       struct err *err)
{
    if (!t->columns && is_heading(line))
        return inventory_note(inv, number, line, "the heading of dpkg -l", err);
    return inventory_skip(inv, number, line, "not a row of dpkg -l", err);
}

static bool read_table(const struct input *in, struct inventory *inv, struct err *err)
{
    struct table t = {0};
    for (struct lines l = lines_of(in->data); lines_next(&l);) {
        struct row r;
        struct str line = str_trim(l.line);
        if (str_starts(line, STR("+++-")))
            take_widths(line, &t);
        if (!line.n || is_header(line))
            continue;
        bool ok = split_row(line, &r) ? take_row(&r, &t, l.number, line, inv, err)
                                      : take_other(&t, l.number, line, inv, err);
        if (!ok)
            return false;
    }
    return true;
}

/* The first line that can only be of one of the two forms decides, whatever stands around it. */
static bool reads_as_table(struct str text)
{
    for (struct lines l = lines_of(text); lines_next(&l);) {
        struct row r;
        if (str_starts_nocase(l.line, STR("Package:")))
            return false;
        if (str_starts(l.line, STR("+++-")) || (split_row(l.line, &r) && r.version.n))
            return true;
    }
    return false;
}

static bool read(const struct input *in, struct inventory *inv, struct err *err)
{
    return reads_as_table(in->data) ? read_table(in, inv, err)
                                    : package_read_status(in, inv, set_version, err);
}

const struct inventory_reader inventory_dpkg = {
    .name = "dpkg",
    .summary = "dpkg status file, output of `dpkg -l`",
    .platform = PLATFORM_LINUX,
    .probe = probe,
    .read = read,
};
