/* SPDX-License-Identifier: MIT */

/* L2TP, IKE and the WinSock proxy: what servers really said, and what others may. */

#include "tests/support.h"

#include <stdlib.h>

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

static void begin(const struct protocol *protocol)
{
    fake_engine_open(&fixture.engine, protocol, PROBE_UDP);
    fake_engine_begin(&fixture.engine);
}

static enum protocol_next give(void)
{
    return fake_engine_datagram(&fixture.engine, fixture.reply.bytes, fixture.reply.size);
}

static void check_shown(const char *expected)
{
    struct text shown = {0};

    fake_engine_show(&shown, &fixture.engine.talk.answer);
    ck_assert_str_eq(text_bytes(&shown), expected);
    text_clear(&shown);
}

/* Real replies. Those to IKE are told by the cookie that was asked with. */
static const struct real {
    const struct protocol *protocol;
    const char *file;
    const char *cookie; /* NULL: the engine's */
    const char *answer;
} reals[] = {
    {&protocol_l2tp, "probes/l2tp-xl2tpd-sccrp.bin", NULL,
     "message: SCCRP\n"
     "version: 1.0\n"
     "framing: synchronous\n"
     "framing: asynchronous\n"
     "firmware: 0690\n"
     "host_name: l2tp.example.test\n"
     "vendor: xelerance.com\n"
     "tunnel: 44973\n"
     "receive_window: 4\n"},
    {&protocol_ike, "probes/ike-charon-v2-sa.bin", NULL,
     "ike_version: 2.0\n"
     "chosen: yes\n"
     "encryption: AES-CBC-256\n"
     "integrity: HMAC-SHA2-256-128\n"
     "prf: HMAC-SHA2-256\n"
     "group: MODP-2048\n"
     "notify: childless initiation supported\n"
     "notify: multiple authentications supported\n"},
    {&protocol_ike, "probes/ike-charon-v2-no-proposal.bin", "no group",
     "ike_version: 2.0\n"
     "chosen: no\n"
     "notify: no proposal chosen\n"},
    {&protocol_ike, "probes/ike-charon-v2-cookie.bin", "too many",
     "ike_version: 2.0\n"
     "chosen: no\n"
     "notify: cookie\n"},
    {&protocol_ikev1, "probes/ike-charon-v1-sa.bin", "main key",
     "ike_version: 1.0\n"
     "chosen: yes\n"
     "encryption: AES-CBC-256\n"
     "prf: SHA2-256\n"
     "group: MODP-2048\n"
     "authentication: shared secret\n"
     "vendor_id: XAUTH\n"
     "vendor_id: dead peer detection\n"},
    {&protocol_isa, "probes/isa-played-hello.bin", NULL,
     "command: 1000\n"
     "control_address: 10.77.0.1\n"
     "control_port: 1745\n"},
};

/* The reply, with the cookie of the engine in place of that of the time when it was kept. */
static void load(const struct real *real)
{
    size_t size;
    uint8_t *bytes = fake_engine_fixture(real->file, &size);

    if (real->cookie != NULL) {
        ck_assert_mem_eq(bytes, real->cookie, 8);
        memcpy(bytes, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    }
    byte_writer_add(&fixture.reply, bytes, size);
    free(bytes);
}

START_TEST(what_real_servers_say_is_told)
{
    load(&reals[_i]);
    fake_engine_check(reals[_i].protocol, PROBE_UDP, fixture.reply.bytes, fixture.reply.size,
                      reals[_i].answer);
    fake_engine_torment(reals[_i].protocol, PROBE_UDP, fixture.reply.bytes, fixture.reply.size);
}
END_TEST

/* RFC 3948 section 2.2: four bytes of zero come first. */
START_TEST(behind_a_nat_a_marker_comes_first)
{
    size_t size;
    uint8_t *bytes = fake_engine_fixture("probes/ike-charon-v2-nat-port.bin", &size);

    memcpy(bytes + 4, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    fake_engine_open(&fixture.engine, &protocol_ike, PROBE_UDP);
    fixture.engine.target.port = 4500;
    fake_engine_begin(&fixture.engine);
    ck_assert_mem_eq(fixture.engine.sent.bytes, "\0\0\0\0\x01\x02\x03\x04", 8);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, bytes, size), PROTOCOL_ANSWERED);
    ck_assert_int_eq((int)answer_find(&fixture.engine.talk.answer, "chosen")->number, 1);
    ck_assert(!fixture.engine.talk.is_partial);
    free(bytes);
}
END_TEST

/* Lengths within a request agree with what is sent. */
START_TEST(requests_say_how_long_they_are)
{
    const uint8_t *sent;

    begin(&protocol_ike);
    sent = fixture.engine.sent.bytes;
    ck_assert_uint_eq(fixture.engine.sent.size, (size_t)(sent[26] << 8 | sent[27]));
    ck_assert_int_eq(sent[16], 33);
    ck_assert_int_eq(sent[17], 0x20);
    fake_engine_close(&fixture.engine);
    begin(&protocol_ikev1);
    sent = fixture.engine.sent.bytes;
    ck_assert_uint_eq(fixture.engine.sent.size, (size_t)(sent[26] << 8 | sent[27]));
    ck_assert_int_eq(sent[17], 0x10);
    fake_engine_close(&fixture.engine);
    begin(&protocol_l2tp);
    sent = fixture.engine.sent.bytes;
    ck_assert_uint_eq(fixture.engine.sent.size, (size_t)(sent[2] << 8 | sent[3]));
}
END_TEST

/* A payload of IKE: next, flags, length, content. */
static void put_payload(uint8_t next, const void *bytes, size_t size)
{
    byte_writer_u8(&fixture.reply, next);
    byte_writer_u8(&fixture.reply, 0);
    byte_writer_be16(&fixture.reply, (uint16_t)(size + 4));
    byte_writer_add(&fixture.reply, bytes, size);
}

static void put_ike_header(uint8_t first, uint8_t version, uint8_t flags, uint32_t length)
{
    byte_writer_add(&fixture.reply, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    byte_writer_zeros(&fixture.reply, 8);
    byte_writer_u8(&fixture.reply, first);
    byte_writer_u8(&fixture.reply, version);
    byte_writer_u8(&fixture.reply, 34);
    byte_writer_u8(&fixture.reply, flags);
    byte_writer_be32(&fixture.reply, 0);
    byte_writer_be32(&fixture.reply, length);
}

START_TEST(another_group_that_is_wanted_is_told)
{
    begin(&protocol_ike);
    put_ike_header(41, 0x20, 0x20, 28 + 10);
    put_payload(0, "\x00\x00\x00\x11\x00\x1f", 6);
    ck_assert_int_eq(give(), PROTOCOL_ANSWERED);
    check_shown("ike_version: 2.0\nchosen: no\nnotify: invalid key exchange payload\n"
                "wanted_group: Curve25519\n");
}
END_TEST

START_TEST(a_refusal_in_version_1_is_an_answer)
{
    begin(&protocol_ike);
    put_ike_header(11, 0x10, 0, 28 + 12);
    put_payload(0, "\x00\x00\x00\x01\x01\x00\x00\x05", 8);
    ck_assert_int_eq(give(), PROTOCOL_ANSWERED);
    check_shown("ike_version: 1.0\nchosen: no\nnotify: invalid major version\n");
}
END_TEST

/* What is added to the end of a datagram is not part of the message. */
START_TEST(what_is_behind_the_message_does_not_count)
{
    begin(&protocol_ike);
    put_ike_header(43, 0x20, 0x20, 28 + 7);
    put_payload(43, "abc", 3);
    put_payload(0, "more", 4);
    ck_assert_int_eq(give(), PROTOCOL_ANSWERED);
    check_shown("ike_version: 2.0\nchosen: no\nvendor_id: 616263\n");
    ck_assert(fixture.engine.talk.is_partial);
}
END_TEST

START_TEST(our_own_request_that_comes_back_is_none)
{
    begin(&protocol_ike);
    byte_writer_add(&fixture.reply, fixture.engine.sent.bytes, fixture.engine.sent.size);
    ck_assert_int_eq(give(), PROTOCOL_IGNORE);
}
END_TEST

START_TEST(the_reply_to_another_request_is_not_ours)
{
    load(&reals[0]);
    fixture.reply.bytes[4] ^= 1;
    begin(&protocol_l2tp);
    ck_assert_int_eq(give(), PROTOCOL_IGNORE);
    fake_engine_close(&fixture.engine);
    byte_writer_reset(&fixture.reply);
    load(&reals[1]);
    fixture.reply.bytes[0] ^= 1;
    begin(&protocol_ike);
    ck_assert_int_eq(give(), PROTOCOL_IGNORE);
}
END_TEST

/* The server acknowledges, replies, and is told that the tunnel is over: RFC 2661 section 5.7. */
START_TEST(a_tunnel_is_closed_again)
{
    static const char stop[] = "\xc8\x02\x00\x24\xaf\xad\x00\x00\x00\x01\x00\x01"
                               "\x80\x08\x00\x00\x00\x00\x00\x04"
                               "\x80\x08\x00\x00\x00\x09\x12\x34"
                               "\x80\x08\x00\x00\x00\x01\x00\x01";

    begin(&protocol_l2tp);
    byte_writer_add(&fixture.reply, "\xc8\x02\x00\x0c\x12\x34\x00\x00\x00\x00\x00\x01", 12);
    ck_assert_int_eq(give(), PROTOCOL_WAIT);
    ck_assert(fixture.engine.talk.is_enough);
    fake_engine_farewell(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, 0); /* there is none yet */
    byte_writer_reset(&fixture.reply);
    load(&reals[0]);
    ck_assert_int_eq(give(), PROTOCOL_ANSWERED);
    fake_engine_farewell(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, sizeof(stop) - 1);
    ck_assert_mem_eq(fixture.engine.sent.bytes, stop, sizeof(stop) - 1);
}
END_TEST

START_TEST(a_refused_tunnel_says_why)
{
    begin(&protocol_l2tp);
    byte_writer_add(&fixture.reply,
                    "\xc8\x02\x00\x31\x12\x34\x00\x00\x00\x00\x00\x01"
                    "\x80\x08\x00\x00\x00\x00\x00\x04"
                    "\x80\x08\x00\x00\x00\x09\x00\x00"
                    "\x80\x0d\x00\x00\x00\x01\x00\x02\x00\x06"
                    "bad"
                    "\xc0\x08\x00\x00\x00\x07\x41\x42",
                    49);
    ck_assert_int_eq(give(), PROTOCOL_ANSWERED);
    check_shown("message: StopCCN\ntunnel: 0\nresult: general error\nerror: 6\nerror_text: bad\n");
    fake_engine_farewell(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, 0);
}
END_TEST

static const struct stranger {
    const struct protocol *protocol;
    const char *bytes;
    size_t size;
} strangers[] = {
    {&protocol_l2tp, "", 0},
    {&protocol_l2tp, "\xc8\x03\x00\x0c\x12\x34\x00\x00\x00\x00\x00\x01", 12}, /* L2TPv3 */
    {&protocol_l2tp, "\xc8\x02\x00\x0d\x12\x34\x00\x00\x00\x00\x00\x01",
     12}, /* longer than it is */
    {&protocol_l2tp, "\xc8\x02\x00\x14\x12\x34\x00\x00\x00\x00\x00\x01\x80\x08\0\0\0\0\0\x06", 20},
    {&protocol_ike, "", 0},
    {&protocol_ike, "this is not what an IKE server says", 35},
    {&protocol_isa, "", 0},
    {&protocol_isa, "hello, this is not what a WinSock proxy says", 44},
};

START_TEST(who_speaks_otherwise_is_told)
{
    begin(strangers[_i].protocol);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, strangers[_i].bytes, strangers[_i].size),
                     PROTOCOL_WRONG);
    ck_assert_str_ne(fixture.engine.talk.why, "");
}
END_TEST

static Suite *protocol_tunnels_suite(void)
{
    Suite *suite = suite_create("protocol_tunnels");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, what_real_servers_say_is_told, 0, COUNT_OF(reals));
    tcase_add_test(tests, behind_a_nat_a_marker_comes_first);
    tcase_add_test(tests, requests_say_how_long_they_are);
    tcase_add_test(tests, another_group_that_is_wanted_is_told);
    tcase_add_test(tests, a_refusal_in_version_1_is_an_answer);
    tcase_add_test(tests, what_is_behind_the_message_does_not_count);
    tcase_add_test(tests, our_own_request_that_comes_back_is_none);
    tcase_add_test(tests, the_reply_to_another_request_is_not_ours);
    tcase_add_test(tests, a_tunnel_is_closed_again);
    tcase_add_test(tests, a_refused_tunnel_says_why);
    tcase_add_loop_test(tests, who_speaks_otherwise_is_told, 0, COUNT_OF(strangers));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_tunnels_suite());
}
