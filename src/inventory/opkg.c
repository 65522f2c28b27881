/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What opkg has installed (Yocto's ipk images, OpenWrt): /var/lib/opkg/status or
 * /usr/lib/opkg/status, the paragraphs of dpkg with some fields of its own,
 *
 *     Package: libopenssl3
 *     Version: 3.0.13-1
 *     Depends: libc, libatomic1
 *     Status: install user installed
 *     Architecture: mips_24kc
 *     Installed-Time: 1711200000
 *
 * or the output of `opkg list-installed`:
 *
 *     busybox - 1.36.1-r0
 *     kernel - 5.15.150-1-6a3bb0de5cb0d2a1c6bd36a3dbfa6b0f
 *
 * OpenWrt puts commit ids where upstream has no version (2019-12-31-0decc6f9-1); see
 * package_set_version() for what is taken off.
 */
#include "inventory/readers_priv.h"

#include "codec/lines.h"
#include "inventory/package_priv.h"

#include "base/banned.h"

/* "name - version", maybe with " - description" behind. */
static bool split_line(struct str line, struct str *name, struct str *version)
{
    *name = str_next_word(&line);
    struct str dash = str_next_word(&line);
    *version = str_next_word(&line);
    struct str more = str_next_word(&line);
    if (!version->n || !str_eq(dash, STR("-")) || (more.n && !str_eq(more, STR("-"))))
        return false;
    return char_is_alnum(name->p[0]);
}

/* Is more than half of the head "name - version" lines? */
static bool is_list(struct str text)
{
    size_t good = 0, bad = 0;
    for (struct lines l = lines_of(str_first(text, LIMIT_PROBE_BYTES)); lines_next(&l);) {
        struct str name, version;
        if (l.line.n && split_line(l.line, &name, &version))
            good++;
        else if (l.line.n)
            bad++;
    }
    return good > bad;
}

static int probe(const struct input *in)
{
    int hint = 10 * package_path_has(in->name, STR("opkg")) +
               10 * str_starts(package_base_name(in->name), STR("opkg"));
    if (is_list(in->data))
        return 60 + hint;
    struct package_votes v = package_count_votes(in);
    int score = package_score(v.opkg, v.dpkg + v.neither, false);
    return score ? score + hint : 0;
}

static void set_version(struct component *c, struct str raw)
{
    package_set_version(c, raw, PACKAGE_OPKG);
}

static bool take_line(struct inventory *inv, size_t number, struct str line, struct err *err)
{
    struct str name, version;
    const char *why = line_fault(line);
    if (!why && !split_line(line, &name, &version))
        why = "not \"name - version\"";
    if (why)
        return inventory_skip(inv, number, line, why, err);
    struct component *c = inventory_add(inv, number, err);
    if (!c)
        return false;
    c->name = name;
    c->scheme = VERSION_DEB;
    set_version(c, version);
    return inventory_check_last(inv, line, err);
}

/* The first line that can only be of one of the two forms decides, whatever stands around it. */
static bool reads_as_list(struct str text)
{
    for (struct lines l = lines_of(text); lines_next(&l);) {
        struct str name, version;
        if (str_starts_nocase(l.line, STR("Package:")))
            return false;
        if (split_line(l.line, &name, &version))
            return true;
    }
    return false;
}

static bool read(const struct input *in, struct inventory *inv, struct err *err)
{
    if (!reads_as_list(in->data))
        return package_read_status(in, inv, set_version, err);
    for (struct lines l = lines_of(in->data); lines_next(&l);) {
        struct str line = str_trim(l.line);
        if (line.n && !take_line(inv, l.number, line, err))
            return false;
    }
    return true;
}

const struct inventory_reader inventory_opkg = {
    .name = "opkg",
    .summary = "opkg status file (Yocto, OpenWrt), output of `opkg list-installed`",
    .platform = PLATFORM_LINUX,
    .probe = probe,
    .read = read,
};
