/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <string.h>

#include "base/text.h"
#include "probes/outcome.h"
#include "tests/support.h"

static struct text text;

static void open_fixture(void)
{
    text = (struct text){0};
}

static void close_fixture(void)
{
    text_clear(&text);
}

#define NO_ICMP 0, 0, 0

static const struct {
    uint8_t transport;
    uint8_t address_size;
    enum probe_cause reach;
    enum probe_cause ask;
    bool has_icmp;
    uint8_t type;
    uint8_t code;
    enum probe_status status;
    enum probe_cause cause;
    const char *words;
} outcomes[] = {
    {PROBE_TCP, 4, PROBE_ACCEPTED, PROBE_CAUSE_NONE, NO_ICMP, PROBE_LISTENING, PROBE_ACCEPTED,
     "accepted"},
    {PROBE_TCP, 4, PROBE_ACCEPTED, PROBE_ANSWERED, NO_ICMP, PROBE_LISTENING, PROBE_ANSWERED,
     "answered"},
    {PROBE_TCP, 4, PROBE_ACCEPTED, PROBE_WRONG_PROTOCOL, NO_ICMP, PROBE_LISTENING,
     PROBE_WRONG_PROTOCOL, "wrong protocol"},
    {PROBE_TCP, 4, PROBE_ACCEPTED, PROBE_SILENT, NO_ICMP, PROBE_LISTENING, PROBE_SILENT,
     "no reply after connect"},
    {PROBE_TCP, 4, PROBE_RESET, PROBE_CAUSE_NONE, NO_ICMP, PROBE_NOT_LISTENING, PROBE_RESET,
     "reset"},
    {PROBE_TCP, 4, PROBE_TIMEOUT, PROBE_CAUSE_NONE, NO_ICMP, PROBE_FILTERED, PROBE_TIMEOUT,
     "timeout"},
    {PROBE_UDP, 4, PROBE_TIMEOUT, PROBE_TIMEOUT, NO_ICMP, PROBE_LISTENING_OR_FILTERED,
     PROBE_TIMEOUT, "timeout"},
    {PROBE_UDP, 4, PROBE_ANSWERED, PROBE_ANSWERED, NO_ICMP, PROBE_LISTENING, PROBE_ANSWERED,
     "answered"},
    {PROBE_UDP, 4, PROBE_ICMP, PROBE_CAUSE_NONE, NO_ICMP, PROBE_NOT_LISTENING, PROBE_ICMP, "ICMP"},
    {PROBE_UDP, 4, PROBE_ICMP, PROBE_CAUSE_NONE, true, 3, 3, PROBE_NOT_LISTENING, PROBE_ICMP,
     "ICMP port unreachable"},
    {PROBE_UDP, 4, PROBE_ICMP, PROBE_CAUSE_NONE, true, 3, 13, PROBE_FILTERED, PROBE_ICMP,
     "ICMP administratively prohibited"},
    {PROBE_UDP, 16, PROBE_ICMP, PROBE_CAUSE_NONE, true, 1, 4, PROBE_NOT_LISTENING, PROBE_ICMP,
     "ICMP port unreachable"},
    /* A closed port would have sent a reset. */
    {PROBE_TCP, 4, PROBE_ICMP, PROBE_CAUSE_NONE, true, 3, 3, PROBE_FILTERED, PROBE_ICMP,
     "ICMP port unreachable"},
    {PROBE_TCP, 16, PROBE_ICMP, PROBE_CAUSE_NONE, true, 1, 4, PROBE_FILTERED, PROBE_ICMP,
     "ICMP port unreachable"},
    {PROBE_TCP, 16, PROBE_ICMP, PROBE_CAUSE_NONE, true, 3, 3, PROBE_FILTERED, PROBE_ICMP,
     "ICMP type 3, code 3"},
    {PROBE_TCP, 4, PROBE_UNREACHABLE, PROBE_CAUSE_NONE, true, 3, 1, PROBE_FILTERED,
     PROBE_UNREACHABLE, "unreachable, ICMP host unreachable"},
    {PROBE_TCP, 0, PROBE_NAME_NOT_RESOLVED, PROBE_CAUSE_NONE, NO_ICMP, PROBE_NOT_ASKED,
     PROBE_NAME_NOT_RESOLVED, "name not resolved"},
    {PROBE_TCP, 4, PROBE_LOCAL_ERROR, PROBE_CAUSE_NONE, NO_ICMP, PROBE_NOT_ASKED, PROBE_LOCAL_ERROR,
     "local error"},
};

START_TEST(two_phases_make_one_status)
{
    struct outcome outcome = {
        .transport = outcomes[_i].transport,
        .target = {.address_size = outcomes[_i].address_size},
        .reach = {.cause = outcomes[_i].reach,
                  .error = {.cause = outcomes[_i].reach,
                            .has_icmp = outcomes[_i].has_icmp,
                            .icmp_type = outcomes[_i].type,
                            .icmp_code = outcomes[_i].code}},
        .ask = {.cause = outcomes[_i].ask},
    };

    outcome_judge(&outcome);
    ck_assert_int_eq(outcome.status, outcomes[_i].status);
    ck_assert_int_eq(outcome.cause, outcomes[_i].cause);
    outcome_add_cause(&text, &outcome);
    ck_assert_str_eq(text_bytes(&text), outcomes[_i].words);
}
END_TEST

START_TEST(an_answer_in_part_says_so)
{
    struct outcome outcome = {.cause = PROBE_ANSWERED, .is_partial = true};

    outcome_add_cause(&text, &outcome);
    ck_assert_str_eq(text_bytes(&text), "answered in part");
    text_reset(&text);
    outcome.cause = PROBE_WRONG_PROTOCOL;
    outcome_add_cause(&text, &outcome);
    ck_assert_str_eq(text_bytes(&text), "wrong protocol");
}
END_TEST

START_TEST(every_status_has_its_name)
{
    for (int i = 0; i < PROBE_STATUS_COUNT; i++) {
        ck_assert_int_eq(probe_status_from_name(probe_status_name(i)), i);
    }
    ck_assert_int_eq(probe_status_from_name("listening OR filtered"), PROBE_LISTENING_OR_FILTERED);
    ck_assert_int_eq(probe_status_from_name("open"), -1);
    ck_assert_str_eq(probe_status_name(99), "unknown");
    for (int i = 0; i < PROBE_CAUSE_COUNT; i++) {
        ck_assert_str_ne(probe_cause_name(i), "unknown");
    }
}
END_TEST

START_TEST(who_sent_a_message_is_said)
{
    struct outcome outcome = {
        .transport = PROBE_UDP,
        .target = {.address_size = 4},
        .cause = PROBE_ICMP,
        .reach = {.cause = PROBE_ICMP,
                  .error = {.has_icmp = true,
                            .icmp_type = 11,
                            .offender = {.address = {10, 0, 0, 1}, .address_size = 4}}},
    };

    outcome_add_cause(&text, &outcome);
    ck_assert_str_eq(text_bytes(&text), "ICMP time to live exceeded (from 10.0.0.1)");
    outcome.target = outcome.reach.error.offender;
    outcome.target.port = 53;
    text_reset(&text);
    outcome_add_cause(&text, &outcome); /* the target itself: what else */
    ck_assert_str_eq(text_bytes(&text), "ICMP time to live exceeded");
}
END_TEST

START_TEST(nobody_but_the_host_says_that_its_port_is_closed)
{
    struct outcome outcome = {
        .transport = PROBE_UDP,
        .target = {.address = {192, 0, 2, 1}, .address_size = 4, .port = 53},
        .reach = {.cause = PROBE_ICMP,
                  .error = {.has_icmp = true,
                            .icmp_type = 3,
                            .icmp_code = 3,
                            .offender = {.address = {10, 0, 0, 1}, .address_size = 4}}},
    };

    outcome_judge(&outcome);
    ck_assert_int_eq(outcome.status, PROBE_FILTERED);
    outcome_add_cause(&text, &outcome);
    ck_assert_str_eq(text_bytes(&text), "ICMP port unreachable (from 10.0.0.1)");
    memcpy(outcome.reach.error.offender.address, outcome.target.address, 4);
    outcome_judge(&outcome);
    ck_assert_int_eq(outcome.status, PROBE_NOT_LISTENING);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("outcome");
    TCase *cases = tcase_create("outcomes");

    tcase_add_checked_fixture(cases, open_fixture, close_fixture);
    tcase_add_loop_test(cases, two_phases_make_one_status, 0, COUNT_OF(outcomes));
    tcase_add_test(cases, every_status_has_its_name);
    tcase_add_test(cases, an_answer_in_part_says_so);
    tcase_add_test(cases, who_sent_a_message_is_said);
    tcase_add_test(cases, nobody_but_the_host_says_that_its_port_is_closed);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
