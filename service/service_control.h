/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The service as the manager knows it: install, uninstall, start, stop.
 *
 * Windows: the service control manager. Linux: the package brings the unit
 * file and systemctl does the rest; the verbs say so in words.
 * Verbs are idempotent: *did says what was done or found.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/text.h"

/* How it is to be installed. */
struct service_plan {
    const char *const *arguments; /* passed at each start: "--config", "C:\..."; ended by NULL */
    const char *account;          /* that it runs as; NULL: the system's own */
    bool delayed;                 /* it may start some minutes after the system */
};

/*
 * Registers the program that runs now. FAILURE_DENIED where others than
 * administrators could put another program in its place. What this system
 * lacks of the configuration is a note in *did; where it refuses a part
 * that the service's safety rests on, nothing is installed, and one that was
 * installed before stays as it was.
 */
bool service_control_install(const struct service_plan *plan, struct text *did,
                             struct failure *why) NODISCARD;
bool service_control_uninstall(struct text *did, struct failure *why) NODISCARD;

/*
 * After an installation with an account of its own: lets that account into a
 * file, or into a folder and what inherits from it, that administrators have
 * made. Does nothing for the system's account.
 */
bool service_control_admit(const struct service_plan *plan, const char *path,
                           struct failure *why) NODISCARD;

/* Both wait until the service runs, or has stopped and its process is gone. */
bool service_control_start(struct text *did, struct failure *why) NODISCARD;
bool service_control_stop(struct text *did, struct failure *why) NODISCARD;

/* What a service that runs is told. */
enum service_order {
    SERVICE_RELOAD,   /* read the settings again */
    SERVICE_PAUSE,    /* take no samples; waits until it is so */
    SERVICE_CONTINUE, /* take samples again; waits until it is so */
    SERVICE_SAMPLE,   /* take one now; at most one a second is */
};
bool service_control_tell(enum service_order order, struct text *did,
                          struct failure *why) NODISCARD;
