/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report writers. One report with everything in it, hostile strings too, and one that is all
 * but empty are written in each format and compared with tests/report/<name>.golden
 * (UPDATE_GOLDEN=1 rewrites them: read the diff). What the goldens can not show is checked apart:
 * that the files parse, that JUnit's counts are true, that nothing of the report is missing.
 */
#include <unistd.h>

#include "base/io.h"
#include "base/map.h"
#include "codec/csv.h"
#include "codec/json_read.h"
#include "codec/xml_read.h"
#include "report/report.h"
#include "test.h"

static struct arena arena;
static struct err err;

#define PUSH(vec) VEC_PUSH(&arena, (vec))

/* ---- building a report ---- */

static int64_t date(const char *text)
{
    int64_t ms = 0;
    CHECK(date_parse(str_from_c(text), &ms));
    return ms;
}

static struct str *push_str(void *vec, const char *text)
{
    struct str *s = vec_push(&arena, vec, sizeof *s);
    *s = str_from_c(text);
    return s;
}

static struct inventory *add_inventory(struct report *r, const char *path, const char *format)
{
    struct inventory *inv = PUSH(&r->inventories);
    inv->arena = &arena;
    inv->path = str_from_c(path);
    inv->format = format;
    memset(inv->sha256, 'a' + (int)r->inventories.n, SHA256_HEX - 1);
    return inv;
}

static struct component *add_package(struct inventory *inv, const char *name, const char *version)
{
    struct component *c = PUSH(&inv->components);
    c->name = str_from_c(name);
    c->raw_version = str_from_c(version);
    c->arch = STR("cortexa7t2hf-neon");
    c->line = inv->components.n;
    return c;
}

/* A subject of the last inventory, which has the `packages` packages added last. */
static struct subject *add_subject(struct report *r, const char *name, const char *version,
                                   size_t packages)
{
    struct inventory *inv = &r->inventories.v[r->inventories.n - 1];
    struct subject *s = PUSH(&r->subjects);
    CHECK_OK(arena_printf(&arena, &s->ref, &err, "%s@%s", name, version), &err);
    s->name = str_from_c(name);
    s->version = str_from_c(version);
    s->inventory = (uint32_t)(r->inventories.n - 1);
    s->identified_by = IDENTIFIED_TABLE;
    s->identified_why = STR("data/products.tsv");
    for (size_t i = inv->components.n - packages; i < inv->components.n; i++) {
        uint32_t *p = PUSH(&s->packages);
        *p = (uint32_t)i;
    }
    return s;
}

/* A finding about the last subject. */
static struct finding *add_finding(struct report *r, const char *id, unsigned tenths, bool fails)
{
    struct finding *f = PUSH(&r->findings);
    f->id = str_from_c(id);
    f->subject = (uint32_t)(r->subjects.n - 1);
    f->decided_by = STR("match");
    f->published = date("2023-02-08T20:15:24Z");
    f->modified = date("2024-02-04T09:15:00Z");
    if (tenths) {
        f->cvss = (struct cvss){.version = CVSS_3_1, .tenths = tenths, .primary = true};
        f->cvss.vector = STR("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H");
        f->cvss.source = STR("nvd@nist.gov");
    }
    f->severity = severity_of(f->cvss.version, tenths);
    f->fails = fails;
    return f;
}

static void add_evidence(struct finding *f, const char *criterion, const char *range,
                         const char *note)
{
    struct evidence *e = PUSH(&f->evidence);
    e->source = STR("nvd");
    e->criterion = str_from_c(criterion);
    e->range = str_from_c(range);
    e->note = str_from_c(note);
}

static void add_skipped(struct inventory *inv, size_t line, const char *text, const char *why,
                        bool note)
{
    struct skipped *s = PUSH(&inv->skipped);
    *s = (struct skipped){
        .line = line, .text = str_from_c(text), .why = str_from_c(why), .note = note};
    inv->n_skipped += !note;
}

/* Says that this version is not affected. */
static struct evidence *add_against(struct finding *f, const char *source, const char *provider,
                                    const char *range)
{
    add_evidence(f, "cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*", range, "");
    struct evidence *e = &f->evidence.v[f->evidence.n - 1];
    e->source = str_from_c(source);
    e->provider = str_from_c(provider);
    e->against = true;
    return e;
}

static struct kev *add_kev(struct finding *f, const char *added, const char *due, bool ransomware)
{
    struct kev *k = arena_alloc(&arena, sizeof *k);
    *k = (struct kev){.id = f->id, .source = STR("kev"), .ransomware = ransomware};
    k->added = *added ? date(added) : DATE_NONE;
    k->due = *due ? date(due) : DATE_NONE;
    f->kev = k;
    return k;
}

static void add_epss(struct finding *f, uint32_t score, uint32_t percentile)
{
    f->epss = (struct epss){.id = f->id, .score = score, .percentile = percentile};
}

/* What the summary must say; computed here, not by the code under test. */
static void summarize(struct report *r)
{
    struct summary *s = &r->summary;
    for (size_t i = 0; i < r->inventories.n; i++) {
        s->components += r->inventories.v[i].components.n;
        s->skipped += r->inventories.v[i].n_skipped;
    }
    for (size_t i = 0; i < r->subjects.n; i++) {
        const struct subject *k = &r->subjects.v[i];
        bool none = k->identified_by == IDENTIFIED_NONE && !k->no_product;
        *(none ? &s->unidentified : &s->identified) += k->packages.n;
        s->uncomparable += k->uncomparable ? k->packages.n : 0;
    }
    for (size_t i = 0; i < r->findings.n; i++) {
        const struct finding *f = &r->findings.v[i];
        s->affected += f->status == VEX_AFFECTED;
        s->ignored += f->status == VEX_NOT_AFFECTED || f->status == VEX_FIXED;
        s->failing += f->fails;
        if (f->status == VEX_AFFECTED)
            s->by_severity[f->severity]++;
    }
}

static struct source_info *add_source(struct report *r, const char *name, const char *kind,
                                      const char *published, const char *confirmed)
{
    struct source_info *s = PUSH(&r->database.sources);
    s->name = str_from_c(name);
    s->kind = str_from_c(kind);
    s->published = *published ? date(published) : DATE_NONE;
    s->confirmed = *confirmed ? date(confirmed) : DATE_NONE;
    s->fetched = date("2026-11-18T04:30:00Z");
    return s;
}

static void add_database(struct report *r)
{
    r->generated = date("2026-11-21T20:00:00Z");
    r->database.path = STR("/var/lib/vulnward/vulnward.db");
    r->database.built = date("2026-11-18T04:30:00Z");
    r->database.sha256 = STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    r->database.records = 250123;
    /* Three days; one day, as it was confirmed; nobody knows; 50 days, confirmed or not. */
    add_source(r, "nvd", "nvd-json-2.0", "2026-11-18T03:00:01Z", "")->records = 250123;
    add_source(r, "kev", "cisa-kev-json", "2026-11-02T03:00:01Z", "2026-11-20T03:00:01Z")->records =
        1400;
    add_source(r, "osv", "osv-json", "", "");
    add_source(r, "epss", "first-epss-csv", "2026-10-02T03:00:01Z", "2026-11-20T03:00:01Z");
}

static const struct ecosystem debian = {
    .name = STR_INIT("Debian"), .purl_type = STR_INIT("deb"), .order = STR_INIT("deb")};

static void add_openssl(struct report *r, struct inventory *inv)
{
    struct component *c = add_package(inv, "libcrypto3", "3.0.7-r0.0");
    c->source = STR("openssl");
    push_str(&c->cpes, "cpe:2.3:a:openssl:openssl:3.0.7:*:*:*:*:*:*:*");
    c = add_package(inv, "libssl3", "3.0.7-r0.0");
    c->purl = STR("pkg:deb/debian/libssl3@3.0.7");
    push_str(&c->cpes, "cpe:2.3:a:openssl:openssl:3.0.7:*:*:*:*:*:*:*");
    struct subject *s = add_subject(r, "openssl", "3.0.7", 2);
    push_str(&s->products, "openssl:openssl");
    struct ecosystem_package *p = PUSH(&s->in_ecosystem);
    *p = (struct ecosystem_package){.ecosystem = &debian, .release = STR("12")};
    p->name = STR("openssl");
    p->version = STR("3.0.7-1");
    p = PUSH(&s->in_ecosystem);
    *p = (struct ecosystem_package){.name = STR("libssl3")};

    struct finding *f = add_finding(r, "CVE-2023-0286", 74, true);
    push_str(&f->aliases, "GHSA-x4qr-2fvf-3mr5");
    push_str(&f->aliases, "DSA-5343-1");
    struct kev *k = add_kev(f, "2023-03-01T00:00:00Z", "2023-03-22T00:00:00Z", true);
    k->name = STR("OpenSSL Type Confusion");
    k->action = STR("Apply updates per vendor instructions.");
    add_epss(f, 97565, 99990);
    /* First who says that it is not affected: that must not become the reason. */
    add_against(f, "cvelist", "openssl", "< 3.0.7");
    add_against(f, "cvelist", "CISA-ADP", "< 3.0.6");
    add_against(f, "osv", "", "< 3.0.7-1")->record = STR("DSA-5343-1");
    push_str(&f->cwes, "CWE-843");
    push_str(&f->fixed_in, "1.1.1t");
    push_str(&f->fixed_in, "3.0.8");
    add_evidence(f, "cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*", ">= 3.0.0, < 3.0.8", "");
    f->description =
        STR("There is a type confusion vulnerability relating to X.400 address processing\n"
            "inside an X.509 GeneralName.");
    struct reference *ref = PUSH(&f->references);
    ref->url = STR("https://www.openssl.org/news/secadv/20230207.txt");
    ref->tags = STR("Vendor Advisory, Patch");
    f->evidence.v[3].provider = STR("nist");
    f = add_finding(r, "CVE-2023-9999", 98, true);
    add_epss(f, 43, 5000);
    add_evidence(f, "cpe:2.3:a:openssl:openssl:3.0.7:*:*:*:*:*:*:*", "= 3.0.7", "");
    f = add_finding(r, "CVE-2023-10000", 98, true);
    add_evidence(f, "cpe:2.3:a:openssl:openssl:3.0.7:*:*:*:*:*:*:*", "= 3.0.7", "");
    f = add_finding(r, "CVE-2024-0001", 31, false);
    add_kev(f, "", "", false)->source = STR("CISA-ADP");
    add_epss(f, 100000, 100000);
    add_evidence(f, "cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*", "any version",
                 "platform not decided: cpe:2.3:o:microsoft:windows:-:*:*:*:*:*:*:*");
    f = add_finding(r, "CVE-2024-0002", 0, false);
    f->status = VEX_UNDER_INVESTIGATION;
    f->published = f->modified = DATE_NONE;
}

static void add_busybox(struct report *r, struct inventory *inv)
{
    add_package(inv, "busybox", "1.34.1-r1");
    struct subject *s = add_subject(r, "busybox", "1.34.1", 1);
    push_str(&s->products, "busybox:busybox");
    struct finding *f = add_finding(r, "CVE-2022-28391", 88, false);
    f->status = VEX_NOT_AFFECTED;
    f->justification = STR("vulnerable_code_not_present");
    f->reason = STR("netstat is not built in");
    f->decided_by = STR("ignored_cves.txt:12");
    add_evidence(f, "cpe:2.3:a:busybox:busybox:*:*:*:*:*:*:*:*", "<= 1.35.0", "");
    /* Decided: not counted as a thing to do. */
    add_kev(f, "2022-05-01T00:00:00Z", "2022-05-22T00:00:00Z", true);
    add_against(f, "osv", "", "< 1.34.1");
    f = add_finding(r, "CVE-2022-30065", 78, false);
    f->status = VEX_FIXED;
    f->decided_by = STR("ignored_cves.txt:13");
    add_evidence(f, "cpe:2.3:a:busybox:busybox:1.35.0:*:*:*:*:*:*:*", "= 1.35.0", "");
}

static void add_quiet_subjects(struct report *r, struct inventory *inv)
{
    add_package(inv, "zlib", "1.3.1-r0");
    struct subject *s = add_subject(r, "zlib", "1.3.1", 1);
    push_str(&s->products, "zlib:zlib");
    add_package(inv, "base-files", "3.0.14-r89");
    add_subject(r, "base-files", "3.0.14", 1)->no_product = true;
    static const char *const ours[] = {"app-a", "app-b", "app-c", "app-d", "app-e", "app-f",
                                       "app-g", "app-h", "app-i", "app-j", "app-k", "app-l"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        add_package(inv, ours[i], "1.0-r0");
        s = add_subject(r, ours[i], "1.0", 1);
        s->identified_by = IDENTIFIED_NONE;
        s->identified_why = STR("");
    }
    add_package(inv, "lua", "master");
    s = add_subject(r, "lua", "master", 1);
    s->uncomparable = true;
    push_str(&s->products, "lua:lua");
}

/* Every way an input may try to break out of a format. */
static void add_hostile(struct report *r, struct inventory *inv)
{
    add_package(inv, "=cmd|' /C calc'!A0", "\"1,0\"");
    add_package(inv, "]]>&<evil>", "1.0");
    struct subject *s = add_subject(r, "]]><evil>\x1b[2J\xff\xfe", "1.0\r\n2", 2);
    s->identified_by = IDENTIFIED_NAME;
    push_str(&s->products, "*:\"ev,il\"");
    struct finding *f = add_finding(r, "CVE-2025-0001", 100, true);
    char *text = arena_alloc(&arena, 9000);
    memset(text, 'x', 9000);
    static const char tricks[] =
        "]]></failure></testcase>&amp;<![CDATA[\x01\x08\x0b\x7f\xc2\x9b"
        "31m\xe2\x80\xae\xef\xbf\xbe\xed\xa0\x80\xc0\xaf \"quoted\", 'comma',\n"
        "How to act: nothing to do\n\ttab\rreturn";
    memcpy(text, tricks, sizeof tricks - 1);
    f->description = str_make(text, 9000);
    add_evidence(f, "cpe:2.3:a:ev\\:il:pro\\\\duct\\\"<&>:*:*:*:*:*:*:*:*", "< 2,0",
                 "\x1b]0;title\x07");
    struct evidence *e = add_against(f, "=evil]]>\x1b[2J", "<&>\xff", "-1\r\n");
    e->record = STR("\"]]>\x07");
    struct kev *k = add_kev(f, "2025-02-01T00:00:00Z", "", true);
    k->source = STR("]]><kev>\x1b");
    k->name = STR("\xff]]>\nHow to act: nothing");
    k->action = STR("=\x9b\xc2\x9b<&");
    push_str(&f->aliases, "=GHSA\x1b[2J\n,\"]]>");
    push_str(&f->fixed_in, "+2.0");
    push_str(&f->cwes, "CWE-\x02");
    struct reference *ref = PUSH(&f->references);
    ref->url = STR("javascript:alert(\"]]>\")\x1b[2J");
    f = add_finding(r, "CVE-2025-0002", 20, false);
    f->status = VEX_NOT_AFFECTED;
    f->reason = STR("-2+3 \"quoted, with comma\"\nand a second line \xe2\x80\xa6 \xff");
    f->decided_by = STR("@ignore.txt:1");
    /* The same case twice, and one that has the name the second gets. */
    add_finding(r, "CVE-2025-0003", 51, false);
    add_finding(r, "CVE-2025-0003 #2", 50, false);
    add_finding(r, "CVE-2025-0003", 50, false);
}

static void add_kernel(struct report *r, struct inventory *inv)
{
    static const char *const modules[] = {
        "kernel-6.1.20",
        "kernel-module-ext4",
        "kernel-module-usb-storage",
        "kernel-module-vfat",
        "kernel-module-iptable-filter-with-a-name-that-is-rather-long",
        "kernel-module-nls-utf8",
    };
    size_t n = sizeof modules / sizeof modules[0];
    for (size_t i = 0; i < n; i++)
        add_package(inv, modules[i], "6.1.20+gitAUTOINC+29ec3dc6f4-r0.0")->line = 0;
    struct subject *s = add_subject(r, "linux-yocto", "6.1.20", n);
    push_str(&s->products, "linux:linux_kernel");
    struct finding *f = add_finding(r, "CVE-2023-1281", 78, true);
    push_str(&f->fixed_in, "6.1.21");
    push_str(&f->fixed_in, "6.2.8");
    push_str(&f->fixed_in, "6.3");
    add_evidence(f, "cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*", ">= 4.14, < 6.1.21", "");
    add_package(inv, "libcrypto3", "3.0.7-r0.0");
    s = add_subject(r, "openssl", "3.0.7", 1);
    s->ref = STR("openssl@3.0.7#2");
    add_finding(r, "CVE-2023-0286", 74, true);
}

static void full_report(struct report *r)
{
    *r = (struct report){.exit_status = 3};
    add_database(r);
    r->gate = STR("cvss>=7.0");
    struct inventory *inv = add_inventory(r, "build/\xc3\xa4 packages.txt", "yocto-packages");
    add_openssl(r, inv);
    add_busybox(r, inv);
    add_quiet_subjects(r, inv);
    add_hostile(r, inv);
    add_skipped(inv, 12, "broken \"line\", ]]> \x1b[2J", "no version", false);
    add_skipped(inv, 13, "gpg-pubkey 1234", "a key, not a package", true);
    add_skipped(inv, 0, "something", "no name", false);
    inv->n_skipped += 5; /* more than were listed */
    inv = add_inventory(r, "sdk.json", "spdx2");
    add_kernel(r, inv);
    for (size_t i = 0; i < 12; i++)
        add_skipped(inv, i + 1, "line", "no name", false);
    struct unused_rule *u = PUSH(&r->unused_rules);
    *u = (struct unused_rule){.file = STR("ignored_cves.txt"), .line = 3};
    u->id = STR("CVE-2019-0001");
    u->reason = STR("left over <&>");
    push_str(&r->why, "6 findings trip the gate cvss>=7.0");
    push_str(&r->why, "sdk.json: 37% of the packages are identified, 90% are required");
    summarize(r);
}

/* One inventory with one clean package: no findings, nothing skipped, no sources. */
static void clean_report(struct report *r)
{
    *r = (struct report){.exit_status = 0};
    r->generated = date("2026-11-21T20:00:00Z");
    r->database.built = DATE_NONE;
    r->gate = STR("any");
    struct inventory *inv = add_inventory(r, "-", "dpkg");
    add_package(inv, "zlib1g", "1:1.3.1-1");
    push_str(&add_subject(r, "zlib", "1.3.1", 1)->products, "zlib:zlib");
    summarize(r);
}

/* ---- writing and comparing ---- */

static void write_report(const char *name, const struct report *r, struct report_style style,
                         struct buf *b)
{
    const struct report_writer *w = report_writer_by_name(str_from_c(name));
    CHECK(w != NULL);
    if (!w)
        return;
    CHECK_OK(w->write(r, &style, b, &err), &err);
    CHECK_INT(b->error, 0);
    CHECK(str_is_utf8(buf_view(b)));
}

/* The goldens must not change with the version of the program. */
static void without_version(struct buf *out, struct str text)
{
    static const char *const before[] = {"\"vulnward\", \"version\": \"",
                                         "name=\"tool.version\" value=\""};
    while (text.n) {
        size_t at = text.n;
        for (size_t i = 0; i < 2; i++) {
            size_t k = str_find_str(text, str_from_c(before[i]));
            at = k != STR_NPOS && k + strlen(before[i]) < at ? k + strlen(before[i]) : at;
        }
        buf_str(out, str_first(text, at));
        text = str_from(text, at);
        if (text.n) {
            CHECK(str_starts(text, STR(VULNWARD_VERSION)));
            text = str_from(text, sizeof VULNWARD_VERSION - 1);
            buf_c(out, "@VERSION@");
        }
    }
}

static void compare(const char *golden, struct str got)
{
    char path[4096];
    struct input want = {0};
    struct buf text = {0};
    without_version(&text, got);
    (void)snprintf(path, sizeof path, "%s/report/%s.golden", test_dir(), golden);
    if (getenv("UPDATE_GOLDEN")) {
        struct out_file f;
        CHECK_OK(out_open(&f, path, &err), &err);
        buf_str(&f.buf, buf_view(&text));
        CHECK_OK(out_commit(&f, &err), &err);
    }
    CHECK_OK(io_read(&arena, path, LIMIT_SMALL_FILE_BYTES, &want, &err), &err);
    if (!str_eq(buf_view(&text), want.data)) {
        size_t i = 0, line = 1;
        for (; i < text.n && i < want.data.n && text.p[i] == want.data.p[i]; i++)
            line += text.p[i] == '\n';
        printf("# %s differs in line %zu: got \"%.*s\", want \"%.*s\"\n", path, line,
               STR_ARG(str_first(str_from(buf_view(&text), i), 60)),
               STR_ARG(str_first(str_from(want.data, i), 60)));
        test_failures++;
    }
    buf_free(&text);
}

/* Both reports in one format and style. */
static void check_golden(const char *format, const char *golden, struct report_style style)
{
    struct report r;
    struct buf b = {0};
    char name[64];
    full_report(&r);
    write_report(format, &r, style, &b);
    compare(golden, buf_view(&b));
    buf_clear(&b);
    clean_report(&r);
    write_report(format, &r, style, &b);
    (void)snprintf(name, sizeof name, "%s-clean", golden);
    compare(name, buf_view(&b));
    buf_free(&b);
    arena_free(&arena);
}

static void test_goldens(void)
{
    check_golden("json", "json", (struct report_style){0});
    check_golden("junit", "junit", (struct report_style){0});
    check_golden("csv", "csv", (struct report_style){0});
    check_golden("table", "table", (struct report_style){0});
    check_golden("table", "table-80", (struct report_style){.width = 80});
    check_golden("table", "table-color-120", (struct report_style){.width = 120, .color = true});
}

/* ---- JUnit ---- */

struct tally {
    size_t tests, failures, errors, skipped;
};

struct junit {
    struct tally said, seen;             /* of the open suite */
    struct tally total_said, total_seen; /* of all */
    bool open_case;
    struct map names;
    size_t problems; /* in the open case: at most one */
    size_t suites;
    bool evil; /* an element we did not write */
};

static size_t number(struct xml_attrs attrs, const char *name)
{
    uint64_t n = 0;
    CHECK(str_to_u64(xml_attr(attrs, name), 0, 1000000, &n));
    return (size_t)n;
}

static bool junit_start(void *ctx, struct str name, struct xml_attrs attrs, struct err *e)
{
    struct junit *j = ctx;
    struct str key;
    if (str_eq(name, STR("testsuites")) || str_eq(name, STR("testsuite"))) {
        struct tally *t = str_eq(name, STR("testsuites")) ? &j->total_said : &j->said;
        t->tests = number(attrs, "tests");
        t->failures = number(attrs, "failures");
        t->errors = number(attrs, "errors");
        if (t == &j->said) {
            t->skipped = number(attrs, "skipped");
            j->seen = (struct tally){0};
            j->suites++;
        }
    } else if (str_eq(name, STR("testcase"))) {
        j->seen.tests++;
        j->problems = 0;
        if (!arena_printf(&arena, &key, e, "%.*s\n%.*s", STR_ARG(xml_attr(attrs, "classname")),
                          STR_ARG(xml_attr(attrs, "name"))))
            return false;
        CHECK(!map_get(&j->names, key, &(uint64_t){0}));
        return map_put(&j->names, key, 1, e);
    } else if (str_eq(name, STR("failure"))) {
        j->seen.failures++;
        j->problems++;
    } else if (str_eq(name, STR("error"))) {
        j->seen.errors++;
        j->problems++;
    } else if (str_eq(name, STR("skipped"))) {
        j->seen.skipped++;
        j->problems++;
    } else if (!str_starts(name, STR("propert")) && !str_eq(name, STR("system-out"))) {
        j->evil = true;
    }
    CHECK(j->problems <= 1);
    return true;
}

static bool junit_end(void *ctx, struct str name, struct str text, struct err *e)
{
    struct junit *j = ctx;
    (void)text;
    (void)e;
    if (!str_eq(name, STR("testsuite")))
        return true;
    CHECK_INT(j->said.tests, j->seen.tests);
    CHECK_INT(j->said.failures, j->seen.failures);
    CHECK_INT(j->said.errors, j->seen.errors);
    CHECK_INT(j->said.skipped, j->seen.skipped);
    j->total_seen.tests += j->seen.tests;
    j->total_seen.failures += j->seen.failures;
    j->total_seen.errors += j->seen.errors;
    j->total_seen.skipped += j->seen.skipped;
    return true;
}

/* With our schema, where xmllint is installed. */
static void check_schema(struct str xml)
{
    char path[] = "/tmp/vulnward-junit-XXXXXX", command[9000];
    if (system("command -v xmllint >/dev/null 2>&1") != 0) {
        printf("# xmllint is not installed: schema not checked\n");
        return;
    }
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    if (fd < 0)
        return;
    CHECK_INT(write(fd, xml.p, xml.n), xml.n);
    CHECK_INT(close(fd), 0);
    (void)snprintf(command, sizeof command,
                   "out=$(xmllint --noout --schema '%s/schemas/junit.xsd' %s 2>&1) || { echo \"# "
                   "$out\"; false; }",
                   test_dir(), path);
    CHECK_INT(system(command), 0);
    CHECK_INT(unlink(path), 0);
}

static struct junit check_junit(const struct report *r)
{
    struct junit j = {0};
    struct buf b = {0};
    struct xml_handler h = {.ctx = &j, .start = junit_start, .end = junit_end};
    write_report("junit", r, (struct report_style){0}, &b);
    CHECK_OK(xml_parse(&h, "junit", buf_view(&b), &err), &err);
    CHECK(!j.evil);
    CHECK_INT(j.total_said.tests, j.total_seen.tests);
    CHECK_INT(j.total_said.failures, j.total_seen.failures);
    CHECK_INT(j.total_said.errors, j.total_seen.errors);
    check_schema(buf_view(&b));
    map_free(&j.names);
    buf_free(&b);
    return j;
}

static void test_junit_counts(void)
{
    struct report r;
    full_report(&r);
    struct junit j = check_junit(&r);
    CHECK_INT(j.suites, 2);
    CHECK_INT(j.total_seen.failures, r.summary.failing);
    CHECK_INT(j.total_seen.errors, 1); /* exit status 3 */
    /* 3 decided, 12 not identified, 1 not comparable, 2 + 1 + 12 not read */
    CHECK_INT(j.total_seen.skipped, 3 + 12 + 1 + 15);
    /* and the findings, two clean packages, one rule, the run */
    CHECK_INT(j.total_seen.tests, r.findings.n - 3 + 31 + 2 + 1 + 1);
    arena_free(&arena);
}

/* A red run is red for the reader of the results, whatever it is red for. */
static void test_junit_run(void)
{
    struct report r;
    clean_report(&r);
    CHECK_INT(check_junit(&r).total_seen.errors, 0);
    r.exit_status = 1;
    CHECK_INT(check_junit(&r).total_seen.errors, 1);
    r.exit_status = 4;
    CHECK_INT(check_junit(&r).total_seen.errors, 1);
    add_finding(&r, "CVE-2024-1", 98, true);
    r.exit_status = 1;
    struct junit j = check_junit(&r);
    CHECK_INT(j.total_seen.errors, 0);
    CHECK_INT(j.total_seen.failures, 1);
    r = (struct report){.generated = DATE_NONE, .exit_status = 3};
    j = check_junit(&r);
    CHECK_INT(j.suites, 1);
    CHECK_INT(j.total_seen.errors, 1);
    arena_free(&arena);
}

/* The same inventory twice, and a contradiction: what fails is a failure whatever its status. */
static void test_junit_odd(void)
{
    struct report r = {.exit_status = 1};
    for (int i = 0; i < 3; i++) {
        add_package(add_inventory(&r, "same", "csv"), "a", "1");
        add_subject(&r, "a", "1", 1);
        add_finding(&r, "CVE-2024-1", 98, true)->status = VEX_FIXED;
    }
    struct junit j = check_junit(&r);
    CHECK_INT(j.suites, 3);
    CHECK_INT(j.total_seen.failures, 3);
    arena_free(&arena);
}

/* ---- the others ---- */

static void test_json(void)
{
    static const struct json_field fields[] = {
        {"schema", JSON_STRING, true},     {"tool", JSON_OBJECT, true},
        {"generated", JSON_STRING, true},  {"database", JSON_OBJECT, true},
        {"inventories", JSON_ARRAY, true}, {"components", JSON_ARRAY, true},
        {"findings", JSON_ARRAY, true},    {"unused_rules", JSON_ARRAY, true},
        {"summary", JSON_OBJECT, true},    {"verdict", JSON_OBJECT, true},
    };
    const struct json *v[10], *root;
    struct report r;
    struct buf b = {0};
    struct json_doc doc = {0};
    full_report(&r);
    write_report("json", &r, (struct report_style){0}, &b);
    struct input in = {.name = STR("json"), .data = buf_view(&b)};
    CHECK_OK(json_parse(&doc, in, &root, &err), &err);
    CHECK_OK(JSON_FIELDS(root, fields, v, &err), &err);
    CHECK_STR(json_str(v[0]), "vulnward.report/1");
    CHECK_INT(json_count(v[4]), r.inventories.n);
    CHECK_INT(json_count(v[5]), r.subjects.n);
    CHECK_INT(json_count(v[6]), r.findings.n);
    CHECK_INT(json_count(v[7]), 1);
    static const struct json_field names[] = {{"name", JSON_STRING, true},
                                              {"cpes", JSON_ARRAY, true},
                                              {"type", JSON_STRING, true},
                                              {"purl", JSON_STRING, true}};
    struct json_iter it = json_iter(v[5]);
    for (size_t i = 0; json_next(&it); i++) {
        CHECK_OK(JSON_FIELDS(it.value, names, v, &err), &err);
        if (str_eq(json_str(v[0]), STR("openssl")) && i == 0) {
            CHECK_INT(json_count(v[1]), 1); /* both packages state the same one */
            CHECK_STR(json_str(v[3]), "pkg:deb/debian/libssl3@3.0.7");
        }
        if (str_eq(json_str(v[0]), STR("linux-yocto")))
            CHECK_STR(json_str(v[2]), "operating-system");
    }
    json_free(&doc);
    buf_free(&b);
    arena_free(&arena);
}

static void test_csv(void)
{
    struct report r;
    struct buf b = {0};
    size_t records = 0, lines = 0, unidentified = 0, not_read = 0, formulas = 0;
    full_report(&r);
    write_report("csv", &r, (struct report_style){0}, &b);
    struct csv c = csv_of(&arena, buf_view(&b));
    while (csv_next(&c, &err)) {
        CHECK(c.fault == NULL);
        CHECK_INT(c.n, 23);
        records++;
        unidentified += str_eq(c.field[9], STR("not_identified"));
        not_read += str_eq(c.field[9], STR("not_read"));
        for (size_t i = 0; i < c.n; i++)
            formulas += c.field[i].n && strchr("=+-@", c.field[i].p[0]) != NULL;
    }
    CHECK_INT(err.code, ERR_NONE);
    for (size_t i = 0; i < b.n; i++)
        lines += b.p[i] == '\n' && i && b.p[i - 1] == '\r';
    CHECK_INT(records, lines);
    /* header, findings, 12 + 1 unchecked, 2 + 1 + 12 not read, a note */
    CHECK_INT(records, 1 + r.findings.n + 13 + 15 + 1);
    CHECK_INT(unidentified, 12);
    CHECK_INT(not_read, 15);
    CHECK_INT(formulas, 0);
    buf_free(&b);
    arena_free(&arena);
}

static size_t line_columns(struct str line)
{
    size_t n = 0;
    for (size_t i = 0; i < line.n; i++)
        n += ((unsigned char)line.p[i] & 0xc0) != 0x80;
    return n;
}

/* Of a table, not of what is said below it. */
static bool is_row(struct str line)
{
    return str_starts(line, STR("CVE-")) || str_starts(line, STR("ID "));
}

static void test_table_width(void)
{
    struct report r;
    struct buf b = {0};
    full_report(&r);
    for (unsigned width = 78; width < 200; width++) {
        buf_clear(&b);
        write_report("table", &r, (struct report_style){.width = width}, &b);
        struct str rest = buf_view(&b), line;
        size_t rows = 0;
        while (str_split(rest, '\n', &line, &rest)) {
            CHECK(line_columns(line) <= width);
            CHECK(!line.n || line.p[line.n - 1] != ' ');
            rows += is_row(line);
        }
        CHECK(width < 110 || str_find_str(buf_view(&b), STR("FAILS: ")) != STR_NPOS);
        CHECK_INT(rows, 2 + r.findings.n - 3); /* two headings; three are decided already */
    }
    buf_free(&b);
    arena_free(&arena);
}

/* Worst first: what fails, what is known to be exploited, by score, and ids by number. */
static void test_table_order(void)
{
    static const char *const want[] = {"CVE-2025-0001",  "CVE-2023-0286",    "CVE-2023-9999",
                                       "CVE-2023-10000", "CVE-2024-0001",    "CVE-2025-0003 ",
                                       "CVE-2025-0003 ", "CVE-2025-0003 #2", "CVE-2024-0002"};
    struct report r;
    struct buf b = {0};
    full_report(&r);
    write_report("table", &r, (struct report_style){0}, &b);
    struct str rest = buf_view(&b), line;
    size_t i = 0;
    while (i < sizeof want / sizeof want[0] && str_split(rest, '\n', &line, &rest)) {
        if (!str_starts(line, STR("CVE-")))
            continue;
        CHECK(str_starts(line, str_from_c(want[i])));
        i++;
    }
    CHECK_INT(i, sizeof want / sizeof want[0]);
    buf_free(&b);
    arena_free(&arena);
}

/* What is said of the new sources, and what is not said without them. */
static void test_table_exploited(void)
{
    struct report r;
    struct buf b = {0};
    full_report(&r);
    for (unsigned width = 0; width <= 120; width += 40) {
        buf_clear(&b);
        write_report("table", &r, (struct report_style){.width = width}, &b);
        struct str text = buf_view(&b);
        CHECK_INT(str_find_str(text, STR("97.56%")) != STR_NPOS, width == 0 || width >= 100);
        CHECK(str_find_str(text, STR(" KEV ")) != STR_NPOS);
        /* The decided one is not among them. */
        CHECK(width == 40 || str_find_str(text, STR("3 known to be exploited (2 by ransomware), 2 "
                                                    "findings where sources")) != STR_NPOS);
    }
    CHECK(str_find_str(buf_view(&b), STR("nvd 3 days old, kev 1 day old, osv of unknown age, epss "
                                         "50 days old")) != STR_NPOS);
    CHECK(str_find_str(buf_view(&b), STR("age of the data not known")) != STR_NPOS);
    for (size_t i = 0; i < r.findings.n; i++) {
        r.findings.v[i].kev = NULL;
        r.findings.v[i].epss.id = STR("");
    }
    buf_clear(&b);
    write_report("table", &r, (struct report_style){0}, &b);
    CHECK(str_find_str(buf_view(&b), STR(" 0 known to be exploited")) != STR_NPOS);
    CHECK(str_find_str(buf_view(&b), STR(" KEV ")) == STR_NPOS);
    CHECK(str_find_str(buf_view(&b), STR(" EPSS ")) == STR_NPOS);
    r.database.sources.n = 1; /* no catalogue: nobody could have known */
    buf_clear(&b);
    write_report("table", &r, (struct report_style){0}, &b);
    CHECK(str_find_str(buf_view(&b), STR("known to be exploited")) == STR_NPOS);
    buf_free(&b);
    arena_free(&arena);
}

static void test_many(void)
{
    struct report r = {.exit_status = 1, .gate = STR("any")};
    struct buf b = {0};
    add_package(add_inventory(&r, "many", "csv"), "a", "1");
    add_subject(&r, "a", "1", 1);
    for (unsigned i = 0; i < 1000; i++)
        add_finding(&r, "CVE-2024-1", i % 100, i % 2);
    CHECK_INT(check_junit(&r).total_seen.tests, 1000);
    write_report("table", &r, (struct report_style){.width = 80}, &b);
    struct str rest = buf_view(&b), line;
    size_t rows = 0;
    while (str_split(rest, '\n', &line, &rest))
        rows += str_starts(line, STR("CVE-"));
    CHECK_INT(rows, 1000);
    buf_free(&b);
    arena_free(&arena);
}

/* ---- all formats ---- */

/* Every byte in every text: no control character gets out, and each file still parses. */
static void test_all_bytes(void)
{
    char bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    struct str all = str_make(bytes, sizeof bytes);
    struct report r = {.exit_status = 1, .gate = all};
    struct inventory *inv = add_inventory(&r, "x", "csv");
    add_package(inv, "x", "x")->name = all;
    inv->path = all;
    struct subject *s = add_subject(&r, "x", "x", 1);
    s->name = s->version = s->ref = s->identified_why = all;
    struct finding *f = add_finding(&r, "x", 98, true);
    f->id = f->reason = f->justification = f->decided_by = f->description = all;
    add_evidence(f, "", "", "");
    f->evidence.v[0] = (struct evidence){.source = all,
                                          .provider = all,
                                          .record = all,
                                          .criterion = all,
                                          .range = all,
                                          .note = all};
    struct evidence *e = add_against(f, "", "", "");
    *e = f->evidence.v[0];
    e->against = true;
    struct kev *known = add_kev(f, "", "", true);
    known->source = known->name = known->action = all;
    struct source_info *source = add_source(&r, "x", "x", "", "");
    source->name = source->kind = all;
    *PUSH(&r.database.sources) = *source;
    struct ecosystem ecosystem = {.name = all};
    struct ecosystem_package *p = PUSH(&s->in_ecosystem);
    *p = (struct ecosystem_package){&ecosystem, .release = all, .name = all, .version = all};
    *push_str(&f->aliases, "") = all;
    *push_str(&f->fixed_in, "") = all;
    *push_str(&r.why, "") = all;
    f = add_finding(&r, "x", 98, false);
    f->status = VEX_NOT_AFFECTED;
    f->reason = all;
    add_skipped(inv, 1, "", "", false);
    inv->skipped.v[0].text = inv->skipped.v[0].why = all;
    (void)check_junit(&r);
    static const char *const formats[] = {"table", "csv", "json", "junit"};
    for (size_t k = 0; k < 4; k++) {
        struct buf b = {0};
        write_report(formats[k], &r, (struct report_style){.width = 80}, &b);
        for (size_t i = 0; i < b.n; i++)
            CHECK((unsigned char)b.p[i] >= 0x20 || b.p[i] == '\n' || (k == 1 && b.p[i] == '\r'));
        buf_free(&b);
    }
    arena_free(&arena);
}

/* A report that points nowhere is a defect of the program, and said so by every writer. */
static void test_bad_report(void)
{
    for (size_t i = 0; report_writers[i]; i++) {
        struct report_style style = {0};
        struct report r;
        struct buf b = {0};
        clean_report(&r);
        add_finding(&r, "CVE-2024-1", 98, true)->subject = 7;
        CHECK_ERR(report_writers[i]->write(&r, &style, &b, &err), &err, "has no subject");
        clean_report(&r);
        r.subjects.v[0].packages.v[0] = 7;
        CHECK_ERR(report_writers[i]->write(&r, &style, &b, &err), &err, "has no package");
        clean_report(&r);
        r.subjects.v[0].inventory = 7;
        CHECK_ERR(report_writers[i]->write(&r, &style, &b, &err), &err, "has no inventory");
        buf_free(&b);
    }
    arena_free(&arena);
}

/* Findings that do not stand with their subject are not lost. */
static void test_unsorted(void)
{
    struct report r = {.exit_status = 1};
    for (int i = 0; i < 2; i++) {
        add_package(add_inventory(&r, i ? "one" : "two", "csv"), "a", "1");
        add_subject(&r, i ? "a" : "b", "1", 1);
    }
    for (uint32_t i = 0; i < 6; i++)
        add_finding(&r, "CVE-2024-1", 98, true)->subject = i % 2;
    r.subjects.v[0].inventory = 1;
    r.subjects.v[1].inventory = 0;
    struct junit j = check_junit(&r);
    CHECK_INT(j.total_seen.failures, 6);
    CHECK_INT(j.total_seen.tests, 6);
    arena_free(&arena);
}

static void test_table_of_writers(void)
{
    for (size_t i = 0; report_writers[i]; i++) {
        CHECK(report_writers[i]->summary[0]);
        CHECK_INT(report_writers[i]->needs_details, strcmp(report_writers[i]->name, "junit") == 0);
    }
    CHECK(report_writer_by_name(STR("nonsense")) == NULL);
}

static const struct test tests[] = {
    {"the output is that of the golden files", test_goldens},
    {"junit: the counts are true, names are unique, the schema holds", test_junit_counts},
    {"junit: a red run is red", test_junit_run},
    {"junit: equal inventories, contradictions", test_junit_odd},
    {"json: parses and is complete", test_json},
    {"csv: parses, one record a line, nothing is missing", test_csv},
    {"table: fits the terminal", test_table_width},
    {"table: worst first", test_table_order},
    {"table: known exploited, EPSS, disagreements", test_table_exploited},
    {"a thousand findings are all there", test_many},
    {"every byte in every text", test_all_bytes},
    {"a report that points nowhere", test_bad_report},
    {"an unsorted report loses nothing", test_unsorted},
    {"the table of writers", test_table_of_writers},
};

TEST_MAIN(tests)
