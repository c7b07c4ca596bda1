/* SPDX-License-Identifier: MIT */

/* Replies written by hand after what others have seen: there is no server to ask. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

enum { REPLY_SIZE = 104 };

static const uint8_t sign[] = {'R', 'W', 'S', 'P'};
static const uint8_t server[] = {0x06, 0xd1, 192, 0, 2, 7};

static void make_reply(uint8_t reply[REPLY_SIZE], uint8_t command)
{
    memset(reply, 0, REPLY_SIZE);
    memcpy(reply + 24, sign, sizeof(sign));
    reply[36] = command;
    memcpy(reply + 98, server, sizeof(server));
}

START_TEST(a_hello_is_sent)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_isa, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 248);
    ck_assert_mem_eq(engine.sent.bytes + 24, "RWSP", 4);
    ck_assert_mem_eq(engine.sent.bytes + 36, "\x05\x00", 2);
    ck_assert_mem_eq(engine.sent.bytes + 220, "user\0\0portledger\0portledger", 28);
    fake_engine_close(&engine);
}
END_TEST

START_TEST(a_reply_is_read)
{
    uint8_t reply[REPLY_SIZE];

    make_reply(reply, 0x10);
    fake_engine_check(&protocol_isa, PROBE_UDP, reply, REPLY_SIZE,
                      "command: 0x1000\nserver_address: 192.0.2.7\nserver_port: 1745\n");
    fake_engine_torment(&protocol_isa, PROBE_UDP, reply, REPLY_SIZE);
}
END_TEST

START_TEST(what_has_no_sign_is_something_else)
{
    uint8_t reply[REPLY_SIZE];
    char *shown;

    make_reply(reply, 0x10);
    reply[27] = 'Q';
    ck_assert_int_eq(fake_engine_play(&protocol_isa, PROBE_UDP, reply, REPLY_SIZE, &shown),
                     PROTOCOL_WRONG);
    free(shown);
}
END_TEST

/* 0x0500 is what was sent. */
static const uint8_t other_commands[] = {0x05, 0x04, 0x00};

START_TEST(another_command_is_no_reply)
{
    uint8_t reply[REPLY_SIZE];
    char *shown;

    make_reply(reply, other_commands[_i]);
    ck_assert_int_eq(fake_engine_play(&protocol_isa, PROBE_UDP, reply, REPLY_SIZE, &shown),
                     PROTOCOL_WRONG);
    ck_assert_str_eq(shown, "");
    free(shown);
}
END_TEST

static Suite *protocol_isa_suite(void)
{
    Suite *suite = suite_create("protocol_isa");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, a_hello_is_sent);
    tcase_add_test(tests, a_reply_is_read);
    tcase_add_test(tests, what_has_no_sign_is_something_else);
    tcase_add_loop_test(tests, another_command_is_no_reply, 0, COUNT_OF(other_commands));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_isa_suite());
}
