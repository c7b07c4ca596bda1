/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "store/database.h"
#include "store/ledger.h"
#include "store/ledger_handle.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static const char path[] = "check_ledger_query.db";
static const char lock_path[] = "check_ledger_query.db-lock";

enum {
    INTERVAL_MS = 1000,
    COMMIT_MS = 5000,
    MANY = 20000, /* ids that a test may gather */
};

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct machine *machine;
    struct snapshot snapshot;
    int64_t *ids;
    size_t id_count;
    int64_t *expected;
    struct ledger_interval *intervals;
    uint64_t random;
    struct failure why;
} fixture;

static void start_service(void)
{
    struct ledger_run run = {
        .program = "check_ledger_query 1.0",
        .pid = 77,
        .boot = {.id = "boot"},
        .started_at = 5,
        .interval = INTERVAL_MS,
        .commit = COMMIT_MS,
    };

    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
    fixture.ids = calloc(MANY, sizeof(*fixture.ids));
    fixture.expected = calloc(MANY, sizeof(*fixture.expected));
    fixture.intervals = calloc(MANY, sizeof(*fixture.intervals));
    ck_assert(fixture.ids != NULL && fixture.expected != NULL && fixture.intervals != NULL);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    start_service();
}

static void close_fixture(void)
{
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    machine_halt(fixture.machine);
    snapshot_clear(&fixture.snapshot);
    free(fixture.ids);
    free(fixture.expected);
    free(fixture.intervals);
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
}

static void add(void)
{
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
}

static void commit(void)
{
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

static void stop(enum ledger_gap reason)
{
    struct ledger_writer *writer = fixture.writer;

    fixture.writer = NULL;
    CHECK_DONE(ledger_writer_close(writer, reason, &fixture.why), fixture.why);
}

static void sample_listener(int64_t at, uint16_t port)
{
    made_up_begin(&fixture.snapshot, at);
    made_up_listener(&fixture.snapshot, port,
                     made_up_process(&fixture.snapshot, 10, 1, "a.exe", NULL));
    add();
}

static void watch(int64_t from, int64_t to)
{
    for (int64_t at = from; at <= to; at += INTERVAL_MS) {
        sample_listener(at, 80);
    }
}

static struct ledger_moments find(int64_t at)
{
    struct ledger_moments moments;

    CHECK_DONE(ledger_find_moments(fixture.ledger, at, &moments, &fixture.why), fixture.why);
    return moments;
}

/*
 * Moments
 */

START_TEST(an_empty_ledger_has_no_moments)
{
    struct ledger_moments moments = find(1000);

    ck_assert_uint_eq(moments.count, 0);
    ck_assert_int_eq(moments.watched_before, INT64_MIN);
    ck_assert_int_eq(moments.watched_after, INT64_MAX);
    ck_assert_int_eq(moments.reason, LEDGER_GAP_NONE);
}
END_TEST

/* Watched from 10 to 20 s and from 40 s on: to 50 s in the last sample. */
static const struct {
    int64_t at;
    size_t count;
    int64_t moment; /* where there is one */
    int64_t before; /* where there is none */
    int64_t after;
    enum ledger_gap reason;
} moment_cases[] = {
    {9999, 0, 0, INT64_MIN, 10000, LEDGER_GAP_NONE},
    {10000, 1, 10000, 0, 0, LEDGER_GAP_NONE},
    {12345, 1, 12345, 0, 0, LEDGER_GAP_NONE},
    {20000, 1, 20000, 0, 0, LEDGER_GAP_NONE},
    {20001, 0, 0, 20000, 40000, LEDGER_GAP_PAUSED},
    {39999, 0, 0, 20000, 40000, LEDGER_GAP_PAUSED},
    {40000, 1, 40000, 0, 0, LEDGER_GAP_NONE},
    {50001, 1, 50000, 0, 0, LEDGER_GAP_NONE},
    {56500, 1, 50000, 0, 0, LEDGER_GAP_NONE}, /* interval, commit, and half a second */
    {56501, 0, 0, 50000, INT64_MAX, LEDGER_GAP_NONE},
};

START_TEST(a_moment_is_found_where_it_was_watched)
{
    struct ledger_moments moments;

    watch(10000, 20000);
    CHECK_DONE(ledger_writer_gap(fixture.writer, LEDGER_GAP_PAUSED, &fixture.why), fixture.why);
    watch(40000, 50000);
    commit();
    moments = find(moment_cases[_i].at);
    ck_assert_uint_eq(moments.count, moment_cases[_i].count);
    if (moments.count > 0) {
        ck_assert_int_eq(moments.moments[0].at, moment_cases[_i].moment);
    } else {
        ck_assert_int_eq(moments.watched_before, moment_cases[_i].before);
        ck_assert_int_eq(moments.watched_after, moment_cases[_i].after);
        ck_assert_int_eq(moments.reason, moment_cases[_i].reason);
    }
}
END_TEST

START_TEST(a_stopped_service_watches_no_longer)
{
    watch(1000, 5000);
    stop(LEDGER_GAP_STOPPED);
    ck_assert_uint_eq(find(5000).count, 1);
    ck_assert_uint_eq(find(5001).count, 0);
    ck_assert_int_eq(find(5001).reason, LEDGER_GAP_STOPPED);
}
END_TEST

START_TEST(no_time_is_missing_where_the_interval_changes)
{
    watch(1000, 5000);
    CHECK_DONE(ledger_writer_set_interval(fixture.writer, 2000, &fixture.why), fixture.why);
    sample_listener(7000, 80);
    commit();
    ck_assert_uint_eq(find(6999).count, 1);
    ck_assert_int_eq(find(6999).moments[0].at, 5000);
    ck_assert_uint_eq(find(7000).count, 1);
    ck_assert_int_eq(find(7000).moments[0].stretch.id, 2);
}
END_TEST

START_TEST(a_time_that_happened_twice_has_two_moments)
{
    struct ledger_moments moments;

    watch(10000, 20000);
    watch(15000, 25000);
    commit();
    moments = find(17000);
    ck_assert_uint_eq(moments.count, 2);
    ck_assert_int_eq(moments.moments[0].stretch.ended, LEDGER_GAP_CLOCK_SET);
    ck_assert_int_eq(moments.moments[1].stretch.id, 2);
    ck_assert_uint_eq(find(12000).count, 1);
    ck_assert_uint_eq(find(24000).count, 1);
}
END_TEST

START_TEST(more_moments_than_fit_are_said)
{
    for (int i = 0; i <= LEDGER_MOMENTS; i++) {
        ck_assert(!find(10500).more);
        watch(10000, 12000);
        commit();
    }
    ck_assert_uint_eq(find(10500).count, LEDGER_MOMENTS);
    ck_assert(find(10500).more);
}
END_TEST

START_TEST(the_state_is_what_the_sample_before_the_moment_saw)
{
    struct ledger_moments moments;
    struct snapshot state = {0};

    sample_listener(1000, 80);
    sample_listener(2000, 81);
    commit();
    moments = find(1999);
    CHECK_DONE(ledger_state(fixture.ledger, &moments.moments[0], 0, &state, &fixture.why),
               fixture.why);
    ck_assert_int_eq(state.taken_at, 1999);
    ck_assert_uint_eq(state.socket_count, 1);
    ck_assert_int_eq(state.sockets[0].local.port, 80);
    ck_assert_str_eq(snapshot_owner(&state, &state.sockets[0])->name, "a.exe");

    moments = find(2000); /* and it replaces what was in the snapshot */
    CHECK_DONE(ledger_state(fixture.ledger, &moments.moments[0], 0, &state, &fixture.why),
               fixture.why);
    ck_assert_uint_eq(state.socket_count, 1);
    ck_assert_int_eq(state.sockets[0].local.port, 81);
    ck_assert_uint_eq(state.process_count, 1);
    snapshot_clear(&state);
}
END_TEST

static const struct ledger_moment unknown_moments[] = {
    {.at = 1000, .stretch = {.id = 99}},
    {.at = 999, .stretch = {.id = 1}},
};

START_TEST(a_moment_that_the_ledger_does_not_have_has_no_state)
{
    watch(1000, 2000);
    commit();
    made_up_begin(&fixture.snapshot, 7);
    CHECK_FAILED(
        ledger_state(fixture.ledger, &unknown_moments[_i], 0, &fixture.snapshot, &fixture.why),
        FAILURE_MISSING, fixture.why);
    ck_assert_uint_eq(fixture.snapshot.socket_count, 0);
}
END_TEST

/*
 * Coverage
 */

static bool gather_stretch(void *context, const struct ledger_stretch *stretch)
{
    int *limit = context;

    fixture.ids[fixture.id_count++] = stretch->id;
    return --*limit != 0;
}

static size_t count_stretches(int64_t since, int64_t until, int limit)
{
    fixture.id_count = 0;
    CHECK_DONE(
        ledger_walk_coverage(fixture.ledger, since, until, gather_stretch, &limit, &fixture.why),
        fixture.why);
    return fixture.id_count;
}

static const struct {
    int64_t since;
    int64_t until;
    size_t count;
} coverage_cases[] = {
    {INT64_MIN, INT64_MAX, 300},
    {0, 9999, 0},
    {0, 10000, 1},
    {10000, 10000, 1},
    {10001, 19999, 0},
    {10001, 30000, 2},
    {3000000, INT64_MAX, 1},
    {3000001, INT64_MAX, 0},
};

static void record_stretches(void)
{
    for (int64_t at = 10000; at <= 3000000; at += 10000) { /* each one late */
        sample_listener(at, 80);
    }
    commit();
}

START_TEST(coverage_is_visited_where_it_touches_the_range)
{
    record_stretches();
    ck_assert_uint_eq(count_stretches(coverage_cases[_i].since, coverage_cases[_i].until, 0),
                      coverage_cases[_i].count);
    for (size_t i = 1; i < fixture.id_count; i++) {
        ck_assert_int_eq(fixture.ids[i], fixture.ids[i - 1] + 1);
    }
}
END_TEST

/* 1 to 300 are there. */
static const struct {
    int64_t id;
    int64_t begin_at;
} stretch_ids[] = {{1, 10000}, {3, 30000}, {300, 3000000}, {0, 0}, {301, 0}, {-1, 0}};

START_TEST(a_stretch_is_found_by_its_number)
{
    struct ledger_stretch stretch;
    bool found;

    record_stretches();
    CHECK_DONE(
        ledger_find_stretch(fixture.ledger, stretch_ids[_i].id, &stretch, &found, &fixture.why),
        fixture.why);
    ck_assert_int_eq(found, stretch_ids[_i].begin_at != 0);
    ck_assert_int_eq(stretch.begin_at, stretch_ids[_i].begin_at);
    ck_assert_int_eq(stretch.id, found ? stretch_ids[_i].id : 0);
}
END_TEST

START_TEST(a_visitor_ends_the_walk_over_coverage)
{
    for (int64_t at = 10000; at <= 3000000; at += 10000) {
        sample_listener(at, 80);
    }
    commit();
    ck_assert_uint_eq(count_stretches(INT64_MIN, INT64_MAX, 3), 3);
    ck_assert_uint_eq(count_stretches(INT64_MIN, INT64_MAX, 200), 200);
}
END_TEST

START_TEST(a_stretch_tells_all_of_itself)
{
    struct ledger_stretch stretch;

    made_up_begin(&fixture.snapshot, 1000);
    fixture.snapshot.lacks = SNAPSHOT_NO_IPV4_UDP;
    add();
    made_up_begin(&fixture.snapshot, 2000);
    fixture.snapshot.lacks = SNAPSHOT_NO_IPV4_UDP;
    add();
    commit();
    stretch = find(1000).moments[0].stretch;
    ck_assert_int_eq(stretch.id, 1);
    ck_assert_int_eq(stretch.run_id, 1);
    ck_assert_int_eq(stretch.boot_id, 1);
    ck_assert_int_eq(stretch.begin_at, 1000);
    ck_assert_int_eq(stretch.end_at, 2000);
    ck_assert_int_eq(stretch.first_sample, 1);
    ck_assert_int_eq(stretch.last_sample, 2);
    ck_assert_int_eq(stretch.interval, INTERVAL_MS);
    ck_assert_int_eq(stretch.ended, LEDGER_GAP_NONE);
    ck_assert_uint_eq(stretch.lacks, SNAPSHOT_NO_IPV4_UDP);
}
END_TEST

/*
 * Intervals
 */

/* What a visit lends ends with it: only what is no pointer may be looked at later. */
static bool gather_interval(void *context, const struct ledger_interval *interval)
{
    int *limit = context;

    ck_assert_uint_lt(fixture.id_count, MANY);
    fixture.intervals[fixture.id_count] = *interval;
    fixture.ids[fixture.id_count++] = interval->id;
    return --*limit != 0;
}

static size_t walk(const struct ledger_filter *filter, int limit)
{
    fixture.id_count = 0;
    CHECK_DONE(ledger_walk_intervals(fixture.ledger, filter, gather_interval, &limit, &fixture.why),
               fixture.why);
    return fixture.id_count;
}

START_TEST(an_interval_tells_how_it_ended)
{
    struct ledger_filter filter = {0};

    sample_listener(1000, 80);
    sample_listener(2000, 81);
    CHECK_DONE(ledger_writer_gap(fixture.writer, LEDGER_GAP_PAUSED, &fixture.why), fixture.why);
    sample_listener(9000, 81);
    sample_listener(10000, 81);
    commit();
    ck_assert_uint_eq(walk(&filter, 0), 3);

    ck_assert_int_eq(fixture.intervals[0].ending, LEDGER_CLOSED);
    ck_assert_int_eq(fixture.intervals[0].opened_at, 1000);
    ck_assert_int_eq(fixture.intervals[0].closed_at, 2000);
    ck_assert(fixture.intervals[0].at_begin && !fixture.intervals[0].continued);

    ck_assert_int_eq(fixture.intervals[1].ending, LEDGER_CUT);
    ck_assert_int_eq(fixture.intervals[1].closed_at, 2000);
    ck_assert(!fixture.intervals[1].at_begin && !fixture.intervals[1].continued);

    ck_assert_int_eq(fixture.intervals[2].ending, LEDGER_OPEN);
    ck_assert_int_eq(fixture.intervals[2].closed_at, 10000);
    ck_assert(fixture.intervals[2].at_begin && fixture.intervals[2].continued);
    ck_assert_uint_eq(fixture.intervals[2].socket.pid, 10);
}
END_TEST

static bool check_owner(void *context, const struct ledger_interval *interval)
{
    *(bool *)context = true;
    ck_assert_ptr_nonnull(interval->owner);
    ck_assert_str_eq(interval->owner->name, "naïve.exe");
    ck_assert_str_eq(interval->owner->path, "/opt/naïve.exe");
    ck_assert_uint_eq(interval->owner->start, UINT64_MAX);
    ck_assert_uint_eq(interval->owner->parent_pid, 1);
    ck_assert_uint_eq(interval->owner->session, 3);
    ck_assert_int_eq(interval->socket.attribution, ATTRIBUTION_EXACT);
    return true;
}

START_TEST(an_owner_comes_back_as_it_went_in)
{
    struct ledger_filter filter = {0};
    bool visited = false;

    made_up_begin(&fixture.snapshot, 1000);
    made_up_listener(
        &fixture.snapshot, 80,
        made_up_process(&fixture.snapshot, 10, UINT64_MAX, "naïve.exe", "/opt/naïve.exe"));
    add();
    commit();
    CHECK_DONE(ledger_walk_intervals(fixture.ledger, &filter, check_owner, &visited, &fixture.why),
               fixture.why);
    ck_assert(visited);
}
END_TEST

/* One stretch from 10 to 20 s: port 80 all of the time, 81 from 12 to 15 s, 82 from 20 s. */
static void record_three_ports(void)
{
    for (int64_t at = 10000; at <= 20000; at += 1000) {
        uint32_t owner;

        made_up_begin(&fixture.snapshot, at);
        owner = made_up_process(&fixture.snapshot, 10, 1, "a.exe", NULL);
        made_up_listener(&fixture.snapshot, 80, owner);
        if (at >= 12000 && at < 15000) {
            made_up_listener(&fixture.snapshot, 81, owner);
        }
        if (at >= 20000) {
            made_up_listener(&fixture.snapshot, 82, owner);
        }
        add();
    }
    commit();
}

static const struct {
    int64_t since;
    int64_t until;
    size_t count;
} ranges[] = {
    {0, 0, 3},         {0, 9999, 0},      {0, 10000, 1},     {0, 11999, 1},
    {0, 12000, 2},     {14999, 14999, 2}, {15000, 15000, 1}, /* half open */
    {15000, 19999, 1}, {15000, 20000, 2}, {20000, 0, 2},     {20001, 0, 0},
};

START_TEST(an_interval_is_visited_where_it_touches_the_range)
{
    struct ledger_filter filter = {.since = ranges[_i].since, .until = ranges[_i].until};

    record_three_ports();
    ck_assert_uint_eq(walk(&filter, 0), ranges[_i].count);
}
END_TEST

/* Four sockets of three processes, one of which is not known. */
static void record_four_sockets(void)
{
    struct socket_row row = {
        .protocol = SOCKET_UDP,
        .local = {.address_size = 4, .port = 443},
        .pid = 30,
        .owner = SOCKET_NO_OWNER,
        .attribution = ATTRIBUTION_EXITED,
    };
    uint32_t first;
    uint32_t second;

    made_up_begin(&fixture.snapshot, 1000);
    first = made_up_process(&fixture.snapshot, 10, 1, "Chrome.exe", NULL);
    second = made_up_process(&fixture.snapshot, 20, 1, "chrome.EXE", NULL);
    made_up_process(&fixture.snapshot, 40, 1, "idle.exe", NULL);
    made_up_listener(&fixture.snapshot, 443, first);
    made_up_connection(&fixture.snapshot, 50000, 443, SOCKET_ESTABLISHED, first);
    made_up_connection(&fixture.snapshot, 50001, 80, SOCKET_ESTABLISHED, second);
    CHECK_DONE(snapshot_add_socket(&fixture.snapshot, &row, &fixture.why), fixture.why);
    add();
    commit();
}

static const struct {
    struct ledger_filter filter;
    size_t count;
} filters[] = {
    {{.port = 443}, 3},
    {{.local_port = 443}, 2},
    {{.remote_port = 443}, 1},
    {{.port = 443, .protocol = SOCKET_UDP}, 1},
    {{.local_port = 443, .remote_port = 443}, 0},
    {{.local_port = 50000, .remote_port = 443}, 1},
    {{.port = 7}, 0},
    {{.protocol = SOCKET_TCP}, 3},
    {{.state = SOCKET_ESTABLISHED}, 2},
    {{.state = SOCKET_ESTABLISHED, .port = 443}, 1},
    {{.has_pid = true, .pid = 10}, 2},
    {{.has_pid = true, .pid = 30}, 1}, /* known by its pid only */
    {{.has_pid = true, .pid = 40}, 0},
    {{.has_pid = true, .pid = 0}, 0},
    {{.process = "CHROME.EXE"}, 3},
    {{.process = "chrome"}, 0},
    {{.process = "chrome.exe", .state = SOCKET_LISTENING}, 1},
    {{.process = "chrome.exe", .has_pid = true, .pid = 20}, 1},
    {{.after_id = 2}, 2},
    {{.after_id = 4}, 0},
};

START_TEST(a_filter_lets_through_what_it_asks_for)
{
    record_four_sockets();
    ck_assert_uint_eq(walk(&filters[_i].filter, 0), filters[_i].count);
}
END_TEST

START_TEST(a_visitor_ends_the_walk)
{
    struct ledger_filter filter = {0};

    record_four_sockets();
    ck_assert_uint_eq(walk(&filter, 2), 2);
    ck_assert_uint_eq(walk(&filter, 0), 4);
}
END_TEST

/*
 * A made-up machine, watched with gaps, long enough for several batches of
 * everything.
 */
static void record_machine(int samples)
{
    fixture.machine = machine_boot(99, 1700000000000);
    for (int i = 0; i < samples; i++) {
        machine_wait(fixture.machine, i % 97 == 0 ? 10000 : INTERVAL_MS);
        if (i % 193 == 0) {
            machine_set_clock(fixture.machine, -30000);
        }
        machine_change(fixture.machine);
        machine_sample(fixture.machine, &fixture.snapshot);
        add();
    }
    commit();
}

static uint32_t draw(uint32_t limit)
{
    return made_up_random(&fixture.random, limit);
}

/* Half of the fields ask for nothing, and what is asked for is often there. */
static struct ledger_filter draw_filter(void)
{
    static const char *const names[] = {"chrome.exe", "SVCHOST.exe", "naïve", "", "none"};
    int64_t end = machine_clock(fixture.machine);
    struct ledger_filter filter = {0};

    switch (draw(7)) {
    case 0:
        filter.port = 80 + (int)draw(12);
        break;
    case 1:
        filter.local_port = 65535 - (int)draw(12);
        break;
    case 2:
        filter.remote_port = 80 + (int)draw(12);
        break;
    case 3:
        filter.has_pid = true;
        filter.pid = 4 * draw(100);
        break;
    case 4:
        filter.process = names[draw((uint32_t)COUNT_OF(names))];
        break;
    default:
        break;
    }
    filter.protocol = draw(3) == 0 ? SOCKET_UDP : 0;
    filter.state = draw(5) == 0 ? SOCKET_ESTABLISHED : 0;
    filter.since = draw(2) == 0 ? 0 : end - draw(1000000);
    filter.until = draw(2) == 0 ? 0 : filter.since + draw(300000) + (filter.since == 0 ? end : 0);
    filter.after_id = draw(3) == 0 ? draw(3000) : 0;
    return filter;
}

static bool port_fits(const struct ledger_filter *filter, const struct socket_row *row)
{
    int remote = row->remote.address_size == 0 ? -1 : row->remote.port;

    return (filter->local_port == 0 || filter->local_port == row->local.port) &&
           (filter->remote_port == 0 || filter->remote_port == remote) &&
           (filter->port == 0 || filter->port == row->local.port || filter->port == remote);
}

/* The same question, asked of one interval and of nothing else. */
static bool fits(const struct ledger_filter *filter, const struct ledger_interval *interval)
{
    const struct socket_row *row = &interval->socket;

    return interval->id > filter->after_id &&
           (filter->until == 0 || interval->opened_at <= filter->until) &&
           (interval->closed_at > filter->since || interval->opened_at >= filter->since ||
            (interval->ending != LEDGER_CLOSED && interval->closed_at >= filter->since)) &&
           (filter->protocol == 0 || filter->protocol == row->protocol) &&
           (filter->state == 0 || filter->state == row->state) &&
           (!filter->has_pid || filter->pid == row->pid) &&
           (filter->process == NULL ||
            (interval->owner != NULL && text_equal_fold(interval->owner->name, filter->process))) &&
           port_fits(filter, row);
}

static bool gather_fitting(void *context, const struct ledger_interval *interval)
{
    if (fits(context, interval)) {
        fixture.expected[fixture.id_count++] = interval->id;
    }
    return true;
}

static size_t walk_the_long_way(struct ledger_filter *filter)
{
    struct ledger_filter all = {0};

    fixture.id_count = 0;
    CHECK_DONE(ledger_walk_intervals(fixture.ledger, &all, gather_fitting, filter, &fixture.why),
               fixture.why);
    return fixture.id_count;
}

START_TEST(every_way_into_the_ledger_leads_to_the_same_intervals)
{
    size_t found = 0;

    fixture.random = 5;
    record_machine(800);
    for (int i = 0; i < 80; i++) {
        struct ledger_filter filter = draw_filter();
        size_t expected = walk_the_long_way(&filter);

        ck_assert_uint_eq(walk(&filter, 0), expected);
        ck_assert_mem_eq(fixture.ids, fixture.expected, expected * sizeof(fixture.ids[0]));
        found += expected;
    }
    ck_assert_uint_gt(found, 5000); /* they asked for something */
}
END_TEST

START_TEST(pages_by_key_are_the_whole)
{
    struct ledger_filter filter = {0};
    int64_t last = 0;
    size_t all;
    size_t seen = 0;

    record_machine(700);
    filter.since = machine_clock(fixture.machine) - 300000;
    all = walk(&filter, 0);
    ck_assert_uint_gt(all, 1024); /* more than one batch */
    while (walk(&filter, 100) > 0) {
        ck_assert_int_gt(fixture.ids[0], last);
        last = fixture.ids[fixture.id_count - 1];
        seen += fixture.id_count;
        filter.after_id = last;
    }
    ck_assert_uint_eq(seen, all);
}
END_TEST

static bool commit_more(void *context, const struct ledger_interval *interval)
{
    int *visits = context;

    (void)interval;
    if (++*visits % 100 == 0) {
        machine_wait(fixture.machine, INTERVAL_MS);
        machine_change(fixture.machine);
        machine_sample(fixture.machine, &fixture.snapshot);
        add();
        commit();
    }
    return true;
}

/* No read transaction is open while a visitor runs: the writer goes on, even on this connection. */
START_TEST(a_walk_holds_nothing_up)
{
    struct ledger_filter filter = {0};
    int visits = 0;

    record_machine(400);
    CHECK_DONE(ledger_walk_intervals(fixture.ledger, &filter, commit_more, &visits, &fixture.why),
               fixture.why);
    ck_assert_int_gt(visits, 1000);
}
END_TEST

START_TEST(the_summary_counts)
{
    struct ledger_summary summary;

    record_three_ports();
    CHECK_DONE(ledger_summarize(fixture.ledger, &summary, &fixture.why), fixture.why);
    ck_assert_str_eq(summary.program, "check_ledger_query 1.0");
    ck_assert_uint_eq(summary.pid, 77);
    ck_assert_int_eq(summary.run_started_at, 5);
    ck_assert_int_eq(summary.first_sample_at, 10000);
    ck_assert_int_eq(summary.last_sample_at, 20000);
    ck_assert_int_eq(summary.samples, 11);
    ck_assert_int_eq(summary.stretches, 1);
    ck_assert_int_eq(summary.intervals, 3);
    ck_assert_int_eq(summary.open_intervals, 2);
    ck_assert_int_eq(summary.processes, 1);
    ck_assert_int_eq(summary.interval, INTERVAL_MS);
    ck_assert_int_eq(summary.ended, LEDGER_GAP_NONE);
    ck_assert_int_gt(summary.bytes + summary.wal_bytes, 4096);

    stop(LEDGER_GAP_STOPPED);
    CHECK_DONE(ledger_summarize(fixture.ledger, &summary, &fixture.why), fixture.why);
    ck_assert_int_eq(summary.open_intervals, 0);
    ck_assert_int_eq(summary.ended, LEDGER_GAP_STOPPED);
}
END_TEST

/*
 * Speed: no statement may look at every row of the tables that grow. Whoever
 * writes a new statement is held to it, because all are prepared.
 */
static void check_plan(sqlite3 *db, const char *sql)
{
    struct text explain = {0};
    sqlite3_stmt *plan = NULL;

    text_add(&explain, "EXPLAIN QUERY PLAN ");
    text_add(&explain, sql);
    CHECK_DONE(database_prepare(db, text_bytes(&explain), &plan, &fixture.why), fixture.why);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *detail = database_column_text(plan, 3);

        ck_assert_msg(strncmp(detail, "SCAN interval", 13) != 0 &&
                          strncmp(detail, "SCAN process", 12) != 0 &&
                          strncmp(detail, "SCAN p", 6) != 0 && strncmp(detail, "SCAN text", 9) != 0,
                      "%s, in: %s", detail, sql);
    }
    sqlite3_finalize(plan);
    text_clear(&explain);
}

START_TEST(no_statement_scans_what_grows)
{
    sqlite3 *db = fixture.ledger->db;
    const char *sql[200];
    int count = 0;

    for (sqlite3_stmt *one = sqlite3_next_stmt(db, NULL); one != NULL;
         one = sqlite3_next_stmt(db, one)) {
        ck_assert_int_lt(count, COUNT_OF(sql));
        sql[count++] = sqlite3_sql(one);
    }
    ck_assert_int_gt(count, LEDGER_ROWS_STATEMENTS);
    for (int i = 0; i < count; i++) {
        check_plan(db, sql[i]);
    }
}
END_TEST

/*
 * A ledger from elsewhere may hold anything that fits its columns, whatever
 * refers to what.
 */
static const char *const damages[] = {
    "UPDATE interval SET opened_at = 9223372036854775807, lasted = 9223372036854775807",
    "UPDATE interval SET opened_at = -9223372036854775807 - 1, age = 9223372036854775807",
    "UPDATE interval SET lasted = -5",
    "UPDATE interval SET local_address = x'', remote_address = zeroblob(5000)",
    "UPDATE interval SET process = 999999, kind = -1, service = 70000",
    "UPDATE interval SET kind = 9223372036854775807, local_port = -9223372036854775807",
    "UPDATE interval SET id = id + 4611686018427387904",
    "UPDATE stretch SET begin_at = -9223372036854775807, end_at = 9223372036854775807",
    "UPDATE stretch SET first_interval = -9223372036854775807, first_process = -1",
    "UPDATE stretch SET first_interval = 9223372036854775807, interval_ms = -1, ended = 4711",
    "UPDATE stretch SET id = -id, run = 77",
    "UPDATE process SET name = 999, path = 999, span = 8388607, gone_at = 1 << 62",
    "UPDATE process SET gone_at = 0, last_stretch = 0, pid = -1, access = 1000",
    "UPDATE run SET boot = 12345, commit_ms = 9223372036854775807, program = char(0)",
    "DELETE FROM text",
    "DELETE FROM run",
    "DELETE FROM meta",
};

static bool touch_interval(void *context, const struct ledger_interval *interval)
{
    int64_t *sum = context;

    *sum += interval->socket.local.port + (interval->owner == NULL ? 0 : interval->owner->name[0]);
    return true;
}

/* Every way in, and what is compared behind it. */
static void walk_by_everything(struct ledger *reader, int64_t since)
{
    static const uint8_t image[IMAGE_HASH_SIZE] = {0};
    static const struct address_prefix prefix = {.address = {10}, .address_size = 4, .bits = 8};
    static const struct address_prefix whole = {.address = {10}, .address_size = 4, .bits = 32};
    const struct ledger_filter questions[] = {
        {.since = since},
        {.since = since, .port = 80},
        {.since = since, .local_port = 80},
        {.since = since, .remote_port = 80},
        {.since = since, .remote_address = whole},
        {.since = since, .remote_address = prefix},
        {.since = since, .address = prefix, .service = "Dnscache"},
        {.since = since, .has_pid = true, .pid = 4},
        {.since = since, .process_id = 4},
        {.since = since, .process = "chrome.exe"},
        {.since = since, .path = "*"},
        {.since = since, .module = "*"},
        {.since = since, .image = image},
        {.since = since, .user = "1000"},
    };
    int64_t sum = 0;

    for (int i = 0; i < COUNT_OF(questions); i++) {
        CHECK_DONE(ledger_walk_intervals(reader, &questions[i], touch_interval, &sum, &fixture.why),
                   fixture.why);
    }
}

START_TEST(a_ledger_full_of_nonsense_is_read_without_harm)
{
    static const int64_t times[] = {INT64_MIN, -1, 0, 1700000100000, INT64_MAX};
    struct ledger *reader = NULL;
    struct ledger_summary summary;
    struct text sql = {0};

    record_machine(50);
    stop(LEDGER_GAP_STOPPED);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
    text_addf(&sql, "PRAGMA foreign_keys = OFF; %s", damages[_i]);
    support_run_sql(path, text_bytes(&sql));
    text_clear(&sql);
    CHECK_DONE(ledger_open(&reader, path, LEDGER_READ, &fixture.why), fixture.why);
    fixture.ledger = reader;
    CHECK_DONE(ledger_summarize(reader, &summary, &fixture.why), fixture.why);
    for (int i = 0; i < COUNT_OF(times); i++) {
        struct ledger_moments moments = find(times[i]);

        for (size_t k = 0; k < moments.count; k++) {
            CHECK_DONE(
                ledger_state(reader, &moments.moments[k], 0, &fixture.snapshot, &fixture.why),
                fixture.why);
        }
        walk_by_everything(reader, times[i]);
    }
}
END_TEST

static Suite *ledger_query_suite(void)
{
    Suite *suite = suite_create("ledger_query");
    TCase *tests = tcase_create("ledger_query");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, an_empty_ledger_has_no_moments);
    tcase_add_loop_test(tests, a_moment_is_found_where_it_was_watched, 0, COUNT_OF(moment_cases));
    tcase_add_test(tests, a_stopped_service_watches_no_longer);
    tcase_add_test(tests, no_time_is_missing_where_the_interval_changes);
    tcase_add_test(tests, a_time_that_happened_twice_has_two_moments);
    tcase_add_test(tests, more_moments_than_fit_are_said);
    tcase_add_test(tests, the_state_is_what_the_sample_before_the_moment_saw);
    tcase_add_loop_test(tests, a_moment_that_the_ledger_does_not_have_has_no_state, 0,
                        COUNT_OF(unknown_moments));
    tcase_add_loop_test(tests, a_stretch_is_found_by_its_number, 0,
                        sizeof(stretch_ids) / sizeof(stretch_ids[0]));
    tcase_add_loop_test(tests, coverage_is_visited_where_it_touches_the_range, 0,
                        COUNT_OF(coverage_cases));
    tcase_add_test(tests, a_visitor_ends_the_walk_over_coverage);
    tcase_add_test(tests, a_stretch_tells_all_of_itself);
    tcase_add_test(tests, an_interval_tells_how_it_ended);
    tcase_add_test(tests, an_owner_comes_back_as_it_went_in);
    tcase_add_loop_test(tests, an_interval_is_visited_where_it_touches_the_range, 0,
                        COUNT_OF(ranges));
    tcase_add_loop_test(tests, a_filter_lets_through_what_it_asks_for, 0, COUNT_OF(filters));
    tcase_add_test(tests, a_visitor_ends_the_walk);
    tcase_add_test(tests, every_way_into_the_ledger_leads_to_the_same_intervals);
    tcase_add_test(tests, pages_by_key_are_the_whole);
    tcase_add_test(tests, a_walk_holds_nothing_up);
    tcase_add_test(tests, the_summary_counts);
    tcase_add_test(tests, no_statement_scans_what_grows);
    tcase_add_loop_test(tests, a_ledger_full_of_nonsense_is_read_without_harm, 0,
                        COUNT_OF(damages));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(ledger_query_suite());
}
