/* SPDX-License-Identifier: MIT */

/*
 * SChannel with servers whose bytes are written down here. A whole handshake
 * needs a server: tests/system/test_tls.py has one.
 */

#include "tests/support.h"

#include "probes/tls.h"
#include "probes/tls_records.h"

static struct {
    struct tls_library *library;
    struct tls_session *session;
    struct byte_writer out;
    struct byte_writer in;
    struct answer answer;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(tls_library_open(&fixture.library, &fixture.why), fixture.why);
}

static void close_session(void)
{
    tls_close(fixture.session);
    fixture.session = NULL;
    byte_writer_clear(&fixture.out);
    byte_writer_clear(&fixture.in);
    answer_clear(&fixture.answer);
}

static void close_fixture(void)
{
    close_session();
    tls_library_close(fixture.library);
}

static enum tls_state feed(const void *bytes, size_t size)
{
    return tls_feed(fixture.session, bytes, size, &fixture.out, &fixture.in);
}

/* Until the client has said hello. */
static void begin(const char *host)
{
    CHECK_DONE(tls_open(&fixture.session, fixture.library, host, 1700000000000, &fixture.why),
               fixture.why);
    ck_assert_int_eq(feed(NULL, 0), TLS_SHAKING);
    ck_assert_uint_gt(fixture.out.size, TLS_RECORD_HEADER);
}

static bool said(const char *text)
{
    size_t size = strlen(text);

    for (size_t at = 0; at + size <= fixture.out.size; at++) {
        if (memcmp(fixture.out.bytes + at, text, size) == 0) {
            return true;
        }
    }
    return false;
}

START_TEST(a_session_begins_with_a_hello)
{
    struct tls_record record;

    begin("www.example.org");
    ck_assert_int_eq(tls_record_look(fixture.out.bytes, fixture.out.size, &record),
                     TLS_RECORD_WHOLE);
    ck_assert_int_eq(record.type, TLS_RECORD_HANDSHAKE);
    ck_assert_int_eq(record.content[0], 1); /* RFC 8446 section 4: client_hello */
    ck_assert_uint_eq(record.size, fixture.out.size);
}
END_TEST

static const struct {
    const char *host;
    const char *told; /* NULL: nothing is */
} names[] = {
    {"www.example.org", "www.example.org"},
    {"www.example.org.", "www.example.org"},
    {"192.0.2.17", NULL},
    {"2001:db8::17", NULL},
};

START_TEST(a_server_is_told_names_and_no_addresses)
{
    begin(names[_i].host);
    if (names[_i].told != NULL) {
        ck_assert(said(names[_i].told));
        ck_assert(!said("www.example.org."));
    } else {
        ck_assert(!said(names[_i].host));
    }
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    enum tls_state state;
    const char *why; /* a part of it */
} answers[] = {
    {"SSH-2.0-OpenSSH_9.2\r\n", 21, TLS_WRONG, "SSH-2.0-OpenSSH_9.2"},
    {"220 mail.example.org ESMTP\r\n", 28, TLS_WRONG, "220 mail"},
    {"HTTP/1.1 400 Bad Request\r\n\r\n", 28, TLS_WRONG, "HTTP/1.1 400"},
    {"\x15\x03\x03\0\2\2\x28", 7, TLS_ALERT, "handshake failure"},
    {"\x15\x03\x01\0\2\2\x46", 7, TLS_ALERT, "protocol version"},
    {"\x15\x03\x03\0\2\1\0", 7, TLS_ALERT, "close notify"},
    {"\x15\x03\x03\0\2\2\xee", 7, TLS_ALERT, "without a name"},
    {"\x16\x03\x03\0\4\x02\0\0\0", 9, TLS_WRONG, "TLS that cannot be followed"},
    {"\x17\x03\x03\0\2ab", 7, TLS_WRONG, "TLS that cannot be followed"},
};

START_TEST(what_is_no_session_is_named)
{
    begin("www.example.org");
    ck_assert_int_eq(feed(answers[_i].bytes, answers[_i].size), answers[_i].state);
    CHECK_CONTAINS(tls_why(fixture.session), answers[_i].why);
    ck_assert_uint_eq(fixture.in.size, 0);
    ck_assert_int_eq(feed("more", 4), answers[_i].state); /* it stays so */

    tls_tell(fixture.session, &fixture.answer);
    ck_assert_int_eq(answer_find(&fixture.answer, "tls_alert") != NULL,
                     answers[_i].state == TLS_ALERT);
    ck_assert_ptr_null(answer_find(&fixture.answer, "tls_version"));
    ck_assert_ptr_null(answer_find(&fixture.answer, "tls_verdict"));
}
END_TEST

START_TEST(bytes_may_come_one_by_one)
{
    enum tls_state state = TLS_SHAKING;

    begin("www.example.org");
    for (size_t i = 0; i < answers[_i].size && state == TLS_SHAKING; i++) {
        state = feed(answers[_i].bytes + i, 1);
    }
    ck_assert_int_eq(state, answers[_i].state);
}
END_TEST

START_TEST(a_warning_ends_nothing)
{
    begin("www.example.org");
    ck_assert_int_ne(feed("\x15\x03\x03\0\2\1\x70", 7), TLS_ALERT); /* unrecognized name */
}
END_TEST

START_TEST(nothing_is_said_before_a_session_is_up)
{
    size_t size;

    begin("www.example.org");
    size = fixture.out.size;
    ck_assert(!tls_say(fixture.session, (const uint8_t *)"GET", 3, &fixture.out));
    ck_assert_uint_eq(fixture.out.size, size);
}
END_TEST

/* Records that promise much, and handshakes that never end. */
START_TEST(a_hostile_server_is_held_in_bounds)
{
    static uint8_t record[5 + 16384] = {0x16, 3, 3, 0x40, 0};
    enum tls_state state = TLS_SHAKING;

    record[5] = 2; /* a server_hello of 16 MiB */
    memset(record + 6, 0xff, 3);
    begin("www.example.org");
    for (int i = 0; i < 2000 && state == TLS_SHAKING; i++) {
        state = feed(record, sizeof(record));
    }
    ck_assert_int_eq(state, TLS_WRONG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_win32");
    TCase *tcase = tcase_create("sessions");

    tcase_add_checked_fixture(tcase, open_fixture, close_fixture);
    tcase_add_test(tcase, a_session_begins_with_a_hello);
    tcase_add_loop_test(tcase, a_server_is_told_names_and_no_addresses, 0, COUNT_OF(names));
    tcase_add_loop_test(tcase, what_is_no_session_is_named, 0, COUNT_OF(answers));
    tcase_add_loop_test(tcase, bytes_may_come_one_by_one, 0, COUNT_OF(answers));
    tcase_add_test(tcase, a_warning_ends_nothing);
    tcase_add_test(tcase, nothing_is_said_before_a_session_is_up);
    tcase_add_test(tcase, a_hostile_server_is_held_in_bounds);
    suite_add_tcase(suite, tcase);
    return support_run_suite(suite);
}
