/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <time.h>

#include "base/clock.h"
#include "tests/support.h"

enum { YEAR_2020 = 1577836800, LONGEST_OFFSET = 15 * 3600 };

START_TEST(the_wall_clock_agrees_with_the_c_library)
{
    int64_t before = (int64_t)time(NULL);
    int64_t now = clock_now();
    int64_t after = (int64_t)time(NULL);

    ck_assert_int_gt(before, YEAR_2020);
    ck_assert_int_ge(now / 1000 + 1, before); /* time() may lag by a tick */
    ck_assert_int_le(now / 1000, after + 1);
}
END_TEST

static const struct {
    const char *name;
    int64_t (*read)(void);
} steady_clocks[] = {
    {"steady", clock_steady},
    {"awake", clock_awake},
};

START_TEST(a_steady_clock_never_runs_backwards)
{
    int64_t last = steady_clocks[_i].read();

    ck_assert_int_gt(last, 0);
    for (int i = 0; i < 10000; i++) {
        int64_t now = steady_clocks[_i].read();

        ck_assert_msg(now >= last, "the %s clock ran backwards", steady_clocks[_i].name);
        last = now;
    }
}
END_TEST

START_TEST(a_steady_clock_runs_as_fast_as_the_wall_clock)
{
    int64_t wall = clock_now();
    int64_t steady = steady_clocks[_i].read();

    while (clock_now() - wall < 200) {
    }
    wall = clock_now() - wall;
    steady = steady_clocks[_i].read() - steady;
    ck_assert_int_ge(steady, wall - 40); /* two ticks of 16 ms and a bit */
    ck_assert_int_le(steady, wall + 40);
}
END_TEST

START_TEST(the_machine_was_not_awake_for_longer_than_it_was_on)
{
    int64_t awake = clock_awake();

    ck_assert_int_le(awake, clock_steady() + 20);
}
END_TEST

/* Moments of all sorts: the offset must make sense for each. */
static const int64_t moments[] = {
    INT64_MIN,
    -62135596800000, /* year 1 */
    -1,
    0,
    1732111200000,
    1719835200000, /* a winter and a summer */
    1735689599999,
    1735689600000,  /* both sides of a new year */
    32503680000000, /* year 3000 */
    INT64_MAX,
};

START_TEST(every_moment_has_a_possible_offset)
{
    int offset = clock_zone_offset(moments[_i]);

    ck_assert_int_ge(offset, -LONGEST_OFFSET);
    ck_assert_int_le(offset, LONGEST_OFFSET);
}
END_TEST

START_TEST(a_boot_is_the_same_for_two_calls)
{
    struct clock_boot first;
    struct clock_boot second;
    struct failure why;

    CHECK_DONE(clock_boot_read(&first, &why), why);
    CHECK_DONE(clock_boot_read(&second, &why), why);
    ck_assert_str_eq(first.id, second.id);
    ck_assert_uint_ge(strlen(first.id), 16);
    ck_assert_int_le(first.started_at - second.started_at, 1000);
    ck_assert_int_ge(first.started_at - second.started_at, -1000);
}
END_TEST

START_TEST(a_boot_began_before_now)
{
    struct clock_boot boot;
    struct failure why;

    CHECK_DONE(clock_boot_read(&boot, &why), why);
    ck_assert_int_lt(boot.started_at, clock_now());
    ck_assert_int_gt(boot.started_at, (int64_t)YEAR_2020 * 1000);
}
END_TEST

START_TEST(the_id_of_a_boot_is_printable_ascii)
{
    struct clock_boot boot;
    struct failure why;

    CHECK_DONE(clock_boot_read(&boot, &why), why);
    for (const char *at = boot.id; *at != '\0'; at++) {
        ck_assert(*at > ' ' && *at < 0x7F);
    }
}
END_TEST

static Suite *clock_suite(void)
{
    Suite *suite = suite_create("clock");
    TCase *tests = tcase_create("clock");

    tcase_add_test(tests, the_wall_clock_agrees_with_the_c_library);
    tcase_add_loop_test(tests, a_steady_clock_never_runs_backwards, 0, COUNT_OF(steady_clocks));
    tcase_add_loop_test(tests, a_steady_clock_runs_as_fast_as_the_wall_clock, 0,
                        COUNT_OF(steady_clocks));
    tcase_add_test(tests, the_machine_was_not_awake_for_longer_than_it_was_on);
    tcase_add_loop_test(tests, every_moment_has_a_possible_offset, 0, COUNT_OF(moments));
    tcase_add_test(tests, a_boot_is_the_same_for_two_calls);
    tcase_add_test(tests, a_boot_began_before_now);
    tcase_add_test(tests, the_id_of_a_boot_is_printable_ascii);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(clock_suite());
}
