/* SPDX-License-Identifier: MIT */

/* What net-snmp said, and replies written by hand after RFC 3416. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/ber.h"
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

/* `value`: with its tag and length. */
static void write_binding(int number, const char *value, size_t size)
{
    size_t binding = ber_begin(&fixture.reply, BER_SEQUENCE);
    const uint8_t oid[] = {0x2b, 6, 1, 2, 1, 1, (uint8_t)number, 0};

    ber_put(&fixture.reply, BER_OID, oid, sizeof(oid));
    byte_writer_add(&fixture.reply, value, size);
    ber_end(&fixture.reply, binding);
}

static void write_reply_of(int version, const char *community, int id, int status)
{
    size_t message = ber_begin(&fixture.reply, BER_SEQUENCE);
    size_t pdu;
    size_t list;

    ber_put_integer(&fixture.reply, BER_INTEGER, version);
    ber_put_text(&fixture.reply, BER_OCTETS, community);
    pdu = ber_begin(&fixture.reply, 0xa2);
    ber_put_integer(&fixture.reply, BER_INTEGER, id);
    ber_put_integer(&fixture.reply, BER_INTEGER, status);
    ber_put_integer(&fixture.reply, BER_INTEGER, status != 0 ? 2 : 0);
    list = ber_begin(&fixture.reply, BER_SEQUENCE);
    write_binding(1,
                  "\x04\x06"
                  "a\x1b"
                  "box\n",
                  8);
    write_binding(2, "\x06\x04\x2b\x06\x01\x04", 6);
    write_binding(3, "\x43\x05\x00\xff\xff\xff\xff", 7);
    write_binding(4, "\x81\x00", 2);
    write_binding(5,
                  "\x04\x03"
                  "box",
                  5);
    write_binding(5,
                  "\x04\x05"
                  "again",
                  7);
    write_binding(7, "\x02\x01\x48", 3);
    write_binding(8, "\x40\x04\xc0\x00\x02\x07", 6);
    ber_end(&fixture.reply, list);
    ber_end(&fixture.reply, pdu);
    ber_end(&fixture.reply, message);
}

static void write_reply(const char *community, int id, int status)
{
    write_reply_of(1, community, id, status);
}

static const char *const requests[] = {"\x30\x6d\x02\x01\x01\x04\x06public",
                                       "\x30\x6d\x02\x01\x00\x04\x06public"};

START_TEST(the_system_group_is_asked_for)
{
    const struct protocol *const asked[] = {&protocol_snmp, &protocol_snmp_v1};
    struct fake_engine engine;

    fake_engine_open(&engine, asked[_i], PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 111);
    ck_assert_mem_eq(engine.sent.bytes, requests[_i], 13);
    ck_assert_mem_eq(engine.sent.bytes + 101, "\x2b\x06\x01\x02\x01\x01\x06\x00\x05\x00", 10);
    fake_engine_close(&engine);
}
END_TEST

START_TEST(real_replies_are_read)
{
    fake_engine_check_fixture(&protocol_snmp_v1, PROBE_UDP, "snmp-netsnmp-v1");
    fake_engine_check_fixture(&protocol_snmp, PROBE_UDP, "snmp-netsnmp-v2c");
}
END_TEST

START_TEST(a_reply_of_another_version_is_none)
{
    char *shown;

    write_reply_of(_i, "public", 0x1234, 0);
    ck_assert_int_eq(fake_engine_play(_i == 0 ? &protocol_snmp : &protocol_snmp_v1, PROBE_UDP,
                                      fixture.reply.bytes, fixture.reply.size, &shown),
                     PROTOCOL_WRONG);
    ck_assert_str_eq(shown, "");
    free(shown);
}
END_TEST

/* A whole reply that has an error and no object. */
static void give_error(struct fake_engine *engine, int id, int status, int index)
{
    struct byte_writer *reply = &fixture.reply;
    size_t message;
    size_t pdu;

    byte_writer_reset(reply);
    message = ber_begin(reply, BER_SEQUENCE);
    ber_put_integer(reply, BER_INTEGER, 0);
    ber_put_text(reply, BER_OCTETS, "public");
    pdu = ber_begin(reply, 0xa2);
    ber_put_integer(reply, BER_INTEGER, id);
    ber_put_integer(reply, BER_INTEGER, status);
    ber_put_integer(reply, BER_INTEGER, index);
    ber_put_text(reply, BER_SEQUENCE, "");
    ber_end(reply, pdu);
    ber_end(reply, message);
    fake_engine_datagram(engine, reply->bytes, reply->size);
}

/* The last number of each object that the newest request is about. */
static const char *asked_for(const struct fake_engine *engine)
{
    static char digits[20];
    size_t count = 0;

    for (size_t i = 0; i + 8 <= engine->sent.size && count < sizeof(digits) - 1; i++) {
        if (memcmp(engine->sent.bytes + i, "\x2b\6\1\2\1\1", 6) == 0) {
            digits[count++] = (char)('0' + engine->sent.bytes[i + 6]);
        }
    }
    digits[count] = '\0';
    return digits;
}

enum { TOO_BIG = 1, NO_SUCH_NAME = 2, GENERAL = 5 };

START_TEST(what_an_agent_lacks_is_left_out)
{
    struct fake_engine engine;
    struct text shown = {0};

    fake_engine_open(&engine, &protocol_snmp_v1, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_str_eq(asked_for(&engine), "123456");
    give_error(&engine, 0x1234, NO_SUCH_NAME, 4);
    ck_assert_int_eq(engine.next, PROTOCOL_WAIT);
    ck_assert_str_eq(asked_for(&engine), "12356");
    give_error(&engine, 0x1234, NO_SUCH_NAME, 4); /* the first reply once more */
    ck_assert_int_eq(engine.next, PROTOCOL_IGNORE);
    give_error(&engine, 0x1235, NO_SUCH_NAME, 4);
    ck_assert_int_eq(engine.next, PROTOCOL_WAIT);
    ck_assert_str_eq(asked_for(&engine), "1236");
    ck_assert(engine.talk.is_enough); /* should it say no more */
    byte_writer_reset(&fixture.reply);
    write_reply_of(0, "public", 0x1236, 0);
    ck_assert_int_eq(fake_engine_datagram(&engine, fixture.reply.bytes, fixture.reply.size),
                     PROTOCOL_ANSWERED);
    fake_engine_show(&shown, &engine.talk.answer);
    CHECK_CONTAINS(text_bytes(&shown), "version: 1\nerror_status: noError\nsys_descr: a");
    text_clear(&shown);
    fake_engine_close(&engine);
}
END_TEST

static const struct {
    int status;
    int index;
    enum protocol_next next;
    const char *asked_for;
} errors[] = {
    {TOO_BIG, 0, PROTOCOL_WAIT, "1"},         {NO_SUCH_NAME, 0, PROTOCOL_ANSWERED, ""},
    {NO_SUCH_NAME, 7, PROTOCOL_ANSWERED, ""}, {NO_SUCH_NAME, -1, PROTOCOL_ANSWERED, ""},
    {GENERAL, 1, PROTOCOL_ANSWERED, ""},
};

START_TEST(other_errors_end_it)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_snmp_v1, PROBE_UDP);
    fake_engine_begin(&engine);
    give_error(&engine, 0x1234, errors[_i].status, errors[_i].index);
    ck_assert_int_eq(engine.next, errors[_i].next);
    ck_assert_str_eq(asked_for(&engine), errors[_i].asked_for);
    if (engine.next == PROTOCOL_WAIT) { /* nothing is left that would be less */
        give_error(&engine, 0x1235, errors[_i].status, 1);
        ck_assert_int_eq(engine.next, PROTOCOL_ANSWERED);
    }
    fake_engine_close(&engine);
}
END_TEST

START_TEST(an_agent_that_has_nothing_is_not_asked_for_ever)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_snmp_v1, PROBE_UDP);
    fake_engine_begin(&engine);
    for (int i = 0; i < 5; i++) {
        give_error(&engine, 0x1234 + i, NO_SUCH_NAME, 1);
        ck_assert_int_eq(engine.next, PROTOCOL_WAIT);
    }
    give_error(&engine, 0x1234 + 5, NO_SUCH_NAME, 1);
    ck_assert_int_eq(engine.next, PROTOCOL_ANSWERED);
    ck_assert_str_eq(answer_find(&engine.talk.answer, "error_status")->text, "noSuchName");
    fake_engine_close(&engine);
}
END_TEST

START_TEST(values_of_every_type_are_shown)
{
    write_reply("public", 0x1234, 0);
    fake_engine_check(&protocol_snmp, PROBE_UDP, fixture.reply.bytes, fixture.reply.size,
                      "version: 2c\n"
                      "error_status: noError\n"
                      "sys_descr: a\\x1Bbox\n"
                      "sys_object_id: 1.3.6.1.4\n"
                      "sys_up_time: 42949672950\n"
                      "sys_name: box\n"
                      "object 1 oid: 1.3.6.1.2.1.1.5.0\n"
                      "object 1 value: again\n"
                      "object 2 oid: 1.3.6.1.2.1.1.7.0\n"
                      "object 2 value: 72\n"
                      "object 3 oid: 1.3.6.1.2.1.1.8.0\n"
                      "object 3 value: 192.0.2.7\n");
    fake_engine_torment(&protocol_snmp, PROBE_UDP, fixture.reply.bytes, fixture.reply.size);
}
END_TEST

START_TEST(an_error_is_told)
{
    char *shown;

    write_reply("public", 0x1234, GENERAL);
    ck_assert_int_eq(fake_engine_play(&protocol_snmp, PROBE_UDP, fixture.reply.bytes,
                                      fixture.reply.size, &shown),
                     PROTOCOL_ANSWERED);
    CHECK_CONTAINS(shown, "error_status: genErr\nerror_index: 2\n");
    free(shown);
}
END_TEST

START_TEST(replies_to_others_are_not_ours)
{
    char *shown;

    write_reply(_i == 0 ? "private" : "public", _i == 0 ? 0x1234 : 0x1235, 0);
    ck_assert_int_eq(fake_engine_play(&protocol_snmp, PROBE_UDP, fixture.reply.bytes,
                                      fixture.reply.size, &shown),
                     PROTOCOL_IGNORE);
    free(shown);
}
END_TEST

START_TEST(a_report_of_version_3_is_not_what_was_asked_for)
{
    size_t size;
    void *bytes = fake_engine_fixture("probes/snmp-netsnmp-v3-report.bin", &size);
    char *shown;

    ck_assert_int_eq(fake_engine_play(&protocol_snmp, PROBE_UDP, bytes, size, &shown),
                     PROTOCOL_WRONG);
    free(shown);
    free(bytes);
}
END_TEST

static Suite *protocol_snmp_suite(void)
{
    Suite *suite = suite_create("protocol_snmp");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, the_system_group_is_asked_for, 0, COUNT_OF(requests));
    tcase_add_test(tests, real_replies_are_read);
    tcase_add_loop_test(tests, a_reply_of_another_version_is_none, 0, 2);
    tcase_add_test(tests, what_an_agent_lacks_is_left_out);
    tcase_add_loop_test(tests, other_errors_end_it, 0, COUNT_OF(errors));
    tcase_add_test(tests, an_agent_that_has_nothing_is_not_asked_for_ever);
    tcase_add_test(tests, values_of_every_type_are_shown);
    tcase_add_test(tests, an_error_is_told);
    tcase_add_loop_test(tests, replies_to_others_are_not_ours, 0, 2);
    tcase_add_test(tests, a_report_of_version_3_is_not_what_was_asked_for);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_snmp_suite());
}
