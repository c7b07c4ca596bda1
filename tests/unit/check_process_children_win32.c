/* SPDX-License-Identifier: MIT */

/*
 * Real processes of Windows, with the test program itself as the child: it
 * waits, and does nothing else, where it is started with arguments.
 */

#include "tests/support.h"

#include <windows.h>

#include <stdlib.h>

#include "base/utf16_win32.h"
#include "collector/process_calls_win32.h"
#include "collector/process_details.h"

enum {
    LONG_LINE = 30000,
    PATIENCE_MS = 20000,
    PATH_UNITS = 32768,
};

static struct {
    PROCESS_INFORMATION child;
    wchar_t *line;
    struct process_handle *handle;
    struct process_details details;
    struct module_table modules;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void end_child(void)
{
    if (fixture.child.hProcess != NULL) {
        TerminateProcess(fixture.child.hProcess, 0);
        WaitForSingleObject(fixture.child.hProcess, PATIENCE_MS);
    }
}

static void close_fixture(void)
{
    end_child();
    if (fixture.child.hProcess != NULL) {
        CloseHandle(fixture.child.hThread);
        CloseHandle(fixture.child.hProcess);
    }
    process_handle_close(fixture.handle);
    process_details_clear(&fixture.details);
    module_table_clear(&fixture.modules);
    free(fixture.line);
}

/* "our own program" and behind it `argument`, filled up to `units` with letters. */
static void make_line(const wchar_t *argument, size_t units)
{
    size_t length;

    fixture.line = calloc(PATH_UNITS * 2, sizeof(wchar_t));
    ck_assert_ptr_nonnull(fixture.line);
    fixture.line[0] = L'"';
    length = 1 + GetModuleFileNameW(NULL, fixture.line + 1, PATH_UNITS);
    fixture.line[length++] = L'"';
    fixture.line[length++] = L' ';
    memcpy(fixture.line + length, argument, wcslen(argument) * sizeof(wchar_t));
    length += wcslen(argument);
    while (length < units) {
        fixture.line[length++] = L'x';
    }
}

/* Starts it and waits until its loader is done. */
static void start_child(const wchar_t *argument, size_t units)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    wchar_t *copy;

    make_line(argument, units);
    copy = calloc(PATH_UNITS * 2, sizeof(wchar_t)); /* the call may write to it */
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, fixture.line, PATH_UNITS * 2 * sizeof(wchar_t));
    ck_assert(
        CreateProcessW(NULL, copy, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &fixture.child));
    free(copy);
}

static void hold_child(void)
{
    enum process_access access;
    uint64_t start = 0;

    ck_assert_uint_eq(process_calls_start(fixture.child.hProcess, &start), ERROR_SUCCESS);
    CHECK_DONE(process_handle_open(&fixture.handle, fixture.child.dwProcessId, start, &access,
                                   &fixture.why),
               fixture.why);
    ck_assert_int_eq(access, PROCESS_OPENED);
}

static void read_child(void)
{
    hold_child();
    CHECK_DONE(process_details_read(fixture.handle, PROCESS_WISH_COMMAND_LINE, &fixture.details,
                                    &fixture.why),
               fixture.why);
}

static void check_line(void)
{
    char *line = utf16_to_utf8(fixture.line);

    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_nonnull(fixture.details.command_line);
    ck_assert_str_eq(fixture.details.command_line, line);
    free(line);
}

START_TEST(the_command_line_of_a_child_is_read_as_it_was_given)
{
    start_child(L"wait \x00e4\x0416\x4e2d \xd83d\xde00 \"a b\"", 0);
    read_child();
    check_line();
    ck_assert_ptr_nonnull(fixture.details.user);
    ck_assert_int_ne(fixture.details.integrity, PROCESS_INTEGRITY_UNKNOWN);
}
END_TEST

START_TEST(a_command_line_of_30000_characters_is_read_whole)
{
    start_child(L"wait ", LONG_LINE);
    read_child();
    ck_assert_uint_ge(strlen(fixture.details.command_line), LONG_LINE);
    check_line();
}
END_TEST

START_TEST(a_child_that_ends_while_it_is_held_is_gone)
{
    start_child(L"wait", 0);
    hold_child();
    end_child();
    CHECK_DONE(process_details_read(fixture.handle, 0, &fixture.details, &fixture.why),
               fixture.why);
    ck_assert_int_eq(fixture.details.denied, 0);
    ck_assert_int_eq(fixture.details.access == PROCESS_GONE, fixture.details.path == NULL);
    CHECK_DONE(module_table_read(fixture.handle, &fixture.modules, &fixture.why), fixture.why);
    ck_assert_int_eq(fixture.modules.access, MODULES_GONE);
}
END_TEST

static const struct module_row *find_module(uint64_t base)
{
    for (size_t i = 0; i < fixture.modules.count; i++) {
        if (fixture.modules.rows[i].base == base) {
            return &fixture.modules.rows[i];
        }
    }
    return NULL;
}

static void read_own_modules(void)
{
    enum process_access access;
    uint64_t start = 0;

    if (fixture.handle == NULL) {
        ck_assert_uint_eq(process_calls_start(GetCurrentProcess(), &start), ERROR_SUCCESS);
        CHECK_DONE(process_handle_open(&fixture.handle, GetCurrentProcessId(), start, &access,
                                       &fixture.why),
                   fixture.why);
    }
    CHECK_DONE(module_table_read(fixture.handle, &fixture.modules, &fixture.why), fixture.why);
    ck_assert_int_eq(fixture.modules.access, MODULES_READ);
    ck_assert(fixture.modules.has_own_list);
}

START_TEST(a_library_is_seen_from_its_loading_to_its_unloading)
{
    HMODULE library = LoadLibraryExW(L"cabinet.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    uint64_t base = (uintptr_t)library;
    const struct module_row *row;

    ck_assert_ptr_nonnull(library);
    read_own_modules();
    row = find_module(base);
    ck_assert_ptr_nonnull(row);
    CHECK_CONTAINS(module_table_path(&fixture.modules, row), "cabinet.dll");
    CHECK_CONTAINS(module_table_source(&fixture.modules, row), "cabinet.dll");
    ck_assert_int_eq(row->flags, 0);
    ck_assert_uint_gt(row->size, 0x1000);
    FreeLibrary(library);
    read_own_modules();
    ck_assert_ptr_null(find_module(base));
}
END_TEST

START_TEST(a_program_that_is_mapped_behind_the_loaders_back_is_hidden)
{
    static const wchar_t library[] = L"\\cabinet.dll";
    wchar_t path[PATH_UNITS / 8];
    UINT length = GetSystemDirectoryW(path, COUNT_OF(path) - COUNT_OF(library));
    HANDLE file;
    HANDLE section;
    const void *view;

    ck_assert_uint_gt(length, 0);
    ck_assert_uint_lt(length, PATH_UNITS / 8 - COUNT_OF(library));
    memcpy(path + length, library, sizeof(library));
    file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    ck_assert(file != INVALID_HANDLE_VALUE);
    section = CreateFileMappingW(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    ck_assert_ptr_nonnull(section);
    view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    ck_assert_ptr_nonnull(view);
    read_own_modules();
    ck_assert_ptr_nonnull(find_module((uintptr_t)view));
    ck_assert_int_eq(find_module((uintptr_t)view)->flags, MODULE_HIDDEN);
    UnmapViewOfFile(view);
    CloseHandle(section);
    CloseHandle(file);
}
END_TEST

static Suite *process_children_win32_suite(void)
{
    Suite *suite = suite_create("process_children_win32");
    TCase *tests = tcase_create("process_children_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_command_line_of_a_child_is_read_as_it_was_given);
    tcase_add_test(tests, a_command_line_of_30000_characters_is_read_whole);
    tcase_add_test(tests, a_child_that_ends_while_it_is_held_is_gone);
    tcase_add_test(tests, a_library_is_seen_from_its_loading_to_its_unloading);
    tcase_add_test(tests, a_program_that_is_mapped_behind_the_loaders_back_is_hidden);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1) {
        Sleep(PATIENCE_MS);
        return 0;
    }
    return support_run_suite(process_children_win32_suite());
}
