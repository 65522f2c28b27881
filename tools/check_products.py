#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check data/products.tsv, the table of package names and NVD products.

    check_products.py FILE                   check the form; exit 1 with file:line messages
    check_products.py FILE --corpus DIR      also print, as information, how much of the
                                             inventories under DIR the table covers and which of
                                             its products the NVD data under DIR never names
    ... --unresolved                         also name the packages without a row
    ... --conflicts                          also print identity data that differ from the table

The information never changes the exit status.
"""

import argparse
import csv
import fnmatch
import glob
import gzip
import json
import os
import re
import sys

PATTERN = re.compile(r"[a-z0-9_*?][a-z0-9+._*?-]*\Z")
# One CPE attribute, unescaped. A colon inside a name could not be told from the separator.
PART = r"[a-z0-9_.][a-z0-9_.+~@!%/-]*"
PRODUCT = re.compile(f"{PART}:{PART}\\Z")
HEADER = "# SPDX-License-Identifier: Apache-2.0"
SUFFIXES = ("-lic", "-dev", "-dbg", "-doc", "-src", "-staticdev", "-ptest",
            "-bash-completion", "-lang")
LOCALE = re.compile(r"(.+?)-locale-.+\Z")


def is_glob(pattern):
    return "*" in pattern or "?" in pattern


def literals(pattern):
    return len(pattern.replace("*", "").replace("?", ""))


class Table:
    """The rows of the file, looked up as vulnward does it."""

    def __init__(self):
        self.exact = {}
        self.globs = []

    def add(self, pattern, products):
        if is_glob(pattern):
            self.globs.append((literals(pattern), pattern, products,
                               re.compile(fnmatch.translate(pattern))))
        else:
            self.exact[pattern] = products

    def find(self, name):
        """(pattern, products) of one exact name, or None."""
        if name in self.exact:
            return name, self.exact[name]
        best = None
        for count, pattern, products, regex in self.globs:
            if (best is None or count > best[0]) and regex.match(name):
                best = (count, pattern, products)
        return best[1:] if best else None

    def resolve(self, name):
        """As find(), then again without the suffixes of split packages."""
        name = name.lower()
        while True:
            row = self.find(name)
            if row:
                return row
            for suffix in SUFFIXES:
                if name.endswith(suffix) and len(name) > len(suffix):
                    name = name[:-len(suffix)]
                    break
            else:
                match = LOCALE.match(name)
                if not match:
                    return None
                name = match.group(1)


def read_table(path):
    """The table and the list of (line, message) of what is wrong with it."""
    table, errors, first, rows = Table(), [], {}, 0
    with open(path, "rb") as stream:
        raw = stream.read()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return table, [(raw[:error.start].count(b"\n") + 1, "not UTF-8")], 0
    if "\r" in text:
        errors.append((text[:text.index("\r")].count("\n") + 1, "carriage return"))
    lines = text.split("\n")
    if lines[-1]:
        errors.append((len(lines), "no newline at the end of the file"))
    else:
        lines.pop()
    if not lines or lines[0] != HEADER:
        errors.append((1, f"first line is not `{HEADER}`"))

    for number, line in enumerate(lines, 1):
        def wrong(message, number=number):
            errors.append((number, message))

        if line != line.rstrip():
            wrong("trailing blanks")
            line = line.rstrip()
        if not line or line.startswith("#"):
            continue
        rows += 1
        columns = line.split("\t")
        if len(columns) not in (2, 3):
            wrong(f"{len(columns)} columns, not 2 or 3")
            continue
        for column in columns:
            if not column or column != column.strip():
                wrong("empty column, or blanks around it")
        pattern, products = columns[0], columns[1]
        note = columns[2] if len(columns) == 3 else ""

        if pattern != pattern.lower():
            wrong(f"pattern `{pattern}` has upper case")
        elif not PATTERN.match(pattern):
            wrong(f"pattern `{pattern}` has a character that no package name has")
        if literals(pattern) == 0:
            wrong(f"pattern `{pattern}` has no literal character")
        if "**" in pattern:
            wrong(f"pattern `{pattern}` has `**`")
        if pattern in first:
            wrong(f"pattern `{pattern}` is already in line {first[pattern]}")
        first.setdefault(pattern, number)

        if products in ("-", "?"):
            if not note:
                wrong(f"`{products}` without the reason in the note")
        else:
            names = products.split(" ")
            for name in names:
                if name != name.lower():
                    wrong(f"product `{name}` has upper case")
                elif name == "-":
                    wrong("`-` together with products")
                elif not PRODUCT.match(name):
                    wrong(f"product `{name}` is not vendor:product")
            if len(set(names)) != len(names):
                wrong("product given twice")
        table.add(pattern, products)
    return table, errors, rows


# ---- the corpus: information only -------------------------------------------------------------

def lines_of(path):
    with open(path, encoding="utf-8", errors="replace") as stream:
        return [line.rstrip("\n") for line in stream]


def from_status(path):
    return [line[9:].strip() for line in lines_of(path) if line.startswith("Package: ")]


def from_rpm(path):
    return [line.strip().rsplit("-", 2)[0] for line in lines_of(path) if line.count("-") >= 2]


def from_installed(path):
    """buildhistory's installed-packages.txt: name_version_arch.ipk or name-version-release.rpm"""
    names = []
    for line in lines_of(path):
        if line.endswith(".rpm"):
            names.append(line.rsplit("-", 2)[0])
        elif line:
            names.append(line.split("_")[0])
    return names


def from_manifest(path):
    return [line.split()[0] for line in lines_of(path) if line.strip()]


def from_license_manifest(path):
    return [line.split(":", 1)[1].strip() for line in lines_of(path)
            if line.startswith("PACKAGE NAME:")]


def from_apk(path):
    return [line[2:].strip() for line in lines_of(path) if line.startswith("P:")]


def from_csv(path):
    with open(path, encoding="utf-8", newline="") as stream:
        return [row[0] for row in list(csv.reader(stream))[1:] if row]


def from_show_info(path):
    with open(path, encoding="utf-8") as stream:
        data = json.load(stream)
    return [name for name, value in data.items() if value.get("type") != "host"]


def from_spdx3(path):
    with open(path, encoding="utf-8") as stream:
        data = json.load(stream)
    return [item["name"] for item in data.get("@graph", [])
            if item.get("type") == "software_Package"
            and item.get("software_primaryPurpose") == "install" and item.get("name")]


INVENTORIES = (
    ("yocto/*/installed-packages.txt", from_installed),
    ("yocto/*/*.rootfs.manifest", from_manifest),
    ("yocto/*/license.manifest", from_license_manifest),
    ("dpkg/status", from_status),
    ("opkg/status", from_status),
    ("openwrt/status", from_status),
    ("rpm/*.txt", from_rpm),
    ("apk/installed", from_apk),
    ("buildroot/*.csv", from_csv),
    ("buildroot/show-info.json", from_show_info),
    ("spdx/*.spdx3.json", from_spdx3),
)


def print_coverage(table, corpus, unresolved):
    root = os.path.join(corpus, "inventory")
    total = known = 0
    print("coverage of the inventories (packages, with a row, of these `-`)")
    missing = {}
    for pattern, reader in INVENTORIES:
        for path in sorted(glob.glob(os.path.join(root, pattern))):
            try:
                names = reader(path)
            except (OSError, ValueError) as error:
                print(f"  {os.path.relpath(path, root)}: {error}")
                continue
            rows = [table.resolve(name) for name in names]
            found = sum(row is not None for row in rows)
            none = sum(row is not None and row[1] == "-" for row in rows)
            total += len(names)
            known += found
            share = 100 * found / len(names) if names else 0
            print(f"  {os.path.relpath(path, root):62} {len(names):5} {found:5} {none:5} {share:6.1f} %")
            for name, row in zip(names, rows):
                if row is None:
                    missing.setdefault(name, os.path.relpath(path, root))
    if total:
        print(f"  {'all':62} {total:5} {known:5} {'':5} {100 * known / total:6.1f} %")
    if unresolved:
        for name in sorted(missing):
            print(f"  no row: {name} ({missing[name]})")


def unescape(text):
    return re.sub(r"\\(.)", r"\1", text)


def nvd_products(corpus):
    """How many CVEs of the NVD data name each vendor:product."""
    counts = {}
    for path in sorted(glob.glob(os.path.join(corpus, "nvd", "*.json.gz"))):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            data = json.load(stream)
        for item in data.get("vulnerabilities", []):
            seen = set()
            for configuration in item["cve"].get("configurations", []):
                for node in configuration.get("nodes", []):
                    for match in node.get("cpeMatch", []):
                        part = re.split(r"(?<!\\):", match["criteria"])
                        if len(part) > 4 and part[2] != "h":
                            seen.add(unescape(part[3]) + ":" + unescape(part[4]))
            for name in seen:
                counts[name] = counts.get(name, 0) + 1
    return counts


def print_nvd(table, corpus):
    counts = nvd_products(corpus)
    if not counts:
        print("no NVD data in the corpus")
        return
    used = {}
    for pattern, products in ([*table.exact.items()] + [(g[1], g[2]) for g in table.globs]):
        for name in products.split(" "):
            if name != "-":
                used.setdefault(name, pattern)
    unseen = sorted(name for name in used if name not in counts)
    print(f"products in the table: {len(used)}, seen in the NVD data: {len(used) - len(unseen)}")
    print("never seen there (they may exist in the whole NVD):")
    for name in unseen:
        print(f"  {name} ({used[name]})")


def print_conflicts(table, corpus):
    """Where Buildroot or OpenEmbedded name a vendor:product that the row does not have."""
    print("identity data that the table does not follow:")
    rows = []
    path = os.path.join(corpus, "identity", "buildroot_cpe.tsv")
    if os.path.exists(path):
        for line in lines_of(path):
            column = line.split("\t")
            if line and line[0] != "#" and len(column) >= 4:
                rows.append(("buildroot", column[0], unescape(column[2]) + ":" + unescape(column[3])))
    path = os.path.join(corpus, "identity", "yocto_recipes.tsv")
    if os.path.exists(path):
        for line in lines_of(path):
            column = line.split("\t")
            if line and line[0] != "#" and len(column) >= 3:
                rows += [("yocto", column[0], name) for name in column[2].split() if ":" in name]
    for origin, package, name in rows:
        row = table.resolve(package)
        if row is None or name not in row[1].split(" "):
            print(f"  {origin} {package}: {name}, table: {row[1] if row else 'no row'}")


def main():
    parser = argparse.ArgumentParser(description="check the table of packages and NVD products")
    parser.add_argument("file")
    parser.add_argument("--corpus", metavar="DIR", help="also print coverage, from the data in DIR")
    parser.add_argument("--unresolved", action="store_true", help="name the packages without a row")
    parser.add_argument("--conflicts", action="store_true", help="print differing identity data")
    arguments = parser.parse_args()
    try:
        table, errors, rows = read_table(arguments.file)
    except OSError as error:
        print(f"{arguments.file}: {error.strerror}", file=sys.stderr)
        return 2
    for number, message in sorted(errors):
        print(f"{arguments.file}:{number}: {message}", file=sys.stderr)
    print(f"{arguments.file}: {rows} rows, {len(table.globs)} of them globs, {len(errors)} errors")
    if arguments.corpus:
        print_coverage(table, arguments.corpus, arguments.unresolved)
        print_nvd(table, arguments.corpus)
        if arguments.conflicts:
            print_conflicts(table, arguments.corpus)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
