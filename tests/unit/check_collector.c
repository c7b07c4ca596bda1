/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "base/clock.h"
#include "base/process_self.h"
#include "collector/collector.h"
#include "collector/snapshot_diff.h"
#include "tests/support_net.h"

enum { HANDLES = 4 };

static struct {
    struct collector *collector;
    struct snapshot snapshot;
    struct snapshot before;
    struct snapshot_diff diff;
    struct failure why;
    intptr_t handles[HANDLES];
} fixture;

static const enum support_family families[] = {SUPPORT_IPV4, SUPPORT_IPV6};

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    for (int i = 0; i < HANDLES; i++) {
        fixture.handles[i] = SUPPORT_NET_NONE;
    }
    support_net_start();
    CHECK_DONE(collector_open(&fixture.collector, NULL, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    for (int i = 0; i < HANDLES; i++) {
        support_net_close(fixture.handles[i]);
    }
    snapshot_clear(&fixture.snapshot);
    snapshot_clear(&fixture.before);
    snapshot_diff_clear(&fixture.diff);
    collector_close(fixture.collector);
}

static void sample(void)
{
    CHECK_DONE(collector_sample(fixture.collector, &fixture.snapshot, &fixture.why), fixture.why);
}

/* The first row of a local port. */
static const struct socket_row *find(int protocol, uint16_t port)
{
    for (size_t i = 0; i < fixture.snapshot.socket_count; i++) {
        const struct socket_row *row = &fixture.snapshot.sockets[i];

        if (row->protocol == protocol && row->local.port == port) {
            return row;
        }
    }
    return NULL;
}

/* Asserts that the row is ours and how that is known. */
static void check_owner_is_self(const struct socket_row *row)
{
    const struct process_instance *owner;

    ck_assert_ptr_nonnull(row);
    ck_assert_uint_eq(row->pid, process_self_pid());
    ck_assert_int_eq(row->attribution, ATTRIBUTION_EXACT);
    owner = snapshot_owner(&fixture.snapshot, row);
    ck_assert_ptr_nonnull(owner);
    ck_assert_uint_eq(owner->pid, process_self_pid());
    ck_assert_int_eq(owner->access, PROCESS_OPENED);
    /* Linux counts starts in ticks of 10 ms, and the wall clock of a tick is calculated. */
    ck_assert_int_le(owner->started_at, fixture.snapshot.taken_at + 10);
    ck_assert_ptr_nonnull(owner->path);
    CHECK_CONTAINS(owner->path, "check_collector");
    CHECK_CONTAINS(owner->name, "check_collector");
}

static intptr_t listen_primed(enum support_family family)
{
    intptr_t handle = support_net_listen(family);

    support_net_prime(handle);
    return handle;
}

START_TEST(our_own_listener_is_ours)
{
    fixture.handles[0] = listen_primed(SUPPORT_IPV4);
    sample();
    check_owner_is_self(find(SOCKET_TCP, support_net_port(fixture.handles[0])));
}
END_TEST

START_TEST(our_own_udp_socket_is_ours)
{
    if (!support_net_has(families[_i])) {
        return;
    }
    fixture.handles[0] = support_net_bind_udp(families[_i]);
    support_net_prime(fixture.handles[0]);
    sample();
    check_owner_is_self(find(SOCKET_UDP, support_net_port(fixture.handles[0])));
}
END_TEST

START_TEST(our_own_connection_is_ours)
{
    fixture.handles[0] = listen_primed(SUPPORT_IPV4);
    fixture.handles[1] = support_net_connect(SUPPORT_IPV4, support_net_port(fixture.handles[0]));
    fixture.handles[2] = support_net_accept(fixture.handles[0]);
    support_net_prime(fixture.handles[1]);
    sample();
    check_owner_is_self(find(SOCKET_TCP, support_net_port(fixture.handles[1])));
}
END_TEST

START_TEST(a_snapshot_is_of_the_moment_in_which_it_was_asked_for)
{
    int64_t wall = clock_now();
    int64_t steady = clock_steady();

    sample();
    ck_assert_int_ge(fixture.snapshot.taken_at, wall);
    ck_assert_int_le(fixture.snapshot.taken_at, clock_now());
    ck_assert_int_ge(fixture.snapshot.steady_at, steady);
    ck_assert_int_le(fixture.snapshot.steady_at, clock_steady());
}
END_TEST

START_TEST(all_processes_are_in_the_snapshot_and_owners_alone_are_opened)
{
    int self = 0;

    fixture.handles[0] = listen_primed(SUPPORT_IPV4);
    sample();
    for (size_t i = 0; i < fixture.snapshot.process_count; i++) {
        const struct process_instance *process = fixture.snapshot.processes[i];
        bool owns = false;

        for (size_t k = 0; k < fixture.snapshot.socket_count && !owns; k++) {
            owns = fixture.snapshot.sockets[k].owner == i;
        }
        ck_assert_int_eq(process->access != PROCESS_NOT_OPENED, owns);
        self += process->pid == process_self_pid();
    }
    ck_assert_int_eq(self, 1);
}
END_TEST

START_TEST(a_process_is_opened_once)
{
    const struct process_instance *owner;

    fixture.handles[0] = listen_primed(SUPPORT_IPV4);
    sample();
    owner = process_instance_hold(
        snapshot_owner(&fixture.snapshot, find(SOCKET_TCP, support_net_port(fixture.handles[0]))));
    sample();
    ck_assert_ptr_eq(
        snapshot_owner(&fixture.snapshot, find(SOCKET_TCP, support_net_port(fixture.handles[0]))),
        owner);
    process_instance_release(owner);
}
END_TEST

START_TEST(the_difference_of_two_samples_is_what_we_opened_and_closed)
{
    uint16_t closed;
    uint16_t opened;

    fixture.handles[0] = listen_primed(SUPPORT_IPV4);
    closed = support_net_port(fixture.handles[0]);
    sample();
    snapshot_swap(&fixture.snapshot, &fixture.before);
    fixture.handles[1] = listen_primed(SUPPORT_IPV4);
    opened = support_net_port(fixture.handles[1]);
    support_net_close(fixture.handles[0]);
    fixture.handles[0] = SUPPORT_NET_NONE;
    sample();
    CHECK_DONE(snapshot_diff_make(&fixture.diff, &fixture.before, &fixture.snapshot, &fixture.why),
               fixture.why);
    for (size_t i = 0; i < fixture.diff.count; i++) {
        const struct snapshot_change *change = &fixture.diff.changes[i];

        if (change->kind == SNAPSHOT_CLOSED &&
            fixture.before.sockets[change->before].local.port == closed) {
            closed = 0;
        }
        if (change->kind == SNAPSHOT_OPENED &&
            fixture.snapshot.sockets[change->after].local.port == opened) {
            opened = 0;
        }
    }
    ck_assert_uint_eq(closed, 0);
    ck_assert_uint_eq(opened, 0);
}
END_TEST

START_TEST(the_interval_has_a_default_and_limits)
{
    const struct setting_key *key = collector_settings.keys;

    ck_assert_uint_ge(collector_settings.count, 1);
    ck_assert_str_eq(key->name, "collector.interval");
    ck_assert_int_eq((int)key->kind, SETTING_DURATION);
    ck_assert_str_eq(key->fallback, "1s");
    ck_assert_int_eq(key->minimum, 100);
    ck_assert_int_eq(key->maximum, 3600000);
    ck_assert(key->reloadable);
    ck_assert_str_eq(key->policy, "CollectorInterval");
}
END_TEST

static Suite *collector_suite(void)
{
    Suite *suite = suite_create("collector");
    TCase *tests = tcase_create("collector");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, our_own_listener_is_ours);
    tcase_add_loop_test(tests, our_own_udp_socket_is_ours, 0, COUNT_OF(families));
    tcase_add_test(tests, our_own_connection_is_ours);
    tcase_add_test(tests, a_snapshot_is_of_the_moment_in_which_it_was_asked_for);
    tcase_add_test(tests, all_processes_are_in_the_snapshot_and_owners_alone_are_opened);
    tcase_add_test(tests, a_process_is_opened_once);
    tcase_add_test(tests, the_difference_of_two_samples_is_what_we_opened_and_closed);
    tcase_add_test(tests, the_interval_has_a_default_and_limits);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(collector_suite());
}
