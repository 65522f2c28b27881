#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every real NVD feed of the corpus, imported.

    feeds.py VULNWARD CORPUS        prints TAP

The yearly feeds and the NVD's own archives in all their formats: counts against counts made here with
Python's parsers, checksums, damage, order of import, and known figures.
"""
import collections
import glob
import gzip
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ET

sys.dont_write_bytecode = True
import corpus_tap  # noqa: E402

# By sourceIdentifier "kernel.org" these are 8,163 and 8,100, the figures of the corpus' README: it counts
# what the kernel's own CNA assigned. The other 3 and 5 are CVEs of other CNAs (Red Hat, Linux as a vendor).
KERNELS = {"6.1.140": (8166, 8163), "6.1.38": (8105, 8100)}


def content(path):
    with (gzip.open(path) if path.endswith(".gz") else open(path, "rb")) as f:
        return f.read()


def local(tag):
    return tag.rsplit("}", 1)[-1]


def records_of(path):
    """[(id, rejected)] with parsers of Python."""
    data = content(path)
    if ".xml" in path:
        out = []
        for entry in ET.fromstring(data):
            if local(entry.tag) != "entry":
                continue
            text = " ".join(e.text or "" for e in entry.iter() if local(e.tag) in ("summary", "descript"))
            out.append((entry.get("id") or entry.get("name"), entry.get("reject") == "1" or text.startswith("** REJECT **")))
        return out
    feed = json.loads(data)
    if "vulnerabilities" in feed:
        return [(v["cve"]["id"], v["cve"].get("vulnStatus") == "Rejected") for v in feed["vulnerabilities"]]
    return [(v["cve"]["CVE_data_meta"]["ID"], v["cve"]["description"]["description_data"][0]["value"].startswith("** REJECT **"))
            for v in feed["CVE_Items"]]


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def inventory(folder, names):
    """A csv inventory of CPE names."""
    path = os.path.join(folder, "inventory.csv")
    with open(path, "w") as f:
        f.write("name,version,cpe\n")
        for i, name in enumerate(names):
            f.write('row-%d,%s,"%s"\n' % (i, name.split(":")[5].replace("\\", ""), name))
    return path


def found(program, database, folder, names):
    """CPE name -> set of ids."""
    report = corpus_tap.scan(program, database, "--platform", "any", inventory(folder, names))
    by_row = corpus_tap.findings_by_package(report)
    return {name: set(by_row["row-%d" % i]) for i, name in enumerate(names)}


class Suite:
    def __init__(self, tap, program, corpus, folder):
        self.tap, self.program, self.corpus, self.folder = tap, program, corpus, folder
        self.database = os.path.join(folder, "nvd.db")
        self.archives = os.path.join(corpus, "nvd-archives")
        self.yearly = sorted(glob.glob(os.path.join(corpus, "nvd", "*.json.gz")))

    def path(self, name):
        return os.path.join(self.folder, name)

    def status(self, database):
        """(records, {feed: (records, rejected, unreadable)})"""
        text = corpus_tap.must(corpus_tap.run(self.program, "db", "status", "-d", database), "db status").stdout.decode()
        feeds = {m[1]: tuple(map(int, m.groups()[1:])) for m in re.finditer(r"^(\S+\.(?:json|xml)(?:\.gz)?)\s+(\d+)\s+(\d+)\s+(\d+)\s", text, re.M)}
        return int(re.search(r"^records\s+(\d+)", text, re.M)[1]), feeds

    # ---- the yearly feeds ----

    def import_yearly(self):
        """Counts, .meta, and who assigned what."""
        r = corpus_tap.must(corpus_tap.import_feeds(self.program, self.database, os.path.join(self.corpus, "nvd")), "import")
        lines = dict(line.split(": ", 1) for line in r.stdout.decode().splitlines() if ".json.gz: " in line)
        _, feeds = self.status(self.database)
        self.assigner, wrong, total, odd = {}, [], 0, collections.Counter()
        for path in self.yearly:
            name = os.path.basename(path)
            data = content(path)
            with open(path.replace(".json.gz", ".meta")) as f:
                confirmed = hashlib.sha256(data).hexdigest() == re.search(r"sha256:(\S+)", f.read())[1].lower()
            feed = json.loads(data)["vulnerabilities"]
            total += len(feed)
            for v in feed:
                self.assigner[v["cve"]["id"]] = v["cve"]["sourceIdentifier"]
            # A product or vendor with a wildcard can not be looked up.
            for name_ in re.findall(rb'"criteria": ?"((?:[^"\\]|\\.)*)"', data):
                fields = re.split(r"(?<!\\):", json.loads(b'"' + name_ + b'"'))
                if fields[4] == "*" or any(re.search(r"(?<!\\)[*?]", x) for x in fields[3:5] if x != "*"):
                    odd[name] += 1
            if "nvd-json-2.0, %d records" % len(feed) not in lines.get(name, ""):
                wrong.append("%s: %d records, program: %s" % (name, len(feed), lines.get(name)))
            if confirmed != lines.get(name, "").endswith(".meta confirmed"):
                wrong.append("%s: .meta %s, program: %s" % (name, "right" if confirmed else "wrong", lines.get(name)))
            if feeds.get(name, (0, 0, 0))[2] != odd[name]:
                wrong.append("%s: %d criteria can not be looked up, db status: %s" % (name, odd[name], feeds.get(name)))
        self.tap.check(not wrong, "%d yearly feeds: records, .meta, unusable criteria" % len(self.yearly), *wrong)
        self.tap.equal(self.status(self.database)[0], total, "db status counts %d records" % total)
        again = corpus_tap.import_feeds(self.program, self.database, self.yearly[0]).stdout.decode()
        changed = re.search(r"\b[1-9]\d* (new|replaced|older)", again)
        self.tap.check("%d unchanged" % len(records_of(self.yearly[0])) in again and not changed, "a feed again changes no record", again)

    def kernels(self):
        for version, (all_, of_kernel_cna) in KERNELS.items():
            name = "cpe:2.3:o:linux:linux_kernel:%s:*:*:*:*:*:*:*" % version
            ids = found(self.program, self.database, self.folder, [name])[name]
            others = sorted(i for i in ids if self.assigner[i] != "kernel.org")
            self.tap.equal((len(ids), len(ids) - len(others)), (all_, of_kernel_cna),
                           "Linux %s: %d CVEs by CPE ranges, %d of the kernel's CNA" % (version, all_, of_kernel_cna))
            self.tap.note("  of other CNAs: " + ", ".join("%s (%s)" % (i, self.assigner[i]) for i in others))

    def order(self):
        """The order of the feeds does not matter."""
        other = self.path("other.db")
        corpus_tap.must(corpus_tap.import_feeds(self.program, other, *reversed(self.yearly)), "import backwards")
        paths = [os.path.join(self.corpus, "inventory", p) for p in (
            "yocto/core-image-sato-ipk/installed-packages.txt", "openwrt/status")]
        reports = [corpus_tap.scan(self.program, d, *paths) for d in (self.database, other)]
        for key in ("components", "findings", "summary", "verdict"):
            self.tap.check(reports[0][key] == reports[1][key], "feeds imported backwards: same " + key,
                           *["%s / %s" % (corpus_tap.short(a), corpus_tap.short(b)) for a, b in zip(reports[0][key], reports[1][key]) if a != b][:3])

    # ---- damage ----

    def damage(self):
        """Nothing of a damaged feed gets in, nor of those imported with it; the database stays as it is."""
        source = next(p for p in self.yearly if "2016" in p)
        plain = content(source)
        at = plain.index(b'"value"', len(plain) // 2) + 20
        while not plain[at:at + 1].isalpha():
            at += 1
        flipped = plain[:at] + (b"X" if plain[at:at + 1] != b"X" else b"Y") + plain[at + 1:]  # still good JSON
        with open(source, "rb") as f:
            packed = f.read()
        middle = len(packed) // 2
        cases = {
            "one byte of the content": gzip.compress(flipped, 1),
            "one byte of the compressed file": packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1:],
            "the last 100 bytes are missing": packed[:-100],
            "content and checksum of gzip are good, the end is missing": gzip.compress(plain[:-200], 1),
            "nothing": b"",
        }
        before = digest(self.database)
        for name, data in cases.items():
            folder = self.path("damaged")
            shutil.rmtree(folder, ignore_errors=True)
            os.mkdir(folder)
            feed = os.path.join(folder, os.path.basename(source))
            with open(feed, "wb") as f:
                f.write(data)
            shutil.copy(source.replace(".json.gz", ".meta"), folder)
            r = corpus_tap.import_feeds(self.program, self.database, self.yearly[1], feed)
            message = r.stderr.decode(errors="replace")
            self.tap.check(r.returncode == 4 and os.path.basename(feed) in message and digest(self.database) == before,
                           "damaged, %s: refused, database as it was" % name, "status %d: %s" % (r.returncode, message))
            self.tap.note("  " + message.strip().replace(self.folder, "")[:250])
            left = [n for n in os.listdir(self.folder) if n.startswith("nvd.db") and n not in ("nvd.db", "nvd.db.lock", "nvd.db.snapshots")]
            if left:
                self.tap.check(False, "nothing is left behind", *left)

    # ---- archives ----

    def import_archives(self):
        for path in sorted(glob.glob(os.path.join(self.archives, "*"))):
            name = os.path.basename(path)
            database = self.path(name + ".db")
            r = corpus_tap.import_feeds(self.program, database, path)
            records = records_of(path)
            unique, rejected = {i for i, _ in records}, sum(x for _, x in records)
            if not self.tap.check(r.returncode == 0, name + ": imported", r.stderr.decode()):
                continue
            count, feeds = self.status(database)
            self.tap.equal((count, feeds[name][0], feeds[name][1]), (len(unique), len(records), rejected),
                           "%s: %d records, %d rejected" % (name, len(records), rejected))
            if feeds[name][2]:
                self.tap.note("  %d statements could not be used" % feeds[name][2])
        together = self.path("together.db")
        corpus_tap.must(corpus_tap.import_feeds(self.program, together, self.archives), "import of the archives' folder")
        ids = {i for p in glob.glob(os.path.join(self.archives, "*")) for i, _ in records_of(p)}
        self.tap.equal(self.status(together)[0], len(ids), "the archives in one database: %d records" % len(ids))

    def year_2012(self):
        """The same year in three formats. XML has exact versions alone, JSON 1.0 of 2018 also ranges."""
        xml2, xml1, json1 = (self.path(n + ".db") for n in (
            "nvdcve-2.0-2012-excerpt.xml", "nvdcve-1.2-2012-excerpt.xml", "nvdcve-1.0-2012-excerpt.json.gz"))
        in_json = {i for i, _ in records_of(os.path.join(self.archives, "nvdcve-1.0-2012-excerpt.json.gz"))}
        products = {}
        for entry in ET.fromstring(content(os.path.join(self.archives, "nvdcve-2.0-2012-excerpt.xml"))):
            for e in entry.iter():
                m = local(e.tag) == "product" and re.match(r"cpe:/([ao]):([^:]+):([^:]+):([0-9][a-z0-9.]*)$", e.text)
                if m:
                    name = "cpe:2.3:%s:%s:%s:%s:*:*:*:*:*:*:*" % m.groups()
                    products.setdefault(name.replace("%", "\\%"), set()).add(entry.get("id"))
        # Names with codes are not for this comparison.
        names = sorted(n for n in products if "%" not in n)
        names = [n for i, n in enumerate(names) if i % max(1, len(names) // 300) == 0 or products[n] & in_json]
        a, b, c = (found(self.program, d, self.folder, names) for d in (xml2, xml1, json1))
        lost = [n for n in names if not products[n] <= a[n]]
        self.tap.check(not lost, "2012, XML 2.0: %d CPE names lead to the CVEs that list them" % len(names),
                       *["%s: listed by %s, found %s" % (n, sorted(products[n]), sorted(a[n])) for n in lost[:5]])
        # XML 1.2 has no plain version of a product beside those with an "edition"; that is all they differ in.
        only_editions = self.only_editions()
        differ = [n for n in names if b[n] - a[n] or any((i,) + tuple(n.split(":")[3:6]) not in only_editions for i in a[n] - b[n])]
        self.tap.check(not differ, "2012: XML 1.2 and XML 2.0 agree on %d CPE names" % len(names), "%d differ" % len(differ),
                       *["%s: 2.0 alone %s, 1.2 alone %s" % (n, sorted(a[n] - b[n]), sorted(b[n] - a[n])) for n in differ[:8]])
        missing = [n for n in names if not (a[n] & in_json) <= c[n]]
        some = sum(bool(a[n] & in_json) for n in names)
        self.tap.check(some and not missing, "2012: what XML 2.0 finds of the CVEs in JSON 1.0 (%d names), JSON 1.0 finds" % some,
                       *["%s: XML %s, JSON %s" % (n, sorted(a[n] & in_json), sorted(c[n])) for n in missing[:5]])

    def only_editions(self):
        """(CVE, vendor, product, version) that XML 1.2 states with an edition and never without."""
        plain, editions = set(), set()
        for entry in ET.fromstring(content(os.path.join(self.archives, "nvdcve-1.2-2012-excerpt.xml"))):
            for prod in (e for e in entry.iter() if local(e.tag) == "prod"):
                for vers in prod:
                    key = entry.get("name"), prod.get("vendor"), prod.get("name"), vers.get("num")
                    (editions if vers.get("edition") else plain).add(key)
        return editions - plain


def main():
    program, corpus = corpus_tap.arguments(__doc__)
    tap = corpus_tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        suite = Suite(tap, program, corpus, folder)
        suite.import_yearly()
        suite.kernels()
        suite.order()
        suite.damage()
        suite.import_archives()
        suite.year_2012()
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
