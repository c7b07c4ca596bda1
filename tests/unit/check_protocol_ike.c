/* SPDX-License-Identifier: MIT */

/* What charon said, and what is no IKE. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static const struct {
    const char *name;
    const struct protocol *protocol;
    const char *shown;
} fixtures[] = {
    {"probes/ike-charon-v2-sa.bin", &protocol_ike,
     "version: 2.0\nexchange: IKE_SA_INIT\nencryption: AES-CBC\nkey_length: 256\n"
     "integrity: HMAC-SHA2-256-128\nprf: HMAC-SHA2-256\ndh_group: MODP-2048\n"
     "notify: CHILDLESS_IKEV2_SUPPORTED\nnotify: MULTIPLE_AUTH_SUPPORTED\n"},
    {"probes/ike-charon-v2-no-proposal.bin", &protocol_ike,
     "version: 2.0\nexchange: IKE_SA_INIT\nnotify: NO_PROPOSAL_CHOSEN\n"},
    {"probes/ike-charon-v2-cookie.bin", &protocol_ike,
     "version: 2.0\nexchange: IKE_SA_INIT\nnotify: COOKIE\n"},
    {"probes/ike-charon-v1-sa.bin", &protocol_ike_v1,
     "version: 1.0\nexchange: main mode\nencryption: AES-CBC\nkey_length: 256\nhash: SHA2-256\n"
     "dh_group: MODP-2048\nauthentication: pre-shared key\nvendor_ids: XAUTH\n"
     "vendor_ids: dead peer detection (RFC 3706)\n"},
};

static const uint8_t cookie[] = {1, 2, 3, 4, 5, 6, 7, 8};

/* The cookies of the fixtures differ, since a server takes one twice for a repetition. */
START_TEST(real_replies_are_read)
{
    size_t size;
    uint8_t *bytes = fake_engine_fixture(fixtures[_i].name, &size);

    memcpy(bytes, cookie, sizeof(cookie));
    fake_engine_check(fixtures[_i].protocol, PROBE_UDP, bytes, size, fixtures[_i].shown);
    fake_engine_torment(fixtures[_i].protocol, PROBE_UDP, bytes, size);
    free(bytes);
}
END_TEST

START_TEST(on_port_4500_zeros_come_first)
{
    struct fake_engine engine;
    size_t size;
    uint8_t *bytes = fake_engine_fixture("probes/ike-charon-v2-nat-port.bin", &size);

    fake_engine_open(&engine, &protocol_ike, PROBE_UDP);
    engine.target.port = 4500;
    memcpy(engine.target.random + 2, "nat port", 8);
    fake_engine_begin(&engine);
    ck_assert_mem_eq(engine.sent.bytes, "\0\0\0\0nat port", 12);
    ck_assert_int_eq(fake_engine_datagram(&engine, bytes, size), PROTOCOL_ANSWERED);
    ck_assert(!engine.talk.is_partial);
    ck_assert_str_eq(answer_find(&engine.talk.answer, "encryption")->text, "AES-CBC");
    fake_engine_close(&engine);
    free(bytes);
}
END_TEST

START_TEST(the_lengths_of_the_request_are_right)
{
    const struct protocol *const asked[] = {&protocol_ike, &protocol_ike_v1};
    struct fake_engine engine;
    struct byte_reader reader;

    fake_engine_open(&engine, asked[_i], PROBE_UDP);
    fake_engine_begin(&engine);
    reader = byte_reader_of(engine.sent.bytes, engine.sent.size);
    byte_reader_skip(&reader, 24);
    ck_assert_uint_eq(byte_reader_be32(&reader), engine.sent.size);
    while (byte_reader_left(&reader) > 0) {
        uint8_t next = byte_reader_u8(&reader);

        byte_reader_skip(&reader, 1);
        byte_reader_skip(&reader, byte_reader_be16(&reader) - 4U);
        ck_assert(next != 0 || byte_reader_left(&reader) == 0);
    }
    ck_assert(!reader.short_of);
    fake_engine_close(&engine);
}
END_TEST

#define HEADER                                                                                     \
    "\1\2\3\4\5\6\7\x08"                                                                           \
    "\0\0\0\0\0\0\0\0"

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
    bool is_partial;
} replies[] = {
    {HEADER "\0\x20\x22\x20\0\0\0\0\0\0\0\x1c", 28, PROTOCOL_ANSWERED, false},
    {HEADER "\x29\x20\x22\x20\0\0\0\0\0\0\0\x24\0\0\0\3\0\0\0\x0e", 36, PROTOCOL_ANSWERED, true},
    {HEADER "\x29\x20\x22\x20\0\0\0\0\0\0\0\x24\0\0\xff\xff\0\0\0\x0e", 36, PROTOCOL_ANSWERED,
     true},
    {HEADER "\x29\x20\x22\x20\0\0\0\0\0\0\0\x24\x29\0\0\x04", 32, PROTOCOL_ANSWERED, true},
    {HEADER "\0\x30\x22\x20\0\0\0\0\0\0\0\x1c", 28, PROTOCOL_WRONG, false}, /* version 3 */
    {HEADER "\0\x20\x22\x20\0\0\0\0\0\0\0", 27, PROTOCOL_WRONG, false},
    {"\2\2\3\4\5\6\7\x08\0\0\0\0\0\0\0\0\0\x20\x22\x20\0\0\0\0\0\0\0\x1c", 28, PROTOCOL_IGNORE,
     false},
    {"", 0, PROTOCOL_WRONG, false},
};

START_TEST(what_is_not_whole_is_told)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_ike, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_int_eq(fake_engine_datagram(&engine, replies[_i].bytes, replies[_i].size),
                     replies[_i].next);
    ck_assert_int_eq(engine.talk.is_partial, replies[_i].is_partial);
    fake_engine_close(&engine);
}
END_TEST

static Suite *protocol_ike_suite(void)
{
    Suite *suite = suite_create("protocol_ike");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, real_replies_are_read, 0, COUNT_OF(fixtures));
    tcase_add_test(tests, on_port_4500_zeros_come_first);
    tcase_add_loop_test(tests, the_lengths_of_the_request_are_right, 0, 2);
    tcase_add_loop_test(tests, what_is_not_whole_is_told, 0, COUNT_OF(replies));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_ike_suite());
}
