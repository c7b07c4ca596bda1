/* SPDX-License-Identifier: MIT */

/*
 * What jobs find, in a ledger: written with the samples, asked for, folded
 * when it is old, and sealed all the while.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "base/text.h"
#include "store/ledger.h"
#include "store/ledger_writer.h"
#include "store/probe_query.h"
#include "store/probe_writer.h"
#include "store/retention.h"
#include "store/verify.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

#define MINUTE INT64_C(60000)
#define HOUR INT64_C(3600000)
#define DAY INT64_C(86400000)
#define BEGIN INT64_C(1800057600000) /* midnight, 2027-01-16 */

static const char path[] = "check_probe_ledger.db";

static struct {
    struct ledger *ledger;
    struct ledger *reader;
    struct ledger_writer *writer;
    struct retention *retention;
    struct snapshot snapshot;
    struct probe_pair_sums pairs;
    struct probe_job_sums jobs;
    struct probe_change_rows changes;
    struct probe_sum sum;
    struct probe_mix mix;
    struct failure why;
} fixture;

static void remove_files(void)
{
    support_remove_database(path);
    remove("check_probe_ledger.db-lock");
    remove("check_probe_ledger.db.key");
}

static void start(void)
{
    struct ledger_run run = {.program = "check", .boot = {.id = "a boot"}, .interval = MINUTE};

    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
    clock_fake_reset();
    clock_fake_set(BEGIN);
    start();
}

static void forget_answers(void)
{
    probe_pair_sums_clear(&fixture.pairs);
    probe_job_sums_clear(&fixture.jobs);
    probe_change_rows_clear(&fixture.changes);
}

static void stop(void)
{
    struct ledger_writer *writer = fixture.writer;

    retention_close(fixture.retention);
    fixture.retention = NULL;
    fixture.writer = NULL;
    CHECK_DONE(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
}

static void close_fixture(void)
{
    forget_answers();
    probe_sum_clear(&fixture.sum);
    probe_mix_clear(&fixture.mix);
    ledger_close(fixture.reader);
    retention_close(fixture.retention);
    if (!ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    remove_files();
}

static void commit(void)
{
    made_up_begin(&fixture.snapshot, clock_now());
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

static void ask_port(uint16_t port, enum probe_status status, enum probe_cause cause, int64_t us)
{
    struct outcome outcome = {
        .host = text_copy("dc1"),
        .target = {.address = {10, 0, 0, 1}, .address_size = 4, .port = port},
        .port = port,
        .transport = PROBE_TCP,
        .protocol = "ldap",
        .status = status,
        .cause = cause,
        .timings = {.connect = us, .reply = -1},
        .started_at = clock_now(),
    };

    probe_writer_add(
        ledger_writer_probes(fixture.writer),
        probe_fact_of_outcome("dcs", &outcome,
                              status == PROBE_LISTENING ? EXPECTATION_HELD : EXPECTATION_NOT_HELD,
                              NULL));
    outcome_clear(&outcome);
}

static void end_run(int64_t held, int64_t not_held)
{
    struct probe_run run = {
        .due_at = clock_now(),
        .last_due = clock_now(),
        .runs = 1,
        .result = PROBE_RUN_DONE,
        .began_at = clock_now() + 1,
        .lasted = 25,
        .held = held,
        .not_held = not_held,
    };

    probe_writer_add(ledger_writer_probes(fixture.writer), probe_fact_of_run("dcs", &run, NULL));
}

/* Runs of a minute each: port 389 answers, 636 only in some of them. */
static void run_minutes(int minutes, bool up)
{
    for (int i = 0; i < minutes; i++) {
        ask_port(389, PROBE_LISTENING, PROBE_ACCEPTED, 1000 + i % 10);
        if (up) {
            ask_port(636, PROBE_LISTENING, PROBE_ACCEPTED, 2000);
        } else {
            ask_port(636, PROBE_NOT_LISTENING, PROBE_RESET, 300);
        }
        end_run(up ? 2 : 1, up ? 0 : 1);
        if (i % 15 == 14 || i == minutes - 1) {
            commit();
        }
        clock_fake_run(MINUTE);
    }
}

static void query(int64_t since, int64_t until)
{
    struct probe_filter filter = {NULL, since, until};

    forget_answers();
    CHECK_DONE(ledger_open(&fixture.reader, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(probe_query_pairs(fixture.reader, &filter, &fixture.pairs, &fixture.why),
               fixture.why);
    CHECK_DONE(probe_query_jobs(fixture.reader, &filter, &fixture.jobs, &fixture.why), fixture.why);
    CHECK_DONE(probe_query_changes(fixture.reader, &filter, &fixture.changes, &fixture.why),
               fixture.why);
    ledger_close(fixture.reader);
    fixture.reader = NULL;
}

static long long number(const char *sql)
{
    return support_query_number(path, sql);
}

static enum verify_status verify(void)
{
    struct verify_plan plan = {0};
    struct verify_result result;

    CHECK_DONE(ledger_open(&fixture.reader, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(ledger_verify(&result, fixture.reader, &plan, &fixture.why), fixture.why);
    ledger_close(fixture.reader);
    fixture.reader = NULL;
    return result.status;
}

/*
 * Samples.
 */

static const struct probe_sample samples[] = {
    {BEGIN, 0, PROBE_LISTENING, EXPECTATION_HELD},
    {BEGIN + 1, -1, PROBE_FILTERED, EXPECTATION_UNDECIDED},
    {BEGIN - 5000, 1000000, PROBE_LISTENING_OR_FILTERED, EXPECTATION_UNDECIDED},
    {BEGIN + 40 * HOUR, INT64_C(1) << 40, PROBE_NOT_ASKED, EXPECTATION_NOT_HELD},
};

START_TEST(samples_come_back_as_they_were)
{
    uint8_t bytes[sizeof(samples) / sizeof(samples[0]) * PROBE_SAMPLE_BYTES];
    struct probe_sample_walk walk;
    struct probe_sample sample;
    int64_t before = BEGIN;
    size_t size = 0;

    for (int i = 0; i < COUNT_OF(samples); i++) {
        size += probe_sample_put(bytes + size, before, &samples[i]);
        before = samples[i].at;
    }
    walk = probe_samples(bytes, size, probe_hour(BEGIN));
    for (int i = 0; i < COUNT_OF(samples); i++) {
        ck_assert(probe_sample_next(&walk, &sample));
        ck_assert_int_eq(sample.at, samples[i].at);
        ck_assert_int_eq(sample.us, samples[i].us);
        ck_assert_int_eq(sample.status, samples[i].status);
        ck_assert_int_eq(sample.judgement, samples[i].judgement);
    }
    ck_assert(!probe_sample_next(&walk, &sample));
}
END_TEST

START_TEST(damaged_samples_end_the_walk)
{
    static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct probe_sample_walk walk = probe_samples(endless, sizeof(endless), 1);
    struct probe_sample sample;

    ck_assert(!probe_sample_next(&walk, &sample));
    ck_assert(walk.damaged);
    ck_assert(!probe_sample_next(&walk, &sample));
    walk = probe_samples("\x01\x11\x01", 3, 1); /* one, and a half */
    ck_assert(probe_sample_next(&walk, &sample));
    ck_assert(!walk.damaged);
    ck_assert(!probe_sample_next(&walk, &sample));
    ck_assert(walk.damaged);
    walk = probe_samples(NULL, 5, INT64_MAX);
    ck_assert(!probe_sample_next(&walk, &sample));
    ck_assert(!walk.damaged);
}
END_TEST

START_TEST(figures_are_of_what_was_measured)
{
    for (int i = 100; i > 0; i--) {
        struct probe_sample sample = {BEGIN, INT64_C(10) * i, PROBE_LISTENING, EXPECTATION_HELD};

        CHECK_DONE(probe_sum_add(&fixture.sum, &sample, &fixture.why), fixture.why);
    }
    for (int i = 0; i < 50; i++) {
        struct probe_sample sample = {BEGIN, 9999, PROBE_NOT_LISTENING, EXPECTATION_NOT_HELD};

        CHECK_DONE(probe_sum_add(&fixture.sum, &sample, &fixture.why), fixture.why);
    }
    probe_sum_end(&fixture.sum);
    ck_assert_int_eq(fixture.sum.figure.asked, 150);
    ck_assert_int_eq(fixture.sum.figure.listening, 100);
    ck_assert_int_eq(fixture.sum.figure.held, 100);
    ck_assert_int_eq(fixture.sum.figure.median, 500);
    ck_assert_int_eq(fixture.sum.figure.p95, 950);
    ck_assert_int_eq(fixture.sum.figure.p99, 990);
    ck_assert_int_eq(fixture.sum.figure.slowest, 1000);
}
END_TEST

/* A tenth of the asks was a hundred times as slow: a mean of the days would not show it. */
START_TEST(slow_days_are_seen_among_others)
{
    const struct probe_figure usual = {.asked = 90,
                                       .listening = 90,
                                       .held = 90,
                                       .median = 1000,
                                       .p95 = 1500,
                                       .p99 = 1800,
                                       .slowest = 2000};
    const struct probe_figure slow = {.asked = 12,
                                      .listening = 10,
                                      .unasked = 1,
                                      .undecided = 1,
                                      .median = 100000,
                                      .p95 = 150000,
                                      .p99 = 180000,
                                      .slowest = 200000};
    const struct probe_figure silent = {
        .asked = 7, .median = -1, .p95 = -1, .p99 = -1, .slowest = -1};
    const struct probe_figure nothing = {.median = -1, .p95 = -1, .p99 = -1, .slowest = -1};
    struct probe_figure figure;

    CHECK_DONE(probe_mix_add(&fixture.mix, &usual, &fixture.why), fixture.why);
    CHECK_DONE(probe_mix_add(&fixture.mix, &nothing, &fixture.why), fixture.why);
    probe_mix_end(&fixture.mix, &figure);
    ck_assert_mem_eq(&figure, &usual, sizeof(figure));
    CHECK_DONE(probe_mix_add(&fixture.mix, &slow, &fixture.why), fixture.why);
    CHECK_DONE(probe_mix_add(&fixture.mix, &silent, &fixture.why), fixture.why);
    probe_mix_end(&fixture.mix, &figure);
    ck_assert_int_eq(figure.asked, 109);
    ck_assert_int_eq(figure.listening, 100);
    ck_assert_int_eq(figure.held, 90);
    ck_assert_int_eq(figure.slowest, 200000);
    ck_assert(figure.median > 1000 && figure.median < 1100);
    ck_assert_int_eq(figure.p95, 100000); /* half of the slow ones, and all others */
    ck_assert(figure.p99 > 140000 && figure.p99 < 150000);
}
END_TEST

START_TEST(figures_that_nobody_measured_do_no_harm)
{
    static const struct probe_figure odd[] = {
        {.asked = 1, .listening = 1, .median = 5, .p95 = 1, .p99 = -7, .slowest = INT64_MAX},
        {.asked = INT64_MAX / 4, .listening = -1, .median = INT64_MIN, .p95 = INT64_MAX},
        {.asked = 3, .listening = 0, .median = 0, .p95 = 0, .p99 = 0, .slowest = 0},
    };
    struct probe_figure figure;

    for (int i = 0; i < COUNT_OF(odd); i++) {
        CHECK_DONE(probe_mix_add(&fixture.mix, &odd[i], &fixture.why), fixture.why);
    }
    probe_mix_end(&fixture.mix, &figure);
    ck_assert(figure.median >= 0 && figure.median <= figure.p95);
    ck_assert(figure.p95 <= figure.p99 && figure.p99 <= figure.slowest);
}
END_TEST

/*
 * The ledger.
 */

START_TEST(only_what_changes_is_an_outcome)
{
    const struct probe_pair_sum *pair;

    run_minutes(30, true);
    run_minutes(15, false);
    run_minutes(15, true);
    query(BEGIN, clock_now());
    ck_assert_int_eq(number("SELECT count(*) FROM outcome"), 4);
    ck_assert_uint_eq(fixture.pairs.count, 2);
    pair = &fixture.pairs.items[1];
    ck_assert_int_eq(pair->port, 636);
    ck_assert_str_eq(pair->host, "dc1");
    ck_assert_int_eq(pair->figure.asked, 60);
    ck_assert_int_eq(pair->figure.listening, 45);
    ck_assert_int_eq(pair->figure.median, 2000);
    ck_assert_int_eq(pair->changes, 2);
    ck_assert_int_eq(pair->now.status, PROBE_LISTENING);
    ck_assert_int_eq(pair->now.first_at, BEGIN + 45 * MINUTE);
    ck_assert_int_eq(pair->now.before_at, BEGIN + 44 * MINUTE);
    ck_assert_int_eq(pair->before, PROBE_NOT_LISTENING);
    ck_assert_int_eq(pair->last_at, BEGIN + 59 * MINUTE);
    ck_assert_int_eq(fixture.pairs.items[0].changes, 0);
}
END_TEST

START_TEST(a_time_counts_its_own_asks_only)
{
    run_minutes(60, true);
    run_minutes(60, false);
    query(BEGIN + 30 * MINUTE, BEGIN + 90 * MINUTE - 1);
    ck_assert_int_eq(fixture.pairs.items[1].figure.asked, 60);
    ck_assert_int_eq(fixture.pairs.items[1].figure.listening, 30);
    ck_assert_int_eq(fixture.jobs.items[0].done, 60);
    query(BEGIN, BEGIN + 30 * MINUTE);
    ck_assert_int_eq(fixture.pairs.items[1].now.status, PROBE_LISTENING);
    ck_assert_int_eq(fixture.pairs.items[1].last_at, BEGIN + 30 * MINUTE);
    query(BEGIN - DAY, BEGIN - 1);
    ck_assert_uint_eq(fixture.pairs.count, 0);
}
END_TEST

START_TEST(changes_tell_what_was_before)
{
    run_minutes(3, true);
    run_minutes(3, false);
    query(BEGIN + 1, clock_now());
    ck_assert_uint_eq(fixture.changes.count, 1);
    ck_assert_int_eq(fixture.changes.items[0].before, PROBE_LISTENING);
    ck_assert_int_eq(fixture.changes.items[0].now.status, PROBE_NOT_LISTENING);
    ck_assert_int_eq(fixture.changes.items[0].pair->port, 636);
}
END_TEST

START_TEST(missed_runs_are_told)
{
    struct probe_run run = {.due_at = BEGIN,
                            .last_due = BEGIN + 9 * MINUTE,
                            .runs = 10,
                            .result = PROBE_RUN_MISSED,
                            .reason = PROBE_MACHINE_SLEPT};
    int64_t handled;

    CHECK_DONE(
        probe_writer_handled(ledger_writer_probes(fixture.writer), "dcs", &handled, &fixture.why),
        fixture.why);
    ck_assert_int_eq(handled, INT64_MIN);
    probe_writer_add(ledger_writer_probes(fixture.writer), probe_fact_of_run("dcs", &run, "zzz"));
    commit();
    CHECK_DONE(
        probe_writer_handled(ledger_writer_probes(fixture.writer), "dcs", &handled, &fixture.why),
        fixture.why);
    ck_assert_int_eq(handled, BEGIN + 9 * MINUTE);
    query(BEGIN, BEGIN + DAY);
    ck_assert_int_eq(fixture.jobs.items[0].missed, 10);
    ck_assert_int_eq(fixture.jobs.items[0].missed_reason, PROBE_MACHINE_SLEPT);
    ck_assert_str_eq(probe_run_reason_name(fixture.jobs.items[0].missed_reason), "system asleep");
    ck_assert_int_eq(fixture.jobs.items[0].last_due, 0);
}
END_TEST

/* Ten missed runs at BEGIN + 0 to 9 minutes, of which a time may have a part. */
static const struct {
    int64_t since;
    int64_t until;
    int64_t missed;
} parts[] = {
    {BEGIN - DAY, BEGIN + DAY, 10},
    {BEGIN, BEGIN + 9 * MINUTE, 10},
    {BEGIN + 1, BEGIN + DAY, 9},
    {BEGIN + 5 * MINUTE, BEGIN + DAY, 5},
    {BEGIN + 9 * MINUTE, BEGIN + DAY, 1},
    {BEGIN + 9 * MINUTE + 1, BEGIN + DAY, 0},
    {BEGIN - DAY, BEGIN - 1, 0},
    {BEGIN - DAY, BEGIN, 1},
    {BEGIN - DAY, BEGIN + 4 * MINUTE + 30000, 5},
    {BEGIN + 3 * MINUTE, BEGIN + 6 * MINUTE, 4},
    {BEGIN + 3 * MINUTE + 1, BEGIN + 4 * MINUTE - 1, 0},
};

START_TEST(of_missed_runs_in_a_row_a_time_has_its_own)
{
    struct probe_run run = {.due_at = BEGIN,
                            .last_due = BEGIN + 9 * MINUTE,
                            .runs = 10,
                            .result = PROBE_RUN_MISSED,
                            .reason = PROBE_NOT_STORED};

    probe_writer_add(ledger_writer_probes(fixture.writer), probe_fact_of_run("dcs", &run, NULL));
    commit();
    query(parts[_i].since, parts[_i].until);
    ck_assert_int_eq(fixture.jobs.items[0].missed, parts[_i].missed);
    ck_assert_int_eq(fixture.jobs.items[0].not_stored, parts[_i].missed);
}
END_TEST

START_TEST(runs_of_a_clock_that_was_ahead_are_not_the_newest)
{
    int64_t handled;

    clock_fake_set(BEGIN + 365 * DAY);
    end_run(1, 0);
    clock_fake_set(BEGIN + MINUTE);
    end_run(2, 0);
    commit();
    CHECK_DONE(
        probe_writer_handled(ledger_writer_probes(fixture.writer), "dcs", &handled, &fixture.why),
        fixture.why);
    ck_assert_int_eq(handled, BEGIN + MINUTE);
    query(BEGIN, BEGIN + DAY);
    ck_assert_int_eq(fixture.jobs.items[0].last_due, BEGIN + MINUTE);
}
END_TEST

/* Nothing of it may be of no run of the service. */
START_TEST(without_a_sample_nothing_is_written)
{
    ask_port(389, PROBE_LISTENING, PROBE_ACCEPTED, 1);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    ck_assert_int_eq(number("SELECT count(*) FROM outcome"), 0);
    commit();
    ck_assert_int_eq(number("SELECT count(*) FROM outcome"), 1);
}
END_TEST

START_TEST(a_failed_commit_writes_it_later_and_once)
{
    run_minutes(2, true);
    ask_port(389, PROBE_NOT_LISTENING, PROBE_RESET, 1);
    support_run_sql(path, "INSERT INTO run SELECT 99, program, pid, boot, started_at, commit_ms,"
                          " machine_id, host, domain, system, zone, ended FROM run LIMIT 1");
    ck_assert(!ledger_writer_commit(fixture.writer, &fixture.why));
    ck_assert_int_eq(number("SELECT count(*) FROM outcome"), 2);
    support_run_sql(path, "DELETE FROM run WHERE id = 99");
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    ck_assert_int_eq(number("SELECT count(*) FROM outcome"), 3);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    query(BEGIN, clock_now());
    ck_assert_int_eq(fixture.pairs.items[0].figure.asked, 3);
}
END_TEST

START_TEST(all_that_waits_is_written_at_the_end)
{
    for (int i = 0; i < 40000; i++) {
        ask_port((uint16_t)(i + 1), PROBE_NOT_LISTENING, PROBE_RESET, 1);
    }
    commit();
    ck_assert_int_lt(number("SELECT count(*) FROM pair"), 40000);
    stop();
    ck_assert_int_eq(number("SELECT count(*) FROM pair"), 40000);
    ck_assert_int_eq(verify(), VERIFY_HELD);
    start();
}
END_TEST

/* Facts that are long, until some have no room. One a minute. */
static void fill_with(bool runs)
{
    static char words[8192];
    struct probe_writer *writer = ledger_writer_probes(fixture.writer);
    struct probe_run run = {.runs = 1, .result = PROBE_RUN_DONE};
    struct outcome outcome = {
        .host = text_copy("dc1"), .port = 389, .transport = PROBE_TCP, .detail = words};

    memset(words, 'x', sizeof(words) - 1);
    while (probe_writer_lost(writer) < 10) {
        run.due_at = run.last_due = outcome.started_at = clock_now();
        probe_writer_add(writer,
                         runs ? probe_fact_of_run("dcs", &run, words)
                              : probe_fact_of_outcome("dcs", &outcome, EXPECTATION_HELD, NULL));
        clock_fake_run(MINUTE);
    }
    free(outcome.host);
}

static void commit_all(void)
{
    do {
        commit();
    } while (probe_writer_waits(ledger_writer_probes(fixture.writer)));
}

START_TEST(a_run_whose_outcomes_had_no_room_is_none_that_took_place)
{
    fill_with(false);
    end_run(1000, 0); /* runs have room still */
    commit_all();
    clock_fake_run(MINUTE);
    ask_port(389, PROBE_LISTENING, PROBE_ACCEPTED, 1);
    end_run(1, 0);
    commit();
    query(BEGIN, clock_now());
    ck_assert_int_eq(fixture.jobs.items[0].done, 1);
    ck_assert_int_eq(fixture.jobs.items[0].ended, 1);
    ck_assert_int_eq(fixture.jobs.items[0].not_stored, 1);
    ck_assert_int_eq(number("SELECT detail LIKE '10 outcomes had no room%' FROM job_run"
                            " WHERE result = 4 AND reason = 8"),
                     1);
}
END_TEST

START_TEST(runs_that_had_no_room_are_missed)
{
    long long stored;
    long long all;

    fill_with(true);
    all = (clock_now() - BEGIN) / MINUTE;
    commit_all();
    stored = number("SELECT count(*) FROM job_run");
    end_run(1, 0);
    commit();
    query(BEGIN, clock_now());
    ck_assert_int_eq(stored, all - 10);
    ck_assert_int_eq(fixture.jobs.items[0].done, stored + 1);
    ck_assert_int_eq(fixture.jobs.items[0].missed, 10);
    ck_assert_int_eq(fixture.jobs.items[0].not_stored, 10);
    ck_assert_str_eq(probe_run_reason_name(fixture.jobs.items[0].missed_reason), "not stored");
    ck_assert_int_eq(fixture.jobs.items[0].missed_at, BEGIN + (all - 1) * MINUTE);
}
END_TEST

START_TEST(an_hour_that_is_over_is_kept_for_good)
{
    run_minutes(150, true);
    ck_assert_int_eq(number("SELECT count(*) FROM timing"), 4);
    ck_assert_int_eq(number("SELECT count(*) FROM timing_now WHERE length(samples) > 0"), 2);
    stop();
    start();
    run_minutes(30, true);
    query(BEGIN, clock_now());
    ck_assert_int_eq(fixture.pairs.items[0].figure.asked, 180);
    ck_assert_int_eq(number("SELECT count(*) FROM outcome"), 2);
}
END_TEST

/* A clock that is set back puts asks into an hour that was over. */
START_TEST(a_clock_that_is_set_back_loses_nothing)
{
    run_minutes(70, true);
    clock_fake_set(BEGIN + 10 * MINUTE);
    run_minutes(70, false);
    query(BEGIN, BEGIN + DAY);
    ck_assert_int_eq(fixture.pairs.items[0].figure.asked, 140);
    ck_assert_int_eq(fixture.pairs.items[1].figure.listening, 70);
}
END_TEST

static void retain_within(int64_t keep, int64_t keep_profile, int64_t max_size)
{
    struct retention_limits limits = {keep, max_size, keep_profile};
    bool more = true;

    CHECK_DONE(retention_open(&fixture.retention, fixture.ledger, &limits, &fixture.why),
               fixture.why);
    for (int i = 0; more && i < 500; i++) {
        CHECK_DONE(retention_work(fixture.retention, clock_now(), 100, &more, &fixture.why),
                   fixture.why);
    }
    ck_assert(!more);
    retention_close(fixture.retention);
    fixture.retention = NULL;
}

static void retain(int64_t keep, int64_t keep_profile)
{
    retain_within(keep, keep_profile, INT64_C(1) << 40);
}

START_TEST(asks_that_take_the_space_are_folded_early)
{
    run_minutes(5 * 1440, true);
    retain_within(100 * DAY, 100 * DAY, 200000);
    ck_assert_int_gt(number("SELECT count(*) FROM figure WHERE hours = 24"), 2);
    ck_assert_int_gt(number("SELECT count(*) FROM timing"), 40); /* a day is kept */
    ck_assert_int_gt(number("SELECT sum(rows) FROM dropped WHERE what = 9 AND why = 2"), 48);
    query(BEGIN, clock_now());
    ck_assert_int_eq(fixture.pairs.items[0].figure.asked, INT64_C(5) * 1440);
    ck_assert_int_eq(verify(), VERIFY_HELD);
}
END_TEST

START_TEST(old_asks_are_folded_and_seals_hold)
{
    run_minutes(36 * 60, true);
    run_minutes(36 * 60, false);
    query(BEGIN, clock_now());
    ck_assert_int_eq(fixture.pairs.items[1].figure.listening, INT64_C(36) * 60);
    retain(DAY, 100 * DAY);
    ck_assert_int_eq(number("SELECT count(*) FROM figure WHERE hours = 24"), 4);
    ck_assert_int_eq(number("SELECT count(*) FROM figure WHERE hours = 1"), 96);
    ck_assert_int_eq(number("SELECT sum(asked) FROM figure WHERE hours = 24"),
                     INT64_C(2) * 48 * 60);
    ck_assert_int_eq(number("SELECT min(hour) FROM timing"), (BEGIN + 2 * DAY) / HOUR);
    ck_assert_int_eq(number("SELECT sum(rows) FROM dropped WHERE what = 9"), 96);
    ck_assert_int_gt(number("SELECT sum(rows) FROM dropped WHERE what = 6"), 0);
    query(BEGIN, clock_now());
    ck_assert_int_eq(fixture.pairs.items[1].figure.asked, INT64_C(72) * 60);
    ck_assert_int_eq(fixture.pairs.items[1].figure.listening, INT64_C(36) * 60);
    ck_assert_int_eq(fixture.pairs.items[1].figure.median, 2000);
    ck_assert_int_eq(fixture.pairs.items[1].folded_until, BEGIN + 2 * DAY);
    ck_assert_int_eq(verify(), VERIFY_HELD);
    stop();
    ck_assert_int_eq(verify(), VERIFY_HELD);
    support_run_sql(path, "UPDATE figure SET listening = listening + 1 WHERE id = 3");
    ck_assert_int_eq(verify(), VERIFY_CHANGED);
    start();
}
END_TEST

enum { DAILY = 4 };

/* An ask every six hours; port 636 is down in the first ten days of each hundred. */
static void run_year(int days)
{
    for (int i = 0; i < days * DAILY; i++) {
        bool up = i / DAILY % 100 >= 10;

        ask_port(389, PROBE_LISTENING, PROBE_ACCEPTED, 1000 + i % DAILY);
        ask_port(636, up ? PROBE_LISTENING : PROBE_NOT_LISTENING, up ? PROBE_ACCEPTED : PROBE_RESET,
                 2000);
        end_run(up ? 2 : 1, up ? 0 : 1);
        if (i % (DAILY * 5) == DAILY * 5 - 1) {
            commit();
        }
        clock_fake_run(DAY / DAILY);
    }
}

START_TEST(a_folded_year_is_answered_for)
{
    const struct probe_pair_sum *pair;

    run_year(365);
    retain(30 * DAY, 4000 * DAY);
    ck_assert_int_eq(number("SELECT count(*) FROM figure WHERE hours = 24"), INT64_C(2) * 335);
    query(BEGIN, clock_now());
    pair = &fixture.pairs.items[0];
    ck_assert_int_eq(pair->folded_until, BEGIN + 335 * DAY);
    ck_assert_int_eq(pair->figure.asked, INT64_C(365) * DAILY);
    ck_assert_int_eq(pair->figure.listening, INT64_C(365) * DAILY);
    ck_assert_int_eq(pair->figure.median, 1001);
    ck_assert_int_eq(pair->figure.p95, 1003);
    ck_assert_int_eq(pair->figure.slowest, 1003);
    pair = &fixture.pairs.items[1];
    ck_assert_int_eq(pair->figure.asked, INT64_C(365) * DAILY);
    ck_assert_int_eq(pair->figure.listening, INT64_C(325) * DAILY);
    ck_assert_int_eq(pair->figure.held, INT64_C(325) * DAILY);
    ck_assert_int_eq(pair->figure.median, 2000);
    ck_assert_int_eq(pair->now.status, PROBE_LISTENING);
    ck_assert_int_eq(pair->now.first_at, BEGIN + 310 * DAY);
    ck_assert_int_eq(pair->before, -1); /* dropped with those before it */
    ck_assert_int_eq(pair->changes, 1);
    ck_assert_int_eq(fixture.jobs.items[0].done, INT64_C(365) * DAILY);
    ck_assert_int_eq(fixture.jobs.items[0].first_known, BEGIN);
    ck_assert_int_lt(number("SELECT count(*) FROM job_run"), 335 + INT64_C(31) * DAILY);
    ck_assert_int_eq(number("SELECT sum(held + not_held) FROM job_run"), INT64_C(2) * 365 * DAILY);
    ck_assert_uint_eq(fixture.changes.count, 2);
    ck_assert_int_eq(fixture.changes.pairs.whole_from, BEGIN + 310 * DAY);
    ck_assert_int_eq(fixture.pairs.whole_from, BEGIN + 310 * DAY);
    ck_assert_int_eq(verify(), VERIFY_HELD);
}
END_TEST

/* By hours where the time begins or ends within a day, whatever its time of day. */
static const struct {
    int64_t since;
    int64_t until;
    int asked;
    int listening;
    int status; /* the first result was replaced, and is gone */
} folded_times[] = {
    {BEGIN + 5 * DAY, BEGIN + 20 * DAY - 1, 60, 40, PROBE_LISTENING},
    {BEGIN + 5 * DAY + 12 * HOUR, BEGIN + 20 * DAY + 6 * HOUR, 60, 42, PROBE_LISTENING},
    {BEGIN + 9 * DAY + 18 * HOUR, BEGIN + 10 * DAY + 6 * HOUR, 3, 2, PROBE_LISTENING},
    {BEGIN + 15 * DAY + 5 * HOUR, BEGIN + 15 * DAY + 12 * HOUR - 1, 1, 1, PROBE_LISTENING},
    {BEGIN + 15 * DAY, BEGIN + 15 * DAY, 1, 1, PROBE_LISTENING},
    {BEGIN - 500 * DAY, BEGIN, 1, 0, PROBE_STATUS_GONE},
};

START_TEST(a_part_of_a_folded_time_counts_its_own_asks)
{
    const struct probe_pair_sum *pair;

    run_year(50);
    clock_fake_run(100 * DAY);
    run_year(2);
    retain(30 * DAY, 4000 * DAY);
    query(folded_times[_i].since, folded_times[_i].until);
    ck_assert_uint_eq(fixture.pairs.count, 2);
    pair = &fixture.pairs.items[1];
    ck_assert_int_eq(pair->figure.asked, folded_times[_i].asked);
    ck_assert_int_eq(pair->figure.listening, folded_times[_i].listening);
    ck_assert_int_eq(pair->now.status, folded_times[_i].status);
    ck_assert_int_ne(pair->folded_until, 0);
}
END_TEST

/* Runs that did not take place are told for as long as those that did, of a day at least. */
START_TEST(a_folded_time_has_all_its_runs)
{
    struct probe_run run = {.due_at = BEGIN,
                            .last_due = BEGIN + 9 * MINUTE,
                            .runs = 10,
                            .result = PROBE_RUN_MISSED,
                            .reason = PROBE_MACHINE_SLEPT};
    int64_t handled;

    probe_writer_add(ledger_writer_probes(fixture.writer), probe_fact_of_run("dcs", &run, NULL));
    clock_fake_run(10 * MINUTE);
    for (int day = 0; day < 4; day++) {
        run_minutes(50, true);
        clock_fake_run(DAY - 50 * MINUTE);
    }
    commit();
    retain(DAY, 100 * DAY);
    ck_assert_int_eq(number("SELECT count(*) FROM job_run WHERE result = 1"), 3 + 50);
    query(BEGIN, clock_now());
    ck_assert_int_eq(fixture.jobs.items[0].missed, 10);
    ck_assert_int_eq(fixture.jobs.items[0].done, 200);
    ck_assert_int_eq(fixture.jobs.items[0].first_known, BEGIN);
    ck_assert_int_eq(fixture.jobs.items[0].last_due, BEGIN + 3 * DAY + 59 * MINUTE);
    query(BEGIN + DAY, BEGIN + 2 * DAY - 1);
    ck_assert_int_eq(fixture.jobs.items[0].done, 50);
    query(BEGIN + DAY + 20 * MINUTE, BEGIN + 2 * DAY + 19 * MINUTE);
    ck_assert_int_eq(fixture.jobs.items[0].done, 40 + 10);
    CHECK_DONE(
        probe_writer_handled(ledger_writer_probes(fixture.writer), "dcs", &handled, &fixture.why),
        fixture.why);
    ck_assert_int_eq(handled, BEGIN + 3 * DAY + 59 * MINUTE);
    ck_assert_int_eq(verify(), VERIFY_HELD);
    clock_fake_run(200 * DAY);
    run_minutes(2, true);
    clock_fake_run(2 * DAY); /* a clock that leapt is believed after a day */
    commit();
    retain(DAY, 100 * DAY);
    query(BEGIN, clock_now());
    ck_assert_int_eq(fixture.jobs.items[0].done, 2);
    ck_assert_int_eq(fixture.jobs.items[0].missed, 0);
    ck_assert_int_eq(verify(), VERIFY_HELD);
}
END_TEST

START_TEST(what_is_in_force_stays_however_old)
{
    run_minutes(10, true);
    run_minutes(10, false);
    clock_fake_run(10 * DAY);
    ask_port(389, PROBE_LISTENING, PROBE_ACCEPTED, 5);
    commit();
    clock_fake_run(MINUTE);
    commit();
    retain(DAY, 2 * DAY);
    ck_assert_int_eq(number("SELECT count(*) FROM outcome"), 2);
    ck_assert_int_eq(number("SELECT status FROM outcome WHERE pair = 2"), PROBE_NOT_LISTENING);
    stop();
    ck_assert_int_eq(verify(), VERIFY_HELD);
    start();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("probe_ledger");
    TCase *pure = tcase_create("samples");
    TCase *stored = tcase_create("ledger");

    tcase_add_checked_fixture(pure, open_fixture, close_fixture);
    tcase_add_test(pure, samples_come_back_as_they_were);
    tcase_add_test(pure, damaged_samples_end_the_walk);
    tcase_add_test(pure, figures_are_of_what_was_measured);
    tcase_add_test(pure, slow_days_are_seen_among_others);
    tcase_add_test(pure, figures_that_nobody_measured_do_no_harm);
    suite_add_tcase(suite, pure);
    tcase_add_checked_fixture(stored, open_fixture, close_fixture);
    tcase_add_test(stored, only_what_changes_is_an_outcome);
    tcase_add_test(stored, a_time_counts_its_own_asks_only);
    tcase_add_test(stored, changes_tell_what_was_before);
    tcase_add_test(stored, missed_runs_are_told);
    tcase_add_loop_test(stored, of_missed_runs_in_a_row_a_time_has_its_own, 0, COUNT_OF(parts));
    tcase_add_test(stored, runs_of_a_clock_that_was_ahead_are_not_the_newest);
    tcase_add_test(stored, without_a_sample_nothing_is_written);
    tcase_add_test(stored, a_failed_commit_writes_it_later_and_once);
    tcase_add_test(stored, all_that_waits_is_written_at_the_end);
    tcase_add_test(stored, a_run_whose_outcomes_had_no_room_is_none_that_took_place);
    tcase_add_test(stored, runs_that_had_no_room_are_missed);
    tcase_add_test(stored, an_hour_that_is_over_is_kept_for_good);
    tcase_add_test(stored, a_clock_that_is_set_back_loses_nothing);
    tcase_add_test(stored, asks_that_take_the_space_are_folded_early);
    tcase_add_test(stored, old_asks_are_folded_and_seals_hold);
    tcase_add_test(stored, a_folded_year_is_answered_for);
    tcase_add_loop_test(stored, a_part_of_a_folded_time_counts_its_own_asks, 0,
                        COUNT_OF(folded_times));
    tcase_add_test(stored, a_folded_time_has_all_its_runs);
    tcase_add_test(stored, what_is_in_force_stays_however_old);
    suite_add_tcase(suite, stored);
    return support_run_suite(suite);
}
