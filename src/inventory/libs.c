/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of shared libraries, for devices without a package manager: the output of `find`, `ls`
 * (also -l, -R), `find -ls`, `ldd` or `ldconfig -p`, one file per line.
 *
 *     /usr/lib/libz.so.1.2.11
 *     lrwxrwxrwx 1 root root 16 Jan  1  2020 libssl.so.1 -> libssl.so.1.0.2k
 *     libc-2.31.so
 *     libboost_system.so.1.74.0
 *
 * The version is what stands behind ".so." when it has two numbers or more, or before ".so" in the
 * manner of glibc. A name with the soname alone (libfoo.so.6) has no version to compare.
 *
 * Many libraries number the file by libtool's interface version, not by their release. Where those
 * numbers run ahead of the releases, every fix would look installed: such files are listed as
 * skipped, never taken (table `interface_numbered`).
 */
#include "inventory/readers_priv.h"

#include "base/map.h"
#include "codec/lines.h"
#include "inventory/package_priv.h"

#include "base/banned.h"

/* File numbers ahead of the release: libpng16.so.16.37.0 is 1.6.37, libtiff.so.5.7.0 is 4.3.0. */
static const char interface_numbered[] =
    "libarchive libasound libavahi-client libavahi-common libavahi-core libavcodec "
    "libavformat libavutil libcairo libcares libcryptsetup libdav1d libdbus-1 "
    "libevent-2.0 libevent-2.1 libevent_core-2.0 libevent_core-2.1 libexif libext2fs "
    "libFLAC libfreetype libgcrypt libgmp libgnutls libgssapi_krb5 libhdf5 libhogweed "
    "libiconv libidn libintl libip4tc libip6tc libjansson libjpeg libjson-c libk5crypto "
    "libkrb5 libksba liblber-2.4 libldap-2.4 libldap_r-2.4 libmicrohttpd libmodbus "
    "libmpfr libmysqlclient libnetfilter_conntrack libnetsnmp libnetsnmpagent "
    "libnetsnmpmibs libnettle libnftnl libnghttp2 libnl-3 libnl-genl-3 libnl-route-3 "
    "libpng15 libpng16 libpoppler libprotobuf libprotobuf-lite libsnmp libspeex libssh "
    "libswresample libswscale libtasn1 libtiff libtiffxx libtirpc libunbound libvpx "
    "libwebp libwebpdemux libwebpmux libwolfssl libX11 libxtables libyaml-0 libzmq ";

static bool is_interface_numbered(struct str name)
{
    struct str names = str_from_c(interface_numbered);
    for (struct str s = str_next_word(&names); s.n; s = str_next_word(&names))
        if (str_eq(name, s))
            return true;
    return false;
}

enum kind {
    LIB_VERSION, /* libz.so.1.2.11, libc-2.31.so */
    LIB_SONAME,  /* libz.so.1, libz.so */
    LIB_NOT,     /* certainly something else: a folder, a heading, a script */
    LIB_BAD,     /* can not be understood */
};

struct lib {
    enum kind kind;
    struct str path; /* of the file, as the line has it; without a leading "/usr" */
    struct str
        stem; /* the path without what follows from ".so", or from the dash of libc-2.31.so */
    struct str name;    /* "libz" */
    struct str version; /* "1.2.11" */
    bool dash;          /* the version stands before ".so" */
    const char *why;    /* of LIB_BAD */
};

/* "1.2.11", "1.0.2k": every part starts with a digit, with at least `parts` of them. */
static bool is_version(struct str s, size_t parts)
{
    size_t n = 0;
    bool more = true;
    while (more) {
        struct str part;
        more = str_split(s, '.', &part, &s);
        if (!part.n || !char_is_digit(part.p[0]))
            return false;
        for (size_t i = 1; i < part.n; i++)
            if (!char_is_alnum(part.p[i]) && part.p[i] != '_')
                return false;
        n++;
    }
    return n >= parts;
}

static bool ends_as_other(struct str base)
{
    static const struct str endings[] = {
        STR_INIT(".a"),    STR_INIT(".la"),    STR_INIT(".o"),    STR_INIT(".py"),
        STR_INIT(".pyc"),  STR_INIT(".ko"),    STR_INIT(".conf"), STR_INIT(".debug"),
        STR_INIT(".hmac"), STR_INIT(".pc"),    STR_INIT(".h"),    STR_INIT(".txt"),
        STR_INIT(".list"), STR_INIT(".cache"),
    };
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (str_ends(base, endings[i]))
            return true;
    return false;
}

/* Where ".so" stands as the last word or before a dot; the last such place. */
static size_t find_so(struct str base)
{
    for (size_t i = base.n; i-- > 1;)
        if (str_starts(str_from(base, i), STR(".so")) && (i + 3 == base.n || base.p[i + 3] == '.'))
            return i;
    return STR_NPOS;
}

/* Cuts the name of a file into library and version; `listed`: it is from a line of `ls -l`. */
static void take_file(struct str path, bool listed, struct lib *lib)
{
    lib->path = str_starts(path, STR("/usr/")) ? str_from(path, 4) : path;
    struct str base = package_base_name(lib->path);
    size_t dir = lib->path.n - base.n, so = find_so(base);
    *lib =
        (struct lib){.kind = LIB_BAD, .path = lib->path, .why = "not the name of a shared library"};
    if (ends_as_other(base)) {
        lib->kind = LIB_NOT;
        return;
    }
    if (so == STR_NPOS) {
        /* Files of other kinds are to be expected in a list of a folder; a broken libfoo is not. */
        if ((listed || dir) && !str_starts(base, STR("lib")))
            lib->kind = LIB_NOT;
        return;
    }
    struct str behind = str_from(base, so + 4);
    lib->name = str_first(base, so);
    lib->stem = str_first(lib->path, dir + so);
    size_t dash = str_rfind(lib->name, '-');
    if (is_version(behind, 2)) {
        lib->kind = LIB_VERSION;
        lib->version = behind;
    } else if (so + 3 == base.n && dash != STR_NPOS && dash &&
               is_version(str_from(lib->name, dash + 1), 2)) {
        lib->kind = LIB_VERSION;
        lib->dash = true;
        lib->version = str_from(lib->name, dash + 1);
        lib->name = str_first(lib->name, dash);
        lib->stem = str_first(lib->path, dir + dash);
    } else if (so + 3 == base.n || is_version(behind, 1)) {
        lib->kind = LIB_SONAME;
    } else {
        lib->why = "what stands behind .so is not a version";
    }
}

/* "-rwxr-xr-x", maybe with a mark behind */
static bool is_mode(struct str s)
{
    if (s.n < 10 || s.n > 11 || !memchr("-dlbcps", s.p[0], 7))
        return false;
    for (size_t i = 1; i < 10; i++)
        if (!memchr("rwxsStT-", s.p[i], 8))
            return false;
    return true;
}

/* What kind of file a line of `ls -l` says it is: 'd', '-', 'l'...; 0 for other lines. */
static char file_type(struct str line)
{
    for (struct str word = str_next_word(&line); word.n; word = str_next_word(&line))
        if (is_mode(word))
            return word.p[0];
    return 0;
}

static bool is_heading(struct str line)
{
    if (line.n > 1 && line.p[line.n - 1] == ':' && str_find_str(line, STR(".so")) == STR_NPOS)
        return true;
    struct str rest = line, first = str_next_word(&rest);
    uint64_t number;
    if (str_eq(first, STR("total")) && !str_eq(rest, STR("")) && str_find(rest, '.') == STR_NPOS)
        return true;
    if (str_starts(line, STR("Cache generated by:")))
        return true;
    return str_to_u64(first, 0, UINT64_MAX, &number) &&
           str_find_str(rest, STR("libs found in cache")) != STR_NPOS;
}

static struct str last_word(struct str line)
{
    size_t i = line.n;
    while (i && !char_is_space(line.p[i - 1]))
        i--;
    return str_from(line, i);
}

/* The file a line names: behind an arrow the target, else the last word. */
static struct str file_of(struct str line)
{
    static const struct str arrows[] = {STR_INIT(" -> "), STR_INIT(" => ")};
    for (size_t i = 0; i < 2; i++) {
        size_t at = str_find_str(line, arrows[i]);
        if (at == STR_NPOS)
            continue;
        struct str rest = str_from(line, at + 4), target = str_next_word(&rest);
        /* `ldd`: "libfoo.so.1 => not found"; Debian's alternatives: "libblas.so.3 -> /etc/..." */
        if (find_so(package_base_name(target)) != STR_NPOS)
            return target;
        line = str_trim(str_first(line, at));
    }
    struct str word = last_word(line);
    if (word.n && word.p[0] == '(') /* `ldd`: "linux-vdso.so.1 (0x00007ffe)" */
        word = last_word(str_trim(str_first(line, line.n - word.n)));
    /* `ls -F` */
    return word.n && memchr("*@", word.p[word.n - 1], 2) ? str_first(word, word.n - 1) : word;
}

static struct lib classify(struct str line)
{
    struct lib lib = {.kind = LIB_BAD, .why = line_fault(line)};
    if (lib.why)
        return lib;
    char type = file_type(line);
    if (is_heading(line) || type == 'd') {
        lib.kind = LIB_NOT;
        return lib;
    }
    take_file(file_of(line), type != 0, &lib);
    return lib;
}

static int probe(const struct input *in)
{
    size_t good = 0, bad = 0;
    for (struct lines l = lines_of(in->data); lines_next(&l);) {
        struct str line = str_trim(l.line);
        enum kind kind = line.n ? classify(line).kind : LIB_NOT;
        good += kind == LIB_VERSION || kind == LIB_SONAME;
        bad += kind == LIB_BAD;
    }
    struct str name = package_base_name(in->name);
    return package_score(good, bad,
                         str_starts(name, STR("libs")) || str_starts(name, STR("ldconfig")));
}

/*
 * Remembers under which shorter names the same file is known: /lib/libz.so.1.2.11 is also
 * /lib/libz.so, /lib/libz.so.1 and /lib/libz.so.1.2, in its own folder only: a copy elsewhere may
 * be another one.
 */
static bool remember(struct map *known, const struct lib *lib, struct err *err)
{
    if (lib->dash)
        return map_put(known, lib->stem, 1, err);
    for (size_t i = lib->stem.n + 3; i < lib->path.n; i++)
        if (lib->path.p[i] == '.' && !map_put(known, str_first(lib->path, i), 1, err))
            return false;
    return true;
}

static bool is_known(const struct map *known, const struct lib *lib)
{
    uint64_t unused;
    if (map_get(known, lib->path, &unused))
        return true;
    return lib->kind == LIB_SONAME && map_get(known, lib->stem, &unused);
}

struct reading {
    struct inventory *inv;
    struct map known; /* shorter names of the files with a full version */
    struct map taken; /* "name version" */
    size_t others;    /* lines that name something else */
    size_t other_line;
    struct str other; /* the first of them */
};

static bool add(struct reading *r, const struct lib *lib, size_t number, struct str line,
                struct err *err)
{
    struct str key;
    uint64_t unused;
    if (!arena_printf(r->inv->arena, &key, err, "%.*s %.*s", STR_ARG(lib->name),
                      STR_ARG(lib->version)))
        return false;
    if (map_get(&r->taken, key, &unused))
        return true;
    struct component *c = inventory_add(r->inv, number, err);
    if (!c || !map_put(&r->taken, key, 1, err))
        return false;
    c->name = lib->name;
    component_set_version(c, lib->version, false);
    return inventory_check_last(r->inv, line, err);
}

static bool take_line(struct reading *r, size_t number, struct str line, struct err *err)
{
    struct lib lib = classify(line);
    if (lib.kind == LIB_BAD)
        return inventory_skip(r->inv, number, line, lib.why, err);
    if (lib.kind == LIB_NOT) {
        if (!r->others++) {
            r->other_line = number;
            r->other = line;
        }
        return true;
    }
    if (is_known(&r->known, &lib))
        return inventory_note(r->inv, number, line,
                              "the same library is listed with its full version", err);
    if (lib.kind == LIB_SONAME)
        return inventory_skip(r->inv, number, line,
                              "no version in this file name, at most the number of the interface",
                              err);
    if (is_interface_numbered(lib.name))
        return inventory_skip(
            r->inv, number, line,
            "the number of this library's file is that of its interface and runs ahead of "
            "its releases",
            err);
    return add(r, &lib, number, line, err);
}

/* One note for all the other files: a whole file system may be listed. */
static bool note_others(struct reading *r, struct err *err)
{
    struct str why;
    if (!r->others)
        return true;
    return arena_printf(r->inv->arena, &why, err, "names no shared library, as do %zu other lines",
                        r->others - 1) &&
           inventory_note(r->inv, r->other_line, r->other, why.p, err);
}

static bool read_lines(struct reading *r, struct str text, struct err *err)
{
    for (struct lines l = lines_of(text); lines_next(&l);) {
        struct lib lib = classify(str_trim(l.line));
        if (lib.kind == LIB_VERSION && !remember(&r->known, &lib, err))
            return false;
    }
    for (struct lines l = lines_of(text); lines_next(&l);) {
        struct str line = str_trim(l.line);
        if (line.n && !take_line(r, l.number, line, err))
            return false;
    }
    return note_others(r, err);
}

static bool read(const struct input *in, struct inventory *inv, struct err *err)
{
    struct reading r = {.inv = inv};
    bool ok = read_lines(&r, in->data, err);
    map_free(&r.known);
    map_free(&r.taken);
    return ok;
}

const struct inventory_reader inventory_libs = {
    .name = "libs",
    .summary = "list of shared libraries (find, ls -l, ldd)",
    .platform = PLATFORM_LINUX,
    .probe = probe,
    .read = read,
};
