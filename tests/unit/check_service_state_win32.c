/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/service_state_win32.h"
#include "tests/support.h"

static const struct {
    SERVICE_STATUS_PROCESS status;
    struct service_facts facts;
} answers[] = {
    {{.dwCurrentState = SERVICE_STOPPED}, {.state = SERVICE_IS_STOPPED}},
    {{.dwCurrentState = SERVICE_START_PENDING, .dwProcessId = 7},
     {.state = SERVICE_IS_STARTING, .pid = 7}},
    {{.dwCurrentState = SERVICE_RUNNING, .dwProcessId = 7},
     {.state = SERVICE_IS_RUNNING, .pid = 7}},
    {{.dwCurrentState = SERVICE_STOP_PENDING, .dwProcessId = 7},
     {.state = SERVICE_IS_STOPPING, .pid = 7}},
    {{.dwCurrentState = SERVICE_PAUSED, .dwProcessId = 7}, {.state = SERVICE_IS_PAUSED, .pid = 7}},
    {{.dwCurrentState = 99}, {.state = SERVICE_IS_UNKNOWN}},
    {{.dwCurrentState = SERVICE_STOPPED, .dwWin32ExitCode = ERROR_SERVICE_NEVER_STARTED},
     {.state = SERVICE_IS_STOPPED}},
    {{.dwCurrentState = SERVICE_STOPPED, .dwWin32ExitCode = ERROR_PROCESS_ABORTED},
     {.state = SERVICE_IS_STOPPED, .last_exit = ERROR_PROCESS_ABORTED}},
    {{.dwCurrentState = SERVICE_STOPPED,
      .dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR,
      .dwServiceSpecificExitCode = 4},
     {.state = SERVICE_IS_STOPPED, .last_exit = 4}},
};

START_TEST(the_managers_answer_is_put_in_our_words)
{
    struct service_facts facts = service_state_from_status(&answers[_i].status);

    ck_assert_int_eq(facts.state, answers[_i].facts.state);
    ck_assert_uint_eq(facts.pid, answers[_i].facts.pid);
    ck_assert_int_eq(facts.last_exit, answers[_i].facts.last_exit);
}
END_TEST

static Suite *service_state_win32_suite(void)
{
    Suite *suite = suite_create("service_state_win32");
    TCase *tests = tcase_create("service_state_win32");

    tcase_add_loop_test(tests, the_managers_answer_is_put_in_our_words, 0, COUNT_OF(answers));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(service_state_win32_suite());
}
