/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "collector/service_calls_win32.h"

enum { BUFFER_SIZE = 256 * 1024 };

static struct {
    SC_HANDLE manager;
    BYTE *buffer;
} fixture;

static void open_fixture(void)
{
    ck_assert_uint_eq(service_calls_open(&fixture.manager), ERROR_SUCCESS);
    fixture.buffer = LocalAlloc(LMEM_FIXED, BUFFER_SIZE);
    ck_assert_ptr_nonnull(fixture.buffer);
}

static void close_fixture(void)
{
    service_calls_close(fixture.manager);
    LocalFree(fixture.buffer);
}

START_TEST(the_manager_lists_services_that_run_with_their_processes)
{
    const ENUM_SERVICE_STATUS_PROCESSW *rows = (const void *)fixture.buffer;
    DWORD needed;
    DWORD count;
    DWORD resume = 0;

    ck_assert_uint_eq(
        service_calls_list(fixture.manager, fixture.buffer, BUFFER_SIZE, &needed, &count, &resume),
        ERROR_SUCCESS);
    ck_assert_uint_gt(count, 0);
    for (DWORD i = 0; i < count; i++) {
        ck_assert_uint_gt(wcslen(rows[i].lpServiceName), 0);
        ck_assert_uint_ne(rows[i].ServiceStatusProcess.dwCurrentState, SERVICE_STOPPED);
    }
    ck_assert_uint_ne(rows[0].ServiceStatusProcess.dwProcessId, 0);
}
END_TEST

START_TEST(a_buffer_that_is_too_small_says_how_much_is_missing)
{
    DWORD needed;
    DWORD count;
    DWORD resume = 0;

    ck_assert_uint_eq(
        service_calls_list(fixture.manager, fixture.buffer, 8, &needed, &count, &resume),
        ERROR_MORE_DATA);
    ck_assert_uint_gt(needed, 0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_tag_that_nobody_has_is_an_error_and_no_name)
{
    wchar_t *name;

    ck_assert_uint_ne(service_calls_name_of_tag(GetCurrentProcessId(), 0x7fffffff, &name),
                      ERROR_SUCCESS);
    ck_assert_ptr_null(name);
}
END_TEST

static Suite *service_calls_win32_suite(void)
{
    Suite *suite = suite_create("service_calls_win32");
    TCase *tests = tcase_create("service_calls_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_manager_lists_services_that_run_with_their_processes);
    tcase_add_test(tests, a_buffer_that_is_too_small_says_how_much_is_missing);
    tcase_add_test(tests, a_tag_that_nobody_has_is_an_error_and_no_name);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(service_calls_win32_suite());
}
