/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `db show`, `db search` and `db diff` found, and how it is written: for people, and as JSON.
 * Like reports these only read what they are given; cli/ asks the database.
 */
#ifndef VULNWARD_REPORT_LOOKUP_H
#define VULNWARD_REPORT_LOOKUP_H

#include "model/finding.h"
#include "report/report.h"

/* Has the database this source at all? What was never imported is not "not in it". */
bool lookup_has_source(const struct database_info *d, struct str name);

/* What the catalogues say of a CVE. */
struct lookup_cve {
    struct str id;
    const struct kev *kev; /* NULL: not in the catalogue */
    struct epss epss;      /* id empty: no prediction */
};

/* ---- db show: vulnward.show/1 ---- */

struct show_entry {
    struct str id;               /* as the database writes it */
    VEC(struct vuln) records;    /* by source (nvd, cvelist, others), own id first, id, part */
    VEC(struct lookup_cve) cves; /* that it is about; itself when it is a CVE */
};
struct show {
    const struct database_info *database;
    VEC(struct show_entry) entries;
    VEC(struct str) unknown; /* ids nothing is known of */
};
bool show_write_text(const struct show *s, const struct report_style *style, struct buf *b,
                     struct err *err) VW_CHECKED;
bool show_write_json(const struct show *s, struct buf *b, struct err *err) VW_CHECKED;

/* ---- db search: vulnward.search/1 ---- */

struct search_product {
    struct str vendor, name; /* `vendor` of a package is its ecosystem */
    bool package;
    bool near;        /* not what was asked for, but called alike */
    uint64_t records; /* that name it */
    int64_t id;       /* the store's number */
};
/* A record of the products, or with a version: a finding. */
struct search_row {
    struct str id;
    VEC(struct str) sources; /* one of a record; of a finding all that say so */
    enum severity severity;
    struct cvss cvss;
    int64_t published;
    bool rejected;
    struct lookup_cve known;
    struct str product;      /* "vendor:product", "ecosystem/package" */
    struct str ranges;       /* in words */
    VEC(struct str) against; /* sources that say it is not affected */
    VEC(struct str) notes, fixed_in;
};
struct search {
    const struct database_info *database;
    struct str product, version; /* as asked; version empty: all records */
    VEC(struct search_product) products;
    VEC(struct search_row) rows; /* newest first; with a version worst first */
    uint64_t n_rows;             /* all of them: `rows` may be cut by --limit */
    VEC(struct str) warnings;    /* why something that applies may be missing */
};
bool search_write_text(const struct search *s, const struct report_style *style, struct buf *b,
                       struct err *err) VW_CHECKED;
bool search_write_json(const struct search *s, struct buf *b, struct err *err) VW_CHECKED;

/* ---- db diff: vulnward.diff/1 ---- */

/* What happened to a record, or to a prediction or the catalogue's entry of a CVE. */
enum diff_kind {
    DIFF_NEW,        /* no record had this id */
    DIFF_REMOVED,    /* no record has it any more */
    DIFF_STATEMENT,  /* one more source or part has a record of this id */
    DIFF_WITHDRAWN,  /* one source or part has none any more */
    DIFF_REJECTED,   /* rejected or withdrawn */
    DIFF_REINSTATED, /* no longer so */
    DIFF_RANGE,      /* what is affected */
    DIFF_SCORE,
    DIFF_STATUS, /* the source's word for it */
    DIFF_OTHER,  /* text, references, dates and other facts */
    DIFF_KEV_ENTERED,
    DIFF_KEV_LEFT,
    DIFF_EPSS,
    DIFF_KINDS
};
struct diff_change {
    enum diff_kind kind;
    struct str id, source;
    struct str before, after; /* scores, states; empty where there is nothing to say */
    int rank;                 /* larger is shown earlier */
    enum severity severity;   /* of what is new */
    struct cvss cvss;
    struct str title;
    uint32_t record; /* of the newer database, whose title this is; 0: none */
};
struct diff_source {
    struct str name;
    uint64_t before, after, added, removed, changed;
};
struct diff {
    const struct database_info *before, *after;
    VEC(struct diff_source) sources; /* by name */
    VEC(struct diff_change) changes; /* by kind, rank, id, source */
    uint64_t counts[DIFF_KINDS];
    bool kev_compared, epss_compared; /* both databases have the catalogue */
    uint32_t epss_change;             /* from which change on, in hundred-thousandths */
    uint64_t limit;                   /* of each kind, for people; 0: all */
};
const char *diff_kind_name(enum diff_kind k); /* "new", "range" ... */
bool diff_write_text(const struct diff *d, const struct report_style *style, struct buf *b,
                     struct err *err) VW_CHECKED;
bool diff_write_json(const struct diff *d, struct buf *b, struct err *err) VW_CHECKED;

#endif
