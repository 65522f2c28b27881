/* SPDX-License-Identifier: Apache-2.0 */
#include "inventory/package_priv.h"

#include "codec/deb822.h"

#include "base/banned.h"

struct str package_base_name(struct str path)
{
    size_t slash = str_rfind(path, '/');
    return slash == STR_NPOS ? path : str_from(path, slash + 1);
}

bool package_path_has(struct str path, struct str folder)
{
    struct str part;
    bool more = true;
    while (more) {
        more = str_split(path, '/', &part, &path);
        if (str_eq(part, folder))
            return true;
    }
    return false;
}

int package_score(size_t good, size_t bad, bool telling_name)
{
    if (good <= bad)
        return 0;
    return telling_name ? 80 : 60;
}

bool package_drop(struct inventory *inv, size_t line, struct str text, const char *why,
                  struct err *err)
{
    inventory_drop_last(inv);
    return inventory_skip(inv, line, text, why, err);
}

/* Digits and dots, a digit first. */
static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!char_is_digit(s.p[i]) && (s.p[i] != '.' || !i))
            return false;
    return s.n != 0;
}

/* "r0", "r2.2", and "r24a.46" of machines that add a letter (MACHINE_KERNEL_PR). */
static bool is_yocto_release(struct str s)
{
    size_t i = 1;
    if (s.n < 2 || s.p[0] != 'r' || !char_is_digit(s.p[1]))
        return false;
    while (i < s.n && char_is_digit(s.p[i]))
        i++;
    if (i < s.n && char_is_alpha(s.p[i]))
        i++;
    return i == s.n || (s.p[i] == '.' && is_number(str_from(s, i + 1)));
}

/* A commit id: lower-case hex, long enough and with letters, or as long as SHA-1 is. */
static bool is_commit(struct str s)
{
    bool letter = false;
    for (size_t i = 0; i < s.n; i++) {
        if (!char_is_hex(s.p[i]) || char_is_upper(s.p[i]))
            return false;
        letter |= char_is_alpha(s.p[i]);
    }
    return s.n == 40 || (s.n >= 7 && s.n < 40 && letter);
}

/* "2015-02-26" has no release, though it ends with "-26". */
static bool is_date(struct str s)
{
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
        return false;
    return is_number(str_first(s, 4)) && is_number(str_first(str_from(s, 5), 2)) &&
           is_number(str_from(s, 8));
}

static struct str behind_last(struct str s, char c)
{
    size_t at = str_rfind(s, c);
    return at == STR_NPOS ? (struct str){0} : str_from(s, at + 1);
}

static bool has_release(struct str raw, enum package_style style)
{
    struct str tail = behind_last(raw, '-');
    if (is_yocto_release(tail))
        return true;
    return style == PACKAGE_OPKG && is_number(tail) && !is_date(raw);
}

void package_set_version(struct component *c, struct str raw, enum package_style style)
{
    /* OpenWrt's kernel: 3.10.20-1-7249e901273a7e253967168cb6ea0120, the digest of its options last.
     */
    struct str commit = style == PACKAGE_OPKG ? behind_last(raw, '-') : (struct str){0};
    struct str rest = raw;
    if (!is_commit(commit))
        commit = (struct str){0};
    if (commit.n)
        rest = str_first(raw, raw.n - commit.n - 1);
    component_set_version(c, rest, has_release(rest, style));
    c->raw_version = raw;
    if (style != PACKAGE_OPKG || c->revision.n)
        return;
    /* 2019-12-31-0decc6f9-1, 2024.09.21~a1b2c3d4-r1 */
    if (!commit.n) {
        struct str tilde = behind_last(c->version, '~'), hyphen = behind_last(c->version, '-');
        commit = is_commit(tilde) ? tilde : is_commit(hyphen) ? hyphen : (struct str){0};
        if (commit.n)
            c->version = str_first(c->version, c->version.n - commit.n - 1);
    }
    c->revision = commit;
}

/* --- NAME-VERSION-RELEASE.ARCH --- */

bool package_is_arch(struct str s)
{
    static const struct str whole[] = {
        STR_INIT("all"),     STR_INIT("any"),     STR_INIT("noarch"), STR_INIT("src"),
        STR_INIT("nosrc"),   STR_INIT("i386"),    STR_INIT("i486"),   STR_INIT("i586"),
        STR_INIT("i686"),    STR_INIT("athlon"),  STR_INIT("amd64"),  STR_INIT("ia64"),
        STR_INIT("ia32e"),   STR_INIT("alpha"),   STR_INIT("s390"),   STR_INIT("s390x"),
        STR_INIT("m68k"),    STR_INIT("hppa"),    STR_INIT("ppc"),    STR_INIT("ppc64"),
        STR_INIT("ppc64le"), STR_INIT("ppc64el"), STR_INIT("sh4"),    STR_INIT("beaglebone"),
    };
    static const struct str starts[] = {
        STR_INIT("x86_64"),     STR_INIT("x86-64"),      STR_INIT("x32"),   STR_INIT("arm"),
        STR_INIT("aarch64"),    STR_INIT("cortex"),      STR_INIT("mips"),  STR_INIT("powerpc"),
        STR_INIT("ppce"),       STR_INIT("qemu"),        STR_INIT("core2"), STR_INIT("corei7"),
        STR_INIT("riscv"),      STR_INIT("loongarch"),   STR_INIT("sparc"), STR_INIT("genericx86"),
        STR_INIT("genericarm"), STR_INIT("raspberrypi"), STR_INIT("imx"),
    };
    for (size_t i = 0; i < s.n; i++)
        if (!char_is_alnum(s.p[i]) && s.p[i] != '_' && s.p[i] != '-')
            return false;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (str_eq(s, whole[i]))
            return true;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (str_starts(s, starts[i]))
            return true;
    return false;
}

/*
 * Is what follows the last dot of a release its architecture? "24.el9" has none. Behind the release
 * of a Yocto build ("r0.zedboard_zynq7") any word is, because machines have names nobody can list.
 */
static bool is_arch_of(struct str release, struct str last)
{
    if (package_is_arch(last) || str_eq(last, STR("(none)")))
        return true;
    return is_yocto_release(release) && last.n && char_is_alpha(last.p[0]);
}

/* "1:" or "(none):" at the start of `*s`. */
static struct str take_epoch(struct str *s)
{
    struct str head, rest;
    uint64_t epoch;
    if (!str_split(*s, ':', &head, &rest))
        return (struct str){0};
    if (!str_eq(head, STR("(none)")) && !str_to_u64(head, 0, UINT32_MAX, &epoch))
        return (struct str){0};
    *s = rest;
    return head;
}

bool package_split_nevra(struct str s, struct nevra *out)
{
    *out = (struct nevra){0};
    out->epoch = take_epoch(&s);
    size_t release = str_rfind(s, '-');
    size_t version = release == STR_NPOS ? STR_NPOS : str_rfind(str_first(s, release), '-');
    if (version == STR_NPOS || version == 0)
        return false;
    out->name = str_first(s, version);
    out->release = str_from(s, release + 1);
    size_t dot = str_rfind(out->release, '.');
    if (dot != STR_NPOS &&
        is_arch_of(str_first(out->release, dot), str_from(out->release, dot + 1))) {
        out->arch = str_from(out->release, dot + 1);
        out->release = str_first(out->release, dot);
    }
    out->evr = str_make(s.p + version + 1,
                        (size_t)(out->release.p + out->release.n - (s.p + version + 1)));
    out->version = str_make(s.p + version + 1, release - version - 1);
    struct str epoch = take_epoch(&out->version);
    if (epoch.n)
        out->epoch = epoch;
    return out->version.n && out->release.n;
}

/* --- status files --- */

enum { F_PACKAGE, F_VERSION, F_ARCH, F_STATUS, F_SOURCE, F_OE, F_SOURCE_NAME, F_COUNT };
static const char *const status_fields[] = {"Package", "Version", "Architecture", "Status",
                                            "Source",  "OE",      "SourceName"};
_Static_assert(sizeof status_fields / sizeof status_fields[0] == F_COUNT, "one name per field");
_Static_assert(F_COUNT <= DEB822_FIELDS_MAX, "deb822 has room for them");

enum presence { PRESENT, ABSENT, CONFIG_ONLY, UNKNOWN };

/*
 * The third word of Status (dpkg(1), "package states"; opkg's state_status). What is half done has
 * files on the device, so it counts.
 */
static enum presence presence_of(struct str status)
{
    static const struct {
        struct str word;
        enum presence presence;
    } states[] = {
        {STR_INIT("installed"), PRESENT},        {STR_INIT("half-configured"), PRESENT},
        {STR_INIT("half-installed"), PRESENT},   {STR_INIT("unpacked"), PRESENT},
        {STR_INIT("triggers-awaited"), PRESENT}, {STR_INIT("triggers-pending"), PRESENT},
        {STR_INIT("post-inst-failed"), PRESENT}, {STR_INIT("removal-failed"), PRESENT},
        {STR_INIT("config-files"), CONFIG_ONLY}, {STR_INIT("not-installed"), ABSENT},
    };
    (void)str_next_word(&status);
    (void)str_next_word(&status);
    struct str state = str_next_word(&status);
    if (str_next_word(&status).n)
        return UNKNOWN;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (str_eq(state, states[i].word))
            return states[i].presence;
    return UNKNOWN;
}

/* Why a paragraph can not be taken, or NULL. */
static const char *paragraph_fault(const struct deb822 *d)
{
    if (d->repeated >= 0)
        return "a field is there twice (is a blank line between two packages missing?)";
    if (!d->value[F_PACKAGE].n)
        return "a paragraph without a Package field";
    if (!d->value[F_STATUS].n)
        return "no Status field, so it is not known to be installed";
    for (size_t i = 0; i < F_COUNT; i++)
        if (line_fault(d->value[i]))
            return line_fault(d->value[i]);
    if (presence_of(d->value[F_STATUS]) == UNKNOWN)
        return "the Status is none that a package manager writes";
    return NULL;
}

/*
 * The recipe or source package: "OE: alsa-lib" (Yocto), "SourceName: openssl" and
 * "Source: feeds/packages/libs/gnutls" (OpenWrt), "Source: busybox_1.31.1.bb" (Yocto's ipk),
 * "Source: glibc (2.36-9)" (Debian).
 */
/* "samba (2:4.17.12+dfsg-0+deb12u1)": the version, when the source's differs from the package's. */
static struct str source_version_of(const struct deb822 *d)
{
    struct str s = d->value[F_SOURCE];
    size_t open = str_find(s, '(');
    if (d->value[F_OE].n || d->value[F_SOURCE_NAME].n || open == STR_NPOS || !str_ends(s, STR(")")))
        return (struct str){0};
    struct component c = {0};
    component_set_version(&c, str_trim(str_make(s.p + open + 1, s.n - open - 2)), true);
    return c.version;
}

static struct str source_of(const struct deb822 *d)
{
    if (d->value[F_OE].n)
        return d->value[F_OE];
    if (d->value[F_SOURCE_NAME].n)
        return d->value[F_SOURCE_NAME];
    struct str rest = d->value[F_SOURCE], head;
    struct str s = package_base_name(str_next_word(&rest));
    if (str_ends(s, STR(".bb"))) {
        (void)str_split(str_first(s, s.n - 3), '_', &head, &rest);
        s = head;
    }
    return s;
}

static bool take_paragraph(const struct deb822 *d, struct inventory *inv,
                           void (*set_version)(struct component *c, struct str raw),
                           struct err *err)
{
    const char *why = paragraph_fault(d);
    struct str name = d->value[F_PACKAGE];
    if (why)
        return inventory_skip(inv, d->line, d->first, why, err);
    enum presence presence = presence_of(d->value[F_STATUS]);
    if (presence == ABSENT)
        return inventory_note(inv, d->line, name, "not installed", err);
    if (presence == CONFIG_ONLY)
        return inventory_note(inv, d->line, name, "removed, only its configuration files are left",
                              err);
    struct component *c = inventory_add(inv, d->line, err);
    if (!c)
        return false;
    c->name = name;
    c->arch = d->value[F_ARCH];
    c->source = source_of(d);
    c->source_version = source_version_of(d);
    c->scheme = VERSION_DEB;
    set_version(c, d->value[F_VERSION]);
    return inventory_check_last(inv, d->first, err);
}

bool package_skip_bad_lines(const struct deb822 *d, struct inventory *inv, struct err *err)
{
    for (size_t i = 0; i < d->n_bad; i++) {
        size_t k = i < DEB822_BAD_MAX ? i : DEB822_BAD_MAX - 1;
        if (!inventory_skip(inv, d->bad[k].line, d->bad[k].text,
                            i < DEB822_BAD_MAX ? "not a \"Field: value\" line"
                                               : "one more line like this one",
                            err))
            return false;
    }
    return true;
}

bool package_read_status(const struct input *in, struct inventory *inv,
                         void (*set_version)(struct component *c, struct str raw), struct err *err)
{
    for (struct deb822 d = deb822_of(in->data); deb822_next(&d, status_fields, F_COUNT);) {
        if (!package_skip_bad_lines(&d, inv, err))
            return false;
        if (!take_paragraph(&d, inv, set_version, err))
            return false;
    }
    return true;
}

struct package_votes package_count_votes(const struct input *in)
{
    /* The last of opkg's and the first of dpkg's are fields the other one does not write. */
    enum { PACKAGE, VERSION, STATUS, INSTALLED, AUTO, MAINTAINER, SECTION, DESCRIPTION, COUNT };
    static const char *const names[] = {"Package",        "Version",    "Status",  "Installed-Time",
                                        "Auto-Installed", "Maintainer", "Section", "Description"};
    _Static_assert(sizeof names / sizeof names[0] == COUNT, "one name per field");
    struct package_votes votes = {0};
    for (struct deb822 d = deb822_of(in->data); deb822_next(&d, names, COUNT);) {
        const struct str *v = d.value;
        struct str status = v[STATUS];
        (void)str_next_word(&status);
        struct str flag = str_next_word(&status);
        if (!v[PACKAGE].n || !v[STATUS].n || !str_next_word(&status).n)
            votes.neither++;
        else if (v[INSTALLED].n || v[AUTO].n)
            votes.opkg++;
        else if (v[MAINTAINER].n || v[SECTION].n || v[DESCRIPTION].n)
            votes.dpkg++;
        else if (!str_eq(flag, STR("ok")) && !str_eq(flag, STR("reinstreq")))
            votes.opkg++;
        else if (v[VERSION].n && v[VERSION].p < v[STATUS].p)
            votes.opkg++; /* opkg writes the version before the status, dpkg after it */
        else
            votes.dpkg++;
    }
    return votes;
}
