/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ignore list: vulnerabilities that have a mitigating control, with the reason.
 *
 *     # Parsers
 *     CVE-2016-9318 , Device shall not allow arbitrary xml parsing, ever
 *
 * The id ends at the first comma, the reason is everything behind it, commas too. Each file is
 * ours, so it is read strictly: what is neither a rule nor a comment nor blank stops the run.
 */
#include "triage/stages_priv.h"

#include "base/map.h"
#include "codec/lines.h"
#include "base/banned.h"

static bool is_id(struct str s)
{
    if (s.n < 3 || s.n > 64 || !char_is_alpha(s.p[0]))
        return false;
    bool hyphen = false;
    for (size_t i = 0; i < s.n; i++) {
        hyphen |= s.p[i] == '-';
        if (!char_is_alnum(s.p[i]) && !strchr("-_.:", s.p[i]))
            return false;
    }
    return hyphen;
}

static bool read_rule(struct str line, struct ignore_rule *rule, struct err *err)
{
    struct str id, reason;
    const char *fault = line_fault(line);
    if (fault)
        return err_set(err, ERR_USAGE, "the line %s", fault);
    bool comma = str_split(line, ',', &id, &reason);
    rule->id = str_trim(id);
    rule->reason = str_trim(reason);
    if (!is_id(rule->id))
        return err_set(err, ERR_USAGE, "not an id such as CVE-2016-9318: %.*s",
                       STR_ARG(str_first(rule->id, 60)));
    if (!comma || !rule->reason.n)
        return err_set(err, ERR_USAGE,
                       "%.*s has no reason; write: %.*s , why it does not matter here",
                       STR_ARG(rule->id), STR_ARG(rule->id));
    return true;
}

/* Adds one rule; `seen` has the ids of this file, in lower case, and their lines. */
static bool add_rule(struct arena *a, struct ignore_list *list, struct map *seen,
                     const struct ignore_rule *rule, struct err *err)
{
    struct str key = {0};
    uint64_t line;
    if (!arena_dup_lower(a, rule->id, &key, err))
        return false;
    if (map_get(seen, key, &line))
        return err_set(err, ERR_USAGE, "%.*s is in line %llu already", STR_ARG(rule->id),
                       (unsigned long long)line);
    if (list->rules.n >= LIMIT_IGNORE_RULES)
        return err_set(err, ERR_LIMIT, "more than %zu rules", LIMIT_IGNORE_RULES);
    struct ignore_rule *slot = VEC_PUSH(a, &list->rules);
    if (!slot)
        return err_memory(err);
    *slot = *rule;
    return map_put(seen, key, rule->line, err);
}

bool ignore_read(struct arena *a, const struct input *in, struct ignore_list *list, struct err *err)
{
    struct map seen = {0};
    bool ok = true;
    for (struct lines l = lines_of(in->data); ok && lines_next(&l);) {
        struct str line = str_trim(l.line);
        if (!line.n || line.p[0] == '#')
            continue;
        struct ignore_rule rule = {.file = in->name, .line = l.number};
        ok = read_rule(line, &rule, err) && add_rule(a, list, &seen, &rule, err);
        if (!ok) {
            err_at_line(err, l.number);
            err_at_input(err, in->name.p);
        }
    }
    map_free(&seen);
    return ok;
}

static bool apply(struct report *r, struct triage_options *opt, struct arena *a, struct err *err)
{
    struct map by_id = {0};
    bool ok = true;
    /* Backwards, so that the first rule for an id is the one that stays in the map. */
    for (size_t i = opt->ignore.rules.n; ok && i-- > 0;) {
        struct str upper;
        ok = arena_dup_lower(a, opt->ignore.rules.v[i].id, &upper, err) &&
             map_put(&by_id, upper, i, err);
    }
    for (size_t i = 0; ok && i < r->findings.n; i++) {
        struct finding *f = &r->findings.v[i];
        struct str key;
        uint64_t at;
        if (!arena_dup_lower(a, f->id, &key, err))
            ok = false;
        else if (map_get(&by_id, key, &at)) {
            struct ignore_rule *rule = &opt->ignore.rules.v[at];
            rule->used = true;
            f->status = VEX_NOT_AFFECTED;
            f->justification = STR("inline_mitigations_already_exist");
            f->reason = rule->reason;
            ok = arena_printf(a, &f->decided_by, err, "%.*s:%zu", STR_ARG(rule->file), rule->line);
        }
    }
    for (size_t i = 0; ok && i < opt->ignore.rules.n; i++) {
        const struct ignore_rule *rule = &opt->ignore.rules.v[i];
        uint64_t at = i;
        struct str key;
        ok = arena_dup_lower(a, rule->id, &key, err);
        /* A repetition in another file counts as used when the first is. */
        if (!ok || rule->used || (map_get(&by_id, key, &at) && opt->ignore.rules.v[at].used))
            continue;
        struct unused_rule *u = VEC_PUSH(a, &r->unused_rules);
        if (!u)
            ok = err_memory(err);
        else
            *u = (struct unused_rule){rule->file, rule->line, rule->id, rule->reason};
    }
    map_free(&by_id);
    return ok;
}

const struct triage_stage triage_ignore = {.name = "ignore list", .run = apply};
