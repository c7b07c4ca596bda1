/* SPDX-License-Identifier: MIT */

#include "tests/support.h"
#include "tests/unit/rehearsal.h"

static struct rehearsal rehearsal;

static void open_fixture(void)
{
    rehearsal_open(&rehearsal, "tls", PROBE_TCP, 4443);
}

static void close_fixture(void)
{
    rehearsal_close(&rehearsal);
}

START_TEST(the_handshake_is_all_there_is)
{
    ck_assert_int_eq(rehearsal.engine.protocol->security, PROTOCOL_IN_TLS);
    ck_assert(rehearsal.engine.protocol->datagram == NULL);
    rehearsal_begin(&rehearsal);
    ck_assert_uint_eq(rehearsal.engine.sent.size, 0);
    ck_assert(rehearsal.engine.talk.is_done);
}
END_TEST

START_TEST(what_the_server_says_inside_is_not_read)
{
    rehearsal_begin(&rehearsal);
    rehearsal_hear(&rehearsal, "220 hello\r\n", 11, false);
    rehearsal_expect(&rehearsal, "ANSWERED \n");
    ck_assert_uint_eq(rehearsal.engine.unused.size, 0);
}
END_TEST

/* What begins in TLS at once, and what it is inside of that. */
static const struct {
    uint16_t port;
    const char *service;
    const char *name;
    const char *plain;
} inside[] = {
    {443, NULL, "https", "http"},          {8443, "https-alt", "https", "http"},
    {636, NULL, "ldaps", "ldap"},          {3269, "msft-gc-ssl", "ldaps", "ldap"},
    {465, "submissions", "smtps", "smtp"}, {993, NULL, "imaps", "imap"},
    {995, NULL, "pop3s", "pop3"},          {853, "domain-s", "dns-tls", "dns"},
    {5986, NULL, "winrms", "winrm"},       {8883, "mqtts", "mqtts", "mqtt"},
};

START_TEST(a_protocol_in_tls_is_its_plain_one)
{
    const struct protocol *protocol =
        protocol_of_port(PROBE_TCP, inside[_i].port, inside[_i].service);
    const struct protocol *plain = protocol_find(inside[_i].plain);

    ck_assert_str_eq(protocol->name, inside[_i].name);
    ck_assert_int_eq(protocol->security, PROTOCOL_IN_TLS);
    ck_assert(protocol->datagram == NULL);
    ck_assert(protocol->stream == plain->stream);
    ck_assert(protocol->farewell == plain->farewell);
    ck_assert(protocol->clear == plain->clear);
    ck_assert_ptr_eq(protocol->fields, plain->fields);
    ck_assert_uint_eq(protocol->field_count, plain->field_count);
    ck_assert_uint_eq(protocol->state_size, plain->state_size);
    ck_assert_uint_eq(protocol->largest, plain->largest);
}
END_TEST

static Suite *protocol_tls_suite(void)
{
    Suite *suite = suite_create("protocol_tls");
    TCase *tests = tcase_create("protocol_tls");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_handshake_is_all_there_is);
    tcase_add_test(tests, what_the_server_says_inside_is_not_read);
    tcase_add_loop_test(tests, a_protocol_in_tls_is_its_plain_one, 0, COUNT_OF(inside));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_tls_suite());
}
