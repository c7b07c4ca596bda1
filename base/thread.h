/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Threads, as few as there are: one that reads the system, beside the one
 * that keeps the ledger, and those of collector/background.h. Windows and POSIX
 * behind one header.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

struct thread;
typedef void thread_fn(void *context);

/*
 * Runs `body(context)` in a thread of its own. The caller joins or abandons
 * *out. On Linux the thread takes no signals: they are for the one that
 * starts the program.
 */
bool thread_start(struct thread **out, thread_fn *body, void *context,
                  struct failure *why) NODISCARD;

/* Waits for the end of the thread, and frees. Does nothing for NULL. */
void thread_join(struct thread *thread);

/*
 * Frees our side of a thread that hangs in the system. It may run on until the
 * process ends, so what it uses must stay. Does nothing for NULL.
 */
void thread_abandon(struct thread *thread);

/*
 * Lets everybody else go first, from now on until the calling thread ends: in
 * computing and, where the system can, in reading files. A system that does
 * not do so lets the thread run as it did.
 */
void thread_step_back(void);

/* Not recursive: a thread that locks twice waits for itself. */
struct mutex;
bool mutex_open(struct mutex **out, struct failure *why) NODISCARD;
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

/* Nobody holds it any more. Does nothing for NULL. */
void mutex_close(struct mutex *mutex);

/*
 * A bell: one side rings, the other waits. A ring before the wait is not
 * lost; many rings before a wait are one. What was written before the ring is
 * seen after the wait that it ended.
 */
struct bell;
bool bell_open(struct bell **out, struct failure *why) NODISCARD;

/* Any thread. On Windows also a control handler, on Linux also a signal handler. */
void bell_ring(struct bell *bell);

/*
 * Waits until the bell is rung, or for `milliseconds` (0: only looks; -1:
 * without end). True where it was rung. Time in which the machine sleeps does
 * not count. One thread waits at a time.
 */
bool bell_wait(struct bell *bell, int64_t milliseconds);

/* Nobody rings or waits any more. Does nothing for NULL. */
void bell_close(struct bell *bell);
