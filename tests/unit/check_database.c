/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "base/file.h"
#include "store/database.h"
#include "tests/support.h"

static const char path[] = "check_database.db";

/* Every character that means something in a URI, or in UTF-8; all may stand in a file's name. */
static const char odd_path[] = "check 100%41 #1 na\xc3\xafve.db";

static struct {
    sqlite3 *db;
    sqlite3 *other;
    sqlite3_stmt *statement;
    struct failure why;
} fixture;

static void remove_files(void)
{
    struct failure ignored;

    support_remove_database(path);
    if (file_exists(odd_path)) { /* the C library of Windows does not know its name */
        ck_assert(file_remove(odd_path, &ignored));
    }
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
}

static void close_fixture(void)
{
    sqlite3_finalize(fixture.statement);
    database_close(fixture.db);
    database_close(fixture.other);
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
}

static void open_file(const char *name, enum database_mode mode)
{
    CHECK_DONE(database_open(&fixture.db, name, mode, &fixture.why), fixture.why);
}

static void run(const char *sql)
{
    CHECK_DONE(database_run(fixture.db, sql, &fixture.why), fixture.why);
}

static int64_t number(const char *sql)
{
    int64_t value;

    CHECK_DONE(database_run_number(fixture.db, sql, -7, &value, &fixture.why), fixture.why);
    return value;
}

static void close_file(void)
{
    database_close(fixture.db);
    fixture.db = NULL;
}

static void make_file(const char *name)
{
    open_file(name, DATABASE_WRITE);
    run("CREATE TABLE t (a INTEGER) STRICT");
    run("INSERT INTO t VALUES (1), (2)");
    close_file();
}

START_TEST(a_missing_file_is_not_made_by_reading)
{
    CHECK_FAILED(database_open(&fixture.db, path, DATABASE_READ, &fixture.why), FAILURE_MISSING,
                 fixture.why);
    CHECK_FAILED(database_open(&fixture.db, path, DATABASE_FROZEN, &fixture.why), FAILURE_MISSING,
                 fixture.why);
    ck_assert_ptr_null(fixture.db);
    ck_assert(!file_exists(path));
}
END_TEST

START_TEST(a_folder_is_said_to_be_one)
{
    CHECK_FAILED(database_open(&fixture.db, ".", DATABASE_WRITE, &fixture.why), FAILURE_FORMAT,
                 fixture.why);
    CHECK_CONTAINS(fixture.why.text, "folder");
}
END_TEST

/* What a hostile or careless file could make of a connection that trusts it. */
static const char *const refused_sql[] = {
    "SELECT \"no such column\" FROM t",
    "CREATE INDEX i ON t (\"no such column\")",
    "SELECT * FROM v",
    "ATTACH ':memory:' AS other",
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = ''",
    "INSERT INTO child VALUES (99)",
};

START_TEST(a_connection_refuses_what_a_ledger_never_needs)
{
    open_file(path, DATABASE_WRITE);
    run("CREATE TABLE t (a INTEGER PRIMARY KEY)");
    run("CREATE TABLE child (a REFERENCES t (a))");
    run("CREATE VIEW v AS SELECT 1");
    ck_assert(!database_run(fixture.db, refused_sql[_i], &fixture.why));
}
END_TEST

START_TEST(triggers_of_a_file_do_not_run)
{
    open_file(path, DATABASE_WRITE);
    run("CREATE TABLE t (a INTEGER)");
    run("CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; END");
    run("INSERT INTO t VALUES (1)");
    ck_assert_int_eq(number("SELECT count(*) FROM t"), 1);
}
END_TEST

START_TEST(values_longer_than_any_of_ours_are_refused)
{
    open_file(path, DATABASE_WRITE);
    ck_assert_int_eq(number("SELECT length(zeroblob(1000000))"), 1000000);
    CHECK_FAILED(database_run(fixture.db, "SELECT zeroblob(2000000)", &fixture.why), FAILURE_FORMAT,
                 fixture.why);
}
END_TEST

static const enum database_mode reading_modes[] = {DATABASE_READ, DATABASE_FROZEN};

START_TEST(a_reader_writes_nothing)
{
    make_file(path);
    open_file(path, reading_modes[_i]);
    ck_assert_int_eq(number("SELECT sum(a) FROM t"), 3);
    CHECK_FAILED(database_run(fixture.db, "INSERT INTO t VALUES (3)", &fixture.why), FAILURE_DENIED,
                 fixture.why);
}
END_TEST

START_TEST(every_name_of_a_file_can_be_opened)
{
    make_file(odd_path);
    ck_assert(file_exists(odd_path));
    open_file(odd_path, reading_modes[_i]);
    ck_assert_int_eq(number("SELECT count(*) FROM t"), 2);
}
END_TEST

/* A file in WAL mode that nobody has open has no log; an ordinary reader would make one. */
START_TEST(a_frozen_file_gets_no_files_beside_it)
{
    open_file(path, DATABASE_WRITE);
    run("PRAGMA journal_mode = WAL");
    run("CREATE TABLE t (a INTEGER)");
    close_file();
    open_file(path, DATABASE_FROZEN);
    ck_assert_int_eq(number("SELECT count(*) FROM t"), 0);
    ck_assert(!file_exists("check_database.db-wal"));
    ck_assert(!file_exists("check_database.db-shm"));
}
END_TEST

START_TEST(the_header_tells_what_a_file_is)
{
    struct database_header header;

    open_file(path, DATABASE_WRITE);
    CHECK_DONE(database_read_header(fixture.db, &header, &fixture.why), fixture.why);
    ck_assert_int_eq(header.file_size, 0);

    run("PRAGMA application_id = 4711");
    run("PRAGMA user_version = 12");
    CHECK_DONE(database_read_header(fixture.db, &header, &fixture.why), fixture.why);
    ck_assert(header.is_database);
    ck_assert_uint_eq(header.application_id, 4711);
    ck_assert_uint_eq(header.user_version, 12);
    ck_assert_int_eq(header.whole_size, header.file_size);
}
END_TEST

START_TEST(the_header_tells_of_a_change)
{
    struct database_header before;
    struct database_header after;

    open_file(path, DATABASE_WRITE);
    run("CREATE TABLE t (a INTEGER)");
    CHECK_DONE(database_read_header(fixture.db, &before, &fixture.why), fixture.why);
    run("PRAGMA user_version = 2");
    CHECK_DONE(database_read_header(fixture.db, &after, &fixture.why), fixture.why);
    ck_assert_uint_ne(before.changes, after.changes);
}
END_TEST

START_TEST(a_file_that_is_no_database_has_a_header_too)
{
    struct database_header header;

    support_write_text(path, "short");
    open_file(path, DATABASE_READ);
    CHECK_DONE(database_read_header(fixture.db, &header, &fixture.why), fixture.why);
    ck_assert_int_eq(header.file_size, 5);
    ck_assert(!header.is_database);
}
END_TEST

START_TEST(a_database_in_memory_has_an_empty_header)
{
    struct database_header header;

    open_file(":memory:", DATABASE_WRITE);
    run("CREATE TABLE t (a INTEGER)");
    CHECK_DONE(database_read_header(fixture.db, &header, &fixture.why), fixture.why);
    ck_assert_int_eq(header.file_size, 0);
    ck_assert(!header.is_database);
}
END_TEST

START_TEST(a_full_disk_is_said_in_words)
{
    open_file(path, DATABASE_WRITE);
    run("PRAGMA max_page_count = 3");
    run("CREATE TABLE t (a BLOB)");
    CHECK_FAILED(database_run(fixture.db, "INSERT INTO t VALUES (zeroblob(100000))", &fixture.why),
                 FAILURE_DATABASE, fixture.why);
    ck_assert_int_eq(fixture.why.code & 0xff, SQLITE_FULL);
    CHECK_CONTAINS(fixture.why.text, "make room");
}
END_TEST

START_TEST(a_locked_file_is_busy)
{
    open_file(path, DATABASE_WRITE);
    CHECK_DONE(database_open(&fixture.other, path, DATABASE_WRITE, &fixture.why), fixture.why);
    run("BEGIN IMMEDIATE");
    CHECK_FAILED(database_run(fixture.other, "BEGIN IMMEDIATE", &fixture.why), FAILURE_BUSY,
                 fixture.why);
}
END_TEST

START_TEST(a_damaged_file_is_said_to_be_so)
{
    size_t size;
    char *content;

    make_file(path);
    content = support_read_file(path, &size);
    memset(content + 4096, 0x55, size - 4096);
    support_write_file(path, content, size);
    free(content);
    open_file(path, DATABASE_READ);
    CHECK_FAILED(database_run(fixture.db, "SELECT * FROM t", &fixture.why), FAILURE_FORMAT,
                 fixture.why);
    CHECK_CONTAINS(fixture.why.text, "damaged");
}
END_TEST

START_TEST(a_failure_shows_one_line_of_the_sql)
{
    open_file(":memory:", DATABASE_WRITE);
    CHECK_FAILED(database_run(fixture.db, "SELECT nothing\nFROM nowhere", &fixture.why),
                 FAILURE_DATABASE, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "SELECT nothing");
    ck_assert_ptr_null(strchr(fixture.why.text, '\n'));
}
END_TEST

START_TEST(no_row_and_null_are_otherwise)
{
    open_file(":memory:", DATABASE_WRITE);
    ck_assert_int_eq(number("SELECT 5"), 5);
    ck_assert_int_eq(number("SELECT NULL"), -7);
    ck_assert_int_eq(number("SELECT 5 WHERE false"), -7);
}
END_TEST

START_TEST(bound_values_come_back)
{
    open_file(":memory:", DATABASE_WRITE);
    CHECK_DONE(database_prepare(fixture.db, "SELECT :number, :text, :nothing, :absent",
                                &fixture.statement, &fixture.why),
               fixture.why);
    database_bind(fixture.statement, ":number", INT64_MIN);
    database_bind_text(fixture.statement, ":text", "it's");
    database_bind_null(fixture.statement, ":nothing");
    database_bind_text(fixture.statement, ":absent", NULL);
    ck_assert_int_eq(sqlite3_step(fixture.statement), SQLITE_ROW);
    ck_assert_int_eq(sqlite3_column_int64(fixture.statement, 0), INT64_MIN);
    ck_assert_str_eq(database_column_text(fixture.statement, 1), "it's");
    ck_assert_int_eq(sqlite3_column_type(fixture.statement, 2), SQLITE_NULL);
    ck_assert_int_eq(sqlite3_column_type(fixture.statement, 3), SQLITE_NULL);
    ck_assert_str_eq(database_column_text(fixture.statement, 3), "");
}
END_TEST

START_TEST(a_finished_statement_can_run_again)
{
    open_file(":memory:", DATABASE_WRITE);
    run("CREATE TABLE t (a INTEGER UNIQUE)");
    CHECK_DONE(
        database_prepare(fixture.db, "INSERT INTO t VALUES (:a)", &fixture.statement, &fixture.why),
        fixture.why);
    database_bind(fixture.statement, ":a", 1);
    CHECK_DONE(database_finish(fixture.db, fixture.statement, "adding", &fixture.why), fixture.why);
    CHECK_FAILED(database_finish(fixture.db, fixture.statement, "adding it twice", &fixture.why),
                 FAILURE_DATABASE, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "while adding it twice");
    database_bind(fixture.statement, ":a", 2);
    CHECK_DONE(database_finish(fixture.db, fixture.statement, "adding", &fixture.why), fixture.why);
    ck_assert_int_eq(number("SELECT count(*) FROM t"), 2);
}
END_TEST

START_TEST(statements_that_were_prepared_before_a_failure_are_finalized)
{
    static const char *const sql[] = {"SELECT 1", "SELECT 2", "SELECT nothing"};
    sqlite3_stmt *statements[3] = {NULL, NULL, NULL};

    open_file(":memory:", DATABASE_WRITE);
    ck_assert(!database_prepare_all(fixture.db, sql, 3, statements, &fixture.why));
    database_finalize_all(statements, 3);
    ck_assert_ptr_null(statements[0]);
    ck_assert_ptr_null(sqlite3_next_stmt(fixture.db, NULL));
}
END_TEST

START_TEST(a_rollback_undoes_what_is_open_and_nothing_else)
{
    open_file(":memory:", DATABASE_WRITE);
    run("CREATE TABLE t (a INTEGER)");
    database_rollback(fixture.db);
    run("BEGIN");
    run("INSERT INTO t VALUES (1)");
    database_rollback(fixture.db);
    ck_assert_int_eq(number("SELECT count(*) FROM t"), 0);
}
END_TEST

static Suite *database_suite(void)
{
    Suite *suite = suite_create("database");
    TCase *tests = tcase_create("database");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_missing_file_is_not_made_by_reading);
    tcase_add_test(tests, a_folder_is_said_to_be_one);
    tcase_add_loop_test(tests, a_connection_refuses_what_a_ledger_never_needs, 0,
                        COUNT_OF(refused_sql));
    tcase_add_test(tests, triggers_of_a_file_do_not_run);
    tcase_add_test(tests, values_longer_than_any_of_ours_are_refused);
    tcase_add_loop_test(tests, a_reader_writes_nothing, 0, COUNT_OF(reading_modes));
    tcase_add_loop_test(tests, every_name_of_a_file_can_be_opened, 0, COUNT_OF(reading_modes));
    tcase_add_test(tests, a_frozen_file_gets_no_files_beside_it);
    tcase_add_test(tests, the_header_tells_what_a_file_is);
    tcase_add_test(tests, the_header_tells_of_a_change);
    tcase_add_test(tests, a_file_that_is_no_database_has_a_header_too);
    tcase_add_test(tests, a_database_in_memory_has_an_empty_header);
    tcase_add_test(tests, a_full_disk_is_said_in_words);
    tcase_add_test(tests, a_locked_file_is_busy);
    tcase_add_test(tests, a_damaged_file_is_said_to_be_so);
    tcase_add_test(tests, a_failure_shows_one_line_of_the_sql);
    tcase_add_test(tests, no_row_and_null_are_otherwise);
    tcase_add_test(tests, bound_values_come_back);
    tcase_add_test(tests, a_finished_statement_can_run_again);
    tcase_add_test(tests, statements_that_were_prepared_before_a_failure_are_finalized);
    tcase_add_test(tests, a_rollback_undoes_what_is_open_and_nothing_else);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(database_suite());
}
