/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory runs out while a database is looked into, verified, bundled, replaced, and matched against
 * records of several sources (torture.h).
 */
#include "torture.h"

#include "database.h"

#include <sys/stat.h>

#include "feed/feed.h"
#include "inventory/inventory.h"
#include "match/match.h"
#include "report/lookup.h"
#include "store/bundle.h"

#include "base/banned.h"

static char db[256], other[256], bundle[256], newer[256];

/* What only a test's own bookkeeping needs is there always. */
static struct str quiet_file(const char *path)
{
    bool was = armed;
    armed = false;
    struct str s = read_file(path);
    armed = was;
    return s;
}

static void quiet_write(const char *path, struct str data)
{
    bool was = armed;
    armed = false;
    write_file(path, data);
    armed = was;
}

/* ---- lookups ---- */

static bool look_up_record(struct store *s, struct arena *a, struct show_entry *e, struct err *e2)
{
    struct store_ids ids = {0};
    const struct epss *p = NULL;
    struct lookup_cve *cve = VEC_PUSH(a, &e->cves);
    if (!cve)
        return err_memory(e2);
    cve->id = e->id;
    if (!store_kev(s, e->id, a, &cve->kev, e2) || !store_epss(s, e->id, &p, e2))
        return false;
    if (p)
        cve->epss = *p;
    bool ok = store_records_of(s, e->id, a, &ids, e2);
    for (size_t i = 0; ok && i < ids.n; i++) {
        struct vuln *v = VEC_PUSH(a, &e->records);
        ok = v ? store_record_all(s, ids.v[i], a, v, e2) : err_memory(e2);
    }
    return ok;
}

static bool show(void *arg, struct buf *out, struct err *e)
{
    struct arena a = {0};
    struct store *s = NULL;
    struct database_info info = {0};
    struct show found = {.database = &info};
    struct buf text = {0}, json = {0};
    static const char *const ids[] = {"CVE-2024-1001", "CVE-2024-1003", "GHSA-5", "CVE-2024-1042"};
    const struct report_style style = {false, 80};
    bool ok = store_open(arg, &s, e) && store_info(s, &a, &info, e);
    for (size_t i = 0; ok && i < sizeof ids / sizeof ids[0]; i++) {
        struct show_entry *entry = VEC_PUSH(&a, &found.entries);
        if (entry)
            entry->id = str_from_c(ids[i]);
        ok = entry ? look_up_record(s, &a, entry, e) : err_memory(e);
    }
    ok = ok && show_write_text(&found, &style, &text, e) && buf_finish(&text, "text", e) &&
         show_write_json(&found, &json, e) && buf_finish(&json, "json", e);
    bool was = armed;
    armed = false;
    if (ok) {
        buf_str(out, buf_view(&text));
        buf_str(out, buf_view(&json));
    }
    armed = was;
    buf_free(&text);
    buf_free(&json);
    store_close(s);
    arena_free(&a);
    return ok;
}

static bool walk_all(struct store *s, struct buf *out, struct err *e)
{
    struct store_walked w;
    struct store_epss_value v;
    const struct kev *k;
    size_t n, records = 0, predictions = 0;
    bool more = true, ok = store_walk_first(s, e);
    while (ok && (ok = store_walk_next(s, &w, &more, e)) && more)
        records++;
    ok = ok && store_epss_first(s, e);
    while (ok && (ok = store_epss_next(s, &v, &more, e)) && more)
        predictions++;
    ok = ok && store_kev_all(s, &k, &n, e);
    if (ok)
        tell(out, "%zu records, %zu predictions, %zu exploited\n", records, predictions, n);
    return ok;
}

static bool browse(void *arg, struct buf *out, struct err *e)
{
    struct arena a = {0};
    struct store *s = NULL;
    struct store_names names = {0};
    struct store_likes likes = {0};
    struct store_downloads downloads = {0};
    struct store_ecosystems systems = {0};
    struct stored_feeds feeds = {0};
    bool ok = store_open(arg, &s, e) && store_names_like(s, STR("CVE-2024-10"), 50, &a, &names, e) &&
              store_products_like(s, STR("product"), 50, &a, &likes, e) &&
              store_downloads(s, &a, &downloads, e) && store_ecosystems(s, &a, &systems, e) &&
              store_feeds(s, &a, &feeds, e) && walk_all(s, out, e);
    for (size_t i = 0; ok && i < names.n; i++)
        tell(out, "%.*s ", STR_ARG(names.v[i]));
    for (size_t i = 0; ok && i < likes.n; i++)
        tell(out, "%.*s/%.*s ", STR_ARG(likes.v[i].vendor), STR_ARG(likes.v[i].product));
    if (ok)
        tell(out, "%zu %zu %zu\n", downloads.n, systems.n, feeds.n);
    store_close(s);
    arena_free(&a);
    return ok;
}

static void lookups(void)
{
    struct buf out = {0};
    CHECK_OK(browse(db, &out, &err), &err);
    CHECK(str_starts(buf_view(&out), STR("80 records, 1 predictions, 1 exploited")));
    buf_clear(&out);
    CHECK_OK(show(db, &out, &err), &err);
    CHECK(str_find_str(buf_view(&out), STR("CVE-2024-1003")) != STR_NPOS);
    buf_free(&out);
    CHECK(torture("looking around", browse, db) > 3);
    CHECK(torture("everything of some ids", show, db) > 20);
}

/* ---- verifying ---- */

static void tell_damage(void *ctx, const char *text)
{
    tell(ctx, "%s\n", text);
}

static bool verify(void *arg, struct buf *out, struct err *e)
{
    struct buf damage = {0};
    struct store_verifier v = {.damage = tell_damage, .ctx = &damage};
    bool ok = store_verify(arg, &v, e);
    if (ok)
        tell(out, "%llu %llu %llu\n%.*s", (unsigned long long)v.records,
             (unsigned long long)v.products, (unsigned long long)v.damaged,
             STR_ARG(buf_view(&damage)));
    CHECK(!damage.error);
    buf_free(&damage);
    return ok;
}

static void verifying(void)
{
    CHECK(torture("verifying", verify, db) > 20);
}

/* ---- bundles and snapshots ---- */

static bool export_bundle(void *arg, struct buf *out, struct err *e)
{
    struct buf b = {0};
    struct bundle_info info;
    bool ok = bundle_export(arg, &b, &info, e) && buf_finish(&b, "bundle", e);
    if (ok)
        tell(out, "%llx %zu\n", (unsigned long long)str_hash(buf_view(&b)), b.n);
    buf_free(&b);
    return ok;
}

/* Where nothing stands, or over an older database, which is kept: or it is told that it is not. */
static bool install_over(const char *old, struct buf *out, struct err *e)
{
    const struct bundle_install how = {other, 0, false, {2, warned, NULL, false}};
    struct bundle_info info = {0};
    char line[600];
    (void)snprintf(line, sizeof line, "rm -rf '%s' '%s.snapshots'", other, other);
    bool was = armed;
    armed = false;
    CHECK(system(line) == 0); /* NOLINT(cert-env33-c) */
    if (old)
        write_file(other, quiet_file(old));
    armed = was;
    warnings = 0;
    int fd = open(bundle, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    bool ok = bundle_install(fd, &how, &info, e);
    (void)close(fd);
    armed = false;
    CHECK(!io_exists(in_dir("other.db.new-bundle")));
    if (ok)
        CHECK(str_eq(quiet_file(other), quiet_file(newer)));
    else if (old)
        CHECK(str_eq(quiet_file(other), quiet_file(old)));
    else
        CHECK(!io_exists(other));
    if (ok && old)
        CHECK(warnings || io_exists(in_dir("other.db.snapshots")));
    arena_reset(&arena);
    armed = was;
    if (ok)
        tell(out, "%llu %llu\n", (unsigned long long)info.serial, (unsigned long long)info.records);
    return ok;
}

static bool install_new(void *arg, struct buf *out, struct err *e)
{
    (void)arg;
    return install_over(NULL, out, e);
}

static bool install_newer(void *arg, struct buf *out, struct err *e)
{
    return install_over(arg, out, e);
}

static void bundles(void)
{
    CHECK(torture("a bundle made", export_bundle, db) > 5);
    CHECK(torture("a bundle installed", install_new, NULL) > 5);
    CHECK(torture("a bundle over a database", install_newer, db) > 5);
}

static bool list_snapshots(void *arg, struct buf *out, struct err *e)
{
    struct arena a = {0};
    struct store_snapshots all = {0};
    struct store_snapshot one = {0};
    bool ok = store_snapshots(arg, &a, &all, e) &&
              store_snapshot_find(arg, STR("2023-11-14"), &a, &one, e);
    for (size_t i = 0; ok && i < all.n; i++)
        tell(out, "%llu %d\n", (unsigned long long)all.v[i].serial, all.v[i].current);
    if (ok)
        tell(out, "%llu\n", (unsigned long long)one.serial);
    arena_free(&a);
    return ok;
}

/* Back to the older one. On failure the newer one still stands there. */
static bool use_snapshot(void *arg, struct buf *out, struct err *e)
{
    const struct store_keep keep = {.n = 0, .warn = warned};
    struct arena a = {0};
    struct store_snapshot s = {0};
    const char *path = arg;
    quiet_write(path, quiet_file(newer));
    bool ok = store_snapshot_use(path, STR("1700000000"), 0, &keep, &a, &s, e);
    bool was = armed;
    armed = false;
    struct str now = quiet_file(path);
    CHECK(ok == !str_eq(now, quiet_file(newer)));
    CHECK(!io_exists(in_dir("s.db.new-snapshot")));
    arena_reset(&arena);
    armed = was;
    if (ok)
        tell(out, "%llu\n", (unsigned long long)s.serial);
    arena_free(&a);
    return ok;
}

static void snapshots(void)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s", in_dir("s.db"));
    for (unsigned i = 0; i < 2; i++)
        CHECK_OK(import(path, i, 1, 0, NOW + i * 60 * SECOND, 5), &err);
    CHECK(torture("snapshots listed", list_snapshots, path) > 3);
    CHECK(torture("a snapshot used", use_snapshot, path) > 3);
}

/* ---- a scan over records of several sources, by two threads ---- */

static void tell_finding(const struct report *r, size_t i, struct buf *out)
{
    const struct finding *f = &r->findings.v[i];
    tell(out, "%zu %.*s %zu %zu %zu kev %d epss %u %.*s\n", (size_t)f->subject, STR_ARG(f->id),
         f->aliases.n, f->evidence.n, f->fixed_in.n, f->kev != NULL, f->epss.score,
         STR_ARG(f->description));
}

static bool close_feed(void *ctx, const struct feed_info *info, struct err *e)
{
    struct store_counts counts;
    const struct store_feed fed = {.source = str_from_c(info->source),
                                   .kind = str_from_c(info->format),
                                   .name = info->name,
                                   .sha256 = str_from_c(info->sha256),
                                   .records = info->records,
                                   .published = info->published};
    return store_import_feed(ctx, &fed, NOW, &counts, e);
}

/* One vulnerability as the CVE List, OSV, CISA and FIRST have it; some more as the first two do. */
static void import_sources(const char *path)
{
    struct store_import *s = NULL;
    CHECK(mkdir(in_dir("feeds"), 0755) == 0);
    for (unsigned i = 1; i <= 40; i++) {
        struct str text, name;
        CHECK_OK(arena_printf(&arena, &text, &err,
                              "{\"dataType\":\"CVE_RECORD\",\"dataVersion\":\"5.1\",\"cveMetadata\":{"
                              "\"cveId\":\"CVE-2024-%04u\",\"state\":\"PUBLISHED\",\"assignerOrgId\":"
                              "\"x\",\"dateUpdated\":\"2024-01-01T00:00:00Z\"},\"containers\":{\"cna\":{"
                              "\"providerMetadata\":{\"orgId\":\"x\",\"shortName\":\"x\"},"
                              "\"descriptions\":[{\"lang\":\"en\",\"value\":\"d\"}],\"affected\":[{"
                              "\"vendor\":\"Acme\",\"product\":\"Gadget\",\"cpes\":[\"cpe:2.3:a:acme:"
                              "gadget:*:*:*:*:*:*:*:*\"],\"defaultStatus\":\"unaffected\",\"versions\":[{"
                              "\"version\":\"1.0\",\"lessThan\":\"1.9\",\"status\":\"affected\","
                              "\"versionType\":\"semver\"}]}]}}}",
                              i),
                 &err);
        CHECK_OK(arena_printf(&arena, &name, &err, "feeds/CVE-2024-%04u.json", i), &err);
        write_file(in_dir(name.p), text);
        CHECK_OK(arena_printf(&arena, &text, &err,
                              "{\"schema_version\":\"1.7.5\",\"id\":\"GHSA-aaaa-bbbb-%04u\","
                              "\"modified\":\"2026-02-01T10:00:00Z\",\"aliases\":[\"CVE-2024-%04u\"],"
                              "\"details\":\"d\",\"affected\":[{\"package\":{\"ecosystem\":\"PyPI\","
                              "\"name\":\"gadget\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{"
                              "\"introduced\":\"0\"},{\"fixed\":\"1.9\"}]}]}]}",
                              i, i),
                 &err);
        CHECK_OK(arena_printf(&arena, &name, &err, "feeds/GHSA-%04u.json", i), &err);
        write_file(in_dir(name.p), text);
    }
    write_file(in_dir("feeds/kev.csv"),
               STR("cveID,vendorProject,product,vulnerabilityName,dateAdded\n"
                   "CVE-2024-0001,Acme,Gadget,name,2024-02-01\n"));
    write_file(in_dir("feeds/epss.csv"), STR("#model_version:v1,score_date:2024-02-01T00:00:00Z\n"
                                             "cve,epss,percentile\nCVE-2024-0001,0.5,0.9\n"));
    CHECK_OK(store_import_open(path, true, 0, &s, &err), &err);
    struct vuln_sink sink = store_import_sink(s);
    const struct feed_taker taker = {s, &sink, close_feed, NULL};
    CHECK_OK(feed_import(in_dir("feeds"), &taker, NULL, &err), &err);
    CHECK_OK(store_import_commit(s, NOW, &err), &err);
    arena_reset(&arena);
}

static bool match(void *arg, struct buf *out, struct err *e)
{
    const struct input in = {
        STR("i.csv"), STR("name,version,cpe,purl\n"
                          "product1,1.5,cpe:2.3:a:acme:product1:1.5:*:*:*:*:*:*:*,\n"
                          "gadget,1.5,cpe:2.3:a:acme:gadget:1.5:*:*:*:*:*:*:*,pkg:pypi/gadget@1.5\n"
                          "gadget,1.4,,pkg:pypi/gadget@1.4\n"
                          "product3,1.5,,pkg:pypi/product3@1.5\nproduct2,1.0,,\n"
                          "other,2.5,cpe:2.3:a:acme:other:2.5:*:*:*:*:*:*:*,\nnobody,1.0,,\n")};
    struct arena a = {0};
    struct store *s = NULL;
    struct report r = {.generated = NOW};
    const struct match_options opt = {.details = true};
    struct inventory *inv = VEC_PUSH(&a, &r.inventories);
    bool ok = (inv || err_memory(e)) && inventory_read(&a, (struct str){0}, &in, inv, e) &&
              store_open(arg, &s, e) && store_info(s, &a, &r.database, e) &&
              match_run(s, &a, &opt, &r, e);
    for (size_t i = 0; ok && i < r.findings.n; i++)
        tell_finding(&r, i, out);
    if (ok)
        tell(out, "%zu subjects, %zu findings\n", r.subjects.n, r.findings.n);
    store_close(s);
    arena_free(&a);
    return ok;
}

static void matching(void)
{
    struct buf out = {0};
    CHECK_OK(match(db, &out, &err), &err);
    CHECK(str_find_str(buf_view(&out), STR("7 subjects")) != STR_NPOS);
    CHECK(str_find_str(buf_view(&out), STR("CVE-2024-1001")) != STR_NPOS);
    CHECK(torture("matching", match, db) > 20);
    char path[256];
    (void)snprintf(path, sizeof path, "%s", in_dir("sources.db"));
    import_sources(path);
    buf_clear(&out);
    CHECK_OK(match(path, &out, &err), &err);
    CHECK(str_find_str(buf_view(&out), STR("7 subjects, 80 findings")) != STR_NPOS);
    CHECK(str_find_str(buf_view(&out), STR("kev 1 epss 50000")) != STR_NPOS);
    buf_free(&out);
    CHECK(torture("matching against several sources", match, path) > 10);
}

static void prepare(void)
{
    (void)snprintf(db, sizeof db, "%s", in_dir("db"));
    (void)snprintf(other, sizeof other, "%s", in_dir("other.db"));
    (void)snprintf(bundle, sizeof bundle, "%s", in_dir("newer.vwb"));
    (void)snprintf(newer, sizeof newer, "%s", in_dir("newer.db"));
    make_database(db);
    make_database(newer);
    CHECK_OK(import(newer, 80, 5, 0, NOW + 20 * SECOND, 0), &err);
    struct bundle_info info;
    struct out_file f;
    CHECK_OK(out_open(&f, bundle, &err) && bundle_export(newer, &f.buf, &info, &err) &&
                 out_commit(&f, &err),
             &err);
    arena_reset(&arena);
}

static const struct test tests[] = {
    {"prepared", prepare}, {"lookups", lookups},     {"verifying", verifying},
    {"bundles", bundles},  {"snapshots", snapshots}, {"matching", matching},
};

int main(void)
{
    (void)alarm(250); /* a thread that waits for one that gave up would wait for ever */
    return database_main(tests, sizeof tests / sizeof tests[0]);
}
