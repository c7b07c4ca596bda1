/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "base/clock.h"
#include "base/process_self.h"
#include "collector/process_instance.h"
#include "collector/process_table.h"

enum { A_DAY = 24 * 3600 * 1000 };

static struct {
    struct process_reader *reader;
    struct process_table table;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(process_reader_open(&fixture.reader, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    process_table_clear(&fixture.table);
    process_reader_close(fixture.reader);
}

static const struct process_row *read_own_row(void)
{
    const struct process_row *row;

    CHECK_DONE(process_reader_read(fixture.reader, &fixture.table, &fixture.why), fixture.why);
    row = process_table_find(&fixture.table, process_self_pid());
    ck_assert_ptr_nonnull(row);
    return row;
}

START_TEST(our_own_process_is_listed_by_its_file_name)
{
    const struct process_row *row = read_own_row();
    const char *name = process_table_name(&fixture.table, row);

    /* Linux cuts names after 15 bytes. */
    ck_assert_msg(strncmp(name, "check_process_table", 15) == 0, "we are called %s", name);
}
END_TEST

START_TEST(our_own_process_started_a_moment_ago)
{
    const struct process_row *row = read_own_row();
    int64_t now = clock_now();

    ck_assert_int_le(row->started_at, now);
    ck_assert_int_gt(row->started_at, now - A_DAY);
    ck_assert_uint_gt(row->start, 0);
}
END_TEST

START_TEST(a_start_is_the_same_in_every_reading)
{
    uint64_t start = read_own_row()->start;

    ck_assert_uint_eq(read_own_row()->start, start);
}
END_TEST

START_TEST(rows_are_in_the_order_of_pids)
{
    read_own_row();
    for (size_t i = 1; i < fixture.table.count; i++) {
        ck_assert_uint_lt(fixture.table.rows[i - 1].pid, fixture.table.rows[i].pid);
    }
    for (size_t i = 0; i < fixture.table.count; i++) {
        ck_assert_ptr_eq(process_table_find(&fixture.table, fixture.table.rows[i].pid),
                         &fixture.table.rows[i]);
    }
}
END_TEST

START_TEST(a_pid_that_nobody_has_is_not_found)
{
    read_own_row();
    ck_assert_ptr_null(process_table_find(&fixture.table, 0xfffffff0));
    process_table_clear(&fixture.table);
    ck_assert_ptr_null(process_table_find(&fixture.table, process_self_pid()));
}
END_TEST

START_TEST(rows_can_be_added_in_any_order)
{
    static const uint32_t pids[] = {7, 3, 5};

    for (int i = 0; i < COUNT_OF(pids); i++) {
        struct process_row row = {.pid = pids[i], .start = pids[i] + 1};
        char name[] = {(char)('0' + pids[i]), '\0'};

        CHECK_DONE(process_table_add(&fixture.table, &row, name, 1, &fixture.why), fixture.why);
    }
    process_table_sort(&fixture.table);
    for (int i = 0; i < COUNT_OF(pids); i++) {
        const struct process_row *row = process_table_find(&fixture.table, pids[i]);

        ck_assert_ptr_nonnull(row);
        ck_assert_uint_eq(row->start, pids[i] + 1);
        ck_assert_int_eq(process_table_name(&fixture.table, row)[0], (char)('0' + pids[i]));
    }
}
END_TEST

START_TEST(a_name_that_is_not_utf8_is_repaired)
{
    struct process_row row = {.pid = 1};

    CHECK_DONE(process_table_add(&fixture.table, &row, "a\xff", 2, &fixture.why), fixture.why);
    ck_assert_str_eq(process_table_name(&fixture.table, fixture.table.rows), "a\xef\xbf\xbd");
}
END_TEST

static Suite *process_table_suite(void)
{
    Suite *suite = suite_create("process_table");
    TCase *tests = tcase_create("process_table");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, our_own_process_is_listed_by_its_file_name);
    tcase_add_test(tests, our_own_process_started_a_moment_ago);
    tcase_add_test(tests, a_start_is_the_same_in_every_reading);
    tcase_add_test(tests, rows_are_in_the_order_of_pids);
    tcase_add_test(tests, a_pid_that_nobody_has_is_not_found);
    tcase_add_test(tests, rows_can_be_added_in_any_order);
    tcase_add_test(tests, a_name_that_is_not_utf8_is_repaired);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(process_table_suite());
}
