/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer, through libcurl. fetch.c decides what follows from it. */
#ifndef VULNWARD_NET_TRANSFER_PRIV_H
#define VULNWARD_NET_TRANSFER_PRIV_H

#include <curl/curl.h>

#include "net/fetch.h"

/* What is used of libcurl, by name. */
struct curl_api {
    CURLcode (*global_init)(long flags);
    void (*global_cleanup)(void);
    CURL *(*init)(void);
    void (*cleanup)(CURL *easy);
    void (*reset)(CURL *easy);
    CURLcode (*setopt)(CURL *easy, CURLoption option, ...);
    CURLcode (*getinfo)(CURL *easy, CURLINFO info, ...);
    CURLcode (*perform)(CURL *easy);
    const char *(*error_text)(CURLcode code);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free)(struct curl_slist *list);
};

struct fetcher {
    struct curl_api api;
    CURL *easy;
    struct fetch_options o;
    uint64_t random;
};

/* The head of an answer, of the last one when there were redirects. */
struct answer {
    long status;
    char etag[FETCH_VALIDATOR_BYTES], last_modified[FETCH_VALIDATOR_BYTES];
    bool html;
    bool has_length, has_range;
    uint64_t length;            /* Content-Length */
    uint64_t range_from, total; /* Content-Range; total 0: not said */
};

enum verdict {
    VERDICT_DONE,    /* the part is complete */
    VERDICT_SAME,    /* 304 */
    VERDICT_RESTART, /* what is there does not go with what came: from zero, at once */
    VERDICT_RETRY,   /* may work later */
    VERDICT_FAIL,
};

struct transfer {
    struct fetcher *f;
    const struct fetch_request *r;
    const char *part;                 /* path */
    const char *etag, *last_modified; /* to ask with */
    const char *resume;               /* entity tag of the part; NULL: from zero */
    /* Called when a new body starts, before the first byte: forgets the old one. */
    bool (*fresh)(struct transfer *t, struct err *err);
    void *fresh_ctx;
    uint64_t max_bytes;
    /* the answer */
    struct answer a;
    int fd;
    uint64_t from, at; /* bytes of the part before, and now */
    bool decided, keep;
    bool mismatch;    /* a range of another file */
    uint64_t dropped; /* bytes of an answer that is none */
    unsigned retry_after_s;
    struct err err; /* set by a callback */
    char why[256];  /* unless the verdict is good */
};

/* Loads libcurl. */
bool transfer_load(struct curl_api *api, struct err *err) VW_CHECKED;
/* Sends the request and takes the answer. False: `err` is set, nothing can follow. */
bool transfer_run(struct transfer *t, enum verdict *verdict, struct err *err) VW_CHECKED;

#endif
