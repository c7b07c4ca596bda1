/* SPDX-License-Identifier: MIT */

/* What Dovecot said, and talks written by hand after RFC 9051. */

#include "tests/support.h"

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static const struct {
    const struct protocol *protocol;
    const char *stream;
    const char *shown;
} talks[] = {
    {&protocol_imap, "* OK ready\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\na OK done\r\n",
     "status: OK\nbanner: ready\ncapabilities: IMAP4rev1\ncapabilities: STARTTLS\nstart_tls: "
     "yes\n"},
    {&protocol_imap, "* PREAUTH [ALERT] hm\r\na BAD what\r\n", "status: PREAUTH\nbanner: hm\n"},
    {&protocol_imap, "* ok [capability a  b]\r\n",
     "status: OK\nbanner: \ncapabilities: a\ncapabilities: b\nstart_tls: no\n"},
    {&protocol_imap_starttls, "* PREAUTH [CAPABILITY STARTTLS] hm\r\n",
     "status: PREAUTH\nbanner: hm\ncapabilities: STARTTLS\nstart_tls: yes\n"},
    {&protocol_imap_starttls, "* OK [CAPABILITY a] hm\r\n",
     "status: OK\nbanner: hm\ncapabilities: a\nstart_tls: no\n"},
    {&protocol_imap_starttls, "* OK x\r\n* CAPABILITY STARTTLS\r\na OK\r\n* 1 A\r\nt BAD no\r\n",
     "status: OK\nbanner: x\ncapabilities: STARTTLS\nstart_tls: yes\nstart_tls_reply: BAD no\n"},
    {&protocol_imap, "* BYE go away\r\n", "status: BYE\nbanner: go away\n"},
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
    {"+OK POP3\r\n", PROTOCOL_WRONG}, {"* OKAY\r\n", PROTOCOL_WRONG},
    {"* OK", PROTOCOL_WAIT},          {"*", PROTOCOL_WAIT},
    {"+O", PROTOCOL_WRONG},           {"* OK x\r\n", PROTOCOL_ANSWERED},
    {"\033x", PROTOCOL_WRONG},
};

START_TEST(what_is_something_else_is_told)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_imap, PROBE_TCP);
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
    {&protocol_imap, "imap-dovecot-banner"},
    {&protocol_imap, "imap-dovecot-logout"},
};

START_TEST(real_servers_are_understood)
{
    fake_engine_check_answer(fixtures[_i].protocol, PROBE_TCP, fixtures[_i].name);
}
END_TEST

START_TEST(one_thing_is_said_after_the_other)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_imap, PROBE_TCP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 0);
    fake_engine_stream(&engine, "* OK x\r\n", 8, false);
    ck_assert_uint_eq(engine.sent.size, strlen("a CAPABILITY\r\n"));
    ck_assert_mem_eq(engine.sent.bytes, "a CAPABILITY\r\n", engine.sent.size);
    fake_engine_stream(&engine, "a OK\r\n", 6, false);
    ck_assert_uint_eq(engine.sent.size, strlen(""));
    ck_assert_mem_eq(engine.sent.bytes, "", engine.sent.size);
    ck_assert_int_eq(engine.next, PROTOCOL_ANSWERED);
    fake_engine_farewell(&engine);
    ck_assert_mem_eq(engine.sent.bytes, "z LOGOUT\r\n", strlen("z LOGOUT\r\n"));
    fake_engine_close(&engine);
}
END_TEST

START_TEST(a_talk_goes_on_in_tls)
{
    static const char *const parts[] = {"imap-dovecot-starttls.1", "imap-dovecot-starttls.2", NULL};

    fake_engine_check_in_tls(&protocol_imap_starttls, parts, "imap-dovecot-starttls");
}
END_TEST

static Suite *protocol_imap_suite(void)
{
    Suite *suite = suite_create("protocol_imap");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, replies_are_read_however_they_are_cut, 0, COUNT_OF(talks));
    tcase_add_loop_test(tests, what_is_something_else_is_told, 0, COUNT_OF(others));
    tcase_add_loop_test(tests, real_servers_are_understood, 0, COUNT_OF(fixtures));
    tcase_add_test(tests, one_thing_is_said_after_the_other);
    tcase_add_test(tests, a_talk_goes_on_in_tls);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_imap_suite());
}
