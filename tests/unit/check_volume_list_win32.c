/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <windows.h>

#include "base/text.h"
#include "base/utf16_win32.h"
#include "collector/volume_list_win32.h"
#include "collector/volume_names_win32.h"

/* The list of the machine that the test runs on. */
static struct volume_list list;

static void open_fixture(void)
{
    ck_assert(volume_list_read(&list));
}

static void close_fixture(void)
{
    volume_list_clear(&list);
}

static const char *text_at(size_t offset)
{
    return text_bytes(&list.texts) + offset;
}

static const struct volume_name *find(const char *name)
{
    for (size_t i = 0; i < list.count; i++) {
        if (strcmp(text_at(list.names[i].name), name) == 0) {
            return &list.names[i];
        }
    }
    return NULL;
}

START_TEST(the_system_drive_is_a_fixed_volume_with_the_device_that_the_kernel_names)
{
    const struct volume_name *drive = find("C:\\");
    wchar_t device[200];
    char *expected;

    ck_assert_ptr_nonnull(drive);
    ck_assert(drive->fixed);
    ck_assert(drive->for_people);
    ck_assert_uint_ne(QueryDosDeviceW(L"C:", device, 200), 0);
    expected = utf16_to_utf8(device);
    ck_assert_str_eq(text_at(drive->device), expected);
    free(expected);
}
END_TEST

START_TEST(a_volume_has_a_name_of_its_own_beside_its_letter)
{
    const struct volume_name *drive = find("C:\\");
    int own = 0;

    ck_assert_ptr_nonnull(drive);
    for (size_t i = 0; i < list.count; i++) {
        if (!list.names[i].for_people &&
            strcmp(text_at(list.names[i].device), text_at(drive->device)) == 0) {
            ck_assert_int_eq(strncmp(text_at(list.names[i].name), "\\\\?\\Volume{", 11), 0);
            ck_assert(list.names[i].fixed);
            own++;
        }
    }
    ck_assert_int_eq(own, 1);
}
END_TEST

START_TEST(a_letter_that_stands_for_a_folder_is_no_volume)
{
    ck_assert(DefineDosDeviceW(DDD_RAW_TARGET_PATH, L"Q:", L"\\??\\C:\\windows"));
    volume_list_clear(&list);
    ck_assert(volume_list_read(&list));
    ck_assert(DefineDosDeviceW(DDD_REMOVE_DEFINITION, L"Q:", NULL));
    ck_assert_ptr_nonnull(find("C:\\"));
    ck_assert_ptr_null(find("Q:\\"));
}
END_TEST

START_TEST(the_program_that_runs_is_called_by_its_letter)
{
    wchar_t module[1000];
    wchar_t device[1000];
    DWORD size = 1000;
    struct text path = {0};
    char *expected;
    char *from;

    ck_assert_uint_ne(GetModuleFileNameW(NULL, module, 1000), 0);
    ck_assert(QueryFullProcessImageNameW(GetCurrentProcess(), PROCESS_NAME_NATIVE, device, &size));
    expected = utf16_to_utf8(module);
    from = utf16_to_utf8(device);
    volume_names_add_path(&path, from);
    ck_assert_str_eq(text_bytes(&path), expected);
    text_reset(&path);
    ck_assert(volume_names_add_device_path(&path, expected));
    ck_assert(text_equal_fold(text_bytes(&path), from));
    text_clear(&path);
    free(expected);
    free(from);
}
END_TEST

static Suite *volume_list_win32_suite(void)
{
    Suite *suite = suite_create("volume_list_win32");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_system_drive_is_a_fixed_volume_with_the_device_that_the_kernel_names);
    tcase_add_test(tests, a_volume_has_a_name_of_its_own_beside_its_letter);
    tcase_add_test(tests, a_letter_that_stands_for_a_folder_is_no_volume);
    tcase_add_test(tests, the_program_that_runs_is_called_by_its_letter);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(volume_list_win32_suite());
}
