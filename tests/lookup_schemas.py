#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON of the lookups is what its schemas say. Prints TAP.

What the program writes is checked by the cases, to the byte; so it is enough to hold their texts
against the schemas. Each schema must have a text, and must refuse one that lacks a required field.
"""
import glob
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ("show", "search", "diff")


def texts(name):
    for path in sorted(glob.glob(os.path.join(HERE, "cases", "*.case"))):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for block in re.findall(r'^@STDOUT\n(\{\n  "schema": "vulnward\.%s/1".*?^\}\n)' % name, text, re.S | re.M):
            yield os.path.basename(path), json.loads(block)


def places(value, found=()):
    """The path of every object, to take fields away from."""
    if isinstance(value, dict):
        yield found
        for key, inner in value.items():
            yield from places(inner, found + (key,))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from places(inner, found + (i,))


def accepts_less(validator, document):
    """Fields that may be taken away without the schema noticing."""
    kept = json.dumps(document)
    for path in list(places(document)):
        inner = document
        for step in path:
            inner = inner[step]
        for key in list(inner):
            less = json.loads(kept)
            at = less
            for step in path:
                at = at[step]
            del at[key]
            if validator.is_valid(less):
                yield "/".join(map(str, path + (key,)))


def main():
    try:
        import jsonschema
    except ImportError:
        print("1..0 # SKIP no jsonschema here")
        return 0
    failed = 0
    for number, name in enumerate(NAMES, 1):
        faults = []
        with open(os.path.join(HERE, "schemas", name + "-1.schema.json"), encoding="utf-8") as f:
            schema = json.load(f)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        count = 0
        for case, document in texts(name):
            count += 1
            faults += ["%s: %s: %s" % (case, "/".join(map(str, e.absolute_path)), e.message[:200])
                       for e in validator.iter_errors(document)]
            faults += ["%s: may be left out: %s" % (case, x) for x in accepts_less(validator, document)]
        if not count:
            faults.append("no case shows it")
        failed += bool(faults)
        print("%s %d - vulnward.%s/1" % ("not ok" if faults else "ok", number, name))
        for fault in faults[:10]:
            print("# " + fault)
    print("1..%d" % len(NAMES))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
