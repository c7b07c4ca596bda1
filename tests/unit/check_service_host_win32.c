/* SPDX-License-Identifier: MIT */

/* The service as the manager sees it: controls in, states out. */

#include "tests/support.h"

#include "service/service_host.h"
#include "tests/fake_manager_calls_win32.h"

static struct {
    struct failure why;
    void (*act)(struct service_host *host);
    bool fails;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    memset(&fake_manager, 0, sizeof(fake_manager));
}

static bool body(struct service_host *host, void *context, struct failure *why)
{
    (void)context;
    fixture.act(host);
    return !fixture.fails || FAIL(why, FAILURE_SETTINGS, 77, "as the test wants it");
}

static bool run(void (*act)(struct service_host *host))
{
    fixture.act = act;
    return service_host_run_service(body, NULL, &fixture.why);
}

static DWORD state(void)
{
    return fake_manager_last()->dwCurrentState;
}

static void start_and_end(struct service_host *host)
{
    ck_assert_uint_eq(state(), SERVICE_START_PENDING);
    ck_assert_uint_gt(fake_manager_last()->dwWaitHint, 0);
    ck_assert_uint_eq(fake_manager_last()->dwControlsAccepted, 0);
    for (DWORD i = 2; i < 5; i++) {
        service_host_busy(host);
        ck_assert_uint_eq(state(), SERVICE_START_PENDING);
        ck_assert_uint_eq(fake_manager_last()->dwCheckPoint, i);
    }
    service_host_ready(host);
    ck_assert_uint_eq(state(), SERVICE_RUNNING);
    ck_assert_uint_eq(fake_manager_last()->dwCheckPoint, 0);
    ck_assert_uint_eq(fake_manager_last()->dwWaitHint, 0);
    ck_assert_uint_eq(fake_manager_last()->dwControlsAccepted,
                      SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PRESHUTDOWN |
                          SERVICE_ACCEPT_PAUSE_CONTINUE | SERVICE_ACCEPT_PARAMCHANGE |
                          SERVICE_ACCEPT_POWEREVENT | SERVICE_ACCEPT_TIMECHANGE);
}

START_TEST(while_it_starts_checkpoints_rise_and_then_it_runs)
{
    CHECK_DONE(run(start_and_end), fixture.why);
    ck_assert_uint_eq(state(), SERVICE_STOPPED);
    ck_assert_uint_eq(fake_manager_last()->dwWin32ExitCode, NO_ERROR);
}
END_TEST

START_TEST(a_failure_is_the_exit_code_so_that_recovery_fires)
{
    fixture.fails = true;
    CHECK_FAILED(run(start_and_end), FAILURE_SETTINGS, fixture.why);
    ck_assert_uint_eq(state(), SERVICE_STOPPED);
    ck_assert_uint_eq(fake_manager_last()->dwWin32ExitCode, ERROR_SERVICE_SPECIFIC_ERROR);
    ck_assert_uint_eq(fake_manager_last()->dwServiceSpecificExitCode, 4);
}
END_TEST

static const struct {
    DWORD control;
    DWORD type;
    unsigned wants;
    DWORD state; /* after the body has looked */
} controls[] = {
    {SERVICE_CONTROL_STOP, 0, SERVICE_WANTS_STOP, SERVICE_STOP_PENDING},
    {SERVICE_CONTROL_SHUTDOWN, 0, SERVICE_WANTS_STOP, SERVICE_STOP_PENDING},
    {SERVICE_CONTROL_PRESHUTDOWN, 0, SERVICE_WANTS_STOP, SERVICE_STOP_PENDING},
    {SERVICE_CONTROL_PAUSE, 0, SERVICE_WANTS_PAUSE, SERVICE_PAUSE_PENDING},
    {SERVICE_CONTROL_CONTINUE, 0, SERVICE_WANTS_CONTINUE, SERVICE_CONTINUE_PENDING},
    {SERVICE_CONTROL_PARAMCHANGE, 0, SERVICE_WANTS_RELOAD, SERVICE_RUNNING},
    {SERVICE_CONTROL_INTERROGATE, 0, 0, SERVICE_RUNNING},
    {SERVICE_CONTROL_POWEREVENT, PBT_APMRESUMEAUTOMATIC, SERVICE_WANTS_WOKE, SERVICE_RUNNING},
    {SERVICE_CONTROL_POWEREVENT, PBT_APMRESUMESUSPEND, SERVICE_WANTS_WOKE, SERVICE_RUNNING},
    {SERVICE_CONTROL_POWEREVENT, PBT_APMSUSPEND, 0, SERVICE_RUNNING},
    {SERVICE_CONTROL_POWEREVENT, PBT_APMPOWERSTATUSCHANGE, 0, SERVICE_RUNNING},
    {SERVICE_CONTROL_TIMECHANGE, 0, SERVICE_WANTS_CLOCK, SERVICE_RUNNING},
    {128, 0, SERVICE_WANTS_SAMPLE, SERVICE_RUNNING},
};

static int at;

static void hear_one(struct service_host *host)
{
    int before;

    service_host_ready(host);
    before = fake_manager.report_count;
    ck_assert_uint_eq(fake_manager_send(controls[at].control, controls[at].type), NO_ERROR);
    ck_assert_int_eq(fake_manager.report_count, before); /* the handler only signals */
    ck_assert_uint_eq(service_host_wait(host, 0), controls[at].wants);
    ck_assert_uint_eq(state(), controls[at].state);
    ck_assert_uint_eq(service_host_wait(host, 0), 0); /* it is forgotten */
}

START_TEST(each_control_is_heard_once)
{
    at = _i;
    CHECK_DONE(run(hear_one), fixture.why);
}
END_TEST

static const DWORD unknown[] = {SERVICE_CONTROL_NETBINDADD, SERVICE_CONTROL_DEVICEEVENT, 129, 255};

static void hear_unknown(struct service_host *host)
{
    service_host_ready(host);
    for (int i = 0; i < COUNT_OF(unknown); i++) {
        ck_assert_uint_eq(fake_manager_send(unknown[i], 0), ERROR_CALL_NOT_IMPLEMENTED);
    }
    ck_assert_uint_eq(service_host_wait(host, 0), 0);
}

START_TEST(a_control_that_is_not_ours_is_declined)
{
    CHECK_DONE(run(hear_unknown), fixture.why);
}
END_TEST

static void hear_several(struct service_host *host)
{
    service_host_ready(host);
    fake_manager_send(SERVICE_CONTROL_PAUSE, 0);
    fake_manager_send(SERVICE_CONTROL_PARAMCHANGE, 0);
    fake_manager_send(SERVICE_CONTROL_CONTINUE, 0);
    ck_assert_uint_eq(service_host_wait(host, 0), SERVICE_WANTS_CONTINUE | SERVICE_WANTS_RELOAD);
    fake_manager_send(SERVICE_CONTROL_CONTINUE, 0);
    fake_manager_send(SERVICE_CONTROL_PAUSE, 0);
    ck_assert_uint_eq(service_host_wait(host, 0), SERVICE_WANTS_PAUSE);
    fake_manager_send(SERVICE_CONTROL_PAUSE, 0);
    fake_manager_send(SERVICE_CONTROL_STOP, 0);
    ck_assert_uint_eq(service_host_wait(host, 0), SERVICE_WANTS_PAUSE | SERVICE_WANTS_STOP);
    ck_assert_uint_eq(state(), SERVICE_STOP_PENDING);
}

START_TEST(of_pause_and_continue_the_last_one_counts)
{
    CHECK_DONE(run(hear_several), fixture.why);
}
END_TEST

static void pause_and_go_on(struct service_host *host)
{
    service_host_ready(host);
    fake_manager_send(SERVICE_CONTROL_PAUSE, 0);
    (void)service_host_wait(host, 0);
    ck_assert_uint_eq(fake_manager_last()->dwControlsAccepted, 0);
    ck_assert_uint_gt(fake_manager_last()->dwWaitHint, 0);
    service_host_paused(host, true);
    ck_assert_uint_eq(state(), SERVICE_PAUSED);
    ck_assert_uint_ne(fake_manager_last()->dwControlsAccepted & SERVICE_ACCEPT_STOP, 0);
    ck_assert_uint_ne(fake_manager_last()->dwControlsAccepted & SERVICE_ACCEPT_PAUSE_CONTINUE, 0);
    fake_manager_send(SERVICE_CONTROL_CONTINUE, 0);
    (void)service_host_wait(host, 0);
    service_host_paused(host, false);
    ck_assert_uint_eq(state(), SERVICE_RUNNING);
}

START_TEST(a_paused_service_says_so_and_takes_controls)
{
    CHECK_DONE(run(pause_and_go_on), fixture.why);
}
END_TEST

static void never(struct service_host *host)
{
    (void)host;
    ck_abort_msg("the body ran");
}

START_TEST(without_a_manager_there_is_no_service)
{
    fake_manager.dispatch_error = ERROR_FAILED_SERVICE_CONTROLLER_CONNECT;
    CHECK_FAILED(run(never), FAILURE_SYSTEM, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "portledgerd run");
    fake_manager.dispatch_error = ERROR_SUCCESS;
    fake_manager.register_error = ERROR_SERVICE_DOES_NOT_EXIST;
    ck_assert(!run(never));
    ck_assert_int_eq(fake_manager.report_count, 0);
}
END_TEST

static Suite *host_suite(void)
{
    Suite *suite = suite_create("service_host_win32");
    TCase *tests = tcase_create("service_host_win32");

    tcase_add_checked_fixture(tests, open_fixture, NULL);
    tcase_add_test(tests, while_it_starts_checkpoints_rise_and_then_it_runs);
    tcase_add_test(tests, a_failure_is_the_exit_code_so_that_recovery_fires);
    tcase_add_loop_test(tests, each_control_is_heard_once, 0, COUNT_OF(controls));
    tcase_add_test(tests, a_control_that_is_not_ours_is_declined);
    tcase_add_test(tests, of_pause_and_continue_the_last_one_counts);
    tcase_add_test(tests, a_paused_service_says_so_and_takes_controls);
    tcase_add_test(tests, without_a_manager_there_is_no_service);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(host_suite());
}
