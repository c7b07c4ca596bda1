/* SPDX-License-Identifier: MIT */

/*
 * The threads of the jobs, with runs that end when the test says so and a clock
 * that it moves: only while the runner waits, which a run that goes on shows.
 */

#include "tests/support.h"

#include "base/clock_fake.h"
#include "base/text.h"
#include "base/thread.h"
#include "service/job_runner.h"
#include "tests/fake_job_run.h"

#define BEGIN INT64_C(1800057600000) /* 2027-01-16T00:00:00Z */
#define MINUTE INT64_C(60000)

enum { PATIENCE_MS = 20000, JOBS_MOST = 32 };

static setting_tables tables = {&probe_settings, NULL};

static struct {
    struct job_runner *runner;
    struct bell *bell;
    struct job_news news; /* all of it so far */
    int64_t handled;      /* of each job */
    struct failure why;
} fixture;

static void ring(void *bell)
{
    bell_ring(bell);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    clock_fake_reset();
    clock_fake_set(BEGIN);
    fixture.handled = INT64_MIN;
    fake_job_run_open();
    CHECK_DONE(bell_open(&fixture.bell, &fixture.why), fixture.why);
    CHECK_DONE(job_runner_open(&fixture.runner, ring, fixture.bell, &fixture.why), fixture.why);
}

static void keep_news(struct job_news *news)
{
    struct probe_fact *fact;

    while ((fact = probe_facts_take(&news->facts)) != NULL) {
        (void)probe_facts_add(&fixture.news.facts, fact);
    }
    text_add(&fixture.news.changes, text_bytes(&news->changes));
    text_add(&fixture.news.troubles, text_bytes(&news->troubles));
    text_add(&fixture.news.mended, text_bytes(&news->mended));
    job_news_clear(news);
}

static bool close_runner(int64_t patience)
{
    struct job_news news;
    bool ended = job_runner_close(fixture.runner, patience, &news);

    fixture.runner = NULL;
    keep_news(&news);
    return ended;
}

static void close_fixture(void)
{
    fake_job_run_hang(false);
    fake_job_run_let_all_go();
    (void)close_runner(PATIENCE_MS);
    job_news_clear(&fixture.news);
    bell_close(fixture.bell);
    fake_job_run_close();
}

/* What the ledger knows. */
static bool find_handled(void *context, const char *job, int64_t *handled, struct failure *why)
{
    (void)context;
    (void)job;
    *handled = fixture.handled;
    (void)why;
    return true;
}

/* Settings with "job 0", "job 1" and so on. */
static struct settings *make_settings(int count, const char *every)
{
    struct text yaml = {0};
    struct settings *settings;

    text_add(&yaml, count == 0 ? "{}\n" : "probes:\n  jobs:\n");
    for (int i = 0; i < count; i++) {
        text_addf(&yaml,
                  "    - name: job %d\n      targets: [dc1]\n      ports: [389]\n"
                  "      every: %s\n      spread: 0\n",
                  i, every);
    }
    CHECK_DONE(
        settings_parse(&settings, "p.yaml", text_bytes(&yaml), yaml.size, tables, &fixture.why),
        fixture.why);
    text_clear(&yaml);
    return settings;
}

/* Each every minute. It also makes the runner look. `before`: settings of then; NULL: not known. */
static void configure_after(int count, struct settings *before)
{
    struct job_past past = {.handled = find_handled, .settings = before};
    struct settings *settings = make_settings(count, "1m");

    CHECK_DONE(job_runner_configure(fixture.runner, settings, &past, &fixture.why), fixture.why);
}

static void configure(int count)
{
    configure_after(count, NULL);
}

/* The next minute, in which all of them are due. */
static void pass_minute(int count)
{
    clock_fake_run(MINUTE);
    configure(count);
}

static void take_news(void)
{
    struct job_news news = {0};

    job_runner_take(fixture.runner, &news);
    keep_news(&news);
}

/* How many runs had that result and reason so far. */
static int count_runs(enum probe_run_result result, enum probe_run_reason reason)
{
    int count = 0;

    take_news();
    for (const struct probe_fact *fact = fixture.news.facts.first; fact != NULL;
         fact = fact->next) {
        count += fact->is_run && fact->run.result == result && fact->run.reason == reason ? 1 : 0;
    }
    return count;
}

static void await_runs(enum probe_run_result result, enum probe_run_reason reason, int count)
{
    for (int i = 0; count_runs(result, reason) < count && i < PATIENCE_MS / 100; i++) {
        (void)bell_wait(fixture.bell, 100);
    }
    ck_assert_int_eq(count_runs(result, reason), count);
}

START_TEST(a_run_begins_when_it_is_due_and_tells_what_it_found)
{
    const struct probe_fact *fact;

    configure(1);
    ck_assert_int_eq(fake_job_run_count(), 0);
    pass_minute(1);
    ck_assert(fake_job_run_await(1));
    fake_job_run_let_go("job 0");
    await_runs(PROBE_RUN_DONE, PROBE_NO_REASON, 1);
    fact = fixture.news.facts.first;
    ck_assert(!fact->is_run); /* what was found, and then that it was */
    ck_assert_str_eq(fact->job, "job 0");
    ck_assert_str_eq(fact->ask.host, "dc1");
    ck_assert(fact->next->is_run);
    ck_assert_int_eq(fact->next->run.due_at, BEGIN + MINUTE);
    ck_assert_int_eq(fact->next->run.held, 1);
    ck_assert_ptr_null(fact->next->next);
}
END_TEST

START_TEST(what_is_due_next_is_known_ahead)
{
    struct job_outlook outlook;

    job_runner_look_ahead(fixture.runner, &outlook);
    ck_assert_uint_eq(outlook.jobs, 0);
    ck_assert_int_eq(outlook.next, SCHEDULE_NEVER);
    ck_assert_uint_eq(outlook.name.size, 0);
    configure(3);
    job_runner_look_ahead(fixture.runner, &outlook);
    ck_assert_uint_eq(outlook.jobs, 3);
    ck_assert_int_eq(outlook.next, BEGIN + MINUTE);
    ck_assert_str_eq(text_bytes(&outlook.name), "job 0"); /* of several the first */
    text_clear(&outlook.name);
}
END_TEST

START_TEST(a_job_does_not_overlap_itself)
{
    configure(1);
    pass_minute(1);
    ck_assert(fake_job_run_await(1));
    pass_minute(1);
    await_runs(PROBE_RUN_MISSED, PROBE_STILL_RUNNING, 1);
    ck_assert_int_eq(fake_job_run_most(), 1);
    fake_job_run_let_go("job 0");
    await_runs(PROBE_RUN_DONE, PROBE_NO_REASON, 1);
    pass_minute(1);
    ck_assert(fake_job_run_await(1));
}
END_TEST

START_TEST(a_run_that_goes_on_delays_no_other_job)
{
    configure(2);
    pass_minute(2);
    ck_assert(fake_job_run_await(2));
    for (int i = 1; i <= 3; i++) {
        fake_job_run_let_go("job 1");
        await_runs(PROBE_RUN_DONE, PROBE_NO_REASON, i);
        pass_minute(2);
        ck_assert(fake_job_run_await(2));
    }
}
END_TEST

START_TEST(no_more_go_on_at_once_than_may)
{
    configure(JOB_RUNS_AT_ONCE + 4);
    pass_minute(JOB_RUNS_AT_ONCE + 4);
    ck_assert(fake_job_run_await(JOB_RUNS_AT_ONCE));
    fake_job_run_let_all_go();
    await_runs(PROBE_RUN_DONE, PROBE_NO_REASON, JOB_RUNS_AT_ONCE + 4); /* the others' turn comes */
    ck_assert_int_le(fake_job_run_most(), JOB_RUNS_AT_ONCE);
}
END_TEST

START_TEST(who_has_waited_longest_is_next)
{
    configure(JOB_RUNS_AT_ONCE + 1);
    pass_minute(JOB_RUNS_AT_ONCE + 1);
    ck_assert(fake_job_run_await(JOB_RUNS_AT_ONCE));
    ck_assert(!fake_job_run_has("job 16"));
    clock_fake_run(MINUTE); /* the others are due again */
    fake_job_run_let_go("job 0");
    await_runs(PROBE_RUN_DONE, PROBE_NO_REASON, 1);
    for (int i = 0; !fake_job_run_has("job 16") && i < PATIENCE_MS / 10; i++) {
        ck_assert(!fake_job_run_has("job 0") || fake_job_run_count() < JOB_RUNS_AT_ONCE);
        (void)bell_wait(fixture.bell, 10);
    }
    ck_assert(fake_job_run_has("job 16"));
    ck_assert(!fake_job_run_has("job 0"));
}
END_TEST

START_TEST(a_run_that_cannot_begin_is_missed_and_told)
{
    fake_job_run_refuse("the file is gone");
    configure(1);
    pass_minute(1);
    await_runs(PROBE_RUN_MISSED, PROBE_CANNOT_BEGIN, 1);
    ck_assert_str_eq(text_bytes(&fixture.news.troubles), "job 0: the file is gone\n");
    ck_assert_str_eq(fixture.news.facts.first->detail, "the file is gone");
    ck_assert_int_eq(fixture.news.facts.first->run.began_at, 0);
    pass_minute(1);
    await_runs(PROBE_RUN_MISSED, PROBE_CANNOT_BEGIN, 2);
    ck_assert_str_eq(text_bytes(&fixture.news.troubles), "job 0: the file is gone\n"); /* once */
    fake_job_run_refuse(NULL);
    pass_minute(1);
    ck_assert(fake_job_run_await(1));
    fake_job_run_let_go("job 0");
    await_runs(PROBE_RUN_DONE, PROBE_NO_REASON, 1);
    ck_assert_str_eq(text_bytes(&fixture.news.mended), "job 0, after 2 runs that could not\n");
}
END_TEST

START_TEST(a_change_is_told_by_each_job_that_confirms_it)
{
    configure(2);
    fake_job_run_let_all_go();
    for (int i = 1; i <= 3; i++) {
        fake_job_run_find(i == 1 ? PROBE_LISTENING : PROBE_NOT_LISTENING);
        pass_minute(2);
        await_runs(PROBE_RUN_DONE, PROBE_NO_REASON, 2 * i);
        ck_assert_int_eq(fixture.news.changes.size > 0, i == 3);
    }
    CHECK_CONTAINS(text_bytes(&fixture.news.changes), "dc1:389/tcp LISTENING -> NOT LISTENING");
    CHECK_CONTAINS(text_bytes(&fixture.news.changes), ", job job 0\n");
    CHECK_CONTAINS(text_bytes(&fixture.news.changes), ", job job 1\n");
}
END_TEST

START_TEST(a_run_outlives_the_settings_that_it_began_with)
{
    configure(2);
    pass_minute(2);
    ck_assert(fake_job_run_await(2));
    configure(1); /* job 1 is gone */
    fake_job_run_let_all_go();
    await_runs(PROBE_RUN_DONE, PROBE_NO_REASON, 2);
    pass_minute(1);
    await_runs(PROBE_RUN_DONE, PROBE_NO_REASON, 3);
}
END_TEST

START_TEST(a_run_is_told_also_where_its_outcomes_have_no_room)
{
    enum { TIMES = PROBE_FACTS_BYTES / 128 };
    const struct probe_fact *run;

    fake_job_run_repeat(TIMES);
    configure(1);
    pass_minute(1);
    ck_assert(fake_job_run_await(1));
    fake_job_run_let_go("job 0");
    ck_assert(fake_job_run_await_closed()); /* and nobody took anything until then */
    await_runs(PROBE_RUN_ENDED, PROBE_NOT_STORED, 1);
    run = fixture.news.facts.last;
    ck_assert(run->is_run);
    ck_assert_int_eq(run->run.held, TIMES);
    CHECK_CONTAINS(run->detail, " outcomes had no room in memory and are lost");
}
END_TEST

START_TEST(a_job_of_the_start_is_told_what_it_missed)
{
    fixture.handled = BEGIN - 10 * MINUTE - 1;
    configure(1);
    await_runs(PROBE_RUN_MISSED, PROBE_SERVICE_STOPPED, 1); /* a row of them */
    ck_assert_int_eq(fixture.news.facts.first->run.runs, 10);
}
END_TEST

/* Nobody knows by which times: it says so. */
START_TEST(what_is_missed_by_times_that_are_not_known_is_said_to_be)
{
    fixture.handled = BEGIN - 10 * MINUTE - 1;
    configure(1);
    await_runs(PROBE_RUN_MISSED, PROBE_SERVICE_STOPPED, 1);
    CHECK_CONTAINS(fixture.news.facts.first->detail, "those of then are not known");
}
END_TEST

START_TEST(what_is_missed_is_counted_by_the_times_of_then)
{
    const struct probe_run *run;

    fixture.handled = BEGIN - 60 * MINUTE - 1;
    configure_after(2, make_settings(1, "20m")); /* job 1 is new, whatever the ledger has of it */
    await_runs(PROBE_RUN_MISSED, PROBE_SERVICE_STOPPED, 1);
    run = &fixture.news.facts.first->run;
    ck_assert_int_eq(run->runs, 4);
    ck_assert_int_eq(run->due_at, BEGIN - 60 * MINUTE);
    ck_assert_int_eq(run->last_due, BEGIN);
    ck_assert_ptr_null(fixture.news.facts.first->detail);
    pass_minute(2);
    ck_assert(fake_job_run_await(2));
    fake_job_run_let_all_go();
    await_runs(PROBE_RUN_DONE, PROBE_NO_REASON, 2);
    ck_assert_int_eq(count_runs(PROBE_RUN_MISSED, PROBE_SERVICE_STOPPED), 1);
}
END_TEST

START_TEST(the_same_times_as_then_are_no_others)
{
    fixture.handled = BEGIN - 10 * MINUTE - 1;
    configure_after(1, make_settings(1, "1m"));
    await_runs(PROBE_RUN_MISSED, PROBE_SERVICE_STOPPED, 1);
    ck_assert_int_eq(fixture.news.facts.first->run.runs, 10);
    ck_assert_ptr_null(fixture.news.facts.first->detail);
    ck_assert(fake_job_run_await(1)); /* the eleventh is on time */
}
END_TEST

START_TEST(a_job_that_comes_back_has_missed_nothing)
{
    configure(0);
    fixture.handled = BEGIN - 10 * MINUTE;
    clock_fake_run(MINUTE / 2);
    configure(1);
    pass_minute(1);
    ck_assert(fake_job_run_await(1));
    ck_assert_int_eq(count_runs(PROBE_RUN_MISSED, PROBE_SERVICE_STOPPED), 0);
}
END_TEST

START_TEST(a_stop_ends_runs_that_go_on)
{
    configure(3);
    pass_minute(3);
    ck_assert(fake_job_run_await(3));
    ck_assert(close_runner(PATIENCE_MS));
    ck_assert_int_eq(fake_job_run_count(), 0);
    for (const struct probe_fact *fact = fixture.news.facts.first; fact != NULL;
         fact = fact->next) {
        ck_assert(fact->is_run);
        ck_assert_int_eq(fact->run.result, PROBE_RUN_ENDED);
        ck_assert_int_eq(fact->run.reason, PROBE_SERVICE_STOPPED);
    }
}
END_TEST

START_TEST(a_stop_does_not_wait_for_what_hangs)
{
    fake_job_run_hang(true);
    configure(1);
    pass_minute(1);
    ck_assert(fake_job_run_await(1));
    ck_assert(!close_runner(50));
    fake_job_run_let_go("job 0"); /* who was left behind frees the rest when it comes back */
    ck_assert(fake_job_run_await(0));
    ck_assert(fake_job_run_await_closed());
}
END_TEST

START_TEST(nothing_runs_without_jobs)
{
    configure(0);
    pass_minute(0);
    ck_assert(close_runner(PATIENCE_MS));
    ck_assert_ptr_null(fixture.news.facts.first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("job_runner");
    TCase *runner = tcase_create("runner");

    tcase_add_checked_fixture(runner, open_fixture, close_fixture);
    tcase_add_test(runner, a_run_begins_when_it_is_due_and_tells_what_it_found);
    tcase_add_test(runner, what_is_due_next_is_known_ahead);
    tcase_add_test(runner, a_job_does_not_overlap_itself);
    tcase_add_test(runner, a_run_that_goes_on_delays_no_other_job);
    tcase_add_test(runner, no_more_go_on_at_once_than_may);
    tcase_add_test(runner, who_has_waited_longest_is_next);
    tcase_add_test(runner, a_run_that_cannot_begin_is_missed_and_told);
    tcase_add_test(runner, a_change_is_told_by_each_job_that_confirms_it);
    tcase_add_test(runner, a_run_outlives_the_settings_that_it_began_with);
    tcase_add_test(runner, a_run_is_told_also_where_its_outcomes_have_no_room);
    tcase_add_test(runner, a_job_of_the_start_is_told_what_it_missed);
    tcase_add_test(runner, what_is_missed_by_times_that_are_not_known_is_said_to_be);
    tcase_add_test(runner, what_is_missed_is_counted_by_the_times_of_then);
    tcase_add_test(runner, the_same_times_as_then_are_no_others);
    tcase_add_test(runner, a_job_that_comes_back_has_missed_nothing);
    tcase_add_test(runner, a_stop_ends_runs_that_go_on);
    tcase_add_test(runner, a_stop_does_not_wait_for_what_hangs);
    tcase_add_test(runner, nothing_runs_without_jobs);
    suite_add_tcase(suite, runner);
    return support_run_suite(suite);
}
