# SPDX-License-Identifier: Apache-2.0
"""What the scripts of the corpus suite share: TAP, running the program, taking its reports apart."""
import json
import os
import subprocess
import sys


class Tap:
    """Test Anything Protocol: each check one line, what explains it behind `#`."""

    def __init__(self):
        self.count = self.failed = 0

    def check(self, good, name, *details, todo=None):
        self.count += 1
        self.failed += not good and not todo
        directive = " # TODO " + todo if todo else ""
        print("%sok %d - %s%s" % ("" if good else "not ", self.count, name.replace("#", "\\#"), directive))
        if not good:
            for d in details:
                self.note(d)
        sys.stdout.flush()
        return bool(good)

    def equal(self, got, want, name, *details, todo=None):
        return self.check(got == want, name, "got %s, want %s" % (short(got), short(want)), *details, todo=todo)

    def note(self, *lines):
        for line in lines:
            for part in str(line).splitlines() or [""]:
                print("# " + part)
        sys.stdout.flush()

    def finish(self):
        print("1..%d" % self.count)
        return 1 if self.failed else 0


def short(x, n=400):
    text = repr(x)
    return text if len(text) <= n else text[:n] + "..."


def arguments(doc):
    """(program, corpus) from the command line; ends the script when there is no corpus."""
    if len(sys.argv) != 3:
        sys.exit(doc)
    program, corpus = map(os.path.abspath, sys.argv[1:])
    if not os.path.isdir(os.path.join(corpus, "nvd")):
        print("1..0 # SKIP no corpus")
        sys.exit(0)
    return program, corpus


NOW = "1787356800"  # 2026-08-22T00:00:00Z; makes the output the same every day
ENV = dict(os.environ, SOURCE_DATE_EPOCH=NOW, LC_ALL="C.UTF-8", NO_COLOR="1")
ENV.pop("VULNWARD_DB", None)


def run(program, *args, stdin=None):
    return subprocess.run([program, *map(str, args)], input=stdin, capture_output=True, env=ENV, timeout=600)


def import_feeds(program, database, *feeds, fresh=False):
    r = run(program, "db", "import", "-d", database, *(["--fresh"] if fresh else []), *feeds)
    return r


def must(result, what, statuses=(0,)):
    if result.returncode not in statuses:
        print("Bail out! %s: status %d: %s" % (what, result.returncode, result.stderr.decode(errors="replace")[-500:].strip()))
        sys.exit(1)
    return result


def scan(program, database, *args, statuses=(0, 1, 3)):
    """The JSON report of a scan."""
    r = must(run(program, "scan", "-d", database, "-o", "json", *args), "scan " + " ".join(map(str, args)), statuses)
    return json.loads(r.stdout)


def findings_by_package(report):
    """Name of a package -> ids of what was found for it. The packages of one component share findings."""
    ids = {}
    for f in report["findings"]:
        ids.setdefault(f["component"], {})[f["id"]] = f
    return {p["name"]: ids.get(c["ref"], {}) for c in report["components"] for p in c["packages"]}
