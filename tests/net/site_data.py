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


def cve5(number, version="1.0", updated="2026-09-01T00:00:00.000Z"):
    """A record of the CVE List."""
    return json.dumps({
        "dataType": "CVE_RECORD", "dataVersion": "5.1",
        "cveMetadata": {"cveId": number, "assignerOrgId": "8254265b-2729-46b6-b9e3-3dfca2d5bfca", "state": "PUBLISHED",
                        "datePublished": "2020-01-01T00:00:00.000Z", "dateUpdated": updated},
        "containers": {"cna": {
            "providerMetadata": {"orgId": "8254265b-2729-46b6-b9e3-3dfca2d5bfca", "shortName": "acme"},
            "descriptions": [{"lang": "en", "value": "Made up."}],
            "affected": [{"vendor": "acme", "product": "gadget", "versions": [
                {"version": "0", "lessThan": version, "status": "affected", "versionType": "semver"}]}],
            "references": [{"url": "https://example.org/"}]}}}).encode()


def cvelist_whole(numbers, day):
    """A zip inside a zip, as the CVE Program publishes it; the newest change is of the minute before midnight."""
    newest = "%s-%02dT23:59:00.000Z" % (day[:7], int(day[8:]) - 1)
    inner = zipped([("cves/2020/1xxx/%s.json" % n, cve5(n, updated=newest)) for n in numbers])
    return zipped([("cves.zip", inner)])


def cvelist_delta(numbers, updated):
    return zipped([("deltaCves/%s.json" % n, cve5(n, "2.0", updated)) for n in numbers])


def releases(files, folder="/cvelist", digests=True):
    """The listing of all archives in the folder, as GitHub writes it: newest first."""
    names = sorted((p[len(folder) + 1:] for p in files if p.startswith(folder + "/") and p.endswith(".zip")), reverse=True)
    out = []
    for name in names:
        asset = {"name": name, "size": len(files[folder + "/" + name]),
                 "browser_download_url": "https://github.com/CVEProject/cvelistV5/releases/download/x/" + name}
        if digests:
            asset["digest"] = "sha256:" + hashlib.sha256(files[folder + "/" + name]).hexdigest()
        out.append({"tag_name": "cve_" + name[:10], "assets": [asset]})
    out.append({"tag_name": "notes", "assets": [{"name": "release_notes.md", "size": 1}]})
    files[folder + "/releases.json"] = json.dumps(out).encode()


def osv(number, ecosystem, fixed="1.0", modified="2026-09-01T00:00:00Z"):
    return json.dumps({
        "schema_version": "1.6.0", "id": number, "modified": modified, "published": "2020-01-01T00:00:00Z",
        "summary": "Made up.", "affected": [{"package": {"ecosystem": ecosystem, "name": "gadget"}, "ranges": [
            {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]}).encode()


def osv_zip(ecosystem, n, prefix="EX"):
    return zipped([("%s-2026-%d.json" % (prefix, i), osv("%s-2026-%d" % (prefix, i), ecosystem)) for i in range(1, n + 1)])


def kev(numbers, released="2026-09-20T10:00:00.000Z"):
    return json.dumps({
        "title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": released[:10].replace("-", "."),
        "dateReleased": released, "count": len(numbers), "vulnerabilities": [
            {"cveID": n, "vendorProject": "Acme", "product": "Gadget", "vulnerabilityName": "Made up", "dateAdded": "2026-01-01",
             "shortDescription": "Made up.", "requiredAction": "Update.", "dueDate": "2026-01-22",
             "knownRansomwareCampaignUse": "Unknown", "notes": "", "cwes": []} for n in numbers]}).encode()


def epss(numbers, day="2026-09-20"):
    text = "#model_version:v2025.03.14,score_date:%sT12:00:00Z\ncve,epss,percentile\n" % day
    return gzip.compress((text + "".join("%s,0.01000,0.50000\n" % n for n in numbers)).encode(), mtime=0)
