/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading JSON (RFC 8259), on yyjson. The only place that knows yyjson. Depth and size are always
 * limited (base/limits.h), a repeated key among those a reader asks for is an error, and strings
 * must be UTF-8.
 */
#ifndef VULNWARD_CODEC_JSON_READ_H
#define VULNWARD_CODEC_JSON_READ_H

#include "base/arena.h"
#include "base/io.h"

struct json; /* one value; lives as long as its document */

enum json_type {
    JSON_ANY,
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_doc {
    void *doc;
};

/* Parses a whole document. On failure the error has the input's name and the line. */
bool json_parse(struct json_doc *d, struct input in, const struct json **root,
                struct err *err) VW_CHECKED;
void json_free(struct json_doc *d);

/*
 * For feeds of many records: parses one value in place (the text is changed), reusing memory.
 * `text` must be followed by 4 writable bytes. The value lives until the next call or
 * json_parser_free. The error has a byte offset relative to `text`.
 */
struct json_parser {
    void *memory;
    size_t size;
};
bool json_parse_record(struct json_parser *p, char *text, size_t n, const struct json **root,
                       struct err *err) VW_CHECKED;
void json_parser_free(struct json_parser *p);

enum json_type json_type(const struct json *v); /* JSON_NULL for NULL */
struct str json_str(const struct json *v);      /* empty unless a string */
bool json_bool(const struct json *v, bool fallback);
double json_number(const struct json *v, double fallback);
/* A number written as an integer that fits; false otherwise. */
bool json_int(const struct json *v, int64_t *out) VW_CHECKED;

/* Elements of an array or members of an object, in order. */
struct json_iter {
    const struct json *key, *value; /* key: objects only */
    const struct json *next_;
    size_t left_;
    bool object_;
};
/* Of NULL, or of anything that is not a container: no elements. */
struct json_iter json_iter(const struct json *container);
bool json_next(struct json_iter *it);
size_t json_count(const struct json *container);

/*
 * Picks named members of an object in one pass: out[i] is the value of fields[i], NULL when absent
 * or null. Unknown members are passed over. An error, with the member as path: `obj` is no object,
 * a member of fields is there twice, has another type, or is required and missing.
 */
struct json_field {
    const char *name;
    enum json_type type; /* JSON_ANY: any */
    bool required;
};
bool json_fields(const struct json *obj, const struct json_field *fields, size_t n,
                 const struct json **out, struct err *err) VW_CHECKED;
#define JSON_FIELDS(obj, fields, out, err)                                                         \
    json_fields((obj), (fields), sizeof(fields) / sizeof((fields)[0]), (out), (err))
/* Most fields a json_fields call may name. */
#define JSON_FIELDS_MAX 32

#endif
