/* SPDX-License-Identifier: MIT */

/*
 * What Linux alone keeps: bytes that came before a reset. Windows drops them.
 */

#include <check.h>

#include "base/clock.h"
#include "probes/reactor.h"
#include "tests/support.h"
#include "tests/support_net.h"

enum { PATIENCE_MS = 20000 };

static struct {
    struct reactor *reactor;
    struct reactor_socket *socket;
    intptr_t listener;
    struct failure why;
    struct probe_error error;
} fixture;

static void open_fixture(void)
{
    struct reactor_socket_options options = {
        .transport = PROBE_TCP,
        .target = {.address = {127, 0, 0, 1}, .address_size = 4},
        .attempt_ms = PATIENCE_MS,
        .user = &fixture,
    };

    memset(&fixture, 0, sizeof(fixture));
    support_net_start();
    fixture.listener = support_net_listen(SUPPORT_IPV4);
    options.target.port = support_net_port(fixture.listener);
    CHECK_DONE(reactor_open(&fixture.reactor, 10, &fixture.why), fixture.why);
    ck_assert(reactor_socket_open(&fixture.socket, fixture.reactor, &options, &fixture.error));
}

static void close_fixture(void)
{
    if (fixture.socket != NULL) {
        reactor_socket_close(fixture.socket, true);
    }
    support_net_close(fixture.listener);
    reactor_close(fixture.reactor);
}

static enum reactor_happening wait_event(void)
{
    int64_t until = clock_steady() + PATIENCE_MS;
    struct reactor_event event;
    size_t count = 0;

    while (count == 0) {
        ck_assert_int_lt(clock_steady(), until);
        CHECK_DONE(reactor_wait(fixture.reactor, 1000, &event, 1, &count, &fixture.why),
                   fixture.why);
    }
    return event.happening;
}

/* A server that says why it will not listen, and closes without having read what it was sent. */
START_TEST(the_words_before_a_reset_are_read)
{
    intptr_t accepted;
    uint8_t bytes[10];
    size_t size;

    ck_assert_int_eq(wait_event(), REACTOR_CONNECTED);
    accepted = support_net_accept(fixture.listener);
    ck_assert(reactor_send(fixture.socket, "hello", 5, &size, &fixture.error));
    support_net_send(accepted, "go", 2);
    support_net_close(accepted);
    ck_assert_int_eq(wait_event(), REACTOR_READABLE);
    ck_assert_int_eq(
        reactor_receive(fixture.socket, bytes, sizeof(bytes), &size, NULL, &fixture.error),
        REACTOR_BYTES);
    ck_assert_uint_eq(size, 2);
    ck_assert_int_eq(
        reactor_receive(fixture.socket, bytes, sizeof(bytes), &size, NULL, &fixture.error),
        REACTOR_ERROR);
    ck_assert_int_eq(fixture.error.cause, PROBE_RESET);
}
END_TEST

static Suite *reactor_linux_suite(void)
{
    Suite *suite = suite_create("reactor_linux");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_words_before_a_reset_are_read);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(reactor_linux_suite());
}
