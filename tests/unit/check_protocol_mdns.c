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

START_TEST(real_replies_are_read)
{
    size_t sizes[2];
    size_t ignored;
    void *bytes[] = {fake_engine_fixture("probes/mdns-avahi.1.bin", &sizes[0]),
                     fake_engine_fixture("probes/mdns-avahi.2.bin", &sizes[1])};
    char *answer = fake_engine_fixture("answers/mdns-avahi.txt", &ignored);

    fake_engine_begin(&fixture.engine);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, bytes[0], sizes[0]), PROTOCOL_WAIT);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, bytes[0], sizes[0]), PROTOCOL_IGNORE);
    ck_assert(fixture.engine.talk.is_enough);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, bytes[1], sizes[1]), PROTOCOL_ANSWERED);
    ck_assert(!fixture.engine.talk.is_partial);
    check_shown(answer);
    fake_engine_torment(&protocol_mdns, PROBE_UDP, bytes[0], sizes[0]);
    free(answer);
    free(bytes[0]);
    free(bytes[1]);
}
END_TEST

#define HEAD(id, count) id "\x84\0\0\0\0" count "\0\0\0\0"
#define SERVICES "\x09_services\7_dns-sd\4_udp\5local\0\0\x0c\0\1\0\0\0\1"
#define ONE_KIND HEAD("\x12\x34", "\1") SERVICES "\0\x12\5_http\4_tcp\5local\0"
#define A_PTR "\1a\0\0\x0c\0\1\0\0\0\1"

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
    bool is_partial;
    const char *shown;
} replies[] = {
#define REPLY(bytes, ...)                                                                          \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, __VA_ARGS__                                                      \
    }
    REPLY(HEAD("\x12\x34", "\0"), PROTOCOL_ANSWERED, false, ""),
    REPLY(ONE_KIND, PROTOCOL_WAIT, false, "services: _http._tcp\n"),
    /* A text record is passed over; a kind that is not of .local stays whole. */
    REPLY(HEAD("\x12\x34", "\2") "\1a\0\0\x10\0\1\0\0\0\1\0\3\2hi" SERVICES "\0\x0b\5_http\3com\0",
          PROTOCOL_ANSWERED, false, "services: _http.com.\n"),
    /* A kind whose name cannot be asked for. */
    REPLY(HEAD("\x12\x34", "\1") SERVICES "\0\x09\1.\5local\0", PROTOCOL_ANSWERED, false,
          "services: \\.\n"),
    REPLY(HEAD("\x12\x34", "\1") A_PTR "\0\3\1b\0", PROTOCOL_ANSWERED, false, "other: a.=b.\n"),
    /* More than there is, a name that leads to itself, and sizes that do not fit. */
    REPLY(HEAD("\x12\x34", "\2") A_PTR "\0\3\1b\0", PROTOCOL_ANSWERED, true, "other: a.=b.\n"),
    REPLY(HEAD("\x12\x34", "\1") "\xc0\x0c\0\x0c\0\1\0\0\0\1\0\3\1b\0", PROTOCOL_ANSWERED, true,
          ""),
    REPLY(HEAD("\x12\x34", "\1") A_PTR "\xff\xff\1b\0", PROTOCOL_ANSWERED, true, ""),
    REPLY(HEAD("\x12\x34", "\1") A_PTR "\0\4\1b\0\0", PROTOCOL_ANSWERED, true, ""),
    REPLY("\x12\x34\x84\0\0\0\2\1\0\0\0\0", PROTOCOL_ANSWERED, true, ""), /* 513 records */
};

START_TEST(records_are_read)
{
    fake_engine_begin(&fixture.engine);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, replies[_i].bytes, replies[_i].size),
                     replies[_i].next);
    ck_assert_int_eq(fixture.engine.talk.is_partial, replies[_i].is_partial);
    ck_assert_int_eq(fixture.engine.sent.size > 0, replies[_i].next == PROTOCOL_WAIT);
    check_shown(replies[_i].shown);
}
END_TEST

#define KIND_POINTER "\xc0\x0c"
#define HTTP_PTR "\5_http\4_tcp\5local\0\0\x0c\0\1\0\0\0\1"

static const struct {
    const char *bytes;
    size_t size;
    bool is_partial;
    const char *shown;
} services[] = {
    REPLY(HEAD("\1\2", "\0"), false, ""),
    /* Signs that a zone file escapes; nothing is known of where it is. */
    REPLY(HEAD("\1\2", "\1") HTTP_PTR "\0\x0a\7a.b\\ \x1b\xff" KIND_POINTER, false,
          "service 1 kind: _http._tcp\nservice 1 instance: a.b\\ \\x1B\\xFF\n"),
    /* Only the first place and text count; those of others do not. The texts come in parts. */
    REPLY(HEAD("\1\2", "\6") HTTP_PTR "\0\4\1x" KIND_POINTER
                                      "\xc0\x28\0\x21\0\1\0\0\0\1\0\x0a\0\0\0\0\x1f\x90\2me\0"
                                      "\xc0\x28\0\x21\0\1\0\0\0\1\0\x08\0\0\0\0\0\1\0\0"
                                      "\xc0\x28\0\x10\0\1\0\0\0\1\0\x08\2a=\0\3b=c"
                                      "\xc0\x28\0\x10\0\1\0\0\0\1\0\3\2d="
                                      "\1y\0\0\x10\0\1\0\0\0\1\0\3\2e=",
          false,
          "service 1 kind: _http._tcp\nservice 1 instance: x\nservice 1 port: 8080\n"
          "service 1 target: me\nservice 1 text: a=\nservice 1 text: b=c\n"),
    /* A pointer to something else, and one that is cut. */
    REPLY(HEAD("\1\2", "\2") HTTP_PTR "\0\3\1z\0" HTTP_PTR "\0\4\1x", true,
          "service 1 kind: _http._tcp\nservice 1 instance: z.\n"),
#undef REPLY
};

START_TEST(services_of_a_kind_are_read)
{
    static const char question[] = "\1\2\0\0\0\1\0\0\0\0\0\0\5_http\4_tcp\5local\0\0\x0c\x80\1";
    struct text expected = {0};

    fake_engine_begin(&fixture.engine);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, ONE_KIND, sizeof(ONE_KIND) - 1),
                     PROTOCOL_WAIT);
    ck_assert_uint_eq(fixture.engine.sent.size, sizeof(question) - 1);
    ck_assert_mem_eq(fixture.engine.sent.bytes, question, sizeof(question) - 1);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, services[_i].bytes, services[_i].size),
                     PROTOCOL_ANSWERED);
    ck_assert_int_eq(fixture.engine.talk.is_partial, services[_i].is_partial);
    text_addf(&expected, "services: _http._tcp\n%s", services[_i].shown);
    check_shown(text_bytes(&expected));
    text_clear(&expected);
}
END_TEST

/* After a first reply that is whole. */
static enum protocol_next hear_services(const uint8_t *bytes, size_t size)
{
    close_fixture();
    open_fixture();
    fake_engine_begin(&fixture.engine);
    fake_engine_datagram(&fixture.engine, ONE_KIND, sizeof(ONE_KIND) - 1);
    return fake_engine_datagram(&fixture.engine, bytes, size);
}

START_TEST(damaged_services_do_no_harm)
{
    size_t size;
    uint8_t *bytes = fake_engine_fixture("probes/mdns-avahi.2.bin", &size);

    for (size_t i = 0; i < size; i++) {
        enum protocol_next next = hear_services(bytes, i);

        ck_assert(next != PROTOCOL_ANSWERED || fixture.engine.talk.is_partial);
        bytes[i] ^= 0xff;
        (void)hear_services(bytes, size);
        bytes[i] ^= 0xff;
    }
    free(bytes);
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
    tcase_add_test(tests, real_replies_are_read);
    tcase_add_loop_test(tests, records_are_read, 0, COUNT_OF(replies));
    tcase_add_loop_test(tests, services_of_a_kind_are_read, 0, COUNT_OF(services));
    tcase_add_test(tests, damaged_services_do_no_harm);
    tcase_add_loop_test(tests, what_is_none_of_it_is_told, 0, COUNT_OF(strangers));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_mdns_suite());
}
