/* SPDX-License-Identifier: MIT */

/* What Dovecot said, and talks written by hand after RFC 1939 and RFC 2449. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static const struct {
    const struct protocol *protocol;
    const char *stream;
    const char *shown;
} talks[] = {
    {&protocol_pop3, "+OK a <1.2@b>\r\n+OK list\r\nTOP\r\nSTLS\r\n.\r\n",
     "status: +OK\nbanner: a <1.2@b>\ncapabilities: TOP\ncapabilities: STLS\nstart_tls: yes\n"},
    {&protocol_pop3, "+OK\r\n-ERR what\r\n", "status: +OK\nbanner: \n"},
    {&protocol_pop3_starttls, "+OK\r\n+OK list\r\nTOP\r\n.\r\n",
     "status: +OK\nbanner: \ncapabilities: TOP\nstart_tls: no\n"},
    {&protocol_pop3_starttls, "+OK\r\n+OK list\r\nSTLS\r\n.\r\n-ERR not now\r\n",
     "status: +OK\nbanner: \ncapabilities: STLS\nstart_tls: yes\nstart_tls_reply: -ERR not now\n"},
    {&protocol_pop3, "-ERR go away\r\n", "status: -ERR\nbanner: go away\n"},
};

START_TEST(replies_are_read_however_they_are_cut)
{
    fake_engine_check(talks[_i].protocol, PROBE_TCP, talks[_i].stream, strlen(talks[_i].stream),
                      talks[_i].shown);
    fake_engine_torment(talks[_i].protocol, PROBE_TCP, talks[_i].stream, strlen(talks[_i].stream));
}
END_TEST

static const struct {
    const char *stream;
    enum protocol_next next;
} others[] = {
    {"* OK IMAP\r\n", PROTOCOL_WRONG},
    {"+OKAY\r\n", PROTOCOL_WRONG},
    {"+OK", PROTOCOL_WAIT},
    {"-E", PROTOCOL_WAIT},
    {"-X", PROTOCOL_WRONG},
    {"", PROTOCOL_WAIT},
    {"+OK x\r\n", PROTOCOL_ANSWERED},
    {"+OK x\r\n+OK\r\nTOP\r\n", PROTOCOL_ANSWERED},
    {"\033x", PROTOCOL_WRONG},
};

START_TEST(what_is_something_else_is_told)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_pop3, PROBE_TCP);
    fake_engine_begin(&engine);
    fake_engine_stream(&engine, others[_i].stream, strlen(others[_i].stream), true);
    ck_assert_int_eq(engine.next, others[_i].next);
    ck_assert_int_eq(engine.talk.is_partial, others[_i].next == PROTOCOL_ANSWERED);
    ck_assert((engine.talk.why[0] == '\0') == (others[_i].next == PROTOCOL_WAIT));
    fake_engine_close(&engine);
}
END_TEST

START_TEST(a_real_server_is_understood)
{
    struct fake_engine engine;
    size_t size;
    char *bytes = fake_engine_fixture("probes/pop3-dovecot-banner.bin", &size);

    fake_engine_open(&engine, &protocol_pop3, PROBE_TCP);
    fake_engine_begin(&engine);
    ck_assert_int_eq(fake_engine_stream(&engine, bytes, size, false), PROTOCOL_WAIT);
    ck_assert_str_eq(answer_find(&engine.talk.answer, "banner")->text,
                     "Dovecot of the tests ready.");
    fake_engine_close(&engine);
    free(bytes);
}
END_TEST

START_TEST(one_thing_is_said_after_the_other)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_pop3, PROBE_TCP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 0);
    fake_engine_stream(&engine, "+OK x\r\n", 7, false);
    ck_assert_uint_eq(engine.sent.size, strlen("CAPA\r\n"));
    ck_assert_mem_eq(engine.sent.bytes, "CAPA\r\n", engine.sent.size);
    fake_engine_stream(&engine, "+OK\r\n.\r\n", 8, false);
    ck_assert_uint_eq(engine.sent.size, strlen(""));
    ck_assert_mem_eq(engine.sent.bytes, "", engine.sent.size);
    ck_assert_int_eq(engine.next, PROTOCOL_ANSWERED);
    fake_engine_farewell(&engine);
    ck_assert_mem_eq(engine.sent.bytes, "QUIT\r\n", strlen("QUIT\r\n"));
    fake_engine_close(&engine);
}
END_TEST

START_TEST(a_talk_goes_on_in_tls)
{
    static const char *const parts[] = {"pop3-dovecot-starttls.1", "pop3-dovecot-starttls.2", NULL};

    fake_engine_check_in_tls(&protocol_pop3_starttls, parts, "pop3-dovecot-starttls");
}
END_TEST

static Suite *protocol_pop3_suite(void)
{
    Suite *suite = suite_create("protocol_pop3");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, replies_are_read_however_they_are_cut, 0, COUNT_OF(talks));
    tcase_add_loop_test(tests, what_is_something_else_is_told, 0, COUNT_OF(others));
    tcase_add_test(tests, a_real_server_is_understood);
    tcase_add_test(tests, one_thing_is_said_after_the_other);
    tcase_add_test(tests, a_talk_goes_on_in_tls);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_pop3_suite());
}
