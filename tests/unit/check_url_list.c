/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdio.h>

#include "collector/url_list.h"

static struct {
    struct url_list list;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    url_list_clear(&fixture.list);
    url_list_clear(&fixture.list);
}

START_TEST(what_is_added_is_copied_and_stays_in_order)
{
    char url[40];

    for (int i = 0; i < 500; i++) {
        snprintf(url, sizeof(url), "http://+:%d/", i);
        CHECK_DONE(url_list_add(&fixture.list, url, &fixture.why), fixture.why);
    }
    ck_assert_uint_eq(fixture.list.count, 500);
    ck_assert_str_eq(fixture.list.urls[0], "http://+:0/");
    ck_assert_str_eq(fixture.list.urls[499], "http://+:499/");
}
END_TEST

/* Which it has is the system's business; that it tells, or has none, is ours. */
START_TEST(this_systems_reservations_are_read_in_place_of_others)
{
    CHECK_DONE(url_list_add(&fixture.list, "no URL", &fixture.why), fixture.why);
    for (int i = 0; i < 3; i++) {
        CHECK_DONE(url_list_read(&fixture.list, &fixture.why), fixture.why);
    }
    for (size_t i = 0; i < fixture.list.count; i++) {
        CHECK_CONTAINS(fixture.list.urls[i], "://");
    }
}
END_TEST

static Suite *url_list_suite(void)
{
    Suite *suite = suite_create("url_list");
    TCase *tests = tcase_create("url_list");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, what_is_added_is_copied_and_stays_in_order);
    tcase_add_test(tests, this_systems_reservations_are_read_in_place_of_others);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(url_list_suite());
}
