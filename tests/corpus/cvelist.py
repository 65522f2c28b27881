#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every real record of the CVE List in the corpus, read by the importer.

    cvelist.py CVELIST_RECORDS CORPUS        prints TAP

What cvelist_records counts is compared with counts made here from the same JSON. Which releases of Linux
are affected is evaluated twice: here from the JSON, there from what the importer made of it.
"""
import functools
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile

sys.dont_write_bytecode = True
import corpus_tap  # noqa: E402

# Of the 14,626 records of the kernel's CNA.
KERNELS = {"6.1.140": 4078, "6.1.38": 6654}
# What cannot be counted twice without writing the importer twice; a change of these is one of a rule.
KNOWN = {
    "kernel": {"unreadable": 0, "exact": 0, "weak": 0, "criteria": 0, "ranges": 94117, "singles": 14415,
               "commits": 77715},
    "vulnrichment": {"unreadable": 20545, "exact": 47308, "packages": 158, "ranges": 106491, "singles": 63566},
}
KEYS = ("cvssV2_0", "cvssV3_0", "cvssV3_1", "cvssV4_0")


def containers(record):
    c = record["containers"]
    return [c["cna"]] + c.get("adp", [])


def count(record, n):
    """Adds up what must be the same whatever the importer's rules."""
    def add(what, k=1):
        n[what] = n.get(what, 0) + k

    cwes, urls, ssvc = set(), set(), False
    add("records")
    add("rejected", record["cveMetadata"]["state"] == "REJECTED")
    for c in containers(record):
        add("entries", len(c.get("affected", [])))
        for p in c.get("problemTypes", []):
            for d in p["descriptions"]:
                for text in (d.get("cweId", ""), d.get("description", "")):
                    cwes.update(re.findall(r"^CWE-[0-9]+", text))
        urls.update(r["url"] for r in c.get("references", []) if r["url"])
        for m in c.get("metrics", []):
            add("cvss", sum(k in m for k in KEYS))
            kind = m.get("other", {}).get("type")
            add("kev", kind == "kev")
            ssvc = ssvc or kind == "ssvc"
    add("cwes", len(cwes))
    add("references", len(urls))
    add("ssvc", ssvc)


# ---- Linux releases ----

@functools.lru_cache(None)
def key(version):
    """6.1 = 6.1.0, 6.2-rc1 before 6.2."""
    m = re.match(r"([0-9.]+)(?:-rc([0-9]+))?", version)
    numbers = [int(x) for x in m.group(1).split(".") if x]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers, int(m.group(2)) if m.group(2) else 1 << 30


def is_in(version, v):
    if v.get("versionType") == "git":
        return False
    end = v.get("lessThan", v.get("lessThanOrEqual"))
    if end is None:
        return key(version) == key(v["version"])
    if v["version"] != "0" and key(version) < key(v["version"]):
        return False
    if end == "*":
        return True
    if end.endswith(".*"):
        base = [int(x) for x in end[:-2].split(".")]
        mine = [int(x) for x in re.match(r"[0-9.]+", version).group(0).split(".")]
        return mine[:len(base)] <= base
    return key(version) < key(end) if "lessThan" in v else key(version) <= key(end)


def is_affected(version, record):
    for entry in record["containers"]["cna"]["affected"]:
        versions = [v for v in entry.get("versions", []) if v.get("versionType") != "git"]
        if not versions:
            continue
        said = {v["status"] for v in versions if is_in(version, v)}
        status = "unaffected" if "unaffected" in said else \
            "affected" if "affected" in said else entry.get("defaultStatus")
        if status == "affected":
            return True
    return False


def run(program, feed, *args):
    feed.seek(0)
    p = subprocess.run([program, *args], stdin=feed, stdout=subprocess.PIPE, text=True, check=False)
    return p.returncode, dict(line.rsplit(" ", 1) for line in p.stdout.splitlines())


def check_archive(t, program, path, name):
    want, kernels = {}, dict.fromkeys(KERNELS, 0)
    with tempfile.TemporaryFile() as feed:
        with zipfile.ZipFile(path) as z:
            for member in z.namelist():
                if not member.endswith(".json"):
                    continue
                data = z.read(member)
                feed.write(b"%d\n" % len(data) + data)
                record = json.loads(data)
                count(record, want)
                if name == "kernel":
                    for version in kernels:
                        kernels[version] += is_affected(version, record)
        feed.flush()
        status, got = run(program, feed, "count")
        t.equal(status, 0, name + ": every record can be read", got)
        for what, n in sorted(want.items()):
            t.equal(int(got[what]), int(n), "%s: %s" % (name, what))
        for what, n in sorted(KNOWN[name].items()):
            t.equal(int(got[what]), n, "%s: %s, as known" % (name, what))
        if name == "kernel":
            _, got = run(program, feed, "kernel", *KERNELS)
            for version, n in KERNELS.items():
                t.equal(kernels[version], n, "Linux %s: affected by so many, evaluated here" % version)
                t.equal(int(got[version]), n, "Linux %s: and from what the importer made of it" % version)
        _, got = run(program, feed, "time")
        t.note("%s: %s" % (name, got))


def main():
    program, corpus = sys.argv[1:] if len(sys.argv) == 3 else sys.exit(__doc__)
    t = corpus_tap.Tap()
    paths = [(os.path.join(corpus, "cvelistV5", n + ".zip"), n) for n in KNOWN]
    if not all(os.path.exists(p) for p, _ in paths):
        print("1..0 # SKIP no corpus")
        return 0
    for path, name in paths:
        check_archive(t, os.path.abspath(program), path, name)
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
