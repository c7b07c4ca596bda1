/* SPDX-License-Identifier: MIT */

/* What Redis said, and replies made by its specification. */

#include "tests/support.h"

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

#define REPLY(bytes) bytes, sizeof(bytes) - 1

static const char *const fixtures[] = {"redis-open", "redis-password", "redis-protected"};

START_TEST(real_servers_are_understood)
{
    fake_engine_check_fixture(&protocol_redis, PROBE_TCP, fixtures[_i]);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    const char *shown;
} made[] = {
    {REPLY("+PONG\r\n$38\r\n# Server\r\nos:x\r\nos:y\r\narch_bits:6x\r\n\r\n\r\n"),
     "ping: PONG\nlogon_required: no\nos: x\n"},
    {REPLY("+PONG\r\n-NOPERM no\r\n"), "ping: PONG\nlogon_required: no\ninfo_error: NOPERM no\n"},
    {REPLY("+PONG\r\n$0\r\n\r\n"), "ping: PONG\nlogon_required: no\n"},
    {REPLY("-NOPERM a\r\n-NOPERM b\r\n"), "error: NOPERM a\n"},
};

START_TEST(made_replies_are_read)
{
    fake_engine_check(&protocol_redis, PROBE_TCP, made[_i].bytes, made[_i].size, made[_i].shown);
    fake_engine_torment(&protocol_redis, PROBE_TCP, made[_i].bytes, made[_i].size);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
} others[] = {
    {REPLY("SSH-2.0-x\r\n"), PROTOCOL_WRONG},
    {REPLY("ERROR\r\n"), PROTOCOL_WRONG}, /* memcached */
    {REPLY("+OK Dovecot ready.\r\n"), PROTOCOL_WRONG},
    {REPLY("+PONG\r\n"), PROTOCOL_ANSWERED},
    {REPLY("+PONG\r\n$99999\r\n"), PROTOCOL_ANSWERED},
    {REPLY("+PONG\r\n$-1\r\n"), PROTOCOL_ANSWERED},
    {REPLY("+PONG\r\n$5\r\nos:x"), PROTOCOL_ANSWERED},
    {REPLY("-ERR max number of clients reached\r\n"), PROTOCOL_ANSWERED},
    {REPLY("-LOADING Redis is loading the dataset in memory\r\n"), PROTOCOL_ANSWERED},
    {REPLY("-BUSY\r\n"), PROTOCOL_ANSWERED},
    {REPLY("-ERROR what\r\n"), PROTOCOL_WRONG},
    {REPLY("-err what\r\n"), PROTOCOL_WRONG},
    {REPLY("-----BEGIN CERTIFICATE-----\r\n"), PROTOCOL_WRONG},
    {REPLY("-\r\n"), PROTOCOL_WRONG},
    {REPLY("+PO"), PROTOCOL_WAIT},
};

START_TEST(what_is_something_else_is_told)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_redis, PROBE_TCP);
    fake_engine_begin(&engine);
    fake_engine_stream(&engine, others[_i].bytes, others[_i].size, true);
    ck_assert_int_eq(engine.next, others[_i].next);
    ck_assert_int_eq(engine.talk.is_partial, engine.next == PROTOCOL_ANSWERED);
    fake_engine_close(&engine);
}
END_TEST

START_TEST(nothing_is_asked_but_what_it_is)
{
    static const char request[] = "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n";
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_redis, PROBE_TCP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, strlen(request));
    ck_assert_mem_eq(engine.sent.bytes, request, strlen(request));
    fake_engine_stream(&engine, "+PONG\r\n$0\r\n\r\n", 13, false);
    ck_assert_uint_eq(engine.sent.size, 0);
    fake_engine_farewell(&engine);
    ck_assert_mem_eq(engine.sent.bytes, "*1\r\n$4\r\nQUIT\r\n", engine.sent.size);
    fake_engine_close(&engine);
}
END_TEST

static Suite *protocol_redis_suite(void)
{
    Suite *suite = suite_create("protocol_redis");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, real_servers_are_understood, 0, COUNT_OF(fixtures));
    tcase_add_loop_test(tests, made_replies_are_read, 0, COUNT_OF(made));
    tcase_add_loop_test(tests, what_is_something_else_is_told, 0, COUNT_OF(others));
    tcase_add_test(tests, nothing_is_asked_but_what_it_is);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_redis_suite());
}
