/* SPDX-License-Identifier: MIT */

#include "service/ledger_opener.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/machine.h"
#include "base/process_self.h"
#include "base/text.h"
#include "base/thread.h"
#include "base/version.h"

enum { TRY_AGAIN_MS = 500 };

struct ledger_opener {
    struct mutex *mutex; /* guards the flags; the rest is the thread's until it is done */
    struct bell *ended;
    struct bell *hurry; /* rung for the thread that waits to try again */
    struct thread *thread;
    bool quit;
    bool done;
    bool abandoned; /* nobody waits for the thread: it frees what it leaves */

    struct ledger_opener_plan plan;
    char *path;
    char *settings;
    int64_t started_at;
    ledger_opener_ready_fn *ready;
    void *context;

    bool ok;
    struct ledger_begun begun;
    struct failure why;
};

static void release(struct ledger_opener *opener)
{
    struct failure ignored;

    (void)!ledger_begun_end(&opener->begun, LEDGER_GAP_STOPPED, &ignored);
    text_clear(&opener->begun.kept);
    bell_close(opener->ended);
    bell_close(opener->hurry);
    mutex_close(opener->mutex);
    free(opener->path);
    free(opener->settings);
    free(opener);
}

static bool begin_run(struct ledger_opener *opener, struct failure *why)
{
    struct text program = {0};
    struct machine_facts machine = {0};
    struct ledger_run run = {
        .pid = process_self_pid(),
        .started_at = opener->started_at,
        .interval = opener->plan.interval,
        .commit = opener->plan.commit,
        .machine = &machine,
        .settings = opener->settings,
        .goes_on_after = opener->plan.goes_on_after,
    };
    bool ok;

    text_addf(&program, "portledgerd %s", portledger_version);
    run.program = text_bytes(&program);
    ok = text_ok(&program, why) && machine_read(&machine, why) && clock_boot_read(&run.boot, why) &&
         ledger_begin(&opener->begun, opener->path, &run, opener->plan.suspect, why);
    machine_facts_clear(&machine);
    text_clear(&program);
    return ok;
}

static bool must_quit(struct ledger_opener *opener)
{
    bool quit;

    mutex_lock(opener->mutex);
    quit = opener->quit;
    mutex_unlock(opener->mutex);
    return quit;
}

static bool begin_when_free(struct ledger_opener *opener, struct failure *why)
{
    while (!begin_run(opener, why)) {
        if (!ledger_is_locked(why) || must_quit(opener)) {
            return false;
        }
        (void)bell_wait(opener->hurry, TRY_AGAIN_MS);
    }
    return true;
}

static void work(void *context)
{
    struct ledger_opener *opener = context;
    bool abandoned;

    opener->ok = begin_when_free(opener, &opener->why);
    mutex_lock(opener->mutex);
    opener->done = true;
    abandoned = opener->abandoned;
    if (!abandoned) {
        opener->ready(opener->context);
        bell_ring(opener->ended);
    }
    mutex_unlock(opener->mutex);
    if (abandoned) {
        release(opener);
    }
}

bool ledger_opener_open(struct ledger_opener **out, const struct ledger_opener_plan *plan,
                        ledger_opener_ready_fn *ready, void *context, struct failure *why)
{
    struct ledger_opener *opener = calloc(1, sizeof(*opener));

    if (opener == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to open the ledger");
    }
    opener->plan = *plan;
    opener->path = text_copy(plan->path);
    opener->settings = text_copy(plan->settings);
    opener->started_at = clock_now();
    opener->ready = ready;
    opener->context = context;
    if (opener->path == NULL || opener->settings == NULL) {
        release(opener);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to open the ledger");
    }
    if (!mutex_open(&opener->mutex, why) || !bell_open(&opener->ended, why) ||
        !bell_open(&opener->hurry, why) || !thread_start(&opener->thread, work, opener, why)) {
        release(opener);
        return false;
    }
    *out = opener;
    return true;
}

static bool is_done(struct ledger_opener *opener)
{
    bool done;

    mutex_lock(opener->mutex);
    done = opener->done;
    mutex_unlock(opener->mutex);
    return done;
}

void ledger_opener_wait(struct ledger_opener *opener, int64_t patience)
{
    if (!is_done(opener)) {
        (void)bell_wait(opener->ended, patience);
    }
}

enum ledger_opener_result ledger_opener_take(struct ledger_opener *opener,
                                             struct ledger_begun *begun, struct failure *why)
{
    if (!is_done(opener)) {
        return LEDGER_OPENER_WORKING;
    }
    if (!opener->ok) {
        *why = opener->why;
        return LEDGER_OPENER_FAILED;
    }
    *begun = opener->begun;
    opener->begun = (struct ledger_begun){0};
    return LEDGER_OPENER_DONE;
}

/* True where the thread came to its end in time; otherwise all is its own from now on. */
static bool wait_for_thread(struct ledger_opener *opener, int64_t patience)
{
    bool done;

    mutex_lock(opener->mutex);
    opener->quit = true;
    mutex_unlock(opener->mutex);
    bell_ring(opener->hurry);
    ledger_opener_wait(opener, patience);
    mutex_lock(opener->mutex);
    done = opener->done;
    opener->abandoned = !done;
    mutex_unlock(opener->mutex);
    return done;
}

bool ledger_opener_close(struct ledger_opener *opener, int64_t patience)
{
    struct thread *thread;

    if (opener == NULL) {
        return true;
    }
    thread = opener->thread;
    if (!wait_for_thread(opener, patience)) {
        thread_abandon(thread);
        return false;
    }
    thread_join(thread);
    release(opener);
    return true;
}
