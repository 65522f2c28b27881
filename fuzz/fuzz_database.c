/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database with bytes changed: whatever they are, reading it ends with answers or an error; when
 * verifying finds no damage the answers are those of before; and a bundle of it, or of any bytes,
 * is installed only when it is whole.
 *
 * The input: a letter, then for `d` and `b` changes of four bytes each (place in the file, new
 * byte); `b` makes a bundle of the changed database whose checksums fit, `t` packs the rest as a
 * tar file, `r` takes it as it is; `c` changes bytes of a good bundle.
 */
#include "fuzz.h"

#include "../tests/unit/database.h"

#include "codec/pieces.h"
#include "codec/sha256.h"
#include "codec/tar.h"
#include "store/bundle.h"
#include "store/codes_priv.h"

static struct str good_db, good_bundle, good_tar; /* in `kept`, for ever */
static struct arena kept;
static uint64_t good_answers;

static void remove_folder(void)
{
    clean();
    (void)rmdir(dir);
}

static struct str keep(struct str s)
{
    struct str out = {0};
    MUST(arena_dup(&kept, s, &out, &err));
    return out;
}

/* The content of a bundle; empty when it is none. */
static struct str tar_of(const char *path)
{
    struct buf b = {0};
    struct err e = {0};
    char p[TAR_BLOCK];
    bool end = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    MUST(fd >= 0);
    struct pieces_reader *r = pieces_reader_new(fd, &e);
    MUST(r != NULL);
    while (pieces_at_end(r, &end, &e) && !end && pieces_read(r, p, sizeof p, &e))
        buf_add(&b, p, sizeof p);
    struct str out = {0};
    MUST(arena_dup(&arena, buf_view(&b), &out, &err));
    pieces_reader_free(r);
    (void)close(fd);
    buf_free(&b);
    return out;
}

static void note(uint64_t *hash, const void *p, size_t n)
{
    *hash = *hash * 31 + str_hash(str_make(p, n));
}

static bool ask_segments(struct store *s, struct arena *a, uint64_t *hash, struct err *e)
{
    struct store_likes likes = {0};
    bool ok = store_products_like(s, STR(""), 100, a, &likes, e), more = true;
    for (size_t i = 0; ok && i < likes.n; i++) {
        struct store_segment seg;
        struct store_entry entry;
        const struct store_like *l = &likes.v[i];
        ok = store_segment_open(s, l->id, l->vendor, l->product, &seg, e);
        if (ok) /* what it is, byte for byte */
            note(hash, seg.at_, (size_t)(seg.end_ - seg.at_));
        while (ok && (ok = store_segment_next(&seg, &entry, &more, e)) && more) {
            struct store_record r;
            ok = store_record_load(s, entry.record, a, &r, e) &&
                 (r.superseded || store_record_details(s, a, &r, e));
        }
    }
    return ok;
}

static bool ask_records(struct store *s, struct arena *a, uint64_t *hash, struct err *e)
{
    struct buf b = {0};
    struct store_walked w;
    bool more = true, ok = store_walk_first(s, e);
    while (ok && (ok = store_walk_next(s, &w, &more, e)) && more) {
        struct vuln v;
        const struct kev *k;
        const struct epss *p;
        struct store_ids ids = {0};
        struct str id;
        ok = arena_dup(a, w.id, &id, e) && store_record_all(s, w.record, a, &v, e) &&
             store_kev(s, id, a, &k, e) && store_epss(s, id, &p, e) &&
             store_records_of(s, id, a, &ids, e);
        if (!ok)
            break;
        put_facts(&b, &v);
        put_details(&b, &v, true);
        buf_str(&b, v.id);
        buf_f(&b, "%d %d %u %zu", k != NULL, p != NULL, p ? p->score : 0, ids.n);
    }
    note(hash, b.p, b.n);
    MUST(!b.error);
    buf_free(&b);
    return ok;
}

/* Everything there is to ask, as one number; 0 when something can not be answered. */
static uint64_t answers(const char *path)
{
    struct arena a = {0};
    struct store *s = NULL;
    struct database_info info;
    struct stored_feeds feeds = {0};
    struct store_downloads downloads = {0};
    struct store_ecosystems systems = {0};
    struct err e = {0};
    uint64_t hash = 1;
    bool ok = store_open(path, &s, &e) && store_info(s, &a, &info, &e) &&
              store_feeds(s, &a, &feeds, &e) && store_downloads(s, &a, &downloads, &e) &&
              store_ecosystems(s, &a, &systems, &e) && ask_segments(s, &a, &hash, &e) &&
              ask_records(s, &a, &hash, &e);
    MUST(ok == (e.code == ERR_NONE));
    MUST(ok || e.code == ERR_DATABASE || e.code == ERR_IO || e.code == ERR_INPUT);
    if (ok) {
        note(&hash, &info.records, sizeof info.records);
        note(&hash, &info.serial, sizeof info.serial);
        note(&hash, &feeds.n, sizeof feeds.n);
    }
    store_close(s);
    arena_free(&a);
    return ok ? hash : 0;
}

static void prepare(void)
{
    if (good_db.n)
        return;
    (void)snprintf(dir, sizeof dir, "/tmp/vulnward-fuzz-XXXXXX");
    MUST(mkdtemp(dir) != NULL && atexit(remove_folder) == 0);
    MUST(import(in_dir("good.db"), 0, 30, 0, NOW, 0));
    MUST(import(in_dir("good.db"), 20, 8, 1, NOW + 10 * SECOND, 0));
    good_answers = answers(in_dir("good.db"));
    MUST(good_answers);
    struct bundle_info info;
    struct out_file f;
    MUST(out_open(&f, in_dir("good.vwb"), &err) &&
         bundle_export(in_dir("good.db"), &f.buf, &info, &err) && out_commit(&f, &err));
    good_db = keep(read_file(in_dir("good.db")));
    good_bundle = keep(read_file(in_dir("good.vwb")));
    good_tar = keep(tar_of(in_dir("good.vwb")));
    arena_reset(&arena);
}

/* `whole` with the changes made; in the arena. */
static struct str changed(struct str whole, struct str changes)
{
    struct str out = {0};
    MUST(arena_dup(&arena, whole, &out, &err));
    char *p = (char *)(uintptr_t)out.p;
    for (; changes.n >= 4; changes = str_from(changes, 4)) {
        size_t at = (size_t)(unsigned char)changes.p[0] << 16 |
                    (size_t)(unsigned char)changes.p[1] << 8 | (unsigned char)changes.p[2];
        p[at % out.n] = changes.p[3];
    }
    return out;
}

/* A bundle of these bytes as content. */
static struct str packed(struct str tar)
{
    struct buf b = {0};
    struct str out = {0};
    struct pieces_writer *w = pieces_writer_new(&b, &err);
    MUST(w && pieces_write(w, tar.p, tar.n, &err) && pieces_end(w, &err));
    MUST(arena_dup(&arena, buf_view(&b), &out, &err));
    pieces_writer_free(w);
    buf_free(&b);
    return out;
}

/* The good tar file with this database in it, and the digest that belongs to it. */
static struct str tar_with(struct str db)
{
    struct str out = {0};
    char old_hex[SHA256_HEX], hex[SHA256_HEX];
    struct sha256 *h = sha256_new(&err);
    MUST(h != NULL);
    sha256_add(h, good_db.p, good_db.n);
    MUST(sha256_finish(h, old_hex, &err));
    sha256_free(h);
    h = sha256_new(&err);
    MUST(h != NULL);
    sha256_add(h, db.p, db.n);
    MUST(sha256_finish(h, hex, &err));
    sha256_free(h);
    MUST(arena_dup(&arena, good_tar, &out, &err));
    size_t at = str_find_str(good_tar, good_db),
           digest = str_find_str(good_tar, str_from_c(old_hex));
    MUST(at != STR_NPOS && digest != STR_NPOS && digest < at);
    memcpy((char *)(uintptr_t)out.p + at, db.p, db.n);
    memcpy((char *)(uintptr_t)out.p + digest, hex, sizeof hex - 1);
    return out;
}

static void check_database(struct str db)
{
    struct store_verifier v = {.damage = told, .ctx = &(bool){false}};
    struct err e = {0};
    const char *path = in_dir("x.db");
    write_file(path, db);
    bool ok = store_verify(path, &v, &e);
    MUST(ok || e.code == ERR_DATABASE || e.code == ERR_IO || e.code == ERR_INPUT);
    uint64_t now = answers(path);
    if (ok && !v.damaged)
        MUST(now == good_answers);
}

static void check_bundle(struct str bundle)
{
    const struct bundle_install how = {in_dir("y.db"), 0, false, {0, warned, NULL, false}};
    struct bundle_info info = {0};
    struct err e = {0};
    char path[256];
    (void)snprintf(path, sizeof path, "%s", in_dir("y.vwb"));
    (void)unlink(how.path);
    write_file(path, bundle);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = bundle_install(fd, &how, &info, &e);
    (void)close(fd);
    MUST(ok == (e.code == ERR_NONE) && !io_exists(in_dir("y.db.new-bundle")));
    MUST(ok == io_exists(how.path));
    if (!ok) {
        MUST(e.code == ERR_INPUT || e.code == ERR_LIMIT || e.code == ERR_DATABASE ||
             e.code == ERR_IO);
        return;
    }
    /* What was installed is what the bundle has, and makes the same bundle again. */
    struct out_file f;
    struct str before = tar_of(path);
    MUST(out_open(&f, path, &err) && bundle_export(how.path, &f.buf, &info, &err) &&
         out_commit(&f, &err));
    MUST(str_eq(before, tar_of(path)));
    (void)answers(how.path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = fuzz_input(data, size), rest = str_from(in, 1);
    prepare();
    if (!size)
        return 0;
    switch (data[0]) {
    case 'd':
        check_database(changed(good_db, rest));
        break;
    case 'b':
        check_bundle(packed(tar_with(changed(good_db, rest))));
        break;
    case 't':
        check_bundle(packed(rest));
        break;
    case 'c':
        check_bundle(changed(good_bundle, rest));
        break;
    default:
        check_bundle(rest);
    }
    MUST(!test_failures && err.code == ERR_NONE);
    arena_reset(&arena);
    return 0;
}
