/* SPDX-License-Identifier: Apache-2.0 */
/* match.c finds what records say of a subject; findings.c makes findings of it. */
#ifndef VULNWARD_MATCH_FINDINGS_PRIV_H
#define VULNWARD_MATCH_FINDINGS_PRIV_H

#include "match/match_priv.h"

/* What a record says of a subject, before it is a finding. */
struct hit {
    uint64_t key; /* of the CVE; 0: `id` tells what it is about */
    struct str id;
    uint32_t record;
    bool alone;                  /* else the structure decides */
    bool list;                   /* `raw` is a version list, not a criterion */
    bool package;                /* `vendor` is an ecosystem */
    bool against;                /* it says that this version is not affected */
    bool vague;                  /* covers only because it states no versions */
    bool undecided;              /* covers if an unknown attribute is right */
    const struct target *target; /* what was compared */
    struct str vendor, product;  /* of the criterion that covers ... */
    struct store_record *loaded; /* shared by all hits of a record about several; or NULL */
    struct str raw; /* ... and the rest of it, undecoded: most hits are many and alike */
};

struct findings {
    struct finding *v;
    size_t n, cap;
};

/* One of those that share the work: each takes the vulnerabilities of its part of all numbers. */
struct matcher {
    struct store *store;
    struct arena *arena;
    struct arena scratch;
    const struct match_options *opt;
    const struct report *report;
    const struct device *device;
    unsigned part, parts;
    VEC(struct hit) hits; /* of the subject at hand; in the arena */
    struct findings findings;
    bool several; /* sources, which may disagree */
    bool has_kev, has_epss;
    struct cpe last_cpe; /* whose text is last_name: criteria of a product are mostly alike */
    struct str last_name;
    struct map seen; /* what the finding at hand has already, where that is much */
    struct buf text; /* for names on their way into the arena */
};

/* Ids that are one vulnerability, as aliases say (twins.c). */
struct twins {
    VEC(struct str) ids;
    struct str least; /* the first of them in order */
};
bool find_twins(struct matcher *m, const struct vuln *v, struct twins *t,
                struct err *err) VW_CHECKED;

/* Adds the findings of a subject that are of the matcher's part (match.c). */
bool match_subject(struct matcher *m, uint32_t index, struct err *err) VW_CHECKED;

/*
 * What is said of one vulnerability and one subject, by whichever records (they follow each other),
 * becomes a finding when one of them says affected.
 */
bool make_finding(struct matcher *m, uint32_t subject, const struct hit *hits, size_t n,
                  struct err *err) VW_CHECKED;

#endif
