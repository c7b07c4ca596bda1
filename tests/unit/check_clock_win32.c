/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <wchar.h>

#include "base/clock.h"
#include "base/clock_zone_win32.h"
#include "base/filetime_win32.h"
#include "tests/support.h"

/*
 * Zones as GetDynamicTimeZoneInformation() would describe them. Their lasting
 * rules are given here; those of single years come from the registry, by the
 * key name.
 */
static const DYNAMIC_TIME_ZONE_INFORMATION berlin = {
    .Bias = -60,
    .DaylightBias = -60,
    .StandardDate = {.wMonth = 10, .wDay = 5, .wHour = 3},
    .DaylightDate = {.wMonth = 3, .wDay = 5, .wHour = 2},
    .TimeZoneKeyName = L"W. Europe Standard Time",
};

static const DYNAMIC_TIME_ZONE_INFORMATION sydney = {
    .Bias = -600,
    .DaylightBias = -60,
    .StandardDate = {.wMonth = 4, .wDay = 1, .wHour = 3},
    .DaylightDate = {.wMonth = 10, .wDay = 1, .wHour = 2},
    .TimeZoneKeyName = L"AUS Eastern Standard Time",
};

static const DYNAMIC_TIME_ZONE_INFORMATION kathmandu = {
    .Bias = -345,
    .TimeZoneKeyName = L"Nepal Standard Time",
};

/* Winter all year since 2014; summer all year from 2011 on; both before. */
static const DYNAMIC_TIME_ZONE_INFORMATION moscow = {
    .Bias = -180,
    .TimeZoneKeyName = L"Russian Standard Time",
};

/* "Adjust for daylight saving time automatically" is off. */
static const DYNAMIC_TIME_ZONE_INFORMATION berlin_without_summer = {
    .Bias = -60,
    .TimeZoneKeyName = L"W. Europe Standard Time",
    .DynamicDaylightTimeDisabled = TRUE,
};

static const DYNAMIC_TIME_ZONE_INFORMATION no_such_zone = {
    .Bias = -60,
    .DaylightBias = -60,
    .StandardDate = {.wMonth = 10, .wDay = 5, .wHour = 3},
    .DaylightDate = {.wMonth = 3, .wDay = 5, .wHour = 2},
    .TimeZoneKeyName = L"Atlantis Standard Time",
};

static const struct {
    const DYNAMIC_TIME_ZONE_INFORMATION *zone;
    int64_t at;
    int offset;
} offsets[] = {
    {&berlin, 1732111200000, 3600},
    {&berlin, 1719835200000, 7200},
    {&berlin, 1711846799999, 3600}, /* 2024-03-31 00:59:59.999 UTC */
    {&berlin, 1711846800000, 7200},
    {&berlin, 1729990799999, 7200}, /* 2024-10-27 00:59:59.999 UTC */
    {&berlin, 1729990800000, 3600},
    {&berlin, -1, 3600},
    {&sydney, 1732111200000, 39600},
    {&sydney, 1719835200000, 36000},
    {&sydney, 1735653600000, 39600}, /* it is next year there already */
    {&kathmandu, 1732111200000, 20700},
    {&moscow, 1280620800000, 14400}, /* 2010-08-01 */
    {&moscow, 1265000000000, 10800}, /* 2010-02-01 */
    {&moscow, 1356998400000, 14400}, /* 2013-01-01 */
    {&moscow, 1732111200000, 10800},
    {&berlin_without_summer, 1719835200000, 3600},
    {&no_such_zone, 1719835200000, 7200},
    {&no_such_zone, 1732111200000, 3600},
};

START_TEST(an_offset_follows_the_rules_of_the_year)
{
    ck_assert_int_eq(clock_zone_offset_in(offsets[_i].zone, offsets[_i].at), offsets[_i].offset);
}
END_TEST

START_TEST(the_present_offset_is_that_of_the_system)
{
    TIME_ZONE_INFORMATION zone;
    DWORD season = GetTimeZoneInformation(&zone);
    LONG behind = zone.Bias;

    ck_assert_uint_ne(season, TIME_ZONE_ID_INVALID);
    if (season == TIME_ZONE_ID_STANDARD) {
        behind += zone.StandardBias;
    } else if (season == TIME_ZONE_ID_DAYLIGHT) {
        behind += zone.DaylightBias;
    }
    ck_assert_int_eq(clock_zone_offset(clock_now()), -behind * 60);
}
END_TEST

START_TEST(this_machine_follows_its_own_zone)
{
    DYNAMIC_TIME_ZONE_INFORMATION zone = {0};

    ck_assert_uint_ne(GetDynamicTimeZoneInformation(&zone), TIME_ZONE_ID_INVALID);
    for (int i = 0; i < COUNT_OF(offsets); i++) {
        ck_assert_int_eq(clock_zone_offset(offsets[i].at),
                         clock_zone_offset_in(&zone, offsets[i].at));
    }
}
END_TEST

/* Years that share a place in the cache, one after the other and back. */
START_TEST(a_year_is_not_taken_for_another)
{
    enum { YEARS = 40 };
    int first[YEARS];

    for (int i = 0; i < YEARS; i++) {
        first[i] = clock_zone_offset(946684800000 + i * 31556952000LL);
    }
    for (int i = YEARS - 1; i >= 0; i--) {
        ck_assert_int_eq(clock_zone_offset(946684800000 + i * 31556952000LL), first[i]);
    }
}
END_TEST

static const struct {
    int64_t units;
    int64_t ms;
} filetimes[] = {
    {0, -11644473600000},     {116444736000000000, 0},
    {116444735999999999, -1}, /* rounded down */
    {116444736000009999, 0},  {133766928000000000, 1732219200000},
};

START_TEST(a_filetime_is_milliseconds_since_1970)
{
    FILETIME time = filetime_from_units(filetimes[_i].units);

    ck_assert_int_eq(filetime_units(time), filetimes[_i].units);
    ck_assert_int_eq(filetime_to_ms(filetimes[_i].units), filetimes[_i].ms);
    ck_assert_int_eq(filetime_to_ms(filetime_from_ms(filetimes[_i].ms)), filetimes[_i].ms);
}
END_TEST

START_TEST(the_steady_clock_is_the_systems_tick_count)
{
    int64_t difference = clock_steady() - (int64_t)GetTickCount64();

    ck_assert_int_ge(difference, -100);
    ck_assert_int_le(difference, 100);
}
END_TEST

static Suite *clock_win32_suite(void)
{
    Suite *suite = suite_create("clock_win32");
    TCase *tests = tcase_create("clock_win32");

    tcase_add_loop_test(tests, an_offset_follows_the_rules_of_the_year, 0, COUNT_OF(offsets));
    tcase_add_test(tests, the_present_offset_is_that_of_the_system);
    tcase_add_test(tests, this_machine_follows_its_own_zone);
    tcase_add_test(tests, a_year_is_not_taken_for_another);
    tcase_add_loop_test(tests, a_filetime_is_milliseconds_since_1970, 0, COUNT_OF(filetimes));
    tcase_add_test(tests, the_steady_clock_is_the_systems_tick_count);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(clock_win32_suite());
}
