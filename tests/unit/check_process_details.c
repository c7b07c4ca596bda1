/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "base/process_self.h"
#include "collector/process_table.h"
#include "tests/support_process.h"

static struct {
    struct process_reader *reader;
    struct process_table table;
    struct process_details details;
    struct module_table modules;
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
    module_table_clear(&fixture.modules);
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

static void read_own_modules(void)
{
    struct process_handle *handle = NULL;
    enum process_access access;

    CHECK_DONE(process_handle_open(&handle, process_self_pid(), own_start(), &access, &fixture.why),
               fixture.why);
    ck_assert_ptr_nonnull(handle);
    CHECK_DONE(module_table_read(handle, &fixture.modules, &fixture.why), fixture.why);
    process_handle_close(handle);
}

START_TEST(our_own_command_line_and_user_are_known)
{
    uint64_t start = own_start();

    support_read_details(process_self_pid(), start, PROCESS_WISH_COMMAND_LINE, &fixture.details);
    ck_assert_ptr_nonnull(fixture.details.command_line);
    CHECK_CONTAINS(fixture.details.command_line, "check_process_details");
    ck_assert_ptr_nonnull(fixture.details.user);
    ck_assert_int_eq(fixture.details.denied, 0);
}
END_TEST

START_TEST(our_own_modules_are_in_our_own_list)
{
    const char *program = NULL;

    read_own_modules();
    ck_assert_int_eq(fixture.modules.access, MODULES_READ);
    ck_assert(fixture.modules.has_own_list);
    for (size_t i = 0; i < fixture.modules.count; i++) {
        const struct module_row *row = &fixture.modules.rows[i];
        const char *path = module_table_path(&fixture.modules, row);

        ck_assert_msg(row->flags == 0, "%s has the flags %d", path, row->flags);
        ck_assert_uint_gt(row->size, 0);
        ck_assert(i == 0 || row->base > row[-1].base);
        program = strstr(path, "check_process_details") != NULL ? path : program;
    }
    ck_assert_ptr_nonnull(program);
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
    tcase_add_test(tests, our_own_command_line_and_user_are_known);
    tcase_add_test(tests, our_own_modules_are_in_our_own_list);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(process_details_suite());
}
