/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "collector/snapshot_gap.h"

/* What passed on each clock between two samples, 1 s apart as planned. */
static const struct {
    int64_t wall;
    int64_t steady;
    int64_t awake;
    enum snapshot_gap gap;
} cases[] = {
    {1000, 1000, 1000, SNAPSHOT_GAP_NONE},      {3000, 3000, 3000, SNAPSHOT_GAP_NONE},
    {3001, 3001, 3001, SNAPSHOT_GAP_LATE},      {-1, 1000, 1000, SNAPSHOT_GAP_CLOCK_SET},
    {2001, 1000, 1000, SNAPSHOT_GAP_CLOCK_SET}, {2000, 1000, 1000, SNAPSHOT_GAP_NONE},
    {0, 1001, 1001, SNAPSHOT_GAP_CLOCK_SET},    {60000, 60000, 1000, SNAPSHOT_GAP_ASLEEP},
    {2000, 2000, 1000, SNAPSHOT_GAP_NONE},
};

START_TEST(the_clocks_tell_whether_time_is_missing)
{
    const struct snapshot before = {.taken_at = 100000, .steady_at = 50000, .awake_at = 40000};
    const struct snapshot after = {
        .taken_at = before.taken_at + cases[_i].wall,
        .steady_at = before.steady_at + cases[_i].steady,
        .awake_at = before.awake_at + cases[_i].awake,
    };

    ck_assert_int_eq(snapshot_gap_find(&before, &after, 1000), cases[_i].gap);
}
END_TEST

START_TEST(the_wall_clock_stands_for_clocks_that_are_not_told)
{
    const struct snapshot before = {.taken_at = 100000};
    const struct snapshot near = {.taken_at = 101000};
    const struct snapshot far = {.taken_at = 109000};

    ck_assert_int_eq(snapshot_gap_find(&before, &near, 1000), SNAPSHOT_GAP_NONE);
    ck_assert_int_eq(snapshot_gap_find(&before, &far, 1000), SNAPSHOT_GAP_LATE);
}
END_TEST

static Suite *snapshot_gap_suite(void)
{
    Suite *suite = suite_create("snapshot_gap");
    TCase *tests = tcase_create("snapshot_gap");

    tcase_add_loop_test(tests, the_clocks_tell_whether_time_is_missing, 0, COUNT_OF(cases));
    tcase_add_test(tests, the_wall_clock_stands_for_clocks_that_are_not_told);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(snapshot_gap_suite());
}
