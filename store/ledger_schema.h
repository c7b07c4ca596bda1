/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is in a ledger: the tables, and the steps that lead from one version
 * to the next. The schema itself is documented in SQL comments in
 * ledger_schema.c, which also stand in the file: `sqlite3 ledger.db .schema`.
 */

#include <sqlite3.h>

#include "base/failure.h"
#include "store/database.h"

enum {
    LEDGER_APPLICATION_ID = 0x504c6467, /* "PLdg", for file(1) and for us */
    LEDGER_SCHEMA_VERSION = 4,          /* the newest one: what this program writes and reads */
};

/*
 * Numbers that are written into the ledger, beside those of the enums that
 * say so: how long a row of `interval` or `process` lasted, as an index sees it.
 */
enum ledger_span {
    LEDGER_SPAN_SHORTEST = 18, /* from here on: the whole part of log2 of the milliseconds */
    LEDGER_SPAN_COUNT = 42,    /* nothing lasts longer: 2^42 ms are 139 years */

    /* Only in `process`: seen in several stretches, or until the end of one. */
    LEDGER_SPAN_ACROSS = 1,

    /*
     * No end is known. Closing a row takes this number away and puts in a
     * duration: three bytes for three, so that the page need not be split.
     */
    LEDGER_SPAN_OPEN = 8388607,
};

/* In `interval.lasted`, for as long as no end is known. */
#define LEDGER_LASTS ((int64_t)-8388608)

/* The class of a duration that is known; -1 where it is short: no number, and in no index. */
int ledger_span_of(int64_t duration);

/*
 * Looks at a file before SQLite may change anything in it: FAILURE_FORMAT
 * where it is no ledger or is cut off, FAILURE_VERSION where it is a newer one.
 * An empty file passes if `may_be_empty`.
 */
bool ledger_schema_recognize(const struct database_header *header, bool may_be_empty, bool has_wal,
                             struct failure *why) NODISCARD;

/*
 * Makes an empty file a ledger without tables, in one transaction: from then
 * on it is recognized. The first page of one that is a ledger already is
 * written anew, so that whoever reads it as a file that nobody writes sees
 * that somebody did. Refuses a newer ledger as ledger_schema_recognize() does.
 */
bool ledger_schema_mark(sqlite3 *db, struct failure *why) NODISCARD;

/*
 * Brings the database from its own version, kept in `PRAGMA user_version`, to
 * the newest one. A ledger without tables is version 0, so a new ledger takes
 * the same road as an old one and the schema is written down once. All steps
 * are one transaction: the database is upgraded, or it is as it was.
 */
bool ledger_schema_upgrade(sqlite3 *db, struct failure *why) NODISCARD;

/*
 * Fails, as of a damaged file, unless every table and index is there that a
 * ledger of the newest version has, letter by letter. What else is there does
 * not matter. A row of SQLite's own schema table is as easily damaged as any
 * other, and SQLite believes what it reads there.
 */
bool ledger_schema_compare(sqlite3 *db, struct failure *why) NODISCARD;

/*
 * Fails with FAILURE_VERSION unless the database has exactly the newest
 * version, and with FAILURE_FORMAT where it holds views, triggers or virtual
 * tables: none of ours does, and they could act when it is read. Compares, too.
 */
bool ledger_schema_check(sqlite3 *db, struct failure *why) NODISCARD;
