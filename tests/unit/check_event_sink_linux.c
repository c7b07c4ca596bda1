/* SPDX-License-Identifier: MIT */

/* Entries as the journal gets them, at a socket of this test's own. */

#include "tests/support.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "service/event_sink_linux.h"

static const char path[] = "check_event_sink.socket";

enum { ENTRY_SIZE = 4096 };

static struct {
    int journal;
    struct event_log *log;
    char entry[ENTRY_SIZE];
    size_t size;
} fixture;

static void open_fixture(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memset(&fixture, 0, sizeof(fixture));
    unlink(path);
    memcpy(address.sun_path, path, sizeof(path));
    fixture.journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_ge(fixture.journal, 0);
    ck_assert_int_eq(bind(fixture.journal, (const struct sockaddr *)&address, sizeof(address)), 0);
    fixture.log = event_log_open_at(path);
    ck_assert_ptr_nonnull(fixture.log);
}

static void close_fixture(void)
{
    event_log_close(fixture.log);
    close(fixture.journal);
    unlink(path);
}

static void receive(void)
{
    ssize_t got = recv(fixture.journal, fixture.entry, sizeof(fixture.entry) - 1, 0);

    ck_assert_int_gt(got, 0);
    fixture.size = (size_t)got;
    fixture.entry[got] = '\0';
}

START_TEST(an_entry_has_the_id_and_each_argument_as_fields)
{
    struct event_record record = {
        .event = event_find(EVENT_GAP),
        .text = "nothing was watched from a to b: c",
        .arguments = {"a", "b", "c"},
        .argument_count = 3,
    };

    ck_assert(event_log_send(fixture.log, &record));
    receive();
    ck_assert_str_eq(fixture.entry, "MESSAGE=nothing was watched from a to b: c\n"
                                    "PRIORITY=4\n"
                                    "SYSLOG_IDENTIFIER=portledgerd\n"
                                    "PORTLEDGER_EVENT_ID=110\n"
                                    "PORTLEDGER_EVENT=gap\n"
                                    "PORTLEDGER_ARGUMENT_1=a\n"
                                    "PORTLEDGER_ARGUMENT_2=b\n"
                                    "PORTLEDGER_ARGUMENT_3=c\n");
}
END_TEST

/* Otherwise whoever names a file could add fields of his own to our entries. */
START_TEST(a_text_with_lines_in_it_adds_no_field)
{
    static const char expected[] = "MESSAGE\n\x08\0\0\0\0\0\0\0a\nEVIL=1\n";
    struct event_record record = {.event = event_find(EVENT_STOPPED), .text = "a\nEVIL=1"};

    ck_assert(event_log_send(fixture.log, &record));
    receive();
    ck_assert_uint_gt(fixture.size, sizeof(expected));
    ck_assert_mem_eq(fixture.entry, expected, sizeof(expected) - 1);
}
END_TEST

START_TEST(a_journal_that_is_gone_or_full_is_said_and_waits_for_nothing)
{
    struct event_record record = {.event = event_find(EVENT_STOPPED), .text = "stopped"};
    int sent = 0;

    while (sent < 100000 && event_log_send(fixture.log, &record)) {
        sent++;
    }
    ck_assert_int_lt(sent, 100000);
    unlink(path);
    ck_assert_ptr_null(event_log_open_at(path));
}
END_TEST

static Suite *sink_suite(void)
{
    Suite *suite = suite_create("event_sink_linux");
    TCase *tests = tcase_create("event_sink_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, an_entry_has_the_id_and_each_argument_as_fields);
    tcase_add_test(tests, a_text_with_lines_in_it_adds_no_field);
    tcase_add_test(tests, a_journal_that_is_gone_or_full_is_said_and_waits_for_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(sink_suite());
}
