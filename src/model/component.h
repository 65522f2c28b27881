/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is installed. Components and inventories live in the `run` arena; their views may point into
 * the input they were read from, which lives as long.
 */
#ifndef VULNWARD_MODEL_COMPONENT_H
#define VULNWARD_MODEL_COMPONENT_H

#include "base/io.h"
#include "base/vec.h"
#include "version/version.h"

struct component {
    struct str name;        /* of the package, as stated */
    struct str version;     /* what upstream calls it: no epoch, release or revision */
    struct str raw_version; /* as stated */
    struct str epoch;       /* "1" of "1:237"; empty when not stated */
    struct str release;     /* "r0.0", "30.el8"; empty when not stated */
    struct str revision;    /* "git0+aca4eca103": what stood behind the upstream version */
    struct str arch;
    struct str vendor; /* supplier as stated; not a CPE vendor */
    struct str source; /* source package or recipe; empty when not stated */
    struct str
        source_version; /* upstream version of the source package, where it differs; else empty */
    struct str purl;
    VEC(struct str) cpes;       /* CPE names as stated */
    enum version_scheme scheme; /* of raw_version */
    struct str file;            /* the file in an inventory of several; empty otherwise */
    size_t line;                /* where it was read; 0 when the format has no lines */
};

/* What could not be taken from an inventory, kept so that every report can show it. */
struct skipped {
    size_t line; /* 0 when the format has no lines */
    struct str text, why;
    bool note; /* skipped on purpose (gpg-pubkey): shown, but no loss */
};

/* What kind of system the inventory is of, as far as its format tells. */
enum platform { PLATFORM_UNKNOWN, PLATFORM_LINUX, PLATFORM_WINDOWS };

const char *platform_name(enum platform p); /* "unknown", "linux", "windows" */

struct inventory {
    struct arena *arena;
    struct str path;
    const char *format; /* name of the reader */
    char sha256[SHA256_HEX];
    enum platform platform;
    bool platform_assumed; /* neither its format nor the user said so */
    VEC(struct component) components;
    VEC(struct skipped) skipped; /* the first LIMIT_SKIPPED_LISTED entries and as many notes */
    size_t n_skipped, n_notes;   /* all of them, also those not listed */
};

/*
 * Adds a component with the line it was read from; the caller fills it. NULL with err set when out
 * of memory or over LIMIT_COMPONENTS. The address is valid until the next call.
 */
struct component *inventory_add(struct inventory *inv, size_t line, struct err *err) VW_CHECKED;
/* Takes the last added component back. */
void inventory_drop_last(struct inventory *inv);
/* Lists an entry that could not be taken, and why. `text` is cut for show; both are copied. */
bool inventory_skip(struct inventory *inv, size_t line, struct str text, const char *why,
                    struct err *err) VW_CHECKED;
/* Lists an entry that was left out on purpose. */
bool inventory_note(struct inventory *inv, size_t line, struct str text, const char *why,
                    struct err *err) VW_CHECKED;
/*
 * Checks name and version of the last added component (not empty, within limits, no control
 * characters). When they are no good it is dropped and listed as skipped with `text`.
 */
bool inventory_check_last(struct inventory *inv, struct str text, struct err *err) VW_CHECKED;

/*
 * Splits a package version as distributions write it, `[epoch:]upstream[+revision][-release]`, into
 * the component's fields, raw_version too. With `has_release` false a hyphen is part of the
 * upstream version. "+git…", "+svn…", "+hg…", "+bzr…", "+dfsg…", "+ds…", "+deb…" go to `revision`;
 * "2.0+really1.9" is version 1.9.
 */
void component_set_version(struct component *c, struct str raw, bool has_release);

#endif
