/* SPDX-License-Identifier: MIT */

/* What xl2tpd said, and messages written by hand after RFC 2661. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static struct {
    struct fake_engine engine;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fake_engine_open(&fixture.engine, &protocol_l2tp, PROBE_UDP);
    fake_engine_begin(&fixture.engine);
}

static void close_fixture(void)
{
    fake_engine_close(&fixture.engine);
}

START_TEST(a_tunnel_is_asked_for)
{
    ck_assert_uint_eq(fixture.engine.sent.size, 80);
    ck_assert_mem_eq(fixture.engine.sent.bytes,
                     "\xc8\x02\0\x50\0\0\0\0\0\0\0\0\x80\x08\0\0\0\0\0\1", 20);
    ck_assert_mem_eq(fixture.engine.sent.bytes + 64, "\x80\x08\0\0\0\x09\x12\x34", 8);
}
END_TEST

START_TEST(a_real_reply_is_read)
{
    fake_engine_check_fixture(&protocol_l2tp, PROBE_UDP, "l2tp-xl2tpd-sccrp");
}
END_TEST

START_TEST(a_tunnel_that_was_opened_is_closed)
{
    static const char stop[] = "\xc8\x02\0\x24\xaf\xad\0\0\0\1\0\1"
                               "\x80\x08\0\0\0\0\0\4"
                               "\x80\x08\0\0\0\x09\x12\x34"
                               "\x80\x08\0\0\0\1\0\1";
    size_t size;
    void *bytes = fake_engine_fixture("probes/l2tp-xl2tpd-sccrp.bin", &size);

    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, bytes, size), PROTOCOL_ANSWERED);
    fake_engine_farewell(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, sizeof(stop) - 1);
    ck_assert_mem_eq(fixture.engine.sent.bytes, stop, sizeof(stop) - 1);
    free(bytes);
}
END_TEST

START_TEST(a_refusal_is_an_answer)
{
    static const char refusal[] = "\xc8\x02\0\x25\x12\x34\0\0\0\0\0\1"
                                  "\x80\x08\0\0\0\0\0\4"
                                  "\x80\x11\0\0\0\1\0\2\0\6go away";

    fake_engine_check(&protocol_l2tp, PROBE_UDP, refusal, sizeof(refusal) - 1,
                      "message: StopCCN\n"
                      "result_code: general error\n"
                      "error_code: 6\n"
                      "error_message: go away\n");
    fake_engine_torment(&protocol_l2tp, PROBE_UDP, refusal, sizeof(refusal) - 1);
    fake_engine_datagram(&fixture.engine, refusal, sizeof(refusal) - 1);
    fake_engine_farewell(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, 0);
}
END_TEST

START_TEST(attributes_that_are_not_known_are_shown_as_they_are)
{
    static const char reply[] = "\xc8\x02\0\x3a\x12\x34\0\0\0\0\0\1"
                                "\x80\x08\0\0\0\0\0\2"
                                "\x80\x08\0\x09\0\1\xab\xcd" /* of a vendor */
                                "\xc0\x08\0\0\0\x08\xff\xff" /* hidden */
                                "\x00\x08\0\0\0\x0a\0\4"
                                "\x00\x08\0\0\0\x0a\0\5" /* again */
                                "\x80\x06\0\0\0\x0a";    /* too short */

    fake_engine_check(&protocol_l2tp, PROBE_UDP, reply, sizeof(reply) - 1,
                      "message: SCCRP\n"
                      "other: 9/1 abcd\n"
                      "receive_window: 4\n"
                      "other: 0/10 0005\n"
                      "other: 0/10\n");
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
} replies[] = {
    {"\xc8\x02\0\x0c\x12\x34\0\0\0\0\0\1", 12, PROTOCOL_WAIT}, /* it has come */
    {"\xc8\x02\0\x0c\x12\x35\0\0\0\0\0\1", 12, PROTOCOL_IGNORE},
    {"\xc8\x03\0\x0c\x12\x34\0\0\0\0\0\1", 12, PROTOCOL_WRONG}, /* version 3 */
    {"\x48\x02\0\x0c\x12\x34\0\0\0\0\0\1", 12, PROTOCOL_WRONG}, /* data */
    {"\xc8\x02\0\x0b\x12\x34\0\0\0\0\0\1", 12, PROTOCOL_WRONG},
    {"\xc8\x02\0\x0c\x12\x34\0\0\0\0\0", 11, PROTOCOL_WRONG},
    {"\xc8\x02\0\x14\x12\x34\0\0\0\0\0\1\x80\x08\0\0\0\0\0\6", 20, PROTOCOL_WRONG}, /* hello */
    {"", 0, PROTOCOL_WRONG},
};

START_TEST(what_is_no_answer_is_told)
{
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, replies[_i].bytes, replies[_i].size),
                     replies[_i].next);
    ck_assert_uint_eq(fixture.engine.talk.answer.count, 0);
}
END_TEST

static Suite *protocol_l2tp_suite(void)
{
    Suite *suite = suite_create("protocol_l2tp");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_tunnel_is_asked_for);
    tcase_add_test(tests, a_real_reply_is_read);
    tcase_add_test(tests, a_tunnel_that_was_opened_is_closed);
    tcase_add_test(tests, a_refusal_is_an_answer);
    tcase_add_test(tests, attributes_that_are_not_known_are_shown_as_they_are);
    tcase_add_loop_test(tests, what_is_no_answer_is_told, 0, COUNT_OF(replies));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_l2tp_suite());
}
