/* SPDX-License-Identifier: MIT */

#include "service/sampler.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/process_self.h"
#include "base/thread.h"

enum sampler_state {
    STATE_IDLE,
    STATE_WORKING,
    STATE_DONE,
    STATE_FAILED,
};

struct sampler {
    struct mutex *mutex; /* guards state and the flags; the rest belongs to whom state says */
    struct bell *work;   /* rung for the thread */
    struct bell *ended;
    struct thread *thread;
    enum sampler_state state;
    bool quit;
    bool finished;  /* the thread needs nothing of this any more */
    bool abandoned; /* nobody waits for the thread: it frees what it leaves */

    struct collector_options options; /* with `reconfigure`: for the thread to take over */
    bool reconfigure;

    struct collector *collector; /* the thread's */
    struct snapshot snapshot;    /* the thread's while WORKING, and so are these */
    struct sampler_cost cost;
    struct sampler_cost taken; /* the caller's: of the sample that was taken over last */
    struct failure why;

    sampler_ready_fn *ready;
    void *context;
};

static enum sampler_state state_of(struct sampler *sampler)
{
    enum sampler_state state;

    mutex_lock(sampler->mutex);
    state = sampler->state;
    mutex_unlock(sampler->mutex);
    return state;
}

static void set_state(struct sampler *sampler, enum sampler_state state)
{
    mutex_lock(sampler->mutex);
    sampler->state = state;
    mutex_unlock(sampler->mutex);
}

static bool must_quit(struct sampler *sampler)
{
    bool quit;

    mutex_lock(sampler->mutex);
    quit = sampler->quit;
    mutex_unlock(sampler->mutex);
    return quit;
}

static void release(struct sampler *sampler)
{
    collector_close(sampler->collector);
    snapshot_clear(&sampler->snapshot);
    collector_options_clear(&sampler->options);
    bell_close(sampler->work);
    bell_close(sampler->ended);
    mutex_close(sampler->mutex);
    free(sampler);
}

/* What could not be taken over is what the next sample begins with. */
static void try_again(struct sampler *sampler)
{
    mutex_lock(sampler->mutex);
    sampler->reconfigure = true;
    mutex_unlock(sampler->mutex);
}

/* Takes options over that came since the sample before. */
static bool configure(struct sampler *sampler, struct failure *why)
{
    struct collector_options options = {0};
    bool ok = true;
    bool changed;

    mutex_lock(sampler->mutex);
    changed = sampler->reconfigure;
    if (changed) {
        ok = collector_options_copy(&options, &sampler->options, why);
        sampler->reconfigure = !ok;
    }
    mutex_unlock(sampler->mutex);
    if (ok && changed && !collector_configure(sampler->collector, &options, why)) {
        ok = false;
        try_again(sampler);
    }
    collector_options_clear(&options);
    return ok;
}

static void take_sample(struct sampler *sampler)
{
    int64_t begun = clock_steady_us();
    bool ok = configure(sampler, &sampler->why) &&
              collector_sample(sampler->collector, &sampler->snapshot, &sampler->why);

    sampler->cost.lasted = clock_steady_us() - begun;
    sampler->cost.cpu = process_self_thread_cpu();
    set_state(sampler, ok ? STATE_DONE : STATE_FAILED);
    if (!must_quit(sampler)) { /* whoever closed us may not be there any more */
        sampler->ready(sampler->context);
    }
}

static void finish(struct sampler *sampler)
{
    bool abandoned;

    mutex_lock(sampler->mutex);
    sampler->finished = true;
    abandoned = sampler->abandoned;
    if (!abandoned) {
        bell_ring(sampler->ended);
    }
    mutex_unlock(sampler->mutex);
    if (abandoned) {
        release(sampler);
    }
}

static void work(void *context)
{
    struct sampler *sampler = context;

    while (!must_quit(sampler)) {
        if (state_of(sampler) == STATE_WORKING) {
            take_sample(sampler);
        } else {
            (void)bell_wait(sampler->work, -1);
        }
    }
    finish(sampler);
}

bool sampler_configure(struct sampler *sampler, const struct collector_options *options,
                       struct failure *why)
{
    bool ok;

    mutex_lock(sampler->mutex);
    ok = collector_options_copy(&sampler->options, options, why);
    sampler->reconfigure = ok || sampler->reconfigure;
    mutex_unlock(sampler->mutex);
    return ok;
}

bool sampler_open(struct sampler **out, const struct collector_options *options,
                  sampler_ready_fn *ready, void *context, struct failure *why)
{
    struct sampler *sampler = calloc(1, sizeof(*sampler));

    if (sampler == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the sampler");
    }
    sampler->ready = ready;
    sampler->context = context;
    if (!mutex_open(&sampler->mutex, why) || !bell_open(&sampler->work, why) ||
        !bell_open(&sampler->ended, why) || !collector_open(&sampler->collector, options, why) ||
        !thread_start(&sampler->thread, work, sampler, why)) {
        release(sampler);
        return false;
    }
    *out = sampler;
    return true;
}

bool sampler_begin(struct sampler *sampler)
{
    if (state_of(sampler) != STATE_IDLE) {
        return false;
    }
    set_state(sampler, STATE_WORKING);
    bell_ring(sampler->work);
    return true;
}

enum sampler_result sampler_take(struct sampler *sampler, struct snapshot *snapshot,
                                 struct failure *why)
{
    switch (state_of(sampler)) {
    case STATE_DONE:
        snapshot_swap(snapshot, &sampler->snapshot);
        sampler->taken = sampler->cost;
        set_state(sampler, STATE_IDLE);
        return SAMPLER_DONE;
    case STATE_FAILED:
        *why = sampler->why;
        sampler->taken = sampler->cost;
        set_state(sampler, STATE_IDLE);
        return SAMPLER_FAILED;
    case STATE_WORKING:
        return SAMPLER_WORKING;
    default:
        return SAMPLER_IDLE;
    }
}

struct sampler_cost sampler_cost(const struct sampler *sampler)
{
    return sampler->taken;
}

/* True where the thread came to its end in time; otherwise all is its own from now on. */
static bool wait_for_thread(struct sampler *sampler, int64_t patience)
{
    bool finished;

    (void)bell_wait(sampler->ended, patience);
    mutex_lock(sampler->mutex);
    finished = sampler->finished;
    sampler->abandoned = !finished;
    mutex_unlock(sampler->mutex);
    return finished;
}

bool sampler_close(struct sampler *sampler, int64_t patience)
{
    struct thread *thread;

    if (sampler == NULL) {
        return true;
    }
    thread = sampler->thread;
    mutex_lock(sampler->mutex);
    sampler->quit = true;
    mutex_unlock(sampler->mutex);
    bell_ring(sampler->work);
    if (!wait_for_thread(sampler, patience)) {
        thread_abandon(thread);
        return false;
    }
    thread_join(thread);
    release(sampler);
    return true;
}
