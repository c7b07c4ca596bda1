/* SPDX-License-Identifier: MIT */

/*
 * Who ran when and who started whom, against a model: made-up processes that
 * start each other and end, watched with gaps, through boots and set clocks.
 */

#include "store/ledger_tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static const char path[] = "check_ledger_tree.db";
static const char lock_path[] = "check_ledger_tree.db-lock";

enum {
    SAMPLES = 200,
    MOST = 2000, /* processes */
    LIVING = 12, /* at a time */
    PIDS = 20,   /* few, so that they are used again */
    STRETCHES = 200,
    RANGES = 60,
};

#define BEGIN INT64_C(1700000000000)
#define SECOND INT64_C(1000)

/* One run of a program. Its name is its place in the model. */
struct made_process {
    const struct process_instance *instance;
    int parent;       /* -1: none */
    int first_sample; /* 0: never sampled */
    int last_sample;
    int64_t id; /* in the ledger, once it was seen there */
};

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    struct made_process processes[MOST];
    int count;
    int living[LIVING]; /* -1: a free place */
    int64_t wall;
    int64_t steady;
    int64_t awake;
    int boots;
    int64_t taken_at[SAMPLES + 2]; /* by sample number */
    int samples;
    struct ledger_stretch stretches[STRETCHES];
    size_t stretch_count;
    int visits[MOST];
    int order[MOST]; /* of visits */
    int visit_count;
    int limit;
    uint64_t random;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
}

static void close_fixture(void)
{
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    for (int i = 0; i < fixture.count; i++) {
        process_instance_release(fixture.processes[i].instance);
    }
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
}

static uint32_t draw(uint32_t limit)
{
    return made_up_random(&fixture.random, limit);
}

static void start_service(void)
{
    struct ledger_run run = {.program = "check_ledger_tree", .pid = 7, .interval = SECOND};

    snprintf(run.boot.id, sizeof(run.boot.id), "boot %d", fixture.boots);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
}

static void stop_service(void)
{
    struct ledger_writer *writer = fixture.writer;

    fixture.writer = NULL;
    CHECK_DONE(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
}

static void boot(void)
{
    fixture.boots++;
    fixture.steady = fixture.awake = SECOND;
    for (int i = 0; i < LIVING; i++) {
        fixture.living[i] = -1;
    }
}

static bool has_pid(uint32_t pid)
{
    for (int i = 0; i < LIVING; i++) {
        if (fixture.living[i] >= 0 && fixture.processes[fixture.living[i]].instance->pid == pid) {
            return true;
        }
    }
    return false;
}

static void start_process(int place)
{
    struct made_process *made = &fixture.processes[fixture.count];
    int parent = fixture.living[draw(LIVING)];
    char name[16];
    struct process_instance fields = {
        .pid = 1 + draw(PIDS),
        .start = (uint64_t)fixture.steady * 1000 + (uint64_t)fixture.count + 1,
        .started_at = fixture.wall,
        .name = name,
    };

    while (has_pid(fields.pid)) {
        fields.pid = 1 + draw(PIDS);
    }
    if (parent >= 0) {
        fields.parent_pid = fixture.processes[parent].instance->pid;
        fields.parent_start = fixture.processes[parent].instance->start;
    }
    ck_assert_int_lt(fixture.count, MOST);
    snprintf(name, sizeof(name), "%d", fixture.count);
    made->parent = parent;
    made->instance = process_instance_make(&fields);
    ck_assert_ptr_nonnull(made->instance);
    fixture.living[place] = fixture.count++;
}

static void change(void)
{
    for (uint32_t i = draw(5); i > 0; i--) {
        int place = (int)draw(LIVING);

        if (fixture.living[place] >= 0) {
            fixture.living[place] = -1;
        } else {
            start_process(place);
        }
    }
}

static void sample(void)
{
    int number = ++fixture.samples;

    made_up_begin(&fixture.snapshot, fixture.wall);
    fixture.snapshot.steady_at = fixture.steady;
    fixture.snapshot.awake_at = fixture.awake;
    fixture.taken_at[number] = fixture.wall;
    for (int i = 0; i < LIVING; i++) {
        struct made_process *made =
            &fixture.processes[fixture.living[i] < 0 ? 0 : fixture.living[i]];
        uint32_t index;

        if (fixture.living[i] >= 0) {
            made->first_sample = made->first_sample == 0 ? number : made->first_sample;
            made->last_sample = number;
            CHECK_DONE(
                snapshot_add_process(&fixture.snapshot, made->instance, &index, &fixture.why),
                fixture.why);
        }
    }
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
}

static void let_something_happen(void)
{
    switch (draw(25)) {
    case 0:
        fixture.wall -= (int64_t)draw(60) * SECOND;
        break;
    case 1: /* sleep */
        fixture.wall += 100 * SECOND;
        fixture.steady += 100 * SECOND;
        break;
    case 2:
        stop_service();
        boot();
        start_service();
        break;
    case 3:
        stop_service();
        fixture.wall += 30 * SECOND;
        fixture.steady += 30 * SECOND;
        fixture.awake += 30 * SECOND;
        start_service();
        break;
    default:
        break;
    }
}

static bool keep_stretch(void *context, const struct ledger_stretch *stretch)
{
    (void)context;
    ck_assert_uint_lt(fixture.stretch_count, STRETCHES);
    fixture.stretches[fixture.stretch_count++] = *stretch;
    return true;
}

static void record_history(void)
{
    fixture.wall = BEGIN;
    boot();
    start_service();
    for (int i = 0; i < SAMPLES; i++) {
        let_something_happen();
        fixture.wall += SECOND;
        fixture.steady += SECOND;
        fixture.awake += SECOND;
        change();
        sample();
    }
    if (draw(2) == 0) {
        stop_service();
        CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_READ, &fixture.why), fixture.why);
    } else {
        CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    }
    CHECK_DONE(ledger_walk_coverage(fixture.ledger, INT64_MIN, INT64_MAX, keep_stretch, NULL,
                                    &fixture.why),
               fixture.why);
}

/* The parent, if the ledger can know it: a process that no sample saw is nobody. */
static int known_parent(int process)
{
    int parent = fixture.processes[process].parent;

    return parent >= 0 && fixture.processes[parent].first_sample == 0 ? -1 : parent;
}

static bool note_visit(void *context, const struct ledger_process_run *run)
{
    int process = (int)strtol(run->instance->name, NULL, 10);

    (void)context;
    ck_assert(process >= 0 && process < fixture.count);
    fixture.visits[process]++;
    fixture.processes[process].id = run->id;
    fixture.order[fixture.visit_count++] = process;
    ck_assert_int_eq(run->first_seen_at, fixture.taken_at[fixture.processes[process].first_sample]);
    ck_assert_int_eq(run->parent_id == 0, known_parent(process) < 0);
    return fixture.visit_count != fixture.limit;
}

static void reset_visits(int limit)
{
    memset(fixture.visits, 0, sizeof(fixture.visits));
    fixture.visit_count = 0;
    fixture.limit = limit;
}

static void walk(int64_t since, int64_t until, int limit)
{
    reset_visits(limit);
    CHECK_DONE(ledger_walk_processes(fixture.ledger, since, until, note_visit, NULL, &fixture.why),
               fixture.why);
}

/* Whether it ran in the part of the stretch that is in the range, as its samples tell. */
static bool ran_within(const struct made_process *made, const struct ledger_stretch *stretch,
                       int64_t since, int64_t until)
{
    int64_t first = made->first_sample;
    int64_t last = made->last_sample;

    if (first > stretch->last_sample || last < stretch->first_sample) {
        return false;
    }
    first = first < stretch->first_sample ? stretch->first_sample : first;
    if (last >= stretch->last_sample) {
        return fixture.taken_at[first] <= until && stretch->end_at >= since;
    }
    return fixture.taken_at[first] <= until && fixture.taken_at[last + 1] > since;
}

static bool ran(const struct made_process *made, int64_t since, int64_t until)
{
    for (size_t i = 0; made->first_sample != 0 && i < fixture.stretch_count; i++) {
        if (ran_within(made, &fixture.stretches[i], since, until)) {
            return true;
        }
    }
    return false;
}

START_TEST(each_process_of_a_range_is_visited_once)
{
    int visited = 0;

    fixture.random = (uint64_t)_i * 19 + 1;
    record_history();
    for (int i = 0; i < RANGES; i++) {
        int64_t since = BEGIN + ((int64_t)draw(1500) - 500) * (SECOND / 2);
        int64_t until = since + (int64_t)draw(300) * (SECOND / 2);

        walk(since, until, 0);
        visited += fixture.visit_count;
        for (int k = 0; k < fixture.count; k++) {
            ck_assert_int_eq(fixture.visits[k], ran(&fixture.processes[k], since, until) ? 1 : 0);
        }
    }
    ck_assert_int_gt(visited, 200);
}
END_TEST

START_TEST(parents_and_children_are_found_from_either_side)
{
    int with_parent = 0;

    fixture.random = (uint64_t)_i * 7 + 2;
    record_history();
    walk(INT64_MIN, 0, 0);
    for (int i = 0; i < fixture.count; i++) {
        if (fixture.processes[i].first_sample == 0) {
            continue;
        }
        reset_visits(0);
        CHECK_DONE(ledger_walk_children(fixture.ledger, fixture.processes[i].id, note_visit, NULL,
                                        &fixture.why),
                   fixture.why);
        for (int k = 0; k < fixture.count; k++) {
            bool child = fixture.processes[k].parent == i && fixture.processes[k].first_sample != 0;

            ck_assert_int_eq(fixture.visits[k], child ? 1 : 0);
            with_parent += child ? 1 : 0;
        }
    }
    ck_assert_int_gt(with_parent, 50);
}
END_TEST

START_TEST(ancestors_come_one_after_the_other)
{
    int deepest = 0;

    fixture.random = (uint64_t)_i * 3 + 1;
    record_history();
    walk(INT64_MIN, 0, 0);
    for (int i = 0; i < fixture.count; i++) {
        int at = 0;

        if (fixture.processes[i].first_sample == 0) {
            continue;
        }
        reset_visits(0);
        CHECK_DONE(ledger_walk_ancestors(fixture.ledger, fixture.processes[i].id, note_visit, NULL,
                                         &fixture.why),
                   fixture.why);
        for (int k = i; k >= 0; k = known_parent(k)) {
            ck_assert_int_lt(at, fixture.visit_count);
            ck_assert_int_eq(fixture.order[at++], k);
        }
        ck_assert_int_eq(at, fixture.visit_count);
        deepest = at > deepest ? at : deepest;
    }
    ck_assert_int_gt(deepest, 3);
}
END_TEST

START_TEST(a_visitor_ends_each_walk)
{
    fixture.random = 1;
    record_history();
    walk(INT64_MIN, 0, 3);
    ck_assert_int_eq(fixture.visit_count, 3);
    reset_visits(1);
    CHECK_DONE(ledger_walk_ancestors(fixture.ledger, 50, note_visit, NULL, &fixture.why),
               fixture.why);
    ck_assert_int_eq(fixture.visit_count, 1);
}
END_TEST

START_TEST(a_process_that_is_not_there_is_missing)
{
    record_history();
    CHECK_FAILED(ledger_walk_ancestors(fixture.ledger, 99999, note_visit, NULL, &fixture.why),
                 FAILURE_MISSING, fixture.why);
    CHECK_FAILED(ledger_walk_children(fixture.ledger, 99999, note_visit, NULL, &fixture.why),
                 FAILURE_MISSING, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "99999");
}
END_TEST

/* How a run ended, of three that were seen from 0 to 5, 0 to 2 and 0 to 3 s; paused then. */
static const struct {
    enum ledger_ending ending;
    int64_t ended_at;
} endings[] = {
    {LEDGER_OPEN, BEGIN + 20 * SECOND},
    {LEDGER_CLOSED, BEGIN + 2 * SECOND},
    {LEDGER_CUT, BEGIN + 3 * SECOND},
};

static bool check_ending(void *context, const struct ledger_process_run *run)
{
    int which = (int)run->instance->pid - 1;

    (*(int *)context)++;
    ck_assert_int_eq(run->ending, endings[which].ending);
    ck_assert_int_eq(run->ended_at, endings[which].ended_at);
    ck_assert(run->at_begin);
    return true;
}

static void sample_three(int64_t at, bool second, bool third)
{
    made_up_begin(&fixture.snapshot, at);
    made_up_process(&fixture.snapshot, 1, 1, "a", NULL);
    if (second) {
        made_up_process(&fixture.snapshot, 2, 2, "b", NULL);
    }
    if (third) {
        made_up_process(&fixture.snapshot, 3, 3, "c", NULL);
    }
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
}

START_TEST(a_run_tells_how_it_ended)
{
    int visits = 0;

    start_service();
    for (int i = 0; i <= 3; i++) {
        sample_three(BEGIN + (int64_t)i * SECOND, i < 2, true);
    }
    CHECK_DONE(ledger_writer_gap(fixture.writer, LEDGER_GAP_PAUSED, &fixture.why), fixture.why);
    sample_three(BEGIN + 20 * SECOND, false, false);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    CHECK_DONE(ledger_walk_processes(fixture.ledger, 0, 0, check_ending, &visits, &fixture.why),
               fixture.why);
    ck_assert_int_eq(visits, 3);
}
END_TEST

static bool count_visit(void *context, const struct ledger_process_run *run)
{
    (void)run;
    return ++*(int *)context < 100000;
}

static const char *const damages[] = {
    "UPDATE process SET parent_pid = (SELECT pid FROM process WHERE id = 11),"
    " parent_start = (SELECT start FROM process WHERE id = 11) WHERE id = 10;"
    "UPDATE process SET parent_pid = (SELECT pid FROM process WHERE id = 10),"
    " parent_start = (SELECT start FROM process WHERE id = 10) WHERE id = 11;"
    "UPDATE process SET boot = 1",
    "UPDATE process SET id = id + 4611686018427387904 WHERE id > 60",
    "UPDATE process SET first_stretch = 999, last_stretch = -1, gone_at = 9223372036854775807",
    "UPDATE process SET first_seen_at = -9223372036854775807, pid = -1, start = -1",
    "UPDATE stretch SET first_process = -9223372036854775807, id = -id",
    "UPDATE stretch SET begin_at = -9223372036854775807, end_at = 9223372036854775807",
    "DELETE FROM stretch",
};

/* Whatever refers to what: SQLite may have been built to look after that. */
static void damage_ledger(const char *damage)
{
    struct text sql = {0};

    text_addf(&sql, "PRAGMA foreign_keys = OFF; %s", damage);
    support_run_sql(path, text_bytes(&sql));
    text_clear(&sql);
}

START_TEST(a_tree_full_of_nonsense_is_walked_without_harm)
{
    static const int64_t times[] = {INT64_MIN, 0, BEGIN + 60000, INT64_MAX};
    int visits = 0;

    fixture.random = 8;
    record_history();
    if (fixture.writer != NULL) {
        stop_service();
    }
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
    damage_ledger(damages[_i]);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_READ, &fixture.why), fixture.why);
    for (int i = 0; i < COUNT_OF(times); i++) {
        CHECK_DONE(
            ledger_walk_processes(fixture.ledger, times[i], 0, count_visit, &visits, &fixture.why),
            fixture.why);
    }
    visits = 0;
    CHECK_DONE(ledger_walk_ancestors(fixture.ledger, 10, count_visit, &visits, &fixture.why),
               fixture.why);
    ck_assert_int_le(visits, 64);
    CHECK_DONE(ledger_walk_children(fixture.ledger, 10, count_visit, &visits, &fixture.why),
               fixture.why);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("ledger_tree");
    TCase *tests = tcase_create("ledger_tree");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, each_process_of_a_range_is_visited_once, 0, 2);
    tcase_add_loop_test(tests, parents_and_children_are_found_from_either_side, 0, 1);
    tcase_add_loop_test(tests, ancestors_come_one_after_the_other, 0, 1);
    tcase_add_test(tests, a_visitor_ends_each_walk);
    tcase_add_test(tests, a_process_that_is_not_there_is_missing);
    tcase_add_test(tests, a_run_tells_how_it_ended);
    tcase_add_loop_test(tests, a_tree_full_of_nonsense_is_walked_without_harm, 0,
                        COUNT_OF(damages));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
