/* SPDX-License-Identifier: Apache-2.0 */
/* The database: what goes in comes out, one writer at a time, and damage is an error. */
#include "test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "store/codes_priv.h"
#include "store/store.h"

#include "base/banned.h"

#define NOW ((int64_t)1700000000000)

static char dir[64];
static struct arena arena; /* of the vulnerabilities made here */
static struct err err;

static uint64_t seed = 42;

static uint64_t rnd(uint64_t n) /* splitmix64 */
{
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % n;
}

static const char *in_dir(const char *name)
{
    static char path[4][256];
    static unsigned at;
    char *p = path[at++ % 4];
    (void)snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static struct str text(const char *fmt, unsigned long n)
{
    struct str s;
    if (!arena_printf(&arena, &s, &err, fmt, n)) /* NOLINT: our own formats */
        abort();
    return s;
}

/* --- codes --- */

static void varints(void)
{
    struct buf b = {0};
    for (unsigned shift = 0; shift < 64; shift++)
        for (int d = -1; d <= 1; d++) {
            uint64_t v = ((uint64_t)1 << shift) + (uint64_t)(int64_t)d;
            buf_clear(&b);
            put_varint(&b, v);
            CHECK(b.n >= 1 && b.n <= 10);
            struct cursor c = cursor_of(buf_view(&b));
            CHECK(get_varint(&c) == v && !c.bad && c.p == c.end);
            for (size_t n = 0; n < b.n; n++) { /* cut */
                c = cursor_of(str_make(b.p, n));
                CHECK(get_varint(&c) == 0 && c.bad && c.p == c.end);
            }
        }
    buf_clear(&b);
    put_varint(&b, UINT64_MAX);
    CHECK_INT(b.n, 10);
    struct cursor c = cursor_of(
        STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")); /* has no end within 64 bits */
    CHECK(get_varint(&c) == 0 && c.bad);
    c = cursor_of(STR("\x05"
                      "abcd"));
    CHECK(get_str(&c).n == 0 && c.bad);
    CHECK(get_str(&c).n == 0 && get_varint(&c) == 0 && c.bad); /* stays bad */
    c = cursor_of(STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                      "abcd")); /* longer than memory */
    CHECK(get_str(&c).n == 0 && c.bad);
    c = cursor_of(STR("\x04"
                      "abcd"
                      "\x00"));
    CHECK_STR(get_str(&c), "abcd");
    CHECK(get_str(&c).n == 0 && !c.bad && c.p == c.end);
    const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN, DATE_NONE, NOW};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        buf_clear(&b);
        put_i64(&b, numbers[i]);
        c = cursor_of(buf_view(&b));
        CHECK(get_i64(&c) == numbers[i] && !c.bad && c.p == c.end);
        c = cursor_of(str_make(b.p, b.n - 1));
        (void)get_i64(&c);
        CHECK(c.bad);
    }
    buf_free(&b);
}

static bool same_criterion(const struct criterion *a, const struct criterion *b)
{
    for (size_t i = 0; i < CPE_ATTRS; i++)
        if (!str_eq(a->cpe.attr[i], b->cpe.attr[i]))
            return false;
    return a->vulnerable == b->vulnerable && str_eq(a->start_including, b->start_including) &&
           str_eq(a->start_excluding, b->start_excluding) &&
           str_eq(a->end_including, b->end_including) && str_eq(a->end_excluding, b->end_excluding);
}

static struct criterion random_criterion(void)
{
    static const struct str parts[] = {STR_INIT("a"), STR_INIT("o"), STR_INIT("h"), STR_INIT("*")};
    struct criterion c = {.vulnerable = rnd(2)};
    cpe_init(&c.cpe);
    c.cpe.attr[CPE_PART] = parts[rnd(4)];
    for (size_t i = CPE_VENDOR; i < CPE_ATTRS; i++)
        if (rnd(2))
            c.cpe.attr[i] = rnd(8) ? text("value%lu", rnd(1000)) : STR("-");
    struct str *const bounds[] = {&c.start_including, &c.start_excluding, &c.end_including,
                                  &c.end_excluding};
    for (size_t i = 0; i < 4; i++)
        if (rnd(3) == 0)
            *bounds[i] = text("1.%lu", rnd(1000));
    return c;
}

static void criteria(void)
{
    struct buf b = {0};
    for (int i = 0; i < 5000; i++) {
        struct criterion c = random_criterion(), back;
        buf_clear(&b);
        put_criterion(&b, &c, i & 1);
        struct cursor at = cursor_of(buf_view(&b));
        get_criterion(&at, c.cpe.attr[CPE_VENDOR], c.cpe.attr[CPE_PRODUCT], &back);
        CHECK(!at.bad && at.p == at.end);
        CHECK(same_criterion(&c, &back));
        for (size_t n = 0; n < b.n; n++) {
            at = cursor_of(str_make(b.p, n));
            get_criterion(&at, STR("v"), STR("p"), &back);
            CHECK(at.bad);
        }
        if (test_failures)
            break;
        arena_reset(&arena);
    }
    buf_free(&b);
    arena_free(&arena);
}

/* A part of `-` is rare, and is not what ANY is. */
static void part_na(void)
{
    struct buf b = {0};
    struct criterion c = {.vulnerable = true}, back;
    cpe_init(&c.cpe);
    c.cpe.attr[CPE_PART] = STR("-");
    put_criterion(&b, &c, true);
    struct cursor at = cursor_of(buf_view(&b));
    get_criterion(&at, STR("v"), STR("p"), &back);
    CHECK_STR(back.cpe.attr[CPE_PART], "*"); /* read as "any": it can only find more, never less */
    buf_free(&b);
}

#define PUSH(vec, ...)                                                                             \
    do {                                                                                           \
        __typeof__((vec)->v) slot_ = VEC_PUSH(&arena, (vec));                                      \
        if (!slot_)                                                                                \
            abort();                                                                               \
        *slot_ = (__typeof__(*(vec)->v))__VA_ARGS__;                                               \
    } while (0)

static void add_criterion(struct vuln *v, struct criterion c)
{
    PUSH(&v->criteria, c);
    v->nodes.v[v->nodes.n - 1].count++;
}

static void add_node(struct vuln *v, bool and_, bool negate, uint32_t parent)
{
    PUSH(&v->nodes, {.and_ = and_,
                     .negate = negate,
                     .lossy = rnd(4) == 0,
                     .parent = parent,
                     .first = (uint32_t)v->criteria.n});
}

static struct criterion criterion(const char *vendor, const char *product,
                                  const char *end_excluding)
{
    struct criterion c = {.vulnerable = true, .end_excluding = str_from_c(end_excluding)};
    cpe_init(&c.cpe);
    c.cpe.attr[CPE_PART] = STR("a");
    c.cpe.attr[CPE_VENDOR] = str_from_c(vendor);
    c.cpe.attr[CPE_PRODUCT] = str_from_c(product);
    return c;
}

static struct vuln blank(unsigned long number)
{
    return (struct vuln){.id = text("CVE-2024-%04lu", number),
                         .source = STR("nvd"),
                         .published = NOW - 5000,
                         .modified = NOW};
}

/* A record with everything in it, of two products; `flat`: any criterion alone decides. */
static struct vuln random_vuln(unsigned long number, bool flat)
{
    struct vuln v = blank(number);
    v.description =
        text("Description of %lu, a lengthy text that compresses well, well, well.", number);
    v.status = STR("Analyzed");
    v.unreadable = (uint32_t)rnd(3);
    for (uint64_t i = rnd(4); i; i--)
        PUSH(&v.cvss, {(enum cvss_version)(1 + rnd(4)), (unsigned)rnd(101),
                       text("AV:N/%lu", rnd(99)), STR("nvd@nist.gov"), rnd(2)});
    for (uint64_t i = rnd(4); i; i--)
        PUSH(&v.cwes, text("CWE-%lu", rnd(999)));
    for (uint64_t i = rnd(4); i; i--)
        PUSH(&v.references,
             {text("https://example.com/%lu", rnd(999)), rnd(2) ? STR("Patch, Exploit") : STR("")});
    if (!flat) {
        add_node(&v, true, false, NODE_NO_PARENT);
        add_node(&v, false, false, 0);
    } else {
        add_node(&v, false, false, NODE_NO_PARENT);
    }
    for (uint64_t i = rnd(6); i; i--) {
        struct criterion c = random_criterion();
        c.cpe.attr[CPE_VENDOR] = STR("vendor");
        c.cpe.attr[CPE_PRODUCT] = rnd(2) ? STR("one") : text("p%lu", rnd(5));
        add_criterion(&v, c);
    }
    if (!flat) {
        add_node(&v, false, true, 0);
        add_criterion(&v, random_criterion());
    }
    return v;
}

static bool same_facts(const struct vuln *a, const struct vuln *b)
{
    bool same = a->cvss.n == b->cvss.n && a->cwes.n == b->cwes.n && a->unreadable == b->unreadable;
    for (size_t i = 0; same && i < a->cvss.n; i++) {
        const struct cvss *x = &a->cvss.v[i], *y = &b->cvss.v[i];
        same = x->version == y->version && x->tenths == y->tenths && x->primary == y->primary &&
               str_eq(x->vector, y->vector) && str_eq(x->source, y->source);
    }
    for (size_t i = 0; same && i < a->cwes.n; i++)
        same = str_eq(a->cwes.v[i], b->cwes.v[i]);
    return same;
}

static bool same_structure(const struct vuln *a, const struct vuln *b)
{
    bool same = a->nodes.n == b->nodes.n && a->criteria.n == b->criteria.n;
    for (size_t i = 0; same && i < a->nodes.n; i++) {
        const struct node *x = &a->nodes.v[i], *y = &b->nodes.v[i];
        same = x->and_ == y->and_ && x->negate == y->negate && x->lossy == y->lossy &&
               x->parent == y->parent && x->first == y->first && x->count == y->count;
    }
    for (size_t i = 0; same && i < a->criteria.n; i++)
        same = same_criterion(&a->criteria.v[i], &b->criteria.v[i]);
    return same;
}

static bool same_details(const struct vuln *a, const struct vuln *b)
{
    bool same = str_eq(a->description, b->description) && str_eq(a->status, b->status) &&
                a->references.n == b->references.n;
    for (size_t i = 0; same && i < a->references.n; i++)
        same = str_eq(a->references.v[i].url, b->references.v[i].url) &&
               str_eq(a->references.v[i].tags, b->references.v[i].tags);
    return same;
}

static void pieces(void)
{
    struct buf b = {0};
    for (unsigned long i = 0; i < 500; i++) {
        struct vuln v = random_vuln(i, i & 1), back = {0};
        CHECK(is_flat(&v) == (i & 1));
        buf_clear(&b);
        put_facts(&b, &v);
        put_structure(&b, &v);
        put_details(&b, &v, false);
        struct cursor c = cursor_of(buf_view(&b));
        CHECK_OK(get_facts(&c, &arena, &back, &err) && get_structure(&c, &arena, &back, &err) &&
                     get_details(&c, &arena, &back, &err),
                 &err);
        CHECK(c.p == c.end && !c.bad);
        CHECK(same_facts(&v, &back) && same_structure(&v, &back) && same_details(&v, &back));
        err_clear(&err);
        arena_reset(&arena);
        if (test_failures)
            break;
    }
    buf_free(&b);
    arena_free(&arena);
}

/* Any bytes: an error or something within bounds. */
static void rubbish(void)
{
    struct buf b = {0};
    for (int i = 0; i < 20000; i++) {
        struct vuln v = random_vuln(1, i & 1), back = {0};
        buf_clear(&b);
        put_structure(&b, &v);
        put_facts(&b, &v);
        for (uint64_t k = 1 + rnd(3); k; k--)
            b.p[rnd(b.n)] = (char)rnd(256);
        size_t n = rnd(3) ? b.n : rnd(b.n + 1);
        char *tight = malloc(n ? n : 1);
        if (!tight)
            return;
        memcpy(tight, b.p, n);
        struct cursor c = cursor_of(str_make(tight, n));
        bool ok = get_structure(&c, &arena, &back, &err);
        CHECK(ok == (err.code == ERR_NONE));
        for (size_t k = 0; ok && k < back.nodes.n; k++) {
            const struct node *node = &back.nodes.v[k];
            CHECK((size_t)node->first + node->count <= back.criteria.n);
            CHECK(node->parent == NODE_NO_PARENT || node->parent < k);
        }
        if (ok)
            (void)!get_facts(&c, &arena, &back, &err);
        err_clear(&err);
        free(tight);
        arena_reset(&arena);
    }
    buf_free(&b);
    arena_free(&arena);
}

/* --- writing --- */

static bool put(struct store_import *s, const struct vuln *v, size_t n)
{
    struct vuln_sink sink = store_import_sink(s);
    void *batch = sink.batch_new(sink.ctx, &err);
    bool ok = batch != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = sink.batch_add(batch, &v[i], &err);
    ok = ok && sink.batch_seal(batch, &err) && sink.batch_commit(sink.ctx, batch, &err);
    sink.batch_free(batch);
    return ok;
}

static struct store_feed feed_of(const char *name, const char *sha256, uint64_t records)
{
    return (struct store_feed){.source = STR("nvd"),
                               .kind = STR("nvd-json-2.0"),
                               .name = str_from_c(name),
                               .sha256 = str_from_c(sha256),
                               .records = records,
                               .declared = records,
                               .published = NOW - 7,
                               .meta_checked = true};
}

/* An import of one feed, as it should be. */
static bool import(const char *path, bool fresh, const struct vuln *v, size_t n, const char *sha256,
                   struct store_counts *counts)
{
    struct store_import *s = NULL;
    struct store_feed f = feed_of("feed.json", sha256, n);
    struct store_counts ignored;
    if (!store_import_open(path, fresh, 0, &s, &err))
        return false;
    if (!put(s, v, n) || !store_import_feed(s, &f, NOW, counts ? counts : &ignored, &err)) {
        store_import_abort(s);
        return false;
    }
    return store_import_commit(s, NOW, &err);
}

static size_t files_like(const char *part)
{
    struct arena a = {0};
    struct path_list list = {0};
    CHECK_OK(io_list_dir(&a, dir, &list, &err), &err);
    size_t n = 0;
    for (size_t i = 0; i < list.n; i++)
        n += str_find_str(list.v[i], str_from_c(part)) != STR_NPOS;
    arena_free(&a);
    return n;
}

/* --- reading back --- */

/* The record `id` among those that name vendor:product, with details; its criteria of that product
 * are counted. */
static bool find(struct store *s, struct str product, struct str id, struct store_record *out,
                 size_t *n_criteria, bool *alone)
{
    struct store_products found = {0};
    CHECK_OK(store_products_named(s, product, &arena, &found, &err), &err);
    for (size_t i = 0; i < found.n; i++) {
        struct store_segment seg;
        struct store_entry e;
        bool more;
        CHECK_OK(store_segment_open(s, found.v[i].id, found.v[i].vendor, product, &seg, &err),
                 &err);
        while (store_segment_next(&seg, &e, &more, &err) && more) {
            struct criterion c;
            bool another;
            size_t n = 0;
            while (store_entry_next(&seg, &e, &c, &another, &err) && another) {
                struct criterion again;
                n++;
                CHECK(c.vulnerable && str_eq(c.cpe.attr[CPE_PRODUCT], product));
                store_criterion_decode(e.raw, found.v[i].vendor, product, &again);
                CHECK(same_criterion(&c, &again));
            }
            struct store_record r;
            CHECK_OK(store_record_load(s, e.record, &arena, &r, &err), &err);
            if (err.code)
                return false;
            if (r.superseded || !str_eq(r.v.id, id))
                continue;
            CHECK_OK(store_record_details(s, &arena, &r, &err), &err);
            *out = r;
            *n_criteria = n;
            *alone = e.alone;
            return true;
        }
        CHECK_INT(err.code, ERR_NONE);
    }
    return false;
}

static size_t criteria_of(const struct vuln *v, struct str product)
{
    size_t n = 0;
    for (size_t i = 0; i < v->criteria.n; i++)
        n += v->criteria.v[i].vulnerable &&
             str_eq(v->criteria.v[i].cpe.attr[CPE_VENDOR], STR("vendor")) &&
             str_eq(v->criteria.v[i].cpe.attr[CPE_PRODUCT], product);
    return n;
}

static void check_stored(struct store *s, const struct vuln *v)
{
    static const struct str products[] = {STR_INIT("one"), STR_INIT("p0"), STR_INIT("p1"),
                                          STR_INIT("p2"),  STR_INIT("p3"), STR_INIT("p4")};
    int before = test_failures;
    for (size_t i = 0; i < 6; i++) {
        struct store_record r = {0};
        size_t n = 0;
        bool alone = false;
        bool found = find(s, products[i], v->id, &r, &n, &alone);
        CHECK_INT(found ? n : 0, v->rejected ? 0 : criteria_of(v, products[i]));
        if (!found)
            continue;
        CHECK(r.v.published == v->published && r.v.modified == v->modified &&
              str_eq(r.v.source, v->source));
        CHECK(same_facts(&r.v, v) && same_details(&r.v, v));
        CHECK(alone == is_flat(v));
        CHECK(alone || same_structure(&r.v, v));
    }
    if (test_failures != before)
        printf("# ... %.*s\n", STR_ARG(v->id));
}

#define MANY 400

static void round_trip(void)
{
    const char *path = in_dir("round.db");
    struct store_counts counts;
    struct vuln *v = arena_array(&arena, MANY, sizeof *v);
    if (!v)
        return;
    for (unsigned long i = 0; i < MANY; i++) {
        v[i] = random_vuln(i, rnd(2));
        v[i].rejected = rnd(10) == 0;
        if (i == 7)
            v[i].published = DATE_NONE;
    }
    CHECK_OK(import(path, false, v, MANY, "aa", &counts), &err);
    CHECK(counts.added == MANY && !counts.replaced && !counts.unchanged && !counts.older);
    CHECK_INT(files_like(".new-"), 0);
    struct store *s = NULL;
    struct database_info info;
    struct stored_feeds feeds = {0};
    CHECK_OK(store_open(path, &s, &err), &err);
    if (!s)
        return;
    CHECK_OK(store_info(s, &arena, &info, &err), &err);
    CHECK_STR(info.path, path);
    CHECK(info.built == NOW && info.records == MANY && info.sha256.n == 64);
    CHECK(info.sources.n == 1);
    CHECK_STR(info.sources.v[0].name, "nvd");
    CHECK_STR(info.sources.v[0].kind, "nvd-json-2.0");
    CHECK(info.sources.v[0].records == MANY && info.sources.v[0].published == NOW - 7 &&
          info.sources.v[0].fetched == NOW);
    CHECK_OK(store_feeds(s, &arena, &feeds, &err), &err);
    CHECK_INT(feeds.n, 1);
    CHECK_STR(feeds.v[0].feed.name, "feed.json");
    CHECK_STR(feeds.v[0].feed.sha256, "aa");
    CHECK(feeds.v[0].feed.records == MANY && feeds.v[0].feed.declared == MANY &&
          feeds.v[0].feed.meta_checked && feeds.v[0].imported == NOW);
    for (size_t i = 0; i < MANY && !test_failures; i++)
        check_stored(s, &v[i]);
    struct store_products none = {0};
    CHECK_OK(store_products_named(s, STR("no such"), &arena, &none, &err), &err);
    CHECK_INT(none.n, 0);
    struct store_record r;
    CHECK_ERR(store_record_load(s, 0, &arena, &r, &err), &err, "damaged");
    CHECK_ERR(store_record_load(s, UINT32_MAX, &arena, &r, &err), &err, "damaged");
    struct store_segment seg;
    CHECK_ERR(store_segment_open(s, 999999, STR("v"), STR("p"), &seg, &err), &err, "damaged");
    store_close(s);
    store_close(NULL);
    arena_free(&arena);
}

/* A record of many products, whose criteria do not stand together. */
static void many_products(void)
{
    const char *path = in_dir("products.db");
    struct vuln v = blank(1);
    struct store *s = NULL;
    add_node(&v, false, false, NODE_NO_PARENT);
    v.nodes.v[0].lossy = false;
    for (unsigned long round = 0; round < 3; round++)
        for (unsigned long i = 0; i < 150; i++) {
            struct criterion c =
                criterion("vendor", text("product%lu", i).p, text("%lu", round + 1).p);
            c.vulnerable = i % 7 || round;
            add_criterion(&v, c);
        }
    CHECK_OK(import(path, true, &v, 1, "aa", NULL), &err);
    CHECK_OK(store_open(path, &s, &err), &err);
    for (unsigned long i = 0; s && i < 150; i++) {
        struct store_products found = {0};
        struct store_segment seg;
        struct store_entry e;
        bool more = false, another = true;
        struct str name = text("product%lu", i);
        CHECK_OK(store_products_named(s, name, &arena, &found, &err), &err);
        CHECK_INT(found.n, 1);
        if (found.n != 1)
            break;
        CHECK_OK(store_segment_open(s, found.v[0].id, found.v[0].vendor, name, &seg, &err), &err);
        CHECK(store_segment_next(&seg, &e, &more, &err) && more);
        for (unsigned long round = i % 7 ? 0 : 1; round < 3; round++) {
            struct criterion c;
            CHECK(store_entry_next(&seg, &e, &c, &another, &err) && another);
            CHECK(str_eq(c.end_excluding, text("%lu", round + 1)));
        }
        struct criterion c;
        CHECK(store_entry_next(&seg, &e, &c, &another, &err) && !another);
        CHECK(store_segment_next(&seg, &e, &more, &err) && !more); /* one entry for the record */
    }
    store_close(s);
    arena_free(&arena);
}

/* What the product has of records now, as "id bound, id bound". */
static struct str listing(const char *path, const char *product)
{
    struct store *s = NULL;
    struct store_products found = {0};
    struct buf b = {0};
    struct str out = {0};
    CHECK_OK(store_open(path, &s, &err), &err);
    if (!s || !store_products_named(s, str_from_c(product), &arena, &found, &err))
        return out;
    for (size_t i = 0; i < found.n; i++) {
        struct store_segment seg;
        struct store_entry e;
        bool more = false;
        CHECK_OK(store_segment_open(s, found.v[i].id, found.v[i].vendor, str_from_c(product), &seg,
                                    &err),
                 &err);
        while (store_segment_next(&seg, &e, &more, &err) && more) {
            struct store_record r;
            struct criterion c;
            bool another;
            CHECK_OK(store_record_load(s, e.record, &arena, &r, &err), &err);
            CHECK(store_entry_next(&seg, &e, &c, &another, &err) && another);
            if (!r.superseded)
                buf_f(&b, "%s%.*s %.*s:%.*s", b.n ? ", " : "", STR_ARG(r.v.id),
                      STR_ARG(found.v[i].vendor), STR_ARG(c.end_excluding));
        }
    }
    CHECK_INT(err.code, ERR_NONE);
    CHECK(arena_dup(&arena, buf_view(&b), &out, &err));
    buf_free(&b);
    store_close(s);
    return out;
}

static struct vuln versioned(unsigned long number, const char *product, const char *end,
                             int64_t modified)
{
    struct vuln v = blank(number);
    v.modified = modified;
    add_node(&v, false, false, NODE_NO_PARENT);
    v.nodes.v[0].lossy = false; /* nothing in it is random */
    add_criterion(&v, criterion("vendor", product, end));
    return v;
}

static void replacing(void)
{
    const char *path = in_dir("replace.db");
    struct store_counts c;
    /* Within one import, in any order: the newest stays. */
    struct vuln first[] = {versioned(1, "one", "1.0", NOW), versioned(2, "one", "2.0", NOW),
                           versioned(1, "one", "1.5", NOW + 9), versioned(1, "one", "0.5", NOW - 9),
                           versioned(1, "one", "1.5", NOW + 9)};
    CHECK_OK(import(path, false, first, 5, "aa", &c), &err);
    CHECK(c.added == 2 && c.replaced == 1 && c.older == 1 && c.unchanged == 1);
    CHECK_STR(listing(path, "one"), "CVE-2024-0002 vendor:2.0, CVE-2024-0001 vendor:1.5");
    /* Into the file that is there. */
    struct vuln second[] = {versioned(1, "one", "9", NOW), versioned(2, "one", "2.1", NOW + 1),
                            versioned(3, "one", "3.0", DATE_NONE),
                            versioned(4, "other", "4.0", NOW)};
    CHECK_OK(import(path, false, second, 4, "bb", &c), &err);
    CHECK(c.added == 2 && c.replaced == 1 && c.older == 1 && c.unchanged == 0);
    CHECK_STR(listing(path, "one"),
              "CVE-2024-0001 vendor:1.5, CVE-2024-0002 vendor:2.1, CVE-2024-0003 vendor:3.0");
    CHECK_STR(listing(path, "other"), "CVE-2024-0004 vendor:4.0");
    /* A record that names the product no more; its product gets no new entries, the old one must
     * not count. */
    struct vuln third[] = {versioned(2, "other", "7", NOW + 2)};
    CHECK_OK(import(path, false, third, 1, "cc", &c), &err);
    CHECK_STR(listing(path, "one"), "CVE-2024-0001 vendor:1.5, CVE-2024-0003 vendor:3.0");
    CHECK_STR(listing(path, "other"), "CVE-2024-0004 vendor:4.0, CVE-2024-0002 vendor:7");
    /* Rejected later: found nowhere. */
    struct vuln fourth[] = {versioned(1, "one", "1", NOW + 10)};
    fourth[0].rejected = true;
    CHECK_OK(import(path, false, fourth, 1, "dd", &c), &err);
    CHECK_INT(c.replaced, 1);
    CHECK_STR(listing(path, "one"), "CVE-2024-0003 vendor:3.0");
    /* Another source's record of the same id is another record. */
    struct vuln fifth[] = {versioned(3, "one", "3.3", NOW)};
    fifth[0].source = STR("other");
    CHECK_OK(import(path, false, fifth, 1, "ee", &c), &err);
    CHECK_INT(c.added, 1);
    CHECK_STR(listing(path, "one"), "CVE-2024-0003 vendor:3.0, CVE-2024-0003 vendor:3.3");
    /* From nothing. */
    CHECK_OK(import(path, true, third, 1, "ff", &c), &err);
    CHECK_STR(listing(path, "one"), "");
    CHECK_STR(listing(path, "other"), "CVE-2024-0002 vendor:7");
    arena_free(&arena);
}

/* A thousand records over and over, across pages: the second import replaces every other one. */
static void many_pages(void)
{
    const char *path = in_dir("pages.db");
    struct store_counts c;
    struct vuln *v = arena_array(&arena, 1000, sizeof *v);
    if (!v)
        return;
    for (int round = 0; round < 4; round++) {
        for (unsigned long i = 0; i < 1000; i++) {
            unsigned long change = i % 2 ? (unsigned long)round : 0;
            v[i] = versioned(i, i % 3 ? "one" : "two", text("%lu", i * 10 + change).p,
                             NOW + (int64_t)change);
            v[i].description = text("round %lu", change);
        }
        CHECK_OK(import(path, false, v, 1000, text("%lu", (unsigned long)round).p, &c), &err);
        CHECK(round ? c.replaced == 500 && c.unchanged == 500 : c.added == 1000);
    }
    struct store *s = NULL;
    struct database_info info;
    CHECK_OK(store_open(path, &s, &err) && store_info(s, &arena, &info, &err), &err);
    CHECK_INT(info.records, 1000);
    for (unsigned long i = 0; s && i < 1000 && !test_failures; i += 7) {
        struct store_record r = {0};
        size_t n = 0;
        bool alone;
        CHECK(find(s, i % 3 ? STR("one") : STR("two"), v[i].id, &r, &n, &alone));
        CHECK_STR(r.v.description, i % 2 ? "round 3" : "round 0");
    }
    store_close(s);
    arena_free(&arena);
}

/* The CPE limit allows vendors and products of a kilobyte; they are products like any other. */
static void long_names(void)
{
    const char *path = in_dir("long.db");
    char name[900];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct vuln v[3];
    for (unsigned long i = 0; i < 3; i++) {
        v[i] = blank(i);
        add_node(&v[i], false, false, NODE_NO_PARENT);
        add_criterion(&v[i], criterion(name, name, "1"));
    }
    CHECK_OK(import(path, false, v, 3, "aa", NULL), &err);
    if (!err.code)
        CHECK_OK(import(path, false, v, 3, "bb", NULL), &err);
    err_clear(&err);
    arena_free(&arena);
}

static struct str digest_of(const char *path)
{
    struct store *s = NULL;
    struct database_info info = {0};
    CHECK_OK(store_open(path, &s, &err) && store_info(s, &arena, &info, &err), &err);
    store_close(s);
    return info.sha256;
}

static void digests(void)
{
    struct vuln a = versioned(1, "one", "1", NOW), b = versioned(2, "one", "2", NOW);
    const char *x = in_dir("x.db"), *y = in_dir("y.db");
    CHECK_OK(import(x, false, &a, 1, "aaaa", NULL) && import(x, false, &b, 1, "bbbb", NULL), &err);
    CHECK_OK(import(y, false, &b, 1, "bbbb", NULL) && import(y, false, &a, 1, "aaaa", NULL), &err);
    struct str first = digest_of(x);
    CHECK(first.n == 64 && str_eq(first, digest_of(y)));
    CHECK_OK(import(y, true, &a, 1, "aaaa", NULL), &err);
    CHECK(!str_eq(first, digest_of(y)));
    arena_free(&arena);
}

/* --- one writer, whole files --- */

static void locking(void)
{
    const char *path = in_dir("lock.db");
    struct store_import *one = NULL, *two = NULL;
    char who[64], writer[STORE_WRITER_BYTES];
    struct timespec from, to;
    (void)snprintf(who, sizeof who, "being written by process %ld, since 2", (long)getpid());
    CHECK(!store_writer(path, writer));
    CHECK_OK(store_import_open(path, false, 0, &one, &err), &err);
    CHECK(store_writer(path, writer) && strstr(who, writer) == NULL && strstr(writer, "process "));
    CHECK_ERR(store_import_open(path, false, 0, &two, &err), &err, who);
    CHECK(!store_import_open(path, true, 0, &two, &err) && err.code == ERR_DATABASE);
    err_clear(&err);
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    CHECK_ERR(store_import_open(path, false, 1, &two, &err), &err, who);
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    CHECK(to.tv_sec - from.tv_sec >= 1 && to.tv_sec - from.tv_sec <= 3);
    CHECK(two == NULL);
    store_import_abort(one);
    store_import_abort(NULL);
    CHECK(!store_writer(path, writer));
    CHECK_INT(files_like("lock.db.new"), 0);
    CHECK(!io_exists(path)); /* given up: nothing there */
    CHECK_OK(store_import_open(path, false, 0, &two, &err), &err);
    store_import_abort(two);
    CHECK_ERR(store_import_open(in_dir("nofolder/x.db"), false, 0, &two, &err), &err, "lock file");
}

static struct str content(const char *path)
{
    struct input in = {0};
    CHECK_OK(io_read(&arena, path, LIMIT_SMALL_FILE_BYTES, &in, &err), &err);
    return in.data;
}

/* An import that fails or is given up leaves the old database as it was. */
static void keeps_the_old(void)
{
    const char *path = in_dir("old.db");
    struct vuln a = versioned(1, "one", "1", NOW), b = versioned(2, "one", "2", NOW);
    struct store_import *s = NULL;
    CHECK_OK(import(path, false, &a, 1, "aaaa", NULL), &err);
    struct str before = content(path);
    CHECK_OK(store_import_open(path, false, 0, &s, &err) && put(s, &b, 1), &err);
    CHECK(str_eq(content(path), before));
    store_import_abort(s);
    CHECK(str_eq(content(path), before));
    CHECK_OK(store_import_open(path, true, 0, &s, &err), &err);
    CHECK_ERR(store_import_commit(s, NOW, &err), &err, "not one vulnerability was imported");
    CHECK(str_eq(content(path), before));
    CHECK_INT(files_like("old.db.new"), 0);
    /* A reader keeps what it opened. */
    struct store *r = NULL;
    struct database_info info;
    CHECK_OK(store_open(path, &r, &err), &err);
    CHECK_OK(import(path, false, &b, 1, "bbbb", NULL), &err);
    CHECK_OK(store_info(r, &arena, &info, &err), &err);
    CHECK_INT(info.records, 1);
    store_close(r);
    arena_free(&arena);
}

static void write_file(const char *path, struct str data)
{
    FILE *f = fopen(path, "wb");
    CHECK(f && fwrite(data.p, 1, data.n, f) == data.n && fclose(f) == 0);
}

static void sql(const char *path, const char *statements)
{
    sqlite3 *h;
    CHECK(sqlite3_open(path, &h) == SQLITE_OK);
    CHECK_INT(sqlite3_exec(h, statements, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(h);
}

static void not_ours(void)
{
    struct store *s = NULL;
    struct store_import *w = NULL;
    struct database_info info;
    struct vuln a = versioned(1, "one", "1", NOW);
    CHECK_ERR(store_open(in_dir("missing.db"), &s, &err), &err, "there is no database");
    write_file(in_dir("text.db"), STR("This is no database, it is only a text that is longer than "
                                      "the header of SQLite would be. Really. "
                                      "It even goes on."));
    write_file(in_dir("zero.db"), STR(""));
    sql(in_dir("other.db"), "CREATE TABLE t(x); INSERT INTO t VALUES(1);");
    const char *const bad[] = {"text.db", "zero.db", "other.db"};
    for (size_t i = 0; i < 3; i++) {
        CHECK(!store_open(in_dir(bad[i]), &s, &err) && err.code == ERR_DATABASE &&
              strstr(err.input, bad[i]));
        err_clear(&err);
        CHECK(!store_import_open(in_dir(bad[i]), false, 0, &w, &err) && err.code == ERR_DATABASE);
        err_clear(&err);
        CHECK_INT(files_like(".new-"), 0);
    }
    CHECK(!store_open(dir, &s, &err) && err.code == ERR_DATABASE);
    err_clear(&err);
    const char *path = in_dir("version.db");
    CHECK_OK(import(path, false, &a, 1, "aa", NULL), &err);
    sql(path, "PRAGMA user_version = 999");
    CHECK_ERR(store_open(path, &s, &err), &err, "import the feeds again");
    CHECK_ERR(store_import_open(path, false, 0, &w, &err), &err, "import the feeds again");
    CHECK_OK(import(path, true, &a, 1, "aa", NULL), &err); /* from nothing is the way out */
    /* What is missing in it. */
    static const struct {
        const char *statements, *error;
    } rows[] = {
        {"DELETE FROM meta WHERE key = 'records'", "is incomplete"},
        {"UPDATE meta SET value = 'x' WHERE key = 'records'", "no numbers"},
        {"UPDATE meta SET value = '0' WHERE key = 'records'", "is empty"},
        {"UPDATE meta SET value = '-5' WHERE key = 'built'", "no numbers"},
        {"DROP TABLE meta", ""},
        {"DROP TABLE source", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_OK(import(path, true, &a, 1, "aa", NULL), &err);
        sql(path, rows[i].statements);
        CHECK_OK(store_open(path, &s, &err), &err);
        CHECK_ERR(store_info(s, &arena, &info, &err), &err, rows[i].error);
        store_close(s);
    }
    /* A path with what URIs know. */
    const char *odd = in_dir("a?b#c%25 d.db");
    CHECK_OK(import(odd, false, &a, 1, "aa", NULL), &err);
    CHECK_OK(store_open(odd, &s, &err), &err);
    store_close(s);
    arena_free(&arena);
}

/* --- damage --- */

/* Opens and reads all there is. Each answer is a success without an error or a failure with one. */
static bool read_all(const char *path)
{
    static const struct str products[] = {STR_INIT("one"), STR_INIT("p0"), STR_INIT("p1"),
                                          STR_INIT("p2"),  STR_INIT("p3"), STR_INIT("p4")};
    struct arena a = {0};
    struct store *s = NULL;
    struct database_info info;
    struct stored_feeds feeds = {0};
    bool ok = store_open(path, &s, &err);
    CHECK(ok == (err.code == ERR_NONE));
    if (!ok)
        return false;
    ok = store_info(s, &a, &info, &err);
    CHECK(ok == (err.code == ERR_NONE));
    ok = ok && store_feeds(s, &a, &feeds, &err);
    CHECK(ok == (err.code == ERR_NONE));
    for (size_t i = 0; ok && i < 6; i++) {
        struct store_products found = {0};
        ok = store_products_named(s, products[i], &a, &found, &err);
        CHECK(ok == (err.code == ERR_NONE));
        for (size_t k = 0; ok && k < found.n; k++) {
            struct store_segment seg;
            struct store_entry e;
            bool more = true;
            ok = store_segment_open(s, found.v[k].id, found.v[k].vendor, products[i], &seg, &err);
            while (ok && (ok = store_segment_next(&seg, &e, &more, &err)) && more) {
                struct criterion c;
                struct store_record r;
                bool another = true;
                while (ok && another)
                    ok = store_entry_next(&seg, &e, &c, &another, &err);
                ok = ok && store_record_load(s, e.record, &a, &r, &err);
                ok = ok && (r.superseded || store_record_details(s, &a, &r, &err));
                if (ok && !r.superseded) {
                    char date[DATE_TEXT_BYTES];
                    (void)date_format(r.v.modified, date);
                    (void)vuln_decisive_cvss(&r.v);
                    for (size_t n = 0; n < r.v.cvss.n; n++)
                        CHECK(r.v.cvss.v[n].tenths <= 100); /* reports print it */
                }
            }
            CHECK(ok == (err.code == ERR_NONE));
        }
    }
    store_close(s);
    arena_free(&a);
    return ok;
}

struct damaged {
    int fd;
    struct str whole;
};

/* Changes a few bytes, in one of several ways; undo() puts them back. */
static void damage(struct damaged *d, int round, size_t *at, size_t *n)
{
    char bytes[8192];
    *n = round % 7 == 0 ? 64 : round % 11 == 0 ? sizeof bytes : 1;
    *at = round % 3 == 0 ? rnd(200) : (size_t)rnd(d->whole.n);
    if (round % 11 == 0)
        *at = *at / sizeof bytes * sizeof bytes;
    *n = *at + *n > d->whole.n ? d->whole.n - *at : *n;
    for (size_t i = 0; i < *n; i++)
        bytes[i] = (char)(round % 11 == 0 ? 0
                          : round % 2     ? rnd(256)
                                      : (unsigned char)d->whole.p[*at + i] ^ (uint64_t)1 << rnd(8));
    CHECK(pwrite(d->fd, bytes, *n, (off_t)*at) == (ssize_t)*n);
}

static void undo(struct damaged *d, size_t at, size_t n)
{
    CHECK(pwrite(d->fd, d->whole.p + at, n, (off_t)at) == (ssize_t)n);
}

#define FLIPS 2000

static struct damaged make_damaged(const char *path)
{
    struct vuln v[40];
    for (unsigned long i = 0; i < 40; i++)
        v[i] = random_vuln(i, rnd(2));
    CHECK_OK(import(path, true, v, 40, "aa", NULL), &err);
    for (unsigned long i = 0; i < 40; i += 3)
        v[i].modified++;
    CHECK_OK(import(path, false, v, 40, "bb", NULL), &err);
    CHECK(read_all(path));
    struct damaged d = {open(path, O_RDWR | O_CLOEXEC), content(path)};
    return d;
}

static void flips(void)
{
    const char *path = in_dir("flip.db");
    struct damaged d = make_damaged(path);
    size_t failed = 0;
    for (int round = 0; round < FLIPS; round++) {
        size_t at, n;
        int before = test_failures;
        damage(&d, round, &at, &n);
        failed += !read_all(path);
        err_clear(&err);
        undo(&d, at, n);
        if (test_failures != before && test_failures < 20)
            printf("# ... round %d: %zu bytes at %zu\n", round, n, at);
    }
    CHECK(failed > FLIPS / 20);
    CHECK(read_all(path));
    /* Cut. */
    for (int round = 0; round < 100; round++) {
        CHECK(ftruncate(d.fd, (off_t)rnd(d.whole.n)) == 0);
        (void)read_all(path);
        err_clear(&err);
        undo(&d, 0, d.whole.n);
    }
    (void)close(d.fd);
    arena_free(&arena);
}

/* Importing into a damaged database: an error, or a file that can be read. */
static void flips_import(void)
{
    const char *path = in_dir("flip.db"), *copy = in_dir("copy.db");
    struct damaged d = make_damaged(path);
    struct arena keep = arena; /* of d.whole */
    arena = (struct arena){0};
    for (int round = 0; round < 400; round++) {
        size_t at, n;
        struct input in;
        struct arena a = {0};
        damage(&d, round, &at, &n);
        if (io_read(&a, path, LIMIT_SMALL_FILE_BYTES, &in, &err))
            write_file(copy, in.data);
        struct vuln v[3] = {random_vuln(3, true), random_vuln(100, false), random_vuln(101, true)};
        v[0].modified += 10;
        bool ok = import(copy, false, v, 3, "cc", NULL);
        CHECK(ok == (err.code == ERR_NONE));
        if (ok)
            (void)read_all(copy);
        err_clear(&err);
        undo(&d, at, n);
        arena_free(&a);
        arena_reset(&arena);
        if (test_failures) {
            printf("# ... round %d: %zu bytes at %zu\n", round, n, at);
            break;
        }
    }
    CHECK_INT(files_like(".new-"), 0);
    (void)close(d.fd);
    arena_free(&arena);
    arena_free(&keep);
}

/* Numbers that nobody ever stored. */
static void absurd_numbers(void)
{
    static const char *const statements[] = {
        "UPDATE product SET id = -9223372036854775807",
        "UPDATE product SET id = 9223372036854775807",
        "UPDATE product SET id = 1099511627776",
        "INSERT INTO product VALUES(-5, 'x', 0, 'vendor'), (3, 'y', 0, 'vendor'); UPDATE product SET "
        "product = 'z' WHERE id = 1;"
        "UPDATE product SET product = 'one' WHERE id = -5",
        "UPDATE page SET id = 9223372036854775807",
        "UPDATE page SET id = -9223372036854775807",
        "UPDATE page SET id = 268435456",
        "UPDATE block SET id = 9223372036854775807",
        "UPDATE block SET size = 9223372036854775807",
        "UPDATE block SET size = -1",
        "UPDATE block SET size = 0",
        "UPDATE name SET id = -1",
        "UPDATE name SET id = 0",
        "UPDATE name SET id = 9223372036854775807",
        "UPDATE name SET modified = 'text'",
        "UPDATE page SET data = x''",
        "UPDATE page SET data = zeroblob(100)",
        "UPDATE segment SET data = x''",
        "UPDATE segment SET data = 'text'",
        "DELETE FROM page",
        "DELETE FROM segment",
        "DELETE FROM block",
        "UPDATE product SET vendor = NULL, product = x'ff' WHERE 0",
    };
    const char *path = in_dir("absurd.db");
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        struct vuln v[2] = {versioned(1, "one", "1", NOW), versioned(1, "one", "2", NOW + 1)};
        int before = test_failures;
        CHECK_OK(import(path, true, v, 1, "aa", NULL), &err);
        sql(path, statements[i]);
        (void)read_all(path);
        err_clear(&err);
        bool ok = import(path, false, v + 1, 1, "bb", NULL);
        CHECK(ok == (err.code == ERR_NONE));
        CHECK(err.code != ERR_MEMORY); /* it is damaged, not memory short */
        err_clear(&err);
        if (test_failures != before)
            printf("# ... %s\n", statements[i]);
        arena_reset(&arena);
    }
    arena_free(&arena);
}

/* The rows of a table that can not be read to its end are not all rows: that is an error. */
static void broken_rows(void)
{
    const char *path = in_dir("rows.db");
    struct vuln *v = arena_array(&arena, 3000, sizeof *v);
    if (!v)
        return;
    for (unsigned long i = 0; i < 3000; i++) {
        v[i] = blank(i);
        add_node(&v[i], false, false, NODE_NO_PARENT);
        add_criterion(&v[i], criterion(text("vendor-with-quite-a-long-name-%lu", i).p, "one", "1"));
    }
    CHECK_OK(import(path, true, v, 3000, "aa", NULL), &err);
    struct str whole = content(path);
    size_t page = 8192, lost = 0, silent = 0;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    for (size_t at = page; at < whole.n; at += page) {
        char zero[8192] = {0};
        struct store *s = NULL;
        struct store_products found = {0};
        struct arena a = {0};
        CHECK(pwrite(fd, zero, page, (off_t)at) == (ssize_t)page);
        if (store_open(path, &s, &err)) {
            bool ok = store_products_named(s, STR("one"), &a, &found, &err);
            lost += !ok;
            silent += ok && found.n < 3000;
        }
        store_close(s);
        err_clear(&err);
        arena_free(&a);
        CHECK(pwrite(fd, whole.p + at, page, (off_t)at) == (ssize_t)page);
    }
    CHECK(lost > 0);
    CHECK_INT(silent, 0); /* each would be a false "clean" */
    (void)close(fd);
    arena_free(&arena);
}

static void clean_up(void)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    CHECK(system(command) == 0); /* NOLINT(cert-env33-c): our own folder */
}

static const struct test tests[] = {
    {"numbers and strings", varints},
    {"criteria", criteria},
    {"a part that is not applicable", part_na},
    {"facts, structure and details", pieces},
    {"rubbish", rubbish},
    {"what goes in comes out", round_trip},
    {"newer replaces older", replacing},
    {"many pages", many_pages},
    {"many products", many_products},
    {"long names", long_names},
    {"the digest does not depend on the order", digests},
    {"one writer at a time", locking},
    {"the old database stays", keeps_the_old},
    {"what is no database of ours", not_ours},
    {"rows that can not be read", broken_rows},
    {"absurd numbers", absurd_numbers},
    {"flipped bytes", flips},
    {"importing into a damaged database", flips_import},
    {"clean up", clean_up},
};

int main(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/vulnward-store-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    return test_main(tests, sizeof tests / sizeof tests[0]);
}
