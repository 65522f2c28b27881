/* SPDX-License-Identifier: Apache-2.0 */
/* The product table: how rows are chosen, that each can be used, and facts nobody should lose. */
#include "test.h"

#include "identity/cpe.h"
#include "identity/products_priv.h"

#include "base/banned.h"

static bool is_glob(struct str pattern)
{
    return str_find(pattern, '*') != STR_NPOS || str_find(pattern, '?') != STR_NPOS;
}

static size_t literals(struct str pattern)
{
    size_t n = 0;
    for (size_t i = 0; i < pattern.n; i++)
        n += pattern.p[i] != '*' && pattern.p[i] != '?';
    return n;
}

/* A product as it stands in the table has to be what a CPE name of the NVD would give. */
static void check_value(struct str value)
{
    struct arena a = {0};
    struct err err = {0};
    struct str canonical;
    CHECK(value.n && value.n < 200 && !cpe_is_any(value) && !cpe_is_na(value) &&
          !cpe_has_wildcard(value));
    struct cpe c, back;
    cpe_init(&c);
    c.attr[CPE_PRODUCT] = value;
    struct buf b = {0};
    cpe_write(&b, &c);
    CHECK_OK(cpe_parse(&a, buf_view(&b), &back, &err), &err);
    canonical = back.attr[CPE_PRODUCT];
    CHECK(str_eq(canonical, value));
    buf_free(&b);
    arena_free(&a);
}

static void check_row(const struct product_row *row)
{
    int before = test_failures;
    CHECK(row->pattern.n && row->products.n && row->pattern.n < LIMIT_NAME_BYTES);
    CHECK(literals(row->pattern) > 0); /* one that fits everything would hide the rest */
    for (size_t i = 0; i < row->pattern.n; i++) {
        char c = row->pattern.p[i];
        CHECK(!char_is_upper(c) && (unsigned char)c > 0x20 && (unsigned char)c < 0x7f);
    }
    struct str list = row->products, vendor, product;
    size_t n = 0;
    if (products_is_none(row) || products_is_unlisted(row)) {
        CHECK(row->note.n); /* it must say why */
        CHECK(!products_next(&list, &vendor, &product));
    } else {
        while (list.n) {
            CHECK(products_next(&list, &vendor, &product));
            CHECK(vendor.n && product.n && str_find(product, ':') == STR_NPOS);
            check_value(vendor);
            check_value(product);
            n++;
        }
        CHECK(n > 0);
    }
    if (test_failures != before)
        printf("# ... row %.*s\n", STR_ARG(row->pattern));
}

static void rows(void)
{
    CHECK_INT(products_count(), product_exact_count + product_glob_count);
    CHECK(products_count() >= 250);
    for (size_t i = 0; i < product_exact_count; i++) {
        check_row(&product_exact[i]);
        CHECK(!is_glob(product_exact[i].pattern));
        CHECK(products_find(product_exact[i].pattern) == &product_exact[i]); /* each is found */
        if (i)
            CHECK(str_cmp(product_exact[i - 1].pattern, product_exact[i].pattern) < 0);
    }
    for (size_t i = 0; i < product_glob_count; i++) {
        check_row(&product_globs[i]);
        CHECK(is_glob(product_globs[i].pattern));
        if (i) {
            CHECK(literals(product_globs[i - 1].pattern) >= literals(product_globs[i].pattern));
            CHECK(!str_eq(product_globs[i - 1].pattern, product_globs[i].pattern));
        }
    }
}

/* What is found is the best row there is, for names made from all rows. */
static void check_best(struct str name)
{
    const struct product_row *got = products_find(name);
    for (size_t i = 0; i < product_exact_count; i++)
        if (str_eq_nocase(product_exact[i].pattern, name)) {
            CHECK(got == &product_exact[i]); /* an exact row wins over any glob */
            return;
        }
    size_t best = 0;
    for (size_t i = 0; i < product_glob_count; i++)
        if (str_glob(product_globs[i].pattern, name) && literals(product_globs[i].pattern) > best)
            best = literals(product_globs[i].pattern);
    CHECK((got == NULL) == (best == 0));
    CHECK(!got || (literals(got->pattern) == best && str_glob(got->pattern, name)));
    if (test_failures)
        printf("# ... %.*s\n", STR_ARG(name));
}

static void best_row(void)
{
    for (size_t i = 0; i < product_glob_count && !test_failures; i++) {
        static const char *const fill[] = {"", "x", "-1.0", "3"};
        for (size_t k = 0; k < 4; k++) {
            char name[512];
            size_t n = 0;
            struct str p = product_globs[i].pattern;
            for (size_t j = 0; j < p.n; j++)
                n += (size_t)snprintf(name + n, sizeof name - n, "%s",
                                      p.p[j] == '*'   ? fill[k]
                                      : p.p[j] == '?' ? "7"
                                                      : (char[]){p.p[j], 0});
            check_best(str_make(name, n));
        }
    }
    for (size_t i = 0; i < product_exact_count && !test_failures; i += 3) {
        char name[512];
        int n = snprintf(name, sizeof name, "%.*s-dev", STR_ARG(product_exact[i].pattern));
        check_best(str_make(name, (size_t)n));
    }
}

static bool has_product(const struct product_row *row, const char *both)
{
    struct str list = row ? row->products : (struct str){0}, vendor, product, v, p;
    (void)str_split(str_from_c(both), ':', &v, &p);
    while (products_next(&list, &vendor, &product))
        if (str_eq(v, vendor) && str_eq(p, product))
            return true;
    return false;
}

static void facts(void)
{
    static const struct {
        const char *name, *product; /* NULL: has none */
    } known[] = {
        {"libcrypto3", "openssl:openssl"},
        {"libcrypto1.1", "openssl:openssl"},
        {"libssl3", "openssl:openssl"},
        {"libssl1.1", "openssl:openssl"},
        {"openssl", "openssl:openssl"},
        {"openssl-bin", "openssl:openssl"},
        {"libc6", "gnu:glibc"},
        {"glibc", "gnu:glibc"},
        {"libz1", "zlib:zlib"},
        {"zlib", "zlib:zlib"},
        {"zlib1g", "zlib:zlib"},
        {"kernel-image-6.1.38-yocto-standard", "linux:linux_kernel"},
        {"kernel-module-nfs-6.1.38-yocto-standard", "linux:linux_kernel"},
        {"linux-yocto", "linux:linux_kernel"},
        {"linux-image-6.1.0-13-amd64", "linux:linux_kernel"},
        {"libcurl4", "haxx:libcurl"},
        {"curl", "haxx:curl"},
        {"dropbear", "dropbear_ssh_project:dropbear_ssh"},
        {"wpa-supplicant", "w1.fi:wpa_supplicant"},
        {"hostapd", "w1.fi:hostapd"},
        {"busybox", "busybox:busybox"},
        {"busybox-udhcpc", "busybox:busybox"},
        {"bash", "gnu:bash"},
        {"systemd", "systemd_project:systemd"},
        {"libsystemd0", "systemd_project:systemd"},
        {"udev", "systemd_project:systemd"},
        {"sudo", "sudo_project:sudo"},
        {"openssh-server", "openbsd:openssh"},
        {"openssh-sshd", "openbsd:openssh"},
        {"libexpat1", "libexpat_project:libexpat"},
        {"expat", "libexpat_project:libexpat"},
        {"libxml2", "xmlsoft:libxml2"},
        {"libsqlite3-0", "sqlite:sqlite"},
        {"u-boot", "denx:u-boot"},
        {"dnsmasq", "thekelleys:dnsmasq"},
        {"liblzma5", "tukaani:xz"},
        {"xz", "tukaani:xz"},
        {"bluez5", "bluez:bluez"},
        {"libgnutls30", "gnu:gnutls"},
        {"python3-core", "python:python"},
        {"tar", "gnu:tar"},
        {"ntp", "ntp:ntp"},
        {"mosquitto", "eclipse:mosquitto"},
        {"base-files", NULL},
        {"packagegroup-core-boot", NULL},
        {"netbase", NULL},
        {"tzdata", NULL},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct product_row *row = products_find(str_from_c(known[i].name));
        bool ok =
            row && (known[i].product ? has_product(row, known[i].product) : products_is_none(row));
        CHECK(ok);
        struct str got = row ? row->products : STR("no row");
        if (!ok)
            printf("# %s: %.*s, not %s\n", known[i].name, STR_ARG(got),
                   known[i].product ? known[i].product : "-");
    }
    CHECK(products_find(STR("OpenSSL")) == products_find(STR("openssl")));
    CHECK(products_find(STR("LIBSSL3")) == products_find(STR("libssl3")));
    CHECK(products_find(STR("no-such-package-anywhere")) == NULL);
    CHECK(products_find(STR("")) == NULL);
    CHECK(products_find((struct str){NULL, 0}) == NULL);
    CHECK(products_find(STR("\0")) == NULL);
    static char longest[LIMIT_NAME_BYTES + 1];
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "kernel-image-", 13);
    CHECK(products_find(str_make(longest, LIMIT_NAME_BYTES)) != NULL);
    CHECK(products_find(str_make(longest, LIMIT_NAME_BYTES + 1)) == NULL);
}

static void lists(void)
{
    struct str list = STR("a:b  c:d"), vendor, product;
    CHECK(products_next(&list, &vendor, &product));
    CHECK_STR(vendor, "a");
    CHECK_STR(product, "b");
    CHECK(products_next(&list, &vendor, &product));
    CHECK_STR(product, "d");
    CHECK(!products_next(&list, &vendor, &product));
    list = STR("");
    CHECK(!products_next(&list, &vendor, &product));
}

static const struct test tests[] = {
    {"every row", rows},
    {"the best row is found", best_row},
    {"well-known packages", facts},
    {"lists", lists},
};
TEST_MAIN(tests)
