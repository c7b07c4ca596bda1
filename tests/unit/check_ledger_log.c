/* SPDX-License-Identifier: MIT */

#include <stdio.h>

#include <sqlite3.h>

#include "base/file.h"
#include "store/database.h"
#include "store/ledger.h"
#include "store/ledger_handle.h"
#include "store/ledger_log.h"
#include "store/ledger_schema.h"
#include "tests/support.h"

static const char path[] = "check_ledger_log.db";
static const char wal_path[] = "check_ledger_log.db-wal";
static const char lock_path[] = "check_ledger_log.db-lock";

static struct {
    struct ledger *ledger;
    sqlite3 *stranger; /* a program that is not ours */
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    ck_assert_int_eq(sqlite3_open(path, &fixture.stranger), SQLITE_OK);
}

static void close_fixture(void)
{
    sqlite3_close(fixture.stranger);
    ledger_close(fixture.ledger);
    support_remove_database(path);
    remove(lock_path);
}

static void run(sqlite3 *db, const char *sql)
{
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
}

/* Fills the log beyond its bound by rewriting a text. */
static void write_much(void)
{
    run(fixture.ledger->db, "INSERT OR REPLACE INTO text (id, text) VALUES (1, '')");
    for (int i = 0; i < 40; i++) {
        run(fixture.ledger->db,
            "UPDATE text SET text = hex(randomblob(500000)) WHERE id = 1"); /* 1 MB */
    }
}

static bool tend(void)
{
    bool held;

    CHECK_DONE(ledger_tend_log(fixture.ledger, &held, &fixture.why), fixture.why);
    return held;
}

START_TEST(a_log_that_nobody_holds_never_grows_to_the_bound)
{
    write_much();
    ck_assert_int_lt(file_size(wal_path), LEDGER_LOG_BOUND);
    ck_assert(!tend());
}
END_TEST

START_TEST(a_reader_that_reads_on_holds_the_log_until_it_ends)
{
    run(fixture.stranger, "BEGIN; SELECT count(*) FROM text");
    write_much();
    ck_assert_int_ge(file_size(wal_path), LEDGER_LOG_BOUND);
    ck_assert(tend());
    ck_assert(tend());
    run(fixture.stranger, "COMMIT");
    ck_assert(!tend());
    ck_assert_int_eq(file_size(wal_path), 0);
}
END_TEST

START_TEST(a_writer_is_as_patient_afterwards_as_before)
{
    run(fixture.stranger, "BEGIN; SELECT count(*) FROM text");
    write_much();
    ck_assert(tend());
    ck_assert_int_eq(support_query_number(path, "PRAGMA user_version"), LEDGER_SCHEMA_VERSION);
    run(fixture.ledger->db,
        "CREATE TEMP TABLE patience AS SELECT timeout FROM pragma_busy_timeout");
    run(fixture.ledger->db, "INSERT OR REPLACE INTO text (id, text)"
                            " SELECT 2, timeout FROM patience");
    ck_assert_int_eq(support_query_number(path, "SELECT text FROM text WHERE id = 2"),
                     DATABASE_WRITER_PATIENCE_MS);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("ledger_log");
    TCase *tests = tcase_create("log");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_log_that_nobody_holds_never_grows_to_the_bound);
    tcase_add_test(tests, a_reader_that_reads_on_holds_the_log_until_it_ends);
    tcase_add_test(tests, a_writer_is_as_patient_afterwards_as_before);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
