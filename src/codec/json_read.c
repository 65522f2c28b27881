/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_read.h"

#include <yyjson.h>

#include "codec/json_scan.h"
#include "base/banned.h"

/* struct json is yyjson's value under our name. */
static yyjson_val *val(const struct json *v)
{
    return (yyjson_val *)(uintptr_t)v;
}

static const struct json *our(yyjson_val *v)
{
    return (const struct json *)v;
}

bool json_parse(struct json_doc *d, struct input in, const struct json **root, struct err *err)
{
    *d = (struct json_doc){0};
    struct str text = in.data;
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_from(text, 3);
    if (!json_check_depth(text, err)) {
        err_at_line(err, 1);
        return err_at_input(err, in.name.p);
    }
    yyjson_read_err e;
    yyjson_doc *doc =
        yyjson_read_opts((char *)(uintptr_t)(text.n ? text.p : ""), text.n, 0, NULL, &e);
    if (!doc) {
        size_t line = 0, column = 0, character = 0;
        if (e.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
            err_memory(err);
        else
            err_set(err, ERR_INPUT, "not valid JSON: %s", e.msg);
        if (text.n && yyjson_locate_pos(text.p, text.n, e.pos, &line, &column, &character)) {
            err_at_line(err, line);
            err_at_path(err, "column %zu", column);
        } else {
            err_at_line(err, 1);
        }
        return err_at_input(err, in.name.p);
    }
    d->doc = doc;
    *root = our(yyjson_doc_get_root(doc));
    return true;
}

void json_free(struct json_doc *d)
{
    yyjson_doc_free(d->doc);
    *d = (struct json_doc){0};
}

bool json_parse_record(struct json_parser *p, char *text, size_t n, const struct json **root,
                       struct err *err)
{
    /* In place, yyjson needs one value slot per token and little else; this is its own bound. */
    size_t need = yyjson_read_max_memory_usage(n, YYJSON_READ_INSITU);
    if (p->size < need) {
        free(p->memory);
        p->size = 0;
        p->memory = malloc(need);
        if (!p->memory)
            return err_memory(err);
        p->size = need;
    }
    yyjson_alc alc;
    yyjson_read_err e;
    if (!yyjson_alc_pool_init(&alc, p->memory, p->size))
        return err_set(err, ERR_INTERNAL, "JSON memory pool of %zu bytes", p->size);
    memset(text + n, 0, 4); /* YYJSON_PADDING_SIZE */
    yyjson_doc *doc = yyjson_read_opts(text, n, YYJSON_READ_INSITU, &alc, &e);
    if (!doc) {
        err_set(err, ERR_INPUT, "not valid JSON: %s", e.msg);
        return err_at_offset(err, e.pos);
    }
    *root = our(yyjson_doc_get_root(doc));
    return true;
}

void json_parser_free(struct json_parser *p)
{
    free(p->memory);
    *p = (struct json_parser){0};
}

enum json_type json_type(const struct json *v)
{
    switch (yyjson_get_type(val(v))) {
    case YYJSON_TYPE_BOOL:
        return JSON_BOOL;
    case YYJSON_TYPE_NUM:
        return JSON_NUMBER;
    case YYJSON_TYPE_STR:
        return JSON_STRING;
    case YYJSON_TYPE_ARR:
        return JSON_ARRAY;
    case YYJSON_TYPE_OBJ:
        return JSON_OBJECT;
    default:
        return JSON_NULL;
    }
}

struct str json_str(const struct json *v)
{
    const char *p = yyjson_get_str(val(v));
    return (struct str){p, p ? yyjson_get_len(val(v)) : 0};
}

bool json_bool(const struct json *v, bool fallback)
{
    return yyjson_is_bool(val(v)) ? yyjson_get_bool(val(v)) : fallback;
}

double json_number(const struct json *v, double fallback)
{
    return yyjson_is_num(val(v)) ? yyjson_get_num(val(v)) : fallback;
}

bool json_int(const struct json *v, int64_t *out)
{
    if (yyjson_is_uint(val(v)) && yyjson_get_uint(val(v)) > INT64_MAX)
        return false;
    if (!yyjson_is_int(val(v)))
        return false;
    *out = yyjson_get_sint(val(v));
    return true;
}

struct json_iter json_iter(const struct json *container)
{
    struct json_iter it = {0};
    if (yyjson_is_arr(val(container))) {
        it.left_ = yyjson_arr_size(val(container));
        it.next_ = our(yyjson_arr_get_first(val(container)));
    } else if (yyjson_is_obj(val(container))) {
        it.object_ = true;
        it.left_ = yyjson_obj_size(val(container));
        it.next_ = our(unsafe_yyjson_get_first(val(container)));
    }
    return it;
}

bool json_next(struct json_iter *it)
{
    if (!it->left_)
        return false;
    it->left_--;
    if (it->object_) {
        it->key = it->next_;
        it->value = our(val(it->key) + 1);
    } else {
        it->value = it->next_;
    }
    it->next_ = our(unsafe_yyjson_get_next(val(it->value)));
    return true;
}

size_t json_count(const struct json *container)
{
    return yyjson_is_obj(val(container)) ? yyjson_obj_size(val(container))
                                         : yyjson_arr_size(val(container));
}

static const char *type_name(enum json_type t)
{
    static const char *const names[] = {"anything", "null",     "true or false", "a number",
                                        "a string", "an array", "an object"};
    return names[t];
}

static size_t field_index(const struct json_field *fields, size_t n, struct str key)
{
    for (size_t i = 0; i < n; i++)
        if (fields[i].name[0] == (key.n ? key.p[0] : '\0') &&
            str_eq(key, str_from_c(fields[i].name)))
            return i;
    return n;
}

bool json_fields(const struct json *obj, const struct json_field *fields, size_t n,
                 const struct json **out, struct err *err)
{
    bool seen[JSON_FIELDS_MAX] = {false};
    for (size_t i = 0; i < n; i++)
        out[i] = NULL;
    if (json_type(obj) != JSON_OBJECT)
        return err_set(err, ERR_INPUT, "wanted an object, found %s", type_name(json_type(obj)));
    for (struct json_iter it = json_iter(obj); json_next(&it);) {
        size_t i = field_index(fields, n, json_str(it.key));
        if (i == n)
            continue;
        if (seen[i]) {
            err_set(err, ERR_INPUT, "this key is there twice");
            return err_at_path(err, "%s", fields[i].name);
        }
        seen[i] = true;
        enum json_type t = json_type(it.value);
        if (t == JSON_NULL)
            continue;
        if (fields[i].type != JSON_ANY && fields[i].type != t) {
            err_set(err, ERR_INPUT, "wanted %s, found %s", type_name(fields[i].type), type_name(t));
            return err_at_path(err, "%s", fields[i].name);
        }
        out[i] = it.value;
    }
    for (size_t i = 0; i < n; i++)
        if (fields[i].required && !out[i]) {
            err_set(err, ERR_INPUT, "missing");
            return err_at_path(err, "%s", fields[i].name);
        }
    return true;
}
