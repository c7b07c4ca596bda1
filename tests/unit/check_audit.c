/* SPDX-License-Identifier: MIT */

/*
 * `audit` and `jobs` end to end, on a ledger with a known history: a port that
 * answered, and stopped to when its listener ended.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "base/exit_status.h"
#include "base/machine.h"
#include "base/text.h"
#include "store/ledger.h"
#include "store/ledger_writer.h"
#include "store/probe_writer.h"
#include "store/retention.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"
#include "tests/unit/console_fake.h"
#include "tests/unit/made_up.h"

#define BEGIN INT64_C(1800057600000) /* 2027-01-16T00:00:00Z */
#define MINUTE INT64_C(60000)
#define DAY INT64_C(86400000)

#define LEDGER " --ledger check_audit.db"
#define CONFIG " --config check_audit.yaml"

static const char path[] = "check_audit.db";

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    struct failure why;
} fixture;

static const char target_path[] = "check_audit_target.db";

static void remove_files(void)
{
    support_remove_database(path);
    support_remove_database(target_path);
    remove("check_audit_target.db-lock");
    remove("check_audit_target.db.key");
    remove("check_audit.db-lock");
    remove("check_audit.db.key");
    remove("check_audit.yaml");
}

static void ask_port(const char *job, const char *host, uint16_t port, enum probe_status status,
                     enum probe_cause cause, enum expectation_result judgement)
{
    struct outcome outcome = {
        .host = text_copy(host),
        .target = {.address = {127, 0, 0, 1}, .address_size = 4, .port = port},
        .port = port,
        .transport = PROBE_TCP,
        .status = status,
        .cause = cause,
        .timings = {.connect = status == PROBE_LISTENING ? 1500 : -1, .reply = -1},
        .started_at = clock_now(),
    };

    probe_writer_add(
        ledger_writer_probes(fixture.writer),
        probe_fact_of_outcome(job, &outcome, judgement,
                              judgement == EXPECTATION_NOT_HELD && status == PROBE_LISTENING
                                  ? "the certificate is old"
                                  : NULL));
    outcome_clear(&outcome);
}

static void ask_host(const char *job, const char *host, enum probe_status status,
                     enum probe_cause cause, enum expectation_result judgement)
{
    ask_port(job, host, 80, status, cause, judgement);
}

/* Port 389 of another machine. */
static void ask_at_dc1(enum probe_status status)
{
    struct outcome outcome = {
        .host = text_copy("dc1.example.test"),
        .target = {.address = {192, 0, 2, 9}, .address_size = 4, .port = 389},
        .port = 389,
        .transport = PROBE_TCP,
        .status = status,
        .cause = PROBE_RESET,
        .timings = {.connect = -1, .reply = -1},
        .started_at = clock_now(),
    };

    probe_writer_add(ledger_writer_probes(fixture.writer),
                     probe_fact_of_outcome("far", &outcome, EXPECTATION_NOT_HELD, NULL));
    outcome_clear(&outcome);
}

static void tell_run(const char *job, enum probe_run_result result, enum probe_run_reason reason,
                     int64_t runs)
{
    struct probe_run run = {.due_at = clock_now(),
                            .last_due = clock_now(),
                            .runs = runs,
                            .result = result,
                            .reason = reason,
                            .began_at = result == PROBE_RUN_DONE ? clock_now() : 0,
                            .held = 1};

    probe_writer_add(ledger_writer_probes(fixture.writer), probe_fact_of_run(job, &run, NULL));
}

/* A minute: a sample with or without the listener, and then a run. Nothing is committed yet. */
static void see_minute(bool up)
{
    uint32_t owner;

    made_up_begin(&fixture.snapshot, clock_now());
    owner = made_up_process(&fixture.snapshot, 10, 1, "shopd", "/bin/shopd");
    if (up) {
        made_up_listener(&fixture.snapshot, 80, owner);
    }
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    clock_fake_run(1000);
    ask_host("shop", "127.0.0.1", up ? PROBE_LISTENING : PROBE_NOT_LISTENING,
             up ? PROBE_ACCEPTED : PROBE_RESET, up ? EXPECTATION_HELD : EXPECTATION_NOT_HELD);
    tell_run("shop", PROBE_RUN_DONE, PROBE_NO_REASON, 1);
    clock_fake_run(MINUTE - 1000);
}

static void pass_minute(bool up)
{
    see_minute(up);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

static void open_fixture(void)
{
    struct ledger_run run = {.program = "check", .boot = {.id = "a boot"}, .interval = MINUTE};

    memset(&fixture, 0, sizeof(fixture));
    remove_files();
    clock_fake_reset();
    clock_fake_set(BEGIN);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
    for (int i = 0; i < 20; i++) {
        see_minute(i < 15);
    }
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    if (!ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    console_fake_reset();
    remove_files();
}

START_TEST(a_failure_is_told_with_its_reason)
{
    ck_assert_int_eq(cli_run("audit --json --utc" LEDGER), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "\"host\":\"127.0.0.1\",\"port\":80,\"transport\":\"TCP\","
                              "\"status\":\"NOT LISTENING\",\"cause\":\"reset\","
                              "\"since\":\"2027-01-16T00:15:01.000Z\","
                              "\"before_at\":\"2027-01-16T00:14:01.000Z\","
                              "\"status_before\":\"LISTENING\"");
    CHECK_CONTAINS(cli_out(), "\"available\":75");
    CHECK_CONTAINS(cli_out(), "\"asked\":20,\"listening\":15,\"unasked\":0");
    CHECK_CONTAINS(cli_out(), "\"covered\":100");
    CHECK_CONTAINS(cli_out(), "\"median\":1.5");
    CHECK_CONTAINS(cli_out(), "the listener of shopd (pid 10) ended 2027-01-16 00:15:00 +00:00");
}
END_TEST

static const struct {
    const char *line;
    int status;
    const char *out;
} lines[] = {
    {"audit --expect" LEDGER, EXIT_NO, "NOT LISTENING"},
    {"audit --expect --until 2027-01-16T00:10:00Z" LEDGER, EXIT_YES, "accepted"},
    {"audit --expect --until 2027-01-15T00:00:00Z" LEDGER, EXIT_UNDECIDED, ""},
    {"audit --failures" LEDGER, EXIT_YES, "NOT LISTENING"},
    {"audit --failures --until 2027-01-16T00:10:00Z" LEDGER, EXIT_NO, ""},
    {"audit --changes --csv" LEDGER, EXIT_YES, "NOT LISTENING,reset,not held"},
    {"audit --changes --failures --until 2027-01-16T00:10:00Z" LEDGER, EXIT_NO, ""},
    {"audit --changes --since 2027-01-16T00:16:00Z" LEDGER, EXIT_NO, ""},
    {"audit --job shop" LEDGER, EXIT_YES, "shop"},
    {"audit --job nobody" LEDGER, EXIT_USAGE, ""},
    {"audit --matrix --utc" LEDGER, EXIT_YES,
     "Job shop,\n2027-01-15 00:20:00 +00:00 to 2027-01-16 00:20:00 +00:00\n"
     "100 % of its runs took place\n"
     "\n"
     "Target     80/tcp\n"
     "127.0.0.1  NOT LISTENING 75.0 % !\n"
     "\n"
     "! not as expected\n"},
    {"audit --matrix --expect --until 2027-01-16T00:10:00Z" LEDGER, EXIT_YES,
     "127.0.0.1  LISTENING 100 %\n"},
    {"audit --matrix --expect" LEDGER, EXIT_NO, "NOT LISTENING"},
    {"audit --matrix --failures --until 2027-01-16T00:10:00Z" LEDGER, EXIT_NO, ""},
    {"audit --matrix --json" LEDGER, EXIT_USAGE, ""},
    {"audit --matrix --nagios" LEDGER, 3,
     "PORTLEDGER UNKNOWN - --matrix and --nagios do not go together\n"},
    {"audit --nagios --changes" LEDGER, 3, "PORTLEDGER UNKNOWN - --nagios and --changes"},
    {"audit --nagios --json" LEDGER, 3, "PORTLEDGER UNKNOWN - --nagios is a line of its own"},
    {"audit --expect --changes" LEDGER, EXIT_USAGE, ""},
    {"audit --each" LEDGER, EXIT_USAGE, ""},
    {"audit --run shop --job shop" LEDGER, EXIT_USAGE, ""},
    {"audit --run shop --since -1h" LEDGER, EXIT_USAGE, ""},
    {"audit --run shop --changes" LEDGER, EXIT_USAGE, ""},
    {"audit --matrix --columns job" LEDGER, EXIT_USAGE, ""},
    {"audit --matrix --limit 1" LEDGER, EXIT_USAGE, ""},
    {"audit --matrix --sort port" LEDGER, EXIT_USAGE, ""},
    {"audit --nagios --job nobody" LEDGER, 3, "PORTLEDGER UNKNOWN - --job: the ledger knows"},
    {"audit --nagios --run nobody" CONFIG LEDGER, 3, "PORTLEDGER UNKNOWN - --run: the settings"},
    {"audit --matrix --run shop" LEDGER, EXIT_USAGE, ""},
    {"local" LEDGER LEDGER, EXIT_USAGE, ""},
    {"--ledger a.db local" LEDGER, EXIT_USAGE, ""},
    {"audit" LEDGER " --ledger check_audit.missing", EXIT_LEDGER, ""},
    {"audit --nagios" LEDGER, 2,
     "PORTLEDGER CRITICAL - 0 of 1 ports as expected: 127.0.0.1:80/tcp NOT LISTENING (reset) | "
     "held=0 not_held=1 undecided=0 missed=0 '127.0.0.1:80/tcp'=1500us\n"},
    {"audit --nagios --until 2027-01-16T00:10:00Z" LEDGER, 0,
     "PORTLEDGER OK - 1 of 1 ports as expected | held=1 not_held=0 undecided=0"},
    {"audit --nagios --until 2027-01-15T00:00:00Z" LEDGER, 3,
     "PORTLEDGER UNKNOWN - nothing was asked in this time"},
    {"audit --nagios --ledger check_audit.missing", 3, "PORTLEDGER UNKNOWN - "},
    {"jobs --csv" CONFIG LEDGER, EXIT_YES, "shop,"},
};

START_TEST(each_question_has_its_answer_and_status)
{
    support_write_text("check_audit.yaml", "{}\n");
    ck_assert_msg(cli_run(lines[_i].line) == lines[_i].status, "%s: %s%s", lines[_i].line,
                  cli_out(), cli_error());
    CHECK_CONTAINS(cli_out(), lines[_i].out);
}
END_TEST

START_TEST(missed_runs_are_told_everywhere)
{
    tell_run("shop", PROBE_RUN_MISSED, PROBE_MACHINE_SLEPT, 5);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    cli_run("audit --json" LEDGER);
    CHECK_CONTAINS(cli_out(), "\"covered\":80");
    CHECK_CONTAINS(cli_error(), "5 runs were missed in this time");
    support_write_text("check_audit.yaml", "{}\n");
    cli_run("jobs --json" CONFIG LEDGER);
    CHECK_CONTAINS(cli_out(), "\"runs_missed\":5");
    CHECK_CONTAINS(cli_out(), "\"missed_because\":\"system asleep\"");
    CHECK_CONTAINS(cli_out(), "\"next_at\":null");
}
END_TEST

/* What keeps a job from asking at all is told where people look. */
START_TEST(why_a_run_could_not_begin_is_told)
{
    struct probe_run run = {.due_at = clock_now(),
                            .last_due = clock_now(),
                            .runs = 1,
                            .result = PROBE_RUN_MISSED,
                            .reason = PROBE_CANNOT_BEGIN};

    probe_writer_add(ledger_writer_probes(fixture.writer),
                     probe_fact_of_run("shop", &run, "targets.txt: it is | not there"));
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    support_write_text("check_audit.yaml", "{}\n");
    cli_run("jobs --json" CONFIG LEDGER);
    CHECK_CONTAINS(cli_out(),
                   "\"missed_because\":\"could not begin: targets.txt: it is | not there\"");
    cli_run("audit --nagios" LEDGER);
    CHECK_CONTAINS(cli_out(), "; 1 run was missed (could not begin: targets.txt: it is _ not there)"
                              " | held=");
}
END_TEST

/* What was known before it is what is known. */
START_TEST(in_maintenance_the_last_result_counts)
{
    ask_host("held", "h", PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_HELD);
    tell_run("held", PROBE_RUN_DONE, PROBE_NO_REASON, 1);
    clock_fake_run(60 * MINUTE);
    tell_run("held", PROBE_RUN_SKIPPED, PROBE_MAINTENANCE, 4);
    tell_run("shop", PROBE_RUN_SKIPPED, PROBE_MAINTENANCE, 1);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    ck_assert_int_eq(cli_run("audit --nagios --since -10m --job held" LEDGER), 0);
    CHECK_CONTAINS(cli_out(), "PORTLEDGER OK - 1 of 1 ports as expected; 4 runs were skipped for "
                              "maintenance | held=1 not_held=0");
    ck_assert_int_eq(cli_run("audit --expect --since -10m --job held" LEDGER), EXIT_YES);
    ck_assert_int_eq(cli_run("audit --nagios --since -10m --job shop" LEDGER), 2);
    CHECK_CONTAINS(cli_out(), "0 of 1 ports as expected: 127.0.0.1:80/tcp NOT LISTENING (reset); "
                              "1 run was skipped for maintenance");
    ck_assert_int_eq(cli_run("audit --since -10m --job held" LEDGER), EXIT_NO);
    CHECK_CONTAINS(cli_error(), "nothing was asked");
}
END_TEST

START_TEST(what_could_not_be_stored_is_not_covered)
{
    tell_run("shop", PROBE_RUN_ENDED, PROBE_NOT_STORED, 1);
    tell_run("shop", PROBE_RUN_MISSED, PROBE_NOT_STORED, 4);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    cli_run("audit --json" LEDGER);
    CHECK_CONTAINS(cli_out(), "\"covered\":80");
    CHECK_CONTAINS(cli_error(), "what 5 runs found is missing, or a part of it");
    ck_assert_ptr_null(strstr(cli_error(), "were missed"));
}
END_TEST

/* A port that fails does not vanish from the answer with its asks. */
START_TEST(asks_that_cannot_be_read_are_a_damaged_ledger)
{
    support_run_sql(path, "UPDATE timing_now SET samples = x'ffffffffffffffffffffff'");
    ck_assert_int_eq(cli_run("audit" LEDGER), EXIT_LEDGER);
    CHECK_CONTAINS(cli_error(), "portledger: check_audit.db: the ledger is damaged: what was found "
                                "at 127.0.0.1, port 80, by "
                                "job shop cannot be read");
    ck_assert_int_eq(cli_run("audit --expect" LEDGER), EXIT_LEDGER);
    ck_assert_int_eq(cli_run("audit --nagios" LEDGER), 3);
    CHECK_CONTAINS(cli_out(), "PORTLEDGER UNKNOWN - ");
    support_run_sql(path, "UPDATE timing_now SET samples = x'80'");
    ck_assert_int_eq(cli_run("audit --nagios" LEDGER), 3);
}
END_TEST

START_TEST(an_undecided_port_is_a_warning)
{
    ask_host("other", "h", PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, EXPECTATION_UNDECIDED);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    ck_assert_int_eq(cli_run("audit --nagios --job other" LEDGER), 1);
    CHECK_CONTAINS(cli_out(), "PORTLEDGER WARNING - 0 of 1");
    ck_assert_int_eq(cli_run("audit --expect --job other" LEDGER), EXIT_UNDECIDED);
}
END_TEST

/* Every minute a run, and then nobody runs anything. */
START_TEST(silence_is_not_all_well)
{
    clock_fake_run(60 * MINUTE);
    ck_assert_int_eq(cli_run("audit --nagios --until 2027-01-16T00:14:30Z" LEDGER), 0);
    ask_host("well", "h", PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_HELD);
    tell_run("well", PROBE_RUN_DONE, PROBE_NO_REASON, 1);
    clock_fake_run(MINUTE);
    ask_host("well", "h", PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_HELD);
    tell_run("well", PROBE_RUN_DONE, PROBE_NO_REASON, 1);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    ck_assert_int_eq(cli_run("audit --nagios --job well --utc" LEDGER), 0);
    cli_run("audit --job well" LEDGER);
    ck_assert_ptr_null(strstr(cli_error(), "retention"));
    clock_fake_run(2 * MINUTE);
    ck_assert_int_eq(cli_run("audit --nagios --job well --utc" LEDGER), 0);
    clock_fake_run(2 * MINUTE);
    ck_assert_int_eq(cli_run("audit --nagios --job well --utc" LEDGER), 1);
    CHECK_CONTAINS(cli_out(), "PORTLEDGER WARNING - 1 of 1 ports as expected; job well has not run "
                              "since 2027-01-16 01:21:00 +00:00, and at least 3 runs were due; "
                              "3 runs were missed | held=1 not_held=0 undecided=0 missed=3");
    ck_assert_int_eq(cli_run("audit --expect --job well --json" LEDGER), EXIT_UNDECIDED);
    CHECK_CONTAINS(cli_out(), "\"covered\":40");
    CHECK_CONTAINS(cli_error(), "of at least 3 runs that were due in this time");
}
END_TEST

#define JOB_OF_SHOP(name)                                                                          \
    "probes:\n  jobs:\n    - name: " name "\n      targets: [127.0.0.1]\n"                         \
    "      ports: 80\n      every: 1m\n      spread: 0s\n      maintenance: 03:00-04:00\n"

/* The windows of a job in UTC are those of UTC, whatever the wall shows. */
START_TEST(silence_in_maintenance_is_none_in_its_own_zone)
{
    clock_fake_set_zone(7200, NULL, 0);
    support_write_text("check_audit.yaml", JOB_OF_SHOP("shop") "      zone: UTC\n");
    clock_fake_run(140 * MINUTE); /* 02:40 UTC */
    cli_run("audit --json --utc" CONFIG LEDGER);
    CHECK_CONTAINS(cli_error(), "of at least 140 runs that were due in this time");
    clock_fake_run(70 * MINUTE); /* 03:50 UTC */
    cli_run("audit --json --utc" CONFIG LEDGER);
    CHECK_CONTAINS(cli_error(), "of at least 160 runs that were due in this time");
}
END_TEST

/* By the settings what is due is known exactly, and that a job has never run. */
START_TEST(silence_is_measured_by_the_settings)
{
    support_write_text("check_audit.yaml", JOB_OF_SHOP("shop"));
    clock_fake_run(300 * MINUTE); /* 05:20 */
    cli_run("audit --json --utc" CONFIG LEDGER);
    CHECK_CONTAINS(cli_error(), "of at least 240 runs that were due in this time");
    support_write_text("check_audit.yaml", JOB_OF_SHOP("never"));
    ck_assert_int_eq(cli_run("audit --nagios" CONFIG LEDGER), 3);
    CHECK_CONTAINS(cli_out(), "nothing was asked in this time; job never has not run");
}
END_TEST

/* The list of jobs tells it too. */
START_TEST(jobs_of_a_service_that_is_dead_are_stale)
{
    support_write_text("check_audit.yaml", JOB_OF_SHOP("shop"));
    cli_run("jobs --utc" CONFIG LEDGER);
    ck_assert_ptr_null(strstr(cli_error(), "nobody knows"));
    clock_fake_run(10 * MINUTE);
    ck_assert_int_eq(cli_run("jobs --utc" CONFIG LEDGER), EXIT_YES);
    CHECK_CONTAINS(cli_error(), "of at least 10 runs that were due in this time the ledger has "
                                "nothing: does the service run?");
    CHECK_CONTAINS(cli_error(), "nobody knows how things are now: job shop has not run since "
                                "2027-01-16 00:19:01 +00:00, and at least 10 runs were due");
}
END_TEST

/* A job that was made just now owes nothing yet. */
START_TEST(a_job_that_was_not_due_yet_is_not_stale)
{
    support_write_text("check_audit.yaml",
                       JOB_OF_SHOP("shop") "    - name: hourly\n      targets: [127.0.0.1]\n"
                                           "      ports: 80\n      every: 1h\n      spread: 0s\n");
    pass_minute(true);
    cli_run("audit --since -10m --utc" CONFIG LEDGER);
    ck_assert_ptr_null(strstr(cli_error(), "nobody knows"));
    CHECK_CONTAINS(cli_error(), "job hourly: its first run is due 2027-01-16 01:00:00 +00:00");
    ck_assert_int_eq(cli_run("audit --nagios --since -10m" CONFIG LEDGER), 0);
    ck_assert_ptr_null(strstr(cli_out(), "hourly"));
    ck_assert_int_eq(cli_run("audit --expect --since -10m" CONFIG LEDGER), EXIT_YES);
    ck_assert_int_eq(cli_run("audit --nagios --since -30m" CONFIG LEDGER), 1); /* at 00:00 */
    CHECK_CONTAINS(cli_out(), "job hourly has not run");
}
END_TEST

/* Two ports, of which the job asks one no more. */
START_TEST(what_is_asked_no_more_is_not_judged)
{
    ask_port("less", "h", 1, PROBE_NOT_LISTENING, PROBE_RESET, EXPECTATION_NOT_HELD);
    ask_port("less", "h", 2, PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_HELD);
    tell_run("less", PROBE_RUN_DONE, PROBE_NO_REASON, 1);
    clock_fake_run(MINUTE);
    tell_run("less", PROBE_RUN_DONE, PROBE_NO_REASON, 1);
    ask_port("less", "h", 2, PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_HELD);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    ck_assert_int_eq(cli_run("audit --nagios --job less" LEDGER), 0);
    CHECK_CONTAINS(cli_out(), "OK - 1 of 1 ports as expected");
    ck_assert_int_eq(cli_run("audit --expect --job less --json" LEDGER), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "\"expectation\":\"no longer asked\"");
    CHECK_CONTAINS(cli_error(), "1 port is not asked any more, and is not judged");
    ck_assert_int_eq(cli_run("audit --failures --job less" LEDGER), EXIT_NO);
    cli_run("audit --matrix --job less" LEDGER);
    ck_assert_ptr_null(strstr(cli_out(), "1/tcp"));
}
END_TEST

START_TEST(the_line_tells_what_failed_before_what_does_not_tell)
{
    ask_port("both", "127.0.0.1", 1, PROBE_FILTERED, PROBE_TIMEOUT, EXPECTATION_UNDECIDED);
    ask_port("both", "127.0.0.1", 2, PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_NOT_HELD);
    ask_port("both", "127.0.0.1", 80, PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_HELD);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    ck_assert_int_eq(cli_run("audit --nagios" LEDGER), 2);
    CHECK_CONTAINS(cli_out(), "1 of 4 ports as expected: 127.0.0.1:80/tcp NOT LISTENING (reset) |");
    CHECK_CONTAINS(cli_out(), " 'shop/127.0.0.1:80/tcp'=1500us");
    CHECK_CONTAINS(cli_out(), " 'both/127.0.0.1:80/tcp'=1500us");
    CHECK_CONTAINS(cli_out(), " '127.0.0.1:2/tcp'=1500us");
    cli_run("audit --nagios --job both" LEDGER);
    CHECK_CONTAINS(cli_out(), "1 of 3 ports as expected: 127.0.0.1:2/tcp LISTENING (accepted), "
                              "the certificate is old |");
}
END_TEST

/* What a terminal of 80 columns has room for: which port, how it is, and why. */
START_TEST(a_narrow_table_keeps_the_reason)
{
    console_fake.terminal = true;
    console_fake.columns = 80;
    cli_run("audit --utc" LEDGER);
    CHECK_CONTAINS(cli_out(), "NOT LISTENING");
    CHECK_CONTAINS(cli_out(), "not held");
    CHECK_CONTAINS(cli_out(), "the listener of shopd");
    ck_assert_ptr_null(strstr(cli_out(), "Slowest"));
    cli_run("audit --changes --utc" LEDGER);
    CHECK_CONTAINS(cli_out(), "Was");
    support_write_text("check_audit.yaml", JOB_OF_SHOP("shop"));
    cli_run("jobs --utc" CONFIG LEDGER);
    CHECK_CONTAINS(cli_out(), "Next run");
    CHECK_CONTAINS(cli_out(), "Not held");
}
END_TEST

START_TEST(runs_that_are_not_kept_any_more_are_no_runs_that_took_place)
{
    ask_host("old", "h", PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_HELD);
    clock_fake_run(60 * MINUTE);
    tell_run("old", PROBE_RUN_DONE, PROBE_NO_REASON, 1);
    ask_host("old", "h", PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_HELD);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    cli_run("audit --utc --job old" LEDGER);
    CHECK_CONTAINS(cli_error(), "retention has dropped runs before 2027-01-16 01:20:00");
}
END_TEST

static void retain_a_day(void)
{
    struct retention_limits limits = {DAY, INT64_C(1) << 40, 4000 * DAY};
    struct retention *retention;
    bool more = true;

    CHECK_DONE(retention_open(&retention, fixture.ledger, &limits, &fixture.why), fixture.why);
    while (more) {
        CHECK_DONE(retention_work(retention, clock_now(), 100, &more, &fixture.why), fixture.why);
    }
    retention_close(retention);
}

/* Three days later, when asks, runs and changes of then are not kept any more. */
START_TEST(a_time_that_was_folded_is_answered_for_and_said)
{
    clock_fake_run(60 * MINUTE);
    pass_minute(false); /* the newest hour of those that are over stays as it is */
    clock_fake_run(3 * DAY - 61 * MINUTE);
    pass_minute(true);
    pass_minute(true);
    retain_a_day();
    ck_assert_int_eq(cli_run("audit --json --utc --since 2027-01-16T00:00:00Z" LEDGER), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "\"status\":\"LISTENING\"");
    CHECK_CONTAINS(cli_out(), "\"asked\":23,\"listening\":17");
    CHECK_CONTAINS(cli_out(), "\"folded\":true");
    CHECK_CONTAINS(cli_error(), "asks before 2027-01-17 00:00:00 +00:00 are kept as figures");
    CHECK_CONTAINS(cli_error(), "changes before 2027-01-16 00:15:01 +00:00 are older");
    CHECK_CONTAINS(cli_out(), "\"covered\":100");
    ck_assert_ptr_null(strstr(cli_error(), "dropped runs"));
    ck_assert_int_eq(cli_run("audit --json --utc --until 2027-01-16T00:10:00Z" LEDGER), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "\"status\":null,\"cause\":null,\"since\":null");
    CHECK_CONTAINS(cli_out(), "\"expectation\":null,\"available\":75");
    CHECK_CONTAINS(cli_error(), "how 1 port was at the end of this time is not kept any more");
    cli_run("audit --expect --until 2027-01-16T00:10:00Z" LEDGER);
    ck_assert_int_eq(cli_run("audit --nagios --until 2027-01-16T00:10:00Z" LEDGER), 1);
    CHECK_CONTAINS(cli_out(), "0 of 1 ports as expected: 127.0.0.1:80/tcp is not known any more |");
    cli_run("audit --matrix --until 2027-01-16T00:10:00Z" LEDGER);
    CHECK_CONTAINS(cli_out(), "127.0.0.1  - 75.0 % ?");
    cli_run("audit --changes --csv --utc --since 2027-01-16T00:00:00Z" LEDGER);
    CHECK_CONTAINS(cli_error(), "changes before 2027-01-16 00:15:01 +00:00 are older");
}
END_TEST

static int count_words(const char *text, const char *word)
{
    int count = 0;

    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        count++;
    }
    return count;
}

/* It listened, did not for five runs, and does each other time from then on. */
START_TEST(a_port_that_alternates_is_told_to_begin_and_to_end)
{
    for (int i = 0; i < 100; i++) {
        see_minute(i % 2 == 0);
    }
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    cli_run("audit --changes --csv --utc" LEDGER);
    ck_assert_int_eq(count_words(cli_out(), "2027-01-16T00:"), 1 + 2 * (1 + 6 + 1));
    CHECK_CONTAINS(cli_out(), ",held,begins,8,");
    CHECK_CONTAINS(cli_error(), "not shown: 93 changes of ports while they were flapping (--each)");
    for (int i = 0; i < 65; i++) {
        see_minute(true);
    }
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    cli_run("audit --changes --csv --utc" LEDGER);
    CHECK_CONTAINS(cli_out(), ",held,begins,8,");
    CHECK_CONTAINS(cli_out(), "2027-01-16T02:00:01.000Z,2027-01-16T01:59:01.000Z,shop,127.0.0.1,80,"
                              "TCP,NOT LISTENING,reset,LISTENING,accepted,held,ends,102,");
    CHECK_CONTAINS(cli_error(), "not shown: 93 changes");
    cli_run("audit --changes --each --csv --utc" LEDGER);
    ck_assert_int_eq(count_words(cli_out(), "\r\n"), 1 + 103);
    ck_assert_int_eq(count_words(cli_out(), ",goes on,"), 93);
}
END_TEST

/* So is one whose answer alternates. */
START_TEST(a_port_whose_expectation_alternates_flaps)
{
    for (int i = 0; i < 12; i++) {
        ask_host("judged", "h", PROBE_LISTENING, PROBE_ACCEPTED,
                 i % 2 == 0 ? EXPECTATION_HELD : EXPECTATION_NOT_HELD);
        clock_fake_run(MINUTE);
    }
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    cli_run("audit --changes --job judged --csv" LEDGER);
    CHECK_CONTAINS(cli_out(), ",begins,6,");
    CHECK_CONTAINS(cli_error(), "changes of ports while they were flapping");
}
END_TEST

START_TEST(a_full_disk_is_no_verdict)
{
    console_fake.full = true;
    ck_assert_int_eq(cli_run("audit" LEDGER), EXIT_REFUSED);
    ck_assert_int_eq(cli_run("audit --changes" LEDGER), EXIT_REFUSED);
    ck_assert_int_eq(cli_run("audit --matrix" LEDGER), EXIT_REFUSED);
    ck_assert_int_eq(cli_run("audit --nagios" LEDGER), 3);
    support_write_text("check_audit.yaml", "{}\n");
    ck_assert_int_eq(cli_run("jobs" CONFIG LEDGER), EXIT_REFUSED);
}
END_TEST

static void ask_many(void)
{
    static const uint16_t ports[] = {8443, 53, 443, 9};

    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        ask_port("wide", "10.0.0.1", ports[i], PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_HELD);
        if (ports[i] != 53) {
            ask_port("wide", "a.example", ports[i], PROBE_FILTERED, PROBE_TIMEOUT,
                     ports[i] == 9 ? EXPECTATION_UNDECIDED : EXPECTATION_NOT_HELD);
        }
    }
    ask_port("wide", "nowhere", 9, PROBE_NOT_ASKED, PROBE_NAME_NOT_RESOLVED, EXPECTATION_NOT_HELD);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

START_TEST(a_matrix_fits_its_terminal)
{
    static const struct {
        int columns;
        const char *lines;
    } widths[] = {
        {0, "Target     9/tcp            53/tcp           443/tcp          8443/tcp\n"
            "10.0.0.1   LISTENING 100 %  LISTENING 100 %  LISTENING 100 %  LISTENING 100 %\n"
            "a.example  FILTERED 0 % ?   -                FILTERED 0 % !   FILTERED 0 % !\n"
            "nowhere    NOT ASKED !      -                -                -\n"
            "\n"
            "! not as expected   ? undecided\n"},
        {79, "10.0.0.1   LISTENING 100 %  LISTENING 100 %  LISTENING 100 %  LISTENING 100 %\n"},
        {60, "Target     9/tcp  53/tcp  443/tcp  8443/tcp\n"
             "10.0.0.1   L 100  L 100   L 100    L 100\n"
             "a.example  F 0?   -       F 0!     F 0!\n"
             "nowhere    NA!    -       -        -\n"
             "\n"
             "NA NOT ASKED   L LISTENING   F FILTERED\n"
             "Numbers: share of the asks that found it LISTENING, in %\n"
             "! not as expected   ? undecided\n"},
        {30, "Target     9/tcp  53/tcp\n"
             "10.0.0.1   L 100  L 100\n"
             "a.example  F 0?   -\n"
             "nowhere    NA!    -\n"
             "\n"
             "Target     443/tcp  8443/tcp\n"
             "10.0.0.1   L 100    L 100\n"
             "a.example  F 0!     F 0!\n"
             "nowhere    -        -\n"},
        {5, "Target     9/tcp\n"},
    };

    ask_many();
    console_fake.columns = widths[_i].columns;
    ck_assert_int_eq(cli_run("audit --matrix --job wide" LEDGER), EXIT_YES);
    ck_assert_msg(strstr(cli_out(), widths[_i].lines) != NULL, "%s", cli_out());
}
END_TEST

/* The ledger of dc1: a listener for ten minutes, and then none. */
static void make_target_ledger(void)
{
    char id[] = "1", host[] = "dc1", domain[] = "example.test", none[] = "";
    struct machine_facts machine = {
        .id = id, .host = host, .domain = domain, .system = none, .zone = none};
    struct ledger_run run = {.program = "check",
                             .boot = {.id = "another boot"},
                             .interval = MINUTE,
                             .machine = &machine};
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot = {0};

    clock_fake_set(BEGIN);
    CHECK_DONE(ledger_open(&ledger, target_path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&writer, ledger, &run, &fixture.why), fixture.why);
    for (int i = 0; i < 20; i++) {
        uint32_t owner;

        made_up_begin(&snapshot, clock_now());
        owner = made_up_process(&snapshot, 77, 1, "dcd", "/bin/dcd");
        if (i < 10) {
            made_up_listener(&snapshot, 389, owner);
        }
        CHECK_DONE(ledger_writer_add(writer, &snapshot, &fixture.why), fixture.why);
        clock_fake_run(MINUTE);
    }
    CHECK_DONE(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    ledger_close(ledger);
    snapshot_clear(&snapshot);
}

START_TEST(the_ledger_of_a_target_says_why)
{
    static const char story[] = "the listener of dcd (pid 77) ended 2027-01-16 00:10:00 +00:00";

    ask_at_dc1(PROBE_NOT_LISTENING);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    make_target_ledger();
    ck_assert_int_eq(cli_run("audit --job far --json --utc" LEDGER), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "\"explanation\":null");
    ck_assert_int_eq(
        cli_run("audit --job far --json --utc" LEDGER " --ledger check_audit_target.db"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), story);
    /* The first is the one that is audited, on whichever side of the command it stands. */
    ck_assert_int_eq(cli_run("--ledger check_audit.db audit --job far --json --utc --ledger "
                             "check_audit_target.db"),
                     EXIT_YES);
    CHECK_CONTAINS(cli_out(), story);
    ck_assert_int_eq(cli_run("audit --job far --ledger check_audit_target.db" LEDGER), EXIT_USAGE);
}
END_TEST

/* What a name could do to the line that a monitoring system reads. */
START_TEST(a_hostile_name_stays_within_its_place)
{
    ask_host("evil", "a'=1|b\nOK", PROBE_LISTENING, PROBE_ACCEPTED, EXPECTATION_HELD);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    ck_assert_int_eq(cli_run("audit --nagios --job evil" LEDGER), 0);
    ck_assert_ptr_null(strstr(cli_out(), "a'=1"));
    ck_assert_ptr_eq(strchr(cli_out(), '\n'), cli_out() + strlen(cli_out()) - 1);
}
END_TEST

START_TEST(jobs_of_the_settings_are_listed_with_their_next_run)
{
    support_write_text("check_audit.yaml",
                       "probes:\n  jobs:\n    - name: shop\n      targets: [127.0.0.1]\n"
                       "      ports: [80, udp/161]\n      every: 5m\n      spread: 0s\n"
                       "      expect: listening\n");
    ck_assert_int_eq(cli_run("jobs --json --utc" CONFIG LEDGER), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "\"job\":\"shop\",\"next_at\":\"2027-01-16T00:25:00.000Z\","
                              "\"last_at\":\"2027-01-16T00:19:01.000Z\"");
    CHECK_CONTAINS(cli_out(), "\"runs_done\":20,\"runs_missed\":0");
    CHECK_CONTAINS(cli_out(), "\"schedule\":\"every 5m\",\"targets\":\"1\","
                              "\"ports\":\"tcp/80, udp/161\",\"expects\":\"listening\"");
}
END_TEST

static const struct {
    const char *line;
    const char *out;
} answers[] = {
    {"audit --utc --format table" LEDGER,
     "Job   Target     Port  Over  Status         Cause  Since                       Befor"
     "e until                Was        Asked last                  Expectation  Available"
     "  Asked  Listening  Unasked  Asks held   Covered  Changes   Median      p95      p99"
     "  Slowest  Folded  Address    On the target\n"
     "shop  127.0.0.1    80  TCP   NOT LISTENING  reset  2027-01-16 00:15:01 +00:00  2027-"
     "01-16 00:14:01 +00:00  LISTENING  2027-01-16 00:19:01 +00:00  not held       75.00 %"
     "     20         15        0         15  100.00 %        1  1.50 ms  1.50 ms  1.50 ms"
     "  1.50 ms  no      127.0.0.1  the listener of shopd (pid 10) ended 2027-01-16 00:15:"
     "00 +00:00\n"},
    {"audit --utc --format json" LEDGER,
     "[\n"
     "{\"job\":\"shop\",\"host\":\"127.0.0.1\",\"port\":80,\"transport\":\"TCP\",\"status"
     "\":\"NOT LISTENING\",\"cause\":\"reset\",\"since\":\"2027-01-16T00:15:01.000Z\",\"be"
     "fore_at\":\"2027-01-16T00:14:01.000Z\",\"status_before\":\"LISTENING\",\"asked_at\":"
     "\"2027-01-16T00:19:01.000Z\",\"expectation\":\"not held\",\"available\":75,\"asked"
     "\":20,\"listening\":15,\"unasked\":0,\"asks_held\":15,\"covered\":100,\"changes\":1,"
     "\"median\":1.5,\"p95\":1.5,\"p99\":1.5,\"slowest\":1.5,\"folded\":false,\"protocol"
     "\":null,\"address\":\"127.0.0.1\",\"detail\":null,\"explanation\":\"the listener of "
     "shopd (pid 10) ended 2027-01-16 00:15:00 +00:00\",\"answer\":null,\"answer_at\":null"
     "}\n"
     "]\n"},
    {"audit --utc --format jsonl" LEDGER,
     "{\"job\":\"shop\",\"host\":\"127.0.0.1\",\"port\":80,\"transport\":\"TCP\",\"status"
     "\":\"NOT LISTENING\",\"cause\":\"reset\",\"since\":\"2027-01-16T00:15:01.000Z\",\"be"
     "fore_at\":\"2027-01-16T00:14:01.000Z\",\"status_before\":\"LISTENING\",\"asked_at\":"
     "\"2027-01-16T00:19:01.000Z\",\"expectation\":\"not held\",\"available\":75,\"asked"
     "\":20,\"listening\":15,\"unasked\":0,\"asks_held\":15,\"covered\":100,\"changes\":1,"
     "\"median\":1.5,\"p95\":1.5,\"p99\":1.5,\"slowest\":1.5,\"folded\":false,\"protocol"
     "\":null,\"address\":\"127.0.0.1\",\"detail\":null,\"explanation\":\"the listener of "
     "shopd (pid 10) ended 2027-01-16 00:15:00 +00:00\",\"answer\":null,\"answer_at\":null"
     "}\n"},
    {"audit --utc --format csv" LEDGER,
     "job,host,port,transport,status,cause,since,before_at,status_before,asked_at,expectat"
     "ion,available,asked,listening,unasked,asks_held,covered,changes,median,p95,p99,slowe"
     "st,folded,protocol,address,detail,explanation,answer,answer_at\r\n"
     "shop,127.0.0.1,80,TCP,NOT LISTENING,reset,2027-01-16T00:15:01.000Z,2027-01-16T00:14:"
     "01.000Z,LISTENING,2027-01-16T00:19:01.000Z,not held,75,20,15,0,15,100,1,1.5,1.5,1.5,"
     "1.5,false,,127.0.0.1,,the listener of shopd (pid 10) ended 2027-01-16 00:15:00 +00:0"
     "0,,\r\n"},
    {"audit --changes --utc --format table" LEDGER,
     "At                          Before until                Job   Target     Port  Over "
     " Was        Cause     Status         New cause  Expectation  Address\n"
     "2027-01-16 00:00:01 +00:00  -                           shop  127.0.0.1    80  TCP  "
     " -          -         LISTENING      accepted   held         127.0.0.1\n"
     "2027-01-16 00:15:01 +00:00  2027-01-16 00:14:01 +00:00  shop  127.0.0.1    80  TCP  "
     " LISTENING  accepted  NOT LISTENING  reset      not held     127.0.0.1\n"},
    {"audit --changes --utc --format json" LEDGER,
     "[\n"
     "{\"at\":\"2027-01-16T00:00:01.000Z\",\"before_at\":null,\"job\":\"shop\",\"host\":"
     "\"127.0.0.1\",\"port\":80,\"transport\":\"TCP\",\"status_before\":null,\"cause_befor"
     "e\":null,\"status\":\"LISTENING\",\"cause\":\"accepted\",\"expectation\":\"held\","
     "\"flapping\":null,\"flapped\":null,"
     "\"address\":\"127.0.0.1\",\"protocol\":null,\"detail\":null},\n"
     "{\"at\":\"2027-01-16T00:15:01.000Z\",\"before_at\":\"2027-01-16T00:14:01.000Z\",\"jo"
     "b\":\"shop\",\"host\":\"127.0.0.1\",\"port\":80,\"transport\":\"TCP\",\"status_befor"
     "e\":\"LISTENING\",\"cause_before\":\"accepted\",\"status\":\"NOT LISTENING\",\"cause"
     "\":\"reset\",\"expectation\":\"not "
     "held\",\"flapping\":null,\"flapped\":null,\"address\":\"127.0.0.1\",\"protocol\":nul"
     "l,\"detail\":null}\n"
     "]\n"},
    {"audit --changes --utc --format jsonl" LEDGER,
     "{\"at\":\"2027-01-16T00:00:01.000Z\",\"before_at\":null,\"job\":\"shop\",\"host\":"
     "\"127.0.0.1\",\"port\":80,\"transport\":\"TCP\",\"status_before\":null,\"cause_befor"
     "e\":null,\"status\":\"LISTENING\",\"cause\":\"accepted\",\"expectation\":\"held\","
     "\"flapping\":null,\"flapped\":null,"
     "\"address\":\"127.0.0.1\",\"protocol\":null,\"detail\":null}\n"
     "{\"at\":\"2027-01-16T00:15:01.000Z\",\"before_at\":\"2027-01-16T00:14:01.000Z\",\"jo"
     "b\":\"shop\",\"host\":\"127.0.0.1\",\"port\":80,\"transport\":\"TCP\",\"status_befor"
     "e\":\"LISTENING\",\"cause_before\":\"accepted\",\"status\":\"NOT LISTENING\",\"cause"
     "\":\"reset\",\"expectation\":\"not "
     "held\",\"flapping\":null,\"flapped\":null,\"address\":\"127.0.0.1\",\"protocol\":nul"
     "l,\"detail\":null}\n"},
    {"audit --changes --utc --format csv" LEDGER,
     "at,before_at,job,host,port,transport,status_before,cause_before,status,cause,expecta"
     "tion,flapping,flapped,address,protocol,detail\r\n"
     "2027-01-16T00:00:01.000Z,,shop,127.0.0.1,80,TCP,,,LISTENING,accepted,held,,,127.0.0.1,"
     ",\r\n"
     "2027-01-16T00:15:01.000Z,2027-01-16T00:14:01.000Z,shop,127.0.0.1,80,TCP,LISTENING,ac"
     "cepted,NOT LISTENING,reset,not held,,,127.0.0.1,,\r\n"},
    {"jobs --utc --format table" CONFIG LEDGER,
     "Job   Next run                    Last run                    Took  Held  Not held  "
     "Undecided  Runs  Missed  Skipped  Schedule  Targets  Expects    Ports\n"
     "shop  2027-01-16 00:25:00 +00:00  2027-01-16 00:19:01 +00:00   0 s     1         0  "
     "        0    20       0        0  every 5m  1        listening  tcp/80, udp/161\n"},
    {"jobs --utc --format json" CONFIG LEDGER,
     "[\n"
     "{\"job\":\"shop\",\"next_at\":\"2027-01-16T00:25:00.000Z\",\"last_at\":\"2027-01-16T"
     "00:19:01.000Z\",\"last_lasted\":0,\"held\":1,\"not_held\":0,\"undecided\":0,\"runs_d"
     "one\":20,\"runs_missed\":0,\"runs_skipped\":0,\"missed_because\":null,\"missed_at\":"
     "null,\"schedule\":\"every 5m\",\"targets\":\"1\",\"ports\":\"tcp/80, udp/161\",\"exp"
     "ects\":\"listening\"}\n"
     "]\n"},
    {"jobs --utc --format jsonl" CONFIG LEDGER,
     "{\"job\":\"shop\",\"next_at\":\"2027-01-16T00:25:00.000Z\",\"last_at\":\"2027-01-16T"
     "00:19:01.000Z\",\"last_lasted\":0,\"held\":1,\"not_held\":0,\"undecided\":0,\"runs_d"
     "one\":20,\"runs_missed\":0,\"runs_skipped\":0,\"missed_because\":null,\"missed_at\":"
     "null,\"schedule\":\"every 5m\",\"targets\":\"1\",\"ports\":\"tcp/80, udp/161\",\"exp"
     "ects\":\"listening\"}\n"},
    {"jobs --utc --format csv" CONFIG LEDGER,
     "job,next_at,last_at,last_lasted,held,not_held,undecided,runs_done,runs_missed,runs_s"
     "kipped,missed_because,missed_at,schedule,targets,ports,expects\r\n"
     "shop,2027-01-16T00:25:00.000Z,2027-01-16T00:19:01.000Z,0,1,0,0,20,0,0,,,every 5m,1,"
     "\"tcp/80, udp/161\",listening\r\n"},
};

/* All that is printed, in every format. */
START_TEST(an_answer_is_exactly_this)
{
    support_write_text("check_audit.yaml",
                       "probes:\n  jobs:\n    - name: shop\n      targets: [127.0.0.1]\n"
                       "      ports: [80, udp/161]\n      every: 5m\n      spread: 0s\n"
                       "      expect: listening\n");
    ck_assert_int_eq(cli_run(answers[_i].line), EXIT_YES);
    ck_assert_str_eq(cli_out(), answers[_i].out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("audit");
    TCase *commands = tcase_create("commands");

    tcase_add_checked_fixture(commands, open_fixture, close_fixture);
    tcase_add_test(commands, a_failure_is_told_with_its_reason);
    tcase_add_loop_test(commands, each_question_has_its_answer_and_status, 0, COUNT_OF(lines));
    tcase_add_test(commands, missed_runs_are_told_everywhere);
    tcase_add_test(commands, why_a_run_could_not_begin_is_told);
    tcase_add_test(commands, in_maintenance_the_last_result_counts);
    tcase_add_test(commands, what_could_not_be_stored_is_not_covered);
    tcase_add_test(commands, asks_that_cannot_be_read_are_a_damaged_ledger);
    tcase_add_test(commands, an_undecided_port_is_a_warning);
    tcase_add_test(commands, silence_is_not_all_well);
    tcase_add_test(commands, silence_in_maintenance_is_none_in_its_own_zone);
    tcase_add_test(commands, silence_is_measured_by_the_settings);
    tcase_add_test(commands, jobs_of_a_service_that_is_dead_are_stale);
    tcase_add_test(commands, a_job_that_was_not_due_yet_is_not_stale);
    tcase_add_test(commands, what_is_asked_no_more_is_not_judged);
    tcase_add_test(commands, the_line_tells_what_failed_before_what_does_not_tell);
    tcase_add_test(commands, a_narrow_table_keeps_the_reason);
    tcase_add_test(commands, runs_that_are_not_kept_any_more_are_no_runs_that_took_place);
    tcase_add_test(commands, a_time_that_was_folded_is_answered_for_and_said);
    tcase_add_test(commands, a_port_that_alternates_is_told_to_begin_and_to_end);
    tcase_add_test(commands, a_port_whose_expectation_alternates_flaps);
    tcase_add_test(commands, a_full_disk_is_no_verdict);
    tcase_add_loop_test(commands, a_matrix_fits_its_terminal, 0, 5);
    tcase_add_test(commands, the_ledger_of_a_target_says_why);
    tcase_add_test(commands, a_hostile_name_stays_within_its_place);
    tcase_add_test(commands, jobs_of_the_settings_are_listed_with_their_next_run);
    tcase_add_loop_test(commands, an_answer_is_exactly_this, 0, COUNT_OF(answers));
    suite_add_tcase(suite, commands);
    return support_run_suite(suite);
}
