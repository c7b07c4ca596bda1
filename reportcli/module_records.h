/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The record "module": a file that a process has mapped as code.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "collector/module_list.h"
#include "reportcli/process_list.h"
#include "reportcli/render.h"
#include "reportcli/states.h"

extern const struct column_table module_records_table;

/* The same columns where all are of one process that was named before: a table does without it. */
extern const struct column_table module_alone_table;

/* Which modules; {0}: all. */
struct module_choice {
    struct process_choice processes; /* of which processes */
    const char *path;                /* as in base/pattern.h; NULL: any */
    bool flagged;                    /* only those that module_is_flagged() */
    const uint8_t *sha256;           /* of the file; NULL: any */
};

/* What became of the look into the chosen processes. */
struct module_sum {
    size_t processes;
    size_t failed[MODULES_ACCESS_COUNT]; /* those whose modules are not known, by the reason */
};

/*
 * A module that deserves a look: hidden, renamed or deleted, or its file is
 * another one now, or not signed by somebody whom the machine trusts. Where
 * the signature was not checked, it is no reason.
 */
bool module_is_flagged(const struct module *module);

/* The names of its flags, in the text; absent where none holds. */
struct value module_flags_value(struct text *text, const struct module *module);

/* Adds a process to the sum: whether its modules are known. */
void module_sum_count(struct module_sum *sum, const struct process_instance *instance);

/* Prints the chosen modules of all states, of each first what is flagged, and adds to *sum. */
bool module_records_print(struct states *states, const struct module_choice *choice,
                          struct render *render, struct module_sum *sum,
                          struct failure *why) NODISCARD;

/* Prints all modules of one process, as it was at a moment, and adds to *sum. */
bool module_records_print_process(const struct process_instance *instance, int64_t at,
                                  struct render *render, struct module_sum *sum,
                                  struct failure *why) NODISCARD;

/* How many of the processes have modules that are not known. */
size_t module_sum_failed(const struct module_sum *sum);

/* A note of kind "modules" where that is not none. */
void module_sum_note(const struct command_context *context, const struct module_sum *sum);
