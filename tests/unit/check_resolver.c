/* SPDX-License-Identifier: MIT */

/*
 * Names in threads, with names that are made up.
 */

#include <check.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/thread.h"
#include "probes/resolver.h"
#include "tests/fake_resolver.h"
#include "tests/support.h"

enum { NAMES = 100, PATIENCE_MS = 20000 };

static struct {
    struct resolver *resolver;
    struct bell *bell;
    struct failure why;
} fixture;

static void ring(void *bell)
{
    bell_ring(bell);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(bell_open(&fixture.bell, &fixture.why), fixture.why);
    CHECK_DONE(resolver_open(&fixture.resolver, ring, fixture.bell, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    resolver_close(fixture.resolver);
    bell_close(fixture.bell);
}

static struct resolver_answer wait_answer(void)
{
    struct resolver_answer answer;

    while (!resolver_take(fixture.resolver, &answer)) {
        ck_assert(bell_wait(fixture.bell, PATIENCE_MS));
    }
    return answer;
}

START_TEST(a_name_has_its_address)
{
    int mine = 0;
    struct resolver_answer answer;

    CHECK_DONE(resolver_ask(fixture.resolver, "here", 0, &mine, &fixture.why), fixture.why);
    answer = wait_answer();
    ck_assert_ptr_eq(answer.user, &mine);
    ck_assert(answer.found);
    ck_assert_uint_eq(answer.addresses.count, 1);
    ck_assert_uint_eq(answer.addresses.items[0].address_size, 4);
    ck_assert_int_ge(answer.took, 0);
    address_list_clear(&answer.addresses);
}
END_TEST

START_TEST(a_name_has_all_of_its_addresses_once)
{
    struct resolver_answer answer;
    struct text others = {0};

    CHECK_DONE(resolver_ask(fixture.resolver, "many", 0, NULL, &fixture.why), fixture.why);
    answer = wait_answer();
    ck_assert_uint_eq(answer.addresses.count, 3);
    address_list_add_others(&others, &answer.addresses, 1);
    ck_assert_str_eq(text_bytes(&others), "2001:db8::1, 192.0.2.2");
    text_clear(&others);
    address_list_clear(&answer.addresses);
}
END_TEST

START_TEST(a_family_leaves_the_other_out)
{
    struct resolver_answer answer;

    CHECK_DONE(resolver_ask(fixture.resolver, "many", 4, NULL, &fixture.why), fixture.why);
    answer = wait_answer();
    ck_assert_uint_eq(answer.addresses.count, 2);
    address_list_clear(&answer.addresses);
}
END_TEST

START_TEST(a_name_has_no_end_of_addresses)
{
    struct address_list list = {0};
    struct socket_endpoint address = {.address_size = 4, .port = 7};

    for (int i = 0; i < 2 * ADDRESS_LIST_MOST; i++) {
        address.address[2] = (uint8_t)(i >> 8);
        address.address[3] = (uint8_t)i;
        ck_assert(address_list_add(&list, &address));
    }
    ck_assert_uint_eq(list.count, ADDRESS_LIST_MOST);
    ck_assert_uint_eq(list.items[0].port, 0);
    address_list_clear(&list);
    address_list_clear(&list);
}
END_TEST

START_TEST(a_name_without_address_says_why)
{
    CHECK_DONE(resolver_ask(fixture.resolver, "nowhere", 4, NULL, &fixture.why), fixture.why);
    struct resolver_answer answer = wait_answer();

    ck_assert(!answer.found);
    ck_assert_str_eq(answer.why, "no such host");
}
END_TEST

START_TEST(every_name_of_many_is_answered_once)
{
    bool answered[NAMES] = {false};

    for (int i = 0; i < NAMES; i++) {
        CHECK_DONE(resolver_ask(fixture.resolver, "here", 0, &answered[i], &fixture.why),
                   fixture.why);
    }
    for (int i = 0; i < NAMES; i++) {
        struct resolver_answer answer = wait_answer();
        bool *mine = answer.user;

        ck_assert(!*mine);
        *mine = true;
        address_list_clear(&answer.addresses);
    }
}
END_TEST

/* A thread takes a name soon: until then it is not known when to give it up. */
static int64_t await_give_up(const void *user)
{
    int64_t until = clock_steady() + PATIENCE_MS;
    int64_t at;

    while ((at = resolver_give_up_at(fixture.resolver, user, 5)) == INT64_MAX) {
        ck_assert_int_lt(clock_steady(), until);
        (void)bell_wait(fixture.bell, 1);
    }
    return at;
}

static void drop_answers(int count)
{
    for (int i = 0; i < count; i++) {
        struct resolver_answer answer = wait_answer();

        address_list_clear(&answer.addresses);
    }
}

START_TEST(names_that_hang_do_not_hold_up_a_good_one)
{
    int mine = 0;
    struct resolver_answer answer;

    fake_resolver_hold(true);
    for (int i = 0; i < RESOLVER_THREADS; i++) {
        CHECK_DONE(resolver_ask(fixture.resolver, "stuck", 0, NULL, &fixture.why), fixture.why);
    }
    CHECK_DONE(resolver_ask(fixture.resolver, "here", 0, &mine, &fixture.why), fixture.why);
    ck_assert_int_eq(resolver_give_up_at(fixture.resolver, &mine, 5), INT64_MAX);
    answer = wait_answer();
    ck_assert_ptr_eq(answer.user, &mine);
    address_list_clear(&answer.addresses);
    fake_resolver_hold(false);
    drop_answers(RESOLVER_THREADS);
}
END_TEST

START_TEST(a_name_is_given_up_after_it_was_taken_or_where_all_hang)
{
    static int users[RESOLVER_THREADS_MOST + 1];
    int64_t began = clock_steady_us();
    int64_t newest = 0;

    fake_resolver_hold(true);
    for (int i = 0; i < RESOLVER_THREADS_MOST; i++) {
        int64_t at;

        CHECK_DONE(resolver_ask(fixture.resolver, "stuck", 0, &users[i], &fixture.why),
                   fixture.why);
        at = await_give_up(&users[i]);
        ck_assert_int_ge(at, began + 5);
        newest = at > newest ? at : newest;
    }
    CHECK_DONE(
        resolver_ask(fixture.resolver, "here", 0, &users[RESOLVER_THREADS_MOST], &fixture.why),
        fixture.why);
    ck_assert_int_eq(await_give_up(&users[RESOLVER_THREADS_MOST]), newest);
    fake_resolver_hold(false);
    drop_answers(RESOLVER_THREADS_MOST + 1);
}
END_TEST

START_TEST(answers_that_nobody_takes_are_dropped)
{
    for (int i = 0; i < NAMES; i++) {
        CHECK_DONE(resolver_ask(fixture.resolver, "here", 0, NULL, &fixture.why), fixture.why);
    }
    resolver_close(fixture.resolver);
    fixture.resolver = NULL;
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("resolver");
    TCase *resolver = tcase_create("resolver");

    tcase_add_checked_fixture(resolver, open_fixture, close_fixture);
    tcase_add_test(resolver, a_name_has_its_address);
    tcase_add_test(resolver, a_name_has_all_of_its_addresses_once);
    tcase_add_test(resolver, a_family_leaves_the_other_out);
    tcase_add_test(resolver, a_name_has_no_end_of_addresses);
    tcase_add_test(resolver, a_name_without_address_says_why);
    tcase_add_test(resolver, every_name_of_many_is_answered_once);
    tcase_add_test(resolver, names_that_hang_do_not_hold_up_a_good_one);
    tcase_add_test(resolver, a_name_is_given_up_after_it_was_taken_or_where_all_hang);
    tcase_add_test(resolver, answers_that_nobody_takes_are_dropped);
    suite_add_tcase(suite, resolver);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
