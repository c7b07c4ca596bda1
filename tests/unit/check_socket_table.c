/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "collector/snapshot.h"
#include "collector/socket_table.h"
#include "tests/support_net.h"

enum { HANDLES = 4 };

static struct {
    struct socket_reader *reader;
    struct socket_table table;
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
    CHECK_DONE(socket_reader_open(&fixture.reader, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    for (int i = 0; i < HANDLES; i++) {
        support_net_close(fixture.handles[i]);
    }
    socket_table_clear(&fixture.table);
    socket_reader_close(fixture.reader);
}

static void read_table(void)
{
    CHECK_DONE(socket_reader_read(fixture.reader, &fixture.table, &fixture.why), fixture.why);
}

static bool is_loopback(const struct socket_endpoint *end, enum support_family family)
{
    static const uint8_t ipv4[16] = {127, 0, 0, 1};
    static const uint8_t ipv6[16] = {[15] = 1};
    const uint8_t *expected = family == SUPPORT_IPV4 ? ipv4 : ipv6;

    return end->address_size == (family == SUPPORT_IPV4 ? 4 : 16) &&
           memcmp(end->address, expected, sizeof(ipv4)) == 0 && end->scope_id == 0;
}

/* The only row with these ends and this state; a remote port of 0: no remote end. */
static const struct socket_row *find(enum support_family family, int protocol, int state,
                                     uint16_t local, uint16_t remote)
{
    const struct socket_row *found = NULL;

    for (size_t i = 0; i < fixture.table.count; i++) {
        const struct socket_row *row = &fixture.table.rows[i];
        bool same_remote =
            remote == 0 ? row->remote.address_size == 0 : is_loopback(&row->remote, family);

        if (row->protocol == protocol && row->state == state && row->local.port == local &&
            row->remote.port == remote && is_loopback(&row->local, family) && same_remote) {
            ck_assert_msg(found == NULL, "port %u is listed twice", local);
            found = row;
        }
    }
    return found;
}

START_TEST(a_listener_of_our_own_is_there_while_it_is_open)
{
    enum support_family family = families[_i];
    uint16_t port;

    if (!support_net_has(family)) {
        return;
    }
    fixture.handles[0] = support_net_listen(family);
    port = support_net_port(fixture.handles[0]);
    read_table();
    ck_assert_ptr_nonnull(find(family, SOCKET_TCP, SOCKET_LISTENING, port, 0));
    support_net_close(fixture.handles[0]);
    fixture.handles[0] = SUPPORT_NET_NONE;
    read_table();
    ck_assert_ptr_null(find(family, SOCKET_TCP, SOCKET_LISTENING, port, 0));
}
END_TEST

START_TEST(both_ends_of_a_connection_are_there)
{
    enum support_family family = families[_i];
    uint16_t listener;
    uint16_t client;

    if (!support_net_has(family)) {
        return;
    }
    fixture.handles[0] = support_net_listen(family);
    listener = support_net_port(fixture.handles[0]);
    fixture.handles[1] = support_net_connect(family, listener);
    fixture.handles[2] = support_net_accept(fixture.handles[0]);
    client = support_net_port(fixture.handles[1]);
    read_table();
    ck_assert_ptr_nonnull(find(family, SOCKET_TCP, SOCKET_ESTABLISHED, client, listener));
    ck_assert_ptr_nonnull(find(family, SOCKET_TCP, SOCKET_ESTABLISHED, listener, client));
    ck_assert_ptr_nonnull(find(family, SOCKET_TCP, SOCKET_LISTENING, listener, 0));
}
END_TEST

START_TEST(a_connection_that_we_closed_first_waits)
{
    uint16_t listener;
    uint16_t client;

    fixture.handles[0] = support_net_listen(SUPPORT_IPV4);
    listener = support_net_port(fixture.handles[0]);
    fixture.handles[1] = support_net_connect(SUPPORT_IPV4, listener);
    fixture.handles[2] = support_net_accept(fixture.handles[0]);
    client = support_net_port(fixture.handles[1]);
    support_net_close(fixture.handles[1]);
    fixture.handles[1] = SUPPORT_NET_NONE;
    read_table();
    ck_assert_ptr_nonnull(find(SUPPORT_IPV4, SOCKET_TCP, SOCKET_CLOSE_WAIT, listener, client));
    support_net_close(fixture.handles[2]);
    fixture.handles[2] = SUPPORT_NET_NONE;
    read_table();
    ck_assert_ptr_nonnull(find(SUPPORT_IPV4, SOCKET_TCP, SOCKET_TIME_WAIT, client, listener));
}
END_TEST

START_TEST(a_udp_socket_has_no_state_and_no_remote_end)
{
    enum support_family family = families[_i];

    if (!support_net_has(family)) {
        return;
    }
    fixture.handles[0] = support_net_bind_udp(family);
    read_table();
    ck_assert_ptr_nonnull(
        find(family, SOCKET_UDP, SOCKET_STATELESS, support_net_port(fixture.handles[0]), 0));
}
END_TEST

START_TEST(reading_again_gives_the_same_and_keeps_the_memory)
{
    const struct socket_row *memory;
    size_t capacity;
    uint16_t port;

    fixture.handles[0] = support_net_listen(SUPPORT_IPV4);
    port = support_net_port(fixture.handles[0]);
    read_table();
    memory = fixture.table.rows;
    capacity = fixture.table.capacity;
    for (int i = 0; i < 3; i++) {
        read_table();
        ck_assert(fixture.table.rows == memory || fixture.table.count > capacity);
        ck_assert_ptr_nonnull(find(SUPPORT_IPV4, SOCKET_TCP, SOCKET_LISTENING, port, 0));
    }
}
END_TEST

START_TEST(many_sockets_are_all_there)
{
    enum { MANY = 300 };
    intptr_t handles[MANY];
    int found = 0;

    for (int i = 0; i < MANY; i++) {
        handles[i] = support_net_bind_udp(SUPPORT_IPV4);
    }
    read_table();
    for (int i = 0; i < MANY; i++) {
        found += find(SUPPORT_IPV4, SOCKET_UDP, SOCKET_STATELESS, support_net_port(handles[i]),
                      0) != NULL;
        support_net_close(handles[i]);
    }
    ck_assert_int_eq(found, MANY);
}
END_TEST

START_TEST(a_cleared_table_can_be_used_again)
{
    struct socket_row row = {.protocol = SOCKET_TCP, .owner = SOCKET_NO_OWNER};

    CHECK_DONE(socket_table_add(&fixture.table, &row, &fixture.why), fixture.why);
    fixture.table.lacks = SNAPSHOT_NO_IPV6_UDP;
    socket_table_reset(&fixture.table);
    ck_assert_uint_eq(fixture.table.count, 0);
    ck_assert_uint_eq(fixture.table.lacks, 0);
    socket_table_clear(&fixture.table);
    socket_table_clear(&fixture.table);
    CHECK_DONE(socket_table_add(&fixture.table, &row, &fixture.why), fixture.why);
    ck_assert_uint_eq(fixture.table.count, 1);
}
END_TEST

static Suite *socket_table_suite(void)
{
    Suite *suite = suite_create("socket_table");
    TCase *tests = tcase_create("socket_table");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_listener_of_our_own_is_there_while_it_is_open, 0,
                        COUNT_OF(families));
    tcase_add_loop_test(tests, both_ends_of_a_connection_are_there, 0, COUNT_OF(families));
    tcase_add_test(tests, a_connection_that_we_closed_first_waits);
    tcase_add_loop_test(tests, a_udp_socket_has_no_state_and_no_remote_end, 0, COUNT_OF(families));
    tcase_add_test(tests, reading_again_gives_the_same_and_keeps_the_memory);
    tcase_add_test(tests, many_sockets_are_all_there);
    tcase_add_test(tests, a_cleared_table_can_be_used_again);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(socket_table_suite());
}
