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

static void write_reply(const char *community, int id, int status)
{
    size_t message = ber_begin(&fixture.reply, BER_SEQUENCE);
    size_t pdu;
    size_t list;

    ber_put_integer(&fixture.reply, BER_INTEGER, 1);
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

static const char *const fixtures[] = {"snmp-netsnmp-v1", "snmp-netsnmp-v2c"};

START_TEST(real_replies_are_read)
{
    fake_engine_check_fixture(&protocol_snmp, PROBE_UDP, fixtures[_i]);
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

    write_reply("public", 0x1234, 2);
    ck_assert_int_eq(fake_engine_play(&protocol_snmp_v1, PROBE_UDP, fixture.reply.bytes,
                                      fixture.reply.size, &shown),
                     PROTOCOL_ANSWERED);
    CHECK_CONTAINS(shown, "error_status: noSuchName\nerror_index: 2\n");
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
    tcase_add_loop_test(tests, real_replies_are_read, 0, COUNT_OF(fixtures));
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
