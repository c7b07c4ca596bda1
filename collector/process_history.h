/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is remembered of the machine's processes from one sample to the next,
 * so that a process is opened once.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/process_instance.h"
#include "collector/process_details.h"
#include "collector/process_table.h"

/* A process that was listed but is not of the sample: it started too late. */
struct process_latecomer {
    uint32_t pid;
    uint64_t start;
};

/* Starts as {0}, which remembers nothing. */
struct process_history {
    const struct process_instance **instances; /* a reference each; by pid, as in the table */
    size_t count;

    const struct process_instance **other; /* for process_history.c only, from here on */
    size_t capacity;
    struct process_latecomer *late;
    struct process_latecomer *other_late;
    size_t late_count;
};

/*
 * Takes in the newest list: afterwards instances[i] is the process of
 * table->rows[i]. An instance that was there before keeps its object, unless
 * its name has changed: then it runs another program (exec) and begins anew as
 * PROCESS_NOT_OPENED.
 *
 * Processes that started after `latest` (milliseconds since 1970 UTC; INT64_MAX:
 * no limit) are taken out of *table: a pid in socket tables that were read by
 * then cannot mean them. That rests on a clock that may be set, so a process
 * that an earlier list had is never too late.
 */
bool process_history_update(struct process_history *history, struct process_table *table,
                            int64_t latest, struct failure *why) NODISCARD;

/*
 * Opens instance `i`, unless that was done, and puts an object in its place
 * that knows what was found.
 */
bool process_history_open(struct process_history *history, size_t i, struct failure *why) NODISCARD;

/* Forgets all and frees. Harmless twice. */
void process_history_clear(struct process_history *history);
