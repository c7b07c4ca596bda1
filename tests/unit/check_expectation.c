/* SPDX-License-Identifier: MIT */

#include "probes/expectation.h"

#include <string.h>

#include "tests/support.h"

static const struct answer_field version = {.name = "version", .type = ANSWER_TEXT};
static const struct answer_field name = {.name = "name", .type = ANSWER_TEXT, .many = true};
static const struct answer_field days_left = {.name = "certificate_days_left",
                                              .type = ANSWER_NUMBER};
static const struct answer_field count = {.name = "count", .type = ANSWER_NUMBER};
static const struct answer_field ready = {.name = "ready", .type = ANSWER_TRUTH};
static const struct answer_field since = {.name = "since", .type = ANSWER_TIME};

static struct {
    struct expectation expectation;
    struct expected_value values[4];
    struct outcome outcome;
    struct text sentence;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.expectation.values = fixture.values;
    fixture.outcome.transport = PROBE_TCP;
}

static void close_fixture(void)
{
    outcome_clear(&fixture.outcome);
    text_clear(&fixture.sentence);
}

static enum expectation_result judge(void)
{
    text_reset(&fixture.sentence);
    return expectation_judge(&fixture.expectation, &fixture.outcome, &fixture.sentence);
}

static void set_outcome(enum probe_status status, enum probe_cause cause)
{
    fixture.outcome.status = status;
    fixture.outcome.cause = cause;
    fixture.outcome.reach.cause = cause;
    fixture.outcome.ask.cause = cause == PROBE_ANSWERED ? PROBE_ANSWERED : PROBE_CAUSE_NONE;
}

static const struct {
    enum expected_status expected;
    enum probe_status status;
    enum probe_cause cause;
    enum expectation_result result;
    const char *sentence;
} statuses[] = {
    {EXPECT_ANY, PROBE_FILTERED, PROBE_TIMEOUT, EXPECTATION_HELD, "the port is FILTERED (timeout)"},
    {EXPECT_ANY, PROBE_NOT_ASKED, PROBE_LOCAL_ERROR, EXPECTATION_HELD,
     "the port is NOT ASKED (local error)"},
    {EXPECT_LISTENING, PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_HELD,
     "the port is LISTENING (accepted)"},
    {EXPECT_LISTENING, PROBE_NOT_LISTENING, PROBE_RESET, EXPECTATION_NOT_HELD,
     "LISTENING is expected"},
    {EXPECT_LISTENING, PROBE_FILTERED, PROBE_TIMEOUT, EXPECTATION_NOT_HELD,
     "LISTENING is expected"},
    {EXPECT_LISTENING, PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, EXPECTATION_UNDECIDED,
     "LISTENING is expected"},
    {EXPECT_LISTENING, PROBE_NOT_ASKED, PROBE_NAME_NOT_RESOLVED, EXPECTATION_NOT_HELD,
     "the port was not asked (name not resolved)"},
    {EXPECT_LISTENING, PROBE_NOT_ASKED, PROBE_LOCAL_ERROR, EXPECTATION_UNDECIDED,
     "the port was not asked (local error)"},
    {EXPECT_LISTENING, PROBE_NOT_ASKED, PROBE_STOPPED, EXPECTATION_UNDECIDED, NULL},
    {EXPECT_NOT_LISTENING, PROBE_NOT_LISTENING, PROBE_RESET, EXPECTATION_HELD, NULL},
    {EXPECT_NOT_LISTENING, PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_NOT_HELD, NULL},
    {EXPECT_NOT_LISTENING, PROBE_FILTERED, PROBE_TIMEOUT, EXPECTATION_NOT_HELD, NULL},
    {EXPECT_NOT_LISTENING, PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, EXPECTATION_NOT_HELD, NULL},
    {EXPECT_NOT_LISTENING, PROBE_NOT_ASKED, PROBE_NAME_NOT_RESOLVED, EXPECTATION_UNDECIDED, NULL},
    {EXPECT_FILTERED, PROBE_FILTERED, PROBE_TIMEOUT, EXPECTATION_HELD, NULL},
    {EXPECT_FILTERED, PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, EXPECTATION_UNDECIDED, NULL},
    {EXPECT_FILTERED, PROBE_NOT_LISTENING, PROBE_RESET, EXPECTATION_NOT_HELD, NULL},
    {EXPECT_FILTERED, PROBE_NOT_ASKED, PROBE_NAME_NOT_RESOLVED, EXPECTATION_UNDECIDED, NULL},
};

START_TEST(a_status_is_compared_with_the_one_expected)
{
    fixture.expectation.status = statuses[_i].expected;
    set_outcome(statuses[_i].status, statuses[_i].cause);
    ck_assert_int_eq(judge(), statuses[_i].result);
    ck_assert_uint_gt(fixture.sentence.size, 0);
    if (statuses[_i].sentence != NULL) {
        ck_assert_str_eq(text_bytes(&fixture.sentence), statuses[_i].sentence);
    }
}
END_TEST

/* That no name server answers says nothing of the host. */
START_TEST(a_name_that_nobody_can_tell_of_is_undecided)
{
    fixture.expectation.status = EXPECT_LISTENING;
    set_outcome(PROBE_NOT_ASKED, PROBE_NAME_NOT_RESOLVED);
    fixture.outcome.name_is_unsure = true;
    ck_assert_int_eq(judge(), EXPECTATION_UNDECIDED);
    ck_assert_str_eq(text_bytes(&fixture.sentence), "the port was not asked (name not resolved)");
}
END_TEST

static void answer(void)
{
    struct answer *said = &fixture.outcome.answer;

    set_outcome(PROBE_LISTENING, PROBE_ANSWERED);
    answer_add_string(said, &version, "OpenSSH_9.2p1");
    answer_add_string(said, &name, "a.example.com");
    answer_add_string(said, &name, "b.example.com");
    answer_begin_item(said, "certificate");
    answer_add_number(said, &days_left, 30);
    answer_end_item(said);
    answer_begin_item(said, "certificate");
    answer_add_number(said, &days_left, 3);
    answer_end_item(said);
    answer_add_number(said, &count, 7);
    answer_add_number(said, &ready, 1);
    answer_add_number(said, &since, 0);
}

static const struct {
    struct expected_value value;
    enum expectation_result result;
    const char *sentence;
} values[] = {
    {{"version", "openssh_9.2P1", 0, VALUE_EQUALS}, EXPECTATION_HELD, NULL},
    {{"version", "OpenSSH", 0, VALUE_EQUALS},
     EXPECTATION_NOT_HELD,
     "version is \"OpenSSH_9.2p1\", not \"OpenSSH\""},
    {{"version", "ssh_9", 0, VALUE_CONTAINS}, EXPECTATION_HELD, NULL},
    {{"version", "dropbear", 0, VALUE_CONTAINS},
     EXPECTATION_NOT_HELD,
     "version is \"OpenSSH_9.2p1\", not something with \"dropbear\""},
    {{"version", NULL, 1, VALUE_AT_LEAST}, EXPECTATION_NOT_HELD, NULL},
    {{"name", "b.example.com", 0, VALUE_EQUALS}, EXPECTATION_HELD, NULL},
    {{"name", "c.example.com", 0, VALUE_EQUALS},
     EXPECTATION_NOT_HELD,
     "name is \"a.example.com\", not \"c.example.com\""},
    {{"count", "7", 0, VALUE_EQUALS}, EXPECTATION_HELD, NULL},
    {{"count", NULL, 7, VALUE_AT_LEAST}, EXPECTATION_HELD, NULL},
    {{"count", NULL, 8, VALUE_AT_LEAST}, EXPECTATION_NOT_HELD, "count is \"7\", not at least 8"},
    {{"count", NULL, 7, VALUE_AT_MOST}, EXPECTATION_HELD, NULL},
    {{"count", NULL, 6, VALUE_AT_MOST}, EXPECTATION_NOT_HELD, NULL},
    {{"ready", "true", 0, VALUE_EQUALS}, EXPECTATION_HELD, NULL},
    {{"ready", "false", 0, VALUE_EQUALS}, EXPECTATION_NOT_HELD, NULL},
    {{"since", "1970-01-01", 0, VALUE_CONTAINS}, EXPECTATION_HELD, NULL},
    {{"colour", "red", 0, VALUE_EQUALS}, EXPECTATION_NOT_HELD, "the server does not say colour"},
};

START_TEST(a_value_is_looked_for_in_the_answer)
{
    answer();
    fixture.values[0] = values[_i].value;
    fixture.expectation.value_count = 1;
    ck_assert_int_eq(judge(), values[_i].result);
    if (values[_i].sentence != NULL) {
        ck_assert_str_eq(text_bytes(&fixture.sentence), values[_i].sentence);
    }
}
END_TEST

START_TEST(a_certificate_must_last_long_enough)
{
    answer();
    fixture.expectation.certificate_days = 30; /* of the first one, which is the server's */
    ck_assert_int_eq(judge(), EXPECTATION_HELD);
    fixture.expectation.certificate_days = 31;
    ck_assert_int_eq(judge(), EXPECTATION_NOT_HELD);
    ck_assert_str_eq(text_bytes(&fixture.sentence),
                     "the certificate is valid for 30 more days, less than 31");
    answer_clear(&fixture.outcome.answer);
    ck_assert_int_eq(judge(), EXPECTATION_NOT_HELD);
    ck_assert_str_eq(text_bytes(&fixture.sentence),
                     "the server does not say how long its certificate is valid");
    answer_add_number(&fixture.outcome.answer, &days_left, -2);
    ck_assert_int_eq(judge(), EXPECTATION_NOT_HELD);
    CHECK_CONTAINS(text_bytes(&fixture.sentence), "expired 2 days ago");
}
END_TEST

START_TEST(what_was_not_asked_is_not_known)
{
    fixture.expectation.certificate_days = 30;
    set_outcome(PROBE_FILTERED, PROBE_TIMEOUT);
    ck_assert_int_eq(judge(), EXPECTATION_UNDECIDED);
    ck_assert_str_eq(text_bytes(&fixture.sentence), "how long its certificate is valid is not "
                                                    "known, since the port is FILTERED");
    set_outcome(PROBE_LISTENING, PROBE_ACCEPTED);
    ck_assert_int_eq(judge(), EXPECTATION_UNDECIDED);
    CHECK_CONTAINS(text_bytes(&fixture.sentence), "was not asked in a protocol");
}
END_TEST

START_TEST(what_was_cut_off_may_have_held_it)
{
    answer();
    fixture.outcome.answer.cut = true;
    fixture.expectation.value_count = 1;
    fixture.values[0] = (struct expected_value){"colour", "red", 0, VALUE_EQUALS};
    ck_assert_int_eq(judge(), EXPECTATION_UNDECIDED);
    fixture.values[0] = (struct expected_value){"name", "z", 0, VALUE_EQUALS};
    ck_assert_int_eq(judge(), EXPECTATION_UNDECIDED);
    fixture.values[0] = (struct expected_value){"count", "7", 0, VALUE_EQUALS};
    ck_assert_int_eq(judge(), EXPECTATION_HELD);
}
END_TEST

START_TEST(the_worst_of_all_counts_and_is_told)
{
    answer();
    fixture.expectation.status = EXPECT_LISTENING;
    fixture.expectation.certificate_days = 10;
    fixture.expectation.value_count = 2;
    fixture.values[0] = (struct expected_value){"count", NULL, 1, VALUE_AT_LEAST};
    fixture.values[1] = (struct expected_value){"count", NULL, 9, VALUE_AT_LEAST};
    ck_assert_int_eq(judge(), EXPECTATION_NOT_HELD);
    ck_assert_str_eq(text_bytes(&fixture.sentence), "count is \"7\", not at least 9");
    fixture.expectation.value_count = 1;
    ck_assert_int_eq(judge(), EXPECTATION_HELD);
    ck_assert_str_eq(text_bytes(&fixture.sentence), "the port is LISTENING (answered)");
    /* Not held comes before undecided. */
    answer_clear(&fixture.outcome.answer);
    set_outcome(PROBE_FILTERED, PROBE_TIMEOUT);
    ck_assert_int_eq(judge(), EXPECTATION_NOT_HELD);
    CHECK_CONTAINS(text_bytes(&fixture.sentence), "LISTENING is expected");
}
END_TEST

START_TEST(nothing_expected_is_held)
{
    ck_assert_int_eq(judge(), EXPECTATION_HELD);
    ck_assert_str_eq(expectation_result_name(EXPECTATION_NOT_HELD), "not held");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("expectation");
    TCase *tests = tcase_create("expectation");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_status_is_compared_with_the_one_expected, 0, COUNT_OF(statuses));
    tcase_add_test(tests, a_name_that_nobody_can_tell_of_is_undecided);
    tcase_add_loop_test(tests, a_value_is_looked_for_in_the_answer, 0, COUNT_OF(values));
    tcase_add_test(tests, a_certificate_must_last_long_enough);
    tcase_add_test(tests, what_was_not_asked_is_not_known);
    tcase_add_test(tests, what_was_cut_off_may_have_held_it);
    tcase_add_test(tests, the_worst_of_all_counts_and_is_told);
    tcase_add_test(tests, nothing_expected_is_held);
    suite_add_tcase(suite, tests);
    return support_run_suite(suite);
}
