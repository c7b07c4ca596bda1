/* SPDX-License-Identifier: MIT */

/* What vsftpd said, and talks written by hand after RFC 959. */

#include "tests/support.h"

#include "probes/protocol_list.h"
#include "probes/stranger.h"
#include "tests/fake_engine.h"

static const struct {
    const struct protocol *protocol;
    const char *stream;
    const char *shown;
} talks[] = {
    {&protocol_ftp, "220-Hello\r\n 220 not yet\r\n221 nor now\r\n220 done\r\n",
     "banner: Hello\nbanner:  220 not yet\nbanner: 221 nor now\nbanner: done\ncode: 220\n"},
    {&protocol_ftp, "421 too many\n", "banner: too many\ncode: 421\n"},
    {&protocol_ftp_anonymous, "220 x\r\n530 no\r\n",
     "banner: x\ncode: 220\nlogon_reply: no\nlogon_code: 530\nanonymous_logon: no\n"},
    {&protocol_ftp_anonymous, "220 x\r\n331 who\r\n530 no\r\n",
     "banner: x\ncode: 220\nlogon_reply: who\nlogon_reply: no\nlogon_code: 530\nanonymous_logon: "
     "no\n"},
    {&protocol_ftp_anonymous, "421 too many\r\n", "banner: too many\ncode: 421\n"},
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
    {"SSH-2.0-x\r\n", PROTOCOL_WRONG}, {"220", PROTOCOL_WAIT},
    {"22 x\r\n", PROTOCOL_WRONG},      {"2200 x\r\n", PROTOCOL_WRONG},
    {"\001\002", PROTOCOL_WRONG},      {"220-x\r\n", PROTOCOL_ANSWERED},
    {"099 x\r\n", PROTOCOL_WRONG},
};

/* Who greets in the words of both may be either. */
START_TEST(a_stranger_is_not_told_to_be_what_was_wanted)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_ftp, PROBE_TCP);
    ck_assert_int_eq(stranger_said(&engine.talk, "FTP", (const uint8_t *)"220 x", 5),
                     PROTOCOL_WRONG);
    ck_assert_str_eq(engine.talk.why, "not FTP: it said 220 x");
    (void)stranger_said(&engine.talk, "SSH", (const uint8_t *)"220 x", 5);
    ck_assert_str_eq(engine.talk.why, "not SSH: it speaks SMTP or FTP");
    (void)stranger_said(&engine.talk, "HTTP", (const uint8_t *)"<html>", 6);
    ck_assert_str_eq(engine.talk.why, "not HTTP: it speaks HTML without HTTP");
    (void)stranger_said(&engine.talk, "SSH", (const uint8_t *)"\r\n\nwho is it?\r\n", 15);
    ck_assert_str_eq(engine.talk.why, "not SSH: it said who is it?");
    (void)stranger_said(&engine.talk, "SSH", (const uint8_t *)"\r\n", 2);
    ck_assert_str_eq(engine.talk.why, "not SSH: it sent empty lines");
    fake_engine_close(&engine);
}
END_TEST

START_TEST(what_is_something_else_is_told)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_ftp, PROBE_TCP);
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
    {&protocol_ftp, "ftp-vsftpd-banner"},
    {&protocol_ftp, "ftp-vsftpd-banner-lines"},
    {&protocol_ftp_anonymous, "ftp-vsftpd-anonymous"},
};

START_TEST(real_servers_are_understood)
{
    fake_engine_check_answer(fixtures[_i].protocol, PROBE_TCP, fixtures[_i].name);
}
END_TEST

START_TEST(one_thing_is_said_after_the_other)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_ftp_anonymous, PROBE_TCP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 0);
    fake_engine_stream(&engine, "220 x\r\n", 7, false);
    ck_assert_uint_eq(engine.sent.size, strlen("USER anonymous\r\n"));
    ck_assert_mem_eq(engine.sent.bytes, "USER anonymous\r\n", engine.sent.size);
    fake_engine_stream(&engine, "331 x\r\n", 7, false);
    ck_assert_uint_eq(engine.sent.size, strlen("PASS portledger@\r\n"));
    ck_assert_mem_eq(engine.sent.bytes, "PASS portledger@\r\n", engine.sent.size);
    fake_engine_stream(&engine, "230 x\r\n", 7, false);
    ck_assert_uint_eq(engine.sent.size, strlen(""));
    ck_assert_mem_eq(engine.sent.bytes, "", engine.sent.size);
    ck_assert_int_eq(engine.next, PROTOCOL_ANSWERED);
    fake_engine_farewell(&engine);
    ck_assert_mem_eq(engine.sent.bytes, "QUIT\r\n", strlen("QUIT\r\n"));
    fake_engine_close(&engine);
}
END_TEST

static Suite *protocol_ftp_suite(void)
{
    Suite *suite = suite_create("protocol_ftp");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, replies_are_read_however_they_are_cut, 0, COUNT_OF(talks));
    tcase_add_test(tests, a_stranger_is_not_told_to_be_what_was_wanted);
    tcase_add_loop_test(tests, what_is_something_else_is_told, 0, COUNT_OF(others));
    tcase_add_loop_test(tests, real_servers_are_understood, 0, COUNT_OF(fixtures));
    tcase_add_test(tests, one_thing_is_said_after_the_other);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_ftp_suite());
}
