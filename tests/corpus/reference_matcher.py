#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CPE applicability matching, small, obvious and slow: the answer the C program is compared with.

    reference_matcher.py [--platform linux] FEEDS < CPES      prints "CPE<TAB>CVE CVE ..." lines

CPES is one CPE 2.3 name a line; all of them together are the device. FEEDS is a folder of NVD JSON 2.0
feeds. Nothing is indexed but the records by product.

The rules, with where they come from:

 name       NISTIR 7695 section 6.2: eleven attributes, `\\` quotes, `*` is ANY, `-` is NA, no case.
 attribute  NISTIR 7696 section 6.2 and table 6-2: a criterion's attribute covers the component's when it
            is ANY, equal, or a wildcard pattern that matches. NA and a value are disjoint.
 unknown    An attribute the inventory leaves ANY (edition, language, software edition, hardware ...) and
            the criterion states is not known; it counts as covered, or a vulnerability would be lost.
 target_sw  The same, but values that name another system or the ecosystem of plug-ins do not
            cover a system package (ELSEWHERE); a package whose name says its language is covered by that.
            Windows and Linux cover what runs there, and anything when the platform is not known.
 version    Bounds and exact versions by version_key(). NA does not cover a known version.
 update     "9.3p1" is version 9.3 with update p1, "1.0-beta1" version 1.0 with beta1, a plain "1.0" has
            update NA. A criterion's update ANY covers all of them, NA only the plain release, p1 only
            p1. In ranges the whole (9.3p1) is compared; because the NVD compares the version without its
            update, a bound that names exactly the release ("<= 9.3", ">= 1.0") includes its updates.
 structure  NISTIR 7698, as NVD's JSON has it: configurations are alternatives, AND/OR/negate nodes
            over criteria, in Kleene's three values. A criterion that names something else than the
            component is true or false by the rest of the device, or by its platform, and else
            unknown. A record applies when a configuration is not false and one of its
            vulnerable criteria (not below a negation) covers the component.
"""
import functools
import glob
import gzip
import json
import os
import re
import sys

FALSE, UNKNOWN, TRUE = 0, 1, 2
ANY, NA = "*", "-"
ATTRS = ("part", "vendor", "product", "version", "update", "edition", "language", "sw_edition", "target_sw",
         "target_hw", "other")

# ---- names ----


def unquote(text):
    """An attribute as text, when it has no wildcard; ANY and NA as they are; else a compiled pattern."""
    if text in (ANY, NA):
        return text
    plain, pattern, wild = "", "", False
    it = iter(text)
    for ch in it:
        if ch == "\\":
            ch = next(it)
        elif ch in "*?":
            wild = True
            pattern += ".*" if ch == "*" else "."
            continue
        plain += ch
        pattern += re.escape(ch)
    if wild:
        # A `?` at the ends also stands for nothing (section 6.3.2 of 7696).
        pattern = re.sub(r"^\.(?!\*)", ".?", pattern)
        pattern = re.sub(r"(?<!\\)\.$", ".?", pattern)
        return re.compile(pattern.lower() + r"\Z", re.S)
    plain = plain.lower()
    return "\\" + plain if plain in (ANY, NA) else plain  # a quoted hyphen or asterisk is no NA, no ANY


class BadName(ValueError):
    pass


@functools.lru_cache(maxsize=None)
def parse(name):
    """The eleven attributes of a formatted string."""
    if not name.startswith("cpe:2.3:"):
        raise BadName("no cpe:2.3: in front: " + name)
    fields, field, quoted = [], "", False
    for ch in name[8:]:
        if quoted:
            field, quoted = field + ch, False
        elif ch == ":":
            fields.append(field)
            field = ""
        else:
            field, quoted = field + ch, ch == "\\"
    fields.append(field)
    if quoted or len(fields) != 11 or not all(fields) or fields[0] not in ("a", "o", "h", "*", "-"):
        raise BadName("%d attributes: %s" % (len(fields), name))
    return tuple(unquote(f) for f in fields)


def attribute_covers(source, target):
    if source == ANY or source == target:
        return True
    if isinstance(source, re.Pattern):
        return target not in (ANY, NA) and bool(source.match(target))
    return False


# ---- versions ----

(TILDE, DEV, ALPHA, BETA, MILESTONE, PREVIEW, RC, ZERO, PATCH, VCS, WORD, NUMBER) = range(12)
WORDS = {
    "dev": DEV, "devel": DEV, "develop": DEV, "development": DEV, "snapshot": DEV, "nightly": DEV, "canary": DEV,
    "wip": DEV, "test": DEV, "alpha": ALPHA, "beta": BETA, "milestone": MILESTONE, "pre": PREVIEW,
    "preview": PREVIEW, "prerelease": PREVIEW, "rc": RC, "cr": RC, "candidate": RC,
    "patch": PATCH, "pl": PATCH, "patchlevel": PATCH, "post": PATCH, "sp": PATCH, "update": PATCH, "fix": PATCH,
    "hotfix": PATCH, "hf": PATCH, "git": VCS, "gitr": VCS, "svn": VCS, "hg": VCS, "bzr": VCS, "cvs": VCS,
    "rev": VCS, "revision": VCS,
}
NOISE = {"final", "ga", "release", "stable", "version"}
PIECE = re.compile(r"(~)|(\d+)|([a-z]+)")


@functools.lru_cache(maxsize=None)
def version_key(text):
    """A tuple that sorts as the upstream means it. Zeros at the end say nothing; nor do they before a pre-release."""
    text = text.lower()
    text = re.sub(r"^.*\+really(?=\d)", "", text)  # Debian: 2.0+really1.9
    text = re.sub(r"^[^a-z0-9~]+", "", text)
    text = re.sub(r"^[a-z]_?(?=\d)", "", text)  # v1.2, R2.4, R_2_4
    # OpenEmbedded's and Alpine's revision behind something with a digit.
    if re.search(r"\d[a-z0-9]*-r\d+(\.\d+)*$", text):
        text = re.sub(r"-r\d+(\.\d+)*$", "", text)
    text = re.sub(r"~?(dfsg|repack(ed)?|(?<![a-z0-9])ds)(?![a-z])(\.?\d+)?", "", text)
    text = re.sub(r"(?<![a-z0-9])g[0-9a-f]{7,}(?![a-z0-9])", "", text)  # git describe
    # Commits, which have no order, somewhere behind git or hg.
    git = re.search(r"(?<![a-z])(git|hg)(r?autoinc|\d+)?(?![a-z])", text)
    if git:
        tail = re.sub(r"(?<![a-z0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,}(?![a-z0-9])", "", text[git.end():])
        tail = re.sub(r"^[^a-z0-9]+(?=[0-9a-f]*[a-f])[0-9a-f]{3,}(?![a-z0-9])", "", tail)
        text = text[:git.end()].replace("autoinc", "0") + tail

    tokens = []
    pieces = list(PIECE.finditer(text))
    for i, piece in enumerate(pieces):
        tilde, number, word = piece.groups()
        if tilde:
            tokens.append((TILDE, 0, ""))
        elif number:
            tokens.append((NUMBER, int(number), "") if int(number) else (ZERO, 0, ""))
        elif len(word) == 1:
            digit_next = text[piece.end():piece.end() + 1].isdigit()
            digit_before = piece.start() > 0 and text[piece.start() - 1].isdigit()
            kind = WORD
            if digit_next:  # else a letter among others: OpenSSL 1.0.2p
                kind = {"a": ALPHA if digit_before else WORD, "b": BETA if digit_before else WORD,
                        "m": WORD if digit_before else MILESTONE, "p": PATCH, "u": PATCH, "r": VCS}.get(word, WORD)
            tokens.append((kind, 0, word if kind == WORD else ""))
        elif word not in NOISE:
            kind = WORDS.get(word, WORD)
            tokens.append((kind, 0, word if kind == WORD else ""))
    # `~` directly before a pre-release says nothing more; zeros before one, or before `~`, nothing at all.
    out = []
    for i, token in enumerate(tokens):
        if token[0] == TILDE and i + 1 < len(tokens) and tokens[i + 1][0] < ZERO and tokens[i + 1][0] != TILDE:
            continue
        if token[0] < ZERO:
            while out and out[-1][0] == ZERO:
                out.pop()
        out.append(token)
    while out and out[-1][0] == ZERO:
        out.pop()
    return tuple(out) + ((ZERO, 0, ""),)


@functools.lru_cache(maxsize=None)
def kernel_key(text):
    """Linux: numbers, then a release candidate before its release; the rest says how it was built."""
    m = re.match(r"v?([0-9.]*)(?:[-~_]?rc(?![a-z])(\d*))?", text.lower())
    numbers = [int(n) for n in m.group(1).split(".") if n]
    while numbers and not numbers[-1]:
        numbers.pop()
    candidate = (0, int(m.group(2) or 0)) if m.group(2) is not None else (1, 0)
    return tuple(numbers) + (-1,), candidate


UPDATE = re.compile(r"^(.*?[^a-z])((?:alpha|beta|rc|pre|dev)[0-9._]*|(?:patch|update|sp|pl|p)[0-9][0-9._]*)$", re.I)


@functools.lru_cache(maxsize=None)
def split_update(version):
    m = UPDATE.match(version)
    if not m:
        return version, NA
    return (m.group(1).rstrip("-_.~+") or m.group(1)[0]), m.group(2)


def join_update(version, update):
    return version + ("" if update[:1].isalpha() and version[-1:].isdigit() else "_") + update


def same_update(a, b):
    """As parts of a version: p1 = patch1, rc.1 = rc1."""
    if NA in (a, b) or a == b:
        return a == b
    if isinstance(a, re.Pattern):
        return bool(a.match(b))
    return version_key(join_update("1", a)) == version_key(join_update("1", b))


def is_commit(bound):
    return len(bound) >= 7 and bool(re.fullmatch(r"[0-9a-fA-F]*[a-fA-F][0-9a-fA-F]*", bound))


# ---- records ----


class Criterion:
    __slots__ = ("cpe", "vulnerable", "start_in", "start_ex", "end_in", "end_ex")

    def __init__(self, match):
        self.cpe = parse(match["criteria"])
        self.vulnerable = match.get("vulnerable", True)
        self.start_in = match.get("versionStartIncluding")
        self.start_ex = match.get("versionStartExcluding")
        self.end_in = match.get("versionEndIncluding")
        self.end_ex = match.get("versionEndExcluding")

    @property
    def is_bounded(self):
        return bool(self.start_in or self.start_ex or self.end_in or self.end_ex)

    def __str__(self):
        bounds = [op + " " + b for op, b in ((">=", self.start_in), (">", self.start_ex), ("<=", self.end_in),
                                             ("<", self.end_ex)) if b]
        return ":".join(v if isinstance(v, str) else "/%s/" % v.pattern for v in self.cpe) + " " + ", ".join(bounds)


class Node:
    """Joins criteria and nodes."""

    def __init__(self, operator, negate, children):
        self.is_and, self.negate, self.children = operator == "AND", bool(negate), children


class Database:
    def __init__(self, folder):
        self.records = {}     # id -> list of configurations (Node)
        self.by_product = {}  # product -> set of ids; a product with wildcards under None
        self.bad_names = 0
        self.files = 0
        for path in sorted(glob.glob(os.path.join(folder, "*.json*"))):
            self.load(path)

    def load(self, path):
        with (gzip.open(path) if path.endswith(".gz") else open(path, "rb")) as f:
            feed = json.load(f)
        self.files += 1
        for entry in feed["vulnerabilities"]:
            cve = entry["cve"]
            configurations = []
            if cve.get("vulnStatus") != "Rejected":
                configurations = [self.node(c, cve["id"]) for c in cve.get("configurations", ())]
            self.records[cve["id"]] = configurations

    def node(self, raw, cve):
        children = [self.node(n, cve) for n in raw.get("nodes", ())]
        for match in raw.get("cpeMatch", ()):
            try:
                criterion = Criterion(match)
            except BadName:
                self.bad_names += 1
                continue
            children.append(criterion)
            if criterion.vulnerable:
                product = criterion.cpe[2]
                plain = isinstance(product, str) and product != ANY
                self.by_product.setdefault(product if plain else None, set()).add(cve)
        return Node(raw.get("operator"), raw.get("negate"), children)


# ---- what a criterion says of a component ----

# target_sw values that are not this device: other systems, and ecosystems of plug-ins and language packages.
ELSEWHERE = set("""
.net aix android ansible asp.net atlassian azure browser chrome chrome_os cpan craft_cms discourse domino dotnet
drupal dynamics eclipse edge electron erlang exchange_server firefox freebsd gem glpi go golang gradle helm hp-ux ios
ipad_os ipados iphone_os java jenkins jira joomla joomla! kubernetes laravel mac mac_os mac_os_x macos magento maven
mediawiki minecraft moodle netbsd nextcloud node.js nodejs npm nuget openbsd os_x perl php pimcore plone prestashop
pypi python qnx rails redmine ruby ruby_on_rails rust safari saas sharepoint_server shopware silverstripe solaris
swift sylius symfony tvos typo3 umbraco universal_windows_platform visual_studio_code vmware vmware_vsphere vscode
vxworks watchos woocommerce wordpress wp xwiki zend zos
""".split())
LINUX = {"linux", "linux_kernel", "unix", "gnu", "debian", "yocto"}
LANGUAGES = (("python3-", "python"), ("python-", "python"), ("node-", "node.js"), ("nodejs-", "node.js"),
             ("ruby-", "ruby"), ("rubygem-", "ruby"), ("perl-", "perl"), ("php-", "php"), ("golang-", "go"),
             ("rust-", "rust"))
# Operating systems a Linux device is not: vendor, and product where the vendor has others.
FOREIGN = {"microsoft": "", "apple": "", "google": "android chrome_os", "freebsd": "", "openbsd": "openbsd",
           "netbsd": "", "dragonflybsd": "", "oracle": "solaris", "sun": "", "opensolaris": "", "illumos": "",
           "ibm": "", "hp": "", "hpe": "", "cisco": "", "juniper": "", "fortinet": "", "windriver": "vxworks",
           "blackberry": "", "sgi": "irix", "sco": "", "novell": "netware", "be": "beos", "haiku-os": "",
           "zephyrproject": "", "amazon": "freertos", "contiki-ng": "", "riot-os": ""}


class Component:
    """One CPE name on a device."""

    def __init__(self, name, platform=None):
        self.name, self.platform = name, platform
        self.cpe = parse(name)
        self.vendor, self.product, version, update = self.cpe[1:5]
        self.key = kernel_key if self.product == "linux_kernel" else version_key
        self.known = isinstance(version, str) and any(c.isdigit() for c in version)
        if update in (ANY, NA):
            self.whole = version
            self.base, self.update = split_update(version) if update == ANY else (version, NA)
        else:
            self.whole, self.base, self.update = join_update(version, update), version, update
        self.language = None
        for prefix, language in LANGUAGES:
            if self.product.startswith(prefix):
                self.language = language
                break
        if self.product.startswith("lib") and self.product.endswith("-perl"):
            self.language = "perl"

    def is_named_by(self, c):
        if c.cpe[2] != self.product and not attribute_covers(c.cpe[2], self.product):
            return False
        return self.vendor == ANY or attribute_covers(c.cpe[1], self.vendor)

    def is_in_range(self, c):
        key, whole, base = self.key, self.key(self.whole), self.key(self.base)
        if c.start_in and not is_commit(c.start_in) and not (whole >= key(c.start_in) or base == key(c.start_in)):
            return False
        if c.start_ex and not is_commit(c.start_ex) and not whole > key(c.start_ex):
            return False
        if c.end_in and not is_commit(c.end_in) and not (whole <= key(c.end_in) or base == key(c.end_in)):
            return False
        if c.end_ex and not is_commit(c.end_ex) and not whole < key(c.end_ex):
            return False
        return True

    def version_is_covered(self, c):
        version, update = c.cpe[3], c.cpe[4]
        if version == NA:
            return False
        if not self.known:  # only what covers every version surely covers it
            return version == ANY and update == ANY and not c.is_bounded
        if version == ANY:
            return self.is_in_range(c) and (update == ANY or same_update(update, self.update))
        if isinstance(version, re.Pattern):
            return bool(version.match(self.cpe[3]))
        if not any(ch.isdigit() for ch in version):
            return version == self.cpe[3]
        whole = version if update in (ANY, NA) else join_update(version, update)
        if self.key(self.whole) == self.key(whole):
            return True
        return self.key(self.base) == self.key(version) and (update == ANY or same_update(update, self.update))

    def other_attributes_are_covered(self, c):
        # The NVD lists one product as application and as operating system (xen, firmware), inventories guess:
        # these are not told apart. Hardware is.
        if "h" in (c.cpe[0], self.cpe[0]) and not attribute_covers(c.cpe[0], self.cpe[0]):
            return False
        for i in (5, 6, 7, 9, 10):
            if self.cpe[i] != ANY and not attribute_covers(c.cpe[i], self.cpe[i]):
                return False
        wanted, stated = c.cpe[8], self.cpe[8]
        if stated != ANY:
            return attribute_covers(wanted, stated)
        if wanted in (ANY, NA) or wanted == self.language:
            return True
        if isinstance(wanted, str) and wanted.startswith("windows"):
            return self.platform in (None, "windows")
        if wanted in LINUX:
            return self.platform in (None, "linux")
        return wanted not in ELSEWHERE

    def is_covered(self, c):
        return self.version_is_covered(c) and self.other_attributes_are_covered(c)


def platform_truth(platform, c):
    """What the platform alone says of a criterion for something that is not in the inventory."""
    if platform != "linux" or c.cpe[0] != "o":
        return UNKNOWN
    vendor, product, version = c.cpe[1:4]
    if product == "linux_kernel":
        return UNKNOWN if version not in (ANY, NA) or c.is_bounded else TRUE
    if vendor == "vmware" and isinstance(product, str) and product.startswith("esx"):
        return FALSE
    if isinstance(vendor, str) and vendor in FOREIGN and (not FOREIGN[vendor] or product in FOREIGN[vendor].split()):
        return FALSE
    return UNKNOWN


class Device:
    """Components and a platform; match() is the answer."""

    def __init__(self, names, platform=None):
        self.components = [Component(n, platform) for n in names]
        self.platform = platform
        self.by_name = {}
        for c in self.components:
            self.by_name.setdefault((c.vendor, c.product), []).append(c)

    def criterion_truth(self, c, component):
        if component.is_named_by(c) and component.is_covered(c):
            return TRUE
        there = self.by_name.get((c.cpe[1], c.cpe[2]))
        if there:
            return TRUE if c.cpe[3] == NA or any(not x.known or x.is_covered(c) for x in there) else FALSE
        if component.is_named_by(c):
            return FALSE
        return platform_truth(self.platform, c)

    def truth(self, node, component):
        if isinstance(node, Criterion):
            return self.criterion_truth(node, component)
        value = TRUE if node.is_and else FALSE
        for child in node.children:
            x = self.truth(child, component)
            value = min(value, x) if node.is_and else max(value, x)
            if value == (FALSE if node.is_and else TRUE):
                break
        return TRUE - value if node.negate else value

    def covering(self, node, component):
        """A vulnerable criterion that covers the component, not below a negation."""
        if isinstance(node, Criterion):
            hit = node.vulnerable and component.is_named_by(node) and component.is_covered(node)
            return node if hit else None
        if node.negate:
            return None
        return next((hit for hit in (self.covering(child, component) for child in node.children) if hit), None)

    def match_one(self, db, component):
        found = {}
        for cve in db.by_product.get(component.product, set()) | db.by_product.get(None, set()):
            for configuration in db.records[cve]:
                hit = self.covering(configuration, component)
                if hit and self.truth(configuration, component) != FALSE:
                    found[cve] = str(hit)
                    break
        return found

    def match(self, db):
        """CPE name -> {CVE id: the criterion that covers}."""
        return {c.name: self.match_one(db, c) for c in self.components}


def main(args):
    platform = None
    if args[:1] == ["--platform"]:
        platform, args = args[1], args[2:]
    if len(args) != 1:
        sys.exit(__doc__)
    names = [line.strip() for line in sys.stdin if line.strip()]
    for name, found in Device(names, platform).match(Database(args[0])).items():
        print(name, " ".join(sorted(found)), sep="\t")


if __name__ == "__main__":
    main(sys.argv[1:])
