/* SPDX-License-Identifier: MIT */

/* FTP, SMTP, POP3 and IMAP, whose servers speak first: what real ones said, and what others may. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

/* Real dialogues, each up to the farewell, which is said when the talk is over. */
static const struct real {
    const struct protocol *protocol;
    const char *file;
    const char *farewell; /* how the last line begins that is left out; NULL: none is */
    const char *answer;
} reals[] = {
    {&protocol_smtp, "probes/smtp-exim-ehlo-quit.bin", "221 ",
     "code: 220\n"
     "banner: mail.example.test ESMTP Exim 4.96\n"
     "server_name: mail.example.test\n"
     "extension: SIZE 52428800\n"
     "extension: 8BITMIME\n"
     "extension: PIPELINING\n"
     "extension: PIPECONNECT\n"
     "extension: CHUNKING\n"
     "extension: STARTTLS\n"
     "extension: SMTPUTF8\n"
     "extension: HELP\n"
     "starttls: yes\n"},
    {&protocol_ftp_anonymous, "probes/ftp-vsftpd-anonymous.bin", "221 ",
     "code: 220\n"
     "banner: (vsFTPd of the tests)\n"
     "logon_code: 230\n"
     "logon_text: Login successful.\n"
     "anonymous: yes\n"},
    {&protocol_pop3, "probes/pop3-dovecot-capa.bin", "+OK Logging",
     "status: +OK\n"
     "banner: Dovecot of the tests ready.\n"
     "capability: CAPA\n"
     "capability: TOP\n"
     "capability: UIDL\n"
     "capability: RESP-CODES\n"
     "capability: PIPELINING\n"
     "capability: AUTH-RESP-CODE\n"
     "capability: STLS\n"
     "capability: USER\n"
     "capability: SASL PLAIN\n"
     "starttls: yes\n"},
    {&protocol_imap, "probes/imap-dovecot-capability.bin", "* BYE",
     "status: OK\n"
     "banner: [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS "
     "AUTH=PLAIN] Dovecot of the tests ready.\n"
     "capability: IMAP4rev1\n"
     "capability: SASL-IR\n"
     "capability: LOGIN-REFERRALS\n"
     "capability: ID\n"
     "capability: ENABLE\n"
     "capability: IDLE\n"
     "capability: LITERAL+\n"
     "capability: STARTTLS\n"
     "capability: AUTH=PLAIN\n"
     "starttls: yes\n"},
};

/* Where a line begins so; the size where none does. */
static size_t find_line(const char *bytes, size_t size, const char *beginning)
{
    size_t length = strlen(beginning);

    for (size_t i = 0; i + length <= size; i++) {
        if ((i == 0 || bytes[i - 1] == '\n') && memcmp(bytes + i, beginning, length) == 0) {
            return i;
        }
    }
    ck_abort_msg("no line begins with %s", beginning);
    return size;
}

START_TEST(what_real_servers_say_is_told)
{
    const struct real *real = &reals[_i];
    size_t size;
    char *bytes = fake_engine_fixture(real->file, &size);
    size_t whole = find_line(bytes, size, real->farewell);

    fake_engine_check(real->protocol, PROBE_TCP, bytes, whole, real->answer);
    fake_engine_torment(real->protocol, PROBE_TCP, bytes, whole);
    free(bytes);
}
END_TEST

/* A line of the server, and what is then said to it. */
struct turn {
    const char *line;
    const char *said;
};

static const struct dialogue {
    const struct protocol *protocol;
    struct turn turns[4]; /* ended by a NULL line */
    const char *farewell;
    const char *answer;
} dialogues[] = {
    {&protocol_smtp,
     {{"220-one\r\n220 two\r\n", "EHLO portledger.invalid\r\n"}, {"502 what?\r\n", ""}},
     "QUIT\r\n",
     "code: 220\nbanner: one\nbanner: two\n"},
    {&protocol_smtp,
     {{"554 no mail here\r\n", ""}},
     "QUIT\r\n",
     "code: 554\nbanner: no mail here\n"},
    {&protocol_smtp,
     {{"220 mx\n", "EHLO portledger.invalid\r\n"}, {"250 mx\n", ""}},
     "QUIT\r\n",
     "code: 220\nbanner: mx\nstarttls: no\n"},
    {&protocol_ftp,
     {{"220 ready\r\n", "FEAT\r\n"}, {"211-Extensions:\r\n AUTH TLS\r\n SIZE\r\n211 End\r\n", ""}},
     "QUIT\r\n",
     "code: 220\nbanner: ready\nfeature: AUTH TLS\nfeature: SIZE\n"},
    {&protocol_ftp,
     {{"220-hello\r\n  220 is not its end\r\n221 nor this\r\n220 \r\n", "FEAT\r\n"},
      {"530 log in first\r\n", ""}},
     "QUIT\r\n",
     "code: 220\nbanner: hello\nbanner:   220 is not its end\nbanner: 221 nor this\nbanner: \n"},
    {&protocol_ftp, {{"421 too many\r\n", ""}}, "QUIT\r\n", "code: 421\nbanner: too many\n"},
    {&protocol_ftp_anonymous,
     {{"220 ready\r\n", "USER anonymous\r\n"},
      {"331 who?\r\n", "PASS portledger@portledger.invalid\r\n"},
      {"530 nobody\r\n", ""}},
     "QUIT\r\n",
     "code: 220\nbanner: ready\nlogon_code: 530\nlogon_text: nobody\nanonymous: no\n"},
    {&protocol_ftp_anonymous,
     {{"220 ready\r\n", "USER anonymous\r\n"}, {"530 never\r\n", ""}},
     "QUIT\r\n",
     "code: 220\nbanner: ready\nlogon_code: 530\nlogon_text: never\nanonymous: no\n"},
    {&protocol_pop3,
     {{"+OK\r\n", "CAPA\r\n"}, {"-ERR what?\r\n", ""}},
     "QUIT\r\n",
     "status: +OK\nbanner: \n"},
    {&protocol_pop3, {{"-ERR busy\r\n", ""}}, "QUIT\r\n", "status: -ERR\nbanner: busy\n"},
    {&protocol_imap,
     {{"* PREAUTH as you\r\n", "a CAPABILITY\r\n"},
      {"* 1 EXISTS\r\n* CAPABILITY IMAP4rev1\r\na OK\r\n", ""}},
     "b LOGOUT\r\n",
     "status: PREAUTH\nbanner: as you\ncapability: IMAP4rev1\nstarttls: no\n"},
    {&protocol_imap,
     {{"* OK hi\r\n", "a CAPABILITY\r\n"}, {"a BAD what?\r\n", ""}},
     "b LOGOUT\r\n",
     "status: OK\nbanner: hi\n"},
    {&protocol_imap, {{"* BYE full\r\n", ""}}, "b LOGOUT\r\n", "status: BYE\nbanner: full\n"},
};

static void check_said(const struct fake_engine *engine, const char *said)
{
    ck_assert_uint_eq(engine->sent.size, strlen(said));
    ck_assert(engine->sent.size == 0 || memcmp(engine->sent.bytes, said, strlen(said)) == 0);
}

START_TEST(a_dialogue_goes_turn_by_turn)
{
    const struct dialogue *dialogue = &dialogues[_i];
    struct fake_engine engine;
    struct text shown = {0};

    fake_engine_open(&engine, dialogue->protocol, PROBE_TCP);
    fake_engine_begin(&engine);
    check_said(&engine, "");
    for (const struct turn *turn = dialogue->turns; turn->line != NULL; turn++) {
        bool is_last = turn[1].line == NULL;

        ck_assert_int_eq(fake_engine_stream(&engine, turn->line, strlen(turn->line), false),
                         is_last ? PROTOCOL_ANSWERED : PROTOCOL_WAIT);
        check_said(&engine, turn->said);
        ck_assert(is_last || engine.talk.is_enough);
    }
    fake_engine_show(&shown, &engine.talk.answer);
    ck_assert_str_eq(text_bytes(&shown), dialogue->answer);
    fake_engine_farewell(&engine);
    check_said(&engine, dialogue->farewell);
    text_clear(&shown);
    fake_engine_close(&engine);
}
END_TEST

static const struct stranger {
    const struct protocol *protocol;
    const char *said;
    const char *why;
} strangers[] = {
    {&protocol_smtp, "SSH-2.0-x\r\n", "SSH"},
    {&protocol_smtp, "+OK", "POP3"},
    {&protocol_smtp, "22x", "22x"},
    {&protocol_smtp, "220_", "220_"},
    {&protocol_ftp, "HTTP/1.1 400\r\n", "HTTP"},
    {&protocol_ftp, "12\r\n", "12"},
    {&protocol_pop3, "* OK hi\r\n", "IMAP"},
    {&protocol_pop3, "+NO\r\n", "+NO"},
    {&protocol_imap, "+OK hi\r\n", "POP3"},
    {&protocol_imap, "* NO", "* NO"},
    {&protocol_imap, "\x16\x03\x01\x02", "TLS"},
};

START_TEST(who_speaks_otherwise_is_told_at_once)
{
    const struct stranger *stranger = &strangers[_i];
    struct fake_engine engine;

    fake_engine_open(&engine, stranger->protocol, PROBE_TCP);
    fake_engine_begin(&engine);
    ck_assert_int_eq(fake_engine_stream(&engine, stranger->said, strlen(stranger->said), false),
                     PROTOCOL_WRONG);
    CHECK_CONTAINS(engine.talk.why, stranger->why);
    fake_engine_close(&engine);
}
END_TEST

/* A POP3 server may say no after it said hello: that is no other protocol. */
START_TEST(a_stranger_in_the_middle_is_one_too)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_pop3, PROBE_TCP);
    fake_engine_begin(&engine);
    ck_assert_int_eq(fake_engine_stream(&engine, "+OK\r\n", 5, false), PROTOCOL_WAIT);
    ck_assert_int_eq(fake_engine_stream(&engine, "hm\r\n", 4, false), PROTOCOL_WRONG);
    fake_engine_close(&engine);
}
END_TEST

static Suite *protocol_greetings_suite(void)
{
    Suite *suite = suite_create("protocol_greetings");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, what_real_servers_say_is_told, 0, COUNT_OF(reals));
    tcase_add_loop_test(tests, a_dialogue_goes_turn_by_turn, 0, COUNT_OF(dialogues));
    tcase_add_loop_test(tests, who_speaks_otherwise_is_told_at_once, 0, COUNT_OF(strangers));
    tcase_add_test(tests, a_stranger_in_the_middle_is_one_too);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_greetings_suite());
}
