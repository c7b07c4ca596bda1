/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "probes/targets.h"
#include "tests/support.h"

static struct {
    struct target_list list;
    struct text shown;
    struct text host;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    target_list_clear(&fixture.list);
    text_clear(&fixture.shown);
    text_clear(&fixture.host);
}

static const char *show(void)
{
    struct target_walk walk = {0};
    struct socket_endpoint address;

    text_reset(&fixture.shown);
    while (target_list_next(&fixture.list, &walk, &fixture.host, &address)) {
        text_addf(&fixture.shown, "%s%s%s", fixture.shown.size > 0 ? " " : "",
                  address.address_size == 0 ? "=" : "", text_bytes(&fixture.host));
    }
    return text_bytes(&fixture.shown);
}

static const struct {
    const char *words[4];
    const char *shown;
} lists[] = {
    {{"server.example"}, "=server.example"},
    {{"10.0.0.1", "b"}, "10.0.0.1 =b"},
    {{"::1"}, "::1"},
    {{"fe80::1%3"}, "fe80::1%3"},
    {{"10.0.0.8/30"}, "10.0.0.9 10.0.0.10"},
    {{"10.0.0.8/31"}, "10.0.0.8 10.0.0.9"},
    {{"10.0.0.8/32"}, "10.0.0.8"},
    {{"2001:db8::ff/126"}, "2001:db8::fc 2001:db8::fd 2001:db8::fe 2001:db8::ff"},
    {{"10.0.0.254-10.0.1.1"}, "10.0.0.254 10.0.0.255 10.0.1.0 10.0.1.1"},
    {{"10.0.0.1-3"}, "10.0.0.1 10.0.0.2 10.0.0.3"},
    {{"10.0.0.1-1"}, "10.0.0.1"},
    {{"2001:db8::1-2001:db8::2"}, "2001:db8::1 2001:db8::2"},
    {{"my-host"}, "=my-host"},
    {{"10-host"}, "=10-host"},

    /* Once each. */
    {{"a", "A", "b"}, "=a =b"},
    {{"10.0.0.1", "10.0.0.0/30", "10.0.0.2-4"}, "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4"},
};

START_TEST(a_list_is_walked)
{
    for (int i = 0; i < 4 && lists[_i].words[i] != NULL; i++) {
        CHECK_DONE(target_list_add(&fixture.list, lists[_i].words[i], false, &fixture.why),
                   fixture.why);
    }
    ck_assert_str_eq(show(), lists[_i].shown);
}
END_TEST

static const char *const refused[] = {
    "",
    "10.0.0.0/33",
    "10.0.0/8",
    "a b",
    "host:80",
    "http://host",
    "10.0.0.5-10.0.0.1",
    "10.0.0.5-4",
    "10.0.0.5-256",
    "10.0.0.5-::1",
    "10.0.0.5-",
    "::1-2",
    "2001:db8::/64",
    "::/0",
    "fe80::1", /* on which link? */
    "febf::/120",
    "fe80::1-fe80::2",
    "fe80::1%eth0", /* which number? */
    "0.0.0.0",      /* whose? */
    "0.0.0.0-9",
    "0.0.0.0/31",
    "::",
    "::/120",
    "224.0.0.1", /* who of them? */
    "239.255.255.250",
    "224.0.0.0/30",
    "255.255.255.255",
    "ff02::fb",
};

START_TEST(what_is_no_host_is_refused)
{
    CHECK_FAILED(target_list_add(&fixture.list, refused[_i], true, &fixture.why), FAILURE_USAGE,
                 fixture.why);
}
END_TEST

START_TEST(very_many_are_asked_for_in_words)
{
    CHECK_DONE(target_list_add(&fixture.list, "10.0.0.0/16", false, &fixture.why), fixture.why);
    CHECK_FAILED(target_list_add(&fixture.list, "10.1.0.0-10.1.0.9", false, &fixture.why),
                 FAILURE_USAGE, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "these are more than 65536 addresses");
    target_list_clear(&fixture.list);
    CHECK_DONE(target_list_add(&fixture.list, "10.0.0.0/8", true, &fixture.why), fixture.why);
    ck_assert_uint_eq(fixture.list.total, (UINT64_C(1) << 24) - 2);
    CHECK_DONE(target_list_add(&fixture.list, "2001:db8::/65", true, &fixture.why), fixture.why);
    CHECK_DONE(target_list_add(&fixture.list, "2001:db9::/65", true, &fixture.why), fixture.why);
    ck_assert_uint_eq(fixture.list.total, UINT64_MAX);
}
END_TEST

START_TEST(a_long_name_is_refused)
{
    char name[300];

    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    CHECK_FAILED(target_list_add(&fixture.list, name, false, &fixture.why), FAILURE_USAGE,
                 fixture.why);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("targets");
    TCase *targets = tcase_create("targets");

    tcase_add_checked_fixture(targets, open_fixture, close_fixture);
    tcase_add_loop_test(targets, a_list_is_walked, 0, COUNT_OF(lists));
    tcase_add_loop_test(targets, what_is_no_host_is_refused, 0, COUNT_OF(refused));
    tcase_add_test(targets, very_many_are_asked_for_in_words);
    tcase_add_test(targets, a_long_name_is_refused);
    suite_add_tcase(suite, targets);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
