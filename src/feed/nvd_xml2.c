/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVD XML 2.0 (nvd-cve-feed_2.0.xsd, with vulnerability_0.4, cvss-v2_0.2 and CPE Language 2.0):
 *
 *     <nvd nvd_xml_version="2.0" pub_date="2012-12-26T03:00:00">
 *       <entry id="CVE-2012-0010">
 *         <vuln:vulnerable-configuration id="http://nvd.nist.gov/">
 *           <cpe-lang:logical-test operator="AND" negate="false">
 *             <cpe-lang:logical-test operator="OR" negate="false">
 *               <cpe-lang:fact-ref name="cpe:/a:microsoft:ie:6"/>
 *             </cpe-lang:logical-test> ...
 *           </cpe-lang:logical-test>
 *         </vuln:vulnerable-configuration>
 *         <vuln:vulnerable-software-list><vuln:product>cpe:/a:microsoft:ie:6</vuln:product></...>
 *         <vuln:published-datetime>2012-02-14T17:55:01.260-05:00</vuln:published-datetime>
 *         <vuln:cvss><cvss:base_metrics><cvss:score>4.3</cvss:score> ...
 *         <vuln:cwe id="CWE-200"/>
 *         <vuln:references reference_type="PATCH"><vuln:reference href="http://...">...
 *         <vuln:summary>...</vuln:summary>
 *       </entry>
 *     </nvd>
 *
 * Configurations are alternatives and say when the entry applies; the software list says which of
 * their names are vulnerable, the others are platforms. What only one of the two has still counts:
 * names of the list that no configuration has are one more alternative, and configurations without
 * a list are vulnerable in all their names. The format has no ranges: each version is a name.
 */
#include "feed/nvd_xml_priv.h"

#include "base/map.h"
#include "base/banned.h"

enum { S_CONFIGURATION = NVD_XML_OWN, S_TEST, S_LIST, S_CVSS, S_METRICS, S_REFERENCES };

/* A CPE name of a configuration; `node` is the logical-test it stands in. */
struct fact {
    struct str name;
    uint32_t node;
    struct cpe cpe;
    bool readable, vulnerable;
};
struct product {
    struct str name;
    struct cpe cpe;
    bool readable, repeated, in_configuration;
};

enum { M_AV, M_AC, M_AU, M_C, M_I, M_A, METRICS };

/* One entry. */
struct xml2 {
    VEC(struct fact) facts;
    VEC(struct product) products;
    uint32_t open[LIMIT_DEPTH]; /* the logical-tests that are open */
    size_t n_open;
    char metrics[METRICS]; /* letters of the vector, 0 when not stated */
    bool has_score;
    double score;
    struct str score_source, tags;
};

/* ---- configurations ---- */

static bool open_test(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    struct xml2 *e = x->ctx;
    bool and_, negate;
    uint32_t parent = e->n_open ? e->open[e->n_open - 1] : NODE_NO_PARENT;
    if (e->n_open == LIMIT_DEPTH) /* the codec stops earlier */
        return err_set(err, ERR_LIMIT, "nested more than %d deep", LIMIT_DEPTH);
    return nvd_take_operator(str_trim(xml_attr(attrs, "operator")), &and_, err) &&
           nvd_xml_take_bool(xml_attr(attrs, "negate"), &negate, err) &&
           nvd_add_node(x->a, &x->v, and_, negate, parent, &e->open[e->n_open++], err);
}

static bool close_test(struct nvd_xml *x, struct str text, struct err *err)
{
    struct xml2 *e = x->ctx;
    (void)text, (void)err;
    uint32_t node = e->open[--e->n_open];
    /* One with nothing in it states nothing that could be used. */
    bool has_fact = e->facts.n && e->facts.v[e->facts.n - 1].node == node;
    x->v.unreadable += !has_fact && node == x->v.nodes.n - 1;
    return true;
}

static bool open_fact(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    struct xml2 *e = x->ctx;
    if (e->facts.n >= LIMIT_CRITERIA)
        return err_set(err, ERR_LIMIT, "more than %zu criteria", LIMIT_CRITERIA);
    struct fact *f = VEC_PUSH(x->a, &e->facts);
    if (!f)
        return err_memory(err);
    f->node = e->open[e->n_open - 1];
    return nvd_xml_dup(x, xml_attr(attrs, "name"), &f->name, err);
}

static bool close_product(struct nvd_xml *x, struct str text, struct err *err)
{
    struct xml2 *e = x->ctx;
    if (e->products.n >= LIMIT_CRITERIA)
        return err_set(err, ERR_LIMIT, "more than %zu criteria", LIMIT_CRITERIA);
    struct product *p = VEC_PUSH(x->a, &e->products);
    return p ? nvd_xml_dup(x, text, &p->name, err) : err_memory(err);
}

/* ---- applicability, when the entry is complete ---- */

static bool parse_name(struct nvd_xml *x, struct str name, struct cpe *cpe, bool *readable,
                       struct err *err)
{
    struct err why = {0};
    *readable = cpe_parse(x->a, name, cpe, &why) && nvd_names_a_product(cpe);
    x->v.unreadable += !*readable;
    return why.code != ERR_MEMORY || err_memory(err);
}

/* The name in one spelling, to look it up by. */
static bool key_of(struct nvd_xml *x, const struct cpe *cpe, struct str *key, struct err *err)
{
    struct buf b = {0};
    cpe_write(&b, cpe);
    bool ok = b.error ? err_memory(err) : arena_dup(x->a, buf_view(&b), key, err);
    buf_free(&b);
    return ok;
}

static bool parse_products(struct nvd_xml *x, struct map *index, struct err *err)
{
    struct xml2 *e = x->ctx;
    struct str key = {0};
    uint64_t at;
    for (size_t i = 0; i < e->products.n; i++) {
        struct product *p = &e->products.v[i];
        if (!parse_name(x, p->name, &p->cpe, &p->readable, err))
            return false;
        if (!p->readable)
            continue;
        if (!key_of(x, &p->cpe, &key, err))
            return false;
        p->repeated = map_get(index, key, &at);
        if (!p->repeated && !map_put(index, key, i, err))
            return false;
    }
    return true;
}

static bool parse_facts(struct nvd_xml *x, const struct map *index, struct err *err)
{
    struct xml2 *e = x->ctx;
    struct str key = {0};
    uint64_t at;
    for (size_t i = 0; i < e->facts.n; i++) {
        struct fact *f = &e->facts.v[i];
        if (!parse_name(x, f->name, &f->cpe, &f->readable, err))
            return false;
        if (!f->readable)
            continue;
        if (!key_of(x, &f->cpe, &key, err))
            return false;
        bool listed = map_get(index, key, &at);
        f->vulnerable = listed || !index->n;
        if (listed)
            e->products.v[at].in_configuration = true;
    }
    return true;
}

/* A logical-test may have names before, between and behind its children; a node, all in a row. */
static bool place_facts(struct nvd_xml *x, struct err *err)
{
    struct xml2 *e = x->ctx;
    struct vuln *v = &x->v;
    uint32_t at = 0;
    for (size_t i = 0; i < e->facts.n; i++)
        if (e->facts.v[i].readable)
            v->nodes.v[e->facts.v[i].node].count++;
        else
            v->nodes.v[e->facts.v[i].node].lossy = true;
    for (size_t i = 0; i < v->nodes.n; i++) {
        v->nodes.v[i].first = at;
        at += v->nodes.v[i].count;
        v->nodes.v[i].count = 0;
    }
    v->criteria.v = at ? arena_array(x->a, at, sizeof *v->criteria.v) : NULL;
    if (at && !v->criteria.v)
        return err_memory(err);
    v->criteria.n = v->criteria.cap = at;
    for (size_t i = 0; i < e->facts.n; i++) {
        const struct fact *f = &e->facts.v[i];
        struct node *n = &v->nodes.v[f->node];
        if (f->readable)
            v->criteria.v[n->first + n->count++] =
                (struct criterion){.cpe = f->cpe, .vulnerable = f->vulnerable};
    }
    return true;
}

/* One more alternative for the products no configuration has. */
static bool add_rest_of_list(struct nvd_xml *x, struct err *err)
{
    struct xml2 *e = x->ctx;
    uint32_t node = NODE_NO_PARENT;
    for (size_t i = 0; i < e->products.n; i++) {
        const struct product *p = &e->products.v[i];
        if (!p->readable || p->repeated || p->in_configuration)
            continue;
        if (node == NODE_NO_PARENT &&
            !nvd_add_node(x->a, &x->v, false, false, NODE_NO_PARENT, &node, err))
            return false;
        if (x->v.criteria.n >= LIMIT_CRITERIA)
            return err_set(err, ERR_LIMIT, "more than %zu criteria", LIMIT_CRITERIA);
        struct criterion *c = VEC_PUSH(x->a, &x->v.criteria);
        if (!c)
            return err_memory(err);
        *c = (struct criterion){.cpe = p->cpe, .vulnerable = true};
        x->v.nodes.v[node].count++;
    }
    return true;
}

static bool begin(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    struct xml2 *e = x->ctx;
    *e = (struct xml2){0};
    return nvd_xml_take_id(x, xml_attr(attrs, "id"), err);
}

static bool finish(struct nvd_xml *x, struct err *err)
{
    struct map index = {0};
    bool ok = parse_products(x, &index, err) && parse_facts(x, &index, err) &&
              place_facts(x, err) && add_rest_of_list(x, err);
    map_free(&index);
    x->v.rejected = nvd_says_rejected(x->v.description);
    return ok;
}

/* ---- the rest of an entry ---- */

static bool close_id(struct nvd_xml *x, struct str text, struct err *err)
{
    text = str_trim(text);
    return str_eq(text, x->v.id) ||
           err_set(err, ERR_INPUT, "cve-id is not the id of the entry: %.*s",
                   STR_ARG(str_first(text, 60)));
}

static bool close_published(struct nvd_xml *x, struct str text, struct err *err)
{
    return nvd_xml_take_date(text, &x->v.published, err);
}

static bool close_modified(struct nvd_xml *x, struct str text, struct err *err)
{
    return nvd_xml_take_date(text, &x->v.modified, err);
}

static bool close_summary(struct nvd_xml *x, struct str text, struct err *err)
{
    return nvd_xml_dup(x, text, &x->v.description, err);
}

static bool open_cwe(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    struct str id;
    return nvd_xml_dup(x, xml_attr(attrs, "id"), &id, err) && nvd_add_cwe(x->a, &x->v, id, err);
}

static bool open_references(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    static const struct {
        struct str type, tag;
    } types[] = {
        {STR_INIT("UNKNOWN"), STR_INIT("")},
        {STR_INIT("PATCH"), STR_INIT("Patch")},
        {STR_INIT("VENDOR_ADVISORY"), STR_INIT("Vendor Advisory")},
    };
    struct xml2 *e = x->ctx;
    struct str type = xml_attr(attrs, "reference_type");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (str_eq(type, types[i].type)) {
            e->tags = types[i].tag;
            return true;
        }
    }
    return nvd_xml_dup(x, type, &e->tags, err);
}

static bool open_reference(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    struct xml2 *e = x->ctx;
    struct str url = xml_attr(attrs, "href");
    if (!url.n) {
        x->v.unreadable++;
        return true;
    }
    if (!nvd_xml_dup(x, url, &url, err) || !nvd_add_reference(x->a, &x->v, url, NULL, err))
        return false;
    x->v.references.v[x->v.references.n - 1].tags = e->tags;
    return true;
}

/* ---- CVSS version 2, a value per element; the vector has their first letters ---- */

static const struct {
    const char *name;
    struct str values[3];
} metrics[METRICS] = {
    [M_AV] = {"AV", {STR_INIT("LOCAL"), STR_INIT("ADJACENT_NETWORK"), STR_INIT("NETWORK")}},
    [M_AC] = {"AC", {STR_INIT("HIGH"), STR_INIT("MEDIUM"), STR_INIT("LOW")}},
    [M_AU] = {"Au",
              {STR_INIT("MULTIPLE_INSTANCES"), STR_INIT("SINGLE_INSTANCE"), STR_INIT("NONE")}},
    [M_C] = {"C", {STR_INIT("NONE"), STR_INIT("PARTIAL"), STR_INIT("COMPLETE")}},
    [M_I] = {"I", {STR_INIT("NONE"), STR_INIT("PARTIAL"), STR_INIT("COMPLETE")}},
    [M_A] = {"A", {STR_INIT("NONE"), STR_INIT("PARTIAL"), STR_INIT("COMPLETE")}},
};

static bool open_metrics(struct nvd_xml *x, struct xml_attrs attrs, struct err *err)
{
    struct xml2 *e = x->ctx;
    (void)attrs, (void)err;
    memset(e->metrics, 0, sizeof e->metrics);
    e->has_score = false;
    e->score_source = (struct str){0};
    return true;
}

static bool close_score(struct nvd_xml *x, struct str text, struct err *err)
{
    struct xml2 *e = x->ctx;
    e->has_score = true;
    return nvd_xml_take_score(text, &e->score, err);
}

static bool close_metric(struct nvd_xml *x, struct str text, struct err *err)
{
    struct xml2 *e = x->ctx;
    (void)err;
    text = str_trim(text);
    for (size_t i = 0; i < 3; i++)
        if (str_eq(text, metrics[x->arg].values[i]))
            e->metrics[x->arg] = text.p[0];
    return true;
}

static bool close_source(struct nvd_xml *x, struct str text, struct err *err)
{
    struct xml2 *e = x->ctx;
    /* One name for the NVD, the one it has in its JSON. */
    if (str_eq(str_trim(text), STR("http://nvd.nist.gov")))
        text = STR("nvd@nist.gov");
    return nvd_xml_dup(x, text, &e->score_source, err);
}

/* A vector that is not complete is left out and counted; the score stands without it. */
static bool close_metrics(struct nvd_xml *x, struct str text, struct err *err)
{
    struct xml2 *e = x->ctx;
    struct str vector = {0};
    size_t n = 0;
    (void)text;
    for (size_t i = 0; i < METRICS; i++)
        n += e->metrics[i] != 0;
    x->v.unreadable += n != METRICS || !e->has_score;
    if (!e->has_score)
        return true;
    for (size_t i = 0; n == METRICS && i < METRICS; i++)
        if (!arena_printf(x->a, &vector, err, "%.*s%s%s:%c", STR_ARG(vector), i ? "/" : "",
                          metrics[i].name, e->metrics[i]))
            return false;
    return nvd_add_cvss(x->a, &x->v, STR("2.0"), e->score, vector, e->score_source, true, err);
}

static const struct nvd_xml_rule rules[] = {
    NVD_XML_FRAME,
    {NVD_XML_ENTRY, "vulnerable-configuration", S_CONFIGURATION, 0, NULL, NULL},
    {S_CONFIGURATION, "logical-test", S_TEST, 0, open_test, close_test},
    {S_CONFIGURATION, NULL, NVD_XML_LEAF, 0, nvd_xml_open_unknown, NULL},
    {S_TEST, "fact-ref", NVD_XML_LEAF, 0, open_fact, NULL},
    {S_TEST, "logical-test", S_TEST, 0, open_test, close_test},
    {S_TEST, NULL, NVD_XML_LEAF, 0, nvd_xml_open_unknown, NULL},
    {NVD_XML_ENTRY, "vulnerable-software-list", S_LIST, 0, NULL, NULL},
    {S_LIST, "product", NVD_XML_LEAF, 0, NULL, close_product},
    {S_LIST, NULL, NVD_XML_LEAF, 0, nvd_xml_open_unknown, NULL},
    {NVD_XML_ENTRY, "cve-id", NVD_XML_LEAF, 0, NULL, close_id},
    {NVD_XML_ENTRY, "published-datetime", NVD_XML_LEAF, 0, NULL, close_published},
    {NVD_XML_ENTRY, "last-modified-datetime", NVD_XML_LEAF, 0, NULL, close_modified},
    {NVD_XML_ENTRY, "cwe", NVD_XML_LEAF, 0, open_cwe, NULL},
    {NVD_XML_ENTRY, "references", S_REFERENCES, 0, open_references, NULL},
    {S_REFERENCES, "reference", NVD_XML_LEAF, 0, open_reference, NULL},
    {NVD_XML_ENTRY, "summary", NVD_XML_LEAF, 0, NULL, close_summary},
    {NVD_XML_ENTRY, "cvss", S_CVSS, 0, NULL, NULL},
    {S_CVSS, "base_metrics", S_METRICS, 0, open_metrics, close_metrics},
    {S_METRICS, "score", NVD_XML_LEAF, 0, NULL, close_score},
    {S_METRICS, "access-vector", NVD_XML_LEAF, M_AV, NULL, close_metric},
    {S_METRICS, "access-complexity", NVD_XML_LEAF, M_AC, NULL, close_metric},
    {S_METRICS, "authentication", NVD_XML_LEAF, M_AU, NULL, close_metric},
    {S_METRICS, "confidentiality-impact", NVD_XML_LEAF, M_C, NULL, close_metric},
    {S_METRICS, "integrity-impact", NVD_XML_LEAF, M_I, NULL, close_metric},
    {S_METRICS, "availability-impact", NVD_XML_LEAF, M_A, NULL, close_metric},
    {S_METRICS, "source", NVD_XML_LEAF, 0, NULL, close_source},
};

static const struct nvd_xml_format format = {'2', rules, sizeof rules / sizeof rules[0], begin,
                                             finish};

static int probe(struct str head)
{
    return nvd_xml_probe(head, '2');
}

static bool read(struct stream *in, struct arena *a, struct feed_out *out, struct feed_info *info,
                 struct err *err)
{
    struct xml2 entry = {0};
    return nvd_xml_read(&format, &entry, in, a, out, info, err);
}

const struct feed_format feed_nvd_xml2 = {
    .name = "nvd-xml-2.0",
    .source = "nvd",
    .summary = "NVD XML feeds 2.0 (archives; retired in 2019; exact versions only)",
    .probe = probe,
    .read = read,
};
