/* SPDX-License-Identifier: MIT */

#include "tests/fake_memory.h"
#include "tests/support.h"

#include "base/clock.h"
#include "base/thread.h"
#include "collector/background.h"

enum {
    PATIENCE = 10000, /* milliseconds, for what must happen; never waited for in full */
    FOR_EVER = 1000000,
    MANY = 1000,
};

/* What the thread and the test share; the bells order their looks at it. */
static struct {
    struct background *background;
    struct failure why;
    struct bell *entered;  /* rung by a job that begins, where there is `let_go` */
    struct bell *let_go;   /* jobs wait for it; NULL: they do not */
    struct bell *released; /* rung when the context is given back */
    int64_t pause;         /* each job pauses for so long */
    int done[MANY];
    int done_count;
    int dropped[MANY];
    int dropped_count;
    int paused_until_close;
    int released_count;
} fixture;

static int numbers[MANY]; /* what a job is: a pointer to its number */

static void work(void *context, void *job)
{
    ck_assert_ptr_eq(context, &fixture);
    if (fixture.let_go != NULL) {
        bell_ring(fixture.entered);
        (void)bell_wait(fixture.let_go, PATIENCE);
    }
    if (fixture.pause > 0 && background_pause(fixture.background, fixture.pause)) {
        fixture.paused_until_close++;
    }
    fixture.done[fixture.done_count++] = *(int *)job;
}

static void drop(void *context, void *job)
{
    ck_assert_ptr_eq(context, &fixture);
    fixture.dropped[fixture.dropped_count++] = *(int *)job;
}

static void release(void *context)
{
    ck_assert_ptr_eq(context, &fixture);
    fixture.released_count++;
    bell_ring(fixture.released);
}

static const struct background_kind kind = {
    .name = "testing", .work = work, .drop = drop, .release = release};

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fake_memory_refuse(0);
    for (int i = 0; i < MANY; i++) {
        numbers[i] = i;
    }
    CHECK_DONE(bell_open(&fixture.entered, &fixture.why), fixture.why);
    CHECK_DONE(bell_open(&fixture.released, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    fake_memory_refuse(0);
    if (fixture.let_go != NULL) {
        bell_ring(fixture.let_go);
    }
    background_close(fixture.background, PATIENCE);
    bell_close(fixture.let_go);
    bell_close(fixture.entered);
    bell_close(fixture.released);
}

static void open_background(bool low_priority)
{
    CHECK_DONE(background_open(&fixture.background, &kind, &fixture, low_priority, &fixture.why),
               fixture.why);
}

static void add(int number)
{
    CHECK_DONE(background_add(fixture.background, &numbers[number], &fixture.why), fixture.why);
}

/* Adds the job 0, and returns when it hangs. */
static void add_hanging(void)
{
    CHECK_DONE(bell_open(&fixture.let_go, &fixture.why), fixture.why);
    add(0);
    ck_assert(bell_wait(fixture.entered, PATIENCE));
}

static void close_background(int64_t patience)
{
    struct background *background = fixture.background;

    fixture.background = NULL;
    background_close(background, patience);
}

START_TEST(jobs_are_done_in_the_order_in_which_they_were_added)
{
    open_background(_i == 1);
    for (int i = 0; i < MANY; i++) {
        add(i);
    }
    ck_assert(background_wait(fixture.background, PATIENCE));
    ck_assert_int_eq(fixture.done_count, MANY);
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(fixture.done[i], i);
    }
    close_background(PATIENCE);
    ck_assert_int_eq(fixture.dropped_count, 0);
    ck_assert_int_eq(fixture.released_count, 1);
}
END_TEST

START_TEST(the_order_stays_while_the_queue_moves_and_grows)
{
    int next = 0;

    open_background(false);
    for (int i = 0; i < 10; i++) { /* so that the queue does not begin at its beginning */
        add(next++);
        ck_assert(background_wait(fixture.background, PATIENCE));
    }
    CHECK_DONE(bell_open(&fixture.let_go, &fixture.why), fixture.why);
    add(next++);
    ck_assert(bell_wait(fixture.entered, PATIENCE));
    for (int i = 0; i < 40; i++) {
        add(next++);
    }
    ck_assert_uint_eq(background_waiting(fixture.background), 41);
    for (int i = 0; i < 41; i++) {
        bell_ring(fixture.let_go);
        (void)bell_wait(fixture.entered, i < 40 ? PATIENCE : 0);
    }
    ck_assert(background_wait(fixture.background, PATIENCE));
    ck_assert_int_eq(fixture.done_count, next);
    for (int i = 0; i < next; i++) {
        ck_assert_int_eq(fixture.done[i], i);
    }
}
END_TEST

START_TEST(a_job_under_way_is_waited_for)
{
    open_background(false);
    ck_assert_uint_eq(background_waiting(fixture.background), 0);
    ck_assert(background_wait(fixture.background, 0));
    add_hanging();
    add(1);
    ck_assert_uint_eq(background_waiting(fixture.background), 2);
    ck_assert(!background_wait(fixture.background, 0));
    ck_assert(!background_wait(fixture.background, 30));
    bell_ring(fixture.let_go);
    ck_assert(bell_wait(fixture.entered, PATIENCE));
    ck_assert(!background_wait(fixture.background, 30));
    bell_ring(fixture.let_go);
    ck_assert(background_wait(fixture.background, INT64_MAX));
    ck_assert_int_eq(fixture.done_count, 2);
}
END_TEST

START_TEST(a_pause_lasts_as_long_as_asked)
{
    int64_t begun = clock_awake();

    open_background(false);
    fixture.pause = 100;
    add(0);
    ck_assert(background_wait(fixture.background, PATIENCE));
    ck_assert_int_ge(clock_awake() - begun, 80);
    ck_assert_int_eq(fixture.paused_until_close, 0);
}
END_TEST

START_TEST(closing_ends_a_pause_and_drops_what_waits)
{
    int64_t begun = clock_awake();

    open_background(false);
    fixture.pause = FOR_EVER;
    add(0);
    add(1);
    add(2);
    close_background(FOR_EVER);
    ck_assert_int_lt(clock_awake() - begun, PATIENCE);
    /* Job 0 may not have been begun yet. */
    ck_assert_int_eq(fixture.done_count + fixture.dropped_count, 3);
    ck_assert_int_le(fixture.done_count, 1);
    ck_assert_int_eq(fixture.paused_until_close, fixture.done_count);
    ck_assert_int_eq(fixture.dropped[fixture.dropped_count - 1], 2);
    ck_assert_int_eq(fixture.released_count, 1);
}
END_TEST

START_TEST(a_job_that_hangs_is_left_behind_and_cleans_up_when_it_comes_back)
{
    int64_t begun = clock_awake();

    open_background(false);
    add_hanging();
    add(1);
    add(2);
    close_background(50);
    ck_assert_int_lt(clock_awake() - begun, PATIENCE);
    ck_assert_int_eq(fixture.dropped_count, 2);
    ck_assert_int_eq(fixture.dropped[0], 1);
    ck_assert_int_eq(fixture.released_count, 0); /* the thread still uses the context */
    bell_ring(fixture.let_go);
    ck_assert(bell_wait(fixture.released, PATIENCE));
    ck_assert_int_eq(fixture.released_count, 1);
    ck_assert_int_eq(fixture.done_count, 1);
}
END_TEST

START_TEST(without_memory_nothing_is_opened)
{
    fake_memory_refuse(1);
    CHECK_FAILED(background_open(&fixture.background, &kind, &fixture, false, &fixture.why),
                 FAILURE_MEMORY, fixture.why);
    ck_assert_int_eq(fixture.released_count, 0); /* the context is the caller's still */
}
END_TEST

START_TEST(without_memory_a_job_stays_with_the_caller)
{
    int added = 0;

    open_background(false);
    add_hanging();
    fake_memory_refuse(2);     /* the queue may grow once more */
    while (added < MANY - 2 && /* Check itself allocates when it asserts something */
           background_add(fixture.background, &numbers[added + 1], &fixture.why)) {
        added++;
    }
    ck_assert_int_lt(added, MANY - 2);
    ck_assert_int_eq(fixture.why.kind, FAILURE_MEMORY);
    CHECK_CONTAINS(fixture.why.text, "testing");
    ck_assert_uint_eq(background_waiting(fixture.background), (size_t)added + 1);
    fake_memory_refuse(0);
    add(added + 1);
    close_background(0);
    ck_assert_int_eq(fixture.dropped_count, added + 1);
    bell_ring(fixture.let_go);
    ck_assert(bell_wait(fixture.released, PATIENCE));
}
END_TEST

START_TEST(nothing_is_closed_without_harm)
{
    background_close(NULL, 0);
    ck_assert_int_eq(fixture.released_count, 0);
}
END_TEST

static Suite *background_suite(void)
{
    Suite *suite = suite_create("background");
    TCase *tests = tcase_create("background");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, jobs_are_done_in_the_order_in_which_they_were_added, 0, 2);
    tcase_add_test(tests, the_order_stays_while_the_queue_moves_and_grows);
    tcase_add_test(tests, a_job_under_way_is_waited_for);
    tcase_add_test(tests, a_pause_lasts_as_long_as_asked);
    tcase_add_test(tests, closing_ends_a_pause_and_drops_what_waits);
    tcase_add_test(tests, a_job_that_hangs_is_left_behind_and_cleans_up_when_it_comes_back);
    tcase_add_test(tests, without_memory_nothing_is_opened);
    tcase_add_test(tests, without_memory_a_job_stays_with_the_caller);
    tcase_add_test(tests, nothing_is_closed_without_harm);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(background_suite());
}
