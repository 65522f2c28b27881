/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lazy.h"
#include "codec/zip_priv.h"

#include "base/banned.h"

#define LIBRARY "libarchive.so.13"
#define BLOCK_BYTES ((size_t)256 << 10)
#define TAR_BLOCK 512
/* POSIX.1-2017, pax, "ustar Interchange Format": "magic" */
#define TAR_MAGIC_AT 257

/* What is used of libarchive. */
struct calls {
    __typeof__(archive_read_new) *read_new;
    __typeof__(archive_read_free) *read_free;
    __typeof__(archive_read_support_format_tar) *support_tar;
    __typeof__(archive_read_support_filter_gzip) *support_gzip;
    __typeof__(archive_read_support_filter_bzip2) *support_bzip2;
    __typeof__(archive_read_support_filter_xz) *support_xz;
    __typeof__(archive_read_support_filter_zstd) *support_zstd;
    __typeof__(archive_read_set_callback_data) *set_data;
    __typeof__(archive_read_set_read_callback) *set_read;
    __typeof__(archive_read_set_skip_callback) *set_skip;
    __typeof__(archive_read_open1) *open1;
    __typeof__(archive_read_next_header) *next_header;
    __typeof__(archive_read_data) *data;
    __typeof__(archive_read_data_block) *data_block;
    __typeof__(archive_entry_pathname) *pathname;
    __typeof__(archive_entry_pathname_utf8) *pathname_utf8;
    __typeof__(archive_entry_filetype) *filetype;
    __typeof__(archive_entry_hardlink) *hardlink;
    __typeof__(archive_error_string) *error_string;
    __typeof__(archive_errno) *error_number;
    __typeof__(archive_set_error) *set_error;
};

struct unpack {
    struct zip *zip;   /* a zip, else: */
    struct archive *a; /* with */
    struct calls call;
    const char *name;
    int fd;
    enum unpack_kind kind;
    int64_t size, pos;
    int64_t done; /* farthest byte that was read */
    bool started; /* the first entry was seen */
    size_t entries;
    unsigned long long bytes_out;
    char entry[LIMIT_PATH_BYTES + 1];
    unsigned char block[BLOCK_BYTES];
};

static bool is_tar(struct str s)
{
    return s.n >= TAR_BLOCK && memcmp(s.p + TAR_MAGIC_AT, "ustar", 5) == 0;
}

enum unpack_kind unpack_kind_of(struct str raw, struct str content)
{
    /* APPNOTE.TXT 4.3.7, 4.3.16 and 4.3.14 (a zip of no files), RFC 8878 3.1.1, the xz
     * format 2.1.1.1; bzip2 says "BZh" and a digit. */
    static const struct {
        struct str magic;
        enum unpack_kind kind;
    } magics[] = {
        {STR_INIT("PK\x03\x04"), UNPACK_ZIP},
        {STR_INIT("PK\x05\x06"), UNPACK_ZIP},
        {STR_INIT("PK\x06\x06"), UNPACK_ZIP},
        {STR_INIT("\xfd\x37\x7a\x58\x5a\x00"), UNPACK_TAR_PACKED},
        {STR_INIT("\x28\xb5\x2f\xfd"), UNPACK_TAR_PACKED},
        {STR_INIT("BZh"), UNPACK_TAR_PACKED},
    };
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (str_starts(raw, magics[i].magic))
            return magics[i].kind;
    if (is_tar(raw))
        return UNPACK_TAR;
    return is_tar(content) ? UNPACK_TAR_PACKED : UNPACK_NOT;
}

/* ---- what libarchive reads with ---- */

static la_ssize_t read_block(struct archive *a, void *data, const void **out)
{
    struct unpack *u = data;
    ssize_t k;
    do
        k = pread(u->fd, u->block, sizeof u->block, u->pos);
    while (k < 0 && errno == EINTR);
    if (k < 0) {
        u->call.set_error(a, errno, "reading");
        return -1;
    }
    u->pos += k;
    if (u->pos > u->done)
        u->done = u->pos;
    *out = u->block;
    return k;
}

static la_int64_t skip_over(struct archive *a, void *data, la_int64_t n)
{
    struct unpack *u = data;
    (void)a;
    int64_t left = u->size - u->pos;
    if (n < 0 || left <= 0)
        return 0;
    u->pos += n < left ? n : left;
    return n < left ? n : left;
}

/* ---- errors ---- */

/* The place of an error that is set: the current entry, else the archive. */
static bool at_entry(struct unpack *u, struct err *err)
{
    char place[sizeof err->input];
    if (!u->entry[0])
        return err_at_input(err, u->name);
    (void)snprintf(place, sizeof place, "%.120s: %.130s", u->name, u->entry);
    return err_at_input(err, place);
}

/* An error of libarchive's. */
static bool fail(struct unpack *u, struct err *err)
{
    const char *text = u->a ? u->call.error_string(u->a) : NULL;
    if (!u->a || u->call.error_number(u->a) == ENOMEM)
        err_memory(err);
    else
        err_set(err, ERR_INPUT, "can not be unpacked: %.200s", text ? text : "damaged");
    return at_entry(u, err);
}

static bool too_much(struct unpack *u, struct err *err)
{
    /* Entries of a zip may share what is packed, so its whole size is what counts. */
    unsigned long long in = (unsigned long long)(u->zip ? u->size : u->done);
    if (u->bytes_out > LIMIT_FEED_BYTES)
        err_set(err, ERR_LIMIT, "more than %llu bytes of content", LIMIT_FEED_BYTES);
    else if (u->bytes_out > LIMIT_EXPANSION_FREE && u->bytes_out / LIMIT_EXPANSION_RATIO > in)
        err_set(err, ERR_LIMIT, "expands more than %d times: a compression bomb?",
                LIMIT_EXPANSION_RATIO);
    else
        return false;
    (void)at_entry(u, err);
    return true;
}

/* ---- opening ---- */

static bool load(struct calls *c, struct err *err)
{
    const struct lazy_symbol symbols[] = {
        {"archive_read_new", &c->read_new},
        {"archive_read_free", &c->read_free},
        {"archive_read_support_format_tar", &c->support_tar},
        {"archive_read_support_filter_gzip", &c->support_gzip},
        {"archive_read_support_filter_bzip2", &c->support_bzip2},
        {"archive_read_support_filter_xz", &c->support_xz},
        {"archive_read_support_filter_zstd", &c->support_zstd},
        {"archive_read_set_callback_data", &c->set_data},
        {"archive_read_set_read_callback", &c->set_read},
        {"archive_read_set_skip_callback", &c->set_skip},
        {"archive_read_open1", &c->open1},
        {"archive_read_next_header", &c->next_header},
        {"archive_read_data", &c->data},
        {"archive_read_data_block", &c->data_block},
        {"archive_entry_pathname", &c->pathname},
        {"archive_entry_pathname_utf8", &c->pathname_utf8},
        {"archive_entry_filetype", &c->filetype},
        {"archive_entry_hardlink", &c->hardlink},
        {"archive_error_string", &c->error_string},
        {"archive_errno", &c->error_number},
        {"archive_set_error", &c->set_error},
        {NULL, NULL},
    };
    return lazy_load(LIBRARY, symbols, "archives", err);
}

/* ARCHIVE_WARN is no success: it says that a filter is missing and a program would be run for it.
 */
static bool set_up(struct unpack *u)
{
    const struct calls *c = &u->call;
    struct archive *a = u->a;
    if (c->support_tar(a) != ARCHIVE_OK)
        return false;
    return u->kind == UNPACK_TAR ||
           (c->support_gzip(a) == ARCHIVE_OK && c->support_bzip2(a) == ARCHIVE_OK &&
            c->support_xz(a) == ARCHIVE_OK && c->support_zstd(a) == ARCHIVE_OK);
}

bool unpack_rewind(struct unpack *u, struct err *err)
{
    const struct calls *c = &u->call;
    u->entry[0] = '\0';
    u->pos = u->done = 0;
    u->started = false;
    u->entries = 0;
    u->bytes_out = 0;
    if (u->zip) {
        zip_rewind(u->zip);
        return true;
    }
    if (u->a)
        (void)c->read_free(u->a);
    u->a = c->read_new();
    bool ok = u->a && set_up(u) && c->set_data(u->a, u) == ARCHIVE_OK &&
              c->set_read(u->a, read_block) == ARCHIVE_OK &&
              c->set_skip(u->a, skip_over) == ARCHIVE_OK && c->open1(u->a) == ARCHIVE_OK;
    return ok || fail(u, err);
}

bool unpack_open(int fd, enum unpack_kind kind, const char *name, struct unpack **out,
                 struct err *err)
{
    struct stat st;
    struct unpack *u = calloc(1, sizeof *u);
    if (!u)
        return err_memory(err);
    bool ok = true;
    if (fstat(fd, &st))
        ok = err_errno(err, "looking at the archive");
    if (ok) {
        u->fd = fd;
        u->kind = kind;
        u->name = name;
        u->size = st.st_size;
        ok = kind == UNPACK_ZIP ? zip_open(fd, (uint64_t)st.st_size, &u->zip, err)
                                : load(&u->call, err);
        ok = ok && unpack_rewind(u, err);
    }
    if (!ok) {
        unpack_close(u);
        return err_at_input(err, name);
    }
    *out = u;
    return true;
}

void unpack_close(struct unpack *u)
{
    if (u && u->a)
        (void)u->call.read_free(u->a);
    if (u)
        zip_close(u->zip);
    free(u);
}

/* ---- entries ---- */

/* A name that can be shown and stored: no control characters, valid UTF-8. */
static bool keep_name(struct unpack *u, struct str s, struct err *err)
{
    if (!s.n)
        s = STR("?");
    while (str_starts(s, STR("./"))) /* as tar likes to put it */
        s = str_from(s, 2);
    size_t n = s.n < LIMIT_PATH_BYTES ? s.n : LIMIT_PATH_BYTES, at = 0;
    while (at < n) {
        size_t k = utf8_sequence(s.p + at, n - at);
        unsigned char c = (unsigned char)s.p[at];
        bool control =
            c < 0x20 || c == 0x7f || (c == 0xc2 && k == 2 && (unsigned char)s.p[at + 1] < 0xa0);
        if (k && !control) {
            memcpy(u->entry + at, s.p + at, k);
        } else {
            k = k ? k : 1;
            memset(u->entry + at, '?', k);
        }
        at += k;
    }
    u->entry[n] = '\0';
    if (s.n <= LIMIT_PATH_BYTES)
        return true;
    u->entry[60] = '\0';
    err_set(err, ERR_LIMIT, "a path of more than %zu bytes", LIMIT_PATH_BYTES);
    return at_entry(u, err);
}

/*
 * The end of a tar file is told by blocks of zeros (POSIX.1-2017, pax): without them it was cut,
 * which libarchive accepts. Of packed ones the packing tells.
 */
static bool check_end(struct unpack *u, struct err *err)
{
    static const unsigned char zeros[TAR_BLOCK];
    if (u->kind != UNPACK_TAR)
        return true;
    ssize_t k = pread(u->fd, u->block, TAR_BLOCK, u->size > TAR_BLOCK ? u->size - TAR_BLOCK : 0);
    if (k == TAR_BLOCK && memcmp(u->block, zeros, TAR_BLOCK) == 0)
        return true;
    u->entry[0] = '\0';
    err_set(err, ERR_INPUT, "can not be unpacked: it has no end, so it was cut short");
    return at_entry(u, err);
}

/* The rest of an entry of a tar file: it has to be inflated, so it is counted too. */
static bool pass_over(struct unpack *u, struct err *err)
{
    for (;;) {
        const void *p;
        size_t n = 0;
        la_int64_t at;
        int rc = u->call.data_block(u->a, &p, &n, &at);
        if (rc == ARCHIVE_EOF)
            return true;
        if (rc != ARCHIVE_OK)
            return fail(u, err);
        u->bytes_out += n;
        if (too_much(u, err))
            return false;
    }
}

static bool next_in_zip(struct unpack *u, struct unpack_entry *e, bool *more, struct err *err)
{
    struct zip_entry ze;
    if (!zip_next(u->zip, &ze, more, err)) {
        u->entry[0] = '\0';
        return at_entry(u, err);
    }
    if (!*more)
        return true;
    *e = (struct unpack_entry){.folder = ze.folder, .regular = ze.regular};
    return keep_name(u, ze.name, err);
}

static bool next_in_tar(struct unpack *u, struct unpack_entry *e, bool *more, struct err *err)
{
    const struct calls *c = &u->call;
    struct archive_entry *ae = NULL;
    if (u->started && !pass_over(u, err))
        return false;
    int rc = c->next_header(u->a, &ae);
    *more = rc != ARCHIVE_EOF;
    if (!*more)
        return check_end(u, err);
    /* A warning is about the name, the times or the owner. */
    if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
        return fail(u, err);
    u->started = true;
    const char *name = c->pathname(ae);
    name = name ? name : c->pathname_utf8(ae);
    *e = (struct unpack_entry){.folder = c->filetype(ae) == AE_IFDIR,
                               .regular = c->filetype(ae) == AE_IFREG && !c->hardlink(ae)};
    if (++u->entries > LIMIT_ARCHIVE_ENTRIES) {
        err_set(err, ERR_LIMIT, "more than %zu files", LIMIT_ARCHIVE_ENTRIES);
        return at_entry(u, err);
    }
    return keep_name(u, str_from_c(name), err);
}

bool unpack_next(struct unpack *u, struct unpack_entry *e, bool *more, struct err *err)
{
    *more = false;
    bool ok = u->zip ? next_in_zip(u, e, more, err) : next_in_tar(u, e, more, err);
    if (ok && *more)
        e->name = str_from_c(u->entry);
    return ok;
}

bool unpack_read(struct unpack *u, void *p, size_t n, size_t *got, struct err *err)
{
    *got = 0;
    if (u->zip) {
        if (!zip_read(u->zip, p, n, got, err))
            return at_entry(u, err);
        if (u->done < (int64_t)zip_at(u->zip))
            u->done = (int64_t)zip_at(u->zip);
    } else {
        la_ssize_t k = u->call.data(u->a, p, n);
        if (k < 0)
            return fail(u, err);
        *got = (size_t)k;
    }
    u->bytes_out += *got;
    return !too_much(u, err);
}

unsigned long long unpack_at(const struct unpack *u)
{
    return (unsigned long long)u->done;
}

unsigned long long unpack_size(const struct unpack *u)
{
    return (unsigned long long)u->size;
}

bool unpack_digest(int fd, char hex[SHA256_HEX], struct err *err)
{
    unsigned char *block = malloc(BLOCK_BYTES);
    struct sha256 *h = block ? sha256_new(err) : NULL;
    bool ok = h != NULL || err_memory(err);
    for (off_t at = 0; ok;) {
        ssize_t k = pread(fd, block, BLOCK_BYTES, at);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            ok = err_errno(err, "reading");
        if (k <= 0)
            break;
        sha256_add(h, block, (size_t)k);
        at += k;
    }
    ok = ok && sha256_finish(h, hex, err);
    sha256_free(h);
    free(block);
    return ok;
}
