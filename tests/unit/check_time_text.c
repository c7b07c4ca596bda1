/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/clock_fake.h"
#include "base/time_text.h"
#include "tests/support.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* 2026-11-20 14:00:00 UTC, a Friday */
#define NOW INT64_C(1795183200000)

/* Central Europe: one hour ahead, two from 2026-03-29 01:00 to 2026-10-25 01:00 UTC. */
#define SPRING INT64_C(1774746000000)
#define AUTUMN INT64_C(1792890000000)

static const struct clock_fake_change berlin[] = {{SPRING, 7200}, {AUTUMN, 3600}};

/* Samoa went from -10 to +14 at the end of 2011-12-29: there was no 30 December. */
static const struct clock_fake_change samoa[] = {{INT64_C(1325239200000), 14 * 3600}};

/* A zone in which the clocks go forward at midnight, as in Lebanon: 2026-03-29 has no 00:00. */
static const struct clock_fake_change beirut[] = {{INT64_C(1774735200000), 3 * 3600}};

static struct {
    struct text text;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    clock_fake_reset();
    clock_fake_set(NOW);
    clock_fake_set_zone(3600, berlin, COUNT_OF(berlin));
}

static void close_fixture(void)
{
    text_clear(&fixture.text);
}

/* What the table shows for a moment. */
static const char *shown(int64_t at)
{
    text_reset(&fixture.text);
    time_text_add_table(&fixture.text, at, TIME_ZONE_LOCAL);
    return text_bytes(&fixture.text);
}

static int64_t parsed(const char *word, int64_t now)
{
    int64_t at;

    CHECK_DONE(time_text_parse(word, now, &at, NULL, &fixture.why), fixture.why);
    return at;
}

/* What people type at 15:00 in Berlin, and which moment it is. */
static const struct {
    const char *word;
    const char *shown;
} words[] = {
    {"2026-11-20T14:00:00.250+01:00", "2026-11-20 14:00:00.250 +01:00"},
    {"2026-11-20T13:00Z", "2026-11-20 14:00:00 +01:00"},
    {"2026-11-20t13:00:00z", "2026-11-20 14:00:00 +01:00"},
    {"2026-11-20 13:00:59.9-05:30", "2026-11-20 19:30:59.900 +01:00"},
    {"2026-11-20 14:00", "2026-11-20 14:00:00 +01:00"},
    {"2026-07-01 14:00", "2026-07-01 14:00:00 +02:00"},
    {"2026-11-20 14:00:00.1234567", "2026-11-20 14:00:00.123 +01:00"},
    {"2026-11-20 14:00:00.250 +01:00", "2026-11-20 14:00:00.250 +01:00"},
    {"2026-11-20", "2026-11-20 00:00:00 +01:00"},
    {"2024-02-29", "2024-02-29 00:00:00 +01:00"},
    {"2030-01-01", "2030-01-01 00:00:00 +01:00"},
    {"11-20", "2026-11-20 00:00:00 +01:00"},
    {"11-20 14:00:05", "2026-11-20 14:00:05 +01:00"},
    {"11-20 15:00:01", "2025-11-20 15:00:01 +01:00"}, /* still to come */
    {"12-24 18:00:00 +00:00", "2025-12-24 19:00:00 +01:00"},
    {"01-01", "2026-01-01 00:00:00 +01:00"},
    {"14:00", "2026-11-20 14:00:00 +01:00"},
    {"14:00:05.5", "2026-11-20 14:00:05.500 +01:00"},
    {"15:00", "2026-11-20 15:00:00 +01:00"},
    {"15:01", "2026-11-19 15:01:00 +01:00"},
    {"-90s", "2026-11-20 14:58:30 +01:00"},
    {"-2h", "2026-11-20 13:00:00 +01:00"},
    {"-1d", "2026-11-19 15:00:00 +01:00"},
    {"-1w", "2026-11-13 15:00:00 +01:00"},
    {"-1h30m", "2026-11-20 13:30:00 +01:00"},
    {"-0", "2026-11-20 15:00:00 +01:00"},
    {"-60d", "2026-09-21 16:00:00 +02:00"},
    {"now", "2026-11-20 15:00:00 +01:00"},
    {"NOW", "2026-11-20 15:00:00 +01:00"},
    {"today", "2026-11-20 00:00:00 +01:00"},
    {"yesterday", "2026-11-19 00:00:00 +01:00"},
    {"@1795183200", "2026-11-20 15:00:00 +01:00"},
    {"@1795183200.250", "2026-11-20 15:00:00.250 +01:00"},
    {"@0", "1970-01-01 01:00:00 +01:00"},
};

START_TEST(a_moment_is_read_as_people_type_it)
{
    int64_t at;
    int64_t second = 0;

    CHECK_DONE(time_text_parse(words[_i].word, NOW, &at, &second, &fixture.why), fixture.why);
    ck_assert_str_eq(shown(at), words[_i].shown);
    ck_assert_int_eq(second, at);
}
END_TEST

static const char *const no_times[] = {
    "",
    "tomorow",
    "2026",
    "2026-11",
    "2026-1-2",
    "2026-11-20T",
    "2026-11-20 14",
    "2026-11-20 14:0",
    "2026-11-20 14:00:00.",
    "2026-11-20 14:00 +1",
    "2026-11-20 14:00 ",
    "2026-11-20 14:00Zx",
    "2026-11-20 14:00+24:00",
    "2026-11-20 14:00+01:60",
    "2026-11-20Z",
    "14:00Z",
    "11-2",
    "11-20x",
    "14",
    "14:",
    "1:00",
    "20.11.2026",
    "11/20/2026",
    "@",
    "@-5",
    "@12x",
    "@12.",
    "+2h",
};

START_TEST(what_is_no_time_is_refused_with_the_forms)
{
    int64_t at = 77;

    CHECK_FAILED(time_text_parse(no_times[_i], NOW, &at, NULL, &fixture.why), FAILURE_USAGE,
                 fixture.why);
    CHECK_CONTAINS(fixture.why.text, "is no time; write 2026-11-20 14:00, ");
    ck_assert_int_eq(at, 77);
}
END_TEST

static const struct {
    const char *word;
    const char *text;
} wrong_times[] = {
    {"2026-02-29", "\"2026-02-29\" is no time: there is no such day, or time of day"},
    {"2026-13-01", "\"2026-13-01\" is no time: there is no such day, or time of day"},
    {"2026-11-00", "\"2026-11-00\" is no time: there is no such day, or time of day"},
    {"2026-11-20 24:00", "\"2026-11-20 24:00\" is no time: there is no such day, or time of day"},
    {"25:00", "\"25:00\" is no time: there is no such time of day"},
    {"14:60", "\"14:60\" is no time: there is no such time of day"},
    {"yesterdya", "\"yesterdya\" is no time; did you mean \"yesterday\"?"},
    {" now", "\" now\" is no time; did you mean \"now\"?"},
    {"tody", "\"tody\" is no time; did you mean \"today\"?"},
    {"-2", "\"-2\": \"2\" does not say of what; write 2s or 2m"},
    {"-20000000w", "\"-20000000w\" is too far away"},
    {"@253402300800", "\"@253402300800\" is too far away"},
    {"@99999999999999999999999", "\"@99999999999999999999999\" is too far away"},
};

START_TEST(a_time_that_cannot_be_is_told_from_one_that_cannot_be_read)
{
    int64_t at;

    CHECK_FAILED(time_text_parse(wrong_times[_i].word, NOW, &at, NULL, &fixture.why), FAILURE_USAGE,
                 fixture.why);
    ck_assert_str_eq(fixture.why.text, wrong_times[_i].text);
}
END_TEST

START_TEST(boot_is_when_the_system_started)
{
    int64_t at;

    clock_fake_set(NOW - HOUR);
    clock_fake_restart(0, "boot 2");
    clock_fake_run(HOUR / 2);
    clock_fake_sleep(HOUR / 2);
    ck_assert_int_eq(parsed("boot", NOW), NOW - HOUR);
    clock_fake_hide_boot(true);
    CHECK_FAILED(time_text_parse("boot", NOW, &at, NULL, &fixture.why), FAILURE_SYSTEM,
                 fixture.why);
}
END_TEST

START_TEST(a_skipped_time_is_the_moment_of_the_change)
{
    int64_t at;
    int64_t second;

    CHECK_DONE(time_text_parse("2026-03-29 02:30", NOW, &at, &second, &fixture.why), fixture.why);
    ck_assert_int_eq(at, SPRING);
    ck_assert_int_eq(second, SPRING);
    ck_assert_int_eq(parsed("2026-03-29 01:59:59.999", NOW), SPRING - 1);
    ck_assert_int_eq(parsed("2026-03-29 02:00", NOW), SPRING);
    ck_assert_int_eq(parsed("2026-03-29 03:00", NOW), SPRING);
    ck_assert_int_eq(parsed("2026-03-29 03:00:00.001", NOW), SPRING + 1);
}
END_TEST

START_TEST(a_time_that_happened_twice_is_both)
{
    int64_t at;
    int64_t second;

    CHECK_DONE(time_text_parse("2026-10-25 02:30", NOW, &at, &second, &fixture.why), fixture.why);
    ck_assert_int_eq(at, AUTUMN - HOUR / 2);
    ck_assert_int_eq(second, AUTUMN + HOUR / 2);
    CHECK_DONE(time_text_parse("2026-10-25 03:00", NOW, &at, &second, &fixture.why), fixture.why);
    ck_assert_int_eq(at, AUTUMN + HOUR);
    ck_assert_int_eq(second, at);
    CHECK_DONE(time_text_parse("2026-10-25 02:30+01:00", NOW, &at, &second, &fixture.why),
               fixture.why);
    ck_assert_int_eq(at, AUTUMN + HOUR / 2);
    ck_assert_int_eq(second, at);
}
END_TEST

START_TEST(the_second_of_two_is_left_out_while_it_is_to_come)
{
    int64_t now = AUTUMN - HOUR / 4;
    int64_t at;
    int64_t second;

    CHECK_DONE(time_text_parse("02:30", now, &at, &second, &fixture.why), fixture.why);
    ck_assert_int_eq(at, AUTUMN - HOUR / 2);
    ck_assert_int_eq(second, at);
    CHECK_DONE(time_text_parse("02:30", AUTUMN + HOUR, &at, &second, &fixture.why), fixture.why);
    ck_assert_int_eq(second - at, HOUR);
}
END_TEST

START_TEST(a_day_that_did_not_happen_is_the_moment_of_the_change)
{
    clock_fake_set_zone(-10 * 3600, samoa, COUNT_OF(samoa));
    ck_assert_int_eq(parsed("2011-12-30 12:00", NOW), samoa[0].at);
    ck_assert_int_eq(parsed("2011-12-30", NOW), samoa[0].at);
    ck_assert_str_eq(shown(samoa[0].at - 1), "2011-12-29 23:59:59.999 -10:00");
    ck_assert_str_eq(shown(samoa[0].at), "2011-12-31 00:00:00 +14:00");
}
END_TEST

START_TEST(a_day_without_midnight_begins_with_the_change)
{
    clock_fake_set_zone(2 * 3600, beirut, COUNT_OF(beirut));
    ck_assert_int_eq(parsed("today", beirut[0].at + 5 * HOUR), beirut[0].at);
    ck_assert_str_eq(shown(beirut[0].at), "2026-03-29 01:00:00 +03:00");
}
END_TEST

/* A day of 23 hours and one of 25: yesterday is a day of the calendar. */
START_TEST(yesterday_is_a_midnight_whatever_the_clocks_did)
{
    ck_assert_str_eq(shown(parsed("yesterday", SPRING + DAY)), "2026-03-29 00:00:00 +01:00");
    ck_assert_str_eq(shown(parsed("yesterday", AUTUMN + DAY)), "2026-10-25 00:00:00 +02:00");
}
END_TEST

static const struct {
    int64_t at;
    int offset;
    const char *local;
    const char *utc;
} moments[] = {
    {0, 0, "1970-01-01T00:00:00.000+00:00", "1970-01-01T00:00:00.000Z"},
    {-1, 0, "1969-12-31T23:59:59.999+00:00", "1969-12-31T23:59:59.999Z"},
    {NOW + 7, 19800, "2026-11-20T19:30:00.007+05:30", "2026-11-20T14:00:00.007Z"},
    {NOW, -12600, "2026-11-20T10:30:00.000-03:30", "2026-11-20T14:00:00.000Z"},
    {NOW, 3208, "2026-11-20T14:53:00.000+00:53", "2026-11-20T14:00:00.000Z"},
    {NOW, -1172, "2026-11-20T13:41:00.000-00:19", "2026-11-20T14:00:00.000Z"},
    {INT64_C(951782400000), 0, "2000-02-29T00:00:00.000+00:00", "2000-02-29T00:00:00.000Z"},
    {INT64_MAX, 0, "9999-12-31T23:59:59.999+00:00", "9999-12-31T23:59:59.999Z"},
    {INT64_MIN, 0, "-9999-01-01T00:00:00.000+00:00", "-9999-01-01T00:00:00.000Z"},
    {INT64_MIN, -3600, "-9999-01-01T00:00:00.000-01:00", "-9999-01-01T00:00:00.000Z"},
};

START_TEST(a_moment_is_written_with_its_offset)
{
    clock_fake_set_zone(moments[_i].offset, NULL, 0);
    time_text_add_rfc3339(&fixture.text, moments[_i].at, TIME_ZONE_LOCAL);
    ck_assert_str_eq(text_bytes(&fixture.text), moments[_i].local);
    text_reset(&fixture.text);
    time_text_add_rfc3339(&fixture.text, moments[_i].at, TIME_ZONE_UTC);
    ck_assert_str_eq(text_bytes(&fixture.text), moments[_i].utc);
}
END_TEST

static void check_kept(struct time_kept *kept, int64_t at, enum time_zone_choice zone)
{
    struct text plain = {0};

    text_reset(&fixture.text);
    time_text_add_kept(&fixture.text, at, zone, kept);
    time_text_add_rfc3339(&plain, at, zone);
    ck_assert_str_eq(text_bytes(&fixture.text), text_bytes(&plain));
    text_clear(&plain);
}

START_TEST(a_kept_minute_is_as_one_that_is_not)
{
    static struct time_kept kept;
    static struct time_kept kept_utc;
    const int64_t changes[] = {SPRING, AUTUMN};

    memset(&kept, 0, sizeof(kept));
    memset(&kept_utc, 0, sizeof(kept_utc));
    for (int i = 0; i < COUNT_OF(moments); i++) {
        check_kept(&kept, moments[i].at, TIME_ZONE_LOCAL);
        check_kept(&kept_utc, moments[i].at, TIME_ZONE_UTC);
    }
    for (int i = 0; i < COUNT_OF(changes); i++) {
        for (int64_t at = changes[i] - 2 * HOUR; at < changes[i] + 2 * HOUR; at += 7919) {
            check_kept(&kept, at, TIME_ZONE_LOCAL);
            check_kept(&kept, at + TIME_KEPT_MINUTES * MINUTE, TIME_ZONE_LOCAL);
            check_kept(&kept_utc, at, TIME_ZONE_UTC);
        }
    }
}
END_TEST

START_TEST(a_table_shows_utc_with_its_offset_too)
{
    time_text_add_table(&fixture.text, NOW, TIME_ZONE_UTC);
    ck_assert_str_eq(text_bytes(&fixture.text), "2026-11-20 14:00:00 +00:00");
}
END_TEST

/* Around both clock changes, every quarter of an hour. */
START_TEST(what_is_shown_is_read_back)
{
    int64_t changes[] = {SPRING, AUTUMN};

    for (int64_t at = changes[_i] - DAY; at < changes[_i] + DAY; at += 15 * MINUTE + 1) {
        int64_t local;
        int64_t second;
        char zoneless[20];

        ck_assert_int_eq(parsed(shown(at), NOW), at);
        text_reset(&fixture.text);
        time_text_add_rfc3339(&fixture.text, at, TIME_ZONE_LOCAL);
        ck_assert_int_eq(parsed(text_bytes(&fixture.text), NOW), at);
        memcpy(zoneless, text_bytes(&fixture.text), 19);
        zoneless[19] = '\0';
        CHECK_DONE(time_text_parse(zoneless, NOW, &local, &second, &fixture.why), fixture.why);
        ck_assert(local == at - at % SECOND || second == at - at % SECOND);
    }
}
END_TEST

START_TEST(the_calendar_goes_both_ways)
{
    for (int64_t at = INT64_C(-377705116800000); at < INT64_C(253402300799999);
         at += INT64_C(9876543210123)) {
        struct calendar_time time = calendar_from_ms(at);

        ck_assert(calendar_valid(&time));
        ck_assert_int_eq(calendar_to_ms(&time), at);
    }
}
END_TEST

START_TEST(days_follow_each_other_for_eight_hundred_years)
{
    struct calendar_time before = calendar_from_ms(INT64_C(-12219292800000)); /* 1582-10-15 */
    int wrong = 0;

    ck_assert_int_eq(before.year, 1582);
    ck_assert_int_eq(before.month, 10);
    ck_assert_int_eq(before.day, 15);
    for (int i = 1; i < 800 * 366; i++) {
        struct calendar_time time = calendar_from_ms(INT64_C(-12219292800000) + i * DAY);
        struct calendar_time next = {
            .year = before.year, .month = before.month, .day = before.day + 1};

        if (!calendar_valid(&next)) {
            next.day = 1;
            next.month++;
        }
        if (!calendar_valid(&next)) {
            next.month = 1;
            next.year++;
        }
        wrong += memcmp(&time, &next, sizeof(time)) != 0;
        before = time;
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

static const struct calendar_time invalid[] = {
    {2026, 0, 1, 0, 0, 0, 0},  {2026, 1, 0, 0, 0, 0, 0},    {2026, 4, 31, 0, 0, 0, 0},
    {1900, 2, 29, 0, 0, 0, 0}, {2026, 1, 1, 24, 0, 0, 0},   {2026, 1, 1, 0, 60, 0, 0},
    {2026, 1, 1, 0, 0, 60, 0}, {2026, 1, 1, 0, 0, 0, 1000}, {10000, 1, 1, 0, 0, 0, 0},
    {2026, 1, 1, -1, 0, 0, 0}, {-10000, 1, 1, 0, 0, 0, 0},  {2026, 13, 1, 0, 0, 0, 0},
};

START_TEST(what_no_calendar_has_is_invalid)
{
    ck_assert(!calendar_valid(&invalid[_i]));
}
END_TEST

START_TEST(years_beyond_the_end_are_held_there)
{
    struct calendar_time late = {.year = 12000, .month = 1, .day = 1};
    struct calendar_time early = {.year = -12000, .month = 1, .day = 1};

    ck_assert_int_eq(calendar_to_ms(&late), INT64_C(253402300799999));
    ck_assert_int_eq(calendar_to_ms(&early), INT64_C(-377705116800000));
}
END_TEST

static Suite *time_text_suite(void)
{
    Suite *suite = suite_create("time_text");
    TCase *tests = tcase_create("time_text");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_moment_is_read_as_people_type_it, 0, COUNT_OF(words));
    tcase_add_loop_test(tests, what_is_no_time_is_refused_with_the_forms, 0, COUNT_OF(no_times));
    tcase_add_loop_test(tests, a_time_that_cannot_be_is_told_from_one_that_cannot_be_read, 0,
                        COUNT_OF(wrong_times));
    tcase_add_test(tests, boot_is_when_the_system_started);
    tcase_add_test(tests, a_skipped_time_is_the_moment_of_the_change);
    tcase_add_test(tests, a_time_that_happened_twice_is_both);
    tcase_add_test(tests, the_second_of_two_is_left_out_while_it_is_to_come);
    tcase_add_test(tests, a_day_that_did_not_happen_is_the_moment_of_the_change);
    tcase_add_test(tests, a_day_without_midnight_begins_with_the_change);
    tcase_add_test(tests, yesterday_is_a_midnight_whatever_the_clocks_did);
    tcase_add_loop_test(tests, a_moment_is_written_with_its_offset, 0, COUNT_OF(moments));
    tcase_add_test(tests, a_kept_minute_is_as_one_that_is_not);
    tcase_add_test(tests, a_table_shows_utc_with_its_offset_too);
    tcase_add_loop_test(tests, what_is_shown_is_read_back, 0, 2);
    tcase_add_test(tests, the_calendar_goes_both_ways);
    tcase_add_test(tests, days_follow_each_other_for_eight_hundred_years);
    tcase_add_loop_test(tests, what_no_calendar_has_is_invalid, 0, COUNT_OF(invalid));
    tcase_add_test(tests, years_beyond_the_end_are_held_there);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(time_text_suite());
}
