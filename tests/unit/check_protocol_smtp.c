/* SPDX-License-Identifier: MIT */

/* What Exim said, and talks written by hand after RFC 5321. */

#include "tests/support.h"

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static const struct {
    const struct protocol *protocol;
    const char *stream;
    const char *shown;
} talks[] = {
    {&protocol_smtp, "220 a\r\n250-a hello\r\n250-starttls\r\n250 HELP\r\n",
     "banner: a\ncode: 220\nehlo_greeting: a hello\ncapabilities: starttls\ncapabilities: "
     "HELP\nehlo_code: 250\nstart_tls: yes\n"},
    {&protocol_smtp, "220 a\r\n250 a\r\n",
     "banner: a\ncode: 220\nehlo_greeting: a\nehlo_code: 250\nstart_tls: no\n"},
    {&protocol_smtp, "220 a\r\n502 what\r\n",
     "banner: a\ncode: 220\nehlo_greeting: what\nehlo_code: 502\n"},
    {&protocol_smtp_starttls, "220 a\r\n250-a\r\n250 HELP\r\n",
     "banner: a\ncode: 220\nehlo_greeting: a\ncapabilities: HELP\nehlo_code: 250\nstart_tls: no\n"},
    {&protocol_smtp_starttls, "220 a\r\n250-a\r\n250 STARTTLS\r\n454-not\r\n454 now\r\n",
     "banner: a\ncode: 220\nehlo_greeting: a\ncapabilities: STARTTLS\nehlo_code: 250\n"
     "start_tls: yes\nstart_tls_reply: 454-not\nstart_tls_reply: 454 now\n"},
    {&protocol_smtp_starttls, "220 a\r\n502 what\r\n",
     "banner: a\ncode: 220\nehlo_greeting: what\nehlo_code: 502\n"},
    {&protocol_smtp, "554-go\r\n554 away\r\n", "banner: go\nbanner: away\ncode: 554\n"},
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
    {"* OK IMAP\r\n", PROTOCOL_WRONG}, {"HTTP/1.1 400 x\r\n", PROTOCOL_WRONG},
    {"220 x\r\n", PROTOCOL_ANSWERED},  {"220 x\r\n25\r\n", PROTOCOL_ANSWERED},
    {"\033x", PROTOCOL_WRONG},         {"2", PROTOCOL_WAIT},
    {"220 mail.exam", PROTOCOL_WAIT},  {"554-", PROTOCOL_WAIT},
    {"2222", PROTOCOL_WRONG},          {"hello", PROTOCOL_WRONG},
};

START_TEST(what_is_something_else_is_told)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_smtp, PROBE_TCP);
    fake_engine_begin(&engine);
    fake_engine_stream(&engine, others[_i].stream, strlen(others[_i].stream), true);
    ck_assert_int_eq(engine.next, others[_i].next);
    ck_assert_int_eq(engine.talk.is_partial, others[_i].next == PROTOCOL_ANSWERED);
    ck_assert((engine.talk.why[0] == '\0') == (others[_i].next == PROTOCOL_WAIT));
    fake_engine_close(&engine);
}
END_TEST

static const struct {
    const struct protocol *protocol;
    const char *name;
} fixtures[] = {
    {&protocol_smtp, "smtp-exim-ehlo-quit"},
};

START_TEST(real_servers_are_understood)
{
    fake_engine_check_answer(fixtures[_i].protocol, PROBE_TCP, fixtures[_i].name);
}
END_TEST

START_TEST(one_thing_is_said_after_the_other)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_smtp, PROBE_TCP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 0);
    fake_engine_stream(&engine, "220 x\r\n", 7, false);
    ck_assert_uint_eq(engine.sent.size, strlen("EHLO portledger.invalid\r\n"));
    ck_assert_mem_eq(engine.sent.bytes, "EHLO portledger.invalid\r\n", engine.sent.size);
    fake_engine_stream(&engine, "250 x\r\n", 7, false);
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
    static const char *const parts[] = {"smtp-exim-starttls.1", "smtp-exim-starttls.2", NULL};

    fake_engine_check_in_tls(&protocol_smtp_starttls, parts, "smtp-exim-starttls");
}
END_TEST

START_TEST(what_comes_behind_the_word_for_tls_is_not_read)
{
    struct fake_engine engine;
    static const char reply[] = "220 x\r\n250-x\r\n250 STARTTLS\r\n220 go\r\n250 EVIL\r\n";

    fake_engine_open(&engine, &protocol_smtp_starttls, PROBE_TCP);
    fake_engine_begin(&engine);
    fake_engine_stream(&engine, reply, strlen(reply), false);
    ck_assert_int_eq(engine.next, PROTOCOL_TLS);
    ck_assert_uint_eq(engine.unused.size, strlen("250 EVIL\r\n")); /* which exchange.c drops */
    ck_assert(engine.talk.is_enough);
    fake_engine_close(&engine);
}
END_TEST

static Suite *protocol_smtp_suite(void)
{
    Suite *suite = suite_create("protocol_smtp");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, replies_are_read_however_they_are_cut, 0, COUNT_OF(talks));
    tcase_add_loop_test(tests, what_is_something_else_is_told, 0, COUNT_OF(others));
    tcase_add_loop_test(tests, real_servers_are_understood, 0, COUNT_OF(fixtures));
    tcase_add_test(tests, one_thing_is_said_after_the_other);
    tcase_add_test(tests, what_comes_behind_the_word_for_tls_is_not_read);
    tcase_add_test(tests, a_talk_goes_on_in_tls);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_smtp_suite());
}
