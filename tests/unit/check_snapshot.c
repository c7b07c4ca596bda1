/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "collector/snapshot.h"

static struct {
    struct snapshot snapshot;
    struct snapshot other;
    const struct process_instance *process;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    struct process_instance fields = {.pid = 7, .start = 8, .name = "svc"};

    memset(&fixture, 0, sizeof(fixture));
    fixture.process = process_instance_make(&fields);
    ck_assert_ptr_nonnull(fixture.process);
}

static void close_fixture(void)
{
    snapshot_clear(&fixture.snapshot);
    snapshot_clear(&fixture.other);
    process_instance_release(fixture.process);
}

static void add_socket(uint8_t protocol, uint16_t port, uint32_t owner)
{
    struct socket_row row = {
        .protocol = protocol,
        .state = protocol == SOCKET_TCP ? SOCKET_LISTENING : SOCKET_STATELESS,
        .local = {.address = {127, 0, 0, 1}, .address_size = 4, .port = port},
        .remote = {.address = {9, 9, 9, 9}, .address_size = 4, .port = 99},
        .owner = owner,
    };

    CHECK_DONE(snapshot_add_socket(&fixture.snapshot, &row, &fixture.why), fixture.why);
}

static uint32_t add_process(void)
{
    uint32_t index = SOCKET_NO_OWNER;

    CHECK_DONE(snapshot_add_process(&fixture.snapshot, fixture.process, &index, &fixture.why),
               fixture.why);
    return index;
}

START_TEST(sockets_are_normalized_when_they_are_added)
{
    add_socket(SOCKET_TCP, 80, SOCKET_NO_OWNER);
    ck_assert_uint_eq(fixture.snapshot.socket_count, 1);
    ck_assert_uint_eq(fixture.snapshot.sockets[0].remote.address_size, 0);
    ck_assert_uint_eq(fixture.snapshot.sockets[0].remote.port, 0);
}
END_TEST

START_TEST(a_row_knows_its_owner)
{
    ck_assert_uint_eq(add_process(), 0);
    ck_assert_uint_eq(add_process(), 1);
    add_socket(SOCKET_TCP, 80, 1);
    add_socket(SOCKET_TCP, 81, SOCKET_NO_OWNER);
    ck_assert_ptr_eq(snapshot_owner(&fixture.snapshot, &fixture.snapshot.sockets[0]),
                     fixture.process);
    ck_assert_ptr_null(snapshot_owner(&fixture.snapshot, &fixture.snapshot.sockets[1]));
}
END_TEST

START_TEST(sorting_puts_tcp_first_and_ports_in_order)
{
    snapshot_sort(&fixture.snapshot);
    add_socket(SOCKET_UDP, 53, SOCKET_NO_OWNER);
    add_socket(SOCKET_TCP, 443, SOCKET_NO_OWNER);
    add_socket(SOCKET_TCP, 80, SOCKET_NO_OWNER);
    snapshot_sort(&fixture.snapshot);
    ck_assert_uint_eq(fixture.snapshot.sockets[0].local.port, 80);
    ck_assert_uint_eq(fixture.snapshot.sockets[1].local.port, 443);
    ck_assert_uint_eq(fixture.snapshot.sockets[2].protocol, SOCKET_UDP);
}
END_TEST

START_TEST(a_snapshot_holds_its_processes_until_it_is_cleared)
{
    const struct process_instance *process = fixture.process;

    add_process();
    process_instance_release(process);
    fixture.process = NULL;
    ck_assert_str_eq(fixture.snapshot.processes[0]->name, "svc");
    snapshot_clear(&fixture.snapshot);
    snapshot_clear(&fixture.snapshot);
    ck_assert_uint_eq(fixture.snapshot.process_count, 0);
}
END_TEST

START_TEST(resetting_empties_and_keeps_the_memory)
{
    const struct socket_row *memory;

    fixture.snapshot.taken_at = 5;
    fixture.snapshot.steady_at = 6;
    fixture.snapshot.lacks = SNAPSHOT_NO_IPV6_TCP;
    add_socket(SOCKET_TCP, 80, add_process());
    memory = fixture.snapshot.sockets;
    snapshot_reset(&fixture.snapshot);
    ck_assert_uint_eq(fixture.snapshot.socket_count, 0);
    ck_assert_uint_eq(fixture.snapshot.process_count, 0);
    ck_assert_uint_eq(fixture.snapshot.lacks, 0);
    ck_assert_int_eq(fixture.snapshot.taken_at, 0);
    ck_assert_int_eq(fixture.snapshot.steady_at, 0);
    add_socket(SOCKET_TCP, 81, SOCKET_NO_OWNER);
    ck_assert_ptr_eq(fixture.snapshot.sockets, memory);
}
END_TEST

START_TEST(swapping_exchanges_all_of_two_snapshots)
{
    fixture.snapshot.taken_at = 5;
    add_socket(SOCKET_TCP, 80, add_process());
    snapshot_swap(&fixture.snapshot, &fixture.other);
    ck_assert_uint_eq(fixture.snapshot.socket_count, 0);
    ck_assert_int_eq(fixture.other.taken_at, 5);
    ck_assert_ptr_eq(snapshot_owner(&fixture.other, &fixture.other.sockets[0]), fixture.process);
}
END_TEST

START_TEST(thousands_of_sockets_keep_their_place)
{
    for (int i = 0; i < 5000; i++) {
        add_socket(SOCKET_UDP, (uint16_t)i, SOCKET_NO_OWNER);
    }
    ck_assert_uint_eq(fixture.snapshot.socket_count, 5000);
    for (int i = 0; i < 5000; i++) {
        ck_assert_uint_eq(fixture.snapshot.sockets[i].local.port, (unsigned)i);
    }
}
END_TEST

static Suite *snapshot_suite(void)
{
    Suite *suite = suite_create("snapshot");
    TCase *tests = tcase_create("snapshot");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, sockets_are_normalized_when_they_are_added);
    tcase_add_test(tests, a_row_knows_its_owner);
    tcase_add_test(tests, sorting_puts_tcp_first_and_ports_in_order);
    tcase_add_test(tests, a_snapshot_holds_its_processes_until_it_is_cleared);
    tcase_add_test(tests, resetting_empties_and_keeps_the_memory);
    tcase_add_test(tests, swapping_exchanges_all_of_two_snapshots);
    tcase_add_test(tests, thousands_of_sockets_keep_their_place);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(snapshot_suite());
}
