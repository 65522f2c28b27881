/* SPDX-License-Identifier: Apache-2.0 */
/* What the two XML formats of the NVD share: the walk through the document, entry by entry. */
#ifndef VULNWARD_FEED_NVD_XML_PRIV_H
#define VULNWARD_FEED_NVD_XML_PRIV_H

#include "codec/xml_read.h"
#include "feed/nvd_priv.h"

/* Where in the document; a format numbers its own states from NVD_XML_OWN. */
enum { NVD_XML_DOCUMENT, NVD_XML_ROOT, NVD_XML_ENTRY, NVD_XML_LEAF, NVD_XML_OWN };

struct nvd_xml;

/* In state `from`, `element` leads to `to`. What no rule fits is passed over with all in it. */
struct nvd_xml_rule {
    unsigned from;
    const char *element; /* NULL, after the others of its state: any other */
    unsigned to;
    unsigned arg; /* for the two functions, as x->arg */
    bool (*open)(struct nvd_xml *x, struct xml_attrs attrs, struct err *err);
    bool (*close)(struct nvd_xml *x, struct str text, struct err *err);
};

struct nvd_xml_format {
    char major; /* nvd_xml_version starts with it */
    const struct nvd_xml_rule *rules;
    size_t n_rules;
    /* An entry starts: takes the id, clears x->ctx. It ends: completes x->v, to be delivered. */
    bool (*begin)(struct nvd_xml *x, struct xml_attrs attrs, struct err *err);
    bool (*finish)(struct nvd_xml *x, struct err *err);
};

struct nvd_xml {
    const struct nvd_xml_format *format;
    void *ctx; /* the format's own, of one entry */
    struct xml_reader *xml;
    struct arena *a; /* record arena */
    struct feed_out *out;
    struct feed_info *info;
    struct vuln v;
    bool in_entry;
    size_t entry_bytes; /* fed since the entry began, to the size of a chunk */
    unsigned arg;
    const struct nvd_xml_rule *at[LIMIT_DEPTH];
    size_t depth, skipping; /* elements open: known ones, and unknown ones inside them */
};

/* Rules every table starts with. */
#define NVD_XML_FRAME                                                                              \
    {NVD_XML_DOCUMENT, "nvd", NVD_XML_ROOT, 0, nvd_xml_open_root, NULL},                           \
    {                                                                                              \
        NVD_XML_ROOT, "entry", NVD_XML_ENTRY, 0, nvd_xml_open_entry, nvd_xml_close_entry           \
    }
bool nvd_xml_open_root(struct nvd_xml *x, struct xml_attrs attrs, struct err *err) VW_CHECKED;
bool nvd_xml_open_entry(struct nvd_xml *x, struct xml_attrs attrs, struct err *err) VW_CHECKED;
bool nvd_xml_close_entry(struct nvd_xml *x, struct str text, struct err *err) VW_CHECKED;
/* For a place where everything counts: what is not known there is counted as unreadable. */
bool nvd_xml_open_unknown(struct nvd_xml *x, struct xml_attrs attrs, struct err *err) VW_CHECKED;

/* 90 when the head has <nvd nvd_xml_version="MAJOR...">, else 0. */
int nvd_xml_probe(struct str head, char major);
/* struct feed_format.read of both. */
bool nvd_xml_read(const struct nvd_xml_format *format, void *ctx, struct stream *in,
                  struct arena *a, struct feed_out *out, struct feed_info *info,
                  struct err *err) VW_CHECKED;

/* Copies into the record arena, without blanks around. */
bool nvd_xml_dup(struct nvd_xml *x, struct str text, struct str *out, struct err *err) VW_CHECKED;
/* nvd_take_id and nvd_take_date of something that goes away with the event. */
bool nvd_xml_take_id(struct nvd_xml *x, struct str id, struct err *err) VW_CHECKED;
bool nvd_xml_take_date(struct str text, int64_t *out, struct err *err) VW_CHECKED;
/* A base score, "0" to "10.0"; an error when it is none. */
bool nvd_xml_take_score(struct str text, double *out, struct err *err) VW_CHECKED;
/* A boolean of XML Schema, false when absent; an error when it is none. */
bool nvd_xml_take_bool(struct str text, bool *out, struct err *err) VW_CHECKED;

#endif
