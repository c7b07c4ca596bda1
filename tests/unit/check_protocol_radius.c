/* SPDX-License-Identifier: MIT */

/* What FreeRADIUS said, and replies that are made here with the secret, and without. */

#include "tests/support.h"

#include <stdlib.h>

#include "base/md5.h"
#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static const char secret[] = "secret of the tests";

static struct {
    struct fake_engine engine;
    struct byte_writer reply;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fake_engine_open(&fixture.engine, &protocol_radius, PROBE_UDP);
}

static void close_fixture(void)
{
    fake_engine_close(&fixture.engine);
    byte_writer_clear(&fixture.reply);
}

static const char *const replies[] = {"radius-freeradius-auth", "radius-freeradius-accounting"};

START_TEST(real_replies_are_read)
{
    fake_engine_check_fixture(&protocol_radius, PROBE_UDP, replies[_i]);
}
END_TEST

/* The code is that of the fixtures' request, which FreeRADIUS took. */
START_TEST(the_status_is_asked_for)
{
    fake_engine_begin(&fixture.engine);
    ck_assert_uint_eq(fixture.engine.sent.size, 50);
    ck_assert_mem_eq(fixture.engine.sent.bytes,
                     "\x0c\x12\0\x32\x12\x34\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x50\x12",
                     22);
    ck_assert_mem_eq(fixture.engine.sent.bytes + 38, "\x20\x0cportledger", 12);
}
END_TEST

static const char *const no_secrets[] = {NULL, ""};

START_TEST(nobody_is_asked_without_a_secret)
{
    fixture.engine.target.secret = no_secrets[_i];
    fake_engine_begin(&fixture.engine);
    ck_assert(fixture.engine.talk.cannot_ask);
    ck_assert_uint_eq(fixture.engine.sent.size, 0);
    CHECK_CONTAINS(fixture.engine.talk.why, "--secret-file");
    ck_assert_ptr_nonnull(protocol_radius.side_effect);
}
END_TEST

START_TEST(a_reply_to_another_secret_is_none)
{
    size_t size;
    void *bytes = fake_engine_fixture("probes/radius-freeradius-auth.bin", &size);

    fixture.engine.target.secret = "another secret";
    fake_engine_begin(&fixture.engine);
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, bytes, size), PROTOCOL_WRONG);
    CHECK_CONTAINS(fixture.engine.talk.why, "secret");
    ck_assert_uint_eq(fixture.engine.talk.answer.count, 0);
    free(bytes);
}
END_TEST

/* Every byte of it is under the secret. */
START_TEST(a_reply_that_was_changed_is_none)
{
    size_t size;
    uint8_t *bytes = fake_engine_fixture("probes/radius-freeradius-auth.bin", &size);

    for (size_t i = 0; i < size; i++) {
        char *shown;

        bytes[i] ^= 4;
        ck_assert_int_ne(fake_engine_play(&protocol_radius, PROBE_UDP, bytes, size, &shown),
                         PROTOCOL_ANSWERED);
        ck_assert_str_eq(shown, "");
        free(shown);
        bytes[i] ^= 4;
    }
    free(bytes);
}
END_TEST

/* A reply with these attributes; `mac_at`: of the message's code in it, 0: none. */
static void make_reply(const char *attributes, size_t size, size_t mac_at)
{
    static const uint8_t ours[] = {0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
    struct byte_writer *reply = &fixture.reply;
    uint8_t digest[MD5_SIZE];
    struct failure why;

    byte_writer_u8(reply, 2);
    byte_writer_u8(reply, 0x12);
    byte_writer_be16(reply, (uint16_t)(20 + size));
    byte_writer_add(reply, ours, sizeof(ours));
    byte_writer_add(reply, attributes, size);
    if (mac_at != 0) {
        CHECK_DONE(md5_hmac(digest, secret, strlen(secret), reply->bytes, reply->size, &why), why);
        memcpy(reply->bytes + mac_at, digest, sizeof(digest));
    }
    byte_writer_text(reply, secret);
    CHECK_DONE(md5_digest(digest, reply->bytes, reply->size, &why), why);
    reply->size -= strlen(secret);
    memcpy(reply->bytes + 4, digest, sizeof(digest));
}

#define ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

START_TEST(attributes_are_read)
{
    static const char attributes[] = "\x50\x12" ZEROS "\x12\4hi\x12\5you\x1b\6\0\0\0\7\x19\2";

    make_reply(attributes, sizeof(attributes) - 1, 22);
    byte_writer_text(&fixture.reply, "padding");
    fake_engine_check(&protocol_radius, PROBE_UDP, fixture.reply.bytes, fixture.reply.size,
                      "code: Access-Accept\nreply_message: hi\nreply_message: you\n"
                      "other: 27 00000007\nother: 25\nmessage_authenticator: yes\n");
}
END_TEST

START_TEST(a_wrong_code_of_the_message_is_not_taken)
{
    static const char attributes[] = "\x50\x12" ZEROS;
    char *shown;

    make_reply(attributes, sizeof(attributes) - 1, 0);
    ck_assert_int_eq(fake_engine_play(&protocol_radius, PROBE_UDP, fixture.reply.bytes,
                                      fixture.reply.size, &shown),
                     PROTOCOL_WRONG);
    ck_assert_str_eq(shown, "");
    free(shown);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
} damaged[] = {{"\x12", 1}, {"\x12\1", 2}, {"\x12\0", 2}, {"\x12\4h", 3}};

START_TEST(attributes_that_are_not_whole_are_none)
{
    char *shown;

    make_reply(damaged[_i].bytes, damaged[_i].size, 0);
    ck_assert_int_eq(fake_engine_play(&protocol_radius, PROBE_UDP, fixture.reply.bytes,
                                      fixture.reply.size, &shown),
                     PROTOCOL_WRONG);
    ck_assert_str_eq(shown, "");
    free(shown);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum protocol_next next;
} strangers[] = {
    {"", 0, PROTOCOL_WRONG},
    {"\2\x12\0\x14" ZEROS, 19, PROTOCOL_WRONG},
    {"\2\x12\0\x13" ZEROS, 20, PROTOCOL_WRONG},
    {"\2\x12\0\x15" ZEROS, 20, PROTOCOL_WRONG},
    {"\x0c\x12\0\x14" ZEROS, 20, PROTOCOL_WRONG}, /* a request, such as ours */
    {"\2\x13\0\x14" ZEROS, 20, PROTOCOL_IGNORE},
};

START_TEST(what_is_none_of_it_is_told)
{
    char *shown;

    ck_assert_int_eq(fake_engine_play(&protocol_radius, PROBE_UDP, strangers[_i].bytes,
                                      strangers[_i].size, &shown),
                     strangers[_i].next);
    ck_assert_str_eq(shown, "");
    free(shown);
}
END_TEST

static Suite *protocol_radius_suite(void)
{
    Suite *suite = suite_create("protocol_radius");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, real_replies_are_read, 0, COUNT_OF(replies));
    tcase_add_test(tests, the_status_is_asked_for);
    tcase_add_loop_test(tests, nobody_is_asked_without_a_secret, 0, COUNT_OF(no_secrets));
    tcase_add_test(tests, a_reply_to_another_secret_is_none);
    tcase_add_test(tests, a_reply_that_was_changed_is_none);
    tcase_add_test(tests, attributes_are_read);
    tcase_add_test(tests, a_wrong_code_of_the_message_is_not_taken);
    tcase_add_loop_test(tests, attributes_that_are_not_whole_are_none, 0, COUNT_OF(damaged));
    tcase_add_loop_test(tests, what_is_none_of_it_is_told, 0, COUNT_OF(strangers));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_radius_suite());
}
