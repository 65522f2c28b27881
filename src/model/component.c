/* SPDX-License-Identifier: Apache-2.0 */
#include "model/component.h"

#include "base/banned.h"

const char *platform_name(enum platform p)
{
    static const char *const names[] = {"unknown", "linux", "windows"};
    return names[p];
}

struct component *inventory_add(struct inventory *inv, size_t line, struct err *err)
{
    if (inv->components.n >= LIMIT_COMPONENTS) {
        err_set(err, ERR_LIMIT, "more than %zu components", LIMIT_COMPONENTS);
        return NULL;
    }
    struct component *c = VEC_PUSH(inv->arena, &inv->components);
    if (!c)
        err_memory(err);
    else
        c->line = line;
    return c;
}

void inventory_drop_last(struct inventory *inv)
{
    inv->components.n--;
}

static bool list_skipped(struct inventory *inv, size_t line, struct str text, const char *why,
                         bool note, struct err *err)
{
    size_t *count = note ? &inv->n_notes : &inv->n_skipped;
    if ((*count)++ >= LIMIT_SKIPPED_LISTED)
        return true;
    struct skipped *s = VEC_PUSH(inv->arena, &inv->skipped);
    if (!s)
        return err_memory(err);
    s->line = line;
    s->note = note;
    bool cut = text.n > LIMIT_SKIPPED_TEXT;
    return arena_printf(inv->arena, &s->text, err, "%.*s%s",
                        STR_ARG(str_first(text, LIMIT_SKIPPED_TEXT)), cut ? "..." : "") &&
           arena_dup(inv->arena, str_from_c(why), &s->why, err);
}

bool inventory_skip(struct inventory *inv, size_t line, struct str text, const char *why,
                    struct err *err)
{
    return list_skipped(inv, line, text, why, false, err);
}

bool inventory_note(struct inventory *inv, size_t line, struct str text, const char *why,
                    struct err *err)
{
    return list_skipped(inv, line, text, why, true, err);
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return true;
    return !str_is_utf8(s);
}

bool inventory_check_last(struct inventory *inv, struct str text, struct err *err)
{
    const struct component *c = &inv->components.v[inv->components.n - 1];
    const char *why = NULL;
    size_t line = c->line;
    if (!c->name.n)
        why = "no package name";
    else if (!c->version.n)
        why = "no version";
    else if (c->name.n > LIMIT_NAME_BYTES)
        why = "the package name is too long";
    else if (c->raw_version.n > LIMIT_VERSION_BYTES)
        why = "the version is too long";
    else if (has_control(c->name) || has_control(c->raw_version))
        why = "control characters, or not UTF-8";
    if (!why)
        return true;
    inventory_drop_last(inv);
    return inventory_skip(inv, line, text, why, err);
}

/* Marks that packagers put behind the upstream version with a "+". */
static const struct str marks[] = {
    STR_INIT("git"),   STR_INIT("svn"),        STR_INIT("hg"),      STR_INIT("bzr"),
    STR_INIT("dfsg"),  STR_INIT("ds"),         STR_INIT("deb"),     STR_INIT("repack"),
    STR_INIT("build"), STR_INIT("gitAUTOINC"), STR_INIT("AUTOINC"),
};

/* A mark is followed by no letter: "+git0", "+dfsg1", "+git" but not "+github". */
static bool is_revision(struct str s)
{
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct str rest = str_from(s, marks[i].n);
        if (str_starts_nocase(s, marks[i]) && (!rest.n || !char_is_alpha(rest.p[0])))
            return true;
    }
    return false;
}

/* Cuts what stands behind the upstream version. "~git..." stays: it means "before that version". */
static struct str upstream_of(struct str v, struct str *revision)
{
    const struct str really = STR("+really");
    /* Debian's "2.0+really1.9" is 1.9 under a number that upgrades. */
    size_t at = str_find_str(v, really);
    if (at != STR_NPOS && at > 0 && v.n > at + really.n && char_is_digit(v.p[at + really.n])) {
        *revision = str_first(v, at + really.n);
        v = str_from(v, at + really.n);
    }
    for (size_t i = 1; i < v.n; i++) {
        struct str rest = str_from(v, i + 1);
        if (v.p[i] != '+' || !is_revision(rest))
            continue;
        *revision = revision->n ? *revision : rest;
        return str_first(v, i);
    }
    return v;
}

void component_set_version(struct component *c, struct str raw, bool has_release)
{
    struct str v = raw, head, rest;
    uint64_t epoch;
    c->raw_version = raw;
    c->epoch = c->release = c->revision = (struct str){0};
    if (str_split(v, ':', &head, &rest) && str_to_u64(head, 0, UINT32_MAX, &epoch)) {
        c->epoch = head;
        v = rest;
    }
    size_t hyphen = has_release ? str_rfind(v, '-') : STR_NPOS;
    if (hyphen != STR_NPOS) {
        c->release = str_from(v, hyphen + 1);
        v = str_first(v, hyphen);
    }
    c->version = upstream_of(v, &c->revision);
}
