#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make bench: import and scan against the cost of the bytes themselves, in one run.

    run.py VULNWARD RAW OPEN WORK_FOLDER [--cves N] [--rounds N]

The feed has the whole NVD's size. With ../shared/tools/full_scale_feed.py and the corpus it is made
from real records, otherwise from synthetic ones. It is kept in the work folder for the next run, and
so is the "modified" feed made from it. What is measured and what it is to reach: docs/PERFORMANCE.md.
"""
import argparse, datetime, glob, gzip, json, os, random, re, shutil, statistics, subprocess, sys, time

ap = argparse.ArgumentParser()
ap.add_argument('vulnward'); ap.add_argument('raw'); ap.add_argument('open'); ap.add_argument('work')
ap.add_argument('--cves', type=int, default=365000)
ap.add_argument('--rounds', type=int, default=3, help='of the imports')
ap.add_argument('--shared', help='where the corpus is')
a = ap.parse_args()
here = os.path.dirname(os.path.abspath(__file__))
shared = a.shared or os.path.join(here, '..', '..', 'shared')
feed = os.path.join(a.work, f'feed-{a.cves}')
modified = os.path.join(a.work, f'modified-{a.cves}', 'nvdcve-2.0-modified.json.gz')
corpus = [os.path.join(shared, 'corpus', x) for x in ('nvd', 'cvelistV5', 'osv', 'kev')]
db = os.path.join(a.work, 'bench.db')
kernel = 'kernel-image-6.1.38_6.1.38-r0_core2-64.ipk'


def synthetic(out):
    """Yearly feeds of plausible shape: text, scores, ranges, references; the kernel in one of five."""
    rnd = random.Random(1)
    per_year = a.cves // 10
    for year in range(2015, 2025):
        with gzip.open(os.path.join(out, f'nvdcve-2.0-{year}.json.gz'), 'wt', compresslevel=6) as f:
            f.write('{"resultsPerPage":%d,"startIndex":0,"totalResults":%d,"format":"NVD_CVE","version":"2.0",'
                    '"timestamp":"2026-08-21T00:00:00.000","vulnerabilities":[' % (per_year, per_year))
            for i in range(per_year):
                cpe = ('cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*' if i % 5 == 0
                       else f'cpe:2.3:a:vendor{i % 900}:product{i % 9000}:*:*:*:*:*:*:*:*')
                text = ' '.join(rnd.choice(('buffer', 'length', 'request', 'parser', 'remote', 'crafted', 'memory',
                                            'handler', 'missing', 'check', 'allows')) for _ in range(90))
                rec = {'cve': {'id': f'CVE-{year}-{10000 + i}', 'published': f'{year}-03-01T10:00:00.000',
                               'lastModified': f'{year}-04-01T10:00:00.000', 'vulnStatus': 'Analyzed',
                               'descriptions': [{'lang': 'en', 'value': text}],
                               'metrics': {'cvssMetricV31': [{'source': 'nvd@nist.gov', 'type': 'Primary', 'cvssData': {
                                   'version': '3.1', 'baseScore': rnd.randrange(20, 99) / 10,
                                   'vectorString': 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'}}]},
                               'configurations': [{'nodes': [{'operator': 'OR', 'negate': False, 'cpeMatch': [
                                   {'vulnerable': True, 'criteria': cpe, 'versionStartIncluding': f'{rnd.randrange(2, 6)}.{rnd.randrange(0, 19)}',
                                    'versionEndExcluding': f'{rnd.randrange(4, 8)}.{rnd.randrange(0, 19)}.{rnd.randrange(1, 200)}'}
                                   for _ in range(4)]}]}],
                               'references': [{'url': f'https://example.invalid/{year}/{i}/{rnd.getrandbits(128):032x}',
                                               'tags': ['Patch']} for _ in range(12)]}}
                f.write((',' if i else '') + json.dumps(rec, separators=(',', ':')))
            f.write(']}')


def make_feed():
    if glob.glob(feed + '/*.json.gz'):
        return
    os.makedirs(feed + '.tmp', exist_ok=True)
    tool = os.path.join(shared, 'tools', 'full_scale_feed.py')
    print(f'bench: making a feed of {a.cves} CVEs (once, some minutes)', file=sys.stderr)
    if os.path.exists(tool) and os.path.isdir(os.path.join(shared, 'corpus', 'nvd')):
        subprocess.run([sys.executable, tool, feed + '.tmp', '--cves', str(a.cves)], check=True, stderr=subprocess.DEVNULL)
    else:
        synthetic(feed + '.tmp')
    os.rename(feed + '.tmp', feed)


def make_inventory():
    """500 packages and a kernel: a real image's list where there is one, else names of the product table."""
    real = os.path.join(shared, 'corpus', 'inventory', 'yocto', 'core-image-sato-ipk', 'installed-packages.txt')
    if os.path.exists(real):
        lines = [l for l in open(real).read().split('\n') if l and not l.startswith('kernel')][:500]
    else:
        rows = [l.split('\t')[0] for l in open(os.path.join(here, '..', 'data', 'products.tsv')) if l[0] not in '#\n']
        lines = [f'{n}_1.{i % 30}.{i % 7}-r0_core2-64.ipk' for i, n in enumerate(x for x in rows if '*' not in x and '_' not in x)][:500]
    path = os.path.join(a.work, 'installed-packages.txt')
    open(path, 'w').write('\n'.join(lines + [kernel]) + '\n')
    return path


def year_records(path):
    """Where records of a feed start. In a text of one the quotes would be escaped."""
    text = gzip.open(path, 'rt').read()
    return text, [m.start() for m in re.finditer(r'\{\s*"cve"\s*:\s*\{', text)]


def make_modified():
    """What changes in eight days: 4,000 records of all years, with dates behind those of the full feed."""
    if os.path.exists(modified):
        return
    print('bench: making a "modified" feed (once)', file=sys.stderr)
    records, newest, sizes = [], '', {f: os.path.getsize(f) for f in files}
    for f in files:
        text, starts = year_records(f)
        newest = max([newest] + re.findall(r'"lastModified"\s*:\s*"([^"]+)"', text))
        want = max(1, round(4000 * sizes[f] / sum(sizes.values())))
        for i in starts[::max(1, len(starts) // want)][:want]:
            records.append(json.JSONDecoder().raw_decode(text, i)[0])
    start = datetime.datetime.fromisoformat(newest)
    for i, r in enumerate(records):
        when = start + datetime.timedelta(days=8) * (i + 1) / len(records)
        r['cve']['lastModified'] = when.isoformat(timespec='milliseconds')
    whole = {'resultsPerPage': len(records), 'startIndex': 0, 'totalResults': len(records), 'format': 'NVD_CVE', 'version': '2.0',
             'timestamp': (start + datetime.timedelta(days=8)).isoformat(timespec='milliseconds'), 'vulnerabilities': records}
    os.makedirs(os.path.dirname(modified), exist_ok=True)
    with gzip.open(modified + '.tmp', 'wt') as f:
        json.dump(whole, f, separators=(',', ':'))
    os.rename(modified + '.tmp', modified)


def apart(work):
    """In a process of its own: a child's peak memory counts from its parent's, which has to stay small."""
    pid = os.fork()
    if not pid:
        try:
            work()
        except BaseException as e:
            print(f'bench: {e}', file=sys.stderr)
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        sys.exit('bench: no feed')


def run(args):
    """(wall seconds, peak memory in MB, exit status)"""
    t = time.perf_counter()
    p = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - t, usage.ru_maxrss / 1024, p.returncode


def run_raw(paths):
    """[inflate, parse, sum, bytes]"""
    return [float(x) for x in subprocess.run([a.raw] + paths, check=True, capture_output=True, text=True).stdout.split()]


def run_import(to, paths, start_from=None):
    for old in (to, to + '.lock'):
        if os.path.exists(old):
            os.unlink(old)
    if start_from:
        shutil.copyfile(start_from, to)
    r = run([a.vulnward, 'db', 'import', '--keep', '0', '-d', to] + paths)
    if r[2]:
        sys.exit(f'bench: the import of {paths[0]} ... failed')
    return r


# Reaches in seconds were set on a machine where the raw cost of the full-size feed is 2.4 s. A machine's
# clock says as much about its other guests as about the program; the ratio does not.
def of_raw(seconds):
    return seconds / 2.4 * 100


SCAN_REACH, MODIFIED_REACH, OPEN_REACH = of_raw(0.015), of_raw(0.5), of_raw(0.002)


def reach(ok):
    return 'reached' if ok else 'MISSED'


def show_import(name, raws, imports):
    raw, seconds, memory = min(r[2] for r in raws), min(i[0] for i in imports), max(i[1] for i in imports)
    print(f'{name:15} raw {raw:.2f} s on one core (inflate {min(r[0] for r in raws):.2f}, parse {min(r[1] for r in raws):.2f}), '
          f'{raws[0][3] / 1e6:.0f} MB')
    print(f'{"":15} import {seconds:.2f} s = {seconds / raw:.2f} x raw   (reach 2.50 x: {reach(seconds <= 2.5 * raw)}), '
          f'{memory:.0f} MB (reach 256: {reach(memory <= 256)})')


def show_share(name, seconds, least, best, unit, scale, digits):
    """A time as a share of raw: the median decides, against raw's; the shortest against the shortest."""
    median = statistics.median(seconds)
    share = median / raw * 100
    print(f'{name:15} {median * scale:.{digits}f} {unit} = {share:.3f} % of raw, at least {min(seconds) * scale:.{digits}f} {unit} = '
          f'{min(seconds) / best * 100:.3f} %' + (f'   (reach {least:.3f} %: {reach(share <= least)})' if least else ''), end='')


os.makedirs(a.work, exist_ok=True)
apart(make_feed)
inventory = make_inventory()
files = sorted(glob.glob(feed + '/*.json.gz'))
apart(make_modified)
has_corpus = all(os.path.isdir(x) for x in corpus)
corpus_files = sorted(f for x in corpus for f in glob.glob(x + '/*') if not f.endswith('.meta')) if has_corpus else []
if a.cves != 365000:
    print(f'bench: {a.cves} CVEs are not the whole NVD: shares of raw and the size say nothing of the reaches')

# Everything in turns with raw, so that all see the same machine.
raws, imports, corpus_raws, corpus_imports, applied = [], [], [], [], []
other = os.path.join(a.work, 'bench-other.db')
for _ in range(a.rounds):
    raws.append(run_raw(files))
    imports.append(run_import(db, files))
    applied.append(run_import(other, [modified], db))
    if has_corpus:
        corpus_raws.append(run_raw(corpus_files))
        corpus_imports.append(run_import(other, corpus))
print(f'feed            {a.cves} CVEs, {len(files)} files')
show_import('whole NVD', raws, imports)
if has_corpus:
    show_import('corpus', corpus_raws, corpus_imports)
else:
    print('corpus          skipped: there is no ' + os.path.normpath(os.path.join(shared, 'corpus')))

kinds = (('table', []), ('json', ['-o', 'json=/dev/null']), ('junit', ['-o', 'junit=/dev/null']))
scans, opens = {name: [] for name, _ in kinds}, []
for _ in range(5):
    raws.append(run_raw(files))
    opens.append([float(x) / 1e3 for x in subprocess.run([a.open, db], check=True, capture_output=True, text=True).stdout.split()])
    for _ in range(5):
        for name, out in kinds:
            scans[name].append(run([a.vulnward, 'scan', '-d', db] + out + [inventory]))
            if scans[name][-1][2] not in (0, 1):
                sys.exit(f'bench: the scan ({name}) failed')
raw, best_raw = statistics.median(r[2] for r in raws), min(r[2] for r in raws)
print(f'raw, all runs   median {raw:.2f} s, at least {best_raw:.2f} s')
show_share('8 days applied', [x[0] for x in applied], MODIFIED_REACH, best_raw, 's', 1, 2)
print(f', {max(x[1] for x in applied):.0f} MB')
size = os.path.getsize(db) / 1e6
print(f'database        {size:.0f} MB' + (f'   (reach 300: {reach(size <= 300)})' if a.cves == 365000 else ''))
show_share('opening', [x[0] for x in opens], OPEN_REACH, best_raw, 'ms', 1e3, 3)
print()
for name, _ in kinds:
    peak = max(x[1] for x in scans[name])
    show_share(f'scan, {name}', [x[0] for x in scans[name]], SCAN_REACH if name != 'junit' else None, best_raw, 'ms', 1e3, 1)
    print(f', {peak:.0f} MB' + (f' (reach 48: {reach(peak <= 48)})' if name != 'junit' else ''))
for path in (other, other + '.lock'):
    if os.path.exists(path):
        os.unlink(path)
