#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up Meson's JUnit logs: count_tests.py LOG... Lists what failed, ends with the totals."""
import sys
import xml.etree.ElementTree as ET

passed = failed = skipped = 0
for log in sys.argv[1:]:
    for suite in ET.parse(log).getroot().iter('testsuite'):
        cases = list(suite.iter('testcase'))
        if not cases and int(suite.get('errors', 0)) + int(suite.get('failures', 0)):
            failed += 1
            print('failed:', log, suite.get('name'))
        for case in cases:
            if case.find('failure') is not None or case.find('error') is not None:
                failed += 1
                print('failed:', suite.get('name'), case.get('name'))
            elif case.find('skipped') is not None:
                skipped += 1
            else:
                passed += 1
if not passed:
    failed += 1
    print('failed: not one test ran')
print(f'{passed} passed, {failed} failed, {skipped} skipped')
sys.exit(failed != 0)
