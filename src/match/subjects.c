/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From components to subjects: what each package is, and which packages are one thing. The rules
 * are tried in this order, and the first that says anything decides:
 *
 *   cpe    the inventory states CPE names
 *   purl   its package URL is in an ecosystem of which the database has advisories; the rules below
 *          are tried too, but for the last, because the NVD may know it as well
 *   table  data/products.tsv has the package name, the name without a packaging suffix, the source
 *          package or recipe
 *   name   some product of the database has the name of the source, or of the package, with any
 * vendor none   nobody knows: listed as not identified
 */
#include "match/match_priv.h"

#include "identity/products.h"
#include "base/banned.h"

/* Endings that build systems add for parts of a package. */
static const struct str suffixes[] = {
    STR_INIT("-lic"),         STR_INIT("-dev"),   STR_INIT("-dbg"),
    STR_INIT("-dbgsym"),      STR_INIT("-doc"),   STR_INIT("-src"),
    STR_INIT("-staticdev"),   STR_INIT("-ptest"), STR_INIT("-bash-completion"),
    STR_INIT("-lang"),        STR_INIT("-devel"), STR_INIT("-debuginfo"),
    STR_INIT("-debugsource"),
};

static struct str without_suffix(struct str name)
{
    struct str locale = STR("-locale-");
    size_t at = str_find_str(name, locale);
    if (at != STR_NPOS && at > 0)
        return str_first(name, at);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (str_ends(name, suffixes[i]) && name.n > suffixes[i].n)
            return str_first(name, name.n - suffixes[i].n);
    return name;
}

/* "libfoo1", "libfoo-1.0-2": the name without the version of the library's interface. */
static struct str without_soversion(struct str name)
{
    size_t n = name.n;
    if (!str_starts(name, STR("lib")))
        return name;
    while (n > 4 && (char_is_digit(name.p[n - 1]) || strchr(".-", name.p[n - 1])))
        n--;
    return str_first(name, n);
}

/* Packages of a language whose NVD entries carry its target_sw. */
static struct str ecosystem_of(struct str name)
{
    static const struct {
        struct str prefix, ecosystem;
    } languages[] = {
        {STR_INIT("python3-"), STR_INIT("python")}, {STR_INIT("python-"), STR_INIT("python")},
        {STR_INIT("node-"), STR_INIT("node.js")},   {STR_INIT("nodejs-"), STR_INIT("node.js")},
        {STR_INIT("ruby-"), STR_INIT("ruby")},      {STR_INIT("rubygem-"), STR_INIT("ruby")},
        {STR_INIT("perl-"), STR_INIT("perl")},      {STR_INIT("php-"), STR_INIT("php")},
        {STR_INIT("golang-"), STR_INIT("go")},      {STR_INIT("rust-"), STR_INIT("rust")},
    };
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++)
        if (str_starts(name, languages[i].prefix))
            return languages[i].ecosystem;
    if (str_starts(name, STR("lib")) && str_ends(name, STR("-perl")))
        return STR("perl");
    return (struct str){0};
}

struct identity {
    VEC(struct str) products;
    struct ecosystem_packages packages;
    enum identified_by by;
    struct str why;
    struct str version; /* of the product: the source's where that differs from the package's */
    bool no_product;
};

static bool add_product(struct arena *a, struct identity *id, struct str vendor, struct str product,
                        struct err *err)
{
    struct str text;
    if (!arena_printf(a, &text, err, "%.*s:%.*s", STR_ARG(vendor), STR_ARG(product)))
        return false;
    for (size_t i = 0; i < id->products.n; i++)
        if (str_eq(id->products.v[i], text))
            return true;
    struct str *slot = VEC_PUSH(a, &id->products);
    if (!slot)
        return err_memory(err);
    *slot = text;
    return true;
}

static bool by_cpe(struct arena *a, const struct component *c, struct identity *id, struct err *err)
{
    for (size_t i = 0; i < c->cpes.n; i++) {
        struct cpe cpe;
        struct err ignored = {0}; /* readers have listed names that can not be parsed */
        if (!cpe_parse(a, c->cpes.v[i], &cpe, &ignored)) {
            if (ignored.code == ERR_MEMORY)
                return err_memory(err);
            continue;
        }
        if (cpe_is_any(cpe.attr[CPE_PRODUCT]))
            continue;
        if (!add_product(a, id, cpe.attr[CPE_VENDOR], cpe.attr[CPE_PRODUCT], err))
            return false;
        id->by = IDENTIFIED_CPE;
        id->why = STR("CPE stated by the inventory");
    }
    return true;
}

static bool by_table(struct arena *a, const struct component *c, struct identity *id,
                     struct err *err)
{
    struct str short_name = without_suffix(c->name), short_source = without_suffix(c->source);
    const struct {
        struct str name;
        const char *what;
    } tries[] = {{c->name, "package"},
                 {short_name, "package"},
                 {c->source, "source package"},
                 {short_source, "source package"}};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        const struct product_row *row = tries[i].name.n ? products_find(tries[i].name) : NULL;
        if (!row)
            continue;
        if (products_is_unlisted(row))
            return true;
        struct str list = row->products, vendor, product;
        id->no_product = products_is_none(row);
        id->by = IDENTIFIED_TABLE;
        if (!arena_printf(a, &id->why, err, "products table: %s %.*s%s%.*s", tries[i].what,
                          STR_ARG(row->pattern), row->note.n ? ", " : "", STR_ARG(row->note)))
            return false;
        while (!id->no_product && products_next(&list, &vendor, &product))
            if (!add_product(a, id, vendor, product, err))
                return false;
        return true;
    }
    return true;
}

static bool is_a_product(struct store *s, struct arena *a, struct str name, bool *yes,
                         struct err *err)
{
    struct store_products found = {0};
    *yes = false;
    if (!store_products_named(s, name, a, &found, err))
        return false;
    *yes = found.n > 0;
    return true;
}

/* The names under which the NVD may list a package: as it is, with the other word separator,
 * without soversion. */
static bool by_name(struct store *s, struct arena *a, const struct component *c,
                    struct identity *id, struct err *err)
{
    struct str name = without_suffix(c->name);
    const struct str tries[] = {c->source, name, without_soversion(name)};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        struct str value;
        if (!tries[i].n)
            continue;
        if (!cpe_value(a, tries[i], &value, err))
            return false;
        for (int separator = 0; separator < 2; separator++) {
            bool yes;
            if (separator) {
                char *p = arena_alloc(a, value.n);
                if (!p)
                    return err_memory(err);
                for (size_t k = 0; k < value.n; k++)
                    p[k] = value.p[k] == '-' ? '_' : value.p[k] == '_' ? '-' : value.p[k];
                value.p = p;
            }
            if (!is_a_product(s, a, value, &yes, err))
                return false;
            if (!yes)
                continue;
            id->by = IDENTIFIED_NAME;
            id->why = i == 0 ? STR("name of the source package, any vendor")
                             : STR("name of the package, any vendor");
            return add_product(a, id, STR("*"), value, err);
        }
    }
    return true;
}

/* A project the table knows without a product: nothing to match, and not "not identified". */
static void by_unlisted(const struct component *c, struct identity *id)
{
    const struct product_row *row = products_find(c->name);
    if (!row)
        row = products_find(without_suffix(c->name));
    if (!row && c->source.n)
        row = products_find(c->source);
    if (!row || !products_is_unlisted(row))
        return;
    id->by = IDENTIFIED_TABLE;
    id->no_product = true;
    id->why = STR("products table: no product in the NVD so far");
}

static bool identify(struct store *s, const struct store_ecosystems *ecosystems, struct arena *a,
                     const struct component *c, struct identity *id, struct err *err)
{
    *id = (struct identity){
        .by = IDENTIFIED_NONE, .why = STR("no product of this name"), .version = c->version};
    if (!packages_of(ecosystems, a, c, &id->packages, err) || !by_cpe(a, c, id, err))
        return false;
    if (id->by == IDENTIFIED_NONE && !by_table(a, c, id, err))
        return false;
    if (id->packages.n && (id->by == IDENTIFIED_NONE || id->no_product)) {
        id->by = IDENTIFIED_PURL;
        id->no_product = false;
        id->why = STR("package URL");
    }
    if (id->by == IDENTIFIED_NONE && !by_name(s, a, c, id, err))
        return false;
    if (id->by == IDENTIFIED_NONE)
        by_unlisted(c, id);
    /* A binary package may have a version of its own; products are versioned as their source is. */
    if (id->by != IDENTIFIED_CPE && c->source_version.n)
        id->version = c->source_version;
    return true;
}

static bool has_digit(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (char_is_digit(s.p[i]))
            return true;
    return false;
}

static struct str product_part(struct str both)
{
    return str_from(both, str_find(both, ':') + 1);
}

/*
 * What makes packages one subject: the same inventory, products and version. Packages without
 * products go together only when their names without suffix are the same. The key is in `room`.
 */
static bool subject_key(struct buf *room, size_t inventory, const struct component *c,
                        const struct identity *id, struct err *err)
{
    buf_clear(room);
    buf_u64(room, inventory);
    buf_char(room, ' ');
    buf_char(room, (char)('0' + (int)id->by));
    buf_str(room, id->version);
    for (size_t i = 0; i < id->products.n; i++) {
        buf_char(room, ' ');
        buf_str(room, id->products.v[i]);
    }
    if (!id->products.n) {
        buf_char(room, '/');
        buf_str(room, c->source.n ? c->source : without_suffix(c->name));
    }
    return !room->error || err_memory(err);
}

static bool new_subject(struct arena *a, struct report *r, size_t inventory,
                        const struct component *c, const struct identity *id, struct err *err)
{
    struct subject *s = VEC_PUSH(a, &r->subjects);
    if (!s)
        return err_memory(err);
    *s = (struct subject){.version = id->version,
                          .inventory = (uint32_t)inventory,
                          .identified_by = id->by,
                          .identified_why = id->why,
                          .no_product = id->no_product,
                          .ecosystem = ecosystem_of(c->name)};
    s->products.v = id->products.v;
    s->products.n = s->products.cap = id->products.n;
    s->uncomparable = id->products.n && !has_digit(id->version);
    return true;
}

/* The recipe when all packages state the same; else the product; else the package without suffix.
 */
static void name_subject(const struct inventory *inv, struct subject *s)
{
    const struct component *first = &inv->components.v[s->packages.v[0]];
    struct str source = first->source;
    for (size_t i = 1; i < s->packages.n; i++)
        if (!str_eq(inv->components.v[s->packages.v[i]].source, source))
            source = (struct str){0};
    s->name = source.n        ? source
              : s->products.n ? product_part(s->products.v[0])
                              : without_suffix(first->name);
}

static int by_name_and_version(const void *a, const void *b)
{
    const struct subject *x = a, *y = b;
    if (x->inventory != y->inventory)
        return x->inventory < y->inventory ? -1 : 1;
    int c = str_cmp(x->name, y->name);
    if (!c)
        c = version_compare(VERSION_GENERIC, x->version, y->version);
    if (!c)
        c = str_cmp(x->version, y->version);
    /* What is left is told apart by what it contains, which is in input order. */
    return c ? c : x->packages.v[0] < y->packages.v[0] ? -1 : x->packages.v[0] > y->packages.v[0];
}

static bool make_refs(struct arena *a, struct report *r, struct err *err)
{
    struct map seen = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < r->subjects.n; i++) {
        struct subject *s = &r->subjects.v[i];
        uint64_t times = 0;
        struct str base;
        ok = arena_printf(a, &base, err, "%.*s@%.*s", STR_ARG(s->name), STR_ARG(s->version));
        s->ref = base;
        if (ok && map_get(&seen, base, &times))
            ok = arena_printf(a, &s->ref, err, "%.*s#%llu", STR_ARG(base),
                              (unsigned long long)times + 1);
        ok = ok && map_put(&seen, base, times + 1, err);
    }
    map_free(&seen);
    return ok;
}

/* The subject's packages of ecosystems, each once. */
static bool add_packages(struct arena *a, struct subject *s, const struct ecosystem_packages *more,
                         struct err *err)
{
    for (size_t i = 0; i < more->n; i++) {
        bool there = false;
        for (size_t k = 0; k < s->in_ecosystem.n; k++)
            there |= s->in_ecosystem.v[k].ecosystem == more->v[i].ecosystem &&
                     str_eq(s->in_ecosystem.v[k].name, more->v[i].name) &&
                     str_eq(s->in_ecosystem.v[k].version, more->v[i].version);
        struct ecosystem_package *slot = there ? NULL : VEC_PUSH(a, &s->in_ecosystem);
        if (!slot && !there)
            return err_memory(err);
        if (slot)
            *slot = more->v[i];
    }
    return true;
}

/* Puts component `k` of inventory `i` into its subject, a new one when it is the first. */
static bool group_one(struct store *s, const struct store_ecosystems *ecosystems, struct arena *a,
                      struct report *r, struct map *groups, struct buf *room, size_t i, size_t k,
                      struct err *err)
{
    const struct component *c = &r->inventories.v[i].components.v[k];
    struct identity id;
    struct str key;
    uint64_t at = r->subjects.n;
    if (!identify(s, ecosystems, a, c, &id, err) || !subject_key(room, i, c, &id, err))
        return false;
    if (!map_get(groups, buf_view(room), &at) &&
        (!arena_dup(a, buf_view(room), &key, err) || !new_subject(a, r, i, c, &id, err) ||
         !map_put(groups, key, at, err)))
        return false;
    uint32_t *slot = VEC_PUSH(a, &r->subjects.v[at].packages);
    if (!slot)
        return err_memory(err);
    *slot = (uint32_t)k;
    return add_packages(a, &r->subjects.v[at], &id.packages, err);
}

static bool group(struct store *s, struct arena *a, struct report *r, struct map *groups,
                  struct err *err)
{
    struct store_ecosystems ecosystems = {0};
    struct buf room = {0};
    bool ok = true;
    if (!store_ecosystems(s, a, &ecosystems, err))
        return false;
    for (size_t i = 0; i < r->inventories.n; i++)
        for (size_t k = 0; ok && k < r->inventories.v[i].components.n; k++)
            ok = group_one(s, &ecosystems, a, r, groups, &room, i, k, err);
    buf_free(&room);
    return ok;
}

bool subjects_make(struct store *s, struct arena *a, struct report *r, struct err *err)
{
    struct map groups = {0};
    bool ok = group(s, a, r, &groups, err);
    map_free(&groups);
    if (!ok)
        return false;
    for (size_t i = 0; i < r->subjects.n; i++)
        name_subject(&r->inventories.v[r->subjects.v[i].inventory], &r->subjects.v[i]);
    if (r->subjects.n)
        qsort(r->subjects.v, r->subjects.n, sizeof *r->subjects.v, by_name_and_version);
    return make_refs(a, r, err);
}
