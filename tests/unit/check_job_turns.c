/* SPDX-License-Identifier: MIT */

/*
 * Which runs begin: a year in minutes, with sleeps, stops, clocks that are set
 * and runs that take long. Each run that is due is dealt with once, in order.
 */

#include <stdio.h>

#include "base/clock_fake.h"
#include "service/job_states.h"
#include "service/job_turns.h"
#include "tests/support.h"

#define SECOND INT64_C(1000)
#define MINUTE INT64_C(60000)
#define HOUR INT64_C(3600000)
#define DAY INT64_C(86400000)
#define BEGIN INT64_C(1798758000000) /* 2027-01-01 00:00 +01:00 */

/* Central Europe in 2027. */
static const struct clock_fake_change changes[] = {
    {INT64_C(1806195600000), 7200}, /* 2027-03-28 */
    {INT64_C(1824944400000), 3600}, /* 2027-10-31 */
};

static struct {
    struct job job;
    struct maintenance_window window;
    struct job_turn turn;
    struct job_moment looked_at;
    struct job_decision decision;
    int64_t begun;
    int64_t late;
    int64_t by_result[PROBE_RUN_RESULTS];
    int64_t by_reason[PROBE_RUN_REASONS];
    int64_t last_due; /* of all that was dealt with */
    struct job_states *states;
    struct text change;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    clock_fake_reset();
    clock_fake_set(BEGIN);
    clock_fake_set_zone(3600, changes, COUNT_OF(changes));
    fixture.job.name = "job";
    fixture.last_due = INT64_MIN;
    CHECK_DONE(job_states_open(&fixture.states, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    job_states_close(fixture.states);
    text_clear(&fixture.change);
}

static void every(int64_t interval)
{
    fixture.job.schedule = (struct schedule){.form = SCHEDULE_EVERY, .every = interval};
}

static void begin(int64_t handled)
{
    job_turn_begin(&fixture.turn, &fixture.job, clock_zone_offset, handled, clock_now());
    fixture.looked_at = job_moment_now();
}

static void note(const struct probe_run *run)
{
    ck_assert_int_ge(run->last_due, run->due_at);
    ck_assert_int_gt(run->last_due, fixture.last_due);
    fixture.last_due = run->last_due;
    fixture.by_result[run->result] += run->runs;
    fixture.by_reason[run->reason] += run->runs;
}

static void look_busy(bool busy)
{
    struct job_moment now = job_moment_now();

    job_turn_look(&fixture.turn, &fixture.job, clock_zone_offset, now.wall,
                  job_time_between(&fixture.looked_at, &now), busy, &fixture.decision);
    fixture.looked_at = now;
    for (int i = 0; i < fixture.decision.fact_count; i++) {
        note(&fixture.decision.facts[i]);
    }
    if (fixture.decision.begin) {
        ck_assert_int_gt(fixture.turn.due, fixture.last_due);
        fixture.last_due = fixture.turn.due;
        fixture.begun++;
        fixture.late += fixture.decision.late ? 1 : 0;
    }
}

static void look(void)
{
    look_busy(false);
}

START_TEST(a_year_of_minutes_misses_nothing)
{
    every(5 * MINUTE);
    begin(INT64_MIN);
    while (clock_now() < BEGIN + 365 * DAY) {
        clock_fake_run(10 * SECOND);
        look();
    }
    ck_assert_int_eq(fixture.begun, INT64_C(365) * 24 * 12);
    ck_assert_int_eq(fixture.by_result[PROBE_RUN_MISSED], 0);
}
END_TEST

/* Each night the machine sleeps, on each tenth day the clock is set forward by an hour. */
START_TEST(a_year_of_sleep_and_set_clocks_is_accounted_for)
{
    int64_t end;

    every(7 * MINUTE);
    begin(INT64_MIN);
    for (int day = 0; day < 365; day++) {
        for (int i = 0; i < 16 * 360; i++) {
            clock_fake_run(10 * SECOND);
            look();
        }
        clock_fake_sleep(8 * HOUR);
        look();
        if (day % 10 == 0) {
            clock_fake_set(clock_now() + HOUR);
            look();
        }
    }
    end = clock_now();
    ck_assert_int_eq(fixture.begun + fixture.by_result[PROBE_RUN_MISSED],
                     end / (7 * MINUTE) - BEGIN / (7 * MINUTE));
    ck_assert_int_gt(fixture.by_reason[PROBE_MACHINE_SLEPT], INT64_C(365) * 66);
    ck_assert_int_gt(fixture.by_reason[PROBE_CLOCK_SET], INT64_C(37) * 7);
    ck_assert_int_eq(fixture.by_reason[PROBE_TOO_BUSY], 0);
}
END_TEST

START_TEST(times_on_the_wall_come_once_on_the_days_of_change)
{
    int64_t until = BEGIN + 365 * DAY;

    CHECK_DONE(schedule_add_at(&fixture.job.schedule, "02:30", &fixture.why), fixture.why);
    fixture.job.schedule.form = SCHEDULE_AT;
    begin(INT64_MIN);
    while (clock_now() < until) {
        clock_fake_run(10 * SECOND);
        look();
    }
    ck_assert_int_eq(fixture.begun, 365);
    ck_assert_int_eq(fixture.begun,
                     schedule_count(&fixture.job.schedule, clock_zone_offset, BEGIN, until));
}
END_TEST

START_TEST(what_was_due_while_the_service_stood_still_is_missed)
{
    every(MINUTE);
    clock_fake_set(BEGIN + 10 * MINUTE + 45 * SECOND);
    begin(BEGIN);
    look();
    ck_assert_int_eq(fixture.by_reason[PROBE_SERVICE_STOPPED], 10);
    ck_assert_int_eq(fixture.begun, 0);
}
END_TEST

/* Every ten minutes then, with an hour of maintenance, and every minute now. */
START_TEST(what_was_due_by_other_times_is_missed_by_those)
{
    struct maintenance_window window;
    struct job past = {.name = "job", .windows = &window, .window_count = 1};

    CHECK_DONE(maintenance_read(&window, "01:00-02:00", &fixture.why), fixture.why);
    past.schedule = (struct schedule){.form = SCHEDULE_EVERY, .every = 10 * MINUTE};
    every(MINUTE);
    clock_fake_set(BEGIN + 3 * HOUR + 45 * SECOND);
    job_turn_begin_anew(&fixture.turn, &fixture.job, &past, clock_zone_offset, BEGIN, clock_now());
    fixture.looked_at = job_moment_now();
    look();
    ck_assert_int_eq(fixture.by_reason[PROBE_SERVICE_STOPPED], 12);
    ck_assert_int_eq(fixture.by_result[PROBE_RUN_SKIPPED], 6);
    ck_assert_int_eq(fixture.begun, 0);
    clock_fake_run(15 * SECOND);
    look();
    ck_assert_int_eq(fixture.begun, 1);
    ck_assert_int_eq(fixture.by_reason[PROBE_SERVICE_STOPPED], 12);
}
END_TEST

/* The first look may come late, and more is due by then. */
START_TEST(what_is_due_before_the_first_look_is_of_the_present_times)
{
    struct job past = {.name = "job"};

    past.schedule = (struct schedule){.form = SCHEDULE_EVERY, .every = 10 * MINUTE};
    every(MINUTE);
    clock_fake_set(BEGIN + HOUR);
    job_turn_begin_anew(&fixture.turn, &fixture.job, &past, clock_zone_offset, BEGIN, clock_now());
    fixture.looked_at = job_moment_now();
    clock_fake_run(2 * MINUTE);
    look();
    ck_assert_int_eq(fixture.by_reason[PROBE_SERVICE_STOPPED], 6 + 1);
    ck_assert_int_eq(fixture.begun, 1);
}
END_TEST

START_TEST(a_clock_that_was_ahead_stops_no_job)
{
    every(MINUTE);
    begin(BEGIN + 365 * DAY);
    for (int i = 0; i < 10; i++) {
        clock_fake_run(MINUTE);
        look();
    }
    ck_assert_int_eq(fixture.begun, 10);
    ck_assert_int_eq(fixture.by_result[PROBE_RUN_MISSED], 0);
}
END_TEST

START_TEST(what_was_due_before_the_first_look_at_a_clock_that_was_ahead_is_missed)
{
    every(MINUTE);
    begin(BEGIN + 365 * DAY);
    clock_fake_run(10 * MINUTE + 45 * SECOND);
    look();
    ck_assert_int_eq(fixture.by_reason[PROBE_CLOCK_SET], 10);
    ck_assert_int_eq(fixture.by_reason[PROBE_SERVICE_STOPPED], 0);
}
END_TEST

START_TEST(a_clock_that_is_set_back_while_it_is_busy_stops_no_job)
{
    every(MINUTE);
    begin(INT64_MIN);
    clock_fake_set(BEGIN + 365 * DAY);
    look();
    fixture.last_due = INT64_MIN; /* times come again */
    clock_fake_set(BEGIN + MINUTE);
    fixture.looked_at = job_moment_now(); /* that it was set was told to another look */
    look();
    clock_fake_run(MINUTE);
    look();
    ck_assert(fixture.decision.begin);
}
END_TEST

START_TEST(the_last_one_is_made_up_for_where_asked_for)
{
    every(MINUTE);
    fixture.job.catch_up = true;
    clock_fake_set(BEGIN + 10 * MINUTE + 45 * SECOND);
    begin(BEGIN);
    look();
    ck_assert_int_eq(fixture.by_reason[PROBE_SERVICE_STOPPED], 9);
    ck_assert_int_eq(fixture.begun, 1);
    ck_assert_int_eq(fixture.late, 1);
}
END_TEST

START_TEST(a_run_never_overlaps_itself)
{
    every(MINUTE);
    begin(INT64_MIN);
    clock_fake_run(MINUTE);
    look();
    ck_assert(fixture.decision.begin);
    fixture.turn.running = true;
    for (int i = 0; i < 3; i++) {
        clock_fake_run(MINUTE);
        look();
        ck_assert(!fixture.decision.begin);
    }
    ck_assert_int_eq(fixture.by_reason[PROBE_STILL_RUNNING], 3);
    fixture.turn.running = false;
    clock_fake_run(MINUTE);
    look();
    ck_assert(fixture.decision.begin);
}
END_TEST

START_TEST(a_run_waits_for_room_while_it_is_not_late)
{
    every(MINUTE);
    begin(INT64_MIN);
    clock_fake_run(MINUTE);
    look_busy(true);
    ck_assert(!fixture.decision.begin);
    clock_fake_run(20 * SECOND);
    look();
    ck_assert(fixture.decision.begin);
    clock_fake_run(MINUTE);
    look_busy(true);
    clock_fake_run(31 * SECOND);
    look();
    ck_assert(!fixture.decision.begin);
    ck_assert_int_eq(fixture.by_reason[PROBE_TOO_BUSY], 1);
}
END_TEST

START_TEST(what_is_missed_is_told_before_the_run_waits_for_room)
{
    every(MINUTE);
    fixture.job.catch_up = true;
    clock_fake_set(BEGIN + 10 * MINUTE + 45 * SECOND);
    begin(BEGIN);
    look_busy(true);
    ck_assert_int_eq(fixture.by_reason[PROBE_SERVICE_STOPPED], 9);
    ck_assert_int_eq(fixture.turn.handled, BEGIN + 9 * MINUTE); /* and is not counted again */
    look_busy(true);
    ck_assert_int_eq(fixture.decision.fact_count, 0);
    clock_fake_run(MINUTE);
    look_busy(true);
    ck_assert_int_eq(fixture.by_reason[PROBE_TOO_BUSY], 1);
    look();
    ck_assert_int_eq(fixture.begun, 1);
    ck_assert_int_eq(fixture.by_result[PROBE_RUN_MISSED], 10);
}
END_TEST

START_TEST(maintenance_skips)
{
    every(HOUR);
    CHECK_DONE(maintenance_read(&fixture.window, "02:00-04:00", &fixture.why), fixture.why);
    fixture.job.windows = &fixture.window;
    fixture.job.window_count = 1;
    begin(INT64_MIN);
    for (int i = 0; i < 24; i++) {
        clock_fake_run(HOUR);
        look();
    }
    ck_assert_int_eq(fixture.by_reason[PROBE_MAINTENANCE], 2);
    ck_assert_int_eq(fixture.begun, 22);
}
END_TEST

static void add_window(const char *text)
{
    CHECK_DONE(maintenance_read(&fixture.window, text, &fixture.why), fixture.why);
    fixture.job.windows = &fixture.window;
    fixture.job.window_count = 1;
}

/* How many runs of a time lie in the windows, one by one. */
static int64_t count_maintained(int64_t after, int64_t until)
{
    int64_t count = 0;

    for (int64_t at = after;
         (at = schedule_next(&fixture.job.schedule, clock_zone_offset, at)) <= until;) {
        count += maintenance_find(&fixture.window, 1, clock_zone_offset, at) == 0 ? 1 : 0;
    }
    return count;
}

static const char *const windows[] = {
    "02:00-04:00",
    "02:15-02:45",
    "Sun 22:00-03:00",
    "Mon-Fri 00:00-24:00",
    "2027-03-20 - 2027-04-02",
    "2027-10-30 18:00 - 2027-10-31 02:30",
};

/* A year without the service, with both days on which clocks change. */
START_TEST(what_was_due_in_windows_while_the_service_stood_still_is_skipped)
{
    int64_t until = BEGIN + 365 * DAY - 55 * SECOND;
    int64_t skipped;

    every(7 * MINUTE);
    add_window(windows[_i]);
    skipped = count_maintained(BEGIN, until);
    clock_fake_set(until);
    begin(BEGIN);
    look();
    ck_assert_int_gt(skipped, 0);
    ck_assert_int_eq(fixture.by_reason[PROBE_MAINTENANCE], skipped);
    ck_assert_int_eq(fixture.by_reason[PROBE_SERVICE_STOPPED],
                     until / (7 * MINUTE) - BEGIN / (7 * MINUTE) - skipped);
    ck_assert_int_eq(fixture.turn.handled, fixture.last_due);
}
END_TEST

START_TEST(no_run_is_made_up_for_in_a_window)
{
    every(HOUR);
    fixture.job.catch_up = true;
    add_window("02:15-02:45");
    clock_fake_set(BEGIN + 2 * HOUR + 20 * MINUTE);
    begin(BEGIN + HOUR);
    look();
    ck_assert_int_eq(fixture.begun, 0);
    ck_assert_int_eq(fixture.by_reason[PROBE_MAINTENANCE], 1);
}
END_TEST

/*
 * Events.
 */

static const char *judged_by(const char *job, enum probe_status status, enum probe_cause cause,
                             enum expectation_result result, const char *sentence)
{
    struct outcome outcome = {
        .host = "dc1", .port = 389, .transport = PROBE_UDP, .status = status, .cause = cause};

    clock_fake_run(MINUTE);
    outcome.started_at = clock_now();
    text_reset(&fixture.change);
    job_states_take(fixture.states, job, &outcome, result, sentence, &fixture.change);
    return text_bytes(&fixture.change);
}

static const char *found_by(const char *job, enum probe_status status, enum probe_cause cause)
{
    return judged_by(job, status, cause,
                     status == PROBE_LISTENING ? EXPECTATION_HELD : EXPECTATION_NOT_HELD,
                     "LISTENING is expected");
}

static const char *found(enum probe_status status, enum probe_cause cause)
{
    return found_by("shop", status, cause);
}

START_TEST(a_change_is_told_when_it_is_confirmed)
{
    ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ANSWERED), "");
    ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ANSWERED), "");
    ck_assert_str_eq(found(PROBE_FILTERED, PROBE_TIMEOUT), "");
    ck_assert_str_eq(found(PROBE_FILTERED, PROBE_TIMEOUT),
                     "dc1:389/udp LISTENING -> FILTERED (timeout) since 2027-01-01 00:03:00 "
                     "+01:00, job shop");
    ck_assert_str_eq(found(PROBE_FILTERED, PROBE_TIMEOUT), "");
    ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ANSWERED), "");
    CHECK_CONTAINS(found(PROBE_LISTENING, PROBE_ANSWERED), "FILTERED -> LISTENING (answered)");
}
END_TEST

static const char *judged(enum expectation_result result, const char *sentence)
{
    return judged_by("shop", PROBE_LISTENING, PROBE_ANSWERED, result, sentence);
}

/* A port that answers as before, and otherwise than it should. */
START_TEST(a_change_of_the_expectation_is_told_and_damped)
{
    (void)judged(EXPECTATION_HELD, "a");
    (void)judged(EXPECTATION_HELD, "a");
    ck_assert_str_eq(judged(EXPECTATION_NOT_HELD, "the certificate\nexpired"), "");
    ck_assert_str_eq(judged(EXPECTATION_NOT_HELD, "the certificate\nexpired"),
                     "dc1:389/udp held -> not held (the certificate\\nexpired) since 2027-01-01 "
                     "00:03:00 +01:00, job shop");
    ck_assert_str_eq(judged(EXPECTATION_NOT_HELD, "the certificate expired"), "");
    (void)judged(EXPECTATION_HELD, "a");
    CHECK_CONTAINS(judged(EXPECTATION_HELD, "a"), "not held -> held (a) since");
    for (int i = 0; i < 8; i++) {
        (void)judged(i / 2 % 2 == 0 ? EXPECTATION_UNDECIDED : EXPECTATION_HELD, "b");
        ck_assert(i != 3 || strstr(text_bytes(&fixture.change), "is flapping: 4 changes") != NULL);
        ck_assert(i <= 3 || fixture.change.size == 0);
    }
}
END_TEST

START_TEST(each_job_tells_what_it_found)
{
    static const char *const jobs[] = {"shop", "night"};

    for (int i = 0; i < 3; i++) {
        enum probe_status status = i == 0 ? PROBE_LISTENING : PROBE_NOT_LISTENING;

        for (size_t j = 0; j < 2; j++) {
            const char *change = found_by(jobs[j], status, PROBE_ICMP);

            ck_assert_int_eq(change[0] != '\0', i == 2);
            ck_assert(i < 2 || strstr(change, jobs[j]) != NULL);
        }
    }
}
END_TEST

/* Two runs that find the same: so the change is confirmed. */
static const char *found_twice(enum probe_status status)
{
    (void)found(status, PROBE_ICMP);
    return found(status, PROBE_ICMP);
}

static void flap(int times)
{
    for (int i = 0; i < times; i++) {
        (void)found_twice(i % 2 == 0 ? PROBE_NOT_LISTENING : PROBE_LISTENING);
    }
}

START_TEST(a_port_that_flaps_is_told_once_and_again_when_it_is_steady)
{
    (void)found_twice(PROBE_LISTENING);
    flap(3);
    CHECK_CONTAINS(text_bytes(&fixture.change), "LISTENING -> NOT LISTENING");
    ck_assert_str_eq(found_twice(PROBE_LISTENING),
                     "dc1:389/udp is flapping: 4 changes since 2027-01-01 00:03:00 +01:00, now "
                     "LISTENING (ICMP), job shop");
    for (int i = 0; i < 100; i++) {
        ck_assert_str_eq(found_twice(i % 2 == 0 ? PROBE_NOT_LISTENING : PROBE_LISTENING), "");
    }
    for (int i = 0; i < 58; i++) {
        ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ICMP), "");
    }
    ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ICMP),
                     "dc1:389/udp is steady after 104 changes: LISTENING (ICMP) since 2027-01-01 "
                     "03:29:00 +01:00, job shop");
    CHECK_CONTAINS(found_twice(PROBE_NOT_LISTENING), "LISTENING -> NOT LISTENING");
}
END_TEST

START_TEST(a_port_that_changes_now_and_then_does_not_flap)
{
    (void)found_twice(PROBE_LISTENING);
    for (int i = 0; i < 10; i++) {
        clock_fake_run(20 * MINUTE);
        CHECK_CONTAINS(found_twice(i % 2 == 0 ? PROBE_NOT_LISTENING : PROBE_LISTENING), " -> ");
    }
}
END_TEST

START_TEST(a_clock_that_is_set_back_does_not_make_it_flap_for_ever)
{
    (void)found_twice(PROBE_LISTENING);
    flap(4);
    clock_fake_set(BEGIN - 365 * DAY);
    for (int i = 0; i < 60; i++) {
        ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ICMP), "");
    }
    CHECK_CONTAINS(found(PROBE_LISTENING, PROBE_ICMP), "is steady after 4 changes");
}
END_TEST

/* No result is ever found twice in a row, so none of them is confirmed. */
START_TEST(a_port_that_alternates_is_told_once_and_again_when_it_is_steady)
{
    for (int i = 0; i < 6; i++) {
        ck_assert_str_eq(found(i % 2 == 0 ? PROBE_LISTENING : PROBE_FILTERED, PROBE_ICMP), "");
    }
    ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ICMP),
                     "dc1:389/udp is flapping: 6 changes since 2027-01-01 00:02:00 +01:00, now "
                     "LISTENING (ICMP), job shop");
    for (int i = 0; i < 100; i++) {
        ck_assert_str_eq(found(i % 2 == 0 ? PROBE_FILTERED : PROBE_LISTENING, PROBE_ICMP), "");
    }
    for (int i = 0; i < 59; i++) {
        ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ICMP), "");
    }
    ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ICMP),
                     "dc1:389/udp is steady after 106 changes: LISTENING (ICMP) since 2027-01-01 "
                     "01:47:00 +01:00, job shop");
    for (int i = 0; i < 10; i++) {
        ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ICMP), "");
    }
    CHECK_CONTAINS(found_twice(PROBE_FILTERED), "LISTENING -> FILTERED");
}
END_TEST

/* Of a job of every day an hour says nothing: it takes eight runs. */
START_TEST(a_port_that_is_asked_seldom_is_steady_after_eight_runs)
{
    for (int i = 0; i < 7; i++) {
        clock_fake_run(DAY);
        (void)found(i % 2 == 0 ? PROBE_LISTENING : PROBE_FILTERED, PROBE_ICMP);
    }
    CHECK_CONTAINS(text_bytes(&fixture.change), "is flapping: 6 changes");
    for (int i = 0; i < 6; i++) {
        clock_fake_run(DAY);
        ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ICMP), "");
    }
    clock_fake_run(DAY);
    CHECK_CONTAINS(found(PROBE_LISTENING, PROBE_ICMP), "is steady after 6 changes");
}
END_TEST

/* One in three is not just a lost packet, and one in four is not worth an event. */
static const struct {
    int each;
    bool flaps;
} losses[] = {{3, true}, {4, false}, {10, false}};

START_TEST(a_port_that_fails_often_flaps)
{
    bool flaps = false;

    for (int i = 0; i < 200; i++) {
        enum probe_status status = i % losses[_i].each == 1 ? PROBE_FILTERED : PROBE_LISTENING;

        flaps = found(status, PROBE_ICMP)[0] != '\0' || flaps;
    }
    ck_assert_int_eq(flaps, losses[_i].flaps);
}
END_TEST

START_TEST(a_job_that_is_gone_is_forgotten)
{
    (void)found_by("shop 2", PROBE_LISTENING, PROBE_ANSWERED);
    (void)found(PROBE_LISTENING, PROBE_ANSWERED);
    job_states_forget(fixture.states, "shop");
    ck_assert_str_eq(found_twice(PROBE_FILTERED), "");
    (void)found_by("shop 2", PROBE_FILTERED, PROBE_TIMEOUT);
    CHECK_CONTAINS(found_by("shop 2", PROBE_FILTERED, PROBE_TIMEOUT), "LISTENING -> FILTERED");
}
END_TEST

static enum job_run_news take_run(const char *why)
{
    unsigned failed;

    return job_states_take_run(fixture.states, "shop", why, &failed);
}

START_TEST(a_job_that_cannot_run_is_told_once_for_each_reason)
{
    unsigned failed;

    ck_assert_int_eq(take_run(NULL), JOB_RUN_AS_BEFORE);
    ck_assert_int_eq(take_run("gone"), JOB_RUN_FAILED);
    ck_assert_int_eq(take_run("gone"), JOB_RUN_AS_BEFORE);
    ck_assert_int_eq(take_run("not safe"), JOB_RUN_FAILED);
    ck_assert_int_eq(job_states_take_run(fixture.states, "shop", NULL, &failed), JOB_RUN_AGAIN);
    ck_assert_uint_eq(failed, 3);
    ck_assert_int_eq(take_run(NULL), JOB_RUN_AS_BEFORE);
    ck_assert_int_eq(take_run("not safe"), JOB_RUN_FAILED);
}
END_TEST

START_TEST(a_single_lost_packet_is_told_to_nobody)
{
    ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ANSWERED), "");
    for (int i = 0; i < 100; i++) {
        ck_assert_str_eq(found(PROBE_FILTERED, PROBE_TIMEOUT), "");
        for (int j = 0; j < 5; j++) {
            ck_assert_str_eq(found(PROBE_LISTENING, PROBE_ANSWERED), "");
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("job_turns");
    TCase *turns = tcase_create("turns");

    tcase_add_checked_fixture(turns, open_fixture, close_fixture);
    tcase_add_test(turns, a_year_of_minutes_misses_nothing);
    tcase_add_test(turns, a_year_of_sleep_and_set_clocks_is_accounted_for);
    tcase_add_test(turns, times_on_the_wall_come_once_on_the_days_of_change);
    tcase_add_test(turns, what_was_due_while_the_service_stood_still_is_missed);
    tcase_add_test(turns, what_was_due_by_other_times_is_missed_by_those);
    tcase_add_test(turns, what_is_due_before_the_first_look_is_of_the_present_times);
    tcase_add_test(turns, a_clock_that_was_ahead_stops_no_job);
    tcase_add_test(turns, what_was_due_before_the_first_look_at_a_clock_that_was_ahead_is_missed);
    tcase_add_test(turns, a_clock_that_is_set_back_while_it_is_busy_stops_no_job);
    tcase_add_test(turns, the_last_one_is_made_up_for_where_asked_for);
    tcase_add_test(turns, a_run_never_overlaps_itself);
    tcase_add_test(turns, a_run_waits_for_room_while_it_is_not_late);
    tcase_add_test(turns, what_is_missed_is_told_before_the_run_waits_for_room);
    tcase_add_test(turns, maintenance_skips);
    tcase_add_loop_test(turns, what_was_due_in_windows_while_the_service_stood_still_is_skipped, 0,
                        COUNT_OF(windows));
    tcase_add_test(turns, no_run_is_made_up_for_in_a_window);
    tcase_add_test(turns, a_change_is_told_when_it_is_confirmed);
    tcase_add_test(turns, a_change_of_the_expectation_is_told_and_damped);
    tcase_add_test(turns, each_job_tells_what_it_found);
    tcase_add_test(turns, a_single_lost_packet_is_told_to_nobody);
    tcase_add_test(turns, a_port_that_flaps_is_told_once_and_again_when_it_is_steady);
    tcase_add_test(turns, a_port_that_changes_now_and_then_does_not_flap);
    tcase_add_test(turns, a_clock_that_is_set_back_does_not_make_it_flap_for_ever);
    tcase_add_test(turns, a_port_that_alternates_is_told_once_and_again_when_it_is_steady);
    tcase_add_test(turns, a_port_that_is_asked_seldom_is_steady_after_eight_runs);
    tcase_add_loop_test(turns, a_port_that_fails_often_flaps, 0, COUNT_OF(losses));
    tcase_add_test(turns, a_job_that_is_gone_is_forgotten);
    tcase_add_test(turns, a_job_that_cannot_run_is_told_once_for_each_reason);
    suite_add_tcase(suite, turns);
    return support_run_suite(suite);
}
