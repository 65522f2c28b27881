/* SPDX-License-Identifier: Apache-2.0 */
/* What `db show`, `db search` and `db diff` write, on terminals of any width. */
#include "report/lookup.h"
#include "test.h"

#include "base/date.h"

static struct arena arena;
static struct database_info info;

static void fill(struct vuln *v)
{
    struct err err = {0};
    *v = (struct vuln){.id = STR("CVE-2020-0001"),
                       .source = STR("nvd"),
                       .published = DATE_NONE,
                       .modified = DATE_NONE,
                       .description = STR("Words of the\x1b[2J source, which are many and have to "
                                          "be broken into lines somewhere"),
                       .status = STR("Analyzed and then some")};
    struct cvss *c = VEC_PUSH(&arena, &v->cvss);
    struct node *n = VEC_PUSH(&arena, &v->nodes);
    CHECK(c && n);
    *c = (struct cvss){.version = CVSS_3_1, .tenths = 98, .vector = STR("CVSS:3.1/AV:N")};
    *n = (struct node){.parent = NODE_NO_PARENT, .count = 9};
    for (int i = 0; i < 9; i++) {
        struct criterion *x = VEC_PUSH(&arena, &v->criteria);
        CHECK(x);
        cpe_init(&x->cpe);
        x->vulnerable = true;
        x->cpe.attr[CPE_VENDOR] = STR("acme");
        x->cpe.attr[CPE_PRODUCT] = STR("tool");
        x->start_including = STR("10.0.0");
        CHECK_OK(arena_printf(&arena, &x->end_excluding, &err, "10.%d.1", i), &err);
    }
}

static struct show make_show(void)
{
    struct show s = {.database = &info};
    struct show_entry *e = VEC_PUSH(&arena, &s.entries);
    CHECK(e);
    e->id = STR("CVE-2020-0001");
    struct vuln *v = VEC_PUSH(&arena, &e->records);
    CHECK(v);
    fill(v);
    v = VEC_PUSH(&arena, &e->records);
    CHECK(v);
    fill(v);
    v->source = STR("cvelist");
    v->cvss.v[0].tenths = 55;
    v->criteria.v[0].end_excluding = STR("11.0");
    struct lookup_cve *c = VEC_PUSH(&arena, &e->cves);
    CHECK(c);
    c->id = e->id;
    return s;
}

/* Characters of the longest line, without the colors, which take no place. */
static size_t widest(struct str s)
{
    size_t most = 0, n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\x1b') {
            while (i < s.n && s.p[i] != 'm')
                i++;
            continue;
        }
        if (s.p[i] == '\n') {
            most = n > most ? n : most;
            n = 0;
        } else {
            n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
        }
    }
    return most;
}

static bool has(struct str s, const char *what)
{
    return str_find_str(s, str_from_c(what)) != STR_NPOS;
}

static void test_widths(void)
{
    struct show s = make_show();
    struct err err = {0};
    /* Ids and scores are never cut: below 85 columns the overview is as wide as they are. */
    for (unsigned width = 85; width < 200; width++) {
        const struct report_style style = {.width = width};
        struct buf b = {0};
        CHECK_OK(show_write_text(&s, &style, &b, &err), &err);
        CHECK(widest(buf_view(&b)) <= width);
        CHECK(!has(buf_view(&b), "\x1b"));
        /* Bounds stay with their operators. */
        CHECK(!has(buf_view(&b), "<\n"));
        CHECK(!has(buf_view(&b), ">=\n"));
        buf_free(&b);
    }
}

static void test_narrow(void)
{
    struct show s = make_show();
    struct err err = {0};
    for (unsigned width = 1; width < 85; width++) {
        const struct report_style style = {.width = width};
        struct buf b = {0};
        CHECK_OK(show_write_text(&s, &style, &b, &err), &err);
        CHECK(widest(buf_view(&b)) <= 85);
        CHECK(has(buf_view(&b), "CVE-2020-0001"));
        buf_free(&b);
    }
}

static void test_no_terminal(void)
{
    struct show s = make_show();
    struct err err = {0};
    const struct report_style style = {0};
    struct buf b = {0};
    CHECK_OK(show_write_text(&s, &style, &b, &err), &err);
    /* One line each, however long. */
    CHECK(has(buf_view(&b), "which are many and have to be broken into lines somewhere\n"));
    CHECK(has(buf_view(&b), "the\xef\xbf\xbd[2J source"));
    CHECK(has(buf_view(&b), "Score        nvd 9.8; cvelist 5.5\n"));
    CHECK(has(buf_view(&b), "tool: only nvd < 10.0.1; only cvelist < 11.0\n"));
    buf_free(&b);
}

static void test_color(void)
{
    struct show s = make_show();
    struct err err = {0};
    const struct report_style style = {.color = true, .width = 100};
    struct buf b = {0};
    CHECK_OK(show_write_text(&s, &style, &b, &err), &err);
    CHECK(has(buf_view(&b), "\x1b[1;31m9.8 critical"));
    /* The source's own escape is not ours. */
    CHECK(!has(buf_view(&b), "\x1b[2J"));
    CHECK(widest(buf_view(&b)) <= 100);
    buf_free(&b);
}

static void test_search_and_diff(void)
{
    struct search s = {.database = &info, .product = STR("tool")};
    struct diff d = {.before = &info, .after = &info};
    struct err err = {0};
    struct search_product *p = VEC_PUSH(&arena, &s.products);
    struct search_row *row = VEC_PUSH(&arena, &s.rows);
    struct diff_change *c = VEC_PUSH(&arena, &d.changes);
    CHECK(p && row && c);
    *p = (struct search_product){.vendor = STR("acme"), .name = STR("tool\x1b[K")};
    *row = (struct search_row){.id = STR("CVE-2020-0001"), .published = DATE_NONE};
    row->ranges = STR(">= 1.0, < 2.0; >= 3.0, < 3.1; >= 4.0, < 4.1; >= 5.0, < 5.1; >= 6.0");
    s.n_rows = 1;
    *c = (struct diff_change){.kind = DIFF_RANGE,
                              .id = STR("CVE-2020-0001"),
                              .before = STR("\x1b[5m"),
                              .after = row->ranges};
    d.counts[DIFF_RANGE] = 1;
    for (unsigned width = 84; width < 120; width++) {
        const struct report_style style = {.width = width};
        struct buf b = {0};
        CHECK_OK(search_write_text(&s, &style, &b, &err), &err);
        CHECK_OK(diff_write_text(&d, &style, &b, &err), &err);
        CHECK(widest(buf_view(&b)) <= width);
        CHECK(!has(buf_view(&b), "\x1b"));
        buf_free(&b);
    }
    arena_free(&arena);
}

static const struct test tests[] = {
    {"a page is as wide as the terminal", test_widths},
    {"ids are not cut on a narrow one", test_narrow},
    {"nothing is wrapped where there is none", test_no_terminal},
    {"colors are ours alone", test_color},
    {"search and diff keep to the width", test_search_and_diff},
};
TEST_MAIN(tests)
