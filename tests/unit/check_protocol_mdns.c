/* SPDX-License-Identifier: MIT */

/* What avahi said, and replies by hand after RFC 6762. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static struct {
    struct fake_engine engine;
} fixture;

/* The address that avahi had when the fixture was made. */
static const struct socket_endpoint avahi = {
    .address = {10, 77, 0, 2}, .address_size = 4, .port = 5353};

static void open_fixture(void)
{
    fake_engine_open(&fixture.engine, &protocol_mdns, PROBE_UDP);
    fixture.engine.target.address = avahi;
}

static void close_fixture(void)
{
    fake_engine_close(&fixture.engine);
}

static void check_shown(const char *expected)
{
    struct text text = {0};

    fake_engine_show(&text, &fixture.engine.talk.answer);
    ck_assert_str_eq(text_bytes(&text), expected);
    text_clear(&text);
}

START_TEST(services_and_the_name_of_the_address_are_asked_for)
{
    static const char request[] = "\x12\x34\0\0\0\2\0\0\0\0\0\0"
                                  "\x09_services\7_dns-sd\4_udp\5local\0\0\x0c\x80\1"
                                  "\1"
                                  "2\1"
                                  "0\2"
                                  "77\2"
                                  "10\7in-addr\4arpa\0\0\x0c\x80\1";

    fake_engine_begin(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, sizeof(request) - 1);
    ck_assert_mem_eq(fixture.engine.sent.bytes, request, sizeof(request) - 1);
}
END_TEST

START_TEST(an_address_of_ipv6_has_a_name_of_32_digits)
{
    static const char end[] = "\1"
                              "d\1"
                              "f\3ip6\4arpa\0\0\x0c\x80\1";
    struct socket_endpoint *address = &fixture.engine.target.address;

    *address = (struct socket_endpoint){.address = {0xfd, 0x77}, .address_size = 16};
    fake_engine_begin(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, 12 + 34 + 64 + 14);
    ck_assert_mem_eq(fixture.engine.sent.bytes + fixture.engine.sent.size - (sizeof(end) - 1), end,
                     sizeof(end) - 1);
}
END_TEST

START_TEST(a_real_reply_is_read)
{
    size_t size;
    size_t ignored;
    void *bytes = fake_engine_fixture("probes/mdns-avahi.bin", &size);
    char *answer = fake_engine_fixture("answers/mdns-avahi.txt", &ignored);

    fake_engine_begin(&fixture.engine);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, bytes, size), PROTOCOL_ANSWERED);
    ck_assert(!fixture.engine.talk.is_partial);
    check_shown(answer);
    fake_engine_torment(&protocol_mdns, PROBE_UDP, bytes, size);
    free(answer);
    free(bytes);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    bool is_partial;
    const char *shown;
} replies[] = {
    {"\x12\x34\x84\0\0\0\0\0\0\0\0\0", 12, false, ""},
    /* A text record is passed over; a service that is not of .local stays whole. */
    {"\x12\x34\x84\0\0\0\0\1\0\0\0\1"
     "\1a\0\0\x10\0\1\0\0\0\1\0\3\2hi"
     "\x09_SERVICES\7_dns-sd\4_udp\5local\0\0\x0c\0\1\0\0\0\1\0\x0b\5_http\3com\0",
     12 + 16 + 31 + 10 + 11, false, "services: _http.com.\n"},
    {"\x12\x34\x84\0\0\0\0\1\0\0\0\0\1a\0\0\x0c\0\1\0\0\0\1\0\3\1b\0", 12 + 16, false,
     "other: a.=b.\n"},
    /* More than there is, and a name that leads to itself. */
    {"\x12\x34\x84\0\0\0\0\2\0\0\0\0\1a\0\0\x0c\0\1\0\0\0\1\0\3\1b\0", 12 + 16, true,
     "other: a.=b.\n"},
    {"\x12\x34\x84\0\0\0\0\1\0\0\0\0\xc0\x0c\0\x0c\0\1\0\0\0\1\0\3\1b\0", 12 + 15, true, ""},
    {"\x12\x34\x84\0\0\0\0\1\0\0\0\0\1a\0\0\x0c\0\1\0\0\0\1\xff\xff\1b\0", 12 + 16, true, ""},
    {"\x12\x34\x84\0\0\0\0\1\0\0\0\0\1a\0\0\x0c\0\1\0\0\0\1\0\4\1b\0\0", 12 + 17, true, ""},
};

START_TEST(records_are_read)
{
    fake_engine_begin(&fixture.engine);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, replies[_i].bytes, replies[_i].size),
                     PROTOCOL_ANSWERED);
    ck_assert_int_eq(fixture.engine.talk.is_partial, replies[_i].is_partial);
    check_shown(replies[_i].shown);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
} strangers[] = {
    {"", 0, PROTOCOL_WRONG},
    {"\x12\x34\x84\0\0\0\0\0\0\0\0", 11, PROTOCOL_WRONG},
    {"\x12\x34\0\0\0\2\0\0\0\0\0\0", 12, PROTOCOL_WRONG}, /* a question, such as ours */
    {"\0\0\x84\0\0\0\0\0\0\0\0\0", 12, PROTOCOL_IGNORE},
};

START_TEST(what_is_none_of_it_is_told)
{
    fake_engine_begin(&fixture.engine);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, strangers[_i].bytes, strangers[_i].size),
                     strangers[_i].next);
    check_shown("");
}
END_TEST

static Suite *protocol_mdns_suite(void)
{
    Suite *suite = suite_create("protocol_mdns");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, services_and_the_name_of_the_address_are_asked_for);
    tcase_add_test(tests, an_address_of_ipv6_has_a_name_of_32_digits);
    tcase_add_test(tests, a_real_reply_is_read);
    tcase_add_loop_test(tests, records_are_read, 0, COUNT_OF(replies));
    tcase_add_loop_test(tests, what_is_none_of_it_is_told, 0, COUNT_OF(strangers));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_mdns_suite());
}
