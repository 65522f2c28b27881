/* SPDX-License-Identifier: Apache-2.0 */
/* Memory runs out while inventories, feeds and reports are made (torture.h). */
#include "import_one.h"
#include "test.h"
#include "torture.h"
#include "zip_write.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/map.h"
#include "codec/json_write.h"
#include "feed/feed.h"
#include "inventory/inventory.h"
#include "match/match.h"
#include "report/report.h"
#include "store/store.h"
#include "triage/triage.h"

#include "base/banned.h"

#define NOW ((int64_t)1700000000000)
/* --- inventories --- */

static struct arena files; /* of inputs, read before */

static bool read_inventory(void *arg, struct buf *out, struct err *err)
{
    const struct input *in = arg;
    struct arena a = {0};
    struct inventory inv;
    bool ok = inventory_read(&a, (struct str){0}, in, &inv, err);
    for (size_t i = 0; ok && i < inv.components.n; i++)
        tell(out, "%.*s %.*s %zu\n", STR_ARG(inv.components.v[i].name),
             STR_ARG(inv.components.v[i].version), inv.components.v[i].line);
    if (ok)
        tell(out, "%zu %zu %zu\n", inv.skipped.n, inv.n_skipped, inv.n_notes);
    arena_free(&a);
    return ok;
}

static void inventories(void)
{
    struct path_list list = {0};
    struct err err = {0};
    char path[4096];
    size_t n = 0, allocations = 0;
    (void)snprintf(path, sizeof path, "%s/inventory", test_dir());
    CHECK_OK(io_list_dir(&files, path, &list, &err), &err);
    for (size_t i = 0; i < list.n; i++) {
        struct input in;
        if (str_find_str(list.v[i], STR("/ok_")) == STR_NPOS)
            continue;
        CHECK_OK(io_read(&files, list.v[i].p, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
        allocations += torture(list.v[i].p, read_inventory, &in);
        n++;
    }
    /* One that needs many pages. */
    struct buf big = {0};
    buf_c(&big, "name,version\n");
    for (int i = 0; i < 5000; i++)
        buf_f(&big, "\"package\"\"%d\",1.%d\nbroken%d\n", i, i, i);
    struct input in = {STR("big.csv"), buf_view(&big)};
    allocations += torture("a long list", read_inventory, &in);
    buf_free(&big);
    CHECK(n > 10 && allocations > 3 * n);
    arena_free(&files);
}

static bool list_and_read(void *arg, struct buf *out, struct err *err)
{
    struct arena a = {0};
    struct path_list list = {0};
    struct input in;
    bool ok = io_list_dir(&a, arg, &list, err);
    for (size_t i = 0; ok && i < list.n; i++)
        if ((ok = io_read(&a, list.v[i].p, LIMIT_SMALL_FILE_BYTES, &in, err)))
            tell(out, "%.*s %zu\n", STR_ARG(in.name), in.data.n);
    arena_free(&a);
    return ok;
}

static void io_and_folders(void)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/data", test_dir());
    torture("a folder", list_and_read, path);
}

static bool fill_map(void *arg, struct buf *out, struct err *err)
{
    struct arena a = {0};
    struct map m = {0};
    bool ok = true;
    uint64_t v = 0;
    for (uint64_t i = 0; ok && i < 2000; i++) {
        struct str key;
        ok = arena_printf(&a, &key, err, "%s%llu", (const char *)arg, (unsigned long long)i) &&
             map_put(&m, key, i, err);
    }
    if (ok)
        tell(out, "%d %llu\n", map_get(&m, STR("key1999"), &v), (unsigned long long)v);
    map_free(&m);
    arena_free(&a);
    return ok;
}

static char key_prefix[] = "key";

static void maps(void)
{
    torture("a map", fill_map, key_prefix);
}

/* --- feeds and the database --- */

static char dir[64];

static const char *in_dir(const char *name)
{
    static char path[4][256];
    static unsigned at;
    char *p = path[at++ % 4];
    (void)snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static bool database_text(const char *path, struct buf *out)
{
    struct arena a = {0};
    struct store *s = NULL;
    struct database_info info;
    struct err err = {0};
    struct store_products found = {0};
    bool was = armed;
    armed = false;
    bool ok = store_open(path, &s, &err) && store_info(s, &a, &info, &err) &&
              store_products_named(s, STR("openssl"), &a, &found, &err);
    for (size_t i = 0; ok && i < found.n; i++) {
        struct store_segment seg;
        struct store_entry e;
        bool more;
        ok = store_segment_open(s, found.v[i].id, found.v[i].vendor, STR("openssl"), &seg, &err);
        while (ok && (ok = store_segment_next(&seg, &e, &more, &err)) && more) {
            struct store_record r;
            ok = store_record_load(s, e.record, &a, &r, &err);
            if (ok && !r.superseded)
                tell(out, "%.*s ", STR_ARG(r.v.id));
        }
    }
    if (ok)
        tell(out, "%llu records %.*s\n", (unsigned long long)info.records, STR_ARG(info.sha256));
    CHECK_OK(ok, &err);
    store_close(s);
    arena_free(&a);
    armed = was;
    return ok;
}

struct feeding {
    const char *feed, *db;
    bool fresh;
    bool several; /* feeds in one path */
};

struct several {
    struct store_import *store;
};

static bool store_feed_of_several(void *ctx, const struct feed_info *info, struct err *err)
{
    struct several *m = ctx;
    struct store_counts counts;
    struct store_feed fed = {.source = str_from_c(info->source),
                             .kind = str_from_c(info->format),
                             .name = info->name,
                             .sha256 = str_from_c(info->sha256),
                             .records = info->records};
    return store_import_feed(m->store, &fed, NOW, &counts, err);
}

static bool import(void *arg, struct buf *out, struct err *err)
{
    const struct feeding *f = arg;
    struct store_import *s = NULL;
    struct feed_info info;
    struct store_counts counts;
    if (!store_import_open(f->db, f->fresh, 0, &s, err))
        return false;
    struct vuln_sink sink = store_import_sink(s);
    struct several several = {s};
    const struct feed_taker taker = {&several, &sink, store_feed_of_several, NULL};
    bool ok = f->several ? feed_import(f->feed, &taker, NULL, err)
                         : import_one(f->feed, &sink, NULL, &info, err);
    if (ok && !f->several) {
        struct store_feed fed = {.source = str_from_c(info.source),
                                 .kind = str_from_c(info.format),
                                 .name = STR("feed"),
                                 .sha256 = str_from_c(info.sha256),
                                 .records = info.records};
        ok = store_import_feed(s, &fed, NOW, &counts, err);
    }
    if (!ok) {
        store_import_abort(s);
        return false;
    }
    return store_import_commit(s, NOW, err) && database_text(f->db, out);
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

#define RECORD(id, more)                                                                           \
    "{\"cve\":{\"id\":\"" id "\",\"lastModified\":\"2024-01-01\",\"descriptions\":[{\"lang\":"     \
                             "\"en\",\"value\":\"d\"}],\"references\":[{"                          \
    "\"url\":\"u\",\"tags\":[\"a\",\"b\"]}],\"weaknesses\":[{\"description\":[{\"value\":\"CWE-"   \
    "1\"}]}],\"metrics\":{\"cvssMetricV31\":[{"                                                    \
    "\"cvssData\":{\"version\":\"3.1\",\"baseScore\":7.5}}]}" more "}}"
#define SSL                                                                                        \
    "{\"vulnerable\":true,\"criteria\":\"cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*\","             \
    "\"versionEndExcluding\":\"3.1.4\"}"
#define LINUX "{\"vulnerable\":false,\"criteria\":\"cpe:2.3:o:linux:linux_kernel:-:*:*:*:*:*:*:*\"}"

static const char feed_text[] =
    "{\"format\":\"NVD_CVE\",\"version\":\"2.0\",\"vulnerabilities\":[" RECORD(
        "CVE-2024-0001",
        ",\"configurations\":[{\"nodes\":[{\"cpeMatch\":[" SSL "," SSL
        "]}]}]") "," RECORD("CVE-2024-0002",
                            ",\"configurations\":[{\"operator\":\"AND\",\"nodes\":[{\"cpeMatch\":"
                            "[" SSL "]},{\"cpeMatch\":[" LINUX "]}]}]") "]}";

#define CVE5(id)                                                                                   \
    "{\"dataType\":\"CVE_RECORD\",\"dataVersion\":\"5.1\",\"cveMetadata\":{\"cveId\":\"" id        \
    "\",\"state\":\"PUBLISHED\",\"assignerOrgId\":\"x\",\"dateUpdated\":\"2024-01-01T00:00:00Z\""  \
    "},\"containers\":{\"cna\":{\"providerMetadata\":{\"orgId\":\"x\",\"shortName\":\"x\"},"      \
    "\"descriptions\":[{\"lang\":\"en\",\"value\":\"d\"}]}}}"

static void write_buf(const char *path, const struct buf *b)
{
    FILE *f = fopen(path, "wb");
    CHECK(f && fwrite(b->p, 1, b->n, f) == b->n && fclose(f) == 0);
}

/* A zip with records, a feed and a zip in it; and a folder of the same. */
static void archives(void)
{
    const struct zip_twist deflated = {.deflated = true};
    struct zip_out inner = {0}, z = {0};
    struct feeding f = {in_dir("a.zip"), in_dir("zip.db"), true, true};
    zip_put(&inner, "c/CVE-2024-0003.json", STR(CVE5("CVE-2024-0003")), &deflated);
    zip_end(&inner, false, "");
    zip_put(&z, "c/CVE-2024-0001.json", STR(CVE5("CVE-2024-0001")), &deflated);
    zip_put(&z, "nvd.json", str_from_c(feed_text), &deflated);
    zip_put(&z, "c/CVE-2024-0002.json", STR(CVE5("CVE-2024-0002")), NULL);
    zip_put(&z, "inner.zip", buf_view(&inner.file), NULL);
    zip_end(&z, true, "");
    write_buf(f.feed, &z.file);
    CHECK(torture("an import of a zip", import, &f) > 20);
    f = (struct feeding){in_dir("folder"), in_dir("folder.db"), true, true};
    CHECK(mkdir(f.feed, 0755) == 0);
    write_text(in_dir("folder/1.json"), CVE5("CVE-2024-0001"));
    write_text(in_dir("folder/2.json"), feed_text);
    write_text(in_dir("folder/3.json"), CVE5("CVE-2024-0002"));
    write_buf(in_dir("folder/4.zip"), &inner.file);
    CHECK(torture("an import of a folder", import, &f) > 20);
    zip_out_free(&inner);
    zip_out_free(&z);
}

static void feeds(void)
{
    struct feeding f = {in_dir("feed.json"), in_dir("fresh.db"), true, false};
    char xml[4096];
    write_text(f.feed, feed_text);
    CHECK(torture("an import", import, &f) > 10);
    f.fresh = false; /* on top of what is there */
    f.db = in_dir("more.db");
    struct buf ignored = {0};
    struct err err = {0};
    CHECK_OK(import(&f, &ignored, &err), &err);
    torture("an import into a database", import, &f);
    buf_free(&ignored);
    (void)snprintf(xml, sizeof xml, "%s/feeds/ok_nvd-xml-2.0__sample.xml", test_dir());
    f = (struct feeding){xml, in_dir("xml.db"), true, false};
    torture("an import of XML", import, &f);
    /* Nothing is left behind by all those that failed. */
    struct arena a = {0};
    struct path_list list = {0};
    CHECK_OK(io_list_dir(&a, dir, &list, &err), &err);
    for (size_t i = 0; i < list.n; i++)
        CHECK(str_find_str(list.v[i], STR(".new-")) == STR_NPOS);
    arena_free(&a);
}

/* --- a scan --- */

struct scanning {
    const char *db;
    const struct report_writer *writer;
    struct input inventory, ignore;
};

static bool scan(void *arg, struct buf *out, struct err *err)
{
    const struct scanning *s = arg;
    struct arena a = {0};
    struct store *store = NULL;
    struct report r = {.generated = NOW};
    struct triage_options triage = {.gate = GATE_DEFAULT};
    const struct match_options match = {.details = true};
    const struct report_style style = {false, 100};
    struct buf b = {0};
    struct inventory *inv = VEC_PUSH(&a, &r.inventories);
    bool ok = (inv || err_memory(err)) && ignore_read(&a, &s->ignore, &triage.ignore, err) &&
              inventory_read(&a, (struct str){0}, &s->inventory, inv, err) &&
              store_open(s->db, &store, err) && store_info(store, &a, &r.database, err) &&
              match_run(store, &a, &match, &r, err) && triage_run(&r, &triage, &a, err) &&
              s->writer->write(&r, &style, &b, err) && buf_finish(&b, s->writer->name, err);
    bool was = armed;
    armed = false;
    if (ok) {
        buf_str(out, buf_view(&b));
        tell(out, "%zu affected, %zu ignored\n", r.summary.affected, r.summary.ignored);
    }
    armed = was;
    buf_free(&b);
    store_close(store);
    arena_free(&a);
    return ok;
}

static void scans(void)
{
    struct feeding f = {in_dir("feed.json"), in_dir("scan.db"), true, false};
    struct buf out = {0};
    struct err err = {0};
    write_text(f.feed, feed_text);
    CHECK_OK(import(&f, &out, &err), &err);
    struct scanning s = {
        .db = f.db,
        .inventory = {STR_INIT("inv.csv"),
                      STR_INIT("name,version,cpe\nlibssl3,3.1.3,\nbash,5.2,\ncustom,3.1.2,cpe:2.3:"
                               "a:openssl:openssl:3.1.2:*:*:*:*:*:*:*\n"
                               "nobody-knows,1.0,\nbroken\n")},
        .ignore = {STR_INIT("ignore.txt"),
                   STR_INIT("CVE-2024-0002 , reason\nCVE-2000-0001 , unused\n")},
    };
    for (size_t i = 0; report_writers[i]; i++) {
        s.writer = report_writers[i];
        buf_clear(&out);
        CHECK_OK(scan(&s, &out, &err), &err);
        CHECK(str_find_str(buf_view(&out), STR("2 affected, 2 ignored")) != STR_NPOS);
        CHECK(torture(s.writer->name, scan, &s) > 5);
    }
    buf_free(&out);
}

static void clean_up(void)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    CHECK(system(command) == 0); /* NOLINT(cert-env33-c): our own folder */
}

static const struct test tests[] = {
    {"maps", maps},   {"files and folders", io_and_folders}, {"inventories", inventories},
    {"feeds", feeds}, {"archives", archives}, {"scans and reports", scans},          {"clean up", clean_up},
};

int main(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/vulnward-oom-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    (void)alarm(250); /* a thread that waits for one that gave up would wait for ever */
    return test_main(tests, sizeof tests / sizeof tests[0]);
}
