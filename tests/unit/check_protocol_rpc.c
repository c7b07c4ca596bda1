/* SPDX-License-Identifier: MIT */

/* What Samba said, and PDUs written by hand after C706, those of datagrams among them. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static struct {
    struct fake_engine engine;
    struct byte_writer reply;
    struct text text;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    fake_engine_close(&fixture.engine);
    byte_writer_clear(&fixture.reply);
    text_clear(&fixture.text);
}

static void begin(uint8_t transport)
{
    fake_engine_open(&fixture.engine, &protocol_rpc, transport);
    fake_engine_begin(&fixture.engine);
}

static const char *shown(void)
{
    text_reset(&fixture.text);
    fake_engine_show(&fixture.text, &fixture.engine.talk.answer);
    return text_bytes(&fixture.text);
}

static void give_file(const char *name)
{
    size_t size;
    void *bytes = fake_engine_fixture(name, &size);

    byte_writer_add(&fixture.reply, bytes, size);
    free(bytes);
}

/* Several files as one stream. */
static void check_files(const char *const *names, int count, const char *answer)
{
    size_t size;
    char *expected = fake_engine_fixture(answer, &size);

    for (int i = 0; i < count; i++) {
        give_file(names[i]);
    }
    fake_engine_check(&protocol_rpc, PROBE_TCP, fixture.reply.bytes, fixture.reply.size, expected);
    fake_engine_torment(&protocol_rpc, PROBE_TCP, fixture.reply.bytes, fixture.reply.size);
    free(expected);
}

START_TEST(a_map_in_fragments_is_read)
{
    static const char *const names[] = {"probes/rpc-samba-lookup.1.bin",
                                        "probes/rpc-samba-lookup.2.bin",
                                        "probes/rpc-samba-lookup.3.bin"};

    check_files(names, COUNT_OF(names), "answers/rpc-samba-lookup.txt");
}
END_TEST

START_TEST(a_fault_is_told)
{
    static const char *const names[] = {"probes/rpc-samba-fault.1.bin",
                                        "probes/rpc-samba-fault.2.bin"};

    for (int i = 0; i < COUNT_OF(names); i++) {
        give_file(names[i]);
    }
    fake_engine_check(&protocol_rpc, PROBE_TCP, fixture.reply.bytes, fixture.reply.size,
                      "bind_result: acceptance\n"
                      "secondary_address: 135\n"
                      "fault: 0x1c00001a context mismatch\n"
                      "endpoints: 0\n");
}
END_TEST

START_TEST(a_bind_that_is_refused_is_told)
{
    static const char nak[] = "\x05\x00\x0d\x03\x10\0\0\0\x15\0\0\0\x01\0\0\0\x04\0\x01\x05\0";

    give_file("probes/rpc-samba-bind-rejected.bin");
    fake_engine_check(&protocol_rpc, PROBE_TCP, fixture.reply.bytes, fixture.reply.size,
                      "bind_result: provider rejection\n"
                      "secondary_address: 135\n");
    fake_engine_check(&protocol_rpc, PROBE_TCP, nak, sizeof(nak) - 1,
                      "bind_result: bind refused: protocol version not supported\n");
}
END_TEST

START_TEST(the_servers_byte_order_is_kept)
{
    static const char nak[] = "\x05\x00\x0d\x03\0\0\0\0\0\x15\0\0\0\0\0\x01\0\x04\x01\x05\0";

    fake_engine_check(&protocol_rpc, PROBE_TCP, nak, sizeof(nak) - 1,
                      "bind_result: bind refused: protocol version not supported\n");
}
END_TEST

START_TEST(the_map_is_asked_for_until_its_end)
{
    begin(PROBE_TCP);
    ck_assert_uint_eq(fixture.engine.sent.size, 72);
    give_file("probes/rpc-samba-lookup-few.1.bin");
    fake_engine_stream(&fixture.engine, fixture.reply.bytes, fixture.reply.size, false);
    ck_assert_uint_eq(fixture.engine.sent.size, 64);
    ck_assert_mem_eq(fixture.engine.sent.bytes + 12, "\x02\0\0\0", 4);
    byte_writer_reset(&fixture.reply);
    give_file("probes/rpc-samba-lookup-few.2.bin");
    ck_assert_int_eq(
        fake_engine_stream(&fixture.engine, fixture.reply.bytes, fixture.reply.size, false),
        PROTOCOL_WAIT);
    ck_assert_uint_eq(fixture.engine.sent.size, 64);
    ck_assert_mem_eq(fixture.engine.sent.bytes + 12, "\x03\0\0\0", 4);
    /* With the handle that came. */
    ck_assert_mem_eq(fixture.engine.sent.bytes + 40, fixture.reply.bytes + 24, 20);
    ck_assert_int_eq(fake_engine_stream(&fixture.engine, "", 0, true), PROTOCOL_ANSWERED);
    ck_assert(fixture.engine.talk.is_partial);
    ck_assert_int_eq(answer_find(&fixture.engine.talk.answer, "endpoints")->number, 20);
}
END_TEST

/* A tower of ncadg_ip_udp, 192.0.2.9, port 1025. */
static const char tower[] =
    "\x05\x00"
    "\x13\x00\x0d\x78\x56\x34\x12\x34\x12\xcd\xab\xef\x00\x01\x02\x03\x04\x05\x06\x01\x00"
    "\x02\x00\x02\x00"
    "\x13\x00\x0d\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60\x02\x00"
    "\x02\x00\x00\x00"
    "\x01\x00\x0a\x02\x00\x00\x00"
    "\x01\x00\x08\x02\x00\x04\x01"
    "\x01\x00\x09\x04\x00\xc0\x00\x02\x09";

enum { TOWER_SIZE = sizeof(tower) - 1 };

static const char tower_shown[] = "endpoint 1 uuid: 12345678-1234-abcd-ef00-010203040506\n"
                                  "endpoint 1 version: 1.2\n"
                                  "endpoint 1 annotation: here\n"
                                  "endpoint 1 protocol: ncadg_ip_udp\n"
                                  "endpoint 1 address: 192.0.2.9\n"
                                  "endpoint 1 endpoint: 1025\n"
                                  "endpoint 1 object: 07070707-0707-0707-0707-070707070707\n"
                                  "endpoints: 1\n";

/* ept_lookup's results with one entry; `count` and `size` are told. */
static void write_stub(uint32_t count, uint32_t size, uint32_t status)
{
    byte_writer_zeros(&fixture.reply, 20);
    byte_writer_le32(&fixture.reply, count);
    byte_writer_le32(&fixture.reply, 500);
    byte_writer_le32(&fixture.reply, 0);
    byte_writer_le32(&fixture.reply, count);
    byte_writer_add(&fixture.reply, "\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7", 16);
    byte_writer_le32(&fixture.reply, 1);
    byte_writer_le32(&fixture.reply, 0);
    byte_writer_le32(&fixture.reply, 5);
    byte_writer_add(&fixture.reply, "here\0\0\0", 8);
    byte_writer_le32(&fixture.reply, size);
    byte_writer_le32(&fixture.reply, size);
    byte_writer_add(&fixture.reply, tower, TOWER_SIZE);
    byte_writer_zeros(&fixture.reply, (4 - TOWER_SIZE % 4) % 4);
    byte_writer_le32(&fixture.reply, status);
}

/* C706 section 12.5.2.1; the caller sets the length when the body is there. */
static void write_datagram(uint8_t kind, uint8_t flags, uint16_t fragment)
{
    byte_writer_u8(&fixture.reply, 4);
    byte_writer_u8(&fixture.reply, kind);
    byte_writer_u8(&fixture.reply, flags);
    byte_writer_u8(&fixture.reply, 0);
    byte_writer_le32(&fixture.reply, 0x10);
    byte_writer_zeros(&fixture.reply, 32);
    byte_writer_add(&fixture.reply, fixture.engine.target.random + 16, 16);
    byte_writer_zeros(&fixture.reply, 18);
    byte_writer_le16(&fixture.reply, 0);
    byte_writer_le16(&fixture.reply, fragment);
    byte_writer_le16(&fixture.reply, 0);
}

static enum protocol_next give_datagram(void)
{
    byte_writer_set_le16(&fixture.reply, 74, (uint16_t)(fixture.reply.size - 80));
    return fake_engine_datagram(&fixture.engine, fixture.reply.bytes, fixture.reply.size);
}

START_TEST(a_map_in_one_datagram_is_read)
{
    begin(PROBE_UDP);
    ck_assert_uint_eq(fixture.engine.sent.size, 120);
    write_datagram(2, 0x08, 0);
    write_stub(1, TOWER_SIZE, 0x16c9a0d6);
    ck_assert_int_eq(give_datagram(), PROTOCOL_ANSWERED);
    ck_assert_str_eq(shown(), tower_shown);
    fake_engine_torment(&protocol_rpc, PROBE_UDP, fixture.reply.bytes, fixture.reply.size);
}
END_TEST

START_TEST(datagrams_that_are_parts_are_acknowledged_and_put_together)
{
    struct byte_writer stub;

    begin(PROBE_UDP);
    write_stub(1, TOWER_SIZE, 0x16c9a0d6);
    stub = fixture.reply;
    fixture.reply = (struct byte_writer){0};
    write_datagram(2, 0x04, 0);
    byte_writer_add(&fixture.reply, stub.bytes, 40);
    ck_assert_int_eq(give_datagram(), PROTOCOL_WAIT);
    ck_assert_uint_eq(fixture.engine.sent.size, 80);
    ck_assert_uint_eq(fixture.engine.sent.bytes[1], 9); /* a fack */
    ck_assert_int_eq(give_datagram(), PROTOCOL_IGNORE); /* it came twice */
    byte_writer_reset(&fixture.reply);
    write_datagram(2, 0x06, 1);
    byte_writer_add(&fixture.reply, stub.bytes + 40, stub.size - 40);
    ck_assert_int_eq(give_datagram(), PROTOCOL_ANSWERED);
    ck_assert_str_eq(shown(), tower_shown);
    byte_writer_clear(&stub);
}
END_TEST

START_TEST(a_server_that_asks_who_we_are_is_answered)
{
    begin(PROBE_UDP);
    write_datagram(0, 0, 0);
    memcpy(fixture.reply.bytes + 24, "\x76\x22\x3a\x33\0\0\0\0\x0d\0\0\x80\x9c\0\0\0", 16);
    byte_writer_zeros(&fixture.reply, 20);
    ck_assert_int_eq(give_datagram(), PROTOCOL_WAIT);
    ck_assert_uint_eq(fixture.engine.sent.size, 88);
    ck_assert_uint_eq(fixture.engine.sent.bytes[1], 2);
    ck_assert_mem_eq(fixture.engine.sent.bytes + 80, "\0\0\0\0\0\0\0\0", 8);
}
END_TEST

START_TEST(datagrams_of_others_are_not_ours)
{
    begin(PROBE_UDP);
    write_datagram(2, 0x08, 0);
    write_stub(1, TOWER_SIZE, 0);
    fixture.reply.bytes[40] ^= 1; /* the activity */
    ck_assert_int_eq(give_datagram(), PROTOCOL_IGNORE);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, "\x05", 1), PROTOCOL_WRONG);
}
END_TEST

/* What one entry says of itself that has less. */
static const struct {
    uint32_t count;
    uint32_t tower_size;
} lies[] = {
    {2, TOWER_SIZE},       {0xffffffff, TOWER_SIZE}, {0x80000000, TOWER_SIZE},
    {1, TOWER_SIZE + 100}, {1, 0xffffffff},          {1, 0x80000000},
};

START_TEST(lengths_that_are_too_large_end_the_reading)
{
    begin(PROBE_UDP);
    write_datagram(2, 0x08, 0);
    write_stub(lies[_i].count, lies[_i].tower_size, 0);
    ck_assert_int_eq(give_datagram(), PROTOCOL_WRONG);
    ck_assert_uint_eq(fixture.engine.talk.answer.count, 0);
}
END_TEST

START_TEST(what_is_not_rpc_is_told)
{
    begin(PROBE_TCP);
    ck_assert_int_eq(fake_engine_stream(&fixture.engine, "SSH-2.0-x\r\n", 11, false),
                     PROTOCOL_WRONG);
    ck_assert_str_eq(fixture.engine.talk.why, "not RPC: it speaks SSH");
}
END_TEST

static Suite *protocol_rpc_suite(void)
{
    Suite *suite = suite_create("protocol_rpc");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_map_in_fragments_is_read);
    tcase_add_test(tests, a_fault_is_told);
    tcase_add_test(tests, a_bind_that_is_refused_is_told);
    tcase_add_test(tests, the_servers_byte_order_is_kept);
    tcase_add_test(tests, the_map_is_asked_for_until_its_end);
    tcase_add_test(tests, a_map_in_one_datagram_is_read);
    tcase_add_test(tests, datagrams_that_are_parts_are_acknowledged_and_put_together);
    tcase_add_test(tests, a_server_that_asks_who_we_are_is_answered);
    tcase_add_test(tests, datagrams_of_others_are_not_ours);
    tcase_add_loop_test(tests, lengths_that_are_too_large_end_the_reading, 0, COUNT_OF(lies));
    tcase_add_test(tests, what_is_not_rpc_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_rpc_suite());
}
