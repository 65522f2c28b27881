/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching a URL into a file: with retries, resuming, conditional requests and limits. The only
 * place that knows libcurl, which is loaded when the first fetcher is opened and never by a scan.
 */
#ifndef VULNWARD_NET_FETCH_H
#define VULNWARD_NET_FETCH_H

#include "base/err.h"
#include "base/str.h"

struct fetcher;

/* Texts must outlive the fetcher. A zero means the default in brackets. */
struct fetch_options {
    const char *user_agent;
    const char *ca_cert; /* file of certificates (PEM) to trust; NULL: the system's */
    unsigned attempts;   /* of one request, in all [5] */
    unsigned backoff_ms; /* the first wait; each further one is twice as long [1000] */
    unsigned longest_ms; /* no wait is longer, whatever a server asks for [120000] */
    unsigned connect_ms; /* to reach a server [30000] */
    unsigned stall_s;    /* without data for so long: try again [60] */
    void *ctx;           /* of the two below, which may be NULL */
    /* Now and then; `total` is 0 when not known. */
    void (*tick)(void *ctx, const char *url, uint64_t done, uint64_t total);
    /* Before a wait: why in words. */
    void (*waiting)(void *ctx, const char *url, const char *why, unsigned ms);
};

/* ERR_IO when libcurl is missing or too old. */
bool fetcher_open(const struct fetch_options *o, struct fetcher **out, struct err *err) VW_CHECKED;
void fetcher_close(struct fetcher *f); /* NULL is fine */

#define FETCH_VALIDATOR_BYTES 256

struct fetch_request {
    const char *url;  /* http or https */
    const char *path; /* of the file; PATH.part and PATH.info stand beside it meanwhile */
    /* The validators (RFC 9110 section 8.8) of what the caller has already; NULL or "": none. */
    const char *etag, *last_modified;
    /* A further request header, "Name: value". It is a secret: no message has it, and a request
     * with one follows no redirect. */
    const char *secret_header;
    uint64_t max_bytes; /* 0: LIMIT_DOWNLOAD_BYTES */
    /* Looks at the complete file before it gets its name. When it says no the file is thrown away
     * and fetched again, as any failed attempt. NULL: nothing to check. */
    bool (*check)(void *ctx, const char *path, struct err *err);
    void *check_ctx;
};

struct fetch_result {
    bool not_modified; /* what the caller has is the newest: there is no file */
    long status;       /* of the last answer, also on failure; 0: none came */
    unsigned attempts;
    uint64_t size;     /* of the file */
    uint64_t received; /* of it, now; less when a download was resumed or kept */
    char etag[FETCH_VALIDATOR_BYTES], last_modified[FETCH_VALIDATOR_BYTES];
};

/*
 * Fetches. A download that breaks off leaves PATH.part, which the next request for the same URL
 * goes on with when the server can and the entity tag is the same; otherwise it starts from zero.
 * A complete PATH of an earlier run is kept when the server says that it still is the newest.
 * The error names the URL (without a password), what happened and how often it was tried; it is
 * ERR_IO or ERR_MEMORY only when this machine is at fault (a full disk), not the server.
 */
bool fetch(struct fetcher *f, const struct fetch_request *r, struct fetch_result *out,
           struct err *err) VW_CHECKED;

/* The URL without user name and password, cut to `size`; returns `out`. */
const char *fetch_url_shown(const char *url, char *out, size_t size);

#endif
