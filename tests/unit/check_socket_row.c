/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdlib.h>

#include "collector/socket_row.h"

static struct {
    struct text text;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    text_clear(&fixture.text);
}

static struct socket_endpoint parsed(const char *word, uint16_t port)
{
    struct socket_endpoint end = {.port = port};

    CHECK_DONE(socket_endpoint_parse_address(word, &end, &fixture.why), fixture.why);
    return end;
}

/* What people write, and what RFC 5952 makes of it. */
static const struct {
    const char *written;
    const char *shown;
} addresses[] = {
    {"0.0.0.0", "0.0.0.0"},
    {"192.0.2.7", "192.0.2.7"},
    {"255.255.255.255", "255.255.255.255"},
    {"::", "::"},
    {"::1", "::1"},
    {"1::", "1::"},
    {"2001:DB8::A", "2001:db8::a"},
    {"2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, /* one zero group is not shortened */
    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},          /* the longest run is */
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},    /* of equal ones the first */
    {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
    {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"}, /* "::" may stand for one group when read */
    {"::ffff:192.0.2.7", "::ffff:192.0.2.7"},
    {"::FFFF:c000:207", "::ffff:192.0.2.7"},
    {"1:2:3:4:5:6:192.0.2.7", "1:2:3:4:5:6:c000:207"},
    {"fe80::1%3", "fe80::1%3"},
    {"ff02::fb%7", "ff02::fb%7"},
    {"2001:db8::1%3", "2001:db8::1"}, /* a scope has no meaning there */
};

START_TEST(an_address_is_shown_in_its_shortest_form)
{
    struct socket_endpoint end = parsed(addresses[_i].written, 80);

    socket_endpoint_add_address(&fixture.text, &end);
    ck_assert_str_eq(text_bytes(&fixture.text), addresses[_i].shown);
    ck_assert_uint_eq(end.port, 80);
}
END_TEST

START_TEST(what_is_shown_is_read_back_as_the_same)
{
    struct socket_endpoint end = parsed(addresses[_i].shown, 0);
    struct socket_endpoint other = parsed(addresses[_i].written, 0);

    ck_assert(socket_endpoint_equal(&end, &other));
}
END_TEST

static const char *const no_addresses[] = {
    "",
    "localhost",
    "192.0.2",
    "192.0.2.7.1",
    "192.0.2.256",
    "192.0.2.07", /* octal for some */
    "192.0..7",
    "192.0.2.7 ",
    " 192.0.2.7",
    "+1.2.3.4",
    "192.0.2.7%1",
    ":",
    ":::",
    "1:::2",
    "1::2::3",
    ":1::2",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "12345::",
    "::g",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1.2.3.4::",
    "fe80::1%",
    "fe80::1%eth0",
    "fe80::1%4294967296",
    "fe80::1%3%3",
    "[::1]",
};

START_TEST(what_is_no_address_is_refused_and_changes_nothing)
{
    struct socket_endpoint end = {.port = 7};

    CHECK_FAILED(socket_endpoint_parse_address(no_addresses[_i], &end, &fixture.why),
                 FAILURE_FORMAT, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "is not an address");
    ck_assert_uint_eq(end.port, 7);
    ck_assert_uint_eq(end.address_size, 0);
}
END_TEST

static const struct {
    const char *address; /* NULL: no end */
    uint16_t port;
    const char *shown;
} ends[] = {
    {"127.0.0.1", 80, "127.0.0.1:80"},
    {"::1", 443, "[::1]:443"},
    {"fe80::1%3", 5353, "[fe80::1%3]:5353"},
    {"0.0.0.0", 0, "0.0.0.0:0"},
    {"::", 65535, "[::]:65535"},
    {NULL, 9, ""},
};

START_TEST(an_end_is_shown_with_its_port)
{
    struct socket_endpoint end = {.port = ends[_i].port};

    if (ends[_i].address != NULL) {
        end = parsed(ends[_i].address, ends[_i].port);
    }
    socket_endpoint_add(&fixture.text, &end);
    ck_assert_str_eq(text_bytes(&fixture.text), ends[_i].shown);
}
END_TEST

static const struct {
    uint8_t protocol;
    uint8_t state;
    bool keeps_remote;
} remotes[] = {
    {SOCKET_TCP, SOCKET_LISTENING, false},   {SOCKET_UDP, SOCKET_STATELESS, false},
    {SOCKET_TCP, SOCKET_ESTABLISHED, true},  {SOCKET_TCP, SOCKET_TIME_WAIT, true},
    {SOCKET_UDP, SOCKET_ESTABLISHED, false},
};

START_TEST(a_remote_end_without_meaning_is_dropped)
{
    struct socket_endpoint nowhere = {0};
    struct socket_row row = {.protocol = remotes[_i].protocol,
                             .state = remotes[_i].state,
                             .local = parsed("192.0.2.7", 80),
                             .remote = parsed("192.0.2.8", 81)};

    socket_row_normalize(&row);
    ck_assert_int_eq(!socket_endpoint_equal(&row.remote, &nowhere), remotes[_i].keeps_remote);
    ck_assert_uint_eq(row.local.port, 80);
}
END_TEST

START_TEST(noise_behind_an_address_and_in_its_scope_is_dropped)
{
    struct socket_row clean = {.protocol = SOCKET_UDP, .local = parsed("192.0.2.7", 80)};
    struct socket_row noisy = clean;

    noisy.local.scope_id = 4096;
    memset(noisy.local.address + 4, 0xaa, 12);
    ck_assert(!socket_endpoint_equal(&clean.local, &noisy.local));
    socket_row_normalize(&noisy);
    ck_assert(socket_endpoint_equal(&clean.local, &noisy.local));
}
END_TEST

START_TEST(only_the_unspecified_address_is_any)
{
    struct socket_endpoint ipv4 = parsed("0.0.0.0", 1);
    struct socket_endpoint ipv6 = parsed("::", 1);
    struct socket_endpoint loopback = parsed("::1", 1);
    struct socket_endpoint nowhere = {0};

    ck_assert(socket_endpoint_is_any(&ipv4));
    ck_assert(socket_endpoint_is_any(&ipv6));
    ck_assert(!socket_endpoint_is_any(&loopback));
    ck_assert(!socket_endpoint_is_any(&nowhere));
}
END_TEST

/* Each row comes before the next one. */
static const struct {
    const char *address;
    const char *remote;
    uint64_t socket_id;
    int64_t created_at;
    uint32_t pid;
    uint16_t port;
    uint8_t protocol;
    uint8_t state;
} order[] = {
    {"10.0.0.1", "10.0.0.2", 0, 0, 1, 9, SOCKET_TCP, SOCKET_ESTABLISHED},
    {"10.0.0.1", "10.0.0.2", 0, 0, 1, 256, SOCKET_TCP, SOCKET_ESTABLISHED}, /* ports are numbers */
    {"10.0.0.1", "10.0.0.3", 0, 0, 1, 256, SOCKET_TCP, SOCKET_SYN_SENT},
    {"10.0.0.1", "10.0.0.3", 0, 0, 1, 256, SOCKET_TCP, SOCKET_ESTABLISHED},
    {"10.0.0.1", "10.0.0.3", 0, 0, 2, 256, SOCKET_TCP, SOCKET_ESTABLISHED},
    {"10.0.0.1", "10.0.0.3", 5, 0, 2, 256, SOCKET_TCP, SOCKET_ESTABLISHED},
    {"10.0.0.1", "10.0.0.3", 5, 7, 2, 256, SOCKET_TCP, SOCKET_ESTABLISHED},
    {"10.0.0.2", "10.0.0.2", 0, 0, 1, 9, SOCKET_TCP, SOCKET_ESTABLISHED},
    {"::1", "::1", 0, 0, 1, 9, SOCKET_TCP, SOCKET_ESTABLISHED}, /* IPv6 behind IPv4 */
    {"fe80::1%2", "::1", 0, 0, 1, 9, SOCKET_TCP, SOCKET_ESTABLISHED},
    {"fe80::1%3", "::1", 0, 0, 1, 1, SOCKET_TCP, SOCKET_ESTABLISHED},
    {"10.0.0.1", "10.0.0.2", 0, 0, 1, 9, SOCKET_UDP, SOCKET_STATELESS},
};

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

static struct socket_row ordered_row(int i)
{
    return (struct socket_row){
        .protocol = order[i].protocol,
        .local = parsed(order[i].address, order[i].port),
        .remote = parsed(order[i].remote, 1),
        .state = order[i].state,
        .pid = order[i].pid,
        .socket_id = order[i].socket_id,
        .created_at = order[i].created_at,
    };
}

START_TEST(rows_have_one_order)
{
    for (int i = 0; i < COUNT_OF(order); i++) {
        struct socket_row a = ordered_row(i);
        struct socket_row b = ordered_row(_i);

        ck_assert_int_eq(sign(socket_row_compare(&a, &b)), sign(i - _i));
    }
}
END_TEST

START_TEST(every_state_is_found_by_its_name)
{
    const char *name = socket_state_name(_i);
    char underlined[32] = "";

    ck_assert_int_eq(socket_state_from_name(name), _i);
    for (size_t i = 0; i < strlen(name); i++) {
        underlined[i] = name[i];
        if (name[i] == ' ') {
            underlined[i] = '_';
        }
    }
    ck_assert_int_eq(socket_state_from_name(underlined), _i);
}
END_TEST

START_TEST(names_are_those_of_portqry_and_netstat)
{
    ck_assert_str_eq(socket_state_name(SOCKET_TIME_WAIT), "TIME WAIT");
    ck_assert_str_eq(socket_state_name(SOCKET_LISTENING), "LISTENING");
    ck_assert_str_eq(socket_state_name(SOCKET_STATELESS), "");
    ck_assert_str_eq(socket_state_name(SOCKET_STATE_COUNT), "unknown");
    ck_assert_str_eq(socket_state_name(-1), "unknown");
    ck_assert_int_eq(socket_state_from_name("Time-wait"), SOCKET_TIME_WAIT);
    ck_assert_int_eq(socket_state_from_name("TIME WAIT "), -1);
    ck_assert_int_eq(socket_state_from_name("TIME"), -1);
    ck_assert_int_eq(socket_state_from_name(""), -1);
    ck_assert_str_eq(socket_protocol_name(SOCKET_UDP), "UDP");
    ck_assert_str_eq(socket_protocol_name(1), "unknown");
    ck_assert_int_eq(socket_protocol_from_name("tcp"), SOCKET_TCP);
    ck_assert_int_eq(socket_protocol_from_name("icmp"), -1);
    ck_assert_str_eq(socket_attribution_name(ATTRIBUTION_CARRIED), "carried forward");
    ck_assert_str_eq(socket_attribution_name(ATTRIBUTION_COUNT), "unknown");
}
END_TEST

static Suite *socket_row_suite(void)
{
    Suite *suite = suite_create("socket_row");
    TCase *tests = tcase_create("socket_row");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, an_address_is_shown_in_its_shortest_form, 0, COUNT_OF(addresses));
    tcase_add_loop_test(tests, what_is_shown_is_read_back_as_the_same, 0, COUNT_OF(addresses));
    tcase_add_loop_test(tests, what_is_no_address_is_refused_and_changes_nothing, 0,
                        COUNT_OF(no_addresses));
    tcase_add_loop_test(tests, an_end_is_shown_with_its_port, 0, COUNT_OF(ends));
    tcase_add_loop_test(tests, a_remote_end_without_meaning_is_dropped, 0, COUNT_OF(remotes));
    tcase_add_test(tests, noise_behind_an_address_and_in_its_scope_is_dropped);
    tcase_add_test(tests, only_the_unspecified_address_is_any);
    tcase_add_loop_test(tests, rows_have_one_order, 0, COUNT_OF(order));
    tcase_add_loop_test(tests, every_state_is_found_by_its_name, SOCKET_CLOSED, SOCKET_STATE_COUNT);
    tcase_add_test(tests, names_are_those_of_portqry_and_netstat);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(socket_row_suite());
}
