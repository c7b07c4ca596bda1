/* SPDX-License-Identifier: MIT */

/* What was sent comes back as it was, as from an echo service: no protocol takes it for a reply. */

#include "tests/support.h"

#include "tests/fake_engine.h"

enum { ROUNDS = 4 };

static int protocol_count(void)
{
    int count = 0;

    while (protocols[count] != NULL) {
        count++;
    }
    return count;
}

START_TEST(a_request_is_no_reply)
{
    struct fake_engine engine;
    struct byte_writer echo = {0};

    if (protocols[_i]->datagram == NULL) {
        return;
    }
    fake_engine_open(&engine, protocols[_i], PROBE_UDP);
    fake_engine_begin(&engine);
    for (int i = 0; i < ROUNDS && engine.sent.size > 0; i++) {
        byte_writer_reset(&echo);
        byte_writer_add(&echo, engine.sent.bytes, engine.sent.size);
        fake_engine_datagram(&engine, echo.bytes, echo.size);
        ck_assert_msg(engine.next != PROTOCOL_ANSWERED, "%s takes an echo for a reply",
                      protocols[_i]->name);
        ck_assert_uint_eq(engine.talk.answer.count, 0);
    }
    fake_engine_close(&engine);
    byte_writer_clear(&echo);
}
END_TEST

static Suite *protocol_echo_suite(void)
{
    Suite *suite = suite_create("protocol_echo");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, a_request_is_no_reply, 0, protocol_count());
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_echo_suite());
}
