/* SPDX-License-Identifier: MIT */

/*
 * Small ledgers with a known history, and limits that they exceed. That the
 * state at what is left stays right is in check_ledger_history.c.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/database.h"
#include "store/ledger.h"
#include "store/ledger_detail.h"
#include "store/ledger_handle.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "store/retention.h"
#include "store/retention_parts.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

#define MIB (INT64_C(1) << 20)
#define DAY INT64_C(86400000)
#define HOUR INT64_C(3600000)
#define BEGIN (19700 * DAY) /* midnight */

enum { PROGRAMS = 5 };

static const char path[] = "check_retention.db";

static struct {
    struct ledger *ledger;
    struct ledger *reader;
    struct ledger_writer *writer;
    struct retention *retention;
    struct retention_limits limits;
    struct snapshot snapshot;
    int64_t now;
    uint64_t start; /* of the program */
    uint64_t random;
    long long made[PROGRAMS]; /* intervals of each program */
    struct failure why;
} fixture;

static void remove_files(void)
{
    support_remove_database(path);
    remove("check_retention.db-lock");
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
    fixture.now = BEGIN;
    fixture.limits = (struct retention_limits){10 * DAY, 64 * MIB, 100 * DAY};
}

static void start(void)
{
    struct ledger_run run = {
        .program = "check_retention", .boot = {.id = "boot"}, .interval = HOUR};

    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
    CHECK_DONE(retention_open(&fixture.retention, fixture.ledger, &fixture.limits, &fixture.why),
               fixture.why);
}

static void stop(void)
{
    struct ledger_writer *writer = fixture.writer;

    retention_close(fixture.retention);
    fixture.retention = NULL;
    fixture.writer = NULL;
    CHECK_DONE(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
}

static void close_fixture(void)
{
    ledger_close(fixture.reader);
    retention_close(fixture.retention);
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
}

static void begin_sample(void)
{
    made_up_begin(&fixture.snapshot, fixture.now);
}

static void take_sample(void)
{
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
}

static void commit(void)
{
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

/* Returns how often it had to be called. */
static int retain(void)
{
    bool more = true;
    int calls = 0;

    for (; more; calls++) {
        ck_assert_int_lt(calls, 100000);
        CHECK_DONE(retention_work(fixture.retention, fixture.now, 0, &more, &fixture.why),
                   fixture.why);
    }
    return calls;
}

static long long number(const char *sql)
{
    return support_query_number(path, sql);
}

static uint32_t a_program(const char *file)
{
    return made_up_process(&fixture.snapshot, 10, fixture.start + 1, "a.exe", file);
}

/* A sample an hour: a listener all the time, and a connection to it that lasts for an hour. */
static void serve(int hours)
{
    for (int i = 0; i < hours; i++) {
        uint32_t owner;

        begin_sample();
        owner = a_program("/bin/a");
        made_up_listener(&fixture.snapshot, 80, owner);
        made_up_connection(&fixture.snapshot, 80, (uint16_t)(50000 + i % 2), SOCKET_ESTABLISHED,
                           owner);
        take_sample();
        fixture.now += HOUR;
    }
    commit();
    fixture.now -= HOUR;
}

static struct ledger_moments moments_at(int64_t at)
{
    struct ledger_moments moments;

    CHECK_DONE(ledger_find_moments(fixture.ledger, at, &moments, &fixture.why), fixture.why);
    return moments;
}

static enum ledger_detail_kind detail_at(int64_t at)
{
    struct ledger_moments moments = moments_at(at);

    ck_assert_uint_eq(moments.count, 1);
    return moments.moments[0].detail;
}

START_TEST(what_is_young_stays)
{
    start();
    serve(10 * 24);
    retain();
    ck_assert_int_eq(number("SELECT count(*) FROM dropped"), 0);
    ck_assert_int_eq(number("SELECT count(*) FROM profile"), 0);
    ck_assert_int_eq(detail_at(BEGIN), LEDGER_DETAIL_WHOLE);
}
END_TEST

/* Twelve days of a connection an hour; ten are kept, told in fifteen-hour parts. */
START_TEST(what_ended_before_the_time_of_keeping_goes)
{
    int64_t gone;

    start();
    serve(12 * 24);
    retain();
    gone = number("SELECT sum(rows) FROM dropped WHERE what = 1 AND why = 1 AND of_one = 0");
    ck_assert_int_gt(gone, 24);
    ck_assert_int_lt(gone, 49);
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 12 * 24 + 1 - gone);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE state = 2"), 1);
    ck_assert_int_eq(number("SELECT count(*) FROM stretch"), 1);
    ck_assert_int_eq(number("SELECT min(opened_at + duration) FROM interval"),
                     number("SELECT until_at FROM application WHERE id = -1") / HOUR * HOUR + HOUR);
    ck_assert_int_eq(detail_at(BEGIN + HOUR), LEDGER_DETAIL_DROPPED);
    ck_assert_int_eq(detail_at(fixture.now - 10 * DAY), LEDGER_DETAIL_WHOLE);
}
END_TEST

START_TEST(a_second_pass_finds_nothing_more)
{
    int64_t gone;

    start();
    serve(12 * 24);
    retain();
    gone = number("SELECT count(*) FROM dropped");
    ck_assert_int_le(retain(), 1);
    stop();
    start();
    retain();
    ck_assert_int_eq(number("SELECT count(*) FROM dropped"), gone);
}
END_TEST

START_TEST(what_goes_is_in_the_profile)
{
    start();
    serve(12 * 24);
    retain();
    ck_assert_int_eq(number("SELECT sum(intervals) FROM profile"),
                     number("SELECT sum(rows) FROM dropped WHERE what = 1"));
    ck_assert_int_eq(number("SELECT count(*) FROM profile WHERE direction <> 2 OR port <> 80"
                            " OR peers <> 1 OR hex(peer) <> '7F000001'"),
                     0);
    ck_assert_int_eq(number("SELECT sum(lasted) FROM profile WHERE day = 19700"), DAY);
    ck_assert_int_eq(number("SELECT sum(covered) FROM profile WHERE day = 19700"), DAY);
    ck_assert_int_eq(number("SELECT hours FROM profile WHERE day = 19700"), 0xffffff);
    ck_assert_int_eq(number("SELECT count(*) FROM profile AS p JOIN text AS t"
                            " ON t.id = p.application WHERE t.text <> '/bin/a'"),
                     0);
}
END_TEST

/* One connection of a.exe, from port 80 to port 5000, and whoever listened there before. */
static const struct {
    const char *listener; /* path of the program that listens on 80; NULL: nobody */
    int listened_until;   /* hours after the connection was opened */
    int direction;
    int port;
    uint16_t remote_port;
    bool owner_known; /* of the connection */
} directions[] = {
    {"/bin/a", 5, PROFILE_INBOUND, 80, 5000, true}, {"/bin/a", 5, PROFILE_INBOUND, 80, 50, true},
    {"/bin/a", 0, PROFILE_INBOUND, 80, 5000, true}, {"/bin/a", -1, PROFILE_UNKNOWN, 80, 5000, true},
    {"/bin/a", -1, PROFILE_OUTBOUND, 50, 50, true}, {"/bin/b", 5, PROFILE_UNKNOWN, 80, 50, true},
    {"/bin/a", 5, PROFILE_UNKNOWN, 80, 50, false},  {NULL, 0, PROFILE_UNKNOWN, 80, 5000, true},
    {NULL, 0, PROFILE_OUTBOUND, 50, 50, true},      {NULL, 0, PROFILE_OUTBOUND, 80, 80, true},
    {NULL, 0, PROFILE_UNKNOWN, 50, 50, false},
};

static void connect_and_listen(const char *listener, bool owner_known, int listened_until,
                               uint16_t remote_port)
{
    for (int hour = -3; hour < 8; hour++) {
        uint32_t a;

        begin_sample();
        a = a_program("/bin/a");
        if (listener != NULL && hour < listened_until) {
            uint32_t b = made_up_process(&fixture.snapshot, 11, 1, "b.exe", "/bin/b");

            made_up_listener(&fixture.snapshot, 80, strcmp(listener, "/bin/a") == 0 ? a : b);
        }
        if (hour >= 0 && hour < 7) {
            made_up_connection(&fixture.snapshot, 80, remote_port, SOCKET_ESTABLISHED,
                               owner_known ? a : SOCKET_NO_OWNER);
        }
        take_sample();
        fixture.now += HOUR;
    }
    begin_sample();
    take_sample();
    commit();
}

START_TEST(who_listened_tells_the_direction)
{
    start();
    connect_and_listen(directions[_i].listener, directions[_i].owner_known,
                       directions[_i].listened_until, directions[_i].remote_port);
    fixture.now += 20 * DAY;
    begin_sample();
    take_sample();
    begin_sample();
    made_up_listener(&fixture.snapshot, 1, SOCKET_NO_OWNER); /* the newest interval stays */
    fixture.now += HOUR;
    take_sample();
    commit();
    retain();
    ck_assert_int_eq(number("SELECT count(*) FROM profile WHERE direction <> 1"), 1);
    ck_assert_int_eq(number("SELECT direction FROM profile WHERE direction <> 1"),
                     directions[_i].direction);
    ck_assert_int_eq(number("SELECT port FROM profile WHERE direction <> 1"), directions[_i].port);
    ck_assert_int_eq(number("SELECT application IS NULL FROM profile WHERE direction <> 1"),
                     !directions[_i].owner_known);
}
END_TEST

/* Batches of one interval: the listener is gone when its connections are folded. */
START_TEST(a_listener_that_went_first_is_remembered_by_the_profile)
{
    start();
    fixture.retention->folds = (struct pace){1, 1, 1, 1000};
    connect_and_listen("/bin/a", true, 2, 50);
    serve(12 * 24);
    retain();
    ck_assert_int_eq(number("SELECT direction FROM profile WHERE port = 80 AND peers = 1"
                            " ORDER BY id LIMIT 1"),
                     PROFILE_INBOUND);
    ck_assert_int_eq(number("SELECT count(*) FROM profile WHERE direction = 3"), 0);
}
END_TEST

START_TEST(a_process_goes_after_its_intervals_and_with_its_name)
{
    start();
    begin_sample();
    made_up_listener(&fixture.snapshot, 7,
                     made_up_process(&fixture.snapshot, 99, 1, "old.exe", "/opt/old"));
    made_up_process(&fixture.snapshot, 98, 1, "older.exe", NULL); /* without a socket */
    take_sample();
    fixture.now += HOUR;
    serve(12 * 24);
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 3);
    retain();
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 1);
    ck_assert_int_eq(number("SELECT count(*) FROM text WHERE text IN ('old.exe', 'older.exe')"), 0);
    ck_assert_int_eq(number("SELECT count(*) FROM text WHERE text = '/opt/old'"), 1); /* profile */
    ck_assert_int_eq(number("SELECT count(*) FROM text WHERE text IN ('a.exe', '/bin/a')"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
}
END_TEST

START_TEST(profiles_and_coverage_go_when_their_own_time_is_over)
{
    fixture.limits.keep_profile = 20 * DAY;
    start();
    serve(24);
    for (int i = 0; i < 5; i++) { /* watched now and then */
        fixture.now += 10 * DAY;
        fixture.start++;
        serve(24);
        retain();
    }
    ck_assert_int_ge(number("SELECT min(end_at) FROM stretch"), fixture.now - 20 * DAY);
    ck_assert_int_gt(number("SELECT count(*) FROM stretch"), 1);
    ck_assert_int_gt(number("SELECT sum(rows) FROM dropped WHERE what = 3 AND why = 1"), 0);
    ck_assert_int_gt(number("SELECT sum(rows) FROM dropped WHERE what = 4"), 0);
    ck_assert_int_ge(number("SELECT min(day) FROM profile"), fixture.now / DAY - 20);
    ck_assert_int_eq(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
}
END_TEST

/* A machine whose clock stands in the far future for a while, and is set right. */
START_TEST(a_clock_that_is_far_ahead_costs_no_history)
{
    start();
    serve(5 * 24);
    fixture.now += 4000 * DAY;
    serve(3);
    retain();
    ck_assert_int_eq(number("SELECT count(*) FROM dropped"), 0);
    fixture.now = BEGIN + 5 * DAY;
    serve(24);
    retain();
    ck_assert_int_eq(number("SELECT count(*) FROM dropped"), 0);
    ck_assert_int_eq(detail_at(BEGIN), LEDGER_DETAIL_WHOLE);
    fixture.now += HOUR;
    serve(12 * 24); /* those of the wrong time do not hold back the others */
    retain();
    ck_assert_int_eq(detail_at(BEGIN), LEDGER_DETAIL_DROPPED);
    ck_assert_int_eq(detail_at(fixture.now), LEDGER_DETAIL_WHOLE);
}
END_TEST

START_TEST(a_machine_that_was_off_for_long_waits_for_a_day)
{
    start();
    serve(24);
    fixture.now += 50 * DAY;
    serve(23);
    retain();
    ck_assert_int_eq(number("SELECT count(*) FROM dropped"), 0);
    fixture.now += HOUR;
    serve(4);
    retain();
    ck_assert_int_gt(number("SELECT count(*) FROM dropped"), 0);
}
END_TEST

START_TEST(ids_are_not_given_twice)
{
    int64_t newest;

    start();
    serve(24);
    fixture.now += HOUR;
    begin_sample();
    take_sample();
    commit();
    newest = number("SELECT max(id) FROM interval");
    stop();
    fixture.now += 20 * DAY;
    start();
    begin_sample();
    take_sample();
    commit();
    retain();
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 1);
    ck_assert_int_eq(number("SELECT max(id) FROM interval"), newest);
    stop();
    start();
    fixture.now += HOUR;
    serve(1);
    ck_assert_int_eq(number("SELECT max(id) FROM interval"), newest + 2);
}
END_TEST

START_TEST(the_limits_are_in_the_ledger)
{
    struct ledger_detail detail;

    start();
    serve(1);
    retain();
    CHECK_DONE(ledger_read_detail(fixture.ledger, &detail, &fixture.why), fixture.why);
    ck_assert_int_eq(detail.keep, fixture.limits.keep);
    ck_assert_int_eq(detail.max_size, fixture.limits.max_size);
    ck_assert_int_eq(detail.keep_profile, fixture.limits.keep_profile);
    ck_assert_int_eq(detail.oldest_at, BEGIN);
    ck_assert_int_eq(detail.oldest_profile_at, 0);
    ck_assert_int_eq(detail.dropped.stretch, 0);
    ck_assert_int_eq(detail.partly.stretch, 0);
    fixture.limits.keep = DAY;
    retention_set_limits(fixture.retention, &fixture.limits);
    fixture.now += HOUR;
    serve(3 * 24);
    retain();
    CHECK_DONE(ledger_read_detail(fixture.ledger, &detail, &fixture.why), fixture.why);
    ck_assert_int_eq(detail.keep, DAY);
    ck_assert_int_eq(detail.dropped.stretch, 1);
    ck_assert_int_eq(detail.oldest_profile_at, BEGIN);
    ck_assert_int_gt(detail.dropped.at, fixture.now - DAY - DAY / 16 - 1);
}
END_TEST

/*
 * Size.
 */

static const char *const programs[PROGRAMS] = {"/bin/noisy", "/bin/q1", "/bin/q2", "/bin/q3",
                                               "/bin/q4"};

/* A second: `connections` that lasted for it, 95 of 100 of the noisy program. */
static void make_noise(int connections)
{
    uint32_t owners[PROGRAMS];

    begin_sample();
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        owners[i] = made_up_process(&fixture.snapshot, 10 + i, 1, "x.exe", programs[i]);
    }
    for (int i = 0; i < connections; i++) {
        uint32_t place = made_up_random(&fixture.random, 100);
        uint32_t program = place < 95 ? 0 : 1 + place % (PROGRAMS - 1);

        made_up_connection(&fixture.snapshot,
                           (uint16_t)(1024 + made_up_random(&fixture.random, 60000)),
                           (uint16_t)(1024 + made_up_random(&fixture.random, 60000)),
                           SOCKET_ESTABLISHED, owners[program]);
        fixture.made[program]++;
    }
    take_sample();
    fixture.now += 1000;
}

static int64_t used_bytes(void)
{
    return number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
}

static long long intervals_of(int program)
{
    char sql[256];

    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM interval AS i JOIN process AS p ON p.id = i.process"
             " JOIN text AS t ON t.id = p.path WHERE t.text = '%s'",
             programs[program]);
    return number(sql);
}

static void make_history(int64_t limit, int seconds)
{
    fixture.limits.max_size = limit;
    start();
    for (int second = 1; second <= seconds; second++) {
        make_noise(500);
        if (second % 2 == 0) {
            commit();
            retain();
            ck_assert_int_le(used_bytes(), limit + limit / 20);
        }
    }
}

START_TEST(the_limit_of_bytes_holds_while_it_is_written)
{
    make_history(5 * MIB, 160);
    ck_assert_int_gt(used_bytes(), 4 * MIB); /* and no more is dropped than must be */
    ck_assert_int_gt(number("SELECT count(*) FROM interval"), 30000);
    ck_assert_int_eq(number("SELECT count(*) FROM pragma_integrity_check"
                            " WHERE integrity_check <> 'ok'"),
                     0);
    ck_assert_int_eq(number("SELECT max(id) - count(*) FROM interval"),
                     number("SELECT sum(rows) FROM dropped WHERE what = 1"));
}
END_TEST

START_TEST(a_noisy_application_does_not_push_out_the_quiet_ones)
{
    struct ledger_detail detail;

    make_history(5 * MIB, 160);
    for (int i = 1; i < PROGRAMS; i++) {
        ck_assert_int_eq(intervals_of(i), fixture.made[i]);
    }
    ck_assert_int_eq(number("SELECT count(*) FROM dropped AS d JOIN text AS t"
                            " ON t.id = d.application WHERE d.what = 1"
                            " AND (d.why <> 2 OR d.of_one <> 1 OR t.text <> '/bin/noisy')"),
                     0);
    ck_assert_int_eq(
        number("SELECT count(*) FROM interval AS i JOIN process AS p ON p.id = i.process"
               " JOIN text AS t ON t.id = p.path, (SELECT max(last_row) AS edge FROM dropped)"
               " WHERE t.text = '/bin/noisy' AND i.id < edge"),
        0);
    ck_assert_int_gt(number("SELECT count(*) FROM dropped"), 0);
    CHECK_DONE(ledger_read_detail(fixture.ledger, &detail, &fixture.why), fixture.why);
    ck_assert_int_eq(detail.dropped.stretch, 0);
    ck_assert_int_eq(detail.applications, 1);
    ck_assert_int_eq(detail_at(BEGIN), LEDGER_DETAIL_PARTLY);
    ck_assert_int_eq(detail_at(fixture.now - 1000), LEDGER_DETAIL_WHOLE);
    ck_assert_int_eq(number("SELECT intervals FROM application AS a JOIN text AS t"
                            " ON t.id = a.id WHERE t.text = '/bin/noisy'"),
                     number("SELECT count(*) FROM interval AS i JOIN process AS p"
                            " ON p.id = i.process JOIN text AS t ON t.id = p.path"
                            " WHERE t.text = '/bin/noisy'"
                            " AND i.id <= (SELECT swept FROM application WHERE id = -1)"));
}
END_TEST

/* Half of the room: then the quiet ones are no longer small, and all have about equally many. */
START_TEST(those_that_lose_something_have_about_equally_many_in_the_end)
{
    long long most;

    make_history(5 * MIB, 160);
    fixture.limits.max_size = MIB;
    retention_set_limits(fixture.retention, &fixture.limits);
    retain();
    ck_assert_int_le(used_bytes(), MIB + MIB / 20);
    most = intervals_of(0);
    for (int i = 1; i < PROGRAMS; i++) {
        ck_assert_int_lt(intervals_of(i), most * 5 / 4 + 500);
        ck_assert_int_gt(intervals_of(i), most * 3 / 4 - 500);
    }
}
END_TEST

/* Processes without sockets fill the ledger. */
START_TEST(where_there_are_no_intervals_processes_go)
{
    fixture.limits.max_size = MIB;
    start();
    for (uint32_t second = 0; second < 120; second++) {
        begin_sample();
        for (uint32_t i = 0; i < 200; i++) {
            char name[64];

            snprintf(name, sizeof(name), "unique-%u-%u", second, i);
            made_up_process(&fixture.snapshot, 10 + i, second, name, NULL);
        }
        take_sample();
        fixture.now += 1000;
        commit();
        retain();
    }
    ck_assert_int_gt(number("SELECT sum(rows) FROM dropped WHERE what = 2 AND why = 2"), 5000);
    ck_assert_int_eq(detail_at(BEGIN), LEDGER_DETAIL_PARTLY);
    ck_assert_int_ge(number("SELECT count(*) FROM process WHERE last_stretch IS NULL"), 200);
}
END_TEST

START_TEST(space_is_given_back)
{
    int64_t before;

    fixture.limits.max_size = 64 * MIB;
    start();
    for (int second = 0; second < 100; second++) {
        make_noise(1000);
    }
    commit();
    before = used_bytes();
    fixture.limits.keep = 1600;
    retention_set_limits(fixture.retention, &fixture.limits);
    retain();
    ck_assert_int_lt(used_bytes(), before / 4);
}
END_TEST

/* A foreign reader in the middle of something: the log grows no further by us. */
START_TEST(while_the_log_cannot_be_emptied_nothing_is_begun)
{
    int64_t size;
    bool more;

    fixture.limits.max_size = 64 * MIB;
    start();
    for (int second = 0; second < 50; second++) {
        make_noise(1000);
    }
    commit();
    CHECK_DONE(ledger_open(&fixture.reader, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(database_run(fixture.reader->db, "BEGIN; SELECT count(*) FROM meta", &fixture.why),
               fixture.why);
    for (int second = 1; second <= 300; second++) { /* few commits, since each one tries to */
        make_noise(1000);
        if (second % 50 == 0) {
            commit();
            retain();
        }
    }
    fixture.limits.keep = 1600;
    retention_set_limits(fixture.retention, &fixture.limits);
    retain();
    size = ledger_size_beside(fixture.ledger, "-wal");
    CHECK_DONE(retention_work(fixture.retention, fixture.now, 1000, &more, &fixture.why),
               fixture.why);
    ck_assert(!more);
    ck_assert_int_eq(ledger_size_beside(fixture.ledger, "-wal"), size);
    ck_assert_int_gt(number("SELECT count(*) FROM interval"), 1000);
    CHECK_DONE(database_run(fixture.reader->db, "COMMIT", &fixture.why), fixture.why);
    retain();
    ck_assert_int_lt(number("SELECT count(*) FROM interval"), 5000);
}
END_TEST

START_TEST(a_step_that_fails_is_undone_and_tried_again)
{
    struct failure expected;
    bool more;

    start();
    serve(12 * 24);
    support_run_sql(path, "ALTER TABLE dropped RENAME TO kept");
    ck_assert(!retention_work(fixture.retention, fixture.now, 1000, &more, &expected));
    CHECK_CONTAINS(expected.text, path);
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 12 * 24 + 1);
    ck_assert_int_eq(number("SELECT count(*) FROM profile"), 0);
    support_run_sql(path, "ALTER TABLE kept RENAME TO dropped");
    retain();
    ck_assert_int_gt(number("SELECT count(*) FROM profile"), 0);
}
END_TEST

/* Whenever the service ends: what was begun goes on, and nothing is folded twice. */
START_TEST(what_was_begun_is_ended_by_the_next_run)
{
    bool more = true;
    int interrupted = 0;

    start();
    serve(12 * 24);
    while (more) {
        fixture.retention->intervals = (struct pace){2, 2, 2, 1000};
        fixture.retention->folds = (struct pace){8, 8, 8, 1000};
        for (int i = 0; i < 4 && more; i++) { /* the first step of a run notes the limits */
            CHECK_DONE(retention_work(fixture.retention, fixture.now, 0, &more, &fixture.why),
                       fixture.why);
        }
        if (number("SELECT count(*) FROM meta WHERE name = 'dropping'") > 0) {
            interrupted++;
            stop();
            start();
        }
    }
    ck_assert_int_gt(interrupted, 5);
    ck_assert_int_eq(number("SELECT count(*) FROM meta WHERE name = 'dropping'"), 0);
    ck_assert_int_eq(number("SELECT sum(intervals) FROM profile"),
                     number("SELECT sum(rows) FROM dropped WHERE what = 1"));
    ck_assert_int_eq(number("SELECT max(id) - count(*) FROM interval"),
                     number("SELECT sum(rows) FROM dropped WHERE what = 1"));
}
END_TEST

START_TEST(a_step_is_short)
{
    int64_t began;
    bool more = true;

    make_history(6 * MIB, 100);
    while (more) {
        began = clock_steady();
        CHECK_DONE(retention_work(fixture.retention, fixture.now, 1, &more, &fixture.why),
                   fixture.why);
        ck_assert_int_ge(clock_steady(), began);
    }
    ck_assert_int_ge(retention_longest_lock(fixture.retention), 0);
    ck_assert_int_gt(fixture.retention->intervals.rows, fixture.retention->intervals.least);
}
END_TEST

static void check_plan(const char *sql)
{
    struct text explain = {0};
    sqlite3_stmt *plan = NULL;

    text_add(&explain, "EXPLAIN QUERY PLAN ");
    text_add(&explain, sql);
    CHECK_DONE(database_prepare(fixture.ledger->db, text_bytes(&explain), &plan, &fixture.why),
               fixture.why);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *detail = database_column_text(plan, 3);

        ck_assert_msg(
            (strncmp(detail, "SCAN ", 5) != 0 || strstr(detail, "profile_day") != NULL ||
             strncmp(detail + 5, "stretch", 7) == 0 || strncmp(detail + 5, "image", 5) == 0 ||
             strncmp(detail + 5, "service", 7) == 0 || strncmp(detail + 5, "settings", 8) == 0 ||
             strncmp(detail + 5, "zone_offset", 11) == 0 ||
             strncmp(detail + 5, "application", 11) == 0 ||
             strncmp(detail + 5, "3 CONSTANT", 10) == 0 ||
             strncmp(detail + 5, "CONSTANT", 8) == 0) &&
                strstr(detail, "AUTOMATIC") == NULL,
            "%s, in: %s", detail, sql);
    }
    sqlite3_finalize(plan);
    text_clear(&explain);
}

START_TEST(no_statement_scans_what_grows)
{
    start();
    for (int i = 0; i < RETENTION_STATEMENTS; i++) {
        if (strncmp(retention_sql[i], "PRAGMA", 6) != 0) {
            check_plan(retention_sql[i]);
        }
    }
}
END_TEST

static Suite *retention_suite(void)
{
    Suite *suite = suite_create("retention");
    TCase *tests = tcase_create("retention");

    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, what_is_young_stays);
    tcase_add_test(tests, what_ended_before_the_time_of_keeping_goes);
    tcase_add_test(tests, a_second_pass_finds_nothing_more);
    tcase_add_test(tests, what_goes_is_in_the_profile);
    tcase_add_loop_test(tests, who_listened_tells_the_direction, 0, COUNT_OF(directions));
    tcase_add_test(tests, a_listener_that_went_first_is_remembered_by_the_profile);
    tcase_add_test(tests, a_process_goes_after_its_intervals_and_with_its_name);
    tcase_add_test(tests, profiles_and_coverage_go_when_their_own_time_is_over);
    tcase_add_test(tests, a_clock_that_is_far_ahead_costs_no_history);
    tcase_add_test(tests, a_machine_that_was_off_for_long_waits_for_a_day);
    tcase_add_test(tests, ids_are_not_given_twice);
    tcase_add_test(tests, the_limits_are_in_the_ledger);
    tcase_add_test(tests, the_limit_of_bytes_holds_while_it_is_written);
    tcase_add_test(tests, a_noisy_application_does_not_push_out_the_quiet_ones);
    tcase_add_test(tests, those_that_lose_something_have_about_equally_many_in_the_end);
    tcase_add_test(tests, where_there_are_no_intervals_processes_go);
    tcase_add_test(tests, space_is_given_back);
    tcase_add_test(tests, while_the_log_cannot_be_emptied_nothing_is_begun);
    tcase_add_test(tests, a_step_that_fails_is_undone_and_tried_again);
    tcase_add_test(tests, what_was_begun_is_ended_by_the_next_run);
    tcase_add_test(tests, a_step_is_short);
    tcase_add_test(tests, no_statement_scans_what_grows);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(retention_suite());
}
