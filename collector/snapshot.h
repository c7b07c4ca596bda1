/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * All sockets of a machine at one moment, and all its processes. Whole, or it
 * was not made: never silently partial.
 *
 * Snapshots come from the collector, from a ledger (a moment in the past),
 * from a replay or from a test; whoever compares, stores or prints them does
 * not ask which.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/process_instance.h"
#include "collector/socket_row.h"

/* Tables that this system does not have; they are empty, and that is said. Bits. */
enum snapshot_lack {
    SNAPSHOT_NO_IPV6_TCP = 1,
    SNAPSHOT_NO_IPV6_UDP = 2,
    SNAPSHOT_NO_IPV4_TCP = 4,
    SNAPSHOT_NO_IPV4_UDP = 8,
};

/* Starts as {0}, which is a valid empty snapshot. */
struct snapshot {
    int64_t taken_at;  /* wall clock, when the reading of the socket tables began */
    int64_t steady_at; /* clock_steady() at the same moment; 0 for a moment out of a ledger */
    int64_t awake_at;  /* clock_awake() at the same moment; 0 where not known */
    unsigned lacks;    /* enum snapshot_lack */

    struct socket_row *sockets;
    size_t socket_count;
    size_t socket_capacity;

    const struct process_instance **processes; /* a reference each */
    size_t process_count;
    size_t process_capacity;
};

/* Appends a copy of *row, normalized. row->owner must be an index of `processes` or none. */
bool snapshot_add_socket(struct snapshot *snapshot, const struct socket_row *row,
                         struct failure *why) NODISCARD;

/* Appends an instance and takes a reference of its own; *index says where it is. */
bool snapshot_add_process(struct snapshot *snapshot, const struct process_instance *instance,
                          uint32_t *index, struct failure *why) NODISCARD;

/* The owner of a row; NULL where none is known. */
const struct process_instance *snapshot_owner(const struct snapshot *snapshot,
                                              const struct socket_row *row);

/* Orders the sockets by socket_row_compare(). */
void snapshot_sort(struct snapshot *snapshot);

/* Empties, and keeps the memory for the next sample. */
void snapshot_reset(struct snapshot *snapshot);

/* Gives all references and memory back. Harmless twice. */
void snapshot_clear(struct snapshot *snapshot);

/* Exchanges two snapshots, for "now becomes before". */
void snapshot_swap(struct snapshot *a, struct snapshot *b);
