/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sign.h"

#include <errno.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lazy.h"
#include "base/banned.h"

/* ---- libsodium, loaded when it is needed ---- */

struct sodium {
    int (*init)(void);
    int (*verify)(const unsigned char *sig, const unsigned char *m, unsigned long long n,
                  const unsigned char *pk);
    int (*sign)(unsigned char *sig, unsigned long long *sig_n, const unsigned char *m,
                unsigned long long n, const unsigned char *sk);
    int (*keypair)(unsigned char *pk, unsigned char *sk, const unsigned char *seed);
    int (*hash_init)(crypto_generichash_state *h, const unsigned char *key, size_t key_n,
                     size_t out_n);
    int (*hash_add)(crypto_generichash_state *h, const unsigned char *p, unsigned long long n);
    int (*hash_end)(crypto_generichash_state *h, unsigned char *out, size_t n);
    int (*scrypt)(unsigned char *out, unsigned long long out_n, const char *password,
                  unsigned long long password_n, const unsigned char *salt,
                  unsigned long long opslimit, size_t memlimit);
    int (*from_base64)(unsigned char *out, size_t size, const char *text, size_t n,
                       const char *ignore, size_t *out_n, const char **end, int variant);
    char *(*to_base64)(char *out, size_t size, const unsigned char *p, size_t n, int variant);
};

static bool load(struct sodium *s, struct err *err)
{
    const struct lazy_symbol symbols[] = {
        {"sodium_init", &s->init},
        {"crypto_sign_verify_detached", &s->verify},
        {"crypto_sign_detached", &s->sign},
        {"crypto_sign_seed_keypair", &s->keypair},
        {"crypto_generichash_init", &s->hash_init},
        {"crypto_generichash_update", &s->hash_add},
        {"crypto_generichash_final", &s->hash_end},
        {"crypto_pwhash_scryptsalsa208sha256", &s->scrypt},
        {"sodium_base642bin", &s->from_base64},
        {"sodium_bin2base64", &s->to_base64},
        {NULL, NULL},
    };
    return lazy_load("libsodium.so.23", symbols, "signatures", err) &&
           (s->init() >= 0 || err_set(err, ERR_INTERNAL, "libsodium does not start"));
}

/* explicit_bzero is sodium_memzero without the library: what was not loaded can be wiped too. */
void sign_wipe(void *p, size_t n)
{
    if (n)
        explicit_bzero(p, n);
}

const char *sign_id(const unsigned char id[SIGN_ID_BYTES], char out[SIGN_ID_TEXT])
{
    for (size_t i = 0; i < SIGN_ID_BYTES; i++) /* a little-endian number, as minisign shows it */
        (void)snprintf(out + 2 * i, 3, "%02X", id[SIGN_ID_BYTES - 1 - i]);
    return out;
}

/* ---- text ---- */

#define ID_AT 2
#define PUBLIC_BYTES (2 + SIGN_ID_BYTES + crypto_sign_PUBLICKEYBYTES)
#define SIGNATURE_BYTES (2 + SIGN_ID_BYTES + crypto_sign_BYTES)
#define BASE64 sodium_base64_VARIANT_ORIGINAL
static const struct str untrusted_prefix = STR_INIT("untrusted comment:");
static const struct str trusted_prefix = STR_INIT("trusted comment: ");

/* A line without its end, "\n" or "\r\n"; empty at the end of the text. */
static struct str next_line(struct str *rest)
{
    struct str line;
    (void)str_split(*rest, '\n', &line, rest);
    while (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* Exactly `n` bytes, or false. */
static bool from_base64(const struct sodium *s, struct str text, unsigned char *out, size_t n)
{
    size_t got = 0;
    text = str_trim(text);
    /* libsodium 1.0.18 takes some bytes above 127 for digits. */
    for (size_t i = 0; i < text.n; i++)
        if (!char_is_alnum(text.p[i]) && !memchr("+/=", text.p[i], 3))
            return false;
    return text.n && s->from_base64(out, n, text.p, text.n, NULL, &got, NULL, BASE64) == 0 &&
           got == n;
}

static void add_base64(const struct sodium *s, const unsigned char *p, size_t n, struct buf *out)
{
    char text[sodium_base64_ENCODED_LEN(SIGNATURE_BYTES, BASE64)];
    buf_c(out, s->to_base64(text, sizeof text, p, n, BASE64));
    buf_char(out, '\n');
}

/* The line of base64 of a key file; the comment above it may be missing. */
static struct str key_line(struct str text)
{
    struct str line = next_line(&text);
    return str_starts(line, untrusted_prefix) ? next_line(&text) : line;
}

bool sign_public_parse(struct str text, struct sign_public *out, struct err *err)
{
    unsigned char raw[PUBLIC_BYTES];
    struct sodium s;
    if (!load(&s, err))
        return false;
    if (!from_base64(&s, key_line(text), raw, sizeof raw) || memcmp(raw, "Ed", 2) != 0)
        return err_set(err, ERR_INPUT, "is not a minisign public key");
    memcpy(out->id, raw + ID_AT, sizeof out->id);
    memcpy(out->key, raw + ID_AT + SIGN_ID_BYTES, sizeof out->key);
    return true;
}

/* ---- secret keys ---- */

/*
 * What the base64 of a secret key file holds. From `id` on it is exclusive-ored with what scrypt
 * makes of the password. Only bytes, so there is no padding.
 */
struct secret_raw {
    unsigned char algorithm[2], kdf[2], checksum_kind[2], salt[32], opslimit[8], memlimit[8];
    unsigned char id[SIGN_ID_BYTES], key[64], checksum[32];
};
_Static_assert(sizeof(struct secret_raw) == 158, "the secret key's layout");
#define SEALED_BYTES (SIGN_ID_BYTES + 64 + 32)

/* A damaged key file must not ask for the memory of the whole machine; minisign itself asks for
 * 1 GiB. */
#define MEMLIMIT_MAX ((uint64_t)4 << 30)
#define OPSLIMIT_MAX ((uint64_t)1 << 30)

static uint64_t number(const unsigned char p[8])
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

static bool parse_secret(const struct sodium *s, struct str text, struct secret_raw *raw,
                         bool *encrypted, struct err *err)
{
    if (!from_base64(s, key_line(text), (unsigned char *)raw, sizeof *raw) ||
        memcmp(raw->algorithm, "Ed", 2) != 0)
        return err_set(err, ERR_INPUT, "is not a minisign secret key");
    *encrypted = memcmp(raw->kdf, "Sc", 2) == 0;
    if (!*encrypted && memcmp(raw->kdf, "\0\0", 2) != 0)
        return err_set(err, ERR_INPUT, "is encrypted in a way this program does not know");
    return memcmp(raw->checksum_kind, "B2", 2) == 0 ||
           err_set(err, ERR_INPUT, "has a checksum this program does not know");
}

bool sign_secret_encrypted(struct str text, bool *encrypted, struct err *err)
{
    struct secret_raw raw;
    struct sodium s;
    bool ok = load(&s, err) && parse_secret(&s, text, &raw, encrypted, err);
    sign_wipe(&raw, sizeof raw);
    return ok;
}

static bool decrypt(const struct sodium *s, struct secret_raw *raw, struct str password,
                    struct err *err)
{
    unsigned char stream[SEALED_BYTES], *sealed = raw->id;
    uint64_t ops = number(raw->opslimit), memory = number(raw->memlimit);
    if (ops > OPSLIMIT_MAX || memory > MEMLIMIT_MAX || password.n > SIGN_PASSWORD_BYTES)
        return err_set(err, ERR_LIMIT, "opening it would take too much: is it damaged?");
    if (s->scrypt(stream, sizeof stream, password.n ? password.p : "", password.n, raw->salt, ops,
                  (size_t)memory) != 0)
        return err_memory(err);
    for (size_t i = 0; i < sizeof stream; i++)
        sealed[i] ^= stream[i];
    sign_wipe(stream, sizeof stream);
    return true;
}

/* BLAKE2b-256 over algorithm, id and key. */
static bool checksum_right(const struct sodium *s, const struct secret_raw *raw, bool encrypted)
{
    static const unsigned char none[sizeof raw->checksum];
    unsigned char sum[sizeof raw->checksum];
    crypto_generichash_state h;
    (void)s->hash_init(&h, NULL, 0, sizeof sum);
    (void)s->hash_add(&h, raw->algorithm, sizeof raw->algorithm);
    (void)s->hash_add(&h, raw->id, sizeof raw->id);
    (void)s->hash_add(&h, raw->key, sizeof raw->key);
    (void)s->hash_end(&h, sum, sizeof sum);
    bool right = memcmp(sum, raw->checksum, sizeof sum) == 0;
    sign_wipe(&h, sizeof h);
    /* Without a password minisign 0.11 leaves it zero. */
    return right || (!encrypted && memcmp(none, raw->checksum, sizeof none) == 0);
}

/* The second half of the key is the public key of the first. */
static bool halves_fit(const struct sodium *s, const unsigned char key[64])
{
    unsigned char public[32], both[64];
    bool fit = s->keypair(public, both, key) == 0 && memcmp(both, key, sizeof both) == 0;
    sign_wipe(both, sizeof both);
    return fit;
}

bool sign_secret_open(struct str text, struct str password, struct sign_secret *out,
                      struct err *err)
{
    struct secret_raw raw;
    struct sodium s;
    bool encrypted = false;
    bool ok = load(&s, err) && parse_secret(&s, text, &raw, &encrypted, err) &&
              (!encrypted || decrypt(&s, &raw, password, err));
    if (ok && (!checksum_right(&s, &raw, encrypted) || !halves_fit(&s, raw.key)))
        ok = err_set(err, ERR_INPUT, "%s",
                     encrypted ? "the password is wrong, or the key is damaged"
                               : "the key is damaged");
    if (ok) {
        memcpy(out->id, raw.id, sizeof out->id);
        memcpy(out->key, raw.key, sizeof out->key);
    }
    sign_wipe(&raw, sizeof raw);
    return ok;
}

bool sign_public_write(const struct sign_secret *key, struct buf *out, struct err *err)
{
    unsigned char raw[PUBLIC_BYTES] = "Ed";
    char id[SIGN_ID_TEXT];
    struct sodium s;
    if (!load(&s, err))
        return false;
    memcpy(raw + ID_AT, key->id, SIGN_ID_BYTES);
    memcpy(raw + ID_AT + SIGN_ID_BYTES, key->key + 32, 32);
    buf_f(out, "untrusted comment: minisign public key %s\n", sign_id(key->id, id));
    add_base64(&s, raw, sizeof raw, out);
    return !out->error || err_memory(err);
}

/* ---- the file ---- */

static bool rewind_fd(int fd, struct err *err)
{
    return lseek(fd, 0, SEEK_SET) == 0 || err_errno(err, "reading it from the start");
}

#define HASH_BYTES 64

/* BLAKE2b-512 of the whole file. */
static bool hash_file(const struct sodium *s, int fd, unsigned char out[HASH_BYTES],
                      struct err *err)
{
    crypto_generichash_state h;
    const size_t size = (size_t)1 << 18;
    if (!rewind_fd(fd, err))
        return false;
    unsigned char *p = malloc(size);
    if (!p)
        return err_memory(err);
    bool ok = s->hash_init(&h, NULL, 0, HASH_BYTES) == 0;
    for (ssize_t k = 1; ok && k != 0;) {
        k = read(fd, p, size);
        if (k > 0)
            ok = s->hash_add(&h, p, (unsigned long long)k) == 0;
        else if (k < 0 && errno != EINTR)
            ok = err_errno(err, "reading");
    }
    ok = ok && s->hash_end(&h, out, HASH_BYTES) == 0;
    free(p);
    return (ok || err_set(err, ERR_INTERNAL, "BLAKE2b failed")) && rewind_fd(fd, err);
}

static bool one_line(struct str s)
{
    return s.n < SIGN_COMMENT_BYTES && str_find(s, '\n') == STR_NPOS &&
           str_find(s, '\r') == STR_NPOS;
}

/* What the second signature is over: the first one and the trusted comment. */
struct global {
    unsigned char bytes[crypto_sign_BYTES + SIGN_COMMENT_BYTES];
    size_t n;
};
static void fill_global(struct global *g, const unsigned char *sig, struct str trusted)
{
    memcpy(g->bytes, sig, crypto_sign_BYTES);
    if (trusted.n)
        memcpy(g->bytes + crypto_sign_BYTES, trusted.p, trusted.n);
    g->n = crypto_sign_BYTES + trusted.n;
}

bool sign_make(int fd, const struct sign_secret *key, struct str untrusted, struct str trusted,
               struct buf *out, struct err *err)
{
    unsigned char hash[HASH_BYTES], raw[SIGNATURE_BYTES] = "ED", second[crypto_sign_BYTES];
    unsigned char *sig = raw + ID_AT + SIGN_ID_BYTES;
    struct global g;
    struct sodium s;
    if (!one_line(untrusted) || !one_line(trusted))
        return err_set(err, ERR_INTERNAL, "a signature's comment is not one line");
    if (!load(&s, err) || !hash_file(&s, fd, hash, err))
        return false;
    memcpy(raw + ID_AT, key->id, SIGN_ID_BYTES);
    bool ok = s.sign(sig, NULL, hash, sizeof hash, key->key) == 0;
    fill_global(&g, sig, trusted);
    if (!ok || s.sign(second, NULL, g.bytes, g.n, key->key) != 0)
        return err_set(err, ERR_INTERNAL, "signing failed");
    buf_f(out, "%s %.*s\n", untrusted_prefix.p, STR_ARG(untrusted));
    add_base64(&s, raw, sizeof raw, out);
    buf_f(out, "%s%.*s\n", trusted_prefix.p, STR_ARG(trusted));
    add_base64(&s, second, sizeof second, out);
    return !out->error || err_memory(err);
}

/* Algorithm "Ed" wants all bytes at once; mapped, they need not all be in memory. */
static bool verify_whole(const struct sodium *s, int fd, const unsigned char *sig,
                         const struct sign_public *key, bool *right, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st))
        return err_errno(err, "reading");
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_INPUT,
                       "is not a file; its signature is of the old kind, which "
                       "wants one");
    size_t n = (size_t)st.st_size;
    void *p = n ? mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (p == MAP_FAILED)
        return err_errno(err, "reading");
    *right = s->verify(sig, p ? p : (const void *)"", n, key->key) == 0;
    if (p)
        (void)munmap(p, n);
    return rewind_fd(fd, err);
}

static bool verify_first(const struct sodium *s, int fd, const unsigned char *raw,
                         const struct sign_public *key, bool *right, struct err *err)
{
    const unsigned char *sig = raw + ID_AT + SIGN_ID_BYTES;
    unsigned char hash[HASH_BYTES];
    if (memcmp(raw, "Ed", 2) == 0)
        return verify_whole(s, fd, sig, key, right, err);
    if (!hash_file(s, fd, hash, err))
        return false;
    *right = s->verify(sig, hash, sizeof hash, key->key) == 0;
    return true;
}

bool sign_verify(int fd, struct str text, const struct sign_public *key, struct str *trusted,
                 struct err *err)
{
    unsigned char raw[SIGNATURE_BYTES], second[crypto_sign_BYTES];
    char ours[SIGN_ID_TEXT], theirs[SIGN_ID_TEXT];
    struct global g;
    struct sodium s;
    bool right = false;
    if (!load(&s, err))
        return false;
    struct str first_line = next_line(&text), first = next_line(&text), comment = next_line(&text);
    if (!str_starts(first_line, untrusted_prefix) || !str_starts(comment, trusted_prefix) ||
        comment.n > SIGN_COMMENT_BYTES || !from_base64(&s, first, raw, sizeof raw) ||
        (memcmp(raw, "ED", 2) != 0 && memcmp(raw, "Ed", 2) != 0) ||
        !from_base64(&s, next_line(&text), second, sizeof second))
        return err_set(err, ERR_INPUT, "is not a minisign signature");
    comment = str_from(comment, trusted_prefix.n);
    if (memcmp(raw + ID_AT, key->id, SIGN_ID_BYTES) != 0)
        return err_set(err, ERR_INPUT, "was made with key %s, not with %s",
                       sign_id(raw + ID_AT, theirs), sign_id(key->id, ours));
    if (!verify_first(&s, fd, raw, key, &right, err))
        return false;
    if (!right)
        return err_set(err, ERR_INPUT, "is not the signature of this file");
    fill_global(&g, raw + ID_AT + SIGN_ID_BYTES, comment);
    if (s.verify(second, g.bytes, g.n, key->key) != 0)
        return err_set(err, ERR_INPUT, "the trusted comment of the signature was changed");
    *trusted = comment;
    return true;
}
