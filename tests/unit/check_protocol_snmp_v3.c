/* SPDX-License-Identifier: MIT */

/* What net-snmp reported, and engines whose ids are of other forms (RFC 3411 section 5). */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/ber.h"
#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

START_TEST(an_engine_that_nobody_knows_is_asked)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_snmp_v3, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 60);
    ck_assert_mem_eq(engine.sent.bytes,
                     "\x30\x3a\x02\x01\x03\x30\x0f\x02\x02\x12\x34\x02\x03\x00\xff\xe3\x04\x01\x04"
                     "\x02\x01\x03\x04\x10\x30\x0e\x04\x00\x02\x01\x00",
                     31);
    fake_engine_close(&engine);
}
END_TEST

START_TEST(a_real_report_is_read)
{
    fake_engine_check_fixture(&protocol_snmp_v3, PROBE_UDP, "snmp-netsnmp-v3-report");
}
END_TEST

/* A report with that engine's id. */
static void write_report(struct byte_writer *out, const char *id, size_t size)
{
    static const uint8_t header[] = {0x30, 0x0e, 2, 2, 0x12, 0x34, 2, 2,
                                     0x05, 0xc0, 4, 1, 0,    2,    1, 3};
    static const uint8_t report[] = {0x30, 0x11, 4, 0, 4, 0, 0xa8, 0x0b, 2, 1,
                                     0,    2,    1, 0, 2, 1, 0,    0x30, 0};
    size_t message = ber_begin(out, BER_SEQUENCE);
    size_t security;
    size_t list;

    ber_put_integer(out, BER_INTEGER, 3);
    byte_writer_add(out, header, sizeof(header));
    security = ber_begin(out, BER_OCTETS);
    list = ber_begin(out, BER_SEQUENCE);
    ber_put(out, BER_OCTETS, id, size);
    ber_put_integer(out, BER_INTEGER, 7);
    ber_put_integer(out, BER_INTEGER, 100000);
    for (int i = 0; i < 3; i++) {
        ber_put_text(out, BER_OCTETS, "");
    }
    ber_end(out, list);
    ber_end(out, security);
    byte_writer_add(out, report, sizeof(report));
    ber_end(out, message);
}

static const struct {
    const char *id;
    size_t size;
    const char *shown;
} engines[] = {
    {"\x80\x00\x00\x09\x01\xc0\x00\x02\x07", 9,
     "engine_id: 8000000901c0000207\nenterprise: 9\nmaker: Cisco\nid_format: IPv4 address\n"
     "id_data: 192.0.2.7\n"},
    {"\x80\x00\x1f\x88\x02\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 21,
     "engine_id: 80001f880220010db8000000000000000000000001\nenterprise: 8072\n"
     "maker: Net-SNMP\nid_format: IPv6 address\nid_data: 2001:db8::1\n"},
    {"\x80\x00\x00\x0b\x03\x00\x1b\x2c\x3d\x4e\x5f", 11,
     "engine_id: 8000000b03001b2c3d4e5f\nenterprise: 11\nmaker: HP\nid_format: MAC address\n"
     "id_data: 00:1b:2c:3d:4e:5f\n"},
    {"\x80\x00\xff\xff\x04the\x1bname", 13,
     "engine_id: 8000ffff047468651b6e616d65\nenterprise: 65535\nid_format: text\n"
     "id_data: the\\x1Bname\n"},
    {"\x80\x00\x00\x09\x05\x01\x02", 7,
     "engine_id: 80000009050102\nenterprise: 9\nmaker: Cisco\nid_format: octets\nid_data: 0102\n"},
    /* An address of MAC's form that is too short; and a form that nobody knows. */
    {"\x80\x00\x00\x09\x03\x01\x02", 7,
     "engine_id: 80000009030102\nenterprise: 9\nmaker: Cisco\nid_format: 3\nid_data: 0102\n"},
    {"\x80\x00\x00\x09\x7f\x01", 6,
     "engine_id: 800000097f01\nenterprise: 9\nmaker: Cisco\nid_format: 127\nid_data: 01\n"},
    {"\x00\x00\x00\x09\x01\x02\x03\x04\x05\x06\x07\x08", 12,
     "engine_id: 000000090102030405060708\nenterprise: 9\nmaker: Cisco\n"
     "id_format: the maker's own\nid_data: 0102030405060708\n"},
    {"\x80\x00", 2, "engine_id: 8000\n"},
    {"", 0, "engine_id: \n"},
};

START_TEST(an_id_is_read_by_its_form)
{
    struct byte_writer report = {0};
    struct text expected = {0};

    write_report(&report, engines[_i].id, engines[_i].size);
    text_addf(&expected, "%sboots: 7\nengine_time: 100000\n", engines[_i].shown);
    fake_engine_check(&protocol_snmp_v3, PROBE_UDP, report.bytes, report.size,
                      text_bytes(&expected));
    fake_engine_torment(&protocol_snmp_v3, PROBE_UDP, report.bytes, report.size);
    text_clear(&expected);
    byte_writer_clear(&report);
}
END_TEST

static const struct {
    const char *fixture;
    size_t changed; /* byte of it */
    enum protocol_next next;
} others[] = {
    {"snmp-netsnmp-v2c", 0, PROTOCOL_WRONG},
    {"snmp-netsnmp-v3-report", 10, PROTOCOL_IGNORE}, /* the message's id */
    {"snmp-netsnmp-v3-report", 4, PROTOCOL_WRONG},   /* the version */
    {"snmp-netsnmp-v3-report", 80, PROTOCOL_WRONG},  /* no report */
};

START_TEST(what_is_no_report_to_us_is_none)
{
    struct text path = {0};
    size_t size;
    uint8_t *bytes;
    char *shown;

    text_addf(&path, "probes/%s.bin", others[_i].fixture);
    bytes = fake_engine_fixture(text_bytes(&path), &size);
    if (others[_i].changed != 0) {
        bytes[others[_i].changed] ^= 1;
    }
    ck_assert_int_eq(fake_engine_play(&protocol_snmp_v3, PROBE_UDP, bytes, size, &shown),
                     others[_i].next);
    free(shown);
    free(bytes);
    text_clear(&path);
}
END_TEST

static Suite *protocol_snmp_v3_suite(void)
{
    Suite *suite = suite_create("protocol_snmp_v3");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, an_engine_that_nobody_knows_is_asked);
    tcase_add_test(tests, a_real_report_is_read);
    tcase_add_loop_test(tests, an_id_is_read_by_its_form, 0, COUNT_OF(engines));
    tcase_add_loop_test(tests, what_is_no_report_to_us_is_none, 0, COUNT_OF(others));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_snmp_v3_suite());
}
