/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Yocto buildhistory, images/<machine>/<libc>/<image>/installed-packages.txt: the file name of one
 * installed package per line, in the naming of the image's package manager.
 *
 *     libcrypto3_3.1.4-r0.0_core2-64.ipk
 *     systemd_1:237-r0.0_core2-64.ipk
 *     kmod_25+git0+aca4eca103-r0.0_core2-64.ipk
 *     openssl-3.0.7-r0.core2_64.rpm
 *     busybox_1.36.1-r0_amd64.deb
 *
 * ipk and deb: NAME_[EPOCH:]VERSION-RELEASE_ARCH.EXT. A name has no underscore, an architecture
 * may. rpm: NAME-VERSION-RELEASE.ARCH.rpm, where neither version nor release has a hyphen. The file
 * beside it, installed-package-names.txt, has no versions: it is recognised and refused.
 */
#include "inventory/readers_priv.h"

#include "codec/lines.h"
#include "inventory/package_priv.h"

#include "base/banned.h"

/*
 * Where the version ends: behind the release "-rN[.M]" that a "_" follows, because versions with
 * two commits ("5.15.72+git0+a_b-r0.0_qemux86_64") have a "_" of their own; else at the first "_".
 */
static size_t end_of_version(struct str s)
{
    for (size_t i = 0; i + 2 < s.n; i++) {
        size_t k = i + 2;
        if (s.p[i] != '-' || s.p[i + 1] != 'r' || !char_is_digit(s.p[k]))
            continue;
        while (k < s.n && (char_is_digit(s.p[k]) || s.p[k] == '.'))
            k++;
        if (k < s.n && s.p[k] == '_')
            return k;
    }
    return str_find(s, '_');
}

/* "NAME_VERSION_ARCH", the file name without its ending. */
static bool split_ipk(struct str s, struct component *c)
{
    if (!str_split(s, '_', &c->name, &s))
        return false;
    size_t end = end_of_version(s);
    if (end == STR_NPOS)
        return false;
    struct str version = str_first(s, end);
    c->arch = str_from(s, end + 1);
    component_set_version(c, version, true);
    return true;
}

/* "NAME-VERSION-RELEASE.ARCH" */
static bool split_rpm(struct str s, struct component *c)
{
    size_t dot = str_rfind(s, '.');
    if (dot == STR_NPOS)
        return false;
    c->arch = str_from(s, dot + 1);
    s = str_first(s, dot);
    size_t release = str_rfind(s, '-');
    size_t version = release == STR_NPOS ? STR_NPOS : str_rfind(str_first(s, release), '-');
    if (version == STR_NPOS)
        return false;
    c->name = str_first(s, version);
    component_set_version(c, str_from(s, version + 1), true);
    return true;
}

struct ending {
    struct str text;
    bool (*split)(struct str s, struct component *c);
    enum version_scheme scheme;
};
static const struct ending endings[] = {
    {STR_INIT(".ipk"), split_ipk, VERSION_DEB},
    {STR_INIT(".deb"), split_ipk, VERSION_DEB},
    {STR_INIT(".rpm"), split_rpm, VERSION_RPM},
};

static const struct ending *ending_of(struct str line)
{
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (str_ends(line, endings[i].text))
            return &endings[i];
    return NULL;
}

/* A package name as Yocto allows it, with nothing behind it that could be a version. */
static bool is_bare_name(struct str line)
{
    for (size_t i = 0; i < line.n; i++)
        if (!char_is_alnum(line.p[i]) && !strchr("+-.", line.p[i]))
            return false;
    return line.n && !ending_of(line) && str_find_str(line, STR(".so")) == STR_NPOS;
}

/* Buildhistory's list of names, by its file name or because every line is a bare name. */
static bool is_names_only(const struct input *in)
{
    size_t names = 0;
    if (str_starts(package_base_name(in->name), STR("installed-package-names")))
        return true;
    for (struct lines l = lines_of(in->data); lines_next(&l);) {
        if (!is_bare_name(l.line))
            return false;
        names++;
    }
    return names >= 3;
}

static int probe(const struct input *in)
{
    size_t good = 0, bad = 0;
    /* By name for certain; by content only when no other format claims it. */
    if (str_starts(package_base_name(in->name), STR("installed-package-names")))
        return 90;
    if (is_names_only(in))
        return 10;
    for (struct lines l = lines_of(in->data); lines_next(&l);) {
        struct component c = {0};
        const struct ending *e = ending_of(l.line);
        if (!l.line.n)
            continue;
        if (e && e->split(str_first(l.line, l.line.n - e->text.n), &c))
            good++;
        else
            bad++;
    }
    return package_score(good, bad,
                         str_starts(package_base_name(in->name), STR("installed-packages")));
}

static bool read(const struct input *in, struct inventory *inv, struct err *err)
{
    if (is_names_only(in))
        return err_set(err, ERR_INPUT,
                       "this list has package names without versions; give installed-packages.txt, "
                       "which buildhistory writes beside it");
    for (struct lines l = lines_of(in->data); lines_next(&l);) {
        struct str line = str_trim(l.line);
        if (!line.n)
            continue;
        const char *fault = line_fault(line);
        const struct ending *e = fault ? NULL : ending_of(line);
        if (!e) {
            if (!inventory_skip(
                    inv, l.number, line,
                    fault ? fault : "not the file name of an .ipk, .deb or .rpm package", err))
                return false;
            continue;
        }
        struct component *c = inventory_add(inv, l.number, err);
        if (!c)
            return false;
        c->scheme = e->scheme;
        if (!e->split(str_first(line, line.n - e->text.n), c)) {
            inventory_drop_last(inv);
            if (!inventory_skip(inv, l.number, line,
                                "no name, version and architecture in this file name", err))
                return false;
        } else if (!inventory_check_last(inv, line, err)) {
            return false;
        }
    }
    return true;
}

const struct inventory_reader inventory_yocto_packages = {
    .name = "yocto-packages",
    .family = "yocto",
    .summary = "Yocto buildhistory installed-packages.txt (ipk, deb, rpm)",
    .platform = PLATFORM_LINUX,
    .probe = probe,
    .read = read,
};
