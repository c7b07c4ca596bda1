/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_fake.h"
#include "base/text.h"
#include "service/event_sink.h"
#include "service/event_sink_null.h"
#include "service/events.h"
#include "tests/support.h"

static void open_fixture(void)
{
    event_log_reset(false);
    clock_fake_reset();
    clock_fake_set(1700000000000);
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

START_TEST(an_event_has_no_more_arguments_than_a_record_can_hold)
{
    for (size_t i = 0; i < event_count; i++) {
        int count = 0;

        for (const char *c = events[i].text; (c = strstr(c, "%s")) != NULL; c += 2) {
            count++;
        }
        ck_assert_int_le(count, EVENT_ARGUMENTS);
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
    ck_assert_uint_eq(event_log_kept[0].argument_count, 3);
}
END_TEST

static void report_often(struct event_sink *sink, int times)
{
    for (int i = 0; i < times; i++) {
        event_report(sink, EVENT_PORT_CHANGED, "flapping");
    }
}

START_TEST(a_flood_of_one_event_is_cut_off_and_counted)
{
    struct event_sink *sink = event_sink_open(false);

    report_often(sink, EVENT_BURST + 7);
    event_report(sink, EVENT_STOPPED); /* another one is not kept back by it */
    ck_assert_uint_eq(event_log_count_of(EVENT_PORT_CHANGED), EVENT_BURST);
    ck_assert_uint_eq(event_log_count_of(EVENT_STOPPED), 1);
    clock_fake_run(EVENT_WINDOW_MS - 1);
    event_sink_tend(sink);
    ck_assert_uint_eq(event_log_count_of(EVENT_LEFT_OUT), 0);
    clock_fake_run(1);
    event_sink_tend(sink);
    event_sink_tend(sink);
    ck_assert_uint_eq(event_log_count_of(EVENT_LEFT_OUT), 1);
    ck_assert_str_eq(event_log_kept[event_log_count - 1].text,
                     "7 more events 300 (port_changed) were left out within a minute");
    report_often(sink, 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_PORT_CHANGED), EVENT_BURST + 1);
    event_sink_close(sink);
    ck_assert_uint_eq(event_log_count_of(EVENT_LEFT_OUT), 1);
}
END_TEST

START_TEST(what_was_left_out_is_told_at_the_end_at_the_latest)
{
    struct event_sink *sink = event_sink_open(false);

    report_often(sink, EVENT_BURST + 1);
    event_sink_close(sink);
    ck_assert_uint_eq(event_log_count_of(EVENT_LEFT_OUT), 1);
}
END_TEST

START_TEST(events_that_come_slowly_are_all_told)
{
    struct event_sink *sink = event_sink_open(false);

    for (int i = 0; i < 2 * EVENT_BURST; i++) {
        report_often(sink, 1);
        clock_fake_run(EVENT_WINDOW_MS / EVENT_BURST);
        event_sink_tend(sink);
    }
    event_sink_close(sink);
    ck_assert_uint_eq(event_log_count_of(EVENT_PORT_CHANGED), (size_t)2 * EVENT_BURST);
    ck_assert_uint_eq(event_log_count_of(EVENT_LEFT_OUT), 0);
}
END_TEST

static void add_row(struct text *row, const struct event *event)
{
    bool escape = false;

    text_addf(row, "| %d | %s | `%s` | ", (int)event->id, event_severity_name(event->severity),
              event->name);
    for (const char *c = event->text; *c != '\0'; c++) {
        escape = c[0] == '%' && c[1] == 's';
        text_add(row, escape ? "…" : (char[]){*c, '\0'});
        c += escape;
    }
    text_addf(row, " | %s |\n", event->help);
}

/* Row by row, and nothing besides: `docs/events.md` is what alerts are built by. */
START_TEST(the_document_has_every_event_as_it_is)
{
    size_t size;
    char *document = support_read_file(PORTLEDGER_SOURCE_DIR "/docs/events.md", &size);
    size_t rows = 0;

    for (size_t i = 0; i < event_count; i++) {
        struct text row = {0};

        add_row(&row, &events[i]);
        ck_assert_msg(strstr(document, text_bytes(&row)) != NULL, "docs/events.md lacks:\n%s",
                      text_bytes(&row));
        text_clear(&row);
    }
    for (const char *c = document; (c = strstr(c, "\n| ")) != NULL; c++) {
        rows += isdigit((unsigned char)c[3]) != 0;
    }
    ck_assert_uint_eq(rows, event_count);
    free(document);
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
    tcase_add_test(tests, an_event_has_no_more_arguments_than_a_record_can_hold);
    tcase_add_test(tests, a_flood_of_one_event_is_cut_off_and_counted);
    tcase_add_test(tests, what_was_left_out_is_told_at_the_end_at_the_latest);
    tcase_add_test(tests, events_that_come_slowly_are_all_told);
    tcase_add_test(tests, the_document_has_every_event_as_it_is);
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
