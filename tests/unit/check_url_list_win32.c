/* SPDX-License-Identifier: MIT */

#include "tests/fake_http_config_win32.h"
#include "tests/support.h"

#include <wchar.h>

#include "collector/url_list.h"

static struct {
    struct url_list list;
    struct failure why;
} fixture;

static const wchar_t *const three[] = {L"http://+:5985/wsman/", L"https://*:443/",
                                       L"http://b\x00fc\xd800"
                                       L"cher:80/"};

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fake_http_config = (struct fake_http_config){.urls = three, .count = COUNT_OF(three)};
    CHECK_DONE(url_list_add(&fixture.list, "what was there before", &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    url_list_clear(&fixture.list);
}

static void read_list(void)
{
    CHECK_DONE(url_list_read(&fixture.list, &fixture.why), fixture.why);
    ck_assert_int_eq(fake_http_config.opened, fake_http_config.closed);
}

START_TEST(every_reservation_is_read)
{
    read_list();
    ck_assert_uint_eq(fixture.list.count, 3);
    ck_assert_str_eq(fixture.list.urls[0], "http://+:5985/wsman/");
    ck_assert_str_eq(fixture.list.urls[1], "https://*:443/");
    ck_assert_str_eq(fixture.list.urls[2], "http://b\xc3\xbc\xef\xbf\xbd"
                                           "cher:80/");
    ck_assert_int_eq(fake_http_config.opened, 1);
}
END_TEST

START_TEST(a_system_that_does_not_tell_has_none)
{
    fake_http_config.open_error = ERROR_ACCESS_DENIED;
    read_list();
    ck_assert_uint_eq(fixture.list.count, 0);
    ck_assert_int_eq(fake_http_config.closed, 0);
}
END_TEST

static const ULONG errors[] = {ERROR_ACCESS_DENIED, ERROR_PROC_NOT_FOUND, ERROR_FILE_NOT_FOUND};

START_TEST(half_a_list_is_none)
{
    fake_http_config.fail_at = 1;
    fake_http_config.fail_error = errors[_i];
    read_list();
    ck_assert_uint_eq(fixture.list.count, 0);
}
END_TEST

START_TEST(without_memory_the_reading_fails)
{
    fake_http_config.fail_at = 1;
    fake_http_config.fail_error = ERROR_NOT_ENOUGH_MEMORY;
    CHECK_FAILED(url_list_read(&fixture.list, &fixture.why), FAILURE_MEMORY, fixture.why);
    ck_assert_uint_eq(fixture.list.count, 0);
    ck_assert_int_eq(fake_http_config.closed, 1);
}
END_TEST

START_TEST(a_reservation_without_a_url_is_passed_over)
{
    static const wchar_t *const holes[] = {NULL, L"http://+:80/", NULL};

    fake_http_config.urls = holes;
    read_list();
    ck_assert_uint_eq(fixture.list.count, 1);
    ck_assert_str_eq(fixture.list.urls[0], "http://+:80/");
}
END_TEST

START_TEST(a_long_reservation_gets_its_room)
{
    static wchar_t url[100001];
    static const wchar_t *const one[] = {url, L"http://+:80/"};

    wmemset(url, L'x', 100000);
    fake_http_config.urls = one;
    fake_http_config.count = 2;
    read_list();
    ck_assert_uint_eq(fixture.list.count, 2);
    ck_assert_uint_eq(strlen(fixture.list.urls[0]), 100000);
    ck_assert_str_eq(fixture.list.urls[1], "http://+:80/");
}
END_TEST

START_TEST(one_that_grows_for_ever_is_given_up)
{
    fake_http_config.growth = 3000;
    read_list();
    ck_assert_uint_eq(fixture.list.count, 0);
    ck_assert_int_lt(fake_http_config.calls, 10);
}
END_TEST

START_TEST(a_size_beyond_reason_is_given_up)
{
    fake_http_config.growth = 0x10000000;
    read_list();
    ck_assert_uint_eq(fixture.list.count, 0);
    ck_assert_int_eq(fake_http_config.calls, 1);
}
END_TEST

START_TEST(a_list_without_end_is_none)
{
    enum { TOO_MANY = 100000 };
    static const wchar_t *many[TOO_MANY];

    for (int i = 0; i < TOO_MANY; i++) {
        many[i] = L"http://+:80/";
    }
    fake_http_config.urls = many;
    fake_http_config.count = TOO_MANY;
    read_list();
    ck_assert_uint_eq(fixture.list.count, 0);
    ck_assert_int_lt(fake_http_config.calls, TOO_MANY);
}
END_TEST

static Suite *url_list_suite(void)
{
    Suite *suite = suite_create("url_list_win32");
    TCase *tests = tcase_create("url_list_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, every_reservation_is_read);
    tcase_add_test(tests, a_system_that_does_not_tell_has_none);
    tcase_add_loop_test(tests, half_a_list_is_none, 0, COUNT_OF(errors));
    tcase_add_test(tests, without_memory_the_reading_fails);
    tcase_add_test(tests, a_reservation_without_a_url_is_passed_over);
    tcase_add_test(tests, a_long_reservation_gets_its_room);
    tcase_add_test(tests, one_that_grows_for_ever_is_given_up);
    tcase_add_test(tests, a_size_beyond_reason_is_given_up);
    tcase_add_test(tests, a_list_without_end_is_none);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(url_list_suite());
}
