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
 */
bool socket_owners_find(struct socket_owners *owners, const struct process_table *processes,
                        struct socket_table *table, struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void socket_owners_close(struct socket_owners *owners);
