/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/console.h"
#include "base/console_system.h"
#include "base/thread.h"
#include "tests/support.h"

/*
 * Standard error is what is replaced by pipes and terminals: Check itself
 * writes to standard output.
 */
static struct {
    int error;    /* the real standard error */
    int other[2]; /* the ends of a pipe, or both sides of a terminal; -1: none */
    struct thread *reader;
    size_t read;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.other[0] = -1;
    fixture.other[1] = -1;
    fixture.error = dup(STDERR_FILENO);
    ck_assert_int_ge(fixture.error, 0);
    signal(SIGPIPE, SIG_IGN); /* as program_linux.c does */
}

static void close_other(int which)
{
    if (fixture.other[which] >= 0) {
        close(fixture.other[which]);
        fixture.other[which] = -1;
    }
}

static void close_fixture(void)
{
    dup2(fixture.error, STDERR_FILENO);
    close(fixture.error);
    close_other(1);
    thread_join(fixture.reader);
    close_other(0);
    unsetenv("NO_COLOR");
}

static void open_pipe(void)
{
    ck_assert_int_eq(pipe(fixture.other), 0);
    ck_assert_int_eq(dup2(fixture.other[1], STDERR_FILENO), STDERR_FILENO);
    close_other(1);
}

static void open_terminal(unsigned short columns)
{
    struct winsize size = {.ws_col = columns, .ws_row = 24};

    fixture.other[0] = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(fixture.other[0], 0);
    ck_assert_int_eq(grantpt(fixture.other[0]), 0);
    ck_assert_int_eq(unlockpt(fixture.other[0]), 0);
    fixture.other[1] = open(ptsname(fixture.other[0]), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(fixture.other[1], 0);
    ck_assert_int_eq(ioctl(fixture.other[1], TIOCSWINSZ, &size), 0);
    ck_assert_int_eq(dup2(fixture.other[1], STDERR_FILENO), STDERR_FILENO);
}

static bool write_text(const char *text)
{
    return console_system_write(CONSOLE_ERROR, text, strlen(text), &fixture.why);
}

START_TEST(bytes_reach_a_pipe_as_they_are)
{
    static const char text[] = "line\r\n\xC3\xBC\xFF\n";
    char got[100] = "";

    open_pipe();
    CHECK_DONE(write_text(text), fixture.why);
    ck_assert_int_eq(read(fixture.other[0], got, sizeof(got) - 1), (ssize_t)strlen(text));
    ck_assert_str_eq(got, text);
}
END_TEST

START_TEST(a_reader_that_has_gone_is_a_failure)
{
    open_pipe();
    close_other(0);
    CHECK_FAILED(write_text("lost"), FAILURE_NO_READER, fixture.why);
    ck_assert_int_eq(fixture.why.code, EPIPE);
    CHECK_CONTAINS(fixture.why.text, "standard error");
}
END_TEST

START_TEST(a_full_disk_is_a_failure)
{
    fixture.other[0] = open("/dev/full", O_WRONLY);
    ck_assert_int_eq(dup2(fixture.other[0], STDERR_FILENO), STDERR_FILENO);
    CHECK_FAILED(write_text("lost"), FAILURE_SYSTEM, fixture.why);
    ck_assert_int_eq(fixture.why.code, ENOSPC);
}
END_TEST

START_TEST(a_closed_stream_is_a_failure)
{
    close(STDERR_FILENO);
    ck_assert(!write_text("lost"));
    ck_assert_int_eq(fixture.why.code, EBADF);
    ck_assert(!console_is_terminal(CONSOLE_ERROR));
}
END_TEST

static void read_slowly(void *context)
{
    char bytes[8192];
    ssize_t got;

    (void)context;
    while ((got = read(fixture.other[0], bytes, sizeof(bytes))) > 0) {
        fixture.read += (size_t)got;
        usleep(1000);
    }
}

/* Somebody who shares the pipe with us may have made it so. */
START_TEST(a_slow_reader_of_a_non_blocking_pipe_gets_all)
{
    static char much[1000000];

    open_pipe();
    ck_assert_int_eq(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK), 0);
    CHECK_DONE(thread_start(&fixture.reader, read_slowly, NULL, &fixture.why), fixture.why);
    memset(much, 'x', sizeof(much));
    CHECK_DONE(console_system_write(CONSOLE_ERROR, much, sizeof(much), &fixture.why), fixture.why);
    dup2(fixture.error, STDERR_FILENO); /* the last writer leaves */
    thread_join(fixture.reader);
    fixture.reader = NULL;
    ck_assert_uint_eq(fixture.read, sizeof(much));
}
END_TEST

static const unsigned short widths[] = {60, 80, 200, 0};

START_TEST(a_terminal_says_how_wide_it_is)
{
    open_terminal(widths[_i]);
    ck_assert(console_is_terminal(CONSOLE_ERROR));
    ck_assert_int_eq(console_columns(CONSOLE_ERROR), widths[_i]);
}
END_TEST

START_TEST(a_pipe_is_no_terminal)
{
    open_pipe();
    setenv("TERM", "xterm", 1);
    ck_assert(!console_is_terminal(CONSOLE_ERROR));
    ck_assert_int_eq(console_columns(CONSOLE_ERROR), 0);
    ck_assert(!console_takes_colour(CONSOLE_ERROR));
}
END_TEST

static const struct {
    const char *terminal; /* NULL: not set */
    const char *no_colour;
    bool takes;
    bool moves; /* which is no colour */
} colours[] = {
    {"xterm", NULL, true, true}, {"xterm", "", true, true},    {"xterm", "1", false, true},
    {"xterm", "0", false, true}, {"dumb", NULL, false, false}, {NULL, NULL, false, false},
    {"", NULL, false, false},    {"linux", NULL, true, true},
};

static void set_variable(const char *name, const char *value)
{
    if (value == NULL) {
        unsetenv(name);
    } else {
        setenv(name, value, 1);
    }
}

START_TEST(colour_is_for_those_who_want_it)
{
    open_terminal(80);
    set_variable("TERM", colours[_i].terminal);
    set_variable("NO_COLOR", colours[_i].no_colour);
    ck_assert_int_eq(console_takes_colour(CONSOLE_ERROR), colours[_i].takes);
    set_variable("NO_COLOR", NULL);
    ck_assert_int_eq(console_takes_movements(CONSOLE_ERROR), console_takes_colour(CONSOLE_ERROR));
    set_variable("NO_COLOR", "1");
    ck_assert_int_eq(console_takes_movements(CONSOLE_ERROR), colours[_i].moves);
}
END_TEST

static Suite *console_linux_suite(void)
{
    Suite *suite = suite_create("console_linux");
    TCase *tests = tcase_create("console_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, bytes_reach_a_pipe_as_they_are);
    tcase_add_test(tests, a_reader_that_has_gone_is_a_failure);
    tcase_add_test(tests, a_full_disk_is_a_failure);
    tcase_add_test(tests, a_closed_stream_is_a_failure);
    tcase_add_test(tests, a_slow_reader_of_a_non_blocking_pipe_gets_all);
    tcase_add_loop_test(tests, a_terminal_says_how_wide_it_is, 0, COUNT_OF(widths));
    tcase_add_test(tests, a_pipe_is_no_terminal);
    tcase_add_loop_test(tests, colour_is_for_those_who_want_it, 0, COUNT_OF(colours));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(console_linux_suite());
}
