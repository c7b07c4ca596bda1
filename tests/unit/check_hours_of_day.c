/* SPDX-License-Identifier: MIT */

#include "base/hours_of_day.h"

#include <string.h>

#include "tests/support.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* 2026-03-29, the Sunday on which Berlin's clocks go forward at 01:00 UTC; 2026-10-25: back. */
#define SPRING INT64_C(1774746000000)
#define AUTUMN INT64_C(1792890000000)

static int utc(int64_t at)
{
    (void)at;
    return 0;
}

static int berlin(int64_t at)
{
    return at >= SPRING && at < AUTUMN ? 7200 : 3600;
}

/* UTC+5:45, as in Nepal. */
static int kathmandu(int64_t at)
{
    (void)at;
    return 5 * 3600 + 45 * 60;
}

/* Local mean time west of Greenwich, as before 1900. */
static int mean_time(int64_t at)
{
    (void)at;
    return -(4 * 3600 + 56 * 60 + 2);
}

static struct {
    struct hours_of_day hours;
    int64_t sums[HOURS_OF_DAY];
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    hours_of_day_close(&fixture.hours);
    hours_of_day_close(&fixture.hours);
}

static void open_hours(hours_of_day_zone_fn *zone, int64_t since, int64_t until)
{
    CHECK_DONE(hours_of_day_open(&fixture.hours, zone, since, until, &fixture.why), fixture.why);
}

/* Second by second. */
static void count_seconds(hours_of_day_zone_fn *zone, int64_t from, int64_t until,
                          int64_t sums[HOURS_OF_DAY])
{
    for (int64_t at = from; at < until; at += 1000) {
        int64_t local = at / 1000 + zone(at);

        sums[(local / 3600) % 24] += 1000;
    }
}

static const struct {
    hours_of_day_zone_fn *zone;
    int64_t since; /* of the range */
    int64_t from;
    int64_t length;
} cases[] = {
    {utc, 0, 0, HOUR},
    {utc, 0, 30 * MINUTE, HOUR},
    {utc, DAY - 1000, DAY - 1000, 2000},
    {utc, 5 * HOUR, 5 * HOUR, 3 * DAY},
    {utc, 5 * HOUR, 7 * HOUR, 2 * DAY + 17 * HOUR}, /* ends at midnight */
    {berlin, SPRING - DAY, SPRING - HOUR, 2 * HOUR},
    {berlin, SPRING - 5 * DAY, SPRING - 3 * DAY - 1000, 7 * DAY},
    {berlin, AUTUMN - 5 * DAY, AUTUMN - 3 * DAY - 1000, 7 * DAY},
    {berlin, AUTUMN - DAY, AUTUMN - HOUR, 3 * HOUR},
    {kathmandu, 0, 11 * MINUTE, 5 * HOUR},
    {kathmandu, 0, 11 * MINUTE, 5 * DAY},
    {mean_time, 10 * DAY, 11 * DAY + 7000, 2 * DAY},
    {utc, 0, 1000, 0},
};

START_TEST(a_piece_is_shared_out_as_a_clock_on_the_wall_does)
{
    int64_t expected[HOURS_OF_DAY] = {0};
    int64_t until = cases[_i].from + cases[_i].length;

    open_hours(cases[_i].zone, cases[_i].since, until + (_i % 2) * DAY);
    hours_of_day_add(&fixture.hours, cases[_i].from, until, fixture.sums);
    count_seconds(cases[_i].zone, cases[_i].from, until, expected);
    for (int i = 0; i < HOURS_OF_DAY; i++) {
        ck_assert_int_eq(fixture.sums[i], expected[i]);
    }
}
END_TEST

START_TEST(times_before_1970_have_hours_too)
{
    open_hours(utc, -3 * DAY, 0);
    hours_of_day_add(&fixture.hours, -HOUR / 2, 0, fixture.sums);
    hours_of_day_add(&fixture.hours, -3 * DAY, -DAY, fixture.sums);
    ck_assert_int_eq(fixture.sums[23], HOUR / 2 + 2 * HOUR);
    ck_assert_int_eq(fixture.sums[0], 2 * HOUR);
}
END_TEST

START_TEST(a_range_beyond_all_ledgers_is_refused)
{
    CHECK_FAILED(hours_of_day_open(&fixture.hours, utc, 0, INT64_C(151) * 366 * DAY, &fixture.why),
                 FAILURE_USAGE, fixture.why);
    CHECK_FAILED(hours_of_day_open(&fixture.hours, utc, DAY, -DAY, &fixture.why), FAILURE_USAGE,
                 fixture.why);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("hours_of_day");
    TCase *tests = tcase_create("hours_of_day");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_piece_is_shared_out_as_a_clock_on_the_wall_does, 0,
                        COUNT_OF(cases));
    tcase_add_test(tests, times_before_1970_have_hours_too);
    tcase_add_test(tests, a_range_beyond_all_ledgers_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
