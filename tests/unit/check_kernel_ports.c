/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdio.h>

#include "collector/kernel_ports.h"

static struct {
    struct url_list list;
    struct text name;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    url_list_clear(&fixture.list);
    text_clear(&fixture.name);
}

static void reserve(const char *url)
{
    CHECK_DONE(url_list_add(&fixture.list, url, &fixture.why), fixture.why);
}

static int name_port(uint8_t protocol, uint16_t port, uint8_t state)
{
    struct socket_row row = {
        .protocol = protocol,
        .state = state,
        .pid = 4,
        .local = {.address_size = 4, .port = port},
        .remote = {.address = {9, 9, 9, 9}, .address_size = 4, .port = 445},
    };

    text_reset(&fixture.name);
    return (int)kernel_port_name(&row, &fixture.list, &fixture.name);
}

static const char *name(void)
{
    return text_bytes(&fixture.name);
}

static const struct {
    uint8_t protocol;
    uint16_t port;
    const char *driver; /* NULL: not known */
} ports[] = {
    {SOCKET_TCP, 445, "srv2"},  {SOCKET_TCP, 139, "netbt"}, {SOCKET_UDP, 137, "netbt"},
    {SOCKET_UDP, 138, "netbt"}, {SOCKET_UDP, 445, NULL},    {SOCKET_UDP, 139, NULL},
    {SOCKET_TCP, 137, NULL},    {SOCKET_TCP, 138, NULL},    {SOCKET_TCP, 80, NULL},
    {SOCKET_TCP, 5357, NULL},   {SOCKET_TCP, 5985, NULL},   {SOCKET_UDP, 500, NULL},
    {SOCKET_TCP, 0, NULL},      {SOCKET_UDP, 0, NULL},
};

START_TEST(a_port_is_known_or_no_guess_is_made)
{
    uint8_t state = ports[_i].protocol == SOCKET_TCP ? SOCKET_LISTENING : SOCKET_STATELESS;
    int basis = name_port(ports[_i].protocol, ports[_i].port, state);

    ck_assert_int_eq(basis, ports[_i].driver == NULL ? 0 : SERVICE_BY_PORT);
    ck_assert_str_eq(name(), ports[_i].driver == NULL ? "" : ports[_i].driver);
}
END_TEST

static const struct {
    const char *url;
    uint16_t port; /* 0: none */
} urls[] = {
    {"http://+:5985/wsman/", 5985},
    {"https://*:443/", 443},
    {"http://host:8080/", 8080},
    {"http://host:8080", 8080},
    {"http://[::1]:8080/", 8080},
    {"http://10.0.0.1:65535/a:1/b", 65535},
    {"HTTP://HOST:81/", 81},
    {"http://+/x/", 80},
    {"https://+/x/", 443},
    {"https://host", 443},
    {"http://[::1]/", 80},

    {"http://+:65536/", 0},
    {"http://+:99999999999999999999/", 0},
    {"http://+:0/", 0},
    {"http://+:80x/", 0},
    {"http://+:/", 0},
    {"http://:80/", 0},
    {"http:///80/", 0},
    {"http://[::1:80/", 0},
    {"http://[::1]80/", 0},
    {"http:/+:80/", 0},
    {"httpx://+:80/", 0},
    {"ftp://+:80/", 0},
    {"+:80/", 0},
    {"http://", 0},
    {"http", 0},
    {"", 0},
};

START_TEST(a_url_names_its_port_and_no_other)
{
    struct text expected = {0};

    reserve(urls[_i].url);
    text_addf(&expected, "http.sys (%s)", urls[_i].url);
    for (int i = 0; i < COUNT_OF(urls); i++) {
        uint16_t port = urls[i].port;
        bool named = port != 0 && port == urls[_i].port;

        ck_assert_int_eq(name_port(SOCKET_TCP, port, SOCKET_LISTENING), named ? SERVICE_BY_URL : 0);
        ck_assert_str_eq(name(), named ? text_bytes(&expected) : "");
    }
    text_clear(&expected);
}
END_TEST

/* A socket that only was bound, or that connects elsewhere, is of nobody's server. */
static const struct {
    uint8_t state;
    bool served;
} states[] = {
    {SOCKET_CLOSED, false},      {SOCKET_LISTENING, true},   {SOCKET_SYN_SENT, false},
    {SOCKET_SYN_RECEIVED, true}, {SOCKET_ESTABLISHED, true}, {SOCKET_FIN_WAIT_1, true},
    {SOCKET_FIN_WAIT_2, true},   {SOCKET_CLOSE_WAIT, true},  {SOCKET_CLOSING, true},
    {SOCKET_LAST_ACK, true},     {SOCKET_TIME_WAIT, true},
};

START_TEST(connections_to_a_port_belong_to_its_driver)
{
    reserve("http://+:50000/");
    ck_assert_int_eq(name_port(SOCKET_TCP, 445, states[_i].state),
                     states[_i].served ? SERVICE_BY_PORT : 0);
    ck_assert_int_eq(name_port(SOCKET_TCP, 50000, states[_i].state),
                     states[_i].served ? SERVICE_BY_URL : 0);
    ck_assert_int_eq(name_port(SOCKET_TCP, 50001, states[_i].state), 0);
}
END_TEST

START_TEST(udp_has_no_urls)
{
    reserve("http://+:5000/");
    ck_assert_int_eq(name_port(SOCKET_UDP, 5000, SOCKET_STATELESS), 0);
}
END_TEST

START_TEST(urls_are_sorted_and_each_is_shown_once)
{
    reserve("http://+:80/b/");
    reserve("https://+:443/");
    reserve("http://+:80/a/");
    reserve("http://+:80/b/");
    ck_assert_int_eq(name_port(SOCKET_TCP, 80, SOCKET_LISTENING), SERVICE_BY_URL);
    ck_assert_str_eq(name(), "http.sys (http://+:80/a/, http://+:80/b/)");
}
END_TEST

START_TEST(of_many_urls_eight_are_shown)
{
    for (int i = 10; i > 0; i--) {
        char url[40];

        snprintf(url, sizeof(url), "http://+:80/%02d", i);
        reserve(url);
        if (i == 3) {
            ck_assert_int_eq(name_port(SOCKET_TCP, 80, SOCKET_LISTENING), SERVICE_BY_URL);
            ck_assert_ptr_null(strstr(name(), "more"));
        }
    }
    ck_assert_int_eq(name_port(SOCKET_TCP, 80, SOCKET_LISTENING), SERVICE_BY_URL);
    CHECK_CONTAINS(name(), "http.sys (http://+:80/01, ");
    CHECK_CONTAINS(name(), ", http://+:80/08 and 2 more)");
}
END_TEST

START_TEST(a_long_url_is_cut_between_two_characters)
{
    char url[300] = "http://+:80/";

    memset(url + strlen(url), 'x', 199 - strlen(url));
    memcpy(url + 199, "\xc3\xbc/", 4); /* the 200th byte is half of a character */
    reserve(url);
    ck_assert_int_eq(name_port(SOCKET_TCP, 80, SOCKET_LISTENING), SERVICE_BY_URL);
    ck_assert_uint_eq(fixture.name.size, strlen("http.sys (") + 199 + strlen("...)"));
    CHECK_CONTAINS(name(), "xx...)");
}
END_TEST

static Suite *kernel_ports_suite(void)
{
    Suite *suite = suite_create("kernel_ports");
    TCase *tests = tcase_create("kernel_ports");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_port_is_known_or_no_guess_is_made, 0, COUNT_OF(ports));
    tcase_add_loop_test(tests, a_url_names_its_port_and_no_other, 0, COUNT_OF(urls));
    tcase_add_loop_test(tests, connections_to_a_port_belong_to_its_driver, 0, COUNT_OF(states));
    tcase_add_test(tests, udp_has_no_urls);
    tcase_add_test(tests, urls_are_sorted_and_each_is_shown_once);
    tcase_add_test(tests, of_many_urls_eight_are_shown);
    tcase_add_test(tests, a_long_url_is_cut_between_two_characters);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(kernel_ports_suite());
}
