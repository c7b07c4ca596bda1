/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What time it is. One implementation per system, and clock_fake.c for tests.
 *
 * Two clocks: the wall clock can be set by anybody and is what people ask
 * with; the steady clock only ever runs forward, is not stopped by sleep, and
 * is what durations are measured with. A difference between the two is how
 * the service notices that the clock was set or that the machine slept.
 *
 * All calls: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

/* Milliseconds since 1970-01-01 00:00 UTC, by the wall clock. */
int64_t clock_now(void);

/* Milliseconds since the system started, sleep included. Never steps. */
int64_t clock_steady(void);

/* The same two in microseconds, for what happens on a network. */
int64_t clock_now_us(void);
int64_t clock_steady_us(void);

/* The part of clock_steady() in which the machine was awake: it stands still in sleep. */
int64_t clock_awake(void);

/*
 * Seconds that local time is ahead of UTC (east is positive) at the moment
 * `at`, daylight saving included, by the rules that this machine's zone had
 * in the year of that moment. A zone that is changed while we run is noticed
 * within a second or two.
 */
int clock_zone_offset(int64_t at);

/*
 * Names this boot: equal for two calls within one run of the system, from
 * whichever process and user, different after a restart, and not changed by
 * setting the clock or by sleep (Windows' fast startup is a sleep). Linux: the
 * kernel's boot_id. Windows: when the session manager started, which is the
 * first process of the system; where there is none to be seen, when the
 * kernel started, by the clock as it was then.
 */
struct clock_boot {
    char id[40];        /* ASCII */
    int64_t started_at; /* by the wall clock as it is now: for people, not for identity */
};

bool clock_boot_read(struct clock_boot *boot, struct failure *why) NODISCARD;
