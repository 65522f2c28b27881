# SPDX-License-Identifier: Apache-2.0
"""What publishers serve, made up: small feeds in their layouts."""
import gzip
import hashlib
import io
import json
import random
import zipfile

YEARS = range(2002, 2027)
TIME = "2026-09-20T00:00:00.000"


def cve(number, version="1.0", modified="2026-09-01T00:00:00.000", words=""):
    return {"cve": {"id": number, "sourceIdentifier": "cve@mitre.org", "published": "2020-01-01T00:00:00.000",
                    "lastModified": modified, "vulnStatus": "Analyzed",
                    "descriptions": [{"lang": "en", "value": "Made up. " + words}], "metrics": {}, "references": [],
                    "configurations": [{"nodes": [{"operator": "OR", "negate": False, "cpeMatch": [
                        {"vulnerable": True, "criteria": "cpe:2.3:a:acme:gadget:*:*:*:*:*:*:*:*",
                         "versionEndExcluding": version}]}]}]}}


def nvd_page(records, start=0, total=None, timestamp=TIME):
    return json.dumps({"resultsPerPage": len(records), "startIndex": start,
                       "totalResults": len(records) if total is None else total, "format": "NVD_CVE", "version": "2.0",
                       "timestamp": timestamp, "vulnerabilities": records}).encode()


def put_nvd(files, name, records, folder="/nvd", timestamp=TIME):
    """A feed and its .meta."""
    content = nvd_page(records, timestamp=timestamp)
    packed = gzip.compress(content, mtime=0)
    base = "%s/nvdcve-2.0-%s" % (folder, name)
    files[base + ".json.gz"] = packed
    files[base + ".meta"] = meta(content, packed)


def meta(content, packed):
    return ("lastModifiedDate:2026-09-20T00:00:00-04:00\r\nsize:%d\r\nzipSize:%d\r\ngzSize:%d\r\nsha256:%s\r\n" % (
        len(content), len(packed) + 136, len(packed), hashlib.sha256(content).hexdigest().upper())).encode()


def year_records(year, n=10):
    return [cve("CVE-%d-%04d" % (year, 1000 + i)) for i in range(n)]


def modified_records(version="2.0", n=300, seed=1):
    """Large enough to be cut, and different in every byte range for another seed."""
    noise = random.Random(seed)
    return [cve("CVE-2026-%04d" % (5000 + i), version, "2026-09-%02dT00:00:00.000" % (10 + seed),
                "%0240x" % noise.getrandbits(960)) for i in range(n)]


def put_all_nvd(files, folder="/nvd"):
    for year in YEARS:
        put_nvd(files, str(year), year_records(year), folder)
    put_nvd(files, "modified", modified_records(), folder)


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name, (2026, 9, 20, 0, 0, 0)), data)
    return out.getvalue()
