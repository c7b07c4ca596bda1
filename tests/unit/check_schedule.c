/* SPDX-License-Identifier: MIT */

#include "probes/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_fake.h"
#include "base/text.h"
#include "base/time_text.h"
#include "tests/support.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Berlin in 2026: 29 March 02:00 becomes 03:00, 25 October 03:00 becomes 02:00. */
static const struct clock_fake_change berlin[] = {{INT64_C(1774746000000), 7200},
                                                  {INT64_C(1792890000000), 3600}};

static struct {
    struct schedule schedule;
    struct failure why;
    struct text text;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.schedule.form = SCHEDULE_AT;
    clock_fake_reset();
    clock_fake_set_zone(3600, berlin, COUNT_OF(berlin));
}

static void close_fixture(void)
{
    text_clear(&fixture.text);
}

static int64_t moment(const char *word)
{
    int64_t at = 0;

    CHECK_DONE(time_text_parse(word, 0, &at, NULL, &fixture.why), fixture.why);
    return at;
}

static void add(const char *text)
{
    CHECK_DONE(schedule_add_at(&fixture.schedule, text, &fixture.why), fixture.why);
}

/* The next runs after a moment, as "03-29 03:00+02 ...". */
static const char *runs_after(const char *from, int count)
{
    int64_t at = moment(from);

    text_reset(&fixture.text);
    for (int i = 0; i < count; i++) {
        struct calendar_time shown;
        int offset;

        at = schedule_next(&fixture.schedule, clock_zone_offset, at);
        offset = fixture.schedule.is_utc ? 0 : clock_zone_offset(at);
        shown = calendar_from_ms(at + offset * INT64_C(1000));
        text_addf(&fixture.text, "%s%02d-%02d %02d:%02d+%02d", i == 0 ? "" : " ", shown.month,
                  shown.day, shown.hour, shown.minute, offset / 3600);
    }
    return text_bytes(&fixture.text);
}

/* 2026-11-20 was a Friday. */
static const struct {
    const char *text;
    const char *from;
    const char *runs;
} forms[] = {
    {"07:30", "2026-11-20 07:29:59", "11-20 07:30+01 11-21 07:30+01"},
    {"07:30", "2026-11-20 07:30", "11-21 07:30+01 11-22 07:30+01"},
    {"7:30", "2026-11-20 07:30:00.001", "11-21 07:30+01 11-22 07:30+01"},
    {"Mon-Fri 07:30", "2026-11-20 07:30", "11-23 07:30+01 11-24 07:30+01"},
    {"  Mon-Fri   07:30  ", "2026-11-20 07:30", "11-23 07:30+01 11-24 07:30+01"},
    {"07:30, 19:30", "2026-11-20 12:00", "11-20 19:30+01 11-21 07:30+01"},
    {"19:30,07:30", "2026-11-20 12:00", "11-20 19:30+01 11-21 07:30+01"},
    {"Fri 07:30, 19:15", "2026-11-20 12:00", "11-20 19:15+01 11-27 07:30+01"},
    {"daily 03:00", "2026-11-20 12:00", "11-21 03:00+01 11-22 03:00+01"},
    {"Sat,Sun 02:00", "2026-11-20 12:00", "11-21 02:00+01 11-22 02:00+01"},
    {"sat , SUNDAY 02:00", "2026-11-20 12:00", "11-21 02:00+01 11-22 02:00+01"},
    {"Sat-Mon 00:00", "2026-11-21 00:00", "11-22 00:00+01 11-23 00:00+01"},
    {"Mon,Wed-Thu 00:00", "2026-11-23 00:00", "11-25 00:00+01 11-26 00:00+01"},
    {"30 7 * * 1-5", "2026-11-20 07:30", "11-23 07:30+01 11-24 07:30+01"},
    {"30 7 * * mon-fri", "2026-11-20 07:30", "11-23 07:30+01 11-24 07:30+01"},
    {"*/20 * * * *", "2026-11-20 07:30", "11-20 07:40+01 11-20 08:00+01"},
    {"5-59/20 * * * *", "2026-11-20 07:30", "11-20 07:45+01 11-20 08:05+01"},
    {"0\t0 31 * *", "2026-11-20 07:30", "12-31 00:00+01 01-31 00:00+01"},
    {"0 0 29 2 *", "2026-11-20 07:30", "02-29 00:00+01 02-29 00:00+01"},
    {"0 0 1 jan,JUL *", "2026-11-20 07:30", "01-01 00:00+01 07-01 00:00+01"},
    {"0 12 * * 0", "2026-11-20 07:30", "11-22 12:00+01 11-29 12:00+01"},
    {"0 12 * * 7", "2026-11-20 07:30", "11-22 12:00+01 11-29 12:00+01"},
    {"0 12 * * sat-sun", "2026-11-20 07:30", "11-21 12:00+01 11-22 12:00+01"},
    {"0 12 * * 6-7", "2026-11-20 07:30", "11-21 12:00+01 11-22 12:00+01"},
    {"@monthly", "2026-11-20 07:30", "12-01 00:00+01 01-01 00:00+01"},
    {"@Weekly", "2026-11-20 07:30", "11-22 00:00+01 11-29 00:00+01"},
    {"@hourly", "2026-11-20 07:30", "11-20 08:00+01 11-20 09:00+01"},
    /* The 25th or a Monday, since both are limited; the 1st, 8th, ... that is a Sunday, since one
       is not. */
    {"0 0 25 * 1", "2026-11-20 07:30", "11-23 00:00+01 11-25 00:00+01"},
    {"0 0 */7 * 0", "2026-11-20 07:30", "11-22 00:00+01 11-29 00:00+01"},
    {"0 0 */7 * 1", "2026-11-20 07:30", "02-01 00:00+01 02-08 00:00+01"},
};

START_TEST(a_text_says_when)
{
    add(forms[_i].text);
    ck_assert_str_eq(runs_after(forms[_i].from, 2), forms[_i].runs);
}
END_TEST

/* Both days on which clocks in Berlin change. */
static const struct {
    const char *text;
    const char *from;
    const char *runs;
} changes[] = {
    {"02:30", "2026-03-28 12:00", "03-29 03:00+02 03-30 02:30+02"},
    {"02:00", "2026-03-28 12:00", "03-29 03:00+02 03-30 02:00+02"},
    {"01:59, 03:00", "2026-03-29 01:00", "03-29 01:59+01 03-29 03:00+02 03-30 01:59+02"},
    {"02:10, 02:50, 03:00, 03:10", "2026-03-29 01:00", "03-29 03:00+02 03-29 03:10+02"},
    {"*/30 * * * *", "2026-03-29 01:00", "03-29 01:30+01 03-29 03:00+02 03-29 03:30+02"},
    {"02:30", "2026-10-24 12:00", "10-25 02:30+02 10-26 02:30+01"},
    {"02:00", "2026-10-24 12:00", "10-25 02:00+02 10-26 02:00+01"},
    {"03:00", "2026-10-24 12:00", "10-25 03:00+01 10-26 03:00+01"},
    {"02:30", "2026-10-25T02:10:00+01:00", "10-26 02:30+01 10-27 02:30+01"},
    {"*/30 * * * *", "2026-10-25T02:10:00+02:00", "10-25 02:30+02 10-25 03:00+01 10-25 03:30+01"},
    {"*/30 * * * *", "2026-10-25T02:10:00+01:00", "10-25 03:00+01 10-25 03:30+01"},
    {"23:59", "2026-10-24 12:00", "10-24 23:59+02 10-25 23:59+01"},
};

START_TEST(a_day_on_which_the_clocks_change_runs_each_time_once)
{
    int count = 1;

    for (const char *at = changes[_i].runs; (at = strchr(at, '+')) != NULL; at++) {
        count += at != strrchr(changes[_i].runs, '+');
    }
    add(changes[_i].text);
    ck_assert_str_eq(runs_after(changes[_i].from, count), changes[_i].runs);
}
END_TEST

START_TEST(times_in_utc_know_no_summer)
{
    add("02:30");
    fixture.schedule.is_utc = true;
    ck_assert_str_eq(runs_after("2026-03-28T12:00Z", 2), "03-29 02:30+00 03-30 02:30+00");
}
END_TEST

START_TEST(an_interval_counts_from_1970_whatever_the_zone_does)
{
    fixture.schedule = (struct schedule){.form = SCHEDULE_EVERY, .every = 90 * MINUTE};
    for (int64_t at = berlin[0].at - 6 * HOUR; at < berlin[0].at + 6 * HOUR; at += MINUTE) {
        int64_t next = schedule_next(&fixture.schedule, clock_zone_offset, at);

        ck_assert_int_eq(next % (90 * MINUTE), 0);
        ck_assert(next > at && next <= at + 90 * MINUTE);
    }
    ck_assert_int_eq(schedule_next(&fixture.schedule, clock_zone_offset, -1), 0);
    ck_assert_int_eq(schedule_next(&fixture.schedule, clock_zone_offset, -91 * MINUTE),
                     -90 * MINUTE);
}
END_TEST

START_TEST(the_offset_comes_after_the_time_on_the_wall)
{
    add("07:30");
    fixture.schedule.offset = 45000;
    ck_assert_int_eq(
        schedule_next(&fixture.schedule, clock_zone_offset, moment("2026-11-20 07:30")),
        moment("2026-11-20 07:30:45"));
    ck_assert_int_eq(
        schedule_next(&fixture.schedule, clock_zone_offset, moment("2026-11-20 07:30:45")),
        moment("2026-11-21 07:30:45"));
    fixture.schedule.form = SCHEDULE_EVERY;
    fixture.schedule.every = 5 * MINUTE;
    ck_assert_int_eq(
        schedule_next(&fixture.schedule, clock_zone_offset, moment("2026-11-20 07:30")),
        moment("2026-11-20 07:30:45"));
}
END_TEST

static const struct {
    const char *text;
    const char *complaint;
} wrong[] = {
    {"", "five fields"},
    {"noon", "\"noon\" is no day"},
    {"Mon", "a time of the day is missing"},
    {"Mon-Foo 07:30", "\"Foo\" is no day"},
    {"Mon-Fri 7", "\"7\" is no time of the day"},
    {"24:00", "24:00 is 00:00 of the next day"},
    {"24:01", "is no time of the day"},
    {"12:60", "is no time of the day"},
    {"12:5", "is no time of the day"},
    {"123:00", "is no time of the day"},
    {"07:30 19:30", "\"19:30\" cannot follow the time"},
    {"07:30,", "a time of the day is missing"},
    {"Mon 07:30, Tue 08:00", "\"Tue\" is no time of the day"},
    {"Mon,07:30", "\"07:30\" is no day"},
    {"* * * *", "five fields"},
    {"* * * * * *", "nothing can follow the five fields"},
    {"60 * * * *", "the minute must be 0 to 59"},
    {"* 24 * * *", "the hour must be 0 to 23"},
    {"* * 0 * *", "the day of the month must be 1 to 31"},
    {"* * * 13 *", "the month must be 1 to 12"},
    {"* * * * 8", "the day of the week must be 0 to 7"},
    {"* * * foo *", "the month must be 1 to 12"},
    {"100 * * * *", "the minute must be 0 to 59"},
    {"1x * * * *", "the minute must be 0 to 59"},
    {"1- * * * *", "the minute must be 0 to 59"},
    {"1,, * * * *", "the minute must be 0 to 59"},
    {"** * * * *", "the minute must be 0 to 59"},
    {"5/15 * * * *", "5-59/N"},
    {"*/0 * * * *", "the step of the minute"},
    {"*/ * * * *", "the step of the minute"},
    {"30-10 * * * *", "goes backwards"},
    {"0 0 30 2 *", "no such day"},
    {"0 0 31 4,6,9,11 *", "no such day"},
    {"@reboot", "@hourly"},
    {"@", "@hourly"},
};

START_TEST(what_is_wrong_is_said)
{
    CHECK_FAILED(schedule_add_at(&fixture.schedule, wrong[_i].text, &fixture.why), FAILURE_FORMAT,
                 fixture.why);
    CHECK_CONTAINS(fixture.why.text, wrong[_i].complaint);
}
END_TEST

START_TEST(there_is_an_end_to_the_times)
{
    for (int i = 0; i < SCHEDULE_RULES_MOST; i++) {
        add("07:30");
    }
    CHECK_FAILED(schedule_add_at(&fixture.schedule, "07:30", &fixture.why), FAILURE_FORMAT,
                 fixture.why);
}
END_TEST

START_TEST(runs_are_counted_and_the_last_one_is_found)
{
    static const char *const texts[] = {"07:30, 19:30", "*/7 * * * *", "0 0 1 * *", "@yearly"};
    int64_t from = moment("2026-01-05 12:00");
    int64_t until = moment("2026-11-20 12:00");
    int64_t count = 0;
    int64_t last = SCHEDULE_NEVER;

    add(texts[_i]);
    for (int64_t at = from; (at = schedule_next(&fixture.schedule, clock_zone_offset, at)) <= until;
         count++) {
        last = at;
    }
    ck_assert_int_eq(schedule_count(&fixture.schedule, clock_zone_offset, from, until), count);
    ck_assert_int_eq(schedule_last(&fixture.schedule, clock_zone_offset, from, until), last);
    ck_assert_int_eq(schedule_last(&fixture.schedule, clock_zone_offset, until, until),
                     SCHEDULE_NEVER);
    ck_assert_int_eq(schedule_count(&fixture.schedule, clock_zone_offset, until, from), 0);
}
END_TEST

START_TEST(more_runs_than_anybody_counts_cost_no_time)
{
    fixture.schedule = (struct schedule){.form = SCHEDULE_EVERY, .every = 1000, .offset = 250};
    ck_assert_int_eq(schedule_count(&fixture.schedule, clock_zone_offset, 0, INT64_C(1) << 50),
                     ((INT64_C(1) << 50) - 250) / 1000 + 1);
    ck_assert_int_eq(schedule_count(&fixture.schedule, clock_zone_offset, 0, 250), 1);
    ck_assert_int_eq(schedule_count(&fixture.schedule, clock_zone_offset, 250, 1249), 0);
    ck_assert_int_eq(schedule_last(&fixture.schedule, clock_zone_offset, 0, 10000), 9250);
    ck_assert_int_eq(schedule_last(&fixture.schedule, clock_zone_offset, 9250, 10000),
                     SCHEDULE_NEVER);
}
END_TEST

START_TEST(minutes_of_decades_are_counted_exactly)
{
    int64_t from = moment("1990-01-01 00:00");
    int64_t until = moment("2090-01-01 00:00");

    fixture.schedule = (struct schedule){.form = SCHEDULE_AT, .is_utc = true};
    add("* * * * *");
    for (int i = 0; i < SCHEDULE_RULES_MOST - 1; i++) {
        add("0 0 29 2 *"); /* each minute is counted once */
    }
    ck_assert_int_eq(schedule_count(&fixture.schedule, clock_zone_offset, from, until),
                     (until - from) / MINUTE);
}
END_TEST

/* A job every 5 minutes: what is done at a minute of the day about runs since another one. */
static const struct {
    double handled;
    double now;
    double run; /* -1: none */
    double missed_first;
    double missed_last;
    double next;
    int missed;
    bool catch_up;
    bool late;
} turns[] = {
    {10, 12, -1, -1, -1, 15, 0, false, false},
    {10, 15, 15, -1, -1, 20, 0, false, false},
    {10, 15.4, 15, -1, -1, 20, 0, false, false},
    {10, 16, -1, 15, 15, 20, 1, false, false},
    {10, 16, 15, -1, -1, 20, 0, true, true},
    {10, 42, -1, 15, 40, 45, 6, false, false},
    {10, 42, 40, 15, 35, 45, 5, true, true},
    {10, 40, 40, 15, 35, 45, 5, false, false},
    {10, 10, -1, -1, -1, 15, 0, true, false},
    /* Set back a little: what was run is not run again. By more: it is. */
    {15, 14.5, -1, -1, -1, 20, 0, false, false},
    {60, 12, -1, -1, -1, 15, 0, false, false},
};

static int64_t at_minute(double minute)
{
    return minute < 0 ? SCHEDULE_NEVER : (int64_t)(minute * (double)MINUTE);
}

START_TEST(a_turn_runs_the_last_one_and_tells_what_was_missed)
{
    struct schedule_turn turn;

    fixture.schedule = (struct schedule){.form = SCHEDULE_EVERY, .every = 5 * MINUTE};
    schedule_decide(&fixture.schedule, clock_zone_offset, at_minute(turns[_i].handled),
                    at_minute(turns[_i].now), turns[_i].catch_up, &turn);
    ck_assert_int_eq(turn.run, at_minute(turns[_i].run));
    ck_assert_int_eq(turn.late, turns[_i].late);
    ck_assert_int_eq(turn.missed, turns[_i].missed);
    ck_assert_int_eq(turn.missed_first, at_minute(turns[_i].missed_first));
    ck_assert_int_eq(turn.missed_last, at_minute(turns[_i].missed_last));
    ck_assert_int_eq(turn.next, at_minute(turns[_i].next));
}
END_TEST

START_TEST(an_offset_is_the_same_for_ever)
{
    /* From the independent model: a change here moves all jobs of everybody. */
    ck_assert_int_eq(schedule_offset("host-1", "job-1", 300000), 168051);
    ck_assert_int_eq(schedule_offset("host-1", "job-2", 300000), 142253);
    ck_assert_int_eq(schedule_offset("host-2", "job-1", 300000), 256054);
    ck_assert_int_eq(schedule_offset("", "", 60000), 51329);
    ck_assert_int_eq(schedule_offset("host-1", "job-1", 0), 0);
    ck_assert_int_eq(schedule_offset("ab", "c", 300000) == schedule_offset("a", "bc", 300000), 0);
}
END_TEST

START_TEST(a_fleet_does_not_strike_at_once)
{
    int tenths[10] = {0};

    for (int i = 0; i < 1000; i++) {
        char host[20];
        int64_t offset;

        snprintf(host, sizeof(host), "server%03d", i);
        offset = schedule_offset(host, _i == 0 ? "web" : "database", 300000);
        ck_assert(offset >= 0 && offset < 300000);
        tenths[offset / 30000]++;
    }
    for (int i = 0; i < 10; i++) {
        ck_assert_msg(tenths[i] > 60 && tenths[i] < 140, "%d of 1000 in tenth %d", tenths[i], i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schedule");
    TCase *tests = tcase_create("schedule");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_text_says_when, 0, COUNT_OF(forms));
    tcase_add_loop_test(tests, a_day_on_which_the_clocks_change_runs_each_time_once, 0,
                        COUNT_OF(changes));
    tcase_add_test(tests, times_in_utc_know_no_summer);
    tcase_add_test(tests, an_interval_counts_from_1970_whatever_the_zone_does);
    tcase_add_test(tests, the_offset_comes_after_the_time_on_the_wall);
    tcase_add_loop_test(tests, what_is_wrong_is_said, 0, COUNT_OF(wrong));
    tcase_add_test(tests, there_is_an_end_to_the_times);
    tcase_add_loop_test(tests, runs_are_counted_and_the_last_one_is_found, 0, 4);
    tcase_add_test(tests, more_runs_than_anybody_counts_cost_no_time);
    tcase_add_test(tests, minutes_of_decades_are_counted_exactly);
    tcase_add_loop_test(tests, a_turn_runs_the_last_one_and_tells_what_was_missed, 0,
                        COUNT_OF(turns));
    tcase_add_test(tests, an_offset_is_the_same_for_ever);
    tcase_add_loop_test(tests, a_fleet_does_not_strike_at_once, 0, 2);
    suite_add_tcase(suite, tests);
    return support_run_suite(suite);
}
