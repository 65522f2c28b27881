/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/lines.h"

#include "base/banned.h"

struct lines lines_of(struct str text)
{
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_from(text, 3);
    return (struct lines){.rest = text};
}

bool lines_next(struct lines *l)
{
    if (!l->rest.n)
        return false;
    struct str line;
    (void)str_split(l->rest, '\n', &line, &l->rest);
    while (line.n && char_is_space(line.p[line.n - 1]))
        line.n--;
    l->line = line;
    l->number++;
    return true;
}

const char *line_fault(struct str line)
{
    if (str_find(line, '\0') != STR_NPOS)
        return "has a NUL byte";
    if (!str_is_utf8(line))
        return "is not UTF-8";
    for (size_t i = 0; i < line.n; i++)
        if (((unsigned char)line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7f)
            return "has a control character";
    return NULL;
}
