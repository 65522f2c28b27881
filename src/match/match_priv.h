/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VULNWARD_MATCH_MATCH_PRIV_H
#define VULNWARD_MATCH_MATCH_PRIV_H

#include "base/buf.h"
#include "base/map.h"
#include "match/match.h"
#include "model/range_text.h"

/* ---- subjects.c ---- */

/* Groups components and identifies them; `s` answers whether a name is a product at all. */
bool subjects_make(struct store *s, struct arena *a, struct report *r, struct err *err) VW_CHECKED;

/* ---- packages.c ---- */

/* Adds what the component is as a package of the ecosystems the database knows. */
bool packages_of(const struct store_ecosystems *known, struct arena *a, const struct component *c,
                 struct ecosystem_packages *out, struct err *err) VW_CHECKED;

/* ---- applies.c ---- */

/*
 * What a subject is compared as. `base` and `update` split a version such as 9.3p1 or 1.0.2-beta1
 * the way the NVD writes it (version 9.3, update p1); update is "-" for a plain release.
 */
struct target {
    struct str version, base, update;
    char room[512]; /* for `version`: a target stays where it was made */
    enum version_scheme scheme;
    bool no_epoch;    /* compared without the epoch of a bound */
    bool any_release; /* the release of its distribution is not known */
    bool package;     /* compared as a package of an ecosystem: exactly as its version is written */
    enum platform platform; /* what the device runs; target_init says Linux */
    const struct subject *subject;
    const struct cpe *cpe; /* the CPE the inventory stated for this product, or NULL */
};
void target_init(struct target *t, const struct subject *subject, const struct cpe *cpe);
/* As a package of an ecosystem. */
void target_init_package(struct target *t, const struct subject *subject,
                         const struct ecosystem_package *p);

/* Why a criterion does or does not cover a target. */
enum verdict { NO, YES, YES_UNDECIDED /* covers it if an attribute nobody knows is right */ };
bool is_commit(struct str bound); /* a commit where a version should stand: has no order */
enum verdict criterion_covers(const struct criterion *c, const struct target *t);

/* Three-valued logic of applicability. */
enum truth { FALSE_, UNKNOWN_, TRUE_ };

/* The whole device, to decide platforms. */
struct device {
    const struct report *report;
    struct map products; /* "vendor:product" -> index of the first subject that has it */
};
bool device_init(struct device *d, const struct report *r, struct err *err) VW_CHECKED;
void device_free(struct device *d);
/*
 * Does the record's structure make the target vulnerable? Sets *matched to a criterion that covers
 * the target (NULL: none does), and *undecided to one whose truth is not known but matters.
 */
bool structure_applies(const struct vuln *v, const struct target *t, const struct device *d,
                       struct arena *scratch, const struct criterion **matched,
                       const struct criterion **undecided, enum truth *truth,
                       struct err *err) VW_CHECKED;

/* Attributes other than product and version; part of criterion_covers. */
enum verdict name_covers(const struct criterion *c, const struct target *t);
/* Does the version (and update) of a criterion cover the target's? */
bool version_covers(const struct criterion *c, const struct target *t);

/* ---- lists.c ---- */

/* What a version list says of a target. */
struct list_answer {
    enum verdict verdict;
    bool vague;                 /* yes only because the list states no versions */
    struct version_range range; /* the range that decided; from and to empty: none did */
    bool has_range;
    enum affected_status status;
};
/* False when the list can not be decoded. */
bool list_decides(const struct store_list *list, const struct target *t, struct list_answer *out);
/* Adds the text of what decided: ">= 6.1, < 6.1.78", "every version". */
void list_text(const struct list_answer *answer, struct buf *b);

/* ---- platforms.c ---- */

/* What does a target_sw attribute say of a system package on this platform? */
enum target_sw { TARGET_SW_THIS, TARGET_SW_OTHER, TARGET_SW_UNCLEAR };
enum target_sw target_sw_class(struct str value, enum platform platform);
/* Is this operating system, named by a criterion, what the device runs? */
enum truth platform_runs(enum platform platform, const struct criterion *c);

#endif
