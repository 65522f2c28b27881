/* SPDX-License-Identifier: Apache-2.0 */
/* NAME.meta beside NAME.json.gz: size and digest of the content, as the NVD publishes them. */
#include "base/io.h"
#include "feed/engine_priv.h"
#include "base/banned.h"

static const struct str endings[] = {STR_INIT(".json"), STR_INIT(".json.gz"), STR_INIT(".xml"),
                                     STR_INIT(".xml.gz")};

/* "lastModifiedDate:...", "size:...", "zipSize:...", "gzSize:...", "sha256:..." */
bool meta_read(struct arena *a, const char *path, struct meta *m, struct err *err)
{
    struct str stem = str_from_c(path), name, key, value, line;
    struct input in;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (str_ends(stem, endings[i])) {
            stem.n -= endings[i].n;
            break;
        }
    *m = (struct meta){0};
    if (!arena_printf(a, &name, err, "%.*s.meta", STR_ARG(stem)))
        return false;
    if (!io_exists(name.p))
        return true;
    if (!io_read(a, name.p, LIMIT_SMALL_FILE_BYTES, &in, err))
        return false;
    for (struct str rest = in.data; rest.n;) {
        (void)str_split(rest, '\n', &line, &rest);
        if (!str_split(line, ':', &key, &value))
            continue;
        if (str_eq(key, STR("sha256")))
            m->sha256 = str_trim(value);
        if (str_eq(key, STR("size")) && !str_to_u64(str_trim(value), 0, INT64_MAX, &m->size)) {
            err_set(err, ERR_INPUT, "size is not a number: %.*s", STR_ARG(str_first(value, 40)));
            return err_at_input(err, name.p);
        }
    }
    if (m->sha256.n != SHA256_HEX - 1) {
        err_set(err, ERR_INPUT, "has no SHA-256 of 64 hex digits");
        return err_at_input(err, name.p);
    }
    m->present = true;
    return true;
}

bool meta_check(const struct meta *m, const char content[SHA256_HEX], uint64_t bytes,
                struct err *err)
{
    if (m->size && m->size != bytes)
        return err_set(err, ERR_INPUT,
                       "has %llu bytes of content, its .meta file says %llu: damaged or not the "
                       "file it belongs to",
                       (unsigned long long)bytes, (unsigned long long)m->size);
    if (!str_eq_nocase(m->sha256, str_from_c(content)))
        return err_set(err, ERR_INPUT,
                       "SHA-256 of the content is %s, its .meta file says %.*s: damaged or not the "
                       "file it belongs to",
                       content, STR_ARG(m->sha256));
    return true;
}
