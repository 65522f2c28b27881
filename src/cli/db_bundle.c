/* SPDX-License-Identifier: Apache-2.0 */
/* vulnward db export and install: the database as one file, signed, across an air gap. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/date.h"
#include "base/io.h"
#include "cli/db_actions.h"
#include "codec/sign.h"
#include "store/bundle.h"
#include "base/banned.h"

#define SIGNATURE_SUFFIX ".minisig"

/* ---- secrets: never in an arena, wiped when they were used ---- */

struct secret {
    char text[4096];
    size_t n;
};

static bool read_secret(const char *path, struct secret *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, out->text, sizeof out->text) : -1;
    if (n < 0)
        err_errno(err, "cannot read");
    if (fd >= 0)
        (void)close(fd);
    if (n == (ssize_t)sizeof out->text)
        err_set(err, ERR_USAGE, "is too large for a key or a password");
    out->n = n > 0 ? (size_t)n : 0;
    if (err->code == ERR_NONE)
        return true;
    /* A file that is not there is a wrong command line, not a failure of this program. */
    err->code = ERR_USAGE;
    return err_at_input(err, path);
}

/* The password is the first line. */
static void cut_line(struct secret *s)
{
    struct str line, rest;
    (void)str_split(str_make(s->text, s->n), '\n', &line, &rest);
    s->n = line.n && line.p[line.n - 1] == '\r' ? line.n - 1 : line.n;
}

/*
 * One line without echo. Signals of the keyboard are off meanwhile: a program that ends here would
 * leave a terminal that shows nothing.
 */
static bool ask_password(const char *key, struct secret *out, struct err *err)
{
    struct termios before, quiet;
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || tcgetattr(fd, &before)) {
        if (fd >= 0)
            (void)close(fd);
        return err_set(err, ERR_USAGE,
                       "wants a password, and there is no terminal to ask at; "
                       "VULNWARD_KEY_PASSWORD_FILE may name a file that has it");
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    fprintf(stderr, "password of %s: ", key);
    (void)tcsetattr(fd, TCSAFLUSH, &quiet);
    ssize_t n = read(fd, out->text, sizeof out->text);
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    (void)close(fd);
    fputc('\n', stderr);
    out->n = n > 0 ? (size_t)n : 0;
    bool interrupted = str_find(str_make(out->text, out->n), '\003') != STR_NPOS;
    cut_line(out);
    return (n > 0 && !interrupted) || err_set(err, ERR_USAGE, "no password was given");
}

static bool open_key(const char *path, struct sign_secret *out, struct err *err)
{
    struct secret key = {0}, password = {0};
    const char *file = getenv("VULNWARD_KEY_PASSWORD_FILE");
    bool encrypted = false;
    bool ok = read_secret(path, &key, err) &&
              sign_secret_encrypted(str_make(key.text, key.n), &encrypted, err);
    if (ok && encrypted && file && *file) {
        ok = read_secret(file, &password, err);
        cut_line(&password);
    } else if (ok && encrypted) {
        ok = ask_password(path, &password, err);
    }
    ok = ok &&
         sign_secret_open(str_make(key.text, key.n), str_make(password.text, password.n), out, err);
    sign_wipe(&password, sizeof password);
    sign_wipe(&key, sizeof key);
    if (!ok && err->code == ERR_INPUT) /* as for every other file the command line names */
        err->code = ERR_USAGE;
    return ok || err_at_input(err, path);
}

/* ---- export ---- */

static bool signature_path(struct run *run, const char *bundle, struct str *out, struct err *err)
{
    return arena_printf(&run->arena, out, err, "%s%s", bundle, SIGNATURE_SUFFIX);
}

static bool write_signature(struct run *run, const char *bundle, const struct sign_secret *key,
                            const struct bundle_info *info, struct err *err)
{
    struct str path, trusted;
    struct out_file f;
    const char *slash = strrchr(bundle, '/');
    if (!signature_path(run, bundle, &path, err) ||
        !arena_printf(&run->arena, &trusted, err, "timestamp:%lld\tfile:%s\thashed\tserial:%llu",
                      (long long)(run->now / 1000), slash ? slash + 1 : bundle,
                      (unsigned long long)info->serial))
        return false;
    int fd = open(bundle, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        err_errno(err, "cannot open the bundle again");
        return err_at_input(err, bundle);
    }
    bool ok = out_open(&f, path.p, err);
    if (ok && !sign_make(fd, key, STR("signature from vulnward"), trusted, &f.buf, err)) {
        out_abort(&f);
        ok = err_at_input(err, bundle);
    }
    ok = ok && out_commit(&f, err);
    (void)close(fd);
    return ok;
}

static void tell_export(struct run *run, const char *path, const struct bundle_info *info,
                        const struct sign_secret *key)
{
    char date[DATE_TEXT_BYTES], id[SIGN_ID_TEXT];
    struct stat st;
    struct str signature;
    struct err err = {0};
    double mb = stat(path, &st) == 0 ? (double)st.st_size / 1e6 : 0;
    printf("%s: %.1f MB, %llu record%s, built %s, serial %llu\n", path, mb,
           (unsigned long long)info->records, info->records == 1 ? "" : "s",
           date_format(info->built, date), (unsigned long long)info->serial);
    if (key)
        printf("%s" SIGNATURE_SUFFIX ": signed with key %s\n", path, sign_id(key->id, id));
    else if (signature_path(run, path, &signature, &err) && io_exists(signature.p))
        note("%s is of another bundle: this one was not signed", signature.p);
}

static bool export_to(struct run *run, const char *path, const struct sign_secret *key,
                      struct err *err)
{
    struct bundle_info info;
    struct out_file f;
    if (!out_open(&f, path, err))
        return false;
    if (!bundle_export(run->database.p, &f.buf, &info, err)) {
        out_abort(&f);
        return false;
    }
    if (!out_commit(&f, err) || (key && !write_signature(run, path, key, &info, err)))
        return false;
    if (strcmp(path, "-") != 0)
        tell_export(run, path, &info, key);
    return true;
}

static int export(struct run *run, const struct args *args)
{
    struct err err = {0};
    struct sign_secret key;
    const char *key_path = NULL;
    for (size_t i = 0; i < args->options.n; i++)
        if (option_is(&args->options.v[i], "sign"))
            key_path = args->options.v[i].value;
    if (args->operands.n != 1)
        err_set(&err, ERR_USAGE, "export wants the bundle's name");
    else if (key_path && strcmp(args->operands.v[0], "-") == 0)
        err_set(&err, ERR_USAGE, "--sign wants a file: the signature stands beside it");
    if (err.code != ERR_NONE)
        return usage_error(&command_db, &err);
    /* The key first: a wrong password must not leave a bundle without a signature. */
    bool ok = !key_path || open_key(key_path, &key, &err);
    ok = ok && export_to(run, args->operands.v[0], key_path ? &key : NULL, &err);
    sign_wipe(&key, sizeof key);
    return ok ? EXIT_PASSED : fail(&err, EXIT_DATABASE);
}

static const struct option_spec export_options[] = {
    DB_OPTION_FILE,
    {0, "sign", "KEY", "sign with this minisign secret key, into BUNDLE.minisig"},
    {'h', "help", NULL, "this text"},
    {0},
};

const struct db_action db_export = {
    .name = "export",
    .summary = "write it as one compressed file, to carry elsewhere",
    .usage = "vulnward db export [-d FILE] [--sign KEY] BUNDLE",
    .options = export_options,
    .main = export,
};

/* ---- install ---- */

/* A file, or the key itself as base64. */
static bool read_public(struct run *run, const char *text, struct sign_public *out, struct err *err)
{
    struct input in = {str_from_c(text), str_from_c(text)};
    if (io_exists(text) && !io_read(&run->arena, text, LIMIT_SMALL_FILE_BYTES, &in, err))
        return false;
    if (sign_public_parse(in.data, out, err))
        return true;
    if (err->code == ERR_INPUT && !io_exists(text)) {
        err_clear(err);
        err_set(err, ERR_USAGE, "is neither a file nor a minisign public key");
    }
    if (err->code == ERR_INPUT)
        err->code = ERR_USAGE;
    return err_at_input(err, text);
}

/* Nothing of the bundle is looked at before this is done, but its bytes as such. */
static bool verify(struct run *run, int fd, const char *bundle, const struct sign_public *key,
                   struct str *trusted, struct err *err)
{
    struct str path;
    struct input in;
    if (!signature_path(run, bundle, &path, err))
        return false;
    if (!io_read(&run->arena, path.p, LIMIT_SMALL_FILE_BYTES, &in, err)) {
        /* No signature is a wrong one. */
        err->code = err->code == ERR_IO ? ERR_INPUT : err->code;
        return false;
    }
    return sign_verify(fd, in.data, key, trusted, err) || err_at_input(err, path.p);
}

static void tell_install(struct run *run, const char *bundle, const struct bundle_info *info)
{
    char date[DATE_TEXT_BYTES];
    printf("%.*s: %s %s: %llu record%s, built %s, serial %llu\n", STR_ARG(run->database),
           info->installed_already ? "is already that of" : "installed from", bundle,
           (unsigned long long)info->records, info->records == 1 ? "" : "s",
           date_format(info->built, date), (unsigned long long)info->serial);
}

/* What a comment of somebody else may do to a terminal. */
static void print_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        (void)putchar((unsigned char)s.p[i] < 0x20 || (unsigned char)s.p[i] >= 0x7f ? ' ' : s.p[i]);
}

static bool install_from(struct run *run, const char *bundle, const struct sign_public *key,
                         const struct bundle_install *how, struct err *err)
{
    struct bundle_info info;
    struct str trusted = {0};
    char id[SIGN_ID_TEXT], text[128];
    int fd = open(bundle, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        /* What is to be read is not there: the input's fault, not the machine's. */
        err_set(err, ERR_INPUT, "cannot open: %s", strerror_r(errno, text, sizeof text));
        return err_at_input(err, bundle);
    }
    bool ok = !key || verify(run, fd, bundle, key, &trusted, err);
    if (ok && key) {
        printf("%s: signed with key %s: ", bundle, sign_id(key->id, id));
        print_plain(trusted);
        printf("\n");
    } else if (ok) {
        note("%s: not verified; --verify PUBKEY checks who made it", bundle);
    }
    ok = ok && (bundle_install(fd, how, &info, err) || err_at_input(err, bundle));
    (void)close(fd);
    if (ok)
        tell_install(run, bundle, &info);
    return ok;
}

static int install(struct run *run, const struct args *args)
{
    struct err err = {0};
    struct sign_public key;
    const char *key_text = NULL;
    uint64_t wait = 600;
    struct bundle_install how = {.path = run->database.p};
    bool ok = db_take_keep(args, &how.keep, &err);
    for (size_t i = 0; ok && i < args->options.n; i++) {
        const struct option *o = &args->options.v[i];
        how.force |= option_is(o, "force");
        if (option_is(o, "verify"))
            key_text = o->value;
        if (option_is(o, "wait"))
            ok = option_number(o, 0, 86400, &wait, &err);
    }
    if (ok && args->operands.n != 1)
        ok = err_set(&err, ERR_USAGE, "install wants one bundle");
    if (!ok)
        return usage_error(&command_db, &err);
    how.wait_seconds = (unsigned)wait;
    ok = !key_text || read_public(run, key_text, &key, &err);
    if (ok)
        make_database_folder(run);
    if (ok && wait)
        tell_writer(run);
    if (ok && install_from(run, args->operands.v[0], key_text ? &key : NULL, &how, &err))
        return EXIT_PASSED;
    int status = fail(&err, EXIT_DATABASE);
    note("nothing was installed; the database is as it was");
    return status;
}

static const struct option_spec install_options[] = {
    DB_OPTION_FILE,
    {0, "verify", "PUBKEY", "refuse it unless BUNDLE.minisig is by this key (a file, or base64)"},
    {0, "force", NULL, "install an older one than what is there, too"},
    DB_OPTION_KEEP,
    DB_OPTION_WAIT,
    {'h', "help", NULL, "this text"},
    {0},
};

const struct db_action db_install = {
    .name = "install",
    .summary = "put the database of a bundle in place",
    .usage = "vulnward db install [-d FILE] [--verify PUBKEY] [--force] [--keep N] "
             "[--wait SECONDS] BUNDLE",
    .options = install_options,
    .main = install,
};
