/* SPDX-License-Identifier: MIT */

/*
 * A service that samples and works in the background, second by second. What
 * its samples cost depends on how often they are taken.
 */

#include "service/cpu_budget.h"

#include "tests/support.h"

#define MS INT64_C(1000) /* microseconds */

enum { ALLOWED_IN_SECOND = 100000 }; /* of two processors, 5 % */

static struct {
    struct cpu_budget budget;
    struct cpu_limit limit;
    struct cpu_reading now;
    int64_t sample_cost;     /* microseconds */
    int64_t background_cost; /* in a second, where it need not give way */
    int64_t next_sample;
    int changes;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.budget.stretch = 1;
    fixture.limit = (struct cpu_limit){.percent = 5, .processors = 2, .interval = 1000};
}

static void close_fixture(void)
{
}

static void pass_second(void)
{
    fixture.now.at += 1000;
    if (fixture.now.at >= fixture.next_sample) {
        fixture.next_sample = fixture.now.at + fixture.budget.stretch * fixture.limit.interval;
        fixture.now.sampling += fixture.sample_cost;
        fixture.now.total += fixture.sample_cost;
    }
    if (!fixture.budget.yielding) {
        fixture.now.total += fixture.background_cost;
    }
    if (cpu_budget_look(&fixture.budget, &fixture.limit, &fixture.now)) {
        fixture.changes++;
    }
}

static void pass(int seconds)
{
    for (int i = 0; i < seconds; i++) {
        pass_second();
    }
}

/* Microseconds of a second, on average over so many of them. */
static int64_t pass_and_measure(int seconds)
{
    int64_t before = fixture.now.total;

    pass(seconds);
    return (fixture.now.total - before) / seconds;
}

START_TEST(within_the_limit_nothing_changes)
{
    fixture.sample_cost = 60 * MS;
    fixture.background_cost = 30 * MS;
    pass(600);
    ck_assert_int_eq(fixture.changes, 0);
}
END_TEST

START_TEST(a_burst_that_is_little_on_average_changes_nothing)
{
    fixture.sample_cost = 5 * MS;
    pass(20);
    fixture.background_cost = 700 * MS;
    pass(1);
    fixture.background_cost = 0;
    pass(30);
    ck_assert_int_eq(fixture.changes, 0);
}
END_TEST

START_TEST(work_in_the_background_gives_way_and_samples_do_not)
{
    fixture.sample_cost = 20 * MS;
    fixture.background_cost = 400 * MS;
    pass(11);
    ck_assert(fixture.budget.yielding);
    pass(600);
    ck_assert_int_eq(fixture.budget.stretch, 1);
}
END_TEST

/* It takes turns then: ten seconds of work, ten without. */
START_TEST(work_in_the_background_goes_on_when_there_is_room)
{
    bool worked = false;

    fixture.background_cost = 400 * MS;
    pass(11);
    for (int i = 0; i < 60; i++) {
        pass_second();
        worked = worked || !fixture.budget.yielding;
    }
    ck_assert(worked);
}
END_TEST

/* What a sample costs, and how much longer the interval must become at least. */
static const struct {
    int64_t cost;
    int least;
} dear[] = {
    {120 * MS, 2},
    {350 * MS, 4},
    {900 * MS, 16},
};

START_TEST(dear_samples_become_rarer_until_they_are_within_the_limit)
{
    fixture.sample_cost = dear[_i].cost;
    pass(11);
    ck_assert(fixture.budget.yielding); /* first that, */
    ck_assert_int_eq(fixture.budget.stretch, 1);
    pass(11);
    ck_assert_int_ge(fixture.budget.stretch, dear[_i].least);
    pass(2000);
    ck_assert_int_le(fixture.budget.stretch, INT64_C(2) * dear[_i].least);
    ck_assert_int_le(pass_and_measure(640), ALLOWED_IN_SECOND);
}
END_TEST

START_TEST(what_costs_the_same_all_the_time_does_not_flap)
{
    int before;

    for (int64_t cost = 10 * MS; cost < 1500 * MS; cost += 37 * MS) {
        open_fixture();
        fixture.sample_cost = cost;
        pass(1200);
        before = fixture.changes;
        pass(3600);
        ck_assert_msg(fixture.changes == before, "%lld us: changed %d times in an hour",
                      (long long)cost, fixture.changes - before);
    }
}
END_TEST

START_TEST(samples_that_became_cheap_come_often_again_after_a_while)
{
    fixture.sample_cost = 900 * MS;
    pass(200);
    fixture.sample_cost = 10 * MS;
    pass(30);
    ck_assert_int_gt(fixture.budget.stretch, 1);
    pass(1200);
    ck_assert_int_eq(fixture.budget.stretch, 1);
    ck_assert(!fixture.budget.yielding);
}
END_TEST

START_TEST(without_a_limit_nothing_is_held_back)
{
    fixture.sample_cost = 900 * MS;
    fixture.limit.percent = 0;
    pass(100);
    ck_assert_int_eq(fixture.changes, 0);
    fixture.limit.percent = 5;
    pass(100);
    ck_assert_int_gt(fixture.budget.stretch, 1);
    fixture.limit.percent = 0; /* by a reload */
    pass(1);
    ck_assert_int_eq(fixture.budget.stretch, 1);
    ck_assert(!fixture.budget.yielding);
}
END_TEST

START_TEST(no_interval_becomes_longer_than_the_longest_that_can_be_set)
{
    fixture.limit.interval = 1800000;
    fixture.sample_cost = INT64_C(4000) * 1000 * MS;
    pass(100000);
    ck_assert_int_eq(fixture.budget.stretch, 2);
    open_fixture();
    fixture.sample_cost = INT64_C(1000) * 1000 * MS;
    pass(20000);
    ck_assert_int_eq(fixture.budget.stretch, CPU_BUDGET_STRETCH);
}
END_TEST

static Suite *cpu_budget_suite(void)
{
    Suite *suite = suite_create("cpu_budget");
    TCase *tests = tcase_create("cpu_budget");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, within_the_limit_nothing_changes);
    tcase_add_test(tests, a_burst_that_is_little_on_average_changes_nothing);
    tcase_add_test(tests, work_in_the_background_gives_way_and_samples_do_not);
    tcase_add_test(tests, work_in_the_background_goes_on_when_there_is_room);
    tcase_add_loop_test(tests, dear_samples_become_rarer_until_they_are_within_the_limit, 0,
                        COUNT_OF(dear));
    tcase_add_test(tests, what_costs_the_same_all_the_time_does_not_flap);
    tcase_add_test(tests, samples_that_became_cheap_come_often_again_after_a_while);
    tcase_add_test(tests, without_a_limit_nothing_is_held_back);
    tcase_add_test(tests, no_interval_becomes_longer_than_the_longest_that_can_be_set);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(cpu_budget_suite());
}
