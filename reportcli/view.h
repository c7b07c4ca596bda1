/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The view of one port, one process or the machine: its sockets at a moment, and what a
 * watch shows of the moments that follow. Whoever has the moments, the system
 * or a ledger, hands them in one after the other; snapshot_diff.c decides what
 * changed.
 *
 * People see a block: all sockets of the view, by process, with what changed
 * marked. Programs get a record for each change, of one table for all
 * moments; the sockets of the first moment are "found".
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/snapshot.h"
#include "reportcli/column.h"
#include "reportcli/command.h"
#include "reportcli/history_filter.h"

enum view_kind {
    VIEW_PORT,    /* local sockets of a port, TCP and UDP, of whichever process */
    VIEW_PROCESS, /* all sockets of a process */
    VIEW_MACHINE, /* all sockets; blocks but the first show only what changed */
};

struct view_subject {
    enum view_kind kind;
    uint32_t number; /* the port or the pid; of the machine 0 */

    const struct history_filter *filter; /* of its sockets only those; NULL: all. Lent */
    size_t hidden; /* sockets that may be of the view, and whose owner this user may not see */
    bool filtered; /* whoever hands in the moments has left out others: nothing is said of those */
};

/* The record of a watch: "watched". */
extern const struct column_table view_table;

struct view;

/* The context is lent until the view is closed. */
bool view_open(struct view **out, const struct command_context *context,
               const struct view_subject *subject, struct failure *why) NODISCARD;

/* "port 4444", "process 4321", "the machine": good as long as the view is open. */
const char *view_name(const struct view *view);

/*
 * Where the next moment is put: the caller replaces it. What it holds
 * between two calls of view_show() means nothing.
 */
struct snapshot *view_next(struct view *view);

/* The moment that was shown last, with the sockets of the view alone. */
struct snapshot *view_shown(struct view *view);

/* How a moment is to be shown. */
struct view_wish {
    bool all_running; /* the snapshot has all processes: one that is not there does not run */
    bool always;      /* also where nothing changed */
};

/*
 * Takes over what view_next() was filled with. Prints it where it is the first
 * moment, or where something changed, which *changed then says. Drops the
 * sockets that are none of the view's.
 */
bool view_show(struct view *view, const struct view_wish *wish, bool *changed,
               struct failure *why) NODISCARD;

/* What `hidden` is by a live snapshot from which nothing was dropped yet. */
size_t view_count_hidden(const struct view_subject *subject, const struct snapshot *snapshot);

/* Drops what is none of the view's from a snapshot. */
void view_keep_own(const struct view_subject *subject, struct snapshot *snapshot);

/* The sockets of the moment that was shown last. */
size_t view_socket_count(const struct view *view);

/* All sockets that any of the moments had. */
size_t view_seen_count(const struct view *view);

/* As many records as were asked for are printed, and there were more. */
bool view_is_full(const struct view *view);

/* From one moment to another nobody watched. */
bool view_gap(struct view *view, int64_t from, int64_t until, const char *reason,
              struct failure *why) NODISCARD;

/* A line for people, with a moment before it. Nothing where the output is for programs. */
bool view_say(struct view *view, int64_t at, const char *words, struct failure *why) NODISCARD;

/* Ends the output. */
bool view_finish(struct view *view, struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void view_close(struct view *view);
