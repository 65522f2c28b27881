/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `affected` of the CVE List: what is meant (vendor and product, a package of a collection, CPE
 * names), and which versions of it.
 */
#include "feed/cvelist5_priv.h"

#include "identity/ecosystem.h"

#include "base/banned.h"

enum {
    A_VENDOR,
    A_PRODUCT,
    A_PACKAGE,
    A_COLLECTION,
    A_REPO,
    A_FILES,
    A_MODULES,
    A_PLATFORMS,
    A_STATUS,
    A_CPES,
    A_VERSIONS,
    A_FIELDS
};
static const struct json_field affected_fields[] = {
    [A_VENDOR] = {"vendor", JSON_ANY, false},
    [A_PRODUCT] = {"product", JSON_ANY, false},
    [A_PACKAGE] = {"packageName", JSON_ANY, false},
    [A_COLLECTION] = {"collectionURL", JSON_ANY, false},
    [A_REPO] = {"repo", JSON_ANY, false},
    [A_FILES] = {"programFiles", JSON_ANY, false},
    [A_MODULES] = {"modules", JSON_ANY, false},
    [A_PLATFORMS] = {"platforms", JSON_ANY, false},
    [A_STATUS] = {"defaultStatus", JSON_ANY, false},
    [A_CPES] = {"cpes", JSON_ANY, false},
    [A_VERSIONS] = {"versions", JSON_ANY, false},
};

static bool take_strings(const struct json *list, void *vec, const struct cve_container *c,
                         struct err *err)
{
    for (struct json_iter it = cve_elements(list, c->v); json_next(&it);) {
        struct str text = cve_text(it.value, c->v);
        if (!text.n)
            continue;
        struct str *slot = vec_push(c->a, vec, sizeof *slot);
        if (!slot)
            return err_memory(err);
        *slot = text;
    }
    return true;
}

/* ---- names ---- */

static bool is_same_name(const struct affected_name *a, const struct affected_name *b)
{
    for (size_t i = 0; i < CPE_ATTRS; i++)
        if (!str_eq(a->cpe.attr[i], b->cpe.attr[i]))
            return false;
    return str_eq(a->ecosystem, b->ecosystem);
}

static bool add_name(struct affected *e, const struct affected_name *name,
                     const struct cve_container *c, struct err *err)
{
    for (size_t i = e->names.n > CVE_LOOK_BACK ? e->names.n - CVE_LOOK_BACK : 0; i < e->names.n;
         i++)
        if (is_same_name(&e->names.v[i], name))
            return true;
    struct affected_name *slot = VEC_PUSH(c->a, &e->names);
    if (!slot)
        return err_memory(err);
    *slot = *name;
    return true;
}

/* Collections by a label of the host in their URL, and the OSV name of the ecosystem. */
static const struct {
    struct str label, ecosystem;
} collections[] = {
    {STR_INIT("npmjs"), STR_INIT("npm")},         {STR_INIT("pypi"), STR_INIT("PyPI")},
    {STR_INIT("crates"), STR_INIT("crates.io")},  {STR_INIT("maven"), STR_INIT("Maven")},
    {STR_INIT("rubygems"), STR_INIT("RubyGems")}, {STR_INIT("packagist"), STR_INIT("Packagist")},
    {STR_INIT("nuget"), STR_INIT("NuGet")},       {STR_INIT("pkg.go.dev"), STR_INIT("Go")},
};

/* The ecosystem of a collection; empty when it is none we know. */
static struct str ecosystem_of(struct str url)
{
    size_t slashes = str_find_str(url, STR("://"));
    struct str host, label, rest;
    if (slashes == STR_NPOS)
        return (struct str){0};
    (void)str_split(str_from(url, slashes + 3), '/', &host, &rest);
    for (size_t i = 0; i < sizeof collections / sizeof collections[0]; i++) {
        if (str_eq_nocase(host, collections[i].label))
            return collections[i].ecosystem;
        for (struct str left = host; left.n;) {
            (void)str_split(left, '.', &label, &left);
            if (str_eq_nocase(label, collections[i].label))
                return collections[i].ecosystem;
        }
    }
    return (struct str){0};
}

static bool add_package(struct affected *e, struct str ecosystem, const struct cve_container *c,
                        struct err *err)
{
    struct affected_name name = {.ecosystem = ecosystem};
    cpe_init(&name.cpe);
    return ecosystem_normal_name(c->a, ecosystem_find(ecosystem), e->package,
                                 &name.cpe.attr[CPE_PRODUCT], err) &&
           add_name(e, &name, c, err);
}

/* Versions stand in the list; without one, that of the CPE name is all there is. */
static bool add_cpes(struct affected *e, const struct json *cpes, bool has_versions, size_t *read,
                     const struct cve_container *c, struct err *err)
{
    for (struct json_iter it = cve_elements(cpes, c->v); json_next(&it);) {
        struct affected_name name = {0};
        struct err why = {0};
        if (!cpe_parse(c->a, json_str(it.value), &name.cpe, &why)) {
            if (why.code == ERR_MEMORY)
                return err_memory(err);
            c->v->unreadable++;
            continue;
        }
        struct str product = name.cpe.attr[CPE_PRODUCT], *version = &name.cpe.attr[CPE_VERSION];
        if (cpe_is_any(product) || cpe_has_wildcard(product) ||
            cpe_has_wildcard(name.cpe.attr[CPE_VENDOR])) {
            c->v->unreadable++;
            continue;
        }
        ++*read;
        if (has_versions || cpe_is_any(*version) || cpe_is_na(*version))
            *version = name.cpe.attr[CPE_UPDATE] = STR("*");
        if (!add_name(e, &name, c, err))
            return false;
    }
    return true;
}

static bool is_nobody(struct str text)
{
    return cve_placeholder(text) != CVE_SAYS_SOMETHING;
}

static bool is_kernel(const struct affected *e)
{
    return str_eq_nocase(e->vendor, STR("linux")) &&
           (str_eq_nocase(e->product, STR("linux")) ||
            str_eq_nocase(e->product, STR("linux_kernel")) ||
            str_eq_nocase(e->product, STR("linux kernel")));
}

/* A CPE name as it may be, from vendor and product in words. */
static bool add_weak(struct affected *e, const struct cve_container *c, struct err *err)
{
    struct affected_name name = {.weak = true};
    if (is_nobody(e->product))
        return true;
    cpe_init(&name.cpe);
    if (is_kernel(e)) {
        name.weak = false;
        name.cpe.attr[CPE_PART] = STR("o");
        name.cpe.attr[CPE_VENDOR] = STR("linux");
        name.cpe.attr[CPE_PRODUCT] = STR("linux_kernel");
        return add_name(e, &name, c, err);
    }
    if (!is_nobody(e->vendor) && !cpe_value(c->a, e->vendor, &name.cpe.attr[CPE_VENDOR], err))
        return false;
    return cpe_value(c->a, e->product, &name.cpe.attr[CPE_PRODUCT], err) &&
           add_name(e, &name, c, err);
}

/*
 * CPE names beside a package name that none of them has: those of what the package is part of ("Red
 * Hat Enterprise Linux 9" of "kernel"). The versions are the package's, so they must not be
 * compared with the product's.
 */
static bool is_part_of_cpes(const struct affected *e)
{
    if (!e->package.n)
        return false;
    for (size_t i = 0; i < e->names.n; i++)
        if (str_eq_nocase(e->names.v[i].cpe.attr[CPE_PRODUCT], e->package))
            return false;
    return true;
}

static bool take_names(struct affected *e, const struct json *cpes, bool has_versions,
                       const struct cve_container *c, struct err *err)
{
    struct str ecosystem = e->package.n ? ecosystem_of(e->collection) : (struct str){0};
    size_t read = 0;
    if (!add_cpes(e, cpes, has_versions, &read, c, err))
        return false;
    /* A registry's package is not part of the product its CPE name has: it is that product. */
    bool part = read && !ecosystem.n && is_part_of_cpes(e);
    if (part)
        e->names.n = 0;
    if (ecosystem.n && !add_package(e, ecosystem, c, err))
        return false;
    return read || add_weak(e, c, err);
}

/* ---- one entry ---- */

static bool take_entry(const struct json *j, const struct cve_container *c, struct err *err)
{
    const struct json *f[A_FIELDS];
    struct vuln *v = c->v;
    bool ok;
    if (!CVE_MEMBERS(j, affected_fields, f, &ok, v, err))
        return false;
    struct affected *e = ok ? VEC_PUSH(c->a, &v->affected) : NULL;
    if (!e)
        return !ok || err_memory(err);
    e->provider = c->provider;
    e->vendor = str_trim(cve_text(f[A_VENDOR], v));
    e->product = str_trim(cve_text(f[A_PRODUCT], v));
    e->package = str_trim(cve_text(f[A_PACKAGE], v));
    e->collection = str_trim(cve_text(f[A_COLLECTION], v));
    e->repo = cve_text(f[A_REPO], v);
    if (f[A_STATUS] && !cve_status(json_str(f[A_STATUS]), &e->fallback))
        v->unreadable++;
    if (!take_strings(f[A_FILES], &e->program_files, c, err) ||
        !take_strings(f[A_MODULES], &e->modules, c, err) ||
        !take_strings(f[A_PLATFORMS], &e->platforms, c, err))
        return false;
    if (!cve_take_versions(f[A_VERSIONS], c, e, is_kernel(e), err))
        return false;
    return take_names(e, f[A_CPES], json_count(f[A_VERSIONS]) > 0, c, err);
}

bool cve_take_affected(const struct json *list, const struct cve_container *c, struct err *err)
{
    size_t i = 0;
    for (struct json_iter it = cve_elements(list, c->v); json_next(&it); i++)
        if (!take_entry(it.value, c, err))
            return err_in_path(err, "[%zu]", i);
    return true;
}
