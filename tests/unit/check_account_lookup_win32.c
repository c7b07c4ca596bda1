/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "collector/account_names.h"

static struct text name;

static void open_fixture(void)
{
    name = (struct text){0};
}

static void close_fixture(void)
{
    text_clear(&name);
}

START_TEST(the_system_has_a_name_with_its_domain)
{
    ck_assert(account_lookup("S-1-5-18", &name));
    ck_assert_str_eq(text_bytes(&name), "NT AUTHORITY\\SYSTEM");
}
END_TEST

START_TEST(everyone_is_of_no_domain)
{
    ck_assert(account_lookup("S-1-1-0", &name));
    ck_assert_str_eq(text_bytes(&name), "Everyone");
}
END_TEST

static const char *const nobody[] = {
    "",   "S-1-5-", "1000",       "S-1-5-21-1-2-3-4567890", "NT AUTHORITY\\SYSTEM",
    "BA", "S-",     "S-1-99-1-2", "\xf0\x9f\x98\x80",       "S-1-5-80-1-2-3-4-5",
};

START_TEST(who_is_not_known_has_no_name)
{
    text_add(&name, "before ");
    ck_assert_msg(!account_lookup(nobody[_i], &name), "%s is %s", nobody[_i], text_bytes(&name));
    ck_assert_str_eq(text_bytes(&name), "before ");
}
END_TEST

static Suite *account_lookup_suite(void)
{
    Suite *suite = suite_create("account_lookup_win32");
    TCase *tests = tcase_create("account_lookup_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_system_has_a_name_with_its_domain);
    tcase_add_test(tests, everyone_is_of_no_domain);
    tcase_add_loop_test(tests, who_is_not_known_has_no_name, 0, COUNT_OF(nobody));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(account_lookup_suite());
}
