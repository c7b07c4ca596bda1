/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who owned which connection in the sample before.
 *
 * A connection that waits for its end (TIME WAIT) has no owner any more, on
 * any system. Where the same one had an owner in the sample directly before,
 * that owner is carried forward, also after the process has ended.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/hash_index.h"
#include "collector/process_instance.h"
#include "collector/socket_table.h"

/* A process that owned something, with what has to be known when it is gone. */
struct remembered_owner {
    const struct process_instance *instance; /* a reference */
    bool left_out;                           /* the settings say not to record it */
};

struct remembered_socket {
    struct socket_endpoint local;
    struct socket_endpoint remote;
    uint64_t socket_id; /* 0: not told */
    uint32_t owner;     /* index into `owners` */
    uint32_t service_tag;
    uint8_t protocol;
    bool carried; /* that owner was carried forward itself */
};

/* Starts as {0}, which remembers nothing. */
struct owner_history {
    struct remembered_owner *owners;
    size_t owner_count;
    struct remembered_socket *sockets;
    size_t socket_count;

    size_t owner_capacity; /* for owner_history.c only, from here on */
    size_t socket_capacity;
    struct hash_index index; /* of `sockets`, by their ends */
    bool indexed;
};

/* Remembers an owner; *owner is for owner_history_add_socket(). Takes a reference. */
bool owner_history_add_owner(struct owner_history *history, const struct process_instance *instance,
                             bool left_out, uint32_t *owner, struct failure *why) NODISCARD;

/* Remembers that the row had this owner. */
bool owner_history_add_socket(struct owner_history *history, const struct socket_row *row,
                              uint32_t owner, struct failure *why) NODISCARD;

/*
 * Looks for what a row without an owner was: a connection is known by its
 * five-tuple, any other socket only where it is the very same by its id.
 * *found is NULL where nothing is remembered. Several processes may have shared
 * it: owner_history_next() gives the others, and NULL at the end.
 */
bool owner_history_find(struct owner_history *history, const struct socket_row *row,
                        const struct remembered_socket **found, struct failure *why) NODISCARD;
const struct remembered_socket *owner_history_next(struct owner_history *history,
                                                   const struct socket_row *row);

/* Forgets all, and keeps the memory. */
void owner_history_reset(struct owner_history *history);

/* Exchanges two. */
void owner_history_swap(struct owner_history *a, struct owner_history *b);

/* Frees. Harmless twice. */
void owner_history_clear(struct owner_history *history);
