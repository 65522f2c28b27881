/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of records on their way into the file. They wait in memory and are written one behind the
 * other: a scan reads pages and nothing else, and where the details stood between them it would
 * touch many times as much of the file.
 */
#include "store/import_priv.h"

#include "base/banned.h"

/* Sets the flag of the record's entry in `data`; false when it has none. */
static bool mark_entry(char *data, size_t n, uint32_t id)
{
    if (n < CHECK_BYTES)
        return false;
    struct cursor c = cursor_of(str_make(data + CHECK_BYTES, n - CHECK_BYTES));
    for (size_t i = (id - 1) % RECORDS_PER_PAGE; i > 0; i--) {
        (void)get_byte(&c);
        (void)get_str(&c);
    }
    if (c.bad || c.p >= c.end)
        return false;
    data[c.p - data] |= RECORD_SUPERSEDED;
    put_check(data, str_make(data + CHECK_BYTES, n - CHECK_BYTES));
    return true;
}

/* In the file: reads the page, marks, and writes it back. */
static bool supersede_stored(struct store_import *s, int64_t page, uint32_t id, bool *marked,
                             struct err *err)
{
    bool row = false;
    struct str old = {0};
    sqlite3_stmt *st = db_bind(&s->db, SQL_PAGE_GET, err, "i", page);
    if (!st || !db_row(&s->db, st, &row, err))
        return false;
    buf_clear(&s->entry);
    if (row && get_checked(db_blob(st, 0), &old))
        buf_str(&s->entry, db_blob(st, 0));
    (void)sqlite3_reset(st);
    if (s->entry.error)
        return err_memory(err);
    *marked = mark_entry(s->entry.p, s->entry.n, id);
    return !*marked || db_run(&s->db, SQL_PAGE_PUT, err, "ib", page, buf_view(&s->entry));
}

bool import_supersede(struct store_import *s, uint32_t id, struct err *err)
{
    uint32_t *slot = VEC_PUSH(&s->arena, &s->superseded);
    int64_t page = (id - 1) / RECORDS_PER_PAGE, waiting = page - s->first_waiting;
    bool marked = false;
    if (!slot)
        return err_memory(err);
    *slot = id;
    if (page == s->last_record / RECORDS_PER_PAGE)
        marked = mark_entry(s->page.p, s->page.n, id);
    else if (waiting >= 0 && (uint64_t)waiting < s->waiting.n)
        marked = mark_entry(s->waiting.v[waiting].p, s->waiting.v[waiting].n, id);
    else if (!supersede_stored(s, page, id, &marked, err))
        return false;
    /* Its row in `name` is replaced by the newer one's. */
    return marked ||
           err_set(err, ERR_DATABASE, "the database is damaged: record %u is missing", id);
}

bool import_flush_pages(struct store_import *s, struct err *err)
{
    for (size_t i = 0; i < s->waiting.n; i++)
        if (!db_run(&s->db, SQL_PAGE_PUT, err, "ib", s->first_waiting + (int64_t)i,
                    str_make(s->waiting.v[i].p, s->waiting.v[i].n)))
            return false;
    s->waiting.v = NULL;
    s->waiting.n = s->waiting.cap = s->waiting_bytes = 0;
    arena_free(&s->waiting_arena);
    return true;
}

bool import_close_page(struct store_import *s, struct err *err)
{
    if (s->page.error)
        return err_memory(err);
    if (!s->page.n)
        return true;
    put_check(s->page.p, str_from(buf_view(&s->page), CHECK_BYTES));
    if (!s->waiting.n)
        s->first_waiting = (s->last_record - 1) / RECORDS_PER_PAGE;
    struct waiting_page *w = VEC_PUSH(&s->waiting_arena, &s->waiting);
    char *p = arena_alloc(&s->waiting_arena, s->page.n);
    if (!w || !p)
        return err_memory(err);
    memcpy(p, s->page.p, s->page.n);
    *w = (struct waiting_page){p, s->page.n};
    s->waiting_bytes += s->page.n;
    buf_clear(&s->page);
    return s->waiting_bytes < LIMIT_IMPORT_BUFFER_BYTES || import_flush_pages(s, err);
}
