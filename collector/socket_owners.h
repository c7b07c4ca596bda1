/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Finds the processes behind the rows of a socket table, where the table
 * itself does not name them. Windows' tables do: socket_owners_win32.c leaves
 * them as they are. Linux: /proc/PID/fd, by inode.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "collector/process_table.h"
#include "collector/socket_table.h"

/*
 * Whether the table itself names the owners, so that they are as old as the
 * table (Windows). Otherwise they are found later, among the processes of the
 * list, and one that is found is an owner whenever it started.
 */
extern const bool socket_owners_come_with_table;

/* Keeps what was found between readings. Belongs to one thread. */
struct socket_owners;

bool socket_owners_open(struct socket_owners **out, struct failure *why) NODISCARD;

/*
 * Sets `pid` and `attribution` of the rows; a socket held by several
 * processes gets one row for each. Where somebody must hold a socket but we
 * may not see who, the attribution is ATTRIBUTION_DENIED.
 *
 * Linux remembers descriptors, and reads those that can have changed. Call it
 * once for each sample. The answer is that of a walk over all descriptors, but
 *  - a process with more than 64 descriptors that puts something else in the
 *    place of one, while the socket that was there lives on where no other sign
 *    leads to (in no process, or in one that also exchanged one of more than
 *    64), is named as its owner for up to 30 more samples;
 *  - a process whose descriptors another process, no thread of it, changes
 *    (CLONE_FILES) while it sleeps itself, is seen as it was for up to 60.
 */
bool socket_owners_find(struct socket_owners *owners, const struct process_table *processes,
                        struct socket_table *table, struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void socket_owners_close(struct socket_owners *owners);
