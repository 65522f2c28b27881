/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inputs.h"

#include "codec/sha256.h"
#include "inventory/inventory.h"
#include "base/banned.h"

static struct str relative(struct str path, const char *dir)
{
    return str_from(path, strlen(dir) + 1);
}

/* Moves what one tag file gave into the folder's inventory, with the file's name. */
static bool merge(struct inventory *into, const struct inventory *from, struct str file,
                  struct err *err)
{
    for (size_t i = 0; i < from->components.n; i++) {
        struct component *c = inventory_add(into, from->components.v[i].line, err);
        if (!c)
            return false;
        *c = from->components.v[i];
        c->file = file;
    }
    for (size_t i = 0; i < from->skipped.n; i++) {
        const struct skipped *s = &from->skipped.v[i];
        struct str text;
        if (!arena_printf(into->arena, &text, err, "%.*s: %.*s", STR_ARG(file), STR_ARG(s->text)) ||
            !(s->note ? inventory_note : inventory_skip)(into, s->line, text, s->why.p, err))
            return false;
    }
    return true;
}

/* One file of a folder. What is no tag, or a broken one, is listed and the others go on. */
static bool read_tag(struct arena *a, struct str path, struct str file, struct inventory *inv,
                     struct sha256 *h, struct err *err)
{
    struct input in;
    struct inventory one;
    struct err why = {0};
    if (!str_ends(path, STR(".swidtag")) && !str_ends(path, STR(".xml")))
        return inventory_note(inv, 0, file, "not a .swidtag or .xml file", err);
    if (!io_read(a, path.p, LIMIT_INVENTORY_BYTES, &in, err))
        return false;
    sha256_add(h, in.data.p, in.data.n);
    if (inventory_read(a, STR("swid"), &in, &one, &why))
        return merge(inv, &one, file, err);
    if (why.code == ERR_MEMORY)
        return err_memory(err);
    /* A file of nothing but notes (patch tags) has no component; that is no loss. */
    if (one.skipped.n && !one.n_skipped)
        return merge(inv, &one, file, err);
    return inventory_skip(inv, why.line, file, why.msg, err);
}

static bool read_folder(struct arena *a, const char *dir, struct str format, struct inventory *inv,
                        struct err *err)
{
    struct path_list files = {0};
    if (format.n && !str_eq(format, STR("swid"))) {
        err_set(err, ERR_INPUT, "is a folder; only SWID tags are read from folders");
        return err_at_input(err, dir);
    }
    *inv = (struct inventory){.arena = a, .path = str_from_c(dir), .format = "swid"};
    struct sha256 *h = sha256_new(err);
    bool ok = h && io_list_dir(a, dir, &files, err);
    for (size_t i = 0; ok && i < files.n; i++)
        ok = read_tag(a, files.v[i], relative(files.v[i], dir), inv, h, err);
    ok = ok && sha256_finish(h, inv->sha256, err);
    sha256_free(h);
    if (ok && !inv->components.n) {
        ok = err_set(err, ERR_INPUT,
                     "no package could be read from the SWID tags of this folder; an empty "
                     "inventory is not a clean one");
        err_at_input(err, dir);
    }
    return ok;
}

bool inputs_read_inventory(struct arena *a, const char *path, struct str format,
                           struct inventory *out, struct err *err)
{
    struct input in;
    if (io_is_dir(path))
        return read_folder(a, path, format, out, err);
    return io_read(a, path, LIMIT_INVENTORY_BYTES, &in, err) &&
           inventory_read(a, format, &in, out, err);
}
