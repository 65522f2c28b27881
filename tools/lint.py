#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What neither the compiler nor base/banned.h complains about.

    lint.py [ROOT]           checks ROOT/src, tests/unit and fuzz
    lint.py --self-test DIR  each file of DIR is linted as the source file its first line names;
                             `// expect: CHECK` behind a line is what has to be complained about
                             there, and nothing else may be

A line that has to break a rule says so behind it: /* lint: CHECK: reason */. A waiver that waives
nothing is a complaint too.
"""
import os
import re
import sys

LONG_FUNCTION, TOO_LONG_FUNCTION, LONG_FILE, LONG_LINE = 60, 80, 650, 160

# Calls not made in src: what instead, and the files (prefixes below src) that may all the same.
CALLS = {
    'gets scanf sscanf fscanf vsscanf': ('str_to_u64, str_split', ()),
    'strtoll strtoull strtoimax strtoumax strtod strtof strtold atof atoll': ('str_to_u64', ()),
    'stpcpy strsep strdup strndup strtok_r strpbrk': ('struct str and arenas', ()),
    'alloca': ('an arena', ()),
    'strcasecmp strncasecmp strcoll strxfrm': ('str_eq_nocase: without a locale', ()),
    'isalnum isxdigit isupper islower isprint ispunct iscntrl isgraph isblank': ('char_is_...: without a locale', ()),
    'setlocale': ('no locale at all', ()),
    'strerror perror': ('err_errno', ()),
    'time localtime gmtime ctime asctime localtime_r mktime strftime gettimeofday': ('date_now, date_format', ('base/date.c', 'cli/progress.c')),
    'clock_gettime': ('date_now', ('base/date.c', 'cli/')),
    'getenv secure_getenv': ('the environment comes in through cli', ('base/date.c', 'cli/')),
    'exit _exit abort quick_exit assert atexit': ('struct err, up to cli', ('cli/',)),
    'printf puts putchar fputs fprintf vfprintf vprintf fwrite fputc putc dprintf': ('struct buf; only cli prints', ('cli/',)),
    'fopen freopen fdopen': ('io_read, out_open', ()),
    'system popen execl execlp execv execvp fork vfork posix_spawn': ('nothing: no other programs', ()),
    'tmpnam tempnam mktemp tmpfile': ('out_open', ()),
    'rand srand random srandom drand48': ('nothing: output is deterministic', ()),
    'sleep usleep': ('nanosleep', ()),
    'signal sigaction': ('cli', ('cli/',)),
    'setjmp longjmp': ('struct err', ()),
    'chdir umask': ('nothing that is of the whole process', ('base/io.c', 'store/import.c')),
}
BANNED = {name: rule for names, rule in CALLS.items() for name in names.split()}
WAIVER = re.compile(r'/\* lint: ([a-z-]+): \S.*?\*/')
EXPECT = re.compile(r'// expect: ([a-z-]+)')


def blanked(text):
    """The text with comments, strings and character constants as blanks; lines stay lines."""
    def blank(m):
        s = m[0]
        return re.sub(r'[^\n]', ' ', s) if s[0] == '/' else s[0] + re.sub(r'[^\n]', ' ', s[1:-1]) + s[-1]
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def checked_functions(root):
    """Names of the functions whose result must be looked at (VW_CHECKED in a header)."""
    names = set()
    for folder, _, files in os.walk(os.path.join(root, 'src')):
        for name in files:
            if name.endswith('.h'):
                with open(os.path.join(folder, name), encoding='utf-8') as f:
                    text = blanked(f.read())
                names.update(re.findall(r'(\w+)\s*\([^;{}]*\)\s*VW_CHECKED', text))
    return names


def check_text(lines, report):
    for number, line in enumerate(lines, 1):
        if '\t' in line:
            report(number, 'tab', 'a tab')
        if line != line.rstrip():
            report(number, 'trailing-blank', 'blanks at the end of the line')
        if '\r' in line:
            report(number, 'line-end', 'a carriage return')
        if len(line) > LONG_LINE:
            report(number, 'long-line', f'{len(line)} columns, at most {LONG_LINE}')


def check_frame(path, text, lines, report):
    if not lines or not re.match(r'(/\*|//|#) SPDX-License-Identifier: Apache-2\.0( \*/)?$', lines[0]):
        report(1, 'spdx', 'the first line is no SPDX line')
    if text and not text.endswith('\n'):
        report(len(lines), 'line-end', 'the last line has no end')
    if text.endswith('\n\n'):
        report(len(lines), 'trailing-blank', 'blank lines at the end')
    if len(lines) > LONG_FILE and path.startswith('src/'):
        report(LONG_FILE, 'long-file', f'{len(lines)} lines, at most {LONG_FILE}')
    if path.startswith('src/') and path.endswith('.h'):
        guard = 'VULNWARD_' + re.sub(r'[/.]', '_', path[4:]).upper()
        if f'#ifndef {guard}\n#define {guard}\n' not in text:
            report(1, 'guard', f'no include guard {guard}')
    if path.startswith('src/') and path.endswith('.c'):
        own = re.findall(r'^#include "([^"]+)"', text, re.M)
        if 'base/banned.h' not in own:
            report(1, 'banned-header', 'does not include base/banned.h')
        elif own[-1] != 'base/banned.h':
            report(1, 'banned-header', 'base/banned.h is not the last header')


def check_functions(code, report):
    """Bodies begin and end with a brace in the first column."""
    start = None
    for number, line in enumerate(code, 1):
        if line.startswith('{') and start is None:
            start = number
        elif line.startswith('}') and start is not None:
            if not line.rstrip().endswith(';'): # of a table, not of a function
                n = number - start - 1
                if n > TOO_LONG_FUNCTION:
                    report(start, 'too-long', f'a function of {n} lines, at most {TOO_LONG_FUNCTION}')
                elif n > LONG_FUNCTION:
                    report(start, 'long', f'a function of {n} lines, better at most {LONG_FUNCTION}')
            start = None


def check_calls(path, code, checked, report):
    for number, line in enumerate(code, 1):
        for m in re.finditer(r'(?<![\w.>])(\w+)\s*\(', line):
            rule = BANNED.get(m[1])
            if rule and not any(path[4:].startswith(p) for p in rule[1]):
                report(number, 'call', f'{m[1]}(): use {rule[0]}')
        for m in re.finditer(r'\(void\)\s*!?\s*(\w+)\s*\(', line):
            if m[1] in checked:
                report(number, 'ignored', f'the result of {m[1]}() is thrown away')
        for m in re.finditer(r'\bgoto\s+(\w+)', line):
            if m[1] != 'out':
                report(number, 'goto', f'goto {m[1]}: the only label is out')
        if re.search(r'\b(while|if)\s*\(.*\(\s*[\w>.-]+ = [\w>.-]+\([^()]*\)\s*[=!<>]=', line):
            report(number, 'assigns-comparison', 'stores the comparison, not the value')
        if re.search(r'(?<![\w.])(TODO|FIXME|XXX)\b', line):
            report(number, 'todo', 'unfinished')


def check_file(path, text, checked):
    """All complaints about a file known as `path`, as (line, check, text)."""
    found = []
    lines = text.split('\n')
    if lines and lines[-1] == '':
        lines.pop()
    report = lambda number, check, why: found.append((number, check, why))
    check_text(lines, report)
    check_frame(path, text, lines, report)
    if path.endswith(('.c', '.h')):
        code = blanked(text).split('\n')
        if path.startswith('src/'):
            check_functions(code, report)
            check_calls(path, code, checked, report)
    waivers = [(n, m[1]) for n, line in enumerate(lines, 1) for m in WAIVER.finditer(line)]
    used = {(n, c) for n, c in waivers if any(f[:2] == (n, c) for f in found)}
    found = [f for f in found if f[:2] not in used]
    found += [(n, 'waiver', f'waives nothing: {c}') for n, c in waivers if (n, c) not in used]
    return sorted(found)


def self_test(folder, root):
    checked, bad = checked_functions(root), 0
    for name in sorted(os.listdir(folder)):
        if not name.endswith(('.c', '.h')):
            continue
        with open(os.path.join(folder, name), encoding='utf-8', newline='') as f:
            first, text = f.read().split('\n', 1)
        path = first.removeprefix('// lint as: ')
        want = {(n, c) for n, line in enumerate(text.split('\n'), 1) for c in EXPECT.findall(line)}
        text = re.sub(r' *// expect: .*', '', text).replace('<TAB>', '\t').replace('<BLANK>', ' ')
        got = {f[:2] for f in check_file(path, text, checked)}
        for n, c in sorted(want - got):
            print(f'{name}:{n + 1}: not complained about: {c}')
        for n, c in sorted(got - want):
            print(f'{name}:{n + 1}: complained about for nothing: {c}')
        bad += len(want ^ got) + (first == path)
        seen.update(c for _, c in got)
    return bad


seen = set()
CHECKS = ('tab trailing-blank line-end long-line spdx long-file guard banned-header too-long long call ignored goto '
          'assigns-comparison todo waiver').split()


def main(args):
    here = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
    if args and args[0] == '--self-test':
        bad = self_test(args[1], here)
        for check in CHECKS:
            if check not in seen:
                print(f'no sample is complained about for: {check}')
                bad += 1
        return 1 if bad else 0
    root = args[0] if args else here
    checked, bad, files = checked_functions(root), 0, 0
    for top in ('src', 'tests/unit', 'fuzz'):
        for folder, dirs, names in os.walk(os.path.join(root, top)):
            dirs.sort()
            for name in sorted(names):
                if not name.endswith(('.c', '.h')):
                    continue
                full = os.path.join(folder, name)
                path = os.path.relpath(full, root)
                files += 1
                with open(full, encoding='utf-8', newline='') as f:
                    for number, check, why in check_file(path, f.read(), checked):
                        note = check == 'long'
                        bad += not note
                        print(f'{path}:{number}: {"note: " if note else ""}{why} [{check}]')
    if not files:
        sys.exit(f'{root}: no source files; wrong folder?')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
