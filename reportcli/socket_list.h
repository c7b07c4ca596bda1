/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The record "socket": the sockets of a state, by process and then by port,
 * which is PortQry's order.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "reportcli/column.h"
#include "reportcli/command.h"
#include "reportcli/render.h"
#include "reportcli/states.h"
#include "reportcli/view.h"

extern const struct column_table socket_list_table;

/* Where something about the processes follows, it would say of each socket what that says once. */
extern const struct column_table socket_list_short_table;

/*
 * Prints the sockets of all states through a renderer of one of the two
 * tables; only those of the subject, unless that is NULL.
 */
bool socket_list_print(struct states *states, const struct view_subject *subject,
                       struct render *render, struct failure *why) NODISCARD;

/* Sockets whose owners this user may not see. */
size_t socket_list_count_denied(const struct snapshot *snapshot);

/*
 * A note of kind "denied" where owners of the snapshot's sockets were, or where
 * a filter left out `hidden` sockets whose owners are.
 */
void socket_list_note(const struct command_context *context, const struct snapshot *snapshot,
                      size_t hidden);
