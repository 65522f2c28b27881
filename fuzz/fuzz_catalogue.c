/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds that are read from front to back, by FORMAT: KEV, EPSS, XML. What comes out is usable. */
#include "fuzz.h"

#include "base/date.h"
#include "feed/engine_priv.h"

struct taken {
    uint64_t records, in_batch;
};

static void *batch_new(void *ctx, struct err *err)
{
    (void)err;
    return ctx;
}

static bool batch_add(void *batch, const struct vuln *v, struct err *err)
{
    struct taken *t = batch;
    (void)err;
    MUST(v->id.n && v->source.n);
    for (size_t i = 0; i < v->cvss.n; i++)
        MUST(v->cvss.v[i].tenths <= 100 && v->cvss.v[i].version != CVSS_NONE);
    for (size_t i = 0; i < v->nodes.n; i++)
        MUST((size_t)v->nodes.v[i].first + v->nodes.v[i].count <= v->criteria.n);
    for (size_t i = 0; i < v->criteria.n; i++)
        for (size_t k = 0; k < CPE_ATTRS; k++)
            MUST(v->criteria.v[i].cpe.attr[k].n);
    t->in_batch++;
    return true;
}

static bool batch_seal(void *batch, struct err *err)
{
    (void)batch;
    (void)err;
    return true;
}

static bool batch_commit(void *ctx, void *batch, struct err *err)
{
    struct taken *t = ctx;
    (void)err;
    MUST(batch == ctx);
    t->records += t->in_batch;
    t->in_batch = 0;
    return true;
}

static void batch_free(void *batch)
{
    (void)batch;
}

static bool take_kev(void *ctx, const struct kev *k, struct err *err)
{
    struct taken *t = ctx;
    (void)err;
    MUST(str_starts(k->id, STR("CVE-")) && str_is_utf8(k->id) && k->source.n);
    MUST(str_is_utf8(k->name) && str_is_utf8(k->vendor) && str_is_utf8(k->notes));
    t->records++;
    return true;
}

static bool take_epss(void *ctx, const struct epss *e, struct err *err)
{
    struct taken *t = ctx;
    (void)err;
    MUST(str_starts(e->id, STR("CVE-")) && e->score <= 100000 && e->percentile <= 100000);
    t->records++;
    return true;
}

static const struct feed_format *format(void)
{
    for (size_t i = 0; feed_formats[i]; i++)
        if (strcmp(feed_formats[i]->name, FORMAT) == 0)
            return feed_formats[i];
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct taken taken = {0};
    const struct vuln_sink sink = {&taken,       batch_new,  batch_add, batch_seal,
                                   batch_commit, batch_free, take_kev,  take_epss};
    struct feed_info info = {.published = DATE_NONE};
    struct feed_out out = {.format = format(),
                           .sink = &sink,
                           .info = &info,
                           .path = "fuzz",
                           .joint = "",
                           .newest = DATE_NONE};
    struct stream in = {0};
    struct err err = {0};
    MUST(out.format != NULL && out.format->read != NULL);
    bool ok = stream_open_memory(&in, "fuzz", fuzz_input(data, size), &err) &&
              engine_read(&out, &in, &err);
    MUST(ok == (err.code == ERR_NONE));
    MUST(ok || err.code == ERR_INPUT || err.code == ERR_LIMIT);
    if (ok)
        MUST(info.records == taken.records);
    if (ok && out.format->name[0] != 'n') /* a catalogue; a feed of no changes may be empty */
        MUST(info.records > 0);
    int score = out.format->probe(fuzz_input(data, size));
    MUST(score >= 0 && score <= 100);
    stream_close(&in);
    return 0;
}
