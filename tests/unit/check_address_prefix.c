/* SPDX-License-Identifier: MIT */

#include "collector/address_prefix.h"

#include <string.h>

#include "tests/support.h"

static const struct {
    const char *prefix;
    const char *address;
    bool contained;
} cases[] = {
    {"10.1.2.3", "10.1.2.3", true},
    {"10.1.2.3", "10.1.2.4", false},
    {"10.1.2.3", "::ffff:10.1.2.3", true}, /* the same peer, of a socket of both families */
    {"::ffff:10.1.2.3", "10.1.2.3", true},
    {"::ffff:10.0.0.0/104", "10.1.2.3", true},
    {"::ffff:10.0.0.0/104", "11.1.2.3", false},
    {"10.0.0.0/8", "10.255.0.1", true},
    {"10.0.0.0/8", "11.0.0.0", false},
    {"10.0.0.0/8", "::ffff:10.200.0.1", true},
    {"10.0.0.0/8", "a00::", false}, /* begins with the same byte */
    {"10.1.2.3/8", "10.9.9.9", true},
    {"172.16.0.0/12", "172.31.255.255", true},
    {"172.16.0.0/12", "172.32.0.0", false},
    {"0.0.0.0/0", "255.255.255.255", true},
    {"0.0.0.0/0", "::ffff:1.2.3.4", true},
    {"0.0.0.0/0", "::1", false},
    {"::/0", "2001:db8::1", true},
    {"::/0", "1.2.3.4", false},
    {"2001:db8::/33", "2001:db8:7fff::1", true},
    {"2001:db8::/33", "2001:db8:8000::1", false},
    {"fe80::1", "fe80::1%7", true},
    {"fe80::1%7", "fe80::1%7", true},
    {"fe80::1%7", "fe80::1%8", false},
    {"fe80::%7/64", "fe80::1%7", true},
    {"fe80::%7/64", "fe80::1%8", false},
};

START_TEST(a_prefix_contains_what_begins_so)
{
    struct address_prefix prefix;
    struct socket_endpoint end = {0};
    struct failure why;

    CHECK_DONE(socket_endpoint_parse_address(cases[_i].address, &end, &why), why);
    CHECK_DONE(address_prefix_parse(cases[_i].prefix, &prefix, &why), why);
    ck_assert_msg(address_prefix_contains(&prefix, &end) == cases[_i].contained, "%s and %s",
                  cases[_i].prefix, cases[_i].address);
}
END_TEST

START_TEST(nothing_asked_contains_every_end)
{
    struct address_prefix none = {0};
    struct address_prefix all;
    struct socket_endpoint end = {0};
    struct failure why;

    CHECK_DONE(address_prefix_parse("0.0.0.0/0", &all, &why), why);
    ck_assert(address_prefix_contains(&none, &end));
    ck_assert(!address_prefix_contains(&all, &end)); /* a listener has no other end */
    end.address_size = 16;
    ck_assert(address_prefix_contains(&none, &end));
}
END_TEST

static const struct {
    const char *word;
    bool whole;
} wholes[] = {
    {"10.1.2.3", true}, {"10.1.2.3/32", true}, {"10.1.2.3/31", false}, {"::ffff:1.2.3.4", true},
    {"::1", true},      {"::/0", false},       {"fe80::1", false},     {"fe80::1%3", true},
};

START_TEST(a_whole_address_is_one)
{
    struct address_prefix prefix;
    struct failure why;

    CHECK_DONE(address_prefix_parse(wholes[_i].word, &prefix, &why), why);
    ck_assert_msg(address_prefix_is_whole(&prefix) == wholes[_i].whole, "%s", wholes[_i].word);
}
END_TEST

static const char *const wrong[] = {
    "",     "/8",     "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8",  "10.0.0.0/8 ",
    "10/8", "::/129", "::/0128",   "10.0.0/8",    "host",        "10.0.0.0/8/8", "10.0.0.0/x",
};

START_TEST(what_is_no_prefix_is_refused)
{
    struct address_prefix prefix;
    struct failure why;

    CHECK_FAILED(address_prefix_parse(wrong[_i], &prefix, &why), FAILURE_USAGE, why);
    CHECK_CONTAINS(why.text, "10.0.0.0/8");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("address_prefix");
    TCase *tests = tcase_create("address_prefix");

    tcase_add_loop_test(tests, a_prefix_contains_what_begins_so, 0, COUNT_OF(cases));
    tcase_add_test(tests, nothing_asked_contains_every_end);
    tcase_add_loop_test(tests, a_whole_address_is_one, 0, COUNT_OF(wholes));
    tcase_add_loop_test(tests, what_is_no_prefix_is_refused, 0, COUNT_OF(wrong));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
