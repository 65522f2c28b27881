/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The output of `rpm -qa`, one NAME-[EPOCH:]VERSION-RELEASE[.ARCH] per line (rpm(8), "NEVRA"):
 *
 *     bash-4.4.20-4.el8.x86_64
 *     openssl-libs-1:3.0.7-24.el9.x86_64
 *     busybox-1.36.1-r0.cortexa9t2hf_neon
 *     glibc-2.35-r0
 *     gpg-pubkey-8483c65d-5ccc5b19
 *
 * Neither version nor release has a hyphen. A gpg-pubkey is a key, not software.
 */
#include "inventory/readers_priv.h"

#include "codec/lines.h"
#include "inventory/package_priv.h"

#include "base/banned.h"

static bool has_digit(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (char_is_digit(s.p[i]))
            return true;
    return false;
}

static bool has_only(struct str s, const char *marks)
{
    for (size_t i = 0; i < s.n; i++)
        if (!s.p[i] || (!char_is_alnum(s.p[i]) && !strchr(marks, s.p[i])))
            return false;
    return true;
}

/* Why a line is no package, or NULL with `*p` filled. */
static const char *split(struct str line, struct nevra *p)
{
    if (line_fault(line))
        return line_fault(line);
    if (!package_split_nevra(line, p) || !has_only(p->name, "+-._"))
        return "not NAME-VERSION-RELEASE";
    if (!has_digit(p->version) || !has_only(p->version, "+._~^%") ||
        !has_only(p->release, "+._~^%"))
        return "the second last part of this name is not a version";
    return NULL;
}

/* Would `rpm -qa` print this? Stricter than split(): a list of names or files must not look like
 * it. */
static bool is_good(struct str line)
{
    struct nevra p = {0};
    if (str_ends(line, STR(".rpm")) || str_ends(line, STR(".ipk")) || str_ends(line, STR(".deb")))
        return false;
    if (split(line, &p))
        return false;
    if (str_eq(p.name, STR("gpg-pubkey")))
        return true;
    return p.version.n && p.version.p && char_is_digit(p.version.p[0]) && has_digit(p.release);
}

static int probe(const struct input *in)
{
    size_t good = 0, bad = 0;
    for (struct lines l = lines_of(in->data); lines_next(&l);) {
        if (!l.line.n)
            continue;
        if (is_good(l.line))
            good++;
        else
            bad++;
    }
    struct str name = package_base_name(in->name);
    return package_score(good, bad, str_starts(name, STR("rpm")) || str_ends(name, STR(".rpms")));
}

/* [EPOCH:]VERSION-RELEASE; copied only when the epoch does not stand before the version. */
static bool set_version(struct inventory *inv, struct component *c, const struct nevra *p,
                        struct err *err)
{
    struct str evr = p->evr;
    bool none = str_eq(p->epoch, STR("(none)"));
    if (str_starts(evr, STR("(none):")))
        evr = str_from(evr, sizeof "(none):" - 1);
    bool ahead = p->epoch.n && !none && p->version.p == p->evr.p;
    if (ahead &&
        !arena_printf(inv->arena, &evr, err, "%.*s:%.*s", STR_ARG(p->epoch), STR_ARG(p->evr)))
        return false;
    component_set_version(c, evr, true);
    /* "1.2^20240101git": a snapshot after 1.2 (rpm-version(7)). */
    size_t caret = str_find(c->version, '^');
    if (caret != STR_NPOS) {
        c->revision = str_make(c->version.p + caret + 1, c->version.n - caret - 1);
        c->version = str_first(c->version, caret);
    }
    return true;
}

static bool take_line(struct inventory *inv, size_t number, struct str line, struct err *err)
{
    struct nevra p = {0};
    struct str s = str_ends(line, STR(".rpm")) ? str_first(line, line.n - 4) : line;
    const char *why = split(s, &p);
    if (why)
        return inventory_skip(inv, number, line, why, err);
    if (str_eq(p.name, STR("gpg-pubkey")))
        return inventory_note(inv, number, line, "a signing key, not software", err);
    struct component *c = inventory_add(inv, number, err);
    if (!c)
        return false;
    c->name = p.name;
    c->arch = p.arch;
    c->scheme = VERSION_RPM;
    return set_version(inv, c, &p, err) && inventory_check_last(inv, line, err);
}

static bool read(const struct input *in, struct inventory *inv, struct err *err)
{
    for (struct lines l = lines_of(in->data); lines_next(&l);) {
        struct str line = str_trim(l.line);
        if (line.n && !take_line(inv, l.number, line, err))
            return false;
    }
    return true;
}

const struct inventory_reader inventory_rpm = {
    .name = "rpm",
    .summary = "output of `rpm -qa`",
    .platform = PLATFORM_LINUX,
    .probe = probe,
    .read = read,
};
