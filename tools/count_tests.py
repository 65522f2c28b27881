#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the logs of Meson: count_tests.py BUILD... Lists what failed, ends with the totals.

A program that speaks TAP counts with its subtests, any other as one test. A program that ended
badly is at least one failure, whatever its subtests said.
"""
import json
import os
import sys
import xml.etree.ElementTree as ET

passed = failed = skipped = 0


def subtests(logs):
    """By program: how many subtests passed, failed, were skipped."""
    counts = {}
    for suite in ET.parse(os.path.join(logs, 'testlog.junit.xml')).getroot().iter('testsuite'):
        for case in suite.iter('testcase'):
            bad = case.find('failure') is not None or case.find('error') is not None
            kind = 1 if bad else 2 if case.find('skipped') is not None else 0
            # A suite per program with subtests; the others stand together in one.
            name = suite.get('name') if ' / ' in suite.get('name') else case.get('name')
            counts.setdefault(name.split(' / ')[-1], [0, 0, 0])[kind] += 1
            if bad:
                print('failed:', suite.get('name'), case.get('name'))
    return counts


for build in sys.argv[1:]:
    logs = os.path.join(build, 'meson-logs')
    counts = subtests(logs)
    for line in open(os.path.join(logs, 'testlog.json'), encoding='utf-8'):
        test = json.loads(line)
        name = test['name'].split(' / ')[-1]
        good, bad, left = counts.get(name, [0, 0, 0])
        if not good + bad + left:
            good, left = int(test['result'] == 'OK'), int(test['result'] == 'SKIP')
        if test['result'] not in ('OK', 'SKIP') and not bad:
            bad = 1
            print('failed:', test['name'], test['result'])
        passed, failed, skipped = passed + good, failed + bad, skipped + left
if not passed:
    failed += 1
    print('failed: not one test ran')
print(f'{passed} passed, {failed} failed, {skipped} skipped')
sys.exit(failed != 0)
