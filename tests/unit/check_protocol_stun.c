/* SPDX-License-Identifier: MIT */

/* What coturn said, and replies by hand after RFC 8489. */

#include "tests/support.h"

#include <stdlib.h>
#include <time.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

START_TEST(a_binding_is_asked_for)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_stun, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 20);
    ck_assert_mem_eq(engine.sent.bytes, "\0\1\0\0\x21\x12\xa4\x42\x12\x34\1\2", 12);
    fake_engine_close(&engine);
}
END_TEST

START_TEST(real_replies_are_read)
{
    fake_engine_check_fixture(&protocol_stun, PROBE_UDP, "stun-coturn-udp");
    fake_engine_check_fixture(&protocol_stun, PROBE_TCP, "stun-coturn-tcp");
}
END_TEST

#define ID "\x21\x12\xa4\x42\x12\x34\1\2\3\4\5\6\7\x08\x09\x0a"

static const struct {
    const char *bytes;
    size_t size;
    const char *shown;
} replies[] = {
    /* IPv6: the example of RFC 5769 section 2.3, under our id. */
    {"\1\1\0\x18" ID "\0\x20\0\x14\0\2\xa1\x47\x01\x13\xa9\xfa"
     "\x12\x34\1\2\3\4\5\6\7\x08\x09\x0b",
     44, "mapped_address: 2001:db8::1\nmapped_port: 32853\n"},
    /* The plain form, of servers of RFC 3489; then the hidden one, which says no more. */
    {"\1\1\0\x18" ID "\0\1\0\x08\0\1\x12\x34\xc0\0\2\7"
     "\0\x20\0\x08\0\1\x33\x26\xe1\x12\xa6\x45",
     44, "mapped_address: 192.0.2.7\nmapped_port: 4660\n"},
    {"\1\x11\0\x14" ID "\0\x09\0\x10\0\0\4\1Unauthorized", 40,
     "error_code: 401\nerror_reason: Unauthorized\n"},
    {"\1\1\0\x10" ID "\x80\x22\0\3two\0\x80\x28\0\4\1\2\3\4", 36,
     "software: two\nother: 0x8028 01020304\n"},
    /* Addresses that are none. */
    {"\1\1\0\x10" ID "\0\1\0\4\0\1\0\1\0\1\0\4\0\3\0\1", 36,
     "other: 0x0001 00010001\nother: 0x0001 00030001\n"},
    {"\1\1\0\0" ID, 20, ""},
};

START_TEST(attributes_are_read)
{
    fake_engine_check(&protocol_stun, PROBE_UDP, replies[_i].bytes, replies[_i].size,
                      replies[_i].shown);
    fake_engine_check(&protocol_stun, PROBE_TCP, replies[_i].bytes, replies[_i].size,
                      replies[_i].shown);
    fake_engine_torment(&protocol_stun, PROBE_UDP, replies[_i].bytes, replies[_i].size);
    fake_engine_torment(&protocol_stun, PROBE_TCP, replies[_i].bytes, replies[_i].size);
}
END_TEST

START_TEST(an_attribute_that_is_cut_makes_it_partial)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_stun, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_int_eq(fake_engine_datagram(&engine, "\1\1\0\4" ID "\x80\x22\0\4", 24),
                     PROTOCOL_ANSWERED);
    ck_assert(engine.talk.is_partial);
    fake_engine_close(&engine);
}
END_TEST

/* As many attributes as a message of TCP has room for: the same number of each kind, so that a
 * search of the answer for each of them is what takes the time. */
START_TEST(many_attributes_take_little_time)
{
    enum { ATTRIBUTES = 8000, ROUNDS = 10 };
    struct byte_writer reply = {0};
    clock_t began;

    byte_writer_be32(&reply, 0x01010000 | ATTRIBUTES * 8);
    byte_writer_add(&reply, ID, 16);
    for (int i = 0; i < ATTRIBUTES; i++) {
        byte_writer_be16(&reply, i % 2 == 0 ? 0x802b : 0x1234); /* an address that is none */
        byte_writer_be16(&reply, 4);
        byte_writer_be32(&reply, 0);
    }
    began = clock();
    for (int i = 0; i < ROUNDS; i++) {
        struct fake_engine engine;

        fake_engine_open(&engine, &protocol_stun, PROBE_UDP);
        fake_engine_begin(&engine);
        ck_assert_int_eq(fake_engine_datagram(&engine, reply.bytes, reply.size), PROTOCOL_ANSWERED);
        ck_assert_uint_eq(engine.talk.answer.count, ATTRIBUTES);
        fake_engine_close(&engine);
    }
    ck_assert_int_lt(clock() - began, 2 * CLOCKS_PER_SEC);
    byte_writer_clear(&reply);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
} strangers[] = {
    {"", 0, PROTOCOL_WRONG},
    {"\1\1\0\0" ID, 19, PROTOCOL_WRONG},
    {"\0\1\0\0" ID, 20, PROTOCOL_WRONG}, /* what we said ourselves */
    {"\1\1\0\4" ID, 20, PROTOCOL_WRONG},
    {"\1\1\0\2" ID "\0\0", 22, PROTOCOL_WRONG},
    {"\1\1\0\0\x21\x12\xa4\x43\x12\x34\1\2\3\4\5\6\7\x08\x09\x0a", 20, PROTOCOL_WRONG},
    {"\1\1\0\0\x21\x12\xa4\x42\x12\x34\1\2\3\4\5\6\7\x08\x09\x0b", 20, PROTOCOL_IGNORE},
};

START_TEST(what_is_none_of_it_is_told)
{
    char *shown;

    ck_assert_int_eq(fake_engine_play(&protocol_stun, PROBE_UDP, strangers[_i].bytes,
                                      strangers[_i].size, &shown),
                     strangers[_i].next);
    ck_assert_str_eq(shown, "");
    free(shown);
}
END_TEST

static Suite *protocol_stun_suite(void)
{
    Suite *suite = suite_create("protocol_stun");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, a_binding_is_asked_for);
    tcase_add_test(tests, real_replies_are_read);
    tcase_add_loop_test(tests, attributes_are_read, 0, COUNT_OF(replies));
    tcase_add_test(tests, an_attribute_that_is_cut_makes_it_partial);
    tcase_add_test(tests, many_attributes_take_little_time);
    tcase_add_loop_test(tests, what_is_none_of_it_is_told, 0, COUNT_OF(strangers));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_stun_suite());
}
