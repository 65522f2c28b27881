/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of feed formats, and which of them some content is. */
#include "feed/engine_priv.h"
#include "feed/formats_priv.h"
#include "base/banned.h"

#define SURE 70 /* of content, as ADDING-A-FORMAT.md has it */

const struct feed_format *const feed_formats[] = {
    &feed_nvd2, &feed_nvd1,     &feed_nvd_xml2, &feed_nvd_xml1, &feed_cvelist5,
    &feed_osv,  &feed_kev_json, &feed_kev_csv,  &feed_epss,     NULL,
};

const struct feed_format *feed_detect(struct str head, const struct feed_format *likely)
{
    const struct feed_format *best = NULL;
    int score = 0;
    if (str_starts(head, STR("\xef\xbb\xbf"))) /* a byte order mark */
        head = str_from(head, 3);
    if (likely && likely->probe(head) >= SURE)
        return likely;
    for (size_t i = 0; feed_formats[i]; i++) {
        int s = feed_formats[i]->probe(head);
        if (s > score) {
            score = s;
            best = feed_formats[i];
        }
    }
    return best;
}

bool feed_is_record(const struct feed_format *f)
{
    return f->record && !f->arrays;
}
