/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JUnit XML as Jenkins, GitLab and the GitHub actions take it: docs/formats/report-junit.md says
 * who reads what, tests/schemas/junit.xsd is the common ground.
 *
 * First a plan is made of all test cases with their outcomes, then it is written: the counts in the
 * headers are taken from the plan, so they can not differ from what follows. A case is skipped when
 * it says neither "clean" nor "vulnerable"; it must never look like a pass.
 */
#include "base/map.h"
#include "codec/xml_write.h"
#include "report/common_priv.h"
#include "report/writers_priv.h"

#include "base/banned.h"

enum outcome { PASSED, FAILED, BROKEN, SKIPPED, OUTCOMES };

enum subject_matter {
    CASE_FINDING,
    CASE_CLEAN,
    CASE_UNCHECKED, /* a subject nobody could identify or compare */
    CASE_NOT_READ,  /* an entry of the inventory */
    CASE_UNLISTED,  /* the entries beyond the listed ones */
    CASE_UNUSED_RULE,
    CASE_RUN, /* the run itself */
};

struct test_case {
    enum subject_matter about;
    enum outcome outcome;
    struct str class_name, name;
    const struct subject *subject;
    const struct finding *finding;
    const struct skipped *skipped;
    const struct unused_rule *rule;
    size_t unlisted;
};

struct suite {
    struct str name;
    const struct inventory *inventory; /* NULL when the report has none */
    size_t first, n;                   /* its cases */
    size_t count[OUTCOMES];
};

struct plan {
    const struct report *r;
    struct report_index index;
    struct report_counts counts;
    struct arena arena;
    struct map seen; /* "class name<US>name" -> how many of them */
    VEC(struct test_case) cases;
    VEC(struct suite) suites;
    struct buf text; /* scratch */
    struct err *err;
};

/* ---- the plan ---- */

/* What was collected in p->text, cleaned, in the arena. */
static bool keep_text(struct plan *p, struct str *out)
{
    struct buf clean = {0};
    report_write_line(&clean, buf_view(&p->text));
    buf_clear(&p->text);
    bool ok = report_scratch_ok(&p->text, p->err) && report_scratch_ok(&clean, p->err) &&
              arena_dup(&p->arena, buf_view(&clean), out, p->err);
    buf_free(&clean);
    return ok;
}

/*
 * Makes `*name` unique among those of its class in the whole file by adding " #2": GitLab keeps
 * only the first of cases that are named alike.
 */
static bool make_unique(struct plan *p, struct str class_name, struct str *name)
{
    struct str key, tried = *name;
    uint64_t n = 0;
    if (!arena_printf(&p->arena, &key, p->err, "%.*s\x1f%.*s", STR_ARG(class_name), STR_ARG(tried)))
        return false;
    struct str first_key = key;
    while (map_get(&p->seen, key, &n)) {
        /* The first key knows the last number given, so that many alike do not all search. */
        uint64_t last = 1;
        (void)map_get(&p->seen, first_key, &last);
        if (!map_put(&p->seen, first_key, last + 1, p->err) ||
            !arena_printf(&p->arena, &tried, p->err, "%.*s #%llu", STR_ARG(*name),
                          (unsigned long long)last + 1) ||
            !arena_printf(&p->arena, &key, p->err, "%.*s\x1f%.*s", STR_ARG(class_name),
                          STR_ARG(tried)))
            return false;
    }
    *name = tried;
    return map_put(&p->seen, key, 1, p->err);
}

/* Adds `proto` to the last suite, with its names made unique. */
static bool add_case(struct plan *p, struct test_case proto)
{
    if (!make_unique(p, proto.class_name, &proto.name))
        return false;
    struct test_case *c = VEC_PUSH(&p->arena, &p->cases);
    if (!c)
        return err_memory(p->err);
    *c = proto;
    struct suite *s = &p->suites.v[p->suites.n - 1];
    s->n++;
    s->count[proto.outcome]++;
    return true;
}

static enum outcome outcome_of(const struct finding *f)
{
    if (f->fails)
        return FAILED;
    return report_is_controlled(f) ? SKIPPED : PASSED;
}

static bool plan_subject(struct plan *p, size_t number)
{
    const struct subject *s = &p->r->subjects.v[number];
    struct test_case c = {.subject = s};
    buf_str(&p->text, s->name);
    buf_c(&p->text, s->version.n ? " " : "");
    buf_str(&p->text, s->version);
    if (!keep_text(p, &c.class_name))
        return false;
    size_t from = p->index.findings_from[number], to = p->index.findings_from[number + 1];
    for (size_t i = from; i < to; i++) {
        c.about = CASE_FINDING;
        c.finding = &p->r->findings.v[p->index.findings[i]];
        c.outcome = outcome_of(c.finding);
        buf_str(&p->text, c.finding->id);
        if (!keep_text(p, &c.name) || !add_case(p, c))
            return false;
    }
    c.finding = NULL;
    if (report_unchecked_why(s)) {
        c.about = CASE_UNCHECKED;
        c.outcome = SKIPPED;
        c.name = s->identified_by == IDENTIFIED_NONE ? STR("not identified")
                                                     : STR("version cannot be compared");
        return add_case(p, c);
    }
    c.about = CASE_CLEAN;
    c.outcome = PASSED;
    c.name = STR("no known vulnerabilities");
    return from < to || add_case(p, c);
}

static bool plan_not_read(struct plan *p, const struct inventory *inv)
{
    struct test_case c = {.about = CASE_NOT_READ, .outcome = SKIPPED};
    buf_c(&p->text, "inventory ");
    buf_str(&p->text, inv->path);
    if (!keep_text(p, &c.class_name))
        return false;
    for (size_t i = 0; i < inv->skipped.n; i++) {
        c.skipped = &inv->skipped.v[i];
        if (c.skipped->note)
            continue; /* no loss: in the suite's system-out */
        report_write_place(&p->text, c.skipped, i);
        if (!keep_text(p, &c.name) || !add_case(p, c))
            return false;
    }
    c.about = CASE_UNLISTED;
    c.skipped = NULL;
    c.unlisted = report_unlisted(inv);
    c.name = STR("further entries");
    return !c.unlisted || add_case(p, c);
}

/* What belongs to the run and not to one inventory stands in the first suite. */
static bool plan_run(struct plan *p)
{
    const struct report *r = p->r;
    bool failing = false;
    for (size_t i = 0; i < r->findings.n; i++)
        failing |= r->findings.v[i].fails;
    /* A red run must be red for the reader of the test results too. */
    bool broken = r->exit_status >= 2 || (r->exit_status == 1 && !failing);
    struct test_case run = {.about = CASE_RUN, .outcome = broken ? BROKEN : PASSED};
    run.class_name = STR("vulnward");
    run.name = STR("run");
    if ((broken || !r->inventories.n) && !add_case(p, run))
        return false;
    for (size_t i = 0; i < r->unused_rules.n; i++) {
        struct test_case c = {.about = CASE_UNUSED_RULE, .outcome = PASSED};
        c.rule = &r->unused_rules.v[i];
        c.class_name = STR("ignore list");
        buf_str(&p->text, c.rule->file);
        buf_char(&p->text, ':');
        buf_u64(&p->text, c.rule->line);
        buf_char(&p->text, ' ');
        buf_str(&p->text, c.rule->id);
        if (!keep_text(p, &c.name) || !add_case(p, c))
            return false;
    }
    return true;
}

static bool plan_suite(struct plan *p, const struct inventory *inv)
{
    struct str name;
    buf_str(&p->text, inv ? inv->path : STR("vulnward"));
    if (!keep_text(p, &name) || !make_unique(p, STR("\x1fsuite"), &name))
        return false;
    struct suite *s = VEC_PUSH(&p->arena, &p->suites);
    if (!s)
        return err_memory(p->err);
    *s = (struct suite){.name = name, .inventory = inv, .first = p->cases.n};
    return true;
}

static bool plan_all(struct plan *p)
{
    const struct report *r = p->r;
    if (!report_index_make(&p->arena, r, &p->index, p->err))
        return false;
    if (!r->inventories.n)
        return plan_suite(p, NULL) && plan_run(p);
    for (size_t i = 0; i < r->inventories.n; i++) {
        if (!plan_suite(p, &r->inventories.v[i]) || (i == 0 && !plan_run(p)))
            return false;
        for (size_t k = p->index.subjects_from[i]; k < p->index.subjects_from[i + 1]; k++)
            if (!plan_subject(p, p->index.subjects[k]))
                return false;
        if (!plan_not_read(p, &r->inventories.v[i]))
            return false;
    }
    return true;
}

/* ---- writing ---- */

static void say_why(struct buf *t, const struct report *r, const char *separator)
{
    report_write_list(t, r->why.v, r->why.n, separator);
    if (!r->why.n)
        buf_c(t, "no reason is given");
}

/* Writes and empties what was collected. */
static void write_text(struct buf *b, struct buf *t)
{
    xml_write_text(b, buf_view(t));
    buf_clear(t);
}

static void write_count(struct buf *b, const char *name, size_t n)
{
    buf_char(b, ' ');
    buf_c(b, name);
    buf_c(b, "=\"");
    buf_u64(b, n);
    buf_char(b, '"');
}

/* `<skipped message="...">...</skipped>`: the text is for GitLab, the attribute for Jenkins. */
static void write_skipped(struct buf *b, struct buf *t)
{
    buf_c(b, "      <skipped");
    xml_write_attr(b, "message", buf_view(t));
    buf_char(b, '>');
    write_text(b, t);
    buf_c(b, "</skipped>\n");
}

static void write_system_out(struct buf *b, struct buf *t, const char *indent)
{
    buf_c(b, indent);
    buf_c(b, "<system-out>");
    write_text(b, t);
    buf_c(b, "</system-out>\n");
}

static void write_finding(struct plan *p, struct buf *b, const struct test_case *c)
{
    struct buf *t = &p->text;
    if (c->outcome == FAILED) {
        buf_c(b, "      <failure");
        xml_write_attr(b, "type", str_from_c(severity_name(c->finding->severity)));
        report_write_message(t, p->r, c->finding);
        xml_write_attr(b, "message", buf_view(t));
        buf_clear(t);
        buf_char(b, '>');
        report_write_details(t, p->r, c->finding);
        write_text(b, t);
        buf_c(b, "</failure>\n");
        return;
    }
    if (c->outcome == SKIPPED) {
        buf_c(t, "Controlled by: ");
        report_write_line(t, report_reason(c->finding));
        write_skipped(b, t);
    }
    report_write_details(t, p->r, c->finding);
    write_system_out(b, t, "      ");
}

static void write_clean(struct plan *p, struct buf *b, const struct subject *s)
{
    if (s->no_product)
        buf_c(&p->text, "Has no product of its own in the database\n");
    report_write_identity(&p->text, p->r, s);
    write_system_out(b, &p->text, "      ");
}

static void write_run(struct plan *p, struct buf *b, enum outcome outcome)
{
    struct buf *t = &p->text;
    if (outcome != BROKEN) {
        buf_c(t, "there was no inventory\n");
        write_system_out(b, t, "      ");
        return;
    }
    buf_c(b, "      <error type=\"exit status ");
    buf_u64(b, (uint64_t)p->r->exit_status);
    buf_char(b, '"');
    say_why(t, p->r, "; ");
    xml_write_attr(b, "message", buf_view(t));
    buf_clear(t);
    buf_char(b, '>');
    say_why(t, p->r, "\n");
    write_text(b, t);
    buf_c(b, "</error>\n");
}

static void write_case_body(struct plan *p, struct buf *b, const struct test_case *c)
{
    struct buf *t = &p->text;
    switch (c->about) {
    case CASE_FINDING:
        write_finding(p, b, c);
        break;
    case CASE_CLEAN:
        write_clean(p, b, c->subject);
        break;
    case CASE_UNCHECKED:
        buf_c(t, report_unchecked_why(c->subject));
        write_skipped(b, t);
        report_write_identity(t, p->r, c->subject);
        write_system_out(b, t, "      ");
        break;
    case CASE_NOT_READ:
        buf_c(t, "not read: ");
        report_write_line(t, c->skipped->why);
        buf_c(t, ": ");
        report_write_line(t, c->skipped->text);
        write_skipped(b, t);
        break;
    case CASE_UNLISTED:
        buf_c(t, "not read: ");
        buf_u64(t, c->unlisted);
        buf_c(t, " more entries");
        write_skipped(b, t);
        break;
    case CASE_UNUSED_RULE:
        buf_c(t, "matched nothing\n");
        buf_c(t, "Reason: ");
        report_write_line(t, c->rule->reason);
        buf_char(t, '\n');
        write_system_out(b, t, "      ");
        break;
    case CASE_RUN:
        write_run(p, b, c->outcome);
        break;
    }
}

static void write_case(struct plan *p, struct buf *b, const struct test_case *c)
{
    buf_c(b, "    <testcase");
    xml_write_attr(b, "classname", c->class_name);
    xml_write_attr(b, "name", c->name);
    buf_c(b, " time=\"0\">\n");
    write_case_body(p, b, c);
    buf_c(b, "    </testcase>\n");
}

static void write_property(struct buf *b, const char *name, struct str value)
{
    buf_c(b, "      <property");
    xml_write_attr(b, "name", str_from_c(name));
    xml_write_attr(b, "value", value);
    buf_c(b, "/>\n");
}

static void write_property_u64(struct buf *b, const char *name, uint64_t value)
{
    buf_c(b, "      <property");
    xml_write_attr(b, "name", str_from_c(name));
    buf_c(b, " value=\"");
    buf_u64(b, value);
    buf_c(b, "\"/>\n");
}

static void write_property_date(struct buf *b, const char *name, int64_t ms)
{
    char text[DATE_TEXT_BYTES];
    write_property(b, name, str_from_c(date_format(ms, text)));
}

/* "source.nvd.records" and the like: as the value of a source differs, its name is in the key. */
static void write_source(struct plan *p, struct buf *b, const struct source_info *s)
{
    static const char *const what[] = {"kind", "records", "published", "fetched", "confirmed"};
    const int64_t dates[] = {s->published, s->fetched, s->confirmed};
    char date[DATE_TEXT_BYTES];
    for (size_t i = 0; i < sizeof what / sizeof what[0]; i++) {
        buf_c(b, "      <property");
        buf_c(&p->text, "source.");
        report_write_line(&p->text, s->name);
        buf_char(&p->text, '.');
        buf_c(&p->text, what[i]);
        xml_write_attr(b, "name", buf_view(&p->text));
        buf_clear(&p->text);
        if (i == 0)
            report_write_line(&p->text, s->kind);
        else if (i == 1)
            buf_u64(&p->text, s->records);
        else
            buf_c(&p->text, date_format(dates[i - 2], date));
        xml_write_attr(b, "value", buf_view(&p->text));
        buf_clear(&p->text);
        buf_c(b, "/>\n");
    }
}

/* The evidence of the run: what was checked, against what, by what rule. */
static void write_properties(struct plan *p, struct buf *b, const struct inventory *inv)
{
    const struct database_info *d = &p->r->database;
    buf_c(b, "    <properties>\n");
    write_property(b, "tool.name", STR("vulnward"));
    write_property(b, "tool.version", STR(VULNWARD_VERSION));
    write_property(b, "database.path", d->path);
    write_property_date(b, "database.built", d->built);
    write_property(b, "database.sha256", d->sha256);
    write_property_u64(b, "database.records", d->records);
    write_property_u64(b, "database.unreadable", d->unreadable);
    for (size_t i = 0; i < d->sources.n; i++)
        write_source(p, b, &d->sources.v[i]);
    if (inv) {
        write_property(b, "inventory.path", inv->path);
        write_property(b, "inventory.format", str_from_c(inv->format));
        write_property(b, "inventory.platform", str_from_c(platform_name(inv->platform)));
        write_property(b, "inventory.sha256", str_from_c(inv->sha256));
        write_property_u64(b, "inventory.components", inv->components.n);
        write_property_u64(b, "inventory.not_read", inv->n_skipped);
    }
    write_property_u64(b, "findings.known_exploited", p->counts.exploited);
    write_property_u64(b, "findings.disagreements", p->counts.disagreements);
    write_property(b, "gate", p->r->gate);
    write_property_u64(b, "exit_status", (uint64_t)p->r->exit_status);
    buf_c(b, "    </properties>\n");
}

/* What the inventory's reader left out on purpose. */
static void write_notes(struct plan *p, struct buf *b, const struct inventory *inv)
{
    struct buf *t = &p->text;
    for (size_t i = 0; i < inv->skipped.n; i++) {
        const struct skipped *s = &inv->skipped.v[i];
        if (!s->note)
            continue;
        buf_c(t, "left out on purpose: ");
        report_write_place(t, s, i);
        buf_c(t, ": ");
        report_write_line(t, s->why);
        buf_c(t, ": ");
        report_write_line(t, s->text);
        buf_char(t, '\n');
    }
    if (t->n)
        write_system_out(b, t, "    ");
}

static void write_suite(struct plan *p, struct buf *b, const struct suite *s)
{
    char date[DATE_TEXT_BYTES];
    buf_c(b, "  <testsuite");
    xml_write_attr(b, "name", s->name);
    write_count(b, "tests", s->n);
    write_count(b, "failures", s->count[FAILED]);
    write_count(b, "errors", s->count[BROKEN]);
    write_count(b, "skipped", s->count[SKIPPED]);
    buf_c(b, " time=\"0\"");
    /* xs:dateTime without its zone, which the Ant schema does not allow; it is UTC. */
    struct str when = str_from_c(date_format(p->r->generated, date));
    if (when.n)
        xml_write_attr(b, "timestamp", str_first(when, when.n - 1));
    buf_c(b, ">\n");
    write_properties(p, b, s->inventory);
    for (size_t i = 0; i < s->n; i++)
        write_case(p, b, &p->cases.v[s->first + i]);
    if (s->inventory)
        write_notes(p, b, s->inventory);
    buf_c(b, "  </testsuite>\n");
}

static void write_plan(struct plan *p, struct buf *b)
{
    size_t count[OUTCOMES] = {0};
    for (size_t i = 0; i < p->suites.n; i++)
        for (size_t k = 0; k < OUTCOMES; k++)
            count[k] += p->suites.v[i].count[k];
    buf_c(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"vulnward\"");
    write_count(b, "tests", p->cases.n);
    write_count(b, "failures", count[FAILED]);
    write_count(b, "errors", count[BROKEN]);
    /* No "skipped" here: the schema of Jenkins' xUnit plugin refuses the file with it. */
    buf_c(b, " time=\"0\">\n");
    for (size_t i = 0; i < p->suites.n; i++)
        write_suite(p, b, &p->suites.v[i]);
    buf_c(b, "</testsuites>\n");
}

static bool write_junit(const struct report *r, const struct report_style *style, struct buf *b,
                        struct err *err)
{
    (void)style;
    struct plan p = {.r = r, .counts = report_count(r), .err = err};
    bool ok = plan_all(&p);
    if (ok) {
        write_plan(&p, b);
        ok = report_scratch_ok(&p.text, err);
    }
    buf_free(&p.text);
    map_free(&p.seen);
    arena_free(&p.arena);
    return ok;
}

const struct report_writer report_junit = {
    .name = "junit",
    .summary = "JUnit XML, for Jenkins, GitLab and GitHub",
    .needs_details = true,
    .write = write_junit,
};
