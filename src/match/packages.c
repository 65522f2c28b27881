/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A component as a package of an ecosystem, as its package URL tells. Only ecosystems of which the
 * database has advisories count: of others nobody could say anything.
 */
#include "match/match_priv.h"

#include "identity/purl.h"
#include "base/banned.h"

static bool has_ecosystem(const struct store_ecosystems *known, const struct ecosystem *e)
{
    for (size_t i = 0; i < known->n; i++) {
        struct str name, release;
        (void)str_split(known->v[i].name, ':', &name, &release);
        if (str_eq(name, e->name))
            return true;
    }
    return false;
}

/* The digits behind `mark`: "9" of "3.0.7-27.el9_5", "12" of "3.0.11-1~deb12u2". */
static struct str digits_behind(struct str version, struct str mark)
{
    size_t at = str_find_str(version, mark), n = 0;
    if (at == STR_NPOS)
        return (struct str){0};
    struct str rest = str_from(version, at + mark.n);
    while (n < rest.n && char_is_digit(rest.p[n]))
        n++;
    return str_first(rest, n);
}

/* Distributions write their release into the versions of many packages. */
static struct str release_in_version(struct str version)
{
    static const struct str marks[] = {STR_INIT(".el"), STR_INIT("+deb"), STR_INIT("~deb"),
                                       STR_INIT(".fc"), STR_INIT(".mga")};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct str digits = digits_behind(version, marks[i]);
        if (digits.n)
            return digits;
    }
    return (struct str){0};
}

/*
 * The version as advisories of the ecosystem write it. "1:3.5.5-4.el9": an inventory of rpm
 * packages that leaves the epoch out does not say that it is 0.
 */
static bool take_version(struct arena *a, const struct component *c, const struct purl *purl,
                         struct ecosystem_package *p, struct err *err)
{
    struct str epoch;
    p->version = purl->version.n ? purl->version : c->version;
    if (!p->ecosystem->distribution)
        return true;
    /* What a package manager says of itself is the whole version; other lists may cut it short. */
    if (c->raw_version.n &&
        (!purl->version.n || c->scheme == VERSION_RPM || c->scheme == VERSION_DEB))
        p->version = c->raw_version;
    if (!p->release.n)
        p->release = release_in_version(p->version);
    if (!str_eq(p->ecosystem->order, STR("rpm")) || str_find(p->version, ':') != STR_NPOS)
        return true;
    if (!purl_qualifier(a, purl, STR("epoch"), &epoch, err))
        return false;
    epoch = epoch.n ? epoch : c->epoch;
    p->no_epoch = !epoch.n;
    return p->no_epoch ||
           arena_printf(a, &p->version, err, "%.*s:%.*s", STR_ARG(epoch), STR_ARG(p->version));
}

static bool add(struct arena *a, struct ecosystem_packages *out, struct ecosystem_package p,
                struct err *err)
{
    for (size_t i = 0; i < out->n; i++)
        if (out->v[i].ecosystem == p.ecosystem && str_eq(out->v[i].name, p.name) &&
            str_eq(out->v[i].version, p.version))
            return true;
    struct ecosystem_package *slot = VEC_PUSH(a, out);
    if (!slot)
        return err_memory(err);
    *slot = p;
    return true;
}

bool packages_of(const struct store_ecosystems *known, struct arena *a, const struct component *c,
                 struct ecosystem_packages *out, struct err *err)
{
    struct ecosystem_package p = {0};
    struct purl purl;
    struct err why = {0};
    if (!c->purl.n || !known->n)
        return true;
    if (!purl_parse(a, c->purl, &purl, &why)) /* the component's other names are tried */
        return why.code == ERR_MEMORY ? err_memory(err) : true;
    if (!purl_ecosystem(a, &purl, &p.ecosystem, &p.release, &p.name, err))
        return false;
    if (!p.ecosystem || !has_ecosystem(known, p.ecosystem))
        return true;
    if (!take_version(a, c, &purl, &p, err) || !add(a, out, p, err))
        return false;
    if (!p.ecosystem->distribution || !c->source.n)
        return true;
    /* Some distributions write advisories about source packages. */
    return ecosystem_normal_name(a, p.ecosystem, c->source, &p.name, err) && add(a, out, p, err);
}
