/* SPDX-License-Identifier: MIT */

/* What MariaDB said, and greetings of older servers, made by MySQL's manual of its internals. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static const struct {
    const struct protocol *protocol;
    const char *name;
} fixtures[] = {
    {&protocol_mysql, "mysql-mariadb"},
    {&protocol_mysql, "mysql-mariadb-no-tls"},
    {&protocol_mysql, "mysql-mariadb-blocked"},
    {&protocol_mysql_starttls, "mysql-mariadb-no-tls"}, /* nothing to begin with */
};

START_TEST(real_servers_are_understood)
{
    fake_engine_check_fixture(fixtures[_i].protocol, PROBE_TCP, fixtures[_i].name);
}
END_TEST

#define REPLY(bytes) bytes, sizeof(bytes) - 1

static const struct {
    const char *bytes;
    size_t size;
    const char *shown;
} made[] = {
    /* Before 4.1: nothing behind the first capabilities. */
    {REPLY("\x1b\0\0\0\x0a"
           "3.23.58\0\5\0\0\0abcdefgh\0\x2c\0\x08\2\0"),
     "version: 3.23.58\nprotocol_version: 10\ncapabilities: connect with database\n"
     "capabilities: compression\nstart_tls: no\ncharacter_set: 8\nthread_id: 5\n"},
    {REPLY("\x15\0\0\0\x09"
           "3.20.1\0\5\0\0\0abcdefgh\0"),
     "version: 3.20.1\nprotocol_version: 9\n"},
    /* A version is that of MariaDB only with another one behind the prefix. */
    {REPLY("\x0b\0\0\0\x09"
           "5.5.5-log\0"),
     "version: 5.5.5-log\nprotocol_version: 9\n"},
    {REPLY("\x17\0\0\0\xff\x10\4#08004Too many conne"),
     "error_code: 1040\nsql_state: 08004\nerror_message: Too many conne\n"},
    {REPLY("\x07\0\0\1\xff\x6a\4Host"), "error_code: 1130\nerror_message: Host\n"},
};

START_TEST(made_replies_are_read)
{
    fake_engine_check(&protocol_mysql, PROBE_TCP, made[_i].bytes, made[_i].size, made[_i].shown);
    fake_engine_torment(&protocol_mysql, PROBE_TCP, made[_i].bytes, made[_i].size);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
} others[] = {
    {REPLY("SSH-2.0-x\r\n"), PROTOCOL_WRONG},
    {REPLY("HTTP/1.1 400 Bad\r\n"), PROTOCOL_WRONG},
    {REPLY("\x15\3\3\0\2\2\x28"), PROTOCOL_WRONG},
    {REPLY("\0\0\0\0\x0a"), PROTOCOL_WRONG}, /* a packet of nothing */
    {REPLY("\4\0\0\2\x0a"
           "5\0\0"),
     PROTOCOL_WRONG}, /* the third one */
    {REPLY("\3\0\0\0\x0b"
           "5\0"),
     PROTOCOL_WRONG}, /* version 11 */
    {REPLY("\3\0\0\0\x0a"
           "5\0"),
     PROTOCOL_WRONG}, /* and nothing behind it */
    {REPLY("\2\0\0\0\xff\1"), PROTOCOL_WRONG},
    {REPLY("OK"), PROTOCOL_WRONG},
    {REPLY("\x40\0\0\0\x0a"
           "5.7"),
     PROTOCOL_WAIT},
    {"", 0, PROTOCOL_WAIT},
};

START_TEST(what_is_something_else_is_told)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_mysql, PROBE_TCP);
    fake_engine_begin(&engine);
    fake_engine_stream(&engine, others[_i].bytes, others[_i].size, true);
    ck_assert_int_eq(engine.next, others[_i].next);
    ck_assert_int_eq(engine.next == PROTOCOL_WRONG, engine.talk.why[0] != '\0');
    fake_engine_close(&engine);
}
END_TEST

START_TEST(tls_is_asked_for_where_it_is_offered)
{
    static const char request[] = "\x20\0\0\1\1\x8a\x08\0\0\0\0\1\x08";
    static const char *const parts[] = {"mysql-mariadb", NULL};
    struct fake_engine engine;
    size_t size;
    char *greeting = fake_engine_fixture("probes/mysql-mariadb.bin", &size);

    fake_engine_open(&engine, &protocol_mysql_starttls, PROBE_TCP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 0);
    fake_engine_stream(&engine, greeting, size, false);
    ck_assert_int_eq(engine.next, PROTOCOL_TLS);
    ck_assert_uint_eq(engine.sent.size, 36);
    ck_assert_mem_eq(engine.sent.bytes, request, sizeof(request) - 1);
    ck_assert(engine.talk.is_enough);
    fake_engine_close(&engine);
    free(greeting);
    fake_engine_check_in_tls(&protocol_mysql_starttls, parts, "mysql-mariadb");
}
END_TEST

static Suite *protocol_mysql_suite(void)
{
    Suite *suite = suite_create("protocol_mysql");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, real_servers_are_understood, 0, COUNT_OF(fixtures));
    tcase_add_loop_test(tests, made_replies_are_read, 0, COUNT_OF(made));
    tcase_add_loop_test(tests, what_is_something_else_is_told, 0, COUNT_OF(others));
    tcase_add_test(tests, tls_is_asked_for_where_it_is_offered);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_mysql_suite());
}
