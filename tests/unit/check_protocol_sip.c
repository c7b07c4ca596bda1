/* SPDX-License-Identifier: MIT */

/* What Kamailio said, and replies by hand after RFC 3261. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static const struct {
    uint8_t transport;
    const char *host;
    uint16_t port;
    const char *beginning;
} requests[] = {
    {PROBE_UDP, "server.example", 5060,
     "OPTIONS sip:server.example SIP/2.0\r\n"
     "Via: SIP/2.0/UDP portledger.invalid;branch=z9hG4bK1234010203040506;rport\r\n"},
    {PROBE_TCP, "2001:db8::7%eth0", 5080,
     "OPTIONS sip:[2001:db8::7]:5080 SIP/2.0\r\n"
     "Via: SIP/2.0/TCP portledger.invalid;branch=z9hG4bK1234010203040506;rport\r\n"},
};

START_TEST(what_the_server_can_is_asked)
{
    static const char end[] = "Content-Length: 0\r\n\r\n";
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_sip, requests[_i].transport);
    engine.target.host = requests[_i].host;
    engine.target.port = requests[_i].port;
    fake_engine_begin(&engine);
    ck_assert_uint_gt(engine.sent.size, strlen(requests[_i].beginning));
    ck_assert_mem_eq(engine.sent.bytes, requests[_i].beginning, strlen(requests[_i].beginning));
    ck_assert_mem_eq(engine.sent.bytes + engine.sent.size - strlen(end), end, strlen(end));
    fake_engine_close(&engine);
}
END_TEST

START_TEST(real_replies_are_read)
{
    fake_engine_check_fixture(&protocol_sip, PROBE_UDP, "sip-kamailio-udp");
    fake_engine_check_fixture(&protocol_sip, PROBE_TCP, "sip-kamailio-tcp");
}
END_TEST

#define VIA "Via: SIP/2.0/UDP portledger.invalid;branch=z9hG4bK1234010203040506;rport\r\n"

static const struct {
    const char *said;
    const char *shown;
} replies[] = {
    {"SIP/2.0 404 Not Found\r\n" VIA "\r\n", "status: 404\nreason: Not Found\n"},
    {"SIP/2.0 200\r\n" VIA "\r\n", "status: 200\n"},
    /* The short names, case, several values, lines that go on, and several proxies. */
    {"SIP/2.0 401 Unauthorized\r\n"
     "v : SIP/2.0/UDP portledger.invalid ; rport=4711 ; Branch=z9hG4bK1234010203040506\r\n"
     " ;received=192.0.2.9, SIP/2.0/UDP other.example;branch=z9hG4bKother\r\n"
     "k: timer ,\r\n\t 100rel,\r\n"
     "USER-AGENT:  Box\r\n   of the  tests \r\n"
     "Server: second\r\n"
     "WWW-Authenticate: Digest realm=\"a, b\", nonce=\"c\"\r\n"
     "m: <sip:box@192.0.2.1>\r\n"
     "No colon\r\n"
     "Warning: 399 box \"Busy\"\r\n"
     "\r\n",
     "status: 401\nreason: Unauthorized\nsupported: timer\nsupported: 100rel\n"
     "server: Box of the tests\nauthenticate: Digest\ncontact: <sip:box@192.0.2.1>\n"
     "warning: 399 box \"Busy\"\nreceived: 192.0.2.9\nrport: 4711\n"},
    /* Line feeds alone. */
    {"SIP/2.0 503 Busy\x1b\nVia: SIP/2.0/UDP a;branch=z9hG4bK1234010203040506\nServer: x\n\n",
     "status: 503\nreason: Busy\\x1B\nserver: x\n"},
};

START_TEST(replies_of_every_form_are_read)
{
    const char *said = replies[_i].said;

    fake_engine_check(&protocol_sip, PROBE_UDP, said, strlen(said), replies[_i].shown);
    fake_engine_check(&protocol_sip, PROBE_TCP, said, strlen(said), replies[_i].shown);
    fake_engine_torment(&protocol_sip, PROBE_UDP, said, strlen(said));
    fake_engine_torment(&protocol_sip, PROBE_TCP, said, strlen(said));
}
END_TEST

START_TEST(what_is_provisional_is_waited_out)
{
    static const char said[] = "\r\n\r\nSIP/2.0 100 Trying\r\n" VIA "Content-Length: 5\r\n\r\nSIP/2"
                               "SIP/2.0 180 Ringing\r\n" VIA "\r\n"
                               "SIP/2.0 200 OK\r\n" VIA "\r\n";
    static const char trying[] = "SIP/2.0 100 Trying\r\n" VIA "\r\n";
    struct fake_engine engine;

    fake_engine_check(&protocol_sip, PROBE_TCP, said, strlen(said), "status: 200\nreason: OK\n");
    fake_engine_open(&engine, &protocol_sip, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_int_eq(fake_engine_datagram(&engine, trying, strlen(trying)), PROTOCOL_WAIT);
    ck_assert_int_eq(fake_engine_datagram(&engine, replies[0].said, strlen(replies[0].said)),
                     PROTOCOL_ANSWERED);
    fake_engine_close(&engine);
}
END_TEST

static const struct {
    const char *said;
    enum protocol_next datagram;
    enum protocol_next stream;
} strangers[] = {
    {"HTTP/1.1 400 Bad Request\r\n\r\n", PROTOCOL_WRONG, PROTOCOL_WRONG},
    {"OPTIONS sip:x SIP/2.0\r\n" VIA "\r\n", PROTOCOL_WRONG, PROTOCOL_WRONG},
    {"SIP/2.0 99 Low\r\n" VIA "\r\n", PROTOCOL_WRONG, PROTOCOL_WRONG},
    {"SIP/2.0 700 High\r\n" VIA "\r\n", PROTOCOL_WRONG, PROTOCOL_WRONG},
    {"SIP/2.0 200 OK\r\n" VIA, PROTOCOL_WRONG, PROTOCOL_WAIT},
    {"SIP/2.0 200 OK\r\n\r\n", PROTOCOL_IGNORE, PROTOCOL_WRONG},
    {"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1234010203040507\r\n\r\n", PROTOCOL_IGNORE,
     PROTOCOL_WRONG},
};

START_TEST(what_is_no_reply_to_us_is_none)
{
    const char *said = strangers[_i].said;
    char *shown;

    ck_assert_int_eq(fake_engine_play(&protocol_sip, PROBE_UDP, said, strlen(said), &shown),
                     strangers[_i].datagram);
    free(shown);
    ck_assert_int_eq(fake_engine_play(&protocol_sip, PROBE_TCP, said, strlen(said), &shown),
                     strangers[_i].stream);
    ck_assert_str_eq(shown, "");
    free(shown);
}
END_TEST

static Suite *protocol_sip_suite(void)
{
    Suite *suite = suite_create("protocol_sip");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, what_the_server_can_is_asked, 0, COUNT_OF(requests));
    tcase_add_test(tests, real_replies_are_read);
    tcase_add_loop_test(tests, replies_of_every_form_are_read, 0, COUNT_OF(replies));
    tcase_add_test(tests, what_is_provisional_is_waited_out);
    tcase_add_loop_test(tests, what_is_no_reply_to_us_is_none, 0, COUNT_OF(strangers));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_sip_suite());
}
