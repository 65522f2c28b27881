/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every limit of the program, in one place. Each is checked before anything grows, and passing one
 * is an error that names it, never a silent cut.
 */
#ifndef VULNWARD_BASE_LIMITS_H
#define VULNWARD_BASE_LIMITS_H

/* An inventory is read whole; the largest real ones (SBOMs of desktop images) are under 200 MiB. */
#define LIMIT_INVENTORY_BYTES ((size_t)1 << 30)
/* Ignore lists, `.meta` files and other small files of ours. */
#define LIMIT_SMALL_FILE_BYTES ((size_t)64 << 20)
/* Uncompressed bytes of one feed; the largest yearly NVD feed is about 500 MB. */
#define LIMIT_FEED_BYTES ((unsigned long long)16 << 30)
/* One download; the whole CVE List is about 700 MB. */
#define LIMIT_DOWNLOAD_BYTES ((unsigned long long)8 << 30)
/* How far compressed data may expand once LIMIT_EXPANSION_FREE bytes have come out. */
#define LIMIT_EXPANSION_RATIO 400
#define LIMIT_EXPANSION_FREE ((unsigned long long)64 << 20)
/* Files in an archive or a folder of records; the whole CVE List has about 300,000. */
#define LIMIT_ARCHIVE_ENTRIES ((size_t)2000000)
/* Archives in each other; the CVE Program publishes a zip in a zip. */
#define LIMIT_ARCHIVE_DEPTH 2
/* An archive that is an entry of another, as a temporary file. */
#define LIMIT_SPOOL_BYTES ((unsigned long long)4 << 30)
/* Path of a file in an archive. */
#define LIMIT_PATH_BYTES ((size_t)1024)
/* One line of a feed that is made of lines. */
#define LIMIT_LINE_BYTES ((size_t)64 << 10)
/* One record (one CVE) of a feed, as text. The largest real one is about 6 MB. */
#define LIMIT_RECORD_BYTES ((size_t)64 << 20)
/* Nesting of JSON and XML; real feeds stay under 20. */
#define LIMIT_DEPTH 64
/* Text of one XML element that a reader keeps. */
#define LIMIT_XML_TEXT_BYTES ((size_t)4 << 20)
/* XML_SetBillionLaughs…: expat's amplification limit is for DTDs; we refuse DOCTYPE outright. */
/* Components of one inventory. */
#define LIMIT_COMPONENTS ((size_t)2000000)
/* Skipped entries of one inventory that are listed; more are counted. */
#define LIMIT_SKIPPED_LISTED ((size_t)10000)
/* How much of a skipped line is shown. */
#define LIMIT_SKIPPED_TEXT ((size_t)160)
/* A package name or version longer than this is not one. */
#define LIMIT_NAME_BYTES ((size_t)512)
#define LIMIT_VERSION_BYTES ((size_t)256)
/* A CPE name; the longest real ones are about 200 bytes. */
#define LIMIT_CPE_BYTES ((size_t)2048)
/* A package URL and its qualifiers. */
#define LIMIT_PURL_BYTES ((size_t)8192)
#define LIMIT_PURL_QUALIFIERS ((size_t)64)
/* Nodes and criteria of one vulnerability; the largest real one has about 30,000 criteria. */
#define LIMIT_NODES ((size_t)100000)
#define LIMIT_CRITERIA ((size_t)1000000)
/* Rules of all ignore lists of one run. */
#define LIMIT_IGNORE_RULES ((size_t)1000000)
/* Encoded applicability an import keeps in memory before it merges it into the database file. */
#define LIMIT_IMPORT_BUFFER_BYTES ((size_t)64 << 20)
/* Threads of an import. */
#define LIMIT_THREADS 4
/* The manifest of a bundle; a real one has a few hundred bytes. */
#define LIMIT_MANIFEST_BYTES ((size_t)1 << 20)
/* An error message. */
#define LIMIT_MESSAGE_BYTES 512

#endif
