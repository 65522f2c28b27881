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
#include "model/cvss.h"
#include "version/version.h"

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

/* ---- statements in lists of versions: CVE List `affected`, OSV `affected` ---- */

enum affected_status { STATUS_UNKNOWN, STATUS_AFFECTED, STATUS_UNAFFECTED, AFFECTED_STATUSES };
const char *affected_status_name(enum affected_status s); /* "unknown", "affected", "unaffected" */

/*
 * A CVE id as a number that orders as ids do: by year, then number. 0 for what is no CVE id of the
 * years 1990 to 2053.
 */
uint64_t vuln_key(struct str id);
#define VULN_KEY_BITS 34 /* of the number within a year */

/* How the versions of a range compare. */
enum range_order {
    RANGE_ORDERED, /* by `scheme` */
    RANGE_EXACT,   /* their order is not known: a version is only equal or not */
    RANGE_COMMITS, /* not versions at all; for show */
    RANGE_ORDERS
};

/*
 * One version (`single`, in `from`), or a range. `from` is inclusive; empty or "0": from the
 * beginning. `to` is exclusive unless `to_including`; empty or "*": without end. An inclusive
 * "6.1.*" ends behind every 6.1.x.
 */
struct version_range {
    enum affected_status status;
    enum range_order order;
    enum version_scheme scheme; /* VERSION_GENERIC: as the component's versions compare */
    bool single, to_including;
    struct str from, to;
};

/* What is affected: a product as CPE has it, or a package of an ecosystem. */
struct affected_name {
    struct cpe cpe;       /* canonical; versions and the rest ANY unless stated */
    struct str ecosystem; /* "PyPI", "Debian:12" as OSV writes it; then the package's name is
                             cpe.attr[CPE_PRODUCT], in the ecosystem's normal form, and nothing
                             else of the CPE is set. Empty: a CPE */
    bool weak; /* made from free text (a CNA's vendor and product), not stated as a CPE */
};

/*
 * One list: a version has the status of the ranges it is in (where they differ, unaffected), in
 * none of them `fallback` (CVE JSON 5 `defaultStatus`). Affected by one list of a record is
 * affected.
 */
struct affected {
    struct str provider; /* who says it: short name of a CNA or ADP ("Linux", "CISA-ADP"); empty:
                            the record's source */
    VEC(struct affected_name) names; /* under which it is looked up; none: for show only */
    enum affected_status fallback;
    bool lossy; /* an affected version could not be read: it may be any that no range has */
    VEC(struct version_range) ranges;
    /* As stated, for show and for who decides by files. */
    struct str vendor, product, package, collection, repo, purl;
    VEC(struct str) program_files, modules, platforms;
};

/* A stakeholder-specific categorization (SSVC, as CISA's ADP gives it). */
struct ssvc {
    struct str exploitation, automatable, technical_impact; /* "none", "yes", "total" ... */
    struct str source;                                      /* "CISA-ADP"; empty: there is none */
};

/* An entry of a catalogue of known exploited vulnerabilities. */
struct kev {
    struct str id;      /* "CVE-2021-44228" */
    struct str source;  /* "kev": CISA's catalogue; else who repeats it ("CISA-ADP") */
    int64_t added, due; /* DATE_NONE when not stated */
    bool ransomware;    /* known to be used in ransomware campaigns */
    struct str vendor, product, name, action, notes; /* may be empty */
};

/* FIRST's exploit prediction, in hundred-thousandths. */
struct epss {
    struct str id;
    uint32_t score, percentile; /* 0..100000 */
};

struct vuln {
    struct str id;               /* "CVE-2024-3094", "GHSA-...", "ALSA-2025:1234" */
    struct str source;           /* "nvd", "cvelist", "osv" */
    struct str part;             /* tells statements of one id in one source apart: OSV's folder and
                                    ecosystems; empty otherwise */
    bool rejected;               /* rejected or withdrawn: never matches */
    int64_t published, modified; /* DATE_NONE when not stated */
    struct str title;            /* one line; may be empty */
    struct str description;      /* English where there is one */
    struct str status;           /* the source's word: "Analyzed", "Awaiting Analysis" ... */
    /* Other ids of the same vulnerability; of the vulnerabilities an advisory is about; what is
     * only related. */
    VEC(struct str) aliases, upstream, related;
    VEC(struct affected) affected;
    VEC(struct kev) kev; /* what the record repeats of such catalogues */
    struct ssvc ssvc;
    /* A severity in words, for when there is no score ("Moderate"): SEVERITY_UNKNOWN: none. */
    enum severity stated_severity;
    VEC(struct str) cwes;
    VEC(struct cvss) cvss;
    VEC(struct reference) references;
    VEC(struct node) nodes;
    VEC(struct criterion) criteria;
    uint32_t
        unreadable; /* statements of this record that could not be used (bad CPE name, bad score) */
};

/*
 * The CVEs a record speaks of: its own id, else those among its aliases, else those among its
 * upstream ids (an advisory's). Its key when that is exactly one CVE; otherwise 0.
 */
uint64_t vuln_single_key(const struct vuln *v);
/* The next of them, from *at = 0 on; false at the end. */
bool vuln_next_cve(const struct vuln *v, size_t *at, struct str *id);

/* The score that decides: newest CVSS version, then primary, then highest. NULL when there is none.
 */
const struct cvss *vuln_decisive_cvss(const struct vuln *v);

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
    /* Catalogues about CVEs: entry by entry, by one thread. */
    bool (*kev)(void *ctx, const struct kev *k, struct err *err);
    bool (*epss)(void *ctx, const struct epss *e, struct err *err);
};

#endif
