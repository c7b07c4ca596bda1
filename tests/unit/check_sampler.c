/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/clock.h"
#include "base/thread.h"
#include "collector/collector.h"
#include "service/sampler.h"
#include "tests/support.h"

enum { PATIENCE_MS = 10000 }; /* for what must happen; never waited for in full */

static struct {
    struct sampler *sampler;
    struct snapshot snapshot;
    struct failure why;
    struct bell *ready;

    struct bell *let_go;  /* NULL: the collector does not hang */
    struct bell *entered; /* rung by a collector that hangs, */
    struct bell *left;    /* and by one that is closed */
    bool fail;
    bool fail_to_configure;
    int64_t refresh; /* the collector's, as it was told */
    int opened, closed, sampled;
} fixture;

/*
 * The collector of this test.
 */

struct collector {
    char unused;
};

static struct collector only;

bool collector_open(struct collector **out, const struct collector_options *options,
                    struct failure *why)
{
    (void)options;
    (void)why;
    fixture.opened++;
    fixture.refresh = options->module_refresh;
    *out = &only;
    return true;
}

bool collector_configure(struct collector *collector, const struct collector_options *options,
                         struct failure *why)
{
    (void)collector;
    fixture.refresh = options->module_refresh;
    return !fixture.fail_to_configure || FAIL(why, FAILURE_MEMORY, 0, "no memory today");
}

bool collector_sample(struct collector *collector, struct snapshot *snapshot, struct failure *why)
{
    (void)collector;
    if (fixture.let_go != NULL) {
        bell_ring(fixture.entered);
        (void)bell_wait(fixture.let_go, PATIENCE_MS);
    }
    fixture.sampled++;
    snapshot_reset(snapshot);
    snapshot->taken_at = 1000 + fixture.sampled;
    return !fixture.fail || FAIL(why, FAILURE_SYSTEM, 7, "no table today");
}

bool collector_complete(struct collector *collector, int64_t milliseconds)
{
    (void)collector;
    (void)milliseconds;
    return true;
}

void collector_close(struct collector *collector)
{
    fixture.closed += collector != NULL;
    if (collector != NULL) {
        bell_ring(fixture.left);
    }
}

static void ring(void *context)
{
    bell_ring(context);
}

static const struct collector_options options = {.module_refresh = 5};

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(bell_open(&fixture.ready, &fixture.why), fixture.why);
    CHECK_DONE(bell_open(&fixture.entered, &fixture.why), fixture.why);
    CHECK_DONE(bell_open(&fixture.left, &fixture.why), fixture.why);
    CHECK_DONE(sampler_open(&fixture.sampler, &options, ring, fixture.ready, &fixture.why),
               fixture.why);
}

static void close_fixture(void)
{
    if (fixture.let_go != NULL) {
        bell_ring(fixture.let_go);
    }
    (void)sampler_close(fixture.sampler, PATIENCE_MS);
    snapshot_clear(&fixture.snapshot);
    bell_close(fixture.ready);
    bell_close(fixture.let_go);
    bell_close(fixture.entered);
    bell_close(fixture.left);
}

static enum sampler_result take(void)
{
    return sampler_take(fixture.sampler, &fixture.snapshot, &fixture.why);
}

START_TEST(nothing_is_sampled_before_it_is_asked_for)
{
    ck_assert_int_eq(take(), SAMPLER_IDLE);
    ck_assert_int_eq(fixture.sampled, 0);
}
END_TEST

START_TEST(a_sample_arrives_and_is_taken_once)
{
    ck_assert(sampler_begin(fixture.sampler));
    ck_assert(bell_wait(fixture.ready, PATIENCE_MS));
    ck_assert_int_eq(take(), SAMPLER_DONE);
    ck_assert_int_eq(fixture.snapshot.taken_at, 1001);
    ck_assert_int_eq(take(), SAMPLER_IDLE);
}
END_TEST

START_TEST(a_failure_arrives_as_it_was)
{
    fixture.fail = true;
    ck_assert(sampler_begin(fixture.sampler));
    ck_assert(bell_wait(fixture.ready, PATIENCE_MS));
    ck_assert_int_eq(take(), SAMPLER_FAILED);
    ck_assert_str_eq(fixture.why.text, "no table today");
    fixture.fail = false;
    ck_assert(sampler_begin(fixture.sampler));
    ck_assert(bell_wait(fixture.ready, PATIENCE_MS));
    ck_assert_int_eq(take(), SAMPLER_DONE);
}
END_TEST

START_TEST(what_a_sample_cost_is_known_when_it_was_taken_over)
{
    CHECK_DONE(bell_open(&fixture.let_go, &fixture.why), fixture.why);
    ck_assert(sampler_begin(fixture.sampler));
    ck_assert(bell_wait(fixture.entered, PATIENCE_MS));
    (void)bell_wait(fixture.ready, 20); /* so long it takes at least */
    bell_ring(fixture.let_go);
    ck_assert(bell_wait(fixture.ready, PATIENCE_MS));
    ck_assert_int_eq(sampler_cost(fixture.sampler).lasted, 0);
    ck_assert_int_eq(take(), SAMPLER_DONE);
    ck_assert_int_ge(sampler_cost(fixture.sampler).lasted, 1000);
}
END_TEST

START_TEST(a_second_sample_does_not_begin_while_one_is_under_way)
{
    CHECK_DONE(bell_open(&fixture.let_go, &fixture.why), fixture.why);
    ck_assert(sampler_begin(fixture.sampler));
    ck_assert(!sampler_begin(fixture.sampler));
    ck_assert_int_eq(take(), SAMPLER_WORKING);
    bell_ring(fixture.let_go);
    ck_assert(bell_wait(fixture.ready, PATIENCE_MS));
    ck_assert(!sampler_begin(fixture.sampler)); /* not before it was taken */
    ck_assert_int_eq(take(), SAMPLER_DONE);
    ck_assert_int_eq(fixture.sampled, 1);
}
END_TEST

START_TEST(a_call_that_hangs_does_not_hold_up_the_end)
{
    struct sampler *sampler = fixture.sampler;
    int64_t begun;

    CHECK_DONE(bell_open(&fixture.let_go, &fixture.why), fixture.why);
    ck_assert(sampler_begin(sampler));
    ck_assert(bell_wait(fixture.entered, PATIENCE_MS));
    fixture.sampler = NULL;
    begun = clock_steady();
    ck_assert(!sampler_close(sampler, 50));
    ck_assert_int_lt(clock_steady() - begun, PATIENCE_MS / 2);
    ck_assert_int_eq(fixture.closed, 0); /* the thread still uses it */
    bell_ring(fixture.let_go);
    ck_assert(bell_wait(fixture.left, PATIENCE_MS)); /* it cleans up after itself, */
    ck_assert(!bell_wait(fixture.ready, 0));         /* and nobody is told any more */
}
END_TEST

START_TEST(other_options_are_those_of_the_next_sample)
{
    const struct collector_options other = {.module_refresh = 9};

    CHECK_DONE(sampler_configure(fixture.sampler, &other, &fixture.why), fixture.why);
    ck_assert_int_eq(fixture.refresh, 5);
    fixture.fail_to_configure = true;
    ck_assert(sampler_begin(fixture.sampler));
    ck_assert(bell_wait(fixture.ready, PATIENCE_MS));
    ck_assert_int_eq(take(), SAMPLER_FAILED);
    fixture.fail_to_configure = false;
    ck_assert(sampler_begin(fixture.sampler));
    ck_assert(bell_wait(fixture.ready, PATIENCE_MS));
    ck_assert_int_eq(take(), SAMPLER_DONE);
    ck_assert_int_eq(fixture.refresh, 9);
}
END_TEST

START_TEST(closing_gives_everything_back)
{
    struct sampler *sampler = fixture.sampler;

    fixture.sampler = NULL;
    ck_assert(sampler_close(sampler, PATIENCE_MS));
    ck_assert_int_eq(fixture.opened, 1);
    ck_assert_int_eq(fixture.closed, 1);
    ck_assert(sampler_close(NULL, 0));
}
END_TEST

static Suite *sampler_suite(void)
{
    Suite *suite = suite_create("sampler");
    TCase *tests = tcase_create("sampler");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, nothing_is_sampled_before_it_is_asked_for);
    tcase_add_test(tests, a_sample_arrives_and_is_taken_once);
    tcase_add_test(tests, a_failure_arrives_as_it_was);
    tcase_add_test(tests, what_a_sample_cost_is_known_when_it_was_taken_over);
    tcase_add_test(tests, a_second_sample_does_not_begin_while_one_is_under_way);
    tcase_add_test(tests, a_call_that_hangs_does_not_hold_up_the_end);
    tcase_add_test(tests, other_options_are_those_of_the_next_sample);
    tcase_add_test(tests, closing_gives_everything_back);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(sampler_suite());
}
