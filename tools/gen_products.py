#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles data/products.tsv into a C table: gen_products.py IN.tsv OUT.c"""
import sys


def c_string(s):
    out = ''.join('\\' + c if c in '"\\' else c if ' ' <= c <= '~' else ''.join('\\%03o' % b for b in c.encode()) for c in s)
    return 'STR_INIT("%s")' % out.replace('??', '?\\?')


def canonical(products):
    """vendor:product as a canonical CPE value (identity/cpe.h): only * ? and \\ need quoting."""
    return products.replace('\\', '\\\\').replace('*', '\\*').replace('?', '\\?')


def main(src, dst):
    exact, globs = [], []
    for number, line in enumerate(open(src, encoding='utf-8'), 1):
        line = line.rstrip('\n')
        if not line or line.startswith('#'):
            continue
        cols = line.split('\t')
        if len(cols) not in (2, 3) or not cols[0] or not cols[1]:
            sys.exit(f'{src}:{number}: wanted PATTERN<TAB>PRODUCTS[<TAB>NOTE]')
        row = (cols[0], cols[1] if cols[1] in ('-', '?') else canonical(cols[1]), cols[2] if len(cols) > 2 else '')
        (globs if '*' in cols[0] or '?' in cols[0] else exact).append(row)
    exact.sort(key=lambda r: r[0].encode())
    globs.sort(key=lambda r: (-len(r[0].replace('*', '').replace('?', '')), r[0].encode()))
    with open(dst, 'w', encoding='ascii') as f:
        f.write('/* Made from data/products.tsv by tools/gen_products.py. */\n#include "identity/products_priv.h"\n')
        for name, count, rows in (('product_exact', 'product_exact_count', exact), ('product_globs', 'product_glob_count', globs)):
            f.write(f'const size_t {count} = {len(rows)};\nconst struct product_row {name}[] = {{\n')
            for r in rows or [('', '', '')]:
                f.write('    {%s, %s, %s},\n' % tuple(c_string(x) for x in r))
            f.write('};\n')


main(*sys.argv[1:])
