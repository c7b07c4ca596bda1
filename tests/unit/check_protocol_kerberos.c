/* SPDX-License-Identifier: MIT */

/* Samba's replies are real ones; the others are made by RFC 4120. */

#include "tests/support.h"
#include "tests/unit/rehearsal.h"

static struct rehearsal rehearsal;
static struct byte_writer reply;

static void open_fixture(void)
{
    rehearsal_open(&rehearsal, "kerberos", PROBE_UDP, 88);
    reply = (struct byte_writer){0};
}

static void close_fixture(void)
{
    rehearsal_close(&rehearsal);
    byte_writer_clear(&reply);
}

static void hear_reply(uint8_t transport)
{
    rehearsal_begin(&rehearsal);
    if (transport == PROBE_UDP) {
        rehearsal_datagram(&rehearsal, reply.bytes, reply.size);
    } else {
        rehearsal_hear(&rehearsal, reply.bytes, reply.size, false);
    }
}

static const struct {
    const char *fixture;
    uint8_t transport;
    const char *shown;
} real[] = {
    {"kerberos-samba-udp", PROBE_UDP,
     "ANSWERED \n"
     "error=KDC_ERR_C_PRINCIPAL_UNKNOWN\n"
     "error_code=6\n"
     "realm=EXAMPLE.TEST\n"
     "server_time=1795787028266\n"},
    {"kerberos-samba-tcp", PROBE_TCP,
     "ANSWERED \n"
     "error=KDC_ERR_C_PRINCIPAL_UNKNOWN\n"
     "error_code=6\n"
     "realm=EXAMPLE.TEST\n"
     "server_time=1795787028269\n"},
    {"kerberos-samba-wrong-realm", PROBE_UDP,
     "ANSWERED \n"
     "error=KDC_ERR_C_PRINCIPAL_UNKNOWN\n"
     "error_code=6\n"
     "realm=OTHER.EXAMPLE.NET\n"
     "server_time=1795787028523\n"},
    {"kerberos-samba-preauth-udp", PROBE_UDP,
     "ANSWERED \n"
     "error=KDC_ERR_PREAUTH_REQUIRED\n"
     "error_code=25\n"
     "realm=EXAMPLE.TEST\n"
     "server_time=1795787028530\n"
     "text=Need to use PA-ENC-TIMESTAMP/PA-PK-AS-REQ\n"
     "preauthentication=PKINIT\n"
     "preauthentication=PKINIT (Windows 2000)\n"
     "preauthentication=PKINIT-KX\n"
     "preauthentication=encrypted timestamp\n"
     "preauthentication=FX-FAST\n"
     "preauthentication=PA-SVR-REFERRAL\n"
     "preauthentication=ETYPE-INFO2\n"
     "encryption=aes256-cts-hmac-sha1-96\n"},
};

START_TEST(samba_tells_its_error)
{
    rehearsal.engine.target.transport = real[_i].transport;
    rehearsal_fixture(&reply, real[_i].fixture);
    hear_reply(real[_i].transport);
    rehearsal_expect(&rehearsal, real[_i].shown);
}
END_TEST

static const struct {
    const char *host;
    bool is_address;
    const char *realm;
} realms[] = {
    {"dc1.corp.example.com", false, "CORP.EXAMPLE.COM"},
    {"dc1.example.test.", false, "EXAMPLE.TEST"},
    {"dc1", false, "PORTLEDGER.INVALID"},
    {"dc1.", false, "PORTLEDGER.INVALID"},
    {"192.0.2.7", true, "PORTLEDGER.INVALID"},
    {"2001:db8::7", true, "PORTLEDGER.INVALID"},
};

START_TEST(the_realm_is_guessed)
{
    struct text request = {0};

    rehearsal.engine.target.host = realms[_i].host;
    rehearsal.engine.target.host_is_address = realms[_i].is_address;
    rehearsal_begin(&rehearsal);
    text_add_visible(&request, (const char *)rehearsal.engine.sent.bytes,
                     rehearsal.engine.sent.size);
    CHECK_CONTAINS(text_bytes(&request), realms[_i].realm);
    CHECK_CONTAINS(text_bytes(&request), "krbtgt");
    CHECK_CONTAINS(text_bytes(&request), "portledger-probe");
    text_clear(&request);
}
END_TEST

START_TEST(a_long_name_is_cut)
{
    char host[1000];

    memset(host, 'a', sizeof(host));
    host[1] = '.';
    host[sizeof(host) - 1] = '\0';
    rehearsal.engine.target.host = host;
    rehearsal.engine.target.transport = PROBE_TCP;
    rehearsal_begin(&rehearsal);
    ck_assert_uint_lt(rehearsal.engine.sent.size, 800);
    ck_assert_uint_eq(rehearsal.engine.sent.bytes[0], 0);
    ck_assert_uint_eq(rehearsal.engine.sent.bytes[2] * 256U + rehearsal.engine.sent.bytes[3],
                      rehearsal.engine.sent.size - 4);
    ck_assert_uint_eq(rehearsal.engine.sent.bytes[4], 0x6a);
}
END_TEST

#define REALM_B "\xa9\3\x1b\1B"

static const struct {
    const char *bytes;
    size_t size;
    const char *shown;
} replies[] = {
    {"\x7e\x0c\x30\x0a\xa6\3\2\1\x44\xa7\3\x1b\1A", 14,
     "ANSWERED \nerror=KDC_ERR_WRONG_REALM\nerror_code=68\n"
     "client_realm=A\n"},
    {"\x7e\x11\x30\x0f\xa6\3\2\1\x44\xa7\3\x1b\1B" REALM_B, 19,
     "ANSWERED \nerror=KDC_ERR_WRONG_REALM\nerror_code=68\n"
     "realm=B\n"},
    {"\x7e\7\x30\5\xa6\3\2\1\x63", 9, "ANSWERED \nerror=99\nerror_code=99\n"},
    {"\x7e\x09\x30\7\xa6\3\2\1\6\xa9\x7f", 11,
     "ANSWERED (partial) \nerror=KDC_ERR_C_PRINCIPAL_UNKNOWN\n"
     "error_code=6\n"},
    {"\x6b\7\x30\5\xa3\3\x1b\1R", 9,
     "ANSWERED the server gave a ticket to a client that was made up\nrealm=R\n"},
    {"\x7e\2\x30\0", 4, "WRONG a Kerberos error that cannot be read\n"},
    {"\x7e\x88\xff\xff\xff\xff\xff\xff\xff\xff", 10,
     "WRONG a Kerberos error that cannot be read\n"},
    {"\x7e", 1, "WRONG a Kerberos error that cannot be read\n"},
    {"HTTP/1.1 400", 12, "WRONG not Kerberos: it speaks HTTP\n"},
    {"", 0, "WRONG not Kerberos: it sent an empty message\n"},
};

START_TEST(a_datagram_comes_to_its_end)
{
    byte_writer_add(&reply, replies[_i].bytes, replies[_i].size);
    hear_reply(PROBE_UDP);
    rehearsal_expect(&rehearsal, replies[_i].shown);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    const char *shown;
} streams[] = {
    {"\0\1", 2, "WAIT \n"},
    {"\0\0\0\0", 4, "WRONG not Kerberos: it sent an empty message\n"},
    {"\x80\0\0\1", 4, "WRONG not Kerberos: it said \\x80..\\x01\n"},
    {"\0\1\0\0", 4, "WRONG not Kerberos: it said .\\x01..\n"},
    {"\0\0\0\2\x7e\0", 6, "WRONG a Kerberos error that cannot be read\n"},
};

START_TEST(a_stream_comes_to_its_end)
{
    rehearsal.engine.target.transport = PROBE_TCP;
    byte_writer_add(&reply, streams[_i].bytes, streams[_i].size);
    hear_reply(PROBE_TCP);
    rehearsal_expect(&rehearsal, streams[_i].shown);
}
END_TEST

START_TEST(every_cut_and_change_is_survived)
{
    rehearsal_fixture(&reply, real[_i].fixture);
    rehearsal_torture("kerberos", real[_i].transport, 88, NULL, reply.bytes, reply.size);
}
END_TEST

START_TEST(its_side_effect_is_said)
{
    ck_assert_ptr_nonnull(rehearsal.engine.protocol->side_effect);
}
END_TEST

static Suite *protocol_kerberos_suite(void)
{
    Suite *suite = suite_create("protocol_kerberos");
    TCase *tests = tcase_create("protocol_kerberos");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, samba_tells_its_error, 0, COUNT_OF(real));
    tcase_add_loop_test(tests, the_realm_is_guessed, 0, COUNT_OF(realms));
    tcase_add_test(tests, a_long_name_is_cut);
    tcase_add_loop_test(tests, a_datagram_comes_to_its_end, 0, COUNT_OF(replies));
    tcase_add_loop_test(tests, a_stream_comes_to_its_end, 0, COUNT_OF(streams));
    tcase_add_loop_test(tests, every_cut_and_change_is_survived, 0, COUNT_OF(real));
    tcase_add_test(tests, its_side_effect_is_said);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_kerberos_suite());
}
