/* SPDX-License-Identifier: MIT */

/*
 * What the service counts of itself, and the file that Prometheus reads.
 */

#include "service/health.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "service/metrics.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

#define HOUR INT64_C(3600000)

static const char metrics_file[] = "check_health.prom";
static const char metrics_new[] = "check_health.prom.new";

static struct {
    struct health health;
    struct ledger_health told;
    struct metrics_facts facts;
    struct snapshot snapshot;
    struct text text;
    struct text content;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.facts = (struct metrics_facts){true, INT64_C(1700000000123), 1000};
    remove(metrics_file);
    remove(metrics_new);
}

static void close_fixture(void)
{
    snapshot_clear(&fixture.snapshot);
    ledger_health_clear(&fixture.told);
    text_clear(&fixture.text);
    text_clear(&fixture.content);
    remove(metrics_file);
    remove(metrics_new);
}

static void tell(void)
{
    fixture.told = (struct ledger_health){0};
    health_fill(&fixture.health, &fixture.told);
}

static int64_t number(enum ledger_health_number which)
{
    ck_assert(fixture.told.known[which]);
    return fixture.told.numbers[which];
}

static void take_samples(int from, int count)
{
    for (int i = 0; i < count; i++) {
        health_late(&fixture.health, i % 7);
        health_sample(&fixture.health, &fixture.snapshot, from + i);
    }
}

START_TEST(before_the_first_sample_nothing_is_said_of_samples)
{
    tell();
    ck_assert(!fixture.told.known[HEALTH_SAMPLE_MEDIAN]);
    ck_assert(!fixture.told.known[HEALTH_LATE_WORST]);
    ck_assert_int_eq(number(HEALTH_SAMPLES), 0);
}
END_TEST

START_TEST(median_and_worst_are_of_the_newest_samples)
{
    take_samples(1, 5);
    tell();
    ck_assert_int_eq(number(HEALTH_SAMPLE_MEDIAN), 3);
    ck_assert_int_eq(number(HEALTH_SAMPLE_WORST), 5);
    take_samples(100000, 1);
    take_samples(1000, HEALTH_LATELY - 1);
    tell();
    ck_assert_int_eq(number(HEALTH_SAMPLE_WORST), 100000);
    ck_assert_int_eq(number(HEALTH_SAMPLE_MEDIAN), 1000 + HEALTH_LATELY / 2 - 1);
    take_samples(1, 1); /* which takes the place of the slow one */
    tell();
    ck_assert_int_eq(number(HEALTH_SAMPLE_WORST), 1000 + HEALTH_LATELY - 2);
    ck_assert_int_eq(number(HEALTH_LATE_WORST), 6);
    ck_assert_int_eq(number(HEALTH_SAMPLES), 5 + 1 + HEALTH_LATELY);
}
END_TEST

START_TEST(denied_owners_are_those_of_the_newest_sample)
{
    uint32_t index;
    struct process_instance fields = {.pid = 7, .access = PROCESS_DENIED, .name = "denied"};
    const struct process_instance *denied = process_instance_make(&fields);

    ck_assert_ptr_nonnull(denied);
    made_up_begin(&fixture.snapshot, 1000);
    made_up_process(&fixture.snapshot, 1, 1, "open", NULL);
    CHECK_DONE(snapshot_add_process(&fixture.snapshot, denied, &index, &fixture.why), fixture.why);
    process_instance_release(denied);
    made_up_listener(&fixture.snapshot, 80, index);
    take_samples(1, 2);
    tell();
    ck_assert_int_eq(number(HEALTH_DENIED), 1);
    ck_assert_int_eq(number(HEALTH_SOCKETS), 1);
}
END_TEST

START_TEST(growth_is_that_of_the_last_day)
{
    health_size(&fixture.health, 0, 1000);
    health_size(&fixture.health, HOUR - 1, 2000);
    tell();
    ck_assert(!fixture.told.known[HEALTH_GROWTH]); /* too early to tell */
    health_size(&fixture.health, HOUR, 2000);
    tell();
    ck_assert_int_eq(number(HEALTH_GROWTH), INT64_C(24000));
    for (int minute = 61; minute <= 60 * 100; minute++) { /* then 100 bytes an hour */
        health_size(&fixture.health, minute * (HOUR / 60), 2000 + 100 * (minute - 60) / 60);
    }
    tell();
    ck_assert_int_ge(number(HEALTH_GROWTH), 2390);
    ck_assert_int_le(number(HEALTH_GROWTH), 2410);
}
END_TEST

/*
 * The text format: each name has its HELP and TYPE before its values, which
 * follow each other; counters end in _total; a value is a number.
 */

static size_t name_size(const char *line)
{
    size_t size = 0;

    while (islower((unsigned char)line[size]) || line[size] == '_') {
        size++;
    }
    return size;
}

/* Behind `# HELP ` or `# TYPE `, of the name in `now`. */
static void check_head(const char *line, struct text *now, bool *typed)
{
    const char *name = line + strlen("# HELP ");
    size_t size = name_size(name);

    ck_assert_msg(size > strlen("portledger_") && name[size] == ' ', "%s", line);
    ck_assert_int_eq(strncmp(name, "portledger_", strlen("portledger_")), 0);
    if (strncmp(line, "# HELP ", 7) == 0) {
        char *again = NULL;

        text_reset(now);
        text_add_bytes(now, name, size);
        text_add(&fixture.text, "|");
        text_add_bytes(&fixture.text, name, size);
        text_add(&fixture.text, "|");
        again = strstr(text_bytes(&fixture.text) + fixture.text.size - size - 2, name);
        ck_assert_ptr_null(again);
        *typed = false;
        return;
    }
    ck_assert_int_eq(strncmp(line, "# TYPE ", 7), 0);
    ck_assert_uint_eq(size, now->size);
    ck_assert_int_eq(strncmp(name, text_bytes(now), size), 0);
    ck_assert(strcmp(name + size, " gauge") == 0 || strcmp(name + size, " counter") == 0);
    ck_assert_int_eq(strcmp(name + size, " counter") == 0,
                     strcmp(text_bytes(now) + now->size - strlen("_total"), "_total") == 0);
    *typed = true;
}

static void check_value(const char *line, const struct text *now, bool typed)
{
    size_t size = name_size(line);
    const char *value = strrchr(line, ' ');
    char *end = NULL;

    ck_assert_msg(typed && size == now->size && strncmp(line, text_bytes(now), size) == 0,
                  "without a head: %s", line);
    ck_assert_ptr_nonnull(value);
    ck_assert(line[size] == ' ' || (line[size] == '{' && value[-1] == '}' && value[-2] == '"'));
    (void)strtod(value + 1, &end);
    ck_assert_msg(end != value + 1 && *end == '\0', "no number: %s", line);
}

static int check_format(char *content)
{
    struct text now = {0};
    bool typed = false;
    int values = 0;

    for (char *line = content, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        ck_assert_ptr_nonnull(end); /* the last line has one, too */
        *end = '\0';
        if (line[0] == '#') {
            check_head(line, &now, &typed);
        } else {
            check_value(line, &now, typed);
            values++;
        }
    }
    text_clear(&now);
    return values;
}

START_TEST(the_file_is_of_the_format_that_prometheus_reads)
{
    for (int i = 0; i < LEDGER_HEALTH_NUMBERS; i++) {
        health_set(&fixture.told, (enum ledger_health_number)i, INT64_C(1000) * i);
    }
    metrics_add(&fixture.content, &fixture.told, &fixture.facts);
    ck_assert_int_eq(check_format(fixture.content.bytes),
                     5 + 16 + LEDGER_HEALTH_NUMBERS - HEALTH_FAILED_SAMPLES);
    text_reset(&fixture.content);
    fixture.told = (struct ledger_health){0};
    metrics_add(&fixture.content, &fixture.told, &fixture.facts); /* where nothing is known */
    ck_assert_int_eq(check_format(fixture.content.bytes),
                     5 + LEDGER_HEALTH_NUMBERS - HEALTH_FAILED_SAMPLES);
}
END_TEST

/* Lines that stand in the file. */
static const char *const lines[] = {
    "\nportledger_running 1\n",
    "\nportledger_last_sample_timestamp_seconds 1700000000.123\n",
    "\nportledger_interval_seconds 1.000\n",
    "\nportledger_interval_stretched 0\n",
    "\nportledger_sample_duration_seconds{of=\"median\"} 0.000042\n",
    "\nportledger_ledger_growth_bytes_per_day -5\n",
    "\nportledger_sample_lateness_seconds{of=\"worst\"} -0.005\n", /* no clock does that */
    "\nportledger_failures_total{kind=\"commits\"} 3\n",
};

START_TEST(values_are_in_base_units)
{
    health_count(&fixture.health, HEALTH_FAILED_COMMITS, 3);
    tell();
    health_set(&fixture.told, HEALTH_SAMPLE_MEDIAN, 42);
    health_set(&fixture.told, HEALTH_GROWTH, -5);
    health_set(&fixture.told, HEALTH_LATE_WORST, -5);
    metrics_add(&fixture.content, &fixture.told, &fixture.facts);
    ck_assert_msg(strstr(text_bytes(&fixture.content), lines[_i]) != NULL, "no %s in %s",
                  lines[_i] + 1, text_bytes(&fixture.content));
}
END_TEST

static void write_metrics(void)
{
    CHECK_DONE(metrics_write(metrics_file, &fixture.told, &fixture.facts, &fixture.why),
               fixture.why);
    text_reset(&fixture.content);
    CHECK_DONE(file_read(&fixture.content, metrics_file, 1 << 20, &fixture.why), fixture.why);
}

START_TEST(the_file_is_replaced_as_a_whole)
{
    FILE *left = fopen(metrics_new, "w"); /* by one that was killed */

    ck_assert_ptr_nonnull(left);
    fputs("half of", left);
    fclose(left);
    write_metrics();
    ck_assert_ptr_nonnull(strstr(text_bytes(&fixture.content), "portledger_running 1\n"));
    fixture.facts.running = false;
    write_metrics();
    ck_assert_ptr_nonnull(strstr(text_bytes(&fixture.content), "portledger_running 0\n"));
    ck_assert(!file_exists(metrics_new));
}
END_TEST

START_TEST(a_file_that_cannot_be_written_leaves_the_one_before)
{
    CHECK_FAILED(
        metrics_write("no folder/of this name.prom", &fixture.told, &fixture.facts, &fixture.why),
        FAILURE_MISSING, fixture.why);
    ck_assert_ptr_nonnull(strstr(fixture.why.text, "no folder"));
}
END_TEST

static Suite *health_suite(void)
{
    Suite *suite = suite_create("health");
    TCase *tests = tcase_create("health");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, before_the_first_sample_nothing_is_said_of_samples);
    tcase_add_test(tests, median_and_worst_are_of_the_newest_samples);
    tcase_add_test(tests, denied_owners_are_those_of_the_newest_sample);
    tcase_add_test(tests, growth_is_that_of_the_last_day);
    tcase_add_test(tests, the_file_is_of_the_format_that_prometheus_reads);
    tcase_add_loop_test(tests, values_are_in_base_units, 0, COUNT_OF(lines));
    tcase_add_test(tests, the_file_is_replaced_as_a_whole);
    tcase_add_test(tests, a_file_that_cannot_be_written_leaves_the_one_before);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(health_suite());
}
