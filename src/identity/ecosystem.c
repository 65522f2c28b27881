/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ecosystems of the OSV schema (1.7, section "Defined ecosystems", and the four its list has
 * got since). `order` says "semver" only where the schema or the registry demands SemVer:
 *   - Pub orders build metadata (SemVer 2.0.0-rc.1), GitHub Actions take any tag;
 *   - Root, TuxCare and Docker Hardened Images hold packages of several distributions;
 *   - FreeBSD, opam and the others without have orders of their own.
 */
#include "identity/ecosystem.h"

#include "base/banned.h"

#define PLAIN(name, type, order)                                                                   \
    {                                                                                              \
        STR_INIT(name), STR_INIT(type), STR_INIT(""), STR_INIT(order), false                       \
    }
#define DISTRO(name, type, space, order)                                                           \
    {                                                                                              \
        STR_INIT(name), STR_INIT(type), STR_INIT(space), STR_INIT(order), true                     \
    }

/* In the order of the schema's list: by name, without case. */
static const struct ecosystem table[] = {
    DISTRO("AlmaLinux", "rpm", "almalinux", "rpm"),
    DISTRO("Alpaquita", "apk", "alpaquita", ""),
    DISTRO("Alpine", "apk", "alpine", ""),
    PLAIN("Android", "", ""),
    DISTRO("Azure Linux", "rpm", "azure-linux", "rpm"),
    DISTRO("BellSoft Hardened Containers", "apk", "bellsoft-hardened-containers", ""),
    PLAIN("Bioconductor", "", ""),
    PLAIN("Bitnami", "bitnami", "semver"),
    DISTRO("Chainguard", "apk", "chainguard", ""),
    DISTRO("CleanStart", "", "", ""),
    PLAIN("ConanCenter", "conan", ""),
    PLAIN("CRAN", "cran", ""),
    PLAIN("crates.io", "cargo", "semver"),
    DISTRO("Debian", "deb", "debian", "deb"),
    DISTRO("Docker Hardened Images", "dhi", "", ""),
    DISTRO("Echo", "deb", "echo", "deb"),
    DISTRO("FreeBSD", "bsd", "freebsd", ""),
    PLAIN("GHC", "", ""),
    PLAIN("GitHub Actions", "githubactions", ""),
    PLAIN("Go", "golang", "semver"),
    PLAIN("Hackage", "hackage", ""),
    PLAIN("Hex", "hex", "semver"),
    PLAIN("Homebrew", "brew", ""),
    PLAIN("Julia", "julia", "semver"),
    PLAIN("Kubernetes", "", "semver"),
    PLAIN("Linux", "", "kernel"),
    DISTRO("Mageia", "rpm", "mageia", "rpm"),
    PLAIN("Maven", "maven", ""),
    DISTRO("MinimOS", "apk", "minimos", ""),
    PLAIN("npm", "npm", "semver"),
    PLAIN("NuGet", "nuget", ""),
    PLAIN("opam", "opam", ""),
    DISTRO("openEuler", "rpm", "openeuler", "rpm"),
    DISTRO("openSUSE", "rpm", "opensuse", "rpm"),
    PLAIN("OSS-Fuzz", "", ""), /* its names are project names, not those of pkg:generic */
    PLAIN("Packagist", "composer", ""),
    DISTRO("Photon OS", "rpm", "photon", "rpm"),
    PLAIN("Pub", "pub", ""),
    PLAIN("PyPI", "pypi", ""),
    DISTRO("Red Hat", "rpm", "redhat", "rpm"),
    PLAIN("Red Hat Lightwell", "", ""),
    DISTRO("Rocky Linux", "rpm", "rocky-linux", "rpm"),
    DISTRO("Root", "", "", ""),
    PLAIN("RubyGems", "gem", ""),
    DISTRO("SUSE", "rpm", "suse", "rpm"),
    PLAIN("SwiftURL", "swift", "semver"),
    DISTRO("TuxCare", "", "", ""),
    DISTRO("Ubuntu", "deb", "ubuntu", "deb"),
    PLAIN("vcpkg", "vcpkg", ""),
    PLAIN("VSCode", "vscode-extension", "semver"),
    DISTRO("Wolfi", "apk", "wolfi", ""),
    PLAIN("WordPress", "", ""),
};
#define ECOSYSTEMS (sizeof table / sizeof table[0])

const struct ecosystem *ecosystem_find(struct str name)
{
    struct str base, release;
    str_split(name, ':', &base, &release);
    for (size_t i = 0; i < ECOSYSTEMS; i++)
        if (str_eq(table[i].name, base))
            return &table[i];
    return NULL;
}

const struct ecosystem *ecosystem_at(size_t i)
{
    return i < ECOSYSTEMS ? &table[i] : NULL;
}

/* PEP 503: runs of `-`, `_` and `.` are one `-`; of crates.io each `-` is a `_`. */
static void fold_separators(char *p, struct str *s, bool runs)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        bool separator = p[i] == '-' || p[i] == '_' || (runs && p[i] == '.');
        if (separator && runs && n && p[n - 1] == '-')
            continue;
        p[n++] = !separator ? p[i] : runs ? '-' : '_';
    }
    s->n = n;
}

/* A Git URL (SwiftURL) without its scheme and ".git"; what is left has none of them. */
static struct str without_scheme(struct str url)
{
    size_t at;
    while ((at = str_find_str(url, STR("://"))) != STR_NPOS)
        url = str_from(url, at + 3);
    while (str_ends(url, STR("/")) || str_ends(url, STR(".git")))
        url.n -= str_ends(url, STR("/")) ? 1 : 4;
    return url;
}

/*
 * Where case tells packages apart: Maven, RubyGems, CRAN, Hackage, Julia, RPM. For npm it did once,
 * for Go it does, but a package URL has both in lower case: better two packages taken for one than
 * one that is never found.
 */
static bool folds_case(const struct ecosystem *e)
{
    static const struct str types[] = {
        STR_INIT("apk"),
        STR_INIT("bitnami"),
        STR_INIT("bsd"),
        STR_INIT("cargo"),
        STR_INIT("composer"),
        STR_INIT("conan"),
        STR_INIT("deb"),
        STR_INIT("githubactions"),
        STR_INIT("golang"),
        STR_INIT("hex"),
        STR_INIT("npm"),
        STR_INIT("nuget"),
        STR_INIT("pub"),
        STR_INIT("pypi"),
        STR_INIT("swift"),
        STR_INIT("vcpkg"),
        STR_INIT("vscode-extension"),
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (str_eq(e->purl_type, types[i]))
            return true;
    return false;
}

bool ecosystem_normal_name(struct arena *a, const struct ecosystem *e, struct str name,
                           struct str *out, struct err *err)
{
    if (!e || !folds_case(e))
        return arena_dup(a, name, out, err);
    if (str_eq(e->purl_type, STR("swift")))
        name = without_scheme(name);
    char *p = arena_alloc(a, name.n + 1);
    if (!p)
        return err_memory(err);
    for (size_t i = 0; i < name.n; i++)
        p[i] = char_lower(name.p[i]);
    *out = str_make(p, name.n);
    bool pypi = str_eq(e->purl_type, STR("pypi"));
    if (pypi || str_eq(e->purl_type, STR("cargo")))
        fold_separators(p, out, pypi);
    return true;
}
