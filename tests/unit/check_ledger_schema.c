/* SPDX-License-Identifier: MIT */

#include "store/database.h"
#include "store/ledger_schema.h"
#include "tests/support.h"

static const char path[] = "check_ledger_schema.db";

static struct {
    sqlite3 *db;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    CHECK_DONE(database_open(&fixture.db, path, DATABASE_WRITE, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    database_close(fixture.db);
    fixture.db = NULL;
    support_remove_database(path);
}

static void run(const char *sql)
{
    CHECK_DONE(database_run(fixture.db, sql, &fixture.why), fixture.why);
}

static int64_t number(const char *sql)
{
    int64_t value;

    CHECK_DONE(database_run_number(fixture.db, sql, -1, &value, &fixture.why), fixture.why);
    return value;
}

static void make_ledger(void)
{
    CHECK_DONE(ledger_schema_mark(fixture.db, &fixture.why), fixture.why);
    CHECK_DONE(ledger_schema_upgrade(fixture.db, &fixture.why), fixture.why);
}

START_TEST(a_new_ledger_has_the_newest_version)
{
    make_ledger();
    ck_assert_int_eq(number("PRAGMA user_version"), LEDGER_SCHEMA_VERSION);
    CHECK_DONE(ledger_schema_check(fixture.db, &fixture.why), fixture.why);
}
END_TEST

/* What cannot be changed once there are years of rows in the file. */
static const struct {
    const char *sql;
    int64_t value;
} settings[] = {
    {"PRAGMA application_id", LEDGER_APPLICATION_ID},
    {"PRAGMA page_size", 4096},
    {"PRAGMA auto_vacuum", 2}, /* incremental */
    {"SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND NOT strict"
     " AND name NOT LIKE 'sqlite_%'",
     0},
};

START_TEST(a_new_ledger_is_set_up_for_years)
{
    make_ledger();
    ck_assert_int_eq(number(settings[_i].sql), settings[_i].value);
}
END_TEST

START_TEST(an_upgrade_of_the_newest_version_changes_nothing)
{
    int64_t version;

    make_ledger();
    version = number("PRAGMA schema_version");
    CHECK_DONE(ledger_schema_upgrade(fixture.db, &fixture.why), fixture.why);
    ck_assert_int_eq(number("PRAGMA schema_version"), version);
}
END_TEST

START_TEST(an_upgrade_that_fails_leaves_the_ledger_as_it_was)
{
    CHECK_DONE(ledger_schema_mark(fixture.db, &fixture.why), fixture.why);
    run("CREATE TABLE interval (a INTEGER)"); /* the last table of step 0 is in the way */
    CHECK_FAILED(ledger_schema_upgrade(fixture.db, &fixture.why), FAILURE_DATABASE, fixture.why);
    ck_assert_int_eq(number("PRAGMA user_version"), 0);
    ck_assert_int_eq(number("SELECT count(*) FROM sqlite_schema"), 1);
    ck_assert(sqlite3_get_autocommit(fixture.db) != 0);
}
END_TEST

START_TEST(a_newer_ledger_is_refused_and_not_marked)
{
    make_ledger();
    run("PRAGMA user_version = 999");
    CHECK_FAILED(ledger_schema_mark(fixture.db, &fixture.why), FAILURE_VERSION, fixture.why);
    CHECK_FAILED(ledger_schema_upgrade(fixture.db, &fixture.why), FAILURE_VERSION, fixture.why);
    CHECK_FAILED(ledger_schema_check(fixture.db, &fixture.why), FAILURE_VERSION, fixture.why);
    ck_assert_int_eq(fixture.why.code, 999);
    CHECK_CONTAINS(fixture.why.text, "newer portledger");
}
END_TEST

START_TEST(a_reader_of_an_older_ledger_is_told_what_to_do)
{
    CHECK_DONE(ledger_schema_mark(fixture.db, &fixture.why), fixture.why);
    CHECK_FAILED(ledger_schema_check(fixture.db, &fixture.why), FAILURE_VERSION, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "start the service");
}
END_TEST

/* Put in behind SQLite's back, as somebody with bad intent would. */
static const char *const strangers[] = {
    "CREATE VIEW v AS SELECT 1",
    "CREATE TRIGGER r AFTER INSERT ON boot BEGIN DELETE FROM boot; END",
    "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema"
    " VALUES ('table', 'w', 'w', 0, 'CREATE VIRTUAL TABLE w USING fts5 (a)')",
    "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema"
    " VALUES ('table', 'w', 'w', NULL, 'create/**/virtual table w USING nothing')",
};

START_TEST(a_ledger_that_holds_more_than_tables_is_not_read)
{
    make_ledger();
    database_close(fixture.db);
    fixture.db = NULL;
    support_run_sql(path, strangers[_i]);
    CHECK_DONE(database_open(&fixture.db, path, DATABASE_READ, &fixture.why), fixture.why);
    CHECK_FAILED(ledger_schema_check(fixture.db, &fixture.why), FAILURE_FORMAT, fixture.why);
}
END_TEST

static const struct {
    struct database_header header;
    bool may_be_empty;
    bool has_wal;
    enum failure_kind kind; /* FAILURE_NONE: it is a ledger */
} files[] = {
    {{.file_size = 0}, true, false, FAILURE_NONE},
    {{.file_size = 0}, false, false, FAILURE_FORMAT},
    {{.file_size = 20}, true, false, FAILURE_FORMAT}, /* some other file */
    {{4096, true, 0, 0, 4096, 1, false}, true, false, FAILURE_FORMAT},
    {{4096, true, LEDGER_APPLICATION_ID, 0, 4096, 1, false}, false, false, FAILURE_NONE},
    {{4096, true, LEDGER_APPLICATION_ID, LEDGER_SCHEMA_VERSION, 4096, 1, false},
     false,
     false,
     FAILURE_NONE},
    {{4096, true, LEDGER_APPLICATION_ID, LEDGER_SCHEMA_VERSION + 1, 4096, 1, false},
     true,
     false,
     FAILURE_VERSION},
    {{4096, true, LEDGER_APPLICATION_ID, UINT32_MAX, 4096, 1, false}, true, false, FAILURE_VERSION},
    {{4096, true, LEDGER_APPLICATION_ID, LEDGER_SCHEMA_VERSION, 8192, 1, false},
     true,
     false,
     FAILURE_FORMAT}, /* cut off */
    {{4096, true, LEDGER_APPLICATION_ID, LEDGER_SCHEMA_VERSION, 8192, 1, false},
     true,
     true,
     FAILURE_NONE}, /* the other page may be in the log */
    {{8192, true, LEDGER_APPLICATION_ID, LEDGER_SCHEMA_VERSION, 0, 1, false},
     true,
     false,
     FAILURE_NONE}, /* it does not say */
};

START_TEST(a_file_is_recognized_by_its_header)
{
    bool known = ledger_schema_recognize(&files[_i].header, files[_i].may_be_empty,
                                         files[_i].has_wal, &fixture.why);

    ck_assert_int_eq(known ? FAILURE_NONE : fixture.why.kind, files[_i].kind);
}
END_TEST

static const struct {
    int64_t duration;
    int span;
} spans[] = {
    {0, -1},
    {-5, -1},
    {((int64_t)1 << 18) - 1, -1},
    {(int64_t)1 << 18, 18},
    {((int64_t)1 << 19) - 1, 18},
    {(int64_t)1 << 19, 19},
    {((int64_t)1 << 41) + 1, 41},
    {INT64_MAX, 41},
};

START_TEST(a_span_is_the_logarithm_of_a_long_duration)
{
    ck_assert_int_eq(ledger_span_of(spans[_i].duration), spans[_i].span);
}
END_TEST

static Suite *ledger_schema_suite(void)
{
    Suite *suite = suite_create("ledger_schema");
    TCase *tests = tcase_create("ledger_schema");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_new_ledger_has_the_newest_version);
    tcase_add_loop_test(tests, a_new_ledger_is_set_up_for_years, 0, COUNT_OF(settings));
    tcase_add_test(tests, an_upgrade_of_the_newest_version_changes_nothing);
    tcase_add_test(tests, an_upgrade_that_fails_leaves_the_ledger_as_it_was);
    tcase_add_test(tests, a_newer_ledger_is_refused_and_not_marked);
    tcase_add_test(tests, a_reader_of_an_older_ledger_is_told_what_to_do);
    tcase_add_loop_test(tests, a_ledger_that_holds_more_than_tables_is_not_read, 0,
                        COUNT_OF(strangers));
    tcase_add_loop_test(tests, a_file_is_recognized_by_its_header, 0, COUNT_OF(files));
    tcase_add_loop_test(tests, a_span_is_the_logarithm_of_a_long_duration, 0, COUNT_OF(spans));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(ledger_schema_suite());
}
