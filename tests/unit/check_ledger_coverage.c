/* SPDX-License-Identifier: MIT */

#include "store/ledger_coverage.h"

#include <stdio.h>

#include "base/text.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static const char path[] = "check_ledger_coverage.db";
static const char lock_path[] = "check_ledger_coverage.db-lock";

enum {
    INTERVAL_MS = 1000,
    STRETCHES = 100,
    RANGES = 100,
};

#define BEGIN INT64_C(1700000000000)

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    struct ledger_coverage coverage;
    struct ledger_stretch stretches[STRETCHES];
    size_t stretch_count;
    uint64_t random;
    struct failure why;
} fixture;

static void start_service(void)
{
    struct ledger_run run = {
        .program = "check_ledger_coverage",
        .pid = 7,
        .boot = {.id = "boot"},
        .interval = INTERVAL_MS,
    };

    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    start_service();
}

static void stop_service(enum ledger_gap reason)
{
    struct ledger_writer *writer = fixture.writer;

    fixture.writer = NULL;
    CHECK_DONE(ledger_writer_close(writer, reason, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    if (fixture.writer != NULL) {
        stop_service(LEDGER_GAP_STOPPED);
    }
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    ledger_coverage_clear(&fixture.coverage);
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
}

static void watch(int64_t from, int64_t to)
{
    for (int64_t at = from; at <= to; at += INTERVAL_MS) {
        made_up_begin(&fixture.snapshot, at);
        CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    }
}

static const struct ledger_coverage *read_coverage(int64_t since, int64_t until)
{
    struct ledger_coverage_range range = {.since = since, .until = until};

    ledger_coverage_clear(&fixture.coverage);
    CHECK_DONE(ledger_coverage_read(&fixture.coverage, fixture.ledger, &range, &fixture.why),
               fixture.why);
    return &fixture.coverage;
}

START_TEST(nothing_is_watched_in_an_empty_ledger)
{
    const struct ledger_coverage *coverage = read_coverage(1000, 5000);

    ck_assert(ledger_coverage_is_empty(coverage));
    ck_assert_int_eq(coverage->watched, 0);
    ck_assert_uint_eq(coverage->gap_count, 1);
    ck_assert_str_eq(coverage->gaps[0].reason, "before the first sample");
}
END_TEST

START_TEST(a_gap_is_told_with_its_reason)
{
    const struct ledger_coverage *coverage;

    watch(10000, 20000);
    CHECK_DONE(ledger_writer_gap(fixture.writer, LEDGER_GAP_PAUSED, &fixture.why), fixture.why);
    watch(40000, 50000);
    stop_service(LEDGER_GAP_STOPPED);
    coverage = read_coverage(15000, 60000);
    ck_assert_int_eq(coverage->watched, 15000);
    ck_assert_int_eq(ledger_coverage_unwatched(coverage), 30000);
    ck_assert_uint_eq(coverage->gap_count, 2);
    ck_assert_int_eq(coverage->gaps[0].from_at, 20000);
    ck_assert_int_eq(coverage->gaps[0].until_at, 40000);
    ck_assert_str_eq(coverage->gaps[0].reason, ledger_gap_name(LEDGER_GAP_PAUSED));
    ck_assert_str_eq(coverage->gaps[1].reason, ledger_gap_name(LEDGER_GAP_STOPPED));

    coverage = read_coverage(25000, 30000); /* all of it in a gap */
    ck_assert(ledger_coverage_is_empty(coverage));
    ck_assert_str_eq(coverage->gaps[0].reason, ledger_gap_name(LEDGER_GAP_PAUSED));
    ck_assert_int_eq(read_coverage(INT64_MIN, 50000)->since, 10000);
}
END_TEST

static uint32_t draw(uint32_t limit)
{
    return made_up_random(&fixture.random, limit);
}

static bool keep_stretch(void *context, const struct ledger_stretch *stretch)
{
    (void)context;
    ck_assert_uint_lt(fixture.stretch_count, STRETCHES);
    fixture.stretches[fixture.stretch_count++] = *stretch;
    return true;
}

/* Stretches that overlap and leave gaps, as clocks are set forth and back. */
static void record_steps(void)
{
    int64_t at = BEGIN;

    for (int i = 0; i < 30; i++) {
        int64_t length = (int64_t)draw(30) * INTERVAL_MS;

        watch(at, at + length);
        CHECK_DONE(ledger_writer_gap(fixture.writer, LEDGER_GAP_PAUSED, &fixture.why), fixture.why);
        at += length + ((int64_t)draw(60) - 20) * INTERVAL_MS;
    }
    stop_service(LEDGER_GAP_STOPPED);
    CHECK_DONE(ledger_walk_coverage(fixture.ledger, INT64_MIN, INT64_MAX, keep_stretch, NULL,
                                    &fixture.why),
               fixture.why);
}

/* Second by second: whether any stretch has it. */
static bool is_watched(int64_t at)
{
    for (size_t i = 0; i < fixture.stretch_count; i++) {
        if (fixture.stretches[i].begin_at <= at &&
            fixture.stretches[i].end_at >= at + INTERVAL_MS) {
            return true;
        }
    }
    return false;
}

static bool is_in_gap(const struct ledger_coverage *coverage, int64_t at)
{
    for (size_t i = 0; i < coverage->gap_count; i++) {
        if (coverage->gaps[i].from_at <= at && coverage->gaps[i].until_at > at) {
            return true;
        }
    }
    return false;
}

START_TEST(every_second_is_watched_or_in_a_gap)
{
    fixture.random = (uint64_t)_i + 1;
    record_steps();
    for (int i = 0; i < RANGES; i++) {
        int64_t since = BEGIN + ((int64_t)draw(1200) - 100) * INTERVAL_MS;
        int64_t until = since + (int64_t)draw(400) * INTERVAL_MS;
        const struct ledger_coverage *coverage = read_coverage(since, until);
        int64_t watched = 0;

        for (int64_t at = since; at < until; at += INTERVAL_MS) {
            ck_assert(is_watched(at) != is_in_gap(coverage, at));
            watched += is_watched(at) ? INTERVAL_MS : 0;
        }
        ck_assert_int_eq(coverage->watched, watched);
    }
}
END_TEST

static const char *const damages[] = {
    "UPDATE stretch SET begin_at = -9223372036854775807, end_at = 9223372036854775807",
    "UPDATE stretch SET interval_ms = 9223372036854775807, missed = 9223372036854775807, ended = 0",
    "UPDATE stretch SET begin_at = end_at, end_at = begin_at, ended = 4711",
    "UPDATE stretch SET left_out = -1, interval_ms = -9223372036854775807 - 1",
};

/* Whatever refers to what: SQLite may have been built to look after that. */
static void damage_ledger(const char *damage)
{
    struct text sql = {0};

    text_addf(&sql, "PRAGMA foreign_keys = OFF; %s", damage);
    support_run_sql(path, text_bytes(&sql));
    text_clear(&sql);
}

START_TEST(a_coverage_full_of_nonsense_is_read_without_harm)
{
    fixture.random = 5;
    record_steps();
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
    damage_ledger(damages[_i]);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_READ, &fixture.why), fixture.why);
    read_coverage(INT64_MIN, INT64_MAX);
    read_coverage(INT64_MIN + 1, INT64_MAX);
    read_coverage(BEGIN, BEGIN + 1000);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("ledger_coverage");
    TCase *tests = tcase_create("ledger_coverage");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, nothing_is_watched_in_an_empty_ledger);
    tcase_add_test(tests, a_gap_is_told_with_its_reason);
    tcase_add_loop_test(tests, every_second_is_watched_or_in_a_gap, 0, 4);
    tcase_add_loop_test(tests, a_coverage_full_of_nonsense_is_read_without_harm, 0,
                        COUNT_OF(damages));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
