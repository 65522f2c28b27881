/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/banned.h"

static const struct option_spec *find_long(const struct option_spec *specs, struct str name)
{
    for (; specs->name; specs++)
        if (str_eq(str_from_c(specs->name), name))
            return specs;
    return NULL;
}

static const struct option_spec *find_short(const struct option_spec *specs, char letter)
{
    for (; specs->name; specs++)
        if (specs->letter == letter)
            return specs;
    return NULL;
}

static bool add_option(struct arena *a, struct args *out, const struct option_spec *spec,
                       const char *value, struct err *err)
{
    struct option *o = VEC_PUSH(a, &out->options);
    if (!o)
        return err_memory(err);
    *o = (struct option){spec, value};
    return true;
}

/* "--name", "--name=value", "--name value"; *i moves over a value that stands alone. */
static bool take_long(struct arena *a, int argc, char **argv, int *i,
                      const struct option_spec *specs, struct args *out, struct err *err)
{
    struct str text = str_from_c(argv[*i] + 2), name, value;
    bool has_value = str_split(text, '=', &name, &value);
    const struct option_spec *spec = find_long(specs, name);
    if (!spec)
        return err_set(err, ERR_USAGE, "unknown option --%.*s", STR_ARG(name));
    if (!spec->value && has_value)
        return err_set(err, ERR_USAGE, "--%s takes no value", spec->name);
    if (!spec->value || has_value)
        return add_option(a, out, spec, spec->value ? value.p : NULL, err);
    if (*i + 1 >= argc)
        return err_set(err, ERR_USAGE, "--%s wants %s", spec->name, spec->value);
    return add_option(a, out, spec, argv[++*i], err);
}

/* "-x", "-xVALUE", "-x VALUE" */
static bool take_short(struct arena *a, int argc, char **argv, int *i,
                       const struct option_spec *specs, struct args *out, struct err *err)
{
    const char *text = argv[*i];
    const struct option_spec *spec = find_short(specs, text[1]);
    if (!spec || (!spec->value && text[2]))
        return err_set(err, ERR_USAGE, "unknown option %s", text);
    if (!spec->value)
        return add_option(a, out, spec, NULL, err);
    if (text[2])
        return add_option(a, out, spec, text + 2, err);
    if (*i + 1 >= argc)
        return err_set(err, ERR_USAGE, "-%c wants %s", spec->letter, spec->value);
    return add_option(a, out, spec, argv[++*i], err);
}

bool args_parse(struct arena *a, int argc, char **argv, const struct option_spec *specs,
                struct args *out, struct err *err)
{
    bool options_end = false;
    *out = (struct args){0};
    for (int i = 1; i < argc; i++) {
        bool is_option = !options_end && argv[i][0] == '-' && argv[i][1];
        if (is_option && strcmp(argv[i], "--") == 0) {
            options_end = true;
        } else if (is_option) {
            if (!(argv[i][1] == '-' ? take_long : take_short)(a, argc, argv, &i, specs, out, err))
                return false;
        } else {
            const char **slot = VEC_PUSH(a, &out->operands);
            if (!slot)
                return err_memory(err);
            *slot = argv[i];
        }
    }
    return true;
}

bool option_is(const struct option *o, const char *name)
{
    return strcmp(o->spec->name, name) == 0;
}

bool option_number(const struct option *o, uint64_t min, uint64_t max, uint64_t *out,
                   struct err *err)
{
    if (str_to_u64(str_from_c(o->value), min, max, out))
        return true;
    return err_set(err, ERR_USAGE, "--%s takes a number from %llu to %llu, not \"%.60s\"",
                   o->spec->name, (unsigned long long)min, (unsigned long long)max, o->value);
}

void args_print_help(const struct option_spec *specs)
{
    for (; specs->name; specs++) {
        char left[64];
        (void)snprintf(left, sizeof left, "%c%c%s --%s%s%s", specs->letter ? '-' : ' ',
                       specs->letter ? specs->letter : ' ', specs->letter ? "," : " ", specs->name,
                       specs->value ? " " : "", specs->value ? specs->value : "");
        printf("  %-28s %s\n", left, specs->help);
    }
}
