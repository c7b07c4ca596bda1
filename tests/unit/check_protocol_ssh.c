/* SPDX-License-Identifier: MIT */

/* OpenSSH's reply is a real one; the others are made by RFC 4253. */

#include "tests/support.h"
#include "tests/unit/rehearsal.h"

static struct rehearsal rehearsal;
static struct byte_writer reply;

static void open_fixture(void)
{
    rehearsal_open(&rehearsal, "ssh", PROBE_TCP, 22);
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
    ck_assert_uint_eq(rehearsal.engine.sent.size, 0);
    rehearsal_hear(&rehearsal, reply.bytes, reply.size, ended);
}

START_TEST(openssh_offers_its_algorithms)
{
    rehearsal_fixture(&reply, "ssh-openssh-kexinit");
    hear_reply(false);
    rehearsal_expect(&rehearsal, "ANSWERED \n"
                                 "banner=SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\n"
                                 "version=2.0\n"
                                 "software=OpenSSH_9.2p1\n"
                                 "comments=Debian-2+deb12u10\n"
                                 "kex_algorithm=sntrup761x25519-sha512\n"
                                 "kex_algorithm=sntrup761x25519-sha512@openssh.com\n"
                                 "kex_algorithm=curve25519-sha256\n"
                                 "kex_algorithm=curve25519-sha256@libssh.org\n"
                                 "kex_algorithm=ecdh-sha2-nistp256\n"
                                 "kex_algorithm=ecdh-sha2-nistp384\n"
                                 "kex_algorithm=ecdh-sha2-nistp521\n"
                                 "kex_algorithm=diffie-hellman-group-exchange-sha256\n"
                                 "kex_algorithm=diffie-hellman-group16-sha512\n"
                                 "kex_algorithm=diffie-hellman-group18-sha512\n"
                                 "kex_algorithm=diffie-hellman-group14-sha256\n"
                                 "kex_algorithm=kex-strict-s-v00@openssh.com\n"
                                 "host_key_algorithm=ssh-ed25519\n"
                                 "host_key_algorithm=ecdsa-sha2-nistp256\n"
                                 "cipher=chacha20-poly1305@openssh.com\n"
                                 "cipher=aes128-ctr\n"
                                 "cipher=aes192-ctr\n"
                                 "cipher=aes256-ctr\n"
                                 "cipher=aes128-gcm@openssh.com\n"
                                 "cipher=aes256-gcm@openssh.com\n"
                                 "mac=umac-64-etm@openssh.com\n"
                                 "mac=umac-128-etm@openssh.com\n"
                                 "mac=hmac-sha2-256-etm@openssh.com\n"
                                 "mac=hmac-sha2-512-etm@openssh.com\n"
                                 "mac=hmac-sha1-etm@openssh.com\n"
                                 "mac=umac-64@openssh.com\n"
                                 "mac=umac-128@openssh.com\n"
                                 "mac=hmac-sha2-256\n"
                                 "mac=hmac-sha2-512\n"
                                 "mac=hmac-sha1\n"
                                 "compression=none\n"
                                 "compression=zlib@openssh.com\n");
}
END_TEST

START_TEST(who_asks_is_told_once_the_server_has_spoken)
{
    rehearsal_fixture(&reply, "ssh-openssh-banner");
    hear_reply(false);
    ck_assert_int_eq(rehearsal.engine.next, PROTOCOL_WAIT);
    ck_assert_uint_eq(rehearsal.engine.sent.size, strlen("SSH-2.0-portledger\r\n"));
    ck_assert_mem_eq(rehearsal.engine.sent.bytes, "SSH-2.0-portledger\r\n", 20);
    rehearsal_hear(&rehearsal, "", 0, true);
    rehearsal_expect(&rehearsal, "ANSWERED (partial) it ended before it offered algorithms\n"
                                 "banner=SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\n"
                                 "version=2.0\n"
                                 "software=OpenSSH_9.2p1\n"
                                 "comments=Debian-2+deb12u10\n");
}
END_TEST

#define NAME "banner=SSH-2.0-x\nversion=2.0\nsoftware=x\n"

static const struct {
    const char *bytes;
    size_t size;
    bool ended;
    const char *shown;
} replies[] = {
    {"SSH-1.5-old\n", 12, false, "ANSWERED \nbanner=SSH-1.5-old\nversion=1.5\nsoftware=old\n"},
    {"Hello\r\n\r\nSSH-2.0-x\r\n", 20, false, "WAIT \ngreeting=Hello\ngreeting=\n" NAME},
    {"SSH-nothing\r\n", 13, false, "ANSWERED \nbanner=SSH-nothing\n"},
    {"SSH-2.0-x\r\nInvalid\r\n", 20, false,
     "ANSWERED (partial) what follows its name is no packet of SSH\n" NAME},
    {"SSH-2.0-x\r\n\0\0\0\1\0", 16, false,
     "ANSWERED (partial) what follows its name is no packet of SSH\n" NAME},
    {"SSH-2.0-x\r\n\0\0\0\4\3\x14\0\0", 19, false,
     "ANSWERED (partial) what follows its name is no packet of SSH\n" NAME},
    {"SSH-2.0-x\r\n\0\0\0\4\0\x14\0\0", 19, false,
     "ANSWERED (partial) its offer of algorithms is cut short\n" NAME},
    {"SSH-2.0-x\r\n\0\0\0\4\0\2\0\0\0\0\0", 22, false, "WAIT \n" NAME},
    {"220 mail ESMTP\r\n", 16, false, "WRONG not SSH: it speaks SMTP or FTP\n"},
    {"HTTP/1.1 400 Bad Request\r\n", 26, false, "WRONG not SSH: it speaks HTTP\n"},
    {"\x15\x03\x01\x00\x02\x02\x28", 7, false, "WRONG not SSH: it speaks TLS\n"},
    {"SSH-2.0", 7, true, "WAIT \n"},
    {"S", 1, true, "WAIT \n"},
    {"hel\0", 4, false, "WRONG not SSH: it said hel.\n"},
    {"hello", 5, true, "WRONG not SSH: it said hello\n"},
    {"hello", 5, false, "WAIT \n"},
    {"", 0, true, "WAIT \n"},
};

START_TEST(a_reply_comes_to_its_end)
{
    byte_writer_add(&reply, replies[_i].bytes, replies[_i].size);
    hear_reply(replies[_i].ended);
    rehearsal_expect(&rehearsal, replies[_i].shown);
}
END_TEST

START_TEST(lists_that_differ_by_direction_are_told_apart)
{
    static const char *const names[] = {"k1,k2", "h", "c1", "c2", "m", "m", "", "none", "", ""};
    size_t begin;

    byte_writer_text(&reply, "SSH-2.0-x\n");
    begin = reply.size;
    byte_writer_be32(&reply, 0);
    byte_writer_u8(&reply, 4);
    byte_writer_u8(&reply, 20);
    byte_writer_zeros(&reply, 16);
    for (int i = 0; i < COUNT_OF(names); i++) {
        byte_writer_be32(&reply, (uint32_t)strlen(names[i]));
        byte_writer_text(&reply, names[i]);
    }
    byte_writer_zeros(&reply, 5 + 4);
    byte_writer_set_be32(&reply, begin, (uint32_t)(reply.size - begin - 4));
    hear_reply(false);
    rehearsal_expect(&rehearsal, "ANSWERED \n" NAME "kex_algorithm=k1\nkex_algorithm=k2\n"
                                 "host_key_algorithm=h\n"
                                 "cipher=c1\ncipher_to_client=c2\n"
                                 "mac=m\n"
                                 "compression_to_client=none\n");
}
END_TEST

START_TEST(endless_greetings_end)
{
    for (int i = 0; i < 1000; i++) {
        byte_writer_text(&reply, "hello\n");
    }
    hear_reply(false);
    ck_assert_int_eq(rehearsal.engine.next, PROTOCOL_WRONG);
    ck_assert_uint_le(rehearsal.engine.talk.answer.count, 64);
}
END_TEST

START_TEST(every_cut_and_change_is_survived)
{
    byte_writer_text(&reply, "Welcome\r\n");
    rehearsal_fixture(&reply, "ssh-openssh-kexinit");
    rehearsal_torture("ssh", PROBE_TCP, 22, NULL, reply.bytes, reply.size);
}
END_TEST

static Suite *protocol_ssh_suite(void)
{
    Suite *suite = suite_create("protocol_ssh");
    TCase *tests = tcase_create("protocol_ssh");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, openssh_offers_its_algorithms);
    tcase_add_test(tests, who_asks_is_told_once_the_server_has_spoken);
    tcase_add_loop_test(tests, a_reply_comes_to_its_end, 0, COUNT_OF(replies));
    tcase_add_test(tests, lists_that_differ_by_direction_are_told_apart);
    tcase_add_test(tests, endless_greetings_end);
    tcase_add_test(tests, every_cut_and_change_is_survived);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_ssh_suite());
}
