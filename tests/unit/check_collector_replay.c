/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "collector/collector_replay.h"
#include "collector/snapshot_diff.h"

static struct {
    struct collector *collector;
    struct snapshot before;
    struct snapshot after;
    struct snapshot_diff diff;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    collector_close(fixture.collector);
    snapshot_clear(&fixture.before);
    snapshot_clear(&fixture.after);
    snapshot_diff_clear(&fixture.diff);
}

static void start(const struct collector_replay *settings)
{
    collector_replay_configure(settings);
    collector_close(fixture.collector);
    CHECK_DONE(collector_open(&fixture.collector, NULL, &fixture.why), fixture.why);
}

static void sample(struct snapshot *snapshot)
{
    CHECK_DONE(collector_sample(fixture.collector, snapshot, &fixture.why), fixture.why);
}

static void compare(void)
{
    CHECK_DONE(snapshot_diff_make(&fixture.diff, &fixture.before, &fixture.after, &fixture.why),
               fixture.why);
}

static const struct {
    size_t churn;
    size_t changes;
} churns[] = {{0, 0}, {1, 2}, {30, 60}, {300, 600}, {1000, 600}};

START_TEST(as_many_sockets_change_as_were_asked_for)
{
    struct collector_replay settings = {
        .seed = 7, .sockets = 300, .processes = 9, .churn = churns[_i].churn, .begin_at = 1};

    start(&settings);
    sample(&fixture.before);
    sample(&fixture.after);
    ck_assert_uint_eq(fixture.after.socket_count, 300);
    ck_assert_uint_eq(fixture.after.process_count, 9);
    compare();
    ck_assert_uint_eq(fixture.diff.count, churns[_i].changes);
}
END_TEST

START_TEST(equal_seeds_make_equal_machines)
{
    struct collector_replay settings = {
        .seed = 7, .sockets = 500, .processes = 9, .churn = 20, .begin_at = 1};

    start(&settings);
    sample(&fixture.before);
    sample(&fixture.before);
    start(&settings);
    sample(&fixture.after);
    sample(&fixture.after);
    compare();
    ck_assert_uint_eq(fixture.diff.count, 0);
    settings.seed = 8;
    start(&settings);
    sample(&fixture.after);
    compare();
    ck_assert_uint_gt(fixture.diff.count, 0);
}
END_TEST

START_TEST(its_clock_runs_by_the_interval)
{
    struct collector_replay settings = {.sockets = 1, .begin_at = 5000, .interval = 250};

    start(&settings);
    sample(&fixture.before);
    sample(&fixture.after);
    ck_assert_int_eq(fixture.before.taken_at, 5000);
    ck_assert_int_eq(fixture.after.taken_at, 5250);
    ck_assert_int_eq(fixture.after.steady_at - fixture.before.steady_at, 250);
}
END_TEST

START_TEST(each_nth_sample_fails_and_is_empty)
{
    struct collector_replay settings = {.sockets = 5, .begin_at = 1, .fail_every = 3};

    start(&settings);
    for (int i = 1; i <= 6; i++) {
        bool ok = collector_sample(fixture.collector, &fixture.after, &fixture.why);

        ck_assert_int_eq(ok, i % 3 != 0);
        ck_assert_uint_eq(fixture.after.socket_count, ok ? 5 : 0);
    }
    CHECK_CONTAINS(fixture.why.text, "sample 6");
}
END_TEST

START_TEST(its_rows_are_like_those_of_a_real_machine)
{
    struct collector_replay settings = {.sockets = 1000, .processes = 10, .begin_at = 100000};
    int listening = 0;
    int udp = 0;
    int ipv6 = 0;

    start(&settings);
    sample(&fixture.after);
    for (size_t i = 0; i < fixture.after.socket_count; i++) {
        const struct socket_row *row = &fixture.after.sockets[i];
        const struct process_instance *owner = snapshot_owner(&fixture.after, row);

        ck_assert_ptr_nonnull(owner);
        ck_assert_uint_eq(owner->pid, row->pid);
        ck_assert_int_lt(owner->started_at, fixture.after.taken_at);
        listening += row->state == SOCKET_LISTENING;
        udp += row->protocol == SOCKET_UDP;
        ipv6 += row->local.address_size == 16;
    }
    ck_assert_int_gt(listening, 50);
    ck_assert_int_gt(udp, 100);
    ck_assert_int_gt(ipv6, 200);
}
END_TEST

static Suite *collector_replay_suite(void)
{
    Suite *suite = suite_create("collector_replay");
    TCase *tests = tcase_create("collector_replay");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, as_many_sockets_change_as_were_asked_for, 0, COUNT_OF(churns));
    tcase_add_test(tests, equal_seeds_make_equal_machines);
    tcase_add_test(tests, its_clock_runs_by_the_interval);
    tcase_add_test(tests, each_nth_sample_fails_and_is_empty);
    tcase_add_test(tests, its_rows_are_like_those_of_a_real_machine);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(collector_replay_suite());
}
