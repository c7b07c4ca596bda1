/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/settings.h"
#include "store/database.h"
#include "store/ledger.h"
#include "store/ledger_handle.h"
#include "store/ledger_query.h"
#include "store/ledger_schema.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static const char path[] = "check_ledger.db";
static const char wal_path[] = "check_ledger.db-wal";
static const char shm_path[] = "check_ledger.db-shm";
static const char lock_path[] = "check_ledger.db-lock";

static struct {
    struct ledger *ledger;
    struct ledger *other;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    char *before; /* the file's bytes */
    size_t before_size;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    support_remove_database("check_ledger_copied.db");
    remove(lock_path);
}

static void close_fixture(void)
{
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    ledger_close(fixture.other);
    snapshot_clear(&fixture.snapshot);
    free(fixture.before);
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    support_remove_database("check_ledger_copied.db");
    remove(lock_path);
}

static void open_ledger(enum ledger_access access)
{
    CHECK_DONE(ledger_open(&fixture.ledger, path, access, &fixture.why), fixture.why);
}

static void close_ledger(void)
{
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
}

static void start_writer(void)
{
    struct ledger_run run = {.program = "check_ledger", .boot = {.id = "boot"}, .interval = 1000};

    open_ledger(LEDGER_WRITE);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
}

static void write_sample(int64_t at, uint16_t port)
{
    made_up_begin(&fixture.snapshot, at);
    made_up_listener(&fixture.snapshot, port,
                     made_up_process(&fixture.snapshot, 10, 1, "a.exe", NULL));
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

static void stop_writer(void)
{
    struct ledger_writer *writer = fixture.writer;

    fixture.writer = NULL;
    CHECK_DONE(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    close_ledger();
}

static int64_t newest_sample(struct ledger *ledger)
{
    struct ledger_summary summary;

    CHECK_DONE(ledger_summarize(ledger, &summary, &fixture.why), fixture.why);
    return summary.last_sample_at;
}

static void remember_file(void)
{
    free(fixture.before);
    fixture.before = support_read_file(path, &fixture.before_size);
}

static void check_file_unchanged(void)
{
    size_t size;
    char *now = support_read_file(path, &size);

    ck_assert_uint_eq(size, fixture.before_size);
    ck_assert_mem_eq(now, fixture.before, size);
    free(now);
}

static void refuse(enum ledger_access access, enum failure_kind kind)
{
    CHECK_FAILED(ledger_open(&fixture.ledger, path, access, &fixture.why), kind, fixture.why);
    ck_assert_ptr_null(fixture.ledger);
    CHECK_CONTAINS(fixture.why.text, path);
}

START_TEST(a_ledger_that_is_not_there_cannot_be_read)
{
    refuse(LEDGER_READ, FAILURE_MISSING);
    ck_assert(!file_exists(path));
}
END_TEST

START_TEST(a_new_ledger_has_a_name_and_no_samples)
{
    struct ledger_summary summary;

    open_ledger(LEDGER_WRITE);
    ck_assert_str_eq(ledger_path(fixture.ledger), path);
    CHECK_DONE(ledger_summarize(fixture.ledger, &summary, &fixture.why), fixture.why);
    ck_assert_uint_eq(strlen(summary.ledger_id), 36);
    ck_assert_int_eq(summary.ledger_id[14], '4'); /* a random UUID */
    ck_assert_int_gt(summary.created_at, 1600000000000);
    ck_assert_int_eq(summary.samples, 0);
    ck_assert_int_eq(summary.intervals, 0);
    ck_assert_int_eq(summary.schema_version, LEDGER_SCHEMA_VERSION);
}
END_TEST

START_TEST(a_ledger_keeps_its_name)
{
    struct ledger_summary first;
    struct ledger_summary second;

    open_ledger(LEDGER_WRITE);
    CHECK_DONE(ledger_summarize(fixture.ledger, &first, &fixture.why), fixture.why);
    close_ledger();
    open_ledger(LEDGER_WRITE);
    CHECK_DONE(ledger_summarize(fixture.ledger, &second, &fixture.why), fixture.why);
    ck_assert_str_eq(first.ledger_id, second.ledger_id);
    ck_assert_int_eq(first.created_at, second.created_at);
}
END_TEST

START_TEST(a_ledger_in_memory_needs_no_file)
{
    CHECK_DONE(ledger_open(&fixture.ledger, ":memory:", LEDGER_WRITE, &fixture.why), fixture.why);
    ck_assert_int_eq(newest_sample(fixture.ledger), 0);
    ck_assert(!file_exists(":memory:-lock"));
}
END_TEST

/* Files that somebody may name by mistake. Each stays as it is, whoever opens it. */
static void write_text(void)
{
    support_write_text(path, "dear diary, today I have opened a port");
}

static void write_long_text(void)
{
    static char text[9000];

    memset(text, 'x', sizeof(text) - 1);
    support_write_text(path, text);
}

static void write_foreign_database(void)
{
    support_run_sql(path, "CREATE TABLE mine (a); INSERT INTO mine VALUES (1)");
}

static void write_empty_foreign_database(void)
{
    support_run_sql(path, "CREATE TABLE mine (a); DROP TABLE mine");
}

static void write_foreign_wal_database(void)
{
    support_run_sql(path, "PRAGMA journal_mode = WAL; CREATE TABLE mine (a)");
}

/* Another program's database that was just being made when the power went. */
static void write_half_made_foreign_database(void)
{
    static const char journal[40] = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";

    write_foreign_database();
    support_write_file("check_ledger.db-journal", journal, sizeof(journal));
}

static void write_text_beside_a_journal(void)
{
    write_long_text();
    support_write_text("check_ledger.db-journal", "a diary that has a journal, but not SQLite's");
}

static void write_ledger(void)
{
    start_writer();
    write_sample(1000, 80);
    stop_writer();
}

static void write_newer_ledger(void)
{
    write_ledger();
    support_run_sql(path, "PRAGMA user_version = 999");
}

static void write_truncated_ledger(void)
{
    size_t size;
    char *content;

    write_ledger();
    content = support_read_file(path, &size);
    support_write_file(path, content, size - 5000);
    free(content);
}

static void write_beginning_of_ledger(void)
{
    size_t size;
    char *content;

    write_ledger();
    content = support_read_file(path, &size);
    support_write_file(path, content, 50);
    free(content);
}

static const struct {
    void (*write)(void);
    enum failure_kind kind;
} refused[] = {
    {write_text, FAILURE_FORMAT},
    {write_long_text, FAILURE_FORMAT},
    {write_foreign_database, FAILURE_FORMAT},
    {write_empty_foreign_database, FAILURE_FORMAT},
    {write_foreign_wal_database, FAILURE_FORMAT},
    {write_half_made_foreign_database, FAILURE_FORMAT},
    {write_text_beside_a_journal, FAILURE_FORMAT},
    {write_newer_ledger, FAILURE_VERSION},
    {write_truncated_ledger, FAILURE_FORMAT},
    {write_beginning_of_ledger, FAILURE_FORMAT},
};

START_TEST(what_is_no_ledger_is_refused_and_left_as_it_is)
{
    refused[_i].write();
    remember_file();
    refuse(LEDGER_READ, refused[_i].kind);
    check_file_unchanged();
    refuse(LEDGER_WRITE, refused[_i].kind);
    check_file_unchanged();
    ck_assert(!file_exists(wal_path));
    ck_assert(!file_exists(shm_path));
}
END_TEST

START_TEST(an_empty_file_becomes_a_ledger_when_it_is_written)
{
    support_write_text(path, "");
    refuse(LEDGER_READ, FAILURE_FORMAT);
    ck_assert_int_eq(file_size(path), 0);
    open_ledger(LEDGER_WRITE);
    ck_assert_int_eq(newest_sample(fixture.ledger), 0);
}
END_TEST

START_TEST(a_folder_is_no_ledger)
{
    CHECK_FAILED(ledger_open(&fixture.ledger, ".", LEDGER_READ, &fixture.why), FAILURE_FORMAT,
                 fixture.why);
    CHECK_FAILED(ledger_open(&fixture.ledger, ".", LEDGER_WRITE, &fixture.why), FAILURE_FORMAT,
                 fixture.why);
}
END_TEST

START_TEST(a_newer_version_that_only_the_log_tells_is_refused_too)
{
    /* A reader in the way keeps the log from being moved into the file. */
    write_ledger();
    open_ledger(LEDGER_WRITE);
    CHECK_DONE(ledger_open(&fixture.other, path, LEDGER_READ, &fixture.why), fixture.why);
    close_ledger();
    support_run_sql(path, "PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 999");
    remember_file();
    refuse(LEDGER_WRITE, FAILURE_VERSION);
    check_file_unchanged();
}
END_TEST

START_TEST(a_second_writer_is_refused_and_told_what_to_do)
{
    open_ledger(LEDGER_WRITE);
    CHECK_FAILED(ledger_open(&fixture.other, path, LEDGER_WRITE, &fixture.why), FAILURE_BUSY,
                 fixture.why);
    CHECK_CONTAINS(fixture.why.text, "stop");
    close_ledger();
    CHECK_DONE(ledger_open(&fixture.other, path, LEDGER_WRITE, &fixture.why), fixture.why);
}
END_TEST

START_TEST(a_reader_of_a_stopped_ledger_changes_and_leaves_nothing)
{
    write_ledger();
    remember_file();
    open_ledger(LEDGER_READ);
    ck_assert_int_eq(newest_sample(fixture.ledger), 1000);
    ck_assert(!file_exists(wal_path));
    ck_assert(!file_exists(shm_path));
    close_ledger();
    check_file_unchanged();
}
END_TEST

START_TEST(a_reader_sees_what_the_writer_commits)
{
    start_writer();
    write_sample(1000, 80);
    CHECK_DONE(ledger_open(&fixture.other, path, LEDGER_READ, &fixture.why), fixture.why);
    for (int64_t at = 2000; at < 5000; at += 1000) {
        write_sample(at, 81);
        ck_assert_int_eq(newest_sample(fixture.other), at);
    }
}
END_TEST

START_TEST(a_reader_of_a_stopped_ledger_notices_that_the_service_starts)
{
    write_ledger();
    CHECK_DONE(ledger_open(&fixture.other, path, LEDGER_READ, &fixture.why), fixture.why);
    ck_assert_int_eq(newest_sample(fixture.other), 1000);
    start_writer();
    write_sample(2000, 80);
    ck_assert_int_eq(newest_sample(fixture.other), 2000);
    stop_writer();
}
END_TEST

START_TEST(a_reader_of_a_stopped_ledger_notices_that_the_service_ran_and_stopped)
{
    write_ledger();
    CHECK_DONE(ledger_open(&fixture.other, path, LEDGER_READ, &fixture.why), fixture.why);
    start_writer();
    write_sample(2000, 80);
    stop_writer();
    ck_assert_int_eq(newest_sample(fixture.other), 2000);
}
END_TEST

static bool start_service_meanwhile(void *context, const struct ledger_interval *interval)
{
    (void)context;
    (void)interval;
    if (fixture.writer == NULL) {
        start_writer();
        write_sample(2000, 81);
    }
    return true;
}

START_TEST(a_walk_goes_on_where_the_service_starts_meanwhile)
{
    struct ledger_filter filter = {0};

    write_ledger();
    CHECK_DONE(ledger_open(&fixture.other, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(
        ledger_walk_intervals(fixture.other, &filter, start_service_meanwhile, NULL, &fixture.why),
        fixture.why);
    ck_assert_int_eq(newest_sample(fixture.other), 2000);
}
END_TEST

START_TEST(a_reader_that_lost_its_ledger_says_so_and_finds_it_again)
{
    struct ledger_summary summary;

    write_ledger();
    remember_file();
    CHECK_DONE(ledger_open(&fixture.other, path, LEDGER_READ, &fixture.why), fixture.why);
    support_write_text(wal_path, "something happens");
    support_write_text(path, "");
    CHECK_FAILED(ledger_summarize(fixture.other, &summary, &fixture.why), FAILURE_FORMAT,
                 fixture.why);
    support_remove_database(path);
    support_write_file(path, fixture.before, fixture.before_size);
    ck_assert_int_eq(newest_sample(fixture.other), 1000);
}
END_TEST

/* A reader that closes last cannot empty the log, so the writer does. */
START_TEST(a_writer_that_closes_before_its_readers_leaves_an_empty_log)
{
    start_writer();
    write_sample(1000, 80);
    CHECK_DONE(ledger_open(&fixture.other, path, LEDGER_READ, &fixture.why), fixture.why);
    ck_assert_int_eq(newest_sample(fixture.other), 1000);
    stop_writer();
    ck_assert_int_eq(file_size(wal_path), 0);
    ck_assert_int_eq(newest_sample(fixture.other), 1000);
}
END_TEST

START_TEST(a_writer_that_closes_last_leaves_one_file)
{
    write_ledger();
    ck_assert(file_exists(path));
    ck_assert(!file_exists(wal_path));
    ck_assert(!file_exists(shm_path));
}
END_TEST

START_TEST(the_settings_have_sensible_values)
{
    static const struct setting_table *const tables[] = {&ledger_settings, NULL};
    struct settings *settings = NULL;

    CHECK_DONE(settings_read(&settings, NULL, tables, &fixture.why), fixture.why);
    ck_assert_int_eq(settings_number(settings, "ledger.commit"), 5000);
    ck_assert_ptr_null(settings_text(settings, "ledger.path"));
    settings_free(settings);
}
END_TEST

START_TEST(closing_nothing_is_harmless)
{
    ledger_close(NULL);
    ck_assert(ledger_writer_close(NULL, LEDGER_GAP_STOPPED, &fixture.why));
}
END_TEST

/* Endless, but for somebody who stops it. */
static const char endless[] =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

START_TEST(a_live_ledger_is_not_read_for_longer_than_two_seconds)
{
    int64_t begun = clock_steady();
    bool done;

    start_writer();
    write_sample(1000, 80);
    CHECK_DONE(ledger_open(&fixture.other, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(ledger_begin_read(fixture.other, &fixture.why), fixture.why);
    done = database_run(fixture.other->db, endless, &fixture.why);
    done = ledger_end_read(fixture.other, done, &fixture.why);
    ck_assert(!done);
    ck_assert_int_eq(fixture.why.kind, FAILURE_BUSY);
    CHECK_CONTAINS(fixture.why.text, "ask a copy");
    ck_assert_int_ge(clock_steady() - begun, 2000);
    ck_assert_int_eq(newest_sample(fixture.other), 1000); /* and is read on */
}
END_TEST

/*
 * Copies
 */

static const char copied_path[] = "check_ledger_copied.db";
static const char copied_wal[] = "check_ledger_copied.db-wal";

static void copy_file(const char *from, const char *to)
{
    size_t size;
    char *content = support_read_file(from, &size);

    support_write_file(to, content, size);
    free(content);
}

static void check_same_file(const char *a, const char *b)
{
    size_t size_a;
    size_t size_b;
    char *content_a = support_read_file(a, &size_a);
    char *content_b = support_read_file(b, &size_b);

    ck_assert_uint_eq(size_a, size_b);
    ck_assert_mem_eq(content_a, content_b, size_a);
    free(content_a);
    free(content_b);
}

static void open_copied(void)
{
    CHECK_DONE(ledger_open(&fixture.other, copied_path, LEDGER_READ, &fixture.why), fixture.why);
}

static void close_copied(void)
{
    ledger_close(fixture.other);
    fixture.other = NULL;
}

static bool copied_lacks_log(void)
{
    bool lacks;

    CHECK_DONE(ledger_lacks_log(fixture.other, &lacks, &fixture.why), fixture.why);
    return lacks;
}

START_TEST(a_ledger_that_was_copied_with_its_log_is_read_whole_and_not_changed)
{
    start_writer();
    write_sample(1000, 80);
    write_sample(2000, 81);
    copy_file(path, copied_path);
    copy_file(wal_path, copied_wal);
    open_copied();
    ck_assert_int_eq(newest_sample(fixture.other), 2000);
    ck_assert(!copied_lacks_log());
    close_copied();
    check_same_file(path, copied_path);
    check_same_file(wal_path, copied_wal);
    ck_assert(!file_exists("check_ledger_copied.db-shm"));
    ck_assert(!file_exists("check_ledger_copied.db-lock"));
}
END_TEST

START_TEST(a_log_that_is_exchanged_while_it_is_read_is_read_anew)
{
    start_writer();
    write_sample(1000, 80);
    copy_file(path, copied_path);
    copy_file(wal_path, copied_wal);
    open_copied();
    ck_assert_int_eq(newest_sample(fixture.other), 1000);
    write_sample(2000, 81);
    copy_file(wal_path, copied_wal);
    ck_assert_int_eq(newest_sample(fixture.other), 2000);
}
END_TEST

START_TEST(a_ledger_that_was_copied_without_its_log_says_so)
{
    start_writer();
    write_sample(1000, 80);
    support_query_number(path, "PRAGMA wal_checkpoint(TRUNCATE)");
    write_sample(2000, 81);
    copy_file(path, copied_path);
    open_copied();
    ck_assert_int_eq(newest_sample(fixture.other), 1000);
    ck_assert(copied_lacks_log());
    close_copied();
    stop_writer();
    copy_file(path, copied_path);
    open_copied();
    ck_assert_int_eq(newest_sample(fixture.other), 2000);
    ck_assert(!copied_lacks_log());
}
END_TEST

START_TEST(a_copy_of_a_ledger_that_is_all_in_its_log_is_said_to_be_one)
{
    start_writer();
    write_sample(1000, 80);
    copy_file(path, copied_path);
    CHECK_FAILED(ledger_open(&fixture.other, copied_path, LEDGER_READ, &fixture.why),
                 FAILURE_VERSION, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "-wal");
}
END_TEST

static Suite *ledger_suite(void)
{
    Suite *suite = suite_create("ledger");
    TCase *tests = tcase_create("ledger");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_ledger_that_is_not_there_cannot_be_read);
    tcase_add_test(tests, a_new_ledger_has_a_name_and_no_samples);
    tcase_add_test(tests, a_ledger_keeps_its_name);
    tcase_add_test(tests, a_ledger_in_memory_needs_no_file);
    tcase_add_loop_test(tests, what_is_no_ledger_is_refused_and_left_as_it_is, 0,
                        COUNT_OF(refused));
    tcase_add_test(tests, an_empty_file_becomes_a_ledger_when_it_is_written);
    tcase_add_test(tests, a_folder_is_no_ledger);
    tcase_add_test(tests, a_newer_version_that_only_the_log_tells_is_refused_too);
    tcase_add_test(tests, a_second_writer_is_refused_and_told_what_to_do);
    tcase_add_test(tests, a_reader_of_a_stopped_ledger_changes_and_leaves_nothing);
    tcase_add_test(tests, a_reader_sees_what_the_writer_commits);
    tcase_add_test(tests, a_reader_of_a_stopped_ledger_notices_that_the_service_starts);
    tcase_add_test(tests, a_reader_of_a_stopped_ledger_notices_that_the_service_ran_and_stopped);
    tcase_add_test(tests, a_walk_goes_on_where_the_service_starts_meanwhile);
    tcase_add_test(tests, a_reader_that_lost_its_ledger_says_so_and_finds_it_again);
    tcase_add_test(tests, a_writer_that_closes_before_its_readers_leaves_an_empty_log);
    tcase_add_test(tests, a_writer_that_closes_last_leaves_one_file);
    tcase_add_test(tests, the_settings_have_sensible_values);
    tcase_add_test(tests, closing_nothing_is_harmless);
    tcase_add_test(tests, a_ledger_that_was_copied_with_its_log_is_read_whole_and_not_changed);
    tcase_add_test(tests, a_live_ledger_is_not_read_for_longer_than_two_seconds);
    tcase_add_test(tests, a_log_that_is_exchanged_while_it_is_read_is_read_anew);
    tcase_add_test(tests, a_ledger_that_was_copied_without_its_log_says_so);
    tcase_add_test(tests, a_copy_of_a_ledger_that_is_all_in_its_log_is_said_to_be_one);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(ledger_suite());
}
