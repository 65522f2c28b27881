/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OSV schema 1.x (ossf/osv-schema, "Open Source Vulnerability format"): a file is one record.
 *
 *     {"schema_version": "1.7.3", "id": "ALSA-2025:0001", "modified": "2025-01-02T00:00:00Z",
 *      "published": "2025-01-01T00:00:00Z", "upstream": ["CVE-2024-1"], "summary": "...",
 *      "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/..."}],
 *      "affected": [{"package": {"ecosystem": "AlmaLinux:9", "name": "zlib"},
 *        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed":
 * "1.2-3.el9"}]}], "versions": ["1.2-1.el9"]}], "references": [{"type": "ADVISORY", "url":
 * "https://..."}]}
 *
 * Databases of many hands: a member of the wrong type counts as unreadable and costs that member.
 * Only a record without a usable id or date of modification stops the import.
 */
#include "feed/osv_priv.h"

#include "base/banned.h"

#define ID_BYTES ((size_t)128)
/* Comparisons of versions per record; see osv_affected.c. */
#define COMPARES ((size_t)4000000)

enum {
    R_ID,
    R_MODIFIED,
    R_PUBLISHED,
    R_WITHDRAWN,
    R_ALIASES,
    R_UPSTREAM,
    R_RELATED,
    R_SUMMARY,
    R_DETAILS,
    R_SEVERITY,
    R_AFFECTED,
    R_REFERENCES,
    R_SPECIFIC,
    R_FIELDS
};
static const struct json_field fields[] = {
    [R_ID] = {"id", JSON_STRING, true},
    [R_MODIFIED] = {"modified", JSON_STRING, true},
    [R_PUBLISHED] = {"published", JSON_ANY, false},
    [R_WITHDRAWN] = {"withdrawn", JSON_ANY, false},
    [R_ALIASES] = {"aliases", JSON_ANY, false},
    [R_UPSTREAM] = {"upstream", JSON_ANY, false},
    [R_RELATED] = {"related", JSON_ANY, false},
    [R_SUMMARY] = {"summary", JSON_ANY, false},
    [R_DETAILS] = {"details", JSON_ANY, false},
    [R_SEVERITY] = {"severity", JSON_ANY, false},
    [R_AFFECTED] = {"affected", JSON_ANY, false},
    [R_REFERENCES] = {"references", JSON_ANY, false},
    [R_SPECIFIC] = {"database_specific", JSON_ANY, false},
};

bool osv_is_text(struct str s, size_t most)
{
    if (!s.n || s.n > most)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        /* C0, DEL, and C1 as UTF-8 has them */
        if (c < ' ' || c == 0x7f || (c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0))
            return false;
    }
    return true;
}

static bool is_id(struct str s)
{
    return osv_is_text(s, ID_BYTES) && str_find(s, ' ') == STR_NPOS &&
           str_find_str(s, STR("\xc2\xa0")) == STR_NPOS;
}

static bool is_cve(struct str s)
{
    return str_starts(s, STR("CVE-"));
}

struct ids {
    struct str *v;
    size_t n, cap;
};
#define GIVE(to, from) ((to)->v = (from).v, (to)->n = (from).n, (to)->cap = (from).cap)

static bool add_id(struct osv *o, struct str id, struct map *seen, struct ids *out, struct err *err)
{
    uint64_t there;
    if (map_get(seen, id, &there))
        return true;
    struct str *slot = VEC_PUSH(o->a, out);
    if (!slot)
        return err_memory(err);
    *slot = id;
    return map_put(seen, id, 1, err);
}

static bool take_ids(struct osv *o, const struct json *list, struct ids *out, struct err *err)
{
    struct map seen = {0};
    bool ok = true;
    if (list && json_type(list) != JSON_ARRAY)
        o->v->unreadable++;
    for (struct json_iter it = json_iter(json_type(list) == JSON_ARRAY ? list : NULL);
         ok && json_next(&it);) {
        struct str id = json_str(it.value);
        if (is_id(id))
            ok = add_id(o, id, &seen, out, err);
        else
            o->v->unreadable++;
    }
    map_free(&seen);
    return ok;
}

/*
 * AlmaLinux and others name the CVEs of an advisory under `related`, as the schema had no
 * `upstream` before 1.7 and forbids `aliases` for it.
 */
static bool take_related_cves(struct osv *o, struct err *err)
{
    struct vuln *v = o->v;
    struct map seen = {0};
    struct ids found = {0};
    bool ok = true;
    if (!o->distribution || is_cve(v->id))
        return true;
    for (size_t i = 0; i < v->aliases.n; i++)
        if (is_cve(v->aliases.v[i]))
            return true;
    for (size_t i = 0; i < v->upstream.n; i++)
        if (is_cve(v->upstream.v[i]))
            return true;
    for (size_t i = 0; ok && i < v->related.n; i++)
        if (is_cve(v->related.v[i]))
            ok = add_id(o, v->related.v[i], &seen, &found, err);
    for (size_t i = 0; ok && i < found.n; i++) {
        struct str *slot = VEC_PUSH(o->a, &v->upstream);
        ok = slot || err_memory(err);
        if (slot)
            *slot = found.v[i];
    }
    map_free(&seen);
    return ok;
}

static struct str take_text(struct osv *o, const struct json *text)
{
    if (text && json_type(text) != JSON_STRING)
        o->v->unreadable++;
    return json_str(text);
}

static int64_t take_date(struct osv *o, const struct json *date)
{
    int64_t ms;
    if (!date)
        return DATE_NONE;
    if (date_parse(json_str(date), &ms))
        return ms;
    o->v->unreadable++;
    return DATE_NONE;
}

static bool take_references(struct osv *o, const struct json *list, struct err *err)
{
    static const struct json_field members[] = {{"url", JSON_ANY, false},
                                                {"type", JSON_ANY, false}};
    if (list && json_type(list) != JSON_ARRAY) {
        o->v->unreadable++;
        return true;
    }
    for (struct json_iter it = json_iter(list); json_next(&it);) {
        const struct json *f[2];
        if (json_type(it.value) != JSON_OBJECT) {
            o->v->unreadable++;
            continue;
        }
        if (!JSON_FIELDS(it.value, members, f, err))
            return err_in_path(err, "references");
        if (!json_str(f[0]).n) {
            o->v->unreadable++;
            continue;
        }
        struct reference *r = VEC_PUSH(o->a, &o->v->references);
        if (!r)
            return err_memory(err);
        r->url = json_str(f[0]);
        if (!arena_dup_lower(o->a, json_str(f[1]), &r->tags, err))
            return false;
    }
    return true;
}

static int by_name(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* FOLDER|ECOSYSTEMS: what tells this statement from others of the same id. */
static bool name_part(struct osv *o, struct err *err)
{
    size_t room = o->v->part.n + 1, n = 0;
    struct str last = {0};
    if (o->ecosystems.n)
        qsort(o->ecosystems.v, o->ecosystems.n, sizeof *o->ecosystems.v, by_name);
    for (size_t i = 0; i < o->ecosystems.n; i++)
        room += o->ecosystems.v[i].n + 1;
    char *p = arena_alloc(o->a, room);
    if (!p)
        return err_memory(err);
    if (o->v->part.n)
        memcpy(p, o->v->part.p, o->v->part.n);
    n = o->v->part.n;
    p[n++] = '|';
    for (size_t i = 0; i < o->ecosystems.n; i++) {
        struct str e = o->ecosystems.v[i];
        if (last.n && str_eq(e, last))
            continue;
        if (last.n)
            p[n++] = ',';
        memcpy(p + n, e.p, e.n);
        n += e.n;
        last = e;
    }
    o->v->part = str_make(p, n);
    return true;
}

static bool take_record(struct osv *o, const struct json *const *f, struct err *err)
{
    struct vuln *v = o->v;
    struct ids aliases = {0}, upstream = {0}, related = {0};
    v->published = take_date(o, f[R_PUBLISHED]);
    v->rejected = take_date(o, f[R_WITHDRAWN]) != DATE_NONE;
    v->status = v->rejected ? STR("withdrawn") : (struct str){0};
    v->title = take_text(o, f[R_SUMMARY]);
    v->description = take_text(o, f[R_DETAILS]);
    if (!take_ids(o, f[R_ALIASES], &aliases, err) || !take_ids(o, f[R_UPSTREAM], &upstream, err) ||
        !take_ids(o, f[R_RELATED], &related, err))
        return false;
    GIVE(&v->aliases, aliases);
    GIVE(&v->upstream, upstream);
    GIVE(&v->related, related);
    if (!osv_take_severity(o, f[R_SEVERITY], err) || !osv_take_specific(o, f[R_SPECIFIC], err) ||
        !osv_take_affected(o, f[R_AFFECTED], err))
        return false;
    osv_take_title_severity(o);
    return take_related_cves(o, err) && take_references(o, f[R_REFERENCES], err) &&
           name_part(o, err);
}

static bool record(const struct json *rec, struct arena *a, struct vuln *v, struct err *err)
{
    const struct json *f[R_FIELDS];
    v->source = STR("osv");
    if (!JSON_FIELDS(rec, fields, f, err))
        return false;
    struct str id = json_str(f[R_ID]);
    if (!is_id(id)) {
        err_set(err, ERR_INPUT, "not an id: %.*s", STR_ARG(str_first(id, 60)));
        return err_at_path(err, "id");
    }
    v->id = id;
    if (!date_parse(json_str(f[R_MODIFIED]), &v->modified)) {
        err_set(err, ERR_INPUT, "not a date: %.*s",
                STR_ARG(str_first(json_str(f[R_MODIFIED]), 60)));
        err_at_path(err, "modified");
        return err_in_path(err, "%.*s", STR_ARG(id));
    }
    struct osv o = {.a = a, .v = v, .compares = COMPARES};
    bool ok = take_record(&o, f, err) || err_in_path(err, "%.*s", STR_ARG(id));
    map_free(&o.seen);
    return ok;
}

/*
 * Names of members of the outermost object, as far as the head goes. Such names say more than
 * finding words somewhere: a CVE record has "affected" too, further in.
 */
struct outline {
    bool id, modified, affected, schema, other;
    bool whole; /* the object ends within the head */
};

static void see_member(struct outline *o, struct str name)
{
    o->id |= str_eq(name, STR("id"));
    o->modified |= str_eq(name, STR("modified"));
    o->affected |= str_eq(name, STR("affected"));
    o->schema |= str_eq(name, STR("schema_version"));
    o->other |= str_eq(name, STR("vulnerabilities")) || str_eq(name, STR("containers")) ||
                str_eq(name, STR("document"));
}

static struct outline outline_of(struct str head)
{
    struct outline o = {0};
    unsigned depth = 0;
    for (size_t i = 0; i < head.n && !o.whole; i++) {
        char c = head.p[i];
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth && --depth == 0)
            o.whole = true;
        if (c != '"')
            continue;
        size_t from = i + 1, end = from;
        while (end < head.n && head.p[end] != '"')
            end += head.p[end] == '\\' ? 2 : 1;
        i = end;
        size_t colon = end + 1;
        while (colon < head.n && char_is_space(head.p[colon]))
            colon++;
        if (depth == 1 && colon < head.n && head.p[colon] == ':')
            see_member(&o, str_make(head.p + from, end - from));
    }
    return o;
}

static int probe(struct str head)
{
    if (str_starts(head, STR("\xef\xbb\xbf")))
        head = str_from(head, 3);
    head = str_trim(head);
    if (!str_starts(head, STR("{")))
        return 0;
    struct outline o = outline_of(head);
    if (!o.id || o.other || !(o.affected || o.schema))
        return 0;
    /* A long list may stand before the date. Without a date it is one only if it has all else. */
    return o.modified || (!o.whole && o.affected) ? 70 : o.affected && o.schema ? 50 : 0;
}

const struct feed_format feed_osv = {
    .name = "osv-json-1",
    .source = "osv",
    .summary = "OSV schema 1.x records, one per file (.json)",
    .probe = probe,
    .record = record,
};
