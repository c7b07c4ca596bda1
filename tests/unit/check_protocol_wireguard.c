/* SPDX-License-Identifier: MIT */

/* WireGuard says nothing to strangers; what it would say, were it not so. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

START_TEST(a_handshake_is_begun)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_wireguard, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 148);
    ck_assert_mem_eq(engine.sent.bytes, "\1\0\0\0\x12\x34\1\2", 8);
    ck_assert_ptr_nonnull(protocol_wireguard.silence);
    fake_engine_close(&engine);
}
END_TEST

static void write_reply(uint8_t *reply, uint8_t kind, size_t index_at)
{
    static const uint8_t index[] = {0x12, 0x34, 1, 2};

    memset(reply, 0, 92);
    reply[0] = kind;
    memcpy(reply + index_at, index, sizeof(index));
}

static const struct {
    uint8_t kind;
    size_t index_at;
    size_t size;
    enum protocol_next next;
    const char *shown;
} replies[] = {
    {2, 8, 92, PROTOCOL_ANSWERED, "message: handshake response\n"},
    {3, 4, 64, PROTOCOL_ANSWERED, "message: cookie reply\n"},
    {2, 4, 92, PROTOCOL_IGNORE, ""},
    {3, 8, 64, PROTOCOL_IGNORE, ""},
    {2, 8, 91, PROTOCOL_WRONG, ""},
    {3, 4, 92, PROTOCOL_WRONG, ""},
    {1, 4, 64, PROTOCOL_WRONG, ""},
    {1, 4, 0, PROTOCOL_WRONG, ""},
};

START_TEST(a_reply_would_be_known)
{
    uint8_t reply[92];
    char *shown;

    write_reply(reply, replies[_i].kind, replies[_i].index_at);
    ck_assert_int_eq(
        fake_engine_play(&protocol_wireguard, PROBE_UDP, reply, replies[_i].size, &shown),
        replies[_i].next);
    ck_assert_str_eq(shown, replies[_i].shown);
    free(shown);
}
END_TEST

static Suite *protocol_wireguard_suite(void)
{
    Suite *suite = suite_create("protocol_wireguard");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, a_handshake_is_begun);
    tcase_add_loop_test(tests, a_reply_would_be_known, 0, COUNT_OF(replies));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_wireguard_suite());
}
