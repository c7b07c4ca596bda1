/* SPDX-License-Identifier: MIT */

/* xrdp's replies are real ones; those of Windows are made by MS-RDPBCGR 2.2.1.2. */

#include "tests/support.h"
#include "tests/unit/rehearsal.h"

static struct rehearsal rehearsal;
static struct byte_writer reply;

static void open_fixture(void)
{
    rehearsal_open(&rehearsal, "rdp", PROBE_TCP, 3389);
    reply = (struct byte_writer){0};
}

static void close_fixture(void)
{
    rehearsal_close(&rehearsal);
    byte_writer_clear(&reply);
}

static void hear_reply(bool ended)
{
    rehearsal_begin(&rehearsal);
    rehearsal_hear(&rehearsal, reply.bytes, reply.size, ended);
}

static const struct {
    const char *fixture;
    const char *shown;
} real[] = {
    {"rdp-xrdp-tls", "TLS \nsecurity=TLS\nnla_required=0\n"
                     "flag=extended client data\n"},
    {"rdp-xrdp-old", "ANSWERED \nsecurity=standard RDP security\nnla_required=0\n"
                     "flag=extended client data\n"},
    {"rdp-xrdp-failure", "ANSWERED \nfailure=SSL_REQUIRED_BY_SERVER\n"},
};

START_TEST(xrdp_tells_its_security)
{
    rehearsal_fixture(&reply, real[_i].fixture);
    hear_reply(false);
    rehearsal_expect(&rehearsal, real[_i].shown);
}
END_TEST

#define CONFIRM "\3\0\0\x13\x0e\xd0\0\0\x12\x34\0"

static const struct {
    const char *bytes;
    size_t size;
    const char *shown;
} replies[] = {
    {CONFIRM "\2\x1f\x08\0\1\0\0\0", 19,
     "TLS \nsecurity=TLS\nnla_required=0\nflag=extended client data\n"
     "flag=graphics pipeline\nflag=restricted admin mode\n"
     "flag=redirected authentication\n"},
    {CONFIRM "\3\0\x08\0\5\0\0\0", 19,
     "ANSWERED \nfailure=HYBRID_REQUIRED_BY_SERVER\nnla_required=1\n"},
    {CONFIRM "\3\0\x08\0\x63\0\0\0", 19, "ANSWERED \nfailure=99\n"},
    {CONFIRM "\2\0\x08\0\x40\0\0\0", 19, "ANSWERED \nsecurity=64\nnla_required=0\n"},
    {"\3\0\0\x0b\x06\xd0\0\0\x12\x34\0", 11,
     "ANSWERED \nsecurity=standard RDP security\nnla_required=0\n"},
    {CONFIRM "\4\0\x08\0\1\0\0\0", 19, "WRONG an RDP confirmation of another form\n"},
    {"\3\0\0\x0c\x07\xd0\0\0\x12\x34\0\2", 12, "WRONG an RDP confirmation of another form\n"},
    {"\3\0\0\x0b\x06\x80\0\0\x12\x34\0", 11, "WRONG TPKT, and no confirmation of RDP in it\n"},
    {"\3\0\0\x04", 4, "WRONG TPKT, and no confirmation of RDP in it\n"},
    {"\3\0\0\x03", 4, "WRONG not RDP: it said \\x03..\\x03\n"},
    {"\3\0\xff\xff", 4, "WRONG not RDP: it said \\x03.\\xFF\\xFF\n"},
    {"SSH-2.0-x\r\n", 11, "WRONG not RDP: it speaks SSH\n"},
    {"\3\0\0", 3, "WAIT \n"},
    {"", 0, "WAIT \n"},
};

START_TEST(a_reply_comes_to_its_end)
{
    byte_writer_add(&reply, replies[_i].bytes, replies[_i].size);
    hear_reply(true);
    rehearsal_expect(&rehearsal, replies[_i].shown);
}
END_TEST

START_TEST(tls_and_nothing_better_is_offered)
{
    rehearsal_begin(&rehearsal);
    ck_assert_uint_eq(rehearsal.engine.sent.size, 19);
    ck_assert_mem_eq(rehearsal.engine.sent.bytes, "\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\1\0\0\0",
                     19);
}
END_TEST

START_TEST(a_confirmation_is_an_answer_without_tls)
{
    rehearsal_fixture(&reply, "rdp-xrdp-tls");
    hear_reply(false);
    ck_assert_int_eq(rehearsal.engine.next, PROTOCOL_TLS);
    ck_assert(rehearsal.engine.talk.is_enough);
}
END_TEST

START_TEST(nothing_is_said_in_tls)
{
    rehearsal_begin(&rehearsal);
    ck_assert(!rehearsal.engine.talk.is_done);
    byte_writer_reset(&rehearsal.engine.talk.out);
    rehearsal.engine.protocol->began_tls(&rehearsal.engine.talk);
    ck_assert_uint_eq(rehearsal.engine.talk.out.size, 0);
    ck_assert(rehearsal.engine.talk.is_done);
}
END_TEST

START_TEST(every_cut_and_change_is_survived)
{
    rehearsal_fixture(&reply, real[_i].fixture);
    rehearsal_torture("rdp", PROBE_TCP, 3389, NULL, reply.bytes, reply.size);
}
END_TEST

static Suite *protocol_rdp_suite(void)
{
    Suite *suite = suite_create("protocol_rdp");
    TCase *tests = tcase_create("protocol_rdp");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, xrdp_tells_its_security, 0, COUNT_OF(real));
    tcase_add_loop_test(tests, a_reply_comes_to_its_end, 0, COUNT_OF(replies));
    tcase_add_test(tests, tls_and_nothing_better_is_offered);
    tcase_add_test(tests, a_confirmation_is_an_answer_without_tls);
    tcase_add_test(tests, nothing_is_said_in_tls);
    tcase_add_loop_test(tests, every_cut_and_change_is_survived, 0, COUNT_OF(real));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_rdp_suite());
}
