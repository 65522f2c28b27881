/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures: keys and signatures as the program minisign 0.11 writes them (the keys are for this
 * test alone), damage of every byte, and both directions with minisign itself where it is there.
 */
#include "test.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "codec/sign.h"

#include "base/banned.h"

static const char public_key[] =
    "untrusted comment: minisign public key 7EF969AEFEF37E7C\n"
    "RWR8fvP+rmn5foVuIn5OWw9DbJRXprc8IyUxn9yyykHcajQKxsKqmia3\n";
static const char plain_key[] =
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAfH7z/q5p"
    "+X4Hq9r56RT6NdPX0uL14hO4MhZajSjhDorJOG7CU8OB8oVuIn5OWw9DbJRXprc8IyUxn9yyykHcajQK"
    "xsKqmia3AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
/* The same key with a checksum, and under the password "correct horse" (scrypt N = 2^14). */
static const char summed_key[] =
    "untrusted comment: x\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAfH7z/q5p"
    "+X4Hq9r56RT6NdPX0uL14hO4MhZajSjhDorJOG7CU8OB8oVuIn5OWw9DbJRXprc8IyUxn9yyykHcajQK"
    "xsKqmia389mcE55jO+7cJgGT7M1ZA1Z6Z9TxnuBD+/yWNzUmJ8Q=\n";
static const char sealed_key[] =
    "untrusted comment: minisign encrypted secret key\n"
    "RWRTY0IyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAAgAAAAAAAAAAAEAAAAAicl1sZLs"
    "+rUR+Txe9kaCihwmElfZfQEUTiF+GTrgBu1WLdcVmr3N1joVkGHXn51dYtKYwzFxobtaZPLZXLLPmnQS"
    "BTHluHGtZ2NG/F1dPLstOCwl6EvlXndO5a5zTNXJtnIm4yq+eQk=\n";
/* Over "hello\n": prehashed, and of the old kind. */
static const char hashed[] =
    "untrusted comment: signature from minisign secret key\n"
    "RUR8fvP+rmn5flev5u2d7n47w9OzODCO/5gmlrLZMr6QLMfUwJo2N4FwqOVIaktEfJScRZ0Rcb9VX2Sh"
    "/czHy4Gqn5fpBKTNDAs=\n"
    "trusted comment: timestamp:1795304770\tfile:f\thashed\n"
    "JoVHj4quMKkB3BQUD8SPw9Zc8S5W/92zuq/B5y8qkwfkAoq62mXR9EV79R6qeS3N432S7dvS1p5FXsWX"
    "yQkVCA==\n";
static const char legacy[] =
    "untrusted comment: signature from minisign secret key\n"
    "RWR8fvP+rmn5fm0+uqnuPzOn9Wip9CLAlbHyE8mGjIQagiCogrzVVHGKsG50YH3fRxCjHEm/dJAOeiBm"
    "hWsXFnYZYrePAyZi4wk=\n"
    "trusted comment: timestamp:1795304770\tfile:f\n"
    "ljRTJ37jt9uM9y9QsJVvaNtBS+mZXy9z+51qT0M0qwAF3Rd3Cn7bYO2jBos9VNXTth4L8/MEx4XL1561"
    "nQ04Dg==\n";

static struct err err;
static char dir[64];
static struct arena arena;

static int file_with(const char *text, size_t n)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s/file-XXXXXX", dir);
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, n) == (ssize_t)n);
    (void)unlink(path);
    return fd;
}

static struct sign_public key(void)
{
    struct sign_public k = {0};
    CHECK_OK(sign_public_parse(str_from_c(public_key), &k, &err), &err);
    return k;
}

static struct sign_secret secret(void)
{
    struct sign_secret k = {0};
    CHECK_OK(sign_secret_open(str_from_c(plain_key), STR(""), &k, &err), &err);
    return k;
}

static void public_keys(void)
{
    char id[SIGN_ID_TEXT];
    struct sign_public k = key(), bare;
    CHECK_STR(str_from_c(sign_id(k.id, id)), "7EF969AEFEF37E7C");
    struct str line = str_from(str_from_c(public_key), str_find(str_from_c(public_key), '\n') + 1);
    CHECK_OK(sign_public_parse(line, &bare, &err), &err);
    CHECK(memcmp(&bare, &k, sizeof k) == 0);
    CHECK_OK(sign_public_parse(str_trim(line), &bare, &err), &err);
    CHECK_ERR(sign_public_parse(STR(""), &bare, &err), &err, "not a minisign public key");
    CHECK_ERR(sign_public_parse(str_first(line, 50), &bare, &err), &err, "not a minisign");
    CHECK_ERR(sign_public_parse(str_from_c(plain_key), &bare, &err), &err, "not a minisign");
    CHECK_ERR(sign_public_parse(STR("RXR8fvP+rmn5foVuIn5OWw9DbJRXprc8IyUxn9yyykHcajQKxsKqmia3"),
                                &bare, &err),
              &err, "not a minisign");
}

static void secret_keys(void)
{
    bool encrypted = true;
    struct sign_secret a = secret(), b = {0};
    struct buf out = {0};
    CHECK_OK(sign_secret_encrypted(str_from_c(plain_key), &encrypted, &err), &err);
    CHECK(!encrypted);
    CHECK_OK(sign_secret_open(str_from_c(summed_key), STR(""), &b, &err), &err);
    CHECK(memcmp(&a, &b, sizeof a) == 0);
    CHECK_OK(sign_secret_encrypted(str_from_c(sealed_key), &encrypted, &err), &err);
    CHECK(encrypted);
    memset(&b, 0, sizeof b);
    CHECK_OK(sign_secret_open(str_from_c(sealed_key), STR("correct horse"), &b, &err), &err);
    CHECK(memcmp(&a, &b, sizeof a) == 0);
    CHECK_ERR(sign_secret_open(str_from_c(sealed_key), STR("wrong"), &b, &err), &err, "password");
    CHECK_ERR(sign_secret_open(str_from_c(sealed_key), STR(""), &b, &err), &err, "password");
    CHECK_ERR(sign_secret_open(str_from_c(public_key), STR(""), &b, &err), &err,
              "not a minisign secret key");
    CHECK_OK(sign_public_write(&a, &out, &err), &err);
    CHECK_STR(buf_view(&out), public_key);
    buf_free(&out);
}

/* A character of the key changed is a damaged key, or none, never another one. */
static void damaged_secret_keys(void)
{
    char text[sizeof summed_key];
    size_t start = strcspn(summed_key, "\n") + 1;
    for (size_t i = start; summed_key[i] != '\n'; i++) {
        struct sign_secret k;
        struct err e = {0};
        /* Salt and limits of a key without a password say nothing. */
        if (i >= start + 8 && i < start + 72)
            continue;
        memcpy(text, summed_key, sizeof text);
        text[i] = text[i] == 'B' ? 'C' : 'B';
        bool ok = sign_secret_open(str_from_c(text), STR(""), &k, &e);
        if (ok)
            printf("# character %zu\n", i - start);
        CHECK(!ok && e.code == ERR_INPUT);
    }
    /* Limits of a sealed key that ask for too much are refused, not obeyed. */
    struct sign_secret k;
    char sealed[sizeof sealed_key];
    memcpy(sealed, sealed_key, sizeof sealed);
    memset(sealed + strcspn(sealed, "\n") + 1 + 52, '/', 16);
    CHECK_ERR(sign_secret_open(str_from_c(sealed), STR("x"), &k, &err), &err, "too much");
}

static void real_signatures(void)
{
    struct sign_public k = key();
    struct str trusted = {0};
    int fd = file_with("hello\n", 6);
    CHECK_OK(sign_verify(fd, str_from_c(hashed), &k, &trusted, &err), &err);
    CHECK(str_ends(trusted, STR("\tfile:f\thashed")));
    CHECK_INT(lseek(fd, 0, SEEK_CUR), 0);
    CHECK_OK(sign_verify(fd, str_from_c(legacy), &k, &trusted, &err), &err);
    CHECK(str_ends(trusted, STR("\tfile:f")));
    int other = file_with("hello!", 6), empty = file_with("", 0);
    CHECK_ERR(sign_verify(other, str_from_c(hashed), &k, &trusted, &err), &err, "not the signature");
    CHECK_ERR(sign_verify(other, str_from_c(legacy), &k, &trusted, &err), &err, "not the signature");
    CHECK_ERR(sign_verify(empty, str_from_c(hashed), &k, &trusted, &err), &err, "not the signature");
    CHECK_ERR(sign_verify(empty, str_from_c(legacy), &k, &trusted, &err), &err, "not the signature");
    k.key[0] ^= 1;
    CHECK_ERR(sign_verify(fd, str_from_c(hashed), &k, &trusted, &err), &err, "not the signature");
    k.id[0] ^= 1;
    CHECK_ERR(sign_verify(fd, str_from_c(hashed), &k, &trusted, &err), &err,
              "made with key 7EF969AEFEF37E7C, not with 7EF969AEFEF37E7D");
    (void)close(fd);
    (void)close(other);
    (void)close(empty);
}

/* Every single bit of a signature file but those of the untrusted comment's words counts. */
static void flipped_bits(const char *signature)
{
    struct sign_public k = key();
    char text[512];
    size_t n = strlen(signature);
    int fd = file_with("hello\n", 6);
    for (size_t i = 0; i < n * 8; i++) {
        struct str trusted;
        struct err e = {0};
        memcpy(text, signature, n + 1);
        text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
        bool ok = sign_verify(fd, str_make(text, n), &k, &trusted, &e);
        bool comment = i / 8 >= strlen("untrusted comment:") && i / 8 < strcspn(signature, "\n");
        bool last = i / 8 == n - 1; /* what ends the last line */
        if (ok && !comment && !last)
            printf("# bit %zu of byte %zu\n", i % 8, i / 8);
        CHECK(!ok || comment || last);
    }
    for (size_t i = 0; i < n - 1; i++) { /* cut short anywhere; the last line end may be missing */
        struct str trusted;
        struct err e = {0};
        CHECK(!sign_verify(fd, str_make(signature, i), &k, &trusted, &e));
    }
    (void)close(fd);
}

static void damaged_signatures(void)
{
    flipped_bits(hashed);
    flipped_bits(legacy);
}

static void made_here(void)
{
    struct sign_public k = key();
    struct sign_secret s = secret();
    struct buf out = {0}, again = {0};
    struct str trusted;
    size_t n = (size_t)3 << 20; /* more than one piece */
    char *big = calloc(1, n);
    int fd = file_with(big, n);
    CHECK_OK(sign_make(fd, &s, STR("by hand"), STR("file:x"), &out, &err), &err);
    CHECK_OK(sign_make(fd, &s, STR("by hand"), STR("file:x"), &again, &err), &err);
    CHECK(str_eq(buf_view(&out), buf_view(&again)));
    CHECK_OK(sign_verify(fd, buf_view(&out), &k, &trusted, &err), &err);
    CHECK_STR(trusted, "file:x");
    CHECK(pwrite(fd, "x", 1, (off_t)n - 1) == 1);
    CHECK_ERR(sign_verify(fd, buf_view(&out), &k, &trusted, &err), &err, "not the signature");
    buf_clear(&out);
    CHECK_ERR(sign_make(fd, &s, STR("by\nhand"), STR("x"), &out, &err), &err, "one line");
    CHECK_ERR(sign_make(fd, &s, STR("by hand"), STR("x\r"), &out, &err), &err, "one line");
    buf_free(&out);
    buf_free(&again);
    free(big);
    (void)close(fd);
}

static void save(const char *name, struct str text)
{
    char path[128];
    struct out_file f;
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    CHECK_OK(out_open(&f, path, &err), &err);
    buf_str(&f.buf, text);
    CHECK_OK(out_commit(&f, &err), &err);
}

/* `command` in the test's folder; what it says goes to a file, shown when it fails. */
static void shell(const char *command)
{
    char line[512];
    (void)snprintf(line, sizeof line, "cd %s && ( %s ) >said 2>&1 || { sed 's/^/# /' said; false; }", dir,
                   command);
    CHECK(system(line) == 0); /* NOLINT(cert-env33-c): the test's own words */
}

static void with_minisign(void)
{
    struct sign_public k = key();
    struct sign_secret s = secret();
    struct buf out = {0};
    struct str trusted;
    struct input in;
    char path[128];
    if (system("command -v minisign >/dev/null 2>&1") != 0) { /* NOLINT(cert-env33-c) */
        printf("# minisign is not installed: nothing compared\n");
        return;
    }
    /* ours, checked by minisign */
    int fd = file_with("some text", 9);
    CHECK_OK(sign_make(fd, &s, STR("a comment"), STR("another\tone"), &out, &err), &err);
    save("f", STR("some text"));
    save("f.minisig", buf_view(&out));
    save("k.pub", str_from_c(public_key));
    shell("minisign -V -H -p k.pub -m f && minisign -Q -V -p k.pub -m f | grep -q another");
    save("f", STR("some texT"));
    shell("! minisign -V -p k.pub -m f");
    /* minisign's, with each kind of key, checked by us */
    save("f", STR("some text"));
    save("plain.key", str_from_c(plain_key));
    save("sealed.key", str_from_c(sealed_key));
    static const char *const commands[] = {
        "minisign -S -s plain.key -m f -x s -t hi",
        "minisign -S -l -s plain.key -m f -x s -t hi",
        "echo 'correct horse' | minisign -S -s sealed.key -m f -x s -t hi",
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        shell(commands[i]);
        (void)snprintf(path, sizeof path, "%s/s", dir);
        CHECK_OK(io_read(&arena, path, 4096, &in, &err), &err);
        CHECK_OK(sign_verify(fd, in.data, &k, &trusted, &err), &err);
        CHECK_STR(trusted, "hi");
    }
    buf_free(&out);
    (void)close(fd);
}

static const struct test tests[] = {
    {"public keys", public_keys},
    {"secret keys", secret_keys},
    {"damaged secret keys", damaged_secret_keys},
    {"signatures of minisign", real_signatures},
    {"damaged signatures", damaged_signatures},
    {"signatures made here", made_here},
    {"both directions with minisign", with_minisign},
};

int main(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/vulnward-sign-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    int status = test_main(tests, sizeof tests / sizeof tests[0]);
    arena_free(&arena);
    char line[128];
    (void)snprintf(line, sizeof line, "rm -rf %s", dir);
    return system(line) ? 1 : status; /* NOLINT(cert-env33-c) */
}
