/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
/* after the system headers */
#include "base/banned.h"

#define PADDING 16

/* Reads until the end; grows as needed, because pipes and /proc have no size. */
static bool read_all(struct arena *a, int fd, size_t hint, size_t limit, struct str *out,
                     struct err *err)
{
    size_t cap = hint + PADDING + 1, n = 0;
    char *p = arena_alloc(a, cap);
    if (!p)
        return err_memory(err);
    for (;;) {
        if (cap - n <= PADDING) {
            char *bigger = cap > SIZE_MAX / 2 ? NULL : arena_alloc(a, cap * 2);
            if (!bigger)
                return err_memory(err);
            memcpy(bigger, p, n);
            p = bigger;
            cap *= 2;
        }
        ssize_t k = read(fd, p + n, cap - n - PADDING);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return err_errno(err, "reading");
        if (k == 0)
            break;
        n += (size_t)k;
        if (n > limit)
            return err_set(err, ERR_LIMIT, "larger than %zu bytes", limit);
    }
    memset(p + n, 0, PADDING);
    *out = (struct str){p, n};
    return true;
}

bool io_read(struct arena *a, const char *path, size_t limit, struct input *out, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    const char *name = is_stdin ? "<stdin>" : path;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    bool ok = false;
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        err_errno(err, "cannot open");
    } else if (S_ISDIR(st.st_mode)) {
        err_set(err, ERR_INPUT, "is a directory");
    } else {
        size_t hint = st.st_size > 0 && (size_t)st.st_size <= limit ? (size_t)st.st_size : 4096;
        ok = read_all(a, fd, hint, limit, &out->data, err) &&
             arena_dup(a, str_from_c(name), &out->name, err);
    }
    if (fd >= 0 && !is_stdin)
        (void)close(fd);
    return ok || err_at_input(err, name);
}

bool io_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool io_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* One folder: files to `out`, folders to `todo`. */
static bool list_one(struct arena *a, const char *dir, struct path_list *out,
                     struct path_list *todo, struct err *err)
{
    DIR *d = opendir(dir);
    if (!d) {
        err_errno(err, "cannot open folder");
        return err_at_input(err, dir);
    }
    bool ok = true;
    while (ok) {
        struct str path;
        struct stat st;
        errno = 0;
        struct dirent *e = readdir(d);
        if (!e && errno) {
            err_errno(err, "reading the folder");
            ok = err_at_input(err, dir);
        }
        if (!e)
            break;
        if (e->d_name[0] == '.')
            continue;
        ok = arena_printf(a, &path, err, "%s/%s", dir, e->d_name);
        bool is_dir = ok && lstat(path.p, &st) == 0 && S_ISDIR(st.st_mode);
        /* What can not be looked at is listed: whoever opens it then says why. */
        if (!ok || (!is_dir && stat(path.p, &st) == 0 && !S_ISREG(st.st_mode)))
            continue;
        struct str *slot = VEC_PUSH(a, is_dir ? todo : out);
        ok = slot ? true : err_memory(err);
        if (slot)
            *slot = path;
    }
    (void)closedir(d);
    return ok;
}

bool io_list_dir(struct arena *a, const char *dir, struct path_list *out, struct err *err)
{
    struct path_list todo = {0};
    struct str *first = VEC_PUSH(a, &todo);
    if (!first)
        return err_memory(err);
    *first = str_from_c(dir);
    for (size_t i = 0; i < todo.n; i++)
        if (!list_one(a, todo.v[i].p, out, &todo, err))
            return false;
    if (out->n)
        qsort(out->v, out->n, sizeof *out->v, by_name);
    return true;
}

bool out_open(struct out_file *f, const char *path, struct err *err)
{
    *f = (struct out_file){.path = path, .fd = -1};
    if (strcmp(path, "-") == 0) {
        f->fd = STDOUT_FILENO;
        buf_init_fd(&f->buf, f->fd);
        return true;
    }
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        /* A device or a pipe can not be renamed over. */
        f->fd = open(path, O_WRONLY | O_CLOEXEC);
    } else {
        int n = snprintf(f->tmp, sizeof f->tmp, "%s.tmp-XXXXXX", path);
        if (n < 0 || (size_t)n >= sizeof f->tmp)
            return err_set(err, ERR_IO, "%.200s...: path too long", path);
        f->fd = mkstemp(f->tmp);
        mode_t mask = umask(0);
        (void)umask(mask);
        if (f->fd >= 0 && fchmod(f->fd, 0666 & ~mask)) {
            err_errno(err, "setting permissions");
            out_abort(f);
            return err_at_input(err, path);
        }
    }
    if (f->fd < 0) {
        f->tmp[0] = '\0';
        err_errno(err, "cannot write");
        return err_at_input(err, path);
    }
    buf_init_fd(&f->buf, f->fd);
    return true;
}

bool out_commit(struct out_file *f, struct err *err)
{
    bool ok = buf_finish(&f->buf, "writing", err);
    if (f->fd != STDOUT_FILENO) {
        if (close(f->fd) && ok)
            ok = err_errno(err, "closing");
        if (ok && f->tmp[0] && rename(f->tmp, f->path))
            ok = err_errno(err, "renaming");
        if (!ok && f->tmp[0])
            (void)unlink(f->tmp);
    }
    buf_free(&f->buf);
    f->fd = -1;
    f->tmp[0] = '\0';
    return ok || err_at_input(err, f->path);
}

void out_abort(struct out_file *f)
{
    buf_free(&f->buf);
    if (f->fd >= 0 && f->fd != STDOUT_FILENO)
        (void)close(f->fd);
    if (f->tmp[0])
        (void)unlink(f->tmp);
    f->fd = -1;
    f->tmp[0] = '\0';
}
