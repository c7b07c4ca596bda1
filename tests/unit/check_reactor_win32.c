/* SPDX-License-Identifier: MIT */

/*
 * What Winsock may say and Wine does not: the real calls, with some results
 * made up.
 */

#include "tests/support.h"

#include <winternl.h>

#include "base/clock.h"
#include "base/system_dll_win32.h"
#include "probes/reactor.h"
#include "probes/winsock_error_win32.h"
#include "tests/fake_winsock_calls_win32.h"
#include "tests/support_net.h"

enum {
    REUSE_UNICASTPORT = 0x3007,
    PORT_SCALABILITY = 0x3006,
    ONE_SYN = 254, /* TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS */
    PATIENCE = 10000,
    BACKLOG = 40, /* more connections than the listener of the tests takes in */
};

static struct {
    struct reactor *reactor;
    struct reactor_socket *socket;
    intptr_t server;
    struct probe_error error;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    memset(&fake_winsock, 0, sizeof(fake_winsock));
    fixture.server = SUPPORT_NET_NONE;
    support_net_start();
}

static void open_reactor(void)
{
    CHECK_DONE(reactor_open(&fixture.reactor, 10, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    if (fixture.socket != NULL) {
        reactor_socket_close(fixture.socket, true);
    }
    support_net_close(fixture.server);
    reactor_close(fixture.reactor);
}

/* Whom the fixture's server is: a listener, or a socket of UDP. */
static struct reactor_socket_options options_for(uint8_t transport)
{
    struct reactor_socket_options options = {.transport = transport, .attempt_ms = 1000};

    if (fixture.server == SUPPORT_NET_NONE) {
        fixture.server = transport == PROBE_TCP ? support_net_listen(SUPPORT_IPV4)
                                                : support_net_bind_udp(SUPPORT_IPV4);
    }
    options.target.address_size = 4;
    memcpy(options.target.address, "\x7f\0\0\1", 4);
    options.target.port = support_net_port(fixture.server);
    return options;
}

static void open_with(struct reactor_socket_options options)
{
    ck_assert_msg(reactor_socket_open(&fixture.socket, fixture.reactor, &options, &fixture.error),
                  "error %ld", fixture.error.code);
}

static struct reactor_event next_event(void)
{
    struct reactor_event event;
    size_t count = 0;

    CHECK_DONE(reactor_wait(fixture.reactor, PATIENCE, &event, 1, &count, &fixture.why),
               fixture.why);
    ck_assert_uint_eq(count, 1);
    return event;
}

START_TEST(a_connection_may_end_with_any_error)
{
    static const struct {
        int code;
        enum probe_cause cause;
    } ends[] = {
        {WSAECONNREFUSED, PROBE_RESET},       {WSAETIMEDOUT, PROBE_TIMEOUT},
        {WSAEHOSTUNREACH, PROBE_UNREACHABLE}, {WSAENETUNREACH, PROBE_UNREACHABLE},
        {WSAEACCES, PROBE_LOCAL_ERROR},       {WSAEADDRNOTAVAIL, PROBE_LOCAL_ERROR},
    };
    struct reactor_event event;

    open_reactor();
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        open_with(options_for(PROBE_TCP));
        fake_winsock.next_result = ends[i].code;
        event = next_event();
        ck_assert_int_eq(event.happening, REACTOR_FAILED);
        ck_assert_int_eq(event.error.cause, ends[i].cause);
        ck_assert_int_eq(event.error.code, ends[i].code);
        ck_assert(!event.error.has_icmp);
        reactor_socket_close(fixture.socket, true);
        fixture.socket = NULL;
    }
}
END_TEST

START_TEST(a_newer_windows_tells_which_icmp_it_was)
{
    static const int ends[] = {WSAEHOSTUNREACH, WSAECONNREFUSED, WSAETIMEDOUT};
    struct reactor_event event;

    open_reactor();
    open_with(options_for(PROBE_TCP));
    fake_winsock.next_result = ends[_i];
    fake_winsock.has_icmp = true;
    fake_winsock.icmp_type = 3;
    fake_winsock.icmp_code = 13;
    memcpy(fake_winsock.icmp_from, "\x0a\0\0\1", 4);
    event = next_event();
    ck_assert_int_eq(event.happening, REACTOR_FAILED);
    ck_assert_int_eq(event.error.cause, PROBE_ICMP);
    ck_assert(event.error.has_icmp);
    ck_assert_int_eq(event.error.icmp_type, 3);
    ck_assert_int_eq(event.error.icmp_code, 13);
    ck_assert_int_eq(event.error.offender.address_size, 4);
    ck_assert_mem_eq(event.error.offender.address, "\x0a\0\0\1", 4);
}
END_TEST

START_TEST(a_refused_datagram_is_told_and_the_next_one_comes)
{
    struct reactor_event event;
    char bytes[10];
    size_t size;
    uint16_t port;

    open_reactor();
    open_with(options_for(PROBE_UDP));
    ck_assert(fake_winsock.saw_udp_reset);
    ck_assert(reactor_send(fixture.socket, "?", 1, &size, &fixture.error));
    support_net_receive_from(fixture.server, bytes, sizeof(bytes), &port);
    fake_winsock.next_receive = WSAECONNRESET;
    event = next_event();
    ck_assert_int_eq(event.happening, REACTOR_FAILED);
    ck_assert_int_eq(event.error.cause, PROBE_ICMP);
    ck_assert_int_eq(event.error.icmp_type, 3);
    ck_assert_int_eq(event.error.icmp_code, 3);

    support_net_send_to(fixture.server, SUPPORT_IPV4, port, "!", 1);
    event = next_event();
    ck_assert_int_eq(event.happening, REACTOR_READABLE);
    fake_winsock.next_receive = WSAECONNRESET; /* and when it is taken */
    ck_assert_int_eq(
        reactor_receive(fixture.socket, bytes, sizeof(bytes), &size, NULL, &fixture.error),
        REACTOR_ERROR);
    ck_assert_int_eq(fixture.error.cause, PROBE_ICMP);
    ck_assert_int_eq(
        reactor_receive(fixture.socket, bytes, sizeof(bytes), &size, NULL, &fixture.error),
        REACTOR_BYTES);
}
END_TEST

START_TEST(a_datagram_that_comes_while_it_is_waited_for_is_found)
{
    struct reactor_event event;
    char bytes[10];
    size_t size;
    size_t count;
    uint16_t port;

    open_reactor();
    open_with(options_for(PROBE_UDP));
    ck_assert(reactor_send(fixture.socket, "?", 1, &size, &fixture.error));
    support_net_receive_from(fixture.server, bytes, sizeof(bytes), &port);
    for (int i = 0; i < 5; i++) {
        CHECK_DONE(reactor_wait(fixture.reactor, 0, &event, 1, &count, &fixture.why),
                   fixture.why); /* the read is with the system now */
        ck_assert_uint_eq(count, 0);
        support_net_send_to(fixture.server, SUPPORT_IPV4, port, "!", 1);
        event = next_event();
        ck_assert_int_eq(event.happening, REACTOR_READABLE);
        ck_assert_int_eq(
            reactor_receive(fixture.socket, bytes, sizeof(bytes), &size, NULL, &fixture.error),
            REACTOR_BYTES);
    }
}
END_TEST

START_TEST(a_stream_that_is_reset_fails)
{
    struct reactor_event event;

    open_reactor();
    open_with(options_for(PROBE_TCP));
    event = next_event();
    ck_assert_int_eq(event.happening, REACTOR_CONNECTED);
    fake_winsock.next_receive = WSAECONNRESET;
    event = next_event();
    ck_assert_int_eq(event.happening, REACTOR_FAILED);
    ck_assert_int_eq(event.error.cause, PROBE_RESET);
}
END_TEST

START_TEST(ports_are_shared_where_the_system_can)
{
    bool lacks_unicast = (_i & 1) != 0;
    bool lacks_scalability = (_i & 2) != 0;

    fake_winsock.lacks_unicast_port = lacks_unicast;
    fake_winsock.lacks_scalability = lacks_scalability;
    open_reactor();
    open_with(options_for(PROBE_TCP));
    ck_assert_int_eq(next_event().happening, REACTOR_CONNECTED);
    ck_assert(fake_winsock_has_set(SOL_SOCKET, REUSE_UNICASTPORT));
    ck_assert_int_eq(fake_winsock_has_set(SOL_SOCKET, PORT_SCALABILITY), lacks_unicast);
    ck_assert(!fake_winsock_has_set(SOL_SOCKET, SO_REUSEADDR));
}
END_TEST

START_TEST(a_source_port_is_not_shared_by_the_system)
{
    struct reactor_socket_options options;

    open_reactor();
    options = options_for(PROBE_TCP);
    options.source.port = 40123;
    open_with(options);
    ck_assert_int_eq(next_event().happening, REACTOR_CONNECTED);
    ck_assert_uint_eq(reactor_socket_port(fixture.socket), 40123);
    ck_assert(!fake_winsock_has_set(SOL_SOCKET, REUSE_UNICASTPORT));
    ck_assert(fake_winsock_has_set(SOL_SOCKET, SO_REUSEADDR));
}
END_TEST

static const struct {
    int attempt;
    USHORT rtt;
    UCHAR retransmissions;
} attempts[] = {
    {200, 200, ONE_SYN}, {3000, 3000, ONE_SYN},
    {3001, 3000, 1},                       /* 3 s, and 6 s for the second SYN */
    {9000, 3000, 1},     {20000, 3000, 2}, /* and 12 s for the third */
};

START_TEST(an_attempt_has_one_syn_where_that_fills_it)
{
    struct reactor_socket_options options;

    open_reactor();
    options = options_for(PROBE_TCP);
    options.attempt_ms = attempts[_i].attempt;
    open_with(options);
    ck_assert_uint_eq(fake_winsock.rtt, attempts[_i].rtt);
    ck_assert_uint_eq(fake_winsock.retransmissions, attempts[_i].retransmissions);
}
END_TEST

START_TEST(an_old_windows_needs_long_attempts)
{
    fake_winsock.lacks_initial_rto = _i == 1;
    open_reactor();
    ck_assert_int_eq(reactor_least_attempt(fixture.reactor), _i == 1 ? 3000 : 0);
    open_with(options_for(PROBE_TCP));
    ck_assert_int_eq(next_event().happening, REACTOR_CONNECTED);
}
END_TEST

START_TEST(a_reactor_without_its_calls_is_refused)
{
    fake_winsock.lacks_connect = true;
    CHECK_FAILED(reactor_open(&fixture.reactor, 10, &fixture.why), FAILURE_SYSTEM, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "ConnectEx");
    ck_assert_ptr_null(fixture.reactor);
}
END_TEST

START_TEST(want_of_sockets_and_ports_passes)
{
    static const int codes[] = {WSAEMFILE, WSAENOBUFS, WSAEADDRINUSE};
    struct reactor_socket_options options;

    open_reactor();
    options = options_for(PROBE_TCP);
    fake_winsock.next_open = codes[_i];
    ck_assert(!reactor_socket_open(&fixture.socket, fixture.reactor, &options, &fixture.error));
    ck_assert(reactor_error_passes(&fixture.error));

    fake_winsock.next_open = WSAEAFNOSUPPORT;
    ck_assert(!reactor_socket_open(&fixture.socket, fixture.reactor, &options, &fixture.error));
    ck_assert(!reactor_error_passes(&fixture.error));
}
END_TEST

/* The system writes into an operation until it has ended it: also after the socket is closed. */
START_TEST(what_is_late_harms_nobody)
{
    struct reactor_socket *waiting[BACKLOG];
    struct reactor_socket_options options;
    struct reactor_event event;
    size_t count;
    int64_t began;

    open_reactor();
    options = options_for(PROBE_TCP);
    for (int i = 0; i < BACKLOG; i++) {
        ck_assert(reactor_socket_open(&waiting[i], fixture.reactor, &options, &fixture.error));
    }
    CHECK_DONE(reactor_wait(fixture.reactor, 0, &event, 1, &count, &fixture.why), fixture.why);
    for (int i = 0; i < BACKLOG; i++) {
        reactor_socket_close(waiting[i], true);
    }
    CHECK_DONE(reactor_wait(fixture.reactor, 50, &event, 1, &count, &fixture.why), fixture.why);
    ck_assert_uint_eq(count, 0);
    began = clock_steady();
    reactor_close(fixture.reactor);
    fixture.reactor = NULL;
    ck_assert_int_lt(clock_steady() - began, 1500); /* all have come: it need not wait for them */
}
END_TEST

typedef NTSTATUS NTAPI query_system_fn(SYSTEM_INFORMATION_CLASS what, void *buffer, ULONG size,
                                       ULONG *needed);

/* From the list of processes: GetProcessHandleCount() says 0 under Wine. There the count is one of
 * places for handles, of which a few may be free. */
static unsigned long count_handles(void)
{
    static uint8_t list[1024 * 1024];
    query_system_fn *query = (query_system_fn *)(void (*)(void))system_dll_find(
        L"ntdll.dll", "NtQuerySystemInformation");
    ULONG at = 0;

    ck_assert(query != NULL);
    ck_assert_int_ge(query(SystemProcessInformation, list, sizeof(list), NULL), 0);
    for (;;) {
        SYSTEM_PROCESS_INFORMATION row;

        memcpy(&row, list + at, sizeof(row));
        if ((DWORD)(uintptr_t)row.UniqueProcessId == GetCurrentProcessId()) {
            return row.HandleCount;
        }
        ck_assert_uint_ne(row.NextEntryOffset, 0);
        at += row.NextEntryOffset;
    }
}

/* Half of them are refused, and none is waited for. Returns how many handles there were meanwhile.
 */
static unsigned long connect_many(uint16_t port)
{
    unsigned long handles;
    struct reactor_socket_options options = options_for(PROBE_TCP);
    struct reactor_socket *sockets[BACKLOG] = {NULL};
    struct reactor_event event;
    size_t count;

    open_reactor();
    for (int i = 0; i < BACKLOG; i++) {
        options.target.port = i % 2 == 0 ? port : 1;
        (void)!reactor_socket_open(&sockets[i], fixture.reactor, &options, &fixture.error);
    }
    CHECK_DONE(reactor_wait(fixture.reactor, 100, &event, 1, &count, &fixture.why), fixture.why);
    handles = count_handles();
    for (int i = 0; i < BACKLOG; i++) {
        if (sockets[i] != NULL) {
            reactor_socket_close(sockets[i], i % 4 < 2);
        }
    }
    reactor_close(fixture.reactor);
    fixture.reactor = NULL;
    return handles;
}

START_TEST(no_handle_is_left)
{
    uint16_t port = options_for(PROBE_TCP).target.port;
    unsigned long before;

    (void)connect_many(port); /* DLLs, and what they keep, are there then */
    before = count_handles();
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_gt(connect_many(port), before); /* they are counted indeed */
    }
    ck_assert_uint_eq(count_handles(), before);
}
END_TEST

static const struct {
    int code;
    uint8_t transport;
    uint8_t address_size;
    enum probe_cause cause;
    int type; /* -1: no ICMP */
    int icmp_code;
} errors[] = {
    {WSAECONNREFUSED, PROBE_TCP, 4, PROBE_RESET, -1, 0},
    {WSAECONNRESET, PROBE_TCP, 4, PROBE_RESET, -1, 0},
    {WSAECONNRESET, PROBE_UDP, 4, PROBE_ICMP, 3, 3},
    {WSAECONNRESET, PROBE_UDP, 16, PROBE_ICMP, 1, 4},
    {WSAENETRESET, PROBE_UDP, 4, PROBE_ICMP, 11, 0},
    {WSAENETRESET, PROBE_UDP, 16, PROBE_ICMP, 3, 0},
    {WSAENETRESET, PROBE_TCP, 4, PROBE_RESET, -1, 0},
    {WSAETIMEDOUT, PROBE_TCP, 4, PROBE_TIMEOUT, -1, 0},
    {WSAEHOSTUNREACH, PROBE_UDP, 4, PROBE_UNREACHABLE, -1, 0},
    {WSAENETUNREACH, PROBE_TCP, 16, PROBE_UNREACHABLE, -1, 0},
    {ERROR_CONNECTION_REFUSED, PROBE_TCP, 4, PROBE_RESET, -1, 0},
    {ERROR_SEM_TIMEOUT, PROBE_TCP, 4, PROBE_TIMEOUT, -1, 0},
    {WSAEACCES, PROBE_TCP, 4, PROBE_LOCAL_ERROR, -1, 0},
    {WSAEADDRINUSE, PROBE_TCP, 4, PROBE_LOCAL_ERROR, -1, 0},
    {12345, PROBE_TCP, 4, PROBE_LOCAL_ERROR, -1, 0},
};

START_TEST(errors_have_causes)
{
    struct probe_error error =
        winsock_error(errors[_i].code, errors[_i].transport, errors[_i].address_size);

    ck_assert_int_eq(error.code, errors[_i].code);
    ck_assert_int_eq(error.cause, errors[_i].cause);
    ck_assert_int_eq(error.has_icmp, errors[_i].type >= 0);
    if (error.has_icmp) {
        ck_assert_int_eq(error.icmp_type, errors[_i].type);
        ck_assert_int_eq(error.icmp_code, errors[_i].icmp_code);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reactor_win32");
    TCase *tcase = tcase_create("winsock");

    tcase_add_checked_fixture(tcase, open_fixture, close_fixture);
    tcase_add_test(tcase, a_connection_may_end_with_any_error);
    tcase_add_loop_test(tcase, a_newer_windows_tells_which_icmp_it_was, 0, 3);
    tcase_add_test(tcase, a_refused_datagram_is_told_and_the_next_one_comes);
    tcase_add_test(tcase, a_datagram_that_comes_while_it_is_waited_for_is_found);
    tcase_add_test(tcase, a_stream_that_is_reset_fails);
    tcase_add_loop_test(tcase, ports_are_shared_where_the_system_can, 0, 4);
    tcase_add_test(tcase, a_source_port_is_not_shared_by_the_system);
    tcase_add_loop_test(tcase, an_attempt_has_one_syn_where_that_fills_it, 0, COUNT_OF(attempts));
    tcase_add_loop_test(tcase, an_old_windows_needs_long_attempts, 0, 2);
    tcase_add_test(tcase, a_reactor_without_its_calls_is_refused);
    tcase_add_loop_test(tcase, want_of_sockets_and_ports_passes, 0, 3);
    tcase_add_test(tcase, what_is_late_harms_nobody);
    tcase_add_test(tcase, no_handle_is_left);
    tcase_add_loop_test(tcase, errors_have_causes, 0, COUNT_OF(errors));
    suite_add_tcase(suite, tcase);
    return support_run_suite(suite);
}
