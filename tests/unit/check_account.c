/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "collector/account.h"

static const struct account *account;

static void open_fixture(void)
{
    char id[] = "S-1-5-18";

    account = account_make(id);
    ck_assert_ptr_nonnull(account);
    id[0] = 'X'; /* the account has its own copy */
}

static void close_fixture(void)
{
    account_release(account);
}

START_TEST(an_account_begins_without_a_name)
{
    ck_assert_str_eq(account->id, "S-1-5-18");
    ck_assert_ptr_null(account_name(account));
    ck_assert(!account_is_settled(account));
}
END_TEST

START_TEST(a_name_is_published_once)
{
    char name[] = "NT AUTHORITY\\SYSTEM";

    ck_assert(account_publish(account, name));
    name[0] = 'X';
    ck_assert(account_is_settled(account));
    ck_assert_str_eq(account_name(account), "NT AUTHORITY\\SYSTEM");
    ck_assert(account_publish(account, "another"));
    ck_assert_str_eq(account_name(account), "NT AUTHORITY\\SYSTEM");
}
END_TEST

START_TEST(an_account_without_a_name_is_settled_and_stays_so)
{
    ck_assert(account_publish(account, NULL));
    ck_assert(account_is_settled(account));
    ck_assert_ptr_null(account_name(account));
    ck_assert(account_publish(account, "too late"));
    ck_assert_ptr_null(account_name(account));
}
END_TEST

START_TEST(an_account_lives_as_long_as_somebody_holds_it)
{
    ck_assert_ptr_eq(account_hold(account), account);
    account_release(account);
    ck_assert(account_publish(account, "root"));
    ck_assert_str_eq(account_name(account), "root");
}
END_TEST

START_TEST(no_account_has_no_name)
{
    ck_assert_ptr_null(account_name(NULL));
    account_release(NULL);
}
END_TEST

static Suite *account_suite(void)
{
    Suite *suite = suite_create("account");
    TCase *tests = tcase_create("account");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, an_account_begins_without_a_name);
    tcase_add_test(tests, a_name_is_published_once);
    tcase_add_test(tests, an_account_without_a_name_is_settled_and_stays_so);
    tcase_add_test(tests, an_account_lives_as_long_as_somebody_holds_it);
    tcase_add_test(tests, no_account_has_no_name);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(account_suite());
}
