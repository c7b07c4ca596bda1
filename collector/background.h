/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A thread that does one job after the other, for what may take its time
 * while samples go on. Any thread may add jobs and ask; background_wait() is
 * for one thread at a time, and background_close() is the last call.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

struct background;

struct background_kind {
    const char *name;                       /* for failures: "reading files" */
    void (*work)(void *context, void *job); /* in the thread; the job's resources are its own */
    void (*drop)(void *context, void *job); /* a job that is not done any more; `work` may hang */
    void (*release)(void *context);         /* nobody uses the context any more */
};

/* On success `context` belongs to the background; on failure to the caller still. */
bool background_open(struct background **out, const struct background_kind *kind, void *context,
                     bool low_priority, struct failure *why) NODISCARD;

/* Adds a job behind the others. False where memory ran out, and the job is the caller's still. */
bool background_add(struct background *background, void *job, struct failure *why) NODISCARD;

/* Jobs that wait or are under way. */
size_t background_waiting(struct background *background);

/* Waits until there is no job any more, at most `milliseconds`. True where that is so. */
bool background_wait(struct background *background, int64_t milliseconds);

/*
 * In `work`: sleeps, and wakes up early where background_close() was called;
 * then it is true, and the work had better end.
 */
bool background_pause(struct background *background, int64_t milliseconds);

/*
 * Drops the jobs that wait, and ends the thread. One that hangs for longer than
 * `patience` milliseconds is left behind with the context, which it releases
 * if it ever comes back. Does nothing for NULL.
 */
void background_close(struct background *background, int64_t patience);
