/* SPDX-License-Identifier: MIT */

/*
 * The engine and the system's own sockets together: sweeps of loopback, with
 * all that a machine has, and with hardly anything.
 */

#include <check.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "probes/engine.h"
#include "probes/reactor.h"
#include "tests/support.h"
#include "tests/support_descriptors_linux.h"
#include "tests/support_net.h"

enum { PORTS = 3000, FIRST_PORT = 10000, FEW_DESCRIPTORS = 20, FEW_PORTS = 30 };

#define PORT_RANGE "/proc/sys/net/ipv4/ip_local_port_range"

static struct {
    intptr_t listener;
    const char *host;
    uint8_t transport;
    size_t ports;
    bool asked;
    struct probe_error error; /* of the newest outcome */
    uint8_t seen[PORTS];
    int listening;
    int closed;
    int other;
    int warnings;
    char range[64];
    struct engine_options options;
    struct engine_sum sum;
    struct failure why;
} fixture;

/* The listener, and ports at which nobody is. */
static uint16_t port_at(size_t i)
{
    return i == 0 ? support_net_port(fixture.listener) : (uint16_t)(FIRST_PORT + i);
}

static bool next_target(void *context, struct engine_target *target)
{
    bool first = !fixture.asked;

    (void)context;
    target->host = fixture.host;
    fixture.asked = true;
    return first;
}

static bool query_at(void *context, uint64_t target, size_t i, struct engine_query *query)
{
    (void)context;
    (void)target;
    *query = (struct engine_query){.transport = fixture.transport, .tag = i};
    query->port = i < fixture.ports ? port_at(i) : 1;
    return i < fixture.ports;
}

static bool deliver(void *context, uint64_t tag, struct outcome *outcome, struct failure *why)
{
    (void)context;
    (void)why;
    fixture.seen[tag]++;
    fixture.error = outcome->reach.error;
    fixture.listening += outcome->status == PROBE_LISTENING ? 1 : 0;
    fixture.closed += outcome->status == PROBE_NOT_LISTENING ? 1 : 0;
    fixture.other +=
        outcome->status != PROBE_LISTENING && outcome->status != PROBE_NOT_LISTENING ? 1 : 0;
    return true;
}

static void warn(void *context, const char *text)
{
    (void)context;
    (void)text;
    fixture.warnings++;
}

static const struct engine_work work = {
    .next_target = next_target, .query_at = query_at, .deliver = deliver, .warn = warn};

static void open_fixture(void)
{
    struct text range = {0};

    memset(&fixture, 0, sizeof(fixture));
    support_net_start();
    fixture.host = "127.0.0.1";
    fixture.transport = PROBE_TCP;
    fixture.ports = PORTS;
    fixture.listener = support_net_listen_at(SUPPORT_IPV4, 9999);
    CHECK_DONE(file_read(&range, PORT_RANGE, sizeof(fixture.range) - 1, &fixture.why), fixture.why);
    memcpy(fixture.range, text_bytes(&range), range.size);
    text_clear(&range);
}

static void close_fixture(void)
{
    support_restore_descriptors();
    support_write_text(PORT_RANGE, fixture.range);
    support_net_close(fixture.listener);
}

static bool count_name(void *context, const char *name)
{
    (void)name;
    (*(size_t *)context)++;
    return true;
}

static size_t count_descriptors(void)
{
    size_t count = 0;

    CHECK_DONE(file_walk_folder("/proc/self/fd", count_name, &count, &fixture.why), fixture.why);
    return count;
}

static void sweep(void)
{
    struct engine *engine = NULL;

    CHECK_DONE(engine_open(&engine, &fixture.options, &fixture.why), fixture.why);
    CHECK_DONE(engine_run(engine, &work, &fixture.sum, &fixture.why), fixture.why);
    engine_close(engine);
    for (size_t i = 0; i < fixture.ports; i++) {
        ck_assert_uint_eq(fixture.seen[i], 1);
    }
}

START_TEST(a_sweep_finds_the_one_that_listens_and_leaves_nothing_open)
{
    size_t before = count_descriptors();

    sweep();
    ck_assert_int_eq(fixture.listening, 1);
    ck_assert_int_eq(fixture.closed, PORTS - 1);
    ck_assert_int_eq(fixture.warnings, 0);
    ck_assert_uint_eq(count_descriptors(), before);
}
END_TEST

START_TEST(without_descriptors_a_sweep_waits_and_tells_no_lies)
{
    support_leave_descriptors(FEW_DESCRIPTORS);
    sweep();
    support_restore_descriptors();
    ck_assert_int_eq(fixture.listening, 1);
    ck_assert_int_eq(fixture.closed, PORTS - 1);
}
END_TEST

/* UDP sockets cannot share a port. The kernel's ICMP comes as fast as it may. */
START_TEST(without_ports_a_sweep_waits_and_tells_no_lies)
{
    support_write_text(PORT_RANGE, "50000 50029");
    support_write_text("/proc/sys/net/ipv4/icmp_ratelimit", "0");
    fixture.transport = PROBE_UDP;
    sweep();
    ck_assert_int_eq(fixture.closed + fixture.other, PORTS);
    ck_assert_int_ge(fixture.closed, FEW_PORTS);
    ck_assert_uint_gt(fixture.sum.most_in_flight, 0);
}
END_TEST

static const struct {
    const char *host;
    uint8_t type;
    uint8_t code;
} closed[] = {
    {"127.0.0.1", 3, 3},
    {"::1", 1, 4},
};

/* Not on Wine, which hears no ICMP. */
START_TEST(a_closed_port_of_udp_is_told_by_icmp)
{
    fixture.host = closed[_i].host;
    fixture.transport = PROBE_UDP;
    fixture.ports = 1;
    sweep();
    ck_assert_int_eq(fixture.closed, 1);
    ck_assert_int_eq(fixture.error.cause, PROBE_ICMP);
    ck_assert(fixture.error.has_icmp);
    ck_assert_uint_eq(fixture.error.icmp_type, closed[_i].type);
    ck_assert_uint_eq(fixture.error.icmp_code, closed[_i].code);
    ck_assert_uint_ne(fixture.error.offender.address_size, 0);
}
END_TEST

/* Ports that others hold are not counted among those that can be shared. */
START_TEST(ports_that_are_taken_make_the_limit_lower)
{
    enum { TAKEN = 400 };
    int sockets[TAKEN];
    char words[300] = "";
    size_t before = reactor_limit(1000000, words, sizeof(words));
    size_t after;

    for (int i = 0; i < TAKEN; i++) {
        struct sockaddr_in any = {.sin_family = AF_INET};

        sockets[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ck_assert_int_ge(sockets[i], 0);
        ck_assert_int_eq(bind(sockets[i], (const struct sockaddr *)&any, sizeof(any)), 0);
    }
    after = reactor_limit(1000000, words, sizeof(words));
    for (int i = 0; i < TAKEN; i++) {
        close(sockets[i]);
    }
    CHECK_CONTAINS(words, "that are free");
    ck_assert_uint_eq(after, before - (size_t)TAKEN / 4);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("sweep_linux");
    TCase *sweeps = tcase_create("sweeps");

    tcase_add_checked_fixture(sweeps, open_fixture, close_fixture);
    tcase_add_test(sweeps, ports_that_are_taken_make_the_limit_lower);
    tcase_add_test(sweeps, a_sweep_finds_the_one_that_listens_and_leaves_nothing_open);
    tcase_add_test(sweeps, without_descriptors_a_sweep_waits_and_tells_no_lies);
    tcase_add_test(sweeps, without_ports_a_sweep_waits_and_tells_no_lies);
    tcase_add_loop_test(sweeps, a_closed_port_of_udp_is_told_by_icmp, 0, COUNT_OF(closed));
    suite_add_tcase(suite, sweeps);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
