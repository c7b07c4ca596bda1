/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <stdio.h>

#include <windows.h>

#include "base/console.h"
#include "base/console_system.h"
#include "tests/support.h"

/*
 * Standard error is what is replaced: Check itself writes to standard output.
 */
static struct {
    HANDLE error;    /* the real standard error */
    HANDLE other[2]; /* the ends of a pipe, or a console in the first; NULL: none */
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.error = GetStdHandle(STD_ERROR_HANDLE);
}

static void close_other(int which)
{
    if (fixture.other[which] != NULL) {
        CloseHandle(fixture.other[which]);
        fixture.other[which] = NULL;
    }
}

static void close_fixture(void)
{
    SetEnvironmentVariableW(L"NO_COLOR", NULL);
    console_system_restore();
    SetStdHandle(STD_ERROR_HANDLE, fixture.error);
    close_other(1);
    close_other(0);
}

static void open_pipe(void)
{
    ck_assert(CreatePipe(&fixture.other[0], &fixture.other[1], NULL, 65536));
    ck_assert(SetStdHandle(STD_ERROR_HANDLE, fixture.other[1]));
}

static bool write_text(const char *text)
{
    return console_system_write(CONSOLE_ERROR, text, strlen(text), &fixture.why);
}

START_TEST(bytes_reach_a_pipe_as_they_are)
{
    static const char text[] = "line\n\xC3\xBC\xFF\r\n\x1A";
    char got[100] = "";
    DWORD size = 0;

    open_pipe();
    CHECK_DONE(write_text(text), fixture.why);
    ck_assert(ReadFile(fixture.other[0], got, sizeof(got) - 1, &size, NULL));
    ck_assert_uint_eq(size, strlen(text));
    ck_assert_str_eq(got, text);
}
END_TEST

START_TEST(a_reader_that_has_gone_is_a_failure)
{
    open_pipe();
    close_other(0);
    CHECK_FAILED(write_text("lost"), FAILURE_NO_READER, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "standard error");
}
END_TEST

static HANDLE missing[] = {NULL, INVALID_HANDLE_VALUE};

/* As in a service. */
START_TEST(a_stream_that_is_missing_is_a_failure)
{
    SetStdHandle(STD_ERROR_HANDLE, missing[_i]);
    ck_assert(!write_text("lost"));
    ck_assert_int_eq(fixture.why.code, ERROR_INVALID_HANDLE);
    ck_assert(!console_is_terminal(CONSOLE_ERROR));
    ck_assert_int_eq(console_columns(CONSOLE_ERROR), 0);
    ck_assert(!console_takes_colour(CONSOLE_ERROR));
}
END_TEST

START_TEST(a_pipe_is_no_terminal)
{
    open_pipe();
    ck_assert(!console_is_terminal(CONSOLE_ERROR));
    ck_assert_int_eq(console_columns(CONSOLE_ERROR), 0);
    ck_assert(!console_takes_colour(CONSOLE_ERROR));
}
END_TEST

/* The null device has no columns, though the C library takes it for a terminal. */
START_TEST(the_null_device_is_no_terminal)
{
    fixture.other[0] =
        CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                    OPEN_EXISTING, 0, NULL);
    ck_assert(fixture.other[0] != INVALID_HANDLE_VALUE);
    ck_assert(SetStdHandle(STD_ERROR_HANDLE, fixture.other[0]));
    ck_assert(!console_is_terminal(CONSOLE_ERROR));
    CHECK_DONE(write_text("gone"), fixture.why);
}
END_TEST

static HANDLE find_console(void)
{
    AllocConsole(); /* fails where there is one: then that one is used */
    return CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                       NULL, OPEN_EXISTING, 0, NULL);
}

static void open_console(void)
{
    fixture.other[0] = find_console();
    ck_assert(fixture.other[0] != INVALID_HANDLE_VALUE);
    ck_assert(SetStdHandle(STD_ERROR_HANDLE, fixture.other[0]));
}

START_TEST(a_console_shows_what_was_written)
{
    wchar_t shown[16] = L"";
    DWORD size = 0;
    COORD home = {0, 0};

    open_console();
    ck_assert(console_is_terminal(CONSOLE_ERROR));
    ck_assert_int_gt(console_columns(CONSOLE_ERROR), 0);
    ck_assert(SetConsoleCursorPosition(fixture.other[0], home));
    CHECK_DONE(write_text("\xC3\xBCx\xE2\x82\xAC"), fixture.why);
    ck_assert(ReadConsoleOutputCharacterW(fixture.other[0], shown, 3, home, &size));
    ck_assert_uint_eq(size, 3);
    ck_assert_int_eq(wcsncmp(shown, L"\x00FCx\x20AC", 3), 0);
}
END_TEST

START_TEST(colours_are_switched_on_and_off_again)
{
    DWORD before;
    DWORD mode;

    open_console();
    ck_assert(GetConsoleMode(fixture.other[0], &before));
    ck_assert(
        SetConsoleMode(fixture.other[0], before & ~(DWORD)ENABLE_VIRTUAL_TERMINAL_PROCESSING));
    ck_assert(GetConsoleMode(fixture.other[0], &before));
    ck_assert(console_takes_colour(CONSOLE_ERROR));
    ck_assert(console_takes_colour(CONSOLE_ERROR));
    ck_assert(GetConsoleMode(fixture.other[0], &mode));
    ck_assert_uint_ne(mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING, 0);
    console_system_restore();
    ck_assert(GetConsoleMode(fixture.other[0], &mode));
    ck_assert_uint_eq(mode, before);
}
END_TEST

START_TEST(no_colour_is_no_colour)
{
    open_console();
    ck_assert(SetEnvironmentVariableW(L"NO_COLOR", L"1"));
    ck_assert(!console_takes_colour(CONSOLE_ERROR));
    ck_assert(console_takes_movements(CONSOLE_ERROR));
    ck_assert(SetEnvironmentVariableW(L"NO_COLOR", L""));
    ck_assert(console_takes_colour(CONSOLE_ERROR));
}
END_TEST

static TCase *stream_tests(void)
{
    TCase *tests = tcase_create("stream");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, bytes_reach_a_pipe_as_they_are);
    tcase_add_test(tests, a_reader_that_has_gone_is_a_failure);
    tcase_add_loop_test(tests, a_stream_that_is_missing_is_a_failure, 0, COUNT_OF(missing));
    tcase_add_test(tests, a_pipe_is_no_terminal);
    tcase_add_test(tests, the_null_device_is_no_terminal);
    return tests;
}

static TCase *console_tests(void)
{
    TCase *tests = tcase_create("console");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_console_shows_what_was_written);
    tcase_add_test(tests, colours_are_switched_on_and_off_again);
    tcase_add_test(tests, no_colour_is_no_colour);
    return tests;
}

/* A session without a desktop has no console, unless the program was started from one. */
static bool has_console(void)
{
    HANDLE console = find_console();

    if (console == INVALID_HANDLE_VALUE) {
        return false;
    }
    CloseHandle(console);
    return true;
}

static Suite *console_win32_suite(void)
{
    Suite *suite = suite_create("console_win32");

    suite_add_tcase(suite, stream_tests());
    if (has_console()) {
        suite_add_tcase(suite, console_tests());
    } else {
        puts("There is no console here: its tests are left out.");
    }
    return suite;
}

int main(void)
{
    return support_run_suite(console_win32_suite());
}
