/* SPDX-License-Identifier: MIT */

/* What Samba said, and messages written by hand after RFC 4511. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/ber.h"
#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static struct {
    struct fake_engine engine;
    struct byte_writer reply;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    fake_engine_close(&fixture.engine);
    byte_writer_clear(&fixture.reply);
}

static void begin(uint8_t transport)
{
    fake_engine_open(&fixture.engine, &protocol_ldap, transport);
    fake_engine_begin(&fixture.engine);
}

static const char *shown(void)
{
    static struct text text;

    text_clear(&text);
    fake_engine_show(&text, &fixture.engine.talk.answer);
    return text_bytes(&text);
}

/* An attribute and its values, which end with NULL. */
static void write_attribute(const char *name, const char *const *values)
{
    size_t attribute = ber_begin(&fixture.reply, BER_SEQUENCE);
    size_t set;

    ber_put_text(&fixture.reply, BER_OCTETS, name);
    set = ber_begin(&fixture.reply, BER_SET);
    for (; *values != NULL; values++) {
        ber_put_text(&fixture.reply, BER_OCTETS, *values);
    }
    ber_end(&fixture.reply, set);
    ber_end(&fixture.reply, attribute);
}

#define VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void write_entry(const char *attribute, const char *const *values)
{
    size_t message = ber_begin(&fixture.reply, BER_SEQUENCE);
    size_t entry;
    size_t list;

    ber_put_integer(&fixture.reply, BER_INTEGER, 1);
    entry = ber_begin(&fixture.reply, 0x64);
    ber_put_text(&fixture.reply, BER_OCTETS, "");
    list = ber_begin(&fixture.reply, BER_SEQUENCE);
    write_attribute(attribute, values);
    ber_end(&fixture.reply, list);
    ber_end(&fixture.reply, entry);
    ber_end(&fixture.reply, message);
}

/* `kind` 0x65: the search is done; 0x78: of the server's own accord. */
static void write_result(int id, uint8_t kind, int code, const char *says, const char *referral)
{
    size_t message = ber_begin(&fixture.reply, BER_SEQUENCE);
    size_t done;

    ber_put_integer(&fixture.reply, BER_INTEGER, id);
    done = ber_begin(&fixture.reply, kind);
    ber_put_integer(&fixture.reply, BER_ENUMERATED, code);
    ber_put_text(&fixture.reply, BER_OCTETS, "");
    ber_put_text(&fixture.reply, BER_OCTETS, says);
    if (referral != NULL) {
        size_t list = ber_begin(&fixture.reply, 0xa3);

        ber_put_text(&fixture.reply, BER_OCTETS, referral);
        ber_end(&fixture.reply, list);
    }
    ber_end(&fixture.reply, done);
    ber_end(&fixture.reply, message);
}

static enum protocol_next give_stream(bool ended)
{
    return fake_engine_stream(&fixture.engine, fixture.reply.bytes, fixture.reply.size, ended);
}

START_TEST(all_attributes_are_asked_for)
{
    static const char request[] = "\x30\x2b\x02\x01\x01\x63\x26\x04\x00\x0a\x01\x00\x0a\x01\x00\x02"
                                  "\x01\x00\x02\x01\x00\x01\x01\x00\x87\x0bobjectClass"
                                  "\x30\x06\x04\x01*\x04\x01+";

    begin(PROBE_TCP);
    ck_assert_uint_eq(fixture.engine.sent.size, sizeof(request) - 1);
    ck_assert_mem_eq(fixture.engine.sent.bytes, request, sizeof(request) - 1);
}
END_TEST

static const struct {
    const char *name;
    uint8_t transport;
    const struct protocol *protocol;
} fixtures[] = {
    {"ldap-samba-rootdse", PROBE_TCP, &protocol_ldap},
    {"cldap-samba-rootdse", PROBE_UDP, &protocol_ldap},
    {"cldap-samba-netlogon", PROBE_UDP, &protocol_ldap},
    {"ldap-samba-catalog", PROBE_TCP, &protocol_ldap},
    {"ldap-samba-catalog-tls", PROBE_TCP, &protocol_ldaps},
    {"ldap-samba-tls", PROBE_TCP, &protocol_ldaps},
    {"ldap-openldap-starttls-refused", PROBE_TCP, &protocol_ldap_starttls},
};

START_TEST(real_replies_are_read)
{
    fake_engine_check_fixture(fixtures[_i].protocol, fixtures[_i].transport, fixtures[_i].name);
}
END_TEST

START_TEST(the_connection_is_unbound_afterwards)
{
    begin(PROBE_TCP);
    fake_engine_farewell(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, 7);
    ck_assert_mem_eq(fixture.engine.sent.bytes, "\x30\x05\x02\x01\x02\x42\x00", 7);
    fake_engine_close(&fixture.engine);
    begin(PROBE_UDP);
    fake_engine_farewell(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, 0);
}
END_TEST

START_TEST(an_entry_over_several_messages_is_one_answer)
{
    write_entry("namingContexts", VALUES("dc=a", "dc=b"));
    write_entry("NAMINGCONTEXTS", VALUES("dc=c"));
    write_result(1, 0x65, 0, "", NULL);
    fake_engine_check(&protocol_ldap, PROBE_TCP, fixture.reply.bytes, fixture.reply.size,
                      "naming_contexts: dc=a\n"
                      "naming_contexts: dc=b\n"
                      "naming_contexts: dc=c\n"
                      "result: success\n");
}
END_TEST

/* What does not fit into a field is shown as the attribute that it is. */
static const struct {
    const char *attribute;
    const char *value;
    const char *shown;
} values[] = {
    {"currentTime", "20261120130000.0Z", "current_time: 2026-11-20T13:00:00.000Z\n"},
    {"currentTime", "noon", "attribute 1 attribute: currentTime\nattribute 1 value: noon\n"},
    {"highestCommittedUSN", "999999999999999999", "highest_committed_usn: 999999999999999999\n"},
    {"highestCommittedUSN", "9999999999999999999",
     "attribute 1 attribute: highestCommittedUSN\nattribute 1 value: 9999999999999999999\n"},
    {"highestCommittedUSN", "",
     "attribute 1 attribute: highestCommittedUSN\nattribute 1 value: \n"},
    {"isSynchronized", "TRUE", "is_synchronized: yes\n"},
    {"isSynchronized", "FALSE", "is_synchronized: no\n"},
    {"isSynchronized", "1", "attribute 1 attribute: isSynchronized\nattribute 1 value: 1\n"},
    {"supportedExtension", "1.3.6.1.4.1.1466.20037",
     "supported_extensions: 1.3.6.1.4.1.1466.20037 StartTLS\n"},
    {"supportedControl", "1.2.3", "supported_controls: 1.2.3\n"},
    {"monitorContext", "cn=Monitor",
     "attribute 1 attribute: monitorContext\nattribute 1 value: cn=Monitor\n"},
    {"dnsHostName", "a\x1b[31m\xff", "dns_host_name: a\\x1B[31m\\xFF\n"},
};

START_TEST(values_become_fields_where_they_fit)
{
    write_entry(values[_i].attribute, VALUES(values[_i].value));
    begin(PROBE_TCP);
    ck_assert_int_eq(give_stream(false), PROTOCOL_WAIT);
    ck_assert_str_eq(shown(), values[_i].shown);
}
END_TEST

START_TEST(a_second_value_where_there_should_be_one_is_shown_apart)
{
    write_entry("dnsHostName", VALUES("one.example", "two.example"));
    begin(PROBE_TCP);
    ck_assert_int_eq(give_stream(false), PROTOCOL_WAIT);
    ck_assert_str_eq(shown(), "dns_host_name: one.example\n"
                              "attribute 1 attribute: dnsHostName\n"
                              "attribute 1 value: two.example\n");
}
END_TEST

START_TEST(a_refusal_is_an_answer)
{
    write_result(1, 0x65, 10, "ask there", "ldap://other.example/");
    begin(PROBE_TCP);
    ck_assert_int_eq(give_stream(false), PROTOCOL_ANSWERED);
    ck_assert_str_eq(shown(), "result: referral\n"
                              "result_message: ask there\n"
                              "referrals: ldap://other.example/\n");
}
END_TEST

START_TEST(a_server_that_hangs_up_says_why)
{
    write_result(0, 0x78, 8, "TLS first", NULL);
    begin(PROBE_TCP);
    ck_assert_int_eq(give_stream(true), PROTOCOL_ANSWERED);
    ck_assert_str_eq(shown(), "result: strongerAuthRequired\nresult_message: TLS first\n");
}
END_TEST

START_TEST(an_entry_without_an_end_is_partial_once_the_server_has_closed)
{
    write_entry("dnsHostName", VALUES("one.example"));
    begin(PROBE_TCP);
    ck_assert_int_eq(give_stream(false), PROTOCOL_WAIT);
    ck_assert_int_eq(fake_engine_stream(&fixture.engine, "", 0, true), PROTOCOL_ANSWERED);
    ck_assert(fixture.engine.talk.is_partial);
}
END_TEST

START_TEST(an_entry_alone_in_a_datagram_is_partial)
{
    write_entry("dnsHostName", VALUES("one.example"));
    begin(PROBE_UDP);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, fixture.reply.bytes, fixture.reply.size),
                     PROTOCOL_ANSWERED);
    ck_assert(fixture.engine.talk.is_partial);
    ck_assert_str_eq(shown(), "dns_host_name: one.example\n");
}
END_TEST

START_TEST(an_entry_before_somebody_elses_message_is_partial)
{
    write_entry("dnsHostName", VALUES("one.example"));
    write_result(7, 0x65, 0, "", NULL);
    begin(PROBE_UDP);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, fixture.reply.bytes, fixture.reply.size),
                     PROTOCOL_ANSWERED);
    ck_assert(fixture.engine.talk.is_partial);
    ck_assert_str_eq(shown(), "dns_host_name: one.example\n");
}
END_TEST

START_TEST(the_answer_to_somebody_elses_search_is_not_ours)
{
    write_result(7, 0x65, 0, "", NULL);
    begin(PROBE_UDP);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, fixture.reply.bytes, fixture.reply.size),
                     PROTOCOL_IGNORE);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
} strangers[] = {
    {"HTTP/1.1 400 Bad Request\r\n\r\n", 28},
    {"\x30\x88\x80\x00\x00\x00\x00\x00\x00\x00\x02\x01\x01", 13}, /* 2^63 bytes */
    {"\x30\x80\x02\x01\x01\x00\x00", 7},                          /* of no definite length */
    {"\x30\x05\x02\x01\x01\x61\x00", 7},                          /* an answer to a bind */
    {"\x30\x00", 2},
    {"\x30\x03\x02\x01\x01", 5},
    /* An entry in which a value says that it has 2^63 bytes. */
    {"\x30\x1e\x02\x01\x01\x64\x19\x04\x00\x30\x15\x30\x13\x04\x01x\x31\x0e"
     "\x04\x88\x80\x00\x00\x00\x00\x00\x00\x00yyyy",
     32},
};

START_TEST(what_is_not_ldap_is_told)
{
    uint8_t transport = _i % 2 == 0 ? PROBE_TCP : PROBE_UDP;

    begin(transport);
    if (transport == PROBE_TCP) {
        fake_engine_stream(&fixture.engine, strangers[_i / 2].bytes, strangers[_i / 2].size, false);
    } else {
        fake_engine_datagram(&fixture.engine, strangers[_i / 2].bytes, strangers[_i / 2].size);
    }
    ck_assert(fixture.engine.next == PROTOCOL_WRONG || fixture.engine.talk.is_partial);
    ck_assert_str_ne(fixture.engine.talk.why, "");
    ck_assert_uint_eq(fixture.engine.talk.answer.count, 0);
}
END_TEST

START_TEST(a_talk_goes_on_in_tls)
{
    static const char *const parts[] = {"ldap-samba-starttls", NULL};

    fake_engine_check_in_tls(&protocol_ldap_starttls, parts, "ldap-samba-starttls");
}
END_TEST

static Suite *protocol_ldap_suite(void)
{
    Suite *suite = suite_create("protocol_ldap");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, all_attributes_are_asked_for);
    tcase_add_loop_test(tests, real_replies_are_read, 0, COUNT_OF(fixtures));
    tcase_add_test(tests, the_connection_is_unbound_afterwards);
    tcase_add_test(tests, an_entry_over_several_messages_is_one_answer);
    tcase_add_loop_test(tests, values_become_fields_where_they_fit, 0, COUNT_OF(values));
    tcase_add_test(tests, a_second_value_where_there_should_be_one_is_shown_apart);
    tcase_add_test(tests, a_refusal_is_an_answer);
    tcase_add_test(tests, a_server_that_hangs_up_says_why);
    tcase_add_test(tests, an_entry_without_an_end_is_partial_once_the_server_has_closed);
    tcase_add_test(tests, an_entry_alone_in_a_datagram_is_partial);
    tcase_add_test(tests, an_entry_before_somebody_elses_message_is_partial);
    tcase_add_test(tests, the_answer_to_somebody_elses_search_is_not_ours);
    tcase_add_loop_test(tests, what_is_not_ldap_is_told, 0, 2 * COUNT_OF(strangers));
    tcase_add_test(tests, a_talk_goes_on_in_tls);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_ldap_suite());
}
