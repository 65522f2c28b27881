/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known: one record of one source. Made by a feed importer in the `record` arena, taken by
 * a sink, which keeps nothing of it but copies.
 */
#ifndef VULNWARD_MODEL_VULN_H
#define VULNWARD_MODEL_VULN_H

#include "base/date.h"
#include "base/vec.h"
#include "identity/cpe.h"

/* CVSS versions, oldest first: a newer one wins when severity is decided. */
enum cvss_version { CVSS_NONE, CVSS_2, CVSS_3_0, CVSS_3_1, CVSS_4_0, CVSS_VERSIONS };
const char *cvss_version_name(enum cvss_version v); /* "2.0" ... "4.0", "" */

struct cvss {
    enum cvss_version version;
    unsigned tenths; /* base score times ten, 0..100 */
    struct str vector, source;
    bool primary; /* the source's own analysis, not a second opinion */
};

struct reference {
    struct str url;
    struct str tags; /* joined by ", " */
};

/*
 * One CPE match criterion: a name pattern, and bounds when its version is ANY. A bound is empty
 * when there is none. Of each pair at most one is set in sane data; both are checked when both are.
 */
struct criterion {
    struct cpe cpe;
    bool vulnerable; /* false: only the platform the vulnerable thing runs on */
    struct str start_including, start_excluding, end_including, end_excluding;
};

/*
 * Applicability is a forest in preorder: roots are alternatives (any one suffices), a node joins
 * its criteria and child nodes by AND or OR, and may be negated.
 */
#define NODE_NO_PARENT UINT32_MAX
struct node {
    bool and_; /* else OR */
    bool negate;
    bool lossy;            /* had a criterion that could not be read: it may say anything */
    uint32_t parent;       /* index of the parent, which stands before; NODE_NO_PARENT for a root */
    uint32_t first, count; /* criteria of this node itself */
};

struct vuln {
    struct str id;               /* "CVE-2024-3094" */
    struct str source;           /* "nvd" */
    bool rejected;               /* never matches */
    int64_t published, modified; /* DATE_NONE when not stated */
    struct str description;      /* English where there is one */
    struct str status;           /* the source's word: "Analyzed", "Awaiting Analysis" ... */
    VEC(struct str) cwes;
    VEC(struct cvss) cvss;
    VEC(struct reference) references;
    VEC(struct node) nodes;
    VEC(struct criterion) criteria;
    uint32_t
        unreadable; /* statements of this record that could not be used (bad CPE name, bad score) */
};

/* The score that decides: newest CVSS version, then primary, then highest. NULL when there is none.
 */
const struct cvss *vuln_decisive_cvss(const struct vuln *v);

enum severity {
    SEVERITY_UNKNOWN,
    SEVERITY_NONE,
    SEVERITY_LOW,
    SEVERITY_MEDIUM,
    SEVERITY_HIGH,
    SEVERITY_CRITICAL,
    SEVERITIES
};
const char *severity_name(enum severity s); /* "unknown", "none", "low" ... */
/* The CVSS specification's rating scale for this version; version 2 (NVD scale) has no critical. */
enum severity severity_of(enum cvss_version v, unsigned tenths);

/*
 * Where importers deliver. Records are collected in batches, so that several threads can parse and
 * encode at once while the order of what is stored stays that of the feed:
 * new -> add ... -> seal (in parallel, a batch belongs to one thread) -> commit (one at a time, in
 * the order of the feed; the batch is empty afterwards and can be filled again) -> free.
 * Each copies what it wants; false stops the import with err set.
 */
struct vuln_sink {
    void *ctx;
    void *(*batch_new)(void *ctx, struct err *err);
    bool (*batch_add)(void *batch, const struct vuln *v, struct err *err);
    bool (*batch_seal)(void *batch, struct err *err);
    bool (*batch_commit)(void *ctx, void *batch, struct err *err);
    void (*batch_free)(void *batch); /* NULL is fine */
};

#endif
