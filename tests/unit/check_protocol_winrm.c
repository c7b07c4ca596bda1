/* SPDX-License-Identifier: MIT */

/* WinRM as nginx plays it, and replies made by its specification. */

#include "tests/support.h"

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

#define REPLY(bytes) bytes, sizeof(bytes) - 1
#define HEAD "HTTP/1.1 200 \r\nServer: Microsoft-HTTPAPI/2.0\r\n"
#define WHO                                                                                        \
    "<w:IdentifyResponse xmlns:w=\"i\"><w:ProductVendor a=\"b\">M</w:ProductVendor>"               \
    "<ProductVersion> 3 </ProductVersion><w:ProductVendor>N</w:ProductVendor>"                     \
    "<w:SecurityProfileName>x</w:SecurityProfileName><w:Empty/></w:IdentifyResponse>" /* 225 */
#define LOGON "HTTP/1.1 401 \r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic\r\n\r\n"
#define SHOWN                                                                                      \
    "status: 200\nserver: Microsoft-HTTPAPI/2.0\nproduct_vendor: M\nproduct_version: 3\n"          \
    "security_profile: x\n"
#define LOGON_SHOWN "logon_status: 401\nauthenticate: Negotiate\nauthenticate: Basic\n"

START_TEST(a_played_server_is_understood)
{
    fake_engine_check_answer(&protocol_winrm, PROBE_TCP, "winrm-played-identify");
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    const char *shown;
} made[] = {
    {REPLY(HEAD "Content-Length: 225\r\n\r\n" WHO LOGON), SHOWN LOGON_SHOWN},
    {REPLY("HTTP/1.1 100 Go on\r\n\r\n" HEAD "Transfer-Encoding: chunked\r\n\r\ne1\r\n" WHO
           "\r\n0\r\n\r\n"),
     NULL},
    {REPLY("HTTP/1.1 401 \r\nWWW-Authenticate: Kerberos\r\n\r\n"),
     "status: 401\nauthenticate: Kerberos\n"},
};

START_TEST(made_replies_are_read)
{
    if (made[_i].shown != NULL) {
        fake_engine_check(&protocol_winrm, PROBE_TCP, made[_i].bytes, made[_i].size,
                          made[_i].shown);
    }
    fake_engine_torment(&protocol_winrm, PROBE_TCP, made[_i].bytes, made[_i].size);
}
END_TEST

/* A body that ends with a chunk, or with the connection; then nothing about a logon comes. */
static const struct {
    const char *bytes;
    size_t size;
} ends[] = {
    {REPLY(HEAD "Transfer-Encoding: chunked\r\n\r\ne1\r\n" WHO "\r\n0\r\n\r\n")},
    {REPLY(HEAD "\r\n" WHO)},
    {REPLY(HEAD "Content-Length: 225\r\n\r\n" WHO "rubbish\r\n")},
};

START_TEST(who_it_is_stays_an_answer)
{
    struct fake_engine engine;
    struct text text = {0};

    fake_engine_open(&engine, &protocol_winrm, PROBE_TCP);
    fake_engine_begin(&engine);
    fake_engine_stream(&engine, ends[_i].bytes, ends[_i].size, true);
    ck_assert_int_eq(engine.next, PROTOCOL_ANSWERED);
    ck_assert(engine.talk.is_partial);
    fake_engine_show(&text, &engine.talk.answer);
    ck_assert_str_eq(text_bytes(&text), SHOWN);
    text_clear(&text);
    fake_engine_close(&engine);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    const char *why;
} others[] = {
    {REPLY("SSH-2.0-x\r\n"), "not WinRM: it speaks SSH"},
    {REPLY("HTTP/1.1 404 Not Found\r\n\r\n"), "not WinRM: HTTP that says 404 for /wsman"},
    {REPLY("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"),
     "not WinRM: HTTP with another answer for /wsman"},
    {REPLY("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"),
     "not WinRM: 99999999 bytes of answer for /wsman"},
};

START_TEST(what_is_something_else_is_told)
{
    struct fake_engine engine;

    fake_engine_open(&engine, &protocol_winrm, PROBE_TCP);
    fake_engine_begin(&engine);
    fake_engine_stream(&engine, others[_i].bytes, others[_i].size, false);
    ck_assert_int_eq(engine.next, PROTOCOL_WRONG);
    ck_assert_str_eq(engine.talk.why, others[_i].why);
    fake_engine_close(&engine);
}
END_TEST

START_TEST(it_is_asked_without_a_logon_first)
{
    struct fake_engine engine;
    static const char reply[] = HEAD "Content-Length: 225\r\n\r\n" WHO;

    fake_engine_open(&engine, &protocol_winrm, PROBE_TCP);
    fake_engine_begin(&engine);
    byte_writer_u8(&engine.sent, 0);
    CHECK_CONTAINS((const char *)engine.sent.bytes,
                   "POST /wsman HTTP/1.1\r\nHost: server.example:5985");
    CHECK_CONTAINS((const char *)engine.sent.bytes, "\r\nWSMANIDENTIFY: unauthenticated\r\n");
    fake_engine_stream(&engine, reply, sizeof(reply) - 1, false);
    ck_assert_int_eq(engine.next, PROTOCOL_WAIT);
    byte_writer_u8(&engine.sent, 0);
    CHECK_CONTAINS((const char *)engine.sent.bytes, "Content-Length: 190");
    ck_assert_ptr_null(strstr((const char *)engine.sent.bytes, "WSMANIDENTIFY"));
    fake_engine_close(&engine);
}
END_TEST

static Suite *protocol_winrm_suite(void)
{
    Suite *suite = suite_create("protocol_winrm");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, a_played_server_is_understood);
    tcase_add_loop_test(tests, made_replies_are_read, 0, COUNT_OF(made));
    tcase_add_loop_test(tests, who_it_is_stays_an_answer, 0, COUNT_OF(ends));
    tcase_add_loop_test(tests, what_is_something_else_is_told, 0, COUNT_OF(others));
    tcase_add_test(tests, it_is_asked_without_a_logon_first);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_winrm_suite());
}
