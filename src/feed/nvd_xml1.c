/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVD XML 1.2, and 1.1 and 1.0 before it (schema nvdcve.xsd):
 *
 *     <nvd nvd_xml_version="1.2" pub_date="2012-12-26">
 *       <entry type="CVE" name="CVE-2012-0027" published="2012-01-05" modified="2012-10-23"
 *              severity="Medium" CVSS_version="2.0" CVSS_score="5.0"
 *              CVSS_vector="(AV:N/AC:L/Au:N/C:N/I:N/A:P)">
 *         <desc><descript source="cve">...</descript></desc>
 *         <refs><ref source="CONFIRM" url="http://..." adv="1" patch="1">...</ref></refs>
 *         <vuln_soft>
 *           <prod vendor="openssl" name="openssl">
 *             <vers num="1.0.0" edition="beta1"/>
 *             <vers num="1.0.0e" prev="1"/>
 *           </prod>
 *         </vuln_soft>
 *       </entry>
 *     </nvd>
 *
 * `vuln_soft` lists alternatives. A product has no CPE part here: it is ANY. `num=""` is any
 * version, `prev="1"` this one and all before it, `edition` is update[:edition[:language]] of the
 * CPE name.
 */
#include "feed/nvd_xml_priv.h"

#include "base/banned.h"

enum { S_DESC = NVD_XML_OWN, S_REFS, S_SOFTWARE, S_PRODUCT };

/* One entry. */
struct xml1 {
    struct str vendor, product; /* of the <prod> that is open */
    bool unnamed;               /* it lacks one of them */
    size_t versions;            /* stated by it */
    bool from_cve;              /* the <descript> that is open is the CVE's own */
    bool has_cve;
};

static bool take_cvss(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    struct str score = xml_attr(attrs, "CVSS_base_score"), vector = xml_attr(attrs, "CVSS_vector");
    struct str source = STR("nvd@nist.gov"), rest;
    double value;
    if (!score.p)
        score = xml_attr(attrs, "CVSS_score");
    if (!score.p)
        return true;
    if (!nvd_xml_take_score(score, &value, err))
        return false;
    /* "(AV:N/...)", with " (approximated)" behind it when it was made from a version 1 score. */
    if (str_find(vector, '(') != STR_NPOS)
        (void)str_split(str_from(vector, str_find(vector, '(') + 1), ')', &vector, &rest);
    /* NVD rates versions 1 and 2 alike; without this score the entry would have no severity. */
    if (str_starts(xml_attr(attrs, "CVSS_version"), STR("1"))) {
        vector = (struct str){0};
        source = STR("nvd@nist.gov (CVSS 1.0)");
    }
    return nvd_xml_dup(x, vector, &vector, err) &&
           nvd_add_cvss(x->a, &x->v, STR("2.0"), value, vector, source, true, err);
}

static bool begin(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    struct xml1 *e = x->ctx;
    *e = (struct xml1){0};
    return nvd_xml_take_id(x, xml_attr(attrs, "name"), err) &&
           nvd_xml_take_date(xml_attr(attrs, "published"), &x->v.published, err) &&
           nvd_xml_take_date(xml_attr(attrs, "modified"), &x->v.modified, err) &&
           nvd_xml_take_bool(xml_attr(attrs, "reject"), &x->v.rejected, err) &&
           take_cvss(x, attrs, err);
}

static bool finish(struct nvd_xml *x, struct err *err)
{
    (void)err;
    x->v.rejected = x->v.rejected || nvd_says_rejected(x->v.description);
    return true;
}

static bool open_descript(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    struct xml1 *e = x->ctx;
    (void)err;
    e->from_cve = str_eq(xml_attr(attrs, "source"), STR("cve"));
    return true;
}

/* NVD's own notes come beside the CVE's text; the CVE's is the description, whatever the order. */
static bool close_descript(struct nvd_xml *x, struct str text, struct err *err)
{
    struct xml1 *e = x->ctx;
    if (x->v.description.n && !(e->from_cve && !e->has_cve))
        return true;
    e->has_cve = e->from_cve;
    return nvd_xml_dup(x, text, &x->v.description, err);
}

static bool open_ref(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    static const struct {
        const char *attr, *tag;
    } marks[] = {{"patch", "Patch"}, {"adv", "Vendor Advisory"}, {"sig", "Signature"}};
    struct str url = xml_attr(attrs, "url");
    if (!url.n) {
        x->v.unreadable++;
        return true;
    }
    if (!nvd_xml_dup(x, url, &url, err) || !nvd_add_reference(x->a, &x->v, url, NULL, err))
        return false;
    struct str *tags = &x->v.references.v[x->v.references.n - 1].tags;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        bool set;
        if (!nvd_xml_take_bool(xml_attr(attrs, marks[i].attr), &set, err))
            return false;
        if (set && !arena_printf(x->a, tags, err, "%.*s%s%s", STR_ARG(*tags), tags->n ? ", " : "",
                                 marks[i].tag))
            return false;
    }
    return true;
}

static bool open_product(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    struct xml1 *e = x->ctx;
    e->versions = 0;
    if (!nvd_xml_dup(x, xml_attr(attrs, "vendor"), &e->vendor, err) ||
        !nvd_xml_dup(x, xml_attr(attrs, "name"), &e->product, err))
        return false;
    /* A name without them would fit everything. */
    e->unnamed = !e->vendor.n || !e->product.n;
    x->v.unreadable += e->unnamed;
    return true;
}

/*
 * One component of a CPE URI (NISTIR 7695 section 6.1.2). The feed writes values as in a URI, but
 * not always with the percent codes, so those are kept and the rest is encoded.
 */
static void put_component(struct buf *b, struct str value, const char *plain)
{
    buf_char(b, ':');
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        bool code = c == '%' && i + 2 < value.n && char_is_hex(value.p[i + 1]) &&
                    char_is_hex(value.p[i + 2]);
        if (char_is_alnum(c) || code || strchr(plain, c))
            buf_char(b, c);
        else if (c == ' ')
            buf_char(b, '_');
        else
            buf_f(b, "%%%02x", (unsigned)(unsigned char)c);
    }
}

static bool add_version(struct nvd_xml *x, struct str num, struct str edition, bool previous,
                        struct err *err)
{
    struct xml1 *e = x->ctx;
    struct buf b = {0};
    struct criterion *c = NULL;
    uint32_t node;
    struct str update, rest;
    bool bounded = previous && num.n && !str_eq(num, STR("-"));
    if (!x->v.nodes.n && !nvd_add_node(x->a, &x->v, false, false, NODE_NO_PARENT, &node, err))
        return false;
    (void)str_split(edition, ':', &update, &rest);
    buf_c(&b, "cpe:/"); /* and no part: ANY */
    put_component(&b, e->vendor, "._-");
    put_component(&b, e->product, "._-");
    put_component(&b, previous ? STR("") : num, "._-");
    /* The update belongs to `num`: those before it have others. */
    put_component(&b, previous ? STR("") : update, "._-");
    if (rest.n)
        put_component(&b, rest, "._-~:");
    bool ok = !b.error || err_memory(err);
    ok = ok && nvd_add_criterion(x->a, &x->v, buf_view(&b), true, &c, err);
    buf_free(&b);
    if (ok && c && bounded)
        ok = nvd_xml_dup(x, num, &c->end_including, err);
    return ok;
}

static bool open_version(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    struct xml1 *e = x->ctx;
    bool previous;
    e->versions++;
    if (e->unnamed)
        return true;
    return nvd_xml_take_bool(xml_attr(attrs, "prev"), &previous, err) &&
           add_version(x, str_trim(xml_attr(attrs, "num")), str_trim(xml_attr(attrs, "edition")),
                       previous, err);
}

/* A product without versions: all of them. */
static bool close_product(struct nvd_xml *x, struct str text, struct err *err)
{
    struct xml1 *e = x->ctx;
    (void)text;
    return e->versions || e->unnamed || add_version(x, STR(""), STR(""), false, err);
}

static const struct nvd_xml_rule rules[] = {
    NVD_XML_FRAME,
    {NVD_XML_ENTRY, "desc", S_DESC, 0, NULL, NULL},
    {S_DESC, "descript", NVD_XML_LEAF, 0, open_descript, close_descript},
    {NVD_XML_ENTRY, "refs", S_REFS, 0, NULL, NULL},
    {S_REFS, "ref", NVD_XML_LEAF, 0, open_ref, NULL},
    {NVD_XML_ENTRY, "vuln_soft", S_SOFTWARE, 0, NULL, NULL},
    {S_SOFTWARE, "prod", S_PRODUCT, 0, open_product, close_product},
    {S_SOFTWARE, NULL, NVD_XML_LEAF, 0, nvd_xml_open_unknown, NULL},
    {S_PRODUCT, "vers", NVD_XML_LEAF, 0, open_version, NULL},
    {S_PRODUCT, NULL, NVD_XML_LEAF, 0, nvd_xml_open_unknown, NULL},
};

static const struct nvd_xml_format format = {'1', rules, sizeof rules / sizeof rules[0], begin,
                                             finish};

static int probe(struct str head)
{
    return nvd_xml_probe(head, '1');
}

static bool read(struct stream *in, struct arena *a, struct feed_out *out, struct feed_info *info,
                 struct err *err)
{
    struct xml1 entry = {0};
    return nvd_xml_read(&format, &entry, in, a, out, info, err);
}

const struct feed_format feed_nvd_xml1 = {
    .name = "nvd-xml-1.2",
    .source = "nvd",
    .summary = "NVD XML feeds 1.2, 1.1 and 1.0 (archives; retired in 2019)",
    .probe = probe,
    .read = read,
};
