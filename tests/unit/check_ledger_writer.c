/* SPDX-License-Identifier: MIT */

#include <stdio.h>

#include "base/file.h"
#include "store/database.h"
#include "store/ledger.h"
#include "store/ledger_handle.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static const char path[] = "check_ledger_writer.db";
static const char wal_path[] = "check_ledger_writer.db-wal";
static const char lock_path[] = "check_ledger_writer.db-lock";

enum {
    INTERVAL_MS = 1000,
    PAGE_IN_LOG = 4096 + 24, /* bytes */
};

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    sqlite3 *other;
    struct failure why;
} fixture;

static void start_service(const char *boot)
{
    struct ledger_run run = {
        .program = "check_ledger_writer",
        .pid = 77,
        .interval = INTERVAL_MS,
        .started_at = 5,
    };

    snprintf(run.boot.id, sizeof(run.boot.id), "%s", boot);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
}

static void stop_service(void)
{
    struct ledger_writer *writer = fixture.writer;

    fixture.writer = NULL;
    CHECK_DONE(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
    start_service("boot 1");
}

static void close_fixture(void)
{
    database_close(fixture.other);
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
}

static void add(void)
{
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
}

static void commit(void)
{
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

/* A sample with one process and `listeners` of its sockets, from port 80 on. */
static void sample_listeners(int64_t at, int listeners)
{
    uint32_t owner;

    made_up_begin(&fixture.snapshot, at);
    owner = made_up_process(&fixture.snapshot, 10, 1, "a.exe", "/a.exe");
    for (int i = 0; i < listeners; i++) {
        made_up_listener(&fixture.snapshot, (uint16_t)(80 + i), owner);
    }
    add();
}

/* A sample with one connection of one process. */
static void sample_connection(int64_t at, enum socket_state state, uint64_t process_start)
{
    made_up_begin(&fixture.snapshot, at);
    made_up_connection(&fixture.snapshot, 80, 5000, state,
                       made_up_process(&fixture.snapshot, 10, process_start, "a.exe", NULL));
    add();
}

static long long number(const char *sql)
{
    return support_query_number(path, sql);
}

START_TEST(sockets_that_stay_are_one_interval)
{
    for (int64_t at = 1000; at <= 5000; at += 1000) {
        sample_listeners(at, 2);
        commit();
    }
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE duration IS NULL"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 1);
    ck_assert_int_eq(number("SELECT count(*) FROM stretch"), 1);
    ck_assert_int_eq(number("SELECT begin_at FROM stretch"), 1000);
    ck_assert_int_eq(number("SELECT end_at FROM stretch"), 5000);
    ck_assert_int_eq(number("SELECT last_sample FROM stretch"), 5);
}
END_TEST

START_TEST(a_sample_waits_in_memory_until_the_commit)
{
    ck_assert_uint_eq(ledger_writer_waiting(fixture.writer), 0);
    sample_listeners(1000, 2);
    ck_assert_uint_gt(ledger_writer_waiting(fixture.writer), 0);
    ck_assert_int_eq(number("SELECT count(*) FROM stretch"), 0);
    commit();
    ck_assert_uint_eq(ledger_writer_waiting(fixture.writer), 0);
    ck_assert_int_eq(number("SELECT count(*) FROM stretch"), 1);
}
END_TEST

/* A day of 17,280 commits is to write less than 100 MB. */
START_TEST(a_commit_in_which_nothing_changed_writes_one_page)
{
    int64_t before;

    sample_listeners(1000, 20);
    commit();
    for (int64_t at = 2000; at <= 10000; at += 1000) {
        before = file_size(wal_path);
        sample_listeners(at, 20);
        ck_assert_uint_eq(ledger_writer_waiting(fixture.writer), 0);
        commit();
        ck_assert_int_eq(file_size(wal_path) - before, PAGE_IN_LOG);
    }
}
END_TEST

START_TEST(a_commit_without_a_sample_writes_nothing)
{
    int64_t before;

    sample_listeners(1000, 1);
    commit();
    before = file_size(wal_path);
    commit();
    ck_assert_int_eq(file_size(wal_path), before);
}
END_TEST

START_TEST(an_interval_ends_with_the_first_sample_that_does_not_see_it)
{
    sample_listeners(1000, 2);
    if (_i == 1) { /* the row is in the ledger already, or still waits */
        commit();
    }
    sample_listeners(2000, 2);
    sample_listeners(3000, 1);
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 2);
    ck_assert_int_eq(number("SELECT duration FROM interval WHERE local_port = 81"), 2000);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE duration IS NULL"), 1);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE span = 8388607"), 1);
}
END_TEST

START_TEST(a_socket_in_another_state_is_another_interval)
{
    sample_connection(1000, SOCKET_SYN_SENT, 1);
    sample_connection(2000, SOCKET_ESTABLISHED, 1);
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 2);
    ck_assert_int_eq(number("SELECT duration FROM interval WHERE state = 3"), 1000);
    ck_assert_int_eq(number("SELECT opened_at FROM interval WHERE state = 5"), 2000);
}
END_TEST

START_TEST(a_reused_pid_is_another_process_and_another_interval)
{
    sample_connection(1000, SOCKET_ESTABLISHED, 1);
    sample_connection(2000, SOCKET_ESTABLISHED, 2);
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 2);
    ck_assert_int_eq(number("SELECT count(DISTINCT process) FROM interval"), 2);
    ck_assert_int_eq(number("SELECT gone_at FROM process WHERE start = 1"), 2000);
    ck_assert_int_eq(number("SELECT count(*) FROM process WHERE gone_at IS NULL"), 1);
}
END_TEST

/* The pid stays, but its process has ended: the row no longer names an instance. */
START_TEST(a_socket_that_outlives_its_owner_is_another_interval)
{
    struct socket_row row;

    sample_connection(1000, SOCKET_ESTABLISHED, 1);
    row = (struct socket_row){
        .protocol = SOCKET_TCP,
        .state = SOCKET_ESTABLISHED,
        .local = {.address = {127, 0, 0, 1}, .address_size = 4, .port = 80},
        .remote = {.address = {127, 0, 0, 1}, .address_size = 4, .port = 5000},
        .pid = 10,
        .owner = SOCKET_NO_OWNER,
        .attribution = ATTRIBUTION_EXITED,
    };
    made_up_begin(&fixture.snapshot, 2000);
    CHECK_DONE(snapshot_add_socket(&fixture.snapshot, &row, &fixture.why), fixture.why);
    add();
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 2);
    ck_assert_int_eq(number("SELECT pid FROM interval WHERE process IS NULL"), 10);
    ck_assert_int_eq(number("SELECT attribution FROM interval WHERE process IS NULL"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE process IS NOT NULL"
                            " AND pid IS NOT NULL"),
                     0);
}
END_TEST

START_TEST(an_owner_that_is_known_otherwise_is_another_interval)
{
    for (int i = 0; i < 4; i++) {
        made_up_begin(&fixture.snapshot, 1000 + (int64_t)i * INTERVAL_MS);
        made_up_listener(&fixture.snapshot, 80,
                         made_up_process(&fixture.snapshot, 10, 1, "a.exe", NULL));
        fixture.snapshot.sockets[0].attribution = i < 2 ? ATTRIBUTION_EXACT : ATTRIBUTION_CARRIED;
        add();
    }
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 2);
    ck_assert_int_eq(number("SELECT duration FROM interval WHERE attribution = 1"), 2000);
}
END_TEST

START_TEST(the_interface_of_a_link_local_address_is_kept)
{
    struct socket_row row = {
        .protocol = SOCKET_UDP,
        .local = {.address = {0xfe, 0x80}, .address_size = 16, .scope_id = 0x01020304, .port = 53},
        .owner = SOCKET_NO_OWNER,
    };

    made_up_begin(&fixture.snapshot, 1000);
    CHECK_DONE(snapshot_add_socket(&fixture.snapshot, &row, &fixture.why), fixture.why);
    add();
    commit();
    ck_assert_int_eq(number("SELECT length(local_address) FROM interval"), 20);
    ck_assert_int_eq(number("SELECT hex(substr(local_address, 17)) = '01020304' FROM interval"), 1);
    ck_assert_int_eq(number("SELECT remote_address IS NULL FROM interval"), 1);
}
END_TEST

/*
 * Gaps. Each row is what the three clocks show after the sample at 1000.
 */
static const struct {
    int64_t wall;
    int64_t steady;
    int64_t awake;
    enum ledger_gap gap;
} gaps[] = {
    {2000, 2000, 2000, LEDGER_GAP_NONE},
    {1000, 2000, 2000, LEDGER_GAP_NONE}, /* within what the clock is allowed to be off */
    {4000, 4000, 4000, LEDGER_GAP_NONE}, /* three intervals */
    {4001, 4001, 4001, LEDGER_GAP_LATE},
    {999, 2000, 2000, LEDGER_GAP_CLOCK_SET}, /* behind the sample before */
    {3001, 2000, 2000, LEDGER_GAP_CLOCK_SET},
    {3000, 2000, 2000, LEDGER_GAP_NONE},
    {1500, 3000, 3000, LEDGER_GAP_CLOCK_SET}, /* slower than it ought to be */
    {3500, 3500, 2000, LEDGER_GAP_ASLEEP},
    {9000, 9000, 2000, LEDGER_GAP_ASLEEP},   /* and not late */
    {500, 9000, 2000, LEDGER_GAP_CLOCK_SET}, /* order comes first */
    {2000, 0, 0, LEDGER_GAP_NONE},           /* a replay has one clock */
    {9000, 0, 0, LEDGER_GAP_LATE},
};

START_TEST(a_sample_that_does_not_follow_begins_a_stretch)
{
    bool gap = gaps[_i].gap != LEDGER_GAP_NONE;

    sample_listeners(1000, 1);
    made_up_begin(&fixture.snapshot, gaps[_i].wall);
    fixture.snapshot.steady_at = gaps[_i].steady;
    fixture.snapshot.awake_at = gaps[_i].awake;
    made_up_listener(&fixture.snapshot, 80,
                     made_up_process(&fixture.snapshot, 10, 1, "a.exe", "/a.exe"));
    add();
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM stretch"), gap ? 2 : 1);
    ck_assert_int_eq(number("SELECT ended FROM stretch WHERE id = 1"), gaps[_i].gap);
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), gap ? 2 : 1);
}
END_TEST

/* With seconds between samples, two more are allowed. */
START_TEST(a_sample_may_be_two_seconds_late)
{
    CHECK_DONE(ledger_writer_set_interval(fixture.writer, 100, &fixture.why), fixture.why);
    sample_listeners(1000, 1);
    sample_listeners(3100, 1);
    sample_listeners(5201, 1);
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM stretch"), 2);
    ck_assert_int_eq(number("SELECT end_at FROM stretch WHERE ended = 6"), 3100);
}
END_TEST

START_TEST(what_goes_on_behind_a_gap_is_marked_as_continued)
{
    sample_listeners(1000, 1);
    CHECK_DONE(ledger_writer_gap(fixture.writer, LEDGER_GAP_PAUSED, &fixture.why), fixture.why);
    sample_listeners(9000, 2);
    commit();
    ck_assert_int_eq(number("SELECT ended FROM stretch WHERE id = 1"), LEDGER_GAP_PAUSED);
    ck_assert_int_eq(number("SELECT end_at FROM stretch WHERE id = 1"), 1000);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE opened_at = 9000"), 2);
    ck_assert_int_eq(number("SELECT local_port FROM interval WHERE opening = 1"), 80);
    ck_assert_int_eq(number("SELECT first_interval FROM stretch WHERE id = 2"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 1);
}
END_TEST

START_TEST(the_first_reason_for_a_gap_counts)
{
    sample_listeners(1000, 1);
    CHECK_DONE(ledger_writer_gap(fixture.writer, LEDGER_GAP_SAMPLE_FAILED, &fixture.why),
               fixture.why);
    CHECK_DONE(ledger_writer_gap(fixture.writer, LEDGER_GAP_PAUSED, &fixture.why), fixture.why);
    stop_service();
    ck_assert_int_eq(number("SELECT ended FROM stretch"), LEDGER_GAP_SAMPLE_FAILED);
    ck_assert_int_eq(number("SELECT ended FROM run"), LEDGER_GAP_STOPPED);
}
END_TEST

START_TEST(a_gap_before_the_first_sample_is_none)
{
    CHECK_DONE(ledger_writer_gap(fixture.writer, LEDGER_GAP_SAMPLE_FAILED, &fixture.why),
               fixture.why);
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM stretch"), 0);
}
END_TEST

START_TEST(another_interval_begins_a_stretch)
{
    sample_listeners(1000, 1);
    CHECK_DONE(ledger_writer_set_interval(fixture.writer, INTERVAL_MS, &fixture.why), fixture.why);
    sample_listeners(2000, 1);
    CHECK_DONE(ledger_writer_set_interval(fixture.writer, 5000, &fixture.why), fixture.why);
    sample_listeners(3000, 1);
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM stretch"), 2);
    ck_assert_int_eq(number("SELECT ended FROM stretch WHERE id = 1"), LEDGER_GAP_INTERVAL);
    ck_assert_int_eq(number("SELECT interval_ms FROM stretch WHERE id = 2"), 5000);
}
END_TEST

START_TEST(other_tables_begin_a_stretch)
{
    sample_listeners(1000, 1);
    made_up_begin(&fixture.snapshot, 2000);
    fixture.snapshot.lacks = SNAPSHOT_NO_IPV6_TCP;
    add();
    commit();
    ck_assert_int_eq(number("SELECT ended FROM stretch WHERE id = 1"), LEDGER_GAP_TABLES);
    ck_assert_int_eq(number("SELECT lacks FROM stretch WHERE id = 2"), SNAPSHOT_NO_IPV6_TCP);
}
END_TEST

START_TEST(every_gap_has_a_name_of_its_own)
{
    for (int i = 0; i < LEDGER_GAP_COUNT; i++) {
        for (int k = 0; k < i; k++) {
            ck_assert_str_ne(ledger_gap_name(i), ledger_gap_name(k));
        }
    }
    ck_assert_str_eq(ledger_gap_name(LEDGER_GAP_COUNT), "unknown");
    ck_assert_str_eq(ledger_gap_name(-1), "unknown");
    ck_assert(ledger_gap_seamless(LEDGER_GAP_INTERVAL));
    ck_assert(!ledger_gap_seamless(LEDGER_GAP_STOPPED));
    ck_assert(!ledger_gap_seamless(LEDGER_GAP_COUNT));
}
END_TEST

/*
 * Processes
 */

static void sample_process(int64_t at, const char *name, const char *path_of_image)
{
    made_up_begin(&fixture.snapshot, at);
    made_up_process(&fixture.snapshot, 10, 1, name, path_of_image);
    add();
}

START_TEST(what_is_learned_of_a_process_completes_its_row)
{
    sample_process(1000, "a.exe", NULL);
    if (_i == 1) {
        commit();
    }
    sample_process(2000, "a.exe", "/bin/a.exe");
    sample_process(3000, "a.exe", NULL); /* less is known, which changes nothing */
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 1);
    ck_assert_int_eq(number("SELECT access FROM process"), PROCESS_OPENED);
    ck_assert_int_eq(number("SELECT text = '/bin/a.exe' FROM process JOIN text"
                            " ON text.id = process.path"),
                     1);
}
END_TEST

/* The parent was seen only now, and this time the path could not be read. */
START_TEST(what_was_known_of_a_process_is_not_lost)
{
    struct process_instance fields;
    const struct process_instance *instance;
    uint32_t index;

    sample_process(1000, "a.exe", "/bin/a.exe");
    commit();
    sample_process(2000, "a.exe", NULL);
    fields = *fixture.snapshot.processes[0]; /* of the sample before: with its path */
    fields.path = NULL;
    fields.access = PROCESS_DENIED;
    fields.parent_start = 7;
    instance = process_instance_make(&fields);
    ck_assert_ptr_nonnull(instance);
    made_up_begin(&fixture.snapshot, 3000);
    CHECK_DONE(snapshot_add_process(&fixture.snapshot, instance, &index, &fixture.why),
               fixture.why);
    process_instance_release(instance);
    add();
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 1);
    ck_assert_int_eq(number("SELECT parent_start FROM process"), 7);
    ck_assert_int_eq(number("SELECT access FROM process"), PROCESS_DENIED);
    ck_assert_int_eq(number("SELECT path IS NOT NULL FROM process"), 1);
}
END_TEST

/* The same pid and start, but another program: what it did before it did as the first one. */
START_TEST(an_exec_makes_another_row)
{
    for (int64_t at = 1000; at <= 3000; at += 1000) {
        made_up_begin(&fixture.snapshot, at);
        made_up_listener(&fixture.snapshot, 80,
                         made_up_process(&fixture.snapshot, 10, 1, at < 3000 ? "sh" : "nc",
                                         at < 3000 ? "/bin/sh" : NULL));
        add();
    }
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 2);
    ck_assert_int_eq(number("SELECT count(DISTINCT start) FROM process"), 1);
    ck_assert_int_eq(number("SELECT gone_at FROM process WHERE path IS NOT NULL"), 3000);
    ck_assert_int_eq(number("SELECT process FROM interval WHERE opened_at = 1000"), 1);
    ck_assert_int_eq(number("SELECT process FROM interval WHERE opened_at = 3000"), 2);
}
END_TEST

START_TEST(texts_are_stored_once_and_keep_their_case)
{
    made_up_begin(&fixture.snapshot, 1000);
    made_up_process(&fixture.snapshot, 1, 1, "a.exe", "/A.EXE");
    made_up_process(&fixture.snapshot, 2, 1, "A.exe", "/A.EXE");
    made_up_process(&fixture.snapshot, 3, 1, "a.exe", "/A.EXE");
    made_up_process(&fixture.snapshot, 4, 1, "", "/na\xc3\xafve");
    add();
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM text"), 5);
    ck_assert_int_eq(number("SELECT count(DISTINCT name) FROM process"), 3);
}
END_TEST

START_TEST(a_process_that_ends_has_its_time)
{
    sample_process(1000, "a.exe", NULL);
    made_up_begin(&fixture.snapshot, 2000);
    add();
    commit();
    ck_assert_int_eq(number("SELECT first_seen_at FROM process"), 1000);
    ck_assert_int_eq(number("SELECT gone_at FROM process"), 2000);
    ck_assert_int_eq(number("SELECT span IS NULL FROM process"), 1);
}
END_TEST

START_TEST(a_process_that_ends_in_a_gap_was_there_until_the_gap)
{
    sample_process(1000, "a.exe", NULL);
    CHECK_DONE(ledger_writer_gap(fixture.writer, LEDGER_GAP_PAUSED, &fixture.why), fixture.why);
    made_up_begin(&fixture.snapshot, 90000);
    add();
    commit();
    ck_assert_int_eq(number("SELECT last_stretch FROM process"), 1);
    ck_assert_int_eq(number("SELECT gone_at IS NULL FROM process"), 1);
    ck_assert_int_eq(number("SELECT span FROM process"), 1);
}
END_TEST

/*
 * Runs
 */

START_TEST(the_next_run_goes_on_with_numbers_and_processes)
{
    sample_listeners(1000, 1);
    stop_service();
    start_service("boot 1");
    sample_listeners(60000, 1);
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM run"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM boot"), 1);
    ck_assert_int_eq(number("SELECT first_sample FROM stretch WHERE id = 2"), 2);
    ck_assert_int_eq(number("SELECT ended FROM stretch WHERE id = 1"), LEDGER_GAP_STOPPED);
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 1);
    ck_assert_int_eq(number("SELECT opening FROM interval WHERE id = 2"), 1);
}
END_TEST

START_TEST(after_a_restart_of_the_system_nothing_goes_on)
{
    sample_listeners(1000, 1);
    stop_service();
    start_service("boot 2");
    sample_listeners(60000, 1); /* the same pid and start */
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM boot"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 2);
    ck_assert_int_eq(number("SELECT last_stretch FROM process WHERE id = 1"), 1);
    ck_assert_int_eq(number("SELECT last_stretch IS NULL FROM process WHERE id = 2"), 1);
    ck_assert_int_eq(number("SELECT opening FROM interval WHERE id = 2"), 0);
}
END_TEST

/* A crash leaves the rows as the last commit wrote them: as if this run had never been closed. */
START_TEST(a_run_after_a_crash_closes_what_the_crash_left_open)
{
    sample_listeners(1000, 1);
    sample_listeners(2000, 1);
    stop_service();
    support_run_sql(path, "UPDATE stretch SET ended = 0; UPDATE run SET ended = 0");
    start_service("boot 1");
    ck_assert_int_eq(number("SELECT ended FROM stretch"), LEDGER_GAP_CRASHED);
    ck_assert_int_eq(number("SELECT end_at FROM stretch"), 2000);
    ck_assert_int_eq(number("SELECT ended FROM run WHERE id = 1"), LEDGER_GAP_CRASHED);
    ck_assert_int_eq(number("SELECT ended FROM run WHERE id = 2"), 0);
}
END_TEST

START_TEST(a_reader_cannot_begin_a_run)
{
    struct ledger_run run = {.program = "check", .boot = {.id = "boot"}, .interval = 1};

    stop_service();
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_FAILED(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
                 FAILURE_DENIED, fixture.why);
    ck_assert_ptr_null(fixture.writer);
}
END_TEST

/*
 * What goes wrong
 */

static void limit_pages(int pages)
{
    char sql[60];

    snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %d", pages);
    CHECK_DONE(database_run(fixture.ledger->db, sql, &fixture.why), fixture.why);
}

START_TEST(a_commit_on_a_full_disk_loses_nothing)
{
    size_t waiting;

    sample_listeners(1000, 1);
    commit();
    limit_pages(1); /* SQLite takes the present size where that is larger */
    sample_listeners(2000, 500);
    waiting = ledger_writer_waiting(fixture.writer);
    CHECK_FAILED(ledger_writer_commit(fixture.writer, &fixture.why), FAILURE_DATABASE, fixture.why);
    ck_assert_int_eq(fixture.why.code, SQLITE_FULL);
    CHECK_CONTAINS(fixture.why.text, path);
    ck_assert_uint_eq(ledger_writer_waiting(fixture.writer), waiting);
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 1);
    ck_assert_int_eq(number("SELECT end_at FROM stretch"), 1000);

    sample_listeners(3000, 400); /* sampling goes on meanwhile */
    limit_pages(100000);
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 500);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE duration = 1000"), 100);
    ck_assert_int_eq(number("SELECT end_at FROM stretch"), 3000);
}
END_TEST

START_TEST(a_commit_on_a_locked_ledger_loses_nothing)
{
    sample_listeners(1000, 1);
    CHECK_DONE(database_open(&fixture.other, path, DATABASE_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(database_run(fixture.other, "BEGIN IMMEDIATE", &fixture.why), fixture.why);
    CHECK_FAILED(ledger_writer_commit(fixture.writer, &fixture.why), FAILURE_BUSY, fixture.why);
    database_rollback(fixture.other);
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 1);
}
END_TEST

START_TEST(a_run_that_cannot_be_written_ends_all_the_same)
{
    struct ledger_writer *writer = fixture.writer;

    sample_listeners(1000, 500);
    limit_pages(1);
    fixture.writer = NULL;
    CHECK_FAILED(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why), FAILURE_DATABASE,
                 fixture.why);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
    start_service("boot 1");
    ck_assert_int_eq(number("SELECT ended FROM run WHERE id = 1"), LEDGER_GAP_CRASHED);
}
END_TEST

static long long count_stretches(enum ledger_gap ended)
{
    char sql[80];

    snprintf(sql, sizeof(sql), "SELECT count(*) FROM stretch WHERE ended = %d", (int)ended);
    return number(sql);
}

START_TEST(what_waited_for_too_long_is_dropped_as_a_whole_and_is_a_gap)
{
    struct ledger_gap_seen gap;

    sample_listeners(1000, 3);
    commit();
    sample_listeners(2000, 300);
    sample_connection(3000, SOCKET_ESTABLISHED, 2); /* another process, and no listener */
    ledger_writer_drop(fixture.writer);
    ck_assert_uint_eq(ledger_writer_waiting(fixture.writer), 0);
    sample_listeners(4000, 2); /* the ledger cannot be written yet */
    ck_assert_uint_eq(ledger_writer_waiting(fixture.writer), 0);
    commit();
    ck_assert_int_eq(number("SELECT end_at FROM stretch"), 1000);
    ck_assert_int_eq(count_stretches(LEDGER_GAP_LOST), 1);
    sample_listeners(5000, 2);
    ck_assert(ledger_writer_gap_seen(fixture.writer, &gap));
    ck_assert_int_eq(gap.reason, LEDGER_GAP_LOST);
    ck_assert_int_eq(gap.from, 1000);
    ck_assert_int_eq(gap.until, 5000);
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 5);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE opening = 1"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 1);
    ck_assert_int_eq(number("SELECT last_sample FROM stretch WHERE ended = 0"), 2);
}
END_TEST

START_TEST(a_ledger_that_stays_locked_is_taken_up_when_it_is_free)
{
    sample_listeners(1000, 1);
    commit();
    sample_listeners(2000, 2);
    ledger_writer_drop(fixture.writer);
    CHECK_DONE(database_open(&fixture.other, path, DATABASE_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(database_run(fixture.other, "BEGIN IMMEDIATE", &fixture.why), fixture.why);
    CHECK_FAILED(ledger_writer_commit(fixture.writer, &fixture.why), FAILURE_BUSY, fixture.why);
    CHECK_CONTAINS(fixture.why.text, path);
    ck_assert(ledger_writer_is_losing(fixture.writer));
    database_rollback(fixture.other);
    commit();
    ck_assert(!ledger_writer_is_losing(fixture.writer));
    sample_listeners(3000, 2);
    stop_service();
    ck_assert_int_eq(count_stretches(LEDGER_GAP_LOST), 1);
    ck_assert_int_eq(count_stretches(LEDGER_GAP_STOPPED), 1);
}
END_TEST

START_TEST(a_run_that_lost_all_leaves_what_an_earlier_one_said)
{
    sample_listeners(1000, 1);
    stop_service();
    start_service("boot 1");
    sample_listeners(2000, 1);
    ledger_writer_drop(fixture.writer);
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM stretch"), 1);
    ck_assert_int_eq(count_stretches(LEDGER_GAP_STOPPED), 1);
}
END_TEST

START_TEST(a_ledger_that_another_service_took_is_not_taken_up_again)
{
    sample_listeners(1000, 1);
    ledger_writer_drop(fixture.writer);
    support_run_sql(path, "INSERT INTO run (program, pid, boot, started_at, commit_ms, machine_id,"
                          " host, domain, system, zone, ended)"
                          " VALUES ('another', 1, 1, 1, 1, '', '', '', '', '', 0)");
    CHECK_FAILED(ledger_writer_commit(fixture.writer, &fixture.why), FAILURE_FORMAT, fixture.why);
    ck_assert(ledger_writer_is_losing(fixture.writer));
    support_run_sql(path, "DELETE FROM run WHERE program = 'another'");
}
END_TEST

START_TEST(many_samples_can_wait)
{
    for (int i = 1; i <= 300; i++) {
        sample_listeners((int64_t)i * INTERVAL_MS, i);
    }
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 300);
    ck_assert_int_eq(number("SELECT opened_at FROM interval WHERE local_port = 379"), 300000);
    ck_assert_int_eq(number("SELECT last_sample FROM stretch"), 300);
}
END_TEST

START_TEST(a_sample_is_taken_over_and_leaves_memory_to_fill_again)
{
    sample_listeners(1000, 5);
    sample_listeners(2000, 5);
    ck_assert_int_eq(fixture.snapshot.taken_at, 1000);
    ck_assert_uint_ge(fixture.snapshot.socket_capacity, 5);
}
END_TEST

static Suite *ledger_writer_suite(void)
{
    Suite *suite = suite_create("ledger_writer");
    TCase *tests = tcase_create("ledger_writer");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, sockets_that_stay_are_one_interval);
    tcase_add_test(tests, a_sample_waits_in_memory_until_the_commit);
    tcase_add_test(tests, a_commit_in_which_nothing_changed_writes_one_page);
    tcase_add_test(tests, a_commit_without_a_sample_writes_nothing);
    tcase_add_loop_test(tests, an_interval_ends_with_the_first_sample_that_does_not_see_it, 0, 2);
    tcase_add_test(tests, a_socket_in_another_state_is_another_interval);
    tcase_add_test(tests, a_reused_pid_is_another_process_and_another_interval);
    tcase_add_test(tests, a_socket_that_outlives_its_owner_is_another_interval);
    tcase_add_test(tests, an_owner_that_is_known_otherwise_is_another_interval);
    tcase_add_test(tests, the_interface_of_a_link_local_address_is_kept);
    tcase_add_loop_test(tests, a_sample_that_does_not_follow_begins_a_stretch, 0, COUNT_OF(gaps));
    tcase_add_test(tests, a_sample_may_be_two_seconds_late);
    tcase_add_test(tests, what_goes_on_behind_a_gap_is_marked_as_continued);
    tcase_add_test(tests, the_first_reason_for_a_gap_counts);
    tcase_add_test(tests, a_gap_before_the_first_sample_is_none);
    tcase_add_test(tests, another_interval_begins_a_stretch);
    tcase_add_test(tests, other_tables_begin_a_stretch);
    tcase_add_test(tests, every_gap_has_a_name_of_its_own);
    tcase_add_loop_test(tests, what_is_learned_of_a_process_completes_its_row, 0, 2);
    tcase_add_test(tests, what_was_known_of_a_process_is_not_lost);
    tcase_add_test(tests, an_exec_makes_another_row);
    tcase_add_test(tests, texts_are_stored_once_and_keep_their_case);
    tcase_add_test(tests, a_process_that_ends_has_its_time);
    tcase_add_test(tests, a_process_that_ends_in_a_gap_was_there_until_the_gap);
    tcase_add_test(tests, the_next_run_goes_on_with_numbers_and_processes);
    tcase_add_test(tests, after_a_restart_of_the_system_nothing_goes_on);
    tcase_add_test(tests, a_run_after_a_crash_closes_what_the_crash_left_open);
    tcase_add_test(tests, a_reader_cannot_begin_a_run);
    tcase_add_test(tests, a_commit_on_a_full_disk_loses_nothing);
    tcase_add_test(tests, a_commit_on_a_locked_ledger_loses_nothing);
    tcase_add_test(tests, a_run_that_cannot_be_written_ends_all_the_same);
    tcase_add_test(tests, what_waited_for_too_long_is_dropped_as_a_whole_and_is_a_gap);
    tcase_add_test(tests, a_ledger_that_stays_locked_is_taken_up_when_it_is_free);
    tcase_add_test(tests, a_run_that_lost_all_leaves_what_an_earlier_one_said);
    tcase_add_test(tests, a_ledger_that_another_service_took_is_not_taken_up_again);
    tcase_add_test(tests, many_samples_can_wait);
    tcase_add_test(tests, a_sample_is_taken_over_and_leaves_memory_to_fill_again);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(ledger_writer_suite());
}
