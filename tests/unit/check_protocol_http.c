/* SPDX-License-Identifier: MIT */

/* nginx' replies are real ones; the others are made by RFC 9110 and RFC 9112. */

#include "tests/support.h"
#include "tests/unit/rehearsal.h"

static struct rehearsal rehearsal;

static void open_fixture(void)
{
    rehearsal_open(&rehearsal, "http", PROBE_TCP, 80);
}

static void close_fixture(void)
{
    rehearsal_close(&rehearsal);
}

static const char redirect[] = "HTTP/1.1 301 Moved Permanently\r\n"
                               "Server: nginx/1.22.1\r\n"
                               "Date: Fri, 20 Nov 2026 12:00:00 GMT\r\n"
                               "content-type: text/html\r\n"
                               "LOCATION:   https://server.example.com/ \r\n"
                               "WWW-Authenticate: Negotiate\r\n"
                               "WWW-Authenticate: NTLM\r\n"
                               "Strict-Transport-Security: max-age=63072000\r\n"
                               "\r\n"
                               "<html>\r\nServer: no\r\n";

static const struct {
    const char *protocol;
    uint16_t port;
    const char *host;
    const char *line;
} hosts[] = {
    {"http", 80, "server.example.com", "\r\nHost: server.example.com\r\n"},
    {"http", 8080, "server.example.com", "\r\nHost: server.example.com:8080\r\n"},
    {"http", 443, "server.example.com", "\r\nHost: server.example.com:443\r\n"},
    {"https", 443, "server.example.com", "\r\nHost: server.example.com\r\n"},
    {"https", 80, "server.example.com", "\r\nHost: server.example.com:80\r\n"},
    {"http", 80, "192.0.2.7", "\r\nHost: 192.0.2.7\r\n"},
    {"http", 65535, "fe80::1%eth0", "\r\nHost: [fe80::1]:65535\r\n"},
    {"http", 80, "a\r\nX: b", "\r\nHost: aX:b\r\n"},
};

START_TEST(the_request_names_the_host)
{
    static const char first[] = "GET / HTTP/1.1\r\n";
    struct text request = {0};

    rehearsal_close(&rehearsal);
    rehearsal_open(&rehearsal, hosts[_i].protocol, PROBE_TCP, hosts[_i].port);
    rehearsal.engine.target.host = hosts[_i].host;
    rehearsal_begin(&rehearsal);
    text_add_bytes(&request, rehearsal.engine.sent.bytes, rehearsal.engine.sent.size);
    ck_assert_int_eq(strncmp(text_bytes(&request), first, strlen(first)), 0);
    if (strchr(hosts[_i].host, '\n') == NULL) {
        CHECK_CONTAINS(text_bytes(&request), hosts[_i].line);
    } else {
        ck_assert_ptr_null(strstr(text_bytes(&request), "\nX:"));
    }
    CHECK_CONTAINS(text_bytes(&request), "\r\nConnection: close\r\n");
    ck_assert_str_eq(text_bytes(&request) + request.size - 4, "\r\n\r\n");
    text_clear(&request);
}
END_TEST

START_TEST(the_head_is_read)
{
    rehearsal_begin(&rehearsal);
    rehearsal_hear(&rehearsal, redirect, strlen(redirect), false);
    rehearsal_expect(&rehearsal, "ANSWERED \n"
                                 "status=301\n"
                                 "reason=Moved Permanently\n"
                                 "version=1.1\n"
                                 "server=nginx/1.22.1\n"
                                 "location=https://server.example.com/\n"
                                 "authenticate=Negotiate\n"
                                 "authenticate=NTLM\n"
                                 "strict_transport_security=max-age=63072000\n");
}
END_TEST

static const struct {
    const char *fixture;
    const char *status;
    const char *reason;
    const char *location;
} real[] = {
    {"http-nginx-200", "200", "OK", ""},
    {"http-nginx-301", "301", "Moved Permanently", "https://www.example.test/start?from=http"},
    {"http-nginx-bad-request", "400", "Bad Request", ""},
    {"http-nginx-http10", "200", "OK", ""},
    {"http-nginx-no-such-page", "404", "Not Found", ""},
    {"http-nginx-on-tls-port", "400", "Bad Request", ""},
};

START_TEST(nginx_tells_what_it_is)
{
    struct byte_writer reply = {0};

    rehearsal_fixture(&reply, real[_i].fixture);
    rehearsal_begin(&rehearsal);
    rehearsal_hear(&rehearsal, reply.bytes, reply.size, true);
    byte_writer_clear(&reply);
    ck_assert_int_eq(rehearsal.engine.next, PROTOCOL_ANSWERED);
    ck_assert(!rehearsal.engine.talk.is_partial);
    ck_assert_str_eq(rehearsal_value(&rehearsal, "status"), real[_i].status);
    ck_assert_str_eq(rehearsal_value(&rehearsal, "reason"), real[_i].reason);
    ck_assert_str_eq(rehearsal_value(&rehearsal, "location"), real[_i].location);
    ck_assert_str_eq(rehearsal_value(&rehearsal, "server"), "nginx/1.22.1");
    ck_assert_str_eq(rehearsal_value(&rehearsal, "version"), "1.1");
}
END_TEST

static const struct {
    const char *bytes;
    bool ended;
    const char *shown;
} replies[] = {
    {"HTTP/1.0 200 OK\n\n", false, "ANSWERED \nstatus=200\nreason=OK\nversion=1.0\n"},
    {"HTTP/1.1 204\r\n\r\n", false, "ANSWERED \nstatus=204\nversion=1.1\n"},
    {"HTTP/1.1 204 \r\n\r\n", false, "ANSWERED \nstatus=204\nversion=1.1\n"},
    {"HTTP/1.1 100 Continue\r\nServer: a\r\n\r\nHTTP/1.1 404 No\r\nServer: b\r\nServer: c\r\n\r\n",
     false, "ANSWERED \nstatus=404\nreason=No\nversion=1.1\nserver=b\n"},
    {"HTTP/1.1 200 OK\r\nServer: a\r\nno header\r\n", true,
     "ANSWERED (partial) \nstatus=200\nreason=OK\nversion=1.1\nserver=a\n"},
    {"HTTP/1.1 200 OK\r\nServer: \x1b[31mred\r\n\r\n", false,
     "ANSWERED \nstatus=200\nreason=OK\nversion=1.1\n"
     "server=\\x1B[31mred\n"},
    {"HTTP/1.1 200 OK\r\n", false, "WAIT \nstatus=200\nreason=OK\nversion=1.1\n"},
    {"HTTP/1.1 100 Continue\r\n\r\n", true, "WAIT \n"},
    {"HTTP/1.1", true, "WAIT \n"},
    {"", true, "WAIT \n"},
    {"HTTP/1.1 20\r\n", false, "WRONG not HTTP: it said HTTP/1.1 20\n"},
    {"HTTP/1.1 20x OK\r\n", false, "WRONG not HTTP: it said HTTP/1.1 20x OK\n"},
    {"SSH-2.0-OpenSSH_9.2\r\n", false, "WRONG not HTTP: it speaks SSH\n"},
    {"\x15\x03\x01\x02\x02\x28", false, "WRONG not HTTP: it speaks TLS\n"},
    {"HELLO\x01\n", false, "WRONG not HTTP: it said HELLO\\x01\n"},
    {"hello", false, "WRONG not HTTP: it said hello\n"},
};

START_TEST(a_reply_comes_to_its_end)
{
    rehearsal_begin(&rehearsal);
    rehearsal_hear(&rehearsal, replies[_i].bytes, strlen(replies[_i].bytes), replies[_i].ended);
    rehearsal_expect(&rehearsal, replies[_i].shown);
}
END_TEST

START_TEST(every_cut_and_change_is_survived)
{
    rehearsal_torture("http", PROBE_TCP, 80, NULL, redirect, strlen(redirect));
}
END_TEST

START_TEST(ports_and_services_lead_to_it)
{
    ck_assert_str_eq(protocol_of_port(PROBE_TCP, 80, NULL)->name, "http");
    ck_assert_str_eq(protocol_of_port(PROBE_TCP, 443, "https")->name, "https");
    ck_assert_str_eq(protocol_of_port(PROBE_TCP, 12345, "WWW")->name, "http");
    ck_assert_ptr_null(protocol_of_port(PROBE_UDP, 80, "http"));
    ck_assert_int_eq(protocol_find("https")->security, PROTOCOL_IN_TLS);
}
END_TEST

static Suite *protocol_http_suite(void)
{
    Suite *suite = suite_create("protocol_http");
    TCase *tests = tcase_create("protocol_http");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, the_request_names_the_host, 0, COUNT_OF(hosts));
    tcase_add_test(tests, the_head_is_read);
    tcase_add_loop_test(tests, nginx_tells_what_it_is, 0, COUNT_OF(real));
    tcase_add_loop_test(tests, a_reply_comes_to_its_end, 0, COUNT_OF(replies));
    tcase_add_test(tests, every_cut_and_change_is_survived);
    tcase_add_test(tests, ports_and_services_lead_to_it);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_http_suite());
}
