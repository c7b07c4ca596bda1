/* SPDX-License-Identifier: MIT */

/* chrony's reply is a real one; the others are made from it by RFC 5905. */

#include "tests/support.h"
#include "tests/unit/rehearsal.h"

static struct rehearsal rehearsal;
static struct byte_writer reply;

static void open_fixture(void)
{
    rehearsal_open(&rehearsal, "ntp", PROBE_UDP, 123);
    reply = (struct byte_writer){0};
    rehearsal_fixture(&reply, "ntp-chrony");
}

static void close_fixture(void)
{
    rehearsal_close(&rehearsal);
    byte_writer_clear(&reply);
}

/* Five milliseconds before chrony was asked; its answer took twelve. */
static void set_clock(void)
{
    rehearsal.engine.target.now_us = INT64_C(1795787030842000);
    rehearsal.engine.target.now = rehearsal.engine.target.now_us / 1000;
    rehearsal.engine.talk.elapsed_us = 12000;
}

static void hear_reply(void)
{
    rehearsal_begin(&rehearsal);
    rehearsal_datagram(&rehearsal, reply.bytes, reply.size);
}

START_TEST(chrony_tells_its_time)
{
    set_clock();
    hear_reply();
    rehearsal_expect(&rehearsal, "ANSWERED \n"
                                 "stratum=8\n"
                                 "reference=127.127.1.1\n"
                                 "leap=none\n"
                                 "version=4\n"
                                 "offset=-847\n"
                                 "delay=11916\n"
                                 "precision=-26\n"
                                 "root_delay=0\n"
                                 "root_dispersion=0\n"
                                 "reference_time=1795787029485\n");
}
END_TEST

START_TEST(the_request_hides_our_clock)
{
    rehearsal_begin(&rehearsal);
    ck_assert_uint_eq(rehearsal.engine.sent.size, 48);
    ck_assert_uint_eq(rehearsal.engine.sent.bytes[0], 0x23);
    for (size_t i = 1; i < 40; i++) {
        ck_assert_uint_eq(rehearsal.engine.sent.bytes[i], 0);
    }
    ck_assert_mem_eq(rehearsal.engine.sent.bytes + 40, rehearsal.engine.target.random + 2, 8);
}
END_TEST

START_TEST(a_kiss_of_death_has_no_time)
{
    reply.size = 0;
    rehearsal_fixture(&reply, "ntp-played-kiss");
    hear_reply();
    rehearsal_expect(&rehearsal, "ANSWERED \nstratum=0\nkiss=RATE\n"
                                 "leap=not synchronized\nversion=4\n");
}
END_TEST

static const struct {
    uint8_t stratum;
    const char *id;
    const char *reference;
} references[] = {
    {1, "GPS\0", "GPS"},         {1, "DCFa", "DCFa"},        {1, "\0\0\0\0", "00000000"},
    {1, "G\0PS", "47005053"},    {1, "\x1b[2J", "1b5b324a"}, {2, "\xc0\x00\x02\x01", "192.0.2.1"},
    {16, "\0\0\0\0", "0.0.0.0"},
};

START_TEST(a_reference_is_text_or_an_address)
{
    reply.bytes[1] = references[_i].stratum;
    memcpy(reply.bytes + 12, references[_i].id, 4);
    hear_reply();
    ck_assert_str_eq(rehearsal_value(&rehearsal, "reference"), references[_i].reference);
}
END_TEST

/* Seconds of NTP come round on 2036-02-07 06:28:16. */
START_TEST(clocks_are_compared_across_the_end_of_an_era)
{
    rehearsal.engine.target.now_us = INT64_C(2085978490) * 1000000; /* six seconds before it */
    rehearsal.engine.talk.elapsed_us = 0;
    byte_writer_set_be32(&reply, 32, 4);
    byte_writer_set_be32(&reply, 36, 0x80000000);
    byte_writer_set_be32(&reply, 40, 4);
    byte_writer_set_be32(&reply, 44, 0x80000000);
    hear_reply();
    ck_assert_str_eq(rehearsal_value(&rehearsal, "offset"), "10500000");
    ck_assert_str_eq(rehearsal_value(&rehearsal, "delay"), "0");
}
END_TEST

static const struct {
    uint8_t first;
    size_t zeros_at; /* a time that is missing */
} without_clock[] = {{0xe4, 0}, {0x24, 32}, {0x24, 40}};

START_TEST(a_clock_that_is_not_set_is_not_compared)
{
    set_clock();
    reply.bytes[0] = without_clock[_i].first;
    if (without_clock[_i].zeros_at > 0) {
        memset(reply.bytes + without_clock[_i].zeros_at, 0, 8);
    }
    hear_reply();
    ck_assert_int_eq(rehearsal.engine.next, PROTOCOL_ANSWERED);
    ck_assert_str_eq(rehearsal_value(&rehearsal, "offset"), "");
    ck_assert_str_eq(rehearsal_value(&rehearsal, "delay"), "");
    ck_assert_str_eq(rehearsal_value(&rehearsal, "stratum"), "8");
}
END_TEST

static const struct {
    size_t size;
    size_t at;
    uint8_t byte;
    const char *shown;
} others[] = {
    {47, 0, 0x24, "WRONG not NTP: 47 bytes\n"},
    {0, 0, 0x24, "WRONG not NTP: 0 bytes\n"},
    {48, 0, 0x23, "WRONG not the answer of an NTP server: mode 3, version 4\n"},
    {48, 0, 0x3c, "WRONG not the answer of an NTP server: mode 4, version 7\n"},
    {48, 0, 0x04, "WRONG not the answer of an NTP server: mode 4, version 0\n"},
    {48, 31, 0x09, "IGNORE \n"},
};

START_TEST(what_is_no_answer_is_told)
{
    reply.bytes[others[_i].at] = others[_i].byte;
    rehearsal_begin(&rehearsal);
    rehearsal_datagram(&rehearsal, reply.bytes, others[_i].size);
    rehearsal_expect(&rehearsal, others[_i].shown);
}
END_TEST

START_TEST(every_cut_and_change_is_survived)
{
    rehearsal_torture("ntp", PROBE_UDP, 123, NULL, reply.bytes, reply.size);
}
END_TEST

static Suite *protocol_ntp_suite(void)
{
    Suite *suite = suite_create("protocol_ntp");
    TCase *tests = tcase_create("protocol_ntp");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, chrony_tells_its_time);
    tcase_add_test(tests, the_request_hides_our_clock);
    tcase_add_test(tests, a_kiss_of_death_has_no_time);
    tcase_add_loop_test(tests, a_reference_is_text_or_an_address, 0, COUNT_OF(references));
    tcase_add_test(tests, clocks_are_compared_across_the_end_of_an_era);
    tcase_add_loop_test(tests, a_clock_that_is_not_set_is_not_compared, 0, COUNT_OF(without_clock));
    tcase_add_loop_test(tests, what_is_no_answer_is_told, 0, COUNT_OF(others));
    tcase_add_test(tests, every_cut_and_change_is_survived);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_ntp_suite());
}
