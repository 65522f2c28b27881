/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Component x vulnerability: what matching found, what triage decided about it, and everything a
 * report says of it. All in the `run` arena.
 */
#ifndef VULNWARD_MODEL_FINDING_H
#define VULNWARD_MODEL_FINDING_H

#include "identity/ecosystem.h"
#include "model/component.h"
#include "model/vuln.h"

/* VEX status, in the words of CISA's minimum requirements for VEX. */
enum vex_status {
    VEX_AFFECTED,
    VEX_NOT_AFFECTED,
    VEX_FIXED,
    VEX_UNDER_INVESTIGATION,
    VEX_STATUSES
};
const char *vex_status_name(enum vex_status s); /* "affected" ... */

/* How a component was identified, strongest first. */
enum identified_by {
    IDENTIFIED_CPE,
    IDENTIFIED_PURL,
    IDENTIFIED_TABLE,
    IDENTIFIED_NAME,
    IDENTIFIED_NONE,
    IDENTIFIED_KINDS
};
const char *identified_by_name(enum identified_by i); /* "cpe" ... "none" */

/* A package as an ecosystem's advisories name it. */
struct ecosystem_package {
    const struct ecosystem *ecosystem;
    struct str release; /* "12" of Debian:12; empty: not known or without releases */
    struct str name;    /* normal form */
    struct str version; /* as advisories compare it: of a distribution with epoch and release */
    bool no_epoch;      /* rpm lists mostly leave the epoch out: it is not compared then */
};

struct ecosystem_packages {
    struct ecosystem_package *v;
    size_t n, cap;
};

/*
 * Packages that are one thing: sub-packages of one recipe in one version, with the same products.
 * Every component of an inventory is in exactly one subject; findings are about subjects.
 */
struct subject {
    struct str ref;     /* unique in the run: "openssl@3.1.4", with "#2" behind it when needed */
    struct str name;    /* what to call it: the recipe, or the shortest package name */
    struct str version; /* upstream version */
    uint32_t inventory; /* index */
    VEC(uint32_t) packages;   /* indices of components in that inventory */
    VEC(struct str) products; /* "vendor:product"; vendor "*" when only the name is known */
    struct ecosystem_packages in_ecosystem; /* of all its packages, each once */
    enum identified_by identified_by;
    struct str identified_why; /* "data/products.tsv: libcrypto*", "package name, any vendor" */
    struct str
        ecosystem;     /* target_sw of the packages' language ("python"); empty: a system package */
    bool no_product;   /* known to have no product of its own: identified, nothing to match */
    bool uncomparable; /* the version has no number to compare: listed, never silently clean */
};

/* What one statement of a source says of the component, in words. */
struct evidence {
    struct str source;    /* "nvd", "cvelist", "osv" */
    struct str provider;  /* who says it within the source ("Linux", "CISA-ADP"); may be empty */
    struct str record;    /* id of the record, where it is not the finding's */
    bool against;         /* it says that this version is not affected: the sources disagree */
    struct str criterion; /* CPE formatted string, or "ecosystem:package" */
    struct str range;     /* ">= 1.0, < 1.2.3", "= 3.1.4", "any version" */
    struct str note;      /* "platform not decided: cpe:..."; empty when there is nothing to add */
};

struct finding {
    struct str id;
    uint64_t key; /* vuln_key of it; 0: no CVE */
    VEC(struct str) aliases;
    uint32_t subject; /* index in run->subjects */
    enum vex_status status;
    struct str justification, reason, decided_by; /* decided_by: "match", "ignored_cves.txt:12" */
    enum severity severity;
    struct cvss cvss; /* version CVSS_NONE when there is no score */
    int64_t published, modified;
    VEC(struct str) cwes;
    VEC(struct str) fixed_in;
    VEC(struct evidence) evidence;
    const struct kev *kev;            /* known to be exploited; NULL */
    struct epss epss;                 /* id empty: there is none */
    struct str description;           /* loaded only when a writer asks for details */
    VEC(struct reference) references; /* likewise */
    uint32_t record;                  /* the store's number of the record its facts are from */
    bool fails;                       /* trips the gate */
};

/* One source of the database, as reports show it. */
struct source_info {
    struct str name, kind; /* "nvd", "nvd-json-2.0" */
    uint64_t records;
    int64_t published, fetched; /* of the newest feed; when it was imported */
    int64_t confirmed; /* when its publisher last said that there is nothing newer; DATE_NONE */
};

/*
 * How old a source's data are at `now`, in milliseconds (0 for data of the future); false when that
 * is not known. Counted from their own date; of a source whose publisher changes nothing for days,
 * from the last time it said so where that is later (docs/FRESHNESS.md). When it was imported says
 * nothing: old data imported today are old data.
 */
bool source_age(const struct source_info *s, int64_t now, int64_t *ms);

struct database_info {
    struct str path;
    int64_t built;
    uint64_t serial;   /* grows with every import; 0: made before databases had one */
    struct str sha256; /* digest of what was imported: see docs/formats/database.md */
    uint64_t records;
    uint64_t
        unreadable; /* statements of the feeds that could not be used: bad CPE names, bad scores */
    VEC(struct source_info) sources;
};

/* A rule of an ignore list that matched no finding. */
struct unused_rule {
    struct str file;
    size_t line;
    struct str id, reason;
};

struct summary {
    size_t components, identified, unidentified, skipped, affected, ignored, failing, uncomparable;
    size_t by_severity[SEVERITIES]; /* of findings with status affected */
};

/* Everything a report is made from. Reports only read it. */
struct report {
    int64_t generated;
    struct database_info database;
    VEC(struct inventory) inventories;
    VEC(struct subject) subjects; /* sorted by inventory, name, version */
    VEC(struct finding) findings; /* sorted by subject, then id (by number) */
    VEC(struct unused_rule) unused_rules;
    struct summary summary;
    struct str gate; /* "cvss>=3.0", "any", "none" */
    int exit_status;
    VEC(struct str) why; /* why that exit status */
};

#endif
