/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders and archives through feed_import(): what is found in them, as what feeds it is handed
 * over, in which order, and what is refused. Archives are written by libarchive, and damaged here.
 */
#include "test.h"

#include <archive.h>
#include <archive_entry.h>
#include <libdeflate.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "feed/feed.h"

#include "base/banned.h"

static char dir[64];
static struct err err;

static const char *in_dir(const char *name)
{
    static char path[8][256];
    static unsigned at;
    char *p = path[at++ % 8];
    (void)snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static void write_file(const char *path, struct str data)
{
    FILE *f = fopen(path, "wb");
    CHECK(f && (!data.n || fwrite(data.p, 1, data.n, f) == data.n) && fclose(f) == 0);
}

/* --- the taker: text --- */

static struct {
    struct buf records, feeds, left_out; /* lines */
    size_t n_left_out;
    char sha256[SHA256_HEX]; /* of the last feed */
    uint64_t foreign, bytes;
} told;

struct batch {
    struct buf text;
};

static void *take_new(void *ctx, struct err *e)
{
    (void)ctx;
    struct batch *b = calloc(1, sizeof *b);
    if (!b)
        err_memory(e);
    return b;
}

static bool take_add(void *batch, const struct vuln *v, struct err *e)
{
    struct batch *b = batch;
    char date[DATE_TEXT_BYTES];
    (void)e;
    buf_f(&b->text, "%.*s %.*s [%.*s] %s\n", STR_ARG(v->source), STR_ARG(v->id), STR_ARG(v->part),
          date_format(v->modified, date));
    return true;
}

static bool take_seal(void *batch, struct err *e)
{
    (void)batch, (void)e;
    return true;
}

static bool take_commit(void *ctx, void *batch, struct err *e)
{
    struct batch *b = batch;
    (void)ctx, (void)e;
    buf_str(&told.records, buf_view(&b->text));
    buf_clear(&b->text);
    return true;
}

static void take_free(void *batch)
{
    struct batch *b = batch;
    if (b)
        buf_free(&b->text);
    free(b);
}

static bool take_done(void *ctx, const struct feed_info *i, struct err *e)
{
    char date[DATE_TEXT_BYTES];
    (void)ctx, (void)e;
    buf_f(&told.feeds, "%.*s: %s %llu%s %s%s\n", STR_ARG(i->name), i->format,
          (unsigned long long)i->records, i->whole ? "" : " part", date_format(i->published, date),
          i->meta_checked ? " confirmed" : "");
    buf_f(&told.records, "--\n");
    memcpy(told.sha256, i->sha256, sizeof told.sha256);
    told.foreign = i->foreign;
    told.bytes = i->bytes;
    return true;
}

static void take_left_out(void *ctx, const char *path, const char *why)
{
    (void)ctx;
    struct str p = str_from_c(path);
    if (str_starts(p, str_from_c(dir)))
        p = str_from(p, strlen(dir) + 1);
    buf_f(&told.left_out, "%.*s: %s\n", STR_ARG(p), why);
    told.n_left_out++;
}

static bool import_with(const char *path, const struct feed_progress *progress)
{
    const struct vuln_sink sink = {NULL,        take_new,  take_add, take_seal,
                                   take_commit, take_free, NULL,     NULL};
    const struct feed_taker taker = {NULL, &sink, take_done, take_left_out};
    buf_clear(&told.records);
    buf_clear(&told.feeds);
    buf_clear(&told.left_out);
    told.n_left_out = 0;
    told.foreign = 0;
    bool ok = feed_import(path, &taker, progress, &err);
    CHECK(ok == (err.code == ERR_NONE));
    return ok;
}

static bool import(const char *path)
{
    return import_with(path, NULL);
}

#define TOLD(what) buf_view(&told.what)

/* --- archives --- */

struct entry {
    const char *name;
    struct str data;
    bool link;
};

static struct archive *start(const char *path, int format, int filter, const char *options)
{
    struct archive *a = archive_write_new();
    if (!a || archive_write_set_format(a, format) || archive_write_add_filter(a, filter) ||
        (options && archive_write_set_options(a, options)) ||
        (options && strstr(options, "encryption") && archive_write_set_passphrase(a, "secret")) ||
        archive_write_open_filename(a, path)) {
        printf("# %s\n", a ? archive_error_string(a) : "no memory");
        abort();
    }
    return a;
}

static void put(struct archive *a, const struct entry *e)
{
    struct archive_entry *ae = archive_entry_new();
    archive_entry_set_pathname(ae, e->name);
    archive_entry_set_size(ae, e->link ? 0 : (la_int64_t)e->data.n);
    archive_entry_set_filetype(ae, e->link ? AE_IFLNK : AE_IFREG);
    if (e->link)
        archive_entry_set_symlink(ae, "/etc/passwd");
    archive_entry_set_perm(ae, 0644);
    CHECK_INT(archive_write_header(a, ae), ARCHIVE_OK);
    if (e->data.n)
        CHECK_INT(archive_write_data(a, e->data.p, e->data.n), (long long)e->data.n);
    archive_entry_free(ae);
}

static void finish(struct archive *a)
{
    CHECK_INT(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
}

static void pack(const char *path, int format, int filter, const char *options,
                 const struct entry *e, size_t n)
{
    struct archive *a = start(path, format, filter, options);
    for (size_t i = 0; i < n; i++)
        put(a, &e[i]);
    finish(a);
}

#define ZIP(path, ...)                                                                             \
    pack(path, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, (const struct entry[]){__VA_ARGS__}, \
         sizeof((const struct entry[]){__VA_ARGS__}) / sizeof(struct entry))

static struct str load(struct arena *a, const char *path)
{
    struct input in = {0};
    CHECK_OK(io_read(a, path, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
    return in.data;
}

/* --- records and feeds --- */

#define CVE(id, date)                                                                              \
    "{\"dataType\":\"CVE_RECORD\",\"dataVersion\":\"5.1\",\"cveMetadata\":{\"cveId\":\"" id        \
    "\",\"state\":\"PUBLISHED\",\"assignerOrgId\":\"x\",\"dateUpdated\":\"" date                   \
    "\"},\"containers\":{\"cna\":{\"providerMetadata\":{\"orgId\":\"x\",\"shortName\":\"x\"},"     \
    "\"descriptions\":[{\"lang\":\"en\",\"value\":\"d\"}]}}}\n"
#define OSV(id, date)                                                                              \
    "{\"schema_version\":\"1.6.0\",\"id\":\"" id "\",\"modified\":\"" date                         \
    "\",\"affected\":[{\"package\":{\"ecosystem\":\"PyPI\",\"name\":\"n\"}}]}"
#define NVD(id)                                                                                    \
    "{\"format\":\"NVD_CVE\",\"version\":\"2.0\",\"timestamp\":\"2026-08-21T00:00:00.000\","       \
    "\"vulnerabilities\":[{\"cve\":{\"id\":\"" id "\",\"lastModified\":\"2024-02-03\"}}]}"
#define E(name, text) {name, STR_INIT(text), false}
#define C1 CVE("CVE-2024-0001", "2024-01-01T00:00:00Z")
#define C2 CVE("CVE-2024-0002", "2024-03-01T00:00:00Z")
#define O1 OSV("OSV-1", "2024-02-02T00:00:00Z")

static void one_record(void)
{
    struct arena a = {0};
    char want[SHA256_HEX];
    write_file(in_dir("one.json"), STR("\xef\xbb\xbf" C1));
    CHECK_OK(import(in_dir("one.json")), &err);
    CHECK_STR(TOLD(records), "cvelist CVE-2024-0001 [] 2024-01-01T00:00:00Z\n--\n");
    CHECK_STR(TOLD(feeds), "one.json: cvelist-json-5 1 part 2024-01-01T00:00:00Z\n");
    CHECK_OK(sha256_of(STR("\xef\xbb\xbf" C1), want, &err), &err);
    CHECK_STR(str_from_c(told.sha256), want);
    write_file(in_dir("one.json"), STR("{\"dataType\":\"CVE_RECORD\",\"cveMetadata\":7}"));
    CHECK_ERR(import(in_dir("one.json")), &err, "one.json: cveMetadata: ");
    write_file(in_dir("one.json"), STR(C1 "{}"));
    CHECK_ERR(import(in_dir("one.json")), &err, "not valid JSON");
    arena_free(&a);
}

static void zips(void)
{
    struct arena a = {0};
    char want[SHA256_HEX];
    ZIP(in_dir("list.zip"), E("README.md", "hello"), E("cves/2024/0xxx/CVE-2024-0002.json", C2),
        E("cves/2024/0xxx/CVE-2024-0001.json", C1), E("cves/delta.json", "{\"new\":[]}"),
        E("top.json", CVE("CVE-2024-0003", "2024-02-01T00:00:00Z")));
    CHECK_OK(import(in_dir("list.zip")), &err);
    CHECK_STR(TOLD(records), "cvelist CVE-2024-0002 [] 2024-03-01T00:00:00Z\n"
                             "cvelist CVE-2024-0001 [] 2024-01-01T00:00:00Z\n"
                             "cvelist CVE-2024-0003 [] 2024-02-01T00:00:00Z\n--\n");
    CHECK_STR(TOLD(feeds), "list.zip: cvelist-json-5 3 2024-03-01T00:00:00Z\n");
    CHECK_STR(TOLD(left_out), "list.zip: README.md: not a feed it knows\n"
                              "list.zip: cves/delta.json: not a feed it knows\n");
    CHECK_INT(told.foreign, 2);
    CHECK_INT(told.bytes, 3 * (sizeof C1 - 1));
    CHECK_OK(sha256_of(load(&a, in_dir("list.zip")), want, &err), &err);
    CHECK_STR(str_from_c(told.sha256), want);
    /* As the CVE Program publishes it. */
    struct str inner = load(&a, in_dir("list.zip"));
    ZIP(in_dir("all_delta_CVEs.zip.zip"), {"cves.zip", inner, false});
    CHECK_OK(import(in_dir("all_delta_CVEs.zip.zip")), &err);
    CHECK_STR(TOLD(feeds),
              "all_delta_CVEs.zip.zip/cves.zip: cvelist-json-5 3 part 2024-03-01T00:00:00Z\n");
    CHECK_STR(str_from_c(told.sha256), want);
    CHECK(str_starts(TOLD(left_out), STR("all_delta_CVEs.zip.zip: cves.zip: README.md: ")));
    struct str outer = load(&a, in_dir("all_delta_CVEs.zip.zip"));
    ZIP(in_dir("three.zip"), {"two.zip", outer, false});
    CHECK_ERR(import(in_dir("three.zip")), &err,
              "three.zip: two.zip: cves.zip: an archive within more than 1 others");
    arena_free(&a);
}

/* Records of two formats, whole feeds, archives: in whatever order, each format is one feed. */
static void mixed(void)
{
    struct arena a = {0};
    ZIP(in_dir("inner.zip"), E("x/" "OSV-9.json", OSV("OSV-9", "2024-09-09T00:00:00Z")));
    struct str inner = load(&a, in_dir("inner.zip"));
    ZIP(in_dir("mixed.zip"), E("a/OSV-1.json", O1), E("a/nvd.json", NVD("CVE-2020-0001")),
        E("b/CVE-2024-0001.json", C1), {"c.zip", inner, false},
        E("z/OSV-2.json", OSV("OSV-2", "2024-01-02T00:00:00Z")), E("z/CVE-2024-0002.json", C2),
        E("note.txt", "?"));
    CHECK_OK(import(in_dir("mixed.zip")), &err);
    CHECK_STR(TOLD(feeds), "mixed.zip: osv-json-1 2 2024-02-02T00:00:00Z\n"
                           "mixed.zip/a/nvd.json: nvd-json-2.0 1 2026-08-21T00:00:00Z\n"
                           "mixed.zip/c.zip: osv-json-1 1 2024-09-09T00:00:00Z\n"
                           "mixed.zip: cvelist-json-5 2 2024-03-01T00:00:00Z\n");
    CHECK_STR(TOLD(records), "osv OSV-1 [a|PyPI] 2024-02-02T00:00:00Z\n"
                             "osv OSV-2 [z|PyPI] 2024-01-02T00:00:00Z\n--\n"
                             "nvd CVE-2020-0001 [] 2024-02-03T00:00:00Z\n--\n"
                             "osv OSV-9 [x|PyPI] 2024-09-09T00:00:00Z\n--\n"
                             "cvelist CVE-2024-0001 [] 2024-01-01T00:00:00Z\n"
                             "cvelist CVE-2024-0002 [] 2024-03-01T00:00:00Z\n--\n");
    CHECK_STR(TOLD(left_out), "mixed.zip: note.txt: not a feed it knows\n");
    arena_free(&a);
}

static void make_folder(const char *name)
{
    CHECK(mkdir(in_dir(name), 0755) == 0);
}

static void folders(void)
{
    struct arena a = {0};
    struct buf hashed = {0};
    char want[SHA256_HEX];
    struct str inner = load(&a, in_dir("inner.zip"));
    make_folder("tree");
    make_folder("tree/b");
    make_folder("tree/a");
    write_file(in_dir("tree/b/CVE-2024-0001.json"), STR(C1));
    write_file(in_dir("tree/a/CVE-2024-0002.json"), STR(C2));
    write_file(in_dir("tree/notes.txt"), STR("no feed, and not called like one"));
    write_file(in_dir("tree/other.json"), STR("{\"a\":1}"));
    write_file(in_dir("tree/b/osv.zip"), inner);
    write_file(in_dir("tree/c.json"), STR(NVD("CVE-2020-0001")));
    CHECK_OK(sha256_of(STR(NVD("CVE-2020-0001")), want, &err), &err);
    buf_f(&hashed, "size:%zu\nsha256:%s\n", sizeof NVD("CVE-2020-0001") - 1, want);
    write_file(in_dir("tree/c.meta"), buf_view(&hashed));
    buf_clear(&hashed);
    CHECK_OK(import(in_dir("tree/")), &err); /* with a slash */
    CHECK_STR(TOLD(feeds), "tree: cvelist-json-5 2 2024-03-01T00:00:00Z\n"
                           "osv.zip: osv-json-1 1 2024-09-09T00:00:00Z\n"
                           "c.json: nvd-json-2.0 1 2026-08-21T00:00:00Z confirmed\n");
    CHECK(str_starts(TOLD(records), STR("cvelist CVE-2024-0002 [] 2024-03-01T00:00:00Z\n"
                                        "cvelist CVE-2024-0001 [] 2024-01-01T00:00:00Z\n--\n")));
    CHECK_INT(told.n_left_out, 1);
    CHECK(str_find_str(TOLD(left_out), STR("tree/other.json: not a feed it knows")) != STR_NPOS);
    /* The digest of a folder's records. */
    CHECK(unlink(in_dir("tree/c.json")) == 0 && unlink(in_dir("tree/b/osv.zip")) == 0);
    CHECK_OK(import(in_dir("tree")), &err);
    buf_c(&hashed, "a/CVE-2024-0002.json");
    buf_add(&hashed, "\0", 1);
    buf_char(&hashed, (char)((sizeof C2 - 1) & 255));
    buf_char(&hashed, (char)((sizeof C2 - 1) >> 8));
    buf_add(&hashed, "\0\0\0\0\0", 6);
    buf_c(&hashed, C2 "b/CVE-2024-0001.json");
    buf_add(&hashed, "\0", 1);
    buf_char(&hashed, (char)((sizeof C1 - 1) & 255));
    buf_char(&hashed, (char)((sizeof C1 - 1) >> 8));
    buf_add(&hashed, "\0\0\0\0\0", 6);
    buf_c(&hashed, C1);
    CHECK_OK(sha256_of(buf_view(&hashed), want, &err), &err);
    CHECK_STR(str_from_c(told.sha256), want);
    /* A faulty one stops it all, and is named. */
    write_file(in_dir("tree/b/CVE-2024-0001.json"), STR("{\"dataType\":\"CVE_RECORD\",\"cveMetadata\"" ":7}"));
    CHECK_ERR(import(in_dir("tree")), &err, "/tree/b/CVE-2024-0001.json: ");
    write_file(in_dir("tree/b/CVE-2024-0001.json"), STR(""));
    CHECK_ERR(import(in_dir("tree")), &err, "/tree/b/CVE-2024-0001.json: is empty");
    make_folder("none");
    CHECK_ERR(import(in_dir("none")), &err, "none: has no feed in it (.json, ");
    write_file(in_dir("none/x.json"), STR("[]"));
    CHECK_ERR(import(in_dir("none")), &err, "none: has no feed in it (.json, ");
    CHECK_STR(TOLD(left_out), "none/x.json: not a feed it knows\n");
    buf_free(&hashed);
    arena_free(&a);
}

static void tars(void)
{
    static const struct {
        const char *name;
        int filter;
    } rows[] = {{"t.tar", ARCHIVE_FILTER_NONE},
                {"t.tar.gz", ARCHIVE_FILTER_GZIP},
                {"t.tar.xz", ARCHIVE_FILTER_XZ},
                {"t.tar.zst", ARCHIVE_FILTER_ZSTD},
                {"t.tar.bz2", ARCHIVE_FILTER_BZIP2}};
    const struct entry e[] = {E("./x/CVE-2024-0001.json", C1),
                              E("./nvd.json", NVD("CVE-2020-0001")),
                              E("./x/CVE-2024-0002.json", C2),
                              {"./link.json", {NULL, 0}, true},
                              E("./rest.bin", "0123456789")};
    struct arena a = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int before = test_failures;
        char want[256];
        pack(in_dir(rows[i].name), ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, rows[i].filter, NULL, e, 5);
        CHECK_OK(import(in_dir(rows[i].name)), &err);
        (void)snprintf(want, sizeof want,
                       "%s: cvelist-json-5 2 2024-03-01T00:00:00Z\n"
                       "%s/nvd.json: nvd-json-2.0 1 2026-08-21T00:00:00Z\n",
                       rows[i].name, rows[i].name);
        CHECK_STR(TOLD(feeds), want);
        CHECK_INT(told.n_left_out, 2);
        CHECK(str_find_str(TOLD(left_out), STR("link.json: a link")) != STR_NPOS);
        /* Cut anywhere: never taken for a smaller one. */
        struct str whole = load(&a, in_dir(rows[i].name));
        size_t step = whole.n / 60 + 1;
        size_t end = i ? whole.n : 5 * 1024 + 1; /* behind it there are only zeros */
        for (size_t n = 600; n < end; n += step) {
            write_file(in_dir("cut.tar"), str_first(whole, n));
            bool ok = import(in_dir("cut.tar"));
            CHECK(!ok);
            if (ok)
                printf("# cut after %zu of %zu\n", n, whole.n);
            err_clear(&err);
        }
        if (test_failures != before)
            printf("# ... %s\n", rows[i].name);
    }
    arena_free(&a);
}

/* --- what is refused --- */

static void refused(void)
{
    struct arena a = {0};
    ZIP(in_dir("bad.zip"), E("a/CVE-2024-0001.json", C1), E("a/CVE-2024-0002.json", "{\"dataType\":\"CVE_RECORD\",\"cveMetadata\":7}"));
    CHECK_ERR(import(in_dir("bad.zip")), &err, "bad.zip: a/CVE-2024-0002.json: ");
    ZIP(in_dir("bad.zip"), E("a/CVE-2024-0001.json", C1), E("a/CVE-2024-0002.json", "{\"dataType\":\"CVE_RECORD\",\"cveMetadata\" 7}"));
    CHECK_ERR(import(in_dir("bad.zip")), &err, "bad.zip: a/CVE-2024-0002.json: byte 39: not valid JSON");
    ZIP(in_dir("bad.zip"), E("../../etc/pass\x1b[0mwd.json", "{\"dataType\":\"CVE_RECORD\",\"cveMetadata\":7}"));
    CHECK_ERR(import(in_dir("bad.zip")), &err, "bad.zip: ../../etc/pass?[0mwd.json: ");
    ZIP(in_dir("bad.zip"), E("a.json", ""));
    CHECK_ERR(import(in_dir("bad.zip")), &err, "bad.zip: a.json: is empty");
    ZIP(in_dir("bad.zip"), E("a.txt", "x"), E("b", ""), E("c", ""), E("d", ""), E("e", ""),
        E("f", ""), E("g", ""));
    CHECK_ERR(import(in_dir("bad.zip")), &err, "bad.zip: has no feed in it");
    CHECK_INT(told.n_left_out, 6);
    CHECK(str_ends(TOLD(left_out), STR("bad.zip: 2 more files that are no feed it knows\n")));
    pack(in_dir("bad.zip"), ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, NULL, 0);
    CHECK_ERR(import(in_dir("bad.zip")), &err, "bad.zip: has no feed in it");
    const struct entry c = E("a/CVE-2024-0001.json", C1);
    pack(in_dir("bad.zip"), ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "zip:encryption=zipcrypt", &c,
         1);
    CHECK_ERR(import(in_dir("bad.zip")), &err, "bad.zip: a/CVE-2024-0001.json: can not be unpacked");
    const struct entry long_name[] = {{NULL, STR_INIT("x"), false}};
    struct entry l = long_name[0];
    char name[LIMIT_PATH_BYTES + 2];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    l.name = name;
    pack(in_dir("bad.zip"), ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, &l, 1);
    CHECK_ERR(import(in_dir("bad.zip")), &err, "a path of more than 1024 bytes");
    /* A nested one without feeds is told of; alone it is an error. */
    pack(in_dir("bad.zip"), ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, NULL, 0);
    struct str empty = load(&a, in_dir("bad.zip"));
    ZIP(in_dir("bad2.zip"), {"e.zip", empty, false});
    CHECK_ERR(import(in_dir("bad2.zip")), &err, "bad2.zip: has no feed in it");
    CHECK_STR(TOLD(left_out), "bad2.zip: e.zip: it has no feed in it\n");
    arena_free(&a);
}

static void cut_zips(void)
{
    struct arena a = {0};
    struct buf before = {0};
    ZIP(in_dir("whole.zip"), E("a/CVE-2024-0001.json", C1), E("a/CVE-2024-0002.json", C2));
    CHECK_OK(import(in_dir("whole.zip")), &err);
    buf_str(&before, TOLD(records));
    struct str whole = load(&a, in_dir("whole.zip"));
    for (size_t n = 4; n < whole.n; n++) {
        write_file(in_dir("cut.zip"), str_first(whole, n));
        bool ok = import(in_dir("cut.zip"));
        CHECK(!ok);
        if (ok)
            printf("# cut after %zu of %zu\n", n, whole.n);
        err_clear(&err);
    }
    /* Any bit changed: an error, or the same records (a time or the like). */
    size_t failed = 0;
    for (size_t i = 4; i < whole.n; i++) {
        struct str copy;
        CHECK(arena_dup(&a, whole, &copy, &err));
        ((char *)(uintptr_t)copy.p)[i] ^= (char)(1 << (i % 8));
        write_file(in_dir("flip.zip"), copy);
        bool ok = import(in_dir("flip.zip"));
        failed += !ok;
        if (ok && !told.n_left_out && !str_eq(TOLD(records), buf_view(&before))) {
            test_failures++;
            printf("# byte %zu: other records\n", i);
        }
        err_clear(&err);
        arena_reset(&a);
        whole = load(&a, in_dir("whole.zip"));
    }
    CHECK(failed > whole.n / 2);
    buf_free(&before);
    arena_free(&a);
}

static void bombs(void)
{
    struct arena a = {0};
    size_t size = (size_t)200 << 20;
    char *zeros = calloc(1, size);
    CHECK(zeros != NULL);
    memset(zeros, ' ', size);
    memcpy(zeros, C1, sizeof C1 - 1);
    ZIP(in_dir("bomb.zip"), {"a/CVE-2024-0001.json", {zeros, size}, false});
    CHECK_ERR(import(in_dir("bomb.zip")), &err, "bomb.zip: a/CVE-2024-0001.json: ");
    /* A whole feed of nothing but blanks: by the ratio. */
    memset(zeros, ' ', size);
    static const char feed[] = "{\"format\":\"NVD_CVE\",\"version\":\"2.0\",\"vulnerabilities\":[";
    memcpy(zeros, feed, sizeof feed - 1);
    ZIP(in_dir("bomb.zip"), {"nvd.json", {zeros, size}, false});
    CHECK_ERR(import(in_dir("bomb.zip")), &err, "bomb.zip: nvd.json: expands more than 400 times");
    /* In a tar it is inflated even when it is passed over. */
    const struct entry e = {"x.bin", {zeros, size}, false};
    pack(in_dir("bomb.tgz"), ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_GZIP, NULL, &e, 1);
    CHECK_ERR(import(in_dir("bomb.tgz")), &err, "bomb.tgz: x.bin: expands more than 400 times");
    /* Too large, though it does not expand much. */
    uint64_t seed = 1;
    for (size_t i = sizeof C1; i < size / 2; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        zeros[i] = (char)("0123456789abcdef"[seed >> 60]);
    }
    memcpy(zeros, C1, sizeof C1 - 1);
    ZIP(in_dir("bomb.zip"), {"a/CVE-2024-0001.json", {zeros, size / 2}, false});
    CHECK_ERR(import(in_dir("bomb.zip")), &err, "a/CVE-2024-0001.json: a record of more than 67108864 bytes");
    free(zeros);
    arena_free(&a);
}

/* --- many --- */

#define MANY 3000

static void many(void)
{
    struct buf want = {0};
    struct archive *zip = start(in_dir("many.zip"), ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL);
    make_folder("many");
    for (int i = 0; i < MANY; i++) {
        char text[2048], name[64], path[128];
        int n = snprintf(text, sizeof text, "%.*s%04d%s%*s", (int)(strstr(C1, "0001") - C1), C1, i,
                         strstr(C1, "0001") + 4, 900, "");
        (void)snprintf(name, sizeof name, "%d/CVE-2024-%04d.json", i % 7, i);
        put(zip, &(struct entry){name, str_make(text, (size_t)n), false});
        buf_f(&want, "cvelist CVE-2024-%04d [] 2024-01-01T00:00:00Z\n", i);
        if (i % 10)
            continue;
        (void)snprintf(path, sizeof path, "many/%04d.json", i);
        write_file(in_dir(path), str_make(text, (size_t)n));
    }
    finish(zip);
    buf_c(&want, "--\n");
    for (int round = 0; round < 5; round++) {
        CHECK_OK(import(in_dir("many.zip")), &err);
        CHECK(str_eq(TOLD(records), buf_view(&want)));
    }
    CHECK_OK(import(in_dir("many")), &err);
    struct str rest = TOLD(records), line;
    for (int i = 0; i < MANY; i += 10) {
        char text[64];
        (void)snprintf(text, sizeof text, "cvelist CVE-2024-%04d [] 2024-01-01T00:00:00Z", i);
        CHECK(str_split(rest, '\n', &line, &rest));
        CHECK_STR(line, text);
    }
    CHECK_STR(rest, "--\n");
    /* One by one they are the same records. */
    struct buf single = {0};
    for (int i = 0; i < MANY; i += 10) {
        char path[128];
        (void)snprintf(path, sizeof path, "many/%04d.json", i);
        CHECK_OK(import(in_dir(path)), &err);
        buf_str(&single, str_first(TOLD(records), TOLD(records).n - 3));
    }
    CHECK_OK(import(in_dir("many")), &err);
    CHECK(str_eq(buf_view(&single), str_first(TOLD(records), TOLD(records).n - 3)));
    buf_free(&single);
    buf_free(&want);
}

static void tick(void *ctx, const char *path, unsigned long long done, unsigned long long total)
{
    unsigned long long *last = ctx;
    CHECK(path && done >= *last && done <= total);
    *last = done;
}

static void progress(void)
{
    unsigned long long last = 0;
    struct stat st;
    const struct feed_progress p = {&last, tick};
    CHECK_OK(import_with(in_dir("many.zip"), &p), &err);
    CHECK(stat(in_dir("many.zip"), &st) == 0);
    CHECK((long long)last > st.st_size / 2); /* the list of files stands at its end */
    last = 0;
    CHECK_OK(import_with(in_dir("many"), &p), &err);
    CHECK_INT(last, MANY / 10);
}

/* From a pipe: feeds as they come, archives by way of a temporary file. */
static void *pour(void *arg)
{
    struct arena a = {0};
    struct input in = {0};
    struct err e = {0};
    CHECK_OK(io_read(&a, arg, LIMIT_SMALL_FILE_BYTES, &in, &e), &e);
    write_file(in_dir("pipe"), in.data);
    arena_free(&a);
    return NULL;
}

static void pipes(void)
{
    pthread_t t;
    char path[2][256];
    (void)snprintf(path[0], sizeof path[0], "%s", in_dir("whole.zip"));
    (void)snprintf(path[1], sizeof path[1], "%s", in_dir("nvd.json"));
    write_file(path[1], STR(NVD("CVE-2020-0001")));
    CHECK(mkfifo(in_dir("pipe"), 0600) == 0);
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&t, NULL, pour, path[i]) == 0);
        CHECK_OK(import(in_dir("pipe")), &err);
        (void)pthread_join(t, NULL);
        CHECK(str_starts(TOLD(feeds), STR("pipe: ")));
    }
    CHECK(unlink(in_dir("pipe")) == 0);
}

static void clean_up(void)
{
    char command[128];
    buf_free(&told.records);
    buf_free(&told.feeds);
    buf_free(&told.left_out);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    CHECK(system(command) == 0); /* NOLINT(cert-env33-c): our own folder */
}

static const struct test tests[] = {
    {"one record", one_record},
    {"zip, and zip in zip", zips},
    {"formats mixed", mixed},
    {"folders", folders},
    {"tar", tars},
    {"what is refused", refused},
    {"damaged zips", cut_zips},
    {"bombs", bombs},
    {"many records", many},
    {"progress", progress},
    {"pipes", pipes},
    {"clean up", clean_up},
};

int main(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/vulnward-archive-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    return test_main(tests, sizeof tests / sizeof tests[0]);
}
