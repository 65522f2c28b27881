/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vulnward db diff: what changed between two databases. Both are walked in step by id, source and
 * part, and only records whose digests differ are read; so memory grows with the changes alone.
 */
#include "cli/diff_priv.h"
#include "store/snapshot.h"

#include "base/banned.h"

#define LIMIT_SHOWN 20
#define EPSS_UNIT 100000
#define TITLE_BYTES 160

struct diff_change *differ_add(struct differ *d, enum diff_kind kind, struct str id,
                               struct str source, struct err *err)
{
    struct diff_change *c = VEC_PUSH(d->arena, &d->out->changes);
    if (!c) {
        err_memory(err);
        return NULL;
    }
    c->kind = kind;
    d->out->counts[kind]++;
    return arena_dup(d->arena, id, &c->id, err) && arena_dup(d->arena, source, &c->source, err)
               ? c
               : NULL;
}

/* ---- records ---- */

struct side {
    struct store *store;
    struct store_walked at;
    bool more;
};

static bool step(struct side *s, struct err *err)
{
    return store_walk_next(s->store, &s->at, &s->more, err);
}

static struct diff_source *source_of(struct differ *d, struct str name)
{
    for (size_t i = 0; i < d->out->sources.n; i++)
        if (str_eq(d->out->sources.v[i].name, name))
            return &d->out->sources.v[i];
    return NULL;
}

/* A database lists all sources of its records. */
enum counter { COUNT_ADDED, COUNT_REMOVED, COUNT_CHANGED };
static void count(struct differ *d, struct str source, enum counter which)
{
    struct diff_source *s = source_of(d, source);
    if (s)
        *(which == COUNT_ADDED     ? &s->added
          : which == COUNT_REMOVED ? &s->removed
                                   : &s->changed) += 1;
}

/* An id is new once, whichever sources have it: they are listed in the one change. */
static bool add_new(struct differ *d, const struct store_walked *w, size_t *first, struct err *err)
{
    struct store_record r;
    struct diff_change *c = *first ? &d->out->changes.v[*first - 1] : NULL;
    arena_reset(&d->scratch);
    if (!store_record_load(d->after, w->record, &d->scratch, &r, err))
        return false;
    if (!c) {
        c = differ_add(d, DIFF_NEW, w->id, w->source, err);
        *first = d->out->changes.n;
        if (!c)
            return false;
        c->record = w->record;
    } else if (str_find_str(c->source, w->source) == STR_NPOS &&
               !arena_printf(d->arena, &c->source, err, "%.*s, %.*s", STR_ARG(c->source),
                             STR_ARG(w->source))) {
        return false;
    }
    if (c->cvss.version == CVSS_NONE && !differ_take_score(d, c, &r.v, err))
        return false;
    c->rank = c->cvss.version == CVSS_NONE ? (int)c->severity : (int)c->cvss.tenths + 10;
    return true;
}

static bool add_plain(struct differ *d, const struct store_walked *w, enum diff_kind kind,
                      struct err *err)
{
    return differ_add(d, kind, w->id, w->source, err);
}

static bool compare_one(struct differ *d, const struct store_walked *x,
                        const struct store_walked *y, struct err *err)
{
    struct vuln a, b;
    if (x->hash == y->hash && x->modified == y->modified)
        return true;
    arena_reset(&d->scratch);
    count(d, y->source, COUNT_CHANGED);
    return store_record_all(d->before, x->record, &d->scratch, &a, err) &&
           store_record_all(d->after, y->record, &d->scratch, &b, err) &&
           differ_compare(d, &a, &b, y->record, err);
}

static int order_of(const struct store_walked *a, const struct store_walked *b)
{
    int c = str_cmp(a->source, b->source);
    return c ? c : str_cmp(a->part, b->part);
}

/* All records of one id, of both sides. */
static bool compare_id(struct differ *d, struct side *x, struct side *y, struct str id,
                       struct err *err)
{
    bool known = x->more && str_eq(x->at.id, id), there = y->more && str_eq(y->at.id, id);
    const bool was = known, is = there;
    size_t first = 0;
    while (known || there) {
        int c = !known ? 1 : !there ? -1 : order_of(&x->at, &y->at);
        bool ok = true;
        if (c < 0) {
            count(d, x->at.source, COUNT_REMOVED);
            ok = add_plain(d, &x->at, is ? DIFF_WITHDRAWN : DIFF_REMOVED, err);
        } else if (c > 0) {
            count(d, y->at.source, COUNT_ADDED);
            ok = was ? add_plain(d, &y->at, DIFF_STATEMENT, err) : add_new(d, &y->at, &first, err);
        } else {
            ok = compare_one(d, &x->at, &y->at, err);
        }
        if (!ok || (c <= 0 && !step(x, err)) || (c >= 0 && !step(y, err)))
            return false;
        known = x->more && str_eq(x->at.id, id);
        there = y->more && str_eq(y->at.id, id);
    }
    return true;
}

static bool compare_records(struct differ *d, struct err *err)
{
    struct side x = {.store = d->before}, y = {.store = d->after};
    struct buf id = {0};
    bool ok = store_walk_first(x.store, err) && store_walk_first(y.store, err) && step(&x, err) &&
              step(&y, err);
    while (ok && (x.more || y.more)) {
        bool from_x = x.more && (!y.more || str_cmp(x.at.id, y.at.id) <= 0);
        /* The walk's own text goes with its next step. */
        buf_clear(&id);
        buf_str(&id, from_x ? x.at.id : y.at.id);
        ok = (!id.error || err_memory(err)) && compare_id(d, &x, &y, buf_view(&id), err);
    }
    buf_free(&id);
    return ok;
}

/* ---- catalogues ---- */

static bool add_kev(struct differ *d, const struct kev *k, enum diff_kind kind, struct err *err)
{
    struct diff_change *c = differ_add(d, kind, k->id, k->source, err);
    return c && arena_dup(d->arena, k->name, &c->title, err);
}

static bool same_kev(const struct kev *a, const struct kev *b)
{
    return a->added == b->added && a->due == b->due && a->ransomware == b->ransomware &&
           str_eq(a->vendor, b->vendor) && str_eq(a->product, b->product) &&
           str_eq(a->name, b->name) && str_eq(a->action, b->action) && str_eq(a->notes, b->notes);
}

static bool compare_kev(struct differ *d, struct err *err)
{
    const struct kev *a, *b;
    size_t n_a, n_b, i = 0, k = 0;
    if (!store_kev_all(d->before, &a, &n_a, err) || !store_kev_all(d->after, &b, &n_b, err))
        return false;
    while (i < n_a || k < n_b) {
        int c = i == n_a ? 1 : k == n_b ? -1 : str_cmp(a[i].id, b[k].id);
        if (c < 0 && !add_kev(d, &a[i], DIFF_KEV_LEFT, err))
            return false;
        if (c > 0 && !add_kev(d, &b[k], DIFF_KEV_ENTERED, err))
            return false;
        if (c)
            count(d, STR("kev"), c < 0 ? COUNT_REMOVED : COUNT_ADDED);
        else if (!same_kev(&a[i], &b[k]))
            count(d, STR("kev"), COUNT_CHANGED);
        i += c <= 0;
        k += c >= 0;
    }
    return true;
}

static bool add_epss(struct differ *d, const struct store_epss_value *a,
                     const struct store_epss_value *b, struct err *err)
{
    uint32_t by = a->score > b->score ? a->score - b->score : b->score - a->score;
    char id[48];
    if (by < d->out->epss_change || !by)
        return true;
    (void)snprintf(id, sizeof id, "CVE-%u-%04llu", (unsigned)(a->key >> VULN_KEY_BITS) + 1989,
                   (unsigned long long)(a->key & (((uint64_t)1 << VULN_KEY_BITS) - 1)));
    struct diff_change *c = differ_add(d, DIFF_EPSS, str_from_c(id), STR("epss"), err);
    if (!c)
        return false;
    c->rank = (int)by;
    return arena_printf(d->arena, &c->before, err, "%u.%03u %%", a->score / 1000,
                        a->score % 1000) &&
           arena_printf(d->arena, &c->after, err, "%u.%03u %%", b->score / 1000, b->score % 1000);
}

/* Only those both have: a prediction that is new says nothing of a change. */
static bool compare_epss(struct differ *d, struct err *err)
{
    struct store_epss_value a, b;
    bool more_a, more_b;
    if (!store_epss_first(d->before, err) || !store_epss_first(d->after, err) ||
        !store_epss_next(d->before, &a, &more_a, err) ||
        !store_epss_next(d->after, &b, &more_b, err))
        return false;
    while (more_a || more_b) {
        const uint64_t x = more_a ? a.key : UINT64_MAX, y = more_b ? b.key : UINT64_MAX;
        if (x == y && !add_epss(d, &a, &b, err))
            return false;
        if (x != y)
            count(d, STR("epss"), x < y ? COUNT_REMOVED : COUNT_ADDED);
        else if (a.score != b.score)
            count(d, STR("epss"), COUNT_CHANGED);
        if (x <= y && !store_epss_next(d->before, &a, &more_a, err))
            return false;
        if (y <= x && !store_epss_next(d->after, &b, &more_b, err))
            return false;
    }
    return true;
}

/* ---- the result ---- */

static bool list_sources(struct differ *d, struct err *err)
{
    const struct database_info *const both[] = {d->out->before, d->out->after};
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; k < both[i]->sources.n; k++) {
            const struct source_info *s = &both[i]->sources.v[k];
            struct diff_source *slot = source_of(d, s->name);
            if (!slot && !(slot = VEC_PUSH(d->arena, &d->out->sources)))
                return err_memory(err);
            slot->name = s->name;
            *(i ? &slot->after : &slot->before) = s->records;
        }
    return true;
}

static int compare_sources(const void *a, const void *b)
{
    return str_cmp(((const struct diff_source *)a)->name, ((const struct diff_source *)b)->name);
}

static int compare_changes(const void *x, const void *y)
{
    const struct diff_change *a = x, *b = y;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank > b->rank ? -1 : 1;
    int c = str_compare_ids(a->id, b->id);
    c = c ? c : str_cmp(a->id, b->id);
    return c ? c : str_cmp(a->source, b->source);
}

static bool load_title(struct differ *d, struct diff_change *c, struct err *err)
{
    struct vuln v;
    arena_reset(&d->scratch);
    if (!store_record_all(d->after, c->record, &d->scratch, &v, err))
        return false;
    return arena_dup(d->arena, str_first(v.title.n ? v.title : v.description, TITLE_BYTES),
                     &c->title, err);
}

/* Titles of what is shown, of a kind that has nothing else to say. */
static bool load_titles(struct differ *d, struct err *err)
{
    uint64_t shown[DIFF_KINDS] = {0};
    for (size_t i = 0; i < d->out->changes.n; i++) {
        struct diff_change *c = &d->out->changes.v[i];
        bool is_shown = !d->out->limit || shown[c->kind]++ < d->out->limit;
        bool wants = c->kind == DIFF_NEW || c->kind == DIFF_SCORE || c->kind == DIFF_REJECTED;
        if (is_shown && wants && c->record && !load_title(d, c, err))
            return false;
    }
    return true;
}

static bool compare(struct differ *d, bool titles, struct err *err)
{
    struct diff *out = d->out;
    out->kev_compared =
        lookup_has_source(out->before, STR("kev")) && lookup_has_source(out->after, STR("kev"));
    out->epss_compared =
        lookup_has_source(out->before, STR("epss")) && lookup_has_source(out->after, STR("epss"));
    bool ok = list_sources(d, err) && compare_records(d, err) &&
              (!out->kev_compared || compare_kev(d, err)) &&
              (!out->epss_compared || compare_epss(d, err));
    if (ok && out->sources.n)
        qsort(out->sources.v, out->sources.n, sizeof *out->sources.v, compare_sources);
    if (ok && out->changes.n)
        qsort(out->changes.v, out->changes.n, sizeof *out->changes.v, compare_changes);
    ok = ok && (!titles || load_titles(d, err));
    arena_free(&d->scratch);
    return ok;
}

/* ---- the action ---- */

static bool as_text(const void *what, const struct report_style *style, struct buf *b,
                    struct err *err)
{
    return diff_write_text(what, style, b, err);
}

static bool as_json(const void *what, struct buf *b, struct err *err)
{
    return diff_write_json(what, b, err);
}

static const struct lookup_writers writers = {as_text, as_json};

/* "0.1" as hundred-thousandths. */
static bool take_fraction(const struct option *o, uint32_t *out, struct err *err)
{
    struct str whole, part, text = str_from_c(o->value);
    uint64_t w = 0, p = 0;
    bool has_part = str_split(text, '.', &whole, &part);
    bool ok = str_to_u64(whole, 0, 1, &w) &&
              (!has_part || (part.n <= 5 && str_to_u64(part, 0, EPSS_UNIT, &p)));
    for (size_t i = part.n; ok && has_part && i < 5; i++)
        p *= 10;
    *out = (uint32_t)(w * EPSS_UNIT + p);
    return (ok && *out <= EPSS_UNIT) ||
           err_set(err, ERR_USAGE, "--epss-change takes a number from 0 to 1, not \"%.60s\"",
                   o->value);
}

static bool take_arguments(const struct args *args, struct diff *d, bool *json, struct err *err)
{
    for (size_t i = 0; i < args->options.n; i++) {
        const struct option *o = &args->options.v[i];
        if (option_is(o, "output") && !lookup_take_output(o, json, err))
            return false;
        if (option_is(o, "limit") && !option_number(o, 0, UINT32_MAX, &d->limit, err))
            return false;
        if (option_is(o, "epss-change") && !take_fraction(o, &d->epss_change, err))
            return false;
    }
    return args->operands.n == 2 ||
           err_set(err, ERR_USAGE, "diff wants two databases, the older one first");
}

/* A database file, or a snapshot of the database as `db snapshot` names them. */
static bool find_path(struct run *run, const char *operand, struct str *out, struct err *err)
{
    struct store_snapshot found;
    struct err no_snapshot = {0};
    *out = str_from_c(operand);
    if (io_exists(operand) || strchr(operand, '/'))
        return true;
    if (store_snapshot_find(run->database.p, *out, &run->arena, &found, &no_snapshot))
        *out = found.path;
    else if (no_snapshot.code == ERR_MEMORY)
        return err_memory(err);
    return true; /* opening it says that it is not there */
}

static int diff(struct run *run, const struct args *args)
{
    struct database_info before, after;
    struct diff found = {
        .before = &before, .after = &after, .limit = LIMIT_SHOWN, .epss_change = EPSS_UNIT / 10};
    struct differ d = {.arena = &run->arena, .out = &found};
    struct err err = {0};
    bool json = false;
    if (!take_arguments(args, &found, &json, &err))
        return usage_error(&command_db, &err);
    d.keep_other = json;
    struct str paths[2];
    bool ok = find_path(run, args->operands.v[0], &paths[0], &err) &&
              find_path(run, args->operands.v[1], &paths[1], &err) &&
              store_open(paths[0].p, &d.before, &err) && store_open(paths[1].p, &d.after, &err) &&
              store_info(d.before, &run->arena, &before, &err) &&
              store_info(d.after, &run->arena, &after, &err) && compare(&d, !json, &err);
    int status = ok ? lookup_write(&found, json, &writers, &err) : fail(&err, EXIT_DATABASE);
    store_close(d.before);
    store_close(d.after);
    return status;
}

static const struct option_spec options[] = {
    {'d', "db", "FILE", "the database whose snapshots are meant, where OLD or NEW is no file"},
    DB_OPTION_OUTPUT,
    {0, "limit", "N", "show N changes of each kind (default 20, 0: all); json has all"},
    {0, "epss-change", "N", "report EPSS scores that changed by N or more (default 0.1)"},
    {'h', "help", NULL, "this text"},
    {0},
};

const struct db_action db_diff = {
    .name = "diff",
    .summary = "tell what changed between two databases",
    .usage = "vulnward db diff [-d FILE] [-o text|json] [--limit N] [--epss-change N] OLD NEW\n"
             "OLD and NEW are database files, or snapshots (a date or a serial)",
    .options = options,
    .main = diff,
};
