/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/clock.h"
#include "base/thread.h"
#include "tests/support.h"

enum {
    THREADS = 4,
    ADDITIONS = 20000,
    PATIENCE = 10000, /* milliseconds after which a test gives up */
    TICK = 20,        /* by which a system may wake a thread early */
};

static struct {
    struct thread *threads[THREADS];
    struct mutex *mutex;
    struct bell *bell;
    struct bell *answer;
    struct failure why;
    long long sum;
    bool done;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(mutex_open(&fixture.mutex, &fixture.why), fixture.why);
    CHECK_DONE(bell_open(&fixture.bell, &fixture.why), fixture.why);
    CHECK_DONE(bell_open(&fixture.answer, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    for (int i = 0; i < THREADS; i++) {
        thread_join(fixture.threads[i]);
    }
    bell_close(fixture.answer);
    bell_close(fixture.bell);
    mutex_close(fixture.mutex);
}

static void start(int which, thread_fn *body)
{
    CHECK_DONE(thread_start(&fixture.threads[which], body, &fixture, &fixture.why), fixture.why);
}

static void join(int which)
{
    thread_join(fixture.threads[which]);
    fixture.threads[which] = NULL;
}

static void note_context(void *context)
{
    fixture.done = context == &fixture;
}

START_TEST(a_thread_has_run_when_it_is_joined)
{
    start(0, note_context);
    join(0);
    ck_assert(fixture.done);
}
END_TEST

static void add_many(void *context)
{
    (void)context;
    for (int i = 0; i < ADDITIONS; i++) {
        mutex_lock(fixture.mutex);
        fixture.sum++;
        mutex_unlock(fixture.mutex);
    }
}

START_TEST(a_mutex_lets_one_thread_in)
{
    for (int i = 0; i < THREADS; i++) {
        start(i, add_many);
    }
    for (int i = 0; i < THREADS; i++) {
        join(i);
    }
    ck_assert_int_eq(fixture.sum, (long long)THREADS * ADDITIONS);
}
END_TEST

START_TEST(a_ring_before_the_wait_is_not_lost)
{
    bell_ring(fixture.bell);
    ck_assert(bell_wait(fixture.bell, 0));
}
END_TEST

START_TEST(many_rings_are_one)
{
    for (int i = 0; i < 1000; i++) {
        bell_ring(fixture.bell);
    }
    ck_assert(bell_wait(fixture.bell, -1));
    ck_assert(!bell_wait(fixture.bell, 0));
}
END_TEST

START_TEST(a_silent_bell_is_waited_for_as_long_as_asked)
{
    int64_t begin = clock_awake();
    int64_t waited;

    ck_assert(!bell_wait(fixture.bell, 0));
    ck_assert(!bell_wait(fixture.bell, 150));
    waited = clock_awake() - begin;
    ck_assert_int_ge(waited, 150 - TICK);
    ck_assert_int_lt(waited, PATIENCE);
}
END_TEST

static void ring_soon(void *context)
{
    (void)context;
    (void)bell_wait(fixture.answer, 50); /* nobody rings this one: a pause */
    fixture.sum = 42;
    bell_ring(fixture.bell);
}

/* Longer than the systems' own counts of milliseconds, too. */
static const int64_t long_waits[] = {-1, PATIENCE, 5000000000, INT64_MAX};

START_TEST(a_ring_ends_a_wait)
{
    int64_t begin = clock_awake();

    start(0, ring_soon);
    ck_assert(bell_wait(fixture.bell, long_waits[_i]));
    ck_assert_int_eq(fixture.sum, 42); /* seen without a lock: the bell orders them */
    ck_assert_int_lt(clock_awake() - begin, PATIENCE);
}
END_TEST

static void echo(void *context)
{
    (void)context;
    while (bell_wait(fixture.bell, PATIENCE)) {
        bool last = ++fixture.sum == 1000;

        bell_ring(fixture.answer);
        if (last) {
            return;
        }
    }
}

START_TEST(two_bells_carry_a_conversation)
{
    start(0, echo);
    for (int i = 1; i <= 1000; i++) {
        bell_ring(fixture.bell);
        ck_assert(bell_wait(fixture.answer, PATIENCE));
        ck_assert_int_eq(fixture.sum, i);
    }
}
END_TEST

static void finish_later(void *context)
{
    (void)context;
    (void)bell_wait(fixture.bell, PATIENCE);
    bell_ring(fixture.answer);
}

START_TEST(an_abandoned_thread_runs_on)
{
    start(0, finish_later);
    thread_abandon(fixture.threads[0]);
    fixture.threads[0] = NULL;
    bell_ring(fixture.bell);
    ck_assert(bell_wait(fixture.answer, PATIENCE));
}
END_TEST

START_TEST(nothing_is_closed_without_harm)
{
    thread_join(NULL);
    thread_abandon(NULL);
    mutex_close(NULL);
    bell_close(NULL);
    ck_assert(!bell_wait(fixture.bell, 0));
}
END_TEST

static Suite *thread_suite(void)
{
    Suite *suite = suite_create("thread");
    TCase *tests = tcase_create("thread");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_thread_has_run_when_it_is_joined);
    tcase_add_test(tests, a_mutex_lets_one_thread_in);
    tcase_add_test(tests, a_ring_before_the_wait_is_not_lost);
    tcase_add_test(tests, many_rings_are_one);
    tcase_add_test(tests, a_silent_bell_is_waited_for_as_long_as_asked);
    tcase_add_loop_test(tests, a_ring_ends_a_wait, 0, COUNT_OF(long_waits));
    tcase_add_test(tests, two_bells_carry_a_conversation);
    tcase_add_test(tests, an_abandoned_thread_runs_on);
    tcase_add_test(tests, nothing_is_closed_without_harm);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(thread_suite());
}
