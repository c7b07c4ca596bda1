/* SPDX-License-Identifier: MIT */

/* What Samba said, and what is no node status. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static const char *const fixtures[] = {"netbios-samba-status", "netbios-nmbd-status"};

START_TEST(real_replies_are_read)
{
    fake_engine_check_fixture(&protocol_netbios, PROBE_UDP, fixtures[_i]);
}
END_TEST

START_TEST(all_names_are_asked_for)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_netbios, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_uint_eq(engine.sent.size, 50);
    ck_assert_mem_eq(engine.sent.bytes,
                     "\x12\x34\0\0\0\1\0\0\0\0\0\0\x20"
                     "CKAA",
                     17);
    ck_assert_mem_eq(engine.sent.bytes + 43, "AA\0\0\x21\0\1", 7);
    fake_engine_close(&engine);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
    const char *shown;
} replies[] = {
    {"\x12\x34\x84\x03\0\0\0\0\0\0\0\0", 12, PROTOCOL_ANSWERED, "rcode: 3\n"},
    {"\x12\x35\x84\x00\0\0\0\1\0\0\0\0", 12, PROTOCOL_IGNORE, ""},
    {"\x12\x34\x04\x00\0\0\0\1\0\0\0\0", 12, PROTOCOL_WRONG, ""}, /* no response */
    {"\x12\x34\x84\x00\0\0\0\1\0\0\0", 11, PROTOCOL_WRONG, ""},
    {"\x12\x34\x84\x00\0\0\0\1\0\0\0\0\xff", 13, PROTOCOL_WRONG, ""}, /* half a pointer */
    {"\x12\x34\x84\x00\0\0\0\1\0\0\0\0\0\0\x20\0\1\0\0\0\0\0\0", 23, PROTOCOL_WRONG, ""},
    {"\x12\x34\x84\x00\0\0\0\1\0\0\0\0\0\0\x21\0\1\0\0\0\0\0\0\xff", 24, PROTOCOL_ANSWERED, ""},
    {"", 0, PROTOCOL_WRONG, ""},
};

START_TEST(what_is_no_list_is_told)
{
    char *shown;

    ck_assert_int_eq(
        fake_engine_play(&protocol_netbios, PROBE_UDP, replies[_i].bytes, replies[_i].size, &shown),
        replies[_i].next);
    ck_assert_str_eq(shown, replies[_i].shown);
    free(shown);
}
END_TEST

static Suite *protocol_netbios_suite(void)
{
    Suite *suite = suite_create("protocol_netbios");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, real_replies_are_read, 0, COUNT_OF(fixtures));
    tcase_add_test(tests, all_names_are_asked_for);
    tcase_add_loop_test(tests, what_is_no_list_is_told, 0, COUNT_OF(replies));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_netbios_suite());
}
