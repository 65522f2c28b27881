/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/container_priv.h"

#include <unistd.h>

#include "base/banned.h"

struct str path_base(struct str path)
{
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    size_t slash = path.n > 1 ? str_rfind(path, '/') : STR_NPOS;
    return slash == STR_NPOS ? path : str_from(path, slash + 1);
}

/* "OUTER: PATH" to be shown and, behind it in the same memory, "OUTER/PATH" as a name. */
static bool set_label(struct container *c, const struct container *outer, const char *path,
                      struct err *err)
{
    size_t outer_n = outer ? strlen(outer->label) + outer->name.n + 8 : 0, path_n = strlen(path);
    size_t size = outer_n + 2 * path_n + 16;
    c->label = malloc(size);
    if (!c->label)
        return err_memory(err);
    if (!outer) {
        memcpy(c->label, path, path_n + 1);
        c->name = path_base(str_make(c->label, path_n));
        return true;
    }
    int n = snprintf(c->label, size, "%s: %s", outer->label, path);
    char *name = c->label + n + 1;
    int k = snprintf(name, size - (size_t)n - 1, "%.*s/%s", STR_ARG(outer->name), path);
    c->name = str_make(name, (size_t)k);
    return true;
}

bool container_open_folder(struct container *c, const char *path, struct err *err)
{
    *c = (struct container){.fd = -1};
    bool ok = set_label(c, NULL, path, err);
    if (ok) {
        c->prefix = strlen(path);
        while (c->prefix > 1 && path[c->prefix - 1] == '/')
            c->label[--c->prefix] = '\0';
        ok = io_list_dir(&c->arena, c->label, &c->files, err);
        c->prefix++;
    }
    if (ok && c->files.n > LIMIT_ARCHIVE_ENTRIES) {
        err_set(err, ERR_LIMIT, "more than %zu files", LIMIT_ARCHIVE_ENTRIES);
        ok = err_at_input(err, path);
    }
    if (!ok)
        container_close(c);
    return ok;
}

bool container_open_archive(struct container *c, int fd, enum unpack_kind kind,
                            const struct container *outer, const char *path, struct err *err)
{
    *c = (struct container){.fd = fd, .depth = 1};
    if (outer && outer->unpack)
        c->depth = outer->depth + 1;
    bool ok = set_label(c, outer && outer->unpack ? outer : NULL, path, err) &&
              unpack_open(fd, kind, c->label, &c->unpack, err);
    if (!ok)
        container_close(c);
    return ok;
}

void container_close(struct container *c)
{
    stream_close(&c->in);
    unpack_close(c->unpack);
    if (c->fd >= 0)
        (void)close(c->fd);
    arena_free(&c->arena);
    buf_free(&c->shown);
    free(c->seen);
    free(c->label);
    *c = (struct container){.fd = -1};
}

const char *container_joint(const struct container *c)
{
    return c->unpack ? ": " : "/";
}

bool container_rewind(struct container *c, struct err *err)
{
    c->next = 0;
    c->ended = false;
    return !c->unpack || unpack_rewind(c->unpack, err);
}

static bool remember(struct container *c, struct err *err)
{
    if (c->next < c->seen_cap)
        return true;
    size_t cap = c->seen_cap ? c->seen_cap * 2 : c->files.n + 1024;
    unsigned char *p = realloc(c->seen, cap);
    if (!p)
        return err_memory(err);
    memset(p + c->seen_cap, GROUP_UNSEEN, cap - c->seen_cap);
    c->seen = p;
    c->seen_cap = cap;
    return true;
}

bool container_next(struct container *c, bool *more, struct err *err)
{
    if (!remember(c, err))
        return false;
    if (!c->unpack) {
        *more = c->next < c->files.n;
        if (*more)
            c->file = str_from(c->files.v[c->next++], c->prefix);
        c->regular = true;
        return true;
    }
    struct unpack_entry e = {.folder = true};
    do
        if (!unpack_next(c->unpack, &e, more, err))
            return false;
    while (*more && e.folder);
    if (*more)
        c->next++;
    c->file = e.name;
    c->regular = e.regular;
    return true;
}

unsigned char *container_group(struct container *c)
{
    return &c->seen[c->next - 1];
}

static bool read_entry(void *ctx, void *p, size_t n, size_t *got, struct err *err)
{
    return unpack_read(ctx, p, n, got, err);
}

bool container_file_open(struct container *c, struct err *err)
{
    if (!c->unpack)
        return stream_open_file(&c->in, c->files.v[c->next - 1].p, err);
    buf_clear(&c->shown);
    buf_f(&c->shown, "%s: %.*s", c->label, STR_ARG(c->file));
    buf_char(&c->shown, '\0');
    if (c->shown.error)
        return err_memory(err);
    return stream_open_source(&c->in, c->shown.p, (struct stream_source){c->unpack, read_entry}, 0,
                              err);
}

void container_at(const struct container *c, unsigned long long *done, unsigned long long *total)
{
    *done = c->unpack ? unpack_at(c->unpack) : c->next;
    *total = c->unpack ? unpack_size(c->unpack) : c->files.n;
}
