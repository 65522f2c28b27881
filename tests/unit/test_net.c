/* SPDX-License-Identifier: Apache-2.0 */
/* What needs no server; the rest is in tests/net. */
#include "net/fetch.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

static void test_url_shown(void)
{
    static const char *const pairs[][2] = {
        {"https://example.org/a?b#c", "https://example.org/a?b#c"},
        {"https://joe:secret@example.org/a", "https://example.org/a"},
        {"https://joe:se@cret@example.org/a", "https://example.org/a"},
        {"https://example.org/a@b", "https://example.org/a@b"},
        {"https://example.org?a@b", "https://example.org?a@b"},
        {"https://joe@example.org", "https://example.org"},
        {"nothing", "nothing"},
        {"", ""},
    };
    char out[64];
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        CHECK_STR(str_from_c(fetch_url_shown(pairs[i][0], out, sizeof out)), pairs[i][1]);
    CHECK_STR(str_from_c(fetch_url_shown("http://a:b@example.org/long", out, 12)), "http://exam");
}

static void test_refused_urls(void)
{
    static const char *const urls[] = {"ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1/a", "",
                                       "http://127.0.0.1/a b", "http://127.0.0.1/a\r\nX: y"};
    struct fetcher *f = NULL;
    struct fetch_result result;
    struct err err = {0};
    const struct fetch_options o = {.attempts = 1};
    CHECK_OK(fetcher_open(&o, &f, &err), &err);
    for (size_t i = 0; f && i < sizeof urls / sizeof urls[0]; i++) {
        const struct fetch_request r = {.url = urls[i], .path = "/nonexistent/file"};
        err_clear(&err);
        CHECK_ERR(fetch(f, &r, &result, &err), &err, "URL");
        CHECK_INT(result.attempts, 0);
    }
    fetcher_close(f);
}

static void test_nobody_listens(void)
{
    char dir[] = "/tmp/vulnward-net-XXXXXX", path[64];
    struct fetcher *f = NULL;
    struct fetch_result result;
    struct err err = {0};
    const struct fetch_options o = {.attempts = 2, .backoff_ms = 1};
    CHECK(mkdtemp(dir) != NULL);
    (void)snprintf(path, sizeof path, "%s/file", dir);
    CHECK_OK(fetcher_open(&o, &f, &err), &err);
    const struct fetch_request r = {.url = "http://u:p@127.0.0.1:9/x", .path = path};
    CHECK_ERR(fetch(f, &r, &result, &err), &err, "http://127.0.0.1:9/x: ");
    CHECK_INT(result.attempts, 2);
    CHECK_ERR(fetch(f, &r, &result, &err), &err, "tried 2 times");
    CHECK_INT(result.attempts, 2);
    CHECK_INT(result.status, 0);
    CHECK_INT(rmdir(dir), 0); /* nothing is left */
    fetcher_close(f);
    fetcher_close(NULL);
}

static const struct test tests[] = {
    {"a URL is shown without a password", test_url_shown},
    {"URLs that are refused", test_refused_urls},
    {"nobody listens", test_nobody_listens},
};
TEST_MAIN(tests)
