/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is remembered of the machine's processes from one sample to the next,
 * so that a process is opened once, and what is found behind it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/account_names.h"
#include "collector/image_library.h"
#include "collector/privacy.h"
#include "collector/process_details.h"
#include "collector/process_instance.h"
#include "collector/process_table.h"
#include "collector/service_memory.h"

/* A process that was listed but is not of the sample: it started too late. */
struct process_latecomer {
    uint32_t pid;
    uint64_t start;
};

/* A process of the sample, and what is known of it beside the instance. */
struct process_entry {
    const struct process_instance *instance; /* a reference */
    uint64_t program;                        /* as in process_table.h */
    struct process_handle *handle;           /* held while it owns sockets; NULL: not */
    int64_t modules_at; /* clock_steady() of the last look at its modules; 0: none */
    struct service_memory services;
    bool owns;     /* sockets, in this sample: the caller's mark */
    bool left_out; /* the settings say not to record it */
};

/* Who is asked when a process is opened. All may be NULL: then that is not known. */
struct process_sources {
    struct account_names *accounts;
    struct image_library *images;
    const struct privacy *privacy;
    bool command_lines;
};

/* Starts as {0}, which remembers nothing. */
struct process_history {
    struct process_entry *entries; /* by pid, as in the table */
    size_t count;

    struct process_entry *other; /* for process_history.c only, from here on */
    size_t capacity;
    struct process_latecomer *late;
    struct process_latecomer *other_late;
    size_t late_count;
    struct module_table modules;
};

/*
 * Takes in the newest list: afterwards entries[i] is the process of
 * table->rows[i], and owns nothing. An instance that was there before keeps its
 * object, unless it runs another program (exec): then it begins anew as
 * PROCESS_NOT_OPENED. That is told by the mark of the program or, where the
 * system gives none, by the name.
 *
 * Processes that started after `latest` (milliseconds since 1970 UTC; INT64_MAX:
 * no limit) are taken out of *table: a pid in socket tables that were read by
 * then cannot mean them. That rests on a clock that may be set, so a process
 * that an earlier list had is never too late.
 */
bool process_history_update(struct process_history *history, struct process_table *table,
                            int64_t latest, const struct privacy *privacy,
                            struct failure *why) NODISCARD;

/*
 * Opens process `i`, unless it is held, and puts an object in the place of its
 * instance that knows what was found, unless it was. It stays held.
 */
bool process_history_open(struct process_history *history, size_t i,
                          const struct process_sources *sources, struct failure *why) NODISCARD;

/* The place of the parent of process `i`; SIZE_MAX where it is not known, or not there. */
size_t process_history_parent(const struct process_history *history, size_t i);

/*
 * Looks at the modules of process `i`, which is held unless it could not be
 * opened: then that is said. Where they are not what they were, a new object in its place knows
 * them. A look that fails leaves what was known. `now` is clock_steady().
 */
bool process_history_look_at_modules(struct process_history *history, size_t i,
                                     const struct process_sources *sources, int64_t now,
                                     struct failure *why) NODISCARD;

/* Lets go of process `i`. What is known of it stays. */
void process_history_let_go(struct process_history *history, size_t i);

/* Lets go of the processes that own nothing. */
void process_history_release_idle(struct process_history *history);

/* Forgets all and frees. Harmless twice. */
void process_history_clear(struct process_history *history);
