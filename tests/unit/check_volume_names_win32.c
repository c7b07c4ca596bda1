/* SPDX-License-Identifier: MIT */

#include "tests/fake_volume_list_win32.h"
#include "tests/support.h"

#include "base/clock_fake.h"
#include "base/text.h"
#include "collector/volume_names_win32.h"

static const struct fake_volume_name machine[] = {
    {"\\Device\\HarddiskVolume3", "\\\\?\\Volume{3}\\", true, false},
    {"\\Device\\HarddiskVolume3", "C:\\", true, true},
    {"\\Device\\HarddiskVolume4", "\\\\?\\Volume{4}\\", true, false},
    {"\\Device\\HarddiskVolume4", "C:\\mounted\\here\\", true, true},
    {"\\Device\\HarddiskVolume4", "E:\\", true, true},
    {"\\Device\\HarddiskVolume30", "\\\\?\\Volume{30}\\", true, false},
    {"\\Device\\CdRom0", "\\\\?\\Volume{d}\\", false, false},
    {"\\Device\\CdRom0", "D:\\", false, true},
};

static struct text text;

/* Nothing is remembered from the test before. */
static void open_fixture(void)
{
    static int64_t start = 1000000;

    start += 1000000;
    clock_fake_reset();
    clock_fake_run(start);
    fake_volumes = (struct fake_volumes){.names = machine, .count = COUNT_OF(machine)};
}

static void close_fixture(void)
{
    text_clear(&text);
}

static const char *path_of(const char *device_path)
{
    text_reset(&text);
    volume_names_add_path(&text, device_path);
    return text_bytes(&text);
}

static const struct {
    const char *device_path;
    const char *path;
} paths[] = {
    {"\\??\\C:\\Windows\\a.dll", "C:\\Windows\\a.dll"},
    {"\\??\\C", "\\??\\C"},
    {"\\Device\\HarddiskVolume3\\Windows\\a.exe", "C:\\Windows\\a.exe"},
    {"\\device\\harddiskvolume3\\Windows\\a.exe", "C:\\Windows\\a.exe"},
    {"\\Device\\HarddiskVolume3", "C:\\"},
    {"\\Device\\HarddiskVolume4\\b.dll", "E:\\b.dll"}, /* the shorter of two places */
    {"\\Device\\CdRom0\\setup.exe", "D:\\setup.exe"},
    {"\\Device\\HarddiskVolume30\\c.exe", "\\Device\\HarddiskVolume30\\c.exe"},
    {"\\Device\\HarddiskVolume5\\c.exe", "\\Device\\HarddiskVolume5\\c.exe"},
    {"\\Device\\Mup\\server\\share\\d.exe", "\\\\server\\share\\d.exe"},
    {"\\Device\\Mup\\;LanmanRedirector\\;Z:0000\\server\\share\\d.exe", "\\\\server\\share\\d.exe"},
    {"\\Device\\LanmanRedirector\\;Z:0\\server\\share\\d.exe", "\\\\server\\share\\d.exe"},
    {"\\SystemRoot\\x", "\\SystemRoot\\x"},
    {"", ""},
};

START_TEST(a_device_path_becomes_what_people_call_it)
{
    ck_assert_str_eq(path_of(paths[_i].device_path), paths[_i].path);
}
END_TEST

static const struct {
    const char *device_path;
    bool local;
} places[] = {
    {"\\Device\\HarddiskVolume3\\a.exe", true},
    {"\\Device\\HarddiskVolume30\\a.exe", true},
    {"\\Device\\HarddiskVolume5\\a.exe", false},
    {"\\Device\\CdRom0\\a.exe", false},
    {"\\Device\\Mup\\server\\share\\a.exe", false},
    {"\\\\server\\share\\a.exe", false},
    {"C:\\a.exe", false},
    {"", false},
};

START_TEST(only_fixed_volumes_of_the_list_are_local)
{
    const char *rest = NULL;

    ck_assert_int_eq(volume_names_add_roots(&text, places[_i].device_path, &rest),
                     places[_i].local);
    if (places[_i].local) {
        ck_assert_str_eq(rest, "a.exe");
    } else {
        ck_assert_uint_eq(text.size, 0);
    }
}
END_TEST

START_TEST(the_roots_of_a_volume_are_all_of_its_names)
{
    const char *rest;
    static const char expected[] = "\\\\?\\Volume{4}\\\0C:\\mounted\\here\\\0E:\\";

    ck_assert(volume_names_add_roots(&text, "\\Device\\HarddiskVolume4\\f\\b.dll", &rest));
    ck_assert_uint_eq(text.size, sizeof(expected));
    ck_assert_mem_eq(text.bytes, expected, sizeof(expected));
    ck_assert_str_eq(rest, "f\\b.dll");
}
END_TEST

static const struct {
    const char *path;
    const char *device_path; /* NULL: none */
} letters[] = {
    {"C:\\Windows\\a.exe", "\\Device\\HarddiskVolume3\\Windows\\a.exe"},
    {"c:\\Windows\\a.exe", "\\Device\\HarddiskVolume3\\Windows\\a.exe"},
    {"C:\\mounted\\here\\b.dll", "\\Device\\HarddiskVolume4\\b.dll"}, /* the deepest */
    {"C:\\mounted\\there\\b.dll", "\\Device\\HarddiskVolume3\\mounted\\there\\b.dll"},
    {"D:\\setup.exe", NULL},
    {"X:\\a.exe", NULL},
    {"\\\\server\\share\\a.exe", NULL},
    {"a.exe", NULL},
};

START_TEST(a_path_of_a_letter_becomes_a_device_path)
{
    bool found = volume_names_add_device_path(&text, letters[_i].path);

    ck_assert_int_eq(found, letters[_i].device_path != NULL);
    ck_assert_str_eq(text_bytes(&text), found ? letters[_i].device_path : "");
}
END_TEST

START_TEST(the_list_is_read_again_for_a_name_it_lacks_but_not_at_once)
{
    path_of("\\Device\\HarddiskVolume3\\a");
    ck_assert_int_eq(fake_volumes.readings, 1);
    fake_volumes.count = 2;
    path_of("\\Device\\HarddiskVolume5\\a");
    ck_assert_int_eq(fake_volumes.readings, 1);
    clock_fake_run(3000);
    path_of("\\Device\\HarddiskVolume3\\a");
    ck_assert_int_eq(fake_volumes.readings, 1);
    path_of("\\Device\\HarddiskVolume5\\a");
    ck_assert_int_eq(fake_volumes.readings, 2);
    ck_assert_str_eq(path_of("\\Device\\CdRom0\\a"), "\\Device\\CdRom0\\a");
    ck_assert_int_eq(fake_volumes.readings, 2);
}
END_TEST

START_TEST(letters_that_are_given_to_other_volumes_are_noticed_within_a_minute)
{
    static const struct fake_volume_name changed[] = {
        {"\\Device\\HarddiskVolume3", "F:\\", true, true},
    };

    ck_assert_str_eq(path_of("\\Device\\HarddiskVolume3\\a"), "C:\\a");
    fake_volumes.names = changed;
    fake_volumes.count = 1;
    clock_fake_run(59999);
    ck_assert_str_eq(path_of("\\Device\\HarddiskVolume3\\a"), "C:\\a");
    clock_fake_run(1);
    ck_assert_str_eq(path_of("\\Device\\HarddiskVolume3\\a"), "F:\\a");
}
END_TEST

START_TEST(a_list_that_could_not_be_read_leaves_the_old_one)
{
    ck_assert_str_eq(path_of("\\Device\\HarddiskVolume3\\a"), "C:\\a");
    fake_volumes.no_memory = true;
    fake_volumes.count = 0;
    clock_fake_run(60000);
    ck_assert_str_eq(path_of("\\Device\\HarddiskVolume3\\a"), "C:\\a");
    ck_assert_int_eq(fake_volumes.readings, 2);
}
END_TEST

static Suite *volume_names_win32_suite(void)
{
    Suite *suite = suite_create("volume_names_win32");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_device_path_becomes_what_people_call_it, 0, COUNT_OF(paths));
    tcase_add_loop_test(tests, only_fixed_volumes_of_the_list_are_local, 0, COUNT_OF(places));
    tcase_add_test(tests, the_roots_of_a_volume_are_all_of_its_names);
    tcase_add_loop_test(tests, a_path_of_a_letter_becomes_a_device_path, 0, COUNT_OF(letters));
    tcase_add_test(tests, the_list_is_read_again_for_a_name_it_lacks_but_not_at_once);
    tcase_add_test(tests, letters_that_are_given_to_other_volumes_are_noticed_within_a_minute);
    tcase_add_test(tests, a_list_that_could_not_be_read_leaves_the_old_one);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(volume_names_win32_suite());
}
