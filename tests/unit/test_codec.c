/* SPDX-License-Identifier: Apache-2.0 */
/* The codecs: what they take, what they refuse, and that what is written reads back. */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>
#include <libdeflate.h>

#include "base/vec.h"
#include "codec/block.h"
#include "codec/csv.h"
#include "codec/deb822.h"
#include "codec/json_read.h"
#include "codec/json_stream.h"
#include "codec/json_write.h"
#include "codec/sha256.h"
#include "codec/xml_read.h"
#include "codec/xml_write.h"

#include "base/banned.h"

static char dir[64];
static struct arena arena;
static struct err err;

static const char *in_dir(const char *name)
{
    static char path[4][256];
    static unsigned at;
    char *p = path[at++ % 4];
    (void)snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static void write_file(const char *path, struct str data)
{
    FILE *f = fopen(path, "wb");
    CHECK(f != NULL);
    if (!f)
        return;
    CHECK(fwrite(data.p, 1, data.n, f) == data.n);
    CHECK(fclose(f) == 0);
}

/* A copy of its own size, so that the sanitizer sees a byte too far. */
static struct str tight(struct str s)
{
    char *p = malloc(s.n ? s.n : 1);
    CHECK(p != NULL);
    if (p && s.n)
        memcpy(p, s.p, s.n);
    return (struct str){p, p ? s.n : 0};
}

static void loosen(struct str s)
{
    free((void *)(uintptr_t)s.p);
}

static uint64_t next_random(uint64_t *seed) /* splitmix64 */
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void forget(void)
{
    arena_free(&arena);
    err_clear(&err);
}

/* --- json_read --- */

static bool parse(struct json_doc *doc, struct str text, const struct json **root)
{
    return json_parse(doc, (struct input){STR("in.json"), text}, root, &err);
}

static void json_values(void)
{
    struct json_doc doc;
    const struct json *root;
    int64_t n;
    CHECK_OK(parse(&doc,
                   STR("\xef\xbb\xbf [null, true, 12, -3, 1.5, 9223372036854775808, \"a\\u0000b\", "
                       "{}, []]"),
                   &root),
             &err);
    const enum json_type types[] = {JSON_NULL,   JSON_BOOL,   JSON_NUMBER, JSON_NUMBER, JSON_NUMBER,
                                    JSON_NUMBER, JSON_STRING, JSON_OBJECT, JSON_ARRAY};
    size_t i = 0;
    CHECK_INT(json_count(root), 9);
    for (struct json_iter it = json_iter(root); json_next(&it); i++) {
        CHECK_INT(json_type(it.value), types[i]);
        CHECK(i == 1 ? json_bool(it.value, false) : json_bool(it.value, true));
        CHECK(str_eq(json_str(it.value), i == 6 ? STR("a\0b") : STR("")));
        CHECK(json_int(it.value, &n) == (i == 2 || i == 3));
        if (i == 4)
            CHECK(json_number(it.value, 0) > 1.4 && json_number(it.value, 0) < 1.6);
        if (i == 6)
            CHECK(json_number(it.value, -1) < 0);
    }
    CHECK_INT(i, 9);
    json_free(&doc);
    json_free(&doc);
    CHECK_INT(json_type(NULL), JSON_NULL);
    CHECK_INT(json_count(NULL), 0);
    struct json_iter none = json_iter(NULL);
    CHECK(!json_next(&none) && !json_str(NULL).n && !json_int(NULL, &n));
    /* Members in order, also with the same name twice. */
    CHECK_OK(parse(&doc, STR("{\"b\":1,\"a\":{\"x\":[1,2]},\"b\":3}"), &root), &err);
    char seen[8] = "";
    for (struct json_iter it = json_iter(root); json_next(&it);)
        seen[strlen(seen)] = json_str(it.key).p[0];
    CHECK_STR(str_from_c(seen), "bab");
    json_free(&doc);
}

static void json_faults(void)
{
    static const char *const bad[] = {
        "",        " ",         "{",     "[1,]",     "{\"a\":1,}",   "{'a':1}",
        "[01]",    "[1.]",      "[NaN]", "[\"\t\"]", "[\"\\x\"]",    "[\"\\ud800\"]",
        "// c\n1", "{\"a\" 1}", "[1] 2", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
        "tru",     "[1}",       "\"abc",
    };
    struct json_doc doc;
    const struct json *root;
    char text[1024];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct str s = tight(str_from_c(bad[i]));
        bool ok = parse(&doc, s, &root);
        CHECK(!ok && err.code == ERR_INPUT && err.line == 1);
        if (ok) {
            printf("# JSON accepted: %s\n", bad[i]);
            json_free(&doc);
        }
        err_clear(&err);
        loosen(s);
    }
    CHECK(!parse(&doc, STR("{\n\"a\":\n  x}"), &root));
    err_format(&err, text, sizeof text);
    CHECK(str_starts(str_from_c(text), STR("in.json: line 3: column 3: not valid JSON")));
    err_clear(&err);
    /* Depth: the limit itself is fine. Without one, a parser may overflow its stack. */
    static char deep[2000001];
    for (size_t n = LIMIT_DEPTH; n <= 1000000; n = n == LIMIT_DEPTH ? LIMIT_DEPTH + 1 : n * 10) {
        n = n > 1000000 ? 1000000 : n;
        memset(deep, '[', n);
        memset(deep + n, ']', n);
        bool ok = parse(&doc, str_make(deep, 2 * n), &root);
        CHECK(ok == (n == LIMIT_DEPTH));
        if (ok)
            json_free(&doc);
        else
            CHECK_INT(err.code, ERR_LIMIT);
        err_clear(&err);
    }
}

static void json_picks(void)
{
    static const struct json_field fields[] = {{"id", JSON_STRING, true},
                                               {"n", JSON_NUMBER, false},
                                               {"any", JSON_ANY, false},
                                               {"b", JSON_BOOL, false}};
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"{\"id\":\"x\"}", NULL},
        {"{\"id\":\"x\",\"n\":1,\"any\":[],\"b\":true,\"other\":1,\"other\":2,\"\":3}", NULL},
        {"{\"id\":\"x\",\"n\":null}", NULL}, /* null is absent */
        {"{\"i\\u0064\":\"x\"}", NULL},      /* the same key, spelled otherwise */
        {"{}", "id: missing"},
        {"{\"id\":null}", "id: missing"},
        {"{\"ID\":\"x\"}", "id: missing"},
        {"{\"id\":1}", "id: wanted a string, found a number"},
        {"{\"id\":\"x\",\"n\":\"1\"}", "n: wanted a number, found a string"},
        {"{\"id\":\"x\",\"b\":[]}", "b: wanted true or false, found an array"},
        {"{\"id\":\"x\",\"id\":\"x\"}", "id: this key is there twice"},
        {"{\"id\":null,\"id\":\"x\"}", "id: this key is there twice"},
        {"{\"id\":\"x\",\"i\\u0064\":\"y\"}", "id: this key is there twice"},
        {"[]", "wanted an object, found an array"},
        {"\"id\"", "wanted an object, found a string"},
        {"null", "wanted an object, found null"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json_doc doc;
        const struct json *root, *out[4];
        CHECK_OK(parse(&doc, str_from_c(rows[i].text), &root), &err);
        bool ok = JSON_FIELDS(root, fields, out, &err);
        if (rows[i].error)
            CHECK_ERR(ok, &err, rows[i].error);
        else
            CHECK_OK(ok, &err);
        if (ok)
            CHECK_STR(json_str(out[0]), "x");
        json_free(&doc);
    }
    const struct json *out[4];
    CHECK_ERR(JSON_FIELDS(NULL, fields, out, &err), &err, "wanted an object, found null");
}

/* --- json_scan --- */

static void json_scanning(void)
{
    static const char *const values[] = {
        "{}",
        "[]",
        "{\"a\":\"}\"}",
        "[\"\\\"]\", \"\\\\\", \"\\\\\\\"\"]",
        "{\"\\\\\\\\\":[[],{}]}",
        "[\"\\\\\"]",
        "[\"\\\\\\\\\\\"\"]",
        "{\"a\":[\"\xc3\xa9\\u0022\"]}",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct str whole = str_from_c(values[i]);
        /* In two pieces, cut anywhere, and byte by byte; something always follows. */
        for (size_t cut = 0; cut <= whole.n; cut++) {
            struct json_scan s = {0};
            bool done;
            struct str first = tight(str_first(whole, cut));
            size_t k = json_scan(&s, first.p, first.n, &done, &err);
            CHECK_INT(k, cut);
            CHECK(done == (cut == whole.n));
            loosen(first);
            if (!done) {
                CHECK_INT(json_scan(&s, whole.p + cut, whole.n - cut, &done, &err), whole.n - cut);
                CHECK(done);
            }
        }
        struct json_scan s = {0};
        bool done = false;
        for (size_t at = 0; at < whole.n; at++) {
            CHECK(!done);
            CHECK_INT(json_scan(&s, whole.p + at, 1, &done, &err), 1);
        }
        CHECK(done);
        char both[64];
        (void)snprintf(both, sizeof both, "%s]}\"", values[i]);
        s = (struct json_scan){0};
        CHECK_INT(json_scan(&s, both, strlen(both), &done, &err), whole.n);
        CHECK(done);
    }
    CHECK(json_check_depth(STR(""), &err) && json_check_depth(STR("1"), &err) &&
          json_check_depth(STR("]]]"), &err));
    char deep[LIMIT_DEPTH + 1];
    memset(deep, '[', sizeof deep);
    CHECK_OK(json_check_depth(str_make(deep, LIMIT_DEPTH), &err), &err);
    CHECK_ERR(json_check_depth(str_make(deep, LIMIT_DEPTH + 1), &err), &err,
              "nested more than 64 deep");
    struct json_scan s = {0};
    bool done;
    CHECK(json_scan(&s, deep, sizeof deep, &done, &err) == STR_NPOS);
    CHECK_INT(err.code, ERR_LIMIT);
    err_clear(&err);
    /* Brackets in strings do not count; and the value before does not count for the one behind. */
    static char flat[100000];
    for (size_t i = 0; i < sizeof flat; i += 2)
        memcpy(flat + i, "[]", 2);
    CHECK_OK(json_check_depth(str_make(flat, sizeof flat), &err), &err);
    memset(flat, '[', sizeof flat);
    flat[0] = '"';
    CHECK_OK(json_check_depth(str_make(flat, sizeof flat), &err), &err);
}

/* --- json_stream --- */

static const char *const arrays[] = {"items", "vulnerabilities", NULL};

struct all {
    VEC(struct str) records;
    VEC(uint64_t) offsets;
    struct str rest;
};

/* Reads a whole feed from `path`; what was read so far stays in `out` on failure. */
static bool read_feed(const char *path, size_t want, struct all *out)
{
    struct stream in;
    struct json_stream s = {0};
    struct json_batch batch = {0};
    *out = (struct all){0};
    if (!stream_open(&in, path, false, &err))
        return false;
    bool ok = json_stream_open(&s, &in, arrays, &err);
    while (ok && (ok = json_stream_next(&s, &batch, want, &err)) && batch.n_records)
        for (size_t i = 0; i < batch.n_records; i++) {
            struct str *slot = VEC_PUSH(&arena, &out->records);
            uint64_t *offset = VEC_PUSH(&arena, &out->offsets);
            if (!slot || !offset ||
                !arena_dup(&arena, str_make(batch.text + batch.records[i].at, batch.records[i].n),
                           slot, &err))
                abort();
            *offset = batch.records[i].offset;
            for (size_t k = 0; k < 4; k++)
                CHECK(batch.text[batch.records[i].at + batch.records[i].n + k] == 0);
        }
    if (ok && !arena_dup(&arena, json_stream_rest(&s), &out->rest, &err))
        abort();
    if (ok) /* the end stays the end */
        CHECK(json_stream_next(&s, &batch, want, &err) && !batch.n_records);
    json_stream_close(&s);
    json_batch_free(&batch);
    stream_close(&in);
    CHECK(ok == (err.code == ERR_NONE));
    return ok;
}

static bool read_text(struct str text, size_t want, struct all *out)
{
    write_file(in_dir("feed"), text);
    return read_feed(in_dir("feed"), want, out);
}

static const char small_feed[] = "{\"a\": [\"\\\"]\", {\"items\":[{}]}], \"n\" :1.5e3,\"items\":[ "
                                 "{\"x\":\"}\\\\\"} ,{\"y\":[[]]},\n{}],\"z\":\"\\\\\",\"t\":true}";

static void stream_small(void)
{
    struct all all;
    for (size_t want = 1; want < 40; want += 6) {
        CHECK_OK(read_text(str_from_c(small_feed), want, &all), &err);
        CHECK_INT(all.records.n, 3);
        CHECK_STR(all.records.v[0], "{\"x\":\"}\\\\\"}");
        CHECK_STR(all.records.v[1], "{\"y\":[[]]}");
        CHECK_STR(all.records.v[2], "{}");
        for (size_t i = 0; i < all.records.n; i++) /* the place is where the text is */
            CHECK(str_starts(str_from(str_from_c(small_feed), all.offsets.v[i]), all.records.v[i]));
        CHECK_STR(all.rest,
                  "{\"a\":[\"\\\"]\", "
                  "{\"items\":[{}]}],\"n\":1.5e3,\"items\":[],\"z\":\"\\\\\",\"t\":true}");
    }
    CHECK_OK(read_text(STR("\xef\xbb\xbf { \"items\" : [ ] }\r\n"), 100, &all), &err);
    CHECK_INT(all.records.n, 0);
    CHECK_STR(all.rest, "{\"items\":[]}");
    CHECK_OK(read_text(STR("{\"items\":null,\"vulnerabilities\":[{}]}"), 100, &all), &err);
    CHECK_INT(all.records.n, 1);
    forget();
}

static void stream_faults(void)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "ends too early"},
        {"  ", "ends too early"},
        {"[]", "wanted {"},
        {"{}", "no list of vulnerabilities (\"items\")"},
        {"{\"a\":1}", "no list of vulnerabilities"},
        {"{\"items\":{}}", "no list of vulnerabilities"},
        {"{\"a\":{\"items\":[]}}", "no list of vulnerabilities"},
        {"{\"items\":[1]}", "wanted a record"},
        {"{\"items\":[[]]}", "wanted a record"},
        {"{\"items\":[{},]}", "a comma before ]"},
        {"{\"items\":[{} {}]}", "wanted , or ]"},
        {"{\"items\":[,{}]}", "wanted a record"},
        {"{\"items\":[{}]]", "wanted , or }"},
        {"{\"items\":[{}],}", "wanted a key"},
        {"{\"items\":[{}] \"a\":1}", "wanted , or }"},
        {"{\"items\":[{}]} x", "more text after the document"},
        {"{\"items\":[{}]}{\"items\":[{}]}", "more text after the document"},
        {"{\"items\":[{}]}\v",
         "more text after the document"}, /* JSON knows four blanks, this is none */
        {"{\"items\" [{}]}", "wanted :"},
        {"{items:[{}]}", "wanted a key"},
        {"{,\"items\":[{}]}", "wanted a key"},
        {"{\"a\":1 \"items\":[{}]}", "wanted , or }"},
        /* Records behind the first array would be lost. */
        {"{\"items\":[{}],\"items\":[{},{}]}", ""},
        {"{\"items\":[{}],\"vulnerabilities\":[{},{}]}", ""},
    };
    struct all all;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int before = test_failures;
        CHECK_ERR(read_text(str_from_c(rows[i].text), 100, &all), &err, rows[i].error);
        if (test_failures != before)
            printf("# ... %s\n", rows[i].text);
    }
    /* Depth, with the place. */
    char deep[300] = "{\"items\":[";
    size_t n = strlen(deep);
    memset(deep + n, '{', 100);
    CHECK(!read_text(str_make(deep, n + 100), 100, &all));
    CHECK(err.code == ERR_LIMIT && err.has_offset && err.offset == n && strstr(err.input, "feed"));
    err_clear(&err);
    /* What stands around the records is limited. */
    struct buf b = {0};
    buf_c(&b, "{\"items\":[],\"a\":\"");
    for (int i = 0; i < 1100000; i++)
        buf_char(&b, 'x');
    buf_c(&b, "\"}");
    CHECK_ERR(read_text(buf_view(&b), 100, &all), &err, "around the records");
    buf_free(&b);
    forget();
}

/* Cut after any byte it is an error; only then the end is the end. */
static void stream_cut(void)
{
    struct all all;
    for (size_t n = 0; n + 1 < sizeof small_feed; n++) {
        bool ok = read_text(str_make(small_feed, n), 16, &all);
        CHECK(!ok && err.code == ERR_INPUT);
        if (ok)
            printf("# accepted after %zu bytes\n", n);
        err_clear(&err);
    }
    forget();
}

#define BOUNDARY ((size_t)256 << 10) /* how much the stream reads at once */

/* Escapes, quotes and brackets on both sides of the place where one read ends and the next begins.
 */
static void stream_boundaries(void)
{
    static const char tricky[] =
        "{\"k\\\\\\\"}]\":\"\\\\\\\\\",\"e\":[{\"\":\"\\u0022\\\\\"}],\"z\":-1.5}";
    struct all all;
    for (size_t shift = 0; shift < 2 * sizeof tricky; shift++) {
        struct buf b = {0};
        buf_c(&b, "{\"pad\":\"");
        while (b.n < BOUNDARY - 2 * sizeof tricky + shift)
            buf_char(&b, '.');
        buf_f(&b, "\",\"o\\\\\":[\"\\\"[\"],\"items\":[%s,%s , %s],\"end\":\"\\\\\"}", tricky,
              tricky, tricky);
        CHECK_OK(read_text(buf_view(&b), 1, &all), &err);
        CHECK_INT(all.records.n, 3);
        for (size_t i = 0; i < all.records.n; i++)
            CHECK_STR(all.records.v[i], tricky);
        CHECK(str_ends(all.rest, STR(",\"o\\\\\":[\"\\\"[\"],\"items\":[],\"end\":\"\\\\\"}")));
        buf_free(&b);
        arena_reset(&arena);
    }
    forget();
}

struct pour {
    const char *path;
    struct str data;
    size_t piece;
};

static void *pour(void *arg)
{
    struct pour *p = arg;
    int fd = open(p->path, O_WRONLY | O_CLOEXEC);
    for (size_t at = 0; fd >= 0 && at < p->data.n;) {
        ssize_t k =
            write(fd, p->data.p + at, p->data.n - at < p->piece ? p->data.n - at : p->piece);
        if (k < 0)
            break;
        at += (size_t)k;
        (void)usleep(20); /* so that the reader sees pieces */
    }
    if (fd >= 0)
        (void)close(fd);
    return NULL;
}

/* Starts writing `data` into a FIFO, `piece` bytes at a time. */
static pthread_t start_pour(struct pour *p, const char *name, struct str data, size_t piece)
{
    pthread_t t;
    *p = (struct pour){in_dir(name), data, piece};
    (void)unlink(p->path);
    CHECK(mkfifo(p->path, 0600) == 0);
    CHECK(pthread_create(&t, NULL, pour, p) == 0);
    return t;
}

static void stream_pieces(void)
{
    struct pour p;
    struct all all;
    const size_t pieces[] = {1, 2, 3, 5, 7, 16, 61, 1000};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        char path[256];
        pthread_t t = start_pour(&p, "fifo", str_from_c(small_feed), pieces[i]);
        (void)snprintf(path, sizeof path, "%s", p.path);
        p.path = path;
        CHECK_OK(read_feed(path, 5, &all), &err);
        (void)pthread_join(t, NULL);
        CHECK_INT(all.records.n, 3);
        CHECK(all.records.n && str_eq(all.records.v[0], STR("{\"x\":\"}\\\\\"}")));
    }
    forget();
}

/* Large random feeds: the records come back as they went in, in order, whatever the batches. */
static void stream_random(void)
{
    uint64_t seed = 7;
    for (int round = 0; round < 6; round++) {
        struct buf b = {0};
        struct all all;
        VEC(struct str) want = {0};
        buf_c(&b, "{\"items\":[");
        for (size_t i = 0; b.n < 900000; i++) {
            size_t from, len = (size_t)(next_random(&seed) % (round & 1 ? 300 : 90000));
            if (i)
                buf_c(&b, next_random(&seed) & 1 ? "," : " ,\n ");
            from = b.n;
            buf_c(&b, "{\"s\":\"");
            for (size_t k = 0; k < len; k++)
                buf_c(&b, (const char *[]){"x", "\\\\", "\\\"", "{", "]", "\\u005c", "\xc3\xa9",
                                           ":"}[next_random(&seed) % 8]);
            buf_c(&b, "\"}");
            struct str *slot = VEC_PUSH(&arena, &want);
            if (!slot || !arena_dup(&arena, str_make(b.p + from, b.n - from), slot, &err))
                abort();
        }
        buf_c(&b, "]}");
        CHECK_OK(read_text(buf_view(&b), (size_t)1 << (round * 4), &all), &err);
        CHECK_INT(all.records.n, want.n);
        for (size_t i = 0; i < want.n && i < all.records.n; i++)
            CHECK(str_eq(all.records.v[i], want.v[i]));
        buf_free(&b);
        forget();
    }
}

/* --- json_write --- */

static void json_written(void)
{
    struct buf b = {0};
    struct json_writer w = json_writer(&b);
    json_open_object(&w, NULL);
    json_add_c(&w, "key", "v");
    json_open_array(&w, "empty");
    json_close_array(&w);
    json_open_array(&w, "list");
    json_add_u64(&w, NULL, UINT64_MAX);
    json_add_null(&w, NULL);
    json_open_flat_object(&w, NULL);
    json_add_bool(&w, "t", true);
    json_open_array(&w, "in");
    json_add_fixed(&w, NULL, 97565, 5);
    json_add_fixed(&w, NULL, 43, 5);
    json_add_fixed(&w, NULL, 100000, 5);
    json_add_fixed(&w, NULL, 7, 0);
    json_add_tenths(&w, NULL, 98);
    json_add_tenths(&w, NULL, 100);
    json_add_tenths(&w, NULL, 5);
    json_close_array(&w);
    json_add_bool(&w, "f", false);
    json_close_object(&w);
    json_close_array(&w);
    json_open_flat_array(&w, "flat");
    json_close_array(&w);
    json_close_object(&w);
    CHECK_STR(
        buf_view(&b),
        "{\n  \"key\": \"v\",\n  \"empty\": [],\n  \"list\": [\n    18446744073709551615,\n    "
        "null,\n"
        "    {\"t\": true, \"in\": [0.97565, 0.00043, 1.00000, 7, 9.8, 10.0, 0.5], \"f\": false}\n  ],\n  \"flat\": []\n}\n");
    struct json_doc doc;
    const struct json *root;
    CHECK_OK(parse(&doc, buf_view(&b), &root), &err);
    json_free(&doc);
    buf_free(&b);
    /* Deeper than there are blanks prepared. */
    w = json_writer(&b);
    for (int i = 0; i < 60; i++)
        json_open_array(&w, NULL);
    for (int i = 0; i < 60; i++)
        json_close_array(&w);
    CHECK_OK(parse(&doc, buf_view(&b), &root), &err);
    json_free(&doc);
    buf_free(&b);
}

/* What the text must come out as: broken UTF-8 as U+FFFD, one for each byte. */
static void repaired(struct buf *out, struct str s, bool xml)
{
    for (size_t i = 0; i < s.n;) {
        size_t k = utf8_sequence(s.p + i, s.n - i);
        unsigned char c = (unsigned char)s.p[i];
        bool odd = xml && ((k == 1 && c < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
                           (k == 3 && c == 0xef && (unsigned char)s.p[i + 1] == 0xbf &&
                            (unsigned char)s.p[i + 2] >= 0xbe));
        buf_add(out, k && !odd ? s.p + i : "\xef\xbf\xbd", k && !odd ? k : 3);
        i += k ? k : 1;
    }
}

static void json_escape_one(struct str s)
{
    struct buf b = {0}, want = {0};
    struct json_doc doc;
    const struct json *root;
    json_write_string(&b, s);
    repaired(&want, s, false);
    for (size_t i = 0; i < b.n; i++)
        CHECK((unsigned char)b.p[i] >= 0x20 && b.p[i] != 0x7f);
    CHECK_OK(parse(&doc, buf_view(&b), &root), &err);
    CHECK(str_eq(json_str(root), buf_view(&want)));
    json_free(&doc);
    buf_free(&b);
    buf_free(&want);
    err_clear(&err);
}

/* Calls `check` with each byte alone and inside text, and with random bytes. */
static void with_bytes(void (*check)(struct str s))
{
    uint64_t seed = 99;
    char text[64];
    for (int c = 0; c < 256; c++) {
        char one[3] = {'a', (char)c, 'b'};
        check(str_make(one + 1, 1));
        check(str_make(one, 2));
        check(str_make(one, 3));
    }
    for (int i = 0; i < 256; i++)
        text[i % 64] = (char)i;
    check((struct str){NULL, 0});
    for (int round = 0; round < 2000; round++) {
        size_t n = (size_t)(next_random(&seed) % sizeof text);
        for (size_t i = 0; i < n; i++)
            text[i] = (char)(round & 1 ? 0x7e + next_random(&seed) % 130 : next_random(&seed));
        struct str s = tight(str_make(text, n));
        check(s);
        loosen(s);
    }
    const struct str odd[] = {
        STR_INIT("\xef\xbf\xbe"), STR_INIT("\xef\xbf\xbf"),     STR_INIT("\xef\xbf\xbd"),
        STR_INIT("\xed\xa0\x80"), STR_INIT("\xf0\x9f\x98\x80"), STR_INIT("\xf4\x90\x80\x80"),
        STR_INIT("\xe2\x80\xa8"), STR_INIT("\xc2\x85"),         STR_INIT("]]>"),
        STR_INIT("\xc3"),         STR_INIT("\xe2\x82"),         STR_INIT("\r\n\t \"'<>&"),
        STR_INIT("&amp;&#0;")};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        check(odd[i]);
}

static void json_escapes(void)
{
    with_bytes(json_escape_one);
}

/* --- XML --- */

/* What a reader saw, as text: "<name a=value>text</name>". */
static bool show_start(void *ctx, struct str name, struct xml_attrs attrs, struct err *e)
{
    struct buf *b = ctx;
    (void)e;
    buf_char(b, '<');
    buf_str(b, name);
    for (const char *const *a = attrs.v; *a; a += 2)
        buf_f(b, " %s=%s", a[0], a[1]);
    buf_char(b, '>');
    return true;
}

static bool show_end(void *ctx, struct str name, struct str text, struct err *e)
{
    struct buf *b = ctx;
    (void)e;
    buf_str(b, text);
    buf_c(b, "</");
    buf_str(b, name);
    buf_char(b, '>');
    return true;
}

static bool see(struct str text, struct buf *b)
{
    const struct xml_handler h = {b, show_start, show_end};
    struct str copy = tight(text);
    bool ok = xml_parse(&h, "in.xml", copy, &err);
    CHECK(ok == (err.code == ERR_NONE));
    loosen(copy);
    return ok;
}

static const char small_xml[] =
    "<?xml version=\"1.0\"?>\n<n:a xmlns:n='u' n:x=\"1&lt;2\"><b>one<!-- c -->two</b>\n tail "
    "<c/>x<![CDATA[<&]]>&#65;</n:a>";

static void xml_events(void)
{
    struct buf b = {0};
    CHECK_OK(see(STR("\xef\xbb\xbf<a p:x='1' y='&#xe9;'><b>one<!-- c -->two</b> lost "
                     "<c/>x<![CDATA[<&]]>&#65;</a>\n"),
                 &b),
             &err);
    CHECK_STR(buf_view(&b), "<a p:x=1 y=\xc3\xa9><b>onetwo</b><c></c>x<&A</a>");
    buf_clear(&b);
    CHECK_OK(see(str_from_c(small_xml), &b), &err);
    CHECK_STR(buf_view(&b), "<a xmlns:n=u n:x=1<2><b>onetwo</b><c></c>x<&A</a>");
    buf_clear(&b);
    /* Other encodings, which the bytes before the text announce. */
    CHECK_OK(see(STR("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>"), &b), &err);
    CHECK_OK(see(STR("\xff\xfe<\0a\0>\0\xe9\0<\0/\0a\0>\0"), &b), &err);
    CHECK_STR(buf_view(&b), "<a>\xc3\xa9</a><a>\xc3\xa9</a>");
    buf_free(&b);
    const char *const list[] = {"n:id", "7", "name", "x", "p:name", "y", NULL};
    CHECK_STR(xml_attr((struct xml_attrs){list}, "id"), "7");
    CHECK_STR(xml_attr((struct xml_attrs){list}, "name"), "x");
    CHECK(xml_attr((struct xml_attrs){list}, "n").p == NULL);
    CHECK(xml_attr((struct xml_attrs){NULL}, "n").p == NULL);
}

static void xml_faults(void)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "not valid XML"},
        {"  ", "not valid XML"},
        {"text", "not valid XML"},
        {"<a>", "not valid XML"},
        {"<a></b>", "not valid XML: mismatched tag"},
        {"<a/><b/>", "not valid XML"},
        {"<a b='1' b='2'/>", "duplicate attribute"},
        {"<a>&nbsp;</a>", "undefined entity"},
        {"<a>&#0;</a>", "not valid XML"},
        {"<a>\x01</a>", "not valid XML"},
        {"<a>\xff</a>", "not valid XML"},
        {"<a>\xef\xbf\xbf</a>", "not valid XML"},
        {"<!DOCTYPE a><a/>", "DOCTYPE"},
        {"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "DOCTYPE"},
        {"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DOCTYPE"},
        {"<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://h/'>%x;]><a/>", "DOCTYPE"},
        {"<?xml version='1.0' encoding='no-such'?><a/>", "not valid XML: unknown encoding"},
        {"<a\n>\n<b\n</a>", "in.xml: line 4: not valid XML"},
        {"<a>]]></a>", "not valid XML"},
    };
    struct buf b = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_ERR(see(str_from_c(rows[i].text), &b), &err, rows[i].error);
    /* Cut after any byte. */
    for (size_t n = 0; n + 1 < sizeof small_xml; n++) {
        CHECK(!see(str_make(small_xml, n), &b));
        CHECK_INT(err.code, ERR_INPUT);
        err_clear(&err);
    }
    /* Depth: the limit itself is fine. */
    for (size_t n = LIMIT_DEPTH; n <= LIMIT_DEPTH + 1; n++) {
        struct buf deep = {0};
        for (size_t i = 0; i < n; i++)
            buf_c(&deep, "<a>");
        for (size_t i = 0; i < n; i++)
            buf_c(&deep, "</a>");
        bool ok = see(buf_view(&deep), &b);
        CHECK(ok == (n == LIMIT_DEPTH));
        if (!ok)
            CHECK_INT(err.code, ERR_LIMIT);
        err_clear(&err);
        buf_free(&deep);
    }
    /* Text: likewise. */
    for (size_t over = 0; over < 2; over++) {
        struct buf text = {0};
        buf_c(&text, "<a>");
        while (text.n < 3 + LIMIT_XML_TEXT_BYTES + over)
            buf_char(&text, 'x');
        buf_c(&text, "</a>");
        bool ok = see(buf_view(&text), &b);
        CHECK(ok == !over);
        if (over)
            CHECK_ERR(ok, &err, "bytes of text");
        buf_free(&text);
        buf_clear(&b);
    }
    buf_free(&b);
    err_clear(&err);
}

static bool fail_start(void *ctx, struct str name, struct xml_attrs attrs, struct err *e)
{
    int *calls = ctx;
    (void)name, (void)attrs;
    ++*calls;
    return *calls < 2 || err_set(e, ERR_LIMIT, "enough");
}

static bool count_end(void *ctx, struct str name, struct str text, struct err *e)
{
    int *calls = ctx;
    (void)name, (void)text, (void)e;
    *calls += 10;
    return true;
}

static void xml_stops(void)
{
    int calls = 0;
    const struct xml_handler h = {&calls, fail_start, count_end};
    CHECK(!xml_parse(&h, "in.xml", STR("<a>\n<b/><b/></a>"), &err));
    CHECK_INT(calls, 2); /* nothing is called after a failure */
    CHECK_INT(err.code, ERR_LIMIT);
    CHECK_INT(err.line, 2);
    CHECK_STR(str_from_c(err.input), "in.xml");
    err_clear(&err);
    /* In pieces of one byte. */
    struct buf b = {0}, whole = {0};
    const struct xml_handler show = {&b, show_start, show_end};
    struct xml_reader *x = xml_new(&show, "in.xml", &err);
    CHECK(x != NULL);
    for (size_t i = 0; x && i + 1 < sizeof small_xml; i++)
        CHECK_OK(xml_feed(x, str_make(small_xml + i, 1), false, &err), &err);
    if (x)
        CHECK_OK(xml_feed(x, (struct str){NULL, 0}, true, &err), &err);
    xml_free(x);
    xml_free(NULL);
    CHECK(see(str_from_c(small_xml), &whole) && str_eq(buf_view(&b), buf_view(&whole)));
    buf_free(&b);
    buf_free(&whole);
}

static struct str seen_text, seen_attr;

static bool keep_start(void *ctx, struct str name, struct xml_attrs attrs, struct err *e)
{
    (void)ctx, (void)name;
    return arena_dup(&arena, xml_attr(attrs, "x"), &seen_attr, e);
}

static bool keep_end(void *ctx, struct str name, struct str text, struct err *e)
{
    (void)ctx, (void)name;
    return arena_dup(&arena, text, &seen_text, e);
}

static void xml_escape_one(struct str s)
{
    static const struct xml_handler h = {NULL, keep_start, keep_end};
    struct buf b = {0}, want = {0};
    buf_c(&b, "<a");
    xml_write_attr(&b, "x", s);
    buf_char(&b, '>');
    xml_write_text(&b, s);
    buf_c(&b, "</a>");
    repaired(&want, s, true);
    CHECK_OK(xml_parse(&h, "out.xml", buf_view(&b), &err), &err);
    CHECK(str_eq(seen_text, buf_view(&want)));
    CHECK(str_eq(seen_attr, buf_view(&want)));
    buf_free(&b);
    buf_free(&want);
    arena_reset(&arena);
    err_clear(&err);
}

static void xml_escapes(void)
{
    with_bytes(xml_escape_one);
    forget();
}

/* --- CSV --- */

static void csv_reads(void)
{
    struct csv c = csv_of(&arena, STR("\xef\xbb\xbf"
                                      "a, b ,\"c \"\"d\"\" \"\r\n\r\n\n\"x\ny\",,\"\"\nlast"));
    CHECK(csv_next(&c, &err));
    CHECK(c.n == 3 && c.line == 1 && !c.fault);
    CHECK_STR(c.field[0], "a");
    CHECK_STR(c.field[1], "b");
    CHECK_STR(c.field[2], "c \"d\" ");
    CHECK_STR(c.text, "a, b ,\"c \"\"d\"\" \"");
    CHECK(csv_next(&c, &err));
    CHECK(c.n == 3 && c.line == 4 && !c.fault);
    CHECK_STR(c.field[0], "x\ny");
    CHECK_STR(c.field[1], "");
    CHECK_STR(c.field[2], "");
    CHECK(csv_next(&c, &err));
    CHECK(c.n == 1 && c.line == 6 && !c.fault);
    CHECK_STR(c.field[0], "last");
    CHECK(!csv_next(&c, &err) && err.code == ERR_NONE);
    static const struct {
        const char *text, *fault;
    } bad[] = {
        {"\"a", "not closed"}, {"\"a\"b,c", "after a closing quote"}, {"\"a\"\"", "not closed"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct str copy = tight(str_from_c(bad[i].text));
        c = csv_of(&arena, copy);
        CHECK(csv_next(&c, &err));
        CHECK(c.fault && strstr(c.fault, bad[i].fault));
        CHECK(!csv_next(&c, &err));
        loosen(copy);
    }
    /* The fault is of its record only; the next one is whole again. */
    c = csv_of(&arena, STR("\"a\"b,c\nd,e\n"));
    CHECK(csv_next(&c, &err) && c.fault && c.n == 2);
    CHECK(csv_next(&c, &err) && !c.fault && c.n == 2 && c.line == 2);
    CHECK_STR(c.field[1], "e");
    /* A NUL byte ends nothing. */
    c = csv_of(&arena, STR("\"a\"\0,b\nc"));
    CHECK(csv_next(&c, &err) && c.fault && c.n == 2);
    CHECK(csv_next(&c, &err) && c.n == 1 && c.line == 2);
    struct buf wide = {0};
    for (int i = 0; i < CSV_FIELDS_MAX; i++)
        buf_c(&wide, "x,");
    c = csv_of(&arena, buf_view(&wide));
    CHECK(csv_next(&c, &err) && c.fault && c.n == CSV_FIELDS_MAX);
    buf_free(&wide);
    forget();
}

static void csv_round_one(struct str s)
{
    struct buf b = {0};
    csv_field(&b, STR("first"), true);
    csv_field(&b, s, false);
    csv_field(&b, STR("last"), false);
    buf_c(&b, "\r\n");
    struct csv c = csv_of(&arena, buf_view(&b));
    CHECK(csv_next(&c, &err) && c.n == 3 && !c.fault);
    bool same = c.n == 3 && str_eq(c.field[1], s) && str_eq(c.field[2], STR("last"));
    if (!same && test_failures++ < 5)
        printf("# a field of %zu bytes that begins with %02x, ends with %02x came back otherwise\n",
               s.n, s.n ? (unsigned char)s.p[0] : 0, s.n ? (unsigned char)s.p[s.n - 1] : 0);
    CHECK(!csv_next(&c, &err));
    buf_free(&b);
    arena_reset(&arena);
}

static void csv_round_trip(void)
{
    with_bytes(csv_round_one);
    const struct str more[] = {STR_INIT(" x"),       STR_INIT("x "),   STR_INIT("\tx"),
                               STR_INIT("x\t"),      STR_INIT("\"\""), STR_INIT(","),
                               STR_INIT("a\r\nb"),   STR_INIT("\r"),   STR_INIT("\n"),
                               STR_INIT("a,\"b\",c")};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        csv_round_one(more[i]);
    forget();
}

/* --- lines, deb822 --- */

static void line_texts(void)
{
    struct lines l = lines_of(STR("\xef\xbb\xbf"
                                  "one \r\n\n\ttwo\0\t\nlast"));
    CHECK(lines_next(&l) && l.number == 1);
    CHECK_STR(l.line, "one");
    CHECK(lines_next(&l) && l.number == 2 && !l.line.n);
    CHECK(lines_next(&l) && l.number == 3);
    CHECK(str_eq(l.line, STR("\ttwo\0")));
    CHECK(lines_next(&l) && l.number == 4);
    CHECK_STR(l.line, "last");
    CHECK(!lines_next(&l) && !lines_next(&l));
    l = lines_of(STR("x\n"));
    CHECK(lines_next(&l) && !lines_next(&l)); /* the end of the last line begins no line */
    l = lines_of((struct str){NULL, 0});
    CHECK(!lines_next(&l));
    l = lines_of(STR("\xef\xbb\xbf"));
    CHECK(!lines_next(&l));
    CHECK(line_fault(STR("plain \xc3\xa9\ttab")) == NULL);
    CHECK(line_fault((struct str){NULL, 0}) == NULL);
    CHECK(strstr(line_fault(STR("a\0")), "NUL"));
    CHECK(strstr(line_fault(STR("a\xff")), "UTF-8"));
    CHECK(strstr(line_fault(STR("a\x1b[0m")), "control"));
    CHECK(line_fault(STR("a\x7f")) != NULL); /* DEL is a control character too */
}

static void deb822_texts(void)
{
    static const char *const names[] = {"Package", "Version"};
    struct deb822 d = deb822_of(STR("\n\nPackage: a\nDescription: x\n Version: not this\n "
                                    ".\nversion :  1:2 \n \t\nPackage: b\nnonsense\nmore\n"
                                    "Package: c\r\n\r\n\n cont\nVersion:"));
    CHECK(deb822_next(&d, names, 2));
    CHECK_STR(d.value[0], "a");
    CHECK_STR(d.value[1], "1:2");
    CHECK(d.line == 3 && d.repeated == -1 && !d.n_bad);
    CHECK(deb822_next(&d, names, 2));
    CHECK_STR(d.value[0], "b");
    CHECK(d.value[1].p == NULL && d.line == 9 && d.repeated == 0);
    CHECK_INT(d.n_bad, 2);
    CHECK_STR(d.bad[0].text, "nonsense");
    CHECK_INT(d.bad[0].line, 10);
    CHECK_STR(d.bad[1].text, "more");
    CHECK_INT(d.bad[1].line, 11);
    CHECK(deb822_next(&d, names, 2));
    CHECK(d.line == 15 && d.value[0].p == NULL);
    CHECK(d.value[1].p != NULL && d.value[1].n == 0); /* there, and empty */
    CHECK(!deb822_next(&d, names, 2));
    d = deb822_of(STR("\n \n"));
    CHECK(!deb822_next(&d, names, 2));
    /* More bad lines than are kept: all are counted. */
    struct buf b = {0};
    for (int i = 0; i < 100; i++)
        buf_f(&b, "nonsense %d\n", i);
    d = deb822_of(buf_view(&b));
    CHECK(deb822_next(&d, names, 2));
    CHECK_INT(d.n_bad, 100);
    CHECK_INT(d.bad[DEB822_BAD_MAX - 1].line, DEB822_BAD_MAX);
    buf_free(&b);
}

/* --- stream --- */

static struct str gz(struct str raw, int level)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);
    size_t cap = c ? libdeflate_gzip_compress_bound(c, raw.n) : 0;
    char *p = arena_alloc(&arena, cap);
    if (!p)
        abort();
    struct str out = {p, libdeflate_gzip_compress(c, raw.p, raw.n, p, cap)};
    CHECK(out.n > 0);
    libdeflate_free_compressor(c);
    return out;
}

/* Reads all of `path`, `piece` bytes at a time. */
static bool drain(const char *path, size_t piece, struct buf *out, char file[SHA256_HEX],
                  char content[SHA256_HEX])
{
    struct stream s;
    char *room = malloc(piece);
    size_t got = 1;
    buf_clear(out);
    if (!room || !stream_open(&s, path, true, &err)) {
        free(room);
        CHECK(err.code != ERR_NONE);
        return false;
    }
    bool ok = true;
    while (ok && got) {
        ok = stream_read(&s, room, piece, &got, &err);
        buf_add(out, room, got);
    }
    ok = ok && stream_digests(&s, file, content, &err);
    if (ok)
        CHECK(s.bytes_out == out->n);
    stream_close(&s);
    free(room);
    CHECK(ok == (err.code == ERR_NONE));
    return ok;
}

static void check_content(struct str file, struct str content)
{
    struct buf out = {0};
    char a[SHA256_HEX], b[SHA256_HEX], want[SHA256_HEX];
    const size_t pieces[] = {1, 7, 4096, 1 << 20};
    write_file(in_dir("stream"), file);
    for (size_t i = content.n > 10000 ? 2 : 0; i < 4; i++) {
        CHECK_OK(drain(in_dir("stream"), pieces[i], &out, a, b), &err);
        CHECK(str_eq(buf_view(&out), content));
        CHECK_OK(sha256_of(file, want, &err), &err);
        CHECK_STR(str_from_c(a), want);
        CHECK_OK(sha256_of(content, want, &err), &err);
        CHECK_STR(str_from_c(b), want);
        err_clear(&err);
    }
    buf_free(&out);
}

static struct str join(const struct str *parts, size_t n)
{
    struct buf b = {0};
    struct str out;
    for (size_t i = 0; i < n; i++)
        buf_str(&b, parts[i]);
    CHECK(arena_dup(&arena, buf_view(&b), &out, &err));
    buf_free(&b);
    return out;
}
#define JOIN(...)                                                                                  \
    join((struct str[]){__VA_ARGS__}, sizeof(struct str[]){__VA_ARGS__} / sizeof(struct str))

static void streams(void)
{
    struct str text = STR("hello, hello, hello"), empty = STR("");
    static char zeros[600000], noise[700000];
    uint64_t seed = 3;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)("abcdefgh\n"[next_random(&seed) % 9]);
    check_content(empty, empty);
    check_content(text, text);
    check_content(STR("\x1f"), STR("\x1f"));
    check_content(STR("\x1f\x8a.."), STR("\x1f\x8a.."));
    check_content(gz(text, 9), text);
    check_content(gz(empty, 9), empty);
    check_content(JOIN(gz(text, 1), gz(empty, 9), gz(text, 9)),
                  STR("hello, hello, hellohello, hello, hello"));
    check_content(JOIN(gz(text, 1), str_make(zeros, 5)), text);
    check_content(JOIN(gz(text, 1), str_make(zeros, sizeof zeros)),
                  text); /* more than is read at once */
    check_content(JOIN(gz(text, 1), str_make(zeros, 512), gz(text, 1)),
                  STR("hello, hello, hellohello, hello, hello"));
    check_content(str_make(noise, sizeof noise), str_make(noise, sizeof noise));
    check_content(gz(str_make(noise, sizeof noise), 6), str_make(noise, sizeof noise));
    forget();
}

static void stream_damage(void)
{
    struct buf out = {0};
    char a[SHA256_HEX], b[SHA256_HEX];
    struct str text = STR("hello, hello, hello, 0123456789abcdef"),
               whole = JOIN(gz(text, 9), gz(STR("second"), 9));
    struct str one = gz(text, 9);
    /* Cut anywhere but between two members. */
    for (size_t n = 2; n < whole.n; n++) {
        write_file(in_dir("cut"), str_first(whole, n));
        bool ok = drain(in_dir("cut"), 16, &out, a, b);
        CHECK(ok == (n == one.n));
        if (ok != (n == one.n))
            printf("# cut after %zu of %zu\n", n, whole.n);
        CHECK(n == one.n || err.code == ERR_INPUT);
        err_clear(&err);
    }
    /* Any byte changed: an error or, where it is only a time or a name, the same content. */
    for (size_t i = 0; i < one.n; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct str copy;
            CHECK(arena_dup(&arena, one, &copy, &err));
            ((char *)(uintptr_t)copy.p)[i] ^= (char)(1 << bit);
            write_file(in_dir("flip"), copy);
            if (i >= 2 && drain(in_dir("flip"), 16, &out, a, b))
                CHECK(str_eq(buf_view(&out), text));
            err_clear(&err);
        }
    write_file(in_dir("trail"), JOIN(one, STR("trailing")));
    CHECK_ERR(drain(in_dir("trail"), 16, &out, a, b), &err,
              "trail: the compressed data are damaged");
    write_file(in_dir("trail"), JOIN(one, STR("\0\0\x1f")));
    CHECK_ERR(drain(in_dir("trail"), 16, &out, a, b), &err, "");
    CHECK_ERR(drain(dir, 16, &out, a, b), &err, "is a directory");
    CHECK_ERR(drain(in_dir("none"), 16, &out, a, b), &err, "cannot open");
    buf_free(&out);
    forget();
}

/* A gzip file of zeros that comes out as 200 MB. */
static void stream_bomb(void)
{
    static char zeros[1 << 20];
    size_t size = (size_t)200 << 20;
    char *all = calloc(1, size);
    CHECK(all != NULL);
    write_file(in_dir("bomb"), gz(str_make(all, size), 9));
    free(all);
    struct stream s;
    size_t got = 1;
    unsigned long long total = 0;
    CHECK_OK(stream_open(&s, in_dir("bomb"), false, &err), &err);
    bool ok = true;
    while (ok && got) {
        ok = stream_read(&s, zeros, sizeof zeros, &got, &err);
        total += got;
    }
    CHECK(!ok && err.code == ERR_LIMIT);
    CHECK(total >= LIMIT_EXPANSION_FREE &&
          total <= LIMIT_EXPANSION_FREE + ((unsigned long long)32 << 20));
    stream_close(&s);
    err_clear(&err);
}

/* From a FIFO whose first read gives one byte: it is gzip all the same. */
static void stream_fifo(void)
{
    struct str text = STR("hello, hello, hello"), whole = gz(text, 9);
    struct buf out = {0};
    struct pour p;
    char a[SHA256_HEX], b[SHA256_HEX], path[256];
    pthread_t t = start_pour(&p, "gzfifo", whole, 1);
    (void)snprintf(path, sizeof path, "%s", p.path);
    CHECK_OK(drain(path, 100, &out, a, b), &err);
    (void)pthread_join(t, NULL);
    CHECK(str_eq(buf_view(&out), text));
    buf_free(&out);
    forget();
}

/* --- sha256, block --- */

static void sha256_vectors(void)
{
    /* FIPS 180-4 examples and the empty message. */
    char hex[SHA256_HEX], parts[SHA256_HEX];
    CHECK_OK(sha256_of(STR("abc"), hex, &err), &err);
    CHECK_STR(str_from_c(hex), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_OK(sha256_of((struct str){NULL, 0}, hex, &err), &err);
    CHECK_STR(str_from_c(hex), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_OK(sha256_of(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), hex, &err),
             &err);
    CHECK_STR(str_from_c(hex), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    struct sha256 *h = sha256_new(&err);
    char block[1000];
    memset(block, 'a', sizeof block);
    for (int i = 0; h && i < 1000; i++)
        sha256_add(h, block, sizeof block);
    CHECK(h && sha256_finish(h, parts, &err));
    CHECK_STR(str_from_c(parts),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    sha256_free(h);
    sha256_free(NULL);
}

static void blocks(void)
{
    struct block_codec *c = block_codec_new(&err);
    uint64_t seed = 5;
    CHECK(c != NULL);
    if (!c)
        return;
    block_codec_free(NULL);
    for (size_t n = 0; n < 70000; n = n * 3 + 1) {
        struct buf raw = {0}, packed = {0};
        buf_c(&packed, "before"); /* appended, not replaced */
        for (size_t i = 0; i < n; i++)
            buf_char(&raw, (char)(next_random(&seed) & (n & 1 ? 0xff : 3)));
        CHECK_OK(block_pack(c, buf_view(&raw), &packed, &err), &err);
        CHECK(str_starts(buf_view(&packed), STR("before")));
        struct str p = str_from(buf_view(&packed), 6);
        char *back = malloc(n + 1);
        if (!back)
            return;
        CHECK_OK(block_unpack(c, p, back, n, &err), &err);
        CHECK(str_eq(str_make(back, n), buf_view(&raw)));
        CHECK_ERR(block_unpack(c, p, back, n + 1, &err), &err, "damaged");
        if (n)
            CHECK_ERR(block_unpack(c, p, back, n - 1, &err), &err, "damaged");
        CHECK_ERR(block_unpack(c, str_first(p, p.n - 1), back, n, &err), &err, "damaged");
        CHECK_ERR(block_unpack(c, (struct str){NULL, 0}, back, n, &err), &err, "damaged");
        /* Flips: the size is right or it is an error; what the bytes say, nobody can know. */
        for (int i = 0; i < 300; i++) {
            struct str copy = tight(p);
            ((char *)(uintptr_t)copy.p)[next_random(&seed) % p.n] ^=
                (char)(1 << next_random(&seed) % 8);
            bool ok = block_unpack(c, copy, back, n, &err);
            CHECK(ok == (err.code == ERR_NONE));
            err_clear(&err);
            loosen(copy);
        }
        free(back);
        buf_free(&raw);
        buf_free(&packed);
    }
    block_codec_free(c);
}

static void clean_up(void)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    CHECK(system(command) == 0); /* NOLINT(cert-env33-c): our own folder */
}

static const struct test tests[] = {
    {"json: values", json_values},
    {"json: faults", json_faults},
    {"json: picking fields", json_picks},
    {"json_scan: cut anywhere", json_scanning},
    {"json_stream: a small feed", stream_small},
    {"json_stream: faults", stream_faults},
    {"json_stream: cut after any byte", stream_cut},
    {"json_stream: around the ends of reads", stream_boundaries},
    {"json_stream: small reads", stream_pieces},
    {"json_stream: random feeds", stream_random},
    {"json_write: layout", json_written},
    {"json_write: all bytes read back", json_escapes},
    {"xml: events", xml_events},
    {"xml: faults", xml_faults},
    {"xml: stopping", xml_stops},
    {"xml_write: all bytes read back", xml_escapes},
    {"csv: reading", csv_reads},
    {"csv: all bytes read back", csv_round_trip},
    {"lines", line_texts},
    {"deb822", deb822_texts},
    {"stream: plain and gzip", streams},
    {"stream: damaged gzip", stream_damage},
    {"stream: a bomb", stream_bomb},
    {"stream: gzip from a FIFO", stream_fifo},
    {"sha256", sha256_vectors},
    {"block", blocks},
    {"clean up", clean_up},
};

int main(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/vulnward-codec-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    return test_main(tests, sizeof tests / sizeof tests[0]);
}
