/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of inventory formats. Adding one: copy a sibling, add a row here and in
 * readers_priv.h. */
#include "inventory/readers_priv.h"

#include "codec/sha256.h"

#include "base/banned.h"

const struct inventory_reader *const inventory_readers[] = {
    &inventory_yocto_packages,
    &inventory_yocto_manifest,
    &inventory_rpm,
    &inventory_dpkg,
    &inventory_opkg,
    &inventory_swid,
    &inventory_libs,
    &inventory_wmic,
    &inventory_csv,
    NULL,
};

static bool is_called(const struct inventory_reader *r, struct str format)
{
    return !format.n || str_eq(format, str_from_c(r->name)) ||
           str_eq(format, str_from_c(r->family));
}

bool inventory_format_known(struct str format)
{
    for (size_t i = 0; inventory_readers[i]; i++)
        if (format.n && is_called(inventory_readers[i], format))
            return true;
    return false;
}

const struct inventory_reader *inventory_detect(const struct input *in, struct str format,
                                                struct err *err)
{
    struct input head = {in->name, str_first(in->data, LIMIT_PROBE_BYTES)};
    const struct inventory_reader *best = NULL, *rival = NULL, *only = NULL;
    int score = 0;
    size_t called = 0;
    for (size_t i = 0; inventory_readers[i]; i++) {
        if (!is_called(inventory_readers[i], format))
            continue;
        only = inventory_readers[i];
        called++;
        int s = only->probe(&head);
        if (s > score) {
            best = only;
            rival = NULL;
            score = s;
        } else if (s && s == score) {
            rival = only;
        }
    }
    if (format.n && called == 1)
        return only;
    if (best && !rival)
        return best;
    if (best)
        err_set(err, ERR_INPUT, "could be %s or %s; name it with --format", best->name,
                rival->name);
    else
        err_set(err, ERR_INPUT,
                "not a known inventory format; see 'vulnward formats', or name it with --format");
    err_at_input(err, in->name.p);
    return NULL;
}

bool inventory_read(struct arena *a, struct str format, const struct input *in,
                    struct inventory *inv, struct err *err)
{
    *inv = (struct inventory){.arena = a, .path = in->name};
    if (!str_trim(in->data).n) {
        err_set(err, ERR_INPUT, "is empty; an empty inventory is not a clean one");
        return err_at_input(err, in->name.p);
    }
    const struct inventory_reader *reader = inventory_detect(in, format, err);
    if (!reader)
        return false;
    inv->format = reader->name;
    inv->platform = reader->platform;
    if (!sha256_of(in->data, inv->sha256, err))
        return false;
    if (!reader->read(in, inv, err))
        return err_at_input(err, in->name.p);
    if (inv->components.n)
        return true;
    if (inv->skipped.n)
        err_set(
            err, ERR_INPUT,
            "no package could be read (%zu entries skipped, the first at line %zu: %.*s); an empty "
            "inventory is not a clean one",
            inv->n_skipped + inv->n_notes, inv->skipped.v[0].line, STR_ARG(inv->skipped.v[0].why));
    else
        err_set(err, ERR_INPUT, "lists no package; an empty inventory is not a clean one");
    return err_at_input(err, in->name.p);
}
