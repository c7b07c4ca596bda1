/* SPDX-License-Identifier: MIT */

#include "tests/fake_sock_diag_linux.h"
#include "tests/support.h"

#include <errno.h>

#include "collector/snapshot.h"
#include "collector/socket_table.h"

enum { TABLES = 4, ATTEMPTS = 8 };

static struct {
    struct socket_reader *reader;
    struct socket_table table;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    memset(&fake_sock_diag, 0, sizeof(fake_sock_diag));
    CHECK_DONE(socket_reader_open(&fixture.reader, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    socket_table_clear(&fixture.table);
    socket_reader_close(fixture.reader);
}

static bool read_table(void)
{
    return socket_reader_read(fixture.reader, &fixture.table, &fixture.why);
}

START_TEST(rows_of_several_datagrams_are_one_table)
{
    fake_sock_diag.answers[0] =
        (struct fake_answer){.messages = {FAKE_ROW, FAKE_ROW}, .port = 80, .inode = 7};
    fake_sock_diag.answers[1] =
        (struct fake_answer){.messages = {FAKE_ROW, FAKE_DONE}, .port = 90, .inode = 9};
    CHECK_DONE(read_table(), fixture.why);
    ck_assert_uint_eq(fixture.table.count, 3);
    ck_assert_uint_eq(fixture.table.rows[0].local.port, 80);
    ck_assert_mem_eq(fixture.table.rows[0].local.address, "\x0a\x00\x00\x01", 4);
    ck_assert_uint_eq(fixture.table.rows[0].state, SOCKET_LISTENING);
    ck_assert_uint_eq(fixture.table.rows[0].socket_id, 7);
    ck_assert_uint_eq(fixture.table.rows[0].pid, 0);
    ck_assert_uint_eq(fixture.table.rows[1].local.port, 81);
    ck_assert_uint_eq(fixture.table.rows[2].local.port, 90);
    ck_assert_int_eq(fake_sock_diag.requests, TABLES);
}
END_TEST

START_TEST(a_socket_that_comes_twice_in_a_dump_is_one_row)
{
    uint32_t inode = _i == 0 ? 7 : 0; /* by its inode, or by its ends where it has none */

    fake_sock_diag.answers[0] =
        (struct fake_answer){.messages = {FAKE_ROW}, .port = 80, .inode = inode};
    fake_sock_diag.answers[1] =
        (struct fake_answer){.messages = {FAKE_ROW, FAKE_DONE}, .port = 80, .inode = inode};
    CHECK_DONE(read_table(), fixture.why);
    ck_assert_uint_eq(fixture.table.count, 1);
}
END_TEST

START_TEST(two_sockets_on_one_port_are_two_rows)
{
    fake_sock_diag.answers[0] =
        (struct fake_answer){.messages = {FAKE_ROW}, .port = 80, .inode = 7};
    fake_sock_diag.answers[1] =
        (struct fake_answer){.messages = {FAKE_ROW, FAKE_DONE}, .port = 80, .inode = 8};
    CHECK_DONE(read_table(), fixture.why);
    ck_assert_uint_eq(fixture.table.count, 2);
}
END_TEST

/* Answers after which the dump is asked for anew, and what the rows before them are worth. */
static const struct fake_answer disturbances[] = {
    {.messages = {FAKE_ROW, FAKE_INTERRUPTED}, .port = 80, .inode = 5},
    {.messages = {FAKE_ROW, FAKE_ERROR}, .error = EINTR, .port = 80, .inode = 5},
    {.messages = {FAKE_ERROR}, .error = EBUSY},
    {.fails = ENOBUFS},
    {.messages = {FAKE_ROW}, .port = 80, .inode = 5, .full_size = 102400},
};

START_TEST(a_disturbed_dump_is_begun_again_on_a_new_channel)
{
    int opened = fake_sock_diag.opened;

    fake_sock_diag.answers[0] = disturbances[_i];
    fake_sock_diag.answers[1] =
        (struct fake_answer){.messages = {FAKE_ROW, FAKE_DONE}, .port = 90, .inode = 9};
    CHECK_DONE(read_table(), fixture.why);
    ck_assert_uint_eq(fixture.table.count, 1);
    ck_assert_uint_eq(fixture.table.rows[0].local.port, 90);
    ck_assert_int_eq(fake_sock_diag.opened, opened + 1);
    ck_assert_int_eq(fake_sock_diag.requests, TABLES + 1);
}
END_TEST

START_TEST(a_dump_that_is_always_disturbed_is_a_failure_and_no_rows)
{
    for (int i = 0; i < FAKE_ANSWERS; i++) {
        fake_sock_diag.answers[i] = disturbances[_i];
    }
    ck_assert(!read_table());
    CHECK_CONTAINS(fixture.why.text, "IPv4 TCP");
    ck_assert_uint_eq(fixture.table.count, 0);
    ck_assert_int_eq(fake_sock_diag.requests, ATTEMPTS);
}
END_TEST

static const struct fake_answer faults[] = {
    {.messages = {FAKE_ROW, FAKE_ERROR}, .error = EPERM, .port = 80},
    {.messages = {FAKE_ROW, FAKE_DONE_ERROR}, .error = EPERM, .port = 80},
    {.messages = {FAKE_ERROR}, .error = 0}, /* "no error" is no answer to a dump */
    {.messages = {FAKE_ROW, FAKE_CUT}, .port = 80},
    {.messages = {FAKE_SHORT_ROW}},
    {.fails = EAGAIN}, /* no answer within the time allowed */
};

START_TEST(any_other_fault_fails_at_once_and_the_next_reading_works)
{
    fake_sock_diag.answers[0] = faults[_i];
    ck_assert(!read_table());
    CHECK_CONTAINS(fixture.why.text, "cannot read the IPv4 TCP table");
    ck_assert_uint_eq(fixture.table.count, 0);
    ck_assert_int_eq(fake_sock_diag.requests, 1);
    CHECK_DONE(read_table(), fixture.why);
}
END_TEST

START_TEST(the_rest_of_another_request_is_ignored)
{
    fake_sock_diag.answers[0] = (struct fake_answer){
        .messages = {FAKE_FOREIGN, FAKE_ROW, FAKE_DONE}, .port = 80, .inode = 7};
    CHECK_DONE(read_table(), fixture.why);
    ck_assert_uint_eq(fixture.table.count, 1);
}
END_TEST

static const enum fake_message denials[] = {FAKE_ERROR, FAKE_DONE_ERROR};

START_TEST(a_family_that_is_missing_is_noted_and_no_failure)
{
    fake_sock_diag.no_family = true;
    fake_sock_diag.answers[1] = (struct fake_answer){.messages = {denials[_i]}, .error = ENOENT};
    CHECK_DONE(read_table(), fixture.why);
    ck_assert_uint_eq(fixture.table.lacks, SNAPSHOT_NO_IPV6_TCP);
}
END_TEST

START_TEST(a_kernel_without_the_module_is_a_failure_that_names_it)
{
    fake_sock_diag.answers[2] = (struct fake_answer){.messages = {denials[_i]}, .error = ENOENT};
    CHECK_FAILED(read_table(), FAILURE_MISSING, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "modprobe udp_diag");
    ck_assert_uint_eq(fixture.table.lacks, 0);
}
END_TEST

static Suite *socket_table_linux_suite(void)
{
    Suite *suite = suite_create("socket_table_linux");
    TCase *tests = tcase_create("socket_table_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, rows_of_several_datagrams_are_one_table);
    tcase_add_loop_test(tests, a_socket_that_comes_twice_in_a_dump_is_one_row, 0, 2);
    tcase_add_test(tests, two_sockets_on_one_port_are_two_rows);
    tcase_add_loop_test(tests, a_disturbed_dump_is_begun_again_on_a_new_channel, 0,
                        COUNT_OF(disturbances));
    tcase_add_loop_test(tests, a_dump_that_is_always_disturbed_is_a_failure_and_no_rows, 0,
                        COUNT_OF(disturbances) - 1);
    tcase_add_loop_test(tests, any_other_fault_fails_at_once_and_the_next_reading_works, 0,
                        COUNT_OF(faults));
    tcase_add_test(tests, the_rest_of_another_request_is_ignored);
    tcase_add_loop_test(tests, a_family_that_is_missing_is_noted_and_no_failure, 0,
                        COUNT_OF(denials));
    tcase_add_loop_test(tests, a_kernel_without_the_module_is_a_failure_that_names_it, 0,
                        COUNT_OF(denials));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(socket_table_linux_suite());
}
