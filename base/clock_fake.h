/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The clocks of base/clock.h as a test wants them. A test program that links
 * clock_fake.c gets these in place of the system's: nothing passes unless the
 * test says so. One thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/* From `at` on (milliseconds since 1970 UTC) local time is `offset` seconds ahead of UTC. */
struct clock_fake_change {
    int64_t at;
    int offset;
};

/* As at the start of the program: 1970, a boot at that moment named "boot 1", UTC. */
void clock_fake_reset(void);

/* Sets the wall clock, as a person does: the other two do not notice. */
void clock_fake_set(int64_t at);

/* Time passes, on all clocks. */
void clock_fake_run(int64_t milliseconds);

/* Time passes while the machine sleeps: clock_awake() stands still. */
void clock_fake_sleep(int64_t milliseconds);

/* The system was off for so long, and starts again under another name. */
void clock_fake_restart(int64_t off, const char *id);

/* While true, clock_boot_read() fails. */
void clock_fake_hide_boot(bool hidden);

/*
 * The zone: `offset` seconds before the first change; `changes` in the order
 * of time, lent until the next call. NULL and 0: the zone has no changes.
 */
void clock_fake_set_zone(int offset, const struct clock_fake_change *changes, size_t count);
