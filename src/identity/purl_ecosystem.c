/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a package URL to an ecosystem of OSV, its release and the package's name there. The
 * namespace of a distribution is its vendor; writers of SBOMs also use os-release's ID, and some
 * leave it out and have only `distro` (os-release ID and VERSION_ID, or a code name).
 */
#include "identity/purl.h"

#include "base/banned.h"

/* Other namespaces in use, of types deb, rpm and apk. */
static const struct {
    struct str space, ecosystem;
} vendors[] = {
    {STR_INIT("alma"), STR_INIT("AlmaLinux")},
    {STR_INIT("azurelinux"), STR_INIT("Azure Linux")},
    {STR_INIT("mariner"), STR_INIT("Azure Linux")},
    {STR_INIT("opensuse-leap"), STR_INIT("openSUSE")},
    {STR_INIT("opensuse-tumbleweed"), STR_INIT("openSUSE")},
    {STR_INIT("opensuse.leap"), STR_INIT("openSUSE")},
    {STR_INIT("opensuse.tumbleweed"), STR_INIT("openSUSE")},
    {STR_INIT("photon-os"), STR_INIT("Photon OS")},
    {STR_INIT("rhel"), STR_INIT("Red Hat")},
    {STR_INIT("rocky"), STR_INIT("Rocky Linux")},
    {STR_INIT("rockylinux"), STR_INIT("Rocky Linux")},
    {STR_INIT("sled"), STR_INIT("SUSE")},
    {STR_INIT("sles"), STR_INIT("SUSE")},
};

/* Code names: distro-info-data. */
static const struct {
    struct str word, ecosystem, release;
} code_names[] = {
    {STR_INIT("wheezy"), STR_INIT("Debian"), STR_INIT("7")},
    {STR_INIT("jessie"), STR_INIT("Debian"), STR_INIT("8")},
    {STR_INIT("stretch"), STR_INIT("Debian"), STR_INIT("9")},
    {STR_INIT("buster"), STR_INIT("Debian"), STR_INIT("10")},
    {STR_INIT("bullseye"), STR_INIT("Debian"), STR_INIT("11")},
    {STR_INIT("bookworm"), STR_INIT("Debian"), STR_INIT("12")},
    {STR_INIT("trixie"), STR_INIT("Debian"), STR_INIT("13")},
    {STR_INIT("forky"), STR_INIT("Debian"), STR_INIT("14")},
    {STR_INIT("duke"), STR_INIT("Debian"), STR_INIT("15")},
    {STR_INIT("sid"), STR_INIT("Debian"), STR_INIT("sid")},
    {STR_INIT("trusty"), STR_INIT("Ubuntu"), STR_INIT("14.04:LTS")},
    {STR_INIT("xenial"), STR_INIT("Ubuntu"), STR_INIT("16.04:LTS")},
    {STR_INIT("bionic"), STR_INIT("Ubuntu"), STR_INIT("18.04:LTS")},
    {STR_INIT("focal"), STR_INIT("Ubuntu"), STR_INIT("20.04:LTS")},
    {STR_INIT("jammy"), STR_INIT("Ubuntu"), STR_INIT("22.04:LTS")},
    {STR_INIT("noble"), STR_INIT("Ubuntu"), STR_INIT("24.04:LTS")},
    {STR_INIT("plucky"), STR_INIT("Ubuntu"), STR_INIT("25.04")},
    {STR_INIT("questing"), STR_INIT("Ubuntu"), STR_INIT("25.10")},
};

/* How a release is written behind the ecosystem's name; NUMBERS: how many of VERSION_ID's. */
enum release_form { RELEASE_NUMBERS, RELEASE_V_NUMBERS, RELEASE_LTS, RELEASE_LEAP, RELEASE_WHOLE };
static const struct {
    struct str ecosystem;
    enum release_form form;
    unsigned numbers;
} releases[] = {
    {STR_INIT("AlmaLinux"), RELEASE_NUMBERS, 1},
    {STR_INIT("Alpaquita"), RELEASE_WHOLE, 0},
    {STR_INIT("Alpine"), RELEASE_V_NUMBERS, 2},
    {STR_INIT("Azure Linux"), RELEASE_NUMBERS, 1},
    {STR_INIT("BellSoft Hardened Containers"), RELEASE_WHOLE, 0},
    {STR_INIT("Debian"), RELEASE_NUMBERS, 1},
    {STR_INIT("Mageia"), RELEASE_NUMBERS, 1},
    {STR_INIT("openSUSE"), RELEASE_LEAP, 2},
    {STR_INIT("Photon OS"), RELEASE_NUMBERS, 2},
    {STR_INIT("Rocky Linux"), RELEASE_NUMBERS, 1},
    {STR_INIT("Ubuntu"), RELEASE_LTS, 2},
    /* Of Red Hat it is a CPE, of SUSE and openEuler a name: `distro` does not tell it. */
};

static const struct ecosystem *of_vendor(struct str type, struct str space)
{
    const struct ecosystem *e;
    for (size_t i = 0; (e = ecosystem_at(i)) != NULL; i++)
        if (str_eq(e->purl_type, type) && (!e->purl_space.n || str_eq(e->purl_space, space)))
            return e;
    for (size_t i = 0; i < sizeof vendors / sizeof vendors[0]; i++)
        if (str_eq(vendors[i].space, space)) {
            e = ecosystem_find(vendors[i].ecosystem);
            return e && str_eq(e->purl_type, type) ? e : NULL;
        }
    return NULL;
}

/* "debian-12", "opensuse-leap-15.5": what stands before the first digit behind a hyphen. */
static void split_distro(struct str distro, struct str *id, struct str *version)
{
    *id = distro;
    *version = (struct str){0};
    for (size_t i = 0; i + 1 < distro.n; i++)
        if (distro.p[i] == '-' && char_is_digit(distro.p[i + 1])) {
            *id = str_first(distro, i);
            *version = str_from(distro, i + 1);
            return;
        }
    if (distro.n && char_is_digit(distro.p[0])) {
        *id = (struct str){0};
        *version = distro;
    }
}

/* The first `want` numbers of "15.5.1"; empty when it does not start with that many. */
static struct str numbers_of(struct str version, unsigned want)
{
    size_t i = 0;
    for (unsigned n = 0; n < want; n++) {
        size_t from = n ? i + 1 : i, end = from;
        if (n && (i >= version.n || version.p[i] != '.'))
            return (struct str){0};
        while (end < version.n && char_is_digit(version.p[end]))
            end++;
        if (end == from)
            return (struct str){0};
        i = end;
    }
    return str_first(version, i);
}

/* Ubuntu: the April releases of even years are the long-term ones, since 8.04. */
static bool is_lts(struct str release)
{
    struct str year, month;
    uint64_t y;
    return str_split(release, '.', &year, &month) && str_eq(month, STR("04")) &&
           str_to_u64(year, 8, 99, &y) && y % 2 == 0;
}

static bool release_of_id(struct arena *a, const struct ecosystem *e, struct str id,
                          struct str version, struct str *out, struct err *err)
{
    size_t i = 0, n = sizeof releases / sizeof releases[0];
    while (i < n && !str_eq(releases[i].ecosystem, e->name))
        i++;
    if (i == n)
        return true;
    struct str numbers = numbers_of(version, releases[i].numbers);
    if (releases[i].form == RELEASE_WHOLE)
        return arena_dup(a, version, out, err);
    if (str_eq(e->name, STR("openSUSE")) && str_find_str(id, STR("tumbleweed")) != STR_NPOS)
        return arena_dup(a, STR("Tumbleweed"), out, err);
    if (str_eq(e->name, STR("Photon OS")) && !numbers.n && numbers_of(version, 1).n)
        return arena_printf(a, out, err, "%.*s.0", STR_ARG(version));
    if (!numbers.n)
        return true;
    switch (releases[i].form) {
    case RELEASE_V_NUMBERS:
        return arena_printf(a, out, err, "v%.*s", STR_ARG(numbers));
    case RELEASE_LTS:
        return arena_printf(a, out, err, "%.*s%s", STR_ARG(numbers), is_lts(numbers) ? ":LTS" : "");
    case RELEASE_LEAP:
        return arena_printf(a, out, err, "Leap %.*s", STR_ARG(numbers));
    case RELEASE_NUMBERS:
    case RELEASE_WHOLE:
        break;
    }
    return arena_dup(a, numbers, out, err);
}

/* The vendor, when the namespace does not tell it, and the release. */
static bool take_distro(struct arena *a, const struct purl *p, const struct ecosystem **e,
                        struct str *release, struct err *err)
{
    struct str distro, id, version, word;
    if (!purl_qualifier(a, p, STR("distro"), &distro, err) ||
        !arena_dup_lower(a, distro, &distro, err))
        return false;
    split_distro(distro, &id, &version);
    if (!version.n) { /* a code name, alone or behind the vendor */
        size_t at = str_rfind(distro, '-');
        word = at == STR_NPOS ? distro : str_from(distro, at + 1);
        for (size_t i = 0; i < sizeof code_names / sizeof code_names[0]; i++) {
            const struct ecosystem *named = ecosystem_find(code_names[i].ecosystem);
            bool fits = *e ? *e == named : !p->space.n && str_eq(p->type, STR("deb"));
            if (fits && str_eq(code_names[i].word, word)) {
                *e = named;
                *release = code_names[i].release;
                return true;
            }
        }
    }
    if (!*e && !p->space.n && id.n)
        *e = of_vendor(p->type, id);
    return !*e || release_of_id(a, *e, id, version, release, err);
}

/* The package as its ecosystem writes it. */
static bool join_name(struct arena *a, const struct ecosystem *e, const struct purl *p,
                      struct str *out, struct err *err)
{
    struct str name = p->name, rest;
    const char *join = NULL;
    if (str_eq(p->type, STR("maven")))
        join = ":";
    else if (str_eq(p->type, STR("vscode-extension")))
        join = ".";
    else if (str_eq(p->type, STR("golang")) || str_eq(p->type, STR("npm")) ||
             str_eq(p->type, STR("composer")) || str_eq(p->type, STR("swift")) ||
             str_eq(p->type, STR("hex")) || str_eq(p->type, STR("githubactions")))
        join = "/";
    if (str_eq(p->type, STR("githubactions")))
        str_split(name, '/', &name, &rest); /* a path inside the repository */
    if (join && p->space.n) {
        bool scope = str_eq(p->type, STR("npm")) && !str_starts(p->space, STR("@"));
        if (!arena_printf(a, &name, err, "%s%.*s%s%.*s", scope ? "@" : "", STR_ARG(p->space), join,
                          STR_ARG(name)))
            return false;
    }
    return ecosystem_normal_name(a, e, name, out, err);
}

bool purl_ecosystem(struct arena *a, const struct purl *p, const struct ecosystem **out,
                    struct str *release, struct str *name, struct err *err)
{
    const struct ecosystem *e = of_vendor(p->type, p->space);
    *out = NULL;
    *release = *name = (struct str){0};
    if (!p->type.n)
        return true;
    bool distribution = str_eq(p->type, STR("deb")) || str_eq(p->type, STR("rpm")) ||
                        str_eq(p->type, STR("apk")) || str_eq(p->type, STR("bsd"));
    if (distribution && !take_distro(a, p, &e, release, err))
        return false;
    if (!e) {
        *release = (struct str){0};
        return true;
    }
    *out = e;
    return join_name(a, e, p, name, err);
}
