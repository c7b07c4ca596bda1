/* SPDX-License-Identifier: MIT */

#include "tests/fake_job_run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/thread.h"
#include "probes/protocol.h"

enum { PATIENCE_TURNS = 2000, TURN_MS = 10 };

struct job_run {
    const struct job *job;
    struct bell *bell;
    bool let_go;
    bool stopped;
    struct job_run *next;
};

static struct {
    struct mutex *mutex; /* guards all of it, and what is in the runs */
    struct bell *came;   /* a run goes on */
    struct job_run *runs;
    const char *refusal;
    bool hangs;
    bool all_go;
    enum probe_status status;
    int times;
    int count;
    int most;
} fake;

void fake_job_run_open(void)
{
    struct failure why;

    memset(&fake, 0, sizeof(fake));
    fake.status = PROBE_LISTENING;
    fake.times = 1;
    if (!mutex_open(&fake.mutex, &why) || !bell_open(&fake.came, &why)) {
        abort();
    }
}

void fake_job_run_close(void)
{
    assert(fake.runs == NULL);
    mutex_close(fake.mutex);
    bell_close(fake.came);
}

void fake_job_run_refuse(const char *words)
{
    mutex_lock(fake.mutex);
    fake.refusal = words;
    mutex_unlock(fake.mutex);
}

void fake_job_run_hang(bool hangs)
{
    mutex_lock(fake.mutex);
    fake.hangs = hangs;
    mutex_unlock(fake.mutex);
}

void fake_job_run_find(enum probe_status status)
{
    mutex_lock(fake.mutex);
    fake.status = status;
    mutex_unlock(fake.mutex);
}

void fake_job_run_repeat(int times)
{
    mutex_lock(fake.mutex);
    fake.times = times;
    mutex_unlock(fake.mutex);
}

int fake_job_run_count(void)
{
    int count;

    mutex_lock(fake.mutex);
    count = fake.count;
    mutex_unlock(fake.mutex);
    return count;
}

int fake_job_run_most(void)
{
    int most;

    mutex_lock(fake.mutex);
    most = fake.most;
    mutex_unlock(fake.mutex);
    return most;
}

bool fake_job_run_has(const char *job)
{
    bool has = false;

    mutex_lock(fake.mutex);
    for (const struct job_run *run = fake.runs; run != NULL && !has; run = run->next) {
        has = strcmp(run->job->name, job) == 0;
    }
    mutex_unlock(fake.mutex);
    return has;
}

bool fake_job_run_await(int count)
{
    for (int i = 0; i < PATIENCE_TURNS; i++) {
        if (fake_job_run_count() == count) {
            return true;
        }
        (void)bell_wait(fake.came, TURN_MS);
    }
    return false;
}

bool fake_job_run_await_closed(void)
{
    bool closed = false;

    for (int i = 0; i < PATIENCE_TURNS && !closed; i++) {
        mutex_lock(fake.mutex);
        closed = fake.runs == NULL;
        mutex_unlock(fake.mutex);
        (void)(!closed && bell_wait(fake.came, TURN_MS));
    }
    return closed;
}

/* NULL: all of them. */
static void let_go(const char *job)
{
    mutex_lock(fake.mutex);
    fake.all_go = fake.all_go || job == NULL;
    for (struct job_run *run = fake.runs; run != NULL; run = run->next) {
        if (job == NULL || strcmp(run->job->name, job) == 0) {
            run->let_go = true;
            bell_ring(run->bell);
        }
    }
    mutex_unlock(fake.mutex);
}

void fake_job_run_let_go(const char *job)
{
    let_go(job);
}

void fake_job_run_let_all_go(void)
{
    let_go(NULL);
}

bool job_list_read_here(struct job_list *list, const struct settings *settings, struct failure *why)
{
    const struct job_context context = {.host_id = "a host", .protocols = protocols};

    return job_list_read(list, settings, &context, why);
}

bool job_run_open(struct job_run **out, const struct job *job, struct failure *why)
{
    struct job_run *run = calloc(1, sizeof(*run));
    const char *refusal;

    if (run == NULL || !bell_open(&run->bell, why)) {
        abort();
    }
    run->job = job;
    mutex_lock(fake.mutex);
    refusal = fake.refusal;
    if (refusal == NULL) {
        run->let_go = fake.all_go;
        run->next = fake.runs;
        fake.runs = run;
    }
    mutex_unlock(fake.mutex);
    if (refusal != NULL) {
        bell_close(run->bell);
        free(run);
        return FAIL(why, FAILURE_MISSING, 0, "%s", refusal);
    }
    *out = run;
    return true;
}

void job_run_close(struct job_run *run)
{
    if (run == NULL) {
        return;
    }
    mutex_lock(fake.mutex);
    for (struct job_run **at = &fake.runs; *at != NULL; at = &(*at)->next) {
        if (*at == run) {
            *at = run->next;
            break;
        }
    }
    mutex_unlock(fake.mutex);
    bell_close(run->bell);
    free(run);
}

uint64_t job_run_size(const struct job_run *run)
{
    (void)run;
    return 1;
}

static void go_on(int change)
{
    fake.count += change;
    fake.most = fake.count > fake.most ? fake.count : fake.most;
    bell_ring(fake.came);
}

/* True: it was stopped. */
static bool wait_for_end(struct job_run *run)
{
    bool stopped = false;
    bool over = false;

    while (!over) {
        mutex_lock(fake.mutex);
        stopped = run->stopped && !fake.hangs;
        over = run->let_go || stopped;
        mutex_unlock(fake.mutex);
        (void)(!over && bell_wait(run->bell, TURN_MS));
    }
    return stopped;
}

bool job_run_ask(struct job_run *run, job_outcome_fn *take, void (*warn)(void *, const char *),
                 void *context, bool *stopped, struct failure *why)
{
    char host[] = "dc1";
    struct outcome outcome = {.host = host,
                              .port = 389,
                              .transport = PROBE_TCP,
                              .cause = PROBE_ACCEPTED,
                              .started_at = clock_now()};
    bool ok = true;
    int times;

    (void)warn;
    mutex_lock(fake.mutex);
    go_on(1);
    times = fake.times;
    mutex_unlock(fake.mutex);
    *stopped = wait_for_end(run);
    mutex_lock(fake.mutex);
    go_on(-1);
    outcome.status = fake.status;
    mutex_unlock(fake.mutex);
    for (int i = 0; ok && !*stopped && i < times; i++) {
        ok = take(context, &outcome,
                  outcome.status == PROBE_LISTENING ? EXPECTATION_HELD : EXPECTATION_NOT_HELD,
                  "a sentence", why);
    }
    return ok;
}

void job_run_stop(struct job_run *run)
{
    mutex_lock(fake.mutex);
    run->stopped = true;
    bell_ring(run->bell);
    mutex_unlock(fake.mutex);
}
