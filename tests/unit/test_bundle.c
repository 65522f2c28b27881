/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: what arrives is what left, and nothing else is installed. */
#include "database.h"

#include <sys/stat.h>

#include "codec/pieces.h"
#include "codec/sha256.h"
#include "codec/tar.h"
#include "store/bundle.h"
#include "store/lock_priv.h"

#include "base/banned.h"

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

static const struct test tests[] = {
    {"a bundle there and back", round_trip},
    {"older bundles are refused", serials},
    {"one writer at a time", writer_is_waited_for},
    {"damaged bundles", damaged_bundles},
    {"bundles made to deceive", deceiving_bundles},
};

int main(void)
{
    return database_main(tests, sizeof tests / sizeof tests[0]);
}
