/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward db show: everything the database has of some ids, all sources side by side. */
#include "cli/lookups.h"

#include "base/banned.h"

#define ID_BYTES 128
#define NEAR 5
/* How much of an unknown id is taken away at its end to find near ones. */
#define SHORTER 4
/* Records and aliases of each that are followed to more. */
#define MOST_TWINS 64

/*
 * Ids have a prefix, a hyphen, and letters, digits and a few signs. A CVE id has a year and a
 * number: anything else is a slip of the fingers, not an id that is not known.
 */
static bool check_id(struct str id, struct err *err)
{
    bool ok =
        id.n > 3 && id.n <= ID_BYTES && char_is_alnum(id.p[0]) && str_find(id, '-') != STR_NPOS;
    for (size_t i = 0; ok && i < id.n; i++)
        ok = char_is_alnum(id.p[i]) || (id.p[i] && strchr("-_.:+~/@", id.p[i]));
    if (!ok)
        return err_set(err, ERR_USAGE, "not an id of a vulnerability: \"%.*s\"",
                       STR_ARG(str_first(id, 60)));
    if (str_starts(id, STR("CVE-")) && !vuln_key(id))
        return err_set(err, ERR_USAGE, "not a CVE id: \"%.*s\"; one looks like CVE-2024-3094",
                       STR_ARG(str_first(id, 60)));
    return true;
}

static int rank_of(struct str source)
{
    return str_eq(source, STR("nvd")) ? 0 : str_eq(source, STR("cvelist")) ? 1 : 2;
}

/* Whoever speaks of it by its own id first. */
static bool comes_before(const struct vuln *a, const struct vuln *b, struct str id)
{
    if (rank_of(a->source) != rank_of(b->source))
        return rank_of(a->source) < rank_of(b->source);
    int c = str_cmp(a->source, b->source);
    if (c)
        return c < 0;
    if (str_eq(a->id, id) != str_eq(b->id, id))
        return str_eq(a->id, id);
    c = str_compare_ids(a->id, b->id);
    c = c ? c : str_cmp(a->id, b->id);
    return c ? c < 0 : str_cmp(a->part, b->part) < 0;
}

/* Few records, and mostly in order: by insertion. */
static void sort_records(struct show_entry *e)
{
    for (size_t i = 1; i < e->records.n; i++)
        for (size_t k = i; k && comes_before(&e->records.v[k], &e->records.v[k - 1], e->id); k--) {
            struct vuln swap = e->records.v[k];
            e->records.v[k] = e->records.v[k - 1];
            e->records.v[k - 1] = swap;
        }
}

static bool add_cve(struct store *s, struct arena *a, struct show_entry *e, struct str id,
                    struct err *err)
{
    for (size_t i = 0; i < e->cves.n; i++)
        if (str_eq(e->cves.v[i].id, id))
            return true;
    struct lookup_cve *slot = VEC_PUSH(a, &e->cves);
    return slot ? lookup_known(s, a, id, slot, err) : err_memory(err);
}

/* A CVE is about itself; an advisory about the CVEs its own records name. */
static bool find_cves(struct store *s, struct arena *a, struct show_entry *e, struct err *err)
{
    bool has_own = false;
    if (vuln_key(e->id))
        return add_cve(s, a, e, e->id, err);
    for (size_t i = 0; i < e->records.n; i++)
        has_own |= str_eq(e->records.v[i].id, e->id);
    for (size_t i = 0; i < e->records.n; i++) {
        size_t at = 0;
        struct str id;
        if (has_own && !str_eq(e->records.v[i].id, e->id))
            continue;
        while (vuln_next_cve(&e->records.v[i], &at, &id))
            if (!add_cve(s, a, e, id, err))
                return false;
    }
    return true;
}

static bool add_record(struct store *s, struct arena *a, struct show_entry *e, uint32_t record,
                       struct store_ids *seen, struct err *err)
{
    for (size_t i = 0; i < seen->n; i++)
        if (seen->v[i] == record)
            return true;
    uint32_t *slot = VEC_PUSH(a, seen);
    struct vuln *v = VEC_PUSH(a, &e->records);
    if (!slot || !v)
        return err_memory(err);
    *slot = record;
    return store_record_all(s, record, a, v, err);
}

static bool is_alias(const struct vuln *v, struct str id)
{
    bool is = str_eq(v->id, id);
    for (size_t i = 0; !is && i < v->aliases.n; i++)
        is = str_eq(v->aliases.v[i], id);
    return is;
}

/*
 * An advisory that names no CVE is found by its twin that names one, as a scan finds it
 * (match/twins.c): aliases of what is about the id, when they have no CVE of their own.
 */
static bool add_twins(struct store *s, struct arena *a, struct show_entry *e,
                      struct store_ids *seen, struct err *err)
{
    for (size_t i = 0; i < e->records.n && i < MOST_TWINS; i++) {
        const struct vuln about = e->records.v[i]; /* the list grows */
        for (size_t k = 0; is_alias(&about, e->id) && k < about.aliases.n && k < MOST_TWINS; k++) {
            struct store_ids ids = {0};
            struct str alias = about.aliases.v[k];
            if (vuln_key(alias) || str_eq(alias, e->id))
                continue;
            if (!store_records_of(s, alias, a, &ids, err))
                return false;
            for (size_t n = 0; n < ids.n; n++) {
                struct store_record r;
                size_t at = 0;
                struct str cve;
                if (!store_record_load(s, ids.v[n], a, &r, err))
                    return false;
                if (is_alias(&r.v, alias) && !vuln_next_cve(&r.v, &at, &cve) &&
                    !add_record(s, a, e, ids.v[n], seen, err))
                    return false;
            }
        }
    }
    return true;
}

static bool load_entry(struct store *s, struct arena *a, struct str id, struct show_entry *e,
                       struct err *err)
{
    struct store_ids ids = {0}, seen = {0};
    *e = (struct show_entry){.id = id};
    if (!store_records_of(s, id, a, &ids, err))
        return false;
    for (size_t i = 0; i < ids.n; i++) {
        struct vuln *v = VEC_PUSH(a, &e->records);
        uint32_t *slot = VEC_PUSH(a, &seen);
        if (!v || !slot)
            return err_memory(err);
        *slot = ids.v[i];
        if (!store_record_all(s, ids.v[i], a, v, err))
            return false;
    }
    if (!add_twins(s, a, e, &seen, err))
        return false;
    sort_records(e);
    return find_cves(s, a, e, err);
}

static bool is_known(const struct show_entry *e)
{
    return e->records.n || (e->cves.n && (e->cves.v[0].kev || e->cves.v[0].epss.id.n));
}

/* "vulnward: CVE-2024-3095 is not in the database; near are ..." */
static bool tell_unknown(struct store *s, struct arena *a, struct str id, struct err *err)
{
    struct store_names near = {0};
    char list[NEAR * (ID_BYTES + 2) + 1] = "";
    for (size_t cut = 0; !near.n && cut <= SHORTER && id.n > cut + 6; cut++)
        if (!store_names_like(s, str_first(id, id.n - cut), NEAR, a, &near, err))
            return false;
    for (size_t i = 0, n = 0; i < near.n; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%.*s", i ? ", " : "",
                              STR_ARG(str_first(near.v[i], ID_BYTES)));
    struct err told = {0}; /* formats it harmlessly */
    char text[1024];
    err_set(&told, ERR_INPUT, "%.*s is not in the database%s%s", STR_ARG(id),
            near.n ? "; near: " : "", list);
    err_format(&told, text, sizeof text);
    note("%s", text);
    return true;
}

/* An id as it is typed, or as advisories write their letters. */
static bool find_entry(struct store *s, struct arena *a, struct str id, struct show_entry *e,
                       struct err *err)
{
    if (!load_entry(s, a, id, e, err) || is_known(e))
        return is_known(e) || err->code == ERR_NONE;
    char *p = arena_alloc(a, id.n + 1);
    if (!p)
        return err_memory(err);
    for (size_t i = 0; i < id.n; i++)
        p[i] = id.p[i] >= 'a' && id.p[i] <= 'z' ? (char)(id.p[i] - 32) : id.p[i];
    return str_eq(str_make(p, id.n), id) || load_entry(s, a, str_make(p, id.n), e, err);
}

static bool collect(struct store *s, struct arena *a, const struct args *args, struct show *out,
                    struct err *err)
{
    for (size_t i = 0; i < args->operands.n; i++) {
        struct show_entry e;
        struct str id;
        if (!lookup_normal_id(a, str_from_c(args->operands.v[i]), &id, err) ||
            !find_entry(s, a, id, &e, err))
            return false;
        if (is_known(&e)) {
            struct show_entry *slot = VEC_PUSH(a, &out->entries);
            if (!slot)
                return err_memory(err);
            *slot = e;
            continue;
        }
        struct str *slot = VEC_PUSH(a, &out->unknown);
        if (!slot)
            return err_memory(err);
        *slot = id;
        if (!tell_unknown(s, a, id, err))
            return false;
    }
    return true;
}

static bool as_text(const void *what, const struct report_style *style, struct buf *b,
                    struct err *err)
{
    return show_write_text(what, style, b, err);
}

static bool as_json(const void *what, struct buf *b, struct err *err)
{
    return show_write_json(what, b, err);
}

static const struct lookup_writers writers = {as_text, as_json};

static bool take_arguments(struct arena *a, const struct args *args, bool *json, struct err *err)
{
    for (size_t i = 0; i < args->options.n; i++)
        if (option_is(&args->options.v[i], "output") &&
            !lookup_take_output(&args->options.v[i], json, err))
            return false;
    if (!args->operands.n)
        return err_set(err, ERR_USAGE, "wanted at least one id, such as CVE-2024-3094");
    for (size_t i = 0; i < args->operands.n; i++) {
        struct str id;
        if (!lookup_normal_id(a, str_from_c(args->operands.v[i]), &id, err) || !check_id(id, err))
            return false;
    }
    return true;
}

static int show(struct run *run, const struct args *args)
{
    struct store *s = NULL;
    struct database_info info;
    struct show found = {.database = &info};
    struct err err = {0};
    bool json = false;
    int status;
    if (!take_arguments(&run->arena, args, &json, &err))
        return usage_error(&command_db, &err);
    bool ok = store_open(run->database.p, &s, &err) && store_info(s, &run->arena, &info, &err) &&
              collect(s, &run->arena, args, &found, &err);
    status = !ok                       ? fail(&err, EXIT_DATABASE)
             : json || found.entries.n ? lookup_write(&found, json, &writers, &err)
                                       : EXIT_PASSED;
    store_close(s);
    return status ? status : found.unknown.n ? EXIT_FINDINGS : EXIT_PASSED;
}

static const struct option_spec options[] = {
    DB_OPTION_FILE,
    DB_OPTION_OUTPUT,
    {'h', "help", NULL, "this text"},
    {0},
};

const struct db_action db_show = {
    .name = "show",
    .summary = "tell all that is known of a vulnerability",
    .usage = "vulnward db show [-d FILE] [-o text|json] ID...",
    .options = options,
    .main = show,
};
