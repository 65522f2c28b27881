#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program against reference_matcher.py: the same CPE names must give the same CVEs.

    compare.py VULNWARD CORPUS        prints TAP

CPE names are drawn from the corpus itself, always the same ones: real products at, just below and just
above the bounds of their criteria, in the middle, as pre-releases and patched releases; products in AND
configurations, with target_sw, update, sw_edition, quoted characters, wildcards and hardware parts. All
names of one inventory are one device, for both sides, so platforms that are on the device decide.
"""
import collections
import csv
import io
import os
import random
import re
import sys
import tempfile

sys.dont_write_bytecode = True
import corpus_tap  # noqa: E402
import reference_matcher as ref  # noqa: E402

KERNELS = """2.6.32 3.10.20 4.4.302 4.14.78 4.19.325 5.4.129 5.10.209 5.15.71 6.1.38 6.1.140 6.6.23 6.12-rc3
6.18.24""".split()
# vendor:product and versions people run; more are added around the bounds of each.
KNOWN = """
openssl:openssl 0.9.8zh 1.0.1f 1.0.2 1.0.2a 1.0.2k 1.0.2zd 1.1.1 1.1.1k 1.1.1w 3.0.7 3.0.15 3.3.0 3.5.0 1.1.1-pre9
openbsd:openssh 7.4 7.9 8.4 8.9 9.3 9.8 9.3p1 9.3p2 9.6p1 9.7p1
busybox:busybox 1.20.2 1.27.2 1.33.1 1.36.1 1.37.0
haxx:curl 7.35.0 7.69.1 7.88.1 8.4.0 8.9.1
haxx:libcurl 7.69.1 8.4.0
gnu:glibc 2.19 2.26 2.28 2.35 2.39
python:python 2.7.18 3.8.2 3.11.0 3.12.0 3.13.0 3.12.0rc1 3.13.0a6
sqlite:sqlite 3.31.1 3.39.2 3.43.1 3.46.0
nginx:nginx 1.14.0 1.20.1 1.25.3
f5:nginx 1.20.1 1.25.3 1.27.0
ffmpeg:ffmpeg 2.8 3.4.2 4.2.2 4.4 5.1.2 6.1.1 7.0 7.1 8.0 8.1
imagemagick:imagemagick 6.9.10-23 7.0.8-11 7.1.0-62 7.1.1-1 7.1.1-43
wireshark:wireshark 2.6.1 3.6.0 4.0.6 4.2.2 4.4.0
php:php 5.6.40 7.4.3 8.1.0 8.2.24 8.3.12 8.3.0
oracle:mysql 5.7.29 8.0.30 8.0.39 9.0.0
oracle:mysql_server 8.0.36 8.4.0
mariadb:mariadb 10.3.22 10.6.12 10.11.6
xmlsoft:libxml2 2.9.4 2.9.14 2.11.5 2.13.0
zlib:zlib 1.2.8 1.2.11 1.2.12 1.3.1
madler:zlib 1.2.11
w1.fi:hostapd 2.6 2.9 2.10
w1.fi:wpa_supplicant 2.6 2.9 2.10
dropbear_ssh_project:dropbear_ssh 2018.76 2020.81 2022.83 2024.84
gnu:bash 4.3 4.4 5.1
gnu:binutils 2.30 2.38 2.41
gnu:tar 1.29 1.34
gnu:grub2 2.04 2.06 2.12
sudo_project:sudo 1.8.27 1.9.5p1 1.9.5 1.9.12p1 1.9.15
isc:bind 9.11.3 9.16.1 9.16.50 9.18.24 9.16.1-P1
isc:dhcp 4.1-esv-r16 4.4.1 4.4.3
ntp:ntp 4.2.6p5 4.2.8p15 4.2.8p9
samba:samba 4.7.6 4.15.13 4.17.12
systemd_project:systemd 237 247 253 255
freedesktop:dbus 1.12.20 1.15.0
gnupg:gnupg 2.2.27 2.4.0
gnutls:gnutls 3.6.13 3.7.8
mbed:mbedtls 2.16.5 2.28.3 3.4.0
arm:mbed_tls 2.16.5 2.28.3 3.4.0
wolfssl:wolfssl 4.3.0 5.6.3
eclipse:mosquitto 1.6.9 2.0.14
lighttpd:lighttpd 1.4.45 1.4.67
apache:http_server 2.4.29 2.4.58 2.4.61
apache:tomcat 8.5.39 9.0.83 10.1.0 10.1.0-M5 11.0.0-M10
thekelleys:dnsmasq 2.79 2.86 2.89
libtiff:libtiff 4.0.9 4.4.0 4.6.0
libpng:libpng 1.6.34 1.6.37
vim:vim 8.0.1453 8.2.4919 9.0.1678
git-scm:git 2.17.1 2.34.1 2.45.0
tcpdump:tcpdump 4.9.2 4.99.1
perl:perl 5.26.1 5.34.0
rubyonrails:rails 5.2.3 7.0.4
nodejs:node.js 10.19.0 18.12.1 20.9.0 22.3.0
golang:go 1.13.8 1.19.4 1.21.3 1.22.0
google:chrome 100.0.4896.60 120.0.6099.109
mozilla:firefox 91.0 115.0 121.0
qemu:qemu 2.11 6.2.0 8.1.0
docker:docker 18.09.1 20.10.9
postgresql:postgresql 10.12 14.5 15.3
xen:xen 4.9.2 4.16.0 4.17.0
squid-cache:squid 3.5.27 5.7 6.4
exim:exim 4.90 4.96
bluez:bluez 5.48 5.66
paramiko:paramiko 2.4.1
djangoproject:django 2.2 3.2.15 4.1 5.0
""".strip().splitlines()
LINES = int(os.environ.get("COMPARE_NAMES", "8"))  # differing names to explain per category


# ---- choosing ----


def quote(text):
    """A version as an attribute of a formatted string."""
    return re.sub(r"([^A-Za-z0-9_.\-])", r"\\\1", text).lower()


def cpe_name(part, vendor, product, version, update="*", **others):
    """From attributes as they stand in a name, that is quoted; version is plain text."""
    attrs = [part, vendor, product, quote(version), update] + [others.get(k, "*") for k in ref.ATTRS[5:]]
    return "cpe:2.3:" + ":".join(attrs)


def bump(version, by, rng):
    """The same version with a number of it changed."""
    numbers = list(re.finditer(r"\d+", version))
    if not numbers:
        return None
    m = numbers[-1] if rng.random() < 0.7 else rng.choice(numbers)
    value = int(m.group()) + by
    return version[:m.start()] + str(value) + version[m.end():] if value >= 0 else None


def around(version, rng):
    """Versions near a bound."""
    out = [version, bump(version, -1, rng), bump(version, 1, rng)]
    if version[-1:].isdigit():
        out.append(rng.choice([version + ".1", version + ".0", version + "rc1", version + "-beta2",
                               version + "p1", version + "-rc.2", version + "a", version + "-r0", version + "+git5",
                               version + "~dev", "v" + version]))
    last = re.search(r"([a-y])$", version)
    if last:
        out.append(version[:-1] + chr(ord(last.group(1)) + 1))
    return [v for v in out if v and len(v) < 60 and any(c.isdigit() for c in v) and not re.search(r"[\s,\"]", v)]


class Products:
    """What the corpus says of each product: criteria as (fields of the name, bounds)."""

    def __init__(self, db):
        self.criteria = collections.defaultdict(list)
        self.records = collections.Counter()
        self.in_and = set()
        for configurations in db.records.values():
            seen = set()
            for c in configurations:
                self.walk(c, c.is_and and len(c.children) > 1, seen)
            self.records.update(seen)

    def walk(self, node, and_, seen):
        for child in node.children:
            if isinstance(child, ref.Node):
                self.walk(child, and_, seen)
            elif isinstance(child.cpe[1], str) and isinstance(child.cpe[2], str) and child.vulnerable:
                key = child.cpe[1:3]
                self.criteria[key].append(child)
                seen.add(key)
                if and_:
                    self.in_and.add(key)

    def versions(self, key, rng, n):
        """n versions at and around the bounds of this product."""
        known = set()
        for c in self.criteria[key]:
            if isinstance(c.cpe[3], str) and c.cpe[3] not in (ref.ANY, ref.NA):
                known.add(c.cpe[3])
            known.update(b for b in (c.start_in, c.start_ex, c.end_in, c.end_ex) if b)
        known = sorted(v for v in known if "\\" not in v)
        out = []
        for v in rng.sample(known, min(len(known), n)) if known else ["1.0"]:
            near = around(v, rng)
            out += rng.sample(near, min(len(near), max(1, n // max(1, len(known)) + 1)))
        return list(dict.fromkeys(out))[:n]


def raw(value):
    """Back to a quoted attribute."""
    return value if value in (ref.ANY, ref.NA) else quote(value.replace("\\-", "-"))


def choose(db):
    """Category -> CPE names, the same on every run."""
    rng = random.Random(20260821)
    products = Products(db)
    out = collections.OrderedDict()

    def names(key, n, **others):
        """Names of a product, with the part most of its criteria have."""
        part = collections.Counter(c.cpe[0] for c in products.criteria[key]).most_common(1)[0][0]
        return [cpe_name(part, raw(key[0]), raw(key[1]), v, **others) for v in products.versions(key, rng, n)]

    out["the kernel"] = [cpe_name("o", "linux", "linux_kernel", v) for v in KERNELS]
    out["known products"] = []
    for line in KNOWN:
        vendor_product, *versions = line.split()
        key = tuple(vendor_product.split(":"))
        out["known products"] += [cpe_name("a", raw(key[0]), raw(key[1]), v) for v in versions]
        if key in products.criteria:
            out["known products"] += names(key, 6)

    by_size = [k for k, _ in sorted(products.records.items(), key=lambda kv: (-kv[1], kv[0]))]
    out["products with many CVEs"] = [n for k in rng.sample(by_size[:800], 120) for n in names(k, 3)]
    out["any products"] = [n for k in rng.sample(by_size, 160) for n in names(k, 2)]
    out["AND configurations"] = [n for k in rng.sample(sorted(products.in_and), 120) for n in names(k, 2)]

    def having(test):
        return sorted(k for k, cs in products.criteria.items() if any(test(c) for c in cs))

    def special(test, n):
        """(product, one of its criteria that pass the test)"""
        keys = having(test)
        return [(k, rng.choice([c for c in products.criteria[k] if test(c)])) for k in rng.sample(keys, min(n, len(keys)))]

    def stated(c):
        """A version the criterion is about."""
        bound = c.end_in or c.start_in or c.end_ex or "1.0"
        return c.cpe[3] if isinstance(c.cpe[3], str) and c.cpe[3] not in (ref.ANY, ref.NA) else bound

    def usable(i):
        return lambda c: isinstance(c.cpe[i], str) and c.cpe[i] not in (ref.ANY, ref.NA)

    sw = out["target_sw"] = []
    for key, c in special(lambda c: isinstance(c.cpe[8], str) and c.cpe[8] != ref.ANY, 90):
        part = c.cpe[0]
        for target in (ref.ANY, raw(c.cpe[8]), "linux", "windows", "-"):
            sw.append(cpe_name(part, raw(key[0]), raw(key[1]), stated(c), target_sw=target))

    update = out["update"] = []
    for key, c in special(usable(4), 110):
        v, u = stated(c), c.cpe[4]
        update += [cpe_name(c.cpe[0], raw(key[0]), raw(key[1]), v, update=x) for x in (ref.ANY, "-", raw(u), "p1", "beta1")]
        update += [cpe_name(c.cpe[0], raw(key[0]), raw(key[1]), v + sep + u) for sep in ("", "-") if not re.search(r"[\s,\"]", u)]

    edition = out["edition, sw_edition, target_hw"] = []
    for attr in ("edition", "sw_edition", "target_hw"):
        i = ref.ATTRS.index(attr)
        for key, c in special(lambda c, i=i: isinstance(c.cpe[i], str) and c.cpe[i] != ref.ANY, 50):
            edition += [cpe_name(c.cpe[0], raw(key[0]), raw(key[1]), stated(c), **{attr: x})
                        for x in (ref.ANY, raw(c.cpe[i]), "other", "-")]

    def odd(text):
        return isinstance(text, str) and bool(re.search(r"[^a-z0-9_.\-]", text)) and not re.search(r"[\s\"\\]", text)

    quoted = out["quoted characters"] = []
    for key in rng.sample(having(lambda c: odd(c.cpe[1]) or odd(c.cpe[2])), 100):
        quoted += names(key, 2)
    for key, c in special(lambda c: odd(c.cpe[3]) and c.cpe[3] not in (ref.ANY, ref.NA), 60):
        quoted.append(cpe_name(c.cpe[0], raw(key[0]), raw(key[1]), c.cpe[3]))

    wild = out["wildcards in versions"] = []
    for key, c in special(lambda c: isinstance(c.cpe[3], re.Pattern), 20):
        start = re.sub(r"\\(.)", r"\1", c.cpe[3].pattern.split(".*")[0].replace(r"\Z", ""))
        wild += [cpe_name(c.cpe[0], raw(key[0]), raw(key[1]), v) for v in (start, start + ".3", start + "0", "0.1")]

    out["hardware"] = [n for k in rng.sample(having(lambda c: c.cpe[0] == "h"), 40) for n in names(k, 2)]
    seen = set()
    for category, list_ in out.items():
        out[category] = [n for n in dict.fromkeys(list_) if n not in seen and not re.search(r"\s", n)]
        seen.update(out[category])
    return out, products


# ---- running ----


def batches(names):
    """
    Inventories in which no two rows have the same vendor, product and version: the program takes such
    rows for parts of one thing.
    """
    out = []
    for name in names:
        cpe = ref.parse(name)
        version = cpe[3] + ("" if cpe[4] in (ref.ANY, ref.NA) else cpe[4])
        key = cpe[1], cpe[2], re.sub(r"[^a-z0-9.].*$", "", version)
        for used, rows in out:
            if key not in used:
                break
        else:
            used, rows = set(), []
            out.append((used, rows))
        used.add(key)
        rows.append((name, version))
    return [rows for _, rows in out]


def inventory(rows, vendor_column=True):
    text = io.StringIO()
    w = csv.writer(text)
    w.writerow(["name", "version", "vendor", "cpe"])
    for i, (name, version) in enumerate(rows):
        w.writerow(["row-%d" % i, version, ref.parse(name)[1], name])
    return text.getvalue().encode()


def compare_batch(program, database, db, rows, platform):
    """CPE name -> (program's {id: finding}, reference's {id: criterion})."""
    options = ["--platform", platform or "any"]
    r = corpus_tap.must(corpus_tap.run(program, "scan", "-d", database, "-f", "csv", "-o", "json", *options, "-",
                                       stdin=inventory(rows)), "scan", (0, 1))
    report = corpus_tap.json.loads(r.stdout)
    merged = [c["packages"] for c in report["components"] if len(c["packages"]) > 1]
    if merged or report["inventories"][0]["skipped_count"]:
        print("Bail out! rows were joined or skipped: %s %s" % (merged[:3], report["inventories"][0]["skipped"][:3]))
        sys.exit(1)
    got = corpus_tap.findings_by_package(report)
    want = ref.Device([name for name, _ in rows], platform).match(db)
    return {name: (got["row-%d" % i], want[name]) for i, (name, _) in enumerate(rows)}


def explain(name, got, want, limit=4):
    """What differs, one line each."""
    lines = [name]
    for cve in sorted(set(want) - set(got))[:limit]:
        lines.append("  %s: the reference alone, by %s" % (cve, want[cve]))
    for cve in sorted(set(got) - set(want))[:limit]:
        e = got[cve]["evidence"][0]
        lines.append("  %s: the program alone, by %s %s %s" % (cve, e["criterion"], e["range"], e["note"]))
    hidden = len(set(want) ^ set(got)) - len(lines) + 1
    return lines + (["  and %d more" % hidden] if hidden > 0 else [])


def compare_orders(tap, program, products):
    """vercmp against version_key() for versions that stand in criteria of one product."""
    rng = random.Random(7)
    pairs = {"generic": [], "kernel": []}
    for key, criteria in sorted(products.criteria.items()):
        versions = set()
        for c in criteria:
            versions.update(v for v in (c.cpe[3], c.start_in, c.start_ex, c.end_in, c.end_ex)
                            if isinstance(v, str) and v not in (ref.ANY, ref.NA) and any(ch.isdigit() for ch in v) and
                            not re.search(r"\s", v))
        versions = sorted(versions)
        scheme = "kernel" if key[1] == "linux_kernel" else "generic"
        for v in versions:
            for other in rng.sample(versions, min(2, len(versions))) + around(v, rng)[3:]:
                pairs[scheme].append((v, other))
    for scheme, list_ in pairs.items():
        key = ref.kernel_key if scheme == "kernel" else ref.version_key
        text = "".join("%s %s\n" % p for p in list_).encode()
        answers = corpus_tap.must(corpus_tap.run(program, "vercmp", scheme, "-", stdin=text), "vercmp").stdout.decode().split("\n")[:-1]
        if not tap.equal(len(answers), len(list_), "vercmp %s answers every pair" % scheme):
            continue
        wrong = []
        for (a, b), answer in zip(list_, answers):
            x, y = key(a), key(b)
            want = "<" if x < y else ">" if x > y else "="
            if answer.split()[0] != want and answer.split()[-1] != want:
                wrong.append("%s %s: program %s, reference %s" % (a, b, answer, want))
        tap.check(not wrong, "version order %s: %d pairs agree" % (scheme, len(list_)), "%d differ" % len(wrong), *wrong[:20])


def main():
    program, corpus = corpus_tap.arguments(__doc__)
    tap = corpus_tap.Tap()
    db = ref.Database(os.path.join(corpus, "nvd"))
    with tempfile.TemporaryDirectory() as folder:
        database = os.path.join(folder, "nvd.db")
        corpus_tap.must(corpus_tap.import_feeds(program, database, os.path.join(corpus, "nvd")), "import")
        categories, products = choose(db)
        category_of = {n: c for c, list_ in categories.items() for n in list_}
        tap.check(len(category_of) >= 600, "%d CPE names chosen" % len(category_of))
        total = 0
        for platform in (None, "linux"):
            results = {}
            rows = batches(list(category_of))
            for batch in rows:
                results.update(compare_batch(program, database, db, batch, platform))
            for category, list_ in categories.items():
                differing = [n for n in list_ if set(results[n][0]) != set(results[n][1])]
                found = sum(len(results[n][1]) for n in list_)
                total += found
                lines = [line for n in differing[:LINES] for line in explain(n, *results[n])]
                tap.check(not differing, "%s, platform %s: %d CPE names, %d CVEs agree" % (
                    category, platform or "unknown", len(list_), found), "%d names differ" % len(differing), *lines)
            tap.note("platform %s: %d inventories" % (platform or "unknown", len(rows)))
        compare_orders(tap, program, products)
        tap.note("%d findings compared, of %d records; %d names of criteria unreadable" % (total, len(db.records), db.bad_names))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
