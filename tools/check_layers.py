#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: the table of docs/ARCHITECTURE.md, enforced.

    check_layers.py [ROOT]           checks ROOT/src (default: the tree this file is in)
    check_layers.py --self-test DIR  each folder of DIR is a tree with faults; `/* expect: TEXT */`
                                     behind a line says what has to be complained about there
"""
import os
import re
import sys

# A module sees itself and what stands here. A pair (module, headers) allows those headers only.
ALL = ('base', 'codec', 'version', 'identity', 'model', 'feed', 'net', 'inventory', 'store', 'match', 'triage', 'report')
ALLOWED = {
    'base': (),
    'codec': ('base',),
    'version': ('base',),
    'identity': ('base',),
    'model': ('base', 'version', 'identity'),
    'feed': ('base', 'codec', 'version', 'identity', 'model'),
    'inventory': ('base', 'codec', 'version', 'identity', 'model'),
    'net': ('base',),
    # Blocks, digests and what a bundle is made of are no formats of others: the database needs them.
    'store': ('base', ('codec', ('block.h', 'json_read.h', 'json_write.h', 'pieces.h', 'sha256.h', 'tar.h')), 'version', 'identity', 'model'),
    'match': ('base', 'version', 'identity', 'model', 'store'),
    'triage': ('base', 'codec', 'version', 'identity', 'model'),
    'report': ('base', 'codec', 'version', 'identity', 'model'),
    'cli': ALL,
}
# Third-party headers (as prefixes) and the files (as prefixes of paths below src) that may have them.
THIRD_PARTY = {
    'yyjson': ('codec/json_read.c',),
    'expat': ('codec/xml_read.c',),
    'isa-l': ('codec/',),
    'libdeflate': ('codec/',),
    'zstd': ('codec/block.c',),
    'nettle/': ('codec/',),
    'archive': ('codec/',),
    'sodium': ('codec/sign.c',),
    'sqlite3': ('store/', 'codec/sqlite_ro.c'),
    'curl/': ('net/',),
    'linux/landlock': ('cli/sandbox.c',),
    'seccomp': ('cli/sandbox.c',),
    'linux/seccomp': ('cli/sandbox.c',),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def check_own(src, module, path, header):
    """Why the file `path` of `module` may not include our `header`; None when it may."""
    if '/' not in header or '..' in header:
        return f'"{header}": own headers are named by folder, as "base/str.h"'
    target, name = header.split('/', 1)
    if not os.path.isfile(os.path.join(src, header)):
        return f'"{header}": there is no such file'
    if not name.endswith('.h'):
        return f'"{header}": only headers are included'
    if name.endswith('_priv.h') and target != module:
        return f'"{header}": private to {target}'
    if name.endswith('_priv.h') and path.endswith('.h') and not path.endswith('_priv.h'):
        return f'"{header}": a private header in a public one'
    if target == module:
        return None
    for rule in ALLOWED[module]:
        if rule == target or (isinstance(rule, tuple) and rule[0] == target and name in rule[1]):
            return None
    return f'"{header}": {module} may not see {target}'


def check_foreign(path, header):
    for prefix, places in THIRD_PARTY.items():
        if header.startswith(prefix) and not any(path.startswith(p) for p in places):
            return f'<{header}>: only in {", ".join(places)}'
    return None


def check_tree(root):
    """All complaints about ROOT/src, as (path below root, line, text)."""
    src = os.path.join(root, 'src')
    found, seen = [], 0
    for folder, dirs, files in os.walk(src):
        dirs.sort()
        for name in sorted(files):
            path = os.path.relpath(os.path.join(folder, name), src)
            if not name.endswith(('.c', '.h')):
                continue
            seen += 1
            module = path.split(os.sep)[0]
            if module not in ALLOWED or os.sep not in path:
                found.append((f'src/{path}', 1, f'{module}: not a folder of the table'))
                continue
            with open(os.path.join(folder, name), encoding='utf-8') as f:
                for number, line in enumerate(f, 1):
                    m = INCLUDE.match(line)
                    if not m:
                        continue
                    why = check_own(src, module, path, m[2]) if m[1] == '"' else None
                    why = why or check_foreign(path, m[2])
                    if why:
                        found.append((f'src/{path}', number, why))
    if not seen:
        sys.exit(f'{src}: no source files; wrong folder?')
    return found


def self_test(folder):
    bad = 0
    for name in sorted(os.listdir(folder)):
        root = os.path.join(folder, name)
        want = []
        for where, _, files in os.walk(root):
            for file in files:
                path = os.path.join(where, file)
                with open(path, encoding='utf-8') as f:
                    for number, line in enumerate(f, 1):
                        want += [(os.path.relpath(path, root), number, t) for t in re.findall(r'/\* expect: (.*?) \*/', line)]
        got = check_tree(root)
        for path, number, text in want:
            hits = [g for g in got if g[:2] == (path, number) and text in g[2]]
            if not hits:
                print(f'{name}/{path}:{number}: not complained about: {text}')
                bad += 1
            got = [g for g in got if g not in hits]
        for path, number, text in got:
            print(f'{name}/{path}:{number}: complained about for nothing: {text}')
            bad += 1
        if not want:
            print(f'{name}: expects nothing')
            bad += 1
    return bad


def main(args):
    if args and args[0] == '--self-test':
        return 1 if self_test(args[1]) else 0
    root = args[0] if args else os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
    found = check_tree(root)
    for path, number, text in found:
        print(f'{path}:{number}: {text}')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
