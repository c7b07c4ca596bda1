/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "base/process_self.h"
#include "collector/process_table.h"
#include "tests/support_process.h"

static struct {
    struct process_reader *reader;
    struct process_table table;
    struct process_details details;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(process_reader_open(&fixture.reader, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    process_details_clear(&fixture.details);
    process_table_clear(&fixture.table);
    process_reader_close(fixture.reader);
}

static uint64_t own_start(void)
{
    const struct process_row *row;

    CHECK_DONE(process_reader_read(fixture.reader, &fixture.table, &fixture.why), fixture.why);
    row = process_table_find(&fixture.table, process_self_pid());
    ck_assert_ptr_nonnull(row);
    return row->start;
}

START_TEST(opening_our_own_process_tells_its_path)
{
    uint64_t start = own_start();
    const char *name;

    support_read_details(process_self_pid(), start, 0, &fixture.details);
    ck_assert_int_eq(fixture.details.access, PROCESS_OPENED);
    ck_assert_ptr_nonnull(fixture.details.path);
    name = strstr(fixture.details.path, "check_process_details");
    ck_assert_msg(name != NULL && name > fixture.details.path, "our path is %s",
                  fixture.details.path);
}
END_TEST

START_TEST(a_pid_with_another_start_is_gone)
{
    uint64_t start = own_start();

    support_read_details(process_self_pid(), start + 1, 0, &fixture.details);
    ck_assert_int_eq(fixture.details.access, PROCESS_GONE);
    ck_assert_ptr_null(fixture.details.path);
}
END_TEST

START_TEST(a_pid_that_nobody_has_is_gone)
{
    support_read_details(0xfffffff0, 1, 0, &fixture.details);
    ck_assert_int_eq(fixture.details.access, PROCESS_GONE);
    ck_assert_ptr_null(fixture.details.path);
}
END_TEST

static Suite *process_details_suite(void)
{
    Suite *suite = suite_create("process_details");
    TCase *tests = tcase_create("process_details");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, opening_our_own_process_tells_its_path);
    tcase_add_test(tests, a_pid_with_another_start_is_gone);
    tcase_add_test(tests, a_pid_that_nobody_has_is_gone);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(process_details_suite());
}
