/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "service/sample_queue.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static struct {
    struct sample_queue queue;
    struct snapshot snapshot;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    sample_queue_clear(&fixture.queue);
    snapshot_clear(&fixture.snapshot);
}

static void add_listeners(int64_t at, int count)
{
    made_up_begin(&fixture.snapshot, at);
    for (int i = 0; i < count; i++) {
        made_up_listener(&fixture.snapshot, (uint16_t)(i + 1), SOCKET_NO_OWNER);
    }
    CHECK_DONE(sample_queue_add(&fixture.queue, &fixture.snapshot, 1000, &fixture.why),
               fixture.why);
}

/* Takes one that was taken at `at`, and returns the gap before it. */
static enum ledger_gap take(int64_t at)
{
    struct queued_sample *sample = sample_queue_take(&fixture.queue);
    enum ledger_gap gap;

    ck_assert_ptr_nonnull(sample);
    ck_assert_int_eq(sample->snapshot.taken_at, at);
    ck_assert_int_eq(sample->interval, 1000);
    gap = sample->gap;
    queued_sample_free(sample);
    return gap;
}

START_TEST(samples_come_out_as_they_went_in)
{
    for (int round = 0; round < 2; round++) {
        add_listeners(1000, 3);
        add_listeners(2000, 0);
        add_listeners(3000, 1);
        ck_assert_uint_gt(fixture.queue.bytes, 0);
        ck_assert_int_eq(take(1000), LEDGER_GAP_NONE);
        ck_assert_int_eq(take(2000), LEDGER_GAP_NONE);
        ck_assert_int_eq(take(3000), LEDGER_GAP_NONE);
        ck_assert_ptr_null(sample_queue_take(&fixture.queue));
        ck_assert_uint_eq(fixture.queue.bytes, 0);
    }
}
END_TEST

START_TEST(a_gap_stands_before_the_next_sample_only)
{
    add_listeners(1000, 1);
    sample_queue_gap(&fixture.queue, LEDGER_GAP_SAMPLE_FAILED);
    add_listeners(2000, 1);
    add_listeners(3000, 1);
    ck_assert_int_eq(take(1000), LEDGER_GAP_NONE);
    ck_assert_int_eq(take(2000), LEDGER_GAP_SAMPLE_FAILED);
    ck_assert_int_eq(take(3000), LEDGER_GAP_NONE);
}
END_TEST

START_TEST(a_full_queue_loses_the_newest_and_says_so)
{
    int added = 0;

    while (!fixture.queue.full) {
        ck_assert_uint_le(fixture.queue.bytes, SAMPLE_QUEUE_BYTES);
        add_listeners(++added, 60000);
    }
    add_listeners(added + 1, 0); /* small, and yet lost: what is missing is one stretch of time */
    ck_assert_int_gt(added, 2);
    for (int at = 1; at < added; at++) {
        ck_assert_int_eq(take(at), LEDGER_GAP_NONE);
    }
    ck_assert_ptr_null(sample_queue_take(&fixture.queue));
    ck_assert(fixture.queue.full);
    sample_queue_clear(&fixture.queue);
    ck_assert(!fixture.queue.full);
}
END_TEST

static Suite *sample_queue_suite(void)
{
    Suite *suite = suite_create("sample_queue");
    TCase *tests = tcase_create("sample_queue");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, samples_come_out_as_they_went_in);
    tcase_add_test(tests, a_gap_stands_before_the_next_sample_only);
    tcase_add_test(tests, a_full_queue_loses_the_newest_and_says_so);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(sample_queue_suite());
}
