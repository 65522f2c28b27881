/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifests Yocto's image build writes, three of a kind.
 *
 * deploy/images/<machine>/<image>.manifest, "name arch version" (write_image_manifest):
 *
 *     busybox core2-64 1.36.1-r0
 *     systemd core2-64 1:254.4-r0
 *     kmod x86_64_v3 25+git0+aca4eca103
 *
 * deploy/licenses/<image>/license.manifest, one paragraph per package, with its recipe:
 *
 *     PACKAGE NAME: libcrypto3
 *     PACKAGE VERSION: 3.2.0
 *     RECIPE NAME: openssl
 *     LICENSE: Apache-2.0
 *
 * and image_license.manifest beside it, for what is deployed without a package (kernel,
 * bootloader):
 *
 *     RECIPE NAME: linux-yocto
 *     VERSION: 6.6.21+git
 *     LICENSE: GPL-2.0-only
 *     FILES: bzImage
 *
 * Releases ("-r0") are there up to Yocto 5 and gone in 6: only that shape is taken for one.
 */
#include "inventory/readers_priv.h"

#include "codec/deb822.h"
#include "inventory/package_priv.h"

#include "base/banned.h"

enum { F_PACKAGE, F_PACKAGE_VERSION, F_RECIPE, F_VERSION, F_COUNT };
static const char *const fields[] = {"PACKAGE NAME", "PACKAGE VERSION", "RECIPE NAME", "VERSION"};
_Static_assert(sizeof fields / sizeof fields[0] == F_COUNT, "one name per field");

/* Does it start with a paragraph of one of the license manifests? */
static bool is_paragraphs(struct str text)
{
    for (struct lines l = lines_of(text); lines_next(&l);)
        if (l.line.n)
            return str_starts(l.line, STR("PACKAGE NAME:")) ||
                   str_starts(l.line, STR("RECIPE NAME:"));
    return false;
}

/* Exactly three words. */
static bool split_line(struct str line, struct str *name, struct str *arch, struct str *version)
{
    *name = str_next_word(&line);
    *arch = str_next_word(&line);
    *version = str_next_word(&line);
    return version->n && !str_next_word(&line).n;
}

/* An architecture of Yocto: a word of letters, digits, '_' and '-' that starts with a letter. */
static bool is_arch_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!char_is_alnum(s.p[i]) && s.p[i] != '_' && s.p[i] != '-')
            return false;
    return s.n && char_is_alpha(s.p[0]);
}

static bool is_name_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!char_is_alnum(s.p[i]) && !memchr("+-._", s.p[i], 4))
            return false;
    return s.n && char_is_alnum(s.p[0]);
}

static bool is_version_word(struct str s)
{
    bool digit = false;
    for (size_t i = 0; i < s.n; i++) {
        digit |= char_is_digit(s.p[i]);
        if (!char_is_alnum(s.p[i]) && !memchr("+-._:~^", s.p[i], 7))
            return false;
    }
    return digit;
}

static int probe(const struct input *in)
{
    size_t good = 0, bad = 0;
    bool telling = str_ends(in->name, STR(".manifest"));
    if (is_paragraphs(in->data))
        return package_score(1, 0, telling);
    for (struct lines l = lines_of(in->data); lines_next(&l);) {
        struct str name, arch, version;
        if (!l.line.n)
            continue;
        if (split_line(l.line, &name, &arch, &version) && is_name_word(name) &&
            is_arch_word(arch) && is_version_word(version))
            good++;
        else
            bad++;
    }
    return package_score(good, bad, telling);
}

/* Why a paragraph can not be taken, or NULL. */
static const char *paragraph_fault(const struct deb822 *d)
{
    if (d->repeated >= 0)
        return "a field is there twice (is a blank line between two packages missing?)";
    if (!d->value[F_PACKAGE].n && !d->value[F_RECIPE].n)
        return "a paragraph without PACKAGE NAME or RECIPE NAME";
    for (size_t i = 0; i < F_COUNT; i++)
        if (line_fault(d->value[i]))
            return line_fault(d->value[i]);
    return NULL;
}

static bool read_paragraphs(const struct input *in, struct inventory *inv, struct err *err)
{
    for (struct deb822 d = deb822_of(in->data); deb822_next(&d, fields, F_COUNT);) {
        if (!package_skip_bad_lines(&d, inv, err))
            return false;
        const char *why = paragraph_fault(&d);
        if (why) {
            if (!inventory_skip(inv, d.line, d.first, why, err))
                return false;
            continue;
        }
        struct component *c = inventory_add(inv, d.line, err);
        if (!c)
            return false;
        bool package = d.value[F_PACKAGE].n != 0;
        c->name = d.value[package ? F_PACKAGE : F_RECIPE];
        c->source = d.value[F_RECIPE];
        package_set_version(c, d.value[package ? F_PACKAGE_VERSION : F_VERSION], PACKAGE_YOCTO);
        if (!inventory_check_last(inv, d.first, err))
            return false;
    }
    return true;
}

static bool read(const struct input *in, struct inventory *inv, struct err *err)
{
    if (is_paragraphs(in->data))
        return read_paragraphs(in, inv, err);
    for (struct lines l = lines_of(in->data); lines_next(&l);) {
        struct str line = str_trim(l.line), name, arch, version;
        if (!line.n)
            continue;
        const char *why = line_fault(line);
        if (!split_line(line, &name, &arch, &version) && !why)
            why = "not \"name architecture version\"";
        else if (!why && (!is_name_word(name) || !is_arch_word(arch) || !is_version_word(version)))
            why = "name, architecture or version has a character that does not belong there";
        if (why) {
            if (!inventory_skip(inv, l.number, line, why, err))
                return false;
            continue;
        }
        struct component *c = inventory_add(inv, l.number, err);
        if (!c)
            return false;
        c->name = name;
        c->arch = arch;
        c->scheme = VERSION_DEB;
        package_set_version(c, version, PACKAGE_YOCTO);
        if (!inventory_check_last(inv, line, err))
            return false;
    }
    return true;
}

const struct inventory_reader inventory_yocto_manifest = {
    .name = "yocto-manifest",
    .family = "yocto",
    .summary = "Yocto <image>.manifest, license.manifest, image_license.manifest",
    .platform = PLATFORM_LINUX,
    .probe = probe,
    .read = read,
};
