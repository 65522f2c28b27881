/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything the database has of some ids, for programs: schema "vulnward.show/1",
 * docs/formats/show-json.md and tests/schemas/show-1.schema.json. Nothing is cut. Fields may be
 * added, never renamed.
 */
#include "base/date.h"
#include "model/range_text.h"
#include "report/lookup_page_priv.h"

#include "base/banned.h"

void lookup_json_head(struct json_writer *w, const char *schema)
{
    json_open_object(w, NULL);
    json_add_c(w, "schema", schema);
    json_open_flat_object(w, "tool");
    json_add_c(w, "name", "vulnward");
    json_add_c(w, "version", VULNWARD_VERSION);
    json_close_object(w);
}

void lookup_json_database(struct json_writer *w, const char *key, const struct database_info *d)
{
    json_open_object(w, key);
    json_add_str(w, "path", d->path);
    json_add_date(w, "built", d->built);
    json_add_str(w, "sha256", d->sha256);
    json_add_u64(w, "records", d->records);
    json_open_flat_array(w, "sources");
    for (size_t i = 0; i < d->sources.n; i++)
        json_add_str(w, NULL, d->sources.v[i].name);
    json_close_array(w);
    json_close_object(w);
}

void lookup_json_strings(struct json_writer *w, const char *key, const struct str *v, size_t n)
{
    json_open_flat_array(w, key);
    for (size_t i = 0; i < n; i++)
        json_add_str(w, NULL, v[i]);
    json_close_array(w);
}

static void write_kev(struct json_writer *w, const char *key, const struct kev *k)
{
    json_open_object(w, key);
    json_add_str(w, "source", k->source);
    json_add_date(w, "added", k->added);
    json_add_date(w, "due", k->due);
    json_add_bool(w, "ransomware", k->ransomware);
    json_add_str(w, "vendor", k->vendor);
    json_add_str(w, "product", k->product);
    json_add_str(w, "name", k->name);
    json_add_str(w, "action", k->action);
    json_add_str(w, "notes", k->notes);
    json_close_object(w);
}

void lookup_json_known(struct json_writer *w, const struct lookup_cve *c)
{
    if (c->kev)
        write_kev(w, "kev", c->kev);
    else
        json_add_null(w, "kev");
    if (!c->epss.id.n) {
        json_add_null(w, "epss");
        return;
    }
    json_open_flat_object(w, "epss");
    json_add_fixed(w, "score", c->epss.score, 5);
    json_add_fixed(w, "percentile", c->epss.percentile, 5);
    json_close_object(w);
}

void lookup_json_cvss(struct json_writer *w, const char *key, const struct cvss *c)
{
    json_open_flat_object(w, key);
    json_add_c(w, "version", cvss_version_name(c->version));
    json_add_tenths(w, "score", c->tenths);
    json_add_c(w, "severity", severity_name(severity_of(c->version, c->tenths)));
    json_add_str(w, "vector", c->vector);
    json_add_str(w, "source", c->source);
    json_add_bool(w, "primary", c->primary);
    json_close_object(w);
}

/* A name or a range as text, through the scratch buffer. */
static void add_text(struct json_writer *w, const char *key, struct buf *text)
{
    json_add_str(w, key, buf_view(text));
    buf_clear(text);
}

static void write_names(struct json_writer *w, const struct affected *a, struct buf *text)
{
    json_open_array(w, "names");
    for (size_t i = 0; i < a->names.n; i++) {
        const struct affected_name *n = &a->names.v[i];
        json_open_flat_object(w, NULL);
        json_add_str(w, "ecosystem", n->ecosystem);
        json_add_str(w, "package", n->ecosystem.n ? n->cpe.attr[CPE_PRODUCT] : STR(""));
        if (!n->ecosystem.n)
            cpe_write(text, &n->cpe);
        add_text(w, "cpe", text);
        json_add_bool(w, "weak", n->weak);
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_ranges(struct json_writer *w, const struct affected *a, struct buf *text)
{
    static const char *const orders[] = {
        [RANGE_ORDERED] = "ordered", [RANGE_EXACT] = "exact", [RANGE_COMMITS] = "commits"};
    _Static_assert(sizeof orders / sizeof orders[0] == RANGE_ORDERS, "a name per order");
    json_open_array(w, "ranges");
    for (size_t i = 0; i < a->ranges.n; i++) {
        const struct version_range *r = &a->ranges.v[i];
        json_open_flat_object(w, NULL);
        json_add_c(w, "status", affected_status_name(r->status));
        json_add_c(w, "order", orders[r->order]);
        json_add_c(w, "scheme", version_order(r->scheme)->name);
        json_add_bool(w, "single", r->single);
        json_add_str(w, "from", r->from);
        json_add_str(w, "to", r->to);
        json_add_bool(w, "to_including", r->to_including);
        version_range_text(r, text);
        add_text(w, "range", text);
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_affected(struct json_writer *w, const struct vuln *v, struct buf *text)
{
    json_open_array(w, "affected");
    for (size_t i = 0; i < v->affected.n; i++) {
        const struct affected *a = &v->affected.v[i];
        json_open_object(w, NULL);
        json_add_str(w, "provider", a->provider);
        json_add_str(w, "vendor", a->vendor);
        json_add_str(w, "product", a->product);
        json_add_str(w, "package", a->package);
        json_add_str(w, "collection", a->collection);
        json_add_str(w, "repo", a->repo);
        json_add_str(w, "purl", a->purl);
        write_names(w, a, text);
        json_add_c(w, "fallback", affected_status_name(a->fallback));
        write_ranges(w, a, text);
        lookup_json_strings(w, "program_files", a->program_files.v, a->program_files.n);
        lookup_json_strings(w, "modules", a->modules.v, a->modules.n);
        lookup_json_strings(w, "platforms", a->platforms.v, a->platforms.n);
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_criterion(struct json_writer *w, const struct criterion *c, struct buf *text)
{
    json_open_flat_object(w, NULL);
    cpe_write(text, &c->cpe);
    add_text(w, "cpe", text);
    json_add_bool(w, "vulnerable", c->vulnerable);
    json_add_str(w, "start_including", c->start_including);
    json_add_str(w, "start_excluding", c->start_excluding);
    json_add_str(w, "end_including", c->end_including);
    json_add_str(w, "end_excluding", c->end_excluding);
    criterion_range(c, text);
    add_text(w, "range", text);
    json_close_object(w);
}

/* Nodes in preorder, each with the place of its parent: as deep as they like, this stays flat. */
static void write_nodes(struct json_writer *w, const struct vuln *v, struct buf *text)
{
    json_open_array(w, "nodes");
    for (size_t i = 0; i < v->nodes.n; i++) {
        const struct node *n = &v->nodes.v[i];
        json_open_object(w, NULL);
        json_add_c(w, "operator", n->and_ ? "AND" : "OR");
        json_add_bool(w, "negate", n->negate);
        json_add_bool(w, "lossy", n->lossy);
        if (n->parent == NODE_NO_PARENT)
            json_add_null(w, "parent");
        else
            json_add_u64(w, "parent", n->parent);
        json_open_array(w, "criteria");
        for (size_t k = n->first; k < (size_t)n->first + n->count && k < v->criteria.n; k++)
            write_criterion(w, &v->criteria.v[k], text);
        json_close_array(w);
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_opinions(struct json_writer *w, const struct vuln *v)
{
    json_open_array(w, "cvss");
    for (size_t i = 0; i < v->cvss.n; i++)
        lookup_json_cvss(w, NULL, &v->cvss.v[i]);
    json_close_array(w);
    json_add_c(w, "stated_severity", severity_name(v->stated_severity));
    lookup_json_strings(w, "cwes", v->cwes.v, v->cwes.n);
    if (v->ssvc.source.n) {
        json_open_flat_object(w, "ssvc");
        json_add_str(w, "exploitation", v->ssvc.exploitation);
        json_add_str(w, "automatable", v->ssvc.automatable);
        json_add_str(w, "technical_impact", v->ssvc.technical_impact);
        json_add_str(w, "source", v->ssvc.source);
        json_close_object(w);
    } else {
        json_add_null(w, "ssvc");
    }
    json_open_array(w, "kev");
    for (size_t i = 0; i < v->kev.n; i++)
        write_kev(w, NULL, &v->kev.v[i]);
    json_close_array(w);
}

static void write_source(struct json_writer *w, const struct vuln *v, struct buf *text)
{
    json_open_object(w, NULL);
    json_add_str(w, "source", v->source);
    json_add_str(w, "part", v->part);
    json_add_str(w, "id", v->id);
    lookup_json_strings(w, "aliases", v->aliases.v, v->aliases.n);
    lookup_json_strings(w, "upstream", v->upstream.v, v->upstream.n);
    lookup_json_strings(w, "related", v->related.v, v->related.n);
    json_add_date(w, "published", v->published);
    json_add_date(w, "modified", v->modified);
    json_add_bool(w, "rejected", v->rejected);
    json_add_str(w, "status", v->status);
    json_add_str(w, "title", v->title);
    json_add_str(w, "description", v->description);
    write_opinions(w, v);
    write_affected(w, v, text);
    write_nodes(w, v, text);
    json_add_u64(w, "unreadable", v->unreadable);
    json_open_array(w, "references");
    for (size_t i = 0; i < v->references.n; i++) {
        json_open_flat_object(w, NULL);
        json_add_str(w, "url", v->references.v[i].url);
        json_add_str(w, "tags", v->references.v[i].tags);
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
}

static void write_entry(struct json_writer *w, const struct show_entry *e, struct buf *text)
{
    json_open_object(w, NULL);
    json_add_str(w, "id", e->id);
    json_open_array(w, "cves");
    for (size_t i = 0; i < e->cves.n; i++) {
        json_open_object(w, NULL);
        json_add_str(w, "id", e->cves.v[i].id);
        lookup_json_known(w, &e->cves.v[i]);
        json_close_object(w);
    }
    json_close_array(w);
    const struct lookup_cve *own =
        e->cves.n == 1 && str_eq(e->cves.v[0].id, e->id) ? &e->cves.v[0] : &(struct lookup_cve){0};
    lookup_json_known(w, own);
    json_open_array(w, "sources");
    for (size_t i = 0; i < e->records.n; i++)
        write_source(w, &e->records.v[i], text);
    json_close_array(w);
    json_close_object(w);
}

bool show_write_json(const struct show *s, struct buf *b, struct err *err)
{
    struct json_writer w = json_writer(b);
    struct buf text = {0};
    lookup_json_head(&w, "vulnward.show/1");
    lookup_json_database(&w, "database", s->database);
    json_open_array(&w, "entries");
    for (size_t i = 0; i < s->entries.n; i++)
        write_entry(&w, &s->entries.v[i], &text);
    json_close_array(&w);
    lookup_json_strings(&w, "unknown", s->unknown.v, s->unknown.n);
    json_close_object(&w);
    bool ok = !text.error;
    buf_free(&text);
    return ok || err_memory(err);
}
