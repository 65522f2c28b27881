/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CISA's catalogue of known exploited vulnerabilities, JSON and CSV.
 *
 *     {"title": "...", "catalogVersion": "2025.08.25", "dateReleased": "2025-08-25T17:04:19.9796Z",
 *      "count": 1, "vulnerabilities": [
 *       {"cveID": "CVE-2021-44228", "vendorProject": "Apache", "product": "Log4j2",
 *        "vulnerabilityName": "...", "dateAdded": "2021-12-10", "shortDescription": "...",
 *        "requiredAction": "...", "dueDate": "2021-12-24", "knownRansomwareCampaignUse": "Known",
 *        "notes": "...", "cwes": ["CWE-20"]}]}
 *
 * The CSV file has a column per member of an entry, under the same names, and nothing around them.
 * A catalogue is small (about 1.3 MB) and read whole.
 */
#include "feed/catalogue_priv.h"

#include "base/buf.h"
#include "codec/csv.h"
#include "base/banned.h"

#define CHUNK_BYTES ((size_t)256 << 10)

/* What is taken of an entry. */
enum {
    K_ID,
    K_VENDOR,
    K_PRODUCT,
    K_NAME,
    K_ADDED,
    K_ACTION,
    K_DUE,
    K_RANSOMWARE,
    K_NOTES,
    K_MEMBERS
};
static const char *const members[] = {
    [K_ID] = "cveID",        [K_VENDOR] = "vendorProject",
    [K_PRODUCT] = "product", [K_NAME] = "vulnerabilityName",
    [K_ADDED] = "dateAdded", [K_ACTION] = "requiredAction",
    [K_DUE] = "dueDate",     [K_RANSOMWARE] = "knownRansomwareCampaignUse",
    [K_NOTES] = "notes",
};
_Static_assert(sizeof members / sizeof members[0] == K_MEMBERS, "a name per member");

struct kev_reader {
    struct feed_out *out;
    struct feed_info *info;
    int64_t newest; /* dateAdded */
};

static bool read_all(struct stream *in, struct buf *b, struct err *err)
{
    for (size_t got = 1; got;) {
        char *room = buf_room(b, CHUNK_BYTES);
        if (!room)
            return err_memory(err);
        if (!stream_read(in, room, CHUNK_BYTES, &got, err))
            return false;
        buf_took(b, got);
        if (b->n > LIMIT_SMALL_FILE_BYTES)
            return err_set(err, ERR_LIMIT, "a catalogue of more than %zu bytes",
                           LIMIT_SMALL_FILE_BYTES);
    }
    return true;
}

/*
 * One entry, its members as text (not there: empty). Without an id it is of no use. With one it is
 * kept whatever else is wrong with it: that a vulnerability is exploited is what counts.
 */
static bool take_entry(struct kev_reader *r, const struct str text[K_MEMBERS], struct err *err)
{
    struct kev k = {.id = str_trim(text[K_ID]), .source = STR_INIT("kev")};
    struct str ransomware = str_trim(text[K_RANSOMWARE]), due = str_trim(text[K_DUE]);
    if (!catalogue_is_cve_id(k.id)) {
        r->info->unreadable++;
        return true;
    }
    k.added = k.due = DATE_NONE;
    if (!date_parse(text[K_ADDED], &k.added))
        r->info->unreadable++;
    if (due.n && !date_parse(due, &k.due))
        r->info->unreadable++;
    k.ransomware = str_eq_nocase(ransomware, STR("Known"));
    if (ransomware.n && !k.ransomware && !str_eq_nocase(ransomware, STR("Unknown")))
        r->info->unreadable++;
    k.vendor = str_trim(text[K_VENDOR]);
    k.product = str_trim(text[K_PRODUCT]);
    k.name = str_trim(text[K_NAME]);
    k.action = str_trim(text[K_ACTION]);
    k.notes = str_trim(text[K_NOTES]);
    if (k.added > r->newest)
        r->newest = k.added;
    return feed_emit_kev(r->out, &k, err);
}

/* ---- JSON ---- */

static bool json_entry(struct kev_reader *r, const struct json *entry, struct err *err)
{
    struct json_field fields[K_MEMBERS];
    const struct json *f[K_MEMBERS];
    struct str text[K_MEMBERS];
    struct err what = {0}; /* of this entry alone: the others are fine */
    for (size_t i = 0; i < K_MEMBERS; i++)
        fields[i] = (struct json_field){members[i], JSON_ANY, false};
    if (!JSON_FIELDS(entry, fields, f, &what)) {
        r->info->unreadable++;
        return true;
    }
    for (size_t i = 0; i < K_MEMBERS; i++) {
        text[i] = json_str(f[i]);
        if (f[i] && json_type(f[i]) != JSON_STRING && i != K_ID && i != K_ADDED)
            r->info->unreadable++; /* those two are counted when they turn out to be none */
    }
    return take_entry(r, text, err);
}

static bool json_catalogue(struct kev_reader *r, const struct json *root, struct err *err)
{
    static const struct json_field fields[] = {{"dateReleased", JSON_STRING, false},
                                               {"count", JSON_NUMBER, false},
                                               {"vulnerabilities", JSON_ARRAY, true}};
    const struct json *f[3];
    int64_t count;
    if (!JSON_FIELDS(root, fields, f, err))
        return false;
    if (f[0] && !date_parse(json_str(f[0]), &r->info->published)) {
        err_set(err, ERR_INPUT, "not a date: %.*s", STR_ARG(str_first(json_str(f[0]), 60)));
        return err_at_path(err, "dateReleased");
    }
    if (f[1] && json_int(f[1], &count) && count >= 0)
        r->info->declared = (uint64_t)count;
    for (struct json_iter it = json_iter(f[2]); json_next(&it);)
        if (!json_entry(r, it.value, err))
            return false;
    return true;
}

static bool read_json(struct stream *in, struct arena *a, struct feed_out *out,
                      struct feed_info *info, struct err *err)
{
    struct kev_reader r = {out, info, DATE_NONE};
    struct buf text = {0};
    struct json_doc doc = {0};
    const struct json *root;
    (void)a;
    bool ok = read_all(in, &text, err);
    struct str all = buf_view(&text);
    if (str_starts(all, STR("\xef\xbb\xbf")))
        all = str_from(all, 3); /* a byte order mark, which JSON has not */
    ok = ok && json_parse(&doc, (struct input){str_from_c(in->name), all}, &root, err) &&
         json_catalogue(&r, root, err) && catalogue_check(info, err);
    if (info->published == DATE_NONE)
        info->published = r.newest;
    json_free(&doc);
    buf_free(&text);
    return ok;
}

static int probe_json(struct str head)
{
    bool list = str_find_str(head, STR("\"vulnerabilities\"")) != STR_NPOS;
    bool version = str_find_str(head, STR("\"catalogVersion\"")) != STR_NPOS;
    bool entry = str_find_str(head, STR("\"cveID\"")) != STR_NPOS;
    if (!str_starts(str_trim(head), STR("{")) || !list)
        return 0;
    return version && entry ? 90 : version || entry ? 60 : 0;
}

/* ---- CSV ---- */

/* Where each member stands in a row; CSV_FIELDS_MAX: in none. */
struct columns {
    size_t at[K_MEMBERS];
    size_t n;
};

static bool take_header(const struct csv *c, struct columns *cols, struct err *err)
{
    for (size_t m = 0; m < K_MEMBERS; m++) {
        cols->at[m] = CSV_FIELDS_MAX;
        for (size_t i = 0; i < c->n; i++) {
            if (!str_eq(c->field[i], str_from_c(members[m])))
                continue;
            if (cols->at[m] != CSV_FIELDS_MAX)
                return err_set(err, ERR_INPUT, "column %s is there twice", members[m]);
            cols->at[m] = i;
        }
    }
    cols->n = c->n;
    for (size_t m = 0; m < K_MEMBERS; m++)
        if ((m == K_ID || m == K_ADDED) && cols->at[m] == CSV_FIELDS_MAX)
            return err_set(err, ERR_INPUT, "has no column %s", members[m]);
    return true;
}

static bool csv_entry(struct kev_reader *r, const struct csv *c, const struct columns *cols,
                      struct err *err)
{
    struct str text[K_MEMBERS] = {0};
    /* Quotes out of order: what is a field, and where the next row starts, is a guess. */
    if (c->fault)
        return err_set(err, ERR_INPUT, "%s", c->fault);
    if (c->n != cols->n) {
        if (!c->rest.n && c->rest.p[-1] != '\n')
            return catalogue_is_cut(err);
        r->info->unreadable++;
        return true;
    }
    for (size_t m = 0; m < K_MEMBERS; m++)
        if (cols->at[m] < c->n)
            text[m] = c->field[cols->at[m]];
    return take_entry(r, text, err);
}

static bool csv_catalogue(struct kev_reader *r, struct csv *c, struct err *err)
{
    struct columns cols = {0};
    for (bool header = true; csv_next(c, err); header = false) {
        if (!(header ? take_header(c, &cols, err) : csv_entry(r, c, &cols, err)))
            return err_at_line(err, c->line);
        arena_reset(c->arena);
    }
    return err->code == ERR_NONE;
}

static bool read_csv(struct stream *in, struct arena *a, struct feed_out *out,
                     struct feed_info *info, struct err *err)
{
    struct kev_reader r = {out, info, DATE_NONE};
    struct buf text = {0};
    bool ok = read_all(in, &text, err);
    if (ok && !str_is_utf8(buf_view(&text)))
        ok = err_set(err, ERR_INPUT, "is not UTF-8");
    if (ok) {
        struct csv c = csv_of(a, buf_view(&text));
        ok = csv_catalogue(&r, &c, err) && catalogue_check(info, err);
    }
    info->published = r.newest;
    buf_free(&text);
    return ok;
}

static int probe_csv(struct str head)
{
    struct str line, rest;
    (void)str_split(head, '\n', &line, &rest);
    return str_find_str(line, STR("cveID")) != STR_NPOS &&
                   str_find_str(line, STR("vendorProject")) != STR_NPOS &&
                   str_find_str(line, STR("dateAdded")) != STR_NPOS
               ? 90
               : 0;
}

const struct feed_format feed_kev_json = {
    .name = "cisa-kev-json",
    .source = "kev",
    .summary = "CISA's catalogue of known exploited vulnerabilities, JSON",
    .probe = probe_json,
    .read = read_json,
};

const struct feed_format feed_kev_csv = {
    .name = "cisa-kev-csv",
    .source = "kev",
    .summary = "CISA's catalogue of known exploited vulnerabilities, CSV",
    .probe = probe_csv,
    .read = read_csv,
};
