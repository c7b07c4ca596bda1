/* SPDX-License-Identifier: MIT */

/*
 * The system's own reactor, on loopback.
 */

#include <check.h>

#include "base/clock.h"
#include "base/thread.h"
#include "probes/reactor.h"
#include "tests/support.h"
#include "tests/support_net.h"

enum { MANY = 500, EVENTS_MOST = 64, PATIENCE_MS = 20000 };

static struct {
    struct reactor *reactor;
    struct reactor_socket *sockets[MANY];
    intptr_t listener;
    struct failure why;
    struct probe_error error;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_net_start();
    fixture.listener = SUPPORT_NET_NONE;
    CHECK_DONE(reactor_open(&fixture.reactor, MANY, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    for (int i = 0; i < MANY; i++) {
        if (fixture.sockets[i] != NULL) {
            reactor_socket_close(fixture.sockets[i], true);
        }
    }
    support_net_close(fixture.listener);
    reactor_close(fixture.reactor);
}

static struct socket_endpoint loopback(enum support_family family, uint16_t port)
{
    struct socket_endpoint end = {.port = port, .address_size = family == SUPPORT_IPV4 ? 4 : 16};

    if (family == SUPPORT_IPV4) {
        end.address[0] = 127;
        end.address[3] = 1;
    } else {
        end.address[15] = 1;
    }
    return end;
}

/* A port at which nobody is. */
static uint16_t free_port(enum support_family family, uint8_t transport)
{
    intptr_t handle =
        transport == PROBE_TCP ? support_net_listen(family) : support_net_bind_udp(family);
    uint16_t port = support_net_port(handle);

    support_net_close(handle);
    return port;
}

static struct reactor_socket_options to(uint8_t transport, enum support_family family,
                                        uint16_t port)
{
    return (struct reactor_socket_options){
        .transport = transport, .target = loopback(family, port), .attempt_ms = 1000};
}

/* Opens socket `i`; its events have that number. False: it failed at once. */
static bool open_socket(int i, struct reactor_socket_options options)
{
    options.user = &fixture.sockets[i];
    return reactor_socket_open(&fixture.sockets[i], fixture.reactor, &options, &fixture.error);
}

static void close_socket(int i)
{
    reactor_socket_close(fixture.sockets[i], false);
    fixture.sockets[i] = NULL;
}

/* The next event; fails the test where none comes. */
static struct reactor_event wait_event(void)
{
    struct reactor_event events[EVENTS_MOST];
    int64_t until = clock_steady() + PATIENCE_MS;
    size_t count = 0;

    while (count == 0) {
        ck_assert_int_lt(clock_steady(), until);
        CHECK_DONE(reactor_wait(fixture.reactor, 1000, events, 1, &count, &fixture.why),
                   fixture.why);
    }
    return events[0];
}

static const enum support_family families[] = {SUPPORT_IPV4, SUPPORT_IPV6};

START_TEST(a_listener_is_connected_to)
{
    enum support_family family = families[_i];
    struct reactor_event event;

    if (!support_net_has(family)) {
        return;
    }
    fixture.listener = support_net_listen(family);
    ck_assert(open_socket(0, to(PROBE_TCP, family, support_net_port(fixture.listener))));
    event = wait_event();
    ck_assert_int_eq(event.happening, REACTOR_CONNECTED);
    ck_assert_ptr_eq(event.user, &fixture.sockets[0]);
    ck_assert_uint_ne(reactor_socket_port(fixture.sockets[0]), 0);
}
END_TEST

START_TEST(a_closed_port_refuses)
{
    enum support_family family = families[_i];
    struct reactor_event event;

    if (!support_net_has(family)) {
        return;
    }
    if (open_socket(0, to(PROBE_TCP, family, free_port(family, PROBE_TCP)))) {
        event = wait_event();
        ck_assert_int_eq(event.happening, REACTOR_FAILED);
        fixture.error = event.error;
    }
    ck_assert_int_eq(fixture.error.cause, PROBE_RESET);
    ck_assert(!fixture.error.has_icmp);
    ck_assert(!reactor_error_passes(&fixture.error));
}
END_TEST

START_TEST(a_closed_port_of_udp_is_told_by_icmp)
{
    enum support_family family = families[_i];
    struct reactor_event event;
    size_t sent = 0;

    if (!support_net_has(family) || !support_net_tells_icmp()) {
        return;
    }
    ck_assert(open_socket(0, to(PROBE_UDP, family, free_port(family, PROBE_UDP))));
    ck_assert(reactor_send(fixture.sockets[0], "x", 1, &sent, &fixture.error));
    ck_assert_uint_eq(sent, 1);
    event = wait_event();
    ck_assert_int_eq(event.happening, REACTOR_FAILED);
    ck_assert_int_eq(event.error.cause, PROBE_ICMP);
    if (event.error.has_icmp) {
        ck_assert_uint_eq(event.error.icmp_type, family == SUPPORT_IPV4 ? 3 : 1);
        ck_assert_uint_eq(event.error.icmp_code, family == SUPPORT_IPV4 ? 3 : 4);
    }
}
END_TEST

/* Reads a datagram that must be there. */
static size_t read_datagram(int i, void *bytes, size_t size, struct socket_endpoint *from)
{
    size_t received = 0;
    struct reactor_event event = wait_event();

    ck_assert_int_eq(event.happening, REACTOR_READABLE);
    ck_assert_ptr_eq(event.user, &fixture.sockets[i]);
    ck_assert_int_eq(
        reactor_receive(fixture.sockets[i], bytes, size, &received, from, &fixture.error),
        REACTOR_BYTES);
    return received;
}

/* Two sockets of ours, each the target of the other. */
static void open_pair(bool from_any_port)
{
    uint16_t ports[2] = {free_port(SUPPORT_IPV4, PROBE_UDP), free_port(SUPPORT_IPV4, PROBE_UDP)};

    for (int i = 0; i < 2; i++) {
        struct reactor_socket_options options = to(PROBE_UDP, SUPPORT_IPV4, ports[1 - i]);

        options.source.port = ports[i];
        options.from_any_port = from_any_port;
        ck_assert(open_socket(i, options));
        ck_assert_uint_eq(reactor_socket_port(fixture.sockets[i]), ports[i]);
    }
}

START_TEST(datagrams_come_and_go)
{
    static uint8_t large[60000];
    uint8_t bytes[100];
    struct socket_endpoint from;
    size_t received = 0;
    size_t sent;

    large[0] = 7;
    open_pair(_i == 1);
    ck_assert(reactor_send(fixture.sockets[0], "hello", 5, &sent, &fixture.error));
    ck_assert_uint_eq(read_datagram(1, bytes, sizeof(bytes), &from), 5);
    ck_assert_mem_eq(bytes, "hello", 5);
    ck_assert_uint_eq(from.port, reactor_socket_port(fixture.sockets[0]));
    ck_assert_int_eq(
        reactor_receive(fixture.sockets[1], bytes, sizeof(bytes), &received, NULL, &fixture.error),
        REACTOR_NOTHING);

    /* An empty one is one, and of one that is too long the beginning is there. */
    ck_assert(reactor_send(fixture.sockets[1], "", 0, &sent, &fixture.error));
    ck_assert_uint_eq(read_datagram(0, bytes, sizeof(bytes), NULL), 0);
    ck_assert(reactor_send(fixture.sockets[1], large, sizeof(large), &sent, &fixture.error));
    ck_assert_uint_eq(sent, sizeof(large));
    ck_assert_uint_gt(read_datagram(0, bytes, sizeof(bytes), NULL), sizeof(bytes));
    ck_assert_uint_eq(bytes[0], 7);
}
END_TEST

START_TEST(readable_is_told_again_while_something_is_left)
{
    uint8_t bytes[10];
    size_t sent;

    open_pair(false);
    ck_assert(reactor_send(fixture.sockets[0], "a", 1, &sent, &fixture.error));
    ck_assert(reactor_send(fixture.sockets[0], "b", 1, &sent, &fixture.error));
    ck_assert_uint_eq(read_datagram(1, bytes, sizeof(bytes), NULL), 1);
    ck_assert_uint_eq(read_datagram(1, bytes, sizeof(bytes), NULL), 1);
    ck_assert_uint_eq(bytes[0], 'b');
}
END_TEST

START_TEST(the_end_of_the_other_side_is_told)
{
    uint8_t bytes[10];
    size_t received = 0;
    intptr_t accepted;
    struct reactor_event event;

    fixture.listener = support_net_listen(SUPPORT_IPV4);
    ck_assert(open_socket(0, to(PROBE_TCP, SUPPORT_IPV4, support_net_port(fixture.listener))));
    event = wait_event();
    ck_assert_int_eq(event.happening, REACTOR_CONNECTED);
    accepted = support_net_accept(fixture.listener);
    ck_assert_int_eq(
        reactor_receive(fixture.sockets[0], bytes, sizeof(bytes), &received, NULL, &fixture.error),
        REACTOR_NOTHING);
    support_net_close(accepted);
    event = wait_event();
    ck_assert_int_eq(event.happening, REACTOR_READABLE);
    ck_assert_int_eq(
        reactor_receive(fixture.sockets[0], bytes, sizeof(bytes), &received, NULL, &fixture.error),
        REACTOR_END);
}
END_TEST

START_TEST(who_meets_only_itself_is_refused)
{
    struct reactor_socket_options options =
        to(PROBE_TCP, SUPPORT_IPV4, free_port(SUPPORT_IPV4, PROBE_TCP));
    struct reactor_event event;

    options.source = options.target;
    if (open_socket(0, options)) {
        event = wait_event();
        ck_assert_int_eq(event.happening, REACTOR_FAILED);
        fixture.error = event.error;
    }
    ck_assert_int_eq(fixture.error.cause, PROBE_RESET);
}
END_TEST

START_TEST(many_are_told_once_each)
{
    bool told[MANY] = {false};
    int count = 0;

    fixture.listener = support_net_listen(SUPPORT_IPV4);
    for (int i = 0; i < MANY; i++) {
        /* Half of them are refused. */
        uint16_t port = i % 2 == 0 ? support_net_port(fixture.listener) : (uint16_t)1;

        if (!open_socket(i, to(PROBE_TCP, SUPPORT_IPV4, port))) {
            told[i] = true;
            count++;
        } else if (i % 2 == 0) {
            support_net_close(support_net_accept(fixture.listener));
        }
    }
    while (count < MANY) {
        struct reactor_event event = wait_event();
        int i = (int)((struct reactor_socket **)event.user - fixture.sockets);

        ck_assert(!told[i]);
        ck_assert_int_eq(event.happening, i % 2 == 0 ? REACTOR_CONNECTED : REACTOR_FAILED);
        told[i] = true;
        close_socket(i); /* no event of it comes any more */
        count++;
    }
}
END_TEST

START_TEST(time_passes_without_events)
{
    struct reactor_event events[1];
    int64_t began = clock_steady();
    size_t count = 1;

    CHECK_DONE(reactor_wait(fixture.reactor, 50, events, 1, &count, &fixture.why), fixture.why);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_ge(clock_steady() - began, 30);
}
END_TEST

static void wake(void *reactor)
{
    reactor_wake(reactor);
}

START_TEST(a_wait_is_ended_by_another_thread)
{
    struct reactor_event events[1];
    struct thread *thread = NULL;
    size_t count = 1;

    CHECK_DONE(thread_start(&thread, wake, fixture.reactor, &fixture.why), fixture.why);
    CHECK_DONE(reactor_wait(fixture.reactor, -1, events, 1, &count, &fixture.why), fixture.why);
    ck_assert_uint_eq(count, 0);
    thread_join(thread);
}
END_TEST

START_TEST(a_limit_is_explained)
{
    char words[200] = "";
    size_t most = reactor_limit(1000000, words, sizeof(words));

    ck_assert_uint_gt(most, 0);
    ck_assert_uint_lt(most, 1000000);
    ck_assert_uint_gt(strlen(words), 0);
    words[0] = '\0';
    ck_assert_uint_eq(reactor_limit(1, words, sizeof(words)), 1);
    ck_assert_str_eq(words, "");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("reactor");
    TCase *reactor = tcase_create("reactor");

    tcase_add_checked_fixture(reactor, open_fixture, close_fixture);
    tcase_add_loop_test(reactor, a_listener_is_connected_to, 0, COUNT_OF(families));
    tcase_add_loop_test(reactor, a_closed_port_refuses, 0, COUNT_OF(families));
    tcase_add_loop_test(reactor, a_closed_port_of_udp_is_told_by_icmp, 0, COUNT_OF(families));
    tcase_add_loop_test(reactor, datagrams_come_and_go, 0, 2);
    tcase_add_test(reactor, readable_is_told_again_while_something_is_left);
    tcase_add_test(reactor, the_end_of_the_other_side_is_told);
    tcase_add_test(reactor, who_meets_only_itself_is_refused);
    tcase_add_test(reactor, many_are_told_once_each);
    tcase_add_test(reactor, time_passes_without_events);
    tcase_add_test(reactor, a_wait_is_ended_by_another_thread);
    tcase_add_test(reactor, a_limit_is_explained);
    suite_add_tcase(suite, reactor);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
