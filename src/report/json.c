/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for programs: schema "vulnward.report/1", docs/formats/report-json.md and
 * tests/schemas/report-1.schema.json. Fields may be added, never renamed. A text that is not known
 * is "", never null, so that `jq -r` prints nothing for it.
 */
#include "base/map.h"
#include "codec/json_write.h"
#include "report/common_priv.h"
#include "report/writers_priv.h"

#include <pthread.h>

#include "base/banned.h"

static void add_strings(struct json_writer *w, const char *key, const struct str *v, size_t n)
{
    json_open_flat_array(w, key);
    for (size_t i = 0; i < n; i++)
        json_add_str(w, NULL, v[i]);
    json_close_array(w);
}

void report_add_source(struct json_writer *w, const struct source_info *s, int64_t now)
{
    int64_t ms;
    json_open_flat_object(w, NULL);
    json_add_str(w, "name", s->name);
    json_add_str(w, "kind", s->kind);
    json_add_u64(w, "records", s->records);
    json_add_date(w, "published", s->published);
    json_add_date(w, "confirmed", s->confirmed);
    json_add_date(w, "fetched", s->fetched);
    if (source_age(s, now, &ms))
        json_add_u64(w, "age_days", (uint64_t)(ms / DATE_DAY_MS));
    else
        json_add_null(w, "age_days");
    json_close_object(w);
}

static void write_database(struct json_writer *w, const struct report *r)
{
    const struct database_info *d = &r->database;
    json_open_object(w, "database");
    json_add_str(w, "path", d->path);
    json_add_date(w, "built", d->built);
    json_add_str(w, "sha256", d->sha256);
    json_add_u64(w, "records", d->records);
    json_add_u64(w, "unreadable", d->unreadable);
    json_open_array(w, "sources");
    for (size_t i = 0; i < d->sources.n; i++)
        report_add_source(w, &d->sources.v[i], r->generated);
    json_close_array(w);
    json_close_object(w);
}

static void write_skipped(struct json_writer *w, const char *key, const struct inventory *inv,
                          bool notes)
{
    json_open_array(w, key);
    for (size_t i = 0; i < inv->skipped.n; i++) {
        const struct skipped *s = &inv->skipped.v[i];
        if (s->note != notes)
            continue;
        json_open_flat_object(w, NULL);
        json_add_u64(w, "line", s->line);
        json_add_str(w, "text", s->text);
        json_add_str(w, "why", s->why);
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_inventories(struct json_writer *w, const struct report *r)
{
    json_open_array(w, "inventories");
    for (size_t i = 0; i < r->inventories.n; i++) {
        const struct inventory *inv = &r->inventories.v[i];
        json_open_object(w, NULL);
        json_add_str(w, "path", inv->path);
        json_add_c(w, "format", inv->format);
        json_add_c(w, "platform", platform_name(inv->platform));
        json_add_bool(w, "platform_assumed", inv->platform_assumed);
        json_add_c(w, "sha256", inv->sha256);
        json_add_u64(w, "components", inv->components.n);
        json_add_u64(w, "skipped_count", inv->n_skipped);
        write_skipped(w, "skipped", inv, false);
        write_skipped(w, "notes", inv, true);
        json_close_object(w);
    }
    json_close_array(w);
}

/* The CPE names the packages of a subject state, each once, in the order they were read. */
static bool write_cpes(struct json_writer *w, const struct inventory *inv, const struct subject *s,
                       struct err *err)
{
    struct map seen = {0};
    bool ok = true;
    json_open_flat_array(w, "cpes");
    for (size_t i = 0; ok && i < s->packages.n; i++) {
        const struct component *c = &inv->components.v[s->packages.v[i]];
        for (size_t k = 0; ok && k < c->cpes.n; k++) {
            if (map_get(&seen, c->cpes.v[k], &(uint64_t){0}))
                continue;
            json_add_str(w, NULL, c->cpes.v[k]);
            ok = map_put(&seen, c->cpes.v[k], 1, err);
        }
    }
    json_close_array(w);
    map_free(&seen);
    return ok;
}

static void write_packages(struct json_writer *w, const struct inventory *inv,
                           const struct subject *s)
{
    json_open_array(w, "packages");
    for (size_t i = 0; i < s->packages.n; i++) {
        const struct component *c = &inv->components.v[s->packages.v[i]];
        json_open_flat_object(w, NULL);
        json_add_str(w, "name", c->name);
        json_add_str(w, "version", c->raw_version);
        json_add_str(w, "arch", c->arch);
        json_add_u64(w, "line", c->line);
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_ecosystems(struct json_writer *w, const struct subject *s, struct buf *text)
{
    json_open_array(w, "ecosystems");
    for (size_t i = 0; i < s->in_ecosystem.n; i++) {
        const struct ecosystem_package *p = &s->in_ecosystem.v[i];
        buf_clear(text);
        report_write_ecosystem(text, p);
        json_open_flat_object(w, NULL);
        json_add_str(w, "name", buf_view(text));
        json_add_str(w, "package", p->name);
        json_add_str(w, "version", p->version);
        json_close_object(w);
    }
    json_close_array(w);
}

static const char *type_of(const struct subject *s)
{
    for (size_t i = 0; i < s->products.n; i++)
        if (str_eq(s->products.v[i], STR("linux:linux_kernel")))
            return "operating-system";
    return "package";
}

static bool write_component(struct json_writer *w, const struct report *r, const struct subject *s,
                            struct buf *text, struct err *err)
{
    const struct inventory *inv = &r->inventories.v[s->inventory];
    struct str source = {0}, purl = {0};
    for (size_t i = 0; i < s->packages.n && !(source.n && purl.n); i++) {
        const struct component *c = &inv->components.v[s->packages.v[i]];
        source = source.n ? source : c->source;
        purl = purl.n ? purl : c->purl;
    }
    json_open_object(w, NULL);
    json_add_str(w, "ref", s->ref);
    json_add_str(w, "name", s->name);
    json_add_str(w, "version", s->version);
    json_add_c(w, "type", type_of(s));
    json_add_str(w, "source", source);
    json_add_str(w, "purl", purl);
    bool ok = write_cpes(w, inv, s, err);
    add_strings(w, "products", s->products.v, s->products.n);
    write_ecosystems(w, s, text);
    json_add_c(w, "identified_by", identified_by_name(s->identified_by));
    json_add_str(w, "identified_why", s->identified_why);
    json_add_bool(w, "no_product", s->no_product);
    json_add_bool(w, "uncomparable", s->uncomparable);
    json_add_u64(w, "inventory", s->inventory);
    write_packages(w, inv, s);
    json_close_object(w);
    return ok;
}

static bool write_components(struct json_writer *w, const struct report *r, struct err *err)
{
    struct buf text = {0};
    bool ok = true;
    json_open_array(w, "components");
    for (size_t i = 0; ok && i < r->subjects.n; i++)
        ok = write_component(w, r, &r->subjects.v[i], &text, err);
    json_close_array(w);
    ok = ok && report_scratch_ok(&text, err);
    buf_free(&text);
    return ok;
}

static void write_cvss(struct json_writer *w, const struct cvss *c)
{
    if (c->version == CVSS_NONE) {
        json_add_null(w, "cvss");
        return;
    }
    json_open_flat_object(w, "cvss");
    json_add_c(w, "version", cvss_version_name(c->version));
    json_add_tenths(w, "score", c->tenths);
    json_add_str(w, "vector", c->vector);
    json_add_str(w, "source", c->source);
    json_close_object(w);
}

static void write_kev(struct json_writer *w, const struct kev *k)
{
    if (!k) {
        json_add_null(w, "kev");
        return;
    }
    json_open_flat_object(w, "kev");
    json_add_date(w, "added", k->added);
    json_add_date(w, "due", k->due);
    json_add_bool(w, "ransomware", k->ransomware);
    json_add_str(w, "source", k->source);
    json_close_object(w);
}

static void write_epss(struct json_writer *w, const struct epss *e)
{
    if (!e->id.n) {
        json_add_null(w, "epss");
        return;
    }
    json_open_flat_object(w, "epss");
    json_add_fixed(w, "score", e->score, 5);
    json_add_fixed(w, "percentile", e->percentile, 5);
    json_close_object(w);
}

static void write_evidence(struct json_writer *w, const struct finding *f)
{
    json_open_array(w, "evidence");
    for (size_t i = 0; i < f->evidence.n; i++) {
        const struct evidence *e = &f->evidence.v[i];
        json_open_flat_object(w, NULL);
        json_add_str(w, "source", e->source);
        if (e->provider.n)
            json_add_str(w, "provider", e->provider);
        if (e->record.n)
            json_add_str(w, "record", e->record);
        json_add_c(w, "says", e->against ? "not_affected" : "affected");
        json_add_str(w, "criterion", e->criterion);
        json_add_str(w, "range", e->range);
        json_add_str(w, "note", e->note);
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_finding(struct json_writer *w, const struct report *r, const struct finding *f)
{
    const struct subject *s = &r->subjects.v[f->subject];
    json_open_object(w, NULL);
    json_add_str(w, "id", f->id);
    add_strings(w, "aliases", f->aliases.v, f->aliases.n);
    json_add_str(w, "component", s->ref);
    json_add_str(w, "name", s->name);
    json_add_str(w, "version", s->version);
    json_add_c(w, "status", vex_status_name(f->status));
    json_add_str(w, "justification", f->justification);
    json_add_str(w, "reason", f->reason);
    json_add_str(w, "decided_by", f->decided_by);
    json_add_c(w, "severity", severity_name(f->severity));
    write_cvss(w, &f->cvss);
    write_kev(w, f->kev);
    write_epss(w, &f->epss);
    add_strings(w, "cwes", f->cwes.v, f->cwes.n);
    json_add_date(w, "published", f->published);
    json_add_date(w, "modified", f->modified);
    add_strings(w, "fixed_in", f->fixed_in.v, f->fixed_in.n);
    write_evidence(w, f);
    json_add_null(w, "new"); /* without a baseline nobody knows */
    json_add_bool(w, "fails", f->fails);
    json_close_object(w);
}

static void write_summary(struct json_writer *w, const struct report *r)
{
    const struct summary *s = &r->summary;
    struct report_counts counts = report_count(r);
    json_open_object(w, "summary");
    json_add_u64(w, "components", s->components);
    json_add_u64(w, "identified", s->identified);
    json_add_u64(w, "unidentified", s->unidentified);
    json_add_u64(w, "uncomparable", s->uncomparable);
    json_add_u64(w, "skipped", s->skipped);
    json_add_u64(w, "affected", s->affected);
    json_add_u64(w, "ignored", s->ignored);
    json_add_u64(w, "failing", s->failing);
    json_add_u64(w, "known_exploited", counts.exploited);
    json_add_u64(w, "disagreements", counts.disagreements);
    json_open_flat_object(w, "by_severity");
    for (int i = SEVERITIES - 1; i >= 0; i--)
        json_add_u64(w, severity_name((enum severity)i), s->by_severity[i]);
    json_close_object(w);
    json_close_object(w);
}

static void write_unused_rules(struct json_writer *w, const struct report *r)
{
    json_open_array(w, "unused_rules");
    for (size_t i = 0; i < r->unused_rules.n; i++) {
        const struct unused_rule *u = &r->unused_rules.v[i];
        json_open_flat_object(w, NULL);
        json_add_str(w, "file", u->file);
        json_add_u64(w, "line", u->line);
        json_add_str(w, "id", u->id);
        json_add_str(w, "reason", u->reason);
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_verdict(struct json_writer *w, const struct report *r)
{
    json_open_object(w, "verdict");
    json_add_u64(w, "exit", (uint64_t)r->exit_status);
    json_add_str(w, "gate", r->gate);
    json_open_array(w, "why");
    for (size_t i = 0; i < r->why.n; i++)
        json_add_str(w, NULL, r->why.v[i]);
    json_close_array(w);
    json_close_object(w);
}

/* The second half of many findings, written by a thread of its own while the first one is. */
#define MANY_FINDINGS 1000

struct half {
    const struct report *r;
    size_t from, to;
    struct buf b;
    struct json_writer w;
};

static void *write_half(void *arg)
{
    struct half *h = arg;
    for (size_t i = h->from; i < h->to; i++)
        write_finding(&h->w, h->r, &h->r->findings.v[i]);
    return NULL;
}

static void write_findings(struct json_writer *w, const struct report *r)
{
    size_t n = r->findings.n;
    struct half first = {.r = r, .to = n, .w = *w}, second = {.r = r, .to = n, .w = *w};
    pthread_t thread;
    second.w.b = &second.b;
    second.w.empty = false; /* what the first half leaves behind */
    second.from = n / 2;
    bool two = n >= MANY_FINDINGS && !pthread_create(&thread, NULL, write_half, &second);
    if (two)
        first.to = second.from;
    (void)write_half(&first);
    if (two) {
        (void)pthread_join(thread, NULL);
        buf_str(w->b, buf_view(&second.b));
        w->b->error = w->b->error ? w->b->error : second.b.error;
    }
    buf_free(&second.b);
    w->empty = n == 0;
}

static bool write_json(const struct report *r, const struct report_style *style, struct buf *b,
                       struct err *err)
{
    (void)style;
    if (!report_check(r, err))
        return false;
    struct json_writer w = json_writer(b);
    json_open_object(&w, NULL);
    json_add_c(&w, "schema", "vulnward.report/1");
    json_open_flat_object(&w, "tool");
    json_add_c(&w, "name", "vulnward");
    json_add_c(&w, "version", VULNWARD_VERSION);
    json_close_object(&w);
    json_add_date(&w, "generated", r->generated);
    write_database(&w, r);
    write_inventories(&w, r);
    if (!write_components(&w, r, err))
        return false;
    json_open_array(&w, "findings");
    write_findings(&w, r);
    json_close_array(&w);
    write_unused_rules(&w, r);
    write_summary(&w, r);
    write_verdict(&w, r);
    json_close_object(&w);
    return true;
}

const struct report_writer report_json = {
    .name = "json",
    .summary = "Everything, for programs (schema vulnward.report/1)",
    .needs_details = false,
    .write = write_json,
};
