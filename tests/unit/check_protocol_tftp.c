/* SPDX-License-Identifier: MIT */

/* What tftpd-hpa said, and what is not TFTP. */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/protocol_list.h"
#include "tests/fake_engine.h"

static struct {
    struct fake_engine engine;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fake_engine_open(&fixture.engine, &protocol_tftp, PROBE_UDP);
    fake_engine_begin(&fixture.engine);
}

static void close_fixture(void)
{
    fake_engine_close(&fixture.engine);
}

START_TEST(an_error_is_read)
{
    fake_engine_check_fixture(&protocol_tftp, PROBE_UDP, "tftp-hpa-error");
}
END_TEST

START_TEST(a_file_that_is_there_is_told)
{
    size_t size;
    void *bytes = fake_engine_fixture("probes/tftp-hpa-data.bin", &size);

    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, bytes, size), PROTOCOL_ANSWERED);
    ck_assert_int_eq(answer_find(&fixture.engine.talk.answer, "data_size")->number, 512);
    ck_assert(protocol_tftp.farewell == NULL); /* it would go to port 69, not to the transfer's */
    free(bytes);
}
END_TEST

START_TEST(an_error_without_an_end_is_partial)
{
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, "\0\5\0\1", 4), PROTOCOL_ANSWERED);
    ck_assert(fixture.engine.talk.is_partial);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
} strangers[] = {{"", 0}, {"\0", 1}, {"\0\5", 2}, {"\0\5\0", 3}, {"\0\3\0\2x", 5}, {"\0\4\0\1", 4}};

START_TEST(what_is_not_tftp_is_told)
{
    ck_assert_int_eq(fake_engine_datagram(&fixture.engine, strangers[_i].bytes, strangers[_i].size),
                     PROTOCOL_WRONG);
}
END_TEST

static Suite *protocol_tftp_suite(void)
{
    Suite *suite = suite_create("protocol_tftp");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, an_error_is_read);
    tcase_add_test(tests, a_file_that_is_there_is_told);
    tcase_add_test(tests, an_error_without_an_end_is_partial);
    tcase_add_loop_test(tests, what_is_not_tftp_is_told, 0, COUNT_OF(strangers));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(protocol_tftp_suite());
}
