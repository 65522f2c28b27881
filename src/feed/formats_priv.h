/* SPDX-License-Identifier: Apache-2.0 */
/* The importers, one per file, for the table in feeds.c. */
#ifndef VULNWARD_FEED_FORMATS_PRIV_H
#define VULNWARD_FEED_FORMATS_PRIV_H

#include "feed/feed.h"

extern const struct feed_format feed_cvelist5;
extern const struct feed_format feed_nvd2;
extern const struct feed_format feed_nvd1;
extern const struct feed_format feed_nvd_xml2;
extern const struct feed_format feed_nvd_xml1;
extern const struct feed_format feed_osv;
extern const struct feed_format feed_kev_json;
extern const struct feed_format feed_kev_csv;
extern const struct feed_format feed_epss;

#endif
