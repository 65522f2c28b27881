/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>

#include "base/banned.h"

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (err->code != ERR_NONE)
        return false;
    err->code = code;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    return false;
}

bool err_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "out of memory");
}

bool err_errno(struct err *err, const char *what)
{
    char text[128];
    const char *reason = strerror_r(errno, text, sizeof text);
    enum err_code code = errno == ENOMEM ? ERR_MEMORY : ERR_IO;
    return err_set(err, code, "%s: %s", what, reason);
}

bool err_prefix(struct err *err, const char *fmt, ...)
{
    char old[sizeof err->msg];
    memcpy(old, err->msg, sizeof old);
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->msg, sizeof err->msg - 2, fmt, ap);
    va_end(ap);
    /* A prefix as long as the message loses the old text; the message stays terminated. */
    size_t at = n < 0 ? 0 : (size_t)n;
    if (at + 2 >= sizeof err->msg)
        return false;
    size_t rest = sizeof err->msg - at - 3, old_n = strlen(old);
    memcpy(err->msg + at, ": ", 2);
    memcpy(err->msg + at + 2, old, old_n < rest ? old_n : rest);
    err->msg[at + 2 + (old_n < rest ? old_n : rest)] = '\0';
    return false;
}

bool err_at_input(struct err *err, const char *input)
{
    if (!err->input[0])
        (void)snprintf(err->input, sizeof err->input, "%s", input);
    return false;
}

bool err_at_line(struct err *err, size_t line)
{
    if (!err->line && !err->has_offset)
        err->line = line;
    return false;
}

bool err_at_offset(struct err *err, size_t offset)
{
    if (!err->line && !err->has_offset) {
        err->offset = offset;
        err->has_offset = true;
    }
    return false;
}

bool err_at_path(struct err *err, const char *fmt, ...)
{
    if (err->path[0])
        return false;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(err->path, sizeof err->path, fmt, ap);
    va_end(ap);
    return false;
}

bool err_in_path(struct err *err, const char *fmt, ...)
{
    char old[sizeof err->path], outer[64];
    memcpy(old, err->path, sizeof old);
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(outer, sizeof outer, fmt, ap);
    va_end(ap);
    const char *dot = old[0] && old[0] != '[' ? "." : "";
    (void)snprintf(err->path, sizeof err->path, "%s%s%.90s", outer, dot, old);
    return false;
}

void err_format(const struct err *err, char *out, size_t size)
{
    char place[64] = "";
    if (err->line)
        (void)snprintf(place, sizeof place, "line %zu", err->line);
    else if (err->has_offset)
        (void)snprintf(place, sizeof place, "byte %zu", err->offset);
    (void)snprintf(out, size, "%s%s%s%s%s%s%s", err->input, err->input[0] ? ": " : "", place,
                   place[0] ? ": " : "", err->path, err->path[0] ? ": " : "", err->msg);
    for (char *p = out; *p; p++) {
        /* C0 and DEL; and C1, which is C2 80..9F in UTF-8 and as good as ESC to some terminals. */
        bool c1 = (unsigned char)*p == 0xc2 && ((unsigned char)p[1] & 0xe0) == 0x80;
        if ((unsigned char)*p < 0x20 || *p == 0x7f || c1)
            *p = '?';
        if (c1)
            *++p = '?';
    }
}

void err_clear(struct err *err)
{
    *err = (struct err){0};
}
