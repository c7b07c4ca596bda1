/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <windows.h>

#include "base/paths.h"
#include "tests/support.h"

static struct {
    struct text path;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    text_clear(&fixture.path);
}

static const struct {
    const char *path;
    const char *base_name;
    const char *folder;
} parts[] = {
    {"C:\\data\\ledger.db", "ledger.db", "C:\\data"},
    {"C:\\data/ledger.db", "ledger.db", "C:\\data"},
    {"C:\\ledger.db", "ledger.db", "C:\\"},
    {"C:ledger.db", "ledger.db", "C:"}, /* in the present folder of drive C */
    {"C:\\", "", "C:\\"},
    {"\\ledger.db", "ledger.db", "\\"},
    {"\\\\server\\share\\x\\ledger.db", "ledger.db", "\\\\server\\share\\x"},
    {"\\\\?\\C:\\ledger.db", "ledger.db", "\\\\?\\C:\\"},
    {"\\\\?\\C:\\data\\ledger.db", "ledger.db", "\\\\?\\C:\\data"},
};

START_TEST(a_path_is_a_folder_and_a_name)
{
    paths_add_folder(&fixture.path, parts[_i].path);
    ck_assert_str_eq(paths_base_name(parts[_i].path), parts[_i].base_name);
    ck_assert_str_eq(text_bytes(&fixture.path), parts[_i].folder);
}
END_TEST

static const struct {
    const char *folder;
    const char *joined;
} joins[] = {
    {"C:\\data", "C:\\data\\x"},
    {"C:\\data/", "C:\\data/x"},
    {"C:\\", "C:\\x"},
    {"C:", "C:x"},
    {"\\\\server\\share", "\\\\server\\share\\x"},
};

START_TEST(a_part_is_joined_with_a_backslash)
{
    text_add(&fixture.path, joins[_i].folder);
    paths_add_part(&fixture.path, "x");
    ck_assert_str_eq(text_bytes(&fixture.path), joins[_i].joined);
}
END_TEST

/* The environment of a service is not the one of the person who asks. */
START_TEST(the_environment_does_not_move_the_ledger)
{
    struct text moved = {0};

    CHECK_DONE(paths_ledger_file(&fixture.path, &fixture.why), fixture.why);
    CHECK_CONTAINS(text_bytes(&fixture.path), "\\PortLedger\\ledger.db");
    ck_assert(SetEnvironmentVariableW(L"ProgramData", L"C:\\elsewhere"));
    CHECK_DONE(paths_ledger_file(&moved, &fixture.why), fixture.why);
    ck_assert_str_eq(text_bytes(&moved), text_bytes(&fixture.path));
    text_clear(&moved);
}
END_TEST

static Suite *paths_win32_suite(void)
{
    Suite *suite = suite_create("paths_win32");
    TCase *tests = tcase_create("paths_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_path_is_a_folder_and_a_name, 0, COUNT_OF(parts));
    tcase_add_loop_test(tests, a_part_is_joined_with_a_backslash, 0, COUNT_OF(joins));
    tcase_add_test(tests, the_environment_does_not_move_the_ledger);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(paths_win32_suite());
}
