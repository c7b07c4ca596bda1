/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Intervals folded into the rows of a daily profile, which stay when the
 * intervals are dropped. Plain data: what it is folded from and what becomes
 * of it is the caller's.
 *
 * A row sums up the intervals of one day (UTC) that have application, user,
 * protocol, direction, service port and peer in common. An interval that
 * lasts over midnight is in a row of each of its days. A day may be folded in
 * several parts: readers add the rows up.
 *
 * The number of rows is bounded by the number of days and programs, whatever
 * a program does: of the peers of a port only those with the most intervals
 * have a row, the others have one together. So have the ports of a program
 * beyond those with the most intervals, and those that a system chooses for
 * clients, where they were used rarely and for less than an hour.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define PROFILE_DAY_MS INT64_C(86400000)

enum {
    PROFILE_PEERS = 8,        /* of a port, with rows of their own */
    PROFILE_PORTS = 64,       /* of an application, direction and day, likewise */
    PROFILE_ADDRESS = 20,     /* bytes, with those of an interface's number */
    PROFILE_MOST_DAYS = 4096, /* of one interval, the last ones: a clock may have been anywhere */
};

/* Who offered the port. The numbers go into the ledger. */
enum profile_direction {
    PROFILE_UNKNOWN = 0,  /* another application listened, or nobody that was seen */
    PROFILE_LISTENER = 1, /* it waits for others: listening TCP sockets, and all of UDP */
    PROFILE_INBOUND = 2,  /* a connection to a port that the application listened on */
    PROFILE_OUTBOUND = 3, /* nobody listened on its port, and the remote one is the lower one */
};

enum { PROFILE_OTHERS = -1 }; /* as `port` and `peer_size`: more than one, summed up */

/* What is the same for all that is summed up in a row. Bytes beyond peer_size are 0. */
struct profile_key {
    int64_t day;         /* since 1970 UTC */
    int64_t application; /* as the ledger numbers texts; 0: not known */
    int64_t user;        /* as the ledger numbers users; 0: not known */
    int protocol;        /* enum socket_protocol */
    int direction;       /* enum profile_direction */
    int port;            /* local; of an outbound connection the remote one */
    int peer_size;       /* 0: there is none */
    uint8_t peer[PROFILE_ADDRESS];
};

struct profile_row {
    struct profile_key key;
    int64_t intervals;     /* that touch the day */
    int64_t lasted;        /* milliseconds of the day, all of them added up */
    int64_t covered;       /* the same, but time that several sockets of the port share counts
                              once, in the row of the one that was first: the sum over the
                              peers is how long the application had the port in use */
    int64_t first_seen_at; /* in the day */
    int64_t last_seen_at;
    uint32_t hours; /* bit N: it was seen in the hour that begins at N o'clock UTC */
};

/* One interval. The day of `key` is not looked at. */
struct profile_interval {
    struct profile_key key;
    int64_t opened_at;
    int64_t closed_at;
};

/* Starts as {0}. `rows` is what was added, and after profile_fold_finish() the profile. */
struct profile_fold {
    struct profile_row *rows;
    size_t count;
    size_t capacity;
};

/* Takes an interval in, in any order. `count` grows by the number of its days. */
bool profile_fold_add(struct profile_fold *fold, const struct profile_interval *interval,
                      struct failure *why) NODISCARD;

/* Sums up. The rows are then in the order of their keys, but for the peers. */
void profile_fold_finish(struct profile_fold *fold);

/* Empties it, and keeps the memory. */
void profile_fold_reset(struct profile_fold *fold);

/* Frees. Harmless twice. */
void profile_fold_clear(struct profile_fold *fold);
