/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward db search: what a product is called in the database, and what is known of it. */
#include "cli/search_priv.h"

#include "base/banned.h"

#define LIMIT_SHOWN 20
/* Products that are called alike. */
#define NEAR 12
#define NAME_BYTES 256

/* ---- what is asked for ---- */

static const struct ecosystem *ecosystem_nocase(struct str name)
{
    const struct ecosystem *e;
    for (size_t i = 0; (e = ecosystem_at(i)) != NULL; i++)
        if (str_eq_nocase(e->name, name))
            return e;
    return NULL;
}

static bool ask_purl(struct arena *a, struct str text, struct asked *out, struct err *err)
{
    struct purl purl;
    if (!purl_parse(a, text, &purl, err) ||
        !purl_ecosystem(a, &purl, &out->ecosystem, &out->release, &out->name, err)) {
        err->code = err->code == ERR_INPUT ? ERR_USAGE : err->code;
        return false;
    }
    out->kind = ASKED_PACKAGE;
    out->version = purl.version;
    return out->ecosystem ||
           err_set(err, ERR_USAGE, "no advisories are known for packages \"pkg:%.*s\"",
                   STR_ARG(str_first(purl.type, 40)));
}

static bool ask_cpe(struct arena *a, struct str text, struct asked *out, struct err *err)
{
    struct cpe cpe;
    if (!cpe_parse(a, text, &cpe, err)) {
        err->code = err->code == ERR_INPUT ? ERR_USAGE : err->code;
        return false;
    }
    out->kind = ASKED_PRODUCT;
    out->vendor = cpe.attr[CPE_VENDOR];
    out->name = cpe.attr[CPE_PRODUCT];
    if (!cpe_is_any(cpe.attr[CPE_VERSION]) && !cpe_is_na(cpe.attr[CPE_VERSION]))
        out->version = cpe.attr[CPE_VERSION];
    return true;
}

/* "vendor:product", "PyPI/requests", "Debian:12/openssl", a purl, a CPE name, or a bare name. */
static bool understand(struct arena *a, struct str text, struct asked *out, struct err *err)
{
    struct str head, rest, base;
    *out = (struct asked){0};
    if (!text.n || text.n > NAME_BYTES * 4)
        return err_set(err, ERR_USAGE, "not a name of a product: \"%.*s\"",
                       STR_ARG(str_first(text, 60)));
    if (str_starts(text, STR("pkg:")))
        return ask_purl(a, text, out, err);
    if (cpe_looks_like(text))
        return ask_cpe(a, text, out, err);
    if (str_split(text, '/', &head, &rest) && rest.n) {
        (void)str_split(head, ':', &base, &out->release);
        out->ecosystem = ecosystem_nocase(base);
        if (out->ecosystem) {
            out->kind = ASKED_PACKAGE;
            return ecosystem_normal_name(a, out->ecosystem, rest, &out->name, err);
        }
    }
    out->release = (struct str){0};
    out->name = text;
    if (str_split(text, ':', &head, &rest) && rest.n) {
        out->kind = ASKED_PRODUCT;
        out->name = rest;
        if (!cpe_value(a, head, &out->vendor, err))
            return false;
    }
    return cpe_value(a, out->name, &out->name, err);
}

/* ---- products of this name ---- */

static bool add_product(struct searcher *s, const struct store_like *l, bool near, struct err *err)
{
    struct search *out = s->out;
    for (size_t i = 0; i < out->products.n; i++)
        if (out->products.v[i].id == l->id)
            return true;
    struct search_product *p = VEC_PUSH(s->arena, &out->products);
    if (!p)
        return err_memory(err);
    *p = (struct search_product){
        .vendor = l->vendor, .name = l->product, .package = l->package, .near = near, .id = l->id};
    return search_count(s, p, err);
}

static bool is_asked(const struct asked *q, const struct store_like *l)
{
    struct str base, release;
    if (q->kind == ASKED_NAME)
        return true;
    if (q->kind == ASKED_PRODUCT)
        return !l->package && (cpe_is_any(q->vendor) || str_eq(q->vendor, l->vendor));
    bool has = str_split(l->vendor, ':', &base, &release);
    return l->package && str_eq(base, q->ecosystem->name) &&
           (!q->release.n || !has || str_eq(release, q->release));
}

/* All of this very name: what was asked for, or else, in the second round, what is near it. */
static bool add_named(struct searcher *s, struct str name, bool near, size_t *n, struct err *err)
{
    struct store_products found[2] = {{0}, {0}};
    if (!store_products_named(s->store, name, s->arena, &found[0], err) ||
        !store_packages_named(s->store, name, s->arena, &found[1], err))
        return false;
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < found[k].n; i++) {
            const struct store_like l = {found[k].v[i].id, found[k].v[i].vendor, name, k == 1};
            if (is_asked(&s->asked, &l) == near)
                continue;
            if (!add_product(s, &l, near, err))
                return false;
            ++*n;
        }
    return true;
}

static bool exchanged(struct arena *a, struct str name, char from, char to, struct str *out,
                      struct err *err)
{
    char *p = arena_alloc(a, name.n + 1);
    if (!p)
        return err_memory(err);
    for (size_t i = 0; i < name.n; i++)
        p[i] = name.p[i] == from ? to : name.p[i];
    *out = str_make(p, name.n);
    return true;
}

/*
 * The name as it is; where there is none, with the other separator of words. Then, for a hint, the
 * same name of other vendors, and names that start with it.
 */
static bool find_products(struct searcher *s, struct err *err)
{
    struct store_likes likes = {0};
    struct str dashes = {0}, scores = {0};
    size_t n = 0, near = 0;
    if (!exchanged(s->arena, s->asked.name, '_', '-', &dashes, err) ||
        !exchanged(s->arena, s->asked.name, '-', '_', &scores, err) ||
        !add_named(s, s->asked.name, false, &n, err) ||
        (!n && !add_named(s, dashes, false, &n, err)) ||
        (!n && !add_named(s, scores, false, &n, err)))
        return false;
    const struct str same[] = {s->asked.name, dashes, scores};
    for (int i = 0; i < 3 && near < NEAR; i++)
        if (s->asked.kind != ASKED_NAME && !add_named(s, same[i], true, &near, err))
            return false;
    for (int i = 0; i < 3; i++)
        if ((!i || !str_eq(same[i], s->asked.name)) &&
            !store_products_like(s->store, same[i], NEAR + n, s->arena, &likes, err))
            return false;
    /* Something shorter is near only when nothing else is. */
    for (size_t cut = 1; !n && !near && !likes.n && cut < 4 && s->asked.name.n > cut + 2; cut++)
        if (!store_products_like(s->store, str_first(s->asked.name, s->asked.name.n - cut), NEAR,
                                 s->arena, &likes, err))
            return false;
    for (size_t i = 0; i < likes.n && near < NEAR; i++, near++)
        if (!add_product(s, &likes.v[i], true, err))
            return false;
    return true;
}

static size_t exact_products(const struct search *found)
{
    size_t n = 0;
    for (size_t i = 0; i < found->products.n; i++)
        n += !found->products.v[i].near;
    return n;
}

/* ---- the action ---- */

static bool as_text(const void *what, const struct report_style *style, struct buf *b,
                    struct err *err)
{
    return search_write_text(what, style, b, err);
}

static bool as_json(const void *what, struct buf *b, struct err *err)
{
    return search_write_json(what, b, err);
}

static const struct lookup_writers writers = {as_text, as_json};

static bool take_arguments(struct searcher *s, const struct args *args, bool *json, struct err *err)
{
    bool has_limit = false;
    s->limit = LIMIT_SHOWN;
    for (size_t i = 0; i < args->options.n; i++) {
        const struct option *o = &args->options.v[i];
        if (option_is(o, "output") && !lookup_take_output(o, json, err))
            return false;
        if (option_is(o, "limit") && !option_number(o, 0, UINT32_MAX, &s->limit, err))
            return false;
        has_limit |= option_is(o, "limit");
    }
    s->limit = *json && !has_limit ? 0 : s->limit;
    if (!args->operands.n || args->operands.n > 2)
        return err_set(err, ERR_USAGE, "search wants a product, and perhaps a version");
    s->out->product = str_from_c(args->operands.v[0]);
    if (!understand(s->arena, s->out->product, &s->asked, err))
        return false;
    if (args->operands.n > 1)
        s->asked.version = str_from_c(args->operands.v[1]);
    s->out->version = s->asked.version;
    if (args->operands.n > 1 && (!s->asked.version.n || s->asked.version.n > LIMIT_VERSION_BYTES))
        return err_set(err, ERR_USAGE, "not a version: \"%.*s\"",
                       STR_ARG(str_first(s->asked.version, 60)));
    return true;
}

static bool run_search(struct searcher *s, struct err *err)
{
    if (!find_products(s, err))
        return false;
    if (!exact_products(s->out))
        return true;
    return s->asked.version.n ? search_version(s, err) : search_records(s, err);
}

static int search(struct run *run, const struct args *args)
{
    struct database_info info;
    struct search found = {.database = &info};
    struct searcher s = {.arena = &run->arena, .out = &found};
    struct err err = {0};
    bool json = false;
    if (!take_arguments(&s, args, &json, &err))
        return usage_error(&command_db, &err);
    bool ok = store_open(run->database.p, &s.store, &err) &&
              store_info(s.store, &run->arena, &info, &err) && run_search(&s, &err);
    int status = ok ? lookup_write(&found, json, &writers, &err) : fail(&err, EXIT_DATABASE);
    store_close(s.store);
    if (status || exact_products(&found))
        return status;
    struct err told = {0}; /* formats it harmlessly */
    char text[1024];
    err_set(&told, ERR_INPUT, "no product or package of the database is called %.*s",
            STR_ARG(str_first(found.product, 200)));
    err_format(&told, text, sizeof text);
    note("%s", text);
    return EXIT_FINDINGS;
}

static const struct option_spec options[] = {
    DB_OPTION_FILE,
    DB_OPTION_OUTPUT,
    {0, "limit", "N", "show N records (default 20, with json all; 0: all)"},
    {'h', "help", NULL, "this text"},
    {0},
};

const struct db_action db_search = {
    .name = "search",
    .summary = "tell what is known of a product, or of one version of it",
    .usage = "vulnward db search [-d FILE] [-o text|json] [--limit N] PRODUCT [VERSION]\n"
             "PRODUCT is a name, vendor:product, ECOSYSTEM/package, a package URL or a CPE name",
    .options = options,
    .main = search,
};
