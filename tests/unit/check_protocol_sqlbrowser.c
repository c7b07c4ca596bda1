/* SPDX-License-Identifier: MIT */

/* Replies written by hand after MC-SQLR section 4.1 and .2: no real server was at hand. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static struct {
    struct byte_writer reply;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    byte_writer_clear(&fixture.reply);
}

static void write_reply(const char *text)
{
    byte_writer_u8(&fixture.reply, 5);
    byte_writer_le16(&fixture.reply, (uint16_t)strlen(text));
    byte_writer_text(&fixture.reply, text);
}

START_TEST(instances_are_items)
{
    write_reply("ServerName;ILSUNG1;InstanceName;YUKONSTD;IsClustered;No;Version;9.00.1399.06;"
                "tcp;57137;;"
                "ServerName;ILSUNG1;InstanceName;YUKONDEV;IsClustered;Yes;Version;9.00.1399.06;"
                "np;\\\\ILSUNG1\\pipe\\MSSQL$YUKONDEV\\sql\\query;rpc;ILSUNG1;tcp;none;;");
    fake_engine_check(&protocol_sqlbrowser, PROBE_UDP, fixture.reply.bytes, fixture.reply.size,
                      "instance 1 server: ILSUNG1\n"
                      "instance 1 instance: YUKONSTD\n"
                      "instance 1 clustered: no\n"
                      "instance 1 version: 9.00.1399.06\n"
                      "instance 1 tcp_port: 57137\n"
                      "instance 2 server: ILSUNG1\n"
                      "instance 2 instance: YUKONDEV\n"
                      "instance 2 clustered: yes\n"
                      "instance 2 version: 9.00.1399.06\n"
                      "instance 2 pipe: \\\\ILSUNG1\\pipe\\MSSQL$YUKONDEV\\sql\\query\n"
                      "instance 2 other: rpc=ILSUNG1\n"
                      "instance 2 other: tcp=none\n"
                      "instances: 2\n");
    fake_engine_torment(&protocol_sqlbrowser, PROBE_UDP, fixture.reply.bytes, fixture.reply.size);
}
END_TEST

START_TEST(one_byte_is_sent)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_sqlbrowser, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 1);
    ck_assert_uint_eq(engine.sent.bytes[0], 3);
    fake_engine_close(&engine);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
    bool is_partial;
} replies[] = {
    {"\x05\x00\x00", 3, PROTOCOL_ANSWERED, false}, /* no instance */
    {"\x05\xff\xff"
     "a;b;;",
     8, PROTOCOL_ANSWERED, true},
    {"\x05\x02\x00"
     "a;b;;",
     8, PROTOCOL_WRONG, false},
    {"\x05\x06\x00"
     "a;b;;c",
     9, PROTOCOL_ANSWERED, true},
    {"\x05\x06\x00"
     "a;b;;;",
     9, PROTOCOL_ANSWERED, true},
    {"\x05\x04\x00"
     ";;;;",
     7, PROTOCOL_WRONG, false},
    {"\x05\x04\x00"
     "a;b;",
     7, PROTOCOL_ANSWERED, true},
    {"\x05\x00", 2, PROTOCOL_WRONG, false},
    {"\x04\x00\x00", 3, PROTOCOL_WRONG, false},
    {"", 0, PROTOCOL_WRONG, false},
};

START_TEST(lengths_that_do_not_fit_are_told)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_sqlbrowser, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_int_eq(fake_engine_datagram(&engine, replies[_i].bytes, replies[_i].size),
                     replies[_i].next);
    ck_assert_int_eq(engine.talk.is_partial, replies[_i].is_partial);
    fake_engine_close(&engine);
}
END_TEST

static Suite *protocol_sqlbrowser_suite(void)
{
    Suite *suite = suite_create("protocol_sqlbrowser");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, instances_are_items);
    tcase_add_test(tests, one_byte_is_sent);
    tcase_add_loop_test(tests, lengths_that_do_not_fit_are_told, 0, COUNT_OF(replies));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_sqlbrowser_suite());
}
