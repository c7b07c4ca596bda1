/* SPDX-License-Identifier: MIT */

/* What ngtcp2's server said, and lists of versions by hand (RFC 8999 section 6). */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

START_TEST(a_version_that_nobody_speaks_is_asked_for)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_quic, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 1200);
    ck_assert_mem_eq(
        engine.sent.bytes,
        "\xc0\x1a\x2a\x3a\x4a\x08\x12\x34\1\2\3\4\5\6\x08\7\x08\x09\x0a\x0b\x0c\x0d\x0e\0", 24);
    fake_engine_close(&engine);
}
END_TEST

START_TEST(a_real_list_is_read)
{
    fake_engine_check_fixture(&protocol_quic, PROBE_UDP, "quic-ngtcp2");
}
END_TEST

/* Both ids as they should be. */
#define PACKET "\x80\0\0\0\0\x08\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x08\x12\x34\1\2\3\4\5\6"

START_TEST(versions_have_their_names)
{
    static const char packet[] = PACKET "\x6b\x33\x43\xcf\xff\0\0\x1d"
                                        "Q046\x0a\xfa\x1a\x2a\xfa\xce\xb0\x02";

    fake_engine_check(&protocol_quic, PROBE_UDP, packet, sizeof(packet) - 1,
                      "versions: QUIC 2\nversions: draft-29\nversions: Q046\n"
                      "versions: 0xfaceb002\n");
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
} strangers[] = {
    {"", 0, PROTOCOL_WRONG},
    {"\x80\0\0\0\0\x08", 6, PROTOCOL_WRONG},
    {"\x80\0\0\0\0\xff", 6, PROTOCOL_WRONG},
    {"\x40\0\0\0\0\0\0\0\0\0\1", 11, PROTOCOL_WRONG},  /* a short header */
    {"\x80\0\0\0\1\0\0\0\0\0\1", 11, PROTOCOL_WRONG},  /* a version */
    {"\x80\0\0\0\0\0\0\0\0\0\1", 11, PROTOCOL_IGNORE}, /* no ids */
    {"\x80\0\0\0\0\x08\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x08\x12\x34\1\2\3\4\5\7\0\0\0\1", 27,
     PROTOCOL_IGNORE},
};

START_TEST(what_is_none_of_it_is_told)
{
    char *shown;

    ck_assert_int_eq(fake_engine_play(&protocol_quic, PROBE_UDP, strangers[_i].bytes,
                                      strangers[_i].size, &shown),
                     strangers[_i].next);
    ck_assert_str_eq(shown, "");
    free(shown);
}
END_TEST

START_TEST(a_list_of_nothing_is_partial)
{
    static const char packet[] = PACKET "\x0a\x1a\x2a\x3a";
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_quic, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_int_eq(fake_engine_datagram(&engine, packet, sizeof(packet) - 1), PROTOCOL_ANSWERED);
    ck_assert(engine.talk.is_partial);
    ck_assert_uint_eq(engine.talk.answer.count, 0);
    fake_engine_close(&engine);
}
END_TEST

static Suite *protocol_quic_suite(void)
{
    Suite *suite = suite_create("protocol_quic");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, a_version_that_nobody_speaks_is_asked_for);
    tcase_add_test(tests, a_real_list_is_read);
    tcase_add_test(tests, versions_have_their_names);
    tcase_add_loop_test(tests, what_is_none_of_it_is_told, 0, COUNT_OF(strangers));
    tcase_add_test(tests, a_list_of_nothing_is_partial);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_quic_suite());
}
