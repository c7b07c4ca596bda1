/* SPDX-License-Identifier: MIT */

/*
 * The reactor with real sockets on the loopback address, the same on both
 * systems.
 */

#include "tests/support.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "probes/reactor.h"
#include "tests/support_net.h"

enum {
    HANDLES = 4,
    SOCKETS = 4,
    MANY = 1000,
    PATIENCE = 10000, /* milliseconds: longer than any of this may take */
    STREAM_SIZE = 8 * 1024 * 1024,
};

static struct {
    struct reactor *reactor;
    struct reactor_socket *sockets[SOCKETS];
    intptr_t handles[HANDLES];
    struct probe_error error;
    struct failure why;
} fixture;

static const enum support_family families[] = {SUPPORT_IPV4, SUPPORT_IPV6};

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    for (int i = 0; i < HANDLES; i++) {
        fixture.handles[i] = SUPPORT_NET_NONE;
    }
    support_net_start();
    CHECK_DONE(reactor_open(&fixture.reactor, MANY, &fixture.why), fixture.why);
}

static void close_socket(int which)
{
    if (fixture.sockets[which] != NULL) {
        reactor_socket_close(fixture.sockets[which], true);
        fixture.sockets[which] = NULL;
    }
}

static void close_fixture(void)
{
    for (int i = 0; i < SOCKETS; i++) {
        close_socket(i);
    }
    for (int i = 0; i < HANDLES; i++) {
        support_net_close(fixture.handles[i]);
    }
    reactor_close(fixture.reactor);
}

static struct reactor_socket_options options_for(uint8_t transport, enum support_family family,
                                                 uint16_t port)
{
    struct reactor_socket_options options = {.transport = transport, .attempt_ms = 3000};

    options.target.port = port;
    if (family == SUPPORT_IPV4) {
        options.target.address_size = 4;
        memcpy(options.target.address, "\x7f\0\0\1", 4);
    } else {
        options.target.address_size = 16;
        options.target.address[15] = 1;
    }
    return options;
}

/* A machine may have no IPv6. */
static int family_count(void)
{
    return support_net_has(SUPPORT_IPV6) ? COUNT_OF(families) : COUNT_OF(families) - 1;
}

/* False: it has failed at once, as a connection to this machine may. */
static bool try_open(int which, struct reactor_socket_options options)
{
    options.user = &fixture.sockets[which];
    return reactor_socket_open(&fixture.sockets[which], fixture.reactor, &options, &fixture.error);
}

static void open_with(int which, struct reactor_socket_options options)
{
    ck_assert_msg(try_open(which, options), "error %ld", fixture.error.code);
}

static void open_socket(int which, uint8_t transport, enum support_family family, uint16_t port)
{
    open_with(which, options_for(transport, family, port));
}

/* The next event, which has to come. */
static struct reactor_event next_event(void)
{
    int64_t until = clock_steady() + PATIENCE;
    struct reactor_event event;
    size_t count = 0;

    while (count == 0) {
        CHECK_DONE(reactor_wait(fixture.reactor, 1000, &event, 1, &count, &fixture.why),
                   fixture.why);
        ck_assert_msg(clock_steady() < until, "no event came");
    }
    return event;
}

static void expect(int which, enum reactor_happening happening)
{
    struct reactor_event event = next_event();

    ck_assert_msg(event.happening == happening, "happening %d, error %ld, in place of %d",
                  (int)event.happening, event.error.code, (int)happening);
    ck_assert_ptr_eq(event.user, &fixture.sockets[which]);
}

static void expect_no_event(int milliseconds)
{
    struct reactor_event event;
    size_t count;

    CHECK_DONE(reactor_wait(fixture.reactor, milliseconds, &event, 1, &count, &fixture.why),
               fixture.why);
    ck_assert_uint_eq(count, 0);
}

/* A connection to a listener of ours; the other side is handle 1. */
static void connect_pair(enum support_family family)
{
    fixture.handles[0] = support_net_listen(family);
    open_socket(0, PROBE_TCP, family, support_net_port(fixture.handles[0]));
    expect(0, REACTOR_CONNECTED);
    fixture.handles[1] = support_net_accept(fixture.handles[0]);
}

static void receive_text(int which, const char *expected)
{
    char bytes[100];
    size_t size = 0;
    struct socket_endpoint from;

    ck_assert_int_eq(
        reactor_receive(fixture.sockets[which], bytes, sizeof(bytes), &size, &from, &fixture.error),
        REACTOR_BYTES);
    ck_assert_uint_eq(size, strlen(expected));
    ck_assert_mem_eq(bytes, expected, size);
}

static enum reactor_received receive(int which)
{
    char bytes[100];
    size_t size;

    return reactor_receive(fixture.sockets[which], bytes, sizeof(bytes), &size, NULL,
                           &fixture.error);
}

static void send_text(int which, const char *text)
{
    size_t sent;

    ck_assert(reactor_send(fixture.sockets[which], text, strlen(text), &sent, &fixture.error));
    ck_assert_uint_eq(sent, strlen(text));
}

START_TEST(an_open_port_connects)
{
    connect_pair(families[_i]);
    ck_assert_uint_ne(reactor_socket_port(fixture.sockets[0]), 0);
    expect_no_event(0);
}
END_TEST

START_TEST(a_closed_port_resets)
{
    struct reactor_event event;
    uint16_t port;

    fixture.handles[0] = support_net_listen(families[_i]);
    port = support_net_port(fixture.handles[0]);
    support_net_close(fixture.handles[0]);
    fixture.handles[0] = SUPPORT_NET_NONE;
    if (try_open(0, options_for(PROBE_TCP, families[_i], port))) {
        event = next_event();
        ck_assert_int_eq(event.happening, REACTOR_FAILED);
        fixture.error = event.error;
    }
    ck_assert_int_eq(fixture.error.cause, PROBE_RESET);
    ck_assert(!fixture.error.has_icmp);
    ck_assert(!reactor_error_passes(&fixture.error));
    expect_no_event(20);
}
END_TEST

START_TEST(a_closed_port_of_udp_is_told_by_icmp)
{
    bool is_v4 = families[_i] == SUPPORT_IPV4;
    struct reactor_event event;
    uint16_t port;

    if (!support_net_tells_icmp()) {
        return;
    }
    fixture.handles[0] = support_net_bind_udp(families[_i]);
    port = support_net_port(fixture.handles[0]);
    support_net_close(fixture.handles[0]);
    fixture.handles[0] = SUPPORT_NET_NONE;
    open_socket(0, PROBE_UDP, families[_i], port);
    send_text(0, "x");
    event = next_event();
    ck_assert_int_eq(event.happening, REACTOR_FAILED);
    ck_assert_int_eq(event.error.cause, PROBE_ICMP);
    if (event.error.has_icmp) {
        ck_assert_uint_eq(event.error.icmp_type, is_v4 ? 3 : 1);
        ck_assert_uint_eq(event.error.icmp_code, is_v4 ? 3 : 4);
    }
}
END_TEST

START_TEST(what_came_is_told_until_it_is_taken)
{
    char byte;
    size_t size;

    connect_pair(SUPPORT_IPV4);
    support_net_send(fixture.handles[1], "abc", 3);
    for (int i = 0; i < 3; i++) {
        expect(0, REACTOR_READABLE);
        ck_assert_int_eq(reactor_receive(fixture.sockets[0], &byte, 1, &size, NULL, &fixture.error),
                         REACTOR_BYTES);
        ck_assert_int_eq(byte, 'a' + i);
    }
    ck_assert_int_eq(receive(0), REACTOR_NOTHING);
    expect_no_event(20);
    support_net_send(fixture.handles[1], "d", 1);
    expect(0, REACTOR_READABLE);
    receive_text(0, "d");
}
END_TEST

START_TEST(the_end_of_a_stream_is_told)
{
    connect_pair(SUPPORT_IPV4);
    support_net_send(fixture.handles[1], "bye", 3);
    support_net_close(fixture.handles[1]);
    fixture.handles[1] = SUPPORT_NET_NONE;
    expect(0, REACTOR_READABLE);
    receive_text(0, "bye");
    expect(0, REACTOR_READABLE);
    ck_assert_int_eq(receive(0), REACTOR_END);
}
END_TEST

START_TEST(what_is_sent_arrives)
{
    char bytes[10];

    connect_pair(families[_i]);
    send_text(0, "hello");
    ck_assert_uint_eq(support_net_receive(fixture.handles[1], bytes, sizeof(bytes)), 5);
    ck_assert_mem_eq(bytes, "hello", 5);
}
END_TEST

static uint8_t stream_byte(size_t at)
{
    return (uint8_t)(at * 31 + at / 251);
}

/* Takes what the other side has until `size` bytes were there, and compares it. */
static void take_stream(void *context)
{
    static uint8_t bytes[65536];
    size_t *wrong = context;
    size_t at = 0;

    while (at < STREAM_SIZE) {
        size_t size = support_net_receive(fixture.handles[1], bytes, sizeof(bytes));

        for (size_t i = 0; i < size; i++) {
            *wrong += bytes[i] != stream_byte(at + i) ? 1 : 0;
        }
        at += size;
        if (size == 0) {
            *wrong += 1;
            return;
        }
    }
}

START_TEST(more_than_there_is_room_for_is_sent_bit_by_bit)
{
    uint8_t *bytes = malloc(STREAM_SIZE);
    struct thread *taker;
    size_t wrong = 0;
    size_t at = 0;
    bool had_to_wait = false;

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < STREAM_SIZE; i++) {
        bytes[i] = stream_byte(i);
    }
    connect_pair(SUPPORT_IPV4);
    CHECK_DONE(thread_start(&taker, take_stream, &wrong, &fixture.why), fixture.why);
    while (at < STREAM_SIZE) {
        size_t sent;

        ck_assert(
            reactor_send(fixture.sockets[0], bytes + at, STREAM_SIZE - at, &sent, &fixture.error));
        at += sent;
        if (at < STREAM_SIZE) {
            had_to_wait = true;
            expect(0, REACTOR_WRITABLE);
        }
    }
    thread_join(taker);
    free(bytes);
    ck_assert_uint_eq(wrong, 0);
    ck_assert(had_to_wait);
}
END_TEST

START_TEST(a_datagram_goes_and_comes)
{
    char bytes[10];
    uint16_t port;

    fixture.handles[0] = support_net_bind_udp(families[_i]);
    open_socket(0, PROBE_UDP, families[_i], support_net_port(fixture.handles[0]));
    send_text(0, "ping");
    ck_assert_uint_eq(support_net_receive_from(fixture.handles[0], bytes, sizeof(bytes), &port), 4);
    ck_assert_uint_eq(port, reactor_socket_port(fixture.sockets[0]));
    expect_no_event(0);
    support_net_send_to(fixture.handles[0], families[_i], port, "pong", 4);
    expect(0, REACTOR_READABLE);
    receive_text(0, "pong");
    ck_assert_int_eq(receive(0), REACTOR_NOTHING);
    expect_no_event(20);
}
END_TEST

/* An open socket of UDP, and whoever asks from a port of the test's own. */
static uint16_t open_talk(uint8_t handle)
{
    char bytes[10];
    uint16_t port;

    fixture.handles[handle] = support_net_bind_udp(SUPPORT_IPV4);
    open_socket(0, PROBE_UDP, SUPPORT_IPV4, support_net_port(fixture.handles[handle]));
    send_text(0, "?");
    support_net_receive_from(fixture.handles[handle], bytes, sizeof(bytes), &port);
    return port;
}

START_TEST(an_empty_datagram_is_one)
{
    uint16_t port = open_talk(0);

    support_net_send_to(fixture.handles[0], SUPPORT_IPV4, port, "", 0);
    expect(0, REACTOR_READABLE);
    receive_text(0, "");
    ck_assert_int_eq(receive(0), REACTOR_NOTHING);
}
END_TEST

START_TEST(a_datagram_that_is_cut_says_how_long_it_was)
{
    static char bytes[60000];
    uint16_t port = open_talk(0);
    size_t size = 0;

    support_net_send_to(fixture.handles[0], SUPPORT_IPV4, port, bytes, sizeof(bytes));
    expect(0, REACTOR_READABLE);
    ck_assert_int_eq(reactor_receive(fixture.sockets[0], bytes, 10, &size, NULL, &fixture.error),
                     REACTOR_BYTES);
    ck_assert_uint_eq(size, sizeof(bytes));
    ck_assert_int_eq(receive(0), REACTOR_NOTHING);
}
END_TEST

START_TEST(datagrams_of_other_ports_are_taken_where_they_are_wanted)
{
    struct reactor_socket_options options;
    struct socket_endpoint from;
    char bytes[10];
    size_t size;
    uint16_t port;

    fixture.handles[0] = support_net_bind_udp(SUPPORT_IPV4);
    fixture.handles[1] = support_net_bind_udp(SUPPORT_IPV4);
    options = options_for(PROBE_UDP, SUPPORT_IPV4, support_net_port(fixture.handles[0]));
    options.from_any_port = _i == 1;
    open_with(0, options);
    send_text(0, "?");
    support_net_receive_from(fixture.handles[0], bytes, sizeof(bytes), &port);
    support_net_send_to(fixture.handles[1], SUPPORT_IPV4, port, "other", 5);
    if (_i == 0) {
        expect_no_event(50);
        return;
    }
    expect(0, REACTOR_READABLE);
    ck_assert_int_eq(
        reactor_receive(fixture.sockets[0], bytes, sizeof(bytes), &size, &from, &fixture.error),
        REACTOR_BYTES);
    ck_assert_uint_eq(size, 5);
    ck_assert_uint_eq(from.port, support_net_port(fixture.handles[1]));
}
END_TEST

START_TEST(a_source_is_kept)
{
    struct reactor_socket_options options;
    intptr_t free_one = support_net_listen(SUPPORT_IPV4);
    uint16_t port = support_net_port(free_one);

    support_net_close(free_one);
    fixture.handles[0] = support_net_listen(SUPPORT_IPV4);
    options = options_for(PROBE_TCP, SUPPORT_IPV4, support_net_port(fixture.handles[0]));
    options.source = options.target;
    options.source.port = port;
    open_with(0, options);
    expect(0, REACTOR_CONNECTED);
    ck_assert_uint_eq(reactor_socket_port(fixture.sockets[0]), port);
}
END_TEST

START_TEST(a_connection_that_meets_itself_is_refused)
{
    struct reactor_socket_options options;
    struct reactor_event event;
    intptr_t free_one = support_net_listen(SUPPORT_IPV4);

    options = options_for(PROBE_TCP, SUPPORT_IPV4, support_net_port(free_one));
    support_net_close(free_one);
    options.source = options.target;
    open_with(0, options);
    event = next_event();
    ck_assert_int_eq(event.happening, REACTOR_FAILED);
    ck_assert_int_eq(event.error.cause, PROBE_RESET);
}
END_TEST

START_TEST(an_address_of_others_is_no_source)
{
    struct reactor_socket_options options = options_for(PROBE_TCP, SUPPORT_IPV4, 9);

    options.source.address_size = 4;
    memcpy(options.source.address, "\xc0\0\2\1", 4); /* RFC 5737: nobody's */
    ck_assert(!reactor_socket_open(&fixture.sockets[0], fixture.reactor, &options, &fixture.error));
    ck_assert_ptr_null(fixture.sockets[0]);
    ck_assert_int_eq(fixture.error.cause, PROBE_LOCAL_ERROR);
    ck_assert_msg(!reactor_error_passes(&fixture.error),
                  "waiting for room gives nobody an address");
    CHECK_FAILED(reactor_check_source(fixture.reactor, &options.source, &fixture.why),
                 FAILURE_USAGE, fixture.why);
    options.source = options.target;
    CHECK_DONE(reactor_check_source(fixture.reactor, &options.source, &fixture.why), fixture.why);
}
END_TEST

START_TEST(a_wait_ends_when_its_time_has_passed)
{
    int64_t began = clock_steady();

    expect_no_event(60);
    ck_assert_int_ge(clock_steady() - began, 40); /* the clocks of systems are not that fine */
}
END_TEST

static void wake(void *context)
{
    reactor_wake(context);
}

START_TEST(a_wake_up_ends_a_wait)
{
    struct reactor_event event;
    struct thread *thread;
    size_t count;

    for (int i = 0; i < 3; i++) {
        CHECK_DONE(thread_start(&thread, wake, fixture.reactor, &fixture.why), fixture.why);
        CHECK_DONE(reactor_wait(fixture.reactor, -1, &event, 1, &count, &fixture.why), fixture.why);
        ck_assert_uint_eq(count, 0);
        thread_join(thread);
    }
    reactor_wake(fixture.reactor); /* and one that came before */
    reactor_wake(fixture.reactor);
    CHECK_DONE(reactor_wait(fixture.reactor, -1, &event, 1, &count, &fixture.why), fixture.why);
    ck_assert_uint_eq(count, 0);
    expect_no_event(0);
}
END_TEST

START_TEST(no_event_comes_of_a_socket_that_is_closed)
{
    connect_pair(SUPPORT_IPV4);
    support_net_send(fixture.handles[1], "late", 4);
    close_socket(0);
    fixture.handles[2] = support_net_bind_udp(SUPPORT_IPV4);
    open_socket(1, PROBE_UDP, SUPPORT_IPV4, support_net_port(fixture.handles[2]));
    expect_no_event(0);
    close_socket(1);
    expect_no_event(20);
}
END_TEST

START_TEST(a_reactor_may_be_closed_after_sockets_that_never_had_an_answer)
{
    for (int i = 0; i < SOCKETS; i++) {
        (void)try_open(i, options_for(PROBE_TCP, SUPPORT_IPV4, 9));
    }
    for (int i = 0; i < SOCKETS; i++) {
        close_socket(i);
    }
}
END_TEST

/* Each socket once, whatever the order and however few are asked for at a time; half of them are
 * refused. */
START_TEST(many_come_once_each)
{
    static struct reactor_socket *sockets[MANY];
    static int seen[MANY];
    struct reactor_event events[7];
    struct reactor_socket_options options = options_for(PROBE_TCP, SUPPORT_IPV4, 1);
    size_t total = 0;

    memset(seen, 0, sizeof(seen));
    fixture.handles[0] = support_net_listen(SUPPORT_IPV4);
    for (int i = 0; i < MANY; i++) {
        options.user = &seen[i];
        options.target.port = i % 2 == 0 ? 1 : support_net_port(fixture.handles[0]);
        if (!reactor_socket_open(&sockets[i], fixture.reactor, &options, &fixture.error)) {
            seen[i]++; /* some systems know it at once */
            total++;
        } else if (i % 2 == 1) {
            support_net_close(support_net_accept(fixture.handles[0]));
        }
    }
    while (total < MANY) {
        size_t count;

        CHECK_DONE(reactor_wait(fixture.reactor, PATIENCE, events, 7, &count, &fixture.why),
                   fixture.why);
        ck_assert_uint_ne(count, 0);
        ck_assert_uint_le(count, 7);
        for (size_t i = 0; i < count; i++) {
            int which = (int)((int *)events[i].user - seen);

            ck_assert_int_eq(events[i].happening,
                             which % 2 == 0 ? REACTOR_FAILED : REACTOR_CONNECTED);
            seen[which]++;
            reactor_socket_close(sockets[which], true); /* no event of it comes any more */
            sockets[which] = NULL;
        }
        total += count;
    }
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(seen[i], 1);
        ck_assert_ptr_null(sockets[i]);
    }
}
END_TEST

START_TEST(what_the_system_has_too_few_of_lowers_the_limit)
{
    char why[200] = "";

    ck_assert_uint_eq(reactor_limit(10, why, sizeof(why)), 10);
    ck_assert_str_eq(why, "");
    ck_assert_uint_gt(reactor_limit(1000000, why, sizeof(why)), 0);
    ck_assert_uint_lt(reactor_limit(1000000, why, sizeof(why)), 1000000);
    ck_assert_str_ne(why, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reactor");
    TCase *tcase = tcase_create("sockets");

    tcase_add_checked_fixture(tcase, open_fixture, close_fixture);
    tcase_add_loop_test(tcase, an_open_port_connects, 0, family_count());
    tcase_add_loop_test(tcase, a_closed_port_resets, 0, family_count());
    tcase_add_loop_test(tcase, a_closed_port_of_udp_is_told_by_icmp, 0, family_count());
    tcase_add_test(tcase, what_came_is_told_until_it_is_taken);
    tcase_add_test(tcase, the_end_of_a_stream_is_told);
    tcase_add_loop_test(tcase, what_is_sent_arrives, 0, family_count());
    tcase_add_test(tcase, more_than_there_is_room_for_is_sent_bit_by_bit);
    tcase_add_loop_test(tcase, a_datagram_goes_and_comes, 0, family_count());
    tcase_add_test(tcase, an_empty_datagram_is_one);
    tcase_add_test(tcase, a_datagram_that_is_cut_says_how_long_it_was);
    tcase_add_loop_test(tcase, datagrams_of_other_ports_are_taken_where_they_are_wanted, 0, 2);
    tcase_add_test(tcase, a_source_is_kept);
    tcase_add_test(tcase, a_connection_that_meets_itself_is_refused);
    tcase_add_test(tcase, an_address_of_others_is_no_source);
    tcase_add_test(tcase, a_wait_ends_when_its_time_has_passed);
    tcase_add_test(tcase, a_wake_up_ends_a_wait);
    tcase_add_test(tcase, no_event_comes_of_a_socket_that_is_closed);
    tcase_add_test(tcase, a_reactor_may_be_closed_after_sockets_that_never_had_an_answer);
    tcase_add_test(tcase, many_come_once_each);
    tcase_add_test(tcase, what_the_system_has_too_few_of_lowers_the_limit);
    suite_add_tcase(suite, tcase);
    return support_run_suite(suite);
}
