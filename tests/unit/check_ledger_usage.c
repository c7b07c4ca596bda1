/* SPDX-License-Identifier: MIT */

#include "store/ledger_usage.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static const char path[] = "check_ledger_usage.db";
static const char lock_path[] = "check_ledger_usage.db-lock";

enum {
    MANY = 20000,
    STRETCHES = 200,
    SAMPLES = 300,
    HISTORIES = 3,
    QUESTIONS = 12,
};

#define BEGIN INT64_C(1700000000000)
#define SECOND INT64_C(1000)

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct machine *machine;
    struct snapshot snapshot;
    struct ledger_usage usage;
    struct ledger_interval *kept; /* owners are held */
    size_t kept_count;
    struct ledger_stretch stretches[STRETCHES];
    size_t stretch_count;
    uint64_t random;
    struct failure why;
} fixture;

static void start_service(void)
{
    struct ledger_run run = {
        .program = "check_ledger_usage",
        .pid = 7,
        .boot = {.id = "boot"},
        .interval = SECOND,
    };

    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
    fixture.kept = calloc(MANY, sizeof(*fixture.kept));
    ck_assert_ptr_nonnull(fixture.kept);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    start_service();
}

static void release_kept(void)
{
    for (size_t i = 0; i < fixture.kept_count; i++) {
        process_instance_release(fixture.kept[i].owner);
    }
    fixture.kept_count = 0;
}

static void close_fixture(void)
{
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    machine_halt(fixture.machine);
    snapshot_clear(&fixture.snapshot);
    ledger_usage_clear(&fixture.usage);
    release_kept();
    free(fixture.kept);
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

static void read_usage(const struct ledger_usage_question *question)
{
    CHECK_DONE(ledger_usage_read(&fixture.usage, fixture.ledger, question, &fixture.why),
               fixture.why);
}

static int half_past_one(int64_t at)
{
    (void)at;
    return 5400;
}

/* Seconds 0 to 9: two listeners of a.exe on port 80, overlapping in 3..5, and one of b.exe. */
static void record_listeners(void)
{
    for (int i = 0; i <= 10; i++) {
        uint32_t owner;

        made_up_begin(&fixture.snapshot, BEGIN + (int64_t)i * SECOND);
        owner = made_up_process(&fixture.snapshot, 10, 1, "a.exe", NULL);
        if (i < 6) {
            made_up_listener(&fixture.snapshot, 80, owner);
        }
        if (i >= 3 && i < 8) {
            made_up_connection(&fixture.snapshot, 80, 50000, SOCKET_ESTABLISHED, owner);
        }
        made_up_listener(&fixture.snapshot, 81,
                         made_up_process(&fixture.snapshot, 20, 1, "b.exe", "/opt/b.exe"));
        add();
    }
    commit();
}

START_TEST(sockets_at_the_same_time_count_once)
{
    struct ledger_usage_question question = {.zone_offset = half_past_one};
    const struct ledger_usage_row *rows;

    record_listeners();
    read_usage(&question);
    rows = fixture.usage.rows;
    ck_assert_uint_eq(fixture.usage.count, 2);
    ck_assert_int_eq(fixture.usage.watched, 10 * SECOND);
    ck_assert_str_eq(rows[0].application, "a.exe");
    ck_assert(!rows[0].is_path);
    ck_assert_int_eq(rows[0].port, 80);
    ck_assert_int_eq(rows[0].intervals, 2);
    ck_assert_int_eq(rows[0].open, 8 * SECOND);
    ck_assert_int_eq(rows[0].first_seen_at, BEGIN);
    ck_assert_int_eq(rows[0].last_seen_at, BEGIN + 8 * SECOND);
    ck_assert_int_eq(rows[0].hours[23], 8 * SECOND); /* 2023-11-14 22:13 UTC */
    ck_assert_str_eq(rows[1].application, "/opt/b.exe");
    ck_assert(rows[1].is_path);
    ck_assert_int_eq(rows[1].open, 10 * SECOND);
}
END_TEST

START_TEST(times_are_clipped_to_the_range)
{
    struct ledger_usage_question question = {
        .filter = {.since = BEGIN + 4 * SECOND, .until = BEGIN + 7 * SECOND},
    };

    record_listeners();
    read_usage(&question);
    ck_assert_int_eq(fixture.usage.watched, 3 * SECOND);
    ck_assert_int_eq(fixture.usage.rows[0].open, 3 * SECOND);
    ck_assert_int_eq(fixture.usage.rows[0].first_seen_at, BEGIN); /* it was there before */
    ck_assert_int_eq(fixture.usage.rows[0].hours[23], 0);         /* not asked for */
}
END_TEST

START_TEST(the_other_end_can_be_asked_for)
{
    struct ledger_usage_question question = {.side = LEDGER_REMOTE_PORT};

    record_listeners();
    read_usage(&question);
    ck_assert_uint_eq(fixture.usage.count, 1);
    ck_assert_int_eq(fixture.usage.rows[0].port, 50000);
    ck_assert_int_eq(fixture.usage.rows[0].open, 5 * SECOND);
}
END_TEST

START_TEST(what_has_no_room_is_said)
{
    struct ledger_usage_question question = {.most = 1};

    record_listeners();
    read_usage(&question);
    ck_assert_uint_eq(fixture.usage.count, 1);
    ck_assert_int_eq(fixture.usage.rows[0].intervals, 2);
    ck_assert_int_eq(fixture.usage.left_out, 1);
}
END_TEST

START_TEST(an_empty_ledger_has_no_usage)
{
    struct ledger_usage_question question = {.zone_offset = half_past_one,
                                             .filter = {.since = INT64_MIN}};

    read_usage(&question);
    ck_assert_uint_eq(fixture.usage.count, 0);
    ck_assert_int_eq(fixture.usage.watched, 0);
}
END_TEST

/*
 * Against a model: every second of every stretch is asked whether an interval
 * has it.
 */

static uint32_t draw(uint32_t limit)
{
    return made_up_random(&fixture.random, limit);
}

static void record_history(void)
{
    fixture.machine = machine_boot(fixture.random, BEGIN);
    for (int i = 0; i < SAMPLES; i++) {
        switch (draw(40)) {
        case 0:
            machine_set_clock(fixture.machine, -(int64_t)draw(60) * SECOND);
            break;
        case 1:
            machine_sleep(fixture.machine, (1 + (int64_t)draw(7000)) * SECOND);
            break;
        default:
            break;
        }
        machine_wait(fixture.machine, SECOND);
        machine_change(fixture.machine);
        machine_sample(fixture.machine, &fixture.snapshot);
        add();
    }
    commit();
}

static bool keep_interval(void *context, const struct ledger_interval *interval)
{
    (void)context;
    ck_assert_uint_lt(fixture.kept_count, MANY);
    fixture.kept[fixture.kept_count++] = *interval;
    if (interval->owner != NULL) {
        process_instance_hold(interval->owner);
    }
    return true;
}

static bool keep_stretch(void *context, const struct ledger_stretch *stretch)
{
    (void)context;
    ck_assert_uint_lt(fixture.stretch_count, STRETCHES);
    fixture.stretches[fixture.stretch_count++] = *stretch;
    return true;
}

static bool is_of(const struct ledger_usage_row *row, const struct ledger_usage_question *question,
                  const struct ledger_interval *interval)
{
    const struct process_instance *owner = interval->owner;
    const char *path_of_owner = owner == NULL ? NULL : owner->path;
    const char *name = owner == NULL ? "" : owner->name;
    bool remote = question->side == LEDGER_REMOTE_PORT;

    return row->protocol == interval->socket.protocol && row->is_path == (path_of_owner != NULL) &&
           strcmp(row->application, path_of_owner != NULL ? path_of_owner : name) == 0 &&
           (!remote || interval->socket.remote.address_size != 0) &&
           row->port == (remote ? interval->socket.remote.port : interval->socket.local.port);
}

static bool is_open(const struct ledger_interval *const *intervals, size_t count, int64_t stretch,
                    int64_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (intervals[i]->stretch_id == stretch && intervals[i]->opened_at <= at &&
            intervals[i]->closed_at > at) {
            return true;
        }
    }
    return false;
}

static void check_times(const struct ledger_usage_row *row,
                        const struct ledger_usage_question *question,
                        const struct ledger_interval *const *intervals, size_t count)
{
    int64_t open = 0;
    int64_t hours[HOURS_OF_DAY] = {0};

    for (size_t i = 0; i < fixture.stretch_count; i++) {
        const struct ledger_stretch *stretch = &fixture.stretches[i];

        for (int64_t at = stretch->begin_at; at < stretch->end_at; at += SECOND) {
            if (at >= question->filter.since && at < question->filter.until &&
                is_open(intervals, count, stretch->id, at)) {
                open += SECOND;
                hours[((at / SECOND + 5400) / 3600) % 24] += SECOND;
            }
        }
    }
    ck_assert_int_eq(row->open, open);
    for (int i = 0; i < HOURS_OF_DAY; i++) {
        ck_assert_int_eq(row->hours[i], hours[i]);
    }
}

/* Returns how many intervals the row has. */
static size_t check_row(const struct ledger_usage_row *row,
                        const struct ledger_usage_question *question)
{
    static const struct ledger_interval *intervals[MANY];
    const struct ledger_interval *first = NULL;
    const struct ledger_interval *last = NULL;
    size_t count = 0;

    for (size_t i = 0; i < fixture.kept_count; i++) {
        const struct ledger_interval *interval = &fixture.kept[i];

        if (is_of(row, question, interval)) {
            intervals[count++] = interval;
            first = first == NULL ? interval : first;
            if (last == NULL || last->stretch_id != interval->stretch_id ||
                last->closed_at <= interval->closed_at) {
                last = interval;
            }
        }
    }
    if (first == NULL || last == NULL) {
        ck_abort_msg("a row without an interval");
        return 0;
    }
    ck_assert_int_eq(row->intervals, (int64_t)count);
    ck_assert_int_eq(row->first_id, first->id);
    ck_assert_int_eq(row->first_seen_at, first->opened_at);
    ck_assert_int_eq(row->last_id, last->id);
    ck_assert_int_eq(row->last_seen_at, last->closed_at);
    check_times(row, question, intervals, count);
    return count;
}

static size_t count_asked(const struct ledger_usage_question *question)
{
    size_t count = 0;

    for (size_t i = 0; i < fixture.kept_count; i++) {
        count +=
            question->side == LEDGER_LOCAL_PORT || fixture.kept[i].socket.remote.address_size != 0
                ? 1
                : 0;
    }
    return count;
}

static void check_question(const struct ledger_usage_question *question)
{
    size_t sum = 0;

    release_kept();
    CHECK_DONE(
        ledger_walk_intervals(fixture.ledger, &question->filter, keep_interval, NULL, &fixture.why),
        fixture.why);
    read_usage(question);
    for (size_t i = 0; i < fixture.usage.count; i++) {
        sum += check_row(&fixture.usage.rows[i], question);
        ck_assert(i == 0 || fixture.usage.rows[i].first_id > fixture.usage.rows[i - 1].first_id);
    }
    ck_assert_uint_eq(sum, count_asked(question));
}

START_TEST(usage_is_what_every_second_says)
{
    fixture.random = (uint64_t)_i * 13 + 5;
    record_history();
    CHECK_DONE(ledger_walk_coverage(fixture.ledger, INT64_MIN, INT64_MAX, keep_stretch, NULL,
                                    &fixture.why),
               fixture.why);
    for (int i = 0; i < QUESTIONS; i++) {
        int64_t length = machine_clock(fixture.machine) - BEGIN;
        struct ledger_usage_question question = {
            .side = i % 2 == 0 ? LEDGER_LOCAL_PORT : LEDGER_REMOTE_PORT,
            .zone_offset = half_past_one,
        };

        question.filter.since = BEGIN + length / SECOND * draw(100) / 100 * SECOND;
        question.filter.until = question.filter.since + (int64_t)draw(300) * SECOND;
        if (i < 4) {
            question.filter.since = BEGIN - 1000000;
            question.filter.until = BEGIN + 100000000;
        }
        check_question(&question);
    }
}
END_TEST

static const char *const damages[] = {
    "UPDATE interval SET opened_at = 9223372036854775807, lasted = 9223372036854775807",
    "UPDATE interval SET opened_at = -9223372036854775807 - 1, lasted = -8388608",
    "UPDATE interval SET opened_at = 1700000100000 - id * 1000, lasted = id * 1000",
    "UPDATE interval SET local_port = -1, remote_port = 70000, process = 999999, kind = 300 * 512",
    "UPDATE stretch SET begin_at = -9223372036854775807, end_at = 9223372036854775807",
    "UPDATE stretch SET begin_at = end_at, end_at = begin_at",
    "UPDATE stretch SET id = -id",
    "DELETE FROM text",
};

/* Whatever refers to what: SQLite may have been built to look after that. */
static void damage_ledger(const char *damage)
{
    struct text sql = {0};

    text_addf(&sql, "PRAGMA foreign_keys = OFF; %s", damage);
    support_run_sql(path, text_bytes(&sql));
    text_clear(&sql);
}

START_TEST(a_ledger_full_of_nonsense_is_counted_without_harm)
{
    static const int64_t times[] = {INT64_MIN, 0, BEGIN + 50000, INT64_MAX};

    fixture.random = 3;
    record_history();
    CHECK_DONE(ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    fixture.writer = NULL;
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
    damage_ledger(damages[_i]);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_READ, &fixture.why), fixture.why);
    for (int i = 0; i < COUNT_OF(times) * 2; i++) {
        struct ledger_usage_question question = {
            .filter = {.since = times[i / 2], .until = i % 2 == 0 ? 0 : BEGIN + 60000},
            .zone_offset = half_past_one,
        };

        read_usage(&question);
        for (size_t k = 0; k < fixture.usage.count; k++) {
            ck_assert_int_le(fixture.usage.rows[k].open, INT64_C(1) << 50);
        }
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("ledger_usage");
    TCase *tests = tcase_create("ledger_usage");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, sockets_at_the_same_time_count_once);
    tcase_add_test(tests, times_are_clipped_to_the_range);
    tcase_add_test(tests, the_other_end_can_be_asked_for);
    tcase_add_test(tests, what_has_no_room_is_said);
    tcase_add_test(tests, an_empty_ledger_has_no_usage);
    tcase_add_loop_test(tests, usage_is_what_every_second_says, 0, HISTORIES);
    tcase_add_loop_test(tests, a_ledger_full_of_nonsense_is_counted_without_harm, 0,
                        COUNT_OF(damages));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
