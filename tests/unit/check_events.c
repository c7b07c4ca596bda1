/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <ctype.h>
#include <string.h>

#include "service/event_sink.h"
#include "service/event_sink_null.h"
#include "service/events.h"
#include "tests/support.h"

static void open_fixture(void)
{
    event_log_reset(false);
}

START_TEST(ids_rise_and_no_name_is_there_twice)
{
    for (size_t i = 1; i < event_count; i++) {
        ck_assert_int_gt(events[i].id, events[i - 1].id);
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(events[i].name, events[j].name);
        }
    }
}
END_TEST

START_TEST(names_are_snake_case)
{
    for (size_t i = 0; i < event_count; i++) {
        for (const char *c = events[i].name; *c != '\0'; c++) {
            ck_assert(islower((unsigned char)*c) || *c == '_');
        }
    }
}
END_TEST

/* Arguments are texts: any other conversion would read what is not there. */
START_TEST(texts_take_nothing_but_texts)
{
    for (size_t i = 0; i < event_count; i++) {
        for (const char *c = strchr(events[i].text, '%'); c != NULL; c = strchr(c + 1, '%')) {
            ck_assert_int_eq(c[1], 's');
        }
    }
}
END_TEST

START_TEST(errors_have_ids_of_their_own_range)
{
    for (size_t i = 0; i < event_count; i++) {
        if (events[i].id >= 900) {
            ck_assert_int_lt(events[i].id, 1000);
        } else {
            ck_assert_int_ge(events[i].id, 100);
            ck_assert_int_lt(events[i].id, 500);
        }
    }
}
END_TEST

START_TEST(a_report_reaches_the_log_with_its_arguments)
{
    struct event_sink *sink = event_sink_open(false);

    event_report(sink, EVENT_GAP, "02:00", "02:13", "system asleep");
    event_sink_close(sink);
    ck_assert_uint_eq(event_log_count, 1);
    ck_assert_int_eq(event_log_kept[0].id, EVENT_GAP);
    ck_assert_str_eq(event_log_kept[0].text,
                     "nothing was watched from 02:00 to 02:13: system asleep");
}
END_TEST

START_TEST(in_the_foreground_the_log_of_the_system_is_left_alone)
{
    struct event_sink *sink = event_sink_open(true);

    event_report(sink, EVENT_STOPPED);
    event_sink_close(sink);
    ck_assert_uint_eq(event_log_count, 0);
}
END_TEST

START_TEST(a_log_that_takes_nothing_stops_nobody)
{
    struct event_sink *sink = event_sink_open(false);

    event_log_reset(true);
    event_report(sink, EVENT_START_FAILED, "no disk");
    event_sink_close(sink);
    ck_assert_uint_eq(event_log_count, 0);
    event_report(NULL, EVENT_STOPPED);
    event_sink_close(NULL);
}
END_TEST

static Suite *events_suite(void)
{
    Suite *suite = suite_create("events");
    TCase *tests = tcase_create("events");

    tcase_add_checked_fixture(tests, open_fixture, NULL);
    tcase_add_test(tests, ids_rise_and_no_name_is_there_twice);
    tcase_add_test(tests, names_are_snake_case);
    tcase_add_test(tests, texts_take_nothing_but_texts);
    tcase_add_test(tests, errors_have_ids_of_their_own_range);
    tcase_add_test(tests, a_report_reaches_the_log_with_its_arguments);
    tcase_add_test(tests, in_the_foreground_the_log_of_the_system_is_left_alone);
    tcase_add_test(tests, a_log_that_takes_nothing_stops_nobody);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(events_suite());
}
