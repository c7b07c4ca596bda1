/* SPDX-License-Identifier: MIT */

/* Messages written by hand after RFC 1035, and what servers really said. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/dns_name.h"
#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

#define QUESTION                                                                                   \
    "\x07portqry\x09microsoft\x03"                                                                 \
    "com\x00\x00\x01\x00\x01"

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

/* Header and question; the question begins at 12. */
static void write_header(uint16_t flags, uint16_t answers, uint16_t authorities,
                         uint16_t additionals)
{
    byte_writer_be16(&fixture.reply, 0x1234);
    byte_writer_be16(&fixture.reply, flags);
    byte_writer_be16(&fixture.reply, 1);
    byte_writer_be16(&fixture.reply, answers);
    byte_writer_be16(&fixture.reply, authorities);
    byte_writer_be16(&fixture.reply, additionals);
    byte_writer_add(&fixture.reply, QUESTION, sizeof(QUESTION) - 1);
}

/* `name` and `data` as on the wire. */
static void write_record(const char *name, size_t name_size, uint16_t type, const char *data,
                         size_t size)
{
    byte_writer_add(&fixture.reply, name, name_size);
    byte_writer_be16(&fixture.reply, type);
    byte_writer_be16(&fixture.reply, 1);
    byte_writer_be32(&fixture.reply, 300);
    byte_writer_be16(&fixture.reply, (uint16_t)size);
    byte_writer_add(&fixture.reply, data, size);
}

/* The same behind its length, as it comes over TCP. */
static void frame(void)
{
    size_t size = fixture.reply.size;

    byte_writer_zeros(&fixture.reply, 2);
    memmove(fixture.reply.bytes + 2, fixture.reply.bytes, size);
    byte_writer_set_be16(&fixture.reply, 0, (uint16_t)size);
}

static void write_all_kinds(void)
{
    write_header(0x8580, 7, 1, 1);
    write_record("\xc0\x0c", 2, 5, "\x03www\xc0\x14", 6);
    write_record("\x03www\xc0\x14", 6, 1, "\xc0\x00\x02\x07", 4);
    write_record("\xc0\x0c", 2, 28, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    write_record("\xc0\x0c", 2, 15, "\x00\x0a\x04mail\xc0\x14", 9);
    write_record("\xc0\x0c", 2, 16, "\x05v=x 1\x00\x02\"\x1b", 10);
    write_record("\x05_ldap\x04_tcp\xc0\x14", 13, 33, "\x00\x01\x00\x02\x01\x85\xc0\x14", 8);
    write_record("\x00", 1, 99, "\xab\xcd", 2);
    write_record("\xc0\x1e", 2, 6,
                 "\xc0\x14\x04host\xc0\x14\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05", 29);
    write_record("\x00", 1, 41, "", 0);
}

static const char all_kinds[] = "rcode: NOERROR\n"
                                "authoritative: yes\n"
                                "truncated: no\n"
                                "recursion_available: yes\n"
                                "authentic_data: no\n"
                                "question: portqry.microsoft.com.\n"
                                "answers: 7\n"
                                "authorities: 1\n"
                                "additionals: 1\n"
                                "record 1 section: answer\n"
                                "record 1 name: portqry.microsoft.com.\n"
                                "record 1 type: CNAME\n"
                                "record 1 ttl: 300\n"
                                "record 1 data: www.microsoft.com.\n"
                                "record 2 section: answer\n"
                                "record 2 name: www.microsoft.com.\n"
                                "record 2 type: A\n"
                                "record 2 ttl: 300\n"
                                "record 2 data: 192.0.2.7\n"
                                "record 3 section: answer\n"
                                "record 3 name: portqry.microsoft.com.\n"
                                "record 3 type: AAAA\n"
                                "record 3 ttl: 300\n"
                                "record 3 data: 2001:db8::1\n"
                                "record 4 section: answer\n"
                                "record 4 name: portqry.microsoft.com.\n"
                                "record 4 type: MX\n"
                                "record 4 ttl: 300\n"
                                "record 4 data: 10 mail.microsoft.com.\n"
                                "record 5 section: answer\n"
                                "record 5 name: portqry.microsoft.com.\n"
                                "record 5 type: TXT\n"
                                "record 5 ttl: 300\n"
                                "record 5 data: \"v=x 1\" \"\" \"\"\\x1B\"\n"
                                "record 6 section: answer\n"
                                "record 6 name: _ldap._tcp.microsoft.com.\n"
                                "record 6 type: SRV\n"
                                "record 6 ttl: 300\n"
                                "record 6 data: 1 2 389 microsoft.com.\n"
                                "record 7 section: answer\n"
                                "record 7 name: .\n"
                                "record 7 type: 99\n"
                                "record 7 ttl: 300\n"
                                "record 7 data: \\# 2 abcd\n"
                                "record 8 section: authority\n"
                                "record 8 name: com.\n"
                                "record 8 type: SOA\n"
                                "record 8 ttl: 300\n"
                                "record 8 data: microsoft.com. host.microsoft.com. 1 2 3 4 5\n";

START_TEST(the_question_is_as_portqry_asks_it)
{
    static const char request[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" QUESTION;

    fake_engine_open(&fixture.engine, &protocol_dns, PROBE_UDP);
    fake_engine_begin(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, sizeof(request) - 1);
    ck_assert_uint_eq(fixture.engine.sent.size, 39);
    ck_assert_mem_eq(fixture.engine.sent.bytes, request, 39);
}
END_TEST

START_TEST(over_tcp_its_length_is_sent_before_it)
{
    fake_engine_open(&fixture.engine, &protocol_dns, PROBE_TCP);
    fake_engine_begin(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, 41);
    ck_assert_mem_eq(fixture.engine.sent.bytes, "\x00\x27\x12\x34", 4);
}
END_TEST

/* 64 letters, of which a label has 63 at most. */
#define LETTERS "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"

static const char *const strange_names[] = {
    "", ".", "a..b", ".a", LETTERS,
};

START_TEST(a_name_that_cannot_be_sent_becomes_the_root)
{
    fake_engine_open(&fixture.engine, &protocol_dns, PROBE_UDP);
    fixture.engine.target.dns_name = strange_names[_i];
    fake_engine_begin(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, 17);
    ck_assert_mem_eq(fixture.engine.sent.bytes + 12, "\x00\x00\x01\x00\x01", 5);
}
END_TEST

static const struct {
    const char *name;
    const char *wrong; /* NULL: nothing */
} names[] = {
    {"example.com", NULL},
    {"_ldap._tcp.example.com.", NULL},
    {".", NULL},
    {"", "is empty"},
    {"..", "nothing is between"},
    {"a..b", "nothing is between"},
    {".a", "nothing is between"},
    {LETTERS, "63 characters"},
    {"b\xc3\xbc"
     "cher.example",
     "beyond ASCII"},
    {"two words", "blank"},
};

START_TEST(a_name_that_cannot_be_sent_is_refused_in_words)
{
    struct failure why = {0};

    ck_assert_int_eq(dns_name_check(names[_i].name, &why), names[_i].wrong == NULL);
    if (names[_i].wrong != NULL) {
        CHECK_CONTAINS(why.text, names[_i].wrong);
    }
}
END_TEST

/* 253 characters, and one dot that is none of its own (RFC 1035 section 2.3.4). */
START_TEST(a_name_has_a_greatest_length)
{
    char name[256] = {0};
    struct failure why;

    for (size_t i = 0; i < 253; i++) {
        name[i] = i % 50 == 49 ? '.' : 'a';
    }
    ck_assert(dns_name_check(name, &why));
    name[253] = '.';
    ck_assert(dns_name_check(name, &why));
    name[253] = 'a';
    ck_assert(!dns_name_check(name, &why));
    CHECK_CONTAINS(why.text, "253 characters");
}
END_TEST

START_TEST(records_of_every_kind_are_shown)
{
    write_all_kinds();
    fake_engine_check(&protocol_dns, PROBE_UDP, fixture.reply.bytes, fixture.reply.size, all_kinds);
    frame();
    fake_engine_check(&protocol_dns, PROBE_TCP, fixture.reply.bytes, fixture.reply.size, all_kinds);
}
END_TEST

static const struct {
    const char *name;
    uint8_t transport;
} fixtures[] = {
    {"dns-bind-a", PROBE_UDP},       {"dns-bind-aaaa", PROBE_UDP},
    {"dns-bind-cname", PROBE_UDP},   {"dns-bind-mx", PROBE_UDP},
    {"dns-bind-no-name", PROBE_UDP}, {"dns-bind-refused", PROBE_UDP},
    {"dns-bind-srv", PROBE_UDP},     {"dns-bind-tcp", PROBE_TCP},
    {"dns-bind-tls", PROBE_TCP},     {"dns-bind-truncated", PROBE_UDP},
    {"dns-bind-txt", PROBE_UDP},     {"dns-bind-version", PROBE_UDP},
    {"dns-samba-a", PROBE_UDP},      {"dns-samba-srv", PROBE_UDP},
    {"dns-samba-tcp", PROBE_TCP},
};

START_TEST(real_replies_are_read)
{
    fake_engine_check_fixture(&protocol_dns, fixtures[_i].transport, fixtures[_i].name);
}
END_TEST

START_TEST(a_beginning_is_partial_and_changed_bytes_are_borne)
{
    write_all_kinds();
    fake_engine_torment(&protocol_dns, PROBE_UDP, fixture.reply.bytes, fixture.reply.size);
    frame();
    fake_engine_torment(&protocol_dns, PROBE_TCP, fixture.reply.bytes, fixture.reply.size);
}
END_TEST

static const struct {
    uint16_t flags;
    const char *rcode;
} refusals[] = {
    {0x8105, "rcode: REFUSED\n"},
    {0x8103, "rcode: NXDOMAIN\n"},
    {0x8102, "rcode: SERVFAIL\n"},
    {0x810f, "rcode: 15\n"},
};

START_TEST(a_server_that_says_no_has_answered)
{
    char *shown;

    write_header(refusals[_i].flags, 0, 0, 0);
    ck_assert_int_eq(
        fake_engine_play(&protocol_dns, PROBE_UDP, fixture.reply.bytes, fixture.reply.size, &shown),
        PROTOCOL_ANSWERED);
    CHECK_CONTAINS(shown, refusals[_i].rcode);
    free(shown);
}
END_TEST

START_TEST(the_reply_to_another_question_is_not_ours)
{
    char *shown;

    write_header(0x8180, 0, 0, 0);
    fixture.reply.bytes[1] ^= 1;
    ck_assert_int_eq(
        fake_engine_play(&protocol_dns, PROBE_UDP, fixture.reply.bytes, fixture.reply.size, &shown),
        PROTOCOL_IGNORE);
    free(shown);
    frame();
    ck_assert_int_eq(
        fake_engine_play(&protocol_dns, PROBE_TCP, fixture.reply.bytes, fixture.reply.size, &shown),
        PROTOCOL_WRONG);
    free(shown);
}
END_TEST

START_TEST(a_question_that_comes_back_is_no_reply)
{
    char *shown;

    write_header(0x0100, 0, 0, 0);
    ck_assert_int_eq(
        fake_engine_play(&protocol_dns, PROBE_UDP, fixture.reply.bytes, fixture.reply.size, &shown),
        PROTOCOL_WRONG);
    ck_assert_str_eq(shown, "");
    free(shown);
}
END_TEST

/* Names at 39, behind the question. */
static const struct {
    const char *bytes;
    size_t size;
} loops[] = {
    {"\xc0\x27", 2},         /* to itself */
    {"\xc0\x29\xc0\x27", 4}, /* to each other */
    {"\x01"
     "a\xc0\x27",
     4},             /* to where it began */
    {"\xc0\xff", 2}, /* ahead */
    {"\xff\xff", 2}, /* beyond the end */
    {"\x80\x27", 2}, /* no kind of label */
    {"\x40", 1},
    {"\x3f"
     "abc",
     4},         /* longer than there is */
    {"\xc0", 1}, /* half a pointer */
};

START_TEST(names_that_lead_in_circles_end_the_reading)
{
    write_header(0x8180, 1, 0, 0);
    byte_writer_add(&fixture.reply, loops[_i].bytes, loops[_i].size);
    if (_i < 3) {
        byte_writer_zeros(&fixture.reply, 10);
    }
    fake_engine_open(&fixture.engine, &protocol_dns, PROBE_UDP);
    fake_engine_begin(&fixture.engine);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, fixture.reply.bytes, fixture.reply.size),
                     PROTOCOL_ANSWERED);
    ck_assert(fixture.engine.talk.is_partial);
    ck_assert_uint_eq(fixture.engine.talk.answer.items, 0);
}
END_TEST

/* Each record's name is a label before that of the one before it. */
START_TEST(a_name_that_grows_is_cut_off_at_its_limit)
{
    write_header(0x8180, 60, 0, 0);
    write_record("\x07"
                 "abcdefg\x00",
                 9, 1, "\x01\x02\x03\x04", 4);
    for (size_t before = 39; before < 39 + 24 * 59; before = fixture.reply.size - 24) {
        char name[10] = "\x07"
                        "abcdefg";

        name[8] = (char)(0xc0 | before >> 8);
        name[9] = (char)(before & 0xff);
        write_record(name, sizeof(name), 1, "\x01\x02\x03\x04", 4);
    }
    fake_engine_open(&fixture.engine, &protocol_dns, PROBE_UDP);
    fake_engine_begin(&fixture.engine);
    fake_engine_datagram(&fixture.engine, fixture.reply.bytes, fixture.reply.size);
    ck_assert(fixture.engine.talk.is_partial);
    ck_assert_uint_eq(fixture.engine.talk.answer.items, 31); /* 31 * 8 + 1 <= 255 */
}
END_TEST

static const struct {
    size_t pointers;
    uint32_t records;
} chains[] = {{100, 2}, {126, 2}, {127, 1}, {200, 1}};

/* The first record has pointers for data, each to the one before it; the second one's name is the
 * last of them. */
START_TEST(a_name_is_not_followed_for_ever)
{
    enum { DATA_AT = 12 + sizeof(QUESTION) - 1 + 11 };
    char data[2 * 200];
    size_t count = chains[_i].pointers;
    size_t last = DATA_AT + 2 * (count - 1);
    char name[2] = {(char)(0xc0 | last >> 8), (char)(last & 0xff)};

    for (size_t i = 0; i < count; i++) {
        size_t to = i == 0 ? 12 : DATA_AT + 2 * (i - 1);

        data[2 * i] = (char)(0xc0 | to >> 8);
        data[2 * i + 1] = (char)(to & 0xff);
    }
    write_header(0x8180, 2, 0, 0);
    write_record("\x00", 1, 99, data, 2 * count);
    write_record(name, 2, 1, "\x01\x02\x03\x04", 4);
    fake_engine_open(&fixture.engine, &protocol_dns, PROBE_UDP);
    fake_engine_begin(&fixture.engine);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, fixture.reply.bytes, fixture.reply.size),
                     PROTOCOL_ANSWERED);
    ck_assert_uint_eq(fixture.engine.talk.answer.items, chains[_i].records);
    ck_assert_int_eq(fixture.engine.talk.is_partial, chains[_i].records == 1);
}
END_TEST

START_TEST(a_reply_that_says_it_is_cut_is_partial)
{
    write_header(0x8380, 4, 0, 0);
    fake_engine_open(&fixture.engine, &protocol_dns, PROBE_UDP);
    fake_engine_begin(&fixture.engine);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, fixture.reply.bytes, fixture.reply.size),
                     PROTOCOL_ANSWERED);
    ck_assert(fixture.engine.talk.is_partial);
    ck_assert_str_eq(fixture.engine.talk.why,
                     "the server has more than it sent: it tells the rest over TCP");
}
END_TEST

START_TEST(labels_with_dots_and_controls_are_escaped)
{
    write_header(0x8180, 1, 0, 0);
    write_record("\x05"
                 "a.b\\\x1b\x00",
                 7, 1, "\x01\x02\x03\x04", 4);
    fake_engine_open(&fixture.engine, &protocol_dns, PROBE_UDP);
    fake_engine_begin(&fixture.engine);
    fake_engine_datagram(&fixture.engine, fixture.reply.bytes, fixture.reply.size);
    ck_assert_str_eq(answer_find(&fixture.engine.talk.answer, "name")->text, "a\\.b\\\\\\027.");
}
END_TEST

static Suite *protocol_dns_suite(void)
{
    Suite *suite = suite_create("protocol_dns");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_question_is_as_portqry_asks_it);
    tcase_add_test(tests, over_tcp_its_length_is_sent_before_it);
    tcase_add_loop_test(tests, a_name_that_cannot_be_sent_becomes_the_root, 0,
                        COUNT_OF(strange_names));
    tcase_add_loop_test(tests, a_name_that_cannot_be_sent_is_refused_in_words, 0, COUNT_OF(names));
    tcase_add_test(tests, a_name_has_a_greatest_length);
    tcase_add_test(tests, records_of_every_kind_are_shown);
    tcase_add_loop_test(tests, real_replies_are_read, 0, COUNT_OF(fixtures));
    tcase_add_test(tests, a_beginning_is_partial_and_changed_bytes_are_borne);
    tcase_add_loop_test(tests, a_server_that_says_no_has_answered, 0, COUNT_OF(refusals));
    tcase_add_test(tests, the_reply_to_another_question_is_not_ours);
    tcase_add_test(tests, a_question_that_comes_back_is_no_reply);
    tcase_add_loop_test(tests, names_that_lead_in_circles_end_the_reading, 0, COUNT_OF(loops));
    tcase_add_test(tests, a_name_that_grows_is_cut_off_at_its_limit);
    tcase_add_loop_test(tests, a_name_is_not_followed_for_ever, 0, COUNT_OF(chains));
    tcase_add_test(tests, a_reply_that_says_it_is_cut_is_partial);
    tcase_add_test(tests, labels_with_dots_and_controls_are_escaped);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_dns_suite());
}
