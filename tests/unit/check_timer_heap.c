/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "probes/timer_heap.h"
#include "tests/support.h"

enum { TIMERS = 1000 };

static struct {
    struct timer_heap heap;
    struct timer timers[TIMERS];
    struct failure why;
    uint32_t chance;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.chance = 12345;
    CHECK_DONE(timer_heap_reserve(&fixture.heap, TIMERS, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    timer_heap_clear(&fixture.heap);
}

static int64_t next_number(void)
{
    fixture.chance = fixture.chance * 1664525u + 1013904223u;
    return fixture.chance >> 12;
}

/* Takes all of them out, and asserts that they come in order. */
static size_t drain(void)
{
    struct timer *timer;
    int64_t before = -1;
    size_t count = 0;

    while ((timer = timer_heap_first(&fixture.heap)) != NULL) {
        ck_assert_int_ge(timer->at, before);
        before = timer->at;
        timer_heap_remove(&fixture.heap, timer);
        ck_assert_uint_eq(timer->place, 0);
        count++;
    }
    return count;
}

START_TEST(the_nearest_comes_first)
{
    for (int i = 0; i < TIMERS; i++) {
        timer_heap_set(&fixture.heap, &fixture.timers[i], next_number());
    }
    ck_assert_uint_eq(drain(), TIMERS);
}
END_TEST

START_TEST(timers_move_and_go)
{
    size_t removed = 0;

    for (int i = 0; i < TIMERS; i++) {
        timer_heap_set(&fixture.heap, &fixture.timers[i], next_number());
    }
    for (int i = 0; i < TIMERS; i++) {
        if (i % 3 == 0) {
            timer_heap_remove(&fixture.heap, &fixture.timers[i]);
            timer_heap_remove(&fixture.heap, &fixture.timers[i]);
            removed++;
        } else if (i % 3 == 1) {
            timer_heap_set(&fixture.heap, &fixture.timers[i], next_number());
        }
    }
    ck_assert_uint_eq(drain(), TIMERS - removed);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("timer_heap");
    TCase *heap = tcase_create("heap");

    tcase_add_checked_fixture(heap, open_fixture, close_fixture);
    tcase_add_test(heap, the_nearest_comes_first);
    tcase_add_test(heap, timers_move_and_go);
    suite_add_tcase(suite, heap);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
