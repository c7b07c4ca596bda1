/* SPDX-License-Identifier: MIT */

/* Samba's replies are real ones; the others are made by MS-SMB2 2.2.4 and MS-SMB 2.2.4.5.2. */

#include "tests/support.h"
#include "tests/unit/rehearsal.h"

static struct rehearsal rehearsal;
static struct byte_writer reply;

static void open_fixture(void)
{
    rehearsal_open(&rehearsal, "smb", PROBE_TCP, 445);
    reply = (struct byte_writer){0};
}

static void close_fixture(void)
{
    rehearsal_close(&rehearsal);
    byte_writer_clear(&reply);
}

static void hear_reply(bool ended)
{
    rehearsal_begin(&rehearsal);
    rehearsal_hear(&rehearsal, reply.bytes, reply.size, ended);
}

static const struct {
    const char *fixture;
    const char *shown;
} real[] = {
    {"smb2-samba-0311", "ANSWERED \n"
                        "dialect=3.1.1\n"
                        "signing_enabled=1\n"
                        "signing_required=1\n"
                        "server_guid=00316364-0000-0000-0000-000000000000\n"
                        "capability=DFS\n"
                        "capability=leasing\n"
                        "capability=large MTU\n"
                        "largest_transaction=8388608\n"
                        "largest_read=8388608\n"
                        "largest_write=8388608\n"
                        "system_time=1795787027714\n"
                        "security_mechanism=Kerberos (MS)\n"
                        "security_mechanism=Kerberos\n"
                        "security_mechanism=NTLM\n"
                        "integrity_hash=SHA-512\n"},
    {"smb2-samba-0302", "ANSWERED \n"
                        "dialect=3.0.2\n"
                        "signing_enabled=1\n"
                        "signing_required=1\n"
                        "server_guid=00316364-0000-0000-0000-000000000000\n"
                        "capability=DFS\n"
                        "capability=leasing\n"
                        "capability=large MTU\n"
                        "largest_transaction=8388608\n"
                        "largest_read=8388608\n"
                        "largest_write=8388608\n"
                        "system_time=1795787027396\n"
                        "security_mechanism=Kerberos (MS)\n"
                        "security_mechanism=Kerberos\n"
                        "security_mechanism=NTLM\n"},
    {"smb2-smbd-negotiated", "ANSWERED \n"
                             "dialect=3.1.1\n"
                             "signing_enabled=1\n"
                             "signing_required=1\n"
                             "server_guid=656c6966-0073-0000-0000-000000000000\n"
                             "capability=DFS\n"
                             "capability=leasing\n"
                             "capability=large MTU\n"
                             "capability=multi-channel\n"
                             "largest_transaction=8388608\n"
                             "largest_read=8388608\n"
                             "largest_write=8388608\n"
                             "system_time=1795788723994\n"
                             "security_mechanism=NTLM\n"
                             "integrity_hash=SHA-512\n"
                             "cipher=AES-128-GCM\n"
                             "signing_algorithm=AES-GMAC\n"},
    {"smb2-smbd-from-smb1", "WAIT \n"},
    {"smb1-smbd-nt1", "ANSWERED the server has nothing newer than SMB 1\n"
                      "dialect=NT LM 0.12\n"
                      "signing_enabled=0\n"
                      "signing_required=0\n"
                      "system_time=1795788419654\n"
                      "server_guid=66646c6f-6c69-7365-0000-000000000000\n"
                      "security_mechanism=NTLM\n"},
    {"smb2-samba-no-dialect", "ANSWERED the server would not negotiate\n"
                              "status=STATUS_NOT_SUPPORTED\n"},
};

START_TEST(samba_tells_what_it_has)
{
    rehearsal_fixture(&reply, real[_i].fixture);
    hear_reply(false);
    rehearsal_expect(&rehearsal, real[_i].shown);
}
END_TEST

START_TEST(a_request_has_its_length_before_it)
{
    rehearsal_begin(&rehearsal);
    ck_assert_uint_eq(rehearsal.engine.sent.size, 4 + 32 + 3 + 12 + 11 + 11);
    ck_assert_mem_eq(rehearsal.engine.sent.bytes, "\0\0\0\x45\xffSMB\x72", 9);
    ck_assert_mem_eq(rehearsal.engine.sent.bytes + 36,
                     "\0\x22\0\x02NT LM 0.12\0\x02SMB 2.002\0\x02", 26);
}
END_TEST

/* The header of an answer of SMB 2 with this number, its first words, and zeros for the rest. */
static void write_smb2_answer(uint16_t dialect, uint64_t number)
{
    byte_writer_be32(&reply, 64 + 64);
    byte_writer_add(&reply, "\xfeSMB\x40", 5);
    byte_writer_zeros(&reply, 11);
    byte_writer_le32(&reply, 1); /* from a server */
    byte_writer_zeros(&reply, 4);
    byte_writer_le64(&reply, number);
    byte_writer_zeros(&reply, 32);
    byte_writer_le16(&reply, 65);
    byte_writer_le16(&reply, 1);
    byte_writer_le16(&reply, dialect);
    byte_writer_zeros(&reply, 58);
}

static void write_smb2(uint16_t dialect)
{
    write_smb2_answer(dialect, 0);
}

START_TEST(an_answer_has_the_number_of_its_request)
{
    static const char none[] = "WRONG an SMB 2 message that is no answer to a negotiation\n";

    write_smb2_answer(0x0302, _i == 0 ? 1 : 0); /* to nothing that was asked */
    if (_i == 1) {
        reply.bytes[4 + 16] = 0; /* a request */
    } else if (_i == 2) {
        reply.size = 0;
        write_smb2(0x02ff);
        write_smb2(0x0302); /* to the first request once more */
    }
    hear_reply(false);
    rehearsal_expect(&rehearsal, none);
}
END_TEST

START_TEST(who_has_smb_2_is_asked_again)
{
    const uint8_t *out;

    write_smb2(0x02ff);
    hear_reply(false);
    ck_assert_int_eq(rehearsal.engine.next, PROTOCOL_WAIT);
    out = rehearsal.engine.sent.bytes;
    ck_assert_uint_eq(rehearsal.engine.sent.size, 4U + out[3]);
    ck_assert_mem_eq(out + 4, "\xfeSMB\x40\0", 6);
    ck_assert_uint_eq(out[4 + 24], 1);        /* message */
    ck_assert_uint_eq(out[4 + 64], 36);       /* size of the body */
    ck_assert_uint_eq(out[4 + 64 + 2], 5);    /* dialects */
    ck_assert_uint_eq(out[4 + 64 + 28], 112); /* contexts */
    ck_assert_mem_eq(out + 4 + 112, "\1\0\x26\0\0\0\0\0\1\0\x20\0\1\0", 14);
    ck_assert_mem_eq(out + 4 + 160, "\2\0\x0a\0\0\0\0\0\4\0\4\0\3\0\2\0\1\0", 18);
    rehearsal_fixture(&reply, "smb2-samba-0311");
    reply.bytes[4 + 128 + 4 + 24] = 1; /* of a server that was asked in SMB 2 alone */
    rehearsal_hear(&rehearsal, reply.bytes + 4 + 128, reply.size - 4 - 128, false);
    ck_assert_int_eq(rehearsal.engine.next, PROTOCOL_ANSWERED);
    ck_assert_str_eq(rehearsal_value(&rehearsal, "dialect"), "3.1.1");
}
END_TEST

START_TEST(who_ends_when_asked_again_has_smb_2_all_the_same)
{
    write_smb2(0x02ff);
    hear_reply(true);
    rehearsal_expect(&rehearsal, "ANSWERED (partial) the server has SMB 2, and ended when it was "
                                 "asked for more\n");
}
END_TEST

START_TEST(nobody_is_asked_a_third_time)
{
    write_smb2(0x02ff);
    write_smb2_answer(0x02ff, 1);
    hear_reply(false);
    ck_assert_int_eq(rehearsal.engine.next, PROTOCOL_ANSWERED);
    ck_assert_str_eq(rehearsal_value(&rehearsal, "dialect"), "0x02ff");
}
END_TEST

START_TEST(choices_of_3_1_1_are_named)
{
    static const uint8_t choices[] = {
        2, 0, 4,  0, 0, 0, 0, 0, 1, 0, 4, 0, 0, 0, 0, 0,                         /* cipher */
        3, 0, 12, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 9, 0, 0, 0, 0, 0, /* compression */
        8, 0, 4,  0, 0, 0, 0, 0, 1, 0, 2, 0,                                     /* signing */
    };

    write_smb2(0x0311);
    byte_writer_set_le16(&reply, 4 + 64 + 6, 3);
    byte_writer_set_le32(&reply, 4 + 64 + 60, 128);
    byte_writer_add(&reply, choices, sizeof(choices));
    byte_writer_set_be32(&reply, 0, (uint32_t)(128 + sizeof(choices)));
    hear_reply(false);
    ck_assert_int_eq(rehearsal.engine.next, PROTOCOL_ANSWERED);
    ck_assert(!rehearsal.engine.talk.is_partial);
    ck_assert_str_eq(rehearsal_value(&rehearsal, "cipher"), "AES-256-GCM");
    ck_assert_str_eq(rehearsal_value(&rehearsal, "compression"), "LZ77+Huffman 0x0009");
    ck_assert_str_eq(rehearsal_value(&rehearsal, "signing_algorithm"), "AES-GMAC");

    rehearsal_close(&rehearsal);
    rehearsal_open(&rehearsal, "smb", PROBE_TCP, 445);
    byte_writer_set_le16(&reply, 4 + 64 + 6, 65535);
    hear_reply(false);
    ck_assert(rehearsal.engine.talk.is_partial);
    ck_assert_str_eq(rehearsal_value(&rehearsal, "cipher"), "AES-256-GCM");
}
END_TEST

/* MS-SMB 2.2.4.5.2.1, of a server that has extended security. */
static void write_smb1(void)
{
    byte_writer_be32(&reply, 32 + 1 + 34 + 2 + 16);
    byte_writer_add(&reply, "\xffSMB\x72", 5);
    byte_writer_zeros(&reply, 27);
    byte_writer_u8(&reply, 17);
    byte_writer_le16(&reply, 0);
    byte_writer_u8(&reply, 0x07);
    byte_writer_zeros(&reply, 16);
    byte_writer_le32(&reply, 0x8001f3fd);
    byte_writer_le64(&reply, 134396784001230000); /* 2026-11-20 20:00:00.123 */
    byte_writer_zeros(&reply, 3);
    byte_writer_le16(&reply, 16);
    byte_writer_add(&reply, "\x04\x03\x02\x01\x06\x05\x08\x07\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 16);
}

START_TEST(a_server_of_smb_1_is_told)
{
    write_smb1();
    hear_reply(false);
    rehearsal_expect(&rehearsal, "ANSWERED the server has nothing newer than SMB 1\n"
                                 "dialect=NT LM 0.12\n"
                                 "signing_enabled=1\n"
                                 "signing_required=0\n"
                                 "system_time=1795204800123\n"
                                 "server_guid=01020304-0506-0708-090a-0b0c0d0e0f10\n");
}
END_TEST

START_TEST(a_server_of_older_dialects_is_told)
{
    write_smb1();
    reply.bytes[3] = 35;
    reply.size = 4 + 35;
    reply.bytes[4 + 32] = 1;
    byte_writer_set_le16(&reply, 4 + 33, 0xffff);
    hear_reply(false);
    rehearsal_expect(&rehearsal,
                     "ANSWERED the server has SMB 1, and no dialect that was offered\n");
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    const char *shown;
} others[] = {
    {"HTTP/1.1 400 Bad Request\r\n", 26, "WRONG not SMB: it speaks HTTP\n"},
    {"\x83\0\0\1\x8f", 5, "WRONG not SMB: it said \\x83..\\x01\\x8F\n"},
    {"\0\xff\xff\xff", 4, "WRONG not SMB: it said .\\xFF\\xFF\\xFF\n"},
    {"\0\0\0\4abcd", 8, "WRONG not SMB: it said abcd\n"},
    {"\0\0\0\0", 4, "WRONG not SMB: it sent an empty message\n"},
    {"\0\0\0\4\xfeSMB", 8, "WRONG an SMB 2 message that is no answer to a negotiation\n"},
    {"\0\0\0\4\xffSMB", 8, "WRONG an SMB 1 message that is no answer to a negotiation\n"},
    {"\0\0\0\4\xffSM", 7, "WAIT \n"},
    {"", 0, "WAIT \n"},
};

START_TEST(what_is_no_answer_is_told)
{
    byte_writer_add(&reply, others[_i].bytes, others[_i].size);
    hear_reply(true);
    rehearsal_expect(&rehearsal, others[_i].shown);
}
END_TEST

static const char *const tortured[] = {"smb2-smbd-negotiated", "smb2-smbd-signing",
                                       "smb2-samba-no-dialect", "smb1-smbd-nt1", NULL};

START_TEST(every_cut_and_change_is_survived)
{
    if (tortured[_i] != NULL) {
        rehearsal_fixture(&reply, tortured[_i]);
    } else {
        write_smb1();
    }
    rehearsal_torture("smb", PROBE_TCP, 445, NULL, reply.bytes, reply.size);
}
END_TEST

static Suite *protocol_smb_suite(void)
{
    Suite *suite = suite_create("protocol_smb");
    TCase *tests = tcase_create("protocol_smb");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, samba_tells_what_it_has, 0, COUNT_OF(real));
    tcase_add_test(tests, a_request_has_its_length_before_it);
    tcase_add_loop_test(tests, an_answer_has_the_number_of_its_request, 0, 3);
    tcase_add_test(tests, who_has_smb_2_is_asked_again);
    tcase_add_test(tests, who_ends_when_asked_again_has_smb_2_all_the_same);
    tcase_add_test(tests, nobody_is_asked_a_third_time);
    tcase_add_test(tests, choices_of_3_1_1_are_named);
    tcase_add_test(tests, a_server_of_smb_1_is_told);
    tcase_add_test(tests, a_server_of_older_dialects_is_told);
    tcase_add_loop_test(tests, what_is_no_answer_is_told, 0, COUNT_OF(others));
    tcase_add_loop_test(tests, every_cut_and_change_is_survived, 0, COUNT_OF(tortured));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_smb_suite());
}
