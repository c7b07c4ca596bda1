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
    {&protocol_mysql_anonymous, "mysql-mariadb-blocked"},
    {&protocol_mysql_anonymous, "mysql-mariadb-anonymous"},
    {&protocol_mysql_anonymous, "mysql-mariadb-stranger"},
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

#define MORE "\1\0\0\2\1"
#define MORE_BY_FOUR MORE MORE MORE MORE

/* What comes after the logon: who asks for more is given nothing, and not for ever. */
static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
    bool is_partial;
    const char *sent; /* four bytes, the newest; NULL: nothing */
    const char *logon;
} logons[] = {
    {REPLY("\2\0\0\2\xfex"), PROTOCOL_WAIT, false, "\0\0\0\3", NULL},
    {REPLY("\2\0\0\2\1\4"), PROTOCOL_WAIT, false, "\0\0\0\3", NULL},
    {REPLY("\2\0\0\xff\1\4"), PROTOCOL_WAIT, false, "\0\0\0\0", NULL},
    {REPLY("\1\0\0\2\0"), PROTOCOL_ANSWERED, false, NULL, "yes"},
    {REPLY("\3\0\0\2\xff\x15\4"), PROTOCOL_ANSWERED, false, NULL, "no"},
    {REPLY("\1\0\0\2\x0a"), PROTOCOL_ANSWERED, true, NULL, NULL},
    {REPLY("\0\0\0\2"), PROTOCOL_ANSWERED, true, NULL, NULL},
    {REPLY(MORE_BY_FOUR MORE MORE), PROTOCOL_WAIT, false, NULL, NULL},
    {REPLY(MORE_BY_FOUR MORE MORE MORE), PROTOCOL_ANSWERED, true, NULL, NULL},
};

START_TEST(a_logon_is_one_packet_and_comes_to_an_end)
{
    static const char request[] = "\x48\0\0\1\1\x82\x08\0\0\0\0\1\x08";
    const struct answer_value *logon;
    struct fake_engine engine;
    size_t size;
    char *greeting = fake_engine_fixture("probes/mysql-mariadb-no-tls.bin", &size);

    fake_engine_open(&engine, &protocol_mysql_anonymous, PROBE_TCP);
    fake_engine_begin(&engine);
    fake_engine_stream(&engine, greeting, size, false);
    ck_assert_int_eq(engine.next, PROTOCOL_WAIT);
    ck_assert_uint_eq(engine.sent.size, 4 + 72);
    ck_assert_mem_eq(engine.sent.bytes, request, sizeof(request) - 1);
    ck_assert_str_eq((const char *)engine.sent.bytes + 36, "portledger-probe");
    fake_engine_stream(&engine, logons[_i].bytes, logons[_i].size, false);
    ck_assert_int_eq(engine.next, logons[_i].next);
    ck_assert_int_eq(engine.talk.is_partial, logons[_i].is_partial);
    if (logons[_i].sent != NULL) {
        ck_assert_uint_eq(engine.sent.size, 4);
        ck_assert_mem_eq(engine.sent.bytes, logons[_i].sent, 4);
    }
    logon = answer_find(&engine.talk.answer, "anonymous_logon");
    ck_assert_int_eq(logon != NULL, logons[_i].logon != NULL);
    ck_assert(logon == NULL || (logon->number != 0) == (strcmp(logons[_i].logon, "yes") == 0));
    fake_engine_farewell(&engine); /* COM_QUIT, where there is somebody to leave */
    ck_assert_uint_eq(engine.sent.size, logon != NULL && logon->number != 0 ? 5 : 0);
    fake_engine_close(&engine);
    free(greeting);
}
END_TEST

START_TEST(a_server_that_ends_in_the_middle_of_a_logon_has_greeted)
{
    struct fake_engine engine;
    size_t size;
    char *greeting = fake_engine_fixture("probes/mysql-mariadb-no-tls.bin", &size);

    fake_engine_open(&engine, &protocol_mysql_anonymous, PROBE_TCP);
    fake_engine_begin(&engine);
    fake_engine_stream(&engine, greeting, size, false);
    fake_engine_stream(&engine, "\7\0", 2, true);
    ck_assert_int_eq(engine.next, PROTOCOL_ANSWERED);
    ck_assert(engine.talk.is_partial);
    ck_assert_ptr_null(answer_find(&engine.talk.answer, "anonymous_logon"));
    fake_engine_close(&engine);
    free(greeting);
}
END_TEST

static Suite *protocol_mysql_suite(void)
{
    Suite *suite = suite_create("protocol_mysql");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, real_servers_are_understood, 0, COUNT_OF(fixtures));
    tcase_add_loop_test(tests, made_replies_are_read, 0, COUNT_OF(made));
    tcase_add_loop_test(tests, what_is_something_else_is_told, 0, COUNT_OF(others));
    tcase_add_loop_test(tests, a_logon_is_one_packet_and_comes_to_an_end, 0, COUNT_OF(logons));
    tcase_add_test(tests, a_server_that_ends_in_the_middle_of_a_logon_has_greeted);
    tcase_add_test(tests, tls_is_asked_for_where_it_is_offered);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_mysql_suite());
}
