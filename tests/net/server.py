# SPDX-License-Identifier: Apache-2.0
"""An HTTP server that misbehaves on command, for tests of downloads. Standard library only.

    with Server() as s:
        s.files["/a.gz"] = b"..."
        s.rule("/a.gz", "status", times=2, code=503, headers={"Retry-After": "1"})
        ... s.url + "/a.gz" ...
        s.log: what was asked and answered

A rule changes the answers for one path, for the next `times` requests (default: always). Without one,
files are served with an ETag and Last-Modified, conditional requests and ranges work as they should.

    status    code, headers, body       that answer
    redirect  to, code
    truncate  after=N                   announces everything, closes behind N bytes
    stall     after=N, seconds          goes on only after that time
    slow      chunk, delay              the whole file, slowly
    change    after=N, data             closes behind N bytes; the file is another one from then on
    length    add=N                     Content-Length is wrong by N
    empty, html, corrupt                no body; a page with status 200; one bit is wrong
    no_length                           no Content-Length: the end of the connection is the end
    plain                               no validators, no ranges
    weak                                a weak entity tag
    whole                               ranges are ignored
    mix                                 a range is served whatever If-Range says
    old_range                           the range starts elsewhere than asked
"""
import email.utils
import hashlib
import http.server
import ssl
import threading
import time

DATE = "Sun, 20 Sep 2026 00:00:00 GMT"


class Rule:
    def __init__(self, kind, times, args):
        self.kind, self.times, self.args = kind, times, args


class Server:
    def __init__(self, certificate=None):
        self.files, self.rules, self.handlers, self.log = {}, {}, {}, []
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.site = self
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = "%s://localhost:%d" % ("https" if certificate else "http", self.server.server_address[1])

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def rule(self, path, kind, times=None, **args):
        self.rules.setdefault(path, []).append(Rule(kind, times, args))

    def reset(self):
        with self.lock:
            self.rules, self.handlers = {}, {}
            self.log.clear()

    def take_rule(self, path):
        with self.lock:
            rules = self.rules.get(path) or []
            while rules and rules[0].times == 0:
                rules.pop(0)
            if not rules:
                return None
            if rules[0].times is not None:
                rules[0].times -= 1
            return rules[0]

    def asked(self, status=None):
        """Paths in the order they were asked for."""
        with self.lock:
            return [path for path, _, code in self.log if status in (None, code)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError):
            pass

    def answer(self, code, headers=(), body=b"", length=None):
        site = self.server.site
        with site.lock:
            site.log.append((self.path, dict(self.headers), code))
        self.send_response(code)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if length is not False and code != 304:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def hang_up(self):
        self.wfile.flush()
        self.close_connection = True

    def do_GET(self):
        site = self.server.site
        path = self.path.partition("?")[0]
        if path.startswith("http://"):  # we are a proxy
            path = "/" + path.split("/", 3)[3]
        if path in site.handlers:
            return site.handlers[path](self)
        rule = site.take_rule(self.path) or Rule("", None, {})
        if rule.kind == "status":
            return self.answer(rule.args["code"], rule.args.get("headers", {}), rule.args.get("body", b"no\n"))
        if rule.kind == "redirect":
            return self.answer(rule.args.get("code", 302), {"Location": rule.args["to"]}, b"elsewhere\n")
        if path not in site.files:
            return self.answer(404, {"Content-Type": "text/html"}, b"<html>not here</html>\n")
        return self.serve(site, path, rule)

    def serve(self, site, path, rule):
        kind, args, data = rule.kind, rule.args, site.files[path]
        tag = '%s"%s"' % ("W/" if kind == "weak" else "", hashlib.sha256(data).hexdigest()[:16])
        headers = {} if kind == "plain" else {"ETag": tag, "Last-Modified": DATE, "Accept-Ranges": "bytes"}
        code, start = 200, 0
        if kind != "plain" and (self.headers.get("If-None-Match") == tag or (
                "If-None-Match" not in self.headers and self.headers.get("If-Modified-Since") == DATE)):
            return self.answer(304, headers)
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes=") and kind not in ("plain", "whole"):
            if kind in ("mix", "old_range") or self.headers.get("If-Range", tag) == tag:
                start = int(wanted[6:].rstrip("-"))
                if start >= len(data):
                    return self.answer(416, {"Content-Range": "bytes */%d" % len(data)})
                start -= 10 if kind == "old_range" else 0
                code = 206
                headers["Content-Range"] = "bytes %d-%d/%d" % (start, len(data) - 1, len(data))
        body = data[start:]
        self.send_as(site, path, kind, args, code, headers, body)

    def send_as(self, site, path, kind, args, code, headers, body):
        if kind == "empty":
            body = b""
        elif kind == "html":
            headers["Content-Type"], body = "text/html; charset=utf-8", b"<html>Please log in</html>\n" * 5
        elif kind == "corrupt":
            body = body[:100] + bytes([body[100] ^ 1]) + body[101:]
        if kind in ("truncate", "change"):
            self.answer(code, headers, body[:args["after"]], length=len(body))
            if kind == "change":
                site.files[path] = args["data"]
            return self.hang_up()
        if kind == "stall":
            self.answer(code, headers, body[:args["after"]], length=len(body))
            time.sleep(args["seconds"])
            self.wfile.write(body[args["after"]:])
            return self.hang_up()
        if kind == "slow":
            self.answer(code, headers, b"", length=len(body))
            for at in range(0, len(body), args["chunk"]):
                self.wfile.write(body[at:at + args["chunk"]])
                self.wfile.flush()
                time.sleep(args["delay"])
            return None
        if kind == "length":
            self.answer(code, headers, body, length=len(body) + args["add"])
            return self.hang_up()
        if kind == "no_length":
            self.answer(code, dict(headers, Connection="close"), body, length=False)
            return self.hang_up()
        return self.answer(code, headers, body)


def http_date(seconds_from_now):
    return email.utils.formatdate(time.time() + seconds_from_now, usegmt=True)
