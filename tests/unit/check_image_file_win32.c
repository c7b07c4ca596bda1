/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdlib.h>

#include <windows.h>

#include "base/file.h"
#include "base/text.h"
#include "base/utf16_win32.h"
#include "collector/image_file.h"

static struct image_file *file;

static void close_fixture(void)
{
    image_file_close(file);
    file = NULL;
}

static enum image_status identify(const char *name)
{
    struct image_identity identity = {0};

    return image_file_identify(name, &identity);
}

static enum image_status open_name(const char *name)
{
    struct image image = {.path = name};

    image_file_close(file);
    file = NULL;
    return image_file_open(&file, &image);
}

/* The program that runs, as the kernel names it and as people do; for free(). */
static char *own_device_path(void)
{
    wchar_t path[1000];
    DWORD units = 1000;

    ck_assert(QueryFullProcessImageNameW(GetCurrentProcess(), PROCESS_NAME_NATIVE, path, &units));
    return utf16_to_utf8(path);
}

static char *own_path(void)
{
    wchar_t path[1000];

    ck_assert_uint_ne(GetModuleFileNameW(NULL, path, 1000), 0);
    return utf16_to_utf8(path);
}

START_TEST(the_program_that_runs_is_the_same_by_both_of_its_names)
{
    char *device_path = own_device_path();
    char *path = own_path();
    struct image_identity by_device = {0};
    struct image_identity by_path = {0};
    struct image image = {.path = path, .source = device_path};
    char start[3] = {0};

    ck_assert_int_eq(image_file_identify(device_path, &by_device), IMAGE_READ);
    ck_assert_int_eq(image_file_identify(path, &by_path), IMAGE_READ);
    ck_assert(image_identity_equal(&by_device, &by_path));
    ck_assert_int_gt(by_path.size, 1000);
    image.identity = by_path;
    ck_assert_int_eq(image_file_open(&file, &image), IMAGE_READ);
    ck_assert_int_eq(image_file_read(file, 0, start, 2), 2);
    ck_assert_str_eq(start, "MZ");
    free(device_path);
    free(path);
}
END_TEST

static const char *const elsewhere[] = {
    "\\Device\\Mup\\server\\share\\a.exe",
    "\\Device\\LanmanRedirector\\;Z:0\\server\\share\\a.exe",
    "\\Device\\HarddiskVolume99\\a.exe",
    "\\Device\\NamedPipe\\a",
    "\\Device\\Null",
    "\\\\server\\share\\a.exe",
    "\\\\?\\UNC\\server\\share\\a.exe",
    "\\\\.\\pipe\\a",
    "\\??\\Q:\\windows\\system32\\ntdll.dll",
    "a.exe",
    "",
};

START_TEST(what_is_on_no_fixed_volume_is_not_opened)
{
    ck_assert_int_eq(identify(elsewhere[_i]), IMAGE_REMOTE);
    ck_assert_int_eq(open_name(elsewhere[_i]), IMAGE_REMOTE);
}
END_TEST

START_TEST(the_root_of_a_volume_is_no_file)
{
    ck_assert_int_eq(identify("C:\\"), IMAGE_NO_FILE);
    ck_assert_int_eq(identify("C:\\windows"), IMAGE_NO_FILE);
}
END_TEST

START_TEST(a_name_that_cannot_be_is_gone)
{
    struct text name = {0};

    ck_assert_int_eq(open_name("C:\\no\\such\\folder.exe"), IMAGE_GONE);
    text_add(&name, "C:\\");
    text_add_repeated(&name, 'x', 40000); /* no UNICODE_STRING holds it */
    ck_assert_int_eq(open_name(text_bytes(&name)), IMAGE_UNREADABLE);
    text_clear(&name);
}
END_TEST

START_TEST(a_file_that_we_have_open_can_be_deleted)
{
    struct text path = {0};
    struct failure why;

    support_write_text("doomed.bin", "x");
    CHECK_DONE(file_resolve(&path, "doomed.bin", &why), why);
    ck_assert_int_eq(open_name(text_bytes(&path)), IMAGE_READ);
    ck_assert(DeleteFileW(L"doomed.bin"));
    image_file_close(file);
    file = NULL;
    ck_assert_int_eq(identify(text_bytes(&path)), IMAGE_GONE);
    text_clear(&path);
}
END_TEST

START_TEST(a_file_that_somebody_has_for_himself_is_unreadable)
{
    struct text path = {0};
    struct failure why;
    HANDLE handle;

    support_write_text("taken.bin", "x");
    CHECK_DONE(file_resolve(&path, "taken.bin", &why), why);
    handle = CreateFileW(L"taken.bin", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    ck_assert_ptr_ne(handle, INVALID_HANDLE_VALUE);
    ck_assert_int_eq(open_name(text_bytes(&path)), IMAGE_UNREADABLE);
    ck_assert_int_eq(identify(text_bytes(&path)), IMAGE_READ); /* looking is no reading */
    CloseHandle(handle);
    ck_assert_int_eq(open_name(text_bytes(&path)), IMAGE_READ);
    text_clear(&path);
}
END_TEST

static Suite *image_file_win32_suite(void)
{
    Suite *suite = suite_create("image_file_win32");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, NULL, close_fixture);
    tcase_add_test(tests, the_program_that_runs_is_the_same_by_both_of_its_names);
    tcase_add_loop_test(tests, what_is_on_no_fixed_volume_is_not_opened, 0, COUNT_OF(elsewhere));
    tcase_add_test(tests, the_root_of_a_volume_is_no_file);
    tcase_add_test(tests, a_name_that_cannot_be_is_gone);
    tcase_add_test(tests, a_file_that_we_have_open_can_be_deleted);
    tcase_add_test(tests, a_file_that_somebody_has_for_himself_is_unreadable);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(image_file_win32_suite());
}
