/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a JSON value ends: the same whether it is looked at at once or piece by piece, and, for
 * what the parser accepts, where the parser says.
 */
#include "fuzz.h"

#include "codec/json_read.h"
#include "codec/json_scan.h"

/* The end of the first value, scanned in pieces of `piece` bytes; STR_NPOS when it has none. */
static size_t scan(struct str text, size_t piece, bool *too_deep)
{
    struct json_scan s = {0};
    struct err err = {0};
    *too_deep = false;
    for (size_t at = 0; at < text.n;) {
        bool done;
        struct str part = str_first(str_from(text, at), piece);
        size_t k = json_scan(&s, part.p, part.n, &done, &err);
        if (k == STR_NPOS) {
            MUST(err.code == ERR_LIMIT);
            *too_deep = true;
            return STR_NPOS;
        }
        MUST(err.code == ERR_NONE && k <= part.n && (done || k == part.n) && (k || done));
        at += k;
        if (done)
            return at;
    }
    return STR_NPOS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_input(data, size);
    struct err err = {0};
    struct json_doc doc;
    const struct json *root;
    bool deep, other_deep;
    size_t end = scan(text, SIZE_MAX, &deep);
    for (size_t piece = 1; piece <= 7; piece += 2) {
        MUST(scan(text, piece, &other_deep) == end);
        MUST(other_deep == deep);
    }
    bool ok = json_parse(&doc, (struct input){STR_INIT("fuzz"), text}, &root, &err);
    MUST(ok == (err.code == ERR_NONE));
    if (ok) {
        struct str inner = str_trim(text);
        bool container = json_type(root) == JSON_OBJECT || json_type(root) == JSON_ARRAY;
        MUST(!deep);
        if (container) /* behind it there are only blanks */
            MUST(end != STR_NPOS && !str_trim(str_from(text, end)).n && inner.n);
        json_free(&doc);
    }
    return 0;
}
