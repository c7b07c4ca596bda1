/* SPDX-License-Identifier: MIT */

/* What PostgreSQL said, and replies made by its manual. */

#include "tests/support.h"

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

#define REPLY(bytes) bytes, sizeof(bytes) - 1

START_TEST(a_server_without_tls_is_understood)
{
    fake_engine_check_fixture(&protocol_postgresql, PROBE_TCP, "postgresql-15-no-tls");
}
END_TEST

START_TEST(a_talk_goes_on_in_tls)
{
    static const char *const parts[] = {"postgresql-15.1", "postgresql-15.2", NULL};

    fake_engine_check_in_tls(&protocol_postgresql, parts, "postgresql-15");
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    const char *shown;
} made[] = {
    /* In place of the byte: a server that cannot take one more. */
    {REPLY("E\0\0\0\x24SFATAL\0C53300\0Msorry, too many\0\0"),
     "sql_state: 53300\nmessage: sorry, too many\nseverity: FATAL\n"},
    {REPLY("Ecould not fork new process\n\0"), "message: could not fork new process\n"},
    /* The severity of before 9.6 is translated; what is twice counts once. */
    {REPLY("NE\0\0\0\x19SFATAL\0VX\0Mone\0Mtwo\0\0"), "start_tls: no\nmessage: one\nseverity: X\n"},
    {REPLY("NE\0\0\0\x0eMx\0L12ab\0\0"), "start_tls: no\nmessage: x\nsource_line: 12\n"},
};

START_TEST(made_replies_are_read)
{
    fake_engine_check(&protocol_postgresql, PROBE_TCP, made[_i].bytes, made[_i].size,
                      made[_i].shown);
    fake_engine_torment(&protocol_postgresql, PROBE_TCP, made[_i].bytes, made[_i].size);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
} others[] = {
    {REPLY("SSH-2.0-x\r\n"), PROTOCOL_WRONG},
    {REPLY("HTTP/1.1 400 Bad\r\n"), PROTOCOL_WRONG},
    {REPLY("E\0\0\0\3"), PROTOCOL_WRONG},
    {REPLY("E\0\1\0\0"), PROTOCOL_WRONG},
    {REPLY("E\0\0\0\4"), PROTOCOL_WRONG},
    {REPLY("E\0\0\0\7SX\0"), PROTOCOL_WRONG},
    {REPLY("E\0\0\0\7SXY"), PROTOCOL_WRONG},
    {REPLY("NR\0\0\0\x08\0\0\0\0"), PROTOCOL_WRONG},
    {REPLY("S"), PROTOCOL_TLS},
    {REPLY("Sslipped in"), PROTOCOL_TLS},
    {REPLY("N"), PROTOCOL_ANSWERED}, /* partial */
    {REPLY("Ecould not"), PROTOCOL_WAIT},
    {"", 0, PROTOCOL_WAIT},
};

START_TEST(what_is_something_else_is_told)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_postgresql, PROBE_TCP);
    fake_engine_begin(&engine);
    fake_engine_stream(&engine, others[_i].bytes, others[_i].size, true);
    ck_assert_int_eq(engine.next, others[_i].next);
    ck_assert_int_eq(engine.talk.is_partial, engine.next == PROTOCOL_ANSWERED);
    fake_engine_close(&engine);
}
END_TEST

START_TEST(nobody_logs_on)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_postgresql, PROBE_TCP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 8);
    ck_assert_mem_eq(engine.sent.bytes, "\0\0\0\x08\x04\xd2\x16\x2f", 8);
    fake_engine_stream(&engine, "N", 1, false);
    ck_assert_uint_eq(engine.sent.size, 9);
    ck_assert_mem_eq(engine.sent.bytes, "\0\0\0\x09\0\xff\0\xff\0", 9);
    fake_engine_close(&engine);
}
END_TEST

static Suite *protocol_postgresql_suite(void)
{
    Suite *suite = suite_create("protocol_postgresql");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, a_server_without_tls_is_understood);
    tcase_add_test(tests, a_talk_goes_on_in_tls);
    tcase_add_loop_test(tests, made_replies_are_read, 0, COUNT_OF(made));
    tcase_add_loop_test(tests, what_is_something_else_is_told, 0, COUNT_OF(others));
    tcase_add_test(tests, nobody_logs_on);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_postgresql_suite());
}
