/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/process_self.h"
#include "base/thread.h"
#include "service/event_sink_null.h"
#include "service/sampler.h"
#include "service/service_host.h"
#include "service/watcher.h"
#include "store/database.h"
#include "store/ledger_health.h"
#include "store/ledger_query.h"
#include "tests/crash_vfs.h"
#include "tests/fake_policy.h"
#include "tests/support.h"

/*
 * The watcher with a host, a sampler and a clock of this test's own: time
 * passes only while the watcher waits, and exactly as long as it waits.
 */

static const char config[] = "check_watcher.yaml";
static const char ledger_file[] = "check_watcher.db";
static const char metrics_file[] = "check_watcher.prom";

enum {
    START = 1700000000, /* seconds */
    MOST_SAMPLES = 256,
};

static struct {
    struct failure why;
    struct watcher_plan plan;

    /* The host's side. */
    int waits;
    int stop_after;            /* ends at this wait */
    void (*on_wait)(int wait); /* what happens meanwhile; NULL: nothing */
    unsigned wants;            /* what it makes the wait return */
    bool ready;
    int busy;
    int paused; /* 1: it said so last; -1: it said the opposite; 0: neither */

    /* The sampler's side. */
    bool under_way;
    bool hang; /* nothing comes back */
    bool fail;
    int sockets;                 /* more than the one that is always there */
    bool changing;               /* all of them are others in each sample */
    int64_t begun[MOST_SAMPLES]; /* clock_steady() at each begin */
    int begin_count;
    int64_t sampler_interval; /* as it was told */
    bool sampler_gives_way;   /* likewise */
    struct sampler_cost cost; /* of the last sample */

    struct text metrics; /* path of the file for Prometheus */

    /* Others at the ledger. */
    sqlite3 *other;
    bool slow;          /* SQLite's files are those of crash_vfs.h, and syncs wait */
    struct bell *go_on; /* what a sync waits for */
    struct bell *rung;  /* by the watcher's threads */
    size_t reopened;    /* times that we have waited for a ledger that is opened anew */
} fixture;

/* Also what was moved aside. */
static bool remove_ours(void *context, const char *name)
{
    struct failure ignored;

    (void)context;
    if (strncmp(name, ledger_file, strlen(ledger_file)) == 0) {
        (void)!file_remove(name, &ignored);
    }
    return true;
}

static void remove_files(void)
{
    remove(config);
    remove(metrics_file);
    CHECK_DONE(file_walk_folder(".", remove_ours, NULL, &fixture.why), fixture.why);
}

/* A settings file that names `ledger`, with more lines under it. */
static void write_config(const char *ledger, const char *more)
{
    struct text path = {0};
    FILE *file = fopen(config, "w");

    ck_assert_ptr_nonnull(file);
    CHECK_DONE(paths_absolute(&path, ledger, &fixture.why), fixture.why);
    ck_assert_int_gt(fprintf(file, "ledger:\n  path: %s\n%s", text_bytes(&path), more), 0);
    fclose(file);
    text_clear(&path);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
    event_log_reset(false);
    fake_policy_set(NULL, 0);
    clock_fake_reset();
    clock_fake_set(START * INT64_C(1000));
    write_config(ledger_file, "");
    fixture.plan.config = config;
    CHECK_DONE(bell_open(&fixture.go_on, &fixture.why), fixture.why);
    CHECK_DONE(bell_open(&fixture.rung, &fixture.why), fixture.why);
}

static void end_slowness(void)
{
    uint64_t random = 0;

    if (fixture.slow) {
        fixture.slow = false;
        crash_vfs_end(CRASH_KEEPS_ALL, &random);
    }
}

static void close_fixture(void)
{
    end_slowness();
    text_clear(&fixture.metrics);
    database_close(fixture.other);
    bell_close(fixture.go_on);
    bell_close(fixture.rung);
    remove_files();
}

/*
 * The host. There is nothing in it: the fixture is the host.
 */

void service_host_ready(struct service_host *host)
{
    (void)host;
    ck_assert(!fixture.ready);
    fixture.ready = true;
}

void service_host_busy(struct service_host *host)
{
    (void)host;
    fixture.busy++;
}

void service_host_paused(struct service_host *host, bool paused)
{
    (void)host;
    fixture.paused = paused ? 1 : -1;
}

void service_host_ring(struct service_host *host)
{
    (void)host;
    bell_ring(fixture.rung);
}

bool service_host_foreground(const struct service_host *host)
{
    (void)host;
    return false; /* so that events go to the log that we can read */
}

unsigned service_host_wait(struct service_host *host, int64_t milliseconds)
{
    (void)host;
    ck_assert_int_ge(milliseconds, 0);
    fixture.waits++;
    fixture.wants = SERVICE_WANTS_NOTHING;
    if (fixture.under_way && !fixture.hang) {
        fixture.wants = SERVICE_WANTS_LOOK; /* the sample is ready at once */
    } else {
        clock_fake_run(milliseconds);
    }
    if (fixture.on_wait != NULL) {
        fixture.on_wait(fixture.waits);
    }
    return fixture.waits >= fixture.stop_after ? SERVICE_WANTS_STOP : fixture.wants;
}

/*
 * The sampler.
 */

struct sampler {
    char unused;
};

static struct sampler only;

bool sampler_open(struct sampler **out, const struct collector_options *options,
                  sampler_ready_fn *ready, void *context, struct failure *why)
{
    fixture.sampler_interval = options->interval;
    (void)ready;
    (void)context;
    (void)why;
    *out = &only;
    return true;
}

bool sampler_configure(struct sampler *sampler, const struct collector_options *options,
                       struct failure *why)
{
    (void)sampler;
    (void)why;
    fixture.sampler_interval = options->interval;
    fixture.sampler_gives_way = options->gives_way;
    return true;
}

bool sampler_begin(struct sampler *sampler)
{
    (void)sampler;
    if (fixture.under_way) {
        return false;
    }
    fixture.under_way = true;
    ck_assert_int_lt(fixture.begin_count, MOST_SAMPLES);
    fixture.begun[fixture.begin_count++] = clock_steady();
    return true;
}

static bool fill(struct snapshot *snapshot, struct failure *why)
{
    struct socket_row row = {
        .protocol = SOCKET_TCP,
        .state = SOCKET_LISTENING,
        .local = {.address = {127, 0, 0, 1}, .address_size = 4, .port = 4444},
        .owner = SOCKET_NO_OWNER,
    };

    snapshot_reset(snapshot);
    snapshot->taken_at = clock_now();
    snapshot->steady_at = clock_steady();
    snapshot->awake_at = clock_awake();
    row.local.address[1] = fixture.changing ? (uint8_t)fixture.begin_count : 0;
    for (int i = 0; i < fixture.sockets; i++) {
        row.local.port = (uint16_t)(i + 1);
        if (!snapshot_add_socket(snapshot, &row, why)) {
            return false;
        }
    }
    row.local.port = 4444;
    row.local.address[2] = 1;
    return snapshot_add_socket(snapshot, &row, why);
}

enum sampler_result sampler_take(struct sampler *sampler, struct snapshot *snapshot,
                                 struct failure *why)
{
    (void)sampler;
    if (!fixture.under_way) {
        return SAMPLER_IDLE;
    }
    if (fixture.hang) {
        return SAMPLER_WORKING;
    }
    fixture.under_way = false;
    if (fixture.fail) {
        failure_set(why, FAILURE_SYSTEM, 31, "no table today");
        return SAMPLER_FAILED;
    }
    CHECK_DONE(fill(snapshot, why), *why);
    return SAMPLER_DONE;
}

struct sampler_cost sampler_cost(const struct sampler *sampler)
{
    (void)sampler;
    return fixture.cost;
}

bool sampler_close(struct sampler *sampler, int64_t patience)
{
    (void)patience;
    return sampler == NULL || !fixture.hang;
}

/*
 * Help.
 */

static bool watch_for(int waits)
{
    fixture.stop_after = waits;
    return watcher_run(NULL, &fixture.plan, &fixture.why);
}

static bool keep_stretch(void *context, const struct ledger_stretch *stretch)
{
    struct ledger_stretch *kept = context;
    size_t i = 0;

    while (kept[i].id != 0) {
        i++;
    }
    kept[i] = *stretch;
    return true;
}

enum { MOST_STRETCHES = 8 };

/* Reads what is covered; unused entries are 0. */
static void read_coverage(struct ledger_stretch stretches[MOST_STRETCHES])
{
    struct ledger *ledger = NULL;

    memset(stretches, 0, MOST_STRETCHES * sizeof(stretches[0]));
    CHECK_DONE(ledger_open(&ledger, ledger_file, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(ledger_walk_coverage(ledger, 0, INT64_MAX, keep_stretch, stretches, &fixture.why),
               fixture.why);
    ledger_close(ledger);
}

static void read_health(struct ledger_health *health)
{
    struct ledger *ledger = NULL;

    CHECK_DONE(ledger_open(&ledger, ledger_file, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(ledger_health_read(ledger, health, &fixture.why), fixture.why);
    ledger_close(ledger);
}

/*
 * Tests.
 */

START_TEST(ready_means_that_the_first_sample_is_in_the_ledger)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    ck_assert(watch_for(2)); /* one wait for the sample, one to stop */
    ck_assert(fixture.ready);
    ck_assert_uint_eq(event_log_count_of(EVENT_STARTED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_STOPPED), 1);
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].begin_at, START * INT64_C(1000));
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_STOPPED);
}
END_TEST

START_TEST(samples_begin_at_fixed_distances)
{
    ck_assert(watch_for(40));
    ck_assert_int_ge(fixture.begin_count, 10);
    for (int i = 1; i < fixture.begin_count; i++) {
        ck_assert_int_eq(fixture.begun[i] - fixture.begun[0], i * INT64_C(1000));
    }
}
END_TEST

/* The machine is busy for three and a half intervals. */
static void be_busy(int wait)
{
    if (wait == 10) {
        clock_fake_run(3500);
    }
}

START_TEST(samples_that_could_not_begin_are_left_out_and_not_made_up)
{
    int64_t longest = 0;

    fixture.on_wait = be_busy;
    ck_assert(watch_for(40));
    for (int i = 1; i < fixture.begin_count; i++) {
        int64_t distance = fixture.begun[i] - fixture.begun[i - 1];

        longest = distance > longest ? distance : longest;
        ck_assert_int_ge(distance, 500); /* no burst to catch up */
        if (i > 12) {                    /* and back on the old beat */
            ck_assert_int_eq((fixture.begun[i] - fixture.begun[0]) % 1000, 0);
        }
    }
    ck_assert_int_ge(longest, 3500);
}
END_TEST

static void fail_for_a_while(int wait)
{
    fixture.fail = wait >= 10 && wait < 20;
}

START_TEST(failed_samples_are_told_once_and_are_a_gap)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    fixture.on_wait = fail_for_a_while;
    ck_assert(watch_for(40));
    ck_assert_uint_eq(event_log_count_of(EVENT_SAMPLE_FAILED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_SAMPLE_RECOVERED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_GAP), 1);
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_SAMPLE_FAILED);
    ck_assert_int_gt(stretches[1].begin_at, stretches[0].end_at + 2000);
    ck_assert_int_eq(stretches[1].ended, LEDGER_GAP_STOPPED);
    ck_assert_int_eq(stretches[2].id, 0);
}
END_TEST

static void fail_for_good(int wait)
{
    fixture.fail = wait >= 10;
}

START_TEST(samples_that_fail_for_good_are_tried_at_every_interval_and_no_more_often)
{
    struct ledger_health health = {0};
    int64_t lasted;

    fixture.on_wait = fail_for_good;
    ck_assert(watch_for(250));
    lasted = fixture.begun[fixture.begin_count - 1] - fixture.begun[0];
    ck_assert_int_gt(lasted, 60000);
    ck_assert_int_eq(fixture.begin_count - 1, lasted / 1000);
    ck_assert_uint_eq(event_log_count_of(EVENT_SAMPLE_FAILED), 1);
    ck_assert_int_le(fixture.waits,
                     INT64_C(4) * fixture.begin_count); /* it does not run in circles */
    ck_assert_int_lt(file_size("check_watcher.db-wal"), 1 << 20);
    read_health(&health);
    ck_assert_int_gt(health.numbers[HEALTH_FAILED_SAMPLES], 1);
    ledger_health_clear(&health);
}
END_TEST

#define DAY INT64_C(86400000)

static const int64_t steps[] = {DAY, -DAY};
static int64_t step_now;

static void set_clock(int wait)
{
    if (wait == 20) {
        clock_fake_set(clock_now() + step_now);
        fixture.wants |= SERVICE_WANTS_CLOCK;
    }
}

START_TEST(a_clock_that_is_set_by_a_day_begins_another_stretch)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    step_now = steps[_i];
    fixture.on_wait = set_clock;
    ck_assert(watch_for(60));
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_CLOCK_SET);
    ck_assert_int_ge(llabs(stretches[1].begin_at - stretches[0].end_at), DAY - 5000);
    ck_assert_int_le(llabs(stretches[1].begin_at - stretches[0].end_at), DAY + 5000);
    ck_assert_int_eq(stretches[1].ended, LEDGER_GAP_STOPPED);
    ck_assert_int_eq(stretches[2].id, 0);
    ck_assert_uint_eq(event_log_count_of(EVENT_GAP), 1);
    for (int i = 1; i < fixture.begin_count; i++) { /* no burst, and no rest of a day */
        ck_assert_int_le(fixture.begun[i] - fixture.begun[i - 1], 1000);
    }
    ck_assert_int_le(fixture.begin_count, 32);
}
END_TEST

/* Another program takes the lock of the file, and never lets go. */
static void lock_for_good(int wait)
{
    if (wait == 10) {
        CHECK_DONE(database_open(&fixture.other, ledger_file, DATABASE_WRITE, &fixture.why),
                   fixture.why);
        CHECK_DONE(database_run(fixture.other, "BEGIN IMMEDIATE", &fixture.why), fixture.why);
    }
}

START_TEST(a_ledger_that_is_locked_for_good_is_not_tried_in_circles)
{
    write_config(ledger_file, "  commit: 1m\n");
    fixture.on_wait = lock_for_good;
    ck_assert(!watch_for(140)); /* the end of the run could not be stored */
    ck_assert_uint_eq(event_log_count_of(EVENT_COMMIT_FAILED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_SAMPLES_LOST), 0);
    ck_assert_int_le(fixture.waits, INT64_C(4) * fixture.begin_count);
}
END_TEST

static void hang_from_the_start(int wait)
{
    fixture.hang = wait < 30;
}

START_TEST(a_manager_hears_of_us_while_the_first_sample_takes_its_time)
{
    fixture.on_wait = hang_from_the_start;
    fixture.hang = true;
    ck_assert(watch_for(40));
    ck_assert(fixture.ready);
    ck_assert_int_ge(fixture.busy, 25);
}
END_TEST

static void hang_at_the_end(int wait)
{
    fixture.hang = wait > 10;
}

START_TEST(a_collector_that_hangs_is_said_and_left_behind)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    fixture.on_wait = hang_at_the_end;
    ck_assert(watch_for(20));
    ck_assert_uint_eq(event_log_count_of(EVENT_COLLECTOR_HANGS), 1);
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_STOPPED);
}
END_TEST

static int begun_when_paused;

static void pause_for_a_while(int wait)
{
    if (wait == 10) {
        fixture.wants |= SERVICE_WANTS_PAUSE;
    } else if (wait == 13) {
        ck_assert_int_eq(fixture.paused, 1);
        begun_when_paused = fixture.begin_count;
        fixture.wants |= SERVICE_WANTS_PAUSE; /* twice is once */
    } else if (wait == 20) {
        ck_assert_int_eq(fixture.begin_count, begun_when_paused);
        fixture.wants |= SERVICE_WANTS_CONTINUE;
    }
}

START_TEST(a_pause_is_a_gap_in_which_nothing_is_sampled)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    fixture.on_wait = pause_for_a_while;
    ck_assert(watch_for(30));
    ck_assert_int_eq(fixture.paused, -1);
    ck_assert_int_gt(fixture.begin_count, begun_when_paused);
    ck_assert_uint_eq(event_log_count_of(EVENT_PAUSED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_CONTINUED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_GAP), 1);
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_PAUSED);
    ck_assert_int_gt(stretches[1].begin_at, stretches[0].end_at + 5000);
    ck_assert_int_eq(stretches[2].id, 0);
}
END_TEST

/* It comes back while the service is paused, or only when it goes on again. */
static const int comes_back[] = {14, 20};
static int comes_back_now;

static void pause_with_a_sample_under_way(int wait)
{
    fixture.hang = wait >= 6 && wait < comes_back_now;
    if (wait == 12) {
        ck_assert(fixture.under_way);
        fixture.wants |= SERVICE_WANTS_PAUSE;
    } else if (wait == 16) {
        fixture.wants |= SERVICE_WANTS_CONTINUE;
    } else if (wait == 21) {
        event_log_reset(false);
    }
}

START_TEST(a_sample_that_was_under_way_when_the_pause_came_is_not_used)
{
    comes_back_now = comes_back[_i];
    fixture.on_wait = pause_with_a_sample_under_way;
    ck_assert(watch_for(21)); /* that of after the pause is not there yet */
    ck_assert_int_eq(fixture.paused, -1);
    ck_assert_uint_eq(event_log_count_of(EVENT_GAP), 0);
}
END_TEST

static void stop_when_paused(int wait)
{
    if (wait == 10) {
        fixture.wants |= SERVICE_WANTS_PAUSE;
    }
}

START_TEST(a_stop_in_a_pause_leaves_the_pause_as_the_reason)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    fixture.on_wait = stop_when_paused;
    ck_assert(watch_for(14));
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_PAUSED);
    ck_assert_uint_eq(event_log_count_of(EVENT_STOPPED), 1);
}
END_TEST

static void open_another(int wait)
{
    fixture.sockets = wait >= 10 && wait < 20 ? 3 : 0; /* ports 1 to 3 */
}

START_TEST(listeners_on_watched_ports_are_events)
{
    write_config(ledger_file, "events:\n  watch_ports: [2, 4444]\n");
    fixture.on_wait = open_another;
    ck_assert(watch_for(30));
    ck_assert_uint_eq(event_log_count_of(EVENT_LISTENER_OPENED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_LISTENER_CLOSED), 1);
}
END_TEST

static void watch_nonsense(int wait)
{
    if (wait == 10) {
        write_config(ledger_file, "events:\n  watch_ports: [nonsense]\n");
        fixture.wants |= SERVICE_WANTS_RELOAD;
    }
}

START_TEST(ports_to_watch_that_are_none_refuse_the_settings)
{
    fixture.on_wait = watch_nonsense;
    ck_assert(watch_for(20));
    ck_assert_uint_eq(event_log_count_of(EVENT_SETTINGS_REFUSED), 1);
}
END_TEST

enum { ASKED_FROM = 10, ASKED_UNTIL = 60, ASKED_EVERY = 50 };

/* Every 50 ms; the interval is an hour. */
static void ask_for_samples(int wait)
{
    if (wait >= ASKED_FROM && wait < ASKED_UNTIL) {
        clock_fake_run(ASKED_EVERY);
        fixture.wants |= SERVICE_WANTS_SAMPLE;
    }
}

START_TEST(a_sample_on_request_comes_at_once_and_at_most_once_a_second)
{
    write_config(ledger_file, "  commit: 200ms\ncollector:\n  interval: 1h\n");
    fixture.on_wait = ask_for_samples;
    ck_assert(watch_for(ASKED_UNTIL));
    ck_assert_int_ge(fixture.begin_count, 5);
    for (int i = 1; i < fixture.begin_count; i++) {
        ck_assert_int_ge(fixture.begun[i] - fixture.begun[i - 1], 1000);
    }
}
END_TEST

static const unsigned at_once[] = {SERVICE_WANTS_WOKE, SERVICE_WANTS_CLOCK};
static unsigned at_once_now;

static void be_told(int wait)
{
    if (wait == 8) {
        fixture.wants |= at_once_now;
    }
}

START_TEST(after_sleep_or_a_set_clock_a_sample_is_taken_at_once)
{
    write_config(ledger_file, "  commit: 1m\ncollector:\n  interval: 1h\n");
    at_once_now = at_once[_i];
    fixture.on_wait = be_told;
    ck_assert(watch_for(12));
    ck_assert_int_ge(fixture.begin_count, 2);
}
END_TEST

static void ask_for_reload(int wait)
{
    if (wait == 10) {
        write_config(ledger_file, "collector:\n  interval: 200ms\n");
        fixture.wants |= SERVICE_WANTS_RELOAD;
    }
}

START_TEST(a_new_interval_is_in_force_after_a_reload)
{
    struct ledger_stretch stretches[MOST_STRETCHES];
    int last;

    fixture.on_wait = ask_for_reload;
    ck_assert(watch_for(40));
    last = fixture.begin_count - 1;
    ck_assert_int_eq(fixture.begun[last] - fixture.begun[last - 1], 200);
    ck_assert_int_eq(fixture.sampler_interval, 200);
    ck_assert_uint_eq(event_log_count_of(EVENT_SETTINGS_LOADED), 2);
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].interval, 1000);
    ck_assert_int_eq(stretches[1].interval, 200);
}
END_TEST

/* Of each sample, and of each processor: a tenth of a second. */
static void cost_much(int wait)
{
    (void)wait;
    fixture.cost.cpu = INT64_C(100000) * process_self_processors() * fixture.begin_count;
}

START_TEST(samples_that_cost_too_much_become_rarer_and_coverage_says_so)
{
    struct ledger_stretch stretches[MOST_STRETCHES];
    int last;

    write_config(ledger_file, "service:\n  cpu_limit: 4\n");
    fixture.on_wait = cost_much;
    ck_assert(watch_for(150));
    ck_assert_uint_eq(event_log_count_of(EVENT_INTERVAL_STRETCHED), 1);
    ck_assert(fixture.sampler_gives_way);
    ck_assert_int_eq(fixture.sampler_interval, 4000);
    last = fixture.begin_count - 1;
    ck_assert_int_eq(fixture.begun[last] - fixture.begun[last - 1], 4000);
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].interval, 1000);
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_INTERVAL);
    ck_assert_int_eq(stretches[1].interval, 4000);
    ck_assert_int_eq(stretches[2].id, 0);
    ck_assert_uint_eq(event_log_count_of(EVENT_GAP), 0); /* no time is missing */
}
END_TEST

static void cost_less_later(int wait)
{
    if (wait < 80) {
        cost_much(wait);
    }
}

START_TEST(samples_that_cost_less_become_as_frequent_as_before)
{
    write_config(ledger_file, "service:\n  cpu_limit: 4\n");
    fixture.on_wait = cost_less_later;
    ck_assert(watch_for(300));
    ck_assert_uint_eq(event_log_count_of(EVENT_INTERVAL_SHORTENED), 2);
    ck_assert_int_eq(fixture.sampler_interval, 1000);
}
END_TEST

START_TEST(without_a_limit_samples_may_cost_what_they_cost)
{
    write_config(ledger_file, "service:\n  cpu_limit: 0\n");
    fixture.on_wait = cost_much;
    ck_assert(watch_for(100));
    ck_assert_int_eq(fixture.sampler_interval, 1000);
    ck_assert(!fixture.sampler_gives_way);
}
END_TEST

static void take_long(int wait)
{
    fixture.cost.lasted = wait >= 14 && wait < 17 ? 9000 : 2000;
    fixture.fail = wait >= 8 && wait < 10;
}

START_TEST(the_ledger_knows_how_the_service_is_doing)
{
    struct ledger_health health = {0};

    fixture.on_wait = take_long;
    ck_assert(watch_for(60));
    read_health(&health);
    ck_assert_int_ge(health.numbers[HEALTH_AT], START * INT64_C(1000) + 10000);
    ck_assert_int_le(health.numbers[HEALTH_AT], START * INT64_C(1000) + 15000);
    ck_assert_int_eq(health.numbers[HEALTH_SAMPLE_MEDIAN], 2000);
    ck_assert_int_eq(health.numbers[HEALTH_SAMPLE_WORST], 9000);
    ck_assert_int_eq(health.numbers[HEALTH_FAILED_SAMPLES], 1);
    ck_assert_int_eq(health.numbers[HEALTH_GAPS], 1);
    ck_assert_int_eq(health.numbers[HEALTH_SOCKETS], 1);
    ck_assert_int_gt(health.numbers[HEALTH_LEDGER], 0);
    ck_assert_int_gt(health.numbers[HEALTH_MEMORY], 0);
    ck_assert(!health.known[HEALTH_HANDLES] || health.numbers[HEALTH_HANDLES] > 2);
    ck_assert(!health.known[HEALTH_STRETCH]);
    ledger_health_clear(&health);
}
END_TEST

START_TEST(metrics_that_cannot_be_written_are_told_once)
{
    struct text more = {0};

    CHECK_DONE(paths_absolute(&fixture.metrics, metrics_file, &fixture.why), fixture.why);
    text_addf(&more, "metrics:\n  textfile: %s/nowhere.prom\n", text_bytes(&fixture.metrics));
    write_config(ledger_file, text_bytes(&more));
    text_clear(&more);
    ck_assert(watch_for(100)); /* more than two times 15 s */
    ck_assert_uint_eq(event_log_count_of(EVENT_METRICS_FAILED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_METRICS_RECOVERED), 0);
}
END_TEST

START_TEST(metrics_say_at_the_end_that_the_service_does_not_run)
{
    struct text more = {0};

    CHECK_DONE(paths_absolute(&fixture.metrics, metrics_file, &fixture.why), fixture.why);
    text_addf(&more, "metrics:\n  textfile: %s\n", text_bytes(&fixture.metrics));
    write_config(ledger_file, text_bytes(&more));
    text_reset(&more);
    ck_assert(watch_for(10));
    CHECK_DONE(file_read(&more, metrics_file, 1 << 20, &fixture.why), fixture.why);
    ck_assert_ptr_nonnull(strstr(text_bytes(&more), "\nportledger_running 0\n"));
    text_clear(&more);
}
END_TEST

static void ask_for_bad_reload(int wait)
{
    if (wait == 10) {
        write_config(ledger_file, "collector:\n  interval: 5\n");
        fixture.wants |= SERVICE_WANTS_RELOAD;
    }
}

static void break_file(int wait)
{
    if (wait == 10) {
        write_config(ledger_file, "collector:\n  interval: 5\n");
    }
}

START_TEST(settings_that_are_wrong_leave_those_in_force)
{
    fixture.on_wait = ask_for_bad_reload;
    ck_assert(watch_for(40));
    ck_assert_uint_eq(event_log_count_of(EVENT_SETTINGS_REFUSED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_SETTINGS_LOADED), 1);
    ck_assert_int_eq(fixture.begun[fixture.begin_count - 1] - fixture.begun[0],
                     (fixture.begin_count - 1) * INT64_C(1000));
}
END_TEST

static void move_the_ledger(int wait)
{
    if (wait == 10) {
        write_config("elsewhere.db", "");
        fixture.wants |= SERVICE_WANTS_RELOAD;
    }
}

START_TEST(another_ledger_takes_a_restart_and_that_is_said)
{
    fixture.on_wait = move_the_ledger;
    ck_assert(watch_for(20));
    ck_assert_uint_eq(event_log_count_of(EVENT_RESTART_NEEDED), 1);
    ck_assert(!file_exists("elsewhere.db"));
}
END_TEST

START_TEST(wrong_settings_at_the_start_end_it_with_the_reason)
{
    write_config(ledger_file, "collector:\n  intervall: 5s\n");
    ck_assert(!watch_for(10));
    ck_assert_int_eq(fixture.why.kind, FAILURE_SETTINGS);
    ck_assert(!fixture.ready);
    ck_assert_uint_eq(event_log_count_of(EVENT_START_FAILED), 1);
    ck_assert(!file_exists(ledger_file));
}
END_TEST

/* A run with an interval of its own, which the ledger then knows. */
static void run_once(void)
{
    write_config(ledger_file, "collector:\n  interval: 300ms\n");
    ck_assert(watch_for(10));
    fixture.ready = false;
    fixture.begin_count = 0;
    fixture.waits = 0;
    event_log_reset(false);
}

static void expect_last_settings(void)
{
    ck_assert(fixture.ready);
    ck_assert_int_eq(fixture.begun[1] - fixture.begun[0], 300);
    ck_assert_uint_eq(event_log_count_of(EVENT_SETTINGS_REFUSED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_SETTINGS_LOADED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_START_FAILED), 0);
}

START_TEST(wrong_settings_at_a_later_start_leave_the_last_ones_in_force)
{
    run_once();
    write_config(ledger_file, "collector:\n  intervall: 5s\n");
    CHECK_DONE(watch_for(10), fixture.why);
    expect_last_settings();
    CHECK_CONTAINS(event_log_kept[0].text,
                   "check_watcher.yaml:4:3: collector.intervall: unknown key");
    CHECK_CONTAINS(event_log_kept[1].text, "the last that were accepted, on ");
}
END_TEST

static void mend_settings(int wait)
{
    if (wait == 10) {
        write_config(ledger_file, "collector:\n  interval: 200ms\n");
    }
}

START_TEST(a_file_that_is_mended_is_taken_without_being_asked)
{
    int last;

    run_once();
    write_config(ledger_file, "collector:\n  intervall: 5s\n");
    fixture.on_wait = mend_settings;
    CHECK_DONE(watch_for(60), fixture.why);
    last = fixture.begin_count - 1;
    ck_assert_int_eq(fixture.begun[last] - fixture.begun[last - 1], 200);
    ck_assert_uint_eq(event_log_count_of(EVENT_SETTINGS_LOADED), 2);
}
END_TEST

START_TEST(a_file_that_is_broken_meanwhile_is_told_once)
{
    fixture.on_wait = break_file;
    ck_assert(watch_for(40));
    ck_assert_uint_eq(event_log_count_of(EVENT_SETTINGS_REFUSED), 1);
}
END_TEST

START_TEST(policies_win_and_unknown_ones_are_told)
{
    static const struct policy policies[] = {
        {.name = "CollectorInterval", .kind = POLICY_TEXT, .text = "400ms"},
        {.name = "Newer", .kind = POLICY_NUMBER, .number = 1},
    };

    fake_policy_set(policies, COUNT_OF(policies));
    CHECK_DONE(watch_for(10), fixture.why);
    ck_assert_int_eq(fixture.begun[1] - fixture.begun[0], 400);
    ck_assert_uint_eq(event_log_count_of(EVENT_POLICY_UNKNOWN), 1);
}
END_TEST

START_TEST(a_wrong_policy_leaves_the_last_settings_in_force)
{
    static const struct policy policy = {
        .name = "CollectorInterval", .kind = POLICY_NUMBER, .number = 5};

    run_once();
    fake_policy_set(&policy, 1);
    CHECK_DONE(watch_for(10), fixture.why);
    ck_assert(fixture.ready);
    ck_assert_int_eq(fixture.begun[1] - fixture.begun[0], 300);
    ck_assert_uint_gt(event_log_count_of(EVENT_SETTINGS_REFUSED), 0);
}
END_TEST

START_TEST(a_settings_file_that_was_named_must_be_there)
{
    fixture.plan.config = "not_there.yaml";
    ck_assert(!watch_for(10));
    ck_assert_int_eq(fixture.why.kind, FAILURE_MISSING);
}
END_TEST

START_TEST(a_ledger_that_another_service_has_is_refused)
{
    struct ledger *ledger = NULL;

    CHECK_DONE(ledger_open(&ledger, ledger_file, LEDGER_WRITE, &fixture.why), fixture.why);
    ck_assert(!watch_for(10));
    ck_assert_int_eq(fixture.why.kind, FAILURE_BUSY);
    ledger_close(ledger);
    ck_assert(watch_for(10));
}
END_TEST

static void sleep_for_an_hour(int wait)
{
    if (wait == 10) {
        clock_fake_sleep(INT64_C(3600000));
    }
}

START_TEST(after_sleep_it_samples_at_once_and_says_what_is_missing)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    fixture.on_wait = sleep_for_an_hour;
    ck_assert(watch_for(40));
    ck_assert_uint_eq(event_log_count_of(EVENT_GAP), 1);
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_ASLEEP);
    ck_assert_int_le(stretches[1].begin_at - stretches[0].end_at, 3600000 + 2000);
}
END_TEST

/* Somebody holds the ledger's write lock for longer than samples can wait. */
static void hold_the_lock(int wait)
{
    if (wait == 4) {
        fixture.sockets = 20000;
        fixture.changing = true;
        CHECK_DONE(database_open(&fixture.other, ledger_file, DATABASE_WRITE, &fixture.why),
                   fixture.why);
        CHECK_DONE(database_run(fixture.other, "BEGIN IMMEDIATE", &fixture.why), fixture.why);
    }
    if (event_log_count_of(EVENT_SAMPLES_LOST) > 0) {
        fixture.sockets = 0;
        database_close(fixture.other);
        fixture.other = NULL;
    }
}

static void let_go_later(int wait)
{
    if (wait == 8) {
        database_close(fixture.other);
        fixture.other = NULL;
        ck_assert(bell_wait(fixture.rung, 60000));
    }
}

START_TEST(a_ledger_that_is_locked_at_the_start_is_waited_for)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    ck_assert(watch_for(2));
    ck_assert(bell_wait(fixture.rung, 0));
    CHECK_DONE(database_open(&fixture.other, ledger_file, DATABASE_WRITE, &fixture.why),
               fixture.why);
    CHECK_DONE(database_run(fixture.other, "BEGIN IMMEDIATE", &fixture.why), fixture.why);
    fixture.waits = 0;
    fixture.ready = false;
    fixture.under_way = false;
    fixture.on_wait = let_go_later;
    ck_assert(watch_for(20));
    ck_assert_uint_eq(event_log_count_of(EVENT_LEDGER_OPENING), 1);
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_STOPPED);
    ck_assert_int_eq(stretches[1].ended, LEDGER_GAP_STOPPED);
    ck_assert_int_gt(stretches[1].last_sample - stretches[1].first_sample, 4);
}
END_TEST

START_TEST(samples_that_wait_for_too_long_are_lost_and_it_goes_on)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    fixture.on_wait = hold_the_lock;
    ck_assert(watch_for(60));
    ck_assert_uint_eq(event_log_count_of(EVENT_COMMIT_FAILED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_SAMPLES_LOST), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_COMMIT_RECOVERED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_GAP), 1);
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_LOST);
    ck_assert_int_gt(stretches[1].begin_at, stretches[0].end_at + 5000);
    ck_assert_int_eq(stretches[1].ended, LEDGER_GAP_STOPPED);
}
END_TEST

/* No time passes while a ledger is opened anew. The first opening has rung before. */
static void wait_for_opening(int wait)
{
    if (wait == 1) {
        ck_assert(bell_wait(fixture.rung, 0));
    }
    if (event_log_count_of(EVENT_COMMIT_FAILED) > fixture.reopened) {
        ck_assert_msg(bell_wait(fixture.rung, 10000), "not opened anew: %s",
                      event_log_kept[(event_log_count - 1) % EVENT_LOG_KEPT].text);
        fixture.reopened++;
    }
}

static void damage_the_ledger(int wait)
{
    wait_for_opening(wait);
    if (wait == 20) {
        support_run_sql(ledger_file, "PRAGMA writable_schema = ON;"
                                     "UPDATE sqlite_schema SET sql = 'CREATE TABLE nonsense'"
                                     " WHERE name = 'module';"
                                     "PRAGMA schema_version = 4711");
    }
}

START_TEST(a_ledger_that_is_damaged_meanwhile_is_kept_and_a_new_one_begun)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    fixture.changing = true;
    fixture.on_wait = damage_the_ledger;
    ck_assert(watch_for(60));
    ck_assert_uint_eq(event_log_count_of(EVENT_COMMIT_FAILED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_LEDGER_CONFLICT), 0);
    ck_assert_uint_eq(event_log_count_of(EVENT_LEDGER_REPLACED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_COMMIT_RECOVERED), 1);
    read_coverage(stretches);
    ck_assert_int_gt(stretches[0].begin_at, START * INT64_C(1000));
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_STOPPED);
}
END_TEST

/* A row that is where the next one has to be. */
static void get_in_the_way(int wait)
{
    wait_for_opening(wait);
    if (wait == 8 || (wait % 20 == 8 && fixture.sockets > 0)) {
        support_run_sql(ledger_file,
                        "INSERT INTO interval (id, opened_at, lasted, kind, local_address,"
                        " local_port)"
                        " SELECT max(id) + 1, 0, 1, 6 * 512 + 2, x'7F000001', 1 FROM interval");
    }
}

START_TEST(a_ledger_that_is_only_suspect_goes_on)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    fixture.changing = true;
    fixture.on_wait = get_in_the_way;
    ck_assert(watch_for(60));
    ck_assert_uint_eq(event_log_count_of(EVENT_COMMIT_FAILED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_LEDGER_CONFLICT), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_LEFT_UNSEALED), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_LEDGER_REPLACED), 0);
    ck_assert_uint_eq(event_log_count_of(EVENT_COMMIT_RECOVERED), 1);
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].begin_at, START * INT64_C(1000));
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_LOST);
    ck_assert_int_eq(stretches[1].ended, LEDGER_GAP_STOPPED);
}
END_TEST

START_TEST(a_ledger_that_fails_again_and_again_ends_the_service)
{
    fixture.changing = true;
    fixture.sockets = 1;
    fixture.on_wait = get_in_the_way;
    ck_assert(!watch_for(200));
    ck_assert_int_lt(fixture.waits, 200);
    ck_assert_int_eq(fixture.why.kind, FAILURE_DATABASE);
    ck_assert_uint_eq(event_log_count_of(EVENT_ENDED_BY_FAILURE), 1);
}
END_TEST

/* A step that takes its time: until the test says so. */
static void wait_to_go_on(void)
{
    (void)bell_wait(fixture.go_on, -1);
    bell_ring(fixture.go_on); /* for the next sync */
}

static void begin_slowness(void)
{
    crash_vfs_begin();
    crash_vfs_on_sync(wait_to_go_on);
    fixture.slow = true;
}

static void go_on_later(int wait)
{
    if (wait == 20) {
        ck_assert(!fixture.ready);
        bell_ring(fixture.go_on);
        ck_assert(bell_wait(fixture.rung, 60000));
    }
}

START_TEST(samples_wait_while_the_ledger_is_brought_up_to_date)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    begin_slowness();
    fixture.on_wait = go_on_later;
    ck_assert(watch_for(40));
    end_slowness();
    ck_assert(fixture.ready);
    ck_assert_int_gt(fixture.busy, 15); /* the manager heard of us all the time */
    ck_assert_uint_eq(event_log_count_of(EVENT_LEDGER_OPENING), 1);
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].begin_at, START * INT64_C(1000));
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_STOPPED);
    ck_assert_int_ge(stretches[0].end_at - stretches[0].begin_at, 10000);
    ck_assert_int_eq(stretches[0].last_sample, fixture.begin_count);
}
END_TEST

static void fail_and_go_on_later(int wait)
{
    fixture.fail = wait >= 8 && wait < 12;
    go_on_later(wait);
}

START_TEST(a_gap_while_the_ledger_is_opened_is_in_it)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    begin_slowness();
    fixture.on_wait = fail_and_go_on_later;
    ck_assert(watch_for(40));
    end_slowness();
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_SAMPLE_FAILED);
    ck_assert_int_eq(stretches[1].ended, LEDGER_GAP_STOPPED);
}
END_TEST

static void lose_and_go_on_later(int wait)
{
    fixture.sockets = wait < 20 ? 60000 : 0;
    go_on_later(wait);
}

START_TEST(samples_for_which_there_is_no_room_are_a_gap)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    begin_slowness();
    fixture.sockets = 60000;
    fixture.on_wait = lose_and_go_on_later;
    ck_assert(watch_for(40));
    end_slowness();
    ck_assert_uint_eq(event_log_count_of(EVENT_SAMPLES_LOST), 1);
    ck_assert_uint_eq(event_log_count_of(EVENT_GAP), 1);
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].begin_at, START * INT64_C(1000));
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_LOST);
    ck_assert_int_eq(stretches[1].ended, LEDGER_GAP_STOPPED);
}
END_TEST

static void reload_and_go_on_later(int wait)
{
    ask_for_reload(wait);
    go_on_later(wait);
}

START_TEST(settings_can_be_read_again_while_the_ledger_is_opened)
{
    struct ledger_stretch stretches[MOST_STRETCHES];

    begin_slowness();
    fixture.on_wait = reload_and_go_on_later;
    ck_assert(watch_for(40));
    end_slowness();
    read_coverage(stretches);
    ck_assert_int_eq(stretches[0].interval, 1000);
    ck_assert_int_eq(stretches[0].ended, LEDGER_GAP_INTERVAL);
    ck_assert_int_eq(stretches[1].interval, 200);
    ck_assert_int_eq(support_query_number(ledger_file, "SELECT count(*) FROM settings"), 2);
}
END_TEST

static Suite *watcher_suite(void)
{
    Suite *suite = suite_create("watcher");
    TCase *tests = tcase_create("watcher");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, ready_means_that_the_first_sample_is_in_the_ledger);
    tcase_add_test(tests, samples_begin_at_fixed_distances);
    tcase_add_test(tests, samples_that_could_not_begin_are_left_out_and_not_made_up);
    tcase_add_test(tests, failed_samples_are_told_once_and_are_a_gap);
    tcase_add_test(tests, samples_that_fail_for_good_are_tried_at_every_interval_and_no_more_often);
    tcase_add_loop_test(tests, a_clock_that_is_set_by_a_day_begins_another_stretch, 0,
                        COUNT_OF(steps));
    tcase_add_test(tests, a_ledger_that_is_locked_for_good_is_not_tried_in_circles);
    tcase_add_test(tests, a_manager_hears_of_us_while_the_first_sample_takes_its_time);
    tcase_add_test(tests, a_collector_that_hangs_is_said_and_left_behind);
    tcase_add_test(tests, samples_that_cost_too_much_become_rarer_and_coverage_says_so);
    tcase_add_test(tests, samples_that_cost_less_become_as_frequent_as_before);
    tcase_add_test(tests, without_a_limit_samples_may_cost_what_they_cost);
    tcase_add_test(tests, the_ledger_knows_how_the_service_is_doing);
    tcase_add_test(tests, metrics_that_cannot_be_written_are_told_once);
    tcase_add_test(tests, metrics_say_at_the_end_that_the_service_does_not_run);
    tcase_add_test(tests, a_new_interval_is_in_force_after_a_reload);
    tcase_add_test(tests, settings_that_are_wrong_leave_those_in_force);
    tcase_add_test(tests, another_ledger_takes_a_restart_and_that_is_said);
    tcase_add_test(tests, wrong_settings_at_the_start_end_it_with_the_reason);
    tcase_add_test(tests, wrong_settings_at_a_later_start_leave_the_last_ones_in_force);
    tcase_add_test(tests, a_file_that_is_mended_is_taken_without_being_asked);
    tcase_add_test(tests, a_file_that_is_broken_meanwhile_is_told_once);
    tcase_add_test(tests, policies_win_and_unknown_ones_are_told);
    tcase_add_test(tests, a_wrong_policy_leaves_the_last_settings_in_force);
    tcase_add_test(tests, a_settings_file_that_was_named_must_be_there);
    tcase_add_test(tests, a_ledger_that_another_service_has_is_refused);
    tcase_add_test(tests, after_sleep_it_samples_at_once_and_says_what_is_missing);
    tcase_add_test(tests, a_ledger_that_is_locked_at_the_start_is_waited_for);
    tcase_add_test(tests, samples_that_wait_for_too_long_are_lost_and_it_goes_on);
    tcase_add_test(tests, a_ledger_that_is_damaged_meanwhile_is_kept_and_a_new_one_begun);
    tcase_add_test(tests, a_ledger_that_is_only_suspect_goes_on);
    tcase_add_test(tests, a_ledger_that_fails_again_and_again_ends_the_service);
    tcase_add_test(tests, samples_wait_while_the_ledger_is_brought_up_to_date);
    tcase_add_test(tests, a_gap_while_the_ledger_is_opened_is_in_it);
    tcase_add_test(tests, samples_for_which_there_is_no_room_are_a_gap);
    tcase_add_test(tests, settings_can_be_read_again_while_the_ledger_is_opened);
    tcase_add_test(tests, a_pause_is_a_gap_in_which_nothing_is_sampled);
    tcase_add_loop_test(tests, a_sample_that_was_under_way_when_the_pause_came_is_not_used, 0,
                        sizeof(comes_back) / sizeof(comes_back[0]));
    tcase_add_test(tests, listeners_on_watched_ports_are_events);
    tcase_add_test(tests, ports_to_watch_that_are_none_refuse_the_settings);
    tcase_add_test(tests, a_stop_in_a_pause_leaves_the_pause_as_the_reason);
    tcase_add_test(tests, a_sample_on_request_comes_at_once_and_at_most_once_a_second);
    tcase_add_loop_test(tests, after_sleep_or_a_set_clock_a_sample_is_taken_at_once, 0,
                        sizeof(at_once) / sizeof(at_once[0]));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(watcher_suite());
}
