/* SPDX-License-Identifier: MIT */

#include "collector/background.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"

enum { FIRST_CAPACITY = 16 };

struct background {
    const struct background_kind *kind;
    void *context;
    bool low_priority;

    struct mutex *mutex; /* guards all that follows the thread */
    struct bell *work;   /* rung for the thread: there is a job, or it must end */
    struct bell *hurry;  /* rung for a job that pauses: it must end */
    struct bell *idle;   /* rung by the thread when nothing is left to do */
    struct bell *ended;
    struct thread *thread;

    void **jobs; /* a ring: `count` of them from `first` on */
    size_t first;
    size_t count;
    size_t capacity; /* a power of two, or 0 */
    bool busy;
    bool quit;
    bool finished;  /* the thread needs nothing of this any more */
    bool abandoned; /* nobody waits for the thread: it frees what it leaves */
};

static bool must_quit(struct background *background)
{
    bool quit;

    mutex_lock(background->mutex);
    quit = background->quit;
    mutex_unlock(background->mutex);
    return quit;
}

/* Without the context. */
static void free_all(struct background *background)
{
    bell_close(background->work);
    bell_close(background->hurry);
    bell_close(background->idle);
    bell_close(background->ended);
    mutex_close(background->mutex);
    free(background->jobs);
    free(background);
}

static void release(struct background *background)
{
    background->kind->release(background->context);
    free_all(background);
}

/* Where the i-th of the jobs that wait is, or the one behind the last will be. */
static void **job_at(const struct background *background, size_t i)
{
    return &background->jobs[(background->first + i) & (background->capacity - 1)];
}

/* The mutex is held. */
static void *take_first(struct background *background)
{
    void *job = *job_at(background, 0);

    background->first = (background->first + 1) & (background->capacity - 1);
    background->count--;
    return job;
}

/* True with the next job, which is under way from now on. */
static bool begin_job(struct background *background, void **job)
{
    bool any;

    mutex_lock(background->mutex);
    any = background->count > 0 && !background->quit;
    if (any) {
        *job = take_first(background);
        background->busy = true;
    }
    mutex_unlock(background->mutex);
    return any;
}

static void end_job(struct background *background)
{
    bool idle;

    mutex_lock(background->mutex);
    background->busy = false;
    idle = background->count == 0;
    mutex_unlock(background->mutex);
    if (idle) {
        bell_ring(background->idle);
    }
}

static void finish(struct background *background)
{
    bool abandoned;

    mutex_lock(background->mutex);
    background->finished = true;
    abandoned = background->abandoned;
    if (!abandoned) {
        bell_ring(background->ended);
    }
    mutex_unlock(background->mutex);
    if (abandoned) {
        release(background);
    }
}

static void run(void *context)
{
    struct background *background = context;
    void *job;

    if (background->low_priority) {
        thread_step_back();
    }
    while (!must_quit(background)) {
        if (begin_job(background, &job)) {
            background->kind->work(background->context, job);
            end_job(background);
        } else {
            (void)bell_wait(background->work, -1);
        }
    }
    finish(background);
}

bool background_open(struct background **out, const struct background_kind *kind, void *context,
                     bool low_priority, struct failure *why)
{
    struct background *background = calloc(1, sizeof(*background));

    if (background == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %s", kind->name);
    }
    background->kind = kind;
    background->context = context;
    background->low_priority = low_priority;
    if (!mutex_open(&background->mutex, why) || !bell_open(&background->work, why) ||
        !bell_open(&background->hurry, why) || !bell_open(&background->idle, why) ||
        !bell_open(&background->ended, why) ||
        !thread_start(&background->thread, run, background, why)) {
        free_all(background);
        return false;
    }
    *out = background;
    return true;
}

/* Makes room for one more job. The mutex is held. */
static bool make_room(struct background *background)
{
    size_t capacity = background->capacity == 0 ? FIRST_CAPACITY : background->capacity * 2;
    void **jobs;

    if (background->count < background->capacity) {
        return true;
    }
    jobs = malloc(capacity * sizeof(*jobs));
    if (jobs == NULL) {
        return false;
    }
    for (size_t i = 0; i < background->count; i++) {
        jobs[i] = *job_at(background, i);
    }
    free(background->jobs);
    background->jobs = jobs;
    background->capacity = capacity;
    background->first = 0;
    return true;
}

bool background_add(struct background *background, void *job, struct failure *why)
{
    bool ok;

    mutex_lock(background->mutex);
    ok = make_room(background);
    if (ok) {
        *job_at(background, background->count++) = job;
    }
    mutex_unlock(background->mutex);
    if (!ok) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for more to do while %s",
                    background->kind->name);
    }
    bell_ring(background->work);
    return true;
}

size_t background_waiting(struct background *background)
{
    size_t waiting;

    mutex_lock(background->mutex);
    waiting = background->count + (background->busy ? 1 : 0);
    mutex_unlock(background->mutex);
    return waiting;
}

bool background_wait(struct background *background, int64_t milliseconds)
{
    int64_t begun = clock_awake();

    while (background_waiting(background) > 0) {
        int64_t left = milliseconds - (clock_awake() - begun);

        if (left <= 0 || !bell_wait(background->idle, left)) {
            return background_waiting(background) == 0;
        }
    }
    return true;
}

bool background_pause(struct background *background, int64_t milliseconds)
{
    if (!must_quit(background)) {
        (void)bell_wait(background->hurry, milliseconds);
    }
    return must_quit(background);
}

/* Only the closing thread takes jobs from now on. */
static void drop_jobs(struct background *background)
{
    size_t count;

    mutex_lock(background->mutex);
    background->quit = true;
    count = background->count;
    background->count = 0;
    mutex_unlock(background->mutex);
    for (size_t i = 0; i < count; i++) {
        background->kind->drop(background->context, *job_at(background, i));
    }
}

/* True where the thread came to its end in time; otherwise all is its own from now on. */
static bool wait_for_thread(struct background *background, int64_t patience)
{
    bool finished;

    (void)bell_wait(background->ended, patience);
    mutex_lock(background->mutex);
    finished = background->finished;
    background->abandoned = !finished;
    mutex_unlock(background->mutex);
    return finished;
}

void background_close(struct background *background, int64_t patience)
{
    struct thread *thread;

    if (background == NULL) {
        return;
    }
    thread = background->thread;
    drop_jobs(background);
    bell_ring(background->hurry);
    bell_ring(background->work);
    if (!wait_for_thread(background, patience)) {
        thread_abandon(thread);
        return;
    }
    thread_join(thread);
    release(background);
}
