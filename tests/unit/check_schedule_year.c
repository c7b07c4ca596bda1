/* SPDX-License-Identifier: MIT */

/*
 * Every run of a year in several zones, and of services that slept and had
 * their clock set, against what tests/model/schedule_model.py calculates.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_fake.h"
#include "base/text.h"
#include "probes/schedule.h"
#include "tests/support.h"

enum { MINUTE = 60000, CHANGES_MOST = 16, SPREAD = 300000 };

static struct {
    char *file;
    struct clock_fake_change changes[CHANGES_MOST];
    char zone[64];
    char form[128];
    int64_t since;
    int64_t until;
    struct schedule schedule;
    struct schedule_turn turn;
    struct text done; /* what came of a life, as the model writes it */
    struct failure why;
    int compared;
} fixture;

static void open_fixture(void)
{
    size_t size;

    memset(&fixture, 0, sizeof(fixture));
    clock_fake_reset();
    fixture.file = support_read_file(SCHEDULE_YEAR, &size);
}

static void close_fixture(void)
{
    free(fixture.file);
    text_clear(&fixture.done);
}

/* Reads a whole number and what is behind it, where that is `end`. */
static bool read_number(const char **at, int64_t *number, char end)
{
    char *behind;

    *number = strtoll(*at, &behind, 10);
    if (behind == *at || (*behind != end && !(end == ' ' && *behind == '\0'))) {
        return false;
    }
    *at = *behind == '\0' ? behind : behind + 1;
    return true;
}

/* "Europe/Berlin 3600 1774746000000:7200 ..." */
static void take_zone(const char *rest)
{
    int64_t first = 0;
    int64_t at = 0;
    int64_t offset = 0;
    size_t count = 0;
    size_t size = strcspn(rest, " ");

    snprintf(fixture.zone, sizeof(fixture.zone), "%.*s", (int)size, rest);
    rest += size + 1;
    ck_assert(read_number(&rest, &first, ' '));
    while (*rest != '\0') {
        ck_assert_uint_lt(count, CHANGES_MOST);
        ck_assert(read_number(&rest, &at, ':') && read_number(&rest, &offset, ' '));
        fixture.changes[count++] = (struct clock_fake_change){at, (int)offset};
    }
    clock_fake_set_zone((int)first, fixture.changes, count);
}

static void take_year(const char *rest)
{
    ck_assert(read_number(&rest, &fixture.since, ' ') && read_number(&rest, &fixture.until, ' '));
}

/* "every 300000", "at 0 02:30", "at 1 02:30" for UTC */
static void take_form(const char *rest)
{
    struct schedule *schedule = &fixture.schedule;

    snprintf(fixture.form, sizeof(fixture.form), "%s", rest);
    *schedule = (struct schedule){.offset = schedule_offset(fixture.zone, rest, SPREAD)};
    if (strncmp(rest, "every ", 6) == 0) {
        rest += 6;
        schedule->form = SCHEDULE_EVERY;
        ck_assert(read_number(&rest, &schedule->every, ' '));
        return;
    }
    schedule->form = SCHEDULE_AT;
    schedule->is_utc = rest[3] == '1';
    CHECK_DONE(schedule_add_at(schedule, rest + 5, &fixture.why), fixture.why);
}

static int64_t compare_run(int64_t at, int64_t expected)
{
    int64_t next = schedule_next(&fixture.schedule, clock_zone_offset, at);

    ck_assert_msg(next == expected, "%s, %s: after %" PRId64 " comes %" PRId64 ", not %" PRId64,
                  fixture.zone, fixture.form, at, next, expected);
    fixture.compared++;
    return next;
}

/* They are counted in another way than they are found; also from the middle of a day on. */
static void compare_count(int64_t last, int64_t count)
{
    int64_t between = fixture.since + (fixture.until - fixture.since) / 10000 * 2371;

    ck_assert_int_eq(
        schedule_count(&fixture.schedule, clock_zone_offset, fixture.since, fixture.until), count);
    ck_assert_int_eq(schedule_count(&fixture.schedule, clock_zone_offset, fixture.since, between) +
                         schedule_count(&fixture.schedule, clock_zone_offset, between, last),
                     count);
}

/* "1767232814723 86x1440 1380": the first, and the minutes from one to the next. */
static void compare_runs(const char *rest)
{
    int64_t before = fixture.compared;
    int64_t at = fixture.since;
    int64_t expected = 0;
    int64_t count = 0;
    int64_t step = 0;

    if (read_number(&rest, &expected, ' ')) {
        at = compare_run(at, expected);
    }
    while (*rest != '\0') {
        if (!read_number(&rest, &count, 'x')) {
            count = 1;
        }
        ck_assert(read_number(&rest, &step, ' '));
        for (; count > 0; count--) {
            at = compare_run(at, at + step * MINUTE);
        }
    }
    ck_assert_int_gt(schedule_next(&fixture.schedule, clock_zone_offset, at), fixture.until);
    compare_count(at, fixture.compared - before);
}

static int64_t to_minutes(int64_t at)
{
    return (at - fixture.since - fixture.schedule.offset) / MINUTE;
}

static void decide(bool catch_up)
{
    struct schedule_turn *turn = &fixture.turn;

    schedule_decide(&fixture.schedule, clock_zone_offset, turn->handled, clock_now(), catch_up,
                    turn);
    if (turn->missed > 0) {
        text_addf(&fixture.done, " m:%" PRId64 ":%" PRId64 ":%" PRId64, turn->missed,
                  to_minutes(turn->missed_first), to_minutes(turn->missed_last));
    }
    if (turn->run != SCHEDULE_NEVER) {
        text_addf(&fixture.done, " %c:%" PRId64, turn->late ? 'l' : 'r', to_minutes(turn->run));
    }
}

/* The service is awake, and wakes up when it is told to. */
static void run_for(int64_t length, bool catch_up)
{
    int64_t end = clock_now() + length;

    while (fixture.turn.next <= end) {
        clock_fake_run(fixture.turn.next - clock_now());
        decide(catch_up);
    }
    clock_fake_run(end - clock_now());
}

static void live_event(const char *kind, int64_t length, bool catch_up)
{
    if (strncmp(kind, "run:", 4) == 0) {
        run_for(length, catch_up);
        return;
    }
    if (strncmp(kind, "sleep:", 6) == 0) {
        clock_fake_sleep(length);
    } else {
        clock_fake_set(clock_now() + length);
    }
    decide(catch_up);
}

/* "1 run:3600 sleep:7200 set:-60": with catch-up, and what happens for how many seconds. */
static void live(const char *rest)
{
    bool catch_up = rest[0] == '1';

    clock_fake_set(fixture.since);
    fixture.turn = (struct schedule_turn){.handled = fixture.since};
    text_reset(&fixture.done);
    decide(catch_up);
    rest += 2;
    while (*rest != '\0') {
        const char *kind = rest;
        int64_t seconds = 0;

        rest = strchr(rest, ':') + 1;
        ck_assert(read_number(&rest, &seconds, ' '));
        live_event(kind, seconds * 1000, catch_up);
    }
}

static void compare_done(const char *rest)
{
    const char *done = text_bytes(&fixture.done) + 1;

    for (size_t i = 0; done[i] != '\0' || rest[i] != '\0'; i++) {
        if (done[i] != rest[i]) {
            ck_abort_msg("%s, %s: \"%.80s\", not \"%.80s\"", fixture.zone, fixture.form,
                         done + (i < 20 ? 0 : i - 20), rest + (i < 20 ? 0 : i - 20));
        }
    }
    fixture.compared++;
}

static const struct {
    const char *word;
    void (*take)(const char *rest);
} lines[] = {
    {"#", NULL},
    {"zone ", take_zone},
    {"year ", take_year},
    {"form ", take_form},
    {"runs", compare_runs},
    {"life ", live},
    {"done ", compare_done},
};

static void take_line(const char *line)
{
    for (int i = 0; i < COUNT_OF(lines); i++) {
        if (strncmp(line, lines[i].word, strlen(lines[i].word)) == 0) {
            if (lines[i].take != NULL) {
                lines[i].take(line + strlen(lines[i].word) +
                              (lines[i].word[0] == 'r' && line[strlen(lines[i].word)] == ' '));
            }
            return;
        }
    }
    ck_abort_msg("what is \"%s\"?", line);
}

START_TEST(every_run_is_as_the_model_says)
{
    char *line = fixture.file;

    while (*line != '\0') {
        char *end = line + strcspn(line, "\r\n");
        char *next = end + strspn(end, "\r\n");

        *end = '\0';
        take_line(line);
        line = next;
    }
    ck_assert_int_gt(fixture.compared, 1000000); /* nothing was left out */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schedule_year");
    TCase *tests = tcase_create("schedule_year");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, every_run_is_as_the_model_says);
    suite_add_tcase(suite, tests);
    return support_run_suite(suite);
}
