/* SPDX-License-Identifier: MIT */

#include "service/job_runner.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "probes/job_run.h"
#include "service/job_states.h"
#include "service/job_turns.h"

enum {
    LOOK_MS = 10000, /* a clock that is set is noticed as soon */
    MOST_TEXT = 64 * 1024,
};

/* Jobs with the settings that lend them their texts. */
struct job_set {
    struct settings *settings;
    struct job_list list;
    struct job_turn *turns; /* of each job */
    int users;              /* runs, looks and the runner itself; guarded by its mutex */
};

/* A run that goes on. */
struct worker {
    struct job_runner *runner;
    struct thread *thread; /* NULL: the slot is free */
    struct job_set *set;   /* a use of it */
    const struct job *job;
    struct job_run *run;
    bool done;
    struct probe_run facts;
};

struct job_runner {
    struct mutex *mutex; /* guards all but what is said */
    struct bell *bell;   /* for the thread */
    struct bell *ended;
    struct thread *thread;
    struct job_set *set;  /* NULL: none yet */
    struct job_set *past; /* of before the service began, until all jobs were looked at */
    bool past_is_guessed; /* it is not known: the present times stand for it */
    struct worker workers[JOB_RUNS_AT_ONCE];
    struct job_states *states;
    struct probe_facts facts;
    struct text changes;
    struct text troubles;
    struct text mended;
    bool quit;
    bool finished;
    bool abandoned;
    struct job_moment looked_at; /* the thread's own */
    void (*ring)(void *context);
    void *context;
};

/*
 * Sets of jobs.
 */

static void free_set(struct job_set *set)
{
    if (set == NULL) {
        return;
    }
    job_list_clear(&set->list);
    settings_free(set->settings);
    free(set->turns);
    free(set);
}

/* Locked. */
static void release_set(struct job_set *set)
{
    if (set != NULL && --set->users == 0) {
        free_set(set);
    }
}

static bool make_set(struct job_set **out, struct settings *settings, struct failure *why)
{
    struct job_set *set = calloc(1, sizeof(*set));

    if (set == NULL) {
        settings_free(settings);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the jobs");
    }
    set->settings = settings;
    set->users = 1;
    if (!job_list_read_here(&set->list, settings, why)) {
        free_set(set);
        return false;
    }
    set->turns = calloc(set->list.count + 1, sizeof(*set->turns));
    if (set->turns == NULL) {
        free_set(set);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the jobs");
    }
    *out = set;
    return true;
}

static size_t find_job(const struct job_set *set, const char *name)
{
    size_t i = 0;

    while (set != NULL && i < set->list.count && strcmp(set->list.jobs[i].name, name) != 0) {
        i++;
    }
    return set == NULL ? 0 : i;
}

/* Most jobs are where they were: thousands of them are found at once. NULL: there is none. */
static const struct job *find_job_near(const struct job_set *set, const char *name, size_t place)
{
    if (place < set->list.count && strcmp(set->list.jobs[place].name, name) == 0) {
        return &set->list.jobs[place];
    }
    return job_find(&set->list, name);
}

static bool same_rules(const struct schedule *a, const struct schedule *b)
{
    for (size_t i = 0; i < a->rule_count; i++) {
        const struct schedule_rule *x = &a->rules[i];
        const struct schedule_rule *y = &b->rules[i];

        if (x->minutes != y->minutes || x->hours != y->hours || x->days != y->days ||
            x->months != y->months || x->weekdays != y->weekdays ||
            x->either_day != y->either_day) {
            return false;
        }
    }
    return true;
}

static bool same_times(const struct schedule *a, const struct schedule *b)
{
    return a->form == b->form && a->every == b->every && a->offset == b->offset &&
           a->is_utc == b->is_utc && a->rule_count == b->rule_count && same_rules(a, b);
}

static bool same_window(const struct maintenance_window *a, const struct maintenance_window *b)
{
    return a->is_weekly == b->is_weekly && a->days == b->days && a->from == b->from &&
           a->until == b->until && a->shown_from == b->shown_from &&
           a->shown_until == b->shown_until;
}

static bool same_windows(const struct job *a, const struct job *b)
{
    bool same = a->window_count == b->window_count;

    for (size_t i = 0; same && i < a->window_count; i++) {
        same = same_window(&a->windows[i], &b->windows[i]);
    }
    return same;
}

/* By the times of then. A job that was not in those settings is new, though it may come back. */
static void begin_turn(struct job_turn *turn, const struct job *job, size_t place,
                       const struct job_set *past, int64_t handled, int64_t now)
{
    const struct job *was = past == NULL ? job : find_job_near(past, job->name, place);

    if (was == NULL) {
        handled = INT64_MIN;
    }
    if (was == NULL || (same_times(&was->schedule, &job->schedule) && same_windows(was, job))) {
        job_turn_begin(turn, job, clock_zone_offset, handled, now);
    } else {
        job_turn_begin_anew(turn, job, was, clock_zone_offset, handled, now);
    }
}

/* At the start. */
static bool begin_turns(struct job_set *set, const struct job_set *before,
                        const struct job_past *past, struct failure *why)
{
    int64_t now = clock_now();

    for (size_t i = 0; i < set->list.count; i++) {
        const struct job *job = &set->list.jobs[i];
        int64_t handled;

        if (!past->handled(past->context, job->name, &handled, why)) {
            return false;
        }
        begin_turn(&set->turns[i], job, i, before, handled, now);
    }
    return true;
}

/* Later: a job that comes is new, or comes back, and nothing was due for it until now. */
static void begin_new_turns(struct job_set *set)
{
    int64_t now = clock_now();

    for (size_t i = 0; i < set->list.count; i++) {
        job_turn_begin(&set->turns[i], &set->list.jobs[i], clock_zone_offset, INT64_MIN, now);
    }
}

static bool is_running(const struct job_runner *runner, const char *name)
{
    for (int i = 0; i < JOB_RUNS_AT_ONCE; i++) {
        if (runner->workers[i].thread != NULL && strcmp(runner->workers[i].job->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Locked. What is the same goes on where it stands. */
static void keep_turns(const struct job_runner *runner, struct job_set *to)
{
    const struct job_set *from = runner->set;

    for (size_t i = 0; i < to->list.count; i++) {
        const char *name = to->list.jobs[i].name;
        const struct job *was = from == NULL ? NULL : find_job_near(from, name, i);

        if (was != NULL && same_times(&was->schedule, &to->list.jobs[i].schedule)) {
            to->turns[i] = from->turns[was - from->list.jobs];
        }
        to->turns[i].running = is_running(runner, to->list.jobs[i].name);
    }
}

/* Locked. Those that are gone would be remembered for as long as the service runs. */
static void forget_jobs(const struct job_runner *runner, const struct job_set *to)
{
    const struct job_set *from = runner->set;

    for (size_t i = 0; from != NULL && i < from->list.count; i++) {
        if (find_job_near(to, from->list.jobs[i].name, i) == NULL) {
            job_states_forget(runner->states, from->list.jobs[i].name);
        }
    }
}

/*
 * What is told. All of it locked.
 */

static void add_run(struct job_runner *runner, const char *job, const struct probe_run *run,
                    const char *detail)
{
    (void)probe_facts_add(&runner->facts, probe_fact_of_run(job, run, detail));
}

static void add_line(struct text *text, const char *a, const char *b)
{
    if (text->size < MOST_TEXT) {
        text_addf(text, "%s%s%s\n", a, b[0] == '\0' ? "" : ": ", b);
    }
}

/* `why` NULL: the run took place. */
static void tell_run(struct job_runner *runner, const char *job, const char *why)
{
    unsigned failed;
    enum job_run_news news = job_states_take_run(runner->states, job, why, &failed);

    if (why != NULL && news == JOB_RUN_FAILED) {
        add_line(&runner->troubles, job, why);
    } else if (news == JOB_RUN_AGAIN && runner->mended.size < MOST_TEXT) {
        text_addf(&runner->mended, "%s, after %u run%s that could not\n", job, failed,
                  failed == 1 ? "" : "s");
    }
}

/*
 * A run, in its thread.
 */

static bool take_outcome(void *context, const struct outcome *outcome,
                         enum expectation_result result, const char *sentence, struct failure *why)
{
    struct worker *worker = context;
    struct job_runner *runner = worker->runner;
    struct probe_fact *fact = probe_fact_of_outcome(worker->job->name, outcome, result,
                                                    result == EXPECTATION_HELD ? NULL : sentence);

    (void)why;
    worker->facts.held += result == EXPECTATION_HELD ? 1 : 0;
    worker->facts.not_held += result == EXPECTATION_NOT_HELD ? 1 : 0;
    worker->facts.undecided += result == EXPECTATION_UNDECIDED ? 1 : 0;
    mutex_lock(runner->mutex);
    (void)probe_facts_add(&runner->facts, fact);
    if (runner->changes.size < MOST_TEXT) {
        size_t before = runner->changes.size;

        job_states_take(runner->states, worker->job->name, outcome, result, sentence,
                        &runner->changes);
        if (runner->changes.size > before) {
            text_add_char(&runner->changes, '\n');
        }
    }
    mutex_unlock(runner->mutex);
    return true;
}

/* What a file of targets or secrets does to the run, it does here: it may hang. */
static bool open_run(struct worker *worker, struct failure *why)
{
    struct job_runner *runner = worker->runner;
    struct job_run *run = NULL;

    if (!job_run_open(&run, worker->job, why)) {
        return false;
    }
    mutex_lock(runner->mutex);
    worker->run = run;
    if (runner->quit) {
        job_run_stop(run);
    }
    mutex_unlock(runner->mutex);
    return true;
}

static bool ask(struct worker *worker, struct failure *why)
{
    int64_t began = clock_steady();
    bool stopped = false;
    bool ok = job_run_ask(worker->run, take_outcome, NULL, worker, &stopped, why);

    worker->facts.lasted = clock_steady() - began;
    if (!ok || stopped) {
        worker->facts.result = PROBE_RUN_ENDED;
        worker->facts.reason = ok ? PROBE_SERVICE_STOPPED : PROBE_CANNOT_BEGIN;
    }
    return ok;
}

static void run_job(void *context)
{
    struct worker *worker = context;
    struct job_runner *runner = worker->runner;
    struct failure why = {0};
    bool opened = open_run(worker, &why);
    bool ok = opened && ask(worker, &why);

    if (!opened) {
        worker->facts.result = PROBE_RUN_MISSED;
        worker->facts.reason = PROBE_CANNOT_BEGIN;
        worker->facts.began_at = 0;
    }
    mutex_lock(runner->mutex);
    tell_run(runner, worker->job->name, ok ? NULL : why.text);
    add_run(runner, worker->job->name, &worker->facts, ok ? NULL : why.text);
    worker->done = true;
    bell_ring(runner->bell);
    mutex_unlock(runner->mutex);
}

/*
 * The thread that waits for runs.
 */

static struct worker *find_free(struct job_runner *runner)
{
    for (int i = 0; i < JOB_RUNS_AT_ONCE; i++) {
        if (runner->workers[i].thread == NULL) {
            return &runner->workers[i];
        }
    }
    return NULL;
}

/* Locked. */
static void begin_run(struct job_runner *runner, struct worker *worker, size_t place)
{
    struct job_set *set = runner->set;
    struct job_turn *turn = &set->turns[place];
    struct failure why = {0};

    *worker = (struct worker){
        .runner = runner,
        .set = set,
        .job = &set->list.jobs[place],
        .facts = {.due_at = turn->due,
                  .last_due = turn->due,
                  .runs = 1,
                  .result = PROBE_RUN_DONE,
                  .began_at = clock_now()},
    };
    if (thread_start(&worker->thread, run_job, worker, &why)) {
        set->users++;
        turn->running = true;
        return;
    }
    worker->facts.result = PROBE_RUN_MISSED;
    worker->facts.reason = PROBE_CANNOT_BEGIN;
    worker->facts.began_at = 0;
    add_run(runner, worker->job->name, &worker->facts, why.text);
    tell_run(runner, worker->job->name, why.text);
    *worker = (struct worker){0};
}

/* Locked. Whether a run of that name is over, and was not collected yet. */
static bool is_done(const struct job_runner *runner, const char *name)
{
    for (int i = 0; i < JOB_RUNS_AT_ONCE; i++) {
        const struct worker *worker = &runner->workers[i];

        if (worker->thread != NULL && worker->done && strcmp(worker->job->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Locked, but for the moment in which it decides: to count what years have
 * missed takes a while. False: other jobs were taken over in it, or the job's
 * run ended; what was decided is forgotten, and found again by the next look.
 */
static bool decide(struct job_runner *runner, size_t place, const struct job_moment *now,
                   enum job_time time, bool busy, struct job_decision *decision)
{
    struct job_set *set = runner->set;
    struct job_turn turn = set->turns[place];
    bool holds;

    set->users++;
    mutex_unlock(runner->mutex);
    job_turn_look(&turn, &set->list.jobs[place], clock_zone_offset, now->wall, time, busy,
                  decision);
    mutex_lock(runner->mutex);
    holds = runner->set == set && !(turn.running && is_done(runner, set->list.jobs[place].name));
    if (holds) {
        set->turns[place] = turn;
    }
    release_set(set);
    return holds;
}

/* Locked. */
static void add_decided(struct job_runner *runner, const char *job,
                        const struct job_decision *decision)
{
    for (int i = 0; i < decision->fact_count; i++) {
        const struct probe_run *run = &decision->facts[i];
        bool guessed = runner->past_is_guessed && run->reason == PROBE_SERVICE_STOPPED;

        add_run(runner, job, run,
                guessed ? "by the times of the settings of now: those of then are not known"
                        : NULL);
    }
}

/* Locked, as decide(). */
static bool look_at(struct job_runner *runner, size_t place, const struct job_moment *now,
                    enum job_time time)
{
    struct job_decision decision;
    struct worker *worker;

    if (!job_turn_is_due(&runner->set->turns[place], now->wall, time)) {
        runner->set->turns[place].looked = true;
        return true;
    }
    worker = find_free(runner); /* only this thread takes them */
    if (!decide(runner, place, now, time, worker == NULL, &decision)) {
        return false;
    }
    add_decided(runner, runner->set->list.jobs[place].name, &decision);
    if (decision.begin && worker != NULL) {
        begin_run(runner, worker, place);
    }
    return true;
}

/* Locked. */
static void end_run(struct job_runner *runner, struct worker *worker)
{
    size_t place = find_job(runner->set, worker->job->name);

    if (runner->set != NULL && place < runner->set->list.count) {
        runner->set->turns[place].running = false;
    }
    release_set(worker->set);
    *worker = (struct worker){0};
}

static struct worker *find_done(struct job_runner *runner)
{
    for (int i = 0; i < JOB_RUNS_AT_ONCE; i++) {
        if (runner->workers[i].thread != NULL && runner->workers[i].done) {
            return &runner->workers[i];
        }
    }
    return NULL;
}

/*
 * Locked, but for moments in which other runs may end: none that is done is
 * left, or its job would look as if it still ran. Threads that are done end at
 * once.
 */
static void collect(struct job_runner *runner)
{
    struct worker *worker;

    while ((worker = find_done(runner)) != NULL) {
        mutex_unlock(runner->mutex);
        thread_join(worker->thread);
        job_run_close(worker->run);
        mutex_lock(runner->mutex);
        end_run(runner, worker);
    }
}

/* Locked. The job whose run has been due for longest; as many as there are: none is due. */
static size_t find_longest_due(const struct job_set *set, int64_t now)
{
    size_t found = set->list.count;

    for (size_t i = 0; i < set->list.count; i++) {
        const struct job_turn *turn = &set->turns[i];

        if (!turn->running && turn->next <= now &&
            (found == set->list.count || turn->next < set->turns[found].next)) {
            found = i;
        }
    }
    return found;
}

/*
 * Locked, as decide(). Where more runs are due than can go on at once, who has waited
 * longest is next: else jobs at the end of the settings would never run.
 */
static bool begin_longest_due(struct job_runner *runner, const struct job_moment *now,
                              enum job_time time)
{
    bool holds = true;
    size_t place = 0;

    while (holds && place < runner->set->list.count && find_free(runner) != NULL) {
        place = find_longest_due(runner->set, now->wall);
        if (place < runner->set->list.count) {
            holds = look_at(runner, place, now, time);
        }
    }
    return holds;
}

/* Locked. All were looked at: nobody needs what was before the service any more. */
static void forget_past(struct job_runner *runner)
{
    release_set(runner->past);
    runner->past = NULL;
    runner->past_is_guessed = false;
}

/* Locked, as decide(). *wait: how long nothing is due. */
static bool look_at_all(struct job_runner *runner, const struct job_moment *now, enum job_time time,
                        int64_t *wait)
{
    bool holds = begin_longest_due(runner, now, time);

    for (size_t i = 0; holds && i < runner->set->list.count; i++) {
        int64_t next;

        holds = look_at(runner, i, now, time);
        next = holds ? runner->set->turns[i].next : 0;
        if (next > now->wall && next - now->wall < *wait) {
            *wait = next - now->wall;
        }
    }
    return holds;
}

/* Locked, as decide(). How long nothing is due. */
static int64_t look(struct job_runner *runner)
{
    struct job_moment now = job_moment_now();
    enum job_time time = job_time_between(&runner->looked_at, &now);
    int64_t wait = LOOK_MS;

    if (runner->set != NULL) {
        if (!look_at_all(runner, &now, time, &wait)) {
            return 0; /* with the same look before it, so that what time did is told to all */
        }
        forget_past(runner);
    }
    runner->looked_at = now;
    return wait;
}

static bool has_news(const struct job_runner *runner)
{
    return runner->facts.first != NULL || runner->changes.size > 0 || runner->troubles.size > 0 ||
           runner->mended.size > 0;
}

static void watch(struct job_runner *runner)
{
    bool quit = false;

    while (!quit) {
        int64_t wait;
        bool news;

        mutex_lock(runner->mutex);
        collect(runner);
        quit = runner->quit;
        wait = quit ? 0 : look(runner);
        news = has_news(runner);
        mutex_unlock(runner->mutex);
        if (news && !quit) {
            runner->ring(runner->context);
        }
        (void)(!quit && bell_wait(runner->bell, wait));
    }
}

static bool any_runs(struct job_runner *runner)
{
    bool any = false;

    mutex_lock(runner->mutex);
    collect(runner);
    for (int i = 0; i < JOB_RUNS_AT_ONCE; i++) {
        any = any || runner->workers[i].thread != NULL;
    }
    mutex_unlock(runner->mutex);
    return any;
}

static void stop_runs(struct job_runner *runner)
{
    mutex_lock(runner->mutex);
    for (int i = 0; i < JOB_RUNS_AT_ONCE; i++) {
        if (runner->workers[i].run != NULL && !runner->workers[i].done) {
            job_run_stop(runner->workers[i].run);
        }
    }
    mutex_unlock(runner->mutex);
    while (any_runs(runner)) {
        (void)bell_wait(runner->bell, LOOK_MS);
    }
}

static void release(struct job_runner *runner)
{
    release_set(runner->set);
    release_set(runner->past);
    job_states_close(runner->states);
    probe_facts_clear(&runner->facts);
    text_clear(&runner->changes);
    text_clear(&runner->troubles);
    text_clear(&runner->mended);
    bell_close(runner->bell);
    bell_close(runner->ended);
    mutex_close(runner->mutex);
    free(runner);
}

static void run_thread(void *context)
{
    struct job_runner *runner = context;
    bool abandoned;

    runner->looked_at = job_moment_now();
    watch(runner);
    stop_runs(runner);
    mutex_lock(runner->mutex);
    runner->finished = true;
    abandoned = runner->abandoned;
    if (!abandoned) {
        bell_ring(runner->ended);
    }
    mutex_unlock(runner->mutex);
    if (abandoned) {
        release(runner);
    }
}

bool job_runner_open(struct job_runner **out, void (*ring)(void *context), void *context,
                     struct failure *why)
{
    struct job_runner *runner = calloc(1, sizeof(*runner));

    if (runner == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the jobs");
    }
    runner->ring = ring;
    runner->context = context;
    if (!mutex_open(&runner->mutex, why) || !bell_open(&runner->bell, why) ||
        !bell_open(&runner->ended, why) || !job_states_open(&runner->states, why) ||
        !thread_start(&runner->thread, run_thread, runner, why)) {
        release(runner);
        return false;
    }
    *out = runner;
    return true;
}

/* Settings of then that this version cannot read are as good as none. */
static void read_past(struct job_set **out, struct settings *settings)
{
    struct failure ignored;

    *out = NULL;
    if (settings != NULL && !make_set(out, settings, &ignored)) {
        *out = NULL;
    }
}

/* Only this thread replaces sets: they may be looked at without the lock. */
static bool begin_jobs(struct job_runner *runner, struct job_set *set, const struct job_past *past,
                       struct job_set **before, struct failure *why)
{
    if (runner->set != NULL) {
        begin_new_turns(set);
        return true;
    }
    read_past(before, past->settings);
    if (begin_turns(set, *before, past, why)) {
        return true;
    }
    free_set(*before);
    return false;
}

bool job_runner_configure(struct job_runner *runner, struct settings *settings,
                          const struct job_past *past, struct failure *why)
{
    struct job_set *before = NULL;
    struct job_set *set;

    if (!make_set(&set, settings, why)) {
        if (runner->set == NULL) {
            settings_free(past->settings);
        }
        return false;
    }
    if (!begin_jobs(runner, set, past, &before, why)) {
        free_set(set);
        return false;
    }
    mutex_lock(runner->mutex);
    if (runner->set == NULL) {
        runner->past = before;
        runner->past_is_guessed = before == NULL;
    }
    keep_turns(runner, set);
    forget_jobs(runner, set);
    release_set(runner->set);
    runner->set = set;
    mutex_unlock(runner->mutex);
    bell_ring(runner->bell);
    return true;
}

void job_runner_look_ahead(struct job_runner *runner, struct job_outlook *outlook)
{
    const struct job_set *set;

    *outlook = (struct job_outlook){.next = SCHEDULE_NEVER};
    mutex_lock(runner->mutex);
    set = runner->set;
    outlook->jobs = set == NULL ? 0 : set->list.count;
    for (size_t i = 0; i < outlook->jobs; i++) {
        if (set->turns[i].next < outlook->next) {
            outlook->next = set->turns[i].next;
            text_reset(&outlook->name);
            text_add(&outlook->name, set->list.jobs[i].name);
        }
    }
    mutex_unlock(runner->mutex);
}

/* Locked. */
static void take_news(struct job_runner *runner, struct job_news *news)
{
    probe_facts_move(&news->facts, &runner->facts);
    news->changes = runner->changes;
    news->troubles = runner->troubles;
    news->mended = runner->mended;
    runner->changes = (struct text){0};
    runner->troubles = (struct text){0};
    runner->mended = (struct text){0};
}

void job_runner_take(struct job_runner *runner, struct job_news *news)
{
    mutex_lock(runner->mutex);
    take_news(runner, news);
    mutex_unlock(runner->mutex);
}

void job_news_clear(struct job_news *news)
{
    probe_facts_clear(&news->facts);
    text_clear(&news->changes);
    text_clear(&news->troubles);
    text_clear(&news->mended);
}

bool job_runner_close(struct job_runner *runner, int64_t patience, struct job_news *news)
{
    bool finished;

    *news = (struct job_news){0};
    if (runner == NULL) {
        return true;
    }
    mutex_lock(runner->mutex);
    runner->quit = true;
    mutex_unlock(runner->mutex);
    bell_ring(runner->bell);
    (void)bell_wait(runner->ended, patience);
    mutex_lock(runner->mutex);
    finished = runner->finished;
    runner->abandoned = !finished;
    take_news(runner, news);
    mutex_unlock(runner->mutex);
    if (!finished) {
        thread_abandon(runner->thread); /* which frees the rest when it comes back */
        return false;
    }
    thread_join(runner->thread);
    release(runner);
    return true;
}
