/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The NVD's XML feeds, retired in 2019 and still in use as archives: what versions 1.2 and 2.0 have
 * in common. An entry is delivered when it ends and forgotten: memory does not grow with the feed.
 */
#include "feed/nvd_xml_priv.h"

#include "base/banned.h"

#define CHUNK_BYTES ((size_t)256 << 10)

/* ---- values ---- */

bool nvd_xml_dup(struct nvd_xml *x, struct str text, struct str *out, struct err *err)
{
    return arena_dup(x->a, str_trim(text), out, err);
}

bool nvd_xml_take_id(struct nvd_xml *x, struct str id, struct err *err)
{
    if (!id.n)
        return err_set(err, ERR_INPUT, "an entry without an id");
    return arena_dup(x->a, id, &id, err) && nvd_take_id(id, &x->v, err);
}

bool nvd_xml_take_date(struct str text, int64_t *out, struct err *err)
{
    return nvd_take_date(str_trim(text), out, err);
}

bool nvd_xml_take_score(struct str text, double *out, struct err *err)
{
    struct str whole, rest;
    uint64_t units, tenths = 0;
    text = str_trim(text);
    bool dot = str_split(text, '.', &whole, &rest);
    bool ok = str_to_u64(whole, 0, 10, &units) && (!dot || rest.n);
    for (size_t i = 0; ok && i < rest.n; i++) {
        /* Scores have one decimal; more of them may only be zeros. */
        ok = i ? rest.p[i] == '0' : char_is_digit(rest.p[i]);
        if (!i && ok)
            tenths = (uint64_t)(rest.p[0] - '0');
    }
    if (!ok || units * 10 + tenths > 100)
        return err_set(err, ERR_INPUT, "not a CVSS score: %.*s", STR_ARG(str_first(text, 40)));
    *out = (double)(units * 10 + tenths) / 10;
    return true;
}

bool nvd_xml_take_bool(struct str text, bool *out, struct err *err)
{
    text = str_trim(text);
    *out = str_eq(text, STR("true")) || str_eq(text, STR("1"));
    if (*out || !text.n || str_eq(text, STR("false")) || str_eq(text, STR("0")))
        return true;
    return err_set(err, ERR_INPUT, "neither true nor false: %.*s", STR_ARG(str_first(text, 40)));
}

/* ---- the frame ---- */

bool nvd_xml_open_root(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    struct str version = xml_attr(attrs, "nvd_xml_version");
    if (!version.n || version.p[0] != x->format->major)
        return err_set(err, ERR_INPUT, "nvd_xml_version is \"%.*s\", wanted %c.x",
                       STR_ARG(str_first(version, 40)), x->format->major);
    return nvd_xml_take_date(xml_attr(attrs, "pub_date"), &x->info->published, err);
}

bool nvd_xml_open_entry(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    x->v = (struct vuln){.source = STR_INIT("nvd"), .published = DATE_NONE, .modified = DATE_NONE};
    x->in_entry = true;
    x->entry_bytes = 0;
    return x->format->begin(x, attrs, err);
}

bool nvd_xml_close_entry(struct nvd_xml *x, struct str text, struct err *err)
{
    (void)text;
    if (!x->format->finish(x, err) || !feed_emit(x->out, &x->v, err))
        return false;
    x->in_entry = false;
    arena_reset(x->a);
    return true;
}

bool nvd_xml_open_unknown(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    (void)attrs, (void)err;
    x->v.unreadable++;
    return true;
}

/* ---- the walk ---- */

static const struct nvd_xml_rule *find_rule(const struct nvd_xml *x, unsigned from,
                                            struct str element)
{
    for (size_t i = 0; i < x->format->n_rules; i++) {
        const struct nvd_xml_rule *r = &x->format->rules[i];
        if (r->from == from && (!r->element || str_eq(element, str_from_c(r->element))))
            return r;
    }
    return NULL;
}

static bool on_start(void *ctx, struct str name, struct xml_attrs attrs, struct err *err)
{
    struct nvd_xml *x = ctx;
    unsigned from = x->depth ? x->at[x->depth - 1]->to : (unsigned)NVD_XML_DOCUMENT;
    const struct nvd_xml_rule *r = x->skipping ? NULL : find_rule(x, from, name);
    if (r) {
        if (x->depth == LIMIT_DEPTH) /* the codec stops earlier */
            return err_set(err, ERR_LIMIT, "nested more than %d deep", LIMIT_DEPTH);
        x->at[x->depth++] = r;
        x->arg = r->arg;
        return !r->open || r->open(x, attrs, err);
    }
    if (from == NVD_XML_DOCUMENT)
        return err_set(err, ERR_INPUT, "the root element is <%.*s>, not <nvd>",
                       STR_ARG(str_first(name, 60)));
    /* Entries must not hide where nobody looks. */
    if (from == NVD_XML_ROOT || str_eq(name, STR("entry")))
        return err_set(err, ERR_INPUT, "<%.*s> where %s", STR_ARG(str_first(name, 60)),
                       from == NVD_XML_ROOT ? "only <entry> can be" : "no entry can be");
    x->skipping++;
    return true;
}

static bool on_end(void *ctx, struct str name, struct str text, struct err *err)
{
    struct nvd_xml *x = ctx;
    (void)name;
    if (x->skipping) {
        x->skipping--;
        return true;
    }
    const struct nvd_xml_rule *r = x->at[--x->depth];
    x->arg = r->arg;
    return !r->close || r->close(x, text, err);
}

static bool feed_chunks(struct nvd_xml *x, struct stream *in, char *chunk, struct err *err)
{
    size_t got = 1;
    while (got) {
        if (!stream_read(in, chunk, CHUNK_BYTES, &got, err))
            return false;
        x->entry_bytes += got;
        /* Also bounds what the XML parser keeps of a tag that does not end. */
        if (x->entry_bytes > LIMIT_RECORD_BYTES) {
            err_set(err, ERR_LIMIT, "an entry with more than %zu bytes", LIMIT_RECORD_BYTES);
            return err_at_line(err, xml_line(x->xml));
        }
        if (!xml_feed(x->xml, str_make(chunk, got), got == 0, err))
            return false;
    }
    return true;
}

bool nvd_xml_read(const struct nvd_xml_format *format, void *ctx, struct stream *in,
                  struct arena *a, struct feed_out *out, struct feed_info *info, struct err *err)
{
    struct nvd_xml x = {.format = format, .ctx = ctx, .a = a, .out = out, .info = info};
    struct xml_handler handler = {&x, on_start, on_end};
    char *chunk = malloc(CHUNK_BYTES);
    bool ok = chunk || err_memory(err);
    x.xml = ok ? xml_new(&handler, in->name, err) : NULL;
    ok = ok && x.xml && feed_chunks(&x, in, chunk, err);
    if (!ok && x.in_entry && x.v.id.n)
        err_at_path(err, "%.*s", STR_ARG(x.v.id));
    xml_free(x.xml);
    free(chunk);
    return ok;
}

/* The value of nvd_xml_version in the start tag of <nvd>; empty when there is none. */
static struct str stated_version(struct str head)
{
    for (size_t at; (at = str_find_str(head, STR("<nvd"))) != STR_NPOS;) {
        head = str_from(head, at + 4);
        if (!head.n || !char_is_space(head.p[0]))
            continue;
        struct str tag;
        (void)str_split(head, '>', &tag, &head);
        at = str_find_str(tag, STR("nvd_xml_version"));
        tag = at == STR_NPOS ? (struct str){0}
                             : str_trim(str_from(tag, at + strlen("nvd_xml_version")));
        if (tag.n && tag.p[0] == '=')
            tag = str_trim(str_from(tag, 1));
        return tag.n && (tag.p[0] == '"' || tag.p[0] == '\'') ? str_from(tag, 1) : (struct str){0};
    }
    return (struct str){0};
}

int nvd_xml_probe(struct str head, char major)
{
    struct str version = stated_version(head);
    return version.n >= 2 && version.p[0] == major && version.p[1] == '.' ? 90 : 0;
}
