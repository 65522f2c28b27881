/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_stream.h"

#include "base/banned.h"

#define READ_BYTES ((size_t)256 << 10)
#define REST_BYTES ((size_t)1 << 20) /* the document around the array may not be larger */
#define SPARE 4                      /* what the in-place parser wants behind a record */

enum { IN_ARRAY, AFTER_ARRAY, AT_END };

static bool fail(struct json_stream *s, const char *what, struct err *err)
{
    err_set(err, ERR_INPUT, "%s", what);
    err_at_offset(err, (size_t)s->consumed);
    return err_at_input(err, s->in->name);
}

/* Makes sure there is a byte at buf[at + ahead]; *there is false at the end of the content. */
static bool need(struct json_stream *s, size_t ahead, bool *there, struct err *err)
{
    while (s->n - s->at <= ahead && !s->in_end) {
        if (s->at && s->at >= s->n / 2) {
            memmove(s->buf, s->buf + s->at, s->n - s->at);
            s->n -= s->at;
            s->at = 0;
        }
        if (s->cap - s->n < READ_BYTES) {
            size_t cap = s->cap ? s->cap * 2 : READ_BYTES * 2;
            char *p = cap > LIMIT_RECORD_BYTES * 2 ? NULL : realloc(s->buf, cap);
            if (!p) {
                if (cap > LIMIT_RECORD_BYTES * 2)
                    err_set(err, ERR_LIMIT, "a record of more than %zu bytes", LIMIT_RECORD_BYTES);
                else
                    err_memory(err);
                return err_at_input(err, s->in->name);
            }
            s->buf = p;
            s->cap = cap;
        }
        size_t got = 0;
        if (!stream_read(s->in, s->buf + s->n, s->cap - s->n, &got, err))
            return false;
        s->in_end = got == 0;
        s->n += got;
    }
    *there = s->n - s->at > ahead;
    return true;
}

static void skip(struct json_stream *s, size_t n)
{
    s->at += n;
    s->consumed += n;
}

/* Moves over white space; *c is the byte there, not consumed. */
static bool peek(struct json_stream *s, char *c, struct err *err)
{
    for (;;) {
        bool there = false;
        if (!need(s, 0, &there, err))
            return false;
        if (!there)
            return fail(s, "the document ends too early", err);
        *c = s->buf[s->at];
        if (*c != ' ' && *c != '\n' && *c != '\r' && *c != '\t')
            return true;
        skip(s, 1);
    }
}

static bool keep(struct json_stream *s, const char *p, size_t n, struct err *err)
{
    if (s->rest_n + n > REST_BYTES) {
        err_set(err, ERR_LIMIT, "more than %zu bytes around the records", REST_BYTES);
        return err_at_input(err, s->in->name);
    }
    if (s->rest_n + n > s->rest_cap) {
        size_t cap = (s->rest_n + n) * 2;
        char *q = realloc(s->rest, cap);
        if (!q)
            return err_memory(err);
        s->rest = q;
        s->rest_cap = cap;
    }
    memcpy(s->rest + s->rest_n, p, n);
    s->rest_n += n;
    return true;
}

/* The length of the value at the current place, which is then wholly in the buffer; not consumed.
 */
static bool find_value(struct json_stream *s, size_t *n, struct err *err)
{
    struct json_scan scan = {0};
    size_t len = 0;
    for (;;) {
        bool there = false;
        if (!need(s, len, &there, err))
            return false;
        if (!there)
            return fail(s, "the document ends too early", err);
        const char *p = s->buf + s->at;
        size_t have = s->n - s->at;
        if (p[0] == '{' || p[0] == '[') {
            bool done = false;
            size_t k = json_scan(&scan, p + len, have - len, &done, err);
            if (k == STR_NPOS) {
                err_at_offset(err, (size_t)s->consumed);
                return err_at_input(err, s->in->name);
            }
            len += k;
            if (done)
                break;
        } else if (p[0] == '"') {
            size_t i = len ? len : 1;
            while (i < have && p[i] != '"')
                i += p[i] == '\\' ? 2 : 1;
            len = i;
            if (i < have) {
                len = i + 1;
                break;
            }
        } else {
            while (len < have && !strchr(",]} \t\r\n", p[len]))
                len++;
            if (len < have)
                break;
        }
        if (len > LIMIT_RECORD_BYTES) {
            err_set(err, ERR_LIMIT, "a value of more than %zu bytes", LIMIT_RECORD_BYTES);
            err_at_offset(err, (size_t)s->consumed);
            return err_at_input(err, s->in->name);
        }
    }
    *n = len;
    return true;
}

static bool expect(struct json_stream *s, char want, struct err *err)
{
    char c = 0, text[32];
    if (!peek(s, &c, err))
        return false;
    if (c != want) {
        (void)snprintf(text, sizeof text, "not valid JSON: wanted %c", want);
        return fail(s, text, err);
    }
    skip(s, 1);
    return true;
}

static bool is_one_of(const char *const *names, struct str key)
{
    for (; *names; names++)
        if (str_eq(key, str_from_c(*names)))
            return true;
    return false;
}

/*
 * Members of the top-level object, from the current one. Stops in front of the array's first
 * element (*found) when looking for it, else at the closing bracket, which it consumes.
 */
static bool members(struct json_stream *s, bool *found, struct err *err)
{
    for (;;) {
        char c = 0;
        size_t n = 0;
        if (!peek(s, &c, err))
            return false;
        if (c != '"')
            return fail(s, "not valid JSON: wanted a key", err);
        if (!find_value(s, &n, err))
            return false;
        bool ours = is_one_of(s->arrays, str_make(s->buf + s->at + 1, n - 2));
        if (ours && s->state == AFTER_ARRAY)
            return fail(s, "a second list of records", err);
        if (!keep(s, s->buf + s->at, n, err) || !keep(s, ":", 1, err))
            return false;
        skip(s, n);
        if (!expect(s, ':', err) || !peek(s, &c, err))
            return false;
        if (ours && c == '[') {
            skip(s, 1);
            *found = true;
            return keep(s, "[]", 2, err);
        }
        if (!find_value(s, &n, err) || !keep(s, s->buf + s->at, n, err))
            return false;
        skip(s, n);
        if (!peek(s, &c, err))
            return false;
        if (c != ',' && c != '}')
            return fail(s, "not valid JSON: wanted , or }", err);
        skip(s, 1);
        if (!keep(s, &c, 1, err))
            return false;
        if (c == '}')
            return true;
    }
}

bool json_stream_open(struct json_stream *s, struct stream *in, const char *const *arrays,
                      struct err *err)
{
    *s = (struct json_stream){.in = in, .arrays = arrays};
    char c = 0;
    bool there = false, found = false;
    if (!need(s, 2, &there, err))
        return false;
    if (there && memcmp(s->buf, "\xef\xbb\xbf", 3) == 0)
        skip(s, 3);
    if (!expect(s, '{', err) || !keep(s, "{", 1, err) || !peek(s, &c, err))
        return false;
    if (c != '}' && !members(s, &found, err))
        return false;
    if (!found) {
        err_set(err, ERR_INPUT, "no list of vulnerabilities (\"%s\") at the top level", arrays[0]);
        return err_at_input(err, in->name);
    }
    return true;
}

/* Behind the array: the remaining members, then nothing but white space. */
static bool read_tail(struct json_stream *s, struct err *err)
{
    char c = 0;
    bool there = false, found;
    if (!peek(s, &c, err))
        return false;
    if (c != ',' && c != '}')
        return fail(s, "not valid JSON: wanted , or }", err);
    skip(s, 1);
    if (!keep(s, &c, 1, err))
        return false;
    if (c == ',' && !members(s, &found, err))
        return false;
    for (;;) {
        if (!need(s, 0, &there, err))
            return false;
        if (!there)
            break;
        if (!memchr(" \t\r\n", s->buf[s->at], 4))
            return fail(s, "not valid JSON: more text after the document", err);
        skip(s, 1);
    }
    s->state = AT_END;
    return true;
}

/* Room for `n` more bytes of text. */
static bool batch_room(struct json_batch *b, size_t n, struct err *err)
{
    if (b->n + n <= b->cap)
        return true;
    size_t cap = b->n + n + b->n / 2 + ((size_t)64 << 10);
    char *p = realloc(b->text, cap);
    if (!p)
        return err_memory(err);
    b->text = p;
    b->cap = cap;
    return true;
}

static struct json_record *batch_push(struct json_batch *b, struct err *err)
{
    if (b->n_records == b->cap_records) {
        size_t cap = b->cap_records ? b->cap_records * 2 : 256;
        struct json_record *r = realloc(b->records, cap * sizeof *r);
        if (!r) {
            err_memory(err);
            return NULL;
        }
        b->records = r;
        b->cap_records = cap;
    }
    b->records[b->n_records] = (struct json_record){0};
    return &b->records[b->n_records++];
}

static bool add_record(struct json_stream *s, struct json_batch *b, size_t n, struct err *err)
{
    struct json_record *r = NULL;
    if (!batch_room(b, n + SPARE, err) || !(r = batch_push(b, err)))
        return false;
    *r = (struct json_record){.at = b->n, .n = n, .offset = s->consumed};
    memcpy(b->text + b->n, s->buf + s->at, n);
    memset(b->text + b->n + n, 0, SPARE);
    b->n += n + SPARE;
    skip(s, n);
    return true;
}

bool json_batch_add(struct json_batch *b, struct stream *in, struct str name, struct err *err)
{
    struct json_record r = {.document = true, .name = b->n, .name_n = name.n};
    if (!batch_room(b, name.n + 1, err))
        return false;
    if (name.n)
        memcpy(b->text + b->n, name.p, name.n);
    r.at = b->n += name.n;
    for (size_t want = (size_t)16 << 10, got = 1; got; want *= 2) {
        if (want > READ_BYTES)
            want = READ_BYTES;
        if (!batch_room(b, want + SPARE, err) || !stream_read(in, b->text + b->n, want, &got, err))
            return false;
        b->n += got;
        if (b->n - r.at > LIMIT_RECORD_BYTES) {
            err_set(err, ERR_LIMIT, "a record of more than %zu bytes", LIMIT_RECORD_BYTES);
            return err_at_input(err, in->name);
        }
    }
    if (b->n - r.at >= 3 && memcmp(b->text + r.at, "\xef\xbb\xbf", 3) == 0) {
        r.at += 3;
        r.offset = 3;
    }
    r.n = b->n - r.at;
    memset(b->text + b->n, 0, SPARE);
    b->n += SPARE;
    struct json_record *slot = batch_push(b, err);
    if (slot)
        *slot = r;
    return slot != NULL;
}

bool json_stream_next(struct json_stream *s, struct json_batch *b, size_t want, struct err *err)
{
    b->n = 0;
    b->n_records = 0;
    while (s->state == IN_ARRAY && b->n < want) {
        char c = 0;
        size_t n = 0;
        if (!peek(s, &c, err))
            return false;
        if (c == ']') {
            skip(s, 1);
            s->state = AFTER_ARRAY;
            break;
        }
        if (c != '{')
            return fail(s, "not valid JSON: wanted a record", err);
        if (!find_value(s, &n, err) || !add_record(s, b, n, err) || !peek(s, &c, err))
            return false;
        if (c == ',') {
            skip(s, 1);
            if (!peek(s, &c, err))
                return false;
            if (c == ']')
                return fail(s, "not valid JSON: a comma before ]", err);
        } else if (c != ']') {
            return fail(s, "not valid JSON: wanted , or ]", err);
        }
    }
    if (s->state == AFTER_ARRAY && !read_tail(s, err))
        return false;
    return true;
}

struct str json_stream_rest(const struct json_stream *s)
{
    return (struct str){s->rest, s->rest_n};
}

void json_stream_close(struct json_stream *s)
{
    free(s->buf);
    free(s->rest);
    *s = (struct json_stream){0};
}

void json_batch_free(struct json_batch *b)
{
    free(b->text);
    free(b->records);
    *b = (struct json_batch){0};
}
