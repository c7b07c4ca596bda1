/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <stdlib.h>

#include <windows.h>

#include "base/system_dll_win32.h"
#include "base/utf16_win32.h"
#include "tests/support.h"

#define FFFD "\xEF\xBF\xBD"

static struct {
    struct text text;
    wchar_t *wide;
    char *bytes;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    text_clear(&fixture.text);
    free(fixture.wide);
    free(fixture.bytes);
}

/* The same text in both forms. */
static const struct {
    const wchar_t *wide;
    const char *bytes;
} pairs[] = {
    {L"", ""},
    {L"ledger.db", "ledger.db"},
    {L"\x00FC", "\xC3\xBC"},
    {L"\x07FF\x0800", "\xDF\xBF\xE0\xA0\x80"},
    {L"\x65E5\x672C", "\xE6\x97\xA5\xE6\x9C\xAC"},
    {L"\xFFFD", FFFD},
    {L"\xFFFF", "\xEF\xBF\xBF"},
    {L"\xD800\xDC00", "\xF0\x90\x80\x80"},
    {L"\xD83D\xDE00", "\xF0\x9F\x98\x80"},
    {L"\xDBFF\xDFFF", "\xF4\x8F\xBF\xBF"},
    {L"a\xD83D\xDE00z", "a\xF0\x9F\x98\x80z"},
};

START_TEST(a_text_is_the_same_in_both_forms)
{
    fixture.bytes = utf16_to_utf8(pairs[_i].wide);
    fixture.wide = utf16_from_utf8(pairs[_i].bytes);
    ck_assert_str_eq(fixture.bytes, pairs[_i].bytes);
    ck_assert_int_eq(wcscmp(fixture.wide, pairs[_i].wide), 0);
}
END_TEST

static const struct {
    wchar_t wide[4];
    size_t units;
    const char *bytes;
} broken[] = {
    {{0xD800}, 1, FFFD},
    {{0xDBFF, L'x'}, 2, FFFD "x"},
    {{0xDC00, L'x'}, 2, FFFD "x"},
    {{L'x', 0xD83D}, 2, "x" FFFD}, /* the second half is beyond the end */
    {{0xD83D, 0xD83D, 0xDE00}, 3, FFFD "\xF0\x9F\x98\x80"},
    {{0xDE00, 0xD83D}, 2, FFFD FFFD},
};

START_TEST(an_unpaired_surrogate_is_replaced)
{
    utf16_add(&fixture.text, broken[_i].wide, broken[_i].units);
    ck_assert_str_eq(text_bytes(&fixture.text), broken[_i].bytes);
}
END_TEST

static const struct {
    const char *bytes;
    const wchar_t *wide;
} invalid[] = {
    {"\xFF", L"\xFFFD"},
    {"a\xC3", L"a\xFFFD"},                             /* cut */
    {"\xC0\xAF", L"\xFFFD\xFFFD"},                     /* an overlong slash */
    {"\xED\xA0\x80", L"\xFFFD\xFFFD\xFFFD"},           /* a surrogate */
    {"\xF4\x90\x80\x80", L"\xFFFD\xFFFD\xFFFD\xFFFD"}, /* beyond the last character */
};

START_TEST(what_is_no_utf8_is_replaced)
{
    fixture.wide = utf16_from_utf8(invalid[_i].bytes);
    ck_assert_int_eq(wcscmp(fixture.wide, invalid[_i].wide), 0);
}
END_TEST

START_TEST(a_zero_is_a_character_like_others)
{
    static const wchar_t wide[] = {L'a', L'\0', L'b'};
    size_t units;

    utf16_add(&fixture.text, wide, 3);
    ck_assert_uint_eq(fixture.text.size, 3);
    ck_assert_mem_eq(fixture.text.bytes, "a\0b", 3);
    fixture.wide = utf16_from_bytes("a\0b", 3, &units);
    ck_assert_uint_eq(units, 3);
    ck_assert_mem_eq(fixture.wide, wide, sizeof(wide));
    ck_assert_int_eq(fixture.wide[3], 0);
}
END_TEST

START_TEST(every_character_comes_back)
{
    for (uint32_t code_point = 1; code_point <= 0x10FFFF; code_point++) {
        wchar_t *wide;
        char *bytes;

        text_reset(&fixture.text);
        text_add_code_point(&fixture.text, code_point);
        wide = utf16_from_utf8(text_bytes(&fixture.text));
        bytes = utf16_to_utf8(wide);
        ck_assert_str_eq(bytes, text_bytes(&fixture.text));
        free(wide);
        free(bytes);
    }
}
END_TEST

static const struct {
    const char *path;
    size_t more; /* letters that are put behind it */
    const wchar_t *begin;
} long_paths[] = {
    {"C:\\", 200, L"C:\\xxx"},
    {"C:\\", 300, L"\\\\?\\C:\\xxx"},
    {"C:/", 300, L"\\\\?\\C:\\xxx"}, /* no call looks at slashes behind the prefix */
    {"C:\\a\\..\\", 300, L"\\\\?\\C:\\xxx"},
    {"\\\\server\\share\\", 100, L"\\\\server\\share\\xxx"},
    {"\\\\server\\share\\", 300, L"\\\\?\\UNC\\server\\share\\xxx"},
    {"\\\\?\\C:\\", 300, L"\\\\?\\C:\\xxx"},
    {"\\\\.\\pipe\\", 300, L"\\\\.\\pipe\\xxx"},
};

START_TEST(a_long_path_is_marked)
{
    size_t begin = wcslen(long_paths[_i].begin);

    text_add(&fixture.text, long_paths[_i].path);
    text_add_repeated(&fixture.text, 'x', long_paths[_i].more);
    fixture.wide = utf16_path(text_bytes(&fixture.text));
    ck_assert_int_eq(wcsncmp(fixture.wide, long_paths[_i].begin, begin), 0);
    ck_assert_uint_eq(wcslen(fixture.wide), begin - 3 + long_paths[_i].more);
}
END_TEST

START_TEST(a_relative_path_becomes_absolute)
{
    fixture.wide = utf16_path("ledger.db");
    ck_assert_ptr_nonnull(fixture.wide);
    ck_assert_int_eq(fixture.wide[1], L':');
    ck_assert_ptr_nonnull(wcsstr(fixture.wide, L"\\ledger.db"));
}
END_TEST

START_TEST(an_empty_path_is_left_to_the_call_that_uses_it)
{
    fixture.wide = utf16_path("");
    ck_assert_ptr_nonnull(fixture.wide);
    ck_assert_int_eq(fixture.wide[0], 0);
    ck_assert_ptr_null(utf16_absolute(""));
}
END_TEST

static const struct {
    const wchar_t *dll;
    const char *name;
    bool found;
} functions[] = {
    {L"ntdll.dll", "NtQuerySystemInformation", true},
    {L"kernel32.dll", "GetTickCount64", true},
    {L"kernel32.dll", "NoSuchFunction", false},
    {L"nosuch.dll", "GetTickCount64", false},
    {L"C:\\windows\\system32\\kernel32.dll", "GetTickCount64", false},
    {L".\\kernel32.dll", "GetTickCount64", false},
    {L"../kernel32.dll", "GetTickCount64", false},
    {L"C:kernel32.dll", "GetTickCount64", false},
};

START_TEST(a_function_is_found_in_system32_only)
{
    ck_assert_int_eq(system_dll_find(functions[_i].dll, functions[_i].name) != NULL,
                     functions[_i].found);
}
END_TEST

/* What is planted is a real DLL, which the plain call would load from the working folder. */
START_TEST(a_planted_dll_is_not_loaded)
{
    wchar_t source[MAX_PATH];
    UINT length = GetSystemDirectoryW(source, MAX_PATH - 13);

    ck_assert_uint_gt(length, 0);
    memcpy(source + length, L"\\version.dll", 13 * sizeof(wchar_t));
    ck_assert(CopyFileW(source, L"planted.dll", FALSE));
    ck_assert(system_dll_find(L"planted.dll", "GetFileVersionInfoW") == NULL);
    ck_assert(DeleteFileW(L"planted.dll"));
}
END_TEST

static Suite *utf16_suite(void)
{
    Suite *suite = suite_create("utf16_win32");
    TCase *tests = tcase_create("utf16_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_text_is_the_same_in_both_forms, 0, COUNT_OF(pairs));
    tcase_add_loop_test(tests, an_unpaired_surrogate_is_replaced, 0, COUNT_OF(broken));
    tcase_add_loop_test(tests, what_is_no_utf8_is_replaced, 0, COUNT_OF(invalid));
    tcase_add_test(tests, a_zero_is_a_character_like_others);
    tcase_add_test(tests, every_character_comes_back);
    tcase_add_loop_test(tests, a_long_path_is_marked, 0, COUNT_OF(long_paths));
    tcase_add_test(tests, a_relative_path_becomes_absolute);
    tcase_add_test(tests, an_empty_path_is_left_to_the_call_that_uses_it);
    tcase_add_loop_test(tests, a_function_is_found_in_system32_only, 0, COUNT_OF(functions));
    tcase_add_test(tests, a_planted_dll_is_not_loaded);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(utf16_suite());
}
