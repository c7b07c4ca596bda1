/* SPDX-License-Identifier: MIT */

/* What memcached said, and statistics by hand after its protocol.txt. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static struct {
    struct fake_engine engine;
    char *parts[2]; /* of the reply over UDP */
    size_t sizes[2];
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fake_engine_open(&fixture.engine, &protocol_memcached, PROBE_UDP);
    fixture.parts[0] = fake_engine_fixture("probes/memcached-udp.1.bin", &fixture.sizes[0]);
    fixture.parts[1] = fake_engine_fixture("probes/memcached-udp.2.bin", &fixture.sizes[1]);
    fake_engine_begin(&fixture.engine);
}

static void close_fixture(void)
{
    fake_engine_close(&fixture.engine);
    free(fixture.parts[0]);
    free(fixture.parts[1]);
}

static enum protocol_next give_part(int i)
{
    return fake_engine_datagram(&fixture.engine, fixture.parts[i], fixture.sizes[i]);
}

static void check_answer(const char *path)
{
    size_t size;
    char *answer = fake_engine_fixture(path, &size);
    struct text text = {0};

    fake_engine_show(&text, &fixture.engine.talk.answer);
    ck_assert_str_eq(text_bytes(&text), answer);
    text_clear(&text);
    free(answer);
}

START_TEST(statistics_are_asked_for)
{
    ck_assert_uint_eq(fixture.engine.sent.size, 15);
    ck_assert_mem_eq(fixture.engine.sent.bytes, "\x12\x34\0\0\0\1\0\0stats\r\n", 15);
    fake_engine_close(&fixture.engine);
    fake_engine_open(&fixture.engine, &protocol_memcached, PROBE_TCP);
    fake_engine_begin(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, 7);
    ck_assert_mem_eq(fixture.engine.sent.bytes, "stats\r\n", 7);
    fake_engine_farewell(&fixture.engine);
    ck_assert_mem_eq(fixture.engine.sent.bytes, "quit\r\n", 6);
}
END_TEST

START_TEST(a_real_stream_is_read)
{
    fake_engine_check_fixture(&protocol_memcached, PROBE_TCP, "memcached-tcp");
}
END_TEST

static const int orders[][4] = {{0, 1, -1, -1}, {1, 0, -1, -1}, {0, 0, 1, -1}, {1, 1, 0, -1}};

START_TEST(real_datagrams_are_joined_in_any_order)
{
    const int *order = orders[_i];
    enum protocol_next next = PROTOCOL_WAIT;

    while (*order >= 0) {
        ck_assert_int_eq(next, PROTOCOL_WAIT);
        next = give_part(*order++);
    }
    ck_assert_int_eq(next, PROTOCOL_ANSWERED);
    ck_assert(!fixture.engine.talk.is_partial);
    check_answer("answers/memcached-udp.txt");
    fake_engine_farewell(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, 0);
}
END_TEST

/* The second one is lost: the engine ends the talk with what is there. */
START_TEST(the_first_datagram_is_enough)
{
    ck_assert(!fixture.engine.talk.is_enough);
    ck_assert_int_eq(give_part(0), PROTOCOL_WAIT);
    ck_assert(fixture.engine.talk.is_enough);
    ck_assert_str_eq(answer_find(&fixture.engine.talk.answer, "version")->text, "1.6.18");
}
END_TEST

START_TEST(statistics_without_an_end_are_partial)
{
    static const char part[] = "\x12\x34\0\0\0\1\0\0STAT version 1\r\nSTAT upt";

    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, part, sizeof(part) - 1),
                     PROTOCOL_ANSWERED);
    ck_assert(fixture.engine.talk.is_partial);
}
END_TEST

static const struct {
    const char *said;
    enum protocol_next next;
    const char *shown;
} streams[] = {
    {"END\r\n", PROTOCOL_ANSWERED, ""},
    {"ERROR\r\n", PROTOCOL_ANSWERED, "error: ERROR\n"},
    {"CLIENT_ERROR unauthenticated\r\n", PROTOCOL_ANSWERED,
     "error: CLIENT_ERROR unauthenticated\n"},
    {"STAT uptime 1\r\nSTAT uptime 2\r\nSTAT threads -1\r\nSTAT bytes 1234567890123456789\r\n"
     "STAT curr_items 123456789012345678\r\nSTAT max_connections \r\nEND\r\n",
     PROTOCOL_ANSWERED, "uptime: 1\n"},
    {"STAT curr_items 12345678901234567\r\nEND\r\n", PROTOCOL_ANSWERED,
     "items: 12345678901234567\n"},
    {"STAT version 1\r\n", PROTOCOL_WAIT, "version: 1\n"},
    {"-ERR unknown command 'stats'\r\n", PROTOCOL_WRONG, ""},
    {"ERRORS\r\n", PROTOCOL_WRONG, ""},
    {"STAT \r\n", PROTOCOL_WRONG, ""},
    {"\x16\x03\x01", PROTOCOL_WRONG, ""},
};

START_TEST(lines_are_read)
{
    char *shown;

    ck_assert_int_eq(fake_engine_play(&protocol_memcached, PROBE_TCP, streams[_i].said,
                                      strlen(streams[_i].said), &shown),
                     streams[_i].next);
    ck_assert_str_eq(shown, streams[_i].shown);
    free(shown);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
} strangers[] = {
    {"", 0, PROTOCOL_WRONG},
    {"\x12\x34\0\0\0\1\0\0", 8, PROTOCOL_WRONG},
    {"\x12\x35\0\0\0\1\0\0END\r\n", 13, PROTOCOL_IGNORE},
    {"\x12\x34\0\1\0\1\0\0END\r\n", 13, PROTOCOL_WRONG}, /* number 1 of 1, counted from 0 */
    {"\x12\x34\0\0\0\0\0\0END\r\n", 13, PROTOCOL_WRONG},
    {"\x12\x34\0\0\0\x11\0\0END\r\n", 13, PROTOCOL_WRONG}, /* too many */
    {"\x12\x34\0\0\0\1\0\1END\r\n", 13, PROTOCOL_WRONG},
    {"\x12\x34\0\0\0\1\0\0stats\r\n", 15, PROTOCOL_WRONG}, /* what we said ourselves */
    {"\x12\x34\0\0\0\1\0\0END\r\n", 13, PROTOCOL_ANSWERED},
};

START_TEST(frames_are_looked_at)
{
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, strangers[_i].bytes, strangers[_i].size),
                     strangers[_i].next);
}
END_TEST

START_TEST(a_reply_has_one_number_of_datagrams)
{
    fixture.parts[1][5] ^= 1;
    ck_assert_int_eq(give_part(0), PROTOCOL_WAIT);
    ck_assert_int_eq(give_part(1), PROTOCOL_WRONG);
}
END_TEST

static Suite *protocol_memcached_suite(void)
{
    Suite *suite = suite_create("protocol_memcached");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, statistics_are_asked_for);
    tcase_add_test(tests, a_real_stream_is_read);
    tcase_add_loop_test(tests, real_datagrams_are_joined_in_any_order, 0, COUNT_OF(orders));
    tcase_add_test(tests, the_first_datagram_is_enough);
    tcase_add_test(tests, statistics_without_an_end_are_partial);
    tcase_add_loop_test(tests, lines_are_read, 0, COUNT_OF(streams));
    tcase_add_loop_test(tests, frames_are_looked_at, 0, COUNT_OF(strangers));
    tcase_add_test(tests, a_reply_has_one_number_of_datagrams);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_memcached_suite());
}
