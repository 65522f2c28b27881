/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles, snapshots and verification: what arrives is what left, nothing else is installed, a
 * replaced database is kept, and no damage goes unseen.
 */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "base/io.h"
#include "base/vec.h"
#include "codec/json_write.h"
#include "codec/pieces.h"
#include "codec/sha256.h"
#include "codec/tar.h"
#include "store/bundle.h"
#include "store/lock_priv.h"
#include "store/sql_priv.h"
#include "store/verify.h"

#include "base/banned.h"

#define NOW ((int64_t)1700000000000)
#define SECOND ((int64_t)1000)

static char dir[64];
static struct arena arena;
static struct err err;
static unsigned warnings;

static void warned(void *ctx, const char *text)
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
static void clean(void)
{
    char line[128];
    (void)snprintf(line, sizeof line, "rm -rf %s/*", dir);
    CHECK(system(line) == 0); /* NOLINT(cert-env33-c) */
}

static struct str read_file(const char *path)
{
    struct input in = {0};
    CHECK_OK(io_read(&arena, path, (size_t)1 << 28, &in, &err), &err);
    return in.data;
}

static void write_file(const char *path, struct str data)
{
    (void)unlink(path); /* it may be one file with a snapshot */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    CHECK(fd >= 0 && write(fd, data.p, data.n) == (ssize_t)data.n);
    (void)close(fd);
}

/* ---- databases to work with ---- */

static void add_criterion(struct vuln *v, struct str vendor, struct str product, struct str end)
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

static void add_list(struct vuln *v, struct str ecosystem, struct str package)
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
static struct vuln make_vuln(unsigned i, unsigned edition)
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

static bool put(struct store_import *s, unsigned first, unsigned n, unsigned edition)
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

static bool put_catalogues(struct store_import *s, int64_t now)
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
static bool import(const char *path, unsigned first, unsigned n, unsigned edition, int64_t now,
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
static void make_database(const char *path)
{
    CHECK_OK(import(path, 0, 60, 0, NOW, 0), &err);
    CHECK_OK(import(path, 40, 40, 1, NOW + 10 * SECOND, 0), &err);
    arena_reset(&arena);
}

static uint64_t serial_of(const char *path)
{
    struct store *s = NULL;
    struct database_info info = {0};
    CHECK_OK(store_open(path, &s, &err) && store_info(s, &arena, &info, &err), &err);
    store_close(s);
    return info.serial;
}

static uint64_t damages(const char *path, bool show);

/* ---- bundles ---- */

static struct bundle_info export_to(const char *path, const char *bundle)
{
    struct bundle_info info = {0};
    struct out_file f;
    CHECK_OK(out_open(&f, bundle, &err) && bundle_export(path, &f.buf, &info, &err) &&
                 out_commit(&f, &err),
             &err);
    return info;
}

static bool install(const char *bundle, const char *path, bool force, unsigned keep,
                    struct bundle_info *info)
{
    struct bundle_info ignored;
    const struct bundle_install how = {path, 0, force, {keep, warned, NULL}};
    int fd = open(bundle, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    bool ok = bundle_install(fd, &how, info ? info : &ignored, &err);
    (void)close(fd);
    return ok;
}

static void round_trip(void)
{
    clean();
    make_database(in_dir("a.db"));
    struct bundle_info out = export_to(in_dir("a.db"), in_dir("a.vwb")), in = {0};
    CHECK_INT(out.serial, NOW / 1000 + 10);
    CHECK_INT(out.records, 80);
    CHECK_OK(install(in_dir("a.vwb"), in_dir("b.db"), false, 0, &in), &err);
    CHECK(in.serial == out.serial && in.records == out.records && in.size == out.size &&
          in.built == out.built && !in.installed_already);
    struct str a = read_file(in_dir("a.db")), b = read_file(in_dir("b.db"));
    CHECK(str_eq(a, b));
    CHECK_INT(damages(in_dir("b.db"), true), 0);
    /* the same database, elsewhere and later: the same bytes */
    (void)export_to(in_dir("b.db"), in_dir("b.vwb"));
    a = read_file(in_dir("a.vwb"));
    b = read_file(in_dir("b.vwb"));
    CHECK(str_eq(a, b));
    struct stat st;
    mode_t mask = umask(0);
    (void)umask(mask);
    CHECK(stat(in_dir("b.db"), &st) == 0 && (st.st_mode & 0777) == (0666 & ~mask));
    CHECK(!io_exists(in_dir("b.db.new-bundle")));
}

static void serials(void)
{
    struct bundle_info info;
    clean();
    make_database(in_dir("old.db"));
    (void)export_to(in_dir("old.db"), in_dir("old.vwb"));
    CHECK_OK(import(in_dir("old.db"), 80, 5, 0, NOW + 20 * SECOND, 0), &err);
    (void)export_to(in_dir("old.db"), in_dir("new.vwb"));
    CHECK_OK(install(in_dir("old.vwb"), in_dir("x.db"), false, 0, NULL), &err);
    CHECK_OK(install(in_dir("old.vwb"), in_dir("x.db"), false, 0, &info), &err);
    CHECK(info.installed_already);
    CHECK_OK(install(in_dir("new.vwb"), in_dir("x.db"), false, 0, &info), &err);
    CHECK(!info.installed_already && info.records == 85);
    struct str before = read_file(in_dir("x.db"));
    CHECK_ERR(install(in_dir("old.vwb"), in_dir("x.db"), false, 0, NULL), &err, "is older than");
    CHECK(str_eq(before, read_file(in_dir("x.db"))));
    /* the same serial, another content */
    make_database(in_dir("other.db"));
    CHECK_OK(import(in_dir("other.db"), 80, 6, 0, NOW + 20 * SECOND, 0), &err);
    (void)export_to(in_dir("other.db"), in_dir("other.vwb"));
    before = read_file(in_dir("x.db"));
    CHECK_ERR(install(in_dir("other.vwb"), in_dir("x.db"), false, 0, NULL), &err,
              "but another content");
    CHECK(str_eq(before, read_file(in_dir("x.db"))));
    CHECK_OK(install(in_dir("other.vwb"), in_dir("x.db"), true, 0, NULL), &err);
    CHECK_OK(install(in_dir("old.vwb"), in_dir("x.db"), true, 0, NULL), &err);
    CHECK_INT(serial_of(in_dir("x.db")), NOW / 1000 + 10);
    /* one that can not be read is replaced, and that is told */
    write_file(in_dir("x.db"), STR("this is no database"));
    warnings = 0;
    CHECK_OK(install(in_dir("old.vwb"), in_dir("x.db"), false, 0, NULL), &err);
    CHECK_INT(warnings, 1);
    /* imports count on, whatever the clock says */
    CHECK_OK(import(in_dir("x.db"), 80, 1, 0, NOW - 1000 * SECOND, 0), &err);
    CHECK_INT(serial_of(in_dir("x.db")), NOW / 1000 + 11);
    arena_reset(&arena);
}

static void writer_is_waited_for(void)
{
    int lock = -1;
    clean();
    make_database(in_dir("a.db"));
    (void)export_to(in_dir("a.db"), in_dir("a.vwb"));
    CHECK_OK(lock_take(in_dir("x.db"), 0, &lock, &err), &err);
    CHECK_ERR(install(in_dir("a.vwb"), in_dir("x.db"), false, 0, NULL), &err, "being written");
    CHECK(!io_exists(in_dir("x.db")));
    lock_release(lock);
}

/* Whatever is changed in a bundle: nothing is installed, or what was in it. */
static void damaged_bundles(void)
{
    size_t refused = 0, n = 0;
    clean();
    make_database(in_dir("a.db"));
    (void)export_to(in_dir("a.db"), in_dir("a.vwb"));
    CHECK_OK(import(in_dir("x.db"), 0, 3, 0, NOW, 0), &err);
    struct str whole = read_file(in_dir("a.vwb")), old = read_file(in_dir("x.db")),
               want = read_file(in_dir("a.db"));
    char *copy = arena_alloc(&arena, whole.n);
    const char *bad = in_dir("bad.vwb"), *x = in_dir("x.db");
    char bad_path[256], x_path[256];
    (void)snprintf(bad_path, sizeof bad_path, "%s", bad);
    (void)snprintf(x_path, sizeof x_path, "%s", x);
    for (size_t i = 0; i < whole.n; i += i < 64 || i + 64 > whole.n ? 1 : 7) {
        memcpy(copy, whole.p, whole.n);
        copy[i] = (char)(copy[i] ^ (1 << (i + i / 8) % 8));
        write_file(bad_path, str_make(copy, whole.n));
        n++;
        if (install(bad_path, x_path, false, 0, NULL)) {
            CHECK(str_eq(want, read_file(x_path)));
            write_file(x_path, old);
        } else {
            refused++;
            CHECK(err.code == ERR_INPUT || err.code == ERR_LIMIT || err.code == ERR_DATABASE);
            err_clear(&err);
        }
    }
    CHECK(refused * 100 > n * 95); /* the rest are bytes of gzip that mean nothing */
    CHECK(str_eq(old, read_file(x_path)));
    for (size_t i = 0; i < whole.n; i += i < 200 || i + 200 > whole.n ? 1 : 101) {
        write_file(bad_path, str_first(whole, i));
        CHECK_ERR(install(bad_path, x_path, false, 0, NULL), &err, "cut short");
    }
    CHECK(str_eq(old, read_file(x_path)));
    CHECK(!io_exists(in_dir("x.db.new-bundle")));
    arena_reset(&arena);
}

/* ---- bundles made to deceive ---- */

struct member {
    const char *name;
    struct str data;
    uint64_t claimed; /* size in the header; 0: the true one */
};

static void craft(const struct member *m, size_t n, struct str tail)
{
    static const char zeros[TAR_BLOCK * TAR_END_BLOCKS];
    struct out_file f;
    CHECK_OK(out_open(&f, in_dir("craft.vwb"), &err), &err);
    struct pieces_writer *w = pieces_writer_new(&f.buf, &err);
    for (size_t i = 0; i < n; i++) {
        char header[TAR_BLOCK];
        const struct tar_entry e = {str_from_c(m[i].name),
                                    m[i].claimed ? m[i].claimed : m[i].data.n,
                                    (NOW + 10 * SECOND) / 1000};
        CHECK(tar_write_header(&e, header));
        CHECK_OK(pieces_write(w, header, sizeof header, &err), &err);
        CHECK_OK(pieces_write(w, m[i].data.p, m[i].data.n, &err), &err);
        CHECK_OK(pieces_write(w, zeros, tar_padding(m[i].data.n), &err), &err);
    }
    CHECK_OK(pieces_write(w, zeros, sizeof zeros, &err), &err);
    CHECK_OK(pieces_write(w, tail.p, tail.n, &err), &err);
    CHECK_OK(pieces_end(w, &err), &err);
    pieces_writer_free(w);
    CHECK_OK(out_commit(&f, &err), &err);
}

/* The members of a true bundle. */
static void take_apart(const char *bundle, struct str *manifest, struct str *database)
{
    char header[TAR_BLOCK], zeros[TAR_BLOCK];
    struct str *const to[] = {manifest, database};
    const struct str names[] = {STR("manifest.json"), STR("vulnward.db")};
    int fd = open(bundle, O_RDONLY | O_CLOEXEC);
    struct pieces_reader *r = pieces_reader_new(fd, &err);
    for (size_t i = 0; i < 2; i++) {
        struct tar_entry e = {.name = names[i]};
        CHECK_OK(pieces_read(r, header, sizeof header, &err), &err);
        CHECK(tar_read_header(header, &e));
        char *p = arena_alloc(&arena, e.size);
        CHECK_OK(pieces_read(r, p, e.size, &err), &err);
        CHECK_OK(pieces_read(r, zeros, tar_padding(e.size), &err), &err);
        *to[i] = str_make(p, e.size);
    }
    pieces_reader_free(r);
    (void)close(fd);
}

/* `text` with the first `from` replaced. */
static struct str replaced(struct str text, const char *from, const char *to)
{
    struct str out;
    size_t at = str_find_str(text, str_from_c(from));
    CHECK(at != STR_NPOS);
    CHECK(arena_printf(&arena, &out, &err, "%.*s%s%.*s", STR_ARG(str_first(text, at)), to,
                       STR_ARG(str_from(text, at + strlen(from)))));
    return out;
}

#define REFUSED(why) CHECK_ERR(install(in_dir("craft.vwb"), in_dir("x.db"), false, 0, NULL), &err, why)

static void deceiving_manifests(struct str m, struct str d)
{
    static const struct {
        const char *from, *to, *why;
    } lies[] = {
        {"\"serial\": 1700000010", "\"serial\": 1900000000", "does not say what its database says"},
        {"\"serial\": 1700000010", "\"serial\": -1", "makes no sense"},
        {"\"serial\": 1700000010", "\"serial\": \"1\"", "serial"},
        {"\"records\": 80", "\"records\": 81", "does not say what its database says"},
        {"\"name\": \"nvd\"", "\"name\": \"nvx\"", "does not say what its database says"},
        {"{", "{\"more\": 1, ", "does not say what its database says"},
        {"{", "{\"serial\": 1900000000, ", "serial"},
        {"bundle/1", "bundle/2", "another version: vulnward.bundle/2"},
        {"\"layout\": ", "\"layout\": 9", "has a database of layout 9"},
        {"\"size\": ", "\"size\": 1", "of another database"},
        {"\"sha256\": \"", "\"sha256\": \"0", "makes no sense"},
        {"\"database\"", "\"datobase\"", "database"},
        {"}", "]", "manifest.json"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        craft((struct member[]){{"manifest.json", replaced(m, lies[i].from, lies[i].to), 0},
                                {"vulnward.db", d, 0}},
              2, STR(""));
        REFUSED(lies[i].why);
    }
}

static void deceiving_bundles(void)
{
    struct str m, d;
    clean();
    make_database(in_dir("a.db"));
    (void)export_to(in_dir("a.db"), in_dir("a.vwb"));
    take_apart(in_dir("a.vwb"), &m, &d);
    craft((struct member[]){{"manifest.json", m, 0}, {"vulnward.db", d, 0}}, 2, STR(""));
    CHECK(str_eq(read_file(in_dir("a.vwb")), read_file(in_dir("craft.vwb")))); /* the crafting works */
    deceiving_manifests(m, d);
    craft((struct member[]){{"manifest.json", m, 0}, {"manifest.json", m, 0}, {"vulnward.db", d, 0}}, 3,
          STR(""));
    REFUSED("does not have vulnward.db where it should be");
    craft((struct member[]){{"vulnward.db", d, 0}, {"manifest.json", m, 0}}, 2, STR(""));
    REFUSED("does not have manifest.json where it should be");
    craft((struct member[]){{"manifest.json", m, 0}, {"../vulnward.db", d, 0}}, 2, STR(""));
    REFUSED("does not have vulnward.db where it should be");
    craft((struct member[]){{"manifest.json", m, 0}, {"vulnward.db", d, 0}, {"more", m, 0}}, 3, STR(""));
    REFUSED("holds more than it should");
    craft((struct member[]){{"manifest.json", m, 0}, {"vulnward.db", d, 0}}, 2, STR("tail"));
    REFUSED("holds more than it should");
    craft((struct member[]){{"manifest.json", m, 0}}, 1, STR(""));
    REFUSED("does not have vulnward.db");
    craft((struct member[]){{"manifest.json", m, (uint64_t)2 << 20}}, 1, STR(""));
    REFUSED("more than 1048576 bytes");
    /* a small file that says it is 7 GB */
    char size[64], big[64];
    (void)snprintf(size, sizeof size, "\"size\": %zu", d.n);
    (void)snprintf(big, sizeof big, "\"size\": %llu", 7000000000ULL);
    craft((struct member[]){{"manifest.json", replaced(m, size, big), 0},
                            {"vulnward.db", d, 7000000000ULL}},
          2, STR(""));
    REFUSED("compression bomb");
    /* another file than the manifest is of, and one that is no database at all */
    char *other = arena_alloc(&arena, d.n);
    memcpy(other, d.p, d.n);
    other[d.n - 1] ^= 1;
    craft((struct member[]){{"manifest.json", m, 0}, {"vulnward.db", str_make(other, d.n), 0}}, 2,
          STR(""));
    REFUSED("is not the one of its manifest");
    char hex[SHA256_HEX], was[SHA256_HEX];
    memset(other, 'x', d.n);
    CHECK_OK(sha256_of(d, was, &err) && sha256_of(str_make(other, d.n), hex, &err), &err);
    craft((struct member[]){{"manifest.json", replaced(m, was, hex), 0},
                            {"vulnward.db", str_make(other, d.n), 0}},
          2, STR(""));
    REFUSED("the database of the bundle");
    write_file(in_dir("craft.vwb"), STR(""));
    REFUSED("cut short");
    write_file(in_dir("craft.vwb"), STR("manifest.json in plain text, which is no gzip at all"));
    REFUSED("damaged");
    CHECK(!io_exists(in_dir("x.db")) && !io_exists(in_dir("x.db.new-bundle")));
    arena_reset(&arena);
}

/* ---- snapshots ---- */

static size_t in_folder(const char *name)
{
    size_t n = 0;
    DIR *d = opendir(name);
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        (void)closedir(d);
    return n;
}

static void kept_databases(void)
{
    struct store_snapshots all;
    clean();
    warnings = 0;
    char path[256];
    (void)snprintf(path, sizeof path, "%s", in_dir("a.db"));
    for (unsigned i = 0; i < 6; i++) {
        CHECK_OK(import(path, i, 1, 0, NOW + i * 60 * SECOND, 3), &err);
        CHECK_OK(store_snapshots(path, &arena, &all, &err), &err);
        CHECK_INT(all.n, i < 3 ? i + 1 : 4);
        CHECK(all.v[0].current);
        for (size_t k = 0; k < all.n; k++) {
            CHECK_INT(all.v[k].serial, NOW / 1000 + (i - (unsigned)k) * 60);
            CHECK_INT(serial_of(all.v[k].path.p), all.v[k].serial);
            CHECK_INT(all.v[k].built, NOW + (int64_t)(i - k) * 60 * SECOND);
        }
    }
    /* what is not ours stays, and does not count */
    write_file(in_dir("a.db.snapshots/notes.txt"), STR("x"));
    write_file(in_dir("a.db.snapshots/20261121T203000Z-01.db"), STR("x"));
    CHECK_OK(import(path, 6, 1, 0, NOW + 360 * SECOND, 1), &err);
    CHECK_INT(in_folder(in_dir("a.db.snapshots")), 3);
    CHECK_OK(import(path, 7, 1, 0, NOW + 420 * SECOND, 0), &err);
    CHECK_INT(in_folder(in_dir("a.db.snapshots")), 2);
    CHECK_INT(warnings, 0);
    arena_reset(&arena);
}

static void found_by(const char *path, const char *wanted, unsigned minute)
{
    struct store_snapshot s = {0};
    CHECK_OK(store_snapshot_find(path, str_from_c(wanted), &arena, &s, &err), &err);
    CHECK_INT(s.serial, NOW / 1000 + minute * 60);
}

static void going_back(void)
{
    const struct store_keep keep = {0, warned, NULL};
    struct store_snapshot s;
    struct store_snapshots all;
    char path[256], date[DATE_TEXT_BYTES];
    clean();
    (void)snprintf(path, sizeof path, "%s", in_dir("a.db"));
    for (unsigned i = 0; i < 3; i++)
        CHECK_OK(import(path, i, 1, 0, NOW + i * 60 * SECOND, 5), &err);
    found_by(path, "1700000060", 1);
    found_by(path, date_format(NOW + 60 * SECOND, date), 1);
    found_by(path, date_format(NOW + 119 * SECOND, date), 1);
    found_by(path, date_format(NOW + 1190000 * SECOND, date), 2);
    found_by(path, "2023-11-14", 2); /* the day it was, until its end */
    CHECK_ERR(store_snapshot_find(path, STR("2023-11-13"), &arena, &s, &err), &err,
              "no database was built by 2023-11-13; there are 2023-11-14T22:15:20Z (1700000120), "
              "2023-11-14T22:14:20Z (1700000060)");
    CHECK_ERR(store_snapshot_find(path, STR("17"), &arena, &s, &err), &err,
              "no database with the serial 17");
    CHECK_ERR(store_snapshot_find(path, STR("soon"), &arena, &s, &err), &err, "neither a date");
    CHECK_OK(store_snapshot_use(path, STR("1700000000"), 0, &keep, &arena, &s, &err), &err);
    CHECK(!s.current);
    CHECK_INT(serial_of(path), NOW / 1000);
    CHECK_OK(store_snapshots(path, &arena, &all, &err), &err);
    CHECK_INT(all.n, 3);
    CHECK(all.v[0].current && all.v[0].serial == NOW / 1000);
    CHECK_OK(store_snapshot_use(path, STR("1700000000"), 0, &keep, &arena, &s, &err), &err);
    CHECK(s.current);
    CHECK_OK(store_snapshot_use(path, STR("1700000120"), 0, &keep, &arena, &s, &err), &err);
    CHECK_INT(serial_of(path), NOW / 1000 + 120);
    CHECK(!io_exists(in_dir("a.db.new-snapshot")));
    /* a damaged one is not put in place */
    struct str before = read_file(path);
    write_file(in_dir("a.db.snapshots/20231114T221320Z-1700000000.db"), STR("no database"));
    CHECK_ERR(store_snapshot_use(path, STR("1700000000"), 0, &keep, &arena, &s, &err), &err,
              "not a database");
    CHECK(str_eq(before, read_file(path)));
    /* one is found when the database itself is damaged or gone */
    write_file(path, STR("no database"));
    CHECK_OK(store_snapshot_use(path, STR("1700000060"), 0, &keep, &arena, &s, &err), &err);
    CHECK(unlink(path) == 0);
    CHECK_OK(store_snapshot_use(path, STR("1700000120"), 0, &keep, &arena, &s, &err), &err);
    CHECK_INT(serial_of(path), NOW / 1000 + 120);
    arena_reset(&arena);
}

/* Keeping a snapshot may fail; the import does not. */
static void no_room_for_snapshots(void)
{
    clean();
    CHECK_OK(import(in_dir("a.db"), 0, 1, 0, NOW, 2), &err);
    write_file(in_dir("a.db.snapshots"), STR("a file in the way"));
    warnings = 0;
    CHECK_OK(import(in_dir("a.db"), 1, 1, 0, NOW + 60 * SECOND, 2), &err);
    CHECK_INT(warnings, 1);
    CHECK_INT(serial_of(in_dir("a.db")), NOW / 1000 + 60);
}

/* The folder is on another file system, where there is one: a copy then. */
static void copies(void)
{
    const struct store_keep keep = {0, warned, NULL};
    struct store_snapshot s;
    struct stat here, there;
    char other[] = "/dev/shm/vulnward-bundle-XXXXXX", line[128];
    if (!mkdtemp(other) || stat(dir, &here) || stat(other, &there) || here.st_dev == there.st_dev) {
        printf("# no second file system: not tested\n");
        return;
    }
    clean();
    warnings = 0;
    CHECK_OK(import(in_dir("a.db"), 0, 1, 0, NOW, 2), &err);
    CHECK(symlink(other, in_dir("a.db.snapshots")) == 0);
    CHECK_OK(import(in_dir("a.db"), 1, 1, 0, NOW + 60 * SECOND, 2), &err);
    CHECK_INT(in_folder(other), 1);
    CHECK_OK(store_snapshot_use(in_dir("a.db"), STR("1700000000"), 0, &keep, &arena, &s, &err), &err);
    CHECK_INT(serial_of(in_dir("a.db")), NOW / 1000);
    CHECK_INT(in_folder(other), 2);
    CHECK_INT(warnings, 0);
    (void)snprintf(line, sizeof line, "rm -rf %s", other);
    CHECK(system(line) == 0); /* NOLINT(cert-env33-c) */
}

/* Killed anywhere: the database and all snapshots are whole, and the next import works. */
static void killed(void)
{
    char path[256];
    struct store_snapshots all;
    const struct store_keep keep = {2, warned, NULL};
    clean();
    (void)snprintf(path, sizeof path, "%s", in_dir("a.db"));
    CHECK_OK(import(path, 0, 20, 0, NOW, 2), &err);
    for (unsigned round = 1; round <= 60; round++) {
        pid_t child = fork();
        if (child == 0) {
            for (unsigned i = 0;; i++) {
                struct store_snapshot s;
                (void)!import(path, i % 50, 5, i, NOW + (round * 1000 + i) * SECOND, 2);
                if (i % 3 == 2 && store_snapshots(path, &arena, &all, &err) && all.n > 1) {
                    char serial[32];
                    (void)snprintf(serial, sizeof serial, "%llu",
                                   (unsigned long long)all.v[1].serial);
                    (void)!store_snapshot_use(path, str_from_c(serial), 0, &keep, &arena, &s, &err);
                }
                arena_reset(&arena);
            }
        }
        CHECK(child > 0);
        (void)nanosleep(&(struct timespec){0, (long)(2 + round * 7 % 40) * 1000000}, NULL);
        CHECK(kill(child, SIGKILL) == 0);
        (void)waitpid(child, NULL, 0);
        CHECK_OK(store_snapshots(path, &arena, &all, &err), &err);
        CHECK(all.n >= 1 && all.v[0].current);
        for (size_t i = 0; i < all.n; i++)
            CHECK_INT(damages(all.v[i].path.p, true), 0);
        arena_reset(&arena);
    }
    CHECK_OK(import(path, 0, 5, 99, NOW + 1000000 * SECOND, 2), &err);
    CHECK_OK(store_snapshots(path, &arena, &all, &err), &err);
    CHECK_INT(all.n, 3);
    CHECK(!io_exists(in_dir("a.db.snapshots/incoming")));
    arena_reset(&arena);
}

/* ---- verification ---- */

static void told(void *ctx, const char *text)
{
    if (*(bool *)ctx)
        printf("# %s\n", text);
}

/* How many faults are found; one that can not be opened has one. */
static uint64_t damages(const char *path, bool show)
{
    struct store_verifier v = {.damage = told, .ctx = &show};
    struct err e = {0};
    if (store_verify(path, &v, &e))
        return v.damaged;
    CHECK(e.code == ERR_DATABASE);
    return 1;
}

static bool run_sql(const char *path, const char *sql)
{
    sqlite3 *h = NULL;
    bool ok = sqlite3_open(path, &h) == SQLITE_OK && sqlite3_exec(h, sql, NULL, NULL, NULL) == SQLITE_OK;
    int changed = ok ? sqlite3_changes(h) : 0;
    if (!ok)
        printf("# %s: %s\n", sql, sqlite3_errmsg(h));
    (void)sqlite3_close(h);
    return ok && changed > 0;
}

/* The rows of a statement as text views in the arena, two columns. */
struct pair {
    struct str a, b;
};
struct pairs {
    struct pair *v;
    size_t n, cap;
};
static struct pairs query(const char *path, const char *sql)
{
    struct pairs out = {0};
    sqlite3 *h = NULL;
    sqlite3_stmt *st = NULL;
    CHECK(sqlite3_open_v2(path, &h, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(h, sql, -1, &st, NULL) == SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) {
        struct pair *p = VEC_PUSH(&arena, &out);
        CHECK(arena_dup(&arena, str_from_c((const char *)sqlite3_column_text(st, 0)), &p->a, &err));
        CHECK(arena_dup(&arena, str_from_c((const char *)sqlite3_column_text(st, 1)), &p->b, &err));
    }
    (void)sqlite3_finalize(st);
    (void)sqlite3_close(h);
    return out;
}

/* Each column of each table changed, and a row taken out of each table: all of it is found. */
static void every_column(void)
{
    char good[256], bad[256], sql[1024];
    clean();
    (void)snprintf(good, sizeof good, "%s", in_dir("a.db"));
    (void)snprintf(bad, sizeof bad, "%s", in_dir("bad.db"));
    make_database(good);
    CHECK_INT(damages(good, true), 0);
    struct str bytes = read_file(good);
    struct pairs columns =
        query(good, "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c"
                    " WHERE m.type = 'table'");
    CHECK(columns.n > 40);
    for (size_t i = 0; i < columns.n; i++) {
        static const char *const changes[] = {
            "UPDATE %s SET %s = CASE typeof(%s) WHEN 'integer' THEN %s + 1000003 WHEN 'text' THEN"
            " %s || 'x' ELSE zeroblob(length(%s)) END WHERE %s = (SELECT %s(%s) FROM %s)",
            "DELETE FROM %s WHERE %s = (SELECT %s(%s) FROM %s)",
        };
        const char *t = columns.v[i].a.p, *c = columns.v[i].b.p;
        for (unsigned k = 0; k < 4; k++) {
            const char *end = k % 2 ? "max" : "min";
            if (k < 2) /* NOLINTNEXTLINE: our own formats */
                (void)snprintf(sql, sizeof sql, changes[0], t, c, c, c, c, c, c, end, c, t);
            else
                (void)snprintf(sql, sizeof sql, changes[1], t, c, end, c, t);
            write_file(bad, bytes);
            /* Replaced records leave pages and blocks that nothing needs any more; but a row of each
             * table is always needed. */
            CHECK(run_sql(bad, sql));
            if (!damages(bad, false)) {
                printf("# not found: %s\n", sql);
                test_failures++;
            }
        }
    }
    arena_reset(&arena);
}

/* A hash of everything the tables hold, by SQLite alone; 0 when it can not be read. */
static uint64_t content(const char *path, const struct pairs *tables)
{
    uint64_t h = 1;
    sqlite3 *db = NULL;
    bool ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK;
    for (size_t i = 0; ok && i < tables->n; i++) {
        char sql[256];
        sqlite3_stmt *st = NULL;
        int rc;
        (void)snprintf(sql, sizeof sql, "SELECT * FROM %s", tables->v[i].a.p);
        ok = sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK;
        while (ok && (rc = sqlite3_step(st)) != SQLITE_DONE) {
            ok = rc == SQLITE_ROW;
            for (int k = 0; ok && k < sqlite3_column_count(st); k++) {
                const char *p = sqlite3_column_blob(st, k);
                h = h * 31 + str_hash(str_make(p, (size_t)sqlite3_column_bytes(st, k)));
            }
        }
        (void)sqlite3_finalize(st);
    }
    (void)sqlite3_close(db);
    return ok ? h : 0;
}

/* Single bits all over the file: found, or nothing that is read has changed. */
static void every_page(void)
{
    char good[256], bad[256];
    size_t found = 0, n = 0;
    clean();
    (void)snprintf(good, sizeof good, "%s", in_dir("a.db"));
    (void)snprintf(bad, sizeof bad, "%s", in_dir("bad.db"));
    make_database(good);
    struct str bytes = read_file(good);
    struct pairs tables = query(good, "SELECT name, '' FROM sqlite_master WHERE type = 'table'");
    uint64_t want = content(good, &tables);
    CHECK(want != 0);
    write_file(bad, bytes);
    int fd = open(bad, O_RDWR | O_CLOEXEC);
    for (size_t i = 0; i < bytes.n; i += bytes.p[i] ? 5 : 211, n++) {
        char c = (char)(bytes.p[i] ^ (1 << i % 8));
        CHECK(pwrite(fd, &c, 1, (off_t)i) == 1);
        if (damages(bad, false)) {
            found++;
        } else if (content(bad, &tables) != want) {
            printf("# byte %zu: not found\n", i);
            test_failures++;
        }
        CHECK(pwrite(fd, bytes.p + i, 1, (off_t)i) == 1);
    }
    (void)close(fd);
    CHECK_INT(damages(bad, true), 0);
    printf("# %zu of %zu flipped bits found; the others change nothing\n", found, n);
    CHECK(found * 2 > n);
    for (size_t i = 0; i < bytes.n; i += 4096) { /* cut short */
        write_file(bad, str_first(bytes, i));
        CHECK(damages(bad, false) > 0);
    }
    arena_reset(&arena);
}

static const struct test tests[] = {
    {"a bundle there and back", round_trip},
    {"older bundles are refused", serials},
    {"one writer at a time", writer_is_waited_for},
    {"damaged bundles", damaged_bundles},
    {"bundles made to deceive", deceiving_bundles},
    {"replaced databases are kept", kept_databases},
    {"going back to a snapshot", going_back},
    {"no room for snapshots", no_room_for_snapshots},
    {"snapshots on another file system", copies},
    {"killed at any moment", killed},
    {"every column of every table", every_column},
    {"bits all over the file", every_page},
};

int main(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/vulnward-bundle-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    int status = test_main(tests, sizeof tests / sizeof tests[0]);
    arena_free(&arena);
    char line[128];
    (void)snprintf(line, sizeof line, "rm -rf %s", dir);
    return system(line) ? 1 : status; /* NOLINT(cert-env33-c) */
}
