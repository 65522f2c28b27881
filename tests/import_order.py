#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The order of imports does not change the result: the same files (NVD, its "modified" feed, CVE List, OSV, KEV, EPSS, and an
earlier and a later edition of most of them) are imported in many orders, in one command or several. Scan, db show and db diff
must say the same of each database.

    tests/import_order.py build/src/vulnward [ORDERS [SEED]]
"""
import gzip
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import zipfile

CVES = [f'CVE-2026-{n}' for n in range(20001, 20025)]
PRODUCTS = ['gadget', 'widget', 'gizmo', 'sprocket']
ENV = {'PATH': os.environ['PATH'], 'LC_ALL': 'C', 'TZ': 'UTC', 'SOURCE_DATE_EPOCH': '1790000000'}


def day(n):
    return f'2026-09-{n:02d}T00:00:00.000'


def nvd(rng, cves, newest):
    """Records of one edition; a few are rejected, have no product or another one than before."""
    out = []
    for cve in cves:
        match = [{'vulnerable': True, 'matchCriteriaId': 'x', 'versionEndExcluding': f'{rng.randint(1, 4)}.{rng.randint(0, 9)}',
                  'criteria': f'cpe:2.3:a:acme:{p}:*:*:*:*:*:*:*:*'} for p in rng.sample(PRODUCTS, rng.randint(0, 2))]
        out.append({'cve': {
            'id': cve, 'sourceIdentifier': 'acme', 'published': day(1), 'lastModified': day(rng.randint(max(1, newest - 6), newest)),
            'vulnStatus': 'Rejected' if rng.random() < 0.1 else 'Analyzed', 'descriptions': [{'lang': 'en', 'value': f'Ours {rng.random()}.'}],
            'metrics': {'cvssMetricV31': [{'source': 'nvd@nist.gov', 'type': 'Primary', 'cvssData': {
                'version': '3.1', 'vectorString': 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H', 'baseScore': 7.5}}]},
            'configurations': [{'nodes': [{'operator': 'OR', 'negate': False, 'cpeMatch': match}]}] if match else [],
            'references': []}})
    return json.dumps({'resultsPerPage': len(out), 'startIndex': 0, 'totalResults': len(out), 'format': 'NVD_CVE', 'version': '2.0',
                       'timestamp': day(newest), 'vulnerabilities': out}).encode()


def cve_record(rng, cve, newest):
    version = {'version': '0', 'lessThan': f'{rng.randint(1, 4)}.{rng.randint(0, 9)}', 'status': 'affected', 'versionType': 'custom'}
    adp = {'providerMetadata': {'orgId': '00000000-0000-4000-8000-000000000001', 'shortName': 'CISA-ADP'}, 'metrics': []}
    if rng.random() < 0.3:
        adp['metrics'].append({'other': {'type': 'kev', 'content': {'dateAdded': f'2026-09-{rng.randint(1, 9):02d}', 'reference': 'x'}}})
    return json.dumps({'dataType': 'CVE_RECORD', 'dataVersion': '5.1', 'cveMetadata': {
        'cveId': cve, 'state': 'REJECTED' if rng.random() < 0.1 else 'PUBLISHED', 'assignerOrgId': '00000000-0000-4000-8000-000000000000',
        'datePublished': day(1) + 'Z', 'dateUpdated': day(rng.randint(max(1, newest - 6), newest)) + 'Z'},
        'containers': {'cna': {'providerMetadata': {'orgId': '00000000-0000-4000-8000-000000000000', 'shortName': 'acme'},
                               'descriptions': [{'lang': 'en', 'value': f'Ours {rng.random()}.'}],
                               'affected': [{'vendor': 'acme', 'product': p, 'defaultStatus': 'unaffected', 'versions': [version]}
                                            for p in rng.sample(PRODUCTS, rng.randint(0, 2))]}, 'adp': [adp]}})


def osv_record(rng, name, newest):
    affected = [{'package': {'ecosystem': e, 'name': p}, 'ranges': [
        {'type': 'SEMVER', 'events': [{'introduced': '0'}, {'fixed': f'{rng.randint(1, 4)}.{rng.randint(0, 9)}.0'}]}]}
        for e, p in [('npm', rng.choice(PRODUCTS)), ('crates.io', rng.choice(PRODUCTS))][:rng.randint(1, 2)]]
    rec = {'id': name, 'modified': day(rng.randint(max(1, newest - 6), newest)) + 'Z', 'affected': affected,
           'aliases': rng.sample(CVES, 1) if rng.random() < 0.7 else ['PYSEC-2026-1']}
    if rng.random() < 0.1:
        rec['withdrawn'] = rec['modified']
    return json.dumps(rec)


def zipped(files):
    b = io.BytesIO()
    with zipfile.ZipFile(b, 'w') as z:
        for name, text in sorted(files.items()):
            z.writestr(name, text)
    return b.getvalue()


def kev(rng, newest):
    return json.dumps({'catalogVersion': '1', 'dateReleased': day(newest) + 'Z', 'count': 4, 'vulnerabilities': [
        {'cveID': c, 'dateAdded': f'2026-09-{rng.randint(1, 9):02d}', 'knownRansomwareCampaignUse': rng.choice(['Known', 'Unknown'])}
        for c in rng.sample(CVES, 4)]}).encode()


def epss(rng, newest):
    lines = [f'{c},0.{rng.randint(10000, 99999)},0.5' for c in rng.sample(CVES, 12)]
    return f'#model_version:v1,score_date:{day(newest)[:-4]}Z\ncve,epss,percentile\n'.encode() + '\n'.join(lines).encode() + b'\n'


def make_files(rng):
    def cve_zip(newest, n):
        inner = zipped({f'cves/2026/20xxx/{c}.json': cve_record(rng, c, newest) for c in rng.sample(CVES, n)})
        return zipped({'cves.zip.zip': inner})

    def osv_zip(newest):
        return zipped({f'GHSA-aaaa-bbbb-{n:04d}.json': osv_record(rng, f'GHSA-aaaa-bbbb-{n:04d}', newest)
                       for n in rng.sample(range(12), 9)})
    files = {'nvdcve-2.0-2026.json.gz': gzip.compress(nvd(rng, CVES, 10), mtime=0), 'old.json': nvd(rng, CVES[:16], 5),
             'nvdcve-2.0-modified.json': nvd(rng, rng.sample(CVES, 8), 12), 'cvelist.zip': cve_zip(10, 20),
             'deltas.zip': cve_zip(12, 6), 'osv.zip': osv_zip(10), 'osv-later.zip': osv_zip(14), 'kev.json': kev(rng, 10),
             'kev-old.json': kev(rng, 4), 'epss.csv': epss(rng, 10), 'epss-old.csv.gz': gzip.compress(epss(rng, 4), mtime=0)}
    files['PYSEC-2026-1.json'] = json.dumps({'id': 'PYSEC-2026-1', 'modified': day(9) + 'Z', 'aliases': ['PYSEC-2026-2'],
                                             'affected': []}).encode()
    return files


def run(program, args, ok):
    p = subprocess.run([program, *args], capture_output=True, env=ENV, text=True, check=False)
    if p.returncode not in ok:
        sys.exit(f'{args}: exit {p.returncode}: {p.stderr}')
    return p.stdout


def look(program, reference):
    scan = json.loads(run(program, ['scan', '-d', 'v.db', '-o', 'json', 'p.csv'], (0, 1)))
    scan['database'].pop('serial', None)
    show = json.loads(run(program, ['db', 'show', '-d', 'v.db', '-o', 'json', *CVES, 'GHSA-aaaa-bbbb-0001'], (0, 1)))
    run(program, ['db', 'verify', '-d', 'v.db'], (0,))
    diff = run(program, ['db', 'diff', '-d', 'v.db', '-o', 'json', reference, 'v.db'], (0, 1)) if reference else '{}'
    return scan, show, json.loads(diff)


def import_all(program, rng, names, commands):
    for f in os.listdir('.'):
        if f.startswith('v.db'):
            os.remove(f)
    cuts = sorted(rng.sample(range(1, len(names)), commands - 1))
    for a, b in zip([0, *cuts], [*cuts, len(names)]):
        part = names[a:b]
        # A database of catalogues alone is refused.
        yield part


def one_order(program, rng, names, commands):
    left = []
    for part in import_all(program, rng, names, commands):
        left += part
        if os.path.exists('v.db') or any(not n.startswith(('kev', 'epss')) for n in left):
            run(program, ['db', 'import', '--keep', '0', '-d', 'v.db', *left], (0,))
            left = []


def first_difference(a, b, path=''):
    if isinstance(a, dict) and isinstance(b, dict):
        for k in sorted(set(a) | set(b)):
            if a.get(k) != b.get(k):
                return first_difference(a.get(k), b.get(k), f'{path}.{k}')
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            if x != y:
                return first_difference(x, y, f'{path}[{i}]')
    return f'{path}: {json.dumps(a)[:300]} / {json.dumps(b)[:300]}'


def main():
    program = os.path.abspath(sys.argv[1])
    orders = int(sys.argv[2]) if len(sys.argv) > 2 else 16
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 2026
    rng = random.Random(seed)
    print(f'1..{orders}\n# seed {seed}')
    failed = 0
    with tempfile.TemporaryDirectory() as d:
        os.chdir(d)
        files = make_files(rng)
        for name, content in files.items():
            with open(name, 'wb') as f:
                f.write(content)
        with open('p.csv', 'w', encoding='utf-8') as f:
            f.write('name,version,cpe,purl\n')
            for p in PRODUCTS:
                f.write(f'{p},2.5.0,cpe:2.3:a:acme:{p}:2.5.0:*:*:*:*:*:*:*,pkg:npm/{p}@2.5.0\n{p}-rust,1.5.0,,pkg:cargo/{p}@1.5.0\n')
        want = None
        for i in range(1, orders + 1):
            names = sorted(files)
            rng.shuffle(names)
            one_order(program, rng, names, 1 if i % 2 else rng.randint(2, 6))
            got = look(program, 'first.db' if want else None)
            if not want:
                assert got[0]['findings'] and any(x['kev'] for x in got[0]['findings']), 'the files say nothing'
                want = got
                os.rename('v.db', 'first.db')
                print('ok 1 - first')
                continue
            # What is kept of the imports themselves differs: names of kinds, counts of unreadable.
            why = [first_difference(want[0]['findings'], got[0]['findings'], 'scan')] if want[0]['findings'] != got[0]['findings'] else []
            why += [first_difference(want[0]['database'], got[0]['database'], 'database')] * (
                {**want[0]['database']} != {**got[0]['database']})
            why += [first_difference(want[1]['entries'], got[1]['entries'], 'show')] * (want[1]['entries'] != got[1]['entries'])
            why += [f'diff: {json.dumps(got[2]["changes"])[:600]}'] * bool(got[2]['changes'])
            failed += bool(why)
            print(f'{"not ok" if why else "ok"} {i} - {" ".join(names)}')
            for w in why:
                print(f'# {w}')
    sys.exit(1 if failed else 0)


main()
