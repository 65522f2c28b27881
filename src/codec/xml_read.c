/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/xml_read.h"

#include <expat.h>

#include "base/buf.h"
#include "base/banned.h"

struct xml_reader {
    XML_Parser parser;
    const struct xml_handler *h;
    const char *name;
    struct buf text;
    unsigned depth;
    struct err *err; /* of the xml_feed call under way */
    bool stopped;
};

static struct str local_name(const char *qname)
{
    const char *colon = strrchr(qname, ':');
    return str_from_c(colon ? colon + 1 : qname);
}

struct str xml_attr(struct xml_attrs attrs, const char *name)
{
    for (const char *const *a = attrs.v; a && *a; a += 2)
        if (strcmp(a[0], name) == 0)
            return str_from_c(a[1]);
    for (const char *const *a = attrs.v; a && *a; a += 2)
        if (str_eq(local_name(a[0]), str_from_c(name)))
            return str_from_c(a[1]);
    return (struct str){0};
}

static void stop(struct xml_reader *x)
{
    if (!x->stopped)
        (void)XML_StopParser(x->parser, XML_FALSE);
    x->stopped = true;
}

static void on_start(void *ctx, const char *name, const char **attrs)
{
    struct xml_reader *x = ctx;
    if (x->stopped)
        return;
    if (++x->depth > LIMIT_DEPTH) {
        err_set(x->err, ERR_LIMIT, "nested more than %d deep", LIMIT_DEPTH);
        stop(x);
        return;
    }
    buf_clear(&x->text);
    if (!x->h->start(x->h->ctx, local_name(name), (struct xml_attrs){(const char *const *)attrs},
                     x->err))
        stop(x);
}

static void on_end(void *ctx, const char *name)
{
    struct xml_reader *x = ctx;
    if (x->stopped)
        return;
    x->depth--;
    if (x->text.error)
        err_memory(x->err);
    if (x->text.error || !x->h->end(x->h->ctx, local_name(name), buf_view(&x->text), x->err))
        stop(x);
    buf_clear(&x->text);
}

static void on_text(void *ctx, const char *p, int n)
{
    struct xml_reader *x = ctx;
    if (x->stopped)
        return;
    if (x->text.n + (size_t)n > LIMIT_XML_TEXT_BYTES) {
        err_set(x->err, ERR_LIMIT, "an element with more than %zu bytes of text",
                LIMIT_XML_TEXT_BYTES);
        stop(x);
        return;
    }
    buf_add(&x->text, p, (size_t)n);
}

static void on_doctype(void *ctx, const char *name, const char *sysid, const char *pubid,
                       int internal)
{
    struct xml_reader *x = ctx;
    (void)name, (void)sysid, (void)pubid, (void)internal;
    if (!x->stopped)
        err_set(x->err, ERR_INPUT,
                "has a DOCTYPE, which is not accepted (entities could read files or expand without "
                "end)");
    stop(x);
}

struct xml_reader *xml_new(const struct xml_handler *h, const char *name, struct err *err)
{
    struct xml_reader *x = calloc(1, sizeof *x);
    if (x)
        x->parser = XML_ParserCreate(NULL);
    if (!x || !x->parser) {
        free(x);
        err_memory(err);
        return NULL;
    }
    x->h = h;
    x->name = name;
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_text);
    XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
    return x;
}

bool xml_feed(struct xml_reader *x, struct str bytes, bool last, struct err *err)
{
    x->err = err;
    do {
        struct str part = str_first(bytes, (size_t)1 << 30);
        bytes = str_from(bytes, part.n);
        enum XML_Status st =
            XML_Parse(x->parser, part.n ? part.p : "", (int)part.n, last && !bytes.n);
        if (st == XML_STATUS_OK && !x->stopped)
            continue;
        enum XML_Error code = XML_GetErrorCode(x->parser);
        if (code == XML_ERROR_NO_MEMORY)
            err_memory(err);
        else
            err_set(err, ERR_INPUT, "not valid XML: %s", XML_ErrorString(code));
        err_at_line(err, xml_line(x));
        return err_at_input(err, x->name);
    } while (bytes.n);
    return true;
}

size_t xml_line(const struct xml_reader *x)
{
    return (size_t)XML_GetCurrentLineNumber(x->parser);
}

void xml_free(struct xml_reader *x)
{
    if (!x)
        return;
    XML_ParserFree(x->parser);
    buf_free(&x->text);
    free(x);
}

bool xml_parse(const struct xml_handler *h, const char *name, struct str text, struct err *err)
{
    struct xml_reader *x = xml_new(h, name, err);
    bool ok = x && xml_feed(x, text, true, err);
    xml_free(x);
    return ok;
}
