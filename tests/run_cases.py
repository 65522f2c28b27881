#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole-run cases: tests/cases/*.case against the program itself. tests/cases/README.md says how
to write one.

    run_cases.py VULNWARD [--update] [CASE...]

CASE is a file, or the start of the name of files in tests/cases. Prints TAP. --update writes what
happened into the cases, to be reviewed as a diff.
"""
import base64
import codecs
import gzip
import hashlib
import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "cases")
NOW = "1790000000"  # 2026-09-21T14:13:20Z
TIMEOUT = 120       # of one run, in seconds; only against a program that hangs
KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
                    "TSAN_OPTIONS", "LLVM_PROFILE_FILE")


class Malformed(Exception):
    """The case file itself is wrong."""


class Mismatch(Exception):
    """What happened is not what the case says."""


# ---- case files ----

class Block:
    def __init__(self, line, name, args, body):
        self.line, self.name, self.args, self.body = line, name, args, body

    def text(self):
        """The lines below the directive, unescaped; one blank line at the end only separates."""
        lines = [l[1:] if l.startswith("@@") else l for l in self.body]
        if lines and not lines[-1].strip():
            lines.pop()
        return "".join(l + "\n" for l in lines)

    def set_text(self, text):
        lines = text.split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        self.body = ["@" + l if l.startswith("@") else l for l in lines] + [""]


def read_case(path):
    """(head lines, blocks)"""
    with open(path, encoding="utf-8", newline="\n") as f:
        lines = f.read().split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    head, blocks = [], []
    for number, line in enumerate(lines, 1):
        if line.startswith("@") and not line.startswith("@@"):
            word, _, rest = line[1:].partition(" ")
            blocks.append(Block(number, word, rest.strip(), []))
        elif blocks:
            blocks[-1].body.append(line)
        else:
            head.append(line)
    return head, blocks


def write_case(path, head, blocks):
    out = list(head)
    for b in blocks:
        out.append(("@" + b.name + " " + b.args).rstrip())
        out.extend(b.body)
    while out and not out[-1]:
        out.pop()
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.write("\n".join(out) + "\n")


# ---- fixtures ----

def make_content(block):
    """Name and bytes of a @FILE block."""
    words = shlex.split(block.args)
    if not words:
        raise Malformed("@FILE wants a name")
    text = block.text()
    data = text.encode("utf-8")
    for word in words[1:]:
        key, _, value = word.partition("=")
        if key == "chomp":        # no line end behind the last line
            data = data[:-1] if data.endswith(b"\n") else data
        elif key == "escapes":    # \x00, \xff, \r ... become bytes; \\ is a backslash
            data = codecs.escape_decode(data)[0]
        elif key == "base64":
            data = base64.b64decode(data)
        elif key == "repeat":
            data = data * int(value)
        elif key == "crlf":
            data = data.replace(b"\n", b"\r\n")
        elif key == "bom":
            data = b"\xef\xbb\xbf" + data
        elif key == "encoding":
            data = data.decode("utf-8").encode(value)
        elif key == "gzip":
            data = compress(data)
        elif key == "cut":        # without its last bytes
            data = data[:-int(value)]
        else:
            raise Malformed("@FILE does not know %s" % word)
    return words[0], data


def compress(data):
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as f:
        f.write(data)
    return out.getvalue()


def whole_cpe(text):
    """"a:openssl:openssl:1.0.2k" with the attributes that are ANY; "raw:..." is taken as it is."""
    if text.startswith("raw:"):
        return text[4:]
    if text.startswith("cpe:"):
        return text
    n = len(re.findall(r"(?<!\\):", text)) + 1
    return "cpe:2.3:" + text + ":*" * (11 - n)


BOUNDS = (("<=", "versionEndIncluding"), ("<", "versionEndExcluding"),
          (">=", "versionStartIncluding"), (">", "versionStartExcluding"))


def cpe_match(words, vulnerable):
    out = {"vulnerable": vulnerable, "criteria": whole_cpe(words[0]),
           "matchCriteriaId": "00000000-0000-0000-0000-000000000000"}
    for word in words[1:]:
        for sign, key in BOUNDS:
            if word.startswith(sign):
                out[key] = word[len(sign):]
                break
        else:
            raise Malformed("@FEED: not a bound: %s" % word)
    return out


def new_cve(words):
    out = {"id": words[0], "sourceIdentifier": "cve@mitre.org", "published": "2025-06-01T10:00:00.000",
           "lastModified": "2026-01-01T10:00:00.000", "vulnStatus": "Analyzed",
           "descriptions": [{"lang": "en", "value": "A flaw, described for this test."}],
           "metrics": {}, "weaknesses": [], "configurations": [], "references": []}
    keys = {"published": "published", "modified": "lastModified", "status": "vulnStatus"}
    for word in words[1:]:
        key, _, value = word.partition("=")
        out[keys[key]] = value.replace("_", " ")
    return out


def add_score(cve, words):
    key = {"2.0": "cvssMetricV2", "3.0": "cvssMetricV30", "3.1": "cvssMetricV31", "4.0": "cvssMetricV40"}[words[0]]
    kind = "Secondary" if "secondary" in words else "Primary"
    source = "nvd@nist.gov" if kind == "Primary" else "cna@example.org"
    prefix = "" if words[0] == "2.0" else "CVSS:%s/" % words[0]
    cve["metrics"].setdefault(key, []).append({
        "source": source, "type": kind,
        "cvssData": {"version": words[0], "vectorString": prefix + "AV:N", "baseScore": float(words[1])}})


def make_feed(block):
    """Name and bytes of a @FEED block: the short notation of README.md as an NVD JSON 2.0 feed."""
    words = shlex.split(block.args)
    cves, timestamp = [], "2026-09-20T00:00:00.000"
    config = node = None
    for line in block.text().split("\n"):
        part = line.split()
        if not part or part[0].startswith("#"):
            continue
        key, rest = part[0], line.strip()[len(part[0]):].strip()
        if key == "timestamp":
            timestamp = rest
        elif key == "cve":
            cves.append(new_cve(part[1:]))
            config = node = None
        elif key == "score":
            add_score(cves[-1], part[1:])
        elif key == "text":
            cves[-1]["descriptions"] = [{"lang": "en", "value": json.loads('"%s"' % rest.replace('"', '\\"'))}]
        elif key == "cwe":
            cves[-1]["weaknesses"].append({"source": "nvd@nist.gov", "type": "Primary",
                                           "description": [{"lang": "en", "value": rest}]})
        elif key == "ref":
            cves[-1]["references"].append({"url": part[1], "source": "cve@mitre.org", "tags": part[2:]})
        elif key == "config":
            config = {"nodes": []}
            if part[1:]:
                config["operator"] = part[1]
            if "negate" in part:
                config["negate"] = True
            cves[-1]["configurations"].append(config)
            node = None
        elif key == "node":
            node = {"operator": part[1] if part[1:] else "OR", "negate": "negate" in part, "cpeMatch": []}
            config["nodes"].append(node)
        elif key in ("match", "platform"):
            if config is None:
                config = {"nodes": []}
                cves[-1]["configurations"].append(config)
            if node is None:
                node = {"operator": "OR", "negate": False, "cpeMatch": []}
                config["nodes"].append(node)
            node["cpeMatch"].append(cpe_match(part[1:], key == "match"))
        else:
            raise Malformed("@FEED does not know %s" % key)
    feed = {"resultsPerPage": len(cves), "startIndex": 0, "totalResults": len(cves), "format": "NVD_CVE",
            "version": "2.0", "timestamp": timestamp, "vulnerabilities": [{"cve": c} for c in cves]}
    data = json.dumps(feed, indent=1).encode("ascii")
    return words[0], compress(data) if "gzip" in words[1:] else data


# ---- one case ----

class Run:
    def __init__(self, vulnward, case_dir, update):
        self.vulnward, self.dir, self.update = vulnward, case_dir, update
        self.env = {k: os.environ[k] for k in KEPT_ENVIRONMENT if k in os.environ}
        self.env.update(HOME=case_dir, TMPDIR=case_dir, LC_ALL="C", TZ="UTC", SOURCE_DATE_EPOCH=NOW)
        self.done = None   # the last run
        self.before = {}   # bytes of all files before the last run
        self.faults = []

    def path(self, name):
        full = os.path.normpath(os.path.join(self.dir, name))
        if full != self.dir and not full.startswith(self.dir + os.sep):
            raise Malformed("%s is outside of the case's folder" % name)
        return full

    def read(self, name):
        try:
            with open(self.path(name), "rb") as f:
                return f.read()
        except OSError as e:
            raise Mismatch("%s: %s" % (name, e.strerror))

    def write(self, name, data):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)

    def files(self):
        out = {}
        for folder, _, names in os.walk(self.dir):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    with open(path, "rb") as f:
                        out[os.path.relpath(path, self.dir)] = f.read()
        return out

    def plain(self, data):
        """Bytes as the text a case shows: what differs from run to run is named."""
        text = data.decode("utf-8", "backslashreplace")
        text = text.replace(self.dir, "$DIR")
        text = re.sub(r"written in \d+\.\d s", "written in N s", text)
        text = re.sub(r"(?m)^size       \d+\.\d MB$", "size       N MB", text)
        hashes = {hashlib.sha256(d).hexdigest(): n for n, d in sorted(self.files().items(), reverse=True)}
        text = re.sub(r"\b[0-9a-f]{64}\b", lambda m: "$SHA256(%s)" % hashes[m[0]] if m[0] in hashes else m[0], text)
        text = re.sub(r'(vulnward |"vulnward", "version": "|"tool.version" value=")%s' % re.escape(VERSION),
                      r"\1$VERSION", text)
        return "".join(c if c in "\n\t" or ord(c) >= 0x20 and ord(c) != 0x7f else "\\x%02x" % ord(c) for c in text)

    def run(self, args):
        words, stdin, stdout = [], subprocess.DEVNULL, subprocess.PIPE
        try:
            for word in shlex.split(args):
                if word.startswith("<"):
                    stdin = open(self.path(word[1:]), "rb")
                elif word.startswith(">"):
                    stdout = open(word[1:] if word.startswith(">/dev/") else self.path(word[1:]), "wb")
                else:
                    words.append(word.replace("$DIR", self.dir))
            self.before = self.files()
            self.done = subprocess.run([self.vulnward] + words, cwd=self.dir, env=self.env, stdin=stdin, stdout=stdout,
                                       stderr=subprocess.PIPE, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            raise Mismatch("did not end in %d s: vulnward %s" % (TIMEOUT, args))
        finally:
            for f in (stdin, stdout):
                if hasattr(f, "close"):
                    f.close()

    # -- expectations --

    def compare(self, block, what, got):
        """The block's text against `got`: the whole of it, or its lines ("contains", "lacks")."""
        words = block.args.split()
        want = block.text()
        if words and words[-1] in ("contains", "lacks"):
            for line in want.split("\n"):
                if line and (line in got) != (words[-1] == "contains"):
                    raise Mismatch("%s %s: %s\n%s" % (what, "lacks" if words[-1] == "contains" else "has", line, got))
            return
        if got == want:
            return
        if self.update:
            block.set_text(got)
            return
        raise Mismatch("%s differs; wanted:\n%sgot:\n%s" % (what, want, got))

    def check_exit(self, block):
        got = self.done.returncode
        if str(got) == block.args:
            return
        if self.update and got >= 0:
            block.args = str(got)
            return
        raise Mismatch("exit status %d, wanted %s; standard error:\n%s" % (got, block.args, self.plain(self.done.stderr)))

    def check_findings(self, block):
        """One line per finding of a JSON report: id, component, what the gate says."""
        report = self.load_report(block.args.split()[0])
        lines = []
        for f in report["findings"]:
            score = "%s:%s" % (f["cvss"]["version"], f["cvss"]["score"]) if f["cvss"] else "unscored"
            state = "fails" if f["fails"] else "passes" if f["status"] == "affected" else f["status"]
            notes = " (undecided)" if any(e["note"] for e in f["evidence"]) else ""
            lines.append("%s %s %s %s%s" % (f["id"], f["component"], score, state, notes))
        self.compare(block, "findings", "".join(l + "\n" for l in lines))

    def check_components(self, block):
        """One line per component of a JSON report: ref, how it was identified, products, packages."""
        report = self.load_report(block.args.split()[0])
        lines = []
        for c in report["components"]:
            state = ["no product"] * c["no_product"] + ["uncomparable"] * c["uncomparable"]
            lines.append(" ".join([c["ref"], c["identified_by"]] + state + ["[%s]" % " ".join(c["products"])] +
                                  ["(%s)" % ", ".join(p["name"] for p in c["packages"])]))
        self.compare(block, "components", "".join(l + "\n" for l in lines))

    def check_skipped(self, block):
        """One line per entry of an inventory that was not taken, of a JSON report."""
        report = self.load_report(block.args.split()[0])
        lines = []
        for inv in report["inventories"]:
            for kind in ("skipped", "notes"):
                lines += ["%s:%d: %s%s: %s" % (inv["path"], s["line"], "note: " if kind == "notes" else "", s["why"],
                                               show(s["text"])) for s in inv[kind]]
        self.compare(block, "skipped", "".join(l + "\n" for l in lines))

    def load_report(self, name):
        try:
            report = json.loads(self.read(name).decode("utf-8"))
        except ValueError as e:
            raise Mismatch("%s is not JSON in UTF-8: %s" % (name, e))
        check_report(report)
        return report

    def check_accounted(self, block):
        """Every line of the inventories is a component, or listed as skipped, or a note."""
        report = self.load_report(block.args.split()[0])
        if not report["inventories"]:
            raise Mismatch("the report has no inventory")
        for inv in report["inventories"]:
            lines = [l for l in self.read(inv["path"]).replace(b"\xef\xbb\xbf", b"").split(b"\n") if l.strip()]
            want = len(lines) - (inv["format"] == "csv")
            got = inv["components"] + inv["skipped_count"] + len(inv["notes"])
            if got != want:
                raise Mismatch("%s has %d lines; %d components + %d skipped + %d notes" %
                               (inv["path"], want, inv["components"], inv["skipped_count"], len(inv["notes"])))

    def check_xml(self, block):
        check_junit(self.read(block.args), block.args)

    def check_absent(self, block):
        if os.path.lexists(self.path(block.args)):
            raise Mismatch("%s is there" % block.args)

    def check_same(self, block):
        if block.args not in self.before:
            raise Mismatch("%s was not there before the run" % block.args)
        if self.read(block.args) != self.before[block.args]:
            raise Mismatch("%s was changed by the run" % block.args)

    def check_folder(self, block):
        """The names of all files of the folder: nothing was left behind."""
        names = sorted(self.files())
        self.compare(block, "folder", "".join(n + "\n" for n in names))

    # -- steps --

    def step(self, block):
        name, words = block.name, shlex.split(block.args) if block.name in ("JOIN", "SQL", "CUT", "POKE", "FOLDER") else []
        if name in ("XFAIL", "NOTE"):
            return
        if name == "FILE":
            self.write(*make_content(block))
        elif name == "FEED":
            self.write(*make_feed(block))
        elif name == "META":
            self.make_meta(block)
        elif name == "FOLDER":
            os.makedirs(self.path(words[0]), exist_ok=True)
        elif name == "REMOVE":
            os.unlink(self.path(block.args))
        elif name == "JOIN":      # FILE PART...
            self.write(words[0], b"".join(self.read(w) for w in words[1:]))
        elif name == "SQL":       # FILE: statements below; the file is made when it is not there
            db = sqlite3.connect(self.path(words[0]))
            db.executescript(block.text())
            db.commit()
            db.close()
        elif name == "CUT":       # FILE BYTES: keeps so many bytes
            self.write(words[0], self.read(words[0])[:int(words[1])])
        elif name == "POKE":      # FILE OFFSET TEXT: overwrites; an offset below 0 counts from the end
            data, at = bytearray(self.read(words[0])), int(words[1])
            at = at if at >= 0 else len(data) + at
            new = codecs.escape_decode(words[2].encode())[0]
            data[at:at + len(new)] = new
            self.write(words[0], bytes(data))
        elif name == "ENV":
            key, _, value = block.args.partition("=")
            self.env[key] = value.replace("$DIR", self.dir)
        elif name == "RUN":
            self.run(block.args)
        elif self.done is None:
            raise Malformed("@%s before the first @RUN, or not known" % name)
        elif name == "STDOUT":
            self.compare(block, "standard output", self.plain(self.done.stdout or b""))
        elif name == "STDERR":
            self.compare(block, "standard error", self.plain(self.done.stderr))
        elif name == "OUT":
            self.compare(block, block.args.split()[0], self.plain(self.read(block.args.split()[0])))
        else:
            checks = {"EXIT": self.check_exit, "FINDINGS": self.check_findings, "COMPONENTS": self.check_components,
                      "SKIPPED": self.check_skipped, "ACCOUNTED": self.check_accounted, "XML": self.check_xml,
                      "ABSENT": self.check_absent, "SAME": self.check_same, "FILES": self.check_folder}
            if name not in checks:
                raise Malformed("no directive @%s" % name)
            checks[name](block)

    def make_meta(self, block):
        """@META FEED [sha256=HEX] [size=N]: a .meta that is right where nothing else is said."""
        words = shlex.split(block.args)
        data = self.read(words[0])
        content = gzip.decompress(data) if words[0].endswith(".gz") else data
        said = dict(w.split("=", 1) for w in words[1:])
        stem = re.sub(r"\.(json|xml)(\.gz)?$", "", words[0])
        text = "lastModifiedDate:2026-09-20T00:00:00-04:00\r\nsize:%s\r\nzipSize:0\r\ngzSize:%d\r\nsha256:%s\r\n" % (
            said.get("size", len(content)), len(data), said.get("sha256", hashlib.sha256(content).hexdigest().upper()))
        self.write(stem + ".meta", text.encode())


def show(text):
    return json.dumps(text, ensure_ascii=True)[1:-1]


# ---- what holds for every report ----

def check_report(r):
    """The promises of schema vulnward.report/1 that can be counted."""
    s = r["summary"]
    refs = [c["ref"] for c in r["components"]]
    affected = [f for f in r["findings"] if f["status"] == "affected"]
    facts = (
        (r["schema"] == "vulnward.report/1", "schema"),
        (len(refs) == len(set(refs)), "refs are not unique"),
        (all(f["component"] in refs for f in r["findings"]), "a finding of no component"),
        (s["components"] == sum(i["components"] for i in r["inventories"]), "summary.components"),
        (s["components"] == sum(len(c["packages"]) for c in r["components"]), "packages of components"),
        (s["identified"] + s["unidentified"] == s["components"], "identified + unidentified"),
        (s["skipped"] == sum(i["skipped_count"] for i in r["inventories"]), "summary.skipped"),
        (s["affected"] == len(affected), "summary.affected"),
        (s["failing"] == sum(f["fails"] for f in r["findings"]), "summary.failing"),
        (s["ignored"] == len(r["findings"]) - len(affected), "summary.ignored"),
        (sum(s["by_severity"].values()) == len(affected), "summary.by_severity"),
        (all(f["evidence"] for f in r["findings"]), "a finding without evidence"),
        ((r["verdict"]["exit"] == 0) == (not r["verdict"]["why"]), "verdict.why"),
        (len({(f["component"], f["id"]) for f in r["findings"]}) == len(r["findings"]), "a finding twice"),
    )
    for ok, what in facts:
        if not ok:
            raise Mismatch("the report contradicts itself: %s" % what)


def check_junit(data, name):
    if b"<!DOCTYPE" in data:
        raise Mismatch("%s has a DOCTYPE" % name)
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as e:
        raise Mismatch("%s is not well-formed: %s" % (name, e))
    if root.tag != "testsuites":
        raise Mismatch("%s: the root is %s" % (name, root.tag))
    for node in [root] + root.findall("testsuite"):
        cases = node.findall(".//testcase")
        count = {"tests": len(cases)}
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            count[key] = sum(c.find(tag) is not None for c in cases)
        for key, n in count.items():
            if key in node.attrib and int(node.get(key)) != n or (key not in node.attrib and node.tag == "testsuite"):
                raise Mismatch("%s: %s says %s=%s, there are %d" % (name, node.tag, key, node.get(key), n))
    names = [(c.get("classname"), c.get("name")) for c in root.iter("testcase")]
    if len(names) != len(set(names)):
        raise Mismatch("%s: two test cases of the same name" % name)
    for c in root.iter("testcase"):
        if sum(c.find(t) is not None for t in ("failure", "error", "skipped")) > 1:
            raise Mismatch("%s: more than one outcome: %s" % (name, c.get("name")))


# ---- all cases ----

def run_case(vulnward, path, update):
    """(ok, xfail reason or None, text of the fault)"""
    head, blocks = read_case(path)
    xfail = next((b.args or "no reason" for b in blocks if b.name == "XFAIL"), None)
    update = update and not xfail  # what is wrong must not become what is expected
    folder = os.path.realpath(tempfile.mkdtemp(prefix="vulnward-case-"))
    fault, here = "", None
    try:
        run = Run(vulnward, folder, update)
        for block in blocks:
            here = block
            run.step(block)
        if run.done is None:
            fault = "the case runs nothing"
        if update:
            write_case(path, head, blocks)
    except (Mismatch, Malformed) as e:
        fault = "line %d, @%s %s: %s" % (here.line, here.name, here.args, e)
    except Exception as e:  # a fault in a case file must not hide the other cases
        fault = "line %d, @%s %s: %s: %s" % (here.line if here else 0, here.name if here else "", here.args if here else "",
                                             type(e).__name__, e)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return not fault, xfail, fault


def find_cases(names):
    if not names:
        names = [""]
    out = []
    for name in names:
        if name.endswith(".case") and os.path.exists(name):
            out.append(name)
            continue
        found = sorted(f for f in os.listdir(CASES) if f.endswith(".case") and f.startswith(name))
        if not found:
            sys.exit("run_cases.py: no case %s" % name)
        out += [os.path.join(CASES, f) for f in found]
    return out


def main():
    global VERSION
    args = [a for a in sys.argv[1:] if a != "--update"]
    if not args or args[0].startswith("-"):
        sys.exit(__doc__)
    vulnward = os.path.abspath(args[0])
    cases = find_cases(args[1:])
    VERSION = subprocess.run([vulnward, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        results = pool.map(lambda c: run_case(vulnward, c, "--update" in sys.argv), cases)
        print("1..%d" % len(cases), flush=True)
        failed = 0
        for number, (path, (ok, xfail, fault)) in enumerate(zip(cases, results), 1):
            name = os.path.basename(path)[:-5]
            print("%s %d - %s%s" % ("ok" if ok else "not ok", number, name, " # TODO " + xfail if xfail else ""))
            if fault:
                print("".join("# %s\n" % l for l in fault.rstrip("\n").split("\n")), end="")
            sys.stdout.flush()
            failed += not ok and not xfail or ok and bool(xfail)
    sys.exit(1 if failed else 0)


VERSION = ""  # of the program, set by main()
if __name__ == "__main__":
    main()
