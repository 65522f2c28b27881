/* SPDX-License-Identifier: Apache-2.0 */
/* Every reason to skip or note an entry; the table of tests/unit/test_inventory.c. */
#ifndef VULNWARD_TESTS_INVENTORY_SKIP_CASES_H
#define VULNWARD_TESTS_INVENTORY_SKIP_CASES_H

#include "base/str.h"

struct skip_case {
    const char *format;
    struct str text;
    size_t components, skipped, line; /* of the first entry listed */
    const char *why;                  /* part of it */
};

static const struct skip_case skips[] = {
    /* rpm */
    {"rpm", STR_INIT("a-1-1.noarch\nnot installed\n"), 1, 1, 2, "not NAME-VERSION-RELEASE"},
    {"rpm", STR_INIT("a-1-1.noarch\nbash-5.1\n"), 1, 1, 2, "not NAME-VERSION-RELEASE"},
    {"rpm", STR_INIT("a-1-1.noarch\nglibc-gconv-latin\n"), 1, 1, 2, "not a version"},
    {"rpm", STR_INIT("a-1-1.noarch\nb\0c-1-1\n"), 1, 1, 2, "NUL"},
    {"rpm", STR_INIT("a-1-1.noarch\nb\xe9-1-1\n"), 1, 1, 2, "UTF-8"},
    {"rpm", STR_INIT("\xef\xbb\xbf\x61-1-1.noarch\r\n\x1b[0m-1-1\r\n"), 1, 1, 2, "control"},
    /* yocto-manifest */
    {"yocto-manifest", STR_INIT("a all 1\nb all\n"), 1, 1, 2, "name architecture version"},
    {"yocto-manifest", STR_INIT("a all 1\nb all 1 2\n"), 1, 1, 2, "name architecture version"},
    {"yocto-manifest", STR_INIT("a all 1\nb - 1\n"), 1, 1, 2, "does not belong"},
    {"yocto-manifest", STR_INIT("a all 1\nb\x01 all 2\n"), 1, 1, 2, "control"},
    {"yocto-manifest",
     STR_INIT("PACKAGE NAME: a\nPACKAGE VERSION: 1\n\nPACKAGE VERSION: 2\nLICENSE: MIT\n"), 1, 1, 4,
     "without PACKAGE NAME"},
    {"yocto-manifest", STR_INIT("PACKAGE NAME: a\nPACKAGE VERSION: 1\n\nPACKAGE NAME: b\n"), 1, 1,
     4, "no version"},
    {"yocto-manifest",
     STR_INIT("RECIPE NAME: a\nVERSION: 1\n\nRECIPE NAME: b\nVERSION: 1\nRECIPE NAME: c\n"), 1, 1,
     4, "twice"},
    {"yocto-manifest", STR_INIT("RECIPE NAME: a\nVERSION: 1\nrubbish\n"), 1, 1, 3, "Field: value"},
    {"yocto-manifest",
     STR_INIT("RECIPE NAME: a\nVERSION: 1\n\nRECIPE NAME: b\nVERSION: 1\xff"
              "2\n"),
     1, 1, 4, "UTF-8"},
    /* dpkg and opkg: status files */
    {"dpkg", STR_INIT("Package: a\nStatus: install ok installed\nVersion: 1-1\n\nVersion: 2\n"), 1,
     1, 5, "without a Package"},
    {"dpkg", STR_INIT("Package: a\nStatus: install ok installed\nVersion: 1-1\n\nPackage: b\n"), 1,
     1, 5, "no Status"},
    {"dpkg",
     STR_INIT("Package: a\nStatus: install ok installed\nVersion: 1\n\n"
              "Package: b\nStatus: install ok instblled\nVersion: 1\n"),
     1, 1, 5, "none that a package manager writes"},
    {"dpkg",
     STR_INIT("Package: a\nStatus: install ok installed\nVersion: 1\n\n"
              "Package: b\nStatus: install ok installed\n"),
     1, 1, 5, "no version"},
    {"dpkg",
     STR_INIT("Package: a\nStatus: install ok installed\nVersion: 1\n\n"
              "Package: b\nStatus: install ok installed\nPackage: c\nVersion: 1\n"),
     1, 1, 5, "twice"},
    {"dpkg", STR_INIT("Package: a\nStatus: install ok installed\nVersion: 1\nrubbish\n"), 1, 1, 4,
     "Field: value"},
    {"dpkg",
     STR_INIT("Package: a\nStatus: install ok installed\nVersion: 1\n\n"
              "Package: b\0\x31\nStatus: install ok installed\nVersion: 1\n"),
     1, 1, 5, "NUL"},
    {"dpkg",
     STR_INIT("Package: a\nStatus: install ok installed\nVersion: 1\n\n"
              "Package: b\nStatus: deinstall ok config-files\nVersion: 1\n"),
     1, 0, 5, "configuration files"},
    {"opkg",
     STR_INIT("Package: a\nVersion: 1\nStatus: install ok installed\n\n"
              "Package: b\nVersion: -1\nStatus: install ok installed\n"),
     1, 1, 5, "no version"},
    {"opkg", STR_INIT("a - 1-r0\nb - 1-r0 what\nc - 1-r0\n"), 2, 1, 2, "name - version"},
    {"opkg", STR_INIT("a - 1-r0\nb\xff - 1-r0\nc - 1-r0\n"), 2, 1, 2, "UTF-8"},
    /* dpkg -l */
    {"dpkg", STR_INIT("ii  a  1-1  all  x\nii  b  2  all  x\nwhat is this\n"), 2, 1, 3,
     "not a row"},
    {"dpkg", STR_INIT("ii  a  1-1  all  x\nii  b  <none>  all  x\n"), 1, 1, 2, "no version"},
    {"dpkg", STR_INIT("ii  a  1-1  all  x\nii  b\xff  1  all  x\n"), 1, 1, 2, "clean text"},
    {"dpkg", STR_INIT("ii  a  1-1  all  x\nun  b  <none>  <none>  x\n"), 1, 0, 2, "not installed"},
    {"dpkg",
     STR_INIT("Gew\xc3\xbcnscht=Unbekannt/Installieren/R/P\n||/ Name\n+++-==-==-==-==\nii  a  1-1  "
              "all\n"),
     1, 0, 1, "heading"},
    /* libs */
    {"libs", STR_INIT("libz.so.1.2.11\nlibfoo.so.6\n"), 1, 1, 2, "interface"},
    {"libs", STR_INIT("libz.so.1.2.11\nlibfoo.so\n"), 1, 1, 2, "no version"},
    {"libs", STR_INIT("libz.so.1.2.11\nlibfoo.so.old\n"), 1, 1, 2, "not a version"},
    {"libs", STR_INIT("libz.so.1.2.11\nlibfoo 1.2\n"), 1, 1, 2, "not the name"},
    {"libs", STR_INIT("libz.so.1.2.11\n/lib/libfoo.sp.1.2\n"), 1, 1, 2, "not the name"},
    {"libs", STR_INIT("libz.so.1.2.11\nlibpng16.so.16.37.0\n"), 1, 1, 2, "ahead"},
    {"libs", STR_INIT("libz.so.1.2.11\nlib\xff.so.1.2\n"), 1, 1, 2, "UTF-8"},
    {"libs", STR_INIT("libz.so.1.2.11\nlibz.so.1\n"), 1, 0, 2, "full version"},
    {"libs", STR_INIT("libz.so.1.2.11\nlibz.so.1.2\n"), 1, 0, 2, "full version"},
    {"libs", STR_INIT("/lib/libz.so.1.2.11\n/opt/libz.so.1\n"), 1, 1, 2, "interface"},
    {"libs", STR_INIT("/lib/libz.so.1.2.11\n/lib/libz.so.2\n"), 1, 1, 2, "interface"},
    {"libs", STR_INIT("/lib/libz.so.1.2.11\n/bin/sh\n"), 1, 0, 2, "no shared library"},
    /* wmic */
    {"wmic", STR_INIT("Node,Name,Version\nx,a,1\nx,b, c,1\n"), 1, 1, 3, "does not quote"},
    {"wmic", STR_INIT("Node,Name,Version\nx,a,1\nx,b\n"), 1, 1, 3, "fewer fields"},
    {"wmic", STR_INIT("Node,Name,Version\nx,a,1\nx,b,\n"), 1, 1, 3, "no version"},
    {"wmic", STR_INIT("Node,Name,Version\nx,a,1\nx,,1\n"), 1, 1, 3, "no package name"},
    {"wmic", STR_INIT("Node,Name,Version\nx,a,1\nx,M\xfcller,1\n"), 1, 1, 3, "UTF-8"},
    {"wmic", STR_INIT("Node,Name,Version\nx,a,1\nNode,Version,Name\nx,2,b\n"), 2, 0, 3, "a header"},
    /* csv */
    {"csv", STR_INIT("name,version\na,1\nb,1,2\n"), 1, 1, 3, "more fields"},
    {"csv", STR_INIT("name,version\na,1\nb\n"), 1, 1, 3, "fewer fields"},
    {"csv", STR_INIT("name,version\na,1\n,2\n"), 1, 1, 3, "no package name"},
    {"csv", STR_INIT("name,version\na,1\nb,\nc,-\n"), 1, 2, 3, "no version"},
    {"csv", STR_INIT("name,version\na,1\nM\xfcller,2\n"), 1, 1, 3, "UTF-8"},
    {"csv", STR_INIT("name,version,cpe\na,1,cpe:2.3:a:b\n"), 1, 1, 2, "not a CPE name"},
    {"csv", STR_INIT("name,version\na,1\nb,\"2\"x\n"), 1, 1, 3, "closing quote"},
    /* A stray quote gives up its own line, not the ones it swallows. */
    {"csv", STR_INIT("name,version\na,1\nb,\"2\nc,3\nd,4\n"), 3, 1, 3, "not closed"},
    {"csv", STR_INIT("name,version\na,1\nb,\"2\nc,3\nd,\"4\"\ne,5\n"), 4, 1, 3, "closing quote"},
};

#endif
