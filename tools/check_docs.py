#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check that the documentation says what is so. Prints TAP.

    check_docs.py VULNWARD [--update]

Relative links of all Markdown files exist; every format of `vulnward formats` has its page in
docs/formats and is listed in the README, and no page is left over; the man page has the options
of `scan` and `db`, the help of all commands is mentioned there, and it renders without a warning;
the README's example is what the program prints on 80 columns (--update rewrites it).
"""

import fcntl
import glob
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# 2026-11-23T00:00:00Z, two days after the sample's own date.
NOW = "1795392000"
# Pages of docs/formats that are of no format in the tables.
OTHER_PAGES = {"bundle", "database", "ignore-list", "show-json"}
# Formats that share a page although their names differ by more than a version.
PAGES = {"cisa-kev-json": "kev", "cisa-kev-csv": "kev", "first-epss-csv": "epss"}
EXAMPLE = re.compile(r"(<!-- example: tools/check_docs.py runs this -->\n```console\n)(.*?)(```\n)", re.S)
SKIPPED = {".git", "build", "corpus"}

count = failed = 0


def report(name, faults, skip=None):
    global count, failed
    count += 1
    failed += bool(faults)
    print(f"{'not ok' if faults else 'ok'} {count} - {name}{' # SKIP ' + skip if skip else ''}")
    for fault in faults:
        print("# " + fault)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def markdown_files():
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(d for d in folders if d not in SKIPPED and not d.startswith((".", "build")))
        for name in sorted(files):
            if name.endswith(".md"):
                yield os.path.relpath(os.path.join(folder, name), ROOT)


def without_code(text):
    text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return re.sub(r"`[^`\n]*`(?!\])", "", text)


def headings(path):
    """Anchors as GitHub and GitLab make them."""
    for line in read(path).splitlines():
        if line.startswith("#"):
            text = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower())
            yield text.replace(" ", "-")


def check_links():
    faults = []
    for path in markdown_files():
        for target in re.findall(r"\]\(([^)\s]+)\)", without_code(read(path))):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, anchor = target.partition("#")
            full = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
            if not os.path.exists(os.path.join(ROOT, full)):
                faults.append(f"{path}: no file {target}")
            elif anchor and full.endswith(".md") and anchor not in headings(full):
                faults.append(f"{path}: no heading {target}")
    report("relative links", faults)


def run(program, *args, **kw):
    return subprocess.run([program, *args], stdout=subprocess.PIPE, encoding="utf-8", check=True, **kw).stdout


def page_of(kind, name):
    """The page of a format: versions of one format share one."""
    if kind.startswith("reports"):
        return "report-" + name
    return PAGES.get(name) or re.sub(r"-[0-9.]+$", "", name) if kind.startswith("vulnerability") else name


def check_formats(program):
    faults, pages, kind = [], set(OTHER_PAGES), ""
    readme = read("README.md")
    for line in run(program, "formats").splitlines():
        match = re.match(r"  (\S+)  +\S", line)
        if not match:
            kind = line or kind
        elif not kind.startswith("version orders"):
            name, page = match[1], page_of(kind, match[1])
            pages.add(page)
            if not os.path.exists(os.path.join(ROOT, "docs/formats", page + ".md")):
                faults.append(f"{name}: no docs/formats/{page}.md")
            elif name not in read(f"docs/formats/{page}.md"):
                faults.append(f"docs/formats/{page}.md does not name {name}")
            if f"[`{name}`](docs/formats/{page}.md)" not in readme:
                faults.append(f"README.md does not list {name}")
    for path in sorted(glob.glob(os.path.join(ROOT, "docs/formats/*.md"))):
        if os.path.basename(path)[:-3] not in pages:
            faults.append(f"{os.path.relpath(path, ROOT)} is of no format")
    report("formats have pages and are in the README", faults)


def help_options(program, command):
    """{"-d, --db FILE", ...} as (letter, name, takes a value)."""
    text = run(program, command, "--help")
    for action in re.findall(r"^  (\w+)  +\S", text.partition("actions:")[2], re.M):
        text += run(program, command, action, "--help")
    found = re.findall(r"^  (?:-(\w),|   ) --([\w-]+)( \S+)?", text, re.M)
    return {(letter, name, bool(value)) for letter, name, value in found}


def man_section(text, title):
    match = re.search(rf"^\.SH {title}\n(.*?)(?=^\.SH )", text, re.S | re.M)
    return match[1] if match else ""


def man_options(section):
    found = set()
    for line in re.findall(r"^\.TP\n(\\fB\\-.*)$", section, re.M):
        plain = re.sub(r"\\f[BIR]", "", line).replace("\\-", "-")
        match = re.match(r"(?:-(\w), )?--([\w-]+)( .+)?$", plain)
        found.add((match[1] or "", match[2], bool(match[3])) if match else ("", plain, False))
    return found


def spell(option):
    letter, name, value = option
    return f"{'-' + letter + ', ' if letter else ''}--{name}{' VALUE' if value else ''}"


def check_man(program):
    text = read("man/vulnward.1")
    for command in ("scan", "db"):
        want, got = help_options(program, command), man_options(man_section(text, command.upper()))
        faults = [f"man page lacks {spell(o)}" for o in sorted(want - got)]
        faults += [f"--help lacks {spell(o)}" for o in sorted(got - want)]
        report(f"man page has the options of {command}", faults if want else ["--help has no options"])
    faults = []
    overview = run(program, "--help")
    for name in re.findall(r"^  (\w+)  +\S", overview.partition("commands:")[2].partition("exit status")[0], re.M):
        if f".B vulnward {name}" not in text:
            faults.append(f"man page lacks the command {name}")
    statuses = re.findall(r"^  (\d)  ", overview, re.M)
    if statuses != re.findall(r"^\.B (\d)$", man_section(text, "EXIT STATUS"), re.M):
        faults.append("man page has other exit statuses than --help")
    version = run(program, "--version").split()[-1]
    if f'"vulnward {version}"' not in text:
        faults.append(f"man page is not of version {version}")
    report("man page has commands, exit statuses and version", faults)


def check_rendering():
    page = os.path.join(ROOT, "man/vulnward.1")
    if not shutil.which("groff"):
        report("man page renders", [], "no groff here")
        return
    done = subprocess.run(["groff", "-ww", "-man", "-Tutf8", "-z", page], stderr=subprocess.PIPE, encoding="utf-8", check=False)
    report("man page renders", done.stderr.splitlines() or ([f"groff ended with {done.returncode}"] if done.returncode else []))


def on_terminal(args, **kw):
    """Output of a program at a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 80, 0, 0))
    child = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, **kw)
    os.close(theirs)
    out = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError: # the other side is closed
            break
        if not piece:
            break
        out += piece
    child.wait()
    os.close(ours)
    return out.decode("utf-8").replace("\r\n", "\n")


def check_example(program, update):
    readme = read("README.md")
    example = EXAMPLE.search(readme)
    if not example:
        report("README's example", ["there is none"])
        return
    try:
        os.close(pty.openpty()[0])
    except OSError:
        report("README's example is what the program prints", [], "no pseudo-terminals here")
        return
    want = ""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(ROOT, "data"), os.path.join(folder, "data"))
        env = dict(os.environ, SOURCE_DATE_EPOCH=NOW, NO_COLOR="1", LC_ALL="C.UTF-8", TZ="UTC")
        for line in re.findall(r"^\$ vulnward (.*)$", example[2], re.M):
            out = on_terminal([program, *line.split()], cwd=folder, env=env)
            want += f"$ vulnward {line}\n" + re.sub(r"written in \d+\.\d s", "written in 0.0 s", out)
    if update and want != example[2]:
        with open(os.path.join(ROOT, "README.md"), "w", encoding="utf-8") as f:
            f.write(readme[:example.start(2)] + want + readme[example.end(2):])
        example = EXAMPLE.search(read("README.md"))
    faults = []
    if want != example[2]:
        got, real = example[2].splitlines(), want.splitlines()
        faults = [f"README has:    {line}" for line in got if line not in real]
        faults += [f"program says:  {line}" for line in real if line not in got]
        faults.append("check_docs.py VULNWARD --update rewrites it")
    report("README's example is what the program prints", faults)


def main():
    args = [a for a in sys.argv[1:] if a != "--update"]
    if len(args) != 1:
        sys.exit(__doc__)
    program = os.path.abspath(args[0])
    check_links()
    check_formats(program)
    check_man(program)
    check_rendering()
    check_example(program, "--update" in sys.argv)
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
