/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What runs the service's body: the service control manager, systemd, or a
 * person at a terminal. Controls arrive on threads and in handlers of the
 * system's own; they only set a bit and ring. The body asks.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

/* What somebody wants. Bits: several may have arrived since the last look. */
enum service_wants {
    SERVICE_WANTS_NOTHING = 0,
    SERVICE_WANTS_STOP = 1,      /* stop, shutdown, preshutdown, Ctrl-C, SIGTERM */
    SERVICE_WANTS_RELOAD = 2,    /* PARAMCHANGE, SIGHUP */
    SERVICE_WANTS_LOOK = 4,      /* service_host_ring(): something of ours is ready */
    SERVICE_WANTS_PAUSE = 8,     /* PAUSE, SIGUSR2; of the two that follow the last one counts, */
    SERVICE_WANTS_CONTINUE = 16, /* CONTINUE, SIGCONT; never both */
    SERVICE_WANTS_SAMPLE = 32,   /* the code for "sample now", SIGUSR1 */
    SERVICE_WANTS_WOKE = 64,     /* the machine slept, and is awake again; Linux: told at the end */
    SERVICE_WANTS_CLOCK = 128,   /* the wall clock was set;               of the present wait */
};

struct service_host;

/*
 * The body of the service. It calls service_host_ready() once it does its
 * work, and ends when SERVICE_WANTS_STOP is set. A failure that it returns
 * with false becomes the exit status that the manager sees, so that its
 * recovery actions fire.
 */
typedef bool service_body_fn(struct service_host *host, void *context, struct failure *why);

/*
 * Runs the body as a service where a manager started us, and in the foreground
 * otherwise. Returns what the body returned. FAILURE_SYSTEM where
 * the manager cannot be reached.
 */
bool service_host_run_service(service_body_fn *body, void *context, struct failure *why) NODISCARD;
bool service_host_run_foreground(service_body_fn *body, void *context,
                                 struct failure *why) NODISCARD;

/* For the body: the work has begun. */
void service_host_ready(struct service_host *host);

/* For the body, once it has done what SERVICE_WANTS_PAUSE or _CONTINUE asks for. */
void service_host_paused(struct service_host *host, bool paused);

/* Still starting or stopping; for a manager that is about to lose patience. */
void service_host_busy(struct service_host *host);

/* Waits at most `milliseconds` (-1: without end) for a control; returns and forgets the bits. */
unsigned service_host_wait(struct service_host *host, int64_t milliseconds);

/* Any thread: makes the present or the next wait return with SERVICE_WANTS_LOOK. */
void service_host_ring(struct service_host *host);

/* False: started by a manager, nobody is watching standard error. */
bool service_host_foreground(const struct service_host *host);
