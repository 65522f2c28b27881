#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every real inventory of the corpus, scanned with the corpus' own database.

    inventories.py VULNWARD CORPUS        prints TAP

Nothing may vanish: what the program lists as components, skipped and noted is as many as the entries
counted here, with other code. Reports must agree with themselves and with each other.
"""
import json
import os
import re
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ET

sys.dont_write_bytecode = True
import corpus_tap  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def count_lines(path):
    """Entries of a format with one per line."""
    with open(path, encoding="utf-8", errors="replace") as f:
        return sum(1 for line in f if line.strip())


def count_paragraphs(path):
    """Paragraphs parted by empty lines, in which the first line says what package."""
    with open(path, encoding="utf-8", errors="replace") as f:
        return sum(1 for p in re.split(r"\n\s*\n", f.read()) if re.match(r"\s*(Package|PACKAGE NAME|RECIPE NAME)\s*:", p))


def one(path):
    return 1


# file, format, how its entries are counted
READ = [
    ("yocto/core-image-minimal-ipk/installed-packages.txt", "yocto-packages", count_lines),
    ("yocto/core-image-sato-ipk/installed-packages.txt", "yocto-packages", count_lines),
    ("yocto/initramfs-rpm/installed-packages.txt", "yocto-packages", count_lines),
    ("yocto/yocto-6.0/core-image-minimal-qemux86-64.rootfs.manifest", "yocto-manifest", count_lines),
    ("yocto/yocto-6.0/license.manifest", "yocto-manifest", count_paragraphs),
    ("yocto/yocto-6.0/image_license.manifest", "yocto-manifest", count_paragraphs),
    ("rpm/rpm-qa.txt", "rpm", count_lines),
    ("dpkg/status", "dpkg", count_paragraphs),
    ("opkg/status", "opkg", count_paragraphs),
    ("openwrt/status", "opkg", count_paragraphs),
    ("swid/docker-deb-2015.xml", "swid", one),
    ("swid/netlicensing-2.1.0-2009.swidtag", "swid", one),
]
# Read, and refused with a reason: no versions, no tag, formats of other issues.
REFUSED = [
    ("yocto/core-image-sato-ipk/installed-package-names.txt", "no versions"),
    ("swid/baseline-minimal-2015.xml", "a unit test of NIST, no tag"),
]

# architecture.md, "The report, version 1"
SCHEMA = {
    "": "schema tool generated database inventories components findings summary verdict",
    "tool": "name version",
    "database": "path built sha256 records sources",
    "database.sources[]": "name kind records published fetched age_days",
    "inventories[]": "path format sha256 components skipped",
    "inventories[].skipped[]": "line text why",
    "components[]": "ref name version type source purl cpes products identified_by",
    "findings[]": "id aliases component name version status justification reason decided_by severity cvss kev epss cwes "
                  "published modified fixed_in evidence new fails",
    "findings[].cvss": "version score vector source",
    "findings[].evidence[]": "source criterion range",
    "summary": "components identified unidentified skipped affected ignored failing by_severity",
    "verdict": "exit gate why",
}


def missing_fields(report):
    """Fields of the schema that are not there, as paths."""
    missing = set()
    for path, names in SCHEMA.items():
        values = [report]
        for step in path.split(".") if path else []:
            values = [v[step.rstrip("[]")] for v in values if v is not None]
            if step.endswith("[]"):
                values = [x for v in values for x in v]
        for value in values:
            if value is not None:
                missing.update("%s.%s" % (path, n) for n in names.split() if n not in value)
    return sorted(missing)


def validate(report):
    """What the JSON schema of the project says, when a validator is installed; else None."""
    schema = os.path.join(HERE, "..", "schemas", "report-1.schema.json")
    try:
        import jsonschema
    except ImportError:
        return None
    if not os.path.exists(schema):
        return None
    with open(schema) as f:
        validator = jsonschema.Draft202012Validator(json.load(f))
    return ["%s: %s" % ("/".join(map(str, e.absolute_path)), e.message[:200]) for e in validator.iter_errors(report)][:5]


def disagreements(report):
    """Summary against lists. It counts packages; the list `components` has what belongs together as one."""
    s, findings, components = report["summary"], report["findings"], report["components"]

    def packages(test):
        return sum(len(c["packages"]) for c in components if test(c))
    affected = [f for f in findings if f["status"] == "affected"]
    severities = {}
    for f in affected:
        severities[f["severity"]] = severities.get(f["severity"], 0) + 1
    counts = {
        "components": packages(lambda c: True),
        "identified": packages(lambda c: c["identified_by"] != "none"),
        "unidentified": packages(lambda c: c["identified_by"] == "none"),
        "uncomparable": packages(lambda c: c["uncomparable"]),
        "skipped": sum(i["skipped_count"] for i in report["inventories"]),
        "affected": len(affected),
        "ignored": sum(f["status"] == "not_affected" and f["decided_by"] != "match" for f in findings),
        "failing": sum(f["fails"] for f in findings),
        "by_severity": severities,
    }
    wrong = []
    for k, v in counts.items():
        got = {n: x for n, x in s[k].items() if x} if k == "by_severity" else s[k]
        if got != v:
            wrong.append("summary %s is %s, the lists have %s" % (k, got, v))
    refs = [c["ref"] for c in components]
    if len(set(refs)) != len(refs):
        wrong.append("two components with one ref")
    wrong += ["finding %s of unknown component %s" % (f["id"], f["component"]) for f in findings if f["component"] not in set(refs)][:3]
    pairs = [(f["component"], f["id"]) for f in findings]
    if len(set(pairs)) != len(pairs):
        wrong.append("the same CVE twice for a component")
    for i, inventory in enumerate(report["inventories"]):
        listed = packages(lambda c: c["inventory"] == i)
        if listed != inventory["components"]:
            wrong.append("inventory has %d components, %d packages are in the list" % (inventory["components"], listed))
    if (report["verdict"]["exit"] == 1) != (s["failing"] > 0):
        wrong.append("exit %d with %d failing" % (report["verdict"]["exit"], s["failing"]))
    return wrong


def junit_disagreements(text, report):
    """JUnit: parses, its counts are those of its cases, and those are the JSON's."""
    root = ET.fromstring(text)
    wrong = []
    suites = root.findall("testsuite")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in suites:
        cases = suite.findall("testcase")
        counts = {"tests": len(cases)}
        for attr, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            counts[attr] = sum(c.find(tag) is not None for c in cases)
        for attr, n in counts.items():
            totals[attr] += n
            if int(suite.get(attr)) != n:
                wrong.append("testsuite says %s=%s, has %d" % (attr, suite.get(attr), n))
    for attr in ("tests", "failures", "errors"):
        if int(root.get(attr)) != totals[attr]:
            wrong.append("testsuites says %s=%s, has %d" % (attr, root.get(attr), totals[attr]))
    s = report["summary"]
    cases = [c for suite in suites for c in suite.findall("testcase")]
    failures = sorted((c.get("classname"), c.get("name")) for c in cases if c.find("failure") is not None)
    if len(set(failures)) != len(failures):
        wrong.append("two failures with one name")
    ids = sorted(re.sub(r" #\d+$", "", name) for _, name in failures)
    if ids != sorted(f["id"] for f in report["findings"] if f["fails"]):
        wrong.append("failures are not the failing findings of the JSON")
    all_ids = sorted(re.sub(r" #\d+$", "", c.get("name")) for c in cases if re.match(r"CVE-", c.get("name")))
    if all_ids != sorted(f["id"] for f in report["findings"]):
        wrong.append("cases of CVEs are not the findings of the JSON")
    hit = {f["component"] for f in report["findings"]}
    want = {
        "no known vulnerabilities": sum(c["ref"] not in hit and not c["uncomparable"] and c["identified_by"] != "none"
                                        for c in report["components"]),
        "not identified": sum(c["identified_by"] == "none" for c in report["components"]),
    }
    for name, n in want.items():
        got = sum(re.sub(r" #\d+$", "", c.get("name")) == name for c in cases)
        if got != n:
            wrong.append('%d cases "%s", the JSON has %d' % (got, name, n))
    return wrong


class Suite:
    def __init__(self, tap, program, corpus, folder, database):
        self.tap, self.program, self.folder, self.database = tap, program, folder, database
        self.root = os.path.join(corpus, "inventory")

    def scan(self, operand, *options):
        """(result, JSON report or None, bytes of all reports)"""
        paths = {f: os.path.join(self.folder, "report." + f) for f in ("json", "junit", "csv", "table")}
        for p in paths.values():
            if os.path.exists(p):
                os.unlink(p)
        args = [x for f, p in paths.items() for x in ("-o", "%s=%s" % (f, p))]
        r = corpus_tap.run(self.program, "scan", "-d", self.database, *options, *args, operand)
        data = {}
        for f, p in paths.items():
            if os.path.exists(p):
                with open(p, "rb") as file:
                    data[f] = file.read()
        report = json.loads(data["json"]) if "json" in data else None
        return r, report, data

    def read(self, name, format_, count):
        path = os.path.join(self.root, name)
        problems = []
        r, report, data = self.scan(path)
        if r.returncode not in (0, 1, 3) or not report or len(report["inventories"]) != 1:
            return self.tap.check(False, name + ": scanned", "status %d: %s" % (r.returncode, r.stderr.decode(errors="replace")))
        inventory = report["inventories"][0]
        entries = count(path)
        accounted = inventory["components"] + inventory["skipped_count"] + len(inventory["notes"])
        if inventory["format"] != format_:
            problems.append("format %s, not %s" % (inventory["format"], format_))
        if accounted != entries:
            problems.append("%d components + %d skipped + %d notes, counted %d entries" % (
                inventory["components"], inventory["skipped_count"], len(inventory["notes"]), entries))
        if report["verdict"]["exit"] != r.returncode:
            problems.append("verdict %d, exit status %d" % (report["verdict"]["exit"], r.returncode))
        problems += ["no field " + m for m in missing_fields(report)]
        problems += validate(report) or []
        problems += disagreements(report)
        problems += junit_disagreements(data["junit"], report)
        again = self.scan(path)[2]
        problems += ["%s differs when run twice" % f for f in data if data[f] != again.get(f)]
        forced, same, _ = self.scan(path, "--format", format_)
        if forced.returncode != r.returncode or same["components"] != report["components"]:
            problems.append("--format %s gives something else" % format_)
        self.tap.check(not problems, "%s: %d entries" % (name, entries), *problems)
        s = report["summary"]
        self.tap.note("  %d packages in %d components, identified %d%%: %s; %d affected, %d skipped, %d uncomparable" % (
            inventory["components"], len(report["components"]), 100 * s["identified"] // max(1, s["components"]),
            ", ".join("%s %d" % (by, n) for by, n in sorted(self.tally(report).items())), s["affected"], s["skipped"],
            s["uncomparable"]))
        nobody = sorted({c["name"] for c in report["components"] if c["identified_by"] == "none"})
        if nobody:
            self.tap.note("  not identified: " + " ".join(nobody)[:300])
        return report

    @staticmethod
    def tally(report):
        """How the components were identified; those without a product of their own are told apart."""
        out = {}
        for c in report["components"]:
            by = "no product" if c["no_product"] else "by " + c["identified_by"]
            out[by] = out.get(by, 0) + 1
        return out

    def refuse(self, name, why):
        r = corpus_tap.run(self.program, "scan", "-d", self.database, "-o", "json", os.path.join(self.root, name))
        message = r.stderr.decode(errors="replace")
        self.tap.check(r.returncode == 3 and os.path.basename(name) in message, "%s: refused, %s" % (name, why),
                       "status %d: %s" % (r.returncode, message))

    def all_together(self):
        """Several inventories in one run are the sum of them."""
        paths = [os.path.join(self.root, name) for name, _, _ in READ]
        each = [self.scan(p)[1] for p in paths]
        both = corpus_tap.scan(self.program, self.database, *paths)
        got = sorted((f["name"], f["version"], f["id"]) for f in both["findings"])
        want = sorted((f["name"], f["version"], f["id"]) for report in each for f in report["findings"])
        extra, lost = sorted(set(want) - set(got)), sorted(set(got) - set(want))
        self.tap.check(not disagreements(both), "all inventories in one run: summary and lists agree", *disagreements(both))
        self.tap.check(got == want, "all inventories in one run: %d findings, those of each alone" % len(got),
                       "alone more: %s" % extra[:5], "together more: %s" % lost[:5])

    def swid_folder(self):
        folder = os.path.join(self.folder, "tags")
        shutil.copytree(os.path.join(self.root, "swid"), folder)
        report = corpus_tap.scan(self.program, self.database, folder)
        inventory = report["inventories"][0]
        self.tap.equal((inventory["format"], inventory["components"], inventory["skipped_count"]), ("swid", 2, 1),
                       "a folder of SWID tags: two tags, and a file that is none is listed", inventory["skipped"])


def main():
    program, corpus = corpus_tap.arguments(__doc__)
    tap = corpus_tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        database = os.path.join(folder, "nvd.db")
        corpus_tap.must(corpus_tap.import_feeds(program, database, os.path.join(corpus, "nvd")), "import")
        suite = Suite(tap, program, corpus, folder, database)
        for name, format_, count in READ:
            suite.read(name, format_, count)
        for name, why in REFUSED:
            suite.refuse(name, why)
        suite.swid_folder()
        suite.all_together()
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
