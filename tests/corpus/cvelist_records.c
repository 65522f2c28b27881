/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the CVE List's importer makes of records, for cvelist.py to compare with what it counts
 * itself. Reads "LENGTH\n" and so many bytes of JSON, again and again, from standard input.
 *
 *     cvelist_records count                 totals, one "name number" a line
 *     cvelist_records kernel VERSION...     how many records call these Linux releases affected
 *     cvelist_records exact                 the versions that have no order
 *     cvelist_records time                  seconds to parse, and to read what was parsed
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "feed/formats_priv.h"

#include "base/banned.h"

struct counts {
    unsigned long long records, rejected, unreadable, entries, entries_with_names, weak, cpes,
        packages, singles, ranges, exact, commits, affected, unaffected, unknown, cvss, cwes,
        references, kev, ssvc, nodes, criteria, empty_title, no_description;
};

static void count_entry(struct counts *n, const struct affected *e)
{
    n->entries++;
    n->entries_with_names += e->names.n > 0;
    for (size_t i = 0; i < e->names.n; i++) {
        n->weak += e->names.v[i].weak;
        n->packages += e->names.v[i].ecosystem.n > 0;
        n->cpes += !e->names.v[i].weak && !e->names.v[i].ecosystem.n;
    }
    for (size_t i = 0; i < e->ranges.n; i++) {
        const struct version_range *r = &e->ranges.v[i];
        n->commits += r->order == RANGE_COMMITS;
        n->exact += r->order == RANGE_EXACT;
        n->singles += r->order == RANGE_ORDERED && r->single;
        n->ranges += r->order == RANGE_ORDERED && !r->single;
        n->affected += r->status == STATUS_AFFECTED;
        n->unaffected += r->status == STATUS_UNAFFECTED;
        n->unknown += r->status == STATUS_UNKNOWN;
    }
}

static void count(struct counts *n, const struct vuln *v)
{
    n->records++;
    n->rejected += v->rejected;
    n->unreadable += v->unreadable;
    n->cvss += v->cvss.n;
    n->cwes += v->cwes.n;
    n->references += v->references.n;
    n->kev += v->kev.n;
    n->ssvc += v->ssvc.source.n > 0;
    n->nodes += v->nodes.n;
    n->criteria += v->criteria.n;
    n->empty_title += !v->title.n;
    n->no_description += !v->description.n;
    for (size_t i = 0; i < v->affected.n; i++)
        count_entry(n, &v->affected.v[i]);
}

static void print(const struct counts *n)
{
    const struct {
        const char *name;
        unsigned long long n;
    } rows[] = {
        {"records", n->records},       {"rejected", n->rejected},
        {"unreadable", n->unreadable}, {"entries", n->entries},
        {"named", n->entries_with_names}, {"weak", n->weak},
        {"cpes", n->cpes},             {"packages", n->packages},
        {"singles", n->singles},       {"ranges", n->ranges},
        {"exact", n->exact},           {"commits", n->commits},
        {"affected", n->affected},     {"unaffected", n->unaffected},
        {"unknown", n->unknown},       {"cvss", n->cvss},
        {"cwes", n->cwes},             {"references", n->references},
        {"kev", n->kev},               {"ssvc", n->ssvc},
        {"nodes", n->nodes},           {"criteria", n->criteria},
        {"untitled", n->empty_title},  {"undescribed", n->no_description},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        printf("%s %llu\n", rows[i].name, rows[i].n);
}

/* ---- is a release affected ---- */

static bool in_range(const struct version_range *r, struct str version)
{
    struct str end = r->to;
    bool series = str_ends(end, STR(".*"));
    if (r->order != RANGE_ORDERED)
        return false;
    if (r->single)
        return version_compare(r->scheme, version, r->from) == 0;
    if (r->from.n && version_compare(r->scheme, version, r->from) < 0)
        return false;
    if (!end.n || str_eq(end, STR("*")))
        return true;
    end.n -= series ? 2 : 0;
    if (series && str_starts(version, end) && version.n > end.n && version.p[end.n] == '.')
        return true;
    int order = version_compare(r->scheme, version, end);
    return order < 0 || (order == 0 && r->to_including);
}

static enum affected_status status_in(const struct affected *e, struct str version)
{
    enum affected_status status = e->fallback;
    for (size_t i = 0; i < e->ranges.n; i++)
        if (in_range(&e->ranges.v[i], version)) {
            if (e->ranges.v[i].status == STATUS_UNAFFECTED)
                return STATUS_UNAFFECTED;
            status = e->ranges.v[i].status;
        }
    return status;
}

/* A list of commits alone says nothing about releases. */
static bool has_releases(const struct affected *e)
{
    for (size_t i = 0; i < e->ranges.n; i++)
        if (e->ranges.v[i].order == RANGE_ORDERED)
            return true;
    return false;
}

static bool is_kernel(const struct affected *e)
{
    for (size_t i = 0; i < e->names.n; i++)
        if (str_eq(e->names.v[i].cpe.attr[CPE_PRODUCT], STR("linux_kernel")))
            return true;
    return false;
}

static bool is_affected(const struct vuln *v, struct str version)
{
    for (size_t i = 0; i < v->affected.n; i++) {
        const struct affected *e = &v->affected.v[i];
        if (is_kernel(e) && has_releases(e) && status_in(e, version) == STATUS_AFFECTED)
            return true;
    }
    return false;
}

static void print_exact(const struct vuln *v)
{
    for (size_t i = 0; i < v->affected.n; i++)
        for (size_t k = 0; k < v->affected.v[i].ranges.n; k++) {
            const struct version_range *r = &v->affected.v[i].ranges.v[k];
            if (r->order == RANGE_EXACT)
                printf("%.*s%s%.*s\n", STR_ARG(r->from), r->single ? "" : " to ", STR_ARG(r->to));
        }
}

/* ---- the input ---- */

/* The next record, followed by 4 bytes to spare; NULL at the end. */
static char *next(char **buf, size_t *cap, size_t *n)
{
    char line[32];
    uint64_t length;
    if (!fgets(line, sizeof line, stdin) ||
        !str_to_u64(str_trim(str_from_c(line)), 1, LIMIT_RECORD_BYTES, &length))
        return NULL;
    *n = (size_t)length;
    if (*cap < *n + 4) {
        char *p = realloc(*buf, *n * 2 + 4);
        if (!p)
            return NULL;
        *buf = p;
        *cap = *n * 2 + 4;
    }
    return fread(*buf, 1, *n, stdin) == *n ? *buf : NULL;
}

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct reader {
    struct json_parser parser;
    struct arena arena;
    char *buf;
    size_t cap;
};

static bool read_record(struct reader *r, char *text, size_t n, struct vuln *v)
{
    const struct json *root;
    struct err err = {0};
    *v = (struct vuln){.published = DATE_NONE, .modified = DATE_NONE};
    arena_reset(&r->arena);
    if (json_parse_record(&r->parser, text, n, &root, &err) &&
        feed_cvelist5.record(root, &r->arena, v, &err))
        return true;
    char message[1024];
    err_format(&err, message, sizeof message);
    printf("error %s\n", message);
    return false;
}

/* Parses each record three times, then parses and reads it as often: the input's own cost, and that
 * of looking at the clock, stay out of it. */
static bool take_time(struct reader *r)
{
    double parsing = 0, all = 0;
    size_t n = 0, used = 0, cap = 0;
    char *text = NULL;
    VEC(size_t) ends = {0};
    struct arena a = {0};
    for (char *p; (p = next(&r->buf, &r->cap, &n));) {
        if (used + n > cap)
            text = realloc(text, cap = (used + n) * 2);
        size_t *end = text ? VEC_PUSH(&a, &ends) : NULL;
        if (!end)
            return false;
        memcpy(text + used, p, n);
        *end = used += n;
    }
    bool ok = true;
    for (int pass = 0; pass < 6; pass++) {
        double start = seconds();
        for (size_t i = 0; ok && i < ends.n; i++) {
            size_t at = i ? ends.v[i - 1] : 0;
            const struct json *root;
            struct err err = {0};
            struct vuln v;
            n = ends.v[i] - at;
            memcpy(r->buf, text + at, n);
            ok = pass % 2 ? read_record(r, r->buf, n, &v)
                          : json_parse_record(&r->parser, r->buf, n, &root, &err);
        }
        *(pass % 2 ? &all : &parsing) += seconds() - start;
    }
    printf("records %zu\nparse %.3f\nparse-and-read %.3f\n", ends.n, parsing / 3, all / 3);
    arena_free(&a);
    free(text);
    return ok;
}

int main(int argc, char **argv)
{
    struct reader r = {0};
    struct counts n = {0};
    struct vuln v;
    unsigned long long affected[16] = {0};
    size_t length;
    const char *mode = argc > 1 ? argv[1] : "count";
    bool kernel = strcmp(mode, "kernel") == 0, ok = true;
    if (strcmp(mode, "time") == 0)
        ok = take_time(&r);
    while (ok && next(&r.buf, &r.cap, &length)) {
        ok = read_record(&r, r.buf, length, &v);
        count(&n, &v);
        if (strcmp(mode, "exact") == 0)
            print_exact(&v);
        for (int i = 2; kernel && i < argc && i < 16; i++)
            affected[i] += is_affected(&v, str_from_c(argv[i]));
    }
    for (int i = 2; kernel && i < argc && i < 16; i++)
        printf("%s %llu\n", argv[i], affected[i]);
    if (strcmp(mode, "count") == 0)
        print(&n);
    json_parser_free(&r.parser);
    arena_free(&r.arena);
    free(r.buf);
    return ok ? 0 : 1;
}
