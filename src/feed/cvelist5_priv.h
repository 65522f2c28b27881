/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the CVE List's importer: cvelist5.c (the record), _affected.c, _versions.c, _text.c.
 */
#ifndef VULNWARD_FEED_CVELIST5_PRIV_H
#define VULNWARD_FEED_CVELIST5_PRIV_H

#include "feed/formats_priv.h"

/* One container, of the CNA or an ADP, while it is read. */
struct cve_container {
    struct arena *a;
    struct vuln *v;
    struct str provider; /* short name, else the id of the organisation */
    bool cna;
    size_t affected_from; /* its entries in v->affected start here */
};

/* Equal references, names and weaknesses are looked for this far back. One that stands further away
 * is listed twice, which does no harm; a search without end would. */
#define CVE_LOOK_BACK 256

/*
 * Members of an object inside a container. False with `err` set only for what is wrong with the
 * JSON itself; `*ok` says whether it was an object at all (if not, it is counted).
 */
bool cve_members(const struct json *obj, const struct json_field *fields, size_t n,
                 const struct json **out, bool *ok, struct vuln *v, struct err *err) VW_CHECKED;
#define CVE_MEMBERS(obj, fields, out, ok, v, err)                                                  \
    cve_members((obj), (fields), sizeof(fields) / sizeof((fields)[0]), (out), (ok), (v), (err))
/* The elements of a list; something else in its place is counted. */
struct json_iter cve_elements(const struct json *list, struct vuln *v);
/* A string member that is only passed on; another type is counted as unreadable. */
struct str cve_text(const struct json *value, struct vuln *v);

/* "affected", "unaffected", "unknown"; `*out` only on success. */
bool cve_status(struct str text, enum affected_status *out) VW_CHECKED;

/* `affected`. */
bool cve_take_affected(const struct json *list, const struct cve_container *c,
                       struct err *err) VW_CHECKED;

/* `versions` of an entry; `kernel`: it is about Linux itself. */
bool cve_take_versions(const struct json *list, const struct cve_container *c, struct affected *to,
                       bool kernel, struct err *err) VW_CHECKED;

/* ---- what CNAs write as a version ---- */

/* Of `from` and `to` an empty one is no bound. */
struct cve_bounds {
    struct str from, to;
    bool single, to_including;
    bool doubtful; /* wider than what was meant, perhaps: fit for `affected` only */
};

/* What a text says that is no version. */
enum cve_placeholder {
    CVE_SAYS_SOMETHING, /* it is none */
    CVE_SAYS_NOTHING,   /* "n/a", "unspecified" */
    CVE_SAYS_EVERYTHING /* "*", "all versions" */
};
enum cve_placeholder cve_placeholder(struct str text);
/* The id of a commit: 12 to 64 hex digits of which one is a letter, or 40. */
bool cve_is_commit(struct str text);
/* Can it be a bound: starts with a number (after "v"), all further words say which build or service
 * pack. */
bool cve_is_version(struct str text);
/* "1.2.x", "1.2.*", "1.2*" -> "1.2"; false when it is no such series. */
bool cve_is_series(struct str text, struct str *base);
/* Without "version", "ver." or a comparison sign in front. */
struct str cve_strip_version(struct str text);
/* The inclusive end of a series: "1.2.*". */
bool cve_series_end(struct arena *a, struct str base, struct str *out, struct err *err) VW_CHECKED;

/* More ranges than this in one text are no longer read as such. */
#define CVE_TEXT_RANGES 32
/*
 * Reads "< 1.2.3", ">= 2.0, < 2.5", "1.0 through 1.4", "before 1.2", "1.2.x", "7.0, 7.1" and the
 * like; `*n` is 0 when it does not understand all of it.
 */
bool cve_parse_text(struct arena *a, struct str text, struct cve_bounds out[CVE_TEXT_RANGES],
                    size_t *n, struct err *err) VW_CHECKED;

#endif
