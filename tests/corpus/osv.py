#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every OSV record of the corpus, taken as Python reads it.

    osv.py VULNWARD OSV_LINES CORPUS        prints TAP

What the importer takes of each record is compared with what is worked out here from the same JSON; then whole
archives are imported, and the database must have one statement per id, folder and ecosystems.
"""
import collections
import functools
import glob
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import zipfile

sys.dont_write_bytecode = True
import corpus_tap  # noqa: E402

ORDER = {"AlmaLinux": "rpm", "Bitnami": "semver"}
DISTRIBUTIONS = {"AlmaLinux"}
WORDS = {"critical": "critical", "high": "high", "important": "high", "medium": "medium", "moderate": "medium", "low": "low",
         "none": "none"}
LEAST = {"AlmaLinux.zip": 5000, "Bitnami.zip": 7000}


def semver_key(text):
    """SemVer 2.0.0, section 11; what is none ("nightly") is numbers, if any, and a pre-release."""
    core, rest = re.match(r"([\d.]*)(.*)", text.partition("+")[0]).groups()
    numbers = [int(n) for n in core.split(".") if n]
    while numbers and not numbers[-1]:
        numbers.pop()
    pre = [p for p in (rest[1:] if rest.startswith("-") else rest).split(".") if rest]
    return numbers, not rest, [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in pre]


def unreadable(record):
    """Words among semantic versions."""
    return sum(not version[:1].isdigit() for a in record["affected"] for one in a.get("ranges", []) if one["type"] == "SEMVER"
               for event in one["events"] for version in event.values())


def ranges_of(entry, order):
    for one in entry.get("ranges", []):
        scheme = "semver" if one["type"] == "SEMVER" else order
        events = [(kind, version) for event in one["events"] for kind, version in event.items()]
        if scheme == "semver":
            events = [(k, v if v[:1].isdigit() else "0") for k, v in events if k == "introduced" or v[:1].isdigit()]
            events.sort(key=lambda e: (e[1] != "0" or e[0] != "introduced", semver_key(e[1]), e[0] == "last_affected"))
        start = None
        for kind, version in events:
            if kind == "introduced":
                start = version if start is None else start
            elif start is not None:
                yield ("range", "0", scheme, "0", start, version, str(int(kind == "last_affected")))
                start = None
        if start is not None:
            yield ("range", "0", scheme, "0", start, "", "0")


def part_of(folder, record):
    return folder + "|" + ",".join(sorted({a["package"]["ecosystem"] for a in record["affected"]}))


def unique(values):
    return list(dict.fromkeys(values))


def second(text):
    return text[:19] + "Z"


def lines_of(folder, r):
    base = r["affected"][0]["package"]["ecosystem"].partition(":")[0]
    related, upstream = unique(r.get("related", [])), unique(r.get("upstream", []))
    if base in DISTRIBUTIONS and not any(i.startswith("CVE-") for i in upstream + r.get("aliases", [])):
        upstream = upstream + [i for i in related if i.startswith("CVE-")]
    word = r.get("database_specific", {}).get("severity", "")
    if not word and base in DISTRIBUTIONS:
        word = r.get("summary", "").partition(":")[0]
    yield ("record", r["id"], part_of(folder, r), second(r["modified"]), second(r["published"]),
           str(int("withdrawn" in r)), str(unreadable(r)), WORDS.get(word.strip().lower(), "unknown"))
    yield ("lengths", str(len(r.get("summary", "").encode())), str(len(r.get("details", "").encode())))
    for what, ids in ("alias", unique(r.get("aliases", []))), ("upstream", upstream), ("related", related):
        for i in ids:
            yield (what, i)
    vectors = [s["score"] for a in r["affected"] for s in a.get("severity", [])] + [s["score"] for s in r.get("severity", [])]
    for vector in unique(vectors):
        yield ("cvss", re.match(r"CVSS:([\d.]+)/", vector)[1] if vector.startswith("CVSS:") else "2.0", vector)
    for ref in r.get("references", []):
        yield ("reference", ref.get("type", "").lower(), ref["url"])
    for a in r["affected"]:
        package = a["package"]
        yield ("affected", package["name"], package["ecosystem"], package.get("purl", ""))
        yield from ranges_of(a, ORDER[package["ecosystem"].partition(":")[0]])


def records_of(archive):
    """[(folder, name, bytes)], in the archive's order."""
    with zipfile.ZipFile(archive) as z:
        return [(os.path.basename(os.path.dirname(n)), n, z.read(n)) for n in z.namelist() if n.endswith(".json")]


def check_lines(tap, program, archive):
    name = os.path.basename(archive)
    files = records_of(archive)
    records = [(folder, json.loads(data)) for folder, _, data in files]
    want = [line for folder, r in records for line in lines_of(folder, r)]
    with tempfile.TemporaryDirectory() as d:
        asked = []
        for i, (folder, _, data) in enumerate(files):
            path = os.path.join(d, "%d.json" % i)
            with open(path, "wb") as f:
                f.write(data)
            asked.append(folder + "\t" + path)
        done = subprocess.run([program], input="\n".join(asked) + "\n", stdout=subprocess.PIPE, encoding="utf-8", check=True)
    got = [tuple(line.split("\t")) for line in done.stdout.split("\n")[:-1]]
    counts = collections.Counter(line[0] for line in want)
    tap.check(counts["record"] >= LEAST.get(name, 1), name + ": enough records")
    tap.equal(collections.Counter(line[0] for line in got), counts, name + ": as many of each kind")
    differ = [(g, w) for g, w in zip(got, want) if g != w]
    tap.check(not differ, name + ": every record as Python reads it", "%d differ" % len(differ),
              *["got %s, want %s" % pair for pair in differ[:10]])
    tap.note("%s: %s" % (name, ", ".join("%d %s" % (n, what) for what, n in sorted(counts.items()))))
    return records


def statements(database):
    with sqlite3.connect("file:%s?mode=ro" % database, uri=True) as db:
        return sorted(db.execute("SELECT name, part FROM name WHERE source = 'osv'"))


def check_import(tap, program, archives, everything):
    with tempfile.TemporaryDirectory() as d:
        database = os.path.join(d, "v.db")
        run = functools.partial(subprocess.run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                                env=corpus_tap.ENV, check=False)
        done = run([program, "db", "import", "-d", database, *archives])
        if not tap.check(done.returncode == 0, "archives are imported", done.stdout):
            return
        for archive, records in everything.items():
            name, n = os.path.basename(archive), len(records)
            withdrawn = sum("withdrawn" in r for _, r in records)
            found = re.search(r"^%s: osv-json-1, (\d+) records: .*$" % re.escape(name), done.stdout, re.M)
            bad = sum(unreadable(r) for _, r in records)
            tap.check(found and int(found[1]) == n, "%s: %d records" % (name, n), done.stdout)
            told = re.search(r"^vulnward: %s: (\d+) statements" % re.escape(name), done.stdout, re.M)
            tap.equal(int(told[1]) if told else 0, bad, "%s: %d unreadable" % (name, bad), done.stdout)
            told = re.search(r"(\d+) (?:rejected|withdrawn)", found[0] if found else "")
            tap.equal(int(told[1]) if told else 0, withdrawn, name + ": withdrawn ones")
        keys = {(r["id"], part_of(folder, r)) for records in everything.values() for folder, r in records}
        tap.equal(len(statements(database)), len(keys), "one statement per id, folder and ecosystems")
        tap.check(statements(database) == sorted(keys), "and these are the ids and parts")
        again = run([program, "db", "import", "-d", database, *archives])
        tap.check(again.returncode == 0 and not re.search(r"\d+ (new|replaced)", again.stdout), "again: nothing is new", again.stdout)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    program, lines, corpus = map(os.path.abspath, sys.argv[1:])
    archives = [a for a in sorted(glob.glob(os.path.join(corpus, "osv", "*.zip"))) if os.path.basename(a) in LEAST]
    if not archives:
        print("1..0 # SKIP no corpus")
        return 0
    tap = corpus_tap.Tap()
    everything = {archive: check_lines(tap, lines, archive) for archive in archives}
    check_import(tap, program, archives, everything)
    return tap.finish()


sys.exit(main())
