#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Updates against a server that misbehaves: tests/net/server.py. Prints TAP.

    run_net.py VULNWARD [TEST...]

TEST is the start of the names of tests.
"""
import gzip
import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback

import site_data as site
from server import Server, http_date

NOW = 1790000000  # 2026-09-21T14:13:20Z
KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
FEED = "/nvd/nvdcve-2.0-modified.json.gz"
META = "/nvd/nvdcve-2.0-modified.meta"


class Skip(Exception):
    pass


class World:
    """A server with all of the NVD's feeds, a database with the yearly ones, a place to work in."""

    def __init__(self, vulnward, server):
        self.vulnward, self.server = vulnward, server
        self.dir = tempfile.mkdtemp(prefix="vulnward-net-")
        self.env = {k: os.environ[k] for k in KEPT_ENVIRONMENT if k in os.environ}
        self.env.update(HOME=self.dir, LC_ALL="C", TZ="UTC", SOURCE_DATE_EPOCH=str(NOW))
        self.db = os.path.join(self.dir, "v.db")
        self.base = os.path.join(self.dir, "base.db")
        self.out = self.err = ""

    def reset(self):
        """As it was after the first update; what is new since then is a "modified" feed."""
        self.server.reset()
        self.server.files.clear()
        site.put_all_nvd(self.server.files)
        for name in os.listdir(self.dir):
            path = os.path.join(self.dir, name)
            if path != self.base:
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        if os.path.exists(self.base):
            shutil.copyfile(self.base, self.db)
            self.new_modified()

    def new_modified(self, version="3.0", seed=2, n=300):
        site.put_nvd(self.server.files, "modified", site.modified_records(version, n, seed),
                     timestamp="2026-09-21T00:00:00.000")

    def run(self, *args, env=None, timeout=120):
        done = subprocess.run([self.vulnward, *args], env=dict(self.env, **(env or {})), cwd=self.dir, timeout=timeout,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out, self.err = done.stdout.decode(), done.stderr.decode()
        return done.returncode

    def mirrors(self):
        return [w for name in ("nvd", "cvelist", "osv", "kev", "epss")
                for w in ("--mirror", "%s=%s/%s" % (name, self.server.url, name))]

    def command(self, *args, sources=("nvd",)):
        named = [w for s in sources for w in ("--source", s)]
        return ["db", "update", "-d", self.db, "--retry-wait", "20", *self.mirrors(), *named, *args]

    def update(self, *args, sources=("nvd",), env=None):
        return self.run(*self.command(*args, sources=sources), env=env)

    def bytes(self):
        with open(self.db, "rb") as f:
            return f.read()

    def left(self):
        """What is beside the database."""
        return sorted(n for n in os.listdir(self.dir) if n not in ("v.db", "v.db.lock", "v.db.snapshots", "base.db"))

    def rows(self, query):
        with sqlite3.connect(self.db) as c:
            return c.execute(query).fetchall()

    def took_modified(self):
        """The feed of new_modified is there; those it made superfluous are not remembered."""
        rows = self.rows("SELECT max(published), count(*) FROM feed WHERE name = 'nvdcve-2.0-modified.json.gz'")
        return rows == [(1789948800000, 1)]

    def feeds(self):
        return [r[0] for r in self.rows("SELECT name FROM feed ORDER BY id")]


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def contains(text, part):
    check(part in text, "%r is not in:\n%s" % (part, text))


def updated(w, *args, **kw):
    """The update works and takes the new "modified" feed."""
    status = w.update(*args, **kw)
    check(status == 0, "exit status %d:\n%s%s" % (status, w.out, w.err))
    check(w.took_modified(), "feeds: %s" % w.feeds())
    out, err = w.out, w.err
    check(w.run("db", "status", "-d", w.db) == 0, w.err)
    w.out, w.err = out, err
    check(w.left() == [], "left over: %s" % w.left())


def refused(w, *parts, args=(), sources=("nvd",), kept=None, env=None):
    """The update fails with status 4 and these words, and the database is as it was."""
    before = w.bytes()
    status = w.update(*args, sources=sources, env=env)
    text = w.out + w.err
    check(status == 4, "exit status %d:\n%s" % (status, text))
    for part in parts:
        contains(w.err, part)
    contains(w.out, "FAILED")
    check(w.bytes() == before, "the database has changed")
    if kept is not None:
        there = [f for _, _, files in os.walk(w.db + ".update") for f in files if f.endswith(".part")]
        check(bool(there) == kept, "parts: %s" % there)


# ---- the first update, and the next ----

def test_first_update(w):
    os.unlink(w.db)
    check(w.update() == 0, w.err)
    check(len(w.feeds()) == len(site.YEARS) + 1, w.feeds())
    check(all(r[0] for r in w.rows("SELECT meta_checked FROM feed")), "a feed was not confirmed by its .meta")
    contains(w.out, "updated, 550 records: 550 new")


def test_second_run_downloads_nothing(w):
    updated(w)
    w.server.log.clear()
    check(w.update() == 0, w.err)
    check(w.server.asked() == [META], "asked for %s" % w.server.asked())
    contains(w.out, "unchanged")
    kept = os.listdir(w.db + ".snapshots")
    check(len(kept) == 1, "a database that was only checked is kept: %s" % kept)


def test_modified_is_enough_for_a_week(w):
    updated(w)
    check(w.server.asked() == [META, FEED], "asked for %s" % w.server.asked())


def test_after_a_week_years_are_looked_at(w):
    """Eight days behind, "modified" has gaps: all .meta files are read, and the one feed that is new is fetched."""
    later = str(NOW + 8 * 86400)
    site.put_nvd(w.server.files, "2010", site.year_records(2010, 12), timestamp="2026-09-28T00:00:00.000")
    site.put_nvd(w.server.files, "modified", site.modified_records("4.0", seed=3), timestamp="2026-09-29T00:00:00.000")
    check(w.update(env={"SOURCE_DATE_EPOCH": later}) == 0, w.err)
    feeds = [p for p in w.server.asked() if p.endswith(".gz")]
    check(feeds == ["/nvd/nvdcve-2.0-2010.json.gz", FEED], feeds)
    check(len([p for p in w.server.asked() if p.endswith(".meta")]) == len(site.YEARS) + 1, w.server.asked())


def test_missing_year_is_fetched(w):
    w.run("db", "import", "--fresh", "-d", w.db, *[w.fetch_to("2010")])
    check(w.update() == 0, w.err)
    check(len(w.feeds()) == len(site.YEARS) + 1, w.feeds())


def test_one_year_does_not_make_all_new(w):
    """Imported by hand on a base of two months ago: the other years are as old as they were, and looked at again."""
    then = NOW + 60 * 86400
    env = {"SOURCE_DATE_EPOCH": str(then)}
    stamp = time.strftime("%Y-%m-%dT00:00:00.000", time.gmtime(then))
    site.put_nvd(w.server.files, "2026", site.year_records(2026, 12), timestamp=stamp)
    check(w.run("db", "import", "-d", w.db, fetch_to(w, "2026"), env=env) == 0, w.err)
    check(w.run("db", "status", "-d", w.db, "--check", env=env) == 4, w.out)
    contains(w.err, "the data of nvd are 61 days old")
    site.put_nvd(w.server.files, "2005", site.year_records(2005, 13), timestamp=stamp)
    site.put_nvd(w.server.files, "modified", site.modified_records(n=5), timestamp=stamp)
    w.server.log.clear()
    check(w.update(env=env) == 0, w.err)
    check(len([p for p in w.server.asked() if p.endswith(".meta")]) == len(site.YEARS) + 1, w.server.asked())
    check("/nvd/nvdcve-2.0-2005.json.gz" in w.server.asked(), w.server.asked())
    check(w.run("db", "status", "-d", w.db, "--check", env=env) == 0, w.err)


def test_default_sources(w):
    """Without --source: what the database has."""
    check(w.run("db", "update", "-d", w.db, *w.mirrors()) == 0, w.err)
    contains(w.err, "updating nvd (what the database has")


# ---- connections and answers ----

def test_truncated_is_resumed(w):
    size = len(w.server.files[FEED])
    w.server.rule(FEED, "truncate", times=2, after=size // 2)
    updated(w)
    contains(w.err, "trying again in")
    ranges = [h["Range"] for p, h, _ in w.server.log if p == FEED and "Range" in h]
    check(len(ranges) >= 1 and ranges[0] == "bytes=%d-" % (size // 2), "ranges: %s" % ranges)


def test_truncated_always(w):
    w.server.rule(FEED, "truncate", after=1000)
    refused(w, "nvdcve-2.0-modified.json.gz", "tried 3 times", args=("--attempts", "3"), kept=True)


def test_resumed_by_the_next_run(w):
    size = len(w.server.files[FEED])
    w.server.rule(FEED, "truncate", times=1, after=size // 2)
    refused(w, args=("--attempts", "1"), kept=True)
    w.server.log.clear()
    updated(w)
    got = [(h.get("Range"), code) for p, h, code in w.server.log if p == FEED]
    check(got == [("bytes=%d-" % (size // 2), 206)], got)


def test_part_of_another_version_is_not_used(w):
    size = len(w.server.files[FEED])
    w.server.rule(FEED, "truncate", times=1, after=size // 2)
    refused(w, args=("--attempts", "1"), kept=True)
    w.new_modified("4.0", seed=3)
    w.server.log.clear()
    updated(w)
    check([code for p, _, code in w.server.log if p == FEED] == [200], w.server.log)


def test_changed_mid_download(w):
    """The second half is of another file: If-Range makes the server send it all."""
    old = dict(w.server.files)
    w.new_modified("4.0", seed=3)
    new = w.server.files[FEED]
    w.server.files[FEED] = old[FEED]
    w.server.rule(FEED, "change", times=1, after=len(old[FEED]) // 2, data=new)
    updated(w)
    check([c for p, _, c in w.server.log if p == FEED] == [200, 200], w.server.log)


def test_changed_mid_download_and_the_server_mixes(w):
    """A server that ignores If-Range sends a piece of the new file: seen by its entity tag."""
    old = dict(w.server.files)
    w.new_modified("4.0", seed=3)
    new = w.server.files[FEED]
    w.server.files[FEED] = old[FEED]
    w.server.rule(FEED, "change", times=1, after=len(old[FEED]) // 2, data=new)
    w.server.rule(FEED, "mix", times=1)
    updated(w)
    check([c for p, _, c in w.server.log if p == FEED] == [200, 206, 200], w.server.log)


def test_range_from_elsewhere(w):
    w.server.rule(FEED, "truncate", times=1, after=5000)
    w.server.rule(FEED, "old_range", times=1)
    updated(w)


def test_range_ignored(w):
    w.server.rule(FEED, "truncate", times=1, after=5000)
    w.server.rule(FEED, "whole")
    updated(w)


def test_weak_validator_is_not_resumed(w):
    w.server.rule(FEED, "truncate", times=1, after=5000)
    w.server.rules[FEED][0].kind = "truncate"
    w.server.rules[FEED].insert(0, w.server.rules[FEED].pop())
    w.server.rule(FEED, "weak")
    updated(w)


def test_no_validators(w):
    for path in (FEED, META):
        w.server.rule(path, "plain")
    updated(w)
    check(not [h for _, h, _ in w.server.log if "Range" in h], "a range was asked for")


def test_connection_refused(w):
    """A port nobody listens on: tried as often as told."""
    refused(w, "tried 2 times", args=("--attempts", "2", "--mirror", "nvd=http://127.0.0.1:9/nvd"))


def test_unknown_host(w):
    refused(w, "no-such-host.invalid", args=("--attempts", "1", "--mirror", "nvd=http://no-such-host.invalid/nvd"))


def test_stall(w):
    w.server.rule(FEED, "stall", times=1, after=5000, seconds=20)
    start = time.monotonic()
    updated(w, "--stall", "1")
    check(time.monotonic() - start < 15, "waited for the server")
    contains(w.err, "trying again")


def test_slow_is_not_a_stall(w):
    w.server.rule(FEED, "slow", chunk=8000, delay=0.2)
    updated(w, "--stall", "1", "--attempts", "1")


def status_passes(code, headers=None):
    def test(w):
        w.server.rule(FEED, "status", times=2, code=code, headers=headers or {})
        start = time.monotonic()
        updated(w)
        contains(w.err, "HTTP status %d; trying again in" % code)
        return time.monotonic() - start
    return test


test_403_twice = status_passes(403)
test_408_twice = status_passes(408)
test_429_twice = status_passes(429)
test_500_twice = status_passes(500)
test_502_twice = status_passes(502)
test_503_twice = status_passes(503)


def test_503_retry_after_seconds(w):
    took = status_passes(503, {"Retry-After": "1"})(w)
    check(2 <= took < 20, "took %.1f s for two waits of a second" % took)


def test_429_retry_after_date(w):
    took = status_passes(429, {"Retry-After": http_date(3)})(w)
    check(took >= 1.5, "took %.1f s, the date was 3 s away" % took)


def test_503_always(w):
    w.server.rule(FEED, "status", code=503)
    refused(w, FEED, "HTTP status 503; tried 4 times", args=("--attempts", "4"))
    check(w.server.asked().count(FEED) == 4, w.server.asked())


def test_404_is_not_tried_again(w):
    w.server.rule(FEED, "status", code=404)
    refused(w, FEED, "HTTP status 404")
    check(w.server.asked().count(FEED) == 1, w.server.asked())


def test_304_though_not_asked(w):
    w.server.rule(FEED, "status", code=304, body=b"")
    refused(w, "HTTP status 304")


def test_wrong_hash(w):
    w.server.rule(FEED, "corrupt")
    refused(w, "the content is not what its .meta file says", kept=False)


def test_wrong_hash_once(w):
    w.server.rule(FEED, "corrupt", times=1)
    updated(w)


def test_meta_of_the_feed_before(w):
    """The feed is replaced between our reading its .meta and the feed."""
    old = dict(w.server.files)
    w.new_modified("4.0", seed=3)
    new = w.server.files[META]
    w.server.files[META] = old[META]
    count = []

    def meta(handler):
        count.append(1)
        handler.answer(200, {}, old[META] if len(count) == 1 else new)
    w.server.handlers[META] = meta
    updated(w)


def test_meta_is_no_meta(w):
    w.server.files[META] = b"hello\n"
    refused(w, "nvdcve-2.0-modified.meta", "not a .meta file")


def test_redirects(w):
    """Relative, absolute, and more than one."""
    w.server.files["/x/y.gz"] = w.server.files[FEED]
    w.server.rule(FEED, "redirect", to="/a")
    w.server.rule("/a", "redirect", to=w.server.url + "/b", code=301)
    w.server.rule("/b", "redirect", to="x/y.gz", code=307)
    updated(w)


def test_redirect_loop(w):
    w.server.rule(FEED, "redirect", to=FEED)
    refused(w, "redirects")
    check(w.server.asked().count(FEED) <= 12, "%d requests" % w.server.asked().count(FEED))


def test_redirect_to_a_file(w):
    w.server.rule(FEED, "redirect", to="file:///etc/passwd")
    refused(w, "redirected to what is neither http nor")


def test_gzip_bomb(w):
    """A gigabyte of blanks in a megabyte, with a .meta that confirms it."""
    content = b" " * (1 << 28)
    packed = gzip.compress(content, 9)
    w.server.files[FEED], w.server.files[META] = packed, site.meta(content, packed)
    refused(w, "the content is not what its .meta file says")


def test_empty_body(w):
    w.server.rule(FEED, "empty")
    refused(w, "the answer is empty", args=("--attempts", "2"))


def test_empty_body_once(w):
    w.server.rule(FEED, "empty", times=1)
    updated(w)


def test_page_instead_of_data(w):
    w.server.rule(FEED, "html")
    refused(w, "a web page came instead of the data")


def test_length_too_long(w):
    w.server.rule(FEED, "length", add=100)
    refused(w, FEED, "tried 2 times", args=("--attempts", "2"))


def test_length_too_short(w):
    """What is behind the announced length is cut off; the .meta says so."""
    w.server.rule(FEED, "length", add=-100)
    refused(w, "the content is not what its .meta file says")


def test_no_length(w):
    w.server.rule(FEED, "no_length")
    updated(w)


def test_password_is_not_shown(w):
    w.server.rule(META, "status", code=404)
    url = w.server.url.replace("http://", "http://joe:hunter2@")
    refused(w, "HTTP status 404", args=("--mirror", "nvd=%s/nvd" % url))
    check("hunter2" not in w.out + w.err, "the password is shown")
    w.server.reset()
    updated(w, "--mirror", "nvd=%s/nvd" % url)
    check("hunter2" not in str(w.rows("SELECT * FROM download")), "the password is in the database")
    w.server.log.clear()
    check(w.update("--mirror", "nvd=%s/nvd" % url) == 0, w.err)
    check(w.server.asked() == [META], "fetched again: %s" % w.server.asked())
    w.server.files["/osv/PyPI/all.zip"] = site.osv_zip("PyPI", 200, "PYSEC")
    w.server.rule("/osv/PyPI/all.zip", "truncate", after=300)
    check(w.update("--mirror", "osv=%s/osv" % url, "--attempts", "1", sources=("osv:PyPI",)) == 4, w.out)
    for folder, _, files in os.walk(w.db + ".update"):
        for name in files:
            with open(os.path.join(folder, name), "rb") as f:
                check(b"hunter2" not in f.read(), "the password is in " + name)
    w.server.reset()
    check(w.update("--mirror", "osv=%s/osv" % url, sources=("osv:PyPI",)) == 0, w.out)
    check([c for _, _, c in w.server.log] == [206], "not resumed: %s" % w.server.log)


def test_proxy_from_environment(w):
    """The proxy is asked for the whole URL; the host's name is its business."""
    updated(w, "--mirror", "nvd=http://feeds.invalid/nvd", env={"http_proxy": w.server.url})
    check(w.server.asked()[0] == "http://feeds.invalid" + META, w.server.asked())


# ---- TLS ----

def make_certificate(folder):
    key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    if not shutil.which("openssl"):
        raise Skip("no openssl command")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days",
                    "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return cert, key


def test_tls(w):
    cert, key = make_certificate(w.dir)
    with Server((cert, key)) as secure:
        secure.files.update(w.server.files)
        mirror = ("--mirror", "nvd=%s/nvd" % secure.url)
        refused(w, "certificate", args=mirror)
        check(secure.asked() == [], "asked without trust: %s" % secure.asked())
        secure.rule(FEED, "redirect", times=1, to=w.server.url + FEED)
        refused(w, "redirected to what is neither http nor as well protected", args=mirror + ("--ca-cert", cert))
        check(w.server.asked() == [], "went from https to http")
        check(w.update(*mirror, "--ca-cert", cert) == 0, w.err)
        check(w.took_modified(), w.feeds())


# ---- sources that shrink or fail ----

def test_empty_feed_is_refused(w):
    w.new_modified(n=0)
    refused(w, "has no records at all", "--accept-shrink")
    check(w.update("--accept-shrink") == 0, w.err)


def test_shrunk_feed_is_refused(w):
    later = {"SOURCE_DATE_EPOCH": str(NOW + 8 * 86400)}
    site.put_nvd(w.server.files, "2010", site.year_records(2010, 8))
    refused(w, "has 8 records, it had 10", env=later)
    check(w.update("--accept-shrink", env=later) == 0, w.err)


def test_a_tenth_less_is_taken(w):
    site.put_nvd(w.server.files, "2010", site.year_records(2010, 9))
    check(w.update(env={"SOURCE_DATE_EPOCH": str(NOW + 8 * 86400)}) == 0, w.err)


def test_a_bad_source_leaves_the_others(w):
    """KEV is not there: the NVD is updated, the exit status is 4."""
    status = w.update(sources=("kev", "nvd"))
    check(status == 4, status)
    contains(w.err, "kev was not updated: " + w.server.url + "/kev/known_exploited_vulnerabilities.json: HTTP status 404")
    check(w.took_modified(), w.feeds())
    check(re.search(r"^nvd +0 days +updated, 300 records", w.out, re.M), w.out)
    check(re.search(r"^kev +- +FAILED", w.out, re.M), w.out)


def test_data_of_another_source(w):
    """A mirror that is mixed up: refused when it is imported; the other source is still taken."""
    w.server.files["/kev/known_exploited_vulnerabilities.json"] = site.nvd_page(site.year_records(2001))
    check(w.update(sources=("kev", "nvd")) == 4, w.out)
    contains(w.err, "is data of nvd, not of kev")
    check(w.took_modified(), w.feeds())
    check(w.rows("SELECT COUNT(*) FROM feed WHERE name LIKE 'known%'") == [(0,)], "the wrong feed was taken")


# ---- KEV and EPSS ----

def needs(w, kind):
    w.run("formats")
    if not re.search(r"^  %s" % kind, w.out, re.M):
        raise Skip("this build does not read " + kind)


def test_kev_and_epss(w):
    """A folder of a mirror, or the file itself; validators are used the next time."""
    needs(w, "cisa-kev")
    w.server.files["/kev/known_exploited_vulnerabilities.json"] = site.kev(["CVE-2005-1001", "CVE-2005-1002"])
    w.server.files["/epss/epss_scores-current.csv.gz"] = site.epss("CVE-2005-%d" % (1000 + i) for i in range(10))
    check(w.update(sources=("kev", "epss")) == 0, w.err)
    check(re.search(r"^kev +0 days +updated, 2 records", w.out, re.M), w.out)
    check(re.search(r"^epss +1 day +updated, 10 records", w.out, re.M), w.out)
    w.server.log.clear()
    check(w.update("--mirror", "epss=%s/epss/epss_scores-current.csv.gz" % w.server.url, sources=("kev", "epss")) == 0, w.err)
    check([c for _, _, c in w.server.log] == [304, 304], w.server.log)
    check(w.left() == [], w.left())


def test_kev_shrinks(w):
    needs(w, "cisa-kev")
    w.server.files["/kev/known_exploited_vulnerabilities.json"] = site.kev(["CVE-2005-%d" % (1000 + i) for i in range(10)])
    check(w.update(sources=("kev",)) == 0, w.err)
    w.server.files["/kev/known_exploited_vulnerabilities.json"] = site.kev(["CVE-2005-1001"])
    refused(w, "has 1 records, it had 10", sources=("kev",))
    w.server.files["/kev/known_exploited_vulnerabilities.json"] = site.kev([])
    refused(w, "kev was not updated", sources=("kev",))


def test_first_update_without_sources(w):
    """A new database: nvd, kev and epss, and it says so."""
    needs(w, "first-epss")
    os.unlink(w.db)
    w.server.files["/kev/known_exploited_vulnerabilities.json"] = site.kev(["CVE-2005-1001", "CVE-2005-1002"])
    w.server.files["/epss/epss_scores-current.csv.gz"] = site.epss("CVE-2005-%d" % (1000 + i) for i in range(10))
    check(w.run("db", "update", "-d", w.db, *w.mirrors()) == 0, w.err)
    contains(w.err, "updating nvd, kev, epss (the usual for a new database")
    check(len(w.feeds()) == len(site.YEARS) + 3, w.feeds())


def test_first_update_without_the_nvd(w):
    """Catalogues alone are no database: nothing is made of them, and what failed is told."""
    needs(w, "cisa-kev")
    os.unlink(w.db)
    w.server.files["/kev/known_exploited_vulnerabilities.json"] = site.kev(["CVE-2005-1001"])
    w.server.rule(META.replace("modified", "2002"), "status", code=404)
    check(w.update(sources=("nvd", "kev")) == 4, w.err)
    contains(w.err, "nvd was not updated: " + w.server.url + META.replace("modified", "2002") + ": HTTP status 404")
    contains(w.err, "not one vulnerability was imported")
    check(not os.path.exists(w.db), "there is a database")
    w.server.reset()
    check(w.update(sources=("nvd", "kev")) == 0, w.err)
    check(("/kev/known_exploited_vulnerabilities.json", 304) in [(p, c) for p, _, c in w.server.log], "fetched again")
    check(w.left() == [], w.left())


# ---- OSV ----

def test_osv(w):
    """Names of ecosystems are encoded; the next run asks with the validators; without --source they are remembered."""
    w.server.files["/osv/PyPI/all.zip"] = site.osv_zip("PyPI", 5, "PYSEC")
    w.server.files["/osv/Red%20Hat/all.zip"] = site.osv_zip("Red Hat", 7, "RHSA")
    osv = ("osv:PyPI", "osv:Red Hat")
    check(w.update(sources=osv) == 0, w.err)
    check(re.search(r"^osv:Red Hat +\d+ days +updated, 7 records: 7 new", w.out, re.M), w.out)
    check(w.feeds()[-2:] == ["osv-PyPI.zip", "osv-Red%20Hat.zip"], w.feeds())
    check(re.search(r"^osv:PyPI +0 days", w.out, re.M), w.out)
    w.server.log.clear()
    check(w.update(sources=osv) == 0, w.err)
    check([c for _, _, c in w.server.log] == [304, 304], w.server.log)
    check(w.out.count("unchanged") == 2, w.out)
    check(w.run("db", "update", "-d", w.db, *w.mirrors()) == 0, w.err)
    contains(w.err, "updating nvd, osv:PyPI, osv:Red Hat (what the database has")
    check(w.left() == [], w.left())


def test_osv_shrinks(w):
    """Each ecosystem is held to its own size."""
    w.server.files["/osv/PyPI/all.zip"] = site.osv_zip("PyPI", 20, "PYSEC")
    w.server.files["/osv/npm/all.zip"] = site.osv_zip("npm", 100, "GHSA")
    check(w.update(sources=("osv:npm", "osv:PyPI")) == 0, w.err)
    w.server.files["/osv/PyPI/all.zip"] = site.osv_zip("PyPI", 17, "PYSEC")
    refused(w, "osv:PyPI was not updated", "osv-PyPI.zip has 17 records, it had 20", sources=("osv:PyPI",))
    w.server.log.clear()
    check(w.update("--accept-shrink", sources=("osv:PyPI",)) == 0, w.err)
    check([c for _, _, c in w.server.log] == [304], "fetched again: %s" % w.server.log)


def test_age_in_the_summary(w):
    """The same rule as everywhere else: what rests between changes counts from when it was confirmed."""
    w.server.files["/osv/PyPI/all.zip"] = site.osv_zip("PyPI", 5, "PYSEC")
    check(w.update(sources=("osv:PyPI",)) == 0, w.err)
    check(re.search(r"^osv:PyPI +0 days +updated", w.out, re.M), w.out)
    later = {"SOURCE_DATE_EPOCH": str(NOW + 10 * 86400)}
    w.server.rule("/osv/PyPI/all.zip", "status", code=404)
    check(w.update("--attempts", "1", sources=("osv:PyPI",), env=later) == 4, w.out)
    check(re.search(r"^osv:PyPI +10 days +FAILED", w.out, re.M), w.out)
    # data of the future (a wrong clock) are 0 days old, here as elsewhere
    check(w.update("--attempts", "1", sources=("osv:PyPI",), env={"SOURCE_DATE_EPOCH": "1700000000"}) == 4, w.out)
    check(re.search(r"^osv:PyPI +0 days +FAILED", w.out, re.M), w.out)


def test_osv_one_ecosystem_is_left_behind(w):
    """That the others are new does not make it so."""
    w.server.files["/osv/PyPI/all.zip"] = site.osv_zip("PyPI", 5, "PYSEC")
    w.server.files["/osv/npm/all.zip"] = site.osv_zip("npm", 5, "GHSA")
    osv = ("osv:PyPI", "osv:npm")
    check(w.update(sources=osv) == 0, w.err)
    later = {"SOURCE_DATE_EPOCH": str(NOW + 10 * 86400)}
    w.server.files["/osv/PyPI/all.zip"] = site.zipped(
        [("PYSEC-2026-%d.json" % i, site.osv("PYSEC-2026-%d" % i, "PyPI", "2.0", "2026-09-30T00:00:00Z")) for i in range(6)])
    del w.server.files["/osv/npm/all.zip"]
    check(w.update("--attempts", "1", sources=osv, env=later) == 4, w.out)
    check(w.run("db", "status", "-d", w.db, "--check", "--max-age", "nvd=900,osv=7", env=later) == 4, w.out)
    contains(w.err, "the data of osv are 10 days old")


def test_osv_empty_zip(w):
    w.server.files["/osv/PyPI/all.zip"] = site.zipped([])
    refused(w, "osv:PyPI was not updated", sources=("osv:PyPI",))


def test_osv_damaged_zip(w):
    """No checksum says so, but the archive does. The NVD is taken."""
    data = bytearray(site.osv_zip("PyPI", 20, "PYSEC"))
    for at in range(60, 90):
        data[at] ^= 0x55
    w.server.files["/osv/PyPI/all.zip"] = bytes(data)
    check(w.update(sources=("osv:PyPI", "nvd")) == 4, w.out)
    contains(w.err, "osv:PyPI was not updated")
    check(w.took_modified(), w.feeds())
    check(not [f for f in w.feeds() if f.startswith("osv")], w.feeds())
    w.server.files["/osv/PyPI/all.zip"] = site.osv_zip("PyPI", 20, "PYSEC")
    check(w.update(sources=("osv:PyPI",)) == 0, w.err)
    check(w.left() == [], w.left())


def test_osv_zip_bomb(w):
    w.server.files["/osv/PyPI/all.zip"] = site.zipped([("a.json", b'{"id":"' + b"A" * (1 << 28) + b'"}')])
    refused(w, "osv:PyPI was not updated", sources=("osv:PyPI",))


# ---- the CVE List ----

def put(w, name, data):
    w.server.files["/cvelist/" + name] = data


def put_whole(w, day, n):
    put(w, day + "_all_CVEs_at_midnight.zip.zip", site.cvelist_whole(["CVE-2020-%d" % (1000 + i) for i in range(n)], day))


def cvelist_day_one(w):
    """As of midnight of the 20th, and what came until 14:00."""
    put_whole(w, "2026-09-20", 40)
    put(w, "2026-09-20_delta_CVEs_at_1300Z.zip", site.cvelist_delta(["CVE-2020-1001"], "2026-09-20T12:30:00.000Z"))
    put(w, "2026-09-20_delta_CVEs_at_1400Z.zip",
        site.cvelist_delta(["CVE-2020-1001", "CVE-2026-9001"], "2026-09-20T13:30:00.000Z"))
    site.releases(w.server.files)


def zips(w):
    return [p[len("/cvelist/"):] for p in w.server.asked() if p.endswith(".zip")]


def cvelist(w, *expected, **kw):
    w.server.log.clear()
    check(w.update(sources=("cvelist",), **kw) == 0, w.err)
    check(zips(w) == list(expected), "fetched %s" % zips(w))
    check(w.left() == [], w.left())


def test_cvelist(w):
    cvelist_day_one(w)
    cvelist(w, "2026-09-20_all_CVEs_at_midnight.zip.zip", "2026-09-20_delta_CVEs_at_1400Z.zip")
    contains(w.out, "updated, 42 records: 41 new, 1 replaced")
    check(re.search(r"^cvelist +1 day ", w.out, re.M), w.out)
    cvelist(w)
    check([c for _, _, c in w.server.log] == [304], w.server.log)
    # the listing is a new one, but has nothing new
    w.server.files["/cvelist/releases.json"] += b"\n"
    cvelist(w)
    contains(w.out, "unchanged")
    # an hour later
    put(w, "2026-09-20_delta_CVEs_at_1500Z.zip", site.cvelist_delta(["CVE-2026-9002"], "2026-09-20T14:30:00.000Z"))
    site.releases(w.server.files)
    cvelist(w, "2026-09-20_delta_CVEs_at_1500Z.zip")
    # the day after: over the end of the day
    put(w, "2026-09-20_delta_CVEs_at_end_of_day.zip", site.cvelist_delta(["CVE-2026-9003"], "2026-09-20T23:30:00.000Z"))
    put(w, "2026-09-21_delta_CVEs_at_0900Z.zip", site.cvelist_delta(["CVE-2026-9004"], "2026-09-21T08:30:00.000Z"))
    put_whole(w, "2026-09-21", 44)
    site.releases(w.server.files)
    cvelist(w, "2026-09-20_delta_CVEs_at_end_of_day.zip", "2026-09-21_delta_CVEs_at_0900Z.zip")
    # days later, and the days between are listed no more
    for path in [p for p in w.server.files if p.startswith("/cvelist/")]:
        del w.server.files[path]
    put_whole(w, "2026-09-26", 50)
    put(w, "2026-09-26_delta_CVEs_at_0100Z.zip", site.cvelist_delta(["CVE-2026-9005"], "2026-09-26T00:30:00.000Z"))
    site.releases(w.server.files)
    cvelist(w, "2026-09-26_all_CVEs_at_midnight.zip.zip", "2026-09-26_delta_CVEs_at_0100Z.zip")


def test_cvelist_shrinks(w):
    """The whole list has another name every day, and is the same feed."""
    cvelist_day_one(w)
    check(w.update(sources=("cvelist",)) == 0, w.err)
    for path in [p for p in w.server.files if p.startswith("/cvelist/")]:
        del w.server.files[path]
    put_whole(w, "2026-09-26", 30)
    site.releases(w.server.files)
    refused(w, "has 30 records, it had 40", sources=("cvelist",))


def test_cvelist_gap_is_told(w):
    cvelist_day_one(w)
    put(w, "2026-09-22_delta_CVEs_at_0100Z.zip", site.cvelist_delta(["CVE-2026-9005"], "2026-09-22T00:30:00.000Z"))
    site.releases(w.server.files)
    cvelist(w, "2026-09-20_all_CVEs_at_midnight.zip.zip", "2026-09-20_delta_CVEs_at_1400Z.zip")
    contains(w.err, "the changes behind 2026-09-20T14:00:00Z are not published without a gap")


def test_cvelist_whole_list_does_not_come_for_nothing(w):
    """Behind a gap that the whole list does not bridge either, it is not fetched every hour."""
    cvelist_day_one(w)
    check(w.update(sources=("cvelist",)) == 0, w.err)
    put(w, "2026-09-22_delta_CVEs_at_0100Z.zip", site.cvelist_delta(["CVE-2026-9005"], "2026-09-22T00:30:00.000Z"))
    site.releases(w.server.files)
    cvelist(w)
    contains(w.err, "the changes behind 2026-09-20T14:00:00Z are not published without a gap")
    put(w, "2026-09-20_delta_CVEs_at_1500Z.zip", site.cvelist_delta(["CVE-2026-9002"], "2026-09-20T14:30:00.000Z"))
    site.releases(w.server.files)
    cvelist(w, "2026-09-20_delta_CVEs_at_1500Z.zip")


def test_cvelist_hour_is_missing(w):
    """A delta has all of its day, so an hour that is skipped is in the next."""
    cvelist_day_one(w)
    check(w.update(sources=("cvelist",)) == 0, w.err)
    put(w, "2026-09-20_delta_CVEs_at_2300Z.zip",
        site.cvelist_delta(["CVE-2026-9001", "CVE-2026-9002"], "2026-09-20T22:30:00.000Z"))
    site.releases(w.server.files)
    cvelist(w, "2026-09-20_delta_CVEs_at_2300Z.zip")
    # midnight passes, and the end of that day is not there yet: nothing of the next day is taken on top of the hole
    put(w, "2026-09-21_delta_CVEs_at_0100Z.zip", site.cvelist_delta(["CVE-2026-9003"], "2026-09-21T00:30:00.000Z"))
    site.releases(w.server.files)
    cvelist(w)
    contains(w.err, "the changes behind 2026-09-20T23:00:00Z are not published without a gap")
    put(w, "2026-09-20_delta_CVEs_at_end_of_day.zip", site.cvelist_delta(["CVE-2026-9004"], "2026-09-20T23:30:00.000Z"))
    site.releases(w.server.files)
    cvelist(w, "2026-09-20_delta_CVEs_at_end_of_day.zip", "2026-09-21_delta_CVEs_at_0100Z.zip")


def test_cvelist_hour_without_changes(w):
    """The first hour of a day may have none: an archive with nothing in it. An empty whole list is refused."""
    cvelist_day_one(w)
    for hour in ("1300", "1400"):
        del w.server.files["/cvelist/2026-09-20_delta_CVEs_at_%sZ.zip" % hour]
    put(w, "2026-09-20_delta_CVEs_at_0100Z.zip", site.zipped([]))
    site.releases(w.server.files)
    cvelist(w, "2026-09-20_all_CVEs_at_midnight.zip.zip", "2026-09-20_delta_CVEs_at_0100Z.zip")
    put(w, "2026-09-20_delta_CVEs_at_0200Z.zip", site.cvelist_delta(["CVE-2026-9002"], "2026-09-20T01:30:00.000Z"))
    site.releases(w.server.files)
    cvelist(w, "2026-09-20_delta_CVEs_at_0200Z.zip")
    put(w, "2026-09-28_all_CVEs_at_midnight.zip.zip", site.zipped([]))
    site.releases(w.server.files)
    refused(w, "cvelist was not updated", sources=("cvelist",))


def test_cvelist_whole_list_once_a_week(w):
    """Deltas of the publisher have been incomplete; what they lack is there after a week."""
    cvelist_day_one(w)
    check(w.update(sources=("cvelist",)) == 0, w.err)
    for day in range(20, 27):
        put(w, "2026-09-%d_delta_CVEs_at_end_of_day.zip" % day,
            site.cvelist_delta(["CVE-2026-90%d" % day], "2026-09-%dT23:30:00.000Z" % day))
    put_whole(w, "2026-09-26", 45)
    site.releases(w.server.files)
    cvelist(w, *("2026-09-%d_delta_CVEs_at_end_of_day.zip" % d for d in range(20, 27)))
    put(w, "2026-09-27_delta_CVEs_at_0100Z.zip", site.cvelist_delta(["CVE-2026-9005"], "2026-09-27T00:30:00.000Z"))
    put_whole(w, "2026-09-27", 45)
    site.releases(w.server.files)
    cvelist(w, "2026-09-27_all_CVEs_at_midnight.zip.zip", "2026-09-27_delta_CVEs_at_0100Z.zip")


def test_feeds_do_not_pile_up(w):
    """A feed that newer ones have made superfluous is forgotten; how far the source reaches is not."""
    cvelist_day_one(w)
    for hour in range(1, 24):
        put(w, "2026-09-20_delta_CVEs_at_%02d00Z.zip" % hour,
            site.cvelist_delta(["CVE-2026-90%02d" % hour], "2026-09-20T%02d:30:00.000Z" % (hour - 1)))
        if hour < 15:
            continue
        site.releases(w.server.files)
        w.new_modified(seed=hour - 10, n=5)
        check(w.update(sources=("cvelist", "nvd")) == 0, w.err)
    names = w.feeds()
    check(len([n for n in names if "_delta_" in n]) == 1, names)
    check(names.count("nvdcve-2.0-modified.json.gz") == 1, names)
    check(len([n for n in names if n.startswith("nvdcve-2.0-20")]) == len(site.YEARS), names)
    w.server.log.clear()
    check(w.update(sources=("cvelist", "nvd")) == 0, w.err)
    check(not [p for p in w.server.asked() if p.endswith((".zip", ".gz"))], w.server.asked())


def test_feeds_keep_their_chain(w):
    """Months of "modified" feeds lead on from the yearly ones; those between that are needed for it stay."""
    def day(n):
        return time.strftime("%Y-%m-%dT00:00:00.000", time.gmtime(NOW - NOW % 86400 + n * 86400))
    for n in range(3, 60, 4):
        site.put_nvd(w.server.files, "modified", site.modified_records(n=5), timestamp=day(n))
        check(w.run("db", "import", "-d", w.db, fetch_to(w, "modified")) == 0, w.err)
        got = w.rows("SELECT strftime('%Y-%m-%dT%H:%M:%S', published / 1000, 'unixepoch') || '.000' FROM source")
        check(got == [(day(n),)], "%s, wanted %s" % (got, day(n)))
    check(7 <= w.feeds().count("nvdcve-2.0-modified.json.gz") <= 9, w.feeds())
    site.put_nvd(w.server.files, "modified", site.modified_records(n=5), timestamp=day(80))
    check(w.run("db", "import", "-d", w.db, fetch_to(w, "modified")) == 0, w.err)
    got = w.rows("SELECT published / 86400000 FROM source")
    check(got == [((NOW // 86400) + 59,)], "a gap of three weeks was leapt over: %s" % got)


def test_cvelist_wrong_digest(w):
    cvelist_day_one(w)
    put(w, "2026-09-20_delta_CVEs_at_1400Z.zip", site.cvelist_delta(["CVE-2026-9009"], "2026-09-20T13:30:00.000Z"))
    refused(w, "the publisher says", "tried 2 times", args=("--attempts", "2"), sources=("cvelist",))


def test_cvelist_missing_archive(w):
    cvelist_day_one(w)
    del w.server.files["/cvelist/2026-09-20_delta_CVEs_at_1400Z.zip"]
    refused(w, "2026-09-20_delta_CVEs_at_1400Z.zip: HTTP status 404", sources=("cvelist",))


def test_cvelist_listing_of_nothing(w):
    w.server.files["/cvelist/releases.json"] = b"[]"
    refused(w, "names no archive of the CVE List", sources=("cvelist",))
    w.server.files["/cvelist/releases.json"] = b'{"message": "API rate limit exceeded"}'
    refused(w, "names no archive of the CVE List", sources=("cvelist",))


# ---- the API ----

class Api:
    """The NVD's API with its limits: pages, ranges, a number of requests in a window."""

    def __init__(self, server, records, key="k-0815", per_page=7, allowed=50, window=1.0):
        self.records, self.key, self.per_page, self.allowed, self.window = records, key, per_page, allowed, window
        self.times, self.refused, self.queries = [], 0, []
        server.handlers["/api"] = self.answer

    def answer(self, handler):
        import urllib.parse
        query = dict(urllib.parse.parse_qsl(handler.path.partition("?")[2]))
        self.queries.append(query)
        now = time.monotonic()
        self.times = [t for t in self.times if now - t < self.window] + [now]
        if self.key and handler.headers.get("apiKey") != self.key:
            return handler.answer(404, {"message": "Invalid apiKey."})
        if len(self.times) > self.allowed:
            self.refused += 1
            return handler.answer(429)
        found = self.records
        if "lastModStartDate" in query:
            found = [r for r in found if query["lastModStartDate"][:19] <= r["cve"]["lastModified"][:19] <= query["lastModEndDate"][:19]]
        start = int(query["startIndex"])
        page = found[start:start + min(self.per_page, int(query["resultsPerPage"]))]
        return handler.answer(200, {"Content-Type": "application/json"},
                              site.nvd_page(page, start, len(found), "2026-09-21T14:00:00.000"))


def api_args(w):
    return ("--mirror", "nvd-api=%s/api" % w.server.url)


API_ENV = {"VULNWARD_NVD_API_KEY": "k-0815", "VULNWARD_NVD_API_WINDOW": "1100"}


def test_api_first_crawl(w):
    """More pages than a window allows: none is refused."""
    os.unlink(w.db)
    api = Api(w.server, [cve for year in range(2002, 2062) for cve in site.year_records(year)])
    check(w.update(*api_args(w), env=API_ENV) == 0, w.err)
    check(len(api.queries) == 87 and not api.refused, "%d requests, %d refused" % (len(api.queries), api.refused))
    contains(w.out, "updated, 600 records: 600 new")
    check(w.rows("SELECT COUNT(*) FROM download WHERE etag || url || source LIKE '%0815%'") == [(0,)], "the key is stored")


def test_api_changed_while_crawled(w):
    """A record that changes behind the crawl's back, on a page it has read already."""
    os.unlink(w.db)
    api = Api(w.server, site.year_records(2002, 40))

    def answer(handler):
        if len(api.queries) == 3:
            api.records[1] = site.cve("CVE-2002-1001", "7.0", "2026-09-21T14:13:21.000")
        return api.answer(handler)
    w.server.handlers["/api"] = answer
    check(w.update(*api_args(w), env=API_ENV) == 0, w.err)
    check(w.run("db", "show", "-d", w.db, "CVE-2002-1001") == 0, w.err)
    contains(w.out, "7.0")


def test_api_without_key(w):
    """Five requests a window."""
    os.unlink(w.db)
    api = Api(w.server, site.year_records(2002, 40), key=None, allowed=5)
    check(w.update(*api_args(w), env={"VULNWARD_NVD_API_WINDOW": "1100"}) == 0, w.err)
    check(len(api.queries) == 7 and not api.refused, "%d requests, %d refused" % (len(api.queries), api.refused))


def test_api_stricter_than_told(w):
    """429 is waited out."""
    os.unlink(w.db)
    api = Api(w.server, site.year_records(2002, 40), allowed=3, window=0.3)
    check(w.update(*api_args(w), "--retry-wait", "200", env=API_ENV) == 0, w.err)
    check(api.refused > 0, "nothing was refused")
    contains(w.out, "updated, 40 records: 40 new")


def test_api_changes_only(w):
    """What was modified since, in ranges of at most 120 days."""
    changed = site.modified_records("5.0", 20, 5)
    for r in changed:
        r["cve"]["lastModified"] = "2027-08-01T00:00:00.000"
    api = Api(w.server, site.year_records(2005) + changed)
    later = dict(API_ENV, SOURCE_DATE_EPOCH="1820000000")  # 2027-09-03
    check(w.update(*api_args(w), env=later) == 0, w.err)
    ranges = sorted({(q["lastModStartDate"], q["lastModEndDate"]) for q in api.queries})
    check(len(ranges) == 3, ranges)
    check(all(a[1] == b[0] for a, b in zip(ranges, ranges[1:])), "gaps: %s" % ranges)
    contains(w.out, "updated, 20 records: 0 new, 20 replaced")


def test_api_wrong_key(w):
    api = Api(w.server, site.year_records(2005), key="other")
    refused(w, "HTTP status 404", args=api_args(w), env=API_ENV)
    check("k-0815" not in w.out + w.err, "the key is shown")
    check(len(api.queries) == 1, api.queries)


def test_api_key_does_not_follow_redirects(w):
    w.server.rule("/api?resultsPerPage=2000&startIndex=0", "redirect", to="/elsewhere")
    os.unlink(w.db)
    check(w.update(*api_args(w), env=API_ENV) == 4, w.out)
    contains(w.err, "HTTP status 302")
    check("/elsewhere" not in w.server.asked(), "the key went elsewhere")


def test_api_empty_page(w):
    os.unlink(w.db)
    w.server.handlers["/api"] = lambda h: h.answer(200, {}, site.nvd_page([], 0, 100))
    check(w.update(*api_args(w), env=API_ENV) == 4, w.out)
    contains(w.err, "an empty page at 0 of 100 records")


def test_api_has_shrunk(w):
    os.unlink(w.db)
    api = Api(w.server, site.year_records(2005, 30))
    check(w.update(*api_args(w), env=API_ENV) == 0, w.err)
    w.rows("UPDATE source SET published = -9223372036854775808")
    api.records = api.records[:10]
    refused(w, "the API has 10 records, it had 30", args=api_args(w), env=API_ENV)


# ---- killed ----

def test_killed_at_any_moment(w):
    """SIGKILL: the old database answers, and the next update works."""
    for year in site.YEARS:
        site.put_nvd(w.server.files, str(year), site.year_records(year, 200))
    later = {"SOURCE_DATE_EPOCH": str(NOW + 8 * 86400)}
    shutil.copyfile(w.db, w.base + ".keep")
    start = time.monotonic()
    check(w.update(env=later) == 0, w.err)
    length = time.monotonic() - start
    rng = random.Random(7)
    killed = tried = 0
    shutil.copyfile(w.base + ".keep", w.db)
    while killed < 25:
        tried += 1
        check(tried < 150, "only %d of %d were killed in time" % (killed, tried))
        p = subprocess.Popen([w.vulnward, *w.command()], env=dict(w.env, **later), cwd=w.dir,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            p.wait(rng.uniform(0, length))
            shutil.copyfile(w.base + ".keep", w.db)
        except subprocess.TimeoutExpired:
            p.send_signal(signal.SIGKILL if killed % 5 else signal.SIGTERM)
            p.wait()
            killed += 1
        check(w.run("db", "status", "-d", w.db) == 0, "kill %d: %s" % (killed, w.err))
        check(len(w.feeds()) == len(site.YEARS) + 1, len(w.feeds()))
    os.unlink(w.base + ".keep")
    check(w.update(env=later) == 0, w.err)
    check(w.left() == [], "left over: %s" % w.left())
    check(w.rows("SELECT records FROM source WHERE name = 'nvd'") == [(5300,)], w.rows("SELECT * FROM source"))


def test_killed_import(w):
    """The same for 'db import': nothing is left of those that were killed."""
    folder = os.path.join(w.dir, "feeds")
    os.mkdir(folder)
    for year in site.YEARS:
        site.put_nvd(w.server.files, str(year), site.year_records(year, 200))
        os.rename(w.fetch_to(str(year)), os.path.join(folder, "nvdcve-2.0-%d.json.gz" % year))
    before = w.bytes()
    start = time.monotonic()
    check(w.run("db", "import", "-d", w.db, folder) == 0, w.err)
    length = time.monotonic() - start
    rng = random.Random(8)
    killed = 0
    for tried in range(100):
        with open(w.db, "wb") as f:
            f.write(before)
        p = subprocess.Popen([w.vulnward, "db", "import", "-d", w.db, folder], env=w.env, cwd=w.dir,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            p.wait(rng.uniform(0, length))
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            killed += 1
        check(w.run("db", "status", "-d", w.db) == 0, "kill %d: %s" % (killed, w.err))
        if killed == 20:
            break
    check(killed == 20, "only %d of %d were killed in time" % (killed, tried + 1))
    check(w.run("db", "import", "-d", w.db, folder) == 0, w.err)
    check(w.left() == ["feeds"], w.left())


def limited(w, size, *args):
    """Like w.run, with no file larger than `size`: what a full disk looks like from within."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    done = subprocess.run([w.vulnward, *args], env=w.env, cwd=w.dir, timeout=120, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limit, restore_signals=False)
    w.out, w.err = done.stdout.decode(), done.stderr.decode()
    return done.returncode


def test_no_room_for_a_download(w):
    """The machine's fault, not a source's: status 5, at once, and the database is as it was."""
    before = w.bytes()
    w.server.files["/kev/known_exploited_vulnerabilities.json"] = site.kev(["CVE-2026-5000"])
    size = len(w.server.files[FEED])
    check(limited(w, size - 1000, *w.command(sources=("nvd", "kev"))) == 5, w.out + w.err)
    contains(w.err, "writing: File too large")
    contains(w.err, "nothing was updated; the database is as it was")
    check("FAILED" not in w.out, w.out)
    check(w.bytes() == before, "the database has changed")
    updated(w)


def test_no_room_for_the_database(w):
    before = w.bytes()
    check(limited(w, len(before) - 4096, *w.command()) == 5, w.out + w.err)
    contains(w.err, "File too large")
    check(w.bytes() == before, "the database has changed")
    updated(w)


def test_two_updates_at_once(w):
    w.server.rule(FEED, "slow", chunk=4000, delay=0.2)
    p = subprocess.Popen([w.vulnward, *w.command()], env=w.env, cwd=w.dir, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    while not os.path.exists(w.db + ".update"):
        time.sleep(0.01)
    time.sleep(0.1)
    start = time.monotonic()
    check(w.run("db", "status", "-d", w.db) == 0, w.err)
    check(time.monotonic() - start < 5, "a reader waited")
    check(w.update("--wait", "0") == 4, w.out)
    check(re.search(r"process %d, since 2\d{3}-\d\d-\d\dT[\d:]{8}Z, is updating" % p.pid, w.err), w.err)
    check(w.update("--wait", "60") == 0, w.err)
    check(p.wait() == 0, "the first one failed")


def test_replaced_while_downloading(w):
    """What was not fetched because one database had it is not in the other."""
    older = os.path.join(w.dir, "older.vwb")
    w.server.files["/osv/PyPI/all.zip"] = site.osv_zip("PyPI", 5, "PYSEC")
    check(w.run("db", "export", "-d", w.db, older) == 0, w.err)
    check(w.update(sources=("osv:PyPI",)) == 0, w.err)
    w.new_modified(seed=4)
    w.server.rule(FEED, "slow", chunk=4000, delay=0.1)
    p = subprocess.Popen([w.vulnward, *w.command(sources=("osv:PyPI", "nvd"))], env=w.env, cwd=w.dir,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while not [x for x in w.server.asked() if x == FEED]:
        time.sleep(0.01)
    check(w.run("db", "install", "-d", w.db, "--force", older) == 0, w.err)
    before = w.bytes()
    err = p.communicate()[1].decode()
    check(p.returncode == 4, err)
    contains(err, "was replaced while this update was downloading; run it again")
    check(w.bytes() == before, "the database has changed")
    check(w.update(sources=("osv:PyPI", "nvd")) == 0, w.err)
    check(w.rows("SELECT records FROM source WHERE name = 'osv'") == [(5,)], w.rows("SELECT * FROM source"))


def test_second_update_knows_the_first(w):
    """One that had to wait does not fetch again what the other has just taken, and says whom it waits for."""
    w.server.rule(FEED, "slow", chunk=4000, delay=0.15, times=1)
    p = subprocess.Popen([w.vulnward, *w.command()], env=w.env, cwd=w.dir, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    while not [x for x in w.server.asked() if x == FEED]:
        time.sleep(0.01)
    check(w.update() == 0, w.err)
    check(p.wait() == 0, "the first one failed")
    contains(w.err, "waiting for process %d, since " % p.pid)
    check(w.server.asked().count(FEED) == 1, w.server.asked())


# ---- libraries that are loaded when they are needed ----

def test_missing_libraries(w):
    """Each is named, with what it is needed for; nothing is half done."""
    lib = os.path.join(w.dir, "lib")
    os.mkdir(lib)
    for name in ("libcurl.so.4", "libsodium.so.23"):
        with open(os.path.join(lib, name), "w", encoding="ascii") as f:
            f.write("not a library")
    env = {"LD_LIBRARY_PATH": lib}
    before = w.bytes()
    check(w.update(env=env) == 5, w.out)
    contains(w.err, "libcurl.so.4 is needed for updates")
    contains(w.err, "nothing was updated; the database is as it was")
    check(w.run("db", "install", "-d", w.db, "--verify", "RWTaQJm5u8jel8Hg2HMZEVPWr495LgPIvgeVoOgQWo46viEQEqknMhri",
                "x.vwb", env=env) in (4, 5), w.out)
    check(w.run("db", "export", "-d", w.db, "x.vwb", env=env) == 0, w.err)
    with open(os.path.join(w.dir, "x.vwb.minisig"), "w", encoding="ascii") as f:
        f.write("untrusted comment: x\nRWTaQJm5u8jel8Hg\n")
    check(w.run("db", "install", "-d", w.db, "--verify", "RWTaQJm5u8jel8Hg2HMZEVPWr495LgPIvgeVoOgQWo46viEQEqknMhri",
                "x.vwb", env=env) == 5, w.out)
    contains(w.err, "libsodium.so.23 is needed for signatures")
    check(w.run("db", "status", "-d", w.db, env=env) == 0, w.err)
    check(w.bytes() == before, "the database has changed")


# ---- no network elsewhere ----

def test_scan_has_no_libcurl(w):
    """Neither linked nor loaded by anything but an update."""
    with open(os.path.join(w.dir, "p.csv"), "w", encoding="ascii") as f:
        f.write("name,version\ngadget,0.5\n")
    for args in (["db", "status", "-d", w.db], ["db", "import", "-d", w.db, w.fetch_to("2010")],
                 ["scan", "-d", w.db, "p.csv"]):
        loaded = subprocess.run([w.vulnward, *args], env=dict(w.env, LD_DEBUG="files"), cwd=w.dir,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE).stderr.decode(errors="replace")
        check("libsqlite3" in loaded, "LD_DEBUG shows nothing")
        check("libcurl" not in loaded, "libcurl was loaded by %s" % args)
    loaded = subprocess.run([w.vulnward, *w.command()], env=dict(w.env, LD_DEBUG="files"), cwd=w.dir,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE).stderr.decode(errors="replace")
    check("libcurl" in loaded, "this test can not fail")


def fetch_to(w, name):
    path = os.path.join(w.dir, "nvdcve-2.0-%s.json.gz" % name)
    with open(path, "wb") as f:
        f.write(w.server.files["/nvd/" + os.path.basename(path)])
    return path


World.fetch_to = fetch_to


def main():
    vulnward, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    tests = [(name[5:], f) for name, f in list(globals().items()) if name.startswith("test_")]
    tests = [t for t in tests if not wanted or any(t[0].startswith(x) for x in wanted)]
    print("1..%d" % len(tests), flush=True)
    failed = 0
    with Server() as server:
        w = World(vulnward, server)
        try:
            w.reset()
            if w.update() != 0:
                print("Bail out! the first update failed: " + w.err.replace("\n", " "))
                return 1
            shutil.copyfile(w.db, w.base)
            for number, (name, f) in enumerate(tests, 1):
                w.reset()
                try:
                    f(w)
                    print("ok %d - %s" % (number, name), flush=True)
                except Skip as why:
                    print("ok %d - %s # SKIP %s" % (number, name, why), flush=True)
                except Exception as e:
                    failed += 1
                    print("not ok %d - %s" % (number, name))
                    trace = traceback.extract_tb(e.__traceback__)[-1] if not isinstance(e, AssertionError) else ""
                    print("".join("# %s\n" % l for l in ("%s %s" % (e, trace)).splitlines()), end="", flush=True)
        finally:
            shutil.rmtree(w.dir, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
