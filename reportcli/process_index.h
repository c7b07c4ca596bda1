/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Finds the process instances of a snapshot by pid and start.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "collector/snapshot.h"

/* Starts as {0}, which is a valid empty index. Lent from the snapshot. */
struct process_index {
    const struct process_instance **sorted; /* by pid, then by start */
    size_t count;
    size_t capacity;
};

/* Replaces what the index knows. */
bool process_index_make(struct process_index *index, const struct snapshot *snapshot,
                        struct failure *why) NODISCARD;

/* The parent of an instance (NULL: of nobody); NULL where the snapshot does not have it. */
const struct process_instance *process_index_parent(const struct process_index *index,
                                                    const struct process_instance *child);

/* The parent's name; NULL likewise. */
const char *process_index_parent_name(const struct process_index *index,
                                      const struct process_instance *child);

/* Frees. Harmless twice. */
void process_index_clear(struct process_index *index);
