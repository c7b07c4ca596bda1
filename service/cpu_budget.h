/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Keeps the service within its share of the processors (service.cpu_limit),
 * averaged over CPU_BUDGET_MS, or CPU_BUDGET_SAMPLES intervals where these are
 * longer. Where all of it together costs more, work in the background gives
 * way; where samples alone cost more even then, the interval is doubled as
 * often as it takes, and halved again when that would cost two thirds of the
 * limit at most. After each of these it is measured anew.
 *
 * Plain data: clocks and counters are handed in.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CPU_BUDGET_MS = 10000,
    CPU_BUDGET_SAMPLES = 8,     /* one more or less at the edges does not count for much */
    CPU_BUDGET_CALM_MS = 60000, /* before the interval is halved again */
    CPU_BUDGET_MARKS = 12,
    CPU_BUDGET_STRETCH = 64, /* the interval becomes no more than so many times as long, */
};

#define CPU_BUDGET_LONGEST INT64_C(3600000) /* nor longer than this */

/* What was used up to a moment, in microseconds of processor time. */
struct cpu_reading {
    int64_t at;       /* clock_steady() */
    int64_t total;    /* by the process */
    int64_t sampling; /* by taking samples and storing them: a part of that */
};

/* What it is held against. */
struct cpu_limit {
    int64_t percent; /* of all processors; 0: no limit */
    int processors;
    int64_t interval; /* of the settings */
};

/* {0}, with `stretch` 1, is the beginning. */
struct cpu_budget {
    struct cpu_reading marks[CPU_BUDGET_MARKS]; /* the oldest first */
    size_t count;
    int64_t changed_at;
    bool yielding; /* work in the background gives way */
    int stretch;   /* the interval is so many times that of the settings */
};

/* For every turn of a loop. True where `yielding` or `stretch` was changed. */
bool cpu_budget_look(struct cpu_budget *budget, const struct cpu_limit *limit,
                     const struct cpu_reading *now);
