/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "probes/dynamic_ports_win32.h"
#include "probes/reactor.h"
#include "tests/fake_port_tables_win32.h"

static void open_fixture(void)
{
    memset(&fake_port_tables, 0, sizeof(fake_port_tables));
}

START_TEST(a_machine_without_sockets_has_all_of_them)
{
    ck_assert_uint_eq(dynamic_ports_free(), 16384);
}
END_TEST

START_TEST(what_is_taken_in_either_family_counts_once)
{
    fake_port_tables.tcp4 = (struct fake_port_table){.first = 50000, .step = 1, .count = 100};
    fake_port_tables.tcp6 = (struct fake_port_table){.first = 50050, .step = 1, .count = 100};
    ck_assert_uint_eq(dynamic_ports_free(), DYNAMIC_PORTS - 150);
    fake_port_tables.tcp6.step = 0; /* a hundred sockets of one port, which is one of the others' */
    ck_assert_uint_eq(dynamic_ports_free(), DYNAMIC_PORTS - 100);
}
END_TEST

START_TEST(only_dynamic_ports_count)
{
    fake_port_tables.tcp4 = (struct fake_port_table){.first = 49150, .step = 1, .count = 4};
    ck_assert_uint_eq(dynamic_ports_free(), DYNAMIC_PORTS - 2);
    fake_port_tables.tcp4 = (struct fake_port_table){.first = 65535, .step = 1, .count = 1};
    ck_assert_uint_eq(dynamic_ports_free(), DYNAMIC_PORTS - 1);
}
END_TEST

START_TEST(the_transport_with_fewer_counts)
{
    fake_port_tables.tcp4 = (struct fake_port_table){.first = 50000, .step = 1, .count = 10};
    fake_port_tables.udp6 = (struct fake_port_table){.first = 50000, .step = 1, .count = 30};
    fake_port_tables.udp4 = (struct fake_port_table){.first = 60000, .step = 1, .count = 5};
    ck_assert_uint_eq(dynamic_ports_free(), DYNAMIC_PORTS - 35);
}
END_TEST

START_TEST(a_table_that_grows_is_read_again)
{
    fake_port_tables.tcp4 =
        (struct fake_port_table){.first = 50000, .step = 1, .count = 5000, .growth = 10};
    ck_assert_uint_eq(dynamic_ports_free(), DYNAMIC_PORTS - 5010);
    ck_assert_int_eq(fake_port_tables.tcp4.calls, 2);
    memset(&fake_port_tables, 0, sizeof(fake_port_tables));
    fake_port_tables.tcp4 =
        (struct fake_port_table){.first = 50000, .step = 1, .count = 5000, .growth = 50000};
    ck_assert_uint_eq(dynamic_ports_free(), DYNAMIC_PORTS); /* it is given up in the end */
}
END_TEST

START_TEST(a_table_that_cannot_be_read_is_empty)
{
    fake_port_tables.tcp4 = (struct fake_port_table){.error = ERROR_PROC_NOT_FOUND};
    fake_port_tables.tcp6 = (struct fake_port_table){.first = 50000, .step = 1, .count = 7};
    ck_assert_uint_eq(dynamic_ports_free(), DYNAMIC_PORTS - 7);
}
END_TEST

START_TEST(a_table_that_claims_more_rows_is_not_believed)
{
    fake_port_tables.udp4 =
        (struct fake_port_table){.first = 50000, .step = 1, .count = 3, .claims = 100000};
    ck_assert_uint_eq(dynamic_ports_free(), DYNAMIC_PORTS - 3);
}
END_TEST

START_TEST(a_quarter_of_what_is_free_may_be_used)
{
    char why[200] = "";

    ck_assert_uint_eq(reactor_limit(4096, why, sizeof(why)), 4096);
    ck_assert_str_eq(why, "");
    fake_port_tables.tcp4 = (struct fake_port_table){.first = 49152, .step = 1, .count = 8384};
    ck_assert_uint_eq(reactor_limit(4096, why, sizeof(why)), 2000);
    CHECK_CONTAINS(why, "a quarter of the 8000 dynamic ports that are free");
    ck_assert_uint_eq(reactor_limit(2000, why, sizeof(why)), 2000);
    fake_port_tables.tcp4.count = 16384;
    ck_assert_uint_eq(reactor_limit(4096, why, sizeof(why)), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dynamic_ports_win32");
    TCase *tcase = tcase_create("tables");

    tcase_add_checked_fixture(tcase, open_fixture, NULL);
    tcase_add_test(tcase, a_machine_without_sockets_has_all_of_them);
    tcase_add_test(tcase, what_is_taken_in_either_family_counts_once);
    tcase_add_test(tcase, only_dynamic_ports_count);
    tcase_add_test(tcase, the_transport_with_fewer_counts);
    tcase_add_test(tcase, a_table_that_grows_is_read_again);
    tcase_add_test(tcase, a_table_that_cannot_be_read_is_empty);
    tcase_add_test(tcase, a_table_that_claims_more_rows_is_not_believed);
    tcase_add_test(tcase, a_quarter_of_what_is_free_may_be_used);
    suite_add_tcase(suite, tcase);
    return support_run_suite(suite);
}
