/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests/corpus/osv.py: "FOLDER<TAB>PATH" per line in; what was taken of each record out, as lines of
 * tab-separated fields, the first of which says what it is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "codec/json_read.h"
#include "feed/formats_priv.h"

#define S(s) STR_ARG(s)

static void list(const char *what, const struct str *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%s\t%.*s\n", what, S(v[i]));
}

static void print_affected(const struct affected *a)
{
    printf("affected\t%.*s\t%.*s\t%.*s\n", S(a->product),
           S(a->names.n ? a->names.v[0].ecosystem : STR("")), S(a->purl));
    for (size_t i = 0; i < a->ranges.n; i++) {
        const struct version_range *r = &a->ranges.v[i];
        printf("range\t%d\t%s\t%d\t%.*s\t%.*s\t%d\n", (int)r->order,
               version_order(r->scheme)->name, r->single, S(r->from), S(r->to), r->to_including);
    }
}

static void print(const struct vuln *v)
{
    char modified[DATE_TEXT_BYTES], published[DATE_TEXT_BYTES];
    printf("record\t%.*s\t%.*s\t%s\t%s\t%d\t%u\t%s\n", S(v->id), S(v->part),
           date_format(v->modified, modified), date_format(v->published, published), v->rejected,
           v->unreadable, severity_name(v->stated_severity));
    printf("lengths\t%zu\t%zu\n", v->title.n, v->description.n);
    list("alias", v->aliases.v, v->aliases.n);
    list("upstream", v->upstream.v, v->upstream.n);
    list("related", v->related.v, v->related.n);
    for (size_t i = 0; i < v->cvss.n; i++)
        printf("cvss\t%s\t%.*s\n", cvss_version_name(v->cvss.v[i].version), S(v->cvss.v[i].vector));
    for (size_t i = 0; i < v->references.n; i++)
        printf("reference\t%.*s\t%.*s\n", S(v->references.v[i].tags), S(v->references.v[i].url));
    for (size_t i = 0; i < v->affected.n; i++)
        print_affected(&v->affected.v[i]);
}

static bool one(char *line, struct err *err)
{
    struct arena a = {0};
    struct input in;
    struct json_doc doc = {0};
    const struct json *root;
    struct str folder, path;
    struct vuln v = {.published = DATE_NONE, .modified = DATE_NONE};
    str_split(str_from_c(line), '\t', &folder, &path);
    v.part = folder;
    bool ok = io_read(&a, path.p, LIMIT_SMALL_FILE_BYTES, &in, err);
    if (ok && feed_osv.probe(str_first(in.data, 65536)) < 70)
        ok = err_set(err, ERR_INPUT, "%s: the probe does not know it", path.p);
    ok = ok && json_parse(&doc, in, &root, err) && feed_osv.record(root, &a, &v, err);
    if (ok)
        print(&v);
    json_free(&doc);
    arena_free(&a);
    return ok;
}

int main(void)
{
    char line[8192], text[1024];
    while (fgets(line, sizeof line, stdin)) {
        struct err err = {0};
        line[strcspn(line, "\n")] = '\0';
        if (!one(line, &err)) {
            err_format(&err, text, sizeof text);
            printf("error\t%s\n", text);
        }
    }
    return ferror(stdin) || fflush(stdout);
}
