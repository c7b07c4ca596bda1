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
    ck_assert_int_eq(rehearsal.protocol->security, PROTOCOL_IN_TLS);
    ck_assert(rehearsal.protocol->datagram == NULL);
    rehearsal_begin(&rehearsal);
    ck_assert_uint_eq(rehearsal.talk.out.size, 0);
    ck_assert(rehearsal.talk.is_done);
}
END_TEST

START_TEST(what_the_server_says_inside_is_not_read)
{
    rehearsal_begin(&rehearsal);
    rehearsal_hear(&rehearsal, "220 hello\r\n", 11, false);
    rehearsal_expect(&rehearsal, "ANSWERED \n");
    ck_assert_uint_eq(rehearsal.waiting.size, 0);
}
END_TEST

START_TEST(well_known_ports_have_better_protocols)
{
    ck_assert_str_eq(protocol_of_port(PROBE_TCP, 443, NULL)->name, "https");
    ck_assert_str_eq(protocol_of_port(PROBE_TCP, 853, NULL)->name, "tls");
    ck_assert_ptr_null(protocol_of_port(PROBE_UDP, 853, NULL));
}
END_TEST

static Suite *protocol_tls_suite(void)
{
    Suite *suite = suite_create("protocol_tls");
    TCase *tests = tcase_create("protocol_tls");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_handshake_is_all_there_is);
    tcase_add_test(tests, what_the_server_says_inside_is_not_read);
    tcase_add_test(tests, well_known_ports_have_better_protocols);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_tls_suite());
}
