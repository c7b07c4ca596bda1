/* SPDX-License-Identifier: MIT */

/*
 * The made-up years that the benchmarks write, and that the ledger gives them
 * back: they are long enough for indexes of several segments.
 */

#include <stdio.h>
#include <string.h>

#include "collector/snapshot_diff.h"
#include "made_year.h"
#include "store/ledger.h"
#include "store/ledger_query.h"
#include "tests/support.h"
#include "year_writer.h"

enum {
    SEED = 4711,
    SECONDS = 46800, /* watched ones: the desktop sleeps once in between */
    COMMIT_S = 1800,
    MARKS = 60, /* seconds whose state is looked at */
    MARK_S = SECONDS / MARKS,
};

static const char path[] = "check_made_year.db";

static struct {
    struct made_year *year;
    struct made_year *other;
    struct year_writer *writer;
    struct ledger *ledger;
    struct snapshot expected;
    struct snapshot state;
    struct snapshot_diff diff;
    struct failure why;
} fixture;

static void remove_files(void)
{
    support_remove_database(path);
    remove("check_made_year.db-lock");
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
}

static void close_fixture(void)
{
    snapshot_diff_clear(&fixture.diff);
    snapshot_clear(&fixture.expected);
    snapshot_clear(&fixture.state);
    ledger_close(fixture.ledger);
    year_writer_close(fixture.writer);
    made_year_close(fixture.year);
    made_year_close(fixture.other);
    remove_files();
}

static void check_same_snapshots(void)
{
    CHECK_DONE(snapshot_diff_make(&fixture.diff, &fixture.expected, &fixture.state, &fixture.why),
               fixture.why);
    ck_assert_uint_eq(fixture.state.process_count, fixture.expected.process_count);
    ck_assert_uint_eq(fixture.state.socket_count, fixture.expected.socket_count);
    ck_assert_uint_eq(fixture.diff.count, 0);
}

START_TEST(a_seed_makes_one_year)
{
    struct made_sample sample;

    CHECK_DONE(made_year_open(&fixture.year, (enum made_machine)_i, SEED, &fixture.why),
               fixture.why);
    CHECK_DONE(made_year_open(&fixture.other, (enum made_machine)_i, SEED, &fixture.why),
               fixture.why);
    for (int i = 0; i < 2000; i++) {
        CHECK_DONE(made_year_tick(fixture.year, &sample, &fixture.why), fixture.why);
        CHECK_DONE(made_year_tick(fixture.other, &sample, &fixture.why), fixture.why);
    }
    CHECK_DONE(made_year_snapshot(fixture.year, &fixture.expected, &fixture.why), fixture.why);
    CHECK_DONE(made_year_snapshot(fixture.other, &fixture.state, &fixture.why), fixture.why);
    ck_assert_uint_gt(fixture.expected.socket_count, 50);
    check_same_snapshots();
}
END_TEST

START_TEST(another_seed_makes_another_year)
{
    struct made_sample first;
    struct made_sample second;

    CHECK_DONE(made_year_open(&fixture.year, MADE_PROXY, SEED, &fixture.why), fixture.why);
    CHECK_DONE(made_year_open(&fixture.other, MADE_PROXY, SEED + 1, &fixture.why), fixture.why);
    for (int i = 0; i < 100; i++) {
        CHECK_DONE(made_year_tick(fixture.year, &first, &fixture.why), fixture.why);
        CHECK_DONE(made_year_tick(fixture.other, &second, &fixture.why), fixture.why);
    }
    CHECK_DONE(made_year_snapshot(fixture.year, &fixture.expected, &fixture.why), fixture.why);
    CHECK_DONE(made_year_snapshot(fixture.other, &fixture.state, &fixture.why), fixture.why);
    CHECK_DONE(snapshot_diff_make(&fixture.diff, &fixture.expected, &fixture.state, &fixture.why),
               fixture.why);
    ck_assert_uint_gt(fixture.diff.count, 0);
}
END_TEST

static void write_year(enum made_machine machine)
{
    CHECK_DONE(year_writer_open(&fixture.writer, path, machine, SEED, &fixture.why), fixture.why);
    for (int i = 0; i < SECONDS; i += COMMIT_S) {
        CHECK_DONE(year_writer_pass(fixture.writer, COMMIT_S, &fixture.why), fixture.why);
        CHECK_DONE(year_writer_commit(fixture.writer, &fixture.why), fixture.why);
    }
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_READ, &fixture.why), fixture.why);
}

static void check_state(int64_t at)
{
    struct ledger_moments moments;

    CHECK_DONE(ledger_find_moments(fixture.ledger, at, &moments, &fixture.why), fixture.why);
    ck_assert_uint_eq(moments.count, 1);
    CHECK_DONE(ledger_state(fixture.ledger, &moments.moments[0], 0, &fixture.state, &fixture.why),
               fixture.why);
    check_same_snapshots();
}

START_TEST(the_state_at_a_second_is_what_was_there_in_it)
{
    struct made_sample sample;

    write_year((enum made_machine)_i);
    CHECK_DONE(made_year_open(&fixture.year, (enum made_machine)_i, SEED, &fixture.why),
               fixture.why);
    for (int i = 1; i <= SECONDS; i++) {
        CHECK_DONE(made_year_tick(fixture.year, &sample, &fixture.why), fixture.why);
        if (i % MARK_S == 0) {
            CHECK_DONE(made_year_snapshot(fixture.year, &fixture.expected, &fixture.why),
                       fixture.why);
            check_state(sample.at);
        }
    }
}
END_TEST

/* Intervals of one port, and the sum of their ids. */
struct found {
    int local_port;  /* 0: any; only these are counted */
    int remote_port; /* likewise */
    int64_t count;
    int64_t ids;
    int64_t newest; /* id: they come in order */
};

static bool add_found(void *context, const struct ledger_interval *interval)
{
    struct found *found = context;
    const struct socket_row *row = &interval->socket;

    ck_assert_int_gt(interval->id, found->newest);
    found->newest = interval->id;
    if ((found->local_port == 0 || row->local.port == found->local_port) &&
        (found->remote_port == 0 || row->remote.port == found->remote_port)) {
        found->count++;
        found->ids += interval->id;
    }
    return true;
}

static const struct {
    int local_port;
    int remote_port;
    int since; /* seconds after the beginning */
    int until; /* 0: no end */
} asked_ports[] = {
    {389, 0, 0, 0},     {49152, 0, 0, 0},   {65535, 0, 0, 0},      {0, 389, 0, 0},
    {0, 50000, 0, 0},   {389, 50001, 0, 0}, {88, 0, 40000, 45000}, {49999, 0, 20000, 0},
    {0, 389, 30000, 0}, {1, 0, 0, 0},
};

static void walk(const struct ledger_filter *filter, struct found *found)
{
    CHECK_DONE(ledger_walk_intervals(fixture.ledger, filter, add_found, found, &fixture.why),
               fixture.why);
}

static void check_port(int place)
{
    int since = asked_ports[place].since;
    int until = asked_ports[place].until;
    struct found all = {.local_port = asked_ports[place].local_port,
                        .remote_port = asked_ports[place].remote_port};
    struct found asked = {0};
    struct ledger_filter filter = {
        .since = MADE_BEGIN_AT + since * INT64_C(1000),
        .until = until == 0 ? 0 : MADE_BEGIN_AT + until * INT64_C(1000),
    };

    walk(&filter, &all);
    filter.local_port = asked_ports[place].local_port;
    filter.remote_port = asked_ports[place].remote_port;
    walk(&filter, &asked);
    ck_assert_int_eq(asked.count, all.count);
    ck_assert_int_eq(asked.ids, all.ids);
}

START_TEST(a_port_is_found_in_every_segment)
{
    write_year(MADE_DOMAIN_CONTROLLER);
    ck_assert_int_gt(year_writer_count(fixture.writer), 65536);
    for (int i = 0; i < COUNT_OF(asked_ports); i++) {
        check_port(i);
    }
}
END_TEST

static Suite *made_year_suite(void)
{
    Suite *suite = suite_create("made_year");
    TCase *tests = tcase_create("made_year");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_seed_makes_one_year, 0, MADE_MACHINES);
    tcase_add_test(tests, another_seed_makes_another_year);
    tcase_add_loop_test(tests, the_state_at_a_second_is_what_was_there_in_it, 0,
                        MADE_PROXY); /* its 600,000 intervals would take a minute */
    tcase_add_test(tests, a_port_is_found_in_every_segment);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(made_year_suite());
}
