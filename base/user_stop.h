/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How a person ends a program that watches: Escape on the terminal, Ctrl-C, or
 * by ending the program in the ways of the system (a console that is closed,
 * SIGTERM, SIGHUP). The program goes on to its own end, so that what it writes
 * is whole.
 *
 * A second Ctrl-C ends the process at once, in case a call of the system hangs.
 * One in a process, used by one thread. Unit tests put tests/unit/user_stop_fake.c
 * in its place.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

enum user_stop_reason {
    USER_STOP_NONE, /* nobody wants to stop */
    USER_STOP_ESCAPE,
    USER_STOP_SIGNAL, /* Ctrl-C and the others */
};

/*
 * From here on the terminal that is standard input, if there is one, shows no
 * keys and hands them over one by one.
 */
bool user_stop_open(struct failure *why) NODISCARD;

/* Waits for at most so many milliseconds, or until somebody wants to stop. */
enum user_stop_reason user_stop_wait(int64_t milliseconds);

/*
 * Gives the terminal and Ctrl-C back as they were. Where the system waits for
 * our end, it need wait no longer. Harmless twice.
 */
void user_stop_close(void);
