/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and signatures of any bytes. A signature over one known file under one known key is right
 * only when it is one of two that were made, whatever its untrusted comment says.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "codec/sign.h"

/* Both made by minisign 0.11 over "hello\n"; the key is of the tests alone. */
static const char public_key[] = "RWR8fvP+rmn5foVuIn5OWw9DbJRXprc8IyUxn9yyykHcajQKxsKqmia3";
static const char content[] = "hello\n";
static const char *const comments[] = {"timestamp:1795304770\tfile:f\thashed",
                                       "timestamp:1795304770\tfile:f"};

static void check_signature(struct str text)
{
    struct sign_public key;
    struct str trusted = {0};
    struct err err = {0};
    MUST(sign_public_parse(str_from_c(public_key), &key, &err));
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, content, sizeof content - 1) == (ssize_t)sizeof content - 1);
    bool ok = sign_verify(fd, text, &key, &trusted, &err);
    MUST(ok == (err.code == ERR_NONE) && (!ok || lseek(fd, 0, SEEK_CUR) == 0));
    MUST(ok || err.code == ERR_INPUT || err.code == ERR_LIMIT);
    if (ok)
        MUST(str_eq(trusted, str_from_c(comments[0])) || str_eq(trusted, str_from_c(comments[1])));
    (void)close(fd);
}

/* A file of random bytes is signed by nobody: a key that can be read makes a signature that fits.
 */
static void sign_with(const struct sign_secret *key)
{
    struct buf text = {0}, public_text = {0};
    struct sign_public own;
    struct str trusted;
    struct err err = {0};
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, content, sizeof content - 1) == (ssize_t)sizeof content - 1);
    if (sign_make(fd, key, STR("u"), STR("t"), &text, &err) &&
        sign_public_write(key, &public_text, &err)) {
        MUST(sign_public_parse(buf_view(&public_text), &own, &err));
        MUST(memcmp(own.id, key->id, sizeof own.id) == 0);
        /* Of a secret key whose public half is of another the signature need not fit. */
        if (sign_verify(fd, buf_view(&text), &own, &trusted, &err))
            MUST(str_eq(trusted, STR("t")));
    }
    buf_free(&text);
    buf_free(&public_text);
    (void)close(fd);
}

static void check_secret(struct str text)
{
    struct sign_secret key;
    struct err err = {0};
    bool encrypted = false;
    bool ok = sign_secret_encrypted(text, &encrypted, &err);
    MUST(ok == (err.code == ERR_NONE));
    if (!ok || encrypted) /* which takes a second, on purpose */
        return;
    ok = sign_secret_open(text, STR(""), &key, &err);
    MUST(ok == (err.code == ERR_NONE));
    MUST(ok || err.code == ERR_INPUT || err.code == ERR_LIMIT);
    if (!ok)
        return;
    sign_with(&key);
    sign_wipe(&key, sizeof key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_input(data, size);
    struct sign_public key;
    struct err err = {0};
    char id[SIGN_ID_TEXT];
    bool ok = sign_public_parse(text, &key, &err);
    MUST(ok == (err.code == ERR_NONE));
    if (ok)
        MUST(strlen(sign_id(key.id, id)) == SIGN_ID_TEXT - 1);
    check_secret(text);
    check_signature(text);
    return 0;
}
