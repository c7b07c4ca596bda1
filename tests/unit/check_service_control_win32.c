/* SPDX-License-Identifier: MIT */

/* The verbs, at a service control manager that keeps what it is told. */

#include "tests/support.h"

#include <stdint.h>
#include <wchar.h>

#include "base/system_dll_win32.h"
#include "service/event_registration_win32.h"
#include "service/service_codes_win32.h"
#include "service/service_control.h"
#include "tests/fake_manager_calls_win32.h"
#include "tests/fake_place_calls_win32.h"

static const char *const no_arguments[] = {NULL};

static struct {
    struct service_plan plan;
    struct text did;
    struct failure why;

    bool log_registered;
    bool log_refused;
} fixture;

/*
 * The event log's registration, which has a test of its own.
 */

const wchar_t event_registration_key[] = L"here";

bool event_registration_add(HKEY root, const wchar_t *under, const char *messages,
                            struct failure *why)
{
    ck_assert_ptr_eq(root, HKEY_LOCAL_MACHINE);
    ck_assert_ptr_eq(under, event_registration_key);
    CHECK_CONTAINS(messages, "\\portledger_events.dll");
    fixture.log_registered = !fixture.log_refused;
    return !fixture.log_refused || FAIL(why, FAILURE_DENIED, 5, "no log today");
}

bool event_registration_remove(HKEY root, const wchar_t *under, struct failure *why)
{
    (void)root;
    (void)under;
    (void)why;
    fixture.log_registered = false;
    return true;
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    memset(&fake_manager, 0, sizeof(fake_manager));
    memset(&fake_places, 0, sizeof(fake_places));
    fake_places.usual = L"O:BAD:(A;;FA;;;BA)";
    fake_manager.state = SERVICE_STOPPED;
    fixture.plan.arguments = no_arguments;
}

static void close_fixture(void)
{
    text_clear(&fixture.did);
    ck_assert_int_eq(fake_manager.handles, 0);
}

static bool install(void)
{
    text_reset(&fixture.did);
    return service_control_install(&fixture.plan, &fixture.did, &fixture.why);
}

#define CHECK_DID(part) CHECK_CONTAINS(text_bytes(&fixture.did), part)

static void check_wide(const wchar_t *is, const wchar_t *expected)
{
    ck_assert_msg(wcscmp(is, expected) == 0, "it is \"%ls\"", is);
}

START_TEST(a_new_service_is_told_all_that_there_is_to_tell)
{
    CHECK_DONE(install(), fixture.why);
    CHECK_DID("is installed and will start with Windows");
    ck_assert_int_eq(fake_manager.created, 1);
    ck_assert_int_eq(fake_manager.deleted, 0);
    ck_assert_uint_eq(fake_manager.start, SERVICE_AUTO_START);
    ck_assert(!fake_manager.delayed.fDelayedAutostart);
    check_wide(fake_manager.account, L"LocalSystem");

    ck_assert_uint_eq(fake_manager.failure.dwResetPeriod, 86400);
    ck_assert_uint_eq(fake_manager.failure.cActions, 3);
    ck_assert_ptr_null(fake_manager.failure.lpCommand);
    ck_assert_ptr_null(fake_manager.failure.lpRebootMsg);
    for (int i = 0; i < 3; i++) {
        static const DWORD delays[] = {5000, 30000, 300000};

        ck_assert_int_eq(fake_manager.actions[i].Type, SC_ACTION_RESTART);
        ck_assert_uint_eq(fake_manager.actions[i].Delay, delays[i]);
    }
    ck_assert(fake_manager.flag.fFailureActionsOnNonCrashFailures);
    ck_assert_uint_eq(fake_manager.preshutdown.dwPreshutdownTimeout, 10000);
    ck_assert_uint_eq(fake_manager.sid.dwServiceSidType, SERVICE_SID_TYPE_UNRESTRICTED);
    check_wide(fake_manager.privileges, L"SeDebugPrivilege");
    ck_assert(fake_manager.one_privilege);
    ck_assert_ptr_nonnull(wcsstr(fake_manager.description.lpDescription, L"port"));
    ck_assert(fixture.log_registered);
}
END_TEST

START_TEST(ordinary_users_may_look_and_send_no_codes)
{
    CHECK_DONE(install(), fixture.why);
    /* SERVICE_USER_DEFINED_CONTROL is CR. */
    ck_assert_ptr_nonnull(wcsstr(fake_manager.access, L"(A;;CCLCSWLORC;;;IU)"));
    ck_assert_ptr_nonnull(wcsstr(fake_manager.access, L"(A;;CCLCSWLORC;;;SU)"));
    ck_assert_ptr_null(wcsstr(fake_manager.access, L";;;WD)"));
    ck_assert_ptr_null(wcsstr(fake_manager.access, L";;;AU)"));
    ck_assert_ptr_null(wcsstr(fake_manager.access, L";;;BU)"));
}
END_TEST

START_TEST(the_image_path_is_quoted_and_ends_in_what_it_is_started_with)
{
    static const char *const arguments[] = {"--config", "C:\\Some \"Folder\"\\end\\", NULL};

    fixture.plan.arguments = arguments;
    CHECK_DONE(install(), fixture.why);
    ck_assert_int_eq(fake_manager.line[0], L'"');
    ck_assert_ptr_nonnull(wcsstr(fake_manager.line, L".exe\" service \"--config\" "
                                                    L"\"C:\\Some \\\"Folder\\\"\\end\\\\\""));
}
END_TEST

START_TEST(without_an_event_log_it_is_installed_with_a_warning)
{
    fixture.log_refused = true;
    CHECK_DONE(install(), fixture.why);
    CHECK_DID("Warning: no log today");
    CHECK_DID("is installed");
}
END_TEST

START_TEST(a_delayed_start_is_had_on_request)
{
    fixture.plan.delayed = true;
    CHECK_DONE(install(), fixture.why);
    ck_assert(fake_manager.delayed.fDelayedAutostart);
    ck_assert_uint_eq(fake_manager.start, SERVICE_AUTO_START);
}
END_TEST

typedef LONG WINAPI open_provider_fn(void **algorithm, const wchar_t *name, const wchar_t *by,
                                     ULONG flags);
typedef LONG WINAPI hash_fn(void *algorithm, void *secret, ULONG secret_size, void *input,
                            ULONG input_size, void *output, ULONG output_size);

START_TEST(the_sid_is_the_one_that_windows_makes_of_the_name)
{
    open_provider_fn *open_provider =
        (open_provider_fn *)system_dll_find(L"bcrypt.dll", "BCryptOpenAlgorithmProvider");
    hash_fn *hash = (hash_fn *)system_dll_find(L"bcrypt.dll", "BCryptHash");
    wchar_t name[] = L"PORTLEDGER";
    wchar_t sid[100];
    void *algorithm;
    uint32_t sums[5];

    ck_assert(open_provider != NULL);
    ck_assert(hash != NULL);
    ck_assert_int_eq(open_provider(&algorithm, L"SHA1", NULL, 0), 0);
    ck_assert_int_eq(
        hash(algorithm, NULL, 0, name, sizeof(name) - sizeof(*name), sums, sizeof(sums)), 0);
    swprintf(sid, sizeof(sid) / sizeof(*sid), L"S-1-5-80-%u-%u-%u-%u-%u", sums[0], sums[1], sums[2],
             sums[3], sums[4]);
    check_wide(SERVICE_SID, sid);
}
END_TEST

START_TEST(an_install_over_a_service_that_runs_says_that_it_runs_on)
{
    fake_manager.installed = true;
    fake_manager.state = SERVICE_RUNNING;
    CHECK_DONE(install(), fixture.why);
    CHECK_DID("It runs as it was started");
}
END_TEST

START_TEST(an_account_of_its_own_asks_only_for_what_it_holds)
{
    fixture.plan.account = "nt service\\portledger";
    CHECK_DONE(install(), fixture.why);
    check_wide(fake_manager.account, L"NT SERVICE\\PortLedger");
    check_wide(fake_manager.privileges, L"SeChangeNotifyPrivilege");
    ck_assert(fake_manager.one_privilege);
    CHECK_DID("does not have SeDebugPrivilege");

    fake_manager.holds_privilege = true;
    CHECK_DONE(install(), fixture.why);
    check_wide(fake_manager.privileges, L"SeDebugPrivilege");

    fixture.plan.account = "LocalSystem"; /* and back */
    CHECK_DONE(install(), fixture.why);
    check_wide(fake_manager.account, L"LocalSystem");
}
END_TEST

static const char *const shared_accounts[] = {"NT AUTHORITY\\LocalService", ".\\bob", "NT SERVICE"};

START_TEST(an_account_of_others_is_refused)
{
    fixture.plan.account = shared_accounts[_i];
    CHECK_FAILED(install(), FAILURE_USAGE, fixture.why);
    ck_assert_int_eq(fake_manager.created, 0);
}
END_TEST

static const DWORD levels[] = {SERVICE_CONFIG_DESCRIPTION,
                               SERVICE_CONFIG_FAILURE_ACTIONS,
                               SERVICE_CONFIG_FAILURE_ACTIONS_FLAG,
                               SERVICE_CONFIG_PRESHUTDOWN_INFO,
                               SERVICE_CONFIG_SERVICE_SID_INFO,
                               SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO,
                               SERVICE_CONFIG_DELAYED_AUTO_START_INFO};

START_TEST(what_this_windows_does_not_know_is_a_note)
{
    fake_manager.errors[levels[_i]] = ERROR_INVALID_LEVEL;
    CHECK_DONE(install(), fixture.why);
    CHECK_DID("does not know");
    CHECK_DID("error 124");
    CHECK_DID("is installed");
    ck_assert(!fake_manager.configured[levels[_i]]);
    for (int i = 0; i < COUNT_OF(levels); i++) {
        ck_assert(i == _i || fake_manager.configured[levels[i]]);
    }
}
END_TEST

static bool is_guard(DWORD level)
{
    return level == SERVICE_CONFIG_SERVICE_SID_INFO ||
           level == SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO;
}

START_TEST(a_refusal_undoes_the_install_only_where_safety_rests_on_it)
{
    fake_manager.errors[levels[_i]] = ERROR_ACCESS_DENIED;
    if (is_guard(levels[_i])) {
        CHECK_FAILED(install(), FAILURE_DENIED, fixture.why);
        CHECK_CONTAINS(fixture.why.text, "not installed");
        ck_assert_int_eq(fake_manager.deleted, 1);
        ck_assert(!fake_manager.installed);
    } else {
        CHECK_DONE(install(), fixture.why);
        CHECK_DID("Warning");
        ck_assert(fake_manager.installed);
    }
}
END_TEST

START_TEST(a_refused_list_of_rights_undoes_the_install)
{
    fake_manager.protect_error = ERROR_INVALID_PARAMETER;
    CHECK_FAILED(install(), FAILURE_SYSTEM, fixture.why);
    ck_assert_int_eq(fake_manager.deleted, 1);
}
END_TEST

START_TEST(a_service_that_was_there_stays_as_it_was_where_it_is_refused)
{
    fake_manager.installed = true;
    fake_manager.protect_error = ERROR_ACCESS_DENIED;
    CHECK_FAILED(install(), FAILURE_DENIED, fixture.why);
    ck_assert_int_eq(fake_manager.deleted, 0);
    ck_assert_int_eq(fake_manager.changed, 0);
    ck_assert(!fake_manager.configured[SERVICE_CONFIG_FAILURE_ACTIONS]);
}
END_TEST

START_TEST(a_second_install_changes_the_service)
{
    CHECK_DONE(install(), fixture.why);
    CHECK_DONE(install(), fixture.why);
    CHECK_DID("installed already");
    ck_assert_int_eq(fake_manager.created, 1);
    ck_assert_int_eq(fake_manager.changed, 1);
}
END_TEST

START_TEST(a_program_that_others_may_replace_is_not_installed)
{
    fake_places.usual = L"O:BAD:(A;;FA;;;BA)(A;;FA;;;BU)";
    CHECK_FAILED(install(), FAILURE_DENIED, fixture.why);
    ck_assert_int_eq(fake_manager.created, 0);
}
END_TEST

static const struct {
    enum service_order order;
    DWORD before;
    DWORD control;
    DWORD after;
    const char *did;
} orders[] = {
    {SERVICE_RELOAD, SERVICE_RUNNING, SERVICE_CONTROL_PARAMCHANGE, SERVICE_RUNNING, "settings"},
    {SERVICE_RELOAD, SERVICE_PAUSED, SERVICE_CONTROL_PARAMCHANGE, SERVICE_PAUSED, "settings"},
    {SERVICE_PAUSE, SERVICE_RUNNING, SERVICE_CONTROL_PAUSE, SERVICE_PAUSED, "is paused"},
    {SERVICE_PAUSE, SERVICE_PAUSED, 0, SERVICE_PAUSED, "paused already"},
    {SERVICE_CONTINUE, SERVICE_PAUSED, SERVICE_CONTROL_CONTINUE, SERVICE_RUNNING, "again"},
    {SERVICE_CONTINUE, SERVICE_RUNNING, 0, SERVICE_RUNNING, "was not paused"},
    {SERVICE_SAMPLE, SERVICE_RUNNING, 128, SERVICE_RUNNING, "sample"},
};

START_TEST(an_order_is_one_control_and_is_not_given_twice)
{
    fake_manager.installed = true;
    fake_manager.state = orders[_i].before;
    CHECK_DONE(service_control_tell(orders[_i].order, &fixture.did, &fixture.why), fixture.why);
    CHECK_DID(orders[_i].did);
    ck_assert_int_eq(fake_manager.control_count, orders[_i].control != 0);
    ck_assert_uint_eq(fake_manager.controls[0], orders[_i].control);
    ck_assert_uint_eq(fake_manager.state, orders[_i].after);
}
END_TEST

START_TEST(a_paused_service_is_asked_for_no_sample)
{
    fake_manager.installed = true;
    fake_manager.state = SERVICE_PAUSED;
    CHECK_FAILED(service_control_tell(SERVICE_SAMPLE, &fixture.did, &fixture.why), FAILURE_BUSY,
                 fixture.why);
    ck_assert_int_eq(fake_manager.control_count, 0);
}
END_TEST

static const struct {
    DWORD error;
    enum failure_kind kind;
    const char *text;
} refusals[] = {
    {ERROR_SERVICE_NOT_ACTIVE, FAILURE_MISSING, "portledgerd start"},
    {ERROR_SERVICE_CANNOT_ACCEPT_CTRL, FAILURE_BUSY, "try again"},
    {ERROR_ACCESS_DENIED, FAILURE_DENIED, "administrator"},
};

START_TEST(a_refused_order_says_what_to_do)
{
    fake_manager.installed = true;
    fake_manager.control_error = refusals[_i].error;
    CHECK_FAILED(service_control_tell(SERVICE_PAUSE, &fixture.did, &fixture.why), refusals[_i].kind,
                 fixture.why);
    CHECK_CONTAINS(fixture.why.text, refusals[_i].text);
}
END_TEST

START_TEST(uninstalling_stops_and_removes_and_may_be_said_twice)
{
    fake_manager.installed = true;
    fake_manager.state = SERVICE_PAUSED;
    fixture.log_registered = true;
    CHECK_DONE(service_control_uninstall(&fixture.did, &fixture.why), fixture.why);
    CHECK_DID("has stopped and is removed");
    ck_assert(!fixture.log_registered);
    ck_assert_int_eq(fake_manager.deleted, 1);
    text_reset(&fixture.did);
    CHECK_DONE(service_control_uninstall(&fixture.did, &fixture.why), fixture.why);
    CHECK_DID("not installed");
    ck_assert_int_eq(fake_manager.deleted, 1);
}
END_TEST

static Suite *control_suite(void)
{
    Suite *suite = suite_create("service_control_win32");
    TCase *tests = tcase_create("service_control_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_new_service_is_told_all_that_there_is_to_tell);
    tcase_add_test(tests, ordinary_users_may_look_and_send_no_codes);
    tcase_add_test(tests, the_image_path_is_quoted_and_ends_in_what_it_is_started_with);
    tcase_add_test(tests, without_an_event_log_it_is_installed_with_a_warning);
    tcase_add_test(tests, a_delayed_start_is_had_on_request);
    tcase_add_test(tests, the_sid_is_the_one_that_windows_makes_of_the_name);
    tcase_add_test(tests, an_install_over_a_service_that_runs_says_that_it_runs_on);
    tcase_add_test(tests, an_account_of_its_own_asks_only_for_what_it_holds);
    tcase_add_loop_test(tests, an_account_of_others_is_refused, 0, COUNT_OF(shared_accounts));
    tcase_add_loop_test(tests, what_this_windows_does_not_know_is_a_note, 0, COUNT_OF(levels));
    tcase_add_loop_test(tests, a_refusal_undoes_the_install_only_where_safety_rests_on_it, 0,
                        COUNT_OF(levels));
    tcase_add_test(tests, a_refused_list_of_rights_undoes_the_install);
    tcase_add_test(tests, a_service_that_was_there_stays_as_it_was_where_it_is_refused);
    tcase_add_test(tests, a_second_install_changes_the_service);
    tcase_add_test(tests, a_program_that_others_may_replace_is_not_installed);
    tcase_add_loop_test(tests, an_order_is_one_control_and_is_not_given_twice, 0, COUNT_OF(orders));
    tcase_add_test(tests, a_paused_service_is_asked_for_no_sample);
    tcase_add_loop_test(tests, a_refused_order_says_what_to_do, 0, COUNT_OF(refusals));
    tcase_add_test(tests, uninstalling_stops_and_removes_and_may_be_said_twice);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(control_suite());
}
