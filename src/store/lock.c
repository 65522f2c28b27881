/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lock_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "store/store.h"
#include "base/banned.h"

static void write_holder(int fd)
{
    char text[STORE_WRITER_BYTES], date[DATE_TEXT_BYTES];
    struct err unknown = {0};
    int64_t now;
    if (!date_now(&now, &unknown))
        now = DATE_NONE;
    int n = snprintf(text, sizeof text, "process %ld, since %s\n", (long)getpid(),
                     date_format(now, date));
    /* For people; the lock itself does not depend on it. */
    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) < 0)
        return;
}

static void read_holder(int fd, char out[STORE_WRITER_BYTES])
{
    ssize_t n = pread(fd, out, STORE_WRITER_BYTES - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

static bool busy(int fd, struct err *err)
{
    char text[STORE_WRITER_BYTES];
    read_holder(fd, text);
    return err_set(err, ERR_DATABASE,
                   "the database is being written by %s; --wait says how long to wait for it",
                   text[0] ? text : "another process");
}

bool store_writer(const char *path, char out[STORE_WRITER_BYTES])
{
    char name[4200];
    out[0] = '\0';
    if (snprintf(name, sizeof name, "%s.lock", path) >= (int)sizeof name)
        return false;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    read_holder(fd, out);
    /* A writer that was killed has left its name: then the lock is free. */
    bool busy = out[0] && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
    (void)close(fd);
    return busy;
}

static void give_up(int *fd)
{
    (void)close(*fd);
    *fd = -1;
}

bool lock_take(const char *path, unsigned wait_seconds, int *fd, struct err *err)
{
    char name[4200];
    *fd = -1;
    if (snprintf(name, sizeof name, "%s.lock", path) >= (int)sizeof name)
        return err_set(err, ERR_USAGE, "the database's path is too long");
    *fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*fd < 0) {
        err_errno(err, "cannot create the lock file");
        return err_at_input(err, name);
    }
    /* Polling: a waiter may give up after a while, which flock() itself can not. */
    for (unsigned tenths = 0;; tenths++) {
        if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
            break;
        if (errno != EWOULDBLOCK && errno != EINTR) {
            err_errno(err, "cannot lock");
            give_up(fd);
            return err_at_input(err, name);
        }
        if (tenths >= wait_seconds * 10) {
            (void)busy(*fd, err);
            give_up(fd);
            return err_at_input(err, path);
        }
        (void)nanosleep(&(struct timespec){0, 100000000}, NULL);
    }
    write_holder(*fd);
    return true;
}

void lock_release(int fd)
{
    /* Emptied first: nobody is to be called its holder who is not any more. */
    if (fd >= 0) {
        bool emptied = ftruncate(fd, 0) == 0;
        (void)emptied; /* the text is for people */
        (void)close(fd);
    }
}
