/* SPDX-License-Identifier: MIT */

/* What Mosquitto said, and replies made by the standard. */

#include "tests/support.h"

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

#define REPLY(bytes) bytes, sizeof(bytes) - 1

static const char *const fixtures[] = {"mqtt-mosquitto", "mqtt-mosquitto-not-authorized",
                                       "mqtt-mosquitto-5"};

START_TEST(real_brokers_are_understood)
{
    fake_engine_check_fixture(&protocol_mqtt, PROBE_TCP, fixtures[_i]);
}
END_TEST

static const struct {
    const char *connack;
    const char *shown;
} made[] = {
    {"\x20\2\0\1", "return_code: unacceptable protocol version\nsession_present: no\n"},
    {"\x20\2\1\4",
     "return_code: bad user name or password\nanonymous_logon: no\nsession_present: yes\n"},
    {"\x20\2\0\x63", "return_code: 99\nsession_present: no\n"},
};

START_TEST(a_refusal_says_why)
{
    fake_engine_check(&protocol_mqtt, PROBE_TCP, made[_i].connack, 4, made[_i].shown);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
} others[] = {
    {REPLY("SSH-2.0-x\r\n"), PROTOCOL_WRONG},   {REPLY(" hello\r\n"), PROTOCOL_WRONG},
    {REPLY("\x20\1"), PROTOCOL_WRONG},          {REPLY("\x20\2\2"), PROTOCOL_WRONG},
    {REPLY("\x20\xff\xff"), PROTOCOL_WRONG},    {REPLY("\x20"), PROTOCOL_WAIT},
    {REPLY("\x20\2\1\xc8"), PROTOCOL_ANSWERED}, {"", 0, PROTOCOL_WAIT},
};

START_TEST(what_is_something_else_is_told)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_mqtt, PROBE_TCP);
    fake_engine_begin(&engine);
    fake_engine_stream(&engine, others[_i].bytes, others[_i].size, true);
    ck_assert_int_eq(engine.next, others[_i].next);
    ck_assert_int_eq(engine.next == PROTOCOL_WRONG, engine.talk.why[0] != '\0');
    fake_engine_close(&engine);
}
END_TEST

static const struct {
    const char *connack;
    size_t farewell;
} ends[] = {{"\x20\2\0\0", 2}, {"\x20\2\0\5", 0}};

START_TEST(who_was_let_in_leaves_in_order)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_mqtt, PROBE_TCP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 14);
    ck_assert_mem_eq(engine.sent.bytes, "\x10\x0c\0\4MQTT\4\2\0\x0a\0\0", 14);
    fake_engine_stream(&engine, ends[_i].connack, 4, false);
    ck_assert_int_eq(engine.next, PROTOCOL_ANSWERED);
    fake_engine_farewell(&engine);
    ck_assert_uint_eq(engine.sent.size, ends[_i].farewell);
    ck_assert_mem_eq(engine.sent.bytes, "\xe0\0", ends[_i].farewell);
    fake_engine_close(&engine);
}
END_TEST

static Suite *protocol_mqtt_suite(void)
{
    Suite *suite = suite_create("protocol_mqtt");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, real_brokers_are_understood, 0, COUNT_OF(fixtures));
    tcase_add_loop_test(tests, a_refusal_says_why, 0, COUNT_OF(made));
    tcase_add_loop_test(tests, what_is_something_else_is_told, 0, COUNT_OF(others));
    tcase_add_loop_test(tests, who_was_let_in_leaves_in_order, 0, COUNT_OF(ends));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_mqtt_suite());
}
