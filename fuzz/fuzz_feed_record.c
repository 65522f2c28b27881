/* SPDX-License-Identifier: Apache-2.0 */
/* One record of each JSON feed format, and what stands around the records. */
#include "fuzz.h"

#include "codec/json_scan.h"
#include "feed/feed.h"

static void check_affected(const struct affected *e)
{
    MUST(e->fallback < AFFECTED_STATUSES);
    for (size_t i = 0; i < e->names.n; i++)
        for (size_t k = 0; k < CPE_ATTRS; k++)
            MUST(e->names.v[i].cpe.attr[k].n);
    for (size_t i = 0; i < e->ranges.n; i++) {
        const struct version_range *r = &e->ranges.v[i];
        MUST(r->status < AFFECTED_STATUSES && r->order < RANGE_ORDERS &&
             r->scheme < VERSION_SCHEMES);
        MUST(!r->single || r->from.n);
    }
}

/* The store relies on all of this. */
static void check_vuln(const struct vuln *v)
{
    MUST(v->id.n && v->source.n);
    size_t at = 0;
    for (size_t i = 0; i < v->nodes.n; i++) {
        const struct node *n = &v->nodes.v[i];
        MUST((size_t)n->first + n->count <= v->criteria.n);
        MUST(n->parent == NODE_NO_PARENT || n->parent < i);
        at += n->count;
    }
    MUST(at == v->criteria.n);
    for (size_t i = 0; i < v->cvss.n; i++)
        MUST(v->cvss.v[i].tenths <= 100 && v->cvss.v[i].version != CVSS_NONE);
    for (size_t i = 0; i < v->affected.n; i++)
        check_affected(&v->affected.v[i]);
    for (size_t i = 0; i < v->criteria.n; i++)
        for (size_t k = 0; k < CPE_ATTRS; k++)
            MUST(v->criteria.v[i].cpe.attr[k].n);
}

/* Lists of versions: whoever evaluates them relies on this. */
static void check_affected(const struct vuln *v)
{
    for (size_t i = 0; i < v->affected.n; i++) {
        const struct affected *a = &v->affected.v[i];
        for (size_t k = 0; k < a->names.n; k++)
            MUST(a->names.v[k].cpe.attr[CPE_PRODUCT].n);
        for (size_t k = 0; k < a->ranges.n; k++) {
            const struct version_range *r = &a->ranges.v[k];
            MUST(r->order < RANGE_ORDERS && r->scheme < VERSION_SCHEMES);
            MUST(!r->single || (r->from.n && !r->to.n));
        }
    }
}

static void check_format(const struct feed_format *f, const struct json *root)
{
    struct arena a = {0};
    struct err err = {0};
    struct vuln v = {.published = DATE_NONE, .modified = DATE_NONE};
    struct feed_info info = {.published = DATE_NONE};
    bool ok = f->record(root, &a, &v, &err);
    MUST(ok == (err.code == ERR_NONE));
    if (ok) {
        check_vuln(&v);
        check_affected(&v);
    }
    err_clear(&err);
    if (f->around) {
        ok = f->around(root, &info, &err);
        MUST(ok == (err.code == ERR_NONE));
    }
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct json_parser parser = {0};
    const struct json *root;
    struct str text = fuzz_input(data, size);
    char *copy = malloc(size + 4);
    MUST(copy != NULL);
    if (size)
        memcpy(copy, text.p, size);
    if (json_check_depth(text, &err)) { /* as the stream does, which finds the record */
        bool ok = json_parse_record(&parser, copy, size, &root, &err);
        MUST(ok == (err.code == ERR_NONE));
        for (size_t i = 0; ok && feed_formats[i]; i++)
            if (feed_formats[i]->record)
                check_format(feed_formats[i], root);
    }
    for (size_t i = 0; feed_formats[i]; i++) {
        int score = feed_formats[i]->probe(text);
        MUST(score >= 0 && score <= 100);
    }
    json_parser_free(&parser);
    free(copy);
    return 0;
}
