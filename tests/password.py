#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The password of a key is asked for at a terminal, and is not shown there. Prints TAP.

    password.py VULNWARD
"""
import os
import pty
import subprocess
import sys
import tempfile
import termios
import time

# minisign's format, password "correct horse"; the key is for tests alone.
KEY = """untrusted comment: minisign encrypted secret key
RWRTY0IyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAAgAAAAAAAAAAAEAAAAAicl1sZLs+rUR+Txe9kaCihwmElfZfQEUTiF+\
GTrgBu1WLdcVmr3N1joVkGHXn51dYtKYwzFxobtaZPLZXLLPmnQSBTHluHGtZ2NG/F1dPLstOCwl6EvlXndO5a5zTNXJtnIm4yq+eQk=
"""
FEED = """{"resultsPerPage":1,"startIndex":0,"totalResults":1,"format":"NVD_CVE","version":"2.0",
"timestamp":"2026-09-20T00:00:00.000","vulnerabilities":[{"cve":{"id":"CVE-2020-0001","published":"2026-09-20T00:00:00.000",
"lastModified":"2026-09-20T00:00:00.000","vulnStatus":"Analyzed","descriptions":[],"references":[]}}]}
"""
# what is typed, exit status, part of the output, is there a bundle
CASES = [
    ("the right password", b"correct horse\n", 0, b"signed with key", True),
    ("a wrong password", b"correct cow\n", 2, b"password is wrong", False),
    ("interrupted", b"\x03\n", 2, b"no password was given", False),
    ("end of input", b"\x04", 2, b"no password was given", False),
]


def ask(program, folder, typed):
    """(output, exit status, does the terminal echo afterwards)"""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execv(program, [program, "db", "export", "-d", "v.db", "--sign", "k.key", "v.vwb"])
    output, sent = b"", False
    while True:
        try:
            piece = os.read(fd, 4096)
        except OSError:
            break
        output += piece
        if not piece:
            break
        # The prompt comes before echo goes off: wait for that.
        if b"password of" in output and not sent:
            for _ in range(1000):
                if not termios.tcgetattr(fd)[3] & termios.ECHO:
                    break
                time.sleep(0.01)
            os.write(fd, typed)
            sent = True
    echo = bool(termios.tcgetattr(fd)[3] & termios.ECHO)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(fd)
    return output, status, echo


def main():
    program, failed = os.path.abspath(sys.argv[1]), 0
    os.environ.pop("VULNWARD_KEY_PASSWORD_FILE", None)
    print(f"1..{len(CASES)}")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("k.key", KEY), ("feed.json", FEED)):
            with open(os.path.join(folder, name), "w", encoding="ascii") as f:
                f.write(text)
        subprocess.run([program, "db", "import", "-d", "v.db", "feed.json"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for i, (what, typed, status, part, there) in enumerate(CASES, 1):
            bundle = os.path.join(folder, "v.vwb")
            output, got, echo = ask(program, folder, typed)
            ok = got == status and part in output and echo and typed.strip() not in output and os.path.exists(bundle) == there
            print(f"{'ok' if ok else 'not ok'} {i} - {what}")
            if not ok:
                print(f"# exit status {got}, echo {echo}: {output!r}")
                failed += 1
            for path in (bundle, bundle + ".minisig"):
                if os.path.exists(path):
                    os.remove(path)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
