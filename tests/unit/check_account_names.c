/* SPDX-License-Identifier: MIT */

#include "tests/fake_account_lookup.h"
#include "tests/support.h"

#include <stdio.h>

#include "base/clock.h"
#include "collector/account_names.h"

enum {
    PATIENCE = 10000, /* milliseconds, for what must happen; never waited for in full */
    BOUND = 4096,     /* of accounts that are remembered */
};

static struct {
    struct account_names *names;
    const struct account *first;
    const struct account *second;
    struct bell *entered;
    struct bell *let_go;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fake_account_lookup = (struct fake_account_lookup){0};
    CHECK_DONE(bell_open(&fixture.entered, &fixture.why), fixture.why);
    CHECK_DONE(bell_open(&fixture.let_go, &fixture.why), fixture.why);
    CHECK_DONE(account_names_open(&fixture.names, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    bell_ring(fixture.let_go);
    account_names_close(fixture.names);
    account_release(fixture.first);
    account_release(fixture.second);
    bell_close(fixture.entered);
    bell_close(fixture.let_go);
}

static const struct account *find(const char *id)
{
    const struct account *account = account_names_find(fixture.names, id, &fixture.why);

    ck_assert_msg(account != NULL, "%s", fixture.why.text);
    ck_assert_str_eq(account->id, id);
    return account;
}

static void wait_for_names(void)
{
    ck_assert(account_names_wait(fixture.names, PATIENCE));
}

static void let_questions_hang(void)
{
    fake_account_lookup.entered = fixture.entered;
    fake_account_lookup.let_go = fixture.let_go;
}

START_TEST(a_name_is_found)
{
    fixture.first = find("1000");
    wait_for_names();
    ck_assert(account_is_settled(fixture.first));
    ck_assert_str_eq(account_name(fixture.first), "name of 1000");
}
END_TEST

START_TEST(an_account_without_a_name_is_asked_for_once)
{
    fixture.first = find("-1");
    wait_for_names();
    ck_assert(account_is_settled(fixture.first));
    ck_assert_ptr_null(account_name(fixture.first));
    fixture.second = find("-1");
    wait_for_names();
    ck_assert_int_eq(fake_account_lookup.calls, 1);
}
END_TEST

START_TEST(an_account_is_one_object_while_it_is_looked_up_and_afterwards)
{
    let_questions_hang();
    fixture.first = find("1000");
    ck_assert(bell_wait(fixture.entered, PATIENCE));
    fixture.second = find("1000");
    ck_assert_ptr_eq(fixture.first, fixture.second);
    ck_assert(!account_is_settled(fixture.first));
    ck_assert(!account_names_wait(fixture.names, 20));
    bell_ring(fixture.let_go);
    wait_for_names();
    account_release(fixture.second);
    fixture.second = find("1000");
    ck_assert_ptr_eq(fixture.first, fixture.second);
    ck_assert_int_eq(fake_account_lookup.calls, 1);
}
END_TEST

START_TEST(two_accounts_have_two_names)
{
    fixture.first = find("1000");
    fixture.second = find("1001");
    wait_for_names();
    ck_assert_str_eq(account_name(fixture.first), "name of 1000");
    ck_assert_str_eq(account_name(fixture.second), "name of 1001");
}
END_TEST

START_TEST(a_name_outlives_the_names)
{
    struct account_names *names = fixture.names;

    fixture.first = find("1000");
    wait_for_names();
    fixture.names = NULL;
    account_names_close(names);
    ck_assert_str_eq(account_name(fixture.first), "name of 1000");
}
END_TEST

static void find_numbers(int count)
{
    for (int i = 0; i < count; i++) {
        char id[20];

        snprintf(id, sizeof(id), "%d", i);
        account_release(find(id));
    }
    wait_for_names();
}

START_TEST(too_many_accounts_are_forgotten_and_asked_for_again)
{
    find_numbers(BOUND);
    ck_assert_int_eq(fake_account_lookup.calls, BOUND);
    find_numbers(BOUND);
    ck_assert_int_eq(fake_account_lookup.calls, BOUND);
    fixture.first = find("0");
    fixture.second = find("one more");
    account_release(find("0"));
    wait_for_names();
    ck_assert_int_eq(fake_account_lookup.calls, BOUND + 2);
    ck_assert_str_eq(account_name(fixture.first), "name of 0"); /* who has it keeps it */
}
END_TEST

START_TEST(a_question_that_hangs_does_not_hold_up_the_end)
{
    struct account_names *names = fixture.names;
    int64_t begun = clock_awake();

    let_questions_hang();
    fixture.first = find("1000");
    fixture.second = find("1001");
    ck_assert(bell_wait(fixture.entered, PATIENCE));
    fixture.names = NULL;
    account_names_close(names);
    ck_assert_int_lt(clock_awake() - begun, PATIENCE / 2);
    bell_ring(fixture.let_go);
    for (int i = 0; i < 100 && !account_is_settled(fixture.first); i++) {
        (void)bell_wait(fixture.entered, 50);
    }
    ck_assert(account_is_settled(fixture.first)); /* the thread came back to its own */
    ck_assert_str_eq(account_name(fixture.first), "name of 1000");
    ck_assert(!account_is_settled(fixture.second));
    (void)bell_wait(fixture.entered, 50); /* for the thread to give back what it was left */
}
END_TEST

START_TEST(nothing_is_closed_without_harm)
{
    account_names_close(NULL);
    ck_assert_int_eq(fake_account_lookup.calls, 0);
}
END_TEST

static Suite *account_names_suite(void)
{
    Suite *suite = suite_create("account_names");
    TCase *tests = tcase_create("account_names");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_name_is_found);
    tcase_add_test(tests, an_account_without_a_name_is_asked_for_once);
    tcase_add_test(tests, an_account_is_one_object_while_it_is_looked_up_and_afterwards);
    tcase_add_test(tests, two_accounts_have_two_names);
    tcase_add_test(tests, a_name_outlives_the_names);
    tcase_add_test(tests, too_many_accounts_are_forgotten_and_asked_for_again);
    tcase_add_test(tests, a_question_that_hangs_does_not_hold_up_the_end);
    tcase_add_test(tests, nothing_is_closed_without_harm);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(account_names_suite());
}
