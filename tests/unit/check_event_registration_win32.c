/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <wchar.h>

#include <windows.h>
#include <sddl.h>

#include "service/event_registration_win32.h"
#include "service/events.h"

static const wchar_t under[] = L"Software\\PortLedger tests";
static const wchar_t log_key[] = L"Software\\PortLedger tests\\PortLedger";
static const wchar_t source_key[] = L"Software\\PortLedger tests\\PortLedger\\PortLedger";

static struct failure why;

static void remove_keys(void)
{
    RegDeleteTreeW(HKEY_CURRENT_USER, under);
    RegDeleteKeyW(HKEY_CURRENT_USER, under);
}

static void open_fixture(void)
{
    HKEY key;

    remove_keys();
    ck_assert_int_eq(
        RegCreateKeyExW(HKEY_CURRENT_USER, under, 0, NULL, 0, KEY_READ, NULL, &key, NULL),
        ERROR_SUCCESS);
    RegCloseKey(key);
}

static void add(void)
{
    CHECK_DONE(event_registration_add(HKEY_CURRENT_USER, under,
                                      "C:\\Program Files\\PortLedger\\portledger_events.dll", &why),
               why);
}

static DWORD number(const wchar_t *key, const wchar_t *name)
{
    DWORD value = 0;
    DWORD size = sizeof(value);

    ck_assert_int_eq(
        RegGetValueW(HKEY_CURRENT_USER, key, name, RRF_RT_REG_DWORD, NULL, &value, &size),
        ERROR_SUCCESS);
    return value;
}

static const wchar_t *words(const wchar_t *key, const wchar_t *name)
{
    static wchar_t value[1000];
    DWORD size = sizeof(value);

    ck_assert_int_eq(RegGetValueW(HKEY_CURRENT_USER, key, name, RRF_RT_REG_SZ, NULL, value, &size),
                     ERROR_SUCCESS);
    return value;
}

START_TEST(the_log_and_its_source_are_registered)
{
    static const wchar_t messages[] = L"C:\\Program Files\\PortLedger\\portledger_events.dll";

    add();
    ck_assert(wcscmp(words(source_key, L"EventMessageFile"), messages) == 0);
    ck_assert(wcscmp(words(source_key, L"CategoryMessageFile"), messages) == 0);
    ck_assert_uint_eq(number(source_key, L"CategoryCount"), EVENT_CATEGORIES);
    ck_assert_uint_eq(number(source_key, L"TypesSupported"), 7);
    ck_assert_uint_ge(number(log_key, L"MaxSize"), 1 << 20);
}
END_TEST

/* Rights of everybody in the list who may write, which is 2. */
START_TEST(nobody_writes_to_the_log_but_the_system_and_the_service)
{
    PSECURITY_DESCRIPTOR access = NULL;
    BOOL there;
    BOOL ignored;
    PACL list;
    int writers = 0;

    add();
    ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorW(words(log_key, L"CustomSD"),
                                                                   SDDL_REVISION_1, &access, NULL));
    ck_assert(GetSecurityDescriptorDacl(access, &there, &list, &ignored));
    for (DWORD i = 0; i < list->AceCount; i++) {
        ACCESS_ALLOWED_ACE *line;
        LPWSTR sid;

        ck_assert(GetAce(list, i, (void **)&line));
        ck_assert_int_eq(line->Header.AceType, ACCESS_ALLOWED_ACE_TYPE);
        ck_assert(ConvertSidToStringSidW((PSID)&line->SidStart, &sid));
        if ((line->Mask & ~5U) != 0) {
            writers++;
            ck_assert(wcscmp(sid, L"S-1-5-18") == 0 || wcsncmp(sid, L"S-1-5-80-", 9) == 0);
        }
        LocalFree(sid);
    }
    ck_assert_int_eq(writers, 2);
    LocalFree(access);
}
END_TEST

START_TEST(a_size_that_somebody_has_chosen_stays)
{
    DWORD chosen = 123 << 16;

    add();
    ck_assert_int_eq(
        RegSetKeyValueW(HKEY_CURRENT_USER, log_key, L"MaxSize", REG_DWORD, &chosen, sizeof(chosen)),
        ERROR_SUCCESS);
    add();
    ck_assert_uint_eq(number(log_key, L"MaxSize"), chosen);
}
END_TEST

START_TEST(it_is_removed_as_a_whole_and_once)
{
    HKEY key;

    add();
    CHECK_DONE(event_registration_remove(HKEY_CURRENT_USER, under, &why), why);
    ck_assert_int_eq(RegOpenKeyExW(HKEY_CURRENT_USER, log_key, 0, KEY_READ, &key),
                     ERROR_FILE_NOT_FOUND);
    CHECK_DONE(event_registration_remove(HKEY_CURRENT_USER, under, &why), why);
}
END_TEST

START_TEST(without_the_right_to_register_it_fails)
{
    CHECK_FAILED(event_registration_add(HKEY_CURRENT_USER, L"Software\\No such key", "x.dll", &why),
                 FAILURE_MISSING, why);
}
END_TEST

static Suite *registration_suite(void)
{
    Suite *suite = suite_create("event_registration_win32");
    TCase *tests = tcase_create("event_registration_win32");

    tcase_add_checked_fixture(tests, open_fixture, remove_keys);
    tcase_add_test(tests, the_log_and_its_source_are_registered);
    tcase_add_test(tests, nobody_writes_to_the_log_but_the_system_and_the_service);
    tcase_add_test(tests, a_size_that_somebody_has_chosen_stays);
    tcase_add_test(tests, it_is_removed_as_a_whole_and_once);
    tcase_add_test(tests, without_the_right_to_register_it_fails);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(registration_suite());
}
