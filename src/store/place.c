/* SPDX-License-Identifier: Apache-2.0 */
#include "store/place_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/str.h"
#include "base/banned.h"

bool place_copy(int from, int to, struct err *err)
{
    for (;;) {
        ssize_t k = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0);
        if (k < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
            k = sendfile(to, from, NULL, (size_t)1 << 30);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return err_errno(err, "copying the database");
        if (k == 0)
            return true;
    }
}

bool place_sync(const char *path, int flags, struct err *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        err_errno(err, "making the database durable");
    if (fd >= 0)
        (void)close(fd);
    return ok || err_at_input(err, path);
}

bool place_sync_folder(const char *path, struct err *err)
{
    char dir[PLACE_PATH];
    struct str p = str_from_c(path);
    size_t slash = str_rfind(p, '/');
    (void)snprintf(dir, sizeof dir, "%.*s",
                   STR_ARG(slash == STR_NPOS ? STR(".") : str_first(p, slash ? slash : 1)));
    return place_sync(dir, O_RDONLY | O_DIRECTORY, err);
}

bool place_rename(const char *tmp, const char *path, struct err *err)
{
    if (!place_sync(tmp, O_RDONLY, err))
        return false;
    if (rename(tmp, path)) {
        err_errno(err, "renaming the new database");
        return err_at_input(err, path);
    }
    return place_sync_folder(path, err);
}
