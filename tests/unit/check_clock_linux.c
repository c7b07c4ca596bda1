/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "tests/support.h"

/* The rules are written out, so that no zone needs to be installed. */
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define SYDNEY "AEST-10AEDT,M10.1.0,M4.1.0/3"
#define NEWFOUNDLAND "NST3:30NDT,M3.2.0,M11.1.0"
#define KATHMANDU "<+0545>-5:45"

static const struct {
    const char *zone;
    int64_t at;
    int offset;
} offsets[] = {
    {"UTC0", 1732111200000, 0},
    {BERLIN, 1732111200000, 3600},
    {BERLIN, 1719835200000, 7200},
    {BERLIN, 1711846799999, 3600}, /* 2024-03-31 00:59:59.999 UTC */
    {BERLIN, 1711846800000, 7200},
    {BERLIN, 1729990799999, 7200}, /* 2024-10-27 00:59:59.999 UTC */
    {BERLIN, 1729990800000, 3600},
    {SYDNEY, 1732111200000, 39600},
    {SYDNEY, 1719835200000, 36000},
    {NEWFOUNDLAND, 1732111200000, -12600},
    {KATHMANDU, 1732111200000, 20700},
    {BERLIN, -1, 3600}, /* the millisecond before 1970 is not the second after it */
    {BERLIN, -86400001, 3600},
};

static void live_in(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void come_home(void)
{
    unsetenv("TZ");
    tzset();
}

START_TEST(an_offset_follows_the_rules_of_the_zone)
{
    live_in(offsets[_i].zone);
    ck_assert_int_eq(clock_zone_offset(offsets[_i].at), offsets[_i].offset);
}
END_TEST

START_TEST(the_present_offset_is_that_of_the_c_library)
{
    time_t now = time(NULL);
    struct tm utc = *gmtime(&now);
    struct tm local = *localtime(&now);
    double ahead;

    utc.tm_isdst = local.tm_isdst;
    ahead = difftime(now, mktime(&utc));
    ck_assert_int_eq(clock_zone_offset((int64_t)now * 1000), (int)ahead);
}
END_TEST

START_TEST(a_change_of_the_zone_is_noticed)
{
    int64_t begin;

    live_in("UTC0");
    ck_assert_int_eq(clock_zone_offset(0), 0);
    setenv("TZ", KATHMANDU, 1);
    begin = clock_steady();
    while (clock_zone_offset(0) != 20700) {
        ck_assert_int_lt(clock_steady() - begin, 3000);
    }
}
END_TEST

START_TEST(the_boot_is_the_kernels_boot_id)
{
    struct clock_boot boot;
    struct failure why;
    size_t size;
    char *kernels = support_read_file("/proc/sys/kernel/random/boot_id", &size);

    CHECK_DONE(clock_boot_read(&boot, &why), why);
    ck_assert_uint_eq(size, 37);
    kernels[36] = '\0';
    ck_assert_str_eq(boot.id, kernels);
    free(kernels);
}
END_TEST

START_TEST(the_steady_clock_counts_from_the_start_of_the_system)
{
    size_t size;
    char *uptime = support_read_file("/proc/uptime", &size);
    double seconds = strtod(uptime, NULL);

    ck_assert_double_ge((double)clock_steady() / 1000, seconds - 0.1);
    ck_assert_double_le((double)clock_steady() / 1000, seconds + 5);
    free(uptime);
}
END_TEST

static Suite *clock_linux_suite(void)
{
    Suite *suite = suite_create("clock_linux");
    TCase *tests = tcase_create("clock_linux");

    tcase_add_checked_fixture(tests, NULL, come_home);
    tcase_add_loop_test(tests, an_offset_follows_the_rules_of_the_zone, 0, COUNT_OF(offsets));
    tcase_add_test(tests, the_present_offset_is_that_of_the_c_library);
    tcase_add_test(tests, a_change_of_the_zone_is_noticed);
    tcase_add_test(tests, the_boot_is_the_kernels_boot_id);
    tcase_add_test(tests, the_steady_clock_counts_from_the_start_of_the_system);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(clock_linux_suite());
}
