/* SPDX-License-Identifier: MIT */

/*
 * Policies as they stand in the registry. Their names are in no table of
 * settings, so that nothing that runs at the same time takes them for its own.
 */

#include <check.h>
#include <stdlib.h>

#include <windows.h>

#include "base/policy.h"
#include "base/text.h"
#include "tests/support.h"

static const wchar_t key_name[] = L"SOFTWARE\\Policies\\PortLedger";

static struct {
    HKEY key;
    bool made; /* the key was not there before */
    struct text seen;
    struct failure why;
} fixture;

static const wchar_t *const names[] = {L"TestText", L"TestNumber",  L"TestLong",
                                       L"TestList", L"TestUnended", L"TestBytes"};

static void set_up(void)
{
    DWORD what;

    ck_assert_int_eq(RegCreateKeyExW(HKEY_LOCAL_MACHINE, key_name, 0, NULL, 0,
                                     KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &fixture.key, &what),
                     ERROR_SUCCESS);
    fixture.made = what == REG_CREATED_NEW_KEY;
}

static void tear_down(void)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        RegDeleteValueW(fixture.key, names[i]);
    }
    RegCloseKey(fixture.key);
    if (fixture.made) {
        RegDeleteKeyW(HKEY_LOCAL_MACHINE, key_name);
    }
    text_clear(&fixture.seen);
}

static void set(const wchar_t *name, DWORD type, const void *bytes, size_t size)
{
    ck_assert_int_eq(RegSetValueExW(fixture.key, name, 0, type, bytes, (DWORD)size), ERROR_SUCCESS);
}

/* Those of this test, a line each. */
static bool see(void *context, const struct policy *policy)
{
    struct text *seen = context;

    if (strncmp(policy->name, "Test", 4) != 0) {
        return true;
    }
    text_addf(seen, "%s", policy->name);
    if (policy->kind == POLICY_NUMBER) {
        text_addf(seen, " %llu", (unsigned long long)policy->number);
    }
    if (policy->kind == POLICY_TEXT) {
        text_addf(seen, " %s", policy->text);
    }
    for (const char *entry = policy->kind == POLICY_LIST ? policy->text : ""; *entry != '\0';
         entry += strlen(entry) + 1) {
        text_addf(seen, " [%s]", entry);
    }
    text_add_char(seen, '\n');
    return true;
}

static const char *walk(void)
{
    CHECK_DONE(policy_walk(see, &fixture.seen, &fixture.why), fixture.why);
    return text_bytes(&fixture.seen);
}

START_TEST(each_type_is_read)
{
    DWORD number = 0xFFFFFFFF;
    uint64_t large = UINT64_C(1) << 40;

    set(L"TestText", REG_SZ, L"\u00e9 30s", 6 * sizeof(wchar_t));
    set(L"TestNumber", REG_DWORD, &number, sizeof(number));
    set(L"TestLong", REG_QWORD, &large, sizeof(large));
    set(L"TestList", REG_MULTI_SZ, L"one\0two\0", 9 * sizeof(wchar_t));
    set(L"TestBytes", REG_BINARY, "\1\2\3", 3);
    CHECK_CONTAINS(walk(), "TestText \xC3\xA9 30s\n");
    CHECK_CONTAINS(text_bytes(&fixture.seen), "TestNumber 4294967295\n");
    CHECK_CONTAINS(text_bytes(&fixture.seen), "TestLong 1099511627776\n");
    CHECK_CONTAINS(text_bytes(&fixture.seen), "TestList [one] [two]\n");
    CHECK_CONTAINS(text_bytes(&fixture.seen), "TestBytes\n");
}
END_TEST

/* Whoever writes the registry need not end a text in 0. */
START_TEST(what_is_not_ended_is_read_to_its_end)
{
    set(L"TestUnended", REG_MULTI_SZ, L"one\0two", 7 * sizeof(wchar_t));
    set(L"TestText", REG_SZ, L"5s!", 2 * sizeof(wchar_t));
    set(L"TestList", REG_MULTI_SZ, L"", 0);
    CHECK_CONTAINS(walk(), "TestUnended [one] [two]\n");
    CHECK_CONTAINS(text_bytes(&fixture.seen), "TestText 5s\n");
    CHECK_CONTAINS(text_bytes(&fixture.seen), "TestList\n");
}
END_TEST

static bool see_one(void *context, const struct policy *policy)
{
    (void)policy;
    (*(int *)context)++;
    return false;
}

START_TEST(a_walk_ends_when_it_is_told_to)
{
    DWORD number = 1;
    int count = 0;

    set(L"TestText", REG_SZ, L"a", 2 * sizeof(wchar_t));
    set(L"TestNumber", REG_DWORD, &number, sizeof(number));
    CHECK_DONE(policy_walk(see_one, &count, &fixture.why), fixture.why);
    ck_assert_int_eq(count, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy_win32");
    TCase *tests = tcase_create("policy_win32");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, each_type_is_read);
    tcase_add_test(tests, what_is_not_ended_is_read_to_its_end);
    tcase_add_test(tests, a_walk_ends_when_it_is_told_to);
    suite_add_tcase(suite, tests);
    return support_run_suite(suite);
}
