/* SPDX-License-Identifier: MIT */

/*
 * A ledger of every released version, frozen as SQL (tests/fixtures/freeze.py),
 * is brought up to date: nothing of it is lost, and a service goes on in it.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "store/ledger.h"
#include "store/ledger_query.h"
#include "store/ledger_schema.h"
#include "store/ledger_writer.h"
#include "store/verify.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static const char path[] = "check_ledger_migrations.db";

/* Whose rows no step may lose. What a version has not, is not asked for. */
static const char *const tables[] = {
    "interval", "process", "module", "stretch", "run",     "boot",    "image",  "user",
    "service",  "text",    "job",    "pair",    "job_run", "outcome", "timing", "seal",
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    struct failure why;
} fixture;

static void remove_files(void)
{
    support_remove_database(path);
    remove("check_ledger_migrations.db-lock");
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
}

static void close_fixture(void)
{
    if (!ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    remove_files();
}

/* False where there is no fixture of that version. */
static bool load(int version)
{
    char name[300];
    size_t size;
    char *sql;

    snprintf(name, sizeof(name), "%s/ledger-v%d.sql", PORTLEDGER_FIXTURES, version);
    if (!file_exists(name)) {
        return false;
    }
    sql = support_read_file(name, &size);
    support_run_sql(path, sql);
    free(sql);
    return true;
}

static long long number(const char *sql)
{
    return support_query_number(path, sql);
}

/* -1: there is no such table. */
static void count_rows(long long counts[TABLES])
{
    for (int i = 0; i < TABLES; i++) {
        char sql[100];

        snprintf(sql, sizeof(sql), "SELECT count(*) FROM sqlite_schema WHERE name = '%s'",
                 tables[i]);
        counts[i] = -1;
        if (number(sql) > 0) {
            snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", tables[i]);
            counts[i] = number(sql);
        }
    }
}

static bool count_interval(void *context, const struct ledger_interval *interval)
{
    (void)interval;
    (*(long long *)context)++;
    return true;
}

static void check_readable(const long long counts[TABLES])
{
    struct ledger_filter filter = {0};
    long long visited = 0;

    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(
        ledger_walk_intervals(fixture.ledger, &filter, count_interval, &visited, &fixture.why),
        fixture.why);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
    ck_assert_int_eq(visited, counts[0] < 0 ? 0 : counts[0]);
}

/* A step changes nothing that was sealed. */
static void check_seals(void)
{
    struct verify_plan plan = {0};
    struct verify_result result;

    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(ledger_verify(&result, fixture.ledger, &plan, &fixture.why), fixture.why);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
    ck_assert_int_ne(result.status, VERIFY_CHANGED);
    ck_assert_int_ne(result.status, VERIFY_CUT);
}

static void go_on(void)
{
    struct ledger_run run = {
        .program = "check_ledger_migrations", .boot = {.id = "a new boot"}, .interval = 1000};

    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
    made_up_begin(&fixture.snapshot, 4100000000000);
    made_up_listener(&fixture.snapshot, 80, SOCKET_NO_OWNER);
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE opened_at = 4100000000000"), 1);
}

START_TEST(a_ledger_of_every_version_is_brought_up_to_date)
{
    long long before[TABLES];
    long long after[TABLES];

    ck_assert_msg(load(_i) || _i == LEDGER_SCHEMA_VERSION,
                  "there is no fixture of version %d: a released version must be frozen, see "
                  "tests/fixtures/freeze.py",
                  _i);
    if (!file_exists(path)) { /* the present version, which is not released yet */
        return;
    }
    ck_assert_int_eq(number("PRAGMA user_version"), _i);
    count_rows(before);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
    ck_assert_int_eq(number("PRAGMA user_version"), LEDGER_SCHEMA_VERSION);
    check_seals();
    count_rows(after);
    for (int i = 0; i < TABLES; i++) {
        ck_assert_msg(before[i] < 0 || before[i] == after[i], "%s had %lld rows and has %lld",
                      tables[i], before[i], after[i]);
    }
    ck_assert_int_eq(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    ck_assert_int_eq(number("SELECT count(*) FROM pragma_integrity_check"
                            " WHERE integrity_check <> 'ok'"),
                     0);
    check_readable(after);
    go_on();
}
END_TEST

static Suite *ledger_migrations_suite(void)
{
    Suite *suite = suite_create("ledger_migrations");
    TCase *tests = tcase_create("ledger_migrations");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_ledger_of_every_version_is_brought_up_to_date, 0,
                        LEDGER_SCHEMA_VERSION + 1);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(ledger_migrations_suite());
}
