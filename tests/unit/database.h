/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of whole databases: a folder of their own, and databases with something of all. */
#ifndef VULNWARD_TESTS_DATABASE_H
#define VULNWARD_TESTS_DATABASE_H

#include "test.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/date.h"
#include "base/io.h"
#include "base/vec.h"
#include "store/store.h"
#include "store/verify.h"

#include "base/banned.h"

#define NOW ((int64_t)1700000000000)
#define SECOND ((int64_t)1000)

static char dir[64];
static struct arena arena;
static struct err err;
static unsigned warnings;

static inline void warned(void *ctx, const char *text)
{
    (void)ctx;
    (void)text;
    warnings++;
}

static const char *in_dir(const char *name)
{
    static char path[8][256];
    static unsigned at;
    char *p = path[at++ % 8];
    (void)snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

/* Takes away all that earlier tests left. */
static inline void clean(void)
{
    char line[128];
    (void)snprintf(line, sizeof line, "rm -rf %s/*", dir);
    CHECK(system(line) == 0); /* NOLINT(cert-env33-c) */
}

static inline struct str read_file(const char *path)
{
    struct input in = {0};
    CHECK_OK(io_read(&arena, path, (size_t)1 << 28, &in, &err), &err);
    return in.data;
}

static inline void write_file(const char *path, struct str data)
{
    (void)unlink(path); /* it may be one file with a snapshot */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    CHECK(fd >= 0 && write(fd, data.p, data.n) == (ssize_t)data.n);
    (void)close(fd);
}

/* ---- databases to work with ---- */

static inline void add_criterion(struct vuln *v, struct str vendor, struct str product, struct str end)
{
    struct criterion *c = VEC_PUSH(&arena, &v->criteria);
    struct node *n = v->nodes.n ? &v->nodes.v[0] : VEC_PUSH(&arena, &v->nodes);
    cpe_init(&c->cpe);
    c->cpe.attr[CPE_PART] = STR("a");
    c->cpe.attr[CPE_VENDOR] = vendor;
    c->cpe.attr[CPE_PRODUCT] = product;
    c->vulnerable = true;
    c->end_excluding = end;
    n->parent = NODE_NO_PARENT;
    n->count++;
}

static inline void add_list(struct vuln *v, struct str ecosystem, struct str package)
{
    struct affected *f = VEC_PUSH(&arena, &v->affected);
    struct affected_name *n = VEC_PUSH(&arena, &f->names);
    struct version_range *r = VEC_PUSH(&arena, &f->ranges);
    cpe_init(&n->cpe);
    n->cpe.attr[CPE_PRODUCT] = package;
    n->ecosystem = ecosystem;
    f->provider = STR("somebody");
    f->fallback = STATUS_UNAFFECTED;
    r->status = STATUS_AFFECTED;
    r->from = STR("1.0");
    r->to = STR("2.0");
}

/* Record `i`; `edition` makes it differ from the one it replaces. */
static inline struct vuln make_vuln(unsigned i, unsigned edition)
{
    struct vuln v = {.source = i % 3 ? STR("nvd") : STR("osv"), .published = NOW - i};
    struct str text;
    v.modified = NOW + edition;
    v.rejected = i % 11 == 10;
    CHECK(arena_printf(&arena, &v.id, &err, "CVE-2024-%u", 1000 + i));
    CHECK(arena_printf(&arena, &v.description, &err, "what it is about, number %u, edition %u: %s",
                       i, edition, "a text that says something about the thing that is affected"));
    v.title = STR("a title");
    struct cvss *c = VEC_PUSH(&arena, &v.cvss);
    *c = (struct cvss){.version = CVSS_3_1, .tenths = i % 101, .vector = STR("CVSS:3.1/AV:N")};
    struct reference *r = VEC_PUSH(&arena, &v.references);
    CHECK(arena_printf(&arena, &r->url, &err, "https://example.org/%u", i));
    if (i % 4 == 1) {
        struct str *alias = VEC_PUSH(&arena, &v.aliases);
        CHECK(arena_printf(&arena, alias, &err, "GHSA-%u", i));
    }
    CHECK(arena_printf(&arena, &text, &err, "product%u", i % 7));
    add_criterion(&v, STR("acme"), text, STR("2.0"));
    if (i % 5 == 2) { /* a structure that is kept with the record */
        add_criterion(&v, STR("acme"), STR("other"), STR("3.0"));
        v.nodes.v[0].and_ = true;
    }
    if (i % 6 == 3)
        add_list(&v, STR("PyPI"), text);
    return v;
}

static inline bool put(struct store_import *s, unsigned first, unsigned n, unsigned edition)
{
    struct vuln_sink sink = store_import_sink(s);
    void *batch = sink.batch_new(sink.ctx, &err);
    bool ok = batch != NULL;
    for (unsigned i = first; ok && i < first + n; i++) {
        struct vuln v = make_vuln(i, edition);
        ok = sink.batch_add(batch, &v, &err);
    }
    ok = ok && sink.batch_seal(batch, &err) && sink.batch_commit(sink.ctx, batch, &err);
    sink.batch_free(batch);
    return ok;
}

static inline bool put_catalogues(struct store_import *s, int64_t now)
{
    struct vuln_sink sink = store_import_sink(s);
    struct store_counts counts;
    const struct kev kev = {.id = STR("CVE-2024-1001"), .source = STR("kev"), .name = STR("n")};
    const struct epss epss = {STR("CVE-2024-1001"), 12345, 67890};
    struct store_feed f = {.source = STR("kev"), .kind = STR("kev-json"), .name = STR("kev.json")};
    f.sha256 = STR("kev-digest");
    if (!sink.kev(sink.ctx, &kev, &err) || !store_import_feed(s, &f, now, &counts, &err))
        return false;
    f = (struct store_feed){.source = STR("epss"), .kind = STR("epss-csv"), .name = STR("e.csv")};
    f.sha256 = STR("epss-digest");
    const struct store_download d = {STR("nvd"), STR("https://example.org/"), STR("\"tag\""),
                                     STR("yesterday"), now};
    return sink.epss(sink.ctx, &epss, &err) && store_import_feed(s, &f, now, &counts, &err) &&
           store_import_download(s, &d, &err) && store_import_confirm(s, STR("nvd"), now, &err);
}

/* An import of `n` records at `now`, everything a database can have with it. */
static inline bool import(const char *path, unsigned first, unsigned n, unsigned edition, int64_t now,
                   unsigned keep)
{
    struct store_import *s = NULL;
    struct store_counts counts;
    struct str digest;
    if (!store_import_open(path, false, 0, &s, &err))
        return false;
    store_import_keep(s, (struct store_keep){keep, warned, NULL});
    CHECK(arena_printf(&arena, &digest, &err, "%u-%u-%u", first, n, edition));
    const struct store_feed f = {.source = STR("nvd"),
                                 .kind = STR("nvd-json-2.0"),
                                 .name = STR("feed.json"),
                                 .sha256 = digest,
                                 .records = n,
                                 .published = now,
                                 .whole = true};
    const struct store_feed g = {.source = STR("osv"),
                                 .kind = STR("osv-json"),
                                 .name = STR("osv.zip"),
                                 .sha256 = STR("osv-digest"),
                                 .published = DATE_NONE,
                                 .whole = true};
    if (!put(s, first, n, edition) || !store_import_feed(s, &f, now, &counts, &err) ||
        !store_import_feed(s, &g, now, &counts, &err) || !put_catalogues(s, now)) {
        store_import_abort(s);
        return false;
    }
    return store_import_commit(s, now, &err);
}

/* Two imports, the second of which replaces records of the first. */
static inline void make_database(const char *path)
{
    CHECK_OK(import(path, 0, 60, 0, NOW, 0), &err);
    CHECK_OK(import(path, 40, 40, 1, NOW + 10 * SECOND, 0), &err);
    arena_reset(&arena);
}

static inline uint64_t serial_of(const char *path)
{
    struct store *s = NULL;
    struct database_info info = {0};
    CHECK_OK(store_open(path, &s, &err) && store_info(s, &arena, &info, &err), &err);
    store_close(s);
    return info.serial;
}

static void told(void *ctx, const char *text)
{
    if (*(bool *)ctx)
        printf("# %s\n", text);
}

/* How many faults are found; one that can not be opened has one. */
static inline uint64_t damages(const char *path, bool show)
{
    struct store_verifier v = {.damage = told, .ctx = &show};
    struct err e = {0};
    if (store_verify(path, &v, &e))
        return v.damaged;
    CHECK(e.code == ERR_DATABASE);
    return 1;
}

/* TEST_MAIN with the folder. */
static inline int database_main(const struct test *tests, size_t n)
{
    (void)snprintf(dir, sizeof dir, "/tmp/vulnward-test-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    int status = test_main(tests, n);
    arena_free(&arena);
    char line[128];
    (void)snprintf(line, sizeof line, "rm -rf %s", dir);
    return system(line) ? 1 : status; /* NOLINT(cert-env33-c) */
}

#endif
