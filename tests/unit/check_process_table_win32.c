/* SPDX-License-Identifier: MIT */

#include "tests/fake_process_list_win32.h"
#include "tests/support.h"

#include "collector/process_table.h"

enum {
    STEP = sizeof(struct system_process),
    COUNT = 3,
    ATTEMPTS = 8,
};

static struct {
    struct process_reader *reader;
    struct process_table table;
    struct system_process list[COUNT];
    struct failure why;
} fixture;

static void open_fixture(void)
{
    static const wchar_t name[] = L"a.exe";

    memset(&fixture, 0, sizeof(fixture));
    for (int i = 0; i < COUNT; i++) {
        fixture.list[i] = (struct system_process){
            .next = i + 1 < COUNT ? STEP : 0,
            .created_at.QuadPart = 133000000000000000,
            .name = name,
            .name_bytes = sizeof(name) - sizeof(name[0]),
            .pid = (HANDLE)(uintptr_t)(40 - 4 * i),
        };
    }
    fake_process_list =
        (struct fake_process_list){.bytes = fixture.list, .size = sizeof(fixture.list)};
    CHECK_DONE(process_reader_open(&fixture.reader, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    process_table_clear(&fixture.table);
    process_reader_close(fixture.reader);
}

static void read_table(void)
{
    CHECK_DONE(process_reader_read(fixture.reader, &fixture.table, &fixture.why), fixture.why);
}

START_TEST(a_list_is_taken_apart_and_ordered)
{
    read_table();
    ck_assert_uint_eq(fixture.table.count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_uint_eq(fixture.table.rows[i].pid, (ULONG)(32 + 4 * i));
        ck_assert_str_eq(process_table_name(&fixture.table, &fixture.table.rows[i]), "a.exe");
    }
    ck_assert_int_eq(fake_process_list.calls, 1);
}
END_TEST

static const ULONG growths[] = {0, 1, 1024 * 1024}; /* 0: it does not say how much it takes */

START_TEST(a_list_that_grows_is_asked_for_again)
{
    fake_process_list.growth = growths[_i];
    fake_process_list.growing = ATTEMPTS - 1;
    read_table();
    ck_assert_uint_eq(fixture.table.count, COUNT);
    ck_assert_int_eq(fake_process_list.calls, ATTEMPTS);
}
END_TEST

START_TEST(a_list_that_grows_for_ever_is_given_up)
{
    fake_process_list.growth = growths[_i];
    fake_process_list.growing = 1000;
    CHECK_FAILED(process_reader_read(fixture.reader, &fixture.table, &fixture.why), FAILURE_SYSTEM,
                 fixture.why);
    ck_assert_ptr_nonnull(strstr(fixture.why.text, "0xc0000004"));
    ck_assert_int_eq(fake_process_list.calls, ATTEMPTS);
    ck_assert_uint_eq(fixture.table.count, 0);
    fake_process_list.growing = 0;
    read_table();
    ck_assert_uint_eq(fixture.table.count, COUNT);
}
END_TEST

static const struct {
    LONG status;
    enum failure_kind kind;
} errors[] = {
    {(LONG)0xC0000022, FAILURE_SYSTEM},
    {PROCESS_LIST_NO_CALL, FAILURE_MISSING},
};

START_TEST(a_call_that_fails_is_a_failure)
{
    read_table();
    fake_process_list.status = errors[_i].status;
    CHECK_FAILED(process_reader_read(fixture.reader, &fixture.table, &fixture.why), errors[_i].kind,
                 fixture.why);
    ck_assert_uint_eq(fixture.table.count, 0);
}
END_TEST

static const struct {
    ULONG next; /* of the second of three */
    size_t count;
} chains[] = {
    {STEP, 3},
    {0, 2},            /* an early end */
    {2 * STEP, 2},     /* behind the last */
    {2 * STEP - 1, 2}, /* one that is not whole */
    {STEP + 1, 2},     /* likewise */
    {0x7fffffff, 2},   /* far away */
    {0xffffffff, 2},   /* likewise; with what is before it, it would lead backwards */
    {0xffffffff - STEP + 1, 2},
};

START_TEST(a_broken_chain_ends_the_list)
{
    fixture.list[1].next = chains[_i].next;
    read_table();
    ck_assert_uint_eq(fixture.table.count, chains[_i].count);
}
END_TEST

static const ULONG sizes[] = {0, 1, STEP - 1};

START_TEST(what_is_too_short_for_one_is_none)
{
    fake_process_list.size = sizes[_i];
    read_table();
    ck_assert_uint_eq(fixture.table.count, 0);
}
END_TEST

static Suite *process_table_suite(void)
{
    Suite *suite = suite_create("process_table_win32");
    TCase *tests = tcase_create("process_table_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_list_is_taken_apart_and_ordered);
    tcase_add_loop_test(tests, a_list_that_grows_is_asked_for_again, 0, COUNT_OF(growths));
    tcase_add_loop_test(tests, a_list_that_grows_for_ever_is_given_up, 0, COUNT_OF(growths));
    tcase_add_loop_test(tests, a_call_that_fails_is_a_failure, 0, COUNT_OF(errors));
    tcase_add_loop_test(tests, a_broken_chain_ends_the_list, 0, COUNT_OF(chains));
    tcase_add_loop_test(tests, what_is_too_short_for_one_is_none, 0, COUNT_OF(sizes));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(process_table_suite());
}
