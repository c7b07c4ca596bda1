/* SPDX-License-Identifier: MIT */

#include "tests/fake_ip_helper_win32.h"
#include "tests/support.h"

#include <stdlib.h>

#include "collector/snapshot.h"
#include "collector/socket_table.h"

enum {
    MANY_ROWS = 100000,
    TAG = 77,
};

#define PORT(number) ((DWORD)(((number)&0xff) << 8 | (number) >> 8))
#define TAG_WITH_NOISE (0xabcdefab00000000U | TAG)
#define ERROR_TRANSIENT ((DWORD)0xC0000001)

static struct {
    struct socket_reader *reader;
    struct socket_table table;
    struct failure why;
} fixture;

/* 2026-11-20 13:00:00.250 UTC as a FILETIME, and in milliseconds since 1970. */
static const int64_t created_filetime = 134396532002500000;
static const int64_t created_ms = 1795179600250;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    memset(&fake_ip_helper, 0, sizeof(fake_ip_helper));
    CHECK_DONE(socket_reader_open(&fixture.reader, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    socket_table_clear(&fixture.table);
    socket_reader_close(fixture.reader);
}

static void read_table(void)
{
    CHECK_DONE(socket_reader_read(fixture.reader, &fixture.table, &fixture.why), fixture.why);
}

static MIB_TCPROW_OWNER_MODULE tcp4_row(DWORD state, USHORT port)
{
    MIB_TCPROW_OWNER_MODULE row = {.dwState = state,
                                   .dwLocalAddr = 0x0100007f,
                                   .dwLocalPort = PORT(port) | 0xabcd0000, /* noise above 16 bits */
                                   .dwRemoteAddr = 0x07020a0a,
                                   .dwRemotePort = PORT(443),
                                   .dwOwningPid = 4711};

    row.liCreateTimestamp.QuadPart = created_filetime;
    row.OwningModuleInfo[0] = TAG_WITH_NOISE;
    return row;
}

START_TEST(every_field_of_an_ipv4_connection_is_read)
{
    MIB_TCPROW_OWNER_MODULE row = tcp4_row(MIB_TCP_STATE_ESTAB, 50001);
    const struct socket_row *read;

    fake_ip_helper.tcp4 = (struct fake_table){.rows = &row, .count = 1};
    read_table();
    ck_assert_uint_eq(fixture.table.count, 1);
    read = fixture.table.rows;
    ck_assert_uint_eq(read->protocol, SOCKET_TCP);
    ck_assert_uint_eq(read->state, SOCKET_ESTABLISHED);
    ck_assert_uint_eq(read->local.address_size, 4);
    ck_assert_mem_eq(read->local.address, "\x7f\x00\x00\x01", 4);
    ck_assert_uint_eq(read->local.port, 50001);
    ck_assert_mem_eq(read->remote.address, "\x0a\x0a\x02\x07", 4);
    ck_assert_uint_eq(read->remote.port, 443);
    ck_assert_uint_eq(read->pid, 4711);
    ck_assert_int_eq(read->created_at, created_ms);
    ck_assert_uint_eq(read->service_tag, TAG);
    ck_assert_uint_eq(read->socket_id, 0);
    ck_assert_uint_eq(read->owner, SOCKET_NO_OWNER);
}
END_TEST

/* Both byte orders of interface 12, and what it is for an address of no link. */
static const struct {
    BYTE first;
    DWORD scope_id;
    uint32_t read;
} scopes[] = {
    {0xfe, 12, 12},
    {0xfe, 0x0c000000, 12},
    {0xfe, 0, 0},
    {0x20, 12, 0},
};

START_TEST(every_field_of_an_ipv6_connection_is_read)
{
    MIB_TCP6ROW_OWNER_MODULE row = {.ucLocalAddr = {scopes[_i].first, 0x80},
                                    .dwLocalScopeId = scopes[_i].scope_id,
                                    .dwLocalPort = PORT(50002),
                                    .ucRemoteAddr = {0x20, 1, [15] = 9},
                                    .dwRemoteScopeId = 5,
                                    .dwRemotePort = PORT(80),
                                    .dwState = MIB_TCP_STATE_TIME_WAIT,
                                    .dwOwningPid = 0,
                                    .OwningModuleInfo = {TAG_WITH_NOISE}};
    const struct socket_row *read;

    fake_ip_helper.tcp6 = (struct fake_table){.rows = &row, .count = 1};
    read_table();
    read = fixture.table.rows;
    ck_assert_uint_eq(read->state, SOCKET_TIME_WAIT);
    ck_assert_uint_eq(read->local.address_size, 16);
    ck_assert_mem_eq(read->local.address, row.ucLocalAddr, 16);
    ck_assert_uint_eq(read->local.scope_id, scopes[_i].read);
    ck_assert_uint_eq(read->local.port, 50002);
    ck_assert_mem_eq(read->remote.address, row.ucRemoteAddr, 16);
    ck_assert_uint_eq(read->remote.scope_id, 0);
    ck_assert_uint_eq(read->remote.port, 80);
    ck_assert_uint_eq(read->pid, 0);
    ck_assert_uint_eq(read->service_tag, TAG);
    ck_assert_int_eq(read->created_at, 0);
}
END_TEST

START_TEST(udp_sockets_of_both_families_are_read)
{
    MIB_UDPROW_OWNER_MODULE ipv4 = {.dwLocalAddr = 0, .dwLocalPort = PORT(53), .dwOwningPid = 8};
    MIB_UDP6ROW_OWNER_MODULE ipv6 = {
        .ucLocalAddr = {0xff, 2, [15] = 0xfb}, .dwLocalScopeId = 3, .dwLocalPort = PORT(5353)};

    ipv4.liCreateTimestamp.QuadPart = created_filetime;
    ipv4.OwningModuleInfo[0] = TAG_WITH_NOISE;
    ipv6.OwningModuleInfo[0] = TAG_WITH_NOISE + 1;
    fake_ip_helper.udp4 = (struct fake_table){.rows = &ipv4, .count = 1};
    fake_ip_helper.udp6 = (struct fake_table){.rows = &ipv6, .count = 1};
    read_table();
    ck_assert_uint_eq(fixture.table.count, 2);
    ck_assert_uint_eq(fixture.table.rows[0].protocol, SOCKET_UDP);
    ck_assert_uint_eq(fixture.table.rows[0].state, SOCKET_STATELESS);
    ck_assert_uint_eq(fixture.table.rows[0].local.port, 53);
    ck_assert_uint_eq(fixture.table.rows[0].pid, 8);
    ck_assert_int_eq(fixture.table.rows[0].created_at, created_ms);
    ck_assert_uint_eq(fixture.table.rows[0].service_tag, TAG);
    ck_assert_uint_eq(fixture.table.rows[1].service_tag, TAG + 1);
    ck_assert_uint_eq(fixture.table.rows[0].remote.address_size, 0);
    ck_assert_uint_eq(fixture.table.rows[1].local.address_size, 16);
    ck_assert_uint_eq(fixture.table.rows[1].local.scope_id, 3);
    ck_assert_uint_eq(fixture.table.rows[1].local.port, 5353);
}
END_TEST

static const struct {
    DWORD state;
    uint8_t read;
} states[] = {
    {MIB_TCP_STATE_CLOSED, SOCKET_CLOSED},           {MIB_TCP_STATE_LISTEN, SOCKET_LISTENING},
    {MIB_TCP_STATE_SYN_SENT, SOCKET_SYN_SENT},       {MIB_TCP_STATE_SYN_RCVD, SOCKET_SYN_RECEIVED},
    {MIB_TCP_STATE_ESTAB, SOCKET_ESTABLISHED},       {MIB_TCP_STATE_FIN_WAIT1, SOCKET_FIN_WAIT_1},
    {MIB_TCP_STATE_FIN_WAIT2, SOCKET_FIN_WAIT_2},    {MIB_TCP_STATE_CLOSE_WAIT, SOCKET_CLOSE_WAIT},
    {MIB_TCP_STATE_CLOSING, SOCKET_CLOSING},         {MIB_TCP_STATE_LAST_ACK, SOCKET_LAST_ACK},
    {MIB_TCP_STATE_TIME_WAIT, SOCKET_TIME_WAIT},     {MIB_TCP_STATE_DELETE_TCB, SOCKET_CLOSED},
    {100 /* of a Windows to come */, SOCKET_CLOSED},
};

START_TEST(every_state_of_the_system_is_one_of_ours)
{
    MIB_TCPROW_OWNER_MODULE row = tcp4_row(states[_i].state, 80);

    fake_ip_helper.tcp4 = (struct fake_table){.rows = &row, .count = 1};
    read_table();
    ck_assert_uint_eq(fixture.table.rows[0].state, states[_i].read);
}
END_TEST

START_TEST(a_table_of_any_size_is_read_whole)
{
    MIB_TCPROW_OWNER_MODULE *rows = calloc(MANY_ROWS, sizeof(*rows));

    ck_assert_ptr_nonnull(rows);
    for (DWORD i = 0; i < MANY_ROWS; i++) {
        rows[i] = tcp4_row(MIB_TCP_STATE_ESTAB, (USHORT)i);
    }
    fake_ip_helper.tcp4 = (struct fake_table){.rows = rows, .count = MANY_ROWS};
    read_table();
    ck_assert_uint_eq(fixture.table.count, MANY_ROWS);
    for (DWORD i = 0; i < MANY_ROWS; i++) {
        ck_assert_uint_eq(fixture.table.rows[i].local.port, (USHORT)i);
    }
    free(rows);
}
END_TEST

START_TEST(the_buffer_is_kept_between_readings)
{
    MIB_TCPROW_OWNER_MODULE row = tcp4_row(MIB_TCP_STATE_LISTEN, 80);

    fake_ip_helper.tcp4 = (struct fake_table){.rows = &row, .count = 1, .growth = 2000};
    fake_ip_helper.tcp4.calls = 1;
    read_table();
    fake_ip_helper.tcp4 = (struct fake_table){.rows = &row, .count = 1, .growth = 1000};
    fake_ip_helper.tcp4.calls = 1;
    read_table(); /* more than fits in a new buffer */
    ck_assert_uint_eq(fixture.table.count, 1001);
    ck_assert_int_eq(fake_ip_helper.tcp4.calls, 2);
}
END_TEST

START_TEST(a_table_that_grows_by_a_little_at_each_call_is_caught_up_with)
{
    MIB_TCPROW_OWNER_MODULE row = tcp4_row(MIB_TCP_STATE_LISTEN, 80);

    fake_ip_helper.tcp4 = (struct fake_table){.rows = &row, .count = 1, .growth = 100};
    fake_ip_helper.tcp4.calls = 20; /* it has 2,001 rows by now */
    read_table();
    ck_assert_uint_eq(fixture.table.count, 2101);
    ck_assert_int_eq(fake_ip_helper.tcp4.calls, 22);
}
END_TEST

START_TEST(a_table_that_always_outgrows_us_is_a_failure_and_no_rows)
{
    MIB_UDPROW_OWNER_MODULE udp = {.dwLocalPort = PORT(53)};
    MIB_TCPROW_OWNER_MODULE row = tcp4_row(MIB_TCP_STATE_LISTEN, 80);

    fake_ip_helper.tcp4 = (struct fake_table){.rows = &row, .count = 1};
    fake_ip_helper.udp4 = (struct fake_table){.rows = &udp, .count = 1};
    for (int i = 0; i < 16; i++) {
        fake_ip_helper.udp4.errors[i] = ERROR_INSUFFICIENT_BUFFER;
    }
    CHECK_FAILED(socket_reader_read(fixture.reader, &fixture.table, &fixture.why), FAILURE_SYSTEM,
                 fixture.why);
    ck_assert_int_eq(fixture.why.code, ERROR_INSUFFICIENT_BUFFER);
    CHECK_CONTAINS(fixture.why.text, "IPv4 UDP");
    ck_assert_uint_eq(fixture.table.count, 0);
    ck_assert_int_eq(fake_ip_helper.udp4.calls, 8);
}
END_TEST

START_TEST(a_passing_fault_is_tried_again)
{
    MIB_TCPROW_OWNER_MODULE row = tcp4_row(MIB_TCP_STATE_LISTEN, 80);

    fake_ip_helper.tcp4 = (struct fake_table){.rows = &row, .count = 1};
    for (int i = 0; i < _i; i++) {
        fake_ip_helper.tcp4.errors[i] = ERROR_TRANSIENT;
    }
    if (_i < 8) {
        read_table();
        ck_assert_uint_eq(fixture.table.count, 1);
    } else {
        CHECK_FAILED(socket_reader_read(fixture.reader, &fixture.table, &fixture.why),
                     FAILURE_SYSTEM, fixture.why);
        ck_assert_int_eq(fixture.why.code, (long)ERROR_TRANSIENT);
        ck_assert_uint_eq(fixture.table.count, 0);
    }
}
END_TEST

START_TEST(any_other_error_fails_at_once_with_its_code)
{
    MIB_TCPROW_OWNER_MODULE row = tcp4_row(MIB_TCP_STATE_LISTEN, 80);
    struct fake_table *tables[] = {&fake_ip_helper.tcp4, &fake_ip_helper.tcp6, &fake_ip_helper.udp4,
                                   &fake_ip_helper.udp6};

    fake_ip_helper.tcp4 = (struct fake_table){.rows = &row, .count = 1};
    tables[_i]->errors[0] = ERROR_INVALID_PARAMETER;
    CHECK_FAILED(socket_reader_read(fixture.reader, &fixture.table, &fixture.why), FAILURE_SYSTEM,
                 fixture.why);
    ck_assert_int_eq(fixture.why.code, ERROR_INVALID_PARAMETER);
    ck_assert_int_eq(tables[_i]->calls, 1);
    ck_assert_uint_eq(fixture.table.count, 0);

    tables[_i]->calls = 1; /* the reader can go on after a failure */
    read_table();
    ck_assert_uint_eq(fixture.table.count, 1);
}
END_TEST

static const struct {
    DWORD error;
    unsigned lacks;
} missing[] = {
    {ERROR_NOT_SUPPORTED, SNAPSHOT_NO_IPV6_TCP | SNAPSHOT_NO_IPV6_UDP},
    {WSAEAFNOSUPPORT, SNAPSHOT_NO_IPV6_TCP | SNAPSHOT_NO_IPV6_UDP},
    {ERROR_NO_DATA, 0}, /* the family is there and has no sockets */
};

START_TEST(a_family_that_is_missing_is_noted_and_no_failure)
{
    MIB_TCPROW_OWNER_MODULE row = tcp4_row(MIB_TCP_STATE_LISTEN, 80);

    fake_ip_helper.tcp4 = (struct fake_table){.rows = &row, .count = 1};
    fake_ip_helper.tcp6.errors[0] = missing[_i].error;
    fake_ip_helper.udp6.errors[0] = missing[_i].error;
    read_table();
    ck_assert_uint_eq(fixture.table.count, 1);
    ck_assert_uint_eq(fixture.table.lacks, missing[_i].lacks);
}
END_TEST

START_TEST(a_table_that_speaks_of_more_rows_than_it_has_is_refused)
{
    MIB_TCPROW_OWNER_MODULE row = tcp4_row(MIB_TCP_STATE_LISTEN, 80);

    fake_ip_helper.tcp4 = (struct fake_table){.rows = &row, .count = 1, .claims = 0x7fffffff};
    CHECK_FAILED(socket_reader_read(fixture.reader, &fixture.table, &fixture.why), FAILURE_FORMAT,
                 fixture.why);
    ck_assert_uint_eq(fixture.table.count, 0);
}
END_TEST

static Suite *socket_table_win32_suite(void)
{
    Suite *suite = suite_create("socket_table_win32");
    TCase *tests = tcase_create("socket_table_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, every_field_of_an_ipv4_connection_is_read);
    tcase_add_loop_test(tests, every_field_of_an_ipv6_connection_is_read, 0, COUNT_OF(scopes));
    tcase_add_test(tests, udp_sockets_of_both_families_are_read);
    tcase_add_loop_test(tests, every_state_of_the_system_is_one_of_ours, 0, COUNT_OF(states));
    tcase_add_test(tests, a_table_of_any_size_is_read_whole);
    tcase_add_test(tests, the_buffer_is_kept_between_readings);
    tcase_add_test(tests, a_table_that_grows_by_a_little_at_each_call_is_caught_up_with);
    tcase_add_test(tests, a_table_that_always_outgrows_us_is_a_failure_and_no_rows);
    tcase_add_loop_test(tests, a_passing_fault_is_tried_again, 1, 9);
    tcase_add_loop_test(tests, any_other_error_fails_at_once_with_its_code, 0, 4);
    tcase_add_loop_test(tests, a_family_that_is_missing_is_noted_and_no_failure, 0,
                        COUNT_OF(missing));
    tcase_add_test(tests, a_table_that_speaks_of_more_rows_than_it_has_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(socket_table_win32_suite());
}
