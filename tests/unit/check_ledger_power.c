/* SPDX-License-Identifier: MIT */

/*
 * The power is cut in the middle of the service's life: the ledger opens again
 * without a word, has all that was committed, and goes on.
 */

#include <stdio.h>
#include <stdlib.h>

#include "store/ledger.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "tests/crash_vfs.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

enum {
    SAMPLES_A_RUN = 5,
    RUNS = 2,
    MOST_SAMPLES = 64,
    INTERVAL_MS = 1000,
    WIDEST_STEP = 8,           /* operations between two cuts */
    OPERATIONS_OF_MAKING = 24, /* until there is a write-ahead log */
    MAKINGS = 120,
};

static const char path[] = "check_ledger_power.db";

static struct {
    struct machine *machine;
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    struct snapshot state;
    struct snapshot samples[MOST_SAMPLES]; /* place = sample number - 1 */
    size_t sample_count;
    size_t committed; /* of these, as the ledger said */
    bool crashing;    /* SQLite's files are those of crash_vfs.h */
    uint64_t random;
    struct failure why;
} fixture;

static void remove_files(void)
{
    support_remove_database(path);
    remove("check_ledger_power.db-lock");
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
}

static void forget_samples(size_t kept)
{
    while (fixture.sample_count > kept) {
        snapshot_clear(&fixture.samples[--fixture.sample_count]);
    }
}

/* As far as that is possible without power. */
static void close_service(void)
{
    struct ledger_writer *writer = fixture.writer;
    struct ledger *ledger = fixture.ledger;

    fixture.writer = NULL;
    fixture.ledger = NULL;
    (void)!ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why);
    ledger_close(ledger);
}

static void close_fixture(void)
{
    close_service();
    if (fixture.crashing) {
        crash_vfs_end(CRASH_KEEPS_NOTHING, &fixture.random);
    }
    machine_halt(fixture.machine);
    snapshot_clear(&fixture.snapshot);
    snapshot_clear(&fixture.state);
    forget_samples(0);
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
}

static bool start_service(void)
{
    struct ledger_run run = {
        .program = "check_ledger_power",
        .boot = {.id = "boot"},
        .interval = INTERVAL_MS,
        .started_at = machine_clock(fixture.machine),
    };

    return ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why) &&
           ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why);
}

static void take_sample(void)
{
    ck_assert_uint_lt(fixture.sample_count, MOST_SAMPLES);
    machine_wait(fixture.machine, INTERVAL_MS);
    machine_change(fixture.machine);
    machine_sample(fixture.machine, &fixture.snapshot);
    made_up_copy(&fixture.samples[fixture.sample_count++], &fixture.snapshot);
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
}

static bool commit(void)
{
    if (!ledger_writer_commit(fixture.writer, &fixture.why)) {
        return false;
    }
    fixture.committed = fixture.sample_count;
    return true;
}

static bool run_service(void)
{
    if (!start_service()) {
        return false;
    }
    for (int i = 0; i < SAMPLES_A_RUN; i++) {
        take_sample();
        if (i % 2 == 0 && !commit()) {
            return false;
        }
    }
    return commit();
}

/* Begins the machine anew, and lets the service run until the power goes; how far it came. */
static int64_t live_until_cut(uint64_t seed, int64_t cut_after, enum crash_keeps keeps)
{
    int64_t operations;

    machine_halt(fixture.machine);
    forget_samples(0);
    fixture.committed = 0;
    fixture.machine = machine_boot(seed, 1700000000000);
    remove_files();
    crash_vfs_begin();
    fixture.crashing = true;
    crash_vfs_cut_after(cut_after);
    for (int i = 0; i < RUNS && run_service(); i++) {
        close_service();
    }
    close_service();
    operations = crash_vfs_is_cut() ? cut_after : -1;
    fixture.crashing = false;
    crash_vfs_end(keeps, &fixture.random);
    return operations;
}

static void check_sample(size_t i)
{
    struct ledger_moments moments;
    struct snapshot *sample = &fixture.samples[i];
    size_t at = 0;

    CHECK_DONE(ledger_find_moments(fixture.ledger, sample->taken_at, &moments, &fixture.why),
               fixture.why);
    while (at < moments.count && moments.moments[at].stretch.last_sample < (int64_t)i + 1) {
        at++;
    }
    ck_assert_msg(at < moments.count, "sample %u is in no stretch", (unsigned)i + 1);
    CHECK_DONE(ledger_state(fixture.ledger, &moments.moments[at], 0, &fixture.state, &fixture.why),
               fixture.why);
    made_up_check_equal(&fixture.state, sample);
}

/* What was on its way when the power went may be there, as a whole. */
static void take_count_of_samples(void)
{
    struct ledger_summary summary;

    CHECK_DONE(ledger_summarize(fixture.ledger, &summary, &fixture.why), fixture.why);
    ck_assert_int_ge(summary.samples, (int64_t)fixture.committed);
    ck_assert_int_le(summary.samples, (int64_t)fixture.sample_count);
    forget_samples((size_t)summary.samples);
}

static void check_ledger(void)
{
    CHECK_DONE(start_service(), fixture.why);
    take_count_of_samples();
    for (size_t i = 0; i < fixture.sample_count; i++) {
        check_sample(i);
    }
    take_sample();
    ck_assert(commit());
    check_sample(fixture.sample_count - 1);
    close_service();
    ck_assert_int_eq(support_query_number(path, "SELECT count(*) FROM pragma_integrity_check"
                                                " WHERE integrity_check <> 'ok'"),
                     0);
}

/* While a ledger is made, each operation is one of a kind; later the same come again and again. */
static int64_t next_cut(int64_t cut_after)
{
    return cut_after < OPERATIONS_OF_MAKING
               ? cut_after + 1
               : cut_after + 1 + made_up_random(&fixture.random, WIDEST_STEP);
}

START_TEST(a_power_cut_costs_nothing_that_was_committed)
{
    int64_t cut_after = 0;
    int cuts = 0;

    fixture.random = (uint64_t)_i + 1;
    while (live_until_cut((uint64_t)_i, cut_after, (enum crash_keeps)_i) >= 0) {
        check_ledger();
        cut_after = next_cut(cut_after);
        cuts++;
    }
    ck_assert_uint_eq(fixture.committed, (size_t)RUNS * SAMPLES_A_RUN);
    check_ledger(); /* the life that no cut ended */
    ck_assert_int_gt(cuts, 60);
}
END_TEST

/* What is left of a first write is by chance: so it is looked at many times. */
START_TEST(a_power_cut_while_a_ledger_is_made_leaves_one_that_can_be_made)
{
    fixture.random = 4711;
    for (int i = 0; i < MAKINGS; i++) {
        ck_assert_int_ge(live_until_cut(0, 1 + i % OPERATIONS_OF_MAKING, CRASH_KEEPS_SECTORS), 0);
        check_ledger();
    }
}
END_TEST

static Suite *ledger_power_suite(void)
{
    Suite *suite = suite_create("ledger_power");
    TCase *tests = tcase_create("ledger_power");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_power_cut_costs_nothing_that_was_committed, CRASH_KEEPS_NOTHING,
                        CRASH_KEEPS_SECTORS + 1);
    tcase_add_test(tests, a_power_cut_while_a_ledger_is_made_leaves_one_that_can_be_made);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(ledger_power_suite());
}
