/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Software identification tags, ISO/IEC 19770-2, editions 2009 and 2015. One file is one tag, or
 * many in one stream: strongSwan's swid_generator prints a whole document per line (or, with
 * --pretty, indented documents one after another), and `cat *.swidtag` does the same.
 *
 *     <SoftwareIdentity xmlns="http://standards.iso.org/iso/19770/-2/2015/schema.xsd" name="docker"
 *         tagId="fedora_25-x86_64-docker-1.12.6-6.fc25" version="1.12.6-6.fc25"
 *         versionScheme="alphanumeric">
 *       <Entity name="Example" regid="example.org" role="tagCreator softwareCreator"/>
 *       <Meta product="fedora 25 x86_64"/>
 *       <Payload>...</Payload>
 *     </SoftwareIdentity>
 *
 *     <software_identification_tag xmlns="http://standards.iso.org/iso/19770/-2/2009/schema.xsd">
 *       <product_title>Example</product_title>
 *       <product_version><name>2.1.0</name><numeric><major>2</major>...</numeric></product_version>
 *       <software_creator><name>Example Ltd</name>...</software_creator>
 *     </software_identification_tag>
 *
 * The stream is cut into documents without parsing (swid_split.c), and each is parsed on its own,
 * so that a damaged one costs only itself.
 */
#include "inventory/swid_priv.h"

#include "codec/xml_read.h"
#include "base/banned.h"

/* ---- one document ---- */

enum state { S_DOCUMENT, S_TAG15, S_TAG09, S_VERSION, S_NUMERIC, S_CREATOR, S_ID, S_LEAF };

/* What is kept of a tag: text of elements (2009), attributes (2015). */
enum field {
    F_NONE,
    F_NAME,
    F_VERSION,
    F_MAJOR,
    F_MINOR,
    F_BUILD,
    F_REVIEW,
    F_VENDOR,
    F_SCHEME,
    F_TAG_ID,
    F_PATCH,
    F_SUPPLEMENTAL,
    F_CORPUS,
    F_META_PRODUCT,
    FIELDS
};

struct tag {
    struct arena *a;
    struct xml_reader *xml;
    struct str field[FIELDS];
    struct str root; /* name of the root element */
    bool known;      /* and it is that of a tag */
    size_t line;     /* of the root element */
    const struct element *at[LIMIT_DEPTH];
    size_t depth, skipping;
};

struct attribute {
    const char *name;
    enum field field;
};
struct element {
    enum state from;
    const char *name;
    enum state to;
    enum field text;                    /* where its text goes */
    const struct attribute *attributes; /* ends with F_NONE; may be NULL */
    bool (*open)(struct tag *t, struct xml_attrs attrs, struct err *err); /* may be NULL */
};

static bool keep(struct tag *t, enum field f, struct str text, struct err *err)
{
    text = str_trim(text);
    return f == F_NONE || !text.n || t->field[f].n || arena_dup(t->a, text, &t->field[f], err);
}

/* ISO/IEC 19770-2:2015, Entity/@role: a list; only who made the software is its vendor. */
static bool take_entity(struct tag *t, struct xml_attrs attrs, struct err *err)
{
    struct str roles = xml_attr(attrs, "role"), one;
    while ((one = str_next_word(&roles)).n)
        if (str_eq_nocase(one, STR("softwareCreator")))
            return keep(t, F_VENDOR, xml_attr(attrs, "name"), err);
    return true;
}

static const struct attribute identity_attributes[] = {
    {"name", F_NAME},    {"version", F_VERSION},           {"versionScheme", F_SCHEME},
    {"patch", F_PATCH},  {"supplemental", F_SUPPLEMENTAL}, {"corpus", F_CORPUS},
    {"tagId", F_TAG_ID}, {"uniqueId", F_TAG_ID}, /* of the 2014 draft */
    {NULL, F_NONE},
};
static const struct attribute meta_attributes[] = {{"product", F_META_PRODUCT}, {NULL, F_NONE}};

/* An element that is not here is passed over with all in it (Payload, Evidence, Link ...). */
static const struct element elements[] = {
    {S_DOCUMENT, "SoftwareIdentity", S_TAG15, F_NONE, identity_attributes, NULL},
    {S_TAG15, "Meta", S_LEAF, F_NONE, meta_attributes, NULL},
    {S_TAG15, "Entity", S_LEAF, F_NONE, NULL, take_entity},
    {S_DOCUMENT, "software_identification_tag", S_TAG09, F_NONE, NULL, NULL},
    {S_TAG09, "product_title", S_LEAF, F_NAME, NULL, NULL},
    {S_TAG09, "product_version", S_VERSION, F_NONE, NULL, NULL},
    {S_VERSION, "name", S_LEAF, F_VERSION, NULL, NULL},
    {S_VERSION, "numeric", S_NUMERIC, F_NONE, NULL, NULL},
    {S_NUMERIC, "major", S_LEAF, F_MAJOR, NULL, NULL},
    {S_NUMERIC, "minor", S_LEAF, F_MINOR, NULL, NULL},
    {S_NUMERIC, "build", S_LEAF, F_BUILD, NULL, NULL},
    {S_NUMERIC, "review", S_LEAF, F_REVIEW, NULL, NULL},
    {S_TAG09, "software_creator", S_CREATOR, F_NONE, NULL, NULL},
    {S_CREATOR, "name", S_LEAF, F_VENDOR, NULL, NULL},
    {S_TAG09, "software_id", S_ID, F_NONE, NULL, NULL},
    {S_ID, "unique_id", S_LEAF, F_TAG_ID, NULL, NULL},
};

static const struct element *find_element(enum state from, struct str name)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        if (elements[i].from == from && str_eq(name, str_from_c(elements[i].name)))
            return &elements[i];
    return NULL;
}

static bool on_start(void *ctx, struct str name, struct xml_attrs attrs, struct err *err)
{
    struct tag *t = ctx;
    const struct element *e =
        t->skipping ? NULL : find_element(t->depth ? t->at[t->depth - 1]->to : S_DOCUMENT, name);
    if (!t->depth && !t->skipping) {
        t->line = xml_line(t->xml);
        t->known = e != NULL;
        if (!arena_dup(t->a, str_first(name, 80), &t->root, err))
            return false;
    }
    if (!e) {
        t->skipping++;
        return true;
    }
    if (t->depth == LIMIT_DEPTH) /* the codec stops earlier */
        return err_set(err, ERR_LIMIT, "nested more than %d deep", LIMIT_DEPTH);
    t->at[t->depth++] = e;
    for (const struct attribute *a = e->attributes; a && a->name; a++)
        if (!keep(t, a->field, xml_attr(attrs, a->name), err))
            return false;
    return !e->open || e->open(t, attrs, err);
}

static bool on_end(void *ctx, struct str name, struct str text, struct err *err)
{
    struct tag *t = ctx;
    (void)name;
    if (t->skipping) {
        t->skipping--;
        return true;
    }
    return keep(t, t->at[--t->depth]->text, text, err);
}

static bool parse(struct tag *t, const char *name, struct str text, struct err *err)
{
    struct xml_handler handler = {t, on_start, on_end};
    t->xml = xml_new(&handler, name, err);
    bool ok = t->xml && xml_feed(t->xml, text, true, err);
    xml_free(t->xml);
    t->xml = NULL;
    return ok;
}

/* ---- from a tag to a component ---- */

/*
 * swid_generator writes the distribution into Meta/@product ("debian stretch/sid x86_64") and in
 * front of tagId ("fedora_25-x86_64-docker-..."), and the package manager's version as it is. The
 * names are those of Python's platform.dist().
 */
struct distribution {
    struct str name;
    enum version_scheme scheme;
};
static const struct distribution distributions[] = {
    {STR_INIT("debian"), VERSION_DEB},
    {STR_INIT("ubuntu"), VERSION_DEB},
    {STR_INIT("raspbian"), VERSION_DEB},
    {STR_INIT("linuxmint"), VERSION_DEB},
    {STR_INIT("fedora"), VERSION_RPM},
    {STR_INIT("centos"), VERSION_RPM},
    {STR_INIT("redhat"), VERSION_RPM},
    {STR_INIT("rhel"), VERSION_RPM},
    {STR_INIT("suse"), VERSION_RPM},
    {STR_INIT("opensuse"), VERSION_RPM},
    {STR_INIT("sles"), VERSION_RPM},
    {STR_INIT("arch"), VERSION_GENERIC}, /* pacman: [epoch:]version-pkgrel */
};

static const struct distribution *distribution_of(struct str text)
{
    for (size_t i = 0; i < sizeof distributions / sizeof distributions[0]; i++) {
        const struct distribution *d = &distributions[i];
        struct str rest = str_from(text, d->name.n);
        if (str_starts_nocase(text, d->name) && (!rest.n || !char_is_alnum(rest.p[0])))
            return d;
    }
    return NULL;
}

static enum version_scheme scheme_of(struct str stated)
{
    /* alphanumeric, decimal, multipartnumeric[+suffix], unknown: what upstreams write. */
    return str_eq_nocase(stated, STR("semver")) ? VERSION_SEMVER : VERSION_GENERIC;
}

static void take_version(struct component *c, const struct tag *t)
{
    struct str product = t->field[F_META_PRODUCT], id = t->field[F_TAG_ID];
    const struct distribution *d = distribution_of(product);
    if (d) {
        size_t blank = str_rfind(product, ' ');
        c->arch = blank == STR_NPOS ? (struct str){0} : str_from(product, blank + 1);
    } else {
        /* A software id has the regid in front: "strongswan.org__debian_9-x86_64-...". */
        size_t regid = str_find_str(id, STR("__"));
        d = distribution_of(regid == STR_NPOS ? id : str_from(id, regid + 2));
    }
    c->scheme = d ? d->scheme : scheme_of(t->field[F_SCHEME]);
    component_set_version(c, t->field[F_VERSION], d != NULL);
}

/* "major.minor.build.review" of a 2009 tag whose version has no name. */
static bool join_numbers(struct tag *t, struct err *err)
{
    for (enum field f = F_MAJOR; f <= F_REVIEW; f++) {
        struct str *v = &t->field[F_VERSION];
        if (t->field[f].n && !arena_printf(t->a, v, err, "%.*s%s%.*s", STR_ARG(*v), v->n ? "." : "",
                                           STR_ARG(t->field[f])))
            return false;
    }
    return true;
}

static bool is_true(struct str s)
{
    return str_eq(s, STR("true")) || str_eq(s, STR("1"));
}

/* Tags that are no installed software of their own (NISTIR 8060 section 2.1). */
static const struct {
    enum field field;
    const char *why;
} notes[] = {
    {F_PATCH, "a patch tag: it changes software that has a tag of its own"},
    {F_SUPPLEMENTAL, "a supplemental tag: adds to another tag"},
    {F_CORPUS, "a corpus tag: installation media, not installed"},
};

static bool take_tag(struct tag *t, size_t line, struct str text, struct inventory *inv,
                     struct err *err)
{
    if (t->field[F_NAME].n)
        text = t->field[F_NAME];
    else if (t->field[F_TAG_ID].n)
        text = t->field[F_TAG_ID];
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        if (is_true(t->field[notes[i].field]))
            return inventory_note(inv, line, text, notes[i].why, err);
    if (!t->field[F_VERSION].n && !join_numbers(t, err))
        return false;
    /* "0.0" is what the 2015 schema puts where nothing was stated. */
    if (!t->field[F_VERSION].n || str_eq(t->field[F_VERSION], STR("0.0")))
        return inventory_skip(inv, line, text, "no version", err);
    struct component *c = inventory_add(inv, line, err);
    if (!c)
        return false;
    c->name = t->field[F_NAME];
    c->vendor = t->field[F_VENDOR];
    take_version(c, t);
    return inventory_check_last(inv, text, err);
}

/* ---- the stream ---- */

/* What shows which document is meant: the name as far as it was read, else its first line. */
static struct str label_of(const struct swid_document *d, const struct tag *t)
{
    struct str text = d->text, line;
    size_t end = str_starts(text, STR("<?xml")) ? str_find_str(text, STR("?>")) : STR_NPOS;
    if (t->field[F_NAME].n)
        return t->field[F_NAME];
    if (end != STR_NPOS && str_trim(str_from(text, end + 2)).n)
        text = str_trim(str_from(text, end + 2));
    (void)str_split(text, '\n', &line, &text);
    return line;
}

static bool skip_document(struct inventory *inv, const struct swid_document *d, const struct tag *t,
                          const struct err *why, struct err *err)
{
    char text[LIMIT_MESSAGE_BYTES + 40];
    (void)snprintf(text, sizeof text, "%s", why->msg);
    if (why->line > d->line)
        (void)snprintf(text, sizeof text, "%s (at line %zu)", why->msg, why->line);
    return inventory_skip(inv, d->line, label_of(d, t), text, err);
}

/* `only`: there is no other document, and what is wrong with it is wrong with the input. */
static bool take_document(const struct swid_document *d, const char *name, bool only,
                          struct inventory *inv, struct err *err)
{
    struct tag t = {.a = inv->arena};
    struct err why = {0};
    if (!parse(&t, name, d->text, &why)) {
        if (why.line)
            why.line += d->line - 1;
        if (!only && (why.code == ERR_INPUT || why.code == ERR_LIMIT))
            return skip_document(inv, d, &t, &why, err);
        *err = why;
        return false;
    }
    if (!t.known) {
        err_set(&why, ERR_INPUT, "not a SWID tag: the root element is <%.*s>", STR_ARG(t.root));
        if (!only)
            return skip_document(inv, d, &t, &why, err);
        err_at_line(&why, d->line - 1 + t.line);
        *err = why;
        return false;
    }
    return take_tag(&t, d->line - 1 + t.line, d->text, inv, err);
}

static bool read(const struct input *in, struct inventory *inv, struct err *err)
{
    struct swid_stream s = swid_stream_of(in->data);
    struct swid_document d, next;
    bool got = swid_next(&s, &d);
    for (size_t n = 0; got; n++, d = next) {
        if (n == LIMIT_COMPONENTS)
            return err_set(err, ERR_LIMIT, "more than %zu documents", LIMIT_COMPONENTS);
        got = swid_next(&s, &next);
        if (!take_document(&d, in->name.p, !n && !got, inv, err))
            return false;
    }
    return true;
}

static bool has_root(struct str head)
{
    static const struct str roots[] = {STR_INIT("SoftwareIdentity"),
                                       STR_INIT("software_identification_tag")};
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        for (struct str s = head; s.n;) {
            size_t at = str_find_str(s, roots[i]);
            if (at == STR_NPOS)
                break;
            /* "<name", or with a prefix "<p:name". */
            size_t from = at;
            while (from && (char_is_alnum(s.p[from - 1]) || strchr(":_-.", s.p[from - 1])))
                from--;
            if (from && s.p[from - 1] == '<' && (from == at || s.p[at - 1] == ':'))
                return true;
            s = str_from(s, at + roots[i].n);
        }
    }
    return false;
}

static int probe(const struct input *in)
{
    bool named = str_ends(in->name, STR(".swidtag"));
    char plain[LIMIT_PROBE_BYTES / 2];
    struct str head = str_first(in->data, LIMIT_PROBE_BYTES);
    if (swid_is_utf16(head)) {
        /* Good enough to find ASCII names, whichever byte comes first. */
        size_t n = 0;
        for (size_t i = 2; i < head.n && n < sizeof plain; i++)
            if (head.p[i])
                plain[n++] = head.p[i];
        head = str_make(plain, n);
    }
    if (has_root(head))
        return named ? 90 : 70;
    return named && str_starts(str_trim(head), STR("<")) ? 20 : 0;
}

const struct inventory_reader inventory_swid = {
    .name = "swid",
    .summary = "SWID tags, ISO/IEC 19770-2:2009 and 2015, one or many in a file",
    .platform = PLATFORM_UNKNOWN,
    .probe = probe,
    .read = read,
};
